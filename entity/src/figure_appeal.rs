//! Somebody appeals a row of a closed month.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "figure_appeal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The fact.
    pub row_id: Uuid,
    pub month: i32,
    /// The figure in which the row should not count; all of them without it.
    pub figure: Option<String>,
    /// The row's.
    pub level: String,
    pub post_id: Uuid,
    /// As what the appellant held it.
    pub role: String,
    pub appellant_id: Uuid,
    /// Why, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub reason_cipher: Vec<u8>,
    /// `OPEN`, `UPHELD` or `DISMISSED`.
    pub state: String,
    pub decided_by: Option<String>,
    /// Why it was decided so, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub words_cipher: Option<Vec<u8>>,
    pub made_at: DateTimeUtc,
    pub decided_at: Option<DateTimeUtc>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
