//! What an import would write, worked out before anything is written: a dry run is the plan, an import carries it out.
//!
//! Homes that the file does not name stay as they are; the difference counts them.

use std::collections::{HashMap, HashSet};

use rules::{
    identity::plain_name,
    quantity::Area,
    ratio::Ratio,
    roll::{HomeKind, HomeStatus, Roll, RollFault, RollHome, RollPolicy},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    file::{IdNumber, RollOwner, RollRow, place_key},
    model::Difference,
};
use crate::{
    access::{Level, Lineage},
    clock::Ids,
    http::problem::{Problem, Result},
    pii::Vault,
    places::NewPart,
};

/// What the developer is called while no row names it.
const DEVELOPER: &str = "建设单位";

/// The columns under which values are sealed and indexed.
pub const NAME: &str = "owner.name";
pub const ID_NUMBER: &str = "owner.id_number";
pub const PHONE: &str = "owner.phone";

/// Several phones of one owner stand in one value, separated by this.
pub const BETWEEN_PHONES: char = ' ';

/// The roll of a complex as it is.
#[derive(Debug, Default)]
pub struct Existing {
    /// How often the roll was imported.
    pub version: i64,
    /// Buildings by key: id and spelling.
    pub buildings: HashMap<String, (Uuid, String)>,
    /// Units by building and key.
    pub units: HashMap<(Uuid, String), Uuid>,
    /// Homes by parent and key.
    pub homes: HashMap<(Uuid, String), ExistingHome>,
    /// Owners by blind index of their ID number.
    pub owners: HashMap<String, ExistingOwner>,
    pub developer: Option<ExistingOwner>,
}

#[derive(Clone, Debug)]
pub struct ExistingHome {
    pub id: Uuid,
    pub status: HomeStatus,
    /// In 0.01 m².
    pub area: u64,
    pub version: i64,
    /// In the order of the roll.
    pub owners: Vec<Uuid>,
}

#[derive(Clone, Debug)]
pub struct ExistingOwner {
    pub id: Uuid,
    pub name_index: String,
    pub phone_cipher: Option<Vec<u8>>,
}

/// A home that is new or different.
#[derive(Debug)]
pub struct HomeWrite {
    pub id: Uuid,
    pub status: HomeStatus,
    pub area: u64,
    pub owners: Vec<Uuid>,
    pub version: i64,
}

/// An owner who is new or different.
#[derive(Debug)]
pub struct OwnerWrite {
    pub id: Uuid,
    pub kind: &'static str,
    pub name: String,
    pub id_number: Option<IdNumber>,
    pub phones: Vec<String>,
}

/// What the roll of a complex comes to, with all its homes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub homes: u64,
    pub heads: u64,
    pub area: u64,
    /// Homes and area of the delivered, the unsold, and the sold but not delivered.
    pub by_status: [(u64, u64); 3],
    /// SHA-256 over every home's id, area, status and owners' ids.
    pub hash: String,
}

/// Everything that an import writes.
#[derive(Debug)]
pub struct Plan {
    /// The version of the roll that it was made from.
    pub version: i64,
    /// Parents before their parts.
    pub places: Vec<NewPart>,
    pub owners: Vec<OwnerWrite>,
    pub homes: Vec<HomeWrite>,
    pub difference: Difference,
    pub sum: Sum,
}

/// Makes a [`Plan`], one row at a time.
pub struct Planner<'a> {
    complex: &'a Lineage,
    vault: &'a Vault,
    ids: &'a Ids,
    existing: Existing,
    /// Owners gone through in this file, and whether they differ from what is there.
    met: HashMap<IdNumber, (Uuid, Differs)>,
    developer: Option<Uuid>,
    named: HashSet<Uuid>,
    /// Every home as it will be.
    homes: Vec<ExistingHome>,
    plan: Plan,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Differs {
    Yes,
    No,
}

