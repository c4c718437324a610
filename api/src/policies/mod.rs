//! Policies 升级策略: how long each level has for what is reported, whom it tells, and what makes it climb. The law is
//! `rules::incidents::policy`.
//!
//! Promises: what a place says is kept as versions that never change; of the nation and the places over an incident's
//! place the nearest is heard; whoever is held to a policy is held to it as it was, however many versions follow, until
//! a level above retargets them. Whoever has a part in a place reads what holds there, and who said it.
//!
//! Never lets anybody say what they themselves are held to, and takes nothing that contradicts itself or can never
//! happen.
//!
//! Routes: `POST` and `GET /v1/places/{place_id}/policies`, `GET` `{policy_id}` below it, `GET
//! /v1/places/{place_id}/policy/{category}`.

pub(crate) mod acts;
mod model;
mod routes;
mod store;

pub use routes::routes;

crate::problems! {
    CLIMB_NOT_BY_POLICY = 1_010_001, 409, "现在不能升级", "By its policy it does not climb now",
        "请按提示的时间再试，或等待处理。", "Wait, or let it climb by its clock: `detail` says what the policy asks for.";
    POLICY_MOVED = 1_010_002, 409, "规则刚被修改", "Somebody else has published meanwhile",
        "请查看最新一版后重新发布。", "Read the newest version that `detail` names, and publish anew over it.";
    POLICY_HELD = 1_010_003, 409, "已按现行规则", "It is held to that policy already",
        "无需调整。", "Nothing to do: no other policy holds at its place.";
}
