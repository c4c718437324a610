//! The law of a whistle 吹哨报到: a level that cannot settle a matter alone convenes those who can.
//!
//! ```text
//!          minute               close
//! BLOWN ──────────▶ MINUTED ───────────▶ CLOSED (solved, or not)
//!   │                └ minute ┘
//!   └── call off ──▶ CALLED_OFF
//! ```
//!
//! **Promises:** each post that is convened has a time by which it reports in, from data by severity; whether it came
//! in time is told from its times and from nothing else (Beijing 2021, Art 33: whistle and report-in are both scored).
//! One post leads, the others assist (Art 14). A whistle is not closed before minutes were taken and every commitment
//! was settled: nobody's word gets lost.
//!
//! **Never:** calls anybody below the convener: work is not pushed down (Art 17). Never asks for the time, or keeps words
//! or persons.

use std::{collections::BTreeMap, sync::LazyLock};

use chrono::{DateTime, Utc};

use crate::{
    calendar::Calendar,
    commitments::{Commitment, State},
    incidents::{Budget, Clock, Level, Severity, codes::coded, due},
};

#[cfg(test)]
mod tests;

static REPORT_IN: LazyLock<BTreeMap<Severity, Budget>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the table is part of the program; a test reads it")]
    serde_json::from_str(include_str!("../../data/report_in.json"))
        .expect("data/report_in.json is well formed")
});

coded! {
    /// Who convenes or is convened: a role at the place of its level.
    pub enum Post {
        UnitLeader = "UNIT_LEADER",
        BuildingLeader = "BUILDING_LEADER",
        PropertyManager = "PROPERTY_MANAGER",
        CommitteeMember = "COMMITTEE_MEMBER",
        Developer = "DEVELOPER",
        CommunityOfficer = "COMMUNITY_OFFICER",
        StreetOfficer = "STREET_OFFICER",
        Admin = "ADMIN",
    }
}

coded! {
    /// What a convened post does.
    pub enum Part {
        /// Answers for the whole to the convener; exactly one.
        Lead = "LEAD",
        Assist = "ASSIST",
    }
}

coded! {
    /// How far a whistle has come.
    pub enum Status {
        Blown = "BLOWN",
        /// They met, and what they said was written down.
        Minuted = "MINUTED",
        Closed = "CLOSED",
        /// Taken back before anybody met.
        CalledOff = "CALLED_OFF",
    }
}

coded! {
    /// What came of it.
    pub enum Outcome {
        Solved = "SOLVED",
        Unsolved = "UNSOLVED",
    }
}

coded! {
    /// The named transitions.
    pub enum Act {
        Blow = "BLOW",
        ReportIn = "REPORT_IN",
        Minute = "MINUTE",
        Keep = "KEEP",
        Break = "BREAK",
        Extend = "EXTEND",
        Close = "CLOSE",
        CallOff = "CALL_OFF",
    }
}

coded! {
    /// Whether a convened post came, and when.
    pub enum Punctuality {
        /// There is time yet.
        Awaited = "AWAITED",
        OnTime = "ON_TIME",
        Late = "LATE",
        /// It did not come while there was time.
        Missing = "MISSING",
        /// The whistle was called off while there was time.
        Excused = "EXCUSED",
    }
}

/// What the law knows of a whistle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whistle {
    pub convener: Post,
    pub status: Status,
    /// Exactly when it is closed.
    pub outcome: Option<Outcome>,
    /// Exactly when it is over.
    pub ended_at: Option<DateTime<Utc>>,
}

/// A post that is convened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    pub post: Post,
    pub part: Part,
    /// By when it reports in.
    pub due_at: DateTime<Utc>,
    pub reported_at: Option<DateTime<Utc>>,
}

/// Why a transition did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{convener} cannot convene {post}: only others at its own level and those above")]
    NotAbove { convener: Post, post: Post },
    #[error("{post} is convened twice")]
    Twice { post: Post },
    #[error("{act} does not start from {from}")]
    WrongStatus { act: Act, from: Status },
    #[error("{post} reported in at {at}")]
    ReportedAlready { post: Post, at: DateTime<Utc> },
    #[error("{pending} commitments are neither kept nor broken")]
    CommitmentsPending { pending: usize },
    #[error("{post} was not convened, and does not convene")]
    NotThere { post: Post },
}

impl Post {
    /// Where it stands.
    pub const fn level(self) -> Level {
        match self {
            Self::UnitLeader => Level::Unit,
            Self::BuildingLeader => Level::Building,
            Self::PropertyManager | Self::CommitteeMember | Self::Developer => Level::Complex,
            Self::CommunityOfficer => Level::Community,
            Self::StreetOfficer => Level::Street,
            Self::Admin => Level::District,
        }
    }

    /// Whether it may convene `other`: another unit of its own level, or anybody above.
    pub fn may_convene(self, other: Self) -> bool {
        self != other && other.level() >= self.level()
    }
}

