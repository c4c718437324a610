//! Checking, holding and deciding what others read, and following what is public.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashSet},
    time::Duration,
};

use chrono::{DateTime, Utc};
use rules::moderation::{self as law, Audience, State};
use serde_json::json;
use uuid::Uuid;

use super::{
    CONTENT_REFUSED, FOLLOWS_USED_UP, NOTHING_PUBLIC, REDACTION_OVER,
    model::{Content, DecideContent, Finding, Part, PublicIncident, RedactIncident, Redacted},
    photos, store,
};
use crate::{
    access::{Level, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        paging::{Cursors, List, Page},
        problem::{NOT_ALLOWED, NOT_FOUND, Problem, Result},
    },
    identity,
    incidents::{self, acts::Face},
    outages, places, record,
    wechat::{Decision, TEXT_LONGEST, Text, TextScene, WhyHuman},
};

type Row = ::entity::content::Model;

/// The column that words are sealed for which others read instead.
const SHOWN: &str = "content.shown";

/// How long somebody who writes waits for WeChat's opinion.
const PATIENCE: Duration = Duration::from_secs(3);

/// The step of a report.
const REPORT: i32 = 1;

/// Incidents that a person follows.
const FOLLOWED: u64 = 200;

/// What WeChat thinks of a text that may be kept.
#[derive(Clone, Debug)]
pub enum Verdict {
    Passed {
        trace: Option<String>,
    },
    Held {
        label: Option<i64>,
        trace: Option<String>,
    },
    /// Nobody could be asked.
    NotChecked,
}

impl Verdict {
    fn gravity(&self) -> u8 {
        match self {
            Self::Passed { .. } => 0,
            Self::NotChecked => 1,
            Self::Held { .. } => 2,
        }
    }

    /// The state that it puts a text into, WeChat's label and its id of the check.
    fn parts(&self) -> (State, Option<i64>, Option<&str>) {
        match self {
            Self::NotChecked => (State::NotChecked, None, None),
            Self::Passed { trace } => (State::Passed, None, trace.as_deref()),
            Self::Held { label, trace } => (State::Held, *label, trace.as_deref()),
        }
    }
}

/// Asks WeChat of what somebody says before it is kept; of several texts the gravest verdict is that of all. None where
/// nothing is said.
///
/// # Errors
/// [`CONTENT_REFUSED`].
pub async fn check<'a>(
    app: &App,
    person: Uuid,
    said: impl IntoIterator<Item = &'a str>,
) -> Result<Option<Verdict>> {
    let mut gravest: Option<Verdict> = None;
    for words in said.into_iter().flat_map(pieces) {
        let verdict = check_one(app, person, words).await?;
        gravest = Some(match gravest {
            Some(before) if before.gravity() >= verdict.gravity() => before,
            _ => verdict,
        });
    }
    Ok(gravest)
}

/// Goes on only if WeChat finds nothing against what is said, where it can be asked. It is read as soon as it is kept, so
/// that nothing of which WeChat is unsure is.
///
/// # Errors
/// [`CONTENT_REFUSED`].
pub async fn must_pass(app: &App, person: Uuid, words: &str) -> Result<()> {
    match check(app, person, [words]).await? {
        Some(Verdict::Held { .. }) => {
            Err(CONTENT_REFUSED.because("WeChat is not sure that it is fit to be read"))
        }
        Some(Verdict::Passed { .. } | Verdict::NotChecked) | None => Ok(()),
    }
}

