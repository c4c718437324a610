//! A whole policy that somebody is, or was, held to. Never changes.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "frozen_policy")]
pub struct Model {
    /// SHA-256 of the rest.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// As JSON.
    #[sea_orm(column_type = "Text")]
    pub policy: String,
    /// The versions that it was laid from, as JSON; the nation's is not among them.
    #[sea_orm(column_type = "Text")]
    pub sources: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
