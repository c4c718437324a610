//! Requests and answers of polls. Areas are in 0.01 m², always.

pub mod external;
mod mandates;
mod publicity;
mod standstill;

use external::{ExternalSystem, PollExternal, source};
pub use publicity::{Coarsened, Grain, Leak};
pub use standstill::Standstill;

pub use mandates::{
    AnswerDispute, Dispute, DisputeBallot, DisputePath, GiveMandate, Mandate, MandatePath, ProxyCode,
    SetAside,
};

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::polls::{
    aftermath::{Answered, Ground, Objections},
    deadlines::{self, Deadline},
    external::Source,
    leaks::Publicity,
    rows::{Row, Rows},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{
    IntoParams, ToSchema,
    openapi::{Object, ObjectBuilder, schema::Type},
};
use uuid::Uuid;

pub mod committee;
pub mod paper;
pub mod serving;

use crate::{
    clock::local,
    http::{
        document::texts,
        input::{not_blank, write_whole},
        paging::Page,
        schema::{or_null, schemas},
    },
    packs::model::{OpinionPack, RuleInForce, RuleValues},
};

/// What a poll is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PollKind {
    /// Persons are elected to the committee; texts may be voted on too.
    CommitteeElection,
    /// Texts alone.
    Motion,
    /// What is no matter of Civil Code 278: owners register, and are asked for their opinion on texts and persons.
    Opinion,
}

/// Where a poll stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PollState {
    Draft,
    Locked,
    Open,
    Closed,
    Published,
}

/// What no answer means.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NonresponseRule {
    NotParticipated,
    Abstain,
    FollowMajority,
}

/// How candidates who passed are put in order.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RankOrder {
    HeadsArea,
    AreaHeads,
    RatioSum,
}

/// A poll to prepare.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePoll {
    /// The complex, building or unit whose heads decide.
    #[garde(skip)]
    pub place_id: Uuid,
    #[garde(skip)]
    pub kind: PollKind,
    /// The pack of an OPINION poll, which follows it anyway; any other follows its district's.
    #[garde(skip)]
    #[serde(default)]
    pub pack: Option<OpinionPack>,
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "第一届业主委员会选举", min_length = 1, max_length = 100)]
    pub title: String,
    /// Members to elect, or persons to choose in an OPINION poll; left out where texts alone are voted on.
    #[garde(range(max = 99))]
    #[schema(minimum = 0, maximum = 99)]
    #[serde(default)]
    pub seats: u32,
    /// Of a by-election: members who sit already. With the seats to fill they are a whole committee.
    #[garde(range(max = 99))]
    #[schema(minimum = 0, maximum = 99)]
    #[serde(default)]
    pub seats_filled: u32,
    /// The election whose committee it completes, where that was held here.
    #[garde(skip)]
    #[serde(default)]
    pub committee_of: Option<Uuid>,
    /// Of an OPINION poll: the buildings or units of the complex to whose owners alone it is put; left out, to all within
    /// its place.
    #[garde(length(max = 20))]
    #[schema(max_items = 20)]
    #[serde(default)]
    pub among: Vec<Uuid>,
    /// When voting begins, to the second.
    #[garde(skip)]
    pub opens_at: DateTime<FixedOffset>,
    /// When it ends; that instant is too late.
    #[garde(skip)]
    pub closes_at: DateTime<FixedOffset>,
    /// How far turnout and the votes for candidates are told to everybody. Once chosen it is only ever made more private.
    #[garde(skip)]
    #[schema(schema_with = publicity)]
    #[serde(default = "all_is_told")]
    pub publicity: Publicity,
    /// The city's system in which owners vote, where that demands it: the poll is prepared here, and its result imported.
    /// Left out, they vote here.
    #[garde(dive)]
    #[serde(default)]
    pub external: Option<ExternalSystem>,
    /// What the meeting is to be held by, where that is its own to say; all else is as law, city and by-laws have it.
    #[garde(dive)]
    #[serde(default)]
    pub rules: RuleValues,
}

/// What is chosen where nothing is said.
const fn all_is_told() -> Publicity {
    Publicity::Totals
}

/// A draft as it shall be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdatePoll {
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(min_length = 1, max_length = 100)]
    pub title: String,
    #[garde(range(max = 99))]
    #[schema(minimum = 0, maximum = 99)]
    #[serde(default)]
    pub seats: u32,
    #[garde(skip)]
    pub opens_at: DateTime<FixedOffset>,
    #[garde(skip)]
    pub closes_at: DateTime<FixedOffset>,
    /// More private than it was; left out, as it is.
    #[garde(skip)]
    #[schema(schema_with = publicity_or_none)]
    #[serde(default)]
    pub publicity: Option<Publicity>,
    /// The city's system in which owners vote; left out, they vote here.
    #[garde(dive)]
    #[serde(default)]
    pub external: Option<ExternalSystem>,
    /// What the meeting is to be held by, where that is its own to say; all else is as law, city and by-laws have it.
    #[garde(dive)]
    #[serde(default)]
    pub rules: RuleValues,
}

/// When the run-off of an election is voted on; all else follows from that election.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeRunoff {
    /// When voting begins, to the second.
    #[garde(skip)]
    pub opens_at: DateTime<FixedOffset>,
    /// When it ends; that instant is too late.
    #[garde(skip)]
    pub closes_at: DateTime<FixedOffset>,
}

schemas! {
    ground = Ground;
    answered = Answered;
    deadline = Deadline;
    publicity = Publicity;
}

fn publicity_or_none() -> Object {
    or_null(publicity())
}

