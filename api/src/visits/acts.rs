//! Asking to be looked in on, whom to call on, and what came of it.

use std::collections::{BTreeMap, HashMap};

use chrono::{SubsecRound, TimeDelta};
use rules::{commitments as promise, incidents as incident_law, visits as law};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    VISIT_COMMITMENT_SETTLED, VISIT_ELSEWHERE,
    model::{
        AskCare, CallOffVisit, Care, Cares, Commitment, LogVisit, Matter, MatterDeed, PlanVisit, Reason,
        SettleVisitCommitment, Suggestion, Suggestions, Visit, VisitCommitmentPath, VisitLine, VisitedMatter,
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
        lists,
        model::{ClimbIncident, HandleIncident, NoteIncident, ReportIncident},
    },
    moderation::{self, Verdict},
    places,
    record::{self, Audience, Event},
};

const NEED: &str = "care.need";
const WORDS: &str = "visit.words";
const WHAT: &str = "visit_commitment.what";
const SETTLING: &str = "visit_commitment.words";

/// Homes of one person.
const HOMES: u64 = 20;
/// Households looked at for one plan, and places suggested.
const SUGGESTED: usize = 50;
/// Incidents named with a suggestion.
const NAMED: usize = 10;
/// Alarms looked for at once.
const BATCH: u64 = 50;

type Row = ::entity::visit::Model;
type CareRow = ::entity::care::Model;
type CommitmentRow = ::entity::visit_commitment::Model;

impl From<law::Refusal> for Problem {
    fn from(refusal: law::Refusal) -> Self {
        let words = refusal.to_string();
        match refusal {
            law::Refusal::OutOfReach => Self::member("/planned_for", "BOUND", words),
            law::Refusal::WrongStatus { .. } => VISIT_ELSEWHERE.because(words),
        }
    }
}

fn sealed(app: &App, column: &'static str, words: &str) -> Result<Vec<u8>> {
    app.vault.seal(column, words.as_bytes()).map_err(Problem::internal)
}

fn opened(app: &App, column: &'static str, sealed: &[u8]) -> Result<String> {
    app.vault.text(column, sealed).map_err(Problem::internal)
}

/// Somebody asks that others look in on their household.
pub(super) async fn ask(app: &App, viewer: &Viewer, tx: &Tx, home: Uuid, request: &AskCare) -> Result<Care> {
    let home = places::lineage(tx.conn(), home).await?;
    viewer.require(Permission::AskCare, &home, None)?;
    let complex = home.at(Level::Complex).filter(|_| home.level == Level::Home);
    let complex = complex.ok_or_else(|| NOT_FOUND.because("name a home"))?;
    tx.lock(&format!("care {}", viewer.person)).await?;
    let need_cipher = sealed(app, NEED, &request.need)?;
    let known = store::care_of(tx.conn(), home.id, viewer.person).await?;
    let row = if let Some(known) = known {
        let row = CareRow { need_cipher, ..known };
        store::save_need(tx.conn(), &row).await?;
        row
    } else {
        let row = CareRow {
            complex_id: complex,
            home_id: home.id,
            person_id: viewer.person,
            community_id: home.at(Level::Community),
            building_id: home.at(Level::Building),
            unit_id: home.at(Level::Unit),
            need_cipher,
            since: tx.now,
            heard_at: tx.now,
        };
        store::insert_care(tx.conn(), row.clone()).await?;
        row
    };
    tell_care(tx, &row, "CARE_ASKED").await?;
    show_care(app, &Names::of(tx.conn(), [row.home_id]).await?, &row)
}

/// Somebody takes that back.
pub(super) async fn withdraw(viewer: &Viewer, tx: &Tx, home: Uuid) -> Result<()> {
    let row = store::care_of(tx.conn(), home, viewer.person).await?.ok_or_else(|| NOT_FOUND.plain())?;
    store::delete_care(tx.conn(), &row).await?;
    tell_care(tx, &row, "CARE_WITHDRAWN").await
}

