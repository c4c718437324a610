//! Notices 通知: what people are told of what happened, in their inbox and by whichever way is open to them.
//!
//! Promises: whatever the record tells is told once to each whom it concerns, however many processes run and wherever
//! one dies: what is told is decided from the record's own order, in one transaction with how far that has come. What
//! goes out is saved as being sent before it leaves; a message of unknown fate is not sent again where that would be
//! told twice. Whoever left a post is told nothing of it any more, not even what lies in their inbox; a call to act is
//! void once somebody acted, looked at in the transaction that takes it up for sending. At night, or when the policy of
//! an incident says, only danger is told. Whoever follows a public incident is told in their inbox what everybody in
//! its complex may know of it, as long as they follow it, live or work there, and it is public. Where something is
//! switched off, whoever lives there is told. Of a reminder to vote only those are told whose head has not.
//! What fails again and again is kept for an operator to send again. A post may say for a while about what it is not called
//! by the clock; that stops no clock, and hushes nobody's word, nobody else's post and no danger.
//!
//! Never tells a name, a phone or what somebody wrote: only which kind of thing happened, at which building, until when.
//! Never sends two messages to one person by one way at once.
//!
//! Routes: `GET /v1/notices`, `POST /v1/notices/{notice_id}/readings`; `GET` and `POST /v1/me/subscriptions`; `PUT
//! /v1/me/email`, `POST /v1/me/email/confirmations`; `GET /v1/places/{place_id}/reach`, `GET
//! /v1/places/{place_id}/unreached-homes`; `GET /v1/places/{place_id}/dead-notices`, `POST
//! /v1/places/{place_id}/dead-notices/{notice_id}/redeliveries`; `POST` and `GET /v1/places/{place_id}/silences`, `GET
//! /v1/silences/{silence_id}`, `POST` `endings` below it. Beside the contract, for WeChat: `GET` and `POST
//! /wechat/push`.
//!
//! Besides the floor plan: [`templates`] are WeChat's templates as configured, [`ways`] what carries a letter, [`words`]
//! what it says.

pub mod acts;
mod model;
mod push;
mod routes;
mod store;
pub mod templates;
pub mod ways;
mod words;

pub use acts::{feed, forget_pushes, send, tell_many};
pub use model::DeadNotice;
pub use routes::{beside_the_contract, routes};

crate::problems! {
    NOTICE_NOT_DEAD = 1_012_001, 409, "这条通知不需要重发", "The notice is not among the dead",
        "请刷新列表。", "Read the list again: it was sent again already, or never failed for good.";
    TEMPLATE_FOREIGN = 1_012_002, 422, "没有此消息模板", "There is no such template",
        "请刷新后重试。", "Report only template ids that GET /v1/me/subscriptions names.";
    EMAIL_OFF = 1_012_003, 409, "暂不支持邮件通知", "No e-mail is sent here",
        "请使用微信或短信接收通知。", "The operator sets `email` to a mail server first.";
    EMAIL_CODE_WRONG = 1_012_004, 422, "邮箱验证码不对", "The code does not belong to the address",
        "请核对邮件中的验证码。", "Send the address and the code of the newest letter; a code is good for a day.";
    EMAIL_NOT_SENT = 1_012_005, 503, "邮件暂时无法发出", "The letter could not be sent",
        "请核对邮箱地址，稍后再试。", "Check the address and repeat after `Retry-After` seconds.";
    EMAIL_UNREADABLE = 1_012_006, 422, "邮箱地址不对", "This is no e-mail address",
        "请核对邮箱地址。", "Send an address such as name@example.org.";
    SILENCE_OVER = 1_012_007, 409, "静默已经结束", "The silence is over",
        "请重新设置。", "Begin another one.";
    SILENCES_TOO_MANY = 1_012_008, 409, "静默太多", "Too many silences",
        "请先结束不再需要的静默。", "A place has 50 silences at most that hold: end some first.";
}
