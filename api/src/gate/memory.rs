//! The gate of a single process: all in its memory, gone when it stops.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use moka::Expiry;
use moka::future::Cache;
use moka::ops::compute::Op;
use moka::policy::EvictionPolicy;
use uuid::Uuid;

use super::{
    Admission, Bucket, Caller, Closing, Gate, GateDown, SESSIONS_PER_PERSON, SLACK, Session, Sid, Source,
    Standing, gcra,
};

/// Members remembered before the one unused longest is forgotten (and has to sign in again).
const MEMBERS: u64 = 200_000;
/// Guests remembered before the one unused longest is forgotten. Apart from the members, so that a flood of
/// guests signs nobody out.
const GUESTS: u64 = 100_000;

/// No ledger is promised to be kept longer than this without being touched (the cache refuses sums of centuries).
const LONGEST: Duration = Duration::from_hours(10 * 366 * 24);

/// Sessions and limits in this process's memory.
pub struct Memory {
    members: Cache<Owner, Arc<Ledger>>,
    guests: Cache<Owner, Arc<Ledger>>,
}

/// Whose ledger it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Owner {
    Guest(String),
    Member(Uuid),
}

/// All that is kept of one owner, changed as one.
#[derive(Debug, Clone, Default)]
struct Ledger {
    sessions: Vec<Session>,
    tats: Vec<(Cow<'static, str>, i64)>,
    /// How long any of it matters, from the last change.
    matters_for: Duration,
}

/// Throws a ledger away when nothing in it matters any more. It runs on the machine's time and only
/// saves room: what counts is compared with the caller's time.
struct WhileItMatters;

impl Expiry<Owner, Arc<Ledger>> for WhileItMatters {
    fn expire_after_create(&self, _: &Owner, ledger: &Arc<Ledger>, _: Instant) -> Option<Duration> {
        Some(ledger.matters_for)
    }

    fn expire_after_update(
        &self,
        _: &Owner,
        ledger: &Arc<Ledger>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(ledger.matters_for)
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self { members: ledgers(MEMBERS), guests: ledgers(GUESTS) }
    }
}

/// The least recently used goes first. (The cache's usual policy would turn newcomers away when full: a new
/// session would be lost at once, and a new guest never limited.)
fn ledgers(capacity: u64) -> Cache<Owner, Arc<Ledger>> {
    Cache::builder()
        .max_capacity(capacity)
        .eviction_policy(EvictionPolicy::lru())
        .expire_after(WhileItMatters)
        .build()
}

impl Memory {
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes one owner's ledger; changes of the same owner run one after the other.
    async fn change<T: Send>(
        &self,
        owner: Owner,
        now: DateTime<Utc>,
        change: impl FnOnce(&mut Ledger) -> T + Send,
    ) -> T {
        let ledgers = match owner {
            Owner::Guest(_) => &self.guests,
            Owner::Member(_) => &self.members,
        };
        let mut answer = None;
        let slot = &mut answer;
        ledgers
            .entry(owner)
            .and_compute_with(move |entry| {
                let known = entry.is_some();
                let mut ledger =
                    entry.map(|entry| Arc::unwrap_or_clone(entry.into_value())).unwrap_or_default();
                *slot = Some(change(&mut ledger));
                std::future::ready(match ledger.tidy(now) {
                    Worth::Keeping => Op::Put(Arc::new(ledger)),
                    Worth::Nothing if known => Op::Remove,
                    Worth::Nothing => Op::Nop,
                })
            })
            .await;
        #[expect(clippy::expect_used, reason = "the cache runs the closure exactly once before it answers")]
        answer.expect("the change has run")
    }

    async fn close_where(
        &self,
        person: Uuid,
        now: DateTime<Utc>,
        meant: impl Fn(&Session) -> bool + Send + Sync,
    ) -> Vec<Sid> {
        self.change(Owner::Member(person), now, |ledger| {
            ledger.sessions.retain(|session| session.is_open_at(now));
            ledger.sessions.extract_if(.., |session| meant(session)).map(|session| session.sid).collect()
        })
        .await
    }
}

enum Worth {
    Keeping,
    Nothing,
}

impl Ledger {
    fn standing(&mut self, sid: Sid, now: DateTime<Utc>) -> Standing {
        let Some(session) = self.sessions.iter_mut().find(|s| s.sid == sid && s.is_open_at(now)) else {
            return Standing::Closed;
        };
        session.last_used_at = session.last_used_at.max(now);
        Standing::Open(session.clone())
    }

