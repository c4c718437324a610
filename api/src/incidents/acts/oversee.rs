//! What those above the holder do.

use std::sync::Arc;

use rules::incidents as law;
use uuid::Uuid;

use super::{
    super::{
        ladder,
        model::{Finding, Incident, InspectIncident, Said, VoidPause},
    },
    hand::{Deed, InHand},
    posts::staffed,
    show::show,
};
use crate::{
    access::Viewer,
    app::App,
    database::Tx,
    http::problem::{Problem, Result},
    policies::{POLICY_HELD, acts as policies},
};

/// Somebody above says that there was no reason to pause: it counts as if it had never been.
pub(crate) async fn void_pause(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &VoidPause,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::VoidPause.by())?;
    let (then, entry) = hand.now.void_pause(&request.words, hand.clock.as_ref(), &hand.policy, hand.at)?;
    let words = Some(request.words.as_str());
    let deed = Deed { act: law::Act::VoidPause.code(), kind: "INCIDENT_PAUSE_VOID", actor, words };
    let row = hand.waits(app, tx, then, Some(entry), deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Somebody above holds it to the policy that holds at its place now: what is spent and what was paused stays.
pub(crate) async fn retarget(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &Said,
) -> Result<Incident> {
    let mut hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Retarget.by())?;
    let category = law::category::find(&hand.row.category)
        .ok_or_else(|| Problem::internal("an incident of no category"))?;
    let effective = policies::effective(tx.conn(), &hand.place, category).await?;
    let policy = Arc::new(effective.laid.policy.clone());
    let (then, turns) = hand.now.retarget(&request.words, hand.clock.as_ref(), &policy, hand.at)?;
    let key = policies::freeze(tx, &effective).await?;
    if key == hand.tenure.policy {
        return Err(POLICY_HELD.plain());
    }
    (hand.tenure.policy, hand.policy) = (key, policy);
    let words = Some(request.words.as_str());
    let deed = Deed { act: law::Act::Retarget.code(), kind: "INCIDENT_RETARGETED", actor, words };
    let row = hand.turns(app, tx, then, turns, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Somebody above looked at what was done.
pub(crate) async fn inspect(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &InspectIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::PassInspection.by())?;
    let words = request.words.as_deref();
    let row = match request.finding {
        Finding::Passed => {
            let then = hand.now.pass_inspection(hand.at)?;
            let deed = Deed {
                act: law::Act::PassInspection.code(),
                kind: "INCIDENT_PASSED_INSPECTION",
                actor,
                words,
            };
            hand.stays(app, tx, then, deed).await?
        }
        Finding::Failed => {
            let staffed = staffed(tx.conn(), &hand.place, hand.row.household_id, tx.now).await?;
            let back =
                hand.now.fail_inspection(words.unwrap_or_default(), &hand.policy, &staffed, hand.at)?;
            let deed = Deed {
                act: law::Act::FailInspection.code(),
                kind: "INCIDENT_FAILED_INSPECTION",
                actor,
                words,
            };
            hand.goes_back(app, tx, back, deed).await?
        }
    };
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Somebody above ends it, and answers for that.
pub(crate) async fn force_close(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &Said,
) -> Result<Incident> {
    let mut hand = InHand::lock(tx, viewer, id).await?;
    let (level, actor) = hand.above(viewer)?;
    let then = hand.now.force_close(&request.words, hand.at)?;
    let post = ladder::post(&hand.place, level);
    (hand.row.closer_role, hand.row.closer_place_id) = (Some(post.role.code().into()), Some(post.place));
    let words = Some(request.words.as_str());
    let deed = Deed { act: law::Act::ForceClose.code(), kind: "INCIDENT_FORCE_CLOSED", actor, words };
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}
