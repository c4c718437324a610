//! What one person is told of one event.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The line of the record that it tells of.
    pub event_id: Uuid,
    pub person_id: Uuid,
    /// The post as whose holder they are told; whoever leaves it may not see this any more.
    pub post_place_id: Option<Uuid>,
    pub post_role: Option<String>,
    /// As the record names the event.
    pub kind: String,
    /// `TASK`, `PROGRESS` or `ANSWER`.
    pub topic: String,
    /// Where it happened.
    pub place_id: Uuid,
    pub subject_type: String,
    pub subject_id: Uuid,
    pub subject_version: i64,
    /// The event's public facts as JSON.
    #[sea_orm(column_type = "Text")]
    pub facts: String,
    pub at: DateTimeUtc,
    pub read_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
