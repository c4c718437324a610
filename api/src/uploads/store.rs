//! Queries of uploads.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use ::entity::upload::{ActiveModel, Column, Entity, Model};

pub async fn insert(db: &impl ConnectionTrait, upload: Model) -> Result<(), DbErr> {
    Entity::insert(upload.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// How many photos of a person since `since` are attached to nothing.
pub async fn unattached(db: &impl ConnectionTrait, person: Uuid, since: DateTime<Utc>) -> Result<u64, DbErr> {
    Entity::find()
        .filter(Column::PersonId.eq(person))
        .filter(Column::CreatedAt.gt(since))
        .filter(Column::AttachedId.is_null())
        .count(db)
        .await
}

/// What a photo is attached to.
pub struct Attached {
    pub to: &'static str,
    pub id: Uuid,
    pub complex: Uuid,
}

/// Attaches those of the person's photos that are attached to nothing yet; answers how many those were.
pub async fn attach(
    db: &impl ConnectionTrait,
    person: Uuid,
    ids: &[Uuid],
    to: &Attached,
) -> Result<u64, DbErr> {
    let done = Entity::update_many()
        .set(ActiveModel {
            complex_id: Set(Some(to.complex)),
            attached_to: Set(Some(to.to.to_owned())),
            attached_id: Set(Some(to.id)),
            ..Default::default()
        })
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::PersonId.eq(person))
        .filter(Column::AttachedId.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}

/// How those of these photos look that are the person's.
pub async fn looks(db: &impl ConnectionTrait, person: Uuid, ids: &[Uuid]) -> Result<Vec<Option<i64>>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Look)
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::PersonId.eq(person))
        .into_tuple()
        .all(db)
        .await
}

/// Photos from before `before` that are attached to nothing, oldest first.
pub async fn left_over(
    db: &impl ConnectionTrait,
    before: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::AttachedId.is_null())
        .filter(Column::CreatedAt.lt(before))
        .order_by_asc(Column::CreatedAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Deletes those of them that are attached to nothing still; answers which.
pub async fn delete_left_over(db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<Uuid>, DbErr> {
    let mut gone = Vec::new();
    for id in ids {
        let deleted = Entity::delete_many()
            .filter(Column::Id.eq(*id))
            .filter(Column::AttachedId.is_null())
            .exec(db)
            .await?;
        if deleted.rows_affected == 1 {
            gone.push(*id);
        }
    }
    Ok(gone)
}
