//! Queries of keys, and of what is public.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rules::{
    incidents::Status,
    moderation::{Audience, State},
    open311,
};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, IntoActiveModel, JoinType,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, ExprTrait, Order, Query, SelectStatement, SimpleExpr},
};
use uuid::Uuid;

use ::entity::{
    api_key::{self, Column as Key, Model},
    incident::{self, Column as Of},
    incident_step::{self, Column as Step},
    photo_check::{self, Column as Checked},
    place,
};

pub async fn insert_key(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    api_key::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// A key, also one that was revoked.
pub async fn key(db: &impl ConnectionTrait, complex: Uuid, id: Uuid) -> Result<Option<Model>, DbErr> {
    api_key::Entity::find_by_id((complex, id)).one(db).await
}

/// The standing key of this index.
pub async fn key_by_index(
    db: &impl ConnectionTrait,
    complex: Uuid,
    index: &str,
) -> Result<Option<Model>, DbErr> {
    let found = api_key::Entity::find().filter(Key::ComplexId.eq(complex)).filter(Key::KeyIndex.eq(index));
    found.filter(Key::RevokedAt.is_null()).one(db).await
}

fn standing(complex: Uuid) -> Select<api_key::Entity> {
    api_key::Entity::find().filter(Key::ComplexId.eq(complex)).filter(Key::RevokedAt.is_null())
}

pub async fn count_keys(db: &impl ConnectionTrait, complex: Uuid) -> Result<u64, DbErr> {
    standing(complex).count(db).await
}

/// The standing keys of a complex, after an id.
pub async fn keys(
    db: &impl ConnectionTrait,
    complex: Uuid,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let mut keys = standing(complex);
    if let Some(after) = after {
        keys = keys.filter(Key::Id.gt(after));
    }
    keys.order_by_asc(Key::Id).limit(limit).all(db).await
}

/// Revokes a key that still stands; false when it did not.
pub async fn revoke_key(db: &impl ConnectionTrait, row: &Model, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let revoked = api_key::Entity::update_many()
        .set(api_key::ActiveModel {
            revoked_at: Set(Some(now)),
            version: Set(row.version + 1),
            ..Default::default()
        })
        .filter(Key::ComplexId.eq(row.complex_id))
        .filter(Key::Id.eq(row.id))
        .filter(Key::RevokedAt.is_null())
        .exec(db)
        .await?;
    Ok(revoked.rows_affected == 1)
}

/// What is told of an incident, before it is coarsened. Nothing of it is encrypted.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Row {
    pub id: Uuid,
    pub category: String,
    /// Under which key its policy is kept.
    pub policy: String,
    pub status: String,
    pub level: String,
    pub building_id: Option<Uuid>,
    pub holder_place_id: Uuid,
    pub holder_role: String,
    pub due_at: Option<DateTime<Utc>>,
    pub due_kind: Option<String>,
    pub cluster_id: Option<Uuid>,
    pub reported_at: DateTime<Utc>,
    pub closed_at: Option<DateTime<Utc>>,
    pub origin: String,
    /// When something last happened that strangers are told of.
    pub updated_at: Option<DateTime<Utc>>,
}

/// Which part of what is public.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only these, if they are named.
    pub ids: Option<Vec<Uuid>>,
    pub categories: Vec<&'static str>,
    pub statuses: Option<Vec<&'static str>>,
    pub reported: Option<open311::Window>,
    pub updated: Option<open311::Window>,
    /// Only what stands after this one in the list.
    pub after: Option<(DateTime<Utc>, Uuid)>,
}

/// A part of a list.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    pub offset: u64,
    pub limit: u64,
}

