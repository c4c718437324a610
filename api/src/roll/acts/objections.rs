//! Objections to an entry of the roll, and their answers.

use chrono::{DateTime, Utc};
use rules::{
    packs::Says,
    polls::deadlines::{Clock, Said},
    roll::{
        corrections::{self as law, Actor, Ground, Outcome},
        showing,
    },
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        ROLL_CHANGE_DECIDED, ROLL_CHANGE_NEEDED, ROLL_CHANGE_NOTHING, ROLL_CHANGE_STALE, ROLL_LOCKED,
        ROLL_OBJECTION_ANSWERED, ROLL_OBJECTIONS_TOO_MANY, ROLL_OWN_HOME, ROLL_PLACE_MISFIT,
        ROLL_SECOND_PERSON, ROLL_SOURCE_WEAKER,
        model::corrections::{AnswerObjection, MakeObjection, Objection, ObjectionFilter},
        store::corrections as store,
    },
    require_complex,
};
use crate::{
    access::{Level, Lineage, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Problem, Result},
    },
    moderation,
    packs::acts as packs,
    places,
    record::{self, Audience, Event},
    uploads::{self, Attachment},
};

type Row = ::entity::roll_objection::Model;

/// Who tells what the clock does.
const CLOCK: &str = "CLOCK";

const WORDS: &str = "roll_objection.words";
const ANSWER: &str = "roll_objection.answer";

/// Objections of one person that wait for an answer at most.
const WAITING: u64 = 5;

/// Who is asked to act on what happens to a roll.
pub(super) const CORRECTORS: [Role; 2] = [Role::Preparer, Role::CommunityOfficer];

impl From<law::Refusal> for Problem {
    fn from(refusal: law::Refusal) -> Self {
        let problem = match refusal {
            law::Refusal::OwnHome => &ROLL_OWN_HOME,
            law::Refusal::SamePerson => &ROLL_SECOND_PERSON,
            law::Refusal::Locked(_) => &ROLL_LOCKED,
            law::Refusal::Decided(_) => &ROLL_CHANGE_DECIDED,
            law::Refusal::Stale => &ROLL_CHANGE_STALE,
            law::Refusal::NothingChanges => &ROLL_CHANGE_NOTHING,
            law::Refusal::WeakerSource { .. } => &ROLL_SOURCE_WEAKER,
            law::Refusal::Answered => &ROLL_OBJECTION_ANSWERED,
            law::Refusal::ChangeNeeded(_) => &ROLL_CHANGE_NEEDED,
        };
        problem.because(refusal.to_string())
    }
}

/// Goes on only if the viewer may object there; of a home that is missing on a roll anybody may who may claim one.
async fn may_object(db: &impl Conn, viewer: &Viewer, place: &Lineage, ground: Ground) -> Result<()> {
    match place.level {
        Level::Home => {
            let complex = place.at(Level::Complex).unwrap_or_default();
            let claims = store::claims(db, complex, place.id, viewer.person).await?;
            viewer.require(Permission::ObjectRoll, place, claims.then_some(viewer.person))
        }
        Level::Complex if ground == Ground::MissingHome => viewer.require(Permission::ClaimHome, place, None),
        _ => Err(ROLL_PLACE_MISFIT.plain()),
    }
}

/// What is objected by somebody who may: goes on only if WeChat finds nothing against the words, where it can be asked.
pub async fn check_objection(app: &App, viewer: &Viewer, place: Uuid, new: &MakeObjection) -> Result<()> {
    let place = places::lineage(app.db.read(), place).await?;
    may_object(app.db.read(), viewer, &place, new.ground).await?;
    moderation::must_pass(app, viewer.person, &new.words).await
}

