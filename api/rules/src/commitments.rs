//! The law of a commitment 承诺: what somebody says they will do, and by when.
//!
//! ```text
//!           keep ──▶ KEPT
//! PENDING ─┤
//!  └ extend┘ break ──▶ BROKEN
//! ```
//!
//! **Promises:** a commitment that is pending always has a time by which it is due, never further off than
//! [`FURTHEST_DAYS`] from when it was made, however often it is extended; what is settled stays settled, and its times
//! tell whether it was late.
//!
//! **Never:** asks for the time, or keeps words. Words are looked at once, to see that they are there.

use chrono::{DateTime, TimeDelta, Utc};

use crate::incidents::codes::coded;

coded! {
    /// What became of it.
    pub enum State {
        Pending = "PENDING",
        Kept = "KEPT",
        Broken = "BROKEN",
    }
}

coded! {
    /// How a commitment ends.
    pub enum Settlement {
        /// It was done.
        Kept = "KEPT",
        /// It was not, and will not be.
        Broken = "BROKEN",
    }
}

/// Days of 24 hours from the making within which a commitment is due.
pub const FURTHEST_DAYS: i64 = 180;

/// How often a commitment may be extended.
pub const EXTENSIONS: u32 = 2;

/// What somebody will do; the words are kept elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commitment {
    pub made_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    pub extensions: u32,
    pub settled: Option<Settled>,
}

/// When and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    pub at: DateTime<Utc>,
    pub how: Settlement,
}

/// Why a commitment is not made, settled or extended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("a commitment is due after it is made, and within {FURTHEST_DAYS} days of that: not at {due_at}")]
    DueOutOfReach { due_at: DateTime<Utc> },
    #[error("it is due at {due_at} already: an extension gives more time")]
    NotLonger { due_at: DateTime<Utc> },
    #[error("it was extended {EXTENSIONS} times")]
    ExtensionsUsedUp,
    #[error("it was settled at {at}")]
    Settled { at: DateTime<Utc> },
    #[error("it needs a reason in words")]
    ReasonMissing,
}

