//! Queries of clusters.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rules::{
    clusters::{LeftBy, Status as Course},
    incidents::Status,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    FromQueryResult, IntoActiveModel, JoinType, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use ::entity::{
    cluster::{self, Model},
    cluster_member, incident, place, urge,
};

/// A cluster by its complex and id.
pub type Key = (Uuid, Uuid);

/// What is no trouble to be one with: it was taken back, or is nobody's here.
const DROPPED: [&str; 3] = [Status::Withdrawn.code(), Status::Diverted.code(), Status::Rejected.code()];

/// An incident as far as its cluster needs it.
#[derive(Clone, Debug, FromQueryResult)]
pub struct Line {
    pub complex_id: Uuid,
    pub id: Uuid,
    pub place_id: Uuid,
    pub building_id: Option<Uuid>,
    pub unit_id: Option<Uuid>,
    pub reporter_id: Uuid,
    pub household_id: Option<Uuid>,
    pub category: String,
    pub severity: String,
    pub status: String,
    pub level: String,
    pub cluster_id: Option<Uuid>,
    pub resolved: Option<String>,
    pub urges: i32,
    pub reported_at: DateTime<Utc>,
}

impl Line {
    pub fn household(&self) -> Uuid {
        self.household_id.unwrap_or(self.reporter_id)
    }

    /// The home that it is about, if it is about one.
    pub fn home(&self) -> Option<Uuid> {
        let shared = [Some(self.complex_id), self.building_id, self.unit_id];
        Some(self.place_id).filter(|place| !shared.contains(&Some(*place)))
    }
}

fn lines() -> sea_orm::Select<incident::Entity> {
    use incident::Column as Of;
    incident::Entity::find().select_only().columns([
        Of::ComplexId,
        Of::Id,
        Of::PlaceId,
        Of::BuildingId,
        Of::UnitId,
        Of::ReporterId,
        Of::HouseholdId,
        Of::Category,
        Of::Severity,
        Of::Status,
        Of::Level,
        Of::ClusterId,
        Of::Resolved,
        Of::Urges,
        Of::ReportedAt,
    ])
}

