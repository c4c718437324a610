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
    polls::model::{Weight, Words},
};

schemas! {
    kind = law::Kind;
    ending = law::Ending;
    deed = law::Deed;
    capacity = law::Capacity;
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
    /// The codes of those of its template's `conditions` that are so; of a template that has any.
    #[garde(length(max = 20), inner(length(chars, min = 1, max = 64), custom(a_code)))]
    #[schema(schema_with = codes)]
    #[serde(default)]
    pub conditions: Vec<String>,
    /// The buildings or units of the complex between which it runs, of a template in which nothing is a matter of Civil Code
    /// 278: their owners alone register, and are asked. Left out, it is about all of its place.
    #[garde(length(max = 20))]
    #[schema(max_items = 20)]
    #[serde(default)]
    pub among: Vec<Uuid>,
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
    /// What is said of it; needed for all but to sign, to accept, to name a group, to give a task to somebody, and to decline
    /// an invitation.
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
    /// Of whom; of a SAY, whom it is about and who is asked to reply.
    #[garde(skip)]
    #[schema(schema_with = role_or_none)]
    #[serde(default)]
    pub asks_of: Option<law::Role>,
    /// Of an ASSIGN, who has the task from then on: one of those who are asked to do it, and the caller where nobody is named.
    /// Of a SAY, whom it is about and who is asked to reply: one of those who talk.
    #[garde(skip)]
    #[serde(default)]
    pub asks_person: Option<Uuid>,
    /// What was said before that this answers; the note, of a REPLY.
    #[garde(skip)]
    #[serde(default)]
    pub answers: Option<Uuid>,
    /// What shows it, of a `SHOW` or a `PUT_UP`.
    #[garde(length(max = 20), dive)]
    #[schema(max_items = 20)]
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// On which boards it hangs as well, of a `PUT_UP`: here everybody reads it in any case. Photos show that.
    #[garde(length(max = 20), inner(length(chars, min = 1, max = 100), custom(not_blank)))]
    #[schema(schema_with = names)]
    #[serde(default)]
    pub boards: Vec<String>,
    /// Of a MINUTE.
    #[garde(dive)]
    #[serde(default)]
    pub meeting: Option<Meeting>,
    /// Of a FORM, who is in the preparatory group: an odd number, and so many owners among them, as the rules say.
    #[garde(length(max = 21), dive)]
    #[schema(max_items = 21)]
    #[serde(default)]
    pub members: Vec<GroupMember>,
}

/// Somebody in a preparatory group.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProgrammeGroupMember)]
pub struct GroupMember {
    #[garde(skip)]
    #[schema(schema_with = capacity)]
    pub capacity: law::Capacity,
    /// Of an owner the name on the roll. Masked, except for those who form the group.
    #[garde(length(chars, min = 1, max = 100), custom(not_blank))]
    #[schema(example = "王小明", min_length = 1, max_length = 100, pattern = "\\S")]
    pub name: String,
    /// Of an owner, a home that is theirs; not shown again.
    #[garde(skip)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_id: Option<Uuid>,
    /// Whether they chair it: one of those whom the street or the residents' committee sends.
    #[garde(skip)]
    #[serde(default)]
    pub chairs: bool,
}

/// A photo that shows something.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProgrammeEvidence)]
pub struct Evidence {
    /// Sent by the caller, and attached to nothing yet.
    #[garde(skip)]
    pub photo_id: Uuid,
    /// Which of the task's `requires` it meets, by their places from 0.
    #[garde(length(max = 20), inner(range(max = 19)))]
    #[schema(schema_with = places)]
    #[serde(default)]
    pub meets: Vec<usize>,
}

