//! The rules of one poll as data: copied from the city's pack and the community's by-laws when the poll locks, frozen
//! from then on, and never below what the law demands.

use std::{collections::BTreeSet, sync::LazyLock};

use serde::{Deserialize, Serialize};

use super::{
    mandate::Barred,
    matter::{Approval, MatterClass},
    service::Method,
};
use crate::packs;
use crate::ratio::Ratio;
use crate::roll::{HeadRule, RollPolicy};
use crate::words::Words;

static NATIONAL: LazyLock<PollRules> = LazyLock::new(|| alone(packs::pack::all().first()));
static WORKED_EXAMPLE: LazyLock<PollRules> = LazyLock::new(|| alone(packs::pack::of_opinion()));

/// What a pack alone comes to.
fn alone(pack: Option<&packs::Pack>) -> PollRules {
    let rules = pack.map(|pack| packs::resolve(pack, None, None, &packs::Says::new()));
    #[expect(clippy::expect_used, reason = "the packs are part of the program; a test reads them")]
    rules.and_then(Result::ok).expect("every pack of data/packs is lawful").poll
}

/// What a ballot that was served but never came back means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Nonresponse {
    /// It does not take part. Always lawful.
    #[default]
    NotParticipated,
    /// It takes part and abstains; only where the community's filed rules say so.
    Abstain,
    /// It goes with the majority of the votes cast (从多); only where the community's filed rules say so.
    FollowMajority,
}

/// What an invalid paper ballot means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InvalidAs {
    /// It does not take part.
    #[default]
    Excluded,
    /// It takes part and abstains.
    Abstain,
}

/// What a text left unanswered on a valid paper ballot means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BlankItem {
    #[default]
    Abstain,
    NotParticipated,
}

/// How candidates who passed are put in order. The choice changes who wins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RankRule {
    /// By heads, then area.
    #[default]
    HeadsArea,
    /// By area, then heads.
    AreaHeads,
    /// By share of heads plus share of area, then area.
    RatioSum,
}

/// How many candidates one ballot may choose.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MaxSelections {
    Seats,
    /// Alternates are elected on the same ballot.
    #[default]
    SeatsAndAlternates,
}

/// Which way a fraction of a person is rounded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Rounding {
    #[default]
    Floor,
    Ceil,
    HalfUp,
}

/// Which of two ballots of one head stands, when one came online and one on paper.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DuplicatePolicy {
    #[default]
    FirstValid,
    Online,
    Paper,
}

/// The least and the most, both allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    pub min: u32,
    pub max: u32,
}

impl Range {
    pub const fn holds(self, value: u32) -> bool {
        self.min <= value && value <= self.max
    }
}

/// The rules of one poll. Each is a parameter of [`packs`](crate::packs), which says whose it is and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PollRules {
    /// The name and version of the pack they come from.
    pub pack: String,
    pub quorum: Ratio,
    pub approve_ordinary: Ratio,
    pub approve_special: Ratio,
    pub head_key: HeadRule,
    pub count_special_spaces: bool,
    pub nonresponse: Nonresponse,
    /// The clause of the community's filed rules that lets silence count.
    pub nonresponse_clause: Option<String>,
    /// Matters in which silence never counts.
    pub nonresponse_excluded: BTreeSet<MatterClass>,
    /// The ways in which a head is served; nothing in polls that locked before service was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_methods: Option<BTreeSet<Method>>,
    pub invalid_as: InvalidAs,
    pub blank_item: BlankItem,
    pub duplicate_policy: DuplicatePolicy,
    pub rank_rule: RankRule,
    pub max_selections: MaxSelections,
    pub alternates_ratio: Ratio,
    pub alternates_rounding: Rounding,
    /// The least members with whom a committee is formed.
    pub min_committee: u32,
    /// The share of the seats that members exceed where a committee is formed (Hangzhou 27); half of them in polls that
    /// locked before it could be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formation_rule: Option<Ratio>,
    pub committee_size: Range,
    pub window_days: Range,
    /// How often voting goes on for want of a quorum; nothing in polls that locked before it did by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extensions: Option<u32>,
    /// By how many days each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension_days: Option<u32>,
    /// Whether an owner may send a proxy with a written mandate; nothing in polls that locked before that was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_allowed: Option<bool>,
    /// For how many heads one person may be the proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_cap: Option<u32>,
    /// Who is nobody's proxy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy_barred: Option<BTreeSet<Barred>>,
    /// Whether co-owners have to name one of them who casts; nothing in polls that locked before they could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub co_owner_representative: Option<bool>,
    /// The share of the roll that has to register, in a poll of opinion: only who registered votes, and `quorum` is of
    /// those. Nothing in polls on matters of Civil Code 278.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Ratio>,
    pub notice_days: u32,
    /// How long candidates hang out before voting begins; nothing in polls that locked before that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates_days: Option<u32>,
    pub result_publish_days: u32,
    pub objection_days: u32,
    pub filing_days: u32,
    pub term_years: u32,
    /// How many months before the term ends the re-election begins; nothing in polls that locked before it was a deadline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal_lead: Option<u32>,
}

