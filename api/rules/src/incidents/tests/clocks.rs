//! Clocks against somebody who only looks at a watch: minute after minute, with a calendar of their own.

use chrono::{Datelike, NaiveDate, Timelike};
use proptest::prelude::*;

use super::{
    clock::{Change, Entry},
    *,
};
use crate::calendar::{Calendar, Edition, WorkTime, Year};

/// Monday, 28 September 2026, midnight in China: the week before the National Day's rest days, with a Saturday that is
/// made up for after them.
pub(super) const MONDAY: i64 = 1_790_524_800;

pub(super) fn minute(number: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(MONDAY + 60 * number, 0).unwrap()
}

fn budget(unit: Unit, amount: u32) -> Budget {
    Budget::new(unit, amount).unwrap()
}

fn limits(each_days: u16, total_days: u16) -> PauseLimits {
    PauseLimits { each_days: each_days.try_into().unwrap(), total_days: total_days.try_into().unwrap() }
}

fn entry(number: i64, change: Change) -> Entry {
    Entry { at: minute(number), change }
}

fn pause(from: i64, to: i64) -> Entry {
    entry(from, Change::Pause { reason: PauseReason::AwaitingParts, until: minute(to) })
}

/// What a clerk with a watch has before them, in minutes: when it began, what it may take, and when it stood still.
pub(super) struct Clerk {
    start: i64,
    budget: Budget,
    stood_still: Vec<(i64, i64)>,
    merged: Vec<(i64, i64)>,
    ended: Option<i64>,
}

impl Clerk {
    pub fn reading(history: &[Entry]) -> Self {
        let (stood_still, merged) = (Vec::new(), Vec::new());
        let mut clerk =
            Self { start: 0, budget: budget(Unit::UrgentMinutes, 1), stood_still, merged, ended: None };
        let number = |at: DateTime<Utc>| (at.timestamp() - MONDAY) / 60;
        for Entry { at, change } in history {
            let at = number(*at);
            match change {
                Change::Start { budget } => (clerk.start, clerk.budget) = (at, *budget),
                Change::Retarget { budget } => clerk.budget = *budget,
                Change::Since { from } => clerk.start = clerk.start.min(number(*from)),
                Change::Reset => {
                    (clerk.stood_still, clerk.merged) = (Vec::new(), Vec::new());
                    (clerk.start, clerk.ended) = (at, None);
                }
                Change::Pause { until, .. } => clerk.stood_still.push((at, number(*until))),
                Change::Merge => {
                    clerk.stood_still.iter_mut().for_each(|still| still.1 = still.1.min(at));
                    clerk.merged.push((at, i64::MAX));
                }
                Change::Split => clerk.merged.last_mut().unwrap().1 = at,
                Change::Resume => clerk.stood_still.last_mut().unwrap().1 = at,
                // Struck out where it stands.
                Change::Void => *clerk.stood_still.last_mut().unwrap() = (0, 0),
                Change::Continue => clerk.ended = None,
                Change::Stop | Change::Cancel => {
                    clerk.ended = Some(at);
                    let still = clerk.stood_still.iter_mut().chain(&mut clerk.merged);
                    still.for_each(|still| still.1 = still.1.min(at));
                }
            }
        }
        clerk
    }

    fn stands_still(&self, now: i64) -> bool {
        self.stood_still.iter().chain(&self.merged).any(|&(from, to)| from <= now && now < to)
    }

    fn counts(&self, now: i64) -> bool {
        let day = now.div_euclid(24 * 60);
        let later_day = day > self.start.div_euclid(24 * 60);
        // From 28 September: the working days of that week and of the two after it, by hand.
        let works = match day {
            0..=2 | 10..=12 | 14..=18 => true,
            3..=9 | 13 => false,
            beyond => beyond % 7 < 5,
        };
        let hour = now.rem_euclid(24 * 60) / 60;
        match self.budget.unit() {
            Unit::UrgentMinutes => true,
            Unit::NaturalDays => later_day,
            Unit::WorkDays => later_day && works,
            Unit::WorkMinutes => works && (9..18).contains(&hour) && hour != 12,
        }
    }

