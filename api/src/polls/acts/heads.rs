//! Whose ballot somebody may cast, and whose they may look up.

use std::{
    collections::{BTreeSet, HashMap},
    slice::from_ref,
};

use chrono::{DateTime, Utc};
use rules::roll::{
    Holding, electors,
    representation::{Ground, casters},
};
use uuid::Uuid;

use super::{
    super::{
        ACTS_NO_MORE, CO_OWNER_NAMED, GUARDIAN_ACTS, HOME_SOLD, NOBODY_NAMED,
        model::{HeadHome, MyHead, OpenPoll, OwnHead, PollKind},
        store::{self, HeadId, Held},
    },
    ROUND, Scene, external, mandate, read_word,
};
use crate::{
    access::{Grant, Level, Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        paging::List,
        problem::{NOT_FOUND, Problem, Result},
    },
    identity, roll,
};

/// Polls that the first screen shows.
const POLLS: u64 = 20;
/// Heads that it shows of all of them together.
const HEADS: usize = 100;

/// Goes on only if the viewer votes there; whoever acted for one of the head's owners once is told that it is over.
pub(super) async fn may_vote(viewer: &Viewer, db: &impl Conn, scene: &Scene, head: Uuid) -> Result<()> {
    let Err(hidden) = viewer.require(Permission::CastBallot, &scene.place, None) else { return Ok(()) };
    Err(why_not(viewer, db, scene, head).await?.unwrap_or(hidden))
}

/// What somebody learns who has no part in a head any more: that they act for its owner no more, or that they have sold
/// since the roll was locked. Nothing is told to anybody else.
async fn why_not(viewer: &Viewer, db: &impl Conn, scene: &Scene, head: Uuid) -> Result<Option<Problem>> {
    let (person, complex) = (viewer.person, scene.poll.complex_id);
    for held in store::held_by(db, from_ref(&scene.poll), &[head]).await?.into_values() {
        let electors = electors_of(&held)?;
        let sold: Vec<Uuid> = held.locked.difference(&electors).copied().collect();
        if identity::stood_for(db, person, complex, electors).await? {
            return Ok(Some(ACTS_NO_MORE.plain()));
        }
        if identity::has_been(db, person, complex, sold).await? {
            return Ok(Some(HOME_SOLD.plain()));
        }
    }
    Ok(None)
}

/// The head, held until the write ends, if its owners' part in the poll is the viewer's: who owns it, unless a guardian
/// acts for them, and who acts for an owner.
pub(super) async fn hold(
    viewer: &Viewer,
    tx: &Tx,
    scene: &Scene,
    head: Uuid,
) -> Result<::entity::poll_head::Model> {
    Ok(hold_for(viewer, tx, scene, head).await?.0)
}

/// The same with the head's electors, and the owners for whom the viewer acts.
async fn hold_for(
    viewer: &Viewer,
    tx: &Tx,
    scene: &Scene,
    head: Uuid,
) -> Result<(::entity::poll_head::Model, BTreeSet<Uuid>, BTreeSet<Uuid>)> {
    let not_theirs = || NOT_FOUND.because("no such head of yours on this poll's roll");
    let complex = scene.poll.complex_id;
    let electors = electors_of_head(tx.conn(), &scene.poll, head).await?;
    let acts = identity::acts_for(tx.conn(), viewer, complex, tx.now).await?;
    if electors.is_disjoint(&acts) {
        if viewer.owners_in(complex).iter().any(|owner| electors.contains(owner)) {
            return Err(GUARDIAN_ACTS.plain());
        }
        return Err(why_not(viewer, tx.conn(), scene, head).await?.unwrap_or_else(not_theirs));
    }
    let row = store::hold_head(tx.conn(), &scene.poll, head).await?;
    Ok((row.ok_or_else(not_theirs)?, electors, acts))
}

/// The head, held until the write ends, if the viewer casts its ballot or has it cast: for which owner, themselves before
/// anybody for whom they act, and by what else than being that owner.
pub(super) async fn hold_to_cast(
    viewer: &Viewer,
    tx: &Tx,
    scene: &Scene,
    head: Uuid,
) -> Result<(::entity::poll_head::Model, Uuid, Option<Ground>)> {
    let (row, electors, acts_for) = hold_for(viewer, tx, scene, head).await?;
    let casters = casters_of(tx.conn(), scene, (head, &electors), tx.now).await?;
    if casters.is_empty() {
        return Err(NOBODY_NAMED.plain());
    }
    let complex = Some(scene.poll.complex_id);
    let by = viewer.grants.iter().filter(|grant| grant.place.at(Level::Complex) == complex);
    let by = by.filter_map(|grant| Some((grant.ground, grant.owner_id?)));
    let by = by.filter(|(_, owner)| acts_for.contains(owner) && casters.contains(owner)).min();
    let (ground, owner) = by.ok_or_else(|| CO_OWNER_NAMED.plain())?;
    let is_named = casters.len() < electors.len();
    Ok((row, owner, ground.or(is_named.then_some(Ground::NamedCoOwner))))
}

