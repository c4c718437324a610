//! Households counted, and the place whose households reach a quorum: unit, then building, then complex.

use std::collections::{BTreeMap, BTreeSet};

use super::policy::{Policy, Roll};
use super::site::Site;
use crate::incidents::Level;

/// One voice in the count: a home, or who reported where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Household(pub u128);

/// A report as far as it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reported {
    pub site: Site,
    pub household: Household,
}

/// How many households there are, however often each reported.
pub fn households(reports: impl IntoIterator<Item = Household>) -> u32 {
    let distinct: BTreeSet<Household> = reports.into_iter().collect();
    u32::try_from(distinct.len()).unwrap_or(u32::MAX)
}

/// The widest place around `site` whose reports are one trouble; none while no quorum is reached. `homes` tells how many
/// homes a place has; of a place that it does not name a share is never reached.
pub fn widest(
    site: &Site,
    reports: &[Reported],
    homes: &BTreeMap<u128, u32>,
    policy: &Policy,
) -> Option<Level> {
    let has_quorum = |index: usize| {
        let place = policy.rolls.get(index).and_then(|roll| site.at(roll.level));
        place.is_some_and(|place| reached(index, place, reports, homes, policy))
    };
    let levels = policy.rolls.iter().enumerate().rev();
    levels.into_iter().find(|(index, _)| has_quorum(*index)).map(|(_, roll)| roll.level)
}

/// Whether a place of the level of the roll at `index` has its quorum.
fn reached(
    index: usize,
    place: u128,
    reports: &[Reported],
    homes: &BTreeMap<u128, u32>,
    policy: &Policy,
) -> bool {
    let Some(roll) = policy.rolls.get(index) else { return false };
    let inside: Vec<Reported> =
        reports.iter().filter(|report| report.site.at(roll.level) == Some(place)).copied().collect();
    let count = households(inside.iter().map(|report| report.household));
    roll.households.is_some_and(|wanted| count >= wanted)
        || is_share(count, homes.get(&place).copied().unwrap_or(0), roll)
        || roll.parts.is_some_and(|wanted| {
            let parts = index.checked_sub(1).map_or(0, |below| parts_reached(below, &inside, homes, policy));
            parts >= wanted
        })
}

fn is_share(households: u32, homes: u32, roll: &Roll) -> bool {
    let (counted, wanted) = (u64::from(households) * 100, u64::from(homes) * u64::from(roll.percent));
    households >= 2 && homes > 0 && counted >= wanted
}

/// How many parts of the level of the roll at `index` have their quorum.
fn parts_reached(index: usize, reports: &[Reported], homes: &BTreeMap<u128, u32>, policy: &Policy) -> u32 {
    let Some(roll) = policy.rolls.get(index) else { return 0 };
    let parts: BTreeSet<u128> = reports.iter().filter_map(|report| report.site.at(roll.level)).collect();
    let count = parts.into_iter().filter(|part| reached(index, *part, reports, homes, policy)).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}
