//! Making routes, walking them, and what was found or missed.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use rules::{incidents::Origin, patrols as law};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    POINT_CHECKED, POINT_UNKNOWN, ROUND_FINISHED, ROUTE_RETIRED, ROUTES_TOO_MANY,
    model::{
        BeginRound, Check, CheckPoint, NewRoute, Outcome, PatrolRound, PatrolRoundLine, PatrolRoute,
        PatrolRouteLine, Point, PointPath, Token,
    },
    store,
};
use crate::{
    access::{Level, Lineage, Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        paging::{Cursors, List, Page},
        problem::{NOT_ALLOWED, NOT_FOUND, Problem, Result},
    },
    incidents::{
        acts::{self as incidents, Names},
        model::ReportIncident,
    },
    moderation::{self, Verdict},
    places,
    record::{self, Audience, Event},
};

/// The column that codes are looked up by.
const TOKEN: &str = "patrol_point.token";

/// Routes of a complex that are walked.
const ROUTES: u64 = 50;

/// Late routes looked for at once, and checks looked at for one report.
const BATCH: u64 = 50;

/// Who has routes walked, and is told where they were not, or where too little was seen.
const ANSWERS: [&str; 1] = ["PROPERTY_MANAGER"];

const FOUND: &str = "FOUND";
const KNOWN: &str = "KNOWN";
const MISSED: &str = "MISSED";

type Row = ::entity::patrol_route::Model;
type PointRow = ::entity::patrol_point::Model;
type RoundRow = ::entity::patrol_round::Model;

impl From<law::Refusal> for Problem {
    fn from(refusal: law::Refusal) -> Self {
        let words = refusal.to_string();
        match refusal {
            law::Refusal::Finished { .. } => ROUND_FINISHED.because(words),
            law::Refusal::OutOfReach { .. } | law::Refusal::BeforeRound { .. } => {
                Self::member("/checked_at", "BOUND", words)
            }
        }
    }
}

fn is_walked(row: &Row) -> bool {
    row.is_walked == 1
}

/// Goes on only where the viewer may patrol.
pub(super) async fn may_patrol(app: &App, viewer: &Viewer, place: Uuid) -> Result<()> {
    let place = places::lineage(app.db.read(), place).await?;
    viewer.require(Permission::Patrol, &place, None)
}

/// Makes a route with its points, and a code for each.
pub(super) async fn create(app: &App, viewer: &Viewer, tx: &Tx, new: &NewRoute) -> Result<PatrolRoute> {
    let place = places::lineage(tx.conn(), new.place_id).await?;
    viewer.require(Permission::Patrol, &place, None)?;
    let outside =
        |pointer: &str| Problem::member(pointer, "LEVEL", "name a place in the complex of the route");
    let complex = place.at(Level::Complex).ok_or_else(|| outside("/place_id"))?;
    tx.lock(&format!("patrol routes {complex}")).await?;
    if store::count_walked(tx.conn(), complex).await? >= ROUTES {
        return Err(ROUTES_TOO_MANY.plain());
    }
    let there = places::lineages(tx.conn(), new.points.iter().map(|point| point.place_id)).await?;
    let row = Row {
        complex_id: complex,
        id: tx.id(),
        place_id: place.id,
        name: new.name.clone(),
        every_hours: i32::try_from(new.every_hours).map_err(Problem::internal)?,
        late_at: Some(law::next_due(tx.now, new.every_hours)),
        late_rounds: 0,
        is_walked: 1,
        version: 1,
    };
    let (mut points, mut tokens) = (Vec::new(), Vec::new());
    for (ordinal, point) in (0..).zip(&new.points) {
        let at = there.get(&point.place_id).and_then(|at| at.at(Level::Complex));
        if at != Some(complex) {
            return Err(outside(&format!("/points/{ordinal}/place_id")));
        }
        let token = new_token(app);
        points.push(PointRow {
            complex_id: complex,
            route_id: row.id,
            ordinal,
            id: tx.id(),
            place_id: point.place_id,
            name: point.name.clone(),
            categories: point.categories.join(","),
            token_index: app.vault.index(TOKEN, &token),
        });
        tokens.push(token);
    }
    let facts = json!({ "every_hours": row.every_hours, "points": points.len() });
    store::insert(tx.conn(), row.clone(), points).await?;
    let role = acting(viewer, &place)?;
    tell(tx, &row, "PATROL_ROUTE_CREATED", role, facts).await?;
    let mut route = show(tx.conn(), row).await?;
    for (point, token) in route.points.iter_mut().zip(tokens) {
        point.token = Some(token);
    }
    Ok(route)
}

