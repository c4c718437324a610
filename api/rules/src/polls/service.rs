//! Service 送达: that what is voted on reached its head, in which way, and what silence means where it did (guidance
//! rules, art. 22, 26).
//!
//! Silence counts only where the community's filed rules say so, the ballot warned of it, and service on the head is
//! proven before voting ended ((2022)沪02民初16号); a head on which it is not took no part, whatever the rules say. One
//! way of service is enough, if it is one that the frozen rules know. What a head did besides is not asked here.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    matter::MatterClass,
    parameters::{Nonresponse, PollRules},
    phase::{Move, Phase, Refusal as PhaseRefusal, Window},
    seals,
};
use crate::{
    canonical::NotCanonical,
    incidents::coded,
    pause::Pause,
    quantity::Weight,
    words::{Words, local},
};

coded! {
    /// How something was served.
    pub enum Method {
        /// Handed over at the door, against a signature.
        InPerson = "IN_PERSON",
        Post = "POST",
        /// Read by an owner who is confirmed here (Zhuhai: logging in is being served). Nobody notes that by hand.
        RegisteredApp = "REGISTERED_APP",
    }
}

/// How a head was served until voting ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Served {
    pub head: String,
    pub methods: BTreeSet<Method>,
}

/// How long nobody is reminded after a reminder.
pub const QUIET: TimeDelta = TimeDelta::days(1);

/// Why a service is not noted, or nobody is reminded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{method} is not a way of service by the rules of this poll")]
    NotAWay { method: Method },
    #[error("what is read here is noted by itself")]
    ByItself,
    #[error("the poll locked at {}, and it is {}: nothing was served at {}", local(*from), local(*now), local(*at))]
    NotThen { at: DateTime<Utc>, from: DateTime<Utc>, now: DateTime<Utc> },
    #[error("somebody reminded at {}; not again before {}", local(*last), local(*from))]
    TooSoon { last: DateTime<Utc>, from: DateTime<Utc> },
    #[error("{0}")]
    Phase(#[from] PhaseRefusal),
}

impl PollRules {
    /// Whether this is a way to serve by these rules. Those of polls that locked before service was noted know none.
    pub fn serves_by(&self, method: Method) -> bool {
        self.service_methods.as_ref().is_some_and(|methods| methods.contains(&method))
    }

    /// What silence means for some matter of a poll, if it can mean anything.
    pub fn silence_in(&self, classes: impl IntoIterator<Item = MatterClass>) -> Option<Nonresponse> {
        let counts = |class: MatterClass| self.nonresponse_in(class) != Nonresponse::NotParticipated;
        classes.into_iter().any(counts).then_some(self.nonresponse)
    }

    /// What every voter is told of silence before they vote; nothing where it means nothing.
    pub fn warning(&self, classes: impl IntoIterator<Item = MatterClass>) -> Option<Words> {
        let [zh, en] = match self.silence_in(classes)? {
            Nonresponse::NotParticipated => return None,
            Nonresponse::Abstain => ["视为参与表决并弃权", "counts as taking part and abstaining"],
            Nonresponse::FollowMajority => {
                ["视为同意已投票业主的多数意见", "goes with the majority of the votes cast"]
            }
        };
        let clause = self.nonresponse_clause.as_deref().unwrap_or_default().trim();
        let items: Vec<String> =
            self.nonresponse_excluded.iter().map(|class| class.item().to_string()).collect();
        Some(Words::new(
            format!(
                "请注意：表决事项已送达而在投票截止前未投票的，依本小区议事规则（{clause}）{zh}。《民法典》第二百七十八条第一款第 {} 项事项除外。",
                items.join("、")
            ),
            format!(
                "Note: where you were served and cast no ballot before voting ends, your silence {en}, by the community's filed rules ({clause}). Excepted are the matters of Civil Code 278, first paragraph, items {}.",
                items.join(", ")
            ),
        ))
    }
}

/// Whether service may be noted now: once the poll is locked, and as long as voting lasts. What nobody noted by then is
/// not proven.
pub fn may_note(phase: Phase, window: Window, now: DateTime<Utc>) -> Result<(), Refusal> {
    let closes_at = window.closes_at;
    match phase {
        Phase::Draft => Err(PhaseRefusal::WrongPhase { asked: Move::Cast, from: phase }.into()),
        Phase::Locked | Phase::Open if now < closes_at => Ok(()),
        _ => Err(PhaseRefusal::AfterClosing { closes_at, now }.into()),
    }
}

