//! The desk as the API takes and tells it.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta};
use garde::Validate;
use rules::{duty, incidents as law};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{Array, ArrayBuilder, Object, ObjectBuilder, schema::Type},
};
use uuid::Uuid;

use crate::{
    access::Level,
    http::{
        input::not_blank,
        problem::ProblemBody,
        schema::{one_of, or_null},
    },
    incidents::model::{
        Assignee, IncidentQuery, ListOrder, NamedPlace, Scope, a_category, category, due_kind, holder,
        severity, status,
    },
};

fn category_or_none() -> Object {
    or_null(category())
}

fn status_or_none() -> Object {
    or_null(status())
}

fn severity_or_none() -> Object {
    or_null(severity())
}

fn due_kind_or_none() -> Object {
    or_null(due_kind())
}

fn weekdays() -> Array {
    let days = one_of(duty::Weekday::ALL.iter().map(|day| day.code()));
    ArrayBuilder::new().items(days).min_items(Some(1)).max_items(Some(7)).unique_items(true).build()
}

crate::http::schema::schemas! {
    turns = duty::Turns;
}

fn time_of_day() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$"))
        .max_length(Some(5))
        .examples([serde_json::json!("08:30")])
        .build()
}

/// How much a post has to do.
#[derive(Debug, Serialize, ToSchema)]
pub struct Workload {
    /// Open incidents that it holds.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub open: u64,
    /// Those that it is late with.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub overdue: u64,
    /// Those that are due before the day is over, and not late.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub due_today: u64,
    /// The same by what they wait for.
    #[schema(max_items = 20)]
    pub awaiting: Vec<Awaiting>,
}

/// How much waits for one thing.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkloadAwaiting)]
pub struct Awaiting {
    #[schema(schema_with = due_kind)]
    pub due_kind: law::DueKind,
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub open: u64,
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub overdue: u64,
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub due_today: u64,
}

/// How the work of a post is spread: over its people, and over the posts below it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Workloads {
    /// Those who fill the post, who was given most of what is open first; then those who left and still have something.
    #[schema(max_items = 200)]
    pub items: Vec<PersonLoad>,
    /// What the post holds and nobody of it was given.
    pub unassigned: Load,
    /// The post itself and those below it that hold something of the place or its parts; none above a complex.
    #[schema(max_items = 500)]
    pub posts: Vec<PostLoad>,
}

/// Open incidents, counted.
#[derive(Clone, Copy, Debug, Default, Serialize, ToSchema)]
#[schema(as = WorkloadCount)]
pub struct Load {
    /// Open incidents.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub open: u64,
    /// Those that are late.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub overdue: u64,
    /// Those that are due before the day is over, and not late.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub due_today: u64,
}

/// What somebody was given to do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PersonWorkload)]
pub struct PersonLoad {
    pub person_id: Uuid,
    /// Whether that is the caller.
    pub you: bool,
    /// Whether they fill the post; false for who left it.
    pub fills_post: bool,
    pub load: Load,
}

/// What a post holds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PostWorkload)]
pub struct PostLoad {
    pub place: NamedPlace,
    #[schema(schema_with = holder)]
    pub role: law::Holder,
    pub load: Load,
}

/// Who sees a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SharedWith {
    /// Who saved it.
    Me,
    /// Everybody of the post, now and later; each of them may change it.
    Post,
}

impl SharedWith {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Me => "ME",
            Self::Post => "POST",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Me, Self::Post].into_iter().find(|one| one.as_str() == text)
    }
}

/// What `GET /v1/incidents` is asked for; members mean what its parameters mean.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IncidentFilter)]
pub struct Filter {
    #[garde(skip)]
    pub scope: Scope,
    /// Only what is at or under this part of the desk's place.
    #[garde(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_id: Option<Uuid>,
    #[garde(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    #[garde(skip)]
    #[schema(schema_with = status_or_none, required = false)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<law::Status>,
    #[garde(inner(custom(a_category)))]
    #[schema(schema_with = category_or_none, required = false)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[garde(length(chars, min = 1, max = 20))]
    #[schema(min_length = 1, max_length = 20, example = "电梯")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    #[garde(skip)]
    #[schema(schema_with = severity_or_none, required = false)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<law::Severity>,
    #[garde(skip)]
    #[schema(schema_with = due_kind_or_none, required = false)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_kind: Option<law::DueKind>,
    /// Only what is due within so many hours, whenever it is looked at.
    #[garde(range(min = 1, max = 8784))]
    #[schema(minimum = 1, maximum = 8784, example = 24)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_within_hours: Option<u32>,
    /// Only where somebody comes within so many hours, whenever it is looked at.
    #[garde(range(min = 1, max = 720))]
    #[schema(minimum = 1, maximum = 720, example = 12)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coming_within_hours: Option<u32>,
    #[garde(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Uuid>,
    #[garde(skip)]
    #[serde(default)]
    pub overdue: bool,
    #[garde(skip)]
    #[serde(default)]
    pub reworked: bool,
    #[garde(skip)]
    #[serde(default)]
    pub urged: bool,
    #[garde(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<ListOrder>,
}

