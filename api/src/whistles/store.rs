//! Queries of whistles.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use ::entity::{
    whistle::{ActiveModel, Column, Entity, Model},
    whistle_call, whistle_commitment, whistle_step,
};

/// Steps and commitments that one whistle can have, and that are shown of it.
pub const SHOWN: u64 = 200;

pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Id.eq(id)).one(db).await
}

/// Finds a whistle and keeps everybody else from moving it until the transaction ends.
pub async fn lock(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

pub async fn insert(
    db: &impl ConnectionTrait,
    row: Model,
    calls: Vec<whistle_call::Model>,
) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    let calls = calls.into_iter().map(IntoActiveModel::into_active_model);
    whistle_call::Entity::insert_many(calls).exec_without_returning(db).await?;
    Ok(())
}

/// Saves a move; its row is locked.
pub async fn save(db: &impl ConnectionTrait, row: &Model) -> Result<(), DbErr> {
    let moved = row.clone();
    Entity::update_many()
        .set(ActiveModel {
            status: Set(moved.status),
            outcome: Set(moved.outcome),
            ended_at: Set(moved.ended_at),
            version: Set(moved.version),
            ..Default::default()
        })
        .filter(Column::ComplexId.eq(row.complex_id))
        .filter(Column::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn calls(db: &impl ConnectionTrait, row: &Model) -> Result<Vec<whistle_call::Model>, DbErr> {
    use whistle_call::Column as Of;
    whistle_call::Entity::find()
        .filter(Of::ComplexId.eq(row.complex_id))
        .filter(Of::WhistleId.eq(row.id))
        .order_by_desc(Of::Part)
        .order_by_asc(Of::Role)
        .all(db)
        .await
}

/// The posts that some whistles convene.
pub async fn convened(
    db: &impl ConnectionTrait,
    whistles: &[Model],
) -> Result<HashMap<Uuid, Vec<whistle_call::Model>>, DbErr> {
    use whistle_call::Column as Of;
    let mut found: HashMap<Uuid, Vec<whistle_call::Model>> = HashMap::new();
    if whistles.is_empty() {
        return Ok(found);
    }
    let calls = whistle_call::Entity::find()
        .filter(Of::ComplexId.is_in(whistles.iter().map(|row| row.complex_id)))
        .filter(Of::WhistleId.is_in(whistles.iter().map(|row| row.id)))
        .all(db)
        .await?;
    for call in calls {
        found.entry(call.whistle_id).or_default().push(call);
    }
    Ok(found)
}

pub async fn find_all(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids)).all(db).await
}

