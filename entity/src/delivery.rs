//! One way that a notice takes out to its person.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub notice_id: Uuid,
    /// `WECHAT`, `SMS` or `EMAIL`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub way: String,
    pub person_id: Uuid,
    pub topic: String,
    /// Notices of one place (the building, where there is one) are told together.
    pub gathers_at: Uuid,
    pub severity: Option<String>,
    pub state: String,
    /// Of how many matters it tells.
    pub matters: i32,
    /// Failures in a row.
    pub attempts: i32,
    /// Who is sending it, while somebody is.
    pub run: Option<Uuid>,
    /// When it is to be sent; while it is being sent, when whoever sends it counts as dead.
    pub run_at: DateTimeUtc,
    /// What went wrong last; no words of anybody.
    pub trouble: Option<String>,
    pub settled_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
