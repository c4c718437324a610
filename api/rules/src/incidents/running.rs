//! Which clocks run for an incident, and what each move does to them: those that do not run any more end, others start.
//! What pauses a clock is no move from one to another and stands in [`super::state`] and [`super::triage`].

use chrono::{DateTime, Utc};

use super::budget::Budget;
use super::clock::{Change, Clock, ClockKind, Entry};
use super::due::CONFIRM_WINDOW;
use super::policy::{Policy, Tier};
use super::state::{ExitKind, Incident, Status};

/// One clock of an incident: of a tenure, and of the work done in it for the first time or again. What runs once, from
/// the report on, is of the first tenure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Running {
    /// The tenure's number.
    pub tenure: u32,
    /// How often the work had begun again, see [`Incident::work`].
    pub rework: u32,
    pub kind: ClockKind,
}

/// Something that happened to a clock of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    pub clock: Running,
    pub entry: Entry,
}

impl ClockKind {
    /// It runs once, from the report on, whoever holds the incident.
    const fn runs_once(self) -> bool {
        matches!(self, Self::FirstResolution | Self::Total)
    }
}

impl Running {
    /// The clocks that run, or stand still; none when the incident is over.
    pub fn all(incident: &Incident) -> impl Iterator<Item = Self> {
        let (seq, work, status) = (incident.tenure.seq, incident.work(), incident.status);
        let open = !status.is_over();
        let kinds = ClockKind::ALL.iter().copied().filter(move |kind| match kind {
            ClockKind::Triage => matches!(status, Status::Submitted | Status::NeedInfo),
            ClockKind::FirstContact | ClockKind::Handling => {
                Self::main(incident).map(|main| main.kind) == Some(*kind)
            }
            ClockKind::Verifying => status == Status::Verifying,
            ClockKind::Confirming => status == Status::AwaitConfirm,
            ClockKind::FirstResolution => {
                open && incident.rework == 0 && incident.tenure.handled_at.is_none()
            }
            ClockKind::Total => open,
        });
        kinds.map(move |kind| {
            if kind.runs_once() {
                Self { tenure: 1, rework: 0, kind }
            } else {
                Self { tenure: seq, rework: work, kind }
            }
        })
    }

    /// The one by which the holder is measured, which alone may stand still, with that of the triage beside it.
    pub fn main(incident: &Incident) -> Option<Self> {
        let kind = match incident.status {
            status if status.is_over() => return None,
            Status::Merged | Status::Verifying | Status::AwaitConfirm => return None,
            _ => Self::work_on(incident),
        };
        Some(Self { tenure: incident.tenure.seq, rework: incident.work(), kind })
    }

    /// Those that stand still when work does: what happens to one happens to each.
    pub fn standing_still(incident: &Incident) -> impl Iterator<Item = Self> {
        Self::all(incident).filter(|running| {
            matches!(running.kind, ClockKind::Triage | ClockKind::FirstContact | ClockKind::Handling)
        })
    }

    /// What happens to the clocks that stand still when these entries are made.
    pub fn noted(incident: &Incident, entries: impl IntoIterator<Item = Entry>) -> Vec<Turn> {
        let still: Vec<_> = Self::standing_still(incident).collect();
        let turns = |entry| still.iter().map(move |clock| Turn { clock: *clock, entry });
        entries.into_iter().flat_map(turns).collect()
    }

    /// The clocks of an incident that leads which measure what those of another measured, which it leads from now on: what
    /// runs from the report on, and what measures the same turn, at whichever level: a household below has waited for the
    /// same. The budget stays the lead's own.
    pub fn led_on(lead: &Incident, other: &Incident) -> Vec<(Self, Self)> {
        let theirs: Vec<Self> = Self::all(other).filter(Self::is_work).collect();
        let mine = Self::all(lead).filter(Self::is_work);
        let same = |mine: Self| theirs.iter().find(|one| one.kind == mine.kind).map(|theirs| (mine, *theirs));
        mine.filter_map(same).collect()
    }

    /// It measures what is done, and not whether others look at it.
    const fn is_work(&self) -> bool {
        !matches!(self.kind, ClockKind::Verifying | ClockKind::Confirming)
    }

    /// The clock by which its holder is measured, and which stands still as long as another incident leads, until this
    /// one is on its own again.
    pub fn merged(incident: &Incident) -> Option<Self> {
        incident.merged_from?;
        let kind = Self::work_on(incident);
        Some(Self { tenure: incident.tenure.seq, rework: incident.work(), kind })
    }

