//! The law of a visit 层层下访: whom to call on first, and how a visit goes.
//!
//! ```text
//! PLANNED ── log ──▶ MADE
//!    └─ call off ──▶ CALLED_OFF
//! ```
//!
//! **Promises:** where somebody is needed most comes first, and each place says why: what is about to climb, what came
//! back, where much is open, and who asked to be looked in on and has not been heard of. The same facts give the same
//! order.
//!
//! **Never:** asks for the time, or keeps words or persons.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::incidents::codes::coded;

coded! {
    /// How far a visit has come.
    pub enum Status {
        Planned = "PLANNED",
        Made = "MADE",
        CalledOff = "CALLED_OFF",
    }
}

coded! {
    /// Why somebody should go there.
    pub enum Reason {
        /// Something is due within [`SOON_HOURS`] and climbs then.
        AboutToClimb = "ABOUT_TO_CLIMB",
        /// Something was sent back or reopened.
        Reopened = "REOPENED",
        /// At least [`MANY`] things are open.
        Hotspot = "HOTSPOT",
        /// Somebody asked to be looked in on, and nobody has for [`SILENT_DAYS`] days.
        SilentHousehold = "SILENT_HOUSEHOLD",
    }
}

coded! {
    /// What a visit did for a matter.
    pub enum Effect {
        /// It was talked about.
        Heard = "HEARD",
        /// The visitor took it to a higher level.
        Pulled = "PULLED",
        /// The visitor, who held it, handled it there.
        Settled = "SETTLED",
        /// The visitor reported it.
        Reported = "REPORTED",
    }
}

pub const SOON_HOURS: i64 = 24;
pub const MANY: u32 = 3;
pub const SILENT_DAYS: i64 = 30;
/// How far ahead a visit is planned, in days.
pub const AHEAD_DAYS: i64 = 90;

/// Of each reason no more than so many count.
const COUNTED: u32 = 5;

impl Reason {
    /// What one of it weighs.
    const fn weight(self) -> u32 {
        match self {
            Self::AboutToClimb => 40,
            Self::Reopened => 30,
            Self::SilentHousehold => 25,
            Self::Hotspot => 10,
        }
    }
}

/// Something open at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matter {
    /// When it climbs, if that is what happens next.
    pub climbs_at: Option<DateTime<Utc>>,
    /// How often it was sent back or reopened.
    pub rework: u32,
}

/// What is known of a place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    pub matters: Vec<Matter>,
    /// When somebody last heard of a household here that asked to be looked in on.
    pub heard_at: Option<DateTime<Utc>>,
}

/// A place to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion<P> {
    pub place: P,
    pub weight: u32,
    /// Each with how many there are; of a silent household, for how many times [`SILENT_DAYS`] days.
    pub reasons: BTreeMap<Reason, u32>,
}

/// Places in the order in which somebody should go to them; those without a reason are left out.
pub fn rank<P: Copy + Ord>(known: &BTreeMap<P, Known>, now: DateTime<Utc>) -> Vec<Suggestion<P>> {
    let suggest = |(place, known): (&P, &Known)| {
        let reasons = reasons(known, now);
        let weight = reasons.iter().map(|(reason, count)| reason.weight() * (*count).min(COUNTED)).sum();
        Suggestion { place: *place, weight, reasons }
    };
    let mut ranked: Vec<_> = known.iter().map(suggest).filter(|one| !one.reasons.is_empty()).collect();
    ranked.sort_by(|a, b| (b.weight, a.place).cmp(&(a.weight, b.place)));
    ranked
}

fn reasons(known: &Known, now: DateTime<Utc>) -> BTreeMap<Reason, u32> {
    let soon = now + TimeDelta::hours(SOON_HOURS);
    let count = |fits: &dyn Fn(&Matter) -> bool| number(known.matters.iter().filter(|one| fits(one)).count());
    let open = count(&|_| true);
    let silent = known.heard_at.map_or(0, |heard| (now - heard).num_days() / SILENT_DAYS);
    let found = [
        (Reason::AboutToClimb, count(&|one| one.climbs_at.is_some_and(|at| at <= soon))),
        (Reason::Reopened, count(&|one| one.rework > 0)),
        (Reason::Hotspot, if open >= MANY { open } else { 0 }),
        (Reason::SilentHousehold, u32::try_from(silent).unwrap_or(0)),
    ];
    found.into_iter().filter(|(_, count)| *count > 0).collect()
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Why a visit is not planned, logged or called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("a visit is planned within {AHEAD_DAYS} days from now")]
    OutOfReach,
    #[error("it is {now} already")]
    WrongStatus { now: Status },
}

