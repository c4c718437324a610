//! What a move decides about whoever held the incident.
//!
//! Each question is answered once. A holder who lets a clock run out at the top, where nobody takes it away, has missed
//! it at the first reminder; what is done later does not mend that.

use chrono::{DateTime, TimeDelta, Utc};

use crate::calendar::Calendar;
use crate::incidents::{
    Change, Clock, ClockKind, DueKind, EnteredBy, ExitKind, Incident, Level, Resolved, Running, Satisfaction,
    Status, Tenure, Turn, coded, due,
};

coded! {
    /// An answered question about a holding, or about a report.
    pub enum Outcome {
        /// Somebody reported it.
        Reported = "REPORTED",
        /// A level came to hold it.
        Dispatched = "DISPATCHED",
        /// It was taken on, given to somebody or sent elsewhere while there was time to sort it out.
        TriagedInTime = "TRIAGED_IN_TIME",
        TriagedLate = "TRIAGED_LATE",
        /// It left its holder late, and unsorted.
        TriageMissed = "TRIAGE_MISSED",
        /// It left its holder before that was due.
        TriageMoot = "TRIAGE_MOOT",
        ContactInTime = "CONTACT_IN_TIME",
        ContactLate = "CONTACT_LATE",
        ContactMissed = "CONTACT_MISSED",
        /// It left its holder before contact was due.
        ContactMoot = "CONTACT_MOOT",
        HandledInTime = "HANDLED_IN_TIME",
        HandledLate = "HANDLED_LATE",
        HandlingMissed = "HANDLING_MISSED",
        /// It left its holder before its handling was due.
        HandlingMoot = "HANDLING_MOOT",
        /// Handled after it was missed: work that was done, but not in time.
        HandledAfterAll = "HANDLED_AFTER_ALL",
        Paused = "PAUSED",
        /// Paused when hardly any time was left, see [`NEAR_DUE`].
        PausedNearDue = "PAUSED_NEAR_DUE",
        /// One of many that the same post handled within minutes, see [`BURST`].
        HandledInBurst = "HANDLED_IN_BURST",
        /// The reporter said that it is resolved.
        SaidResolved = "SAID_RESOLVED",
        /// The reporter said that it is not.
        SaidUnresolved = "SAID_UNRESOLVED",
        Satisfied = "SATISFIED",
        BasicallySatisfied = "BASICALLY_SATISFIED",
        Dissatisfied = "DISSATISFIED",
        SentBack = "SENT_BACK",
        /// It was closed, and the reporter had it opened again.
        Reopened = "REOPENED",
        /// It was closed, and the same trouble was reported again, see [`AGAIN_WITHIN`].
        CameAgain = "CAME_AGAIN",
        Confirmed = "CONFIRMED",
        SettledBySilence = "SETTLED_BY_SILENCE",
        /// Enough other households with the same trouble confirmed.
        SettledByQuorum = "SETTLED_BY_QUORUM",
        Withdrawn = "WITHDRAWN",
        /// A level above ended it, and answers for that itself.
        Forced = "FORCED",
        /// It belonged to somebody beside the ladder.
        Diverted = "DIVERTED",
        /// It was not taken on.
        Rejected = "REJECTED",
        /// The reporter appealed that it was not.
        Appealed = "APPEALED",
        /// It was never its holder's, as somebody above agreed.
        Misrouted = "MISROUTED",
        /// A level below took it back.
        Delegated = "DELEGATED",
        ClimbedOverdue = "CLIMBED_OVERDUE",
        ClimbedByHand = "CLIMBED_BY_HAND",
        ClimbedOutOfScope = "CLIMBED_OUT_OF_SCOPE",
        ClimbedSeverity = "CLIMBED_SEVERITY",
        /// So many households had it that it was the level's above.
        ClimbedVolume = "CLIMBED_VOLUME",
        ClimbedDissatisfied = "CLIMBED_DISSATISFIED",
        ClimbedOnRequest = "CLIMBED_ON_REQUEST",
        /// A level above took it.
        Pulled = "PULLED",
        LeftEmptyPost = "LEFT_EMPTY_POST",
        WhistleJoinedInTime = "WHISTLE_JOINED_IN_TIME",
        WhistleJoinedLate = "WHISTLE_JOINED_LATE",
        WhistleNotJoined = "WHISTLE_NOT_JOINED",
        /// A post came after it was told of as missing.
        WhistleJoinedAfterAll = "WHISTLE_JOINED_AFTER_ALL",
        WhistleSolved = "WHISTLE_SOLVED",
        WhistleUnsolved = "WHISTLE_UNSOLVED",
        /// It was taken back before anybody met.
        WhistleCalledOff = "WHISTLE_CALLED_OFF",
        /// What a post committed to was done while there was time, as it was extended last.
        CommitmentKept = "COMMITMENT_KEPT",
        CommitmentKeptLate = "COMMITMENT_KEPT_LATE",
        CommitmentBroken = "COMMITMENT_BROKEN",
    }
}

