//! Run-offs: a new small poll among those whose equal rank straddled the last seat, and what the votes come to together.
//!
//! Nobody is chosen by the order in which names stand, nor by lot (`tie_rule`): who is equal again is voted on again.

use std::collections::{BTreeMap, BTreeSet};

use super::committee::Rank;
use super::phase::Phase;
use super::tally::{Runoff, Seats, rank};
use super::verdict::{CandidateVerdict, ElectionVerdict};
use crate::words::Words;

/// Why no run-off of a poll is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the result is not published yet")]
    NotPublished,
    #[error("no run-off is due: no equal rank straddles the last seat")]
    NotDue,
    #[error("the poll has its run-off already")]
    MadeAlready,
}

impl Refusal {
    /// The refusal in plain words.
    pub fn words(self) -> Words {
        let zh = match self {
            Self::NotPublished => "结果尚未公布。",
            Self::NotDue => "最后名额没有同票，不需要再次投票。",
            Self::MadeAlready => "已准备再次投票。",
        };
        Words::new(zh, format!("{self}."))
    }
}

/// Between whom a run-off is made now, and for how many seats.
pub fn due(phase: Phase, election: Option<&ElectionVerdict>, is_made: bool) -> Result<Runoff, Refusal> {
    let runoff = election.and_then(|election| election.election.as_ref()?.runoff.clone());
    match (phase, runoff, is_made) {
        (Phase::Published, Some(_), true) => Err(Refusal::MadeAlready),
        (Phase::Published, Some(runoff), false) => Ok(runoff),
        (Phase::Published, None, _) => Err(Refusal::NotDue),
        _ => Err(Refusal::NotPublished),
    }
}

/// Why a vote is not the run-off of what came before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("no run-off is due")]
    NothingDue,
    #[error("others stand in the run-off than those who were equal")]
    OtherCandidates,
    #[error("the run-off is for another number of seats than is open")]
    OtherSeats,
}

/// What an election and its run-offs come to together; ids are those of the first ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composition {
    /// Of the whole committee.
    pub seats: u32,
    /// Of the first vote without those who were equal, then of each run-off; each in rank order.
    pub elected: Vec<String>,
    /// The run-off that is due next.
    pub runoff: Option<Runoff>,
    /// Seats that nobody won, once a run-off that is due has filled its own.
    pub vacant: u32,
    /// Whether they are enough for a committee (Hangzhou 27), with those whom a run-off that is due will add.
    pub formed: bool,
    /// Members with whom it is formed.
    needed: u32,
    alternates_at_most: u32,
    /// Who passed the first vote and won no seat, the better first; who is equal stands together.
    behind: Vec<Vec<String>>,
    /// Whether those for whom the last run-off was made are still equal, for too few took part in it.
    is_undecided: bool,
}

impl Composition {
    /// What the first vote came to; nothing where too few took part.
    pub fn of(first: &ElectionVerdict) -> Option<Self> {
        let election = first.election.as_ref()?;
        let formation = first.formation.as_ref()?;
        let has_place = |one: &&CandidateVerdict| {
            let tied = election.runoff.as_ref().is_some_and(|runoff| runoff.between.contains(&one.candidate));
            tied || election.elected.contains(&one.candidate)
        };
        let behind = election.qualified.iter().filter_map(|id| {
            first.candidates.iter().find(|one| one.candidate == *id).filter(|one| !has_place(one))
        });
        Some(Self {
            seats: formation.seats,
            elected: election.elected.clone(),
            runoff: election.runoff.clone(),
            vacant: election.vacant,
            formed: election.formed,
            needed: formation.needed,
            alternates_at_most: first.alternates_at_most,
            behind: together(&behind.collect::<Vec<_>>(), |one, other| one.rank == other.rank),
            is_undecided: false,
        })
    }

    /// Of how many seats a run-off that is due now is, and how many are filled before it.
    pub fn seats(&self) -> Seats {
        let open = self.runoff.as_ref().map_or(0, |runoff| runoff.seats);
        Seats { open, filled: self.seats.saturating_sub(open).saturating_sub(self.vacant) }
    }

