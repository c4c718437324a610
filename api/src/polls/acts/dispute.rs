//! Disputed ballots: an owner says that the ballot of their head is not theirs, and who convenes or guides decides while
//! voting goes on.

use std::collections::HashMap;

use rules::polls::{
    aftermath::Answered,
    dispute::{Asked, Facts, Refusal, SetAside, may_answer, may_dispute},
    phase,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        DISPUTE_NOT_OPEN, DISPUTE_NOT_YOURS,
        model::{AnswerDispute, Dispute, DisputeBallot, DisputePath},
        store::{self, Hold},
    },
    ROUND, Scene, aside, commitment, heads,
    mandate::labels,
    may_say, paper, read_word, role,
    vote::{takes_ballot, undecided},
};
use crate::{
    access::{Permission, Role, Viewer},
    app::App,
    clock::local,
    database::Tx,
    http::{
        answer::Answer,
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Problem, Result},
    },
    pii::Vault,
    record::{self, Audience, Event},
};

type Row = ::entity::ballot_dispute::Model;

const WORDS: &str = "ballot_dispute.words";
const ANSWER: &str = "ballot_dispute.answer";

/// What the record calls them.
pub(super) const BALLOT_DISPUTED: &str = "BALLOT_DISPUTED";
pub(super) const BALLOT_DISPUTE_ANSWERED: &str = "BALLOT_DISPUTE_ANSWERED";

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = if refusal.is_of_the_person() { &DISPUTE_NOT_YOURS } else { &DISPUTE_NOT_OPEN };
        problem.because(refusal.to_string())
    }
}

/// What is said by somebody who may: goes on only if WeChat finds nothing against the words, where it can be asked.
pub async fn check_dispute(app: &App, viewer: &Viewer, poll: Uuid, words: &str) -> Result<()> {
    may_say(app, viewer, Permission::CastBallot, (poll, words)).await
}

/// The same of what is answered.
pub async fn check_dispute_answer(app: &App, viewer: &Viewer, poll: Uuid, words: &str) -> Result<()> {
    may_say(app, viewer, Permission::AnswerObjection, (poll, words)).await
}

/// One of a head's owners says that its ballot is not theirs.
pub async fn dispute(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    poll: Uuid,
    new: &DisputeBallot,
) -> Result<Answer<Dispute>> {
    let mut scene = Scene::hold(tx, poll, Hold::Alone).await?;
    viewer.require(Permission::CastBallot, &scene.place, None)?;
    decided(&scene, tx)?;
    takes_ballot(&scene, tx.now)?;
    let head = heads::hold(viewer, tx, &scene, new.head_id).await?.id;
    let ballot = store::ballot_of(tx.conn(), &scene.poll, head, ROUND).await?.ok_or(Refusal::NothingIn)?;
    let (made, waits) = store::disputes_of(tx.conn(), &scene.poll, (head, ballot.id)).await?;
    let is_own = ballot.cast_by == viewer.person;
    may_dispute(Facts { is_in: true, is_own, waits, made })?;
    let row = Row {
        complex_id: scene.poll.complex_id,
        id: tx.id(),
        poll_id: poll,
        head_id: head,
        ballot_id: ballot.id,
        channel: ballot.channel,
        cast_at: ballot.cast_at,
        person_id: viewer.person,
        words_cipher: app.vault.seal(WORDS, new.words.as_bytes()).map_err(Problem::internal)?,
        made_at: tx.now,
        answered: None,
        answer_cipher: None,
        answered_by: None,
        answered_as: None,
        answered_at: None,
    };
    store::insert_dispute(tx.conn(), row.clone()).await?;
    scene.save(tx).await?;
    let said = commitment(&app.vault, WORDS, row.id, &new.words);
    let role = role(viewer, Permission::CastBallot, &scene.place);
    scene.tell_of_dispute(tx, BALLOT_DISPUTED, (role, made_told(&row)), (&row, said)).await?;
    let homes = labels(tx.conn(), &scene, &[head]).await?;
    let location = format!("/v1/polls/{poll}/disputes");
    Ok(Answer::created(show(app, viewer, &scene, &row, &homes)?, location))
}

/// Somebody who convenes or guides answers a dispute while voting goes on, once and with reasons; no party to the ballot
/// does. Where it holds, the ballot is set aside, and the head may cast again.
pub async fn answer_dispute(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    path: &DisputePath,
    new: &AnswerDispute,
) -> Result<Answer<Dispute>> {
    let mut scene = Scene::hold(tx, path.poll_id, Hold::Alone).await?;
    viewer.require(Permission::AnswerObjection, &scene.place, None)?;
    let row = store::dispute(tx.conn(), &scene.poll, path.dispute_id).await?;
    let mut row = row.ok_or_else(|| NOT_FOUND.because("no such dispute"))?;
    let ballot = store::ballot(tx.conn(), &scene.poll, row.ballot_id).await?;
    let electors = heads::electors_of_head(tx.conn(), &scene.poll, row.head_id).await?;
    let mine = viewer.owners_in(scene.poll.complex_id);
    let is_party = row.person_id == viewer.person
        || ballot.as_ref().is_some_and(|ballot| ballot.cast_by == viewer.person)
        || paper::clerks_of(tx.conn(), &scene, row.head_id).await?.contains(&viewer.person)
        || mine.iter().any(|owner| electors.contains(owner))
        || scene.has_interest(viewer);
    may_answer(Asked { is_answered: row.answered.is_some(), stands: ballot.is_some(), is_party })?;
    still_open(&scene, tx)?;
    let role = role(viewer, Permission::AnswerObjection, &scene.place);
    row.answered = Some(new.outcome.code().into());
    row.answer_cipher = Some(app.vault.seal(ANSWER, new.words.as_bytes()).map_err(Problem::internal)?);
    row.answered_by = Some(viewer.person);
    row.answered_as = Some(role.clone());
    row.answered_at = Some(tx.now);
    store::save_dispute(tx.conn(), &row).await?;
    scene.save(tx).await?;
    let said = commitment(&app.vault, ANSWER, row.id, &new.words);
    let told = (role.clone(), answered_told(&row));
    scene.tell_of_dispute(tx, BALLOT_DISPUTE_ANSWERED, told, (&row, said)).await?;
    if let Some(ballot) = ballot.filter(|_| new.outcome == Answered::Upheld) {
        aside::take_out(tx, &scene, ballot, SetAside::Disputed, role).await?;
        let form = scene.form(tx.conn()).await?;
        aside::reinstate(&app.vault, tx, &scene, (&form, row.head_id), |_| true).await?;
    }
    let homes = labels(tx.conn(), &scene, &[row.head_id]).await?;
    let location = format!("/v1/polls/{}/disputes", path.poll_id);
    Ok(Answer::created(show(app, viewer, &scene, &row, &homes)?, location))
}

