//! Visits 层层下访: whom somebody should call on, and what came of it. The law is `rules::visits`.
//!
//! Promises: a suggestion says why; one visit serves several matters, takes them up or settles them there, by the acts of
//! the incidents' own room; what the visitor commits to has a time, and is told when it is overdue. A household may ask
//! to be looked in on, and take that back at any time; then it is as if it had never asked. What it needs, what was said
//! at a visit, and who was visited is encrypted or told to nobody but who asked, the community's officers, the unit's
//! leader, and the visitor.
//!
//! Never asks a household for anything: who has not asked is in no list.
//!
//! Routes: `GET /v1/me/cares`, `PUT` and `DELETE /v1/me/cares/{home_id}`, `GET /v1/places/{place_id}/visit-suggestions`,
//! `POST` and `GET /v1/visits`, `GET /v1/visits/{visit_id}`, below it `POST` `logs`, `cancellations`,
//! `commitments/{commitment_id}/settlements`.

mod acts;
pub mod model;
mod routes;
mod store;

pub use acts::tick;
pub use routes::routes;

crate::problems! {
    VISIT_ELSEWHERE = 1_017_001, 409, "走访已不在这一步", "The visit is not at that point",
        "请刷新后查看。", "Read the visit again: it was made or called off already.";
    VISIT_COMMITMENT_SETTLED = 1_017_002, 409, "这项承诺已有结果", "This commitment was settled already",
        "请刷新后查看。", "Read the visit again.";
}
