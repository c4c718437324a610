//! Ballots that were in and do not count.

use rules::polls::dispute::SetAside;
use serde_json::{Value, json};

use super::{
    super::{
        model::{self, ReceiptCheck},
        store,
    },
    Scene, read_word,
};
use crate::{
    clock::local,
    database::Tx,
    http::problem::Result,
    record::{self, Audience, Event},
};

/// What the record calls it.
pub(super) const BALLOT_SET_ASIDE: &str = "BALLOT_SET_ASIDE";

/// Takes a ballot out of those that count, and tells it: by its commitment, so that whoever holds its receipt finds it,
/// and never whose it was.
pub(super) async fn set_aside(
    tx: &Tx,
    scene: &Scene,
    ballot: ::entity::ballot::Model,
    why: SetAside,
    role: String,
) -> Result<()> {
    let event = Event {
        audience: Audience::Members,
        person: Some(ballot.cast_by),
        commitment: Some(ballot.commitment.clone()),
        ..scene.event(BALLOT_SET_ASIDE, role, facts_told(&ballot.channel, why.code()))
    };
    store::set_aside(tx.conn(), ballot, why.code(), tx.now).await?;
    record::write(tx, event).await
}

/// What the record tells of it.
pub(super) fn facts_told(channel: &str, why: &str) -> Value {
    json!({ "channel": channel, "why": why })
}

/// What whoever holds its receipt is told.
pub(super) fn check_of(scene: &Scene, aside: ::entity::ballot_set_aside::Model) -> Result<ReceiptCheck> {
    Ok(ReceiptCheck {
        ballot_id: aside.id,
        poll_id: aside.poll_id,
        commitment: aside.commitment,
        state: read_word(&scene.poll.state)?,
        counted: None,
        set_aside: Some(model::SetAside { why: read_word(&aside.why)?, at: local(aside.set_aside_at) }),
    })
}
