//! Requests and answers of ballots on paper.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::polls::paper;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{HeadHome, MatterAnswer};
use crate::http::{document::texts, input::not_blank, schema::schemas};

schemas! {
    paper_state = paper::State;
}

/// For whom papers are given out: heads, or homes whose heads those are.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssuePapers {
    #[garde(length(max = 100))]
    #[schema(max_items = 100)]
    #[serde(default)]
    pub head_ids: Vec<Uuid>,
    #[garde(length(max = 100))]
    #[schema(max_items = 100)]
    #[serde(default)]
    pub home_ids: Vec<Uuid>,
}

/// Which of the caller's heads is to have a paper.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskPaper {
    #[garde(skip)]
    pub head_id: Uuid,
}

/// That a paper waits for a head; its number is for those who handle it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaperAsked {
    pub poll_id: Uuid,
    pub head_id: Uuid,
    pub asked_at: DateTime<FixedOffset>,
}

/// What was given out.
#[derive(Debug, Serialize, ToSchema)]
pub struct PapersIssued {
    /// By number; which home has which number is by chance.
    #[schema(max_items = 100)]
    pub papers: Vec<Paper>,
    /// How many of them were given out in place of others, whose numbers are cancelled.
    #[schema(minimum = 0, maximum = 100)]
    pub cancelled: u32,
}

/// Which paper of which poll.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PaperPath {
    pub poll_id: Uuid,
    pub paper_id: Uuid,
}

/// Which papers.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PapersQuery {
    /// Only those in this state.
    #[garde(skip)]
    #[param(schema_with = paper_state)]
    #[serde(default)]
    pub state: Option<paper::State>,
    /// Only the one with this number.
    #[garde(range(min = 1))]
    #[param(minimum = 1, maximum = 2_147_483_647)]
    #[serde(default)]
    pub number: Option<i32>,
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

/// A numbered ballot on paper: whose it is by its homes, and never what it says.
#[derive(Debug, Serialize, ToSchema)]
pub struct Paper {
    pub id: Uuid,
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub number: i32,
    pub head_id: Uuid,
    #[schema(max_items = 1000)]
    pub homes: Vec<HeadHome>,
    #[schema(schema_with = paper_state)]
    pub state: paper::State,
    /// How often it was entered; the third time by who decided.
    #[schema(minimum = 0, maximum = 3)]
    pub entries: u32,
    pub is_entered_by_you: bool,
    pub issued_at: DateTime<FixedOffset>,
    /// When it was entered first: that is when its ballot was cast.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub returned_at: Option<DateTime<FixedOffset>>,
    /// Both entries, for a clerk who is to decide between them and made neither; nothing for anybody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 2)]
    pub readings: Option<Vec<PaperReading>>,
    /// The owners one of whom signs it, their names masked: of co-owners whom they have named, and nobody where by the rules
    /// they have to and have not. Where one paper is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = texts::<100, 1, 1000>)]
    pub signers: Option<Vec<String>>,
}

/// What one clerk read.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaperReading {
    /// Whether it is signed and names its room.
    pub is_signed: bool,
    #[schema(max_items = 100)]
    pub selections: Vec<Uuid>,
    #[schema(max_items = 100)]
    pub answers: Vec<ReadAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_id: Option<Uuid>,
    pub made_at: DateTime<FixedOffset>,
}

/// One matter as it was read.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadAnswer {
    pub matter_id: Uuid,
    pub choice: super::Choice,
}

/// What a paper that came back says, as it is marked: too many names, a matter left open, or no signature are entered as
/// they are.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnterPaper {
    /// Whether it is signed by one of its `signers` and names its room.
    #[garde(skip)]
    pub is_signed: bool,
    /// Candidates marked, each once or more.
    #[garde(length(max = 100))]
    #[schema(max_items = 100)]
    #[serde(default)]
    pub selections: Vec<Uuid>,
    /// Matters answered, each once.
    #[garde(length(max = 100), dive)]
    #[schema(max_items = 100)]
    #[serde(default)]
    pub answers: Vec<MatterAnswer>,
    /// A photo of it that the clerk took.
    #[garde(skip)]
    pub photo_id: Uuid,
}

/// What a paper says that two clerks read differently, and why.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjudicatePaper {
    /// Whether it is signed by one of its `signers` and names its room.
    #[garde(skip)]
    pub is_signed: bool,
    #[garde(length(max = 100))]
    #[schema(max_items = 100)]
    #[serde(default)]
    pub selections: Vec<Uuid>,
    #[garde(length(max = 100), dive)]
    #[schema(max_items = 100)]
    #[serde(default)]
    pub answers: Vec<MatterAnswer>,
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub reasons: String,
}

/// Why an entry is none of the paper with this number.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawEntry {
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub reasons: String,
}

/// How many papers somebody found in the box, once voting is over.
#[derive(Clone, Copy, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateBox {
    /// All in it, but for those whose number was cancelled.
    #[garde(range(max = 1_000_000))]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub returned: u32,
    /// Those of them that nobody entered before voting ended: they came too late and do not count.
    #[garde(range(max = 1_000_000))]
    #[schema(minimum = 0, maximum = 1_000_000)]
    #[serde(default)]
    pub late: u32,
}

/// What became of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BoxState {
    /// Somebody else is to count it too.
    Stated,
    /// Two counted the same.
    Agreed,
    /// Two did not count the same: both count again.
    Differs,
}

/// What somebody stated of the box.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaperBox {
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub returned: u32,
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub late: u32,
    pub state: BoxState,
    /// Whether more came back than went out, so that no paper counts.
    pub is_void: bool,
    pub stated_at: DateTime<FixedOffset>,
}

/// For what a poll waits whose voting is over.
#[derive(Debug, Serialize, ToSchema)]
pub struct CountingWaits {
    pub since: DateTime<FixedOffset>,
    /// Papers that came back in time and are not settled.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub papers: u64,
    /// Whether two stated alike what the box holds.
    pub is_box_stated: bool,
}

/// What went out and came back on paper.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaperCounts {
    /// Given out, those included that were cancelled.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub issued: u64,
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub cancelled: u64,
    /// Back, as two stated alike.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub returned: u64,
    /// Those of them that came too late.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub late: u64,
    /// Whether more came back than went out, so that none counts.
    pub is_void: bool,
}
