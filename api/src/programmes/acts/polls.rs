//! The polls of a programme's votes: which they are, what they have come to, and when they may move.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rules::{
    polls::{matter::MatterClass, phase::Phase},
    programmes::{Kind, Step, polled},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        POLL_NOT_OF_VOTE,
        model::{BindPoll, Programme},
        store,
    },
    Scene, beyond, moves, show,
};
use crate::{
    access::Viewer,
    database::{Conn, Tx},
    http::problem::{NOT_FOUND, Result},
    polls,
};

/// A poll of a vote, and what it has come to.
#[derive(Clone, Debug)]
pub(crate) struct Polled {
    pub id: Uuid,
    pub place: Uuid,
    /// The parts of its complex to whose owners alone it is put.
    pub among: Vec<Uuid>,
    pub phase: Phase,
    /// The classes of what it is put to; an election is of class 3.
    pub classes: Vec<MatterClass>,
    /// The poll whose last seats it fills, if it is a run-off.
    pub runoff_of: Option<Uuid>,
    /// As the law sees it.
    pub so_far: polled::Polled,
}

/// The polls of a programme, by the votes that they belong to.
pub(super) async fn of(db: &impl Conn, scene: &Scene) -> Result<BTreeMap<String, Polled>> {
    let mut of = BTreeMap::new();
    for bound in store::polls(db, &scene.row).await? {
        of.insert(bound.module, polls::acts::come_to(db, bound.poll_id).await?);
    }
    Ok(of)
}

/// The poll that a module is about. What hangs out as the result is that of the last vote: of the run-off, where there was
/// one.
pub(super) fn about<'a>(
    scene: &Scene,
    polls: &'a BTreeMap<String, Polled>,
    module: &str,
) -> Option<&'a Polled> {
    let template = &scene.kept.template;
    let vote = template.vote_of(module)?;
    let is_result = template.modules.get(module).is_some_and(|module| module.kind == Kind::ResultNotice);
    let run_off = template.runoff_of(vote).filter(|_| is_result).and_then(|run_off| polls.get(run_off));
    run_off.or_else(|| polls.get(vote))
}

/// Makes a draft the poll of a vote.
pub(in super::super) async fn bind(
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &BindPoll,
) -> Result<Programme> {
    let mut scene = Scene::hold_for(tx, viewer, id).await?;
    let by = scene.convenor(viewer)?;
    let fits_not = |words: &'static str| POLL_NOT_OF_VOTE.because(words);
    let vote = scene.kept.template.modules.get(&request.module).filter(|module| module.kind == Kind::Vote);
    vote.ok_or_else(|| NOT_FOUND.because("the programme has no such vote"))?;
    if !matches!(scene.course.steps.get(&request.module), Some(Step::Waiting)) {
        return Err(fits_not("the vote is over, or has begun"));
    }
    let poll = polls::acts::come_to(tx.conn(), request.poll_id).await?;
    if poll.place != scene.row.place_id {
        return Err(NOT_FOUND.because("no such poll at the programme's place"));
    }
    if poll.among != scene.among()? {
        return Err(fits_not("the poll is put to others than those between whom the programme runs"));
    }
    if poll.phase != Phase::Draft {
        return Err(fits_not("the poll is no draft any more"));
    }
    if store::vote_of(tx.conn(), poll.id).await?.is_some() {
        return Err(fits_not("the poll belongs to a vote already"));
    }
    let bound = store::polls(tx.conn(), &scene.row).await?;
    let of = |vote: &str| bound.iter().find(|bound| bound.module == vote).map(|bound| bound.poll_id);
    if of(&request.module).is_some() {
        return Err(fits_not("the vote has a poll already"));
    }
    match scene.kept.template.first_vote_of(&request.module) {
        Some(first) if poll.runoff_of.is_none() || poll.runoff_of != of(first) => {
            return Err(fits_not("people vote again only in the run-off of the programme's own first vote"));
        }
        None if poll.runoff_of.is_some() => {
            return Err(fits_not("the poll is the run-off of another"));
        }
        _ => {}
    }
    let row = ::entity::programme_poll::Model {
        complex_id: scene.row.complex_id,
        programme_id: scene.row.id,
        module: request.module.clone(),
        poll_id: poll.id,
    };
    store::insert_poll(tx.conn(), row).await?;
    let facts = json!({ "module": request.module, "poll_id": poll.id });
    scene.tell(tx, "PROGRAMME_POLL_BOUND", by.code(), facts).await?;
    moves::advance(tx, &mut scene).await?;
    scene.save(tx).await?;
    show::show(viewer, tx.conn(), &scene, tx.now).await
}

