//! Which rule pack a district follows, or what by-laws a complex has, once and for all; what is said later is another
//! version.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_version")]
pub struct Model {
    /// The complex, or nil for what is above one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// A district or a complex.
    pub place_id: Uuid,
    /// From 1, of its place.
    pub version: i32,
    /// The pack that a district follows, with its version.
    pub pack: Option<String>,
    /// What a complex's by-laws say, as JSON.
    #[sea_orm(column_type = "Text")]
    pub says: String,
    /// The poll in which the by-laws passed.
    pub poll_id: Option<Uuid>,
    /// The matter that they are.
    pub matter_id: Option<Uuid>,
    /// The role that published it.
    pub published_as: String,
    pub published_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
