//! A numbered ballot on paper.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "paper")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub poll_id: Uuid,
    /// From 1 on in each poll.
    pub number: i32,
    pub head_id: Uuid,
    /// `ISSUED`, `CANCELLED`, `RETURNED`, `DIFFERS`, `SETTLED` or `VOID`.
    pub state: String,
    /// The act that gave it out, with others.
    pub issue: Uuid,
    /// The act that gave out another in its place.
    pub cancelled_by: Option<Uuid>,
    pub issued_by: Uuid,
    pub issued_at: DateTimeUtc,
    /// When it was entered first.
    pub returned_at: Option<DateTimeUtc>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
