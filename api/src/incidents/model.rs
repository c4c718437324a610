//! Incidents as the API takes and tells them.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::{calendar::Span, incidents as law};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{Object, ObjectBuilder, schema::Type},
};
use uuid::Uuid;

use crate::{
    access::Level,
    clock::local,
    http::{
        input::not_blank,
        paging::Page,
        schema::{one_of, or_null, schemas},
    },
    outages::model::OutageNotice,
};

pub(crate) fn category() -> Object {
    category_of(|_| true)
}

/// One that is not diverted: there is nothing to promise of what belongs to an emergency service.
fn ticket() -> Object {
    category_of(law::Category::is_ticket)
}

pub(crate) fn category_of(fits: impl Fn(&law::Category) -> bool) -> Object {
    let codes = law::category::all().iter().filter(|category| fits(category));
    let codes = codes.map(|category| category.code.as_str());
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes));
    schema
        .description(Some("A code of `GET /v1/incident-categories`."))
        .examples([serde_json::json!("ELEVATOR_FAULT")])
        .build()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
pub(crate) fn a_category(code: &str, _: &()) -> garde::Result {
    match law::category::find(code) {
        Some(_) => Ok(()),
        None => Err(garde::Error::new("no such category; see GET /v1/incident-categories")),
    }
}

schemas! {
    severity = law::Severity;
    evidence = law::Evidence;
    status = law::Status;
    holder = law::Holder;
    due_kind = law::DueKind;
    entered_by = law::EnteredBy;
    exit_kind = law::ExitKind;
    hand_reason = law::HandReason;
    pause_reason = law::PauseReason;
    unit = law::Unit;
    clock_kind = law::ClockKind;
    resolved = law::Resolved;
    satisfaction = law::Satisfaction;
    complaint = law::Complaint;
    elsewhere = law::Elsewhere;
    not_taken = law::NotTaken;
    proposal_kind = law::ProposalKind;
    origin = law::Origin;
}

fn satisfaction_or_none() -> Object {
    or_null(satisfaction())
}

fn complaint_or_none() -> Object {
    or_null(complaint())
}

/// Those that a holder may give.
fn holders_pause_reason() -> Object {
    one_of(law::PauseReason::ALL.iter().filter(|reason| reason.is_a_holders()).map(|reason| reason.code()))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn a_holders(reason: &law::PauseReason, _: &()) -> garde::Result {
    if reason.is_a_holders() { Ok(()) } else { Err(garde::Error::new("no holder may give this reason")) }
}

/// What can be reported.
#[derive(Debug, Serialize, ToSchema)]
pub struct Categories {
    #[schema(max_items = 100)]
    pub items: Vec<Category>,
}

/// One kind of trouble: a ticket with its budgets, or something to call about at once.
#[derive(Debug, Serialize, ToSchema)]
pub struct Category {
    #[schema(example = "ELEVATOR_FAULT", max_length = 40)]
    pub code: String,
    pub name: Name,
    /// S1 is the worst.
    #[schema(schema_with = severity)]
    pub severity: law::Severity,
    /// Whom to call besides reporting, before anything else.
    #[schema(max_items = 10)]
    pub call_first: Vec<Channel>,
    /// Whom to call instead of reporting, in this order; empty for a ticket.
    #[schema(max_items = 10)]
    pub diverts_to: Vec<Channel>,
    /// How a ticket is handled; absent for what is diverted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terms: Option<Terms>,
}

/// What people read.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CategoryName)]
pub struct Name {
    #[schema(example = "电梯故障或停运", max_length = 100)]
    pub zh: String,
    #[schema(example = "Lift broken or stopped", max_length = 100)]
    pub en: String,
}

/// Whom to turn to, or what to do first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Channel {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "119", max_length = 20)]
    pub phone: Option<String>,
    #[schema(max_length = 200)]
    pub zh: String,
    #[schema(max_length = 200)]
    pub en: String,
}

