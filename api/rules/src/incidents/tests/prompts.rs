//! What a holder is told while a budget runs, and somebody who looks each minute whether it was.

use proptest::prelude::*;
use serde_json::json;

use super::{
    chance::{Life, Step, category, step},
    clock::{Change, Entry, PauseReason},
    policy::{Quiet, Scoped, lay, nation},
    *,
};
use crate::calendar::WorkTime;

fn lift_where(says: &serde_json::Value) -> Policy {
    let layers: Vec<Scoped> = serde_json::from_value(json!([{ "scope": "*", "says": says }])).unwrap();
    lay(category::find("ELEVATOR_FAULT").unwrap(), [nation(), &layers]).unwrap().policy
}

fn minutes(amount: u32) -> serde_json::Value {
    json!({ "unit": "URGENT_MINUTES", "amount": amount })
}

/// Everything that is told, with when, from `now` on, if nothing else happens.
fn told(incident: &Incident, clock: &Clock, policy: &Policy, mut now: DateTime<Utc>) -> Vec<(i64, Prompt)> {
    let (mut so_far, mut all) = (Prompted::default(), Vec::new());
    while let Some(of) = Budgeted::of(incident, clock, policy) {
        let Some(next) = of.next(so_far, now) else { break };
        assert!(all.is_empty() || next > now, "nothing twice");
        assert_eq!(of.due(so_far, later(next, -1)).filter(|_| next > now), None, "nothing too early");
        let (prompt, then) = of.due(so_far, next).unwrap();
        all.push(((next - clock.started()).num_minutes(), prompt));
        (so_far, now) = (then, next);
    }
    all
}

fn warning(percent: u8) -> Prompt {
    Prompt::Warning { percent }
}

#[test]
fn a_holder_is_warned_before_it_climbs_and_at_the_end_only_where_a_grace_follows() {
    let policy = lift();
    let reported = Incident::report(policy, &up_to_the_street(), morning());
    let clock = Clock::start(morning(), policy.at(Level::Unit).first_contact);
    assert_eq!(told(&reported, &clock, policy, morning()), [(15, warning(50)), (24, warning(80))]);
    let patient = lift_where(&json!({ "every": { "climbs": { "overdue": { "grace": minutes(10) } } } }));
    let all = [(15, warning(50)), (24, warning(80)), (30, warning(100))];
    assert_eq!(told(&reported, &clock, &patient, morning()), all);
    // Whoever sweeps late tells the last of them alone.
    let of = Budgeted::of(&reported, &clock, policy).unwrap();
    let (prompt, then) = of.due(Prompted::default(), later(morning(), 29 * MINUTE)).unwrap();
    assert_eq!((prompt, then.warned), (warning(80), 80));
    // What is overdue is no news.
    assert_eq!(of.due(Prompted::default(), later(morning(), 30 * MINUTE)), None);
    assert_eq!(of.next(Prompted::default(), later(morning(), 30 * MINUTE)), None);
}

#[test]
fn reminders_come_in_between_and_a_warning_is_one_too() {
    let often = json!({ "every": minutes(10), "at_most": 2 });
    let policy = lift_where(
        &json!({ "every": { "first_contact": minutes(60), "warn_at": [50], "reminders": often } }),
    );
    let reported = Incident::report(&policy, &up_to_the_street(), morning());
    let clock = Clock::start(morning(), policy.at(Level::Unit).first_contact);
    let reminder = |times| Prompt::Reminder { times };
    let all = [(10, reminder(1)), (20, reminder(2)), (30, warning(50))];
    assert_eq!(told(&reported, &clock, &policy, morning()), all);
    let of = Budgeted::of(&reported, &clock, &policy).unwrap();
    let (prompt, then) = of.due(Prompted::default(), later(morning(), 30 * MINUTE)).unwrap();
    assert_eq!((prompt, then), (warning(50), Prompted { warned: 50, reminded: 2, ..Prompted::default() }));
}