/// An owner says what is wrong with their home on the roll, or somebody that theirs is missing.
pub async fn object(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    place: Uuid,
    new: &MakeObjection,
) -> Result<Answer<Objection>> {
    let place = places::lineage(tx.conn(), place).await?;
    may_object(tx.conn(), viewer, &place, new.ground).await?;
    tx.lock(&format!("roll objections {}", viewer.person)).await?;
    if store::unanswered(tx.conn(), viewer.person).await? >= WAITING {
        return Err(ROLL_OBJECTIONS_TOO_MANY.plain());
    }
    let clock = Clock::new(tx.now, due_at(tx, &place).await?);
    let row = Row {
        complex_id: place.at(Level::Complex).unwrap_or_default(),
        id: tx.id(),
        place_id: place.id,
        person_id: viewer.person,
        ground: new.ground.code().into(),
        words_cipher: app.vault.seal(WORDS, new.words.as_bytes()).map_err(Problem::internal)?,
        evidence: serde_json::to_string(&new.evidence).map_err(Problem::internal)?,
        made_at: tx.now,
        due_at: Some(clock.due_at),
        answered: None,
        answer_cipher: None,
        answered_by: None,
        answered_as: None,
        answered_at: None,
        said: clock.said.code().into(),
        prompt_at: clock.prompts_at(),
        change_id: None,
    };
    let to = Attachment::RollObjection { complex: row.complex_id, id: row.id };
    uploads::attach(tx, viewer.person, &new.evidence, to).await?;
    store::insert_objection(tx.conn(), row.clone()).await?;
    let notify = CORRECTORS.map(Role::as_str);
    let facts = json!({ "ground": row.ground, "due_at": row.due_at.map(local), "notify": notify });
    let role = if place.level == Level::Home { Role::Owner.as_str() } else { "RESIDENT" };
    let said = commitment(app, WORDS, &row, &new.words);
    tell(tx, "ROLL_OBJECTED", &row, role.into(), facts, Some(said)).await?;
    Ok(Answer::created(show(app, viewer, tx.conn(), row).await?, "/v1/roll-objections".into()))
}

/// By when an objection that is made now is to be answered.
async fn due_at(tx: &Tx, place: &Lineage) -> Result<DateTime<Utc>> {
    let rules = packs::Grounds::of(tx.conn(), place).await?.meeting(&Says::new())?.rules;
    showing::over(tx.now, showing::days(&rules)).map_err(Problem::internal)
}

/// What is answered by somebody who may: as [`check_objection`].
pub async fn check_answer(app: &App, viewer: &Viewer, id: Uuid, words: &str) -> Result<()> {
    let row = store::objection(app.db.read(), id).await?;
    let row = row.ok_or_else(|| NOT_FOUND.because("no such objection"))?;
    let place = places::lineage(app.db.read(), row.place_id).await?;
    viewer.require(Permission::CorrectRoll, &place, None)?;
    moderation::must_pass(app, viewer.person, words).await
}

/// Somebody who corrects the roll answers an objection in words, once. One that asks for a change of the home is
/// accepted with that change.
pub async fn answer_objection(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    new: &AnswerObjection,
) -> Result<Answer<Objection>> {
    let row = store::objection_held(tx.conn(), id).await?;
    let row = row.ok_or_else(|| NOT_FOUND.because("no such objection"))?;
    let place = places::lineage(tx.conn(), row.place_id).await?;
    viewer.require(Permission::CorrectRoll, &place, None)?;
    let actor = Actor { is_concerned: concerns(viewer, &place, Some(&row)), is_proposer: false };
    law::may_answer(answered(&row), ground(&row)?, new.outcome, actor)?;
    let row = settle(app, viewer, tx, row, (new.outcome, &new.words, None)).await?;
    Ok(Answer::created(show(app, viewer, tx.conn(), row).await?, "/v1/roll-objections".into()))
}

/// Accepts the objection to which a change was the answer, unless it was answered meanwhile.
pub(super) async fn accept(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    (objection, change): (Uuid, Uuid),
    words: &str,
) -> Result<()> {
    let row = store::objection_held(tx.conn(), objection).await?;
    if let Some(row) = row.filter(|row| row.answered.is_none()) {
        settle(app, viewer, tx, row, (Outcome::Accepted, words, Some(change))).await?;
    }
    Ok(())
}

