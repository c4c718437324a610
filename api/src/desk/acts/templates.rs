//! Replies that are written once and sent often.

use rules::desk::{Blank, Template};
use uuid::Uuid;

use super::{
    super::{
        TEMPLATE_BROKEN, TEMPLATE_FOR_ANOTHER_ACT, TEMPLATES_USED_UP,
        model::{AnswerAct, Draft, ReplyTemplate, ReplyTemplates, WriteTemplate},
        store,
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
        problem::{NOT_FOUND, Problem, Result, VERSION_STALE},
    },
    incidents::{self, acts::Said},
    places,
};

type Row = ::entity::reply_template::Model;

/// The columns that a template is sealed for.
const NAME: &str = "reply_template.name";
const WORDS: &str = "reply_template.words";

/// Templates that a desk has in use, and versions that are shown of one.
const MOST: u64 = 100;

pub async fn list(app: &App, viewer: &Viewer, place: Uuid) -> Result<ReplyTemplates> {
    let desk = Desk::find(app.db.read(), viewer, place).await?;
    show_all(app, &store::templates(app.db.read(), desk.place.id, MOST).await?)
}

pub async fn read(app: &App, viewer: &Viewer, place: Uuid, id: Uuid) -> Result<ReplyTemplate> {
    let desk = Desk::find(app.db.read(), viewer, place).await?;
    show(app, &in_use(app.db.read(), desk.place.id, id).await?)
}

/// What a template said, the newest version first, even when it was withdrawn.
pub async fn versions(app: &App, viewer: &Viewer, place: Uuid, id: Uuid) -> Result<ReplyTemplates> {
    let desk = Desk::find(app.db.read(), viewer, place).await?;
    let rows = store::versions(app.db.read(), desk.place.id, id, MOST).await?;
    if rows.is_empty() {
        return Err(no_such());
    }
    show_all(app, &rows)
}

pub async fn write(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    place: Uuid,
    request: &WriteTemplate,
) -> Result<Answer<ReplyTemplate>> {
    let desk = Desk::held(tx.conn(), viewer, place).await?;
    tx.lock(&format!("templates {}", desk.place.id)).await?;
    let known = store::templates(tx.conn(), desk.place.id, MOST).await?;
    if u64::try_from(known.len()).is_ok_and(|known| known >= MOST) {
        return Err(TEMPLATES_USED_UP.because(format!("there are {MOST} already")));
    }
    let row = insert(app, viewer, tx, (desk.place.id, tx.id(), 1), request).await?;
    desk.tell(tx, viewer, "TEMPLATE_WRITTEN", ("TEMPLATE", row.id, row.version)).await?;
    let location = format!("/v1/places/{}/desk/templates/{}", row.place_id, row.id);
    Ok(Answer::created(show(app, &row)?, location).version(1))
}

/// Puts another version in a template's place.
pub async fn rewrite(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    (place, id): (Uuid, Uuid),
    version: i64,
    request: &WriteTemplate,
) -> Result<ReplyTemplate> {
    let (desk, old) = retire(app, viewer, tx, (place, id), version).await?;
    let row = insert(app, viewer, tx, (old.place_id, id, old.version + 1), request).await?;
    desk.tell(tx, viewer, "TEMPLATE_REWRITTEN", ("TEMPLATE", id, row.version)).await?;
    show(app, &row)
}

pub async fn withdraw(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    (place, id): (Uuid, Uuid),
    version: i64,
) -> Result<()> {
    let (desk, old) = retire(app, viewer, tx, (place, id), version).await?;
    desk.tell(tx, viewer, "TEMPLATE_WITHDRAWN", ("TEMPLATE", id, old.version)).await
}

/// A template's words for an incident that its desk's post holds.
pub async fn draft(app: &App, viewer: &Viewer, incident: Uuid, template: Uuid) -> Result<Draft> {
    let said = incidents::acts::said(app, viewer, incident).await?;
    Desk::held(app.db.read(), viewer, said.held_at).await?;
    let row = in_use(app.db.read(), said.held_at, template).await?;
    Ok(Draft {
        act: act(&row)?,
        words: filled(app.db.read(), &words_for(app, &row, act(&row)?, &said)?, &said).await?,
        template_version: row.version,
    })
}