/// An objection to a published result.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeObjection {
    #[garde(skip)]
    #[schema(schema_with = ground)]
    pub ground: Ground,
    /// What is wrong, for those who answer.
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub words: String,
}

/// What becomes of an objection, and why.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AnswerPollObjection)]
pub struct AnswerObjection {
    #[garde(skip)]
    #[schema(schema_with = answered)]
    pub outcome: Answered,
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub words: String,
}

/// Which objection to which result.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ObjectionPath {
    pub poll_id: Uuid,
    pub objection_id: Uuid,
}

/// An objection to a result, and its answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PollObjection)]
pub struct Objection {
    pub id: Uuid,
    /// As what somebody objected.
    #[schema(example = "OWNER", max_length = 24)]
    pub role: String,
    pub is_yours: bool,
    #[schema(schema_with = ground)]
    pub ground: Ground,
    #[schema(max_length = 2000)]
    pub words: String,
    pub made_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = answered)]
    pub outcome: Option<Answered>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub answer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 24)]
    pub answered_as: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<DateTime<FixedOffset>>,
}

/// How many objections there are to a result, by what became of them.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct ObjectionCounts {
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub open: u64,
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub upheld: u64,
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub dismissed: u64,
}

impl From<Objections> for ObjectionCounts {
    fn from(Objections { open, upheld, dismissed }: Objections) -> Self {
        Self { open, upheld, dismissed }
    }
}

/// By when things are to be done, as the frozen rules have it; each is the end of a day.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = PollDeadlines)]
pub struct Deadlines {
    /// The result is published.
    pub publish_by: DateTime<FixedOffset>,
    /// A court may be asked to revoke what was decided (SPC interpretation on 区分所有权, art. 12), counted from the
    /// publication; nothing before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revocable_until: Option<DateTime<FixedOffset>>,
    /// The re-election is begun, so long before the term of the committee ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renew_by: Option<DateTime<FixedOffset>>,
    /// The elected committee meets (guidance rules, art. 32); nothing before the result is final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_meeting_by: Option<DateTime<FixedOffset>>,
    /// It is filed (Property Management Regulation 16); nothing before the result is final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_by: Option<DateTime<FixedOffset>>,
}

impl From<deadlines::Deadlines> for Deadlines {
    fn from(due: deadlines::Deadlines) -> Self {
        Self {
            publish_by: local(due.publish_by),
            revocable_until: due.revocable_until.map(local),
            renew_by: due.renew_by.map(local),
            first_meeting_by: due.first_meeting_by.map(local),
            file_by: due.file_by.map(local),
        }
    }
}

/// That something was done, as whoever convenes the vote notes it.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MeetPollDeadline)]
pub struct MeetDeadline {
    /// When it was done, however late: not before its time began, and not in the future.
    #[garde(skip)]
    pub met_at: DateTime<FixedOffset>,
    /// What there is to show for it, such as the number of the filing; everybody who may see the result reads it.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// A deadline of one poll.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DeadlinePath {
    pub poll_id: Uuid,
    #[param(schema_with = deadline)]
    pub deadline: Deadline,
}

/// Something to be done once voting has ended. Its time is a clock: those who convene are told once when its last quarter
/// begins, and once when it has passed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PollDeadline)]
pub struct DueAct {
    #[schema(schema_with = deadline)]
    pub deadline: Deadline,
    pub begun_at: DateTime<FixedOffset>,
    /// The end of its last day: that instant itself is too late.
    pub due_at: DateTime<FixedOffset>,
    /// When it was done; absent until it is, and of REVOKE always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met_at: Option<DateTime<FixedOffset>>,
    /// The role of whoever noted it; absent where it was done here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "PREPARER", max_length = 24)]
    pub met_as: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub words: Option<String>,
    /// Whether its time was over when it was done, or is over now.
    pub is_late: bool,
}

/// A text to put to the vote.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddMatter {
    /// The item of Civil Code 278, 1 to 9; it fixes the threshold. 0 for what is none of them, in an OPINION poll alone.
    #[garde(range(min = 0, max = 9))]
    #[schema(minimum = 0, maximum = 9)]
    pub class: u8,
    #[garde(length(chars, min = 1, max = 100))]
    #[schema(example = "管理规约", min_length = 1, max_length = 100)]
    pub title: String,
    /// The whole text.
    #[garde(length(chars, min = 1, max = 50_000))]
    #[schema(min_length = 1, max_length = 50_000)]
    pub body: String,
    /// How far its votes are told to everybody, where that is to be more private than its poll.
    #[garde(skip)]
    #[schema(schema_with = publicity_or_none)]
    #[serde(default)]
    pub publicity: Option<Publicity>,
}

/// An owner who stands.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddCandidate {
    /// A home that the candidate owns or co-owns.
    #[garde(skip)]
    pub home_id: Uuid,
    /// As the roll has it.
    #[garde(length(chars, min = 1, max = 60))]
    #[schema(min_length = 1, max_length = 60)]
    pub name: String,
}

/// A campaign page as it shall be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdatePage {
    #[garde(length(chars, min = 1, max = 80))]
    #[schema(min_length = 1, max_length = 80)]
    pub headline: String,
    #[garde(length(chars, max = 20_000))]
    #[schema(max_length = 20_000)]
    #[serde(default)]
    pub body: String,
    /// Short answers or promises, in order.
    #[garde(length(max = 20), inner(length(chars, min = 1, max = 500)))]
    #[schema(schema_with = texts::<20, 1, 500>)]
    #[serde(default)]
    pub statements: Vec<String>,
    /// A photo that the candidate sent.
    #[garde(skip)]
    #[serde(default)]
    pub photo_id: Option<Uuid>,
}