/// A text in parts as long as WeChat checks at once.
fn pieces(words: &str) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), words);
    while let Some((at, _)) = rest.char_indices().nth(TEXT_LONGEST) {
        let (part, after) = rest.split_at(at);
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// Where it cannot be asked, a person looks; the author is not kept waiting.
async fn check_one(app: &App, person: Uuid, words: &str) -> Result<Verdict> {
    let Some(wechat) = &app.wechat else { return Ok(Verdict::NotChecked) };
    let Some(openid) = identity::acts::openid_of(app, person).await? else { return Ok(Verdict::NotChecked) };
    let text = Text { content: words, scene: TextScene::Forum, openid: &openid, title: None, nickname: None };
    let verdict = match tokio::time::timeout(PATIENCE, wechat.check_text(&text)).await {
        Ok(Ok(verdict)) => verdict,
        Ok(Err(error)) => {
            tracing::warn!(%error, "WeChat did not check a text");
            return Ok(Verdict::NotChecked);
        }
        Err(_) => return Ok(Verdict::NotChecked),
    };
    match verdict.decision {
        Decision::Publish => Ok(Verdict::Passed { trace: verdict.trace_id }),
        Decision::AskHuman(WhyHuman::WeChatUnsure) => {
            Ok(Verdict::Held { label: verdict.label, trace: verdict.trace_id })
        }
        Decision::AskHuman(WhyHuman::AuthorAbsent | WhyHuman::NotChecked) => Ok(Verdict::NotChecked),
        Decision::Reject => Err(CONTENT_REFUSED.because("WeChat finds that it is not fit to be kept")),
    }
}

/// A report of a public category waits for somebody to look at it, however it came in.
pub async fn reported(tx: &Tx, incident: &::entity::incident::Model) -> Result<()> {
    match law::audience(&incident.category) {
        Audience::Public => {
            let author = incident.reporter_id;
            let key = (incident.complex_id, incident.id, REPORT);
            Ok(store::insert(tx.conn(), row(tx, key, author, Audience::Public)).await?)
        }
        Audience::Concerned => Ok(()),
    }
}

/// Keeps what WeChat thought of what was said last about an incident. Of what only those concerned read, only a doubt is
/// kept.
pub async fn told(tx: &Tx, viewer: &Viewer, incident: Uuid, verdict: Option<&Verdict>) -> Result<()> {
    let Some(verdict) = verdict else { return Ok(()) };
    let face = incidents::acts::face(tx.conn(), incident).await?;
    match incidents::acts::said_last(tx.conn(), (face.complex, incident)).await? {
        Some(step) => told_of(tx, viewer.person, (face.complex, incident, step), verdict).await,
        None => Ok(()),
    }
}

/// The same of the report itself, which may have been merged with others since.
pub async fn told_of_report(
    tx: &Tx,
    viewer: &Viewer,
    incident: Uuid,
    verdict: Option<&Verdict>,
) -> Result<()> {
    let Some(verdict) = verdict else { return Ok(()) };
    let face = incidents::acts::face(tx.conn(), incident).await?;
    told_of(tx, viewer.person, (face.complex, incident, REPORT), verdict).await
}

/// The same of what everybody reads of an outage, which takes the place of what was said before. What nobody could be
/// asked of is read: an office says it.
pub async fn told_of_outage(
    tx: &Tx,
    viewer: &Viewer,
    (complex, outage): (Uuid, Uuid),
    verdict: Option<&Verdict>,
) -> Result<()> {
    let Some(verdict) = verdict else { return Ok(()) };
    let (state, label, trace) = verdict.parts();
    let found = |row| Row {
        author_id: viewer.person,
        state: state.code().into(),
        label,
        trace_id: trace.map(fits),
        shown_cipher: None,
        written_at: tx.now,
        decided_at: (state != State::Held).then_some(tx.now),
        decided_by: None,
        ..row
    };
    match store::of_step(tx.conn(), complex, outage, REPORT).await? {
        Some(row) => {
            let row = Row { version: row.version + 1, ..row };
            Ok(store::save(tx.conn(), &found(row)).await?)
        }
        None if state == State::Held => {
            let new = row(tx, (complex, outage, REPORT), viewer.person, Audience::Concerned);
            Ok(store::insert(tx.conn(), Row { outage_id: Some(outage), ..found(new) }).await?)
        }
        None => Ok(()),
    }
}

/// What everybody reads of an outage.
pub async fn shown_of_outage(
    app: &App,
    db: &impl Conn,
    (complex, outage): (Uuid, Uuid),
    words: String,
) -> Result<String> {
    let Some(row) = store::content(db, complex, outage, REPORT).await? else { return Ok(words) };
    match (state(&row)?, &row.shown_cipher) {
        (State::Held | State::Hidden, _) => Ok(law::withheld(&words)),
        (_, Some(shown)) => app.vault.text(SHOWN, shown).map_err(Problem::internal),
        (_, None) => Ok(words),
    }
}

/// What was said of one incident is said of another that it leads: what is kept back of the one is of the other.
pub async fn carried(tx: &Tx, complex: Uuid, (lead, step): (Uuid, i32), to: Uuid) -> Result<()> {
    let known = store::content(tx.conn(), complex, lead, step).await?;
    let Some(known) = known else { return Ok(()) };
    let Some(said) = incidents::acts::said_last(tx.conn(), (complex, to)).await? else { return Ok(()) };
    let copy = Row {
        id: tx.id(),
        incident_id: to,
        step: said,
        audience: Audience::Concerned.code().into(),
        ..known
    };
    Ok(store::insert(tx.conn(), copy).await?)
}

/// Whether what was reported waits for a person to look at it, or was found unfit.
pub async fn holds_report(db: &impl Conn, complex: Uuid, incident: Uuid) -> Result<bool> {
    Ok(held_steps(db, complex, incident).await?.contains(&REPORT))
}

async fn told_of(
    tx: &Tx,
    author: Uuid,
    (complex, incident, step): (Uuid, Uuid, i32),
    verdict: &Verdict,
) -> Result<()> {
    let (state, label, trace) = verdict.parts();
    if state == State::NotChecked {
        return Ok(());
    }
    let known = store::of_step(tx.conn(), complex, incident, step).await?;
    let found = |row| Row {
        state: state.code().into(),
        label,
        trace_id: trace.map(fits),
        decided_at: (state == State::Passed).then_some(tx.now),
        ..row
    };
    match (known, state) {
        (Some(row), _) => Ok(store::save(tx.conn(), &found(row)).await?),
        (None, State::Held) => {
            let new = row(tx, (complex, incident, step), author, Audience::Concerned);
            Ok(store::insert(tx.conn(), found(new)).await?)
        }
        (None, _) => Ok(()),
    }
}

/// WeChat's id of a check, as far as the column takes it; it only serves to ask WeChat about the check.
pub(super) fn fits(trace: &str) -> String {
    trace.chars().take(64).collect()
}

fn row(
    tx: &Tx,
    (complex_id, incident_id, step): (Uuid, Uuid, i32),
    author_id: Uuid,
    audience: Audience,
) -> Row {
    Row {
        complex_id,
        id: tx.id(),
        incident_id,
        outage_id: None,
        step,
        author_id,
        audience: audience.code().into(),
        state: State::NotChecked.code().into(),
        label: None,
        trace_id: None,
        shown_cipher: None,
        redactions: 0,
        written_at: tx.now,
        decided_at: None,
        decided_by: None,
        version: 1,
    }
}

/// Steps of an incident whose words only its ladder reads.
pub async fn held_steps(db: &impl Conn, complex: Uuid, incident: Uuid) -> Result<BTreeSet<i32>> {
    Ok(store::held_steps(db, complex, incident).await?)
}

/// What is public in a complex, the newest first.
pub async fn public(app: &App, viewer: &Viewer, place: Uuid, page: &Page) -> Result<List<PublicIncident>> {
    let db = app.db.read();
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::ReadPublicIncident, &place, None)?;
    let complex = place.at(Level::Complex).filter(|complex| *complex == place.id);
    let complex = complex.ok_or_else(|| NOT_FOUND.because("name a complex"))?;
    let cursors = Cursors::new(&app.vault, format!("public {complex}"), viewer.person);
    let rows = store::public_list(db, complex, cursors.position(page)?, page.limit() + 1).await?;
    let List { items, next_cursor } = cursors.page(rows, page, |row| row.id.to_string(), |row| row);
    Ok(List { items: show_public(app, viewer, items).await?, next_cursor })
}

