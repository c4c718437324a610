//! Counts of outcomes, and the fractions that a formula makes of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::formula::{Figure, Formula};
use super::outcome::Outcome;

/// How often each outcome happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(BTreeMap<Outcome, u64>);

/// An exact fraction; of nothing where nothing counts below the line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub above: u64,
    pub below: u64,
}

/// The weighted mean of several shares, reduced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Composite {
    pub above: u128,
    pub below: u128,
}

impl Counts {
    pub fn add(&mut self, outcome: Outcome, times: u64) {
        let count = self.0.entry(outcome).or_default();
        *count = count.saturating_add(times);
    }

    pub fn of(&self, outcome: Outcome) -> u64 {
        self.0.get(&outcome).copied().unwrap_or(0)
    }

    fn sum<'a>(&self, outcomes: impl IntoIterator<Item = &'a Outcome>) -> u64 {
        outcomes.into_iter().map(|outcome| self.of(*outcome)).fold(0, u64::saturating_add)
    }
}

impl FromIterator<Outcome> for Counts {
    fn from_iter<T: IntoIterator<Item = Outcome>>(outcomes: T) -> Self {
        let mut counts = Self::default();
        outcomes.into_iter().for_each(|outcome| counts.add(outcome, 1));
        counts
    }
}

impl Share {
    /// Of what happened, the part that the figure asks for. What is taken away may have counted a month before, so that
    /// more than all is never taken.
    pub fn of(figure: &Figure, counts: &Counts) -> Self {
        let above = counts.sum(&figure.above).saturating_sub(counts.sum(&figure.less));
        Self { above, below: counts.sum(&figure.below) }
    }
}

impl Composite {
    /// The mean of the weighted shares that are of something; none where none is, or beyond counting.
    pub fn of(formula: &Formula, share: impl Fn(&Figure) -> Share) -> Option<Self> {
        let weighed = formula.composite.iter().filter_map(|(code, weight)| {
            let share = share(formula.figure(code)?);
            (share.below > 0 && *weight > 0).then_some((share, u128::from(*weight)))
        });
        let (mut sum, mut weights) = (Self { above: 0, below: 1 }, 0_u128);
        for (share, weight) in weighed {
            sum = sum.plus(weight, share)?;
            weights = weights.checked_add(weight)?;
        }
        let below = sum.below.checked_mul(weights).filter(|below| *below > 0)?;
        Some(Self { below, ..sum }.reduced())
    }

    fn plus(self, weight: u128, share: Share) -> Option<Self> {
        let (above, below) = (u128::from(share.above), u128::from(share.below));
        let added = above.checked_mul(weight)?.checked_mul(self.below)?;
        let sum = self.above.checked_mul(below)?.checked_add(added)?;
        Some(Self { above: sum, below: self.below.checked_mul(below)? }.reduced())
    }

    fn reduced(self) -> Self {
        let by = divisor(self.above, self.below).max(1);
        Self { above: self.above / by, below: self.below / by }
    }
}

/// The greatest number that divides both.
fn divisor(a: u128, b: u128) -> u128 {
    let (mut a, mut b) = (a, b);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Upper bounds, in seconds, between which holdings are counted by how long they were: from five minutes to a quarter.
const TOOK: [u64; 24] = [
    300, 600, 900, 1_800, 2_700, 3_600, 7_200, 10_800, 14_400, 21_600, 28_800, 43_200, 64_800, 86_400,
    129_600, 172_800, 259_200, 345_600, 432_000, 604_800, 864_000, 1_296_000, 2_592_000, 7_776_000,
];

/// The bound within which a holding of so many seconds ended; none if it took longer than all.
pub fn took(seconds: u64) -> Option<u64> {
    TOOK.into_iter().find(|bound| seconds <= *bound)
}

/// Within how many seconds so many in a hundred ended, from how many ended within each bound; none if there are none, or
/// if it took longer than all bounds.
pub fn within(counted: &BTreeMap<Option<u64>, u64>, percent: u64) -> Option<u64> {
    let all = counted.values().copied().fold(0, u64::saturating_add);
    let wanted = all.saturating_mul(percent).div_ceil(100);
    let bounded = counted.iter().filter_map(|(bound, times)| Some(((*bound)?, *times)));
    let mut so_far = 0_u64;
    bounded.into_iter().find_map(|(bound, times)| {
        so_far = so_far.saturating_add(times);
        (so_far >= wanted && all > 0).then_some(bound)
    })
}
