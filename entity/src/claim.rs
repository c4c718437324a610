//! A person's claim to a home, until confirmed or refused.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "claim")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub home_id: Uuid,
    pub person_id: Uuid,
    /// `OWNER`, `FAMILY` or `TENANT`.
    pub relation: String,
    /// `WAITING`, `CONFIRMED`, `REFUSED` or `WITHDRAWN`.
    pub state: String,
    /// The owner of the roll that it was matched with.
    pub owner_id: Option<Uuid>,
    /// Encrypted name as typed.
    #[sea_orm(column_type = "Blob")]
    pub name_cipher: Vec<u8>,
    /// Encrypted ID number as typed.
    #[sea_orm(column_type = "Blob")]
    pub id_number_cipher: Option<Vec<u8>>,
    /// Encrypted phone as WeChat confirmed it.
    #[sea_orm(column_type = "Blob")]
    pub phone_cipher: Option<Vec<u8>>,
    /// Encrypted signature on the commitment.
    #[sea_orm(column_type = "Blob")]
    pub signature_cipher: Option<Vec<u8>>,
    /// SHA-256 of the signature, as the record has it.
    pub signature_hash: Option<String>,
    /// `ROLL_MATCH`, `DOOR_CODE`, `VERIFIER`.
    pub verified_by: Option<String>,
    /// Why it was refused.
    pub reason: Option<String>,
    pub decided_by: Option<Uuid>,
    pub decided_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
