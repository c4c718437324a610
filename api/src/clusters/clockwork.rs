//! What follows from what happens to the members of a cluster: others are asked, another leads on, or it is over.
//!
//! Each cluster is looked at in a transaction of its own, and asked for again as long as more is to do: wherever a process
//! dies, the next look goes on.

use rules::{
    clusters::{Answer, Household, LeftBy, Policy, Status as Course, Verdict, course},
    incidents::{Level as Rung, Resolved, Severity, Status},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    acts::{Counted, count, leads_or_may, lock_category, save_counted, status},
    store::{self, Line},
};
use crate::{
    app::App,
    database::Tx,
    http::problem::{Problem, Result},
    incidents::acts::{Actor, merge},
    moderation, record,
};

/// Clusters looked at, and members moved in one transaction.
const BATCH: usize = 50;

type Row = ::entity::cluster::Model;

/// Looks at the clusters whose members changed; answers how many.
pub async fn tick(app: &App) -> Result<usize> {
    let mut followed = 0;
    for id in store::stale(app.db.read(), 50).await? {
        match app.write(async |tx| follow(app, tx, id).await).await {
            Ok(()) => followed += 1,
            Err(problem) => {
                metrics::counter!("cluster_follow_failed_total").increment(1);
                problem.hinders("follow up a cluster", id);
            }
        }
    }
    Ok(followed)
}

/// Whether a cluster is to be looked at again at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Done,
    More,
}

async fn follow(app: &App, tx: &Tx, id: Uuid) -> Result<()> {
    let Some(found) = store::find(tx.conn(), id).await? else { return Ok(()) };
    lock_category(tx, found.complex_id, &found.category).await?;
    let Some(mut cluster) = store::find(tx.conn(), id).await? else { return Ok(()) };
    let before = cluster.clone();
    let lines = present(app, tx, &cluster).await?;
    let look = match status(&cluster)? {
        Course::Open => open(app, tx, &mut cluster, &lines).await?,
        Course::Asking => asking(app, tx, &mut cluster, &lines).await?,
        Course::Closed | Course::Dissolved => Look::Done,
    };
    if before.status != cluster.status {
        tell(tx, &cluster).await?;
    }
    save_counted(tx, &mut cluster).await?;
    if look == Look::More {
        store::make_stale(tx.conn(), (cluster.complex_id, cluster.id), tx.now).await?;
    }
    Ok(())
}

/// The incidents that are in it still: what ended before it was handled leaves.
async fn present(app: &App, tx: &Tx, cluster: &Row) -> Result<Vec<Line>> {
    let key = (cluster.complex_id, cluster.id);
    let mut present = Vec::new();
    for line in store::of_cluster(tx.conn(), key).await? {
        let status = known(&line)?;
        if status.is_over() && status != Status::Closed {
            leave(app, tx, cluster, line.id, LeftBy::Over).await?;
        } else {
            present.push(line);
        }
    }
    Ok(present)
}

async fn leave(app: &App, tx: &Tx, cluster: &Row, id: Uuid, by: LeftBy) -> Result<()> {
    merge::leave(app, tx, id).await?;
    Ok(store::unlink(tx.conn(), (cluster.complex_id, cluster.id), Some(id), (tx.now, by)).await?)
}

async fn open(app: &App, tx: &Tx, cluster: &mut Row, lines: &[Line]) -> Result<Look> {
    let merged: Vec<&Line> = lines.iter().filter(|line| line.status == Status::Merged.code()).collect();
    let lead = lines.iter().find(|line| line.id == cluster.lead_id);
    let Some(lead) = lead else { return succeed(app, tx, cluster, &merged).await };
    match known(lead)? {
        Status::AwaitConfirm | Status::Closed => ask(app, tx, cluster, &merged).await,
        _ if merged.is_empty() => {
            leave(app, tx, cluster, lead.id, LeftBy::Dissolved).await?;
            ends(tx, cluster, status(cluster)?.dissolve()?);
            Ok(Look::Done)
        }
        _ => {
            counted(app, tx, cluster, "CLUSTER_COUNTED").await?;
            Ok(Look::Done)
        }
    }
}

