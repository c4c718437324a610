//! What is said of the work: by an inspector from a level above, where the category asks for one, and by the reporter,
//! who is asked two questions, whether it is resolved and how satisfied they are.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::codes::coded;
use super::due;
use super::ladder::{self, Level};
use super::policy::Policy;
use super::state::{Act, ExitKind, Incident, Passed, Refusal, SentBack, Tenure, worded};

coded! {
    /// The first question: is it resolved?
    pub enum Resolved {
        Yes = "YES",
        No = "NO",
    }
}

coded! {
    /// The second question: how satisfied is the reporter with the way it was handled?
    pub enum Satisfaction {
        VeryDissatisfied = "VERY_DISSATISFIED",
        Dissatisfied = "DISSATISFIED",
        Basically = "BASICALLY_SATISFIED",
        Satisfied = "SATISFIED",
        VerySatisfied = "VERY_SATISFIED",
    }
}

coded! {
    /// What the reporter finds wanting.
    pub enum Complaint {
        /// It took too long.
        Slow = "SLOW",
        /// Not everything was done, or it does not last.
        NotDone = "NOT_DONE",
        /// How it was done.
        Quality = "QUALITY",
        /// How people were spoken to.
        Attitude = "ATTITUDE",
        /// Nobody said what was going on.
        NotTold = "NOT_TOLD",
        /// What it cost.
        Cost = "COST",
    }
}

/// How the reporter finds the way it was handled, as far as they say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Opinion {
    pub satisfaction: Option<Satisfaction>,
    pub because: Option<Complaint>,
}

/// The reporter's answer to both questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    pub resolved: Resolved,
    pub opinion: Opinion,
}

/// Which handlings a level above looks at before the reporter is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verification {
    #[default]
    None,
    /// One in so many, drawn at random.
    OneIn(std::num::NonZeroU8),
    All,
}

/// Whether this handling is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inspection {
    Needed,
    Spared,
}

impl Verification {
    /// Of how many handlings one is looked at; none where none is.
    pub const fn one_in(self) -> Option<u8> {
        match self {
            Self::None => None,
            Self::OneIn(n) => Some(n.get()),
            Self::All => Some(1),
        }
    }

    /// `draw` is a number that nobody could foretell; `staffed` are the levels where anybody is there to look.
    pub fn of(self, level: Level, staffed: &BTreeSet<Level>, draw: u64) -> Inspection {
        let somebody_above = ladder::nearest_above(level, staffed).is_some();
        match self {
            Self::All if somebody_above => Inspection::Needed,
            Self::OneIn(n) if somebody_above && draw.is_multiple_of(n.get().into()) => Inspection::Needed,
            Self::None | Self::OneIn(_) | Self::All => Inspection::Spared,
        }
    }
}

impl Incident {
    /// A level above looked, and it is done: the reporter has the word.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn pass_inspection(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::PassInspection)?;
        Ok(Self { status, tenure: self.tenure.with_due(due::confirm_due(now)), ..self })
    }

    /// Nobody looked in time: the reporter has the word all the same.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NotDue`] while there is time.
    pub fn pass_unseen(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.after(Act::PassInspection)?;
        self.overdue(now)?;
        self.pass_inspection(now)
    }

    /// A level above looked, and it is not done, for the reason in `words`: the holder handles it again.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`].
    pub fn fail_inspection(
        self,
        words: &str,
        policy: &Policy,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<SentBack, Refusal> {
        self.done_again(Act::FailInspection, words, None, policy, staffed, now)
    }

    /// The reporter says that it is resolved, and what they think of the way.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn confirm(self, opinion: Opinion, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::Confirm)?;
        let answer = Some(Answer { resolved: Resolved::Yes, opinion });
        Ok(Self { answer, ..self.settled(status, ExitKind::Confirmed, now) })
    }

    /// The reporter says that it is not resolved, and why: the same level handles it again, on a new clock, or whoever
    /// is there when nobody is left at that level.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`], [`Refusal::SplitsOff`] for one that was handled with others.
    pub fn send_back(
        self,
        reason: &str,
        opinion: Opinion,
        policy: &Policy,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<SentBack, Refusal> {
        let answer = Some(Answer { resolved: Resolved::No, opinion });
        self.done_again(Act::SendBack, reason, answer, policy, staffed, now)
    }

    fn done_again(
        self,
        act: Act,
        reason: &str,
        answer: Option<Answer>,
        policy: &Policy,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<SentBack, Refusal> {
        let status = self.after(act)?;
        if self.merged_from.is_some() {
            return Err(Refusal::SplitsOff);
        }
        worded(act, reason)?;
        let rework = self.rework.saturating_add(1);
        let tenure = Tenure { handled_at: None, ..self.tenure };
        let tenure = tenure.with_due(due::handle_due(now, policy, self.tenure.level));
        let back = Self { status, rework, answer, tenure, ..self };
        Ok(match back.leave_empty_post(policy, staffed, now) {
            // The tenure that ends did handle it.
            Ok(passed) => {
                SentBack::ToAnother(Passed { left: self.tenure.left(ExitKind::EmptyPost, now), ..passed })
            }
            Err(_) => SentBack::ToHolder(back),
        })
    }

    /// A level above the holder's ends it, whatever its holder and its reporter say, and answers for that with its words.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`].
    pub fn force_close(self, words: &str, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::ForceClose)?;
        worded(Act::ForceClose, words)?;
        Ok(self.settled(status, ExitKind::Forced, now))
    }
}
