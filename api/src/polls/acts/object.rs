//! Objections to a published result, their answers, and the moment from which it is final.

use std::slice::from_ref;

use rules::polls::{
    aftermath::{self, Answered, Ground, Objections, final_from, may_object, objections_end},
    phase::Phase,
    told,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        OBJECTION_ANSWERED, OBJECTION_LATE, OBJECTION_NOT_YOURS, OBJECTIONS_TOO_MANY, RESULT_NOT_OUT,
        model::{AnswerObjection, MakeObjection, Objection, ObjectionPath},
        store::{self, Hold},
    },
    BY_THE_CLOCK, Scene, commitment, may_say, role,
};
use crate::{
    access::{Grant, Level, Permission, Role, Viewer},
    app::App,
    calendar::acts as calendar,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Problem, Result},
    },
    identity,
    pii::Vault,
    programmes::acts as programmes,
};

type Row = ::entity::poll_objection::Model;

const WORDS: &str = "poll_objection.words";
const ANSWER: &str = "poll_objection.answer";

/// What one person objects to one result at most.
const EACH: u64 = 5;

/// What the record calls them.
pub(super) const POLL_OBJECTED: &str = "POLL_OBJECTED";
pub(super) const POLL_OBJECTION_ANSWERED: &str = "POLL_OBJECTION_ANSWERED";
pub(super) const POLL_FINAL: &str = "POLL_FINAL";

impl From<aftermath::Refusal> for Problem {
    fn from(refusal: aftermath::Refusal) -> Self {
        let problem = match refusal {
            aftermath::Refusal::NotPublished => &RESULT_NOT_OUT,
            aftermath::Refusal::TooLate { .. } => &OBJECTION_LATE,
        };
        problem.because(refusal.to_string())
    }
}

/// What is objected by somebody who may: goes on only if WeChat finds nothing against the words, where it can be asked.
pub async fn check_objection(app: &App, viewer: &Viewer, poll: Uuid, words: &str) -> Result<()> {
    may_say(app, viewer, Permission::ObjectPoll, (poll, words)).await
}

/// The same of what is answered.
pub async fn check_answer(app: &App, viewer: &Viewer, poll: Uuid, words: &str) -> Result<()> {
    may_say(app, viewer, Permission::AnswerObjection, (poll, words)).await
}

/// Somebody objects to a published result: an owner on the locked roll, a candidate, or who supervises.
pub async fn object(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    poll: Uuid,
    new: &MakeObjection,
) -> Result<Answer<Objection>> {
    let mut scene = Scene::hold(tx, poll, Hold::Alone).await?;
    viewer.require(Permission::ObjectPoll, &scene.place, None)?;
    if scene.phase()? != Phase::Published {
        return Err(RESULT_NOT_OUT.plain());
    }
    let role = objects_as(viewer, tx, &scene).await?;
    may_object(scene.poll.provisional_until, tx.now)?;
    if store::objections_by(tx.conn(), &scene.poll, viewer.person).await? >= EACH {
        return Err(OBJECTIONS_TOO_MANY.plain());
    }
    let row = Row {
        complex_id: scene.poll.complex_id,
        id: tx.id(),
        poll_id: poll,
        person_id: viewer.person,
        role: role.as_str().to_owned(),
        ground: new.ground.code().into(),
        words_cipher: app.vault.seal(WORDS, new.words.as_bytes()).map_err(Problem::internal)?,
        made_at: tx.now,
        answered: None,
        answer_cipher: None,
        answered_by: None,
        answered_as: None,
        answered_at: None,
    };
    store::insert_objection(tx.conn(), row.clone()).await?;
    scene.weigh_objections(tx).await?;
    let said = commitment(&app.vault, WORDS, row.id, &new.words);
    scene.tell_with(tx, POLL_OBJECTED, role.as_str().to_owned(), made(&row), Some(said)).await?;
    Ok(Answer::created(show(app, viewer, &row)?, format!("/v1/polls/{poll}/objections")))
}

/// As what the viewer objects: whoever owns something there, but nothing that was voted with, does not.
async fn objects_as(viewer: &Viewer, tx: &Tx, scene: &Scene) -> Result<Role> {
    let mine = identity::acts_for(tx.conn(), viewer, scene.poll.complex_id, tx.now).await?;
    let mine: Vec<Uuid> = mine.into_iter().collect();
    let votes = !store::heads_locked_to(tx.conn(), from_ref(&scene.poll), &mine).await?.is_empty();
    let candidates = store::candidates(tx.conn(), &scene.poll).await?;
    if votes || candidates.iter().any(|one| mine.contains(&one.owner_id)) {
        return Ok(Role::Owner);
    }
    let complex = Some(scene.poll.complex_id);
    let watches = |grant: &Grant| grant.role == Role::Supervisor && grant.place.at(Level::Complex) == complex;
    if viewer.grants.iter().any(watches) {
        return Ok(Role::Supervisor);
    }
    Err(OBJECTION_NOT_YOURS.plain())
}

