//! One function a verb; what a programme does by itself is in [`moves`].

mod archived;
mod asked;
mod begin;
mod compose;
mod deeds;
mod group;
mod hold;
mod member;
mod moves;
mod polls;
mod show;
mod shown;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rules::{
    calendar::{Calendar, CalendarFault},
    programmes::{
        self as law, Course, Template,
        course::{self, Terms},
        deed, group as composition,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

pub(crate) use archived::archived;
pub(super) use begin::{begin, check_begun, list};
pub(super) use compose::{check_composed, load, own_templates, templates};
pub(super) use deeds::{act, deeds};
pub(super) use hold::{call_off, pause, resume};
pub(crate) use member::removed_by;
pub use moves::tick;
pub(super) use polls::bind;
pub(crate) use polls::{Polled, may_lock, may_open, runs_with, wake};
pub(crate) use show::whole;
pub(super) use show::{read, timeline};
pub(super) use shown::said;
pub(crate) use shown::shows_photo;

use super::{
    DEED_NOT_YOURS, DEED_UNFIT, GROUP_UNLAWFUL, MEMBER_NOT_HEARD, MODULE_ELSEWHERE, NOTE_ANSWERED,
    PROGRAMME_STANDS, REPLY_AWAITED, REQUIREMENT_UNMET, TASK_TAKEN, store,
};
use crate::{
    access::{self, Lineage, Permission, Role, Viewer, Who},
    app::App,
    calendar::acts as calendar,
    database::{Conn, Tx},
    http::problem::{NOT_ALLOWED, NOT_FOUND, Problem, Result},
    moderation, places,
    record::{self, Audience, Event},
};

type Row = ::entity::programme::Model;

/// Who does what the clock does.
const CLOCK: &str = "CLOCK";

impl From<deed::Refusal> for Problem {
    fn from(refusal: deed::Refusal) -> Self {
        let words = refusal.to_string();
        match refusal {
            deed::Refusal::NoSuchModule(_) => NOT_FOUND.because(words),
            deed::Refusal::NotRunning(_) | deed::Refusal::Paused | deed::Refusal::NothingShown => {
                MODULE_ELSEWHERE.because(words)
            }
            deed::Refusal::NotHeard => MEMBER_NOT_HEARD.because(words),
            deed::Refusal::Unmet(_) => REQUIREMENT_UNMET.because(words),
            deed::Refusal::Taken => TASK_TAKEN.because(words),
            deed::Refusal::ReplyAwaited(_) => REPLY_AWAITED.because(words),
            deed::Refusal::NothingNoted => NOTE_ANSWERED.because(words),
            deed::Refusal::WrongKind { .. } => DEED_UNFIT.because(words),
            deed::Refusal::NotAsked { .. } => DEED_NOT_YOURS.because(words),
            deed::Refusal::WrongEnding { .. } | deed::Refusal::EndingMissing => {
                Self::member("/ending", "ENDING", words)
            }
        }
    }
}

impl From<composition::Unlawful> for Problem {
    fn from(unlawful: composition::Unlawful) -> Self {
        GROUP_UNLAWFUL.because(unlawful.to_string())
    }
}

impl From<course::Refusal> for Problem {
    fn from(refusal: course::Refusal) -> Self {
        let words = refusal.to_string();
        match refusal {
            course::Refusal::PauseOutOfReach => Self::member("/until", "BOUND", words),
            course::Refusal::Over(_) | course::Refusal::Paused(_) | course::Refusal::NotPaused => {
                PROGRAMME_STANDS.because(words)
            }
        }
    }
}

fn beyond(fault: CalendarFault) -> Problem {
    Problem::internal(fault)
}

/// What a programme goes by, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    template: Template,
    rules: BTreeMap<String, Value>,
}

/// A programme with where it stands and what it goes by.
struct Scene {
    row: Row,
    place: Lineage,
    kept: Kept,
    course: Course,
    calendar: Calendar,
}

impl Scene {
    /// For reading, by whoever may.
    async fn load(db: &impl Conn, viewer: &Viewer, id: Uuid) -> Result<Self> {
        Self::of(db, store::find(db, id).await?).await?.shown_to(viewer)
    }

    /// For writing, by whoever may see it: nobody else changes it meanwhile.
    async fn hold_for(tx: &Tx, viewer: &Viewer, id: Uuid) -> Result<Self> {
        Self::hold(tx, id).await?.shown_to(viewer)
    }

    /// The parts of its complex between which it runs.
    fn among(&self) -> Result<Vec<Uuid>> {
        places::named_in(self.row.among.as_deref())
    }

