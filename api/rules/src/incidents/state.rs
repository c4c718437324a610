//! The incident and its named transitions.
//!
//! ```text
//!            acknowledge              handle                 confirm, settle by silence
//! SUBMITTED ────────────▶ IN_PROGRESS ──────▶ AWAIT_CONFIRM ───────────────────────────▶ CLOSED
//!     │                    │ │ ▲   ▲                │                                         │
//!     └─────── withdraw ───┤ │ │   ├── send back ───┘  (rework + 1, same level, new handling clock)  │
//!                          │ │ │   └── reopen ────────────────────────────────────────────────────┘
//!                          │ │ └ resume, void pause
//!                          ▼ └▶ WAITING (pause)
//!                      WITHDRAWN
//! ```
//!
//! What waits is as any work in progress: it can be handled, climb by hand and be withdrawn, and its post can be left.
//! Its pause belongs to the tenure and ends with it.
//!
//! A climb changes the level and leaves the status alone, but that what waited is in progress again. Acknowledging belongs to the tenure: after a climb the new
//! holder acknowledges anew, whatever the status, before handling. What awaits the reporter's word does not climb,
//! neither by itself nor by hand: the reporter sends it back first.
//!
//! A post that nobody fills any more is left at once, upwards if anybody stands above, otherwise down again; what is
//! sent back to such a post is left by it too.
//!
//! What was closed too soon is reopened by the reporter for a while: the same incident, at the level that settled it, with
//! a holder who acknowledges anew. After that a trouble that came back is a new report.
//!
//! Until a sweep has moved an overdue incident its people may still act. Better late than not at all, and the times
//! tell that it was late.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::budget::Budget;
use super::category::{Evidence, Terms};
use super::clock::{Change, Clock, ClockFault, Entry, Pause, PauseReason};
use super::codes::coded;
use super::due::{self, Due, DueKind};
use super::ladder::{self, Level, Next};

coded! {
    /// How far an incident has come, whoever holds it.
    pub enum Status {
        /// Reported; nobody has acknowledged it yet.
        Submitted = "SUBMITTED",
        /// Acknowledged at some level, or sent back by the reporter.
        InProgress = "IN_PROGRESS",
        /// The handling stands still, for a reason that is allowed and until a known time.
        Waiting = "WAITING",
        /// Handled; the reporter has the word.
        AwaitConfirm = "AWAIT_CONFIRM",
        /// Settled.
        Closed = "CLOSED",
        /// Taken back by the reporter before it was handled.
        Withdrawn = "WITHDRAWN",
    }
}

coded! {
    /// The named transitions.
    pub enum Act {
        Acknowledge = "ACKNOWLEDGE",
        Pause = "PAUSE",
        Resume = "RESUME",
        VoidPause = "VOID_PAUSE",
        Handle = "HANDLE",
        Confirm = "CONFIRM",
        SendBack = "SEND_BACK",
        Withdraw = "WITHDRAW",
        Climb = "CLIMB",
        SettleBySilence = "SETTLE_BY_SILENCE",
        Reopen = "REOPEN",
        Urge = "URGE",
        Note = "NOTE",
        LeaveEmptyPost = "LEAVE_EMPTY_POST",
    }
}

coded! {
    /// Why a level came to hold an incident.
    pub enum EnteredBy {
        /// The report itself: the first tenure.
        Report = "REPORT",
        /// The level below let a clock run out.
        Overdue = "OVERDUE",
        /// The level below passed it on, for the reason it wrote down.
        ByHand = "BY_HAND",
        /// The level below has no power over the matter.
        OutOfScope = "OUT_OF_SCOPE",
        /// It turned out to be worse than its category.
        Severity = "SEVERITY",
        /// The reporter did not accept what the level below did.
        Dissatisfied = "DISSATISFIED",
        /// The reporter asked for the level above.
        ResidentRequest = "RESIDENT_REQUEST",
        /// The level above took it.
        OfficerPull = "OFFICER_PULL",
        /// Nobody was left at the level that held it.
        EmptyPost = "EMPTY_POST",
        /// It was closed, and the reporter says that it is not resolved.
        Reopened = "REOPENED",
    }
}

coded! {
    /// Why somebody makes an incident climb before its clock does.
    pub enum HandReason {
        ByHand = "BY_HAND",
        OutOfScope = "OUT_OF_SCOPE",
        Severity = "SEVERITY",
        Dissatisfied = "DISSATISFIED",
        ResidentRequest = "RESIDENT_REQUEST",
        OfficerPull = "OFFICER_PULL",
    }
}

