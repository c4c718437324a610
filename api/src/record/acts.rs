//! Writing, sequencing, reading and verifying the record.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use rules::{archive::format, record::Line};
use uuid::Uuid;

use super::{
    model::{Audience, Change, Changes, ChangesQuery, Event, Told},
    store,
};
use crate::{
    access::{Level, Lineage, Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        paging::Cursors,
        problem::{CURSOR_INVALID, NOT_FOUND, Problem, Result},
    },
    incidents, places, whistles,
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

/// What the record tells of one subject, in the order of its log; what waits for its place comes last.
pub async fn told(db: &impl Conn, complex: Uuid, subject: Uuid) -> Result<Vec<Told>> {
    let lines = store::of_subject(db, complex, subject).await?;
    let told = |line: ::entity::event::Model| Told {
        kind: line.kind,
        facts: serde_json::from_str(&line.facts).unwrap_or_default(),
        commitment: line.commitment,
        at: line.at,
    };
    Ok(lines.into_iter().map(told).collect())
}

/// Lines of these kinds of some subjects, in the order of the log, after a place in it: those that have a place by now.
pub async fn told_of(
    db: &impl Conn,
    (complex, subjects): (Uuid, &[Uuid]),
    kinds: &[&str],
    after: Option<i64>,
    limit: u64,
) -> Result<Vec<::entity::event::Model>> {
    Ok(store::of_subjects(db, (complex, subjects), kinds, after.unwrap_or_default(), limit).await?)
}

/// Lines of these kinds of the roll of a complex, from one moment to another, as [`told_of`] gives them.
pub async fn told_of_the_roll(
    db: &impl Conn,
    complex: Uuid,
    of: (&[&str], DateTime<Utc>, Option<DateTime<Utc>>),
    after: Option<i64>,
    limit: u64,
) -> Result<Vec<::entity::event::Model>> {
    Ok(store::of_the_roll(db, complex, of, after.unwrap_or_default(), limit).await?)
}

/// Lines as an archive has them, each with the hash of the one before, in the order of the log: of some subjects those of
/// some kinds. Nothing while one of these subjects has a line that waits for its place.
pub async fn archived(
    db: &impl Conn,
    complex: Uuid,
    of: &[(&[Uuid], &[&str])],
) -> Result<Option<Vec<format::Line>>> {
    let mut lines = Vec::new();
    for (subjects, kinds) in of {
        if store::waits(db, complex, subjects).await? {
            return Ok(None);
        }
        let mut after = 0;
        loop {
            let page = store::of_subjects(db, (complex, subjects), kinds, after, BATCH).await?;
            let Some(last) = page.last().and_then(|line| line.seq) else { break };
            after = last;
            lines.extend(page);
        }
    }
    lines.sort_by_key(|line| line.seq);
    let before = lines.iter().filter_map(|line| Some(line.seq? - 1));
    let before = store::hashes(db, complex, before.collect()).await?;
    let archived = |line: ::entity::event::Model| {
        let seq = line.seq.unwrap_or_default();
        format::Line {
            seq,
            before: before.get(&(seq - 1)).cloned().unwrap_or_default(),
            hash: line.hash.unwrap_or_default(),
            id: line.id.to_string(),
            kind: line.kind,
            place: line.place_id.to_string(),
            subject_type: line.subject_type,
            subject: line.subject_id.to_string(),
            subject_version: line.subject_version,
            actor_role: line.actor_role,
            audience: line.audience,
            facts: line.facts,
            commitment: line.commitment,
            at: line.at,
        }
    };
    Ok(Some(lines.into_iter().map(archived).collect()))
}

/// The complexes that have a record.
pub async fn complexes(db: &impl Conn) -> Result<Vec<Uuid>> {
    Ok(store::complexes(db).await?)
}

/// Complexes of whose record something is not told yet to those concerned.
pub async fn unnoticed(db: &impl Conn, limit: u64) -> Result<Vec<Uuid>> {
    Ok(store::unnoticed(db, limit).await?)
}

/// The next lines of a complex's record that are not told yet, in the order of its log.
pub async fn news(tx: &Tx, complex: Uuid, limit: u64) -> Result<Vec<::entity::event::Model>> {
    let Some(head) = store::head(tx.conn(), complex).await? else { return Ok(Vec::new()) };
    Ok(store::after(tx.conn(), complex, head.noticed_seq, limit).await?)
}

/// Everything up to these lines has been told; false when somebody else told of them meanwhile.
pub async fn noticed(tx: &Tx, lines: &[::entity::event::Model]) -> Result<bool> {
    let ends = lines.first().zip(lines.last());
    let ends = ends.and_then(|(first, last)| Some((first.complex_id, first.seq? - 1, last.seq?)));
    match ends {
        Some((complex, from, to)) => Ok(store::move_noticed(tx.conn(), complex, from, to).await?),
        None => Ok(true),
    }
}

/// One line of the record.
pub async fn event(db: &impl Conn, complex: Uuid, id: Uuid) -> Result<Option<::entity::event::Model>> {
    Ok(store::event(db, complex, id).await?)
}

/// Whether one of these kinds happened to a subject after one of its versions.
pub async fn happened_since(
    db: &impl Conn,
    (complex, subject): (Uuid, Uuid),
    version: i64,
    kinds: &[&str],
) -> Result<bool> {
    Ok(store::happened_since(db, complex, subject, version, kinds).await?)
}

fn hash(before: &str, seq: i64, event: &::entity::event::Model) -> String {
    let [complex, id, place, subject] =
        [event.complex_id, event.id, event.place_id, event.subject_id].map(|id| id.to_string());
    Line {
        before,
        complex: &complex,
        seq,
        id: &id,
        kind: &event.kind,
        place: &place,
        subject_type: &event.subject_type,
        subject: &subject,
        subject_version: event.subject_version,
        actor_role: &event.actor_role,
        audience: &event.audience,
        facts: &event.facts,
        commitment: event.commitment.as_deref(),
        at: event.at,
    }
    .hash()
}

/// Gives the next batch of events their places; answers how many. Only one process does it at a time.
pub async fn sequence(app: &App) -> Result<usize> {
    if store::unsequenced(app.db.read(), 1).await?.is_empty() {
        return Ok(0);
    }
    let tx = app.db.begin().await?;
    if !tx.try_lock("record sequencer").await? {
        return Ok(0);
    }
    let events = store::unsequenced(tx.conn(), BATCH).await?;
    if events.is_empty() {
        tx.undo().await;
        return Ok(0);
    }
    let (mut heads, mut placed) = (HashMap::new(), Vec::new());
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
                    noticed_seq: 0,
                });
                unknown.insert((head, is_new))
            }
        };
        head.seq += 1;
        head.hash = hash(&head.hash, head.seq, event);
        placed.push(store::Placed {
            complex: event.complex_id,
            id: event.id,
            seq: head.seq,
            hash: head.hash.clone(),
        });
    }
    store::place(tx.conn(), placed).await?;
    for (head, is_new) in heads.into_values() {
        store::move_head(tx.conn(), head, is_new).await?;
    }
    tx.commit().await?;
    app.wake.sequenced.send_modify(|grown| *grown += 1);
    Ok(events.len())
}

