//! Periods and deadlines (Civil Code 200–204), on the calendar as the State Council fixes it each year: statutory
//! holidays, and the weekends made working days in exchange (调休).
//!
//! Days are civil days in China (UTC+8); which day it is now is always an argument, and so is what is known of the years.

mod years;

use std::{collections::BTreeSet, sync::LazyLock};

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};

pub use years::{Calendar, Edition, Finding, SOURCE_CHARS, STATUTORY_HOLIDAYS, Year};

/// The year that ships with the program. Deadlines and archives rest on it, so that no other is ever put beside it here: a
/// later year is taken in, with the day from which on it is known ([`Edition`]).
const SHIPPED: &str = include_str!("../data/calendar/2026.json");

/// The usual hours of an office.
const OFFICE_HOURS: [(u32, u32); 2] = [(9, 12), (13, 18)];

static CHINA: LazyLock<WorkTime> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "both are part of the program; a test reads them")]
    WorkTime::shipped().expect("the shipped year is well formed, and office hours are in order")
});

/// The days that are not what their weekday says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WorkingDays {
    holidays: BTreeSet<NaiveDate>,
    working_weekends: BTreeSet<NaiveDate>,
}

/// Why a deadline cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarFault {
    #[error("{0} is listed both as a holiday and as a make-up working day")]
    HolidayAndWorkday(NaiveDate),
    #[error("the period ends beyond the last day of the calendar")]
    BeyondCalendar,
    #[error("office hours from {0} to {1} are not in order")]
    HoursOutOfOrder(NaiveTime, NaiveTime),
}

/// What happens to a period whose last day is a rest day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestDay {
    /// It ends on the next working day: the rule of Civil Code 203.
    MovesOn,
    /// It ends on the rest day: where law or the parties say otherwise (Civil Code 204).
    Counts,
}

impl WorkingDays {
    /// `holidays` are days off; `working_weekends` are worked although Saturday or Sunday.
    pub fn new(
        holidays: impl IntoIterator<Item = NaiveDate>,
        working_weekends: impl IntoIterator<Item = NaiveDate>,
    ) -> Result<Self, CalendarFault> {
        let days = Self {
            holidays: holidays.into_iter().collect(),
            working_weekends: working_weekends.into_iter().collect(),
        };
        match days.holidays.intersection(&days.working_weekends).next() {
            Some(&both) => Err(CalendarFault::HolidayAndWorkday(both)),
            None => Ok(days),
        }
    }

    pub fn is_working(&self, day: NaiveDate) -> bool {
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        !self.holidays.contains(&day) && (!weekend || self.working_weekends.contains(&day))
    }

    /// The last day of a period of `days` that starts on `from`. Civil Code 201: the day of the start is not counted.
    pub fn after_days(&self, from: NaiveDate, days: u32, rest: RestDay) -> Result<NaiveDate, CalendarFault> {
        let last = from.checked_add_days(Days::new(days.into())).ok_or(CalendarFault::BeyondCalendar)?;
        self.settle(last, rest)
    }

    /// The last day of a period of `months` that starts on `from`. Civil Code 202: the same day of the last month, or
    /// that month's last day when it has no such day.
    pub fn after_months(
        &self,
        from: NaiveDate,
        months: u32,
        rest: RestDay,
    ) -> Result<NaiveDate, CalendarFault> {
        let last = from.checked_add_months(Months::new(months)).ok_or(CalendarFault::BeyondCalendar)?;
        self.settle(last, rest)
    }

    // Civil Code 203, first paragraph: a period that ends on a statutory rest day ends on the day after the rest days.
    fn settle(&self, last: NaiveDate, rest: RestDay) -> Result<NaiveDate, CalendarFault> {
        match rest {
            RestDay::Counts => Ok(last),
            RestDay::MovesOn => {
                last.iter_days().find(|&day| self.is_working(day)).ok_or(CalendarFault::BeyondCalendar)
            }
        }
    }
}

/// When people work: on which days, and in which hours of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkTime {
    days: WorkingDays,
    /// Opening and closing times in China (UTC+8), in order, none touching the next.
    hours: Vec<(NaiveTime, NaiveTime)>,
    /// The years whose holidays are known; of others only the weekends are.
    years: BTreeSet<i32>,
}

