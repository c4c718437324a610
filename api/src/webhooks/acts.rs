//! Registering webhooks, telling them of events, and what an office sees of it.

use std::collections::{HashMap, HashSet};

use chrono::TimeDelta;
use futures_util::{StreamExt, stream};
use rules::notices::{Outcome, Settled, course};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    WEBHOOK_ADDRESS_REFUSED, WEBHOOK_DELIVERY_WAITS, WEBHOOKS_TOO_MANY,
    model::{
        Data, DeliveryState, NewWebhook, Office, State, Stop, Told, Webhook, WebhookDelivery,
        WebhookWithSecret,
    },
    office,
    outward::{Call, Failure},
    signature,
    store::{self, Key},
};
use crate::{
    access::{Level, Lineage, Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Problem, Result, VERSION_STALE},
    },
    places, record,
};

const URL: &str = "webhook.url";
const SECRET: &str = "webhook.secret";

/// Webhooks of one place at most.
const MOST: u64 = 20;
/// How long the secret before signs too.
const BOTH_SIGN: TimeDelta = TimeDelta::days(1);
/// After failing for so long an address is left alone.
const PATIENCE: TimeDelta = TimeDelta::days(3);
/// Deliveries looked at in one go, and sent at once.
const BATCH: u64 = 50;
const AT_ONCE: usize = 8;
/// After so long whoever was sending counts as dead.
const LEASE: TimeDelta = TimeDelta::minutes(1);

type Row = ::entity::webhook::Model;
type Delivery = ::entity::webhook_delivery::Model;
type Line = ::entity::event::Model;

/// Why a delivery is not made whose webhook's office ended.
const OFFICE_ENDED: &str = "OFFICE_ENDED";

/// Whose lines are told to webhooks.
const AUDIENCES: [record::Audience; 3] =
    [record::Audience::Members, record::Audience::Handlers, record::Audience::Ladder];

/// An address is registered at a place.
pub async fn register(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    place: Uuid,
    new: NewWebhook,
) -> Result<Answer<WebhookWithSecret>> {
    let place = places::lineage(tx.conn(), place).await?;
    viewer.require(Permission::ManageWebhooks, &place, None)?;
    app.outward.check(&new.url).map_err(|refused| WEBHOOK_ADDRESS_REFUSED.because(refused.to_string()))?;
    tx.lock(&format!("webhooks {}", place.id)).await?;
    if store::count_at(tx.conn(), place.id).await? >= MOST {
        return Err(WEBHOOKS_TOO_MANY.plain());
    }
    let secret = tx.ids.secret();
    let row = Row {
        id: tx.id(),
        place_id: place.id,
        registrar_id: None,
        office_place_id: None,
        office_role: None,
        url_cipher: app.vault.seal(URL, new.url.as_bytes()).map_err(Problem::internal)?,
        secret_cipher: app.vault.seal(SECRET, &secret).map_err(Problem::internal)?,
        old_secret_cipher: None,
        old_until: None,
        kinds: serde_json::to_string(&new.kinds).map_err(Problem::internal)?,
        state: State::Active.as_str().into(),
        stopped_because: None,
        failing_since: None,
        version: 1,
        created_at: tx.now,
    };
    let row = office::registered(viewer, &place, row)?;
    store::insert(tx.conn(), row.clone()).await?;
    write_event(tx, viewer, "WEBHOOK_REGISTERED", &row, &place).await?;
    let made = WebhookWithSecret { webhook: show(app, &row)?, secret: signature::written(&secret) };
    Ok(Answer::created(made, format!("/v1/webhooks/{}", row.id)).version(row.version))
}

/// The webhooks of a place that the viewer manages.
pub async fn list(app: &App, viewer: &Viewer, place: Uuid, page: &Page) -> Result<List<Webhook>> {
    let place = places::lineage(app.db.read(), place).await?;
    let roles = office::managed_roles(viewer, &place)?;
    let cursors = Cursors::new(&app.vault, format!("webhooks {}", place.id), viewer.person);
    let (db, now) = (app.db.read(), app.clock.now());
    let mut shown = Vec::new();
    for row in store::at(db, (place.id, &roles), cursors.position(page)?, page.limit() + 1).await? {
        shown.push(show(app, &office::as_it_stands(db, row, now).await?)?);
    }
    Ok(cursors.page(shown, page, |one| one.id.to_string(), |one| one))
}

