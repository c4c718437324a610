//! What an import would write, worked out before anything is written: a dry run is the plan, an import carries it out.
//!
//! Homes that the file does not name stay as they are, or leave the roll where the file is the whole of it; the
//! difference counts them.

use std::collections::{HashMap, HashSet};

use rules::{
    identity::plain_name,
    quantity::{Area, Weight},
    ratio::{Bound, Ratio},
    roll::{HomeKind, HomeStatus, Roll, RollFault, RollHome, RollPolicy},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    file::{Developer, IdNumber, Organisations, RollOwner, RollRow, place_key},
    model::{Coverage, Difference},
};
use crate::{
    access::{Level, Lineage},
    clock::Ids,
    http::problem::{Problem, Result},
    pii::Vault,
    places::NewPart,
};

/// What the developer is called while no row names it.
pub const DEVELOPER: &str = "建设单位";

/// The columns under which values are sealed and indexed.
pub const NAME: &str = "owner.name";
pub const ID_NUMBER: &str = "owner.id_number";
pub const PHONE: &str = "owner.phone";

/// Several phones of one owner stand in one value, separated by this.
pub const BETWEEN_PHONES: char = ' ';

/// The roll of a complex as it is.
#[derive(Debug, Default)]
pub struct Existing {
    /// How often the roll was imported or corrected.
    pub version: i64,
    /// Buildings by key: id and spelling.
    pub buildings: HashMap<String, (Uuid, String)>,
    /// Units by building and key.
    pub units: HashMap<(Uuid, String), Uuid>,
    /// Homes by parent and key.
    pub homes: HashMap<(Uuid, String), ExistingHome>,
    /// Homes that are places but not on the roll, by parent and key.
    pub off_roll: HashMap<(Uuid, String), Uuid>,
    /// Owners by blind index of their ID number.
    pub owners: HashMap<String, ExistingOwner>,
    /// Developers who hold homes that are not delivered.
    pub developers: Vec<ExistingDeveloper>,
    /// Organisations that hold none.
    pub organisations: Vec<Developer>,
    /// What stands by a correction.
    pub corrections: Corrections,
}

/// What the roll says because it was corrected with a document: no file undoes it silently.
#[derive(Debug, Default)]
pub struct Corrections {
    /// Homes whose area it is.
    pub areas: HashSet<Uuid>,
    /// Homes of which it is who owns them, and whether they were handed over.
    pub owners: HashSet<Uuid>,
    /// Owners whose name it is.
    pub names: HashSet<Uuid>,
}

impl Existing {
    /// What a check of a file needs to know of the organisations.
    pub fn organisations(&self, coverage: Coverage) -> Organisations {
        let mut developers = self.developers.iter().map(|known| known.developer.clone()).collect();
        let mut others = self.organisations.clone();
        // The developers of a whole roll are those that it names.
        if coverage == Coverage::Whole {
            others.append(&mut developers);
        }
        Organisations { developers, others }
    }
}

/// A developer whom the roll knows, perhaps without a name or number.
#[derive(Clone, Debug)]
pub struct ExistingDeveloper {
    pub owner: ExistingOwner,
    pub developer: Developer,
}

#[derive(Clone, Debug)]
pub struct ExistingHome {
    pub id: Uuid,
    pub kind: HomeKind,
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
    /// Of kind `DEVELOPER`.
    pub is_developer: bool,
    pub name_index: String,
    pub phone_cipher: Option<Vec<u8>>,
}

