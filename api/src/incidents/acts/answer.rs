//! What the reporter says.

use rules::{clusters as stacking, incidents as law};
use uuid::Uuid;

use super::{
    super::model::{ConfirmIncident, Incident, ReturnIncident, UrgeIncident},
    hand::{Deed, InHand},
    merge::split_in_hand,
    posts::staffed,
    show::show,
};
use crate::{access::Viewer, app::App, clusters, database::Tx, http::problem::Result};

/// The reporter says that it is resolved, and how well.
pub(crate) async fn confirm(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &ConfirmIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.reported_by(viewer)?;
    let then = hand.now.confirm(law::Rating::new(request.rating)?, hand.at)?;
    let words = request.reason.as_deref();
    let deed = Deed { act: law::Act::Confirm.code(), kind: "INCIDENT_CONFIRMED", actor, words };
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The reporter says that it is not resolved, and why.
pub(crate) async fn send_back(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &ReturnIncident,
) -> Result<Incident> {
    let mut hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.reported_by(viewer)?;
    // What was handled with others goes its own way, on its own clock; so does what led them.
    if let Some(cluster) = hand.row.cluster_id.take() {
        clusters::acts::left(tx, (hand.row.complex_id, cluster), id, stacking::LeftBy::StillBroken).await?;
    }
    if hand.now.merged_from.is_some() {
        let row = split_in_hand(app, tx, hand, (actor, Some(&request.reason))).await?;
        return show(app, viewer, tx.conn(), row, tx.now).await;
    }
    let staffed = staffed(tx.conn(), &hand.place, tx.now).await?;
    let back = hand.now.send_back(&request.reason, &hand.policy, &staffed, hand.at)?;
    let deed = Deed {
        act: law::Act::SendBack.code(),
        kind: "INCIDENT_RETURNED",
        actor,
        words: Some(&request.reason),
    };
    let row = match back {
        law::SentBack::ToHolder(then) => hand.stays(app, tx, then, deed).await?,
        law::SentBack::ToAnother(passed) => hand.passes(app, tx, passed, deed).await?,
    };
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The reporter says, while there is time, that what was closed is not resolved.
pub(crate) async fn reopen(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &ReturnIncident,
) -> Result<Incident> {
    let mut hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.reported_by(viewer)?;
    let staffed = staffed(tx.conn(), &hand.place, tx.now).await?;
    if let Some(cluster) = hand.row.cluster_id.take() {
        clusters::acts::left(tx, (hand.row.complex_id, cluster), id, stacking::LeftBy::Reopened).await?;
    }
    let reopened = hand.now.reopen(&request.reason, &hand.policy, &staffed, hand.at)?;
    let words = Some(request.reason.as_str());
    let deed = Deed { act: law::Act::Reopen.code(), kind: "INCIDENT_REOPENED", actor, words };
    let row = hand.passes(app, tx, reopened, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The reporter asks the holder to hurry.
pub(crate) async fn urge(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &UrgeIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.reported_by(viewer)?;
    let then = hand.now.urge(hand.at)?;
    let words = request.words.as_deref();
    let deed = Deed { act: law::Act::Urge.code(), kind: "INCIDENT_URGED", actor, words };
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The reporter takes it back.
pub(crate) async fn withdraw(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.reported_by(viewer)?;
    let then = hand.now.withdraw(hand.at)?;
    let deed = Deed { act: law::Act::Withdraw.code(), kind: "INCIDENT_WITHDRAWN", actor, words: None };
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}
