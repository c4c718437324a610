//! What was counted of random lives follows from the histories of their clocks alone, so that it can be asked under another
//! budget.

use proptest::prelude::*;

use super::{
    chance::{Life, category, step},
    *,
};
use crate::calendar::Calendar;
use crate::figures::{Outcome, decided, triage_end, triaged, what_if};

/// What a step decided by a budget, each with the clock that did; `triage` is that of the triage before it.
fn counted(before: &Incident, triage: Option<&Clock>, policy: &Policy, life: &Life) -> Vec<(Outcome, Clock)> {
    let turns = turned(Some(before), &life.incident, policy, life.now);
    let sorted = triage_end(before, &turns).zip(triage);
    let sorted = sorted.map(|(end, clock)| triaged(before, end, clock, &policy.calendar));
    let clock = |outcome| {
        let kind = what_if::clock_of(outcome)?;
        let running = Running { tenure: before.tenure.seq, rework: before.work(), kind };
        Some((outcome, life.clock(running)))
    };
    let all = decided(Some(before), &life.incident, life.now).into_iter().chain(sorted);
    all.filter_map(|one| clock(one.outcome)).collect()
}

/// How well it was done: in time, or not; left out, where nobody can say.
fn in_time(outcome: Outcome) -> Option<bool> {
    match outcome {
        Outcome::TriagedInTime | Outcome::ContactInTime | Outcome::HandledInTime => Some(true),
        Outcome::TriageMoot | Outcome::ContactMoot | Outcome::HandlingMoot => None,
        _ => Some(false),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn under_its_own_budget_it_is_what_was_counted_and_under_a_longer_one_never_worse(
        policy in category(),
        steps in proptest::collection::vec(step(), 0..20),
    ) {
        let mut life = Life::begin(policy, up_to_the_street(), morning());
        for step in &steps {
            let before = life.incident;
            let triage = Running::all(&before).find(|clock| clock.kind == ClockKind::Triage);
            let triage = triage.map(|triage| life.clock(triage));
            life.take(step);
            // What stood still and was slept through may have been swept twice at once, or be late and not told so.
            if matches!(before.status, Status::Waiting | Status::NeedInfo) {
                continue;
            }
            for (outcome, clock) in counted(&before, triage.as_ref(), policy, &life) {
                let judged = |budget| what_if::judged(outcome, life.now, &clock, budget, Calendar::shipped());
                prop_assert_eq!(judged(clock.budget()), Some(outcome), "{:?} {:?}", before, clock);
                let Some(longer) = clock.budget().times(2) else { continue };
                let then = judged(longer).and_then(in_time);
                prop_assert!(
                    in_time(outcome) != Some(true) || then == Some(true),
                    "{} becomes {:?} with more time",
                    outcome,
                    then
                );
            }
        }
    }
}