/// Why rules may not govern a poll.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unlawful {
    #[error(
        "the quorum {given} is not from 2/3 to 1: Civil Code 278 asks for two thirds of heads and of area"
    )]
    Quorum { given: Ratio },
    #[error("the share that has to register {given} is not from 2/3 to 1")]
    Registration { given: Ratio },
    #[error("the turnout {given} is not from 1/2 to 1 of those who registered")]
    Turnout { given: Ratio },
    #[error("silence is nobody's opinion: it never counts here")]
    SilenceInOpinion,
    #[error(
        "{} is not for a poll of opinion: two thirds of heads and of area must take part in it (民法典第二百七十八条)",
        article(*class)
    )]
    Statutory { class: MatterClass },
    #[error("what is no matter of Civil Code 278 is put to a poll of opinion alone")]
    OnlyAnOpinion,
    #[error("ordinary approval {given} is not from 1/2 to below 1: Civil Code 278 asks for more than half")]
    OrdinaryApproval { given: Ratio },
    #[error("special approval {given} is not from 3/4 to 1: Civil Code 278 asks for three quarters")]
    SpecialApproval { given: Ratio },
    #[error("silence may count only by a clause of the community's filed rules, and none is named")]
    SilenceWithoutClause,
    #[error("silence may count only where it is known how heads are served")]
    SilenceWithoutService,
    #[error("silence cannot elect persons: item 3 must be excluded from it")]
    SilenceInElections,
    #[error("more alternates than members ({given} of the seats): no city allows it")]
    TooManyAlternates { given: Ratio },
    #[error("a committee has 3 members or more; the rules allow {given}")]
    CommitteeTooSmall { given: u32 },
    #[error("{name}: from {} to {} holds no number", range.min, range.max)]
    EmptyRange { name: &'static str, range: Range },
    #[error("the voting window is from 1 to 366 days, not from {} to {}", given.min, given.max)]
    Window { given: Range },
    #[error("a term lasts 1 to 5 years (guidance rules 32), not {given}")]
    Term { given: u32 },
}

/// What of Civil Code 278 a matter is.
fn article(class: MatterClass) -> String {
    format!("Civil Code 278 ({})", class.item())
}

impl PollRules {
    /// The rules where neither city nor community nor convenor says otherwise.
    pub fn national() -> Self {
        NATIONAL.clone()
    }

    /// Those of a poll of opinion (`data/packs/worked_example.json`).
    pub fn worked_example() -> Self {
        WORKED_EXAMPLE.clone()
    }

    /// The names of all of them, but for the pack's.
    pub const RULES: [&str; 34] = [
        "quorum",
        "approve_ordinary",
        "approve_special",
        "head_key",
        "count_special_spaces",
        "nonresponse",
        "nonresponse_clause",
        "nonresponse_excluded",
        "service_methods",
        "invalid_as",
        "blank_item",
        "duplicate_policy",
        "rank_rule",
        "max_selections",
        "alternates_ratio",
        "alternates_rounding",
        "min_committee",
        "formation_rule",
        "committee_size",
        "window_days",
        "extensions",
        "extension_days",
        "proxy_allowed",
        "proxy_cap",
        "proxy_barred",
        "co_owner_representative",
        "registration",
        "notice_days",
        "candidates_days",
        "result_publish_days",
        "objection_days",
        "filing_days",
        "term_years",
        "renewal_lead",
    ];

