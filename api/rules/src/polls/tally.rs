//! The count: from ballots to totals, from totals to decisions and elections.
//!
//! Whoever counts need not know a voter: a ballot is what it weighs and what it says. One ballot a head is counted: where
//! a store keeps no second one, each is added by itself, and otherwise a head is added with all that came back. That no
//! more came back than the roll holds is checked here again.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ballot::{Answer, Answers, BallotForm, BallotState};
use super::duplicates::{Keeping, Slip, Standing};
use super::matter::MatterClass;
use super::parameters::{BlankItem, InvalidAs, Nonresponse, PollRules, RankRule};
use crate::quantity::Weight;
use crate::ratio::{Bound, Ratio};

/// Of whom a poll asks: of all on the locked roll, or, in a poll of opinion, of those of them who registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Electorate {
    /// The locked roll.
    pub roll: Weight,
    /// Who registered, where people do.
    pub registered: Option<Weight>,
}

impl From<Weight> for Electorate {
    fn from(roll: Weight) -> Self {
        Self { roll, registered: None }
    }
}

impl Electorate {
    /// Who may vote.
    pub fn voters(self) -> Weight {
        self.registered.unwrap_or(self.roll)
    }

    /// Whether so many registered that a vote counts; where nobody has to, always.
    pub fn is_enough(self, rules: &PollRules) -> bool {
        rules
            .registration
            .is_none_or(|share| share_met(self.voters(), self.roll, share, Bound::Reaches).met())
    }

    /// Whether so many registered, and of the voters so many took part.
    pub fn is_quorate(self, took_part: Weight, rules: &PollRules) -> bool {
        self.is_enough(rules) && share_met(took_part, self.voters(), rules.quorum, Bound::Reaches).met()
    }
}

/// How one matter was voted on. What is in none of the five did not take part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Votes {
    pub yes: Weight,
    pub no: Weight,
    pub abstain: Weight,
    /// Served, but no ballot came back.
    pub silent: Weight,
    /// Paper that cannot be counted.
    pub invalid: Weight,
}

/// The rules that decide one matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecisionRules {
    pub quorum: Ratio,
    pub approval: Ratio,
    pub bound: Bound,
    pub nonresponse: Nonresponse,
    pub invalid_as: InvalidAs,
}

impl DecisionRules {
    /// What a poll's rules say about a matter of this class.
    pub fn of(rules: &PollRules, class: MatterClass) -> Self {
        let approval = class.approval();
        Self {
            quorum: rules.quorum,
            approval: rules.approval_ratio(approval),
            bound: approval.bound(),
            nonresponse: rules.nonresponse_in(class),
            invalid_as: rules.invalid_as,
        }
    }
}

/// One test made twice, as every test of Civil Code 278 is: in heads and in area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Both {
    pub heads: bool,
    pub area: bool,
}

impl Both {
    pub const fn met(self) -> bool {
        self.heads && self.area
    }
}

/// How a matter ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    Passed,
    Rejected,
    NoQuorum,
    /// Silent votes should follow the majority, but there is no one majority to follow.
    Indeterminate,
}

/// The decision on one matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Decision {
    Decided { participating: Weight, quorum: Both, yes: Weight, approved: Both, outcome: Outcome },
    Undecided { outcome: Outcome },
}

impl Decision {
    pub const fn outcome(&self) -> Outcome {
        match self {
            Self::Decided { outcome, .. } | Self::Undecided { outcome } => *outcome,
        }
    }
}

/// Why a count cannot stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TallyFault {
    #[error("more votes came back than the roll holds")]
    MoreThanTheRoll,
    #[error("more registered than the roll holds, or who registers and by which rules do not fit together")]
    NotRegistered,
    #[error("candidate {candidate} has more votes than took part")]
    MoreThanTookPart { candidate: String },
    #[error("candidate {candidate} stands twice")]
    CandidateTwice { candidate: String },
    #[error("text {text} is put to the vote twice")]
    TextTwice { text: String },
    #[error("text {text} was not put to the vote")]
    NoSuchText { text: String },
}

/// A share of nothing is never reached: an empty roll has no quorum, and where nobody took part nothing is approved.
pub fn share_met(part: Weight, whole: Weight, ratio: Ratio, bound: Bound) -> Both {
    Both {
        heads: whole.heads.0 > 0 && ratio.met_by(part.heads.0, whole.heads.0, bound),
        area: whole.area.0 > 0 && ratio.met_by(part.area.0, whole.area.0, bound),
    }
}