coded! {
    /// How a tenure ended. Why a climb happened in detail stands in the next tenure's [`EnteredBy`].
    pub enum ExitKind {
        /// The reporter confirmed and rated.
        Confirmed = "CONFIRMED",
        /// The reporter said nothing for the whole confirm window.
        SettledBySilence = "SETTLED_BY_SILENCE",
        /// The reporter took the report back.
        Withdrawn = "WITHDRAWN",
        /// A clock ran out.
        ClimbedOverdue = "CLIMBED_OVERDUE",
        /// Somebody passed it on or took it.
        ClimbedByHand = "CLIMBED_BY_HAND",
        /// Nobody was left to hold it.
        EmptyPost = "EMPTY_POST",
    }
}

/// What the law knows of an incident: numbers, names and times, no words and no persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incident {
    pub status: Status,
    /// How often the reporter sent it back or reopened it.
    pub rework: u32,
    /// How often it climbed.
    pub climbs: u32,
    /// The reporter's rating; none unless confirmed.
    pub rating: Option<Rating>,
    /// How often the reporter urged its holders, and when last.
    pub urges: u32,
    pub urged_at: Option<DateTime<Utc>>,
    /// The lowest level that has held it: nobody below may read it, see [`ladder::may_read`].
    pub lowest: Level,
    /// The present tenure; the last one when the incident is over.
    pub tenure: Tenure,
}

/// One level's time of holding an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tenure {
    /// 1 for the first tenure, one more for each climb. Saving a move guards on this number, so that of two who
    /// move the same incident only one succeeds.
    pub seq: u32,
    pub level: Level,
    pub entered_at: DateTime<Utc>,
    pub entered_by: EnteredBy,
    /// When this level acknowledged.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// When this level handled it; taken away again when it is sent back.
    pub handled_at: Option<DateTime<Utc>>,
    /// How many times it shouted at the top.
    pub shouts: u32,
    pub standing: Standing,
}

/// A tenure has a deadline or an end, never both and never neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Open(Due),
    Left(Exit),
}

/// When and how a tenure ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exit {
    pub at: DateTime<Utc>,
    pub how: ExitKind,
}

/// The reporter's rating of a settled incident, 1 (bad) to 5 (good).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Rating(u8);

/// A change of holder: the incident with its new tenure, and the tenure it left, both to be saved together or not at
/// all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    pub incident: Incident,
    pub left: Tenure,
}

/// What comes of a contact, handling or shouting clock that ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    Climbed(Passed),
    /// Nobody stands above: same tenure, one shout more, the next one after `remind_every`.
    StaysAtTop {
        incident: Incident,
        remind_every: Budget,
    },
}

/// Who handles again what the reporter sent back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentBack {
    /// The level that held it.
    ToHolder(Incident),
    /// Another level: nobody is left at the one that held it.
    ToAnother(Passed),
}

/// Why a transition did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{act} does not lead from {from} to {to}")]
    WrongStatus { act: Act, from: Status, to: Status },
    #[error("the {level} level acknowledged this at {at}, before {now}")]
    AlreadyAcknowledged { level: Level, at: DateTime<Utc>, now: DateTime<Utc> },
    #[error("the {level} level has not acknowledged this yet")]
    NotAcknowledged { level: Level },
    #[error("it is {now}; this is not due before {due_at}")]
    NotDue { due_at: DateTime<Utc>, now: DateTime<Utc> },
    #[error("nobody stands above the {level} level")]
    NobodyAbove { level: Level },
    #[error("somebody holds this at the {level} level")]
    PostFilled { level: Level },
    #[error("nobody else can hold this, and nobody is left at the {level} level")]
    NobodyAnywhere { level: Level },
    #[error("it was urged already; again from {again_at} on")]
    UrgedAlready { again_at: DateTime<Utc> },
    #[error("it could be reopened until {until}; it is {now}")]
    ClosedForGood { until: DateTime<Utc>, now: DateTime<Utc> },
    #[error("handling this needs {missing} as evidence")]
    EvidenceMissing { missing: Evidence },
    #[error("{act} needs a reason in words")]
    ReasonMissing { act: Act },
    #[error("work of this category does not stand still")]
    MayNotPause,
    #[error("it is overdue since {since}: what is late does not pause")]
    Late { since: DateTime<Utc> },
    #[error("it cannot pause so: {0}")]
    NoPause(ClockFault),
    #[error("there is no clock of this handling")]
    ClockMissing,
    #[error("a rating is a number from 1 to 5, not {given}")]
    RatingOutOfRange { given: u8 },
    #[error("{category} is never a ticket: it belongs to an emergency service")]
    Diverted { category: String },
}

