//! Identity 身份: who a person is at a home, and what they may be where.
//!
//! Promises: nobody becomes an owner but by the roll; a refused or waiting claim tells nothing about who the owner is;
//! a second person is never confirmed as the same owner by itself; face is never the only way. A role is granted for a
//! place and a time by whoever the access table entitles, never above their own level, and taken back at once. Never
//! shows a phone or ID number to anybody but, masked, to a verifier.
//!
//! Whom owners elect here is a `COMMITTEE_MEMBER` by that as long as they sit: from the final result on, or from when they step
//! up, until their vacancy is noted or the next committee is elected. Somebody elected who has not signed in and been confirmed
//! as that owner by then is unknown here, and nobody gets the role in their place: the community grants it once they are known.
//!
//! Routes: `GET /v1/me`, `PUT /v1/me/phone`, `GET /v1/home`; `POST /v1/claims`, `GET /v1/claims`,
//! `GET /v1/claims/{claim_id}`, `POST /v1/claims/{claim_id}/confirmations`, `…/refusals`, `…/withdrawals`,
//! `…/code-checks`; `POST /v1/places/{place_id}/door-codes`; `POST` and `GET /v1/places/{place_id}/roles`,
//! `GET` and `DELETE /v1/roles/{role_id}`.

pub mod acts;
pub mod model;
mod routes;
mod store;
pub mod verifiers;

pub use acts::{
    Contact, acts_for, contact, has_been, holders, holds, must_exist, person_of_openid, persons_of_owners,
    seat, seat_anew, stood_for, unseat, who_sits_as,
};
pub use routes::routes;

use rules::roll::representation::Ground;
use uuid::Uuid;

use crate::{
    access::{Grant, Role},
    app::App,
    http::problem::Result,
    places,
};

crate::problems! {
    NOT_A_HOME = 1_002_001, 422, "请选择具体的房屋", "This place is not a home",
        "请选择到房号一级。", "Name a place whose level is HOME.";
    CLAIMS_TOO_MANY = 1_002_002, 429, "今天提交的次数太多", "Too many claims in a day",
        "请明天再试，或联系物业、社区。", "A person may make 5 claims in 24 hours; wait, or ask the property office.";
    CLAIMS_WAITING = 1_002_003, 409, "还有待审核的申请", "Too many claims are waiting",
        "请等待审核，或撤回其中一个。", "At most 3 claims may wait; withdraw one, or wait for its decision.";
    CLAIM_REPEATED = 1_002_004, 409, "已提交过相同的申请", "The same claim waits or holds already",
        "无需重复提交。", "Look at GET /v1/claims?scope=MINE.";
    CLAIM_DECIDED = 1_002_005, 409, "申请已有结果", "The claim is decided already",
        "请查看申请的结果。", "Read the claim again.";
    OWNER_UNKNOWN = 1_002_006, 422, "名册中没有这位业主", "The roll has no such owner of this home",
        "请从名册的业主中选择。", "Send `owner_ordinal` of one of the owners in the claim's review.";
    DOOR_CODE_WRONG = 1_002_007, 422, "验证码不对", "The door code is wrong",
        "请核对纸条上的 8 位数字。", "Check the 8 digits; after 5 wrong ones the code is dead.";
    DOOR_CODE_DEAD = 1_002_008, 409, "验证码输错次数太多", "The door code is dead",
        "请联系物业或社区重新发放。", "Ask the property office or the community for a new code.";
    DOOR_CODE_NONE = 1_002_009, 409, "没有可用的验证码", "No door code is valid for this home",
        "请联系物业或社区发放。", "Ask the property office or the community for a code; codes are valid 14 days.";
    PHONE_NEEDS_WECHAT = 1_002_010, 409, "需要在微信中授权手机号", "The phone comes from WeChat alone",
        "请使用微信登录后再试。", "Sign in with WeChat first; demo persons have no phone.";
    PHONE_CODE_UNKNOWN = 1_002_011, 422, "手机号授权已失效", "The phone code is unknown, used or expired",
        "请重新点按授权按钮。", "Let the person press the phone button again and send the new code.";
    PHONE_FOREIGN = 1_002_012, 422, "暂不支持此手机号", "Only mobile numbers of mainland China are kept",
        "请使用中国大陆手机号。", "Use a number with the country code 86.";
    PHONE_NOT_TOLD = 1_002_013, 503, "微信暂时无法提供手机号", "WeChat does not tell the phone now",
        "请稍后再试。", "Let the person press the button again after `Retry-After` seconds.";
    ROLE_FROM_CLAIM = 1_002_014, 422, "该身份只能通过房屋认领获得", "This role comes from a claim alone",
        "请让本人提交身份确认。", "Owners, family and tenants claim their home with POST /v1/claims.";
    ROLE_PLACE_MISFIT = 1_002_015, 422, "该身份不属于这一级", "The role belongs to another level",
        "请选择正确的级别。", "Grant it at a place of the role's own level, such as PROPERTY_MANAGER at a COMPLEX.";
    ROLE_ABOVE_OWN = 1_002_016, 403, "不能授予高于自己级别的身份", "The role is above your own level",
        "请由上级授予。", "Ask somebody of that level or above.";
    PERSON_UNKNOWN = 1_002_017, 422, "没有此用户", "There is no such person",
        "请让对方先登录，并提供自己的编号。", "The person signs in once and reads their id at GET /v1/me.";
    SIGNATURE_UNREADABLE = 1_002_018, 422, "签名无法识别", "The signature cannot be read",
        "请重新签名。", "Send a typed name, or a picture as data:image/png;base64,… or data:image/jpeg;base64,….";
    ROLE_REPEATED = 1_002_019, 409, "已有相同的身份", "The person has this role here already",
        "无需重复授予。", "Look at GET /v1/places/{place_id}/roles.";
}

/// What a person may be where, now. One indexed query, and one for the places.
pub async fn grants_of(app: &App, person: Uuid) -> Result<Vec<Grant>> {
    let now = app.clock.now();
    let rows = store::grants(app.db.read(), person).await?;
    let places = places::lineages(app.db.read(), rows.iter().map(|row| row.place_id)).await?;
    let grant = |row: ::entity::role_grant::Model| {
        Some(Grant {
            id: row.id,
            role: Role::parse(&row.role)?,
            place: places.get(&row.place_id)?.clone(),
            owner_id: row.owner_id,
            ground: row.ground.as_deref().and_then(Ground::from_code),
            starts_at: row.starts_at,
            ends_at: row.ends_at,
        })
    };
    Ok(rows.into_iter().filter_map(grant).filter(|grant| grant.holds_at(now)).collect())
}