/// Decides one matter.
///
/// Civil Code 278: two thirds of heads and of area must take part; of those, more than half of both (or three quarters
/// of both, for items 6 to 8) must agree. Each measure has its own whole; all four tests must hold. Guidance rules 26:
/// what silence means is for the community's rules to say.
pub fn decision(total: Weight, votes: &Votes, rules: &DecisionRules) -> Result<Decision, TallyFault> {
    if !votes.fit_into(total) {
        return Err(TallyFault::MoreThanTheRoll);
    }
    let Some(Counted { yes, participating }) = count_silence(votes, rules.nonresponse) else {
        return Ok(Decision::Undecided { outcome: Outcome::Indeterminate });
    };
    let participating = match rules.invalid_as {
        InvalidAs::Excluded => participating,
        InvalidAs::Abstain => participating.plus(votes.invalid),
    };

    let quorum = share_met(participating, total, rules.quorum, Bound::Reaches);
    let approved = share_met(yes, participating, rules.approval, rules.bound);
    let outcome = match (quorum.met(), approved.met()) {
        (false, _) => Outcome::NoQuorum,
        (true, true) => Outcome::Passed,
        (true, false) => Outcome::Rejected,
    };
    Ok(Decision::Decided { participating, quorum, yes, approved, outcome })
}

/// Decides one matter of a poll as its rules have it. Where too few registered nothing is decided.
pub fn decision_of(
    electorate: Electorate,
    votes: &Votes,
    class: MatterClass,
    rules: &PollRules,
) -> Result<Decision, TallyFault> {
    let decided = decision(electorate.voters(), votes, &DecisionRules::of(rules, class))?;
    Ok(match decided {
        Decision::Decided { participating, quorum, yes, approved, .. } if !electorate.is_enough(rules) => {
            Decision::Decided { participating, quorum, yes, approved, outcome: Outcome::NoQuorum }
        }
        decided => decided,
    })
}

impl Votes {
    fn fit_into(&self, total: Weight) -> bool {
        [self.no, self.abstain, self.silent, self.invalid]
            .into_iter()
            .try_fold(self.yes, Weight::checked_add)
            .is_some_and(|sum| sum.is_within(total))
    }
}

struct Counted {
    yes: Weight,
    participating: Weight,
}

// Nothing when silence should follow a majority that is not one.
fn count_silence(votes: &Votes, nonresponse: Nonresponse) -> Option<Counted> {
    let cast = votes.yes.plus(votes.no).plus(votes.abstain);
    let with_silent = cast.plus(votes.silent);
    match nonresponse {
        Nonresponse::NotParticipated => Some(Counted { yes: votes.yes, participating: cast }),
        Nonresponse::Abstain => Some(Counted { yes: votes.yes, participating: with_silent }),
        Nonresponse::FollowMajority if votes.silent.is_zero() => {
            Some(Counted { yes: votes.yes, participating: cast })
        }
        Nonresponse::FollowMajority => {
            let leads = (votes.yes.heads.cmp(&votes.no.heads), votes.yes.area.cmp(&votes.no.area));
            match leads {
                (Ordering::Greater, Ordering::Greater) => {
                    Some(Counted { yes: votes.yes.plus(votes.silent), participating: with_silent })
                }
                (Ordering::Less, Ordering::Less) => {
                    Some(Counted { yes: votes.yes, participating: with_silent })
                }
                _ => None,
            }
        }
    }
}

/// A candidate and the votes received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateVotes {
    pub id: String,
    #[serde(flatten)]
    pub votes: Weight,
}

/// The seats of a committee that one vote is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seats {
    /// To be filled by it.
    pub open: u32,
    /// Filled already, by the votes whose run-off it is.
    pub filled: u32,
}

impl Seats {
    /// Where nobody is elected yet.
    pub const fn all(open: u32) -> Self {
        Self { open, filled: 0 }
    }

    /// Of the whole committee.
    pub const fn whole(self) -> u32 {
        self.open.saturating_add(self.filled)
    }
}

/// The rules that decide one election.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ElectionRules {
    pub seats: Seats,
    /// How many alternates at most.
    pub alternates: u32,
    pub min_committee: u32,
    /// The share of the seats that members exceed.
    pub formation: Ratio,
    /// The share of those taking part that each member must exceed.
    pub approval: Ratio,
    pub rank_rule: RankRule,
}

impl ElectionRules {
    /// What a poll's rules say about an election to these seats.
    pub fn of(rules: &PollRules, seats: Seats) -> Self {
        Self {
            seats,
            alternates: rules.alternates(seats.open),
            // Whom owners would choose is no committee.
            min_committee: if rules.is_of_opinion() { 1 } else { rules.min_committee },
            formation: rules.formation_rule.filter(|_| !rules.is_of_opinion()).unwrap_or(Ratio::HALF),
            approval: rules.approve_ordinary,
            rank_rule: rules.rank_rule,
        }
    }

