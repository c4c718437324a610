//! Voting that stood still as the API tells it.

use chrono::{DateTime, FixedOffset};
use serde::Serialize;
use utoipa::ToSchema;

/// Voting stood still: no ballot was taken, and it ends later by just that time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PollPause)]
pub struct Standstill {
    pub since: DateTime<FixedOffset>,
    /// When it was to end at the latest.
    pub until: DateTime<FixedOffset>,
    /// The role of whoever stopped it.
    #[schema(max_length = 24)]
    pub by: String,
    /// Why.
    #[schema(max_length = 500)]
    pub words: String,
    /// When voting went on; nothing before that is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<FixedOffset>>,
    /// The role of whoever let it go on; nothing where it ended by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 24)]
    pub lifted_by: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub lifted_words: Option<String>,
}
