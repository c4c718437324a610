//! Queries of service, and of those who have not voted.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, JoinType,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{ExprTrait, SelectStatement},
};
use uuid::Uuid;

use super::{heads_in, insert_all, weigh};
use ::entity::{ballot, poll, poll_head, poll_service};

pub async fn insert_services(db: &impl ConnectionTrait, rows: Vec<poll_service::Model>) -> Result<(), DbErr> {
    insert_all::<poll_service::Entity, _, _>(db, rows).await
}

/// Writes a service in a poll that is held alone.
pub async fn save_service(db: &impl ConnectionTrait, row: &poll_service::Model) -> Result<(), DbErr> {
    row.clone().into_active_model().reset_all().update(db).await?;
    Ok(())
}

fn services_in(of: &poll::Model) -> Select<poll_service::Entity> {
    poll_service::Entity::find()
        .filter(poll_service::Column::ComplexId.eq(of.complex_id))
        .filter(poll_service::Column::PollId.eq(of.id))
}

/// Those that were not taken back.
fn standing_in(of: &poll::Model) -> Select<poll_service::Entity> {
    services_in(of).filter(poll_service::Column::WithdrawnAt.is_null())
}

pub async fn service(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    id: Uuid,
) -> Result<Option<poll_service::Model>, DbErr> {
    services_in(of).filter(poll_service::Column::Id.eq(id)).one(db).await
}

/// What was noted of some heads, or of all when none are named, those taken back too: by head, then in order.
pub async fn services(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    heads: Option<&[Uuid]>,
) -> Result<Vec<poll_service::Model>, DbErr> {
    use poll_service::Column::{HeadId, Id};
    let of_heads = heads.map(|heads| HeadId.is_in(heads.iter().copied()));
    services_in(of)
        .filter(Condition::all().add_option(of_heads))
        .order_by_asc(HeadId)
        .order_by_asc(Id)
        .all(db)
        .await
}

/// How many services stand, by how and of how many heads and how much area.
pub async fn served_by_method(
    db: &impl ConnectionTrait,
    of: &poll::Model,
) -> Result<Vec<(String, i64, i64)>, DbErr> {
    let head = poll_service::Entity::belongs_to(poll_head::Entity)
        .from(poll_service::Column::HeadId)
        .to(poll_head::Column::Id)
        .into();
    standing_in(of)
        .select_only()
        .column(poll_service::Column::Method)
        .column_as(poll_service::Column::Id.count(), "heads")
        .column_as(poll_head::Column::Area.sum().cast_as("bigint"), "area")
        .join(JoinType::InnerJoin, head)
        .filter(poll_head::Column::ComplexId.eq(of.complex_id))
        .filter(poll_head::Column::PollId.eq(of.id))
        .group_by(poll_service::Column::Method)
        .order_by_asc(poll_service::Column::Method)
        .into_tuple()
        .all(db)
        .await
}

fn served(of: &poll::Model) -> SelectStatement {
    standing_in(of).select_only().column(poll_service::Column::HeadId).into_query()
}

/// How many heads were served, and how much area they have.
pub async fn served_weight(db: &impl ConnectionTrait, of: &poll::Model) -> Result<(i64, i64), DbErr> {
    weigh(db, heads_in(of).filter(poll_head::Column::Id.in_subquery(served(of)))).await
}

/// Heads in the order of their ids after one; where it is wanted, only those that nobody served yet.
pub async fn heads_served(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    only_unserved: bool,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    let unserved = only_unserved.then(|| poll_head::Column::Id.not_in_subquery(served(of)));
    let wanted = Condition::all().add_option(unserved);
    ids_after(heads_in(of).filter(wanted), after, limit).all(db).await
}

fn unvoted_in(of: &poll::Model) -> Select<poll_head::Entity> {
    let voted = ballot::Entity::find()
        .select_only()
        .column(ballot::Column::HeadId)
        .filter(ballot::Column::ComplexId.eq(of.complex_id))
        .filter(ballot::Column::PollId.eq(of.id));
    heads_in(of).filter(poll_head::Column::Id.not_in_subquery(voted.into_query()))
}

/// How many heads have not voted.
pub async fn unvoted_count(db: &impl ConnectionTrait, of: &poll::Model) -> Result<u64, DbErr> {
    unvoted_in(of).count(db).await
}

/// Heads that have not voted, in the order of their ids after one.
pub async fn unvoted(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    ids_after(unvoted_in(of), after, limit).all(db).await
}

fn ids_after(
    heads: Select<poll_head::Entity>,
    after: Option<Uuid>,
    limit: u64,
) -> sea_orm::Selector<sea_orm::SelectGetableTuple<Uuid>> {
    heads
        .select_only()
        .column(poll_head::Column::Id)
        .filter(Condition::all().add_option(after.map(|id| poll_head::Column::Id.gt(id))))
        .order_by_asc(poll_head::Column::Id)
        .limit(limit)
        .into_tuple()
}
