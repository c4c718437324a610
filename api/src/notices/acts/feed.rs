//! From the record to those concerned: each line once, in the order of its log.

use std::collections::{HashMap, HashSet};

use rules::{
    incidents::Holder,
    notices::{self as law, Reach, State, Telling, Urgency, Whom},
    whistles::Post,
};
use serde_json::Value;
use uuid::Uuid;

use super::{super::store, Addresses, many};
use crate::{
    access::{Level, Lineage},
    app::App,
    database::Tx,
    http::problem::Result,
    identity, places, record, webhooks,
};

/// Complexes looked at in one go.
const COMPLEXES: u64 = 100;
/// Lines told in one transaction.
const LINES: u64 = 100;
/// Persons told of one event at one post at most.
const PERSONS: u64 = 50;

type Line = ::entity::event::Model;

/// Tells of what is new in the record; answers how many lines there were.
pub async fn feed(app: &App) -> Result<usize> {
    let mut told = 0;
    for complex in record::unnoticed(app.db.read(), COMPLEXES).await? {
        told += feed_one(app, complex).await?;
    }
    Ok(told)
}

/// Tells of the next lines of one record. How far it has come is saved with what is told, so that a line is told of
/// once whoever dies where.
async fn feed_one(app: &App, complex: Uuid) -> Result<usize> {
    let tx = app.db.begin().await?;
    let lines = if tx.try_lock(&format!("notices {complex}")).await? {
        record::news(&tx, complex, LINES).await?
    } else {
        Vec::new()
    };
    if lines.is_empty() {
        tx.undo().await;
        return Ok(0);
    }
    let places: HashSet<Uuid> = lines.iter().map(|line| line.place_id).collect();
    let places = places::lineages(tx.conn(), places).await?;
    for line in &lines {
        // A record above complexes may tell of a place that nobody keeps; nobody stands there either.
        if let Some(place) = places.get(&line.place_id) {
            tell(app, &tx, line, place).await?;
            many::note(&tx, line).await?;
            webhooks::enqueue(&tx, line, place).await?;
        }
    }
    if !record::noticed(&tx, &lines).await? {
        tx.undo().await;
        return Ok(0);
    }
    tx.commit().await?;
    Ok(lines.len())
}

