//! What was found of a photo of an incident, and how far its check is.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "photo_check")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The upload.
    pub photo_id: Uuid,
    pub incident_id: Uuid,
    /// The step that it came with; 1 for the report.
    pub step: i32,
    pub author_id: Uuid,
    /// `PUBLIC` or `CONCERNED`.
    pub audience: String,
    /// `PASSED`, `HELD`, `NOT_CHECKED` or `HIDDEN`.
    pub state: String,
    /// WeChat's label of what is wrong with it.
    pub label: Option<i64>,
    /// WeChat's id of its check, once it has promised to look.
    pub trace_id: Option<String>,
    /// How often WeChat was asked.
    pub attempts: i32,
    pub attached_at: DateTimeUtc,
    /// While it is with WeChat: when it is asked next, or until when its word is waited for.
    pub waits_until: Option<DateTimeUtc>,
    /// When it was settled who sees it; none while it waits for WeChat or a person.
    pub decided_at: Option<DateTimeUtc>,
    /// Who settled it; none where WeChat did, or nobody needs to.
    pub decided_by: Option<Uuid>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
