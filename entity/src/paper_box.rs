//! How many ballots on paper somebody found in the box.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "paper_box")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub poll_id: Uuid,
    /// The end of voting at which the box was opened.
    pub closing: DateTimeUtc,
    pub returned: i32,
    /// Those of them that nobody entered in time.
    pub late: i32,
    pub stated_by: Uuid,
    pub stated_at: DateTimeUtc,
    /// `STATED`, `CONFIRMED` once somebody else found the same, `AGREED` that one's own; `DIFFERS` both where they did not.
    pub state: String,
    /// How many had been given out when it agreed, those included that were cancelled.
    pub issued: i32,
    pub cancelled: i32,
    /// How many had been entered.
    pub entered: i32,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
