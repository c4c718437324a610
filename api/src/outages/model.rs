//! Outages as the API takes and tells them.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::{incidents::category, outages as law};
use serde::{Deserialize, Serialize};
use utoipa::{
    ToSchema,
    openapi::{Array, ArrayBuilder, Object, ObjectBuilder, schema::Type},
};
use uuid::Uuid;

use crate::{http::input::not_blank, incidents::model::NamedPlace};

/// Categories that one outage may name.
const CATEGORIES: usize = 20;

/// One that an outage may explain.
fn category() -> Object {
    let codes = category::all().iter().filter(|category| law::may_mute(category).is_ok());
    let codes = codes.map(|category| category.code.as_str());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).build()
}

fn categories() -> Array {
    ArrayBuilder::new()
        .items(category())
        .min_items(Some(1))
        .max_items(Some(CATEGORIES))
        .examples([serde_json::json!(["ELEVATOR_FAULT"])])
        .build()
}

fn phase() -> Object {
    let codes = law::Phase::ALL.iter().map(|phase| phase.code());
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).build()
}

#[expect(clippy::ptr_arg, clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn known(codes: &Vec<String>, _: &()) -> garde::Result {
    match codes.iter().find(|code| category::find(code).is_none()) {
        None => Ok(()),
        Some(_) => Err(garde::Error::new("no such category; see GET /v1/incident-categories")),
    }
}

/// What is switched off, where, when and why.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanOutage {
    /// A complex or any place in it: reports about it and what is in it are explained.
    #[garde(skip)]
    pub place_id: Uuid,
    /// Only what can be switched off.
    #[garde(length(min = 1, max = CATEGORIES), custom(known))]
    #[schema(schema_with = categories)]
    pub categories: Vec<String>,
    /// Everybody in the complex reads it.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "电梯年检，预计下午恢复", min_length = 1, max_length = 500, pattern = "\\S")]
    pub explanation: String,
    /// Within 60 days; now if absent.
    #[garde(skip)]
    #[serde(default)]
    pub from: Option<DateTime<FixedOffset>>,
    /// Within 72 hours of its start.
    #[garde(skip)]
    pub until: DateTime<FixedOffset>,
}

/// That it takes longer, and why; twice at most, and a week in all.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendOutage {
    #[garde(skip)]
    pub until: DateTime<FixedOffset>,
    /// Takes the place of the explanation.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "配件未到，延至明早", min_length = 1, max_length = 500, pattern = "\\S")]
    pub reason: String,
}

/// What explains a report.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OutageNotice {
    pub id: Uuid,
    #[schema(example = "电梯年检，预计下午恢复", max_length = 500)]
    pub explanation: String,
    /// Until when the first clock of the report stands still, or stood.
    pub until: DateTime<FixedOffset>,
}

/// An outage, as everybody in the complex sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Outage {
    pub id: Uuid,
    pub place: NamedPlace,
    #[schema(schema_with = categories)]
    pub categories: Vec<String>,
    #[schema(max_length = 500)]
    pub explanation: String,
    pub from: DateTime<FixedOffset>,
    pub until: DateTime<FixedOffset>,
    #[schema(minimum = 0, maximum = 2)]
    pub extensions: u32,
    /// As of this answer.
    #[schema(schema_with = phase)]
    pub phase: law::Phase,
    #[schema(example = "PROPERTY_MANAGER", max_length = 24)]
    pub planned_by: String,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}