#[test]
fn whoever_has_not_sorted_it_out_in_time_is_told_so_once() {
    let policy = lift_where(&json!({ "every": { "triage": minutes(10) } }));
    let reported = Incident::report(&policy, &up_to_the_street(), morning());
    let clock = Clock::start(morning(), policy.at(Level::Unit).first_contact);
    let all = [(10, Prompt::Unsorted), (15, warning(50)), (24, warning(80))];
    assert_eq!(told(&reported, &clock, &policy, morning()), all);
    // A warning that came due as well says enough.
    let of = Budgeted::of(&reported, &clock, &policy).unwrap();
    let (prompt, then) = of.due(Prompted::default(), later(morning(), 16 * MINUTE)).unwrap();
    assert_eq!((prompt, then.unsorted), (warning(50), true));
    // Whoever accepted it has sorted it out; and where the contact is due before, that is what is told of.
    let accepted = reported.accept().unwrap();
    assert_eq!(told(&accepted, &clock, &policy, morning()), all[1..]);
    let slow = lift_where(&json!({ "every": { "triage": minutes(30) } }));
    assert_eq!(told(&reported, &clock, &slow, morning()), all[1..]);
}

#[test]
fn nobody_is_told_at_night_or_of_a_clock_that_stands_still() {
    let policy = lift_where(&json!({ "every": { "handling": minutes(24 * 60) } }));
    let taken =
        Incident::report(&policy, &up_to_the_street(), morning()).acknowledge(&policy, morning()).unwrap();
    let clock = Clock::start(morning(), policy.at(Level::Unit).handling);
    // From nine in the morning: half of the day and the night is over at nine in the evening, most of it at 04:12.
    assert_eq!(told(&taken, &clock, &policy, morning()), [(12 * 60, warning(50)), (22 * 60, warning(80))]);
    // It waits for parts from noon to noon.
    let (noon, parts) = (later(morning(), 3 * HOUR), PauseReason::AwaitingParts);
    let until = later(noon, DAY);
    let (waiting, pause) = taken.pause(parts, "why", until, Some(&clock), &policy, noon).unwrap();
    let paused = clock.after(pause.into()).unwrap();
    assert!(Budgeted::of(&waiting, &paused, &policy).is_none());
    let resumed = waiting.pause_over(Some(&paused), &policy, until).unwrap();
    let (half, most) = ((24 + 12) * 60, (24 + 22) * 60);
    assert_eq!(told(&resumed, &paused, &policy, until), [(half, warning(50)), (most, warning(80))]);
}

