//! A programme that runs at a place, or ran there.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "programme")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub place_id: Uuid,
    /// The template's name.
    pub template: String,
    pub purpose: String,
    /// The codes of the cases for which it was begun, as JSON; nothing where it is for any.
    #[sea_orm(column_type = "Text")]
    pub conditions: Option<String>,
    /// `RUNNING`, `DONE` or `STOPPED`.
    pub state: String,
    /// The template, and the rules that it names, as JSON; frozen when it began.
    #[sea_orm(column_type = "Text")]
    pub terms: String,
    /// Where each module stands, and when it stood still, as JSON.
    #[sea_orm(column_type = "Text")]
    pub course: String,
    pub begun_by: Uuid,
    pub begun_as: String,
    pub begun_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
    /// When the clock may move something next.
    pub look_at: Option<DateTimeUtc>,
    /// The programme of which it is a module, and which one.
    pub parent_id: Option<Uuid>,
    pub parent_module: Option<String>,
    /// The member of the committee whom it is about, as on the first ballot on which they stood.
    pub member_id: Option<Uuid>,
    /// The parts of its complex between which it runs, as a list of their ids in JSON; nothing where it is about all of its
    /// place.
    #[sea_orm(column_type = "Text")]
    pub among: Option<String>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
