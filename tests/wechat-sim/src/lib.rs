//! A stand-in for WeChat's servers, for tests.
//!
//! It answers the calls that a mini-program's backend makes as WeChat documents them and as people have found them:
//! codes that are good once, tokens that die, quotas, refusals with HTTP 200. It shares no code, type, constant or
//! cryptography with the service under test, so that a misreading on one side shows. It promises to be stricter
//! than WeChat wherever leniency would hide a mistake, never the other way round.
//!
//! Tests steer it under `/__sim/`: see `control`. Nothing here is fit for anything but tests: it keeps everything
//! in memory and its journal shows every secret that it was sent.

mod apps;
mod clock;
mod codes;
mod content;
mod control;
mod faults;
mod journal;
mod login;
mod media;
mod open_data;
mod phone;
mod push;
mod quotas;
mod random;
mod server;
mod settings;
mod subscribe;
mod tickets;
mod tokens;
mod users;
mod values;
mod wire;
mod world;

pub use apps::{APPID, SECRET};
pub use server::{Sim, serve};

/// Starts a simulator on a free port of 127.0.0.1.
///
/// # Panics
/// When no port is free.
#[expect(clippy::expect_used, reason = "a test that cannot start its simulator has nothing to go on with")]
pub fn start() -> Sim {
    serve(0).expect("a free port on 127.0.0.1")
}

/// As a `u64`, however large.
fn number(large: u128) -> u64 {
    u64::try_from(large).unwrap_or(u64::MAX)
}
