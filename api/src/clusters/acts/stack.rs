//! One cluster of several incidents: because a reporter says so, or who handles them, or a quorum around them is reached.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use rules::{
    clusters::{self as law, JoinedBy, LeftBy, Policy, Standing},
    incidents::{self, Act, Level as Rung},
};
use uuid::Uuid;

use super::{
    super::store::{self, Line},
    status,
};
use crate::{
    access::{Level, Lineage, Viewer},
    app::App,
    database::Tx,
    http::problem::{Problem, Result},
    incidents::acts::{Actor, merge},
};

/// Reports of a category that are looked at: the newest.
pub(super) const CANDIDATES: u64 = 200;

/// Held by whatever changes clusters of a category in a complex, before it looks at anything.
pub(in super::super) async fn lock_category(tx: &Tx, complex: Uuid, category: &str) -> Result<()> {
    tx.lock(&format!("clusters {complex} {category}")).await
}

/// Where a report is, as the law sees it.
pub(in super::super) fn site(line: &Line) -> law::Site {
    let id = |place: Option<Uuid>| place.map(|place| place.as_u128());
    law::Site {
        complex: line.complex_id.as_u128(),
        building: id(line.building_id),
        unit: id(line.unit_id),
        home: id(line.home()),
    }
}

/// The same of a place in a complex.
pub(super) fn site_of(place: &Lineage) -> Option<law::Site> {
    let id = |level| place.at(level).map(|place| place.as_u128());
    Some(law::Site {
        complex: id(Level::Complex)?,
        building: id(Level::Building),
        unit: id(Level::Unit),
        home: id(Level::Home),
    })
}

/// A new report: it joins what its reporter says it is one trouble with, and whatever a quorum around it makes one.
pub(crate) async fn reported(
    app: &App,
    tx: &Tx,
    viewer: &Viewer,
    row: &::entity::incident::Model,
    joins: Option<Uuid>,
) -> Result<()> {
    if !Policy::current().stacks(&row.category) {
        let refusal = law::Refusal::NeverStacks { category: row.category.clone() };
        return joins.map_or(Ok(()), |_| Err(refusal.into()));
    }
    lock_category(tx, row.complex_id, &row.category).await?;
    if let Some(other) = joins {
        let lead = joinable(app, tx, viewer, row, other).await?;
        let by = Joining { by: JoinedBy::Reporter, actor: Actor::Reporter, words: None };
        together(app, tx, &[row.id, lead], Rung::Home, by).await?;
    }
    roll_up(app, tx, row).await
}

/// What leads what a reporter wants to join.
async fn joinable(
    app: &App,
    tx: &Tx,
    viewer: &Viewer,
    row: &::entity::incident::Model,
    other: Uuid,
) -> Result<Uuid> {
    let something_else = || Problem::from(law::Refusal::SomethingElse);
    let there = store::incident(tx.conn(), other).await?.ok_or_else(something_else)?;
    let is_the_same = (there.complex_id, &there.category) == (row.complex_id, &row.category);
    if there.id == row.id || !is_the_same || !super::find::is_shown(app, tx.conn(), viewer, &there).await? {
        return Err(something_else());
    }
    let Some(cluster) = there.cluster_id else { return Ok(there.id) };
    let cluster = store::find(tx.conn(), cluster).await?.ok_or_else(something_else)?;
    status(&cluster)?.takes_more()?;
    Ok(cluster.lead_id)
}

/// Makes one cluster of all in the widest place around a report whose households reach a quorum.
async fn roll_up(app: &App, tx: &Tx, row: &::entity::incident::Model) -> Result<()> {
    let policy = Policy::current();
    let since = tx.now - policy.window();
    let recent = store::alike(tx.conn(), (row.complex_id, &row.category), since, CANDIDATES).await?;
    let ids: Vec<Uuid> = recent.iter().filter(|one| is_worked_on(&one.status)).map(|one| one.id).collect();
    let lines = store::lock(tx.conn(), &ids).await?;
    let lines: Vec<Line> = lines.into_iter().filter(|line| is_worked_on(&line.status)).collect();
    let Some(own) = lines.iter().find(|line| line.id == row.id).map(site) else { return Ok(()) };
    let reports: Vec<law::Reported> = lines
        .iter()
        .map(|line| law::Reported { site: site(line), household: law::Household(line.household().as_u128()) })
        .collect();
    // One household is never a quorum, and counting homes takes a query.
    if law::quorum::households(reports.iter().map(|report| report.household)) < 2 {
        return Ok(());
    }
    let homes = homes(tx, row.complex_id).await?;
    let Some(level) = law::quorum::widest(&own, &reports, &homes, policy) else { return Ok(()) };
    let inside = lines.iter().filter(|line| site(line).at(level) == own.at(level));
    // What is merged comes with what leads it.
    let single = |line: &&Line| line.cluster_id.is_none();
    let clusters: BTreeSet<Uuid> = inside.clone().filter_map(|line| line.cluster_id).collect();
    let mut all: Vec<Uuid> = inside.filter(single).map(|line| line.id).collect();
    let mut leads = Vec::new();
    for cluster in store::find_all(tx.conn(), row.complex_id, clusters).await? {
        if status(&cluster)?.takes_more().is_ok() {
            leads.push(cluster.lead_id);
        }
    }
    // A lead that was just handled takes no more, though its cluster is not told yet.
    let leads = store::lock(tx.conn(), &leads).await?.into_iter();
    let leads = leads.filter(|lead| incidents::Status::from_code(&lead.status).is_some_and(leads_or_may));
    all.extend(leads.map(|lead| lead.id));
    if all.len() < 2 {
        return Ok(());
    }
    let by = Joining { by: JoinedBy::Auto, actor: Actor::Clock, words: None };
    together(app, tx, &all, level, by).await.map(drop)
}

