//! Patrols as the API takes and tells them.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::incidents::{Category, category};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{Array, ArrayBuilder, Object, ObjectBuilder, schema::Type},
};
use uuid::Uuid;

use crate::{http::input::not_blank, incidents::model::NamedPlace};

/// Points of one route.
const POINTS: usize = 50;

/// Categories that a point is watched for.
const CATEGORIES: usize = 20;

/// Things found at one point.
const FINDINGS: usize = 5;

fn tickets() -> impl Iterator<Item = &'static Category> {
    category::all().iter().filter(|category| category.is_ticket())
}

fn ticket() -> Object {
    let codes = tickets().map(|category| category.code.as_str());
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes));
    schema.examples([serde_json::json!("COMPLEX_LIGHT_OUT")]).build()
}

fn found() -> Array {
    ArrayBuilder::new().items(ticket()).max_items(Some(FINDINGS)).build()
}

fn categories() -> Array {
    ArrayBuilder::new()
        .items(ticket())
        .min_items(Some(1))
        .max_items(Some(CATEGORIES))
        .examples([serde_json::json!(["COMPLEX_LIGHT_OUT"])])
        .build()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn a_ticket(code: &str, _: &()) -> garde::Result {
    if tickets().any(|category| category.code == code) {
        Ok(())
    } else {
        Err(garde::Error::new("no such category, or one to call about at once"))
    }
}

/// A route, how often it is walked, and its points in their order.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoute {
    /// A complex, or a place in it.
    #[garde(skip)]
    pub place_id: Uuid,
    #[garde(length(chars, min = 1, max = 60), custom(not_blank))]
    #[schema(example = "夜间消防巡查", min_length = 1, max_length = 60, pattern = "\\S")]
    pub name: String,
    /// A round is finished within so many hours of the one before.
    #[garde(range(min = 1, max = 720))]
    #[schema(example = 24, minimum = 1, maximum = 720)]
    pub every_hours: u32,
    #[garde(length(min = 1, max = POINTS), dive)]
    #[schema(min_items = 1, max_items = 50)]
    pub points: Vec<NewPoint>,
}

impl NewRoute {
    /// All that is said with it.
    pub fn said(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.points.iter().map(|point| point.name.as_str()))
    }
}

/// Where a code hangs, and what is looked for there.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPoint {
    /// In the complex of the route.
    #[garde(skip)]
    pub place_id: Uuid,
    #[garde(length(chars, min = 1, max = 60), custom(not_blank))]
    #[schema(example = "地库入口", min_length = 1, max_length = 60, pattern = "\\S")]
    pub name: String,
    #[garde(length(min = 1, max = CATEGORIES), inner(custom(a_ticket)))]
    #[schema(schema_with = categories)]
    pub categories: Vec<String>,
}

/// That somebody sets out.
#[derive(Clone, Copy, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginRound {
    /// When, if a phone without a line tells of it later; at most 12 hours ago.
    #[garde(skip)]
    #[serde(default)]
    pub started_at: Option<DateTime<FixedOffset>>,
}

/// What a code says, and what was found there.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckPoint {
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub token: String,
    /// When, if a phone without a line tells of it later; at most 12 hours ago.
    #[garde(skip)]
    #[serde(default)]
    pub checked_at: Option<DateTime<FixedOffset>>,
    /// Each becomes an incident.
    #[garde(length(max = FINDINGS), dive)]
    #[schema(max_items = 5)]
    #[serde(default)]
    pub findings: Vec<Finding>,
}

impl CheckPoint {
    /// All that is said with it.
    pub fn said(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().map(|finding| finding.description.as_str())
    }
}

/// Something that is not as it should be.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PatrolFinding)]
pub struct Finding {
    #[garde(custom(a_ticket))]
    #[schema(schema_with = ticket)]
    pub category: String,
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(example = "地库入口灯不亮", min_length = 1, max_length = 2000, pattern = "\\S")]
    pub description: String,
    /// The caller's own photos that are attached to nothing yet.
    #[garde(length(max = 9))]
    #[schema(max_items = 9)]
    #[serde(default)]
    pub photo_ids: Vec<Uuid>,
}

/// A point of a route, by its path.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PointPath {
    pub route_id: Uuid,
    pub point_id: Uuid,
}

/// A point of a route.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PatrolPoint)]
pub struct Point {
    pub id: Uuid,
    pub place: NamedPlace,
    #[schema(max_length = 60)]
    pub name: String,
    #[schema(schema_with = categories)]
    pub categories: Vec<String>,
    /// What the code that hangs there says: shown once, when it is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub token: Option<String>,
}

/// What a point's new code says; shown once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PatrolToken)]
pub struct Token {
    #[schema(max_length = 100)]
    pub token: String,
}

/// A round in its route: how much of it was covered.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatrolRoundLine {
    pub id: Uuid,
    pub started_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<FixedOffset>>,
    /// Points of the route.
    #[schema(minimum = 1, maximum = 50)]
    pub points: u32,
    /// Those of them that were checked.
    #[schema(minimum = 0, maximum = 50)]
    pub checked: u32,
}

/// An incident that a patrol found, or missed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PatrolOutcome)]
pub struct Outcome {
    pub incident_id: Uuid,
    pub point_id: Uuid,
    pub round_id: Uuid,
    pub at: DateTime<FixedOffset>,
}

/// A route, its points, and how it was walked.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatrolRoute {
    pub id: Uuid,
    pub place: NamedPlace,
    #[schema(max_length = 60)]
    pub name: String,
    #[schema(minimum = 1, maximum = 720)]
    pub every_hours: u32,
    /// Whether it is walked; otherwise it is kept for what was found on it.
    pub walked: bool,
    /// By when the next round is finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<FixedOffset>>,
    /// How often no round was finished in time.
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    pub late_rounds: u32,
    #[schema(max_items = 50)]
    pub points: Vec<Point>,
    /// The newest twenty.
    #[schema(max_items = 20)]
    pub rounds: Vec<PatrolRoundLine>,
    /// The newest twenty incidents that were found before anybody reported them.
    #[schema(max_items = 20)]
    pub found: Vec<Outcome>,
    /// The newest twenty that were found while a resident's report of the same stood open.
    #[schema(max_items = 20)]
    pub known: Vec<Outcome>,
    /// The newest twenty that a resident reported within 24 hours after a check that found nothing.
    #[schema(max_items = 20)]
    pub missed: Vec<Outcome>,
}

/// A route in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatrolRouteLine {
    pub id: Uuid,
    pub place: NamedPlace,
    #[schema(max_length = 60)]
    pub name: String,
    #[schema(minimum = 1, maximum = 720)]
    pub every_hours: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<FixedOffset>>,
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    pub late_rounds: u32,
}

/// A point that was checked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PatrolCheck)]
pub struct Check {
    pub point_id: Uuid,
    pub checked_at: DateTime<FixedOffset>,
    /// When it was told, which is later where there was no line.
    pub received_at: DateTime<FixedOffset>,
    /// The categories of what was found.
    #[schema(schema_with = found)]
    pub found: Vec<String>,
}

/// A round, as far as it is walked.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatrolRound {
    pub id: Uuid,
    pub route_id: Uuid,
    pub started_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<FixedOffset>>,
    #[schema(minimum = 1, maximum = 50)]
    pub points: u32,
    #[schema(max_items = 50)]
    pub checks: Vec<Check>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}
