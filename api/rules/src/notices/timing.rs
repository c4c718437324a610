//! When a notice goes out: not at night, a moment after its neighbours, and again after a failure.

use chrono::{DateTime, TimeDelta, Utc};

use crate::incidents::policy::Quiet;

/// Whether a notice may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Life or property is in danger (S1): at any hour, at once.
    Now,
    /// Serious (S2): at once, but nobody is woken.
    Soon,
    /// Everything else: together with what else comes in from the same building.
    Ordinary,
}

impl Urgency {
    /// From a severity's code; what has none is ordinary.
    pub fn of(severity: Option<&str>) -> Self {
        match severity {
            Some("S1") => Self::Now,
            Some("S2") => Self::Soon,
            _ => Self::Ordinary,
        }
    }
}

/// From 22:00 until 07:00 nobody is told anything that can wait, where no policy says when.
pub const QUIET: Quiet = Quiet { from_hour: 22, to_hour: 7 };

/// How long ordinary reports of one building gather before their holder is told of all of them at once.
const GATHERING: TimeDelta = TimeDelta::minutes(2);

/// Failures in a row after which nobody tries any more.
pub const MOST_ATTEMPTS: u32 = 8;

const FIRST_REST: TimeDelta = TimeDelta::seconds(30);
const LONGEST_REST: TimeDelta = TimeDelta::hours(1);

/// The first moment from `now` on at which it may go out: now, or the end of the quiet hours.
pub fn earliest(urgency: Urgency, quiet: Quiet, now: DateTime<Utc>) -> DateTime<Utc> {
    match urgency {
        Urgency::Now => now,
        Urgency::Soon | Urgency::Ordinary => quiet.after(now),
    }
}

/// How long it gathers with others of its building.
pub fn gather(urgency: Urgency) -> TimeDelta {
    match urgency {
        Urgency::Now | Urgency::Soon => TimeDelta::zero(),
        Urgency::Ordinary => GATHERING,
    }
}

/// How long to rest after so many failures in a row; none when it has failed for good.
pub fn rest(attempts: u32) -> Option<TimeDelta> {
    if attempts >= MOST_ATTEMPTS {
        return None;
    }
    let doubled = 1_i32 << attempts.saturating_sub(1).min(16);
    Some((FIRST_REST * doubled).min(LONGEST_REST))
}

#[cfg(test)]
mod tests {
    use chrono::{FixedOffset, TimeZone, Timelike};
    use proptest::prelude::*;

    use super::*;

    fn china() -> FixedOffset {
        FixedOffset::east_opt(8 * 3600).unwrap()
    }

    fn at(hour: u32, minute: u32) -> DateTime<Utc> {
        china().with_ymd_and_hms(2026, 11, 25, hour, minute, 0).unwrap().to_utc()
    }

    #[test]
    fn nights_are_quiet_but_for_danger() {
        let morning = china().with_ymd_and_hms(2026, 11, 26, 7, 0, 0).unwrap().to_utc();
        for (now, then) in [
            (at(21, 59), at(21, 59)),
            (at(22, 0), morning),
            (at(23, 59), morning),
            (at(0, 0), at(7, 0)),
            (at(6, 59), at(7, 0)),
            (at(7, 0), at(7, 0)),
        ] {
            assert_eq!(earliest(Urgency::Ordinary, QUIET, now), then, "{now}");
            assert_eq!(earliest(Urgency::Soon, QUIET, now), then, "{now}");
            assert_eq!(earliest(Urgency::Now, QUIET, now), now, "{now}");
        }
    }

    #[test]
    fn a_policy_says_when_it_is_quiet_and_danger_waits_for_none() {
        let noon = Quiet { from_hour: 12, to_hour: 14 };
        let whole_day_but_one_hour = Quiet { from_hour: 10, to_hour: 9 };
        for urgency in [Urgency::Soon, Urgency::Ordinary] {
            assert_eq!(earliest(urgency, noon, at(12, 30)), at(14, 0));
            assert_eq!(earliest(urgency, noon, at(23, 30)), at(23, 30), "its night is not quiet");
            assert_eq!(earliest(urgency, Quiet::NEVER, at(3, 0)), at(3, 0));
            assert_eq!(earliest(urgency, whole_day_but_one_hour, at(9, 30)), at(9, 30));
        }
        for quiet in [noon, whole_day_but_one_hour, QUIET] {
            for hour in 0..24 {
                assert_eq!(earliest(Urgency::Now, quiet, at(hour, 30)), at(hour, 30));
            }
        }
    }

    proptest! {
        #[test]
        fn what_waits_comes_out_by_day_within_nine_hours(seconds in 0_i64..400_000_000) {
            let now = DateTime::from_timestamp(1_600_000_000 + seconds, 0).unwrap();
            let then = earliest(Urgency::Ordinary, QUIET, now);
            prop_assert!(then >= now && then - now <= TimeDelta::hours(9));
            prop_assert!((7..22).contains(&then.with_timezone(&china()).hour()));
            prop_assert_eq!(earliest(Urgency::Ordinary, QUIET, then), then);
        }
    }

    #[test]
    fn rests_grow_to_an_hour_and_end() {
        let rests: Vec<_> = (1..MOST_ATTEMPTS).map(|tried| rest(tried).unwrap()).collect();
        assert_eq!(rests[0], FIRST_REST);
        assert!(rests.windows(2).all(|two| two[0] * 2 == two[1] || two[1] == LONGEST_REST), "{rests:?}");
        assert_eq!(rest(MOST_ATTEMPTS), None);
        assert_eq!(rest(u32::MAX), None);
    }

    #[test]
    fn only_the_ordinary_gathers() {
        let waits =
            ["S1", "S2", "S3", "S5"].map(|severity| gather(Urgency::of(Some(severity))).num_minutes());
        assert_eq!(waits, [0, 0, 2, 2]);
        assert_eq!(Urgency::of(None), Urgency::Ordinary);
    }
}
