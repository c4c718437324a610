//! The law of a planned outage 计划停用: something is switched off on purpose, for a while, and everybody is told why.
//!
//! ```text
//! PLANNED ── from ──▶ RUNNING ── until ──▶ OVER
//!    └───────── end ─────┴──────────────────┘
//! ```
//!
//! **Promises:** an outage always has an end; it is extended within bounds only, and ends by itself. While it runs, a
//! report that it explains keeps its place in the ladder, but its first clock stands still until the outage is over, and
//! nobody but its reporter is told of it (see [`crate::notices`]); what is open still is told as new then.
//!
//! **Never:** mutes but what can be switched off, as data names it: no danger to life, nobody's conduct, nothing that
//! enters at an office.

use std::{collections::BTreeSet, sync::LazyLock};

use chrono::{DateTime, TimeDelta, Utc};

use crate::incidents::{Category, codes::coded};

static CAN_BE_OFF: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the list is part of the program; a test reads it")]
    serde_json::from_str(include_str!("../data/outages.json")).expect("data/outages.json is well formed")
});

coded! {
    /// Where an outage stands in its time.
    pub enum Phase {
        Planned = "PLANNED",
        Running = "RUNNING",
        Over = "OVER",
    }
}

/// An outage lasts this many hours at most when it is planned.
pub const LONGEST_HOURS: i64 = 72;

/// With all its extensions an outage lasts this many hours at most.
pub const LONGEST_EXTENDED_HOURS: i64 = 168;

/// How often an outage may be extended.
pub const EXTENSIONS: u32 = 2;

/// How many days ahead an outage may be planned.
pub const AHEAD_DAYS: i64 = 60;

/// When something is off; where, what and why are kept elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outage {
    pub from: DateTime<Utc>,
    /// Its end as it stands now.
    pub until: DateTime<Utc>,
    pub extensions: u32,
}

/// Why an outage is not planned, extended or ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it starts within {AHEAD_DAYS} days, and not before now")]
    StartOutOfReach,
    #[error("it ends after it starts, and within {hours} hours of that")]
    EndOutOfReach { hours: i64 },
    #[error("it ends at {until} already: an extension gives more time")]
    NotLonger { until: DateTime<Utc> },
    #[error("it was extended {EXTENSIONS} times")]
    ExtensionsUsedUp,
    #[error("it was over at {until}")]
    Over { until: DateTime<Utc> },
    #[error("{category} is never muted")]
    NeverMuted { category: String },
    #[error("no category is named")]
    NothingMuted,
}

/// Whether an outage may explain reports of this category.
///
/// # Errors
/// [`Refusal::NeverMuted`].
pub fn may_mute(category: &Category) -> Result<(), Refusal> {
    let can_be_off = CAN_BE_OFF.contains(&category.code);
    if can_be_off { Ok(()) } else { Err(Refusal::NeverMuted { category: category.code.clone() }) }
}

