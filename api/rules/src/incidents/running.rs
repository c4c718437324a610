//! Which clock runs for an incident, and what each move does to the clocks: the one that ran ends, another starts. What
//! pauses a clock is no move from one to another and stands in [`super::state`].

use chrono::{DateTime, Utc};

use super::budget::Budget;
use super::clock::{Change, ClockKind, Entry};
use super::due::CONFIRM_WINDOW;
use super::policy::{Policy, Tier};
use super::state::{Incident, Status};

/// One clock of an incident: of a tenure, and of the work done in it for the first time or again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Running {
    /// The tenure's number.
    pub tenure: u32,
    /// How often the reporter had sent it back.
    pub rework: u32,
    pub kind: ClockKind,
}

/// Something that happened to a clock of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    pub clock: Running,
    pub entry: Entry,
}

impl Running {
    /// The clock that runs, or stands still; none when the incident is over.
    pub fn of(incident: &Incident) -> Option<Self> {
        let kind = match incident.status {
            Status::Closed | Status::Withdrawn | Status::Merged => return None,
            Status::AwaitConfirm => ClockKind::Confirming,
            _ => Self::work_on(incident),
        };
        Some(Self { tenure: incident.tenure.seq, rework: incident.rework, kind })
    }

    /// The clock that stands still as long as another incident leads, until this one is on its own again.
    pub fn merged(incident: &Incident) -> Option<Self> {
        incident.merged_from?;
        let kind = Self::work_on(incident);
        Some(Self { tenure: incident.tenure.seq, rework: incident.rework, kind })
    }

    fn work_on(incident: &Incident) -> ClockKind {
        if incident.tenure.acknowledged_at.is_some() { ClockKind::Handling } else { ClockKind::FirstContact }
    }

    const fn budget(self, tier: &Tier) -> Budget {
        match self.kind {
            ClockKind::FirstContact => tier.first_contact,
            ClockKind::Handling => tier.handling,
            ClockKind::Confirming => CONFIRM_WINDOW,
        }
    }

    /// What becomes of it when `after` is the incident and it does not run any more: it has done what it was for, unless
    /// the incident left its holder, or was withdrawn, before. The reporter answers also by sending back.
    fn ends(self, after: &Incident) -> Change {
        let answered = self.kind == ClockKind::Confirming;
        let stayed = self.tenure == after.tenure.seq && after.status != Status::Withdrawn;
        if answered || stayed { Change::Stop } else { Change::Cancel }
    }
}

/// What a move did to the clocks of an incident, or its report when there was nothing `before`.
pub fn turned(before: Option<&Incident>, after: &Incident, policy: &Policy, now: DateTime<Utc>) -> Vec<Turn> {
    let (ran, runs) = (before.and_then(Running::of), Running::of(after));
    let (stood, stands) = (before.and_then(Running::merged), Running::merged(after));
    let turn = |clock, change| Turn { clock, entry: Entry { at: now, change } };
    let ended = ran.filter(|_| ran != runs).map(|clock| {
        let change = if stands == ran { Change::Merge } else { clock.ends(after) };
        turn(clock, change)
    });
    let dropped = stood.filter(|_| stood != stands && stood != runs).map(|clock| turn(clock, Change::Cancel));
    let started = runs.filter(|_| ran != runs).map(|clock| {
        let budget = clock.budget(policy.at(after.tenure.level));
        let change = if stood == runs { Change::Split } else { Change::Start { budget } };
        turn(clock, change)
    });
    ended.into_iter().chain(dropped).chain(started).collect()
}
