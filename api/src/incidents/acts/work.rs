//! What the holders and those above them do.

use std::collections::BTreeSet;

use chrono::{DateTime, SubsecRound, Utc};
use rules::incidents as law;
use uuid::Uuid;

use super::{
    super::model::{
        ClimbIncident, HandleIncident, Incident, NoteIncident, PauseIncident, Purpose, VoidPause,
    },
    hand::{Actor, Deed, INTERNAL_NOTE, InHand},
    posts::staffed,
    report::attach,
    show::show,
};
use crate::{
    access::Viewer,
    app::App,
    database::Tx,
    http::problem::{NOT_ALLOWED, Result},
};

/// The holder has seen it and taken it on.
pub(crate) async fn acknowledge(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.held_by(viewer)?;
    let then = hand.now.acknowledge(&hand.terms, hand.at)?;
    let deed = Deed { act: law::Act::Acknowledge.code(), kind: "INCIDENT_ACKNOWLEDGED", actor, words: None };
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The holder cannot go on for now, and says why and until when; without an `until` as long as it may.
pub(crate) async fn pause(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &PauseIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.held_by(viewer)?;
    let until = request.until.map_or(DateTime::<Utc>::MAX_UTC, |until| until.to_utc().trunc_subsecs(6));
    let (then, pause) = hand.now.pause(
        request.reason,
        &request.words,
        until,
        hand.handling.as_ref(),
        &hand.terms,
        hand.at,
    )?;
    let words = Some(request.words.as_str());
    let deed = Deed { act: law::Act::Pause.code(), kind: "INCIDENT_PAUSED", actor, words };
    let row = hand.waits(app, tx, then, Some(pause.into()), deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The holder goes on before the pause is over.
pub(crate) async fn resume(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.held_by(viewer)?;
    let (then, entry) = hand.now.resume(hand.handling.as_ref(), &hand.terms, hand.at)?;
    let deed = Deed { act: law::Act::Resume.code(), kind: "INCIDENT_RESUMED", actor, words: None };
    let row = hand.waits(app, tx, then, entry, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Somebody above says that there was no reason to pause: it counts as if it had never been.
pub(crate) async fn void_pause(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &VoidPause,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let (_, actor) = hand.above(viewer)?;
    let (then, entry) = hand.now.void_pause(&request.words, hand.handling.as_ref(), hand.at)?;
    let words = Some(request.words.as_str());
    let deed = Deed { act: law::Act::VoidPause.code(), kind: "INCIDENT_PAUSE_VOID", actor, words };
    let row = hand.waits(app, tx, then, Some(entry), deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The holder has done the work and shows it.
pub(crate) async fn handle(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &HandleIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.held_by(viewer)?;
    let then = hand.now.handle(&request.words, request.photo_ids.len(), &hand.terms, hand.at)?;
    let deed =
        Deed { act: law::Act::Handle.code(), kind: "INCIDENT_HANDLED", actor, words: Some(&request.words) };
    let row = hand.stays(app, tx, then, deed).await?;
    attach(tx, viewer, &row, &request.photo_ids, Purpose::Evidence).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Whoever is concerned says something; what is internal is for the ladder alone.
pub(crate) async fn note(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &NoteIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.speaks(viewer)?;
    let act = match (request.internal, actor) {
        (false, _) => law::Act::Note.code(),
        (true, Actor::Role(_)) => INTERNAL_NOTE,
        (true, Actor::Reporter | Actor::Clock) => {
            return Err(NOT_ALLOWED.because("only who handles it may keep a note from its reporter"));
        }
    };
    let then = hand.now.note(&request.words)?;
    let deed = Deed { act, kind: "INCIDENT_NOTED", actor, words: Some(&request.words) };
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Somebody passes it up or takes it up before its clock runs out: the holder passes it on, the reporter asks for the
/// level above, a level above takes it to itself.
pub(crate) async fn climb(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &ClimbIncident,
) -> Result<Incident> {
    use law::HandReason;
    let hand = InHand::lock(tx, viewer, id).await?;
    let (actor, towards) = match request.reason {
        HandReason::ByHand | HandReason::OutOfScope | HandReason::Severity => (hand.held_by(viewer)?, None),
        HandReason::Dissatisfied | HandReason::ResidentRequest => (hand.reported_by(viewer)?, None),
        HandReason::OfficerPull => {
            let (level, actor) = hand.above(viewer)?;
            (actor, Some(level))
        }
    };
    let staffed = match towards {
        Some(level) => BTreeSet::from([level]),
        None => staffed(tx.conn(), &hand.place, tx.now).await?,
    };
    let climbed = hand.now.climb_by_hand(request.reason, &request.words, &hand.terms, &staffed, hand.at)?;
    let deed =
        Deed { act: law::Act::Climb.code(), kind: "INCIDENT_CLIMBED", actor, words: Some(&request.words) };
    let row = hand.passes(app, tx, climbed, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}