/// Told to nobody else, nor where.
async fn tell_care(tx: &Tx, row: &CareRow, kind: &'static str) -> Result<()> {
    let event = Event {
        kind,
        complex: row.complex_id,
        place: row.complex_id,
        subject_type: "CARE",
        subject: tx.id(),
        version: 0,
        role: "RESIDENT".into(),
        audience: Audience::Person,
        person: Some(row.person_id),
        facts: json!({}),
        commitment: None,
    };
    record::write(tx, event).await
}

/// What the viewer asked for.
pub(super) async fn cares(app: &App, viewer: &Viewer) -> Result<Cares> {
    let db = app.db.read();
    let rows = store::cares_of(db, viewer.person, HOMES).await?;
    let names = Names::of(db, rows.iter().map(|row| row.home_id)).await?;
    Ok(Cares { items: rows.iter().map(|row| show_care(app, &names, row)).collect::<Result<_>>()? })
}

fn show_care(app: &App, names: &Names, row: &CareRow) -> Result<Care> {
    let need = opened(app, NEED, &row.need_cipher)?;
    Ok(Care { home: names.place(row.home_id)?, need, since: local(row.since) })
}

/// Where the viewer should go in a place.
pub(super) async fn suggest(app: &App, viewer: &Viewer, place: Uuid) -> Result<Suggestions> {
    let (db, now) = (app.db.read(), app.clock.now());
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::PlanVisit, &place, None)?;
    let open = lists::open_under(app, viewer, &place).await?;
    let silent = households(app, viewer, &place).await?;
    let mut known: BTreeMap<Uuid, law::Known> = BTreeMap::new();
    for one in &open {
        known.entry(one.place).or_default().matters.push(one.matter);
    }
    for (home, care) in &silent {
        known.entry(*home).or_default().heard_at = Some(care.heard_at);
    }
    let mut ranked = law::rank(&known, now);
    ranked.truncate(SUGGESTED);
    let names = Names::of(db, ranked.iter().map(|one| one.place)).await?;
    let show = |one: law::Suggestion<Uuid>| {
        let there = open.iter().filter(|open| open.place == one.place);
        let care = silent.get(&one.place).filter(|_| one.reasons.contains_key(&law::Reason::SilentHousehold));
        Ok::<_, Problem>(Suggestion {
            place: names.place(one.place)?,
            weight: one.weight,
            reasons: one.reasons.into_iter().map(|(reason, count)| Reason { reason, count }).collect(),
            incident_ids: there.map(|open| open.id).take(NAMED).collect(),
            need: care.map(|care| opened(app, NEED, &care.need_cipher)).transpose()?,
        })
    };
    Ok(Suggestions { items: ranked.into_iter().map(show).collect::<Result<_>>()? })
}

/// Households in a place that asked, and have not been heard of for long: of those that the viewer may know of.
async fn households(app: &App, viewer: &Viewer, place: &Lineage) -> Result<HashMap<Uuid, CareRow>> {
    if !viewer.may(Permission::ReadCare, place, None) {
        return Ok(HashMap::new());
    }
    let until = app.clock.now() - TimeDelta::days(law::SILENT_DAYS);
    let limit = u64::try_from(SUGGESTED).unwrap_or(u64::MAX);
    let rows = store::silent(app.db.read(), (place.level, place.id), until, limit).await?;
    Ok(rows.into_iter().map(|row| (row.home_id, row)).collect())
}

/// Somebody means to go somewhere.
pub(super) async fn plan(app: &App, viewer: &Viewer, tx: &Tx, request: &PlanVisit) -> Result<Visit> {
    let place = places::lineage(tx.conn(), request.place_id).await?;
    viewer.require(Permission::PlanVisit, &place, None)?;
    let outside = || Problem::member("/place_id", "LEVEL", "name a complex or a place in one");
    let complex = place.at(Level::Complex).ok_or_else(outside)?;
    let planned_for = request.planned_for.map_or(tx.now, |at| at.to_utc().trunc_subsecs(6));
    let status = law::Status::plan(planned_for, tx.now)?;
    let role = viewer.acting_as(Permission::PlanVisit, &place).ok_or_else(|| NOT_FOUND.plain())?;
    let row = Row {
        complex_id: complex,
        id: tx.id(),
        place_id: place.id,
        visitor_id: viewer.person,
        visitor_role: role.as_str().into(),
        status: status.code().into(),
        planned_for,
        made_at: None,
        words_cipher: None,
        version: 1,
    };
    store::insert(tx.conn(), row.clone()).await?;
    tell(app, tx, &row, Deed { kind: "VISIT_PLANNED", words: None, facts: json!({}) }).await?;
    show(app, tx.conn(), row).await
}

