//! The shared gate, and what to do while it is down.
//!
//! | While the store is down | |
//! |---|---|
//! | limits | go on, in this process's own memory |
//! | sessions | [`Standing::Unknown`]: good for reading, not for writing; one that this process saw closed stays closed |
//! | opening, closing, listing sessions | [`GateDown`]: sign-in answers 503 |
//!
//! Every call asks the store first, and the store's line decides how soon to try again; so there is
//! no state here that could be stuck, and the first answer ends the emergency.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use moka::future::Cache;
use moka::policy::EvictionPolicy;
use uuid::Uuid;

use super::{Admission, Bucket, Caller, Closing, Gate, GateDown, Memory, Session, Sid, Source, Standing};

/// How long a session that the store has confirmed is remembered as seen.
pub const SEEN_FOR: TimeDelta = TimeDelta::minutes(1);
const SEEN: u64 = 50_000;
/// How long a session is remembered as closed: longer than any access token lives.
const CLOSED_FOR: Duration = Duration::from_hours(24);
const CLOSED: u64 = 100_000;

/// A gate that goes on, for reading, while the one behind it is down.
pub struct Resilient<G> {
    store: G,
    stand_in: Memory,
    seen: Cache<Sid, Sighting>,
    closed: Cache<Sid, ()>,
    up: AtomicBool,
}

/// A session as the store confirmed it, and when.
#[derive(Debug, Clone)]
struct Sighting {
    session: Session,
    at: DateTime<Utc>,
}

impl<G: Gate> Resilient<G> {
    /// Sets its metrics at once, so the recorder of metrics has to be there before it: `gate_up` (1 or 0) and
    /// `gate_fallbacks_total` (requests admitted without the store).
    pub fn new(store: G) -> Self {
        metrics::gauge!("gate_up").set(1.0);
        metrics::counter!("gate_fallbacks_total").absolute(0);
        Self {
            store,
            stand_in: Memory::new(),
            seen: Cache::builder()
                .max_capacity(SEEN)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_live(SEEN_FOR.to_std().unwrap_or_default())
                .build(),
            closed: Cache::builder()
                .max_capacity(CLOSED)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_live(CLOSED_FOR)
                .build(),
            up: AtomicBool::new(true),
        }
    }

    /// Passes an answer on and says so, once, when the store went down or came back.
    fn noting<T>(&self, answer: Result<T, GateDown>) -> Result<T, GateDown> {
        match &answer {
            Ok(_) => {
                if !self.up.swap(true, Ordering::Relaxed) {
                    metrics::gauge!("gate_up").set(1.0);
                    tracing::info!("the session store answers again");
                }
            }
            Err(down) => {
                if self.up.swap(false, Ordering::Relaxed) {
                    metrics::gauge!("gate_up").set(0.0);
                    tracing::warn!(
                        reason = %down,
                        "the session store is down: reads go on with limits of this process alone; sign-in and writes wait"
                    );
                }
            }
        }
        answer
    }

    async fn remember(&self, caller: &Caller, standing: &Standing, now: DateTime<Utc>) {
        match (caller, standing) {
            (Caller::Member { sid, .. }, Standing::Open(session)) => {
                self.seen.insert(*sid, Sighting { session: session.clone(), at: now }).await;
            }
            (Caller::Member { sid, .. }, Standing::Closed) => self.remember_closed(*sid).await,
            _ => {}
        }
    }

    async fn remember_closed(&self, sid: Sid) {
        self.closed.insert(sid, ()).await;
        self.seen.invalidate(&sid).await;
    }

    async fn standing_without_store(&self, caller: &Caller, now: DateTime<Utc>) -> Standing {
        let Caller::Member { person, sid } = caller else {
            return Standing::Guest;
        };
        if self.closed.contains_key(sid) {
            return Standing::Closed;
        }
        let seen = self.seen.get(sid).await.filter(|seen| seen.session.person == *person);
        match seen {
            Some(seen) if !seen.session.is_open_at(now) => Standing::Closed,
            Some(seen) if now - seen.at <= SEEN_FOR => Standing::Unknown { seen: Some(seen.session) },
            _ => Standing::Unknown { seen: None },
        }
    }
}

#[async_trait]
impl<G: Gate> Gate for Resilient<G> {
    async fn admit(
        &self,
        caller: &Caller,
        buckets: &[Bucket],
        now: DateTime<Utc>,
    ) -> Result<Admission, GateDown> {
        if let Ok(admission) = self.noting(self.store.admit(caller, buckets, now).await) {
            self.remember(caller, &admission.standing, now).await;
            return Ok(admission);
        }
        metrics::counter!("gate_fallbacks_total").increment(1);
        let standing = self.standing_without_store(caller, now).await;
        if standing == Standing::Closed {
            return Ok(Admission { standing, verdict: None, source: Source::StandIn });
        }
        // The stand-in holds no sessions: to it everybody is a guest, and a member one of a name.
        let named = match caller {
            Caller::Guest { .. } => caller.clone(),
            Caller::Member { person, .. } => Caller::Guest { origin: format!("member {person}") },
        };
        let local = self.stand_in.admit(&named, buckets, now).await?;
        Ok(Admission { standing, source: Source::StandIn, ..local })
    }

    async fn open(&self, session: &Session, now: DateTime<Utc>) -> Result<(), GateDown> {
        self.noting(self.store.open(session, now).await)
    }

    async fn close(&self, person: Uuid, sid: Sid, now: DateTime<Utc>) -> Result<Closing, GateDown> {
        let closing = self.noting(self.store.close(person, sid, now).await)?;
        if closing == Closing::Closed {
            self.remember_closed(sid).await;
        }
        Ok(closing)
    }

    async fn sessions_of(&self, person: Uuid, now: DateTime<Utc>) -> Result<Vec<Session>, GateDown> {
        self.noting(self.store.sessions_of(person, now).await)
    }

    async fn close_all(
        &self,
        person: Uuid,
        except: Option<Sid>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Sid>, GateDown> {
        let closed = self.noting(self.store.close_all(person, except, now).await)?;
        for sid in &closed {
            self.remember_closed(*sid).await;
        }
        Ok(closed)
    }

    async fn ping(&self) -> Result<(), GateDown> {
        self.noting(self.store.ping().await)
    }
}
