//! One level's time of holding an incident.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub incident_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i32,
    pub level: String,
    pub place_id: Uuid,
    pub role: String,
    pub entered_at: DateTimeUtc,
    pub entered_by: String,
    pub acknowledged_at: Option<DateTimeUtc>,
    pub handled_at: Option<DateTimeUtc>,
    /// How often it shouted at the top.
    pub shouts: i32,
    /// The running deadline; the last one that ran when the tenure has ended.
    pub due_at: DateTimeUtc,
    /// A `DueKind` of the law, such as `CONTACT`.
    pub due_kind: String,
    pub exited_at: Option<DateTimeUtc>,
    pub exit: Option<String>,
    /// The key of the policy that it is held to.
    pub policy: String,
    /// The hundredth of the running budget that was warned of last.
    pub warned: i32,
    /// How many households had it, and how often it had been sent back, when the level took over.
    pub households_before: i32,
    pub rework_before: i32,
    /// How many reminders came due while the present budget ran.
    pub reminded: i32,
    /// 1 once its holder was told that the time to sort it out is over.
    pub unsorted: i32,
    /// How many steps of its policy were taken while the present budget ran, and when the last was.
    pub steps_taken: i32,
    pub stepped_at: Option<DateTimeUtc>,
    /// `OBJECTION` or `DELEGATION`, while it may be open: to which level, and until when.
    pub proposal: Option<String>,
    pub proposal_to: Option<String>,
    pub proposal_until: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
