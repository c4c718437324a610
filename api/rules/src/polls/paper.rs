//! Paper beside online voting: numbered papers, given out and come back, each read by two clerks who do not see each
//! other's entry; what they read differently a third decides. One ledger: a settled paper is a ballot like any other.
//!
//! Election templates of the provinces: papers are numbered, those given out and those come back are counted and put up,
//! whoever stands counts nothing, and more back than went out voids them. Here they void the channel on which that
//! happened, and no other.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    ballot::{Answers, BallotForm},
    duplicates::{Channel, Keeping, Slip},
    told::moment,
};
use crate::{incidents::coded, packs::InForce};

coded! {
    /// What became of a paper.
    pub enum State {
        /// Given out, and not back.
        Issued = "ISSUED",
        /// Another was given out in its place.
        Cancelled = "CANCELLED",
        /// Back, and read by one clerk.
        Returned = "RETURNED",
        /// Read by two clerks who do not say the same.
        Differs = "DIFFERS",
        /// What it says is settled.
        Settled = "SETTLED",
        /// Back, and void with all others: more came back than went out.
        Void = "VOID",
    }
}

/// Why something is not done with a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("this poll is not held on paper")]
    NoPaper,
    #[error("the paper channel of this poll is void: more papers came back than went out")]
    ChannelVoid,
    #[error("the paper of this head is back already")]
    BackAlready,
    #[error("another paper was given out in place of this one")]
    Cancelled,
    #[error("the paper is settled")]
    Settled,
    #[error("two clerks entered it already, and not the same: a third decides")]
    EnteredTwice,
    #[error("you entered this paper yourself; another clerk is needed")]
    SameClerk,
    #[error("nothing of it is there to decide about")]
    NothingToDecide,
}

impl State {
    /// Given out → cancelled, where another is given out in its place: one that is back says how its head votes.
    pub const fn cancel(self) -> Result<Self, Refusal> {
        match self {
            Self::Issued => Ok(Self::Cancelled),
            Self::Cancelled => Err(Refusal::Cancelled),
            Self::Void => Err(Refusal::ChannelVoid),
            Self::Returned | Self::Differs | Self::Settled => Err(Refusal::BackAlready),
        }
    }

    /// Given out → returned, with the first entry; returned → settled with a second that says the same, else differs.
    /// `before` is what was entered, and by whom.
    pub fn enter<P: PartialEq>(
        self,
        before: Option<(&P, &Answers)>,
        clerk: &P,
        says: &Answers,
    ) -> Result<Self, Refusal> {
        match (self, before) {
            (Self::Issued, None) => Ok(Self::Returned),
            (Self::Returned, Some((first, _))) if first == clerk => Err(Refusal::SameClerk),
            (Self::Returned, Some((_, said))) if said == says => Ok(Self::Settled),
            (Self::Returned, Some(_)) => Ok(Self::Differs),
            (Self::Cancelled, _) => Err(Refusal::Cancelled),
            (Self::Void, _) => Err(Refusal::ChannelVoid),
            (Self::Settled, _) => Err(Refusal::Settled),
            (Self::Issued | Self::Returned | Self::Differs, _) => Err(Refusal::EnteredTwice),
        }
    }

    /// Differs → settled, by somebody who entered none of it.
    pub fn adjudicate<P: PartialEq>(self, clerks: &[P], third: &P) -> Result<Self, Refusal> {
        match self {
            Self::Differs if clerks.contains(third) => Err(Refusal::SameClerk),
            Self::Differs => Ok(Self::Settled),
            Self::Settled => Err(Refusal::Settled),
            Self::Cancelled => Err(Refusal::Cancelled),
            Self::Void => Err(Refusal::ChannelVoid),
            Self::Issued | Self::Returned => Err(Refusal::NothingToDecide),
        }
    }

    /// Returned → given out: another clerk finds that it never came back, and was entered under a wrong number.
    pub fn withdraw<P: PartialEq>(self, first: Option<&P>, clerk: &P) -> Result<Self, Refusal> {
        match self {
            Self::Returned if first == Some(clerk) => Err(Refusal::SameClerk),
            Self::Returned => Ok(Self::Issued),
            Self::Differs => Err(Refusal::EnteredTwice),
            Self::Settled => Err(Refusal::Settled),
            Self::Cancelled => Err(Refusal::Cancelled),
            Self::Void => Err(Refusal::ChannelVoid),
            Self::Issued => Err(Refusal::NothingToDecide),
        }
    }

