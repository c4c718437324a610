//! The door: what every request and every answer has in common, so that handlers are five lines.
//!
//! Promises: every answer is JSON with a charset (pictures and files aside), every error is a [`problem::Problem`],
//! every bound that the contract states is enforced here or on the input type. Never decides anything about the
//! matter in hand.

pub mod admission;
pub mod answer;
pub mod caller;
pub mod document;
mod document_pass;
pub mod input;
pub mod pages;
pub mod paging;
pub mod problem;
pub mod routing;
pub(crate) mod schema;
pub mod server;
pub mod sheet;
