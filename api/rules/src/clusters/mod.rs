//! The law of clusters 聚合: which reports are one trouble, how many households have it, and when it is over for all.
//!
//! **For:** six households with one broken lift are one piece of work, and six that must be asked whether it runs again.
//!
//! **Promises:** what is counted is households, each once, never reports. The lowest place that has a quorum is what a
//! cluster is about, and more reports never make it narrower. A cluster is as old as its earliest report and as bad as its
//! worst. It closes when its households confirm, or a quorum of them; one that says it is still broken goes its own way.
//!
//! **Never:** asks for the time, reads or writes anything, or knows who reported. Numbers are whole: likeness is in
//! thousandths, a quorum is compared by multiplying.
//!
//! | | |
//! |---|---|
//! | [`policy`] | the numbers, as versioned data |
//! | [`likeness`] | how alike two descriptions are |
//! | [`look`] | how alike two photos are |
//! | [`site`] | where a report is, and what two places have in common |
//! | [`matches`] | what a report may be one trouble with |
//! | [`quorum`] | households counted, and the place whose households reach a quorum |
//! | [`course`] | a cluster's life: who leads it, and when it is over |

pub mod course;
pub mod likeness;
pub mod look;
pub mod matches;
pub mod policy;
pub mod quorum;
pub mod site;

#[cfg(test)]
mod tests;

pub use course::{Answer, Gathered, JoinedBy, LeftBy, Refusal, Standing, Status, Verdict};
pub use likeness::likeness;
pub use look::Look;
pub use matches::{Candidate, Match, Report};
pub use policy::Policy;
pub use quorum::{Household, Reported};
pub use site::Site;