    /// Back and not settled: the count waits for it.
    pub const fn waits(self) -> bool {
        matches!(self, Self::Returned | Self::Differs)
    }

    /// Whether it came back in time.
    pub const fn is_back(self) -> bool {
        matches!(self, Self::Returned | Self::Differs | Self::Settled | Self::Void)
    }
}

/// Whether a poll is held in a way of voting that its rules name (`channels`). Paper is given out too where owners may ask
/// for it (`paper_on_request`, Hangzhou 20). Nothing said, as in polls that locked before each rule said whose it is: both.
pub fn is_held(in_force: &[InForce], channel: Channel) -> bool {
    let said = |name: &str| in_force.iter().find(|rule| rule.name == name).map(|rule| &rule.value);
    let named = |word: &str| match said("channels") {
        Some(Value::Array(channels)) => channels.iter().any(|one| one == word),
        _ => true,
    };
    match channel {
        Channel::Online => named("ONLINE"),
        Channel::Paper => named("PAPER") || said("paper_on_request") == Some(&Value::Bool(true)),
        Channel::Proxy => true,
    }
}

/// A head's ballots in the order in which they came, and which of them stands.
///
/// Where none can be counted the first stays: the head took part, and its ballot is invalid.
pub fn stands(keeping: Keeping, slips: &[Slip], form: &BallotForm) -> usize {
    keeping.stands(slips, form).unwrap_or_default()
}

/// How many papers went out and came back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Papers {
    /// Given out, those included in whose place others were given.
    pub issued: u64,
    /// Those in whose place others were given.
    pub cancelled: u64,
    /// Back in time: entered once at least.
    pub entered: u64,
}

/// What two of the office found in the box, each by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    /// All papers but those whose number was cancelled: they are laid aside.
    pub returned: u64,
    /// Those of them that nobody entered before voting ended: they came too late.
    pub late: u64,
}

/// What follows from what was found in the box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It holds what was entered.
    Fits,
    /// More came back than went out: none of them counts.
    Void,
}

/// A box that does not hold what was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the box holds {} papers in time; what was entered is another number", stated.returned.saturating_sub(stated.late))]
pub struct Unlike {
    pub stated: Stated,
}

impl Papers {
    /// What a box means. Election templates: more back than went out void the channel, whoever they are from; otherwise
    /// what came back in time is what was entered, paper by paper.
    pub const fn find(self, stated: Stated) -> Result<Found, Unlike> {
        if stated.returned > self.issued.saturating_sub(self.cancelled) {
            return Ok(Found::Void);
        }
        match stated.returned.checked_sub(stated.late) {
            Some(in_time) if in_time == self.entered => Ok(Found::Fits),
            _ => Err(Unlike { stated }),
        }
    }
}

/// Papers that were given out by one act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    pub at: DateTime<Utc>,
    /// Their numbers, one after the other.
    pub from: u32,
    pub to: u32,
    /// How many of them were given in place of others.
    pub cancelled: u64,
}

impl Issue {
    pub fn papers(&self) -> u64 {
        u64::from(self.to.saturating_sub(self.from)) + 1
    }

    /// What the record tells of it: how many, and never whose.
    pub fn told(&self) -> Value {
        let Self { from, to, cancelled, .. } = self;
        json!({"papers": self.papers(), "from": from, "to": to, "cancelled": cancelled})
    }
}

/// What the record tells of a paper that was entered once, or a second time.
pub fn entered_told(number: u32, entry: u32) -> Value {
    json!({"number": number, "entry": entry})
}

/// What it tells of an entry that was withdrawn.
pub fn withdrawn_told(number: u32) -> Value {
    json!({"number": number})
}

/// What it tells of a settled paper as of a ballot: when it came back, and not which one it is.
pub fn cast_told(returned_at: DateTime<Utc>) -> Value {
    json!({"channel": Channel::Paper, "returned_at": moment(returned_at)})
}

/// What it tells of a box that two stated alike.
pub fn box_told(papers: Papers, stated: Stated) -> Value {
    let Papers { issued, cancelled, entered } = papers;
    let Stated { returned, late } = stated;
    json!({"issued": issued, "cancelled": cancelled, "entered": entered, "returned": returned, "late": late})
}

/// What it tells of a channel that is void.
pub fn void_told(papers: Papers, stated: Stated) -> Value {
    json!({"issued": papers.issued - papers.cancelled.min(papers.issued), "returned": stated.returned})
}

#[cfg(test)]
mod tests;
