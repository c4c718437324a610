//! A ballot of which one of its head's owners says that it is not theirs, and what was answered.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ballot_dispute")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub poll_id: Uuid,
    pub head_id: Uuid,
    pub ballot_id: Uuid,
    /// `ONLINE`, `PAPER` or `PROXY`, as the ballot came in.
    pub channel: String,
    pub cast_at: DateTimeUtc,
    pub person_id: Uuid,
    /// What is said, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub words_cipher: Vec<u8>,
    pub made_at: DateTimeUtc,
    /// `UPHELD` or `DISMISSED`; nothing until it is answered.
    pub answered: Option<String>,
    /// The reasons, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub answer_cipher: Option<Vec<u8>>,
    pub answered_by: Option<Uuid>,
    /// In which role.
    pub answered_as: Option<String>,
    pub answered_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