    /// Everything in which these rules fall short of the law; a poll locks only with none.
    ///
    /// Civil Code 278: quorum and approval are never lower. Silence counts only where filed rules say so and service can
    /// be proven ((2022)沪02民初16号), and never in an election.
    pub fn faults(&self) -> Vec<Unlawful> {
        let silence_counts = self.nonresponse != Nonresponse::NotParticipated;
        let clause_named = self.nonresponse_clause.as_deref().is_some_and(|clause| !clause.trim().is_empty());
        let is_served = self.service_methods.as_ref().is_some_and(|methods| !methods.is_empty());
        let elections_excluded = self.nonresponse_excluded.contains(&MatterClass::Committee);
        let ordinary_lawful = Ratio::HALF <= self.approve_ordinary && self.approve_ordinary < Ratio::WHOLE;
        let special_lawful =
            Ratio::THREE_QUARTERS <= self.approve_special && self.approve_special <= Ratio::WHOLE;
        let window_lawful = 1 <= self.window_days.min && self.window_days.max <= 366;
        let term_lawful = (1..=5).contains(&self.term_years);
        let least_members = self.min_committee.min(self.committee_size.min);

        let mut faults: Vec<Unlawful> = self.quorum_fault().into_iter().collect();
        let others = [
            (!ordinary_lawful, Unlawful::OrdinaryApproval { given: self.approve_ordinary }),
            (!special_lawful, Unlawful::SpecialApproval { given: self.approve_special }),
            (silence_counts && !clause_named, Unlawful::SilenceWithoutClause),
            (silence_counts && !is_served, Unlawful::SilenceWithoutService),
            (silence_counts && !elections_excluded, Unlawful::SilenceInElections),
            (silence_counts && self.is_of_opinion(), Unlawful::SilenceInOpinion),
            (
                self.alternates_ratio > Ratio::WHOLE,
                Unlawful::TooManyAlternates { given: self.alternates_ratio },
            ),
            (least_members < 3, Unlawful::CommitteeTooSmall { given: least_members }),
            (!window_lawful, Unlawful::Window { given: self.window_days }),
            (!term_lawful, Unlawful::Term { given: self.term_years }),
        ]
        .into_iter()
        .filter_map(|(found, fault)| found.then_some(fault));
        faults.extend(others);

        faults.extend(
            [("committee_size", self.committee_size), ("window_days", self.window_days)]
                .into_iter()
                .filter(|(_, range)| range.min > range.max)
                .map(|(name, range)| Unlawful::EmptyRange { name, range }),
        );
        faults
    }

    /// Civil Code 278 asks for two thirds of the roll. Where owners are only asked for their opinion nothing does: there
    /// two thirds register, and half of those take part, or more.
    fn quorum_fault(&self) -> Option<Unlawful> {
        let within = |least: Ratio, share: Ratio| least <= share && share <= Ratio::WHOLE;
        let given = self.quorum;
        match self.registration {
            None => (!within(Ratio::TWO_THIRDS, given)).then_some(Unlawful::Quorum { given }),
            Some(share) if !within(Ratio::TWO_THIRDS, share) => Some(Unlawful::Registration { given: share }),
            Some(_) => (!within(Ratio::HALF, given)).then_some(Unlawful::Turnout { given }),
        }
    }

    /// Whether they are those of a poll of opinion: people register for it, and what it comes to is advice.
    pub const fn is_of_opinion(&self) -> bool {
        self.registration.is_some()
    }

    /// Whether they may govern a vote on such a matter: those of a poll of opinion none of Civil Code 278, and those that
    /// Civil Code 278 demands nothing else.
    pub fn govern(&self, class: MatterClass) -> Result<(), Unlawful> {
        match (self.is_of_opinion(), class) {
            (true, MatterClass::Opinion) => Ok(()),
            (true, _) => Err(Unlawful::Statutory { class }),
            (false, MatterClass::Opinion) => Err(Unlawful::OnlyAnOpinion),
            (false, _) => Ok(()),
        }
    }

    /// What the result of a poll of opinion is; nothing of another.
    pub fn advice(&self) -> Option<Words> {
        self.is_of_opinion().then(|| {
            Words::new(
                "本结果为业主意见，仅供参考，不是《民法典》第二百七十八条规定的业主共同决定，不具有其法律效力。",
                "This result is the owners' advice: it is no joint decision under Civil Code 278 and has no such effect.",
            )
        })
    }

