//! What a post is not called about for a while: said by one of it, seen by everybody on the ladder, and over by itself.

use chrono::SubsecRound;
use rules::{
    incidents::{Holder, category},
    notices::{self as law, Urgency, silence::Refusal},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::super::{
    SILENCE_OVER, SILENCES_TOO_MANY,
    model::{BeginSilence, Silence},
    store,
};
use crate::{
    access::{Level, Lineage, Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        paging::{Cursors, List, Page, by_time, time_and_id},
        problem::{NOT_ALLOWED, NOT_FOUND, Problem, Result},
    },
    incidents::acts::{self as incidents, Names},
    places,
    record::{self, Audience, Event},
};

const REASON: &str = "silence.reason";

/// Those that hold about one place at once.
const AT_ONCE: u64 = 50;

type Row = ::entity::silence::Model;

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let words = refusal.to_string();
        match refusal {
            Refusal::Danger => Self::member("/category", "BOUND", words),
            Refusal::EndOutOfReach => Self::member("/until", "BOUND", words),
            Refusal::Over { .. } => SILENCE_OVER.because(words),
        }
    }
}

fn law_of(row: &Row) -> law::Silence {
    law::Silence { from: row.from_at, until: row.until_at }
}

/// One of a post says that it is not to be called.
pub async fn begin(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    place: Uuid,
    request: &BeginSilence,
) -> Result<Silence> {
    let place = places::lineage(tx.conn(), place).await?;
    viewer.require(Permission::SilenceNotices, &place, None)?;
    let category = category::find(&request.category).ok_or_else(|| NOT_FOUND.plain())?;
    let until = request.until.to_utc().trunc_subsecs(6);
    let silence = law::Silence::begin(category, until, tx.now)?;
    let post = incidents::posts_of(viewer, &place).next().ok_or_else(|| {
        NOT_ALLOWED.because("it is held by others: only a post over the place is called about it")
    })?;
    tx.lock(&format!("silences {}", place.id)).await?;
    if store::count_silences(tx.conn(), place.id, tx.now).await? >= AT_ONCE {
        return Err(SILENCES_TOO_MANY.plain());
    }
    let row = Row {
        complex_id: place.at(Level::Complex).unwrap_or(places::ABOVE),
        id: tx.id(),
        place_id: place.id,
        category: category.code.clone(),
        post_place_id: post.place,
        post_role: post.role.code().into(),
        author_id: viewer.person,
        reason_cipher: app.vault.seal(REASON, request.reason.as_bytes()).map_err(Problem::internal)?,
        from_at: silence.from,
        until_at: silence.until,
        version: 1,
    };
    store::insert_silence(tx.conn(), row.clone()).await?;
    let commitment = app.vault.mac(&[b"silence", row.id.as_bytes(), request.reason.as_bytes()]);
    tell(tx, &row, "SILENCE_BEGUN", post.role, Some(hex::encode(commitment))).await?;
    show(app, viewer, tx.conn(), row).await
}

/// It is over early: its author says so, or somebody above the post.
pub async fn end(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Silence> {
    let row = store::hold_silence(tx.conn(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let place = places::lineage(tx.conn(), row.place_id).await?;
    viewer.require(Permission::SilenceNotices, &place, None)?;
    let silenced = Holder::from_code(&row.post_role).ok_or_else(|| Problem::internal("no such post"))?;
    let may_end = |role: &Holder| row.author_id == viewer.person || role.level() > silenced.level();
    let role = incidents::posts_of(viewer, &place).map(|post| post.role).find(may_end);
    let role = role.ok_or_else(|| {
        NOT_ALLOWED.because(format!("it is held by {silenced}: only its author or a level above ends it"))
    })?;
    let over = law_of(&row).end(tx.now)?;
    let row = Row { until_at: over.until, version: row.version + 1, ..row };
    store::save_silence(tx.conn(), &row).await?;
    tell(tx, &row, "SILENCE_ENDED", role, None).await?;
    show(app, viewer, tx.conn(), row).await
}

async fn tell(
    tx: &Tx,
    row: &Row,
    kind: &'static str,
    role: Holder,
    commitment: Option<String>,
) -> Result<()> {
    let event = Event {
        kind,
        complex: row.complex_id,
        place: row.place_id,
        subject_type: "SILENCE",
        subject: row.id,
        version: row.version,
        role: role.code().into(),
        audience: Audience::Handlers,
        person: None,
        facts: json!({ "category": row.category, "post": row.post_role, "until": local(row.until_at) }),
        commitment,
    };
    record::write(tx, event).await
}

/// A silence, for everybody on the ladder over its place.
pub async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<Silence> {
    let row = store::silence(app.db.read(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let place = places::lineage(app.db.read(), row.place_id).await?;
    viewer.require(Permission::SilenceNotices, &place, None)?;
    show(app, viewer, app.db.read(), row).await
}

/// What holds about a place, at it or above it; the first to end first.
pub async fn list(app: &App, viewer: &Viewer, place: Uuid, page: &Page) -> Result<List<Silence>> {
    let db = app.db.read();
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::SilenceNotices, &place, None)?;
    let cursors = Cursors::new(&app.vault, format!("silences {}", place.id), viewer.person);
    let after = cursors.after(page)?.as_deref().map(time_and_id).transpose()?;
    let rows = store::silences(db, &over(&place), app.clock.now(), after, page.limit() + 1).await?;
    let position = |row: &Row| by_time(row.until_at, row.id);
    let List { items, next_cursor } = cursors.page(rows, page, position, |row| row);
    let mut shown = Vec::new();
    for row in items {
        shown.push(show(app, viewer, db, row).await?);
    }
    Ok(List { items: shown, next_cursor })
}

fn over(place: &Lineage) -> Vec<Uuid> {
    place.chain.iter().flatten().copied().collect()
}

/// The posts that are not told of a line, by place and role.
pub(super) async fn hushed(
    tx: &Tx,
    line: &::entity::event::Model,
    facts: &Value,
    place: &Lineage,
) -> Result<Vec<(Uuid, String)>> {
    let fact = |name| facts.get(name).and_then(Value::as_str);
    let urgency = Urgency::of(fact("severity"));
    let Some(category) = fact("category").filter(|_| law::silence::may_hush(&line.kind, urgency)) else {
        return Ok(Vec::new());
    };
    let rows = store::silences_at(tx.conn(), &over(place), category, line.at).await?;
    let hushes = |row: &Row| law_of(row).hushes(&line.kind, urgency, line.at);
    Ok(rows.into_iter().filter(hushes).map(|row| (row.post_place_id, row.post_role)).collect())
}

async fn show(app: &App, viewer: &Viewer, db: &impl Conn, row: Row) -> Result<Silence> {
    let names = Names::of(db, [row.place_id, row.post_place_id]).await?;
    Ok(Silence {
        id: row.id,
        place: names.place(row.place_id)?,
        post_place: names.place(row.post_place_id)?,
        post_role: Holder::from_code(&row.post_role).ok_or_else(|| Problem::internal("no such post"))?,
        reason: app.vault.text(REASON, &row.reason_cipher).map_err(Problem::internal)?,
        yours: row.author_id == viewer.person,
        from: local(row.from_at),
        until: local(row.until_at),
        category: row.category,
        version: row.version,
    })
}
