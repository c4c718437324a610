//! Queries of mandates and of disputed ballots.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use ::entity::{ballot, ballot_dispute, ballot_set_aside, poll, poll_mandate, proxy_code};

/// Keeps a person's newest code; an earlier one is not good any more.
pub async fn save_proxy_code(db: &impl ConnectionTrait, row: proxy_code::Model) -> Result<(), DbErr> {
    proxy_code::Entity::delete_by_id(row.person_id).exec(db).await?;
    proxy_code::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Whose this code is, held until the write ends: two by chance at most.
pub async fn proxy_codes_held(
    db: &impl ConnectionTrait,
    code_hash: &str,
) -> Result<Vec<proxy_code::Model>, DbErr> {
    let same = proxy_code::Entity::find().filter(proxy_code::Column::CodeHash.eq(code_hash));
    same.limit(2).lock_exclusive().all(db).await
}

/// A code is good once.
pub async fn use_proxy_code(db: &impl ConnectionTrait, person: Uuid) -> Result<(), DbErr> {
    proxy_code::Entity::delete_by_id(person).exec(db).await?;
    Ok(())
}

pub async fn insert_mandate(db: &impl ConnectionTrait, row: poll_mandate::Model) -> Result<(), DbErr> {
    poll_mandate::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes a mandate whose head is held.
pub async fn save_mandate(db: &impl ConnectionTrait, row: &poll_mandate::Model) -> Result<(), DbErr> {
    row.clone().into_active_model().reset_all().update(db).await?;
    Ok(())
}

/// A mandate of a complex, for whichever poll.
pub async fn mandate(
    db: &impl ConnectionTrait,
    complex: Uuid,
    id: Uuid,
) -> Result<Option<poll_mandate::Model>, DbErr> {
    poll_mandate::Entity::find_by_id((complex, id)).one(db).await
}

fn mandates_for(of: &poll::Model) -> Select<poll_mandate::Entity> {
    poll_mandate::Entity::find()
        .filter(poll_mandate::Column::ComplexId.eq(of.complex_id))
        .filter(poll_mandate::Column::PollId.eq(of.id))
}

/// All mandates for a poll in order, after the one whose id is `after`.
pub async fn mandates(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<poll_mandate::Model>, DbErr> {
    use poll_mandate::Column::Id;
    let after = Condition::all().add_option(after.map(|id| Id.gt(id)));
    mandates_for(of).filter(after).order_by_asc(Id).limit(limit).all(db).await
}

/// The mandates of some heads in order.
pub async fn mandates_of(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    heads: &[Uuid],
) -> Result<Vec<poll_mandate::Model>, DbErr> {
    use poll_mandate::Column::{HeadId, Id};
    mandates_for(of).filter(HeadId.is_in(heads.iter().copied())).order_by_asc(Id).all(db).await
}

/// The mandates that somebody was given for a poll, in order.
pub async fn mandates_held(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    proxy: Uuid,
) -> Result<Vec<poll_mandate::Model>, DbErr> {
    use poll_mandate::Column::{Id, ProxyId};
    mandates_for(of).filter(ProxyId.eq(proxy)).order_by_asc(Id).all(db).await
}

/// Whose head a ballot is that the record tells of by its commitment, and who cast or entered it; whether it counts or
/// was set aside.
pub async fn head_by_commitment(
    db: &impl ConnectionTrait,
    (complex, of): (Uuid, Uuid),
    commitment: &str,
) -> Result<Option<(Uuid, Uuid)>, DbErr> {
    let counts: Option<(Uuid, Uuid)> = ballot::Entity::find()
        .select_only()
        .columns([ballot::Column::HeadId, ballot::Column::CastBy])
        .filter(ballot::Column::ComplexId.eq(complex))
        .filter(ballot::Column::PollId.eq(of))
        .filter(ballot::Column::Commitment.eq(commitment))
        .into_tuple()
        .one(db)
        .await?;
    if counts.is_some() {
        return Ok(counts);
    }
    ballot_set_aside::Entity::find()
        .select_only()
        .columns([ballot_set_aside::Column::HeadId, ballot_set_aside::Column::CastBy])
        .filter(ballot_set_aside::Column::ComplexId.eq(complex))
        .filter(ballot_set_aside::Column::PollId.eq(of))
        .filter(ballot_set_aside::Column::Commitment.eq(commitment))
        .into_tuple()
        .one(db)
        .await
}

/// Whose ballots proxies cast, each with who that was.
pub async fn cast_by_proxies(
    db: &impl ConnectionTrait,
    of: &poll::Model,
) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    ballot::Entity::find()
        .select_only()
        .columns([ballot::Column::HeadId, ballot::Column::CastBy])
        .filter(ballot::Column::ComplexId.eq(of.complex_id))
        .filter(ballot::Column::PollId.eq(of.id))
        .filter(ballot::Column::Channel.eq("PROXY"))
        .into_tuple()
        .all(db)
        .await
}

pub async fn insert_dispute(db: &impl ConnectionTrait, row: ballot_dispute::Model) -> Result<(), DbErr> {
    ballot_dispute::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes a dispute in a poll that is held alone.
pub async fn save_dispute(db: &impl ConnectionTrait, row: &ballot_dispute::Model) -> Result<(), DbErr> {
    row.clone().into_active_model().reset_all().update(db).await?;
    Ok(())
}

fn disputes_in(of: &poll::Model) -> Select<ballot_dispute::Entity> {
    ballot_dispute::Entity::find()
        .filter(ballot_dispute::Column::ComplexId.eq(of.complex_id))
        .filter(ballot_dispute::Column::PollId.eq(of.id))
}

pub async fn dispute(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    id: Uuid,
) -> Result<Option<ballot_dispute::Model>, DbErr> {
    disputes_in(of).filter(ballot_dispute::Column::Id.eq(id)).one(db).await
}

/// Disputes of a poll in order, of one person or of all, after the one whose id is `after`.
pub async fn disputes(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    by: Option<Uuid>,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<ballot_dispute::Model>, DbErr> {
    use ballot_dispute::Column::{Id, PersonId};
    let by = by.map(|person| PersonId.eq(person));
    let wanted = Condition::all().add_option(by).add_option(after.map(|id| Id.gt(id)));
    disputes_in(of).filter(wanted).order_by_asc(Id).limit(limit).all(db).await
}

/// How often a head's ballots were disputed, and whether one of these disputes of one ballot waits.
pub async fn disputes_of(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    (head, ballot): (Uuid, Uuid),
) -> Result<(u64, bool), DbErr> {
    use ballot_dispute::Column::{Answered, BallotId, HeadId};
    let of_head = disputes_in(of).filter(HeadId.eq(head));
    let waits = of_head.clone().filter(BallotId.eq(ballot)).filter(Answered.is_null());
    Ok((of_head.count(db).await?, waits.count(db).await? > 0))
}
