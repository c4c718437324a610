//! What people do in a programme, and who may.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    course::{Course, Step, Terms},
    module::{Ending, Kind, Role},
    template::{Module, Template},
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
        /// The members of the preparatory group are named.
        Form = "FORM",
        /// A task comes to one person: of those who are asked to do it one takes it, is given it, or has it handed on.
        Assign = "ASSIGN",
        /// What was done is shown, filed or handed over.
        Show = "SHOW",
        /// What hangs out is put up.
        PutUp = "PUT_UP",
        /// Something is said, or answered, where people talk.
        Say = "SAY",
        /// Whoever the programme is about answers it, where people talk.
        Defend = "DEFEND",
        /// What was talked about at a meeting, when and where, and who came.
        Minute = "MINUTE",
        /// A supervisor writes down what was seen in any step, at any time while the programme runs; it holds nothing up.
        Note = "NOTE",
        /// Whoever convenes the programme answers such a note, once.
        Reply = "REPLY",
        /// What people held open is closed, with an outcome and its reasons.
        Close = "CLOSE",
    }
}

coded! {
    /// How a task comes to whoever has it from then on.
    pub enum Coming {
        /// Whoever is asked to do it takes it, as long as nobody has it.
        Taken = "TAKEN",
        /// Whoever has it hands it on.
        HandedOn = "HANDED_ON",
        /// Whoever convenes the programme gives it.
        Given = "GIVEN",
    }
}

impl Coming {
    /// Whether a task may come so from somebody to somebody.
    pub fn fits(
        self,
        (template, module): (&Template, &str),
        done: &Done,
        (from, to): (Role, Role),
    ) -> Result<(), Refusal> {
        let asks = template.modules.get(module).map(|module| module.asks.clone()).unwrap_or_default();
        let may_come = match self {
            Self::Taken => done.assignee.is_none() && from == to,
            Self::HandedOn => done.assignee == Some(from),
            Self::Given => template.convened_by.contains(&from),
        };
        match (asks.contains(&to), may_come) {
            (true, true) => Ok(()),
            (true, false) => Err(Refusal::Taken),
            (false, _) => Err(Refusal::NotAsked { deed: Deed::Show, may: asks }),
        }
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
    #[error("not met yet: {}", .0.join(", "))]
    Unmet(Vec<String>),
    #[error("somebody has it to do already")]
    Taken,
    #[error("a reply that was asked for may come until {0}")]
    ReplyAwaited(DateTime<Utc>),
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
#[expect(clippy::struct_excessive_bools, reason = "each is something else that was done or not")]
pub struct Done {
    pub accepted: BTreeSet<Role>,
    pub declined: BTreeSet<Role>,
    /// Whether something was shown since it was last declined.
    pub shown: bool,
    pub noted: bool,
    /// Whether it was named who belongs to the group.
    pub formed: bool,
    /// How many notes of supervisors nobody has answered.
    pub unanswered: u64,
    /// Whether whoever the programme is about has spoken.
    pub heard: bool,
    pub closed: Option<Ending>,
    /// In which role somebody has the task.
    pub assignee: Option<Role>,
    /// Which requirements are met by what was shown since it was last declined, by their places.
    pub met: BTreeSet<usize>,
    /// Whether something was shown of which nobody marked what it meets, as of old: no requirement is open then.
    pub unmarked: bool,
    /// When it was first put up.
    pub put_up_at: Option<DateTime<Utc>>,
    /// The statements on which a reply was asked for that has not come, with when, and of which role.
    pub awaited: BTreeMap<String, (DateTime<Utc>, Option<Role>)>,
}

/// One deed, as far as it decides anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Did {
    pub id: String,
    pub deed: Deed,
    pub role: Role,
    pub at: DateTime<Utc>,
    /// How it ends, of whoever closes it.
    pub ending: Option<Ending>,
    /// Which requirements what is shown meets, by their places; nothing where nobody marked that.
    pub meets: Option<BTreeSet<usize>>,
    /// Of which role something is asked: the task, or a reply.
    pub asks_of: Option<Role>,
    /// Whether a reply to it is asked for.
    pub asks_reply: bool,
    /// The statement on which this is the reply that was asked for.
    pub replies_to: Option<String>,
}

impl Did {
    pub const fn new(id: String, deed: Deed, role: Role, at: DateTime<Utc>) -> Self {
        Self {
            id,
            deed,
            role,
            at,
            ending: None,
            meets: None,
            asks_of: None,
            asks_reply: false,
            replies_to: None,
        }
    }

