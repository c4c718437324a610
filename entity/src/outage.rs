//! Something switched off on purpose, for a while.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outage")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub place_id: Uuid,
    /// The codes of the categories that it explains, with commas.
    pub categories: String,
    /// What residents read, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub explanation_cipher: Vec<u8>,
    pub from_at: DateTimeUtc,
    /// Its end as it stands now.
    pub until_at: DateTimeUtc,
    pub extensions: i32,
    pub planner_role: String,
    /// Since its end has moved: the last report that it explains and whose clock was told; none when all were.
    pub told_to: Option<Uuid>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
