//! Writing, sequencing, reading and verifying the record.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{
    model::{Audience, Change, Changes, ChangesQuery, Event},
    store,
};
use crate::{
    access::{Lineage, Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        paging::Cursors,
        problem::{CURSOR_INVALID, NOT_FOUND, Result},
    },
    incidents,
    pii::sha256,
    places,
};

/// Events given their place at once.
const BATCH: u64 = 500;
/// Lines read at once; what the viewer may not see is left out of them.
const PAGE: u64 = 100;

/// Writes an event in the transaction of its effect.
pub async fn write(tx: &Tx, event: Event) -> Result<()> {
    store::insert(
        tx.conn(),
        ::entity::event::Model {
            complex_id: event.complex,
            id: tx.id(),
            seq: None,
            kind: event.kind.into(),
            place_id: event.place,
            subject_type: event.subject_type.into(),
            subject_id: event.subject,
            subject_version: event.version,
            actor_role: event.role,
            audience: event.audience.as_str().into(),
            person_id: event.person,
            facts: event.facts.to_string(),
            commitment: event.commitment,
            at: tx.now,
            hash: None,
        },
    )
    .await?;
    Ok(())
}

/// The commitments that the record holds of one subject, in events of one kind.
pub async fn commitments(db: &impl Conn, complex: Uuid, subject: Uuid, kind: &str) -> Result<Vec<String>> {
    Ok(store::commitments(db, complex, subject, kind).await?)
}

/// What a line's hash covers, in this order, as JSON; the hash of the line before stands first.
#[derive(Serialize)]
struct Line<'a> {
    before: &'a str,
    complex: Uuid,
    seq: i64,
    id: Uuid,
    kind: &'a str,
    place: Uuid,
    subject_type: &'a str,
    subject: Uuid,
    subject_version: i64,
    actor_role: &'a str,
    audience: &'a str,
    facts: &'a str,
    commitment: Option<&'a str>,
    at: DateTime<Utc>,
}

fn hash(before: &str, seq: i64, event: &::entity::event::Model) -> String {
    let line = Line {
        before,
        complex: event.complex_id,
        seq,
        id: event.id,
        kind: &event.kind,
        place: event.place_id,
        subject_type: &event.subject_type,
        subject: event.subject_id,
        subject_version: event.subject_version,
        actor_role: &event.actor_role,
        audience: &event.audience,
        facts: &event.facts,
        commitment: event.commitment.as_deref(),
        at: event.at,
    };
    sha256(&serde_json::to_vec(&line).unwrap_or_default())
}

/// Gives the next batch of events their places; answers how many. Only one process does it at a time.
pub async fn sequence(app: &App) -> Result<usize> {
    let tx = app.db.begin().await?;
    if !tx.try_lock("record sequencer").await? {
        return Ok(0);
    }
    let events = store::unsequenced(tx.conn(), BATCH).await?;
    let mut heads = HashMap::new();
    for event in &events {
        let (head, _) = match heads.entry(event.complex_id) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(unknown) => {
                let found = store::head(tx.conn(), event.complex_id).await?;
                let is_new = found.is_none();
                let head = found.unwrap_or_else(|| ::entity::log_head::Model {
                    complex_id: event.complex_id,
                    seq: 0,
                    hash: String::new(),
                });
                unknown.insert((head, is_new))
            }
        };
        head.seq += 1;
        head.hash = hash(&head.hash, head.seq, event);
        store::place(tx.conn(), event, head.seq, &head.hash).await?;
    }
    for (head, is_new) in heads.into_values() {
        store::move_head(tx.conn(), head, is_new).await?;
    }
    tx.commit().await?;
    if !events.is_empty() {
        app.wake.sequenced.send_modify(|grown| *grown += 1);
    }
    Ok(events.len())
}

/// Where a complex's record is not what was written, if anywhere; otherwise how many lines it has.
pub async fn verify(app: &App, complex: Uuid) -> Result<Result<i64, String>> {
    let (mut seq, mut before) = (0, String::new());
    loop {
        let lines = store::after(app.db.read(), complex, seq, BATCH).await?;
        if lines.is_empty() {
            break;
        }
        for line in &lines {
            seq += 1;
            if line.seq != Some(seq) {
                return Ok(Err(format!("line {seq} is missing")));
            }
            before = hash(&before, seq, line);
            if line.hash.as_deref() != Some(before.as_str()) {
                return Ok(Err(format!("line {seq} ({}) was changed, or one before it", line.kind)));
            }
        }
    }
    let head =
        store::head(app.db.read(), complex).await?.map_or((0, String::new()), |head| (head.seq, head.hash));
    if head == (seq, before) {
        Ok(Ok(seq))
    } else {
        Ok(Err(format!("the log ends at {seq}, but its head is at {}", head.0)))
    }
}

