//! The result: publishing it, explaining it, and the four lists.

use std::{collections::HashMap, slice::from_ref};

use rules::polls::phase::{Phase, PublishFacts};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        RESULT_NOT_OUT,
        model::{
            CandidateLine, ListName, MemberLine, ParticipationLine, Poll, PollList, PollResult, Standing,
            TextLine, Verdict, Weight,
        },
        store::{self, Hold},
    },
    Scene,
    count::Counted,
    heads, prepare, read_word, role,
    stand::shown_name,
    word,
};
use crate::{
    access::{Grant, Level, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::Tx,
    http::{
        answer::Answer,
        problem::{Problem, Result},
    },
};

/// Publishes the result of a closed poll.
pub async fn publish(viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Answer<Poll>> {
    let mut scene = Scene::hold(tx, id, Hold::Alone).await?;
    viewer.require(Permission::PreparePoll, &scene.place, None)?;
    let counted_at = scene.poll.result.as_ref().and(scene.poll.closed_at);
    let facts = PublishFacts { window: scene.window(), counted_at };
    scene.poll.state = word(scene.phase()?.publish(facts, tx.now)?)?;
    scene.poll.published_at = Some(tx.now);
    scene.save(tx).await?;
    let facts = facts_told(&scene.poll, &counted(&scene)?.verdict);
    scene.tell(tx, POLL_PUBLISHED, role(viewer, Permission::PreparePoll, &scene.place), facts).await?;
    Ok(Answer::created(prepare::show(tx.conn(), &scene).await?, format!("/v1/polls/{id}/result"))
        .version(scene.poll.version))
}

/// What the record calls it.
pub(super) const POLL_PUBLISHED: &str = "POLL_PUBLISHED";

/// What the record tells of it.
pub(super) fn facts_told(poll: &::entity::poll::Model, verdict: &rules::polls::verdict::Verdict) -> Value {
    let matter =
        |one: &rules::polls::verdict::MatterVerdict| json!({"matter_id": one.matter, "outcome": one.outcome});
    json!({
        "election": verdict.election.as_ref().map(|election| election.outcome),
        "matters": verdict.matters.iter().map(matter).collect::<Vec<_>>(),
        "roll_hash": poll.roll_hash,
        "frozen_hash": poll.frozen_hash,
        "ballots_hash": poll.ballots_hash,
    })
}

fn counted<V: DeserializeOwned>(scene: &Scene) -> Result<Counted<V>> {
    let text = scene.poll.result.as_deref().ok_or_else(|| RESULT_NOT_OUT.plain())?;
    serde_json::from_str(text).map_err(Problem::internal)
}

/// The poll, if its result is out for this viewer: for everybody once published, for those who watch from the close on.
async fn out_for(app: &App, viewer: &Viewer, id: Uuid) -> Result<Scene> {
    let scene = Scene::load(app.db.read(), id).await?;
    viewer.require(Permission::ReadResult, &scene.place, None)?;
    match scene.phase()? {
        Phase::Published => Ok(scene),
        Phase::Closed if viewer.may(Permission::WatchPoll, &scene.place, None) => Ok(scene),
        _ => Err(RESULT_NOT_OUT.plain()),
    }
}

/// What came out, with candidates and texts by name.
async fn by_name(app: &App, scene: &Scene) -> Result<Counted<Verdict>> {
    let mut counted = counted::<Verdict>(scene)?;
    let candidates = store::candidates(app.db.read(), &scene.poll).await?;
    let names = candidates
        .iter()
        .map(|one| Ok((one.id, shown_name(&app.vault, one)?)))
        .collect::<Result<HashMap<Uuid, String>>>()?;
    let titles: HashMap<Uuid, String> = store::matters(app.db.read(), &scene.poll)
        .await?
        .into_iter()
        .map(|one| (one.id, one.title))
        .collect();
    for candidate in counted.verdict.election.iter_mut().flat_map(|election| &mut election.candidates) {
        candidate.name = names.get(&candidate.candidate).cloned().unwrap_or_default();
    }
    for matter in &mut counted.verdict.matters {
        matter.title = titles.get(&matter.matter).cloned().unwrap_or_default();
    }
    Ok(counted)
}

/// The result with each denominator, threshold and margin by name.
pub async fn result(app: &App, viewer: &Viewer, id: Uuid) -> Result<Answer<PollResult>> {
    let scene = out_for(app, viewer, id).await?;
    let Counted { totals, verdict, .. } = by_name(app, &scene).await?;
    let poll = scene.poll;
    let result = PollResult {
        poll_id: poll.id,
        title: poll.title,
        state: read_word(&poll.state)?,
        roll: totals.roll.into(),
        returned: totals.returned.into(),
        invalid: totals.invalid.into(),
        silent: totals.silent.into(),
        election: verdict.election,
        matters: verdict.matters,
        roll_hash: poll.roll_hash.unwrap_or_default(),
        frozen_hash: poll.frozen_hash.unwrap_or_default(),
        ballots_hash: poll.ballots_hash.unwrap_or_default(),
        counted_at: local(poll.closed_at.unwrap_or(poll.closes_at)),
        published_at: poll.published_at.map(local),
    };
    Ok(Answer::ok(result).version(poll.version))
}

/// One of the four lists, without a version: what one of them shows depends on the viewer.
pub async fn list_of(app: &App, viewer: &Viewer, id: Uuid, list: ListName) -> Result<PollList> {
    let scene = out_for(app, viewer, id).await?;
    let Counted { totals, verdict, .. } = by_name(app, &scene).await?;
    let homes = match list {
        ListName::Participation => Some(participation(app, viewer, &scene).await?),
        _ => None,
    };
    let poll = &scene.poll;
    let shown = PollList {
        list,
        poll_id: poll.id,
        title: poll.title.clone(),
        rules: scene.rules()?.pack,
        roll: totals.roll.into(),
        took_part: Weight::from(totals.returned.plus(totals.invalid)),
        roll_hash: poll.roll_hash.clone().unwrap_or_default(),
        frozen_hash: poll.frozen_hash.clone().unwrap_or_default(),
        ballots_hash: poll.ballots_hash.clone().unwrap_or_default(),
        at: local(poll.closed_at.unwrap_or(poll.closes_at)),
        members: (list == ListName::Members).then(|| members(&verdict)),
        candidates: (list == ListName::Candidates).then(|| candidates(&verdict)),
        texts: (list == ListName::Texts).then(|| texts(&verdict)),
        homes,
    };
    Ok(shown)
}

/// Whether the viewer may see of each home whether it took part. The property company and the developer have an
/// interest in how a vote ends: they never learn who has not voted, whatever else they were made.
fn sees_all_homes(viewer: &Viewer, scene: &Scene) -> bool {
    let interested = |grant: &Grant| {
        matches!(grant.role, Role::PropertyManager | Role::Developer)
            && grant.place.at(Level::Complex) == Some(scene.poll.complex_id)
    };
    viewer.may(Permission::WatchPoll, &scene.place, None) && !viewer.grants.iter().any(interested)
}

/// Members elected, alternates, and those between whom a run-off is due, in rank order.
fn members(verdict: &Verdict) -> Vec<MemberLine> {
    let standing = |standing| matches!(standing, Standing::Elected | Standing::Alternate | Standing::Runoff);
    let Some(election) = &verdict.election else { return Vec::new() };
    let mut lines: Vec<(usize, MemberLine)> = election
        .candidates
        .iter()
        .filter(|candidate| standing(candidate.standing))
        .filter_map(|candidate| {
            let place =
                election.election.as_ref()?.qualified.iter().position(|id| *id == candidate.candidate)?;
            let line = MemberLine {
                rank: candidate.rank?,
                candidate_id: candidate.candidate,
                name: candidate.name.clone(),
                standing: candidate.standing,
                votes: candidate.votes,
            };
            Some((place, line))
        })
        .collect();
    lines.sort_by_key(|(place, _)| *place);
    lines.into_iter().map(|(_, line)| line).collect()
}

fn candidates(verdict: &Verdict) -> Vec<CandidateLine> {
    let standing = verdict.election.iter().flat_map(|election| &election.candidates);
    (1..)
        .zip(standing)
        .map(|(ordinal, candidate)| CandidateLine {
            ordinal,
            candidate_id: candidate.candidate,
            name: candidate.name.clone(),
            votes: candidate.votes,
            standing: candidate.standing,
        })
        .collect()
}

fn texts(verdict: &Verdict) -> Vec<TextLine> {
    let line = |matter: &super::super::model::MatterResult| TextLine {
        matter_id: matter.matter,
        class: matter.class,
        title: matter.title.clone(),
        votes: matter.votes.clone(),
        outcome: matter.outcome,
    };
    verdict.matters.iter().map(line).collect()
}

/// Homes as people count them, with whether they took part. Whoever watches the poll sees all, and the record tells
/// that they did; everybody else sees their own: nobody learns from here that a neighbour stayed away.
async fn participation(app: &App, viewer: &Viewer, scene: &Scene) -> Result<Vec<ParticipationLine>> {
    let db = app.db.read();
    let heads = if sees_all_homes(viewer, scene) {
        let role = role(viewer, Permission::WatchPoll, &scene.place);
        app.write(async |tx| scene.tell(tx, "PARTICIPATION_READ", role, json!({})).await).await?;
        None
    } else {
        Some(heads::own(db, viewer, scene).await?)
    };
    let cast = store::cast(db, from_ref(&scene.poll), heads.as_deref()).await?;
    let line = |home: ::entity::poll_home::Model| {
        let channel = cast.get(&home.head_id).map(|(channel, _)| read_word(channel)).transpose()?;
        Ok(ParticipationLine { home: home.label, area: home.area, took_part: channel.is_some(), channel })
    };
    store::homes(db, from_ref(&scene.poll), heads.as_deref()).await?.into_iter().map(line).collect()
}