    /// When it began, or that of which it is a module.
    async fn begun_with(&self, db: &impl Conn) -> Result<DateTime<Utc>> {
        let Some(parent) = self.row.parent_id else { return Ok(self.row.begun_at) };
        Ok(store::find(db, parent).await?.map_or(self.row.begun_at, |parent| parent.begun_at))
    }

    async fn hold(tx: &Tx, id: Uuid) -> Result<Self> {
        Self::of(tx.conn(), store::hold(tx.conn(), id).await?).await
    }

    async fn of(db: &impl Conn, row: Option<Row>) -> Result<Self> {
        let row = row.ok_or_else(|| NOT_FOUND.because("no such programme"))?;
        let place = places::lineage(db, row.place_id).await?;
        let kept = serde_json::from_str(&row.terms).map_err(Problem::internal)?;
        let course = serde_json::from_str(&row.course).map_err(Problem::internal)?;
        Ok(Self { row, place, kept, course, calendar: calendar::known(db).await? })
    }

    fn shown_to(self, viewer: &Viewer) -> Result<Self> {
        viewer.require(Permission::ReadProgramme, &self.place, None)?;
        Ok(self)
    }

    fn terms(&self) -> Terms<'_> {
        Terms { template: &self.kept.template, rules: &self.kept.rules, calendar: &self.calendar }
    }

    /// In which of these roles the viewer convenes it.
    fn convenor(&self, viewer: &Viewer) -> Result<law::Role> {
        require(viewer, Permission::BeginProgramme, &self.place)?;
        let roles = roles(viewer, Permission::BeginProgramme, &self.place);
        let convenes = roles.intersection(&self.kept.template.convened_by).next().copied();
        convenes.ok_or_else(|| DEED_NOT_YOURS.because("only who convenes the programme may do this"))
    }

    /// Saves it one version further; it is held.
    async fn save(&mut self, tx: &Tx) -> Result<()> {
        self.row.version += 1;
        self.row.course = serde_json::to_string(&self.course).map_err(Problem::internal)?;
        if let Some((end, at)) = self.course.ended {
            self.row.state = end.code().into();
            self.row.ended_at = Some(at);
        }
        Ok(store::save(tx.conn(), &self.row).await?)
    }

    /// Writes into the record what everybody in the complex may know.
    async fn tell(&self, tx: &Tx, kind: &'static str, role: &str, facts: Value) -> Result<()> {
        record::write(tx, self.event(kind, role, facts)).await
    }

    /// The same, which the member whom the programme is about is told as well.
    async fn tell_member(&self, tx: &Tx, kind: &'static str, role: &str, facts: Value) -> Result<()> {
        let person = self.member(tx.conn(), tx.now).await?.and_then(|member| member.persons.first().copied());
        record::write(tx, Event { person, ..self.event(kind, role, facts) }).await
    }

    fn event(&self, kind: &'static str, role: &str, facts: Value) -> Event {
        Event {
            kind,
            complex: self.row.complex_id,
            place: self.row.place_id,
            subject_type: "PROGRAMME",
            subject: self.row.id,
            version: self.row.version,
            role: role.into(),
            audience: Audience::Members,
            person: None,
            facts,
            commitment: None,
        }
    }
}

/// What is said in a programme by somebody who may see it: goes on as [`check`] does.
pub(super) async fn check_said(app: &App, viewer: &Viewer, id: Uuid, words: &str) -> Result<()> {
    Scene::load(app.db.read(), viewer, id).await?;
    check(app, viewer, words).await
}

/// Goes on only if WeChat finds nothing against what is said, where it can be asked. Everybody in the complex reads it at
/// once, so that nothing of which it is unsure is kept.
async fn check(app: &App, viewer: &Viewer, words: &str) -> Result<()> {
    moderation::must_pass(app, viewer.person, words).await
}

/// Goes on only if the table lets the viewer, who may see the programme.
fn require(viewer: &Viewer, permission: Permission, place: &Lineage) -> Result<()> {
    if viewer.may(permission, place, None) { Ok(()) } else { Err(NOT_ALLOWED.plain()) }
}

/// In which roles the viewer does something at a place. Whoever lives or owns there does so for a home in it.
fn roles(viewer: &Viewer, permission: Permission, place: &Lineage) -> BTreeSet<law::Role> {
    let has = |role: Role, reach| {
        viewer.grants.iter().any(|grant| {
            let inside = !Role::OF_A_HOME.contains(&role) || grant.place.at(place.level) == Some(place.id);
            grant.role == role && inside && grant.place.relation(place) <= reach
        })
    };
    let named = access::rows(permission).filter_map(|who| match who {
        Who::Role(role, reach) if has(role, reach) => law::Role::from_code(role.as_str()),
        _ => None,
    });
    named.collect()
}
