//! Who acts for an owner 代表: a guardian for whoever cannot act, somebody for a legal person, and one of several
//! co-owners for all of them (guidance rules, art. 25; Civil Code 23, 61 and 161).
//!
//! ```text
//! an office, with a document ─▶ PROPOSED ── another person of the office ─▶ STANDS ── an end ─▶ ENDED
//! a co-owner ─▶ PROPOSED ── each other co-owner ─▶ STANDS          ├── another is named in its place ─▶ ENDED
//!                   │                                               └── a share is sold ─▶ ENDED
//!                   ├── who proposed it ─▶ WITHDRAWN
//!                   └── who should confirm it ─▶ REFUSED
//! ```
//!
//! It holds from poll to poll, and it is a capacity: whoever casts, a head has one ballot of the same weight.

use std::collections::BTreeSet;

use crate::incidents::coded;

coded! {
    /// By what somebody acts for an owner.
    pub enum Ground {
        /// For whoever is a minor or cannot act; the owner does not act beside them.
        Guardian = "GUARDIAN",
        /// Whom the law or its articles make the voice of a legal person.
        LegalRepresentative = "LEGAL_REPRESENTATIVE",
        /// Whom a legal person sends.
        AuthorisedAgent = "AUTHORISED_AGENT",
        /// Whom the co-owners of a home name among themselves.
        NamedCoOwner = "NAMED_CO_OWNER",
    }
}

impl Ground {
    /// Whether whoever acts by it is the voice of a legal person, in whose place they sit where that was elected.
    pub const fn is_voice(self) -> bool {
        matches!(self, Self::LegalRepresentative | Self::AuthorisedAgent)
    }
}

coded! {
    /// What an owner is.
    pub enum OwnerKind {
        Person = "PERSON",
        Organisation = "ORGANISATION",
        Developer = "DEVELOPER",
    }
}

coded! {
    /// Where a representation stands.
    pub enum State {
        /// It waits for whoever has to confirm it.
        Proposed = "PROPOSED",
        Stands = "STANDS",
        /// Somebody who had to confirm it did not.
        Refused = "REFUSED",
        /// Who proposed it took it back.
        Withdrawn = "WITHDRAWN",
        Ended = "ENDED",
    }
}

/// What somebody is to a representation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Actor {
    /// They proposed it.
    pub is_proposer: bool,
    /// They own or live in the home.
    pub is_concerned: bool,
    /// They act for one of the co-owners, or for the owner who is represented, or are who represents.
    pub is_party: bool,
}

/// How it came about, and so who confirms it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// An office recorded it from a document: another person of the office.
    Office,
    /// A co-owner asked the others: all of them, of whom so many have not confirmed yet.
    CoOwners { missing: usize },
}

/// What is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proposal {
    pub ground: Ground,
    /// What the owner is who is represented, or named.
    pub owner: OwnerKind,
    /// How many own the home.
    pub owners: usize,
    /// Somebody is named who acts; a co-owner acts as who they are.
    pub names_somebody: bool,
    /// A document is named, and a picture of it sent.
    pub is_proven: bool,
    /// The same stands or waits already.
    pub is_there: bool,
}

/// Why it is not so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{0} is not for such an owner, or not told as it has to be")]
    Unfit(Ground),
    #[error("an office records it from a document, with a picture of that")]
    Unproven,
    #[error("the same stands or waits already")]
    There,
    #[error("nobody decides about their own home")]
    OwnHome,
    #[error("another person confirms it than who proposed it")]
    SamePerson,
    #[error("it is {0}")]
    Not(State),
    #[error("the caller has confirmed it already")]
    ConfirmedAlready,
    #[error("the owners of the home are others by now")]
    Stale,
}

impl Proposal {
    /// Whether it may be proposed.
    ///
    /// # Errors
    /// The first reason why not.
    pub const fn propose(self, way: Way, actor: Actor) -> Result<State, Refusal> {
        let by_office = matches!(way, Way::Office);
        if by_office && actor.is_concerned {
            return Err(Refusal::OwnHome);
        }
        let fits = match self.ground {
            Ground::Guardian => by_office && self.names_somebody && matches!(self.owner, OwnerKind::Person),
            Ground::LegalRepresentative | Ground::AuthorisedAgent => {
                by_office && self.names_somebody && !matches!(self.owner, OwnerKind::Person)
            }
            Ground::NamedCoOwner => !self.names_somebody && self.owners > 1,
        };
        if !fits {
            return Err(Refusal::Unfit(self.ground));
        }
        if by_office && !self.is_proven {
            return Err(Refusal::Unproven);
        }
        if self.is_there {
            return Err(Refusal::There);
        }
        // Whoever acts for all co-owners has nobody left to ask.
        Ok(if matches!(way, Way::CoOwners { missing: 0 }) { State::Stands } else { State::Proposed })
    }
}

impl State {
    /// Somebody confirms it; `way` as it is with that, `is_stale` if the home has other owners than when it was proposed.
    ///
    /// # Errors
    /// The first reason why not.
    pub const fn confirm(self, way: Way, actor: Actor, is_stale: bool) -> Result<Self, Refusal> {
        if !matches!(self, Self::Proposed) {
            return Err(Refusal::Not(self));
        }
        match way {
            Way::Office if actor.is_proposer => Err(Refusal::SamePerson),
            Way::Office if actor.is_concerned => Err(Refusal::OwnHome),
            _ if is_stale => Err(Refusal::Stale),
            Way::Office | Way::CoOwners { missing: 0 } => Ok(Self::Stands),
            Way::CoOwners { .. } => Ok(Self::Proposed),
        }
    }

