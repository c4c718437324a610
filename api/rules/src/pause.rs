//! That clocks stand still 暂停 in an emergency: since when, until when, and for how long they did in the end. Who stopped
//! them and why is published beside it.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The longest pause in days: whoever wants more has to say so again.
pub const PAUSE_DAYS: i64 = 30;

/// That clocks stand still, for a reason and a time that are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Pause {
    pub since: DateTime<Utc>,
    /// When it ends by itself.
    pub until: DateTime<Utc>,
    pub lifted_at: Option<DateTime<Utc>>,
}

impl Pause {
    /// One from now on; nothing where it would end before it begins, or later than it may.
    pub fn from_now(until: DateTime<Utc>, now: DateTime<Utc>) -> Option<Self> {
        let in_reach = now < until && until <= now + TimeDelta::days(PAUSE_DAYS);
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
