//! Where places are on the map.
//!
//! **Promises:** whole numbers only: degrees are counted in millionths, distances in metres. A distance is right to one
//! metre in 300 within a city.

/// Millionths in one degree.
pub const DEGREE: i32 = 1_000_000;
/// The pole, in 0.000001°.
pub const LATITUDE: i32 = 90 * DEGREE;
/// The other side of the earth, in 0.000001°.
pub const LONGITUDE: i32 = 180 * DEGREE;

/// A metre has 9 millionths of a degree, north or south.
const METRES_PER_DEGREE: u128 = 111_195;

/// A point on the map, in 0.000001° of WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    latitude: i32,
    longitude: i32,
}

impl Position {
    /// None where it is on no map.
    pub fn new(latitude: i32, longitude: i32) -> Option<Self> {
        let is_on_the_map = latitude.unsigned_abs() <= LATITUDE.unsigned_abs()
            && longitude.unsigned_abs() <= LONGITUDE.unsigned_abs();
        is_on_the_map.then_some(Self { latitude, longitude })
    }

    /// North of the equator, in 0.000001°.
    pub const fn latitude(self) -> i32 {
        self.latitude
    }

    /// East of Greenwich, in 0.000001°.
    pub const fn longitude(self) -> i32 {
        self.longitude
    }

    /// How far it is to another point, in metres: as on a plane that touches the earth between them.
    pub fn metres_to(self, other: Self) -> u64 {
        let [north, around] = [(self.latitude, other.latitude), (self.longitude, other.longitude)]
            .map(|(here, there)| (i128::from(here) - i128::from(there)).abs());
        let east = around.min(2 * i128::from(LONGITUDE) - around);
        // Circles around the pole are shorter by its cosine, which is that of Bhaskara: 4 (90² - d²) / (4 · 90² + d²).
        let middle = i128::midpoint(i128::from(self.latitude), i128::from(other.latitude));
        let (right, angle) = (i128::from(LATITUDE).pow(2), middle.pow(2));
        let east = east * 4 * (right - angle) / (4 * right + angle);
        let millionths = (north.pow(2) + east.pow(2)).unsigned_abs().isqrt();
        u64::try_from(millionths * METRES_PER_DEGREE / u128::from(DEGREE.unsigned_abs())).unwrap_or(u64::MAX)
    }
}

/// Decimal degrees in 0.000001°, without what is finer; `most` is how many there may be, either way.
pub fn millionths(text: &str, most: i32) -> Option<i32> {
    let size = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, part) = size.split_once('.').unwrap_or((size, "0"));
    let digits =
        |text: &str| !text.is_empty() && text.len() <= 20 && text.bytes().all(|one| one.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return None;
    }
    let part: String = part.chars().chain(std::iter::repeat('0')).take(6).collect();
    let size = whole.parse::<i32>().ok()?.checked_mul(DEGREE)?.checked_add(part.parse().ok()?)?;
    (size <= most).then_some(if text.starts_with('-') { -size } else { size })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(latitude: i32, longitude: i32) -> Position {
        Position::new(latitude, longitude).unwrap()
    }

    #[test]
    fn degrees_are_decimal_and_on_the_globe() {
        for (text, read) in [("31.2304", 31_230_400), ("-90", -90_000_000), ("+90.000", 90_000_000), ("0", 0)]
        {
            assert_eq!(millionths(text, LATITUDE), Some(read));
        }
        assert_eq!(millionths("121.47370049", LONGITUDE), Some(121_473_700));
        assert_eq!(millionths("-0.5", LATITUDE), Some(-500_000));
        for bad in ["90.01", "91", "1e1", "31.", ".5", "", "31,2", "NaN", "３１", "--1", "99999999999"] {
            assert_eq!(millionths(bad, LATITUDE), None, "{bad}");
        }
        assert_eq!(Position::new(LATITUDE + 1, 0), None);
        assert_eq!(Position::new(0, i32::MIN), None);
    }

    #[test]
    fn known_distances_come_out() {
        // Of great circles on a globe of 6,371 km.
        let within = |from: Position, to: Position, metres: u64| {
            assert!(from.metres_to(to).abs_diff(metres) <= metres / 300 + 1, "{}", from.metres_to(to));
        };
        within(at(31_230_400, 121_473_700), at(31_230_400, 121_484_200), 998);
        within(at(31_230_400, 121_473_700), at(31_239_400, 121_473_700), 1_001);
        within(at(39_904_200, 116_407_400), at(39_999_700, 116_326_800), 12_648);
        within(at(0, 179_999_000), at(0, -179_999_000), 222);
    }

    proptest! {
        #[test]
        fn a_distance_has_no_direction(
            a in (-LATITUDE..=LATITUDE, -LONGITUDE..=LONGITUDE),
            b in (-LATITUDE..=LATITUDE, -LONGITUDE..=LONGITUDE),
        ) {
            let (a, b) = (at(a.0, a.1), at(b.0, b.1));
            prop_assert_eq!(a.metres_to(b), b.metres_to(a));
            prop_assert_eq!(a.metres_to(a), 0);
        }
    }
}
