//! A mandate 委托: an owner has somebody else cast the head's ballot, in writing (guidance rules, art. 26).
//!
//! Who owns a home that is the head's casts for it and needs no mandate. A proxy casts for so many heads at most
//! (Weifang 32: three), and is none of those whom the city bars (Zhoushan: the property company's staff). A mandate is
//! for one poll. The ballot is one: where the mandate is for some matters alone, the others are left open on it, which
//! says of them what an open text says on paper; whoever wants to answer those themselves casts instead of the proxy.
//! The owners can take it back until it was used; it holds as long as
//! whoever gave it is still one of those who may cast, and nobody else's sale or gift keeps it alive.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{
    ballot::{Answers, BallotForm},
    parameters::PollRules,
    phase::{Phase, Window},
};
use crate::{
    incidents::coded,
    words::{Words, local},
};

coded! {
    /// Who may be kept from casting for others.
    pub enum Barred {
        /// Whoever works for the property company there.
        PropertyStaff = "PROPERTY_STAFF",
        DeveloperStaff = "DEVELOPER_STAFF",
        /// Whoever stands in the same poll.
        Candidates = "CANDIDATES",
    }
}

coded! {
    /// What a mandate is for. A head has one ballot, cast as a whole.
    pub enum Scope {
        WholeBallot = "WHOLE_BALLOT",
        /// Some matters, and no choice among candidates.
        NamedMatters = "NAMED_MATTERS",
    }
}

coded! {
    /// What became of a mandate.
    pub enum State {
        /// The proxy may cast.
        Given = "GIVEN",
        /// The proxy cast.
        Used = "USED",
        /// The owners took it back.
        Revoked = "REVOKED",
    }
}

/// Who is to be somebody's proxy in a poll.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxy {
    /// One of those who may cast this head's ballot anyhow.
    pub is_elector: bool,
    /// What they are that may be barred.
    pub is: BTreeSet<Barred>,
    /// For how many heads they are the proxy already, whether they cast or not.
    pub principals: u64,
}

/// A mandate as its proxy shows it to cast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub state: State,
    /// It was given for this poll.
    pub is_of_this_poll: bool,
    /// Whoever gave it may cast this head's ballot still.
    pub giver_may_cast: bool,
    /// What the proxy is by now that may be barred.
    pub is: BTreeSet<Barred>,
}

/// Why a mandate is not taken, or does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the rules of this poll let nobody cast for others")]
    NotAllowed,
    #[error("mandates are taken from the lock on, and until voting ends at {}", local(*closes_at))]
    NotNow { closes_at: DateTime<Utc> },
    #[error("whoever owns a home of the head casts its ballot without a mandate")]
    OwnHead,
    #[error("{} cast for nobody else", barred.words().1)]
    Barred { barred: Barred },
    #[error("the proxy casts for {principals} heads already, of {cap} at most")]
    OverCap { principals: u64, cap: u32 },
    #[error("the mandate is for another poll")]
    OfAnotherPoll,
    #[error("the mandate was {}", state.words().1)]
    Over { state: State },
    #[error("whoever gave the mandate may not cast this head's ballot any more")]
    GiverGone,
    #[error("the mandate is for other matters alone")]
    Outside,
}

impl Barred {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::PropertyStaff => ("物业服务企业人员", "staff of the property company"),
            Self::DeveloperStaff => ("建设单位人员", "staff of the developer"),
            Self::Candidates => ("候选人", "candidates of the poll"),
        }
    }
}

