//! Which places are meant by a point on the map.
//!
//! Only a complex and its buildings are ever found by one: where a unit or a home is, nobody is told.

use crate::places::Position;

/// How far from any of its places a complex still is, in metres; and the radius that is meant when none is named.
pub const REACH: u64 = 1_000;
/// How far a building reaches around its position, in metres.
pub const BUILDING: u64 = 60;
/// The largest radius that can be asked for, in metres.
pub const WIDEST: u64 = 50_000;

/// All that is near a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circle {
    pub centre: Position,
    /// In metres.
    pub radius: u64,
}

impl Circle {
    pub fn holds(&self, position: Position) -> bool {
        self.centre.metres_to(position) <= self.radius
    }
}

/// The place that a report from a point is about, of a complex and those of its places of which is `known` where they are:
/// the nearest building that reaches so far, or else the complex. None where the complex is elsewhere. As long as nobody
/// has said where anything is, every point is the complex's: who handles the report reads the point.
pub fn place_at<Id: Copy + PartialEq>(point: Position, complex: Id, known: &[(Id, Position)]) -> Option<Id> {
    let mut distances = known.iter().map(|(place, position)| (position.metres_to(point), *place));
    let buildings = distances.clone().filter(|(metres, place)| *place != complex && *metres <= BUILDING);
    match buildings.min_by_key(|(metres, _)| *metres) {
        Some((_, building)) => Some(building),
        None if known.is_empty() || distances.any(|(metres, _)| metres <= REACH) => Some(complex),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLEX: u8 = 0;

    fn at(latitude: i32) -> Position {
        Position::new(latitude, 121_473_700).unwrap()
    }

    #[test]
    fn a_point_is_the_nearest_building_s_or_the_complex_s_or_nobody_s() {
        // 540 millionths of a degree are 60 metres.
        let known = [(COMPLEX, at(31_230_000)), (1, at(31_231_000)), (2, at(31_231_300))];
        let place = |latitude| place_at(at(latitude), COMPLEX, &known);
        assert_eq!(place(31_231_100), Some(1));
        assert_eq!(place(31_231_200), Some(2), "the nearer of both");
        assert_eq!(place(31_231_300 + 530), Some(2));
        assert_eq!(place(31_231_300 + 550), Some(COMPLEX), "out of the reach of every building");
        assert_eq!(place(31_230_000), Some(COMPLEX));
        assert_eq!(place(31_231_300 + 8_980), Some(COMPLEX), "a kilometre from its last building");
        assert_eq!(place(31_231_300 + 9_010), None);
        assert_eq!(place(-31_230_000), None);
        assert_eq!(place_at::<u8>(at(0), COMPLEX, &[]), Some(COMPLEX), "nobody has said where it is");
    }

    #[test]
    fn a_circle_ends_at_its_radius() {
        let circle = Circle { centre: at(31_230_000), radius: 100 };
        assert!(circle.holds(at(31_230_000 + 899)) && circle.holds(at(31_230_000 - 899)));
        assert!(!circle.holds(at(31_230_000 + 920)));
    }
}
