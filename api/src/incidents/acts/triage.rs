//! What the holder of a report does before anybody works on it.

use rules::incidents as law;
use uuid::Uuid;

use super::{
    super::{
        model::{AssignIncident, Assignee, Assignees, DivertIncident, Incident, RejectIncident, Said},
        store,
    },
    hand::{Actor, Deed, InHand},
    show::{readable_row, show},
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    database::Tx,
    desk,
    http::problem::{NOT_ALLOWED, Problem, Result},
    places,
};

/// The holder finds that it is the ladder's to handle.
pub(crate) async fn accept(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Accept.by())?;
    let then = hand.now.accept()?;
    let deed = Deed { act: law::Act::Accept.code(), kind: "INCIDENT_ACCEPTED", actor, words: None };
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The holder gives it to somebody who fills the same post.
pub(crate) async fn assign(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &AssignIncident,
) -> Result<Incident> {
    let mut hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Assign.by())?;
    let then = hand.now.assign()?;
    let post = (hand.row.holder_place_id, hand.row.holder_role.as_str());
    if !store::people_at(tx.conn(), post, tx.now, ASSIGNEES).await?.contains(&request.assignee_id) {
        return Err(Problem::member(
            "/assignee_id",
            "NOT_THERE",
            "nobody of that id fills the post that holds it",
        ));
    }
    hand.row.assignee_id = Some(request.assignee_id);
    let deed = Deed { act: law::Act::Assign.code(), kind: "INCIDENT_ASSIGNED", actor, words: None };
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// By its policy it is given to one of those on duty at the post that holds it, each in turn, unless somebody has it in
/// hand; a household gives nothing to anybody.
pub(in crate::incidents) async fn assign_in_turn(app: &App, tx: &Tx, mut hand: InHand) -> Result<()> {
    let Ok(then) = hand.now.assign() else { return Ok(()) };
    let post = (hand.row.holder_place_id, hand.row.holder_role.as_str());
    if hand.row.assignee_id.is_none()
        && let Some(next) = desk::next_in_turn(tx, post).await?
    {
        hand.row.assignee_id = Some(next);
        let actor = Actor::Clock;
        let deed = Deed { act: law::Act::Assign.code(), kind: "INCIDENT_ASSIGNED", actor, words: None };
        hand.stays(app, tx, then, deed).await?;
    }
    Ok(())
}

/// People of one post who are told apart.
const ASSIGNEES: u64 = 100;

/// Whom it may be given to: whoever fills the post that holds it, or held it last.
pub async fn assignees(app: &App, viewer: &Viewer, id: Uuid) -> Result<Assignees> {
    let row = readable_row(app, viewer, id).await?;
    let place = places::lineage(app.db.read(), row.place_id).await?;
    if !viewer.may(Permission::WorkIncident, &place, None) {
        return Err(NOT_ALLOWED.because("only its ladder may see who there is"));
    }
    let post = (row.holder_place_id, row.holder_role.as_str());
    let people = store::people_at(app.db.read(), post, app.clock.now(), ASSIGNEES).await?;
    let assignee = |person_id| Assignee { person_id, you: person_id == viewer.person };
    Ok(Assignees { items: people.into_iter().map(assignee).collect() })
}

/// The holder asks the reporter something.
pub(crate) async fn ask(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid, request: &Said) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::AskInfo.by())?;
    let (then, pause) = hand.now.ask_info(&request.words, hand.clock.as_ref(), &hand.policy, hand.at)?;
    let words = Some(request.words.as_str());
    let deed = Deed { act: law::Act::AskInfo.code(), kind: "INCIDENT_QUESTIONED", actor, words };
    let row = hand.waits(app, tx, then, Some(pause.into()), deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The holder finds that it belongs to somebody beside the ladder.
pub(crate) async fn send_elsewhere(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &DivertIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Divert.by())?;
    let then = hand.now.divert(request.elsewhere, &request.words, hand.at)?;
    let words = Some(request.words.as_str());
    let deed = Deed { act: law::Act::Divert.code(), kind: "INCIDENT_SENT_ELSEWHERE", actor, words };
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The holder does not take it on.
pub(crate) async fn reject(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &RejectIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Reject.by())?;
    let then = hand.now.reject(request.why, &request.words, hand.at)?;
    let words = Some(request.words.as_str());
    let deed = Deed { act: law::Act::Reject.code(), kind: "INCIDENT_REJECTED", actor, words };
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}
