//! The roll 业主名册: who owns what.

pub mod file;
mod routes;

pub use routes::routes;
