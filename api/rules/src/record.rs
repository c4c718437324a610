//! One line of a complex's log, and what its hash covers.
//!
//! **Promises:** a line's hash is made of nothing but the line and the hash of the line before it, so that whoever has
//! some lines, each with the hash before it, can check these without having the others.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::polls::seals::sha256;

/// What a line's hash covers, in this order, as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Line<'a> {
    /// The hash of the line before; empty for the first.
    pub before: &'a str,
    pub complex: &'a str,
    /// Its place in the log, from 1.
    pub seq: i64,
    pub id: &'a str,
    pub kind: &'a str,
    pub place: &'a str,
    pub subject_type: &'a str,
    pub subject: &'a str,
    pub subject_version: i64,
    pub actor_role: &'a str,
    pub audience: &'a str,
    /// Public facts, as JSON in a string.
    pub facts: &'a str,
    /// Salted hash of what is private.
    pub commitment: Option<&'a str>,
    pub at: DateTime<Utc>,
}

impl Line<'_> {
    /// SHA-256 in small hexadecimal letters.
    pub fn hash(&self) -> String {
        sha256(&serde_json::to_vec(self).unwrap_or_default())
    }
}