    fn take(&mut self, buckets: &[Bucket], now: i64) -> Option<super::Verdict> {
        let tats: Vec<Option<i64>> = buckets.iter().map(|bucket| self.tat(&bucket.key)).collect();
        let settlement = gcra::settle(&tats, buckets, now);
        for (bucket, tat) in buckets.iter().zip(settlement.kept.into_iter().flatten()) {
            self.tats.retain(|(key, _)| *key != bucket.key);
            self.tats.push((bucket.key.clone(), tat));
        }
        settlement.verdict
    }

    fn tat(&self, key: &str) -> Option<i64> {
        self.tats.iter().find(|(known, _)| known == key).map(|(_, tat)| *tat)
    }

    fn open(&mut self, session: &Session, now: DateTime<Utc>) {
        self.sessions.retain(|s| s.sid != session.sid && s.is_open_at(now));
        self.sessions.sort_by_key(|s| (s.last_used_at, s.sid));
        let surplus = (self.sessions.len() + 1).saturating_sub(SESSIONS_PER_PERSON);
        self.sessions.drain(..surplus);
        self.sessions.push(session.clone());
    }

    /// Drops what no longer matters.
    fn tidy(&mut self, now: DateTime<Utc>) -> Worth {
        let micros = now.timestamp_micros();
        self.sessions.retain(|session| session.is_open_at(now));
        self.tats.retain(|(_, tat)| *tat > micros);
        let ends = self.sessions.iter().map(|s| s.expires_at.timestamp_micros());
        let last = ends.chain(self.tats.iter().map(|(_, tat)| *tat)).max();
        let left = last.and_then(|end| u64::try_from(end.saturating_sub(micros)).ok()).unwrap_or(0);
        self.matters_for = Duration::from_micros(left).min(LONGEST) + SLACK;
        if last.is_some() { Worth::Keeping } else { Worth::Nothing }
    }
}

#[async_trait]
impl Gate for Memory {
    async fn admit(
        &self,
        caller: &Caller,
        buckets: &[Bucket],
        now: DateTime<Utc>,
    ) -> Result<Admission, GateDown> {
        let owner = match caller {
            Caller::Guest { origin } => Owner::Guest(origin.clone()),
            Caller::Member { person, .. } => Owner::Member(*person),
        };
        let admission = self.change(owner, now, |ledger| {
            let standing = match caller {
                Caller::Guest { .. } => Standing::Guest,
                Caller::Member { sid, .. } => ledger.standing(*sid, now),
            };
            let verdict = match standing {
                Standing::Closed => None,
                _ => ledger.take(buckets, now.timestamp_micros()),
            };
            Admission { standing, verdict, source: Source::Store }
        });
        Ok(admission.await)
    }

    async fn open(&self, session: &Session, now: DateTime<Utc>) -> Result<(), GateDown> {
        self.change(Owner::Member(session.person), now, |ledger| ledger.open(session, now)).await;
        Ok(())
    }

    async fn close(&self, person: Uuid, sid: Sid, now: DateTime<Utc>) -> Result<Closing, GateDown> {
        let closed = self.close_where(person, now, |session| session.sid == sid).await;
        Ok(if closed.is_empty() { Closing::WasNotOpen } else { Closing::Closed })
    }

    async fn sessions_of(&self, person: Uuid, now: DateTime<Utc>) -> Result<Vec<Session>, GateDown> {
        let ledger = self.members.get(&Owner::Member(person)).await.unwrap_or_default();
        let open = ledger.sessions.iter().filter(|session| session.is_open_at(now)).cloned().collect();
        Ok(super::last_used_first(open))
    }

    async fn close_all(
        &self,
        person: Uuid,
        except: Option<Sid>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Sid>, GateDown> {
        Ok(self.close_where(person, now, |session| Some(session.sid) != except).await)
    }

    async fn ping(&self) -> Result<(), GateDown> {
        Ok(())
    }
}
