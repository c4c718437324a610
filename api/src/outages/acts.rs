//! Planning outages, changing their end, and telling the reports that they explain.

use chrono::{DateTime, SubsecRound, Utc};
use rules::{incidents::category, outages as law};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    OUTAGE_EXTENSIONS_USED_UP, OUTAGE_OVER, OUTAGES_TOO_MANY,
    model::{ExtendOutage, Outage, OutageNotice, PlanOutage},
    store,
};
use crate::{
    access::{Level, Lineage, Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        paging::{Cursors, List, Page, by_time, time_and_id},
        problem::{NOT_ALLOWED, NOT_FOUND, Problem, Result},
    },
    incidents::acts::{self as incidents, Names},
    moderation::{self, Verdict},
    places,
    record::{self, Audience, Event},
};

const EXPLANATION: &str = "outage.explanation";

/// Outages of a complex that are planned or running.
const AT_ONCE: u64 = 50;

/// Outages whose end has moved looked for at once, and reports of one told in one transaction.
const BATCH: u64 = 20;

type Row = ::entity::outage::Model;

impl From<law::Refusal> for Problem {
    fn from(refusal: law::Refusal) -> Self {
        let words = refusal.to_string();
        match refusal {
            law::Refusal::StartOutOfReach => Self::member("/from", "BOUND", words),
            law::Refusal::EndOutOfReach { .. } | law::Refusal::NotLonger { .. } => {
                Self::member("/until", "BOUND", words)
            }
            law::Refusal::ExtensionsUsedUp => OUTAGE_EXTENSIONS_USED_UP.because(words),
            law::Refusal::Over { .. } => OUTAGE_OVER.because(words),
            law::Refusal::NeverMuted { .. } | law::Refusal::NothingMuted => {
                Self::member("/categories", "BOUND", words)
            }
        }
    }
}

fn law_of(row: &Row) -> law::Outage {
    law::Outage { from: row.from_at, until: row.until_at, extensions: row.extensions.unsigned_abs() }
}

/// Says that something will be off, or is.
pub(super) async fn plan(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    request: &PlanOutage,
    verdict: Option<&Verdict>,
) -> Result<Outage> {
    let place = places::lineage(tx.conn(), request.place_id).await?;
    viewer.require(Permission::PlanOutage, &place, None)?;
    let outside = || Problem::member("/place_id", "LEVEL", "name a complex or a place in one");
    let complex = place.at(Level::Complex).ok_or_else(outside)?;
    let from = request.from.map_or(tx.now, |from| from.to_utc().trunc_subsecs(6));
    let until = request.until.to_utc().trunc_subsecs(6);
    let categories = request.categories.iter().filter_map(|code| category::find(code));
    let outage = law::Outage::plan(categories, from, until, tx.now)?;
    tx.lock(&format!("outages {complex}")).await?;
    if store::count_not_over(tx.conn(), complex, tx.now).await? >= AT_ONCE {
        return Err(OUTAGES_TOO_MANY.plain());
    }
    let role = viewer.acting_as(Permission::PlanOutage, &place).ok_or_else(|| NOT_FOUND.plain())?;
    let row = Row {
        complex_id: complex,
        id: tx.id(),
        place_id: place.id,
        categories: request.categories.join(","),
        explanation_cipher: sealed(app, &request.explanation)?,
        from_at: outage.from,
        until_at: outage.until,
        extensions: 0,
        planner_role: role.as_str().into(),
        told_to: None,
        version: 1,
    };
    store::insert(tx.conn(), row.clone()).await?;
    moderation::told_of_outage(tx, viewer, (complex, row.id), verdict).await?;
    tell(app, tx, &row, "OUTAGE_PLANNED", role.as_str(), Some(&request.explanation)).await?;
    show(app, viewer, tx.conn(), &row, tx.now).await
}

fn opened(app: &App, row: &Row) -> Result<String> {
    app.vault.text(EXPLANATION, &row.explanation_cipher).map_err(Problem::internal)
}

async fn found(db: &impl Conn, id: Uuid) -> Result<Row> {
    store::find(db, id).await?.ok_or_else(|| NOT_FOUND.plain())
}

/// What was said of an outage last, as it was written.
pub(crate) async fn explanation(app: &App, db: &impl Conn, id: Uuid) -> Result<String> {
    opened(app, &found(db, id).await?)
}

