//! One home of a locked roll.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "poll_home")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub poll_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub home_id: Uuid,
    pub head_id: Uuid,
    /// In 0.01 m².
    pub area: i64,
    /// Building, unit and room as shown in public lists.
    pub label: String,
    pub sort_key: String,
    /// `HOME`; `PARKING` where the poll's rules count parking bays and stalls.
    pub kind: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