/// The version of a template of this desk that is in use.
pub(super) async fn in_use(db: &impl Conn, place: Uuid, id: Uuid) -> Result<Row> {
    store::template(db, place, id).await?.ok_or_else(no_such)
}

/// A template's words, where it is for this act and what is spoken of.
pub(super) fn words_for(app: &App, row: &Row, done: Option<AnswerAct>, said: &Said) -> Result<Template> {
    let fits_act = act(row)?.is_none_or(|act| Some(act) == done);
    if fits_act && row.category.as_ref().is_none_or(|category| *category == said.category.code) {
        return parse(&app.vault.text(WORDS, &row.words_cipher).map_err(Problem::internal)?);
    }
    Err(TEMPLATE_FOR_ANOTHER_ACT.because("it is not for this act, or not for this category"))
}

pub(super) fn parse(words: &str) -> Result<Template> {
    Template::parse(words).map_err(|fault| TEMPLATE_BROKEN.because(fault.to_string()))
}

/// Words about an incident, with every blank filled in.
pub(super) async fn filled(db: &impl Conn, template: &Template, said: &Said) -> Result<String> {
    let address = places::address(db, &said.place).await?;
    Ok(template.fill(|blank| match blank {
        Blank::Category => said.category.name.zh.clone(),
        Blank::Place => address.clone(),
        Blank::ReportedOn => local(said.reported_at).format("%-m月%-d日").to_string(),
        // What is over is due no more, and not answered from a desk.
        Blank::DueAt => {
            said.due_at.map(|due| local(due).format("%-m月%-d日%H:%M").to_string()).unwrap_or_default()
        }
    }))
}

fn no_such() -> Problem {
    NOT_FOUND.because("no such template here")
}

async fn insert(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    (place_id, id, version): (Uuid, Uuid, i64),
    request: &WriteTemplate,
) -> Result<Row> {
    parse(&request.words)?;
    let seal = |column, text: &str| app.vault.seal(column, text.as_bytes()).map_err(Problem::internal);
    let row = Row {
        place_id,
        id,
        version,
        act: request.act.map(|act| act.as_str().into()),
        category: request.category.clone(),
        name_cipher: seal(NAME, &request.name)?,
        words_cipher: seal(WORDS, &request.words)?,
        person_id: viewer.person,
        written_at: tx.now,
        replaced_at: None,
    };
    store::insert_template(tx.conn(), row.clone()).await?;
    Ok(row)
}

/// Takes the version that the viewer knows out of use.
async fn retire(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    (place, id): (Uuid, Uuid),
    version: i64,
) -> Result<(Desk, Row)> {
    let desk = Desk::held(tx.conn(), viewer, place).await?;
    let row = in_use(tx.conn(), desk.place.id, id).await?;
    if row.version == version && store::retire_template(tx.conn(), &row, tx.now).await? {
        return Ok((desk, row));
    }
    let stale = VERSION_STALE.because(format!("it is at version {}", row.version));
    Err(stale.with_current(show(app, &row)?))
}

fn act(row: &Row) -> Result<Option<AnswerAct>> {
    let known = |act: &str| AnswerAct::parse(act).ok_or_else(|| Problem::internal("a template has no act"));
    row.act.as_deref().map(known).transpose()
}

fn show_all(app: &App, rows: &[Row]) -> Result<ReplyTemplates> {
    Ok(ReplyTemplates { items: rows.iter().map(|row| show(app, row)).collect::<Result<_>>()? })
}

fn show(app: &App, row: &Row) -> Result<ReplyTemplate> {
    let open = |column, sealed: &[u8]| app.vault.text(column, sealed).map_err(Problem::internal);
    Ok(ReplyTemplate {
        id: row.id,
        name: open(NAME, &row.name_cipher)?,
        act: act(row)?,
        category: row.category.clone(),
        words: open(WORDS, &row.words_cipher)?,
        written_at: local(row.written_at),
        replaced_at: row.replaced_at.map(local),
        version: row.version,
    })
}
