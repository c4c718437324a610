//! Worked cases: one question to the rules as JSON, one exact answer as JSON, so that a preparer can ask "would this
//! pass?" and a stranger can check our counting with his own.
//!
//! A case is an object with `case` (its kind) and the members of that kind; `id`, `note` and `expect` may stand beside
//! them and are not read. What is absent and has a default takes it; what is misspelt is refused, not passed over.
//!
//! What it promises: it answers or refuses, and never panics, whatever the JSON; a refusal names the member by its JSON
//! pointer (RFC 6901). Numbers are whole, at most 2⁵³ − 1; lists are bounded by [`MAX_CANDIDATES`], [`MAX_HOMES`],
//! [`MAX_DAYS_LISTED`] and those of a whole poll by [`poll`]'s own bounds, names by [`MAX_NAME`] characters.

mod member;
pub mod poll;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::calendar::{RestDay, WorkingDays};
use crate::money::apportion;
use crate::polls::ballot::read_selections;
use crate::polls::matter::Approval;
use crate::polls::parameters::{InvalidAs, Nonresponse, PollRules, Range, RankRule, Rounding, alternates};
use crate::polls::phase::{Window, closings};
use crate::polls::tally::{
    CandidateVotes, DecisionRules, ElectionRules, Seats, TallyFault, Votes, decision, election,
};
use crate::quantity::{Area, Fen, MAX_EXACT, Weight};
use crate::ratio::{Bound, Ratio};
use crate::roll::{HeadRule, HomeKind, HomeStatus, Roll, RollFault, RollHome, RollPolicy};
use member::{Member, Names};

/// Candidates, or names marked on one ballot.
pub const MAX_CANDIDATES: usize = 10_000;
/// Homes of one roll, or weights that an amount is split over.
pub const MAX_HOMES: usize = 100_000;
/// Owners of one home.
pub const MAX_OWNERS: usize = 1_000;
/// Days listed as holidays or as make-up working days.
pub const MAX_DAYS_LISTED: usize = 10_000;
/// Characters of one id or name.
pub const MAX_NAME: usize = 256;
/// Seats, alternates and selections; numerator and denominator of a ratio.
pub const MAX_SMALL: u64 = 1_000_000;
/// Days of one period: about a hundred years.
pub const MAX_PERIOD_DAYS: u64 = 36_525;
/// Seconds of one vote: as many years.
pub const MAX_SECONDS: u64 = MAX_PERIOD_DAYS * 86_400;
/// How often one vote goes on.
pub const MAX_EXTENSIONS: u64 = 3;

/// Why a case is not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    // What was given is not repeated: it may be private.
    #[error("there is no such kind of case; there are {}", KINDS.join(", "))]
    UnknownCase,
    #[error("{pointer} is missing")]
    Missing { pointer: String },
    #[error("{pointer} must be {wanted}")]
    Wrong { pointer: String, wanted: String },
    #[error("{pointer} is not a member of this kind of case")]
    UnknownMember { pointer: String },
    #[error("{pointer}: {reason}")]
    Impossible { pointer: String, reason: String },
}

impl CaseError {
    /// Where in the case the trouble is (RFC 6901); empty for the case as a whole.
    pub fn pointer(&self) -> &str {
        match self {
            Self::UnknownCase => "/case",
            Self::Missing { pointer }
            | Self::Wrong { pointer, .. }
            | Self::UnknownMember { pointer }
            | Self::Impossible { pointer, .. } => pointer,
        }
    }

    /// A stable name for the kind of trouble.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownCase => "UNKNOWN_CASE",
            Self::Missing { .. } => "MISSING",
            Self::Wrong { .. } => "WRONG",
            Self::UnknownMember { .. } => "UNKNOWN_MEMBER",
            Self::Impossible { .. } => "IMPOSSIBLE",
        }
    }
}

/// The kinds of case that are answered.
pub const KINDS: [&str; 10] = [
    "decision",
    "election",
    "poll",
    "roll",
    "ballot",
    "alternates",
    "apportion",
    "deadline",
    "threshold",
    "closing",
];

/// Answers one case.
pub fn evaluate(case: &Value) -> Result<Value, CaseError> {
    let case = Member::root(case);
    case.object()?;
    let kind = case.required("case")?.text()?;
    match kind {
        "decision" => answer_decision(&case),
        "election" => answer_election(&case),
        "poll" => poll::answer(&case),
        "roll" => answer_roll(&case),
        "ballot" => answer_ballot(&case),
        "alternates" => answer_alternates(&case),
        "apportion" => answer_apportion(&case),
        "deadline" => answer_deadline(&case),
        "threshold" => answer_threshold(&case),
        "closing" => answer_closing(&case),
        _ => Err(CaseError::UnknownCase),
    }
}

