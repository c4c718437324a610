//! Something that happened to a clock of an incident.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clock_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident_id: Uuid,
    /// The incident's version that this made.
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i64,
    /// A `ClockKind` of the law, such as `FIRST_CONTACT`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: String,
    /// `START`, `STOP`, `PAUSE`, `RESUME`, `VOID`, `RETARGET`, `SINCE`, `RESET`, `CANCEL`, `CONTINUE`, `MERGE` or `SPLIT`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub change: String,
    pub tenure_seq: i32,
    /// How often the reporter had sent it back.
    pub rework: i32,
    pub at: DateTimeUtc,
    /// As the law writes it, where one begins to hold.
    pub budget: Option<String>,
    /// Why it pauses.
    pub reason: Option<String>,
    /// Until when it pauses, or since when it has counted.
    pub until: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
