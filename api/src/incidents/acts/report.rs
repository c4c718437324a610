//! What can be reported, and reporting it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rules::incidents as law;
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        INCIDENT_DIVERTED, ladder,
        model::{Categories, Category, Channel, Incident, Name, Promise, Purpose, ReportIncident, Terms},
        rows, store,
    },
    hand::{Actor, Deed, NOTIFY, facts, tell, told_besides, write_step, write_turns},
    posts::staffed,
    show::{Names, show, then, wire},
};
use crate::{
    access::{Level, Lineage, Permission, Relation, Role, Viewer},
    app::App,
    clock::local,
    clusters,
    database::{Conn, Tx},
    figures::acts as figures,
    http::{
        answer::Answer,
        input::{Input, Once},
        problem::{NOT_FOUND, Problem, Result},
    },
    moderation,
    outages::{self, model::OutageNotice},
    patrols, places,
    policies::acts as policies,
    record, uploads,
};

/// The column that a description is sealed for.
pub(crate) const DESCRIPTION: &str = "incident.description";

/// Everything that can be reported, in the order in which it is offered.
pub fn categories() -> Result<Categories> {
    let items: Result<Vec<Category>> = law::category::all().iter().map(show_category).collect();
    Ok(Categories { items: items? })
}

fn show_category(category: &law::Category) -> Result<Category> {
    let terms = |policy: &law::Policy| {
        let first = policy.at(policy.common.enters_at);
        let pauses = !policy.common.pause_for.is_empty();
        Ok::<_, Problem>(Terms {
            enters_at: wire(policy.common.enters_at)?,
            absorbs_at: wire(policy.common.absorbs_at)?,
            first_contact: first.first_contact.into(),
            handling: first.handling.into(),
            evidence: policy.common.evidence,
            pauses: pauses.then(|| policy.common.pause_limits.into()),
            inspects_one_in: policy.common.verification.one_in(),
        })
    };
    Ok(Category {
        code: category.code.clone(),
        name: Name { zh: category.name.zh.clone(), en: category.name.en.clone() },
        severity: category.severity,
        call_first: category.call_first.iter().map(show_channel).collect(),
        diverts_to: category.diverts_to().iter().map(show_channel).collect(),
        terms: law::policy::national(category).ok().map(terms).transpose()?,
    })
}

fn show_channel(channel: &law::category::Channel) -> Channel {
    Channel { phone: channel.phone.clone(), zh: channel.zh.clone(), en: channel.en.clone() }
}

/// Names whom to call, in order, in both languages: who is in danger reads one of them.
pub(super) fn diverted(code: &str) -> Problem {
    let channels = law::category::find(code).map(law::Category::diverts_to).unwrap_or_default();
    let say = |words: fn(&law::category::Channel) -> &str, between: &str| {
        let one = |channel: &law::category::Channel| match &channel.phone {
            Some(phone) => format!("{phone} {}", words(channel)),
            None => words(channel).to_owned(),
        };
        channels.iter().map(one).collect::<Vec<_>>().join(between)
    };
    INCIDENT_DIVERTED.because(format!(
        "{} / {}",
        say(|channel| &channel.zh, "；"),
        say(|channel| &channel.en, "; ")
    ))
}

/// Settled incidents of a category from which is told what is usual: the newest ones of the complex.
const SETTLED: u64 = 50;

/// What a report made now would be held to: who has it, by when what is done, and what happens otherwise.
pub async fn promise(app: &App, viewer: &Viewer, place: Uuid, code: &str) -> Result<Promise> {
    let (db, now) = (app.db.read(), app.clock.now());
    let (place, complex) = reportable(db, viewer, place).await?;
    let category = law::category::find(code).ok_or_else(|| NOT_FOUND.because("no such category"))?;
    let policy = policies::effective(db, &place, category).await?.laid.policy;
    let staffed = staffed(db, &place, Some(household(viewer, &place)), now).await?;
    let outage = outages::explaining(app, db, &place, code, now).await?;
    // An outage that explains it is over first.
    let from = outage.as_ref().map_or(now, |outage| outage.until.to_utc());
    let promise = law::Promise::of(&policy, &staffed, from);
    let names = Names::of(db, place.chain.iter().flatten().copied().chain([place.id])).await?;
    let post = ladder::post(&place, promise.level);
    let took = store::took(db, complex, code, SETTLED).await?;
    Ok(Promise {
        category: code.to_owned(),
        severity: category.severity,
        call_first: category.call_first.iter().map(show_channel).collect(),
        level: wire(promise.level)?,
        place: names.place(post.place)?,
        role: post.role,
        first_contact_by: local(promise.first_contact_by),
        handled_by: local(promise.handled_by),
        then: then(&names, &place, promise.level, law::DueKind::Contact, &staffed, &policy)?,
        usually_seconds: law::promise::usual(took).map(|usual| usual.num_seconds().unsigned_abs()),
        outage,
    })
}