const NONRESPONSE: Names<Nonresponse> = &[
    ("NOT_PARTICIPATED", Nonresponse::NotParticipated),
    ("ABSTAIN", Nonresponse::Abstain),
    ("FOLLOW_MAJORITY", Nonresponse::FollowMajority),
];
const INVALID_AS: Names<InvalidAs> = &[("EXCLUDED", InvalidAs::Excluded), ("ABSTAIN", InvalidAs::Abstain)];
const APPROVAL: Names<Approval> = &[("ORDINARY", Approval::Ordinary), ("SPECIAL", Approval::Special)];
const RANK_RULE: Names<RankRule> = &[
    ("HEADS_AREA", RankRule::HeadsArea),
    ("AREA_HEADS", RankRule::AreaHeads),
    ("RATIO_SUM", RankRule::RatioSum),
];
const ROUNDING: Names<Rounding> =
    &[("FLOOR", Rounding::Floor), ("CEIL", Rounding::Ceil), ("HALF_UP", Rounding::HalfUp)];
const HEAD_RULE: Names<HeadRule> = &[("OWNER_SET", HeadRule::OwnerSet), ("HOME", HeadRule::Home)];
const HOME_KIND: Names<HomeKind> =
    &[("HOME", HomeKind::Home), ("PARKING", HomeKind::Parking), ("PUBLIC", HomeKind::Public)];
const HOME_STATUS: Names<HomeStatus> = &[
    ("DELIVERED", HomeStatus::Delivered),
    ("UNSOLD", HomeStatus::Unsold),
    ("SOLD_UNDELIVERED", HomeStatus::SoldUndelivered),
];

fn answer_decision(case: &Member<'_>) -> Result<Value, CaseError> {
    case.only(&["approval", "total", "votes", "policy"])?;
    let approval = case.required("approval")?.one_of(APPROVAL)?;
    let policy = case.optional("policy");
    if let Some(policy) = &policy {
        policy.only(&["nonresponse", "invalid_as"])?;
    }
    let rules = DecisionRules {
        quorum: Ratio::TWO_THIRDS,
        approval: match approval {
            Approval::Ordinary => Ratio::HALF,
            Approval::Special => Ratio::THREE_QUARTERS,
        },
        bound: approval.bound(),
        nonresponse: member::in_policy(policy.as_ref(), "nonresponse", |name| name.one_of(NONRESPONSE))?,
        invalid_as: member::in_policy(policy.as_ref(), "invalid_as", |name| name.one_of(INVALID_AS))?,
    };
    let total = weight(&case.required("total")?)?;
    let ballots = case.required("votes")?;
    ballots.only(&["yes", "no", "abstain", "silent", "invalid"])?;
    let part = |name| ballots.optional(name).map_or(Ok(Weight::ZERO), |part| weight(&part));
    let votes = Votes {
        yes: part("yes")?,
        no: part("no")?,
        abstain: part("abstain")?,
        silent: part("silent")?,
        invalid: part("invalid")?,
    };
    let decision = decision(total, &votes, &rules).map_err(|fault| ballots.impossible(fault))?;
    Ok(json!(decision))
}

fn answer_election(case: &Member<'_>) -> Result<Value, CaseError> {
    case.only(&[
        "participating",
        "candidates",
        "seats",
        "filled",
        "alternates",
        "min_committee",
        "rank_rule",
    ])?;
    let participating = weight(&case.required("participating")?)?;
    let standing = case.required("candidates")?;
    let candidates = standing
        .items(MAX_CANDIDATES)?
        .map(|candidate| {
            candidate.only(&["id", "heads", "area"])?;
            Ok(CandidateVotes {
                id: candidate.required("id")?.name()?.to_owned(),
                votes: measures(&candidate)?,
            })
        })
        .collect::<Result<Vec<_>, CaseError>>()?;
    let rules = ElectionRules {
        seats: Seats {
            open: case.required("seats")?.small(1)?,
            filled: case.optional("filled").map_or(Ok(0), |filled| filled.small(0))?,
        },
        alternates: case.required("alternates")?.small(0)?,
        min_committee: case.optional("min_committee").map_or(Ok(5), |least| least.small(1))?,
        formation: Ratio::HALF,
        approval: Ratio::HALF,
        rank_rule: case
            .optional("rank_rule")
            .map_or(Ok(RankRule::default()), |rule| rule.one_of(RANK_RULE))?,
    };
    let election =
        election(participating, &candidates, &rules).map_err(|fault| standing.impossible(fault))?;
    Ok(json!(election))
}