/// A stretch of time: `from` is inside, `to` is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl WorkTime {
    /// What ships with the program: the calendar of China in one year, with the usual hours of an office.
    pub fn china() -> &'static Self {
        &CHINA
    }

    fn shipped() -> Option<Self> {
        let year = Year::shipped()?;
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0);
        let hours = OFFICE_HOURS.into_iter().map(|(opens, closes)| time(opens).zip(time(closes)));
        let unknown = Self::new(WorkingDays::default(), hours.collect::<Option<_>>()?, []).ok()?;
        Some(unknown.with(&year, NaiveDate::MIN))
    }

    /// What is known once a year is: of its days from `from` on, and of no other.
    fn with(&self, year: &Year, from: NaiveDate) -> Self {
        let mut known = self.clone();
        let stays = |day: &NaiveDate| day.year() != year.year || *day < from;
        let WorkingDays { holidays, working_weekends } = &mut known.days;
        for (days, said) in [(holidays, &year.holidays), (working_weekends, &year.working_weekends)] {
            days.retain(stays);
            days.extend(said.iter().filter(|day| !stays(day)));
        }
        known.years.insert(year.year);
        known
    }

    /// Working days and the hours of each in China (UTC+8), for the years whose holidays are known.
    ///
    /// # Errors
    /// [`CalendarFault::HoursOutOfOrder`]; no hours at all are refused as 00:00 to 00:00.
    pub fn new(
        days: WorkingDays,
        hours: Vec<(NaiveTime, NaiveTime)>,
        years: impl IntoIterator<Item = i32>,
    ) -> Result<Self, CalendarFault> {
        let out_of_order =
            |&(opens, closes): &(NaiveTime, NaiveTime)| Err(CalendarFault::HoursOutOfOrder(opens, closes));
        if hours.is_empty() {
            return out_of_order(&(NaiveTime::MIN, NaiveTime::MIN));
        }
        if let Some(empty) = hours.iter().find(|(opens, closes)| opens >= closes) {
            return out_of_order(empty);
        }
        for (before, after) in hours.iter().zip(hours.iter().skip(1)) {
            if before.1 >= after.0 {
                return out_of_order(&(before.1, after.0));
            }
        }
        Ok(Self { days, hours, years: years.into_iter().collect() })
    }

    pub const fn days(&self) -> &WorkingDays {
        &self.days
    }

    /// Whether the holidays of this year are known, or only its weekends.
    pub fn knows(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// The working days from the day of `from` on, each from midnight to midnight, until the calendar ends.
    pub fn working_days(&self, from: DateTime<Utc>) -> impl Iterator<Item = Span> {
        let midnight = NaiveTime::MIN;
        self.worked_from(from)
            .filter_map(move |day| Some(Span { from: in_china(day, midnight)?, to: end_of_day(day).ok()? }))
    }

    /// The office hours of the working days from the day of `from` on, until the calendar ends.
    pub fn office_hours(&self, from: DateTime<Utc>) -> impl Iterator<Item = Span> {
        self.worked_from(from).flat_map(|day| {
            self.hours.iter().filter_map(move |&(opens, closes)| {
                Some(Span { from: in_china(day, opens)?, to: in_china(day, closes)? })
            })
        })
    }

    fn worked_from(&self, from: DateTime<Utc>) -> impl Iterator<Item = NaiveDate> {
        let first = day_of(from).unwrap_or(NaiveDate::MAX);
        first.iter_days().filter(|&day| self.days.is_working(day))
    }
}

pub(crate) fn in_china(day: NaiveDate, time: NaiveTime) -> Option<DateTime<Utc>> {
    day.and_time(time).checked_sub_signed(CHINA_IS_AHEAD).map(|moment| moment.and_utc())
}

const CHINA_IS_AHEAD: TimeDelta = TimeDelta::hours(8);

/// The civil day in China (UTC+8) on which something happens.
pub fn day_of(moment: DateTime<Utc>) -> Result<NaiveDate, CalendarFault> {
    let in_china = moment.checked_add_signed(CHINA_IS_AHEAD).ok_or(CalendarFault::BeyondCalendar)?;
    Ok(in_china.date_naive())
}

