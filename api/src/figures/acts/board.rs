//! How a place stands at this moment, read at one moment of the database.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use rules::{
    figures as law,
    incidents::{Level as Rung, Severity},
};
use uuid::Uuid;

use super::{
    super::{
        model::{Board, CategoryCount, HotSpot, LastClosed, LevelCount, Standings},
        store::{self, Under, Wanted},
    },
    formula,
    sight::{Sight, look, under},
    tell::{Tallied, cells, share, wire},
};
use crate::{
    access::{Level, Viewer},
    app::App,
    clock::local,
    database::Conn,
    http::problem::{NOT_FOUND, Problem, Result},
};

/// How many of each list are shown.
const SHOWN: usize = 5;
const LAST: u64 = 10;
/// So many households at least reported from a building before it is named.
const SEVERAL: usize = 3;
/// How far back climbs are counted.
const DAYS: TimeDelta = TimeDelta::days(7);

/// The figures that a board shows.
const RATES: [&str; 3] = ["RESPONSE", "RESOLUTION", "SATISFACTION"];

/// A place's board, with a number that changes whenever it does.
pub async fn board(app: &App, viewer: &Viewer, place: Uuid) -> Result<(Board, i64)> {
    let (db, now) = (app.db.snapshot().await?, app.clock.now());
    let (place, sight) = look(&db, viewer, place).await?;
    if sight == Sight::Public {
        return Err(NOT_FOUND.plain());
    }
    let (under, period) = (under(&place), law::Period::of(now));
    let formula = formula::holding(&db, &place, period).await?;
    let standing = standing(&cells(&db, under, 0, sight).await?)?;
    let month = cells(&db, under, period.number(), sight).await?;
    let tallied: Tallied = month.iter().collect();
    let late: u64 = standing.iter().filter(|(_, is_late)| *is_late).map(|(one, _)| one.count).sum();
    let lowest = sight.levels();
    let due = async |from, until| store::due_until(&db, under, &lowest, from, until).await;
    let rates = formula.figures.iter().filter(|figure| RATES.contains(&figure.code.as_str()));
    let wanted = |period: law::Period, outcomes: &[law::Outcome]| Wanted {
        month: period.number(),
        outcomes: outcomes.iter().map(|outcome| outcome.code()).collect(),
        levels: lowest.clone(),
        category: None,
        post: None,
    };
    let reported = wanted(period, &[law::Outcome::Reported]);
    let hot = store::hot_spots(&db, under, &reported, SEVERAL, SHOWN).await?;
    let hot = hot.into_iter().map(|(building_id, reports)| HotSpot { building_id, reports });
    let board = Board {
        place_id: place.id,
        open: standing.iter().map(|(one, _)| one.count).sum(),
        overdue: late + due(None, now).await?,
        due_today: due(Some(now), end_of_day(now)).await?,
        climbs: climbs(&db, under, now, &wanted).await?,
        top_categories: top_categories(&month),
        rates: rates.map(|figure| share(figure, &tallied.counts, sight)).collect(),
        hot_spots: hot.collect(),
        last_closed: last_closed(&db, under, period, &wanted).await?,
        standing: merged(standing),
    };
    let version = fingerprint(&board)?;
    Ok((board, version))
}

/// A number that two different bodies hardly ever share.
fn fingerprint(board: &Board) -> Result<i64> {
    let hash = crate::pii::sha256(&serde_json::to_vec(board).map_err(Problem::internal)?);
    i64::from_str_radix(hash.get(..15).unwrap_or_default(), 16).map_err(Problem::internal)
}

fn count(times: i64) -> u64 {
    u64::try_from(times).unwrap_or(0)
}