/// One deed, as its event tells it.
struct Deed<'a> {
    kind: &'static str,
    words: Option<&'a str>,
    facts: Value,
}

/// To the visitor and nobody else: who was visited is nobody's business.
async fn tell(app: &App, tx: &Tx, row: &Row, deed: Deed<'_>) -> Result<()> {
    let version = row.version.to_be_bytes();
    let commitment =
        |words: &str| hex::encode(app.vault.mac(&[b"visit", row.id.as_bytes(), &version, words.as_bytes()]));
    let event = Event {
        kind: deed.kind,
        complex: row.complex_id,
        place: row.complex_id,
        subject_type: "VISIT",
        subject: row.id,
        version: row.version,
        role: row.visitor_role.clone(),
        audience: Audience::Person,
        person: Some(row.visitor_id),
        facts: deed.facts,
        commitment: deed.words.map(commitment),
    };
    record::write(tx, event).await
}

fn status(row: &Row) -> Result<law::Status> {
    law::Status::from_code(&row.status).ok_or_else(|| Problem::internal("a visit has no status"))
}

/// Goes on only for those who may know of a visit.
async fn require_reader(db: &impl Conn, viewer: &Viewer, row: &Row) -> Result<()> {
    let place = places::lineage(db, row.place_id).await?;
    viewer.require(Permission::ReadVisit, &place, Some(row.visitor_id))
}