impl<'a> Planner<'a> {
    /// Looks through `rows` for the developer, who holds all homes not yet delivered (SPC interpretation on divided
    /// ownership, art. 9): the first organisation that an unsold home names, else nobody by name.
    pub fn new(
        complex: &'a Lineage,
        vault: &'a Vault,
        ids: &'a Ids,
        existing: Existing,
        rows: &[RollRow],
    ) -> Self {
        let plan = Plan {
            version: existing.version,
            places: Vec::new(),
            owners: Vec::new(),
            homes: Vec::new(),
            difference: Difference::default(),
            sum: Sum::default(),
        };
        let mut planner = Self {
            complex,
            vault,
            ids,
            existing,
            met: HashMap::new(),
            developer: None,
            named: HashSet::new(),
            homes: Vec::new(),
            plan,
        };
        if rows.iter().any(|row| row.status != HomeStatus::Delivered) {
            planner.find_developer(rows);
        } else {
            planner.developer = planner.existing.developer.as_ref().map(|developer| developer.id);
        }
        planner
    }

    fn find_developer(&mut self, rows: &[RollRow]) {
        let named =
            rows.iter().filter(|row| row.status == HomeStatus::Unsold).find_map(|row| row.owners.first());
        if let Some(known) = &self.existing.developer {
            self.developer = Some(known.id);
            return;
        }
        let by_number = named.and_then(|owner| {
            self.existing
                .owners
                .get(&self.vault.index(ID_NUMBER, owner.id_number.as_str()))
                .map(|known| known.id)
        });
        let id = by_number.unwrap_or_else(|| self.ids.next());
        self.developer = Some(id);
        if let Some(owner) = named {
            self.met.insert(owner.id_number.clone(), (id, Differs::Yes));
        }
        self.plan.owners.push(OwnerWrite {
            id,
            kind: "DEVELOPER",
            name: named.map_or(DEVELOPER, |owner| &owner.name).to_owned(),
            id_number: named.map(|owner| owner.id_number.clone()),
            phones: named.map(|owner| owner.phones.clone()).unwrap_or_default(),
        });
    }

    /// Takes one good row in.
    pub fn add(&mut self, row: &RollRow) -> Result<()> {
        let building = self.building(&row.building);
        let unit = row.unit.as_deref().map(|unit| self.unit(building, unit));
        let mut owners = Vec::new();
        let mut differs = Differs::No;
        if row.status == HomeStatus::Delivered {
            for owner in &row.owners {
                let (id, owner_differs) = self.owner(owner)?;
                owners.push(id);
                if owner_differs == Differs::Yes {
                    differs = Differs::Yes;
                }
            }
        } else {
            owners.extend(self.developer);
        }
        self.home(row, building, unit, owners, differs);
        Ok(())
    }

    fn building(&mut self, name: &str) -> Uuid {
        let key = place_key(name);
        if let Some((id, _)) = self.existing.buildings.get(&key) {
            return *id;
        }
        let id = self.ids.next();
        self.plan.places.push(NewPart {
            id,
            level: Level::Building,
            name: name.to_owned(),
            parent: self.complex.id,
            building: Some(id),
            unit: None,
        });
        self.plan.difference.new_buildings += 1;
        self.existing.buildings.insert(key, (id, name.to_owned()));
        id
    }

    fn unit(&mut self, building: Uuid, name: &str) -> Uuid {
        let key = (building, place_key(name));
        if let Some(id) = self.existing.units.get(&key) {
            return *id;
        }
        let id = self.ids.next();
        self.plan.places.push(NewPart {
            id,
            level: Level::Unit,
            name: name.to_owned(),
            parent: building,
            building: Some(building),
            unit: Some(id),
        });
        self.existing.units.insert(key, id);
        id
    }