/// What the viewer follows and may still see, the newest first.
pub async fn followed(app: &App, viewer: &Viewer, page: &Page) -> Result<List<PublicIncident>> {
    let db = app.db.read();
    let cursors = Cursors::new(&app.vault, "followed", viewer.person);
    let rows = store::followed(db, viewer.person, cursors.position(page)?, page.limit() + 1).await?;
    let List { items, next_cursor } = cursors.page(rows, page, |row| row.incident_id.to_string(), |row| row);
    let mut of: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for row in items {
        of.entry(row.complex_id).or_default().push(row.incident_id);
    }
    let complexes = places::lineages(db, of.keys().copied()).await?;
    let mut contents = Vec::new();
    for (complex, incidents) in of {
        let may = |place| viewer.may(Permission::ReadPublicIncident, place, None);
        if complexes.get(&complex).is_some_and(may) {
            contents.extend(store::public(db, complex, incidents).await?);
        }
    }
    contents.sort_by_key(|content| Reverse(content.incident_id));
    Ok(List { items: show_public(app, viewer, contents).await?, next_cursor })
}

/// Follows a public incident; following it twice is as good as once.
pub async fn follow(app: &App, viewer: &Viewer, tx: &Tx, incident: Uuid) -> Result<PublicIncident> {
    let content = require_public(tx, viewer, incident).await?;
    tx.lock(&format!("follows {}", viewer.person)).await?;
    let known = store::followed_of(tx.conn(), viewer.person, [incident]).await?;
    if known.is_empty() {
        if store::count_followed(tx.conn(), viewer.person).await? >= FOLLOWED {
            return Err(FOLLOWS_USED_UP.because(format!("{FOLLOWED} are followed already")));
        }
        store::follow(tx.conn(), following(tx, viewer, &content)).await?;
        tell_follower(tx, viewer, "INCIDENT_FOLLOWED", &content).await?;
    }
    let face = incidents::acts::face(tx.conn(), incident).await?;
    show_face(app, &content, face, true)
}

