//! What people do in a programme, and who may.

use std::collections::BTreeSet;

use super::{
    course::{Course, Step},
    module::{Ending, Kind, Role},
    template::Template,
};
use crate::incidents::coded;

coded! {
    /// What somebody does in a module.
    pub enum Deed {
        /// Owners sign, or register to take part, each for what is their own.
        Sign = "SIGN",
        /// Whoever is invited comes; whoever receives takes over; whoever looks at a task finds it well done.
        Accept = "ACCEPT",
        Decline = "DECLINE",
        /// What was done is shown, filed or handed over.
        Show = "SHOW",
        /// Something is said, or answered, where people talk.
        Say = "SAY",
        /// Whoever the programme is about answers it, where people talk.
        Defend = "DEFEND",
        /// What was talked about at a meeting.
        Minute = "MINUTE",
        /// A supervisor writes down what was seen in any step, at any time while the programme runs; it holds nothing up.
        Note = "NOTE",
        /// Whoever convenes the programme answers such a note, once.
        Reply = "REPLY",
        /// What people held open is closed, with an outcome and its reasons.
        Close = "CLOSE",
    }
}

/// Who supervises a programme and may note what is seen: the owners' representatives, the preparatory group, street and
/// community, the developer and the property company. None of them approves anything (Civil Code 277).
pub const SUPERVISORS: [Role; 8] = [
    Role::UnitLeader,
    Role::BuildingLeader,
    Role::PropertyManager,
    Role::Preparer,
    Role::CommunityOfficer,
    Role::StreetOfficer,
    Role::Developer,
    Role::Supervisor,
];

/// Why a deed is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no module {0}")]
    NoSuchModule(String),
    #[error("{0} does not run")]
    NotRunning(String),
    #[error("the programme stands still")]
    Paused,
    #[error("in a {kind} nobody can {deed}")]
    WrongKind { kind: Kind, deed: Deed },
    #[error("whoever can {deed} here: {}", list(may))]
    NotAsked { deed: Deed, may: BTreeSet<Role> },
    #[error("nothing was shown yet that could be accepted or declined")]
    NothingShown,
    #[error("no note waits for an answer here")]
    NothingNoted,
    #[error("whoever it is about was not heard yet, and has their time")]
    NotHeard,
    #[error("a {kind} does not end {ending}")]
    WrongEnding { kind: Kind, ending: Ending },
    #[error("whoever closes it says how it ends")]
    EndingMissing,
}

fn list(roles: &BTreeSet<Role>) -> String {
    roles.iter().map(|role| role.code()).collect::<Vec<_>>().join(", ")
}

/// What was done in a module so far, as far as it decides how it ends. Of each role the last word counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    pub accepted: BTreeSet<Role>,
    pub declined: BTreeSet<Role>,
    /// Whether something was shown since it was last declined.
    pub shown: bool,
    pub noted: bool,
    /// How many notes of supervisors nobody has answered.
    pub unanswered: u64,
    /// Whether whoever the programme is about has spoken.
    pub heard: bool,
    pub closed: Option<Ending>,
}

impl Deed {
    /// In modules of which kinds it is done.
    pub const fn is_done_in(self, kind: Kind) -> bool {
        match self {
            Self::Sign => kind.is_signed(),
            Self::Accept | Self::Decline => matches!(kind, Kind::Invitation | Kind::Task | Kind::HandOver),
            Self::Show => matches!(kind, Kind::Task | Kind::Filing | Kind::HandOver),
            Self::Say | Self::Defend | Self::Minute | Self::Close => matches!(kind, Kind::Deliberation),
            Self::Note | Self::Reply => true,
        }
    }

    /// Whether it is one of those by which a module of a kind ends.
    pub const fn decides(self, kind: Kind) -> bool {
        match self {
            Self::Accept | Self::Decline | Self::Show | Self::Defend | Self::Close => true,
            Self::Note => matches!(kind, Kind::SupervisionNote),
            Self::Sign | Self::Say | Self::Minute | Self::Reply => false,
        }
    }

    /// Whether it is done in a module of a template; nobody answers where it is about nobody.
    fn is_done(self, template: &Template, module: &str) -> bool {
        let is_done = template.modules.get(module).is_some_and(|module| self.is_done_in(module.kind));
        is_done && (self != Self::Defend || template.hears(module))
    }

    /// Whether it goes beside the programme: done whether or not the module runs, or the programme stands still.
    const fn is_beside(self, kind: Kind) -> bool {
        matches!(self, Self::Note | Self::Reply) && !self.decides(kind)
    }
}

