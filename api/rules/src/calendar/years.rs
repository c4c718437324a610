//! Years as the State Council fixes them each November, and the calendar as it became known by them.
//!
//! A period goes by what was known on the day on which it began: a year that becomes known later never moves a deadline
//! that is fixed, however often that is computed again. So a calendar is a row of editions, each with the first day of the
//! periods that go by it; an edition says of the days before that day what the one before it said.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};
use serde::{Deserialize, Serialize};

use super::{CalendarFault, WorkTime, day_of};
use crate::{canonical::NotCanonical, polls::seals::hash_of};

/// What the State Council fixed for a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Year {
    pub year: i32,
    /// The notice that says so, as people cite it; at most [`SOURCE_CHARS`].
    pub source: String,
    /// Days off. Weekends are so without being listed.
    pub holidays: Vec<NaiveDate>,
    /// Saturdays and Sundays that are worked in exchange (调休).
    pub working_weekends: Vec<NaiveDate>,
}

/// The most characters of a source.
pub const SOURCE_CHARS: usize = 200;

/// Days off that everybody has in a year (全国年节及纪念日放假办法, art. 2, as of 2025). One that falls on a weekend is made
/// up for, so that as many working days are off beyond those that are worked for others.
pub const STATUTORY_HOLIDAYS: usize = 13;

/// Those of them that are on the same day each year, as month and day. The others follow the moon.
const FIXED: [(u32, u32); 6] = [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)];

/// One thing that is wrong with a year, at a JSON pointer into its file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub pointer: String,
    pub words: String,
}

/// A year, and from which day on periods go by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// The first day of the periods that go by it.
    pub known_from: NaiveDate,
    /// SHA-256 over the year (`linli/calendar-year/1`).
    pub hash: String,
    pub year: Year,
}

/// The calendar as it became known: the year that ships with the program, then each edition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    editions: Arc<BTreeMap<NaiveDate, WorkTime>>,
}

impl Year {
    /// The one that ships with the program.
    pub fn shipped() -> Option<Self> {
        serde_json::from_str(super::SHIPPED).ok()
    }

    /// What is wrong with it, whatever is known already.
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut says = |pointer: String, words: String| found.push(Finding { pointer, words });
        if self.source.trim().is_empty() || self.source.chars().count() > SOURCE_CHARS {
            says("/source".into(), format!("name the notice, in {SOURCE_CHARS} characters at most"));
        }
        for (name, days) in [("holidays", &self.holidays), ("working_weekends", &self.working_weekends)] {
            for (place, day) in days.iter().enumerate() {
                let pointer = || format!("/{name}/{place}");
                if day.year() != self.year {
                    says(pointer(), format!("{day} is not in {}", self.year));
                }
                if days.iter().take(place).any(|other| other == day) {
                    says(pointer(), format!("{day} is listed already"));
                }
            }
        }
        for (place, day) in self.working_weekends.iter().enumerate() {
            let pointer = || format!("/working_weekends/{place}");
            if !is_weekend(*day) {
                says(pointer(), format!("{day} is no Saturday or Sunday"));
            }
            if self.holidays.contains(day) {
                says(pointer(), format!("{day} is listed as a holiday too"));
            }
        }
        for (month, day) in FIXED {
            let fixed = NaiveDate::from_ymd_opt(self.year, month, day);
            if let Some(day) = fixed.filter(|day| self.is_worked(*day)) {
                says("/holidays".into(), format!("{day} is a statutory holiday, and not listed"));
            }
        }
        let off = self.holidays.iter().filter(|day| !is_weekend(**day)).count();
        let made_up = self.working_weekends.len();
        if off < STATUTORY_HOLIDAYS + made_up {
            let words = format!(
                "{off} working days off for {made_up} weekend days that are worked: a whole year has \
                 {STATUTORY_HOLIDAYS} more"
            );
            says("/holidays".into(), words);
        }
        found
    }

    /// What keeps it from being known from `from` on, beside what is known already. What is past cannot change: of a year
    /// that is known it says the same of each day before.
    pub fn findings_beside(&self, known: &Calendar, from: NaiveDate) -> Vec<Finding> {
        if !(from.year()..=from.year().saturating_add(1)).contains(&self.year) {
            let words = format!("it would hold from {from} on: {} is over, or not fixed yet", self.year);
            return vec![Finding { pointer: "/year".into(), words }];
        }
        let known = known.known_on(from);
        let first = NaiveDate::from_ymd_opt(self.year, 1, 1).filter(|_| known.knows(self.year));
        let all = first.into_iter().flat_map(|first| first.iter_days());
        let past = all.take_while(|day| *day < from && day.year() == self.year);
        let changed = past.filter(|day| known.days().is_working(*day) != self.is_worked(*day));
        let say = |day: NaiveDate| {
            let list = if is_weekend(day) { "/working_weekends" } else { "/holidays" };
            Finding {
                pointer: list.into(),
                words: format!("what {day} was is fixed, and cannot change from {from} on"),
            }
        };
        changed.map(say).collect()
    }

    /// SHA-256 over it (`linli/calendar-year/1`).
    ///
    /// # Errors
    /// None that a year can come to.
    pub fn hash(&self) -> Result<String, NotCanonical> {
        hash_of("linli/calendar-year/1", self)
    }

    fn is_worked(&self, day: NaiveDate) -> bool {
        !self.holidays.contains(&day) && (!is_weekend(day) || self.working_weekends.contains(&day))
    }
}

