//! Queries of policies.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter, QueryOrder,
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
        .filter(Column::Scope.is_in(scopes.iter().map(String::as_str)))
        .filter(Expr::col((Entity, Column::Version)).in_subquery(newest))
        .order_by_asc(Column::Id)
        .all(db)
        .await
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
