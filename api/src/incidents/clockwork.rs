//! What happens by itself: clocks that run out, posts that somebody left, and the auditor who sees that every open
//! incident has a clock and somebody who holds it.
//!
//! Each incident is swept in a transaction of its own, looked at again once its row is locked: however many processes
//! sweep, and wherever one of them dies, a step is taken once. The sweep reads what is due and which roles have just
//! ended, by indexes; only the auditor looks at everything that is open, some of it each minute.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use rules::incidents as law;
use uuid::Uuid;

use super::{
    INCIDENT_MOVED,
    acts::{self, Actor, Deed, InHand},
    rows, store,
};
use crate::{
    app::App, database::Tx, figures::acts as figures, http::problem::Result, places,
    policies::acts as policies,
};

/// Due incidents read at once.
const BATCH: u64 = 50;
/// Open incidents that the auditor looks at in one go, and how often it does each minute: its work does not grow with
/// what is open, only the length of its round.
const PAGE: u64 = 1000;
const PAGES: usize = 10;

/// Whether an incident moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Swept {
    Moved,
    /// It was not due any more, or somebody else is at it.
    LeftAlone,
}

/// How far back the sweep looks for roles that ended: as long as a report may take that was on its way when its holder
/// went. What ended before, while nobody swept, is the auditor's.
const LOOKS_BACK: TimeDelta = TimeDelta::minutes(2);

/// Takes the step that is due for every incident that has one; answers how many moved.
pub async fn tick(app: &App) -> Result<usize> {
    Ok(run_out(app).await? + left_posts(app).await?)
}

/// Clocks that ran out.
async fn run_out(app: &App) -> Result<usize> {
    let (mut moved, mut after) = (0, None);
    loop {
        let due = store::acting(app.db.read(), app.clock.now(), after, BATCH).await?;
        moved += sweep_all(app, &ids(&due)).await;
        after = due.last().copied();
        if u64::try_from(due.len()).unwrap_or(BATCH) < BATCH {
            return Ok(moved);
        }
    }
}

/// What the posts held that somebody has just left and nobody else fills; a batch of each, since the next look follows
/// at once.
async fn left_posts(app: &App) -> Result<usize> {
    let (db, now) = (app.db.read(), app.clock.now());
    let roles: Vec<_> = law::Holder::ALL.iter().map(|role| role.code()).collect();
    let left = store::left_posts(db, &roles, now - LOOKS_BACK, now).await?;
    if left.is_empty() {
        return Ok(0);
    }
    let left: Vec<_> = left.into_iter().collect();
    let filled = store::staffed(db, &left, now).await?;
    let mut moved = 0;
    for post in left.iter().filter(|post| !filled.contains(post)) {
        moved += sweep_all(app, &store::at_post(db, post, BATCH).await?).await;
    }
    Ok(moved)
}

/// Sweeps some incidents; answers how many moved. One that cannot be swept is told to the operator and keeps none of
/// the others waiting.
async fn sweep_all(app: &App, ids: &[Uuid]) -> usize {
    let mut moved = 0;
    for id in ids {
        match app.write(async |tx| sweep(app, tx, *id).await).await {
            Ok(Swept::Moved) => moved += 1,
            Ok(Swept::LeftAlone) => {}
            Err(problem) => {
                metrics::counter!("incident_sweep_failed_total").increment(1);
                tracing::error!(incident = %id, %problem, "an incident could not be swept");
            }
        }
    }
    moved
}

fn ids(found: &[(DateTime<Utc>, Uuid)]) -> Vec<Uuid> {
    found.iter().map(|(_, id)| *id).collect()
}

/// Takes the one step that is due now, if any. A clock that ran out long ago still gives the next level its whole
/// budget from now.
pub(crate) async fn sweep(app: &App, tx: &Tx, id: Uuid) -> Result<Swept> {
    let Some(row) = store::lock_if_free(tx.conn(), id).await? else { return Ok(Swept::LeftAlone) };
    let Some(hand) = InHand::take(tx, row).await? else { return Ok(Swept::LeftAlone) };
    let staffed = acts::staffed(tx.conn(), &hand.place, hand.row.household_id, tx.now).await?;
    let deed = |act, kind| Deed { act, kind, actor: Actor::Clock, words: None };
    match law::sweep::sweep(hand.now, &hand.policy, &staffed, hand.clock.as_ref(), hand.at)? {
        law::Sweep::Over | law::Sweep::NotDue(_) => return Ok(Swept::LeftAlone),
        law::Sweep::LeftEmptyPost(passed) => {
            let deed = deed(law::Act::LeaveEmptyPost.code(), "INCIDENT_LEFT_EMPTY_POST");
            hand.passes(app, tx, passed, deed).await?
        }
        law::Sweep::Climbed(climbed) => {
            hand.passes(app, tx, climbed, deed(law::Act::Climb.code(), "INCIDENT_CLIMBED")).await?
        }
        law::Sweep::Shouted { incident, .. } => {
            hand.shouts(app, tx, incident, deed("SHOUT", "INCIDENT_SHOUTED")).await?
        }
        law::Sweep::Resumed(incident) => {
            hand.stays(app, tx, incident, deed(law::Act::Resume.code(), "INCIDENT_RESUMED")).await?
        }
        law::Sweep::PassedUnseen(incident) => {
            let deed = deed(law::Act::PassInspection.code(), "INCIDENT_PASSED_UNSEEN");
            hand.stays(app, tx, incident, deed).await?
        }
        law::Sweep::Settled(incident) => {
            hand.stays(app, tx, incident, deed(law::Act::SettleBySilence.code(), "INCIDENT_SETTLED")).await?
        }
    };
    Ok(Swept::Moved)
}

