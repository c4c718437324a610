//! Queries of figures.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashSet},
};

use chrono::{DateTime, Utc};
use rules::figures::Outcome;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use ::entity::{
    figure_appeal, figure_closing, figure_fact, figure_formula, figure_month, figure_tally, incident,
};

use crate::access::Level;

/// Rows written by one statement; far below what either database binds at once.
const BATCH: usize = 1000;

/// At or under which place something is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Under {
    pub level: Level,
    pub place: Uuid,
    /// Its complex, or [`places::ABOVE`](crate::places::ABOVE).
    pub complex: Uuid,
}

pub async fn insert_facts(db: &impl ConnectionTrait, facts: Vec<figure_fact::Model>) -> Result<(), DbErr> {
    if facts.is_empty() {
        return Ok(());
    }
    let rows = facts.into_iter().map(IntoActiveModel::into_active_model);
    figure_fact::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// Facts that the tallies do not have yet; in the words of their index.
fn pending() -> sea_orm::Select<figure_fact::Entity> {
    figure_fact::Entity::find().filter(Expr::cust("rolled = 0"))
}

pub async fn next_pending(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<figure_fact::Model>, DbErr> {
    use figure_fact::Column as Of;
    pending()
        .order_by_asc(Of::ComplexId)
        .order_by_asc(Of::Month)
        .order_by_asc(Of::Id)
        .limit(limit)
        .all(db)
        .await
}

/// What the tallies of a place do not have yet.
pub async fn pending_under(
    db: &impl ConnectionTrait,
    under: Under,
    month: i32,
) -> Result<Vec<figure_fact::Model>, DbErr> {
    let Some(lineage) = lineage(under.level) else { return Ok(Vec::new()) };
    pending().filter(lineage.eq(under.place)).filter(figure_fact::Column::Month.eq(month)).all(db).await
}

/// Adds to the tallies.
pub async fn add(db: &impl ConnectionTrait, tallies: Vec<figure_tally::Model>) -> Result<(), DbErr> {
    use figure_tally::{Column as Of, Entity};
    for some in tallies.chunks(BATCH) {
        let sum = Expr::col((Entity, Of::Times)).add(Expr::cust("excluded.times"));
        let key = [Of::ComplexId, Of::PlaceId, Of::Month, Of::Category, Of::Level, Of::Outcome];
        let added = OnConflict::columns(key).value(Of::Times, sum).to_owned();
        let rows = some.iter().cloned().map(IntoActiveModel::into_active_model);
        Entity::insert_many(rows).on_conflict(added).exec_without_returning(db).await?;
    }
    Ok(())
}

/// What has been counted: kept as a row, or forgotten where it only said what stands open.
pub async fn mark_counted(db: &impl ConnectionTrait, facts: &[figure_fact::Model]) -> Result<(), DbErr> {
    use figure_fact::{Column as Of, Entity};
    let (kept, passing): (Vec<_>, Vec<_>) = facts.iter().partition(|fact| fact.month > 0);
    let ids = |facts: Vec<&figure_fact::Model>| facts.into_iter().map(|fact| fact.id).collect::<Vec<_>>();
    let counted = figure_fact::ActiveModel { rolled: Set(1), ..Default::default() };
    Entity::update_many().set(counted).filter(Of::Id.is_in(ids(kept))).exec(db).await?;
    Entity::delete_many().filter(Of::Id.is_in(ids(passing))).exec(db).await?;
    Ok(())
}

/// Lets months wait for their closing, unless they do already.
pub async fn await_closing(db: &impl ConnectionTrait, months: Vec<figure_month::Model>) -> Result<(), DbErr> {
    use figure_month::{Column as Of, Entity};
    if months.is_empty() {
        return Ok(());
    }
    let known = OnConflict::columns([Of::ComplexId, Of::Month]).do_nothing().to_owned();
    let rows = months.into_iter().map(IntoActiveModel::into_active_model);
    match Entity::insert_many(rows).on_conflict(known).exec_without_returning(db).await {
        Ok(_) | Err(DbErr::RecordNotInserted) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The next months whose closing is due.
pub async fn due_closings(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<figure_month::Model>, DbErr> {
    use figure_month::Column as Of;
    let due = figure_month::Entity::find().filter(Of::ClosesAt.lte(now));
    due.order_by_asc(Of::ClosesAt).order_by_asc(Of::ComplexId).limit(limit).all(db).await
}

pub async fn forget_month(db: &impl ConnectionTrait, complex: Uuid, month: i32) -> Result<(), DbErr> {
    figure_month::Entity::delete_by_id((complex, month)).exec(db).await?;
    Ok(())
}

pub async fn tallies(
    db: &impl ConnectionTrait,
    under: Under,
    month: i32,
) -> Result<Vec<figure_tally::Model>, DbErr> {
    use figure_tally::Column as Of;
    figure_tally::Entity::find()
        .filter(Of::ComplexId.eq(under.complex))
        .filter(Of::PlaceId.eq(under.place))
        .filter(Of::Month.eq(month))
        .all(db)
        .await
}

/// What some places' own posts did in a month, each at one of these levels.
pub async fn tallies_of_posts(
    db: &impl ConnectionTrait,
    complexes: BTreeSet<Uuid>,
    places: impl IntoIterator<Item = Uuid>,
    (month, levels): (i32, BTreeSet<&str>),
) -> Result<Vec<figure_tally::Model>, DbErr> {
    use figure_tally::Column as Of;
    figure_tally::Entity::find()
        .filter(Of::ComplexId.is_in(complexes))
        .filter(Of::PlaceId.is_in(places))
        .filter(Of::Month.eq(month))
        .filter(Of::Level.is_in(levels))
        .all(db)
        .await
}

/// All rows of a complex's month.
pub async fn month_rows(
    db: &impl ConnectionTrait,
    complex: Uuid,
    month: i32,
) -> Result<Vec<figure_fact::Model>, DbErr> {
    use figure_fact::Column as Of;
    figure_fact::Entity::find().filter(Of::ComplexId.eq(complex)).filter(Of::Month.eq(month)).all(db).await
}

pub async fn fact(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<figure_fact::Model>, DbErr> {
    use figure_fact::Column as Of;
    figure_fact::Entity::find().filter(Of::Id.eq(id)).filter(Of::Month.gt(0)).one(db).await
}

/// Which rows of a month are listed.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub month: i32,
    pub outcomes: Vec<&'static str>,
    pub levels: Vec<&'static str>,
    pub category: Option<String>,
    /// Only of the posts at this place.
    pub post: Option<Uuid>,
}

/// Rows by outcome and id, after a position.
pub async fn rows(
    db: &impl ConnectionTrait,
    under: Under,
    wanted: &Wanted,
    after: Option<(String, Uuid)>,
    limit: u64,
) -> Result<Vec<figure_fact::Model>, DbErr> {
    use figure_fact::Column as Of;
    let Some(lineage) = lineage(under.level) else { return Ok(Vec::new()) };
    let mut query = figure_fact::Entity::find()
        .filter(lineage.eq(under.place))
        .filter(Of::Month.eq(wanted.month))
        .filter(Of::Outcome.is_in(wanted.outcomes.iter().copied()))
        .filter(Of::Level.is_in(wanted.levels.iter().copied()));
    if let Some(category) = &wanted.category {
        query = query.filter(Of::Category.eq(category));
    }
    if let Some(post) = wanted.post {
        query = query.filter(Of::PostId.eq(post));
    }
    if let Some((outcome, id)) = after {
        let same = Condition::all().add(Of::Outcome.eq(outcome.as_str())).add(Of::Id.gt(id));
        query = query.filter(Condition::any().add(Of::Outcome.gt(outcome)).add(same));
    }
    query.order_by_asc(Of::Outcome).order_by_asc(Of::Id).limit(limit).all(db).await
}

/// The newest rows of one outcome in a month.
pub async fn newest(
    db: &impl ConnectionTrait,
    under: Under,
    wanted: &Wanted,
    limit: u64,
) -> Result<Vec<figure_fact::Model>, DbErr> {
    use figure_fact::Column as Of;
    let Some(lineage) = lineage(under.level) else { return Ok(Vec::new()) };
    let mut newest = Vec::new();
    for outcome in &wanted.outcomes {
        let rows = figure_fact::Entity::find()
            .filter(lineage.eq(under.place))
            .filter(Of::Month.eq(wanted.month))
            .filter(Of::Outcome.eq(*outcome))
            .filter(Of::Level.is_in(wanted.levels.iter().copied()));
        newest.extend(rows.order_by_desc(Of::Id).limit(limit).all(db).await?);
    }
    Ok(newest)
}

/// How often any of these outcomes happened at each level since a moment of the month.
pub async fn by_level_since(
    db: &impl ConnectionTrait,
    under: Under,
    wanted: &Wanted,
    since: DateTime<Utc>,
) -> Result<Vec<(String, i64)>, DbErr> {
    use figure_fact::Column as Of;
    let Some(lineage) = lineage(under.level) else { return Ok(Vec::new()) };
    figure_fact::Entity::find()
        .select_only()
        .column(Of::Level)
        .column_as(Of::Id.count(), "times")
        .filter(lineage.eq(under.place))
        .filter(Of::Month.eq(wanted.month))
        .filter(Of::Outcome.is_in(wanted.outcomes.iter().copied()))
        .filter(Of::Level.is_in(wanted.levels.iter().copied()))
        .filter(Of::At.gt(since))
        .group_by(Of::Level)
        .into_tuple()
        .all(db)
        .await
}

/// How many of a month's reports tell where it is hot: the newest, so that a board costs the same whatever came before.
const TELLING: u64 = 1_000;

/// The buildings from which at least so many households reported lately in a month, most first.
pub async fn hot_spots(
    db: &impl ConnectionTrait,
    under: Under,
    wanted: &Wanted,
    least: usize,
    limit: usize,
) -> Result<Vec<(Uuid, u64)>, DbErr> {
    use figure_fact::Column as Of;
    let Some(lineage) = lineage(under.level) else { return Ok(Vec::new()) };
    let newest: Vec<(Option<Uuid>, Option<Uuid>)> = figure_fact::Entity::find()
        .select_only()
        .columns([Of::BuildingId, Of::HouseholdId])
        .filter(lineage.eq(under.place))
        .filter(Of::Month.eq(wanted.month))
        .filter(Of::Outcome.is_in(wanted.outcomes.iter().copied()))
        .filter(Of::Level.is_in(wanted.levels.iter().copied()))
        .order_by_desc(Of::Id)
        .limit(TELLING)
        .into_tuple()
        .all(db)
        .await?;
    let mut spots: BTreeMap<Uuid, (u64, HashSet<Uuid>)> = BTreeMap::new();
    for (building, household) in newest {
        let Some(building) = building else { continue };
        let (reports, households) = spots.entry(building).or_default();
        *reports += 1;
        households.extend(household);
    }
    let several = spots.into_iter().filter(|(_, (_, households))| households.len() >= least);
    let mut hot: Vec<_> = several.map(|(building, (reports, _))| (building, reports)).collect();
    hot.sort_by_key(|(building, reports)| (Reverse(*reports), *building));
    hot.truncate(limit);
    Ok(hot)
}

/// How many handlings of a post there were after a moment; at most `limit`.
pub async fn handled_since(
    db: &impl ConnectionTrait,
    (post, level): (Uuid, &str),
    since: DateTime<Utc>,
    limit: u64,
) -> Result<usize, DbErr> {
    use figure_fact::Column as Of;
    let handled = [Outcome::HandledInTime, Outcome::HandledLate, Outcome::HandledAfterAll];
    let found: Vec<Uuid> = figure_fact::Entity::find()
        .select_only()
        .column(Of::Id)
        .filter(Of::PostId.eq(post))
        .filter(Of::At.gt(since))
        .filter(Of::Level.eq(level))
        .filter(Of::Outcome.is_in(handled.map(Outcome::code)))
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.len())
}

/// The last incident of a category about a place that was closed after a moment.
pub async fn closed_since(
    db: &impl ConnectionTrait,
    like: &incident::Model,
    since: DateTime<Utc>,
) -> Result<Option<incident::Model>, DbErr> {
    use incident::Column as Of;
    incident::Entity::find()
        .filter(Of::ComplexId.eq(like.complex_id))
        .filter(Of::Category.eq(like.category.as_str()))
        // Said so, and not bound, the index on what is closed answers.
        .filter(Expr::cust("status = 'CLOSED'"))
        .filter(Of::ClosedAt.gt(since))
        .filter(Of::PlaceId.eq(like.place_id))
        .order_by_desc(Of::ClosedAt)
        .limit(1)
        .one(db)
        .await
}

/// How many incidents whose holder has to do something are due up to a moment.
pub async fn due_until(
    db: &impl ConnectionTrait,
    under: Under,
    lowest: &[&'static str],
    from: Option<DateTime<Utc>>,
    until: DateTime<Utc>,
) -> Result<u64, DbErr> {
    use incident::Column as Of;
    let lineage = match under.level {
        Level::District => Of::DistrictId,
        Level::Street => Of::StreetId,
        Level::Community => Of::CommunityId,
        Level::Complex => Of::ComplexId,
        Level::Building => Of::BuildingId,
        Level::Unit => Of::UnitId,
        Level::Home => return Ok(0),
    };
    let mut query = incident::Entity::find()
        .filter(lineage.eq(under.place))
        .filter(Of::LowestLevel.is_in(lowest.iter().copied()))
        .filter(Of::DueAt.is_not_null())
        .filter(Of::DueAt.lte(until))
        .filter(Of::DueKind.is_in(["CONTACT", "HANDLE"]));
    if let Some(from) = from {
        query = query.filter(Of::DueAt.gt(from));
    }
    query.count(db).await
}

pub async fn insert_closing(db: &impl ConnectionTrait, row: figure_closing::Model) -> Result<(), DbErr> {
    figure_closing::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// A closed month in its newest version, or in one of them.
pub async fn closing(
    db: &impl ConnectionTrait,
    complex: Uuid,
    month: i32,
    version: Option<i32>,
) -> Result<Option<figure_closing::Model>, DbErr> {
    use figure_closing::Column as Of;
    let mut query =
        figure_closing::Entity::find().filter(Of::ComplexId.eq(complex)).filter(Of::Month.eq(month));
    if let Some(version) = version {
        query = query.filter(Of::Version.eq(version));
    }
    query.order_by_desc(Of::Version).limit(1).one(db).await
}

pub async fn closing_by_id(
    db: &impl ConnectionTrait,
    id: Uuid,
) -> Result<Option<figure_closing::Model>, DbErr> {
    figure_closing::Entity::find().filter(figure_closing::Column::Id.eq(id)).one(db).await
}

pub async fn insert_appeal(db: &impl ConnectionTrait, row: figure_appeal::Model) -> Result<(), DbErr> {
    figure_appeal::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub async fn appeal(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<figure_appeal::Model>, DbErr> {
    figure_appeal::Entity::find().filter(figure_appeal::Column::Id.eq(id)).one(db).await
}

/// Holds an appeal until the write ends.
pub async fn lock_appeal(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<figure_appeal::Model>, DbErr> {
    let appeal = figure_appeal::Entity::find().filter(figure_appeal::Column::Id.eq(id));
    appeal.lock_exclusive().one(db).await
}

/// The appeals of a complex's month that a viewer of these levels may see, after a position.
pub async fn appeals(
    db: &impl ConnectionTrait,
    (complex, month): (Uuid, i32),
    levels: &BTreeSet<&'static str>,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<figure_appeal::Model>, DbErr> {
    use figure_appeal::Column as Of;
    let mut query = figure_appeal::Entity::find()
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::Month.eq(month))
        .filter(Of::Level.is_in(levels.iter().copied()));
    if let Some(after) = after {
        query = query.filter(Of::Id.gt(after));
    }
    query.order_by_asc(Of::Id).limit(limit).all(db).await
}

pub async fn save_appeal(db: &impl ConnectionTrait, row: &figure_appeal::Model) -> Result<(), DbErr> {
    let row = row.clone();
    figure_appeal::Entity::update_many()
        .set(figure_appeal::ActiveModel {
            state: Set(row.state),
            decided_by: Set(row.decided_by),
            words_cipher: Set(row.words_cipher),
            decided_at: Set(row.decided_at),
            version: Set(row.version),
            ..Default::default()
        })
        .filter(figure_appeal::Column::ComplexId.eq(row.complex_id))
        .filter(figure_appeal::Column::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

/// A district's own formula that holds in a month.
pub async fn formula(
    db: &impl ConnectionTrait,
    district: Uuid,
    month: i32,
) -> Result<Option<figure_formula::Model>, DbErr> {
    use figure_formula::Column as Of;
    let own =
        figure_formula::Entity::find().filter(Of::DistrictId.eq(district)).filter(Of::FromMonth.lte(month));
    own.order_by_desc(Of::FromMonth).limit(1).one(db).await
}

pub async fn insert_formula(db: &impl ConnectionTrait, row: figure_formula::Model) -> Result<(), DbErr> {
    figure_formula::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

fn lineage(level: Level) -> Option<figure_fact::Column> {
    use figure_fact::Column as Of;
    match level {
        Level::District => Some(Of::DistrictId),
        Level::Street => Some(Of::StreetId),
        Level::Community => Some(Of::CommunityId),
        Level::Complex => Some(Of::ComplexId),
        Level::Building => Some(Of::BuildingId),
        Level::Unit => Some(Of::UnitId),
        Level::Home => None,
    }
}
