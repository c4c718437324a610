//! The WeChat client against the simulator of WeChat, over HTTP.
//!
//! The two were written apart, from the same description, and share no code: where they agree, each proves the
//! other. What is asserted is what the simulator's journal says it was asked, not what the client says it did.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "an answer that was not foreseen ends the test"
)]

mod fields;
mod login;
mod messages;
mod mini_codes;
mod open_data;
mod phone;
mod photos;
mod processes;
mod quotas;
mod redis;
mod retries;
mod secrecy;
mod stable_token;
mod stage;
mod texts;
mod time;
mod tokens;