impl Status {
    /// Nothing happens to it any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Withdrawn)
    }
}

impl Act {
    /// The statuses this act starts from.
    pub const fn starts_from(self) -> &'static [Status] {
        match self {
            Self::Acknowledge => &[Status::Submitted, Status::InProgress],
            Self::Withdraw | Self::Climb | Self::LeaveEmptyPost | Self::Urge => {
                &[Status::Submitted, Status::InProgress, Status::Waiting]
            }
            Self::Pause => &[Status::InProgress],
            Self::Resume | Self::VoidPause => &[Status::Waiting],
            Self::Handle => &[Status::InProgress, Status::Waiting],
            Self::Note => &[Status::Submitted, Status::InProgress, Status::Waiting, Status::AwaitConfirm],
            Self::Confirm | Self::SendBack | Self::SettleBySilence => &[Status::AwaitConfirm],
            Self::Reopen => &[Status::Closed],
        }
    }

    /// The status this act leads to.
    const fn leads_to(self, from: Status) -> Status {
        match self {
            Self::Acknowledge | Self::SendBack | Self::Resume | Self::VoidPause | Self::Reopen => {
                Status::InProgress
            }
            Self::Pause => Status::Waiting,
            Self::Handle => Status::AwaitConfirm,
            Self::Confirm | Self::SettleBySilence => Status::Closed,
            Self::Withdraw => Status::Withdrawn,
            Self::Urge | Self::Note => from,
            Self::Climb | Self::LeaveEmptyPost => match from {
                Status::Waiting => Status::InProgress,
                status => status,
            },
        }
    }
}

impl ExitKind {
    /// Counts as absorbed by the level that held it.
    pub const fn is_resolved(self) -> bool {
        matches!(self, Self::Confirmed | Self::SettledBySilence)
    }
}

impl Rating {
    /// # Errors
    /// [`Refusal::RatingOutOfRange`] for anything but 1 to 5.
    pub const fn new(given: u8) -> Result<Self, Refusal> {
        match given {
            1..=5 => Ok(Self(given)),
            _ => Err(Refusal::RatingOutOfRange { given }),
        }
    }

    /// 1 to 5.
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Rating {
    type Error = Refusal;

    fn try_from(given: u8) -> Result<Self, Refusal> {
        Self::new(given)
    }
}

impl From<Rating> for u8 {
    fn from(rating: Rating) -> Self {
        rating.get()
    }
}

impl From<HandReason> for EnteredBy {
    fn from(reason: HandReason) -> Self {
        match reason {
            HandReason::ByHand => Self::ByHand,
            HandReason::OutOfScope => Self::OutOfScope,
            HandReason::Severity => Self::Severity,
            HandReason::Dissatisfied => Self::Dissatisfied,
            HandReason::ResidentRequest => Self::ResidentRequest,
            HandReason::OfficerPull => Self::OfficerPull,
        }
    }
}

impl Tenure {
    /// The running deadline; none once the tenure has ended.
    pub const fn due(&self) -> Option<Due> {
        match self.standing {
            Standing::Open(due) => Some(due),
            Standing::Left(_) => None,
        }
    }

    /// The end; none while the tenure is open.
    pub const fn exit(&self) -> Option<Exit> {
        match self.standing {
            Standing::Open(_) => None,
            Standing::Left(exit) => Some(exit),
        }
    }

    /// A level that has just come to hold the incident has acknowledged nothing yet.
    fn entered(seq: u32, level: Level, by: EnteredBy, terms: &Terms, now: DateTime<Utc>) -> Self {
        Self {
            seq,
            level,
            entered_at: now,
            entered_by: by,
            acknowledged_at: None,
            handled_at: None,
            shouts: 0,
            standing: Standing::Open(due::contact_due(now, terms)),
        }
    }

    fn with_due(self, due: Due) -> Self {
        Self { standing: Standing::Open(due), ..self }
    }

