//! Steps: what is done, one after the other, until somebody at the level takes an incident over.
//!
//! A step is taken once, in its turn, and the next one counts from then on. A step that has to wait, for time, for the hours
//! of a window or for more households, is taken when that has come, and those after it later: none is dropped. They end
//! when somebody takes the incident over, or with the budget in which somebody should have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::budget::Budget;
use super::super::codes::coded;
use super::super::ladder::Level;
use crate::duty::Hours;

/// One of them, written `{"WAIT": {...}}`, or `"WEBHOOKS"` where there is nothing to say of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Step {
    /// Goes on after so long.
    Wait(Budget),
    /// Calls somebody.
    Notify { whom: Called, channel: Channel },
    /// Goes on only in these hours.
    OnlyWithin(Hours),
    /// Goes on only once so many households, all different, have reported or urged it in the last so many minutes.
    OnlyIf { households: u16, within_minutes: u32 },
    /// Gives it to one of those on duty, each in turn, unless somebody has it in hand.
    AssignInTurn,
    /// Tells those systems alone that an office has registered for what is told them by a step.
    Webhooks,
    /// Goes on from an earlier step, by its number in the list from 0; so many times at most, again and again where that is
    /// left out.
    Repeat {
        from: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_most: Option<u16>,
    },
    /// Nothing follows.
    Final,
}

/// Whom a step calls. Persons are named in the rota of their post, never in what everybody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Called {
    /// Everybody of the post that holds it.
    Post,
    /// Whoever of that post is on duty; everybody of it where nobody is.
    OnDuty,
    /// Whoever of that post has it in hand; whoever is on duty where nobody has.
    Assignee,
    /// Those who answer at another level.
    Level(Level),
}

coded! {
    /// How far a call goes.
    pub enum Channel {
        /// Into the inbox.
        Normal = "NORMAL",
        /// To the phone too, by whichever way is open.
        Important = "IMPORTANT",
    }
}

/// What is done in a step that does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    Notifies { whom: Called, channel: Channel },
    Assigns,
    TellsWebhooks,
}

impl Step {
    /// What it does; none where it only decides when it goes on.
    pub const fn does(&self) -> Option<Does> {
        match self {
            Self::Notify { whom, channel } => Some(Does::Notifies { whom: *whom, channel: *channel }),
            Self::AssignInTurn => Some(Does::Assigns),
            Self::Webhooks => Some(Does::TellsWebhooks),
            Self::Wait(_) | Self::OnlyWithin(_) | Self::OnlyIf { .. } | Self::Repeat { .. } | Self::Final => {
                None
            }
        }
    }
}

impl Called {
    /// The fact by which the record names them.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::OnDuty => "ON_DUTY",
            Self::Assignee => "ASSIGNEE",
            Self::Level(_) => "LEVEL",
        }
    }
}

/// The steps in the order in which they are taken, each with its number, those that are repeated as often as they are. It
/// may go on without end; never without a step.
pub fn in_order(steps: &[Step]) -> impl Iterator<Item = (usize, &Step)> {
    let (mut at, mut repeated) = (0, BTreeMap::new());
    std::iter::from_fn(move || {
        // A jump that leads to nothing but jumps leads nowhere.
        for _ in 0..=steps.len() {
            match steps.get(at)? {
                Step::Final => return None,
                Step::Repeat { from, at_most } => {
                    let times: &mut u16 = repeated.entry(at).or_default();
                    if at_most.is_none_or(|most| *times < most) {
                        *times = times.saturating_add(1);
                        at = *from;
                    } else {
                        at = at.saturating_add(1);
                    }
                }
                step => {
                    let number = at;
                    at = at.saturating_add(1);
                    return Some((number, step));
                }
            }
        }
        None
    })
}
