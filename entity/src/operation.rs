//! Long work, and how far it is.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "operation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub complex_id: Option<Uuid>,
    /// Who asked for it.
    pub person_id: Option<Uuid>,
    /// `WAITING`, `RUNNING`, `DONE` or `FAILED`.
    pub state: String,
    pub phase: String,
    pub done: i64,
    pub total: i64,
    /// What it works on: a key in the store of files.
    pub input: String,
    #[sea_orm(column_type = "Text")]
    pub result: Option<String>,
    #[sea_orm(column_type = "Text")]
    pub error: Option<String>,
    /// The run that holds it now; another one may take it after `lease_until`.
    pub lease_by: Option<Uuid>,
    pub lease_until: Option<DateTimeUtc>,
    /// How often it was begun.
    pub attempts: i32,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
