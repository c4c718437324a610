//! Queries of persons at sign-in.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter};
use uuid::Uuid;

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

pub async fn name_demo_person(db: &impl ConnectionTrait, login: &str, person: Uuid) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::DemoLogin, Some(login.to_owned()).into())
        .filter(Column::Id.eq(person))
        .exec(db)
        .await?;
    Ok(())
}
