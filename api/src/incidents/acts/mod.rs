//! Reporting, working, answering and reading incidents.
//!
//! The acts take the caller's transaction and need no HTTP, so that a demo's world is made by the same code.
//!
//! [`hand`] is an incident that a transaction holds, and how each move of it is saved whole; [`posts`] says who answers
//! where; the rest are the verbs, by whose they are.

mod answer;
mod clocks;
mod face;
mod hand;
mod handover;
pub(crate) mod merge;
mod oversee;
mod posts;
mod report;
mod show;
mod triage;
mod work;

pub(crate) use answer::{appeal, confirm, reopen, reply, send_back, urge, urge_as_follower, withdraw};
pub use clocks::clocks;
pub(crate) use clocks::{HeldTo, Ran, held_to, ran};
pub(crate) use face::{Face, assignee, face, faces, quiet, readable_in, reported_first, said_last, words_of};
pub(crate) use hand::Actor;
pub(super) use hand::{Deed, InHand, NOTIFY, facts, tell, told_with, write_step, write_turns};
pub(super) use handover::lapse;
pub(crate) use handover::{consent, decline, delegate, object};
pub(crate) use oversee::{force_close, inspect, retarget, void_pause};
pub(super) use posts::Filled;
pub(crate) use posts::{filled, place_of, posts_of, staffed};
pub(crate) use report::{DESCRIPTION, may_report, report, take_in};
pub use report::{categories, divert, promise};
pub use show::read;
pub(crate) use show::{Names, role, severity, wire};
pub(crate) use show::{beholder, may_read, readable, readable_inside};
pub(super) use show::{origin, then};
pub(super) use triage::assign_in_turn;
pub use triage::assignees;
pub(crate) use triage::{accept, ask, assign, reject, send_elsewhere};
pub(super) use work::explain_no_more;
pub(crate) use work::{
    Said, acknowledge, appoint, climb, explained_by, handle, held_at, note, pause, resume, retime, said,
    whistle,
};

use rules::incidents as law;

use super::{
    EVIDENCE_MISSING, INCIDENT_ACKNOWLEDGED, INCIDENT_CLOSED_FOR_GOOD, INCIDENT_ELSEWHERE, INCIDENT_GOES_ON,
    INCIDENT_NOT_ACKNOWLEDGED, INCIDENT_URGED, NOBODY_ABOVE, NOTHING_PROPOSED, OBJECTIONS_USED_UP,
    PROPOSAL_OPEN,
};
use crate::{
    http::problem::{NOT_ALLOWED, Problem},
    policies::CLIMB_NOT_BY_POLICY,
};

impl From<law::Refusal> for Problem {
    fn from(refusal: law::Refusal) -> Self {
        use law::Refusal;
        let words = refusal.to_string();
        match refusal {
            Refusal::WrongStatus { .. }
            | Refusal::NotDue { .. }
            | Refusal::PostFilled { .. }
            | Refusal::NobodyAnywhere { .. }
            | Refusal::NotMerged
            | Refusal::SplitsOff => INCIDENT_ELSEWHERE.because(words),
            Refusal::NotByPolicy { .. } | Refusal::TooSoon { .. } | Refusal::TooOften { .. } => {
                CLIMB_NOT_BY_POLICY.because(words)
            }
            Refusal::NoPause(law::ClockFault::PauseOfNothing) | Refusal::NobodyComesThen => {
                Problem::member("/until", "BOUND", words)
            }
            Refusal::UrgedAlready { .. } => INCIDENT_URGED.because(words),
            Refusal::ClosedForGood { .. } => INCIDENT_CLOSED_FOR_GOOD.because(words),
            Refusal::MayNotPause | Refusal::Late { .. } | Refusal::NoPause(_) => {
                INCIDENT_GOES_ON.because(words)
            }
            Refusal::ClockMissing => Problem::internal(words),
            Refusal::AlreadyAcknowledged { .. } => INCIDENT_ACKNOWLEDGED.because(words),
            Refusal::NotAcknowledged { .. } => INCIDENT_NOT_ACKNOWLEDGED.because(words),
            Refusal::NobodyAbove { .. } => NOBODY_ABOVE.because(words),
            Refusal::NotAHouseholds { .. } => NOT_ALLOWED.because(words),
            Refusal::EvidenceMissing { .. } => EVIDENCE_MISSING.because(words),
            Refusal::ReasonMissing { act: law::Act::SendBack | law::Act::Reopen | law::Act::Appeal } => {
                Problem::member("/reason", "BOUND", words)
            }
            Refusal::ReasonMissing { .. } => Problem::member("/words", "BOUND", words),
            Refusal::ProposalOpen { .. } => PROPOSAL_OPEN.because(words),
            Refusal::NoProposal => NOTHING_PROPOSED.because(words),
            Refusal::NotThere { .. } => Problem::member("/to_level", "LEVEL", words),
            Refusal::ObjectionsUsedUp { .. } => OBJECTIONS_USED_UP.because(words),
            Refusal::NoRecurrence => Problem::member("/recurrence_of", "NOT_OVER", words),
            Refusal::Diverted { category } => report::diverted(&category),
        }
    }
}
