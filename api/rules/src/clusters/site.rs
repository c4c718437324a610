//! Where a report is: its place, and those of its complex that the place is in.

use crate::incidents::Level;

/// A place in a complex by the ids of what it is in, or is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    pub complex: u128,
    pub building: Option<u128>,
    pub unit: Option<u128>,
    pub home: Option<u128>,
}

/// From the lowest up.
const LEVELS: [Level; 4] = [Level::Home, Level::Unit, Level::Building, Level::Complex];

impl Site {
    /// The place at a level that this one is in, or is.
    pub const fn at(&self, level: Level) -> Option<u128> {
        match level {
            Level::Home => self.home,
            Level::Unit => self.unit,
            Level::Building => self.building,
            Level::Complex => Some(self.complex),
            Level::Community | Level::Street | Level::District => None,
        }
    }

    /// The level of the lowest place that both are in; none of two complexes.
    pub fn in_common(&self, other: &Self) -> Option<Level> {
        LEVELS.into_iter().find(|level| self.at(*level).is_some_and(|id| other.at(*level) == Some(id)))
    }

    /// The lowest place that it is in that is at least of this level. Where the tree leaves the level out, the next one
    /// above.
    #[must_use]
    pub fn up_to(&self, level: Level) -> Self {
        let keep = |kept: Level, id: Option<u128>| id.filter(|_| kept >= level);
        Self {
            complex: self.complex,
            building: keep(Level::Building, self.building),
            unit: keep(Level::Unit, self.unit),
            home: keep(Level::Home, self.home),
        }
    }

    /// The lowest level at which it has a place: its own.
    pub fn level(&self) -> Level {
        LEVELS.into_iter().find(|level| self.at(*level).is_some()).unwrap_or(Level::Complex)
    }

    /// The place itself.
    pub fn id(&self) -> u128 {
        self.at(self.level()).unwrap_or(self.complex)
    }
}