/// What stands open, with whether it is late.
fn standing(cells: &[law::Cell]) -> Result<Vec<(Standings, bool)>> {
    let mut counts: BTreeMap<(Rung, &str), i64> = BTreeMap::new();
    for cell in cells {
        *counts.entry((cell.level, cell.outcome.as_str())).or_default() += cell.times;
    }
    let some = counts.into_iter().filter(|(_, times)| *times > 0);
    some.map(|((level, what), times)| {
        let damaged = || Problem::internal("a tally of what stands open is damaged");
        let (status, rest) = what.split_once(':').ok_or_else(damaged)?;
        let (severity, is_late) = rest.strip_suffix(":LATE").map_or((rest, false), |rest| (rest, true));
        let severity = Severity::from_code(severity).ok_or_else(damaged)?;
        let one = Standings { level: wire(level)?, status: status.to_owned(), severity, count: count(times) };
        Ok((one, is_late))
    })
    .collect()
}

/// Without telling what is late apart.
fn merged(standing: Vec<(Standings, bool)>) -> Vec<Standings> {
    let mut merged: BTreeMap<(Level, String, Severity), u64> = BTreeMap::new();
    for (one, _) in standing {
        *merged.entry((one.level, one.status, one.severity)).or_default() += one.count;
    }
    let show = |((level, status, severity), count)| Standings { level, status, severity, count };
    merged.into_iter().map(show).collect()
}

/// Midnight in China.
fn end_of_day(now: DateTime<Utc>) -> DateTime<Utc> {
    let ahead = TimeDelta::hours(8);
    let today = (now + ahead).date_naive();
    let next = today.succ_opt().unwrap_or(today);
    next.and_time(chrono::NaiveTime::MIN).and_utc() - ahead
}

async fn climbs(
    db: &impl Conn,
    under: Under,
    now: DateTime<Utc>,
    wanted: &impl Fn(law::Period, &[law::Outcome]) -> Wanted,
) -> Result<Vec<LevelCount>> {
    let climbs: Vec<_> = law::Outcome::ALL.iter().copied().filter(|outcome| outcome.is_climb()).collect();
    let since = now - DAYS;
    let mut counts: BTreeMap<Level, i64> = BTreeMap::new();
    let periods = [law::Period::of(now), law::Period::of(since)];
    let distinct =
        periods.iter().enumerate().filter(|(at, period)| *at == 0 || Some(*period) != periods.first());
    for (_, period) in distinct {
        for (level, times) in store::by_level_since(db, under, &wanted(*period, &climbs), since).await? {
            let level = Level::parse(&level).ok_or_else(|| Problem::internal("a row has no level"))?;
            *counts.entry(level).or_default() += times;
        }
    }
    Ok(counts.into_iter().map(|(level, times)| LevelCount { level, count: count(times) }).collect())
}

/// What was reported most, of equal ones the first by name.
fn top_categories(month: &[law::Cell]) -> Vec<CategoryCount> {
    let mut counts: BTreeMap<&str, i64> = BTreeMap::new();
    for cell in month.iter().filter(|cell| cell.outcome == law::Outcome::Reported.code()) {
        *counts.entry(cell.category.as_str()).or_default() += cell.times;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, times)| -times);
    let shown = counts.into_iter().take(SHOWN);
    shown
        .map(|(category, times)| CategoryCount { category: category.to_owned(), count: count(times) })
        .collect()
}

async fn last_closed(
    db: &impl Conn,
    under: Under,
    period: law::Period,
    wanted: &impl Fn(law::Period, &[law::Outcome]) -> Wanted,
) -> Result<Vec<LastClosed>> {
    let closings = [law::Outcome::Confirmed, law::Outcome::SettledBySilence, law::Outcome::SettledByQuorum];
    let mut rows = Vec::new();
    for period in [period, period.before()] {
        rows.extend(store::newest(db, under, &wanted(period, &closings), LAST).await?);
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.at, row.id)));
    rows.truncate(usize::try_from(LAST).unwrap_or(0));
    let show = |row: ::entity::figure_fact::Model| {
        let damaged = || Problem::internal("a row of a figure is damaged");
        Ok(LastClosed {
            incident_id: row.incident_id,
            level: Level::parse(&row.level).ok_or_else(damaged)?,
            category: row.category,
            outcome: law::Outcome::from_code(&row.outcome).ok_or_else(damaged)?,
            at: local(row.at),
        })
    };
    rows.into_iter().map(show).collect()
}
