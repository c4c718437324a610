//! Incidents 事件: something reported, who holds it, and until when. The law is `rules::incidents`.
//!
//! Promises: an incident that is not over has exactly one holder and one running clock; a clock that runs out makes it
//! climb exactly once, however many processes sweep and wherever they crash; a post that nobody fills any more is left
//! within seconds, and what nobody at all could hold is told to the operator; the policy by which it is handled is
//! that of the moment it was reported, until a level above says otherwise; its clocks are told again from what happened to them; every move leaves a step in its life line and an event in the record, in the
//! move's own transaction. Words are encrypted. Shown to the reporter, to whoever holds or held it and to those above
//! them on its ladder, to nobody else, least of all below where it entered; and a handler sees of the reporter only
//! that a resident reported it. Of what the ladder notes for itself the reporter learns no word, only that
//! something was noted.
//!
//! Never sets a status by hand: every move is a transition of the law. Never takes what belongs to an emergency
//! service: that is refused with the number to call.
//!
//! Routes: `GET /v1/incident-categories`, `GET /v1/places/{place_id}/promises/{category}`, `POST` and `GET
//! /v1/incidents`, `GET /v1/incidents/{incident_id}`, and below it `GET` `clocks`, `assignees`, `POST` `acceptances`, `assignments`, `questions`, `replies`, `diversions`, `rejections`,
//! `appeals`, `acknowledgements`, `appointments`, `pauses`, `resumptions`,
//! `voidings`, `handlings`, `inspections`, `objections`, `delegations`, `consents`, `refusals`, `forced-closings`, `retargets`, `confirmations`, `returns`, `reopenings`, `urges`, `notes`, `climbs`, `withdrawals`.
//!
//! Besides the floor plan: [`ladder`] says who stands where and may read what, [`rows`] turns rows into the law's values
//! and back, [`clockwork`] is what happens by itself, [`auditing`] sees that it does, and [`prompting`] what a holder is told, and what is done, while a budget runs.

pub(crate) mod acts;
mod auditing;
pub(crate) mod clockwork;
mod ladder;
pub(crate) mod lists;
pub mod model;
mod prompting;
mod routes;
mod rows;
mod store;
#[cfg(test)]
mod tests;

pub use auditing::{Round, audit};
pub use clockwork::tick;
pub(crate) use lists::{ahead, list, load, load_by_person, load_by_post};
pub use prompting::prompt;
pub use routes::routes;
pub(crate) use store::AtPost;

crate::problems! {
    INCIDENT_DIVERTED = 1_005_001, 422, "这类情况请立即打电话", "This belongs to an emergency service: call now",
        "请不要在此上报，立即拨打提示中的电话。", "Do not report it here; do and call what `detail` names, in that order.";
    INCIDENT_ELSEWHERE = 1_005_002, 409, "事件已不在这一步", "The incident is not at that point",
        "请刷新后查看现在的状态。", "Read the incident again: its status does not allow this.";
    INCIDENT_ACKNOWLEDGED = 1_005_003, 409, "已经接手", "It was acknowledged already",
        "无需重复接手。", "Nothing to do: this level has acknowledged it.";
    INCIDENT_NOT_ACKNOWLEDGED = 1_005_004, 409, "请先接手", "It must be acknowledged first",
        "请先点接手，再提交处理结果。", "Acknowledge it at this level, then say how it was handled.";
    EVIDENCE_MISSING = 1_005_005, 422, "缺少处理凭证", "Evidence is missing",
        "请写明处理情况，需要时附上处理后的照片。", "Say what was done, and attach a photo where the category asks for one.";
    NOBODY_ABOVE = 1_005_006, 409, "已在最高一级", "Nobody stands above",
        "已到最高一级，将持续提醒负责人。", "It stays with its holder, who is reminded.";
    INCIDENT_MOVED = 1_005_007, 409, "事件刚刚变动", "The incident moved meanwhile",
        "请刷新后重试。", "Read it again and decide anew.";
    INCIDENT_GOES_ON = 1_005_008, 409, "现在不能暂停", "It cannot stand still",
        "这类事件不能暂停，或暂停时间已用完，请继续处理。", "Go on, or let the level above decide: `detail` says why it does not pause.";
    INCIDENT_CLOSED_FOR_GOOD = 1_005_009, 409, "已过重新打开的期限", "It was closed too long ago",
        "请重新上报。", "Report it again; it can be reopened only for a while after the closing, as `detail` says.";
    INCIDENT_URGED = 1_005_010, 409, "今天已催办过", "It was urged already",
        "负责人已收到催办，请明天再试。", "The holder sees it; urge again at the time that `detail` names.";
    PROPOSAL_OPEN = 1_005_011, 409, "已有一项待答复", "Something is put to another level already",
        "请等对方答复，或到期后再提。", "Wait for the answer, or until the time that `detail` names has passed.";
    NOTHING_PROPOSED = 1_005_012, 409, "没有待答复的事项", "Nothing is put to anybody",
        "请刷新后查看：已答复、已到期或事件已移交。", "Read it again: it was answered, has expired, or the incident has moved.";
    OBJECTIONS_USED_UP = 1_005_013, 409, "异议次数已用完", "No more objections are heard",
        "请处理，或请上级调走。", "Handle it, or let a level above take it.";
}
