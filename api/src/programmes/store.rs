//! Queries of programmes.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Condition, ExprTrait, OnConflict},
};
use uuid::Uuid;

use ::entity::{programme, programme_deed, programme_poll, programme_signature, programme_template};

pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<programme::Model>, DbErr> {
    programme::Entity::find().filter(programme::Column::Id.eq(id)).one(db).await
}

/// The same, and nobody else changes it until the transaction ends.
pub async fn hold(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<programme::Model>, DbErr> {
    programme::Entity::find().filter(programme::Column::Id.eq(id)).lock_exclusive().one(db).await
}

pub async fn insert(db: &impl ConnectionTrait, row: programme::Model) -> Result<(), DbErr> {
    programme::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Writes a programme that is held.
pub async fn save(db: &impl ConnectionTrait, row: &programme::Model) -> Result<(), DbErr> {
    row.clone().into_active_model().reset_all().update(db).await?;
    Ok(())
}

/// A place's programmes, the newest first.
pub async fn of_place(
    db: &impl ConnectionTrait,
    place: Uuid,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<programme::Model>, DbErr> {
    use programme::Column as Of;
    let mut query = programme::Entity::find().filter(Of::PlaceId.eq(place));
    if let Some(before) = before {
        query = query.filter(Of::Id.lt(before));
    }
    query.order_by_desc(Of::Id).limit(limit).all(db).await
}

/// Whether one of a template runs at a place, about the same member if it is about one.
pub async fn runs(
    db: &impl ConnectionTrait,
    place: Uuid,
    template: &str,
    member: Option<Uuid>,
) -> Result<bool, DbErr> {
    use programme::Column as Of;
    let running = programme::Entity::find()
        .select_only()
        .column(Of::Id)
        .filter(Of::PlaceId.eq(place))
        .filter(Of::State.eq("RUNNING"))
        .filter(Of::Template.eq(template))
        .filter(member.map_or_else(|| Of::MemberId.is_null(), |member| Of::MemberId.eq(member)))
        .limit(1)
        .into_tuple::<Uuid>();
    Ok(running.one(db).await?.is_some())
}

/// Those that somebody has to look at by now, the longest due first.
pub async fn due(db: &impl ConnectionTrait, now: DateTime<Utc>, limit: u64) -> Result<Vec<Uuid>, DbErr> {
    use programme::Column as Of;
    programme::Entity::find()
        .select_only()
        .column(Of::Id)
        .filter(Of::LookAt.lte(now))
        .order_by_asc(Of::LookAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// The programmes that run as modules of another.
pub async fn children(db: &impl ConnectionTrait, of: Uuid) -> Result<Vec<programme::Model>, DbErr> {
    programme::Entity::find().filter(programme::Column::ParentId.eq(of)).all(db).await
}

pub async fn insert_deed(db: &impl ConnectionTrait, row: programme_deed::Model) -> Result<(), DbErr> {
    programme_deed::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// What was done in a module but for who signed, in order, after the one whose id is `after`.
pub async fn deeds(
    db: &impl ConnectionTrait,
    of: &programme::Model,
    module: &str,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<programme_deed::Model>, DbErr> {
    use programme_deed::Column as Of;
    let mut query = in_module(of, module).filter(Of::Deed.ne("SIGN"));
    if let Some(after) = after {
        query = query.filter(Of::Id.gt(after));
    }
    query.order_by_asc(Of::Id).limit(limit).all(db).await
}

/// The newest of these deeds in a module, the oldest of them first.
pub async fn last_deeds(
    db: &impl ConnectionTrait,
    of: &programme::Model,
    module: &str,
    deeds: &[&str],
    limit: u64,
) -> Result<Vec<programme_deed::Model>, DbErr> {
    use programme_deed::Column as Of;
    let query = in_module(of, module).filter(Of::Deed.is_in(deeds.iter().copied()));
    let mut rows = query.order_by_desc(Of::Id).limit(limit).all(db).await?;
    rows.reverse();
    Ok(rows)
}

/// Who has a task.
pub async fn assignee(
    db: &impl ConnectionTrait,
    of: &programme::Model,
    module: &str,
) -> Result<Option<Uuid>, DbErr> {
    let last = last_deeds(db, of, module, &["ASSIGN"], 1).await?;
    Ok(last.into_iter().find_map(|row| row.asks_person))
}

fn in_module(of: &programme::Model, module: &str) -> sea_orm::Select<programme_deed::Entity> {
    use programme_deed::Column as Of;
    programme_deed::Entity::find()
        .filter(Of::ComplexId.eq(of.complex_id))
        .filter(Of::ProgrammeId.eq(of.id))
        .filter(Of::Module.eq(module))
}

/// One deed of a programme.
pub async fn deed(
    db: &impl ConnectionTrait,
    of: &programme::Model,
    id: Uuid,
) -> Result<Option<programme_deed::Model>, DbErr> {
    let found = deed_in(db, of.complex_id, id).await?;
    Ok(found.filter(|deed| deed.programme_id == of.id))
}

/// One deed in a complex.
pub async fn deed_in(
    db: &impl ConnectionTrait,
    complex: Uuid,
    id: Uuid,
) -> Result<Option<programme_deed::Model>, DbErr> {
    programme_deed::Entity::find_by_id((complex, id)).one(db).await
}

/// How often a person did something in a module, or this alone.
pub async fn deeds_by(
    db: &impl ConnectionTrait,
    of: &programme::Model,
    (module, deed): (&str, Option<&str>),
    person: Uuid,
) -> Result<u64, DbErr> {
    use programme_deed::Column as Of;
    let by = Condition::all().add(Of::PersonId.eq(person)).add_option(deed.map(|deed| Of::Deed.eq(deed)));
    in_module(of, module).filter(by).count(db).await
}

/// How many notes and how many answers to notes there are in each module that has any.
pub async fn notes(
    db: &impl ConnectionTrait,
    of: &programme::Model,
) -> Result<Vec<(String, String, i64)>, DbErr> {
    use programme_deed::Column as Of;
    programme_deed::Entity::find()
        .select_only()
        .column(Of::Module)
        .column(Of::Deed)
        .column_as(Of::Id.count(), "deeds")
        .filter(Of::ComplexId.eq(of.complex_id))
        .filter(Of::ProgrammeId.eq(of.id))
        .filter(Of::Deed.is_in(["NOTE", "REPLY"]))
        .group_by(Of::Module)
        .group_by(Of::Deed)
        .into_tuple()
        .all(db)
        .await
}

/// Whether a note is answered.
pub async fn is_answered(
    db: &impl ConnectionTrait,
    of: &programme::Model,
    note: &programme_deed::Model,
) -> Result<bool, DbErr> {
    use programme_deed::Column as Of;
    let replies = in_module(of, &note.module).filter(Of::Deed.eq("REPLY")).filter(Of::Answers.eq(note.id));
    Ok(replies.count(db).await? > 0)
}

/// How many persons signed.
pub async fn signers(db: &impl ConnectionTrait, of: &programme::Model, module: &str) -> Result<u64, DbErr> {
    in_module(of, module).filter(programme_deed::Column::Deed.eq("SIGN")).count(db).await
}

/// Keeps heads that signed; those that had signed stay as they were.
pub async fn sign(db: &impl ConnectionTrait, rows: Vec<programme_signature::Model>) -> Result<(), DbErr> {
    use programme_signature::Column as Of;
    if rows.is_empty() {
        return Ok(());
    }
    let key = [Of::ComplexId, Of::ProgrammeId, Of::Module, Of::Head];
    programme_signature::Entity::insert_many(rows.into_iter().map(IntoActiveModel::into_active_model))
        .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// How many heads signed, and how much area is theirs.
pub async fn signed(
    db: &impl ConnectionTrait,
    of: &programme::Model,
    module: &str,
) -> Result<(i64, i64), DbErr> {
    use programme_signature::Column as Of;
    let sums: Option<(i64, Option<i64>)> = programme_signature::Entity::find()
        .select_only()
        .column_as(Of::Head.count(), "heads")
        .column_as(Of::Area.sum().cast_as("BIGINT"), "area")
        .filter(Of::ComplexId.eq(of.complex_id))
        .filter(Of::ProgrammeId.eq(of.id))
        .filter(Of::Module.eq(module))
        .into_tuple()
        .one(db)
        .await?;
    Ok(sums.map_or((0, 0), |(heads, area)| (heads, area.unwrap_or_default())))
}

pub async fn insert_poll(db: &impl ConnectionTrait, row: programme_poll::Model) -> Result<(), DbErr> {
    programme_poll::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// The polls of a programme's votes.
pub async fn polls(
    db: &impl ConnectionTrait,
    of: &programme::Model,
) -> Result<Vec<programme_poll::Model>, DbErr> {
    use programme_poll::Column as Of;
    let all = programme_poll::Entity::find().filter(Of::ComplexId.eq(of.complex_id));
    all.filter(Of::ProgrammeId.eq(of.id)).all(db).await
}

/// The vote of which this is the poll.
pub async fn vote_of(db: &impl ConnectionTrait, poll: Uuid) -> Result<Option<programme_poll::Model>, DbErr> {
    programme_poll::Entity::find().filter(programme_poll::Column::PollId.eq(poll)).one(db).await
}

pub async fn insert_template(db: &impl ConnectionTrait, row: programme_template::Model) -> Result<(), DbErr> {
    programme_template::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// The newest version of a template of a complex.
pub async fn newest_template(
    db: &impl ConnectionTrait,
    complex: Uuid,
    name: &str,
) -> Result<Option<programme_template::Model>, DbErr> {
    use programme_template::Column as Of;
    let of_name =
        programme_template::Entity::find().filter(Of::ComplexId.eq(complex)).filter(Of::Name.eq(name));
    of_name.order_by_desc(Of::Version).limit(1).one(db).await
}

/// The templates of a complex, the last loaded first.
pub async fn templates(
    db: &impl ConnectionTrait,
    complex: Uuid,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<programme_template::Model>, DbErr> {
    use programme_template::Column as Of;
    let mut query = programme_template::Entity::find().filter(Of::ComplexId.eq(complex));
    if let Some(before) = before {
        query = query.filter(Of::Id.lt(before));
    }
    query.order_by_desc(Of::Id).limit(limit).all(db).await
}
