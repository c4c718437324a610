//! Showing the roll before it is locked 名册公示: for the least days that hold at its place, and until each objection to an
//! entry of the part that votes is answered (guidance rules 建房[2009]274号, arts 11–12).
//!
//! Whoever keeps the roll has the same days to answer. An objection that nobody answers by then holds up nobody any more,
//! or one silent office would keep owners from voting; the lock tells how many those are.

use chrono::{DateTime, Utc};

use crate::{
    calendar::{CalendarFault, RestDay, WorkingDays, day_of, end_of_day},
    packs::{InForce, parameter},
    programmes::days_of,
    words::local,
};

/// Why a roll is not locked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "名册自 {} 起公示，未答复的异议 {open} 件，最早 {} 锁定，异议提前答复的以公示期满为准 / the roll is shown since {}, \
         objections that wait for an answer: {open}; it can be locked from {} on, or once it was shown until {} and they \
         are answered",
        local(*since), local(*from), local(*since), local(*from), local(*until)
    )]
    Shown {
        since: DateTime<Utc>,
        /// When it was shown for long enough.
        until: DateTime<Utc>,
        open: usize,
        /// When it can be locked even if nobody answers.
        from: DateTime<Utc>,
    },
    #[error("{0}")]
    Calendar(#[from] CalendarFault),
}

/// For how many days a roll is shown, by the rules in force.
pub fn days(rules: &[InForce]) -> u32 {
    const RULE: &str = "prep_list_days";
    let said = rules.iter().find(|rule| rule.name == RULE).map(|rule| &rule.value);
    said.or(parameter::find(RULE).map(|rule| &rule.value)).and_then(days_of).unwrap_or_default()
}

/// When so many clear days after a moment are over: natural days, rest days among them (Civil Code 201).
pub fn over(from: DateTime<Utc>, days: u32) -> Result<DateTime<Utc>, CalendarFault> {
    end_of_day(WorkingDays::default().after_days(day_of(from)?, days, RestDay::Counts)?)
}

/// Whether a roll that is shown `since` then may be locked: how many objections nobody answered in time. `due` says by when
/// each that is not answered is to be.
pub fn may_lock(
    since: DateTime<Utc>,
    days: u32,
    due: &[DateTime<Utc>],
    now: DateTime<Utc>,
) -> Result<usize, Refusal> {
    let until = over(since, days)?;
    let open = due.iter().filter(|due| **due > now);
    let from = open.clone().copied().fold(until, DateTime::max);
    if now < from {
        return Err(Refusal::Shown { since, until, open: open.count(), from });
    }
    Ok(due.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_735_660_800 + hours * 3_600, 0).unwrap()
    }

    #[test]
    fn it_is_shown_for_clear_days_and_waits_for_answers() {
        // Imported on 1 January 2025 at midnight in China; seven clear days end with the eighth.
        let until = at(8 * 24);
        assert_eq!(over(at(0), 7), Ok(until));
        assert_eq!(over(at(23), 7), Ok(until));
        assert_eq!(may_lock(at(0), 7, &[], at(8 * 24)), Ok(0));
        let early = Refusal::Shown { since: at(0), until, open: 0, from: until };
        assert_eq!(may_lock(at(0), 7, &[], at(8 * 24 - 1)), Err(early));
        let due = [at(9 * 24), at(10 * 24), at(24)];
        let open = Refusal::Shown { since: at(0), until, open: 2, from: at(10 * 24) };
        assert_eq!(may_lock(at(0), 7, &due, at(8 * 24)), Err(open));
        assert_eq!(may_lock(at(0), 7, &due, at(10 * 24)), Ok(3), "nobody answered, and nobody waits");
        assert!(
            open.to_string().contains("未答复的异议 2 件") && open.to_string().contains("2025-01-11"),
            "{open}"
        );
    }

    #[test]
    fn the_days_are_those_in_force_and_seven_where_nobody_says() {
        assert_eq!(days(&[]), 7);
    }

    proptest! {
        #[test]
        fn nothing_holds_it_up_for_longer_than_the_refusal_says(
            since in -500_i64..500, days in 0_u32..30, due in prop::collection::vec(-500_i64..1_500, 0..5), now in -500_i64..1_500,
        ) {
            let due: Vec<_> = due.into_iter().map(at).collect();
            if let Err(Refusal::Shown { from, until, open, .. }) = may_lock(at(since), days, &due, at(now)) {
                prop_assert!(at(now) < from && until <= from && open <= due.len());
                prop_assert_eq!(may_lock(at(since), days, &due, from), Ok(due.len()));
                prop_assert_eq!(may_lock(at(since), days, &[], until), Ok(0), "with every answer it is the days alone");
            }
        }
    }
}
