//! The incident and its named transitions.
//!
//! ```text
//!                accept            assign             acknowledge             handle                   pass, or spared
//! SUBMITTED ────────────▶ ACCEPTED ────────▶ ASSIGNED ────────▶ IN_PROGRESS ──────▶ VERIFYING ─────────────▶ AWAIT_CONFIRM
//!   │ ▲  │                  │                  │                 │ ▲  ▲  ▲              │                    │         │
//!   │ │  └──────────────────┴── acknowledge ───┴─────────────────┘ │  │  └──── fail ────┘                    │ confirm, silence
//!   │ │ reply                                                      │  └────────────── send back ─────────────┘         │
//!   ▼ │                                              pause, resume ▼                (rework + 1)                       ▼
//! NEED_INFO                                                     WAITING ◀───── reopen: IN_PROGRESS, rework + 1 ───── CLOSED
//!
//! before it is handled   withdraw ──▶ WITHDRAWN     divert ──▶ DIVERTED
//! before it is taken on  reject ──▶ REJECTED, whence an appeal leads to SUBMITTED at the level above
//! as long as it is open  force close, by a level above ──▶ CLOSED
//! ```
//!
//! What a level may do at once it need not do in steps: whoever acknowledges a report has accepted it and has it
//! assigned. [`Act::starts_from`], [`Act::by`] and what a transition asks for are the whole table.
//!
//! What waits is as any work in progress: it can be handled, climb by hand and be withdrawn, and its post can be left.
//! Its pause belongs to the tenure and ends with it.
//!
//! A climb changes the level and leaves the status alone, but that what stood still goes on, and that what was assigned
//! is somebody else's to assign. Acknowledging belongs to the tenure: after a climb the new holder acknowledges anew,
//! whatever the status, before handling. What awaits the reporter's or an inspector's word does not climb, neither by
//! itself nor by hand.
//!
//! A post that nobody fills any more is left at once, upwards if anybody stands above, otherwise down again; what is
//! sent back to such a post is left by it too.
//!
//! What was closed too soon is reopened by the reporter for a while: the same incident, at the level that settled it, with
//! a holder who acknowledges anew. After that a trouble that came back is a new report.
//!
//! What is one trouble with another is merged with it: the other leads, its clock counts for both, and this one's stands
//! still. On its own again it is what it was, with the time left that it had. When the leading one is handled its
//! reporter is asked too.
//!
//! ```text
//! SUBMITTED, IN_PROGRESS, WAITING ──merge──▶ MERGED ──ask──▶ AWAIT_CONFIRM ──confirm, silence, quorum──▶ CLOSED
//!              ▲     ▲                        │ │                │
//!              │     └── split, succeed ──────┘ └─ withdraw      │
//!              └──────── split (still broken) ───────────────────┘
//! ```
//!
//! Until a sweep has moved an overdue incident its people may still act. Better late than not at all, and the times
//! tell that it was late.
//!
//! Beside the transitions here: [`super::triage`] takes a report on or sends it elsewhere, [`super::handover`] passes it
//! to another level with that level's or a superior's consent, [`super::verdict`] is what inspectors and the reporter say of
//! the work.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::budget::Budget;
use super::category::Evidence;
use super::clock::{Change, Clock, ClockFault, Entry, Pause, PauseReason};
use super::codes::coded;
use super::due::{self, Due, DueKind};
use super::handover::Proposal;
use super::ladder::{self, Level, Next};
use super::policy::Policy;
use super::running::{Running, Turn};
use super::triage::{Elsewhere, NotTaken};
use super::verdict::{Answer, Inspection, Opinion, Resolved};
use crate::calendar::Span;

coded! {
    /// Where a report came from.
    pub enum Origin {
        /// Somebody of the place.
        Resident = "RESIDENT",
        /// A patrol found it; whether before anybody reported it, see [`crate::patrols::found_first`].
        Patrol = "PATROL",
        /// Somebody told a visitor.
        Visit = "VISIT",
        /// Another system sent it.
        Open311 = "OPEN311",
        /// Somebody called.
        Phone = "PHONE",
    }
}

coded! {
    /// How far an incident has come, whoever holds it.
    pub enum Status {
        /// Reported; nobody has acknowledged it yet.
        Submitted = "SUBMITTED",
        /// The holder asked the reporter something, and its clocks stand still for the answer.
        NeedInfo = "NEED_INFO",
        /// Found to be the ladder's to handle; nobody has it in hand.
        Accepted = "ACCEPTED",
        /// Given to somebody of the post that holds it.
        Assigned = "ASSIGNED",
        /// Acknowledged at some level, or sent back.
        InProgress = "IN_PROGRESS",
        /// The handling stands still, for a reason that is allowed and until a known time.
        Waiting = "WAITING",
        /// Handled; a level above looks whether it is.
        Verifying = "VERIFYING",
        /// It is one trouble with another, which leads: whoever holds that holds this, and its own clock stands still.
        Merged = "MERGED",
        /// Handled; the reporter has the word.
        AwaitConfirm = "AWAIT_CONFIRM",
        /// Settled.
        Closed = "CLOSED",
        /// Taken back by the reporter before it was handled.
        Withdrawn = "WITHDRAWN",
        /// It belongs to somebody beside the ladder, who was named to the reporter.
        Diverted = "DIVERTED",
        /// Not taken on, for a reason that the reporter may appeal.
        Rejected = "REJECTED",
    }
}

