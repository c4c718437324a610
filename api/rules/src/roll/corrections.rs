//! Correcting the roll 名册更正: owners object to their own entry and are answered; whoever keeps the roll changes one
//! home at a time, with evidence.
//!
//! ```text
//! nobody votes there ── one person ──────────────────────────▶ APPLIED
//! a programme runs, or a poll is not published ─▶ PROPOSED ── another person ─▶ APPLIED
//!                                                    ├── another person, with reasons ─▶ REFUSED
//!                                                    └── who proposed it ─▶ WITHDRAWN
//! ```
//!
//! A locked roll is frozen with heads, areas, weights and its hash: from the lock until the result is out only a status
//! is noted, that a home was sold. Denominators stay, and [`electors`](super::electors) says who votes.

use crate::incidents::coded;

coded! {
    /// What an area rests on, the strongest first: what is registered; where that is not, what was surveyed; where
    /// nothing was, what the contract says (SPC interpretation on 区分所有权, art. 8).
    pub enum Source {
        Registry = "REGISTRY",
        Survey = "SURVEY",
        Contract = "CONTRACT",
    }
}

coded! {
    /// What is wrong with the roll.
    pub enum Ground {
        Area = "AREA",
        /// Who owns the home.
        Owners = "OWNERS",
        /// How an owner is called.
        Name = "NAME",
        /// Whether the home was handed over.
        Delivered = "DELIVERED",
        /// A home is not on the roll at all.
        MissingHome = "MISSING_HOME",
        Other = "OTHER",
    }
}

impl Ground {
    /// In plain words, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Area => ("面积", "an area"),
            Self::Owners => ("业主", "who owns a home"),
            Self::Name => ("姓名", "a name"),
            Self::Delivered => ("是否交付", "whether a home was handed over"),
            Self::MissingHome => ("缺少房屋", "a home is missing"),
            Self::Other => ("其他", "something else"),
        }
    }
}

coded! {
    /// What became of an objection.
    pub enum Outcome {
        /// It holds, and the roll says so now.
        Accepted = "ACCEPTED",
        Dismissed = "DISMISSED",
    }
}

impl Outcome {
    /// In plain words, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Accepted => ("成立", "it holds"),
            Self::Dismissed => ("不成立", "it does not hold"),
        }
    }
}

coded! {
    /// What is changed of one home.
    pub enum Kind {
        Area = "AREA",
        /// Who owned it all along.
        Owners = "OWNERS",
        /// How one of its owners is called.
        Name = "NAME",
        /// Whether it was handed over all along.
        Status = "STATUS",
        /// It was sold and handed over: the roll was right, and something happened since.
        Sale = "SALE",
    }
}

impl Kind {
    /// In plain words, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Area => ("面积", "an area"),
            Self::Owners => ("业主", "who owns a home"),
            Self::Name => ("姓名", "a name"),
            Self::Status => ("是否交付", "whether a home was handed over"),
            Self::Sale => ("房屋买卖", "a home was sold"),
        }
    }

    /// Whether it notes what happened since, instead of saying that the roll was wrong. Only that is possible of a
    /// locked roll.
    pub const fn is_noted(self) -> bool {
        matches!(self, Self::Sale)
    }
}

coded! {
    /// Where a change stands.
    pub enum State {
        /// It waits for a second person.
        Proposed = "PROPOSED",
        /// The roll says so.
        Applied = "APPLIED",
        /// A second person did not agree.
        Refused = "REFUSED",
        /// Who proposed it took it back.
        Withdrawn = "WITHDRAWN",
    }
}

/// What goes on at the complex of a home.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Setting {
    /// Whether a programme runs at it, or at a part of it.
    pub programme_runs: bool,
    /// Whether there is a poll whose result is not out, drafts included.
    pub poll_waits: bool,
    /// Whether the home is on the roll of such a poll, locked.
    pub is_locked: bool,
}

impl Setting {
    /// How many persons a change needs: two while anybody may gain by it.
    pub const fn persons(self) -> Persons {
        if self.programme_runs || self.poll_waits || self.is_locked { Persons::Two } else { Persons::One }
    }
}

/// How many persons a change needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persons {
    One,
    Two,
}

impl Persons {
    pub const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

/// Who decides, in relation to what is decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Actor {
    /// Whether they own or live in that home, or objected themselves.
    pub is_concerned: bool,
    /// Whether they proposed the change.
    pub is_proposer: bool,
}

