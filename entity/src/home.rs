//! What is owned at a HOME place (专有部分).

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "home")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    /// The HOME place.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place_id: Uuid,
    /// `HOME`, `PARKING` or `PUBLIC`.
    pub kind: String,
    /// `DELIVERED`, `UNSOLD` or `SOLD_UNDELIVERED`.
    pub status: String,
    /// Exclusive area in 0.01 m².
    pub area: i64,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
