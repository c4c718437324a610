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
    /// What that is: a `DueKind` of the law, such as `CONTACT`.
    pub due_kind: Option<String>,
    pub rework: i32,
    pub climbs: i32,
    pub reported_at: DateTimeUtc,
    pub closed_at: Option<DateTimeUtc>,
    pub version: i64,
    /// How often its holders were urged.
    pub urges: i32,
    /// The key of the policy that its present tenure is held to.
    pub policy: String,
    /// Different households that reported it, or what it leads, or that urged.
    pub households: i32,
    /// When the next thing happens by itself; none once terminal.
    pub acts_at: Option<DateTimeUtc>,
    /// When its holder is warned or reminded or a step is taken next, or what it has put to another level lapses; none when
    /// nothing happens but by the clock of [`Self::acts_at`].
    pub prompts_at: Option<DateTimeUtc>,
    /// `YES` or `NO`: the reporter's last word on whether it is resolved.
    pub resolved: Option<String>,
    /// How satisfied the reporter was then, and what they found wanting.
    pub satisfaction: Option<String>,
    pub because: Option<String>,
    /// Who of the post that holds it has it in hand.
    pub assignee_id: Option<Uuid>,
    /// Where it belongs, when it was diverted.
    pub elsewhere: Option<String>,
    /// Why it was not taken on, when it was rejected.
    pub not_taken: Option<String>,
    /// The post that closed it against its holder, when it was forced.
    pub closer_role: Option<String>,
    pub closer_place_id: Option<Uuid>,
    /// The incident whose trouble came back.
    pub recurrence_of: Option<Uuid>,
    /// How often a holder said that it was not theirs, and how often they were right.
    pub objections: i32,
    pub misrouted: i32,
    /// How often of its reworks its own clock went on, because it had been handled with others.
    pub apart: i32,
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
    /// Between which moments somebody comes, as its holder said.
    pub comes_from: Option<DateTimeUtc>,
    pub comes_until: Option<DateTimeUtc>,
    /// Until when that explains it, so that nobody is called about it; none once it does not, or somebody has taken it on.
    pub explained_until: Option<DateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
