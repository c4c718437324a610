//! Queries of the record.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, Order,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, IntoIden, IntoValueTuple, NullOrdering, Query, TableRef},
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

/// Complexes whose log has grown since it was told of.
pub async fn unnoticed(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Uuid>, DbErr> {
    use log_head::Column as Head;
    log_head::Entity::find()
        .select_only()
        .column(Head::ComplexId)
        .filter(Expr::col(Head::NoticedSeq).lt(Expr::col(Head::Seq)))
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Says that a log has been told of up to `to`; false when that is not from where it stood.
pub async fn move_noticed(
    db: &impl ConnectionTrait,
    complex: Uuid,
    from: i64,
    to: i64,
) -> Result<bool, DbErr> {
    use log_head::Column as Head;
    let moved = log_head::Entity::update_many()
        .col_expr(Head::NoticedSeq, Expr::value(to))
        .filter(Head::ComplexId.eq(complex))
        .filter(Head::NoticedSeq.eq(from))
        .exec(db)
        .await?;
    Ok(moved.rows_affected == 1)
}

pub async fn event(db: &impl ConnectionTrait, complex: Uuid, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id((complex, id)).one(db).await
}

/// Whether there is an event of one of these kinds of a subject after one of its versions.
pub async fn happened_since(
    db: &impl ConnectionTrait,
    complex: Uuid,
    subject: Uuid,
    version: i64,
    kinds: &[&str],
) -> Result<bool, DbErr> {
    let found: Option<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::SubjectId.eq(subject))
        .filter(Column::SubjectVersion.gt(version))
        .filter(Column::Kind.is_in(kinds.iter().copied()))
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// An event's place in its complex's log.
pub struct Placed {
    pub complex: Uuid,
    pub id: Uuid,
    pub seq: i64,
    pub hash: String,
}

/// Gives events their places, all with one statement; at most 500.
pub async fn place(db: &impl ConnectionTrait, placed: Vec<Placed>) -> Result<(), DbErr> {
    let rows = placed.into_iter().map(|one| (one.complex, one.id, one.seq, one.hash).into_value_tuple());
    let column = |number| Expr::col(("placed", number));
    let update = Query::update()
        .table(Entity)
        .from(TableRef::ValuesList(rows.collect(), "placed".into_iden()))
        .value(Column::Seq, column("column3"))
        .value(Column::Hash, column("column4"))
        .and_where(Expr::col((Entity, Column::ComplexId)).eq(column("column1")))
        .and_where(Expr::col((Entity, Column::Id)).eq(column("column2")))
        .to_owned();
    db.execute(&update).await?;
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

/// Events of these kinds of some subjects that have a place in the log after `after`, in its order.
pub async fn of_subjects(
    db: &impl ConnectionTrait,
    (complex, subjects): (Uuid, &[Uuid]),
    kinds: &[&str],
    after: i64,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::SubjectId.is_in(subjects.iter().copied()))
        .filter(Column::Kind.is_in(kinds.iter().copied()))
        .filter(Column::Seq.gt(after))
        .order_by_asc(Column::Seq)
        .limit(limit)
        .all(db)
        .await
}

/// What makes an event one of the roll; in the words of the index that finds them.
const OF_THE_ROLL: &str = "subject_type IN ('ROLL', 'ROLL_CHANGE', 'ROLL_OBJECTION')";

/// Events of these kinds of a complex's roll, from one moment to another, that have a place in the log after `after`, in
/// its order.
pub async fn of_the_roll(
    db: &impl ConnectionTrait,
    complex: Uuid,
    (kinds, from, to): (&[&str], DateTime<Utc>, Option<DateTime<Utc>>),
    after: i64,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::ComplexId.eq(complex))
        .filter(Expr::cust(OF_THE_ROLL))
        .filter(Column::Kind.is_in(kinds.iter().copied()))
        .filter(Condition::all().add(Column::At.gte(from)).add_option(to.map(|to| Column::At.lte(to))))
        .filter(Column::Seq.gt(after))
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

/// Whether an event of some subjects waits for its place in the log.
pub async fn waits(db: &impl ConnectionTrait, complex: Uuid, subjects: &[Uuid]) -> Result<bool, DbErr> {
    let found: Option<Uuid> = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::SubjectId.is_in(subjects.iter().copied()))
        .filter(Column::Seq.is_null())
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// The hashes at some places of a complex's log.
pub async fn hashes(
    db: &impl ConnectionTrait,
    complex: Uuid,
    seqs: Vec<i64>,
) -> Result<HashMap<i64, String>, DbErr> {
    /// Far below what either database binds at once.
    const AT_ONCE: usize = 500;
    let mut hashes = HashMap::with_capacity(seqs.len());
    for some in seqs.chunks(AT_ONCE) {
        let rows: Vec<(Option<i64>, Option<String>)> = Entity::find()
            .select_only()
            .columns([Column::Seq, Column::Hash])
            .filter(Column::ComplexId.eq(complex))
            .filter(Column::Seq.is_in(some.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        hashes.extend(rows.into_iter().filter_map(|(seq, hash)| Some((seq?, hash?))));
    }
    Ok(hashes)
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
