//! A level convening those who can settle a matter with it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "whistle")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub place_id: Uuid,
    /// The incident that it is about, if it is about one.
    pub incident_id: Option<Uuid>,
    pub severity: String,
    pub convener_place_id: Uuid,
    pub convener_role: String,
    /// What it is about, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub subject_cipher: Vec<u8>,
    /// `BLOWN`, `MINUTED`, `CLOSED` or `CALLED_OFF`.
    pub status: String,
    /// `SOLVED` or `UNSOLVED`, of what is closed.
    pub outcome: Option<String>,
    pub blown_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