/// A pause begins near the end when no more than one part in this many of the time since the acknowledgement is left.
pub const NEAR_DUE: i32 = 8;

/// How many handlings of one post within how long are a burst.
pub const BURST: (usize, TimeDelta) = (10, TimeDelta::minutes(10));

/// How soon after its closing the same trouble at the same place came again.
pub const AGAIN_WITHIN: TimeDelta = TimeDelta::days(15);

/// One outcome of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    pub outcome: Outcome,
    /// The holding that it is about.
    pub seq: u32,
    pub level: Level,
    /// For an outcome that ends a holding: how long it was held.
    pub held: Option<TimeDelta>,
}

impl Outcome {
    /// Whether it is the end of a holding, which says how long it was held.
    pub const fn ends(self) -> bool {
        matches!(
            self,
            Self::Confirmed
                | Self::SettledBySilence
                | Self::SettledByQuorum
                | Self::Withdrawn
                | Self::Forced
                | Self::Diverted
                | Self::Rejected
                | Self::Misrouted
                | Self::Delegated
                | Self::ClimbedOverdue
                | Self::ClimbedByHand
                | Self::ClimbedOutOfScope
                | Self::ClimbedSeverity
                | Self::ClimbedVolume
                | Self::ClimbedDissatisfied
                | Self::ClimbedOnRequest
                | Self::Pulled
                | Self::LeftEmptyPost
        )
    }

    /// Whether it is a climb, for whatever reason.
    pub fn is_climb(self) -> bool {
        self.ends() && self.code().starts_with("CLIMBED") || self == Self::Pulled
    }

    /// How the holder lost it, from how the next one came to it.
    const fn of_passing(by: EnteredBy) -> Self {
        match by {
            EnteredBy::Overdue => Self::ClimbedOverdue,
            EnteredBy::OutOfScope => Self::ClimbedOutOfScope,
            EnteredBy::Severity => Self::ClimbedSeverity,
            EnteredBy::RolledUp | EnteredBy::Volume => Self::ClimbedVolume,
            EnteredBy::Dissatisfied => Self::ClimbedDissatisfied,
            EnteredBy::ResidentRequest => Self::ClimbedOnRequest,
            EnteredBy::OfficerPull => Self::Pulled,
            EnteredBy::EmptyPost => Self::LeftEmptyPost,
            EnteredBy::Objection => Self::Misrouted,
            EnteredBy::Delegated => Self::Delegated,
            EnteredBy::ByHand
            | EnteredBy::Report
            | EnteredBy::Reopened
            | EnteredBy::Appeal
            | EnteredBy::Succession => Self::ClimbedByHand,
        }
    }

    /// How an incident that ended did; none of what goes on elsewhere.
    const fn of_exit(how: ExitKind) -> Option<Self> {
        Some(match how {
            ExitKind::Confirmed => Self::Confirmed,
            ExitKind::SettledBySilence => Self::SettledBySilence,
            ExitKind::SettledByQuorum => Self::SettledByQuorum,
            ExitKind::Withdrawn => Self::Withdrawn,
            ExitKind::Forced => Self::Forced,
            ExitKind::Diverted => Self::Diverted,
            ExitKind::Rejected => Self::Rejected,
            _ => return None,
        })
    }