    /// Hangzhou 27: a committee is formed with the least lawful number of members, and more than its share of the seats.
    pub fn needed(&self) -> u32 {
        let exceeding = self.formation.least(self.seats.whole().into(), Bound::Exceeds);
        self.min_committee.max(u32::try_from(exceeding).unwrap_or(u32::MAX))
    }
}

/// A second vote between candidates of equal rank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runoff {
    /// Ids, sorted.
    pub between: Vec<String>,
    /// How many of them win it.
    pub seats: u32,
}

/// The result of an election; every list is ids in rank order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Election {
    pub qualified: Vec<String>,
    pub elected: Vec<String>,
    pub runoff: Option<Runoff>,
    /// Not known while a run-off is due.
    pub alternates: Option<Vec<String>>,
    /// Seats that nobody won, once the run-off has filled its own.
    pub vacant: u32,
    pub formed: bool,
}

/// Elects a committee from those who took part.
///
/// Civil Code 278 (3): whoever wins more than half of the participating heads and of the participating area has passed.
/// The rank rule of the community orders them, ballot order between equals; the first `seats` are elected. Where equal
/// rank straddles the last seat, the places are not given but voted on again (Shanghai practice). The next who passed
/// are alternates (Hangzhou 28). Hangzhou 27: a committee is formed with the least lawful number of members and more
/// than half of its seats, whichever vote filled them.
pub fn election(
    participating: Weight,
    candidates: &[CandidateVotes],
    rules: &ElectionRules,
) -> Result<Election, TallyFault> {
    refuse_impossible(participating, candidates)?;

    let mut qualified: Vec<&CandidateVotes> = candidates
        .iter()
        .filter(|candidate| share_met(candidate.votes, participating, rules.approval, Bound::Exceeds).met())
        .collect();
    qualified.sort_by(|a, b| rank(b.votes, a.votes, participating, rules.rank_rule)); // stable: ballot order
    let equal = |a: &CandidateVotes, b: &CandidateVotes| {
        rank(a.votes, b.votes, participating, rules.rank_rule).is_eq()
    };

    let seats = usize::try_from(rules.seats.open).unwrap_or(usize::MAX);
    let (winners, below) = qualified.split_at(seats.min(qualified.len()));
    let tied: Vec<&CandidateVotes> = match (winners.last(), below.first()) {
        (Some(last), Some(next)) if equal(last, next) => {
            qualified.iter().copied().filter(|candidate| equal(candidate, last)).collect()
        }
        _ => Vec::new(),
    };

    let elected: Vec<String> = winners
        .iter()
        .filter(|winner| tied.first().is_none_or(|one| !equal(winner, one)))
        .map(|winner| winner.id.clone())
        .collect();
    let open = count(winners.len() - elected.len());
    let runoff = (!tied.is_empty()).then(|| {
        let mut between: Vec<String> = tied.iter().map(|candidate| candidate.id.clone()).collect();
        between.sort();
        Runoff { between, seats: open }
    });
    let most = usize::try_from(rules.alternates).unwrap_or(usize::MAX);
    let alternates =
        tied.is_empty().then(|| below.iter().take(most).map(|candidate| candidate.id.clone()).collect());

    let won = count(winners.len());
    let members = won.saturating_add(rules.seats.filled);
    Ok(Election {
        qualified: qualified.iter().map(|candidate| candidate.id.clone()).collect(),
        elected,
        runoff,
        alternates,
        vacant: rules.seats.open.saturating_sub(won),
        formed: members >= rules.needed(),
    })
}

fn count(people: usize) -> u32 {
    u32::try_from(people).unwrap_or(u32::MAX)
}

fn refuse_impossible(participating: Weight, candidates: &[CandidateVotes]) -> Result<(), TallyFault> {
    let mut seen = std::collections::BTreeSet::new();
    for candidate in candidates {
        let id = || candidate.id.clone();
        if !seen.insert(&candidate.id) {
            return Err(TallyFault::CandidateTwice { candidate: id() });
        }
        if !candidate.votes.is_within(participating) {
            return Err(TallyFault::MoreThanTookPart { candidate: id() });
        }
    }
    Ok(())
}

