//! How much time somebody has, and which time counts.
//!
//! | | counts | an example |
//! |---|---|---|
//! | urgent minutes | day and night | a lift with people in it: 5 |
//! | work minutes | office hours of working days | litter: 240 |
//! | work days | whole working days, the day of the start not counted | a complaint: 5 |
//! | natural days | whole days, the day of the start not counted | seepage: 7 |

use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::codes::coded;
use crate::calendar::{CalendarFault, Span, WorkTime, day_of, end_of_day};

coded! {
    /// Which time counts, and in what it is counted.
    pub enum Unit {
        /// Day and night, holidays too: what practice calls urgent hours, in minutes.
        UrgentMinutes = "URGENT_MINUTES",
        /// Office hours of working days, in minutes.
        WorkMinutes = "WORK_MINUTES",
        /// Working days, each from midnight to midnight; make-up days (调休) are among them.
        WorkDays = "WORK_DAYS",
        /// Days, each from midnight to midnight.
        NaturalDays = "NATURAL_DAYS",
    }
}

/// A length of time in its unit, written `{"unit": "WORK_DAYS", "amount": 5}`. Never nothing: it would be overdue at
/// the moment it starts; never more than [`Budget::LONGEST_DAYS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Budget {
    unit: Unit,
    amount: NonZeroU32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    unit: Unit,
    amount: u32,
}

/// A budget of nothing, or longer than any matter may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a budget is something, and {} days at most", Budget::LONGEST_DAYS)]
pub struct OutOfBounds;

impl Unit {
    /// One of it, in minutes of the time that counts.
    const fn minutes(self) -> u32 {
        match self {
            Self::UrgentMinutes | Self::WorkMinutes => 1,
            Self::WorkDays | Self::NaturalDays => 24 * 60,
        }
    }
}

impl Budget {
    /// In days, of whichever kind: a year.
    pub const LONGEST_DAYS: u32 = 366;

    /// # Errors
    /// [`OutOfBounds`].
    pub const fn new(unit: Unit, amount: u32) -> Result<Self, OutOfBounds> {
        match NonZeroU32::new(amount) {
            Some(amount) if amount.get() <= Self::LONGEST_DAYS * 24 * 60 / unit.minutes() => {
                Ok(Self { unit, amount })
            }
            _ => Err(OutOfBounds),
        }
    }

    pub const fn unit(self) -> Unit {
        self.unit
    }

    /// In its unit.
    pub const fn amount(self) -> u32 {
        self.amount.get()
    }

    /// So many of it; none for nothing, and beyond [`Self::LONGEST_DAYS`].
    pub fn times(self, times: u16) -> Option<Self> {
        Self::new(self.unit, self.amount().checked_mul(times.into())?).ok()
    }

    /// How much counted time it is.
    pub fn length(self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.amount()).saturating_mul(self.unit.minutes().into()))
    }

    /// The time that counts for it from `start` on, in order.
    ///
    /// Civil Code 201: where days are counted, the day of the start is not; 203: the last one ends at 24:00.
    ///
    /// # Errors
    /// [`CalendarFault::BeyondCalendar`] at the end of time.
    pub fn counted(
        self,
        start: DateTime<Utc>,
        work: &WorkTime,
    ) -> Result<Box<dyn Iterator<Item = Span> + '_>, CalendarFault> {
        let always = |from| std::iter::once(Span { from, to: DateTime::<Utc>::MAX_UTC });
        let next_day = || end_of_day(day_of(start)?);
        Ok(match self.unit {
            Unit::UrgentMinutes => Box::new(always(start)),
            Unit::NaturalDays => Box::new(always(next_day()?)),
            Unit::WorkDays => Box::new(work.working_days(next_day()?)),
            Unit::WorkMinutes => Box::new(work.office_hours(start).filter_map(move |span| {
                let from = span.from.max(start);
                (from < span.to).then_some(Span { from, ..span })
            })),
        })
    }
}

impl TryFrom<Written> for Budget {
    type Error = OutOfBounds;

    fn try_from(Written { unit, amount }: Written) -> Result<Self, OutOfBounds> {
        Self::new(unit, amount)
    }
}
