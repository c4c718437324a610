//! Queries of objections to the roll and of changes of single homes.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use ::entity::{claim, owner, poll, programme, roll_change, roll_objection};

/// Whether a programme runs at a complex, or at a part of it.
pub async fn programme_runs(db: &impl ConnectionTrait, complex: Uuid) -> Result<bool, DbErr> {
    use programme::Column as Of;
    let running = programme::Entity::find()
        .select_only()
        .column(Of::Id)
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::State.eq("RUNNING"))
        .limit(1)
        .into_tuple::<Uuid>();
    Ok(running.one(db).await?.is_some())
}

/// To which parts of a complex polls are put whose results are not out, and in which state those are; each pair once.
pub async fn polls_waiting(db: &impl ConnectionTrait, complex: Uuid) -> Result<Vec<(Uuid, String)>, DbErr> {
    use poll::Column as Of;
    poll::Entity::find()
        .select_only()
        .columns([Of::PlaceId, Of::State])
        .distinct()
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::State.is_in(["DRAFT", "LOCKED", "OPEN", "CLOSED"]))
        .into_tuple()
        .all(db)
        .await
}

/// Whether a person claims to own a home, and is not confirmed.
pub async fn claims(
    db: &impl ConnectionTrait,
    complex: Uuid,
    home: Uuid,
    person: Uuid,
) -> Result<bool, DbErr> {
    use claim::Column as Of;
    let claims = claim::Entity::find()
        .select_only()
        .column(Of::Id)
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::HomeId.eq(home))
        .filter(Of::PersonId.eq(person))
        .filter(Of::Relation.eq("OWNER"))
        .filter(Of::State.is_in(["WAITING", "REFUSED"]))
        .limit(1)
        .into_tuple::<Uuid>();
    Ok(claims.one(db).await?.is_some())
}

/// The owner with this ID number.
pub async fn numbered(
    db: &impl ConnectionTrait,
    complex: Uuid,
    index: &str,
) -> Result<Option<owner::Model>, DbErr> {
    owner::Entity::find()
        .filter(owner::Column::ComplexId.eq(complex))
        .filter(owner::Column::IdNumberIndex.eq(index))
        .one(db)
        .await
}

pub async fn owner(
    db: &impl ConnectionTrait,
    complex: Uuid,
    id: Uuid,
) -> Result<Option<owner::Model>, DbErr> {
    owner::Entity::find_by_id((complex, id)).one(db).await
}

