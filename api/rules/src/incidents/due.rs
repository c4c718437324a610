//! What is expected of whom next, and when.
//!
//! A budget counts from the act that starts it, never from an earlier deadline. A server that slept through a
//! deadline therefore takes no time away from the next holder: each level gets its whole budget from the moment
//! the incident really reached it.

use chrono::{DateTime, Utc};

use super::budget::{Budget, Unit};
use super::clock::Clock;
use super::codes::coded;
use super::policy::Tier;
use crate::calendar::WorkTime;

coded! {
    /// What is expected of whom when the time comes.
    pub enum DueKind {
        /// The holder acknowledges; otherwise the incident climbs.
        Contact = "CONTACT",
        /// The holder has handled it; otherwise the incident climbs.
        Handle = "HANDLE",
        /// The holder goes on; otherwise the pause ends by itself.
        Resume = "RESUME",
        /// The reporter replies to what the holder asked; otherwise the clock goes on by itself.
        Reply = "REPLY",
        /// A level above looks at what was done; otherwise the reporter is asked without it.
        Verify = "VERIFY",
        /// The reporter answers; otherwise silence settles the incident.
        Confirm = "CONFIRM",
        /// Nobody stands above: the holder is reminded, loudly, and again.
        Shout = "SHOUT",
    }
}

/// How long the reporter of a handled incident may confirm it or send it back: 7 times 24 hours.
pub const CONFIRM_WINDOW: Budget = match Budget::new(Unit::UrgentMinutes, 7 * 24 * 60) {
    Ok(window) => window,
    Err(_) => panic!("a week is a budget"),
};

/// How long what is put to another level may be answered: a day and a night.
pub const PROPOSAL_WINDOW: Budget = URGE_EVERY;

/// How long the reporter may reopen what was closed, or appeal what was rejected: 7 times 24 hours.
pub const REOPEN_WINDOW: Budget = CONFIRM_WINDOW;

/// The least time between two urges of one household: a day and a night.
pub const URGE_EVERY: Budget = match Budget::new(Unit::UrgentMinutes, 24 * 60) {
    Ok(every) => every,
    Err(_) => panic!("a day is a budget"),
};

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

    /// What is due when a clock has spent its budget; at the end of time where the calendar ends.
    pub fn of(kind: DueKind, clock: &Clock) -> Self {
        Self { kind, at: spent_at(clock) }
    }

    fn after(kind: DueKind, start: DateTime<Utc>, budget: Budget) -> Self {
        Self::of(kind, &Clock::start(start, budget))
    }
}

/// A new holder acknowledges within the first-contact budget.
pub fn contact_due(entered_at: DateTime<Utc>, tier: &Tier) -> Due {
    Due::after(DueKind::Contact, entered_at, tier.first_contact)
}

/// Whoever has acknowledged, or got the work back, handles it within the handling budget.
pub fn handle_due(started_at: DateTime<Utc>, tier: &Tier) -> Due {
    Due::after(DueKind::Handle, started_at, tier.handling)
}

/// The reporter answers within [`CONFIRM_WINDOW`].
pub fn confirm_due(handled_at: DateTime<Utc>) -> Due {
    Due::after(DueKind::Confirm, handled_at, CONFIRM_WINDOW)
}

/// When something happens by itself: at the deadline, or once the grace is over in which a level that was late is left
/// alone.
pub fn acts_at(due: Due, tier: &Tier) -> DateTime<Utc> {
    let grace = match due.kind {
        DueKind::Contact | DueKind::Handle => tier.climbs.overdue.and_then(|overdue| overdue.grace),
        DueKind::Resume | DueKind::Reply | DueKind::Verify | DueKind::Confirm | DueKind::Shout => None,
    };
    grace.map_or(due.at, |grace| spent_at(&Clock::start(due.at, grace)))
}

/// A level above looks within the verifying budget of the level that handled it.
pub fn verify_due(handled_at: DateTime<Utc>, tier: &Tier) -> Due {
    Due::after(DueKind::Verify, handled_at, tier.verifying)
}

/// What is put to another level is answered before [`PROPOSAL_WINDOW`] has passed.
pub fn answer_until(proposed_at: DateTime<Utc>) -> DateTime<Utc> {
    spent_at(&Clock::start(proposed_at, PROPOSAL_WINDOW))
}

/// At the top the next reminder follows after as long as its level has for a first contact, so that trapped people
/// are called out every few minutes and a suggestion once a day.
pub fn shout_due(shouted_at: DateTime<Utc>, tier: &Tier) -> Due {
    Due::after(DueKind::Shout, shouted_at, tier.first_contact)
}

/// The reporter may reopen until [`REOPEN_WINDOW`] has passed; the instant itself is too late.
pub fn reopen_until(closed_at: DateTime<Utc>) -> DateTime<Utc> {
    spent_at(&Clock::start(closed_at, REOPEN_WINDOW))
}

/// A household may urge again once [`URGE_EVERY`] has passed.
pub fn urge_again_at(urged_at: DateTime<Utc>) -> DateTime<Utc> {
    spent_at(&Clock::start(urged_at, URGE_EVERY))
}

/// When a clock has spent its budget; the end of time where the calendar ends.
pub fn spent_at(clock: &Clock) -> DateTime<Utc> {
    clock.due(WorkTime::china()).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// When so many hundredths of a clock's budget are spent; the end of time where the calendar ends.
pub fn spent_to(clock: &Clock, percent: u8) -> DateTime<Utc> {
    clock.spent_to(percent, WorkTime::china()).unwrap_or(DateTime::<Utc>::MAX_UTC)
}
