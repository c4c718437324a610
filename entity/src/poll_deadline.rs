//! The clock of something to be done once voting has ended.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "poll_deadline")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub poll_id: Uuid,
    /// `PUBLISH`, `FIRST_MEETING`, `FILE`, `REVOKE` or `RENEW`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub deadline: String,
    pub begun_at: DateTimeUtc,
    pub due_at: DateTimeUtc,
    /// When it was done.
    pub met_at: Option<DateTimeUtc>,
    /// Who noted it; nobody where it was done here.
    pub met_by: Option<Uuid>,
    /// In which role.
    pub met_as: Option<String>,
    /// What they said of it, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub words_cipher: Option<Vec<u8>>,
    /// `NOTHING`, `NEAR` or `PASSED`: what those who convene were told.
    pub said: String,
    /// When there is something to tell next.
    pub prompt_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
