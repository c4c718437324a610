//! Letting a programme stand still and go on, and calling it off.

use chrono::SubsecRound;
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
/// much.
pub(in super::super) async fn pause(
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &Pause,
) -> Result<Programme> {
    let until = request.until.to_utc().trunc_subsecs(6);
    let mut seen = Scene::load(tx.conn(), viewer, id).await?;
    let role = supervisor(viewer, &seen)?;
    seen.course.pause(until, tx.now)?;
    // A poll is held before its programme, here as everywhere.
    for bound in store::polls(tx.conn(), &seen.row).await? {
        polls::pause_with(tx, bound.poll_id, (role, &request.words), until).await?;
    }
    let mut scene = Scene::hold_for(tx, viewer, id).await?;
    scene.course.pause(until, tx.now)?;
    let facts = json!({ "until": local(until), "words": request.words });
    scene.tell(tx, "PROGRAMME_PAUSED", role, facts).await?;
    moves::advance(tx, &mut scene).await?;
    scene.save(tx).await?;
    show::show(viewer, tx.conn(), &scene, tx.now).await
}

/// They go on.
pub(in super::super) async fn resume(
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &Reason,
) -> Result<Programme> {
    let mut seen = Scene::load(tx.conn(), viewer, id).await?;
    let role = supervisor(viewer, &seen)?;
    seen.course.resume(tx.now)?;
    for bound in store::polls(tx.conn(), &seen.row).await? {
        polls::resume_with(tx, bound.poll_id, (role, &request.words)).await?;
    }
    let mut scene = Scene::hold_for(tx, viewer, id).await?;
    scene.course.resume(tx.now)?;
    scene.tell(tx, "PROGRAMME_RESUMED", role, json!({ "words": request.words })).await?;
    moves::advance(tx, &mut scene).await?;
    scene.save(tx).await?;
    show::show(viewer, tx.conn(), &scene, tx.now).await
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
