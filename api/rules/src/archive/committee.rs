//! What became of a committee after its election: each who left was a member, and who stepped up is who comes next by the
//! votes. Of seats that a by-election filled the archive has what the record tells: that vote has an archive of its own.

use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::Value;

use super::{
    Findings,
    fault::Fault,
    format::{Line, Poll},
    runoff::Votes,
};
use crate::polls::{
    committee::{Change, Committee, Rank, Reelection},
    runoff::Composition,
};

pub const VACANCY: &str = "COMMITTEE_VACANCY";
pub const STEPPED_UP: &str = "COMMITTEE_STEPPED_UP";
pub const REELECTION_DUE: &str = "COMMITTEE_REELECTION_DUE";
pub const SEATS_FILLED: &str = "COMMITTEE_SEATS_FILLED";

/// All of them.
pub const KINDS: [&str; 4] = [VACANCY, STEPPED_UP, REELECTION_DUE, SEATS_FILLED];

/// Checks what became of the committee that a poll elected, alone or with the votes that it decides.
pub(super) fn check<'a>(
    polls: &[Poll],
    poll: &Poll,
    lines: impl Iterator<Item = &'a Line>,
    found: &mut Findings,
) {
    let lines: Vec<&Line> = lines.filter(|line| KINDS.contains(&line.kind.as_str())).collect();
    let Some(last) = lines.last() else { return };
    let unlawful = |seq, why: String| Fault::SuccessionUnlawful { poll: poll.id.clone(), seq, why };
    let mut sits = match Sits::elected(polls, poll) {
        Ok(sits) => sits,
        Err(why) => return found.fault(unlawful(last.seq, why)),
    };
    for line in &lines {
        let is_final = poll.final_at.is_some_and(|at| at <= line.at);
        let taken = if is_final { sits.take(line) } else { Err("the result was not final".to_owned()) };
        if let Err(why) = taken {
            return found.fault(unlawful(line.seq, why));
        }
    }
    if let Err(why) = sits.all_is_told() {
        return found.fault(unlawful(last.seq, why));
    }
    let Committee { seats, members, .. } = &sits.now;
    found.checked(format!(
        "{}: who sits on the committee of {seats} now, {} members, and who stepped up in rank order",
        poll.title,
        members.len()
    ));
}

/// A committee, and what is still to be told of its last change.
struct Sits {
    now: Committee,
    rules: Reelection,
    steps_up: VecDeque<String>,
    is_due: bool,
}

#[derive(Deserialize)]
struct Filled {
    members: Vec<String>,
    alternates: Vec<Rank>,
}

impl Sits {
    fn elected(polls: &[Poll], poll: &Poll) -> Result<Self, String> {
        let nobody = || "the poll elected no committee".to_owned();
        let votes = Votes::of(polls, poll)?;
        let election = poll.counted.as_ref().and_then(|counted| counted.result.verdict.election.as_ref());
        let alone = election.and_then(Composition::of);
        let together = votes.as_ref().map(Votes::together).or(alone.as_ref()).ok_or_else(nobody)?;
        let now = Committee::elected(together).map_err(|refusal| refusal.to_string())?;
        let (rules, _) = Reelection::of(poll.in_force.as_deref().unwrap_or_default());
        Ok(Self { now, rules, steps_up: VecDeque::new(), is_due: false })
    }

    /// One line more; why it cannot be.
    fn take(&mut self, line: &Line) -> Result<(), String> {
        let facts = line.facts();
        let candidate = || facts.get("candidate_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        match line.kind.as_str() {
            VACANCY => self.changes(&Change::Left(candidate()), &facts),
            SEATS_FILLED => {
                let Filled { members, alternates } =
                    Filled::deserialize(&facts).map_err(|error| error.to_string())?;
                self.changes(&Change::Filled { members, alternates }, &facts)
            }
            STEPPED_UP => match self.steps_up.pop_front() {
                Some(next) if next == candidate() => Ok(()),
                Some(next) => Err(format!("{} stepped up; by rank it is {next}", candidate())),
                None => Err(format!("{} stepped up; by rank nobody does", candidate())),
            },
            _ if !self.is_due => Err("it is not to be elected anew".to_owned()),
            _ => {
                self.is_due = false;
                Ok(())
            }
        }
    }

    fn changes(&mut self, change: &Change, facts: &Value) -> Result<(), String> {
        self.all_is_told()?;
        let was_due = self.now.is_to_be_elected_anew(self.rules);
        let (now, stepped_up) = self.now.clone().after(change).map_err(|refusal| refusal.to_string())?;
        self.is_due = !was_due && now.is_to_be_elected_anew(self.rules);
        (self.now, self.steps_up) = (now, stepped_up.into());
        let vacant = self.now.vacant();
        if facts.get("vacant").and_then(Value::as_u64) != Some(vacant.into()) {
            return Err(format!("it tells of another number of vacant seats than {vacant}"));
        }
        Ok(())
    }

    fn all_is_told(&self) -> Result<(), String> {
        if let Some(next) = self.steps_up.front() {
            return Err(format!("by rank {next} stepped up, which is not told"));
        }
        if self.is_due {
            return Err("it is to be elected anew, which is not told".to_owned());
        }
        Ok(())
    }
}