impl Commitment {
    /// Somebody commits themselves.
    ///
    /// # Errors
    /// [`Refusal::DueOutOfReach`].
    pub fn make(due_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<Self, Refusal> {
        Self { made_at: now, due_at: now, extensions: 0, settled: None }.due(due_at, now)
    }

    /// It was done, or will not be, and somebody says so.
    ///
    /// # Errors
    /// [`Refusal::Settled`] before, [`Refusal::ReasonMissing`].
    pub fn settle(self, how: Settlement, words: &str, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.pending()?;
        worded(words)?;
        Ok(Self { settled: Some(Settled { at: now, how }), ..self })
    }

    /// It gets more time, for a reason; also when it is overdue.
    ///
    /// # Errors
    /// [`Refusal::Settled`], [`Refusal::ReasonMissing`], [`Refusal::ExtensionsUsedUp`], [`Refusal::NotLonger`],
    /// [`Refusal::DueOutOfReach`].
    pub fn extend(self, due_at: DateTime<Utc>, words: &str, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.pending()?;
        worded(words)?;
        if self.extensions >= EXTENSIONS {
            return Err(Refusal::ExtensionsUsedUp);
        }
        if due_at <= self.due_at {
            return Err(Refusal::NotLonger { due_at: self.due_at });
        }
        Self { extensions: self.extensions + 1, ..self }.due(due_at, now)
    }

    pub fn state(&self) -> State {
        match self.settled.map(|settled| settled.how) {
            None => State::Pending,
            Some(Settlement::Kept) => State::Kept,
            Some(Settlement::Broken) => State::Broken,
        }
    }

    /// Whether it was settled after it was due, or is not yet although it is. A deadline has passed from its very
    /// instant on.
    pub fn is_late(&self, now: DateTime<Utc>) -> bool {
        self.settled.map_or(now, |settled| settled.at) >= self.due_at
    }

    fn pending(&self) -> Result<(), Refusal> {
        self.settled.map_or(Ok(()), |settled| Err(Refusal::Settled { at: settled.at }))
    }

    fn due(self, due_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let latest = self.made_at + TimeDelta::days(FURTHEST_DAYS);
        if now < due_at && due_at <= latest {
            Ok(Self { due_at, ..self })
        } else {
            Err(Refusal::DueOutOfReach { due_at })
        }
    }
}

fn worded(words: &str) -> Result<(), Refusal> {
    if words.trim().is_empty() { Err(Refusal::ReasonMissing) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::hours(hours)
    }

    #[test]
    fn it_is_due_within_half_a_year() {
        let furthest = FURTHEST_DAYS * 24;
        assert!(Commitment::make(at(furthest), at(0)).is_ok());
        for due in [at(0), at(-1), at(furthest + 1)] {
            assert_eq!(Commitment::make(due, at(0)), Err(Refusal::DueOutOfReach { due_at: due }));
        }
    }

    #[test]
    fn it_is_late_from_the_instant_it_is_due() {
        let made = Commitment::make(at(10), at(0)).unwrap();
        assert!(!made.is_late(at(9)) && made.is_late(at(10)));
        let kept = made.settle(Settlement::Kept, "done", at(9)).unwrap();
        assert!(!kept.is_late(at(99)));
        let late = made.settle(Settlement::Kept, "done", at(10)).unwrap();
        assert!(late.is_late(at(99)));
        assert_eq!((kept.state(), made.state()), (State::Kept, State::Pending));
    }

    #[test]
    fn it_is_extended_twice_and_for_a_reason() {
        let made = Commitment::make(at(10), at(0)).unwrap();
        assert_eq!(made.extend(at(20), " ", at(1)), Err(Refusal::ReasonMissing));
        assert_eq!(made.extend(at(10), "rain", at(1)), Err(Refusal::NotLonger { due_at: at(10) }));
        // Overdue, too, but not into the past.
        assert_eq!(made.extend(at(20), "rain", at(21)), Err(Refusal::DueOutOfReach { due_at: at(20) }));
        let twice = made.extend(at(20), "rain", at(11)).unwrap().extend(at(30), "rain", at(12)).unwrap();
        assert_eq!(twice.extend(at(40), "rain", at(13)), Err(Refusal::ExtensionsUsedUp));
    }

    #[derive(Debug, Clone, Copy)]
    enum Deed {
        Settle(Settlement),
        Extend(i64),
    }

    fn deed() -> impl Strategy<Value = Deed> {
        prop_oneof![
            Just(Deed::Settle(Settlement::Kept)),
            Just(Deed::Settle(Settlement::Broken)),
            (0..6_000_i64).prop_map(Deed::Extend),
            (0..6_000_i64).prop_map(Deed::Extend),
        ]
    }

    proptest! {
        #[test]
        fn whatever_happens_it_keeps_its_bounds(
            due in 1..5_000_i64,
            deeds in prop::collection::vec((deed(), 0..500_i64), 0..12),
        ) {
            let Ok(mut one) = Commitment::make(at(due), at(0)) else { return Ok(()) };
            let mut now = 0;
            for (deed, wait) in deeds {
                now += wait;
                let then = match deed {
                    Deed::Settle(how) => one.settle(how, "words", at(now)),
                    Deed::Extend(due) => one.extend(at(due), "words", at(now)),
                };
                match then {
                    Ok(then) => {
                        prop_assert_eq!(one.state(), State::Pending, "what is settled stays settled");
                        prop_assert!(then.due_at >= one.due_at, "time is only ever added");
                        one = then;
                    }
                    Err(Refusal::Settled { .. }) => prop_assert_ne!(one.state(), State::Pending),
                    Err(_) => {}
                }
                prop_assert!(one.due_at > one.made_at);
                prop_assert!(one.due_at <= one.made_at + TimeDelta::days(FURTHEST_DAYS));
                prop_assert!(one.extensions <= EXTENSIONS);
            }
        }
    }
}
