//! Queries of patrols.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use ::entity::{
    patrol_check, patrol_outcome, patrol_point, patrol_round,
    patrol_route::{ActiveModel, Column, Entity, Model},
};

/// Rounds and outcomes that are shown of one route; the newest ones.
pub const SHOWN: u64 = 20;

pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Id.eq(id)).one(db).await
}

/// Finds a route and keeps everybody else from changing it until the transaction ends.
pub async fn lock(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

pub async fn insert(
    db: &impl ConnectionTrait,
    route: Model,
    points: Vec<patrol_point::Model>,
) -> Result<(), DbErr> {
    Entity::insert(route.into_active_model()).exec_without_returning(db).await?;
    let points = points.into_iter().map(IntoActiveModel::into_active_model);
    patrol_point::Entity::insert_many(points).exec_without_returning(db).await?;
    Ok(())
}

/// Saves a change; its row is locked.
pub async fn save(db: &impl ConnectionTrait, row: &Model) -> Result<(), DbErr> {
    Entity::update_many()
        .set(ActiveModel {
            late_at: Set(row.late_at),
            late_rounds: Set(row.late_rounds),
            is_walked: Set(row.is_walked),
            version: Set(row.version),
            ..Default::default()
        })
        .filter(Column::ComplexId.eq(row.complex_id))
        .filter(Column::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

/// The routes of a complex that are walked, after one of them.
pub async fn walked(
    db: &impl ConnectionTrait,
    complex: Uuid,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    walked_in(complex)
        .filter(Condition::all().add_option(after.map(|id| Column::Id.gt(id))))
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

pub async fn count_walked(db: &impl ConnectionTrait, complex: Uuid) -> Result<u64, DbErr> {
    walked_in(complex).count(db).await
}

/// Said so, and not bound, the index on what is walked answers.
fn walked_in(complex: Uuid) -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::ComplexId.eq(complex)).filter(Expr::cust("is_walked = 1"))
}

/// Routes whose round is late by now.
pub async fn late(db: &impl ConnectionTrait, now: DateTime<Utc>, limit: u64) -> Result<Vec<Uuid>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::LateAt.is_not_null())
        .filter(Column::LateAt.lte(now))
        .order_by_asc(Column::LateAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// The points of a route, in the order in which they are walked.
pub async fn points(db: &impl ConnectionTrait, route: &Model) -> Result<Vec<patrol_point::Model>, DbErr> {
    use patrol_point::Column as Of;
    patrol_point::Entity::find()
        .filter(Of::ComplexId.eq(route.complex_id))
        .filter(Of::RouteId.eq(route.id))
        .order_by_asc(Of::Ordinal)
        .all(db)
        .await
}

/// Hangs up another code at a point.
pub async fn save_token(db: &impl ConnectionTrait, point: &patrol_point::Model) -> Result<(), DbErr> {
    use patrol_point::Column as Of;
    patrol_point::Entity::update_many()
        .col_expr(Of::TokenIndex, Expr::value(point.token_index.as_str()))
        .filter(Of::ComplexId.eq(point.complex_id))
        .filter(Of::RouteId.eq(point.route_id))
        .filter(Of::Ordinal.eq(point.ordinal))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn find_round(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<patrol_round::Model>, DbErr> {
    patrol_round::Entity::find().filter(patrol_round::Column::Id.eq(id)).one(db).await
}

pub async fn lock_round(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<patrol_round::Model>, DbErr> {
    patrol_round::Entity::find().filter(patrol_round::Column::Id.eq(id)).lock_exclusive().one(db).await
}

pub async fn insert_round(db: &impl ConnectionTrait, row: patrol_round::Model) -> Result<(), DbErr> {
    patrol_round::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Saves how far a round is; its row is locked.
pub async fn save_round(db: &impl ConnectionTrait, row: &patrol_round::Model) -> Result<(), DbErr> {
    use patrol_round::Column as Of;
    patrol_round::Entity::update_many()
        .col_expr(Of::FinishedAt, Expr::value(row.finished_at))
        .col_expr(Of::Checked, Expr::value(row.checked))
        .col_expr(Of::Version, Expr::value(row.version))
        .filter(Of::ComplexId.eq(row.complex_id))
        .filter(Of::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

/// The newest rounds of a route.
pub async fn rounds(db: &impl ConnectionTrait, route: &Model) -> Result<Vec<patrol_round::Model>, DbErr> {
    use patrol_round::Column as Of;
    patrol_round::Entity::find()
        .filter(Of::ComplexId.eq(route.complex_id))
        .filter(Of::RouteId.eq(route.id))
        .order_by_desc(Of::Id)
        .limit(SHOWN)
        .all(db)
        .await
}

pub async fn insert_check(db: &impl ConnectionTrait, row: patrol_check::Model) -> Result<(), DbErr> {
    patrol_check::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub async fn checks(
    db: &impl ConnectionTrait,
    round: &patrol_round::Model,
) -> Result<Vec<patrol_check::Model>, DbErr> {
    use patrol_check::Column as Of;
    patrol_check::Entity::find()
        .filter(Of::ComplexId.eq(round.complex_id))
        .filter(Of::RoundId.eq(round.id))
        .order_by_asc(Of::CheckedAt)
        .all(db)
        .await
}

/// The newest checks at one of some places since a moment.
pub async fn checks_at(
    db: &impl ConnectionTrait,
    complex: Uuid,
    places: &[Uuid],
    since: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<patrol_check::Model>, DbErr> {
    use patrol_check::Column as Of;
    patrol_check::Entity::find()
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::PlaceId.is_in(places.iter().copied()))
        .filter(Of::CheckedAt.gt(since))
        .order_by_desc(Of::CheckedAt)
        .limit(limit)
        .all(db)
        .await
}

pub async fn insert_outcome(db: &impl ConnectionTrait, row: patrol_outcome::Model) -> Result<(), DbErr> {
    patrol_outcome::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// The newest of what was found, or missed, on a route.
pub async fn outcomes(
    db: &impl ConnectionTrait,
    route: &Model,
    kind: &str,
) -> Result<Vec<patrol_outcome::Model>, DbErr> {
    use patrol_outcome::Column as Of;
    patrol_outcome::Entity::find()
        .filter(Of::ComplexId.eq(route.complex_id))
        .filter(Of::RouteId.eq(route.id))
        .filter(Of::Kind.eq(kind))
        .order_by_desc(Of::IncidentId)
        .limit(SHOWN)
        .all(db)
        .await
}
