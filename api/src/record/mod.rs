//! The record 留痕: the append-only log of everything that happened at a place.
//!
//! Promises: an event is written in the transaction of its effect, so that neither exists without the other; a single
//! sequencer then gives events their place in their complex's log, so that no reader ever skips one that committed
//! late; each line's hash covers the line before. The log is never cut, so no cursor ever grows too old to go on from.
//! Everything that follows (the change feed, notices, statistics, audit) reads from here. Never holds a name, a phone, an ID number, an openid or a ballot's choices in the clear:
//! of what is private it keeps a salted commitment.
//!
//! Routes: `GET /v1/changes`.

pub mod acts;
pub mod model;
mod routes;
mod store;

pub use acts::{
    archived, complexes, event, happened_since, news, noticed, sequence, told, told_of, told_of_the_roll,
    unnoticed, verify, visible, write,
};
pub use model::{Audience, Event, Told};
pub use routes::routes;