/// A home that is new or different.
#[derive(Debug)]
pub struct HomeWrite {
    pub id: Uuid,
    pub kind: HomeKind,
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

/// What the roll of a complex comes to, with all its homes. Parking bays, stalls and facilities are told beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub homes: u64,
    pub heads: u64,
    pub area: u64,
    /// Homes and area of the delivered, the unsold, and the sold but not delivered.
    pub by_status: [(u64, u64); 3],
    /// Number and area of parking bays and stalls.
    pub parking: (u64, u64),
    /// Number and area of facilities.
    pub public: (u64, u64),
    /// SHA-256 over every home's id, kind, area, status and owners' ids.
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
    /// Homes that leave the roll.
    pub removed: Vec<Uuid>,
    /// Homes of which the file says otherwise than a correction that stands.
    pub contradicted: Vec<Uuid>,
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
    /// Developers who hold homes in this file.
    holders: HashMap<DeveloperKey, (Uuid, Differs)>,
    /// Developers of the roll who turned out to be another one.
    merged: HashMap<Uuid, Uuid>,
    /// Owners whom the file calls otherwise than their corrected name.
    renamed: HashSet<Uuid>,
    named: HashSet<Uuid>,
    /// Every home as it will be.
    homes: Vec<ExistingHome>,
    plan: Plan,
}

/// What tells the developers of one file apart, once it is checked; nothing for the one who is not named.
type DeveloperKey = (Option<IdNumber>, Option<String>);