fn answer_roll(case: &Member<'_>) -> Result<Value, CaseError> {
    case.only(&["homes", "policy"])?;
    let policy = case.optional("policy");
    if let Some(policy) = &policy {
        policy.only(&["head_key", "count_special_spaces"])?;
    }
    let policy = RollPolicy {
        head_key: member::in_policy(policy.as_ref(), "head_key", |name| name.one_of(HEAD_RULE))?,
        count_special_spaces: member::in_policy(policy.as_ref(), "count_special_spaces", Member::boolean)?,
    };
    let list = case.required("homes")?;
    let homes = list.items(MAX_HOMES)?.map(|home| read_home(&home)).collect::<Result<Vec<_>, _>>()?;
    let roll = Roll::count(&homes, policy).map_err(|fault| locate(&list, &homes, &fault))?;
    Ok(json!({
        "heads": roll.total.heads,
        "area": roll.total.area,
        "quorum": roll.quorum(Ratio::TWO_THIRDS),
    }))
}

fn read_home(home: &Member<'_>) -> Result<RollHome, CaseError> {
    home.only(&["id", "area", "owners", "kind", "status", "developer"])?;
    Ok(RollHome {
        id: home.required("id")?.name()?.to_owned(),
        area: Area(home.required("area")?.whole(0, MAX_EXACT)?),
        owners: home
            .required("owners")?
            .items(MAX_OWNERS)?
            .map(|owner| owner.name().map(str::to_owned))
            .collect::<Result<_, _>>()?,
        kind: home.optional("kind").map_or(Ok(HomeKind::default()), |kind| kind.one_of(HOME_KIND))?,
        status: home
            .optional("status")
            .map_or(Ok(HomeStatus::default()), |status| status.one_of(HOME_STATUS))?,
        developer: home
            .optional("developer")
            .map(|developer| developer.name().map(str::to_owned))
            .transpose()?,
    })
}

// The last home of that id: where an id stands twice, the second is the one to correct.
fn locate(list: &Member<'_>, homes: &[RollHome], fault: &RollFault) -> CaseError {
    let (RollFault::HomeTwice { home }
    | RollFault::OwnerMissing { home }
    | RollFault::DeveloperMissing { home }) = fault;
    match homes.iter().rposition(|other| &other.id == home) {
        Some(at) => CaseError::Impossible { pointer: list.pointer_to(at), reason: fault.to_string() },
        None => list.impossible(fault),
    }
}