/// Whether somebody works on it, for itself or for what leads it.
fn is_worked_on(status: &str) -> bool {
    let known = incidents::Status::from_code(status);
    known.is_some_and(|status| status == incidents::Status::Merged || leads_or_may(status))
}

pub(in super::super) fn leads_or_may(status: incidents::Status) -> bool {
    Act::Merge.starts_from().contains(&status)
}

/// How many homes each place of a complex has.
async fn homes(tx: &Tx, complex: Uuid) -> Result<BTreeMap<u128, u32>> {
    let mut homes = BTreeMap::new();
    for (building, unit, count) in store::homes(tx.conn(), complex).await? {
        let count = u32::try_from(count).map_err(Problem::internal)?;
        for place in [Some(complex), building, unit].into_iter().flatten() {
            *homes.entry(place.as_u128()).or_insert(0_u32) += count;
        }
    }
    Ok(homes)
}

/// How incidents come together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Joining<'a> {
    pub by: JoinedBy,
    pub actor: Actor,
    pub words: Option<&'a str>,
}

/// Makes one cluster of incidents that each lead one, or are on their own; about a place of `level` at least. Its id.
pub(super) async fn together(
    app: &App,
    tx: &Tx,
    ids: &[Uuid],
    level: Rung,
    joining: Joining<'_>,
) -> Result<Uuid> {
    let lines = store::lock(tx.conn(), ids).await?;
    let Some(first) = lines.first() else { return Err(law::Refusal::Alone.into()) };
    if lines.len() < 2 {
        return Err(law::Refusal::Alone.into());
    }
    let fits = |line: &Line| {
        let status = incidents::Status::from_code(&line.status);
        (line.complex_id, &line.category) == (first.complex_id, &first.category)
            && status.is_some_and(leads_or_may)
    };
    if !lines.iter().all(fits) {
        return Err(law::Refusal::SomethingElse.into());
    }
    let lead = lead_of(&lines)?;
    let known: BTreeSet<Uuid> = lines.iter().filter_map(|line| line.cluster_id).collect();
    let known = store::find_all(tx.conn(), first.complex_id, known).await?;
    for cluster in &known {
        status(cluster)?.takes_more()?;
    }
    let oldest = known.iter().min_by_key(|cluster| cluster.id).cloned();
    let is_new = oldest.is_none();
    let mut cluster = oldest.unwrap_or_else(|| begun(tx, lead));
    for other in known.iter().filter(|other| other.id != cluster.id) {
        take_over(tx, other, &cluster).await?;
    }
    for line in &lines {
        if line.cluster_id.is_none() {
            store::link(tx.conn(), member(tx, &cluster, line, joining.by)).await?;
        }
        if line.id != lead.id {
            merge::count_since(app, tx, lead.id, line.id, joining.actor).await?;
            merge::merge(app, tx, line.id, cluster.id, (joining.actor, joining.words)).await?;
        }
    }
    cluster.lead_id = lead.id;
    let counted = count(tx, &mut cluster, Some(lead), level).await?;
    let leads = merge::Leads {
        cluster: cluster.id,
        severity: severity(&cluster.severity)?,
        households: counted.households,
        level: counted.level,
        kind: "CLUSTER_JOINED",
    };
    merge::lead(app, tx, lead.id, leads, joining.actor).await?;
    if is_new {
        store::insert(tx.conn(), cluster.clone()).await?;
    } else {
        save_counted(tx, &mut cluster).await?;
    }
    Ok(cluster.id)
}

fn lead_of(lines: &[Line]) -> Result<&Line> {
    let standing = |line: &Line| {
        let level = Rung::from_code(&line.level).ok_or_else(|| Problem::internal("no such level"))?;
        Ok::<_, Problem>(Standing { level, reported_at: line.reported_at })
    };
    let mut lead: Option<(&Line, Standing)> = None;
    for line in lines {
        let other = standing(line)?;
        lead = Some(match lead {
            Some((first, stands)) if stands.leads_before(&other) => (first, stands),
            _ => (line, other),
        });
    }
    lead.map(|(line, _)| line).ok_or_else(|| law::Refusal::Alone.into())
}

