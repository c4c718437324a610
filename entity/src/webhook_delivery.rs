//! An event on its way to a webhook.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_delivery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub webhook_id: Uuid,
    /// `WAITING`, `SENDING`, `SENT` or `DEAD`.
    pub state: String,
    /// Failures in a row.
    pub attempts: i32,
    pub run: Option<Uuid>,
    pub run_at: DateTimeUtc,
    /// The last answer's.
    pub status: Option<i32>,
    pub trouble: Option<String>,
    pub settled_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
