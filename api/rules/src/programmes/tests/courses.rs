//! Programmes that run: every course of every template in small steps, and the days to the second.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use serde_json::Value;

use super::{
    super::{
        course::{Because, Course, Moved, Refusal, Seen, Signed, Step},
        module::{Ending, Kind},
        template::{self, End, Said, Template},
    },
    built_in, rules_for, terms,
};
use crate::{
    calendar::{day_of, end_of_day},
    quantity::Weight,
};

fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn at(hour: i64) -> DateTime<Utc> {
    time("2027-03-01T09:00:00+08:00") + TimeDelta::hours(hour)
}

fn seen(module: &str, ending: Ending) -> BTreeMap<String, Seen> {
    BTreeMap::from([(module.to_owned(), Seen { ending, from: None })])
}

/// The same without days: only the order is left.
fn timeless(template: &Template) -> Template {
    let mut template = template.clone();
    for module in template.modules.values_mut() {
        (module.least, module.most) = (Said::Here(0), None);
    }
    template
}

fn over(course: &Course, template: &Template, kind: Kind, fits: impl Fn(&str, Ending) -> bool) -> bool {
    template.modules.iter().filter(|(_, module)| module.kind == kind).any(
        |(name, _)| matches!(course.steps.get(name), Some(Step::Over { ending, .. }) if fits(name, *ending)),
    )
}

/// What the law says of any moment of any programme.
fn is_lawful(course: &Course, template: &Template) {
    for (name, module) in &template.modules {
        let begun = matches!(course.steps[name], Step::Running { .. } | Step::Over { .. });
        if !begun {
            continue;
        }
        let vote = template.vote_of(name);
        match module.kind {
            Kind::Vote => {
                let locked = |roll: &str, ending| template.vote_of(roll) == vote && ending == Ending::Locked;
                assert!(over(course, template, Kind::RollLock, locked), "{name} without a locked roll");
                assert!(over(course, template, Kind::PublicNotice, |_, _| true), "{name} without notice");
            }
            Kind::Count | Kind::ElectionCount | Kind::ResultNotice => {
                let closed = |other: &str, _| Some(other) == vote;
                assert!(over(course, template, Kind::Vote, closed), "{name} before its vote is closed");
            }
            _ => {}
        }
    }
    if course.ended.is_some() {
        let goes_on = |step: &Step| matches!(step, Step::Waiting | Step::Running { .. });
        assert!(!course.steps.values().any(goes_on), "it is over, and something goes on");
    } else {
        let runs = |step: &Step| matches!(step, Step::Running { .. });
        assert!(course.steps.values().any(runs), "it is not over, and nothing runs");
    }
}

#[test]
fn every_course_of_every_template_skips_nothing_and_comes_to_an_end() {
    for template in built_in() {
        let (template, rules) = (timeless(template), BTreeMap::new());
        let terms = terms(&template, &rules);
        let mut first = Course::new(&template);
        first.advance(terms, &BTreeMap::new(), at(0)).unwrap();
        let (mut known, mut ends) = (BTreeSet::new(), BTreeSet::new());
        let mut open = vec![first];
        while let Some(course) = open.pop() {
            is_lawful(&course, &template);
            if let Some((end, _)) = course.ended {
                ends.insert(end);
            }
            for (name, module) in &template.modules {
                if !matches!(course.steps[name], Step::Running { .. }) {
                    continue;
                }
                for ending in module.kind.endings() {
                    let mut next = course.clone();
                    let moves = next.advance(terms, &seen(name, *ending), at(0)).unwrap();
                    assert_eq!((moves[0].module.as_str(), moves[0].what), (name.as_str(), Moved::Ended));
                    for (name, step) in &course.steps {
                        let stays = matches!(step, Step::Over { .. } | Step::LeftOut { .. });
                        assert!(!stays || next.steps[name] == *step, "{name} was over");
                    }
                    if known.insert(format!("{:?}", next.steps)) {
                        open.push(next);
                    }
                }
            }
        }
        assert_eq!(
            ends,
            BTreeSet::from([End::Done, End::Stopped]),
            "{}: of {} states",
            template.name,
            known.len()
        );
    }
}

