//! A clock 时限: a budget that runs, can pause for allowed reasons, and can be told again from what happened to it.
//!
//! What is kept of a clock is its history. When it is due, how much of it is spent and whether it pauses are
//! worked out from that history each time; a due time that is stored elsewhere is a copy of the answer. The same history
//! can therefore be asked under another budget: what if 7 days were 5?
//!
//! A pause always has an end of its own, within what its reason and the whole clock allow, so that a paused clock is
//! due at a known time too. Whoever stands above may declare a pause void: then it never stopped the clock.

use std::num::NonZeroU16;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::budget::Budget;
use super::codes::coded;
use crate::calendar::{CalendarFault, Span, WorkTime};

coded! {
    /// What a clock measures. The last two run once, from the report on; the others begin anew in each tenure, and when
    /// the work is sent back.
    pub enum ClockKind {
        /// From a level's taking over until it finds whether it is the ladder's to handle.
        Triage = "TRIAGE",
        /// From a level's taking over until it acknowledges. Stands still only while its reporter is asked something, or a
        /// planned outage explains the report.
        FirstContact = "FIRST_CONTACT",
        /// From the acknowledgement until it is handled. The only one that its holder may pause.
        Handling = "HANDLING",
        /// From the handling until a level above has looked at it.
        Verifying = "VERIFYING",
        /// From the handling until the reporter answers.
        Confirming = "CONFIRMING",
        /// From the report until it is handled for the first time. It never starts again.
        FirstResolution = "FIRST_RESOLUTION",
        /// From the report until it is over; what is reopened was not over.
        Total = "TOTAL",
    }
}

coded! {
    /// Why a clock may stand still, and nothing else is a reason.
    pub enum PauseReason {
        /// Nobody opens the door: the resident says when.
        AwaitingAccess = "AWAITING_ACCESS",
        /// Parts are on their way.
        AwaitingParts = "AWAITING_PARTS",
        /// The owners decide it together (Civil Code 278).
        AwaitingOwnersVote = "AWAITING_OWNERS_VOTE",
        /// Work outside would be dangerous.
        WeatherAlert = "WEATHER_ALERT",
        /// Another authority has the matter.
        AwaitingAuthority = "AWAITING_AUTHORITY",
        /// The reporter was asked something. Follows from the question; no holder says so.
        AwaitingReporter = "AWAITING_REPORTER",
        /// It is off on purpose until then, and everybody was told. Follows from the outage; no holder says so.
        PlannedOutage = "PLANNED_OUTAGE",
    }
}

impl PauseReason {
    /// Whether a holder may give it.
    pub fn is_a_holders(self) -> bool {
        !matches!(self, Self::PlannedOutage | Self::AwaitingReporter)
    }
}

/// How long a clock may stand still, in days of 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PauseLimits {
    /// One pause.
    pub each_days: NonZeroU16,
    /// All pauses of one clock together; those declared void do not count.
    pub total_days: NonZeroU16,
}

/// Something that happened to a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Start {
        budget: Budget,
    },
    /// It has done what it was for.
    Stop,
    /// It stands still until `until`, unless resumed before.
    Pause {
        reason: PauseReason,
        until: DateTime<Utc>,
    },
    Resume,
    /// The last pause never stopped it, and ends if it still lasts.
    Void,
    /// From its start on it has this budget instead. What is spent and what was paused stays.
    Retarget {
        budget: Budget,
    },
    /// It has counted from that moment on: what it measures began earlier, elsewhere. What was paused stays.
    Since {
        from: DateTime<Utc>,
    },
    /// It begins anew, with the same budget and no pauses.
    Reset,
    /// It stands still, because another clock counts for what it measures. A pause ends with it.
    Merge,
    /// It counts again by itself.
    Split,
    /// It has nothing to measure any more.
    Cancel,
    /// It had not come to its end after all: the time since then counts too.
    Continue,
}

/// When it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub at: DateTime<Utc>,
    pub change: Change,
}

