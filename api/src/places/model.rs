//! Places as the API tells them.

use garde::Validate;
use rules::places::{LATITUDE, LONGITUDE};
use serde::{Deserialize, Serialize};
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
    /// Where a complex or a building is on the map, if somebody has said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Point>,
}

/// Where a complex or a building is on the map.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Located {
    /// Its middle. Without it nobody knows any more where it is.
    #[garde(dive)]
    pub position: Option<Point>,
}

/// A point on the map.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// North of the equator, in 0.000001° of WGS 84.
    #[garde(range(min = -LATITUDE, max = LATITUDE))]
    #[schema(example = 31_230_400, minimum = -90_000_000, maximum = 90_000_000)]
    pub latitude: i32,
    /// East of Greenwich, in 0.000001° of WGS 84.
    #[garde(range(min = -LONGITUDE, max = LONGITUDE))]
    #[schema(example = 121_473_700, minimum = -180_000_000, maximum = 180_000_000)]
    pub longitude: i32,
}

/// One level of a place's lineage.
#[derive(Debug, Serialize, ToSchema)]
pub struct Step {
    pub id: Uuid,
    pub level: Level,
    #[schema(example = "青年路小区", max_length = 120)]
    pub name: String,
}
