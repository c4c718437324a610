//! How closely a place is told.
//!
//! A lone report from a building points at those who live there. So the building is named only in company: when
//! [`ENOUGH`] households of the complex reported the same category there in the same month. The month is the
//! calendar's, not the reader's: whoever asks for a narrower span never learns which report came when.
//!
//! A photo tells where it was taken. So one is shown only where the place is told as closely as it is known.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::{calendar, incidents::Status};

/// Households that hide each other.
pub const ENOUGH: usize = 3;

/// Whether a photo that a person passed is shown, of an incident whose place is or is not told as closely as the building
/// it is of. What was taken back is nobody's any more.
pub fn shows_photo(status: Status, is_told_closely: bool) -> bool {
    is_told_closely && status != Status::Withdrawn
}

/// A month of China's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    year: i32,
    month: u32,
}

impl Month {
    /// The month of a moment; none beyond the end of the calendar.
    pub fn of(at: DateTime<Utc>) -> Option<Self> {
        let day = calendar::day_of(at).ok()?;
        Some(Self { year: day.year(), month: day.month() })
    }

    /// The moment that it begins.
    pub fn begins(self) -> Option<DateTime<Utc>> {
        let first = NaiveDate::from_ymd_opt(self.year, self.month, 1)?;
        calendar::end_of_day(first.pred_opt()?).ok()
    }

    /// The moment that the next one begins.
    pub fn ends(self) -> Option<DateTime<Utc>> {
        let (year, month) = if self.month == 12 { (self.year + 1, 1) } else { (self.year, self.month + 1) };
        Self { year, month }.begins()
    }
}

/// One report that counts: from which household it came, and of what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Report<Id> {
    pub building: Id,
    pub category: String,
    pub at: DateTime<Utc>,
    pub reporter: Id,
    /// One of the reporter's homes.
    pub home: Id,
}

/// How many households reported the same, by building, category and month.
#[derive(Debug, Clone)]
pub struct Company<Id>(BTreeMap<(Id, String, Month), BTreeSet<Id>>);

impl<Id: Ord + Copy> Company<Id> {
    /// Counts them. A reporter with several homes is one household, and so are reporters of the same home.
    pub fn of(reports: impl IntoIterator<Item = Report<Id>>) -> Self {
        let reports: Vec<_> = reports.into_iter().collect();
        let mut home_of: BTreeMap<Id, Id> = BTreeMap::new();
        for report in &reports {
            let first = home_of.entry(report.reporter).or_insert(report.home);
            *first = (*first).min(report.home);
        }
        let mut company: BTreeMap<_, BTreeSet<Id>> = BTreeMap::new();
        for report in reports {
            let (Some(month), Some(home)) = (Month::of(report.at), home_of.get(&report.reporter)) else {
                continue;
            };
            company.entry((report.building, report.category, month)).or_default().insert(*home);
        }
        Self(company)
    }

    /// How many households stand beside a report of this category, at this building, of that moment; none where they
    /// are too few to be told.
    pub fn households(&self, building: Id, category: &str, at: DateTime<Utc>) -> Option<usize> {
        let month = Month::of(at)?;
        let households = self.0.get(&(building, category.to_owned(), month)).map_or(0, BTreeSet::len);
        (households >= ENOUGH).then_some(households)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn report(reporter: u8, home: u8, moment: &str) -> Report<u8> {
        Report { building: 200, category: "CLEANING".into(), at: at(moment), reporter, home }
    }

    const NOON: &str = "2026-11-25T12:00:00+08:00";

    #[test]
    fn a_month_is_that_of_china() {
        let november = Month::of(at("2026-11-30T23:59:59+08:00")).unwrap();
        assert_eq!(november.begins(), Some(at("2026-11-01T00:00:00+08:00")));
        assert_eq!(november.ends(), Some(at("2026-12-01T00:00:00+08:00")));
        let december = Month::of(at("2026-11-30T16:00:00Z")).unwrap();
        assert_eq!(december.ends(), Some(at("2027-01-01T00:00:00+08:00")));
    }

    #[test]
    fn a_building_is_named_from_three_households_on() {
        let two = Company::of([report(1, 1, NOON), report(2, 2, NOON)]);
        assert_eq!(two.households(200, "CLEANING", at(NOON)), None);
        let three = Company::of([report(1, 1, NOON), report(2, 2, NOON), report(3, 3, NOON)]);
        assert_eq!(three.households(200, "CLEANING", at(NOON)), Some(3));
        assert_eq!(three.households(200, "GREENERY", at(NOON)), None, "of another category");
        assert_eq!(three.households(201, "CLEANING", at(NOON)), None, "of another building");
        assert_eq!(
            three.households(200, "CLEANING", at("2026-12-01T12:00:00+08:00")),
            None,
            "of another month"
        );
    }

    #[test]
    fn a_photo_points_at_nothing_finer_than_what_is_told() {
        for status in Status::ALL {
            assert!(!shows_photo(*status, false), "{status}");
            assert_eq!(shows_photo(*status, true), *status != Status::Withdrawn, "{status}");
        }
    }

    #[test]
    fn one_household_is_never_three() {
        let homes_of_one = Company::of([report(1, 1, NOON), report(1, 2, NOON), report(1, 3, NOON)]);
        assert_eq!(homes_of_one.households(200, "CLEANING", at(NOON)), None);
        let one_home = Company::of([report(1, 1, NOON), report(2, 1, NOON), report(3, 1, NOON)]);
        assert_eq!(one_home.households(200, "CLEANING", at(NOON)), None);
        let often = Company::of([report(1, 1, NOON), report(1, 1, NOON), report(1, 1, NOON)]);
        assert_eq!(often.households(200, "CLEANING", at(NOON)), None);
    }

    proptest! {
        #[test]
        fn never_more_households_than_reporters_or_homes(
            reports in proptest::collection::vec((0_u8..6, 0_u8..6), 0..30),
        ) {
            let company = Company::of(reports.iter().map(|(reporter, home)| report(*reporter, *home, NOON)));
            let told = company.households(200, "CLEANING", at(NOON));
            let reporters = reports.iter().map(|(reporter, _)| reporter).collect::<BTreeSet<_>>().len();
            let homes = reports.iter().map(|(_, home)| home).collect::<BTreeSet<_>>().len();
            prop_assert!(told.is_none_or(|told| told >= ENOUGH && told <= reporters.min(homes)));
        }
    }
}
