//! What a holder is told while a budget runs: warnings 预警 once so many hundredths of it are spent, reminders 催办 every
//! so often, and once that the time to sort out a report is over; and the steps that are taken meanwhile, until somebody
//! takes it over. None moves the incident, and none comes twice.
//!
//! Warnings and reminders are of what the holder is measured by: the first contact and the handling. Nobody is told of a
//! clock that stands still, nor in quiet hours; what came due meanwhile is told afterwards, once and by its last.

use chrono::{DateTime, TimeDelta, Utc};

use super::clock::{Change, Clock};
use super::due::{self, DueKind};
use super::policy::{Does, Policy, Step, Tier, steps};
use super::running::Turn;
use super::state::{Incident, Status};

/// Something to tell a holder, and whoever else its level tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// So many hundredths of the budget are spent.
    Warning { percent: u8 },
    /// It is not sorted out, and the time for that is over.
    Unsorted,
    /// The budget still runs; how many reminders came of it, with this one.
    Reminder { times: u16 },
    /// A step of its policy, by its number in the list.
    Step { number: usize, does: Does },
}

/// How far a holder has been told of the budget that runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prompted {
    /// The hundredth of the last warning.
    pub warned: u8,
    /// How many reminders came due.
    pub reminded: u16,
    /// Whether it was told that the time to sort it out is over.
    pub unsorted: bool,
    /// How many steps were taken, and when the last one was.
    pub steps: u32,
    pub stepped_at: Option<DateTime<Utc>>,
}

impl Prompted {
    /// How far after these turns: not at all where a budget begins with them.
    #[must_use]
    pub fn after(self, turns: &[Turn]) -> Self {
        let begins = |turn: &Turn| matches!(turn.entry.change, Change::Start { .. } | Change::Reset);
        let anew = turns.iter().any(|turn| begins(turn) && turn.clock.is_a_holders());
        if anew { Self::default() } else { self }
    }
}

/// A budget that runs, by its `clock`, see [`Running::main`](super::Running::main).
#[derive(Debug, Clone, Copy)]
pub struct Budgeted<'a> {
    clock: &'a Clock,
    policy: &'a Policy,
    tier: &'a Tier,
    /// What is done until somebody takes it over; nothing once somebody has.
    steps: &'a [Step],
    /// When the budget is spent, and when something happens by itself because of it.
    due_at: DateTime<Utc>,
    acts_at: DateTime<Utc>,
    /// When the time to sort it out is over, if that comes first.
    unsorted_at: Option<DateTime<Utc>>,
}

impl<'a> Budgeted<'a> {
    /// None while nobody is to be told: the clock stands still, is overdue at the top, or it is another's turn.
    pub fn of(incident: &Incident, clock: &'a Clock, policy: &'a Policy) -> Option<Self> {
        let runs = |due: &due::Due| matches!(due.kind, DueKind::Contact | DueKind::Handle);
        let due = incident.tenure.due().filter(runs)?;
        let tier = policy.at(incident.tenure.level);
        // The clock of the triage starts and stands still with that of the first contact.
        let triage = (incident.status == Status::Submitted).then(|| clock.clone().under(tier.triage));
        let unsorted_at = triage.map(|triage| due::spent_at(&triage, &policy.calendar));
        Some(Self {
            clock,
            policy,
            tier,
            steps: if due.kind == DueKind::Contact { &tier.steps } else { &[] },
            due_at: due.at,
            acts_at: due::acts_at(due, policy, &incident.tenure),
            unsorted_at: unsorted_at.filter(|at| *at < due.at),
        })
    }

    /// When there is something to tell or to do next, `now` or later; none before something happens by itself.
    pub fn next(&self, told: Prompted, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.next_to_tell(told, now).into_iter().chain(self.next_step(told, now)).min()
    }

    /// The same, but for the steps: while the next of them waits for more households, see [`Self::counts_for`].
    pub fn next_to_tell(&self, told: Prompted, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let next = self
            .warnings(told)
            .map(|(at, _)| at)
            .chain(self.reminders(told).next().map(|(at, _)| at))
            .chain(self.unsorted(told))
            .min()?;
        self.before_it_acts(self.policy.common.quiet.after(next.max(now)))
    }

    fn before_it_acts(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        (at < self.acts_at).then_some(at)
    }