/// Who may do a deed in a module; nobody where it is not done. Of those who may [`Deed::Defend`] only whom the programme is
/// about does.
pub fn who_may(template: &Template, module: &str, deed: Deed) -> BTreeSet<Role> {
    let Some(module) = template.modules.get(module).filter(|_| deed.is_done(template, module)) else {
        return BTreeSet::new();
    };
    match deed {
        Deed::Accept | Deed::Decline if module.kind != Kind::Invitation => module.accepted_by.clone(),
        Deed::Minute | Deed::Close | Deed::Reply => template.convened_by.clone(),
        Deed::Note if module.kind != Kind::SupervisionNote => SUPERVISORS.into(),
        Deed::Sign | Deed::Accept | Deed::Decline | Deed::Show | Deed::Say | Deed::Defend | Deed::Note => {
            module.asks.clone()
        }
    }
}

/// Whether somebody in these roles may do a deed now, and in which of them.
pub fn take(
    (course, template): (&Course, &Template),
    (module, deed): (&str, Deed),
    roles: &BTreeSet<Role>,
    (done, ending): (&Done, Option<Ending>),
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Role, Refusal> {
    let kind = template.modules.get(module).map(|module| module.kind);
    let kind = kind.ok_or_else(|| Refusal::NoSuchModule(module.to_owned()))?;
    if !deed.is_done(template, module) {
        return Err(Refusal::WrongKind { kind, deed });
    }
    let may = who_may(template, module, deed);
    let Some(role) = roles.intersection(&may).next().copied() else {
        return Err(Refusal::NotAsked { deed, may });
    };
    if deed.is_beside(kind) {
        let nothing_noted = deed == Deed::Reply && done.unanswered == 0;
        return match course.ended {
            Some(_) => Err(Refusal::NotRunning(module.to_owned())),
            None if nothing_noted => Err(Refusal::NothingNoted),
            None => Ok(role),
        };
    }
    if !matches!(course.steps.get(module), Some(Step::Running { .. })) {
        return Err(Refusal::NotRunning(module.to_owned()));
    }
    if course.paused_at(now).is_some() {
        return Err(Refusal::Paused);
    }
    match (deed, ending) {
        (Deed::Accept | Deed::Decline, _) if kind != Kind::Invitation && !done.shown => {
            Err(Refusal::NothingShown)
        }
        // Until the module's longest time is over, by which it ends without their word.
        (Deed::Close, _) if template.hears(module) && !done.heard => Err(Refusal::NotHeard),
        (Deed::Close, None) => Err(Refusal::EndingMissing),
        (Deed::Close, Some(ending)) if !kind.endings().contains(&ending) => {
            Err(Refusal::WrongEnding { kind, ending })
        }
        _ => Ok(role),
    }
}

impl Done {
    /// What one more deed makes of it.
    #[must_use]
    pub fn and(mut self, deed: Deed, role: Role, ending: Option<Ending>) -> Self {
        match deed {
            Deed::Accept => {
                self.declined.remove(&role);
                self.accepted.insert(role);
            }
            Deed::Decline => {
                self.accepted.remove(&role);
                self.declined.insert(role);
                self.shown = false;
            }
            Deed::Show => {
                self.declined.clear();
                self.shown = true;
            }
            Deed::Note => {
                self.noted = true;
                self.unanswered = self.unanswered.saturating_add(1);
            }
            Deed::Reply => self.unanswered = self.unanswered.saturating_sub(1),
            Deed::Defend => self.heard = true,
            Deed::Close => self.closed = ending,
            Deed::Sign | Deed::Say | Deed::Minute => {}
        }
        self
    }

    /// How a module ends by what people did in it; nothing while it goes on.
    ///
    /// An invitation ends once everybody who is invited has said whether they come: it is accepted if one does. A task
    /// that is declined is shown again, until its time is up.
    pub fn ending(&self, template: &Template, module: &str) -> Option<Ending> {
        let module = template.modules.get(module)?;
        let all_answered =
            || module.asks.iter().all(|role| self.accepted.contains(role) || self.declined.contains(role));
        match module.kind {
            Kind::Invitation if all_answered() && self.accepted.is_empty() => Some(Ending::Declined),
            Kind::Invitation if all_answered() => Some(Ending::Accepted),
            Kind::Task if !self.accepted.is_empty() => Some(Ending::Accepted),
            Kind::Filing if self.shown => Some(Ending::Filed),
            Kind::HandOver if !self.accepted.is_empty() => Some(Ending::HandedOver),
            Kind::SupervisionNote if self.noted => Some(Ending::Noted),
            Kind::Deliberation => self.closed,
            _ => None,
        }
    }
}