coded! {
    /// The named transitions.
    pub enum Act {
        Accept = "ACCEPT",
        AskInfo = "ASK_INFO",
        Reply = "REPLY",
        Assign = "ASSIGN",
        Divert = "DIVERT",
        Reject = "REJECT",
        Appeal = "APPEAL",
        Acknowledge = "ACKNOWLEDGE",
        Pause = "PAUSE",
        /// The holder says when somebody comes.
        Appoint = "APPOINT",
        Resume = "RESUME",
        VoidPause = "VOID_PAUSE",
        /// It is held to another policy.
        Retarget = "RETARGET",
        Handle = "HANDLE",
        PassInspection = "PASS_INSPECTION",
        FailInspection = "FAIL_INSPECTION",
        Confirm = "CONFIRM",
        SendBack = "SEND_BACK",
        Withdraw = "WITHDRAW",
        Climb = "CLIMB",
        SettleBySilence = "SETTLE_BY_SILENCE",
        Reopen = "REOPEN",
        Urge = "URGE",
        Note = "NOTE",
        Whistle = "WHISTLE",
        Await = "AWAIT",
        LeaveEmptyPost = "LEAVE_EMPTY_POST",
        ForceClose = "FORCE_CLOSE",
        /// The holder says that it is not theirs.
        Object = "OBJECT",
        /// The holder asks a level below to have it back.
        Delegate = "DELEGATE",
        /// Whoever an objection or a delegation is put to agrees.
        Consent = "CONSENT",
        Decline = "DECLINE",
        /// Nobody that it was put to answered in time.
        Lapse = "LAPSE",
        Merge = "MERGE",
        Split = "SPLIT",
        Ask = "ASK",
        Succeed = "SUCCEED",
        RollUp = "ROLL_UP",
        SettleByQuorum = "SETTLE_BY_QUORUM",
    }
}

/// Who may do it, as they stand to the incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Reporter,
    /// Whoever fills the post that holds it.
    Holder,
    /// A level above the one that holds it.
    Above,
    /// Whoever the open proposal is put to, see [`Proposal::is_put_to`].
    Asked,
    /// The reporter, or anybody on its ladder.
    Concerned,
    /// One of these by the reason that is given, see [`HandReason::by`].
    ByReason,
    /// Nobody: it happens by itself, or because it happens to what it is one trouble with.
    Clock,
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
        /// So many households have it, or urge, that its policy takes it up.
        Volume = "VOLUME",
        /// Nobody was left at the level that held it.
        EmptyPost = "EMPTY_POST",
        /// It was closed, and the reporter says that it is not resolved.
        Reopened = "REOPENED",
        /// So many households of the level's place have the trouble that it is the level's.
        RolledUp = "ROLLED_UP",
        /// A level above asked for it to be taken back, and this level agreed.
        Delegated = "DELEGATED",
        /// The holder before said that it was not theirs, and was right.
        Objection = "OBJECTION",
        /// The level below would not take it on, and the reporter appealed.
        Appeal = "APPEAL",
        /// What it was merged with and led both is gone.
        Succession = "SUCCESSION",
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
        /// What was counted of it made it climb: its households, or what its reporter did not accept.
        ClimbedByCount = "CLIMBED_BY_COUNT",
        /// Nobody was left to hold it.
        EmptyPost = "EMPTY_POST",
        /// It became the trouble of a wider place.
        RolledUp = "ROLLED_UP",
        /// A level below took it back.
        Delegated = "DELEGATED",
        /// It never was this level's.
        NotOurs = "NOT_OURS",
        /// It was nobody's on the ladder.
        Diverted = "DIVERTED",
        /// It was not taken on.
        Rejected = "REJECTED",
        /// A level above closed it against the holder's work or the reporter's word.
        Forced = "FORCED",
        /// It is one trouble with another, which leads. Undone when it is on its own again.
        Merged = "MERGED",
        /// The reporter said nothing while a quorum of the households with the same trouble confirmed.
        SettledByQuorum = "SETTLED_BY_QUORUM",
    }
}

