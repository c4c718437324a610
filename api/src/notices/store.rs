//! Queries of notices.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use rules::notices::{State, Way};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select, TryInsertResult,
    sea_query::{Expr, ExprTrait, LockBehavior, LockType, OnConflict},
};
use uuid::Uuid;

use ::entity::{
    delivery, home, notice, person, person_email, place, role_grant, silence, subscription, wechat_push,
    wide_telling,
};

use crate::{access::Level, database::later};

/// A delivery's key.
pub type Key = (Uuid, Uuid, String);

pub fn key(row: &delivery::Model) -> Key {
    (row.complex_id, row.notice_id, row.way.clone())
}

pub async fn insert(db: &impl ConnectionTrait, notices: Vec<notice::Model>) -> Result<(), DbErr> {
    let rows = notices.into_iter().map(IntoActiveModel::into_active_model);
    notice::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// Inserts those that their person was not told of the same event before; answers how many.
pub async fn insert_untold(db: &impl ConnectionTrait, notices: Vec<notice::Model>) -> Result<u64, DbErr> {
    use notice::Column;
    if notices.is_empty() {
        return Ok(0);
    }
    let told =
        OnConflict::columns([Column::ComplexId, Column::EventId, Column::PersonId]).do_nothing().to_owned();
    let rows = notices.into_iter().map(IntoActiveModel::into_active_model);
    match notice::Entity::insert_many(rows).on_conflict(told).exec_without_returning(db).await {
        Err(DbErr::RecordNotInserted) => Ok(0),
        done => done,
    }
}

pub async fn insert_wide_telling(db: &impl ConnectionTrait, row: wide_telling::Model) -> Result<(), DbErr> {
    wide_telling::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Events of which many are still to be told, the oldest first.
pub async fn wide_tellings(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    use wide_telling::Column;
    wide_telling::Entity::find()
        .select_only()
        .columns([Column::ComplexId, Column::EventId])
        .order_by_asc(Column::MadeAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// One of them, held until the write ends; none when somebody else holds it, or is through with it.
pub async fn hold_wide_telling(
    db: &impl ConnectionTrait,
    key: (Uuid, Uuid),
) -> Result<Option<wide_telling::Model>, DbErr> {
    wide_telling::Entity::find_by_id(key)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(db)
        .await
}

pub async fn save_wide_telling(db: &impl ConnectionTrait, row: wide_telling::Model) -> Result<(), DbErr> {
    use wide_telling::Column;
    wide_telling::Entity::update_many()
        .set(wide_telling::ActiveModel { told_up_to: Set(row.told_up_to), ..Default::default() })
        .filter(Column::ComplexId.eq(row.complex_id))
        .filter(Column::EventId.eq(row.event_id))
        .exec(db)
        .await?;
    Ok(())
}

pub async fn delete_wide_telling(db: &impl ConnectionTrait, key: (Uuid, Uuid)) -> Result<(), DbErr> {
    wide_telling::Entity::delete_by_id(key).exec(db).await?;
    Ok(())
}

pub async fn insert_delivery(db: &impl ConnectionTrait, row: delivery::Model) -> Result<(), DbErr> {
    delivery::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub async fn notice(
    db: &impl ConnectionTrait,
    complex: Uuid,
    id: Uuid,
) -> Result<Option<notice::Model>, DbErr> {
    notice::Entity::find_by_id((complex, id)).one(db).await
}

/// A person's notice by its id alone.
pub async fn notice_of(
    db: &impl ConnectionTrait,
    person: Uuid,
    id: Uuid,
) -> Result<Option<notice::Model>, DbErr> {
    notice::Entity::find()
        .filter(notice::Column::PersonId.eq(person))
        .filter(notice::Column::Id.eq(id))
        .one(db)
        .await
}

/// A person's notices before an id, the newest first; of the unread alone if asked.
pub async fn inbox(
    db: &impl ConnectionTrait,
    person: Uuid,
    unread: bool,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<notice::Model>, DbErr> {
    use notice::Column;
    let mut query = notice::Entity::find().filter(Column::PersonId.eq(person));
    if unread {
        query = query.filter(Column::ReadAt.is_null());
    }
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    query.order_by_desc(Column::Id).limit(limit).all(db).await
}

/// Keeps when it was read, if it was not read before.
pub async fn mark_read(
    db: &impl ConnectionTrait,
    row: &notice::Model,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    notice::Entity::update_many()
        .col_expr(notice::Column::ReadAt, Expr::value(now))
        .filter(notice::Column::ComplexId.eq(row.complex_id))
        .filter(notice::Column::Id.eq(row.id))
        .filter(notice::Column::ReadAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Deliveries whose time has come: to be sent, or left behind by whoever sent them.
pub async fn due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<delivery::Model>, DbErr> {
    use delivery::Column;
    let mut due = Vec::new();
    for state in [State::Sending, State::Waiting] {
        let query = delivery::Entity::find()
            .filter(Column::State.eq(state.code()))
            .filter(Column::RunAt.lte(now))
            .order_by_asc(Column::RunAt);
        due.extend(query.limit(limit).all(db).await?);
    }
    Ok(due)
}

/// A delivery in this state, held until the write ends; none when somebody else holds or has moved it.
pub async fn hold(
    db: &impl ConnectionTrait,
    (complex, notice, way): &Key,
    state: State,
) -> Result<Option<delivery::Model>, DbErr> {
    delivery::Entity::find_by_id((*complex, *notice, way.clone()))
        .filter(delivery::Column::State.eq(state.code()))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(db)
        .await
}

/// Whether something is on its way to a person by a way.
pub async fn is_busy(db: &impl ConnectionTrait, person: Uuid, way: Way) -> Result<bool, DbErr> {
    use delivery::Column;
    let found = delivery::Entity::find()
        .filter(Column::PersonId.eq(person))
        .filter(Column::Way.eq(way.code()))
        .filter(Column::State.eq(State::Sending.code()))
        .limit(1)
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// What else waits for the same person by the same way about the same place, held until the write ends.
pub async fn beside(db: &impl ConnectionTrait, row: &delivery::Model) -> Result<Vec<delivery::Model>, DbErr> {
    use delivery::Column;
    delivery::Entity::find()
        .filter(Column::PersonId.eq(row.person_id))
        .filter(Column::Way.eq(&row.way))
        .filter(Column::State.eq(State::Waiting.code()))
        .filter(Column::Topic.eq(&row.topic))
        .filter(Column::GathersAt.eq(row.gathers_at))
        .filter(Column::NoticeId.ne(row.notice_id))
        .limit(100)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(db)
        .await
}

/// Writes what moves of a delivery that is held.
pub async fn save(db: &impl ConnectionTrait, row: delivery::Model) -> Result<(), DbErr> {
    use delivery::Column;
    let key = key(&row);
    delivery::Entity::update_many()
        .set(delivery::ActiveModel {
            state: Set(row.state),
            matters: Set(row.matters),
            attempts: Set(row.attempts),
            run: Set(row.run),
            run_at: Set(row.run_at),
            trouble: Set(row.trouble),
            settled_at: Set(row.settled_at),
            ..Default::default()
        })
        .filter(Column::ComplexId.eq(key.0))
        .filter(Column::NoticeId.eq(key.1))
        .filter(Column::Way.eq(key.2))
        .exec(db)
        .await?;
    Ok(())
}

/// A complex's dead deliveries after a notice, with their notices.
pub async fn dead(
    db: &impl ConnectionTrait,
    complex: Uuid,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<(delivery::Model, notice::Model)>, DbErr> {
    use delivery::Column;
    let mut query = delivery::Entity::find()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::State.eq(State::Dead.code()));
    if let Some(after) = after {
        query = query.filter(Column::NoticeId.gt(after));
    }
    let rows = query.order_by_asc(Column::NoticeId).order_by_asc(Column::Way).limit(limit).all(db).await?;
    let ids = rows.iter().map(|row| row.notice_id);
    let notices = notice::Entity::find()
        .filter(notice::Column::ComplexId.eq(complex))
        .filter(notice::Column::Id.is_in(ids))
        .all(db)
        .await?;
    let pair = |row: delivery::Model| {
        let notice = notices.iter().find(|one| one.id == row.notice_id)?.clone();
        Some((row, notice))
    };
    Ok(rows.into_iter().filter_map(pair).collect())
}

/// The complexes that have dead deliveries.
pub async fn with_dead(db: &impl ConnectionTrait) -> Result<Vec<Uuid>, DbErr> {
    delivery::Entity::find()
        .select_only()
        .column(delivery::Column::ComplexId)
        .distinct()
        .filter(delivery::Column::State.eq(State::Dead.code()))
        .into_tuple()
        .all(db)
        .await
}

/// A notice's dead deliveries, held until the write ends.
pub async fn hold_dead(
    db: &impl ConnectionTrait,
    complex: Uuid,
    notice: Uuid,
) -> Result<Vec<delivery::Model>, DbErr> {
    use delivery::Column;
    delivery::Entity::find()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::NoticeId.eq(notice))
        .filter(Column::State.eq(State::Dead.code()))
        .lock_exclusive()
        .all(db)
        .await
}

pub async fn subscriptions(
    db: &impl ConnectionTrait,
    person: Uuid,
) -> Result<Vec<subscription::Model>, DbErr> {
    subscription::Entity::find()
        .filter(subscription::Column::PersonId.eq(person))
        .order_by_asc(subscription::Column::TemplateId)
        .limit(100)
        .all(db)
        .await
}

/// A person's account of a template, held until the write ends; opened if there is none.
pub async fn account(
    db: &impl ConnectionTrait,
    person: Uuid,
    template: &str,
    now: DateTime<Utc>,
) -> Result<subscription::Model, DbErr> {
    let opened = subscription::Model {
        person_id: person,
        template_id: template.to_owned(),
        reported: 0,
        confirmed: 0,
        spent: 0,
        last_event: String::new(),
        updated_at: now,
    };
    let once = OnConflict::columns([subscription::Column::PersonId, subscription::Column::TemplateId])
        .do_nothing()
        .to_owned();
    subscription::Entity::insert(opened.clone().into_active_model())
        .on_conflict(once)
        .try_insert()
        .exec_without_returning(db)
        .await?;
    let found =
        subscription::Entity::find_by_id((person, template.to_owned())).lock_exclusive().one(db).await?;
    Ok(found.unwrap_or(opened))
}

/// Writes an account that is held.
pub async fn save_account(db: &impl ConnectionTrait, row: subscription::Model) -> Result<(), DbErr> {
    let key = (row.person_id, row.template_id.clone());
    subscription::Entity::update_many()
        .set(subscription::ActiveModel {
            reported: Set(row.reported),
            confirmed: Set(row.confirmed),
            spent: Set(row.spent),
            last_event: Set(row.last_event),
            updated_at: Set(row.updated_at),
            ..Default::default()
        })
        .filter(subscription::Column::PersonId.eq(key.0))
        .filter(subscription::Column::TemplateId.eq(key.1))
        .exec(db)
        .await?;
    Ok(())
}

/// Keeps that a push came; false when it came before.
pub async fn first_push(
    db: &impl ConnectionTrait,
    digest: String,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let row = wechat_push::Model { digest, at: now };
    let inserted = wechat_push::Entity::insert(row.into_active_model())
        .on_conflict(OnConflict::column(wechat_push::Column::Digest).do_nothing().to_owned())
        .try_insert()
        .exec_without_returning(db)
        .await?;
    Ok(matches!(inserted, TryInsertResult::Inserted(1..)))
}

/// Forgets pushes that nobody repeats any more, a part of them.
pub async fn forget_pushes(db: &impl ConnectionTrait, before: DateTime<Utc>) -> Result<u64, DbErr> {
    let old: Vec<String> = wechat_push::Entity::find()
        .select_only()
        .column(wechat_push::Column::Digest)
        .filter(wechat_push::Column::At.lt(before))
        .limit(200)
        .into_tuple()
        .all(db)
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    let gone =
        wechat_push::Entity::delete_many().filter(wechat_push::Column::Digest.is_in(old)).exec(db).await?;
    Ok(gone.rows_affected)
}

pub async fn email(db: &impl ConnectionTrait, person: Uuid) -> Result<Option<person_email::Model>, DbErr> {
    person_email::Entity::find_by_id(person).one(db).await
}

pub async fn save_email(db: &impl ConnectionTrait, row: person_email::Model) -> Result<(), DbErr> {
    use person_email::Column;
    let over = OnConflict::column(Column::PersonId)
        .update_columns([Column::AddressCipher, Column::ConfirmedAt])
        .to_owned();
    person_email::Entity::insert(row.into_active_model())
        .on_conflict(over)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// A home on the roll, in the order of its complex.
#[derive(Debug, sea_orm::FromQueryResult)]
pub struct HomeAt {
    pub id: Uuid,
    pub name: String,
    pub building_id: Option<Uuid>,
    pub unit_id: Option<Uuid>,
}

/// A complex's homes on the roll, or those of one building.
pub async fn homes(
    db: &impl ConnectionTrait,
    complex: Uuid,
    building: Option<Uuid>,
) -> Result<Vec<HomeAt>, DbErr> {
    use place::Column;
    let on_roll = sea_orm::sea_query::Query::select()
        .column(home::Column::PlaceId)
        .from(home::Entity)
        .and_where(Expr::col(home::Column::ComplexId).eq(complex))
        .take();
    let mut query = place::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Name, Column::BuildingId, Column::UnitId])
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::Level.eq("HOME"))
        .filter(Column::Id.in_subquery(on_roll));
    if let Some(building) = building {
        query = query.filter(Column::BuildingId.eq(building));
    }
    query
        .order_by_asc(Column::UnitId)
        .order_by_asc(Column::SortKey)
        .order_by_asc(Column::Id)
        .into_model()
        .all(db)
        .await
}

/// Who has a role of a home in a complex now: the home and the person.
pub async fn residents(
    db: &impl ConnectionTrait,
    complex: Uuid,
    roles: &[&str],
    now: DateTime<Utc>,
) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    use role_grant::Column;
    with_roles(complex, roles, now).columns([Column::PlaceId, Column::PersonId]).into_tuple().all(db).await
}

/// Nothing yet of whoever has one of these roles in a complex now.
fn with_roles(complex: Uuid, roles: &[&str], now: DateTime<Utc>) -> Select<role_grant::Entity> {
    use role_grant::Column;
    role_grant::Entity::find()
        .select_only()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::Role.is_in(roles.iter().copied()))
        .filter(Column::RevokedAt.is_null())
        .filter(Column::StartsAt.lte(now))
        .filter(Condition::any().add(Column::EndsAt.is_null()).add(Column::EndsAt.gt(now)))
}

/// Who has a role of a home at or below a place of a complex now, by their ids, after one.
pub async fn living_at(
    db: &impl ConnectionTrait,
    (complex, level, at): (Uuid, Level, Uuid),
    roles: &[&str],
    now: DateTime<Utc>,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    use role_grant::Column;
    let within = match level {
        Level::Building => place::Column::BuildingId,
        Level::Unit => place::Column::UnitId,
        Level::Home => place::Column::Id,
        Level::District | Level::Street | Level::Community | Level::Complex => place::Column::ComplexId,
    };
    let homes = sea_orm::sea_query::Query::select()
        .column(place::Column::Id)
        .from(place::Entity)
        .and_where(Expr::col(place::Column::ComplexId).eq(complex))
        .and_where(Expr::col(within).eq(at))
        .take();
    let mut query = with_roles(complex, roles, now)
        .column(Column::PersonId)
        .distinct()
        .filter(Column::PlaceId.in_subquery(homes));
    if let Some(after) = after {
        query = query.filter(Column::PersonId.gt(after));
    }
    query.order_by_asc(Column::PersonId).limit(limit).into_tuple().all(db).await
}

/// Those of some persons who have a phone, an e-mail address, or a message left of one of these templates.
pub async fn reachable(
    db: &impl ConnectionTrait,
    persons: &[Uuid],
    by: &[Way],
    templates: &[&str],
) -> Result<HashSet<Uuid>, DbErr> {
    use subscription::Column as Account;
    let mut found = HashSet::new();
    for some in persons.chunks(500) {
        for way in by {
            let ids: Vec<Uuid> = match way {
                Way::WeChat => {
                    let left = Condition::any()
                        .add(Expr::col(Account::Reported).gt(Expr::col(Account::Spent)))
                        .add(Expr::col(Account::Confirmed).gt(Expr::col(Account::Spent)));
                    let accounts = subscription::Entity::find().select_only().column(Account::PersonId);
                    let of = accounts.filter(Account::PersonId.is_in(some.iter().copied()));
                    let of = of.filter(Account::TemplateId.is_in(templates.iter().copied())).filter(left);
                    of.into_tuple().all(db).await?
                }
                Way::Sms => {
                    let persons = person::Entity::find().select_only().column(person::Column::Id);
                    let of = persons.filter(person::Column::Id.is_in(some.iter().copied()));
                    of.filter(person::Column::PhoneCipher.is_not_null()).into_tuple().all(db).await?
                }
                Way::Email => {
                    let emails =
                        person_email::Entity::find().select_only().column(person_email::Column::PersonId);
                    let of = emails.filter(person_email::Column::PersonId.is_in(some.iter().copied()));
                    of.into_tuple().all(db).await?
                }
            };
            found.extend(ids);
        }
    }
    Ok(found)
}

pub async fn insert_silence(db: &impl ConnectionTrait, row: silence::Model) -> Result<(), DbErr> {
    silence::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub async fn silence(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<silence::Model>, DbErr> {
    silence::Entity::find().filter(silence::Column::Id.eq(id)).one(db).await
}

/// A silence, held until the write ends.
pub async fn hold_silence(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<silence::Model>, DbErr> {
    silence::Entity::find().filter(silence::Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// Saves the end of a silence that is held.
pub async fn save_silence(db: &impl ConnectionTrait, row: &silence::Model) -> Result<(), DbErr> {
    use silence::Column;
    silence::Entity::update_many()
        .col_expr(Column::UntilAt, Expr::value(row.until_at))
        .col_expr(Column::Version, Expr::value(row.version))
        .filter(Column::ComplexId.eq(row.complex_id))
        .filter(Column::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

/// How many silences of one place are not over.
pub async fn count_silences(
    db: &impl ConnectionTrait,
    place: Uuid,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    running(&[place], now).count(db).await
}

/// Those of some places that are not over, the first to end first, after a position.
pub async fn silences(
    db: &impl ConnectionTrait,
    places: &[Uuid],
    now: DateTime<Utc>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<silence::Model>, DbErr> {
    use silence::Column;
    let later = after.map(|after| later((Column::UntilAt, Column::Id), after));
    running(places, now)
        .filter(Condition::all().add_option(later))
        .order_by_asc(Column::UntilAt)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// Those of some places about a category that were not over at a moment.
pub async fn silences_at(
    db: &impl ConnectionTrait,
    places: &[Uuid],
    category: &str,
    at: DateTime<Utc>,
) -> Result<Vec<silence::Model>, DbErr> {
    running(places, at).filter(silence::Column::Category.eq(category)).all(db).await
}

fn running(places: &[Uuid], now: DateTime<Utc>) -> Select<silence::Entity> {
    use silence::Column;
    silence::Entity::find()
        .filter(Column::PlaceId.is_in(places.iter().copied()))
        .filter(Column::UntilAt.gt(now))
}
