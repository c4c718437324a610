//! An answered question about who holds incidents, as it is counted; or that one stands open, until it is counted.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "figure_fact")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `202611` in China; 0 for what stands open.
    pub month: i32,
    /// Nil for a whistle that is about none.
    pub incident_id: Uuid,
    /// For what a whistle decided.
    pub whistle_id: Option<Uuid>,
    /// The holding that it is about; 0 for a whistle.
    pub tenure_seq: i32,
    /// As the law names it; for what stands open its status, severity and whether it is late.
    pub outcome: String,
    pub level: String,
    pub role: String,
    /// The place of the post.
    pub post_id: Uuid,
    pub category: String,
    pub severity: String,
    pub district_id: Option<Uuid>,
    pub street_id: Option<Uuid>,
    pub community_id: Option<Uuid>,
    pub building_id: Option<Uuid>,
    pub unit_id: Option<Uuid>,
    /// Of a report: distinct ones are counted.
    pub household_id: Option<Uuid>,
    pub at: DateTimeUtc,
    /// Of the end of a holding: how long it was held.
    pub seconds: Option<i64>,
    /// How often it counts; -1 where something stands open no more.
    pub times: i32,
    /// 1 once the tallies have it.
    pub rolled: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