/// The agreement to be shown by name.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PublishConsent)]
pub struct Consent {
    /// Must be true: silence is no consent.
    #[garde(custom(agreed))]
    #[schema(schema_with = yes)]
    pub publish_name: bool,
}

fn yes() -> Object {
    ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([true])).build()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn agreed(publish_name: &bool, _: &()) -> garde::Result {
    if *publish_name { Ok(()) } else { Err(garde::Error::new("must be true")) }
}

/// Nothing but the wish: to lock, or to publish.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PollStep)]
pub struct Confirm {}

/// An answer to one matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = BallotChoice)]
pub enum Choice {
    Yes,
    No,
    Abstain,
}

/// The answer to one matter.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatterAnswer {
    #[garde(skip)]
    pub matter_id: Uuid,
    #[garde(skip)]
    pub choice: Choice,
}

/// One head's ballot.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CastBallot {
    /// One of the caller's heads, or one that they cast for by a mandate, from `GET …/heads`.
    #[garde(skip)]
    pub head_id: Uuid,
    /// The mandate by which the caller casts for somebody else.
    #[garde(skip)]
    #[serde(default)]
    pub mandate_id: Option<Uuid>,
    /// Candidates chosen; none abstains.
    #[garde(length(max = 100))]
    #[schema(max_items = 100)]
    #[serde(default)]
    pub selections: Vec<Uuid>,
    /// One answer to each matter.
    #[garde(length(max = 100), dive)]
    #[schema(max_items = 100)]
    #[serde(default)]
    pub answers: Vec<MatterAnswer>,
}

/// Which polls.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PollsQuery {
    /// A complex or above: all polls in it. A building or unit: those put to it. Without it: all polls in every
    /// complex in which the caller has a role, or below the caller's office.
    #[garde(skip)]
    #[serde(default)]
    pub place_id: Option<Uuid>,
    /// Only those in this state.
    #[garde(skip)]
    #[param(inline)]
    #[serde(default)]
    pub state: Option<PollState>,
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

impl PollsQuery {
    pub fn page(&self) -> Page {
        Page { limit: self.limit, cursor: self.cursor.clone() }
    }
}

/// One of the four lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = PollListName)]
pub enum ListName {
    /// Members elected and alternates, with their votes.
    Members,
    /// Every candidate's votes.
    Candidates,
    /// Each text's votes.
    Texts,
    /// Homes with their area: whether they took part, and by which channel.
    Participation,
}

/// How a list is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ListFormat {
    #[default]
    Json,
    Csv,
    Xlsx,
    /// A notice to print, in one file.
    Html,
}

/// The sheet on which a notice is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(as = NoticePaper)]
pub enum Sheet {
    A3,
    A4,
}

/// Which rows of a list are open. All variants have the same commitments and the same root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ListVariant {
    /// Those that hide nothing: the same for everybody, to be put up.
    Public,
    /// The caller's own homes besides.
    Own,
    /// All, with names in full: for a court, by whoever convenes the vote.
    Full,
}

/// How to write a list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// With every row under a commitment. Left out, without any.
    #[garde(skip)]
    #[param(inline)]
    #[serde(default)]
    pub variant: Option<ListVariant>,
    #[garde(skip)]
    #[param(inline, default = "json")]
    #[serde(default)]
    pub format: ListFormat,
    /// Of a notice; left out, the printer's.
    #[garde(skip)]
    #[param(inline)]
    #[serde(default)]
    pub paper: Option<Sheet>,
}

/// Heads and area, the pair that every test asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = HeadsAndArea)]
pub struct Weight {
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub heads: u64,
    /// 0.01 m².
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: u64,
}

impl From<rules::quantity::Weight> for Weight {
    fn from(weight: rules::quantity::Weight) -> Self {
        Self { heads: weight.heads.0, area: weight.area.0 }
    }
}

impl From<Weight> for rules::quantity::Weight {
    fn from(weight: Weight) -> Self {
        Self::new(weight.heads, weight.area)
    }
}

/// By which rules a poll is held: as it stands in a draft, frozen from the lock on.
#[derive(Debug, Serialize, ToSchema)]
pub struct PollRulesInForce {
    pub poll_id: Uuid,
    pub state: PollState,
    /// Name and version of the pack.
    #[schema(example = "national-2025-04", max_length = 81)]
    pub pack: String,
    /// What its convenor asked for.
    pub asks: RuleValues,
    #[schema(max_items = 100)]
    pub rules: Vec<RuleInForce>,
    /// SHA-256 over the label `linli/rules/1`, a line feed and `rules` as JSON without white space, members sorted;
    /// nothing before the lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub rules_hash: Option<String>,
}

/// A text put to the vote.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PollMatter)]
pub struct Matter {
    pub id: Uuid,
    /// The item of Civil Code 278; 0 for what is none of them.
    #[schema(minimum = 0, maximum = 9)]
    pub class: i32,
    #[schema(max_length = 200)]
    pub title: String,
    #[schema(max_length = 50_000)]
    pub body: String,
    /// SHA-256 of title and text.
    #[schema(max_length = 64)]
    pub body_hash: String,
    /// How far its votes are told to everybody: never less private than its poll. Nothing where that was not chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = publicity)]
    pub publicity: Option<Publicity>,
}

/// A poll in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct PollLine {
    pub id: Uuid,
    pub place_id: Uuid,
    pub kind: PollKind,
    #[schema(max_length = 200)]
    pub title: String,
    pub state: PollState,
    #[schema(schema_with = source)]
    pub source: Source,
    pub opens_at: DateTime<FixedOffset>,
    pub closes_at: DateTime<FixedOffset>,
}

