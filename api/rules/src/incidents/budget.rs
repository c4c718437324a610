//! How much time somebody has, and which time counts.
//!
//! | | counts | an example |
//! |---|---|---|
//! | urgent minutes | day and night | a lift with people in it: 5 |
//! | work minutes | office hours of working days | litter: 4 hours |
//! | work days | whole working days, the day of the start not counted | a complaint: 5 |
//! | natural days | whole days, the day of the start not counted | seepage: 7 |

use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::calendar::{CalendarFault, Span, WorkTime, day_of, end_of_day};

/// A length of time in its unit, never nothing and never more than [`Budget::LONGEST_DAYS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Amount", into = "Amount")]
pub struct Budget(Amount);

/// How a budget is written: `{"WORK_DAYS": 5}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Amount {
    /// Day and night, holidays too: what practice calls urgent hours, in minutes.
    UrgentMinutes(NonZeroU32),
    /// Office hours of working days, in minutes.
    WorkMinutes(NonZeroU32),
    /// Working days, each from midnight to midnight; make-up days (调休) are among them.
    WorkDays(NonZeroU32),
    /// Days, each from midnight to midnight.
    NaturalDays(NonZeroU32),
}

/// A budget longer than any matter may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a budget has {} days at most", Budget::LONGEST_DAYS)]
pub struct TooLong;

impl Budget {
    /// In days, of whichever kind: a year.
    pub const LONGEST_DAYS: u32 = 366;

    /// # Errors
    /// [`TooLong`].
    pub const fn new(amount: Amount) -> Result<Self, TooLong> {
        let longest = match amount {
            Amount::UrgentMinutes(_) | Amount::WorkMinutes(_) => Self::LONGEST_DAYS.saturating_mul(24 * 60),
            Amount::WorkDays(_) | Amount::NaturalDays(_) => Self::LONGEST_DAYS,
        };
        if number(amount) <= longest { Ok(Self(amount)) } else { Err(TooLong) }
    }

    pub const fn amount(self) -> Amount {
        self.0
    }

    /// How much counted time it is.
    pub fn length(self) -> TimeDelta {
        let number = i64::from(number(self.0));
        match self.0 {
            Amount::UrgentMinutes(_) | Amount::WorkMinutes(_) => TimeDelta::minutes(number),
            Amount::WorkDays(_) | Amount::NaturalDays(_) => TimeDelta::days(number),
        }
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
        Ok(match self.0 {
            Amount::UrgentMinutes(_) => Box::new(always(start)),
            Amount::NaturalDays(_) => Box::new(always(next_day()?)),
            Amount::WorkDays(_) => Box::new(work.working_days(next_day()?)),
            Amount::WorkMinutes(_) => Box::new(work.office_hours(start).filter_map(move |span| {
                let from = span.from.max(start);
                (from < span.to).then_some(Span { from, ..span })
            })),
        })
    }
}

const fn number(amount: Amount) -> u32 {
    match amount {
        Amount::UrgentMinutes(n) | Amount::WorkMinutes(n) | Amount::WorkDays(n) | Amount::NaturalDays(n) => {
            n.get()
        }
    }
}

impl TryFrom<Amount> for Budget {
    type Error = TooLong;

    fn try_from(amount: Amount) -> Result<Self, TooLong> {
        Self::new(amount)
    }
}

impl From<Budget> for Amount {
    fn from(budget: Budget) -> Self {
        budget.0
    }
}