/// A visit that this transaction holds, and that is the viewer's own.
async fn lock(tx: &Tx, viewer: &Viewer, id: Uuid) -> Result<Row> {
    let row = store::lock(tx.conn(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    require_reader(tx.conn(), viewer, &row).await?;
    if row.visitor_id == viewer.person {
        Ok(row)
    } else {
        Err(NOT_ALLOWED.because("only the visitor may do this"))
    }
}

/// The visitor was there.
pub(super) async fn log(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    (request, verdict): (&LogVisit, Option<&Verdict>),
) -> Result<Visit> {
    let mut row = lock(tx, viewer, id).await?;
    row.status = status(&row)?.log()?.code().into();
    row.made_at = Some(tx.now);
    row.words_cipher = Some(sealed(app, WORDS, &request.needs)?);
    row.version += 1;
    let mut matters = Vec::new();
    for matter in &request.matters {
        matters.push((matter.incident_id, attend(app, viewer, tx, matter).await?));
        moderation::told(tx, viewer, matter.incident_id, verdict).await?;
    }
    for report in &request.reports {
        let report = ReportIncident {
            place_id: row.place_id,
            category: report.category.clone(),
            description: report.description.clone(),
            photo_ids: Vec::new(),
            joins: None,
            recurrence_of: None,
        };
        let origin = incident_law::Origin::Visit;
        let reported = incidents::report(app, viewer, tx, &report, origin).await?;
        moderation::told_of_report(tx, viewer, reported.id, verdict).await?;
        matters.push((reported.id, law::Effect::Reported));
    }
    let matter = |(incident_id, effect): &(Uuid, law::Effect)| ::entity::visit_matter::Model {
        complex_id: row.complex_id,
        visit_id: row.id,
        incident_id: *incident_id,
        effect: effect.code().into(),
    };
    let effects: Vec<_> = matters.iter().map(|(_, effect)| effect.code()).collect();
    store::insert_matters(tx.conn(), matters.iter().map(matter).collect()).await?;
    let commitments = promised(app, tx, &row, request)?;
    let facts = json!({ "matters": effects, "commitments": commitments.len() });
    store::insert_commitments(tx.conn(), commitments).await?;
    store::heard(tx.conn(), row.complex_id, row.place_id, tx.now).await?;
    store::save(tx.conn(), &row).await?;
    let deed = Deed { kind: "VISIT_MADE", words: Some(&request.needs), facts };
    tell(app, tx, &row, deed).await?;
    show(app, tx.conn(), row).await
}

/// Does to an incident what was done about it at the visit, as its own room does it.
async fn attend(app: &App, viewer: &Viewer, tx: &Tx, matter: &VisitedMatter) -> Result<law::Effect> {
    let (id, words) = (matter.incident_id, matter.words.clone());
    match matter.deed {
        MatterDeed::Hear => {
            incidents::note(app, viewer, tx, id, &NoteIncident { words, internal: false }).await?;
            Ok(law::Effect::Heard)
        }
        MatterDeed::Pull => {
            let climb = ClimbIncident { reason: incident_law::HandReason::OfficerPull, words };
            incidents::climb(app, viewer, tx, id, &climb).await?;
            Ok(law::Effect::Pulled)
        }
        MatterDeed::Settle => {
            let handle =
                HandleIncident { words, before_photo_ids: Vec::new(), photo_ids: matter.photo_ids.clone() };
            incidents::handle(app, viewer, tx, id, &handle).await?;
            Ok(law::Effect::Settled)
        }
    }
}

/// What the visitor commits to.
fn promised(app: &App, tx: &Tx, row: &Row, request: &LogVisit) -> Result<Vec<CommitmentRow>> {
    let commit = |(number, new): (usize, &super::model::VisitPromise)| {
        let due_at = new.due_at.to_utc().trunc_subsecs(6);
        let made = promise::Commitment::make(due_at, tx.now).map_err(|refusal| {
            Problem::member(&format!("/commitments/{number}/due_at"), "BOUND", refusal.to_string())
        })?;
        Ok(CommitmentRow {
            complex_id: row.complex_id,
            visit_id: row.id,
            id: tx.id(),
            what_cipher: sealed(app, WHAT, &new.what)?,
            made_at: made.made_at,
            due_at: made.due_at,
            alarm_at: Some(made.due_at),
            state: made.state().code().into(),
            settled_at: None,
            words_cipher: None,
        })
    };
    request.commitments.iter().enumerate().map(commit).collect()
}

/// The visitor does not go.
pub(super) async fn call_off(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &CallOffVisit,
) -> Result<Visit> {
    let mut row = lock(tx, viewer, id).await?;
    row.status = status(&row)?.call_off()?.code().into();
    row.words_cipher = Some(sealed(app, WORDS, &request.words)?);
    row.version += 1;
    store::save(tx.conn(), &row).await?;
    let deed = Deed { kind: "VISIT_CALLED_OFF", words: Some(&request.words), facts: json!({}) };
    tell(app, tx, &row, deed).await?;
    show(app, tx.conn(), row).await
}

/// The visitor says what became of a commitment.
pub(super) async fn settle(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    path: VisitCommitmentPath,
    request: &SettleVisitCommitment,
) -> Result<Visit> {
    let mut row = lock(tx, viewer, path.visit_id).await?;
    let known = store::commitments(tx.conn(), &row).await?.into_iter();
    let mut commitment = known
        .into_iter()
        .find(|one| one.id == path.commitment_id)
        .ok_or_else(|| NOT_FOUND.because("no such commitment"))?;
    let now = law_of(&commitment)?;
    let then = now.settle(request.outcome, &request.words, tx.now).map_err(|refusal| match refusal {
        promise::Refusal::Settled { .. } => VISIT_COMMITMENT_SETTLED.because(refusal.to_string()),
        other => other.into(),
    })?;
    commitment.state = then.state().code().into();
    commitment.settled_at = then.settled.map(|settled| settled.at);
    commitment.alarm_at = None;
    commitment.words_cipher = Some(sealed(app, SETTLING, &request.words)?);
    store::save_commitment(tx.conn(), &commitment).await?;
    row.version += 1;
    store::save(tx.conn(), &row).await?;
    let facts = json!({ "id": commitment.id, "outcome": request.outcome, "late": then.is_late(tx.now) });
    let deed = Deed { kind: "VISIT_COMMITMENT_SETTLED", words: Some(&request.words), facts };
    tell(app, tx, &row, deed).await?;
    show(app, tx.conn(), row).await
}

fn law_of(row: &CommitmentRow) -> Result<promise::Commitment> {
    let damaged = || Problem::internal("a visit's commitment is not what the law knows");
    let how = match promise::State::from_code(&row.state).ok_or_else(damaged)? {
        promise::State::Pending => None,
        promise::State::Kept => Some(promise::Settlement::Kept),
        promise::State::Broken => Some(promise::Settlement::Broken),
    };
    let settled = how.zip(row.settled_at).map(|(how, at)| promise::Settled { at, how });
    Ok(promise::Commitment { made_at: row.made_at, due_at: row.due_at, extensions: 0, settled })
}

/// Tells of commitments that are overdue, each once; answers how many there were.
pub async fn tick(app: &App) -> Result<usize> {
    let overdue = store::overdue(app.db.read(), app.clock.now(), BATCH).await?;
    for (visit, commitment) in &overdue {
        app.write(async |tx| sound(app, tx, *visit, *commitment).await).await?;
    }
    Ok(overdue.len())
}

async fn sound(app: &App, tx: &Tx, visit: Uuid, commitment: Uuid) -> Result<()> {
    let Some(mut row) = store::lock(tx.conn(), visit).await? else { return Ok(()) };
    let known = store::commitments(tx.conn(), &row).await?;
    let due = |one: &CommitmentRow| one.id == commitment && one.alarm_at.is_some_and(|at| at <= tx.now);
    let Some(late) = known.into_iter().find(due) else { return Ok(()) };
    store::save_commitment(tx.conn(), &CommitmentRow { alarm_at: None, ..late }).await?;
    row.version += 1;
    store::save(tx.conn(), &row).await?;
    let facts = json!({ "id": commitment });
    tell(app, tx, &row, Deed { kind: "VISIT_COMMITMENT_OVERDUE", words: None, facts }).await
}

/// A visit, for those who may know of it.
pub(super) async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<Visit> {
    let db = app.db.read();
    let row = store::find(db, id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    require_reader(db, viewer, &row).await?;
    show(app, db, row).await
}

/// The viewer's own visits, newest first.
pub(super) async fn list(app: &App, viewer: &Viewer, page: &Page) -> Result<List<VisitLine>> {
    let db = app.db.read();
    let cursors = Cursors::new(&app.vault, "visits", viewer.person);
    let before = cursors.position(page)?;
    let rows = store::of_visitor(db, viewer.person, before, page.limit() + 1).await?;
    let names = Names::of(db, rows.iter().map(|row| row.place_id)).await?;
    let line = |row: Row| {
        Ok::<_, Problem>(VisitLine {
            id: row.id,
            place: names.place(row.place_id)?,
            status: status(&row)?,
            planned_for: local(row.planned_for),
            version: row.version,
        })
    };
    let List { items, next_cursor } = cursors.page(rows, page, |row| row.id.to_string(), line);
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

async fn show(app: &App, db: &impl Conn, row: Row) -> Result<Visit> {
    let names = Names::of(db, [row.place_id]).await?;
    let matter = |matter: ::entity::visit_matter::Model| {
        let effect = law::Effect::from_code(&matter.effect);
        let effect = effect.ok_or_else(|| Problem::internal("a visit's matter has no effect"))?;
        Ok::<_, Problem>(Matter { incident_id: matter.incident_id, effect })
    };
    let commitment = |row: CommitmentRow| {
        let now = law_of(&row)?;
        Ok::<_, Problem>(Commitment {
            id: row.id,
            what: opened(app, WHAT, &row.what_cipher)?,
            due_at: local(now.due_at),
            state: now.state(),
            settled_at: row.settled_at.map(local),
            words: row.words_cipher.map(|words| opened(app, SETTLING, &words)).transpose()?,
            overdue: now.settled.is_none() && row.alarm_at.is_none(),
        })
    };
    Ok(Visit {
        id: row.id,
        place: names.place(row.place_id)?,
        status: status(&row)?,
        planned_for: local(row.planned_for),
        made_at: row.made_at.map(local),
        words: row.words_cipher.as_deref().map(|words| opened(app, WORDS, words)).transpose()?,
        matters: store::matters(db, &row).await?.into_iter().map(matter).collect::<Result<_>>()?,
        commitments: store::commitments(db, &row)
            .await?
            .into_iter()
            .map(commitment)
            .collect::<Result<_>>()?,
        version: row.version,
        visitor: row.visitor_role,
    })
}