    /// The step whose turn it is, by its number.
    fn step(&self, told: Prompted) -> Option<(usize, &'a Step)> {
        steps::in_order(self.steps).nth(usize::try_from(told.steps).ok()?)
    }

    /// When the next step is taken, `now` or later, if nothing but time has to come for it.
    fn next_step(&self, told: Prompted, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let since = told.stepped_at.unwrap_or(self.clock.started());
        let at = match self.step(told)?.1 {
            Step::Wait(wait) => due::spent_at(&Clock::start(since, *wait), &self.policy.calendar).max(now),
            Step::OnlyWithin(hours) => {
                return self.before_it_acts(self.policy.common.quiet.within(hours, now)?);
            }
            _ => now,
        };
        self.before_it_acts(self.policy.common.quiet.after(at))
    }

    /// How far back households are counted for the step whose turn it is, if any are: it comes when there are enough, and
    /// there may be whenever another reports or urges it.
    pub fn counts_for(&self, told: Prompted) -> Option<TimeDelta> {
        match self.step(told)?.1 {
            Step::OnlyIf { within_minutes, .. } => Some(TimeDelta::minutes((*within_minutes).into())),
            _ => None,
        }
    }

    /// Takes the step that is due `now`, of so many households that [`Self::counts_for`] asks for: what is done, if
    /// anything, and how far the steps were taken then.
    pub fn take_step(
        &self,
        told: Prompted,
        households: u32,
        now: DateTime<Utc>,
    ) -> Option<(Option<Prompt>, Prompted)> {
        if self.next_step(told, now)? > now {
            return None;
        }
        let (number, step) = self.step(told)?;
        if matches!(step, Step::OnlyIf { households: least, .. } if households < u32::from(*least)) {
            return None;
        }
        let then = Prompted { steps: told.steps.saturating_add(1), stepped_at: Some(now), ..told };
        Some((step.does().map(|does| Prompt::Step { number, does }), then))
    }

    /// What is to be told `now`, and how far the holder has been told then. A warning calls for all that the others
    /// do.
    pub fn due(&self, told: Prompted, now: DateTime<Utc>) -> Option<(Prompt, Prompted)> {
        if self.next_to_tell(told, now)? > now {
            return None;
        }
        let is_due = |(at, _): &(DateTime<Utc>, _)| *at <= now;
        let warned = self.warnings(told).filter(is_due).map(|(_, percent)| percent).last();
        let reminded = self.reminders(told).take_while(|(at, _)| *at <= now).map(|(_, times)| times).last();
        let unsorted = self.unsorted(told).filter(|at| *at <= now);
        let prompt = match (warned, unsorted, reminded) {
            (Some(percent), ..) => Prompt::Warning { percent },
            (None, Some(_), _) => Prompt::Unsorted,
            (None, None, Some(times)) => Prompt::Reminder { times },
            (None, None, None) => return None,
        };
        let then = Prompted {
            warned: warned.unwrap_or(told.warned),
            reminded: reminded.unwrap_or(told.reminded),
            unsorted: told.unsorted || unsorted.is_some(),
            ..told
        };
        Some((prompt, then))
    }

    /// When the time to sort it out is over, unless that was told.
    fn unsorted(&self, told: Prompted) -> Option<DateTime<Utc>> {
        self.unsorted_at.filter(|_| !told.unsorted)
    }

    /// The warnings that are left, with when they come due.
    fn warnings(&self, told: Prompted) -> impl Iterator<Item = (DateTime<Utc>, u8)> {
        let left = self.tier.warn_at.iter().copied().filter(move |percent| *percent > told.warned);
        left.map(|percent| (due::spent_to(self.clock, percent, &self.policy.calendar), percent))
    }

    /// The reminders that are left, with when they come due; none once the budget is spent.
    fn reminders(&self, told: Prompted) -> impl Iterator<Item = (DateTime<Utc>, u16)> {
        let every = self.tier.reminders.every;
        let left = told.reminded.saturating_add(1)..=self.tier.reminders.at_most;
        left.map_while(move |times| {
            Some((
                due::spent_at(&self.clock.clone().under(every.times(times)?), &self.policy.calendar),
                times,
            ))
        })
        .take_while(|(at, _)| *at < self.due_at)
    }
}