    /// The answer to the first question.
    const fn of_resolved(resolved: Resolved) -> Self {
        match resolved {
            Resolved::Yes => Self::SaidResolved,
            Resolved::No => Self::SaidUnresolved,
        }
    }

    /// The answer to the second: 满意、基本满意、不满意.
    const fn of_satisfaction(satisfaction: Satisfaction) -> Self {
        match satisfaction {
            Satisfaction::VerySatisfied | Satisfaction::Satisfied => Self::Satisfied,
            Satisfaction::Basically => Self::BasicallySatisfied,
            Satisfaction::Dissatisfied | Satisfaction::VeryDissatisfied => Self::Dissatisfied,
        }
    }
}

/// What a move decides, or a report when there was nothing `before`.
pub fn decided(before: Option<&Incident>, after: &Incident, at: DateTime<Utc>) -> Vec<Decided> {
    let new = |outcome| Decided::about(&after.tenure, outcome);
    let Some(before) = before else { return vec![new(Outcome::Reported), new(Outcome::Dispatched)] };
    let asked = Asked { before, after, at };
    let old = [asked.contact(), asked.handling(), asked.handled_after_all(), asked.end()];
    let old = old.into_iter().flatten().chain(asked.pause()).chain(asked.answer());
    let old = old.map(|outcome| {
        let held = outcome.ends().then(|| at - before.tenure.entered_at);
        Decided { held, ..Decided::about(&before.tenure, outcome) }
    });
    old.chain(asked.passed().then(|| new(Outcome::Dispatched))).collect()
}

/// What ends the triage of an incident's holder among these turns; of what another leads the other's counts.
pub fn triage_end<'a>(before: &Incident, turns: &'a [Turn]) -> Option<&'a Turn> {
    let triage = Running::all(before).find(|clock| clock.kind == ClockKind::Triage)?;
    let ends = |turn: &&Turn| matches!(turn.entry.change, Change::Stop | Change::Cancel);
    turns.iter().filter(ends).find(|turn| turn.clock == triage)
}

/// What the `end` of a triage decides, by its clock until then. Nothing climbs because of a triage: who was late with it is
/// told so once it is done.
pub fn triaged(before: &Incident, end: &Turn, clock: &Clock, calendar: &Calendar) -> Decided {
    let is_late = end.entry.at >= due::spent_at(clock, calendar);
    let outcome = match (end.entry.change == Change::Stop, is_late) {
        (true, false) => Outcome::TriagedInTime,
        (true, true) => Outcome::TriagedLate,
        (false, true) => Outcome::TriageMissed,
        (false, false) => Outcome::TriageMoot,
    };
    Decided::about(&before.tenure, outcome)
}

impl Decided {
    const fn about(tenure: &Tenure, outcome: Outcome) -> Self {
        Self { outcome, seq: tenure.seq, level: tenure.level, held: None }
    }
}

/// The questions that a move may answer.
struct Asked<'a> {
    before: &'a Incident,
    after: &'a Incident,
    at: DateTime<Utc>,
}