/// Founding without anything but its days.
fn founding() -> (&'static Template, BTreeMap<String, Value>) {
    let template = template::find("found-committee").unwrap();
    (template, rules_for(template))
}

#[test]
fn what_hangs_out_does_so_for_clear_days_and_a_deadline_on_a_rest_day_moves_on() {
    let (template, rules) = founding();
    let terms = terms(template, &rules);
    let mut course = Course::new(template);
    course.advance(terms, &seen("application", Ending::Reached), at(0)).unwrap();
    assert_eq!(course.steps["guides"], Step::Running { since: at(0), late: false });
    // A Monday: three days later is a Thursday.
    assert_eq!(course.latest_end("guides", None, terms), Ok(Some(time("2027-03-05T00:00:00+08:00"))));
    // Fifteen days after is a Tuesday; thirty, a Wednesday; sixty, a Friday.
    assert_eq!(course.latest_end("nomination", None, terms), Ok(Some(time("2027-03-17T00:00:00+08:00"))));
    // The group has sixty days from the application on; nobody is named, and that is told once.
    let late = time("2027-05-01T00:00:00+08:00");
    assert_eq!(course.latest_end("group", None, terms), Ok(Some(late)));
    let mut nobody = course.clone();
    nobody.steps.insert("nomination".into(), Step::LeftOut { at: at(0) });
    let told = nobody.advance(terms, &BTreeMap::new(), late).unwrap();
    let told: Vec<_> = told.iter().filter(|one| one.module == "group").collect();
    assert_eq!((told.len(), told[0].what, told[0].rule.as_deref()), (1, Moved::Late, Some("prep_form_days")));
    assert_eq!(nobody.advance(terms, &BTreeMap::new(), late + TimeDelta::days(1)).unwrap(), []);
    course.advance(terms, &seen("guides", Ending::Accepted), at(1)).unwrap();
    assert_eq!(course.steps["group_list"], Step::Waiting, "there is nobody to list");
    course.advance(terms, &seen("group", Ending::Established), at(1)).unwrap();
    // From then on it has sixty days to hold the assembly.
    assert_eq!(course.latest_end("assembly", None, terms), Ok(Some(late)));
    // Three days to put it up; nobody does, and it is late. Once somebody has, its days count from then, and it is not.
    let late = time("2027-03-05T00:00:00+08:00");
    assert_eq!(course.latest_end("group_list", None, terms), Ok(Some(late)));
    let told = course.clone().advance(terms, &BTreeMap::new(), late).unwrap();
    assert_eq!((told.len(), told[0].module.as_str(), told[0].what), (1, "group_list", Moved::Late));
    let put_up = Seen { ending: Ending::Given, from: Some(at(48)) };
    let hung = time("2027-03-11T00:00:00+08:00");
    assert_eq!(course.latest_end("group_list", Some(put_up), terms), Ok(None));
    assert_eq!(course.earliest_end("group_list", Some(put_up), terms), Ok(Some(hung)));
    let put_up = BTreeMap::from([("group_list".to_owned(), put_up)]);
    let before = course.advance(terms, &put_up, hung - TimeDelta::seconds(1)).unwrap();
    assert_eq!(before, []);
    let moves = course.advance(terms, &put_up, hung).unwrap();
    let told: Vec<_> =
        moves.iter().map(|one| (one.module.as_str(), one.what, one.because, one.rule.as_deref())).collect();
    assert_eq!(told, [("group_list", Moved::Ended, Because::LongEnough, Some("prep_list_days"))]);
}

