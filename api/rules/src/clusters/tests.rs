//! The law of clusters, swept and tried with chance.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::{
    course::{Answer, Gathered, Refusal, Standing, Status, Verdict, verdict},
    look::{Look, Parts},
    matches::{Candidate, Report, matches},
    quorum::{Household, Reported, households, widest},
    *,
};
use crate::incidents::{Level, Severity, category};

fn policy() -> &'static Policy {
    Policy::current()
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_803_862_800, 0).unwrap()
}

fn days_ago(days: i64) -> DateTime<Utc> {
    now() - TimeDelta::days(days)
}

/// Unit `unit` of building `building`, with three units each.
fn unit(building: u128, unit: u128) -> Site {
    Site { complex: 1, building: Some(10 + building), unit: Some(100 + 3 * building + unit), home: None }
}

fn candidate(group: u128, site: Site, words: &str) -> Candidate<'_> {
    Candidate { group, site, words, looks: &[], reported_at: days_ago(1), closed_at: None, households: 1 }
}

#[test]
fn the_policy_is_whole_and_names_only_what_can_be_reported() {
    for code in &policy().categories {
        assert!(category::find(code).unwrap().is_ticket(), "{code} is a ticket");
    }
    let levels: Vec<_> = policy().rolls.iter().map(|roll| roll.level).collect();
    assert_eq!(levels, [Level::Unit, Level::Building, Level::Complex], "each rolls up into the next");
    for private in
        ["VULNERABLE_PERSON", "PROPERTY_SERVICE", "HOME_SEEPAGE", "GROUP_RENTING", "ELEVATOR_ENTRAPMENT"]
    {
        assert!(!policy().stacks(private), "{private} is nobody else's business, or each one's life");
    }
}

#[test]
fn chinese_is_compared_by_pairs_of_letters() {
    assert_eq!(likeness("3号电梯停在一楼不动", "３号电梯，停在一楼不动！"), 1000);
    let same = likeness("电梯停在一楼不动", "电梯坏了，停在一楼");
    let other = likeness("电梯停在一楼不动", "楼道里有人堆放纸箱");
    assert!(same >= policy().like_permille && other < policy().like_permille, "{same} {other}");
    assert_eq!((likeness("", ""), likeness("！", "。"), likeness("坏", "坏")), (0, 0, 1000));
    assert_eq!(likeness("Lift", "lift"), 1000);
}

#[test]
fn what_is_near_is_shown_whatever_was_said_and_what_is_far_only_if_it_is_alike() {
    let here = Report { site: unit(0, 0), words: "电梯停在一楼不动", looks: &[] };
    let found = matches(
        here,
        &[
            candidate(1, unit(0, 0), "门开着"),
            candidate(2, unit(0, 1), "门开着"),
            candidate(3, unit(0, 1), "电梯停在一楼"),
            candidate(4, unit(1, 0), "电梯停在一楼不动了"),
            candidate(5, Site { complex: 2, ..unit(0, 0) }.up_to(Level::Complex), "电梯停在一楼不动"),
        ],
        policy(),
        now(),
    );
    let shown: Vec<_> = found.iter().map(|one| (one.group, one.level)).collect();
    assert_eq!(shown, [(1, Level::Unit), (3, Level::Building), (4, Level::Complex)]);
}

/// A picture of sixteen stripes, the first of them `first`, each row darker than the one above.
fn stripes(first: u8) -> Parts {
    std::array::from_fn(|row| {
        std::array::from_fn(|column| {
            let (row, column) = (u8::try_from(row).unwrap(), u8::try_from(column).unwrap());
            200 - 10 * row - if (column + first).is_multiple_of(2) { 0 } else { 40 }
        })
    })
}

#[test]
fn a_photo_that_goes_round_is_known_again_and_what_shows_nothing_is_like_nothing() {
    let [lift, other] = [0, 1].map(|first| Look::of(&stripes(first)).unwrap());
    let far = Candidate { looks: &[other, lift], ..candidate(1, unit(1, 0), "轿厢很暗") };
    let found = |looks: &[Look], candidate: Candidate<'_>| {
        let here = Report { site: unit(0, 0), words: "停了", looks };
        matches(here, &[candidate], policy(), now()).first().map(|one| one.likeness)
    };
    assert_eq!(found(&[lift], far), Some(1000), "other words and another building");
    assert_eq!(found(&[], far), None);
    assert_eq!(found(&[lift], Candidate { looks: &[other], ..far }), None);
    // Of what is near anyway a photo that is not alike says nothing.
    assert_eq!(found(&[lift], Candidate { looks: &[other], site: unit(0, 0), ..far }), Some(0));
    for wall in [[[0; 9]; 8], [[255; 9]; 8], [[9, 10, 11, 12, 13, 12, 11, 10, 9]; 8]] {
        assert_eq!(Look::of(&wall), None);
    }
}

