//! Ballots that were in and do not count.

use rules::polls::{ballot::BallotForm, dispute::SetAside, paper::stands};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        model::{self, ReceiptCheck},
        store,
    },
    BY_THE_CLOCK, PAPER, Scene,
    paper::slip,
    read_word,
};
use crate::{
    clock::local,
    database::Tx,
    http::problem::{Result, UNAVAILABLE},
    pii::Vault,
    record::{self, Audience, Event},
};

/// What the record calls them.
pub(super) const BALLOT_SET_ASIDE: &str = "BALLOT_SET_ASIDE";
pub(super) const BALLOT_REINSTATED: &str = "BALLOT_REINSTATED";

/// Takes a ballot out of those that count. Of two who do so at once the second has to look again.
pub(super) async fn take_out(
    tx: &Tx,
    scene: &Scene,
    ballot: ::entity::ballot::Model,
    why: SetAside,
    role: String,
) -> Result<()> {
    if !store::take_out(tx.conn(), &ballot).await? {
        return Err(UNAVAILABLE
            .because("another ballot of this head was just taken: send it again")
            .retry_after(1));
    }
    set_aside(tx, scene, ballot, why, role).await
}

/// Keeps a ballot that does not count, and tells it: by its commitment, so that whoever holds its receipt finds it,
/// and never whose it was.
pub(super) async fn set_aside(
    tx: &Tx,
    scene: &Scene,
    ballot: ::entity::ballot::Model,
    why: SetAside,
    role: String,
) -> Result<()> {
    let told = scene.event(BALLOT_SET_ASIDE, role, facts_told(&ballot.channel, why.code()));
    record::write(tx, of_ballot(&ballot, told)).await?;
    Ok(store::set_aside(tx.conn(), ballot, why.code(), tx.now).await?)
}

/// An event that tells of a ballot by its commitment.
fn of_ballot(ballot: &::entity::ballot::Model, event: Event) -> Event {
    Event {
        audience: Audience::Members,
        // Whoever entered a paper did not vote by it.
        person: (ballot.channel != PAPER).then_some(ballot.cast_by),
        commitment: Some(ballot.commitment.clone()),
        ..event
    }
}

/// The ballots of a head that gave way to another of it.
pub(super) async fn gave_way(tx: &Tx, scene: &Scene, head: Uuid) -> Result<Vec<::entity::ballot::Model>> {
    let aside = store::ballots_set_aside(tx.conn(), &scene.poll, Some(head)).await?;
    let gave_way = aside.into_iter().filter(|one| one.why == SetAside::Superseded.code());
    Ok(gave_way.map(store::as_cast).collect())
}

/// Of these ballots of a head the one that stands by the poll's rules and by when each came; nothing where there is none.
pub(super) fn that_stands(
    vault: &Vault,
    scene: &Scene,
    form: &BallotForm,
    mut came: Vec<::entity::ballot::Model>,
) -> Result<Option<::entity::ballot::Model>> {
    came.sort_by_key(|ballot| ballot.cast_at);
    let slips = came.iter().map(|ballot| slip(vault, ballot)).collect::<Result<Vec<_>>>()?;
    let stands = stands(scene.keeping()?, &slips, form);
    Ok(came.into_iter().nth(stands))
}

/// Lets the ballot of a head count again that stands, by the poll's rules, among those by these channels which gave way to
/// one that does not count any more.
pub(super) async fn reinstate(
    vault: &Vault,
    tx: &Tx,
    scene: &Scene,
    (form, head): (&BallotForm, Uuid),
    by: impl Fn(&str) -> bool,
) -> Result<()> {
    let mut gave_way = gave_way(tx, scene, head).await?;
    gave_way.retain(|one| by(&one.channel));
    let Some(back) = that_stands(vault, scene, form, gave_way)? else { return Ok(()) };
    let told = scene.event(BALLOT_REINSTATED, BY_THE_CLOCK.into(), json!({ "channel": back.channel }));
    record::write(tx, of_ballot(&back, told)).await?;
    Ok(store::reinstate(tx.conn(), back).await?)
}

/// What the record tells of one that was set aside.
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
