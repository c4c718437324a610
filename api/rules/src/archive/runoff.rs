//! A run-off beside the votes that it decides: whether it is theirs, and what they come to together.

use std::collections::BTreeMap;

use super::{
    Findings,
    fault::Fault,
    format::{Archive, Composition, Poll},
};
use crate::polls::{
    lists::{self, Names},
    runoff,
    tally::{Runoff, Seats},
    verdict::ElectionVerdict,
};

/// A run-off with the votes that it decides; candidates go by their ids on the first ballot.
pub struct Votes {
    first: String,
    verdicts: Vec<ElectionVerdict>,
    together: runoff::Composition,
    names: Names,
}

impl Votes {
    /// Of a run-off that is counted; nothing where a poll is none, or is not.
    ///
    /// # Errors
    /// Why they do not belong together.
    pub fn of(polls: &[Poll], run_off: &Poll) -> Result<Option<Self>, String> {
        if run_off.runoff_of.is_none() || run_off.counted.is_none() {
            return Ok(None);
        }
        let (mut first_ids, mut names, mut verdicts) = (BTreeMap::new(), Names::new(), Vec::new());
        let votes = decided_by(polls, run_off)?;
        for vote in &votes {
            let mut ids = BTreeMap::new();
            for one in &vote.candidates {
                // Who stands again is the same owner under the same name with the same page.
                let first = *first_ids.entry(one.hash.as_str()).or_insert(one.id.as_str());
                ids.insert(one.id.clone(), first.to_owned());
                names.entry(first.to_owned()).or_insert_with(|| one.name.clone());
            }
            let verdict = election(vote).ok_or_else(|| format!("poll {} elected nobody", vote.id))?;
            verdicts.push(verdict.clone().renamed(&ids));
        }
        let nobody = || "no vote comes before it".to_owned();
        let (first, run_offs) = verdicts.split_first().ok_or_else(nobody)?;
        let so_far = runoff::Composition::of(first).ok_or_else(nobody)?;
        let together = run_offs.iter().try_fold(so_far, runoff::Composition::with);
        let together = together.map_err(|unfit| unfit.to_string())?;
        let first = votes.first().map(|vote| vote.id.clone()).ok_or_else(nobody)?;
        Ok(Some(Self { first, verdicts, together, names }))
    }

    /// Everybody whom the votes elected, and who comes next.
    pub fn members(&self) -> Vec<Vec<String>> {
        let verdicts: Vec<&ElectionVerdict> = self.verdicts.iter().collect();
        lists::members_together(&verdicts, &self.together, &self.names).rows()
    }

    /// What they come to.
    pub const fn together(&self) -> &runoff::Composition {
        &self.together
    }

    pub fn composition(&self) -> Composition {
        let together = &self.together;
        Composition {
            first: self.first.clone(),
            seats: together.seats,
            elected: together.elected.clone(),
            runoff: together.runoff.clone(),
            alternates: together.alternates(),
            equal_alternates: together.equal_alternates(),
            vacant: together.vacant,
            formed: together.formed,
        }
    }
}

/// The votes that a run-off decides, the first one first, and it as the last.
fn decided_by<'a>(polls: &'a [Poll], run_off: &'a Poll) -> Result<Vec<&'a Poll>, String> {
    let mut votes = vec![run_off];
    let mut next = run_off.runoff_of.as_ref();
    while let Some(id) = next {
        let vote = polls.iter().find(|poll| poll.id == *id);
        let vote = vote.ok_or_else(|| format!("poll {id}, which it decides, is not there"))?;
        if votes.iter().any(|known| known.id == *id) {
            return Err("it decides itself".to_owned());
        }
        votes.push(vote);
        next = vote.runoff_of.as_ref();
    }
    votes.reverse();
    Ok(votes)
}

fn election(poll: &Poll) -> Option<&ElectionVerdict> {
    poll.counted.as_ref()?.result.verdict.election.as_ref()
}

fn due(poll: &Poll) -> Option<&Runoff> {
    election(poll)?.election.as_ref()?.runoff.as_ref()
}

/// What a run-off is about is what its vote left open: these seats, between these, by the same rules, once that was out.
pub(super) fn check(archive: &Archive, poll: &Poll, found: &mut Findings) {
    let unlike = |why: String| Fault::RunoffUnlike { poll: poll.id.clone(), why };
    let Some(of) = &poll.runoff_of else {
        // Seats that were filled before it are those of a committee that it completes.
        let Some(filled) = poll.seats_filled else { return };
        let is_lawful =
            poll.kind == "COMMITTEE_ELECTION" && poll.rules.allows_seats(poll.all_seats().whole());
        found.must(is_lawful, || {
            unlike(format!("it is none, and {} seats beside {filled} are no committee", poll.seats))
        });
        return;
    };
    let Some(decided) = archive.poll(of) else {
        found.fault(Fault::PollMissing { poll: of.clone() });
        return;
    };
    let Some(due) = due(decided) else {
        found.fault(unlike(format!("it is the run-off of poll {of}, in which none is due")));
        return;
    };
    let filled = decided.all_seats().whole().saturating_sub(due.seats);
    let seats = poll.all_seats();
    found.must(seats == Seats { open: due.seats, filled }, || {
        let Seats { open, filled: beside } = seats;
        unlike(format!("{open} seats beside {beside}, and {} beside {filled} are open", due.seats))
    });
    let equal = decided.candidates.iter().filter(|one| due.between.contains(&one.id));
    let same = equal.map(|one| &one.hash).eq(poll.candidates.iter().map(|one| &one.hash));
    found.must(same, || unlike("others stand than those who were equal".to_owned()));
    found.must(poll.rules == decided.rules, || {
        unlike("it has other rules than the vote that it decides".into())
    });
    found.must(poll.publicity == decided.publicity, || {
        unlike("it tells more or less of its votes than the vote that it decides".into())
    });
    let put_to_texts = !poll.matters.is_empty()
        || poll.kind != decided.kind
        || (&poll.place, &poll.among) != (&decided.place, &decided.among);
    found.must(!put_to_texts, || unlike("it is put to something else, or somewhere else".to_owned()));
    if let Some(locked) = &poll.locked {
        let after = decided.published_at.is_some_and(|at| at <= locked.at);
        found.must(after, || unlike("it locked before the result was out that it decides".to_owned()));
    }
}
