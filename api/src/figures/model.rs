//! Figures as the API takes and tells them.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::{
    figures as law,
    incidents::{Holder, Severity},
    whistles::Post,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{Object, ObjectBuilder, schema::Type},
};
use uuid::Uuid;

use crate::{
    access::{Level, Role},
    http::{input::not_blank, paging::Page},
    incidents::model::NamedPlace,
};

fn codes(codes: impl Iterator<Item = &'static str>) -> Object {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).build()
}

fn outcome() -> Object {
    codes(law::Outcome::ALL.iter().map(|one| one.code()))
}

/// Whoever may hold an incident, or be convened.
fn role() -> Object {
    let convened = Post::ALL.iter().map(|one| one.code()).filter(|code| Holder::from_code(code).is_none());
    codes(Holder::ALL.iter().map(|one| one.code()).chain(convened))
}

fn severity() -> Object {
    codes(Severity::ALL.iter().map(|one| one.code()))
}

/// A month in a query: absent where it is optional.
#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn a_period(text: &Option<String>, _: &()) -> garde::Result {
    match text {
        Some(text) => needed_period(text, &()),
        None => Ok(()),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn needed_period(text: &str, _: &()) -> garde::Result {
    match law::Period::parse(text) {
        Some(_) => Ok(()),
        None => Err(garde::Error::new("must be a month such as 2026-11")),
    }
}

/// By what figures are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum By {
    Category,
    /// By the level of the post; a place's own post is its own level.
    Level,
    /// By the post: the place's own, those above it, and those of its parts; within a complex also of their parts. Deeper
    /// ones, and what households hold themselves, are told by their level alone. Posts are counted, never the persons
    /// in them.
    Handler,
}

/// How to write figures, or a closing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = FigureFormat)]
pub enum Format {
    #[default]
    Json,
    Csv,
    Xlsx,
}

/// Which figures, and how to write them.
#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FiguresQuery {
    /// A month in China; the present one without it.
    #[garde(custom(a_period))]
    #[param(example = "2026-11", pattern = "^2[0-9]{3}-(0[1-9]|1[0-2])$", max_length = 7)]
    #[serde(default)]
    pub period: Option<String>,
    /// All together without it.
    #[garde(skip)]
    #[param(inline)]
    #[serde(default)]
    pub by: Option<By>,
    #[garde(skip)]
    #[param(inline)]
    #[serde(default)]
    pub format: Format,
}

/// Which rows, and which part of the list.
#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RowsQuery {
    /// A month in China; the present one without it.
    #[garde(custom(a_period))]
    #[param(example = "2026-11", pattern = "^2[0-9]{3}-(0[1-9]|1[0-2])$", max_length = 7)]
    #[serde(default)]
    pub period: Option<String>,
    /// Only of this category.
    #[garde(length(chars, min = 1, max = 40))]
    #[param(min_length = 1, max_length = 40)]
    #[serde(default)]
    pub category: Option<String>,
    /// Only of posts at this level.
    #[garde(skip)]
    #[param(inline)]
    #[serde(default)]
    pub level: Option<Level>,
    /// Only of the posts at this place.
    #[garde(skip)]
    #[serde(default)]
    pub post_id: Option<Uuid>,
    /// Items a page, 1 to 100; larger is lowered.
    #[garde(range(min = 1, max = 1_000_000))]
    #[param(minimum = 1, maximum = 1_000_000, default = 20, example = 20)]
    #[serde(default)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[garde(length(chars, max = 500))]
    #[param(max_length = 500)]
    #[serde(default)]
    pub cursor: Option<String>,
}

impl RowsQuery {
    pub fn page(&self) -> Page {
        Page { limit: self.limit, cursor: self.cursor.clone() }
    }
}

/// What people read.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = FigureName)]
pub struct Name {
    #[schema(example = "响应率", max_length = 200)]
    pub zh: String,
    #[schema(example = "Response rate", max_length = 200)]
    pub en: String,
}

impl From<&law::Name> for Name {
    fn from(name: &law::Name) -> Self {
        Self { zh: name.zh.clone(), en: name.en.clone() }
    }
}

/// The figures of a place in a month.
#[derive(Debug, Serialize, ToSchema)]
pub struct Figures {
    pub place_id: Uuid,
    #[schema(example = "2026-11", max_length = 7)]
    pub period: String,
    /// The formula by which they were counted.
    #[schema(example = "linli-2027-01", max_length = 200)]
    pub formula: String,
    #[schema(max_items = 2000)]
    pub groups: Vec<Group>,
}

