//! A filter of incidents under a name, at the desk of a post.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saved_view")]
pub struct Model {
    /// The place whose post has the desk; it may stand above every complex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Who saved it.
    pub person_id: Uuid,
    /// `ME` or `POST`.
    pub shared_with: String,
    /// Encrypted.
    #[sea_orm(column_type = "Blob")]
    pub name_cipher: Vec<u8>,
    /// As JSON.
    #[sea_orm(column_type = "Text")]
    pub filter: String,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub changed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
