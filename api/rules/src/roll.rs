//! From homes to heads: who is one voter in the count by persons, with how much area (SPC interpretation on 区分所有权,
//! arts 8–9; guidance rules 建房[2009]274号, arts 23–25).
//!
//! What it promises: the same homes in any order give the same heads in the same order; each counted home belongs to
//! exactly one head; no person counts twice by owning several homes.

pub mod corrections;
pub mod representation;
pub mod showing;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::quantity::{Area, Weight};
use crate::ratio::{Bound, Ratio};

/// What a home is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HomeKind {
    /// A dwelling or shop.
    #[default]
    Home,
    /// A parking bay, garage, stall or store that is an exclusive part of its own (SPC interpretation 2: 特定空间).
    Parking,
    /// A public facility; never counted.
    Public,
}

impl HomeKind {
    /// In the order in which sums tell them.
    pub const ALL: [Self; 3] = [Self::Home, Self::Parking, Self::Public];

    /// Whether it is a dwelling or shop, which every roll counts.
    pub const fn is_home(&self) -> bool {
        matches!(self, Self::Home)
    }
}

/// Whether the developer has parted with a home.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HomeStatus {
    #[default]
    Delivered,
    Unsold,
    SoldUndelivered,
}

/// One row of the roll. Owners and developer are ids, compared as they stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollHome {
    pub id: String,
    /// 0.01 m².
    pub area: Area,
    pub owners: Vec<String>,
    #[serde(default)]
    pub kind: HomeKind,
    #[serde(default)]
    pub status: HomeStatus,
    /// Who holds it while it is not delivered; may stay unnamed where a complex has only one developer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub developer: Option<String>,
}

/// What makes one head.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HeadRule {
    /// The same set of owners is one head, however many homes it has (SPC interpretation 9: 同一买受人).
    #[default]
    OwnerSet,
    /// Each delivered home is one head.
    Home,
}

/// The by-law parameters of the count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RollPolicy {
    pub head_key: HeadRule,
    /// Whether parking bays and stalls count: for the community's rules of procedure to say (guidance rules 25).
    pub count_special_spaces: bool,
}

impl RollPolicy {
    /// The rule that says whether parking bays and stalls count.
    pub const SPECIAL_SPACES: &str = "count_special_spaces";

    /// Whose heads are counted where owners put their names to something: as those are who vote, with what the roll counts
    /// by these rules; of what none says, homes alone.
    pub fn of_signers(rules: &BTreeMap<String, Value>) -> Self {
        let counts = rules.get(Self::SPECIAL_SPACES).and_then(Value::as_bool).unwrap_or_default();
        Self { count_special_spaces: counts, ..Self::default() }
    }
}

/// Who a head is. The order of the keys is the order of the heads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum HeadKey {
    /// The developer, for everything unsold or undelivered; nothing when the roll does not name it.
    Developer(Option<String>),
    /// A set of owners.
    Owners(BTreeSet<String>),
    /// One home, where the by-laws count homes.
    Home(String),
}

/// One voter in the count by persons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub key: HeadKey,
    /// Ids of its homes, sorted.
    pub homes: Vec<String>,
    /// The sum of their areas, in 0.01 m².
    pub area: Area,
}

impl Head {
    /// What its ballot weighs: one head, all its area.
    pub const fn weight(&self) -> Weight {
        Weight::new(1, self.area.0)
    }
}

/// Why a roll cannot be counted. Each names the home to correct.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RollFault {
    #[error("home {home} is on the roll twice")]
    HomeTwice { home: String },
    #[error("home {home} is delivered but has no owner")]
    OwnerMissing { home: String },
    #[error("home {home} is not delivered and names no developer, while other homes name one")]
    DeveloperMissing { home: String },
}

/// The counted roll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roll {
    /// Sorted by key.
    pub heads: Vec<Head>,
    pub total: Weight,
}

