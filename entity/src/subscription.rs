//! A person's account of one of WeChat's templates: one accept is one message.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subscription")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub person_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub template_id: String,
    /// Accepts that the phone told of.
    pub reported: i64,
    /// Accepts that WeChat told of; the same ones.
    pub confirmed: i64,
    pub spent: i64,
    pub last_event: String,
    pub updated_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