/// What is public of a complex, the newest first.
pub async fn requests(
    db: &impl ConnectionTrait,
    complex: Uuid,
    wanted: &Wanted,
    slice: Slice,
) -> Result<Vec<Row>, DbErr> {
    let columns = [
        Of::Id,
        Of::Category,
        Of::Policy,
        Of::Status,
        Of::Level,
        Of::BuildingId,
        Of::HolderPlaceId,
        Of::HolderRole,
        Of::DueAt,
        Of::DueKind,
        Of::ClusterId,
        Of::ReportedAt,
        Of::ClosedAt,
        Of::Origin,
    ];
    let mut query = incident::Entity::find()
        .select_only()
        .columns(columns)
        .expr_as(last_told(), "updated_at")
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::Category.is_in(wanted.categories.iter().copied()));
    if let Some(ids) = &wanted.ids {
        query = query.filter(Of::Id.is_in(ids.iter().copied()));
    }
    if let Some(statuses) = &wanted.statuses {
        query = query.filter(Of::Status.is_in(statuses.iter().copied()));
    }
    if let Some(open311::Window { from, to }) = wanted.reported {
        query = query.filter(Of::ReportedAt.gte(from)).filter(Of::ReportedAt.lte(to));
    }
    if let Some(open311::Window { from, to }) = wanted.updated {
        let moved = Query::select()
            .column(Step::IncidentId)
            .from(incident_step::Entity)
            .and_where(Step::ComplexId.eq(complex))
            .and_where(Step::At.gte(from))
            .and_where(Step::At.lte(to))
            .take();
        query =
            query.filter(Of::Id.in_subquery(moved)).filter(last_told().gte(from)).filter(last_told().lte(to));
    }
    if let Some((reported, id)) = wanted.after {
        let at_once = Of::ReportedAt.eq(reported).and(Of::Id.lt(id));
        query = query.filter(Of::ReportedAt.lte(reported)).filter(Of::ReportedAt.lt(reported).or(at_once));
    }
    query
        .order_by_desc(Of::ReportedAt)
        .order_by_desc(Of::Id)
        .offset(slice.offset)
        .limit(slice.limit)
        .into_model()
        .all(db)
        .await
}

/// When something last happened to an incident that strangers are told of.
fn last_told() -> SimpleExpr {
    let of_incident = |column: Step| Expr::col((incident_step::Entity, column));
    let last: SelectStatement = Query::select()
        .expr(of_incident(Step::At))
        .from(incident_step::Entity)
        .and_where(of_incident(Step::ComplexId).equals((incident::Entity, Of::ComplexId)))
        .and_where(of_incident(Step::IncidentId).equals((incident::Entity, Of::Id)))
        .and_where(of_incident(Step::Act).is_in(told_acts().chain([REPORT])))
        .order_by((incident_step::Entity, Step::Ordinal), Order::Desc)
        .limit(1)
        .take();
    SimpleExpr::SubQuery(None, Box::new(last.into()))
}

/// The step with which an incident begins.
const REPORT: &str = "REPORT";

fn told_acts() -> impl Iterator<Item = &'static str> {
    open311::course::told().map(rules::incidents::Act::code)
}

/// A step that strangers are told of.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Update {
    pub incident_id: Uuid,
    pub ordinal: i32,
    pub act: String,
    pub at: DateTime<Utc>,
}

/// What happened to public incidents of a complex, the earliest first.
pub async fn updates(
    db: &impl ConnectionTrait,
    complex: Uuid,
    wanted: &Wanted,
    slice: Slice,
) -> Result<Vec<Update>, DbErr> {
    let mut query = incident_step::Entity::find()
        .select_only()
        .columns([Step::IncidentId, Step::Ordinal, Step::Act, Step::At])
        .join(JoinType::InnerJoin, of_step())
        .filter(Step::ComplexId.eq(complex))
        .filter(Step::Act.is_in(told_acts()))
        .filter(Of::Category.is_in(wanted.categories.iter().copied()));
    if let Some(ids) = &wanted.ids {
        query = query.filter(Step::IncidentId.is_in(ids.iter().copied()));
    }
    if let Some(open311::Window { from, to }) = wanted.updated {
        query = query.filter(Step::At.gte(from)).filter(Step::At.lte(to));
    }
    query
        .order_by_asc(Step::At)
        .order_by_asc(Step::IncidentId)
        .order_by_asc(Step::Ordinal)
        .offset(slice.offset)
        .limit(slice.limit)
        .into_model()
        .all(db)
        .await
}