/// What the national policy holds its first holder to; what holds at a place, and on each level, is in the policy there.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CategoryTerms)]
pub struct Terms {
    /// The level that holds it first.
    pub enters_at: Level,
    /// The level that should settle it at the latest.
    pub absorbs_at: Level,
    /// Each holder's time to acknowledge.
    pub first_contact: Budget,
    /// Each holder's time to handle once acknowledged.
    pub handling: Budget,
    /// What a holder must show: words, or words and a photo.
    #[schema(schema_with = evidence)]
    pub evidence: law::Evidence,
    /// How long the handling may stand still; absent where it may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pauses: Option<PauseLimits>,
    /// Of so many handlings a level above looks at one before the reporter is asked; absent where it never does.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 255)]
    pub inspects_one_in: Option<u8>,
}

/// A length of time in the time that counts for it.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Budget {
    /// `URGENT_MINUTES` count day and night, `WORK_MINUTES` in office hours; `WORK_DAYS` and `NATURAL_DAYS` are whole
    /// days, the day of the start not counted.
    #[schema(schema_with = unit)]
    pub unit: law::Unit,
    #[schema(example = 30, minimum = 1, maximum = 527_040)]
    pub amount: u32,
}

/// How long a handling may stand still, in days of 24 hours.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct PauseLimits {
    /// At once.
    #[schema(example = 7, minimum = 1, maximum = 65_535)]
    pub each_days: u16,
    /// Altogether.
    #[schema(example = 15, minimum = 1, maximum = 65_535)]
    pub total_days: u16,
}

impl From<law::Budget> for Budget {
    fn from(budget: law::Budget) -> Self {
        Self { unit: budget.unit(), amount: budget.amount() }
    }
}

impl From<law::PauseLimits> for PauseLimits {
    fn from(limits: law::PauseLimits) -> Self {
        Self { each_days: limits.each_days.get(), total_days: limits.total_days.get() }
    }
}

/// Where something would be reported, and as what.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PromisePath {
    pub place_id: Uuid,
    #[param(schema_with = ticket)]
    pub category: String,
}

/// What a report made now would be held to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Promise {
    #[schema(example = "ELEVATOR_FAULT", max_length = 40)]
    pub category: String,
    #[schema(schema_with = severity)]
    pub severity: law::Severity,
    /// Whom to call besides reporting, before anything else.
    #[schema(max_items = 10)]
    pub call_first: Vec<Channel>,
    /// The level that has it first.
    pub level: Level,
    pub place: NamedPlace,
    #[schema(schema_with = holder)]
    pub role: law::Holder,
    /// By when somebody takes it on.
    pub first_contact_by: DateTime<FixedOffset>,
    /// By when it is handled, if it is taken on as late as may be.
    pub handled_by: DateTime<FixedOffset>,
    /// What happens when nobody does.
    pub then: Then,
    /// How long it took in this complex from report to handling: the median of its last fifty of this category, in
    /// seconds. Absent while there are fewer than five.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 7200, minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub usually_seconds: Option<u64>,
    /// The planned outage that explains it; the first contact waits until it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outage: Option<OutageNotice>,
}

/// A report.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportIncident {
    /// What it is about: a complex or any place in it.
    #[garde(skip)]
    pub place_id: Uuid,
    #[garde(custom(a_category))]
    #[schema(schema_with = category)]
    pub category: String,
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(example = "3号电梯停在一楼不动", min_length = 1, max_length = 2000, pattern = "\\S")]
    pub description: String,
    /// The caller's own photos that are attached to nothing yet.
    #[garde(length(max = 9))]
    #[schema(max_items = 9)]
    #[serde(default)]
    pub photo_ids: Vec<Uuid>,
    /// A match of `POST /v1/matches` with which it is one trouble. It is an incident of its own all the same: who
    /// reports it is told and asked, and has a voice of their own.
    #[garde(skip)]
    #[serde(default)]
    pub joins: Option<Uuid>,
    /// An incident that the caller reported, of the same place and category, whose trouble came back after it could be
    /// reopened.
    #[garde(skip)]
    #[serde(default)]
    pub recurrence_of: Option<Uuid>,
}

