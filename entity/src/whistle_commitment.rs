//! What a post said it will do.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "whistle_commitment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub whistle_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub role: String,
    /// In its words, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub what_cipher: Vec<u8>,
    pub made_at: DateTimeUtc,
    pub due_at: DateTimeUtc,
    /// When it is told that it is overdue; none once told, or settled.
    pub alarm_at: Option<DateTimeUtc>,
    pub extensions: i32,
    /// `PENDING`, `KEPT` or `BROKEN`.
    pub state: String,
    pub settled_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
