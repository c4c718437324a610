//! The numbers by which officers are judged.
//!
//! **For:** a rate that anybody can trace back to its rows and compute again.
//!
//! **Promises:** every question about a holding of an incident (was contact made in time, was it handled in time, how
//! did it end, what did the reporter say) is answered at one moment, once, by an [`Outcome`], and counts in the month of
//! that moment: a month that is over never changes by itself. A figure is a fraction of two counts, never a percentage;
//! which outcomes count above and which below the line, and which are left out and why, is a [`Formula`]: data with a
//! version. A post is not measured by what the law makes it pass on.
//!
//! **Never:** names a person or a home. Judges a figure by another formula than the one it names.
//!
//! | | |
//! |---|---|
//! | [`outcome`] | what a move decides about who held the incident |
//! | [`whistle`] | what a whistle decides about who convened and who was convened |
//! | [`formula`] | which outcomes make which figure |
//! | [`period`] | the month in which something counts |
//! | [`share`] | counts, and the fractions that a formula makes of them |
//! | [`posts`] | counts told apart by the post that held it |
//! | [`what_if`] | how it would have come out under another budget |
//! | [`closing`] | a month with its rows, as it is closed, recomputed and appealed |

pub mod closing;
pub mod formula;
pub mod outcome;
pub mod period;
pub mod posts;
pub mod share;
pub mod what_if;
pub mod whistle;

#[cfg(test)]
mod tests;

pub use closing::{Closing, Differs, Measure, Row, Strike};
pub use formula::{BadFormula, Figure, Formula, Name};
pub use outcome::{Decided, Outcome, decided, triage_end, triaged};
pub use period::Period;
pub use posts::{Cell, by_post};
pub use share::{Composite, Counts, Share, took, within};