    /// As the facts of the record tell it; nothing where they tell of nothing that is done in a programme.
    pub fn told(facts: &Value, at: DateTime<Utc>) -> Option<Self> {
        let text = |name: &str| facts.get(name).and_then(Value::as_str);
        let role = |name: &str| text(name).and_then(Role::from_code);
        let places = |all: &Value| serde_json::from_value(all.clone()).ok();
        Some(Self {
            ending: text("ending").and_then(Ending::from_code),
            meets: facts.get("meets").and_then(places),
            asks_of: role("asks_of"),
            asks_reply: facts.get("asks_reply").and_then(Value::as_bool).unwrap_or_default(),
            replies_to: text("replies_to").map(str::to_owned),
            ..Self::new(text("deed_id")?.to_owned(), Deed::from_code(text("deed")?)?, role("role")?, at)
        })
    }
}

impl Deed {
    /// In modules of which kinds it is done.
    pub const fn is_done_in(self, kind: Kind) -> bool {
        match self {
            Self::Sign => kind.is_signed(),
            Self::Accept | Self::Decline => matches!(kind, Kind::Invitation | Kind::Task | Kind::HandOver),
            Self::Form => matches!(kind, Kind::Formation),
            Self::Assign => matches!(kind, Kind::Task),
            Self::Show => matches!(kind, Kind::Task | Kind::Filing | Kind::HandOver),
            Self::PutUp => matches!(kind, Kind::PublicNotice),
            Self::Say | Self::Defend | Self::Minute | Self::Close => matches!(kind, Kind::Deliberation),
            Self::Note | Self::Reply => true,
        }
    }

    /// Whether it is one of those that decide how a module of a kind ends, and when it may.
    pub const fn decides(self, kind: Kind) -> bool {
        match self {
            Self::Accept
            | Self::Decline
            | Self::Form
            | Self::Assign
            | Self::Show
            | Self::PutUp
            | Self::Say
            | Self::Defend
            | Self::Close => true,
            Self::Note => matches!(kind, Kind::SupervisionNote),
            Self::Sign | Self::Minute | Self::Reply => false,
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
        Deed::PutUp if module.asks.is_empty() => template.convened_by.clone(),
        Deed::Assign => module.asks.union(&template.convened_by).copied().collect(),
        Deed::Note if module.kind != Kind::SupervisionNote => SUPERVISORS.into(),
        Deed::Sign
        | Deed::Accept
        | Deed::Decline
        | Deed::Form
        | Deed::Show
        | Deed::PutUp
        | Deed::Say
        | Deed::Defend
        | Deed::Note => module.asks.clone(),
    }
}

/// Who has to do with a task, or convenes or supervises the programme: they see who has it, and the photos of what was done.
pub fn concerned(template: &Template, module: &str) -> BTreeSet<Role> {
    let module = template.modules.get(module).filter(|module| module.kind != Kind::Deliberation);
    let of_it = module.into_iter().flat_map(|module| module.asks.union(&module.accepted_by));
    of_it.chain(&template.convened_by).chain(&SUPERVISORS).copied().collect()
}

/// Whether somebody in these roles may do a deed now, and in which of them.
pub fn take(
    (course, terms): (&Course, Terms<'_>),
    (name, deed): (&str, Deed),
    roles: &BTreeSet<Role>,
    (done, ending): (&Done, Option<Ending>),
    now: DateTime<Utc>,
) -> Result<Role, Refusal> {
    let module = terms.template.modules.get(name).ok_or_else(|| Refusal::NoSuchModule(name.to_owned()))?;
    let kind = module.kind;
    if !deed.is_done(terms.template, name) {
        return Err(Refusal::WrongKind { kind, deed });
    }
    let mut may = who_may(terms.template, name, deed);
    if let (Deed::Show, Some(assignee)) = (deed, done.assignee) {
        may = BTreeSet::from([assignee]);
    }
    let Some(role) = roles.intersection(&may).next().copied() else {
        return Err(Refusal::NotAsked { deed, may });
    };
    if deed.is_beside(kind) {
        let nothing_noted = deed == Deed::Reply && done.unanswered == 0;
        return match course.ended {
            Some(_) => Err(Refusal::NotRunning(name.to_owned())),
            None if nothing_noted => Err(Refusal::NothingNoted),
            None => Ok(role),
        };
    }
    if !matches!(course.steps.get(name), Some(Step::Running { .. })) {
        return Err(Refusal::NotRunning(name.to_owned()));
    }
    if course.paused_at(now).is_some() {
        return Err(Refusal::Paused);
    }
    match (deed, ending) {
        (Deed::Accept | Deed::Decline, _) if kind != Kind::Invitation && !done.shown => {
            Err(Refusal::NothingShown)
        }
        // Until the module's longest time is over, by which it ends without their word.
        (Deed::Close, _) if terms.template.hears(name) && !done.heard => Err(Refusal::NotHeard),
        (Deed::Accept, _) if !done.unmet(module).is_empty() => {
            Err(Refusal::Unmet(done.unmet(module).into_iter().map(str::to_owned).collect()))
        }
        (Deed::Close, None) => Err(Refusal::EndingMissing),
        (Deed::Close, Some(ending)) if !kind.endings().contains(&ending) => {
            Err(Refusal::WrongEnding { kind, ending })
        }
        (Deed::Close, Some(Ending::Agreed)) => done
            .reply_until(course, module, terms, now)
            .map_or(Ok(role), |until| Err(Refusal::ReplyAwaited(until))),
        _ => Ok(role),
    }
}

impl Done {
    /// The requirements of a task that nothing meets that was shown.
    pub fn unmet<'a>(&self, module: &'a Module) -> Vec<&'a str> {
        let open = |(place, _): &(usize, &String)| !self.unmarked && !self.met.contains(place);
        module.requires.iter().enumerate().filter(open).map(|(_, words)| words.as_str()).collect()
    }

