//! A district's own formula, from a month on.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "figure_formula")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub district_id: Uuid,
    /// `202611`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub from_month: i32,
    /// As JSON.
    #[sea_orm(column_type = "Text")]
    pub formula: String,
    pub made_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