impl Act {
    /// The statuses this act starts from.
    pub const fn starts_from(self) -> &'static [Status] {
        match self {
            Self::Blow => &[],
            Self::CallOff => &[Status::Blown],
            Self::ReportIn | Self::Minute => &[Status::Blown, Status::Minuted],
            Self::Keep | Self::Break | Self::Extend | Self::Close => &[Status::Minuted],
        }
    }
}

/// How much time a convened post has to report in.
///
/// # Panics
/// Never: the table, which is part of the program, has every severity.
pub fn report_in_budget(severity: Severity) -> Budget {
    #[expect(
        clippy::expect_used,
        reason = "the table is part of the program; a test asks it for every severity"
    )]
    REPORT_IN.get(&severity).copied().expect("every severity has a budget")
}

/// By when a post that is convened at `now` reports in; at the end of time where the calendar ends.
pub fn report_in_due(severity: Severity, calendar: &Calendar, now: DateTime<Utc>) -> DateTime<Utc> {
    let clock = Clock::start(now, report_in_budget(severity));
    due::spent_at(&clock, calendar)
}

impl Whistle {
    /// A level convenes others: `lead` answers to it, the `assist` help.
    ///
    /// # Errors
    /// [`Refusal::NotAbove`], [`Refusal::Twice`].
    pub fn blow(
        convener: Post,
        lead: Post,
        assist: &[Post],
        severity: Severity,
        calendar: &Calendar,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Call>), Refusal> {
        let due_at = report_in_due(severity, calendar, now);
        let parts = [(lead, Part::Lead)].into_iter().chain(assist.iter().map(|post| (*post, Part::Assist)));
        let mut calls: Vec<Call> = Vec::new();
        for (post, part) in parts {
            if !convener.may_convene(post) {
                return Err(Refusal::NotAbove { convener, post });
            }
            if calls.iter().any(|call| call.post == post) {
                return Err(Refusal::Twice { post });
            }
            calls.push(Call { post, part, due_at, reported_at: None });
        }
        Ok((Self { convener, status: Status::Blown, outcome: None, ended_at: None }, calls))
    }

    /// They met; what was said is written down. Again after each further meeting.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn minute(self) -> Result<Self, Refusal> {
        self.may(Act::Minute)?;
        Ok(Self { status: Status::Minuted, ..self })
    }

    /// Who commits to something was convened, or convenes.
    ///
    /// # Errors
    /// [`Refusal::NotThere`].
    pub fn commits(self, post: Post, calls: &[Call]) -> Result<(), Refusal> {
        let is_there = post == self.convener || calls.iter().any(|call| call.post == post);
        if is_there { Ok(()) } else { Err(Refusal::NotThere { post }) }
    }

    /// The convener says what came of it, once every commitment is settled.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] without minutes or when it is over, [`Refusal::CommitmentsPending`].
    pub fn close(
        self,
        outcome: Outcome,
        commitments: &[Commitment],
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        self.may(Act::Close)?;
        let pending = commitments.iter().filter(|one| one.state() == State::Pending).count();
        if pending > 0 {
            return Err(Refusal::CommitmentsPending { pending });
        }
        Ok(Self { status: Status::Closed, outcome: Some(outcome), ended_at: Some(now), ..self })
    }

    /// The convener takes it back before anybody met.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn call_off(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.may(Act::CallOff)?;
        Ok(Self { status: Status::CalledOff, ended_at: Some(now), ..self })
    }

    /// Whether an act may start now.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn may(self, act: Act) -> Result<(), Refusal> {
        let fits = act.starts_from().contains(&self.status);
        if fits { Ok(()) } else { Err(Refusal::WrongStatus { act, from: self.status }) }
    }
}

impl Call {
    /// The post is there; also when it is late.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] when the whistle is over, [`Refusal::ReportedAlready`].
    pub fn report_in(self, whistle: Whistle, now: DateTime<Utc>) -> Result<Self, Refusal> {
        whistle.may(Act::ReportIn)?;
        match self.reported_at {
            Some(at) => Err(Refusal::ReportedAlready { post: self.post, at }),
            None => Ok(Self { reported_at: Some(now), ..self }),
        }
    }

    /// Whether it came, and when; of a whistle that is over, as it ended.
    pub fn punctuality(&self, whistle: Whistle, now: DateTime<Utc>) -> Punctuality {
        let until = whistle.ended_at.unwrap_or(now);
        match self.reported_at {
            Some(at) if at < self.due_at => Punctuality::OnTime,
            Some(_) => Punctuality::Late,
            None if until >= self.due_at || whistle.status == Status::Closed => Punctuality::Missing,
            None if whistle.status == Status::CalledOff => Punctuality::Excused,
            None => Punctuality::Awaited,
        }
    }
}
