//! The law of a patrol 巡查: somebody walks a route again and again, and looks at its points.
//!
//! **Promises:** each route has a time by which its next round is finished; a point is checked once a round, at a time
//! that a phone may tell later, within limits; what a patrol finds counts as found before anybody reported it only where
//! nothing of it stood reported; what a resident reports soon after a point was passed over is told as missed.
//!
//! **Never:** asks for the time, or believes one that lies ahead or too far back.

use chrono::{DateTime, TimeDelta, Utc};

/// How long a phone without a line may keep a check before it tells of it.
pub const OFFLINE_HOURS: i64 = 12;

/// How far a phone's clock may run ahead; what it tells then happened now.
pub const AHEAD_MINUTES: i64 = 5;

/// What is reported within so many hours after a check that found nothing was missed by it.
pub const MISSED_WITHIN_HOURS: i64 = 24;

/// A walk along a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
}

/// What was looked at, and whether anything of the kind was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    pub at: DateTime<Utc>,
    pub found: bool,
}

/// Why a check or a round is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the round was finished at {at}")]
    Finished { at: DateTime<Utc> },
    #[error("a check is told within {OFFLINE_HOURS} hours, and not ahead of its time: not {at}")]
    OutOfReach { at: DateTime<Utc> },
    #[error("the round began at {started_at}, after {at}")]
    BeforeRound { started_at: DateTime<Utc>, at: DateTime<Utc> },
}

/// When something happened of which a phone tells now.
///
/// # Errors
/// [`Refusal::OutOfReach`].
pub fn happened(told: DateTime<Utc>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    let earliest = now - TimeDelta::hours(OFFLINE_HOURS);
    let latest = now + TimeDelta::minutes(AHEAD_MINUTES);
    if earliest <= told && told <= latest { Ok(told.min(now)) } else { Err(Refusal::OutOfReach { at: told }) }
}

impl Round {
    /// Somebody sets out, or tells now that they did.
    ///
    /// # Errors
    /// [`Refusal::OutOfReach`].
    pub fn begin(told: DateTime<Utc>, now: DateTime<Utc>) -> Result<Self, Refusal> {
        Ok(Self { started_at: happened(told, now)?, finished_at: None })
    }

    /// When a point was checked.
    ///
    /// # Errors
    /// [`Refusal::Finished`], [`Refusal::OutOfReach`], [`Refusal::BeforeRound`].
    pub fn check(self, told: DateTime<Utc>, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
        self.is_open()?;
        let at = happened(told, now)?;
        if at < self.started_at {
            return Err(Refusal::BeforeRound { started_at: self.started_at, at });
        }
        Ok(at)
    }

    /// Somebody has come back.
    ///
    /// # Errors
    /// [`Refusal::Finished`].
    pub fn finish(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.is_open()?;
        Ok(Self { finished_at: Some(now), ..self })
    }

    fn is_open(self) -> Result<(), Refusal> {
        self.finished_at.map_or(Ok(()), |at| Err(Refusal::Finished { at }))
    }
}

/// By when the next round is finished, after one or after the route was made.
pub fn next_due(after: DateTime<Utc>, every_hours: u32) -> DateTime<Utc> {
    after.checked_add_signed(TimeDelta::hours(every_hours.into())).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Whether a check found something before anybody reported it; `reported` is the earliest of the reports that stand open and
/// are of the same kind at that place, or one trouble with it.
pub fn found_first(check: Check, reported: Option<DateTime<Utc>>) -> bool {
    check.found && reported.is_none_or(|reported| check.at < reported)
}

/// Whether a report of what a point is watched for was missed by the last check of it.
pub fn missed(last: Check, reported_at: DateTime<Utc>) -> bool {
    let since = reported_at - last.at;
    !last.found && TimeDelta::zero() <= since && since < TimeDelta::hours(MISSED_WITHIN_HOURS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
    }

    #[test]
    fn a_phone_tells_late_within_limits() {
        let now = at(0);
        for (told, expected) in [(0, Some(0)), (-720, Some(-720)), (-721, None), (5, Some(0)), (6, None)] {
            assert_eq!(happened(at(told), now).ok(), expected.map(at), "{told}");
        }
    }

    #[test]
    fn nothing_is_checked_before_its_round_or_after_it() {
        let round = Round::begin(at(-60), at(0)).unwrap();
        assert_eq!(round.check(at(-30), at(0)), Ok(at(-30)));
        let before = Refusal::BeforeRound { started_at: at(-60), at: at(-61) };
        assert_eq!(round.check(at(-61), at(0)), Err(before));
        let finished = round.finish(at(1)).unwrap();
        assert_eq!(finished.check(at(2), at(2)), Err(Refusal::Finished { at: at(1) }));
        assert_eq!(finished.finish(at(2)), Err(Refusal::Finished { at: at(1) }));
        assert_eq!(next_due(at(1), 2), at(121));
    }

    #[test]
    fn what_comes_up_within_a_day_was_missed() {
        let passed = Check { at: at(0), found: false };
        for (minute, is_missed) in [(-1, false), (0, true), (1439, true), (1440, false)] {
            assert_eq!(missed(passed, at(minute)), is_missed, "{minute}");
        }
        assert!(!missed(Check { found: true, ..passed }, at(1)));
    }

    #[test]
    fn what_somebody_reported_before_the_check_was_not_found_first() {
        let check = Check { at: at(0), found: true };
        for (reported, is_first) in [(None, true), (Some(-1), false), (Some(0), false), (Some(1), true)] {
            assert_eq!(found_first(check, reported.map(at)), is_first, "{reported:?}");
        }
        assert!(!found_first(Check { found: false, ..check }, None));
    }

    proptest! {
        #[test]
        fn a_check_is_within_its_round_and_never_ahead(start in -900..60_i64, told in -900..60_i64, wait in 0..900_i64) {
            let Ok(round) = Round::begin(at(start), at(0)) else { return Ok(()) };
            prop_assert!(round.started_at <= at(0));
            if let Ok(checked) = round.check(at(told), at(wait)) {
                prop_assert!(round.started_at <= checked && checked <= at(wait));
            }
        }
    }
}