/// A clock as its history leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    started: DateTime<Utc>,
    budget: Budget,
    /// In order; none overlaps another.
    pauses: Vec<Pause>,
    /// The times in which another clock counted for it, in order; the last has no end while one does. None overlaps a
    /// pause.
    merged: Vec<Span>,
    end: Option<End>,
}

/// A time in which a clock stood still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    pub reason: PauseReason,
    pub span: Span,
    /// It never stopped the clock.
    pub void: bool,
}

/// When a clock came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    pub at: DateTime<Utc>,
    /// Whether it did what it was for, or had nothing to measure any more.
    pub cancelled: bool,
}

/// Why a history is not one of a clock, or a clock does not pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClockFault {
    #[error("a clock that has not started has no history")]
    NotStarted,
    #[error("the clock runs already")]
    StartedTwice,
    #[error("the clock came to its end at {0}")]
    Ended(DateTime<Utc>),
    #[error("the clock has not come to its end")]
    NotEnded,
    #[error("what happened at {0} comes before what is known")]
    OutOfOrder(DateTime<Utc>),
    #[error("the clock pauses already")]
    Paused,
    #[error("the clock does not pause")]
    NotPaused,
    #[error("there is no pause that could be void")]
    NoPause,
    #[error("another clock counts for it")]
    Merged,
    #[error("no other clock counts for it")]
    NotMerged,
    #[error("a pause ends after it begins")]
    PauseOfNothing,
    #[error("the clock may not pause any longer")]
    PausesUsedUp,
    #[error(transparent)]
    Calendar(#[from] CalendarFault),
}

impl From<Pause> for Entry {
    /// Its beginning.
    fn from(pause: Pause) -> Self {
        Self { at: pause.span.from, change: Change::Pause { reason: pause.reason, until: pause.span.to } }
    }
}

impl Clock {
    /// A clock that starts.
    pub const fn start(at: DateTime<Utc>, budget: Budget) -> Self {
        Self { started: at, budget, pauses: Vec::new(), merged: Vec::new(), end: None }
    }

    /// Tells a clock from its history, the earliest first; what happened at one instant stands as it was written.
    ///
    /// # Errors
    /// A [`ClockFault`] for the first entry that cannot follow those before it.
    pub fn told(history: &[Entry]) -> Result<Self, ClockFault> {
        let mut history = history.to_vec();
        history.sort_by_key(|entry| entry.at);
        let (first, later) = history.split_first().ok_or(ClockFault::NotStarted)?;
        let Change::Start { budget } = first.change else { return Err(ClockFault::NotStarted) };
        later.iter().try_fold(Self::start(first.at, budget), |clock, entry| clock.after(*entry))
    }

    /// The clock after one entry more.
    ///
    /// # Errors
    /// A [`ClockFault`] when the entry cannot follow.
    pub fn after(mut self, Entry { at, change }: Entry) -> Result<Self, ClockFault> {
        if at < self.started {
            return Err(ClockFault::OutOfOrder(at));
        }
        match (self.end, change) {
            // The same work once more, after it had come to its end.
            (Some(_), Change::Start { budget }) => return Ok(Self::start(at, budget)),
            (None, Change::Start { .. }) => return Err(ClockFault::StartedTwice),
            (_, Change::Reset) => return Ok(Self::start(at, self.budget)),
            (Some(_), Change::Continue) => self.end = None,
            (None, Change::Continue) => return Err(ClockFault::NotEnded),
            (Some(end), _) => return Err(ClockFault::Ended(end.at)),
            (None, Change::Retarget { budget }) => self.budget = budget,
            (None, Change::Since { from }) => self.started = self.started.min(from),
            (None, Change::Stop) => self.ends(at, false),
            (None, Change::Cancel) => self.ends(at, true),
            (None, Change::Merge) => {
                if self.is_merged() {
                    return Err(ClockFault::Merged);
                }
                self.end_pause(at);
                self.merged.push(Span { from: at, to: DateTime::<Utc>::MAX_UTC });
            }
            (None, Change::Split) => {
                let last =
                    self.merged.last_mut().filter(|span| is_open(span)).ok_or(ClockFault::NotMerged)?;
                last.to = at.max(last.from);
            }
            (None, Change::Pause { reason, until }) => {
                if self.is_merged() {
                    return Err(ClockFault::Merged);
                }
                if self.paused(at).is_some() {
                    return Err(ClockFault::Paused);
                }
                if until <= at {
                    return Err(ClockFault::PauseOfNothing);
                }
                self.pauses.push(Pause { reason, span: Span { from: at, to: until }, void: false });
            }
            (None, Change::Resume) => {
                self.paused(at).ok_or(ClockFault::NotPaused)?;
                self.end_last_pause(at, false);
            }
            (None, Change::Void) => {
                self.pauses.last().filter(|last| !last.void).ok_or(ClockFault::NoPause)?;
                self.end_last_pause(at, true);
            }
        }
        Ok(self)
    }

