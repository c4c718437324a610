//! What a report may be one trouble with.

use std::collections::{BTreeMap, HashMap};

use rules::{
    clusters::{self as law, Policy},
    incidents::Status,
    moderation::Beholder,
};
use uuid::Uuid;

use super::{
    super::{
        model::{FindMatches, Match, MatchState, Matches},
        store,
    },
    stack::{CANDIDATES, looks_back, site_of},
    status,
};
use crate::{
    access::{Level, Lineage, Permission, Viewer},
    app::App,
    clock::local,
    database::Conn,
    http::problem::{Problem, Result},
    incidents::acts::{DESCRIPTION, Names},
    moderation, places, uploads,
};

type Incident = ::entity::incident::Model;

/// Photos of a report among which one is looked for that may be shown: all that a report has.
const LOOKED_THROUGH: u64 = 9;
type Cluster = ::entity::cluster::Model;

/// The likely matches of a report that is about to be made.
pub async fn find(app: &App, viewer: &Viewer, request: &FindMatches) -> Result<Matches> {
    let (db, now, policy) = (app.db.read(), app.clock.now(), Policy::current());
    let place = places::lineage(db, request.place_id).await?;
    viewer.require(Permission::ReportIncident, &place, None)?;
    let outside = || Problem::member("/place_id", "LEVEL", "name a complex or a place in one");
    let (complex, site) = place.at(Level::Complex).zip(site_of(&place)).ok_or_else(outside)?;
    let looks = uploads::looks(db, viewer.person, &request.photo_ids).await?;
    if !policy.stacks(&request.category) {
        return Ok(Matches { items: Vec::new() });
    }
    let recent = store::alike(db, (complex, &request.category), now - looks_back(), CANDIDATES).await?;
    let groups = Groups::of(db, complex, &recent).await?;
    let places = places::lineages(db, recent.iter().map(|row| row.place_id)).await?;
    let mut words = Vec::new();
    for row in &recent {
        words.push(app.vault.text(DESCRIPTION, &row.description_cipher).map_err(Problem::internal)?);
    }
    let theirs = if looks.is_empty() { HashMap::new() } else { looks_of(db, complex, &recent).await? };
    let candidates = recent.iter().zip(&words).filter_map(|(row, words)| {
        let site = site_of(places.get(&row.place_id)?)?;
        let looks = theirs.get(&row.id).map_or(&[][..], Vec::as_slice);
        Some(law::Candidate { words, looks, ..groups.candidate(row, site) })
    });
    let report = law::Report { site, words: &request.description, looks: &looks };
    let found = law::matches::matches(report, &candidates.collect::<Vec<_>>(), policy, now);
    let mut items = Vec::new();
    for one in found {
        if let Some(shown) = groups.show(db, one.group, &places).await? {
            items.push(shown);
        }
    }
    Ok(Matches { items })
}

/// How the photos of reports look.
async fn looks_of(db: &impl Conn, complex: Uuid, rows: &[Incident]) -> Result<HashMap<Uuid, Vec<law::Look>>> {
    let ids = rows.iter().map(|row| row.id);
    let mut looks: HashMap<Uuid, Vec<law::Look>> = HashMap::new();
    for (incident, look) in store::looks(db, complex, ids, "REPORT").await? {
        looks.entry(incident).or_default().push(law::Look::from_bits(look));
    }
    Ok(looks)
}

/// Reports by the cluster that they are in, or alone.
struct Groups<'a> {
    clusters: HashMap<Uuid, Cluster>,
    leads: BTreeMap<u128, &'a Incident>,
}

impl<'a> Groups<'a> {
    async fn of(db: &impl Conn, complex: Uuid, rows: &'a [Incident]) -> Result<Self> {
        let ids = rows.iter().filter_map(|row| row.cluster_id);
        let clusters = store::find_all(db, complex, ids).await?;
        let clusters: HashMap<Uuid, Cluster> = clusters.into_iter().map(|one| (one.id, one)).collect();
        let mut leads: BTreeMap<u128, &Incident> = BTreeMap::new();
        for row in rows {
            let group = group(row);
            let leads_it =
                row.cluster_id.and_then(|id| clusters.get(&id)).is_some_and(|one| one.lead_id == row.id);
            // Where the lead is older than what is looked at, any other stands for it.
            if leads_it || !leads.contains_key(&group) {
                leads.insert(group, row);
            }
        }
        Ok(Self { clusters, leads })
    }

