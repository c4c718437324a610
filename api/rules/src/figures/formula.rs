//! Which outcomes make which figure: data with a version. A month names the formula that it was counted by.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::outcome::Outcome;

/// The most figures that a formula may have, and the most letters of each of its texts.
pub const MAX_FIGURES: usize = 40;
pub const MAX_TEXT: usize = 200;

/// A set of figures, and how some of them make one number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Formula {
    /// As it is quoted: `national-2026-11`.
    pub version: String,
    /// Days after its end at which a month is closed.
    pub closes_after_days: u16,
    /// Days after its closing in which a month may be appealed.
    pub appeal_days: u16,
    pub figures: Vec<Figure>,
    /// Weights of the figures that the composite is made of.
    pub composite: BTreeMap<String, u16>,
}

/// A fraction of counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    pub code: String,
    pub name: Name,
    /// What counts above the line.
    pub above: BTreeSet<Outcome>,
    /// What is taken away above the line.
    #[serde(default)]
    pub less: BTreeSet<Outcome>,
    /// What counts below the line.
    pub below: BTreeSet<Outcome>,
    /// What is left out, and why.
    #[serde(default)]
    pub excluded: BTreeMap<Outcome, Name>,
}

/// What people read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    pub zh: String,
    pub en: String,
}

/// Where an outcome stands in a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing<'a> {
    /// It counts above and below the line.
    Both,
    Above,
    Below,
    /// It is taken away above the line.
    Less,
    /// It is left out for this reason.
    Excluded(&'a Name),
    /// It has nothing to do with the figure.
    Foreign,
}

/// Why a formula cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFormula {
    #[error("it has no figures, or more than {MAX_FIGURES}")]
    Size,
    #[error("a text is empty or longer than {MAX_TEXT} letters")]
    Text,
    #[error("a figure's code is not of 2 to 24 capital letters and underscores: {0}")]
    Code(String),
    #[error("two figures are called {0}")]
    Twice(String),
    #[error("{0} has nothing below the line")]
    Endless(String),
    #[error("{outcome} is both counted and left out in {code}")]
    Contradiction { code: String, outcome: Outcome },
    #[error("the composite weighs {0}, which is no figure")]
    Weight(String),
}

static NATIONAL: LazyLock<Formula> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the formula is part of the program; a test reads it")]
    serde_json::from_str(include_str!("../../data/figures.json")).expect("data/figures.json is well formed")
});

impl Formula {
    /// The one that holds where a district has published none.
    pub fn national() -> &'static Self {
        &NATIONAL
    }

    /// The figure of this code.
    pub fn figure(&self, code: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.code == code)
    }

    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), BadFormula> {
        if self.figures.is_empty() || self.figures.len() > MAX_FIGURES {
            return Err(BadFormula::Size);
        }
        let mut codes = BTreeSet::new();
        for figure in &self.figures {
            figure.check()?;
            if !codes.insert(figure.code.as_str()) {
                return Err(BadFormula::Twice(figure.code.clone()));
            }
        }
        match self.composite.keys().find(|code| !codes.contains(code.as_str())) {
            Some(unknown) => Err(BadFormula::Weight(unknown.clone())),
            None => text(&self.version),
        }
    }
}

impl Figure {
    /// Where an outcome stands.
    pub fn standing(&self, outcome: Outcome) -> Standing<'_> {
        match (self.above.contains(&outcome), self.below.contains(&outcome)) {
            (true, true) => Standing::Both,
            (true, false) => Standing::Above,
            (false, true) => Standing::Below,
            (false, false) if self.less.contains(&outcome) => Standing::Less,
            (false, false) => self.excluded.get(&outcome).map_or(Standing::Foreign, Standing::Excluded),
        }
    }

    /// Every outcome that has to do with it.
    pub fn outcomes(&self) -> BTreeSet<Outcome> {
        let counted = self.above.iter().chain(&self.below).chain(&self.less);
        counted.chain(self.excluded.keys()).copied().collect()
    }

    fn check(&self) -> Result<(), BadFormula> {
        let is_code = |letter: char| letter.is_ascii_uppercase() || letter == '_';
        if !(2..=24).contains(&self.code.len()) || !self.code.chars().all(is_code) {
            return Err(BadFormula::Code(self.code.clone()));
        }
        if self.below.is_empty() {
            return Err(BadFormula::Endless(self.code.clone()));
        }
        let counted = |outcome: &&Outcome| {
            self.above.contains(outcome) || self.below.contains(outcome) || self.less.contains(outcome)
        };
        let counted_twice = self.less.iter().find(|one| self.above.contains(one) || self.below.contains(one));
        if let Some(outcome) = self.excluded.keys().find(counted).or(counted_twice) {
            return Err(BadFormula::Contradiction { code: self.code.clone(), outcome: *outcome });
        }
        let names = self.excluded.values().chain([&self.name]);
        names.flat_map(|name| [&name.zh, &name.en]).try_for_each(|words| text(words))
    }
}

fn text(words: &str) -> Result<(), BadFormula> {
    if words.trim().is_empty() || words.chars().count() > MAX_TEXT { Err(BadFormula::Text) } else { Ok(()) }
}
