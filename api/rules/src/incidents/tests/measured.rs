//! Every kind of clock through random lives of incidents, against somebody who looks at the incident each minute and
//! makes a stroke for every clock that ought to count then.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    chance::{Life, Step, category},
    clocks::{Clerk, MONDAY, minute},
    *,
};
use crate::calendar::WorkTime;

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (1_i64..900).prop_map(|minutes| Step::Wait(minutes * MINUTE)),
        2 => Just(Step::WaitForDeadline(0)),
        2 => proptest::sample::select(vec![Step::Accept, Step::AskInfo, Step::AskInfo, Step::Reply, Step::Assign]),
        3 => Just(Step::Acknowledge),
        1 => proptest::sample::select(vec![Step::Reject, Step::Appeal, Step::Divert, Step::ForceClose, Step::Withdraw]),
        2 => (1_i64..4000).prop_map(|minutes| Step::Pause(PauseReason::AwaitingParts, minutes * MINUTE)),
        2 => proptest::sample::select(vec![Step::Resume, Step::VoidPause]),
        3 => proptest::sample::select(vec![Inspection::Needed, Inspection::Spared])
            .prop_map(|inspection| Step::Handle(1, inspection)),
        2 => proptest::sample::select(vec![Step::PassInspection, Step::FailInspection, Step::Confirm, Step::SendBack]),
        1 => Just(Step::Reopen),
        1 => Just(Step::ClimbByHand(HandReason::ByHand)),
        3 => Just(Step::Sweep),
    ]
}

/// What somebody saw of an incident, from one minute on.
struct Seen {
    from: i64,
    incident: Incident,
    /// That it stood still was declared void.
    void: bool,
}

/// Somebody who looks each minute.
#[derive(Default)]
struct Observer {
    seen: Vec<Seen>,
}

impl Observer {
    fn look(&mut self, life: &Life, step: Option<&Step>) {
        let from = number(life.now);
        let goes_on = life.incident.status == Status::InProgress;
        if matches!(step, Some(Step::VoidPause)) && goes_on {
            let waited =
                self.seen.iter_mut().rev().take_while(|seen| seen.incident.status == Status::Waiting);
            waited.for_each(|seen| seen.void = true);
        }
        self.seen.push(Seen { from, incident: life.incident, void: false });
    }

    /// Strokes for each kind until `now`, one for each minute.
    fn strokes(&self, now: i64) -> BTreeMap<ClockKind, i64> {
        let open = |seen: &Seen| !seen.incident.status.is_over();
        let last_open = self.seen.iter().rposition(open).unwrap();
        let never_handled =
            |seen: &Seen| seen.incident.rework == 0 && seen.incident.tenure.handled_at.is_none();
        let last_unhandled = self.seen.iter().rposition(|seen| open(seen) && never_handled(seen)).unwrap();
        let mut strokes: BTreeMap<_, _> = ClockKind::ALL.iter().map(|kind| (*kind, 0)).collect();
        for (place, seen) in self.seen.iter().enumerate() {
            let until = self.seen.get(place + 1).map_or(now, |next| next.from);
            for minute in seen.from..until {
                let mut stroke = |kind, counts| *strokes.get_mut(&kind).unwrap() += i64::from(counts);
                let (status, tenure) = (seen.incident.status, seen.incident.tenure);
                let stands_still = matches!(status, Status::NeedInfo | Status::Waiting)
                    && !seen.void
                    && tenure.due().is_some_and(|due| minute < number(due.at));
                let at_work = !matches!(status, Status::Verifying | Status::AwaitConfirm)
                    && open(seen)
                    && !stands_still;
                let taken = tenure.acknowledged_at.is_some();
                let new = matches!(status, Status::Submitted | Status::NeedInfo);
                stroke(ClockKind::Triage, at_work && new);
                stroke(ClockKind::FirstContact, at_work && !taken);
                stroke(ClockKind::Handling, at_work && taken);
                stroke(ClockKind::Verifying, status == Status::Verifying);
                stroke(ClockKind::Confirming, status == Status::AwaitConfirm);
                stroke(ClockKind::FirstResolution, place <= last_unhandled);
                stroke(ClockKind::Total, place <= last_open);
            }
        }
        strokes
    }
}

fn number(at: DateTime<Utc>) -> i64 {
    (at.timestamp() - MONDAY) / 60
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_clock_agrees_with_whoever_looks_each_minute(
        policy in category(),
        start in 0_i64..5000,
        steps in proptest::collection::vec(step(), 0..14),
    ) {
        let mut life = Life::begin(policy, up_to_the_street(), minute(start));
        let mut observer = Observer::default();
        observer.look(&life, None);
        for step in &steps {
            life.take(step);
            observer.look(&life, Some(step));
        }
        let (now, china) = (life.now, WorkTime::china());
        let plain = Budget::new(Unit::UrgentMinutes, 1).unwrap();
        let mut measured: BTreeMap<_, _> = ClockKind::ALL.iter().map(|kind| (*kind, 0)).collect();
        let mut told = BTreeMap::new();
        for turn in &life.turns {
            told.entry((turn.clock.kind, turn.clock.tenure, turn.clock.rework)).or_insert_with(Vec::new).push(turn.entry);
        }
        for ((kind, ..), history) in told {
            let clock = Clock::told(&history).unwrap();
            *measured.get_mut(&kind).unwrap() += clock.clone().under(plain).spent(now, china).unwrap().num_minutes();
            // By the clock's own budget, whatever its unit.
            let clerk = Clerk::reading(&history);
            prop_assert_eq!(clock.due(china).unwrap(), minute(clerk.due()), "{} {:?}", kind, history);
            prop_assert_eq!(clock.spent(now, china).unwrap().num_minutes(), clerk.spent(number(now)), "{}", kind);
        }
        prop_assert_eq!(measured, observer.strokes(number(now)), "{:?}", steps);
    }
}
