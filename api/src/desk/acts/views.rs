//! Filters that are kept under a name.

use chrono::{DurationRound, TimeDelta};
use uuid::Uuid;

use super::{
    super::{
        VIEWS_USED_UP,
        model::{Filter, SaveView, SavedView, SavedViews, SharedWith},
        store::{self, Whose},
    },
    Desk,
};
use crate::{
    access::Viewer,
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        paging::{List, Page},
        problem::{NOT_FOUND, Problem, Result, VERSION_STALE},
    },
    incidents::{
        self,
        model::{IncidentLine, IncidentQuery},
    },
    places,
};

type Row = ::entity::saved_view::Model;

/// The column that a view's name is sealed for.
const NAME: &str = "saved_view.name";

/// Views that a person keeps to themselves at a desk, and that a post shares.
const OWN: u64 = 20;
const SHARED: u64 = 50;

pub async fn list(app: &App, viewer: &Viewer, place: Uuid) -> Result<SavedViews> {
    let db = app.db.read();
    let desk = Desk::find(db, viewer, place).await?;
    let shared = store::views(db, desk.place.id, Whose::Post).await?;
    let own = store::views(db, desk.place.id, Whose::Person(viewer.person)).await?;
    let items = shared.into_iter().chain(own).map(|row| show(app, &row));
    Ok(SavedViews { items: items.collect::<Result<_>>()? })
}

pub async fn read(app: &App, viewer: &Viewer, place: Uuid, id: Uuid) -> Result<SavedView> {
    let desk = Desk::find(app.db.read(), viewer, place).await?;
    show(app, &visible(viewer, store::view(app.db.read(), desk.place.id, id).await?)?)
}

/// A page of what a view shows its viewer.
pub async fn incidents(
    app: &App,
    viewer: &Viewer,
    (place, id): (Uuid, Uuid),
    page: &Page,
) -> Result<List<IncidentLine>> {
    let filter = read(app, viewer, place, id).await?.filter;
    // To the minute: a cursor belongs to one filter.
    let minute = TimeDelta::minutes(1);
    let now = app.clock.now().duration_trunc(minute).map_err(Problem::internal)?;
    let query = IncidentQuery { limit: page.limit, cursor: page.cursor.clone(), ..filter.query(local(now)) };
    incidents::list(app, viewer, &query).await
}

pub async fn save(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    place: Uuid,
    request: &SaveView,
) -> Result<Answer<SavedView>> {
    let desk = Desk::held(tx.conn(), viewer, place).await?;
    require_within(tx.conn(), &desk, &request.filter).await?;
    make_room(tx, viewer, &desk, request.shared_with).await?;
    let row = Row {
        place_id: desk.place.id,
        id: tx.id(),
        person_id: viewer.person,
        shared_with: request.shared_with.as_str().into(),
        name_cipher: seal(app, &request.name)?,
        filter: written(&request.filter)?,
        version: 1,
        created_at: tx.now,
        changed_at: tx.now,
    };
    store::insert_view(tx.conn(), row.clone()).await?;
    desk.tell(tx, viewer, "VIEW_SAVED", ("VIEW", row.id, row.version)).await?;
    let location = format!("/v1/places/{}/desk/views/{}", row.place_id, row.id);
    Ok(Answer::created(show(app, &row)?, location).version(1))
}

/// Changes a view: who saved it their own, everybody of the post a shared one.
pub async fn change(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    (place, id): (Uuid, Uuid),
    version: i64,
    request: &SaveView,
) -> Result<SavedView> {
    let (desk, row) = hold(app, tx, viewer, (place, id), version).await?;
    require_within(tx.conn(), &desk, &request.filter).await?;
    if row.shared_with != request.shared_with.as_str() {
        make_room(tx, viewer, &desk, request.shared_with).await?;
    }
    let row = Row {
        // Whoever takes a shared view to themselves is the one who has it.
        person_id: viewer.person,
        shared_with: request.shared_with.as_str().into(),
        name_cipher: seal(app, &request.name)?,
        filter: written(&request.filter)?,
        version: row.version + 1,
        changed_at: tx.now,
        ..row
    };
    store::save_view(tx.conn(), &row).await?;
    desk.tell(tx, viewer, "VIEW_CHANGED", ("VIEW", row.id, row.version)).await?;
    show(app, &row)
}

pub async fn delete(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    (place, id): (Uuid, Uuid),
    version: i64,
) -> Result<()> {
    let (desk, row) = hold(app, tx, viewer, (place, id), version).await?;
    store::delete_view(tx.conn(), &row).await?;
    desk.tell(tx, viewer, "VIEW_DELETED", ("VIEW", row.id, row.version)).await
}

/// A view that the viewer may change, held in the version that they know.
async fn hold(
    app: &App,
    tx: &Tx,
    viewer: &Viewer,
    (place, id): (Uuid, Uuid),
    version: i64,
) -> Result<(Desk, Row)> {
    let desk = Desk::held(tx.conn(), viewer, place).await?;
    let row = visible(viewer, store::view_held(tx.conn(), desk.place.id, id).await?)?;
    if row.version == version {
        return Ok((desk, row));
    }
    let stale = VERSION_STALE.because(format!("it is at version {}", row.version));
    Err(stale.with_current(show(app, &row)?))
}

/// A view that is shared, or the viewer's own; any other does not exist.
fn visible(viewer: &Viewer, row: Option<Row>) -> Result<Row> {
    let is_seen = |row: &Row| row.person_id == viewer.person || row.shared_with == SharedWith::Post.as_str();
    row.filter(is_seen).ok_or_else(|| NOT_FOUND.because("no such view here"))
}

async fn make_room(tx: &Tx, viewer: &Viewer, desk: &Desk, shared_with: SharedWith) -> Result<()> {
    let (whose, most) = match shared_with {
        SharedWith::Me => (Whose::Person(viewer.person), OWN),
        SharedWith::Post => (Whose::Post, SHARED),
    };
    tx.lock(&format!("views {} {}", desk.place.id, shared_with.as_str())).await?;
    if store::count_views(tx.conn(), desk.place.id, whose).await? < most {
        return Ok(());
    }
    Err(VIEWS_USED_UP.because(format!("there are {most} already")))
}

/// A filter looks at the desk's place or a part of it.
async fn require_within(db: &impl Conn, desk: &Desk, filter: &Filter) -> Result<()> {
    let Some(id) = filter.place_id else { return Ok(()) };
    let known = places::lineages(db, [id]).await?;
    if known.get(&id).is_some_and(|place| place.at(desk.place.level) == Some(desk.place.id)) {
        return Ok(());
    }
    Err(Problem::member("/filter/place_id", "PLACE", "name the desk's place or a part of it"))
}

fn seal(app: &App, name: &str) -> Result<Vec<u8>> {
    app.vault.seal(NAME, name.as_bytes()).map_err(Problem::internal)
}

fn written(filter: &Filter) -> Result<String> {
    serde_json::to_string(filter).map_err(Problem::internal)
}

fn show(app: &App, row: &Row) -> Result<SavedView> {
    let shared_with = SharedWith::parse(&row.shared_with);
    Ok(SavedView {
        id: row.id,
        name: app.vault.text(NAME, &row.name_cipher).map_err(Problem::internal)?,
        shared_with: shared_with.ok_or_else(|| Problem::internal("a view is shared with nobody known"))?,
        filter: serde_json::from_str(&row.filter).map_err(Problem::internal)?,
        version: row.version,
    })
}