/// The one transition into answered.
async fn settle(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    mut row: Row,
    (outcome, words, change): (Outcome, &str, Option<Uuid>),
) -> Result<Row> {
    let place = places::lineage(tx.conn(), row.place_id).await?;
    let role = corrects_as(viewer, &place)?;
    row.answered = Some(outcome.code().into());
    row.answer_cipher = Some(app.vault.seal(ANSWER, words.as_bytes()).map_err(Problem::internal)?);
    row.answered_by = Some(viewer.person);
    row.answered_as = Some(role.clone());
    row.answered_at = Some(tx.now);
    row.prompt_at = None;
    row.change_id = change;
    store::save_objection(tx.conn(), &row).await?;
    let facts = json!({ "ground": row.ground, "outcome": row.answered, "change_id": row.change_id });
    let said = commitment(app, ANSWER, &row, words);
    tell(tx, "ROLL_OBJECTION_ANSWERED", &row, role, facts, Some(said)).await?;
    Ok(row)
}

/// Tells those who answer of the objections whose time is nearly over, or is; answers how many it told of. One that cannot be
/// told holds up no other.
pub async fn tick(app: &App) -> Result<usize> {
    let mut told = 0;
    let mut failed = None;
    for id in store::objections_to_tell(app.db.read(), app.clock.now()).await? {
        match app.write(async |tx: &Tx| prompt(tx, id).await).await {
            Ok(was_due) => told += usize::from(was_due),
            Err(problem) => failed = Some(problem),
        }
    }
    failed.map_or(Ok(told), Err)
}

/// Tells of one, if nobody has meanwhile, and nobody has answered it.
async fn prompt(tx: &Tx, id: Uuid) -> Result<bool> {
    let Some(mut row) = store::objection_held(tx.conn(), id).await? else { return Ok(false) };
    let Some(clock) = clock(&row)? else { return Ok(false) };
    let Some(said) = clock.prompt(tx.now) else { return Ok(false) };
    (row.said, row.prompt_at) = (said.code().into(), Clock { said, ..clock }.prompts_at());
    store::save_objection(tx.conn(), &row).await?;
    let kind = if said == Said::Passed { "ROLL_OBJECTION_PASSED" } else { "ROLL_OBJECTION_NEAR" };
    let notify = CORRECTORS.map(Role::as_str);
    let facts = json!({ "ground": row.ground, "due_at": local(clock.due_at), "notify": notify });
    tell(tx, kind, &row, CLOCK.into(), facts, None).await?;
    Ok(true)
}

/// The time in which an objection is to be answered; nothing of those that were made before there was one.
fn clock(row: &Row) -> Result<Option<Clock>> {
    let said =
        Said::from_code(&row.said).ok_or_else(|| Problem::internal("an objection's clock is unknown"))?;
    let of = |due_at| Clock { met_at: row.answered_at, said, ..Clock::new(row.made_at, due_at) };
    Ok(row.due_at.map(of))
}

/// An objection to this home that a change may accept: nobody has answered it yet.
pub(super) async fn to_accept(db: &impl Conn, viewer: &Viewer, home: &Lineage, id: Uuid) -> Result<()> {
    let row = store::objection(db, id).await?.filter(|row| row.place_id == home.id);
    let row = row.ok_or_else(|| Problem::member("/objection_id", "UNKNOWN", "no objection to this home"))?;
    if row.answered.is_some() {
        return Err(law::Refusal::Answered.into());
    }
    if row.person_id == viewer.person { Err(law::Refusal::OwnHome.into()) } else { Ok(()) }
}

/// Whether somebody would decide about what is theirs: a home in which they own or live, or their own objection.
pub(super) fn concerns(viewer: &Viewer, home: &Lineage, objection: Option<&Row>) -> bool {
    let at_home =
        viewer.grants.iter().any(|grant| grant.place.id == home.id && Role::OF_A_HOME.contains(&grant.role));
    at_home || objection.is_some_and(|row| row.person_id == viewer.person)
}

/// In which role somebody corrects a roll.
pub(super) fn corrects_as(viewer: &Viewer, place: &Lineage) -> Result<String> {
    let role = viewer.acting_as(Permission::CorrectRoll, place).ok_or_else(|| NOT_FOUND.plain())?;
    Ok(role.as_str().to_owned())
}

