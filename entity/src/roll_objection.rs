//! An owner's objection to an entry of the roll, and what was answered.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "roll_objection")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The home; the complex where the home is missing on its roll.
    pub place_id: Uuid,
    pub person_id: Uuid,
    /// `AREA`, `OWNERS`, `NAME`, `DELIVERED`, `MISSING_HOME` or `OTHER`.
    pub ground: String,
    /// What is objected, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub words_cipher: Vec<u8>,
    /// Ids of the photos that show it, as JSON.
    #[sea_orm(column_type = "Text")]
    pub evidence: String,
    pub made_at: DateTimeUtc,
    /// By when it is to be answered; until then it holds up the roll's lock.
    pub due_at: Option<DateTimeUtc>,
    /// `ACCEPTED` or `DISMISSED`; nothing until it is answered.
    pub answered: Option<String>,
    /// The reasons, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub answer_cipher: Option<Vec<u8>>,
    pub answered_by: Option<Uuid>,
    /// In which role.
    pub answered_as: Option<String>,
    pub answered_at: Option<DateTimeUtc>,
    /// What those who answer were told of its time: `NOTHING`, `NEAR` or `PASSED`; and when they are told next.
    pub said: String,
    pub prompt_at: Option<DateTimeUtc>,
    /// The change by which it was accepted.
    pub change_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
