//! Who acts for an owner: a guardian, somebody for a legal person, or one of the co-owners for all.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "representation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The home at which it was proposed.
    pub place_id: Uuid,
    /// `GUARDIAN`, `LEGAL_REPRESENTATIVE`, `AUTHORISED_AGENT` or `NAMED_CO_OWNER`.
    pub ground: String,
    /// `PROPOSED`, `STANDS`, `REFUSED`, `WITHDRAWN` or `ENDED`.
    pub state: String,
    /// Who of the roll is acted for; of co-owners the one whom they name.
    pub owner_id: Uuid,
    /// SHA-256 over the co-owners who name one of them.
    pub owners_key: Option<String>,
    /// Who acts; a co-owner acts as who they are.
    pub person_id: Option<Uuid>,
    /// How they are called, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub name_cipher: Option<Vec<u8>>,
    /// Until when; a minor's guardian to the birthday, which is no more told than this.
    pub ends_at: Option<DateTimeUtc>,
    /// Which document says so, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub document_cipher: Option<Vec<u8>>,
    /// Ids of the photos that show it, as JSON.
    #[sea_orm(column_type = "Text")]
    pub evidence: String,
    pub proposed_by: Uuid,
    /// In which role; `OWNER` where a co-owner asked the others.
    pub proposed_as: String,
    pub proposed_at: DateTimeUtc,
    /// Who confirmed it; nobody where the co-owners did.
    pub confirmed_by: Option<Uuid>,
    pub confirmed_as: Option<String>,
    /// Since when it stands.
    pub stands_since: Option<DateTimeUtc>,
    /// Who refused or ended it, or took it back; nobody where the roll changed, or another took its place.
    pub closed_by: Option<Uuid>,
    pub closed_as: Option<String>,
    pub closed_at: Option<DateTimeUtc>,
    /// Why, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub words_cipher: Option<Vec<u8>>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
