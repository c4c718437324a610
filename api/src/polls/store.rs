//! Queries of polls.

mod committee;
mod external;
mod mandates;
mod paper;
mod serving;

pub use committee::*;
pub use external::*;
pub use mandates::*;
pub use paper::*;
pub use serving::*;

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, JoinType, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{ExprTrait, Query},
};
use uuid::Uuid;

use ::entity::{
    ballot, ballot_set_aside, campaign_page, candidate, home, matter, owner, ownership, place, poll,
    poll_deadline, poll_head, poll_home, poll_objection, poll_owner, poll_registration, upload,
};

/// Rows written by one statement; far below what either database binds at once.
const BATCH: usize = 1000;

/// How a poll's row is held until the write ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// With others who cast; nobody closes meanwhile.
    Shared,
    /// Alone.
    Alone,
}

pub async fn poll(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<poll::Model>, DbErr> {
    poll::Entity::find().filter(poll::Column::Id.eq(id)).one(db).await
}

/// The poll that is the run-off of another, if there is one.
pub async fn runoff_of(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<poll::Model>, DbErr> {
    poll::Entity::find().filter(poll::Column::RunoffOf.eq(id)).one(db).await
}

/// The poll, held. SQLite's one writer holds everything anyway.
pub async fn held(db: &impl ConnectionTrait, id: Uuid, hold: Hold) -> Result<Option<poll::Model>, DbErr> {
    let query = poll::Entity::find().filter(poll::Column::Id.eq(id));
    match hold {
        Hold::Shared => query.lock_shared(),
        Hold::Alone => query.lock_exclusive(),
    }
    .one(db)
    .await
}

pub async fn insert_poll(db: &impl ConnectionTrait, row: poll::Model) -> Result<(), DbErr> {
    poll::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes a poll that is held alone.
pub async fn save_poll(db: &impl ConnectionTrait, row: &poll::Model) -> Result<(), DbErr> {
    row.clone().into_active_model().reset_all().update(db).await?;
    Ok(())
}

/// Which polls a list shows.
pub enum Within {
    /// Those of these complexes.
    Complexes(Vec<Uuid>),
    /// Those put to this part of a complex.
    Part { complex: Uuid, place: Uuid },
}

/// Polls, the newest first, before the one whose id is `before`.
pub async fn polls(
    db: &impl ConnectionTrait,
    within: Within,
    state: Option<&str>,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<poll::Model>, DbErr> {
    use poll::Column::{ComplexId, Id, PlaceId, State};
    let wanted: Vec<Condition> = match within {
        Within::Complexes(ids) => ids
            .chunks(BATCH)
            .map(|some| Condition::all().add(ComplexId.is_in(some.iter().copied())))
            .collect(),
        Within::Part { complex, place } => {
            vec![Condition::all().add(ComplexId.eq(complex)).add(PlaceId.eq(place))]
        }
    };
    let mut newest = Vec::new();
    for some in wanted {
        let some = some.add_option(state.map(|state| State.eq(state))).add_option(before.map(|id| Id.lt(id)));
        newest.extend(poll::Entity::find().filter(some).order_by_desc(Id).limit(limit).all(db).await?);
    }
    newest.sort_by_key(|poll| std::cmp::Reverse(poll.id));
    newest.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(newest)
}

/// What the clock should have done by now, oldest first.
pub async fn due(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<Uuid>, DbErr> {
    use poll::Column::{ClosesAt, FinalFrom, Id, OpensAt, PausedUntil, State, WaitsSince};
    let opens = Condition::all().add(State.eq("LOCKED")).add(OpensAt.lte(now));
    // What waits for paper is looked at again by whoever settles it.
    let closes = Condition::all().add(State.eq("OPEN")).add(ClosesAt.lte(now)).add(WaitsSince.is_null());
    let goes_on = Condition::all().add(State.eq("OPEN")).add(PausedUntil.lte(now));
    let mut due: Vec<Uuid> = poll::Entity::find()
        .select_only()
        .column(Id)
        .filter(Condition::any().add(opens).add(closes).add(goes_on))
        .order_by_asc(OpensAt)
        .limit(100)
        .into_tuple()
        .all(db)
        .await?;
    let finished: Vec<Uuid> = poll::Entity::find()
        .select_only()
        .column(Id)
        .filter(FinalFrom.lte(now))
        .order_by_asc(FinalFrom)
        .limit(100)
        .into_tuple()
        .all(db)
        .await?;
    due.extend(finished);
    Ok(due)
}

/// The deadlines of which there is something to tell by now, by poll, the earliest first.
pub async fn deadlines_to_tell(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Vec<(Uuid, String)>, DbErr> {
    poll_deadline::Entity::find()
        .select_only()
        .column(poll_deadline::Column::PollId)
        .column(poll_deadline::Column::Deadline)
        .filter(poll_deadline::Column::PromptAt.lte(now))
        .order_by_asc(poll_deadline::Column::PromptAt)
        .limit(100)
        .into_tuple()
        .all(db)
        .await
}

/// What is to be done after a vote; a handful at most.
pub async fn deadlines(
    db: &impl ConnectionTrait,
    of: &poll::Model,
) -> Result<Vec<poll_deadline::Model>, DbErr> {
    poll_deadline::Entity::find()
        .filter(poll_deadline::Column::ComplexId.eq(of.complex_id))
        .filter(poll_deadline::Column::PollId.eq(of.id))
        .all(db)
        .await
}

pub async fn deadline(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    deadline: &str,
) -> Result<Option<poll_deadline::Model>, DbErr> {
    poll_deadline::Entity::find_by_id((of.complex_id, of.id, deadline.to_owned())).one(db).await
}

pub async fn insert_deadline(db: &impl ConnectionTrait, row: poll_deadline::Model) -> Result<(), DbErr> {
    poll_deadline::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes a deadline of a poll that is held alone.
pub async fn save_deadline(db: &impl ConnectionTrait, row: &poll_deadline::Model) -> Result<(), DbErr> {
    row.clone().into_active_model().reset_all().update(db).await?;
    Ok(())
}

pub async fn insert_objection(db: &impl ConnectionTrait, row: poll_objection::Model) -> Result<(), DbErr> {
    poll_objection::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes an objection to the result of a poll that is held alone.
pub async fn save_objection(db: &impl ConnectionTrait, row: &poll_objection::Model) -> Result<(), DbErr> {
    row.clone().into_active_model().reset_all().update(db).await?;
    Ok(())
}

fn objections_to(of: &poll::Model) -> Select<poll_objection::Entity> {
    poll_objection::Entity::find()
        .filter(poll_objection::Column::ComplexId.eq(of.complex_id))
        .filter(poll_objection::Column::PollId.eq(of.id))
}

pub async fn objection(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    id: Uuid,
) -> Result<Option<poll_objection::Model>, DbErr> {
    objections_to(of).filter(poll_objection::Column::Id.eq(id)).one(db).await
}

/// Objections to a result in order, of one person or of all, after the one whose id is `after`.
pub async fn objections(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    by: Option<Uuid>,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<poll_objection::Model>, DbErr> {
    use poll_objection::Column::{Id, PersonId};
    let by = by.map(|person| PersonId.eq(person));
    let after = after.map(|id| Id.gt(id));
    let wanted = Condition::all().add_option(by).add_option(after);
    objections_to(of).filter(wanted).order_by_asc(Id).limit(limit).all(db).await
}

/// How many one person made.
pub async fn objections_by(db: &impl ConnectionTrait, of: &poll::Model, person: Uuid) -> Result<u64, DbErr> {
    objections_to(of).filter(poll_objection::Column::PersonId.eq(person)).count(db).await
}

/// How many there are, by what became of them.
pub async fn objection_counts(
    db: &impl ConnectionTrait,
    of: &poll::Model,
) -> Result<Vec<(Option<String>, i64)>, DbErr> {
    use poll_objection::Column::{Answered, Id};
    objections_to(of)
        .select_only()
        .column(Answered)
        .column_as(Id.count(), "objections")
        .group_by(Answered)
        .into_tuple()
        .all(db)
        .await
}

/// A poll's texts in ballot order.
pub async fn matters(db: &impl ConnectionTrait, of: &poll::Model) -> Result<Vec<matter::Model>, DbErr> {
    matter::Entity::find()
        .filter(matter::Column::ComplexId.eq(of.complex_id))
        .filter(matter::Column::PollId.eq(of.id))
        .order_by_asc(matter::Column::Ordinal)
        .all(db)
        .await
}

pub async fn insert_matter(db: &impl ConnectionTrait, row: matter::Model) -> Result<(), DbErr> {
    matter::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// A poll's candidates in ballot order.
pub async fn candidates(db: &impl ConnectionTrait, of: &poll::Model) -> Result<Vec<candidate::Model>, DbErr> {
    candidate::Entity::find()
        .filter(candidate::Column::ComplexId.eq(of.complex_id))
        .filter(candidate::Column::PollId.eq(of.id))
        .order_by_asc(candidate::Column::Ordinal)
        .all(db)
        .await
}

pub async fn candidate(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    id: Uuid,
) -> Result<Option<candidate::Model>, DbErr> {
    candidate::Entity::find_by_id((of.complex_id, id))
        .filter(candidate::Column::PollId.eq(of.id))
        .one(db)
        .await
}

pub async fn insert_candidate(db: &impl ConnectionTrait, row: candidate::Model) -> Result<(), DbErr> {
    candidate::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes a candidate of a poll that is held alone.
pub async fn save_candidate(db: &impl ConnectionTrait, row: &candidate::Model) -> Result<(), DbErr> {
    row.clone().into_active_model().reset_all().update(db).await?;
    Ok(())
}

/// What a candidate's page says now.
pub async fn page(
    db: &impl ConnectionTrait,
    of: &candidate::Model,
) -> Result<Option<campaign_page::Model>, DbErr> {
    campaign_page::Entity::find()
        .filter(campaign_page::Column::ComplexId.eq(of.complex_id))
        .filter(campaign_page::Column::CandidateId.eq(of.id))
        .order_by_desc(campaign_page::Column::Version)
        .one(db)
        .await
}

pub async fn insert_page(db: &impl ConnectionTrait, row: campaign_page::Model) -> Result<(), DbErr> {
    campaign_page::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Ties a photo that `person` sent to a candidate; false if there is no such photo, or it is tied to something else.
pub async fn attach_photo(
    db: &impl ConnectionTrait,
    photo: Uuid,
    person: Uuid,
    to: &candidate::Model,
) -> Result<bool, DbErr> {
    use upload::Column::{AttachedId, Id, PersonId};
    let tied = upload::Entity::update_many()
        .set(upload::ActiveModel {
            complex_id: Set(Some(to.complex_id)),
            attached_to: Set(Some("CANDIDATE".into())),
            attached_id: Set(Some(to.id)),
            ..Default::default()
        })
        .filter(Id.eq(photo))
        .filter(PersonId.eq(person))
        .filter(Condition::any().add(AttachedId.is_null()).add(AttachedId.eq(to.id)))
        .exec(db)
        .await?;
    Ok(tied.rows_affected == 1)
}

/// Who owns a home, in the roll's order.
pub async fn owners_of(
    db: &impl ConnectionTrait,
    complex: Uuid,
    home: Uuid,
) -> Result<Vec<owner::Model>, DbErr> {
    let shares = ownership::Entity::find()
        .filter(ownership::Column::ComplexId.eq(complex))
        .filter(ownership::Column::HomeId.eq(home))
        .order_by_asc(ownership::Column::Ordinal)
        .all(db)
        .await?;
    let ids = shares.iter().map(|share| share.owner_id);
    let mut found: HashMap<Uuid, owner::Model> = owner::Entity::find()
        .filter(owner::Column::ComplexId.eq(complex))
        .filter(owner::Column::Id.is_in(ids))
        .all(db)
        .await?
        .into_iter()
        .map(|owner| (owner.id, owner))
        .collect();
    Ok(shares.iter().filter_map(|share| found.remove(&share.owner_id)).collect())
}

/// The roll of one place as it stands, and the places that name it.
pub struct Roll {
    /// Of the whole complex.
    pub homes: Vec<home::Model>,
    /// Of the whole complex, in the roll's order.
    pub shares: Vec<ownership::Model>,
    /// Buildings, units and homes in the place.
    pub places: HashMap<Uuid, place::Model>,
}

/// Reads the roll: three queries, however many homes.
pub async fn roll(db: &impl ConnectionTrait, complex: Uuid) -> Result<Roll, DbErr> {
    let homes = home::Entity::find().filter(home::Column::ComplexId.eq(complex)).all(db).await?;
    let shares = ownership::Entity::find()
        .filter(ownership::Column::ComplexId.eq(complex))
        .order_by_asc(ownership::Column::HomeId)
        .order_by_asc(ownership::Column::Ordinal)
        .all(db)
        .await?;
    let places = place::Entity::find().filter(place::Column::ComplexId.eq(complex)).all(db).await?;
    Ok(Roll { homes, shares, places: places.into_iter().map(|place| (place.id, place)).collect() })
}

/// A locked roll.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockedRoll {
    pub heads: Vec<poll_head::Model>,
    pub homes: Vec<poll_home::Model>,
    pub owners: Vec<poll_owner::Model>,
}

pub async fn insert_roll(db: &impl ConnectionTrait, roll: LockedRoll) -> Result<(), DbErr> {
    insert_all::<poll_head::Entity, _, _>(db, roll.heads).await?;
    insert_all::<poll_home::Entity, _, _>(db, roll.homes).await?;
    insert_all::<poll_owner::Entity, _, _>(db, roll.owners).await
}

async fn insert_all<E, M, A>(db: &impl ConnectionTrait, rows: Vec<M>) -> Result<(), DbErr>
where
    E: EntityTrait<Model = M>,
    M: IntoActiveModel<A>,
    A: ActiveModelTrait<Entity = E>,
{
    let mut rows = rows.into_iter().map(IntoActiveModel::into_active_model).peekable();
    while rows.peek().is_some() {
        E::insert_many(rows.by_ref().take(BATCH)).exec_without_returning(db).await?;
    }
    Ok(())
}

/// The roll that a poll locked, in the order of its ids.
pub async fn locked_roll(db: &impl ConnectionTrait, of: &poll::Model) -> Result<LockedRoll, DbErr> {
    Ok(LockedRoll {
        heads: poll_head::Entity::find()
            .filter(poll_head::Column::ComplexId.eq(of.complex_id))
            .filter(poll_head::Column::PollId.eq(of.id))
            .order_by_asc(poll_head::Column::Id)
            .all(db)
            .await?,
        homes: poll_home::Entity::find()
            .filter(poll_home::Column::ComplexId.eq(of.complex_id))
            .filter(poll_home::Column::PollId.eq(of.id))
            .order_by_asc(poll_home::Column::HeadId)
            .order_by_asc(poll_home::Column::HomeId)
            .all(db)
            .await?,
        owners: poll_owner::Entity::find()
            .filter(poll_owner::Column::ComplexId.eq(of.complex_id))
            .filter(poll_owner::Column::PollId.eq(of.id))
            .order_by_asc(poll_owner::Column::HeadId)
            .order_by_asc(poll_owner::Column::OwnerId)
            .all(db)
            .await?,
    })
}

/// Polls in which people vote now, the first to close first.
pub async fn open_in(
    db: &impl ConnectionTrait,
    complexes: &[Uuid],
    limit: u64,
) -> Result<Vec<poll::Model>, DbErr> {
    use poll::Column::{ClosesAt, ComplexId, Id, State};
    poll::Entity::find()
        .filter(ComplexId.is_in(complexes.iter().copied()))
        .filter(State.eq("OPEN"))
        .order_by_asc(ClosesAt)
        .order_by_asc(Id)
        .limit(limit)
        .all(db)
        .await
}

/// A head of a poll: the poll's id, then the head's.
pub type HeadId = (Uuid, Uuid);

/// Rows of some polls, by the columns of the complex and of the poll.
fn of_polls(complex: impl ColumnTrait, poll: impl ColumnTrait, polls: &[poll::Model]) -> Condition {
    Condition::all()
        .add(complex.is_in(polls.iter().map(|poll| poll.complex_id)))
        .add(poll.is_in(polls.iter().map(|poll| poll.id)))
}

/// Heads that one of these owners had when the roll was locked.
pub async fn heads_locked_to(
    db: &impl ConnectionTrait,
    polls: &[poll::Model],
    owners: &[Uuid],
) -> Result<Vec<HeadId>, DbErr> {
    poll_owner::Entity::find()
        .select_only()
        .columns([poll_owner::Column::PollId, poll_owner::Column::HeadId])
        .distinct()
        .filter(of_polls(poll_owner::Column::ComplexId, poll_owner::Column::PollId, polls))
        .filter(poll_owner::Column::OwnerId.is_in(owners.iter().copied()))
        .into_tuple()
        .all(db)
        .await
}

/// Heads with a home that one of these owners has at present.
pub async fn heads_with_home_of(
    db: &impl ConnectionTrait,
    polls: &[poll::Model],
    owners: &[Uuid],
) -> Result<Vec<HeadId>, DbErr> {
    let owned: Vec<Uuid> = ownership::Entity::find()
        .select_only()
        .column(ownership::Column::HomeId)
        .distinct()
        .filter(ownership::Column::ComplexId.is_in(polls.iter().map(|poll| poll.complex_id)))
        .filter(ownership::Column::OwnerId.is_in(owners.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    let mut heads = Vec::new();
    for some in owned.chunks(BATCH) {
        heads.extend(
            poll_home::Entity::find()
                .select_only()
                .columns([poll_home::Column::PollId, poll_home::Column::HeadId])
                .filter(of_polls(poll_home::Column::ComplexId, poll_home::Column::PollId, polls))
                .filter(poll_home::Column::HomeId.is_in(some.iter().copied()))
                .into_tuple::<HeadId>()
                .all(db)
                .await?,
        );
    }
    Ok(heads)
}

/// Heads whose ballot this person cast as one of their owners: who sold since, too, and nobody's proxy or clerk.
pub async fn heads_cast_by(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    person: Uuid,
) -> Result<Vec<Uuid>, DbErr> {
    ballot::Entity::find()
        .select_only()
        .column(ballot::Column::HeadId)
        .filter(ballot::Column::ComplexId.eq(of.complex_id))
        .filter(ballot::Column::PollId.eq(of.id))
        .filter(ballot::Column::CastBy.eq(person))
        .filter(ballot::Column::Channel.eq("ONLINE"))
        .into_tuple()
        .all(db)
        .await
}

pub async fn heads(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    ids: &[Uuid],
) -> Result<Vec<poll_head::Model>, DbErr> {
    poll_head::Entity::find()
        .filter(poll_head::Column::ComplexId.eq(of.complex_id))
        .filter(poll_head::Column::PollId.eq(of.id))
        .filter(poll_head::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(poll_head::Column::Id)
        .all(db)
        .await
}

/// A head, held alone until the write ends.
pub async fn hold_head(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    head: Uuid,
) -> Result<Option<poll_head::Model>, DbErr> {
    poll_head::Entity::find_by_id((of.complex_id, of.id, head)).lock_exclusive().one(db).await
}

/// A head's owners when the roll was locked, and its homes as the roll has them at present.
#[derive(Debug, Default)]
pub struct Held {
    pub locked: BTreeSet<Uuid>,
    pub homes: HashMap<Uuid, (String, BTreeSet<Uuid>)>,
}

/// How some heads are held: by whom they were locked, and each home's status and owners at present.
pub async fn held_by(
    db: &impl ConnectionTrait,
    polls: &[poll::Model],
    heads: &[Uuid],
) -> Result<HashMap<HeadId, Held>, DbErr> {
    let mut held: HashMap<HeadId, Held> = HashMap::new();
    let locked = poll_owner::Entity::find()
        .filter(of_polls(poll_owner::Column::ComplexId, poll_owner::Column::PollId, polls))
        .filter(poll_owner::Column::HeadId.is_in(heads.iter().copied()))
        .all(db)
        .await?;
    for row in locked {
        held.entry((row.poll_id, row.head_id)).or_default().locked.insert(row.owner_id);
    }
    let homes = homes(db, polls, Some(heads)).await?;
    for some in homes.chunks(BATCH) {
        let ids = || some.iter().map(|home| home.home_id);
        let complexes = || polls.iter().map(|poll| poll.complex_id);
        let statuses: HashMap<Uuid, String> = home::Entity::find()
            .select_only()
            .columns([home::Column::PlaceId, home::Column::Status])
            .filter(home::Column::ComplexId.is_in(complexes()))
            .filter(home::Column::PlaceId.is_in(ids()))
            .into_tuple()
            .all(db)
            .await?
            .into_iter()
            .collect();
        let shares = ownership::Entity::find()
            .filter(ownership::Column::ComplexId.is_in(complexes()))
            .filter(ownership::Column::HomeId.is_in(ids()))
            .all(db)
            .await?;
        let mut owners: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
        for share in shares {
            owners.entry(share.home_id).or_default().insert(share.owner_id);
        }
        for home in some {
            let Some(status) = statuses.get(&home.home_id).cloned() else { continue };
            let owners = owners.get(&home.home_id).cloned().unwrap_or_default();
            held.entry((home.poll_id, home.head_id))
                .or_default()
                .homes
                .insert(home.home_id, (status, owners));
        }
    }
    Ok(held)
}

/// The homes of some heads, as people count them; of all heads when none are named.
pub async fn homes(
    db: &impl ConnectionTrait,
    polls: &[poll::Model],
    heads: Option<&[Uuid]>,
) -> Result<Vec<poll_home::Model>, DbErr> {
    poll_home::Entity::find()
        .filter(of_polls(poll_home::Column::ComplexId, poll_home::Column::PollId, polls))
        .filter(
            Condition::all()
                .add_option(heads.map(|heads| poll_home::Column::HeadId.is_in(heads.iter().copied()))),
        )
        .order_by_asc(poll_home::Column::SortKey)
        .order_by_asc(poll_home::Column::HomeId)
        .all(db)
        .await
}

pub async fn insert_ballot(db: &impl ConnectionTrait, row: ballot::Model) -> Result<(), DbErr> {
    ballot::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Takes a ballot out of those that count; false if somebody did so already.
pub async fn take_out(db: &impl ConnectionTrait, ballot: &ballot::Model) -> Result<bool, DbErr> {
    let taken = ballot::Entity::delete_by_id((ballot.complex_id, ballot.id)).exec(db).await?;
    Ok(taken.rows_affected > 0)
}

/// Keeps a ballot that does not count.
pub async fn set_aside(
    db: &impl ConnectionTrait,
    ballot: ballot::Model,
    why: &str,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let kept = ballot_set_aside::Model {
        complex_id: ballot.complex_id,
        id: ballot.id,
        poll_id: ballot.poll_id,
        head_id: ballot.head_id,
        round: ballot.round,
        channel: ballot.channel,
        answers_cipher: ballot.answers_cipher,
        commitment: ballot.commitment,
        cast_by: ballot.cast_by,
        cast_at: ballot.cast_at,
        why: why.to_owned(),
        set_aside_at: at,
    };
    ballot_set_aside::Entity::insert(kept.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// What was set aside of some head, or of all when none is named, in the order of the ids.
pub async fn ballots_set_aside(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    head: Option<Uuid>,
) -> Result<Vec<ballot_set_aside::Model>, DbErr> {
    ballot_set_aside::Entity::find()
        .filter(ballot_set_aside::Column::ComplexId.eq(of.complex_id))
        .filter(ballot_set_aside::Column::PollId.eq(of.id))
        .filter(Condition::all().add_option(head.map(|head| ballot_set_aside::Column::HeadId.eq(head))))
        .order_by_asc(ballot_set_aside::Column::Id)
        .all(db)
        .await
}

/// Lets a ballot count again that was set aside.
pub async fn reinstate(db: &impl ConnectionTrait, back: ballot::Model) -> Result<(), DbErr> {
    ballot_set_aside::Entity::delete_by_id((back.complex_id, back.id)).exec(db).await?;
    insert_ballot(db, back).await
}

/// A ballot as it was before it was set aside.
pub fn as_cast(kept: ballot_set_aside::Model) -> ballot::Model {
    ballot::Model {
        complex_id: kept.complex_id,
        id: kept.id,
        poll_id: kept.poll_id,
        head_id: kept.head_id,
        round: kept.round,
        channel: kept.channel,
        answers_cipher: kept.answers_cipher,
        commitment: kept.commitment,
        cast_by: kept.cast_by,
        cast_at: kept.cast_at,
    }
}

/// A ballot that was in and does not count.
pub async fn ballot_set_aside(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    id: Uuid,
) -> Result<Option<ballot_set_aside::Model>, DbErr> {
    ballot_set_aside::Entity::find_by_id((of.complex_id, id))
        .filter(ballot_set_aside::Column::PollId.eq(of.id))
        .one(db)
        .await
}

/// A head's ballot in a round.
pub async fn ballot_of(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    head: Uuid,
    round: i32,
) -> Result<Option<ballot::Model>, DbErr> {
    ballot::Entity::find()
        .filter(ballot::Column::ComplexId.eq(of.complex_id))
        .filter(ballot::Column::PollId.eq(of.id))
        .filter(ballot::Column::HeadId.eq(head))
        .filter(ballot::Column::Round.eq(round))
        .one(db)
        .await
}

pub async fn ballot(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    id: Uuid,
) -> Result<Option<ballot::Model>, DbErr> {
    ballot::Entity::find_by_id((of.complex_id, id)).filter(ballot::Column::PollId.eq(of.id)).one(db).await
}

/// Ballots in the order of their ids, after one.
pub async fn ballots_after(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<ballot::Model>, DbErr> {
    ballot::Entity::find()
        .filter(ballot::Column::ComplexId.eq(of.complex_id))
        .filter(ballot::Column::PollId.eq(of.id))
        .filter(Condition::all().add_option(after.map(|id| ballot::Column::Id.gt(id))))
        .order_by_asc(ballot::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// Every ballot's id and commitment in the order of the ids.
pub async fn commitments(db: &impl ConnectionTrait, of: &poll::Model) -> Result<Vec<(Uuid, String)>, DbErr> {
    ballot::Entity::find()
        .select_only()
        .column(ballot::Column::Id)
        .column(ballot::Column::Commitment)
        .filter(ballot::Column::ComplexId.eq(of.complex_id))
        .filter(ballot::Column::PollId.eq(of.id))
        .order_by_asc(ballot::Column::Id)
        .into_tuple()
        .all(db)
        .await
}

/// Which heads' ballots are in, by which channel and since when; of all heads when none are named.
pub async fn cast(
    db: &impl ConnectionTrait,
    polls: &[poll::Model],
    heads: Option<&[Uuid]>,
) -> Result<HashMap<Uuid, (String, DateTime<Utc>)>, DbErr> {
    let rows: Vec<(Uuid, String, DateTime<Utc>)> = ballot::Entity::find()
        .select_only()
        .column(ballot::Column::HeadId)
        .column(ballot::Column::Channel)
        .column(ballot::Column::CastAt)
        .filter(of_polls(ballot::Column::ComplexId, ballot::Column::PollId, polls))
        .filter(
            Condition::all()
                .add_option(heads.map(|heads| ballot::Column::HeadId.is_in(heads.iter().copied()))),
        )
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(head, channel, at)| (head, (channel, at))).collect())
}

/// Whether a ballot was cast at a moment or later, or came back on paper.
pub async fn is_cast_since(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    at: DateTime<Utc>,
) -> Result<bool, DbErr> {
    use ::entity::paper;
    let cast = ballot::Entity::find()
        .filter(ballot::Column::ComplexId.eq(of.complex_id))
        .filter(ballot::Column::PollId.eq(of.id))
        .filter(ballot::Column::CastAt.gte(at));
    let back = paper::Entity::find()
        .filter(paper::Column::ComplexId.eq(of.complex_id))
        .filter(paper::Column::PollId.eq(of.id))
        .filter(paper::Column::ReturnedAt.gte(at));
    Ok(cast.count(db).await? + back.count(db).await? > 0)
}

/// How many heads and how much area took part, by channel.
pub async fn turnout(db: &impl ConnectionTrait, of: &poll::Model) -> Result<Vec<(String, i64, i64)>, DbErr> {
    let head = ballot::Entity::belongs_to(poll_head::Entity)
        .from(ballot::Column::HeadId)
        .to(poll_head::Column::Id)
        .into();
    ballot::Entity::find()
        .select_only()
        .column(ballot::Column::Channel)
        .column_as(ballot::Column::Id.count(), "heads")
        .column_as(poll_head::Column::Area.sum().cast_as("bigint"), "area")
        .join(JoinType::InnerJoin, head)
        .filter(ballot::Column::ComplexId.eq(of.complex_id))
        .filter(ballot::Column::PollId.eq(of.id))
        .filter(poll_head::Column::ComplexId.eq(of.complex_id))
        .filter(poll_head::Column::PollId.eq(of.id))
        .group_by(ballot::Column::Channel)
        .order_by_asc(ballot::Column::Channel)
        .into_tuple()
        .all(db)
        .await
}

/// The area of each head that may vote, of those who registered if so, and whether its ballot is in.
pub async fn areas(
    db: &impl ConnectionTrait,
    of: &poll::Model,
    who_registered: bool,
) -> Result<Vec<(i64, bool)>, DbErr> {
    let heads = if who_registered { registered_in(of) } else { heads_in(of) };
    let heads: Vec<(Uuid, i64)> = heads
        .select_only()
        .column(poll_head::Column::Id)
        .column(poll_head::Column::Area)
        .into_tuple()
        .all(db)
        .await?;
    let cast = cast(db, std::slice::from_ref(of), None).await?;
    Ok(heads.into_iter().map(|(head, area)| (area, cast.contains_key(&head))).collect())
}

fn heads_in(of: &poll::Model) -> Select<poll_head::Entity> {
    poll_head::Entity::find()
        .filter(poll_head::Column::ComplexId.eq(of.complex_id))
        .filter(poll_head::Column::PollId.eq(of.id))
}

/// How many heads these are, and how much area they have.
async fn weigh(db: &impl ConnectionTrait, heads: Select<poll_head::Entity>) -> Result<(i64, i64), DbErr> {
    let found: Option<(i64, Option<i64>)> = heads
        .select_only()
        .column_as(poll_head::Column::Id.count(), "heads")
        .column_as(poll_head::Column::Area.sum().cast_as("bigint"), "area")
        .into_tuple()
        .one(db)
        .await?;
    let (heads, area) = found.unwrap_or_default();
    Ok((heads, area.unwrap_or_default()))
}

fn registered_in(of: &poll::Model) -> Select<poll_head::Entity> {
    use poll_registration::Column::{ComplexId, HeadId, PollId};
    let mut ids = Query::select();
    ids.column(HeadId).from(poll_registration::Entity);
    ids.and_where(ComplexId.eq(of.complex_id)).and_where(PollId.eq(of.id));
    heads_in(of).filter(poll_head::Column::Id.in_subquery(ids))
}

/// The heads that registered for a poll of opinion, in the order of their ids.
pub async fn registered(db: &impl ConnectionTrait, of: &poll::Model) -> Result<Vec<poll_head::Model>, DbErr> {
    registered_in(of).order_by_asc(poll_head::Column::Id).all(db).await
}

/// How many heads registered for a poll of opinion, and how much area they have.
pub async fn registered_weight(db: &impl ConnectionTrait, of: &poll::Model) -> Result<(i64, i64), DbErr> {
    weigh(db, registered_in(of)).await
}

/// When each of some heads registered, if it did.
pub async fn registrations(
    db: &impl ConnectionTrait,
    polls: &[poll::Model],
    heads: &[Uuid],
) -> Result<HashMap<Uuid, DateTime<Utc>>, DbErr> {
    use poll_registration::Column::{ComplexId, HeadId, PollId, RegisteredAt};
    let rows: Vec<(Uuid, DateTime<Utc>)> = poll_registration::Entity::find()
        .select_only()
        .columns([HeadId, RegisteredAt])
        .filter(of_polls(ComplexId, PollId, polls))
        .filter(HeadId.is_in(heads.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

pub async fn insert_registration(
    db: &impl ConnectionTrait,
    row: poll_registration::Model,
) -> Result<(), DbErr> {
    poll_registration::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}
