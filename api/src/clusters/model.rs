//! Clusters as the API takes and tells them.

use chrono::{DateTime, FixedOffset};
use garde::Validate;
use rules::{clusters as law, incidents};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    access::Level,
    http::{input::not_blank, schema::schemas},
    incidents::model::{self as of_incidents, NamedPlace, a_category},
};

schemas! {
    status = law::Status;
    joined_by = law::JoinedBy;
}

/// What somebody is about to report.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FindMatches {
    /// What it is about: a complex or any place in it.
    #[garde(skip)]
    pub place_id: Uuid,
    #[garde(custom(a_category))]
    #[schema(schema_with = of_incidents::category)]
    pub category: String,
    #[garde(length(chars, max = 2000))]
    #[schema(example = "3号电梯停在一楼不动", max_length = 2000)]
    #[serde(default)]
    pub description: String,
    /// The caller's own photos, which may be attached to the report afterwards: one that goes round among neighbours is
    /// known again.
    #[garde(length(max = 9))]
    #[schema(max_items = 9)]
    #[serde(default)]
    pub photo_ids: Vec<Uuid>,
}

/// What it may be one trouble with, the nearest and most alike first.
#[derive(Debug, Serialize, ToSchema)]
pub struct Matches {
    #[schema(max_items = 10)]
    pub items: Vec<Match>,
}

/// How far it is, as neighbours may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MatchState {
    Reported,
    InProgress,
    Handled,
    Closed,
}

/// Something that neighbours reported: nothing of it says who, or which home.
#[derive(Debug, Serialize, ToSchema)]
pub struct Match {
    /// For `joins` of a report.
    pub id: Uuid,
    /// The lowest shared place that all of it is in.
    pub place: NamedPlace,
    pub state: MatchState,
    /// How many households reported it.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub households: u32,
    /// When the first of them did.
    pub since: DateTime<FixedOffset>,
    /// A photo of it; the small picture is at `/v1/uploads/{id}?size=THUMBNAIL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_id: Option<Uuid>,
    /// Whether a report may join it: what was handled is reported anew where it is still broken.
    pub takes_more: bool,
}

/// Incidents that are one trouble.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeIncidents {
    /// Of one category and complex, each held at the caller's level or below. A cluster that one of them is in takes the
    /// others.
    #[garde(length(min = 2, max = 50))]
    #[schema(min_items = 2, max_items = 50)]
    pub incident_ids: Vec<Uuid>,
    /// Their reporters read it.
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "同一台电梯的故障，一并处理", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// An incident that is another trouble.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitIncident {
    #[garde(skip)]
    pub incident_id: Uuid,
    #[garde(length(chars, min = 1, max = 500), custom(not_blank))]
    #[schema(example = "是另一台电梯", min_length = 1, max_length = 500, pattern = "\\S")]
    pub words: String,
}

/// Who holds all of it, until when.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClusterHolder)]
pub struct Holder {
    pub level: Level,
    pub place: NamedPlace,
    #[schema(schema_with = of_incidents::holder)]
    pub role: incidents::Holder,
    pub due_at: DateTime<FixedOffset>,
}

/// How many households of a unit or building have it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClusterPart)]
pub struct Part {
    pub place: NamedPlace,
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    pub households: u32,
}

/// A cluster, as those whose incidents are in it and those who handle it see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Cluster {
    pub id: Uuid,
    #[schema(example = "ELEVATOR_FAULT", max_length = 40)]
    pub category: String,
    /// The worst of its incidents.
    #[schema(schema_with = of_incidents::severity)]
    pub severity: incidents::Severity,
    /// The lowest shared place that all of it is in.
    pub place: NamedPlace,
    #[schema(schema_with = status)]
    pub status: law::Status,
    /// How far the work on it is.
    pub state: MatchState,
    /// How many households have it.
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    pub households: u32,
    /// How many asked the holder to hurry: of them, or of those who follow it.
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    pub urging: u32,
    /// When the first of them reported it.
    pub started_at: DateTime<FixedOffset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<DateTime<FixedOffset>>,
    /// Absent once nobody works on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Holder>,
    /// The caller's own incidents in it, the newest first.
    #[schema(max_items = 20)]
    pub mine: Vec<Uuid>,
    /// Photos of what was done; the small pictures are at `/v1/uploads/{id}?size=THUMBNAIL`.
    #[schema(max_items = 100)]
    pub evidence: Vec<Uuid>,
    /// The incident whose holder and clock count for all; only for those who handle it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<Uuid>,
    /// Households by unit, or by building where there is no unit; only for those who handle it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    pub parts: Option<Vec<Part>>,
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_i64)]
    pub version: i64,
}

/// An incident of a cluster.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClusterMember)]
pub struct Member {
    pub incident_id: Uuid,
    /// Its unit, building or complex.
    pub place: NamedPlace,
    #[schema(schema_with = of_incidents::status)]
    pub status: incidents::Status,
    pub reported_at: DateTime<FixedOffset>,
    pub joined_at: DateTime<FixedOffset>,
    #[schema(schema_with = joined_by)]
    pub joined_by: law::JoinedBy,
    #[schema(minimum = 0, maximum = 2_147_483_647)]
    pub urges: u32,
    /// Its holder and clock count for all.
    pub leads: bool,
}
