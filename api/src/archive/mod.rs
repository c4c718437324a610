//! Archives 档案: a programme that is over in one file, signed, for a court or an archive office. What is in it and how it
//! is made out again are the rules' (`rules::archive`).
//!
//! Promises: the same programme gives the same bytes, but for the signature at the end (ES256 draws one by chance); a file
//! is checked with nothing but itself, no service, no database, no configuration and none of its secrets.
//!
//! Never exports a programme that runs. Never puts a name, a phone, an ID number or an openid into a file, nor whose a
//! ballot is; what a ballot weighs and when it was cast only where whoever runs the service asks for it.
//!
//! A recount has a report that is signed alike, and stands beside the result that it leaves as it is.
//!
//! No routes: `linli export programme`, `linli verify archive`; `linli recount`, `linli verify recount`, and
//! `GET /v1/polls/{poll_id}/recount`, which belongs to the polls.

mod acts;
mod file;
mod recount;
mod seal;

pub use acts::{Checked, export, verify};
pub use file::Difference;
pub use recount::{CheckedRecount, recounted, verify_recount};
pub use seal::{Signer, fingerprint, opened, read_public};
