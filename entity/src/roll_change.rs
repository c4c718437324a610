//! A change of one home on the roll: proposed, and applied, refused or withdrawn.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "roll_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The home.
    pub place_id: Uuid,
    /// `AREA`, `OWNERS`, `NAME`, `STATUS` or `SALE`.
    pub kind: String,
    /// `PROPOSED`, `APPLIED`, `REFUSED` or `WITHDRAWN`.
    pub state: String,
    /// The objection that it accepts.
    pub objection_id: Option<Uuid>,
    /// How many persons it needs: 1 or 2.
    pub persons: i32,
    /// The new area in 0.01 m², if that is changed.
    pub area: Option<i64>,
    /// What the new area rests on: `REGISTRY`, `SURVEY` or `CONTRACT`.
    pub source: Option<String>,
    /// The home as it was when this was proposed, as JSON, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub before_cipher: Vec<u8>,
    /// The home as it shall be, as JSON, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub after_cipher: Vec<u8>,
    /// Which document says so, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub document_cipher: Vec<u8>,
    /// What was found, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub words_cipher: Vec<u8>,
    /// Why a weaker source replaces a stronger one, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub overrides_cipher: Option<Vec<u8>>,
    /// Ids of the photos that show it, as JSON.
    #[sea_orm(column_type = "Text")]
    pub evidence: String,
    pub proposed_by: Uuid,
    /// In which role.
    pub proposed_as: String,
    pub proposed_at: DateTimeUtc,
    /// Who confirmed or refused it, or took it back; nobody where one person was enough.
    pub decided_by: Option<Uuid>,
    pub decided_as: Option<String>,
    pub decided_at: Option<DateTimeUtc>,
    /// Why it was refused or taken back, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub decision_cipher: Option<Vec<u8>>,
    /// SHA-256 of the whole roll after it.
    pub roll_hash: Option<String>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
