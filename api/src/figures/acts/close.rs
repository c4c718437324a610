//! Closing a month, and reading what was closed.

use ::entity::{figure_closing, figure_fact};
use chrono::TimeDelta;
use rules::{figures as law, incidents::Level as Rung};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        MONTH_CLOSED, MONTH_NOT_OVER,
        model::{CloseMonth, ClosedMonth, ClosingPath, ClosingQuery},
        store,
    },
    formula,
};
use crate::{
    access::{Level, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::problem::{NOT_FOUND, Problem, Result},
    pii::sha256,
    places, record,
};

/// How long after a month's end whatever still was in its last second has surely been written.
const SETTLES: TimeDelta = TimeDelta::hours(1);

/// Who closes a month.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Closer {
    Clock,
    Role(Role),
}

impl Closer {
    fn code(self) -> &'static str {
        match self {
            Self::Clock => "CLOCK",
            Self::Role(role) => role.as_str(),
        }
    }
}

/// Closes a month of a complex, unless it is closed; answers it if it was not. Of several who do so at once the others
/// wait, and find it closed.
pub(crate) async fn close(
    tx: &Tx,
    complex: Uuid,
    period: law::Period,
    closer: Closer,
) -> Result<Option<figure_closing::Model>> {
    tx.lock(&lock_of(complex, period)).await?;
    if store::closing(tx.conn(), complex, period.number(), None).await?.is_some() {
        return Ok(None);
    }
    let place = places::lineage(tx.conn(), complex).await?;
    let formula = formula::holding(tx.conn(), &place, period).await?;
    let rows = rows(tx.conn(), complex, period.number()).await?;
    let of = (complex.to_string(), period.to_string());
    let closing = law::Closing::new(of, None, formula, rows, Vec::new());
    Ok(Some(keep(tx, complex, period, &closing, closer).await?))
}

/// What keeps two from closing the same month, or from striking its rows, at once.
pub(super) fn lock_of(complex: Uuid, period: law::Period) -> String {
    format!("closing {complex} {period}")
}

/// The rows of a complex's month, in the order of their ids.
pub(super) async fn rows(db: &impl Conn, complex: Uuid, month: i32) -> Result<Vec<law::Row>> {
    let facts = store::month_rows(db, complex, month).await?;
    let mut rows = facts.into_iter().map(row).collect::<Result<Vec<_>>>()?;
    rows.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(rows)
}

fn row(fact: figure_fact::Model) -> Result<law::Row> {
    let damaged = || Problem::internal("a row of a figure is damaged");
    Ok(law::Row {
        id: fact.id.to_string(),
        incident: Some(fact.incident_id).filter(|id| !id.is_nil()).map(|id| id.to_string()),
        whistle: fact.whistle_id.map(|id| id.to_string()),
        holding: fact.tenure_seq.unsigned_abs(),
        outcome: law::Outcome::from_code(&fact.outcome).ok_or_else(damaged)?,
        level: Rung::from_code(&fact.level).ok_or_else(damaged)?,
        post: fact.post_id.to_string(),
        category: fact.category,
        severity: fact.severity,
        at: fact.at,
        seconds: fact.seconds.map(i64::unsigned_abs),
    })
}

/// Keeps a closing, and tells its hash in the record.
pub(super) async fn keep(
    tx: &Tx,
    complex: Uuid,
    period: law::Period,
    closing: &law::Closing,
    closer: Closer,
) -> Result<figure_closing::Model> {
    let kept = figure_closing::Model {
        complex_id: complex,
        month: period.number(),
        version: i32::try_from(closing.version).map_err(Problem::internal)?,
        id: tx.id(),
        hash: hash(closing)?,
        body: serde_json::to_string(closing).map_err(Problem::internal)?,
        role: closer.code().into(),
        closed_at: tx.now,
    };
    store::insert_closing(tx.conn(), kept.clone()).await?;
    record::write(
        tx,
        record::Event {
            kind: "FIGURES_CLOSED",
            complex,
            place: complex,
            subject_type: "CLOSING",
            subject: kept.id,
            version: kept.version.into(),
            role: kept.role.clone(),
            audience: record::Audience::Members,
            person: None,
            facts: json!({
                "period": period.to_string(), "hash": kept.hash, "previous": closing.previous,
                "formula": closing.formula.version, "rows": closing.rows.len(),
            }),
            commitment: None,
        },
    )
    .await?;
    Ok(kept)
}

/// SHA-256 of a closing's canonical bytes.
pub(super) fn hash(closing: &law::Closing) -> Result<String> {
    Ok(sha256(&closing.bytes().map_err(Problem::internal)?))
}

/// An officer closes a month before the clock does.
pub(crate) async fn close_by_hand(
    viewer: &Viewer,
    tx: &Tx,
    complex: Uuid,
    request: &CloseMonth,
) -> Result<(ClosedMonth, i64)> {
    let place = places::lineage(tx.conn(), complex).await?;
    viewer.require(Permission::CloseMonth, &place, None)?;
    if place.level != Level::Complex {
        return Err(NOT_FOUND.because("months of complexes are closed"));
    }
    let period = law::Period::parse(&request.period).ok_or_else(|| NOT_FOUND.plain())?;
    let over = period.end() + SETTLES;
    if tx.now < over {
        return Err(MONTH_NOT_OVER.because(format!("from {} on", local(over).to_rfc3339())));
    }
    let role = viewer.acting_as(Permission::CloseMonth, &place).unwrap_or(Role::Admin);
    match close(tx, complex, period, Closer::Role(role)).await? {
        Some(kept) => show(kept),
        None => Err(MONTH_CLOSED.because(format!("{period} is closed"))),
    }
}

/// A closed month, in its newest version or in one of them, to whoever sees how all its levels did.
pub async fn closing(
    app: &App,
    viewer: &Viewer,
    path: &ClosingPath,
    query: &ClosingQuery,
) -> Result<ClosedMonth> {
    let db = app.db.read();
    let place = places::lineage(db, path.place_id).await?;
    viewer.require(Permission::ReadClosing, &place, None)?;
    let period = law::Period::parse(&path.period).ok_or_else(|| NOT_FOUND.because("no such month"))?;
    let version = query.version.map(i32::try_from).transpose().map_err(Problem::internal)?;
    let kept = store::closing(db, place.id, period.number(), version).await?;
    Ok(show(kept.ok_or_else(|| NOT_FOUND.because("it is not closed yet"))?)?.0)
}

fn show(kept: figure_closing::Model) -> Result<(ClosedMonth, i64)> {
    let closed = ClosedMonth {
        id: kept.id,
        hash: kept.hash,
        closed_at: local(kept.closed_at),
        closing: serde_json::from_str(&kept.body).map_err(Problem::internal)?,
    };
    Ok((closed, kept.version.into()))
}

/// A closing as it was kept.
pub(super) fn read(kept: &figure_closing::Model) -> Result<law::Closing> {
    serde_json::from_str(&kept.body).map_err(Problem::internal)
}

/// The newest version of a closed month, if it is closed.
pub(super) async fn newest(
    db: &impl Conn,
    complex: Uuid,
    month: i32,
) -> Result<Option<(figure_closing::Model, law::Closing)>> {
    let kept = store::closing(db, complex, month, None).await?;
    kept.map(|kept| read(&kept).map(|closing| (kept, closing))).transpose()
}
