//! How firm a result is: how many ballots, or how much area, would have to turn out invalid before it could be another.
//!
//! Both numbers are safe: at least (至少) so many ballots, and ballots that weigh at least so much together, have to go
//! before the outcome could change. For a text the number of ballots is exact as well: so many are enough. A court that
//! finds fewer wrong need not ask how they voted. Where one ballot turns more than it weighs nothing is told, and the
//! verdict says why ([`Untold`]).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    matter::Matter,
    parameters::{BlankItem, InvalidAs, Nonresponse, PollRules, RankRule},
    tally::{
        CandidateVotes, Count, Decision, DecisionRules, Outcome, Totals, Votes, Wanted, decision_of, rank,
        share_met,
    },
    verdict::{ElectionVerdict, Standing, Verdict},
};
use crate::{
    quantity::Weight,
    ratio::{Bound, Ratio},
    words::Words,
};

/// The least that would have to be invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flip {
    /// Ballots, each a head's.
    pub ballots: u64,
    /// 0.01 m².
    pub area: u64,
}

const NOTHING: Flip = Flip { ballots: 0, area: 0 };

/// Why it is not told how firm an outcome is: one ballot turns more than it weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untold {
    /// Silence follows a majority, or has none to follow.
    SilenceFollows,
    /// A ballot that is blank takes no part, but would if it were invalid.
    BlankTakesNoPart,
    /// Places go by the sum of two shares, which every ballot moves for everybody.
    SharesAreSummed,
}

impl Untold {
    /// Of one text.
    pub fn of_text(votes: &Votes, decided_by: &DecisionRules, rules: &PollRules) -> Option<Self> {
        if decided_by.nonresponse == Nonresponse::FollowMajority && !votes.silent.is_zero() {
            return Some(Self::SilenceFollows);
        }
        let blank = (rules.invalid_as, rules.blank_item);
        (blank == (InvalidAs::Abstain, BlankItem::NotParticipated)).then_some(Self::BlankTakesNoPart)
    }

    /// Of who is elected.
    pub fn of_election(rank_rule: RankRule) -> Option<Self> {
        (rank_rule == RankRule::RatioSum).then_some(Self::SharesAreSummed)
    }

    /// For whoever looks for the number.
    pub fn words(self) -> Words {
        match self {
            Self::SilenceFollows => Words::new(
                "未反馈票随多数，一张票无效可能使全部未反馈票改变方向，因此不给出至少多少票无效才会改变结果。",
                "Silence follows the majority, so one invalid ballot can turn all of it: at least how many would change the outcome is not told.",
            ),
            Self::BlankTakesNoPart => Words::new(
                "漏选不计入表决基数而废票计入，一张票无效反而可能增加基数，因此不给出至少多少票无效才会改变结果。",
                "Blank answers count for nothing and invalid ballots as abstentions, so one that turns out invalid can add to the whole: at least how many would change the outcome is not told.",
            ),
            Self::SharesAreSummed => Words::new(
                "名次按人数比例与面积比例之和排列，任何一张票无效都会改变所有人的比例，因此不给出至少多少票无效才会改变结果。",
                "Places go by the sum of two shares, which every ballot moves for everybody: at least how many invalid ones would change the outcome is not told.",
            ),
        }
    }
}

/// How firm each outcome of a poll is. What is left out no invalid ballot can change, or nobody can tell ([`Untold`]).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flips {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub election: Option<Flip>,
    /// By text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub matters: BTreeMap<String, Flip>,
}

impl Flips {
    /// How firm the outcomes are that a count came to.
    pub fn of(
        count: &Count<'_>,
        totals: &Totals,
        verdict: &Verdict,
        matters: &[Matter],
        rules: &PollRules,
    ) -> Self {
        let election =
            verdict.election.as_ref().and_then(|election| of_election(count, totals, election, rules));
        let of_one = |matter: &Matter| Some((matter.id.clone(), of_matter(count, totals, matter, rules)?));
        Self { election, matters: matters.iter().filter_map(of_one).collect() }
    }
}

/// Ballots by what they weigh, the heaviest first.
struct Pile(Vec<u64>);

impl Pile {
    fn of(areas: impl Iterator<Item = u64>) -> Self {
        let mut areas: Vec<u64> = areas.collect();
        areas.sort_unstable_by(|one, other| other.cmp(one));
        Self(areas)
    }

    fn ballots(&self) -> u64 {
        self.0.len().try_into().unwrap_or(u64::MAX)
    }

