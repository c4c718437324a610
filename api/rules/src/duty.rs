//! Who is on duty 值班 at a post: shifts that come again, persons who take them in turn, and who stands in on a day.
//!
//! **Promises:** the same rota and moment always name the same persons; a shift begins at the same time of day each time,
//! Chinese time, lasts a day and a night at most, and belongs to the day on which it begins, also after midnight.
//!
//! **Never:** knows who somebody is, or whether they still fill the post: that is for whoever asks.

use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Unbounded};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike, Utc};
use serde::{Deserialize, Serialize};

use crate::calendar::{day_of, in_china};
use crate::incidents::codes::coded;

coded! {
    /// A day of the week.
    pub enum Weekday {
        Monday = "MONDAY",
        Tuesday = "TUESDAY",
        Wednesday = "WEDNESDAY",
        Thursday = "THURSDAY",
        Friday = "FRIDAY",
        Saturday = "SATURDAY",
        Sunday = "SUNDAY",
    }
}

coded! {
    /// When the next of its persons takes a shift.
    pub enum Turns {
        /// Each time that it comes.
        Daily = "DAILY",
        /// Each Monday.
        Weekly = "WEEKLY",
    }
}

/// A time of day to the minute, written `08:30`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(NaiveTime);

/// Not `00:00` to `23:59`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time of day is written 00:00 to 23:59")]
pub struct NoTimeOfDay;

/// Hours of some days of the week, Chinese time: from one time of day to another, which is the next day's unless it is
/// later. They belong to the day on which they begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    pub on: BTreeSet<Weekday>,
    pub from: TimeOfDay,
    pub to: TimeOfDay,
}

/// Hours that somebody of its persons takes, from its first day to its last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shift<P> {
    pub hours: Hours,
    /// In turn; the first of them on the first day.
    pub persons: Vec<P>,
    pub turns: Turns,
    pub first_day: NaiveDate,
    /// None for a shift that goes on.
    pub last_day: Option<NaiveDate>,
}

/// Somebody is not there for what begins on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Substitution<P> {
    pub day: NaiveDate,
    pub absent: P,
    /// Nobody where absent.
    pub stands_in: Option<P>,
}

/// The rota of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rota<P> {
    pub shifts: Vec<Shift<P>>,
    pub substitutions: Vec<Substitution<P>>,
}

/// What cannot be meant, by its number in the rota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    #[error("the shift is on no day of the week")]
    OnNoDay { shift: usize },
    #[error("nobody takes the shift")]
    OfNobody { shift: usize },
    #[error("the shift ends before it begins")]
    EndsFirst { shift: usize },
    #[error("somebody stands in for themselves, or is not there twice")]
    StandsIn { substitution: usize },
}

impl From<chrono::Weekday> for Weekday {
    fn from(day: chrono::Weekday) -> Self {
        match day {
            chrono::Weekday::Mon => Self::Monday,
            chrono::Weekday::Tue => Self::Tuesday,
            chrono::Weekday::Wed => Self::Wednesday,
            chrono::Weekday::Thu => Self::Thursday,
            chrono::Weekday::Fri => Self::Friday,
            chrono::Weekday::Sat => Self::Saturday,
            chrono::Weekday::Sun => Self::Sunday,
        }
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = NoTimeOfDay;

    fn try_from(written: String) -> Result<Self, NoTimeOfDay> {
        let time = NaiveTime::parse_from_str(&written, "%H:%M").map_err(|_| NoTimeOfDay)?;
        // Each has one written form.
        Some(Self(time)).filter(|time| String::from(*time) == written).ok_or(NoTimeOfDay)
    }
}

impl From<TimeOfDay> for String {
    fn from(TimeOfDay(time): TimeOfDay) -> Self {
        format!("{:02}:{:02}", time.hour(), time.minute())
    }
}

impl Hours {
    /// From when to when those hold that begin on a day; none where none do.
    fn of(&self, day: NaiveDate) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let ends_on = if self.to > self.from { day } else { day.succ_opt()? };
        let is_on = self.on.contains(&Weekday::from(day.weekday()));
        is_on.then_some((in_china(day, self.from.0)?, in_china(ends_on, self.to.0)?))
    }

    /// The day on which those began that hold at a moment.
    pub fn began_on(&self, at: DateTime<Utc>) -> Option<NaiveDate> {
        let today = day_of(at).ok()?;
        let holds = |day: &NaiveDate| self.of(*day).is_some_and(|(from, to)| from <= at && at < to);
        [Some(today), today.pred_opt()].into_iter().flatten().find(holds)
    }