    /// Who an owner of the file is, by ID number, and whether name or phones differ from what is there.
    fn owner(&mut self, owner: &RollOwner) -> Result<(Uuid, Differs)> {
        if let Some(met) = self.met.get(&owner.id_number) {
            return Ok(*met);
        }
        let index = self.vault.index(ID_NUMBER, owner.id_number.as_str());
        let met = match self.existing.owners.get(&index) {
            Some(known) => {
                let same_name = known.name_index == self.vault.index(NAME, &plain_name(&owner.name));
                let phones = match &known.phone_cipher {
                    Some(cipher) => self.vault.text(PHONE, cipher).map_err(Problem::internal)?,
                    None => String::new(),
                };
                let same = same_name && phones == joined(&owner.phones);
                (known.id, if same { Differs::No } else { Differs::Yes })
            }
            None => (self.ids.next(), Differs::Yes),
        };
        if met.1 == Differs::Yes {
            let is_developer = Some(met.0) == self.developer;
            self.plan.owners.push(OwnerWrite {
                id: met.0,
                kind: match owner.id_number.is_organisation() {
                    _ if is_developer => "DEVELOPER",
                    true => "ORGANISATION",
                    false => "PERSON",
                },
                name: owner.name.clone(),
                id_number: Some(owner.id_number.clone()),
                phones: owner.phones.clone(),
            });
        }
        self.met.insert(owner.id_number.clone(), met);
        Ok(met)
    }

    fn home(
        &mut self,
        row: &RollRow,
        building: Uuid,
        unit: Option<Uuid>,
        owners: Vec<Uuid>,
        differs: Differs,
    ) {
        let key = (unit.unwrap_or(building), place_key(&row.room));
        let known = self.existing.homes.get(&key);
        let id = known.map_or_else(|| self.ids.next(), |known| known.id);
        let same = |known: &ExistingHome| {
            known.area == row.area && known.status == row.status && known.owners == owners
        };
        let version = match known {
            Some(known) if same(known) => known.version,
            Some(known) => known.version + 1,
            None => 1,
        };
        match known {
            None => {
                self.plan.difference.new_homes += 1;
                self.plan.places.push(NewPart {
                    id,
                    level: Level::Home,
                    name: row.room.clone(),
                    parent: key.0,
                    building: Some(building),
                    unit,
                });
            }
            Some(known) if same(known) && differs == Differs::No => self.plan.difference.unchanged_homes += 1,
            Some(_) => self.plan.difference.changed_homes += 1,
        }
        if known.is_none_or(|known| !same(known)) {
            let (status, area) = (row.status, row.area);
            self.plan.homes.push(HomeWrite { id, status, area, owners: owners.clone(), version });
        }
        self.named.insert(id);
        self.homes.push(ExistingHome { id, status: row.status, area: row.area, version, owners });
    }

    /// All rows are in: counts the roll as it will be.
    pub fn finish(mut self) -> Result<Plan> {
        let unnamed: Vec<_> =
            self.existing.homes.into_values().filter(|home| !self.named.contains(&home.id)).collect();
        self.plan.difference.unnamed_homes = unnamed.iter().map(|_| 1).sum();
        self.homes.extend(unnamed);
        self.plan.sum = sum(&mut self.homes, self.developer).map_err(Problem::internal)?;
        Ok(self.plan)
    }
}

/// The phones of an owner as they are sealed.
pub fn joined(phones: &[String]) -> String {
    phones.join(&BETWEEN_PHONES.to_string())
}

/// Counts heads and area by the law, and hashes the roll in the order of the homes' ids.
fn sum(homes: &mut [ExistingHome], developer: Option<Uuid>) -> Result<Sum, RollFault> {
    homes.sort_unstable_by_key(|home| home.id);
    let mut total = Sum::default();
    let mut hash = Sha256::new();
    for home in homes.iter() {
        let owners: Vec<String> = home.owners.iter().map(Uuid::to_string).collect();
        hash.update(format!("{} {} {} {}\n", home.id, home.area, status_text(home.status), owners.join(",")));
        let [delivered, unsold, undelivered] = &mut total.by_status;
        let (count, area) = match home.status {
            HomeStatus::Delivered => delivered,
            HomeStatus::Unsold => unsold,
            HomeStatus::SoldUndelivered => undelivered,
        };
        *count += 1;
        *area += home.area;
        total.homes += 1;
    }
    total.hash = hex::encode(hash.finalize());
    let rows: Vec<RollHome> = homes.iter().map(|home| roll_home(home, developer)).collect();
    let counted = Roll::count(&rows, RollPolicy::default())?.total;
    (total.heads, total.area) = (counted.heads.0, counted.area.0);
    Ok(total)
}