pub async fn unfollow(viewer: &Viewer, tx: &Tx, incident: Uuid) -> Result<()> {
    let content = require_public(tx, viewer, incident).await?;
    if !store::unfollow(tx.conn(), &following(tx, viewer, &content)).await? {
        return Err(NOT_FOUND.because("it is not followed"));
    }
    tell_follower(tx, viewer, "INCIDENT_UNFOLLOWED", &content).await
}

/// Asks the holder of what the viewer follows to hurry, for their household.
pub async fn urge(app: &App, viewer: &Viewer, tx: &Tx, incident: Uuid) -> Result<PublicIncident> {
    let content = require_public(tx, viewer, incident).await?;
    let complex = places::lineage(tx.conn(), content.complex_id).await?;
    viewer.require(Permission::UrgePublicIncident, &complex, None)?;
    if store::followed_of(tx.conn(), viewer.person, [incident]).await?.is_empty() {
        return Err(NOT_FOUND.because("it is not followed"));
    }
    incidents::acts::urge_as_follower(app, viewer, tx, incident).await?;
    let face = incidents::acts::face(tx.conn(), incident).await?;
    show_face(app, &content, face, true)
}

fn following(tx: &Tx, viewer: &Viewer, content: &Row) -> ::entity::follow::Model {
    ::entity::follow::Model {
        complex_id: content.complex_id,
        incident_id: content.incident_id,
        person_id: viewer.person,
        since: tx.now,
    }
}

/// Whether an incident is public now.
pub async fn is_public(db: &impl Conn, complex: Uuid, incident: Uuid) -> Result<bool> {
    let face = incidents::acts::face(db, incident).await?;
    Ok(face.is_shown() && store::public(db, complex, [incident]).await?.pop().is_some())
}

