//! The law of incidents, told as stories, swept exhaustively, and tried with chance.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::*;

mod categories;
mod chance;
mod clocks;
mod counts;
mod handovers;
mod homes;
mod measured;
mod merged;
mod outages;
mod policies;
mod promises;
mod prompts;
mod rungs;
mod steps;
mod table;
mod triages;
mod verdicts;
mod walk;
mod what_if;
mod workers;

fn policy_of(code: &str) -> &'static Policy {
    policy::national(category::find(code).unwrap()).unwrap()
}

fn lift() -> &'static Policy {
    policy_of("ELEVATOR_FAULT")
}

/// The morning of 1 March 2027 in Shanghai, 09:00.
fn morning() -> DateTime<Utc> {
    DateTime::from_timestamp(1_803_862_800, 0).unwrap()
}

fn later(start: DateTime<Utc>, seconds: i64) -> DateTime<Utc> {
    start + TimeDelta::seconds(seconds)
}

fn staffed(levels: &[Level]) -> BTreeSet<Level> {
    levels.iter().copied().collect()
}

fn up_to_the_street() -> BTreeSet<Level> {
    staffed(&[Level::Unit, Level::Building, Level::Complex, Level::Community, Level::Street])
}

fn to_holder(back: SentBack) -> Incident {
    match back {
        SentBack::ToHolder(incident) => incident,
        SentBack::ToAnother(passed) => panic!("somebody holds it: {passed:?}"),
    }
}

fn content() -> Opinion {
    Opinion { satisfaction: Some(Satisfaction::VerySatisfied), because: None }
}

fn wanting() -> Opinion {
    Opinion { satisfaction: Some(Satisfaction::Dissatisfied), because: Some(Complaint::NotDone) }
}

fn said(resolved: Resolved, opinion: Opinion) -> Answer {
    Answer { resolved, opinion }
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
