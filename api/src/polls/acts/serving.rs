//! Service 送达: noting whom a poll reached and how, showing it to those whom it concerns, and reminding those who have not
//! voted without learning who they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    slice::from_ref,
};

use rules::polls::service::{self as law, Method, Refusal, Served};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        REMINDED_TODAY, SERVED_ALREADY, SERVICE_NOT_NOTED, SERVICE_NOT_YOURS, SERVICE_WITHDRAWN,
        model::serving::{
            HeadService, MethodServed, NoteServices, Reminder, Service, ServicePath, ServiceTotals,
            ServicesNoted, ServicesQuery, WithdrawService,
        },
        store::{self, Hold},
    },
    Scene, commitment, has_interest_in, heads,
    mandate::labels,
    may_say,
    paper::not_on_the_roll,
    role, weight,
};
use crate::{
    access::{Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Problem, Result},
    },
    identity,
    pii::Vault,
    places,
    record::{self, Audience, Event},
    uploads::{Attachment, attach},
};

type Row = ::entity::poll_service::Model;

const WORDS: &str = "poll_service.words";

/// What the record calls them.
pub(super) const SERVICE_NOTED: &str = "SERVICE_NOTED";
pub(super) const SERVICE_TAKEN_BACK: &str = "SERVICE_TAKEN_BACK";
pub(super) const POLL_SERVED: &str = "POLL_SERVED";
const POLL_REMINDED: &str = "POLL_REMINDED";

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let words = refusal.to_string();
        match refusal {
            Refusal::NotThen { .. } => Self::member("/served_at", "BOUND", &words),
            Refusal::NotAWay { .. } | Refusal::ByItself => SERVICE_NOT_NOTED.because(words),
            Refusal::TooSoon { .. } => REMINDED_TODAY.because(words),
            Refusal::Phase(phase) => phase.into(),
        }
    }
}

impl Scene {
    /// Goes on only for those who convene, and never for the property company or the developer, whatever else they were
    /// made.
    fn must_convene(&self, viewer: &Viewer) -> Result<()> {
        viewer.require(Permission::PreparePoll, &self.place, None)?;
        if self.has_interest(viewer) { Err(SERVICE_NOT_YOURS.plain()) } else { Ok(()) }
    }

    fn may_note(&self, tx: &Tx) -> Result<()> {
        Ok(law::may_note(self.phase()?, self.window(), tx.now)?)
    }

    fn noted(&self, tx: &Tx, head: Uuid, method: Method, by: (Uuid, &str)) -> Row {
        Row {
            complex_id: self.poll.complex_id,
            id: tx.id(),
            poll_id: self.poll.id,
            head_id: head,
            method: method.code().into(),
            served_at: tx.now,
            evidence_id: None,
            noted_by: by.0,
            noted_as: by.1.to_owned(),
            noted_at: tx.now,
            withdrawn_at: None,
            withdrawn_by: None,
            words_cipher: None,
        }
    }
}

fn method(row: &Row) -> Result<Method> {
    Method::from_code(&row.method).ok_or_else(|| Problem::internal("a service of an unknown way"))
}

/// Proves what was noted together: which heads, how, when, and by which paper.
pub(super) fn proof(vault: &Vault, rows: &[&Row]) -> String {
    let mut parts: Vec<Vec<u8>> = rows
        .iter()
        .map(|row| {
            let ids = [row.poll_id, row.id, row.head_id, row.noted_by, row.evidence_id.unwrap_or_default()];
            let ids = ids.map(Uuid::into_bytes).concat();
            [ids, row.served_at.timestamp_micros().to_be_bytes().to_vec(), row.method.clone().into_bytes()]
                .concat()
        })
        .collect();
    parts.sort_unstable();
    let parts: Vec<&[u8]> =
        std::iter::once(b"poll_service".as_slice()).chain(parts.iter().map(Vec::as_slice)).collect();
    hex::encode(vault.mac(&parts))
}

/// What the record tells of what was noted together.
pub(super) fn told(rows: &[&Row]) -> Value {
    json!({ "heads": rows.len(), "method": rows.first().map(|row| &row.method) })
}

