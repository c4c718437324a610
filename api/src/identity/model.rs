//! Requests and answers of identity. What is private is masked before it gets into an answer.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::roll::representation::Ground;
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{Object, ObjectBuilder, schema::Type},
};
use uuid::Uuid;

use crate::{
    access::{Level, Role},
    http::{document::texts, input::not_blank, schema::schemas},
    incidents::model::IncidentsAhead,
    polls::model::OpenPoll,
};

schemas! {
    ground = Ground;
}

/// What somebody says to be at a home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = HomeRelation)]
pub enum Relation {
    Owner,
    Family,
    Tenant,
}

impl Relation {
    pub fn role(self) -> Role {
        match self {
            Self::Owner => Role::Owner,
            Self::Family => Role::Family,
            Self::Tenant => Role::Tenant,
        }
    }

    pub fn as_str(self) -> &'static str {
        self.role().as_str()
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Owner, Self::Family, Self::Tenant].into_iter().find(|relation| relation.as_str() == text)
    }
}

/// Where a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClaimState {
    Waiting,
    Confirmed,
    Refused,
    Withdrawn,
}

impl ClaimState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Confirmed => "CONFIRMED",
            Self::Refused => "REFUSED",
            Self::Withdrawn => "WITHDRAWN",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Waiting, Self::Confirmed, Self::Refused, Self::Withdrawn]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A claim to a home.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClaim {
    #[garde(skip)]
    pub home_id: Uuid,
    #[garde(skip)]
    pub relation: Relation,
    /// As on the title deed or lease.
    #[garde(length(chars, min = 1, max = 60), custom(not_blank))]
    #[schema(min_length = 1, max_length = 60, pattern = "\\S")]
    pub name: String,
    /// ID number, or an organisation's credit code; not needed when WeChat has confirmed the phone on the roll.
    #[garde(length(chars, max = 40))]
    #[schema(max_length = 40)]
    #[serde(default)]
    pub id_number: Option<String>,
    /// On the commitment that what is said is true: a typed name, or a drawn one as
    /// `data:image/png;base64,…` or `data:image/jpeg;base64,…`.
    #[garde(length(chars, min = 1, max = 65_536))]
    #[schema(min_length = 1, max_length = 65_536)]
    pub signature: String,
}

/// A claim, as the claimant and the verifier see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Claim {
    pub id: Uuid,
    pub home_id: Uuid,
    /// Building, unit and room.
    #[schema(example = "1号楼 1单元 101", max_length = 400)]
    pub home: String,
    pub relation: Relation,
    pub state: ClaimState,
    /// Why it was refused, in the verifier's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    pub created_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<DateTime<FixedOffset>>,
    /// Both sides, masked; for a verifier only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}

/// What was typed beside what the roll has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClaimReview)]
pub struct Review {
    pub typed: Typed,
    /// In the order of the roll.
    #[schema(max_items = 200)]
    pub owners: Vec<RollSide>,
    /// Whether a code delivered to the door was typed in correctly.
    pub door_code: bool,
}

/// What the claimant gave, masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClaimTyped)]
pub struct Typed {
    #[schema(example = "苏**", max_length = 60)]
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "**************4509", max_length = 40)]
    pub id_number: Option<String>,
    /// As WeChat confirmed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "154****5045", max_length = 40)]
    pub phone: Option<String>,
}

/// One owner of the roll, masked, and how the claim compares.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClaimRollSide)]
pub struct RollSide {
    /// Place in the roll's list of co-owners, from 0; names the owner when confirming.
    #[schema(minimum = 0, maximum = 10_000)]
    pub ordinal: i32,
    #[schema(example = "苏**", max_length = 200)]
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub id_number: Option<String>,
    #[schema(schema_with = texts::<20, 1, 40>)]
    pub phones: Vec<String>,
    pub name_is: Comparison,
    pub id_number_is: Comparison,
    pub phone_is: Comparison,
    /// Whether somebody else is confirmed as this owner already.
    pub taken: bool,
}

/// How a typed value stands to the roll's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = ClaimComparison)]
pub enum Comparison {
    Equal,
    Different,
    /// One side does not have it.
    Missing,
}

/// Which claims to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClaimScope {
    /// The caller's own, the newest first.
    #[default]
    Mine,
    /// Those of a complex that wait for a verifier, the oldest first.
    Waiting,
}