/// The moment at which a period with the last day `last` is over. Civil Code 203, second paragraph: at 24:00 of that
/// day (in China, UTC+8). The moment itself is already outside the period.
pub fn end_of_day(last: NaiveDate) -> Result<DateTime<Utc>, CalendarFault> {
    last.succ_opt().and_then(|next| in_china(next, NaiveTime::MIN)).ok_or(CalendarFault::BeyondCalendar)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_without_that_day_ends_on_its_last() {
        let calendar = WorkingDays::default();
        assert_eq!(calendar.after_months(day("2027-01-31"), 1, RestDay::Counts), Ok(day("2027-02-28")));
        assert_eq!(calendar.after_months(day("2028-02-29"), 12, RestDay::Counts), Ok(day("2029-02-28")));
    }

    #[test]
    fn a_last_day_ends_at_midnight_in_china() {
        assert_eq!(end_of_day(day("2026-11-30")).unwrap().to_rfc3339(), "2026-11-30T16:00:00+00:00");
        assert_eq!(end_of_day(NaiveDate::MAX), Err(CalendarFault::BeyondCalendar));
    }

    #[test]
    fn a_day_cannot_be_both_off_and_worked() {
        let both = day("2026-10-10");
        assert_eq!(WorkingDays::new([both], [both]), Err(CalendarFault::HolidayAndWorkday(both)));
    }

    #[test]
    fn the_calendar_that_ships_knows_the_days_made_up_for() {
        let china = WorkTime::china();
        assert!(china.knows(2026));
        let working = |text| china.days().is_working(day(text));
        assert!(!working("2026-02-16") && working("2026-02-14"), "the Spring Festival and its Saturday");
        assert!(!working("2026-10-07") && working("2026-10-08") && working("2026-10-10"));
    }

    #[test]
    fn office_hours_skip_noon_nights_and_rest_days() {
        let friday_noon = "2026-11-27T12:30:00+08:00".parse().unwrap();
        let hours: Vec<String> = WorkTime::china()
            .office_hours(friday_noon)
            .skip(1)
            .take(2)
            .map(|span| format!("{} {}", span.from.to_rfc3339(), span.to.to_rfc3339()))
            .collect();
        assert_eq!(
            hours,
            [
                "2026-11-27T05:00:00+00:00 2026-11-27T10:00:00+00:00",
                "2026-11-30T01:00:00+00:00 2026-11-30T04:00:00+00:00"
            ]
        );
    }

    #[test]
    fn hours_out_of_order_are_refused() {
        let time = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
        let of = |hours: &[(u32, u32)]| {
            let hours = hours.iter().map(|&(opens, closes)| (time(opens), time(closes))).collect();
            WorkTime::new(WorkingDays::default(), hours, [])
        };
        assert!(of(&[(9, 12), (13, 18)]).is_ok());
        for wrong in [&[][..], &[(12, 9)], &[(9, 9)], &[(13, 18), (9, 12)], &[(9, 13), (13, 18)]] {
            assert!(matches!(of(wrong), Err(CalendarFault::HoursOutOfOrder(..))), "{wrong:?}");
        }
    }

    #[test]
    fn the_end_of_the_calendar_is_refused() {
        let calendar = WorkingDays::default();
        assert_eq!(
            calendar.after_days(NaiveDate::MAX, 1, RestDay::Counts),
            Err(CalendarFault::BeyondCalendar)
        );
        assert_eq!(
            calendar.after_months(NaiveDate::MAX, 1, RestDay::MovesOn),
            Err(CalendarFault::BeyondCalendar)
        );
    }

    // Steps day by day with its own reckoning of the weekday: day 0 of the common era's count is a Sunday's eve.
    fn stepped(from: NaiveDate, days: u32, off: &[NaiveDate], worked: &[NaiveDate]) -> NaiveDate {
        let mut today = from;
        for _ in 0..days {
            today = today.succ_opt().unwrap();
        }
        loop {
            let weekday = today.num_days_from_ce() % 7; // 0 is Sunday, 6 is Saturday
            let rests = if off.contains(&today) {
                true
            } else if worked.contains(&today) {
                false
            } else {
                weekday == 0 || weekday == 6
            };
            if !rests {
                return today;
            }
            today = today.succ_opt().unwrap();
        }
    }

    proptest! {
        #[test]
        fn deadlines_agree_with_stepping_day_by_day(
            start in 0u64..4000,
            days in 0u32..120,
            off in prop::collection::btree_set(0u64..30, 0..20),
            worked in prop::collection::btree_set(0u64..30, 0..8),
        ) {
            let from = day("2024-02-01") + Days::new(start);
            let near_the_end = from + Days::new(u64::from(days));
            let off: Vec<_> = off.difference(&worked).map(|&n| near_the_end + Days::new(n)).collect();
            let worked: Vec<_> = worked.iter().map(|&n| near_the_end + Days::new(n)).collect();
            let calendar = WorkingDays::new(off.iter().copied(), worked.iter().copied()).unwrap();
            prop_assert_eq!(
                calendar.after_days(from, days, RestDay::MovesOn).unwrap(),
                stepped(from, days, &off, &worked)
            );
        }
    }
}
