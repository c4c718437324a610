//! Archives of programmes whose periods went by a year that was taken in, and that no program ships with.

use chrono::NaiveDate;

use super::{
    super::*,
    forger::{changed, poll},
    made::Tale,
};
use crate::calendar::{Edition, Year};

/// A 2027 in which the last day to object, 2027-04-13, is a holiday.
fn with_a_holiday(known_from: &str) -> Edition {
    let mut year: Year =
        serde_json::from_str(include_str!("../../../../../tests/data/calendar-2027.json")).unwrap();
    year.holidays.push("2027-04-13".parse().unwrap());
    Edition { known_from: day(known_from), hash: year.hash().unwrap(), year }
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn by(calendar: &[Edition]) -> Verified {
    verify(&changed(Tale::Formed, Ballots::Secret, |archive| archive.calendar = calendar.to_vec()))
}

fn first_fault(found: &Verified) -> Option<String> {
    found.faults.first().map(Fault::kind)
}

#[test]
fn periods_are_made_out_by_what_was_known_when_they_began() {
    // The result was published on 2027-04-06.
    let later = by(&[with_a_holiday("2027-04-07")]);
    assert_eq!(later.faults, []);
    let year = later.unchecked.iter().find(|one| one.contains("2027")).unwrap();
    assert!(
        year.contains("made up for tests") && year.contains(&with_a_holiday("2027-04-07").hash),
        "{year}"
    );
    let before = by(&[with_a_holiday("2027-04-06")]);
    assert_eq!(first_fault(&before).as_deref(), Some("PROVISIONAL_UNTIL"), "{:?}", before.faults);
    let moved = changed(Tale::Formed, Ballots::Secret, |archive| {
        archive.calendar = vec![with_a_holiday("2027-04-06")];
        *poll(archive).provisional_until.as_mut().unwrap() += chrono::TimeDelta::days(1);
    });
    let kinds: Vec<String> = verify(&moved).faults.iter().map(Fault::kind).collect();
    assert!(!kinds.contains(&"PROVISIONAL_UNTIL".to_owned()), "{kinds:?}");
}

#[test]
fn a_year_that_was_changed_is_caught() {
    let good = with_a_holiday("2027-04-07");
    let mut changed_day = good.clone();
    changed_day.year.holidays.pop();
    assert_eq!(first_fault(&by(&[changed_day])).as_deref(), Some("YEAR_CHANGED"));
    let mut unfit = good.clone();
    unfit.year.holidays[0] = day("2028-01-03");
    unfit.hash = unfit.year.hash().unwrap();
    assert_eq!(first_fault(&by(&[unfit])).as_deref(), Some("YEAR_UNFIT"));
    let moved = by(&[good.clone(), Edition { known_from: day("2027-04-01"), ..good }]);
    assert_eq!(first_fault(&moved).as_deref(), Some("YEAR_MOVED"));
}
