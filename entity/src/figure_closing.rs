//! A closed month of a complex, in one of its versions.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "figure_closing")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub version: i32,
    pub id: Uuid,
    /// SHA-256 of its canonical bytes.
    pub hash: String,
    /// Its canonical JSON.
    #[sea_orm(column_type = "Text")]
    pub body: String,
    /// Who closed it: a role, or `CLOCK`.
    pub role: String,
    pub closed_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
