//! What can be wrong with an archive: one name a kind of fault, in words for whoever reads it without knowing the code.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde_json::Value;

use crate::incidents::coded;

coded! {
    /// What of a poll is computed anew and compared.
    pub enum Step {
        Locked = "POLL_LOCKED",
        Opened = "POLL_OPENED",
        Short = "POLL_REGISTRATION_SHORT",
        Extended = "POLL_EXTENDED",
        Paused = "POLL_PAUSED",
        Resumed = "POLL_RESUMED",
        Imported = "EXTERNAL_RESULT_IMPORTED",
        PapersIssued = "PAPERS_ISSUED",
        BoxAgreed = "PAPER_BOX_AGREED",
        PaperVoid = "PAPER_CHANNEL_VOID",
        Served = "POLL_SERVED",
        Closed = "POLL_CLOSED",
        Counted = "POLL_COUNTED",
        Published = "POLL_PUBLISHED",
        Final = "POLL_FINAL",
    }
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "fault", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fault {
    #[error("the archive is of version {version}, which nobody here can read")]
    UnknownVersion { version: u32 },

    // The record.
    #[error("line {seq} of the record is there twice")]
    LineTwice { seq: i64 },
    #[error("line {seq} of the record stands before line {before}")]
    LineMoved { seq: i64, before: i64 },
    #[error("line {seq} of the record is neither there nor said to tell of something else")]
    LineMissing { seq: i64 },
    #[error("line {seq} of the record is there and said to be left out")]
    LineNotLeftOut { seq: i64 },
    #[error("line {seq} of the record ({kind}) is not what its hash says")]
    LineChanged { seq: i64, kind: String },
    #[error("line {seq} of the record does not follow from line {}", seq - 1)]
    LineDoesNotFollow { seq: i64 },
    #[error("line {seq} of the record tells of something else: {kind}")]
    LineOfSomethingElse { seq: i64, kind: String },
    #[error("line {seq} of the record ({kind}) is of version {version}, after a later one")]
    VersionGoesBack { seq: i64, kind: String, version: i64 },

    // The calendar.
    #[error("the days of {year} are those with the hash {computed}, the archive tells {told}")]
    YearChanged { year: i32, told: String, computed: String },
    #[error("the days of {year} cannot be so, at {pointer}: {words}")]
    YearUnfit { year: i32, pointer: String, words: String },
    #[error("the days of {year} are known from {known_from} on, and stand after some that were known later")]
    YearMoved { year: i32, known_from: NaiveDate },

    // The programme.
    #[error("the programme's template {name}, version {version}, is not the one that comes with the service")]
    TemplateChanged { name: String, version: u32 },
    #[error("the programme's beginning is not what the record tells: {what}")]
    BeginningDiffers { what: String },
    #[error("line {seq} of the record: {why}")]
    DeedUnlawful { seq: i64, why: String },
    #[error(
        "line {seq} of the record: so few had signed that {module} was not reached, or so many that it was"
    )]
    SignaturesDiffer { seq: i64, module: String },
    #[error("line {seq} of the record tells {told}; the programme would have moved otherwise: {computed}")]
    MoveDiffers { seq: i64, told: String, computed: String },
    #[error("line {seq} of the record tells {told}, and nothing moved the programme so")]
    MoveUnfounded { seq: i64, told: String },
    #[error("after line {seq} the record does not tell {computed}, to which the programme came")]
    MoveMissing { seq: i64, computed: String },
    #[error("the polls of the programme's votes are not those that the record tells")]
    BoundPollsDiffer,
    #[error("the programme is not over by what the record tells")]
    NotOver,
    #[error("where the modules stood in the end is not what follows from the record: {module}")]
    CourseDiffers { module: String },

    // A poll's terms.
    #[error("poll {poll}: the archive does not hold it")]
    PollMissing { poll: String },
    #[error("poll {poll}: it is {state}, and what is there does not fit that")]
    StateDiffers { poll: String, state: String },
    #[error("poll {poll}: the locked roll holds {what}")]
    RollIncoherent { poll: String, what: String },
    #[error("poll {poll}: roll_hash is {told}, the roll gives {computed}")]
    RollHash { poll: String, told: String, computed: String },
    #[error("poll {poll}: its rules fall short of the law: {why}")]
    RulesUnlawful { poll: String, why: String },
    #[error("poll {poll}: the rule {rule} as it is shown is not the one by which it was counted")]
    RuleDiffers { poll: String, rule: String },
    #[error("poll {poll}: rules_hash is {told}, the rules give {computed}")]
    RulesHash { poll: String, told: String, computed: String },
    #[error("poll {poll}: frozen_hash is {told}, what was put to the vote gives {computed}")]
    FrozenHash { poll: String, told: String, computed: String },

    // Its ballots.
    #[error("poll {poll}: head {head} took part and is not on the locked roll")]
    StrangerTookPart { poll: String, head: String },
    #[error("poll {poll}: who registered is not a part of the locked roll, each head once and in its place")]
    RegisteredUnfit { poll: String },
    #[error("poll {poll}: head {head} took part and had not registered")]
    NotRegistered { poll: String, head: String },
    #[error("poll {poll}: the record tells of {told} heads that registered, and {registered} did")]
    RegistrationsDiffer { poll: String, told: usize, registered: usize },
    #[error("poll {poll}: head {head} took part twice")]
    TookPartTwice { poll: String, head: String },
    #[error("poll {poll}: {ballots} ballots of {heads} heads that took part")]
    BallotsOfHeads { poll: String, ballots: usize, heads: usize },
    #[error("poll {poll}: ballot {ballot} is there twice, or not in its place")]
    BallotOutOfOrder { poll: String, ballot: String },
    #[error("poll {poll}: ballot {ballot} answers other texts than those that were put to the vote")]
    TextSwapped { poll: String, ballot: String },
    #[error("poll {poll}: ballot {ballot} says something else than its commitment")]
    BallotChanged { poll: String, ballot: String },
    #[error("poll {poll}: ballot {ballot} does not fit the poll: {why}")]
    BallotUnfit { poll: String, ballot: String, why: String },
    #[error("poll {poll}: ballots_hash is {told}, the ballots give {computed}")]
    BallotsHash { poll: String, told: String, computed: String },
    #[error("poll {poll}: ballot {ballot} tells what it weighs, and should not; or does not, and should")]
    BallotWeighed { poll: String, ballot: String },
    #[error("poll {poll}: the ballots do not weigh what the heads do that took part")]
    WeightsDiffer { poll: String },
    #[error("poll {poll}: the record does not tell of ballot {ballot}")]
    BallotNotTold { poll: String, ballot: String },
    #[error("poll {poll}: line {seq} of the record tells of a ballot that is not there")]
    ToldBallotMissing { poll: String, seq: i64 },
    #[error("poll {poll}: line {seq} of the record tells of a ballot at another time than one took part")]
    CastAtAnotherTime { poll: String, seq: i64 },
    #[error("poll {poll}: line {seq} of the record tells of a ballot that came while voting stood still")]
    CastWhilePaused { poll: String, seq: i64 },
    #[error("poll {poll}: ballot {ballot} was set aside, and it counts")]
    SetAsideCounted { poll: String, ballot: String },
    #[error("poll {poll}: the record does not tell that ballot {ballot} was set aside")]
    SetAsideNotTold { poll: String, ballot: String },
    #[error("poll {poll}: line {seq} of the record tells that a ballot was set aside that was not")]
    ToldSetAsideMissing { poll: String, seq: i64 },
    #[error(
        "poll {poll}: line {seq} of the record tells otherwise why, when, or of which channel a ballot was set aside"
    )]
    SetAsideDiffers { poll: String, seq: i64 },
    #[error("poll {poll}: line {seq} of the record, a disputed ballot: {why}")]
    DisputeUnlawful { poll: String, seq: i64, why: String },
    #[error("poll {poll}: {upheld} disputes of ballots hold, and {set_aside} ballots were set aside for one")]
    DisputesDiffer { poll: String, upheld: usize, set_aside: usize },

    #[error("poll {poll}: whom it reached: {what}")]
    ServiceUnfit { poll: String, what: String },
    #[error("poll {poll}: silence counts, and no voter was warned of it")]
    NotWarned { poll: String },
    #[error("poll {poll}: its papers do not add up: {what}")]
    PapersDiffer { poll: String, what: String },

    // Of a vote in a city's system.
    #[error("poll {poll}: its votes were cast in another system, and ballots are here")]
    BallotsElsewhere { poll: String },
    #[error("poll {poll}: the evidence of the system in which its votes were cast is not there")]
    EvidenceMissing { poll: String },
    #[error("poll {poll}: the hash of its evidence is {told}, the evidence gives {computed}")]
    EvidenceHash { poll: String, told: String, computed: String },
    #[error("poll {poll}: its evidence does not hold: {why}")]
    EvidenceUnfit { poll: String, why: String },

    // What it came to.
    #[error("poll {poll}: voting was to end {told}; by who took part it was {computed}")]
    ClosingsDiffer { poll: String, told: String, computed: String },
    #[error("poll {poll}: it was counted at {at}, and voting ended at {closes_at}")]
    CountedTooEarly { poll: String, at: String, closes_at: String },
    #[error("poll {poll}: it stood still otherwise than it can have: {why}")]
    PauseUnlawful { poll: String, why: String },
    #[error("poll {poll}: it cannot be counted: {why}")]
    Uncountable { poll: String, why: String },
    #[error("poll {poll}: {what} is {told}, the count gives {computed}")]
    CountDiffers { poll: String, what: String, told: Value, computed: Value },
    #[error("poll {poll}: so few or so many as {what} cannot weigh {area} together")]
    AreaImpossible { poll: String, what: String, area: u64 },
    #[error("poll {poll}: {what} is {told}; by the rules it is {computed}")]
    VerdictDiffers { poll: String, what: String, told: Value, computed: Value },
    #[error("poll {poll}: how firm the result is differs: {what} is {told}, the ballots give {computed}")]
    FlipsDiffer { poll: String, what: String, told: Value, computed: Value },
    #[error("poll {poll}: {what} of what can stand behind its numbers is told as {told}, and is {computed}")]
    LeaksDiffer { poll: String, what: String, told: Value, computed: Value },
    #[error("poll {poll}: it is no run-off of the vote that it decides: {why}")]
    RunoffUnlike { poll: String, why: String },
    #[error("poll {poll}: what it comes to with the votes that it decides cannot be made out: {why}")]
    VotesUnfit { poll: String, why: String },
    #[error("poll {poll}: {what} is {told}; with the votes that it decides it comes to {computed}")]
    CompositionDiffers { poll: String, what: String, told: Value, computed: Value },
    #[error("poll {poll}: the list of {list} is not what the count gives, at line {line}")]
    ListDiffers { poll: String, list: &'static str, line: usize },

    // What came after.
    #[error("poll {poll}: it may be objected to until {told:?}; by its rules it is {computed:?}")]
    ProvisionalUntil { poll: String, told: Option<DateTime<Utc>>, computed: Option<DateTime<Utc>> },
    #[error("poll {poll}: line {seq} of the record, an objection: {why}")]
    ObjectionUnlawful { poll: String, seq: i64, why: String },
    #[error("poll {poll}: line {seq} of the record tells that it is final before the time to object is over")]
    FinalTooEarly { poll: String, seq: i64 },
    #[error(
        "poll {poll}: line {seq} of the record tells that it is final; {upheld} objections hold, {open} wait"
    )]
    FinalWhileObjected { poll: String, seq: i64, open: u64, upheld: u64 },

    #[error("poll {poll}: line {seq} of the record, the committee later: {why}")]
    SuccessionUnlawful { poll: String, seq: i64, why: String },

    // What the record tells of it.
    #[error("poll {poll}: the record tells {times} times of {step}, not {due}")]
    StepTimes { poll: String, step: Step, times: usize, due: usize },
    #[error("poll {poll}: line {seq} of the record, {what} is {told}; it has to be {computed}")]
    StepDiffers { poll: String, seq: i64, what: String, told: Value, computed: Value },
    #[error("poll {poll}: line {seq} of the record tells of {step} at another time")]
    StepAtAnotherTime { poll: String, seq: i64, step: Step },
    #[error("poll {poll}: {why}")]
    NotCanonical { poll: String, why: String },
}

impl Fault {
    /// The name of its kind.
    pub fn kind(&self) -> String {
        let value = serde_json::to_value(self).unwrap_or_default();
        value.get("fault").and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// The first place at which two values differ, with what each has there.
pub fn first_difference(at: &str, told: &Value, computed: &Value) -> Option<(String, Value, Value)> {
    use Value::{Array, Null, Object};
    match (told, computed) {
        _ if told == computed => None,
        (Object(before), Object(after)) => {
            let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
            names.sort();
            names.dedup();
            names.into_iter().find_map(|name| {
                let of = |side: &serde_json::Map<_, _>| side.get(name).cloned().unwrap_or(Null);
                first_difference(&format!("{at}.{name}"), &of(before), &of(after))
            })
        }
        (Array(before), Array(after)) if before.len() == after.len() => {
            let mut pairs = before.iter().zip(after).enumerate();
            pairs.find_map(|(place, (before, after))| {
                first_difference(&format!("{at}[{place}]"), before, after)
            })
        }
        _ => Some((at.to_owned(), told.clone(), computed.clone())),
    }
}
