//! Queries of identity.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use ::entity::role_grant;

/// A person's grants that were not revoked.
pub async fn grants(db: &impl ConnectionTrait, person: Uuid) -> Result<Vec<role_grant::Model>, DbErr> {
    role_grant::Entity::find()
        .filter(role_grant::Column::PersonId.eq(person))
        .filter(role_grant::Column::RevokedAt.is_null())
        .all(db)
        .await
}
