//! The result: publishing it, explaining it, and the four lists.

use std::{collections::HashMap, slice::from_ref};

use chrono::{DateTime, Utc};
use rules::{
    polls::{
        external::Source,
        lists::{self, Home, List, Names},
        matter::MatterClass,
        phase::{Phase, PublishFacts},
        rows::{self, Rows, Whole},
        tally::Outcome,
        told,
        verdict::{MatterVerdict, Verdict as Decided},
    },
    quantity::{Area, Weight},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        LIST_NOT_YOURS, RESULT_NOT_OUT,
        lists::Listed,
        model::{ElectionOutcome, Grain, Leak, ListName, ListVariant, Poll, PollList, PollResult, Verdict},
        notice,
        store::{self, Hold},
    },
    Scene,
    count::Counted,
    heads,
    lock::hashes,
    object, prepare, read_word, role,
    runoff::Votes,
    seen,
    stand::{full_name, shown_name},
    word,
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        problem::{NOT_FOUND, Problem, Result},
    },
    programmes::acts as programmes,
};

/// Publishes the result of a closed poll.
pub async fn publish(viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Answer<Poll>> {
    let mut scene = Scene::hold(tx, id, Hold::Alone).await?;
    viewer.require(Permission::PreparePoll, &scene.place, None)?;
    let counted_at = scene.poll.result.as_ref().and(scene.poll.closed_at);
    let window = scene.window().given(scene.electorate(tx.conn()).await?, &scene.rules()?);
    let facts = PublishFacts { window, counted_at };
    scene.poll.state = word(scene.phase()?.publish(facts, tx.now)?)?;
    scene.poll.published_at = Some(tx.now);
    scene.begin_objections(tx).await?;
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

/// What the notices of a published poll are held against, by whoever stands before one.
pub async fn verification(app: &App, id: Uuid) -> Result<String> {
    let scene = Scene::load(app.db.read(), id).await?;
    match scene.phase()? {
        Phase::Published => Ok(notice::verification(&scene.poll)),
        _ => Err(NOT_FOUND.because("nothing of such a poll hangs out")),
    }
}

/// The result with each denominator, threshold and margin by name.
pub async fn result(app: &App, viewer: &Viewer, id: Uuid) -> Result<Answer<PollResult>> {
    let scene = out_for(app, viewer, id).await?;
    let mut counted = by_name(app, &scene).await?;
    let leaks = counted.leaks.take();
    let sees_all = sees_all_homes(viewer, &scene);
    let external = scene.show_external(app.db.read()).await?;
    let grain =
        if sees_all { None } else { leaks.as_ref().and_then(|leaks| seen::coarsen(&mut counted, leaks)) };
    let Counted { totals, verdict, .. } = counted;
    let votes = Votes::of(&app.vault, app.db.read(), &scene).await?;
    let election = verdict.election.as_ref().map(|election| election.outcome);
    let deadlines = scene.deadlines(app.db.read(), election == Some(ElectionOutcome::Formed)).await?.into();
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
        source: Source::of(external.as_ref()),
        external,
        roll: totals.roll.into(),
        registered: totals.registered.map(Into::into),
        returned: totals.returned.into(),
        invalid: totals.invalid.into(),
        silent: totals.silent.into(),
        unserved: totals.unserved.into(),
        advice,
        coarsened: grain,
        leaks: leaks.filter(|_| sees_all).map(|leaks| Leak::all(&leaks)),
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

/// One of the four lists, without a version: what one of them shows depends on the viewer; with a variant, all its rows
/// under their commitments.
pub async fn list_of(
    app: &App,
    viewer: &Viewer,
    id: Uuid,
    (list, variant): (ListName, Option<ListVariant>),
) -> Result<Listed> {
    let scene = out_for(app, viewer, id).await?;
    if list == ListName::Participation {
        scene.must_be_known_here()?;
    }
    let convenes = viewer.may(Permission::PreparePoll, &scene.place, None) && !scene.has_interest(viewer);
    if variant == Some(ListVariant::Full) && !convenes {
        return Err(LIST_NOT_YOURS.plain());
    }
    let sees_all = variant.map_or(sees_all_homes(viewer, &scene), |variant| variant == ListVariant::Full);
    let counted = counted::<Decided>(&scene)?;
    let leaks = counted.leaks.as_ref().filter(|_| !sees_all);
    let lines = match list {
        ListName::Participation => {
            let heads = match variant {
                _ if sees_all => None,
                Some(ListVariant::Public) => Some(Vec::new()),
                _ => Some(heads::own(app.db.read(), viewer, &scene).await?),
            };
            participation(app, viewer, &scene, heads.as_deref()).await?
        }
        named => of_names(app, &scene, &counted, (named, false)).await?,
    };
    let lines = leaks.into_iter().fold(lines, List::coarsened);
    let sealed = match variant {
        Some(variant) => Some(sealed(app, viewer, (&scene, &counted), (list, variant)).await?.into()),
        None => None,
    };
    let grain = leaks.map(|leaks| leaks.turnout.grain).unwrap_or_default();
    let took_part = [counted.totals.returned, counted.totals.invalid].map(|part| grain.show(part));
    let external = scene.show_external(app.db.read()).await?;
    let poll = &scene.poll;
    let shown = PollList {
        list,
        poll_id: poll.id,
        title: poll.title.clone(),
        source: Source::of(external.as_ref()),
        external,
        advice: scene.rules()?.advice().map(Into::into),
        rules: scene.rules()?.pack,
        roll: counted.totals.roll.into(),
        took_part: took_part.into_iter().sum::<Weight>().into(),
        coarsened: Grain::of(grain),
        roll_hash: poll.roll_hash.clone().unwrap_or_default(),
        frozen_hash: poll.frozen_hash.clone().unwrap_or_default(),
        ballots_hash: poll.ballots_hash.clone().unwrap_or_default(),
        at: local(poll.closed_at.unwrap_or(poll.closes_at)),
        members: None,
        candidates: None,
        texts: None,
        homes: None,
        sealed,
    };
    Listed::new(shown, lines)
}

/// A list of candidates or of texts as it was counted; with names in full, or as others may see them.
async fn of_names(
    app: &App,
    scene: &Scene,
    counted: &Counted<Decided>,
    (list, in_full): (ListName, bool),
) -> Result<List> {
    let verdict = &counted.verdict;
    if list == ListName::Members
        && let Some(votes) = Votes::of(&app.vault, app.db.read(), scene).await?
    {
        return Ok(votes.members(in_full));
    }
    let names = names(app, scene, in_full).await?;
    Ok(match list {
        ListName::Members => lists::members(verdict, &names),
        ListName::Candidates => lists::candidates(verdict, &names),
        ListName::Texts | ListName::Participation => lists::texts(verdict, &names),
    })
}

/// All rows of a list, each under its commitment: open are those that hide nothing, and those that the variant opens.
async fn sealed(
    app: &App,
    viewer: &Viewer,
    (scene, counted): (&Scene, &Counted<Decided>),
    (list, variant): (ListName, ListVariant),
) -> Result<Rows> {
    let db = app.db.read();
    let (full, instead) = if list == ListName::Participation {
        let (full, heads) = homes(db, scene, None).await?;
        let own = match variant {
            ListVariant::Own => heads::own(db, viewer, scene).await?,
            ListVariant::Public | ListVariant::Full => Vec::new(),
        };
        let hidden = vec![rows::HIDDEN.to_owned(); full.headings().len()];
        let instead = heads.iter().map(|head| (!own.contains(head)).then(|| hidden.clone())).collect();
        (full, instead)
    } else {
        let shown = of_names(app, scene, counted, (list, false)).await?;
        let shown = counted.leaks.iter().fold(shown, List::coarsened);
        let instead: Vec<_> = shown.rows().into_iter().map(Some).collect();
        (of_names(app, scene, counted, (list, true)).await?, instead)
    };
    let poll = &scene.poll;
    let of = rows::Of {
        poll: poll.id.to_string(),
        list: word(list)?,
        frozen_hash: poll.frozen_hash.clone().unwrap_or_default(),
        ballots_hash: poll.ballots_hash.clone().unwrap_or_default(),
    };
    let whole = |(number, (cells, instead)): (u64, (Vec<String>, Option<Vec<String>>))| Whole {
        salt: app.vault.mac(&[
            b"poll_list.salt",
            poll.id.as_bytes(),
            of.list.as_bytes(),
            &number.to_be_bytes(),
        ]),
        cells,
        instead: instead.filter(|_| variant != ListVariant::Full),
    };
    let wholes = (1..).zip(full.rows().into_iter().zip(instead)).map(whole).collect();
    Rows::seal(&of, full.headings(), wholes).map_err(Problem::internal)
}

/// What candidates and texts are called, by id.
async fn names(app: &App, scene: &Scene, in_full: bool) -> Result<Names> {
    let db = app.db.read();
    let mut names = Names::new();
    let name = if in_full { full_name } else { shown_name };
    for candidate in store::candidates(db, &scene.poll).await? {
        names.insert(candidate.id.to_string(), name(&app.vault, &candidate)?);
    }
    let matters = store::matters(db, &scene.poll).await?;
    names.extend(matters.into_iter().map(|matter| (matter.id.to_string(), matter.title)));
    Ok(names)
}

/// Whether the viewer may see of each home whether it took part. The property company and the developer have an
/// interest in how a vote ends: they never learn who has not voted, whatever else they were made.
pub(super) fn sees_all_homes(viewer: &Viewer, scene: &Scene) -> bool {
    viewer.may(Permission::WatchPoll, &scene.place, None) && !scene.has_interest(viewer)
}

/// Homes as people count them, with whether they took part: of all heads, as the record tells then, or of these. Whoever
/// watches the poll sees all; everybody else sees their own: nobody learns from here that a neighbour stayed away.
async fn participation(app: &App, viewer: &Viewer, scene: &Scene, heads: Option<&[Uuid]>) -> Result<List> {
    if heads.is_none() {
        let role = role(viewer, Permission::WatchPoll, &scene.place);
        app.write(async |tx| scene.tell(tx, "PARTICIPATION_READ", role, json!({})).await).await?;
    }
    Ok(homes(app.db.read(), scene, heads).await?.0)
}

/// Homes with whether they took part, and the head of each.
async fn homes(db: &impl Conn, scene: &Scene, heads: Option<&[Uuid]>) -> Result<(List, Vec<Uuid>)> {
    let cast = store::cast(db, from_ref(&scene.poll), heads).await?;
    let cast = cast
        .into_iter()
        .map(|(head, (channel, _))| Ok((head, read_word(&channel)?)))
        .collect::<Result<HashMap<_, _>>>()?;
    let homes = store::homes(db, from_ref(&scene.poll), heads).await?;
    let of = homes.iter().map(|home| home.head_id).collect();
    let home = |home: ::entity::poll_home::Model| Home {
        label: home.label,
        area: Area(u64::try_from(home.area).unwrap_or_default()),
        head: home.head_id,
    };
    Ok((lists::participation(homes.into_iter().map(home), |head| cast.get(head).copied()), of))
}
