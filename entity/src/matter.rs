//! What is decided in a poll, beside persons.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "matter")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub poll_id: Uuid,
    pub ordinal: i32,
    /// Civil Code 278, 1 to 9.
    pub class: i32,
    pub title: String,
    /// The text voted on.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// SHA-256 of the text.
    pub body_hash: String,
    /// How far its votes are told, if more was asked for than of its poll.
    pub publicity: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