/// Where a report may be made, with its complex.
async fn reportable(db: &impl Conn, viewer: &Viewer, place: Uuid) -> Result<(Lineage, Uuid)> {
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::ReportIncident, &place, None)?;
    let outside = || Problem::member("/place_id", "LEVEL", "name a complex or a place in one");
    let complex = place.at(Level::Complex).ok_or_else(outside)?;
    Ok((place, complex))
}

/// Goes on only where the viewer may report something.
pub async fn may_report(app: &App, viewer: &Viewer, place: Uuid) -> Result<()> {
    reportable(app.db.read(), viewer, place).await.map(|_| ())
}

/// Refuses what an emergency service must hear first, and keeps in the record that somebody was sent there. Its own
/// transaction: the refusal undoes the caller's. Under the report's key, so that a retry is refused again and told once.
pub async fn divert(app: &App, viewer: &Viewer, once: &Once, input: &Input<ReportIncident>) -> Result<()> {
    let request = &input.value;
    let Some(refusal) =
        law::category::find(&request.category).and_then(|category| law::policy::national(category).err())
    else {
        return Ok(());
    };
    app.once(viewer.person, once, &input.digest, async |tx| {
        let (place, complex) = reportable(tx.conn(), viewer, request.place_id).await?;
        record::write(
            tx,
            record::Event {
                kind: "INCIDENT_DIVERTED",
                complex,
                place: place.id,
                // Not an incident: nobody holds it, and everybody whom the table lets look may know.
                subject_type: "DIVERSION",
                subject: tx.id(),
                version: 0,
                role: Actor::Reporter.in_record().into(),
                audience: record::Audience::Handlers,
                person: Some(viewer.person),
                facts: json!({ "category": request.category }),
                commitment: None,
            },
        )
        .await?;
        Ok(Answer::ok(()))
    })
    .await?;
    Err(refusal.into())
}

