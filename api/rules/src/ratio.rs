//! Shares of a whole, compared by cross-multiplication: no division, no rounding, no percentage.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether the number itself counts. Civil Code 1259: 以上 includes it, 超过 (过半数) does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Bound {
    /// 以上: exactly the ratio is enough.
    Reaches,
    /// 超过: exactly the ratio is not enough.
    Exceeds,
}

/// A ratio such as 2/3; in JSON `[2, 3]`. The denominator is never zero.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "(u32, u32)", into = "(u32, u32)")]
pub struct Ratio {
    num: u32,
    den: u32,
}

/// A ratio over zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ratio cannot have the denominator 0")]
pub struct ZeroDenominator;

impl Ratio {
    pub const HALF: Self = Self { num: 1, den: 2 };
    pub const TWO_THIRDS: Self = Self { num: 2, den: 3 };
    pub const THREE_QUARTERS: Self = Self { num: 3, den: 4 };
    pub const THREE_TENTHS: Self = Self { num: 3, den: 10 };
    pub const WHOLE: Self = Self { num: 1, den: 1 };

    pub const fn new(num: u32, den: u32) -> Result<Self, ZeroDenominator> {
        if den == 0 { Err(ZeroDenominator) } else { Ok(Self { num, den }) }
    }

    pub const fn num(self) -> u32 {
        self.num
    }

    pub const fn den(self) -> u32 {
        self.den
    }

    /// `part` is this share of `whole` or more (以上).
    pub fn reached_by(self, part: u64, whole: u64) -> bool {
        self.compare(part, whole).is_ge()
    }

    /// `part` is more than this share of `whole` (超过).
    pub fn exceeded_by(self, part: u64, whole: u64) -> bool {
        self.compare(part, whole).is_gt()
    }

    /// [`reached_by`](Self::reached_by) or [`exceeded_by`](Self::exceeded_by), as the rule says.
    pub fn met_by(self, part: u64, whole: u64, bound: Bound) -> bool {
        match bound {
            Bound::Reaches => self.reached_by(part, whole),
            Bound::Exceeds => self.exceeded_by(part, whole),
        }
    }

    /// The least whole number that reaches (or exceeds) this share of `total`. A number beyond `u64` is given as
    /// `u64::MAX`: only a ratio above one can ask for it.
    pub fn least(self, total: u64, bound: Bound) -> u64 {
        let share = u128::from(total) * u128::from(self.num);
        let den = u128::from(self.den);
        let least = match bound {
            Bound::Reaches => share.div_ceil(den),
            Bound::Exceeds => share / den + 1,
        };
        u64::try_from(least).unwrap_or(u64::MAX)
    }

    // A u64 times a u32 always fits into u128.
    fn compare(self, part: u64, whole: u64) -> Ordering {
        (u128::from(part) * u128::from(self.den)).cmp(&(u128::from(whole) * u128::from(self.num)))
    }
}

impl TryFrom<(u32, u32)> for Ratio {
    type Error = ZeroDenominator;

    fn try_from((num, den): (u32, u32)) -> Result<Self, ZeroDenominator> {
        Self::new(num, den)
    }
}

impl From<Ratio> for (u32, u32) {
    fn from(ratio: Ratio) -> Self {
        (ratio.num, ratio.den)
    }
}

/// By value: 30/100 is 3/10.
impl Ord for Ratio {
    fn cmp(&self, other: &Self) -> Ordering {
        (u64::from(self.num) * u64::from(other.den)).cmp(&(u64::from(other.num) * u64::from(self.den)))
    }
}

impl PartialOrd for Ratio {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ratio {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ratio {}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn exactly_half_fails_and_exactly_two_thirds_passes() {
        assert!(!Ratio::HALF.exceeded_by(200, 400));
        assert!(Ratio::HALF.exceeded_by(201, 400));
        assert!(Ratio::TWO_THIRDS.reached_by(2, 3));
        assert!(!Ratio::TWO_THIRDS.reached_by(3_333_336, 5_000_005));
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let ratio = Ratio::new(u32::MAX, u32::MAX).unwrap();
        assert!(ratio.reached_by(u64::MAX, u64::MAX));
        assert_eq!(ratio.least(u64::MAX, Bound::Reaches), u64::MAX);
        assert_eq!(Ratio::new(u32::MAX, 1).unwrap().least(u64::MAX, Bound::Exceeds), u64::MAX);
    }

    #[test]
    fn a_ratio_over_zero_is_refused_in_json_too() {
        assert_eq!(Ratio::new(1, 0).unwrap_err(), ZeroDenominator);
        assert!(serde_json::from_str::<Ratio>("[1, 0]").is_err());
        assert_eq!(serde_json::from_str::<Ratio>("[30, 100]").unwrap(), Ratio::new(3, 10).unwrap());
    }

    // Walks up from zero, and repeats additions instead of multiplying.
    fn stepped(total: u64, num: u32, den: u32, bound: Bound) -> u64 {
        let repeat = |value: u64, times: u64| (0..times).map(|_| value).sum::<u64>();
        let share = repeat(u64::from(num), total);
        (0..=share + 1)
            .find(|&n| {
                let part = repeat(u64::from(den), n);
                part > share || (part == share && bound == Bound::Reaches)
            })
            .unwrap()
    }

    proptest! {
        #[test]
        fn least_is_found_by_walking_up(total in 0u64..300, num in 0u32..12, den in 1u32..12, strict: bool) {
            let bound = if strict { Bound::Exceeds } else { Bound::Reaches };
            let ratio = Ratio::new(num, den).unwrap();
            prop_assert_eq!(ratio.least(total, bound), stepped(total, num, den, bound));
        }

        #[test]
        fn least_meets_and_one_less_does_not(total in 1u64..=u64::MAX, num in 1u32.., extra in 0u32..1000, strict: bool) {
            let bound = if strict { Bound::Exceeds } else { Bound::Reaches };
            let ratio = Ratio::new(num, num.saturating_add(extra).saturating_add(1)).unwrap();
            let least = ratio.least(total, bound);
            prop_assert!(ratio.met_by(least, total, bound));
            prop_assert!(least == 0 || !ratio.met_by(least - 1, total, bound));
        }
    }
}
