//! An address that is told of what happens at a place.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub place_id: Uuid,
    /// Who registered it, and by which role at which place; none before that was kept.
    pub registrar_id: Option<Uuid>,
    pub office_place_id: Option<Uuid>,
    pub office_role: Option<String>,
    /// Encrypted: an address may hold a token.
    #[sea_orm(column_type = "Blob")]
    pub url_cipher: Vec<u8>,
    /// Encrypted.
    #[sea_orm(column_type = "Blob")]
    pub secret_cipher: Vec<u8>,
    /// The secret before, which signs too until `old_until`.
    #[sea_orm(column_type = "Blob")]
    pub old_secret_cipher: Option<Vec<u8>>,
    pub old_until: Option<DateTimeUtc>,
    /// The kinds of events as a JSON list.
    #[sea_orm(column_type = "Text")]
    pub kinds: String,
    /// `ACTIVE`, `DISABLED` or `REMOVED`.
    pub state: String,
    /// Why it is `DISABLED`: `FAILED` or `OFFICE_ENDED`.
    pub stopped_because: Option<String>,
    pub failing_since: Option<DateTimeUtc>,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
