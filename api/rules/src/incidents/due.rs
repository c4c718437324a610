//! What is expected of whom next, and when.
//!
//! A budget counts from the act that starts it, never from an earlier deadline. A server that slept through a
//! deadline therefore takes no time away from the next holder: each level gets its whole budget from the moment
//! the incident really reached it.

use chrono::{DateTime, Utc};

use super::budget::{Budget, Unit};
use super::clock::{Clock, ClockFault};
use super::codes::coded;
use super::ladder::Level;
use super::policy::{Policy, Tier};
use super::state::Tenure;
use crate::calendar::{Calendar, WorkTime};

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
    pub fn of(kind: DueKind, clock: &Clock, calendar: &Calendar) -> Self {
        Self { kind, at: spent_at(clock, calendar) }
    }

    fn after(kind: DueKind, start: DateTime<Utc>, budget: Budget, calendar: &Calendar) -> Self {
        Self::of(kind, &Clock::start(start, budget), calendar)
    }
}

/// A new holder acknowledges within the first-contact budget.
pub fn contact_due(entered_at: DateTime<Utc>, policy: &Policy, level: Level) -> Due {
    Due::after(DueKind::Contact, entered_at, policy.at(level).first_contact, &policy.calendar)
}

/// Whoever has acknowledged, or got the work back, handles it within the handling budget.
pub fn handle_due(started_at: DateTime<Utc>, policy: &Policy, level: Level) -> Due {
    Due::after(DueKind::Handle, started_at, policy.at(level).handling, &policy.calendar)
}

/// The reporter answers within [`CONFIRM_WINDOW`].
pub fn confirm_due(handled_at: DateTime<Utc>) -> Due {
    Due { kind: DueKind::Confirm, at: passed(handled_at, CONFIRM_WINDOW) }
}

/// When something happens by itself: at the deadline, or once the grace is over in which a level that was late is left
/// alone. That counts by what was known when the level took over, so that it is the same whenever it is computed.
pub fn acts_at(due: Due, policy: &Policy, tenure: &Tenure) -> DateTime<Utc> {
    after_grace(due, policy.at(tenure.level), policy.calendar.known_at(tenure.entered_at))
}

/// The same, by one of the ways in which the calendar was known.
pub fn after_grace(due: Due, tier: &Tier, work: &WorkTime) -> DateTime<Utc> {
    let grace = match due.kind {
        DueKind::Contact | DueKind::Handle => tier.climbs.overdue.and_then(|overdue| overdue.grace),
        DueKind::Resume | DueKind::Reply | DueKind::Verify | DueKind::Confirm | DueKind::Shout => None,
    };
    grace.map_or(due.at, |grace| or_never(Clock::start(due.at, grace).due(work)))
}

/// A level above looks within the verifying budget of the level that handled it.
pub fn verify_due(handled_at: DateTime<Utc>, policy: &Policy, level: Level) -> Due {
    Due::after(DueKind::Verify, handled_at, policy.at(level).verifying, &policy.calendar)
}

/// What is put to another level is answered before [`PROPOSAL_WINDOW`] has passed.
pub fn answer_until(proposed_at: DateTime<Utc>) -> DateTime<Utc> {
    passed(proposed_at, PROPOSAL_WINDOW)
}

/// At the top the next reminder follows after as long as its level has for a first contact, so that trapped people
/// are called out every few minutes and a suggestion once a day.
pub fn shout_due(shouted_at: DateTime<Utc>, policy: &Policy, level: Level) -> Due {
    Due::after(DueKind::Shout, shouted_at, policy.at(level).first_contact, &policy.calendar)
}

/// The reporter may reopen until [`REOPEN_WINDOW`] has passed; the instant itself is too late.
pub fn reopen_until(closed_at: DateTime<Utc>) -> DateTime<Utc> {
    passed(closed_at, REOPEN_WINDOW)
}

/// A household may urge again once [`URGE_EVERY`] has passed.
pub fn urge_again_at(urged_at: DateTime<Utc>) -> DateTime<Utc> {
    passed(urged_at, URGE_EVERY)
}

/// When a window is over that counts day and night, by whichever calendar.
fn passed(from: DateTime<Utc>, window: Budget) -> DateTime<Utc> {
    spent_at(&Clock::start(from, window), Calendar::shipped())
}

/// When a clock has spent its budget, by what was known when it started; the end of time where the calendar ends.
pub fn spent_at(clock: &Clock, calendar: &Calendar) -> DateTime<Utc> {
    or_never(clock.due(calendar.known_at(clock.started())))
}

/// When so many hundredths of a clock's budget are spent; the end of time where the calendar ends.
pub fn spent_to(clock: &Clock, percent: u8, calendar: &Calendar) -> DateTime<Utc> {
    or_never(clock.spent_to(percent, calendar.known_at(clock.started())))
}

fn or_never(spent: Result<DateTime<Utc>, ClockFault>) -> DateTime<Utc> {
    spent.unwrap_or(DateTime::<Utc>::MAX_UTC)
}