pub async fn find(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<Model>, DbErr> {
    cluster::Entity::find().filter(cluster::Column::Id.eq(id)).one(db).await
}

pub async fn find_all(
    db: &impl ConnectionTrait,
    complex: Uuid,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<Model>, DbErr> {
    use cluster::Column as Of;
    cluster::Entity::find().filter(Of::ComplexId.eq(complex)).filter(Of::Id.is_in(ids)).all(db).await
}

pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    cluster::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

pub async fn save(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    use cluster::Column as Of;
    let key = (row.complex_id, row.id);
    cluster::Entity::update_many()
        .set(cluster::ActiveModel {
            place_id: Set(row.place_id),
            status: Set(row.status),
            lead_id: Set(row.lead_id),
            severity: Set(row.severity),
            started_at: Set(row.started_at),
            households: Set(row.households),
            urging: Set(row.urging),
            closed_at: Set(row.closed_at),
            stale_at: Set(row.stale_at),
            version: Set(row.version),
            ..Default::default()
        })
        .filter(Of::ComplexId.eq(key.0))
        .filter(Of::Id.eq(key.1))
        .exec(db)
        .await?;
    Ok(())
}

/// Asks that a cluster is looked at again.
pub async fn make_stale(
    db: &impl ConnectionTrait,
    (complex, id): Key,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use cluster::Column as Of;
    cluster::Entity::update_many()
        .set(cluster::ActiveModel { stale_at: Set(Some(now)), ..Default::default() })
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::Id.eq(id))
        .filter(Of::Status.is_in([Course::Open.code(), Course::Asking.code()]))
        .exec(db)
        .await?;
    Ok(())
}

/// Clusters that are to be looked at again, the longest waiting first.
pub async fn stale(db: &impl ConnectionTrait, limit: u64) -> Result<Vec<Uuid>, DbErr> {
    use cluster::Column as Of;
    let stale = cluster::Entity::find().select_only().column(Of::Id).filter(Of::StaleAt.is_not_null());
    stale.order_by_asc(Of::StaleAt).order_by_asc(Of::Id).limit(limit).into_tuple().all(db).await
}

/// The newest reports of a category in a complex, but those that were taken back; with what was said, sealed.
pub async fn alike(
    db: &impl ConnectionTrait,
    (complex, category): (Uuid, &str),
    since: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<incident::Model>, DbErr> {
    use incident::Column as Of;
    incident::Entity::find()
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::Category.eq(category))
        .filter(Of::ReportedAt.gte(since))
        .filter(Of::Status.is_not_in(DROPPED))
        .order_by_desc(Of::ReportedAt)
        .limit(limit)
        .all(db)
        .await
}

pub async fn incident(db: &impl ConnectionTrait, id: Uuid) -> Result<Option<incident::Model>, DbErr> {
    incident::Entity::find().filter(incident::Column::Id.eq(id)).one(db).await
}

/// Incidents, kept from moving until the transaction ends; by their ids, so that nobody waits for each other.
pub async fn lock(db: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<Line>, DbErr> {
    use incident::Column as Of;
    lines()
        .filter(Of::Id.is_in(ids.iter().copied()))
        .order_by_asc(Of::Id)
        .lock_exclusive()
        .into_model()
        .all(db)
        .await
}

/// The incidents of a cluster, the oldest first.
pub async fn of_cluster(db: &impl ConnectionTrait, (complex, id): Key) -> Result<Vec<Line>, DbErr> {
    use incident::Column as Of;
    let inside = lines().filter(Of::ComplexId.eq(complex)).filter(Of::ClusterId.eq(id));
    inside.order_by_asc(Of::Id).into_model().all(db).await
}

/// A page of them after an id, with how and when each joined.
pub async fn page_of(
    db: &impl ConnectionTrait,
    (complex, id): Key,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<(Line, cluster_member::Model)>, DbErr> {
    use cluster_member::Column as Link;
    use incident::Column as Of;
    let mut inside = lines().filter(Of::ComplexId.eq(complex)).filter(Of::ClusterId.eq(id));
    if let Some(after) = after {
        inside = inside.filter(Of::Id.gt(after));
    }
    let found: Vec<Line> = inside.order_by_asc(Of::Id).limit(limit).into_model().all(db).await?;
    let links = cluster_member::Entity::find()
        .filter(Link::ComplexId.eq(complex))
        .filter(Link::IncidentId.is_in(found.iter().map(|line| line.id)))
        .filter(Link::LeftAt.is_null())
        .all(db)
        .await?;
    let mut joined: BTreeMap<Uuid, _> = links.into_iter().map(|link| (link.incident_id, link)).collect();
    let with_link = |line: Line| Some((joined.remove(&line.id)?, line));
    Ok(found.into_iter().filter_map(with_link).map(|(link, line)| (line, link)).collect())
}

/// A person's newest incidents in a cluster.
pub async fn of_person(
    db: &impl ConnectionTrait,
    (complex, id): Key,
    person: Uuid,
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    use incident::Column as Of;
    incident::Entity::find()
        .select_only()
        .column(Of::Id)
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::ClusterId.eq(id))
        .filter(Of::ReporterId.eq(person))
        .order_by_desc(Of::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

pub async fn link(db: &impl ConnectionTrait, row: cluster_member::Model) -> Result<(), DbErr> {
    cluster_member::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
    Ok(())
}

/// Ends the link of an incident, or of all in a cluster.
pub async fn unlink(
    db: &impl ConnectionTrait,
    (complex, id): Key,
    incident: Option<Uuid>,
    (at, by): (DateTime<Utc>, LeftBy),
) -> Result<(), DbErr> {
    use cluster_member::Column as Of;
    cluster_member::Entity::update_many()
        .set(cluster_member::ActiveModel {
            left_at: Set(Some(at)),
            left_by: Set(Some(by.code().into())),
            ..Default::default()
        })
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::ClusterId.eq(id))
        .filter(Condition::all().add_option(incident.map(|incident| Of::IncidentId.eq(incident))))
        .filter(Of::LeftAt.is_null())
        .exec(db)
        .await?;
    Ok(())
}

/// Puts all incidents of one cluster into another.
pub async fn move_all(db: &impl ConnectionTrait, (complex, from): Key, to: Uuid) -> Result<(), DbErr> {
    use incident::Column as Of;
    incident::Entity::update_many()
        .col_expr(Of::ClusterId, Expr::value(to))
        .col_expr(Of::Version, Expr::col(Of::Version).add(1))
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::ClusterId.eq(from))
        .exec(db)
        .await?;
    Ok(())
}

/// The households that left a cluster because there it is still broken.
pub async fn still_broken(db: &impl ConnectionTrait, (complex, id): Key) -> Result<Vec<Uuid>, DbErr> {
    use cluster_member::Column as Of;
    cluster_member::Entity::find()
        .select_only()
        .column(Of::HouseholdId)
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::ClusterId.eq(id))
        .filter(Of::LeftBy.eq(LeftBy::StillBroken.code()))
        .into_tuple()
        .all(db)
        .await
}

/// The households that urged one of some incidents, each once for each.
pub async fn urging(
    db: &impl ConnectionTrait,
    complex: Uuid,
    incidents: &[Uuid],
) -> Result<Vec<Uuid>, DbErr> {
    use urge::Column as Of;
    urge::Entity::find()
        .select_only()
        .column(Of::HouseholdId)
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::IncidentId.is_in(incidents.iter().copied()))
        .into_tuple()
        .all(db)
        .await
}

