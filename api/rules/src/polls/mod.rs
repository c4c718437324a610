//! The law of a poll: what is decided (`matter`), by which frozen rules (`parameters`), when (`phase`), with which
//! ballots (`ballot`), on which paper (`paper`), which of a head's stands (`duplicates`), how they are counted
//! (`tally`), what that means in plain words (`verdict`), what comes of it where a second vote was due (`runoff`), how
//! firm it is (`flip`), what is put up of it (`lists`), how far that gives away who voted how (`leaks`), when that is
//! final (`aftermath`), what is due then (`deadlines`), and what becomes of the committee later (`committee`). Who may
//! cast a ballot for somebody else (`mandate`), and
//! what becomes of one that is said not to be a head's own (`dispute`). Whom it reached, and what silence means then
//! (`service`). What is taken of a vote that is held in a city's system (`external`). What an emergency takes from its time,
//! and gives back (`standstill`). What of it is hashed, and how (`seals`, `tree`, `rows`), and what the record tells of it
//! (`told`).
//!
//! What it promises: every test is made in heads *and* in area, each against its own whole, in whole numbers; an equal
//! rank for the last seat is a result (a run-off), never an accident of sorting; nothing that is not lawful locks.
//!
//! What it never does: it does not know who a voter is, only what a ballot weighs; it never draws lots.

pub mod aftermath;
pub mod ballot;
pub mod committee;
pub mod deadlines;
pub mod dispute;
pub mod duplicates;
pub mod external;
pub mod flip;
pub mod leaks;
pub mod lists;
pub mod mandate;
pub mod matter;
pub mod paper;
pub mod parameters;
pub mod phase;
pub mod rows;
pub mod runoff;
pub mod seals;
pub mod service;
pub mod standstill;
pub mod tally;
pub mod told;
pub mod tree;
pub mod verdict;
