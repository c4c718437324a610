//! Policies 升级策略: how long each level has for what is reported, whom it tells, and what makes it climb. The law is
//! `rules::incidents::policy`.
//!
//! Promises: what a place says is kept as versions that never change; of the nation and the places over an incident's
//! place the nearest is heard; whoever is held to a policy is held to it as it was, however many versions follow.
//!
//! Never lets anybody say what they themselves are held to.

pub(crate) mod acts;
mod store;

crate::problems! {
    CLIMB_NOT_BY_POLICY = 1_010_001, 409, "现在不能升级", "By its policy it does not climb now",
        "请按提示的时间再试，或等待处理。", "Wait, or let it climb by its clock: `detail` says what the policy asks for.";
}