/// Compares two candidates by the rank rule of the community's by-laws; the greater is ahead.
pub fn rank(a: Weight, b: Weight, participating: Weight, rule: RankRule) -> Ordering {
    match rule {
        RankRule::HeadsArea => (a.heads, a.area).cmp(&(b.heads, b.area)),
        RankRule::AreaHeads => (a.area, a.heads).cmp(&(b.area, b.heads)),
        RankRule::RatioSum => {
            let sum = |votes| share_sum(votes, participating);
            (sum(a), a.area).cmp(&(sum(b), b.area))
        }
    }
}

// h/H + a/A over the common denominator H × A. Saturation needs more than 2⁶³ of both measures.
fn share_sum(votes: Weight, whole: Weight) -> u128 {
    let heads = u128::from(votes.heads.0) * u128::from(whole.area.0);
    let area = u128::from(votes.area.0) * u128::from(whole.heads.0);
    heads.saturating_add(area)
}

/// The count of one poll while ballots come in, in any order.
#[derive(Debug, Clone)]
pub struct Count<'poll> {
    form: &'poll BallotForm,
    blank_item: BlankItem,
    returned: Weight,
    invalid: Weight,
    candidates: BTreeMap<&'poll str, Weight>,
    texts: BTreeMap<&'poll str, Votes>,
    slips: Slips<'poll>,
}

/// What each counted ballot said, a bit a ballot.
#[derive(Debug, Clone, Default)]
struct Slips<'poll> {
    /// What each weighs, in 0.01 m².
    areas: Vec<u64>,
    chose: BTreeMap<&'poll str, Bits>,
    yes: BTreeMap<&'poll str, Bits>,
    /// No, or an abstention.
    other: BTreeMap<&'poll str, Bits>,
}

#[derive(Debug, Clone, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn set(&mut self, at: usize) {
        let word = at / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (at % 64);
        }
    }

    fn has(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// The locked roll.
    pub roll: Weight,
    /// Who of it registered, in a poll of opinion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<Weight>,
    /// Ballots that count, blank ones included.
    pub returned: Weight,
    /// Ballots that came back but cannot be counted.
    pub invalid: Weight,
    /// The rest of those who may vote.
    pub silent: Weight,
    /// Of the silent, those on whom no service is proven, where silence could count: theirs does not.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unserved: Weight,
    /// Every candidate in ballot order.
    pub candidates: Vec<CandidateVotes>,
    /// Every text by its id.
    pub texts: BTreeMap<String, Votes>,
}

fn is_zero(weight: &Weight) -> bool {
    weight.is_zero()
}

impl<'poll> Count<'poll> {
    /// An empty count of one poll.
    pub fn new(form: &'poll BallotForm, rules: &PollRules) -> Result<Self, TallyFault> {
        let candidates: BTreeMap<&str, Weight> =
            form.candidates.iter().map(|id| (id.as_str(), Weight::ZERO)).collect();
        let chose = form.candidates.iter().map(|id| (id.as_str(), Bits::default())).collect();
        let texts: BTreeMap<&str, Votes> =
            form.texts.iter().map(|id| (id.as_str(), Votes::default())).collect();
        if let Some(candidate) = repeated(&form.candidates) {
            return Err(TallyFault::CandidateTwice { candidate });
        }
        if let Some(text) = repeated(&form.texts) {
            return Err(TallyFault::TextTwice { text });
        }
        Ok(Self {
            form,
            blank_item: rules.blank_item,
            returned: Weight::ZERO,
            invalid: Weight::ZERO,
            candidates,
            texts,
            slips: Slips { chose, ..Slips::default() },
        })
    }

    /// Counts one head's ballot. An over-vote makes the whole ballot invalid, for the texts too.
    pub fn add(&mut self, weight: Weight, ballot: &Answers) {
        let reading = self.form.read_choices(ballot);
        if reading.state == BallotState::Invalid {
            self.invalid = self.invalid.plus(weight);
            return;
        }
        self.returned = self.returned.plus(weight);
        let slip = self.slips.areas.len();
        self.slips.areas.push(weight.area.0);
        for chosen in reading.counted {
            if let Some(votes) = self.candidates.get_mut(chosen) {
                *votes = votes.plus(weight);
            }
            if let Some(bits) = self.slips.chose.get_mut(chosen) {
                bits.set(slip);
            }
        }
        for (text, votes) in &mut self.texts {
            let (column, said) = match (ballot.answers.get(*text), self.blank_item) {
                (Some(Answer::Yes), _) => (&mut votes.yes, &mut self.slips.yes),
                (Some(Answer::No), _) => (&mut votes.no, &mut self.slips.other),
                (Some(Answer::Abstain), _) | (None, BlankItem::Abstain) => {
                    (&mut votes.abstain, &mut self.slips.other)
                }
                (None, BlankItem::NotParticipated) => continue,
            };
            *column = column.plus(weight);
            said.entry(text).or_default().set(slip);
        }
    }

