//! A seat of an elected committee that fell vacant.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "poll_vacancy")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The last vote by which the committee was elected.
    pub poll_id: Uuid,
    /// Who left, as on the first ballot on which they stood.
    pub candidate_id: Uuid,
    /// `RESIGNED`, `NOT_OWNER`, `DIED`, `REMOVED` or `OTHER`.
    pub reason: String,
    /// What there is to say of it, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub words_cipher: Vec<u8>,
    pub since: DateTimeUtc,
    pub noted_by: Uuid,
    /// In which role.
    pub noted_as: String,
    pub noted_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