fn new_token(app: &App) -> String {
    hex::encode(app.ids.secret())
}

/// The role by which the viewer patrols at a place.
fn acting(viewer: &Viewer, place: &Lineage) -> Result<&'static str> {
    let role = viewer.acting_as(Permission::Patrol, place).map(crate::access::Role::as_str);
    role.ok_or_else(|| NOT_ALLOWED.because("only who patrols here may do this"))
}

async fn tell(tx: &Tx, row: &Row, kind: &'static str, role: &str, facts: Value) -> Result<()> {
    let event = Event {
        kind,
        complex: row.complex_id,
        place: row.place_id,
        subject_type: "PATROL_ROUTE",
        subject: row.id,
        version: row.version,
        role: role.into(),
        audience: Audience::Handlers,
        person: None,
        facts,
        commitment: None,
    };
    record::write(tx, event).await
}

/// A route that the viewer may see.
async fn readable(db: &impl Conn, viewer: &Viewer, row: Option<Row>) -> Result<(Row, Lineage)> {
    let row = row.ok_or_else(|| NOT_FOUND.plain())?;
    let place = places::lineage(db, row.place_id).await?;
    viewer.require(Permission::ReadPatrol, &place, None)?;
    Ok((row, place))
}

/// A route that this transaction holds, with the role by which the viewer patrols there.
async fn lock(tx: &Tx, viewer: &Viewer, id: Uuid) -> Result<(Row, &'static str)> {
    let row = store::lock(tx.conn(), id).await?;
    let (row, place) = readable(tx.conn(), viewer, row).await?;
    let role = acting(viewer, &place)?;
    Ok((row, role))
}

/// Makes another code for a point.
pub(super) async fn renew(app: &App, viewer: &Viewer, tx: &Tx, path: PointPath) -> Result<Token> {
    let (mut row, role) = lock(tx, viewer, path.route_id).await?;
    let points = store::points(tx.conn(), &row).await?;
    let point = points.into_iter().find(|point| point.id == path.point_id);
    let point = point.ok_or_else(|| NOT_FOUND.because("no such point"))?;
    let token = new_token(app);
    store::save_token(tx.conn(), &PointRow { token_index: app.vault.index(TOKEN, &token), ..point }).await?;
    row.version += 1;
    store::save(tx.conn(), &row).await?;
    tell(tx, &row, "PATROL_TOKEN_RENEWED", role, json!({ "point_id": path.point_id })).await?;
    Ok(Token { token })
}

