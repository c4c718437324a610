//! One line of a whistle's course; `version` is the whistle's after it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "whistle_step")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub whistle_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    pub act: String,
    pub role: String,
    /// The commitment that it is about, if it is about one.
    pub commitment_id: Option<Uuid>,
    /// What was said, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub words_cipher: Option<Vec<u8>>,
    pub at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
