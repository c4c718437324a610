//! Requests and answers of mandates and of disputed ballots.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::polls::{
    aftermath::Answered,
    dispute,
    mandate::{Scope, State},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{Channel, answered};
use crate::http::{document::texts, input::not_blank, schema::schemas};

schemas! {
    scope = Scope;
    mandate_state = State;
    set_aside = dispute::SetAside;
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn is_code(code: &str, _: &()) -> garde::Result {
    let fits = code.len() == 8 && code.bytes().all(|digit| digit.is_ascii_digit());
    if fits { Ok(()) } else { Err(garde::Error::new("must be 8 digits")) }
}

/// A code that the caller reads out to whoever wants them as a proxy.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProxyCode {
    /// Told this once, and good for one mandate.
    #[schema(min_length = 8, max_length = 8, example = "04711893")]
    pub code: String,
    pub expires_at: DateTime<FixedOffset>,
}

/// Has somebody else cast a head's ballot.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveMandate {
    /// One of the caller's heads, from `GET …/heads`.
    #[garde(skip)]
    pub head_id: Uuid,
    /// What the proxy reads out, from `POST /v1/proxy-codes`.
    #[garde(custom(is_code))]
    #[schema(min_length = 8, max_length = 8, pattern = "^[0-9]{8}$", example = "04711893")]
    pub proxy_code: String,
    /// A photo of the paper that the owner signed, sent by the caller and attached to nothing yet.
    #[garde(skip)]
    pub scan_id: Uuid,
    /// What the paper says that it is for.
    #[garde(skip)]
    #[schema(schema_with = scope)]
    pub scope: Scope,
    /// The matters that it is for, where the scope is `NAMED_MATTERS`: the others are left open on the ballot.
    #[garde(length(max = 30))]
    #[serde(default)]
    #[schema(max_items = 30)]
    pub matter_ids: Vec<Uuid>,
}

/// A mandate, as its parties and the poll's office see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PollMandate)]
pub struct Mandate {
    pub id: Uuid,
    pub poll_id: Uuid,
    pub head_id: Uuid,
    /// What the head's homes are called.
    #[schema(schema_with = texts::<1000, 0, 200>)]
    pub homes: Vec<String>,
    #[schema(schema_with = scope)]
    pub scope: Scope,
    /// The matters that it is for, where the scope is `NAMED_MATTERS`.
    #[schema(max_items = 30)]
    pub matter_ids: Vec<Uuid>,
    #[schema(schema_with = mandate_state)]
    pub state: State,
    /// The signed paper, at `GET /v1/uploads/{upload_id}`.
    pub scan_id: Uuid,
    /// The caller gave it.
    pub is_given_by_you: bool,
    /// The caller is the proxy.
    pub is_given_to_you: bool,
    pub given_at: DateTime<FixedOffset>,
    /// When it was used or taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<FixedOffset>>,
}

/// Which mandate for which poll.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct MandatePath {
    pub poll_id: Uuid,
    pub mandate_id: Uuid,
}

/// Says that the ballot of one of the caller's heads is not theirs.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DisputeBallot {
    /// One of the caller's heads, from `GET …/heads`.
    #[garde(skip)]
    pub head_id: Uuid,
    /// What is wrong, for those who answer.
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub words: String,
}

/// What becomes of a dispute, and why.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerDispute {
    /// `UPHELD` sets the ballot aside, and the head may cast again.
    #[garde(skip)]
    #[schema(schema_with = answered)]
    pub outcome: Answered,
    #[garde(length(chars, min = 1, max = 2000), custom(not_blank))]
    #[schema(min_length = 1, max_length = 2000, pattern = "\\S")]
    pub words: String,
}

/// Which dispute in which poll.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DisputePath {
    pub poll_id: Uuid,
    pub dispute_id: Uuid,
}

/// A disputed ballot, and what was answered. Never what the ballot says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BallotDispute)]
pub struct Dispute {
    pub id: Uuid,
    pub head_id: Uuid,
    /// What the head's homes are called.
    #[schema(schema_with = texts::<1000, 0, 200>)]
    pub homes: Vec<String>,
    /// How the ballot came in, and when.
    pub channel: Channel,
    pub cast_at: DateTime<FixedOffset>,
    pub is_yours: bool,
    #[schema(max_length = 2000)]
    pub words: String,
    pub made_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = answered)]
    pub outcome: Option<Answered>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2000)]
    pub answer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 24)]
    pub answered_as: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<DateTime<FixedOffset>>,
    /// Voting ended before anybody answered: the ballot stands, and the published result can be objected to on the
    /// ground `BALLOT`.
    pub lapsed: bool,
}

/// Why a ballot that was in does not count, and since when.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptSetAside)]
pub struct SetAside {
    #[schema(schema_with = set_aside)]
    pub why: dispute::SetAside,
    pub at: DateTime<FixedOffset>,
}