/// How many homes a complex has in each building and unit.
pub async fn homes(
    db: &impl ConnectionTrait,
    complex: Uuid,
) -> Result<Vec<(Option<Uuid>, Option<Uuid>, i64)>, DbErr> {
    use place::Column as Of;
    place::Entity::find()
        .select_only()
        .columns([Of::BuildingId, Of::UnitId])
        .expr_as(Of::Id.count(), "homes")
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::Level.eq("HOME"))
        .group_by(Of::BuildingId)
        .group_by(Of::UnitId)
        .into_tuple()
        .all(db)
        .await
}

/// How the photos of incidents for a purpose look, those that show something.
pub async fn looks(
    db: &impl ConnectionTrait,
    complex: Uuid,
    incidents: impl Iterator<Item = Uuid>,
    purpose: &str,
) -> Result<Vec<(Uuid, i64)>, DbErr> {
    use ::entity::incident_photo::{Column as Of, Entity};
    use ::entity::upload::{Column as Photo, Entity as Upload};
    let photo = Entity::belongs_to(Upload).from(Of::UploadId).to(Photo::Id);
    Entity::find()
        .select_only()
        .column(Of::IncidentId)
        .column(Photo::Look)
        .join(JoinType::InnerJoin, photo.into())
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::IncidentId.is_in(incidents))
        .filter(Of::Purpose.eq(purpose))
        .filter(Photo::Look.is_not_null())
        .into_tuple()
        .all(db)
        .await
}

/// The photos of an incident for a purpose, the first one first.
pub async fn photos(
    db: &impl ConnectionTrait,
    (complex, incident): Key,
    purpose: &str,
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    use ::entity::incident_photo::{Column as Of, Entity};
    Entity::find()
        .select_only()
        .column(Of::UploadId)
        .filter(Of::ComplexId.eq(complex))
        .filter(Of::IncidentId.eq(incident))
        .filter(Of::Purpose.eq(purpose))
        .order_by_asc(Of::Ordinal)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}