/// Figures of one category, of one level, of one post, or of all together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FigureGroup)]
pub struct Group {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ELEVATOR_FAULT", max_length = 40)]
    pub category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The place of the post; its rows are those with this `post_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<NamedPlace>,
    #[schema(max_items = 40)]
    pub figures: Vec<FigureShare>,
    /// The weighted mean of those that the formula weighs; absent where there is nothing to weigh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composite: Option<Composite>,
    /// Within how many seconds half of the holdings ended: the next of a series of bounds. The closing has it exactly.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub half_within_seconds: Option<u64>,
    /// The same for nine in ten.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub nine_in_ten_within_seconds: Option<u64>,
}

/// One figure: an exact fraction.
#[derive(Debug, Serialize, ToSchema)]
pub struct FigureShare {
    #[schema(example = "RESPONSE", max_length = 24)]
    pub code: String,
    pub name: Name,
    /// Above the line; absent where so few count that somebody could be known by them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub above: Option<u64>,
    /// Below the line.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub below: Option<u64>,
}

/// A fraction of numbers that may be long.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FigureComposite)]
pub struct Composite {
    #[schema(example = "2", max_length = 39)]
    pub above: String,
    #[schema(example = "3", max_length = 39)]
    pub below: String,
}

/// Where a row stands in a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = FigureStanding)]
pub enum Standing {
    /// Above and below the line.
    Both,
    Above,
    Below,
    /// Taken away above the line.
    Less,
    /// Left out, for the reason given.
    Excluded,
}

/// Something that counts, or was left out.
#[derive(Debug, Serialize, ToSchema)]
pub struct FigureRow {
    pub id: Uuid,
    /// Absent for a whistle that is about none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<Uuid>,
    /// For what a whistle decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whistle_id: Option<Uuid>,
    /// Which of the incident's holdings; 0 for what a whistle decided.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub holding: u32,
    #[schema(schema_with = outcome)]
    pub outcome: law::Outcome,
    pub standing: Standing,
    /// Why it was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Name>,
    pub level: Level,
    #[schema(schema_with = role)]
    pub role: Role,
    /// The place of the post.
    pub post_id: Uuid,
    /// `WHISTLE` for a whistle that is about no incident.
    #[schema(example = "ELEVATOR_FAULT", max_length = 40)]
    pub category: String,
    #[schema(schema_with = severity)]
    pub severity: Severity,
    pub at: DateTime<FixedOffset>,
    /// For the end of a holding: how long it was held.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub seconds: Option<u64>,
}

/// How a place stands at this moment, for a screen.
#[derive(Debug, Serialize, ToSchema)]
pub struct Board {
    pub place_id: Uuid,
    /// Open incidents.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub open: u64,
    /// Of each level, status and severity.
    #[schema(max_items = 400)]
    pub standing: Vec<Standings>,
    /// Open ones that their holder has not acknowledged or handled in time.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub overdue: u64,
    /// Open ones that are due before midnight in China.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub due_today: u64,
    /// Climbs of the last seven days, by the level that they left.
    #[schema(max_items = 7)]
    pub climbs: Vec<LevelCount>,
    /// What was reported most this month.
    #[schema(max_items = 5)]
    pub top_categories: Vec<CategoryCount>,
    /// The three rates of this month so far.
    #[schema(max_items = 3)]
    pub rates: Vec<FigureShare>,
    /// Buildings from which most was reported this month, by several households each: of the newest 1,000 reports.
    #[schema(max_items = 5)]
    pub hot_spots: Vec<HotSpot>,
    /// What was closed last, of this month and the one before.
    #[schema(max_items = 10)]
    pub last_closed: Vec<LastClosed>,
}

/// How many stand open alike.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BoardStanding)]
pub struct Standings {
    pub level: Level,
    #[schema(example = "IN_PROGRESS", max_length = 24)]
    pub status: String,
    #[schema(schema_with = severity)]
    pub severity: Severity,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub count: u64,
}

/// A count at a level.
#[derive(Debug, Serialize, ToSchema)]
pub struct LevelCount {
    pub level: Level,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub count: u64,
}

/// A count of a category.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryCount {
    #[schema(example = "ELEVATOR_FAULT", max_length = 40)]
    pub category: String,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub count: u64,
}

/// A building from which much is reported.
#[derive(Debug, Serialize, ToSchema)]
pub struct HotSpot {
    pub building_id: Uuid,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub reports: u64,
}

/// Something that was closed.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastClosed {
    pub incident_id: Uuid,
    pub level: Level,
    #[schema(example = "ELEVATOR_FAULT", max_length = 40)]
    pub category: String,
    #[schema(schema_with = outcome)]
    pub outcome: law::Outcome,
    pub at: DateTime<FixedOffset>,
}

/// Which version of a closing, and how to write it.
#[derive(Clone, Copy, Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ClosingQuery {
    /// The newest without it.
    #[garde(range(min = 1, max = 1_000_000))]
    #[param(minimum = 1, maximum = 1_000_000)]
    #[serde(default)]
    pub version: Option<u32>,
    #[garde(skip)]
    #[param(inline)]
    #[serde(default)]
    pub format: Format,
}

/// A month to close.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseMonth {
    #[garde(custom(needed_period))]
    #[schema(max_length = 7, example = "2026-11", pattern = "^2[0-9]{3}-(0[1-9]|1[0-2])$")]
    pub period: String,
}

/// A closed month of a complex, with all that it takes to compute it again.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClosedMonth {
    pub id: Uuid,
    /// SHA-256 of `linli/figures/1`, a line feed, and `closing` as canonical JSON.
    #[schema(max_length = 64)]
    pub hash: String,
    pub closed_at: DateTime<FixedOffset>,
    /// Period, formula, rows, strikes and measures.
    #[schema(value_type = Object)]
    pub closing: Value,
}

/// Which closed month.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ClosingPath {
    pub place_id: Uuid,
    #[param(example = "2026-11", max_length = 7)]
    pub period: String,
}

/// Why a row should not count.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeAppeal {
    /// A row of a closed month.
    #[garde(skip)]
    pub row_id: Uuid,
    /// The figure in which it should not count; all of them without it.
    #[garde(length(chars, min = 2, max = 24))]
    #[schema(example = "RESPONSE", min_length = 2, max_length = 24)]
    #[serde(default)]
    pub figure: Option<String>,
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(example = "当晚小区整体停电", min_length = 1, max_length = 2000, pattern = "\\S")]
    pub reason: String,
}

/// What becomes of an appeal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Decision {
    /// The row does not count any more.
    Upheld,
    Dismissed,
}

/// What a level above decides, and why.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideAppeal {
    #[garde(skip)]
    pub decision: Decision,
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(example = "停电属实，不计入", min_length = 1, max_length = 2000, pattern = "\\S")]
    pub words: String,
}

/// Somebody appeals a row.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FigureAppeal)]
pub struct Appeal {
    pub id: Uuid,
    pub row_id: Uuid,
    #[schema(example = "2026-11", max_length = 7)]
    pub period: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "RESPONSE", max_length = 24)]
    pub figure: Option<String>,
    pub level: Level,
    /// The place of the post that appeals.
    pub post_id: Uuid,
    #[schema(schema_with = role)]
    pub role: Role,
    #[schema(max_length = 2000)]
    pub reason: String,
    pub made_at: DateTime<FixedOffset>,
    /// Absent while it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub words: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<DateTime<FixedOffset>>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}

/// Which month's formula.
#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FormulaQuery {
    /// A month in China; the present one without it.
    #[garde(custom(a_period))]
    #[param(example = "2026-11", pattern = "^2[0-9]{3}-(0[1-9]|1[0-2])$", max_length = 7)]
    #[serde(default)]
    pub period: Option<String>,
}

/// A formula of a district's own.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishFormula {
    /// The month from which it holds; it has not begun.
    #[garde(custom(needed_period))]
    #[schema(example = "2027-01", max_length = 7, pattern = "^2[0-9]{3}-(0[1-9]|1[0-2])$")]
    pub from: String,
    /// Of the same shape as that of `GET /v1/places/{place_id}/figure-formula`.
    #[garde(skip)]
    #[schema(value_type = Object)]
    pub formula: Map<String, Value>,
}

/// The formula that holds somewhere in a month.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormulaInForce {
    #[schema(example = "2026-11", max_length = 7)]
    pub period: String,
    /// Version, figures with what counts above and below the line and what is left out, weights, and terms.
    #[schema(value_type = Object)]
    pub formula: Value,
}
