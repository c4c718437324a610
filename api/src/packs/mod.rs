//! Rule packs 规则包: by which rules the owners of a complex vote. The law is `rules::packs`.
//!
//! A district follows a city's pack, a complex has by-laws of its own once its owners passed some, and whoever convenes
//! a meeting chooses within both. Where owners are only asked for their opinion, on what is no matter of Civil Code 278, a
//! pack of its own holds instead of a city's, and no district adopts it.
//!
//! Promises: whoever is signed in reads every rule with who said it and where it comes from; what a district or a
//! complex says is kept as versions that never change; by-laws name the vote in which they passed, and those of an older
//! vote never undo those of a newer one; what of them no longer fits yields to the city, and all else goes on.
//!
//! Never takes from anybody what is not theirs to say, and never changes a poll that is locked.
//!
//! Routes: `GET /v1/rule-packs`, `POST /v1/places/{place_id}/packs`, `POST /v1/places/{place_id}/bylaws`,
//! `GET /v1/places/{place_id}/rule-versions`, `GET` `{version_id}` below it, `GET /v1/places/{place_id}/rules`.

pub(crate) mod acts;
pub mod model;
mod routes;
mod store;

pub use routes::routes;

crate::problems! {
    RULE_NOT_YOURS = 1_021_001, 422, "这条规则不由您设定", "The rule is not yours to set so",
        "请按提示修改；该规则由法律、城市规则包或业主大会决定。",
        "Leave out what `detail` names, or stay within it: law, city or an assembly's vote decides it.";
    RULES_MOVED = 1_021_002, 409, "规则刚被修改", "Somebody else has published meanwhile",
        "请查看最新一版后重新发布。", "Read the newest version that `detail` names, and publish anew over it.";
    BYLAWS_NOT_PASSED = 1_021_003, 409, "议事规则尚未表决通过", "The by-laws have not passed a vote",
        "请先由业主大会表决通过议事规则。",
        "Name a matter of class 1 that passed in a published poll of this complex.";
    PACK_OF_OPINION = 1_021_010, 422, "该规则包只用于意见征询", "The pack is for polls of opinion alone",
        "法定事项（《民法典》第二百七十八条）须适用国家或城市的规则包。",
        "Adopt the nation's or a city's; an OPINION poll follows this one by itself.";
}
