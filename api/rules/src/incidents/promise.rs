//! What a reporter is told before reporting: who will have it, and by when what will be done at the latest.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::due;
use super::ladder::{self, Level};
use super::policy::Policy;

/// What a report made now would be held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// The level that has it first.
    pub level: Level,
    /// By when it is acknowledged, or goes to the next level.
    pub first_contact_by: DateTime<Utc>,
    /// By when it is handled, or goes to the next level, if it is acknowledged as late as may be.
    pub handled_by: DateTime<Utc>,
}

/// How many settled incidents it takes to say what is usual.
pub const ENOUGH: usize = 5;

impl Promise {
    /// Of a report made at `now`.
    pub fn of(policy: &Policy, staffed: &BTreeSet<Level>, now: DateTime<Utc>) -> Self {
        let level = ladder::first_level(staffed, policy);
        let first_contact_by = due::contact_due(now, policy, level).at;
        let handled_by = due::handle_due(first_contact_by, policy, level).at;
        Self { level, first_contact_by, handled_by }
    }
}

/// The median of how long others took, the longer one of two in the middle; nothing from fewer than [`ENOUGH`].
pub fn usual(mut took: Vec<TimeDelta>) -> Option<TimeDelta> {
    took.sort_unstable();
    took.get(took.len() / 2).copied().filter(|_| took.len() >= ENOUGH)
}
