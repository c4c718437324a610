//! The kinds of modules, and how each may end.

use super::group::Group;
use crate::{incidents::coded, roll::RollPolicy};

/// Who carries a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Nature {
    /// 自治: rules and the clock.
    Cold,
    /// 人治: people hold it open, and close it with an outcome and reasons.
    Hot,
}

coded! {
    /// A kind of step.
    pub enum Kind {
        /// So many persons, or a share of heads or of area, sign.
        SignatureDrive = "SIGNATURE_DRIVE",
        /// Somebody is asked to guide or to take part, and accepts or does not.
        Invitation = "INVITATION",
        /// Whoever prepares the owners' first assembly is named.
        Formation = "FORMATION",
        /// The roll is shown, objected to, and locked.
        RollLock = "ROLL_LOCK",
        /// Owners propose who stands.
        Nomination = "NOMINATION",
        /// Something hangs out for a number of days, from when it is put up: the poll of a vote by itself.
        PublicNotice = "PUBLIC_NOTICE",
        /// How many registered so far; a display, no quorum.
        RegistrationGate = "REGISTRATION_GATE",
        Vote = "VOTE",
        /// The owners' assembly is held within its days: until its vote is closed.
        Assembly = "ASSEMBLY",
        /// What was voted on is counted.
        Count = "COUNT",
        /// Those who stood are counted.
        ElectionCount = "ELECTION_COUNT",
        /// The result hangs out, and may be objected to.
        ResultNotice = "RESULT_NOTICE",
        /// The committee, or the decision, is filed with the street.
        Filing = "FILING",
        /// What the former committee has goes to the new one.
        HandOver = "HAND_OVER",
        /// Somebody does something by a date, shows it, and somebody else accepts it.
        Task = "TASK",
        /// Those concerned talk: advice, unless it goes to the lawful body.
        Deliberation = "DELIBERATION",
        /// A supervisor notes what was seen.
        SupervisionNote = "SUPERVISION_NOTE",
        /// A whole programme, as a module of this one.
        Programme = "PROGRAMME",
    }
}

coded! {
    /// Who does something in a programme: a role at its place, or over it.
    pub enum Role {
        Owner = "OWNER",
        Family = "FAMILY",
        Tenant = "TENANT",
        UnitLeader = "UNIT_LEADER",
        BuildingLeader = "BUILDING_LEADER",
        PropertyManager = "PROPERTY_MANAGER",
        CommitteeMember = "COMMITTEE_MEMBER",
        Preparer = "PREPARER",
        CommunityOfficer = "COMMUNITY_OFFICER",
        StreetOfficer = "STREET_OFFICER",
        Developer = "DEVELOPER",
        Supervisor = "SUPERVISOR",
        Admin = "ADMIN",
    }
}

impl Role {
    /// Whether somebody has it by a home: there are many, and none of them speaks for the others.
    pub const fn is_of_a_home(self) -> bool {
        matches!(self, Self::Owner | Self::Family | Self::Tenant)
    }

    /// Whether it may guide and assist, and never approve what owners decide (Civil Code 277).
    pub const fn only_guides(self) -> bool {
        matches!(
            self,
            Self::PropertyManager
                | Self::Developer
                | Self::CommunityOfficer
                | Self::StreetOfficer
                | Self::Supervisor
                | Self::Admin
        )
    }
}

coded! {
    /// How a module ends.
    pub enum Ending {
        Reached = "REACHED",
        NotReached = "NOT_REACHED",
        Accepted = "ACCEPTED",
        Declined = "DECLINED",
        /// It is named who belongs to it.
        Established = "ESTABLISHED",
        Locked = "LOCKED",
        Enough = "ENOUGH",
        TooFew = "TOO_FEW",
        Given = "GIVEN",
        Closed = "CLOSED",
        /// A text passed.
        Passed = "PASSED",
        Rejected = "REJECTED",
        Indeterminate = "INDETERMINATE",
        NoQuorum = "NO_QUORUM",
        /// Enough members were elected.
        Formed = "FORMED",
        NotFormed = "NOT_FORMED",
        RunoffDue = "RUNOFF_DUE",
        /// Nobody objected, or no objection held.
        Final = "FINAL",
        Objected = "OBJECTED",
        Filed = "FILED",
        HandedOver = "HANDED_OVER",
        Agreed = "AGREED",
        NotAgreed = "NOT_AGREED",
        Noted = "NOTED",
        /// A programme came to its end.
        Done = "DONE",
        Stopped = "STOPPED",
    }
}

impl Kind {
    pub const fn nature(self) -> Nature {
        match self {
            Self::Deliberation | Self::SupervisionNote => Nature::Hot,
            Self::SignatureDrive
            | Self::Invitation
            | Self::Formation
            | Self::RollLock
            | Self::Nomination
            | Self::PublicNotice
            | Self::RegistrationGate
            | Self::Vote
            | Self::Assembly
            | Self::Count
            | Self::ElectionCount
            | Self::ResultNotice
            | Self::Filing
            | Self::HandOver
            | Self::Task
            | Self::Programme => Nature::Cold,
        }
    }

