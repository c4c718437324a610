//! Whether a report is taken on, and by whom: the transitions before anybody works on it.

use std::collections::BTreeSet;
use std::num::NonZeroU16;

use chrono::{DateTime, Utc};

use super::clock::{Change, Clock, Entry, Pause, PauseLimits, PauseReason};
use super::codes::coded;
use super::due::{self, Due, DueKind};
use super::ladder::Level;
use super::policy::Policy;
use super::state::{Act, EnteredBy, ExitKind, Incident, Passed, Refusal, Status, worded};

coded! {
    /// Where a matter belongs that the ladder must not keep (Beijing hotline rules, Art 11).
    pub enum Elsewhere {
        Police = "POLICE_110",
        FireBrigade = "FIRE_119",
        Ambulance = "AMBULANCE_120",
        /// Gas, water, power or heat: whoever keeps the net.
        Utility = "UTILITY",
        /// Disputes that only a court, an arbitrator or a review decides.
        Court = "COURT",
        /// Letters and visits 信访.
        Letters = "LETTERS",
        /// Complaints of officials' conduct: discipline inspection.
        Discipline = "DISCIPLINE",
    }
}

coded! {
    /// Why a report is not taken on.
    pub enum NotTaken {
        /// Nobody finds what was reported.
        NothingFound = "NOTHING_FOUND",
        /// The same matter was answered, and nothing is new (Art 11-3).
        Answered = "ANSWERED",
        /// It asks for what no rule lets anybody do.
        NoGround = "NO_GROUND",
        /// It is between private parties, and neither wants help.
        Private = "PRIVATE",
        /// It cannot be understood, and the reporter was asked.
        Unclear = "UNCLEAR",
    }
}

/// How long a report may wait for its reporter's answers: three days at once, six altogether.
pub const ANSWER_LIMITS: PauseLimits = PauseLimits { each_days: days(3), total_days: days(6) };

const fn days(days: u16) -> NonZeroU16 {
    match NonZeroU16::new(days) {
        Some(days) => days,
        None => panic!("some days"),
    }
}

impl Incident {
    /// The holder finds that it is the ladder's to handle.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn accept(self) -> Result<Self, Refusal> {
        Ok(Self { status: self.after(Act::Accept)?, ..self })
    }

    /// The holder gives it to somebody of the same post, for the first time or again. Who that is, the law need not know.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn assign(self) -> Result<Self, Refusal> {
        Ok(Self { status: self.after(Act::Assign)?, ..self })
    }

    /// The holder asks the reporter something, and the clock of the first contact, `contact`, stands still as long as
    /// [`ANSWER_LIMITS`] allow, or until the reporter replies.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`], [`Refusal::MayNotPause`] where the policy lets nothing stand still, [`Refusal::Late`], [`Refusal::NoPause`], [`Refusal::ClockMissing`].
    pub fn ask_info(
        self,
        words: &str,
        contact: Option<&Clock>,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<(Self, Pause), Refusal> {
        let status = self.after(Act::AskInfo)?;
        worded(Act::AskInfo, words)?;
        if policy.common.pause_for.is_empty() {
            return Err(Refusal::MayNotPause);
        }
        let contact = contact.ok_or(Refusal::ClockMissing)?;
        let runs_out = Due::of(DueKind::Contact, contact, &policy.calendar);
        if runs_out.has_passed(now) {
            return Err(Refusal::Late { since: runs_out.at });
        }
        let until = DateTime::<Utc>::MAX_UTC;
        let pause = contact
            .pause(PauseReason::AwaitingReporter, until, ANSWER_LIMITS, now)
            .map_err(Refusal::NoPause)?;
        let tenure = self.tenure.with_due(Due { kind: DueKind::Reply, at: pause.span.to });
        Ok((Self { status, tenure, ..self }, pause))
    }

    /// The reporter replies, and the clocks go on; nothing happens to them if their pause was over just now.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`].
    pub fn reply(
        self,
        words: &str,
        contact: Option<&Clock>,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<Entry>), Refusal> {
        self.after(Act::Reply)?;
        worded(Act::Reply, words)?;
        match contact.filter(|contact| contact.paused(now).is_some()) {
            Some(contact) => {
                let (then, entry) = self.goes_on((Act::Reply, Change::Resume), contact, policy, now)?;
                Ok((then, Some(entry)))
            }
            None => Ok((self.pause_over(contact, policy, now)?, None)),
        }
    }

    /// The holder finds that it belongs to somebody beside the ladder, and says so in words.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`].
    pub fn divert(self, elsewhere: Elsewhere, words: &str, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::Divert)?;
        worded(Act::Divert, words)?;
        let tenure = self.tenure.left(ExitKind::Diverted, now);
        Ok(Self { status, elsewhere: Some(elsewhere), tenure, ..self })
    }

    /// The holder does not take it on, and says why.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`].
    pub fn reject(self, why: NotTaken, words: &str, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::Reject)?;
        worded(Act::Reject, words)?;
        let tenure = self.tenure.left(ExitKind::Rejected, now);
        Ok(Self { status, not_taken: Some(why), tenure, ..self })
    }

    /// Until when the reporter may appeal that it was not taken on; none unless it was rejected.
    pub fn appeal_until(&self) -> Option<DateTime<Utc>> {
        let exit = self.tenure.exit().filter(|_| self.status == Status::Rejected)?;
        Some(due::reopen_until(exit.at))
    }

    /// The reporter does not accept that it was not taken on: the level above has it as if it had been reported there.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`], [`Refusal::ClosedForGood`], [`Refusal::NobodyAbove`].
    pub fn appeal(
        self,
        reason: &str,
        policy: &Policy,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<Passed, Refusal> {
        let status = self.after(Act::Appeal)?;
        worded(Act::Appeal, reason)?;
        if let Some(until) = self.appeal_until().filter(|until| now >= *until) {
            return Err(Refusal::ClosedForGood { until, now });
        }
        let level = self.above(policy, staffed).ok_or(Refusal::NobodyAbove { level: self.tenure.level })?;
        let tenure = self.next_tenure(level, EnteredBy::Appeal, policy, now);
        let climbs = self.climbs.saturating_add(1);
        Ok(Passed { incident: Self { status, climbs, not_taken: None, tenure, ..self }, left: self.tenure })
    }
}
