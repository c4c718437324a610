//! What a clerk read on a ballot on paper.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "paper_entry")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub paper_id: Uuid,
    /// 1 and 2 each by a clerk of their own; 3 by who decides where those differ. Below 0 what was withdrawn.
    #[sea_orm(primary_key, auto_increment = false)]
    pub entry: i32,
    pub poll_id: Uuid,
    /// What it says, encrypted.
    #[sea_orm(column_type = "Blob")]
    pub answers_cipher: Vec<u8>,
    /// The clerk's photo of it.
    pub photo_id: Option<Uuid>,
    /// Why it says that, of the third, or why it was withdrawn; encrypted.
    #[sea_orm(column_type = "Blob")]
    pub reasons_cipher: Option<Vec<u8>>,
    pub made_by: Uuid,
    pub made_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