#[test]
fn what_is_old_and_what_is_one_home_s_alone_is_not_shown() {
    let here = Report { site: unit(0, 0), words: "漏水", looks: &[] };
    let fresh = candidate(1, unit(0, 0), "漏水");
    let home = Site { home: Some(7), ..unit(0, 0) };
    let is_shown = |candidate| !matches(here, &[candidate], policy(), now()).is_empty();
    assert!(is_shown(fresh));
    assert!(!is_shown(Candidate { reported_at: days_ago(15), ..fresh }));
    assert!(is_shown(Candidate { reported_at: days_ago(15), closed_at: Some(days_ago(7)), ..fresh }));
    assert!(!is_shown(Candidate { closed_at: Some(days_ago(8)), ..fresh }));
    for (households, shown) in [(1, false), (2, false), (3, true)] {
        assert_eq!(is_shown(Candidate { site: home, households, ..fresh }), shown);
    }
}

#[test]
fn a_group_is_shown_once_and_no_more_than_ten() {
    let here = Report { site: unit(0, 0), words: "漏水", looks: &[] };
    let many: Vec<_> = (0..40).map(|n| candidate(n % 20, unit(0, 0), "漏水")).collect();
    let found = matches(here, &many, policy(), now());
    let groups: BTreeSet<_> = found.iter().map(|one| one.group).collect();
    assert_eq!((found.len(), groups.len()), (10, 10));
}

fn reported(site: Site, household: u128) -> Reported {
    Reported { site, household: Household(household) }
}

#[test]
fn units_roll_up_into_the_building_and_buildings_into_the_complex() {
    let none = BTreeMap::new();
    let at = |reports: &[Reported]| widest(&unit(0, 0), reports, &none, policy());
    let three = |building, part, first: u128| (0..3).map(move |n| reported(unit(building, part), first + n));
    let mut all: Vec<Reported> = three(0, 0, 0).take(2).collect();
    assert_eq!(at(&all), None);
    all.push(reported(unit(0, 0), 1));
    assert_eq!(at(&all), None, "a household counts once");
    all.push(reported(unit(0, 0), 2));
    assert_eq!(at(&all), Some(Level::Unit));
    all.extend(three(0, 1, 10).take(2));
    assert_eq!(at(&all), Some(Level::Unit), "the other unit has no quorum of its own");
    all.extend(three(0, 1, 10));
    assert_eq!(at(&all), Some(Level::Building));
    all.extend(three(1, 0, 20).chain(three(1, 1, 30)));
    assert_eq!(at(&all), Some(Level::Complex));
}

#[test]
fn a_share_of_the_homes_is_a_quorum_too() {
    let reports = [reported(unit(0, 0), 1), reported(unit(0, 1), 2)];
    let site = unit(0, 0);
    let of =
        |homes: u32| widest(&site, &reports, &BTreeMap::from([(site.building.unwrap(), homes)]), policy());
    assert_eq!((of(6), of(7), of(0)), (Some(Level::Building), None, None), "two of six are three tenths");
}

#[test]
fn what_has_come_farther_leads_and_of_the_same_level_what_is_older() {
    let standing = |level, days| Standing { level, reported_at: days_ago(days) };
    let higher = standing(Level::Building, 1);
    assert!(
        higher.leads_before(&standing(Level::Unit, 9)) && !standing(Level::Unit, 9).leads_before(&higher)
    );
    assert!(standing(Level::Unit, 2).leads_before(&standing(Level::Unit, 1)));
    assert!(!standing(Level::Unit, 1).leads_before(&standing(Level::Unit, 2)));
    assert!(higher.leads_before(&higher));
}

#[test]
fn a_cluster_goes_only_where_its_course_leads() {
    let all = Status::ALL.iter().copied();
    for status in all {
        assert_eq!(status.handled().is_ok(), status == Status::Open);
        assert_eq!(status.settle().is_ok(), status == Status::Asking);
        assert_eq!(status.takes_more().is_ok(), status == Status::Open);
        assert_eq!(status.dissolve().is_ok(), matches!(status, Status::Open | Status::Asking));
    }
    let wrong = Refusal::WrongStatus { status: Status::Closed, wanted: Status::Open };
    assert_eq!(Status::Closed.takes_more(), Err(wrong));
    assert_eq!(Status::Open.handled().and_then(Status::settle), Ok(Status::Closed));
}

fn any_answer() -> impl Strategy<Value = Answer> {
    prop::sample::select(vec![Answer::Confirmed, Answer::Silent, Answer::Waits, Answer::StillBroken])
}

/// Of pictures that show something.
fn any_parts() -> impl Strategy<Value = Parts> {
    any::<[[u8; 9]; 8]>()
        .prop_map(|parts| parts.map(|row| row.map(|part| part % 200)))
        .prop_filter("shows something", |parts| Look::of(parts).is_some())
}