fn answer_ballot(case: &Member<'_>) -> Result<Value, CaseError> {
    case.only(&["selections", "candidates", "max_selections"])?;
    let selections = names(&case.required("selections")?)?;
    let candidates = names(&case.required("candidates")?)?;
    let limit: u32 = case.required("max_selections")?.small(0)?;
    let reading = read_selections(selections, candidates, usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(json!({"state": reading.state, "counted": reading.counted}))
}

fn answer_alternates(case: &Member<'_>) -> Result<Value, CaseError> {
    case.only(&["seats", "ratio", "rounding"])?;
    let seats = case.required("seats")?.small(0)?;
    let share = case.optional("ratio").map_or(Ok(Ratio::THREE_TENTHS), |share| ratio(&share))?;
    let rounding = case.optional("rounding").map_or(Ok(Rounding::default()), |rule| rule.one_of(ROUNDING))?;
    Ok(json!(alternates(seats, share, rounding)))
}

fn answer_apportion(case: &Member<'_>) -> Result<Value, CaseError> {
    case.only(&["amount_fen", "weights"])?;
    let amount = Fen(case.required("amount_fen")?.signed()?);
    let list = case.required("weights")?;
    let weights =
        list.items(MAX_HOMES)?.map(|weight| weight.whole(0, MAX_EXACT)).collect::<Result<Vec<_>, _>>()?;
    let shares = apportion(amount, &weights).map_err(|fault| list.impossible(fault))?;
    Ok(json!(shares))
}

fn answer_deadline(case: &Member<'_>) -> Result<Value, CaseError> {
    case.only(&["from", "days", "move_to_working_day", "holidays", "working_weekends"])?;
    let from = case.required("from")?.date()?;
    let period = case.required("days")?;
    let days = u32::try_from(period.whole(0, MAX_PERIOD_DAYS)?).unwrap_or(u32::MAX);
    let moves = case.optional("move_to_working_day").map_or(Ok(true), |moves| moves.boolean())?;
    let rest = if moves { RestDay::MovesOn } else { RestDay::Counts };
    let calendar =
        WorkingDays::new(dates(case, "holidays")?, dates(case, "working_weekends")?).map_err(|fault| {
            CaseError::Impossible { pointer: "/holidays".to_owned(), reason: fault.to_string() }
        })?;
    let last = calendar.after_days(from, days, rest).map_err(|fault| period.impossible(fault))?;
    Ok(json!(last.format("%Y-%m-%d").to_string()))
}

fn answer_threshold(case: &Member<'_>) -> Result<Value, CaseError> {
    case.only(&["total", "ratio", "strict"])?;
    let total = case.required("total")?.whole(0, MAX_EXACT)?;
    let share = case.required("ratio")?;
    let strict = case.optional("strict").map_or(Ok(false), |strict| strict.boolean())?;
    let bound = if strict { Bound::Exceeds } else { Bound::Reaches };
    let least = ratio(&share)?.least(total, bound);
    if least > MAX_EXACT {
        return Err(share.impossible("the number is larger than 2^53 - 1"));
    }
    Ok(json!(least))
}

/// When voting ends, in seconds from its beginning on, as are the moments of the ballots.
fn answer_closing(case: &Member<'_>) -> Result<Value, CaseError> {
    case.only(&["closes", "total", "ballots", "extensions", "extension_days", "longest_days"])?;
    let closes = case.required("closes")?;
    let announced = Window { opens_at: second(0), closes_at: second(closes.whole(0, MAX_SECONDS)?) };
    let total = weight(&case.required("total")?)?;
    let list = case.required("ballots")?;
    let ballots = list
        .items(MAX_HOMES)?
        .map(|ballot| {
            ballot.only(&["at", "area"])?;
            let at = second(ballot.required("at")?.whole(0, MAX_SECONDS)?);
            Ok((at, Weight::new(1, ballot.required("area")?.whole(0, MAX_EXACT)?)))
        })
        .collect::<Result<Vec<_>, CaseError>>()?;
    let all = ballots.iter().try_fold(Weight::ZERO, |sum, (_, weight)| sum.checked_add(*weight));
    if !all.is_some_and(|all| all.is_within(total)) {
        return Err(list.impossible(TallyFault::MoreThanTheRoll));
    }
    let number = |name, least, most, usual| {
        let given = case.optional(name).map_or(Ok(usual), |number| number.whole(least, most))?;
        Ok(u32::try_from(given).unwrap_or(u32::MAX))
    };
    let rules = PollRules {
        extensions: Some(number("extensions", 0, MAX_EXTENSIONS, 1)?),
        extension_days: Some(number("extension_days", 0, MAX_PERIOD_DAYS, 15)?),
        window_days: Range { min: 0, max: number("longest_days", 0, MAX_PERIOD_DAYS, 60)? },
        ..PollRules::national()
    };
    let closings = closings(announced, &rules, total, &ballots, &[]);
    Ok(json!(closings.iter().map(DateTime::timestamp).collect::<Vec<_>>()))
}

fn second(number: u64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(i64::try_from(number).unwrap_or_default())
}

fn weight(member: &Member<'_>) -> Result<Weight, CaseError> {
    member.only(&["heads", "area"])?;
    measures(member)
}

/// One head with its area.
fn one_head(member: &Member<'_>) -> Result<Weight, CaseError> {
    Ok(Weight::new(1, member.required("area")?.whole(0, MAX_EXACT)?))
}

fn measures(member: &Member<'_>) -> Result<Weight, CaseError> {
    let heads = member.required("heads")?.whole(0, MAX_EXACT)?;
    let area = member.required("area")?.whole(0, MAX_EXACT)?;
    Ok(Weight::new(heads, area))
}

fn ratio(member: &Member<'_>) -> Result<Ratio, CaseError> {
    let parts = member.items(2)?.map(|part| part.small(0)).collect::<Result<Vec<u32>, _>>()?;
    match parts.as_slice() {
        &[num, den] => Ratio::new(num, den).map_err(|fault| member.impossible(fault)),
        _ => Err(member.wrong("a list of two whole numbers, numerator and denominator")),
    }
}

fn names<'a>(list: &Member<'a>) -> Result<Vec<&'a str>, CaseError> {
    list.items(MAX_CANDIDATES)?.map(|name| name.name()).collect()
}

fn dates(case: &Member<'_>, name: &str) -> Result<Vec<NaiveDate>, CaseError> {
    case.optional(name)
        .map_or(Ok(Vec::new()), |list| list.items(MAX_DAYS_LISTED)?.map(|day| day.date()).collect())
}

#[cfg(test)]
mod tests;
