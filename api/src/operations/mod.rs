//! Operations: long work, and how far it is.
//!
//! Promises: work that was asked for is done once, whatever crashes: an operation is claimed by one run at a time, under
//! a lease that is kept alive; its end is written in the transaction of its effect, so that redoing a run that died is
//! safe. How far a run is stands in memory of its process, and in the database at each phase and heartbeat, because a
//! long transaction may hold the only writer. Shown to nobody but who asked for it. Never holds personal data: the input
//! is a key in the store of files.
//!
//! Routes: `GET /v1/operations/{operation_id}`.

mod acts;
pub mod model;
mod routes;
mod store;

pub use acts::{Held, ask, finish, tick};
pub use routes::routes;
