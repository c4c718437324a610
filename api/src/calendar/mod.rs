//! The calendar 工作日历: which days are worked, as the State Council fixes it each November for the year after (调休). The
//! law is `rules::calendar`.
//!
//! Promises: a year is taken in whole or not at all, and is kept as versions that never change; a period goes by what was
//! known on the day on which it began, so that no deadline that is fixed ever moves, however often it is computed again;
//! what is past never changes; every process goes by the same.
//!
//! Never lets an office say which days are worked: a year is the nation's, and whoever runs the service takes it in.
//!
//! Routes: `GET /v1/calendar/{year}`. Taking in: `linli calendar import`.

pub(crate) mod acts;
mod model;
mod routes;
mod store;

pub use routes::routes;
