//! What a move decides about whoever held the incident.
//!
//! Each question is answered once. A holder who lets a clock run out at the top, where nobody takes it away, has missed
//! it at the first reminder; what is done later does not mend that.

use chrono::{DateTime, TimeDelta, Utc};

use crate::incidents::{DueKind, EnteredBy, ExitKind, Incident, Level, Rating, Status, Tenure, coded};

coded! {
    /// An answered question about a holding, or about a report.
    pub enum Outcome {
        /// Somebody reported it.
        Reported = "REPORTED",
        /// A level came to hold it.
        Dispatched = "DISPATCHED",
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
        WhistleSolved = "WHISTLE_SOLVED",
        WhistleUnsolved = "WHISTLE_UNSOLVED",
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
    const fn of_climb(by: EnteredBy) -> Self {
        match by {
            EnteredBy::Overdue => Self::ClimbedOverdue,
            EnteredBy::OutOfScope => Self::ClimbedOutOfScope,
            EnteredBy::Severity => Self::ClimbedSeverity,
            EnteredBy::RolledUp => Self::ClimbedVolume,
            EnteredBy::Dissatisfied => Self::ClimbedDissatisfied,
            EnteredBy::ResidentRequest => Self::ClimbedOnRequest,
            EnteredBy::OfficerPull => Self::Pulled,
            EnteredBy::EmptyPost => Self::LeftEmptyPost,
            EnteredBy::ByHand | EnteredBy::Report | EnteredBy::Reopened | EnteredBy::Succession => {
                Self::ClimbedByHand
            }
        }
    }

    /// 满意、基本满意、不满意, of a rating from 1 to 5.
    const fn of_rating(rating: Rating) -> Self {
        match rating.get() {
            4.. => Self::Satisfied,
            3 => Self::BasicallySatisfied,
            _ => Self::Dissatisfied,
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
        self.was_due(kind) || self.was_due(DueKind::Resume)
    }

    fn is_late(&self) -> bool {
        self.before.tenure.due().is_some_and(|due| due.kind != DueKind::Resume && due.has_passed(self.at))
    }

    /// It was reminded of for the first time, or taken away because it was late.
    fn ran_out(&self) -> bool {
        let reminded = self.after.tenure.shouts > self.before.tenure.shouts;
        let taken = self.passed() && self.after.tenure.entered_by == EnteredBy::Overdue;
        !self.passed() && reminded || taken
    }

    /// It left its holder, or is over, without having been handled.
    fn left(&self) -> bool {
        self.passed() || self.after.status == Status::Withdrawn
    }

    fn contact(&self) -> Option<Outcome> {
        if !self.was_asked(DueKind::Contact) || self.before.tenure.acknowledged_at.is_some() {
            return None;
        }
        let made = self.after.tenure.acknowledged_at.is_some() && !self.passed();
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
        self.after.status == Status::AwaitConfirm && self.before.status != Status::AwaitConfirm
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

    /// What the reporter said.
    fn answer(&self) -> Vec<Outcome> {
        match (self.before.status, self.after.status) {
            (Status::AwaitConfirm, Status::Closed) => {
                let rating = self.after.rating.map(Outcome::of_rating);
                rating.map(|rating| vec![Outcome::SaidResolved, rating]).unwrap_or_default()
            }
            // One of several with the same trouble splits off: that is no rework of its own holder's.
            (Status::AwaitConfirm, after) if !after.is_over() && self.before.merged_from.is_some() => {
                vec![Outcome::SaidUnresolved]
            }
            (Status::AwaitConfirm, Status::InProgress) => vec![Outcome::SaidUnresolved, Outcome::SentBack],
            (Status::Closed, Status::InProgress) => vec![Outcome::Reopened],
            _ => Vec::new(),
        }
    }

    /// How a holding ended. What is opened again, or leads on after it was merged, had ended before; what is merged ends
    /// nothing that counts: what leads it does.
    fn end(&self) -> Option<Outcome> {
        match (self.before.status, self.after.status) {
            (Status::Closed, _) => None,
            (Status::Merged, after) if !after.is_over() => None,
            (_, Status::Closed) if self.after.rating.is_some() => Some(Outcome::Confirmed),
            (_, Status::Closed) => Some(match self.after.tenure.exit() {
                Some(exit) if exit.how == ExitKind::SettledByQuorum => Outcome::SettledByQuorum,
                _ => Outcome::SettledBySilence,
            }),
            (_, Status::Withdrawn) => Some(Outcome::Withdrawn),
            _ => self.passed().then(|| Outcome::of_climb(self.after.tenure.entered_by)),
        }
    }
}
