//! Events as they are written, and changes as they are told.

use chrono::{DateTime, FixedOffset, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Who may see an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Audience {
    /// Everybody with a role in the complex.
    Members,
    /// Those on the ladder of the place where it happened, and the person it concerns.
    Handlers,
    /// Those who handle the incident it happened to, and never its reporter.
    Ladder,
    /// Only the person it concerns.
    Person,
    /// Those who watch the poll it happened to, and the person it concerns; from the poll's close on everybody with a
    /// role in the complex. Who took part when is nobody else's business while others may still be pressed to.
    Watchers,
}

impl Audience {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Members => "MEMBERS",
            Self::Handlers => "HANDLERS",
            Self::Ladder => "LADDER",
            Self::Person => "PERSON",
            Self::Watchers => "WATCHERS",
        }
    }
}

/// Something that happened, before it has its place in the log.
#[derive(Clone, Debug)]
pub struct Event {
    /// Named as the deed: `BALLOT_CAST`.
    pub kind: &'static str,
    /// The complex; nil for what is above one.
    pub complex: Uuid,
    pub place: Uuid,
    /// What it happened to: `POLL`, `INCIDENT`, …
    pub subject_type: &'static str,
    pub subject: Uuid,
    /// The subject's version after it.
    pub version: i64,
    /// The actor's role, or `CLOCK`, or `RESIDENT`.
    pub role: String,
    pub audience: Audience,
    /// The person it concerns, who may always see it.
    pub person: Option<Uuid>,
    /// What anybody in the audience may know.
    pub facts: Value,
    /// Salted hash of what is private.
    pub commitment: Option<String>,
}

/// What a line of the record tells, for whoever compares it with the things themselves.
#[derive(Clone, Debug)]
pub struct Told {
    pub kind: String,
    pub facts: Value,
    pub commitment: Option<String>,
    pub at: DateTime<Utc>,
}

/// Which part of a record, and how long to wait for more.
#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangesQuery {
    /// The complex whose record is read. Needed by whoever has roles in several, or above one.
    #[garde(skip)]
    #[serde(default)]
    pub place_id: Option<Uuid>,
    /// `next_cursor` of the answer before; without it from the start.
    #[garde(length(chars, max = 500))]
    #[param(max_length = 500)]
    #[serde(default)]
    pub cursor: Option<String>,
    /// Seconds to wait for something new, 0 to 25.
    #[garde(range(max = 25))]
    #[param(minimum = 0, maximum = 25, default = 0)]
    #[serde(default)]
    pub wait: Option<u32>,
}

/// One line of the record, as this viewer may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Change {
    /// Its place in the complex's log, from 1.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub seq: i64,
    #[schema(example = "POLL_OPENED", max_length = 40)]
    pub kind: String,
    pub place_id: Uuid,
    #[schema(example = "POLL", max_length = 24)]
    pub subject_type: String,
    pub subject_id: Uuid,
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub subject_version: i64,
    #[schema(example = "PREPARER", max_length = 24)]
    pub actor_role: String,
    /// What is public of it.
    #[schema(value_type = Object)]
    pub facts: Value,
    /// SHA-256 over a salt and what is private.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub commitment: Option<String>,
    pub at: DateTime<FixedOffset>,
    /// SHA-256 over the line before and this one.
    #[schema(max_length = 64)]
    pub hash: String,
}

/// What happened since a cursor.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changes {
    #[schema(max_items = 100)]
    pub items: Vec<Change>,
    /// Asks for what happens after this; always present.
    #[schema(max_length = 500)]
    pub next_cursor: String,
    /// Whether more is there already.
    pub more: bool,
}
