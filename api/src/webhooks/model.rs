//! Webhooks as the API tells them.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{access::Role, http::document::texts};

/// An address that is to be told.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// A public https address.
    #[garde(length(chars, min = 9, max = 500))]
    #[schema(min_length = 9, max_length = 500, example = "https://hooks.example.org/linli")]
    pub url: String,
    /// Which kinds of events, as the record names them; all without any.
    #[garde(length(max = 50), inner(length(chars, min = 3, max = 40)))]
    #[schema(schema_with = texts::<50, 3, 40>, example = json!(["INCIDENT_REPORTED", "INCIDENT_CLIMBED"]))]
    #[serde(default)]
    pub kinds: Vec<String>,
}

/// Whether it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = WebhookState)]
pub enum State {
    Active,
    /// It is left alone; `stopped_because` says why.
    Disabled,
    /// Taken away; shown to nobody.
    #[serde(skip)]
    Removed,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
            Self::Removed => "REMOVED",
        }
    }

    pub fn parse(text: &str) -> Self {
        let all = [Self::Active, Self::Disabled];
        all.into_iter().find(|state| state.as_str() == text).unwrap_or(Self::Removed)
    }
}

/// Why an address is told no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = WebhookStop)]
pub enum Stop {
    /// It failed for days.
    Failed,
    /// Whoever registered it has its office no more.
    OfficeEnded,
}

impl Stop {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "FAILED",
            Self::OfficeEnded => "OFFICE_ENDED",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Failed, Self::OfficeEnded].into_iter().find(|stop| stop.as_str() == text)
    }
}

/// A role at a place.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = WebhookOffice)]
pub struct Office {
    pub place_id: Uuid,
    pub role: Role,
}

/// An address that is told of what happens at a place.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Webhook {
    pub id: Uuid,
    pub place_id: Uuid,
    /// By which it was registered: it is told what this office may read, for as long as whoever registered it is in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub office: Option<Office>,
    #[schema(max_length = 500)]
    pub url: String,
    #[schema(schema_with = texts::<50, 3, 40>)]
    pub kinds: Vec<String>,
    pub state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped_because: Option<Stop>,
    /// Since when every call has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<DateTime<FixedOffset>>,
    /// Until when the secret before signs too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_secret_until: Option<DateTime<FixedOffset>>,
    pub created_at: DateTime<FixedOffset>,
}

/// A webhook with its new secret, shown this once.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookWithSecret {
    pub webhook: Webhook,
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", max_length = 100)]
    pub secret: String,
}

/// An event on its way to a webhook.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WebhookDelivery {
    /// Sent as `webhook-id`.
    pub event_id: Uuid,
    pub state: DeliveryState,
    #[schema(minimum = 0, maximum = 1000)]
    pub attempts: i32,
    /// The status of the last answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 100, maximum = 999)]
    pub status: Option<i32>,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 80)]
    pub trouble: Option<String>,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<DateTime<FixedOffset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled_at: Option<DateTime<FixedOffset>>,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[schema(as = WebhookDeliveryState)]
pub enum DeliveryState {
    Waiting,
    Sending,
    Sent,
    /// Tried as often as it is tried, or its webhook was left alone or is gone.
    Dead,
}

impl DeliveryState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Sending => "SENDING",
            Self::Sent => "SENT",
            Self::Dead => "DEAD",
        }
    }

    pub fn parse(text: &str) -> Self {
        let all = [Self::Waiting, Self::Sending, Self::Sent];
        all.into_iter().find(|state| state.as_str() == text).unwrap_or(Self::Dead)
    }
}

/// The body that is sent.
#[derive(Debug, Serialize)]
pub struct Told {
    pub r#type: String,
    pub timestamp: DateTime<FixedOffset>,
    pub data: Data,
}

/// What is public of an event.
#[derive(Debug, Serialize)]
pub struct Data {
    pub complex_id: Uuid,
    pub seq: i64,
    pub place_id: Uuid,
    pub subject_type: String,
    pub subject_id: Uuid,
    pub subject_version: i64,
    pub actor_role: String,
    pub facts: Value,
}