fn begun(tx: &Tx, lead: &Line) -> ::entity::cluster::Model {
    ::entity::cluster::Model {
        complex_id: lead.complex_id,
        id: tx.id(),
        category: lead.category.clone(),
        place_id: lead.complex_id,
        status: law::Status::Open.code().into(),
        lead_id: lead.id,
        severity: lead.severity.clone(),
        started_at: lead.reported_at,
        households: 0,
        urging: 0,
        opened_at: tx.now,
        closed_at: None,
        stale_at: None,
        version: 1,
    }
}

fn member(
    tx: &Tx,
    cluster: &::entity::cluster::Model,
    line: &Line,
    by: JoinedBy,
) -> ::entity::cluster_member::Model {
    ::entity::cluster_member::Model {
        complex_id: cluster.complex_id,
        cluster_id: cluster.id,
        incident_id: line.id,
        joined_at: tx.now,
        joined_by: by.code().into(),
        household_id: line.household(),
        left_at: None,
        left_by: None,
    }
}

/// All that is in one cluster goes into another.
async fn take_over(tx: &Tx, from: &::entity::cluster::Model, to: &::entity::cluster::Model) -> Result<()> {
    let key = (from.complex_id, from.id);
    let inside = store::of_cluster(tx.conn(), key).await?;
    store::unlink(tx.conn(), key, None, (tx.now, LeftBy::RolledUp)).await?;
    for line in &inside {
        store::link(tx.conn(), member(tx, to, line, JoinedBy::Auto)).await?;
    }
    store::move_all(tx.conn(), key, to.id).await?;
    let mut gone = from.clone();
    gone.status = status(from)?.dissolve()?.code().into();
    gone.closed_at = Some(tx.now);
    save_counted(tx, &mut gone).await
}

/// Writes a cluster that has been looked at.
pub(in super::super) async fn save_counted(tx: &Tx, cluster: &mut ::entity::cluster::Model) -> Result<()> {
    cluster.stale_at = None;
    cluster.version += 1;
    Ok(store::save(tx.conn(), cluster.clone()).await?)
}

/// What its lead is told of a cluster.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Counted {
    /// Of the place that it is about.
    pub level: Rung,
    /// How many carry it: those that reported it, and those that only urge.
    pub households: u32,
}

/// Tells from its incidents, and one that is to lead it, how many households a cluster has and how many urge, since when,
/// how bad it is and about which place, which is of `level` at least.
pub(in super::super) async fn count(
    tx: &Tx,
    cluster: &mut ::entity::cluster::Model,
    lead: Option<&Line>,
    level: Rung,
) -> Result<Counted> {
    let mut lines = store::of_cluster(tx.conn(), (cluster.complex_id, cluster.id)).await?;
    if let Some(lead) = lead.filter(|lead| lines.iter().all(|line| line.id != lead.id)) {
        lines.push(lead.clone());
    }
    let ids: Vec<Uuid> = lines.iter().map(|line| line.id).collect();
    let household = |id: Uuid| law::Household(id.as_u128());
    let reported = lines.iter().map(|line| household(line.household()));
    let urging: BTreeSet<law::Household> =
        store::urging(tx.conn(), cluster.complex_id, &ids).await?.into_iter().map(household).collect();
    let column = |count: u32| i32::try_from(count).map_err(Problem::internal);
    cluster.households = column(law::quorum::households(reported.clone()))?;
    cluster.urging = column(law::quorum::households(urging.iter().copied()))?;
    let households = law::quorum::households(reported.chain(urging));
    let mut gathered: Option<law::Gathered> = None;
    let mut scope = Rung::Unit.max(level);
    let first = lines.first().map(site);
    for line in &lines {
        let one = law::Gathered { started_at: line.reported_at, severity: severity(&line.severity)? };
        gathered = Some(gathered.map_or(one, |all| all.with(one)));
        let common = first.and_then(|first| first.in_common(&site(line))).unwrap_or(Rung::Complex);
        scope = scope.max(common);
    }
    if let (Some(gathered), Some(first)) = (gathered, first) {
        cluster.started_at = gathered.started_at;
        cluster.severity = gathered.severity.code().into();
        let shared = first.up_to(scope);
        cluster.place_id = Uuid::from_u128(shared.id());
        scope = shared.level();
    }
    Ok(Counted { level: scope, households })
}

fn severity(code: &str) -> Result<incidents::Severity> {
    incidents::Severity::from_code(code).ok_or_else(|| Problem::internal("no such severity"))
}

/// How long what is looked at may be old.
pub(super) fn looks_back() -> TimeDelta {
    Policy::current().window() + Policy::current().closed_window()
}
