//! Registering for a poll of opinion: who does between lock and opening may vote, and is one of those of whom half have to.

use std::slice::from_ref;

use rules::{
    polls::{seals, tally::Electorate},
    quantity::Weight,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        NOT_REGISTERED, REGISTERED_ALREADY, REGISTRATION_NOT_OPEN,
        model::{RegisterHead, Registration},
        store::{self, Hold},
    },
    Scene, heads, role, weight,
};
use crate::{
    access::{Permission, Viewer},
    clock::local,
    database::{Conn, Tx, is_duplicate},
    http::{
        answer::Answer,
        problem::{Problem, Result},
    },
    record::{self, Audience, Event},
};

/// What the record calls it.
pub(super) const POLL_REGISTERED: &str = "POLL_REGISTERED";

type Row = ::entity::poll_registration::Model;

/// Registers one of the viewer's heads. The poll's row is shared with others who do, and opening takes it alone: nobody
/// registers once it is told how many did.
pub async fn register(
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    new: &RegisterHead,
) -> Result<Answer<Registration>> {
    let seen = Scene::load(tx.conn(), id).await?;
    viewer.require(Permission::CastBallot, &seen.place, None)?;
    let scene = seen.held(tx, Hold::Shared).await?;
    scene.takes_registrations(tx)?;
    let head = heads::hold(viewer, tx, &scene, new.head_id).await?;
    if !scene.register_head(viewer, tx, head.id).await? {
        return Err(REGISTERED_ALREADY.plain());
    }
    let registration = Registration { poll_id: id, head_id: head.id, registered_at: local(tx.now) };
    Ok(Answer::created(registration, format!("/v1/polls/{id}/heads")))
}

/// Registers all heads of the viewer for a poll of opinion that takes registrations now; nothing for another.
pub(crate) async fn register_all(viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<()> {
    let scene = Scene::hold(tx, id, Hold::Shared).await?;
    if scene.takes_registrations(tx).is_err() {
        return Ok(());
    }
    for head in heads::acted_for(viewer, tx, &scene).await? {
        scene.register_head(viewer, tx, head).await?;
    }
    Ok(())
}

/// Where people register, only who did votes.
pub(super) async fn must_have(db: &impl Conn, scene: &Scene, head: Uuid) -> Result<()> {
    if scene.rules()?.is_of_opinion()
        && store::registrations(db, from_ref(&scene.poll), &[head]).await?.is_empty()
    {
        return Err(NOT_REGISTERED.plain());
    }
    Ok(())
}

/// The heads that registered, in the order of their ids.
pub(super) async fn ids(db: &impl Conn, poll: &::entity::poll::Model) -> Result<Vec<String>> {
    Ok(ids_of(&store::registered(db, poll).await?))
}

fn ids_of(heads: &[::entity::poll_head::Model]) -> Vec<String> {
    heads.iter().map(|head| head.id.to_string()).collect()
}

/// What those weigh who registered, and SHA-256 over who they are (`linli/registered/1`).
pub(super) async fn sealed(db: &impl Conn, poll: &::entity::poll::Model) -> Result<(Weight, String)> {
    let heads = store::registered(db, poll).await?;
    let hash = seals::registered(&ids_of(&heads)).map_err(Problem::internal)?;
    Ok((heads.iter().map(|head| weight(1, head.area)).sum(), hash))
}

impl Scene {
    /// Of whom the poll asks.
    pub(super) async fn electorate(&self, db: &impl Conn) -> Result<Electorate> {
        let roll = self.roll();
        if !self.rules()?.is_of_opinion() {
            return Ok(roll.into());
        }
        let (heads, area) = store::registered_weight(db, &self.poll).await?;
        Ok(Electorate { roll, registered: Some(weight(heads, area)) })
    }

    fn takes_registrations(&self, tx: &Tx) -> Result<()> {
        self.must_be_held_here()?;
        if !self.rules()?.is_of_opinion() {
            return Err(REGISTRATION_NOT_OPEN.because("nobody has to register for this poll"));
        }
        Ok(self.phase()?.take_registration(self.window(), tx.now)?)
    }

    /// Keeps that a head registered, and tells it; false if it had.
    async fn register_head(&self, viewer: &Viewer, tx: &Tx, head: Uuid) -> Result<bool> {
        let row = Row {
            complex_id: self.poll.complex_id,
            poll_id: self.poll.id,
            head_id: head,
            registered_by: viewer.person,
            registered_at: tx.now,
        };
        if !store::registrations(tx.conn(), from_ref(&self.poll), &[head]).await?.is_empty() {
            return Ok(false);
        }
        match store::insert_registration(tx.conn(), row).await {
            Err(error) if is_duplicate(&error) => return Err(REGISTERED_ALREADY.plain()),
            inserted => inserted?,
        }
        let role = role(viewer, Permission::CastBallot, &self.place);
        let event = Event {
            audience: Audience::Watchers,
            person: Some(viewer.person),
            ..self.event(POLL_REGISTERED, role, json!({}))
        };
        record::write(tx, event).await?;
        Ok(true)
    }
}