/// Something that one person says to others.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Said {
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "请问是哪一部电梯？", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// Who has it in hand.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignIncident {
    /// Somebody who fills the post that holds it; see `GET …/assignees`.
    #[garde(skip)]
    pub assignee_id: Uuid,
}

/// Where it belongs, and what the reporter should know of that.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DivertIncident {
    #[garde(skip)]
    #[schema(schema_with = elsewhere)]
    pub elsewhere: law::Elsewhere,
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "属于合同纠纷，请向法院起诉", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// Why it is not taken on.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RejectIncident {
    #[garde(skip)]
    #[schema(schema_with = not_taken)]
    pub why: law::NotTaken,
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "已到现场查看，电梯运行正常", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// Why it is not the holder's.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectIncident {
    /// Whose it is; the level above, if absent.
    #[garde(skip)]
    #[serde(default)]
    pub to_level: Option<Level>,
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "市政道路，不归小区管", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// Who below should have it back, and why.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DelegateIncident {
    #[garde(skip)]
    pub to_level: Level,
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "物业已答应本周内处理", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// What somebody from above found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Finding {
    /// It is done: the reporter is asked.
    Passed,
    /// It is not: the holder does it again.
    Failed,
}

/// What somebody from above found, and in words what is missing.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectIncident {
    #[garde(skip)]
    #[schema(inline)]
    pub finding: Finding,
    /// Needed when it failed.
    #[garde(length(chars, min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    #[serde(default)]
    pub words: Option<String>,
}

/// Why the handling stands still, and until when.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseIncident {
    #[garde(custom(a_holders))]
    #[schema(schema_with = holders_pause_reason)]
    pub reason: law::PauseReason,
    /// The reporter reads it.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "门机皮带已订货，预计后天到", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
    /// When it goes on; never later than the category allows, and that if absent.
    #[garde(skip)]
    #[serde(default)]
    pub until: Option<DateTime<FixedOffset>>,
}

/// When somebody comes.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppointIncident {
    /// Within 30 days.
    #[garde(skip)]
    pub from: DateTime<FixedOffset>,
    /// Within 12 hours of that, and still to come.
    #[garde(skip)]
    pub until: DateTime<FixedOffset>,
    /// The reporter reads it.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "维修师傅上门，请家中留人", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// Between which moments somebody comes.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = IncidentAppointment)]
pub struct Appointment {
    pub from: DateTime<FixedOffset>,
    pub until: DateTime<FixedOffset>,
}

impl From<Span> for Appointment {
    fn from(comes: Span) -> Self {
        Self { from: local(comes.from), until: local(comes.to) }
    }
}

/// Why there was no reason to pause.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoidPause {
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "备件仓库有货", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// What was done.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandleIncident {
    #[garde(length(chars, min = 1, max = 2000))]
    #[schema(example = "已更换门机皮带，试运行正常", min_length = 1, max_length = 2000)]
    pub words: String,
    /// How it looked before anything was done.
    #[garde(length(max = 9))]
    #[schema(max_items = 9)]
    #[serde(default)]
    pub before_photo_ids: Vec<Uuid>,
    /// How it looks now: only these show that something was done.
    #[garde(length(max = 9))]
    #[schema(max_items = 9)]
    #[serde(default)]
    pub photo_ids: Vec<Uuid>,
}

/// That it is resolved, and how satisfied the reporter is with the way.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmIncident {
    #[garde(skip)]
    #[schema(schema_with = satisfaction)]
    pub satisfaction: law::Satisfaction,
    /// What was wanting.
    #[garde(skip)]
    #[schema(schema_with = complaint_or_none, required = false)]
    #[serde(default)]
    pub because: Option<law::Complaint>,
    #[garde(length(chars, min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    #[serde(default)]
    pub reason: Option<String>,
}