impl Asked<'_> {
    fn passed(&self) -> bool {
        self.before.tenure.seq != self.after.tenure.seq
    }

    fn was_due(&self, kind: DueKind) -> bool {
        self.before.tenure.due().is_some_and(|due| due.kind == kind)
    }

    /// It was due, or stood still.
    fn was_asked(&self, kind: DueKind) -> bool {
        self.was_due(kind) || self.stood_still()
    }

    fn stood_still(&self) -> bool {
        self.was_due(DueKind::Resume) || self.was_due(DueKind::Reply)
    }

    fn is_late(&self) -> bool {
        !self.stood_still() && self.before.tenure.due().is_some_and(|due| due.has_passed(self.at))
    }

    /// It was reminded of for the first time, or taken away because it was late.
    fn ran_out(&self) -> bool {
        let reminded = self.after.tenure.shouts > self.before.tenure.shouts;
        let taken = self.passed() && self.after.tenure.entered_by == EnteredBy::Overdue;
        !self.passed() && reminded || taken
    }

    /// It left its holder, or is over, without having been handled.
    fn left(&self) -> bool {
        self.passed() || self.after.status.is_over()
    }

    /// Whoever diverts or rejects it has answered as well.
    fn contact(&self) -> Option<Outcome> {
        if !self.was_asked(DueKind::Contact) || self.before.tenure.acknowledged_at.is_some() {
            return None;
        }
        let refused = matches!(self.after.status, Status::Diverted | Status::Rejected);
        let made = (self.after.tenure.acknowledged_at.is_some() || refused) && !self.passed();
        match (made, self.is_late()) {
            (true, false) => Some(Outcome::ContactInTime),
            (true, true) => Some(Outcome::ContactLate),
            (false, late) if self.ran_out() || self.left() && late => Some(Outcome::ContactMissed),
            (false, _) => self.left().then_some(Outcome::ContactMoot),
        }
    }

    fn handling(&self) -> Option<Outcome> {
        if !self.was_asked(DueKind::Handle) || self.before.tenure.acknowledged_at.is_none() {
            return None;
        }
        match (self.is_handled(), self.is_late()) {
            (true, false) => Some(Outcome::HandledInTime),
            (true, true) => Some(Outcome::HandledLate),
            (false, late) if self.ran_out() || self.left() && late => Some(Outcome::HandlingMissed),
            (false, _) => self.left().then_some(Outcome::HandlingMoot),
        }
    }

    fn is_handled(&self) -> bool {
        let handled = |status| matches!(status, Status::Verifying | Status::AwaitConfirm);
        handled(self.after.status) && !handled(self.before.status)
    }

    fn handled_after_all(&self) -> Option<Outcome> {
        (self.is_handled() && self.was_due(DueKind::Shout)).then_some(Outcome::HandledAfterAll)
    }

    fn pause(&self) -> Vec<Outcome> {
        let paused = self.before.status == Status::InProgress && self.after.status == Status::Waiting;
        if !paused {
            return Vec::new();
        }
        let near = self
            .before
            .tenure
            .due()
            .zip(self.before.tenure.acknowledged_at)
            .is_some_and(|(due, acknowledged)| (due.at - self.at) * NEAR_DUE <= due.at - acknowledged);
        if near { vec![Outcome::Paused, Outcome::PausedNearDue] } else { vec![Outcome::Paused] }
    }

    /// What the reporter said, or an inspector.
    fn answer(&self) -> Vec<Outcome> {
        match (self.before.status, self.after.status) {
            (Status::AwaitConfirm, _) => {
                let answer = self.after.answer.into_iter();
                let said = answer.flat_map(|answer| {
                    let satisfied = answer.opinion.satisfaction.map(Outcome::of_satisfaction);
                    [Some(Outcome::of_resolved(answer.resolved)), satisfied].into_iter().flatten()
                });
                // One of several with the same trouble splits off: that is no rework of its own holder's.
                let back = self.after.rework > self.before.rework && self.before.merged_from.is_none();
                said.chain(back.then_some(Outcome::SentBack)).collect()
            }
            (Status::Verifying, Status::InProgress) => vec![Outcome::SentBack],
            (Status::Closed, Status::InProgress) => vec![Outcome::Reopened],
            (Status::Rejected, Status::Submitted) => vec![Outcome::Appealed],
            _ => Vec::new(),
        }
    }

    /// How a holding ended. What is opened again, appealed, or leads on after it was merged, had ended before; what is merged ends
    /// nothing that counts: what leads it does.
    fn end(&self) -> Option<Outcome> {
        match (self.before.status, self.after.status) {
            (Status::Closed | Status::Rejected, _) => None,
            (Status::Merged, after) if !after.is_over() => None,
            (_, after) if after.is_over() => {
                self.after.tenure.exit().and_then(|exit| Outcome::of_exit(exit.how))
            }
            _ => self.passed().then(|| Outcome::of_passing(self.after.tenure.entered_by)),
        }
    }
}