fn any_reports() -> impl Strategy<Value = Vec<Reported>> {
    let one = (0_u128..3, 0_u128..3, 0_u128..12);
    prop::collection::vec(one.prop_map(|(building, part, who)| reported(unit(building, part), who)), 0..40)
}

proptest! {
    #[test]
    fn likeness_is_the_same_from_both_sides(one in "[电梯停坏水漏ab ，]{0,12}", other in "[电梯停坏水漏ab ，]{0,12}") {
        prop_assert_eq!(likeness(&one, &other), likeness(&other, &one));
        prop_assert!(likeness(&one, &other) <= 1000);
        prop_assert!(likeness(&one, &one) == 1000 || !one.chars().any(char::is_alphanumeric));
    }

    #[test]
    fn a_look_stays_in_another_light_and_is_the_same_from_both_sides(
        parts in any_parts(),
        other in any_parts(),
        light in 0_u8..56,
        changed in 0_usize..8,
    ) {
        let look = Look::of(&parts).unwrap();
        let lit = parts.map(|row| row.map(|part| part + light));
        prop_assert_eq!(Look::of(&lit), Some(look));
        prop_assert_eq!(Look::from_bits(look.bits()), look);
        let mut scratched = parts;
        scratched[changed] = [0; 9];
        prop_assert!(Look::of(&scratched).is_none_or(|one| one.likeness(look) >= 875), "one row of eight");
        let other = Look::of(&other).unwrap();
        prop_assert_eq!(look.likeness(other), other.likeness(look));
        prop_assert_eq!(look.likeness(other) == 1000, look == other);
    }

    #[test]
    fn no_household_is_counted_twice(reports in any_reports()) {
        let mut apart: Vec<Household> = Vec::new();
        for report in &reports {
            if !apart.contains(&report.household) {
                apart.push(report.household);
            }
        }
        let doubled = reports.iter().chain(&reports).map(|report| report.household);
        prop_assert_eq!(usize::try_from(households(doubled)).unwrap(), apart.len());
    }

    #[test]
    fn more_reports_never_make_a_place_narrower(
        reports in any_reports(),
        more in any_reports(),
        homes in prop::collection::btree_map(prop::sample::select(vec![1, 10, 11, 12, 100, 101]), 0_u32..40, 0..6),
    ) {
        let site = unit(0, 0);
        let before = widest(&site, &reports, &homes, policy());
        let after = widest(&site, &[reports, more].concat(), &homes, policy());
        prop_assert!(before <= after, "{before:?} {after:?}");
    }

    #[test]
    fn a_cluster_is_as_old_as_its_earliest_and_as_bad_as_its_worst(
        members in prop::collection::vec((0_i64..90, prop::sample::select(Severity::ALL)), 1..12),
    ) {
        let all = members.iter().map(|(days, severity)| Gathered { started_at: days_ago(*days), severity: *severity });
        let gathered = all.reduce(Gathered::with).unwrap();
        let oldest = members.iter().map(|(days, _)| *days).max().unwrap();
        prop_assert_eq!(gathered.started_at, days_ago(oldest));
        prop_assert!(members.iter().all(|(_, severity)| gathered.severity <= *severity));
        prop_assert!(members.iter().any(|(_, severity)| gathered.severity == *severity));
    }

    #[test]
    fn one_of_any_leads_before_all_others(
        members in prop::collection::vec((prop::sample::select(Level::ALL), 0_i64..9), 1..12),
    ) {
        let standings: Vec<_> =
            members.iter().map(|(level, days)| Standing { level: *level, reported_at: days_ago(*days) }).collect();
        let lead = standings.iter().copied().reduce(|one, other| if one.leads_before(&other) { one } else { other });
        let lead = lead.unwrap();
        prop_assert!(standings.iter().all(|other| lead.leads_before(other)));
        let same_level = standings.iter().filter(|one| one.level == lead.level);
        prop_assert_eq!(same_level.map(|one| one.reported_at).min(), Some(lead.reported_at), "its clock began first");
    }

    /// Against a count by hand: two thirds of the households that were asked, and nobody overruled who has answered.
    #[test]
    fn a_quorum_is_of_those_who_were_asked(answers in prop::collection::vec((0_u128..6, any_answer()), 0..12)) {
        let voice = |who: u128| answers.iter().filter(|(one, _)| *one == who).map(|(_, answer)| *answer).max();
        let voices: Vec<Answer> = (0..6).filter_map(voice).collect();
        let count = |wanted| voices.iter().filter(|voice| **voice == wanted).count();
        let expected = if count(Answer::Waits) == 0 {
            Verdict::Answered
        } else if count(Answer::Confirmed) > 0 && 100 * count(Answer::Confirmed) >= 66 * voices.len() {
            Verdict::Quorum
        } else {
            Verdict::Waits
        };
        let given = answers.iter().map(|(who, answer)| (Household(*who), *answer));
        prop_assert_eq!(verdict(given, policy()), expected);
    }
}
