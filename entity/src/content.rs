//! What was found of a text, and what others read of it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "content")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it is about: the incident, or the outage.
    pub incident_id: Uuid,
    /// Where it is about an outage.
    pub outage_id: Option<Uuid>,
    /// The step that it was written with; 1 for the report, and for an outage.
    pub step: i32,
    pub author_id: Uuid,
    /// `PUBLIC` or `CONCERNED`.
    pub audience: String,
    /// `PASSED`, `HELD`, `NOT_CHECKED` or `HIDDEN`.
    pub state: String,
    /// WeChat's label of what is wrong with it.
    pub label: Option<i64>,
    /// WeChat's id of its check.
    pub trace_id: Option<String>,
    /// What others read instead of what was written, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub shown_cipher: Option<Vec<u8>>,
    /// How often its author redacted it.
    pub redactions: i32,
    pub written_at: DateTimeUtc,
    /// When it was settled what others read; none while it waits for a person.
    pub decided_at: Option<DateTimeUtc>,
    /// Who settled it; none where WeChat did.
    pub decided_by: Option<Uuid>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
