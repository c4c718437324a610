//! Something reported.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "incident")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is about.
    pub place_id: Uuid,
    pub district_id: Option<Uuid>,
    pub street_id: Option<Uuid>,
    pub community_id: Option<Uuid>,
    pub building_id: Option<Uuid>,
    pub unit_id: Option<Uuid>,
    pub reporter_id: Uuid,
    pub category: String,
    pub severity: String,
    /// What the reporter said, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub description_cipher: Vec<u8>,
    pub status: String,
    /// The level that holds it now.
    pub level: String,
    /// The lowest level that has held it; nobody below may read it.
    pub lowest_level: String,
    /// The place that holds it now.
    pub holder_place_id: Uuid,
    /// The role that holds it now.
    pub holder_role: String,
    pub tenure_seq: i32,
    /// What its holder, or its reporter, has until; none once terminal.
    pub due_at: Option<DateTimeUtc>,
    /// What that is: `CONTACT`, `HANDLE`, `RESUME`, `CONFIRM` or `SHOUT`.
    pub due_kind: Option<String>,
    pub rework: i32,
    pub climbs: i32,
    /// 1 to 5.
    pub rating: Option<i32>,
    pub reported_at: DateTimeUtc,
    pub closed_at: Option<DateTimeUtc>,
    pub version: i64,
    /// How often the reporter urged its holders.
    pub urges: i32,
    pub urged_at: Option<DateTimeUtc>,
    /// The key of the policy that its present tenure is held to.
    pub policy: String,
    /// Different households that have the trouble.
    pub households: i32,
    /// When the next thing happens by itself, a warning perhaps; none once terminal.
    pub acts_at: Option<DateTimeUtc>,
    /// The household that reported it: a home, or the reporter where there is none.
    pub household_id: Option<Uuid>,
    /// The cluster that it is in.
    pub cluster_id: Option<Uuid>,
    /// The status that it had before it was merged; none while it is on its own.
    pub merged_from: Option<String>,
    /// Where the report came from: `RESIDENT`, `PATROL`, `VISIT`, `OPEN311` or `PHONE`.
    pub origin: String,
    /// The planned outage that explained it when it was reported.
    pub outage_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