    fn households(&self, row: &Incident) -> u32 {
        let cluster = row.cluster_id.and_then(|id| self.clusters.get(&id));
        cluster.map_or(1, |cluster| cluster.households.unsigned_abs().max(1))
    }

    /// Without its words and photos.
    fn candidate(&self, row: &Incident, site: law::Site) -> law::Candidate<'static> {
        law::Candidate {
            group: group(row),
            site,
            words: "",
            looks: &[],
            reported_at: row.reported_at,
            closed_at: row.closed_at,
            households: self.households(row),
        }
    }

    /// A group as neighbours may know it.
    async fn show(
        &self,
        db: &impl Conn,
        group: u128,
        places: &HashMap<Uuid, Lineage>,
    ) -> Result<Option<Match>> {
        let Some(lead) = self.leads.get(&group) else { return Ok(None) };
        let Some(place) = places.get(&lead.place_id) else { return Ok(None) };
        let cluster = lead.cluster_id.and_then(|id| self.clusters.get(&id));
        let shared = shared(place);
        let shown_at = cluster.map_or(shared, |cluster| cluster.place_id);
        let photos = if shows_photos(db, lead, place).await? {
            let all = store::photos(db, (lead.complex_id, lead.id), "REPORT", LOOKED_THROUGH).await?;
            moderation::shown(db, all, Beholder::Neighbour).await?
        } else {
            Vec::new()
        };
        let takes_more = match cluster {
            Some(cluster) => status(cluster)?.takes_more().is_ok(),
            None => is_open(&lead.status),
        };
        Ok(Some(Match {
            id: lead.id,
            place: Names::of(db, [shown_at]).await?.place(shown_at)?,
            state: state(&lead.status),
            households: self.households(lead),
            since: local(cluster.map_or(lead.reported_at, |cluster| cluster.started_at)),
            photo_id: photos.first().copied(),
            takes_more,
        }))
    }
}

fn group(row: &Incident) -> u128 {
    row.cluster_id.unwrap_or(row.id).as_u128()
}

/// The lowest place around one that is not a home.
fn shared(place: &Lineage) -> Uuid {
    let levels = [Level::Unit, Level::Building, Level::Complex];
    levels.into_iter().find_map(|level| place.at(level)).unwrap_or(place.id)
}

fn is_open(status: &str) -> bool {
    let known = Status::from_code(status);
    known.is_some_and(|status| rules::incidents::Act::Merge.starts_from().contains(&status))
}

/// How far it is, as neighbours may know. What is merged is as far as what leads it, at least reported.
pub(super) fn state(status: &str) -> MatchState {
    match Status::from_code(status) {
        Some(Status::Verifying | Status::AwaitConfirm) => MatchState::Handled,
        Some(status) if status.is_over() => MatchState::Closed,
        Some(Status::Submitted | Status::NeedInfo | Status::Merged) | None => MatchState::Reported,
        Some(_) => MatchState::InProgress,
    }
}

/// Whether a neighbour who may report there is told of an incident.
pub(super) async fn is_shown(app: &App, db: &impl Conn, viewer: &Viewer, row: &Incident) -> Result<bool> {
    let policy = Policy::current();
    if !policy.stacks(&row.category) || Status::from_code(&row.status).is_none_or(Status::is_dropped) {
        return Ok(false);
    }
    let place = places::lineage(db, row.place_id).await?;
    let Some(site) = site_of(&place) else { return Ok(false) };
    let groups = Groups::of(db, row.complex_id, std::slice::from_ref(row)).await?;
    let candidate = groups.candidate(row, site);
    Ok(viewer.may(Permission::ReportIncident, &place, None)
        && law::matches::is_shown(&candidate, policy, app.clock.now()))
}

/// Whether somebody may see the photos of an incident because neighbours are told of it: not of a home.
pub(crate) async fn shows_photo(app: &App, viewer: &Viewer, incident: Uuid) -> Result<bool> {
    let db = app.db.read();
    let Some(row) = store::incident(db, incident).await? else { return Ok(false) };
    let place = places::lineage(db, row.place_id).await?;
    Ok(shows_photos(db, &row, &place).await? && is_shown(app, db, viewer, &row).await?)
}

/// Nobody looks into a home, nor at what a person is still to look at.
async fn shows_photos(db: &impl Conn, row: &Incident, place: &Lineage) -> Result<bool> {
    Ok(place.level != Level::Home && !moderation::holds_report(db, row.complex_id, row.id).await?)
}
