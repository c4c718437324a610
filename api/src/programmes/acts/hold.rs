//! Letting a programme stand still and go on, and calling it off.

use chrono::SubsecRound;
use rules::programmes::Course;
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        PROGRAMME_STANDS,
        model::{Pause, Programme, Reason},
        store,
    },
    Scene, moves,
    polls::is_voting,
    show,
};
use crate::{
    access::{Permission, Viewer},
    clock::local,
    database::Tx,
    http::problem::{NOT_ALLOWED, Result},
    polls::acts as polls,
};

/// All clocks stand still from now on, and with them the vote that runs: no ballot is taken, and its window is longer by as
/// much; and whatever runs as a module of it, unless that stands still for longer already.
pub(in super::super) async fn pause(
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &Pause,
) -> Result<Programme> {
    let until = request.until.to_utc().trunc_subsecs(6);
    let seen = Scene::load(tx.conn(), viewer, id).await?;
    let said = (supervisor(viewer, &seen)?, request.words.as_str());
    seen.course.clone().pause(until, tx.now)?;
    let stops = |course: &Course| course.paused_at(tx.now).is_none_or(|pause| pause.until < until);
    let all = with_what_it_runs(tx, seen, stops).await?;
    // A poll is held before its programme, and that before the one of which it is a module, here as everywhere.
    for one in &all {
        for bound in store::polls(tx.conn(), &one.row).await? {
            polls::resume_with(tx, bound.poll_id, said).await?;
            polls::pause_with(tx, bound.poll_id, said, until).await?;
        }
    }
    for one in all {
        if one.course.paused_at(tx.now).is_some() {
            go_on(tx, one.row.id, said).await?;
        }
        let mut scene = Scene::hold(tx, one.row.id).await?;
        scene.course.pause(until, tx.now)?;
        let facts = json!({ "until": local(until), "words": said.1 });
        scene.tell(tx, "PROGRAMME_PAUSED", said.0, facts).await?;
        moves::advance(tx, &mut scene).await?;
        scene.save(tx).await?;
    }
    show::show(viewer, tx.conn(), &Scene::load(tx.conn(), viewer, id).await?, tx.now).await
}

/// They go on, and what stood still with them.
pub(in super::super) async fn resume(
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &Reason,
) -> Result<Programme> {
    let seen = Scene::load(tx.conn(), viewer, id).await?;
    let said = (supervisor(viewer, &seen)?, request.words.as_str());
    let paused = seen.course.paused_at(tx.now).copied();
    seen.course.clone().resume(tx.now)?;
    if let Some(parent) = seen.row.parent_id {
        let parent = Scene::of(tx.conn(), store::find(tx.conn(), parent).await?).await?;
        if parent.course.paused_at(tx.now).is_some() {
            return Err(PROGRAMME_STANDS.because("the programme of which it is a module stands still"));
        }
    }
    let all = with_what_it_runs(tx, seen, |course| course.paused_at(tx.now).copied() == paused).await?;
    for one in &all {
        for bound in store::polls(tx.conn(), &one.row).await? {
            polls::resume_with(tx, bound.poll_id, said).await?;
        }
    }
    for one in all {
        go_on(tx, one.row.id, said).await?;
    }
    show::show(viewer, tx.conn(), &Scene::load(tx.conn(), viewer, id).await?, tx.now).await
}

/// A programme after those of the ones that run as its modules, and as theirs, of which something is so.
async fn with_what_it_runs(tx: &Tx, scene: Scene, is_so: impl Fn(&Course) -> bool) -> Result<Vec<Scene>> {
    let mut all = vec![scene];
    let mut looked = 0;
    while let Some(parent) = all.get(looked) {
        for row in store::children(tx.conn(), parent.row.id).await? {
            let child = Scene::of(tx.conn(), Some(row)).await?;
            if child.course.ended.is_none() && is_so(&child.course) {
                all.push(child);
            }
        }
        looked += 1;
    }
    all.reverse();
    Ok(all)
}

async fn go_on(tx: &Tx, id: Uuid, (role, words): (&str, &str)) -> Result<()> {
    let mut scene = Scene::hold(tx, id).await?;
    scene.course.resume(tx.now)?;
    scene.tell(tx, "PROGRAMME_RESUMED", role, json!({ "words": words })).await?;
    moves::advance(tx, &mut scene).await?;
    scene.save(tx).await
}

/// Whoever convenes it calls it off.
pub(in super::super) async fn call_off(
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &Reason,
) -> Result<Programme> {
    let mut scene = Scene::hold_for(tx, viewer, id).await?;
    let by = scene.convenor(viewer)?;
    refuse_while_voting(&scene)?;
    scene.course.call_off(tx.now)?;
    scene.row.look_at = None;
    scene.tell(tx, "PROGRAMME_CALLED_OFF", by.code(), json!({ "words": request.words })).await?;
    if let Some(parent) = scene.row.parent_id {
        moves::wake_programme(tx, parent).await?;
    }
    scene.save(tx).await?;
    show::show(viewer, tx.conn(), &scene, tx.now).await
}

fn supervisor(viewer: &Viewer, scene: &Scene) -> Result<&'static str> {
    let role = viewer.acting_as(Permission::PauseProgramme, &scene.place);
    role.map(crate::access::Role::as_str).ok_or_else(|| NOT_ALLOWED.plain())
}

fn refuse_while_voting(scene: &Scene) -> Result<()> {
    if is_voting(scene) {
        return Err(PROGRAMME_STANDS.because("owners are voting: their window is frozen"));
    }
    Ok(())
}
