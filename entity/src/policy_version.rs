//! What a place says of policies, once and for all; what is said later is another version.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "policy_version")]
pub struct Model {
    /// The complex, or nil for what is above one.
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub place_id: Uuid,
    /// `*`, a severity or a category.
    pub scope: String,
    /// From 1, of its place and scope.
    pub version: i32,
    /// A layer as JSON.
    #[sea_orm(column_type = "Text")]
    pub says: String,
    /// The role that published it.
    pub published_as: String,
    pub published_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
