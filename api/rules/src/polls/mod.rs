//! The law of a poll: what is decided (`matter`), by which frozen rules (`parameters`), when (`phase`), with which
//! ballots (`ballot`), how they are counted (`tally`), and what that means in plain words (`verdict`).
//!
//! What it promises: every test is made in heads *and* in area, each against its own whole, in whole numbers; an equal
//! rank for the last seat is a result (a run-off), never an accident of sorting; nothing that is not lawful locks.
//!
//! What it never does: it does not know who a voter is, only what a ballot weighs; it never draws lots.

pub mod ballot;
pub mod matter;
pub mod parameters;
pub mod phase;
pub mod tally;
pub mod verdict;