/// What happened at a complex since a cursor, as far as the viewer may see it; waits for more if asked to.
pub async fn changes(app: &App, viewer: &Viewer, query: &ChangesQuery) -> Result<Changes> {
    let complex = match query.place_id {
        Some(id) => id,
        None => viewer
            .grants
            .iter()
            .find_map(|grant| grant.place.at(crate::access::Level::Complex))
            .ok_or_else(|| NOT_FOUND.because("no role in any complex; name one with place_id"))?,
    };
    let place = places::lineage(app.db.read(), complex).await?;
    viewer.require(Permission::ReadRecord, &place, None)?;
    let cursors = Cursors::new(&app.vault, format!("changes {complex}"), viewer.person);
    let mut seq = match &query.cursor {
        Some(cursor) => cursors.open(cursor)?.parse().map_err(|_| CURSOR_INVALID.plain())?,
        None => 0,
    };
    let deadline = tokio::time::Instant::now() + Duration::from_secs(u64::from(query.wait.unwrap_or(0)));
    let mut grown = app.wake.sequenced.subscribe();
    loop {
        grown.mark_unchanged();
        let lines = store::after(app.db.read(), complex, seq, PAGE).await?;
        let more = u64::try_from(lines.len()).unwrap_or(PAGE) == PAGE;
        seq = lines.last().and_then(|line| line.seq).unwrap_or(seq);
        let items = visible(app, viewer, lines).await?;
        if !items.is_empty() || more || tokio::time::Instant::now() >= deadline || app.draining() {
            return Ok(Changes { items, next_cursor: cursors.seal(&seq.to_string()), more });
        }
        // Another process may be the sequencer: look again after a second even when nothing was heard.
        let until = deadline.min(tokio::time::Instant::now() + Duration::from_secs(1));
        if let Ok(Err(_)) = tokio::time::timeout_at(until, grown.changed()).await {
            return Ok(Changes {
                items: Vec::new(),
                next_cursor: cursors.seal(&seq.to_string()),
                more: false,
            });
        }
    }
}

/// What the viewer may see now. What happened on the ladder is shown to the person it concerns and to those of the place
/// whom the table lets look; of an incident, to whoever may read it.
async fn visible(app: &App, viewer: &Viewer, lines: Vec<::entity::event::Model>) -> Result<Vec<Change>> {
    type Line = ::entity::event::Model;
    let on_ladder = |line: &&Line| line.audience == Audience::Handlers.as_str();
    let of_incident = |line: &&Line| line.subject_type == "INCIDENT";
    let told_there = || lines.iter().filter(on_ladder);
    let incidents: HashSet<Uuid> = told_there().filter(of_incident).map(|line| line.subject_id).collect();
    let incidents = incidents::acts::readable(app, viewer, incidents).await?;
    let wanted: HashSet<Uuid> =
        told_there().filter(|line| !of_incident(line)).map(|line| line.place_id).collect();
    let places: HashMap<Uuid, Lineage> = places::lineages(app.db.read(), wanted).await?;
    let looks = |place: &Uuid| {
        places.get(place).is_some_and(|place| viewer.may(Permission::ReadIncident, place, None))
    };
    let climbs = |line: &&Line| {
        if of_incident(line) { incidents.contains(&line.subject_id) } else { looks(&line.place_id) }
    };
    let sees = |line: &Line| {
        line.audience == Audience::Members.as_str()
            || line.person_id == Some(viewer.person)
            || (on_ladder(&line) && climbs(&line))
    };
    Ok(lines.into_iter().filter(sees).map(show).collect())
}

fn show(line: ::entity::event::Model) -> Change {
    Change {
        seq: line.seq.unwrap_or_default(),
        kind: line.kind,
        place_id: line.place_id,
        subject_type: line.subject_type,
        subject_id: line.subject_id,
        subject_version: line.subject_version,
        actor_role: line.actor_role,
        facts: serde_json::from_str(&line.facts).unwrap_or_default(),
        commitment: line.commitment,
        at: local(line.at),
        hash: line.hash.unwrap_or_default(),
    }
}