/// A meeting at which people talked.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProgrammeMeeting)]
pub struct Meeting {
    #[garde(skip)]
    pub held_at: DateTime<FixedOffset>,
    #[garde(length(chars, min = 1, max = 100), custom(not_blank))]
    #[schema(example = "社区活动室", min_length = 1, max_length = 100, pattern = "\\S")]
    pub place: String,
    /// How many came.
    #[garde(range(min = 1, max = 100_000))]
    #[schema(minimum = 1, maximum = 100_000)]
    pub present: u32,
    /// Those who came for an office or a company, by name and office; shown to whoever convenes or supervises the programme.
    #[garde(length(max = 20), inner(length(chars, min = 1, max = 100), custom(not_blank)))]
    #[schema(schema_with = names)]
    #[serde(default)]
    pub names: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn a_code(code: &str, _: &()) -> garde::Result {
    let fits = code.chars().all(|one| one.is_ascii_uppercase() || one == '_');
    if fits { Ok(()) } else { Err(garde::Error::new("must be capitals and _")) }
}

fn codes() -> utoipa::openapi::schema::Array {
    let code = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(64));
    listed(code.pattern(Some("^[A-Z_]+$")).build(), 20)
}

fn names() -> utoipa::openapi::schema::Array {
    let name = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(100));
    listed(name.pattern(Some("\\S")).build(), 20)
}

fn places() -> utoipa::openapi::schema::Array {
    listed(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0)).maximum(Some(19)).build(), 20)
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
    /// The cases for which alone it is; whoever begins it says which is so.
    #[schema(max_items = 20)]
    pub conditions: Vec<Condition>,
    /// What its cost is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Words>,
    /// In the order of the course.
    #[schema(max_items = 60)]
    pub modules: Vec<TemplateModule>,
}

/// A case for which a programme is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeCondition)]
pub struct Condition {
    #[schema(max_length = 64)]
    pub code: String,
    #[schema(max_length = 100)]
    pub zh: String,
    #[schema(max_length = 100)]
    pub en: String,
}

impl From<law::Condition> for Condition {
    fn from(law::Condition { code, zh, en }: law::Condition) -> Self {
        Self { code, zh, en }
    }
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
    /// What a task is, and when it is well done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Words>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criteria: Option<Words>,
    /// What has to be there before it is accepted.
    #[schema(schema_with = waits)]
    pub requires: Vec<String>,
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
    /// What a task is, and when it is well done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Words>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criteria: Option<Words>,
    /// What has to be there before it is accepted.
    #[schema(schema_with = waits)]
    pub requires: Vec<String>,
    /// What of that nothing meets yet that was shown.
    #[schema(schema_with = waits)]
    pub unmet: Vec<String>,
    /// Who has the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Assignee>,
    /// Since when a notice hangs out, from which its days count: what was put up, who did so and where, its deeds tell. The poll
    /// of a vote hangs out here by itself once it is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put_up_at: Option<DateTime<FixedOffset>>,
    /// Until when people are not found to agree, for a reply that was asked for may come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_until: Option<DateTime<FixedOffset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll_id: Option<Uuid>,
    /// The programme that runs, or ran, as this module.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programme_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signatures: Option<SignatureProgress>,
}

/// Who has a task.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProgrammeAssignee)]
pub struct Assignee {
    #[schema(schema_with = role)]
    pub role: law::Role,
    pub is_you: bool,
    /// For whoever is asked to do the task or to accept it, or convenes the programme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<Uuid>,
}

fn waits() -> utoipa::openapi::schema::Array {
    listed(ObjectBuilder::new().schema_type(Type::String).max_length(Some(200)).build(), 60)
}

fn deeds() -> utoipa::openapi::schema::Array {
    listed(deed(), 13)
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
    /// The cases for which it was begun, where it is for such alone.
    #[schema(max_items = 20)]
    pub conditions: Vec<Condition>,
    /// The parts of the complex between which it runs; none where it is about all of its place.
    #[schema(max_items = 20)]
    pub among: Vec<NamedPlace>,
    /// What its cost is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Words>,
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
    /// In the order of the course.
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
    /// Of whom: a role, and where one person is asked whether that is the viewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = role)]
    pub asks_of: Option<law::Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asks_you: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<Uuid>,
    /// Whether that is the reply for which what it answers asked.
    pub is_reply: bool,
    /// How many photos show it.
    #[schema(minimum = 0, maximum = 20)]
    pub photos: usize,
    /// Which; what a task came to is shown to whoever has to do with it or supervises the programme, and what hangs out to
    /// everybody.
    #[schema(max_items = 20)]
    pub evidence: Vec<Evidence>,
    #[schema(schema_with = names)]
    pub boards: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting: Option<Meeting>,
    #[schema(max_items = 21)]
    pub members: Vec<GroupMember>,
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
