//! Incidents that are one trouble.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cluster")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub category: String,
    /// The lowest place that all of it is in.
    pub place_id: Uuid,
    /// `OPEN`, `ASKING` or `CLOSED`.
    pub status: String,
    /// The incident whose holder and clock count for all.
    pub lead_id: Uuid,
    /// The worst of its members.
    pub severity: String,
    /// When the first of its members was reported.
    pub started_at: DateTimeUtc,
    /// Distinct ones that reported it.
    pub households: i32,
    /// Distinct ones that urged its holder, whether they reported it or follow it.
    pub urging: i32,
    pub opened_at: DateTimeUtc,
    pub closed_at: Option<DateTimeUtc>,
    /// Since when something about its members waits to be followed up.
    pub stale_at: Option<DateTimeUtc>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