/// Voting went on by itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PollExtension)]
pub struct Extension {
    /// When it was to end until then.
    pub from: DateTime<FixedOffset>,
    /// When it is to end since.
    pub to: DateTime<FixedOffset>,
    pub made_at: DateTime<FixedOffset>,
}

/// A poll.
#[derive(Debug, Serialize, ToSchema)]
pub struct Poll {
    pub id: Uuid,
    pub place_id: Uuid,
    pub kind: PollKind,
    #[schema(max_length = 200)]
    pub title: String,
    pub state: PollState,
    /// Where its votes are cast; frozen from the lock on.
    #[schema(schema_with = source)]
    pub source: Source,
    /// Of a poll whose votes are cast in a city's system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<PollExternal>,
    /// Members to elect.
    #[schema(minimum = 0, maximum = 99)]
    pub seats: i32,
    /// Alternates at most.
    #[schema(minimum = 0, maximum = 99)]
    pub alternates: i32,
    /// How many candidates one ballot may choose.
    #[schema(minimum = 0, maximum = 198)]
    pub max_selections: u32,
    pub opens_at: DateTime<FixedOffset>,
    /// When voting was to end as the poll locked.
    pub announced_closes_at: DateTime<FixedOffset>,
    /// When it ends, with the extensions made and the time that was lost by standing still.
    pub closes_at: DateTime<FixedOffset>,
    /// Each time that voting went on, since too few had taken part by the end of it.
    #[schema(max_items = 3)]
    pub extensions: Vec<Extension>,
    /// Until when voting stands still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<DateTime<FixedOffset>>,
    /// Each time that it stood still in an emergency.
    #[schema(max_items = 20)]
    pub pauses: Vec<Standstill>,
    /// The locked roll; nothing before the lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roll: Option<Weight>,
    /// The least that must register for an OPINION poll, until it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration: Option<Weight>,
    /// The least that must take part; of an OPINION poll not known before it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Weight>,
    #[schema(max_items = 30)]
    pub matters: Vec<Matter>,
    /// Those by which its ballots are counted; `GET …/rules` has all.
    #[schema(max_items = 40)]
    pub rules: Vec<RuleInForce>,
    /// How far turnout and the votes for candidates are told to everybody; frozen from the lock on. Nothing in polls from
    /// before that was chosen: all is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = publicity)]
    pub publicity: Option<Publicity>,
    /// What silence means, where it means anything: to be shown to each voter before they vote. Frozen at the lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence_warning: Option<Words>,
    /// Each viewer's order of candidates follows from it: by SHA-256 over seed, person and candidate.
    #[schema(max_length = 64)]
    pub seed: String,
    /// SHA-256 over the locked roll.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub roll_hash: Option<String>,
    /// SHA-256 over every rule as it held at the lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub rules_hash: Option<String>,
    /// SHA-256 over roll, rules, candidates and texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub frozen_hash: Option<String>,
    /// The root of the hash tree over all ballots.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub ballots_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked_at: Option<DateTime<FixedOffset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<DateTime<FixedOffset>>,
    /// For what it waits once voting is over, before it is counted or goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counting_waits: Option<paper::CountingWaits>,
    /// Since when no ballot on paper counts: more came back than went out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper_void_at: Option<DateTime<FixedOffset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<DateTime<FixedOffset>>,
    /// Until when the published result may be objected to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisional_until: Option<DateTime<FixedOffset>>,
    /// Since when the result is final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_at: Option<DateTime<FixedOffset>>,
    /// The election whose last seats it fills, if it is a run-off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runoff_of: Option<Uuid>,
    /// Its run-off, if one is prepared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runoff_id: Option<Uuid>,
    /// Seats of the committee that are filled before it, if it is a run-off or a by-election.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 99)]
    pub seats_filled: Option<i32>,
    /// The election whose committee it completes, if it is a by-election; `GET …/committee` shows who sits on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committee_of: Option<Uuid>,
    /// The parts of the complex to whose owners alone it is put; none where it is put to all within its place.
    #[schema(max_items = 20)]
    pub among: Vec<Uuid>,
    pub created_at: DateTime<FixedOffset>,
}

/// Who stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PollCandidate)]
pub struct Candidate {
    pub id: Uuid,
    /// In full only with the candidate's consent, else `苏**`.
    #[schema(example = "苏**", max_length = 60)]
    pub name: String,
    /// Whether the candidate agreed to be shown by name.
    pub consented: bool,
    /// The campaign page's version: grows with every change of what it shows; 0 for none yet.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub page_version: i64,
    /// Whether the caller is this candidate.
    pub is_you: bool,
}

/// A campaign page.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignPage {
    pub candidate_id: Uuid,
    #[schema(max_length = 60)]
    pub name: String,
    /// Grows with every change of what is shown, consent to the name included; 0 for none yet.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub version: i64,
    #[schema(max_length = 80)]
    pub headline: String,
    #[schema(max_length = 20_000)]
    pub body: String,
    #[schema(schema_with = texts::<20, 1, 500>)]
    pub statements: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<DateTime<FixedOffset>>,
}

/// One home of a head.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct HeadHome {
    pub home_id: Uuid,
    #[schema(example = "1号楼-1单元-101", max_length = 200)]
    pub label: String,
    /// 0.01 m²; nothing for who casts by a mandate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: Option<i64>,
}