    /// The first moment from `at` on at which they hold; none where they never do.
    pub fn next(&self, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.began_on(at).is_some() {
            return Some(at);
        }
        let mut begins = day_of(at).ok()?.iter_days().take(8).filter_map(|day| self.of(day));
        begins.find(|(from, _)| *from > at).map(|(from, _)| from)
    }
}

impl<P: Copy + Ord> Shift<P> {
    /// Whose turn it is at a moment, and the day on which that began.
    fn turn(&self, at: DateTime<Utc>) -> Option<(NaiveDate, P)> {
        let day = self.hours.began_on(at)?;
        if day < self.first_day || self.last_day.is_some_and(|last| day > last) {
            return None;
        }
        let turns = i64::try_from(self.persons.len()).ok()?;
        let turn = self.turns_before(day).checked_rem_euclid(turns)?;
        Some((day, *self.persons.get(usize::try_from(turn).ok()?)?))
    }

    /// How many turns there were before a day, which is not before the first.
    fn turns_before(&self, day: NaiveDate) -> i64 {
        let of = |day: NaiveDate| {
            // The first day of our era was a Monday.
            let weeks = i64::from(day.num_days_from_ce()).saturating_sub(1).div_euclid(7);
            match self.turns {
                Turns::Weekly => weeks,
                Turns::Daily => {
                    let earlier = self.hours.on.range(..Weekday::from(day.weekday())).count();
                    let count = |days: usize| i64::try_from(days).unwrap_or(7);
                    weeks * count(self.hours.on.len()) + count(earlier)
                }
            }
        };
        of(day) - of(self.first_day)
    }
}

impl<P: Copy + Ord> Rota<P> {
    /// Who is on duty at a moment; nobody where no shift holds, or nobody stands in for who is not there.
    pub fn on_duty(&self, at: DateTime<Utc>) -> BTreeSet<P> {
        let turns = self.shifts.iter().filter_map(|shift| shift.turn(at));
        turns.filter_map(|(day, person)| self.there(day, person)).collect()
    }

    /// Who is there for somebody whose turn began on a day.
    fn there(&self, day: NaiveDate, person: P) -> Option<P> {
        let is_absent = |one: &&Substitution<P>| one.day == day && one.absent == person;
        self.substitutions.iter().find(is_absent).map_or(Some(person), |one| one.stands_in)
    }

    /// Everybody in it.
    pub fn persons(&self) -> BTreeSet<P> {
        let shifts = self.shifts.iter().flat_map(|shift| shift.persons.iter().copied());
        let others = self.substitutions.iter().flat_map(|one| [Some(one.absent), one.stands_in]);
        shifts.chain(others.flatten()).collect()
    }

    /// The first thing in it that cannot be meant.
    pub fn flaw(&self) -> Option<Flaw> {
        let of_shift = |(shift, of): (usize, &Shift<P>)| match of {
            of if of.hours.on.is_empty() => Some(Flaw::OnNoDay { shift }),
            of if of.persons.is_empty() => Some(Flaw::OfNobody { shift }),
            of if of.last_day.is_some_and(|last| last < of.first_day) => Some(Flaw::EndsFirst { shift }),
            _ => None,
        };
        let mut absences = BTreeSet::new();
        let mut of_substitution = |(substitution, one): (usize, &Substitution<P>)| {
            let is_first = absences.insert((one.day, one.absent));
            (!is_first || one.stands_in == Some(one.absent)).then_some(Flaw::StandsIn { substitution })
        };
        let shifts = self.shifts.iter().enumerate().find_map(of_shift);
        shifts.or_else(|| self.substitutions.iter().enumerate().find_map(&mut of_substitution))
    }
}

