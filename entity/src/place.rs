//! A node of the tree district › street › community › complex › building › unit › home, with its lineage.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "place")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `DISTRICT` … `HOME`.
    pub level: String,
    /// The place that this one is part of; none for a district.
    pub parent_id: Option<Uuid>,
    /// As people call it: `1号楼`, `2202`. A building may have a unit `1` and a shop `1` beside it, so that a name is the
    /// only one of its level alone.
    pub name: String,
    /// Orders siblings as people count them: `2单元` before `10单元`.
    pub sort_key: String,
    /// Lineage: the district that it is in, or is.
    pub district_id: Option<Uuid>,
    /// Lineage.
    pub street_id: Option<Uuid>,
    /// Lineage.
    pub community_id: Option<Uuid>,
    /// Lineage; none above a complex.
    pub complex_id: Option<Uuid>,
    /// Lineage.
    pub building_id: Option<Uuid>,
    /// Lineage.
    pub unit_id: Option<Uuid>,
    /// Where a complex or a building is on the map, in 0.000001° of WGS 84; none while nobody has said so.
    pub latitude: Option<i32>,
    /// With the latitude or not at all.
    pub longitude: Option<i32>,
    /// Counts changes, for `ETag`.
    pub version: i64,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