impl Filter {
    /// The list that it asks for at a moment. What is soon is told to the minute, so that a list stays the same from one
    /// page to the next.
    pub fn query(&self, now: DateTime<FixedOffset>) -> IncidentQuery {
        let within = |hours: Option<u32>| hours.map(|hours| now + TimeDelta::hours(i64::from(hours)));
        IncidentQuery {
            assignee: self.assignee,
            scope: self.scope,
            place_id: self.place_id,
            level: self.level,
            state: self.state,
            category: self.category.clone(),
            named: self.named.clone(),
            severity: self.severity,
            due_kind: self.due_kind,
            due_before: within(self.due_within_hours),
            coming_before: within(self.coming_within_hours),
            overdue: self.overdue,
            reworked: self.reworked,
            urged: self.urged,
            order: self.order,
            limit: None,
            cursor: None,
        }
    }
}

/// A filter to keep under a name.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SaveView {
    #[garde(length(chars, min = 1, max = 40), custom(not_blank))]
    #[schema(example = "1号楼电梯", min_length = 1, max_length = 40, pattern = "\\S")]
    pub name: String,
    #[garde(skip)]
    pub shared_with: SharedWith,
    #[garde(dive)]
    pub filter: Filter,
}

/// A filter under a name.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavedView {
    pub id: Uuid,
    #[schema(max_length = 40)]
    pub name: String,
    pub shared_with: SharedWith,
    pub filter: Filter,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}

/// The views that the caller sees at a desk: those of the post, then the caller's own, each the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavedViews {
    #[schema(max_items = 70)]
    pub items: Vec<SavedView>,
}

/// A view at a desk.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ViewPath {
    pub place_id: Uuid,
    pub view_id: Uuid,
}

/// What a post does with an incident that it holds, and says with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AnswerAct {
    /// Takes it on; says nothing.
    Acknowledge,
    /// Says something to the reporter.
    Note,
    /// Says something to the ladder alone.
    InternalNote,
    /// Has done the work. What asks for a photo is refused: it is handled by itself.
    Handle,
}

impl AnswerAct {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledge => "ACKNOWLEDGE",
            Self::Note => "NOTE",
            Self::InternalNote => "INTERNAL_NOTE",
            Self::Handle => "HANDLE",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Acknowledge, Self::Note, Self::InternalNote, Self::Handle];
        all.into_iter().find(|one| one.as_str() == text)
    }
}

/// A reply to write once and send often.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteTemplate {
    #[garde(length(chars, min = 1, max = 40), custom(not_blank))]
    #[schema(example = "已派人", min_length = 1, max_length = 40, pattern = "\\S")]
    pub name: String,
    /// What it is said with; anything if absent.
    #[garde(skip)]
    #[serde(default)]
    pub act: Option<AnswerAct>,
    /// What it is about; anything if absent.
    #[garde(inner(custom(a_category)))]
    #[schema(schema_with = category_or_none, required = false)]
    #[serde(default)]
    pub category: Option<String>,
    /// With blanks `{category}`, `{place}`, `{reported_on}` and `{due_at}`.
    #[garde(length(chars, min = 1, max = 1000), custom(not_blank))]
    #[schema(
        example = "您反映的{category}已派人到{place}查看",
        min_length = 1,
        max_length = 1000,
        pattern = "\\S"
    )]
    pub words: String,
}

impl WriteTemplate {
    /// All that is said with it.
    pub fn said(&self) -> [&str; 2] {
        [&self.name, &self.words]
    }
}

/// A reply that is written once and sent often.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplyTemplate {
    pub id: Uuid,
    #[schema(max_length = 40)]
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<AnswerAct>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub category: Option<String>,
    #[schema(max_length = 1000)]
    pub words: String,
    pub written_at: DateTime<FixedOffset>,
    /// When another version took its place, or it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaced_at: Option<DateTime<FixedOffset>>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}

/// Templates, in the order in which they were first written.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplyTemplates {
    #[schema(max_items = 100)]
    pub items: Vec<ReplyTemplate>,
}

/// A template at a desk.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TemplatePath {
    pub place_id: Uuid,
    pub template_id: Uuid,
}

/// A template for an incident.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DraftPath {
    pub incident_id: Uuid,
    pub template_id: Uuid,
}

/// A template's words with its blanks filled in, to look over and send.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplyDraft)]
pub struct Draft {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<AnswerAct>,
    #[schema(max_length = 2000)]
    pub words: String,
    /// The template's version that it was made of.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub template_version: i64,
}