#[test]
fn who_does_not_come_is_not_waited_for_and_a_late_filing_is_told_once() {
    let (template, rules) = founding();
    let terms = terms(template, &rules);
    let mut course = Course::new(template);
    course.advance(terms, &seen("application", Ending::Reached), at(0)).unwrap();
    let moves = course.advance(terms, &BTreeMap::new(), at(24 * 5)).unwrap();
    assert_eq!((moves[0].module.as_str(), moves[0].ending), ("guides", Some(Ending::Declined)));
    assert_eq!((moves[0].because, moves.len()), (Because::TimeUp, 1));
    let moves = course.advance(terms, &seen("group", Ending::Established), at(24 * 5)).unwrap();
    let begun: Vec<_> = moves[1..].iter().map(|one| (one.module.as_str(), one.what)).collect();
    assert_eq!(begun, [("assembly", Moved::Begun), ("group_list", Moved::Begun)]);
    // Nominations that come to nothing end it.
    let moves = course.advance(terms, &BTreeMap::new(), at(24 * 16)).unwrap();
    assert_eq!(course.ended, Some((End::Stopped, at(24 * 16))));
    assert!(moves.iter().any(|one| one.module == "nomination" && one.ending == Some(Ending::TooFew)));

    let mut course = Course::new(template);
    for step in course.steps.values_mut() {
        *step = Step::LeftOut { at: at(0) };
    }
    course.steps.insert("filing".into(), Step::Running { since: at(0), late: false });
    let late = course.advance(terms, &BTreeMap::new(), at(24 * 40)).unwrap();
    assert_eq!((late[0].what, late[0].rule.as_deref()), (Moved::Late, Some("filing_days")));
    assert_eq!(course.advance(terms, &BTreeMap::new(), at(24 * 41)).unwrap(), []);
}

#[test]
fn a_programme_that_stands_still_does_not_move_and_has_as_much_longer() {
    let (template, rules) = founding();
    let terms = terms(template, &rules);
    let mut course = Course::new(template);
    course.advance(terms, &seen("application", Ending::Reached), at(0)).unwrap();
    let due = course.latest_end("guides", None, terms).unwrap().unwrap();
    assert_eq!(course.pause(at(1), at(1)), Err(Refusal::PauseOutOfReach));
    assert_eq!(course.pause(at(1 + 24 * 31), at(1)), Err(Refusal::PauseOutOfReach));
    assert_eq!(course.resume(at(1)), Err(Refusal::NotPaused));
    course.pause(at(24 * 10), at(1)).unwrap();
    assert_eq!(course.pause(at(24 * 11), at(2)), Err(Refusal::Paused(at(24 * 10))));
    assert_eq!(course.advance(terms, &seen("nomination", Ending::Enough), at(24 * 9)).unwrap(), []);
    assert_eq!(course.next_look(terms, &BTreeMap::new(), at(24 * 9)), Ok(Some(at(24 * 10))));
    course.resume(at(25)).unwrap();
    assert_eq!(course.latest_end("guides", None, terms), Ok(Some(due + TimeDelta::hours(24))));
    // Whoever forgets to lift a pause does not stop it for ever.
    course.pause(at(48), at(30)).unwrap();
    assert!(!course.lift_what_is_due(at(47)) && course.lift_what_is_due(at(50)));
    assert_eq!(course.latest_end("guides", None, terms), Ok(Some(due + TimeDelta::hours(24 + 18))));
    course.call_off(at(60)).unwrap();
    assert_eq!(course.pause(at(70), at(61)), Err(Refusal::Over(at(60))));
    assert_eq!(course.call_off(at(62)), Err(Refusal::Over(at(60))));
}

