//! Queries of rule packs.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use ::entity::rule_version;

use rule_version::{Column, Entity, Model};

/// The newest that a place says.
pub async fn newest(db: &impl ConnectionTrait, place: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::PlaceId.eq(place)).order_by_desc(Column::Version).limit(1).one(db).await
}

/// What a place has said, the newest first, before a position.
pub async fn of_place(
    db: &impl ConnectionTrait,
    place: Uuid,
    before: Option<i32>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::PlaceId.eq(place))
        .filter(Condition::all().add_option(before.map(|before| Column::Version.lt(before))))
        .order_by_desc(Column::Version)
        .limit(limit)
        .all(db)
        .await
}

/// One version of a place.
pub async fn version(
    db: &impl ConnectionTrait,
    complex: Uuid,
    place: Uuid,
    id: Uuid,
) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id((complex, id)).filter(Column::PlaceId.eq(place)).one(db).await
}

pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}
