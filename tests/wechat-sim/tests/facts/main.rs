//! What the simulator enforces, each fact as a test over plain HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "an answer that was not foreseen ends the test"
)]

mod codes;
mod content;
mod control;
mod faults;
mod login;
mod open_data;
mod phone;
mod phones;
mod subscribe;
mod tokens;
mod wire;
