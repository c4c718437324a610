//! Programmes as the API takes and tells them.

use chrono::{DateTime, FixedOffset, NaiveDate};
use garde::Validate;
use rules::{incidents::Level, programmes as law};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{Object, ObjectBuilder, schema::Type},
};
use uuid::Uuid;

use crate::{
    http::{
        input::not_blank,
        schema::{or_null, schemas},
    },
    incidents::model::NamedPlace,
    polls::model::Weight,
};

schemas! {
    kind = law::Kind;
    ending = law::Ending;
    deed = law::Deed;
    role = law::Role;
    level = Level;
    about = law::About;
}

fn ending_or_none() -> Object {
    or_null(ending())
}

fn role_or_none() -> Object {
    or_null(role())
}

/// Which programme to begin, and what for.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginProgramme {
    /// One that comes with the service, or the newest of its name that the complex composed.
    #[garde(length(chars, min = 1, max = 64))]
    #[schema(example = "found-committee", min_length = 1, max_length = 64)]
    pub template: String,
    /// Read by everybody in the complex.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "成立首届业主委员会", min_length = 1, max_length = 500, pattern = "\\S")]
    pub purpose: String,
    /// When the first home was handed to its owner, as documents say that whoever begins can show; some cities ask for
    /// less to be delivered once so many years have passed since. Read by everybody in the complex.
    #[garde(skip)]
    pub first_delivered_on: Option<NaiveDate>,
    /// Whom it is about, of a template that is about a member of the committee: somebody who sits, by the `candidate_id` that
    /// the committee tells.
    #[garde(skip)]
    #[serde(default)]
    pub member_id: Option<Uuid>,
}

/// A template that a complex composed for itself.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LoadTemplate {
    /// In TOML, or in JSON where it begins with `{`, as `linli programme check` reads it.
    #[garde(length(chars, min = 1, max = 40_000))]
    #[schema(min_length = 1, max_length = 40_000)]
    pub text: String,
}

/// Something done in a module.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DoDeed {
    #[garde(skip)]
    #[schema(schema_with = deed)]
    pub deed: law::Deed,
    /// What is said of it; needed for all but to sign, accept or decline.
    #[garde(length(chars, min = 1, max = 2000), inner(custom(not_blank)))]
    #[schema(example = "会议记录和分工名单已公示", min_length = 1, max_length = 2000, pattern = "\\S")]
    #[serde(default)]
    pub words: Option<String>,
    /// How it ends, of whoever closes it.
    #[garde(skip)]
    #[schema(schema_with = ending_or_none)]
    #[serde(default)]
    pub ending: Option<law::Ending>,
    /// What a supervisor asks for, in a NOTE.
    #[garde(length(chars, min = 1, max = 500), inner(custom(not_blank)))]
    #[schema(example = "请公示计票过程", min_length = 1, max_length = 500, pattern = "\\S")]
    #[serde(default)]
    pub asks: Option<String>,
    /// Of whom.
    #[garde(skip)]
    #[schema(schema_with = role_or_none)]
    #[serde(default)]
    pub asks_of: Option<law::Role>,
    /// What was said before that this answers; the note, of a REPLY.
    #[garde(skip)]
    #[serde(default)]
    pub answers: Option<Uuid>,
}

/// The poll of a vote.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BindPoll {
    /// The vote's name in its template.
    #[garde(length(chars, min = 1, max = 64))]
    #[schema(example = "vote", min_length = 1, max_length = 64)]
    pub module: String,
    /// A draft for the same place.
    #[garde(skip)]
    pub poll_id: Uuid,
}

/// Why all clocks stand still, and until when.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "台风停电，系统中断", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
    /// Within 30 days.
    #[garde(skip)]
    pub until: DateTime<FixedOffset>,
}

/// Why.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProgrammeReason)]
pub struct Reason {
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "供电已恢复", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// A module, by its path.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ModulePath {
    pub programme_id: Uuid,
    /// Its name in the template.
    #[param(max_length = 64)]
    pub module: String,
}

/// A template.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeTemplate)]
pub struct Template {
    #[schema(max_length = 64)]
    pub name: String,
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub version: u32,
    #[schema(max_length = 100)]
    pub zh: String,
    #[schema(max_length = 100)]
    pub en: String,
    #[schema(schema_with = levels)]
    pub levels: Vec<Level>,
    /// Who may begin it.
    #[schema(schema_with = roles)]
    pub convened_by: Vec<law::Role>,
    /// It is over after so many days at the latest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 1000)]
    pub within_days: Option<u32>,
    /// Whom it is about, where that is to be said when it begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = about)]
    pub about: Option<law::About>,
    #[schema(max_items = 60)]
    pub modules: Vec<TemplateModule>,
}

/// A step of a template.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeTemplateModule)]
pub struct TemplateModule {
    #[schema(max_length = 64)]
    pub name: String,
    #[schema(schema_with = kind)]
    pub kind: law::Kind,
    #[schema(max_length = 100)]
    pub zh: String,
    #[schema(max_length = 100)]
    pub en: String,
    /// It begins once all of one of these lists are so.
    #[schema(schema_with = gates)]
    pub after: Vec<Vec<String>>,
    /// Who does it.
    #[schema(schema_with = roles)]
    pub asks: Vec<law::Role>,
}

