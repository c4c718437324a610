//! Webhooks 外发回调: other systems of an office are told of what happens at its place, signed and by an address that the
//! office registered.
//!
//! Promises: whoever receives can tell that it is from us and when it was sent (Standard Webhooks: `webhook-id`,
//! `webhook-timestamp`, `webhook-signature`), and knows what is sent again by its id; while a secret is being changed
//! both sign; what fails is tried again with growing rests, and an address that fails for days is left alone until
//! somebody resumes it. The address that is connected to is the one that was checked: whatever a name leads to, nothing
//! private, of this machine or of its neighbourhood is ever spoken to, and no redirect is followed.
//!
//! A webhook belongs to the office by which it was registered: it is told what that office may read, for as long as
//! whoever registered it is in it; afterwards it is left alone until whoever follows in the same office takes it over.
//! Offices above manage it too, those below do not know of it.
//!
//! Never tells more than the event's public facts, nor an event that concerns a person alone or a poll that runs. Never
//! shows a secret twice.
//!
//! Routes: `POST` and `GET /v1/places/{place_id}/webhooks`; `GET` and `DELETE /v1/webhooks/{webhook_id}`, and below it
//! `POST` `rotations`, `resumptions`, `GET` `deliveries`, `POST` `deliveries/{event_id}/redeliveries`.
//!
//! Besides the floor plan: [`office`] says whose a webhook is, [`outward`] connects and speaks, [`signature`] signs.

mod acts;
mod model;
mod office;
pub mod outward;
mod routes;
mod signature;
mod store;

pub(crate) use acts::enqueue;
pub use acts::send;
pub use routes::routes;

crate::problems! {
    WEBHOOK_ADDRESS_REFUSED = 1_012_011, 422, "回调地址不可用", "The address cannot be called",
        "请填写公网可访问的 https 地址。", "Name a public https address without user or password; `detail` says what is wrong.";
    WEBHOOKS_TOO_MANY = 1_012_012, 409, "回调地址太多", "Too many webhooks at this place",
        "请先删除不用的回调地址。", "A place has 20 webhooks at most; delete one first.";
    WEBHOOK_DELIVERY_WAITS = 1_012_013, 409, "正在发送中", "The delivery is on its way already",
        "请稍后查看结果。", "It is tried again by itself; read the deliveries in a while.";
    WEBHOOK_OFFICE_ENDED = 1_012_014, 409, "登记人已离任", "The office of this webhook ended",
        "请由同一岗位的继任者恢复，或另行登记。",
        "Whoever follows in the same role at the same place resumes it; anybody else registers a webhook of their own.";
}
