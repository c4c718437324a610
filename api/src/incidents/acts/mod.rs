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
pub(crate) mod merge;
mod posts;
mod report;
mod show;
mod work;

pub(crate) use answer::{confirm, reopen, send_back, urge, withdraw};
pub use clocks::clocks;
pub(crate) use face::{Face, face, faces, readable_in, words_of};
pub(crate) use hand::Actor;
pub(super) use hand::{Deed, InHand, tell, write_step, write_turns};
pub(crate) use posts::filled;
pub(super) use posts::{Filled, staffed};
pub(crate) use report::{DESCRIPTION, may_report, report, take_in};
pub use report::{categories, divert, promise};
pub use show::read;
pub(crate) use show::{Names, role, severity, wire};
pub(crate) use show::{may_read, readable};
pub(super) use show::{origin, then};
pub(crate) use work::{
    Said, acknowledge, climb, explained_by, handle, held_at, note, pause, resume, retime, said, void_pause,
    whistle,
};

use rules::incidents as law;

use super::{
    EVIDENCE_MISSING, INCIDENT_ACKNOWLEDGED, INCIDENT_CLOSED_FOR_GOOD, INCIDENT_ELSEWHERE, INCIDENT_GOES_ON,
    INCIDENT_NOT_ACKNOWLEDGED, INCIDENT_URGED, NOBODY_ABOVE,
};
use crate::http::problem::Problem;

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
            Refusal::NoPause(law::ClockFault::PauseOfNothing) => Problem::member("/until", "BOUND", words),
            Refusal::UrgedAlready { .. } => INCIDENT_URGED.because(words),
            Refusal::ClosedForGood { .. } => INCIDENT_CLOSED_FOR_GOOD.because(words),
            Refusal::MayNotPause | Refusal::Late { .. } | Refusal::NoPause(_) => {
                INCIDENT_GOES_ON.because(words)
            }
            Refusal::ClockMissing => Problem::internal(words),
            Refusal::AlreadyAcknowledged { .. } => INCIDENT_ACKNOWLEDGED.because(words),
            Refusal::NotAcknowledged { .. } => INCIDENT_NOT_ACKNOWLEDGED.because(words),
            Refusal::NobodyAbove { .. } => NOBODY_ABOVE.because(words),
            Refusal::EvidenceMissing { .. } => EVIDENCE_MISSING.because(words),
            Refusal::ReasonMissing {
                act: law::Act::Climb | law::Act::Pause | law::Act::VoidPause | law::Act::Note,
            } => Problem::member("/words", "BOUND", words),
            Refusal::ReasonMissing { .. } => Problem::member("/reason", "BOUND", words),
            Refusal::RatingOutOfRange { .. } => Problem::member("/rating", "BOUND", words),
            Refusal::Diverted { category } => report::diverted(&category),
        }
    }
}
