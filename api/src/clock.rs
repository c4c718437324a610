//! Time, ids and chance: the three things that rules never ask for themselves.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{DateTime, DurationRound, FixedOffset, TimeDelta, Utc};
use uuid::Uuid;

/// The time of the service. It runs with the machine's clock; the demo and tests can move it forward.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// The moment, to the microsecond, as PostgreSQL keeps it.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    pub fn now(&self) -> DateTime<Utc> {
        let now = Utc::now() + TimeDelta::microseconds(self.ahead.load(Ordering::Relaxed));
        now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now)
    }

    /// Moves the clock forward; time never runs back.
    pub fn advance(&self, by: TimeDelta) {
        self.ahead.fetch_add(by.num_microseconds().unwrap_or(0).max(0), Ordering::Relaxed);
    }

    /// Sets it back, before anything has happened: the demo lives through its weeks from there.
    pub fn begin_before(&self, by: TimeDelta) {
        self.ahead.fetch_sub(by.num_microseconds().unwrap_or(0).max(0), Ordering::Relaxed);
    }

    /// How far it runs ahead of the machine's clock.
    pub fn ahead(&self) -> TimeDelta {
        TimeDelta::microseconds(self.ahead.load(Ordering::Relaxed))
    }
}

/// Times as people in China read them: RFC 3339 with `+08:00`.
pub fn local(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    FixedOffset::east_opt(8 * 3600).map_or_else(|| at.fixed_offset(), |zone| at.with_timezone(&zone))
}

/// New ids.
#[derive(Clone, Debug, Default)]
pub struct Ids;

impl Ids {
    /// Sorts by the time of making (UUID v7).
    #[expect(clippy::disallowed_methods, reason = "the one source of ids")]
    pub fn next(&self) -> Uuid {
        Uuid::now_v7()
    }

    /// Tells nothing about when it was made (UUID v4): for ballots, sessions and receipts.
    #[expect(clippy::disallowed_methods, reason = "the one source of ids")]
    pub fn random(&self) -> Uuid {
        Uuid::new_v4()
    }

    /// Thirty-two unguessable bytes.
    pub fn secret(&self) -> [u8; 32] {
        rand::random()
    }
}