    /// A pause does not outlast its clock.
    fn ends(&mut self, at: DateTime<Utc>, cancelled: bool) {
        self.end_pause(at);
        if let Some(last) = self.merged.last_mut() {
            last.to = last.to.min(at).max(last.from);
        }
        self.end = Some(End { at, cancelled });
    }

    /// Another clock counts for it.
    fn is_merged(&self) -> bool {
        self.merged.last().is_some_and(is_open)
    }

    fn end_pause(&mut self, at: DateTime<Utc>) {
        if self.paused(at).is_some() {
            self.end_last_pause(at, false);
        }
    }

    fn end_last_pause(&mut self, at: DateTime<Utc>, void: bool) {
        if let Some(last) = self.pauses.last_mut() {
            last.span.to = last.span.to.min(at);
            last.void = void;
        }
    }

    /// The moment of the last thing that happened to it.
    pub fn latest(&self) -> DateTime<Utc> {
        let paused = self.pauses.last().map(|pause| pause.span.from);
        let merged = self.merged.last().map(|span| if is_open(span) { span.from } else { span.to });
        let ended = self.end.map(|end| end.at);
        [paused, merged, ended].into_iter().flatten().fold(self.started, DateTime::max)
    }

    pub const fn started(&self) -> DateTime<Utc> {
        self.started
    }

    pub const fn budget(&self) -> Budget {
        self.budget
    }

    pub fn pauses(&self) -> &[Pause] {
        &self.pauses
    }

    pub const fn end(&self) -> Option<End> {
        self.end
    }

    /// The pause in which it stands still at `now`.
    pub fn paused(&self, now: DateTime<Utc>) -> Option<&Pause> {
        self.pauses.last().filter(|pause| !pause.void && pause.span.from <= now && now < pause.span.to)
    }

    /// When its budget is spent, given the pauses so far: an instant that may be past, also of a clock that has ended.
    ///
    /// # Errors
    /// [`ClockFault::Calendar`] where the calendar ends.
    pub fn due(&self, work: &WorkTime) -> Result<DateTime<Utc>, ClockFault> {
        self.when_spent(self.budget.length(), work)
    }

    /// When so many hundredths of the budget are spent, to the second: what a warning waits for.
    ///
    /// # Errors
    /// [`ClockFault::Calendar`] where the calendar ends.
    pub fn spent_to(&self, percent: u8, work: &WorkTime) -> Result<DateTime<Utc>, ClockFault> {
        let seconds = self.budget.length().num_seconds().saturating_mul(percent.into()).div_euclid(100);
        self.when_spent(TimeDelta::seconds(seconds), work)
    }

    fn when_spent(&self, length: TimeDelta, work: &WorkTime) -> Result<DateTime<Utc>, ClockFault> {
        let mut left = length;
        for span in self.counted(work)? {
            let length = span.to - span.from;
            if left <= length {
                return Ok(span.from + left);
            }
            left -= length;
        }
        Err(ClockFault::Calendar(CalendarFault::BeyondCalendar))
    }

