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
    /// The owner of the roll who stands, and whoever is confirmed as that owner keeps the campaign page.
    pub owner_id: Uuid,
    /// Encrypted name; shown in full only after consent.
    #[sea_orm(column_type = "Blob")]
    pub name_cipher: Vec<u8>,
    /// When the candidate agreed to be published.
    pub consented_at: Option<DateTimeUtc>,
    /// Grows with every change of what the campaign page shows, consent to the name included; 0 for none yet.
    pub page_version: i64,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
