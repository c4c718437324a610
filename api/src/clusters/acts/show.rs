//! A cluster as somebody may see it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rules::{
    clusters::{JoinedBy, Status as Course},
    incidents::{Holder as Role, Level as Rung, Severity, Status},
    moderation::Beholder,
};
use uuid::Uuid;

use super::{
    super::{
        model::{Cluster, Holder, Member, Part},
        store,
    },
    find::state,
    status,
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    clock::local,
    database::Conn,
    http::{
        paging::{Cursors, List, Page},
        problem::{NOT_ALLOWED, NOT_FOUND, Problem, Result},
    },
    incidents::acts::{self as incidents, Names, wire},
    moderation, places,
};

type Row = ::entity::cluster::Model;

/// The viewer's own incidents that are named.
const MINE: u64 = 20;

/// Photos of what was done that are named.
const EVIDENCE: u64 = 100;

/// Parts that are told apart.
const PARTS: usize = 100;

/// A cluster, for those whose incidents are in it and those who handle it.
pub async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<Cluster> {
    let db = app.db.read();
    let row = store::find(db, id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    require_reader(app, viewer, &row).await?;
    show(viewer, db, row).await
}

async fn require_reader(app: &App, viewer: &Viewer, row: &Row) -> Result<()> {
    let key = (row.complex_id, row.id);
    let is_member = !store::of_person(app.db.read(), key, viewer.person, 1).await?.is_empty();
    if is_member || incidents::may_read(app, viewer, row.lead_id).await? {
        return Ok(());
    }
    Err(NOT_FOUND.plain())
}

/// Whether the viewer stands on the ladder of what leads it.
async fn handles(db: &impl Conn, viewer: &Viewer, lead: &::entity::incident::Model) -> Result<bool> {
    let place = places::lineage(db, lead.place_id).await?;
    Ok(viewer.may(Permission::WorkIncident, &place, None))
}

async fn lead_of(db: &impl Conn, row: &Row) -> Result<::entity::incident::Model> {
    let lead = store::incident(db, row.lead_id).await?;
    lead.ok_or_else(|| Problem::internal("a cluster's lead is gone"))
}

pub(super) async fn show(viewer: &Viewer, db: &impl Conn, row: Row) -> Result<Cluster> {
    let (key, lead) = ((row.complex_id, row.id), lead_of(db, &row).await?);
    let handles = handles(db, viewer, &lead).await?;
    let parts = if handles { Some(parts(db, key).await?) } else { None };
    let shown = parts.iter().flatten().map(|(place, _)| *place).chain([row.place_id, lead.holder_place_id]);
    let names = Names::of(db, shown).await?;
    let part = |(place, households)| Ok::<_, Problem>(Part { place: names.place(place)?, households });
    let course = status(&row)?;
    let holder = lead.due_at.filter(|_| course == Course::Open).map(|due| {
        let level = Rung::from_code(&lead.level).ok_or_else(|| Problem::internal("no such level"))?;
        Ok::<_, Problem>(Holder {
            level: wire(level)?,
            place: names.place(lead.holder_place_id)?,
            role: Role::from_code(&lead.holder_role).ok_or_else(|| Problem::internal("no such holder"))?,
            due_at: local(due),
        })
    });
    let evidence = store::photos(db, (lead.complex_id, lead.id), "EVIDENCE", EVIDENCE).await?;
    let beholder = if handles { Beholder::Ladder } else { Beholder::Neighbour };
    Ok(Cluster {
        id: row.id,
        severity: Severity::from_code(&row.severity).ok_or_else(|| Problem::internal("no such severity"))?,
        place: names.place(row.place_id)?,
        status: course,
        state: state(&lead.status),
        households: row.households.unsigned_abs(),
        urging: row.urging.unsigned_abs(),
        started_at: local(row.started_at),
        closed_at: row.closed_at.map(local),
        holder: holder.transpose()?,
        mine: store::of_person(db, key, viewer.person, MINE).await?,
        evidence: moderation::shown(db, evidence, beholder).await?,
        lead_id: handles.then_some(lead.id),
        parts: parts.map(|parts| parts.into_iter().map(part).collect::<Result<_>>()).transpose()?,
        version: row.version,
        category: row.category,
    })
}

/// Households by unit, by building where there is none, or by the complex; those with most first.
async fn parts(db: &impl Conn, key: store::Key) -> Result<Vec<(Uuid, u32)>> {
    let mut parts: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
    for line in store::of_cluster(db, key).await? {
        let place = line.unit_id.or(line.building_id).unwrap_or(line.complex_id);
        parts.entry(place).or_default().insert(line.household());
    }
    let count = |(place, households): (Uuid, BTreeSet<Uuid>)| {
        Ok::<_, Problem>((place, u32::try_from(households.len()).map_err(Problem::internal)?))
    };
    let mut parts = parts.into_iter().map(count).collect::<Result<Vec<_>>>()?;
    parts.sort_by_key(|(place, households)| (std::cmp::Reverse(*households), *place));
    parts.truncate(PARTS);
    Ok(parts)
}

/// The incidents of a cluster that the viewer handles, a page of those that they may read.
pub async fn members(app: &App, viewer: &Viewer, id: Uuid, page: &Page) -> Result<List<Member>> {
    let db = app.db.read();
    let row = store::find(db, id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    require_reader(app, viewer, &row).await?;
    if !handles(db, viewer, &lead_of(db, &row).await?).await? {
        return Err(NOT_ALLOWED.because("only those who handle it may list its incidents"));
    }
    let cursors = Cursors::new(&app.vault, format!("members {id}"), viewer.person);
    let after = cursors.position(page)?;
    let rows = store::page_of(db, (row.complex_id, row.id), after, page.limit() + 1).await?;
    let ids: HashSet<Uuid> = rows.iter().map(|(line, _)| line.id).collect();
    let readable = incidents::readable(app, viewer, ids).await?;
    let places = rows.iter().map(|(line, _)| line.unit_id.or(line.building_id).unwrap_or(line.complex_id));
    let names = Names::of(db, places).await?;
    let show = |(line, link): (store::Line, ::entity::cluster_member::Model)| {
        if !readable.contains(&line.id) {
            return Ok(None);
        }
        let place = line.unit_id.or(line.building_id).unwrap_or(line.complex_id);
        Ok::<_, Problem>(Some(Member {
            incident_id: line.id,
            place: names.place(place)?,
            status: Status::from_code(&line.status).ok_or_else(|| Problem::internal("no such status"))?,
            reported_at: local(line.reported_at),
            joined_at: local(link.joined_at),
            joined_by: JoinedBy::from_code(&link.joined_by)
                .ok_or_else(|| Problem::internal("no such way to join"))?,
            urges: line.urges.unsigned_abs(),
            leads: line.id == row.lead_id,
        }))
    };
    let List { items, next_cursor } = cursors.page(rows, page, |(line, _)| line.id.to_string(), show);
    let items = items.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(List { items: items.into_iter().flatten().collect(), next_cursor })
}
