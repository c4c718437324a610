//! A ballot that was in and does not count: kept as it was, so that anybody may see later what became of it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ballot_set_aside")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub poll_id: Uuid,
    pub head_id: Uuid,
    pub round: i32,
    /// `ONLINE`, `PAPER` or `PROXY`.
    pub channel: String,
    /// Encrypted answers.
    #[sea_orm(column_type = "Blob")]
    pub answers_cipher: Vec<u8>,
    /// SHA-256 over the receipt's salt and the answers.
    pub commitment: String,
    pub cast_by: Uuid,
    pub cast_at: DateTimeUtc,
    /// `DISPUTED`, `SUPERSEDED` or `CHANNEL_VOID`.
    pub why: String,
    pub set_aside_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