/// A poll in which people vote now.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenPoll {
    pub id: Uuid,
    pub complex_id: Uuid,
    #[schema(max_length = 200)]
    pub title: String,
    pub closes_at: DateTime<FixedOffset>,
    /// The city's system in which they vote; nothing where they vote here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<ExternalSystem>,
    /// Until when voting stands still.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<DateTime<FixedOffset>>,
    /// The heads that the caller may cast for, and nobody else's; empty for who has none.
    #[schema(max_items = 100)]
    pub heads: Vec<OwnHead>,
}

/// A head of the caller's.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct OwnHead {
    pub id: Uuid,
    /// It took part: nobody needs to cast for it again.
    pub ballot_is_in: bool,
}

/// A head for which the caller may cast the ballot.
#[derive(Debug, Serialize, ToSchema)]
pub struct MyHead {
    pub id: Uuid,
    /// The mandate by which the caller casts for its owners; nothing where they are one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mandate_id: Option<Uuid>,
    /// All its area in 0.01 m²; nothing for who casts by a mandate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: Option<i64>,
    #[schema(max_items = 1000)]
    pub homes: Vec<HeadHome>,
    /// When one of its owners registered it for an OPINION poll: only then it votes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered_at: Option<DateTime<FixedOffset>>,
    /// Whether its ballot is in, by whichever of its owners.
    pub ballot_is_in: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cast_at: Option<DateTime<FixedOffset>>,
}

/// A head to register for an OPINION poll.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterHead {
    /// One of the caller's own heads.
    #[garde(skip)]
    pub head_id: Uuid,
}

/// A head that registered: from the opening on it may vote, and counts among those of whom half have to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Registration {
    pub poll_id: Uuid,
    pub head_id: Uuid,
    pub registered_at: DateTime<FixedOffset>,
}

/// What the voter keeps. With the answers, `commitment` can be computed again: SHA-256 over the 32 bytes of `salt`,
/// then `linli/ballot/2`, a line feed, and poll, choices, answers and the `body_hash` of each text as canonical JSON; without
/// any text it is `linli/ballot/1`. So nobody can swap a text for another after the vote.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BallotReceipt)]
pub struct Receipt {
    pub ballot_id: Uuid,
    pub poll_id: Uuid,
    #[schema(min_length = 64, max_length = 64)]
    pub commitment: String,
    /// Keep it to yourself: whoever has it can try out answers against the commitment.
    #[schema(min_length = 64, max_length = 64)]
    pub salt: String,
    pub cast_at: DateTime<FixedOffset>,
    /// What was frozen when the poll locked.
    #[schema(min_length = 64, max_length = 64)]
    pub frozen_hash: String,
}

/// Whether a ballot is in, and from the close on the proof that it is in the count.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReceiptCheck {
    pub ballot_id: Uuid,
    pub poll_id: Uuid,
    #[schema(min_length = 64, max_length = 64)]
    pub commitment: String,
    pub state: PollState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted: Option<InCount>,
    /// It was in and does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<SetAside>,
}

/// A ballot's place under `ballots_hash`: RFC 6962, where a leaf is ballot id (16 bytes) ‖ commitment (32 bytes).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptInCount)]
pub struct InCount {
    /// The root.
    #[schema(min_length = 64, max_length = 64)]
    pub ballots_hash: String,
    /// Its place among all ballots in the order of their ids, from 0.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub position: u64,
    /// How many ballots were counted.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub ballots: u64,
    /// The neighbours' hashes from the leaf up to the root.
    #[schema(schema_with = texts::<40, 64, 64>)]
    pub path: Vec<String>,
}

/// How a ballot came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = BallotChannel)]
pub enum Channel {
    Online,
    Paper,
    Proxy,
}

/// Who took part by one channel.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChannelTurnout {
    pub channel: Channel,
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub heads: u64,
    /// 0.01 m².
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: u64,
}

/// How many took part so far; never for what.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PollProgress)]
pub struct Progress {
    pub poll_id: Uuid,
    pub state: PollState,
    /// The locked roll.
    pub roll: Weight,
    /// Who registered so far for an OPINION poll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered: Option<Weight>,
    pub took_part: Weight,
    /// The least that must take part; of an OPINION poll by who registered so far.
    pub quorum: Weight,
    #[schema(max_items = 3)]
    pub by_channel: Vec<ChannelTurnout>,
    /// In which steps `took_part`, `by_channel` and `registered` are told, while the poll's publicity keeps some of it for
    /// the close, and to whoever has an interest in how it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coarsened: Option<Grain>,
    /// While voting goes on, for those who see what is found of the result: how many heads can stand behind each ballot, for
    /// whoever looks after each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leak: Option<Leak>,
    pub at: DateTime<FixedOffset>,
}

/// The same sentence in Chinese and in English.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PollWords)]
pub struct Words {
    #[schema(max_length = 500)]
    pub zh: String,
    #[schema(max_length = 500)]
    pub en: String,
}

impl From<rules::words::Words> for Words {
    fn from(rules::words::Words { zh, en }: rules::words::Words) -> Self {
        Self { zh, en }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = PollQuestion)]
pub enum Question {
    /// Did enough of the roll register, in an OPINION poll?
    Registration,
    /// Did enough of those who registered take part?
    Turnout,
    /// Did enough of the roll take part?
    Quorum,
    Approval,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = PollMeasure)]
pub enum Measure {
    Heads,
    Area,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = PollDenominator)]
pub enum Denominator {
    /// All of the locked roll.
    Roll,
    /// Those of it who registered.
    Registered,
    /// Those who took part.
    Participating,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = PollThreshold)]
pub enum Threshold {
    /// 以上: exactly the ratio is enough.
    Reaches,
    /// 超过: exactly the ratio is not enough.
    Exceeds,
}

