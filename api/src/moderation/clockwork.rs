//! Asking WeChat of photos: taken up, saved as being asked before anything leaves, asked, and kept under the id that it
//! answers. What it does not tell in time is left to a person.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    acts::fits,
    photos::{Row, check, wechat, write},
    store,
};
use crate::{
    app::App,
    database::Tx,
    http::problem::Result,
    identity, uploads,
    wechat::{Class, Photo, WeChatError},
};

/// Photos looked at in one go.
const BATCH: u64 = 20;

/// Asks WeChat of the photos that are due; answers how many moved.
pub async fn tick(app: &App) -> Result<usize> {
    let due = store::due_checks(app.db.read(), app.clock.now(), BATCH).await?;
    let mut moved = 0;
    for id in due {
        moved += match move_on(app, id).await {
            Ok(moved) => moved,
            Err(problem) => {
                problem.hinders("check a photo", id);
                0
            }
        };
    }
    Ok(moved)
}

async fn move_on(app: &App, id: Uuid) -> Result<usize> {
    let taken = app
        .write(async |tx| {
            let Some(row) = store::due_check(tx.conn(), id, tx.now).await? else { return Ok(None) };
            // Whoever is here for the second time waited for an answer in vain.
            let asks = wechat(app).filter(|_| row.trace_id.is_none());
            let check = check(&row)?;
            let now = if asks.is_some() { check.taken_up(tx.now) } else { check.left_to_a_person(tx.now) };
            let row = write(row, now)?;
            store::save_check(tx.conn(), &row).await?;
            Ok(Some((row, asks)))
        })
        .await?;
    let Some((row, asks)) = taken else { return Ok(0) };
    let Some(wechat) = asks else { return Ok(1) };
    let asked = match identity::contact(app, app.db.read(), row.author_id).await?.openid.zip(link(app, &row))
    {
        Some((openid, url)) => wechat.check_photo(&Photo { url: &url, openid: &openid }).await.map_err(Some),
        None => Err(None),
    };
    app.write(async |tx| keep(tx, &row, asked).await).await?;
    Ok(1)
}

fn link(app: &App, row: &Row) -> Option<String> {
    uploads::link(app, row.photo_id, app.clock.now())
}

/// Keeps what came of asking, unless somebody else went on with it meanwhile: whoever asked last has the word.
async fn keep(tx: &Tx, asked: &Row, answer: Result<String, Option<WeChatError>>) -> Result<()> {
    let row = store::held_check(tx.conn(), asked.id).await?;
    let Some(row) = row.filter(|row| row.attempts == asked.attempts && row.trace_id.is_none()) else {
        return Ok(());
    };
    let before = check(&row)?;
    if before.waits_until.is_none() {
        return Ok(());
    }
    let (trace_id, now) = match answer {
        Ok(trace) => (Some(fits(&trace)), before.asked(tx.now)),
        Err(error) => match error.as_ref().map_or(Again::Never, again) {
            Again::From(moment) => (None, before.put_off(moment, tx.now)),
            Again::Never => (None, before.left_to_a_person(tx.now)),
        },
    };
    let row = Row { trace_id, ..write(row, now)? };
    Ok(store::save_check(tx.conn(), &row).await?)
}

/// Whether WeChat is asked again.
enum Again {
    /// From a moment on, where that is known.
    From(Option<DateTime<Utc>>),
    Never,
}

/// Looking twice does no harm: what may have been asked is asked again.
fn again(error: &WeChatError) -> Again {
    tracing::warn!(%error, "WeChat was not asked of a photo");
    match error.class() {
        Class::Retry | Class::Uncertain => Again::From(None),
        Class::Quota { until } => Again::From(Some(until)),
        Class::AskNewCode | Class::Config | Class::Refused => Again::Never,
    }
}
