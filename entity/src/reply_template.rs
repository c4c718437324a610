//! One version of a reply that is written once and sent often, at the desk of a post.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reply_template")]
pub struct Model {
    /// The place whose post has the desk; it may stand above every complex.
    #[sea_orm(primary_key, auto_increment = false)]
    pub place_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// What it is said with; none for anything.
    pub act: Option<String>,
    /// What it is about; none for anything.
    pub category: Option<String>,
    /// Encrypted.
    #[sea_orm(column_type = "Blob")]
    pub name_cipher: Vec<u8>,
    /// Words with blanks, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub words_cipher: Vec<u8>,
    /// Who wrote this version.
    pub person_id: Uuid,
    pub written_at: DateTimeUtc,
    /// When another version took its place, or it was withdrawn.
    pub replaced_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