pub async fn insert_objection(db: &impl ConnectionTrait, row: roll_objection::Model) -> Result<(), DbErr> {
    roll_objection::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes an objection that is held.
pub async fn save_objection(db: &impl ConnectionTrait, row: &roll_objection::Model) -> Result<(), DbErr> {
    row.clone().into_active_model().reset_all().update(db).await?;
    Ok(())
}

pub async fn objection(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<roll_objection::Model>, DbErr> {
    roll_objection::Entity::find().filter(roll_objection::Column::Id.eq(id)).one(db).await
}

/// The same, and nobody else answers it until the transaction ends.
pub async fn objection_held(
    db: &impl ConnectionTrait,
    id: Uuid,
) -> Result<Option<roll_objection::Model>, DbErr> {
    roll_objection::Entity::find().filter(roll_objection::Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// How many objections of a person nobody has answered.
pub async fn unanswered(db: &impl ConnectionTrait, person: Uuid) -> Result<u64, DbErr> {
    use roll_objection::Column as Of;
    roll_objection::Entity::find()
        .filter(Of::PersonId.eq(person))
        .filter(Of::Answered.is_null())
        .count(db)
        .await
}

/// The objections of whose time there is something to tell by now, the earliest first.
pub async fn objections_to_tell(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Vec<Uuid>, DbErr> {
    use roll_objection::Column as Of;
    roll_objection::Entity::find()
        .select_only()
        .column(Of::Id)
        .filter(Of::PromptAt.lte(now))
        .order_by_asc(Of::PromptAt)
        .limit(100)
        .into_tuple()
        .all(db)
        .await
}

/// To what of a complex nobody has answered the objections, and by when they are to be.
pub async fn unanswered_in(
    db: &impl ConnectionTrait,
    complex: Uuid,
) -> Result<Vec<(Uuid, DateTime<Utc>)>, DbErr> {
    use roll_objection::Column as Of;
    roll_objection::Entity::find()
        .select_only()
        .columns([Of::PlaceId, Of::DueAt])
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::Answered.is_null())
        .filter(Of::DueAt.is_not_null())
        .into_tuple()
        .all(db)
        .await
}

/// A person's objections, the newest first, before the one whose id is `before`.
pub async fn objections_by(
    db: &impl ConnectionTrait,
    person: Uuid,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<roll_objection::Model>, DbErr> {
    use roll_objection::Column as Of;
    let wanted = Condition::all().add(Of::PersonId.eq(person)).add_option(before.map(|id| Of::Id.lt(id)));
    roll_objection::Entity::find().filter(wanted).order_by_desc(Of::Id).limit(limit).all(db).await
}

/// Objections to the roll of a complex in order, all or those that nobody has answered, after the one whose id is
/// `after`.
pub async fn objections_to(
    db: &impl ConnectionTrait,
    complex: Uuid,
    only_open: bool,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<roll_objection::Model>, DbErr> {
    use roll_objection::Column as Of;
    let wanted = Condition::all()
        .add(Of::ComplexId.eq(complex))
        .add_option(only_open.then(|| Of::Answered.is_null()))
        .add_option(after.map(|id| Of::Id.gt(id)));
    roll_objection::Entity::find().filter(wanted).order_by_asc(Of::Id).limit(limit).all(db).await
}

pub async fn insert_change(db: &impl ConnectionTrait, row: roll_change::Model) -> Result<(), DbErr> {
    roll_change::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes a change that is held.
pub async fn save_change(db: &impl ConnectionTrait, row: &roll_change::Model) -> Result<(), DbErr> {
    row.clone().into_active_model().reset_all().update(db).await?;
    Ok(())
}

pub async fn change(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<roll_change::Model>, DbErr> {
    roll_change::Entity::find().filter(roll_change::Column::Id.eq(id)).one(db).await
}

/// The same, and nobody else decides it until the transaction ends.
pub async fn change_held(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<roll_change::Model>, DbErr> {
    roll_change::Entity::find().filter(roll_change::Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// Changes on the roll of a complex, or of one home of it, the newest first, before the one whose id is `before`.
pub async fn changes(
    db: &impl ConnectionTrait,
    complex: Uuid,
    home: Option<Uuid>,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<roll_change::Model>, DbErr> {
    use roll_change::Column as Of;
    let wanted = Condition::all()
        .add(Of::ComplexId.eq(complex))
        .add_option(home.map(|home| Of::PlaceId.eq(home)))
        .add_option(before.map(|id| Of::Id.lt(id)));
    roll_change::Entity::find().filter(wanted).order_by_desc(Of::Id).limit(limit).all(db).await
}

/// Whether a change of a home waits for a second person.
pub async fn change_waits(db: &impl ConnectionTrait, complex: Uuid, home: Uuid) -> Result<bool, DbErr> {
    use roll_change::Column as Of;
    let waits = of_home(complex, home)
        .select_only()
        .column(Of::Id)
        .filter(Of::State.eq("PROPOSED"))
        .limit(1)
        .into_tuple::<Uuid>();
    Ok(waits.one(db).await?.is_some())
}

/// The newest change that gave a home an area.
pub async fn measured(
    db: &impl ConnectionTrait,
    complex: Uuid,
    home: Uuid,
) -> Result<Option<roll_change::Model>, DbErr> {
    use roll_change::Column as Of;
    of_home(complex, home)
        .filter(Of::Kind.eq("AREA"))
        .filter(Of::State.eq("APPLIED"))
        .order_by_desc(Of::Id)
        .one(db)
        .await
}

fn of_home(complex: Uuid, home: Uuid) -> sea_orm::Select<roll_change::Entity> {
    roll_change::Entity::find()
        .filter(roll_change::Column::ComplexId.eq(complex))
        .filter(roll_change::Column::PlaceId.eq(home))
}

/// Every change of a complex's roll that was carried out, the newest first.
pub async fn applied(db: &impl ConnectionTrait, complex: Uuid) -> Result<Vec<roll_change::Model>, DbErr> {
    use roll_change::Column as Of;
    roll_change::Entity::find()
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::State.eq("APPLIED"))
        .order_by_desc(Of::Id)
        .all(db)
        .await
}
