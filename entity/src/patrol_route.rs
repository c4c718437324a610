//! A route that somebody walks again and again.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "patrol_route")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub place_id: Uuid,
    pub name: String,
    pub every_hours: i32,
    /// By when the next round is finished; none of a route that is not walked.
    pub late_at: Option<DateTimeUtc>,
    pub late_rounds: i32,
    /// 1, or 0 once it is retired.
    pub is_walked: i32,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
