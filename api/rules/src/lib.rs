//! The law and the ladder as pure functions on plain values.
//!
//! What it is for: everything that decides — who counts, what passes, who is elected, when a term ends — lives here
//! and nowhere else, so that a stranger can recompute every decision from the published material.
//!
//! What it promises: the same input gives the same answer, always; whole numbers only; no panic on any input; each
//! rule names the article it carries out.
//!
//! What it never does: it reads no database, network, file, clock or random number. Times and ids are arguments.

pub mod archive;
pub mod calendar;
pub mod canonical;
pub mod cases;
pub mod clusters;
pub mod commitments;
pub mod desk;
pub mod duty;
pub mod figures;
pub mod identity;
pub mod incidents;
pub mod moderation;
pub mod money;
pub mod notices;
pub mod open311;
pub mod outages;
pub mod packs;
pub mod patrols;
pub mod pause;
pub mod places;
pub mod polls;
pub mod programmes;
pub mod quantity;
pub mod ratio;
pub mod record;
pub mod roll;
pub mod visits;
pub mod whistles;
pub mod words;
