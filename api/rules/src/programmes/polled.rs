//! What a poll comes to, for the modules of a programme that are about it, and who has to act in them.

use chrono::{DateTime, Utc};

use super::{
    course::{Seen, Terms},
    module::{Ending, Kind, Role},
    template::{About, Module, Template},
};
use crate::polls::{
    aftermath::Objections,
    matter::MatterClass,
    tally::Outcome,
    verdict::{ElectionOutcome, Verdict},
};

/// What a poll has come to so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Polled {
    pub locked_at: Option<DateTime<Utc>>,
    pub closed: bool,
    /// Candidates who agreed to stand.
    pub candidates: u64,
    pub seats: u32,
    /// How its texts ended together, once counted: none if it has no texts.
    pub texts: Option<Ending>,
    pub election: Option<Ending>,
    pub published_at: Option<DateTime<Utc>>,
    /// Until when the result may be objected to, from its publication on.
    pub provisional_until: Option<DateTime<Utc>>,
    /// Since when it is final.
    pub final_at: Option<DateTime<Utc>>,
    pub objections: Objections,
}

impl Polled {
    /// What that is for a module of this kind.
    pub fn seen(&self, kind: Kind, terms: Terms<'_>) -> Option<Seen> {
        match kind {
            Kind::RollLock => self.locked_at.map(|_| Seen::at_once(Ending::Locked)),
            Kind::Nomination => {
                let enough = self.candidates >= terms.candidates_wanted(self.seats);
                enough.then_some(Seen::at_once(Ending::Enough))
            }
            Kind::Vote | Kind::Assembly => self.closed.then_some(Seen::at_once(Ending::Closed)),
            Kind::Count => self.texts.map(Seen::at_once),
            Kind::ElectionCount => self.election.map(Seen::at_once),
            _ => None,
        }
    }

    /// Whether nothing can be said against the result any more. What was published before there were objections hangs
    /// out for its days, and that is all.
    pub const fn is_final(&self) -> bool {
        self.final_at.is_some() || (self.published_at.is_some() && self.provisional_until.is_none())
    }

    /// Whether its result waits for nobody: it is out, and no objection waits for an answer.
    const fn is_quiet(&self) -> bool {
        self.published_at.is_some() && self.objections.open == 0
    }
}

/// What the results that hang out have come to: final once each is, objected to where an objection to one holds. Until
/// when they may be objected to, each poll says by its own rules.
pub fn of_results(hung_out: &[Polled]) -> Option<Seen> {
    let published_at = hung_out.iter().filter_map(|poll| poll.published_at).max()?;
    let ending = if hung_out.iter().any(|poll| poll.objections.upheld > 0) {
        Ending::Objected
    } else if hung_out.iter().all(Polled::is_final) {
        Ending::Final
    } else {
        return None;
    };
    Some(Seen { ending, from: Some(published_at) })
}

/// What has become of a notice that has run since a time: what is put to a vote hangs out by itself once its poll is locked,
/// for whoever belongs to the complex reads it from then on; anything else once somebody has put it up.
pub fn of_notice(
    module: &Module,
    since: DateTime<Utc>,
    (poll, put_up_at): (Option<&Polled>, Option<DateTime<Utc>>),
) -> Option<Seen> {
    let hangs_since = match module.of {
        Some(_) => poll?.locked_at,
        None => put_up_at,
    };
    Some(Seen { ending: Ending::Given, from: Some(hangs_since?.max(since)) })
}

/// Who has to act in a module that runs: whoever it asks; about a poll, whoever convenes the programme; nobody where
/// results hang out that wait for nobody.
pub fn must_act(template: &Template, name: &str, hung_out: &[Polled]) -> Vec<Role> {
    let Some(module) = template.modules.get(name) else { return Vec::new() };
    let asked = match module.kind {
        Kind::ResultNotice if hung_out.iter().all(Polled::is_quiet) => return Vec::new(),
        Kind::RollLock | Kind::Nomination | Kind::Assembly | Kind::ResultNotice => &template.convened_by,
        _ => &module.asks,
    };
    asked.iter().copied().collect()
}

/// Whether the poll of a vote removes the member whom its programme is about: the owners passed it, and nothing can be said
/// against that any more (Civil Code 278 (3), 280).
pub fn removes(template: &Template, vote: &str, poll: &Polled) -> bool {
    let is_theirs =
        template.modules.get(vote).is_some_and(|vote| vote.classes.contains(&MatterClass::Committee));
    let is_passed = poll.texts == Some(Ending::Passed) && poll.objections.upheld == 0;
    template.about == Some(About::Member) && is_theirs && is_passed && poll.is_final()
}

/// How texts ended together: they pass if each does, and otherwise as the first that did not.
pub fn texts(verdict: &Verdict) -> Option<Ending> {
    let ending = |outcome| match outcome {
        Outcome::Passed => Ending::Passed,
        Outcome::Rejected => Ending::Rejected,
        Outcome::NoQuorum => Ending::NoQuorum,
        Outcome::Indeterminate => Ending::Indeterminate,
    };
    let mut endings = verdict.matters.iter().map(|matter| ending(matter.outcome)).peekable();
    endings.peek()?;
    Some(endings.find(|ending| *ending != Ending::Passed).unwrap_or(Ending::Passed))
}

/// How the election ended; nothing where nobody was elected.
pub fn election(verdict: &Verdict) -> Option<Ending> {
    verdict.election.as_ref().map(|election| match election.outcome {
        ElectionOutcome::Formed => Ending::Formed,
        ElectionOutcome::RunoffDue => Ending::RunoffDue,
        ElectionOutcome::NotFormed => Ending::NotFormed,
        ElectionOutcome::NoQuorum => Ending::NoQuorum,
    })
}
