//! What a complex's roll comes to, kept at each import and correction so that nobody counts all homes to read it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "roll_summary")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    /// Dwellings and shops, as heads, areas and states are theirs.
    pub homes: i64,
    pub heads: i64,
    /// 0.01 m², as all areas here.
    pub area: i64,
    pub delivered_homes: i64,
    pub delivered_area: i64,
    pub unsold_homes: i64,
    pub unsold_area: i64,
    /// Sold, not delivered.
    pub undelivered_homes: i64,
    pub undelivered_area: i64,
    /// Parking bays and stalls.
    pub parking_homes: i64,
    pub parking_area: i64,
    /// Facilities.
    pub public_homes: i64,
    pub public_area: i64,
    /// SHA-256 over homes, kinds, areas, states and owners' ids.
    pub roll_hash: String,
    pub imported_at: DateTimeUtc,
    /// When an import last brought anything that the roll did not say already.
    pub shown_since: DateTimeUtc,
    /// Counts imports and corrections.
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
