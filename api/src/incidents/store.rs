//! Queries of incidents.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use rules::incidents::{ClockKind, Due, DueKind, Level as Rung, Origin, Policy, Running, Status, audit, due};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, FromQueryResult, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, LockBehavior, LockType, OnConflict, Query, SimpleExpr},
};
use uuid::Uuid;

use ::entity::{
    clock_entry,
    incident::{ActiveModel, Column, Entity, Model},
    incident_photo, incident_step, place, role_grant, tenure, urge,
};

use crate::{access::Level, database::later};

/// What waits for its holder's work.
const WORKED_ON: [&str; 4] =
    [Status::Submitted.code(), Status::Accepted.code(), Status::Assigned.code(), Status::InProgress.code()];
/// What somebody must hold; what awaits the reporter or an inspector waits for nobody else.
const HELD: [&str; 6] = [
    Status::Submitted.code(),
    Status::NeedInfo.code(),
    Status::Accepted.code(),
    Status::Assigned.code(),
    Status::InProgress.code(),
    Status::Waiting.code(),
];

/// Tenures, photos and steps that are shown of one incident; the newest ones.
pub const SHOWN: u8 = 100;

pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Id.eq(id)).one(db).await
}

/// How many households reported or urged an incident, or another of its cluster, since a moment, or ever. Who does so from
/// no home counts as one.
pub async fn households(
    db: &impl ConnectionTrait,
    row: &Model,
    since: Option<DateTime<Utc>>,
) -> Result<u32, DbErr> {
    let own = Column::Id.eq(row.id);
    let of_it = match row.cluster_id {
        Some(cluster) => own.or(Column::ClusterId.eq(cluster)),
        None => own,
    };
    let it = Entity::find().select_only().filter(Column::ComplexId.eq(row.complex_id)).filter(of_it);
    let reported: Vec<(Option<Uuid>, Uuid)> = it
        .clone()
        .columns([Column::HouseholdId, Column::ReporterId])
        .filter(Condition::all().add_option(since.map(|since| Column::ReportedAt.gte(since))))
        .into_tuple()
        .all(db)
        .await?;
    let urged: Vec<Uuid> = urge::Entity::find()
        .select_only()
        .column(urge::Column::HouseholdId)
        .filter(urge::Column::ComplexId.eq(row.complex_id))
        .filter(urge::Column::IncidentId.in_subquery(it.column(Column::Id).into_query()))
        .filter(Condition::all().add_option(since.map(|since| urge::Column::At.gte(since))))
        .into_tuple()
        .all(db)
        .await?;
    let reported = reported.into_iter().map(|(household, reporter)| household.unwrap_or(reporter));
    let households: HashSet<Uuid> = reported.chain(urged).collect();
    Ok(u32::try_from(households.len()).unwrap_or(u32::MAX))
}

/// When a household urged an incident last.
pub async fn last_urge(
    db: &impl ConnectionTrait,
    row: &Model,
    household: Uuid,
) -> Result<Option<DateTime<Utc>>, DbErr> {
    let known = urge::Entity::find_by_id((row.complex_id, row.id, household)).one(db).await?;
    Ok(known.map(|urge| urge.at))
}

/// Keeps that a household urges; the incident is locked.
pub async fn save_urge(
    db: &impl ConnectionTrait,
    row: &Model,
    household: Uuid,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    use urge::Column as Of;
    let key = [Of::ComplexId, Of::IncidentId, Of::HouseholdId];
    let urged = urge::Model { complex_id: row.complex_id, incident_id: row.id, household_id: household, at };
    urge::Entity::insert(urged.into_active_model())
        .on_conflict(OnConflict::columns(key).update_column(Of::At).to_owned())
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Some incidents; unknown ids are left out.
pub async fn find_all(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids)).all(db).await
}

/// When the earliest was reported that is open still, not found on a patrol, and of a category at a place, or in a cluster.
/// What is merged is open with what leads it.
pub async fn reported_first(
    db: &impl ConnectionTrait,
    (complex, place): (Uuid, Uuid),
    category: &str,
    cluster: Option<Uuid>,
) -> Result<Option<DateTime<Utc>>, DbErr> {
    let of_kind = Entity::find()
        .select_only()
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::Category.eq(category));
    let held = of_kind.clone().filter(Column::DueAt.is_not_null());
    let led = held.clone().column(Column::ClusterId).filter(Column::ClusterId.is_not_null()).into_query();
    let merged =
        of_kind.filter(Column::Status.eq(Status::Merged.code())).filter(Column::ClusterId.in_subquery(led));
    let here = Condition::any()
        .add(Column::PlaceId.eq(place))
        .add_option(cluster.map(|cluster| Column::ClusterId.eq(cluster)));
    let mut earliest = None;
    for open in [held, merged] {
        let first: Option<DateTime<Utc>> = open
            .column(Column::ReportedAt)
            .filter(here.clone())
            .filter(Column::Origin.ne(Origin::Patrol.code()))
            .order_by_asc(Column::ReportedAt)
            .limit(1)
            .into_tuple()
            .one(db)
            .await?;
        earliest = earliest.into_iter().chain(first).min();
    }
    Ok(earliest)
}