/// Those of a head's electors who cast its ballot: whom they have named, at the time of the ballot where one is in, so
/// that after it nothing changes; where they named nobody, each of them, or nobody by the poll's rules.
async fn casters_of(
    db: &impl Conn,
    scene: &Scene,
    (head, electors): (Uuid, &BTreeSet<Uuid>),
    now: DateTime<Utc>,
) -> Result<BTreeSet<Uuid>> {
    if electors.len() < 2 {
        return Ok(electors.clone());
    }
    let first = store::ballot_of(db, &scene.poll, head, ROUND).await?;
    let at = first.map_or(now, |ballot| ballot.cast_at);
    let named = roll::named(db, scene.poll.complex_id, electors, at).await?;
    let must_be_named = scene.rules()?.co_owner_representative == Some(true);
    Ok(casters(electors, named.as_ref(), must_be_named))
}

/// The same of a head alone.
pub(super) async fn casters_of_head(
    db: &impl Conn,
    scene: &Scene,
    head: Uuid,
    now: DateTime<Utc>,
) -> Result<BTreeSet<Uuid>> {
    let electors = electors_of_head(db, &scene.poll, head).await?;
    casters_of(db, scene, (head, &electors), now).await
}

/// The owners who may cast a head's ballot now.
pub(super) async fn electors_of_head(
    db: &impl Conn,
    poll: &::entity::poll::Model,
    head: Uuid,
) -> Result<BTreeSet<Uuid>> {
    electors_of_heads(db, poll, &[head]).await
}

/// Those who may cast the ballot of any of these heads now.
pub(super) async fn electors_of_heads(
    db: &impl Conn,
    poll: &::entity::poll::Model,
    heads: &[Uuid],
) -> Result<BTreeSet<Uuid>> {
    let mut electors = BTreeSet::new();
    for held in store::held_by(db, from_ref(poll), heads).await?.into_values() {
        electors.extend(electors_of(&held)?);
    }
    Ok(electors)
}

/// Those of some heads whose ballot one of these owners may cast now.
async fn castable(
    db: &impl Conn,
    polls: &[::entity::poll::Model],
    owners: &[Uuid],
    heads: &[Uuid],
) -> Result<BTreeSet<HeadId>> {
    let mut castable = BTreeSet::new();
    for (head, held) in store::held_by(db, polls, heads).await? {
        let electors = electors_of(&held)?;
        if owners.iter().any(|owner| electors.contains(owner)) {
            castable.insert(head);
        }
    }
    Ok(castable)
}

/// All heads of these running polls whose ballot one of these owners may cast now: a fixed number of queries.
async fn castable_by(
    db: &impl Conn,
    polls: &[::entity::poll::Model],
    owners: &[Uuid],
) -> Result<BTreeSet<HeadId>> {
    if polls.is_empty() || owners.is_empty() {
        return Ok(BTreeSet::new());
    }
    let mut near = store::heads_locked_to(db, polls, owners).await?;
    near.extend(store::heads_with_home_of(db, polls, owners).await?);
    castable(db, polls, owners, &heads_of(&near)).await
}

fn heads_of<'a>(ids: impl IntoIterator<Item = &'a HeadId>) -> Vec<Uuid> {
    ids.into_iter().map(|(_, head)| *head).collect()
}

fn electors_of(held: &Held) -> Result<BTreeSet<Uuid>> {
    let home = |(status, owners): &(String, BTreeSet<Uuid>)| {
        Ok(Holding { status: read_word(status)?, owners: owners.clone() })
    };
    let homes: Vec<Holding<Uuid>> = held.homes.values().map(home).collect::<Result<_>>()?;
    Ok(electors(&held.locked, &homes))
}

/// The heads that are the viewer's own in a poll: while it runs, those for which they may cast; after, those that were
/// locked to them or for which they cast. Whoever buys later learns nothing of how the seller did.
pub(super) async fn own(db: &impl Conn, viewer: &Viewer, scene: &Scene) -> Result<Vec<Uuid>> {
    let mine = viewer.owners_in(scene.poll.complex_id);
    let polls = from_ref(&scene.poll);
    if scene.poll.closed_at.is_none() {
        return Ok(heads_of(&castable_by(db, polls, &mine).await?));
    }
    let mut own = heads_of(&store::heads_locked_to(db, polls, &mine).await?);
    own.extend(store::heads_cast_by(db, &scene.poll, viewer.person).await?);
    Ok(own)
}