impl Edition {
    /// Of a year that is taken in at `now`: the next day's periods go by it. That day is an hour away at least, so that
    /// whatever is computed just now by what was known has ended.
    ///
    /// # Errors
    /// [`CalendarFault::BeyondCalendar`].
    pub fn known_from(now: DateTime<Utc>) -> Result<NaiveDate, CalendarFault> {
        let soon = day_of(now + TimeDelta::hours(1))?;
        soon.checked_add_days(Days::new(1)).ok_or(CalendarFault::BeyondCalendar)
    }
}

static SHIPPED: LazyLock<Calendar> = LazyLock::new(Calendar::default);

impl Calendar {
    /// As it is before any year is taken in.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// The year that ships with the program, then these editions, in the order in which they were taken in.
    pub fn of<'a>(editions: impl IntoIterator<Item = &'a Edition>) -> Self {
        let mut known = BTreeMap::new();
        for Edition { known_from, year, .. } in editions {
            let before = on(&known, *known_from);
            let then = before.with(year, *known_from);
            known.insert(*known_from, then);
        }
        Self { editions: Arc::new(known) }
    }

    /// What periods go by that begin on a day.
    pub fn known_on(&self, day: NaiveDate) -> &WorkTime {
        on(&self.editions, day)
    }

    /// What periods go by that begin at a moment.
    pub fn known_at(&self, moment: DateTime<Utc>) -> &WorkTime {
        self.known_on(day_of(moment).unwrap_or(NaiveDate::MAX))
    }

    /// Each way in which it was known, the latest last.
    pub fn each(&self) -> impl Iterator<Item = &WorkTime> {
        std::iter::once(WorkTime::china()).chain(self.editions.values())
    }
}