/// How far the auditor of this process has come in its round through all that is open.
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
    after: Option<(DateTime<Utc>, Uuid)>,
    /// Held by nobody, of what was looked at in this round.
    nobody: usize,
}

/// Sees that open incidents have a clock and somebody who holds them, going on where it stopped a minute before; answers
/// how many had not.
pub async fn audit(app: &App) -> Result<usize> {
    audit_some(app, PAGES, PAGE).await
}

pub(super) async fn audit_some(app: &App, pages: usize, limit: u64) -> Result<usize> {
    let mut mended = mend_all(app, &store::without_clock(app.db.read(), BATCH).await?).await;
    let mut position = app.audited.position();
    for _ in 0..pages {
        let page = store::open_after(app.db.read(), position.after, limit).await?;
        let (moved, nobody) = audit_page(app, &ids(&page)).await?;
        mended += moved;
        position = Position { after: page.last().copied(), nobody: position.nobody + nobody };
        if u64::try_from(page.len()).unwrap_or(limit) < limit {
            tell_of_nobody(position.nobody);
            position = Position::default();
            break;
        }
    }
    app.audited.stop_at(position);
    metrics::gauge!("incident_audit_timestamp_seconds").set(seconds(app));
    Ok(mended)
}

/// Takes what nobody holds to somebody, wherever there is anybody; answers how many were mended or moved, and how many
/// still stand with nobody.
async fn audit_page(app: &App, page: &[Uuid]) -> Result<(usize, usize)> {
    if page.is_empty() {
        return Ok((0, 0));
    }
    let db = app.db.read();
    let mended = mend_all(app, &store::without_tenure(db, page).await?).await;
    let held = store::held_by_nobody(db, page, app.clock.now()).await?;
    let taken = sweep_all(app, &held).await;
    Ok((mended + taken, held.len().saturating_sub(taken)))
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

/// Gives a clock and a tenure back to open incidents that have lost one, which no act of ours does; answers how many
/// there were.
async fn mend_all(app: &App, stranded: &[Uuid]) -> usize {
    let mut mended = 0;
    for id in stranded {
        match app.write(async |tx| mend(app, tx, *id).await).await {
            Ok(Swept::Moved) => {
                mended += 1;
                metrics::counter!("incident_repaired_total").increment(1);
                tracing::error!(incident = %id, "an open incident stood without a clock or a holder; it has both again");
            }
            Ok(Swept::LeftAlone) => {}
            Err(problem) => {
                tracing::error!(incident = %id, %problem, "an open incident stands without a clock or a holder");
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

/// Puts right what the incident's row says from its open tenure; without one, the level that held it, or whoever stands
/// nearest above, begins anew.
async fn mend(app: &App, tx: &Tx, id: Uuid) -> Result<Swept> {
    let Some(mut row) = store::lock(tx.conn(), id).await? else { return Ok(Swept::LeftAlone) };
    let status = law::Status::from_code(&row.status).filter(|status| !status.is_over());
    let Some(status) = status else { return Ok(Swept::LeftAlone) };
    let tenures = store::tenures(tx.conn(), &row).await?;
    let policy = policies::held(tx.conn(), &row.policy).await?;
    let (version, seq) = (row.version, row.tenure_seq);
    let (tenure, is_new) = match tenures.iter().find(|tenure| tenure.exited_at.is_none()) {
        Some(open) if open.seq == seq && row.due_at.is_some() => return Ok(Swept::LeftAlone),
        Some(open) => (open.clone(), false),
        None => {
            let last = tenures.iter().map(|tenure| tenure.seq).max().unwrap_or(0);
            let tenure = anew(tx, &row, status, last, &policy).await?;
            store::insert_tenure(tx.conn(), tenure.clone()).await?;
            (tenure, true)
        }
    };
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
    Ok(Swept::Moved)
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
            as_handled(begun, law::due::verify_due(tx.now, policy.at(begun.level)), tx.now)
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
