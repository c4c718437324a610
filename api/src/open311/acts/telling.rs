//! What is told of incidents: coarsened, and in the words of the convention.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, Utc};
use rules::{
    incidents::{self as law, due},
    open311::{
        Extended, Openness,
        course::{holder_words, level_words, origin_words, promise_words},
        exposure::{Company, Month, Report, shows_photo},
        nearby::Circle,
        service,
    },
    places::Position,
};
use uuid::Uuid;

use super::{
    super::{
        store::{self, Row},
        told::{Told, degrees},
    },
    Jurisdiction,
};
use crate::{
    app::App,
    clock::local,
    database::Conn,
    http::problem::{Problem, Result},
    places,
    policies::acts as policies,
};

pub fn moment(at: DateTime<Utc>) -> Told {
    Told::text(local(at).to_rfc3339())
}

/// What is called so by everybody who exports in bulk.
pub const COLUMNS: [&str; 14] = [
    "service_request_id",
    "requested_datetime",
    "updated_datetime",
    "closed_date",
    "status_description",
    "status_notes",
    "source",
    "service_name",
    "service_subtype",
    "description",
    "agency_responsible",
    "address",
    "lat",
    "long",
];

/// What has to be known to tell some incidents of a jurisdiction.
pub struct Telling<'a> {
    at: &'a Jurisdiction,
    company: Company<Uuid>,
    names: HashMap<Uuid, String>,
    positions: HashMap<Uuid, Position>,
    policies: HashMap<String, Arc<law::Policy>>,
    /// By incident.
    photos: HashMap<Uuid, Uuid>,
}

/// Where an incident is told to be.
struct Spot {
    id: Uuid,
    address: String,
    position: Option<Position>,
    /// How many hide each other there, where it is a building.
    households: Option<usize>,
}

/// What is told of an incident in every form.
struct Request {
    status: law::Status,
    notes: String,
    name: &'static str,
    agency: String,
    promise: String,
    expected: Option<DateTime<Utc>>,
    spot: Spot,
}

impl<'a> Telling<'a> {
    pub async fn of(app: &App, at: &'a Jurisdiction, rows: &[Row]) -> Result<Self> {
        let db = app.db.read();
        let places = rows.iter().flat_map(|row| row.building_id.into_iter().chain([row.holder_place_id]));
        let mut places: Vec<Uuid> = places.collect();
        places.sort_unstable();
        places.dedup();
        let mut names = HashMap::new();
        for some in places.chunks(500) {
            names.extend(store::names(db, some.to_vec()).await?);
        }
        let mut photos = HashMap::new();
        for some in rows.chunks(500) {
            let incidents: Vec<Uuid> = some.iter().map(|row| row.id).collect();
            for (incident, photo) in store::photos(db, at.id(), &incidents).await? {
                photos.entry(incident).or_insert(photo);
            }
        }
        Ok(Self {
            at,
            company: company(db, at, rows).await?,
            names,
            positions: places::positions(db, at.id()).await?.into_iter().collect(),
            policies: policies::held_to(db, rows.iter().map(|row| row.policy.as_str())).await?,
            photos,
        })
    }

    /// Whether it is told to be in a circle.
    pub fn is_in(&self, row: &Row, circle: &Circle) -> bool {
        self.spot(row).is_ok_and(|spot| spot.position.is_some_and(|position| circle.holds(position)))
    }

    /// The photo of it that strangers are shown.
    pub fn photo(&self, row: &Row) -> Option<Uuid> {
        let status = law::Status::from_code(&row.status)?;
        let is_told_closely = row.building_id.is_none_or(|building| self.households(row, building).is_some());
        self.photos.get(&row.id).copied().filter(|_| shows_photo(status, is_told_closely))
    }

    fn households(&self, row: &Row, building: Uuid) -> Option<usize> {
        self.company.households(building, &row.category, row.reported_at)
    }

    /// The building in company, or else the complex. Where a building is not on the map, it is where the complex is.
    fn spot(&self, row: &Row) -> Result<Spot> {
        let in_company = row.building_id.and_then(|place| Some((place, self.households(row, place)?)));
        let complex = self.positions.get(&self.at.id()).copied();
        let Some((id, households)) = in_company else {
            let address = self.at.name.clone();
            return Ok(Spot { id: self.at.id(), address, position: complex, households: None });
        };
        let address = format!("{}{}", self.at.name, self.names.get(&id).ok_or_else(|| damaged("building"))?);
        let position = self.positions.get(&id).copied().or(complex);
        Ok(Spot { id, address, position, households: Some(households) })
    }

    fn tell(&self, row: &Row) -> Result<Request> {
        let policy = self.policies.get(&row.policy).ok_or_else(|| damaged("policy"))?;
        let status = law::Status::from_code(&row.status).ok_or_else(|| damaged("status"))?;
        let level = law::Level::from_code(&row.level).ok_or_else(|| damaged("level"))?;
        let holder = law::Holder::from_code(&row.holder_role).ok_or_else(|| damaged("holder"))?;
        let category = service::find(&row.category).and_then(service::Service::category);
        Ok(Request {
            status,
            notes: format!("{}（{}）", Extended::of(status).words(), level_words(level)),
            name: &category.ok_or_else(|| damaged("service"))?.name.zh,
            agency: agency(level, holder, self.names.get(&row.holder_place_id)),
            promise: promise_words(policy.at(level)),
            expected: expected(row, policy, level),
            spot: self.spot(row)?,
        })
    }

