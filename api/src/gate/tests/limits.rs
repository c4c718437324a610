//! The arithmetic of limits against a bucket that is filled drop by drop.

use std::num::NonZeroU32;
use std::time::Duration;

use proptest::prelude::*;

use super::super::gcra;
use super::{Bucket, Rate, Verdict, minute};

/// A bucket whose debt shrinks by one each microsecond: slow, and plainly right.
#[derive(Clone)]
struct Drops {
    debt: i64,
    interval: i64,
    burst: i64,
}

impl Drops {
    fn new(rate: Rate) -> Self {
        let burst = i64::from(rate.burst.get());
        let per = i64::try_from(rate.per.as_micros()).unwrap();
        let interval = (1..=per).find(|interval| interval * burst >= per).unwrap();
        Self { debt: 0, interval, burst }
    }

    fn tick(&mut self) {
        self.debt = (self.debt - 1).max(0);
    }

    fn has_room_for(&self, cost: i64) -> bool {
        self.debt + cost * self.interval <= self.burst * self.interval
    }

    fn ticks_until(&self, wanted: impl Fn(&Self) -> bool) -> u64 {
        let mut later = self.clone();
        let mut ticks = 0;
        while !wanted(&later) {
            later.tick();
            ticks += 1;
        }
        ticks
    }

    fn take(&mut self, cost: u32) -> Verdict {
        let cost = i64::from(cost).min(self.burst);
        let retry_after = self.ticks_until(|later| later.has_room_for(cost));
        let allowed = self.has_room_for(cost);
        if allowed {
            self.debt += cost * self.interval;
        }
        let remaining = (0..=self.burst).rev().find(|n| self.has_room_for(*n)).unwrap();
        Verdict {
            bucket: 0,
            allowed,
            limit: u32::try_from(self.burst).unwrap(),
            remaining: u32::try_from(remaining).unwrap(),
            reset_after: Duration::from_micros(self.ticks_until(|later| later.debt == 0)),
            retry_after: Duration::from_micros(retry_after),
        }
    }
}

fn small_rate() -> impl Strategy<Value = Rate> {
    (1_u32..8, 1_u64..200).prop_map(|(burst, per)| Rate {
        burst: NonZeroU32::new(burst).unwrap(),
        per: Duration::from_micros(per),
    })
}

proptest! {
    #[test]
    fn every_verdict_is_that_of_a_bucket_filled_drop_by_drop(
        rate in small_rate(),
        calls in prop::collection::vec((0_i64..60, 0_u32..10), 1..40),
    ) {
        let mut drops = Drops::new(rate);
        let (mut tat, mut now) = (None, 1_772_326_800_000_000);
        for (pause, cost) in calls {
            now += pause;
            (0..pause).for_each(|_| drops.tick());
            let (kept, verdict) = gcra::decide(tat, now, &Bucket { key: "x".into(), rate, cost });
            prop_assert_eq!(verdict, drops.take(cost));
            tat = Some(kept);
        }
    }

    #[test]
    fn no_run_of_per_lets_more_than_two_bursts_through(
        rate in small_rate(),
        pauses in prop::collection::vec(0_i64..30, 1..120),
    ) {
        let (mut tat, mut now, mut let_in) = (None, 0_i64, Vec::new());
        for pause in pauses {
            now += pause;
            let (kept, verdict) = gcra::decide(tat, now, &Bucket { key: "x".into(), rate, cost: 1 });
            if verdict.allowed { let_in.push(now); }
            tat = Some(kept);
        }
        let per = i64::try_from(rate.per.as_micros()).unwrap();
        let burst = usize::try_from(rate.burst.get()).unwrap();
        for start in &let_in {
            let within = let_in.iter().filter(|at| (*start..start + per).contains(at)).count();
            prop_assert!(within < 2 * burst + 1, "{} in {} µs at a burst of {}", within, per, burst);
        }
    }

    #[test]
    fn no_moment_and_no_rate_overflows(
        tat in prop::option::of(any::<i64>()),
        now in any::<i64>(),
        burst in 1..=u32::MAX,
        per in any::<u64>(),
        cost in any::<u32>(),
    ) {
        let rate = Rate { burst: NonZeroU32::new(burst).unwrap(), per: Duration::from_secs(per) };
        let (kept, verdict) = gcra::decide(tat, now, &Bucket { key: "x".into(), rate, cost });
        prop_assert!(kept >= now);
        prop_assert!(verdict.remaining <= verdict.limit);
    }
}

#[test]
fn a_clock_set_back_locks_nobody_out_for_longer_than_a_window() {
    let bucket = minute("x", 60);
    let tomorrow = 1_772_326_800_000_000 + 86_400_000_000;
    let (tat, _) = gcra::decide(None, tomorrow, &bucket);
    let (_, verdict) = gcra::decide(Some(tat), tomorrow - 86_400_000_000, &bucket);
    assert!(!verdict.allowed);
    assert_eq!(verdict.retry_after, Duration::from_secs(1));
}

#[test]
fn all_buckets_are_taken_from_or_none() {
    let buckets = [minute("wide", 100), minute("narrow", 1)];
    let first = gcra::settle(&[None, None], &buckets, 0);
    let kept = first.kept.unwrap();
    assert_eq!(
        first.verdict.unwrap(),
        Verdict {
            bucket: 1,
            allowed: true,
            limit: 1,
            remaining: 0,
            reset_after: Duration::from_mins(1),
            retry_after: Duration::ZERO,
        }
    );
    let tats: Vec<_> = kept.into_iter().map(Some).collect();
    let second = gcra::settle(&tats, &buckets, 0);
    assert!(second.kept.is_none());
    assert_eq!(second.verdict.unwrap().bucket, 1);
    assert_eq!(second.verdict.unwrap().retry_after, Duration::from_mins(1));
}
