//! Moderation 内容审核: what others may read of what people write about incidents and see of what they show, and what is
//! public of them. The law is `rules::moderation`.
//!
//! Promises: whatever is said of an incident, or beside one for others to read, is looked at first. What WeChat finds
//! harmful is refused, and nothing of it is kept; what it is not sure of is held from whom it is for until a person has
//! looked; where nobody could ask it (the author is not in the mini-program, WeChat is down or
//! not set up), it is read by those concerned and is public only when a person says so. Who handles an incident always
//! reads what was written, masked or not; so what offices say among themselves (of whistles, visits, patrols, figures,
//! in templates) is refused where it is harmful and never held. What was written is kept; an author only takes parts of it away, within a day
//! and three times. Of a public incident its complex learns the category, how far it is and since when, and its words
//! once they are passed.
//!
//! A photo of an incident is looked at after it was attached: WeChat is asked by a job and tells later; until then those
//! concerned see it and neighbours do not. What it passes is shown, what it is not sure of waits for a person, what it
//! finds harmful is shown to nobody but its sender and the ladder. Where it cannot be asked, or does not tell, a person
//! looks at what neighbours would see. Strangers are shown, small and through Open311 alone, what a person passed: WeChat
//! does not look for faces. The photo itself is kept.
//!
//! Never tells of a public incident who reported it, where in the complex it is, or its photos. Never lets whoever is
//! complained of decide what is read: that is the community's and the street's, and of an incident that is above the
//! community the street's alone.
//!
//! Routes: `GET /v1/places/{place_id}/public-incidents`, `GET /v1/followed-incidents`, `POST
//! /v1/followed-incidents/{incident_id}/urges`, `POST` and `DELETE /v1/incidents/{incident_id}/follows`, `POST /v1/incidents/{incident_id}/redactions`, `GET
//! /v1/places/{place_id}/held-contents`, `POST /v1/contents/{content_id}/decisions`.
//!
//! Besides the floor plan: [`photos`] is what becomes of photos, [`clockwork`] asks WeChat of them.

mod acts;
mod clockwork;
mod model;
mod photos;
mod routes;
mod store;

pub use acts::{
    Verdict, carried, check, followers, held_steps, holds_report, is_public, must_pass, reported,
    shown_of_outage, told, told_of_outage, told_of_report,
};
pub use clockwork::tick;
pub use photos::{attached, held_photos, pushed, shown, shows_photo};
pub use routes::routes;

crate::problems! {
    CONTENT_REFUSED = 1_015_001, 422, "内容不符合规范", "The words are not fit to be kept",
        "请修改文字后重新提交。", "Say it in other words; nothing of it was kept.";
    REDACTION_OVER = 1_015_002, 409, "不能再遮盖", "It cannot be redacted any more",
        "请联系社区工作人员隐藏内容。", "An author has 24 hours and three redactions; ask the community office to hide it.";
    NOTHING_PUBLIC = 1_015_003, 409, "这条内容没有公开", "Nobody else reads it",
        "只有处理人员能看到，无需遮盖。", "Only those who handle it read it: there is nothing to redact.";
    FOLLOWS_USED_UP = 1_015_004, 409, "关注的事件太多", "Too many followed incidents",
        "请先取消一些关注。", "Stop following some: a person follows 200.";
}