/// The route is not walked any more.
pub(super) async fn retire(viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<PatrolRoute> {
    let (mut row, role) = lock(tx, viewer, id).await?;
    if !is_walked(&row) {
        return Err(ROUTE_RETIRED.plain());
    }
    row.is_walked = 0;
    row.late_at = None;
    row.version += 1;
    store::save(tx.conn(), &row).await?;
    tell(tx, &row, "PATROL_ROUTE_RETIRED", role, json!({})).await?;
    show(tx.conn(), row).await
}

/// Somebody sets out.
pub(super) async fn begin(viewer: &Viewer, tx: &Tx, route: Uuid, request: BeginRound) -> Result<PatrolRound> {
    let (row, role) = lock(tx, viewer, route).await?;
    if !is_walked(&row) {
        return Err(ROUTE_RETIRED.plain());
    }
    let started = request.started_at.map_or(tx.now, |at| at.to_utc().trunc_subsecs(6));
    let began = law::Round::begin(started, tx.now)
        .map_err(|refusal| Problem::member("/started_at", "BOUND", refusal.to_string()))?;
    let points = store::points(tx.conn(), &row).await?.len();
    let round = RoundRow {
        complex_id: row.complex_id,
        id: tx.id(),
        route_id: row.id,
        started_at: began.started_at,
        finished_at: None,
        points: i32::try_from(points).map_err(Problem::internal)?,
        checked: 0,
        version: 1,
    };
    store::insert_round(tx.conn(), round.clone()).await?;
    tell(tx, &row, "PATROL_ROUND_BEGUN", role, json!({ "round_id": round.id })).await?;
    show_round(tx.conn(), round).await
}

/// A round that this transaction holds, its route, and the role by which the viewer walks it.
async fn lock_round(tx: &Tx, viewer: &Viewer, id: Uuid) -> Result<(RoundRow, Row, &'static str)> {
    let round = store::find_round(tx.conn(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    // The route first, always: whoever checks and whoever finishes wait for each other.
    let (row, role) = lock(tx, viewer, round.route_id).await?;
    let round = store::lock_round(tx.conn(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    Ok((round, row, role))
}

fn law_of(round: &RoundRow) -> law::Round {
    law::Round { started_at: round.started_at, finished_at: round.finished_at }
}

/// Somebody is at a point and tells what they found there.
pub(super) async fn check(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    (request, verdict): (&CheckPoint, Option<&Verdict>),
) -> Result<PatrolRound> {
    let (mut round, row, role) = lock_round(tx, viewer, id).await?;
    let told = request.checked_at.map_or(tx.now, |at| at.to_utc().trunc_subsecs(6));
    let checked_at = law_of(&round).check(told, tx.now)?;
    let index = app.vault.index(TOKEN, &request.token);
    let points = store::points(tx.conn(), &row).await?;
    let point = points.into_iter().find(|point| point.token_index == index);
    let point = point.ok_or_else(|| POINT_UNKNOWN.plain())?;
    let before = store::checks(tx.conn(), &round).await?;
    if before.iter().any(|check| check.point_id == point.id) {
        return Err(POINT_CHECKED.plain());
    }
    let found: Vec<&str> = request.findings.iter().map(|finding| finding.category.as_str()).collect();
    let check = ::entity::patrol_check::Model {
        complex_id: row.complex_id,
        round_id: round.id,
        point_id: point.id,
        place_id: point.place_id,
        route_id: row.id,
        watched: point.categories.clone(),
        found: found.join(","),
        checked_at,
        received_at: tx.now,
    };
    store::insert_check(tx.conn(), check.clone()).await?;
    for finding in &request.findings {
        let report = ReportIncident {
            place_id: point.place_id,
            category: finding.category.clone(),
            description: finding.description.clone(),
            photo_ids: finding.photo_ids.clone(),
            joins: None,
            recurrence_of: None,
        };
        let incident = incidents::report(app, viewer, tx, &report, Origin::Patrol).await?;
        moderation::told_of_report(tx, viewer, incident.id, verdict).await?;
        let at = (check.complex_id, check.place_id);
        let reported =
            incidents::reported_first(tx.conn(), at, &finding.category, incident.cluster_id).await?;
        let is_first = law::found_first(law::Check { at: checked_at, found: true }, reported);
        let kind = if is_first { FOUND } else { KNOWN };
        store::insert_outcome(tx.conn(), outcome(&check, incident.id, kind, tx.now)).await?;
    }
    round.checked += 1;
    round.version += 1;
    store::save_round(tx.conn(), &round).await?;
    let facts = json!({ "round_id": round.id, "point_id": point.id, "found": found,
        "checked_at": local(checked_at) });
    tell(tx, &row, "PATROL_POINT_CHECKED", role, facts).await?;
    show_round(tx.conn(), round).await
}

fn outcome(
    check: &::entity::patrol_check::Model,
    incident_id: Uuid,
    kind: &str,
    at: DateTime<Utc>,
) -> ::entity::patrol_outcome::Model {
    ::entity::patrol_outcome::Model {
        complex_id: check.complex_id,
        incident_id,
        point_id: check.point_id,
        round_id: check.round_id,
        route_id: check.route_id,
        kind: kind.into(),
        at,
    }
}

/// Somebody is back.
pub(super) async fn finish(viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<PatrolRound> {
    let (mut round, mut row, role) = lock_round(tx, viewer, id).await?;
    let then = law_of(&round).finish(tx.now)?;
    round.finished_at = then.finished_at;
    round.version += 1;
    store::save_round(tx.conn(), &round).await?;
    if is_walked(&row) {
        row.late_at = Some(law::next_due(tx.now, row.every_hours.unsigned_abs()));
    }
    row.version += 1;
    store::save(tx.conn(), &row).await?;
    let facts = json!({ "round_id": round.id, "points": round.points, "checked": round.checked });
    tell(tx, &row, "PATROL_ROUND_FINISHED", role, facts).await?;
    show_round(tx.conn(), round).await
}

/// Tells of routes whose round is late, and expects the next one; answers how many there were.
pub async fn tick(app: &App) -> Result<usize> {
    let late = store::late(app.db.read(), app.clock.now(), BATCH).await?;
    for id in &late {
        app.write(async |tx| tell_late(tx, *id).await).await?;
    }
    Ok(late.len())
}

async fn tell_late(tx: &Tx, id: Uuid) -> Result<()> {
    let Some(mut row) = store::lock(tx.conn(), id).await? else { return Ok(()) };
    let Some(due) = row.late_at.filter(|due| *due <= tx.now) else { return Ok(()) };
    row.late_rounds += 1;
    row.late_at = Some(law::next_due(tx.now, row.every_hours.unsigned_abs()));
    row.version += 1;
    store::save(tx.conn(), &row).await?;
    let facts = json!({ "due_at": local(due), "notify": ANSWERS });
    tell(tx, &row, "PATROL_ROUND_LATE", "CLOCK", facts).await
}

/// A resident reports something: where a patrol passed over it shortly before, that is told as missed.
pub(crate) async fn missed(tx: &Tx, incident: Uuid, place: &Lineage, category: &str) -> Result<()> {
    let Some(complex) = place.at(Level::Complex) else { return Ok(()) };
    let above: Vec<Uuid> = place.chain.iter().flatten().copied().chain([place.id]).collect();
    let since = tx.now - TimeDelta::hours(law::MISSED_WITHIN_HOURS);
    let checks = store::checks_at(tx.conn(), complex, &above, since, BATCH).await?;
    let names = |categories: &str| categories.split(',').any(|one| one == category);
    // Of each point the last look counts.
    let mut looked = Vec::new();
    for check in checks.iter().filter(|check| names(&check.watched)) {
        if looked.contains(&check.point_id) {
            continue;
        }
        looked.push(check.point_id);
        let last = law::Check { at: check.checked_at, found: names(&check.found) };
        if !law::missed(last, tx.now) {
            continue;
        }
        store::insert_outcome(tx.conn(), outcome(check, incident, MISSED, tx.now)).await?;
        let row = store::find(tx.conn(), check.route_id).await?.ok_or_else(|| NOT_FOUND.plain())?;
        let facts = json!({ "round_id": check.round_id, "point_id": check.point_id,
            "incident_id": incident, "category": category, "notify": ANSWERS });
        tell(tx, &row, "PATROL_MISSED", "CLOCK", facts).await?;
    }
    Ok(())
}

/// The routes that are walked in a place's complex.
pub(super) async fn list(
    app: &App,
    viewer: &Viewer,
    place: Uuid,
    page: &Page,
) -> Result<List<PatrolRouteLine>> {
    let db = app.db.read();
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::ReadPatrol, &place, None)?;
    let complex = place.at(Level::Complex).ok_or_else(|| NOT_FOUND.because("name a place in a complex"))?;
    let cursors = Cursors::new(&app.vault, format!("patrol routes {complex}"), viewer.person);
    let after = cursors.position(page)?;
    let rows = store::walked(db, complex, after, page.limit() + 1).await?;
    let names = Names::of(db, rows.iter().map(|row| row.place_id)).await?;
    let line = |row: Row| {
        Ok::<_, Problem>(PatrolRouteLine {
            id: row.id,
            place: names.place(row.place_id)?,
            every_hours: row.every_hours.unsigned_abs(),
            due_at: row.late_at.map(local),
            late_rounds: row.late_rounds.unsigned_abs(),
            name: row.name,
        })
    };
    let List { items, next_cursor } = cursors.page(rows, page, |row| row.id.to_string(), line);
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

/// A route, for those who may see it.
pub(super) async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<PatrolRoute> {
    let db = app.db.read();
    let (row, _) = readable(db, viewer, store::find(db, id).await?).await?;
    show(db, row).await
}

/// A round, for those who may see its route.
pub(super) async fn read_round(app: &App, viewer: &Viewer, id: Uuid) -> Result<PatrolRound> {
    let db = app.db.read();
    let round = store::find_round(db, id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    readable(db, viewer, store::find(db, round.route_id).await?).await?;
    show_round(db, round).await
}

fn codes(categories: &str) -> Vec<String> {
    categories.split(',').filter(|code| !code.is_empty()).map(str::to_owned).collect()
}

async fn show(db: &impl Conn, row: Row) -> Result<PatrolRoute> {
    let points = store::points(db, &row).await?;
    let names = Names::of(db, points.iter().map(|point| point.place_id).chain([row.place_id])).await?;
    let point = |point: PointRow| {
        Ok::<_, Problem>(Point {
            id: point.id,
            place: names.place(point.place_id)?,
            categories: codes(&point.categories),
            name: point.name,
            token: None,
        })
    };
    let round = |round: RoundRow| PatrolRoundLine {
        id: round.id,
        started_at: local(round.started_at),
        finished_at: round.finished_at.map(local),
        points: round.points.unsigned_abs(),
        checked: round.checked.unsigned_abs(),
    };
    let shown = |outcome: ::entity::patrol_outcome::Model| Outcome {
        incident_id: outcome.incident_id,
        point_id: outcome.point_id,
        round_id: outcome.round_id,
        at: local(outcome.at),
    };
    Ok(PatrolRoute {
        id: row.id,
        place: names.place(row.place_id)?,
        every_hours: row.every_hours.unsigned_abs(),
        walked: is_walked(&row),
        due_at: row.late_at.map(local),
        late_rounds: row.late_rounds.unsigned_abs(),
        points: points.into_iter().map(point).collect::<Result<_>>()?,
        rounds: store::rounds(db, &row).await?.into_iter().map(round).collect(),
        found: store::outcomes(db, &row, FOUND).await?.into_iter().map(shown).collect(),
        known: store::outcomes(db, &row, KNOWN).await?.into_iter().map(shown).collect(),
        missed: store::outcomes(db, &row, MISSED).await?.into_iter().map(shown).collect(),
        name: row.name,
    })
}

async fn show_round(db: &impl Conn, round: RoundRow) -> Result<PatrolRound> {
    let check = |check: ::entity::patrol_check::Model| Check {
        point_id: check.point_id,
        checked_at: local(check.checked_at),
        received_at: local(check.received_at),
        found: codes(&check.found),
    };
    Ok(PatrolRound {
        id: round.id,
        route_id: round.route_id,
        started_at: local(round.started_at),
        finished_at: round.finished_at.map(local),
        points: round.points.unsigned_abs(),
        checks: store::checks(db, &round).await?.into_iter().map(check).collect(),
        version: round.version,
    })
}
