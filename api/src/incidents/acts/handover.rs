//! From level to level by agreement.

use std::collections::BTreeSet;

use rules::incidents as law;
use uuid::Uuid;

use super::{
    super::{
        ladder,
        model::{DelegateIncident, Incident, ObjectIncident, Said},
        rows, store,
    },
    hand::{Actor, Deed, InHand},
    posts::staffed,
    show::show,
};
use crate::{
    access::{Level, Viewer},
    app::App,
    clock::local,
    database::Tx,
    http::problem::{Problem, Result},
};

type Row = ::entity::incident::Model;

/// The holder says that it is not theirs.
pub(crate) async fn object(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &ObjectIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Object.by())?;
    let staffed = staffed(tx.conn(), &hand.place, hand.row.household_id, tx.now).await?;
    let to = request.to_level.map(of_the_ladder).transpose()?;
    let then = hand.now.object(to, &request.words, &hand.policy, &staffed, hand.at)?;
    let before = held_before(tx, &hand).await?;
    let words = Some(request.words.as_str());
    let deed = Deed { act: law::Act::Object.code(), kind: "INCIDENT_OBJECTED", actor, words };
    let row = asking(hand, then, before, &staffed).stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The holder asks a level below to have it back.
pub(crate) async fn delegate(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &DelegateIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Delegate.by())?;
    let staffed = staffed(tx.conn(), &hand.place, hand.row.household_id, tx.now).await?;
    let then = hand.now.delegate(of_the_ladder(request.to_level)?, &request.words, &staffed, hand.at)?;
    let words = Some(request.words.as_str());
    let deed = Deed { act: law::Act::Delegate.code(), kind: "INCIDENT_DELEGATION_PROPOSED", actor, words };
    let row = asking(hand, then, None, &staffed).stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Whoever it was put to agrees.
pub(crate) async fn consent(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Consent.by())?;
    let passed = hand.now.consent(&hand.policy, hand.at)?;
    let deed = Deed { act: law::Act::Consent.code(), kind: "INCIDENT_HANDED_OVER", actor, words: None };
    let row = hand.passes(app, tx, passed, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Whoever it was put to does not agree.
pub(crate) async fn decline(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &Said,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Decline.by())?;
    let what = hand.now.open_proposal(hand.at).map(|proposal| proposal.kind.code());
    let then = hand.now.decline(&request.words, hand.at)?;
    let words = Some(request.words.as_str());
    let deed = Deed { act: law::Act::Decline.code(), kind: "INCIDENT_HANDOVER_DECLINED", actor, words };
    let row = hand.saying("proposal", what).stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Nobody that it was put to answered in time: both sides learn of that.
pub(in crate::incidents) async fn lapse(
    app: &App,
    tx: &Tx,
    hand: InHand,
    then: law::Incident,
    staffed: &BTreeSet<law::Level>,
) -> Result<Row> {
    let what = hand.now.tenure.proposal.map(|proposal| proposal.kind.code());
    let asked = hand.now.asks(held_before(tx, &hand).await?, staffed);
    let deed = Deed {
        act: law::Act::Lapse.code(),
        kind: "INCIDENT_PROPOSAL_LAPSED",
        actor: Actor::Clock,
        words: None,
    };
    hand.saying("proposal", what).told_at(asked).stays(app, tx, then, deed).await
}

/// The level that held it before its holder.
async fn held_before(tx: &Tx, hand: &InHand) -> Result<Option<law::Level>> {
    let before = store::tenure_before(tx.conn(), &hand.row).await?;
    Ok(before.map(|tenure| rows::level(&tenure.level)).transpose()?)
}

/// Has the event of what its holder puts to another tell whoever is to answer, and until when.
fn asking(
    hand: InHand,
    then: law::Incident,
    before: Option<law::Level>,
    staffed: &BTreeSet<law::Level>,
) -> InHand {
    let (asks, until) = (then.asks(before, staffed), then.open_proposal(hand.at));
    hand.told_at(asks).saying("answer_until", until.map(|open| local(open.until).to_rfc3339()))
}

fn of_the_ladder(level: Level) -> Result<law::Level> {
    ladder::law_level(level).ok_or_else(|| Problem::internal("a level of the tree is not one of the ladder"))
}