fn roll_home(home: &ExistingHome, developer: Option<Uuid>) -> RollHome {
    let held = home.status != HomeStatus::Delivered;
    RollHome {
        id: home.id.to_string(),
        area: Area(home.area),
        owners: home.owners.iter().map(Uuid::to_string).collect(),
        kind: HomeKind::Home,
        status: home.status,
        developer: developer.filter(|_| held).map(|id| id.to_string()),
    }
}

/// The least heads and area that make a quorum: two thirds of each (Civil Code 278).
pub fn quorum(heads: u64, area: u64) -> (u64, u64) {
    let least = |total| Ratio::TWO_THIRDS.least(total, rules::ratio::Bound::Reaches);
    (least(heads), least(area))
}

pub fn status_text(status: HomeStatus) -> &'static str {
    match status {
        HomeStatus::Delivered => "DELIVERED",
        HomeStatus::Unsold => "UNSOLD",
        HomeStatus::SoldUndelivered => "SOLD_UNDELIVERED",
    }
}

pub fn status(text: &str) -> Option<HomeStatus> {
    [HomeStatus::Delivered, HomeStatus::Unsold, HomeStatus::SoldUndelivered]
        .into_iter()
        .find(|status| status_text(*status) == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: [&str; 2] = ["999999195310234509", "999999198812108725"];

    fn complex() -> Lineage {
        let mut chain = [None; 7];
        for (slot, id) in chain.iter_mut().zip(1..=4) {
            *slot = Some(Uuid::from_u128(id));
        }
        Lineage { id: Uuid::from_u128(4), level: Level::Complex, chain }
    }

    fn vault() -> Vault {
        Vault::new(&[(1, [1; 32])], [2; 32], Ids)
    }

    fn owner(name: &str, number: usize) -> RollOwner {
        let id_number = IdNumber::parse(ID[number]).unwrap();
        RollOwner { name: name.to_owned(), id_number, phones: vec!["15400000000".to_owned()] }
    }

    fn row(room: &str, status: HomeStatus, owners: Vec<RollOwner>) -> RollRow {
        let (building, unit) = ("1号楼".to_owned(), Some("2单元".to_owned()));
        RollRow { building, unit, room: room.to_owned(), area: 10_000, owners, status }
    }

    fn planned(existing: Existing, rows: &[RollRow]) -> Plan {
        let (complex, vault) = (complex(), vault());
        let mut planner = Planner::new(&complex, &vault, &Ids, existing, rows);
        for row in rows {
            planner.add(row).unwrap();
        }
        planner.finish().unwrap()
    }

    /// The roll after a plan was carried out.
    fn carried_out(plan: &Plan) -> Existing {
        let vault = vault();
        let mut existing = Existing { version: 1, ..Existing::default() };
        let homes: HashMap<Uuid, &HomeWrite> = plan.homes.iter().map(|home| (home.id, home)).collect();
        for place in &plan.places {
            let key = place_key(&place.name);
            match place.level {
                Level::Building => {
                    existing.buildings.insert(key, (place.id, place.name.clone()));
                }
                Level::Unit => {
                    existing.units.insert((place.parent, key), place.id);
                }
                _ => {
                    let HomeWrite { id, status, area, version, ref owners } = *homes[&place.id];
                    let home = ExistingHome { id, status, area, version, owners: owners.clone() };
                    existing.homes.insert((place.parent, key), home);
                }
            }
        }
        for owner in &plan.owners {
            let known = ExistingOwner {
                id: owner.id,
                name_index: vault.index(NAME, &plain_name(&owner.name)),
                phone_cipher: Some(vault.seal(PHONE, joined(&owner.phones).as_bytes()).unwrap()),
            };
            if owner.kind == "DEVELOPER" {
                existing.developer = Some(known.clone());
            }
            if let Some(number) = &owner.id_number {
                existing.owners.insert(vault.index(ID_NUMBER, number.as_str()), known);
            }
        }
        existing
    }

    #[test]
    fn the_same_number_is_the_same_owner_and_one_head() {
        let rows = [
            row("101", HomeStatus::Delivered, vec![owner("苏勇桂", 0)]),
            row("102", HomeStatus::Delivered, vec![owner("苏勇桂", 0)]),
            row("103", HomeStatus::Delivered, vec![owner("苏勇桂", 0), owner("叶凤", 1)]),
        ];
        let plan = planned(Existing::default(), &rows);
        assert_eq!((plan.owners.len(), plan.sum.homes, plan.sum.heads, plan.sum.area), (2, 3, 2, 30_000));
        assert_eq!(plan.homes[0].owners, plan.homes[1].owners);
        assert_eq!(plan.homes[2].owners.len(), 2);
    }

    #[test]
    fn homes_not_delivered_are_the_developers_whoever_bought_them() {
        let rows = [
            row("101", HomeStatus::Unsold, Vec::new()),
            row("102", HomeStatus::SoldUndelivered, vec![owner("叶凤", 1)]),
            row("103", HomeStatus::Delivered, vec![owner("苏勇桂", 0)]),
        ];
        let plan = planned(Existing::default(), &rows);
        let developers: Vec<&OwnerWrite> =
            plan.owners.iter().filter(|owner| owner.kind == "DEVELOPER").collect();
        assert_eq!((developers.len(), plan.owners.len(), plan.sum.heads), (1, 2, 2));
        assert_eq!(plan.homes[0].owners, [developers[0].id]);
        assert_eq!(plan.homes[1].owners, [developers[0].id]);
        assert_eq!(plan.sum.by_status, [(1, 10_000), (1, 10_000), (1, 10_000)]);
    }

    #[test]
    fn the_same_file_again_changes_nothing() {
        let rows = [
            row("101", HomeStatus::Unsold, Vec::new()),
            row("103", HomeStatus::Delivered, vec![owner("苏勇桂", 0)]),
        ];
        let first = planned(Existing::default(), &rows);
        let again = planned(carried_out(&first), &rows);
        assert_eq!(again.difference, Difference { unchanged_homes: 2, ..Difference::default() });
        assert!(again.places.is_empty() && again.owners.is_empty() && again.homes.is_empty());
        assert_eq!(again.sum, first.sum);
    }

    #[test]
    fn a_home_that_was_sold_is_found_under_another_spelling_and_changed() {
        let first = planned(
            Existing::default(),
            &[
                row("101", HomeStatus::Delivered, vec![owner("苏勇桂", 0)]),
                row("102", HomeStatus::Delivered, vec![owner("苏勇桂", 0)]),
            ],
        );
        let mut sold = row("101室", HomeStatus::Delivered, vec![owner("叶凤", 1)]);
        sold.building = "1幢".to_owned();
        let plan = planned(carried_out(&first), &[sold]);
        let expected = Difference { changed_homes: 1, unnamed_homes: 1, ..Difference::default() };
        assert_eq!(plan.difference, expected);
        assert_eq!((plan.homes.len(), plan.homes[0].id, plan.homes[0].version), (1, first.homes[0].id, 2));
        assert_eq!((plan.sum.homes, plan.sum.heads), (2, 2));
        assert_ne!(plan.sum.hash, first.sum.hash);
    }

    #[test]
    fn a_new_phone_is_a_change_of_the_owner_but_not_of_the_home() {
        let rows = [row("101", HomeStatus::Delivered, vec![owner("苏勇桂", 0)])];
        let first = planned(Existing::default(), &rows);
        let mut moved = rows[0].clone();
        moved.owners[0].phones = vec!["15400000001".to_owned()];
        let plan = planned(carried_out(&first), &[moved]);
        assert_eq!((plan.difference.changed_homes, plan.owners.len(), plan.homes.len()), (1, 1, 0));
        assert_eq!(plan.owners[0].id, first.owners[0].id);
    }

    #[test]
    fn a_quorum_is_two_thirds_rounded_up() {
        assert_eq!(quorum(492, 4_362_636), (328, 2_908_424));
        assert_eq!(quorum(4, 1), (3, 1));
    }
}
