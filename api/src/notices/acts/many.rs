//! Telling many: those who follow a public incident, what is public of it; those who live where something is switched
//! off, that it is; those whose head has not voted, to vote. Page by page, so that many people are many transactions and
//! not a long one.

use rules::notices::{Telling, Whom, telling};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::store,
    feed::{self, Recipient},
};
use crate::{
    access::{Lineage, Permission, Role, Viewer},
    app::App,
    database::Tx,
    http::problem::Result,
    identity, moderation, places, polls, record,
};

/// Events looked at in one go.
const EVENTS: u64 = 20;
/// Persons told in one transaction.
const PAGE: u64 = 50;

type Line = ::entity::event::Model;

/// Whether somebody who is told as one of many still belongs to a complex.
pub(super) fn belongs(viewer: &Viewer, whom: Whom, complex: &Lineage) -> bool {
    let permission = match whom {
        Whom::Resident => Permission::ReadOutage,
        Whom::Unvoted => Permission::CastBallot,
        Whom::Follower
        | Whom::Holder
        | Whom::Assignee
        | Whom::Named
        | Whom::Called
        | Whom::Concerned
        | Whom::OfHead => Permission::ReadPublicIncident,
    };
    viewer.may(permission, complex, None)
}

/// The row by which many are told of a line.
fn row_of(line: &Line) -> Option<&'static Telling> {
    let facts = serde_json::from_str(&line.facts).unwrap_or_default();
    let explained = feed::explained(&facts);
    telling::tellings(&line.kind).find(|telling| telling.whom.are_many() && telling.fits(&facts, explained))
}

/// Keeps that many are to be told of an event, if there are any.
pub(super) async fn note(tx: &Tx, line: &Line) -> Result<()> {
    let Some(row) = row_of(line) else { return Ok(()) };
    let incident = (line.complex_id, line.subject_id);
    if row.whom == Whom::Follower
        && moderation::followers(tx.conn(), incident, line.at, None, 1).await?.is_empty()
    {
        return Ok(());
    }
    let telling = ::entity::wide_telling::Model {
        complex_id: line.complex_id,
        event_id: line.id,
        told_up_to: None,
        made_at: tx.now,
    };
    Ok(store::insert_wide_telling(tx.conn(), telling).await?)
}

/// Tells the next page of persons of each event; answers how many pages there were.
pub async fn tell_many(app: &App) -> Result<usize> {
    let mut pages = 0;
    for (complex, event) in store::wide_tellings(app.db.read(), EVENTS).await? {
        pages += app.db.write(async |tx| tell_page(app, tx, (complex, event)).await).await?;
    }
    Ok(pages)
}

/// Tells the next page. How far it has come is saved with what is told, so that each is told once whoever dies where.
async fn tell_page(app: &App, tx: &Tx, key: (Uuid, Uuid)) -> Result<usize> {
    let Some(mut telling) = store::hold_wide_telling(tx.conn(), key).await? else { return Ok(0) };
    let line = record::event(tx.conn(), key.0, key.1).await?;
    let known = line.as_ref().and_then(|line| Some((line, row_of(line)?)));
    let page = match known {
        Some((line, row)) => persons(tx, line, row.whom, telling.told_up_to).await?,
        None => Page::default(),
    };
    if let Some((line, row)) = known {
        let complex = places::lineage(tx.conn(), line.complex_id).await?;
        let mut notices = Vec::new();
        for person in &page.persons {
            let viewer = Viewer { person: *person, grants: identity::grants_of(app, *person).await? };
            if belongs(&viewer, row.whom, &complex) {
                notices.push(notice(tx, line, row, *person));
            }
        }
        let told = store::insert_untold(tx.conn(), notices).await?;
        metrics::counter!("notices_told_total", "kind" => row.told_as).increment(told);
    }
    telling.told_up_to = page.up_to;
    if page.up_to.is_some() {
        store::save_wide_telling(tx.conn(), telling).await?;
    } else {
        store::delete_wide_telling(tx.conn(), key).await?;
    }
    Ok(1)
}

/// Some of those who are told, and how far that comes if there may be more.
#[derive(Default)]
struct Page {
    persons: Vec<Uuid>,
    up_to: Option<Uuid>,
}

impl Page {
    /// A page by the ids of the persons themselves.
    fn of(persons: Vec<Uuid>) -> Self {
        let is_full = u64::try_from(persons.len()) == Ok(PAGE);
        Self { up_to: persons.last().copied().filter(|_| is_full), persons }
    }
}

/// The next page of those who are told.
async fn persons(tx: &Tx, line: &Line, whom: Whom, after: Option<Uuid>) -> Result<Page> {
    let persons = match whom {
        Whom::Unvoted => {
            let (persons, up_to) = polls::acts::unvoted(tx, line.subject_id, after, PAGE).await?;
            return Ok(Page { persons, up_to });
        }
        Whom::Follower => {
            if !moderation::is_public(tx.conn(), line.complex_id, line.subject_id).await? {
                return Ok(Page::default());
            }
            let incident = (line.complex_id, line.subject_id);
            moderation::followers(tx.conn(), incident, line.at, after, PAGE).await?
        }
        Whom::Resident => {
            let place = places::lineage(tx.conn(), line.place_id).await?;
            let at = (line.complex_id, place.level, place.id);
            let roles = Role::OF_A_HOME.map(Role::as_str);
            store::living_at(tx.conn(), at, &roles, tx.now, after, PAGE).await?
        }
        Whom::Holder | Whom::Assignee | Whom::Named | Whom::Called | Whom::Concerned | Whom::OfHead => {
            Vec::new()
        }
    };
    Ok(Page::of(persons))
}

/// What everybody in the complex may know of it. Of an incident that is followed: neither where in it, nor until when, nor
/// by whom.
fn notice(tx: &Tx, line: &Line, row: &Telling, person: Uuid) -> ::entity::notice::Model {
    let facts: Value = serde_json::from_str(&line.facts).unwrap_or_default();
    let place = if row.whom == Whom::Follower { line.complex_id } else { line.place_id };
    ::entity::notice::Model {
        place_id: place,
        facts: json!({ "category": facts.get("category"), "closes_at": facts.get("closes_at") }).to_string(),
        ..feed::notice(tx, row, line, &Recipient { person, post: None })
    }
}
