//! A committee after its election: who left, who stepped up in rank order, and whether it is to be elected anew.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::runoff::Composition;
use crate::{
    incidents::coded,
    packs::{self, InForce},
    ratio::{Bound, Ratio},
};

coded! {
    /// Why a member's seat fell vacant (guidance rules 43 and 44; cities name the same).
    pub enum Reason {
        Resigned = "RESIGNED",
        /// Who owns nothing there any more is no member any more.
        NotOwner = "NOT_OWNER",
        Died = "DIED",
        /// By a decision of the owners.
        Removed = "REMOVED",
        Other = "OTHER",
    }
}

/// Alternates of equal rank: one, or several among whom no vote has decided yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rank {
    /// In ballot order, which ranks nobody.
    pub candidates: Vec<String>,
    /// How many of them are alternates: fewer than they are where the last place of an alternate is theirs together.
    pub places: u32,
}

impl Rank {
    /// Candidates in groups of equal rank, the better first, as far as there are places for alternates.
    pub fn all(groups: &[Vec<String>], mut places: u32) -> Vec<Self> {
        let mut ranks = Vec::new();
        for group in groups {
            let here = places.min(count(group));
            if here == 0 {
                break;
            }
            places = places.saturating_sub(here);
            ranks.push(Self { candidates: group.clone(), places: here });
        }
        ranks
    }
}

/// What happened to a committee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A member left.
    Left(String),
    /// A by-election filled seats; candidates who stood before go by their ids of then.
    Filled { members: Vec<String>, alternates: Vec<Rank> },
}

/// Why something did not happen to a committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the vote formed no committee, or a run-off is due")]
    NotFormed,
    #[error("this is no member of the committee, or not any more")]
    NoMember,
}

/// A committee as it stands; ids are those of candidates on the first ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committee {
    /// Of the whole committee.
    pub seats: u32,
    /// In the order in which they came, those elected together in rank order.
    pub members: Vec<String>,
    /// Who is left of those who come next, the better first.
    pub alternates: Vec<Rank>,
    /// The place that each has or had among all, from 1; who is equal has the same.
    ranks: BTreeMap<String, u32>,
    /// Seats that fell vacant and that no alternate has taken. One that nobody won waits for none.
    waiting: u32,
}

impl Committee {
    /// As the votes elected it that came to this together.
    pub fn elected(votes: &Composition) -> Result<Self, Refusal> {
        if !votes.formed || votes.runoff.is_some() {
            return Err(Refusal::NotFormed);
        }
        let mut committee = Self {
            seats: votes.seats,
            members: Vec::new(),
            alternates: Vec::new(),
            ranks: BTreeMap::new(),
            waiting: 0,
        };
        committee.join(&votes.elected, votes.ranks());
        Ok(committee)
    }

    /// With one change more; and who stepped up by it.
    ///
    /// Guidance rules 46 and the cities: the next alternate in rank order steps up, of those who also passed the vote
    /// (Hangzhou 28). Of equals nobody does by the order of sorting: the seat waits until it is all of theirs, or a vote
    /// fills it.
    pub fn after(mut self, change: &Change) -> Result<(Self, Vec<String>), Refusal> {
        match change {
            Change::Left(member) => {
                let at = self.members.iter().position(|one| one == member).ok_or(Refusal::NoMember)?;
                self.members.remove(at);
                self.waiting = self.waiting.saturating_add(1);
            }
            Change::Filled { members, alternates } => self.join(members, alternates.clone()),
        }
        let stepped_up = self.step_up();
        Ok((self, stepped_up))
    }