/// Who gets the next thing, where each gets one in turn: the first after who got the `last`, whether they are there or not.
pub fn next_in_turn<P: Copy + Ord>(there: &BTreeSet<P>, last: Option<P>) -> Option<P> {
    let after = last.and_then(|last| there.range((Excluded(last), Unbounded)).next());
    after.or_else(|| there.first()).copied()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn hours(on: &[Weekday], from: &str, to: &str) -> Hours {
        let time = |written: &str| TimeOfDay::try_from(written.to_owned()).unwrap();
        Hours { on: on.iter().copied().collect(), from: time(from), to: time(to) }
    }

    fn day(written: &str) -> NaiveDate {
        written.parse().unwrap()
    }

    /// A moment in China.
    fn at(written: &str) -> DateTime<Utc> {
        format!("{written}:00+08:00").parse().unwrap()
    }

    fn shift(hours: Hours, turns: Turns, persons: &[u8]) -> Shift<u8> {
        Shift { hours, persons: persons.to_vec(), turns, first_day: day("2027-03-01"), last_day: None }
    }

    fn rota(shifts: Vec<Shift<u8>>) -> Rota<u8> {
        Rota { shifts, substitutions: Vec::new() }
    }

    fn who(rota: &Rota<u8>, moment: &str) -> Vec<u8> {
        rota.on_duty(at(moment)).into_iter().collect()
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        // 1 March 2027 is a Monday.
        let nights = rota(vec![shift(hours(Weekday::ALL, "20:00", "08:00"), Turns::Daily, &[1, 2])]);
        for (moment, on_duty) in [
            ("2027-03-01T07:59", &[][..]),
            ("2027-03-01T19:59", &[]),
            ("2027-03-01T20:00", &[1]),
            ("2027-03-02T07:59", &[1]),
            ("2027-03-02T08:00", &[]),
            ("2027-03-02T20:00", &[2]),
            ("2027-03-03T20:00", &[1]),
        ] {
            assert_eq!(who(&nights, moment), on_duty, "{moment}");
        }
        // The weekend's Sunday ends on Monday morning.
        let weekend = hours(&[Weekday::Saturday, Weekday::Sunday], "09:00", "09:00");
        let weekend = rota(vec![shift(weekend, Turns::Weekly, &[1, 2])]);
        assert_eq!(who(&weekend, "2027-03-08T08:59"), [1], "begun in the first week");
        assert!(who(&weekend, "2027-03-08T09:00").is_empty());
        assert_eq!(who(&weekend, "2027-03-13T09:00"), [2]);
    }

    #[test]
    fn the_next_takes_the_next_day_that_comes_and_somebody_stands_in() {
        let weekdays = &Weekday::ALL[..5];
        let mut week = rota(vec![shift(hours(weekdays, "08:00", "18:00"), Turns::Daily, &[1, 2, 3])]);
        let noons = ["01", "02", "03", "04", "05", "06", "08"].map(|of| format!("2027-03-{of}T12:00"));
        let all = |rota: &Rota<u8>| noons.iter().map(|noon| who(rota, noon)).collect::<Vec<_>>();
        assert_eq!(all(&week), [vec![1], vec![2], vec![3], vec![1], vec![2], vec![], vec![3]]);
        week.substitutions = vec![
            Substitution { day: day("2027-03-02"), absent: 2, stands_in: Some(3) },
            Substitution { day: day("2027-03-03"), absent: 3, stands_in: None },
            Substitution { day: day("2027-03-04"), absent: 2, stands_in: Some(3) },
        ];
        assert_eq!(all(&week), [vec![1], vec![3], vec![], vec![1], vec![2], vec![], vec![3]]);
        assert_eq!(week.persons(), BTreeSet::from([1, 2, 3]));
        // A shift of one day, beside the others.
        let extra = Shift {
            last_day: Some(day("2027-03-01")),
            ..shift(hours(Weekday::ALL, "10:00", "13:00"), Turns::Daily, &[9])
        };
        week.shifts.push(extra);
        assert_eq!((who(&week, "2027-03-01T12:00"), who(&week, "2027-03-02T12:00")), (vec![1, 9], vec![3]));
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        let good = shift(hours(Weekday::ALL, "08:00", "18:00"), Turns::Daily, &[1]);
        assert_eq!(rota(vec![good.clone()]).flaw(), None);
        let with = |change: fn(&mut Shift<u8>)| {
            let mut changed = good.clone();
            change(&mut changed);
            rota(vec![good.clone(), changed]).flaw()
        };
        assert_eq!(with(|one| one.hours.on.clear()), Some(Flaw::OnNoDay { shift: 1 }));
        assert_eq!(with(|one| one.persons.clear()), Some(Flaw::OfNobody { shift: 1 }));
        assert_eq!(with(|one| one.last_day = Some(day("2027-02-28"))), Some(Flaw::EndsFirst { shift: 1 }));
        let stands_in = |absent, stands_in| Substitution { day: day("2027-03-01"), absent, stands_in };
        for (substitutions, flaw) in [
            (vec![stands_in(1, Some(2)), stands_in(2, None)], None),
            (vec![stands_in(1, Some(1))], Some(Flaw::StandsIn { substitution: 0 })),
            (vec![stands_in(1, None), stands_in(1, Some(2))], Some(Flaw::StandsIn { substitution: 1 })),
        ] {
            assert_eq!(Rota { substitutions, ..rota(vec![good.clone()]) }.flaw(), flaw);
        }
        for wrong in ["24:00", "8:00", "08:60", "08:00:00", "", "+8:00"] {
            assert!(TimeOfDay::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    fn any_hours() -> impl Strategy<Value = Hours> {
        let time = || {
            (0_u32..24 * 60).prop_map(|minute| {
                TimeOfDay(NaiveTime::from_num_seconds_from_midnight_opt(minute * 60, 0).unwrap())
            })
        };
        let days = proptest::sample::subsequence(Weekday::ALL.to_vec(), 0..=7);
        (days, time(), time()).prop_map(|(on, from, to)| Hours { on: on.into_iter().collect(), from, to })
    }

    fn any_moment() -> impl Strategy<Value = DateTime<Utc>> {
        (0_i64..40 * 24 * 60).prop_map(|minute| at("2027-03-01T00:00") + TimeDelta::minutes(minute))
    }

    proptest! {
        /// Somebody with a wall calendar and a watch, who walks from minute to minute, comes to the same.
        #[test]
        fn whoever_crosses_days_off_on_the_wall_finds_the_same_on_duty(
            hours in any_hours(),
            turns in proptest::sample::select(Turns::ALL.to_vec()),
            team in 1_u8..5,
            lasts in proptest::option::of(0_i64..40),
            moment in any_moment(),
        ) {
            let persons: Vec<u8> = (0..team).collect();
            let first_day = day("2027-03-03");
            let last_day = lasts.map(|days| first_day + TimeDelta::days(days));
            let shift = Shift { hours: hours.clone(), persons, turns, first_day, last_day };
            let (mut on_the_wall, mut turn) = (BTreeMap::new(), 0_u8);
            for (number, day) in first_day.iter_days().take(45).enumerate() {
                if number > 0 && turns == Turns::Weekly && day.weekday() == chrono::Weekday::Mon {
                    turn += 1;
                }
                if hours.on.contains(&Weekday::from(day.weekday())) && last_day.is_none_or(|last| day <= last) {
                    on_the_wall.insert(day, turn % team);
                    turn += u8::from(turns == Turns::Daily);
                }
            }
            let local = moment + TimeDelta::hours(8);
            let (today, time) = (local.date_naive(), TimeOfDay(local.time()));
            let spans_night = hours.to <= hours.from;
            let of_today = time >= hours.from && (spans_night || time < hours.to);
            let of_yesterday = spans_night && time < hours.to;
            let mut expected = BTreeSet::new();
            expected.extend(on_the_wall.get(&today).filter(|_| of_today));
            expected.extend(on_the_wall.get(&today.pred_opt().unwrap()).filter(|_| of_yesterday));
            prop_assert_eq!(rota(vec![shift]).on_duty(moment), expected);
        }

        /// Whoever waits minute by minute until the hours hold has waited as long as was told.
        #[test]
        fn the_next_moment_within_hours_is_the_first(hours in any_hours(), moment in any_moment()) {
            match hours.next(moment) {
                None => prop_assert!(hours.on.is_empty()),
                Some(next) => {
                    prop_assert!(next >= moment && hours.began_on(next).is_some());
                    let mut before = moment;
                    while before < next {
                        prop_assert_eq!(hours.began_on(before), None);
                        before += TimeDelta::minutes(7).min(next - before);
                    }
                }
            }
        }

        #[test]
        fn in_turn_nobody_gets_two_more_than_another(team in proptest::collection::btree_set(0_u8..9, 1..6), things in 1_usize..40) {
            let mut got: BTreeMap<u8, usize> = team.iter().map(|person| (*person, 0)).collect();
            let mut last = Some(4);
            for _ in 0..things {
                last = next_in_turn(&team, last);
                *got.get_mut(&last.unwrap()).unwrap() += 1;
            }
            prop_assert!(got.values().max().unwrap() - got.values().min().unwrap() <= 1);
            prop_assert_eq!(next_in_turn(&BTreeSet::new(), last), None);
        }
    }
}
