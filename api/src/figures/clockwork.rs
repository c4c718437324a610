//! What happens by itself: what moves decided is added to the tallies, and months are closed.
//!
//! One process at a time counts, so that no two moves wait for each other's tallies; whoever reads adds what is not
//! counted yet.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use ::entity::{figure_fact, figure_month, figure_tally};
use chrono::TimeDelta;
use rules::figures as law;
use uuid::Uuid;

use super::{
    acts::{self, Closer},
    store,
};
use crate::{
    access::Level,
    app::App,
    database::Tx,
    http::problem::{Problem, Result},
    places,
};

/// Facts counted in one transaction.
const BATCH: u64 = 500;
/// Months closed at once.
const MONTHS: u64 = 20;

/// Adds what was decided to the tallies of every place that it happened in; answers how many facts there were.
pub async fn count(app: &App) -> Result<usize> {
    if store::next_pending(app.db.read(), 1).await?.is_empty() {
        return Ok(0);
    }
    let tx = app.db.begin().await?;
    if !tx.try_lock("figures").await? {
        return Ok(0);
    }
    let facts = store::next_pending(tx.conn(), BATCH).await?;
    if facts.is_empty() {
        tx.undo().await;
        return Ok(0);
    }
    store::add(tx.conn(), tallies(&facts)).await?;
    store::await_closing(tx.conn(), months(&tx, &facts).await?).await?;
    store::mark_counted(tx.conn(), &facts).await?;
    tx.commit().await?;
    Ok(facts.len())
}

fn tallies(facts: &[figure_fact::Model]) -> Vec<figure_tally::Model> {
    type Key = (Uuid, Uuid, i32, String, String, String);
    let mut tallies: BTreeMap<Key, i64> = BTreeMap::new();
    for fact in facts {
        for (complex, place) in places_of(fact) {
            for (category, level, outcome, times) in cells_of(fact) {
                *tallies.entry((complex, place, fact.month, category, level, outcome)).or_default() += times;
            }
        }
    }
    let row = |((complex_id, place_id, month, category, level, outcome), times)| figure_tally::Model {
        complex_id,
        place_id,
        month,
        category,
        level,
        outcome,
        times,
    };
    tallies.into_iter().map(row).collect()
}

/// What a fact adds to: category, level, outcome and how much. What stands open is told by no category.
pub(super) fn cells_of(fact: &figure_fact::Model) -> Vec<(String, String, String, i64)> {
    let category = if fact.month > 0 { fact.category.clone() } else { String::new() };
    let cell = |outcome: String| (category.clone(), fact.level.clone(), outcome, i64::from(fact.times));
    let took = fact.seconds.map(|seconds| match law::took(seconds.unsigned_abs()) {
        Some(bound) => format!("TOOK_{bound}"),
        None => "TOOK_LONGER".to_owned(),
    });
    std::iter::once(fact.outcome.clone()).chain(took).map(cell).collect()
}

/// Every place that a fact happened in, each with its complex.
fn places_of(fact: &figure_fact::Model) -> impl Iterator<Item = (Uuid, Uuid)> {
    let complex = fact.complex_id;
    let above = [fact.district_id, fact.street_id, fact.community_id].map(|place| (places::ABOVE, place));
    let within = [Some(complex), fact.building_id, fact.unit_id].map(|place| (complex, place));
    above.into_iter().chain(within).filter_map(|(complex, place)| Some((complex, place?)))
}

/// The months in which something happened, each with when it is closed by the formula that holds there. That was published
/// before the month began, so that nothing moves it any more.
async fn months(tx: &Tx, facts: &[figure_fact::Model]) -> Result<Vec<figure_month::Model>> {
    let months: BTreeSet<_> = facts.iter().map(|fact| (fact.complex_id, fact.month)).collect();
    let complexes = places::lineages(tx.conn(), months.iter().map(|(complex, _)| *complex)).await?;
    let mut days: BTreeMap<(Option<Uuid>, i32), i64> = BTreeMap::new();
    let mut waiting = Vec::new();
    for (complex_id, month) in months {
        let known = law::Period::from_number(month).zip(complexes.get(&complex_id));
        let Some((period, complex)) = known else { continue };
        let after = match days.entry((complex.at(Level::District), month)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let formula = acts::holding(tx.conn(), complex, period).await?;
                *new.insert(formula.closes_after_days.into())
            }
        };
        let closes_at = period.end() + TimeDelta::days(after);
        waiting.push(figure_month::Model { complex_id, month, closes_at });
    }
    Ok(waiting)
}

/// Closes the months that are due; answers how many.
pub async fn close_due(app: &App) -> Result<usize> {
    let due = store::due_closings(app.db.read(), app.clock.now(), MONTHS).await?;
    let mut closed = 0;
    for month in due {
        match app.write(async |tx| close(tx, &month).await).await {
            Ok(()) => closed += 1,
            Err(problem) => {
                metrics::counter!("figure_closing_failed_total").increment(1);
                problem.hinders("close a month of a complex", month.complex_id);
            }
        }
    }
    Ok(closed)
}

/// Closes one month, unless somebody did; either way it waits no more.
async fn close(tx: &Tx, month: &figure_month::Model) -> Result<()> {
    let period = law::Period::from_number(month.month).ok_or_else(|| Problem::internal("no such month"))?;
    acts::close(tx, month.complex_id, period, Closer::Clock).await?;
    Ok(store::forget_month(tx.conn(), month.complex_id, month.month).await?)
}
