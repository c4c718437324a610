//! From the record to those concerned: each line once, in the order of its log.

use std::collections::{HashMap, HashSet};

use rules::{
    incidents::{Holder, policy::Quiet},
    notices::{self as law, Explained, State, Telling, Urgency, Whom},
    whistles::Post,
};
use serde_json::Value;
use uuid::Uuid;

use super::{super::store, Addresses, many, silences};
use crate::{
    access::{Level, Lineage, Role},
    app::App,
    database::Tx,
    desk,
    http::problem::Result,
    identity, incidents, places, polls, record, webhooks,
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
    let mut unexplained = Vec::new();
    for line in &lines {
        // A record above complexes may tell of a place that nobody keeps; nobody stands there either.
        if let Some(place) = places.get(&line.place_id) {
            let facts: Value = serde_json::from_str(&line.facts).unwrap_or_default();
            tell(app, &tx, line, &facts, place).await?;
            many::note(&tx, line).await?;
            if explained(&facts) == Explained::ByNothing {
                unexplained.push(line.clone());
            }
        }
    }
    webhooks::enqueue(app, &tx, &unexplained, &places).await?;
    if !record::noticed(&tx, &lines).await? {
        tx.undo().await;
        return Ok(0);
    }
    tx.commit().await?;
    Ok(lines.len())
}

/// Somebody who is told: the post as whose holder, if that is why.
pub(super) struct Recipient {
    pub person: Uuid,
    pub post: Option<(Uuid, &'static str)>,
}

/// Tells everybody of one line whom its rows name, each by the first that does.
async fn tell(app: &App, tx: &Tx, line: &Line, facts: &Value, place: &Lineage) -> Result<()> {
    let severity = facts.get("severity").and_then(Value::as_str);
    let urgency = Urgency::of(severity);
    let (mut seen, mut notices, mut outward) = (HashSet::new(), Vec::new(), Vec::new());
    let explained = explained(facts);
    let hushed = silences::hushed(tx, line, facts, place).await?;
    for telling in law::tellings(&line.kind).filter(|telling| telling.fits(facts, explained)) {
        for recipient in recipients(tx, telling, line, place, facts).await? {
            if recipient.post.is_some_and(|(place, role)| hushed.contains(&(place, role.to_owned())))
                || !seen.insert(recipient.person)
            {
                continue;
            }
            let notice = notice(tx, telling, line, &recipient);
            if telling.reach.goes_out(urgency) {
                outward.push((notice.id, recipient.person, telling));
            }
            notices.push(notice);
        }
    }
    if notices.is_empty() {
        return Ok(());
    }
    let quiet =
        if outward.is_empty() { law::QUIET } else { quiet(tx, &line.subject_type, line.subject_id).await? };
    metrics::counter!("notices_told_total", "kind" => line.kind.clone())
        .increment(u64::try_from(notices.len()).unwrap_or(u64::MAX));
    store::insert(tx.conn(), notices).await?;
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
            run_at: law::earliest(urgency, quiet, tx.now + gathering(telling, urgency)),
            trouble: None,
            settled_at: None,
        };
        store::insert_delivery(tx.conn(), delivery).await?;
    }
    Ok(())
}

/// When nobody is told of a subject what can wait: of an incident, when its policy says so.
pub(super) async fn quiet(tx: &Tx, subject_type: &str, subject: Uuid) -> Result<Quiet> {
    let said = match subject_type {
        "INCIDENT" => incidents::acts::quiet(tx.conn(), subject).await?,
        _ => None,
    };
    Ok(said.unwrap_or(law::QUIET))
}

/// The facts of an incident name the outage as long as it explains it.
pub(super) fn explained(facts: &Value) -> Explained {
    if facts.get("outage_id").is_some() { Explained::ByOutage } else { Explained::ByNothing }
}

