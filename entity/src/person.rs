//! Someone who can sign in.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "person")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Encrypted WeChat openid.
    #[sea_orm(column_type = "Blob")]
    pub openid_cipher: Option<Vec<u8>>,
    /// Blind index of the openid.
    pub openid_index: Option<String>,
    /// Encrypted phone, as WeChat confirmed it.
    #[sea_orm(column_type = "Blob")]
    pub phone_cipher: Option<Vec<u8>>,
    /// Blind index of the phone.
    pub phone_index: Option<String>,
    /// The demo sign-in that stands for this person.
    pub demo_login: Option<String>,
    pub version: i64,
    pub created_at: DateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
