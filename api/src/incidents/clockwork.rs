//! What happens by itself: clocks that run out, posts that somebody left, and outages that explain nothing more.
//!
//! Each incident is swept in a transaction of its own, looked at again once its row is locked: however many processes
//! sweep, and wherever one of them dies, a step is taken once. The sweep reads what is due and which roles have just
//! ended, by indexes; only the auditor, in [`auditing`](super::auditing), looks at everything that is open.

use chrono::{DateTime, TimeDelta, Utc};
use rules::incidents as law;
use uuid::Uuid;

use super::{
    acts::{self, Actor, Deed, InHand},
    store,
};
use crate::{app::App, database::Tx, http::problem::Result};

/// Due incidents read at once.
const BATCH: u64 = 50;
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
    Ok(run_out(app).await? + left_posts(app).await? + explained_no_more(app).await?)
}

/// What a planned outage explained until now.
async fn explained_no_more(app: &App) -> Result<usize> {
    let (mut told, mut after) = (0, None);
    loop {
        let over = store::explained_no_more(app.db.read(), app.clock.now(), after, BATCH).await?;
        for (_, id) in &over {
            match app.write(async |tx| acts::explain_no_more(app, tx, *id).await).await {
                Ok(was_so) => told += usize::from(was_so),
                Err(problem) => problem.hinders("tell the end of what explained an incident", *id),
            }
        }
        after = over.last().copied();
        if u64::try_from(over.len()).unwrap_or(BATCH) < BATCH {
            return Ok(told);
        }
    }
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
pub(super) async fn sweep_all(app: &App, ids: &[Uuid]) -> usize {
    let mut moved = 0;
    for id in ids {
        match app.write(async |tx| sweep(app, tx, *id).await).await {
            Ok(Swept::Moved) => moved += 1,
            Ok(Swept::LeftAlone) => {}
            Err(problem) => {
                metrics::counter!("incident_sweep_failed_total").increment(1);
                problem.hinders("sweep an incident", *id);
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
        law::Sweep::Lapsed(incident) => acts::lapse(app, tx, hand, incident, &staffed).await?,
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
