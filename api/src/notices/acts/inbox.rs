//! What a person sees of what they were told, and where their letters go.

use std::collections::HashSet;

use rules::notices::{Topic, Whom};
use serde_json::Value;
use uuid::Uuid;

use super::{
    super::{
        EMAIL_CODE_WRONG, EMAIL_NOT_SENT, EMAIL_OFF, EMAIL_UNREADABLE,
        model::{EmailCode, EmailStanding, EmailState, Notice, Words},
        store,
        ways::Letter,
        words::until,
    },
    EMAIL,
    feed::telling_of,
    many::belongs,
};
use crate::{
    access::Viewer,
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Problem, Result},
    },
    places, polls,
};

type Row = ::entity::notice::Model;

/// The caller's notices, the newest first; those told to them as the holder of a post only while they hold it.
pub async fn list(app: &App, viewer: &Viewer, unread: bool, page: &Page) -> Result<List<Notice>> {
    let cursors = Cursors::new(&app.vault, format!("notices {unread}"), viewer.person);
    let before = cursors.position(page)?;
    let rows = store::inbox(app.db.read(), viewer.person, unread, before, page.limit() + 1).await?;
    let left = left_behind(viewer, app.db.read(), &rows).await?;
    let is_visible = |row: &Row| visible(viewer, row) && !left.contains(&row.id);
    let shown =
        cursors.page(rows, page, |row| row.id.to_string(), |row| is_visible(&row).then(|| show(&row)));
    Ok(List { items: shown.items.into_iter().flatten().collect(), next_cursor: shown.next_cursor })
}

/// Keeps that the caller has read a notice. What a poll told them is served on their heads by that.
pub async fn mark_read(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Notice> {
    let row = store::notice_of(tx.conn(), viewer.person, id).await?;
    let mut row = row.filter(|row| visible(viewer, row)).ok_or_else(|| NOT_FOUND.plain())?;
    if !left_behind(viewer, tx.conn(), std::slice::from_ref(&row)).await?.is_empty() {
        return Err(NOT_FOUND.plain());
    }
    store::mark_read(tx.conn(), &row, tx.now).await?;
    if row.subject_type == "POLL" {
        polls::acts::served_here(app, viewer, tx, row.subject_id).await?;
    }
    row.read_at.get_or_insert(tx.now);
    Ok(show(&row))
}

/// Those of some notices that the viewer was told as one of many in a complex where they are nobody any more.
async fn left_behind(viewer: &Viewer, db: &impl Conn, rows: &[Row]) -> Result<HashSet<Uuid>> {
    let told = rows.iter().filter_map(|row| Some((row, whom_of(row).filter(|whom| whom.are_many())?)));
    let told: Vec<(&Row, Whom)> = told.collect();
    let complexes = places::lineages(db, told.iter().map(|(row, _)| row.complex_id)).await?;
    let stays = |row: &Row, whom: Whom| {
        complexes.get(&row.complex_id).is_some_and(|complex| belongs(viewer, whom, complex))
    };
    Ok(told.into_iter().filter(|(row, whom)| !stays(row, *whom)).map(|(row, _)| row.id).collect())
}

fn whom_of(row: &Row) -> Option<Whom> {
    telling_of(row).map(|telling| telling.whom)
}

fn visible(viewer: &Viewer, row: &Row) -> bool {
    match (row.post_place_id, row.post_role.as_deref()) {
        (Some(place), Some(role)) => {
            viewer.grants.iter().any(|grant| grant.place.id == place && grant.role.as_str() == role)
        }
        _ => true,
    }
}

fn show(row: &Row) -> Notice {
    let facts: Value = serde_json::from_str(&row.facts).unwrap_or_default();
    let text = |name: &str| facts.get(name).and_then(Value::as_str).map(str::to_owned);
    let (zh, en) = telling_of(row).map_or((row.kind.as_str(), row.kind.as_str()), |said| (said.zh, said.en));
    Notice {
        id: row.id,
        kind: row.kind.clone(),
        topic: Topic::from_code(&row.topic).unwrap_or(Topic::Progress).into(),
        words: Words { zh: zh.into(), en: en.into() },
        place_id: row.place_id,
        subject_type: row.subject_type.clone(),
        subject_id: row.subject_id,
        category: text("category"),
        channel: text("channel"),
        due_at: until(&facts),
        at: local(row.at),
        read_at: row.read_at.map(local),
    }
}

/// The code that proves that letters to an address are read by this person, good on one day.
fn code(app: &App, person: Uuid, address: &str, day: &str) -> String {
    let parts = [b"email code".as_slice(), person.as_bytes(), address.as_bytes(), day.as_bytes()];
    hex::encode(app.vault.mac(&parts)).chars().take(16).collect()
}

fn day(app: &App, ago: i64) -> String {
    (app.clock.now() - chrono::TimeDelta::days(ago)).format("%Y-%m-%d").to_string()
}

/// Whether it looks like one; whether letters arrive there is proved by a code.
fn is_address(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.contains(|letter: char| {
                letter.is_whitespace() || letter.is_control() || "@<>,;".contains(letter)
            })
    };
    text.split_once('@').is_some_and(|(name, host)| is_part(name) && is_part(host))
}

/// Sends a code to an address.
pub async fn send_code(app: &App, viewer: &Viewer, address: &str) -> Result<EmailState> {
    let carrier = app.ways.email.as_ref().ok_or_else(|| EMAIL_OFF.plain())?;
    if !is_address(address) {
        return Err(EMAIL_UNREADABLE.plain());
    }
    let code = code(app, viewer.person, address, &day(app, 0));
    let letter = Letter {
        id: format!("{}-code", app.ids.random()),
        to: address.to_owned(),
        subject: "邻里：验证邮箱".into(),
        text: format!("【邻里】验证码 {code}，一天内有效。如非本人操作，请忽略。"),
    };
    match carrier.carry(&letter).await {
        rules::notices::Outcome::Sent => Ok(EmailState { state: EmailStanding::CodeSent }),
        _ => Err(EMAIL_NOT_SENT.because("the mail server did not take it").retry_after(30)),
    }
}

/// Keeps an address whose code came back.
pub async fn confirm_email(app: &App, viewer: &Viewer, tx: &Tx, given: &EmailCode) -> Result<EmailState> {
    use subtle::ConstantTimeEq;
    let fits = |ago| {
        let code = code(app, viewer.person, &given.address, &day(app, ago));
        bool::from(code.as_bytes().ct_eq(given.code.as_bytes()))
    };
    if !(fits(0) || fits(1)) {
        return Err(EMAIL_CODE_WRONG.plain());
    }
    let row = ::entity::person_email::Model {
        person_id: viewer.person,
        address_cipher: app.vault.seal(EMAIL, given.address.as_bytes()).map_err(Problem::internal)?,
        confirmed_at: tx.now,
    };
    store::save_email(tx.conn(), row).await?;
    Ok(EmailState { state: EmailStanding::Confirmed })
}