/// One answer to many incidents that the post holds.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerIncidents {
    #[garde(length(min = 1, max = 50), custom(distinct))]
    #[schema(min_items = 1, max_items = 50)]
    pub incident_ids: Vec<Uuid>,
    #[garde(skip)]
    pub act: AnswerAct,
    /// What is said, with blanks as a template has them. Either this or a template, unless nothing is said.
    #[garde(length(chars, min = 1, max = 1000), inner(custom(not_blank)))]
    #[schema(min_length = 1, max_length = 1000, pattern = "\\S")]
    #[serde(default)]
    pub words: Option<String>,
    /// A template of this desk.
    #[garde(skip)]
    #[serde(default)]
    pub template_id: Option<Uuid>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn distinct<T: Ord>(all: &[T], _: &()) -> garde::Result {
    let different: BTreeSet<_> = all.iter().collect();
    if different.len() == all.len() { Ok(()) } else { Err(garde::Error::new("names one twice")) }
}

/// What became of each, in the order in which they were named.
#[derive(Debug, Serialize, ToSchema)]
pub struct Answers {
    #[schema(max_items = 50)]
    pub items: Vec<Answered>,
}

/// What became of one.
#[derive(Serialize, ToSchema)]
#[schema(as = AnsweredIncident)]
pub struct Answered {
    pub incident_id: Uuid,
    /// Where it stands now; absent when the answer was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = status, required = false)]
    pub status: Option<law::Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: Option<i64>,
    /// Why the answer was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemBody>,
}

impl std::fmt::Debug for Answered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answered").field("incident_id", &self.incident_id).finish_non_exhaustive()
    }
}

/// Shifts of a post, persons of one, and days on which somebody stands in.
const SHIFTS: usize = 20;
const IN_TURN: usize = 30;
const SUBSTITUTIONS: usize = 100;

/// Who is on duty when, from now on.
#[derive(Clone, Debug, Default, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetRota {
    #[garde(length(max = SHIFTS), dive)]
    #[schema(max_items = 20)]
    pub shifts: Vec<RotaShift>,
    #[garde(length(max = SUBSTITUTIONS))]
    #[schema(max_items = 100)]
    #[serde(default)]
    pub substitutions: Vec<RotaSubstitution>,
}

/// Hours that come again on some days of the week, and who takes them in turn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotaShift {
    /// The days on which it begins.
    #[garde(length(min = 1, max = 7), custom(distinct))]
    #[schema(schema_with = weekdays)]
    pub on: Vec<duty::Weekday>,
    #[garde(skip)]
    #[schema(schema_with = time_of_day)]
    pub from: duty::TimeOfDay,
    /// On the next day unless it is later than `from`.
    #[garde(skip)]
    #[schema(schema_with = time_of_day)]
    pub to: duty::TimeOfDay,
    /// The first of them on the first day. Each fills the post.
    #[garde(length(min = 1, max = IN_TURN))]
    #[schema(min_items = 1, max_items = 30)]
    pub persons: Vec<Uuid>,
    /// When the next of them takes it: each time that it comes, or each Monday.
    #[garde(skip)]
    #[schema(schema_with = turns)]
    pub turns: duty::Turns,
    #[garde(skip)]
    pub first_day: NaiveDate,
    /// It goes on if absent.
    #[garde(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<NaiveDate>,
}

/// Somebody is not there for what begins on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RotaSubstitution {
    pub day: NaiveDate,
    pub absent: Uuid,
    /// Who fills the post, too; nobody if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_in: Option<Uuid>,
}

impl SetRota {
    /// As the law reads it.
    pub fn rota(&self) -> duty::Rota<Uuid> {
        let shift = |one: &RotaShift| duty::Shift {
            hours: duty::Hours { on: one.on.iter().copied().collect(), from: one.from, to: one.to },
            persons: one.persons.clone(),
            turns: one.turns,
            first_day: one.first_day,
            last_day: one.last_day,
        };
        let substitution = |one: &RotaSubstitution| duty::Substitution {
            day: one.day,
            absent: one.absent,
            stands_in: one.stands_in,
        };
        duty::Rota {
            shifts: self.shifts.iter().map(shift).collect(),
            substitutions: self.substitutions.iter().map(substitution).collect(),
        }
    }
}

/// Who is on duty when at a post; people are told by their ids alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rota {
    #[schema(max_items = 20)]
    pub shifts: Vec<RotaShift>,
    #[schema(max_items = 100)]
    pub substitutions: Vec<RotaSubstitution>,
    /// 1 until somebody sets it.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}

/// Who is on duty at a post now.
#[derive(Debug, Serialize, ToSchema)]
pub struct OnDuty {
    #[schema(max_items = 100)]
    pub items: Vec<Assignee>,
    /// Whether the rota names them; false where it names nobody who fills the post, and everybody who does is called.
    pub by_rota: bool,
}
