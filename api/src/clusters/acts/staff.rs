//! What those who handle incidents say of them: that they are one trouble, or are not.

use rules::{
    clusters::{JoinedBy, LeftBy, Refusal},
    incidents::{Level as Rung, Status},
};
use uuid::Uuid;

use super::{
    super::{
        model::{Cluster, MergeIncidents, SplitIncident},
        store,
    },
    count, left, lock_category, save_counted,
    show::show,
    stack::{Joining, together},
    status,
};
use crate::{
    access::Viewer,
    app::App,
    database::Tx,
    http::problem::{NOT_FOUND, Problem, Result},
    incidents::acts::merge as incidents,
    moderation::{self, Verdict},
};

/// Who handles incidents says that they are one trouble.
pub(crate) async fn merge(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    request: &MergeIncidents,
    verdict: Option<&Verdict>,
) -> Result<Cluster> {
    let mut ids = request.incident_ids.clone();
    ids.sort_unstable();
    ids.dedup();
    let first = ids.first().copied().ok_or_else(|| Problem::from(Refusal::Alone))?;
    let first = store::incident(tx.conn(), first).await?.ok_or_else(|| NOT_FOUND.plain())?;
    if !rules::clusters::Policy::current().stacks(&first.category) {
        // Whoever may not see it learns nothing of its category.
        incidents::staff(tx, viewer, first.id).await?;
        return Err(Refusal::NeverStacks { category: first.category }.into());
    }
    lock_category(tx, first.complex_id, &first.category).await?;
    let mut actor = None;
    for id in &ids {
        actor = Some(incidents::staff(tx, viewer, *id).await?);
    }
    let actor = actor.ok_or_else(|| Problem::from(Refusal::Alone))?;
    let leads = leading(tx, &ids).await?;
    let joining = Joining { by: JoinedBy::Staff, actor, words: Some(&request.words) };
    let cluster = together(app, tx, &leads, Rung::Home, joining).await?;
    let cluster = store::find(tx.conn(), cluster).await?;
    let cluster = cluster.ok_or_else(|| Problem::internal("a new cluster is gone"))?;
    for id in leads.iter().filter(|id| **id != cluster.lead_id) {
        moderation::told(tx, viewer, *id, verdict).await?;
    }
    show(viewer, tx.conn(), cluster).await
}

/// For what is merged already what leads it.
async fn leading(tx: &Tx, ids: &[Uuid]) -> Result<Vec<Uuid>> {
    let mut leads = Vec::new();
    for line in store::lock(tx.conn(), ids).await? {
        let cluster = match line.cluster_id {
            Some(id) if line.status == Status::Merged.code() => store::find(tx.conn(), id).await?,
            _ => None,
        };
        leads.push(cluster.map_or(line.id, |cluster| cluster.lead_id));
    }
    leads.sort_unstable();
    leads.dedup();
    Ok(leads)
}

/// Who handles an incident, or its reporter, says that it is another trouble.
pub(crate) async fn split(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    request: &SplitIncident,
    verdict: Option<&Verdict>,
) -> Result<Cluster> {
    let found = store::find(tx.conn(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    lock_category(tx, found.complex_id, &found.category).await?;
    let actor = incidents::staff_or_reporter(tx, viewer, request.incident_id).await?;
    let mut cluster = store::find(tx.conn(), id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    status(&cluster)?.takes_more()?;
    let key = (cluster.complex_id, cluster.id);
    let line = store::incident(tx.conn(), request.incident_id).await?;
    let line = line.filter(|line| line.cluster_id == Some(id)).ok_or(Refusal::SomethingElse)?;
    if cluster.lead_id == line.id {
        incidents::leave(app, tx, line.id).await?;
    } else {
        incidents::split(app, tx, line.id, (actor, Some(&request.words))).await?;
        moderation::told(tx, viewer, line.id, verdict).await?;
    }
    count(tx, &mut cluster, None, Rung::Home).await?;
    save_counted(tx, &mut cluster).await?;
    left(tx, key, line.id, LeftBy::Split).await?;
    show(viewer, tx.conn(), cluster).await
}
