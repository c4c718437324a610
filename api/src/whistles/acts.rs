//! Convening others, being there, committing to something, and what came of it.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, HashSet},
};

use chrono::{DateTime, SubsecRound, Utc};
use rules::{
    commitments as promise,
    figures::whistle as score,
    incidents::{Holder, Severity},
    whistles as law,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    COMMITMENT_SETTLED, COMMITMENTS_PENDING, EXTENSIONS_USED_UP, POST_CANNOT_BE_CONVENED, POST_EMPTY,
    REPORTED_IN_ALREADY, WHISTLE_ELSEWHERE,
    model::{
        BlowWhistle, BlowWhistleOverIncident, Call, CallOffWhistle, CloseWhistle, Commitment, CommitmentPath,
        ExtendCommitment, MinuteWhistle, SettleCommitment, Side, Step, Whistle, WhistleLine, WhistleQuery,
    },
    rows, store,
};
use crate::{
    access::{Level, Lineage, Permission, Role, Viewer},
    app::App,
    calendar::acts as calendar,
    clock::local,
    database::{Conn, Tx},
    figures::acts as figures,
    http::{
        paging::{Cursors, List},
        problem::{NOT_ALLOWED, NOT_FOUND, Problem, Result},
    },
    incidents::acts::{self as incidents, Names},
    places,
    record::{self, Audience, Event},
};

const SUBJECT: &str = "whistle.subject";
const WHAT: &str = "whistle_commitment.what";
const WORDS: &str = "whistle_step.words";

/// Who does what the clock does.
const CLOCK: &str = "CLOCK";

/// Alarms looked for at once.
const BATCH: u64 = 50;

impl From<law::Refusal> for Problem {
    fn from(refusal: law::Refusal) -> Self {
        let words = refusal.to_string();
        match refusal {
            law::Refusal::NotAbove { .. } | law::Refusal::Twice { .. } => {
                POST_CANNOT_BE_CONVENED.because(words)
            }
            law::Refusal::WrongStatus { .. } => WHISTLE_ELSEWHERE.because(words),
            law::Refusal::ReportedAlready { .. } => REPORTED_IN_ALREADY.because(words),
            law::Refusal::CommitmentsPending { .. } => COMMITMENTS_PENDING.because(words),
            law::Refusal::NotThere { .. } => Problem::member("/commitments", "POST", words),
        }
    }
}

impl From<promise::Refusal> for Problem {
    fn from(refusal: promise::Refusal) -> Self {
        let words = refusal.to_string();
        match refusal {
            promise::Refusal::DueOutOfReach { .. } | promise::Refusal::NotLonger { .. } => {
                Self::member("/due_at", "BOUND", words)
            }
            promise::Refusal::ExtensionsUsedUp => EXTENSIONS_USED_UP.because(words),
            promise::Refusal::Settled { .. } => COMMITMENT_SETTLED.because(words),
            promise::Refusal::ReasonMissing => Self::member("/words", "BOUND", words),
        }
    }
}

type Row = ::entity::whistle::Model;
type CallRow = ::entity::whistle_call::Model;
type CommitmentRow = ::entity::whistle_commitment::Model;

/// Whom to convene, by whom, about what.
struct Blow<'a> {
    complex: Uuid,
    place: Lineage,
    incident: Option<Uuid>,
    severity: Severity,
    convener: law::Post,
    subject: &'a str,
    lead: law::Post,
    assist: &'a [law::Post],
}

/// Goes on only where the viewer may convene others.
pub(super) async fn may_blow(app: &App, viewer: &Viewer, place: Uuid) -> Result<()> {
    let place = places::lineage(app.db.read(), place).await?;
    viewer.require(Permission::BlowWhistle, &place, None)
}

/// A level convenes others about a place.
pub(crate) async fn blow_at(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    place: Uuid,
    request: &BlowWhistle,
) -> Result<Whistle> {
    let place = places::lineage(tx.conn(), place).await?;
    viewer.require(Permission::BlowWhistle, &place, None)?;
    let role = viewer.acting_as(Permission::BlowWhistle, &place).ok_or_else(|| NOT_FOUND.plain())?;
    let outside = || POST_CANNOT_BE_CONVENED.because("name a complex or a place in one");
    let blow = Blow {
        complex: place.at(Level::Complex).ok_or_else(outside)?,
        place,
        incident: None,
        severity: request.severity,
        convener: rows::post(role.as_str())?,
        subject: &request.subject,
        lead: request.lead,
        assist: &request.assist,
    };
    blow_it(app, viewer, tx, blow).await
}

