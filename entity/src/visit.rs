//! Somebody calling on somebody.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "visit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub place_id: Uuid,
    pub visitor_id: Uuid,
    pub visitor_role: String,
    /// `PLANNED`, `MADE` or `CALLED_OFF`.
    pub status: String,
    pub planned_for: DateTimeUtc,
    pub made_at: Option<DateTimeUtc>,
    /// What is needed, or why nobody went, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub words_cipher: Option<Vec<u8>>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