/// What the law knows of an incident: numbers, names and times, no words and no persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incident {
    pub status: Status,
    /// How often it was sent back or reopened.
    pub rework: u32,
    /// How often of these its own clock went on: see [`Self::still_broken`].
    pub apart: u32,
    /// How many households carry it, each once: those that reported it, or what it leads, and those that urged.
    pub households: u32,
    /// How often it climbed.
    pub climbs: u32,
    /// What the reporter said of the last handling.
    pub answer: Option<Answer>,
    /// How often a holder said that it was not theirs, and how often they were right.
    pub objections: u32,
    pub misrouted: u32,
    /// Where it belongs, when it is diverted.
    pub elsewhere: Option<Elsewhere>,
    /// Why it was not taken on, when it is rejected.
    pub not_taken: Option<NotTaken>,
    /// How often its holders were urged, by its reporter or by whoever follows it.
    pub urges: u32,
    /// The lowest level that has held it: nobody below may read it, see [`ladder::may_read`].
    pub lowest: Level,
    /// The status that it had when it was merged with what leads it, and has again on its own; none unless it is merged,
    /// or awaits its reporter because what leads it was handled.
    pub merged_from: Option<Status>,
    /// When somebody comes, as its holder said. It ends with the work, and with the tenure.
    pub comes: Option<Span>,
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
    /// How many households had it, and how often it had been sent back or reopened, when its level came to hold it.
    pub households_before: u32,
    pub rework_before: u32,
    /// What its holder asks of another level. It ends with the tenure.
    pub proposal: Option<Proposal>,
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
    #[error("by its policy this does not leave the {level} level for {reason}")]
    NotByPolicy { level: Level, reason: HandReason },
    #[error("by its policy this may leave the {level} level for {reason} from {from} on")]
    TooSoon { level: Level, reason: HandReason, from: DateTime<Utc> },
    #[error("by its policy this climbs {at_most} times for {reason}, and did")]
    TooOften { reason: HandReason, at_most: u16 },
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
    #[error("by its policy this does not stand still for that reason")]
    MayNotPause,
    #[error("it is overdue since {since}: what is late does not pause")]
    Late { since: DateTime<Utc> },
    #[error("it cannot pause so: {0}")]
    NoPause(ClockFault),
    #[error("somebody comes within 30 days, for 12 hours at most")]
    NobodyComesThen,
    #[error("there is no clock of this handling")]
    ClockMissing,
    #[error("something is put to another level until {until} already")]
    ProposalOpen { until: DateTime<Utc> },
    #[error("nothing is put to anybody any more")]
    NoProposal,
    #[error("it cannot go to the {level} level so")]
    NotThere { level: Level },
    #[error("it was said {times} times that this is not theirs, and no more is heard")]
    ObjectionsUsedUp { times: u32 },
    #[error("it is not one that can be a recurrence: closed, and too long ago to be reopened")]
    NoRecurrence,
    #[error("a household takes it on, handles it or passes it on; {act} is for those who hold an office")]
    NotAHouseholds { act: Act },
    #[error("it is not merged with anything")]
    NotMerged,
    #[error("it is merged with others: what is not resolved splits off")]
    SplitsOff,
    #[error("{category} is never a ticket: it belongs to an emergency service")]
    Diverted { category: String },
}

impl Status {
    /// Nothing happens to it any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Withdrawn | Self::Diverted | Self::Rejected)
    }

    /// It ended without being anybody's work: taken back, sent elsewhere, or not taken on.
    pub const fn is_dropped(self) -> bool {
        matches!(self, Self::Withdrawn | Self::Diverted | Self::Rejected)
    }

    /// What becomes of it when another tenure begins: a pause ends with its tenure, and who had it in hand is gone.
    #[must_use]
    pub const fn passed_on(self) -> Self {
        match self {
            Self::Waiting => Self::InProgress,
            Self::NeedInfo => Self::Submitted,
            Self::Assigned => Self::Accepted,
            status => status,
        }
    }
}

impl Act {
    /// The statuses this act starts from.
    pub const fn starts_from(self) -> &'static [Status] {
        use Status::{
            Accepted, Assigned, AwaitConfirm, Closed, InProgress, Merged, NeedInfo, Rejected, Submitted,
            Verifying, Waiting,
        };
        match self {
            Self::Accept | Self::AskInfo | Self::Await => &[Submitted],
            Self::Reply => &[NeedInfo],
            Self::Assign => &[Submitted, Accepted, Assigned, InProgress, Waiting],
            Self::Acknowledge => &[Submitted, NeedInfo, Accepted, Assigned, InProgress],
            Self::Reject => &[Submitted, NeedInfo, Accepted, Assigned],
            Self::Withdraw | Self::Urge => {
                &[Submitted, NeedInfo, Accepted, Assigned, InProgress, Waiting, Merged]
            }
            Self::Merge
            | Self::Whistle
            | Self::Divert
            | Self::Climb
            | Self::LeaveEmptyPost
            | Self::RollUp
            | Self::Object
            | Self::Delegate
            | Self::Consent
            | Self::Decline
            | Self::Lapse
            | Self::Retarget => &[Submitted, NeedInfo, Accepted, Assigned, InProgress, Waiting],
            Self::Pause => &[InProgress],
            Self::Resume | Self::VoidPause => &[Waiting],
            Self::Handle | Self::Appoint => &[InProgress, Waiting],
            Self::PassInspection | Self::FailInspection => &[Verifying],
            Self::Note => &[
                Submitted,
                NeedInfo,
                Accepted,
                Assigned,
                InProgress,
                Waiting,
                Merged,
                Verifying,
                AwaitConfirm,
            ],
            Self::ForceClose => {
                &[Submitted, NeedInfo, Accepted, Assigned, InProgress, Waiting, Verifying, AwaitConfirm]
            }
            Self::Confirm | Self::SendBack | Self::SettleBySilence | Self::SettleByQuorum => &[AwaitConfirm],
            Self::Split => &[Merged, AwaitConfirm],
            Self::Ask | Self::Succeed => &[Merged],
            Self::Reopen => &[Closed],
            Self::Appeal => &[Rejected],
        }
    }

    /// The status this act leads to; a handling that is inspected leads to [`Status::Verifying`] instead.
    pub(super) const fn leads_to(self, from: Status) -> Status {
        match self {
            Self::Accept => Status::Accepted,
            Self::AskInfo => Status::NeedInfo,
            Self::Reply | Self::Appeal => Status::Submitted,
            Self::Merge => Status::Merged,
            Self::Assign => match from {
                Status::InProgress | Status::Waiting => from,
                _ => Status::Assigned,
            },
            Self::Acknowledge
            | Self::SendBack
            | Self::FailInspection
            | Self::Resume
            | Self::VoidPause
            | Self::Reopen
            // Where it was when it was merged, which it remembers.
            | Self::Split
            | Self::Succeed => Status::InProgress,
            Self::Pause => Status::Waiting,
            Self::Handle | Self::PassInspection | Self::Ask => Status::AwaitConfirm,
            Self::Confirm | Self::SettleBySilence | Self::SettleByQuorum | Self::ForceClose => Status::Closed,
            Self::Withdraw => Status::Withdrawn,
            Self::Divert => Status::Diverted,
            Self::Reject => Status::Rejected,
            Self::Urge
            | Self::Note
            | Self::Appoint
            | Self::Whistle
            | Self::Await
            | Self::Object
            | Self::Delegate
            | Self::Decline
            | Self::Lapse
            | Self::Retarget => from,
            Self::Climb | Self::LeaveEmptyPost | Self::RollUp | Self::Consent => from.passed_on(),
        }
    }

    /// Whether a household may do it of what it holds: it answers its neighbours, and judges nobody's report.
    pub const fn is_a_households(self) -> bool {
        matches!(self, Self::Acknowledge | Self::Handle | Self::Object)
    }

    /// Who may do it.
    pub const fn by(self) -> By {
        match self {
            Self::Accept
            | Self::AskInfo
            | Self::Assign
            | Self::Acknowledge
            | Self::Pause
            | Self::Appoint
            | Self::Resume
            | Self::Handle
            | Self::Divert
            | Self::Reject
            | Self::Object
            | Self::Delegate
            | Self::Whistle => By::Holder,
            Self::Reply
            | Self::Appeal
            | Self::Confirm
            | Self::SendBack
            | Self::Withdraw
            | Self::Reopen
            | Self::Urge => By::Reporter,
            Self::VoidPause
            | Self::Retarget
            | Self::PassInspection
            | Self::FailInspection
            | Self::ForceClose => By::Above,
            Self::Consent | Self::Decline => By::Asked,
            Self::Note => By::Concerned,
            Self::Climb => By::ByReason,
            Self::SettleBySilence
            | Self::LeaveEmptyPost
            | Self::Lapse
            | Self::Await
            | Self::Merge
            | Self::Split
            | Self::Ask
            | Self::Succeed
            | Self::RollUp
            | Self::SettleByQuorum => By::Clock,
        }
    }
}

