//! A mandate by which somebody casts a head's ballot for its owners.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "poll_mandate")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub poll_id: Uuid,
    pub head_id: Uuid,
    /// Who gave it, and as which owner of the roll.
    pub given_by: Uuid,
    pub owner_id: Uuid,
    pub proxy_id: Uuid,
    /// `WHOLE_BALLOT` or `NAMED_MATTERS`.
    pub scope: String,
    /// The matters that it is for, as JSON; nothing where it is for all.
    #[sea_orm(column_type = "Text")]
    pub matters: Option<String>,
    /// The signed paper.
    pub scan_id: Uuid,
    /// `GIVEN`, `USED` or `REVOKED`.
    pub state: String,
    pub given_at: DateTimeUtc,
    /// When it was used or taken back.
    pub ended_at: Option<DateTimeUtc>,
    /// By whom it was taken back.
    pub revoked_by: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