#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ClaimFilter {
    #[garde(skip)]
    #[serde(default)]
    #[param(inline)]
    pub scope: ClaimScope,
    /// The complex whose waiting claims are listed. Without it: the complex of the caller's first role.
    #[garde(skip)]
    #[serde(default)]
    pub place_id: Option<Uuid>,
}

/// A verifier's yes.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClaimConfirmation)]
pub struct Confirmation {
    /// For an owner: which one of the roll it is. Needed unless exactly one owner's name equals what was typed.
    #[garde(range(min = 0, max = 10_000))]
    #[schema(minimum = 0, maximum = 10_000)]
    #[serde(default)]
    pub owner_ordinal: Option<i32>,
}

/// A verifier's no.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClaimRefusal {
    /// Shown to the claimant; says nothing about who the owner is.
    #[garde(length(chars, min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Nothing more to say.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ClaimWithdrawal)]
pub struct Withdrawal {}

/// A code to be delivered to a home's door.
#[derive(Debug, Serialize, ToSchema)]
pub struct DoorCode {
    pub id: Uuid,
    pub home_id: Uuid,
    /// Told this once; to be handed over on paper at the door.
    #[schema(min_length = 8, max_length = 8, example = "04711893")]
    pub code: String,
    pub expires_at: DateTime<FixedOffset>,
}

/// What to issue; nothing needs to be said.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDoorCode {}

/// The code on the paper.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeCheck {
    /// Eight digits.
    #[garde(custom(eight_digits))]
    #[schema(example = "40712958", min_length = 8, max_length = 8, pattern = "^[0-9]{8}$")]
    pub code: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn eight_digits(code: &str, _: &()) -> garde::Result {
    let fits = code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(()) } else { Err(garde::Error::new("eight digits")) }
}

/// The code of WeChat's phone button.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneCode {
    #[garde(length(chars, min = 1, max = 128))]
    #[schema(min_length = 1, max_length = 128)]
    pub code: String,
}

/// The caller.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    pub person_id: Uuid,
    /// Masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "154****5045", max_length = 40)]
    pub phone: Option<String>,
    #[schema(max_items = 1_000)]
    pub roles: Vec<MyRole>,
}

/// What the caller may be somewhere.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyRole {
    pub id: Uuid,
    pub role: Role,
    /// By what the caller acts for an owner; absent who is the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = ground)]
    pub ground: Option<Ground>,
    pub place_id: Uuid,
    #[schema(example = "1号楼 1单元 101", max_length = 400)]
    pub place_name: String,
    pub level: Level,
    /// The complex that it is in, if it is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub complex_id: Option<Uuid>,
    /// When it ends; absent when it does not by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<FixedOffset>>,
}

/// The first screen in one call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FirstScreen)]
pub struct Home {
    pub server_time: DateTime<FixedOffset>,
    pub me: Me,
    pub claims: ClaimCounts,
    /// Open polls of the complexes where the caller is somebody, the first to close first.
    #[schema(max_items = 20)]
    pub polls: Vec<OpenPoll>,
    pub incidents: IncidentsAtHome,
}

/// Incidents that ask for attention.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentsAtHome {
    /// The caller's own that are open, the newest first.
    pub mine: IncidentsAhead,
    /// Those that wait for the caller's work as a holder, soonest due first.
    pub to_work: IncidentsAhead,
}

/// Claims that ask for attention.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimCounts {
    /// The caller's own that wait.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub mine_waiting: u64,
    /// Those that wait for the caller as a verifier.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub to_decide: u64,
}

/// Every role but those that come from a claim.
fn granted_role() -> Object {
    let claimed = [Relation::Owner, Relation::Family, Relation::Tenant].map(Relation::role);
    let granted = Role::ALL.into_iter().filter(|role| !claimed.contains(role)).map(Role::as_str);
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(granted)).build()
}

/// A role to grant.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    #[garde(skip)]
    pub person_id: Uuid,
    #[garde(skip)]
    #[schema(schema_with = granted_role)]
    pub role: Role,
    /// Now, if nothing is said.
    #[garde(skip)]
    #[serde(default)]
    pub starts_at: Option<DateTime<FixedOffset>>,
    /// It does not end by itself, if nothing is said.
    #[garde(skip)]
    #[serde(default)]
    pub ends_at: Option<DateTime<FixedOffset>>,
}

/// A role that somebody has.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleGrant {
    pub id: Uuid,
    pub person_id: Uuid,
    pub place_id: Uuid,
    pub role: Role,
    pub starts_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTime<FixedOffset>>,
}