fn listed(item: Object, most: usize) -> utoipa::openapi::schema::Array {
    utoipa::openapi::ArrayBuilder::new().items(item).max_items(Some(most)).build()
}

fn roles() -> utoipa::openapi::schema::Array {
    listed(role(), 13)
}

fn levels() -> utoipa::openapi::schema::Array {
    listed(level(), 7)
}

fn gates() -> utoipa::openapi::schema::Array {
    let gate = ObjectBuilder::new().schema_type(Type::String).max_length(Some(200)).build();
    utoipa::openapi::ArrayBuilder::new()
        .items(utoipa::openapi::RefOr::T(utoipa::openapi::Schema::Array(listed(gate, 60))))
        .max_items(Some(20))
        .build()
}

/// Where a programme stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProgrammeState {
    Running,
    /// All its clocks stand still.
    Paused,
    Done,
    Stopped,
}

/// Where a module stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ModuleState {
    Waiting,
    Running,
    Over,
    /// It never begins.
    LeftOut,
}

/// How many owners signed, or registered to take part.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignatureProgress {
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub persons: u64,
    pub signed: Weight,
    pub roll: Weight,
    pub enough: bool,
}

/// A step of a programme.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgrammeModule {
    #[schema(max_length = 64)]
    pub name: String,
    #[schema(schema_with = kind)]
    pub kind: law::Kind,
    #[schema(max_length = 100)]
    pub zh: String,
    #[schema(max_length = 100)]
    pub en: String,
    pub state: ModuleState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<FixedOffset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<FixedOffset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = ending)]
    pub ending: Option<law::Ending>,
    /// It is not over before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub earliest_at: Option<DateTime<FixedOffset>>,
    /// Its time is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_at: Option<DateTime<FixedOffset>>,
    /// Its time was up, and it goes on.
    pub late: bool,
    /// What it still waits for.
    #[schema(schema_with = waits)]
    pub waits_for: Vec<String>,
    /// Who has to act now.
    #[schema(schema_with = roles)]
    pub must_act: Vec<law::Role>,
    /// What the viewer may do in it now.
    #[schema(schema_with = deeds)]
    pub you_may: Vec<law::Deed>,
    /// What people agree in it is advice: no vote of the owners comes after it.
    pub is_advice: bool,
    /// What has to be there before it is accepted.
    #[schema(schema_with = waits)]
    pub requires: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll_id: Option<Uuid>,
    /// The programme that runs, or ran, as this module.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programme_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signatures: Option<SignatureProgress>,
}

fn waits() -> utoipa::openapi::schema::Array {
    listed(ObjectBuilder::new().schema_type(Type::String).max_length(Some(200)).build(), 60)
}

fn deeds() -> utoipa::openapi::schema::Array {
    listed(deed(), 10)
}

/// The member of the committee whom a programme is about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeMember)]
pub struct Member {
    /// As the committee has them.
    pub candidate_id: Uuid,
    /// The first poll in which they stood, and under which number.
    pub poll_id: Uuid,
    #[schema(minimum = 1, maximum = 1000)]
    pub ordinal: i32,
    /// Whether the viewer is that member.
    pub is_you: bool,
}

/// A programme.
#[derive(Debug, Serialize, ToSchema)]
pub struct Programme {
    pub id: Uuid,
    pub place: NamedPlace,
    #[schema(max_length = 64)]
    pub template: String,
    #[schema(max_length = 100)]
    pub zh: String,
    #[schema(max_length = 100)]
    pub en: String,
    #[schema(max_length = 500)]
    pub purpose: String,
    pub state: ProgrammeState,
    pub begun_at: DateTime<FixedOffset>,
    /// In which role it was begun.
    #[schema(max_length = 24)]
    pub begun_as: String,
    /// It should be over by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<FixedOffset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<FixedOffset>>,
    /// Until when it stands still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<DateTime<FixedOffset>>,
    /// When the clock moves something next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<DateTime<FixedOffset>>,
    /// The programme of which it is a module.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<Member>,
    #[schema(max_items = 60)]
    pub modules: Vec<ProgrammeModule>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}

/// A programme in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProgrammeLine {
    pub id: Uuid,
    #[schema(max_length = 64)]
    pub template: String,
    #[schema(max_length = 500)]
    pub purpose: String,
    pub state: ProgrammeState,
    pub begun_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<FixedOffset>>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}

/// Something that was done in a module.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeDeed)]
pub struct Deed {
    pub id: Uuid,
    #[schema(schema_with = deed)]
    pub deed: law::Deed,
    #[schema(schema_with = role)]
    pub role: law::Role,
    /// Whether the viewer did it.
    pub is_yours: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub words: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = ending)]
    pub ending: Option<law::Ending>,
    /// What a supervisor asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub asks: Option<String>,
    /// Of whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = role)]
    pub asks_of: Option<law::Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<Uuid>,
    pub at: DateTime<FixedOffset>,
}

/// One line of a timeline.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimelineLine {
    /// The event that says so: its id and, once it has one, its place in the log.
    pub event_id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub seq: Option<i64>,
    #[schema(max_length = 64)]
    pub kind: String,
    #[schema(max_length = 500)]
    pub zh: String,
    #[schema(max_length = 500)]
    pub en: String,
    pub at: DateTime<FixedOffset>,
}