impl Roll {
    /// Counts heads and area.
    ///
    /// SPC interpretation 9: what the developer has not sold, or sold and not delivered, is one head; one buyer of
    /// several parts is one head. Article 8: area is the exclusive area. Guidance rules 25: parking counts only if the
    /// community's own rules say so. Linear in homes, but for sorting.
    pub fn count<'a>(
        homes: impl IntoIterator<Item = &'a RollHome>,
        policy: RollPolicy,
    ) -> Result<Self, RollFault> {
        let counted: Vec<&RollHome> = homes.into_iter().filter(|home| policy.counts(home.kind)).collect();
        refuse_repeated(&counted)?;
        let developers = named_developers(&counted)?;

        let mut heads: BTreeMap<HeadKey, (BTreeSet<&str>, Area)> = BTreeMap::new();
        for home in counted {
            let (homes, area) = heads.entry(head_of(home, policy, &developers)?).or_default();
            homes.insert(&home.id);
            area.0 = area.0.saturating_add(home.area.0);
        }

        let heads: Vec<Head> = heads
            .into_iter()
            .map(|(key, (homes, area))| Head {
                key,
                homes: homes.into_iter().map(str::to_owned).collect(),
                area,
            })
            .collect();
        let total = heads.iter().map(Head::weight).sum();
        Ok(Self { heads, total })
    }

    /// The least heads and area that make a quorum of `ratio` (Civil Code 278: two thirds of each).
    pub fn quorum(&self, ratio: Ratio) -> Weight {
        self.total.least(ratio, Bound::Reaches)
    }
}

/// A home of a locked head as the roll has it at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding<Owner> {
    pub status: HomeStatus,
    pub owners: BTreeSet<Owner>,
}

impl<Owner> Holding<Owner> {
    /// What is not delivered, or has no owner, is the developer's still.
    fn is_delivered(&self) -> bool {
        self.status == HomeStatus::Delivered && !self.owners.is_empty()
    }
}

/// Who may cast the ballot of a head: `locked` are its owners when the roll was locked, `homes` what is its own.
///
/// A home sold during the vote (practice of 北京业主): if the seller voted, that stands; if not, the buyer votes. So
/// those of the locked owners who still own one of the head's homes; when none does, whoever owns them at present.
/// Denominators stay as they were locked, and a head has one ballot, whoever casts it.
pub fn electors<Owner: Ord + Clone>(locked: &BTreeSet<Owner>, homes: &[Holding<Owner>]) -> BTreeSet<Owner> {
    if !homes.iter().all(Holding::is_delivered) {
        return locked.clone();
    }
    let present: BTreeSet<Owner> = homes.iter().flat_map(|home| home.owners.iter().cloned()).collect();
    let still: BTreeSet<Owner> = locked.intersection(&present).cloned().collect();
    if still.is_empty() { present } else { still }
}

impl RollPolicy {
    /// Whether what is of this kind makes heads and area.
    pub const fn counts(self, kind: HomeKind) -> bool {
        match kind {
            HomeKind::Home => true,
            HomeKind::Parking => self.count_special_spaces,
            HomeKind::Public => false,
        }
    }
}

fn refuse_repeated(homes: &[&RollHome]) -> Result<(), RollFault> {
    let mut seen = BTreeSet::new();
    match homes.iter().find(|home| !seen.insert(&home.id)) {
        Some(again) => Err(RollFault::HomeTwice { home: again.id.clone() }),
        None => Ok(()),
    }
}

// A complex whose developer is named in one row and forgotten in another would count it as two heads.
fn named_developers<'a>(homes: &[&'a RollHome]) -> Result<BTreeSet<&'a str>, RollFault> {
    let undelivered = || homes.iter().filter(|home| home.status != HomeStatus::Delivered);
    let named: BTreeSet<&str> = undelivered().filter_map(|home| home.developer.as_deref()).collect();
    match undelivered().find(|home| home.developer.is_none()) {
        Some(unnamed) if !named.is_empty() => Err(RollFault::DeveloperMissing { home: unnamed.id.clone() }),
        _ => Ok(named),
    }
}

