//! The gate: what every request passes before anything else happens, and all that may be lost.
//!
//! It keeps two things, and nothing that anyone would miss for long: who is signed in on which device
//! (*sessions*), and how often a caller has asked (*limits*). Both are read and taken in one step.
//!
//! What it promises
//! - [`Gate::admit`] costs one round trip: it reads the session, notes its last use, and takes from
//!   every bucket or from none, atomically, however many processes ask at once.
//! - A session that was closed is closed for the next request, in every process that shares the store.
//! - A call answers within 150 ms, or says that the store is down; while it is down nobody waits for it
//!   ([`redis`]), reads go on ([`Resilient`]), and recovery needs no restart.
//! - What is kept is bounded: sessions a person, buckets a caller, callers in memory; all of it expires.
//! - The decision is the same everywhere: [`gcra`] on integers; memory and Redis only keep its state. That is why it is
//!   our own and not governor's: limits must not change their arithmetic when Redis is lost, and the script does its.
//!
//! What it never does: hold a ballot, a report or anything else that may not be lost; see a token, an
//! openid, a phone or an address (callers are named by ids or keyed hashes); ask the system for the time.
//!
//! Which to use: [`Memory`] for a single process, `Resilient<Redis>` for any number of them.
//!
//! ```text
//! admit ──► Resilient ──► Redis ──► Link (one server or a cluster; time limit, breaker)
//!               └─ while down ─► Memory for limits, Standing::Unknown for sessions
//! ```

pub mod gcra;
pub mod link;
pub mod memory;
pub mod redis;
pub mod resilient;

#[cfg(test)]
pub(crate) mod tests;

use std::borrow::Cow;
use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::link::{Address, BadAddress, Patience};
pub use self::memory::Memory;
pub use self::redis::Redis;
pub use self::resilient::Resilient;

/// Sessions that one person may have at a time; opening one more closes the one unused longest.
pub const SESSIONS_PER_PERSON: usize = 20;

/// How much longer than needed a store keeps what has lost its meaning: stores clean up by their own
/// clock, and a call that was under way for a while still has to find what it counts on.
const SLACK: Duration = Duration::from_mins(1);

/// Keeps sessions and limits. The clock is the caller's: every call says what time it is.
#[async_trait]
pub trait Gate: Send + Sync {
    /// Lets a request in: reads the caller's session, notes that it was used, and takes the cost from
    /// each of `buckets`, from all or from none. A session that is [closed](Standing::Closed) takes from nothing and
    /// gets no verdict: whoever keeps its token cannot use up its person's limits. Count it as a guest.
    ///
    /// For a [`Caller::Member`] the access token must have been verified already: the gate trusts `person`
    /// and `sid` to belong together and only says whether that session is open.
    async fn admit(
        &self,
        caller: &Caller,
        buckets: &[Bucket],
        now: DateTime<Utc>,
    ) -> Result<Admission, GateDown>;

    /// Opens a session. Opening the same `sid` again replaces it.
    async fn open(&self, session: &Session, now: DateTime<Utc>) -> Result<(), GateDown>;

    /// Closes one of a person's sessions, from the next request on.
    async fn close(&self, person: Uuid, sid: Sid, now: DateTime<Utc>) -> Result<Closing, GateDown>;

    /// A person's open sessions, the last used first.
    async fn sessions_of(&self, person: Uuid, now: DateTime<Utc>) -> Result<Vec<Session>, GateDown>;

    /// Closes all sessions of a person but `except`; answers which ones it closed.
    async fn close_all(
        &self,
        person: Uuid,
        except: Option<Sid>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Sid>, GateDown>;

    /// Whether the store answers now.
    async fn ping(&self) -> Result<(), GateDown>;
}

/// The id of a session, as the access token carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sid(pub Uuid);

/// One device on which a person is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub sid: Sid,
    pub person: Uuid,
    /// What the person will know the device by in the list, in the words of the client.
    pub device: String,
    /// Kept to the microsecond, like the other two.
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    /// From this moment on the session is closed, whether anybody closed it or not.
    pub expires_at: DateTime<Utc>,
}