/// The sealed words of one step.
pub async fn step_words(
    db: &impl ConnectionTrait,
    complex: Uuid,
    incident: Uuid,
    ordinal: i32,
) -> Result<Option<Vec<u8>>, DbErr> {
    let step = incident_step::Entity::find_by_id((complex, incident, ordinal)).one(db).await?;
    Ok(step.and_then(|step| step.words_cipher))
}

/// What decides who may read an incident.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Ladder {
    pub id: Uuid,
    pub place_id: Uuid,
    pub reporter_id: Uuid,
    pub lowest_level: String,
    pub level: String,
}

/// Of these incidents, what decides who may read them.
pub async fn ladders(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<Ladder>, DbErr> {
    Entity::find()
        .select_only()
        .columns([Column::Id, Column::PlaceId, Column::ReporterId, Column::LowestLevel, Column::Level])
        .filter(Column::Id.is_in(ids))
        .into_model()
        .all(db)
        .await
}

/// Finds an incident and keeps everybody else from moving it until the transaction ends.
pub async fn lock(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Id.eq(id)).lock_exclusive().one(db).await
}

/// The same, unless somebody else is at it.
pub async fn lock_if_free(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::Id.eq(id))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(db)
        .await
}

/// What something happens to by itself, the longest awaited first, after a position.
pub async fn acting(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<(DateTime<Utc>, Uuid)>, DbErr> {
    from_then_on(Column::ActsAt, after, limit).filter(Column::ActsAt.lte(now)).into_tuple().all(db).await
}

/// Those that an outage explained until now, the longest over first, after a position.
pub async fn explained_no_more(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<(DateTime<Utc>, Uuid)>, DbErr> {
    let over = Column::ExplainedUntil.lte(now);
    from_then_on(Column::ExplainedUntil, after, limit).filter(over).into_tuple().all(db).await
}

/// Whose holder is to be warned or reminded, the longest awaited first, after a position.
pub async fn prompting(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<(DateTime<Utc>, Uuid)>, DbErr> {
    from_then_on(Column::PromptsAt, after, limit)
        .filter(Column::PromptsAt.lte(now))
        .into_tuple()
        .all(db)
        .await
}

/// When its holder is warned or reminded next.
pub async fn set_prompts_at(
    db: &impl ConnectionTrait,
    row: &Model,
    at: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::PromptsAt, Expr::value(at))
        .filter(Column::ComplexId.eq(row.complex_id))
        .filter(Column::Id.eq(row.id))
        .exec(db)
        .await?;
    Ok(())
}

/// What has a time in a column and comes after a position, in the order of that time, as `(time, id)`.
fn from_then_on(column: Column, after: Option<(DateTime<Utc>, Uuid)>, limit: u64) -> Select<Entity> {
    let mut query = Entity::find()
        .select_only()
        .column(column)
        .column(Column::Id)
        .filter(column.is_not_null())
        .order_by_asc(column)
        .order_by_asc(Column::Id)
        .limit(limit);
    if let Some(after) = after {
        query = query.filter(later((column, Column::Id), after));
    }
    query
}

/// Ladder posts that somebody left between `since` and `now`, because the role was taken back or ended, by
/// `(place, role)`.
pub async fn left_posts(
    db: &impl ConnectionTrait,
    roles: &[&'static str],
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<BTreeSet<(Uuid, String)>, DbErr> {
    use role_grant::Column as Grant;
    let ended = Condition::all().add(Grant::EndsAt.gt(since)).add(Grant::EndsAt.lte(now));
    let left: Vec<(Uuid, String)> = role_grant::Entity::find()
        .select_only()
        .column(Grant::PlaceId)
        .column(Grant::Role)
        .filter(Condition::any().add(Grant::RevokedAt.gt(since)).add(ended))
        .filter(Grant::Role.is_in(roles.iter().copied()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(left.into_iter().collect())
}

/// What a post holds and works on, soonest due first.
pub async fn at_post(
    db: &impl ConnectionTrait,
    (place, role): &(Uuid, String),
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::HolderPlaceId.eq(*place))
        .filter(Column::HolderRole.eq(role.as_str()))
        .filter(Column::DueAt.is_not_null())
        .filter(Column::Status.is_in(HELD))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// What is open and has a clock, as the auditor looks at it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Open {
    pub id: Uuid,
    pub status: String,
    pub level: String,
    pub due_at: DateTime<Utc>,
    pub due_kind: Option<String>,
    pub acts_at: Option<DateTime<Utc>>,
    pub policy: String,
}

impl Open {
    /// Whether what it says is what the law could have made, as far as that is to be told without its tenure.
    pub fn is_right(&self, policy: &Policy) -> bool {
        let kind = self.due_kind.as_deref().and_then(DueKind::from_code);
        let known = Rung::from_code(&self.level).zip(kind).zip(Status::from_code(&self.status));
        known.is_some_and(|((level, kind), status)| {
            let (due, tier) = (Due { kind, at: self.due_at }, policy.at(level));
            let mut ways = policy.calendar.each().map(|work| due::after_grace(due, tier, work));
            ways.any(|acts_at| self.acts_at == Some(acts_at)) && audit::fits(status, kind)
        })
    }
}

/// What is open and has a clock, the longest awaited first, after a position.
pub async fn open_after(
    db: &impl ConnectionTrait,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<Open>, DbErr> {
    from_then_on(Column::DueAt, after, limit)
        .columns([Column::Status, Column::Level, Column::DueKind, Column::ActsAt, Column::Policy])
        .into_model()
        .all(db)
        .await
}

/// Open tenures by complex and incident, after a position.
pub async fn open_tenures_after(
    db: &impl ConnectionTrait,
    after: Option<(Uuid, Uuid)>,
    limit: u64,
) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    use tenure::Column as Of;
    let mut query = tenure::Entity::find()
        .select_only()
        .columns([Of::ComplexId, Of::IncidentId])
        .filter(Of::ExitedAt.is_null());
    if let Some((complex, incident)) = after {
        // The complex alone stands first, for an index to begin there.
        let of_that_complex =
            Condition::all().add(Of::ComplexId.eq(complex)).add(Of::IncidentId.gt(incident));
        let later = Condition::any().add(Of::ComplexId.gt(complex)).add(of_that_complex);
        query = query.filter(Of::ComplexId.gte(complex)).filter(later);
    }
    query.order_by_asc(Of::ComplexId).order_by_asc(Of::IncidentId).limit(limit).into_tuple().all(db).await
}

/// Which of some incidents nothing is due of because they are over, or led by another.
pub async fn without_due(db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<Uuid>, DbErr> {
    let stopped = Status::ALL.iter().filter(|status| status.is_over() || **status == Status::Merged);
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::Status.is_in(stopped.map(|status| status.code())))
        .into_tuple()
        .all(db)
        .await
}

/// Which of some incidents are held and worked on by posts that nobody fills.
pub async fn held_by_nobody(
    db: &impl ConnectionTrait,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, DbErr> {
    use role_grant::Column as Grant;
    let of_grant = |column: Grant| Expr::col((role_grant::Entity, column));
    let somebody = Query::select()
        .expr(Expr::val(1))
        .from(role_grant::Entity)
        .and_where(of_grant(Grant::PlaceId).equals((Entity, Column::HolderPlaceId)))
        .and_where(of_grant(Grant::Role).equals((Entity, Column::HolderRole)))
        .cond_where(stands(now))
        .to_owned();
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::Status.is_in(HELD))
        .filter(Expr::exists(somebody).not())
        .into_tuple()
        .all(db)
        .await
}

/// A role that somebody has now.
fn stands(now: DateTime<Utc>) -> Condition {
    use role_grant::Column as Grant;
    Condition::all()
        .add(Grant::RevokedAt.is_null())
        .add(Grant::StartsAt.lte(now))
        .add(Condition::any().add(Grant::EndsAt.is_null()).add(Grant::EndsAt.gt(now)))
}

/// Open incidents without a clock: there must be none.
pub async fn without_clock(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Uuid>, DbErr> {
    // In the words of the index `incident_without_clock`, so that both databases use it.
    let open = Expr::cust(
        "due_at IS NULL AND status <> 'CLOSED' AND status <> 'WITHDRAWN' AND status <> 'MERGED' \
         AND status <> 'DIVERTED' AND status <> 'REJECTED'",
    );
    Entity::find().select_only().column(Column::Id).filter(open).limit(limit).into_tuple().all(db).await
}

/// Which of some open incidents have no open tenure that says what their row says: there must be none.
pub async fn strayed(db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<Uuid>, DbErr> {
    use tenure::Column as Of;
    // Counted, not asked for: PostgreSQL would join with every tenure there is rather than look up those of a page.
    let said = [
        (Of::ComplexId, Column::ComplexId),
        (Of::IncidentId, Column::Id),
        (Of::Seq, Column::TenureSeq),
        (Of::Level, Column::Level),
        (Of::PlaceId, Column::HolderPlaceId),
        (Of::Role, Column::HolderRole),
        (Of::DueAt, Column::DueAt),
        (Of::DueKind, Column::DueKind),
        (Of::Policy, Column::Policy),
    ];
    let mut agreeing = Query::select();
    agreeing
        .expr(Expr::col((tenure::Entity, Of::Seq)).count())
        .from(tenure::Entity)
        .and_where(Expr::col((tenure::Entity, Of::ExitedAt)).is_null());
    for (of_tenure, of_incident) in said {
        agreeing.and_where(Expr::col((tenure::Entity, of_tenure)).equals((Entity, of_incident)));
    }
    let agreeing = SimpleExpr::SubQuery(None, Box::new(agreeing.into()));
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::DueAt.is_not_null())
        .filter(agreeing.eq(0))
        .into_tuple()
        .all(db)
        .await
}

pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Saves a move, if nobody else moved the incident since `version` and `seq` were read; answers whether it did.
pub async fn save(db: &impl ConnectionTrait, row: &Model, version: i64, seq: i32) -> Result<bool, DbErr> {
    let row = row.clone();
    let done = Entity::update_many()
        .set(ActiveModel {
            status: Set(row.status),
            level: Set(row.level),
            lowest_level: Set(row.lowest_level),
            holder_place_id: Set(row.holder_place_id),
            holder_role: Set(row.holder_role),
            tenure_seq: Set(row.tenure_seq),
            due_at: Set(row.due_at),
            due_kind: Set(row.due_kind),
            comes_from: Set(row.comes_from),
            comes_until: Set(row.comes_until),
            rework: Set(row.rework),
            apart: Set(row.apart),
            households: Set(row.households),
            climbs: Set(row.climbs),
            resolved: Set(row.resolved),
            satisfaction: Set(row.satisfaction),
            because: Set(row.because),
            assignee_id: Set(row.assignee_id),
            elsewhere: Set(row.elsewhere),
            not_taken: Set(row.not_taken),
            closer_role: Set(row.closer_role),
            closer_place_id: Set(row.closer_place_id),
            objections: Set(row.objections),
            misrouted: Set(row.misrouted),
            closed_at: Set(row.closed_at),
            urges: Set(row.urges),
            policy: Set(row.policy),
            acts_at: Set(row.acts_at),
            prompts_at: Set(row.prompts_at),
            severity: Set(row.severity),
            cluster_id: Set(row.cluster_id),
            merged_from: Set(row.merged_from),
            explained_until: Set(row.explained_until),
            version: Set(row.version),
            ..Default::default()
        })
        .filter(Column::ComplexId.eq(row.complex_id))
        .filter(Column::Id.eq(row.id))
        .filter(Column::Version.eq(version))
        .filter(Column::TenureSeq.eq(seq))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

pub async fn insert_tenure(db: &impl ConnectionTrait, row: tenure::Model) -> Result<(), DbErr> {
    tenure::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub async fn save_tenure(db: &impl ConnectionTrait, row: tenure::Model) -> Result<(), DbErr> {
    tenure::Entity::update_many()
        .set(tenure::ActiveModel {
            acknowledged_at: Set(row.acknowledged_at),
            handled_at: Set(row.handled_at),
            shouts: Set(row.shouts),
            due_at: Set(row.due_at),
            due_kind: Set(row.due_kind),
            exited_at: Set(row.exited_at),
            exit: Set(row.exit),
            policy: Set(row.policy),
            warned: Set(row.warned),
            reminded: Set(row.reminded),
            unsorted: Set(row.unsorted),
            steps_taken: Set(row.steps_taken),
            stepped_at: Set(row.stepped_at),
            proposal: Set(row.proposal),
            proposal_to: Set(row.proposal_to),
            proposal_until: Set(row.proposal_until),
            ..Default::default()
        })
        .filter(tenure::Column::ComplexId.eq(row.complex_id))
        .filter(tenure::Column::IncidentId.eq(row.incident_id))
        .filter(tenure::Column::Seq.eq(row.seq))
        .exec(db)
        .await?;
    Ok(())
}

/// Every level's time of holding it, the first one first.
pub async fn tenures(db: &impl ConnectionTrait, row: &Model) -> Result<Vec<tenure::Model>, DbErr> {
    tenure::Entity::find()
        .filter(tenure::Column::ComplexId.eq(row.complex_id))
        .filter(tenure::Column::IncidentId.eq(row.id))
        .order_by_asc(tenure::Column::Seq)
        .all(db)
        .await
}

/// The tenure that the incident's row names.
pub async fn tenure(db: &impl ConnectionTrait, row: &Model) -> Result<Option<tenure::Model>, DbErr> {
    tenure::Entity::find_by_id((row.complex_id, row.id, row.tenure_seq)).one(db).await
}

/// The tenure before the one that the incident's row names.
pub async fn tenure_before(db: &impl ConnectionTrait, row: &Model) -> Result<Option<tenure::Model>, DbErr> {
    tenure::Entity::find_by_id((row.complex_id, row.id, row.tenure_seq - 1)).one(db).await
}

pub async fn insert_step(db: &impl ConnectionTrait, step: incident_step::Model) -> Result<(), DbErr> {
    incident_step::Entity::insert(step.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub async fn insert_clock_entries(
    db: &impl ConnectionTrait,
    rows: Vec<clock_entry::Model>,
) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(IntoActiveModel::into_active_model);
    clock_entry::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// What happened to one clock of an incident up to the version of its row, the earliest first: who reads the row first
/// sees nothing of what moved it since.
pub async fn clock_entries(
    db: &impl ConnectionTrait,
    row: &Model,
    clock: Running,
) -> Result<Vec<clock_entry::Model>, DbErr> {
    use clock_entry::Column as Of;
    clock_entry::Entity::find()
        .filter(Of::ComplexId.eq(row.complex_id))
        .filter(Of::IncidentId.eq(row.id))
        .filter(Of::Kind.eq(clock.kind.code()))
        .filter(Of::TenureSeq.eq(clock.tenure))
        .filter(Of::Rework.eq(clock.rework))
        .filter(Of::Version.lte(row.version))
        .order_by_asc(Of::Version)
        // Of what happened at once: `START` and `RESUME` before `PAUSE`.
        .order_by_desc(Of::Change)
        .all(db)
        .await
}

/// Rows of clocks that are told at once.
const TOLD: u64 = 1000;

/// The newest of what happened to all clocks of an incident, the earliest first.
pub async fn all_clock_entries(
    db: &impl ConnectionTrait,
    row: &Model,
) -> Result<Vec<clock_entry::Model>, DbErr> {
    use clock_entry::Column as Of;
    let mut entries = clock_entry::Entity::find()
        .filter(Of::ComplexId.eq(row.complex_id))
        .filter(Of::IncidentId.eq(row.id))
        .order_by_desc(Of::Version)
        .order_by_asc(Of::Change)
        .limit(TOLD)
        .all(db)
        .await?;
    entries.reverse();
    Ok(entries)
}

/// What happened to the clocks of the holders of some incidents of a complex, each clock's in order.
pub async fn holders_clock_entries(
    db: &impl ConnectionTrait,
    complex: Uuid,
    incidents: &[Uuid],
) -> Result<Vec<clock_entry::Model>, DbErr> {
    use clock_entry::Column as Of;
    let kinds = [ClockKind::FirstContact, ClockKind::Handling].map(ClockKind::code);
    clock_entry::Entity::find()
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::IncidentId.is_in(incidents.iter().copied()))
        .filter(Of::Kind.is_in(kinds))
        .order_by_asc(Of::IncidentId)
        .order_by_asc(Of::Version)
        .order_by_desc(Of::Change)
        .all(db)
        .await
}

/// Where some incidents of a complex are, with the key of the policy of each of their tenures.
pub async fn held_to(
    db: &impl ConnectionTrait,
    complex: Uuid,
    incidents: &[Uuid],
) -> Result<Vec<(Uuid, i32, String, Uuid)>, DbErr> {
    use tenure::Column as Of;
    let ids = || incidents.iter().copied();
    let places: Vec<(Uuid, Uuid)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::PlaceId])
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::Id.is_in(ids()))
        .into_tuple()
        .all(db)
        .await?;
    let places: HashMap<Uuid, Uuid> = places.into_iter().collect();
    let tenures: Vec<(Uuid, i32, String)> = tenure::Entity::find()
        .select_only()
        .columns([Of::IncidentId, Of::Seq, Of::Policy])
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::IncidentId.is_in(ids()))
        .into_tuple()
        .all(db)
        .await?;
    let at = |(id, seq, policy)| Some((id, seq, policy, *places.get(&id)?));
    Ok(tenures.into_iter().filter_map(at).collect())
}

/// The newest steps of its life line, oldest first, but those of one act if it is named.
pub async fn steps(
    db: &impl ConnectionTrait,
    row: &Model,
    without: Option<&str>,
) -> Result<Vec<incident_step::Model>, DbErr> {
    let mut steps = incident_step::Entity::find()
        .filter(incident_step::Column::ComplexId.eq(row.complex_id))
        .filter(incident_step::Column::IncidentId.eq(row.id))
        .filter(Condition::all().add_option(without.map(|act| incident_step::Column::Act.ne(act))))
        .order_by_desc(incident_step::Column::Ordinal)
        .limit(u64::from(SHOWN))
        .all(db)
        .await?;
    steps.reverse();
    Ok(steps)
}

/// What was said when an act was done last.
pub async fn last_words(
    db: &impl ConnectionTrait,
    row: &Model,
    act: &str,
) -> Result<Option<(i32, Vec<u8>)>, DbErr> {
    use incident_step::Column as Of;
    let said: Option<(i32, Option<Vec<u8>>)> = incident_step::Entity::find()
        .select_only()
        .columns([Of::Ordinal, Of::WordsCipher])
        .filter(Of::ComplexId.eq(row.complex_id))
        .filter(Of::IncidentId.eq(row.id))
        .filter(Of::Act.eq(act))
        .order_by_desc(Of::Ordinal)
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    Ok(said.and_then(|(step, words)| Some((step, words?))))
}

/// The newest step of an incident that has words.
pub async fn last_said(
    db: &impl ConnectionTrait,
    complex: Uuid,
    incident: Uuid,
) -> Result<Option<i32>, DbErr> {
    use incident_step::Column as Of;
    incident_step::Entity::find()
        .select_only()
        .column(Of::Ordinal)
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::IncidentId.eq(incident))
        .filter(Of::WordsCipher.is_not_null())
        .order_by_desc(Of::Ordinal)
        .limit(1)
        .into_tuple()
        .one(db)
        .await
}

/// Adds photos behind those that are there.
pub async fn insert_photos(
    db: &impl ConnectionTrait,
    row: &Model,
    photos: &[Uuid],
    purpose: &str,
) -> Result<(), DbErr> {
    if photos.is_empty() {
        return Ok(());
    }
    let last: Option<i32> = incident_photo::Entity::find()
        .select_only()
        .column(incident_photo::Column::Ordinal)
        .filter(incident_photo::Column::ComplexId.eq(row.complex_id))
        .filter(incident_photo::Column::IncidentId.eq(row.id))
        .order_by_desc(incident_photo::Column::Ordinal)
        .limit(1)
        .into_tuple()
        .one(db)
        .await?;
    let rows = photos.iter().zip(last.unwrap_or(0) + 1..).map(|(photo, ordinal)| {
        incident_photo::Model {
            complex_id: row.complex_id,
            incident_id: row.id,
            ordinal,
            upload_id: *photo,
            purpose: purpose.to_owned(),
        }
        .into_active_model()
    });
    incident_photo::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// The newest photos, oldest first.
pub async fn photos(db: &impl ConnectionTrait, row: &Model) -> Result<Vec<incident_photo::Model>, DbErr> {
    let mut photos = incident_photo::Entity::find()
        .filter(incident_photo::Column::ComplexId.eq(row.complex_id))
        .filter(incident_photo::Column::IncidentId.eq(row.id))
        .order_by_desc(incident_photo::Column::Ordinal)
        .limit(u64::from(SHOWN))
        .all(db)
        .await?;
    photos.reverse();
    Ok(photos)
}

/// At which of these places somebody has one of these roles now, by `(place, role)`.
pub async fn staffed(
    db: &impl ConnectionTrait,
    posts: &[(Uuid, String)],
    now: DateTime<Utc>,
) -> Result<BTreeSet<(Uuid, String)>, DbErr> {
    use role_grant::Column as Grant;
    let found: Vec<(Uuid, String)> = role_grant::Entity::find()
        .select_only()
        .column(Grant::PlaceId)
        .column(Grant::Role)
        .distinct()
        .filter(Grant::PlaceId.is_in(posts.iter().map(|(place, _)| *place)))
        .filter(Grant::Role.is_in(posts.iter().map(|(_, role)| role.as_str())))
        .filter(stands(now))
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().collect())
}

/// Who fills a post now, the one longest there first.
pub async fn people_at(
    db: &impl ConnectionTrait,
    (place, role): (Uuid, &str),
    now: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    use role_grant::Column as Grant;
    role_grant::Entity::find()
        .select_only()
        .column(Grant::PersonId)
        .filter(Grant::PlaceId.eq(place))
        .filter(Grant::Role.eq(role))
        .filter(stands(now))
        .order_by_asc(Grant::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Reports that an outage explained, after one of them.
pub async fn explained_by(
    db: &impl ConnectionTrait,
    complex: Uuid,
    outage: Uuid,
    after: Uuid,
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::OutageId.eq(outage))
        .filter(Column::Id.gt(after))
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// The names of places.
pub async fn names(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, (String, String)>, DbErr> {
    let ids: BTreeSet<Uuid> = ids.into_iter().collect();
    let rows: Vec<(Uuid, String, String)> = place::Entity::find()
        .select_only()
        .columns([place::Column::Id, place::Column::Level, place::Column::Name])
        .filter(place::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|(id, level, name)| (id, (level, name))).collect())
}

/// Whose incidents a list shows; each has its index.
#[derive(Clone, Debug)]
pub enum Whose {
    /// Reported by a person.
    ReportedBy(Uuid),
    /// Held now by a role at a place.
    HeldBy(Uuid, &'static str),
    /// At or under a place of this level, held at the lowest so far by a level of the ladder.
    Under(Level, Uuid, &'static str),
}

/// In which order, and after which position.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// What is open, soonest due first.
    SoonestDue(Option<(DateTime<Utc>, Uuid)>),
    Newest(Option<Uuid>),
}

/// What a list leaves out.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub under: Option<(Level, Uuid)>,
    pub level: Option<&'static str>,
    pub due_before: Option<DateTime<Utc>>,
    pub assignee: Option<Uuid>,
    pub categories: Option<Vec<&'static str>>,
    pub severity: Option<&'static str>,
    pub due_kind: Option<&'static str>,
    /// Only what is late at this moment.
    pub late_at: Option<DateTime<Utc>>,
    /// Only where somebody comes before the second moment, and not before the first.
    pub coming: Option<(DateTime<Utc>, DateTime<Utc>)>,
    pub reworked: bool,
    pub urged: bool,
}

pub async fn list(
    db: &impl ConnectionTrait,
    whose: &Whose,
    status: Option<&'static str>,
    filter: &Filter,
    order: Order,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut query = match whose {
        Whose::ReportedBy(person) => Entity::find().filter(Column::ReporterId.eq(*person)),
        Whose::HeldBy(place, role) => {
            Entity::find().filter(Column::HolderPlaceId.eq(*place)).filter(Column::HolderRole.eq(*role))
        }
        Whose::Under(level, place, lowest) => {
            Entity::find().filter(lineage(*level).eq(*place)).filter(Column::LowestLevel.eq(*lowest))
        }
    };
    if let Some((level, place)) = filter.under {
        query = query.filter(lineage(level).eq(place));
    }
    if let Some(level) = filter.level {
        query = query.filter(Column::Level.eq(level));
    }
    if let Some(status) = status {
        query = query.filter(Column::Status.eq(status));
    }
    if let Some(assignee) = filter.assignee {
        query = query.filter(Column::AssigneeId.eq(assignee));
    }
    if let Some(before) = filter.due_before {
        query = query.filter(Column::DueAt.lt(before));
    }
    if let Some(categories) = &filter.categories {
        query = query.filter(Column::Category.is_in(categories.iter().copied()));
    }
    if let Some(severity) = filter.severity {
        query = query.filter(Column::Severity.eq(severity));
    }
    if let Some(kind) = filter.due_kind {
        query = query.filter(Column::DueKind.eq(kind));
    }
    if let Some(now) = filter.late_at {
        query = query.filter(late(now));
    }
    if let Some((now, before)) = filter.coming {
        query = query.filter(Column::ComesUntil.gt(now)).filter(Column::ComesFrom.lt(before));
    }
    if filter.reworked {
        query = query.filter(Column::Rework.gt(0));
    }
    if filter.urged {
        query = query.filter(Column::Urges.gt(0));
    }
    query = match order {
        Order::SoonestDue(after) => {
            query = query.filter(Column::DueAt.is_not_null());
            if let Some(after) = after {
                query = query.filter(later((Column::DueAt, Column::Id), after));
            }
            query.order_by_asc(Column::DueAt).order_by_asc(Column::Id)
        }
        Order::Newest(after) => {
            if let Some(after) = after {
                query = query.filter(Column::Id.lt(after));
            }
            query.order_by_desc(Column::Id)
        }
    };
    query.limit(limit).all(db).await
}

/// Its holder's time is over: it has run out, or the holder is being reminded.
fn late(now: DateTime<Utc>) -> Condition {
    let held = Condition::all().add(Column::Status.is_in(HELD)).add(Column::DueAt.lte(now));
    Condition::any().add(Column::DueKind.eq(DueKind::Shout.code())).add(held)
}

/// What a post has open that waits for one thing.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Load {
    pub due_kind: String,
    pub open: i64,
    pub late: i64,
    /// Due before the moment that was named, and not late.
    pub soon: i64,
}

/// What a post has open, by what it waits for; what is due before `soon` is counted apart.
pub async fn load(
    db: &impl ConnectionTrait,
    (place, role): (Uuid, &'static str),
    now: DateTime<Utc>,
    soon: DateTime<Utc>,
) -> Result<Vec<Load>, DbErr> {
    counted(now, soon)
        .column(Column::DueKind)
        .filter(Column::HolderPlaceId.eq(place))
        .filter(Column::HolderRole.eq(role))
        .group_by(Column::DueKind)
        .order_by_asc(Column::DueKind)
        .into_model()
        .all(db)
        .await
}

/// What is open, late, and due before `soon` without being late, in groups that the caller names.
fn counted(now: DateTime<Utc>, soon: DateTime<Utc>) -> Select<Entity> {
    let counted = |what: Condition| Expr::expr(Expr::case(what, 1)).count();
    let is_soon = Condition::all().add(Column::DueAt.lt(soon)).add(late(now).not());
    Entity::find()
        .select_only()
        .expr_as(Column::Id.count(), "open")
        .expr_as(counted(late(now)), "late")
        .expr_as(counted(is_soon), "soon")
        .filter(Column::DueAt.is_not_null())
}

/// What somebody of a post has in hand.
#[derive(Clone, Debug, FromQueryResult)]
pub struct InHands {
    /// None for what is given to nobody.
    pub assignee_id: Option<Uuid>,
    pub open: i64,
    pub late: i64,
    pub soon: i64,
}

/// What a post has open, by whom it is given to.
pub async fn load_by_person(
    db: &impl ConnectionTrait,
    (place, role): (Uuid, &'static str),
    now: DateTime<Utc>,
    soon: DateTime<Utc>,
) -> Result<Vec<InHands>, DbErr> {
    counted(now, soon)
        .column(Column::AssigneeId)
        .filter(Column::HolderPlaceId.eq(place))
        .filter(Column::HolderRole.eq(role))
        .group_by(Column::AssigneeId)
        .order_by_asc(Column::AssigneeId)
        .into_model()
        .all(db)
        .await
}

/// What a post holds.
#[derive(Clone, Debug, FromQueryResult)]
pub struct AtPost {
    pub holder_place_id: Uuid,
    pub holder_role: String,
    pub open: i64,
    pub late: i64,
    pub soon: i64,
}

/// What is open about a place and its parts, held at one of some levels after one of the `lowest` had it, by the post that
/// holds it.
pub async fn load_by_post(
    db: &impl ConnectionTrait,
    (level, place): (Level, Uuid),
    (lowest, levels): (&[&'static str], &[&'static str]),
    (now, soon): (DateTime<Utc>, DateTime<Utc>),
    limit: u64,
) -> Result<Vec<AtPost>, DbErr> {
    counted(now, soon)
        .columns([Column::HolderPlaceId, Column::HolderRole])
        .filter(lineage(level).eq(place))
        .filter(Column::LowestLevel.is_in(lowest.iter().copied()))
        .filter(Column::Level.is_in(levels.iter().copied()))
        .group_by(Column::HolderPlaceId)
        .group_by(Column::HolderRole)
        .order_by_asc(Column::HolderPlaceId)
        .order_by_asc(Column::HolderRole)
        .limit(limit)
        .into_model()
        .all(db)
        .await
}

/// How long it took from the report to the handling that settled it, for the last closed of a category in a complex.
pub async fn took(
    db: &impl ConnectionTrait,
    complex: Uuid,
    category: &str,
    limit: u64,
) -> Result<Vec<TimeDelta>, DbErr> {
    use tenure::Column as Of;
    let settling = Condition::all()
        .add(Expr::col((tenure::Entity, Of::ComplexId)).equals((Entity, Column::ComplexId)))
        .add(Expr::col((tenure::Entity, Of::IncidentId)).equals((Entity, Column::Id)))
        .add(Expr::col((tenure::Entity, Of::Seq)).equals((Entity, Column::TenureSeq)));
    let handled_at = Query::select()
        .expr(Expr::col((tenure::Entity, Of::HandledAt)))
        .from(tenure::Entity)
        .cond_where(settling)
        .to_owned();
    let settled: Vec<(DateTime<Utc>, Option<DateTime<Utc>>)> = Entity::find()
        .select_only()
        .column(Column::ReportedAt)
        .expr_as(SimpleExpr::SubQuery(None, Box::new(handled_at.into())), "handled_at")
        .filter(Column::ComplexId.eq(complex))
        .filter(Column::Category.eq(category))
        // Said so, and not bound, the index on what is closed answers.
        .filter(Expr::cust("status = 'CLOSED'"))
        .order_by_desc(Column::ClosedAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await?;
    Ok(settled.into_iter().filter_map(|(reported, handled)| Some(handled? - reported)).collect())
}

/// A person's newest open incidents, and how many are open.
pub async fn open_of(
    db: &impl ConnectionTrait,
    person: Uuid,
    limit: u64,
) -> Result<(Vec<Model>, u64), DbErr> {
    // What is merged has no clock of its own, and is open.
    let is_open = Column::DueAt.is_not_null().or(Column::Status.eq(Status::Merged.code()));
    let open = Entity::find().filter(Column::ReporterId.eq(person)).filter(is_open);
    let count = open.clone().count(db).await?;
    Ok((open.order_by_desc(Column::Id).limit(limit).all(db).await?, count))
}

/// What waits for the work of these posts, soonest due first, and how much.
pub async fn waiting_for(
    db: &impl ConnectionTrait,
    posts: &[(Uuid, &'static str)],
    limit: u64,
) -> Result<(Vec<Model>, u64), DbErr> {
    if posts.is_empty() {
        return Ok((Vec::new(), 0));
    }
    let held = posts.iter().fold(Condition::any(), |any, (place, role)| {
        any.add(Condition::all().add(Column::HolderPlaceId.eq(*place)).add(Column::HolderRole.eq(*role)))
    });
    let waiting = Entity::find()
        .filter(held)
        .filter(Column::DueAt.is_not_null())
        .filter(Column::Status.is_in(WORKED_ON));
    let count = waiting.clone().count(db).await?;
    let first = waiting.order_by_asc(Column::DueAt).order_by_asc(Column::Id).limit(limit).all(db).await?;
    Ok((first, count))
}

fn lineage(level: Level) -> Column {
    match level {
        Level::District => Column::DistrictId,
        Level::Street => Column::StreetId,
        Level::Community => Column::CommunityId,
        Level::Complex => Column::ComplexId,
        Level::Building => Column::BuildingId,
        Level::Unit => Column::UnitId,
        Level::Home => Column::PlaceId,
    }
}