    /// With what the run-off that was due came to. Whoever won it is elected beside those who were; too few who took
    /// part leave its seats open, and whoever did not win half of them leaves one.
    pub fn with(self, vote: &ElectionVerdict) -> Result<Self, Unfit> {
        let due = self.runoff.as_ref().ok_or(Unfit::NothingDue)?;
        let standing: BTreeSet<&String> = vote.candidates.iter().map(|one| &one.candidate).collect();
        if standing != due.between.iter().collect() || vote.candidates.len() != due.between.len() {
            return Err(Unfit::OtherCandidates);
        }
        if vote.seats != due.seats {
            return Err(Unfit::OtherSeats);
        }
        let Some(election) = &vote.election else {
            let vacant = self.vacant.saturating_add(due.seats);
            return Ok(Self { runoff: None, vacant, is_undecided: true, ..self }.counted());
        };
        let is_out = |one: &&CandidateVerdict| {
            let again =
                election.runoff.as_ref().is_some_and(|runoff| runoff.between.contains(&one.candidate));
            !again && !election.elected.contains(&one.candidate)
        };
        let order = |one: &CandidateVerdict, other: &CandidateVerdict| {
            rank(other.votes, one.votes, vote.participating, vote.rank_rule)
        };
        let mut out: Vec<&CandidateVerdict> = vote.candidates.iter().filter(is_out).collect();
        out.sort_by(|one, other| order(one, other));
        let mut behind = together(&out, |one, other| order(one, other).is_eq());
        behind.extend(self.behind);
        Ok(Self {
            elected: self.elected.into_iter().chain(election.elected.iter().cloned()).collect(),
            runoff: election.runoff.clone(),
            vacant: self.vacant.saturating_add(election.vacant),
            behind,
            ..self
        }
        .counted())
    }

    /// Hangzhou 27: as many as are needed, whichever vote filled their seats.
    fn counted(self) -> Self {
        let members = self.seats.saturating_sub(self.vacant);
        Self { formed: members >= self.needed, ..self }
    }

    /// The alternates in rank order, at most as many as the rules allow; not known while a run-off is due, nor where
    /// one had no quorum.
    pub fn alternates(&self) -> Option<Vec<String>> {
        let most = usize::try_from(self.alternates_at_most).unwrap_or(usize::MAX);
        let is_known = self.runoff.is_none() && !self.is_undecided;
        is_known.then(|| self.behind.iter().flatten().take(most).cloned().collect())
    }

    /// The same by rank, with whoever is equal to the last of them; none where they are not known.
    pub fn ranks(&self) -> Vec<Rank> {
        self.alternates().map_or(Vec::new(), |_| Rank::all(&self.behind, self.alternates_at_most))
    }

    /// Those of them who are equal to another: they stand in ballot order until the committee ranks them.
    pub fn equal_alternates(&self) -> Vec<String> {
        let equal: BTreeSet<&String> = self.behind.iter().filter(|group| group.len() > 1).flatten().collect();
        self.alternates().unwrap_or_default().into_iter().filter(|one| equal.contains(one)).collect()
    }
}

impl ElectionVerdict {
    /// The same under other ids; those that have none keep their own. A run-off has a ballot of its own, and what it
    /// came to is read beside the first one.
    #[must_use]
    pub fn renamed(mut self, ids: &BTreeMap<String, String>) -> Self {
        let rename = |id: &mut String| {
            if let Some(other) = ids.get(id) {
                id.clone_from(other);
            }
        };
        self.candidates.iter_mut().for_each(|one| rename(&mut one.candidate));
        self.equal_alternates.iter_mut().for_each(rename);
        if let Some(election) = &mut self.election {
            let lists = [&mut election.qualified, &mut election.elected];
            lists.into_iter().chain(&mut election.alternates).flatten().for_each(rename);
            if let Some(runoff) = &mut election.runoff {
                runoff.between.iter_mut().for_each(rename);
                runoff.between.sort();
            }
        }
        self
    }
}

/// Candidates in order, with those together who are equal.
fn together(
    candidates: &[&CandidateVerdict],
    is_equal: impl Fn(&CandidateVerdict, &CandidateVerdict) -> bool,
) -> Vec<Vec<String>> {
    let groups = candidates.chunk_by(|one, other| is_equal(one, other));
    groups.map(|group| group.iter().map(|one| one.candidate.clone()).collect()).collect()
}

#[cfg(test)]
mod tests;
