//! What a person may do at a place, for a time.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "role_grant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub person_id: Uuid,
    pub place_id: Uuid,
    /// The place's complex; none above one.
    pub complex_id: Option<Uuid>,
    pub role: String,
    /// For `OWNER`: who of the roll this person is.
    pub owner_id: Option<Uuid>,
    /// By what they act for that owner: `GUARDIAN`, `LEGAL_REPRESENTATIVE` or `AUTHORISED_AGENT`; nothing who is the owner.
    pub ground: Option<String>,
    pub starts_at: DateTimeUtc,
    pub ends_at: Option<DateTimeUtc>,
    /// Who granted it; none when a confirmed claim did.
    pub granted_by: Option<Uuid>,
    pub revoked_at: Option<DateTimeUtc>,
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
