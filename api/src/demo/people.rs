//! Who lives and works in the demo's complex.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Progress;
use crate::{
    access::{Grant, Level, Lineage, Role, Viewer},
    app::App,
    database::Tx,
    http::problem::{Problem, Result},
    identity::{
        self,
        model::{NewClaim, Relation},
    },
    places::{self, NewPlace},
    roll::{
        self,
        acts::Wish,
        file::{HomeStatus, RollOwner, RollRow},
        model::{Coverage, NewBuildings, Rows},
    },
    sessions,
};

/// The roll of the example complex, as a property office would have it.
const ROLL: &[u8] = include_bytes!("../../../tests/data/roll-528.csv");

/// Of so many homes in a row, one has nobody on the phone. Not four, as many as a floor has: the silent ones would all
/// be of the largest kind, and the area would fall short where the heads do not.
const SILENT_EVERY: u64 = 5;

/// Homes whose owners claimed them on the phone; the others had been confirmed at the desk before.
const CLAIMED: u64 = 44;

/// Somebody whose claim to a home was confirmed.
#[derive(Clone, Debug)]
pub struct Resident {
    pub person: Uuid,
    pub home: Lineage,
    /// Who of the roll they are.
    pub owner: Uuid,
    pub unit: Uuid,
    pub name: String,
    /// Whether the home has other owners too.
    pub coowned: bool,
}

impl Resident {
    /// What they may do as owners, since `now`.
    pub fn as_owner(&self, now: DateTime<Utc>) -> Grant {
        Grant {
            id: self.person,
            role: Role::Owner,
            place: self.home.clone(),
            owner_id: Some(self.owner),
            ground: None,
            starts_at: now,
            ends_at: None,
        }
    }
}

/// The demo's complex and everybody in it.
#[derive(Debug)]
pub struct Town {
    pub complex: Lineage,
    pub residents: Vec<Resident>,
    pub unit_leaders: HashMap<Uuid, Uuid>,
    pub building_leader: Uuid,
    pub property: Uuid,
    pub community: Uuid,
    pub street: Uuid,
}

impl Town {
    /// Nine owners who stand, the demo's candidate first.
    pub fn candidates(&self) -> impl Iterator<Item = &Resident> {
        self.residents.iter().step_by(40).take(9)
    }
}

/// Makes the places, imports the roll, and lets people sign in and claim their homes.
pub async fn settle(app: &App, progress: Progress<'_>) -> Result<Town> {
    let [district, street, community, complex] = places(app).await?;
    let import = roll::acts::Import {
        file: Arc::new(ROLL.to_vec()),
        wish: Wish {
            rows: Rows::All,
            new_buildings: NewBuildings::Add,
            coverage: Coverage::Part,
            overrule_corrections: false,
        },
        role: "OPERATOR".into(),
        operation: None,
    };
    roll::acts::import(app, &complex, import, progress).await?;
    let officers = app
        .write(async |tx| {
            sessions::demo_person(tx, "resident").await?;
            let property = office(tx, "property", &complex, Role::PropertyManager).await?;
            let community = office(tx, "community", &community, Role::CommunityOfficer).await?;
            let street = office(tx, "street", &street, Role::StreetOfficer).await?;
            // Nobody signs in as the district's: what reaches it shouts.
            let district_admin = sessions::new_person(tx).await?;
            identity::acts::appoint(tx, &district, district_admin, Role::Admin, None).await?;
            office(tx, "supervisor", &complex, Role::Supervisor).await?;
            Ok((property, community, street))
        })
        .await?;
    let residents = claim_homes(app, &complex, progress).await?;
    let (unit_leaders, building_leader) = lead(app, &residents).await?;
    let (property, community, street) = officers;
    Ok(Town { complex, residents, unit_leaders, building_leader, property, community, street })
}

/// From the district down to the complex.
async fn places(app: &App) -> Result<[Lineage; 4]> {
    app.write(async |tx| {
        let district = places::ensure(tx, None, NewPlace { level: Level::District, name: "示范区" }).await?;
        let street = NewPlace { level: Level::Street, name: "青年路街道" };
        let street = places::ensure(tx, Some(&district), street).await?;
        let community = NewPlace { level: Level::Community, name: "青年路社区" };
        let community = places::ensure(tx, Some(&street), community).await?;
        let complex = NewPlace { level: Level::Complex, name: "青年路小区" };
        let complex = places::ensure(tx, Some(&community), complex).await?;
        Ok([district, street, community, complex])
    })
    .await
}

async fn office(tx: &Tx, login: &str, place: &Lineage, role: Role) -> Result<Uuid> {
    let person = sessions::demo_person(tx, login).await?;
    identity::acts::appoint(tx, place, person, role, None).await?;
    Ok(person)
}