fn head_of(home: &RollHome, policy: RollPolicy, developers: &BTreeSet<&str>) -> Result<HeadKey, RollFault> {
    if home.status != HomeStatus::Delivered {
        return Ok(HeadKey::Developer(home.developer.clone()));
    }
    let owners: BTreeSet<String> = home.owners.iter().cloned().collect();
    let Some(first) = owners.first() else {
        return Err(RollFault::OwnerMissing { home: home.id.clone() });
    };
    Ok(match policy.head_key {
        HeadRule::Home => HeadKey::Home(home.id.clone()),
        // A developer that keeps a delivered home for itself stays one head.
        HeadRule::OwnerSet if owners.len() == 1 && developers.contains(first.as_str()) => {
            HeadKey::Developer(Some(first.clone()))
        }
        HeadRule::OwnerSet => HeadKey::Owners(owners),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn home(id: u32, owners: &[&str]) -> RollHome {
        RollHome {
            id: id.to_string(),
            area: Area(10_000),
            owners: owners.iter().map(|&owner| owner.to_owned()).collect(),
            kind: HomeKind::Home,
            status: HomeStatus::Delivered,
            developer: None,
        }
    }

    fn unsold(id: u32, developer: Option<&str>) -> RollHome {
        RollHome { status: HomeStatus::Unsold, developer: developer.map(str::to_owned), ..home(id, &[]) }
    }

    /// As in the roll: whoever owns a parking bay alone is no head who signs, unless the by-laws say that bays count.
    #[test]
    fn whoever_signs_counts_as_on_the_roll() {
        let bay = RollHome { kind: HomeKind::Parking, ..home(2, &["B"]) };
        let hall = RollHome { kind: HomeKind::Public, ..home(3, &["C"]) };
        let homes = [home(1, &["A"]), bay, hall];
        let heads = |rules: &[(&str, bool)]| {
            let rules = rules.iter().map(|(name, value)| ((*name).to_owned(), Value::Bool(*value)));
            Roll::count(&homes, RollPolicy::of_signers(&rules.collect())).unwrap().total
        };
        assert_eq!(heads(&[]), Weight::new(1, 10_000));
        assert_eq!(heads(&[(RollPolicy::SPECIAL_SPACES, false)]), Weight::new(1, 10_000));
        assert_eq!(heads(&[(RollPolicy::SPECIAL_SPACES, true)]), Weight::new(2, 20_000));
    }

    #[test]
    fn a_developer_that_keeps_a_delivered_home_is_still_one_head() {
        let homes = [unsold(1, Some("D")), home(2, &["D"]), home(3, &["D", "E"])];
        let roll = Roll::count(&homes, RollPolicy::default()).unwrap();
        assert_eq!(roll.total, Weight::new(2, 30_000));
        assert_eq!(roll.heads[0].key, HeadKey::Developer(Some("D".to_owned())));
        assert_eq!(roll.heads[0].homes, ["1", "2"]);
    }

    #[test]
    fn the_developer_is_one_head_also_where_homes_are_counted() {
        let homes = [unsold(1, Some("D")), unsold(2, Some("D")), home(3, &["A"]), home(4, &["A"])];
        let policy = RollPolicy { head_key: HeadRule::Home, ..RollPolicy::default() };
        assert_eq!(Roll::count(&homes, policy).unwrap().total.heads.0, 3);
    }

    #[test]
    fn the_buyer_votes_only_when_the_seller_owns_nothing_of_the_head_any_more() {
        let set = |owners: &str| owners.chars().collect::<BTreeSet<char>>();
        let held = |owners: &str| Holding { status: HomeStatus::Delivered, owners: set(owners) };
        assert_eq!(electors(&set("S"), &[held("S")]), set("S"));
        assert_eq!(electors(&set("S"), &[held("B")]), set("B"));
        assert_eq!(electors(&set("S"), &[held("B"), held("S")]), set("S"), "one home of two was sold");
        assert_eq!(electors(&set("S"), &[held("B"), held("C")]), set("BC"));
        assert_eq!(electors(&set("SW"), &[held("WB")]), set("W"), "a co-owner stayed");
        assert_eq!(electors(&set("SW"), &[held("BC")]), set("BC"));
    }

    #[test]
    fn what_is_not_delivered_stays_with_the_developer() {
        let held = |status, owners: &str| Holding { status, owners: owners.chars().collect() };
        let developer = BTreeSet::from(['D']);
        let sold = held(HomeStatus::SoldUndelivered, "B");
        assert_eq!(electors(&developer, std::slice::from_ref(&sold)), developer);
        assert_eq!(electors(&developer, &[held(HomeStatus::Unsold, "")]), developer);
        let delivered = held(HomeStatus::Delivered, "B");
        assert_eq!(electors(&developer, &[sold, delivered.clone()]), developer);
        assert_eq!(electors(&developer, &[delivered]), BTreeSet::from(['B']));
    }

    #[test]
    fn a_roll_with_a_gap_names_the_home() {
        let count = |homes: &[RollHome]| Roll::count(homes, RollPolicy::default()).unwrap_err();
        assert_eq!(count(&[home(1, &["A"]), home(1, &["B"])]), RollFault::HomeTwice { home: "1".to_owned() });
        assert_eq!(count(&[home(4, &[])]), RollFault::OwnerMissing { home: "4".to_owned() });
        assert_eq!(
            count(&[unsold(1, Some("D")), unsold(2, None)]),
            RollFault::DeveloperMissing { home: "2".to_owned() }
        );
        let unnamed = [unsold(1, None), unsold(2, None)];
        assert_eq!(Roll::count(&unnamed, RollPolicy::default()).unwrap().total, Weight::new(1, 20_000));
    }

    #[test]
    fn a_hundred_thousand_homes_are_counted_at_once() {
        let homes: Vec<RollHome> = (0..100_000).map(|n| home(n, &[&format!("o{}", n / 2)])).collect();
        assert_eq!(
            Roll::count(&homes, RollPolicy::default()).unwrap().total,
            Weight::new(50_000, 1_000_000_000)
        );
    }

    fn any_home() -> impl Strategy<Value = RollHome> {
        (
            1u64..20_000,
            prop::collection::vec("[ABCD]", 1..4),
            prop_oneof![5 => Just(HomeKind::Home), 2 => Just(HomeKind::Parking), 1 => Just(HomeKind::Public)],
            prop_oneof![
                4 => Just(HomeStatus::Delivered),
                1 => Just(HomeStatus::Unsold),
                1 => Just(HomeStatus::SoldUndelivered)
            ],
            "[AD]",
        )
            .prop_map(|(area, owners, kind, status, developer)| RollHome {
                id: String::new(),
                area: Area(area),
                owners,
                kind,
                status,
                developer: Some(developer),
            })
    }

    // Compares every counted home with every other: a home is a new head unless an earlier one has the same holder.
    fn pair_by_pair(homes: &[RollHome], policy: RollPolicy) -> Weight {
        let counted: Vec<&RollHome> = homes
            .iter()
            .filter(|h| {
                h.kind == HomeKind::Home || (h.kind == HomeKind::Parking && policy.count_special_spaces)
            })
            .collect();
        let developers: Vec<&String> = counted
            .iter()
            .filter(|h| h.status != HomeStatus::Delivered)
            .filter_map(|h| h.developer.as_ref())
            .collect();
        let held_by_developer = |h: &RollHome| -> Option<String> {
            if h.status != HomeStatus::Delivered {
                return h.developer.clone();
            }
            let alone = h.owners.iter().all(|owner| owner == &h.owners[0]);
            (policy.head_key == HeadRule::OwnerSet && alone && developers.contains(&&h.owners[0]))
                .then(|| h.owners[0].clone())
        };
        let same_owners = |a: &RollHome, b: &RollHome| {
            a.owners.iter().all(|owner| b.owners.contains(owner))
                && b.owners.iter().all(|owner| a.owners.contains(owner))
        };
        let same_head = |a: &RollHome, b: &RollHome| match (held_by_developer(a), held_by_developer(b)) {
            (Some(a), Some(b)) => a == b,
            (None, None) => policy.head_key == HeadRule::OwnerSet && same_owners(a, b),
            _ => false,
        };
        let mut total = Weight::ZERO;
        for (at, home) in counted.iter().enumerate() {
            let known = counted[..at].iter().any(|earlier| same_head(earlier, home));
            total = total.plus(Weight::new(u64::from(!known), home.area.0));
        }
        total
    }

    proptest! {
        #[test]
        fn heads_agree_with_comparing_homes_pair_by_pair(
            mut homes in prop::collection::vec(any_home(), 0..25),
            by_home: bool,
            count_special_spaces: bool,
        ) {
            for (n, home) in homes.iter_mut().enumerate() {
                home.id = n.to_string();
            }
            let head_key = if by_home { HeadRule::Home } else { HeadRule::OwnerSet };
            let policy = RollPolicy { head_key, count_special_spaces };
            let roll = Roll::count(&homes, policy).unwrap();
            prop_assert_eq!(roll.total, pair_by_pair(&homes, policy));

            homes.reverse();
            prop_assert_eq!(Roll::count(&homes, policy).unwrap(), roll);
        }
    }
}
