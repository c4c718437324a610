//! An incident's time in a cluster. The link ends, it is never deleted.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cluster_member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub cluster_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub joined_at: DateTimeUtc,
    /// `AUTO`, `REPORTER` or `STAFF`.
    pub joined_by: String,
    /// The household that reported it: a home, or the reporter where there is none.
    pub household_id: Uuid,
    pub left_at: Option<DateTimeUtc>,
    /// Why it left.
    pub left_by: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
