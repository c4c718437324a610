//! Queries of outages.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use ::entity::outage::{ActiveModel, Column, Entity, Model};

use crate::database::later;

pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Id.eq(id)).one(db).await
}

/// Finds an outage and keeps everybody else from changing it until the transaction ends.
pub async fn lock(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Saves a change; its row is locked.
pub async fn save(db: &impl ConnectionTrait, row: &Model) -> Result<(), DbErr> {
    Entity::update_many()
        .set(ActiveModel {
            explanation_cipher: Set(row.explanation_cipher.clone()),
            from_at: Set(row.from_at),
            until_at: Set(row.until_at),
            extensions: Set(row.extensions),
            told_to: Set(row.told_to),
            version: Set(row.version),
            ..Default::default()
        })
        .filter(Column::ComplexId.eq(row.complex_id))
        .filter(Column::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

/// Those of a complex that are not over, the first to end first, after a position.
pub async fn not_over(
    db: &impl ConnectionTrait,
    complex: Uuid,
    now: DateTime<Utc>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let later = after.map(|after| later((Column::UntilAt, Column::Id), after));
    Entity::find()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::UntilAt.gt(now))
        .filter(Condition::all().add_option(later))
        .order_by_asc(Column::UntilAt)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

pub async fn count_not_over(
    db: &impl ConnectionTrait,
    complex: Uuid,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    Entity::find().filter(Column::ComplexId.eq(complex)).filter(Column::UntilAt.gt(now)).count(db).await
}

/// Outages whose end has moved, and whose reports have not all been told.
pub async fn moved(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Uuid>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ToldTo.is_not_null())
        .order_by_asc(Column::ComplexId)
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}