/// Whether somebody may note that they served in this way at this moment: not before there was anything to serve.
pub fn noted_by_hand(
    rules: &PollRules,
    method: Method,
    at: DateTime<Utc>,
    (from, now): (DateTime<Utc>, DateTime<Utc>),
) -> Result<(), Refusal> {
    if method == Method::RegisteredApp {
        return Err(Refusal::ByItself);
    }
    if !rules.serves_by(method) {
        return Err(Refusal::NotAWay { method });
    }
    if (from..=now).contains(&at) { Ok(()) } else { Err(Refusal::NotThen { at, from, now }) }
}

/// Whether those who have not voted may be reminded now: only while they can vote.
pub fn may_remind(
    phase: Phase,
    (window, pauses): (Window, &[Pause]),
    last: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), Refusal> {
    phase.take_ballot(window, pauses, now)?;
    let too_soon = last.map(|last| (last, last + QUIET)).filter(|(_, from)| now < *from);
    too_soon.map_or(Ok(()), |(last, from)| Err(Refusal::TooSoon { last, from }))
}

/// What they weigh together who sent nothing and on whom no service is proven, where silence could count: they took no
/// part. Nothing where silence never counts, because there nothing hangs on service.
pub fn unserved<'a, H: Ord + 'a>(
    rules: &PollRules,
    roll: impl IntoIterator<Item = (&'a H, Weight)>,
    took_part: &BTreeSet<&H>,
    served: &BTreeMap<&H, &BTreeSet<Method>>,
) -> Weight {
    if rules.nonresponse == Nonresponse::NotParticipated {
        return Weight::ZERO;
    }
    let is_proven =
        |head: &H| served.get(head).is_some_and(|methods| methods.iter().any(|one| rules.serves_by(*one)));
    let unproven = roll.into_iter().filter(|(head, _)| !took_part.contains(head) && !is_proven(head));
    unproven.map(|(_, weight)| weight).sum()
}

/// What the record tells of service once voting ended: how many heads, by each way, and a hash over which
/// (`linli/served/1`). A head that was served in two ways is in both.
///
/// # Errors
/// Nothing of it is a fraction, so that it always has a canonical form.
pub fn told(served: &[Served]) -> Result<Value, NotCanonical> {
    let by = |method: Method| served.iter().filter(|one| one.methods.contains(&method)).count();
    let by_method: BTreeMap<Method, usize> = Method::ALL.iter().map(|one| (*one, by(*one))).collect();
    Ok(json!({
        "heads": served.len(),
        "by_method": by_method,
        "service_hash": seals::hash_of("linli/served/1", served)?,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + hour * 3600, 0).unwrap()
    }

    fn following() -> PollRules {
        PollRules {
            nonresponse: Nonresponse::FollowMajority,
            nonresponse_clause: Some("第十二条".into()),
            ..PollRules::national()
        }
    }

    const WINDOW: fn() -> Window = || Window { opens_at: at(10), closes_at: at(100) };

    #[test]
    fn voters_are_warned_only_of_what_can_happen_to_them() {
        let warned = |rules: &PollRules, class| rules.warning([class]);
        assert_eq!(warned(&PollRules::national(), MatterClass::Manager), None);
        let words = warned(&following(), MatterClass::Manager).unwrap();
        assert!(
            words.zh.contains("第十二条") && words.zh.contains("多数") && words.zh.contains("3、6、7、8")
        );
        assert!(words.en.contains("majority") && words.en.contains("items 3, 6, 7, 8"));
        assert_eq!(warned(&following(), MatterClass::FundRaising), None, "excluded");
        assert_eq!(following().warning([]), None, "an election alone");
        let abstains = PollRules { nonresponse: Nonresponse::Abstain, ..following() };
        assert!(warned(&abstains, MatterClass::Manager).unwrap().zh.contains("弃权"));
    }

    #[test]
    fn service_is_noted_from_the_lock_until_voting_ends_and_as_it_was() {
        let may = |phase, now| may_note(phase, WINDOW(), now).is_ok();
        assert!(may(Phase::Locked, at(0)) && may(Phase::Open, at(99)));
        assert!(!may(Phase::Draft, at(0)) && !may(Phase::Open, at(100)) && !may(Phase::Closed, at(99)));

        let noted = |rules: &PollRules, method, when| noted_by_hand(rules, method, when, (at(1), at(5)));
        let rules = PollRules::national();
        for when in [at(1), at(5)] {
            assert_eq!(noted(&rules, Method::Post, when), Ok(()));
        }
        for when in [at(0), at(6)] {
            let late = Err(Refusal::NotThen { at: when, from: at(1), now: at(5) });
            assert_eq!(noted(&rules, Method::Post, when), late);
        }
        assert_eq!(noted(&rules, Method::RegisteredApp, at(2)), Err(Refusal::ByItself));
        let by_hand = PollRules { service_methods: Some([Method::InPerson].into()), ..rules.clone() };
        let refused = Err(Refusal::NotAWay { method: Method::Post });
        assert_eq!(noted(&by_hand, Method::Post, at(2)), refused);
        let before = PollRules { service_methods: None, ..rules };
        assert!(Method::ALL.iter().all(|method| !before.serves_by(*method)));
    }

    #[test]
    fn nobody_is_reminded_twice_a_day_or_while_nobody_votes() {
        let may = |phase, last: Option<i64>, now| may_remind(phase, (WINDOW(), &[]), last.map(at), at(now));
        assert_eq!(may(Phase::Open, None, 10), Ok(()));
        assert_eq!(may(Phase::Open, Some(10), 34), Ok(()));
        assert_eq!(may(Phase::Open, Some(10), 33), Err(Refusal::TooSoon { last: at(10), from: at(34) }));
        for (phase, now) in [(Phase::Draft, 20), (Phase::Locked, 9), (Phase::Open, 100), (Phase::Closed, 101)]
        {
            assert!(matches!(may(phase, None, now), Err(Refusal::Phase(_))), "{phase:?}");
        }
    }

    #[test]
    fn what_is_told_of_service_names_nobody_and_changes_with_whoever_was_served() {
        let served = |head: &str, methods: &[Method]| Served {
            head: head.into(),
            methods: methods.iter().copied().collect(),
        };
        let all = [served("a", &[Method::InPerson, Method::RegisteredApp]), served("b", &[Method::InPerson])];
        let facts = told(&all).unwrap();
        assert_eq!(facts["heads"], 2);
        assert_eq!(facts["by_method"], json!({"IN_PERSON": 2, "POST": 0, "REGISTERED_APP": 1}));
        let other = [all[0].clone(), served("c", &[Method::InPerson])];
        assert_ne!(told(&other).unwrap()["service_hash"], facts["service_hash"]);
    }

    proptest! {
        /// Each head is asked by itself: it took part, or was served in a way that these rules know, or is left out.
        #[test]
        fn who_is_silent_without_service_is_left_out_and_nobody_else(
            heads in prop::collection::vec((1_u64..9, any::<bool>(), prop::option::of(0_usize..3)), 0..12),
            ways in prop::collection::btree_set(0_usize..3, 0..=3),
            counts in any::<bool>(),
        ) {
            let ways: BTreeSet<Method> = ways.into_iter().map(|way| Method::ALL[way]).collect();
            let silence = if counts { Nonresponse::Abstain } else { Nonresponse::NotParticipated };
            let rules =
                PollRules { service_methods: Some(ways.clone()), nonresponse: silence, ..following() };
            let names: Vec<usize> = (0..heads.len()).collect();
            let roll = names.iter().zip(&heads).map(|(name, (area, ..))| (name, Weight::new(1, *area)));
            let took_part: BTreeSet<&usize> = names.iter().filter(|name| heads[**name].1).collect();
            let methods: Vec<Option<BTreeSet<Method>>> =
                heads.iter().map(|(.., way)| way.map(|way| [Method::ALL[way]].into())).collect();
            let served: BTreeMap<&usize, &BTreeSet<Method>> =
                names.iter().filter_map(|name| Some((name, methods[*name].as_ref()?))).collect();
            let left_out: u64 = heads
                .iter()
                .filter(|(_, took_part, way)| {
                    counts && !took_part && way.is_none_or(|way| !ways.contains(&Method::ALL[way]))
                })
                .map(|(area, ..)| *area)
                .sum();
            prop_assert_eq!(unserved(&rules, roll, &took_part, &served).area.0, left_out);
        }
    }
}