    fn wanted(&self) -> i64 {
        let amount = i64::from(self.budget.amount());
        match self.budget.unit() {
            Unit::UrgentMinutes | Unit::WorkMinutes => amount,
            Unit::WorkDays | Unit::NaturalDays => amount * 24 * 60,
        }
    }

    /// Steps until everything is spent; answers the minute at whose beginning it was.
    pub fn due(&self) -> i64 {
        let mut now = self.start;
        let mut left = self.wanted();
        while left > 0 {
            left -= i64::from(self.counts(now) && !self.stands_still(now));
            now += 1;
        }
        now
    }

    pub fn spent(&self, until: i64) -> i64 {
        let until = self.ended.unwrap_or(until).min(until);
        (self.start..until).map(|now| i64::from(self.counts(now) && !self.stands_still(now))).sum()
    }
}

fn any_budget() -> impl Strategy<Value = Budget> {
    prop_oneof![
        (1_u32..4000).prop_map(|n| budget(Unit::UrgentMinutes, n)),
        (1_u32..1500).prop_map(|n| budget(Unit::WorkMinutes, n)),
        (1_u32..5).prop_map(|n| budget(Unit::WorkDays, n)),
        (1_u32..7).prop_map(|n| budget(Unit::NaturalDays, n)),
    ]
}

/// What somebody may try at some moments after one another.
fn any_tries() -> impl Strategy<Value = Vec<(i64, u8, i64, Budget)>> {
    prop::collection::vec((1_i64..4000, 0_u8..20, 1_i64..4000, any_budget()), 0..7)
}

/// A history of whatever of these a clock allows.
fn lived(start: i64, first: Budget, tries: &[(i64, u8, i64, Budget)]) -> (Vec<Entry>, Clock) {
    let mut history = vec![entry(start, Change::Start { budget: first })];
    let mut clock = Clock::told(&history).unwrap();
    let mut now = start;
    for (later, what, long, budget) in tries {
        now += later;
        let change = match what {
            0..=5 => Change::Pause { reason: PauseReason::WeatherAlert, until: minute(now + long) },
            6 | 7 => Change::Resume,
            8 | 9 => Change::Void,
            10 => Change::Retarget { budget: *budget },
            11 => Change::Reset,
            12 => Change::Stop,
            13 => Change::Cancel,
            14 | 15 => Change::Merge,
            16 | 17 => Change::Split,
            18 => Change::Since { from: minute((now - long).max(0)) },
            _ => Change::Continue,
        };
        if let Ok(after) = clock.clone().after(entry(now, change)) {
            (history, clock) = ([&history[..], &[entry(now, change)]].concat(), after);
        }
    }
    // As long as another counts for it, it is never due.
    let split = entry(now + 1, Change::Split);
    if let Ok(after) = clock.clone().after(split) {
        (history, clock) = ([&history[..], &[split]].concat(), after);
    }
    (history, clock)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_clock_agrees_with_a_watch(start in 0_i64..10_000, first in any_budget(), tries in any_tries()) {
        let (history, clock) = lived(start, first, &tries);
        let clerk = Clerk::reading(&history);
        let china = WorkTime::china();
        prop_assert_eq!(clock.due(china).unwrap(), minute(clerk.due()), "{:?}", history);
        let some_time = start + 5000;
        prop_assert_eq!(
            clock.spent(minute(some_time), china).unwrap().num_minutes(),
            clerk.spent(some_time),
            "{:?}", history
        );
        prop_assert_eq!(clock.spent_to(100, china), clock.due(china));

        // Told from the end to the beginning it is the same clock, and so it is under its own budget.
        let mut back = history.clone();
        back.reverse();
        prop_assert_eq!(Clock::told(&back), Ok(clock.clone()));
        prop_assert_eq!(clock.clone().under(clock.budget()), clock);
    }
}