/// Who has followed an incident since before a moment, by their ids, after one; `limit` at most.
pub async fn followers(
    db: &impl Conn,
    (complex, incident): (Uuid, Uuid),
    moment: DateTime<Utc>,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Uuid>> {
    Ok(store::followers(db, (complex, incident), moment, after, limit).await?)
}

/// The report of an incident that is public where the viewer is somebody; to anybody else it does not exist.
async fn require_public(tx: &Tx, viewer: &Viewer, incident: Uuid) -> Result<Row> {
    let face = incidents::acts::face(tx.conn(), incident).await?;
    let complex = places::lineage(tx.conn(), face.complex).await?;
    viewer.require(Permission::ReadPublicIncident, &complex, None)?;
    let content = store::public(tx.conn(), face.complex, [incident]).await?.pop();
    content.filter(|_| face.is_shown()).ok_or_else(|| NOT_FOUND.plain())
}

async fn tell_follower(tx: &Tx, viewer: &Viewer, kind: &'static str, content: &Row) -> Result<()> {
    let event = record::Event {
        kind,
        complex: content.complex_id,
        place: content.complex_id,
        subject_type: "FOLLOW",
        subject: content.incident_id,
        version: 0,
        role: "RESIDENT".into(),
        audience: record::Audience::Person,
        person: Some(viewer.person),
        facts: json!({}),
        commitment: None,
    };
    record::write(tx, event).await
}

async fn show_public(app: &App, viewer: &Viewer, contents: Vec<Row>) -> Result<Vec<PublicIncident>> {
    let db = app.db.read();
    let ids = || contents.iter().map(|content| content.incident_id);
    let mut faces = incidents::acts::faces(db, ids()).await?;
    let followed = store::followed_of(db, viewer.person, ids()).await?;
    let mut shown = Vec::new();
    for content in contents {
        let followed = followed.contains(&content.incident_id);
        if let Some(face) = faces.remove(&content.incident_id).filter(Face::is_shown) {
            shown.push(show_face(app, &content, face, followed)?);
        }
    }
    Ok(shown)
}

fn show_face(app: &App, content: &Row, face: Face, followed: bool) -> Result<PublicIncident> {
    let words = match state(content)? {
        State::Passed => Some(match &content.shown_cipher {
            Some(shown) => app.vault.text(SHOWN, shown).map_err(Problem::internal)?,
            None => face.words(app)?,
        }),
        State::Held | State::NotChecked | State::Hidden => None,
    };
    Ok(PublicIncident {
        id: content.incident_id,
        severity: face.severity,
        place: face.complex_place,
        status: face.status,
        level: face.level,
        reported_at: local(face.reported_at),
        closed_at: face.closed_at.map(local),
        words,
        followed,
        category: face.category,
    })
}

/// Masks parts of what the viewer reported, for everybody who does not handle it.
pub async fn redact(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    incident: Uuid,
    request: &RedactIncident,
) -> Result<Redacted> {
    if incidents::acts::readable_in(tx.conn(), viewer, HashSet::from([incident])).await?.is_empty() {
        return Err(NOT_FOUND.plain());
    }
    let face = incidents::acts::face(tx.conn(), incident).await?;
    let place = places::lineage(tx.conn(), face.place).await?;
    if !viewer.may(Permission::AnswerIncident, &place, Some(face.reporter)) {
        return Err(NOT_ALLOWED.because("only the reporter may do this"));
    }
    let content = store::of_step(tx.conn(), face.complex, incident, REPORT).await?;
    let public = content.filter(|content| content.audience == Audience::Public.code());
    let mut content = public.ok_or_else(|| NOTHING_PUBLIC.plain())?;
    let done = u32::try_from(content.redactions).map_err(Problem::internal)?;
    let over = |refusal: law::Refusal| REDACTION_OVER.because(refusal.to_string());
    law::may_redact(content.written_at, done, tx.now).map_err(over)?;
    let before = match &content.shown_cipher {
        Some(shown) => app.vault.text(SHOWN, shown).map_err(Problem::internal)?,
        None => face.words(app)?,
    };
    let words = masked(&before, &request.masks)?;
    content.shown_cipher = Some(app.vault.seal(SHOWN, words.as_bytes()).map_err(Problem::internal)?);
    content.redactions += 1;
    content.version += 1;
    store::save(tx.conn(), &content).await?;
    tell_text(tx, "CONTENT_REDACTED", "RESIDENT", &content).await?;
    Ok(Redacted { words, left: law::REDACTIONS.saturating_sub(done + 1) })
}

fn masked(words: &str, masks: &[Part]) -> Result<String> {
    let part = |part: &Part| {
        let at = |letter: u32| usize::try_from(letter).map_err(Problem::internal);
        Ok(law::Span { from: at(part.from)?, to: at(part.to)? })
    };
    let parts = masks.iter().map(part).collect::<Result<Vec<_>>>()?;
    law::redact(words, &parts).map_err(|refusal| Problem::member("/masks", "BOUND", refusal.to_string()))
}

/// What waits for a person in a complex, as far as the viewer may read it.
pub async fn waiting(app: &App, viewer: &Viewer, place: Uuid, page: &Page) -> Result<List<Content>> {
    let db = app.db.read();
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::ModerateContent, &place, None)?;
    let complex = place.at(Level::Complex).filter(|complex| *complex == place.id);
    let complex = complex.ok_or_else(|| NOT_FOUND.because("name a complex"))?;
    let cursors = Cursors::new(&app.vault, format!("held {complex}"), viewer.person);
    let (after, limit) = (cursors.position(page)?, page.limit() + 1);
    let mut rows: Vec<_> =
        store::waiting(db, complex, after, limit).await?.into_iter().map(Held::Text).collect();
    rows.extend(store::waiting_photos(db, complex, after, limit).await?.into_iter().map(Held::Photo));
    rows.sort_by_key(Held::id);
    rows.truncate(usize::try_from(limit).map_err(Problem::internal)?);
    let List { items, next_cursor } = cursors.page(rows, page, |row| row.id().to_string(), |row| row);
    let ids = items.iter().filter_map(Held::incident).collect();
    let readable = incidents::acts::readable_in(db, viewer, ids).await?;
    let is_readable = |row: &Held| row.incident().is_none_or(|incident| readable.contains(&incident));
    let mut shown = Vec::new();
    for row in items.into_iter().filter(is_readable) {
        shown.push(row.show(app, db).await?);
    }
    Ok(List { items: shown, next_cursor })
}