impl Outage {
    /// Somebody plans to switch something off, or just has.
    ///
    /// # Errors
    /// [`Refusal::NothingMuted`], [`Refusal::NeverMuted`], [`Refusal::StartOutOfReach`], [`Refusal::EndOutOfReach`].
    pub fn plan<'a>(
        categories: impl IntoIterator<Item = &'a Category>,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        let mut named = BTreeSet::new();
        for category in categories {
            may_mute(category)?;
            named.insert(category.code.as_str());
        }
        if named.is_empty() {
            return Err(Refusal::NothingMuted);
        }
        if from < now || from > now + TimeDelta::days(AHEAD_DAYS) {
            return Err(Refusal::StartOutOfReach);
        }
        Self { from, until, extensions: 0 }.lasting(LONGEST_HOURS)
    }

    pub fn phase(&self, now: DateTime<Utc>) -> Phase {
        if now >= self.until {
            Phase::Over
        } else if now >= self.from {
            Phase::Running
        } else {
            Phase::Planned
        }
    }

    /// It takes longer.
    ///
    /// # Errors
    /// [`Refusal::Over`], [`Refusal::ExtensionsUsedUp`], [`Refusal::NotLonger`], [`Refusal::EndOutOfReach`].
    pub fn extend(self, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.not_over(now)?;
        if self.extensions >= EXTENSIONS {
            return Err(Refusal::ExtensionsUsedUp);
        }
        if until <= self.until {
            return Err(Refusal::NotLonger { until: self.until });
        }
        Self { until, extensions: self.extensions + 1, ..self }.lasting(LONGEST_EXTENDED_HOURS)
    }

    /// It is over before it was to be, or never comes.
    ///
    /// # Errors
    /// [`Refusal::Over`].
    pub fn end(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.not_over(now)?;
        Ok(Self { from: self.from.min(now), until: now, ..self })
    }

    fn not_over(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        match self.phase(now) {
            Phase::Over => Err(Refusal::Over { until: self.until }),
            Phase::Planned | Phase::Running => Ok(()),
        }
    }

    fn lasting(self, hours: i64) -> Result<Self, Refusal> {
        let lasts = self.until - self.from;
        let fits = TimeDelta::zero() < lasts && lasts <= TimeDelta::hours(hours);
        if fits { Ok(self) } else { Err(Refusal::EndOutOfReach { hours }) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::incidents::{Level, Severity, category};

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::hours(hours)
    }

    fn lift() -> [&'static Category; 1] {
        [category::find("ELEVATOR_FAULT").unwrap()]
    }

    #[test]
    fn danger_and_what_enters_at_an_office_are_never_muted() {
        for category in category::all().iter().filter(|category| may_mute(category).is_ok()) {
            assert_ne!(category.severity, Severity::S1, "{}", category.code);
            assert!(
                crate::incidents::policy::national(category).unwrap().common.enters_at < Level::Community,
                "{}",
                category.code
            );
        }
        for code in CAN_BE_OFF.iter() {
            assert!(category::find(code).is_some(), "{code}");
        }
        for never in ["ELEVATOR_ENTRAPMENT", "PROPERTY_SERVICE", "FIRE_LANE_BLOCKED", "COMMITTEE_DISPUTE"] {
            assert!(may_mute(category::find(never).unwrap()).is_err(), "{never}");
        }
        assert!(may_mute(lift()[0]).is_ok());
        assert_eq!(Outage::plan([], at(0), at(1), at(0)), Err(Refusal::NothingMuted));
    }

    #[test]
    fn it_has_a_start_and_an_end_within_reach() {
        let plan = |from, until| Outage::plan(lift(), at(from), at(until), at(0));
        assert!(plan(0, LONGEST_HOURS).is_ok());
        assert_eq!(plan(-1, 1), Err(Refusal::StartOutOfReach));
        assert_eq!(plan(AHEAD_DAYS * 24 + 1, AHEAD_DAYS * 24 + 2), Err(Refusal::StartOutOfReach));
        assert_eq!(plan(5, 5), Err(Refusal::EndOutOfReach { hours: LONGEST_HOURS }));
        assert_eq!(plan(0, LONGEST_HOURS + 1), Err(Refusal::EndOutOfReach { hours: LONGEST_HOURS }));
    }

    #[test]
    fn it_runs_from_its_start_until_its_end() {
        let outage = Outage::plan(lift(), at(2), at(4), at(0)).unwrap();
        let phases = [1, 2, 3, 4].map(|hour| outage.phase(at(hour)));
        assert_eq!(phases, [Phase::Planned, Phase::Running, Phase::Running, Phase::Over]);
        // Never begun, it is over from now on.
        assert_eq!(outage.end(at(1)).unwrap().phase(at(1)), Phase::Over);
        assert_eq!(outage.end(at(4)), Err(Refusal::Over { until: at(4) }));
    }

    proptest! {
        #[test]
        fn however_often_it_is_extended_it_ends(
            lasts in 1..=LONGEST_HOURS,
            wishes in prop::collection::vec((0..300_i64, 0..40_i64), 0..8),
        ) {
            let mut outage = Outage::plan(lift(), at(0), at(lasts), at(0)).unwrap();
            let mut hour = 0;
            for (until, wait) in wishes {
                hour += wait;
                let over = outage.phase(at(hour)) == Phase::Over;
                match outage.extend(at(until), at(hour)) {
                    Ok(longer) => {
                        prop_assert!(!over && longer.until > outage.until);
                        outage = longer;
                    }
                    Err(Refusal::Over { .. }) => prop_assert!(over),
                    Err(_) => prop_assert!(!over),
                }
                prop_assert!(outage.until - outage.from <= TimeDelta::hours(LONGEST_EXTENDED_HOURS));
                prop_assert!(outage.extensions <= EXTENSIONS);
            }
        }
    }
}
