//! Calls whose quota is used up stay closed until it opens, so that no quota is spent on being refused.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Days, FixedOffset, NaiveTime, TimeDelta, Utc};

use super::error::{WeChatError, Window};

/// Which calls are closed, and until when. One for each process.
#[derive(Default)]
pub(super) struct Circuit {
    closed: Mutex<HashMap<&'static str, Closed>>,
}

#[derive(Clone, Copy)]
struct Closed {
    until: DateTime<Utc>,
    code: i64,
}

impl Circuit {
    /// Refuses the call named `call` while it is closed.
    pub fn check(&self, call: &'static str, now: DateTime<Utc>) -> Result<(), WeChatError> {
        let mut calls = self.calls();
        match calls.get(call) {
            Some(closed) if now < closed.until => {
                Err(WeChatError::Quota { code: closed.code, until: closed.until })
            }
            Some(_) => {
                calls.remove(call);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Closes the call until its quota opens.
    pub fn close(&self, call: &'static str, code: i64, until: DateTime<Utc>) {
        self.calls().insert(call, Closed { until, code });
    }

    fn calls(&self) -> MutexGuard<'_, HashMap<&'static str, Closed>> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When a quota that refused us at `now` opens again.
pub(super) fn opens(window: Window, now: DateTime<Utc>) -> DateTime<Utc> {
    match window {
        Window::Second => now + TimeDelta::seconds(1),
        Window::Minute => {
            let into = now.timestamp().rem_euclid(60);
            let full = now - TimeDelta::seconds(into);
            full - TimeDelta::nanoseconds(i64::from(full.timestamp_subsec_nanos())) + TimeDelta::minutes(1)
        }
        Window::Day => next_midnight_in_china(now),
    }
}

/// Offset of China's time, which has no summer time, from UTC in seconds.
const CHINA: i32 = 8 * 3600;

/// The day in China, as WeChat counts its daily quotas.
pub(super) fn day_in_china(now: DateTime<Utc>) -> chrono::NaiveDate {
    FixedOffset::east_opt(CHINA).map_or(now.date_naive(), |china| now.with_timezone(&china).date_naive())
}

fn next_midnight_in_china(now: DateTime<Utc>) -> DateTime<Utc> {
    let tomorrow = day_in_china(now).checked_add_days(Days::new(1)).unwrap_or_default();
    tomorrow.and_time(NaiveTime::MIN).and_utc() - TimeDelta::seconds(i64::from(CHINA))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_daily_quota_opens_at_midnight_in_china() {
        assert_eq!(opens(Window::Day, at("2026-11-22T15:59:59Z")), at("2026-11-22T16:00:00Z"));
        assert_eq!(opens(Window::Day, at("2026-11-22T16:00:00Z")), at("2026-11-23T16:00:00Z"));
    }

    #[test]
    fn a_minute_quota_opens_at_the_next_full_minute() {
        assert_eq!(opens(Window::Minute, at("2026-11-22T15:59:59.5Z")), at("2026-11-22T16:00:00Z"));
        assert_eq!(opens(Window::Minute, at("2026-11-22T16:00:00Z")), at("2026-11-22T16:01:00Z"));
    }

    #[test]
    fn one_closed_call_leaves_the_others_open() {
        let circuit = Circuit::default();
        let now = at("2026-11-22T12:00:00Z");
        circuit.close("/a", 44990, opens(Window::Second, now));
        assert!(matches!(circuit.check("/a", now), Err(WeChatError::Quota { code: 44990, .. })));
        assert_eq!(circuit.check("/b", now), Ok(()));
        assert_eq!(circuit.check("/a", now + TimeDelta::seconds(1)), Ok(()));
    }
}
