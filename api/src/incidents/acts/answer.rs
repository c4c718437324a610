//! What the reporter says.

use rules::{clusters as stacking, incidents as law};
use uuid::Uuid;

use super::{
    super::{
        model::{AppealIncident, ConfirmIncident, Incident, ReturnIncident, Said, UrgeIncident},
        store,
    },
    hand::{Actor, Deed, InHand},
    merge::still_broken,
    posts::staffed,
    report::household,
    show::show,
};
use crate::{
    access::Viewer,
    app::App,
    clusters,
    database::Tx,
    http::problem::{NOT_FOUND, Problem, Result},
};

/// The reporter says that it is resolved, and how well.
pub(crate) async fn confirm(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &ConfirmIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Confirm.by())?;
    let then = hand.now.confirm(request.opinion(), hand.at)?;
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
    let actor = hand.by(viewer, law::Act::SendBack.by())?;
    // What was handled with others goes its own way, on its own clock; so does what led them.
    if let Some(cluster) = hand.row.cluster_id {
        clusters::acts::left(tx, (hand.row.complex_id, cluster), id, stacking::LeftBy::StillBroken).await?;
        hand.counts_alone(tx).await?;
    }
    if hand.now.merged_from.is_some() {
        let row = still_broken(app, tx, hand, request.opinion(), (actor, &request.reason)).await?;
        let row = counted(app, tx, row).await?;
        return show(app, viewer, tx.conn(), row, tx.now).await;
    }
    let staffed = staffed(tx.conn(), &hand.place, hand.row.household_id, tx.now).await?;
    let back = hand.now.send_back(&request.reason, request.opinion(), &hand.policy, &staffed, hand.at)?;
    let deed = Deed {
        act: law::Act::SendBack.code(),
        kind: "INCIDENT_RETURNED",
        actor,
        words: Some(&request.reason),
    };
    let row = hand.goes_back(app, tx, back, deed).await?;
    let row = counted(app, tx, row).await?;
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
    let actor = hand.by(viewer, law::Act::Reopen.by())?;
    let staffed = staffed(tx.conn(), &hand.place, hand.row.household_id, tx.now).await?;
    if let Some(cluster) = hand.row.cluster_id {
        clusters::acts::left(tx, (hand.row.complex_id, cluster), id, stacking::LeftBy::Reopened).await?;
        hand.counts_alone(tx).await?;
    }
    let reopened = hand.now.reopen(&request.reason, request.opinion(), &hand.policy, &staffed, hand.at)?;
    let words = Some(request.reason.as_str());
    let deed = Deed { act: law::Act::Reopen.code(), kind: "INCIDENT_REOPENED", actor, words };
    let row = hand.passes(app, tx, reopened, deed).await?;
    let row = counted(app, tx, row).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// What its reporter did not accept so often, or with so bad an opinion, or so many households urge that its policy takes
/// it up, climbs.
async fn counted(app: &App, tx: &Tx, row: ::entity::incident::Model) -> Result<::entity::incident::Model> {
    let hand = InHand::take(tx, row).await?.ok_or_else(|| Problem::internal("an incident has no tenure"))?;
    let staffed = staffed(tx.conn(), &hand.place, hand.row.household_id, tx.now).await?;
    hand.climbs_by_count(app, tx, &staffed).await
}

/// The reporter replies to what the holder asked.
pub(crate) async fn reply(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid, request: &Said) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Reply.by())?;
    let (then, entry) = hand.now.reply(&request.words, hand.clock.as_ref(), &hand.policy, hand.at)?;
    let words = Some(request.words.as_str());
    let deed = Deed { act: law::Act::Reply.code(), kind: "INCIDENT_REPLIED", actor, words };
    let row = hand.waits(app, tx, then, entry, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The reporter does not accept, while there is time, that it was not taken on.
pub(crate) async fn appeal(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &AppealIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Appeal.by())?;
    let staffed = staffed(tx.conn(), &hand.place, hand.row.household_id, tx.now).await?;
    let passed = hand.now.appeal(&request.reason, &hand.policy, &staffed, hand.at)?;
    let words = Some(request.reason.as_str());
    let deed = Deed { act: law::Act::Appeal.code(), kind: "INCIDENT_APPEALED", actor, words };
    let row = hand.passes(app, tx, passed, deed).await?;
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
    let actor = hand.by(viewer, law::Act::Urge.by())?;
    let household = hand.row.household_id.unwrap_or(viewer.person);
    let row = urged(app, tx, hand, household, (actor, request.words.as_deref())).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Somebody of a household that follows it does the same; that they may is the caller's to know. In words, only its
/// reporter and its ladder speak of it.
pub(crate) async fn urge_as_follower(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<()> {
    let row = store::lock(tx.conn(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let hand = InHand::take(tx, row).await?.ok_or_else(|| Problem::internal("an incident has no tenure"))?;
    let household = household(viewer, &hand.place);
    urged(app, tx, hand, household, (Actor::Follower, None)).await.map(drop)
}

/// A household urges. What is one trouble with others is counted with them, by whoever follows its cluster up.
async fn urged(
    app: &App,
    tx: &Tx,
    mut hand: InHand,
    household: Uuid,
    (actor, words): (Actor, Option<&str>),
) -> Result<::entity::incident::Model> {
    let last = store::last_urge(tx.conn(), &hand.row, household).await?;
    hand.now = hand.now.urge(last, hand.at)?;
    store::save_urge(tx.conn(), &hand.row, household, hand.at).await?;
    let is_alone = hand.row.cluster_id.is_none();
    if is_alone {
        hand.counts_alone(tx).await?;
    }
    let (then, deed) = (hand.now, Deed { act: law::Act::Urge.code(), kind: "INCIDENT_URGED", actor, words });
    let row = hand.stays(app, tx, then, deed).await?;
    if is_alone { counted(app, tx, row).await } else { Ok(row) }
}

/// The reporter takes it back.
pub(crate) async fn withdraw(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Withdraw.by())?;
    let then = hand.now.withdraw(hand.at)?;
    let deed = Deed { act: law::Act::Withdraw.code(), kind: "INCIDENT_WITHDRAWN", actor, words: None };
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}
