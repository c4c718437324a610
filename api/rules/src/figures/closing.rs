//! A month as it is closed: its rows, the formula, what was struck on appeal, and the figures that follow from them. All
//! that it takes to compute it again is in it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::formula::Formula;
use super::outcome::Outcome;
use super::share::{Composite, Counts, Share};
use crate::canonical::{self, NotCanonical};
use crate::incidents::Level;

/// A closed month of a complex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    pub place: String,
    /// `2026-11`.
    pub period: String,
    /// 1 when it is closed, one more for each appeal that was upheld.
    pub version: u32,
    /// The hash of the version before.
    pub previous: Option<String>,
    pub formula: Formula,
    /// In the order of their ids.
    pub rows: Vec<Row>,
    pub strikes: Vec<Strike>,
    pub measures: Vec<Measure>,
}

/// An outcome that happened in the month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub id: String,
    /// None for a whistle that is about none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<String>,
    /// For what a whistle decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whistle: Option<String>,
    /// Which of its holdings; 0 for what a whistle decided.
    pub holding: u32,
    pub outcome: Outcome,
    pub level: Level,
    /// The place of the post.
    pub post: String,
    pub category: String,
    pub severity: String,
    pub at: DateTime<Utc>,
    /// For the end of a holding: how long it was held.
    pub seconds: Option<u64>,
}

/// A row that does not count any more: in one figure, or in none at all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strike {
    pub row: String,
    /// The figure; all of them without it.
    pub figure: Option<String>,
    pub appeal: String,
}

/// What a level, or all of them together, came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// All levels without it.
    pub level: Option<Level>,
    pub shares: BTreeMap<String, Share>,
    /// The composite, as `above/below` in decimal.
    pub composite: Option<String>,
    /// Within how many seconds half, and nine in ten, of its holdings ended.
    pub median_seconds: Option<u64>,
    pub ninth_decile_seconds: Option<u64>,
}

/// What does not follow from a closing's rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Differs {
    #[error("the figures at {level} do not follow from the rows")]
    Figures { level: String },
    #[error("a row stands twice, or out of order: {0}")]
    Order(String),
    #[error("a strike names a row that is not there: {0}")]
    Strike(String),
}

impl Closing {
    /// Closes a month, or closes it anew without what is struck.
    pub fn new(
        (place, period): (String, String),
        before: Option<(u32, String)>,
        formula: Formula,
        mut rows: Vec<Row>,
        strikes: Vec<Strike>,
    ) -> Self {
        rows.sort_by(|one, other| one.id.cmp(&other.id));
        let (version, previous) = match before {
            Some((version, hash)) => (version.saturating_add(1), Some(hash)),
            None => (1, None),
        };
        let measures = measures(&formula, &rows, &strikes);
        Self { place, period, version, previous, formula, rows, strikes, measures }
    }

    /// The bytes that are hashed: `linli/figures/1`.
    ///
    /// # Errors
    /// Never with what [`Self::new`] makes.
    pub fn bytes(&self) -> Result<Vec<u8>, NotCanonical> {
        canonical::bytes("linli/figures/1", self)
    }

    /// Computes it again from its rows.
    ///
    /// # Errors
    /// What differs first.
    pub fn verify(&self) -> Result<(), Differs> {
        let pairs = self.rows.iter().zip(self.rows.iter().skip(1));
        if let Some((_, row)) = pairs.into_iter().find(|(one, next)| one.id >= next.id) {
            return Err(Differs::Order(row.id.clone()));
        }
        let known: BTreeSet<&str> = self.rows.iter().map(|row| row.id.as_str()).collect();
        if let Some(lost) = self.strikes.iter().find(|strike| !known.contains(strike.row.as_str())) {
            return Err(Differs::Strike(lost.row.clone()));
        }
        let again = measures(&self.formula, &self.rows, &self.strikes);
        let differs = |(said, found): &(&Measure, &Measure)| said != found;
        let level = match self.measures.iter().zip(&again).find(differs) {
            Some((said, _)) => said.level,
            None if self.measures.len() == again.len() => return Ok(()),
            None => None,
        };
        Err(Differs::Figures { level: level.map_or_else(|| "all levels".into(), |level| level.to_string()) })
    }
}

/// All levels together, then each that has rows.
fn measures(formula: &Formula, rows: &[Row], strikes: &[Strike]) -> Vec<Measure> {
    let levels: BTreeSet<Level> = rows.iter().map(|row| row.level).collect();
    let levels = std::iter::once(None).chain(levels.into_iter().map(Some));
    let struck = Struck::of(strikes);
    levels.map(|level| measure(formula, rows, &struck, level)).collect()
}

fn measure(formula: &Formula, rows: &[Row], struck: &Struck<'_>, level: Option<Level>) -> Measure {
    let here = || rows.iter().filter(move |row| level.is_none_or(|level| row.level == level));
    let share = |figure: &super::formula::Figure| {
        let counts = here().filter(|row| struck.counts(row, &figure.code));
        Share::of(figure, &counts.map(|row| row.outcome).collect::<Counts>())
    };
    let composite = Composite::of(formula, share);
    let mut held: Vec<u64> = here().filter(|row| !struck.wholly(row)).filter_map(|row| row.seconds).collect();
    held.sort_unstable();
    Measure {
        level,
        shares: formula.figures.iter().map(|figure| (figure.code.clone(), share(figure))).collect(),
        composite: composite.map(|mean| format!("{}/{}", mean.above, mean.below)),
        median_seconds: nearest(&held, 50),
        ninth_decile_seconds: nearest(&held, 90),
    }
}

/// What is struck, for looking up.
struct Struck<'a>(BTreeSet<(&'a str, Option<&'a str>)>);

impl<'a> Struck<'a> {
    fn of(strikes: &'a [Strike]) -> Self {
        Self(strikes.iter().map(|strike| (strike.row.as_str(), strike.figure.as_deref())).collect())
    }

    fn wholly(&self, row: &Row) -> bool {
        self.0.contains(&(row.id.as_str(), None))
    }

    fn counts(&self, row: &Row, figure: &str) -> bool {
        !self.wholly(row) && !self.0.contains(&(row.id.as_str(), Some(figure)))
    }
}

/// The least of sorted numbers that so many in a hundred do not exceed: the nearest rank.
fn nearest(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = sorted.len().saturating_mul(percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}