    fn area(&self) -> u64 {
        self.0.iter().fold(0, |sum, area| sum.saturating_add(*area))
    }

    /// The fewest ballots that weigh so much.
    fn fewest(&self, area: u64) -> Option<u64> {
        let mut sum = 0_u64;
        let short = self.0.iter().take_while(|own| {
            let is_short = sum < area;
            sum = sum.saturating_add(**own);
            is_short
        });
        let fewest = short.count().try_into().unwrap_or(u64::MAX);
        (self.area() >= area).then_some(fewest)
    }

    /// The least that so many ballots weigh.
    fn lightest(&self, ballots: u64) -> Option<u64> {
        let ballots = usize::try_from(ballots).ok().filter(|ballots| *ballots <= self.0.len())?;
        Some(self.0.iter().rev().take(ballots).fold(0, |sum, area| sum.saturating_add(*area)))
    }

    /// So many of its ballots.
    fn so_many(&self, ballots: u64) -> Option<Flip> {
        Some(Flip { ballots, area: self.lightest(ballots)? })
    }

    /// Ballots of it that weigh so much.
    fn so_heavy(&self, area: u64) -> Option<Flip> {
        Some(Flip { ballots: self.fewest(area)?, area })
    }

    /// So many of its ballots, that weigh so much too.
    fn both(&self, ballots: u64, area: u64) -> Option<Flip> {
        let (many, heavy) = (self.so_many(ballots)?, self.so_heavy(area)?);
        Some(many.and(heavy))
    }
}

impl Flip {
    /// What is enough for both.
    fn and(self, other: Self) -> Self {
        Self { ballots: self.ballots.max(other.ballots), area: self.area.max(other.area) }
    }

    /// What is enough for either.
    fn or(self, other: Self) -> Self {
        Self { ballots: self.ballots.min(other.ballots), area: self.area.min(other.area) }
    }
}

fn least(ways: impl IntoIterator<Item = Option<Flip>>) -> Option<Flip> {
    ways.into_iter().flatten().reduce(Flip::or)
}

/// The least number up to `most` for which something holds that holds for every larger one too.
fn first(most: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    holds(low).then_some(low)
}

/// A share of those taking part that something has, and has to have.
#[derive(Clone, Copy)]
struct Held {
    part: Weight,
    whole: Weight,
    ratio: Ratio,
    bound: Bound,
    invalid_as: InvalidAs,
}

impl Held {
    /// Until so many take no part any more.
    fn without(self, whole: u64, gone: u64) -> u64 {
        match self.invalid_as {
            InvalidAs::Excluded => whole.saturating_sub(gone),
            InvalidAs::Abstain => whole,
        }
    }

    fn met(self, part: u64, whole: u64) -> bool {
        whole > 0 && self.ratio.met_by(part, whole, self.bound)
    }

    /// It has the share, and loses ballots of its own until it has not.
    fn lost(self, own: &Pile) -> Option<Flip> {
        let fails = |part: u64, whole: u64| {
            move |gone: u64| !self.met(part.saturating_sub(gone), self.without(whole, gone))
        };
        let ballots = first(own.ballots(), fails(self.part.heads.0, self.whole.heads.0));
        let area = first(own.area(), fails(self.part.area.0, self.whole.area.0));
        least([ballots.and_then(|ballots| own.so_many(ballots)), area.and_then(|area| own.so_heavy(area))])
    }

    /// It has not, and those who are not for it become fewer until it has.
    fn won(self, others: &Pile) -> Option<Flip> {
        let holds = |part: u64, whole: u64| move |gone: u64| self.met(part, self.without(whole, gone));
        let ballots = first(others.ballots(), holds(self.part.heads.0, self.whole.heads.0))?;
        let area = first(others.area(), holds(self.part.area.0, self.whole.area.0))?;
        others.both(ballots, area)
    }

    /// Whether it has the share.
    fn is_met(self) -> bool {
        share_met(self.part, self.whole, self.ratio, self.bound).met()
    }
}

/// Enough took part, and fewer do until it is not enough. Who is invalid and abstains still takes part.
fn quorum_lost(participating: Weight, voters: Weight, all: &Pile, rules: &PollRules) -> Option<Flip> {
    if rules.invalid_as == InvalidAs::Abstain {
        return None;
    }
    let beyond = |got: u64, of: u64| (got + 1).checked_sub(rules.quorum.least(of, Bound::Reaches));
    let ballots = beyond(participating.heads.0, voters.heads.0).and_then(|ballots| all.so_many(ballots));
    let area = beyond(participating.area.0, voters.area.0).and_then(|area| all.so_heavy(area));
    least([ballots, area])
}

