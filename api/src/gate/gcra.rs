//! The generic cell rate algorithm: a limit whose whole state is one moment.
//!
//! That moment, the *theoretical arrival time* (`tat`), is when the bucket will be full again. Every unit taken
//! moves it one interval later; nobody has to refill anything. A call is let in when the moment does not
//! move further than one window from now.
//!
//! Pure, on whole microseconds. [`super::memory`] keeps what it decides; `lua/admit.lua` decides the same
//! inside Redis, and the tests hold it to that.

use std::time::Duration;

use super::{Bucket, Rate, Verdict};

const LONGEST_MICROS: i64 = 366 * 24 * 60 * 60 * 1_000_000;

impl Rate {
    /// How long one unit takes to come back, in microseconds, rounded up: never more than promised.
    pub fn interval(self) -> i64 {
        let per = i64::try_from(self.per.as_micros()).unwrap_or(LONGEST_MICROS).min(LONGEST_MICROS);
        let burst = i64::from(self.burst.get());
        ((per + burst - 1) / burst).max(1)
    }

    /// How long an emptied bucket takes to be full again, in microseconds.
    pub fn window(self) -> i64 {
        self.interval() * i64::from(self.burst.get())
    }
}

impl Bucket {
    /// By how much the call moves the bucket's `tat`, in microseconds.
    pub fn need(&self) -> i64 {
        self.rate.interval() * i64::from(self.cost.min(self.rate.burst.get()))
    }
}

/// The `tat` that counts: one in the past is a full bucket; one beyond the window can only come from a clock
/// that was set back or a rate that was raised, and counts as an empty bucket, so that nobody is
/// locked out for longer than a window.
pub fn effective(tat: Option<i64>, now: i64, rate: Rate) -> i64 {
    tat.unwrap_or(now).clamp(now, now.saturating_add(rate.window()))
}

/// Decides one bucket: the `tat` to keep if the cost is taken, and the verdict.
pub fn decide(tat: Option<i64>, now: i64, bucket: &Bucket) -> (i64, Verdict) {
    let rate = bucket.rate;
    let window = rate.window();
    let before = effective(tat, now, rate);
    let after = before.saturating_add(bucket.need());
    let excess = after.saturating_sub(now).saturating_sub(window);
    let allowed = excess <= 0;
    let kept = if allowed { after } else { before };
    let used = kept.saturating_sub(now);
    let verdict = Verdict {
        bucket: 0,
        allowed,
        limit: rate.burst.get(),
        remaining: u32::try_from((window - used) / rate.interval()).unwrap_or(0),
        reset_after: micros(used),
        retry_after: micros(excess.max(0)),
    };
    (kept, verdict)
}

/// What a call with several buckets comes to.
pub struct Settlement {
    /// The `tat`s to keep, one a bucket; `None` when the call is refused and nothing is taken.
    pub kept: Option<Vec<i64>>,
    /// The bucket that binds; `None` without buckets.
    pub verdict: Option<Verdict>,
}

/// Decides all buckets of a call together: it takes from every one or from none.
pub fn settle(tats: &[Option<i64>], buckets: &[Bucket], now: i64) -> Settlement {
    let decisions: Vec<(i64, Verdict)> = buckets
        .iter()
        .enumerate()
        .map(|(index, bucket)| {
            let (kept, verdict) = decide(tats.get(index).copied().flatten(), now, bucket);
            (kept, Verdict { bucket: index, ..verdict })
        })
        .collect();
    let verdicts = || decisions.iter().map(|(_, verdict)| *verdict);
    let refusal = verdicts().filter(|v| !v.allowed).max_by_key(|v| v.retry_after);
    Settlement {
        kept: refusal.is_none().then(|| decisions.iter().map(|(kept, _)| *kept).collect()),
        verdict: refusal.or_else(|| verdicts().min_by_key(|v| v.remaining)),
    }
}

fn micros(count: i64) -> Duration {
    Duration::from_micros(u64::try_from(count).unwrap_or(0))
}