/// The lead was handled: the households of all others are asked too, and read what was done.
async fn ask(app: &App, tx: &Tx, cluster: &mut Row, merged: &[&Line]) -> Result<Look> {
    let lead = store::incident(tx.conn(), cluster.lead_id).await?;
    let said = match &lead {
        Some(lead) => merge::handled_words(app, tx.conn(), lead).await?,
        None => None,
    };
    for line in merged.iter().take(BATCH) {
        merge::ask(app, tx, line.id, said.as_ref().map(|(_, words)| words.as_str())).await?;
        if let Some((step, _)) = &said {
            moderation::carried(tx, cluster.complex_id, (cluster.lead_id, *step), line.id).await?;
        }
    }
    if merged.len() > BATCH {
        return Ok(Look::More);
    }
    cluster.status = status(cluster)?.handled()?.code().into();
    // Who was asked and has answered already is heard with the next look.
    Ok(Look::More)
}

/// The lead is gone: the oldest of the others leads on, where the lead was.
async fn succeed(app: &App, tx: &Tx, cluster: &mut Row, merged: &[&Line]) -> Result<Look> {
    let Some(next) = merged.first() else {
        ends(tx, cluster, status(cluster)?.dissolve()?);
        return Ok(Look::Done);
    };
    let gone = store::incident(tx.conn(), cluster.lead_id).await?;
    let level = gone.and_then(|gone| Rung::from_code(&gone.level)).unwrap_or(Rung::Unit);
    let carried = count(tx, cluster, None, Rung::Home).await?;
    merge::succeed(app, tx, next.id, (level, carried.households)).await?;
    cluster.lead_id = next.id;
    counted(app, tx, cluster, "CLUSTER_SUCCEEDED").await?;
    Ok(if merged.len() < 2 { Look::More } else { Look::Done })
}

/// Counts anew, and tells the lead if anything is different.
async fn counted(app: &App, tx: &Tx, cluster: &mut Row, kind: &'static str) -> Result<()> {
    let before = cluster.clone();
    let Counted { level, households } = count(tx, cluster, None, Rung::Home).await?;
    if before == *cluster && kind == "CLUSTER_COUNTED" {
        return merge::carry(app, tx, cluster.lead_id, households).await;
    }
    let severity = Severity::from_code(&cluster.severity);
    let severity = severity.ok_or_else(|| Problem::internal("no such severity"))?;
    let leads = merge::Leads { cluster: cluster.id, severity, households, level, kind };
    merge::lead(app, tx, cluster.lead_id, leads, Actor::Clock).await
}

/// Its households have the word, until all have answered, or enough have.
async fn asking(app: &App, tx: &Tx, cluster: &mut Row, lines: &[Line]) -> Result<Look> {
    let mut answers = Vec::new();
    for line in lines {
        answers.push((Household(line.household().as_u128()), answer(line)?));
    }
    let broken = store::still_broken(tx.conn(), (cluster.complex_id, cluster.id)).await?;
    answers.extend(broken.into_iter().map(|household| (Household(household.as_u128()), Answer::StillBroken)));
    match course::verdict(answers, Policy::current()) {
        Verdict::Waits => return Ok(Look::Done),
        Verdict::Answered => {}
        Verdict::Quorum => {
            let silent = lines.iter().filter(|line| line.status == Status::AwaitConfirm.code());
            let silent: Vec<Uuid> = silent.map(|line| line.id).collect();
            for id in silent.iter().take(BATCH) {
                merge::settle_by_quorum(app, tx, *id).await?;
            }
            if silent.len() > BATCH {
                return Ok(Look::More);
            }
        }
    }
    ends(tx, cluster, status(cluster)?.settle()?);
    Ok(Look::Done)
}

fn answer(line: &Line) -> Result<Answer> {
    Ok(match known(line)? {
        Status::Closed if line.resolved.as_deref() == Some(Resolved::Yes.code()) => Answer::Confirmed,
        Status::Closed => Answer::Silent,
        status if leads_or_may(status) => Answer::StillBroken,
        _ => Answer::Waits,
    })
}

fn ends(tx: &Tx, cluster: &mut Row, course: Course) {
    cluster.status = course.code().into();
    cluster.closed_at = Some(tx.now);
}

fn known(line: &Line) -> Result<Status> {
    Status::from_code(&line.status).ok_or_else(|| Problem::internal("no such status"))
}

async fn tell(tx: &Tx, cluster: &Row) -> Result<()> {
    record::write(
        tx,
        record::Event {
            kind: "CLUSTER_MOVED",
            complex: cluster.complex_id,
            place: cluster.place_id,
            subject_type: "CLUSTER",
            subject: cluster.id,
            version: cluster.version + 1,
            role: "CLOCK".into(),
            audience: record::Audience::Handlers,
            person: None,
            facts: json!({
                "category": cluster.category,
                "status": cluster.status,
                "households": cluster.households,
            }),
            commitment: None,
        },
    )
    .await
}