/// That it is not resolved, and why.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnIncident {
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "电梯今天又停了", min_length = 1, max_length = 500, pattern = "\\S")]
    pub reason: String,
    #[garde(skip)]
    #[schema(schema_with = satisfaction_or_none, required = false)]
    #[serde(default)]
    pub satisfaction: Option<law::Satisfaction>,
    /// What was wanting.
    #[garde(skip)]
    #[schema(schema_with = complaint_or_none, required = false)]
    #[serde(default)]
    pub because: Option<law::Complaint>,
}

impl ConfirmIncident {
    pub fn opinion(&self) -> law::Opinion {
        law::Opinion { satisfaction: Some(self.satisfaction), because: self.because }
    }
}

impl ReturnIncident {
    pub fn opinion(&self) -> law::Opinion {
        law::Opinion { satisfaction: self.satisfaction, because: self.because }
    }
}

/// Why it should have been taken on.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppealIncident {
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "电梯今天又停了", min_length = 1, max_length = 500, pattern = "\\S")]
    pub reason: String,
}

/// Why it goes to the level above before its clock runs out.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClimbIncident {
    /// The holder passes it on (`BY_HAND`, `OUT_OF_SCOPE`, `SEVERITY`), the reporter asks (`RESIDENT_REQUEST`,
    /// `DISSATISFIED`), or a level above takes it to itself (`OFFICER_PULL`).
    #[garde(skip)]
    #[schema(schema_with = hand_reason)]
    pub reason: law::HandReason,
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "需要动用维修资金", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// That it should be done soon, and why if there is more to say.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UrgeIncident {
    #[garde(length(chars, min = 1, max = 500))]
    #[schema(min_length = 1, max_length = 500)]
    #[serde(default)]
    pub words: Option<String>,
}

/// Something to say.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteIncident {
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(example = "师傅下午三点到", min_length = 1, max_length = 2000, pattern = "\\S")]
    pub words: String,
    /// Not shown to the reporter, whatever else they are; only those who handle it may say so.
    #[garde(skip)]
    #[serde(default)]
    pub internal: bool,
}

/// Nothing to say: `{}`.
#[derive(Clone, Copy, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Plainly {}

/// Which incidents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Scope {
    /// Reported by the caller, newest first.
    #[default]
    Mine,
    /// Held now by a role of the caller's.
    Held,
    /// At or under a place where the caller stands on the ladder.
    Below,
}

/// In which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ListOrder {
    /// What is open, soonest due first.
    Due,
    Newest,
}

