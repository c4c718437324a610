//! The member of the committee whom a programme is about.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rules::programmes::{About, Template, polled};
use uuid::Uuid;

use super::{
    super::{MEMBER_NOT_SITTING, model, store},
    Scene,
};
use crate::{
    access::{Level, Lineage, Viewer},
    database::Conn,
    http::problem::{Problem, Result},
    identity,
    pii::Vault,
    polls::acts as polls,
};

/// Whom a programme is about, and the persons who are that member, as far as any are known.
pub(super) struct Member {
    candidate: ::entity::candidate::Model,
    pub persons: BTreeSet<Uuid>,
}

impl Member {
    pub fn is(&self, viewer: &Viewer) -> bool {
        self.persons.contains(&viewer.person)
    }

    pub fn show(&self, viewer: &Viewer) -> model::Member {
        let ::entity::candidate::Model { id, poll_id, ordinal, .. } = self.candidate;
        model::Member { candidate_id: id, poll_id, ordinal, is_you: self.is(viewer) }
    }
}

impl Scene {
    /// Whom it is about; nothing where it is about nobody.
    pub(super) async fn member(&self, db: &impl Conn, now: DateTime<Utc>) -> Result<Option<Member>> {
        let Some(member) = self.row.member_id else { return Ok(None) };
        let candidate = polls::stood(db, self.row.complex_id, member).await?;
        let persons = identity::who_sits_as(db, self.row.complex_id, candidate.owner_id, now).await?;
        Ok(Some(Member { candidate, persons }))
    }
}

/// The member whom a programme of this template is to be about: one is named if it is about one, and sits.
pub(super) async fn named(
    vault: &Vault,
    db: &impl Conn,
    (place, template): (&Lineage, &Template),
    member: Option<Uuid>,
) -> Result<Option<Uuid>> {
    let wrong = |code, words: &'static str| Err(Problem::member("/member_id", code, words));
    match (template.about, member) {
        (None, None) => Ok(None),
        (None, Some(_)) => wrong("UNFIT", "such a programme is about nobody"),
        (Some(About::Member), None) => wrong("MISSING", "say which member of the committee it is about"),
        (Some(About::Member), Some(member)) => {
            let complex = place.at(Level::Complex).unwrap_or(place.id);
            let sits = polls::sits(vault, db, complex, member).await?;
            if sits { Ok(Some(member)) } else { Err(MEMBER_NOT_SITTING.plain()) }
        }
    }
}

/// The member whom a poll that is final removes, and who began the programme of whose vote it is.
pub(crate) async fn removed_by(db: &impl Conn, poll: Uuid) -> Result<Option<(Uuid, Uuid)>> {
    let Some(bound) = store::vote_of(db, poll).await? else { return Ok(None) };
    let scene = Scene::of(db, store::find(db, bound.programme_id).await?).await?;
    let Some(member) = scene.row.member_id else { return Ok(None) };
    let polled = polls::come_to(db, poll).await?;
    let removes = polled::removes(&scene.kept.template, &bound.module, &polled.so_far);
    Ok(removes.then_some((member, scene.row.begun_by)))
}