/// Somebody who is told: the post as whose holder, if that is why.
struct Recipient {
    person: Uuid,
    post: Option<(Uuid, &'static str)>,
}

/// Tells everybody of one line whom its rows name, each by the first that does.
async fn tell(app: &App, tx: &Tx, line: &Line, place: &Lineage) -> Result<()> {
    let facts: Value = serde_json::from_str(&line.facts).unwrap_or_default();
    let (mut seen, mut notices, mut outward) = (HashSet::new(), Vec::new(), Vec::new());
    let status = facts.get("status").and_then(Value::as_str);
    for telling in law::tellings(&line.kind).filter(|telling| telling.fits(status)) {
        for recipient in recipients(tx, telling, line, place, &facts).await? {
            if !seen.insert(recipient.person) {
                continue;
            }
            let notice = notice(tx, telling, line, &recipient);
            if telling.reach == Reach::Outward {
                outward.push((notice.id, recipient.person, telling));
            }
            notices.push(notice);
        }
    }
    if notices.is_empty() {
        return Ok(());
    }
    metrics::counter!("notices_told_total", "kind" => line.kind.clone())
        .increment(u64::try_from(notices.len()).unwrap_or(u64::MAX));
    store::insert(tx.conn(), notices).await?;
    let severity = facts.get("severity").and_then(Value::as_str);
    let urgency = Urgency::of(severity);
    let gathers_at = place.at(Level::Building).unwrap_or(place.id);
    for (notice, person, telling) in outward {
        let open = Addresses::of(app, tx.conn(), person).await?.open(app, telling.topic);
        let Some(way) = law::next_way(None, &open) else {
            metrics::counter!("notices_unreached_total").increment(1);
            continue;
        };
        let delivery = ::entity::delivery::Model {
            complex_id: line.complex_id,
            notice_id: notice,
            way: way.code().into(),
            person_id: person,
            topic: telling.topic.code().into(),
            gathers_at,
            severity: severity.map(Into::into),
            state: State::Waiting.code().into(),
            matters: 1,
            attempts: 0,
            run: None,
            run_at: law::earliest(urgency, tx.now + gathering(telling, urgency)),
            trouble: None,
            settled_at: None,
        };
        store::insert_delivery(tx.conn(), delivery).await?;
    }
    Ok(())
}

/// How long it waits for others of its building: only tasks pile up.
fn gathering(telling: &Telling, urgency: Urgency) -> chrono::TimeDelta {
    match telling.topic {
        law::Topic::Task => law::gather(urgency),
        law::Topic::Progress | law::Topic::Answer => chrono::TimeDelta::zero(),
    }
}

fn notice(tx: &Tx, telling: &Telling, line: &Line, to: &Recipient) -> ::entity::notice::Model {
    ::entity::notice::Model {
        complex_id: line.complex_id,
        id: tx.id(),
        event_id: line.id,
        person_id: to.person,
        post_place_id: to.post.map(|(place, _)| place),
        post_role: to.post.map(|(_, role)| role.into()),
        kind: telling.told_as.into(),
        topic: telling.topic.code().into(),
        place_id: line.place_id,
        subject_type: line.subject_type.clone(),
        subject_id: line.subject_id,
        subject_version: line.subject_version,
        facts: line.facts.clone(),
        at: line.at,
        read_at: None,
    }
}

async fn recipients(
    tx: &Tx,
    telling: &Telling,
    line: &Line,
    place: &Lineage,
    facts: &Value,
) -> Result<Vec<Recipient>> {
    let posts: Vec<(Uuid, &'static str)> = match telling.whom {
        Whom::Concerned => {
            return Ok(line.person_id.map(|person| Recipient { person, post: None }).into_iter().collect());
        }
        // Too many for here: see [`many`].
        Whom::Follower | Whom::Resident => return Ok(Vec::new()),
        Whom::Holder => holder(facts).into_iter().collect(),
        Whom::Named => named(facts, place),
    };
    let mut all = Vec::new();
    for (place, role) in posts {
        let persons = identity::holders(tx.conn(), place, role, tx.now, PERSONS).await?;
        all.extend(persons.into_iter().map(|person| Recipient { person, post: Some((place, role)) }));
    }
    Ok(all)
}

/// The post that holds the subject after the event.
fn holder(facts: &Value) -> Option<(Uuid, &'static str)> {
    let place = facts.get("holder_place_id")?.as_str()?.parse().ok()?;
    Some((place, Holder::from_code(facts.get("holder_role")?.as_str()?)?.code()))
}

/// The posts over the place whose roles the facts name.
fn named(facts: &Value, place: &Lineage) -> Vec<(Uuid, &'static str)> {
    let roles = facts.get("notify").and_then(Value::as_array).into_iter().flatten();
    let post = |role: &Value| {
        let post = Post::from_code(role.as_str()?)?;
        Some((place.at(Level::parse(post.level().code())?)?, post.code()))
    };
    roles.filter_map(post).collect()
}

/// Looked up by whoever sends: the row by which a notice was told.
pub(super) fn telling_of(notice: &::entity::notice::Model) -> Option<&'static Telling> {
    let topic = law::Topic::from_code(&notice.topic)?;
    let is_of_a_post = |telling: &Telling| matches!(telling.whom, Whom::Holder | Whom::Named);
    law::telling::told_as(&notice.kind)
        .find(|telling| telling.topic == topic && is_of_a_post(telling) == notice.post_place_id.is_some())
}

/// Building and unit of some places, or the complex where there are none, by place.
pub(super) async fn where_it_is(tx: &Tx, place: Uuid) -> Result<String> {
    let lineage = places::lineage(tx.conn(), place).await?;
    let parts: Vec<Uuid> =
        [Level::Building, Level::Unit].into_iter().filter_map(|level| lineage.at(level)).collect();
    let parts = if parts.is_empty() { vec![lineage.at(Level::Complex).unwrap_or(lineage.id)] } else { parts };
    let names: HashMap<Uuid, String> = places::names(tx.conn(), parts.iter().copied()).await?;
    Ok(parts.iter().filter_map(|part| names.get(part).cloned()).collect())
}
