//! Queries of what cities' systems say.

use sea_orm::{ConnectionTrait, DbErr, EntityTrait, IntoActiveModel};

use ::entity::{poll, poll_evidence};

pub async fn evidence(
    db: &impl ConnectionTrait,
    of: &poll::Model,
) -> Result<Option<poll_evidence::Model>, DbErr> {
    poll_evidence::Entity::find_by_id((of.complex_id, of.id)).one(db).await
}

/// Keeps the evidence of a poll that is held alone.
pub async fn insert_evidence(db: &impl ConnectionTrait, row: poll_evidence::Model) -> Result<(), DbErr> {
    poll_evidence::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}