fn ground(row: &Row) -> Result<Ground> {
    Ground::from_code(&row.ground).ok_or_else(|| Problem::internal("an objection on no known ground"))
}

fn answered(row: &Row) -> Option<Outcome> {
    row.answered.as_deref().and_then(Outcome::from_code)
}

/// Lets whoever keeps the words prove that they are those, and of which home.
fn commitment(app: &App, what: &str, row: &Row, words: &str) -> String {
    let parts = [what.as_bytes(), row.id.as_bytes(), row.place_id.as_bytes(), words.as_bytes()];
    hex::encode(app.vault.mac(&parts))
}

/// Everybody in the complex may know that somebody objected on which ground and what came of it; not of which home.
async fn tell(
    tx: &Tx,
    kind: &'static str,
    row: &Row,
    role: String,
    facts: Value,
    commitment: Option<String>,
) -> Result<()> {
    let event = Event {
        kind,
        complex: row.complex_id,
        place: row.complex_id,
        subject_type: "ROLL_OBJECTION",
        subject: row.id,
        version: if row.answered.is_some() { 2 } else { 1 },
        role,
        audience: Audience::Members,
        person: Some(row.person_id),
        facts,
        commitment,
    };
    record::write(tx, event).await
}

/// The caller's own objections, the newest first.
pub async fn own_objections(app: &App, viewer: &Viewer, page: &Page) -> Result<List<Objection>> {
    let db = app.db.read();
    let cursors = Cursors::new(&app.vault, "own roll objections", viewer.person);
    let before = cursors.position(page)?;
    let rows = store::objections_by(db, viewer.person, before, page.limit() + 1).await?;
    list(app, viewer, rows, (&cursors, page)).await
}

/// Objections to the roll of a complex, the oldest first, and so those before all whose time is over; for those who answer
/// them.
pub async fn objections(
    app: &App,
    viewer: &Viewer,
    complex: Uuid,
    filter: &ObjectionFilter,
    page: &Page,
) -> Result<List<Objection>> {
    let db = app.db.read();
    let complex = places::lineage(db, complex).await?;
    viewer.require(Permission::CorrectRoll, &complex, None)?;
    require_complex(&complex)?;
    let list_of = format!("roll objections {} {}", complex.id, filter.open);
    let cursors = Cursors::new(&app.vault, list_of, viewer.person);
    let after = cursors.position(page)?;
    let rows = store::objections_to(db, complex.id, filter.open, after, page.limit() + 1).await?;
    list(app, viewer, rows, (&cursors, page)).await
}

async fn list(
    app: &App,
    viewer: &Viewer,
    rows: Vec<Row>,
    (cursors, page): (&Cursors<'_>, &Page),
) -> Result<List<Objection>> {
    let mut shown = Vec::new();
    for row in rows {
        shown.push(show(app, viewer, app.db.read(), row).await?);
    }
    Ok(cursors.page(shown, page, |one| one.id.to_string(), |one| one))
}

async fn show(app: &App, viewer: &Viewer, db: &impl Conn, row: Row) -> Result<Objection> {
    let answer = |cipher: &Vec<u8>| app.vault.text(ANSWER, cipher).map_err(Problem::internal);
    let place = places::lineage(db, row.place_id).await?;
    Ok(Objection {
        id: row.id,
        place_id: row.place_id,
        home: places::address(db, &place).await?,
        is_yours: row.person_id == viewer.person,
        ground: ground(&row)?,
        words: app.vault.text(WORDS, &row.words_cipher).map_err(Problem::internal)?,
        evidence: serde_json::from_str(&row.evidence).map_err(Problem::internal)?,
        made_at: local(row.made_at),
        due_at: row.due_at.map(local),
        is_late: clock(&row)?.is_some_and(|clock| clock.is_late(app.clock.now())),
        outcome: answered(&row),
        answer: row.answer_cipher.as_ref().map(answer).transpose()?,
        answered_as: row.answered_as,
        answered_at: row.answered_at.map(local),
        change_id: row.change_id,
    })
}
