//! Queries of contents, of photos' checks and of what people follow.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rules::moderation::{Audience, State};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
    sea_query::{LockBehavior, LockType},
};
use uuid::Uuid;

use ::entity::{
    content::{ActiveModel, Column, Entity, Model},
    follow, photo_check,
};

pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// A content, held until the write ends.
pub async fn held(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

fn find_step(complex: Uuid, incident: Uuid, step: i32) -> Select<Entity> {
    Entity::find()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::IncidentId.eq(incident))
        .filter(Column::Step.eq(step))
}

/// What was written with a step of an incident, held until the write ends.
pub async fn of_step(
    db: &impl ConnectionTrait,
    complex: Uuid,
    incident: Uuid,
    step: i32,
) -> Result<Option<Model>, DbErr> {
    find_step(complex, incident, step).lock_exclusive().one(db).await
}

/// The same without holding it.
pub async fn content(
    db: &impl ConnectionTrait,
    complex: Uuid,
    incident: Uuid,
    step: i32,
) -> Result<Option<Model>, DbErr> {
    find_step(complex, incident, step).one(db).await
}

/// What a report of a public category said.
pub async fn public(
    db: &impl ConnectionTrait,
    complex: Uuid,
    incidents: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::IncidentId.is_in(incidents))
        .filter(Column::Step.eq(1))
        .filter(Column::Audience.eq(Audience::Public.code()))
        .all(db)
        .await
}

/// Steps whose words others may not read.
pub async fn held_steps(
    db: &impl ConnectionTrait,
    complex: Uuid,
    incident: Uuid,
) -> Result<BTreeSet<i32>, DbErr> {
    let steps: Vec<i32> = Entity::find()
        .select_only()
        .column(Column::Step)
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::IncidentId.eq(incident))
        .filter(Column::State.is_in([State::Held.code(), State::Hidden.code()]))
        .into_tuple()
        .all(db)
        .await?;
    Ok(steps.into_iter().collect())
}

/// What is public in a complex, the newest first, before an id.
pub async fn public_list(
    db: &impl ConnectionTrait,
    complex: Uuid,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::Audience.eq(Audience::Public.code()));
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    query.order_by_desc(Column::Id).limit(limit).all(db).await
}

/// What waits for a person in a complex, the oldest first, after an id.
pub async fn waiting(
    db: &impl ConnectionTrait,
    complex: Uuid,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().filter(Column::ComplexId.eq(complex)).filter(Column::DecidedAt.is_null());
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    query.order_by_asc(Column::Id).limit(limit).all(db).await
}

