//! What a city's system says that a poll came to, as it signed it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "poll_evidence")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub poll_id: Uuid,
    /// A compact JWS.
    #[sea_orm(column_type = "Text")]
    pub signed: String,
    /// SHA-256 over its bytes.
    pub evidence_hash: String,
    /// The fingerprint of the key that signed it (RFC 7638).
    pub key_id: String,
    /// That key's public half, as a JSON Web Key.
    #[sea_orm(column_type = "Text")]
    pub public_key: String,
    pub imported_by: Uuid,
    /// In which role.
    pub imported_as: String,
    pub imported_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