proptest! {
    #[test]
    fn however_another_paused_as_much_is_spent_and_no_more(
        ahead in 1_i64..5000,
        unit in prop::sample::select(vec![Unit::UrgentMinutes, Unit::WorkMinutes]),
        pauses in prop::collection::vec((1_i64..600, 1_i64..600), 0..4),
    ) {
        let whole = budget(unit, 9000);
        let mut history = vec![entry(0, Change::Start { budget: whole })];
        let mut now = 0;
        for (after, long) in pauses {
            history.push(pause(now + after, now + after + long));
            now += after + long;
        }
        let other = Clock::told(&history).unwrap();
        let own = Clock::start(minute(ahead), whole);
        let spent = |clock: &Clock| clock.spent(minute(ahead), WorkTime::china()).unwrap();
        if let Some(from) = own.as_early_as(&other, WorkTime::china()).unwrap() {
            let since = own.after(entry(ahead, Change::Since { from })).unwrap();
            prop_assert_eq!(spent(&since), spent(&other));
            prop_assert!(from >= other.started());
        } else {
            prop_assert_eq!(spent(&other), TimeDelta::zero());
        }
    }
}

#[test]
fn the_four_kinds_of_time() {
    // Wednesday, 30 September, 17:00; holidays until the 7th, then Thursday, Friday and a Saturday that is worked.
    let start = 2 * 24 * 60 + 17 * 60;
    let due = |budget| {
        let clock = Clock::told(&[entry(start, Change::Start { budget })]).unwrap();
        let due = clock.due(WorkTime::china()).unwrap() + chrono::TimeDelta::hours(8);
        format!("{} {:02}:{:02}", due.date_naive().format("%m-%d"), due.hour(), due.minute())
    };
    assert_eq!(due(budget(Unit::UrgentMinutes, 120)), "09-30 19:00");
    assert_eq!(due(budget(Unit::WorkMinutes, 120)), "10-08 10:00");
    assert_eq!(due(budget(Unit::WorkDays, 3)), "10-11 00:00", "Thursday, Friday and the Saturday");
    assert_eq!(due(budget(Unit::NaturalDays, 3)), "10-04 00:00");
    assert!(NaiveDate::from_ymd_opt(2026, 10, 10).unwrap().weekday() == chrono::Weekday::Sat);
}

#[test]
fn a_retarget_keeps_what_is_spent_and_what_was_paused() {
    let hour = budget(Unit::UrgentMinutes, 60);
    let (started, china) = (Change::Start { budget: hour }, WorkTime::china());
    let history = [
        entry(0, started),
        pause(10, 40),
        entry(50, Change::Retarget { budget: budget(Unit::UrgentMinutes, 90) }),
    ];
    let clock = Clock::told(&history).unwrap();
    assert_eq!(clock.spent(minute(50), china).unwrap().num_minutes(), 20);
    assert_eq!(clock.due(china).unwrap(), minute(120));
    assert_eq!(clock.under(hour).due(china).unwrap(), minute(90), "what if it were still an hour");
}

#[test]
fn a_clock_that_counts_since_another_has_spent_as_much() {
    let hour = budget(Unit::UrgentMinutes, 60);
    let begun = |at: i64, later: &[Entry]| {
        let history: Vec<Entry> =
            [entry(at, Change::Start { budget: hour })].iter().chain(later).copied().collect();
        Clock::told(&history).unwrap()
    };
    let own = begun(30, &[]);
    let since = |other: &Clock| own.as_early_as(other, WorkTime::china()).unwrap();
    assert_eq!(since(&begun(10, &[])), Some(minute(10)));
    assert_eq!(since(&begun(30, &[])), None);
    assert_eq!(since(&begun(40, &[])), None, "it began later");
    assert_eq!(since(&begun(10, &[pause(15, 20)])), Some(minute(15)), "what was paused stays");
    assert_eq!(since(&begun(10, &[pause(10, 30)])), None, "all of it was");
    // It keeps its own pauses, and is due as much earlier.
    let paused = begun(30, &[pause(40, 50), entry(45, Change::Since { from: minute(10) })]);
    assert_eq!((paused.started(), paused.due(WorkTime::china()).unwrap()), (minute(10), minute(80)));
    let later = begun(30, &[entry(45, Change::Since { from: minute(40) })]);
    assert_eq!(later.started(), minute(30), "never later");
}