/// The incident of a step.
fn of_step() -> sea_orm::RelationDef {
    incident_step::Entity::belongs_to(incident::Entity)
        .from((Step::ComplexId, Step::IncidentId))
        .to((Of::ComplexId, Of::Id))
        .into()
}

/// Reports that are counted at once.
const COUNTED: u64 = 20_000;

/// A report from a building, by a household.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Neighbour {
    pub building_id: Uuid,
    pub category: String,
    pub reported_at: DateTime<Utc>,
    pub reporter_id: Uuid,
    pub household_id: Uuid,
}

/// From which households public troubles were reported in some months. Who reported without a home of their own, as an
/// officer or another system does, is nobody's company.
pub async fn households(
    db: &impl ConnectionTrait,
    complex: Uuid,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<Neighbour>, DbErr> {
    incident::Entity::find()
        .select_only()
        .columns([Of::BuildingId, Of::Category, Of::ReportedAt, Of::ReporterId, Of::HouseholdId])
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::ReportedAt.gte(from))
        .filter(Of::ReportedAt.lt(to))
        .filter(Of::BuildingId.is_not_null())
        .filter(Expr::col(Of::HouseholdId).not_equals(Of::ReporterId))
        .limit(COUNTED)
        .into_model()
        .all(db)
        .await
}

/// The names of places.
pub async fn names(db: &impl ConnectionTrait, ids: Vec<Uuid>) -> Result<HashMap<Uuid, String>, DbErr> {
    let rows: Vec<(Uuid, String)> = place::Entity::find()
        .select_only()
        .columns([place::Column::Id, place::Column::Name])
        .filter(place::Column::Id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Photos of some incidents that a person found fit for others, each with its incident; the earliest first.
pub async fn photos(
    db: &impl ConnectionTrait,
    complex: Uuid,
    incidents: &[Uuid],
) -> Result<Vec<(Uuid, Uuid)>, DbErr> {
    passed()
        .select_only()
        .columns([Checked::IncidentId, Checked::PhotoId])
        .filter(Checked::ComplexId.eq(complex))
        .filter(Checked::IncidentId.is_in(incidents.iter().copied()))
        .order_by_asc(Checked::Step)
        .order_by_asc(Checked::Id)
        .into_tuple()
        .all(db)
        .await
}

/// The complex and the incident of such a photo.
pub async fn of_photo(db: &impl ConnectionTrait, photo: Uuid) -> Result<Option<(Uuid, Uuid)>, DbErr> {
    let found = passed().filter(Checked::PhotoId.eq(photo));
    found.select_only().columns([Checked::ComplexId, Checked::IncidentId]).into_tuple().one(db).await
}

/// What WeChat alone passed was not looked at for faces and number plates: strangers see none of that.
fn passed() -> Select<photo_check::Entity> {
    photo_check::Entity::find()
        .filter(Checked::Audience.eq(Audience::Public.code()))
        .filter(Checked::State.eq(State::Passed.code()))
        .filter(Checked::DecidedBy.is_not_null())
}

/// Who reported an incident, and how far it is.
pub async fn reporter_of(
    db: &impl ConnectionTrait,
    complex: Uuid,
    id: Uuid,
) -> Result<Option<(Uuid, Option<Status>)>, DbErr> {
    let found: Option<(Uuid, String)> = incident::Entity::find()
        .select_only()
        .columns([Of::ReporterId, Of::Status])
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::Id.eq(id))
        .into_tuple()
        .one(db)
        .await?;
    Ok(found.map(|(reporter, status)| (reporter, Status::from_code(&status))))
}
