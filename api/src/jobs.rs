//! What runs by itself: each job is a room's `tick`, called when somebody wakes it and every second anyway, so that
//! nothing depends on a wake-up that a crash swallowed.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;

use crate::{app::App, http::problem::Result, incidents, operations, polls, record};

/// Starts all jobs; dropping the set ends them.
pub fn start(app: &Arc<App>) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    jobs.spawn(every(Arc::clone(app), "record", record::sequence));
    // roll
    jobs.spawn(every(Arc::clone(app), "work", operations::tick));

    // polls
    jobs.spawn(every(Arc::clone(app), "polls", polls::tick));

    // incidents
    jobs.spawn(every(Arc::clone(app), "incidents", incidents::tick));
    jobs.spawn(every(Arc::clone(app), "incident_audit", incidents::audit));

    jobs
}

/// Runs `tick` until it finds nothing more to do, then rests until woken or a second has passed. A tick that fails is
/// told to the operator and tried again: what is due stays due.
async fn every(app: Arc<App>, name: &'static str, tick: impl AsyncFn(&App) -> Result<usize>) {
    loop {
        match tick(&app).await {
            Ok(0) => rest(&app, name).await,
            Ok(done) => {
                metrics::counter!("job_done_total", "job" => name)
                    .increment(u64::try_from(done).unwrap_or(u64::MAX));
            }
            Err(problem) => {
                tracing::error!(job = name, %problem, "a job failed");
                metrics::counter!("job_failed_total", "job" => name).increment(1);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn rest(app: &App, name: &str) {
    let a_second = tokio::time::sleep(Duration::from_secs(1));
    match name {
        "record" => tokio::select! { () = app.wake.written.notified() => {}, () = a_second => {} },
        "work" => tokio::select! { () = app.wake.work.notified() => {}, () = a_second => {} },
        // Looks at everything that is open, so not every second.
        "incident_audit" => tokio::time::sleep(Duration::from_mins(1)).await,
        _ => a_second.await,
    }
}
