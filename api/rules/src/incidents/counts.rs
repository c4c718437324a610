//! Climbing because of what is counted: so many households reported it or urge, each once, it was sent back so often, or
//! its reporter is so dissatisfied with how it was handled.
//!
//! A level is measured by what was added since it took over. What brought a matter to a level does not carry it past that
//! level as well, however many levels in a row have the same condition.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::ladder::{self, Level};
use super::policy::{Climbs, Policy};
use super::state::{Act, EnteredBy, ExitKind, Incident, Passed};

impl Incident {
    /// How far back its policy counts the households that reported it or urged; nothing if it does not count them here.
    pub fn counts_households_for(&self, policy: &Policy) -> Option<TimeDelta> {
        let many = policy.at(self.tenure.level).climbs.households?;
        Some(TimeDelta::days(many.within_days.into()))
    }

    /// It climbs if its counts are now as its policy says, and anybody stands above; so many households reported it
    /// or urged `recently`, see [`counts_households_for`](Self::counts_households_for).
    pub fn climb_by_count(
        self,
        recently: u32,
        policy: &Policy,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Option<Passed> {
        self.after(Act::Climb).ok()?;
        let level = self.tenure.level;
        let (entered_by, skip_to) = self.counted(&policy.at(level).climbs, recently)?;
        let above = ladder::climbs_to(level, skip_to, staffed, policy)?;
        Some(self.passed(above, ExitKind::ClimbedByCount, entered_by, policy, now))
    }

    /// The condition that is met, where so many households reported it or urged recently.
    fn counted(&self, climbs: &Climbs, recently: u32) -> Option<(EnteredBy, Option<Level>)> {
        let households = self.households.saturating_sub(self.tenure.households_before).min(recently);
        let rework = self.rework.saturating_sub(self.tenure.rework_before);
        let satisfaction = self.answer.filter(|_| rework > 0).and_then(|answer| answer.opinion.satisfaction);
        let many = climbs.households.filter(|when| households >= u32::from(when.at_least));
        let reworked = climbs.rework.filter(|when| rework >= u32::from(when.at_least));
        let rated = climbs.rating.filter(|when| satisfaction.is_some_and(|said| said <= when.at_most));
        let many = many.map(|when| (EnteredBy::Volume, when.skip_to));
        let reworked = reworked.map(|when| (EnteredBy::Dissatisfied, when.skip_to));
        let rated = rated.map(|when| (EnteredBy::Dissatisfied, when.skip_to));
        many.or(reworked).or(rated)
    }
}