fn developer_key(developer: &Developer) -> DeveloperKey {
    match &developer.id_number {
        Some(number) => (Some(number.clone()), None),
        None => (None, developer.name.as_deref().map(plain_name)),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Differs {
    Yes,
    No,
}

impl<'a> Planner<'a> {
    /// Looks through `rows` for the developers, who hold all homes not yet delivered (SPC interpretation on divided
    /// ownership, art. 9): a row may own by number what another holds.
    pub fn new(
        complex: &'a Lineage,
        vault: &'a Vault,
        ids: &'a Ids,
        existing: Existing,
        rows: &[RollRow],
    ) -> Result<Self> {
        let plan = Plan {
            version: existing.version,
            places: Vec::new(),
            owners: Vec::new(),
            homes: Vec::new(),
            removed: Vec::new(),
            contradicted: Vec::new(),
            difference: Difference::default(),
            sum: Sum::default(),
        };
        let mut planner = Self {
            complex,
            vault,
            ids,
            existing,
            met: HashMap::new(),
            holders: HashMap::new(),
            merged: HashMap::new(),
            renamed: HashSet::new(),
            named: HashSet::new(),
            homes: Vec::new(),
            plan,
        };
        let mut holders: Vec<&Developer> = Vec::new();
        let mut keys = HashSet::new();
        for developer in rows.iter().filter_map(|row| row.developer.as_ref()) {
            if keys.insert(developer_key(developer)) {
                holders.push(developer);
            }
        }
        let alone = match (holders.as_slice(), planner.existing.developers.as_slice()) {
            ([_], [known]) if known.developer == Developer::default() => Some(known.owner.clone()),
            _ => None,
        };
        for developer in &holders {
            planner.hold(developer, alone.clone())?;
        }
        planner.name_the_unnamed();
        Ok(planner)
    }

    /// Finds or makes the owner who is this developer. Nobody but it can be `alone`, whom no roll named yet.
    fn hold(&mut self, developer: &Developer, alone: Option<ExistingOwner>) -> Result<()> {
        let known = self.known_developer(developer).or(alone);
        let id = known.as_ref().map_or_else(|| self.ids.next(), |known| known.id);
        let name = developer.name.as_deref().unwrap_or(DEVELOPER);
        let told = self.phones_of(known.as_ref())?;
        let said = joined(&developer.phones);
        let same = known.as_ref().is_some_and(|known| {
            known.is_developer
                && self.numbered(developer)
                && known.name_index == self.vault.index(NAME, &plain_name(name))
                && (said.is_empty() || said == told)
        });
        let differs = if same { Differs::No } else { Differs::Yes };
        if !same {
            let told = told.split(BETWEEN_PHONES).filter(|phone| !phone.is_empty()).map(str::to_owned);
            self.plan.owners.push(OwnerWrite {
                id,
                kind: "DEVELOPER",
                name: name.to_owned(),
                id_number: developer.id_number.clone(),
                phones: if said.is_empty() { told.collect() } else { developer.phones.clone() },
            });
        }
        if let Some(number) = &developer.id_number {
            self.met.insert(number.clone(), (id, differs));
        }
        self.holders.insert(developer_key(developer), (id, differs));
        Ok(())
    }

    /// The owner who is this developer: by number, else by name among those who have none.
    fn known_developer(&mut self, developer: &Developer) -> Option<ExistingOwner> {
        let by_number = developer.id_number.as_ref().and_then(|number| {
            self.existing.owners.get(&self.vault.index(ID_NUMBER, number.as_str())).cloned()
        });
        let name = developer.name.as_deref().map(plain_name);
        let unnumbered = self.existing.developers.iter().find(|known| {
            known.developer.id_number.is_none() && known.developer.name.as_deref().map(plain_name) == name
        });
        let unnumbered = unnumbered.map(|known| known.owner.clone());
        if let (Some(number), Some(name)) = (&by_number, &unnumbered) {
            self.merged.insert(name.id, number.id);
        }
        by_number.or(unnumbered)
    }

    /// Whether the roll has the number that this developer is now known by.
    fn numbered(&self, developer: &Developer) -> bool {
        developer.id_number.as_ref().is_none_or(|number| {
            self.existing.owners.contains_key(&self.vault.index(ID_NUMBER, number.as_str()))
        })
    }

    /// A developer who held homes without a name is the one whom a file is the first to name. Once the roll knows one
    /// by name, nobody can say any more whose those homes are.
    fn name_the_unnamed(&mut self) {
        let unnamed = |known: &&ExistingDeveloper| known.developer == Developer::default();
        let Some(nobody) = self.existing.developers.iter().find(unnamed).map(|known| known.owner.id) else {
            return;
        };
        if !self.existing.developers.iter().all(|known| unnamed(&known)) {
            return;
        }
        let named: HashSet<Uuid> =
            self.holders.values().map(|(id, _)| *id).filter(|id| *id != nobody).collect();
        if let (1, Some(only)) = (named.len(), named.into_iter().next()) {
            self.merged.insert(nobody, only);
        }
    }

    fn phones_of(&self, owner: Option<&ExistingOwner>) -> Result<String> {
        match owner.and_then(|owner| owner.phone_cipher.as_ref()) {
            Some(cipher) => self.vault.text(PHONE, cipher).map_err(Problem::internal),
            None => Ok(String::new()),
        }
    }

    /// Takes one good row in.
    pub fn add(&mut self, row: &RollRow) -> Result<()> {
        let building = self.building(&row.building);
        let unit = row.unit.as_deref().map(|unit| self.unit(building, unit));
        let mut owners = Vec::new();
        let mut differs = Differs::No;
        let mut renames = false;
        if let Some(developer) = &row.developer {
            let holder = self.holders.get(&developer_key(developer)).copied();
            let (id, holder_differs) =
                holder.ok_or_else(|| Problem::internal("a developer nobody looked for"))?;
            owners.push(id);
            differs = holder_differs;
        } else {
            for owner in &row.owners {
                let (id, owner_differs) = self.owner(owner)?;
                owners.push(id);
                renames |= self.renamed.contains(&id);
                if owner_differs == Differs::Yes {
                    differs = Differs::Yes;
                }
            }
        }
        let key = (unit.unwrap_or(building), place_key(&row.room));
        if let Some(known) = self.existing.homes.get(&key) {
            let contradicts = renames || self.contradicts(known, row, &owners);
            self.plan.contradicted.extend(contradicts.then_some(known.id));
        }
        self.home(row, building, unit, owners, differs);
        Ok(())
    }

    /// Whether a row says otherwise of a home than what was corrected; in which order its owners stand does not matter.
    fn contradicts(&self, known: &ExistingHome, row: &RollRow, owners: &[Uuid]) -> bool {
        let corrections = &self.existing.corrections;
        let others = || {
            let set = |owners: &[Uuid]| owners.iter().copied().collect::<HashSet<_>>();
            row.status != known.status || set(owners) != set(&known.owners)
        };
        corrections.areas.contains(&known.id) && row.area != known.area
            || corrections.owners.contains(&known.id) && others()
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
        let known = self.existing.owners.get(&index).cloned();
        let same = match &known {
            Some(known) => {
                known.name_index == self.vault.index(NAME, &plain_name(&owner.name))
                    && self.phones_of(Some(known))? == joined(&owner.phones)
            }
            None => false,
        };
        if let Some(known) =
            known.as_ref().filter(|known| self.existing.corrections.names.contains(&known.id))
            && known.name_index != self.vault.index(NAME, &plain_name(&owner.name))
        {
            self.renamed.insert(known.id);
        }
        let known = known.or_else(|| self.unnumbered_developer(owner));
        let met = (
            known.as_ref().map_or_else(|| self.ids.next(), |known| known.id),
            if same { Differs::No } else { Differs::Yes },
        );
        if !same {
            self.plan.owners.push(OwnerWrite {
                id: met.0,
                kind: match owner.id_number.is_organisation() {
                    _ if known.is_some_and(|known| known.is_developer) => "DEVELOPER",
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

    /// The developer of this name whose number the roll does not have yet.
    fn unnumbered_developer(&self, owner: &RollOwner) -> Option<ExistingOwner> {
        let name = plain_name(&owner.name);
        let developer = self.existing.developers.iter().find(|known| {
            owner.id_number.is_organisation()
                && known.developer.id_number.is_none()
                && known.developer.name.as_deref().map(plain_name).as_ref() == Some(&name)
        });
        developer.map(|known| known.owner.clone())
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
        let off_roll = self.existing.off_roll.get(&key).copied();
        let id = known.map(|known| known.id).or(off_roll).unwrap_or_else(|| self.ids.next());
        let kind = row.kind.or(known.map(|known| known.kind)).unwrap_or_default();
        let same = |known: &ExistingHome| {
            (known.kind, known.area, known.status) == (kind, row.area, row.status) && known.owners == owners
        };
        let version = match known {
            Some(known) if same(known) => known.version,
            Some(known) => known.version + 1,
            None => 1,
        };
        match known {
            None => {
                self.plan.difference.new_homes += 1;
                if off_roll.is_none() {
                    self.plan.places.push(NewPart {
                        id,
                        level: Level::Home,
                        name: row.room.clone(),
                        parent: key.0,
                        building: Some(building),
                        unit,
                    });
                }
            }
            Some(known) if same(known) && differs == Differs::No => self.plan.difference.unchanged_homes += 1,
            Some(_) => self.plan.difference.changed_homes += 1,
        }
        if known.is_none_or(|known| !same(known)) {
            let (status, area) = (row.status, row.area);
            self.plan.homes.push(HomeWrite { id, kind, status, area, owners: owners.clone(), version });
        }
        self.named.insert(id);
        self.homes.push(ExistingHome { id, kind, status: row.status, area: row.area, version, owners });
    }

    /// All rows are in: counts the roll as it will be.
    pub fn finish(mut self, coverage: Coverage) -> Result<Plan> {
        for mut home in std::mem::take(&mut self.existing.homes).into_values() {
            if self.named.contains(&home.id) {
                continue;
            }
            if coverage == Coverage::Whole {
                self.plan.difference.removed_homes += 1;
                self.plan.removed.push(home.id);
                continue;
            }
            if self.hand_over(&mut home) {
                self.plan.difference.changed_homes += 1;
            } else {
                self.plan.difference.unnamed_homes += 1;
            }
            self.homes.push(home);
        }
        self.plan.removed.sort_unstable();
        self.plan.sum = sum(&mut self.homes).map_err(Problem::internal)?;
        Ok(self.plan)
    }

    /// Gives a home that the file does not name to the developer whom it does; says whether it was not theirs before.
    fn hand_over(&mut self, home: &mut ExistingHome) -> bool {
        let holder = home.owners.first().and_then(|owner| self.merged.get(owner)).copied();
        let Some(holder) = holder else { return false };
        home.owners = vec![holder];
        home.version += 1;
        let ExistingHome { id, kind, status, area, version, ref owners } = *home;
        self.plan.homes.push(HomeWrite { id, kind, status, area, owners: owners.clone(), version });
        true
    }
}

/// The phones of an owner as they are sealed.
pub fn joined(phones: &[String]) -> String {
    phones.join(&BETWEEN_PHONES.to_string())
}

/// Counts heads and area by the law, and hashes the roll in the order of the homes' ids.
pub fn sum(homes: &mut [ExistingHome]) -> Result<Sum, RollFault> {
    homes.sort_unstable_by_key(|home| home.id);
    let mut total = Sum::default();
    let mut hash = Sha256::new();
    for home in homes.iter() {
        let owners: Vec<String> = home.owners.iter().map(Uuid::to_string).collect();
        let (kind, status) = (kind_text(home.kind), status_text(home.status));
        hash.update(format!("{} {kind} {} {status} {}\n", home.id, home.area, owners.join(",")));
        let [delivered, unsold, undelivered] = &mut total.by_status;
        let (count, area) = match (home.kind, home.status) {
            (HomeKind::Parking, _) => &mut total.parking,
            (HomeKind::Public, _) => &mut total.public,
            (HomeKind::Home, HomeStatus::Delivered) => delivered,
            (HomeKind::Home, HomeStatus::Unsold) => unsold,
            (HomeKind::Home, HomeStatus::SoldUndelivered) => undelivered,
        };
        *count += 1;
        *area += home.area;
    }
    total.homes = total.by_status.iter().map(|(homes, _)| homes).sum();
    total.hash = hex::encode(hash.finalize());
    let rows: Vec<RollHome> = homes.iter().map(roll_home).collect();
    let counted = Roll::count(&rows, RollPolicy::default())?.total;
    (total.heads, total.area) = (counted.heads.0, counted.area.0);
    Ok(total)
}

fn roll_home(home: &ExistingHome) -> RollHome {
    let holder = home.owners.first().filter(|_| home.status != HomeStatus::Delivered);
    RollHome {
        id: home.id.to_string(),
        area: Area(home.area),
        owners: home.owners.iter().map(Uuid::to_string).collect(),
        kind: home.kind,
        status: home.status,
        developer: holder.map(Uuid::to_string),
    }
}

/// The least heads and area that make a quorum: two thirds of each (Civil Code 278).
pub fn quorum(heads: u64, area: u64) -> (u64, u64) {
    let least = Weight::new(heads, area).least(Ratio::TWO_THIRDS, Bound::Reaches);
    (least.heads.0, least.area.0)
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

pub fn kind_text(kind: HomeKind) -> &'static str {
    match kind {
        HomeKind::Home => "HOME",
        HomeKind::Parking => "PARKING",
        HomeKind::Public => "PUBLIC",
    }
}

pub fn kind(text: &str) -> Option<HomeKind> {
    HomeKind::ALL.into_iter().find(|kind| kind_text(*kind) == text)
}

#[cfg(test)]
mod tests {
    use super::{super::tests::Kept, *};

    const ID: [&str; 2] = ["999999195310234509", "999999198812108725"];

    fn owner(name: &str, number: usize) -> RollOwner {
        let id_number = IdNumber::read(ID[number]).unwrap();
        RollOwner { name: name.to_owned(), id_number, phones: vec!["15400000000".to_owned()] }
    }

    fn row(room: &str, status: HomeStatus, owners: Vec<RollOwner>) -> RollRow {
        let (building, unit) = ("1号楼".to_owned(), Some("2单元".to_owned()));
        let developer = (status != HomeStatus::Delivered).then(Developer::default);
        let room = room.to_owned();
        RollRow { building, unit, room, kind: None, area: 10_000, owners, status, developer }
    }

    fn planned(existing: Existing, rows: &[RollRow]) -> Plan {
        super::super::tests::planned(existing, rows)
    }

    /// The roll after a plan was carried out.
    fn carried_out(plan: &Plan) -> Existing {
        let mut kept = Kept::default();
        kept.carry_out(plan);
        kept.existing()
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
    fn a_file_contradicts_a_correction_where_it_says_otherwise_of_that() {
        let co_owned = |names: [(&str, usize); 2]| {
            row("101", HomeStatus::Delivered, names.map(|(name, number)| owner(name, number)).into())
        };
        let rows = [co_owned([("苏勇桂", 0), ("叶凤", 1)])];
        let first = planned(Existing::default(), &rows);
        let (home, people) = (first.homes[0].id, &first.homes[0].owners);
        let larger = RollRow { area: 10_001, ..rows[0].clone() };
        let other_order = co_owned([("叶凤", 1), ("苏勇桂", 0)]);
        let sold = row("101", HomeStatus::Delivered, vec![owner("叶凤", 1)]);
        let renamed = co_owned([("苏勇贵", 0), ("叶凤", 1)]);
        let contradicts = |corrections: Corrections, row: &RollRow| {
            let existing = Existing { corrections, ..carried_out(&first) };
            planned(existing, std::slice::from_ref(row)).contradicted == [home]
        };
        let area = || Corrections { areas: HashSet::from([home]), ..Corrections::default() };
        let whose = || Corrections { owners: HashSet::from([home]), ..Corrections::default() };
        let name = || Corrections { names: HashSet::from([people[0]]), ..Corrections::default() };
        let files = [&rows[0], &larger, &other_order, &sold, &renamed];
        let found =
            |corrections: &dyn Fn() -> Corrections| files.map(|file| contradicts(corrections(), file));
        assert_eq!(found(&Corrections::default), [false; 5]);
        assert_eq!(found(&area), [false, true, false, false, false]);
        assert_eq!(found(&whose), [false, false, false, true, false]);
        assert_eq!(found(&name), [false, false, false, false, true]);
    }

    #[test]
    fn a_parking_bay_is_kept_and_makes_no_head() {
        let bay = |kind| {
            let bay = row("车位1", HomeStatus::Delivered, vec![owner("叶凤", 1)]);
            RollRow { kind, area: 1_250, ..bay }
        };
        let rows =
            [row("101", HomeStatus::Delivered, vec![owner("苏勇桂", 0)]), bay(Some(HomeKind::Parking))];
        let first = planned(Existing::default(), &rows);
        assert_eq!((first.sum.homes, first.sum.heads, first.sum.area), (1, 1, 10_000));
        assert_eq!((first.sum.parking, first.sum.public), ((1, 1_250), (0, 0)));
        assert_eq!(first.sum.by_status, [(1, 10_000), (0, 0), (0, 0)]);
        // A file that does not say leaves it as it is; one that does changes it, and with it the hash.
        let silent = planned(carried_out(&first), &[bay(None)]);
        assert_eq!((silent.difference.changed_homes, &silent.sum), (0, &first.sum));
        let home = planned(carried_out(&first), &[bay(Some(HomeKind::Home))]);
        assert_eq!((home.difference.changed_homes, home.sum.heads, home.sum.parking.0), (1, 2, 0));
        assert_ne!(home.sum.hash, first.sum.hash);
    }

    #[test]
    fn a_quorum_is_two_thirds_rounded_up() {
        assert_eq!(quorum(492, 4_362_636), (328, 2_908_424));
        assert_eq!(quorum(4, 1), (3, 1));
    }
}