/// The first category that an outage explains.
pub(crate) async fn first_category(db: &impl Conn, id: Uuid) -> Result<String> {
    let row = found(db, id).await?;
    Ok(row.categories.split(',').next().unwrap_or_default().to_owned())
}

/// Tells the offices that it was decided what others read of an outage.
pub(crate) async fn decided(
    tx: &Tx,
    id: Uuid,
    (kind, role): (&'static str, &str),
    facts: Value,
) -> Result<()> {
    let row = found(tx.conn(), id).await?;
    let event = Event {
        kind,
        complex: row.complex_id,
        place: row.place_id,
        subject_type: "OUTAGE",
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

fn sealed(app: &App, words: &str) -> Result<Vec<u8>> {
    app.vault.seal(EXPLANATION, words.as_bytes()).map_err(Problem::internal)
}

/// An outage whose row this transaction holds, and the role by which the viewer may change it.
async fn lock(tx: &Tx, viewer: &Viewer, id: Uuid) -> Result<(Row, &'static str)> {
    let row = store::lock(tx.conn(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let place = places::lineage(tx.conn(), row.place_id).await?;
    viewer.require(Permission::ReadOutage, &place, None)?;
    let role = viewer.acting_as(Permission::PlanOutage, &place);
    let role = role.ok_or_else(|| NOT_ALLOWED.because("only who plans outages here may change this one"))?;
    Ok((row, role.as_str()))
}

/// It takes longer.
pub(super) async fn extend(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &ExtendOutage,
    verdict: Option<&Verdict>,
) -> Result<Outage> {
    let (mut row, role) = lock(tx, viewer, id).await?;
    let then = law_of(&row).extend(request.until.to_utc().trunc_subsecs(6), tx.now)?;
    row.explanation_cipher = sealed(app, &request.reason)?;
    moderation::told_of_outage(tx, viewer, (row.complex_id, row.id), verdict).await?;
    change(app, viewer, tx, row, then, ("OUTAGE_EXTENDED", role, Some(&request.reason))).await
}

/// It is over early.
pub(super) async fn end(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Outage> {
    let (row, role) = lock(tx, viewer, id).await?;
    let then = law_of(&row).end(tx.now)?;
    change(app, viewer, tx, row, then, ("OUTAGE_ENDED", role, None)).await
}

/// Goes on only where the viewer may plan an outage.
pub(super) async fn may_plan(app: &App, viewer: &Viewer, place: Uuid) -> Result<()> {
    let place = places::lineage(app.db.read(), place).await?;
    viewer.require(Permission::PlanOutage, &place, None)
}

/// Saves another end; the reports that it explains are told by and by.
async fn change(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    mut row: Row,
    then: law::Outage,
    (kind, role, words): (&'static str, &str, Option<&str>),
) -> Result<Outage> {
    row.from_at = then.from;
    row.until_at = then.until;
    row.extensions = i32::try_from(then.extensions).unwrap_or(i32::MAX);
    row.told_to = Some(Uuid::nil());
    row.version += 1;
    store::save(tx.conn(), &row).await?;
    tell(app, tx, &row, kind, role, words).await?;
    show(app, viewer, tx.conn(), &row, tx.now).await
}

async fn tell(
    app: &App,
    tx: &Tx,
    row: &Row,
    kind: &'static str,
    role: &str,
    words: Option<&str>,
) -> Result<()> {
    let version = row.version.to_be_bytes();
    let commitment =
        |words: &str| hex::encode(app.vault.mac(&[b"outage", row.id.as_bytes(), &version, words.as_bytes()]));
    let event = Event {
        kind,
        complex: row.complex_id,
        place: row.place_id,
        subject_type: "OUTAGE",
        subject: row.id,
        version: row.version,
        role: role.into(),
        audience: Audience::Members,
        person: None,
        facts: json!({
            "categories": row.categories.split(',').collect::<Vec<_>>(),
            "from": local(row.from_at),
            "until": local(row.until_at),
        }),
        commitment: words.map(commitment),
    };
    record::write(tx, event).await
}

/// Tells the reports of outages whose end has moved, a few at a time; answers how many outages there were.
pub async fn tick(app: &App) -> Result<usize> {
    let moved = store::moved(app.db.read(), BATCH).await?;
    for id in &moved {
        app.write(async |tx| tell_reports(app, tx, *id).await).await?;
    }
    Ok(moved.len())
}

async fn tell_reports(app: &App, tx: &Tx, id: Uuid) -> Result<()> {
    let Some(mut row) = store::lock(tx.conn(), id).await? else { return Ok(()) };
    let Some(after) = row.told_to else { return Ok(()) };
    let reports = incidents::explained_by(tx.conn(), (row.complex_id, row.id), after, BATCH).await?;
    for report in &reports {
        incidents::retime(app, tx, *report, row.until_at).await?;
    }
    row.told_to = reports.last().copied();
    Ok(store::save(tx.conn(), &row).await?)
}

/// The running outage that explains a report of this category about this place; of several the one that ends last.
pub(crate) async fn explaining(
    app: &App,
    db: &impl Conn,
    place: &Lineage,
    category: &str,
    now: DateTime<Utc>,
) -> Result<Option<OutageNotice>> {
    let Some(complex) = place.at(Level::Complex) else { return Ok(None) };
    let explains = |row: &Row| {
        let is_over = row.place_id == place.id || place.chain.contains(&Some(row.place_id));
        let runs = law_of(row).phase(now) == law::Phase::Running;
        runs && is_over && row.categories.split(',').any(|one| one == category)
    };
    let rows = store::not_over(db, complex, now, None, AT_ONCE).await?;
    match rows.iter().rfind(|row| explains(row)) {
        Some(row) => noticed(app, db, row).await.map(Some),
        None => Ok(None),
    }
}

/// What an outage says to whoever reported what it explains.
pub(crate) async fn notice(app: &App, db: &impl Conn, id: Uuid) -> Result<Option<OutageNotice>> {
    match store::find(db, id).await? {
        Some(row) => noticed(app, db, &row).await.map(Some),
        None => Ok(None),
    }
}

async fn noticed(app: &App, db: &impl Conn, row: &Row) -> Result<OutageNotice> {
    let of = (row.complex_id, row.id);
    let explanation = moderation::shown_of_outage(app, db, of, opened(app, row)?).await?;
    Ok(OutageNotice { id: row.id, explanation, until: local(row.until_at) })
}

/// An outage, for everybody in the complex.
pub(super) async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<Outage> {
    let db = app.db.read();
    let row = found(db, id).await?;
    let place = places::lineage(db, row.place_id).await?;
    viewer.require(Permission::ReadOutage, &place, None)?;
    show(app, viewer, db, &row, app.clock.now()).await
}

/// What is planned or running in a place's complex.
pub(super) async fn list(app: &App, viewer: &Viewer, place: Uuid, page: &Page) -> Result<List<Outage>> {
    let (db, now) = (app.db.read(), app.clock.now());
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::ReadOutage, &place, None)?;
    let complex = place.at(Level::Complex).ok_or_else(|| NOT_FOUND.because("name a place in a complex"))?;
    let cursors = Cursors::new(&app.vault, format!("outages {complex}"), viewer.person);
    let after = cursors.after(page)?.as_deref().map(time_and_id).transpose()?;
    let rows = store::not_over(db, complex, now, after, page.limit() + 1).await?;
    let position = |row: &Row| by_time(row.until_at, row.id);
    let List { items, next_cursor } = cursors.page(rows, page, position, |row| row);
    let mut shown = Vec::new();
    for row in &items {
        shown.push(show(app, viewer, db, row, now).await?);
    }
    Ok(List { items: shown, next_cursor })
}

/// An outage as this viewer may see it: who plans outages there reads what was said in any case.
async fn show(app: &App, viewer: &Viewer, db: &impl Conn, row: &Row, now: DateTime<Utc>) -> Result<Outage> {
    let place = places::lineage(db, row.place_id).await?;
    let (law, notice) = (law_of(row), noticed(app, db, row).await?);
    let plans = viewer.may(Permission::PlanOutage, &place, None);
    Ok(Outage {
        id: row.id,
        place: Names::of(db, [row.place_id]).await?.place(row.place_id)?,
        categories: row.categories.split(',').map(str::to_owned).collect(),
        explanation: if plans { opened(app, row)? } else { notice.explanation },
        from: local(law.from),
        until: notice.until,
        extensions: law.extensions,
        phase: law.phase(now),
        planned_by: row.planner_role.clone(),
        version: row.version,
    })
}
