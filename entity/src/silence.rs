//! What a post is not called about for a while.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "silence")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// At and below which it holds.
    pub place_id: Uuid,
    pub category: String,
    /// The post that is not called.
    pub post_place_id: Uuid,
    pub post_role: String,
    pub author_id: Uuid,
    /// Encrypted.
    #[sea_orm(column_type = "Blob")]
    pub reason_cipher: Vec<u8>,
    pub from_at: DateTimeUtc,
    /// Its end as it stands now.
    pub until_at: DateTimeUtc,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