/// Takes a report from somebody who may report there.
pub(crate) async fn report(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    request: &ReportIncident,
    origin: law::Origin,
) -> Result<Incident> {
    let (place, _) = reportable(tx.conn(), viewer, request.place_id).await?;
    let row = Box::pin(take_in(app, viewer, tx, &place, request, origin)).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// A report by somebody whom the caller found to have a right to it becomes an incident with its first holder.
pub(crate) async fn take_in(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    place: &Lineage,
    request: &ReportIncident,
    origin: law::Origin,
) -> Result<::entity::incident::Model> {
    let complex = place.at(Level::Complex).ok_or_else(|| Problem::internal("a report from no complex"))?;
    let unknown = || Problem::internal(format!("no category {}", request.category));
    let category = law::category::find(&request.category).ok_or_else(unknown)?;
    let effective = policies::effective(tx.conn(), place, category).await?;
    let key = policies::freeze(tx, &effective).await?;
    let policy = &effective.laid.policy;
    let household = household(viewer, place);
    let staffed = staffed(tx.conn(), place, Some(household), tx.now).await?;
    if let Some(earlier) = request.recurrence_of {
        recurs(tx, viewer, request, earlier).await?;
    }
    let outage = outages::explaining(app, tx.conn(), place, &category.code, tx.now).await?;
    let (incident, waits) = reported(policy, &staffed, outage.as_ref(), tx.now)?;
    let id = tx.id();
    let tenure = rows::tenure_row((complex, id), place, &incident.tenure, None, &key)?;
    let mut row = ::entity::incident::Model {
        complex_id: complex,
        id,
        place_id: place.id,
        district_id: place.at(Level::District),
        street_id: place.at(Level::Street),
        community_id: place.at(Level::Community),
        building_id: place.at(Level::Building),
        unit_id: place.at(Level::Unit),
        reporter_id: viewer.person,
        category: category.code.clone(),
        severity: category.severity.code().into(),
        description_cipher: app
            .vault
            .seal(DESCRIPTION, request.description.as_bytes())
            .map_err(Problem::internal)?,
        status: String::new(),
        level: String::new(),
        lowest_level: String::new(),
        holder_place_id: tenure.place_id,
        holder_role: String::new(),
        tenure_seq: 0,
        due_at: None,
        due_kind: None,
        comes_from: None,
        comes_until: None,
        rework: 0,
        climbs: 0,
        reported_at: tx.now,
        closed_at: None,
        version: 1,
        urges: 0,
        policy: String::new(),
        households: 1,
        acts_at: None,
        prompts_at: None,
        resolved: None,
        satisfaction: None,
        because: None,
        assignee_id: None,
        elsewhere: None,
        not_taken: None,
        closer_role: None,
        closer_place_id: None,
        recurrence_of: request.recurrence_of,
        objections: 0,
        misrouted: 0,
        apart: 0,
        household_id: Some(household),
        cluster_id: None,
        merged_from: None,
        origin: origin.code().into(),
        outage_id: outage.as_ref().map(|outage| outage.id),
        explained_until: outage.as_ref().map(|outage| outage.until.to_utc()),
    };
    rows::write(&mut row, &incident, &tenure, policy);
    let turns: Vec<_> = law::turned(None, &incident, policy, tx.now).into_iter().chain(waits).collect();
    let clock = law::Running::main(&incident).and_then(|running| running.turned(None, &turns));
    row.prompts_at = rows::prompts_at(&incident, clock.as_ref(), &tenure, policy, tx.now)?;
    store::insert(tx.conn(), row.clone()).await?;
    store::insert_tenure(tx.conn(), tenure.clone()).await?;
    write_turns(tx, &row, turns).await?;
    let noted = figures::Noted { row: &row, tenures: &[&tenure], stood: None, at: tx.now };
    figures::note(tx, noted, rules::figures::decided(None, &incident, tx.now)).await?;
    attach(app, tx, viewer, (&row, place), &[(Purpose::Report, &request.photo_ids)]).await?;
    // Nobody passes over what is switched off on purpose.
    if origin == law::Origin::Resident && outage.is_none() {
        patrols::missed(tx, row.id, place, &row.category).await?;
    }
    let deed = Deed { act: "REPORT", kind: "INCIDENT_REPORTED", actor: Actor::Reporter, words: None };
    write_step(app, tx, &row, deed).await?;
    let parts = [b"incident".as_slice(), row.id.as_bytes(), request.description.as_bytes()];
    let commitment = Some(hex::encode(app.vault.mac(&parts)));
    let mut facts = facts(&row);
    if let Some(facts) = facts.as_object_mut() {
        facts.insert(NOTIFY.into(), told_besides(policy, &incident));
    }
    tell(tx, &row, deed.kind, deed.actor, facts, commitment).await?;
    moderation::reported(tx, &row).await?;
    clusters::acts::reported(app, tx, viewer, &row, request.joins).await?;
    store::find(tx.conn(), id).await?.ok_or_else(|| Problem::internal("a new incident is gone"))
}

/// Sees that the trouble of an `earlier` incident can have come back: the same reporter's, of the same place and category,
/// and closed too long ago to be reopened.
async fn recurs(tx: &Tx, viewer: &Viewer, request: &ReportIncident, earlier: Uuid) -> Result<()> {
    let unlike = || {
        let words = "name an incident that you reported, of the same place and category";
        Problem::member("/recurrence_of", "UNKNOWN", words)
    };
    let row = store::find(tx.conn(), earlier).await?.filter(|row| {
        (row.reporter_id, row.place_id, row.category.as_str())
            == (viewer.person, request.place_id, request.category.as_str())
    });
    let row = row.ok_or_else(unlike)?;
    let tenure = store::tenure(tx.conn(), &row).await?;
    let tenure = tenure.ok_or_else(|| Problem::internal("an incident has no tenure"))?;
    Ok(rows::incident(&row, &tenure)?.may_recur(tx.now)?)
}

/// The household that somebody reports or urges for: of their homes in the complex the one that shares most with the place, or
/// the person where there is none. The lowest id of several, so that all of a household report for the same one.
pub(super) fn household(viewer: &Viewer, place: &Lineage) -> Uuid {
    let homes = viewer.grants.iter().filter(|grant| Role::OF_A_HOME.contains(&grant.role));
    let homes = homes.map(|grant| &grant.place).filter(|home| home.relation(place) <= Relation::SameComplex);
    homes.min_by_key(|home| (home.relation(place), home.id)).map_or(viewer.person, |home| home.id)
}

/// A new incident, and what happened to its first clocks besides starting: they stand still while an outage explains it.
fn reported(
    policy: &law::Policy,
    staffed: &BTreeSet<law::Level>,
    outage: Option<&OutageNotice>,
    now: DateTime<Utc>,
) -> Result<(law::Incident, Vec<law::Turn>)> {
    let incident = law::Incident::report(policy, staffed, now);
    let Some(outage) = outage else { return Ok((incident, Vec::new())) };
    let (incident, entries) = incident.begins_explained(policy, outage.until.to_utc(), now)?;
    Ok((incident, law::Running::noted(&incident, entries)))
}

/// Attaches photos with the step that was taken last, to be looked at.
pub(super) async fn attach(
    app: &App,
    tx: &Tx,
    viewer: &Viewer,
    (row, place): (&::entity::incident::Model, &Lineage),
    photos: &[(Purpose, &[Uuid])],
) -> Result<()> {
    let all = photos.iter().flat_map(|(_, some)| *some).copied().collect::<Vec<_>>();
    let to = uploads::Attachment::Incident { complex: row.complex_id, id: row.id };
    uploads::attach(tx, viewer.person, &all, to).await?;
    for (purpose, some) in photos {
        store::insert_photos(tx.conn(), row, some, purpose.code()).await?;
    }
    let step = i32::try_from(row.version).map_err(Problem::internal)?;
    moderation::attached(app, tx, row, place, (step, viewer.person, &all)).await
}
