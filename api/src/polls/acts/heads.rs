//! Whose ballot somebody may cast, and whose they may look up.

use std::collections::{BTreeSet, HashMap};

use rules::roll::{Holding, electors};
use uuid::Uuid;

use super::{
    super::{
        model::{HeadHome, MyHead},
        store::{self, Held},
    },
    Scene, read_word,
};
use crate::{
    access::{Level, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        paging::List,
        problem::{NOT_FOUND, Result},
    },
};

/// As which owners of the roll the viewer is confirmed in this complex now.
pub(super) fn owners(viewer: &Viewer, complex: Uuid) -> Vec<Uuid> {
    let here = viewer.grants.iter().filter(|grant| grant.place.at(Level::Complex) == Some(complex));
    let owners = here.filter(|grant| grant.role == Role::Owner).filter_map(|grant| grant.owner_id);
    owners.collect::<BTreeSet<_>>().into_iter().collect()
}

/// The head, held until the write ends, if its ballot is the viewer's to cast now.
pub(super) async fn hold(
    viewer: &Viewer,
    tx: &Tx,
    scene: &Scene,
    head: Uuid,
) -> Result<::entity::poll_head::Model> {
    let not_theirs = || NOT_FOUND.because("no such head of yours on this poll's roll");
    let mine = owners(viewer, scene.poll.complex_id);
    if !castable(tx.conn(), scene, &mine, &[head]).await?.contains(&head) {
        return Err(not_theirs());
    }
    store::hold_head(tx.conn(), &scene.poll, head).await?.ok_or_else(not_theirs)
}

/// Those of some heads whose ballot one of these owners may cast now.
async fn castable(db: &impl Conn, scene: &Scene, owners: &[Uuid], heads: &[Uuid]) -> Result<BTreeSet<Uuid>> {
    let mut castable = BTreeSet::new();
    for (head, held) in store::held_by(db, &scene.poll, heads).await? {
        let electors = electors_of(&held)?;
        if owners.iter().any(|owner| electors.contains(owner)) {
            castable.insert(head);
        }
    }
    Ok(castable)
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
    let mine = owners(viewer, scene.poll.complex_id);
    let mut near = store::heads_locked_to(db, &scene.poll, &mine).await?;
    if scene.poll.closed_at.is_some() {
        near.extend(store::heads_cast_by(db, &scene.poll, viewer.person).await?);
        return Ok(near);
    }
    near.extend(store::heads_with_home_of(db, &scene.poll, &mine).await?);
    Ok(castable(db, scene, &mine, &near).await?.into_iter().collect())
}

/// The heads that the caller may cast for, and whether somebody has done so already: a co-owner, or who sold the home.
pub async fn my_heads(app: &App, viewer: &Viewer, id: Uuid) -> Result<List<MyHead>> {
    let db = app.db.read();
    let scene = Scene::load(db, id).await?;
    viewer.require(Permission::CastBallot, &scene.place, None)?;
    let ids = own(db, viewer, &scene).await?;
    let mut homes: HashMap<Uuid, Vec<HeadHome>> = HashMap::new();
    for home in store::homes(db, &scene.poll, Some(&ids)).await? {
        let shown = HeadHome { home_id: home.home_id, label: home.label, area: home.area };
        homes.entry(home.head_id).or_default().push(shown);
    }
    let cast = store::cast(db, &scene.poll, Some(&ids)).await?;
    let show = |head: ::entity::poll_head::Model| MyHead {
        id: head.id,
        area: head.area,
        homes: homes.remove(&head.id).unwrap_or_default(),
        ballot_is_in: cast.contains_key(&head.id),
        cast_at: cast.get(&head.id).map(|(_, at)| local(*at)),
    };
    let heads = store::heads(db, &scene.poll, &ids).await?;
    Ok(List { items: heads.into_iter().map(show).collect(), next_cursor: None })
}
