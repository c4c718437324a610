//! Queries of visits, and of households that asked to be looked in on.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use ::entity::{
    care,
    visit::{ActiveModel, Column, Entity, Model},
    visit_commitment, visit_matter,
};

use crate::access::Level;

pub async fn care_of(
    db: &impl ConnectionTrait,
    home: Uuid,
    person: Uuid,
) -> Result<Option<care::Model>, DbErr> {
    use care::Column as Of;
    care::Entity::find().filter(Of::PersonId.eq(person)).filter(Of::HomeId.eq(home)).one(db).await
}

/// What a person asked for; each home once.
pub async fn cares_of(
    db: &impl ConnectionTrait,
    person: Uuid,
    limit: u64,
) -> Result<Vec<care::Model>, DbErr> {
    use care::Column as Of;
    care::Entity::find().filter(Of::PersonId.eq(person)).order_by_asc(Of::HomeId).limit(limit).all(db).await
}

pub async fn insert_care(db: &impl ConnectionTrait, row: care::Model) -> Result<(), DbErr> {
    care::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub async fn save_need(db: &impl ConnectionTrait, row: &care::Model) -> Result<(), DbErr> {
    use care::Column as Of;
    care::Entity::update_many()
        .col_expr(Of::NeedCipher, Expr::value(row.need_cipher.clone()))
        .filter(Of::ComplexId.eq(row.complex_id))
        .filter(Of::HomeId.eq(row.home_id))
        .filter(Of::PersonId.eq(row.person_id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn delete_care(db: &impl ConnectionTrait, row: &care::Model) -> Result<(), DbErr> {
    care::Entity::delete_by_id((row.complex_id, row.home_id, row.person_id)).exec(db).await?;
    Ok(())
}

/// Somebody was at a home.
pub async fn heard(
    db: &impl ConnectionTrait,
    complex: Uuid,
    home: Uuid,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    use care::Column as Of;
    care::Entity::update_many()
        .col_expr(Of::HeardAt, Expr::value(at))
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::HomeId.eq(home))
        .exec(db)
        .await?;
    Ok(())
}

/// Households in a place that asked, the longest silent first.
pub async fn silent(
    db: &impl ConnectionTrait,
    (level, place): (Level, Uuid),
    until: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<care::Model>, DbErr> {
    use care::Column as Of;
    let within = match level {
        Level::Community => Of::CommunityId,
        Level::Complex => Of::ComplexId,
        Level::Building => Of::BuildingId,
        Level::Unit => Of::UnitId,
        // Nobody plans visits for more, or for one home.
        Level::District | Level::Street | Level::Home => return Ok(Vec::new()),
    };
    care::Entity::find()
        .filter(within.eq(place))
        .filter(Of::HeardAt.lte(until))
        .order_by_asc(Of::HeardAt)
        .limit(limit)
        .all(db)
        .await
}

pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Id.eq(id)).one(db).await
}

/// Finds a visit and keeps everybody else from changing it until the transaction ends.
pub async fn lock(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Saves a change; its row is locked.
pub async fn save(db: &impl ConnectionTrait, row: &Model) -> Result<(), DbErr> {
    let changed = row.clone();
    Entity::update_many()
        .set(ActiveModel {
            status: Set(changed.status),
            made_at: Set(changed.made_at),
            words_cipher: Set(changed.words_cipher),
            version: Set(changed.version),
            ..Default::default()
        })
        .filter(Column::ComplexId.eq(row.complex_id))
        .filter(Column::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

/// A visitor's visits, newest first, before one of them.
pub async fn of_visitor(
    db: &impl ConnectionTrait,
    visitor: Uuid,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::VisitorId.eq(visitor))
        .filter(Condition::all().add_option(before.map(|id| Column::Id.lt(id))))
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

pub async fn insert_matters(db: &impl ConnectionTrait, rows: Vec<visit_matter::Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    visit_matter::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

pub async fn matters(db: &impl ConnectionTrait, visit: &Model) -> Result<Vec<visit_matter::Model>, DbErr> {
    use visit_matter::Column as Of;
    visit_matter::Entity::find()
        .filter(Of::ComplexId.eq(visit.complex_id))
        .filter(Of::VisitId.eq(visit.id))
        .order_by_asc(Of::IncidentId)
        .all(db)
        .await
}

pub async fn insert_commitments(
    db: &impl ConnectionTrait,
    rows: Vec<visit_commitment::Model>,
) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    visit_commitment::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// In the order in which they were made.
pub async fn commitments(
    db: &impl ConnectionTrait,
    visit: &Model,
) -> Result<Vec<visit_commitment::Model>, DbErr> {
    use visit_commitment::Column as Of;
    visit_commitment::Entity::find()
        .filter(Of::ComplexId.eq(visit.complex_id))
        .filter(Of::VisitId.eq(visit.id))
        .order_by_asc(Of::Id)
        .all(db)
        .await
}

pub async fn save_commitment(db: &impl ConnectionTrait, row: &visit_commitment::Model) -> Result<(), DbErr> {
    use visit_commitment::Column as Of;
    visit_commitment::Entity::update_many()
        .col_expr(Of::AlarmAt, Expr::value(row.alarm_at))
        .col_expr(Of::State, Expr::value(row.state.as_str()))
        .col_expr(Of::SettledAt, Expr::value(row.settled_at))
        .col_expr(Of::WordsCipher, Expr::value(row.words_cipher.clone()))
        .filter(Of::ComplexId.eq(row.complex_id))
        .filter(Of::VisitId.eq(row.visit_id))
        .filter(Of::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

/// Commitments that are due by now, each with its visit.
pub async fn overdue(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    use visit_commitment::Column as Of;
    visit_commitment::Entity::find()
        .select_only()
        .columns([Of::VisitId, Of::Id])
        .filter(Of::AlarmAt.is_not_null())
        .filter(Of::AlarmAt.lte(now))
        .order_by_asc(Of::AlarmAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}
