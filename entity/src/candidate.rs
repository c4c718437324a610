//! Who stands in a poll.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "candidate")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub complex_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub poll_id: Uuid,
    pub ordinal: i32,
    /// The owner of the roll who stands.
    pub owner_id: Option<Uuid>,
    /// The person who keeps the campaign page.
    pub person_id: Option<Uuid>,
    /// Encrypted name; shown in full only after consent.
    #[sea_orm(column_type = "Blob")]
    pub name_cipher: Vec<u8>,
    /// When the candidate agreed to be published.
    pub consented_at: Option<DateTimeUtc>,
    /// The campaign page's newest version; 0 for none.
    pub page_version: i64,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
