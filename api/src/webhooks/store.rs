//! Queries of webhooks.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
    sea_query::{ExprTrait, LockBehavior, LockType},
};
use uuid::Uuid;

use super::model::{DeliveryState, State};
use ::entity::{webhook, webhook_delivery};

/// A delivery's key: complex, event, webhook.
pub type Key = (Uuid, Uuid, Uuid);

pub fn key(row: &webhook_delivery::Model) -> Key {
    (row.complex_id, row.event_id, row.webhook_id)
}

pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<webhook::Model>, DbErr> {
    webhook::Entity::find_by_id(id).one(db).await
}

/// A webhook, held until the write ends.
pub async fn hold(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<webhook::Model>, DbErr> {
    webhook::Entity::find_by_id(id).lock_exclusive().one(db).await
}

/// The webhooks of a place that were not taken away.
fn standing_at(place: Uuid) -> Select<webhook::Entity> {
    webhook::Entity::find()
        .filter(webhook::Column::PlaceId.eq(place))
        .filter(webhook::Column::State.ne(State::Removed.as_str()))
}

pub async fn count_at(db: &impl ConnectionTrait, place: Uuid) -> Result<u64, DbErr> {
    standing_at(place).count(db).await
}

/// Those of a place that offices of these roles registered, and those of no known office.
pub async fn at(
    db: &impl ConnectionTrait,
    (place, roles): (Uuid, &[&str]),
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<webhook::Model>, DbErr> {
    let role = webhook::Column::OfficeRole;
    let managed = role.is_null().or(role.is_in(roles.iter().copied()));
    let mut query = standing_at(place).filter(managed);
    if let Some(after) = after {
        query = query.filter(webhook::Column::Id.gt(after));
    }
    query.order_by_asc(webhook::Column::Id).limit(limit).all(db).await
}

/// The webhooks of some places that are told.
pub async fn active_at(
    db: &impl ConnectionTrait,
    places: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<webhook::Model>, DbErr> {
    webhook::Entity::find()
        .filter(webhook::Column::PlaceId.is_in(places))
        .filter(webhook::Column::State.eq(State::Active.as_str()))
        .all(db)
        .await
}

pub async fn insert(db: &impl ConnectionTrait, row: webhook::Model) -> Result<(), DbErr> {
    webhook::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes what moves of a webhook that is held.
pub async fn save(db: &impl ConnectionTrait, row: webhook::Model) -> Result<(), DbErr> {
    webhook::Entity::update_many()
        .set(webhook::ActiveModel {
            secret_cipher: Set(row.secret_cipher),
            old_secret_cipher: Set(row.old_secret_cipher),
            old_until: Set(row.old_until),
            registrar_id: Set(row.registrar_id),
            office_place_id: Set(row.office_place_id),
            office_role: Set(row.office_role),
            state: Set(row.state),
            stopped_because: Set(row.stopped_because),
            failing_since: Set(row.failing_since),
            version: Set(row.version),
            ..Default::default()
        })
        .filter(webhook::Column::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn insert_deliveries(
    db: &impl ConnectionTrait,
    rows: Vec<webhook_delivery::Model>,
) -> Result<(), DbErr> {
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    webhook_delivery::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// Deliveries whose time has come: to be sent, or left behind by whoever sent them.
pub async fn due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<webhook_delivery::Model>, DbErr> {
    use webhook_delivery::Column;
    let mut due = Vec::new();
    for state in [DeliveryState::Sending, DeliveryState::Waiting] {
        let query = webhook_delivery::Entity::find()
            .filter(Column::State.eq(state.as_str()))
            .filter(Column::RunAt.lte(now))
            .order_by_asc(Column::RunAt);
        due.extend(query.limit(limit).all(db).await?);
    }
    Ok(due)
}

/// A delivery, held until the write ends; none when somebody else holds it.
pub async fn hold_delivery(
    db: &impl ConnectionTrait,
    key: Key,
) -> Result<Option<webhook_delivery::Model>, DbErr> {
    webhook_delivery::Entity::find_by_id(key)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(db)
        .await
}

/// Writes what moves of a delivery that is held.
pub async fn save_delivery(db: &impl ConnectionTrait, row: webhook_delivery::Model) -> Result<(), DbErr> {
    use webhook_delivery::Column;
    let key = key(&row);
    webhook_delivery::Entity::update_many()
        .set(webhook_delivery::ActiveModel {
            state: Set(row.state),
            attempts: Set(row.attempts),
            run: Set(row.run),
            run_at: Set(row.run_at),
            status: Set(row.status),
            trouble: Set(row.trouble),
            settled_at: Set(row.settled_at),
            ..Default::default()
        })
        .filter(Column::ComplexId.eq(key.0))
        .filter(Column::EventId.eq(key.1))
        .filter(Column::WebhookId.eq(key.2))
        .exec(db)
        .await?;
    Ok(())
}

/// A webhook's deliveries before an event, the newest first.
pub async fn deliveries(
    db: &impl ConnectionTrait,
    webhook: Uuid,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<webhook_delivery::Model>, DbErr> {
    use webhook_delivery::Column;
    let mut query = webhook_delivery::Entity::find().filter(Column::WebhookId.eq(webhook));
    if let Some(before) = before {
        query = query.filter(Column::EventId.lt(before));
    }
    query.order_by_desc(Column::EventId).limit(limit).all(db).await
}

/// A webhook's delivery of an event.
pub async fn delivery(
    db: &impl ConnectionTrait,
    webhook: Uuid,
    event: Uuid,
) -> Result<Option<webhook_delivery::Model>, DbErr> {
    use webhook_delivery::Column;
    let found = webhook_delivery::Entity::find().filter(Column::WebhookId.eq(webhook));
    found.filter(Column::EventId.eq(event)).one(db).await
}
