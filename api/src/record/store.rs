//! Queries of the record.

use std::collections::BTreeSet;

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    Order, QueryFilter, QueryOrder, QuerySelect, sea_query::NullOrdering,
};
use uuid::Uuid;

use ::entity::{
    event::{Column, Entity, Model},
    log_head,
};

pub async fn insert(db: &impl ConnectionTrait, event: Model) -> Result<(), DbErr> {
    Entity::insert(event.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Events that have no place in their log yet, oldest first.
pub async fn unsequenced(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Seq.is_null()).order_by_asc(Column::Id).limit(limit).all(db).await
}

/// Where a complex's log stands: its last number and hash.
pub async fn head(db: &impl ConnectionTrait, complex: Uuid) -> Result<Option<log_head::Model>, DbErr> {
    log_head::Entity::find_by_id(complex).one(db).await
}

pub async fn move_head(db: &impl ConnectionTrait, head: log_head::Model, is_new: bool) -> Result<(), DbErr> {
    let mut row = head.into_active_model();
    if is_new {
        log_head::Entity::insert(row).exec_without_returning(db).await?;
    } else {
        row.seq.reset();
        row.hash.reset();
        row.update(db).await?;
    }
    Ok(())
}

/// Gives an event its place and hash.
pub async fn place(db: &impl ConnectionTrait, event: &Model, seq: i64, hash: &str) -> Result<(), DbErr> {
    Entity::update_many()
        .set(::entity::event::ActiveModel {
            seq: Set(Some(seq)),
            hash: Set(Some(hash.to_owned())),
            ..Default::default()
        })
        .filter(Column::ComplexId.eq(event.complex_id))
        .filter(Column::Id.eq(event.id))
        .exec(db)
        .await?;
    Ok(())
}

/// A complex's log after a place in it.
pub async fn after(
    db: &impl ConnectionTrait,
    complex: Uuid,
    seq: i64,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::Seq.gt(seq))
        .order_by_asc(Column::Seq)
        .limit(limit)
        .all(db)
        .await
}

/// One subject's events in the order of the log; those without a place yet come last.
pub async fn of_subject(
    db: &impl ConnectionTrait,
    complex: Uuid,
    subject: Uuid,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::SubjectId.eq(subject))
        .order_by_with_nulls(Column::Seq, Order::Asc, NullOrdering::Last)
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// Those of some subjects of which there is an event of a kind.
pub async fn subjects_with(
    db: &impl ConnectionTrait,
    complex: Uuid,
    subjects: impl IntoIterator<Item = Uuid>,
    kind: &str,
) -> Result<Vec<Uuid>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::SubjectId)
        .distinct()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::SubjectId.is_in(subjects))
        .filter(Column::Kind.eq(kind))
        .into_tuple()
        .all(db)
        .await
}

/// The complexes whose log has begun, or has an event that waits for its place.
pub async fn complexes(db: &impl ConnectionTrait) -> Result<Vec<Uuid>, DbErr> {
    let begun: Vec<Uuid> = log_head::Entity::find()
        .select_only()
        .column(log_head::Column::ComplexId)
        .into_tuple()
        .all(db)
        .await?;
    let written: Vec<Uuid> =
        Entity::find().select_only().column(Column::ComplexId).distinct().into_tuple().all(db).await?;
    let all: BTreeSet<Uuid> = begun.into_iter().chain(written).collect();
    Ok(all.into_iter().collect())
}
