//! Contents and public incidents as the API takes and tells them.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::{incidents as law, moderation};
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::{Object, ObjectBuilder, schema::Type},
};
use uuid::Uuid;

use crate::{
    access::Level,
    incidents::model::{NamedPlace, severity, status},
};

fn state() -> Object {
    let codes = moderation::State::ALL.iter().map(|state| state.code());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).build()
}

/// An incident as its complex may know it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicIncident {
    pub id: Uuid,
    #[schema(example = "ELEVATOR_FAULT", max_length = 40)]
    pub category: String,
    #[schema(schema_with = severity)]
    pub severity: law::Severity,
    /// Its complex.
    pub place: NamedPlace,
    #[schema(schema_with = status)]
    pub status: law::Status,
    /// The level that holds it, or held it last.
    pub level: Level,
    pub reported_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<DateTime<FixedOffset>>,
    /// What its reporter wrote, once it was passed, and without what was masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub words: Option<String>,
    /// Whether the caller follows it.
    pub followed: bool,
}

/// Letters of a text, counted from 0.
#[derive(Clone, Copy, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MaskedPart)]
pub struct Part {
    #[garde(range(max = 2000))]
    #[schema(example = 0, minimum = 0, maximum = 2000)]
    pub from: u32,
    /// The first letter behind it.
    #[garde(range(min = 1, max = 2000))]
    #[schema(example = 1, minimum = 1, maximum = 2000)]
    pub to: u32,
}

/// What its author wants others not to read.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedactIncident {
    #[garde(length(min = 1, max = 20), dive)]
    #[schema(min_items = 1, max_items = 20)]
    pub masks: Vec<Part>,
}

/// What others read from now on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Redacted {
    #[schema(max_length = 2000)]
    pub words: String,
    /// Redactions that are left.
    #[schema(minimum = 0, maximum = 3)]
    pub left: u32,
}

/// What a person finds of a text or a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Finding {
    /// Others may read it, but for what is masked.
    Pass,
    /// Nobody but those who handle it may.
    Hide,
}

/// What is found of a text or a photo, and what to mask of a text.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideContent {
    #[garde(skip)]
    pub finding: Finding,
    /// Of what was written; of a photo nothing is masked.
    #[garde(length(max = 20), dive)]
    #[schema(max_items = 20)]
    #[serde(default)]
    pub masks: Vec<Part>,
}

/// A text or a photo that waits for a person, or was decided by one.
#[derive(Debug, Serialize, ToSchema)]
pub struct Content {
    pub id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<Uuid>,
    /// Where it is what everybody reads of an outage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outage_id: Option<Uuid>,
    /// The incident's; of an outage the first that it explains.
    #[schema(example = "ELEVATOR_FAULT", max_length = 40)]
    pub category: String,
    /// The step that it was written with; 1 for the report, and for an outage.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub step: i32,
    /// The photo, where it is one; it is at `/v1/uploads/{id}`, and `words` is what it came with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_id: Option<Uuid>,
    #[schema(schema_with = state)]
    pub state: moderation::State,
    /// WeChat's label of what may be wrong, such as 10001 advertising, 20001 politics, 20003 abuse.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub label: Option<i64>,
    /// As it was written.
    #[schema(max_length = 2000)]
    pub words: String,
    /// As others read it, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub shown: Option<String>,
    pub written_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<DateTime<FixedOffset>>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}
