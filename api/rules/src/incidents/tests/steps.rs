//! What is done until somebody takes an incident over, and somebody who looks each few minutes whether it was.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    policy::{Called, Channel, Does, Fault, Scoped, Step, check, lay, nation, steps},
    *,
};
use crate::duty::{Hours, Weekday};

fn minutes(amount: u32) -> Value {
    json!({ "unit": "URGENT_MINUTES", "amount": amount })
}

fn wait(amount: u32) -> Value {
    json!({ "WAIT": minutes(amount) })
}

fn notify(whom: &str, channel: &str) -> Value {
    json!({ "NOTIFY": { "whom": whom, "channel": channel } })
}

fn within(from: &str, to: &str) -> Value {
    let days: Vec<_> = Weekday::ALL.iter().map(|day| day.code()).collect();
    json!({ "ONLY_WITHIN": { "on": days, "from": from, "to": to } })
}

/// A lift fault for which the unit has so long, also to sort it out, and takes these steps.
fn said(first_contact: u32, steps: &Value) -> Value {
    json!([{ "scope": "ELEVATOR_FAULT", "says": { "at": { "UNIT": {
        "triage": minutes(first_contact), "first_contact": minutes(first_contact), "warn_at": [], "reminders": { "every": minutes(1), "at_most": 0 },
        "steps": steps } } } }])
}

fn lift_that(first_contact: u32, steps: &Value) -> Policy {
    let layers: Vec<Scoped> = serde_json::from_value(said(first_contact, steps)).unwrap();
    lay(category::find("ELEVATOR_FAULT").unwrap(), [nation(), &layers]).unwrap().policy
}

/// The numbers of the steps that do something, with the minutes at which somebody who looks each minute sees them done,
/// while so many households have it.
fn done(
    policy: &Policy,
    start: DateTime<Utc>,
    last: i64,
    households: impl Fn(i64) -> u32,
) -> Vec<(i64, usize)> {
    let reported = Incident::report(policy, &up_to_the_street(), start);
    let clock = Clock::start(start, policy.at(Level::Unit).first_contact);
    let of = Budgeted::of(&reported, &clock, policy).unwrap();
    let (mut told, mut all) = (Prompted::default(), Vec::new());
    for minute in 0..=last {
        while let Some((prompt, then)) = of.take_step(told, households(minute), later(start, minute * MINUTE))
        {
            assert_eq!(then.steps, told.steps + 1, "one at a time");
            if let Some(Prompt::Step { number, .. }) = prompt {
                all.push((minute, number));
            }
            told = then;
        }
    }
    all
}

#[test]
fn each_step_is_taken_once_in_its_turn_until_somebody_takes_it_over() {
    let chain = json!([
        notify("ON_DUTY", "NORMAL"), wait(5), notify("ON_DUTY", "IMPORTANT"), wait(10), notify("POST", "IMPORTANT"),
        { "REPEAT": { "from": 3, "at_most": 2 } }, "WEBHOOKS", "FINAL",
    ]);
    let policy = lift_that(60, &chain);
    let calls = [(0, 0), (5, 2), (15, 4), (25, 4), (35, 4), (35, 6)];
    assert_eq!(done(&policy, morning(), 70, |_| 0), calls);
    // Nothing more once the budget is spent, or is another's.
    assert_eq!(done(&lift_that(16, &chain), morning(), 70, |_| 0), calls[..3]);
    let reported = Incident::report(&policy, &up_to_the_street(), morning());
    let taken = reported.acknowledge(&policy, morning()).unwrap();
    let clock = Clock::start(morning(), policy.at(Level::Unit).handling);
    let of = Budgeted::of(&taken, &clock, &policy).unwrap();
    assert_eq!(of.take_step(Prompted::default(), 9, later(morning(), HOUR)), None);
    assert_eq!(of.counts_for(Prompted::default()), None);
    // What was done is told with whom it calls.
    let contact = Clock::start(morning(), policy.at(Level::Unit).first_contact);
    let of = Budgeted::of(&reported, &contact, &policy).unwrap();
    let (call, told) = of.take_step(Prompted::default(), 0, morning()).unwrap();
    let does = Does::Notifies { whom: Called::OnDuty, channel: Channel::Normal };
    assert_eq!(call, Some(Prompt::Step { number: 0, does }));
    assert_eq!(of.next(told, morning()), Some(later(morning(), 5 * MINUTE)));
    // Whoever wakes late goes on from there: nobody is called three times at once.
    let late = later(morning(), 40 * MINUTE);
    let (_, told) = of.take_step(told, 0, late).unwrap();
    let (_, told) = of.take_step(told, 0, late).unwrap();
    assert_eq!((told.steps, of.take_step(told, 0, late)), (3, None));
    // With another budget it begins anew.
    let turns = turned(None, &reported, &policy, morning());
    assert_eq!(told.after(&turns), Prompted::default());
}

