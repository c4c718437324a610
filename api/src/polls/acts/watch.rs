//! Watching a poll while it runs: how many took part, never for what.

use rules::{
    polls::{leaks, phase::Phase, tally::Electorate, verdict::Verdict},
    ratio::Bound,
};
use uuid::Uuid;

use super::{
    super::{
        TURNOUT_SEALED,
        model::{ChannelTurnout, Grain, Leak, Progress, Weight},
        store,
    },
    Scene, read_word,
    result::{counted, sees_all_homes},
    size, weight,
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    clock::local,
    database::Conn,
    http::problem::Result,
};

/// How many heads and how much area took part so far, by channel; while voting goes on, as far as the poll lets it be
/// told, and after that as far as its result does.
pub async fn progress(app: &App, viewer: &Viewer, id: Uuid) -> Result<Progress> {
    let db = app.db.read();
    let scene = Scene::load(db, id).await?;
    viewer.require(Permission::WatchPoll, &scene.place, None)?;
    scene.must_be_known_here()?;
    let electorate = scene.electorate(db).await?;
    let grain = told(&scene, viewer, electorate)?;
    let by_channel = store::turnout(db, &scene.poll).await?;
    let took_part = by_channel.iter().map(|(_, heads, area)| weight(*heads, *area)).sum();
    // Behind one channel there may be fewer than behind all.
    let of_channel = if grain.is_exact() { grain } else { grain.without_area() };
    let channel = |(channel, heads, area): (String, i64, i64)| {
        let Weight { heads, area } = of_channel.show(weight(heads, area)).into();
        Ok(ChannelTurnout { channel: read_word(&channel)?, heads, area })
    };
    let registered = electorate.registered.map(|registered| grain.show(registered));
    let of = registered.unwrap_or(electorate.roll);
    Ok(Progress {
        poll_id: id,
        state: read_word(&scene.poll.state)?,
        roll: electorate.roll.into(),
        registered: registered.map(Into::into),
        took_part: grain.show(took_part).into(),
        quorum: of.least(scene.rules()?.quorum, Bound::Reaches).into(),
        by_channel: by_channel.into_iter().map(channel).collect::<Result<_>>()?,
        coarsened: Grain::of(grain),
        leak: leak(db, &scene, viewer, grain).await?,
        at: local(app.clock.now()),
    })
}

/// In which steps turnout is told now. Whoever has an interest in how the vote ends is never told the area of who came
/// between two looks, whatever was chosen: it would tell who has not.
fn told(scene: &Scene, viewer: &Viewer, electorate: Electorate) -> Result<leaks::Grain> {
    if scene.phase()? >= Phase::Closed {
        let found = counted::<Verdict>(scene)?.leaks.filter(|_| !sees_all_homes(viewer, scene));
        return Ok(found.map(|found| found.turnout.grain).unwrap_or_default());
    }
    let chosen = scene.publicity()?.unwrap_or(leaks::Publicity::Totals);
    let publicity = if scene.has_interest(viewer) { chosen.max(leaks::Publicity::Coarse) } else { chosen };
    publicity.live(electorate.voters().heads).ok_or_else(|| TURNOUT_SEALED.plain())
}

/// What stands behind what is told while voting goes on, for those who are told what is found of the result.
async fn leak(db: &impl Conn, scene: &Scene, viewer: &Viewer, grain: leaks::Grain) -> Result<Option<Leak>> {
    if scene.phase()? >= Phase::Closed || !sees_all_homes(viewer, scene) {
        return Ok(None);
    }
    let areas = store::areas(db, &scene.poll, scene.rules()?.is_of_opinion()).await?;
    let came = areas.iter().filter(|(_, came)| *came).map(|(area, _)| size(*area)).collect::<Vec<_>>();
    let voters = areas.iter().map(|(area, _)| size(*area)).collect::<Vec<_>>();
    Ok(Some(Leak::of(None, &leaks::Finding::live(grain, &voters, &came))))
}