/// One webhook, with its version.
pub async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<(Webhook, i64)> {
    let row = store::find(app.db.read(), id).await?.filter(stands).ok_or_else(|| NOT_FOUND.plain())?;
    managed(app.db.read(), viewer, &row).await?;
    let row = office::as_it_stands(app.db.read(), row, app.clock.now()).await?;
    Ok((show(app, &row)?, row.version))
}

/// The place of a webhook that the viewer manages; to anybody else it does not exist.
async fn managed(db: &impl Conn, viewer: &Viewer, row: &Row) -> Result<Lineage> {
    let place = places::lineage(db, row.place_id).await?;
    office::require_manager(viewer, &place, row)?;
    Ok(place)
}

fn stands(row: &Row) -> bool {
    State::parse(&row.state) != State::Removed
}

async fn hold(tx: &Tx, viewer: &Viewer, id: Uuid) -> Result<(Row, Lineage)> {
    let row = store::hold(tx.conn(), id).await?.filter(stands).ok_or_else(|| NOT_FOUND.plain())?;
    let place = managed(tx.conn(), viewer, &row).await?;
    Ok((office::as_it_stands(tx.conn(), row, tx.now).await?, place))
}

/// Takes a webhook away; what was on its way to it ends. Doing so twice is no fault.
pub async fn remove(app: &App, viewer: &Viewer, id: Uuid, version: i64) -> Result<()> {
    app.write(async |tx| {
        let row = store::hold(tx.conn(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
        let place = managed(tx.conn(), viewer, &row).await?;
        if !stands(&row) {
            return Ok(());
        }
        let row = office::as_it_stands(tx.conn(), row, tx.now).await?;
        if row.version != version {
            return Err(VERSION_STALE.plain().with_current(show(app, &row)?));
        }
        let row = Row { state: State::Removed.as_str().into(), version: row.version + 1, ..row };
        store::save(tx.conn(), row.clone()).await?;
        write_event(tx, viewer, "WEBHOOK_REMOVED", &row, &place).await
    })
    .await
}

/// Gives a webhook a new secret; the one before signs too for a day.
pub async fn rotate(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Answer<WebhookWithSecret>> {
    let (row, place) = hold(tx, viewer, id).await?;
    let secret = tx.ids.secret();
    let row = Row {
        old_secret_cipher: Some(row.secret_cipher),
        old_until: Some(tx.now + BOTH_SIGN),
        secret_cipher: app.vault.seal(SECRET, &secret).map_err(Problem::internal)?,
        version: row.version + 1,
        ..row
    };
    store::save(tx.conn(), row.clone()).await?;
    write_event(tx, viewer, "WEBHOOK_ROTATED", &row, &place).await?;
    let turned = WebhookWithSecret { webhook: show(app, &row)?, secret: signature::written(&secret) };
    Ok(Answer::ok(turned).version(row.version))
}

/// Tells a webhook again that was left alone; where its office ended, as that of whoever followed in it.
pub async fn resume(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Answer<Webhook>> {
    let (row, place) = hold(tx, viewer, id).await?;
    let is_held = office::holds(tx.conn(), &row, tx.now).await?;
    let row = if is_held { row } else { office::taken_over(viewer, &place, row)? };
    let row = Row {
        state: State::Active.as_str().into(),
        stopped_because: None,
        failing_since: None,
        version: row.version + 1,
        ..row
    };
    store::save(tx.conn(), row.clone()).await?;
    write_event(tx, viewer, "WEBHOOK_RESUMED", &row, &place).await?;
    Ok(Answer::ok(show(app, &row)?).version(row.version))
}

/// What was sent to a webhook, the newest first.
pub async fn deliveries(app: &App, viewer: &Viewer, id: Uuid, page: &Page) -> Result<List<WebhookDelivery>> {
    read(app, viewer, id).await?;
    let cursors = Cursors::new(&app.vault, format!("webhook deliveries {id}"), viewer.person);
    let rows = store::deliveries(app.db.read(), id, cursors.position(page)?, page.limit() + 1).await?;
    Ok(cursors.page(rows, page, |row| row.event_id.to_string(), |row| show_delivery(&row)))
}

/// Sends an event again that was sent, or failed for good.
pub async fn redeliver(viewer: &Viewer, tx: &Tx, id: Uuid, event: Uuid) -> Result<WebhookDelivery> {
    let (webhook, place) = hold(tx, viewer, id).await?;
    let found = store::delivery(tx.conn(), id, event).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let row = store::hold_delivery(tx.conn(), store::key(&found)).await?;
    let is_over = |row: &Delivery| {
        matches!(DeliveryState::parse(&row.state), DeliveryState::Sent | DeliveryState::Dead)
    };
    let row = row.filter(is_over).ok_or_else(|| WEBHOOK_DELIVERY_WAITS.plain())?;
    let row = Delivery {
        state: DeliveryState::Waiting.as_str().into(),
        attempts: 0,
        run_at: tx.now,
        settled_at: None,
        ..row
    };
    store::save_delivery(tx.conn(), row.clone()).await?;
    write_event(tx, viewer, "WEBHOOK_REDELIVERED", &webhook, &place).await?;
    Ok(show_delivery(&row))
}

fn show(app: &App, row: &Row) -> Result<Webhook> {
    Ok(Webhook {
        id: row.id,
        place_id: row.place_id,
        url: app.vault.text(URL, &row.url_cipher).map_err(Problem::internal)?,
        office: office::of(row).map(|(place_id, role)| Office { place_id, role }),
        kinds: kinds(row),
        state: State::parse(&row.state),
        stopped_because: row.stopped_because.as_deref().and_then(Stop::parse),
        failing_since: row.failing_since.map(local),
        old_secret_until: row.old_until.map(local),
        created_at: local(row.created_at),
    })
}

fn show_delivery(row: &Delivery) -> WebhookDelivery {
    let state = DeliveryState::parse(&row.state);
    WebhookDelivery {
        event_id: row.event_id,
        state,
        attempts: row.attempts,
        status: row.status,
        trouble: row.trouble.clone(),
        next_at: (state == DeliveryState::Waiting).then(|| local(row.run_at)),
        settled_at: row.settled_at.map(local),
    }
}

fn kinds(row: &Row) -> Vec<String> {
    serde_json::from_str(&row.kinds).unwrap_or_default()
}

/// What an office does with its webhooks is in its record; the address is not.
async fn write_event(tx: &Tx, viewer: &Viewer, kind: &'static str, row: &Row, place: &Lineage) -> Result<()> {
    let role = viewer.acting_as(Permission::ManageWebhooks, place);
    record::write(
        tx,
        record::Event {
            kind,
            complex: place.at(Level::Complex).unwrap_or_default(),
            place: place.id,
            subject_type: "WEBHOOK",
            subject: row.id,
            version: row.version,
            role: role.map_or("OPERATOR", crate::access::Role::as_str).into(),
            audience: record::Audience::Handlers,
            person: None,
            facts: json!({}),
            commitment: None,
        },
    )
    .await
}

/// Puts lines of one complex's record on their way to every webhook over their places that asked for their kinds, as far
/// as its office may read them. What concerns a person alone, or a poll that still runs, is told to none.
pub(crate) async fn enqueue(
    app: &App,
    tx: &Tx,
    lines: &[Line],
    places: &HashMap<Uuid, Lineage>,
) -> Result<()> {
    let told: Vec<(&Line, &Lineage)> = lines
        .iter()
        .filter(|line| AUDIENCES.iter().any(|audience| audience.as_str() == line.audience))
        .filter_map(|line| Some((line, places.get(&line.place_id)?)))
        .collect();
    let over: HashSet<Uuid> =
        told.iter().flat_map(|(_, place)| place.chain.iter().flatten().copied()).collect();
    for webhook in store::active_at(tx.conn(), over).await? {
        let kinds = kinds(&webhook);
        let is_asked = |line: &Line| kinds.is_empty() || kinds.contains(&line.kind);
        let is_under = |place: &Lineage| place.chain.contains(&Some(webhook.place_id));
        let asked = told.iter().filter(|(line, place)| is_asked(line) && is_under(place));
        let asked: Vec<Line> = asked.map(|(line, _)| (*line).clone()).collect();
        if asked.is_empty() {
            continue;
        }
        match office::reader(tx.conn(), &webhook, tx.now).await? {
            Some(reader) => {
                let readable = record::visible(app, &reader, asked).await?;
                let rows: Vec<_> = readable.iter().map(|line| delivery(tx, &webhook, line)).collect();
                if !rows.is_empty() {
                    store::insert_deliveries(tx.conn(), rows).await?;
                }
            }
            None => stop(app, tx, webhook.id, Stop::OfficeEnded).await?,
        }
    }
    Ok(())
}

fn delivery(tx: &Tx, webhook: &Row, line: &Line) -> Delivery {
    Delivery {
        complex_id: line.complex_id,
        event_id: line.id,
        webhook_id: webhook.id,
        state: DeliveryState::Waiting.as_str().into(),
        attempts: 0,
        run: None,
        run_at: tx.now,
        status: None,
        trouble: None,
        settled_at: None,
    }
}

/// Sends what is due; answers how many moved.
pub async fn send(app: &App) -> Result<usize> {
    let due = store::due(app.db.read(), app.clock.now(), BATCH).await?;
    let moves = stream::iter(due).map(async |row| {
        send_one(app, store::key(&row)).await.unwrap_or_else(|problem| {
            problem.hinders("tell a webhook of an event", row.event_id);
            0
        })
    });
    let counts: Vec<usize> = moves.buffer_unordered(AT_ONCE).collect().await;
    Ok(counts.iter().sum())
}

/// What is sent, once it has been taken up.
struct Errand {
    key: Key,
    run: Uuid,
    attempts: u32,
    url: String,
    secrets: Vec<Vec<u8>>,
    body: Vec<u8>,
}

async fn send_one(app: &App, key: Key) -> Result<usize> {
    let taken = app.db.write(async |tx| take_up(app, tx, key).await).await?;
    let Some(errand) = taken else { return Ok(0) };
    let id = errand.key.1.to_string();
    let at = app.clock.now().timestamp();
    let signed = signature::header(&errand.secrets, &id, at, &errand.body);
    let headers = [("webhook-id", id), ("webhook-timestamp", at.to_string()), ("webhook-signature", signed)];
    let called = app.outward.call(Call { url: &errand.url, headers, body: errand.body.clone() }).await;
    app.db.write(async |tx| settle(app, tx, &errand, called).await).await?;
    Ok(1)
}

/// Takes a delivery up, if it is its turn: a receiver knows again what it is sent twice, so that one whose sender died is
/// simply sent again.
async fn take_up(app: &App, tx: &Tx, key: Key) -> Result<Option<Errand>> {
    let Some(mut row) = store::hold_delivery(tx.conn(), key).await? else { return Ok(None) };
    let state = DeliveryState::parse(&row.state);
    if row.run_at > tx.now || !matches!(state, DeliveryState::Waiting | DeliveryState::Sending) {
        return Ok(None);
    }
    let webhook = store::find(tx.conn(), row.webhook_id).await?;
    let stopped = webhook.as_ref().and_then(|webhook| Stop::parse(webhook.stopped_because.as_deref()?));
    let Some(webhook) = webhook.filter(|webhook| State::parse(&webhook.state) == State::Active) else {
        let ended = stopped == Some(Stop::OfficeEnded);
        return drop_it(tx, row, if ended { OFFICE_ENDED } else { "WEBHOOK_GONE" }).await;
    };
    let Some(reader) = office::reader(tx.conn(), &webhook, tx.now).await? else {
        stop(app, tx, webhook.id, Stop::OfficeEnded).await?;
        return drop_it(tx, row, OFFICE_ENDED).await;
    };
    let line = record::event(tx.conn(), key.0, key.1).await?;
    let line = line.ok_or_else(|| Problem::internal("a delivery of no event"))?;
    let Some(line) = record::visible(app, &reader, vec![line]).await?.pop() else {
        return drop_it(tx, row, "NOT_READABLE").await;
    };
    let open = |cipher: &[u8]| app.vault.open(SECRET, cipher).map_err(Problem::internal);
    let mut secrets = vec![open(&webhook.secret_cipher)?];
    if let Some(old) =
        webhook.old_secret_cipher.filter(|_| webhook.old_until.is_some_and(|until| tx.now < until))
    {
        secrets.push(open(&old)?);
    }
    let errand = Errand {
        key,
        run: tx.ids.random(),
        attempts: u32::try_from(row.attempts).unwrap_or(0),
        url: app.vault.text(URL, &webhook.url_cipher).map_err(Problem::internal)?,
        secrets,
        body: serde_json::to_vec(&told(line)).map_err(Problem::internal)?,
    };
    row.state = DeliveryState::Sending.as_str().into();
    row.run = Some(errand.run);
    row.run_at = tx.now + LEASE;
    store::save_delivery(tx.conn(), row).await?;
    Ok(Some(errand))
}

fn told(line: Line) -> Told {
    let facts: Value = serde_json::from_str(&line.facts).unwrap_or_default();
    Told {
        r#type: line.kind,
        timestamp: local(line.at),
        data: Data {
            complex_id: line.complex_id,
            seq: line.seq.unwrap_or_default(),
            place_id: line.place_id,
            subject_type: line.subject_type,
            subject_id: line.subject_id,
            subject_version: line.subject_version,
            actor_role: line.actor_role,
            facts,
        },
    }
}

/// Writes how a call ended, if it is still this run's.
async fn settle(app: &App, tx: &Tx, errand: &Errand, called: Result<u16, Failure>) -> Result<()> {
    let Some(mut row) = store::hold_delivery(tx.conn(), errand.key).await? else { return Ok(()) };
    if row.run != Some(errand.run) {
        return Ok(());
    }
    let (outcome, status, trouble) = match called {
        Ok(status) => (Outcome::Sent, Some(status), None),
        Err(Failure::Status(status)) => (Outcome::Failed, Some(status), Some("STATUS")),
        Err(Failure::Unreachable) => (Outcome::Failed, None, Some("UNREACHABLE")),
        // A name may lead elsewhere tomorrow.
        Err(Failure::Refused(_)) => (Outcome::Failed, None, Some("ADDRESS_REFUSED")),
    };
    metrics::counter!("webhooks_sent_total", "outcome" => trouble.unwrap_or("SENT")).increment(1);
    row.run = None;
    row.status = status.map(i32::from);
    row.trouble = trouble.map(Into::into);
    note_health(app, tx, row.webhook_id, outcome).await?;
    match course::settle(outcome, errand.attempts, tx.now) {
        Settled::Waits { from, attempts } => {
            row.state = DeliveryState::Waiting.as_str().into();
            row.attempts = i32::try_from(attempts).unwrap_or(i32::MAX);
            row.run_at = from;
            Ok(store::save_delivery(tx.conn(), row).await?)
        }
        Settled::Sent => end(tx, row, DeliveryState::Sent).await,
        Settled::NextWay | Settled::Uncertain | Settled::Dead => {
            row.attempts = row.attempts.saturating_add(1);
            end(tx, row, DeliveryState::Dead).await
        }
    }
}

/// Keeps since when an address fails, and leaves it alone when that is too long.
async fn note_health(app: &App, tx: &Tx, id: Uuid, outcome: Outcome) -> Result<()> {
    let Some(row) = store::hold(tx.conn(), id).await? else { return Ok(()) };
    let failing_since = match outcome {
        Outcome::Sent => None,
        _ => row.failing_since.or(Some(tx.now)),
    };
    if failing_since == row.failing_since && failing_since.is_none() {
        return Ok(());
    }
    let gives_up = failing_since.is_some_and(|since| tx.now - since >= PATIENCE);
    let row = Row { failing_since, ..row };
    store::save(tx.conn(), row).await?;
    if gives_up { stop(app, tx, id, Stop::Failed).await } else { Ok(()) }
}

/// Leaves a webhook alone.
async fn stop(app: &App, tx: &Tx, id: Uuid, because: Stop) -> Result<()> {
    let row = store::hold(tx.conn(), id).await?.filter(|row| State::parse(&row.state) == State::Active);
    let Some(row) = row else { return Ok(()) };
    tracing::warn!(webhook = %id, because = because.as_str(), "a webhook is left alone");
    let row = office::stopped(row, because);
    store::save(tx.conn(), row.clone()).await?;
    let place = places::lineage(tx.conn(), row.place_id).await?;
    let nobody = Viewer { person: Uuid::nil(), grants: Vec::new() };
    app.wake.written.notify_one();
    write_event(tx, &nobody, "WEBHOOK_DISABLED", &row, &place).await
}

/// A delivery that is not to be made after all.
async fn drop_it(tx: &Tx, row: Delivery, trouble: &str) -> Result<Option<Errand>> {
    let row = Delivery { trouble: Some(trouble.into()), ..row };
    end(tx, row, DeliveryState::Dead).await?;
    Ok(None)
}

async fn end(tx: &Tx, mut row: Delivery, state: DeliveryState) -> Result<()> {
    row.state = state.as_str().into();
    row.settled_at = Some(tx.now);
    Ok(store::save_delivery(tx.conn(), row).await?)
}
