//! Queries of the calendar.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use ::entity::calendar_year::{Column, Entity, Model};

/// The version of the calendar: what was taken in last.
pub async fn newest(db: &impl ConnectionTrait) -> Result<Option<Uuid>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .order_by_desc(Column::Id)
        .limit(1)
        .into_tuple()
        .one(db)
        .await
}

/// All that was taken in, in that order.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::Id).all(db).await
}

/// The newest version of a year.
pub async fn of_year(db: &impl ConnectionTrait, year: i32) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Year.eq(year)).order_by_desc(Column::Version).limit(1).one(db).await
}

pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}
