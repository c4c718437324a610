//! One line of a complex's record.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// The complex, or nil for what is above one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Its place in the complex's log, from 1, given by the sequencer.
    pub seq: Option<i64>,
    pub kind: String,
    /// Where it happened; for `HANDLERS` and `LADDER`, whose ladder may see it.
    pub place_id: Uuid,
    pub subject_type: String,
    pub subject_id: Uuid,
    pub subject_version: i64,
    pub actor_role: String,
    /// Who may see it: `MEMBERS`, `HANDLERS`, `LADDER`, `PERSON` or `WATCHERS`.
    pub audience: String,
    /// The person it concerns, who may always see it.
    pub person_id: Option<Uuid>,
    /// Public facts as JSON.
    #[sea_orm(column_type = "Text")]
    pub facts: String,
    /// Salted hash of what is private.
    pub commitment: Option<String>,
    pub at: DateTimeUtc,
    /// SHA-256 over the line before and this one, given with `seq`.
    pub hash: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
