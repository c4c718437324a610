//! What was taken in of a year of the calendar, once and for all; what is taken in later is another version.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "calendar_year")]
pub struct Model {
    /// In the order in which they were taken in.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub year: i32,
    /// From 1, of its year; the year that ships with the program is version 1 of it.
    pub version: i32,
    /// The first day of the periods that go by it, such as `2026-11-28`.
    pub known_from: String,
    /// The year as JSON.
    #[sea_orm(column_type = "Text")]
    pub days: String,
    /// SHA-256 over it.
    pub hash: String,
    /// The role that took it in.
    pub imported_as: String,
    pub imported_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
