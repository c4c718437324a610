//! A cluster's life.
//!
//! ```text
//! OPEN ──handled──▶ ASKING ──settle──▶ CLOSED
//!   └───────┬─────────┘
//!        dissolve ──▶ DISSOLVED
//! ```

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::policy::Policy;
use super::quorum::Household;
use crate::incidents::codes::coded;
use crate::incidents::{Level, Severity};

coded! {
    /// How far a cluster has come.
    pub enum Status {
        /// Its lead is being worked on.
        Open = "OPEN",
        /// Its lead was handled; its households have the word.
        Asking = "ASKING",
        /// Its households, or a quorum of them, confirmed.
        Closed = "CLOSED",
        /// Nothing that is one trouble is left in it.
        Dissolved = "DISSOLVED",
    }
}

coded! {
    /// How an incident came into a cluster.
    pub enum JoinedBy {
        /// A quorum around it was reached.
        Auto = "AUTO",
        /// Its reporter said that it is the same.
        Reporter = "REPORTER",
        /// Who handles it said so.
        Staff = "STAFF",
    }
}

coded! {
    /// How an incident left a cluster.
    pub enum LeftBy {
        /// It turned out to be another trouble.
        Split = "SPLIT",
        /// Its household says that it is still broken.
        StillBroken = "STILL_BROKEN",
        /// Its reporter took it back, or it ended before it was handled.
        Over = "OVER",
        /// It was closed, and its reporter says that it is not resolved.
        Reopened = "REOPENED",
        /// Its cluster became part of a wider one.
        RolledUp = "ROLLED_UP",
        /// Nothing else was left in the cluster.
        Dissolved = "DISSOLVED",
    }
}

/// Why a cluster does not change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the cluster is {status}, not {wanted}")]
    WrongStatus { status: Status, wanted: Status },
    #[error("{category} is never one trouble of several households")]
    NeverStacks { category: String },
    #[error("it is about something else")]
    SomethingElse,
    #[error("it takes two incidents to be one trouble")]
    Alone,
}

impl Status {
    /// Its lead was handled.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] unless it is open.
    pub fn handled(self) -> Result<Self, Refusal> {
        self.expect(Self::Open).map(|()| Self::Asking)
    }

    /// Its households have answered enough.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] unless it is asking.
    pub fn settle(self) -> Result<Self, Refusal> {
        self.expect(Self::Asking).map(|()| Self::Closed)
    }

    /// Nothing is left in it.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] once it is closed or dissolved.
    pub fn dissolve(self) -> Result<Self, Refusal> {
        match self {
            Self::Open | Self::Asking => Ok(Self::Dissolved),
            Self::Closed | Self::Dissolved => Err(Refusal::WrongStatus { status: self, wanted: Self::Open }),
        }
    }

    /// Whether another incident may join.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] unless it is open: what was handled is reported anew where it is still broken.
    pub fn takes_more(self) -> Result<(), Refusal> {
        self.expect(Self::Open)
    }

    fn expect(self, wanted: Self) -> Result<(), Refusal> {
        if self == wanted { Ok(()) } else { Err(Refusal::WrongStatus { status: self, wanted }) }
    }
}

/// Where an incident stands that may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub level: Level,
    pub reported_at: DateTime<Utc>,
}

impl Standing {
    /// Of two the one that leads: what has come farther up the ladder, and of the same level what was reported earlier.
    /// The first one where nothing tells them apart.
    pub fn leads_before(&self, other: &Self) -> bool {
        (self.level, Reverse(self.reported_at)) >= (other.level, Reverse(other.reported_at))
    }
}

/// What a cluster takes over from its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gathered {
    /// The earliest report.
    pub started_at: DateTime<Utc>,
    /// The worst, whose code sorts first.
    pub severity: Severity,
}

impl Gathered {
    /// With one member more.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            started_at: self.started_at.min(other.started_at),
            severity: self.severity.min(other.severity),
        }
    }
}

/// What a household that was asked has answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// It is resolved.
    Confirmed,
    /// Nothing for the whole window.
    Silent,
    /// Nothing yet.
    Waits,
    /// It is not resolved; this one has gone its own way.
    StillBroken,
}

/// Whether a cluster is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Somebody has the word still.
    Waits,
    /// Everybody has answered, or let the window pass.
    Answered,
    /// Enough of those who were asked confirmed: it is settled for whoever has not answered.
    Quorum,
}

/// What follows from the answers. A household has one voice: the worst of its answers.
pub fn verdict(answers: impl IntoIterator<Item = (Household, Answer)>, policy: &Policy) -> Verdict {
    let mut voices: BTreeMap<Household, Answer> = BTreeMap::new();
    for (household, answer) in answers {
        let voice = voices.entry(household).or_insert(answer);
        *voice = (*voice).max(answer);
    }
    let count = |wanted: Answer| voices.values().filter(|voice| **voice == wanted).count();
    let (confirmed, asked) = (count(Answer::Confirmed), voices.len());
    if count(Answer::Waits) == 0 {
        return Verdict::Answered;
    }
    let (confirmed, asked) =
        (u64::try_from(confirmed).unwrap_or(0), u64::try_from(asked).unwrap_or(u64::MAX));
    let wanted = asked.saturating_mul(u64::from(policy.close_percent));
    if confirmed > 0 && confirmed.saturating_mul(100) >= wanted { Verdict::Quorum } else { Verdict::Waits }
}