/// Saves a content that is held.
pub async fn save(db: &impl ConnectionTrait, row: &Model) -> Result<(), DbErr> {
    let changed = ActiveModel {
        author_id: Set(row.author_id),
        state: Set(row.state.clone()),
        label: Set(row.label),
        trace_id: Set(row.trace_id.clone()),
        shown_cipher: Set(row.shown_cipher.clone()),
        redactions: Set(row.redactions),
        written_at: Set(row.written_at),
        decided_at: Set(row.decided_at),
        decided_by: Set(row.decided_by),
        version: Set(row.version),
        ..Default::default()
    };
    Entity::update_many()
        .set(changed)
        .filter(Column::ComplexId.eq(row.complex_id))
        .filter(Column::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn insert_checks(db: &impl ConnectionTrait, rows: Vec<photo_check::Model>) -> Result<(), DbErr> {
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    photo_check::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// A photo's check, held until the write ends.
pub async fn held_check(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<photo_check::Model>, DbErr> {
    photo_check::Entity::find().filter(photo_check::Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// The same by WeChat's id of it.
pub async fn check_by_trace(
    db: &impl ConnectionTrait,
    trace: &str,
) -> Result<Option<photo_check::Model>, DbErr> {
    photo_check::Entity::find().filter(photo_check::Column::TraceId.eq(trace)).lock_exclusive().one(db).await
}

/// A check whose time has come, held until the write ends; none when somebody else holds or has moved it.
pub async fn due_check(
    db: &impl ConnectionTrait,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<Option<photo_check::Model>, DbErr> {
    photo_check::Entity::find()
        .filter(photo_check::Column::Id.eq(id))
        .filter(photo_check::Column::WaitsUntil.lte(now))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(db)
        .await
}

/// Checks whose time has come, the longest due first.
pub async fn due_checks(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    use photo_check::Column as Of;
    photo_check::Entity::find()
        .select_only()
        .column(Of::Id)
        .filter(Of::WaitsUntil.lte(now))
        .order_by_asc(Of::WaitsUntil)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Whether WeChat is being asked of some photo right now, so that it may know of a check that we do not yet.
pub async fn is_asking(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, DbErr> {
    use photo_check::Column as Of;
    let asking = photo_check::Entity::find()
        .filter(Of::WaitsUntil.gt(now))
        .filter(Of::TraceId.is_null())
        .filter(Of::Attempts.gt(0))
        .limit(1)
        .one(db)
        .await?;
    Ok(asking.is_some())
}

/// Writes what moves of a check that is held.
pub async fn save_check(db: &impl ConnectionTrait, row: &photo_check::Model) -> Result<(), DbErr> {
    let changed = photo_check::ActiveModel {
        state: Set(row.state.clone()),
        label: Set(row.label),
        trace_id: Set(row.trace_id.clone()),
        attempts: Set(row.attempts),
        waits_until: Set(row.waits_until),
        decided_at: Set(row.decided_at),
        decided_by: Set(row.decided_by),
        version: Set(row.version),
        ..Default::default()
    };
    photo_check::Entity::update_many()
        .set(changed)
        .filter(photo_check::Column::ComplexId.eq(row.complex_id))
        .filter(photo_check::Column::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

/// What was found of some photos, as far as anybody was to look at them.
pub async fn photo_states(
    db: &impl ConnectionTrait,
    photos: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, String>, DbErr> {
    use photo_check::Column as Of;
    let found: Vec<(Uuid, String)> = photo_check::Entity::find()
        .select_only()
        .columns([Of::PhotoId, Of::State])
        .filter(Of::PhotoId.is_in(photos))
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().collect())
}

/// Photos that wait for a person in a complex, the oldest first, after an id.
pub async fn waiting_photos(
    db: &impl ConnectionTrait,
    complex: Uuid,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<photo_check::Model>, DbErr> {
    use photo_check::Column as Of;
    let mut query = photo_check::Entity::find()
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::DecidedAt.is_null())
        .filter(Of::WaitsUntil.is_null());
    if let Some(after) = after {
        query = query.filter(Of::Id.gt(after));
    }
    query.order_by_asc(Of::Id).limit(limit).all(db).await
}

pub async fn follow(db: &impl ConnectionTrait, row: follow::Model) -> Result<(), DbErr> {
    follow::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Stops somebody's following; whether they followed it.
pub async fn unfollow(db: &impl ConnectionTrait, row: &follow::Model) -> Result<bool, DbErr> {
    let done =
        follow::Entity::delete_by_id((row.complex_id, row.incident_id, row.person_id)).exec(db).await?;
    Ok(done.rows_affected == 1)
}

/// Of these incidents, those that somebody follows.
pub async fn followed_of(
    db: &impl ConnectionTrait,
    person: Uuid,
    incidents: impl IntoIterator<Item = Uuid>,
) -> Result<BTreeSet<Uuid>, DbErr> {
    use follow::Column as Of;
    let found: Vec<Uuid> = follow::Entity::find()
        .select_only()
        .column(Of::IncidentId)
        .filter(Of::PersonId.eq(person))
        .filter(Of::IncidentId.is_in(incidents))
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().collect())
}

/// What somebody follows, the newest first, before an incident.
pub async fn followed(
    db: &impl ConnectionTrait,
    person: Uuid,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<follow::Model>, DbErr> {
    use follow::Column as Of;
    let mut query = follow::Entity::find().filter(Of::PersonId.eq(person));
    if let Some(before) = before {
        query = query.filter(Of::IncidentId.lt(before));
    }
    query.order_by_desc(Of::IncidentId).limit(limit).all(db).await
}

/// Who has followed an incident since before a moment, by their ids, after one.
pub async fn followers(
    db: &impl ConnectionTrait,
    (complex, incident): (Uuid, Uuid),
    moment: DateTime<Utc>,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    use follow::Column as Of;
    let mut query = follow::Entity::find()
        .select_only()
        .column(Of::PersonId)
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::IncidentId.eq(incident))
        .filter(Of::Since.lte(moment));
    if let Some(after) = after {
        query = query.filter(Of::PersonId.gt(after));
    }
    query.order_by_asc(Of::PersonId).limit(limit).into_tuple().all(db).await
}

pub async fn count_followed(db: &impl ConnectionTrait, person: Uuid) -> Result<u64, DbErr> {
    follow::Entity::find().filter(follow::Column::PersonId.eq(person)).count(db).await
}