    /// Counts one head by the one of its ballots that stands.
    pub fn add_head(&mut self, weight: Weight, slips: &[Slip], keeping: Keeping) {
        match keeping.standing(slips, self.form) {
            Standing::Counted(answers) => self.add(weight, answers),
            Standing::Invalid => self.invalid = self.invalid.plus(weight),
            Standing::Silent => {}
        }
    }

    /// Closes the count against those who may vote: whoever of them sent nothing is silent.
    ///
    /// Election templates of the provinces: more ballots back than went out voids the vote.
    pub fn close(&self, of: impl Into<Electorate>) -> Result<Totals, TallyFault> {
        let of: Electorate = of.into();
        if !of.voters().is_within(of.roll) {
            return Err(TallyFault::NotRegistered);
        }
        let silent = self
            .returned
            .checked_add(self.invalid)
            .and_then(|back| of.voters().checked_sub(back))
            .ok_or(TallyFault::MoreThanTheRoll)?;
        let votes_of = |id: &String| self.candidates.get(id.as_str()).copied().unwrap_or_default();
        Ok(Totals {
            roll: of.roll,
            registered: of.registered,
            returned: self.returned,
            invalid: self.invalid,
            silent,
            unserved: Weight::ZERO,
            candidates: self
                .form
                .candidates
                .iter()
                .map(|id| CandidateVotes { id: id.clone(), votes: votes_of(id) })
                .collect(),
            texts: self
                .texts
                .iter()
                .map(|(id, votes)| ((*id).to_owned(), Votes { silent, invalid: self.invalid, ..*votes }))
                .collect(),
        })
    }
}

/// What the ballots weigh that count, in 0.01 m².
impl Count<'_> {
    pub(super) fn returned(&self) -> impl Iterator<Item = u64> {
        self.slips.areas.iter().copied()
    }

    /// Of those that chose a candidate.
    pub(super) fn choosers(&self, candidate: &str) -> impl Iterator<Item = u64> {
        let bits = self.slips.chose.get(candidate);
        self.slips.weigh(move |slip| bits.is_some_and(|bits| bits.has(slip)))
    }

    /// Of those that did not.
    pub(super) fn passers(&self, candidate: &str) -> impl Iterator<Item = u64> {
        let bits = self.slips.chose.get(candidate);
        self.slips.weigh(move |slip| !bits.is_some_and(|bits| bits.has(slip)))
    }

    /// Of those that said yes to a text, that said something else, or of both, as is wanted.
    pub(super) fn answered(&self, text: &str, wanted: Wanted) -> impl Iterator<Item = u64> {
        let (yes, other) = (self.slips.yes.get(text), self.slips.other.get(text));
        let has = |bits: Option<&Bits>, slip| bits.is_some_and(|bits| bits.has(slip));
        self.slips.weigh(move |slip| match wanted {
            Wanted::Yes => has(yes, slip),
            Wanted::Other => has(other, slip),
            Wanted::Any => has(yes, slip) || has(other, slip),
        })
    }
}

/// Which answers to a text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted {
    Yes,
    /// No, or an abstention.
    Other,
    Any,
}

impl Slips<'_> {
    fn weigh(&self, wanted: impl Fn(usize) -> bool) -> impl Iterator<Item = u64> {
        self.areas.iter().enumerate().filter(move |(slip, _)| wanted(*slip)).map(|(_, area)| *area)
    }
}

fn repeated(ids: &[String]) -> Option<String> {
    let mut seen = std::collections::BTreeSet::new();
    ids.iter().find(|id| !seen.insert(*id)).cloned()
}

impl Totals {
    /// Of whom the poll asked.
    pub const fn electorate(&self) -> Electorate {
        Electorate { roll: self.roll, registered: self.registered }
    }

    /// Leaves those of the silent out on whom no service is proven (see [`service`](super::service)).
    pub fn without(mut self, unserved: Weight) -> Result<Self, TallyFault> {
        let served = self.silent.checked_sub(unserved).ok_or(TallyFault::MoreThanTheRoll)?;
        self.unserved = unserved;
        for votes in self.texts.values_mut() {
            votes.silent = served;
        }
        Ok(self)
    }

    /// Who takes part in the election of persons. Silence never does: it cannot choose.
    pub fn participating(&self, invalid_as: InvalidAs) -> Weight {
        match invalid_as {
            InvalidAs::Excluded => self.returned,
            InvalidAs::Abstain => self.returned.plus(self.invalid),
        }
    }
}

#[cfg(test)]
mod tests;
