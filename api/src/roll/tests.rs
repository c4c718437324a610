//! From a file to what the roll comes to, without a database.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use proptest::prelude::*;
use rules::{identity::plain_name, roll::HomeStatus};
use uuid::Uuid;

use super::{
    file::{
        Buildings, Checked, Developer, IdNumber, RollRow, check, place_key, read,
        tests::{HEADING, id},
    },
    model::{Coverage, Difference},
    plan::{
        DEVELOPER, Existing, ExistingDeveloper, ExistingHome, ExistingOwner, ID_NUMBER, NAME, PHONE, Plan,
        Planner, joined,
    },
};
use crate::{
    access::{Level, Lineage},
    clock::Ids,
    pii::Vault,
};

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

/// What an import of these rows would write.
pub(super) fn planned(existing: Existing, rows: &[RollRow]) -> Plan {
    planned_as(Coverage::Part, existing, rows)
}

fn planned_as(coverage: Coverage, existing: Existing, rows: &[RollRow]) -> Plan {
    let (complex, vault) = (complex(), vault());
    let mut planner = Planner::new(&complex, &vault, &Ids, existing, rows).unwrap();
    for row in rows {
        planner.add(row).unwrap();
    }
    planner.finish(coverage).unwrap()
}

/// Kind, name, number and phones.
type KeptOwner = (&'static str, String, Option<IdNumber>, Vec<String>);

/// A roll as a database would keep it.
#[derive(Default)]
pub(super) struct Kept {
    version: i64,
    buildings: Vec<(Uuid, String)>,
    units: Vec<(Uuid, Uuid, String)>,
    rooms: HashMap<Uuid, (Uuid, String)>,
    homes: BTreeMap<Uuid, ExistingHome>,
    owners: BTreeMap<Uuid, KeptOwner>,
}

impl Kept {
    pub(super) fn carry_out(&mut self, plan: &Plan) {
        self.version += 1;
        for place in &plan.places {
            match place.level {
                Level::Building => self.buildings.push((place.id, place.name.clone())),
                Level::Unit => self.units.push((place.parent, place.id, place.name.clone())),
                _ => {
                    self.rooms.insert(place.id, (place.parent, place.name.clone()));
                }
            }
        }
        for owner in &plan.owners {
            let known = (owner.kind, owner.name.clone(), owner.id_number.clone(), owner.phones.clone());
            self.owners.insert(owner.id, known);
        }
        for home in &plan.removed {
            self.homes.remove(home);
        }
        for home in &plan.homes {
            let (kind, status, area, version) = (home.kind, home.status, home.area, home.version);
            let owners = home.owners.clone();
            assert!(owners.iter().all(|owner| self.owners.contains_key(owner)), "every owner is written");
            self.homes.insert(home.id, ExistingHome { id: home.id, kind, status, area, version, owners });
        }
        let mut numbers = HashSet::new();
        for (_, _, number, _) in self.owners.values() {
            assert!(
                number.as_ref().is_none_or(|number| numbers.insert(number.clone())),
                "one owner a number"
            );
        }
    }

    pub(super) fn existing(&self) -> Existing {
        let vault = vault();
        let mut existing = Existing { version: self.version, ..Existing::default() };
        for (id, name) in &self.buildings {
            existing.buildings.insert(place_key(name), (*id, name.clone()));
        }
        for (building, id, name) in &self.units {
            existing.units.insert((*building, place_key(name)), *id);
        }
        for (id, (parent, name)) in &self.rooms {
            let key = (*parent, place_key(name));
            match self.homes.get(id) {
                Some(home) => drop(existing.homes.insert(key, home.clone())),
                None => drop(existing.off_roll.insert(key, *id)),
            }
        }
        let held: HashSet<Uuid> = self
            .homes
            .values()
            .filter(|home| home.status != HomeStatus::Delivered)
            .flat_map(|home| home.owners.iter().copied())
            .collect();
        for (id, (kind, name, number, phones)) in &self.owners {
            let owner = ExistingOwner {
                id: *id,
                is_developer: *kind == "DEVELOPER",
                name_index: vault.index(NAME, &plain_name(name)),
                phone_cipher: (!phones.is_empty())
                    .then(|| vault.seal(PHONE, joined(phones).as_bytes()).unwrap()),
            };
            if let Some(number) = number {
                existing.owners.insert(vault.index(ID_NUMBER, number.as_str()), owner.clone());
            }
            let developer = if number.is_none() && name == DEVELOPER {
                Developer::default()
            } else {
                Developer { name: Some(name.clone()), id_number: number.clone(), phones: phones.clone() }
            };
            match *kind {
                "PERSON" => {}
                _ if held.contains(id) => existing.developers.push(ExistingDeveloper { owner, developer }),
                _ => existing.organisations.push(developer),
            }
        }
        existing
    }

    /// Goes through a file and works out its import.
    fn checked(&self, rows: &[&str]) -> (Checked, Plan) {
        let text = format!("{HEADING}\n{}\n", rows.join("\n"));
        let existing = self.existing();
        let organisations = existing.organisations(Coverage::Part);
        let checked = check(read(text.as_bytes(), "").unwrap(), Buildings::Founded, &organisations).unwrap();
        let plan = planned(existing, &checked.good);
        (checked, plan)
    }

    /// Imports a file and counts the heads.
    fn imported(&mut self, rows: &[&str]) -> u64 {
        let (checked, plan) = self.checked(rows);
        assert_eq!(checked.refused, []);
        self.carry_out(&plan);
        assert_eq!(plan.sum.heads, naive_heads(self), "another way to count");
        plan.sum.heads
    }

    /// How many owners of kind `DEVELOPER` hold homes.
    fn developers(&self) -> usize {
        self.existing().developers.len()
    }
}

/// Heads by another way: sets of owners, whatever the homes' states.
fn naive_heads(kept: &Kept) -> u64 {
    let sets: BTreeSet<BTreeSet<Uuid>> =
        kept.homes.values().map(|home| home.owners.iter().copied().collect()).collect();
    u64::try_from(sets.len()).unwrap()
}

fn private(room: u32) -> String {
    format!("1号楼,1单元,{room},90,沈梅,{},,已交付", id(1))
}

const CODES: [&str; 2] = ["91999999MA00000A0X", "91350100M000100Y43"];

#[test]
fn a_developer_that_is_named_without_its_number_is_the_owner_of_that_number() {
    let unsold = "1号楼,1单元,101,90,甲置业,,,未售";
    let kept = format!("1号楼,1单元,102,90,甲置业,{},,已交付", CODES[0]);
    let mut roll = Kept::default();
    assert_eq!(roll.imported(&[unsold, &kept, &private(103)]), 2);
    assert_eq!(roll.developers(), 1);
    let again = roll.checked(&[unsold, &kept, &private(103)]).1;
    assert_eq!(again.difference, Difference { unchanged_homes: 3, ..Difference::default() });
}

#[test]
fn a_number_that_is_filled_in_later_gives_what_a_fresh_import_gives() {
    let numbered = format!("1号楼,1单元,101,90,甲置业,{},,未售", CODES[0]);
    let kept = format!("1号楼,1单元,102,90,甲置业,{},,已交付", CODES[0]);
    for first in ["甲置业,,,未售", ",,,未售", "开发商,,,未售"] {
        let first = format!("1号楼,1单元,101,90,{first}");
        let also = "1号楼,1单元,104,90,,,,未售";
        // The number comes with the home that is still unsold, or with one that the developer keeps.
        for second in [vec![numbered.as_str()], vec![kept.as_str(), numbered.as_str()]] {
            let mut roll = Kept::default();
            roll.imported(&[&first, also, &private(103)]);
            assert_eq!(roll.imported(&second), 2, "{first} {second:?}");
            assert_eq!(roll.developers(), 1, "{first} {second:?}");
        }
    }
    let mut roll = Kept::default();
    roll.imported(&["1号楼,1单元,101,90,甲置业,,,未售", &private(103)]);
    assert_eq!(roll.imported(&[&kept]), 2, "its number stands with another home");
}

#[test]
fn a_known_organisation_becomes_the_developer_of_homes_whose_developer_was_not_named() {
    let kept = format!("1号楼,1单元,102,90,甲置业,{},010-12345678,已交付", CODES[0]);
    let mut roll = Kept::default();
    assert_eq!(roll.imported(&["1号楼,1单元,101,90,,,,未售", &kept]), 2, "who the developer is nobody said");
    let (_, plan) = roll.checked(&["1号楼,1单元,104,90,甲置业,,,未售"]);
    assert_eq!((plan.sum.heads, plan.difference.changed_homes, plan.difference.new_homes), (1, 1, 1));
    roll.carry_out(&plan);
    assert_eq!(roll.developers(), 1);
    let developer = &roll.existing().developers[0].developer;
    assert_eq!(developer.phones, ["01012345678"], "its phone stays");
}

#[test]
fn each_developer_is_one_head() {
    let unsold = |room: u32, code: usize| format!("1号楼,1单元,{room},90,{code}置业,{},,未售", CODES[code]);
    let mut roll = Kept::default();
    let rows = [unsold(101, 0), unsold(102, 1), unsold(104, 1), private(103)];
    assert_eq!(roll.imported(&rows.each_ref().map(String::as_str)), 3);
    assert_eq!(roll.developers(), 2);
    // Whose a home is that names none of them, nobody can say.
    let (checked, _) = roll.checked(&["1号楼,1单元,105,90,,,,未售"]);
    assert_eq!((checked.good.len(), checked.refused.len()), (0, 1));
    // A buyer is a head once it is handed over.
    let sold = format!("1号楼,1单元,101,90,宋思,{},,已交付", id(2));
    assert_eq!(roll.imported(&[&sold]), 3);
    assert_eq!(roll.imported(&["1号楼,1单元,105,90,,,,未售"]), 3, "one developer is left");
}

#[test]
fn a_whole_roll_takes_off_what_it_does_not_name_and_a_part_does_not() {
    let row = |room: &str, n: u32| format!("1号楼,1单元,{room},90,沈{n},{},,已交付", id(n));
    let (slip, right, other) = (row("1O1", 1), row("101", 1), row("102", 2));
    let mut roll = Kept::default();
    roll.imported(&[&slip, &other]);
    let (checked, part) = roll.checked(&[&right, &other]);
    assert_eq!((part.sum.homes, part.difference.unnamed_homes, part.removed.len()), (3, 1, 0));
    let whole = planned_as(Coverage::Whole, roll.existing(), &checked.good);
    let expected = Difference { new_homes: 1, unchanged_homes: 1, removed_homes: 1, ..Difference::default() };
    assert_eq!((whole.sum.homes, whole.sum.heads, &whole.difference), (2, 2, &expected));
    roll.carry_out(&whole);
    assert_eq!(naive_heads(&roll), 2);
    // Its place is still there: who names it again finds it.
    let gone = whole.removed[0];
    let (_, again) = roll.checked(&[&slip]);
    assert!(again.places.is_empty());
    assert_eq!((again.homes[0].id, again.homes[0].version), (gone, 1));
}

#[test]
fn the_developers_of_a_whole_roll_are_those_that_it_names() {
    let unsold = |room: u32, code: usize| format!("1号楼,1单元,{room},90,{code}置业,{},,未售", CODES[code]);
    let mut roll = Kept::default();
    assert_eq!(roll.imported(&[&unsold(101, 0), &unsold(102, 1)]), 2);
    let text = format!("{HEADING}\n{}\n1号楼,1单元,102,90,,,,未售\n", unsold(101, 0));
    let existing = roll.existing();
    let organisations = existing.organisations(Coverage::Whole);
    let checked = check(read(text.as_bytes(), "").unwrap(), Buildings::Founded, &organisations).unwrap();
    assert_eq!(checked.refused, []);
    assert_eq!(planned_as(Coverage::Whole, existing, &checked.good).sum.heads, 1);
}

/// Owners of a home, its status and its place; few of each, so that they meet often.
fn any_row() -> impl Strategy<Value = String> {
    let holder = prop_oneof![
        (0..4_u32).prop_map(|n| format!("沈{n},{},,已交付", id(n))),
        (0..4_u32, 4..6_u32).prop_map(|(a, b)| format!("沈{a}、沈{b},{}、{},,已交付", id(a), id(b))),
        (0..2_usize).prop_map(|n| format!("{n}置业,{},,已交付", CODES[n])),
        (0..2_usize).prop_map(|n| format!("{n}置业,{},,未售", CODES[n])),
        (0..3_usize).prop_map(|n| format!("{n}置业,,,未售")),
        Just(",,,未售".to_owned()),
        (0..4_u32).prop_map(|n| format!("沈{n},{},,已售未交付", id(n))),
    ];
    (1..3_u32, 101..110_u32, 1..4_u32, holder)
        .prop_map(|(building, room, area, holder)| format!("{building}号楼,1单元,{room},{area}0,{holder}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// What a dry run tells is what the same file's import, read back and checked once more, comes to.
    #[test]
    fn a_dry_run_comes_to_what_the_import_does(files in prop::collection::vec(prop::collection::vec(any_row(), 1..12), 1..4)) {
        let mut roll = Kept::default();
        for file in &files {
            let rows: Vec<&str> = file.iter().map(String::as_str).collect();
            let (checked, dry) = roll.checked(&rows);
            roll.carry_out(&dry);
            prop_assert_eq!(dry.sum.homes, u64::try_from(roll.homes.len()).unwrap());
            prop_assert_eq!(dry.sum.heads, naive_heads(&roll));
            prop_assert_eq!(dry.sum.area, roll.homes.values().map(|home| home.area).sum::<u64>());
            let again = planned(roll.existing(), &checked.good);
            prop_assert_eq!(&again.sum, &dry.sum);
            prop_assert!(again.homes.is_empty() && again.owners.is_empty() && again.places.is_empty());
        }
    }
}