/// The holder of an incident convenes others about it.
pub(crate) async fn blow_over(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    incident: Uuid,
    request: &BlowWhistleOverIncident,
) -> Result<Whistle> {
    let matter = incidents::whistle(app, viewer, tx, incident).await?;
    let blow = Blow {
        complex: matter.complex,
        place: matter.place,
        incident: Some(incident),
        severity: matter.severity,
        convener: rows::post(matter.holder.code())?,
        subject: &request.subject,
        lead: request.lead,
        assist: &request.assist,
    };
    blow_it(app, viewer, tx, blow).await
}

async fn blow_it(app: &App, viewer: &Viewer, tx: &Tx, blow: Blow<'_>) -> Result<Whistle> {
    let calendar = calendar::known(tx.conn()).await?;
    let (whistle, calls) =
        law::Whistle::blow(blow.convener, blow.lead, blow.assist, blow.severity, &calendar, tx.now)?;
    let posts = calls.iter().map(|call| Ok((place_of(call.post, &blow.place)?, call.post.code().to_owned())));
    let posts = posts.collect::<Result<Vec<_>>>()?;
    let filled = incidents::filled(tx.conn(), &posts, tx.now).await?;
    if let Some((_, role)) = posts.iter().find(|post| !filled.contains(post)) {
        return Err(POST_EMPTY.because(format!("nobody is there as {role}")));
    }
    let mut row = Row {
        complex_id: blow.complex,
        id: tx.id(),
        place_id: blow.place.id,
        incident_id: blow.incident,
        severity: blow.severity.code().into(),
        convener_place_id: place_of(blow.convener, &blow.place)?,
        convener_role: blow.convener.code().into(),
        subject_cipher: app.vault.seal(SUBJECT, blow.subject.as_bytes()).map_err(Problem::internal)?,
        status: String::new(),
        outcome: None,
        blown_at: tx.now,
        ended_at: None,
        version: 0,
    };
    rows::write(&mut row, whistle);
    let call = |(call, (place_id, role)): (&law::Call, (Uuid, String))| CallRow {
        complex_id: row.complex_id,
        whistle_id: row.id,
        role,
        place_id,
        part: call.part.code().into(),
        due_at: call.due_at,
        alarm_at: Some(call.due_at),
        reported_at: None,
    };
    let called: Vec<_> = calls.iter().zip(posts).map(call).collect();
    let facts = json!({
        "severity": row.severity,
        "incident_id": row.incident_id,
        "convener": row.convener_role,
        "calls": called.iter().map(|call| json!({ "role": call.role, "part": call.part })).collect::<Vec<_>>(),
        "due_at": called.first().map(|call| local(call.due_at)),
        "notify": called.iter().map(|call| &call.role).collect::<Vec<_>>(),
    });
    store::insert(tx.conn(), row.clone(), called).await?;
    let deed =
        Deed { act: law::Act::Blow.code(), kind: "WHISTLE_BLOWN", role: blow.convener.code(), ..SILENT };
    tell(app, tx, &row, Deed { words: Some(blow.subject), facts, ..deed }).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Where a post stands over a place; the place has to have its level.
fn place_of(post: law::Post, place: &Lineage) -> Result<Uuid> {
    let at = Level::parse(post.level().code()).and_then(|level| place.at(level));
    at.ok_or_else(|| POST_CANNOT_BE_CONVENED.because(format!("there is no place for {post} here")))
}

/// A whistle whose row this transaction holds.
struct InHand {
    row: Row,
    place: Lineage,
    now: law::Whistle,
    calls: Vec<CallRow>,
}

impl InHand {
    /// Locks a whistle that the viewer may see; to anybody else it does not exist.
    async fn lock(tx: &Tx, viewer: &Viewer, id: Uuid) -> Result<Self> {
        let row = store::lock(tx.conn(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
        let hand = Self::take(tx, row).await?;
        let may = may_read(viewer, &hand.place, hand.now.convener, &hand.calls);
        if may { Ok(hand) } else { Err(NOT_FOUND.plain()) }
    }

    async fn take(tx: &Tx, row: Row) -> Result<Self> {
        let place = places::lineage(tx.conn(), row.place_id).await?;
        let calls = store::calls(tx.conn(), &row).await?;
        Ok(Self { now: rows::whistle(&row)?, row, place, calls })
    }

    fn answers_as(&self, viewer: &Viewer, permission: Permission, post: &str) -> bool {
        viewer.may_as(permission, &self.place, None, |role| role.as_str() == post)
    }

    /// Goes on only for who convened.
    fn convened_by(&self, viewer: &Viewer) -> Result<()> {
        let convener = self.now.convener;
        if self.answers_as(viewer, Permission::BlowWhistle, convener.code()) {
            Ok(())
        } else if viewer.may(Permission::BlowWhistle, &self.place, None) {
            Err(NOT_ALLOWED.because(format!("it is held by {convener}, who convened")))
        } else {
            Err(NOT_ALLOWED.because("only who convened may do this"))
        }
    }

    async fn commitment(&self, tx: &Tx, id: Uuid) -> Result<CommitmentRow> {
        let all = store::commitments(tx.conn(), &self.row).await?;
        all.into_iter().find(|one| one.id == id).ok_or_else(|| NOT_FOUND.because("no such commitment"))
    }

    /// Writes what a deed decided about the posts, for their figures.
    async fn score(&self, tx: &Tx, scored: Vec<score::Scored>) -> Result<()> {
        let category = match self.row.incident_id {
            Some(incident) => Some(incidents::face(tx.conn(), incident).await?.category),
            None => None,
        };
        let called = self.calls.iter().map(|call| Ok((rows::post(&call.role)?, call.place_id)));
        let mut posts = called.collect::<Result<Vec<_>>>()?;
        posts.push((self.now.convener, self.row.convener_place_id));
        let whistled = figures::Whistled { row: &self.row, place: &self.place, category, posts, at: tx.now };
        figures::note_whistle(tx, &whistled, scored).await
    }

    fn called(row: &CallRow) -> Result<score::Called> {
        Ok(score::Called { call: rows::call(row)?, alarm_at: row.alarm_at })
    }

    /// Saves a move with its step and event.
    async fn save(mut self, app: &App, tx: &Tx, then: law::Whistle, deed: Deed<'_>) -> Result<Row> {
        rows::write(&mut self.row, then);
        store::save(tx.conn(), &self.row).await?;
        tell(app, tx, &self.row, deed).await?;
        Ok(self.row)
    }
}

/// One deed, as its step and its event tell it.
struct Deed<'a> {
    act: &'static str,
    kind: &'static str,
    role: &'a str,
    commitment: Option<Uuid>,
    words: Option<&'a str>,
    facts: Value,
}

/// A deed of which there is nothing more to say.
const SILENT: Deed<'static> =
    Deed { act: "", kind: "", role: CLOCK, commitment: None, words: None, facts: Value::Null };

/// Writes a move's step and event; `row` has its version.
async fn tell(app: &App, tx: &Tx, row: &Row, deed: Deed<'_>) -> Result<()> {
    let sealed = deed.words.map(|words| app.vault.seal(WORDS, words.as_bytes())).transpose();
    let step = ::entity::whistle_step::Model {
        complex_id: row.complex_id,
        whistle_id: row.id,
        version: row.version,
        act: deed.act.into(),
        role: deed.role.into(),
        commitment_id: deed.commitment,
        words_cipher: sealed.map_err(Problem::internal)?,
        at: tx.now,
    };
    store::insert_step(tx.conn(), step).await?;
    let version = row.version.to_be_bytes();
    let commitment = |words: &str| {
        hex::encode(app.vault.mac(&[b"whistle_step", row.id.as_bytes(), &version, words.as_bytes()]))
    };
    let event = Event {
        kind: deed.kind,
        complex: row.complex_id,
        place: row.place_id,
        subject_type: "WHISTLE",
        subject: row.id,
        version: row.version,
        role: deed.role.into(),
        audience: Audience::Handlers,
        person: None,
        facts: if deed.facts.is_null() { json!({}) } else { deed.facts },
        commitment: deed.words.map(commitment),
    };
    record::write(tx, event).await
}

/// A post that is convened is there.
pub(crate) async fn report_in(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Whistle> {
    let hand = InHand::lock(tx, viewer, id).await?;
    let mine = hand.calls.iter().filter(|call| hand.answers_as(viewer, Permission::ReportIn, &call.role));
    // Whoever fills several posts is there first for one that is still waited for.
    let own = mine.min_by_key(|call| call.reported_at).cloned();
    let mut own = own.ok_or_else(|| NOT_ALLOWED.because("only who is convened reports in"))?;
    let call = rows::call(&own)?.report_in(hand.now, tx.now)?;
    hand.score(tx, vec![score::came(&InHand::called(&own)?, tx.now)]).await?;
    own.reported_at = call.reported_at;
    own.alarm_at = None;
    store::save_call(tx.conn(), &own).await?;
    let facts = json!({ "role": own.role, "punctuality": call.punctuality(hand.now, tx.now).code() });
    let now = hand.now;
    let deed =
        Deed { act: law::Act::ReportIn.code(), kind: "WHISTLE_REPORTED_IN", role: &own.role, ..SILENT };
    let row = hand.save(app, tx, now, Deed { facts, ..deed }).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The convener writes down what was said and who committed to what.
pub(crate) async fn minute(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &MinuteWhistle,
) -> Result<Whistle> {
    let hand = InHand::lock(tx, viewer, id).await?;
    hand.convened_by(viewer)?;
    let then = hand.now.minute()?;
    let calls = hand.calls.iter().map(rows::call).collect::<std::result::Result<Vec<_>, _>>()?;
    let before = store::commitments(tx.conn(), &hand.row).await?.len();
    let most = usize::try_from(store::SHOWN).unwrap_or(usize::MAX);
    if before + request.commitments.len() > most {
        return Err(Problem::member(
            "/commitments",
            "BOUND",
            format!("a whistle has {most} commitments at most"),
        ));
    }
    let mut made = Vec::new();
    for (number, new) in request.commitments.iter().enumerate() {
        then.commits(new.role, &calls)?;
        let due_at = new.due_at.to_utc().trunc_subsecs(6);
        let commitment = promise::Commitment::make(due_at, tx.now).map_err(|refusal| {
            Problem::member(&format!("/commitments/{number}/due_at"), "BOUND", refusal.to_string())
        })?;
        let mut row = CommitmentRow {
            complex_id: hand.row.complex_id,
            whistle_id: hand.row.id,
            id: tx.id(),
            role: new.role.code().into(),
            what_cipher: app.vault.seal(WHAT, new.what.as_bytes()).map_err(Problem::internal)?,
            made_at: tx.now,
            due_at,
            alarm_at: None,
            extensions: 0,
            state: String::new(),
            settled_at: None,
        };
        rows::write_commitment(&mut row, &commitment);
        made.push(row);
    }
    let commitments =
        made.iter().map(|one| json!({ "id": one.id, "role": one.role, "due_at": local(one.due_at) }));
    let committed: BTreeSet<_> = made.iter().map(|one| one.role.clone()).collect();
    let facts = json!({ "commitments": commitments.collect::<Vec<_>>(), "notify": committed });
    store::insert_commitments(tx.conn(), made).await?;
    let convener = then.convener.code();
    let deed = Deed { act: law::Act::Minute.code(), kind: "WHISTLE_MINUTED", role: convener, ..SILENT };
    let row = hand.save(app, tx, then, Deed { words: Some(&request.minutes), facts, ..deed }).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Whoever committed to it, or the convener, says what became of a commitment.
pub(crate) async fn settle(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    path: CommitmentPath,
    request: &SettleCommitment,
) -> Result<Whistle> {
    let hand = InHand::lock(tx, viewer, path.whistle_id).await?;
    let mut commitment = hand.commitment(tx, path.commitment_id).await?;
    let post = rows::post(&commitment.role)?;
    let role = if hand.answers_as(viewer, Permission::ReportIn, post.code()) {
        post
    } else if hand.answers_as(viewer, Permission::BlowWhistle, hand.now.convener.code()) {
        hand.now.convener
    } else {
        return Err(
            NOT_ALLOWED.because(format!("it is held by {post}: only they and who convened may say so"))
        );
    };
    let (act, kind) = match request.outcome {
        promise::Settlement::Kept => (law::Act::Keep, "WHISTLE_COMMITMENT_KEPT"),
        promise::Settlement::Broken => (law::Act::Break, "WHISTLE_COMMITMENT_BROKEN"),
    };
    hand.now.may(act)?;
    let then = rows::commitment(&commitment)?.settle(request.outcome, &request.words, tx.now)?;
    rows::write_commitment(&mut commitment, &then);
    let settled = then.settled.map(|settled| score::settled(post, then.due_at, settled));
    hand.score(tx, settled.into_iter().collect()).await?;
    let facts = json!({ "id": commitment.id, "role": commitment.role, "late": then.is_late(tx.now) });
    let deed = Deed { act: act.code(), kind, role: role.code(), commitment: Some(commitment.id), ..SILENT };
    let deed = Deed { words: Some(&request.words), facts, ..deed };
    change(app, viewer, tx, hand, &commitment, deed).await
}

/// The convener gives a commitment more time.
pub(crate) async fn extend(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    path: CommitmentPath,
    request: &ExtendCommitment,
) -> Result<Whistle> {
    let hand = InHand::lock(tx, viewer, path.whistle_id).await?;
    hand.convened_by(viewer)?;
    let mut commitment = hand.commitment(tx, path.commitment_id).await?;
    hand.now.may(law::Act::Extend)?;
    let due_at = request.due_at.to_utc().trunc_subsecs(6);
    let then = rows::commitment(&commitment)?.extend(due_at, &request.words, tx.now)?;
    rows::write_commitment(&mut commitment, &then);
    let facts = json!({ "id": commitment.id, "role": commitment.role, "due_at": local(then.due_at) });
    let deed = Deed {
        act: law::Act::Extend.code(),
        kind: "WHISTLE_COMMITMENT_EXTENDED",
        role: hand.now.convener.code(),
        commitment: Some(commitment.id),
        words: Some(&request.words),
        facts,
    };
    change(app, viewer, tx, hand, &commitment, deed).await
}

/// Saves what happened to a commitment.
async fn change(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    hand: InHand,
    commitment: &CommitmentRow,
    deed: Deed<'_>,
) -> Result<Whistle> {
    store::save_commitment(tx.conn(), commitment).await?;
    let now = hand.now;
    let row = hand.save(app, tx, now, deed).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// The convener says what came of it.
pub(crate) async fn close(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &CloseWhistle,
) -> Result<Whistle> {
    let hand = InHand::lock(tx, viewer, id).await?;
    hand.convened_by(viewer)?;
    let commitments = store::commitments(tx.conn(), &hand.row).await?;
    let commitments = commitments.iter().map(rows::commitment).collect::<std::result::Result<Vec<_>, _>>()?;
    let then = hand.now.close(request.outcome, &commitments, tx.now)?;
    let deed =
        Deed { act: law::Act::Close.code(), kind: "WHISTLE_CLOSED", role: then.convener.code(), ..SILENT };
    end(app, viewer, tx, hand, then, Deed { words: Some(&request.words), ..deed }).await
}

/// The convener takes it back.
pub(crate) async fn call_off(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &CallOffWhistle,
) -> Result<Whistle> {
    let hand = InHand::lock(tx, viewer, id).await?;
    hand.convened_by(viewer)?;
    let then = hand.now.call_off(tx.now)?;
    let role = then.convener.code();
    let deed = Deed { act: law::Act::CallOff.code(), kind: "WHISTLE_CALLED_OFF", role, ..SILENT };
    end(app, viewer, tx, hand, then, Deed { words: Some(&request.words), ..deed }).await
}

/// Saves an end: nobody is waited for any more, and both sides' scores are told.
async fn end(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    hand: InHand,
    then: law::Whistle,
    deed: Deed<'_>,
) -> Result<Whistle> {
    let calls = hand.calls.iter().map(InHand::called).collect::<Result<Vec<_>>>()?;
    hand.score(tx, score::ended(then, &calls, tx.now)).await?;
    store::end_calls(tx.conn(), &hand.row).await?;
    let mut scores = serde_json::Map::new();
    for call in &hand.calls {
        scores.insert(call.role.clone(), json!(rows::call(call)?.punctuality(then, tx.now).code()));
    }
    let facts = json!({ "outcome": then.outcome.map(law::Outcome::code), "calls": scores });
    let row = hand.save(app, tx, then, Deed { facts, ..deed }).await?;
    show(app, viewer, tx.conn(), row, tx.now).await
}

/// Tells of posts that did not come while there was time, and of commitments that are overdue; each once. Answers how
/// many there were.
pub async fn tick(app: &App) -> Result<usize> {
    let (db, now) = (app.db.read(), app.clock.now());
    let mut alarms = store::missing(db, now, BATCH).await?;
    alarms.extend(store::overdue(db, now, BATCH).await?);
    for alarm in &alarms {
        app.write(async |tx| sound(app, tx, alarm).await).await?;
    }
    Ok(alarms.len())
}

async fn sound(app: &App, tx: &Tx, alarm: &store::Alarm) -> Result<()> {
    let Some(row) = store::lock(tx.conn(), alarm.whistle_id).await? else { return Ok(()) };
    let hand = InHand::take(tx, row).await?;
    // Somebody may have been quicker, before the row was locked.
    let is_due = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at <= tx.now);
    let deed = match alarm.id {
        None => {
            let late = hand.calls.iter().find(|call| call.role == alarm.role && is_due(call.alarm_at));
            let Some(late) = late else { return Ok(()) };
            store::save_call(tx.conn(), &CallRow { alarm_at: None, ..late.clone() }).await?;
            hand.score(tx, vec![score::missed(rows::post(&late.role)?)]).await?;
            let notify = [late.role.as_str(), hand.now.convener.code()];
            let facts = json!({ "role": late.role, "due_at": local(late.due_at), "notify": notify });
            Deed { act: "MISSING", kind: "WHISTLE_REPORT_IN_MISSING", facts, ..SILENT }
        }
        Some(id) => {
            let late = hand.commitment(tx, id).await?;
            if !is_due(late.alarm_at) {
                return Ok(());
            }
            let notify = [late.role.as_str(), hand.now.convener.code()];
            let facts =
                json!({ "id": id, "role": late.role, "due_at": local(late.due_at), "notify": notify });
            store::save_commitment(tx.conn(), &CommitmentRow { alarm_at: None, ..late }).await?;
            let commitment = Some(id);
            Deed { act: "OVERDUE", kind: "WHISTLE_COMMITMENT_OVERDUE", commitment, facts, ..SILENT }
        }
    };
    let now = hand.now;
    hand.save(app, tx, now, deed).await?;
    Ok(())
}

/// Who convened, who was convened, and of the ladder who stands as high as who convened.
fn may_read(viewer: &Viewer, place: &Lineage, convener: law::Post, calls: &[CallRow]) -> bool {
    let above = |role: Role| {
        let holder = Holder::from_code(role.as_str());
        holder.is_some_and(|holder| holder.level() > convener.level())
    };
    viewer.may_as(Permission::ReadWhistle, place, None, |role| {
        role.as_str() == convener.code() || calls.iter().any(|call| call.role == role.as_str()) || above(role)
    })
}

/// Those of some whistles that the viewer may see.
pub(crate) async fn readable(app: &App, viewer: &Viewer, ids: HashSet<Uuid>) -> Result<HashSet<Uuid>> {
    if ids.is_empty() {
        return Ok(ids);
    }
    let db = app.db.read();
    let known = store::find_all(db, ids).await?;
    let calls = store::convened(db, &known).await?;
    let places = places::lineages(db, known.iter().map(|row| row.place_id).collect::<HashSet<_>>()).await?;
    let mut readable = HashSet::new();
    for row in &known {
        let calls = calls.get(&row.id).map(Vec::as_slice).unwrap_or_default();
        let convener = rows::post(&row.convener_role)?;
        if places.get(&row.place_id).is_some_and(|place| may_read(viewer, place, convener, calls)) {
            readable.insert(row.id);
        }
    }
    Ok(readable)
}

/// A whistle, for those who may see it.
pub async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<Whistle> {
    let db = app.db.read();
    let row = store::find(db, id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    show(app, viewer, db, row, app.clock.now()).await
}

/// The viewer's whistles, newest first: one index walk for each place where they stand, no longer than the page.
pub async fn list(app: &App, viewer: &Viewer, query: &WhistleQuery) -> Result<List<WhistleLine>> {
    let (db, page) = (app.db.read(), query.page());
    let cursors = Cursors::new(&app.vault, format!("whistles {:?}", query.side), viewer.person);
    let before = cursors.position(&page)?;
    let (mut found, limit) = (HashMap::new(), page.limit() + 1);
    for grant in viewer.grants.iter().filter(|grant| law::Post::from_code(grant.role.as_str()).is_some()) {
        let post = (grant.place.id, grant.role.as_str());
        let rows = match query.side {
            Side::Called => store::calling(db, post, before, limit).await?,
            Side::Blown => store::convened_by(db, post, before, limit).await?,
        };
        found.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    let mut rows: Vec<Row> = found.into_values().collect();
    rows.sort_by_key(|row| Reverse(row.id));
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let names = Names::of(db, rows.iter().map(|row| row.place_id)).await?;
    let List { items, next_cursor } =
        cursors.page(rows, &page, |row| row.id.to_string(), |row| line(&names, &row));
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

fn severity(row: &Row) -> Result<Severity> {
    Severity::from_code(&row.severity).ok_or_else(|| Problem::internal("a whistle has no severity"))
}

fn line(names: &Names, row: &Row) -> Result<WhistleLine> {
    let now = rows::whistle(row)?;
    Ok(WhistleLine {
        id: row.id,
        place: names.place(row.place_id)?,
        incident_id: row.incident_id,
        severity: severity(row)?,
        convener: now.convener,
        status: now.status,
        outcome: now.outcome,
        blown_at: local(row.blown_at),
        version: row.version,
    })
}

/// To whoever may not see it, it does not exist.
async fn show(app: &App, viewer: &Viewer, db: &impl Conn, row: Row, at: DateTime<Utc>) -> Result<Whistle> {
    let place = places::lineage(db, row.place_id).await?;
    let (now, calls) = (rows::whistle(&row)?, store::calls(db, &row).await?);
    if !may_read(viewer, &place, now.convener, &calls) {
        return Err(NOT_FOUND.plain());
    }
    let names = Names::of(db, calls.iter().map(|call| call.place_id).chain([row.place_id])).await?;
    let text = |column, sealed: &[u8]| app.vault.text(column, sealed).map_err(Problem::internal);
    let call = |row: &CallRow| {
        let call = rows::call(row)?;
        Ok::<_, Problem>(Call {
            role: call.post,
            place: names.place(row.place_id)?,
            part: call.part,
            due_at: local(call.due_at),
            reported_at: call.reported_at.map(local),
            punctuality: call.punctuality(now, at),
        })
    };
    let commitment = |row: &CommitmentRow| {
        let commitment = rows::commitment(row)?;
        Ok::<_, Problem>(Commitment {
            id: row.id,
            role: rows::post(&row.role)?,
            what: text(WHAT, &row.what_cipher)?,
            due_at: local(commitment.due_at),
            extensions: commitment.extensions,
            state: commitment.state(),
            settled_at: commitment.settled.map(|settled| local(settled.at)),
            late: commitment.is_late(at),
        })
    };
    let step = |row: ::entity::whistle_step::Model| {
        Ok::<_, Problem>(Step {
            act: row.act,
            actor: row.role,
            commitment_id: row.commitment_id,
            words: row.words_cipher.map(|words| text(WORDS, &words)).transpose()?,
            at: local(row.at),
        })
    };
    Ok(Whistle {
        id: row.id,
        place: names.place(row.place_id)?,
        incident_id: row.incident_id,
        severity: severity(&row)?,
        convener: now.convener,
        subject: text(SUBJECT, &row.subject_cipher)?,
        status: now.status,
        outcome: now.outcome,
        calls: calls.iter().map(call).collect::<Result<_>>()?,
        commitments: store::commitments(db, &row).await?.iter().map(commitment).collect::<Result<_>>()?,
        steps: store::steps(db, &row).await?.into_iter().map(step).collect::<Result<_>>()?,
        blown_at: local(row.blown_at),
        ended_at: row.ended_at.map(local),
        version: row.version,
    })
}