    /// Somebody does not confirm it, takes it back, or ends what stands: a party always, an office but for its own home.
    ///
    /// # Errors
    /// The first reason why not.
    pub const fn end(self, actor: Actor) -> Result<Self, Refusal> {
        if actor.is_concerned && !actor.is_proposer && !actor.is_party {
            return Err(Refusal::OwnHome);
        }
        match self {
            Self::Proposed if actor.is_proposer => Ok(Self::Withdrawn),
            Self::Proposed => Ok(Self::Refused),
            Self::Stands => Ok(Self::Ended),
            over => Err(Refusal::Not(over)),
        }
    }

    /// Whether anything may come of it, or has.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Proposed | Self::Stands)
    }
}

/// Who casts a head's ballot, of those [who may](super::electors): the one whom they named, and where they named nobody
/// each of them, of whom the first counts; nobody where the rules want one named. Whoever owns alone needs no name.
pub fn casters<Owner: Ord + Clone>(
    electors: &BTreeSet<Owner>,
    named: Option<&Owner>,
    must_be_named: bool,
) -> BTreeSet<Owner> {
    match named.filter(|named| electors.contains(named)) {
        _ if electors.len() < 2 => electors.clone(),
        Some(named) => [named.clone()].into(),
        None if must_be_named => BTreeSet::new(),
        None => electors.clone(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BOTH: [bool; 2] = [false, true];
    const WAYS: [Way; 3] = [Way::Office, Way::CoOwners { missing: 0 }, Way::CoOwners { missing: 1 }];

    fn actors() -> impl Iterator<Item = Actor> {
        (0..8).map(|bits: u8| Actor {
            is_proposer: bits & 1 > 0,
            is_concerned: bits & 2 > 0,
            is_party: bits & 4 > 0,
        })
    }

    fn proposals() -> impl Iterator<Item = Proposal> {
        let owners = Ground::ALL.iter().flat_map(|ground| {
            OwnerKind::ALL.iter().flat_map(|owner| [1, 2].map(|owners| (*ground, *owner, owners)))
        });
        owners.flat_map(|(ground, owner, owners)| {
            (0..8).map(move |bits: u8| Proposal {
                ground,
                owner,
                owners,
                names_somebody: bits & 1 > 0,
                is_proven: bits & 2 > 0,
                is_there: bits & 4 > 0,
            })
        })
    }

    #[test]
    fn guardians_are_for_persons_agents_for_the_others_and_co_owners_name_one_of_two_or_more() {
        for proposal in proposals() {
            for way in WAYS {
                for actor in actors() {
                    let by_office = way == Way::Office;
                    let is_person = proposal.owner == OwnerKind::Person;
                    let fits = match proposal.ground {
                        Ground::NamedCoOwner => !proposal.names_somebody && proposal.owners == 2,
                        Ground::Guardian => by_office && proposal.names_somebody && is_person,
                        _ => by_office && proposal.names_somebody && !is_person,
                    };
                    let expected = if by_office && actor.is_concerned {
                        Err(Refusal::OwnHome)
                    } else if !fits {
                        Err(Refusal::Unfit(proposal.ground))
                    } else if by_office && !proposal.is_proven {
                        Err(Refusal::Unproven)
                    } else if proposal.is_there {
                        Err(Refusal::There)
                    } else if way == (Way::CoOwners { missing: 0 }) {
                        Ok(State::Stands)
                    } else {
                        Ok(State::Proposed)
                    };
                    assert_eq!(proposal.propose(way, actor), expected, "{proposal:?} {way:?} {actor:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_stands_by_one_person_of_an_office_or_by_a_part_of_the_co_owners() {
        for state in State::ALL.iter().copied() {
            for way in WAYS {
                for actor in actors() {
                    for is_stale in BOTH {
                        let confirmed = state.confirm(way, actor, is_stale);
                        let may = match way {
                            Way::Office => !actor.is_proposer && !actor.is_concerned,
                            Way::CoOwners { missing } => missing == 0,
                        };
                        let stands = state == State::Proposed && may && !is_stale;
                        assert_eq!(confirmed == Ok(State::Stands), stands, "{state} {way:?} {actor:?}");
                        if state != State::Proposed {
                            assert_eq!(confirmed, Err(Refusal::Not(state)), "what is over stays so");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_open_ends_once_by_a_party_or_an_office_without_an_interest() {
        for state in State::ALL.iter().copied() {
            for actor in actors() {
                let is_kept_away = actor == Actor { is_concerned: true, ..Actor::default() };
                let expected = match state {
                    _ if is_kept_away => Err(Refusal::OwnHome),
                    State::Proposed if actor.is_proposer => Ok(State::Withdrawn),
                    State::Proposed => Ok(State::Refused),
                    State::Stands => Ok(State::Ended),
                    over => Err(Refusal::Not(over)),
                };
                assert_eq!(state.end(actor), expected, "{state} {actor:?}");
                assert!(expected.is_err() || state.is_open());
                assert!(!expected.is_ok_and(State::is_open), "an end is one");
            }
        }
    }

    proptest! {
        #[test]
        fn who_casts_is_one_who_may_and_the_named_one_alone(
            electors in prop::collection::btree_set(0u8..6, 0..4),
            named in prop::option::of(0u8..6),
            must_be_named: bool,
        ) {
            let casters = casters(&electors, named.as_ref(), must_be_named);
            let is_named = named.is_some_and(|named| electors.contains(&named));
            let expected = if electors.len() < 2 {
                electors
            } else if is_named {
                named.into_iter().collect()
            } else if must_be_named {
                BTreeSet::new()
            } else {
                electors
            };
            prop_assert_eq!(casters, expected);
        }
    }
}