/// The heads for whose owners the viewer acts in a running poll: their own, unless a guardian acts for them.
pub(super) async fn acted_for(viewer: &Viewer, tx: &Tx, scene: &Scene) -> Result<Vec<Uuid>> {
    let acts = identity::acts_for(tx.conn(), viewer, scene.poll.complex_id, tx.now).await?;
    let acts: Vec<Uuid> = acts.into_iter().collect();
    Ok(heads_of(&castable_by(tx.conn(), from_ref(&scene.poll), &acts).await?))
}

/// The heads that the caller may cast for, and whether somebody has done so already: a co-owner, or who sold the home.
/// Of a head for which they cast by a mandate, no more than what its homes are called.
pub async fn my_heads(app: &App, viewer: &Viewer, id: Uuid) -> Result<List<MyHead>> {
    let db = app.db.read();
    let scene = Scene::load(db, id).await?;
    let mut by_mandate = mandate::heads_held(db, viewer, &scene).await?;
    if by_mandate.is_empty() {
        viewer.require(Permission::CastBallot, &scene.place, None)?;
    }
    let mut ids = own(db, viewer, &scene).await?;
    by_mandate.retain(|head, _| !ids.contains(head));
    ids.extend(by_mandate.keys());
    let mut homes: HashMap<Uuid, Vec<HeadHome>> = HashMap::new();
    for home in store::homes(db, from_ref(&scene.poll), Some(&ids)).await? {
        let area = (!by_mandate.contains_key(&home.head_id)).then_some(home.area);
        let shown = HeadHome { home_id: home.home_id, label: home.label, area };
        homes.entry(home.head_id).or_default().push(shown);
    }
    let cast = store::cast(db, from_ref(&scene.poll), Some(&ids)).await?;
    let registered = store::registrations(db, from_ref(&scene.poll), &ids).await?;
    let show = |head: ::entity::poll_head::Model| MyHead {
        id: head.id,
        mandate_id: by_mandate.get(&head.id).copied(),
        area: (!by_mandate.contains_key(&head.id)).then_some(head.area),
        homes: homes.remove(&head.id).unwrap_or_default(),
        registered_at: registered.get(&head.id).copied().map(local),
        ballot_is_in: cast.contains_key(&head.id),
        cast_at: cast.get(&head.id).map(|(_, at)| local(*at)),
    };
    let heads = store::heads(db, &scene.poll, &ids).await?;
    Ok(List { items: heads.into_iter().map(show).collect(), next_cursor: None })
}

/// What people vote on now where the viewer is somebody, and which of their own heads took part: a fixed number of
/// queries.
pub async fn ahead(app: &App, viewer: &Viewer) -> Result<Vec<OpenPoll>> {
    let db = app.db.read();
    let may = |grant: &&Grant| viewer.may(Permission::ReadPoll, &grant.place, None);
    let complexes = viewer.grants.iter().filter(may).filter_map(|grant| grant.place.at(Level::Complex));
    let complexes: Vec<Uuid> = complexes.collect::<BTreeSet<_>>().into_iter().collect();
    if complexes.is_empty() {
        return Ok(Vec::new());
    }
    let polls = store::open_in(db, &complexes, POLLS).await?;
    let own = castable_by(db, &polls, &viewer.owners()).await?;
    let own: Vec<HeadId> = own.into_iter().take(HEADS).collect();
    let cast = store::cast(db, &polls, Some(&heads_of(&own))).await?;
    let registered = store::registrations(db, &polls, &heads_of(&own)).await?;
    let show = |poll: ::entity::poll::Model| {
        let registers = read_word::<PollKind>(&poll.kind)? == PollKind::Opinion;
        let votes = |head: &Uuid| !registers || registered.contains_key(head);
        let is_here = poll.external.is_none();
        let heads = own.iter().filter(|(of, head)| is_here && *of == poll.id && votes(head));
        Ok(OpenPoll {
            id: poll.id,
            external: external::system_of(&poll)?.map(Into::into),
            complex_id: poll.complex_id,
            title: poll.title,
            closes_at: local(poll.closes_at),
            paused_until: poll.paused_until.map(local),
            heads: heads.map(|(_, id)| OwnHead { id: *id, ballot_is_in: cast.contains_key(id) }).collect(),
        })
    };
    polls.into_iter().map(show).collect()
}