/// Where a complex's record is not what was written, if anywhere; otherwise how many lines it has. Asked of one
/// snapshot: lines that come in meanwhile are no difference.
pub async fn verify(db: &impl Conn, complex: Uuid) -> Result<Result<i64, String>> {
    let (mut seq, mut before) = (0, String::new());
    loop {
        let lines = store::after(db, complex, seq, BATCH).await?;
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
    let head = store::head(db, complex).await?.map_or((0, String::new()), |head| (head.seq, head.hash));
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
        None => only_complex(viewer)?,
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
        let items: Vec<Change> = visible(app, viewer, lines).await?.into_iter().map(show).collect();
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

/// The complex of a viewer who has roles in no other.
fn only_complex(viewer: &Viewer) -> Result<Uuid> {
    let complexes: HashSet<Option<Uuid>> =
        viewer.grants.iter().map(|grant| grant.place.at(Level::Complex)).collect();
    match complexes.iter().copied().collect::<Vec<_>>().as_slice() {
        [] => Err(NOT_FOUND.because("no role in any complex; name one with place_id")),
        [Some(only)] => Ok(*only),
        _ => Err(Problem::member("/place_id", "REQUIRED", "your roles reach several complexes; name one")),
    }
}

/// Of lines of one complex what the viewer may see now. What happened on the ladder is shown to the person it concerns
/// and to those of the place whom the table lets look; of an incident or a whistle, to whoever may read it, and what
/// those who handle an incident say among themselves to them alone; of a running poll's course, to who watches it.
pub async fn visible(
    app: &App,
    viewer: &Viewer,
    lines: Vec<::entity::event::Model>,
) -> Result<Vec<::entity::event::Model>> {
    type Line = ::entity::event::Model;
    let is_for = |line: &Line, audience: Audience| line.audience == audience.as_str();
    let of_incident: fn(&Line) -> bool = |line| line.subject_type == "INCIDENT";
    let of_whistle: fn(&Line) -> bool = |line| line.subject_type == "WHISTLE";
    let on_ladder = || lines.iter().filter(|line| is_for(line, Audience::Handlers));
    let told = |of: fn(&Line) -> bool| on_ladder().filter(move |line| of(line)).map(|line| line.subject_id);
    let incidents = incidents::acts::readable(app, viewer, told(of_incident).collect()).await?;
    let whistles = whistles::acts::readable(app, viewer, told(of_whistle).collect()).await?;
    let inside = lines.iter().filter(|line| is_for(line, Audience::Ladder)).map(|line| line.subject_id);
    let inside = incidents::acts::readable_inside(app, viewer, inside.collect()).await?;
    let watched = lines.iter().filter(|line| is_for(line, Audience::Watchers));
    let elsewhere = on_ladder().filter(|line| !of_incident(line)).chain(watched).map(|line| line.place_id);
    let places: HashMap<Uuid, Lineage> =
        places::lineages(app.db.read(), elsewhere.collect::<HashSet<_>>()).await?;
    let over = closed_polls(app.db.read(), &lines).await?;
    let may = |permission, line: &Line| {
        places.get(&line.place_id).is_some_and(|place| viewer.may(permission, place, None))
    };
    let sees = |line: &Line| {
        line.person_id == Some(viewer.person)
            || is_for(line, Audience::Members)
            || is_for(line, Audience::Handlers)
                && if of_incident(line) {
                    incidents.contains(&line.subject_id)
                } else if of_whistle(line) {
                    whistles.contains(&line.subject_id)
                } else {
                    may(Permission::ReadIncident, line)
                }
            || is_for(line, Audience::Ladder) && inside.contains(&line.subject_id)
            || is_for(line, Audience::Watchers)
                && (over.contains(&line.subject_id) || may(Permission::WatchPoll, line))
    };
    Ok(lines.into_iter().filter(sees).collect())
}

/// Of the polls in lines that only watchers may see, those that are over: the record itself tells.
async fn closed_polls(db: &impl Conn, lines: &[::entity::event::Model]) -> Result<HashSet<Uuid>> {
    let running = lines.iter().filter(|line| line.audience == Audience::Watchers.as_str());
    let polls: HashSet<Uuid> = running.map(|line| line.subject_id).collect();
    match lines.first() {
        Some(line) if !polls.is_empty() => {
            Ok(store::subjects_with(db, line.complex_id, polls, "POLL_CLOSED").await?.into_iter().collect())
        }
        _ => Ok(HashSet::new()),
    }
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