/// What waits for a person, or did.
enum Held {
    Text(Row),
    Photo(photos::Row),
}

impl Held {
    /// By the id of either, held until the write ends.
    async fn lock(tx: &Tx, id: Uuid) -> Result<Self> {
        if let Some(text) = store::held(tx.conn(), id).await? {
            return Ok(Self::Text(text));
        }
        let photo = store::held_check(tx.conn(), id).await?;
        photo.map(Self::Photo).ok_or_else(|| NOT_FOUND.plain())
    }

    fn id(&self) -> Uuid {
        match self {
            Self::Text(row) => row.id,
            Self::Photo(row) => row.id,
        }
    }

    fn complex(&self) -> Uuid {
        match self {
            Self::Text(row) => row.complex_id,
            Self::Photo(row) => row.complex_id,
        }
    }

    /// The incident that it is about; an outage is none.
    fn incident(&self) -> Option<Uuid> {
        match self {
            Self::Text(row) => Some(row.incident_id).filter(|_| row.outage_id.is_none()),
            Self::Photo(row) => Some(row.incident_id),
        }
    }

    async fn show(self, app: &App, db: &impl Conn) -> Result<Content> {
        match self {
            Self::Text(row) => show(app, db, row).await,
            Self::Photo(row) => show_photo(app, db, row).await,
        }
    }
}

/// Settles what others read of a text, or who sees a photo; what was settled before is settled anew.
pub async fn decide(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &DecideContent,
) -> Result<Content> {
    let held = Held::lock(tx, id).await?;
    let complex = places::lineage(tx.conn(), held.complex()).await?;
    viewer.require(Permission::ModerateContent, &complex, None)?;
    let ids: HashSet<Uuid> = held.incident().into_iter().collect();
    let count = ids.len();
    if incidents::acts::readable_in(tx.conn(), viewer, ids).await?.len() < count {
        return Err(NOT_FOUND.plain());
    }
    let state = match request.finding {
        Finding::Pass => State::Passed,
        Finding::Hide => State::Hidden,
    };
    let role = viewer.acting_as(Permission::ModerateContent, &complex).map_or("RESIDENT", Role::as_str);
    match held {
        Held::Text(mut row) => {
            if !request.masks.is_empty() {
                let words = masked(&written(app, tx.conn(), &row).await?, &request.masks)?;
                row.shown_cipher = Some(app.vault.seal(SHOWN, words.as_bytes()).map_err(Problem::internal)?);
            }
            row.state = state.code().into();
            row.decided_at = Some(tx.now);
            row.decided_by = Some(viewer.person);
            row.version += 1;
            store::save(tx.conn(), &row).await?;
            tell_text(tx, "CONTENT_DECIDED", role, &row).await?;
            show(app, tx.conn(), row).await
        }
        Held::Photo(row) => {
            if !request.masks.is_empty() {
                return Err(Problem::member("/masks", "BOUND", "nothing of a photo is masked"));
            }
            let now = photos::check(&row)?.decided(state, tx.now);
            let row = photos::write(row, now)?;
            let row = photos::Row { decided_by: Some(viewer.person), version: row.version + 1, ..row };
            let face = incidents::acts::face(tx.conn(), row.incident_id).await?;
            store::save_check(tx.conn(), &row).await?;
            photos::tell(tx, "CONTENT_DECIDED", role, &row, &face).await?;
            show_photo(app, tx.conn(), row).await
        }
    }
}