#[test]
fn enough_have_signed_by_persons_or_share_or_by_each_share() {
    let (template, rules) = founding();
    let application = &template.modules["application"];
    let roll = Weight::new(500, 5_000_000);
    let signed = |persons, heads, area| Signed { persons, weight: Weight::new(heads, area), roll };
    let enough = |signed| terms(template, &rules).has_enough(application, signed);
    // 5 % of heads or of area; no number of persons reaches none.
    assert!(!enough(signed(0, 24, 249_999)));
    assert!(enough(signed(0, 25, 0)));
    assert!(enough(signed(0, 0, 250_000)));
    assert!(!enough(signed(1000, 24, 0)));
    let by_persons: BTreeMap<_, _> =
        [("apply_persons", "10"), ("apply_heads", "[1, 20]"), ("apply_area", "[1, 20]")]
            .map(|(name, value)| (name.to_owned(), serde_json::from_str(value).unwrap()))
            .into();
    assert!(!terms(template, &by_persons).has_enough(application, signed(9, 9, 0)));
    assert!(terms(template, &by_persons).has_enough(application, signed(10, 10, 0)));
    let removal = template::find("removal").unwrap();
    let rules = rules_for(removal);
    let enough = |signed| terms(removal, &rules).has_enough(&removal.modules["proposal"], signed);
    assert_eq!([enough(signed(0, 100, 999_999)), enough(signed(0, 99, 1_000_000))], [false, false]);
    assert!(enough(signed(0, 100, 1_000_000)));
    let nobody = Signed::default();
    assert!(!enough(nobody), "nobody is not enough of an empty roll");
}

#[test]
fn enough_have_registered_when_two_thirds_of_the_heads_have() {
    let (template, rules) = founding();
    let gate = &template.modules["registration"];
    let registered = |heads, area, all| {
        let signed =
            Signed { persons: heads, weight: Weight::new(heads, area), roll: Weight::new(all, 5_000_000) };
        terms(template, &rules).has_enough(gate, signed)
    };
    assert_eq!([registered(333, 5_000_000, 500), registered(334, 0, 500)], [false, true]);
    assert!(!registered(0, 0, 0), "nobody is not enough of an empty roll");
}

#[test]
fn so_many_candidates_are_enough() {
    let (template, rules) = founding();
    let wanted = |seats| terms(template, &rules).candidates_wanted(seats);
    assert_eq!([5, 7, 9, 11].map(wanted), [6, 9, 11, 14]);
}

/// What happens to a programme, and when.
fn life() -> impl Strategy<Value = (usize, Vec<(i64, usize, usize)>)> {
    let happens = (0..2000_i64, any::<prop::sample::Index>(), any::<prop::sample::Index>());
    let happens = happens.prop_map(|(hour, module, ending)| (hour, module.index(1000), ending.index(1000)));
    (0..built_in().len(), prop::collection::vec(happens, 0..40))
}

proptest! {
    /// Looking when the course says so, and whenever something happens, misses nothing that somebody who looks each hour
    /// would see.
    #[test]
    fn nothing_moves_between_the_times_at_which_somebody_has_to_look((which, mut happens) in life()) {
        let template = &built_in()[which];
        let rules = rules_for(template);
        let terms = terms(template, &rules);
        happens.sort_unstable();
        let names: Vec<_> = template.modules.keys().cloned().collect();
        let facts = |hour: i64| {
            let mut facts = BTreeMap::new();
            for (_, module, ending) in happens.iter().filter(|(when, ..)| *when <= hour) {
                let name = &names[module % names.len()];
                let endings = template.modules[name].kind.endings();
                facts.entry(name.clone()).or_insert(Seen { ending: endings[ending % endings.len()], from: None });
            }
            facts
        };
        let (mut hourly, mut on_time) = (Course::new(template), Course::new(template));
        let mut look = Some(at(0));
        for hour in (0..2000).step_by(3) {
            let now = at(hour);
            hourly.advance(terms, &facts(hour), now).unwrap();
            let happened = happens.iter().any(|(when, ..)| (hour - 2..=hour).contains(when));
            if happened || look.is_some_and(|look| look <= now) {
                on_time.advance(terms, &facts(hour), now).unwrap();
                look = on_time.next_look(terms, &facts(hour), now).unwrap();
            }
            prop_assert_eq!(&hourly, &on_time, "after {} hours", hour);
        }
        is_lawful(&hourly, template);
        // Days are over at midnight: one of the hours that were looked at.
        prop_assert_eq!(end_of_day(day_of(at(0)).unwrap()).unwrap(), at(15));
    }
}