    /// Until when a reply may still come that was asked for.
    pub fn reply_until(
        &self,
        course: &Course,
        module: &Module,
        terms: Terms<'_>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let until = |asked_at: &DateTime<Utc>| course.reply_until(module, *asked_at, terms).ok();
        self.awaited.values().filter_map(|(asked_at, _)| until(asked_at)).filter(|until| *until > now).max()
    }

    /// Whether what somebody in a role says is the reply that was asked for on a statement: of that role, or of nobody but
    /// whoever it is about.
    pub fn is_reply(&self, to: &str, role: Role, is_whom_it_is_about: bool) -> bool {
        let asked = |(_, of): &(DateTime<Utc>, Option<Role>)| of.map_or(is_whom_it_is_about, |of| of == role);
        self.awaited.get(to).is_some_and(asked)
    }

    /// What one more deed makes of it.
    #[must_use]
    pub fn and(mut self, did: Did) -> Self {
        let role = did.role;
        match did.deed {
            Deed::Accept => {
                self.declined.remove(&role);
                self.accepted.insert(role);
            }
            Deed::Decline => {
                self.accepted.remove(&role);
                self.declined.insert(role);
                (self.shown, self.unmarked) = (false, false);
                self.met.clear();
            }
            Deed::Form => self.formed = true,
            Deed::Assign => self.assignee = did.asks_of,
            Deed::Show => {
                self.declined.clear();
                self.shown = true;
                self.unmarked |= did.meets.is_none();
                self.met.extend(did.meets.into_iter().flatten());
            }
            Deed::PutUp => self.put_up_at = self.put_up_at.or(Some(did.at)),
            Deed::Say => {
                if let Some(answered) = &did.replies_to {
                    self.awaited.remove(answered);
                }
                if did.asks_reply {
                    self.awaited.insert(did.id, (did.at, did.asks_of));
                }
            }
            Deed::Note => {
                self.noted = true;
                self.unanswered = self.unanswered.saturating_add(1);
            }
            Deed::Reply => self.unanswered = self.unanswered.saturating_sub(1),
            Deed::Defend => self.heard = true,
            Deed::Close => self.closed = did.ending,
            Deed::Sign | Deed::Minute => {}
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
            Kind::Formation if self.formed => Some(Ending::Established),
            Kind::Task if !self.accepted.is_empty() => Some(Ending::Accepted),
            Kind::Filing if self.shown => Some(Ending::Filed),
            Kind::HandOver if !self.accepted.is_empty() => Some(Ending::HandedOver),
            Kind::SupervisionNote if self.noted => Some(Ending::Noted),
            Kind::Deliberation => self.closed,
            _ => None,
        }
    }
}