/// Notes that heads were served by hand.
pub async fn note_services(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    new: &NoteServices,
) -> Result<Answer<ServicesNoted>> {
    let scene = Scene::hold(tx, id, Hold::Alone).await?;
    scene.must_convene(viewer)?;
    scene.may_note(tx)?;
    let served_at = new.served_at.to_utc();
    let locked_at = scene.poll.locked_at.unwrap_or(tx.now);
    law::noted_by_hand(&scene.rules()?, new.method, served_at, (locked_at, tx.now))?;
    let heads = heads_to_note(tx, &scene, new).await?;
    let to = Attachment::Service { complex: scene.poll.complex_id, id };
    attach(tx, viewer.person, from_ref(&new.evidence_id), to).await?;
    let role = role(viewer, Permission::PreparePoll, &scene.place);
    let row = |head: Uuid| Row {
        served_at,
        evidence_id: Some(new.evidence_id),
        ..scene.noted(tx, head, new.method, (viewer.person, &role))
    };
    let rows: Vec<Row> = heads.into_iter().map(row).collect();
    let together: Vec<&Row> = rows.iter().collect();
    let (facts, proof) = (told(&together), proof(&app.vault, &together));
    scene.tell_with(tx, SERVICE_NOTED, role.clone(), facts, Some(proof)).await?;
    let noted = ServicesNoted {
        heads: rows.len(),
        method: new.method,
        served_at: local(served_at),
        evidence_id: new.evidence_id,
    };
    store::insert_services(tx.conn(), rows).await?;
    Ok(Answer::created(noted, format!("/v1/polls/{id}/services")))
}

/// The heads that are named, each once; refused where one was served in this way already.
async fn heads_to_note(tx: &Tx, scene: &Scene, new: &NoteServices) -> Result<BTreeSet<Uuid>> {
    let there = store::heads(tx.conn(), &scene.poll, &new.head_ids).await?;
    let there: BTreeSet<Uuid> = there.into_iter().map(|head| head.id).collect();
    if let Some(place) = new.head_ids.iter().position(|head| !there.contains(head)) {
        return Err(not_on_the_roll(&format!("/head_ids/{place}")));
    }
    let before = store::services(tx.conn(), &scene.poll, Some(&new.head_ids)).await?;
    let stands = |row: &&Row| row.withdrawn_at.is_none() && row.method == new.method.code();
    let served: BTreeSet<Uuid> = before.iter().filter(stands).map(|row| row.head_id).collect();
    match new.head_ids.iter().position(|head| served.contains(head)) {
        Some(place) => Err(SERVED_ALREADY.because(format!("/head_ids/{place} was served so already"))),
        None => Ok(there),
    }
}

/// Notes that what a poll told was read here by somebody who may cast for a head of it: those heads are served by that,
/// where the rules let them be, and as long as it may be noted. Only they themselves learn when from the record.
pub(crate) async fn served_here(app: &App, viewer: &Viewer, tx: &Tx, poll: Uuid) -> Result<()> {
    let Some(poll) = store::poll(tx.conn(), poll).await? else { return Ok(()) };
    if viewer.owners_in(poll.complex_id).is_empty() {
        return Ok(());
    }
    let scene = Scene::of(tx.conn(), Some(poll)).await?.held(tx, Hold::Shared).await?;
    if scene.may_note(tx).is_err() || !scene.rules()?.serves_by(Method::RegisteredApp) {
        return Ok(());
    }
    for head in heads::own(tx.conn(), viewer, &scene).await? {
        store::hold_head(tx.conn(), &scene.poll, head).await?;
        let before = store::services(tx.conn(), &scene.poll, Some(&[head])).await?;
        if before.iter().any(|row| row.method == Method::RegisteredApp.code()) {
            continue;
        }
        let row = scene.noted(tx, head, Method::RegisteredApp, (viewer.person, Role::Owner.as_str()));
        let event = Event {
            audience: Audience::Person,
            person: Some(viewer.person),
            commitment: Some(proof(&app.vault, &[&row])),
            ..scene.event(SERVICE_NOTED, Role::Owner.as_str().to_owned(), told(&[&row]))
        };
        record::write(tx, event).await?;
        store::insert_services(tx.conn(), vec![row]).await?;
    }
    Ok(())
}