    /// Guidance rules 31: the committee's members are an odd number within the size the rules allow. How many owners are
    /// asked to choose where they elect no committee nothing says.
    pub const fn allows_seats(&self, seats: u32) -> bool {
        if self.is_of_opinion() { seats > 0 } else { seats % 2 == 1 && self.committee_size.holds(seats) }
    }

    /// Whether it is one of the rules of this poll: those that came later are not those of an earlier one.
    pub fn has(&self, name: &str) -> bool {
        match name {
            "service_methods" => self.service_methods.is_some(),
            "extensions" => self.extensions.is_some(),
            "extension_days" => self.extension_days.is_some(),
            "proxy_allowed" => self.proxy_allowed.is_some(),
            "proxy_cap" => self.proxy_cap.is_some(),
            "proxy_barred" => self.proxy_barred.is_some(),
            "co_owner_representative" => self.co_owner_representative.is_some(),
            "formation_rule" => self.formation_rule.is_some(),
            "candidates_days" => self.candidates_days.is_some(),
            "renewal_lead" => self.renewal_lead.is_some(),
            "registration" => self.is_of_opinion(),
            _ => Self::RULES.contains(&name),
        }
    }

    /// How many days owners are told before voting begins (Property Management Regulation 14); of candidates, the longer
    /// of that and how long those hang out (guidance rules 12, Hangzhou). An opinion poll chooses no committee.
    pub fn told_before(&self, elects: bool) -> u32 {
        let candidates = self.candidates_days.filter(|_| elects && !self.is_of_opinion());
        self.notice_days.max(candidates.unwrap_or_default())
    }

    /// How many alternates an election with so many seats has at most.
    pub fn alternates(&self, seats: u32) -> u32 {
        alternates(seats, self.alternates_ratio, self.alternates_rounding)
    }

    /// How many candidates one ballot may choose.
    pub fn max_selections(&self, seats: u32) -> u32 {
        match self.max_selections {
            MaxSelections::Seats => seats,
            MaxSelections::SeatsAndAlternates => seats.saturating_add(self.alternates(seats)),
        }
    }

    /// The share of those taking part that a matter must win (Civil Code 278).
    pub const fn approval_ratio(&self, approval: Approval) -> Ratio {
        match approval {
            Approval::Ordinary => self.approve_ordinary,
            Approval::Special => self.approve_special,
        }
    }

    /// What silence means in this class of matter.
    pub fn nonresponse_in(&self, class: MatterClass) -> Nonresponse {
        if self.nonresponse_excluded.contains(&class) {
            Nonresponse::NotParticipated
        } else {
            self.nonresponse
        }
    }

    /// The part of the rules that turns the roll into heads.
    pub const fn roll_policy(&self) -> RollPolicy {
        RollPolicy { head_key: self.head_key, count_special_spaces: self.count_special_spaces }
    }
}