/// Which incidents, and which part of the list. `HELD` and `BELOW` show what is open, `MINE` everything; with a `state` in
/// which it is over, such as `CLOSED`, what is, newest first.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct IncidentQuery {
    #[garde(skip)]
    #[param(inline)]
    #[serde(default)]
    pub scope: Scope,
    /// Only what is at or under this place.
    #[garde(skip)]
    #[serde(default)]
    pub place_id: Option<Uuid>,
    /// Only what this level holds, or held last.
    #[garde(skip)]
    #[param(inline)]
    #[serde(default)]
    pub level: Option<Level>,
    #[garde(skip)]
    #[param(schema_with = status, required = false)]
    #[serde(default)]
    pub state: Option<law::Status>,
    #[garde(inner(custom(a_category)))]
    #[param(schema_with = category, required = false)]
    #[serde(default)]
    pub category: Option<String>,
    /// Only categories whose name has this in it, in either language.
    #[garde(length(chars, min = 1, max = 20))]
    #[param(min_length = 1, max_length = 20, example = "电梯")]
    #[serde(default)]
    pub named: Option<String>,
    #[garde(skip)]
    #[param(schema_with = severity, required = false)]
    #[serde(default)]
    pub severity: Option<law::Severity>,
    /// Only what waits for this: its holder's contact or work, the end of a pause, its reporter's word.
    #[garde(skip)]
    #[param(schema_with = due_kind, required = false)]
    #[serde(default)]
    pub due_kind: Option<law::DueKind>,
    /// Only what is due before this moment.
    #[garde(skip)]
    #[serde(default)]
    pub due_before: Option<DateTime<FixedOffset>>,
    /// Only what this person has in hand.
    #[garde(skip)]
    #[serde(default)]
    pub assignee: Option<Uuid>,
    /// Only where somebody comes before this moment and has not been.
    #[garde(skip)]
    #[serde(default)]
    pub coming_before: Option<DateTime<FixedOffset>>,
    /// Only what its holder is late with.
    #[garde(skip)]
    #[param(required = false, default = false)]
    #[serde(default)]
    pub overdue: bool,
    /// Only what was sent back or reopened.
    #[garde(skip)]
    #[param(required = false, default = false)]
    #[serde(default)]
    pub reworked: bool,
    /// Only what its reporter asked to hurry with.
    #[garde(skip)]
    #[param(required = false, default = false)]
    #[serde(default)]
    pub urged: bool,
    /// Without it: `NEWEST` for `MINE` and what is over, else `DUE`.
    #[garde(skip)]
    #[param(inline)]
    #[serde(default)]
    pub order: Option<ListOrder>,
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

impl IncidentQuery {
    pub fn page(&self) -> Page {
        Page { limit: self.limit, cursor: self.cursor.clone() }
    }

    /// The list that it asks for, whichever part of it.
    #[must_use]
    pub fn whole(&self) -> Self {
        Self { limit: None, cursor: None, ..self.clone() }
    }

    /// The categories that it lets through, if it asks for some.
    pub fn categories(&self) -> Option<Vec<&'static str>> {
        if self.category.is_none() && self.named.is_none() {
            return None;
        }
        let named = self.named.as_ref().map(|part| part.to_lowercase());
        let fits = |one: &&law::Category| {
            self.category.as_ref().is_none_or(|code| one.code == *code)
                && named.as_ref().is_none_or(|part| {
                    one.name.zh.contains(part.as_str()) || one.name.en.to_lowercase().contains(part.as_str())
                })
        };
        Some(law::category::all().iter().filter(fits).map(|one| one.code.as_str()).collect())
    }
}

/// A place by its name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct NamedPlace {
    pub id: Uuid,
    pub level: Level,
    #[schema(example = "2单元", max_length = 120)]
    pub name: String,
}

/// Who reported it, as far as the viewer may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reporter {
    You,
    /// Somebody of that place.
    Resident,
}

/// Who holds it, until when, and what happens then.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentHolding)]
pub struct Holding {
    pub level: Level,
    pub place: NamedPlace,
    #[schema(schema_with = holder)]
    pub role: law::Holder,
    pub since: DateTime<FixedOffset>,
    /// When this level acknowledged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<DateTime<FixedOffset>>,
    /// When something happens by itself.
    pub due_at: DateTime<FixedOffset>,
    /// What is expected until then: that the holder makes contact, handles it or goes on, that a level above looks at it,
    /// or that the reporter replies or confirms.
    #[schema(schema_with = due_kind)]
    pub due_kind: law::DueKind,
    /// Why and until when the handling stands still; what was said of it is in the steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pause: Option<Pause>,
    /// When somebody comes, as its holder said, as long as that is not over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment: Option<Appointment>,
    /// Who has it in hand; shown to its ladder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<Uuid>,
    /// What its holder has put to another level, as long as it can be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
    pub then: Then,
}

