//! What the holders do, and whoever takes an incident up.

use std::collections::BTreeSet;

use chrono::{DateTime, SubsecRound, Utc};
use rules::{calendar::Span, incidents as law};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        model::{
            AppointIncident, ClimbIncident, HandleIncident, Incident, NoteIncident, PauseIncident, Purpose,
        },
        store,
    },
    hand::{Actor, Deed, INTERNAL_NOTE, InHand, NOTED_INSIDE},
    posts::staffed,
    report::attach,
    show::{readable_row, role, severity, show},
};
use crate::{
    access::{Lineage, Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::problem::{NOT_ALLOWED, Problem, Result},
    outages, places,
};

/// What is said of an incident in words that were written before it was known.
pub(crate) struct Said {
    pub category: &'static law::Category,
    pub place: Lineage,
    /// Where it is held now.
    pub held_at: Uuid,
    pub reported_at: DateTime<Utc>,
    pub due_at: Option<DateTime<Utc>>,
}

impl Said {
    fn of(row: &::entity::incident::Model, place: Lineage) -> Result<Self> {
        let unknown = || Problem::internal("an incident has no category");
        let category = law::category::find(&row.category).ok_or_else(unknown)?;
        Ok(Self {
            category,
            place,
            held_at: row.holder_place_id,
            reported_at: row.reported_at,
            due_at: row.due_at,
        })
    }
}

/// The same of an incident that the viewer may see, if they work on such.
pub(crate) async fn said(app: &App, viewer: &Viewer, id: Uuid) -> Result<Said> {
    let row = readable_row(app, viewer, id).await?;
    let place = places::lineage(app.db.read(), row.place_id).await?;
    if viewer.may(Permission::WorkIncident, &place, None) {
        Said::of(&row, place)
    } else {
        Err(NOT_ALLOWED.because("only its holder may do this"))
    }
}

/// Locks an incident that this place's post holds, for whoever is of it.
pub(crate) async fn held_at(tx: &Tx, viewer: &Viewer, id: Uuid, place: Uuid) -> Result<Said> {
    let hand = InHand::lock(tx, viewer, id).await?;
    hand.held_at(viewer, place)?;
    Said::of(&hand.row, hand.place)
}

/// The holder has seen it and taken it on: what is given to nobody yet is theirs.
pub(crate) async fn acknowledge(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Incident> {
    let mut hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Acknowledge.by())?;
    let then = hand.now.acknowledge(&hand.policy, hand.at)?;
    hand.row.assignee_id.get_or_insert(viewer.person);
    let deed = Deed { act: law::Act::Acknowledge.code(), kind: "INCIDENT_ACKNOWLEDGED", actor, words: None };
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The holder cannot go on for now, and says why and until when; without an `until` as long as it may.
pub(crate) async fn pause(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &PauseIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Pause.by())?;
    let until = request.until.map_or(DateTime::<Utc>::MAX_UTC, |until| until.to_utc().trunc_subsecs(6));
    let (then, pause) =
        hand.now.pause(request.reason, &request.words, until, hand.clock.as_ref(), &hand.policy, hand.at)?;
    let words = Some(request.words.as_str());
    let deed = Deed { act: law::Act::Pause.code(), kind: "INCIDENT_PAUSED", actor, words };
    let row = hand.waits(app, tx, then, Some(pause.into()), deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The holder says when somebody comes.
pub(crate) async fn appoint(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &AppointIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Appoint.by())?;
    let [from, to] = [request.from, request.until].map(|moment| moment.to_utc().trunc_subsecs(6));
    let then = hand.now.appoint(Span { from, to }, hand.at)?;
    let words = Some(request.words.as_str());
    let deed = Deed { act: law::Act::Appoint.code(), kind: "INCIDENT_APPOINTED", actor, words };
    let hand = hand.saying("comes_from", json!(local(from))).saying("comes_until", json!(local(to)));
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The holder goes on before the pause is over.
pub(crate) async fn resume(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Resume.by())?;
    let (then, entry) = hand.now.resume(hand.clock.as_ref(), &hand.policy, hand.at)?;
    let deed = Deed { act: law::Act::Resume.code(), kind: "INCIDENT_RESUMED", actor, words: None };
    let row = hand.waits(app, tx, then, entry, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The holder has done the work and shows it.
pub(crate) async fn handle(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &HandleIncident,
) -> Result<Incident> {
    let mut hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Handle.by())?;
    let staffed = staffed(tx.conn(), &hand.place, hand.row.household_id, tx.now).await?;
    let inspection = inspection(app, &hand, &staffed);
    let photos = request.photo_ids.len();
    let then = hand.now.handle(&request.words, photos, inspection, &hand.policy, hand.at)?;
    if inspection == law::Inspection::Needed {
        let above = law::ladder::nearest_above(then.tenure.level, &staffed);
        hand = hand.told_at(above);
    }
    let deed =
        Deed { act: law::Act::Handle.code(), kind: "INCIDENT_HANDLED", actor, words: Some(&request.words) };
    let place = hand.place.clone();
    let row = hand.stays(app, tx, then, deed).await?;
    let photos = [(Purpose::Before, &*request.before_photo_ids), (Purpose::Evidence, &*request.photo_ids)];
    attach(app, tx, viewer, (&row, &place), &photos).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Whether somebody from above looks at it, drawn by a number that only the server can tell.
fn inspection(app: &App, hand: &InHand, staffed: &BTreeSet<law::Level>) -> law::Inspection {
    let drawn = app.vault.mac(&[b"inspection", hand.row.id.as_bytes(), &hand.row.version.to_be_bytes()]);
    let drawn = drawn.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
    hand.policy.common.verification.of(hand.now.tenure.level, staffed, drawn)
}

/// Whoever is concerned says something; what is internal is for the ladder alone, and told to nobody.
pub(crate) async fn note(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &NoteIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Note.by())?;
    let (act, kind) = match (request.internal, actor) {
        (false, _) => (law::Act::Note.code(), "INCIDENT_NOTED"),
        (true, Actor::Role(_)) => (INTERNAL_NOTE, NOTED_INSIDE),
        (true, Actor::Reporter | Actor::Follower | Actor::Clock) => {
            return Err(NOT_ALLOWED.because("only who handles it may keep a note from its reporter"));
        }
    };
    let then = hand.now.note(&request.words)?;
    let deed = Deed { act, kind, actor, words: Some(&request.words) };
    let by = if matches!(actor, Actor::Reporter) { "REPORTER" } else { "HANDLER" };
    let row = hand.saying("by", by).stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Somebody passes it up or takes it up before its clock runs out: the holder passes it on, the reporter asks for the
/// level above, a level above takes it to itself.
pub(crate) async fn climb(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &ClimbIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let (actor, towards) = match request.reason.by() {
        law::By::Above => {
            let (level, actor) = hand.above(viewer)?;
            (actor, Some(level))
        }
        by => (hand.by(viewer, by)?, None),
    };
    let entered_by = law::EnteredBy::from(request.reason);
    let tenures = store::tenures(tx.conn(), &hand.row).await?;
    let times = tenures.iter().filter(|tenure| tenure.entered_by == entered_by.code()).count();
    let times = u32::try_from(times).unwrap_or(u32::MAX);
    let staffed = match towards {
        Some(level) => BTreeSet::from([level]),
        None => staffed(tx.conn(), &hand.place, hand.row.household_id, tx.now).await?,
    };
    let climbed =
        hand.now.climb_by_hand(request.reason, times, &request.words, &hand.policy, &staffed, hand.at)?;
    let deed =
        Deed { act: law::Act::Climb.code(), kind: "INCIDENT_CLIMBED", actor, words: Some(&request.words) };
    let row = hand.passes(app, tx, climbed, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// What a whistle over an incident is blown for: the place and how bad it is, and by which role.
pub(crate) struct Matter {
    pub complex: Uuid,
    pub place: Lineage,
    pub severity: law::Severity,
    pub holder: law::Holder,
}

/// The holder convenes others: a line of the incident's life. What they come to is the whistle's own.
pub(crate) async fn whistle(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Matter> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.by(viewer, law::Act::Whistle.by())?;
    let then = hand.now.whistle()?;
    let place = hand.place.clone();
    let deed = Deed { act: law::Act::Whistle.code(), kind: "INCIDENT_WHISTLED", actor, words: None };
    let row = hand.stays(app, tx, then, deed).await?;
    let holder = role(&row.holder_role)?;
    Ok(Matter { complex: row.complex_id, place, severity: severity(&row)?, holder })
}

/// The outage that explained a report is over at another time than was known: its first clock waits until then, unless
/// somebody has taken it on meanwhile.
pub(crate) async fn retime(app: &App, tx: &Tx, id: Uuid, until: DateTime<Utc>) -> Result<()> {
    let Some(row) = store::lock(tx.conn(), id).await? else { return Ok(()) };
    let Some(mut hand) = InHand::take(tx, row).await? else { return Ok(()) };
    if hand.row.explained_until.is_none() || !law::Act::Await.starts_from().contains(&hand.now.status) {
        return Ok(());
    }
    let Some(contact) = &hand.clock else { return Ok(()) };
    let (then, entries) = hand.now.wait_for_outage(contact, until, &hand.policy, hand.at)?;
    if entries.is_empty() {
        return Ok(());
    }
    let kind = if until <= hand.at { EXPLAINED_NO_MORE } else { "INCIDENT_RETIMED" };
    hand.row.explained_until = Some(until);
    let deed = Deed { act: law::Act::Await.code(), kind, actor: Actor::Clock, words: None };
    hand.waits(app, tx, then, entries, deed).await?;
    Ok(())
}

/// The outage that explained it is over, and its holder is told of it as of what is new.
const EXPLAINED_NO_MORE: &str = "INCIDENT_EXPLAINED_NO_MORE";

/// The outage that explained a report has come to its end, as far as is known: whoever holds it is told. Answers whether it
/// was so; what the outage's room still has to retime is left to it.
pub(in crate::incidents) async fn explain_no_more(app: &App, tx: &Tx, id: Uuid) -> Result<bool> {
    let Some(row) = store::lock_if_free(tx.conn(), id).await? else { return Ok(false) };
    let Some(hand) = InHand::take(tx, row).await? else { return Ok(false) };
    let Some(outage) = hand.row.outage_id.filter(|_| hand.is_explained_no_more()) else { return Ok(false) };
    let ends = outages::notice(app, tx.conn(), outage).await?;
    if ends.is_some_and(|outage| hand.at < outage.until) {
        return Ok(false);
    }
    let then = hand.now;
    let act = law::Act::Await.code();
    let deed = Deed { act, kind: EXPLAINED_NO_MORE, actor: Actor::Clock, words: None };
    hand.stays(app, tx, then, deed).await?;
    Ok(true)
}

/// The next reports that an outage explained, after one of them.
pub(crate) async fn explained_by(
    db: &impl Conn,
    (complex, outage): (Uuid, Uuid),
    after: Uuid,
    limit: u64,
) -> Result<Vec<Uuid>> {
    Ok(store::explained_by(db, complex, outage, after, limit).await?)
}
