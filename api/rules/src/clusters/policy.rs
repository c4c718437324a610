//! The numbers by which reports are stacked: `data/stacking.json`, embedded and read once.

use std::sync::LazyLock;

use chrono::TimeDelta;
use serde::Deserialize;

use crate::incidents::Level;

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the data is part of the program; a test reads it")]
    serde_json::from_str(include_str!("../../data/stacking.json")).expect("data/stacking.json is well formed")
});

/// How reports are stacked.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub version: u32,
    /// How old a report may be, in days of 24 hours, to be one trouble with a new one.
    pub window_days: u16,
    /// For how long what was closed is still shown to who reports the same.
    pub closed_days: u16,
    /// From which likeness on, in thousandths, descriptions of different places may mean one trouble.
    pub like_permille: u32,
    /// The same of photos.
    pub photo_permille: u32,
    /// From how many households on neighbours are told of what was reported about homes.
    pub shown_from: u32,
    /// How many hundredths of the households that were asked close a cluster.
    pub close_percent: u32,
    /// When a place has a quorum, from the lowest level up.
    pub rolls: Vec<Roll>,
    /// What stacks: troubles of shared places, which neighbours may know of.
    pub categories: Vec<String>,
}

/// When the reports of a place of some level are one trouble. One of its conditions suffices.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roll {
    pub level: Level,
    /// So many households.
    #[serde(default)]
    pub households: Option<u32>,
    /// So many of its parts, of the level named before, have a quorum of their own.
    #[serde(default)]
    pub parts: Option<u32>,
    /// So many hundredths of its homes, and two households at least.
    pub percent: u32,
}

impl Policy {
    /// The one in force.
    pub fn current() -> &'static Self {
        &POLICY
    }

    pub fn stacks(&self, category: &str) -> bool {
        self.categories.iter().any(|one| one == category)
    }

    pub fn window(&self) -> TimeDelta {
        TimeDelta::days(self.window_days.into())
    }

    pub fn closed_window(&self) -> TimeDelta {
        TimeDelta::days(self.closed_days.into())
    }
}
