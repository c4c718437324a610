//! Reporting, working, answering and reading incidents.
//!
//! The acts take the caller's transaction and need no HTTP, so that a demo's world is made by the same code.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use rules::incidents as law;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    EVIDENCE_MISSING, INCIDENT_ACKNOWLEDGED, INCIDENT_DIVERTED, INCIDENT_ELSEWHERE, INCIDENT_MOVED,
    INCIDENT_NOT_ACKNOWLEDGED, NOBODY_ABOVE, ladder,
    model::{
        Categories, Category, Channel, ClimbIncident, ConfirmIncident, HandleIncident, Holding, Incident,
        Name, NamedPlace, Photo, Purpose, ReportIncident, Reporter, ReturnIncident, Step, Tenure, Terms,
        Then,
    },
    rows, store,
};
use crate::{
    access::{Level, Lineage, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        input::{Input, Once},
        problem::{NOT_ALLOWED, NOT_FOUND, Problem, Result},
    },
    places, record, uploads,
};

/// The column that a description is sealed for.
const DESCRIPTION: &str = "incident.description";
/// The column that a step's words are sealed for.
const WORDS: &str = "incident_step.words";

impl From<law::Refusal> for Problem {
    fn from(refusal: law::Refusal) -> Self {
        use law::Refusal;
        let words = refusal.to_string();
        match refusal {
            Refusal::WrongStatus { .. }
            | Refusal::NotDue { .. }
            | Refusal::PostFilled { .. }
            | Refusal::NobodyAnywhere { .. } => INCIDENT_ELSEWHERE.because(words),
            Refusal::AlreadyAcknowledged { .. } => INCIDENT_ACKNOWLEDGED.because(words),
            Refusal::NotAcknowledged { .. } => INCIDENT_NOT_ACKNOWLEDGED.because(words),
            Refusal::NobodyAbove { .. } => NOBODY_ABOVE.because(words),
            Refusal::EvidenceMissing { .. } => EVIDENCE_MISSING.because(words),
            Refusal::ReasonMissing { act: law::Act::Climb } => Problem::member("/words", "BOUND", words),
            Refusal::ReasonMissing { .. } => Problem::member("/reason", "BOUND", words),
            Refusal::RatingOutOfRange { .. } => Problem::member("/rating", "BOUND", words),
            Refusal::Diverted { category } => diverted(&category),
        }
    }
}

/// Names whom to call, in order, in both languages: who is in danger reads one of them.
fn diverted(code: &str) -> Problem {
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

/// Who does something to an incident.
#[derive(Clone, Copy, Debug)]
pub(super) enum Actor {
    Reporter,
    Role(Role),
    Clock,
}

impl Actor {
    /// In its life line.
    fn in_step(self) -> &'static str {
        match self {
            Self::Reporter => "REPORTER",
            Self::Role(role) => role.as_str(),
            Self::Clock => "CLOCK",
        }
    }

    /// In the record, which says of a reporter no more than this.
    fn in_record(self) -> &'static str {
        match self {
            Self::Reporter => "RESIDENT",
            Self::Role(role) => role.as_str(),
            Self::Clock => "CLOCK",
        }
    }
}

/// One deed, as its step and its event tell it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deed<'a> {
    /// As the life line names it.
    pub act: &'static str,
    /// As the record names it.
    pub kind: &'static str,
    pub actor: Actor,
    pub words: Option<&'a str>,
}

/// An incident whose rows this transaction holds.
pub(super) struct InHand {
    pub row: ::entity::incident::Model,
    pub tenure: ::entity::tenure::Model,
    pub place: Lineage,
    pub terms: law::Terms,
    pub now: law::Incident,
}

impl InHand {
    /// Takes a locked incident's other rows to it; none if its tenure is missing.
    pub(super) async fn take(tx: &Tx, row: ::entity::incident::Model) -> Result<Option<Self>> {
        let Some(tenure) = store::tenure(tx.conn(), &row).await? else { return Ok(None) };
        let place = places::lineage(tx.conn(), row.place_id).await?;
        let (terms, now) = (rows::terms(&row)?, rows::incident(&row, &tenure)?);
        Ok(Some(Self { row, tenure, place, terms, now }))
    }

