//! Queries of places.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SimpleExpr};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use ::entity::{
    home,
    place::{ActiveModel, Column, Entity, Model},
};

pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

pub async fn find_all(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids)).all(db).await
}

/// The part of `parent` with this level and name; a district has no parent.
pub async fn at(
    db: &impl ConnectionTrait,
    parent: Option<Uuid>,
    level: &str,
    name: &str,
) -> Result<Option<Model>, DbErr> {
    let parts = Entity::find().filter(below(parent)).filter(Column::Level.eq(level));
    parts.filter(Column::Name.eq(name)).one(db).await
}

/// The part of `parent` with this name, a unit before a home.
pub async fn named(
    db: &impl ConnectionTrait,
    parent: Option<Uuid>,
    name: &str,
) -> Result<Option<Model>, DbErr> {
    let parts = Entity::find().filter(below(parent)).filter(Column::Name.eq(name));
    parts.order_by_desc(Column::Level).one(db).await
}

/// The parts of a place, or the districts, after `(sort_key, id)`.
pub async fn children(
    db: &impl ConnectionTrait,
    parent: Option<Uuid>,
    after: Option<(String, Uuid)>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    // A home that left the roll is a place only for what was once told of it.
    let on_roll = Query::select()
        .expr(Expr::val(1))
        .from(home::Entity)
        .and_where(Expr::col((home::Entity, home::Column::ComplexId)).equals((Entity, Column::ComplexId)))
        .and_where(Expr::col((home::Entity, home::Column::PlaceId)).equals((Entity, Column::Id)))
        .take();
    let stands = Condition::any().add(Column::Level.ne("HOME")).add(Expr::exists(on_roll));
    let mut query = Entity::find().filter(below(parent)).filter(stands);
    if let Some((key, id)) = after {
        query = query.filter(
            Condition::any()
                .add(Column::SortKey.gt(&key))
                .add(Condition::all().add(Column::SortKey.eq(&key)).add(Column::Id.gt(id))),
        );
    }
    query.order_by_asc(Column::SortKey).order_by_asc(Column::Id).limit(limit).all(db).await
}

pub async fn insert(db: &impl ConnectionTrait, place: Model) -> Result<(), DbErr> {
    Entity::insert(place.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub async fn insert_many(
    db: &impl ConnectionTrait,
    places: impl Iterator<Item = Model>,
) -> Result<(), DbErr> {
    Entity::insert_many(places.map(IntoActiveModel::into_active_model)).exec_without_returning(db).await?;
    Ok(())
}

/// A complex and its buildings, as far as it is known where they are; the complex first.
pub async fn located(db: &impl ConnectionTrait, complex: Uuid) -> Result<Vec<Model>, DbErr> {
    let building = Condition::all().add(Column::ParentId.eq(complex)).add(Column::Level.eq("BUILDING"));
    Entity::find()
        .filter(Condition::any().add(Column::Id.eq(complex)).add(building))
        .filter(Column::Latitude.is_not_null())
        .order_by_desc(Column::Level)
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// Puts a place of this version on the map, or takes it off; false when it has another one by now.
pub async fn locate(
    db: &impl ConnectionTrait,
    (id, version): (Uuid, i64),
    position: Option<(i32, i32)>,
) -> Result<bool, DbErr> {
    let located = Entity::update_many()
        .set(ActiveModel {
            latitude: Set(position.map(|(latitude, _)| latitude)),
            longitude: Set(position.map(|(_, longitude)| longitude)),
            version: Set(version + 1),
            ..Default::default()
        })
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(version))
        .exec(db)
        .await?;
    Ok(located.rows_affected == 1)
}

pub async fn delete(db: &impl ConnectionTrait, ids: Vec<Uuid>) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::Id.is_in(ids)).exec(db).await?;
    Ok(())
}

/// Complexes of this name; two are as good as many.
pub async fn complexes_named(db: &impl ConnectionTrait, name: &str) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Level.eq("COMPLEX")).filter(Column::Name.eq(name)).limit(2).all(db).await
}

/// The parts of some places that are complexes, or above one: each with its level.
pub async fn down_to_complexes(
    db: &impl ConnectionTrait,
    parents: &[Uuid],
) -> Result<Vec<(Uuid, String)>, DbErr> {
    Entity::find()
        .select_only()
        .columns([Column::Id, Column::Level])
        .filter(Column::ParentId.is_in(parents.iter().copied()))
        .filter(Column::Level.is_in(["STREET", "COMMUNITY", "COMPLEX"]))
        .into_tuple()
        .all(db)
        .await
}

/// The parts of some places that are larger than a home, by their ids: each with its level.
pub async fn larger_parts(
    db: &impl ConnectionTrait,
    parents: &[Uuid],
    limit: u64,
) -> Result<Vec<(Uuid, String)>, DbErr> {
    Entity::find()
        .select_only()
        .columns([Column::Id, Column::Level])
        .filter(Column::ParentId.is_in(parents.iter().copied()))
        .filter(Column::Level.ne("HOME"))
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

fn below(parent: Option<Uuid>) -> SimpleExpr {
    match parent {
        Some(id) => Column::ParentId.eq(id),
        None => Column::ParentId.is_null(),
    }
}