#[test]
fn what_is_out_of_its_hours_comes_when_they_do() {
    let chain = json!([
        wait(10),
        within("14:00", "18:00"),
        notify("POST", "NORMAL"),
        wait(10),
        notify("POST", "NORMAL")
    ]);
    let policy = lift_that(24 * 60, &chain);
    let noon = later(morning(), 3 * HOUR);
    assert_eq!(done(&policy, noon, 300, |_| 0), [(120, 2), (130, 4)]);
    // Whatever is quiet is none of them; the day after is.
    let evening = later(morning(), 10 * HOUR);
    let late = lift_that(
        24 * 60,
        &json!([within("21:30", "07:30"), wait(60), within("21:30", "07:30"), notify("POST", "NORMAL")]),
    );
    assert_eq!(done(&late, evening, 24 * 60 - 1, |_| 0), [(12 * 60, 3)], "at seven");
}

#[test]
fn what_waits_for_many_comes_with_them_and_with_nothing_else() {
    let many = json!({ "ONLY_IF": { "households": 3, "within_minutes": 30 } });
    let policy = lift_that(24 * 60, &json!([wait(5), many, notify("POST", "IMPORTANT")]));
    assert_eq!(done(&policy, morning(), 300, |minute| if minute < 90 { 2 } else { 3 }), [(90, 2)]);
    assert_eq!(done(&policy, morning(), 300, |_| 2), []);
    assert_eq!(done(&policy, morning(), 300, |_| 3), [(5, 2)]);
    let reported = Incident::report(&policy, &up_to_the_street(), morning());
    let clock = Clock::start(morning(), policy.at(Level::Unit).first_contact);
    let of = Budgeted::of(&reported, &clock, &policy).unwrap();
    let (at, told) = (
        later(morning(), 5 * MINUTE),
        Prompted { steps: 1, stepped_at: Some(morning()), ..Prompted::default() },
    );
    assert_eq!((of.counts_for(told), of.next(told, at)), (Some(TimeDelta::minutes(30)), Some(at)));
    assert_eq!(of.next_to_tell(told, at), None);
}

fn found(first_contact: u32, steps: &Value) -> Vec<(Fault, String)> {
    let layers: Vec<Scoped> = serde_json::from_value(said(first_contact, steps)).unwrap();
    let found = check::check(&[nation()], &layers).into_iter();
    found.filter(|one| one.pointer.ends_with("/at/UNIT/steps")).map(|one| (one.fault, one.words)).collect()
}

#[test]
fn steps_that_cannot_be_meant_or_never_come_are_found() {
    use Fault::{Contradiction, Unreachable};
    let call = || notify("POST", "NORMAL");
    let repeat =
        |from: usize, at_most: Option<u16>| json!({ "REPEAT": { "from": from, "at_most": at_most } });
    let many = |households: u16, within: u32| json!({ "ONLY_IF": { "households": households, "within_minutes": within } });
    let level = |level: &str| json!({ "NOTIFY": { "whom": { "LEVEL": level }, "channel": "NORMAL" } });
    let never = json!({ "ONLY_WITHIN": { "on": [], "from": "08:00", "to": "09:00" } });
    for good in [
        json!([call(), wait(5), repeat(0, Some(3)), "FINAL"]),
        json!([wait(5), call(), repeat(0, None)]),
        json!([within("21:00", "06:00"), level("COMPLEX"), many(2, 60), "ASSIGN_IN_TURN", "WEBHOOKS"]),
    ] {
        assert_eq!(found(60, &good), [], "{good}");
    }
    for (bad, fault, step) in [
        (json!([wait(5), repeat(2, Some(1)), call()]), Contradiction, 1),
        (json!([wait(5), repeat(1, Some(1))]), Contradiction, 1),
        (json!([wait(5), call(), repeat(1, Some(2))]), Contradiction, 2),
        (json!([wait(5), call(), repeat(0, Some(100))]), Contradiction, 2),
        (json!([many(1, 5)]), Contradiction, 0),
        (json!([many(2, 0)]), Contradiction, 0),
        (json!([many(2, 43_201)]), Contradiction, 0),
        (json!([level("UNIT")]), Contradiction, 0),
        (json!([level("HOME")]), Contradiction, 0),
        (json!([call(), "FINAL", call()]), Unreachable, 2),
        (json!([wait(5), repeat(0, None), call()]), Unreachable, 2),
        (json!([wait(5), repeat(0, Some(0)), call()]), Unreachable, 1),
        (json!([never]), Unreachable, 0),
        (json!([never, call()]), Unreachable, 1),
        (json!([within("22:00", "07:00"), call()]), Unreachable, 0),
        (json!([wait(59), call(), wait(1), call()]), Unreachable, 3),
        (json!([wait(5), call(), repeat(0, Some(20)), "WEBHOOKS"]), Unreachable, 3),
    ] {
        let found = found(60, &bad);
        let is_it =
            |(one, words): &(Fault, String)| *one == fault && words.starts_with(&format!("step {step}"));
        assert!(found.iter().any(is_it), "{bad}: {found:?}");
        assert!(fault == Contradiction || found.iter().all(|(one, _)| *one == Unreachable), "{found:?}");
    }
    assert!(found(60, &Value::Array(vec![call(); 31])).iter().any(|(fault, _)| *fault == Contradiction));
}

