//! What an auditor finds wrong with an open incident, which no transition of the law can have made.

use chrono::{DateTime, TimeDelta, Utc};

use super::codes::coded;
use super::due::{self, DueKind};
use super::policy::Policy;
use super::state::{Incident, Status};

coded! {
    /// What is wrong with it.
    pub enum Finding {
        /// It stands without a clock.
        WithoutClock = "WITHOUT_CLOCK",
        /// Nobody's tenure of it is open.
        WithoutTenure = "WITHOUT_TENURE",
        /// It and its tenure name different holders, levels or deadlines.
        Disagrees = "DISAGREES",
        /// The time at which something happens to it by itself is missing, or another than its deadline gives.
        WrongTime = "WRONG_TIME",
        /// That time has long passed, and nothing happened.
        Overdue = "OVERDUE",
        /// Its status and what is expected of whom do not go together.
        Misfit = "MISFIT",
        /// It is over, or led by another, and its tenure is open all the same.
        LeftOpen = "LEFT_OPEN",
    }
}

/// Longer than it takes until what is due has happened, even where much is due at once.
pub const PATIENCE: TimeDelta = TimeDelta::minutes(5);

/// Whether something of this kind may be due of an incident of this status.
pub fn fits(status: Status, due: DueKind) -> bool {
    use DueKind::{Confirm, Contact, Handle, Reply, Resume, Shout, Verify};
    match status {
        Status::Submitted | Status::Accepted | Status::Assigned => matches!(due, Contact | Shout),
        Status::InProgress => matches!(due, Contact | Handle | Shout),
        Status::NeedInfo => due == Reply,
        Status::Waiting => due == Resume,
        Status::Verifying => due == Verify,
        Status::AwaitConfirm => due == Confirm,
        Status::Merged | Status::Closed | Status::Withdrawn | Status::Diverted | Status::Rejected => false,
    }
}

/// What is wrong with an incident as its tenure tells it, to which something happens by itself at `acts_at`. The first
/// that is found: what puts it right may show another.
pub fn find(
    incident: &Incident,
    acts_at: Option<DateTime<Utc>>,
    policy: &Policy,
    now: DateTime<Utc>,
) -> Option<Finding> {
    let Some(due) = incident.tenure.due() else { return Some(Finding::WithoutTenure) };
    let right = due::acts_at(due, policy, &incident.tenure);
    if acts_at != Some(right) {
        Some(Finding::WrongTime)
    } else if !fits(incident.status, due.kind) {
        Some(Finding::Misfit)
    } else if right + PATIENCE < now {
        Some(Finding::Overdue)
    } else {
        None
    }
}
