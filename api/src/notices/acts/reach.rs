//! Who can be told anything at all: homes where somebody has a way out, and those where somebody must call or go.

use std::collections::{BTreeMap, HashSet};

use rules::notices::Way;
use uuid::Uuid;

use super::super::{
    model::{BuildingReach, ComplexReach, UnreachedHome},
    store::{self, HomeAt},
};
use crate::{
    access::{Level, Permission, Role, Viewer},
    app::App,
    database::Conn,
    http::{
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Result},
    },
    places,
};

/// How far a complex's homes are reached, building by building.
pub async fn of_complex(app: &App, viewer: &Viewer, place: Uuid) -> Result<ComplexReach> {
    let db = app.db.read();
    let (complex, _) = watched(db, viewer, place, Level::Complex).await?;
    let homes = store::homes(db, complex, None).await?;
    let reached = reached_homes(app, complex).await?;
    let mut counts: BTreeMap<Uuid, (u32, u32)> = BTreeMap::new();
    for home in &homes {
        let (all, some) = counts.entry(home.building_id.unwrap_or(complex)).or_default();
        *all += 1;
        *some += u32::from(reached.contains(&home.id));
    }
    let names = places::names(db, counts.keys().copied()).await?;
    let building = |(id, (homes, reached)): (Uuid, (u32, u32))| BuildingReach {
        building_id: id,
        name: names.get(&id).cloned().unwrap_or_default(),
        homes,
        reached,
    };
    let mut buildings: Vec<_> = counts.into_iter().map(building).collect();
    buildings.sort_by_key(|one| places::sort_key(&one.name));
    Ok(ComplexReach {
        homes: buildings.iter().map(|one| one.homes).sum(),
        reached: buildings.iter().map(|one| one.reached).sum(),
        buildings,
    })
}

/// The homes of a building where nobody can be told anything, in the order in which one walks past them.
pub async fn unreached(app: &App, viewer: &Viewer, place: Uuid, page: &Page) -> Result<List<UnreachedHome>> {
    let db = app.db.read();
    let (complex, building) = watched(db, viewer, place, Level::Building).await?;
    let cursors = Cursors::new(&app.vault, format!("unreached {building}"), viewer.person);
    let after: Option<Uuid> = cursors.position(page)?;
    let reached = reached_homes(app, complex).await?;
    let homes = store::homes(db, complex, Some(building)).await?;
    let from = after.and_then(|after| homes.iter().position(|home| home.id == after)).map_or(0, |at| at + 1);
    let limit = usize::try_from(page.limit()).unwrap_or(100) + 1;
    let rest = homes.into_iter().skip(from).filter(|home| !reached.contains(&home.id));
    let rows: Vec<HomeAt> = rest.take(limit).collect();
    let units = rows.iter().filter_map(|home| home.unit_id).collect::<HashSet<_>>();
    let names = places::names(db, units).await?;
    let show = |home: HomeAt| UnreachedHome {
        home_id: home.id,
        name: home.name,
        unit_id: home.unit_id,
        unit_name: home.unit_id.and_then(|unit| names.get(&unit).cloned()),
    };
    Ok(cursors.page(rows, page, |home| home.id.to_string(), show))
}

/// The complex of a place of this level that the viewer may look at, and the place.
async fn watched(db: &impl Conn, viewer: &Viewer, place: Uuid, level: Level) -> Result<(Uuid, Uuid)> {
    let place = places::lineage(db, place).await?;
    viewer.require(Permission::ReadReach, &place, None)?;
    let fits = place.level == level;
    let complex = place.at(Level::Complex).filter(|_| fits);
    complex.map(|complex| (complex, place.id)).ok_or_else(|| NOT_FOUND.because("not a place of that level"))
}

/// The homes of a complex where somebody has a way out that is open here.
async fn reached_homes(app: &App, complex: Uuid) -> Result<HashSet<Uuid>> {
    let db = app.db.read();
    let roles = Role::OF_A_HOME.map(Role::as_str);
    let residents = store::residents(db, complex, &roles, app.clock.now()).await?;
    let persons: HashSet<Uuid> = residents.iter().map(|(_, person)| *person).collect();
    let persons: Vec<Uuid> = persons.into_iter().collect();
    let templates: Vec<&str> = app.config.wechat_templates.all().iter().map(|one| one.id.as_str()).collect();
    let ways = [
        (Way::WeChat, app.wechat.is_some()),
        (Way::Sms, app.ways.sms.is_some()),
        (Way::Email, app.ways.email.is_some()),
    ];
    let ways: Vec<Way> = ways.into_iter().filter(|(_, open)| *open).map(|(way, _)| way).collect();
    let reachable = store::reachable(db, &persons, &ways, &templates).await?;
    let homes = residents.into_iter().filter(|(_, person)| reachable.contains(person));
    Ok(homes.map(|(home, _)| home).collect())
}
