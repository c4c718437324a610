//! An owner as the roll knows one, by ID number.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "owner")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `PERSON`, `ORGANISATION` or `DEVELOPER`.
    pub kind: String,
    /// Encrypted name.
    #[sea_orm(column_type = "Blob")]
    pub name_cipher: Vec<u8>,
    /// Blind index of the normalised name.
    pub name_index: String,
    /// Encrypted ID number; none for the developer.
    #[sea_orm(column_type = "Blob")]
    pub id_number_cipher: Option<Vec<u8>>,
    /// Blind index of the ID number.
    pub id_number_index: Option<String>,
    /// Encrypted phone.
    #[sea_orm(column_type = "Blob")]
    pub phone_cipher: Option<Vec<u8>>,
    /// Blind index of the phone.
    pub phone_index: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
