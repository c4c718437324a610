//! Asking for long work, doing it, and telling how far it is.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use serde::Serialize;
use uuid::Uuid;

use super::{
    model::{Kind, Operation, Progress, State},
    store::{self, End},
};
use crate::{
    access::{Lineage, Viewer},
    app::App,
    database::Tx,
    http::problem::{KEY_RUNNING, Language, NOT_FOUND, Problem, Result},
    roll,
};

/// How long a run may be silent before another may take its operation.
const LEASE: TimeDelta = TimeDelta::seconds(90);
/// How often a run says that it lives.
const BEAT: Duration = Duration::from_secs(20);
/// How often an operation is begun before it is given up.
const ATTEMPTS: i32 = 5;

/// How far the runs of this process are.
static RUNNING: LazyLock<Mutex<HashMap<Uuid, Progress>>> = LazyLock::new(Mutex::default);

/// An operation that a run holds.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub id: Uuid,
    run: Uuid,
}

/// Takes in long work, to be done after the transaction commits.
pub async fn ask(tx: &Tx, kind: Kind, place: &Lineage, person: Uuid, input: String) -> Result<Operation> {
    let row = ::entity::operation::Model {
        id: tx.id(),
        kind: kind.as_str().into(),
        complex_id: place.at(crate::access::Level::Complex),
        person_id: Some(person),
        state: State::Waiting.as_str().into(),
        phase: State::Waiting.as_str().into(),
        done: 0,
        total: 0,
        input,
        result: None,
        error: None,
        lease_by: None,
        lease_until: None,
        attempts: 0,
        created_at: tx.now,
        updated_at: tx.now,
    };
    store::insert(tx.conn(), row.clone()).await?;
    show(row)
}

/// An operation as who asked for it sees it, with a version.
pub async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<(Operation, i64)> {
    let row = store::find(app.db.read(), id)
        .await?
        .filter(|row| row.person_id == Some(viewer.person))
        .ok_or_else(|| NOT_FOUND.because("no such operation of yours"))?;
    let written = row.updated_at.timestamp_micros();
    let mut operation = show(row)?;
    let mut version = written;
    if operation.state == State::Running
        && let Some(progress) = RUNNING.lock().unwrap_or_else(PoisonError::into_inner).get(&id)
    {
        operation.progress = progress.clone();
        version = app.clock.now().timestamp_micros();
    }
    Ok((operation, version))
}

fn show(row: ::entity::operation::Model) -> Result<Operation> {
    let unknown = || Problem::internal("an operation of an unknown kind or state");
    Ok(Operation {
        id: row.id,
        kind: Kind::parse(&row.kind).ok_or_else(unknown)?,
        state: State::parse(&row.state).ok_or_else(unknown)?,
        progress: Progress { done: row.done, total: row.total, phase: row.phase },
        result: row.result.and_then(|text| serde_json::from_str(&text).ok()),
        problem: row.error.and_then(|text| serde_json::from_str(&text).ok()),
    })
}

/// Writes an operation's end in the transaction of its effect. Refused when another run has taken it meanwhile.
pub async fn finish(tx: &Tx, held: &Held, result: &impl Serialize) -> Result<()> {
    let result = serde_json::to_string(result).map_err(Problem::internal)?;
    if store::end(tx.conn(), held.id, held.run, End::Done(result), tx.now).await? {
        Ok(())
    } else {
        Err(KEY_RUNNING.because("another run has taken this operation"))
    }
}

/// Does the oldest operation that nobody works on, if there is one.
pub async fn tick(app: &App) -> Result<usize> {
    let now = app.clock.now();
    let Some(row) = store::next(app.db.read(), now).await? else { return Ok(0) };
    let held = Held { id: row.id, run: app.ids.random() };
    let tx = app.db.begin().await?;
    let claimed =
        store::claim(tx.conn(), held.id, held.run, row.attempts + 1, tx.now, tx.now + LEASE).await?;
    app.commit(tx).await?;
    if !claimed {
        return Ok(0);
    }
    let _told = Told(held.id);
    let problem = if row.attempts >= ATTEMPTS {
        Err(Problem::internal("an operation was begun too often"))
    } else {
        tokio::select! {
            done = work(app, held, &row) => done,
            lost = keep_alive(app, held) => lost,
        }
    };
    match problem {
        Ok(()) => {}
        Err(problem) if row.attempts < ATTEMPTS && is_passing(&problem) => {
            tracing::warn!(operation = %held.id, %problem, "an operation is begun again later");
            let tx = app.db.begin().await?;
            store::give_back(tx.conn(), held.id, held.run, tx.now, tx.now + TimeDelta::seconds(2)).await?;
            app.commit(tx).await?;
            return Ok(1);
        }
        Err(problem) => {
            let body = serde_json::to_string(&problem.body(Language::Zh, None)).map_err(Problem::internal)?;
            let tx = app.db.begin().await?;
            store::end(tx.conn(), held.id, held.run, End::Failed(body), tx.now).await?;
            app.commit(tx).await?;
        }
    }
    roll::acts::forget_file(app, &row.input).await;
    Ok(1)
}

/// Whether the same work may go better later: a database that restarts, a run that was overtaken.
fn is_passing(problem: &Problem) -> bool {
    problem.code.status >= 500 || problem.code.status == KEY_RUNNING.status
}

async fn work(app: &App, held: Held, row: &::entity::operation::Model) -> Result<()> {
    let tell = |phase: &'static str, done: u64, total: u64| {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let progress = Progress { done: whole(done), total: whole(total), phase: phase.into() };
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).insert(held.id, progress);
    };
    match Kind::parse(&row.kind) {
        Some(Kind::RollImport) => roll::acts::run_import(app, &held, row, &tell).await,
        None => Err(Problem::internal("an operation of an unknown kind")),
    }
}

/// Says again and again that the run lives and how far it is. Ends only when the operation was taken away. While the
/// work itself holds the only writer, nobody else can claim either, and the beat waits.
async fn keep_alive(app: &App, held: Held) -> Result<()> {
    loop {
        tokio::time::sleep(BEAT).await;
        let progress =
            RUNNING.lock().unwrap_or_else(PoisonError::into_inner).get(&held.id).cloned().unwrap_or_default();
        let beaten = app
            .db
            .write(async |tx| {
                Ok(store::beat(tx.conn(), held.id, held.run, progress, tx.now, tx.now + LEASE).await?)
            })
            .await;
        match beaten {
            Ok(true) => {}
            Ok(false) => return Err(KEY_RUNNING.because("another run has taken this operation")),
            Err(problem) => tracing::debug!(operation = %held.id, %problem, "a heartbeat was not written"),
        }
    }
}

/// Forgets the progress when the run ends, however it ends.
struct Told(Uuid);

impl Drop for Told {
    fn drop(&mut self) {
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}
