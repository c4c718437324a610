//! What is counted: heads, area, money. Whole numbers, each its own type, so that they cannot be mixed.
//!
//! Sums are *saturating* where only real homes are added: a saturated sum needs 2⁶⁴ heads or hundredths of a square
//! metre, which no roll reaches, and if a bug ever made one it would stay a huge number, never wrap to a small one that
//! passes for a small turnout. Where a difference could be wrong (more ballots than roll), it is *checked*.

use std::fmt;
use std::iter::Sum;

use serde::{Deserialize, Serialize};

use crate::ratio::{Bound, Ratio};

/// The largest whole number that every JSON reader keeps exactly (2⁵³ − 1). As an area it is ten times all of China.
pub const MAX_EXACT: u64 = (1 << 53) - 1;

/// A number of owners (业主人数).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Heads(pub u64);

/// An exclusive area (专有部分面积) in 0.01 m².
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Area(pub u64);

/// An amount of money in fen (分). Negative amounts undo positive ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub i64);

impl fmt::Display for Heads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Square metres with two places: `89.50`.
impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// Yuan with two places: `-12.05`.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

/// The pair counted everywhere: every test of Civil Code 278 asks for both.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    pub heads: Heads,
    pub area: Area,
}

impl Weight {
    pub const ZERO: Self = Self { heads: Heads(0), area: Area(0) };

    /// `heads` owners with `area` in 0.01 m².
    pub const fn new(heads: u64, area: u64) -> Self {
        Self { heads: Heads(heads), area: Area(area) }
    }

    pub const fn is_zero(self) -> bool {
        self.heads.0 == 0 && self.area.0 == 0
    }

    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self::new(self.heads.0.saturating_add(other.heads.0), self.area.0.saturating_add(other.area.0))
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self::new(self.heads.0.checked_add(other.heads.0)?, self.area.0.checked_add(other.area.0)?))
    }

    /// What is left of `self` without `other`; nothing when `other` is larger in either measure.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Some(Self::new(self.heads.0.checked_sub(other.heads.0)?, self.area.0.checked_sub(other.area.0)?))
    }

    /// The least heads and area that reach (or exceed) a share of these.
    #[must_use]
    pub fn least(self, share: Ratio, bound: Bound) -> Self {
        Self::new(share.least(self.heads.0, bound), share.least(self.area.0, bound))
    }

    /// Neither measure of `self` is larger than that of `whole`.
    pub fn is_within(self, whole: Self) -> bool {
        self.heads <= whole.heads && self.area <= whole.area
    }
}

impl Sum for Weight {
    fn sum<I: Iterator<Item = Self>>(weights: I) -> Self {
        weights.fold(Self::ZERO, Self::plus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_plain_integers_in_json() {
        let weight = Weight::new(3, 12_345);
        assert_eq!(serde_json::to_value(weight).unwrap(), serde_json::json!({"heads": 3, "area": 12_345}));
        assert_eq!(serde_json::to_value(Fen(-5)).unwrap(), serde_json::json!(-5));
    }

    #[test]
    fn quantities_read_as_people_write_them() {
        assert_eq!(Area(8_950).to_string(), "89.50");
        assert_eq!(Area(7).to_string(), "0.07");
        assert_eq!(Fen(-1_205).to_string(), "-12.05");
        assert_eq!(Fen(i64::MIN).to_string(), "-92233720368547758.08");
    }

    #[test]
    fn a_sum_never_wraps_to_a_small_turnout() {
        let huge = Weight::new(u64::MAX, u64::MAX);
        assert_eq!(huge.plus(Weight::new(1, 1)), huge);
        assert_eq!(huge.checked_add(Weight::new(0, 1)), None);
        assert_eq!(Weight::new(1, 5).checked_sub(Weight::new(1, 6)), None);
    }
}