fn on(editions: &BTreeMap<NaiveDate, WorkTime>, day: NaiveDate) -> &WorkTime {
    editions.range(..=day).next_back().map_or(WorkTime::china(), |(_, known)| known)
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{
        super::{RestDay, end_of_day},
        *,
    };

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// A made-up 2027, with a Spring Festival (from 2027-02-05 on) and its Saturday.
    fn made_up() -> Year {
        serde_json::from_str(include_str!("../../../../tests/data/calendar-2027.json")).unwrap()
    }

    fn from(known_from: &str, year: Year) -> Edition {
        Edition { known_from: day(known_from), hash: year.hash().unwrap(), year }
    }

    #[test]
    fn a_whole_year_is_taken_and_each_wrong_one_refused_where_it_is_wrong() {
        type Wrong = fn(&mut Year);
        assert_eq!(made_up().findings(), []);
        let cases: [(Wrong, &str); 9] = [
            (|year| year.source = " ".into(), "/source"),
            (|year| year.source = "国".repeat(201), "/source"),
            (|year| year.holidays[1] = day("2028-01-03"), "/holidays/1"),
            (|year| year.holidays[3] = year.holidays[2], "/holidays/3"),
            (|year| year.working_weekends[0] = day("2027-02-01"), "/working_weekends/0"),
            (|year| year.holidays.push(year.working_weekends[1]), "/working_weekends/1"),
            (|year| year.holidays.retain(|one| *one != day("2027-10-01")), "/holidays"),
            (|year| year.holidays.truncate(12), "/holidays"),
            (|year| year.working_weekends.push(day("2027-12-26")), "/holidays"),
        ];
        for (number, (wrong, pointer)) in cases.into_iter().enumerate() {
            let mut year = made_up();
            wrong(&mut year);
            let found = year.findings();
            assert!(found.iter().any(|finding| finding.pointer == pointer), "{number}: {found:?}");
        }
    }

    #[test]
    fn the_year_that_ships_is_whole_and_no_other_ships_with_it() {
        let shipped = Year::shipped().unwrap();
        assert_eq!(shipped.findings(), []);
        // Archives and deadlines rest on it: a later year is taken in, with the day from which on it is known.
        assert_eq!(
            shipped.hash().unwrap(),
            "eb25c73bce1555d8e317064c921434f276328f8607813902ede67c33af8673d2"
        );
        let years: Vec<i32> = (2000..2100).filter(|year| WorkTime::china().knows(*year)).collect();
        assert_eq!(years, [2026]);
    }

    #[test]
    fn what_is_past_cannot_change_and_what_is_far_is_not_known() {
        let known = Calendar::default();
        let pointers = |year: &Year, known: &Calendar, from: &str| {
            year.findings_beside(known, day(from)).into_iter().map(|one| one.pointer).collect::<Vec<_>>()
        };
        for (from, expected) in [
            ("2025-12-31", &["/year"][..]),
            ("2026-11-28", &[]),
            // Late, and taken all the same: what was not known is not past.
            ("2027-06-01", &[]),
            ("2028-01-01", &["/year"]),
        ] {
            assert_eq!(pointers(&made_up(), &known, from), expected, "{from}");
        }
        let known = Calendar::of(&[from("2026-11-28", made_up())]);
        let mut other = made_up();
        other.holidays.retain(|one| *one != day("2027-02-08"));
        other.working_weekends.retain(|one| *one != day("2027-02-20"));
        assert_eq!(pointers(&other, &known, "2027-02-08"), [""; 0]);
        assert_eq!(pointers(&other, &known, "2027-02-09"), ["/holidays"]);
        assert_eq!(pointers(&other, &known, "2027-02-21"), ["/holidays", "/working_weekends"]);
    }

    #[test]
    fn a_year_is_known_from_the_next_day_on_and_an_hour_later_at_least() {
        let at = |text: &str| Edition::known_from(text.parse().unwrap()).unwrap();
        assert_eq!(at("2026-11-27T22:59:59+08:00"), day("2026-11-28"));
        assert_eq!(at("2026-11-27T23:00:00+08:00"), day("2026-11-29"));
    }

    #[test]
    fn a_period_goes_by_what_was_known_when_it_began() {
        let calendar = Calendar::of(&[from("2026-11-28", made_up())]);
        let last = |begun: &str, days| {
            let begun = day(begun);
            calendar.known_on(begun).days().after_days(begun, days, RestDay::MovesOn).unwrap()
        };
        // The same last day, a Monday of the festival.
        assert_eq!(last("2026-11-27", 73), day("2027-02-08"));
        assert_eq!(last("2026-11-28", 72), day("2027-02-15"));
        assert!(calendar.known_on(day("2026-11-28")).knows(2027));
        assert!(!calendar.known_on(day("2026-11-27")).knows(2027));
        let midnight = end_of_day(day("2026-11-27")).unwrap();
        assert!(calendar.known_at(midnight).knows(2027));
        assert!(!calendar.known_at(midnight - TimeDelta::seconds(1)).knows(2027));
    }

    prop_compose! {
        fn some_edition()(
            begins in 0u64..500,
            later in any::<bool>(),
            holidays in prop::collection::btree_set(0u64..365, 0..60),
            worked in prop::collection::btree_set(0u64..365, 0..30),
        ) -> Edition {
            let known_from = day("2026-01-01") + Days::new(begins);
            let number = known_from.year() + i32::from(later);
            let nth = |n: &u64| NaiveDate::from_ymd_opt(number, 1, 1).unwrap() + Days::new(*n);
            let year = Year {
                year: number,
                source: "a test".into(),
                holidays: holidays.difference(&worked).map(nth).collect(),
                working_weekends: worked.iter().map(nth).filter(|day| is_weekend(*day)).collect(),
            };
            Edition { known_from, hash: year.hash().unwrap(), year }
        }
    }

    proptest! {
        /// One more year changes nothing of what began before it was known, and of what begins later only the days of that
        /// year that were still to come.
        #[test]
        fn a_year_changes_only_its_own_days(
            mut editions in prop::collection::vec(some_edition(), 1..5),
            begun in 0u64..900,
            days in 0u32..120,
        ) {
            editions.sort_by_key(|edition| edition.known_from);
            let (before, after) = (Calendar::of(&editions[..editions.len() - 1]), Calendar::of(&editions));
            let last = editions.last().unwrap();
            let begun = day("2026-01-01") + Days::new(begun);
            let end = |calendar: &Calendar| {
                calendar.known_on(begun).days().after_days(begun, days, RestDay::MovesOn).unwrap()
            };
            let (was, is) = (end(&before), end(&after));
            if begun < last.known_from {
                prop_assert_eq!(before.known_on(begun), after.known_on(begun));
            }
            let nominal = begun + Days::new(days.into());
            if was != is {
                prop_assert!(begun >= last.known_from);
                // Somewhere between the nominal end and the one that is later, a day of that year tipped it.
                let looked_at = nominal.iter_days().take_while(|day| *day <= was.max(is));
                prop_assert!(looked_at.into_iter().any(|day| day.year() == last.year.year));
            }
            for any_day in day("2025-12-01").iter_days().take(1200) {
                let work = |calendar: &Calendar| calendar.known_on(begun).days().is_working(any_day);
                let is_its_own = begun >= last.known_from
                    && any_day >= last.known_from
                    && any_day.year() == last.year.year;
                let expected = if is_its_own { last.year.is_worked(any_day) } else { work(&before) };
                prop_assert_eq!(work(&after), expected, "{}", any_day);
            }
        }
    }
}
