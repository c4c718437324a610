//! Places as the API tells them.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::Level;

/// A node of the tree of places.
#[derive(Debug, Serialize, ToSchema)]
pub struct Place {
    pub id: Uuid,
    pub level: Level,
    /// As people call it.
    #[schema(example = "1号楼", max_length = 120)]
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<Uuid>,
    /// From the district down to this place.
    #[schema(max_items = 7)]
    pub lineage: Vec<Step>,
}

/// One level of a place's lineage.
#[derive(Debug, Serialize, ToSchema)]
pub struct Step {
    pub id: Uuid,
    pub level: Level,
    #[schema(example = "青年路小区", max_length = 120)]
    pub name: String,
}
