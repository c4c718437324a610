//! An objection to a published result, and what was answered.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "poll_objection")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub poll_id: Uuid,
    pub person_id: Uuid,
    /// As what they object: `OWNER` or `SUPERVISOR`.
    pub role: String,
    /// `ROLL`, `BALLOT`, `COUNT`, `PROCEDURE`, `CANDIDATE` or `OTHER`.
    pub ground: String,
    /// What is objected, encrypted.
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