    /// How much of its budget's time was spent by `now`, or by its end; more than the budget once it is overdue.
    ///
    /// # Errors
    /// [`ClockFault::Calendar`] where the calendar ends.
    pub fn spent(&self, now: DateTime<Utc>, work: &WorkTime) -> Result<TimeDelta, ClockFault> {
        let until = self.end.map_or(now, |end| end.at.min(now));
        let mut spent = TimeDelta::zero();
        for span in self.counted(work)?.take_while(|span| span.from < until) {
            spent += span.to.min(until) - span.from;
        }
        Ok(spent)
    }

    /// The start from which it would have spent, when it started, as much as `other` had by then, which measures the same:
    /// the other's own start, or later by what that stood still before. None where the other started no earlier.
    ///
    /// # Errors
    /// [`ClockFault::Calendar`] where the calendar ends.
    pub fn as_early_as(&self, other: &Self, work: &WorkTime) -> Result<Option<DateTime<Utc>>, ClockFault> {
        let spent = other.spent(self.started, work)?;
        let from = |micros: i64| other.started + TimeDelta::microseconds(micros);
        let fits = |micros| {
            Self::start(from(micros), self.budget).spent(self.started, work).map(|would| would <= spent)
        };
        let apart = (self.started - other.started).num_microseconds().unwrap_or(0);
        // The later it starts, the less it has spent: between one that has too much and one that has not.
        let (mut too_early, mut late_enough) = (-1, apart);
        while late_enough - too_early > 1 {
            let between = too_early + (late_enough - too_early) / 2;
            if fits(between)? { late_enough = between } else { too_early = between }
        }
        Ok(Some(from(late_enough)).filter(|from| *from < self.started))
    }

    /// The same history under another budget.
    #[must_use]
    pub fn under(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// A pause that begins at `now`: as long as was asked for, and as the limits leave.
    ///
    /// # Errors
    /// [`ClockFault::PausesUsedUp`], and whatever keeps the clock from pausing.
    pub fn pause(
        &self,
        reason: PauseReason,
        until: DateTime<Utc>,
        limits: PauseLimits,
        now: DateTime<Utc>,
    ) -> Result<Pause, ClockFault> {
        let used: TimeDelta = self.paused_for().map(|span| span.to - span.from).sum();
        let days = |days: NonZeroU16| TimeDelta::days(days.get().into());
        let left = days(limits.total_days) - used;
        if left <= TimeDelta::zero() {
            return Err(ClockFault::PausesUsedUp);
        }
        let latest = now.checked_add_signed(left.min(days(limits.each_days)));
        let to = latest.map_or(until, |latest| until.min(latest));
        let pause = Pause { reason, span: Span { from: now, to }, void: false };
        self.clone().after(pause.into()).map(|_| pause)
    }

    /// The time in which it paused, or will.
    fn paused_for(&self) -> impl Iterator<Item = Span> {
        self.pauses.iter().filter(|pause| !pause.void).map(|pause| pause.span)
    }

    /// The time in which it stood still, or will, in order.
    fn stood_still(&self) -> Vec<Span> {
        let mut spans: Vec<Span> = self.paused_for().chain(self.merged.iter().copied()).collect();
        spans.sort_by_key(|span| span.from);
        spans
    }

    /// The time that counts, in order.
    fn counted<'a>(&'a self, work: &'a WorkTime) -> Result<impl Iterator<Item = Span> + 'a, ClockFault> {
        let counted = self.budget.counted(self.started, work)?;
        let still = self.stood_still();
        Ok(counted.flat_map(move |span| without(span, still.iter().copied())))
    }
}

fn is_open(span: &Span) -> bool {
    span.to == DateTime::<Utc>::MAX_UTC
}

/// What is left of `span` without those in `taken`, which are in order.
fn without(span: Span, taken: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut left = Vec::new();
    let mut from = span.from;
    for taken in taken.filter(|taken| taken.to > span.from && taken.from < span.to) {
        if from < taken.from {
            left.push(Span { from, to: taken.from });
        }
        from = from.max(taken.to);
    }
    if from < span.to {
        left.push(Span { from, ..span });
    }
    left
}