    /// What the convention tells. `base` is how the caller calls this server.
    pub fn show(&self, row: &Row, base: &str) -> Result<Vec<(&'static str, Told)>> {
        let Request { status, notes, name, agency, promise, expected, spot } = self.tell(row)?;
        let degrees =
            |of: fn(Position) -> i32| spot.position.map_or(Told::Nothing, |at| Told::Degrees(of(at)));
        let media = |photo: Uuid| Told::text(format!("{base}/open311/v2/media/{photo}.jpg"));
        Ok(vec![
            ("service_request_id", Told::text(row.id)),
            ("status", Told::text(Openness::of(status).code())),
            ("status_notes", Told::text(notes)),
            ("service_name", Told::text(name)),
            ("service_code", Told::text(&row.category)),
            ("description", Told::text(name)),
            ("agency_responsible", Told::text(agency)),
            ("service_notice", Told::text(promise)),
            ("requested_datetime", moment(row.reported_at)),
            ("updated_datetime", moment(updated(row))),
            ("expected_datetime", expected.map_or(Told::Nothing, moment)),
            ("address", Told::text(&spot.address)),
            ("address_id", Told::text(spot.id)),
            ("zipcode", Told::Nothing),
            ("lat", degrees(Position::latitude)),
            ("long", degrees(Position::longitude)),
            ("media_url", self.photo(row).map_or(Told::Nothing, media)),
        ])
    }

    /// What is ours alone. In company it may be told what belongs together, and how many they are.
    pub fn more(&self, row: &Row) -> Result<Told> {
        let households = self.spot(row)?.households;
        let cluster = row.cluster_id.filter(|_| households.is_some());
        Ok(Told::Members(vec![
            ("level", Told::text(&row.level)),
            ("state", Told::text(&row.status)),
            ("cluster_id", cluster.map_or(Told::Nothing, Told::text)),
            ("households", households.map_or(Told::Nothing, Told::Number)),
        ]))
    }

    /// A line of the export: [`COLUMNS`].
    pub fn line(&self, row: &Row) -> Result<Vec<String>> {
        let Request { status, notes, name, agency, spot, .. } = self.tell(row)?;
        let at = |moment: DateTime<Utc>| local(moment).to_rfc3339();
        let degrees =
            |of: fn(Position) -> i32| spot.position.map(|at| degrees(of(at)).to_string()).unwrap_or_default();
        let origin = law::Origin::from_code(&row.origin).ok_or_else(|| damaged("origin"))?;
        let closed = row.closed_at.filter(|_| Openness::of(status) == Openness::Closed);
        Ok(vec![
            row.id.to_string(),
            at(row.reported_at),
            at(updated(row)),
            closed.map(at).unwrap_or_default(),
            Openness::of(status).code().into(),
            notes,
            origin_words(origin).into(),
            name.into(),
            String::new(),
            name.into(),
            agency,
            spot.address,
            degrees(Position::latitude),
            degrees(Position::longitude),
        ])
    }
}

fn damaged(what: &str) -> Problem {
    Problem::internal(format!("an incident has no {what}"))
}

fn updated(row: &Row) -> DateTime<Utc> {
    row.updated_at.unwrap_or(row.reported_at)
}

/// Who stands beside each of some reports.
async fn company(db: &impl Conn, at: &Jurisdiction, rows: &[Row]) -> Result<Company<Uuid>> {
    let months =
        || rows.iter().filter(|row| row.building_id.is_some()).filter_map(|row| Month::of(row.reported_at));
    let bounds = (months().min().and_then(Month::begins), months().max().and_then(Month::ends));
    let (Some(from), Some(to)) = bounds else { return Ok(Company::of([])) };
    let households = store::households(db, at.id(), (from, to)).await?;
    Ok(Company::of(households.into_iter().map(|one| Report {
        building: one.building_id,
        category: one.category,
        at: one.reported_at,
        reporter: one.reporter_id,
        home: one.household_id,
    })))
}

/// Who answers now. Below the complex only as what: whose unit or building it is would tell where it was reported.
fn agency(level: law::Level, holder: law::Holder, place: Option<&String>) -> String {
    let place = place.filter(|_| level >= law::Level::Complex).map(String::as_str).unwrap_or_default();
    format!("{place}{}", holder_words(holder))
}

/// By when it is handled, as long as that is promised.
fn expected(row: &Row, policy: &law::Policy, level: law::Level) -> Option<DateTime<Utc>> {
    let at = row.due_at?;
    match law::DueKind::from_code(row.due_kind.as_deref()?)? {
        law::DueKind::Handle => Some(at),
        law::DueKind::Contact => Some(due::handle_due(at, policy, level).at),
        law::DueKind::Resume
        | law::DueKind::Reply
        | law::DueKind::Verify
        | law::DueKind::Confirm
        | law::DueKind::Shout => None,
    }
}