impl Status {
    /// Somebody means to go.
    ///
    /// # Errors
    /// [`Refusal::OutOfReach`].
    pub fn plan(planned_for: DateTime<Utc>, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let fits = now <= planned_for && planned_for <= now + TimeDelta::days(AHEAD_DAYS);
        if fits { Ok(Self::Planned) } else { Err(Refusal::OutOfReach) }
    }

    /// Somebody was there.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn log(self) -> Result<Self, Refusal> {
        self.planned().map(|()| Self::Made)
    }

    /// Nobody goes.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn call_off(self) -> Result<Self, Refusal> {
        self.planned().map(|()| Self::CalledOff)
    }

    fn planned(self) -> Result<(), Refusal> {
        if self == Self::Planned { Ok(()) } else { Err(Refusal::WrongStatus { now: self }) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::hours(hours)
    }

    fn matter(climbs_in: Option<i64>, rework: u32) -> Matter {
        Matter { climbs_at: climbs_in.map(at), rework }
    }

    fn of(matters: Vec<Matter>, silent_days: Option<i64>) -> Known {
        Known { matters, heard_at: silent_days.map(|days| at(-24 * days)) }
    }

    #[test]
    fn each_place_says_why() {
        let calm = matter(None, 0);
        let known = BTreeMap::from([
            (1, of(vec![calm, calm], None)),
            (2, of(vec![calm; 3], None)),
            (3, of(vec![matter(Some(24), 0), matter(Some(25), 0)], None)),
            (4, of(vec![matter(None, 2)], Some(29))),
            (5, of(Vec::new(), Some(61))),
        ]);
        let told: Vec<_> =
            rank(&known, at(0)).into_iter().map(|one| (one.place, one.weight, one.reasons)).collect();
        let why = |reason, count| BTreeMap::from([(reason, count)]);
        assert_eq!(
            told,
            [
                (5, 50, why(Reason::SilentHousehold, 2)),
                (3, 40, why(Reason::AboutToClimb, 1)),
                (2, 30, why(Reason::Hotspot, 3)),
                (4, 30, why(Reason::Reopened, 1)),
            ]
        );
    }

    #[test]
    fn a_visit_ends_once() {
        assert_eq!(Status::plan(at(0), at(0)), Ok(Status::Planned));
        for out in [at(-1), at(24 * AHEAD_DAYS + 1)] {
            assert_eq!(Status::plan(out, at(0)), Err(Refusal::OutOfReach));
        }
        for status in Status::ALL {
            let is_planned = *status == Status::Planned;
            assert_eq!((status.log().is_ok(), status.call_off().is_ok()), (is_planned, is_planned));
        }
    }

    proptest! {
        #[test]
        fn more_need_never_ranks_lower(
            places in prop::collection::btree_map(0..9_u8, prop::collection::vec((prop::option::of(-9..60_i64), 0..3_u32), 0..9), 1..6),
            which in 0..9_u8,
        ) {
            let known: BTreeMap<u8, Known> = places
                .into_iter()
                .map(|(place, matters)| {
                    (place, of(matters.into_iter().map(|(climbs, rework)| matter(climbs, rework)).collect(), None))
                })
                .collect();
            let ranked = rank(&known, at(0));
            prop_assert!(ranked.is_sorted_by_key(|one| std::cmp::Reverse(one.weight)));
            let position = |ranked: &[Suggestion<u8>]| ranked.iter().position(|one| one.place == which);
            let mut more = known.clone();
            more.entry(which).or_default().matters.push(matter(Some(1), 1));
            let (before, after) = (position(&ranked), position(&rank(&more, at(0))));
            prop_assert!(after.is_some());
            prop_assert!(before.is_none() || after <= before);
        }
    }
}