/// Goes on only if WeChat finds nothing against the words, where it can be asked.
pub async fn check_withdrawal(app: &App, viewer: &Viewer, poll: Uuid, words: &str) -> Result<()> {
    may_say(app, viewer, Permission::PreparePoll, (poll, words)).await
}

/// Takes a service back that was noted by hand and by mistake.
pub async fn withdraw_service(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    path: &ServicePath,
    new: &WithdrawService,
) -> Result<Answer<Service>> {
    let scene = Scene::hold(tx, path.poll_id, Hold::Alone).await?;
    scene.must_convene(viewer)?;
    let row = store::service(tx.conn(), &scene.poll, path.service_id).await?;
    let mut row = row.ok_or_else(|| NOT_FOUND.because("no such service"))?;
    scene.may_note(tx)?;
    if method(&row)? == Method::RegisteredApp {
        return Err(Refusal::ByItself.into());
    }
    if row.withdrawn_at.is_some() {
        return Err(SERVICE_WITHDRAWN.plain());
    }
    row.withdrawn_at = Some(tx.now);
    row.withdrawn_by = Some(viewer.person);
    row.words_cipher = Some(app.vault.seal(WORDS, new.words.as_bytes()).map_err(Problem::internal)?);
    store::save_service(tx.conn(), &row).await?;
    let role = role(viewer, Permission::PreparePoll, &scene.place);
    let said = commitment(&app.vault, WORDS, row.id, &new.words);
    scene.tell_with(tx, SERVICE_TAKEN_BACK, role, told(&[&row]), Some(said)).await?;
    let location = format!("/v1/polls/{}/services", path.poll_id);
    Ok(Answer::created(show(app, &row, true)?, location))
}

/// Heads with their services, a page at a time: all for those who convene, their own for everybody else.
pub async fn services(
    app: &App,
    viewer: &Viewer,
    poll: Uuid,
    query: &ServicesQuery,
) -> Result<List<HeadService>> {
    let db = app.db.read();
    let scene = Scene::load(db, poll).await?;
    let page = Page { limit: query.limit, cursor: query.cursor.clone() };
    let cursors = Cursors::new(&app.vault, format!("services {poll} {}", query.unserved), viewer.person);
    let after: Option<Uuid> = cursors.position(&page)?;
    let convenes = scene.must_convene(viewer).is_ok();
    let heads = if convenes {
        store::heads_served(db, &scene.poll, query.unserved, after, page.limit() + 1).await?
    } else {
        viewer.require(Permission::CastBallot, &scene.place, None)?;
        let mut own = heads::own(db, viewer, &scene).await?;
        own.sort_unstable();
        own.dedup();
        own.retain(|head| after.is_none_or(|after| *head > after));
        own
    };
    let mut by_head: BTreeMap<Uuid, Vec<Row>> = BTreeMap::new();
    for row in store::services(db, &scene.poll, Some(&heads)).await? {
        by_head.entry(row.head_id).or_default().push(row);
    }
    let mut homes = labels(db, &scene, &heads).await?;
    let mut shown = Vec::new();
    for head_id in heads {
        let rows = by_head.remove(&head_id).unwrap_or_default();
        let is_served = rows.iter().any(|row| row.withdrawn_at.is_none());
        if is_served && query.unserved {
            continue;
        }
        let services = rows.iter().map(|row| show(app, row, convenes)).collect::<Result<_>>()?;
        let homes = homes.remove(&head_id).unwrap_or_default();
        shown.push(HeadService { head_id, homes, is_served, services });
    }
    Ok(cursors.page(shown, &page, |head| head.head_id.to_string(), |head| head))
}

fn show(app: &App, row: &Row, convenes: bool) -> Result<Service> {
    let words = row.words_cipher.as_ref().map(|cipher| app.vault.text(WORDS, cipher));
    Ok(Service {
        id: row.id,
        method: method(row)?,
        served_at: local(row.served_at),
        noted_at: local(row.noted_at),
        noted_as: row.noted_as.clone(),
        evidence_id: row.evidence_id.filter(|_| convenes),
        withdrawn_at: row.withdrawn_at.map(local),
        words: words.transpose().map_err(Problem::internal)?,
    })
}

/// Whether the viewer sees what there is to show for a service of a poll: a paper may have the names of many on it.
pub(crate) async fn sees_evidence(app: &App, viewer: &Viewer, complex: Uuid) -> Result<bool> {
    let place = places::lineage(app.db.read(), complex).await?;
    Ok(viewer.may(Permission::PreparePoll, &place, None) && !has_interest_in(viewer, complex))
}