/// How long it waits for others of its building: only tasks pile up.
fn gathering(telling: &Telling, urgency: Urgency) -> chrono::TimeDelta {
    match telling.topic {
        law::Topic::Task => law::gather(urgency),
        law::Topic::Progress | law::Topic::Answer => chrono::TimeDelta::zero(),
    }
}

/// What somebody is told of a line.
pub(super) fn notice(tx: &Tx, telling: &Telling, line: &Line, to: &Recipient) -> ::entity::notice::Model {
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
        Whom::Assignee => {
            let assignee = incidents::acts::assignee(tx.conn(), line.subject_id).await?;
            return Ok(assignee
                .map(|person| Recipient { person, post: holder(facts) })
                .into_iter()
                .collect());
        }
        Whom::OfHead => {
            let persons = polls::acts::of_head(tx, line).await?;
            return Ok(persons.into_iter().map(|person| Recipient { person, post: None }).collect());
        }
        // Too many for here: see [`many`].
        Whom::Unvoted | Whom::Follower | Whom::Resident => return Ok(Vec::new()),
        Whom::Holder => holder(facts).into_iter().collect(),
        Whom::Named => named(facts, place),
        Whom::Called => match facts.get("whom").and_then(Value::as_str) {
            Some("POST") => holder(facts).into_iter().collect(),
            Some("LEVEL") => named(facts, place),
            whom => return on_call(tx, line, whom == Some("ASSIGNEE"), facts).await,
        },
    };
    let mut all = Vec::new();
    for (place, role) in posts {
        let persons = identity::holders(tx.conn(), place, role, tx.now, PERSONS).await?;
        all.extend(persons.into_iter().map(|person| Recipient { person, post: Some((place, role)) }));
    }
    Ok(all)
}

/// Whoever of the post that holds it is on duty, or of them who has it in hand, if that is asked and somebody has.
async fn on_call(tx: &Tx, line: &Line, in_hand: bool, facts: &Value) -> Result<Vec<Recipient>> {
    let Some(post) = holder(facts) else { return Ok(Vec::new()) };
    if in_hand
        && let Some(person) = incidents::acts::assignee(tx.conn(), line.subject_id).await?
        && identity::holds(tx.conn(), person, post.0, post.1, tx.now).await?
    {
        return Ok(vec![Recipient { person, post: Some(post) }]);
    }
    let persons = desk::on_duty(tx.conn(), post, tx.now).await?;
    Ok(persons.into_iter().map(|person| Recipient { person, post: Some(post) }).collect())
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
        if role == Role::Preparer.as_str() {
            return Some((place.at(Level::Complex)?, Role::Preparer.as_str()));
        }
        let post = Post::from_code(role.as_str()?)?;
        let of_the_ladder = Holder::from_code(post.code());
        let there = match of_the_ladder {
            Some(holder) => incidents::acts::place_of(holder, place),
            None => place.at(Level::parse(post.level().code())?),
        };
        Some((there?, post.code()))
    };
    roles.filter_map(post).collect()
}

/// Looked up by whoever sends: the row by which a notice was told.
pub(super) fn telling_of(notice: &::entity::notice::Model) -> Option<&'static Telling> {
    let topic = law::Topic::from_code(&notice.topic)?;
    let facts: Value = serde_json::from_str(&notice.facts).unwrap_or_default();
    let post = notice.post_place_id.zip(notice.post_role.as_deref());
    let is_whom = |telling: &Telling| match (telling.whom, post) {
        (Whom::Holder | Whom::Assignee, Some(post)) => holder(&facts) == Some(post),
        (Whom::Named, Some(post)) => holder(&facts) != Some(post),
        (Whom::Called, Some(_))
        | (Whom::Concerned | Whom::OfHead | Whom::Unvoted | Whom::Follower | Whom::Resident, None) => true,
        _ => false,
    };
    law::telling::told_as(&notice.kind).find(|telling| telling.topic == topic && is_whom(telling))
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
