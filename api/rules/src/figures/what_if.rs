//! What if 7 days were 5: how a holding that was counted would have come out under another budget, from the history of its
//! clock.
//!
//! What was done, and when, stays as it was; only whether that was in time is asked anew. A budget that would have run out
//! earlier takes nothing away from its holder, who is late with what was done after it, and has missed what was never done.
//! One that would not have run out when the incident climbed leaves undecided what its holder would have done with the
//! rest: it is left out, as whatever leaves its holder before its time is over.

use chrono::{DateTime, Utc};

use super::outcome::Outcome;
use crate::calendar::Calendar;
use crate::incidents::{Budget, Clock, ClockKind, due};

/// The clock that decided an outcome of this kind; none where no budget of a holder did.
pub const fn clock_of(outcome: Outcome) -> Option<ClockKind> {
    match outcome {
        Outcome::TriagedInTime | Outcome::TriagedLate | Outcome::TriageMissed | Outcome::TriageMoot => {
            Some(ClockKind::Triage)
        }
        Outcome::ContactInTime | Outcome::ContactLate | Outcome::ContactMissed | Outcome::ContactMoot => {
            Some(ClockKind::FirstContact)
        }
        Outcome::HandledInTime
        | Outcome::HandledLate
        | Outcome::HandlingMissed
        | Outcome::HandlingMoot
        | Outcome::HandledAfterAll => Some(ClockKind::Handling),
        _ => None,
    }
}

/// What an outcome that was counted `at` a moment would have been, had its `clock` had this budget; none where nothing would
/// have been counted then. What no clock of [`clock_of`] decided is what it is.
pub fn judged(
    outcome: Outcome,
    at: DateTime<Utc>,
    clock: &Clock,
    budget: Budget,
    calendar: &Calendar,
) -> Option<Outcome> {
    let Some(kind) = clock_of(outcome) else { return Some(outcome) };
    let due = due::spent_at(&clock.clone().under(budget), calendar);
    let done = clock.end().filter(|end| !end.cancelled).map(|end| end.at);
    match outcome {
        // Had the time not run out, it would have been handled once, and not after all.
        Outcome::HandledAfterAll => (due <= at).then_some(outcome),
        Outcome::TriageMissed | Outcome::ContactMissed | Outcome::HandlingMissed => Some(match done {
            Some(done) if done < due => in_time(kind),
            Some(_) => outcome,
            None => left(kind, clock.end().map_or(at, |end| end.at), due),
        }),
        Outcome::TriageMoot | Outcome::ContactMoot | Outcome::HandlingMoot => Some(left(kind, at, due)),
        _ => Some(if at < due { in_time(kind) } else { late(kind) }),
    }
}

/// It left its holder at a moment, with nothing done.
fn left(kind: ClockKind, at: DateTime<Utc>, due: DateTime<Utc>) -> Outcome {
    match (kind, at < due) {
        (ClockKind::Triage, true) => Outcome::TriageMoot,
        (ClockKind::Triage, false) => Outcome::TriageMissed,
        (ClockKind::FirstContact, true) => Outcome::ContactMoot,
        (ClockKind::FirstContact, false) => Outcome::ContactMissed,
        (_, true) => Outcome::HandlingMoot,
        (_, false) => Outcome::HandlingMissed,
    }
}

const fn in_time(kind: ClockKind) -> Outcome {
    match kind {
        ClockKind::Triage => Outcome::TriagedInTime,
        ClockKind::FirstContact => Outcome::ContactInTime,
        _ => Outcome::HandledInTime,
    }
}