impl ExitKind {
    /// Counts as absorbed by the level that held it.
    pub const fn is_resolved(self) -> bool {
        matches!(self, Self::Confirmed | Self::SettledBySilence | Self::SettledByQuorum)
    }
}

impl HandReason {
    /// Whose reason it is: the holder passes it on, the reporter asks, a level above takes it.
    pub const fn by(self) -> By {
        match self {
            Self::ByHand | Self::OutOfScope | Self::Severity => By::Holder,
            Self::Dissatisfied | Self::ResidentRequest => By::Reporter,
            Self::OfficerPull => By::Above,
        }
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
    pub(super) fn entered(
        seq: u32,
        level: Level,
        by: EnteredBy,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            seq,
            level,
            entered_at: now,
            entered_by: by,
            acknowledged_at: None,
            handled_at: None,
            shouts: 0,
            households_before: 0,
            rework_before: 0,
            proposal: None,
            standing: Standing::Open(due::contact_due(now, policy, level)),
        }
    }

    pub(super) fn with_due(self, due: Due) -> Self {
        Self { standing: Standing::Open(due), ..self }
    }

    pub(super) fn left(self, how: ExitKind, now: DateTime<Utc>) -> Self {
        Self { proposal: None, standing: Standing::Left(Exit { at: now, how }), ..self }
    }
}

impl Incident {
    /// A report becomes an incident, held from its first moment on.
    pub fn report(policy: &Policy, staffed: &BTreeSet<Level>, now: DateTime<Utc>) -> Self {
        let level = ladder::first_level(staffed, policy);
        Self {
            status: Status::Submitted,
            rework: 0,
            apart: 0,
            households: 1,
            climbs: 0,
            answer: None,
            objections: 0,
            misrouted: 0,
            elsewhere: None,
            not_taken: None,
            urges: 0,
            lowest: level,
            merged_from: None,
            comes: None,
            tenure: Tenure::entered(1, level, EnteredBy::Report, policy, now),
        }
    }

