//! Watching a poll while it runs: how many took part, never for what.

use rules::{quantity::Weight as Total, ratio::Bound};
use uuid::Uuid;

use super::{
    super::{
        model::{ChannelTurnout, Progress, Weight},
        store,
    },
    Scene, read_word,
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    clock::local,
    database::Conn,
    http::problem::Result,
};

/// How many heads and how much area took part so far, by channel.
pub async fn progress(app: &App, viewer: &Viewer, id: Uuid) -> Result<Progress> {
    let scene = Scene::load(app.db.read(), id).await?;
    viewer.require(Permission::WatchPoll, &scene.place, None)?;
    let by_channel = turnout(app.db.read(), &scene).await?;
    let (electorate, quorum) = (scene.electorate(app.db.read()).await?, scene.rules()?.quorum);
    let voters = electorate.voters();
    let least = |total| quorum.least(total, Bound::Reaches);
    Ok(Progress {
        poll_id: id,
        state: read_word(&scene.poll.state)?,
        roll: electorate.roll.into(),
        registered: electorate.registered.map(Into::into),
        took_part: sum(&by_channel),
        quorum: Total::new(least(voters.heads.0), least(voters.area.0)).into(),
        by_channel,
        at: local(app.clock.now()),
    })
}

async fn turnout(db: &impl Conn, scene: &Scene) -> Result<Vec<ChannelTurnout>> {
    let size = |number: i64| u64::try_from(number).unwrap_or_default();
    store::turnout(db, &scene.poll)
        .await?
        .into_iter()
        .map(|(channel, heads, area)| {
            Ok(ChannelTurnout { channel: read_word(&channel)?, heads: size(heads), area: size(area) })
        })
        .collect()
}

fn sum(channels: &[ChannelTurnout]) -> Weight {
    Weight {
        heads: channels.iter().map(|one| one.heads).sum(),
        area: channels.iter().map(|one| one.area).sum(),
    }
}
