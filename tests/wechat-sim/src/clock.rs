//! The time that every rule of the simulator is measured in.
//!
//! It starts at the real time and runs with it, so that a client with a real clock finds its watermarks fresh;
//! tests move it or stop it. Nothing else in this program asks the system for the time of day.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::number;

/// Milliseconds of one second, as everything is kept in milliseconds.
pub const SECOND: u64 = 1_000;
pub const MINUTE: u64 = 60 * SECOND;
pub const DAY: u64 = 24 * 60 * MINUTE;
/// WeChat's days begin at midnight in Shanghai.
const SHANGHAI: u64 = 8 * 60 * MINUTE;

pub struct Clock {
    /// Virtual milliseconds since 1970 at `since`.
    base: u64,
    since: Instant,
    pace: Pace,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    Running,
    Stopped,
}

impl Clock {
    pub fn from_now() -> Self {
        let base = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { base: millis(base), since: Instant::now(), pace: Pace::Running }
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> u64 {
        match self.pace {
            Pace::Running => self.base + millis(self.since.elapsed()),
            Pace::Stopped => self.base,
        }
    }

    pub fn pace(&self) -> Pace {
        self.pace
    }

    pub fn advance(&mut self, by: u64) {
        self.base = self.base.saturating_add(by);
    }

    /// Goes to `at` (milliseconds since 1970), forwards or back, and runs or stands from there.
    pub fn set(&mut self, at: u64, pace: Pace) {
        *self = Self { base: at, since: Instant::now(), pace };
    }
}

/// The calendar minute that `at` falls in: minute quotas begin anew with it.
pub fn minute_of(at: u64) -> u64 {
    at / MINUTE
}

/// The calendar day in Shanghai that `at` falls in: daily quotas begin anew with it.
pub fn day_of(at: u64) -> u64 {
    (at + SHANGHAI) / DAY
}

fn millis(span: Duration) -> u64 {
    number(span.as_millis())
}