/// How many alternates go with so many seats. No national text fixes the ratio; cities cap it at half or all of the
/// seats, and the community's rules say how it is rounded.
pub fn alternates(seats: u32, ratio: Ratio, rounding: Rounding) -> u32 {
    let share = u64::from(seats) * u64::from(ratio.num());
    let den = u64::from(ratio.den());
    let number = match rounding {
        Rounding::Floor => share / den,
        Rounding::Ceil => share.div_ceil(den),
        Rounding::HalfUp => share / den + u64::from(share % den * 2 >= den),
    };
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn ratio(num: u32, den: u32) -> Ratio {
        Ratio::new(num, den).unwrap()
    }

    #[test]
    fn the_national_rules_are_lawful_and_come_back_from_json() {
        let rules = PollRules::national();
        assert_eq!(rules.faults(), []);
        let json = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<PollRules>(&json).unwrap(), rules);
    }

    #[test]
    fn the_names_of_the_rules_are_those_of_their_members() {
        let Value::Object(values) = serde_json::to_value(PollRules::national()).unwrap() else {
            panic!("an object")
        };
        let names: BTreeSet<&str> =
            values.keys().map(String::as_str).filter(|name| *name != "pack").collect();
        let own = |rules: &PollRules| -> BTreeSet<&str> {
            PollRules::RULES.into_iter().filter(|name| rules.has(name)).collect()
        };
        assert_eq!(names, own(&PollRules::national()));
        let Value::Object(values) = serde_json::to_value(PollRules::worked_example()).unwrap() else {
            panic!("an object")
        };
        assert_eq!(values.len(), PollRules::RULES.len() + 1, "all of them, and the pack");
    }

    #[test]
    fn a_poll_from_before_votes_went_on_reads_and_writes_as_it_did() {
        let without = PollRules { extensions: None, extension_days: None, ..PollRules::national() };
        let written = serde_json::to_value(&without).unwrap();
        assert!(written.get("extensions").is_none() && written.get("extension_days").is_none());
        assert_eq!(serde_json::from_value::<PollRules>(written).unwrap(), without);
        let names = |rules: &PollRules| PollRules::RULES.iter().filter(|name| rules.has(name)).count();
        assert_eq!(
            (names(&without), names(&PollRules::national())),
            (31, 33),
            "registration is of opinion polls"
        );
        assert!(!PollRules::national().has("colour"));
    }

    #[test]
    fn a_poll_from_before_proxies_and_named_co_owners_reads_and_writes_as_it_did() {
        let without = PollRules {
            proxy_allowed: None,
            proxy_cap: None,
            proxy_barred: None,
            co_owner_representative: None,
            ..PollRules::national()
        };
        let written = serde_json::to_string(&without).unwrap();
        assert!(!written.contains("proxy") && !written.contains("co_owner"), "{written}");
        assert_eq!(serde_json::from_str::<PollRules>(&written).unwrap(), without);
        assert_eq!(PollRules::RULES.iter().filter(|name| without.has(name)).count(), 29);
    }

    #[test]
    fn a_poll_from_before_service_was_noted_reads_and_writes_as_it_did() {
        let without = PollRules { service_methods: None, ..PollRules::national() };
        let written = serde_json::to_string(&without).unwrap();
        assert!(!written.contains("service"), "{written}");
        assert_eq!(serde_json::from_str::<PollRules>(&written).unwrap(), without);
        assert!(!without.has("service_methods") && PollRules::national().has("service_methods"));
    }

    #[test]
    fn what_the_law_fixes_cannot_be_lowered() {
        let faults = |change: &dyn Fn(&mut PollRules)| {
            let mut rules = PollRules::national();
            change(&mut rules);
            rules.faults()
        };
        let low = ratio(66, 100);
        assert_eq!(faults(&|rules| rules.quorum = low), [Unlawful::Quorum { given: low }]);
        for unknown in [None, Some(BTreeSet::new())] {
            assert_eq!(
                faults(&|rules| {
                    rules.nonresponse = Nonresponse::Abstain;
                    rules.nonresponse_clause = Some("art. 12".to_owned());
                    rules.service_methods = unknown.clone();
                }),
                [Unlawful::SilenceWithoutService]
            );
        }
        let low = ratio(49, 100);
        assert_eq!(
            faults(&|rules| rules.approve_ordinary = low),
            [Unlawful::OrdinaryApproval { given: low }]
        );
        let low = ratio(74, 100);
        assert_eq!(faults(&|rules| rules.approve_special = low), [Unlawful::SpecialApproval { given: low }]);
        let high = ratio(4, 3);
        assert_eq!(faults(&|rules| rules.quorum = high), [Unlawful::Quorum { given: high }]);
        assert_eq!(
            faults(&|rules| rules.nonresponse = Nonresponse::FollowMajority),
            [Unlawful::SilenceWithoutClause]
        );
        assert_eq!(
            faults(&|rules| {
                rules.nonresponse = Nonresponse::Abstain;
                rules.nonresponse_clause = Some("art. 12".to_owned());
                rules.nonresponse_excluded.clear();
            }),
            [Unlawful::SilenceInElections]
        );
        assert_eq!(
            faults(&|rules| rules.alternates_ratio = ratio(101, 100)),
            [Unlawful::TooManyAlternates { given: ratio(101, 100) }]
        );
        assert_eq!(faults(&|rules| rules.min_committee = 2), [Unlawful::CommitteeTooSmall { given: 2 }]);
        assert_eq!(faults(&|rules| rules.term_years = 6), [Unlawful::Term { given: 6 }]);
        let none = Range { min: 0, max: 5 };
        assert_eq!(faults(&|rules| rules.window_days = none), [Unlawful::Window { given: none }]);
        let empty = Range { min: 9, max: 5 };
        assert_eq!(
            faults(&|rules| rules.committee_size = empty),
            [Unlawful::EmptyRange { name: "committee_size", range: empty }]
        );
    }

    #[test]
    fn a_poll_of_opinion_has_its_own_floors_and_no_matter_of_civil_code_278() {
        let rules = PollRules::worked_example();
        assert_eq!((rules.faults(), rules.registration), (vec![], Some(Ratio::TWO_THIRDS)));
        assert_eq!((rules.quorum, rules.approve_ordinary), (Ratio::HALF, Ratio::HALF));
        let low = ratio(49, 100);
        assert_eq!(PollRules { quorum: low, ..rules.clone() }.faults(), [Unlawful::Turnout { given: low }]);
        let low = ratio(66, 100);
        let few = PollRules { registration: Some(low), ..rules.clone() };
        assert_eq!(few.faults(), [Unlawful::Registration { given: low }]);
        let silence = PollRules {
            nonresponse: Nonresponse::Abstain,
            nonresponse_clause: Some("art. 12".to_owned()),
            ..rules.clone()
        };
        assert_eq!(silence.faults(), [Unlawful::SilenceInOpinion]);
        let without = PollRules { registration: None, ..rules.clone() };
        assert_eq!(without.faults(), [Unlawful::Quorum { given: Ratio::HALF }], "the law's quorum stays");

        for class in MatterClass::ALL {
            let refused = rules.govern(class).unwrap_err();
            assert_eq!(refused, Unlawful::Statutory { class });
            assert!(
                refused.to_string().starts_with(&format!("Civil Code 278 ({}) ", class.item())),
                "{refused}"
            );
            assert_eq!(PollRules::national().govern(class), Ok(()));
        }
        assert_eq!(rules.govern(MatterClass::Opinion), Ok(()));
        assert_eq!(PollRules::national().govern(MatterClass::Opinion), Err(Unlawful::OnlyAnOpinion));
        assert_eq!(
            (rules.allows_seats(1), rules.allows_seats(2), rules.allows_seats(0)),
            (true, true, false)
        );
        assert!(rules.advice().is_some() && PollRules::national().advice().is_none());
    }

    #[test]
    fn what_the_law_fixes_may_be_raised() {
        let rules = PollRules { quorum: ratio(3, 4), approve_ordinary: ratio(2, 3), ..PollRules::national() };
        assert_eq!(rules.faults(), []);
    }

    #[test]
    fn nine_may_be_chosen_for_seven_seats() {
        let rules = PollRules::national();
        assert_eq!((rules.alternates(7), rules.max_selections(7)), (2, 9));
        let rules = PollRules { max_selections: MaxSelections::Seats, ..rules };
        assert_eq!(rules.max_selections(7), 7);
    }

    #[test]
    fn seats_are_odd_and_within_the_size_allowed() {
        let rules = PollRules::national();
        let allowed: Vec<u32> = (0..20).filter(|&seats| rules.allows_seats(seats)).collect();
        assert_eq!(allowed, [5, 7, 9, 11]);
    }

    proptest! {
        #[test]
        fn alternates_are_the_nearest_whole_number_on_the_right_side(seats in 0u32..60, num in 0u32..40, den in 1u32..40) {
            let exact_times_den = seats * num;
            let floor = (0..=exact_times_den).take_while(|n| n * den <= exact_times_den).last().unwrap();
            let ceil = (0..=exact_times_den).find(|n| n * den >= exact_times_den).unwrap();
            let nearer = if (exact_times_den - floor * den) < (ceil * den - exact_times_den) { floor } else { ceil };
            prop_assert_eq!(alternates(seats, ratio(num, den), Rounding::Floor), floor);
            prop_assert_eq!(alternates(seats, ratio(num, den), Rounding::Ceil), ceil);
            prop_assert_eq!(alternates(seats, ratio(num, den), Rounding::HalfUp), nearer);
        }
    }
}
