//! What becomes of the photos of incidents: who sees them before and after somebody has looked.

use std::collections::{HashMap, HashSet};

use rules::{
    incidents::Level,
    moderation::{self as law, Audience, Beholder, PhotoCheck, State},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    acts::{self, fits},
    store,
};
use crate::{
    access::Lineage,
    app::App,
    database::{Conn, Tx},
    http::problem::{Problem, Result, UNAVAILABLE},
    identity, incidents,
    incidents::acts::Face,
    wechat::{Decision, PhotoFinding, WeChat},
};

pub(super) type Row = ::entity::photo_check::Model;

/// WeChat, where it can look at photos: it has to be told where they are, and we what it found.
pub(super) fn wechat(app: &App) -> Option<&WeChat> {
    let answers = !app.config.wechat_push_token.expose().is_empty();
    app.wechat.as_ref().filter(|_| answers && app.config.public_url.base().is_some())
}

/// Photos were attached to an incident with a step of it. They are looked at later: whoever attached them does not wait.
pub async fn attached(
    app: &App,
    tx: &Tx,
    incident: &::entity::incident::Model,
    place: &Lineage,
    (step, author, photos): (i32, Uuid, &[Uuid]),
) -> Result<()> {
    let level = Level::from_code(place.level.as_str());
    let audience = level.map_or(Audience::Concerned, |level| law::photo_audience(&incident.category, level));
    let asks = wechat(app).is_some() && identity::contact(app, tx.conn(), author).await?.openid.is_some();
    let check = if asks {
        Some(PhotoCheck::by_wechat(audience, tx.now))
    } else {
        PhotoCheck::by_a_person(audience, tx.now)
    };
    let Some(check) = check.filter(|_| !photos.is_empty()) else { return Ok(()) };
    let row = |photo: &Uuid| {
        let new = Row {
            complex_id: incident.complex_id,
            id: tx.id(),
            photo_id: *photo,
            incident_id: incident.id,
            step,
            author_id: author,
            audience: audience.code().into(),
            state: String::new(),
            label: None,
            trace_id: None,
            attempts: 0,
            attached_at: tx.now,
            waits_until: None,
            decided_at: None,
            decided_by: None,
            version: 1,
        };
        write(new, check)
    };
    Ok(store::insert_checks(tx.conn(), photos.iter().map(row).collect::<Result<_>>()?).await?)
}

pub(super) fn check(row: &Row) -> Result<PhotoCheck> {
    let damaged = |what: &str| Problem::internal(format!("a photo's check has no {what}"));
    Ok(PhotoCheck {
        audience: Audience::from_code(&row.audience).ok_or_else(|| damaged("audience"))?,
        state: State::from_code(&row.state).ok_or_else(|| damaged("state"))?,
        attached_at: row.attached_at,
        waits_until: row.waits_until,
        attempts: row.attempts.unsigned_abs(),
        decided_at: row.decided_at,
    })
}

/// The row of a check as it is now.
pub(super) fn write(row: Row, now: PhotoCheck) -> Result<Row> {
    Ok(Row {
        state: now.state.code().into(),
        attempts: i32::try_from(now.attempts).map_err(Problem::internal)?,
        waits_until: now.waits_until,
        decided_at: now.decided_at,
        ..row
    })
}

/// Whether a photo of an incident is shown. One that was attached before anybody looked at photos is shown to those
/// concerned.
pub async fn shows_photo(db: &impl Conn, photo: Uuid, to: Beholder) -> Result<bool> {
    Ok(!shown(db, vec![photo], to).await?.is_empty())
}

/// Those of some photos of incidents that are shown, in their order.
pub async fn shown(db: &impl Conn, photos: Vec<Uuid>, to: Beholder) -> Result<Vec<Uuid>> {
    if photos.is_empty() {
        return Ok(photos);
    }
    let states = states(db, &photos).await?;
    let is_shown = |photo: &Uuid| law::shows(states.get(photo).copied().unwrap_or(State::NotChecked), to);
    Ok(photos.into_iter().filter(is_shown).collect())
}

/// Those of some photos that only who handles the incident sees.
pub async fn held_photos(db: &impl Conn, photos: &[Uuid]) -> Result<HashSet<Uuid>> {
    let states = states(db, photos).await?;
    let is_held = |state: State| !law::shows(state, Beholder::Reporter);
    Ok(states.into_iter().filter(|(_, state)| is_held(*state)).map(|(photo, _)| photo).collect())
}

async fn states(db: &impl Conn, photos: &[Uuid]) -> Result<HashMap<Uuid, State>> {
    let states = store::photo_states(db, photos.iter().copied()).await?;
    let state = |(photo, code): (Uuid, String)| {
        let state = State::from_code(&code).ok_or_else(|| Problem::internal("a photo has no state"))?;
        Ok((photo, state))
    };
    states.into_iter().map(state).collect()
}

/// Takes what WeChat pushed, if it is about a photo. What it tells again changes nothing.
///
/// # Errors
/// [`UNAVAILABLE`] where it may be about a photo that we are asking it of right now, so that WeChat tells it again.
pub async fn pushed(app: &App, push: &Value) -> Result<()> {
    let Some(found) = app.wechat.as_ref().and_then(|wechat| wechat.photo_finding(push)) else {
        return Ok(());
    };
    app.write(async |tx| match store::check_by_trace(tx.conn(), &fits(&found.trace_id)).await? {
        Some(row) => settle(tx, row, &found).await,
        None if store::is_asking(tx.conn(), tx.now).await? => {
            Err(UNAVAILABLE.because("this check is not known yet").retry_after(1))
        }
        None => Ok(()),
    })
    .await
}

async fn settle(tx: &Tx, row: Row, found: &PhotoFinding) -> Result<()> {
    let finding = match found.verdict.as_ref().map(|verdict| verdict.decision) {
        Some(Decision::Publish) => law::Finding::Pass,
        Some(Decision::AskHuman(_)) => law::Finding::Doubt,
        Some(Decision::Reject) => law::Finding::Harm,
        None => law::Finding::Nothing,
    };
    let Some(now) = check(&row)?.found(finding, tx.now) else { return Ok(()) };
    let label = found.verdict.as_ref().and_then(|verdict| verdict.label);
    let row = Row { label, version: row.version + 1, ..write(row, now)? };
    store::save_check(tx.conn(), &row).await?;
    let face = incidents::acts::face(tx.conn(), row.incident_id).await?;
    tell(tx, "PHOTO_CHECKED", "CLOCK", &row, &face).await
}

/// Tells those who may read the incident that who sees a photo of it changed.
pub(super) async fn tell(tx: &Tx, kind: &'static str, role: &str, row: &Row, face: &Face) -> Result<()> {
    let of = (row.complex_id, row.incident_id, row.author_id);
    acts::tell(tx, (kind, role), of, face, json!({ "photo_id": row.photo_id, "state": row.state })).await
}