fn any_step() -> impl Strategy<Value = Step> {
    let hours = (proptest::sample::subsequence(Weekday::ALL.to_vec(), 0..=7), 0_u8..24, 0_u8..24).prop_map(
        |(on, from, to)| {
            let time = |hour: u8| format!("{hour:02}:00").try_into().unwrap();
            Step::OnlyWithin(Hours { on: on.into_iter().collect(), from: time(from), to: time(to) })
        },
    );
    prop_oneof![
        (1_u32..90).prop_map(|amount| Step::Wait(Budget::new(Unit::UrgentMinutes, amount).unwrap())),
        Just(Step::Notify { whom: Called::OnDuty, channel: Channel::Important }),
        hours,
        (2_u16..4).prop_map(|households| Step::OnlyIf { households, within_minutes: 60 }),
        Just(Step::AssignInTurn),
        Just(Step::Webhooks),
        (0_usize..6, proptest::option::of(0_u16..4))
            .prop_map(|(from, at_most)| Step::Repeat { from, at_most }),
        Just(Step::Final),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// However steps are put together: in their order they come to an end or go on, those that the check lets pass are
    /// each taken by somebody who waits long enough, and whoever looks seldom finds no other order than whoever looks often.
    #[test]
    fn steps_are_taken_in_their_order_however_seldom_somebody_looks(
        chain in proptest::collection::vec(any_step(), 0..7),
        look_each in 1_i64..120,
    ) {
        let written = serde_json::to_value(&chain).unwrap();
        let read: Vec<Step> = serde_json::from_value(written.clone()).unwrap();
        prop_assert_eq!(&read, &chain, "written as it is read");
        let order: Vec<usize> = steps::in_order(&chain).take(300).map(|(number, _)| number).collect();
        prop_assert!(order.iter().all(|number| *number < chain.len()));
        let is_sound = found(200 * 24 * 60, &written).is_empty();
        let policy = lift_that(200 * 24 * 60, &written);
        let reported = Incident::report(&policy, &up_to_the_street(), morning());
        let clock = Clock::start(morning(), policy.at(Level::Unit).first_contact);
        let of = Budgeted::of(&reported, &clock, &policy).unwrap();
        let (mut told, mut taken, mut now) = (Prompted::default(), Vec::new(), morning());
        let acts_at = later(morning(), 200 * DAY);
        while now < acts_at && taken.len() < 300 {
            let next = of.next(told, now);
            if let Some((prompt, then)) = of.take_step(told, 3, now) {
                prop_assert_eq!(next, Some(now), "neither too early nor unawaited");
                prop_assert_eq!(policy.common.quiet.after(now), now, "nobody is told at night");
                let number = order[taken.len()];
                let does = chain[number].does().map(|does| Prompt::Step { number, does });
                prop_assert_eq!(prompt, does);
                taken.push(number);
                told = then;
            } else {
                let Some(next) = next else { break };
                prop_assert!(next > now);
                let looks = ((next - now).num_seconds() + look_each * MINUTE - 1) / (look_each * MINUTE);
                now = later(now, looks * look_each * MINUTE);
            }
        }
        if is_sound {
            let all: BTreeSet<usize> = taken.into_iter().collect();
            let does = |number: &usize| !matches!(chain[*number], Step::Repeat { .. } | Step::Final);
            let every: BTreeSet<usize> = (0..chain.len()).filter(does).collect();
            prop_assert_eq!(all, every, "{}", written);
        }
    }
}
