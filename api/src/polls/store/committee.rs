//! Queries of what became of a committee after its election.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use uuid::Uuid;

use ::entity::{candidate, poll, poll_vacancy};

pub async fn insert_vacancy(db: &impl ConnectionTrait, row: poll_vacancy::Model) -> Result<(), DbErr> {
    poll_vacancy::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Those of the committee that a poll elected, in order.
pub async fn vacancies(
    db: &impl ConnectionTrait,
    of: &poll::Model,
) -> Result<Vec<poll_vacancy::Model>, DbErr> {
    poll_vacancy::Entity::find()
        .filter(poll_vacancy::Column::ComplexId.eq(of.complex_id))
        .filter(poll_vacancy::Column::PollId.eq(of.id))
        .order_by_asc(poll_vacancy::Column::Id)
        .all(db)
        .await
}

/// The elections of a whole committee in a complex whose results are final, the last one first.
pub async fn final_elections(db: &impl ConnectionTrait, complex: Uuid) -> Result<Vec<poll::Model>, DbErr> {
    poll::Entity::find()
        .filter(poll::Column::ComplexId.eq(complex))
        .filter(poll::Column::Kind.eq("COMMITTEE_ELECTION"))
        .filter(poll::Column::CommitteeOf.is_null())
        .filter(poll::Column::FinalAt.is_not_null())
        .order_by_desc(poll::Column::FinalAt)
        .all(db)
        .await
}

/// Whoever stands or stood in a poll of a complex.
pub async fn stood(
    db: &impl ConnectionTrait,
    complex: Uuid,
    candidate: Uuid,
) -> Result<Option<candidate::Model>, DbErr> {
    candidate::Entity::find_by_id((complex, candidate)).one(db).await
}

/// The by-elections of the committee that a poll elected, and their run-offs, whose results are final.
pub async fn by_elections(db: &impl ConnectionTrait, of: Uuid) -> Result<Vec<poll::Model>, DbErr> {
    poll::Entity::find()
        .filter(poll::Column::CommitteeOf.eq(of))
        .filter(poll::Column::FinalAt.is_not_null())
        .order_by_asc(poll::Column::FinalAt)
        .order_by_asc(poll::Column::Id)
        .all(db)
        .await
}
