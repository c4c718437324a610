//! Uploads: photos, re-encoded, and files on their way in.
//!
//! Promises: a photo is decoded within limits and encoded anew, so that nothing rides along in it (no EXIF, no place
//! where it was taken, no second file). Never serves bytes that somebody sent as they came.

pub mod files;
mod routes;

pub use routes::routes;
