//! Watching a poll while it runs: how many took part, never for what.

use rules::{
    polls::{leaks, phase::Phase},
    ratio::Bound,
};
use uuid::Uuid;

use super::{
    super::{
        TURNOUT_SEALED,
        model::{ChannelTurnout, Grain, Progress, Weight},
        store,
    },
    Scene, read_word, weight,
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    clock::local,
    database::Conn,
    http::problem::Result,
};

/// How many heads and how much area took part so far, by channel; while voting goes on, as far as the poll lets it be told.
pub async fn progress(app: &App, viewer: &Viewer, id: Uuid) -> Result<Progress> {
    let scene = Scene::load(app.db.read(), id).await?;
    viewer.require(Permission::WatchPoll, &scene.place, None)?;
    scene.must_be_known_here()?;
    let grain = live(&scene)?;
    let by_channel = turnout(app.db.read(), &scene, grain).await?;
    let (electorate, quorum) = (scene.electorate(app.db.read()).await?, scene.rules()?.quorum);
    Ok(Progress {
        poll_id: id,
        state: read_word(&scene.poll.state)?,
        roll: electorate.roll.into(),
        registered: electorate.registered.map(Into::into),
        took_part: sum(&by_channel),
        quorum: electorate.voters().least(quorum, Bound::Reaches).into(),
        by_channel,
        coarsened: Grain::of(grain),
        at: local(app.clock.now()),
    })
}

/// In which steps turnout is told now.
fn live(scene: &Scene) -> Result<leaks::Grain> {
    if scene.phase()? >= Phase::Closed {
        return Ok(leaks::Grain::EXACT);
    }
    let grain = scene.publicity()?.unwrap_or(leaks::Publicity::Totals).live();
    grain.ok_or_else(|| TURNOUT_SEALED.plain())
}

async fn turnout(db: &impl Conn, scene: &Scene, grain: leaks::Grain) -> Result<Vec<ChannelTurnout>> {
    store::turnout(db, &scene.poll)
        .await?
        .into_iter()
        .map(|(channel, heads, area)| {
            let Weight { heads, area } = grain.show(weight(heads, area)).into();
            Ok(ChannelTurnout { channel: read_word(&channel)?, heads, area })
        })
        .collect()
}

fn sum(channels: &[ChannelTurnout]) -> Weight {
    Weight {
        heads: channels.iter().map(|one| one.heads).sum(),
        area: channels.iter().map(|one| one.area).sum(),
    }
}