/// One test of one measure: heads, or area in 0.01 m².
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PollTest)]
pub struct Test {
    pub question: Question,
    pub measure: Measure,
    /// What was counted.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub got: u64,
    pub denominator: Denominator,
    /// The size of the denominator.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub of: u64,
    /// Numerator and denominator of the threshold.
    #[schema(min_items = 2, max_items = 2)]
    pub ratio: Vec<u32>,
    pub bound: Threshold,
    /// The least that is enough.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub needed: u64,
    /// `got` less `needed`: zero or more is met.
    #[schema(minimum = -9_007_199_254_740_991_i64, maximum = 9_007_199_254_740_991_i64)]
    pub margin: i64,
    pub met: bool,
    pub words: Words,
}

/// How a text was voted on.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = MatterVotes)]
pub struct Votes {
    pub yes: Weight,
    pub no: Weight,
    pub abstain: Weight,
    /// No ballot came back; where silence can count, only from those on whom service is proven.
    pub silent: Weight,
    /// Paper that cannot be counted.
    pub invalid: Weight,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MatterOutcome {
    Passed,
    Rejected,
    NoQuorum,
    Indeterminate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = MatterApproval)]
pub enum ApprovalKind {
    /// More than half.
    Ordinary,
    /// Three quarters or more.
    Special,
}

/// How firm an outcome is: at least (至少) so many ballots, and ballots that weigh at least so much together, would have to
/// be invalid before it could be another, whichever they are. It is never said that so many are enough, but for `ballots`
/// of a text.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = PollFlip)]
pub struct Flip {
    /// At least (至少) so many. Of a text exactly so many: they are enough.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub ballots: u64,
    /// At least (至少) so much, in 0.01 m²; of a text too.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: u64,
}

impl From<rules::polls::flip::Flip> for Flip {
    fn from(flip: rules::polls::flip::Flip) -> Self {
        Self { ballots: flip.ballots, area: flip.area }
    }
}

/// One text: how it ended, and why.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MatterResult {
    #[serde(rename = "matter_id", alias = "matter")]
    pub matter: Uuid,
    #[schema(max_length = 200)]
    #[serde(default)]
    pub title: String,
    #[schema(minimum = 0, maximum = 9)]
    pub class: u8,
    pub approval: ApprovalKind,
    pub outcome: MatterOutcome,
    pub roll: Weight,
    /// Who of it registered, in an OPINION poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<Weight>,
    pub votes: Votes,
    /// What silence meant here.
    pub nonresponse: NonresponseRule,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub participating: Option<Weight>,
    /// In favour, with the silent ones that followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub yes: Option<Weight>,
    /// Quorum in heads and area, approval in heads and area. In an OPINION poll registration and turnout stand for the
    /// quorum.
    #[schema(max_items = 6)]
    pub tests: Vec<Test>,
    /// What would have to be invalid at least (至少) before it ended otherwise; nothing where no invalid ballot could change
    /// it. Nothing either where one turns more than it weighs, and `words` say so: where silence follows a majority, has
    /// none to follow (`INDETERMINATE`), or the invalid take part and the blank do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flip: Option<Flip>,
    /// How its numbers are told; `participating`, `yes`, `tests` and `flip` are then not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coarsened: Option<Coarsened>,
    pub words: Words,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ElectionOutcome {
    Formed,
    RunoffDue,
    NotFormed,
    NoQuorum,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = CandidateStanding)]
pub enum Standing {
    Elected,
    Runoff,
    Alternate,
    /// Passed, but there was no place left.
    Passed,
    NotPassed,
    NoQuorum,
}

/// One candidate: votes, both tests, place.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CandidateResult {
    #[serde(rename = "candidate_id", alias = "candidate")]
    pub candidate: Uuid,
    #[schema(max_length = 60)]
    #[serde(default)]
    pub name: String,
    pub votes: Weight,
    /// Approval in heads and in area.
    #[schema(max_items = 2)]
    pub tests: Vec<Test>,
    pub standing: Standing,
    /// Place among those who passed, from 1; equals share the better place.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 100)]
    pub rank: Option<u32>,
    /// How the votes are told; `tests` are then not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coarsened: Option<Coarsened>,
}

/// A second vote that is due between candidates of equal rank.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ElectionRunoff)]
pub struct Runoff {
    #[schema(max_items = 60)]
    pub between: Vec<Uuid>,
    /// How many of them win it.
    #[schema(minimum = 1, maximum = 99)]
    pub seats: u32,
}

/// Who is elected, in rank order.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ElectionElected)]
pub struct Elected {
    #[schema(max_items = 60)]
    pub qualified: Vec<Uuid>,
    #[schema(max_items = 60)]
    pub elected: Vec<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runoff: Option<Runoff>,
    /// Not known while a run-off is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 60)]
    pub alternates: Option<Vec<Uuid>>,
    #[schema(minimum = 0, maximum = 99)]
    pub vacant: u32,
    pub formed: bool,
}

/// Whether there are enough members for a committee; of a run-off with those elected before it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CommitteeFormation)]
pub struct Formation {
    #[schema(minimum = 0, maximum = 99)]
    pub members: u32,
    #[schema(minimum = 0, maximum = 99)]
    pub seats: u32,
    #[schema(minimum = 0, maximum = 1000)]
    pub min_committee: u32,
    #[schema(minimum = 0, maximum = 1000)]
    pub needed: u32,
    pub formed: bool,
    pub words: Words,
}