/// The first owner of each home moves in, but for the first home, which is left to whoever tries the demo, and those of
/// the silent.
async fn claim_homes(app: &App, complex: &Lineage, progress: Progress<'_>) -> Result<Vec<Resident>> {
    let sheet = roll::file::read(ROLL, "").map_err(Problem::internal)?;
    let organisations = roll::file::Organisations::default();
    let rows = roll::file::check(sheet, roll::file::Buildings::Founded, &organisations);
    let rows = rows.map_err(Problem::internal)?.good;
    let total = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let (mut residents, mut known, mut done) = (Vec::new(), HashSet::new(), 0);
    let mut stairs = Stairs::new();
    for group in rows.chunks(88) {
        progress("claims", done, total);
        residents.extend(
            app.write(async |tx| {
                let mut some = Vec::new();
                for row in group {
                    done += 1;
                    let Some(owner) = row.owners.first().filter(|_| row.status == HomeStatus::Delivered)
                    else {
                        continue;
                    };
                    if done == 1 || done % SILENT_EVERY == 0 || !known.insert(owner.id_number.clone()) {
                        continue;
                    }
                    let resident = move_in(app, tx, (complex, &mut stairs), row).await?;
                    if done <= CLAIMED {
                        claim_home(app, tx, &resident, owner).await?;
                    } else {
                        confirm_at_desk(tx, &resident).await?;
                    }
                    some.push(resident);
                }
                Ok(some)
            })
            .await?,
        );
    }
    app.write(async |tx| {
        let named = |login, person| sessions::name_demo_person(tx, login, person);
        let mut first = residents.iter();
        let candidate = first.next().ok_or_else(|| Problem::internal("the demo has no residents"))?;
        named("candidate", candidate.person).await?;
        let coowner = residents
            .iter()
            .find(|one| one.coowned)
            .ok_or_else(|| Problem::internal("nobody is a co-owner"))?;
        named("coowner", coowner.person).await
    })
    .await?;
    Ok(residents)
}

/// Where homes are, by building and unit.
type Stairs = HashMap<(String, Option<String>), Lineage>;

async fn move_in(
    app: &App,
    tx: &Tx,
    (complex, stairs): (&Lineage, &mut Stairs),
    row: &RollRow,
) -> Result<Resident> {
    let unit = match stairs.entry((row.building.clone(), row.unit.clone())) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(unknown) => {
            let building = NewPlace { level: Level::Building, name: &row.building };
            let building = places::ensure(tx, Some(complex), building).await?;
            unknown.insert(match &row.unit {
                Some(name) => {
                    places::ensure(tx, Some(&building), NewPlace { level: Level::Unit, name }).await?
                }
                None => building,
            })
        }
    };
    let home = places::ensure(tx, Some(unit), NewPlace { level: Level::Home, name: &row.room }).await?;
    let person = sessions::new_person(tx).await?;
    let owners = roll::acts::owners_of(app, tx.conn(), complex.id, home.id).await?;
    let first = owners.first().ok_or_else(|| Problem::internal("a home of the demo has no owner"))?;
    let coowned = owners.len() > 1;
    Ok(Resident { person, home, owner: first.id, unit: unit.id, name: first.name.clone(), coowned })
}

async fn claim_home(app: &App, tx: &Tx, resident: &Resident, owner: &RollOwner) -> Result<()> {
    let claim = NewClaim {
        home_id: resident.home.id,
        relation: Relation::Owner,
        name: owner.name.clone(),
        id_number: Some(owner.id_number.as_str().to_owned()),
        signature: owner.name.clone(),
    };
    let claimant = Viewer { person: resident.person, grants: Vec::new() };
    identity::acts::claim(app, &claimant, tx, claim).await.map(drop)
}

async fn confirm_at_desk(tx: &Tx, resident: &Resident) -> Result<()> {
    identity::acts::appoint(tx, &resident.home, resident.person, Role::Owner, Some(resident.owner))
        .await
        .map(drop)
}

/// The first resident of each unit leads it, the second of all the building.
async fn lead(app: &App, residents: &[Resident]) -> Result<(HashMap<Uuid, Uuid>, Uuid)> {
    let building_leader = residents.get(1).ok_or_else(|| Problem::internal("the demo has no residents"))?;
    app.write(async |tx| {
        let mut leaders = HashMap::new();
        for resident in residents {
            if let Entry::Vacant(first) = leaders.entry(resident.unit) {
                first.insert(resident.person);
                let unit = places::lineage(tx.conn(), resident.unit).await?;
                identity::acts::appoint(tx, &unit, resident.person, Role::UnitLeader, None).await?;
            }
        }
        let unit = places::lineage(tx.conn(), building_leader.unit).await?;
        let building =
            unit.at(Level::Building).ok_or_else(|| Problem::internal("a unit without a building"))?;
        let building = places::lineage(tx.conn(), building).await?;
        identity::acts::appoint(tx, &building, building_leader.person, Role::BuildingLeader, None).await?;
        Ok((leaders, building_leader.person))
    })
    .await
}
