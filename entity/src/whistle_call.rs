//! A post that a whistle convenes.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "whistle_call")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub whistle_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub role: String,
    pub place_id: Uuid,
    /// `LEAD` or `ASSIST`.
    pub part: String,
    /// By when it reports in.
    pub due_at: DateTimeUtc,
    /// When it is told that it has not; none once told, or there.
    pub alarm_at: Option<DateTimeUtc>,
    pub reported_at: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
