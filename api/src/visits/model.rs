//! Visits as the API takes and tells them.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::{
    commitments as promise,
    incidents::{Category, category},
    visits as law,
};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{Object, ObjectBuilder, schema::Type},
};
use uuid::Uuid;

use crate::{
    http::{input::not_blank, schema::schemas},
    incidents::model::NamedPlace,
};

schemas! {
    status = law::Status;
    reason = law::Reason;
    effect = law::Effect;
    state = promise::State;
    settlement = promise::Settlement;
}

fn tickets() -> impl Iterator<Item = &'static Category> {
    category::all().iter().filter(|category| category.is_ticket())
}

fn ticket() -> Object {
    let codes = tickets().map(|category| category.code.as_str());
    let schema = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes));
    schema.examples([serde_json::json!("COMPLEX_LIGHT_OUT")]).build()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn a_ticket(code: &str, _: &()) -> garde::Result {
    if tickets().any(|category| category.code == code) {
        Ok(())
    } else {
        Err(garde::Error::new("no such category, or one to call about at once"))
    }
}

/// What a household needs whom somebody should look in on.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskCare {
    /// Read by the community's officers and the unit's leader, and nobody else.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "独居老人，腿脚不便", min_length = 1, max_length = 500, pattern = "\\S")]
    pub need: String,
}

/// That somebody should look in on a household.
#[derive(Debug, Serialize, ToSchema)]
pub struct Care {
    pub home: NamedPlace,
    #[schema(max_length = 500)]
    pub need: String,
    pub since: DateTime<FixedOffset>,
}

/// What a person asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cares {
    #[schema(max_items = 20)]
    pub items: Vec<Care>,
}

/// Why somebody should go there, and how much of it there is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VisitReason)]
pub struct Reason {
    #[schema(schema_with = reason)]
    pub reason: law::Reason,
    /// How many there are; of a silent household, for how many times 30 days.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub count: u32,
}

/// A place to go to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VisitSuggestion)]
pub struct Suggestion {
    pub place: NamedPlace,
    /// What its reasons weigh together; the heaviest comes first.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub weight: u32,
    #[schema(max_items = 4)]
    pub reasons: Vec<Reason>,
    /// What is open there, soonest due first.
    #[schema(max_items = 10)]
    pub incident_ids: Vec<Uuid>,
    /// What the household said it needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub need: Option<String>,
}

/// Places to go to, the neediest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VisitSuggestions)]
pub struct Suggestions {
    #[schema(max_items = 50)]
    pub items: Vec<Suggestion>,
}

/// Where somebody means to go, and when.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanVisit {
    /// A complex or a place in it.
    #[garde(skip)]
    pub place_id: Uuid,
    /// Within 90 days; now if absent.
    #[garde(skip)]
    #[serde(default)]
    pub planned_for: Option<DateTime<FixedOffset>>,
}

/// What was said and done at a visit.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogVisit {
    /// What those who were visited need.
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(example = "希望加装扶手，反映楼道灯不亮", min_length = 1, max_length = 2000, pattern = "\\S")]
    pub needs: String,
    /// Incidents that it was about.
    #[garde(length(max = 20), dive)]
    #[schema(max_items = 20)]
    #[serde(default)]
    pub matters: Vec<VisitedMatter>,
    /// What nobody had reported; each becomes an incident.
    #[garde(length(max = 10), dive)]
    #[schema(max_items = 10)]
    #[serde(default)]
    pub reports: Vec<VisitReport>,
    /// What the visitor will do.
    #[garde(length(max = 20), dive)]
    #[schema(max_items = 20)]
    #[serde(default)]
    pub commitments: Vec<VisitPromise>,
}

impl LogVisit {
    /// All that is said with it.
    pub fn said(&self) -> impl Iterator<Item = &str> {
        let matters = self.matters.iter().map(|matter| &matter.words);
        let reports = self.reports.iter().map(|report| &report.description);
        let promised = self.commitments.iter().map(|promise| &promise.what);
        std::iter::once(&self.needs).chain(matters).chain(reports).chain(promised).map(String::as_str)
    }
}

/// What a visitor does about an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MatterDeed {
    /// Talks about it: a note in its life line.
    Hear,
    /// Takes it to the visitor's own, higher level.
    Pull,
    /// Has handled it there, as its holder.
    Settle,
}

/// An incident that a visit was about.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitedMatter {
    #[garde(skip)]
    pub incident_id: Uuid,
    #[garde(skip)]
    #[schema(inline)]
    pub deed: MatterDeed,
    /// Its reporter reads it.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "已上门查看", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
    /// How it looks now, where it is settled.
    #[garde(length(max = 9))]
    #[schema(max_items = 9)]
    #[serde(default)]
    pub photo_ids: Vec<Uuid>,
}

/// Something that somebody told the visitor.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitReport {
    #[garde(custom(a_ticket))]
    #[schema(schema_with = ticket)]
    pub category: String,
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(example = "三楼楼道灯不亮", min_length = 1, max_length = 2000, pattern = "\\S")]
    pub description: String,
}

/// What the visitor will do, and by when.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitPromise {
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "联系加装扶手", min_length = 1, max_length = 500, pattern = "\\S")]
    pub what: String,
    /// Within 180 days.
    #[garde(skip)]
    pub due_at: DateTime<FixedOffset>,
}

/// Why nobody goes.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallOffVisit {
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "住户不在家，另约时间", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// What became of a commitment.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleVisitCommitment {
    #[garde(skip)]
    #[schema(schema_with = settlement)]
    pub outcome: promise::Settlement,
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "扶手已安装", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// A commitment of a visit, by its path.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct VisitCommitmentPath {
    pub visit_id: Uuid,
    pub commitment_id: Uuid,
}

/// What a visit did for an incident.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VisitMatter)]
pub struct Matter {
    pub incident_id: Uuid,
    #[schema(schema_with = effect)]
    pub effect: law::Effect,
}

/// What the visitor said they will do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VisitCommitment)]
pub struct Commitment {
    pub id: Uuid,
    #[schema(max_length = 500)]
    pub what: String,
    pub due_at: DateTime<FixedOffset>,
    #[schema(schema_with = state)]
    pub state: promise::State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<DateTime<FixedOffset>>,
    /// What was said when it was settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub words: Option<String>,
    /// It was told that it is overdue.
    pub overdue: bool,
}

/// A visit.
#[derive(Debug, Serialize, ToSchema)]
pub struct Visit {
    pub id: Uuid,
    pub place: NamedPlace,
    /// The role in which the visitor goes.
    #[schema(example = "COMMUNITY_OFFICER", max_length = 24)]
    pub visitor: String,
    #[schema(schema_with = status)]
    pub status: law::Status,
    pub planned_for: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_at: Option<DateTime<FixedOffset>>,
    /// What is needed, or why nobody went.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub words: Option<String>,
    #[schema(max_items = 30)]
    pub matters: Vec<Matter>,
    #[schema(max_items = 20)]
    pub commitments: Vec<Commitment>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}

/// A visit in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct VisitLine {
    pub id: Uuid,
    pub place: NamedPlace,
    #[schema(schema_with = status)]
    pub status: law::Status,
    pub planned_for: DateTime<FixedOffset>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}
