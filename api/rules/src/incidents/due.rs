//! When something is due: a start plus a budget in natural time, day and night, holidays too.
//!
//! A budget counts from the act that starts it, never from an earlier deadline. A server that slept through a
//! deadline therefore takes no time away from the next holder: each level gets its whole budget from the moment
//! the incident really reached it.

use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, Utc};

use super::category::Terms;
use super::codes::coded;

coded! {
    /// What is expected of whom when the time comes.
    pub enum DueKind {
        /// The holder acknowledges; otherwise the incident climbs.
        Contact = "CONTACT",
        /// The holder has handled it; otherwise the incident climbs.
        Handle = "HANDLE",
        /// The reporter answers; otherwise silence settles the incident.
        Confirm = "CONFIRM",
        /// Nobody stands above: the holder is reminded, loudly, and again.
        Shout = "SHOUT",
    }
}

/// A length of natural time, never zero: a budget of nothing would be overdue at the moment it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Seconds(NonZeroU32);

/// How long the reporter of a handled incident may confirm it or send it back: 7 days.
pub const CONFIRM_WINDOW: Seconds = Seconds(NonZeroU32::new(7 * 24 * 60 * 60).unwrap());

impl Seconds {
    /// `None` for zero.
    pub const fn new(seconds: u32) -> Option<Self> {
        match NonZeroU32::new(seconds) {
            Some(seconds) => Some(Self(seconds)),
            None => None,
        }
    }

    /// The number of seconds.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// The instant this long after `start`; the end of time where the calendar stops.
    pub fn after(self, start: DateTime<Utc>) -> DateTime<Utc> {
        let length = TimeDelta::seconds(i64::from(self.get()));
        start.checked_add_signed(length).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

/// One deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub kind: DueKind,
    pub at: DateTime<Utc>,
}

impl Due {
    /// A deadline has passed from its very instant on: `now >= at`.
    pub fn has_passed(&self, now: DateTime<Utc>) -> bool {
        now >= self.at
    }
}

/// A new holder acknowledges within the first-contact budget.
pub fn contact_due(entered_at: DateTime<Utc>, terms: &Terms) -> Due {
    Due { kind: DueKind::Contact, at: terms.first_contact.after(entered_at) }
}

/// Whoever has acknowledged, or got the work back, handles it within the handling budget.
pub fn handle_due(started_at: DateTime<Utc>, terms: &Terms) -> Due {
    Due { kind: DueKind::Handle, at: terms.handling.after(started_at) }
}

/// The reporter answers within [`CONFIRM_WINDOW`].
pub fn confirm_due(handled_at: DateTime<Utc>) -> Due {
    Due { kind: DueKind::Confirm, at: CONFIRM_WINDOW.after(handled_at) }
}

/// At the top the next reminder follows after [`remind_every`].
pub fn shout_due(shouted_at: DateTime<Utc>, terms: &Terms) -> Due {
    Due { kind: DueKind::Shout, at: remind_every(terms).after(shouted_at) }
}

/// How often an overdue incident shouts at the top: as often as its category wants a first contact, so that
/// trapped people are called out every few minutes and a suggestion once a day.
pub fn remind_every(terms: &Terms) -> Seconds {
    terms.first_contact
}
