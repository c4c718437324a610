//! Who is on duty when at the post of a place.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rota")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub place_id: Uuid,
    /// Its shifts and substitutions as JSON.
    pub says: String,
    /// Who was given something last, where each of those on duty is in turn.
    pub last_given_to: Option<Uuid>,
    /// 1 until somebody sets it.
    pub version: i64,
    pub changed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
