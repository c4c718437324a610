//! A photo, re-encoded.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "upload")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who sent it.
    pub person_id: Uuid,
    /// The complex of what it is attached to.
    pub complex_id: Option<Uuid>,
    pub media_type: String,
    pub bytes: i64,
    pub width: i32,
    pub height: i32,
    pub sha256: String,
    /// How it looks, in 64 bits; none if it shows next to nothing, or was sent before that was kept.
    pub look: Option<i64>,
    /// `INCIDENT` or `CANDIDATE`, once used.
    pub attached_to: Option<String>,
    pub attached_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
