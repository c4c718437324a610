//! Who acts for an owner, as the API takes and tells it. Names are masked, but for the home's own.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::roll::representation::{Ground, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{input::not_blank, schema::schemas};

schemas! {
    ground = Ground;
    state = State;
}

/// Who acts for an owner of a home, and what says so.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeRepresentation {
    #[garde(skip)]
    #[schema(schema_with = ground)]
    pub ground: Ground,
    /// Place among the owners of the home, from 0: who is acted for; of co-owners the one whom they name.
    #[garde(range(min = 0, max = 1_000))]
    #[schema(minimum = 0, maximum = 1_000)]
    pub ordinal: i32,
    /// Who acts. Nobody where co-owners name one of them, who acts as who they are.
    #[garde(dive)]
    #[serde(default)]
    pub person: Option<Representative>,
    /// Which document says so; an office needs one.
    #[garde(length(chars, min = 1, max = 200), inner(custom(not_blank)))]
    #[serde(default)]
    #[schema(min_length = 1, max_length = 200, pattern = "\\S", example = "户口簿")]
    pub document: Option<String>,
    /// Photos of it, sent before by the caller; an office needs one.
    #[garde(length(max = 9))]
    #[serde(default)]
    #[schema(max_items = 9)]
    pub evidence: Vec<Uuid>,
}

/// Somebody who acts for an owner. They have signed in, and the office has seen who they are.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Representative {
    /// As they read it at `GET /v1/me`.
    #[garde(skip)]
    pub person_id: Uuid,
    #[garde(length(chars, min = 1, max = 120), custom(not_blank))]
    #[schema(min_length = 1, max_length = 120, pattern = "\\S")]
    pub name: String,
    /// Until when: a minor's guardian until the birthday on which they come of age. Until it is ended, if nothing is said.
    #[garde(skip)]
    #[serde(default)]
    pub ends_at: Option<DateTime<FixedOffset>>,
}

/// Nothing but the wish: what is confirmed never differs from what was read.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmRepresentation {}

/// Why it is refused, taken back or ended.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndRepresentation {
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub words: String,
}

/// Who acts for an owner of a home.
#[derive(Debug, Serialize, ToSchema)]
pub struct Representation {
    pub id: Uuid,
    pub place_id: Uuid,
    #[schema(max_length = 400)]
    pub home: String,
    #[schema(schema_with = ground)]
    pub ground: Ground,
    #[schema(schema_with = state)]
    pub state: State,
    /// Who is acted for; of co-owners the one whom they name. Masked, but for the home's owners.
    #[schema(max_length = 1_000)]
    pub owner: String,
    /// Who acts, where that is nobody of the roll. Masked, but for the home's owners.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1_000)]
    pub name: Option<String>,
    /// Whether it is the caller who acts.
    pub is_you: bool,
    /// How many of the co-owners have not confirmed it on accounts of their own.
    #[schema(minimum = 0, maximum = 1_000)]
    pub unconfirmed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<DateTime<FixedOffset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub document: Option<String>,
    #[schema(max_items = 9)]
    pub evidence: Vec<Uuid>,
    /// In which role; OWNER where a co-owner asked the others.
    #[schema(max_length = 24)]
    pub proposed_as: String,
    pub proposed_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 24)]
    pub confirmed_as: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stands_since: Option<DateTime<FixedOffset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 24)]
    pub closed_as: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<DateTime<FixedOffset>>,
    /// Why it was refused, taken back or ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub words: Option<String>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}
