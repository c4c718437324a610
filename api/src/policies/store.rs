//! Queries of policies.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect, Select,
    sea_query::{Alias, Expr, OnConflict, Query},
};
use uuid::Uuid;

use ::entity::{frozen_policy, policy_version};

use policy_version::{Column, Entity, Model};

/// The newest versions of what some places say of some scopes, those of one place from the earliest published on.
pub async fn heard(
    db: &impl ConnectionTrait,
    places: &[Uuid],
    scopes: &[String],
) -> Result<Vec<Model>, DbErr> {
    current(places).filter(Column::Scope.is_in(scopes.iter().map(String::as_str))).all(db).await
}

/// The newest versions of all that some places say, in the same order.
pub async fn all_heard(db: &impl ConnectionTrait, places: &[Uuid]) -> Result<Vec<Model>, DbErr> {
    current(places).all(db).await
}

fn current(places: &[Uuid]) -> Select<Entity> {
    let later = Alias::new("later");
    let of = |column: Column| Expr::col((later.clone(), column));
    let newest = Query::select()
        .expr(of(Column::Version).max())
        .from_as(Entity, later.clone())
        .and_where(of(Column::PlaceId).equals((Entity, Column::PlaceId)))
        .and_where(of(Column::Scope).equals((Entity, Column::Scope)))
        .to_owned();
    Entity::find()
        .filter(Column::PlaceId.is_in(places.iter().copied()))
        .filter(Expr::col((Entity, Column::Version)).in_subquery(newest))
        .order_by_asc(Column::Id)
}

/// What a place has said, the newest first, before a position.
pub async fn of_place(
    db: &impl ConnectionTrait,
    place: Uuid,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::PlaceId.eq(place))
        .filter(Condition::all().add_option(before.map(|before| Column::Id.lt(before))))
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// One version of a place.
pub async fn version(db: &impl ConnectionTrait, place: Uuid, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::PlaceId.eq(place)).filter(Column::Id.eq(id)).one(db).await
}

/// Some versions of what these places said, the earliest first.
pub async fn versions(db: &impl ConnectionTrait, places: &[Uuid], ids: &[Uuid]) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::PlaceId.is_in(places.iter().copied()))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Policies by their keys.
pub async fn frozen(
    db: &impl ConnectionTrait,
    keys: impl IntoIterator<Item = &str>,
) -> Result<Vec<frozen_policy::Model>, DbErr> {
    frozen_policy::Entity::find().filter(frozen_policy::Column::Key.is_in(keys)).all(db).await
}

/// Keeps a policy, unless somebody else has just done so.
pub async fn freeze(db: &impl ConnectionTrait, row: frozen_policy::Model) -> Result<(), DbErr> {
    let once = OnConflict::column(frozen_policy::Column::Key).do_nothing().to_owned();
    frozen_policy::Entity::insert(row.into_active_model())
        .on_conflict(once)
        .exec_without_returning(db)
        .await?;
    Ok(())
}
