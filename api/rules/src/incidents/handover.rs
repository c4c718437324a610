//! From level to level by agreement: a holder who says that it is not theirs, and a level above that asks one below to
//! have it back.
//!
//! Nobody pushes work down: the law forbids it (Beijing hotline rules, Art 17), so that a delegation is a question, and
//! the level does not change before the answer. An objection (Art 12) is decided by somebody above the holder, and never
//! more than [`OBJECTIONS`] times for one incident. The clock goes on meanwhile, and one proposal stands at a time. One that
//! nobody answers lapses, which both sides are told.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::codes::coded;
use super::due;
use super::ladder::{self, Level};
use super::policy::Policy;
use super::state::{Act, EnteredBy, ExitKind, Incident, Passed, Refusal, Tenure, worded};

coded! {
    /// What a holder proposes.
    pub enum ProposalKind {
        /// It is not theirs: somebody above says whether they are right.
        Objection = "OBJECTION",
        /// A level below should have it back: that level says whether it will.
        Delegation = "DELEGATION",
    }
}

/// How often the holders of one incident may say that it is not theirs.
pub const OBJECTIONS: u32 = 2;

/// Something put to another level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    pub kind: ProposalKind,
    /// Where it would go.
    pub to: Level,
    /// From this moment on nobody can agree to it any more.
    pub until: DateTime<Utc>,
}

impl Proposal {
    /// Whether `level` answers it, while `holder` holds the incident.
    pub fn is_put_to(&self, level: Level, holder: Level) -> bool {
        match self.kind {
            ProposalKind::Objection => level > holder,
            ProposalKind::Delegation => level == self.to,
        }
    }

    const fn outcome(&self) -> (ExitKind, EnteredBy) {
        match self.kind {
            ProposalKind::Objection => (ExitKind::NotOurs, EnteredBy::Objection),
            ProposalKind::Delegation => (ExitKind::Delegated, EnteredBy::Delegated),
        }
    }
}

impl Incident {
    /// What its holder has put to another level and can still be answered.
    pub fn open_proposal(&self, now: DateTime<Utc>) -> Option<Proposal> {
        self.tenure.proposal.filter(|proposal| now < proposal.until)
    }

    /// The levels that are told of what its holder has put to another, for an answer, or that there was none: whoever is
    /// asked to have it back; of those who may say whether an objection is right the nearest, the one that would have it,
    /// and the one that held it `before`.
    pub fn asks(&self, before: Option<Level>, staffed: &BTreeSet<Level>) -> BTreeSet<Level> {
        let holder = self.tenure.level;
        let Some(proposal) = self.tenure.proposal else { return BTreeSet::new() };
        let near = [ladder::nearest_above(holder, staffed), Some(proposal.to), before];
        let answers = |level: &Level| proposal.is_put_to(*level, holder) && staffed.contains(level);
        near.into_iter().flatten().filter(answers).collect()
    }

    /// The holder says that it is not theirs but that of the level `to`; of the one above, where none is named.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`], [`Refusal::ProposalOpen`], [`Refusal::ObjectionsUsedUp`],
    /// [`Refusal::NobodyAbove`], [`Refusal::NotThere`] for a level that nobody fills or that may not have it.
    pub fn object(
        self,
        to: Option<Level>,
        words: &str,
        policy: &Policy,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        self.after(Act::Object)?;
        worded(Act::Object, words)?;
        if self.objections >= OBJECTIONS {
            return Err(Refusal::ObjectionsUsedUp { times: self.objections });
        }
        let level = self.tenure.level;
        let above = self.above(policy, staffed).ok_or(Refusal::NobodyAbove { level })?;
        let to = to.unwrap_or(above);
        if to == level || !staffed.contains(&to) || !policy.reaches(to) {
            return Err(Refusal::NotThere { level: to });
        }
        let objections = self.objections.saturating_add(1);
        Self { objections, ..self }.proposing(ProposalKind::Objection, to, now)
    }

    /// The holder asks a level below, one that it may have come from, to have it back; a household is not asked twice.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`], [`Refusal::ProposalOpen`], [`Refusal::NotThere`] for a level
    /// that nobody fills, that is not below, or below where it entered.
    pub fn delegate(
        self,
        to: Level,
        words: &str,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        self.after(Act::Delegate)?;
        worded(Act::Delegate, words)?;
        let is_below = (self.lowest..self.tenure.level).contains(&to) && to != Level::Home;
        if !is_below || !staffed.contains(&to) {
            return Err(Refusal::NotThere { level: to });
        }
        self.proposing(ProposalKind::Delegation, to, now)
    }

    fn proposing(self, kind: ProposalKind, to: Level, now: DateTime<Utc>) -> Result<Self, Refusal> {
        if let Some(open) = self.open_proposal(now) {
            return Err(Refusal::ProposalOpen { until: open.until });
        }
        let proposal = Some(Proposal { kind, to, until: due::answer_until(now) });
        Ok(Self { tenure: Tenure { proposal, ..self.tenure }, ..self })
    }

    /// Whoever it is put to agrees: the other level has it. That an objection was right means that it was misrouted.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NoProposal`].
    pub fn consent(self, policy: &Policy, now: DateTime<Utc>) -> Result<Passed, Refusal> {
        self.after(Act::Consent)?;
        let proposal = self.open_proposal(now).ok_or(Refusal::NoProposal)?;
        let (how, entered_by) = proposal.outcome();
        let misrouted = u32::from(proposal.kind == ProposalKind::Objection);
        let misrouted = self.misrouted.saturating_add(misrouted);
        Ok(Self { misrouted, ..self }.passed(proposal.to, how, entered_by, policy, now))
    }

    /// Whoever it is put to does not agree, and says why: it stays where it is.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`], [`Refusal::NoProposal`].
    pub fn decline(self, words: &str, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.after(Act::Decline)?;
        worded(Act::Decline, words)?;
        self.open_proposal(now).ok_or(Refusal::NoProposal)?;
        Ok(self.without_proposal())
    }

    /// When what its holder has put to another level is over, unless it is answered before.
    pub fn lapses_at(&self) -> Option<DateTime<Utc>> {
        self.tenure.proposal.map(|proposal| proposal.until)
    }

    /// Nobody answered in time: it stays where it is.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NoProposal`], [`Refusal::NotDue`] while it can still be answered.
    pub fn lapse(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.after(Act::Lapse)?;
        let due_at = self.lapses_at().ok_or(Refusal::NoProposal)?;
        if now < due_at {
            return Err(Refusal::NotDue { due_at, now });
        }
        Ok(self.without_proposal())
    }

    fn without_proposal(self) -> Self {
        Self { tenure: Tenure { proposal: None, ..self.tenure }, ..self }
    }
}