pub async fn save_call(db: &impl ConnectionTrait, row: &whistle_call::Model) -> Result<(), DbErr> {
    use whistle_call::Column as Of;
    whistle_call::Entity::update_many()
        .col_expr(Of::ReportedAt, Expr::value(row.reported_at))
        .col_expr(Of::AlarmAt, Expr::value(row.alarm_at))
        .filter(Of::ComplexId.eq(row.complex_id))
        .filter(Of::WhistleId.eq(row.whistle_id))
        .filter(Of::Role.eq(row.role.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Nobody is waited for any more.
pub async fn end_calls(db: &impl ConnectionTrait, row: &Model) -> Result<(), DbErr> {
    use whistle_call::Column as Of;
    whistle_call::Entity::update_many()
        .col_expr(Of::AlarmAt, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(Of::ComplexId.eq(row.complex_id))
        .filter(Of::WhistleId.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn insert_commitments(
    db: &impl ConnectionTrait,
    rows: Vec<whistle_commitment::Model>,
) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    whistle_commitment::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// In the order in which they were made.
pub async fn commitments(
    db: &impl ConnectionTrait,
    row: &Model,
) -> Result<Vec<whistle_commitment::Model>, DbErr> {
    use whistle_commitment::Column as Of;
    whistle_commitment::Entity::find()
        .filter(Of::ComplexId.eq(row.complex_id))
        .filter(Of::WhistleId.eq(row.id))
        .order_by_asc(Of::Id)
        .limit(SHOWN)
        .all(db)
        .await
}

pub async fn save_commitment(
    db: &impl ConnectionTrait,
    row: &whistle_commitment::Model,
) -> Result<(), DbErr> {
    use whistle_commitment::Column as Of;
    whistle_commitment::Entity::update_many()
        .col_expr(Of::DueAt, Expr::value(row.due_at))
        .col_expr(Of::AlarmAt, Expr::value(row.alarm_at))
        .col_expr(Of::Extensions, Expr::value(row.extensions))
        .col_expr(Of::State, Expr::value(row.state.as_str()))
        .col_expr(Of::SettledAt, Expr::value(row.settled_at))
        .filter(Of::ComplexId.eq(row.complex_id))
        .filter(Of::WhistleId.eq(row.whistle_id))
        .filter(Of::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn insert_step(db: &impl ConnectionTrait, step: whistle_step::Model) -> Result<(), DbErr> {
    whistle_step::Entity::insert(step.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Its newest steps, oldest first.
pub async fn steps(db: &impl ConnectionTrait, row: &Model) -> Result<Vec<whistle_step::Model>, DbErr> {
    use whistle_step::Column as Of;
    let mut steps = whistle_step::Entity::find()
        .filter(Of::ComplexId.eq(row.complex_id))
        .filter(Of::WhistleId.eq(row.id))
        .order_by_desc(Of::Version)
        .limit(SHOWN)
        .all(db)
        .await?;
    steps.reverse();
    Ok(steps)
}

/// The newest that a post convened, before a position.
pub async fn convened_by(
    db: &impl ConnectionTrait,
    (place, role): (Uuid, &str),
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::ConvenerPlaceId.eq(place))
        .filter(Column::ConvenerRole.eq(role))
        .filter(Condition::all().add_option(before.map(|id| Column::Id.lt(id))))
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// The newest that call a post, before a position.
pub async fn calling(
    db: &impl ConnectionTrait,
    (place, role): (Uuid, &str),
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    use whistle_call::Column as Of;
    let ids: Vec<Uuid> = whistle_call::Entity::find()
        .select_only()
        .column(Of::WhistleId)
        .filter(Of::PlaceId.eq(place))
        .filter(Of::Role.eq(role))
        .filter(Condition::all().add_option(before.map(|id| Of::WhistleId.lt(id))))
        .order_by_desc(Of::WhistleId)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    find_all(db, ids).await
}

/// What has to be told: of which whistle, and about whom.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Alarm {
    pub whistle_id: Uuid,
    pub role: String,
    /// Of a commitment.
    pub id: Option<Uuid>,
}

/// Posts that have not reported in although they should have by now.
pub async fn missing(db: &impl ConnectionTrait, now: DateTime<Utc>, limit: u64) -> Result<Vec<Alarm>, DbErr> {
    use whistle_call::Column as Of;
    whistle_call::Entity::find()
        .select_only()
        .columns([Of::WhistleId, Of::Role])
        .expr_as(Expr::value(Option::<Uuid>::None), "id")
        .filter(Of::AlarmAt.is_not_null())
        .filter(Of::AlarmAt.lte(now))
        .order_by_asc(Of::AlarmAt)
        .limit(limit)
        .into_model()
        .all(db)
        .await
}

/// Commitments that are due by now.
pub async fn overdue(db: &impl ConnectionTrait, now: DateTime<Utc>, limit: u64) -> Result<Vec<Alarm>, DbErr> {
    use whistle_commitment::Column as Of;
    whistle_commitment::Entity::find()
        .select_only()
        .columns([Of::WhistleId, Of::Role, Of::Id])
        .filter(Of::AlarmAt.is_not_null())
        .filter(Of::AlarmAt.lte(now))
        .order_by_asc(Of::AlarmAt)
        .limit(limit)
        .into_model()
        .all(db)
        .await
}