/// Where voting may go on, the clock says in a moment whether it does.
fn decided(scene: &Scene, tx: &Tx) -> Result<()> {
    let is_due = scene.phase()?.due(scene.window(), tx.now) == Some(phase::Move::Close);
    if is_due && scene.may_go_on()? { Err(undecided()) } else { Ok(()) }
}

/// Once voting is over a ballot stands: what was counted is never edited.
fn still_open(scene: &Scene, tx: &Tx) -> Result<()> {
    decided(scene, tx)?;
    let now = scene.poll.closed_at.map_or(tx.now, |closed| closed.max(tx.now));
    match scene.phase()?.take_ballot(scene.window(), &scene.pauses()?, now) {
        Err(phase::Refusal::AfterClosing { .. }) => Err(Refusal::TooLate.into()),
        other => Ok(other?),
    }
}

impl Scene {
    /// While voting goes on the record tells of disputes to those who watch, and to who made it.
    async fn tell_of_dispute(
        &self,
        tx: &Tx,
        kind: &'static str,
        (role, facts): (String, Value),
        (row, said): (&Row, String),
    ) -> Result<()> {
        let event = Event {
            audience: Audience::Watchers,
            person: Some(row.person_id),
            commitment: Some(said),
            ..self.event(kind, role, facts)
        };
        record::write(tx, event).await
    }
}

/// What the record tells of a dispute that was made, and whose it is to answer it.
pub(super) fn made_told(row: &Row) -> Value {
    let notify = [Role::Preparer.as_str(), Role::CommunityOfficer.as_str()];
    json!({ "dispute_id": row.id, "notify": notify })
}

/// What it tells of one that was answered.
pub(super) fn answered_told(row: &Row) -> Value {
    json!({ "dispute_id": row.id, "outcome": row.answered })
}

/// Whether what was said and answered is there still.
pub(super) fn is_readable(vault: &Vault, row: &Row) -> bool {
    let answer = row.answer_cipher.as_ref().is_none_or(|cipher| vault.text(ANSWER, cipher).is_ok());
    answer && vault.text(WORDS, &row.words_cipher).is_ok()
}

/// Disputes in order: all for those who convene or guide, their own for everybody else who may dispute.
pub async fn disputes(app: &App, viewer: &Viewer, poll: Uuid, page: &Page) -> Result<List<Dispute>> {
    let db = app.db.read();
    let scene = Scene::load(db, poll).await?;
    let sees_all = viewer.may(Permission::AnswerObjection, &scene.place, None) && !scene.has_interest(viewer);
    if !viewer.may(Permission::AnswerObjection, &scene.place, None) {
        viewer.require(Permission::CastBallot, &scene.place, None)?;
    }
    let by = (!sees_all).then_some(viewer.person);
    let cursors = Cursors::new(&app.vault, format!("disputes {poll}"), viewer.person);
    let after = cursors.position(page)?;
    let rows = store::disputes(db, &scene.poll, by, after, page.limit() + 1).await?;
    let heads: Vec<Uuid> = rows.iter().map(|row| row.head_id).collect();
    let homes = labels(db, &scene, &heads).await?;
    let show = |row: Row| show(app, viewer, &scene, &row, &homes);
    let List { items, next_cursor } = cursors.page(rows, page, |row| row.id.to_string(), show);
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

fn show(
    app: &App,
    viewer: &Viewer,
    scene: &Scene,
    row: &Row,
    homes: &HashMap<Uuid, Vec<String>>,
) -> Result<Dispute> {
    let answer = |cipher: &Vec<u8>| app.vault.text(ANSWER, cipher).map_err(Problem::internal);
    Ok(Dispute {
        id: row.id,
        head_id: row.head_id,
        homes: homes.get(&row.head_id).cloned().unwrap_or_default(),
        channel: read_word(&row.channel)?,
        cast_at: local(row.cast_at),
        is_yours: row.person_id == viewer.person,
        words: app.vault.text(WORDS, &row.words_cipher).map_err(Problem::internal)?,
        made_at: local(row.made_at),
        outcome: row.answered.as_deref().and_then(Answered::from_code),
        answer: row.answer_cipher.as_ref().map(answer).transpose()?,
        answered_as: row.answered_as.clone(),
        answered_at: row.answered_at.map(local),
        lapsed: row.answered.is_none() && scene.poll.closed_at.is_some(),
    })
}