impl State {
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Given => ("已给出", "given"),
            Self::Used => ("已使用", "used"),
            Self::Revoked => ("已撤回", "taken back"),
        }
    }

    /// The owners take it back, which they can until it was used.
    ///
    /// # Errors
    /// [`Refusal::Over`].
    pub const fn revoke(self) -> Result<Self, Refusal> {
        match self {
            Self::Given => Ok(Self::Revoked),
            Self::Used | Self::Revoked => Err(Refusal::Over { state: self }),
        }
    }

    /// The proxy casts by it, once.
    ///
    /// # Errors
    /// [`Refusal::Over`].
    pub const fn cast(self) -> Result<Self, Refusal> {
        match self {
            Self::Given => Ok(Self::Used),
            Self::Used | Self::Revoked => Err(Refusal::Over { state: self }),
        }
    }

    /// Whether it counts towards what a proxy may have.
    pub const fn counts(self) -> bool {
        matches!(self, Self::Given | Self::Used)
    }
}

impl Refusal {
    /// The refusal in plain words.
    pub fn words(self) -> Words {
        let zh = match self {
            Self::NotAllowed => "本次表决的规则不允许委托投票。".to_owned(),
            Self::NotNow { closes_at } => {
                format!("表决锁定后、投票截止（{}）前才能办理委托。", local(closes_at))
            }
            Self::OwnHead => "这位业主本人就可以投这一票，不需要委托。".to_owned(),
            Self::Barred { barred } => format!("{}不能代理他人投票。", barred.words().0),
            Self::OverCap { principals, cap } => {
                format!("受托人已代理 {principals} 户，最多代理 {cap} 户。")
            }
            Self::OfAnotherPoll => "这份委托属于另一次表决。".to_owned(),
            Self::Over { state } => format!("这份委托{}。", state.words().0),
            Self::GiverGone => "委托人已无权投这一票，委托随之失效。".to_owned(),
            Self::Outside => "委托书只包括另外的事项。".to_owned(),
        };
        Words::new(zh, format!("{self}."))
    }
}

/// Whether mandates are taken now: from the lock on, while a ballot may still come.
///
/// # Errors
/// [`Refusal::NotNow`].
pub fn may_be_given(phase: Phase, window: Window, now: DateTime<Utc>) -> Result<(), Refusal> {
    let closes_at = window.closes_at;
    match phase {
        Phase::Locked | Phase::Open if now < closes_at => Ok(()),
        _ => Err(Refusal::NotNow { closes_at }),
    }
}

/// Whether somebody may become the proxy for one head more.
///
/// # Errors
/// Why not: the first reason.
pub fn may_be_proxy(rules: &PollRules, proxy: &Proxy) -> Result<(), Refusal> {
    allowed(rules)?;
    if proxy.is_elector {
        return Err(Refusal::OwnHead);
    }
    not_barred(rules, &proxy.is)?;
    let cap = rules.proxy_cap.unwrap_or_default();
    if proxy.principals >= u64::from(cap) {
        return Err(Refusal::OverCap { principals: proxy.principals, cap });
    }
    Ok(())
}

/// What becomes of a mandate by which a ballot is cast.
///
/// # Errors
/// Why it does not hold: the first reason.
pub fn cast_by(rules: &PollRules, shown: &Shown) -> Result<State, Refusal> {
    if !shown.is_of_this_poll {
        return Err(Refusal::OfAnotherPoll);
    }
    allowed(rules)?;
    let used = shown.state.cast()?;
    if !shown.giver_may_cast {
        return Err(Refusal::GiverGone);
    }
    not_barred(rules, &shown.is)?;
    Ok(used)
}

/// What a proxy may put on the ballot: all of it, or of a mandate for some matters those alone.
///
/// # Errors
/// [`Refusal::Outside`].
pub fn within(
    matters: Option<&BTreeSet<String>>,
    form: BallotForm,
    says: &Answers,
) -> Result<BallotForm, Refusal> {
    let Some(matters) = matters else { return Ok(form) };
    if !says.choices.is_empty() || says.answers.keys().any(|matter| !matters.contains(matter)) {
        return Err(Refusal::Outside);
    }
    let texts = form.texts.into_iter().filter(|text| matters.contains(text)).collect();
    Ok(BallotForm { candidates: Vec::new(), texts, ..form })
}

