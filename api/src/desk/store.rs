//! Queries of the desk.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::OnConflict,
};
use uuid::Uuid;

use ::entity::{
    reply_template, rota,
    saved_view::{ActiveModel, Column, Entity, Model},
};

use super::model::SharedWith;

/// Whose views.
#[derive(Clone, Copy, Debug)]
pub enum Whose {
    /// Those that a post shares.
    Post,
    /// Those that a person keeps to themselves.
    Person(Uuid),
}

fn of(place: Uuid, whose: Whose) -> Condition {
    let here = Condition::all().add(Column::PlaceId.eq(place));
    match whose {
        Whose::Post => here.add(Column::SharedWith.eq(SharedWith::Post.as_str())),
        Whose::Person(person) => {
            here.add(Column::PersonId.eq(person)).add(Column::SharedWith.eq(SharedWith::Me.as_str()))
        }
    }
}

pub async fn views(db: &impl ConnectionTrait, place: Uuid, whose: Whose) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(of(place, whose)).order_by_asc(Column::Id).limit(50).all(db).await
}

pub async fn count_views(db: &impl ConnectionTrait, place: Uuid, whose: Whose) -> Result<u64, DbErr> {
    Entity::find().filter(of(place, whose)).count(db).await
}

pub async fn view(db: &impl ConnectionTrait, place: Uuid, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id((place, id)).one(db).await
}

/// A view, held until the write ends.
pub async fn view_held(db: &impl ConnectionTrait, place: Uuid, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id((place, id)).lock_exclusive().one(db).await
}

pub async fn insert_view(db: &impl ConnectionTrait, view: Model) -> Result<(), DbErr> {
    Entity::insert(view.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Saves a view that is held.
pub async fn save_view(db: &impl ConnectionTrait, view: &Model) -> Result<(), DbErr> {
    let changed = ActiveModel {
        shared_with: Set(view.shared_with.clone()),
        name_cipher: Set(view.name_cipher.clone()),
        filter: Set(view.filter.clone()),
        version: Set(view.version),
        changed_at: Set(view.changed_at),
        ..Default::default()
    };
    let this = Condition::all().add(Column::PlaceId.eq(view.place_id)).add(Column::Id.eq(view.id));
    Entity::update_many().set(changed).filter(this).exec(db).await?;
    Ok(())
}

pub async fn delete_view(db: &impl ConnectionTrait, view: &Model) -> Result<(), DbErr> {
    Entity::delete_by_id((view.place_id, view.id)).exec(db).await?;
    Ok(())
}

/// The templates of a desk that are in use; `limit` at most.
pub async fn templates(
    db: &impl ConnectionTrait,
    place: Uuid,
    limit: u64,
) -> Result<Vec<reply_template::Model>, DbErr> {
    use reply_template::Column as Of;
    reply_template::Entity::find()
        .filter(Of::PlaceId.eq(place))
        .filter(Of::ReplacedAt.is_null())
        .order_by_asc(Of::Id)
        .limit(limit)
        .all(db)
        .await
}

/// The version of a template that is in use.
pub async fn template(
    db: &impl ConnectionTrait,
    place: Uuid,
    id: Uuid,
) -> Result<Option<reply_template::Model>, DbErr> {
    use reply_template::Column as Of;
    let here = reply_template::Entity::find().filter(Of::PlaceId.eq(place)).filter(Of::Id.eq(id));
    here.filter(Of::ReplacedAt.is_null()).one(db).await
}

/// The newest versions of a template, the newest first.
pub async fn versions(
    db: &impl ConnectionTrait,
    place: Uuid,
    id: Uuid,
    limit: u64,
) -> Result<Vec<reply_template::Model>, DbErr> {
    use reply_template::Column as Of;
    let here = reply_template::Entity::find().filter(Of::PlaceId.eq(place)).filter(Of::Id.eq(id));
    here.order_by_desc(Of::Version).limit(limit).all(db).await
}

pub async fn insert_template(db: &impl ConnectionTrait, row: reply_template::Model) -> Result<(), DbErr> {
    reply_template::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Takes a version out of use, if it still is in use; whether it was.
pub async fn retire_template(
    db: &impl ConnectionTrait,
    row: &reply_template::Model,
    at: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use reply_template::Column as Of;
    let done = reply_template::Entity::update_many()
        .set(reply_template::ActiveModel { replaced_at: Set(Some(at)), ..Default::default() })
        .filter(Of::PlaceId.eq(row.place_id))
        .filter(Of::Id.eq(row.id))
        .filter(Of::Version.eq(row.version))
        .filter(Of::ReplacedAt.is_null())
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

/// The rota of a place.
pub async fn rota(db: &impl ConnectionTrait, place: Uuid) -> Result<Option<rota::Model>, DbErr> {
    rota::Entity::find_by_id(place).one(db).await
}

/// Saves a rota, the first one too; whoever saves it has locked it.
pub async fn save_rota(db: &impl ConnectionTrait, row: rota::Model) -> Result<(), DbErr> {
    use rota::Column as Of;
    let over = OnConflict::column(Of::PlaceId)
        .update_columns([Of::Says, Of::LastGivenTo, Of::Version, Of::ChangedAt])
        .to_owned();
    rota::Entity::insert(row.into_active_model()).on_conflict(over).exec_without_returning(db).await?;
    Ok(())
}