/// The polls whose result hangs out in a module: of a vote and of its run-off, where there was one.
pub(super) fn hung_out<'a>(
    scene: &Scene,
    polls: &'a BTreeMap<String, Polled>,
    module: &str,
) -> Vec<&'a Polled> {
    let votes = scene.kept.template.votes_hung_out(module);
    votes.into_iter().filter_map(|vote| polls.get(vote)).collect()
}

/// What they came to, as the law sees it.
pub(super) fn so_far(polls: &[&Polled]) -> Vec<polled::Polled> {
    polls.iter().map(|poll| poll.so_far).collect()
}

/// The programme of whose vote this is the poll, held.
async fn programme_of(tx: &Tx, poll: Uuid) -> Result<Option<(Scene, String)>> {
    let Some(bound) = store::vote_of(tx.conn(), poll).await? else { return Ok(None) };
    Ok(Some((Scene::hold(tx, bound.programme_id).await?, bound.module)))
}

/// Whether a poll may lock: one that belongs to a vote while that one's roll is being locked, for long enough, and put
/// to nothing but what the vote is for.
pub(crate) async fn may_lock(tx: &Tx, poll: Uuid) -> Result<()> {
    let Some((scene, vote)) = programme_of(tx, poll).await? else { return Ok(()) };
    let template = &scene.kept.template;
    let locks = |name: &&String| {
        template.modules.get(*name).is_some_and(|module| module.kind == Kind::RollLock)
            && template.vote_of(name) == Some(vote.as_str())
            && matches!(scene.course.steps.get(*name), Some(Step::Running { .. }))
    };
    let refused = |words: String| Err(POLL_NOT_OF_VOTE.because(words));
    let Some(roll) = template.modules.keys().find(locks) else {
        return refused(format!("its programme does not lock the roll of `{vote}` now"));
    };
    if scene.course.paused_at(tx.now).is_some() {
        return refused("its programme stands still".into());
    }
    let earliest = scene.course.earliest_end(roll, None, scene.terms()).map_err(beyond)?;
    if let Some(earliest) = earliest.filter(|earliest| *earliest > tx.now) {
        return refused(format!("the roll hangs out until {}", crate::clock::local(earliest)));
    }
    let allowed = template.modules.get(&vote).map(|module| module.classes.clone()).unwrap_or_default();
    let polled = polls::acts::come_to(tx.conn(), poll).await?;
    match polled.classes.iter().find(|class| !allowed.contains(class)) {
        Some(class) => refused(format!("`{vote}` is not put to class {} (Civil Code 278)", u8::from(*class))),
        None => Ok(()),
    }
}

/// Whether a poll may open by now: one that belongs to a vote once that has begun, and while nothing stands still. For how long
/// something did since its roll was locked; nothing if it may not.
pub(crate) async fn may_open(
    tx: &Tx,
    poll: Uuid,
    locked_at: Option<DateTime<Utc>>,
) -> Result<Option<TimeDelta>> {
    let Some((mut scene, vote)) = programme_of(tx, poll).await? else { return Ok(Some(TimeDelta::zero())) };
    let runs = matches!(scene.course.steps.get(&vote), Some(Step::Running { .. }));
    if !runs || scene.course.paused_at(tx.now).is_some() {
        return Ok(None);
    }
    scene.course.lift_what_is_due(tx.now);
    Ok(Some(scene.course.stood_still(locked_at.unwrap_or(tx.now))))
}

/// Whether a poll belongs to a vote of a programme that runs.
pub(crate) async fn runs_with(db: &impl Conn, poll: Uuid) -> Result<bool> {
    let Some(bound) = store::vote_of(db, poll).await? else { return Ok(false) };
    let programme = store::find(db, bound.programme_id).await?;
    Ok(programme.is_some_and(|programme| programme.ended_at.is_none()))
}

/// A poll has come to something: whoever waits for that has to look.
pub(crate) async fn wake(tx: &Tx, poll: Uuid) -> Result<()> {
    match store::vote_of(tx.conn(), poll).await? {
        Some(bound) => moves::wake_programme(tx, bound.programme_id).await,
        None => Ok(()),
    }
}

/// Whether owners are voting now.
pub(super) fn is_voting(scene: &Scene) -> bool {
    let running = |name: &String| matches!(scene.course.steps.get(name), Some(Step::Running { .. }));
    let mut modules = scene.kept.template.modules.iter();
    modules.any(|(name, module)| module.kind == Kind::Vote && running(name))
}
