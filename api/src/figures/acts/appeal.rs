//! Appealing a row of a closed month, and hearing the appeal.

use ::entity::{figure_appeal, figure_fact};
use chrono::{DateTime, TimeDelta, Utc};
use rules::{
    figures as law,
    incidents::{Holder, Level as Rung, ladder::nearest_above},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        APPEAL_DECIDED, APPEAL_LATE, MONTH_OPEN, ROW_APPEALED,
        model::{Appeal, ClosingPath, DecideAppeal, Decision, MakeAppeal},
        store,
    },
    close::{Closer, keep, lock_of, newest},
    sight::{Sight, look, officer},
};
use crate::{
    access::{Level, Lineage, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Tx, is_duplicate},
    http::{
        paging::{Cursors, List, Page},
        problem::{NOT_ALLOWED, NOT_FOUND, Problem, Result},
    },
    incidents::acts as incidents,
    places, record,
};

/// The columns that words are sealed for.
const REASON: &str = "figure_appeal.reason";
const WORDS: &str = "figure_appeal.words";

const OPEN: &str = "OPEN";

fn damaged() -> Problem {
    Problem::internal("an appeal's row is damaged")
}

fn rung(code: &str) -> Result<Rung> {
    Rung::from_code(code).ok_or_else(damaged)
}

