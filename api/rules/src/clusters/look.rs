//! How a photo looks, in 64 bits: what was sent on, scaled down or encoded anew looks the same, so that one picture of a
//! trouble that goes round among neighbours is known again (a difference hash). No picture can be made of it.
//!
//! It is kept with the photo: whoever changes how it is told makes all that was kept before unlike what comes after.

/// How bright a picture is, 0 (black) to 255, in eight rows of nine parts.
pub type Parts = [[u8; 9]; 8];

/// A smaller difference comes of the encoding.
const NOISE: u8 = 3;

/// So many of the 64 neighbouring parts differ in a picture that shows something: not a wall, nor the dark.
const SHOWS: u32 = 16;

/// Where a picture is darker on the right than on the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look(u64);

impl Look {
    /// None of a picture that shows next to nothing: all of those look alike.
    pub fn of(parts: &Parts) -> Option<Self> {
        let (mut look, mut differ) = (0_u64, 0_u32);
        for pair in parts.iter().flat_map(|row| row.windows(2)) {
            if let [left, right] = pair {
                look = look << 1 | u64::from(*left > right.saturating_add(NOISE));
                differ += u32::from(left.abs_diff(*right) > NOISE);
            }
        }
        (differ >= SHOWS).then_some(Self(look))
    }

    /// As it is kept.
    pub const fn bits(self) -> i64 {
        self.0.cast_signed()
    }

    pub const fn from_bits(bits: i64) -> Self {
        Self(bits.cast_unsigned())
    }

    /// In thousandths, the share of the parts in which both are the same: 1000 for one picture, about 500 for two that
    /// have nothing to do with one another.
    pub const fn likeness(self, other: Self) -> u32 {
        1000 * (self.0 ^ other.0).count_zeros() / u64::BITS
    }
}
