//! Requests and answers of votes that are cast in a city's own system.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::polls::external::{Source, System};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Weight;
use crate::http::{input::not_blank, schema::schemas};

schemas! {
    source = Source;
}

/// The city's system in which owners vote. What it signs comes back through `external-result`.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalSystem {
    /// The name of one of the keys that this service trusts (`external_keys` of its configuration).
    #[garde(length(min = 1, max = 40), custom(a_name))]
    #[schema(example = "beijing", min_length = 1, max_length = 40, pattern = "^[a-z0-9-]+$")]
    pub key: String,
    /// What owners know it by.
    #[garde(length(chars, min = 1, max = 60), custom(not_blank))]
    #[schema(example = "北京业主", min_length = 1, max_length = 60, pattern = "\\S")]
    pub name: String,
    /// Where owners vote.
    #[garde(length(min = 9, max = 200), custom(an_address))]
    #[schema(
        example = "https://vote.example",
        min_length = 9,
        max_length = 200,
        pattern = "^https://[!-~]+$"
    )]
    pub address: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn a_name(name: &str, _: &()) -> garde::Result {
    let fits = name.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-');
    if fits { Ok(()) } else { Err(garde::Error::new("must be small letters, digits and -")) }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn an_address(address: &str, _: &()) -> garde::Result {
    let rest = address.strip_prefix("https://").unwrap_or_default();
    let fits = !rest.is_empty() && rest.chars().all(|one| one.is_ascii_graphic());
    if fits { Ok(()) } else { Err(garde::Error::new("must be https://HOST")) }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "garde calls it so")]
fn a_jws(signed: &str, _: &()) -> garde::Result {
    let is_base64 = |one: char| one.is_ascii_alphanumeric() || one == '-' || one == '_';
    let parts = signed.split('.').filter(|part| !part.is_empty() && part.chars().all(is_base64));
    let fits = parts.count() == 3 && signed.matches('.').count() == 2;
    if fits { Ok(()) } else { Err(garde::Error::new("must be a compact JWS")) }
}

impl From<System> for ExternalSystem {
    fn from(System { key, name, address }: System) -> Self {
        Self { key, name, address }
    }
}

impl From<ExternalSystem> for System {
    fn from(ExternalSystem { key, name, address }: ExternalSystem) -> Self {
        Self { key, name, address }
    }
}

/// A system's result, as it signed it.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportResult {
    /// A compact JWS (ES256) over an `ExternalEvidence`.
    #[garde(length(max = 60_000), custom(a_jws))]
    #[schema(
        example = "eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmVk",
        max_length = 60_000,
        pattern = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"
    )]
    pub signed: String,
}

/// By which evidence a result came in.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedResult {
    /// SHA-256 over the bytes of `signed`.
    #[schema(max_length = 64)]
    pub evidence_hash: String,
    /// The fingerprint of the key that signed it (RFC 7638).
    #[schema(max_length = 64)]
    pub key_id: String,
    /// The role of whoever imported it.
    #[schema(example = "PREPARER", max_length = 24)]
    pub imported_as: String,
    pub imported_at: DateTime<FixedOffset>,
}

/// Where the votes of a poll are cast that are not cast here.
#[derive(Debug, Serialize, ToSchema)]
pub struct PollExternal {
    pub system: ExternalSystem,
    /// Since when voting is over and its result is awaited; nothing before, and once it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awaited_since: Option<DateTime<FixedOffset>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<ImportedResult>,
}

/// What came in of a vote in a city's system. Anybody can check it: `signed` with `key`, whose fingerprint the city
/// makes known.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExternalResult {
    pub poll_id: Uuid,
    pub system: ExternalSystem,
    pub imported: ImportedResult,
    /// The compact JWS as it came.
    #[schema(max_length = 60_000)]
    pub signed: String,
    /// The public key that was trusted, as a JSON Web Key.
    #[schema(value_type = Object)]
    pub key: Value,
    pub evidence: ExternalEvidence,
}

/// What a system signs: totals, and nobody's choice. Areas in 0.01 m².
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ExternalEvidence {
    /// `linli/external-result/1`.
    #[schema(max_length = 40)]
    pub format: String,
    /// The poll's id here.
    pub poll: Uuid,
    /// All who may vote: the locked roll, exactly.
    pub electorate: Weight,
    /// Each time that voting was to end, as the poll's rules have it: the announced one first, and the last at which it did.
    #[schema(max_items = 10)]
    pub closings: Vec<ExternalClosing>,
    /// Ballots that count, blank ones included.
    pub took_part: Weight,
    /// Ballots that came in but cannot be counted.
    pub spoiled: Weight,
    /// Every matter, once.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub matters: Vec<ExternalMatter>,
    /// Where candidates stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub election: Option<ExternalElection>,
}

/// A time at which voting was to end.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ExternalClosing {
    pub at: DateTime<FixedOffset>,
    /// All that had come in by then, spoiled ballots with the others.
    pub came_in: Weight,
}

/// What a matter came to. With the poll's rule `blank_item` = `ABSTAIN` the three columns are together who took part.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ExternalMatter {
    /// Its id here.
    pub matter: Uuid,
    pub yes: Weight,
    pub no: Weight,
    pub abstain: Weight,
    /// As the system declares.
    pub outcome: super::MatterOutcome,
}

/// What an election came to.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ExternalElection {
    /// Everybody who stands, once.
    #[schema(max_items = 60)]
    pub candidates: Vec<ExternalCandidate>,
    /// As the system declares.
    pub outcome: super::ElectionOutcome,
    /// As it declares too, by id, in any order; those of equal rank for the last seat are not among them.
    #[schema(max_items = 60)]
    pub elected: Vec<Uuid>,
}

/// Who chose a candidate.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ExternalCandidate {
    /// The id here.
    pub candidate: Uuid,
    pub votes: Weight,
}
