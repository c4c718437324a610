//! Queries of contents and of what people follow.

use std::collections::BTreeSet;

use rules::moderation::{Audience, State};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use ::entity::{
    content::{ActiveModel, Column, Entity, Model},
    follow,
};

pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// A content, held until the write ends.
pub async fn held(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// What was written with a step of an incident, held until the write ends.
pub async fn of_step(
    db: &impl ConnectionTrait,
    complex: Uuid,
    incident: Uuid,
    step: i32,
) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::IncidentId.eq(incident))
        .filter(Column::Step.eq(step))
        .lock_exclusive()
        .one(db)
        .await
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
        state: Set(row.state.clone()),
        label: Set(row.label),
        trace_id: Set(row.trace_id.clone()),
        shown_cipher: Set(row.shown_cipher.clone()),
        redactions: Set(row.redactions),
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

pub async fn count_followed(db: &impl ConnectionTrait, person: Uuid) -> Result<u64, DbErr> {
    follow::Entity::find().filter(follow::Column::PersonId.eq(person)).count(db).await
}