/// Who asks, and therefore whose limits are taken from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Nobody is signed in. `origin` is an opaque name for where the call comes from: a keyed hash of
    /// the network address, never the address itself.
    Guest { origin: String },
    /// The bearer of an access token whose signature, audience and expiry were found good.
    Member { person: Uuid, sid: Sid },
}

/// One limit that applies to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// The limit's name within its caller: two calls share a bucket when caller and key are equal. It
    /// is seen in the store, so it holds no personal data.
    pub key: Cow<'static, str>,
    pub rate: Rate,
    /// How much of the burst the call uses up. 0 only looks; more than the burst counts as the burst.
    pub cost: u32,
}

/// `burst` at once, given back evenly over `per`: in the long run `burst` each `per`, and never more than
/// twice that within one.
///
/// `per` counts up to 366 days, and at least one microsecond for each of `burst`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    pub burst: NonZeroU32,
    pub per: Duration,
}

/// What the gate says to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    pub standing: Standing,
    /// The limit that binds: of those that refuse, the one to wait for longest; else the one with
    /// least left. `None` when the call named no bucket, and for a closed session.
    pub verdict: Option<Verdict>,
    pub source: Source,
}

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The store that all processes share (or the only process's memory).
    Store,
    /// This process alone, because the store is down: limits hold for each process by itself, so
    /// that the whole may pass up to as many times the limit as there are processes.
    StandIn,
}

/// How the caller's session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is no session to speak of.
    Guest,
    /// The store has it, and it is open.
    Open(Session),
    /// It was closed, has expired, or was never opened: sign in again.
    Closed,
    /// The store is down, so nobody can say whether the session is still open. Known is only that the
    /// token is good and that this process never saw the session closed.
    ///
    /// It may have been closed elsewhere a moment before the store went down. So it is good enough to
    /// read what the person could read a moment ago, and never good enough to write or to see the
    /// list of sessions.
    Unknown {
        /// The session as the store last confirmed it, if this process saw that within
        /// [`resilient::SEEN_FOR`]; for showing, and for a caller who wants to be stricter.
        seen: Option<Session>,
    },
}

/// What a session is asked to vouch for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// GET and HEAD.
    Read,
    /// Everything that changes something.
    Write,
}

/// What is left of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Which of the call's buckets this is about: its index.
    pub bucket: usize,
    pub allowed: bool,
    /// The burst.
    pub limit: u32,
    /// How much could be taken right after this call.
    pub remaining: u32,
    /// Until the bucket is full again, if nobody takes.
    pub reset_after: Duration,
    /// Until this call would be let in; zero when it is.
    pub retry_after: Duration,
}

/// Whether there was anything to close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    Closed,
    WasNotOpen,
}

/// The store cannot be asked. Nothing is known about the effect of the call: a write may have happened.
/// All calls may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GateDown {
    #[error("the session store did not answer in time")]
    TimedOut,
    #[error("the session store cannot be reached")]
    Unreachable,
    #[error("the session store refused the command")]
    Refused,
    #[error("the session store failed a moment ago and is being left alone")]
    Resting,
}

impl Standing {
    /// Whether this is enough to act as the person. See [`Standing::Unknown`] for why reading and
    /// writing differ.
    pub fn vouches_for(&self, deed: Deed) -> bool {
        match self {
            Self::Open(_) => true,
            Self::Unknown { .. } => deed == Deed::Read,
            Self::Guest | Self::Closed => false,
        }
    }
}

impl Admission {
    /// The limit that keeps the call out, if one does.
    pub fn refusal(&self) -> Option<&Verdict> {
        self.verdict.as_ref().filter(|verdict| !verdict.allowed)
    }
}

impl Session {
    fn is_open_at(&self, now: DateTime<Utc>) -> bool {
        now < self.expires_at
    }
}

fn last_used_first(mut sessions: Vec<Session>) -> Vec<Session> {
    sessions.sort_by_key(|session| (std::cmp::Reverse(session.last_used_at), session.sid));
    sessions
}