/// Somebody who convenes or guides answers an objection, once and with reasons; nobody answers their own.
pub async fn answer_objection(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    path: &ObjectionPath,
    new: &AnswerObjection,
) -> Result<Answer<Objection>> {
    let mut scene = Scene::hold(tx, path.poll_id, Hold::Alone).await?;
    viewer.require(Permission::AnswerObjection, &scene.place, None)?;
    let row = store::objection(tx.conn(), &scene.poll, path.objection_id).await?;
    let mut row = row.ok_or_else(|| NOT_FOUND.because("no such objection"))?;
    if row.person_id == viewer.person {
        return Err(OBJECTION_NOT_YOURS.because("nobody answers their own objection"));
    }
    if row.answered.is_some() {
        return Err(OBJECTION_ANSWERED.plain());
    }
    let role = role(viewer, Permission::AnswerObjection, &scene.place);
    row.answered = Some(new.outcome.code().into());
    row.answer_cipher = Some(app.vault.seal(ANSWER, new.words.as_bytes()).map_err(Problem::internal)?);
    row.answered_by = Some(viewer.person);
    row.answered_as = Some(role.clone());
    row.answered_at = Some(tx.now);
    store::save_objection(tx.conn(), &row).await?;
    scene.weigh_objections(tx).await?;
    let said = commitment(&app.vault, ANSWER, row.id, &new.words);
    scene.tell_with(tx, POLL_OBJECTION_ANSWERED, role, answered(&row), Some(said)).await?;
    programmes::wake(tx, path.poll_id).await?;
    let location = format!("/v1/polls/{}/objections", path.poll_id);
    Ok(Answer::created(show(app, viewer, &row)?, location))
}

/// What the record tells of an objection that was made.
pub(super) fn made(row: &Row) -> Value {
    json!({ "objection_id": row.id, "ground": row.ground })
}

/// What it tells of one that was answered.
pub(super) fn answered(row: &Row) -> Value {
    json!({ "objection_id": row.id, "outcome": row.answered })
}

/// Objections to a result, in order: all for those who convene or guide, their own for everybody else who may object.
pub async fn objections(app: &App, viewer: &Viewer, poll: Uuid, page: &Page) -> Result<List<Objection>> {
    let db = app.db.read();
    let scene = Scene::load(db, poll).await?;
    let sees_all = viewer.may(Permission::AnswerObjection, &scene.place, None);
    if !sees_all {
        viewer.require(Permission::ObjectPoll, &scene.place, None)?;
    }
    let by = (!sees_all).then_some(viewer.person);
    let cursors = Cursors::new(&app.vault, format!("objections {poll}"), viewer.person);
    let after = cursors.position(page)?;
    let rows = store::objections(db, &scene.poll, by, after, page.limit() + 1).await?;
    let List { items, next_cursor } =
        cursors.page(rows, page, |row| row.id.to_string(), |row| show(app, viewer, &row));
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

fn show(app: &App, viewer: &Viewer, row: &Row) -> Result<Objection> {
    let damaged = || Problem::internal("an objection is not what the law knows");
    let answer = |cipher: &Vec<u8>| app.vault.text(ANSWER, cipher).map_err(Problem::internal);
    Ok(Objection {
        id: row.id,
        role: row.role.clone(),
        is_yours: row.person_id == viewer.person,
        ground: Ground::from_code(&row.ground).ok_or_else(damaged)?,
        words: app.vault.text(WORDS, &row.words_cipher).map_err(Problem::internal)?,
        made_at: local(row.made_at),
        outcome: row.answered.as_deref().and_then(Answered::from_code),
        answer: row.answer_cipher.as_ref().map(answer).transpose()?,
        answered_as: row.answered_as.clone(),
        answered_at: row.answered_at.map(local),
    })
}

/// How many objections there are to a result, by what became of them.
pub(super) async fn counted(db: &impl Conn, scene: &Scene) -> Result<Objections> {
    let mut counted = Objections::default();
    for (answered, number) in store::objection_counts(db, &scene.poll).await? {
        let number = u64::try_from(number).unwrap_or_default();
        match answered.as_deref().and_then(Answered::from_code) {
            None => counted.open = number,
            Some(Answered::Upheld) => counted.upheld = number,
            Some(Answered::Dismissed) => counted.dismissed = number,
        }
    }
    Ok(counted)
}

impl Scene {
    /// Gives a result that was just published its time to be objected to.
    pub(super) async fn begin_objections(&mut self, tx: &Tx) -> Result<()> {
        let Some(published_at) = self.poll.published_at else { return Ok(()) };
        let until = objections_end(published_at, &self.rules()?, &calendar::known(tx.conn()).await?)
            .map_err(Problem::internal)?;
        self.poll.provisional_until = Some(until);
        self.poll.final_from = final_from(until, Objections::default());
        Ok(())
    }

    /// Looks anew at when the result becomes final by itself; the poll is held alone, and a version further.
    async fn weigh_objections(&mut self, tx: &Tx) -> Result<()> {
        let objections = counted(tx.conn(), self).await?;
        let until = self.poll.provisional_until.filter(|_| self.poll.final_at.is_none());
        self.poll.final_from = until.and_then(|until| final_from(until, objections));
        self.save(tx).await
    }
}

/// Makes a result final whose time to be objected to is over and against which nothing stands; false if there is
/// nothing to do.
pub(super) async fn finish(vault: &Vault, tx: &Tx, poll: Uuid) -> Result<bool> {
    let mut scene = Scene::hold(tx, poll, Hold::Alone).await?;
    if scene.poll.final_from.is_none_or(|from| from > tx.now) {
        return Ok(false);
    }
    scene.poll.final_from = None;
    scene.poll.final_at = Some(tx.now);
    scene.save(tx).await?;
    let facts = finished(&scene.poll, counted(tx.conn(), &scene).await?);
    scene.tell(tx, POLL_FINAL, BY_THE_CLOCK.into(), facts).await?;
    scene.wind(tx).await?;
    scene.seat_whom_it_elected(vault, tx).await?;
    scene.remove_whom_it_is_about(vault, tx).await?;
    programmes::wake(tx, poll).await?;
    Ok(true)
}

/// What the record tells of a result that became final.
pub(super) fn finished(poll: &::entity::poll::Model, objections: Objections) -> Value {
    let moments = (poll.published_at, poll.provisional_until);
    told::finished(moments, objections, poll.ballots_hash.as_deref())
}