    /// The holder has seen it and taken it on: the contact clock (or the shouting) stops, the handling clock starts.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::AlreadyAcknowledged`] by this level.
    pub fn acknowledge(self, policy: &Policy, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::Acknowledge)?;
        if let Some(at) = self.tenure.acknowledged_at {
            return Err(Refusal::AlreadyAcknowledged { level: self.tenure.level, at, now });
        }
        let tenure = Tenure { acknowledged_at: Some(now), ..self.tenure };
        Ok(Self { status, tenure: tenure.with_due(due::handle_due(now, policy, self.tenure.level)), ..self })
    }

    /// The handling stands still, until `until` or as long as the policy allows its clock, `handling`.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NotAcknowledged`] by this level, [`Refusal::ReasonMissing`],
    /// [`Refusal::MayNotPause`] where the policy allows none for this reason, [`Refusal::Late`], [`Refusal::NoPause`],
    /// [`Refusal::ClockMissing`].
    pub fn pause(
        self,
        reason: PauseReason,
        words: &str,
        until: DateTime<Utc>,
        handling: Option<&Clock>,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<(Self, Pause), Refusal> {
        let status = self.after(Act::Pause)?;
        if self.tenure.acknowledged_at.is_none() {
            return Err(Refusal::NotAcknowledged { level: self.tenure.level });
        }
        worded(Act::Pause, words)?;
        let limits = policy.pauses(reason).ok_or(Refusal::MayNotPause)?;
        let handling = handling.ok_or(Refusal::ClockMissing)?;
        let runs_out = Due::of(DueKind::Handle, handling, &policy.calendar);
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
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<(Self, Option<Entry>), Refusal> {
        match handling.filter(|handling| handling.paused(now).is_some()) {
            Some(handling) => {
                let (then, entry) = self.goes_on((Act::Resume, Change::Resume), handling, policy, now)?;
                Ok((then, Some(entry)))
            }
            None => Ok((self.pause_over(handling, policy, now)?, None)),
        }
    }

    /// A planned outage explains it: `contact`, the clock of its first contact, stands still until `until`, which is when
    /// the outage is over as far as is known; it goes on at once if that is now. Told what changes in the clock, which is
    /// nothing if it stands still until then already.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] once somebody has taken it on, [`Refusal::NoPause`].
    pub fn wait_for_outage(
        self,
        contact: &Clock,
        until: DateTime<Utc>,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Entry>), Refusal> {
        self.after(Act::Await)?;
        let pause = Change::Pause { reason: PauseReason::PlannedOutage, until };
        let paused = contact.paused(now);
        let stays = paused.is_some_and(|pause| pause.span.to == until);
        let resume = paused.filter(|_| !stays).map(|_| Change::Resume);
        let pause = (!stays && until > now).then_some(pause);
        let entries: Vec<_> =
            resume.into_iter().chain(pause).map(|change| Entry { at: now, change }).collect();
        let clock = entries.iter().try_fold(contact.clone(), |clock, entry| clock.after(*entry));
        let due = Due::of(DueKind::Contact, &clock.map_err(Refusal::NoPause)?, &policy.calendar);
        Ok((Self { tenure: self.tenure.with_due(due), ..self }, entries))
    }

    /// Somebody has just come to hold it while a planned outage explains it: see [`Self::wait_for_outage`], with the clock that
    /// starts now.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] once somebody has taken it on, [`Refusal::NoPause`].
    pub fn begins_explained(
        self,
        policy: &Policy,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Entry>), Refusal> {
        let contact = Clock::start(now, policy.at(self.tenure.level).first_contact);
        self.wait_for_outage(&contact, until, policy, now)
    }

    /// Whether the planned outage that explained it does so still after a move from `before`: nobody has taken it on, asked
    /// for another level, or said that it is another trouble than what it was merged with.
    pub fn stays_explained(&self, before: &Self) -> bool {
        let waits = self.status == Status::Submitted && self.tenure.acknowledged_at.is_none();
        let came_by_itself = matches!(
            self.tenure.entered_by,
            EnteredBy::EmptyPost | EnteredBy::Volume | EnteredBy::RolledUp | EnteredBy::Succession
        );
        let passed = self.tenure.seq != before.tenure.seq;
        match before.status {
            _ if self.status == Status::Merged => true,
            Status::Submitted | Status::Merged if passed => waits && came_by_itself,
            Status::Submitted => waits,
            _ => false,
        }
    }

    /// Work goes on because the pause of its clock came to its end; from the beginning where that clock is lost.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn pause_over(
        self,
        clock: Option<&Clock>,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        let (act, kind, anew) = match self.status {
            Status::NeedInfo => {
                (Act::Reply, DueKind::Contact, due::contact_due(now, policy, self.tenure.level))
            }
            _ => (Act::Resume, DueKind::Handle, due::handle_due(now, policy, self.tenure.level)),
        };
        let status = self.after(act)?;
        let due = clock.map_or(anew, |clock| Due::of(kind, clock, &policy.calendar));
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
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<(Self, Entry), Refusal> {
        self.after(Act::VoidPause)?;
        worded(Act::VoidPause, words)?;
        let handling = handling.ok_or(Refusal::ClockMissing)?;
        self.goes_on((Act::VoidPause, Change::Void), handling, policy, now)
    }

    /// A level above holds it to another `policy` and says why in `words`: its clocks have that policy's budgets from their
    /// start on, and what is spent or was paused stays. What stands still goes on standing. `clock` is the one by which the
    /// holder is measured.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`], [`Refusal::ClockMissing`].
    pub fn retarget(
        self,
        words: &str,
        clock: Option<&Clock>,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<(Self, Vec<Turn>), Refusal> {
        let status = self.after(Act::Retarget)?;
        worded(Act::Retarget, words)?;
        let tier = policy.at(self.tenure.level);
        let turns: Vec<_> =
            Running::standing_still(&self).map(|running| running.retargeted(tier, now)).collect();
        let clock = Running::main(&self).and_then(|main| main.turned(clock.cloned(), &turns));
        let clock = clock.ok_or(Refusal::ClockMissing)?;
        let due = match (status, self.tenure.due()) {
            (Status::Waiting | Status::NeedInfo, Some(stands)) => stands,
            _ if self.tenure.acknowledged_at.is_some() => Due::of(DueKind::Handle, &clock, &policy.calendar),
            _ => Due::of(DueKind::Contact, &clock, &policy.calendar),
        };
        Ok((Self { status, tenure: self.tenure.with_due(due), ..self }, turns))
    }

    /// It leads another whose clocks began earlier: its own have counted since then, see [`Clock::as_early_as`]. What stands
    /// still goes on standing, and what is late is not late once more. `clock` is the one by which its holder is measured.
    pub fn counts_since(
        self,
        earlier: &[(Running, DateTime<Utc>)],
        clock: Option<&Clock>,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> (Self, Vec<Turn>) {
        let turn = |(clock, from): &(Running, DateTime<Utc>)| Turn {
            clock: *clock,
            entry: Entry { at: now, change: Change::Since { from: *from } },
        };
        let turns: Vec<Turn> = earlier.iter().map(turn).collect();
        let main = Running::main(&self).filter(|main| turns.iter().any(|turn| turn.clock == *main));
        let clock = main.and_then(|main| main.turned(clock.cloned(), &turns));
        let due = match (clock, self.tenure.due()) {
            (Some(clock), Some(Due { kind: kind @ (DueKind::Contact | DueKind::Handle), .. })) => {
                Due::of(kind, &clock, &policy.calendar)
            }
            (_, Some(stands)) => stands,
            (_, None) => return (self, turns),
        };
        (Self { tenure: self.tenure.with_due(due), ..self }, turns)
    }

    pub(super) fn goes_on(
        self,
        (act, change): (Act, Change),
        clock: &Clock,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<(Self, Entry), Refusal> {
        let status = self.after(act)?;
        let entry = Entry { at: now, change };
        let clock = clock.clone().after(entry).map_err(Refusal::NoPause)?;
        let kind = if act == Act::Reply { DueKind::Contact } else { DueKind::Handle };
        let tenure = self.tenure.with_due(Due::of(kind, &clock, &policy.calendar));
        Ok((Self { status, tenure, ..self }, entry))
    }

    /// The holder has done the work and shows it: `words`, and `photos` taken afterwards where the category asks. The
    /// reporter has the word, or before that an inspector, if there is an `inspection`.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NotAcknowledged`] by this level, [`Refusal::EvidenceMissing`].
    pub fn handle(
        self,
        words: &str,
        photos: usize,
        inspection: Inspection,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        let status = self.after(Act::Handle)?;
        if self.tenure.acknowledged_at.is_none() {
            return Err(Refusal::NotAcknowledged { level: self.tenure.level });
        }
        if words.trim().is_empty() {
            return Err(Refusal::EvidenceMissing { missing: Evidence::Text });
        }
        if policy.common.evidence == Evidence::Photo && photos == 0 {
            return Err(Refusal::EvidenceMissing { missing: Evidence::Photo });
        }
        let tenure = Tenure { handled_at: Some(now), proposal: None, ..self.tenure };
        let (status, due) = match inspection {
            Inspection::Needed => (Status::Verifying, due::verify_due(now, policy, self.tenure.level)),
            Inspection::Spared => (status, due::confirm_due(now)),
        };
        Ok(Self { status, answer: None, comes: None, tenure: tenure.with_due(due), ..self })
    }

    /// The reporter takes it back, as long as it is not handled.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn withdraw(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::Withdraw)?;
        Ok(Self {
            status,
            merged_from: None,
            comes: None,
            tenure: self.tenure.left(ExitKind::Withdrawn, now),
            ..self
        })
    }

    /// A contact, handling or shouting clock ran out, and the grace after it: it climbs where the policy lets it, or stays
    /// and shouts.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NotDue`] before [`due::acts_at`].
    pub fn climb_overdue(
        self,
        policy: &Policy,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<Overdue, Refusal> {
        self.after(Act::Climb)?;
        let (level, tier) = (self.tenure.level, policy.at(self.tenure.level));
        not_before(self.tenure.due().map(|due| due::acts_at(due, policy, &self.tenure)), now)?;
        let above =
            tier.climbs.overdue.and_then(|when| ladder::climbs_to(level, when.skip_to, staffed, policy));
        if let Some(above) = above {
            let passed = self.passed(above, ExitKind::ClimbedOverdue, EnteredBy::Overdue, policy, now);
            return Ok(Overdue::Climbed(passed));
        }
        let tenure = Tenure { shouts: self.tenure.shouts.saturating_add(1), ..self.tenure };
        let tenure = tenure.with_due(due::shout_due(now, policy, level));
        Ok(Overdue::StaysAtTop { incident: Self { tenure, ..self }, remind_every: tier.first_contact })
    }

    /// Somebody passes it up or takes it up, and says why in `words`; for this reason it has climbed so many `times`.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`], [`Refusal::NobodyAbove`]; [`Refusal::NotByPolicy`],
    /// [`Refusal::TooSoon`], [`Refusal::TooOften`].
    pub fn climb_by_hand(
        self,
        reason: HandReason,
        times: u32,
        words: &str,
        policy: &Policy,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<Passed, Refusal> {
        self.after(Act::Climb)?;
        worded(Act::Climb, words)?;
        let level = self.tenure.level;
        let asked = policy.at(level).climbs.asked(reason);
        let skip_to = asked.and_then(|asked| asked.skip_to);
        let above =
            ladder::climbs_to(level, skip_to, staffed, policy).ok_or(Refusal::NobodyAbove { level })?;
        let asked = asked.ok_or(Refusal::NotByPolicy { level, reason })?;
        if let Some(from) = asked.from(self.tenure.entered_at, &policy.calendar).filter(|from| now < *from) {
            return Err(Refusal::TooSoon { level, reason, from });
        }
        if let Some(at_most) = asked.at_most.filter(|at_most| times >= u32::from(*at_most)) {
            return Err(Refusal::TooOften { reason, at_most });
        }
        Ok(self.passed(above, ExitKind::ClimbedByHand, reason.into(), policy, now))
    }

    /// Nobody is left at the level that holds it: it goes to the lowest staffed level above or, with nobody above, to
    /// where a report would begin now.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] also for what awaits the reporter, who has the word; [`Refusal::PostFilled`],
    /// [`Refusal::NobodyAnywhere`].
    pub fn leave_empty_post(
        self,
        policy: &Policy,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<Passed, Refusal> {
        self.after(Act::LeaveEmptyPost)?;
        let level = self.tenure.level;
        if staffed.contains(&level) {
            return Err(Refusal::PostFilled { level });
        }
        match ladder::next_level(level, staffed, policy) {
            Next::To(to) => Ok(self.passed(to, ExitKind::EmptyPost, EnteredBy::EmptyPost, policy, now)),
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
        Ok(self.settled(status, ExitKind::SettledBySilence, now))
    }

    /// A household that urged `last` asks the holder to hurry: its reporter's, or that of somebody who follows it. It moves
    /// nothing by itself; it is seen by all who hold it, and a household that urges carries it as one that reported does, see
    /// [`Self::climb_by_count`].
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::UrgedAlready`] within [`due::URGE_EVERY`].
    pub fn urge(self, last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::Urge)?;
        if let Some(again_at) = last.map(due::urge_again_at).filter(|again_at| now < *again_at) {
            return Err(Refusal::UrgedAlready { again_at });
        }
        Ok(Self { status, urges: self.urges.saturating_add(1), ..self })
    }

    /// Somebody concerned says something. It changes nothing but that it was said.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] once it is over, [`Refusal::ReasonMissing`] without words.
    pub fn note(self, words: &str) -> Result<Self, Refusal> {
        self.after(Act::Note)?;
        worded(Act::Note, words).map(|()| self)
    }

    /// It turns out to be one trouble with another, which leads from now on: its holder lets go of it and its clock stands
    /// still. Undone by [`Self::split`]. A pause ends with it.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn merge(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::Merge)?;
        let was = match self.status {
            Status::Waiting => Status::InProgress,
            Status::NeedInfo => Status::Submitted,
            other => other,
        };
        let tenure = self.tenure.left(ExitKind::Merged, now);
        Ok(Self { status, merged_from: Some(was), comes: None, tenure, ..self })
    }

    /// It is on its own again, as it was before it was merged: the same holder, and the clock that stood still,
    /// `clock`, goes on; from the beginning where that clock is lost.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NotMerged`].
    pub fn split(self, clock: Option<&Clock>, policy: &Policy, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.after(Act::Split)?;
        let status = self.merged_from.ok_or(Refusal::NotMerged)?;
        let goes_on =
            clock.and_then(|clock| clock.clone().after(Entry { at: now, change: Change::Split }).ok());
        let due = match (goes_on, self.tenure.acknowledged_at) {
            (Some(clock), Some(_)) => Due::of(DueKind::Handle, &clock, &policy.calendar),
            (Some(clock), None) => Due::of(DueKind::Contact, &clock, &policy.calendar),
            (None, Some(_)) => due::handle_due(now, policy, self.tenure.level),
            (None, None) => due::contact_due(now, policy, self.tenure.level),
        };
        let tenure = Tenure { handled_at: None, ..self.tenure }.with_due(due);
        Ok(Self { status, merged_from: None, tenure, ..self })
    }

    /// What led it was handled, and its reporter says that here it is still broken: it is on its own again, see
    /// [`Self::split`], and to be done again.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NotMerged`].
    pub fn still_broken(
        self,
        opinion: Opinion,
        clock: Option<&Clock>,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        self.after(Act::SendBack)?;
        let answer = Some(Answer { resolved: Resolved::No, opinion });
        let (rework, apart) = (self.rework.saturating_add(1), self.apart.saturating_add(1));
        Ok(Self { rework, apart, answer, ..self.split(clock, policy, now)? })
    }

    /// The number of the work in hand by which its clocks are told apart: the first, or done again.
    pub const fn work(&self) -> u32 {
        self.rework.saturating_sub(self.apart)
    }

    /// What leads it was handled: its reporter has the word too.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn ask(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::Ask)?;
        let tenure = Tenure { handled_at: Some(now), ..self.tenure }.with_due(due::confirm_due(now));
        Ok(Self { status, tenure, ..self })
    }

    /// What led it is gone: it leads the `households` on, at the `level` that held the other, or its own if that is
    /// higher. Whoever answers there acknowledges anew, and knows of those households already.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NotMerged`].
    pub fn succeed(
        self,
        level: Level,
        households: u32,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Result<Passed, Refusal> {
        self.after(Act::Succeed)?;
        let status = self.merged_from.ok_or(Refusal::NotMerged)?;
        let level = level.max(self.tenure.level);
        let on_its_own = Self { status, merged_from: None, households, ..self };
        let Passed { mut incident, .. } =
            on_its_own.passed(level, ExitKind::Merged, EnteredBy::Succession, policy, now);
        incident.tenure.households_before = households;
        // It was left when it was merged.
        Ok(Passed { incident, left: self.tenure })
    }

    /// The households that have the trouble make it one of a wider place, whose `level` holds it from now on, or the
    /// lowest staffed one above.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::NobodyAbove`] where it is held that high already, or nobody is there.
    pub fn roll_up(
        self,
        level: Level,
        policy: &Policy,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<Passed, Refusal> {
        self.after(Act::RollUp)?;
        let holder = self.tenure.level;
        let to = staffed.range(level..).next().copied().filter(|to| holder < level && *to > holder);
        let to = to.ok_or(Refusal::NobodyAbove { level: holder })?;
        Ok(self.passed(to, ExitKind::RolledUp, EnteredBy::RolledUp, policy, now))
    }

    /// A quorum of the households with the same trouble says that it is resolved, and this reporter nothing.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`].
    pub fn settle_by_quorum(self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let status = self.after(Act::SettleByQuorum)?;
        Ok(self.settled(status, ExitKind::SettledByQuorum, now))
    }

    pub(super) fn settled(self, status: Status, how: ExitKind, now: DateTime<Utc>) -> Self {
        Self { status, merged_from: None, comes: None, tenure: self.tenure.left(how, now), ..self }
    }

    /// The holder convenes others who can settle it together. It changes nothing but that they were called.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`] once it is handled, or over.
    pub fn whistle(self) -> Result<Self, Refusal> {
        self.after(Act::Whistle).map(|_| self)
    }

    /// Until when the reporter may reopen it; none unless it is closed.
    pub fn reopen_until(&self) -> Option<DateTime<Utc>> {
        let exit = self.tenure.exit().filter(|_| self.status == Status::Closed)?;
        Some(due::reopen_until(exit.at))
    }

    /// Whether a new report may say that the trouble of this one came back: it is closed, and cannot be reopened any more.
    ///
    /// # Errors
    /// [`Refusal::NoRecurrence`].
    pub fn may_recur(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        match self.reopen_until() {
            Some(until) if now >= until => Ok(()),
            Some(_) | None => Err(Refusal::NoRecurrence),
        }
    }

    /// The reporter says in words that what was closed is not resolved: the level that settled it has it again, or, when
    /// nobody is left there, whoever an empty post's work goes to.
    ///
    /// # Errors
    /// [`Refusal::WrongStatus`], [`Refusal::ReasonMissing`], [`Refusal::ClosedForGood`].
    pub fn reopen(
        self,
        reason: &str,
        opinion: Opinion,
        policy: &Policy,
        staffed: &BTreeSet<Level>,
        now: DateTime<Utc>,
    ) -> Result<Passed, Refusal> {
        let status = self.after(Act::Reopen)?;
        worded(Act::Reopen, reason)?;
        if let Some(until) = self.reopen_until().filter(|until| now >= *until) {
            return Err(Refusal::ClosedForGood { until, now });
        }
        let level = match ladder::next_level(self.tenure.level, staffed, policy) {
            Next::To(level) if !staffed.contains(&self.tenure.level) => level,
            Next::To(_) | Next::StaysAtTop { .. } => self.tenure.level,
        };
        let (rework, lowest) = (self.rework.saturating_add(1), self.lowest.min(level));
        let answer = Some(Answer { resolved: Resolved::No, opinion });
        let again = Self { status, rework, answer, lowest, ..self };
        let tenure = again.next_tenure(level, EnteredBy::Reopened, policy, now);
        Ok(Passed { incident: Self { tenure, ..again }, left: self.tenure })
    }

    /// The status after `act`, if it may start from the present one.
    pub(super) fn after(&self, act: Act) -> Result<Status, Refusal> {
        let to = act.leads_to(self.status);
        if !act.starts_from().contains(&self.status) {
            return Err(Refusal::WrongStatus { act, from: self.status, to });
        }
        if self.tenure.level == Level::Home && act.by() == By::Holder && !act.is_a_households() {
            return Err(Refusal::NotAHouseholds { act });
        }
        Ok(to)
    }

    /// The level that it climbs to.
    pub(super) fn above(&self, policy: &Policy, staffed: &BTreeSet<Level>) -> Option<Level> {
        ladder::climbs_to(self.tenure.level, None, staffed, policy)
    }

    pub(super) fn overdue(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        not_before(self.tenure.due().map(|due| due.at), now)
    }

    /// The tenure that follows the present one. The same level goes on counting from where it took over.
    pub(super) fn next_tenure(
        &self,
        level: Level,
        entered_by: EnteredBy,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Tenure {
        let seq = self.tenure.seq.saturating_add(1);
        let (households_before, rework_before) = if level == self.tenure.level {
            (self.tenure.households_before, self.tenure.rework_before)
        } else {
            (self.households, self.rework)
        };
        let tenure = Tenure::entered(seq, level, entered_by, policy, now);
        Tenure { households_before, rework_before, ..tenure }
    }

    pub(super) fn passed(
        self,
        level: Level,
        how: ExitKind,
        entered_by: EnteredBy,
        policy: &Policy,
        now: DateTime<Utc>,
    ) -> Passed {
        let tenure = self.next_tenure(level, entered_by, policy, now);
        let climbs = self.climbs.saturating_add(u32::from(level > self.tenure.level));
        let status = Act::Climb.leads_to(self.status);
        let incident = Self { status, climbs, lowest: self.lowest.min(level), comes: None, tenure, ..self };
        Passed { incident, left: self.tenure.left(how, now) }
    }
}

fn not_before(acts_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), Refusal> {
    match acts_at.filter(|acts_at| now < *acts_at) {
        Some(due_at) => Err(Refusal::NotDue { due_at, now }),
        None => Ok(()),
    }
}

pub(super) fn worded(act: Act, words: &str) -> Result<(), Refusal> {
    if words.trim().is_empty() { Err(Refusal::ReasonMissing { act }) } else { Ok(()) }
}