/// The election: how it ended, and why.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ElectionResult {
    pub outcome: ElectionOutcome,
    pub roll: Weight,
    pub participating: Weight,
    pub invalid: Weight,
    /// Of an OPINION poll, in heads and in area.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 2)]
    pub registration: Vec<Test>,
    /// In heads and in area; of an OPINION poll its turnout.
    #[schema(max_items = 2)]
    pub quorum: Vec<Test>,
    #[schema(minimum = 0, maximum = 99)]
    pub seats: u32,
    #[schema(minimum = 0, maximum = 99)]
    pub alternates_at_most: u32,
    pub rank_rule: RankOrder,
    /// In ballot order.
    #[schema(max_items = 60)]
    pub candidates: Vec<CandidateResult>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub election: Option<Elected>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formation: Option<Formation>,
    /// What would have to be invalid at least (至少) before others were elected: no fewer are enough, and so many need not
    /// be. Nothing where no invalid ballot could change it. Nothing either where places go by the sum of two shares
    /// (`RATIO_SUM`), and `words` say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flip: Option<Flip>,
    /// Alternates whose votes equal another's who passed: the committee ranks them.
    #[schema(max_items = 60)]
    pub equal_alternates: Vec<Uuid>,
    /// How turnout is told; the tests of `quorum` are then not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coarsened: Option<Coarsened>,
    pub words: Words,
}

/// What everything in a poll came to, and why.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verdict {
    pub election: Option<ElectionResult>,
    pub matters: Vec<MatterResult>,
}

/// Who is a member by which vote.
#[derive(Debug, Serialize, ToSchema)]
pub struct ComposedMember {
    /// On the first ballot.
    pub candidate_id: Uuid,
    #[schema(max_length = 60)]
    pub name: String,
    /// The vote that elected them.
    pub poll_id: Uuid,
}

/// What an election and its run-offs come to together; candidates go by their ids on the first ballot.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ElectionComposition)]
pub struct Composition {
    pub first_poll_id: Uuid,
    /// Of the whole committee.
    #[schema(minimum = 1, maximum = 99)]
    pub seats: u32,
    /// By the first vote, then by each run-off; each in rank order.
    #[schema(max_items = 60)]
    pub elected: Vec<ComposedMember>,
    /// Who is equal again: another run-off is due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runoff: Option<Runoff>,
    /// Who lost a run-off stands before who was behind before it; not known while a run-off is due, nor where one had
    /// no quorum.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 60)]
    pub alternates: Option<Vec<Uuid>>,
    /// Alternates who are equal to another who passed: the committee ranks them.
    #[schema(max_items = 60)]
    pub equal_alternates: Vec<Uuid>,
    #[schema(minimum = 0, maximum = 99)]
    pub vacant: u32,
    /// Whether they are enough for a committee.
    pub formed: bool,
}

/// The result of a poll, explained.
#[derive(Debug, Serialize, ToSchema)]
pub struct PollResult {
    pub poll_id: Uuid,
    #[schema(max_length = 200)]
    pub title: String,
    pub state: PollState,
    /// Where its votes were cast.
    #[schema(schema_with = source)]
    pub source: Source,
    /// Of a poll whose votes were cast in a city's system: nobody counted them here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<PollExternal>,
    /// The locked roll.
    pub roll: Weight,
    /// Who of it registered, in an OPINION poll.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered: Option<Weight>,
    /// Ballots that count, blank ones included.
    pub returned: Weight,
    pub invalid: Weight,
    /// The rest of those who may vote: of the roll, or of who registered.
    pub silent: Weight,
    /// Of the silent, where silence can count: those on whom no service is proven, and whose does not.
    pub unserved: Weight,
    /// What the result of an OPINION poll is: advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<Words>,
    /// In which steps `returned`, `invalid` and `silent` are told, here and of each text; nothing where all is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coarsened: Option<Grain>,
    /// What the leak check found, for those who watch the poll; nothing in polls from before there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    pub leaks: Option<Vec<Leak>>,
    /// What went out and came back on paper; nothing where no paper was given out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<paper::PaperCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub election: Option<ElectionResult>,
    #[schema(max_items = 30)]
    pub matters: Vec<MatterResult>,
    /// Until when it may be objected to; nothing before the publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisional_until: Option<DateTime<FixedOffset>>,
    /// Since when it is final: its time to be objected to is over, and no objection stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_at: Option<DateTime<FixedOffset>>,
    /// Nothing before the publication.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objections: Option<ObjectionCounts>,
    pub deadlines: Deadlines,
    /// The election whose last seats it fills, if it is a run-off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runoff_of: Option<Uuid>,
    /// Its run-off, if one is prepared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runoff_id: Option<Uuid>,
    /// Of a run-off: what it and the votes before it come to together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composition: Option<Composition>,
    #[schema(max_length = 64)]
    pub roll_hash: String,
    #[schema(max_length = 64)]
    pub frozen_hash: String,
    #[schema(max_length = 64)]
    pub ballots_hash: String,
    pub counted_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_at: Option<DateTime<FixedOffset>>,
}

/// The signed report of a recount. What is signed (a compact JWS, ES256) names the poll and the root.
#[derive(ToSchema)]
pub struct RecountReport {
    /// Poll, time and version of the program; the hashes of the roll, the rules, all that was frozen and the tree over all
    /// ballots; the rules, classes and seats; figures and verdicts; and the differences from the result in force, the first
    /// first.
    #[schema(value_type = Object)]
    pub content: Value,
    /// The public key, as a JSON Web Key.
    #[schema(value_type = Object)]
    pub key: Value,
    /// SHA-256 of `linli/recount/1`, a line feed, and `content` as canonical JSON.
    #[schema(max_length = 64)]
    pub root: String,
    #[schema(max_length = 1000)]
    pub signature: String,
}