const fn late(kind: ClockKind) -> Outcome {
    match kind {
        ClockKind::Triage => Outcome::TriagedLate,
        ClockKind::FirstContact => Outcome::ContactLate,
        _ => Outcome::HandledLate,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::incidents::{Change, Entry, PauseReason, Unit};

    const DAY: i64 = 24 * 60;

    fn at(minutes: i64) -> DateTime<Utc> {
        "2026-11-02T01:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
    }

    fn days(days: u16) -> Budget {
        Budget::new(Unit::UrgentMinutes, u32::from(days) * 24 * 60).unwrap()
    }

    /// A clock of seven days, with what happened to it.
    fn clock(history: &[(i64, Change)]) -> Clock {
        let start = Entry { at: at(0), change: Change::Start { budget: days(7) } };
        let later = history.iter().map(|(minutes, change)| Entry { at: at(*minutes), change: *change });
        Clock::told(&std::iter::once(start).chain(later).collect::<Vec<_>>()).unwrap()
    }

    fn what_if(outcome: Outcome, minutes: i64, clock: &Clock, budget: u16) -> Option<Outcome> {
        judged(outcome, at(minutes), clock, days(budget), Calendar::shipped())
    }

    #[test]
    fn what_if_seven_days_were_five() {
        let handled = |minutes| {
            let clock = clock(&[(minutes, Change::Stop)]);
            [7, 5].map(|budget| what_if(Outcome::HandledInTime, minutes, &clock, budget).unwrap())
        };
        assert_eq!(handled(4 * DAY), [Outcome::HandledInTime; 2]);
        assert_eq!(handled(5 * DAY - 1), [Outcome::HandledInTime; 2]);
        assert_eq!(
            handled(5 * DAY),
            [Outcome::HandledInTime, Outcome::HandledLate],
            "its very instant is late"
        );
        assert_eq!(handled(6 * DAY), [Outcome::HandledInTime, Outcome::HandledLate]);
    }

    #[test]
    fn what_was_paused_stays_paused() {
        let pause = Change::Pause { reason: PauseReason::AwaitingParts, until: at(4 * DAY) };
        let clock = clock(&[(2 * DAY, pause), (6 * DAY, Change::Stop)]);
        assert_eq!(what_if(Outcome::HandledInTime, 6 * DAY, &clock, 5), Some(Outcome::HandledInTime));
        assert_eq!(what_if(Outcome::HandledInTime, 6 * DAY, &clock, 4), Some(Outcome::HandledLate));
    }

    #[test]
    fn what_climbed_may_have_had_time_left_and_what_left_may_have_had_none() {
        let climbed = clock(&[(7 * DAY, Change::Cancel)]);
        let missed = |budget| what_if(Outcome::HandlingMissed, 7 * DAY, &climbed, budget);
        assert_eq!([5, 7].map(missed), [Some(Outcome::HandlingMissed); 2]);
        assert_eq!(missed(8), Some(Outcome::HandlingMoot), "nobody knows what the eighth day had brought");
        let taken = clock(&[(6 * DAY, Change::Cancel)]);
        let moot = |budget| what_if(Outcome::HandlingMoot, 6 * DAY, &taken, budget);
        assert_eq!([7, 5].map(moot), [Some(Outcome::HandlingMoot), Some(Outcome::HandlingMissed)]);
        let contact = |outcome, budget| what_if(outcome, 6 * DAY, &taken, budget);
        assert_eq!(contact(Outcome::ContactMoot, 5), Some(Outcome::ContactMissed));
        assert_eq!(contact(Outcome::ContactMissed, 7), Some(Outcome::ContactMoot));
    }

    #[test]
    fn what_was_reminded_of_at_the_top_counts_once() {
        // Missed on the seventh day, where nobody stood above, and handled on the ninth.
        let top = clock(&[(9 * DAY, Change::Stop)]);
        let counted = |budget| {
            [(Outcome::HandlingMissed, 7 * DAY), (Outcome::HandledAfterAll, 9 * DAY)]
                .map(|(outcome, minutes)| what_if(outcome, minutes, &top, budget))
        };
        assert_eq!(counted(7), [Some(Outcome::HandlingMissed), Some(Outcome::HandledAfterAll)]);
        assert_eq!(counted(9), [Some(Outcome::HandlingMissed), Some(Outcome::HandledAfterAll)]);
        assert_eq!(counted(10), [Some(Outcome::HandledInTime), None]);
        let waits = clock(&[]);
        let open = |budget| what_if(Outcome::HandlingMissed, 7 * DAY, &waits, budget);
        assert_eq!([7, 10].map(open), [Some(Outcome::HandlingMissed), Some(Outcome::HandlingMoot)]);
    }

    #[test]
    fn what_no_budget_decides_is_what_it_is() {
        let clock = clock(&[]);
        for outcome in Outcome::ALL.iter().filter(|outcome| clock_of(**outcome).is_none()) {
            assert_eq!(what_if(*outcome, DAY, &clock, 1), Some(*outcome));
        }
        assert_eq!(Outcome::ALL.iter().filter(|outcome| clock_of(**outcome).is_some()).count(), 13);
    }
}
