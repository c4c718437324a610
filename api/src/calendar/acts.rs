//! What is known of the calendar, and taking in another year.

use std::sync::{PoisonError, RwLock};

use rules::calendar::{Calendar, Edition, Year};
use serde_json::json;
use uuid::Uuid;

pub(crate) use super::model::CalendarYear;

use super::store;
use crate::{
    clock::local,
    database::{Conn, Tx},
    http::problem::{InputError, NOT_FOUND, Problem, Result},
    places, record,
};

type Row = ::entity::calendar_year::Model;

/// Who takes in what the command line is given.
const OPERATOR: &str = "OPERATOR";

/// The calendar as it was read last, under the id of what was taken in last. No row ever changes.
static READ: RwLock<Option<(Uuid, Calendar)>> = RwLock::new(None);

/// The calendar as it is known: read anew only once something was taken in, by whichever process.
pub(crate) async fn known(db: &impl Conn) -> Result<Calendar> {
    let Some(newest) = store::newest(db).await? else { return Ok(Calendar::default()) };
    let read = READ.read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((_, calendar)) = read.filter(|(of, _)| *of == newest) {
        return Ok(calendar);
    }
    let calendar = Calendar::of(&editions(db).await?);
    *READ.write().unwrap_or_else(PoisonError::into_inner) = Some((newest, calendar.clone()));
    Ok(calendar)
}

/// All years that were taken in, in that order.
pub(crate) async fn editions(db: &impl Conn) -> Result<Vec<Edition>> {
    store::all(db).await?.iter().map(edition).collect()
}

fn edition(row: &Row) -> Result<Edition> {
    Ok(Edition {
        known_from: row.known_from.parse().map_err(Problem::internal)?,
        hash: row.hash.clone(),
        year: serde_json::from_str(&row.days).map_err(Problem::internal)?,
    })
}

/// Takes in a year, if nothing is wrong with it; one that is known just so already stays as it is.
pub(crate) async fn import(tx: &Tx, year: &Year) -> Result<CalendarYear> {
    tx.lock("calendar").await?;
    let hash = year.hash().map_err(Problem::internal)?;
    let newest = newest_of(tx.conn(), year.year).await?;
    if let Some(newest) = newest.as_ref().filter(|newest| newest.hash == hash) {
        return Ok(newest.clone());
    }
    let known_from = Edition::known_from(tx.now).map_err(Problem::internal)?;
    let beside = known(tx.conn()).await?;
    let findings = year.findings().into_iter().chain(year.findings_beside(&beside, known_from));
    let wrong: Vec<InputError> = findings
        .map(|one| InputError { pointer: one.pointer, code: "CALENDAR".into(), detail: one.words })
        .collect();
    if !wrong.is_empty() {
        return Err(Problem::input(wrong));
    }
    let row = Row {
        id: tx.id(),
        year: year.year,
        version: newest.map_or(0, |newest| newest.version) + 1,
        known_from: known_from.to_string(),
        days: serde_json::to_string(year).map_err(Problem::internal)?,
        hash,
        imported_as: OPERATOR.into(),
        imported_at: tx.now,
    };
    store::insert(tx.conn(), row.clone()).await?;
    tell(tx, &row, year).await?;
    show(&row)
}

async fn tell(tx: &Tx, row: &Row, year: &Year) -> Result<()> {
    record::write(
        tx,
        record::Event {
            kind: "CALENDAR_YEAR_IMPORTED",
            complex: places::ABOVE,
            place: places::ABOVE,
            subject_type: "CALENDAR_YEAR",
            subject: row.id,
            version: row.version.into(),
            role: row.imported_as.clone(),
            audience: record::Audience::Members,
            person: None,
            facts: json!({
                "year": row.year,
                "source": year.source,
                "hash": row.hash,
                "known_from": row.known_from,
            }),
            commitment: None,
        },
    )
    .await
}

/// All that was taken in, and the year that ships with the program before them.
pub(crate) async fn list(db: &impl Conn) -> Result<Vec<CalendarYear>> {
    let first = Year::shipped().map(shipped);
    let rows = store::all(db).await?;
    first.into_iter().chain(rows.iter().map(show)).collect()
}

/// A year as it is known now.
pub(crate) async fn read(db: &impl Conn, year: i32) -> Result<CalendarYear> {
    newest_of(db, year).await?.ok_or_else(|| NOT_FOUND.because("of that year only the weekends are known"))
}

async fn newest_of(db: &impl Conn, year: i32) -> Result<Option<CalendarYear>> {
    match store::of_year(db, year).await? {
        Some(row) => show(&row).map(Some),
        None => Year::shipped().filter(|shipped| shipped.year == year).map(shipped).transpose(),
    }
}

fn show(row: &Row) -> Result<CalendarYear> {
    let Edition { known_from, hash, year } = edition(row)?;
    Ok(CalendarYear {
        known_from: Some(known_from),
        imported_at: Some(local(row.imported_at)),
        version: row.version,
        ..days(year, hash)
    })
}

fn shipped(year: Year) -> Result<CalendarYear> {
    let hash = year.hash().map_err(Problem::internal)?;
    Ok(days(year, hash))
}

fn days(Year { year, source, holidays, working_weekends }: Year, hash: String) -> CalendarYear {
    CalendarYear {
        year,
        source,
        holidays,
        working_weekends,
        hash,
        known_from: None,
        imported_at: None,
        version: 1,
    }
}