/// Tells those who may read the incident that what others read or see of it changed.
pub(super) async fn tell(
    tx: &Tx,
    (kind, role): (&'static str, &str),
    (complex, incident, author): (Uuid, Uuid, Uuid),
    face: &Face,
    facts: serde_json::Value,
) -> Result<()> {
    let event = record::Event {
        kind,
        complex,
        place: face.place,
        subject_type: "INCIDENT",
        subject: incident,
        version: face.version,
        role: role.into(),
        audience: record::Audience::Handlers,
        person: Some(author),
        facts,
        commitment: None,
    };
    record::write(tx, event).await
}

async fn tell_text(tx: &Tx, kind: &'static str, role: &str, row: &Row) -> Result<()> {
    let facts = json!({ "step": row.step, "state": row.state });
    if let Some(outage) = row.outage_id {
        return outages::decided(tx, outage, (kind, role), facts).await;
    }
    let face = incidents::acts::face(tx.conn(), row.incident_id).await?;
    tell(tx, (kind, role), (row.complex_id, row.incident_id, row.author_id), &face, facts).await
}

/// As it was written.
async fn written(app: &App, db: &impl Conn, row: &Row) -> Result<String> {
    if let Some(outage) = row.outage_id {
        return outages::explanation(app, db, outage).await;
    }
    written_with(app, db, (row.complex_id, row.incident_id), row.step).await
}

async fn written_with(app: &App, db: &impl Conn, incident: (Uuid, Uuid), step: i32) -> Result<String> {
    let words = incidents::acts::words_of(app, db, incident, step).await?;
    words.ok_or_else(|| Problem::internal("the words of a content are gone"))
}

async fn show(app: &App, db: &impl Conn, row: Row) -> Result<Content> {
    let category = match row.outage_id {
        Some(outage) => outages::first_category(db, outage).await?,
        None => incidents::acts::face(db, row.incident_id).await?.category,
    };
    let shown = row.shown_cipher.as_ref().map(|shown| app.vault.text(SHOWN, shown)).transpose();
    Ok(Content {
        id: row.id,
        incident_id: Some(row.incident_id).filter(|_| row.outage_id.is_none()),
        outage_id: row.outage_id,
        step: row.step,
        photo_id: None,
        state: state(&row)?,
        label: row.label,
        words: written(app, db, &row).await?,
        shown: shown.map_err(Problem::internal)?,
        written_at: local(row.written_at),
        decided_at: row.decided_at.map(local),
        version: row.version,
        category,
    })
}

async fn show_photo(app: &App, db: &impl Conn, row: photos::Row) -> Result<Content> {
    let face = incidents::acts::face(db, row.incident_id).await?;
    Ok(Content {
        id: row.id,
        incident_id: Some(row.incident_id),
        outage_id: None,
        step: row.step,
        photo_id: Some(row.photo_id),
        state: photos::check(&row)?.state,
        label: row.label,
        words: written_with(app, db, (row.complex_id, row.incident_id), row.step).await?,
        shown: None,
        written_at: local(row.attached_at),
        decided_at: row.decided_at.map(local),
        version: row.version,
        category: face.category,
    })
}

fn state(row: &Row) -> Result<State> {
    State::from_code(&row.state).ok_or_else(|| Problem::internal("a content has no state"))
}