    /// That one, and the triage's beside it.
    fn led(incident: &Incident) -> Vec<Self> {
        let main = Self::merged(incident);
        let triage = main.filter(|_| incident.merged_from == Some(Status::Submitted));
        let triage = triage.map(|main| Self { kind: ClockKind::Triage, ..main });
        main.into_iter().chain(triage).collect()
    }

    /// It measures a holder, in its turn.
    pub fn is_a_holders(self) -> bool {
        matches!(self.kind, ClockKind::FirstContact | ClockKind::Handling)
    }

    /// That it has the budget of this tier instead.
    pub(super) fn retargeted(self, tier: &Tier, now: DateTime<Utc>) -> Turn {
        Turn { clock: self, entry: Entry { at: now, change: Change::Retarget { budget: self.budget(tier) } } }
    }

    /// Whether it starts with these turns.
    pub fn starts(self, turns: &[Turn]) -> bool {
        let start = |turn: &Turn| matches!(turn.entry.change, Change::Start { .. });
        turns.iter().any(|turn| turn.clock == self && start(turn))
    }

    /// What these turns make of it; none where its history is lost.
    pub fn turned(self, before: Option<Clock>, turns: &[Turn]) -> Option<Clock> {
        let mine = turns.iter().filter(|turn| turn.clock == self).map(|turn| turn.entry);
        mine.fold(before, |clock, entry| match (clock, entry.change) {
            (None, Change::Start { budget }) => Some(Clock::start(entry.at, budget)),
            (clock, _) => clock?.after(entry).ok(),
        })
    }

    fn work_on(incident: &Incident) -> ClockKind {
        if incident.tenure.acknowledged_at.is_some() { ClockKind::Handling } else { ClockKind::FirstContact }
    }

    const fn budget(self, tier: &Tier) -> Budget {
        match self.kind {
            ClockKind::Triage => tier.triage,
            ClockKind::FirstContact => tier.first_contact,
            ClockKind::Handling | ClockKind::FirstResolution | ClockKind::Total => tier.handling,
            ClockKind::Verifying => tier.verifying,
            ClockKind::Confirming => CONFIRM_WINDOW,
        }
    }

    /// What becomes of it when `after` is the incident and it does not run any more: it has done what it was for, or had
    /// nothing to measure any more.
    fn ends(self, after: &Incident) -> Change {
        let handled = matches!(after.status, Status::Verifying | Status::AwaitConfirm);
        let stayed = self.tenure == after.tenure.seq;
        let forced = after.tenure.exit().is_some_and(|exit| exit.how == ExitKind::Forced);
        let done = match self.kind {
            // Whoever diverts or rejects it has answered.
            ClockKind::Triage | ClockKind::FirstContact => {
                stayed && !forced && after.status != Status::Withdrawn
            }
            ClockKind::Handling => stayed && handled,
            // The reporter answers also by sending back.
            ClockKind::Verifying | ClockKind::Confirming => !forced,
            ClockKind::FirstResolution => handled,
            ClockKind::Total => after.status != Status::Withdrawn,
        };
        if done { Change::Stop } else { Change::Cancel }
    }
}

/// What a move did to the clocks of an incident, or its report when there was nothing `before`.
pub fn turned(before: Option<&Incident>, after: &Incident, policy: &Policy, now: DateTime<Utc>) -> Vec<Turn> {
    let was: Vec<Running> = before.into_iter().flat_map(Running::all).collect();
    let is: Vec<Running> = Running::all(after).collect();
    let (stood, stands) = (before.map(Running::led).unwrap_or_default(), Running::led(after));
    let turn = |clock, change| Turn { clock, entry: Entry { at: now, change } };
    let ended = was
        .iter()
        .filter(|clock| !is.contains(clock))
        .map(|clock| turn(*clock, if stands.contains(clock) { Change::Merge } else { clock.ends(after) }));
    let dropped = stood.iter().filter(|clock| !stands.contains(clock) && !is.contains(clock));
    let dropped = dropped.map(|clock| turn(*clock, Change::Cancel));
    let begun = is.iter().filter(|clock| !was.contains(clock)).map(|clock| {
        let change = match before {
            _ if stood.contains(clock) => Change::Split,
            Some(_) if clock.kind.runs_once() => Change::Continue,
            _ => Change::Start { budget: clock.budget(policy.at(after.tenure.level)) },
        };
        turn(*clock, change)
    });
    ended.chain(dropped).chain(begun).collect()
}