/// Whoever has the post that a row is about says that it should not count.
pub(crate) async fn appeal(app: &App, viewer: &Viewer, tx: &Tx, request: &MakeAppeal) -> Result<Appeal> {
    let row = store::fact(tx.conn(), request.row_id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let post = places::lineage(tx.conn(), row.post_id).await?;
    let sees = officer(viewer, Permission::AppealFigure, &post).ok_or_else(|| NOT_FOUND.plain())?;
    if sees < rung(&row.level)? {
        return Err(NOT_FOUND.plain());
    }
    let holds =
        |role: &str| viewer.grants.iter().any(|one| one.role.as_str() == role && one.place.id == post.id);
    if !holds(&row.role) {
        return Err(NOT_ALLOWED.because(format!("it is held by {}: only that post appeals", row.role)));
    }
    let period = law::Period::from_number(row.month).ok_or_else(damaged)?;
    require_in_time(tx, &row).await?;
    let made = figure_appeal::Model {
        complex_id: row.complex_id,
        id: tx.id(),
        row_id: row.id,
        month: row.month,
        figure: request.figure.clone(),
        level: row.level,
        post_id: row.post_id,
        role: row.role,
        appellant_id: viewer.person,
        reason_cipher: app.vault.seal(REASON, request.reason.as_bytes()).map_err(Problem::internal)?,
        state: OPEN.into(),
        decided_by: None,
        words_cipher: None,
        made_at: tx.now,
        decided_at: None,
        version: 1,
    };
    if let Some(figure) = &request.figure {
        let known = newest(tx.conn(), row.complex_id, row.month).await?;
        let known = known.is_some_and(|(_, closing)| closing.formula.figure(figure).is_some());
        known
            .then_some(())
            .ok_or_else(|| Problem::member("/figure", "BOUND", "the month has no such figure"))?;
    }
    match store::insert_appeal(tx.conn(), made.clone()).await {
        Err(error) if is_duplicate(&error) => {
            return Err(ROW_APPEALED.because("each row is appealed once"));
        }
        other => other?,
    }
    let above = above(tx, &made, &post).await?;
    tell(tx, &made, "FIGURE_APPEALED", (made.role.clone(), above), period).await?;
    show(app, made)
}

/// An appeal is heard while the month is closed, and not for long.
async fn require_in_time(tx: &Tx, row: &figure_fact::Model) -> Result<()> {
    let first = store::closing(tx.conn(), row.complex_id, row.month, Some(1)).await?;
    let first = first.ok_or_else(|| MONTH_OPEN.because("its rows can be appealed once it is closed"))?;
    let days = super::close::read(&first)?.formula.appeal_days;
    let until: DateTime<Utc> = first.closed_at + TimeDelta::days(days.into());
    if tx.now < until { Ok(()) } else { Err(APPEAL_LATE.because(local(until).to_rfc3339())) }
}

/// The nearest of those who may decide on an appeal, if anybody is there.
async fn above(tx: &Tx, appeal: &figure_appeal::Model, post: &Lineage) -> Result<Option<Holder>> {
    let staffed = incidents::staffed(tx.conn(), post, None, tx.now).await?;
    Ok(nearest_above(rung(&appeal.level)?, &staffed).map(Rung::holder))
}

/// Writes what somebody did, as which role, and who else is to be told of it.
async fn tell(
    tx: &Tx,
    appeal: &figure_appeal::Model,
    kind: &'static str,
    (role, notify): (String, Option<Holder>),
    period: law::Period,
) -> Result<()> {
    let notify: Vec<_> = notify.into_iter().map(Holder::code).collect();
    record::write(
        tx,
        record::Event {
            kind,
            complex: appeal.complex_id,
            place: appeal.post_id,
            subject_type: "APPEAL",
            subject: appeal.id,
            version: appeal.version,
            role,
            audience: record::Audience::Person,
            person: Some(appeal.appellant_id),
            facts: json!({
                "period": period.to_string(), "row": appeal.row_id, "figure": appeal.figure, "state": appeal.state,
                "notify": notify,
            }),
            commitment: None,
        },
    )
    .await
}

/// An appeal whose post the viewer may look at, and the level that they have there.
fn see(viewer: &Viewer, appeal: &figure_appeal::Model, post: &Lineage) -> Result<Rung> {
    let level = officer(viewer, Permission::AppealFigure, post).ok_or_else(|| NOT_FOUND.plain())?;
    if level >= rung(&appeal.level)? { Ok(level) } else { Err(NOT_FOUND.plain()) }
}

/// One appeal, for its post and those above it.
pub(crate) async fn read_appeal(app: &App, viewer: &Viewer, id: Uuid) -> Result<Appeal> {
    let db = app.db.read();
    let appeal = store::appeal(db, id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let post = places::lineage(db, appeal.post_id).await?;
    see(viewer, &appeal, &post)?;
    show(app, appeal)
}

/// The appeals of a complex's month, of the viewer's level and those below it.
pub(crate) async fn appeals(
    app: &App,
    viewer: &Viewer,
    path: &ClosingPath,
    page: &Page,
) -> Result<List<Appeal>> {
    let db = app.db.read();
    let (place, sight) = look(db, viewer, path.place_id).await?;
    let period = law::Period::parse(&path.period).ok_or_else(|| NOT_FOUND.because("no such month"))?;
    if sight == Sight::Public || place.level != Level::Complex {
        return Err(NOT_FOUND.plain());
    }
    let cursors = Cursors::new(&app.vault, format!("appeals {} {period}", place.id), viewer.person);
    let after = cursors.position(page)?;
    let levels = sight.levels().into_iter().collect();
    let of = (place.id, period.number());
    let rows = store::appeals(db, of, &levels, after, page.limit() + 1).await?;
    let List { items, next_cursor } =
        cursors.page(rows, page, |row| row.id.to_string(), |row| show(app, row));
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

/// A level above the post decides. What is upheld makes a new version of the closing, without the row.
pub(crate) async fn decide(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &DecideAppeal,
) -> Result<Appeal> {
    let mut appeal = store::lock_appeal(tx.conn(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let post = places::lineage(tx.conn(), appeal.post_id).await?;
    let level = see(viewer, &appeal, &post)?;
    let role = Some(level.holder()).filter(|_| rung(&appeal.level).is_ok_and(|of_row| level > of_row));
    let role = role.and_then(|holder: Holder| Role::parse(holder.code()));
    let role = role.ok_or_else(|| {
        NOT_ALLOWED.because(format!("it is held by {}: a level above decides", appeal.role))
    })?;
    if appeal.state != OPEN {
        return Err(APPEAL_DECIDED.because("it is decided"));
    }
    let period = law::Period::from_number(appeal.month).ok_or_else(damaged)?;
    appeal.state = state(request.decision).into();
    appeal.decided_by = Some(role.as_str().into());
    let words = app.vault.seal(WORDS, request.words.as_bytes()).map_err(Problem::internal)?;
    appeal.words_cipher = Some(words);
    appeal.decided_at = Some(tx.now);
    appeal.version += 1;
    store::save_appeal(tx.conn(), &appeal).await?;
    tell(tx, &appeal, "FIGURE_APPEAL_DECIDED", (role.as_str().into(), None), period).await?;
    if request.decision == Decision::Upheld {
        strike(tx, &appeal, period, role).await?;
    }
    show(app, appeal)
}

const fn state(decision: Decision) -> &'static str {
    match decision {
        Decision::Upheld => "UPHELD",
        Decision::Dismissed => "DISMISSED",
    }
}

/// The next version of a closing, without the row.
async fn strike(tx: &Tx, appeal: &figure_appeal::Model, period: law::Period, role: Role) -> Result<()> {
    tx.lock(&lock_of(appeal.complex_id, period)).await?;
    let last = newest(tx.conn(), appeal.complex_id, appeal.month).await?;
    let (kept, mut closing) = last.ok_or_else(damaged)?;
    closing.strikes.push(law::Strike {
        row: appeal.row_id.to_string(),
        figure: appeal.figure.clone(),
        appeal: appeal.id.to_string(),
    });
    let law::Closing { place, period: month, version, formula, rows, strikes, .. } = closing;
    let next = law::Closing::new((place, month), Some((version, kept.hash)), formula, rows, strikes);
    keep(tx, appeal.complex_id, period, &next, Closer::Role(role)).await?;
    Ok(())
}

fn show(app: &App, row: figure_appeal::Model) -> Result<Appeal> {
    let words = |column, cipher: &[u8]| app.vault.text(column, cipher).map_err(Problem::internal);
    let decision = [Decision::Upheld, Decision::Dismissed].into_iter().find(|one| state(*one) == row.state);
    Ok(Appeal {
        id: row.id,
        row_id: row.row_id,
        period: law::Period::from_number(row.month).ok_or_else(damaged)?.to_string(),
        figure: row.figure,
        level: Level::parse(&row.level).ok_or_else(damaged)?,
        post_id: row.post_id,
        role: Role::parse(&row.role).ok_or_else(damaged)?,
        reason: words(REASON, &row.reason_cipher)?,
        made_at: local(row.made_at),
        decision,
        words: row.words_cipher.map(|cipher| words(WORDS, &cipher)).transpose()?,
        decided_at: row.decided_at.map(local),
        version: row.version,
    })
}
