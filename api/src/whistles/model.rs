//! Whistles as the API takes and tells them.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::{commitments as promise, incidents::Severity, whistles as law};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{Array, ArrayBuilder},
};
use uuid::Uuid;

use crate::{
    http::{input::not_blank, paging::Page, schema::schemas},
    incidents::model::NamedPlace,
};

schemas! {
    severity = Severity;
    post = law::Post;
    part = law::Part;
    status = law::Status;
    outcome = law::Outcome;
    punctuality = law::Punctuality;
    state = promise::State;
    settlement = promise::Settlement;
}

/// Posts beside the leading one.
const ASSIST: usize = 6;

fn posts() -> Array {
    ArrayBuilder::new().items(post()).max_items(Some(ASSIST)).build()
}

/// Whom a level convenes about a place, and what for.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlowWhistle {
    /// How bad it is: how soon those who are convened report in follows from it.
    #[garde(skip)]
    #[schema(schema_with = severity, example = "S3")]
    pub severity: Severity,
    /// Those who are convened read it.
    #[garde(length(chars, min = 1, max = 1000), custom(not_blank))]
    #[schema(example = "消防通道长期堵塞，需要共同解决", min_length = 1, max_length = 1000, pattern = "\\S")]
    pub subject: String,
    #[garde(skip)]
    #[schema(schema_with = post, example = "COMMUNITY_OFFICER")]
    pub lead: law::Post,
    #[garde(length(max = ASSIST))]
    #[schema(schema_with = posts)]
    #[serde(default)]
    pub assist: Vec<law::Post>,
}

/// Whom the holder of an incident convenes, and what for. How bad it is, the incident says.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BlowWhistleOverIncident {
    /// Those who are convened read it; of the incident's own words they learn none.
    #[garde(length(chars, min = 1, max = 1000), custom(not_blank))]
    #[schema(
        example = "电梯需要更换主板，请维修资金管理方到场",
        min_length = 1,
        max_length = 1000,
        pattern = "\\S"
    )]
    pub subject: String,
    #[garde(skip)]
    #[schema(schema_with = post, example = "COMMUNITY_OFFICER")]
    pub lead: law::Post,
    #[garde(length(max = ASSIST))]
    #[schema(schema_with = posts)]
    #[serde(default)]
    pub assist: Vec<law::Post>,
}

/// What was said when they met, and who committed to what.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MinuteWhistle {
    #[garde(length(chars, min = 1, max = 4000), custom(not_blank))]
    #[schema(example = "三方到场，确认更换主板", min_length = 1, max_length = 4000, pattern = "\\S")]
    pub minutes: String,
    #[garde(length(max = 20), dive)]
    #[schema(max_items = 20)]
    #[serde(default)]
    pub commitments: Vec<NewCommitment>,
}

impl MinuteWhistle {
    /// All that is said with it.
    pub fn said(&self) -> impl Iterator<Item = &str> {
        let promised = self.commitments.iter().map(|commitment| commitment.what.as_str());
        std::iter::once(self.minutes.as_str()).chain(promised)
    }
}

/// What a post says it will do.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCommitment {
    #[garde(skip)]
    #[schema(schema_with = post, example = "COMMUNITY_OFFICER")]
    pub role: law::Post,
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "协调维修资金审批", min_length = 1, max_length = 500, pattern = "\\S")]
    pub what: String,
    /// Within 180 days.
    #[garde(skip)]
    pub due_at: DateTime<FixedOffset>,
}

/// What became of a commitment.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettleCommitment {
    #[garde(skip)]
    #[schema(schema_with = settlement)]
    pub outcome: promise::Settlement,
    #[garde(length(chars, min = 1, max = 1000), custom(not_blank))]
    #[schema(example = "审批已完成", min_length = 1, max_length = 1000, pattern = "\\S")]
    pub words: String,
}

/// More time for a commitment, and why; twice at most.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtendCommitment {
    /// Later than before, and within 180 days of the commitment.
    #[garde(skip)]
    pub due_at: DateTime<FixedOffset>,
    #[garde(length(chars, min = 1, max = 1000), custom(not_blank))]
    #[schema(example = "配件到货推迟", min_length = 1, max_length = 1000, pattern = "\\S")]
    pub words: String,
}

