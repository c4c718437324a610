//! Queries of identity.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait},
};
use uuid::Uuid;

use super::model::ClaimState;
use crate::access::Role;
use ::entity::{claim, door_code, person, place, role_grant};

/// A person's grants that were not revoked.
pub async fn grants(db: &impl ConnectionTrait, person: Uuid) -> Result<Vec<role_grant::Model>, DbErr> {
    role_grant::Entity::find()
        .filter(role_grant::Column::PersonId.eq(person))
        .filter(role_grant::Column::RevokedAt.is_null())
        .order_by_asc(role_grant::Column::Id)
        .all(db)
        .await
}

pub async fn grant(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<role_grant::Model>, DbErr> {
    role_grant::Entity::find_by_id(id).one(db).await
}

pub async fn insert_grant(db: &impl ConnectionTrait, grant: role_grant::Model) -> Result<(), DbErr> {
    role_grant::Entity::insert(grant.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Revokes a grant that still stands; false when it did not.
pub async fn revoke(
    db: &impl ConnectionTrait,
    id: Uuid,
    version: i64,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let revoked = role_grant::Entity::update_many()
        .set(role_grant::ActiveModel {
            revoked_at: Set(Some(now)),
            version: Set(version + 1),
            ..Default::default()
        })
        .filter(role_grant::Column::Id.eq(id))
        .filter(role_grant::Column::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(revoked.rows_affected == 1)
}

/// Grants at a place that were not revoked and have not ended, after an id.
pub async fn grants_at(
    db: &impl ConnectionTrait,
    place: Uuid,
    now: DateTime<Utc>,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<role_grant::Model>, DbErr> {
    use role_grant::Column;
    let mut query = role_grant::Entity::find()
        .filter(Column::PlaceId.eq(place))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::EndsAt.is_null().or(Column::EndsAt.gt(now)));
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    query.order_by_asc(Column::Id).limit(limit).all(db).await
}

/// Grants of one of these roles at these homes that stand.
pub async fn grants_at_homes(
    db: &impl ConnectionTrait,
    homes: impl IntoIterator<Item = Uuid>,
    roles: &[Role],
) -> Result<Vec<role_grant::Model>, DbErr> {
    role_grant::Entity::find()
        .filter(role_grant::Column::PlaceId.is_in(homes))
        .filter(role_grant::Column::Role.is_in(roles.iter().map(|role| role.as_str())))
        .filter(role_grant::Column::RevokedAt.is_null())
        .all(db)
        .await
}

/// Grants of a complex's owners that stand: as whom of the roll their persons were confirmed.
pub async fn grants_of_owners(
    db: &impl ConnectionTrait,
    complex: Uuid,
    owners: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<role_grant::Model>, DbErr> {
    role_grant::Entity::find()
        .filter(role_grant::Column::ComplexId.eq(complex))
        .filter(role_grant::Column::OwnerId.is_in(owners))
        .filter(role_grant::Column::RevokedAt.is_null())
        .all(db)
        .await
}

/// Whether a person ever had a grant to act for one of these owners, whatever became of it.
pub async fn stood_for(
    db: &impl ConnectionTrait,
    person: Uuid,
    complex: Uuid,
    owners: impl IntoIterator<Item = Uuid>,
) -> Result<bool, DbErr> {
    held_for(db, person, complex, owners, role_grant::Column::Ground.is_not_null()).await
}

/// Whether somebody is, or was, one of these owners.
pub async fn has_been(
    db: &impl ConnectionTrait,
    person: Uuid,
    complex: Uuid,
    owners: impl IntoIterator<Item = Uuid>,
) -> Result<bool, DbErr> {
    held_for(db, person, complex, owners, role_grant::Column::Ground.is_null()).await
}

async fn held_for(
    db: &impl ConnectionTrait,
    person: Uuid,
    complex: Uuid,
    owners: impl IntoIterator<Item = Uuid>,
    ground: Expr,
) -> Result<bool, DbErr> {
    let stood = role_grant::Entity::find()
        .filter(role_grant::Column::PersonId.eq(person))
        .filter(role_grant::Column::ComplexId.eq(complex))
        .filter(role_grant::Column::OwnerId.is_in(owners))
        .filter(ground);
    Ok(stood.limit(1).one(db).await?.is_some())
}

pub async fn person(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<person::Model>, DbErr> {
    person::Entity::find_by_id(id).one(db).await
}

pub async fn person_of_openid(db: &impl ConnectionTrait, index: &str) -> Result<Option<Uuid>, DbErr> {
    person::Entity::find()
        .select_only()
        .column(person::Column::Id)
        .filter(person::Column::OpenidIndex.eq(index))
        .into_tuple()
        .one(db)
        .await
}

/// Grants of a role at a place that stand.
fn standing(place: Uuid, role: &str, now: DateTime<Utc>) -> Select<role_grant::Entity> {
    use role_grant::Column;
    role_grant::Entity::find()
        .filter(Column::PlaceId.eq(place))
        .filter(Column::Role.eq(role))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::StartsAt.lte(now))
        .filter(Column::EndsAt.is_null().or(Column::EndsAt.gt(now)))
}

/// The grants of a role at a place that stand.
pub async fn held(
    db: &impl ConnectionTrait,
    place: Uuid,
    role: Role,
    now: DateTime<Utc>,
) -> Result<Vec<role_grant::Model>, DbErr> {
    standing(place, role.as_str(), now).all(db).await
}

/// Who has a role at a place.
pub async fn holders(
    db: &impl ConnectionTrait,
    place: Uuid,
    role: &str,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    let persons = standing(place, role, now).select_only().column(role_grant::Column::PersonId).distinct();
    persons.limit(limit).into_tuple().all(db).await
}

pub async fn holds(
    db: &impl ConnectionTrait,
    person: Uuid,
    place: Uuid,
    role: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let grants = standing(place, role, now).filter(role_grant::Column::PersonId.eq(person));
    Ok(grants.limit(1).one(db).await?.is_some())
}

pub async fn save_phone(
    db: &impl ConnectionTrait,
    id: Uuid,
    cipher: Vec<u8>,
    index: String,
    version: i64,
) -> Result<(), DbErr> {
    person::Entity::update_many()
        .set(person::ActiveModel {
            phone_cipher: Set(Some(cipher)),
            phone_index: Set(Some(index)),
            version: Set(version),
            ..Default::default()
        })
        .filter(person::Column::Id.eq(id))
        .exec(db)
        .await?;
    Ok(())
}

/// Names of places by id.
pub async fn names(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, String>, DbErr> {
    use place::Column;
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut names = HashMap::new();
    for some in ids.chunks(500) {
        let rows: Vec<(Uuid, String)> = place::Entity::find()
            .select_only()
            .columns([Column::Id, Column::Name])
            .filter(Column::Id.is_in(some.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        names.extend(rows);
    }
    Ok(names)
}

pub async fn claim(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<claim::Model>, DbErr> {
    claim::Entity::find().filter(claim::Column::Id.eq(id)).one(db).await
}

/// A claim, held until the write ends.
pub async fn claim_held(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<claim::Model>, DbErr> {
    claim::Entity::find().filter(claim::Column::Id.eq(id)).lock_exclusive().one(db).await
}

pub async fn insert_claim(db: &impl ConnectionTrait, claim: claim::Model) -> Result<(), DbErr> {
    claim::Entity::insert(claim.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes what a decision changes of a claim that is held.
pub async fn decide(db: &impl ConnectionTrait, claim: &claim::Model) -> Result<(), DbErr> {
    claim::ActiveModel {
        complex_id: Set(claim.complex_id),
        id: Set(claim.id),
        state: Set(claim.state.clone()),
        owner_id: Set(claim.owner_id),
        verified_by: Set(claim.verified_by.clone()),
        reason: Set(claim.reason.clone()),
        decided_by: Set(claim.decided_by),
        decided_at: Set(claim.decided_at),
        version: Set(claim.version),
        ..Default::default()
    }
    .update(db)
    .await?;
    Ok(())
}

pub async fn claims_since(
    db: &impl ConnectionTrait,
    person: Uuid,
    since: DateTime<Utc>,
) -> Result<u64, DbErr> {
    claim::Entity::find()
        .filter(claim::Column::PersonId.eq(person))
        .filter(claim::Column::CreatedAt.gte(since))
        .count(db)
        .await
}

pub async fn waiting_of(db: &impl ConnectionTrait, person: Uuid) -> Result<Vec<claim::Model>, DbErr> {
    claim::Entity::find()
        .filter(claim::Column::PersonId.eq(person))
        .filter(claim::Column::State.eq(ClaimState::Waiting.as_str()))
        .all(db)
        .await
}

/// Whether somebody else's claim on a home waits.
pub async fn others_wait(
    db: &impl ConnectionTrait,
    complex: Uuid,
    home: Uuid,
    person: Uuid,
) -> Result<bool, DbErr> {
    let waiting = claim::Entity::find()
        .filter(claim::Column::ComplexId.eq(complex))
        .filter(claim::Column::HomeId.eq(home))
        .filter(claim::Column::State.eq(ClaimState::Waiting.as_str()))
        .filter(claim::Column::PersonId.ne(person));
    Ok(waiting.limit(1).count(db).await? > 0)
}

pub async fn waiting_in(db: &impl ConnectionTrait, complexes: Vec<Uuid>) -> Result<u64, DbErr> {
    claim::Entity::find()
        .filter(claim::Column::ComplexId.is_in(complexes))
        .filter(claim::Column::State.eq(ClaimState::Waiting.as_str()))
        .count(db)
        .await
}

/// A person's claims before an id, the newest first.
pub async fn claims_of(
    db: &impl ConnectionTrait,
    person: Uuid,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<claim::Model>, DbErr> {
    let mut query = claim::Entity::find().filter(claim::Column::PersonId.eq(person));
    if let Some(before) = before {
        query = query.filter(claim::Column::Id.lt(before));
    }
    query.order_by_desc(claim::Column::Id).limit(limit).all(db).await
}

/// A complex's waiting claims after an id, the oldest first.
pub async fn claims_waiting(
    db: &impl ConnectionTrait,
    complex: Uuid,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<claim::Model>, DbErr> {
    let mut query = claim::Entity::find()
        .filter(claim::Column::ComplexId.eq(complex))
        .filter(claim::Column::State.eq(ClaimState::Waiting.as_str()));
    if let Some(after) = after {
        query = query.filter(claim::Column::Id.gt(after));
    }
    query.order_by_asc(claim::Column::Id).limit(limit).all(db).await
}

/// The complexes of these communities.
pub async fn complexes_of(db: &impl ConnectionTrait, communities: Vec<Uuid>) -> Result<Vec<Uuid>, DbErr> {
    use place::Column;
    place::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ParentId.is_in(communities))
        .filter(Column::Level.eq("COMPLEX"))
        .into_tuple()
        .all(db)
        .await
}

pub async fn insert_code(db: &impl ConnectionTrait, code: door_code::Model) -> Result<(), DbErr> {
    door_code::Entity::insert(code.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// The newest code of a home, held until the write ends.
pub async fn code_held(
    db: &impl ConnectionTrait,
    complex: Uuid,
    home: Uuid,
) -> Result<Option<door_code::Model>, DbErr> {
    use door_code::Column;
    door_code::Entity::find()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::HomeId.eq(home))
        .order_by_desc(Column::Id)
        .limit(1)
        .lock_exclusive()
        .one(db)
        .await
}

/// Writes what a try changes of a code that is held.
pub async fn keep_try(db: &impl ConnectionTrait, code: &door_code::Model) -> Result<(), DbErr> {
    door_code::ActiveModel {
        complex_id: Set(code.complex_id),
        id: Set(code.id),
        tries: Set(code.tries),
        used_at: Set(code.used_at),
        ..Default::default()
    }
    .update(db)
    .await?;
    Ok(())
}
