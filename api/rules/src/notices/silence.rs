//! Silences 静默: a post that knows of a trouble says for which kind of matter, where and until when it is not called again
//! by the clock.
//!
//! A silence hushes what comes by itself. What a person says or does never is, least of all that another household has the
//! same trouble, and nothing where life is in danger. It stops no clock and hushes nobody but its own post: what the post
//! leaves undone goes on to the level above, which is told.

use chrono::{DateTime, TimeDelta, Utc};

use super::timing::Urgency;
use crate::incidents::{Category, Severity};

/// How long it lasts at most: what goes on for longer needs a better answer.
pub const LONGEST: TimeDelta = TimeDelta::days(7);

/// What comes by the clock.
const HUSHED: &[&str] = &[
    "INCIDENT_WARNED",
    "INCIDENT_UNSORTED",
    "INCIDENT_REMINDED",
    "INCIDENT_POINTED_OUT",
    "INCIDENT_CALLED",
    "INCIDENT_SHOUTED",
];

/// When it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    pub from: DateTime<Utc>,
    /// Its end as it stands now.
    pub until: DateTime<Utc>,
}

/// Why there is none, or it does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("danger to life is never silenced, nor what is no ticket")]
    Danger,
    #[error("it ends later than now, and within {} days", LONGEST.num_days())]
    EndOutOfReach,
    #[error("it was over at {at}")]
    Over { at: DateTime<Utc> },
}

impl Silence {
    /// One that begins now, about a category.
    ///
    /// # Errors
    /// [`Refusal::Danger`], [`Refusal::EndOutOfReach`].
    pub fn begin(category: &Category, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<Self, Refusal> {
        if !may_be_about(category) {
            return Err(Refusal::Danger);
        }
        if until <= now || until > now + LONGEST {
            return Err(Refusal::EndOutOfReach);
        }
        Ok(Self { from: now, until })
    }

    /// It is over early.
    ///
    /// # Errors
    /// [`Refusal::Over`].
    pub fn end(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        if now >= self.until {
            return Err(Refusal::Over { at: self.until });
        }
        Ok(Self { until: now, ..self })
    }

    /// Whether it hushes what an event of this kind tells its post.
    pub fn hushes(&self, kind: &str, urgency: Urgency, at: DateTime<Utc>) -> bool {
        may_hush(kind, urgency) && self.from <= at && at < self.until
    }
}

/// Whether there are silences about a category.
pub fn may_be_about(category: &Category) -> bool {
    category.is_ticket() && category.severity != Severity::S1
}

/// Whether a silence can hush it at all.
pub fn may_hush(kind: &str, urgency: Urgency) -> bool {
    urgency != Urgency::Now && HUSHED.contains(&kind)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::telling::{TELLINGS, Topic};
    use super::*;
    use crate::incidents::category;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_803_862_800, 0).unwrap()
    }

    #[test]
    fn only_calls_that_come_by_the_clock_are_hushed_and_none_of_danger() {
        for row in TELLINGS {
            let is_hushed = may_hush(row.kind, Urgency::Soon);
            assert!(!is_hushed || row.topic == Topic::Task, "{}", row.kind);
            assert!(!may_hush(row.kind, Urgency::Now));
        }
        for kind in HUSHED {
            assert!(TELLINGS.iter().any(|row| row.kind == *kind), "{kind}");
        }
        for kind in
            ["INCIDENT_REPORTED", "CLUSTER_JOINED", "INCIDENT_CLIMBED", "INCIDENT_URGED", "INCIDENT_REOPENED"]
        {
            assert!(
                TELLINGS.iter().any(|row| row.kind == kind) && !may_hush(kind, Urgency::Ordinary),
                "{kind}"
            );
        }
    }

    #[test]
    fn nobody_silences_danger_to_life() {
        for category in category::all() {
            let begun = Silence::begin(category, now() + TimeDelta::hours(1), now());
            let is_danger = category.severity == Severity::S1 || !category.is_ticket();
            assert_eq!(begun == Err(Refusal::Danger), is_danger, "{}", category.code);
        }
    }

    proptest! {
        #[test]
        fn a_silence_holds_from_its_beginning_to_its_end_and_a_week_at_most(
            until in -100_i64..800_000,
            ended in 0_i64..800_000,
            at in -100_i64..800_000,
        ) {
            let moment = |seconds: i64| now() + TimeDelta::seconds(seconds);
            let lift = category::find("ELEVATOR_FAULT").unwrap();
            let Ok(silence) = Silence::begin(lift, moment(until), now()) else {
                prop_assert!(until <= 0 || until > 7 * 86_400);
                return Ok(());
            };
            prop_assert!(until > 0 && until <= 7 * 86_400);
            let holds = |silence: Silence| silence.hushes("INCIDENT_WARNED", Urgency::Soon, moment(at));
            prop_assert_eq!(holds(silence), 0 <= at && at < until);
            match silence.end(moment(ended)) {
                Ok(over) => prop_assert_eq!(holds(over), 0 <= at && at < ended.min(until)),
                Err(refusal) => {
                    prop_assert!(ended >= until);
                    prop_assert_eq!(refusal, Refusal::Over { at: moment(until) });
                }
            }
        }
    }
}