#[test]
fn a_budget_of_which_nothing_was_told_begins_with_its_clock() {
    let policy = lift();
    let told = Prompted { warned: 80, reminded: 2, unsorted: true, steps: 3, stepped_at: Some(morning()) };
    let reported = Incident::report(policy, &up_to_the_street(), morning());
    let taken = reported.acknowledge(policy, morning()).unwrap();
    let turns = turned(Some(&reported), &taken, policy, morning());
    assert_eq!(told.after(&turns), Prompted::default());
    let main = Running::main(&taken).unwrap();
    assert!(main.starts(&turns) && main.is_a_holders());
    let clock = Clock::start(morning(), policy.at(Level::Unit).handling);
    assert_eq!(main.turned(None, &turns), Some(clock.clone()));
    // What goes on after a pause is the same budget.
    let resume = Turn { clock: main, entry: Entry { at: morning(), change: Change::Resume } };
    assert_eq!(told.after(&[resume]), told);
    assert!(!main.starts(&[resume]));
    assert_eq!(main.turned(None, &[resume]), None, "nothing comes of a lost history");
    let other = Running { rework: 1, ..main };
    assert_eq!(other.turned(Some(clock.clone()), &[resume]), Some(clock));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Somebody who looks at the clock each quarter of an hour finds that whoever holds it knows what is to be known, unless
    /// it is night.
    #[test]
    fn whoever_looks_finds_the_holder_told(
        policy in category(),
        levels in proptest::sample::subsequence(Level::ALL.to_vec(), 1..=Level::ALL.len()),
        steps in proptest::collection::vec(step(), 0..20),
        late in 0_i64..90,
    ) {
        let mut life = Life::begin(policy, staffed(&levels), morning());
        for step in &steps {
            life.take(step);
        }
        life.take(&Step::Sweep);
        let Some(running) = Running::main(&life.incident) else { return Ok(()) };
        let clock = life.clock(running);
        let Some(of) = Budgeted::of(&life.incident, &clock, policy) else { return Ok(()) };
        let due = life.incident.tenure.due().unwrap();
        let tier = policy.at(life.incident.tenure.level);
        let acts_at = due::acts_at(due, policy, &life.incident.tenure);
        let budget = clock.budget().length();
        let (mut so_far, mut now) = (Prompted::default(), life.now);
        for _ in 0..500 {
            if let Some((prompt, then)) = of.due(so_far, now) {
                prop_assert!(now < acts_at && policy.common.quiet.after(now) == now);
                prop_assert!(then.warned >= so_far.warned && then.reminded >= so_far.reminded && then != so_far);
                prop_assert!(then.unsorted >= so_far.unsorted);
                match prompt {
                    Prompt::Warning { percent } => prop_assert_eq!(percent, then.warned),
                    Prompt::Unsorted => {
                        prop_assert_eq!((life.incident.status, so_far.unsorted), (Status::Submitted, false));
                        let triage = clock.clone().under(tier.triage);
                        let spent = triage.spent(now, WorkTime::china()).unwrap();
                        prop_assert!(spent >= tier.triage.length(), "too early");
                    }
                    Prompt::Reminder { times } => {
                        prop_assert_eq!((times, then.warned), (then.reminded, so_far.warned));
                    }
                    Prompt::Step { .. } => prop_assert!(false, "the nation has no steps"),
                }
                so_far = then;
                prop_assert_eq!(of.due(so_far, now), None, "nothing twice");
                prop_assert!(of.next(so_far, now).is_none_or(|next| next > now));
            }
            let spent = clock.spent(now, WorkTime::china()).unwrap();
            let is_spent = |percent: u8| spent * 100 >= budget * i32::from(percent);
            prop_assert!(so_far.warned == 0 || is_spent(so_far.warned), "too early");
            if now < acts_at && policy.common.quiet.after(now) == now {
                let most = tier.warn_at.iter().copied().filter(|percent| is_spent(*percent)).max();
                prop_assert_eq!(so_far.warned, most.unwrap_or(0));
            }
            now = later(now, (15 + late) * MINUTE);
        }
    }
}

#[test]
fn a_level_tells_others_and_none_of_what_is_not_theirs_to_read() {
    let policy = lift_where(
        &json!({ "common": { "leaves_out": [] }, "every": { "tells": ["HOME", "UNIT", "COMPLEX", "STREET"] } }),
    );
    let told = |holder, lowest| policy.tells(holder, lowest).collect::<Vec<_>>();
    assert_eq!(told(Level::Unit, Level::Unit), [Level::Complex, Level::Street], "itself as its holder");
    assert_eq!(told(Level::Community, Level::Unit), [Level::Unit, Level::Complex, Level::Street]);
    assert_eq!(
        told(Level::Community, Level::Building),
        [Level::Complex, Level::Street],
        "it may be about them"
    );
    assert_eq!(told(Level::Street, Level::Community), []);
    assert_eq!(told(Level::Home, Level::Home), [Level::Unit, Level::Complex, Level::Street]);
    assert_eq!(
        told(Level::Unit, Level::Home),
        [Level::Complex, Level::Street],
        "no household hears of others"
    );
}

#[test]
fn danger_to_life_is_told_at_any_hour() {
    let policy = policy_of("ELEVATOR_ENTRAPMENT");
    assert_eq!(policy.common.quiet, Quiet::NEVER);
    let midnight = later(morning(), 15 * HOUR);
    let reported = Incident::report(policy, &up_to_the_street(), midnight);
    let clock = Clock::start(midnight, policy.at(Level::Complex).first_contact);
    assert_eq!(told(&reported, &clock, policy, midnight), [(2, warning(50)), (4, warning(80))]);
}