#[test]
fn a_pause_is_as_long_as_its_limits_leave() {
    let week = budget(Unit::NaturalDays, 7);
    let mut clock = Clock::told(&[entry(0, Change::Start { budget: week })]).unwrap();
    let day = 24 * 60;
    let ask = |clock: &Clock, from: i64, to: i64| {
        clock.pause(PauseReason::AwaitingParts, minute(to), limits(2, 3), minute(from)).map(Entry::from)
    };
    assert_eq!(ask(&clock, 0, day), Ok(pause(0, day)), "what was asked for");
    assert_eq!(ask(&clock, 0, 9 * day), Ok(pause(0, 2 * day)), "one pause has two days at most");
    clock = clock.after(pause(0, 2 * day)).unwrap();
    assert_eq!(ask(&clock, day, 3 * day), Err(ClockFault::Paused));
    assert_eq!(ask(&clock, 3 * day, 9 * day), Ok(pause(3 * day, 4 * day)), "and all of them three");
    assert_eq!(ask(&clock, 3 * day, 3 * day), Err(ClockFault::PauseOfNothing));
    let spent = clock.clone().after(pause(3 * day, 4 * day)).unwrap();
    assert_eq!(ask(&spent, 5 * day, 6 * day), Err(ClockFault::PausesUsedUp));
    let void = spent.after(entry(5 * day, Change::Void)).unwrap();
    assert_eq!(ask(&void, 5 * day, 6 * day), Ok(pause(5 * day, 6 * day)), "what was void took nothing");
}

#[test]
fn a_pause_that_is_void_never_stopped_the_clock() {
    let two_days = budget(Unit::UrgentMinutes, 2 * 24 * 60);
    let clock = Clock::told(&[entry(0, Change::Start { budget: two_days }), pause(60, 4000)]).unwrap();
    let china = WorkTime::china();
    assert_eq!(clock.due(china).unwrap(), minute(2 * 24 * 60 + 3940));
    assert!(clock.paused(minute(3999)).is_some() && clock.paused(minute(4000)).is_none());
    let void = clock.after(entry(3000, Change::Void)).unwrap();
    assert!(void.paused(minute(3000)).is_none());
    assert_eq!(void.due(china).unwrap(), minute(2 * 24 * 60), "it was due already when somebody looked");
}

#[test]
fn a_pause_does_not_outlast_its_clock() {
    let day = Change::Start { budget: budget(Unit::UrgentMinutes, 24 * 60) };
    let clock = Clock::told(&[entry(0, day), pause(60, 9000), entry(120, Change::Stop)]).unwrap();
    assert_eq!(clock.pauses()[0].span.to, minute(120));
    assert_eq!(clock.due(WorkTime::china()), Ok(minute(24 * 60 + 60)));
    assert_eq!(clock.latest(), minute(120));
}

