//! What the clocks of an incident measured.

use std::collections::BTreeMap;

use ::entity::clock_entry;
use rules::{calendar::Calendar, incidents as law};
use uuid::Uuid;

use super::super::{
    model::{Clock, Clocks, ClocksQuery, WhatIf},
    rows, store,
};
use crate::{
    access::Viewer,
    app::App,
    calendar::acts as calendar,
    clock::local,
    database::Conn,
    http::problem::{Problem, Result},
};

/// Every clock that ran for an incident, told from what happened to it; and when each would have been due under another
/// budget, if that is asked.
pub async fn clocks(app: &App, viewer: &Viewer, id: Uuid, query: &ClocksQuery) -> Result<Clocks> {
    let row = super::show::readable_row(app, viewer, id).await?;
    let entries = store::all_clock_entries(app.db.read(), &row).await?;
    let mut by_clock: BTreeMap<(i32, i32, String), Vec<clock_entry::Model>> = BTreeMap::new();
    for entry in entries {
        let clock = (entry.tenure_seq, entry.rework, entry.kind.clone());
        by_clock.entry(clock).or_default().push(entry);
    }
    let calendar = calendar::known(app.db.read()).await?;
    // The beginning of the oldest may be more than is read.
    let whole = by_clock.into_values().filter(|history| history.first().is_some_and(begins));
    let mut items =
        whole.map(|history| show(app, &history, query, &calendar)).collect::<Result<Vec<Clock>>>()?;
    items.sort_by_key(|clock| clock.started_at);
    Ok(Clocks { items })
}

/// A clock by which a holder was measured, each time that it ran.
pub(crate) struct Ran {
    pub incident: Uuid,
    pub tenure: u32,
    pub kind: law::ClockKind,
    pub clock: law::Clock,
}

/// What each tenure of an incident was held to, and where the incident is.
pub(crate) struct HeldTo {
    pub incident: Uuid,
    pub tenure: u32,
    /// The key of its policy.
    pub policy: String,
    pub place: Uuid,
}

/// What measured the holders of some incidents of a complex, told from what happened to it.
pub(crate) async fn ran(db: &impl Conn, complex: Uuid, incidents: &[Uuid]) -> Result<Vec<Ran>> {
    let mut runs: BTreeMap<(Uuid, i32, i32, String), Vec<Vec<clock_entry::Model>>> = BTreeMap::new();
    for entry in store::holders_clock_entries(db, complex, incidents).await? {
        let clock = (entry.incident_id, entry.tenure_seq, entry.rework, entry.kind.clone());
        let runs = runs.entry(clock).or_default();
        match runs.last_mut() {
            Some(last) if !begins(&entry) => last.push(entry),
            _ => runs.push(vec![entry]),
        }
    }
    let told = runs.into_iter().flat_map(|((incident, tenure, _, kind), runs)| {
        runs.into_iter().map(move |history| (incident, tenure, kind.clone(), history))
    });
    let ran = |(incident, tenure, kind, history): (Uuid, i32, String, Vec<clock_entry::Model>)| {
        let kind = law::ClockKind::from_code(&kind).ok_or_else(|| Problem::internal("no such clock"))?;
        Ok(Ran { incident, tenure: tenure.unsigned_abs(), kind, clock: rows::clock(&history)? })
    };
    told.map(ran).collect()
}

/// What the holders of some incidents of a complex were held to.
pub(crate) async fn held_to(db: &impl Conn, complex: Uuid, incidents: &[Uuid]) -> Result<Vec<HeldTo>> {
    let held = store::held_to(db, complex, incidents).await?.into_iter();
    let shown = |(incident, tenure, policy, place): (Uuid, i32, String, Uuid)| HeldTo {
        incident,
        tenure: tenure.unsigned_abs(),
        policy,
        place,
    };
    Ok(held.map(shown).collect())
}

fn begins(entry: &clock_entry::Model) -> bool {
    entry.change == "START"
}

fn show(
    app: &App,
    history: &[clock_entry::Model],
    query: &ClocksQuery,
    calendar: &Calendar,
) -> Result<Clock> {
    let first = history.first().ok_or_else(|| Problem::internal("a clock without a history"))?;
    let clock = rows::clock(history)?;
    let work = calendar.known_at(clock.started());
    let spent = clock.spent(app.clock.now(), work).map_err(Problem::internal)?;
    let due = |clock: &law::Clock| clock.due(work).map(local).map_err(Problem::internal);
    let what_if = |budget: law::Budget| {
        Ok(WhatIf { budget: budget.into(), due_at: due(&clock.clone().under(budget))? })
    };
    Ok(Clock {
        kind: law::ClockKind::from_code(&first.kind).ok_or_else(|| Problem::internal("no such clock"))?,
        tenure_seq: first.tenure_seq.unsigned_abs(),
        budget: clock.budget().into(),
        started_at: local(clock.started()),
        due_at: due(&clock)?,
        ended_at: clock.end().map(|end| local(end.at)),
        cancelled: clock.end().is_some_and(|end| end.cancelled),
        spent_seconds: spent.num_seconds().unsigned_abs(),
        pauses: clock.pauses().iter().map(Into::into).collect(),
        what_if: query.budgets().map(what_if).collect::<Result<_>>()?,
    })
}