fn allowed(rules: &PollRules) -> Result<(), Refusal> {
    if rules.proxy_allowed == Some(true) { Ok(()) } else { Err(Refusal::NotAllowed) }
}

fn not_barred(rules: &PollRules, is: &BTreeSet<Barred>) -> Result<(), Refusal> {
    let barred = rules.proxy_barred.iter().flatten().find(|barred| is.contains(barred));
    barred.map_or(Ok(()), |barred| Err(Refusal::Barred { barred: *barred }))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;
    use crate::polls::ballot::Answer;

    fn every_set() -> Vec<BTreeSet<Barred>> {
        (0..1_usize << Barred::ALL.len())
            .map(|bits| {
                let chosen = |at: &usize| bits & (1 << at) != 0;
                (0..Barred::ALL.len()).filter(chosen).map(|at| Barred::ALL[at]).collect()
            })
            .collect()
    }

    fn rules(cap: u32, barred: &BTreeSet<Barred>) -> PollRules {
        let proxy_barred = Some(barred.clone());
        PollRules { proxy_cap: Some(cap), proxy_barred, ..PollRules::national() }
    }

    #[test]
    fn the_nation_allows_three_principals_and_bars_the_property_company() {
        let nation = PollRules::national();
        assert_eq!((nation.proxy_allowed, nation.proxy_cap), (Some(true), Some(3)));
        assert_eq!(nation.proxy_barred, Some([Barred::PropertyStaff].into()));
    }

    #[test]
    fn a_mandate_moves_once_and_never_back() {
        for state in State::ALL.iter().copied() {
            for (moved, to) in [(state.revoke(), State::Revoked), (state.cast(), State::Used)] {
                let is_given = state == State::Given;
                assert_eq!(moved, if is_given { Ok(to) } else { Err(Refusal::Over { state }) });
            }
            assert_eq!(state.counts(), state != State::Revoked);
        }
    }

    #[test]
    fn whoever_is_barred_by_the_frozen_rules_is_nobodys_proxy_and_nobody_else_is_kept_away() {
        for barred in every_set() {
            for is in every_set() {
                let rules = rules(3, &barred);
                let proxy = Proxy { is: is.clone(), ..Proxy::default() };
                let shown = Shown {
                    state: State::Given,
                    is_of_this_poll: true,
                    giver_may_cast: true,
                    is: is.clone(),
                };
                let first = barred.intersection(&is).next();
                let refused = first.map(|barred| Refusal::Barred { barred: *barred });
                assert_eq!(may_be_proxy(&rules, &proxy).err(), refused);
                assert_eq!(cast_by(&rules, &shown).err(), refused);
            }
        }
    }

    #[test]
    fn a_mandate_holds_for_its_poll_as_long_as_its_giver_may_cast() {
        let rules = PollRules::national();
        for (is_of_this_poll, giver_may_cast) in [(true, true), (true, false), (false, true), (false, false)]
        {
            for state in State::ALL.iter().copied() {
                let shown = Shown { state, is_of_this_poll, giver_may_cast, is: BTreeSet::new() };
                let wanted = if !is_of_this_poll {
                    Err(Refusal::OfAnotherPoll)
                } else if state != State::Given {
                    Err(Refusal::Over { state })
                } else if !giver_may_cast {
                    Err(Refusal::GiverGone)
                } else {
                    Ok(State::Used)
                };
                assert_eq!(cast_by(&rules, &shown), wanted);
            }
        }
    }

    #[test]
    fn where_the_rules_know_of_no_proxies_there_are_none() {
        let national = PollRules::national();
        for proxy_allowed in [None, Some(false)] {
            let rules = PollRules { proxy_allowed, ..national.clone() };
            assert_eq!(may_be_proxy(&rules, &Proxy::default()), Err(Refusal::NotAllowed));
        }
        let before = PollRules { proxy_cap: None, ..national };
        let none = Refusal::OverCap { principals: 0, cap: 0 };
        assert_eq!(may_be_proxy(&before, &Proxy::default()), Err(none));
    }

    #[test]
    fn who_may_cast_anyhow_needs_no_mandate() {
        let own = Proxy { is_elector: true, ..Proxy::default() };
        assert_eq!(may_be_proxy(&PollRules::national(), &own), Err(Refusal::OwnHead));
    }

    #[test]
    fn mandates_are_taken_from_the_lock_on_until_just_before_the_end() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let window = Window { opens_at: at(10), closes_at: at(20) };
        let late = Err(Refusal::NotNow { closes_at: at(20) });
        for phase in [Phase::Draft, Phase::Locked, Phase::Open, Phase::Closed, Phase::Published] {
            let taken = matches!(phase, Phase::Locked | Phase::Open);
            for now in [0, 10, 19] {
                assert_eq!(may_be_given(phase, window, at(now)), if taken { Ok(()) } else { late });
            }
            for now in [at(20), at(20) + TimeDelta::days(1)] {
                assert_eq!(may_be_given(phase, window, now), late);
            }
        }
    }

    #[test]
    fn a_mandate_for_some_matters_says_nothing_of_the_others_and_leaves_them_open() {
        let some = |bits: usize| -> BTreeSet<String> {
            (0..3).filter(|at| bits & (1 << at) != 0).map(|at: usize| at.to_string()).collect()
        };
        let form = BallotForm {
            candidates: vec!["c".to_owned()],
            max_selections: 1,
            texts: some(7).into_iter().collect(),
        };
        for chosen in [None, Some("c".to_owned())] {
            for said in 0..8 {
                let answers = some(said).into_iter().map(|text| (text, Answer::Yes)).collect();
                let says = Answers { choices: chosen.iter().cloned().collect(), answers, unsigned: false };
                assert_eq!(within(None, form.clone(), &says), Ok(form.clone()));
                for covered in 0..8 {
                    let part = within(Some(&some(covered)), form.clone(), &says);
                    let is_within = chosen.is_none() && said & !covered == 0;
                    assert_eq!(part.is_ok(), is_within, "{said:b} of {covered:b}");
                    if let Ok(part) = part {
                        assert!(part.candidates.is_empty());
                        let taken = part.take_online(&says);
                        assert_eq!(taken.is_ok(), said == covered, "each that it is for wants an answer");
                        assert!(taken.is_err() || taken == Ok(says.clone()), "no other is answered");
                    }
                }
            }
        }
    }

    #[test]
    fn each_refusal_has_words_in_both_languages() {
        let barred = Barred::ALL.iter().map(|barred| Refusal::Barred { barred: *barred });
        let over = State::ALL.iter().map(|state| Refusal::Over { state: *state });
        let others = [
            Refusal::NotAllowed,
            Refusal::NotNow { closes_at: DateTime::UNIX_EPOCH },
            Refusal::OwnHead,
            Refusal::OverCap { principals: 3, cap: 3 },
            Refusal::OfAnotherPoll,
            Refusal::GiverGone,
            Refusal::Outside,
        ];
        for refusal in barred.chain(over).chain(others) {
            let words = refusal.words();
            assert!(words.zh.ends_with('。') && words.en.ends_with('.') && words.en.is_ascii(), "{words:?}");
        }
    }

    proptest! {
        #[test]
        fn nobody_is_ever_the_proxy_of_more_heads_than_the_cap(cap in 1u32..20, asked in 0u64..40) {
            let rules = rules(cap, &BTreeSet::new());
            let mut principals = 0;
            for _ in 0..asked {
                if may_be_proxy(&rules, &Proxy { principals, ..Proxy::default() }).is_ok() {
                    principals += 1;
                }
            }
            prop_assert_eq!(principals, asked.min(cap.into()));
        }
    }
}