    /// How it may end.
    pub const fn endings(self) -> &'static [Ending] {
        use Ending as E;
        match self {
            Self::SignatureDrive | Self::RegistrationGate => &[E::Reached, E::NotReached],
            Self::Invitation | Self::Task => &[E::Accepted, E::Declined],
            Self::Formation => &[E::Established],
            Self::RollLock => &[E::Locked],
            Self::Nomination => &[E::Enough, E::TooFew],
            Self::PublicNotice => &[E::Given],
            Self::Vote | Self::Assembly => &[E::Closed],
            Self::Count => &[E::Passed, E::Rejected, E::Indeterminate, E::NoQuorum],
            Self::ElectionCount => &[E::Formed, E::NotFormed, E::RunoffDue, E::NoQuorum],
            Self::ResultNotice => &[E::Final, E::Objected],
            Self::Filing => &[E::Filed],
            Self::HandOver => &[E::HandedOver],
            Self::Deliberation => &[E::Agreed, E::NotAgreed],
            Self::SupervisionNote => &[E::Noted],
            Self::Programme => &[E::Done, E::Stopped],
        }
    }

    /// How it ends by itself when its time is up; nothing where it is late instead, and goes on.
    pub const fn ending_when_time_is_up(self) -> Option<Ending> {
        match self {
            Self::SignatureDrive | Self::RegistrationGate => Some(Ending::NotReached),
            Self::Invitation | Self::Task => Some(Ending::Declined),
            Self::Nomination => Some(Ending::TooFew),
            Self::Deliberation => Some(Ending::NotAgreed),
            Self::SupervisionNote => Some(Ending::Noted),
            Self::PublicNotice
            | Self::Formation
            | Self::RollLock
            | Self::Vote
            | Self::Assembly
            | Self::Count
            | Self::ElectionCount
            | Self::ResultNotice
            | Self::Filing
            | Self::HandOver
            | Self::Programme => None,
        }
    }

    /// The rules of its own that it goes by.
    pub const fn rules(self) -> &'static [&'static str] {
        match self {
            Self::Formation => Group::RULES,
            Self::Nomination => &["candidates_min_ratio"],
            Self::SignatureDrive => &[RollPolicy::SPECIAL_SPACES],
            Self::RegistrationGate => &["registration_gate", RollPolicy::SPECIAL_SPACES],
            _ => &[],
        }
    }

    /// Whether it is about a poll: that of the vote which its `of` names.
    pub const fn is_about_a_vote(self) -> bool {
        matches!(
            self,
            Self::RollLock
                | Self::Nomination
                | Self::Vote
                | Self::Assembly
                | Self::Count
                | Self::ElectionCount
                | Self::ResultNotice
        )
    }

    /// Whether somebody has to do something in it.
    pub const fn asks_somebody(self) -> bool {
        matches!(
            self,
            Self::SignatureDrive
                | Self::RegistrationGate
                | Self::Invitation
                | Self::Formation
                | Self::Filing
                | Self::HandOver
                | Self::Task
                | Self::Deliberation
                | Self::SupervisionNote
        )
    }

    /// Whether owners put their names to it: each for the heads that are theirs, counted and not shown.
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::SignatureDrive | Self::RegistrationGate)
    }

    /// Whether something has to follow from each of its endings. What people hold open may lead to nothing, how many have
    /// registered is a display, and what comes of an assembly its vote says.
    pub const fn has_to_lead_on(self) -> bool {
        matches!(self.nature(), Nature::Cold) && !matches!(self, Self::RegistrationGate | Self::Assembly)
    }

    /// Whether somebody else has to accept what was done in it.
    pub const fn is_accepted(self) -> bool {
        matches!(self, Self::HandOver | Self::Task)
    }

    /// Whether it is the owners' decision, or a part of it.
    pub const fn is_for_the_owners(self) -> bool {
        matches!(self, Self::Vote | Self::Count | Self::ElectionCount | Self::ResultNotice)
    }

    /// Whether how long it lasts is for what it is about to say: a vote's window is its poll's.
    pub const fn keeps_its_own_days(self) -> bool {
        matches!(self, Self::Vote)
    }

    /// What has to be over before it begins, one of each, whichever way it is reached, and the source of that.
    pub const fn wants_before(self) -> &'static [(&'static [Self], &'static str)] {
        match self {
            Self::Vote => &[
                (&[Self::RollLock], "guidance rules, art. 12: the roll is verified and published before"),
                (&[Self::PublicNotice], "Property Management Regulation 14: owners are told 15 days before"),
            ],
            Self::Count | Self::ElectionCount => {
                &[(&[Self::Vote], "nothing is counted before the vote is closed")]
            }
            Self::ResultNotice => &[(&[Self::Vote], "a result is one of a vote")],
            Self::Filing => &[(
                &[Self::ResultNotice, Self::PublicNotice],
                "guidance rules, art. 33: what is filed was published",
            )],
            _ => &[],
        }
    }
}