/// How many heads were served, and how.
pub async fn service_totals(app: &App, viewer: &Viewer, poll: Uuid) -> Result<Answer<ServiceTotals>> {
    let db = app.db.read();
    let scene = Scene::load(db, poll).await?;
    scene.must_be_readable(viewer, db).await?;
    let (heads, area) = store::served_weight(db, &scene.poll).await?;
    let by_method = store::served_by_method(db, &scene.poll).await?.into_iter();
    let line = |(method, heads, area): (String, i64, i64)| {
        let method = Method::from_code(&method);
        let method = method.ok_or_else(|| Problem::internal("a service of an unknown way"))?;
        Ok(MethodServed { method, served: weight(heads, area).into() })
    };
    Ok(Answer::ok(ServiceTotals {
        poll_id: poll,
        roll: scene.roll().into(),
        served: weight(heads, area).into(),
        by_method: by_method.map(line).collect::<Result<_>>()?,
    }))
}

/// The heads that were served until voting ended, in the order of their ids, and how.
pub(super) async fn served(db: &impl Conn, scene: &Scene) -> Result<Vec<Served>> {
    let mut served: BTreeMap<Uuid, BTreeSet<Method>> = BTreeMap::new();
    let in_time = |row: &Row| row.withdrawn_at.is_none() && row.served_at < scene.poll.closes_at;
    for row in store::services(db, &scene.poll, None).await?.into_iter().filter(in_time) {
        served.entry(row.head_id).or_default().insert(method(&row)?);
    }
    Ok(served.into_iter().map(|(head, methods)| Served { head: head.to_string(), methods }).collect())
}

/// Has those reminded who may cast for a head that has not voted; how many heads that is, and no more of them.
pub async fn remind(viewer: &Viewer, tx: &Tx, poll: Uuid) -> Result<Answer<Reminder>> {
    let mut scene = Scene::hold(tx, poll, Hold::Alone).await?;
    scene.must_convene(viewer)?;
    scene.must_be_known_here()?;
    let pauses = scene.pauses()?;
    law::may_remind(scene.phase()?, (scene.window(), &pauses), scene.poll.reminded_at, tx.now)?;
    let heads = store::unvoted_count(tx.conn(), &scene.poll).await?;
    scene.poll.reminded_at = Some(tx.now);
    scene.save(tx).await?;
    // How many have not voted is for those who watch, as long as others may still be pressed to.
    let event = Event {
        audience: Audience::Watchers,
        ..scene.event(
            POLL_REMINDED,
            role(viewer, Permission::PreparePoll, &scene.place),
            json!({ "heads": heads }),
        )
    };
    record::write(tx, event).await?;
    let reminder = Reminder { heads, at: local(tx.now), next_from: local(tx.now + law::QUIET) };
    Ok(Answer::created(reminder, format!("/v1/polls/{poll}")))
}

/// Who is reminded, a page of heads at a time, and after which head the next page begins if there is one. Who voted
/// meanwhile is not, and nobody while it stands still.
pub(crate) async fn unvoted(
    tx: &Tx,
    poll: Uuid,
    after: Option<Uuid>,
    limit: u64,
) -> Result<(Vec<Uuid>, Option<Uuid>)> {
    let may_vote = |poll: &::entity::poll::Model| {
        poll.closed_at.is_none() && poll.paused_until.is_none_or(|until| until <= tx.now)
    };
    let Some(poll) = store::poll(tx.conn(), poll).await?.filter(may_vote) else {
        return Ok((Vec::new(), None));
    };
    let heads = store::unvoted(tx.conn(), &poll, after, limit).await?;
    let electors = heads::electors_of_heads(tx.conn(), &poll, &heads).await?;
    let persons = identity::persons_of_owners(tx.conn(), poll.complex_id, electors, tx.now).await?;
    let persons: BTreeSet<Uuid> = persons.into_iter().map(|(person, _)| person).collect();
    let is_full = u64::try_from(heads.len()) == Ok(limit);
    Ok((persons.into_iter().collect(), heads.last().copied().filter(|_| is_full)))
}
