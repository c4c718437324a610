//! Telling those who follow a public incident: what is public of it, page by page, so that many followers are many
//! transactions and not a long one.

use rules::notices::{Telling, Whom, telling};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::store;
use crate::{
    access::{Lineage, Permission, Viewer},
    app::App,
    database::Tx,
    http::problem::Result,
    identity, moderation, places, record,
};

/// Events looked at in one go.
const EVENTS: u64 = 20;
/// Followers told in one transaction.
const PAGE: u64 = 50;

type Line = ::entity::event::Model;

/// Whether a notice was told to somebody because they follow its subject.
pub(super) fn is_followers(notice: &::entity::notice::Model) -> bool {
    telling::told_as(&notice.kind).any(|telling| telling.whom == Whom::Follower)
}

fn row_of(kind: &str) -> Option<&'static Telling> {
    telling::tellings(kind).find(|telling| telling.whom == Whom::Follower)
}

/// Keeps that those who follow the subject of an event are to be told of it, if there are any.
pub(super) async fn note(tx: &Tx, line: &Line) -> Result<()> {
    if row_of(&line.kind).is_none() {
        return Ok(());
    }
    let (incident, since) = ((line.complex_id, line.subject_id), line.at);
    if moderation::followers(tx.conn(), incident, since, None, 1).await?.is_empty() {
        return Ok(());
    }
    let telling = ::entity::follower_telling::Model {
        complex_id: line.complex_id,
        event_id: line.id,
        told_up_to: None,
        made_at: tx.now,
    };
    Ok(store::insert_follower_telling(tx.conn(), telling).await?)
}

/// Tells the next page of followers of each event; answers how many pages there were.
pub async fn tell_followers(app: &App) -> Result<usize> {
    let mut pages = 0;
    for (complex, event) in store::follower_tellings(app.db.read(), EVENTS).await? {
        pages += app.db.write(async |tx| tell_page(app, tx, (complex, event)).await).await?;
    }
    Ok(pages)
}

/// Tells the next page. How far it has come is saved with what is told, so that each is told once whoever dies where.
async fn tell_page(app: &App, tx: &Tx, key: (Uuid, Uuid)) -> Result<usize> {
    let Some(mut telling) = store::hold_follower_telling(tx.conn(), key).await? else { return Ok(0) };
    let line = record::event(tx.conn(), key.0, key.1).await?;
    let page = match &line {
        Some(line) if moderation::is_public(tx.conn(), line.complex_id, line.subject_id).await? => {
            let incident = (line.complex_id, line.subject_id);
            moderation::followers(tx.conn(), incident, line.at, telling.told_up_to, PAGE).await?
        }
        _ => Vec::new(),
    };
    if let Some((line, row)) = line.as_ref().and_then(|line| Some((line, row_of(&line.kind)?))) {
        let complex = places::lineage(tx.conn(), line.complex_id).await?;
        let mut notices = Vec::new();
        for person in &page {
            if still_belongs(app, *person, &complex).await? {
                notices.push(notice(tx, line, row, *person));
            }
        }
        let told = store::insert_untold(tx.conn(), notices).await?;
        metrics::counter!("notices_told_total", "kind" => row.told_as).increment(told);
    }
    telling.told_up_to = page.last().copied();
    if u64::try_from(page.len()) == Ok(PAGE) {
        store::save_follower_telling(tx.conn(), telling).await?;
    } else {
        store::delete_follower_telling(tx.conn(), key).await?;
    }
    Ok(1)
}

/// Whether somebody may still know what is public in a complex.
async fn still_belongs(app: &App, person: Uuid, complex: &Lineage) -> Result<bool> {
    let viewer = Viewer { person, grants: identity::grants_of(app, person).await? };
    Ok(viewer.may(Permission::ReadPublicIncident, complex, None))
}

/// What everybody in the complex may know of it: neither where in it, nor until when, nor by whom.
fn notice(tx: &Tx, line: &Line, row: &Telling, person: Uuid) -> ::entity::notice::Model {
    let facts: Value = serde_json::from_str(&line.facts).unwrap_or_default();
    ::entity::notice::Model {
        complex_id: line.complex_id,
        id: tx.id(),
        event_id: line.id,
        person_id: person,
        post_place_id: None,
        post_role: None,
        kind: row.told_as.into(),
        topic: row.topic.code().into(),
        place_id: line.complex_id,
        subject_type: line.subject_type.clone(),
        subject_id: line.subject_id,
        subject_version: line.subject_version,
        facts: json!({ "category": facts.get("category") }).to_string(),
        at: line.at,
        read_at: None,
    }
}