/// Something that its holder put to another level.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentProposal)]
pub struct Proposal {
    #[schema(schema_with = proposal_kind)]
    pub kind: law::ProposalKind,
    /// Where it would go.
    pub to_level: Level,
    /// Until when it can be agreed to.
    pub until: DateTime<FixedOffset>,
}

/// A post that did something.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentPost)]
pub struct Post {
    pub place: NamedPlace,
    #[schema(schema_with = holder)]
    pub role: law::Holder,
}

/// Who fills the post that holds an incident.
#[derive(Debug, Serialize, ToSchema)]
pub struct Assignees {
    #[schema(max_items = 100)]
    pub items: Vec<Assignee>,
}

/// Somebody whom it may be given to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Assignee {
    pub person_id: Uuid,
    /// Whether that is the caller.
    pub you: bool,
}

/// A time in which the handling stands still.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentPause)]
pub struct Pause {
    #[schema(schema_with = pause_reason)]
    pub reason: law::PauseReason,
    pub since: DateTime<FixedOffset>,
    pub until: DateTime<FixedOffset>,
    /// A level above found that there was no reason: it never stopped the clock.
    pub void: bool,
}

impl From<&law::Pause> for Pause {
    fn from(pause: &law::Pause) -> Self {
        Self {
            reason: pause.reason,
            since: local(pause.span.from),
            until: local(pause.span.to),
            void: pause.void,
        }
    }
}

/// Other budgets, to ask when clocks would have been due under each.
#[derive(Clone, Copy, Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ClocksQuery {
    #[garde(range(min = 1, max = 527_040))]
    #[param(minimum = 1, maximum = 527_040, example = 90)]
    #[serde(default)]
    pub urgent_minutes: Option<u32>,
    #[garde(range(min = 1, max = 527_040))]
    #[param(minimum = 1, maximum = 527_040, example = 480)]
    #[serde(default)]
    pub work_minutes: Option<u32>,
    #[garde(range(min = 1, max = 366))]
    #[param(minimum = 1, maximum = 366, example = 5)]
    #[serde(default)]
    pub work_days: Option<u32>,
    #[garde(range(min = 1, max = 366))]
    #[param(minimum = 1, maximum = 366, example = 7)]
    #[serde(default)]
    pub natural_days: Option<u32>,
}

impl ClocksQuery {
    /// Those that were asked for.
    pub fn budgets(&self) -> impl Iterator<Item = law::Budget> {
        use law::Unit::{NaturalDays, UrgentMinutes, WorkDays, WorkMinutes};
        let asked = [
            (UrgentMinutes, self.urgent_minutes),
            (WorkMinutes, self.work_minutes),
            (WorkDays, self.work_days),
            (NaturalDays, self.natural_days),
        ];
        asked.into_iter().filter_map(|(unit, amount)| law::Budget::new(unit, amount?).ok())
    }
}

/// The clocks of an incident, in the order in which they started.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentClocks)]
pub struct Clocks {
    #[schema(max_items = 1000)]
    pub items: Vec<Clock>,
}

/// What one clock measured, told from what happened to it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentClock)]
pub struct Clock {
    #[schema(schema_with = clock_kind)]
    pub kind: law::ClockKind,
    /// The tenure in which it ran; the first for what runs from the report on, whoever holds it.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub tenure_seq: u32,
    pub budget: Budget,
    pub started_at: DateTime<FixedOffset>,
    /// When its budget is, or was, spent.
    pub due_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<FixedOffset>>,
    /// It ended because there was nothing to measure any more.
    pub cancelled: bool,
    /// How much of the time that counts was spent, until now or until it ended, in seconds.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub spent_seconds: u64,
    #[schema(max_items = 1000)]
    pub pauses: Vec<Pause>,
    /// The same history under each budget that was asked for.
    #[schema(max_items = 4)]
    pub what_if: Vec<WhatIf>,
}

/// When a clock would be due, or would have been, under another budget.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClockWhatIf)]
pub struct WhatIf {
    pub budget: Budget,
    pub due_at: DateTime<FixedOffset>,
}