/// Why the roll is not changed, or an objection not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("nobody decides about their own home or objection")]
    OwnHome,
    #[error("a change is confirmed by another person than who proposed it")]
    SamePerson,
    #[error(
        "the home is on the locked roll of a poll whose result is not out: until then only a sale is noted, and {0} is none"
    )]
    Locked(Kind),
    #[error("the change is {0} already")]
    Decided(State),
    #[error("the home has changed since this was proposed")]
    Stale,
    #[error("the roll says so already")]
    NothingChanges,
    #[error("the area rests on {present}, which goes before {offered}: say why that is wrong in `overrides`")]
    WeakerSource { present: Source, offered: Source },
    #[error("the objection is answered already")]
    Answered,
    #[error("an objection about {0} is accepted with the change that it asks for")]
    ChangeNeeded(Ground),
}

/// Whether an area may rest on a source where it rests on another at present. A weaker one replaces a stronger one only
/// with reasons (SPC interpretation on 区分所有权, art. 8); nothing is weaker than not to know.
pub fn may_rest_on(present: Option<Source>, offered: Source, has_reasons: bool) -> Result<(), Refusal> {
    match present {
        // The strongest sorts first.
        Some(present) if offered > present && !has_reasons => Err(Refusal::WeakerSource { present, offered }),
        _ => Ok(()),
    }
}

/// Somebody says how one home should stand on the roll: where that stands at once.
pub fn propose(kind: Kind, setting: Setting, actor: Actor) -> Result<State, Refusal> {
    may_change(kind, setting, actor)?;
    Ok(match setting.persons() {
        Persons::One => State::Applied,
        Persons::Two => State::Proposed,
    })
}

/// A second person agrees, whatever goes on by now; `is_stale` if the home is not as it was when this was proposed.
pub fn confirm(
    state: State,
    kind: Kind,
    setting: Setting,
    actor: Actor,
    is_stale: bool,
) -> Result<State, Refusal> {
    must_wait(state)?;
    if actor.is_proposer {
        return Err(Refusal::SamePerson);
    }
    may_change(kind, setting, actor)?;
    if is_stale { Err(Refusal::Stale) } else { Ok(State::Applied) }
}

/// Somebody does not agree, or takes back what they proposed.
pub fn refuse(state: State, actor: Actor) -> Result<State, Refusal> {
    must_wait(state)?;
    match actor {
        Actor { is_proposer: true, .. } => Ok(State::Withdrawn),
        Actor { is_concerned: true, .. } => Err(Refusal::OwnHome),
        Actor { .. } => Ok(State::Refused),
    }
}

fn must_wait(state: State) -> Result<(), Refusal> {
    if state == State::Proposed { Ok(()) } else { Err(Refusal::Decided(state)) }
}

fn may_change(kind: Kind, setting: Setting, actor: Actor) -> Result<(), Refusal> {
    if actor.is_concerned {
        return Err(Refusal::OwnHome);
    }
    if setting.is_locked && !kind.is_noted() { Err(Refusal::Locked(kind)) } else { Ok(()) }
}

