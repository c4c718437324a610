//! That clocks stand still 暂停 in an emergency: since when, until when, and for how long they did in the end. Who stopped
//! them and why is published beside it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The longest pause in days: whoever wants more has to say so again.
pub const PAUSE_DAYS: i64 = 30;

/// How long all pauses of one thing last together, in days: an emergency, and no way to hold up what owners decide.
pub const PAUSES_DAYS: i64 = 90;

/// That clocks stand still, for a reason and a time that are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pause {
    pub since: DateTime<Utc>,
    /// When it ends by itself.
    pub until: DateTime<Utc>,
    pub lifted_at: Option<DateTime<Utc>>,
}

impl Pause {
    /// One from now on, after those before; nothing where it would end before it begins, or later than it may.
    pub fn from_now(until: DateTime<Utc>, now: DateTime<Utc>, before: &[Self]) -> Option<Self> {
        let lost: TimeDelta = before.iter().map(Self::lost).sum();
        let longest = TimeDelta::days(PAUSE_DAYS).min(TimeDelta::days(PAUSES_DAYS) - lost);
        let in_reach = now < until && until <= now + longest;
        in_reach.then_some(Self { since: now, until, lifted_at: None })
    }

    /// When it was lifted, or else ends by itself.
    pub fn over_at(&self) -> DateTime<Utc> {
        self.lifted_at.unwrap_or(self.until)
    }

    /// Whether a moment is of it: its beginning is, its end is not.
    pub fn has(&self, at: DateTime<Utc>) -> bool {
        self.since <= at && at < self.over_at()
    }

    /// For how long clocks stood still, to the microsecond. Outages are given back as they were (pause clock): nobody gains
    /// a day by one, and nobody loses an hour.
    pub fn lost(&self) -> TimeDelta {
        self.over_at() - self.since
    }
}