/// What happens by itself when nothing is done until it is due.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "what", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Then {
    /// It goes to the level above.
    Climbs {
        level: Level,
        place: NamedPlace,
        #[schema(schema_with = holder)]
        role: law::Holder,
    },
    /// Nobody stands above: the holder is reminded, again and again.
    Shouts {
        /// Between reminders.
        every: Budget,
    },
    /// The pause is over, and the holder's clock goes on.
    Resumes,
    /// Nobody from above has looked, and the reporter is asked.
    Asks,
    /// The reporter's silence settles it.
    Settles,
    /// It is one trouble with others: what leads the cluster decides.
    Follows { cluster_id: Uuid },
}

/// One level's time of holding it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tenure {
    /// From 1.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub seq: u32,
    pub level: Level,
    pub place: NamedPlace,
    #[schema(schema_with = holder)]
    pub role: law::Holder,
    pub entered_at: DateTime<FixedOffset>,
    #[schema(schema_with = entered_by)]
    pub entered_by: law::EnteredBy,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<DateTime<FixedOffset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handled_at: Option<DateTime<FixedOffset>>,
    /// How often its holder was reminded because nobody stands above.
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    pub shouts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exited_at: Option<DateTime<FixedOffset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = exit_kind)]
    pub exit: Option<law::ExitKind>,
}

/// One line of its life.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentStep)]
pub struct Step {
    /// What was done: a transition's name, or `REPORT`, `SHOUT`, `REPAIR`, `INTERNAL_NOTE`.
    #[schema(example = "ACKNOWLEDGE", max_length = 24)]
    pub act: String,
    /// `REPORTER`, `FOLLOWER` for a neighbour who follows it, a role, or `CLOCK`.
    #[schema(example = "PROPERTY_MANAGER", max_length = 24)]
    pub actor: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub words: Option<String>,
    /// Its words wait for somebody to look at them, or were found unfit: only who handles it reads what they write to
    /// the reporter.
    pub held: bool,
    pub at: DateTime<FixedOffset>,
}

/// What a photo shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Purpose {
    /// The trouble.
    Report,
    /// The trouble as its handler found it.
    Before,
    /// What was done about it.
    Evidence,
}

impl Purpose {
    /// As it is stored.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Report => "REPORT",
            Self::Before => "BEFORE",
            Self::Evidence => "EVIDENCE",
        }
    }

    pub(super) fn from_code(code: &str) -> Option<Self> {
        [Self::Report, Self::Before, Self::Evidence].into_iter().find(|purpose| purpose.code() == code)
    }
}

/// A photo of it; its bytes are at `/v1/uploads/{id}`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IncidentPhoto)]
pub struct Photo {
    pub id: Uuid,
    pub purpose: Purpose,
    /// It waits for somebody to look at it, or was found unfit: only its sender and who handles the incident see it.
    pub held: bool,
}

