//! What the gate promises, asked of memory, of a real Redis, of a real cluster, and of both while they fail.

mod faults;
mod limits;
mod promises;
pub(crate) mod server;

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{Bucket, Caller, Gate, Rate, Session, Sid, Verdict};

/// 2026-03-01 09:00 +08:00, when nothing happens by itself.
fn nine() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_326_800, 0).unwrap()
}

fn after(seconds: i64) -> DateTime<Utc> {
    nine() + TimeDelta::seconds(seconds)
}

fn fresh_id() -> Uuid {
    static LAST: AtomicU64 = AtomicU64::new(0);
    Uuid::from_u128(u128::from(LAST.fetch_add(1, Ordering::Relaxed) + 1))
}

fn session(person: Uuid, device: &str) -> Session {
    Session {
        sid: Sid(fresh_id()),
        person,
        device: device.to_owned(),
        created_at: nine(),
        last_used_at: nine(),
        expires_at: after(30 * 24 * 3600),
    }
}

fn member(session: &Session) -> Caller {
    Caller::Member { person: session.person, sid: session.sid }
}

fn guest() -> Caller {
    Caller::Guest { origin: format!("origin-{}", fresh_id()) }
}

fn bucket(key: &'static str, burst: u32, per: Duration) -> Bucket {
    Bucket { key: key.into(), rate: Rate { burst: NonZeroU32::new(burst).unwrap(), per }, cost: 1 }
}

fn minute(key: &'static str, burst: u32) -> Bucket {
    bucket(key, burst, Duration::from_mins(1))
}

async fn ask(gate: &dyn Gate, caller: &Caller, bucket: &Bucket, now: DateTime<Utc>) -> Verdict {
    let admission = gate.admit(caller, std::slice::from_ref(bucket), now).await.unwrap();
    admission.verdict.unwrap()
}
