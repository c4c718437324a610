//! The key of another system that may report in a complex.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What the officer calls the other system, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub name_cipher: Vec<u8>,
    /// Blind index of the key.
    pub key_index: String,
    /// The account that reports in its name; nobody can sign in as it.
    pub person_id: Uuid,
    pub issued_by: Uuid,
    pub created_at: DateTimeUtc,
    pub revoked_at: Option<DateTimeUtc>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
