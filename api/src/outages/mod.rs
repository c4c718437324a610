//! Planned outages 计划停用: something is switched off on purpose, for a while, and everybody is told why. The law is
//! `rules::outages`.
//!
//! Promises: whoever is about to report what an outage explains reads the explanation first, and with the report; the
//! report is kept all the same, with its holder, but its first clock stands still until the outage is over, however
//! that turns out: extended, it waits longer, ended early, it goes on within seconds. As long as it explains a report the
//! report's events name it, and nobody but the reporter is told of them; when it is over, whoever holds what is open still
//! is told of it as new. Shown to whoever has a part in the complex; whoever lives at the place
//! is told when it is planned, lasts longer or ends early.
//!
//! Never mutes but what can be switched off: no danger to life, and nobody's conduct; never lasts longer than a week with all its extensions.
//!
//! Routes: `POST /v1/outages`, `GET /v1/outages/{outage_id}`, `POST` `extensions` and `endings` below it, `GET
//! /v1/places/{place_id}/outages`.

mod acts;
pub mod model;
mod routes;
mod store;

pub use acts::tick;
pub(crate) use acts::{decided, explaining, explanation, first_category, notice};
pub use routes::routes;

crate::problems! {
    OUTAGE_OVER = 1_019_001, 409, "停用已经结束", "The outage is over",
        "请重新发布。", "Plan another one.";
    OUTAGE_EXTENSIONS_USED_UP = 1_019_002, 409, "不能再延长", "It cannot be extended any more",
        "请结束后重新评估。", "It may be extended twice: let it end, and handle what is reported then.";
    OUTAGES_TOO_MANY = 1_019_003, 409, "停用公告太多", "Too many outages are planned",
        "请先结束不再需要的公告。", "A complex has 50 outages at most that are planned or running: end some first.";
}
