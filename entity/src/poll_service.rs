//! That something of a poll was served on a head, and what there is to show for it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "poll_service")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub poll_id: Uuid,
    pub head_id: Uuid,
    /// `IN_PERSON`, `POST` or `REGISTERED_APP`.
    pub method: String,
    pub served_at: DateTimeUtc,
    /// A photo of what was signed or stamped; heads that were noted together have one. None of what was read here.
    pub evidence_id: Option<Uuid>,
    /// Who noted it; of what was read here, who read it.
    pub noted_by: Uuid,
    /// In which role.
    pub noted_as: String,
    pub noted_at: DateTimeUtc,
    /// When it was taken back: it was noted by mistake.
    pub withdrawn_at: Option<DateTimeUtc>,
    pub withdrawn_by: Option<Uuid>,
    /// Why, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub words_cipher: Option<Vec<u8>>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