/// An incident, as its reporter and the holders of its ladder see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Incident {
    pub id: Uuid,
    pub place: NamedPlace,
    pub reporter: Reporter,
    #[schema(example = "ELEVATOR_FAULT", max_length = 40)]
    pub category: String,
    #[schema(schema_with = severity)]
    pub severity: law::Severity,
    /// What was reported; from another system with its answers and addresses, one a line.
    #[schema(max_length = 10_000)]
    pub description: String,
    /// Where the report came from; `PATROL` was found on a walk along a route.
    #[schema(schema_with = origin)]
    pub origin: law::Origin,
    #[schema(schema_with = status)]
    pub status: law::Status,
    /// The planned outage that explained it when it was reported; its first clock stood still until that was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outage: Option<OutageNotice>,
    /// Absent when it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holding>,
    /// How often the reporter sent it back or reopened it.
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    pub rework: u32,
    /// How often it climbed.
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    pub climbs: u32,
    /// How often its holders were asked to hurry, by its reporter or by neighbours who follow it.
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    pub urges: u32,
    /// How often a holder said that it was not theirs.
    #[schema(minimum = 0, maximum = 2)]
    pub objections: u32,
    /// How often they were right: it had been sent to the wrong level.
    #[schema(minimum = 0, maximum = 2)]
    pub misrouted: u32,
    /// Whether the reporter found the last handling to have resolved it; absent until they say.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = resolved)]
    pub resolved: Option<law::Resolved>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = satisfaction)]
    pub satisfaction: Option<law::Satisfaction>,
    /// What the reporter found wanting.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = complaint)]
    pub because: Option<law::Complaint>,
    /// Where it belongs, when it was diverted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = elsewhere)]
    pub elsewhere: Option<law::Elsewhere>,
    /// Why it was not taken on, when it was rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = not_taken)]
    pub not_taken: Option<law::NotTaken>,
    /// Who closed it against its holder, when it was forced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forced_by: Option<Post>,
    /// The incident whose trouble came back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recurrence_of: Option<Uuid>,
    pub reported_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<DateTime<FixedOffset>>,
    /// Until when the reporter may reopen it; absent when it is not closed, or too late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reopen_until: Option<DateTime<FixedOffset>>,
    /// The cluster of incidents with which it is one trouble.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster_id: Option<Uuid>,
    /// Until when the reporter may appeal that it was rejected; absent when it was not, or too late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appeal_until: Option<DateTime<FixedOffset>>,
    /// The levels that held it, the first one first; the newest hundred.
    #[schema(max_items = 100)]
    pub tenures: Vec<Tenure>,
    /// Its life line: the newest hundred steps, oldest first.
    #[schema(max_items = 100)]
    pub steps: Vec<Step>,
    /// The newest hundred photos, oldest first.
    #[schema(max_items = 100)]
    pub photos: Vec<Photo>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}

/// An incident in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentLine {
    pub id: Uuid,
    pub place: NamedPlace,
    #[schema(example = "ELEVATOR_FAULT", max_length = 40)]
    pub category: String,
    #[schema(schema_with = severity)]
    pub severity: law::Severity,
    #[schema(schema_with = origin)]
    pub origin: law::Origin,
    #[schema(schema_with = status)]
    pub status: law::Status,
    /// The level that holds it, or held it last.
    pub level: Level,
    /// The place that holds it, or held it last.
    pub held_at: NamedPlace,
    #[schema(schema_with = holder)]
    pub role: law::Holder,
    /// When something happens by itself; absent when it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<DateTime<FixedOffset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = due_kind)]
    pub due_kind: Option<law::DueKind>,
    /// When somebody comes, as its holder said, as long as that is not over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub appointment: Option<Appointment>,
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    pub climbs: u32,
    /// How often its holders were asked to hurry, by its reporter or by neighbours who follow it.
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    pub urges: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = resolved)]
    pub resolved: Option<law::Resolved>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = satisfaction)]
    pub satisfaction: Option<law::Satisfaction>,
    pub reported_at: DateTime<FixedOffset>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}

/// An incident on the first screen, with what happens by itself when it is due.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentAhead {
    pub incident: IncidentLine,
    pub then: Then,
}

/// Incidents on the first screen: how many, and the first few.
#[derive(Debug, Serialize, ToSchema)]
pub struct IncidentsAhead {
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub count: u64,
    #[schema(max_items = 5)]
    pub items: Vec<IncidentAhead>,
}

impl Then {
    /// In one word, for the tag of what shows it: it changes with who has which role, and no version counts that.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Climbs { level, .. } => level.as_str(),
            Self::Shouts { .. } => "SHOUTS",
            Self::Resumes => "RESUMES",
            Self::Asks => "ASKS",
            Self::Settles => "SETTLES",
            Self::Follows { .. } => "FOLLOWS",
        }
    }
}