/// Of one text.
fn of_matter(count: &Count<'_>, totals: &Totals, matter: &Matter, rules: &PollRules) -> Option<Flip> {
    let votes = totals.texts.get(&matter.id)?;
    let decided_by = DecisionRules::of(rules, matter.class);
    if Untold::of_text(votes, &decided_by, rules).is_some() {
        return None;
    }
    let Ok(Decision::Decided { participating, yes, outcome, .. }) =
        decision_of(totals.electorate(), votes, matter.class, rules)
    else {
        return None;
    };
    let (ratio, bound) = (decided_by.approval, decided_by.bound);
    let held = Held { part: yes, whole: participating, ratio, bound, invalid_as: rules.invalid_as };
    let answered = |wanted| Pile::of(count.answered(&matter.id, wanted));
    let asked = totals.electorate().voters();
    let quorum_lost = || quorum_lost(participating, asked, &answered(Wanted::Any), rules);
    match outcome {
        Outcome::Passed => least([quorum_lost(), held.lost(&answered(Wanted::Yes))]),
        Outcome::Rejected => least([quorum_lost(), held.won(&answered(Wanted::Other))]),
        Outcome::NoQuorum | Outcome::Indeterminate => None,
    }
}

/// Of who is elected.
fn of_election(
    count: &Count<'_>,
    totals: &Totals,
    verdict: &ElectionVerdict,
    rules: &PollRules,
) -> Option<Flip> {
    let election = verdict.election.as_ref().filter(|_| Untold::of_election(verdict.rank_rule).is_none())?;
    let all = Pile::of(count.returned());
    let standing = |candidate: &CandidateVotes| {
        let own = verdict.candidates.iter().find(|one| one.candidate == candidate.id);
        own.map_or(Standing::NotPassed, |own| own.standing)
    };
    let has_a_place = |one: &&CandidateVotes| matches!(standing(one), Standing::Elected | Standing::Runoff);
    let (placed, others): (Vec<_>, Vec<_>) = totals.candidates.iter().partition(has_a_place);
    let mut ways = vec![quorum_lost(verdict.participating, totals.electorate().voters(), &all, rules)];
    let held = |votes: Weight| Held {
        part: votes,
        whole: verdict.participating,
        ratio: rules.approve_ordinary,
        bound: Bound::Exceeds,
        invalid_as: rules.invalid_as,
    };
    let piles: Vec<_> = placed.iter().map(|one| (one.votes, Pile::of(count.choosers(&one.id)))).collect();
    for (one, (votes, own)) in placed.iter().zip(&piles) {
        ways.push(held(*votes).lost(own));
        if standing(one) == Standing::Runoff {
            // Equal to others: one ballot less, and it is not; or somebody ahead falls level with them.
            ways.push(own.so_many(1));
            let ahead = piles.iter().filter(|(ahead, _)| ahead != votes);
            ways.extend(ahead.map(|(ahead, own)| fall(*ahead, *votes, own, verdict)));
        }
    }
    for other in others {
        let overtakes = least(piles.iter().map(|(votes, own)| fall(*votes, other.votes, own, verdict)));
        let held = held(other.votes);
        let passes =
            if held.is_met() { Some(NOTHING) } else { held.won(&Pile::of(count.passers(&other.id))) };
        // Where a seat is vacant whoever passes has it.
        let takes_a_seat = if election.vacant > 0 { Some(NOTHING) } else { overtakes };
        ways.push(passes.and_then(|passes| Some(passes.and(takes_a_seat?))));
    }
    least(ways)
}

/// What somebody with a place has to lose before another may stand level.
fn fall(ahead: Weight, behind: Weight, own: &Pile, verdict: &ElectionVerdict) -> Option<Flip> {
    if rank(ahead, behind, verdict.participating, verdict.rank_rule).is_le() {
        return Some(NOTHING);
    }
    let heads = ahead.heads.0.saturating_sub(behind.heads.0);
    let area = ahead.area.0.saturating_sub(behind.area.0);
    match verdict.rank_rule {
        RankRule::HeadsArea if heads > 0 => own.so_many(heads),
        RankRule::AreaHeads if area > 0 => own.so_heavy(area),
        // Level in what counts first: any ballot less, and it is behind. By a sum of shares nobody asks here.
        RankRule::HeadsArea | RankRule::AreaHeads | RankRule::RatioSum => own.so_many(1),
    }
}

#[cfg(test)]
mod tests;
