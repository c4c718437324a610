//! The result: publishing it, explaining it, and the four lists.

use std::{collections::HashMap, slice::from_ref};

use chrono::{DateTime, Utc};
use rules::{
    polls::{
        lists::{self, Home, List, Names},
        matter::MatterClass,
        phase::{Phase, PublishFacts},
        tally::Outcome,
        told,
        verdict::{MatterVerdict, Verdict as Decided},
    },
    quantity::Area,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        RESULT_NOT_OUT,
        lists::Listed,
        model::{ElectionOutcome, ListName, Poll, PollList, PollResult, Verdict, Weight},
        store::{self, Hold},
    },
    Scene,
    count::Counted,
    heads,
    lock::hashes,
    object, prepare, read_word, role,
    runoff::Votes,
    stand::shown_name,
    word,
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        problem::{Problem, Result},
    },
    programmes::acts as programmes,
};

/// Publishes the result of a closed poll.
pub async fn publish(viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Answer<Poll>> {
    let mut scene = Scene::hold(tx, id, Hold::Alone).await?;
    viewer.require(Permission::PreparePoll, &scene.place, None)?;
    let counted_at = scene.poll.result.as_ref().and(scene.poll.closed_at);
    let facts = PublishFacts { window: scene.window(), counted_at };
    scene.poll.state = word(scene.phase()?.publish(facts, tx.now)?)?;
    scene.poll.published_at = Some(tx.now);
    scene.begin_objections()?;
    scene.save(tx).await?;
    let facts = facts_told(&scene.poll, &counted(&scene)?.verdict);
    scene.tell(tx, POLL_PUBLISHED, role(viewer, Permission::PreparePoll, &scene.place), facts).await?;
    scene.wind(tx).await?;
    programmes::wake(tx, id).await?;
    Ok(Answer::created(prepare::show(tx.conn(), &scene).await?, format!("/v1/polls/{id}/result"))
        .version(scene.poll.version))
}

/// What the record calls it.
pub(super) const POLL_PUBLISHED: &str = "POLL_PUBLISHED";

/// What the record tells of it.
pub(super) fn facts_told(poll: &::entity::poll::Model, verdict: &Decided) -> Value {
    told::published(hashes(poll), poll.ballots_hash.as_deref(), verdict)
}

/// When a matter of a published poll of a complex made its rules of procedure (Civil Code 278 (1)), if it did.
pub(crate) async fn procedure_passed_at(
    db: &impl Conn,
    complex: Uuid,
    (poll, matter): (Uuid, Uuid),
) -> Result<Option<DateTime<Utc>>> {
    let Some(poll) = store::poll(db, poll).await?.filter(|poll| poll.complex_id == complex) else {
        return Ok(None);
    };
    let scene = Scene::of(db, Some(poll)).await?;
    if scene.phase()? != Phase::Published {
        return Ok(None);
    }
    let passed = |one: &MatterVerdict| {
        one.matter == matter.to_string()
            && one.class == MatterClass::Procedure
            && one.outcome == Outcome::Passed
    };
    let has_passed = counted::<Decided>(&scene)?.verdict.matters.iter().any(passed);
    Ok(scene.poll.published_at.filter(|_| has_passed))
}

pub(super) fn counted<V: DeserializeOwned>(scene: &Scene) -> Result<Counted<V>> {
    let text = scene.poll.result.as_deref().ok_or_else(|| RESULT_NOT_OUT.plain())?;
    serde_json::from_str(text).map_err(Problem::internal)
}

/// The poll, if its result is out for this viewer: for everybody once published, for those who watch from the close on.
pub(super) async fn out_for(app: &App, viewer: &Viewer, id: Uuid) -> Result<Scene> {
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
    let flips = counted.flips.take().unwrap_or_default();
    for matter in &mut counted.verdict.matters {
        matter.title = titles.get(&matter.matter).cloned().unwrap_or_default();
        matter.flip = flips.matters.get(&matter.matter.to_string()).copied().map(Into::into);
    }
    if let Some(election) = &mut counted.verdict.election {
        election.flip = flips.election.map(Into::into);
    }
    Ok(counted)
}

/// The result with each denominator, threshold and margin by name.
pub async fn result(app: &App, viewer: &Viewer, id: Uuid) -> Result<Answer<PollResult>> {
    let scene = out_for(app, viewer, id).await?;
    let Counted { totals, verdict, .. } = by_name(app, &scene).await?;
    let votes = Votes::of(&app.vault, app.db.read(), &scene).await?;
    let election = verdict.election.as_ref().map(|election| election.outcome);
    let deadlines = scene.deadlines(election == Some(ElectionOutcome::Formed))?.into();
    let objections = match scene.phase()? {
        Phase::Published => Some(object::counted(app.db.read(), &scene).await?.into()),
        _ => None,
    };
    let runoff_id = store::runoff_of(app.db.read(), id).await?.map(|run_off| run_off.id);
    let paper = scene.paper_counts(app.db.read()).await?;
    let advice = scene.rules()?.advice().map(Into::into);
    let poll = scene.poll;
    let result = PollResult {
        poll_id: poll.id,
        title: poll.title,
        state: read_word(&poll.state)?,
        roll: totals.roll.into(),
        registered: totals.registered.map(Into::into),
        returned: totals.returned.into(),
        invalid: totals.invalid.into(),
        silent: totals.silent.into(),
        advice,
        paper,
        election: verdict.election,
        matters: verdict.matters,
        provisional_until: poll.provisional_until.map(local),
        final_at: poll.final_at.map(local),
        objections,
        deadlines,
        runoff_of: poll.runoff_of,
        runoff_id,
        composition: votes.map(|votes| votes.show()).transpose()?,
        roll_hash: poll.roll_hash.unwrap_or_default(),
        frozen_hash: poll.frozen_hash.unwrap_or_default(),
        ballots_hash: poll.ballots_hash.unwrap_or_default(),
        counted_at: local(poll.closed_at.unwrap_or(poll.closes_at)),
        published_at: poll.published_at.map(local),
    };
    Ok(Answer::ok(result).version(poll.version))
}

/// One of the four lists, without a version: what one of them shows depends on the viewer.
pub async fn list_of(app: &App, viewer: &Viewer, id: Uuid, list: ListName) -> Result<Listed> {
    let scene = out_for(app, viewer, id).await?;
    let Counted { totals, verdict, .. } = counted::<Decided>(&scene)?;
    let lines = match list {
        ListName::Members => match Votes::of(&app.vault, app.db.read(), &scene).await? {
            Some(votes) => votes.members(),
            None => lists::members(&verdict, &names(app, &scene).await?),
        },
        ListName::Candidates => lists::candidates(&verdict, &names(app, &scene).await?),
        ListName::Texts => lists::texts(&verdict, &names(app, &scene).await?),
        ListName::Participation => participation(app, viewer, &scene).await?,
    };
    let poll = &scene.poll;
    let shown = PollList {
        list,
        poll_id: poll.id,
        title: poll.title.clone(),
        advice: scene.rules()?.advice().map(Into::into),
        rules: scene.rules()?.pack,
        roll: totals.roll.into(),
        took_part: Weight::from(totals.returned.plus(totals.invalid)),
        roll_hash: poll.roll_hash.clone().unwrap_or_default(),
        frozen_hash: poll.frozen_hash.clone().unwrap_or_default(),
        ballots_hash: poll.ballots_hash.clone().unwrap_or_default(),
        at: local(poll.closed_at.unwrap_or(poll.closes_at)),
        members: None,
        candidates: None,
        texts: None,
        homes: None,
    };
    Listed::new(shown, lines)
}

/// What candidates and texts are called, by id.
async fn names(app: &App, scene: &Scene) -> Result<Names> {
    let db = app.db.read();
    let mut names = Names::new();
    for candidate in store::candidates(db, &scene.poll).await? {
        names.insert(candidate.id.to_string(), shown_name(&app.vault, &candidate)?);
    }
    let matters = store::matters(db, &scene.poll).await?;
    names.extend(matters.into_iter().map(|matter| (matter.id.to_string(), matter.title)));
    Ok(names)
}

/// Whether the viewer may see of each home whether it took part. The property company and the developer have an
/// interest in how a vote ends: they never learn who has not voted, whatever else they were made.
fn sees_all_homes(viewer: &Viewer, scene: &Scene) -> bool {
    viewer.may(Permission::WatchPoll, &scene.place, None) && !scene.has_interest(viewer)
}

/// Homes as people count them, with whether they took part. Whoever watches the poll sees all, and the record tells
/// that they did; everybody else sees their own: nobody learns from here that a neighbour stayed away.
async fn participation(app: &App, viewer: &Viewer, scene: &Scene) -> Result<List> {
    let db = app.db.read();
    let heads = if sees_all_homes(viewer, scene) {
        let role = role(viewer, Permission::WatchPoll, &scene.place);
        app.write(async |tx| scene.tell(tx, "PARTICIPATION_READ", role, json!({})).await).await?;
        None
    } else {
        Some(heads::own(db, viewer, scene).await?)
    };
    let cast = store::cast(db, from_ref(&scene.poll), heads.as_deref()).await?;
    let cast = cast
        .into_iter()
        .map(|(head, (channel, _))| Ok((head, read_word(&channel)?)))
        .collect::<Result<HashMap<_, _>>>()?;
    let homes = store::homes(db, from_ref(&scene.poll), heads.as_deref()).await?;
    let home = |home: ::entity::poll_home::Model| Home {
        label: home.label,
        area: Area(u64::try_from(home.area).unwrap_or_default()),
        head: home.head_id,
    };
    Ok(lists::participation(homes.into_iter().map(home), |head| cast.get(head).copied()))
}