    /// With all these changes, in order.
    pub fn through<'a>(self, changes: impl IntoIterator<Item = &'a Change>) -> Result<Self, Refusal> {
        changes.into_iter().try_fold(self, |so_far, change| Ok(so_far.after(change)?.0))
    }

    /// Members beyond the seats that are open do not come to sit by a vote that was held beside another.
    fn join(&mut self, members: &[String], alternates: Vec<Rank>) {
        let open = usize::try_from(self.vacant()).unwrap_or(usize::MAX);
        let new: Vec<&String> = members.iter().filter(|one| !self.members.contains(one)).take(open).collect();
        for one in new {
            self.rank([one]);
            self.members.push(one.clone());
        }
        for rank in &alternates {
            self.rank(&rank.candidates);
        }
        self.alternates.extend(alternates);
        for rank in &mut self.alternates {
            rank.candidates.retain(|one| !self.members.contains(one));
            rank.places = rank.places.min(count(&rank.candidates));
        }
        self.alternates.retain(|rank| rank.places > 0);
        self.waiting = self.waiting.min(self.vacant());
    }

    /// Gives equals the next place.
    fn rank<'a>(&mut self, equals: impl IntoIterator<Item = &'a String>) {
        let next = count(&self.ranks).saturating_add(1);
        for one in equals {
            self.ranks.entry(one.clone()).or_insert(next);
        }
    }

    fn step_up(&mut self) -> Vec<String> {
        let mut stepped_up = Vec::new();
        while let Some(next) = self.alternates.first() {
            let they_are = count(&next.candidates);
            if they_are > self.waiting.min(next.places) {
                break;
            }
            self.waiting = self.waiting.saturating_sub(they_are);
            stepped_up.extend(self.alternates.remove(0).candidates);
        }
        self.members.extend(stepped_up.iter().cloned());
        stepped_up
    }

    /// Seats that nobody sits on.
    pub fn vacant(&self) -> u32 {
        self.seats.saturating_sub(count(&self.members))
    }

    /// Alternates of equal rank who keep a seat waiting: a vote is to settle which of them steps up.
    pub fn unsettled(&self) -> &[String] {
        match self.alternates.first() {
            Some(next) if self.waiting > 0 => &next.candidates,
            _ => &[],
        }
    }

    /// The place that a member or an alternate has among all, from 1.
    pub fn rank_of(&self, candidate: &str) -> Option<u32> {
        self.ranks.get(candidate).copied()
    }

    /// Whether it is to be elected anew by these rules.
    pub fn is_to_be_elected_anew(&self, rules: Reelection) -> bool {
        count(&self.members) < rules.least(self.seats)
    }
}

/// When a committee is to be elected anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reelection {
    /// With fewer members than this share of the seats, after succession (guidance rules 46).
    pub share: Ratio,
    /// With exactly this share too (Hangzhou).
    pub at_share: bool,
    /// With fewer than the least lawful number of members too (Hangzhou); 0 where that does not matter.
    pub minimum: u32,
}

impl Reelection {
    /// The rules that say it.
    pub const RULES: [&str; 4] = ["reelect_if", "reelect_at_share", "reelect_below_minimum", "min_committee"];

    /// As a poll's frozen rules have it; and what they say, with where each comes from. What they do not say is as the
    /// nation has it.
    pub fn of(in_force: &[InForce]) -> (Self, Vec<InForce>) {
        let said = |name| in_force.iter().find(|rule| rule.name == name).cloned();
        let rules: Vec<InForce> =
            Self::RULES.iter().filter_map(|name| said(*name).or_else(|| packs::nations(name))).collect();
        let value = |name| rules.iter().find(|rule| rule.name == name).map(|rule| &rule.value);
        let share = value("reelect_if").and_then(|share| Ratio::deserialize(share).ok());
        let is_so = |name| value(name).and_then(serde_json::Value::as_bool).unwrap_or_default();
        let minimum = value("min_committee").and_then(serde_json::Value::as_u64).map(u32::try_from);
        let minimum = minimum.and_then(Result::ok).filter(|_| is_so("reelect_below_minimum"));
        let reelection = Self {
            share: share.unwrap_or(Ratio::HALF),
            at_share: is_so("reelect_at_share"),
            minimum: minimum.unwrap_or_default(),
        };
        (reelection, rules)
    }

    /// The least members with whom it goes on.
    pub fn least(self, seats: u32) -> u32 {
        let bound = if self.at_share { Bound::Exceeds } else { Bound::Reaches };
        u32::try_from(self.share.least(seats.into(), bound)).unwrap_or(u32::MAX).max(self.minimum)
    }
}

fn count<T>(all: impl IntoIterator<Item = T>) -> u32 {
    u32::try_from(all.into_iter().count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