/// A line of the list of members.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberLine {
    #[schema(minimum = 1, maximum = 100)]
    pub rank: u32,
    pub candidate_id: Uuid,
    #[schema(max_length = 60)]
    pub name: String,
    /// `ELECTED`, `ALTERNATE`, or `RUNOFF` where a second vote is due.
    pub standing: Standing,
    pub votes: Weight,
    /// In which steps the votes are told; nothing where all is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coarsened: Option<Grain>,
}

/// A line of the list of candidates.
#[derive(Debug, Serialize, ToSchema)]
pub struct CandidateLine {
    /// Place on the ballot, from 1.
    #[schema(minimum = 1, maximum = 100)]
    pub ordinal: u32,
    pub candidate_id: Uuid,
    #[schema(max_length = 60)]
    pub name: String,
    pub votes: Weight,
    pub standing: Standing,
    /// In which steps the votes are told; nothing where all is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coarsened: Option<Grain>,
}

/// A line of the list of texts.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextLine {
    pub matter_id: Uuid,
    #[schema(minimum = 0, maximum = 9)]
    pub class: u8,
    #[schema(max_length = 200)]
    pub title: String,
    pub votes: Votes,
    pub outcome: MatterOutcome,
    /// In which steps the votes are told, but `silent` and `invalid`, which go with the turnout; nothing where all is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coarsened: Option<Grain>,
}

/// A line of the list of participation: no name, no choice.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParticipationLine {
    #[schema(example = "1号楼-1单元-101", max_length = 200)]
    pub home: String,
    /// 0.01 m².
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub area: i64,
    pub took_part: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
}

/// One of the four lists, with what it can be checked against.
#[derive(Debug, Serialize, ToSchema)]
pub struct PollList {
    pub list: ListName,
    pub poll_id: Uuid,
    #[schema(max_length = 200)]
    pub title: String,
    /// Name and version of the rules.
    #[schema(max_length = 80)]
    pub rules: String,
    /// Where the votes were cast.
    #[schema(schema_with = source)]
    pub source: Source,
    /// Of a poll whose votes were cast in a city's system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external: Option<PollExternal>,
    /// What the result of an OPINION poll is: advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<Words>,
    /// The locked roll.
    pub roll: Weight,
    /// Who took part.
    pub took_part: Weight,
    /// In which steps that is told; nothing where all is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coarsened: Option<Grain>,
    #[schema(max_length = 64)]
    pub roll_hash: String,
    #[schema(max_length = 64)]
    pub frozen_hash: String,
    #[schema(max_length = 64)]
    pub ballots_hash: String,
    /// When it was counted.
    pub at: DateTime<FixedOffset>,
    /// In the list of members.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 60)]
    pub members: Option<Vec<MemberLine>>,
    /// In the list of candidates.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 60)]
    pub candidates: Option<Vec<CandidateLine>>,
    /// In the list of texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 30)]
    pub texts: Option<Vec<TextLine>>,
    /// In the list of participation: all homes for those who watch the poll, the caller's own for everybody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 1_000_000)]
    pub homes: Option<Vec<ParticipationLine>>,
    /// Every row under its commitment, where a variant is asked for; `linli verify list` makes them out anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedRows>,
}

/// All rows of a list, each under a commitment of its own.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PollListRows)]
pub struct SealedRows {
    #[schema(schema_with = texts::<20, 1, 100>)]
    pub headings: Vec<String>,
    #[schema(max_items = 1_000_000)]
    pub rows: Vec<SealedRow>,
    /// SHA-256 over the label `linli/list/1`, a line feed, and `poll`, `list`, `frozen_hash`, `ballots_hash`, `headings` and
    /// the commitments as `rows`, as JSON without white space, members sorted.
    #[schema(min_length = 64, max_length = 64)]
    pub root: String,
}

/// A row under its commitment: SHA-256 over the 32 bytes of `salt`, then `linli/list-row/1`, a line feed, and `poll`, `list`,
/// `row` (its number from 1) and `cells` as JSON without white space, members sorted.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PollListRow)]
pub struct SealedRow {
    /// In full, if the row is open.
    #[schema(schema_with = texts::<20, 0, 300>)]
    pub cells: Vec<String>,
    #[schema(min_length = 64, max_length = 64)]
    pub commitment: String,
    /// Only of an open row.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 64, max_length = 64)]
    pub salt: Option<String>,
}

impl From<Rows> for SealedRows {
    fn from(rows: Rows) -> Self {
        let row = |Row { cells, commitment, salt }| SealedRow { cells, commitment, salt };
        Self { headings: rows.headings, rows: rows.rows.into_iter().map(row).collect(), root: rows.root }
    }
}

/// A worked case for the rules: an object with `case` and the members of that kind. Its schema is in
/// [`super::cases`].
#[derive(Debug, Deserialize, ToSchema)]
#[serde(from = "Value")]
#[schema(value_type = Object)]
pub struct RulesCase(pub Value);

impl From<Value> for RulesCase {
    fn from(mut case: Value) -> Self {
        write_whole(&mut case);
        Self(case)
    }
}

/// The rules themselves check a case, and name the member that does not fit.
impl Validate for RulesCase {
    type Context = ();

    fn validate_into(&self, (): &(), _: &mut dyn FnMut() -> garde::Path, _: &mut garde::Report) {}
}

/// What the rules answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Evaluation {
    /// As it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub id: Option<String>,
    /// An object, a list, a number or a date, by the kind of case.
    pub answer: Value,
}
