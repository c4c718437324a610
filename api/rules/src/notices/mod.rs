//! The law of notices: who is told what, by which way, when, and how often it is tried.
//!
//! **For:** whoever must act learns of it, once, and nobody is woken for what can wait.
//!
//! **Promises:** one event tells one person once; what asks somebody to act is void as soon as it is done; a way that is
//! closed leads to the next one; nobody is called about what a planned outage explains; what is urgent waits for nothing; what waits is put off, never dropped; what cannot
//! succeed ends after a known number of tries.
//!
//! **Never:** asks for the time, sends anything, or knows a name, a phone or a description.
//!
//! | | |
//! |---|---|
//! | [`telling`] | which event tells whom, in which words |
//! | [`silence`] | what a post is not called about for a while |
//! | [`timing`] | quiet hours, the wait for neighbours' reports, trying again |
//! | [`course`] | a delivery's states and the ways it may take |

pub mod course;
pub mod silence;
pub mod telling;
pub mod timing;

pub use course::{Outcome, Settled, State, Way, next_way, settle};
pub use silence::Silence;
pub use telling::{Explained, Reach, Telling, Topic, Whom, tellings};
pub use timing::{MOST_ATTEMPTS, QUIET, Urgency, earliest, gather};
