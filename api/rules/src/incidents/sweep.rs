//! What happens by itself: a clock runs out, nobody answers what a holder put to another level, or nobody is left at the
//! post that holds it. One call is one step: whoever sweeps saves it and may call again, and a second call at the same
//! instant finds nothing due, because every step starts a clock or ends the incident, and none leads to an empty post
//! while anybody is there. Only a pause whose end was slept through may be followed at once by what its clock was due
//! for, and so may a proposal that lapsed, which ends before its tenure does.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::budget::Budget;
use super::clock::Clock;
use super::due::{self, Due, DueKind};
use super::ladder::Level;
use super::policy::Policy;
use super::state::{Incident, Overdue, Passed, Refusal};

/// The one thing that is due now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sweep {
    /// The incident is over: there is no clock any more.
    Over,
    /// Nothing before this deadline, and the grace after it.
    NotDue(Due),
    /// Nobody was left at the post that held it.
    LeftEmptyPost(Passed),
    /// The holder let a clock run out.
    Climbed(Passed),
    /// The same, and nothing makes it climb: tell the holder again, loudly, and once more after `remind_every`.
    Shouted { incident: Incident, remind_every: Budget },
    /// Nobody answered what its holder had put to another level.
    Lapsed(Incident),
    /// The pause came to its end: the clock that stood still goes on.
    Resumed(Incident),
    /// Nobody above looked in time: the reporter has the word.
    PassedUnseen(Incident),
    /// The reporter let the confirm window pass.
    Settled(Incident),
}

/// Takes the step that is due at `now`. `clock` is the one that may stand still now, see
/// [`super::Running::main`].
///
/// # Errors
/// A [`Refusal`] only for an incident whose status and clock contradict each other, which no transition makes.
pub fn sweep(
    incident: Incident,
    policy: &Policy,
    staffed: &BTreeSet<Level>,
    clock: Option<&Clock>,
    now: DateTime<Utc>,
) -> Result<Sweep, Refusal> {
    let Some(due) = incident.tenure.due() else { return Ok(Sweep::Over) };
    if let Ok(passed) = incident.leave_empty_post(policy, staffed, now) {
        return Ok(Sweep::LeftEmptyPost(passed));
    }
    if let Ok(lapsed) = incident.lapse(now) {
        return Ok(Sweep::Lapsed(lapsed));
    }
    if now < due::acts_at(due, policy, &incident.tenure) {
        return Ok(Sweep::NotDue(due));
    }
    Ok(match due.kind {
        DueKind::Resume | DueKind::Reply => Sweep::Resumed(incident.pause_over(clock, policy, now)?),
        DueKind::Verify => Sweep::PassedUnseen(incident.pass_unseen(now)?),
        DueKind::Confirm => Sweep::Settled(incident.settle_by_silence(now)?),
        DueKind::Contact | DueKind::Handle | DueKind::Shout => {
            match incident.climb_overdue(policy, staffed, now)? {
                Overdue::Climbed(climbed) => Sweep::Climbed(climbed),
                Overdue::StaysAtTop { incident, remind_every } => Sweep::Shouted { incident, remind_every },
            }
        }
    })
}