/// What came of it.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseWhistle {
    #[garde(skip)]
    #[schema(schema_with = outcome)]
    pub outcome: law::Outcome,
    #[garde(length(chars, min = 1, max = 1000), custom(not_blank))]
    #[schema(example = "主板已更换，电梯恢复运行", min_length = 1, max_length = 1000, pattern = "\\S")]
    pub words: String,
}

/// Why it is taken back.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallOffWhistle {
    #[garde(length(chars, min = 1, max = 1000), custom(not_blank))]
    #[schema(example = "已自行解决", min_length = 1, max_length = 1000, pattern = "\\S")]
    pub words: String,
}

/// Which whistles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Side {
    /// Those that call a role of the caller's.
    #[default]
    Called,
    /// Those that a role of the caller's has blown.
    Blown,
}

/// Which whistles, newest first.
#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhistleQuery {
    #[garde(skip)]
    #[param(inline)]
    #[serde(default)]
    pub side: Side,
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

impl WhistleQuery {
    pub fn page(&self) -> Page {
        Page { limit: self.limit, cursor: self.cursor.clone() }
    }
}

/// A commitment of a whistle, by its path.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct CommitmentPath {
    pub whistle_id: Uuid,
    pub commitment_id: Uuid,
}

/// A post that is convened, and whether it came.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhistleCall)]
pub struct Call {
    #[schema(schema_with = post)]
    pub role: law::Post,
    pub place: NamedPlace,
    #[schema(schema_with = part)]
    pub part: law::Part,
    /// By when it reports in.
    pub due_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reported_at: Option<DateTime<FixedOffset>>,
    /// Its score: whether it came in time.
    #[schema(schema_with = punctuality)]
    pub punctuality: law::Punctuality,
}

/// What a post said it will do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhistleCommitment)]
pub struct Commitment {
    pub id: Uuid,
    #[schema(schema_with = post)]
    pub role: law::Post,
    #[schema(max_length = 500)]
    pub what: String,
    pub due_at: DateTime<FixedOffset>,
    /// How often it got more time.
    #[schema(minimum = 0, maximum = 2)]
    pub extensions: u32,
    #[schema(schema_with = state)]
    pub state: promise::State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<DateTime<FixedOffset>>,
    /// It was settled after it was due, or is due and not settled.
    pub late: bool,
}

/// One line of its course.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhistleStep)]
pub struct Step {
    #[schema(example = "REPORT_IN", max_length = 16)]
    pub act: String,
    #[schema(example = "COMMUNITY_OFFICER", max_length = 24)]
    pub actor: String,
    /// The commitment that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4000)]
    pub words: Option<String>,
    pub at: DateTime<FixedOffset>,
}

/// A whistle, as those who are convened see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Whistle {
    pub id: Uuid,
    pub place: NamedPlace,
    /// The incident that it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<Uuid>,
    #[schema(schema_with = severity)]
    pub severity: Severity,
    /// Who convenes.
    #[schema(schema_with = post)]
    pub convener: law::Post,
    #[schema(max_length = 1000)]
    pub subject: String,
    #[schema(schema_with = status)]
    pub status: law::Status,
    /// The convener's score, once it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = outcome)]
    pub outcome: Option<law::Outcome>,
    #[schema(max_items = 7)]
    pub calls: Vec<Call>,
    #[schema(max_items = 200)]
    pub commitments: Vec<Commitment>,
    /// The newest two hundred steps, oldest first.
    #[schema(max_items = 200)]
    pub steps: Vec<Step>,
    pub blown_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<FixedOffset>>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}

/// A whistle in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct WhistleLine {
    pub id: Uuid,
    pub place: NamedPlace,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident_id: Option<Uuid>,
    #[schema(schema_with = severity)]
    pub severity: Severity,
    #[schema(schema_with = post)]
    pub convener: law::Post,
    #[schema(schema_with = status)]
    pub status: law::Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = outcome)]
    pub outcome: Option<law::Outcome>,
    pub blown_at: DateTime<FixedOffset>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}
