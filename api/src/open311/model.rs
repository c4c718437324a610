//! Keys as the API tells them, and reports from outside as they were read.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::open311::Service;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::input::not_blank;

/// A key to issue.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// What the other system is called.
    #[garde(length(chars, min = 1, max = 60), custom(not_blank))]
    #[schema(example = "区城市运行平台", min_length = 1, max_length = 60, pattern = "\\S")]
    pub name: String,
}

/// A key that stands; what it is has been told once.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKey {
    pub id: Uuid,
    /// The complex in which it may report.
    pub place_id: Uuid,
    #[schema(example = "区城市运行平台", max_length = 60)]
    pub name: String,
    /// How the complex is named in Open311.
    #[schema(example = "0193f5d2-6a00-7000-8000-000000000001.linli.invalid", max_length = 100)]
    pub jurisdiction_id: String,
    pub created_at: DateTime<FixedOffset>,
}

/// A key that was just issued.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedApiKey {
    pub id: Uuid,
    pub place_id: Uuid,
    #[schema(example = "区城市运行平台", max_length = 60)]
    pub name: String,
    #[schema(example = "0193f5d2-6a00-7000-8000-000000000001.linli.invalid", max_length = 100)]
    pub jurisdiction_id: String,
    pub created_at: DateTime<FixedOffset>,
    /// What the other system sends as `api_key`. Told this once.
    #[schema(example = "lk_6f1d0c7a", max_length = 80)]
    pub key: String,
}

/// A report from outside, read and found good.
#[derive(Clone, Debug)]
pub struct NewRequest {
    pub service: &'static Service,
    pub place: Uuid,
    /// What whoever handles it reads.
    pub words: String,
}

/// What a report from outside is answered, kept for whoever sends it again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Accepted {
    pub service_request_id: Uuid,
    pub service_notice: String,
}

/// An update from outside, read and found good.
#[derive(Clone, Debug)]
pub struct NewUpdate {
    pub request: Uuid,
    pub words: String,
    pub turn: Turn,
}

/// What an update asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It has something to say.
    Tell,
    /// It says that what was handled is not resolved.
    SendBack,
    /// It says that what was closed is not resolved.
    Reopen,
}

/// What an update from outside is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Noted {
    pub update_id: String,
}
