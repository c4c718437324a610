//! What runs by itself: each job is a room's `tick`, called when somebody wakes it and every second anyway, so that
//! nothing depends on a wake-up that a crash swallowed.

use std::{sync::Arc, time::Duration};

use tokio::task::JoinSet;

use crate::{
    app::App, clusters, figures, http::problem::Result, idempotency, incidents, moderation, notices,
    operations, outages, patrols, polls, programmes, record, roll, uploads, visits, webhooks, whistles,
};

/// What a job rests for.
#[derive(Clone, Copy)]
enum Rest {
    /// Until an event was written.
    Written,
    /// Until there is work.
    Work,
    /// A second: something may be due.
    Second,
    /// A minute: nothing waits for it, or it looks at all that is open.
    Minute,
}

/// Starts all jobs; dropping the set ends them.
pub fn start(app: &Arc<App>) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    let app = || Arc::clone(app);
    jobs.spawn(every(app(), "record", Rest::Written, record::sequence));
    jobs.spawn(every(app(), "work", Rest::Work, operations::tick));
    jobs.spawn(every(app(), "polls", Rest::Second, polls::tick));
    jobs.spawn(every(app(), "programmes", Rest::Second, programmes::tick));
    jobs.spawn(every(app(), "roll_objections", Rest::Second, roll::tick));
    jobs.spawn(every(app(), "incidents", Rest::Second, incidents::tick));
    jobs.spawn(every(app(), "incident_prompts", Rest::Second, incidents::prompt));
    jobs.spawn(every(app(), "figures", Rest::Second, figures::count));
    jobs.spawn(every(app(), "closings", Rest::Second, figures::close_due));
    jobs.spawn(every(app(), "clusters", Rest::Second, clusters::tick));
    jobs.spawn(every(app(), "photos_checked", Rest::Second, moderation::tick));
    jobs.spawn(every(app(), "notices_told", Rest::Second, notices::feed));
    jobs.spawn(every(app(), "many_told", Rest::Second, notices::tell_many));
    jobs.spawn(every(app(), "notices_sent", Rest::Second, notices::send));
    jobs.spawn(every(app(), "webhooks_sent", Rest::Second, webhooks::send));
    jobs.spawn(every(app(), "wechat_pushes", Rest::Minute, notices::forget_pushes));
    jobs.spawn(every(app(), "incident_audit", Rest::Minute, incidents::audit));
    jobs.spawn(every(app(), "whistles", Rest::Second, whistles::tick));
    jobs.spawn(every(app(), "outages", Rest::Second, outages::tick));
    jobs.spawn(every(app(), "patrols", Rest::Second, patrols::tick));
    jobs.spawn(every(app(), "visits", Rest::Second, visits::tick));
    jobs.spawn(every(app(), "kept_answers", Rest::Minute, idempotency::sweep));
    jobs.spawn(every(app(), "unattached_photos", Rest::Minute, uploads::sweep));
    jobs
}

/// Runs `tick` until it finds nothing more to do, then rests until woken or a second has passed. A tick that fails is
/// told to the operator and tried again: what is due stays due.
async fn every(app: Arc<App>, name: &'static str, rest: Rest, tick: impl AsyncFn(&App) -> Result<usize>) {
    loop {
        match tick(&app).await {
            Ok(0) => {
                metrics::counter!("job_rested_total", "job" => name).increment(1);
                rest.take(&app).await;
            }
            Ok(done) => {
                metrics::counter!("job_done_total", "job" => name)
                    .increment(u64::try_from(done).unwrap_or(u64::MAX));
            }
            Err(problem) if problem.is_passing() => {
                tracing::warn!(job = name, %problem, "a job waits");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(problem) => {
                tracing::error!(job = name, %problem, "a job failed");
                metrics::counter!("job_failed_total", "job" => name).increment(1);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

impl Rest {
    async fn take(self, app: &App) {
        let a_second = tokio::time::sleep(Duration::from_secs(1));
        match self {
            Self::Written => tokio::select! { () = app.wake.written.notified() => {}, () = a_second => {} },
            Self::Work => tokio::select! { () = app.wake.work.notified() => {}, () = a_second => {} },
            Self::Second => a_second.await,
            Self::Minute => tokio::time::sleep(Duration::from_mins(1)).await,
        }
    }
}