    fn left(self, how: ExitKind, now: DateTime<Utc>) -> Self {
        Self { standing: Standing::Left(Exit { at: now, how }), ..self }
    }
}

impl Incident {
    /// A report becomes an incident, held from its first moment on.
    pub fn report(terms: &Terms, staffed: &BTreeSet<Level>, now: DateTime<Utc>) -> Self {
        let level = ladder::first_level(staffed, terms);
        Self {
            status: Status::Submitted,
            rework: 0,
            climbs: 0,
            rating: None,
            urges: 0,
            urged_at: None,
            lowest: level,
            tenure: Tenure::entered(1, level, EnteredBy::Report, terms, now),
        }
    }

    /// The holder has seen it and taken it on: the contact clock (or the shouting) stops, the handling clock starts.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::AlreadyAcknowledged`] by this level.
    pub fn acknowledge(self, terms: &Terms, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::Acknowledge)?;
        if let Some(at) = self.tenure.acknowledged_at {
            return Err(Refusal::AlreadyAcknowledged { level: self.tenure.level, at, now });
        }
        let tenure = Tenure { acknowledged_at: Some(now), ..self.tenure };
        Ok(Self { status, tenure: tenure.with_due(due::handle_due(now, terms)), ..self })
    }

    /// The handling stands still, until `until` or as long as the terms allow its clock, `handling`.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NotAcknowledged`] by this level, [`Refusal::ReasonMissing`],
    /// [`Refusal::MayNotPause`] where the terms know no pauses, [`Refusal::Late`], [`Refusal::NoPause`],
    /// [`Refusal::ClockMissing`].
    pub fn pause(
        self,
        reason: PauseReason,
        words: &str,
        until: DateTime<Utc>,
        handling: Option<&Clock>,
        terms: &Terms,
        now: DateTime<Utc>,
    ) -> Result<(Self, Pause), Refusal> {
        let status = self.after(Act::Pause)?;
        if self.tenure.acknowledged_at.is_none() {
            return Err(Refusal::NotAcknowledged { level: self.tenure.level });
        }
        worded(Act::Pause, words)?;
        let limits = terms.pauses.ok_or(Refusal::MayNotPause)?;
        let handling = handling.ok_or(Refusal::ClockMissing)?;
        let runs_out = Due::of(DueKind::Handle, handling);
        if runs_out.has_passed(now) {
            return Err(Refusal::Late { since: runs_out.at });
        }
        let pause = handling.pause(reason, until, limits, now).map_err(Refusal::NoPause)?;
        let tenure = self.tenure.with_due(Due { kind: DueKind::Resume, at: pause.span.to });
        Ok((Self { status, tenure, ..self }, pause))
    }

