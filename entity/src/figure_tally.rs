//! How often something happened at a place in a month, or stands open there now.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "figure_tally")]
pub struct Model {
    /// The complex; nil for a place above one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub place_id: Uuid,
    /// `202611`; 0 for what stands open now.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: i32,
    /// Empty for what stands open.
    #[sea_orm(primary_key, auto_increment = false)]
    pub category: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub level: String,
    /// As in a fact, or `TOOK_…` for holdings that ended within so many seconds.
    #[sea_orm(primary_key, auto_increment = false)]
    pub outcome: String,
    pub times: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