#[test]
fn what_cannot_follow_is_refused() {
    let hour = Change::Start { budget: budget(Unit::UrgentMinutes, 60) };
    let refused = |history: &[Entry]| Clock::told(history).unwrap_err();
    let after = |entries: &[Entry]| refused(&[&[entry(10, hour)], entries].concat());
    assert_eq!(refused(&[]), ClockFault::NotStarted);
    assert_eq!(refused(&[pause(0, 9)]), ClockFault::NotStarted);
    assert_eq!(after(&[entry(11, hour)]), ClockFault::StartedTwice);
    assert_eq!(after(&[entry(11, Change::Resume)]), ClockFault::NotPaused);
    assert_eq!(after(&[entry(11, Change::Void)]), ClockFault::NoPause);
    assert_eq!(after(&[pause(11, 15), pause(12, 16)]), ClockFault::Paused);
    assert_eq!(after(&[pause(11, 11)]), ClockFault::PauseOfNothing);
    let merge = entry(11, Change::Merge);
    assert_eq!(after(&[merge, pause(12, 16)]), ClockFault::Merged);
    assert_eq!(after(&[merge, entry(12, Change::Merge)]), ClockFault::Merged);
    assert_eq!(after(&[entry(11, Change::Split)]), ClockFault::NotMerged);
    assert_eq!(after(&[entry(11, Change::Stop), pause(12, 16)]), ClockFault::Ended(minute(11)));
    assert_eq!(after(&[entry(11, Change::Continue)]), ClockFault::NotEnded);
    let clock = Clock::told(&[entry(10, hour)]).unwrap();
    assert_eq!(clock.after(entry(9, Change::Stop)), Err(ClockFault::OutOfOrder(minute(9))));
}

#[test]
fn what_happens_at_once_stands_as_it_was_written() {
    let hour = Change::Start { budget: budget(Unit::UrgentMinutes, 60) };
    let born_paused = Clock::told(&[entry(0, hour), pause(0, 30)]).unwrap();
    assert_eq!(born_paused.due(WorkTime::china()).unwrap(), minute(90));
    let stop = entry(5, Change::Stop);
    assert!(Clock::told(&[entry(0, hour), pause(5, 9), stop]).is_ok());
    assert_eq!(Clock::told(&[entry(0, hour), stop, pause(5, 9)]), Err(ClockFault::Ended(minute(5))));
}

#[test]
fn a_budget_is_written_with_its_unit_and_has_bounds() {
    let read = |unit: &str, amount: u32| {
        serde_json::from_value::<Budget>(serde_json::json!({ "unit": unit, "amount": amount }))
    };
    let five = budget(Unit::WorkDays, 5);
    assert_eq!(read("WORK_DAYS", 5).unwrap(), five);
    assert_eq!(serde_json::to_string(&five).unwrap(), r#"{"unit":"WORK_DAYS","amount":5}"#);
    assert!(read("NATURAL_DAYS", 366).is_ok() && read("WORK_MINUTES", 366 * 24 * 60).is_ok());
    for (unit, amount) in
        [("NATURAL_DAYS", 367), ("WORK_DAYS", 0), ("WEEKS", 1), ("WORK_MINUTES", 366 * 24 * 60 + 1)]
    {
        assert!(read(unit, amount).is_err(), "{amount} {unit}");
    }
}

#[test]
fn a_year_that_becomes_known_moves_only_clocks_that_start_later() {
    let year: Year =
        serde_json::from_str(include_str!("../../../../../tests/data/calendar-2027.json")).unwrap();
    let known_from = "2027-02-04".parse().unwrap();
    let calendar = Calendar::of(&[Edition { known_from, hash: year.hash().unwrap(), year }]);
    let due = |day: &str, calendar: &Calendar| {
        let noon = format!("{day}T12:00:00+08:00").parse().unwrap();
        let due = Due::of(DueKind::Handle, &Clock::start(noon, budget(Unit::WorkDays, 1)), calendar);
        crate::words::local(due.at)
    };
    // The Wednesday and the Thursday before the Spring Festival.
    assert_eq!(due("2027-02-03", &calendar), due("2027-02-03", Calendar::shipped()));
    assert!(due("2027-02-04", Calendar::shipped()).starts_with("2027-02-06"));
    assert!(due("2027-02-04", &calendar).starts_with("2027-02-16"), "{}", due("2027-02-04", &calendar));
    let kept = |policy: &Policy| serde_json::to_string(policy).unwrap();
    assert_eq!(kept(&lift().clone().by(calendar)), kept(lift()), "a policy is kept without what is known");
}