    /// The holder goes on before the pause of `handling`, its clock, is over; nothing happens to the clock if it was over
    /// just now.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn resume(
        self,
        handling: Option<&Clock>,
        terms: &Terms,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<Entry>), Refusal> {
        match handling.filter(|handling| handling.paused(now).is_some()) {
            Some(handling) => {
                let (then, entry) = self.goes_on(Act::Resume, Change::Resume, handling, now)?;
                Ok((then, Some(entry)))
            }
            None => Ok((self.pause_over(handling, terms, now)?, None)),
        }
    }

    /// The handling goes on because the pause of its clock came to its end; from the beginning where that clock is lost.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn pause_over(
        self,
        handling: Option<&Clock>,
        terms: &Terms,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        let status = self.after(Act::Resume)?;
        let due = handling
            .map_or_else(|| due::handle_due(now, terms), |handling| Due::of(DueKind::Handle, handling));
        Ok(Self { status, tenure: self.tenure.with_due(due), ..self })
    }

    /// The handling goes on as if it had never paused: somebody above says in `words`, while it lasts, that there was no
    /// reason.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`], [`Refusal::ClockMissing`].
    pub fn void_pause(
        self,
        words: &str,
        handling: Option<&Clock>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Entry), Refusal> {
        self.after(Act::VoidPause)?;
        worded(Act::VoidPause, words)?;
        self.goes_on(Act::VoidPause, Change::Void, handling.ok_or(Refusal::ClockMissing)?, now)
    }

    fn goes_on(
        self,
        act: Act,
        change: Change,
        handling: &Clock,
        now: DateTime<Utc>,
    ) -> Result<(Self, Entry), Refusal> {
        let status = self.after(act)?;
        let entry = Entry { at: now, change };
        let handling = handling.clone().after(entry).map_err(Refusal::NoPause)?;
        let tenure = self.tenure.with_due(Due::of(DueKind::Handle, &handling));
        Ok((Self { status, tenure, ..self }, entry))
    }

    /// The holder has done the work and shows it: `words`, and `photos` taken afterwards where the category asks.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NotAcknowledged`] by this level, [`Refusal::EvidenceMissing`].
    pub fn handle(
        self,
        words: &str,
        photos: usize,
        terms: &Terms,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        let status = self.after(Act::Handle)?;
        if self.tenure.acknowledged_at.is_none() {
            return Err(Refusal::NotAcknowledged { level: self.tenure.level });
        }
        if words.trim().is_empty() {
            return Err(Refusal::EvidenceMissing { missing: Evidence::Text });
        }
        if terms.evidence == Evidence::Photo && photos == 0 {
            return Err(Refusal::EvidenceMissing { missing: Evidence::Photo });
        }
        let tenure = Tenure { handled_at: Some(now), ..self.tenure };
        Ok(Self { status, tenure: tenure.with_due(due::confirm_due(now)), ..self })
    }

    /// The reporter says that it is resolved, and how well.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn confirm(self, rating: Rating, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::Confirm)?;
        Ok(Self { status, rating: Some(rating), tenure: self.tenure.left(ExitKind::Confirmed, now), ..self })
    }

    /// The reporter says that it is not resolved, and why: the same level handles it again, on a new clock, or whoever
    /// is there when nobody is left at that level.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`].
    pub fn send_back(
        self,
        reason: &str,
        terms: &Terms,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<SentBack, Refusal> {
        let status = self.after(Act::SendBack)?;
        worded(Act::SendBack, reason)?;
        let rework = self.rework.saturating_add(1);
        let tenure = Tenure { handled_at: None, ..self.tenure };
        let tenure = tenure.with_due(due::handle_due(now, terms));
        let back = Self { status, rework, tenure, ..self };
        Ok(match back.leave_empty_post(terms, staffed, now) {
            // The tenure that ends did handle it.
            Ok(passed) => {
                SentBack::ToAnother(Passed { left: self.tenure.left(ExitKind::EmptyPost, now), ..passed })
            }
            Err(_) => SentBack::ToHolder(back),
        })
    }

    /// The reporter takes it back, as long as it is not handled.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn withdraw(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::Withdraw)?;
        Ok(Self { status, tenure: self.tenure.left(ExitKind::Withdrawn, now), ..self })
    }

    /// A contact, handling or shouting clock ran out: it climbs, or stays at the top and shouts.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NotDue`] while `now < due_at`.
    pub fn climb_overdue(
        self,
        terms: &Terms,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<Overdue, Refusal> {
        self.after(Act::Climb)?;
        self.overdue(now)?;
        if let Some(level) = self.above(terms, staffed) {
            let passed = self.passed(level, ExitKind::ClimbedOverdue, EnteredBy::Overdue, terms, now);
            return Ok(Overdue::Climbed(passed));
        }
        let tenure = Tenure { shouts: self.tenure.shouts.saturating_add(1), ..self.tenure };
        let tenure = tenure.with_due(due::shout_due(now, terms));
        Ok(Overdue::StaysAtTop { incident: Self { tenure, ..self }, remind_every: terms.first_contact })
    }

    /// Somebody passes it up or takes it up, and says why in `words`.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`], [`Refusal::NobodyAbove`].
    pub fn climb_by_hand(
        self,
        reason: HandReason,
        words: &str,
        terms: &Terms,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<Passed, Refusal> {
        self.after(Act::Climb)?;
        worded(Act::Climb, words)?;
        match self.above(terms, staffed) {
            Some(level) => Ok(self.passed(level, ExitKind::ClimbedByHand, reason.into(), terms, now)),
            None => Err(Refusal::NobodyAbove { level: self.tenure.level }),
        }
    }

    /// Nobody is left at the level that holds it: it goes to the lowest staffed level above or, with nobody above, to
    /// where a report would begin now.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] also for what awaits the reporter, who has the word; [`Refusal::PostFilled`],
    /// [`Refusal::NobodyAnywhere`].
    pub fn leave_empty_post(
        self,
        terms: &Terms,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<Passed, Refusal> {
        self.after(Act::LeaveEmptyPost)?;
        let level = self.tenure.level;
        if staffed.contains(&level) {
            return Err(Refusal::PostFilled { level });
        }
        match ladder::next_level(level, staffed, terms) {
            Next::To(to) => Ok(self.passed(to, ExitKind::EmptyPost, EnteredBy::EmptyPost, terms, now)),
            Next::StaysAtTop { .. } => Err(Refusal::NobodyAnywhere { level }),
        }
    }

    /// The reporter let the confirm window pass: settled, without a rating.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NotDue`] while the window is open.
    pub fn settle_by_silence(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::SettleBySilence)?;
        self.overdue(now)?;
        Ok(Self { status, tenure: self.tenure.left(ExitKind::SettledBySilence, now), ..self })
    }

    /// The reporter asks the holder to hurry. It moves nothing by itself; it is counted, and seen by all who hold it.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::UrgedAlready`] within [`due::URGE_EVERY`].
    pub fn urge(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::Urge)?;
        if let Some(again_at) = self.urged_at.map(due::urge_again_at).filter(|again_at| now < *again_at) {
            return Err(Refusal::UrgedAlready { again_at });
        }
        Ok(Self { status, urges: self.urges.saturating_add(1), urged_at: Some(now), ..self })
    }

    /// Somebody concerned says something. It changes nothing but that it was said.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] once it is over, [`Refusal::ReasonMissing`] without words.
    pub fn note(self, words: &str) -> Result<Self, Refusal> {
        self.after(Act::Note)?;
        worded(Act::Note, words).map(|()| self)
    }

    /// Until when the reporter may reopen it; none unless it is closed.
    pub fn reopen_until(&self) -> Option<DateTime<Utc>> {
        let exit = self.tenure.exit().filter(|_| self.status == Status::Closed)?;
        Some(due::reopen_until(exit.at))
    }

    /// The reporter says in words that what was closed is not resolved: the level that settled it has it again, or, when
    /// nobody is left there, whoever an empty post's work goes to. The rating was for another end and is gone.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`], [`Refusal::ClosedForGood`].
    pub fn reopen(
        self,
        reason: &str,
        terms: &Terms,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<Passed, Refusal> {
        let status = self.after(Act::Reopen)?;
        worded(Act::Reopen, reason)?;
        if let Some(until) = self.reopen_until().filter(|until| now >= *until) {
            return Err(Refusal::ClosedForGood { until, now });
        }
        let level = match ladder::next_level(self.tenure.level, staffed, terms) {
            Next::To(level) if !staffed.contains(&self.tenure.level) => level,
            Next::To(_) | Next::StaysAtTop { .. } => self.tenure.level,
        };
        let seq = self.tenure.seq.saturating_add(1);
        let tenure = Tenure::entered(seq, level, EnteredBy::Reopened, terms, now);
        let (rework, lowest) = (self.rework.saturating_add(1), self.lowest.min(level));
        let incident = Self { status, rework, rating: None, lowest, tenure, ..self };
        Ok(Passed { incident, left: self.tenure })
    }

    /// The status after `act`, if it may start from the present one.
    fn after(&self, act: Act) -> Result<Status, Refusal> {
        let to = act.leads_to(self.status);
        if act.starts_from().contains(&self.status) {
            Ok(to)
        } else {
            Err(Refusal::WrongStatus { act, from: self.status, to })
        }
    }

    /// The level that it climbs to.
    fn above(&self, terms: &Terms, staffed: &BTreeSet<Level>) -> Option<Level> {
        match ladder::next_level(self.tenure.level, staffed, terms) {
            Next::To(level) if level > self.tenure.level => Some(level),
            Next::To(_) | Next::StaysAtTop { .. } => None,
        }
    }

    fn overdue(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        match self.tenure.due() {
            Some(due) if !due.has_passed(now) => Err(Refusal::NotDue { due_at: due.at, now }),
            Some(_) | None => Ok(()),
        }
    }

    fn passed(
        self,
        level: Level,
        how: ExitKind,
        entered_by: EnteredBy,
        terms: &Terms,
        now: DateTime<Utc>,
    ) -> Passed {
        let seq = self.tenure.seq.saturating_add(1);
        let tenure = Tenure::entered(seq, level, entered_by, terms, now);
        let climbs = self.climbs.saturating_add(u32::from(level > self.tenure.level));
        let status = Act::Climb.leads_to(self.status);
        let incident = Self { status, climbs, lowest: self.lowest.min(level), tenure, ..self };
        Passed { incident, left: self.tenure.left(how, now) }
    }
}

fn worded(act: Act, words: &str) -> Result<(), Refusal> {
    if words.trim().is_empty() { Err(Refusal::ReasonMissing { act }) } else { Ok(()) }
}
