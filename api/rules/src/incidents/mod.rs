//! The law of an incident: who holds it, until when, and where it goes next.
//!
//! **For:** a report always has one holder and one running clock, until it is settled.
//!
//! **Promises:** an incident that is not over has exactly one open tenure, and an open tenure always has a
//! due time: the types leave no room for anything else. Status and level are orthogonal: a climb changes who
//! holds, never how far the work is. A clock that runs out makes an incident climb, never before; at the top it
//! stays and shouts. A post that nobody fills is left at once, as long as anybody answers anywhere. What is over
//! stays over.
//!
//! **Never:** asks for the time, reads or writes anything, keeps words (descriptions, evidence, reasons) or
//! persons. Words are looked at once, to see that they are there, and live encrypted with whoever stores them.
//! Who may act is the access table's decision, not ours.
//!
//! | | |
//! |---|---|
//! | [`category`] | what can be reported |
//! | [`policy`] | how it is handled: budgets, warnings, and what makes it climb |
//! | [`ladder`] | the levels, who answers at each, and the next one up |
//! | [`budget`] | how much time somebody has, and which time counts |
//! | [`clock`] | a budget that runs, pauses and can be told again |
//! | [`promise`] | what a reporter is told before reporting |
//! | [`running`] | which clock runs, and what each move does to the clocks |
//! | [`due`] | what is expected of whom next, and when |
//! | [`prompts`] | what a holder is told, and what is done, while a budget runs |
//! | [`state`] | the incident and its named transitions |
//! | [`appointment`] | when somebody comes |
//! | [`triage`] | those by which it is taken on, or sent elsewhere |
//! | [`handover`] | those by which it passes to another level that agrees |
//! | [`verdict`] | those by which the work is judged |
//! | `counts` | climbing because of what is counted |
//! | [`sweep`] | what happens by itself |
//! | [`audit`] | what no move can have made, and is found wrong all the same |

pub mod appointment;
pub mod audit;
pub mod budget;
pub mod category;
pub mod clock;
pub(crate) mod codes;
mod counts;
pub mod due;
pub mod handover;
pub mod ladder;
pub mod policy;
pub mod promise;
pub mod prompts;
pub mod running;
pub mod state;
pub mod sweep;
pub mod triage;
pub mod verdict;

#[cfg(test)]
mod tests;

pub use audit::Finding;
pub use budget::{Budget, OutOfBounds, Unit};
pub use category::{Category, Evidence, Severity};
pub use clock::{Change, Clock, ClockFault, ClockKind, Entry, Pause, PauseLimits, PauseReason};
pub(crate) use codes::coded;
pub use due::{Due, DueKind};
pub use handover::{Proposal, ProposalKind};
pub use ladder::{Holder, Level, Next};
pub use policy::Policy;
pub use promise::Promise;
pub use prompts::{Budgeted, Prompt, Prompted};
pub use running::{Running, Turn, turned};
pub use state::{
    Act, By, EnteredBy, Exit, ExitKind, HandReason, Incident, Origin, Overdue, Passed, Refusal, SentBack,
    Standing, Status, Tenure,
};
pub use sweep::Sweep;
pub use triage::{Elsewhere, NotTaken};
pub use verdict::{Answer, Complaint, Inspection, Opinion, Resolved, Satisfaction, Verification};
