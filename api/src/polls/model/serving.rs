//! Requests and answers of service and of reminders.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::polls::service::Method;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Weight;
use crate::http::{document::texts, input::not_blank, schema::schemas};

schemas! {
    service_method = Method;
}

/// Heads that were served in one way at one time, with what there is to show for it.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteServices {
    #[garde(length(min = 1, max = 100))]
    #[schema(min_items = 1, max_items = 100)]
    pub head_ids: Vec<Uuid>,
    /// `IN_PERSON` or `POST`; what an owner reads here is noted by itself.
    #[garde(skip)]
    #[schema(schema_with = service_method)]
    pub method: Method,
    /// When they were, not before the poll locked and not in the future.
    #[garde(skip)]
    pub served_at: DateTime<FixedOffset>,
    /// A photo of what was signed or stamped, sent by the caller and attached to nothing yet.
    #[garde(skip)]
    pub evidence_id: Uuid,
}

/// How many heads were noted as served.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServicesNoted {
    #[schema(minimum = 1, maximum = 100)]
    pub heads: usize,
    #[schema(schema_with = service_method)]
    pub method: Method,
    pub served_at: DateTime<FixedOffset>,
    pub evidence_id: Uuid,
}

/// Which heads.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ServicesQuery {
    /// Only those that nobody served yet.
    #[garde(skip)]
    #[serde(default)]
    pub unserved: bool,
    /// Items a page, 1 to 100; larger is lowered.
    #[garde(range(min = 1, max = 1_000_000))]
    #[param(minimum = 1, maximum = 1_000_000, default = 20, example = 20)]
    #[serde(default)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[garde(length(max = 2000))]
    #[param(max_length = 2000)]
    #[serde(default)]
    pub cursor: Option<String>,
}

/// A head, and how it was served. Never whether it voted.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeadService {
    pub head_id: Uuid,
    /// What the head's homes are called.
    #[schema(schema_with = texts::<1000, 0, 200>)]
    pub homes: Vec<String>,
    /// One of the services stands.
    pub is_served: bool,
    /// In order.
    #[schema(max_items = 1000)]
    pub services: Vec<Service>,
}

/// One time that a head was served.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PollService)]
pub struct Service {
    pub id: Uuid,
    #[schema(schema_with = service_method)]
    pub method: Method,
    pub served_at: DateTime<FixedOffset>,
    pub noted_at: DateTime<FixedOffset>,
    /// The role of whoever noted it.
    #[schema(max_length = 24)]
    pub noted_as: String,
    /// For those who convene, at `GET /v1/uploads/{upload_id}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_id: Option<Uuid>,
    /// When it was taken back: it was noted by mistake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<DateTime<FixedOffset>>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 500)]
    pub words: Option<String>,
}

/// Which service of which poll.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ServicePath {
    pub poll_id: Uuid,
    pub service_id: Uuid,
}

/// Takes a service back that was noted by mistake.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawService {
    /// Why; the head's owners read it.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// How many heads were served, and how; never which.
#[derive(Debug, Serialize, ToSchema)]
pub struct ServiceTotals {
    pub poll_id: Uuid,
    /// The locked roll.
    pub roll: Weight,
    /// Served in whichever way.
    pub served: Weight,
    /// A head that was served in two ways is in both.
    #[schema(max_items = 3)]
    pub by_method: Vec<MethodServed>,
}

/// Heads that were served in one way.
#[derive(Debug, Serialize, ToSchema)]
pub struct MethodServed {
    #[schema(schema_with = service_method)]
    pub method: Method,
    pub served: Weight,
}

/// Owners of how many heads are reminded, and never of which.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PollReminder)]
pub struct Reminder {
    /// Heads that had not voted.
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub heads: u64,
    pub at: DateTime<FixedOffset>,
    /// When they may be reminded again.
    pub next_from: DateTime<FixedOffset>,
}