/// Whether an objection may be answered so, without a change of the home that it is about. What is no home's entry is
/// mended elsewhere, by an import, so that words are enough.
pub fn may_answer(
    answered: Option<Outcome>,
    ground: Ground,
    outcome: Outcome,
    actor: Actor,
) -> Result<(), Refusal> {
    if actor.is_concerned {
        return Err(Refusal::OwnHome);
    }
    if answered.is_some() {
        return Err(Refusal::Answered);
    }
    match (outcome, ground) {
        (Outcome::Dismissed, _) | (Outcome::Accepted, Ground::MissingHome | Ground::Other) => Ok(()),
        (Outcome::Accepted, _) => Err(Refusal::ChangeNeeded(ground)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [bool; 2] = [false, true];

    fn settings() -> impl Iterator<Item = Setting> {
        (0..8).map(|bits: u8| Setting {
            programme_runs: bits & 1 > 0,
            poll_waits: bits & 2 > 0,
            is_locked: bits & 4 > 0,
        })
    }

    fn actors() -> impl Iterator<Item = Actor> {
        BOTH.into_iter().flat_map(|is_concerned| BOTH.map(|is_proposer| Actor { is_concerned, is_proposer }))
    }

    #[test]
    fn registry_goes_before_survey_and_survey_before_contract() {
        use Source::{Contract, Registry, Survey};
        for offered in [Registry, Survey, Contract] {
            assert_eq!(may_rest_on(None, offered, false), Ok(()));
            assert_eq!(
                may_rest_on(Some(offered), offered, false),
                Ok(()),
                "of its own kind it may be corrected"
            );
        }
        for (present, offered) in [(Registry, Survey), (Registry, Contract), (Survey, Contract)] {
            let weaker = Err(Refusal::WeakerSource { present, offered });
            assert_eq!(may_rest_on(Some(present), offered, false), weaker);
            assert_eq!(may_rest_on(Some(present), offered, true), Ok(()), "with reasons");
            assert_eq!(may_rest_on(Some(offered), present, false), Ok(()), "the stronger one always");
        }
    }

    #[test]
    fn two_persons_are_needed_while_anything_is_voted_on_or_prepared() {
        for setting in settings() {
            let quiet = setting == Setting::default();
            assert_eq!(setting.persons().number(), if quiet { 1 } else { 2 }, "{setting:?}");
        }
    }

    #[test]
    fn every_proposal_stands_where_the_rules_say() {
        for kind in Kind::ALL.iter().copied() {
            for setting in settings() {
                for actor in actors() {
                    let stands = propose(kind, setting, actor);
                    let expected = if actor.is_concerned {
                        Err(Refusal::OwnHome)
                    } else if setting.is_locked && kind != Kind::Sale {
                        Err(Refusal::Locked(kind))
                    } else if setting == Setting::default() {
                        Ok(State::Applied)
                    } else {
                        Ok(State::Proposed)
                    };
                    assert_eq!(stands, expected, "{kind} {setting:?} {actor:?}");
                }
            }
        }
    }

    #[test]
    fn nobody_confirms_alone_and_nothing_twice() {
        for state in State::ALL.iter().copied() {
            for kind in Kind::ALL.iter().copied() {
                for setting in settings() {
                    for actor in actors() {
                        for is_stale in BOTH {
                            let stands = confirm(state, kind, setting, actor, is_stale);
                            let applies = state == State::Proposed
                                && actor == Actor::default()
                                && !is_stale
                                && (kind == Kind::Sale || !setting.is_locked);
                            assert_eq!(
                                stands == Ok(State::Applied),
                                applies,
                                "{state} {kind} {setting:?} {actor:?}"
                            );
                            if state != State::Proposed {
                                assert_eq!(stands, Err(Refusal::Decided(state)));
                            } else if actor.is_proposer {
                                assert_eq!(stands, Err(Refusal::SamePerson));
                            }
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn who_proposed_takes_back_and_another_refuses() {
        for state in State::ALL.iter().copied() {
            for actor in actors() {
                let expected = match (state, actor.is_proposer, actor.is_concerned) {
                    (State::Applied | State::Refused | State::Withdrawn, ..) => Err(Refusal::Decided(state)),
                    (State::Proposed, true, _) => Ok(State::Withdrawn),
                    (State::Proposed, false, true) => Err(Refusal::OwnHome),
                    (State::Proposed, false, false) => Ok(State::Refused),
                };
                assert_eq!(refuse(state, actor), expected, "{state} {actor:?}");
            }
        }
    }

    #[test]
    fn an_objection_is_accepted_with_what_it_asks_for_and_dismissed_in_words() {
        let stranger = Actor::default();
        for ground in Ground::ALL.iter().copied() {
            for outcome in Outcome::ALL.iter().copied() {
                let no_home = matches!(ground, Ground::MissingHome | Ground::Other);
                let expected = if outcome == Outcome::Dismissed || no_home {
                    Ok(())
                } else {
                    Err(Refusal::ChangeNeeded(ground))
                };
                assert_eq!(may_answer(None, ground, outcome, stranger), expected, "{ground} {outcome}");
                for answered in Outcome::ALL.iter().copied() {
                    assert_eq!(may_answer(Some(answered), ground, outcome, stranger), Err(Refusal::Answered));
                }
                let own = Actor { is_concerned: true, ..stranger };
                assert_eq!(may_answer(None, ground, outcome, own), Err(Refusal::OwnHome));
            }
        }
    }

    #[test]
    fn refusals_say_why() {
        let said = Refusal::WeakerSource { present: Source::Registry, offered: Source::Contract }.to_string();
        assert!(said.contains("REGISTRY") && said.contains("CONTRACT"), "{said}");
        assert!(Refusal::Locked(Kind::Area).to_string().contains("AREA"));
    }
}
