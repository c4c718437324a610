//! The auditor: sees that every open incident has a clock and somebody who holds it, that its row says what its tenure
//! says, and that what is due happens.
//!
//! It looks at everything that is open, some of it each minute, by indexes and in pages: its work does not grow with what
//! there is, only the length of its round. What it suspects it looks at again once the row is locked. What can be put
//! right from the tenure, which is the truth about who holds an incident and until when, is; the rest is told to the
//! operator, who finds at `/metrics` how many of each kind the last round found.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use rules::incidents::{self as law, Finding, audit as suspect};
use uuid::Uuid;

use super::{
    INCIDENT_MOVED,
    acts::{self, Actor, Deed},
    clockwork::sweep_all,
    rows,
    store::{self, Open},
};
use crate::{
    app::App, database::Tx, figures::acts as figures, http::problem::Result, places,
    policies::acts as policies,
};

/// Incidents without a clock that are mended at once.
const BATCH: u64 = 50;
/// What the auditor looks at in one go, and how often it does each minute.
const PAGE: u64 = 1000;
const PAGES: usize = 10;

/// How far the auditor of this process has come in its rounds through all that is open.
#[derive(Debug, Default)]
pub struct Round(Mutex<Position>);

impl Round {
    fn position(&self) -> Position {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop_at(&self, position: Position) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = position;
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Position {
    /// Of the round through open incidents, which the longest awaited begins.
    after: Option<(DateTime<Utc>, Uuid)>,
    /// Of the round through open tenures, by complex and incident.
    tenures_after: Option<(Uuid, Uuid)>,
    found: Found,
}

/// What was found in a round so far.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    /// Held by nobody.
    nobody: usize,
    of: [usize; Finding::ALL.len()],
}

impl Found {
    fn note(&mut self, finding: Finding) {
        for (known, count) in Finding::ALL.iter().zip(&mut self.of) {
            *count += usize::from(*known == finding);
        }
    }