    /// Locks an incident that the viewer may see; to anybody else it does not exist.
    async fn lock(tx: &Tx, viewer: &Viewer, id: Uuid) -> Result<Self> {
        let row = store::lock(tx.conn(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
        let place = places::lineage(tx.conn(), row.place_id).await?;
        require_reader(viewer, &row, &place)?;
        Self::take(tx, row).await?.ok_or_else(|| Problem::internal("an incident has no tenure"))
    }

    /// The role by which the viewer holds it now.
    fn held_by(&self, viewer: &Viewer) -> Result<Actor> {
        if !viewer.may(Permission::WorkIncident, &self.place, None) {
            return Err(NOT_ALLOWED.because("only its holder may do this"));
        }
        let held = ladder::stands(viewer, &self.place).find(|(level, _)| *level == self.now.tenure.level);
        held.map(|(_, role)| Actor::Role(role)).ok_or_else(|| {
            NOT_ALLOWED
                .because(format!("it is held by {} at the {} level", self.row.holder_role, self.row.level))
        })
    }

    fn reported_by(&self, viewer: &Viewer) -> Result<Actor> {
        if viewer.may(Permission::AnswerIncident, &self.place, Some(self.row.reporter_id)) {
            Ok(Actor::Reporter)
        } else {
            Err(NOT_ALLOWED.because("only the reporter may do this"))
        }
    }

    /// The nearest level above the present one at which the viewer answers, with the role.
    fn above(&self, viewer: &Viewer) -> Result<(law::Level, Actor)> {
        let nearest = ladder::stands(viewer, &self.place).find(|(level, _)| *level > self.now.tenure.level);
        let (level, role) =
            nearest.ok_or_else(|| NOT_ALLOWED.because("only a level above the holder's may take it"))?;
        Ok((level, Actor::Role(role)))
    }

    /// Saves a move within the holder's tenure, or its end.
    async fn stays(
        self,
        app: &App,
        tx: &Tx,
        then: law::Incident,
        deed: Deed<'_>,
    ) -> Result<::entity::incident::Model> {
        self.save(app, tx, then, None, Some(deed), deed.kind, deed.actor).await
    }

    /// Saves a change of holder: the tenure that ended and the one that began.
    pub(super) async fn passes(
        self,
        app: &App,
        tx: &Tx,
        passed: law::Passed,
        deed: Deed<'_>,
    ) -> Result<::entity::incident::Model> {
        self.save(app, tx, passed.incident, Some(passed.left), Some(deed), deed.kind, deed.actor).await
    }

    /// Saves what the clock did within a tenure. A reminder has its step only the first time: its count goes on in the
    /// tenure, and every one is in the record.
    pub(super) async fn clock_ran(
        self,
        app: &App,
        tx: &Tx,
        then: law::Incident,
        deed: Deed<'_>,
    ) -> Result<::entity::incident::Model> {
        let step = (then.tenure.shouts <= 1).then_some(deed);
        self.save(app, tx, then, None, step, deed.kind, deed.actor).await
    }

    /// One move, whole: the tenures, the incident if nobody else moved it, the step, the event.
    async fn save(
        self,
        app: &App,
        tx: &Tx,
        then: law::Incident,
        left: Option<law::Tenure>,
        step: Option<Deed<'_>>,
        kind: &'static str,
        actor: Actor,
    ) -> Result<::entity::incident::Model> {
        let Self { mut row, tenure: before, place, .. } = self;
        let key = (row.complex_id, row.id);
        let (version, seq, from) = (row.version, row.tenure_seq, row.level.clone());
        let tenure = if let Some(left) = left {
            store::save_tenure(tx.conn(), rows::tenure_row(key, &place, &left, Some(&before))?).await?;
            let tenure = rows::tenure_row(key, &place, &then.tenure, None)?;
            store::insert_tenure(tx.conn(), tenure.clone()).await?;
            tenure
        } else {
            let tenure = rows::tenure_row(key, &place, &then.tenure, Some(&before))?;
            store::save_tenure(tx.conn(), tenure.clone()).await?;
            tenure
        };
        rows::write(&mut row, &then, &tenure);
        row.version += 1;
        if !store::save(tx.conn(), &row, version, seq).await? {
            return Err(INCIDENT_MOVED.because("somebody else moved it first").retry_after(1));
        }
        let commitment = match step {
            Some(step) => write_step(app, tx, &row, step).await?,
            None => None,
        };
        let mut facts = facts(&row);
        if let (Some(facts), true) = (facts.as_object_mut(), from != row.level) {
            facts.insert("from_level".into(), from.into());
            facts.insert("why".into(), then.tenure.entered_by.code().into());
        }
        tell(tx, &row, kind, actor, facts, commitment).await?;
        Ok(row)
    }
}

/// What anybody on the ladder may know of a move.
fn facts(row: &::entity::incident::Model) -> Value {
    let mut facts = json!({
        "category": row.category,
        "severity": row.severity,
        "status": row.status,
        "level": row.level,
        "holder_place_id": row.holder_place_id,
        "holder_role": row.holder_role,
    });
    if let (Some(facts), Some(due)) = (facts.as_object_mut(), row.due_at) {
        facts.insert("due_at".into(), json!(local(due)));
    }
    facts
}

pub(super) async fn tell(
    tx: &Tx,
    row: &::entity::incident::Model,
    kind: &'static str,
    actor: Actor,
    facts: Value,
    commitment: Option<String>,
) -> Result<()> {
    record::write(
        tx,
        record::Event {
            kind,
            complex: row.complex_id,
            place: row.place_id,
            subject_type: "INCIDENT",
            subject: row.id,
            version: row.version,
            role: actor.in_record().into(),
            audience: record::Audience::Handlers,
            person: Some(row.reporter_id),
            facts,
            commitment,
        },
    )
    .await
}

/// Writes a line of the life line; answers the commitment to its words. Each move has a version, and its step that
/// number.
pub(super) async fn write_step(
    app: &App,
    tx: &Tx,
    row: &::entity::incident::Model,
    deed: Deed<'_>,
) -> Result<Option<String>> {
    let words = deed
        .words
        .map(|words| app.vault.seal(WORDS, words.as_bytes()))
        .transpose()
        .map_err(Problem::internal)?;
    let step = ::entity::incident_step::Model {
        complex_id: row.complex_id,
        incident_id: row.id,
        ordinal: i32::try_from(row.version).map_err(Problem::internal)?,
        act: deed.act.into(),
        actor_role: deed.actor.in_step().into(),
        words_cipher: words,
        at: tx.now,
    };
    store::insert_step(tx.conn(), step).await?;
    let commitment = |words: &str| {
        let parts =
            [b"incident_step".as_slice(), row.id.as_bytes(), &row.version.to_be_bytes(), words.as_bytes()];
        hex::encode(app.vault.mac(&parts))
    };
    Ok(deed.words.map(commitment))
}

/// The levels at which somebody answers for this place now.
pub(super) async fn staffed(
    db: &impl Conn,
    place: &Lineage,
    now: DateTime<Utc>,
) -> Result<BTreeSet<law::Level>> {
    Ok(Filled::of(db, [place], now).await?.levels(place))
}

/// The posts over some places that somebody fills now.
pub(super) struct Filled(BTreeSet<(Uuid, String)>);

impl Filled {
    pub(super) async fn of(
        db: &impl Conn,
        places: impl IntoIterator<Item = &Lineage>,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let wanted: BTreeSet<_> = places
            .into_iter()
            .flat_map(ladder::posts)
            .map(|post| (post.place, post.role.code().to_owned()))
            .collect();
        let wanted: Vec<_> = wanted.into_iter().collect();
        Ok(Self(store::staffed(db, &wanted, now).await?))
    }

    /// The levels at which somebody answers for this place.
    pub(super) fn levels(&self, place: &Lineage) -> BTreeSet<law::Level> {
        let is_filled = |post: &ladder::Post| self.0.contains(&(post.place, post.role.code().to_owned()));
        ladder::posts(place).filter(is_filled).map(|post| post.level).collect()
    }
}

/// Everything that can be reported, in the order in which it is offered.
pub fn categories() -> Result<Categories> {
    let items: Result<Vec<Category>> = law::category::all().iter().map(show_category).collect();
    Ok(Categories { items: items? })
}

fn show_category(category: &law::Category) -> Result<Category> {
    let channel = |channel: &law::category::Channel| Channel {
        phone: channel.phone.clone(),
        zh: channel.zh.clone(),
        en: channel.en.clone(),
    };
    let terms = |terms: &law::Terms| {
        Ok::<_, Problem>(Terms {
            enters_at: wire(terms.enters_at)?,
            absorbs_at: wire(terms.absorbs_at)?,
            first_contact_seconds: terms.first_contact.get(),
            handling_seconds: terms.handling.get(),
            evidence: terms.evidence,
        })
    };
    Ok(Category {
        code: category.code.clone(),
        name: Name { zh: category.name.zh.clone(), en: category.name.en.clone() },
        severity: category.severity,
        call_first: category.call_first.iter().map(channel).collect(),
        diverts_to: category.diverts_to().iter().map(channel).collect(),
        terms: category.terms().ok().map(terms).transpose()?,
    })
}

/// A level as the contract names it.
pub(super) fn wire(level: law::Level) -> Result<Level> {
    ladder::access_level(level)
        .ok_or_else(|| Problem::internal("a level of the ladder is not one of the tree"))
}

/// Where a report may be made, with its complex.
async fn reportable(db: &impl Conn, viewer: &Viewer, place: Uuid) -> Result<(Lineage, Uuid)> {
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::ReportIncident, &place, None)?;
    let outside = || Problem::member("/place_id", "LEVEL", "name a complex or a place in one");
    let complex = place.at(Level::Complex).ok_or_else(outside)?;
    Ok((place, complex))
}

/// Refuses what an emergency service must hear first, and keeps in the record that somebody was sent there. Its own
/// transaction: the refusal undoes the caller's. Under the report's key, so that a retry is refused again and told once.
pub async fn divert(app: &App, viewer: &Viewer, once: &Once, input: &Input<ReportIncident>) -> Result<()> {
    let request = &input.value;
    let Some(refusal) = law::category::find(&request.category).and_then(|category| category.terms().err())
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

/// A report becomes an incident with its first holder.
pub(crate) async fn report(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    request: &ReportIncident,
) -> Result<Incident> {
    let (place, complex) = reportable(tx.conn(), viewer, request.place_id).await?;
    let unknown = || Problem::internal(format!("no category {}", request.category));
    let category = law::category::find(&request.category).ok_or_else(unknown)?;
    let terms = category.terms()?;
    let staffed = staffed(tx.conn(), &place, tx.now).await?;
    let incident = law::Incident::report(terms, &staffed, tx.now);
    let id = tx.id();
    let tenure = rows::tenure_row((complex, id), &place, &incident.tenure, None)?;
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
        terms: serde_json::to_string(terms).map_err(Problem::internal)?,
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
        rework: 0,
        climbs: 0,
        rating: None,
        reported_at: tx.now,
        closed_at: None,
        version: 1,
    };
    rows::write(&mut row, &incident, &tenure);
    store::insert(tx.conn(), row.clone()).await?;
    store::insert_tenure(tx.conn(), tenure).await?;
    attach(tx, viewer, &row, &request.photo_ids, Purpose::Report).await?;
    let deed = Deed { act: "REPORT", kind: "INCIDENT_REPORTED", actor: Actor::Reporter, words: None };
    write_step(app, tx, &row, deed).await?;
    let parts = [b"incident".as_slice(), row.id.as_bytes(), request.description.as_bytes()];
    let commitment = Some(hex::encode(app.vault.mac(&parts)));
    tell(tx, &row, deed.kind, deed.actor, facts(&row), commitment).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

async fn attach(
    tx: &Tx,
    viewer: &Viewer,
    row: &::entity::incident::Model,
    photos: &[Uuid],
    purpose: Purpose,
) -> Result<()> {
    let to = uploads::Attachment::Incident { complex: row.complex_id, id: row.id };
    uploads::attach(tx, viewer.person, photos, to).await?;
    let purpose = match purpose {
        Purpose::Report => REPORT,
        Purpose::Evidence => EVIDENCE,
    };
    Ok(store::insert_photos(tx.conn(), row, photos, purpose).await?)
}

const REPORT: &str = "REPORT";
const EVIDENCE: &str = "EVIDENCE";

/// The holder has seen it and taken it on.
pub(crate) async fn acknowledge(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.held_by(viewer)?;
    let then = hand.now.acknowledge(&hand.terms, tx.now)?;
    let deed = Deed { act: law::Act::Acknowledge.code(), kind: "INCIDENT_ACKNOWLEDGED", actor, words: None };
    let row = hand.stays(app, tx, then, deed).await?;
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
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.held_by(viewer)?;
    let then = hand.now.handle(&request.words, request.photo_ids.len(), &hand.terms, tx.now)?;
    let deed =
        Deed { act: law::Act::Handle.code(), kind: "INCIDENT_HANDLED", actor, words: Some(&request.words) };
    let row = hand.stays(app, tx, then, deed).await?;
    attach(tx, viewer, &row, &request.photo_ids, Purpose::Evidence).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The reporter says that it is resolved, and how well.
pub(crate) async fn confirm(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &ConfirmIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.reported_by(viewer)?;
    let then = hand.now.confirm(law::Rating::new(request.rating)?, tx.now)?;
    let words = request.reason.as_deref();
    let deed = Deed { act: law::Act::Confirm.code(), kind: "INCIDENT_CONFIRMED", actor, words };
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The reporter says that it is not resolved, and why.
pub(crate) async fn send_back(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &ReturnIncident,
) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.reported_by(viewer)?;
    let staffed = staffed(tx.conn(), &hand.place, tx.now).await?;
    let back = hand.now.send_back(&request.reason, &hand.terms, &staffed, tx.now)?;
    let deed = Deed {
        act: law::Act::SendBack.code(),
        kind: "INCIDENT_RETURNED",
        actor,
        words: Some(&request.reason),
    };
    let row = match back {
        law::SentBack::ToHolder(then) => hand.stays(app, tx, then, deed).await?,
        law::SentBack::ToAnother(passed) => hand.passes(app, tx, passed, deed).await?,
    };
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
    use law::HandReason;
    let hand = InHand::lock(tx, viewer, id).await?;
    let (actor, towards) = match request.reason {
        HandReason::ByHand | HandReason::OutOfScope | HandReason::Severity => (hand.held_by(viewer)?, None),
        HandReason::Dissatisfied | HandReason::ResidentRequest => (hand.reported_by(viewer)?, None),
        HandReason::OfficerPull => {
            let (level, actor) = hand.above(viewer)?;
            (actor, Some(level))
        }
    };
    let staffed = match towards {
        Some(level) => BTreeSet::from([level]),
        None => staffed(tx.conn(), &hand.place, tx.now).await?,
    };
    let climbed = hand.now.climb_by_hand(request.reason, &request.words, &hand.terms, &staffed, tx.now)?;
    let deed =
        Deed { act: law::Act::Climb.code(), kind: "INCIDENT_CLIMBED", actor, words: Some(&request.words) };
    let row = hand.passes(app, tx, climbed, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The reporter takes it back.
pub(crate) async fn withdraw(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Incident> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let actor = hand.reported_by(viewer)?;
    let then = hand.now.withdraw(tx.now)?;
    let deed = Deed { act: law::Act::Withdraw.code(), kind: "INCIDENT_WITHDRAWN", actor, words: None };
    let row = hand.stays(app, tx, then, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// An incident, for its reporter and the holders of its ladder.
pub async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<Incident> {
    let row = store::find(app.db.read(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let place = places::lineage(app.db.read(), row.place_id).await?;
    require_reader(viewer, &row, &place)?;
    show(app, viewer, app.db.read(), row, app.clock.now()).await
}

/// Whether the viewer may see an incident, and with it its photos.
pub(crate) async fn may_read(app: &App, viewer: &Viewer, id: Uuid) -> Result<bool> {
    Ok(!readable(app, viewer, HashSet::from([id])).await?.is_empty())
}

/// Those of some incidents that the viewer may see.
pub(crate) async fn readable(app: &App, viewer: &Viewer, ids: HashSet<Uuid>) -> Result<HashSet<Uuid>> {
    if ids.is_empty() {
        return Ok(ids);
    }
    let known = store::ladders(app.db.read(), ids).await?;
    let places = places::lineages(app.db.read(), known.iter().map(|one| one.place_id)).await?;
    let mut readable = HashSet::new();
    for one in known {
        let place =
            places.get(&one.place_id).ok_or_else(|| Problem::internal("an incident's place is gone"))?;
        if ladder::may_read(viewer, place, one.reporter_id, rows::level(&one.lowest_level)?) {
            readable.insert(one.id);
        }
    }
    Ok(readable)
}

/// To whoever may not read it an incident does not exist.
fn require_reader(viewer: &Viewer, row: &::entity::incident::Model, place: &Lineage) -> Result<()> {
    let lowest = rows::level(&row.lowest_level)?;
    if ladder::may_read(viewer, place, row.reporter_id, lowest) { Ok(()) } else { Err(NOT_FOUND.plain()) }
}

/// Names of places as they are needed.
pub(super) struct Names(HashMap<Uuid, (String, String)>);

impl Names {
    pub(super) async fn of(db: &impl Conn, ids: impl IntoIterator<Item = Uuid>) -> Result<Self> {
        Ok(Self(store::names(db, ids).await?))
    }

    pub(super) fn place(&self, id: Uuid) -> Result<NamedPlace> {
        let (level, name) =
            self.0.get(&id).ok_or_else(|| Problem::internal("an incident's place is gone"))?;
        let level = Level::parse(level).ok_or_else(|| Problem::internal("a place has no level"))?;
        Ok(NamedPlace { id, level, name: name.clone() })
    }
}

async fn show(
    app: &App,
    viewer: &Viewer,
    db: &impl Conn,
    row: ::entity::incident::Model,
    now: DateTime<Utc>,
) -> Result<Incident> {
    let place = places::lineage(db, row.place_id).await?;
    let tenures = store::tenures(db, &row).await?;
    let names = Names::of(db, place.chain.iter().flatten().copied().chain([place.id])).await?;
    let earlier = tenures.len().saturating_sub(usize::from(store::SHOWN));
    let last = tenures.last().ok_or_else(|| Problem::internal("an incident has no tenure"))?;
    let incident = rows::incident(&row, last)?;
    let holder = match incident.tenure.due() {
        None => None,
        Some(due) => {
            let staffed = staffed(db, &place, now).await?;
            Some(Holding {
                level: wire(incident.tenure.level)?,
                place: names.place(last.place_id)?,
                role: role(&last.role)?,
                since: local(last.entered_at),
                acknowledged_at: last.acknowledged_at.map(local),
                due_at: local(due.at),
                due_kind: due.kind,
                then: then(&names, &place, incident.tenure.level, due.kind, &staffed, &rows::terms(&row)?)?,
            })
        }
    };
    let step = |step: ::entity::incident_step::Model| {
        let words = step.words_cipher.map(|words| app.vault.text(WORDS, &words)).transpose();
        Ok::<_, Problem>(Step {
            act: step.act,
            actor: step.actor_role,
            words: words.map_err(Problem::internal)?,
            at: local(step.at),
        })
    };
    let photo = |photo: ::entity::incident_photo::Model| Photo {
        id: photo.upload_id,
        purpose: if photo.purpose == EVIDENCE { Purpose::Evidence } else { Purpose::Report },
    };
    Ok(Incident {
        id: row.id,
        place: names.place(row.place_id)?,
        reporter: if row.reporter_id == viewer.person { Reporter::You } else { Reporter::Resident },
        severity: severity(&row)?,
        description: app.vault.text(DESCRIPTION, &row.description_cipher).map_err(Problem::internal)?,
        status: incident.status,
        holder,
        rework: incident.rework,
        climbs: incident.climbs,
        rating: incident.rating.map(law::Rating::get),
        reported_at: local(row.reported_at),
        closed_at: row.closed_at.map(local),
        steps: store::steps(db, &row).await?.into_iter().map(step).collect::<Result<_>>()?,
        photos: store::photos(db, &row).await?.into_iter().map(photo).collect(),
        version: row.version,
        category: row.category,
        tenures: tenures
            .iter()
            .skip(earlier)
            .map(|tenure| show_tenure(&names, tenure))
            .collect::<Result<_>>()?,
    })
}

pub(super) fn severity(row: &::entity::incident::Model) -> Result<law::Severity> {
    law::Severity::from_code(&row.severity).ok_or_else(|| Problem::internal("an incident has no severity"))
}

pub(super) fn role(code: &str) -> Result<law::Holder> {
    law::Holder::from_code(code).ok_or_else(|| Problem::internal("no such holder"))
}

fn show_tenure(names: &Names, row: &::entity::tenure::Model) -> Result<Tenure> {
    let tenure = rows::tenure(row)?;
    Ok(Tenure {
        seq: tenure.seq,
        level: wire(tenure.level)?,
        place: names.place(row.place_id)?,
        role: role(&row.role)?,
        entered_at: local(tenure.entered_at),
        entered_by: tenure.entered_by,
        acknowledged_at: tenure.acknowledged_at.map(local),
        handled_at: tenure.handled_at.map(local),
        shouts: tenure.shouts,
        exited_at: tenure.exit().map(|exit| local(exit.at)),
        exit: tenure.exit().map(|exit| exit.how),
    })
}

/// What happens by itself when the clock runs out.
pub(super) fn then(
    names: &Names,
    place: &Lineage,
    level: law::Level,
    due: law::DueKind,
    staffed: &BTreeSet<law::Level>,
    terms: &law::Terms,
) -> Result<Then> {
    if due == law::DueKind::Confirm {
        return Ok(Then::Settles);
    }
    Ok(match law::ladder::next_level(level, staffed, terms) {
        law::Next::StaysAtTop { remind_every } => Then::Shouts { every_seconds: remind_every.get() },
        law::Next::To(level) => {
            let post = ladder::post(place, level);
            Then::Climbs { level: wire(level)?, place: names.place(post.place)?, role: post.role }
        }
    })
}
