//! Queries of persons at sign-in.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter};

use ::entity::person::{Column, Entity, Model};

pub async fn by_openid(db: &impl ConnectionTrait, index: &str) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::OpenidIndex.eq(index)).one(db).await
}

pub async fn by_demo_login(db: &impl ConnectionTrait, login: &str) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::DemoLogin.eq(login)).one(db).await
}

pub async fn insert(db: &impl ConnectionTrait, person: Model) -> Result<(), DbErr> {
    Entity::insert(person.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}