    /// Tells the operator, at the end of a round, what was found of these kinds, and forgets it.
    fn tell(&mut self, is_of_the_round: impl Fn(Finding) -> bool) {
        for (finding, count) in Finding::ALL.iter().zip(&mut self.of) {
            if is_of_the_round(*finding) {
                let gauge = metrics::gauge!("incident_audit_found", "finding" => finding.code());
                gauge.set(u32::try_from(std::mem::take(count)).unwrap_or(u32::MAX));
            }
        }
    }
}

/// Looks on where it stopped a minute before; answers how many were mended or moved.
pub async fn audit(app: &App) -> Result<usize> {
    audit_some(app, PAGES, PAGE).await
}

pub(super) async fn audit_some(app: &App, pages: usize, limit: u64) -> Result<usize> {
    let mut position = app.audited.position();
    let stranded = store::without_clock(app.db.read(), BATCH).await?;
    let mut mended = mend_all(app, &stranded, &mut position.found).await;
    for _ in 0..pages {
        let page = store::open_after(app.db.read(), position.after, limit).await?;
        mended += audit_page(app, &page, &mut position.found).await?;
        position.after = page.last().map(|last| (last.due_at, last.id));
        if u64::try_from(page.len()).unwrap_or(limit) < limit {
            tell_of_nobody(std::mem::take(&mut position.found.nobody));
            position.found.tell(|finding| finding != Finding::LeftOpen);
            position.after = None;
            break;
        }
    }
    audit_tenures(app, &mut position, pages, limit).await?;
    app.audited.stop_at(position);
    metrics::gauge!("incident_audit_timestamp_seconds").set(seconds(app));
    Ok(mended)
}

/// Mends what is wrong with some open incidents, and takes what nobody holds to somebody, wherever there is anybody;
/// answers how many were mended or moved.
async fn audit_page(app: &App, page: &[Open], found: &mut Found) -> Result<usize> {
    if page.is_empty() {
        return Ok(0);
    }
    let (db, now) = (app.db.read(), app.clock.now());
    let ids: Vec<Uuid> = page.iter().map(|open| open.id).collect();
    let mut suspects: HashSet<Uuid> = store::strayed(db, &ids).await?.into_iter().collect();
    let policies: HashSet<&str> = page.iter().map(|open| open.policy.as_str()).collect();
    let policies = policies::held_to(db, policies).await?;
    let is_late = |open: &&Open| open.acts_at.is_some_and(|at| at + suspect::PATIENCE < now);
    let is_wrong = |open: &&Open| !policies.get(&open.policy).is_some_and(|policy| open.is_right(policy));
    let late: Vec<Uuid> = page.iter().filter(is_late).map(|open| open.id).collect();
    suspects.extend(page.iter().filter(is_wrong).map(|open| open.id));
    let suspects: Vec<Uuid> = ids.iter().filter(|id| suspects.contains(id)).copied().collect();
    let mut moved = mend_all(app, &suspects, found).await;
    for id in late {
        moved += overtake(app, id, found).await?;
    }
    let held = store::held_by_nobody(db, &ids, now).await?;
    let taken = sweep_all(app, &held).await;
    found.nobody += held.len().saturating_sub(taken);
    Ok(moved + taken)
}

/// Takes the steps that were due long ago and that nobody took; answers how many there were.
async fn overtake(app: &App, id: Uuid, found: &mut Found) -> Result<usize> {
    // As of before the steps: a clock that is moved meanwhile makes nothing of them late.
    let asked_at = app.clock.now();
    let is_late =
        |acts_at: Option<DateTime<Utc>>| acts_at.is_some_and(|at| at + suspect::PATIENCE < asked_at);
    let (mut moved, mut stood) = (0, acts_at(app, id).await?);
    // One step may lead to another that was due long ago as well.
    while is_late(stood) {
        let taken = sweep_all(app, &[id]).await;
        let stands = acts_at(app, id).await?;
        if taken == 0 && stands == stood {
            found.note(Finding::Overdue);
            tracing::error!(incident = %id, "what was due of an incident has not happened for minutes");
            return Ok(moved);
        }
        (moved, stood) = (moved + taken, stands);
    }
    if moved > 0 {
        found.note(Finding::Overdue);
        tracing::warn!(incident = %id, moved, "what was due of an incident happened minutes late");
    }
    Ok(moved)
}

/// When something happens to an incident by itself, once nobody has it in hand: what is about to happen is not missing.
async fn acts_at(app: &App, id: Uuid) -> Result<Option<DateTime<Utc>>> {
    let row = app.db.write(async |tx| Ok(store::lock(tx.conn(), id).await?)).await?;
    Ok(row.and_then(|row| row.acts_at))
}

/// Looks for tenures that are open although their incident is over, or led by another. They are told and left: which act
/// ended it is not to be guessed, and figures count by it.
async fn audit_tenures(app: &App, position: &mut Position, pages: usize, limit: u64) -> Result<()> {
    let db = app.db.read();
    for _ in 0..pages {
        let page = store::open_tenures_after(db, position.tenures_after, limit).await?;
        let ids: Vec<Uuid> = page.iter().map(|(_, incident)| *incident).collect();
        for id in store::without_due(db, &ids).await? {
            position.found.note(Finding::LeftOpen);
            tracing::error!(incident = %id, "a tenure is open of an incident that is over or led by another");
        }
        position.tenures_after = page.last().copied();
        if u64::try_from(page.len()).unwrap_or(limit) < limit {
            position.found.tell(|finding| finding == Finding::LeftOpen);
            position.tenures_after = None;
            break;
        }
    }
    Ok(())
}

/// Tells the operator, at the end of a round.
fn tell_of_nobody(nobody: usize) {
    metrics::gauge!("incidents_held_by_nobody").set(u32::try_from(nobody).unwrap_or(u32::MAX));
    if nobody > 0 {
        tracing::error!(
            incidents = nobody,
            "nobody is there to hold these incidents at any level: give somebody a role on their ladder"
        );
    }
}

/// Looks again at incidents with which something may be wrong, and puts right what can be; answers how many.
async fn mend_all(app: &App, suspects: &[Uuid], found: &mut Found) -> usize {
    let mut mended = 0;
    for id in suspects {
        match app.write(async |tx| mend(app, tx, *id).await).await {
            Ok(Looked { wrong: None, .. }) => {}
            Ok(Looked { wrong: Some(finding), is_mended }) => {
                found.note(finding);
                mended += usize::from(is_mended);
                if is_mended {
                    metrics::counter!("incident_repaired_total", "finding" => finding.code()).increment(1);
                }
                tracing::error!(incident = %id, %finding, is_mended, "an open incident was found wrong");
            }
            Err(problem) => {
                if !problem.is_passing() {
                    found.note(Finding::Disagrees);
                }
                problem.hinders("look again at an incident that was found wrong", *id);
            }
        }
    }
    mended
}

/// For operators to see that the auditor lives.
#[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "a gauge is a float")]
fn seconds(app: &App) -> f64 {
    app.clock.now().timestamp() as f64
}

/// What came of a second look.
struct Looked {
    wrong: Option<Finding>,
    is_mended: bool,
}

impl Looked {
    fn left(wrong: Option<Finding>) -> Self {
        Self { wrong, is_mended: false }
    }
}

/// Puts right what the incident's row says from its open tenure; without one, the level that held it, or whoever stands
/// nearest above, begins anew.
async fn mend(app: &App, tx: &Tx, id: Uuid) -> Result<Looked> {
    let Some(mut row) = store::lock(tx.conn(), id).await? else { return Ok(Looked::left(None)) };
    let status = law::Status::from_code(&row.status);
    let status = status.filter(|status| !status.is_over() && *status != law::Status::Merged);
    let Some(status) = status else {
        return Ok(Looked::left(row.due_at.map(|_| Finding::Misfit)));
    };
    let tenures = store::tenures(tx.conn(), &row).await?;
    let policy = policies::held(tx.conn(), &row.policy).await?;
    let (version, seq) = (row.version, row.tenure_seq);
    let (tenure, wrong) = if let Some(open) = tenures.iter().find(|tenure| tenure.exited_at.is_none()) {
        match told_wrong(tx, &row, open).await? {
            // What is late is overtaken, not mended.
            None | Some(Finding::Overdue) => return Ok(Looked::left(None)),
            wrong @ Some(Finding::Misfit) => return Ok(Looked::left(wrong)),
            Some(wrong) => (open.clone(), wrong),
        }
    } else {
        let last = tenures.iter().map(|tenure| tenure.seq).max().unwrap_or(0);
        let tenure = anew(tx, &row, status, last, &policy).await?;
        store::insert_tenure(tx.conn(), tenure.clone()).await?;
        (tenure, Finding::WithoutTenure)
    };
    let is_new = wrong == Finding::WithoutTenure;
    let policy = policies::held(tx.conn(), &tenure.policy).await?;
    let known = rows::incident(&row, &tenure)?;
    // A pause belongs to its tenure and is lost with it.
    let status = if is_new { known.status.passed_on() } else { known.status };
    let incident = law::Incident { status, ..known };
    let stood = figures::standing(&row);
    rows::write(&mut row, &incident, &tenure, &policy);
    row.prompts_at = incident.tenure.due().map(|_| tx.now);
    row.version += 1;
    if !store::save(tx.conn(), &row, version, seq).await? {
        return Err(INCIDENT_MOVED.because("somebody else moved it first"));
    }
    // A repair decides nothing about anybody; it only stands differently.
    let noted = figures::Noted { row: &row, tenures: &[&tenure], stood, at: tx.now };
    figures::note(tx, noted, Vec::new()).await?;
    if is_new {
        acts::write_turns(tx, &row, law::turned(None, &incident, &policy, tx.now)).await?;
    }
    let deed = Deed { act: "REPAIR", kind: "INCIDENT_REPAIRED", actor: Actor::Clock, words: None };
    acts::write_step(app, tx, &row, deed).await?;
    acts::tell(tx, &row, deed.kind, deed.actor, serde_json::json!({ "level": row.level }), None).await?;
    Ok(Looked { wrong: Some(wrong), is_mended: true })
}

/// What an incident's row says otherwise than its open tenure, or what of both does not go together.
async fn told_wrong(
    tx: &Tx,
    row: &::entity::incident::Model,
    tenure: &::entity::tenure::Model,
) -> Result<Option<Finding>> {
    let (Some(due_at), Some(due_kind)) = (row.due_at, &row.due_kind) else {
        return Ok(Some(Finding::WithoutClock));
    };
    let of_row =
        (row.tenure_seq, &row.level, row.holder_place_id, &row.holder_role, due_at, due_kind, &row.policy);
    let of_tenure = (
        tenure.seq,
        &tenure.level,
        tenure.place_id,
        &tenure.role,
        tenure.due_at,
        &tenure.due_kind,
        &tenure.policy,
    );
    if of_row != of_tenure {
        return Ok(Some(Finding::Disagrees));
    }
    let policy = policies::held(tx.conn(), &row.policy).await?;
    Ok(suspect::find(&rows::incident(row, tenure)?, row.acts_at, &policy, tx.now))
}

/// A tenure for an incident that has none, from the level of its row on, in keeping with its status.
async fn anew(
    tx: &Tx,
    row: &::entity::incident::Model,
    status: law::Status,
    last: i32,
    policy: &law::Policy,
) -> Result<::entity::tenure::Model> {
    let place = places::lineage(tx.conn(), row.place_id).await?;
    let staffed = acts::staffed(tx.conn(), &place, row.household_id, tx.now).await?;
    let mut here = policy.clone();
    here.common.enters_at = rows::level(&row.level)?;
    let begun = law::Incident::report(&here, &staffed, tx.now).tenure;
    let begun = match status {
        // Taken over as handled: whoever has the word has it for the whole window.
        law::Status::AwaitConfirm => as_handled(begun, law::due::confirm_due(tx.now), tx.now),
        law::Status::Verifying => {
            as_handled(begun, law::due::verify_due(tx.now, policy, begun.level), tx.now)
        }
        _ => begun,
    };
    let tenure = rows::tenure_row((row.complex_id, row.id), &place, &begun, None, &row.policy)?;
    Ok(::entity::tenure::Model { seq: last.saturating_add(1), ..tenure })
}

fn as_handled(tenure: law::Tenure, due: law::Due, now: DateTime<Utc>) -> law::Tenure {
    let standing = law::Standing::Open(due);
    law::Tenure { acknowledged_at: Some(now), handled_at: Some(now), standing, ..tenure }
}
