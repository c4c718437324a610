//! The result, explained: every test with what it was measured against, what it needed, and by how much it was met or
//! missed — as numbers for whoever recomputes, as sentences for whoever reads.
//!
//! Nothing is decided here. The decisions are those of [`tally`](super::tally); a verdict only shows their reasons.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::flip::Untold;
use super::matter::{Approval, Matter, MatterClass};
use super::parameters::{InvalidAs, Nonresponse, PollRules, RankRule};
use super::tally::{
    CandidateVotes, Decision, DecisionRules, Election, ElectionRules, Electorate, Outcome, Seats, TallyFault,
    Totals, Votes, decision_of, election, rank,
};
use crate::quantity::{Area, Weight};
use crate::ratio::{Bound, Ratio};
use crate::words::Words;

/// What a test counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Measure {
    /// Owners.
    Heads,
    /// Exclusive area in 0.01 m².
    Area,
}

/// What a test asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Question {
    /// Did enough of the roll register for a poll of opinion?
    Registration,
    /// Did enough of those who registered take part?
    Turnout,
    /// Did enough of the roll take part?
    Quorum,
    /// Did enough of those who took part agree, or choose this candidate?
    Approval,
}

/// The whole that a share is taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Denominator {
    /// All of the locked roll.
    Roll,
    /// Those of it who registered.
    Registered,
    /// Those who took part.
    Participating,
}

/// One test of one measure. Amounts are heads or 0.01 m², as `measure` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    pub question: Question,
    pub measure: Measure,
    /// What was counted.
    pub got: u64,
    pub denominator: Denominator,
    /// The size of the denominator.
    pub of: u64,
    pub ratio: Ratio,
    pub bound: Bound,
    /// The least that is enough.
    pub needed: u64,
    /// `got` less `needed`: zero or more is met.
    pub margin: i64,
    pub met: bool,
    pub words: Words,
}

/// One matter: how it ended, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatterVerdict {
    pub matter: String,
    pub class: MatterClass,
    pub approval: Approval,
    pub outcome: Outcome,
    pub roll: Weight,
    /// Who of it registered, in a poll of opinion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<Weight>,
    pub votes: Votes,
    /// What silence meant here.
    pub nonresponse: Nonresponse,
    pub invalid_as: InvalidAs,
    /// Nothing when silence had no majority to follow.
    pub participating: Option<Weight>,
    /// Votes in favour, with the silent ones that followed.
    pub yes: Option<Weight>,
    /// Quorum in heads and area, approval in heads and area; none when silence had no majority to follow. In a poll of
    /// opinion registration and turnout stand for the quorum.
    pub tests: Vec<Test>,
    /// How it ended, and why it is not told how firm that is, where it is not.
    pub words: Words,
}

/// How an election ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ElectionOutcome {
    /// The committee is formed.
    Formed,
    /// Equal rank straddles the last seat: those candidates are voted on again.
    RunoffDue,
    /// Too few were elected.
    NotFormed,
    /// Too few took part; nobody is elected.
    NoQuorum,
}

/// Where one candidate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Standing {
    Elected,
    Runoff,
    Alternate,
    /// Passed, but there was no place left.
    Passed,
    NotPassed,
    /// The election had no quorum.
    NoQuorum,
}

/// One candidate: votes, both tests, place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateVerdict {
    pub candidate: String,
    pub votes: Weight,
    /// Approval in heads and in area.
    pub tests: [Test; 2],
    pub standing: Standing,
    /// Place among those who passed, from 1; equals share the better place.
    pub rank: Option<u32>,
}

/// Whether there are enough members for a committee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Formation {
    /// Elected, with those a run-off will add; in a run-off with those elected before it.
    pub members: u32,
    /// Of the whole committee.
    pub seats: u32,
    pub min_committee: u32,
    /// The least number that reaches `min_committee` and exceeds the rules' share of `seats`, half as a rule.
    pub needed: u32,
    pub formed: bool,
    pub words: Words,
}

/// The election of the committee: how it ended, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElectionVerdict {
    pub outcome: ElectionOutcome,
    pub roll: Weight,
    pub participating: Weight,
    pub invalid: Weight,
    pub invalid_as: InvalidAs,
    /// Of a poll of opinion, in heads and in area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<[Test; 2]>,
    /// In heads and in area; of a poll of opinion its turnout.
    pub quorum: [Test; 2],
    pub seats: u32,
    /// How many alternates there may be.
    pub alternates_at_most: u32,
    pub rank_rule: RankRule,
    /// In ballot order.
    pub candidates: Vec<CandidateVerdict>,
    /// Nothing without a quorum.
    pub election: Option<Election>,
    pub formation: Option<Formation>,
    /// Alternates whose votes equal another's who passed: they stand in ballot order until the committee ranks them.
    pub equal_alternates: Vec<String>,
    /// How it ended, and why it is not told how firm that is, where it is not.
    pub words: Words,
}

/// The whole poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Nothing for a poll on texts alone.
    pub election: Option<ElectionVerdict>,
    pub matters: Vec<MatterVerdict>,
}

/// Decides and explains everything in a poll from its totals and frozen rules.
pub fn explain(
    totals: &Totals,
    matters: &[Matter],
    seats: Seats,
    rules: &PollRules,
) -> Result<Verdict, TallyFault> {
    if rules.is_of_opinion() != totals.registered.is_some() {
        return Err(TallyFault::NotRegistered);
    }
    let election = if totals.candidates.is_empty() { None } else { Some(of_election(totals, seats, rules)?) };
    let matters = matters
        .iter()
        .map(|matter| {
            let votes = totals
                .texts
                .get(&matter.id)
                .ok_or_else(|| TallyFault::NoSuchText { text: matter.id.clone() })?;
            of_matter(matter, totals.electorate(), votes, rules)
        })
        .collect::<Result<_, _>>()?;
    Ok(Verdict { election, matters })
}

/// Decides and explains one matter (Civil Code 278), or what owners are asked for their opinion of.
pub fn of_matter(
    matter: &Matter,
    electorate: impl Into<Electorate>,
    votes: &Votes,
    rules: &PollRules,
) -> Result<MatterVerdict, TallyFault> {
    let electorate = electorate.into();
    let decided_by = DecisionRules::of(rules, matter.class);
    let decision = decision_of(electorate, votes, matter.class, rules)?;
    let (participating, yes, tests) = match decision {
        Decision::Undecided { .. } => (None, None, Vec::new()),
        Decision::Decided { participating, yes, .. } => {
            let silence = Silence::of(votes, decided_by.nonresponse, yes);
            let took_part = Part { got: participating, silent: silence.participating };
            let quorum = Test::quorum(electorate, took_part, rules);
            let approval = Test::both(
                Question::Approval,
                Part { got: yes, silent: silence.yes },
                took_part,
                decided_by.approval,
                decided_by.bound,
            );
            let registration = Test::registration(electorate, rules).into_iter().flatten();
            (Some(participating), Some(yes), registration.chain(quorum).chain(approval).collect())
        }
    };
    Ok(MatterVerdict {
        matter: matter.id.clone(),
        class: matter.class,
        approval: matter.class.approval(),
        outcome: decision.outcome(),
        roll: electorate.roll,
        registered: electorate.registered,
        votes: *votes,
        nonresponse: decided_by.nonresponse,
        invalid_as: decided_by.invalid_as,
        participating,
        yes,
        tests,
        words: decision
            .outcome()
            .words_on(matter.class)
            .then(Untold::of_text(votes, &decided_by, rules).map(Untold::words)),
    })
}

/// What of a matter's counted votes nobody cast.
#[derive(Debug, Clone, Copy)]
struct Silence {
    participating: Weight,
    yes: Weight,
}

impl Silence {
    fn of(votes: &Votes, nonresponse: Nonresponse, yes: Weight) -> Self {
        let participating = match nonresponse {
            Nonresponse::NotParticipated => Weight::ZERO,
            Nonresponse::Abstain | Nonresponse::FollowMajority => votes.silent,
        };
        Self { participating, yes: if yes == votes.yes { Weight::ZERO } else { votes.silent } }
    }
}

/// What was counted, and how much of it is silence that the community's rules count: said apart, because whoever was
/// silent did not take part.
#[derive(Debug, Clone, Copy)]
struct Part<T = Weight> {
    got: T,
    silent: T,
}

impl Part {
    const fn all(got: Weight) -> Self {
        Self { got, silent: Weight::ZERO }
    }

    const fn heads(self) -> Part<u64> {
        Part { got: self.got.heads.0, silent: self.silent.heads.0 }
    }

    const fn area(self) -> Part<u64> {
        Part { got: self.got.area.0, silent: self.silent.area.0 }
    }
}

/// Decides and explains the election (Civil Code 278 (3)), or whom owners would choose where they elect no committee:
/// without a quorum nobody is elected, however many votes.
pub fn of_election(totals: &Totals, seats: Seats, rules: &PollRules) -> Result<ElectionVerdict, TallyFault> {
    let decided_by = ElectionRules::of(rules, seats);
    let participating = totals.participating(rules.invalid_as);
    let counted = election(participating, &totals.candidates, &decided_by)?;
    let electorate = totals.electorate();
    let election = electorate.is_quorate(participating, rules).then_some(counted);

    let places = Places::of(election.as_ref(), &totals.candidates, participating, rules.rank_rule);
    let outcome = ElectionOutcome::of(election.as_ref());
    // Without a quorum nobody has a place.
    let untold = election.as_ref().and_then(|_| Untold::of_election(rules.rank_rule));
    Ok(ElectionVerdict {
        outcome,
        roll: totals.roll,
        participating,
        invalid: totals.invalid,
        invalid_as: rules.invalid_as,
        registration: Test::registration(electorate, rules),
        quorum: Test::quorum(electorate, Part::all(participating), rules),
        seats: seats.open,
        alternates_at_most: decided_by.alternates,
        rank_rule: rules.rank_rule,
        candidates: totals
            .candidates
            .iter()
            .map(|candidate| CandidateVerdict {
                candidate: candidate.id.clone(),
                votes: candidate.votes,
                tests: Test::both(
                    Question::Approval,
                    Part::all(candidate.votes),
                    Part::all(participating),
                    decided_by.approval,
                    Bound::Exceeds,
                ),
                standing: places.standing(&candidate.id),
                rank: places.ranks.get(candidate.id.as_str()).copied(),
            })
            .collect(),
        formation: election.as_ref().map(|election| Formation::of(election, &decided_by, rules)),
        equal_alternates: places.equal_alternates(election.as_ref()),
        words: outcome.words(rules).then(untold.map(Untold::words)),
        election,
    })
}

// Who has which place, looked up by id.
struct Places<'a> {
    quorate: bool,
    ranks: BTreeMap<&'a str, u32>,
    elected: BTreeSet<&'a str>,
    runoff: BTreeSet<&'a str>,
    alternates: BTreeSet<&'a str>,
}

impl<'a> Places<'a> {
    fn of(
        election: Option<&'a Election>,
        candidates: &[CandidateVotes],
        participating: Weight,
        rule: RankRule,
    ) -> Self {
        let ids = |list: Option<&'a Vec<String>>| list.into_iter().flatten().map(String::as_str).collect();
        let votes: BTreeMap<&str, Weight> =
            candidates.iter().map(|candidate| (candidate.id.as_str(), candidate.votes)).collect();

        let mut ranks = BTreeMap::new();
        let mut ahead: Option<(Weight, u32)> = None;
        for (place, id) in (1..).zip(election.into_iter().flat_map(|election| &election.qualified)) {
            let votes = votes.get(id.as_str()).copied().unwrap_or_default();
            let shared = ahead.filter(|(other, _)| rank(*other, votes, participating, rule).is_eq());
            let rank = shared.map_or(place, |(_, rank)| rank);
            ranks.insert(id.as_str(), rank);
            ahead = Some((votes, rank));
        }
        Self {
            quorate: election.is_some(),
            ranks,
            elected: ids(election.map(|election| &election.elected)),
            runoff: ids(election.and_then(|election| election.runoff.as_ref()).map(|runoff| &runoff.between)),
            alternates: ids(election.and_then(|election| election.alternates.as_ref())),
        }
    }

    fn standing(&self, id: &str) -> Standing {
        if !self.quorate {
            Standing::NoQuorum
        } else if self.elected.contains(id) {
            Standing::Elected
        } else if self.runoff.contains(id) {
            Standing::Runoff
        } else if self.alternates.contains(id) {
            Standing::Alternate
        } else if self.ranks.contains_key(id) {
            Standing::Passed
        } else {
            Standing::NotPassed
        }
    }

    // Equal rank never joins a winner and an alternate: that is a run-off, and then there are no alternates yet.
    fn equal_alternates(&self, election: Option<&Election>) -> Vec<String> {
        let mut sharing: BTreeMap<u32, u32> = BTreeMap::new();
        for rank in self.ranks.values() {
            *sharing.entry(*rank).or_default() += 1;
        }
        let shares = |id: &&String| {
            self.ranks.get(id.as_str()).and_then(|rank| sharing.get(rank)).is_some_and(|count| *count > 1)
        };
        let alternates = election.and_then(|election| election.alternates.as_ref());
        alternates.into_iter().flatten().filter(shares).cloned().collect()
    }
}

impl Test {
    // A share of nothing is never reached (`share_met`): at least one is needed.
    fn new(
        question: Question,
        measure: Measure,
        part: Part<u64>,
        whole: Part<u64>,
        ratio: Ratio,
        bound: Bound,
    ) -> Self {
        let (got, of) = (part.got, whole.got);
        let needed = ratio.least(of, bound).max(1);
        let denominator = match question {
            Question::Registration | Question::Quorum => Denominator::Roll,
            Question::Turnout => Denominator::Registered,
            Question::Approval => Denominator::Participating,
        };
        let margin = i128::from(got) - i128::from(needed);
        let unspoken = Self {
            question,
            measure,
            got,
            denominator,
            of,
            ratio,
            bound,
            needed,
            margin: i64::try_from(margin).unwrap_or(if margin < 0 { i64::MIN } else { i64::MAX }),
            met: got >= needed,
            words: Words::new("", ""),
        };
        Self { words: unspoken.say(part.silent, whole.silent), ..unspoken }
    }

    /// Whether enough took part: of the roll, or of those of it who registered.
    fn quorum(electorate: Electorate, took_part: Part, rules: &PollRules) -> [Self; 2] {
        let question = if rules.is_of_opinion() { Question::Turnout } else { Question::Quorum };
        Self::both(question, took_part, Part::all(electorate.voters()), rules.quorum, Bound::Reaches)
    }

    /// Whether enough registered, where people do.
    fn registration(electorate: Electorate, rules: &PollRules) -> Option<[Self; 2]> {
        let [registered, roll] = [electorate.voters(), electorate.roll].map(Part::all);
        rules
            .registration
            .map(|share| Self::both(Question::Registration, registered, roll, share, Bound::Reaches))
    }

    /// The same question in both measures, each against its own whole.
    fn both(question: Question, got: Part, of: Part, ratio: Ratio, bound: Bound) -> [Self; 2] {
        [
            Self::new(question, Measure::Heads, got.heads(), of.heads(), ratio, bound),
            Self::new(question, Measure::Area, got.area(), of.area(), ratio, bound),
        ]
    }

    fn say(&self, silent: u64, silent_in_whole: u64) -> Words {
        let ratio = self.ratio;
        let (of, needed, gap) = (
            self.measure.say(self.of),
            self.measure.say(self.needed),
            self.measure.say(self.margin.unsigned_abs()),
        );
        let [_, whole] = self.names();
        let (reach, more) = match self.bound {
            Bound::Reaches => ("达到", "at least"),
            Bound::Exceeds => ("超过", "more than"),
        };
        let base = match self.question {
            Question::Registration | Question::Quorum => "on the roll",
            Question::Turnout => "that registered",
            Question::Approval if silent_in_whole > 0 => "that took part or are counted with them",
            Question::Approval => "that took part",
        };
        let with_silent = if silent_in_whole > 0 { "（含计入的未反馈票）" } else { "" };
        let end = if self.met {
            Words::new(format!("符合，多 {}", gap.zh), format!("met, with {} to spare", gap.en))
        } else {
            Words::new(format!("不符合，差 {}", gap.zh), format!("not met, {} short", gap.en))
        };
        let counted = self.say_counted(silent);
        Words::new(
            format!(
                "{}，须{reach}{whole}{with_silent} {}的 {ratio}，即不少于 {}：{}。",
                counted.zh, of.zh, needed.zh, end.zh
            ),
            format!(
                "{}; needed: {more} {ratio} of the {} {base}, that is {}: {}.",
                counted.en, of.en, needed.en, end.en
            ),
        )
    }

    /// What was counted. Silence is never said to have taken part, or to have agreed.
    fn say_counted(&self, silent: u64) -> Words {
        let [part, _] = self.names();
        let [did, beside] = match self.question {
            Question::Registration => ["registered", "are counted with them"],
            Question::Quorum | Question::Turnout => ["took part", "are counted with them"],
            Question::Approval => ["agreed", "follow the majority"],
        };
        let all = self.measure.say(self.got);
        if silent == 0 {
            return Words::new(format!("{part} {}", all.zh), format!("{} {did}", all.en));
        }
        let [cast, silent] = [self.got.saturating_sub(silent), silent].map(|some| self.measure.say(some));
        Words::new(
            format!("{part} {}，未反馈票按业主规约计入 {}，合计 {}", cast.zh, silent.zh, all.zh),
            format!(
                "{} {did} and {} of silence {beside} by the community's rules, {} in all",
                cast.en, silent.en, all.en
            ),
        )
    }

    /// The part and the whole.
    const fn names(&self) -> [&'static str; 2] {
        match (self.question, self.measure) {
            (Question::Registration, Measure::Heads) => ["报名人数", "业主总人数"],
            (Question::Registration, Measure::Area) => ["报名面积", "专有部分总面积"],
            (Question::Turnout, Measure::Heads) => ["参与表决人数", "报名总人数"],
            (Question::Turnout, Measure::Area) => ["参与表决面积", "报名总面积"],
            (Question::Quorum, Measure::Heads) => ["参与表决人数", "业主总人数"],
            (Question::Quorum, Measure::Area) => ["参与表决面积", "专有部分总面积"],
            (Question::Approval, Measure::Heads) => ["同意人数", "参与表决人数"],
            (Question::Approval, Measure::Area) => ["同意面积", "参与表决面积"],
        }
    }
}

impl Measure {
    fn say(self, amount: u64) -> Words {
        match self {
            Self::Heads if amount == 1 => Words::new("1 人", "1 head"),
            Self::Heads => Words::new(format!("{amount} 人"), format!("{amount} heads")),
            Self::Area => {
                let area = Area(amount);
                Words::new(format!("{area} 平方米"), format!("{area} m²"))
            }
        }
    }
}

impl Formation {
    /// Hangzhou 27: the least lawful number, and more than the rules' share of the seats. Of those whom owners would choose more than
    /// half alone.
    fn of(election: &Election, decided_by: &ElectionRules, rules: &PollRules) -> Self {
        let ElectionRules { seats, min_committee, formation, .. } = *decided_by;
        let seats = seats.whole();
        let members = seats.saturating_sub(election.vacant);
        let needed = decided_by.needed();
        let formed = election.formed;
        if rules.is_of_opinion() {
            let [end_zh, end_en] = if formed { ["符合", "met"] } else { ["不符合", "not met"] };
            let words = Words::new(
                format!("拟选 {seats} 名，选出 {members} 名；须超过一半，即不少于 {needed} 名：{end_zh}。"),
                format!(
                    "{members} of {seats} were chosen; more than half are needed, that is {needed}: {end_en}."
                ),
            );
            return Self { members, seats, min_committee, needed, formed, words };
        }
        let share = if formation == Ratio::HALF {
            Words::new("一半", "half")
        } else {
            Words::new(format!(" {formation} "), formation.to_string())
        };
        let [end_zh, end_en] = if formed {
            ["可以成立", "it can be formed"]
        } else {
            ["不能成立", "it cannot be formed"]
        };
        let words = Words::new(
            format!(
                "委员会应选 {seats} 名，当选 {members} 名；成立须不少于 {min_committee} 名且超过应选人数的{}，即不少于 {needed} 名：{end_zh}。",
                share.zh
            ),
            format!(
                "{members} members for {seats} seats; a committee needs {min_committee} members and more than {} of the seats, that is {needed}: {end_en}.",
                share.en
            ),
        );
        Self { members, seats, min_committee, needed, formed, words }
    }
}

impl ElectionOutcome {
    fn of(election: Option<&Election>) -> Self {
        match election {
            None => Self::NoQuorum,
            Some(Election { runoff: Some(_), .. }) => Self::RunoffDue,
            Some(Election { formed: true, .. }) => Self::Formed,
            Some(_) => Self::NotFormed,
        }
    }

    fn words(self, rules: &PollRules) -> Words {
        if rules.is_of_opinion() { self.as_advice() } else { self.as_decision() }
    }

    /// Whom owners would choose, where they elect no committee.
    fn as_advice(self) -> Words {
        match self {
            Self::Formed => Words::new(
                "已选出人选，作为业主意见供参考。",
                "They were chosen; it is advice that the owners give.",
            ),
            Self::RunoffDue => Words::new(
                "最后名额得票相同，须对同票人选再次征询。",
                "Some are equal for the last places; owners are to be asked about them again.",
            ),
            Self::NotFormed => Words::new(
                "选出的人选不足一半，没有形成意见。",
                "Too few were chosen; the owners gave no advice.",
            ),
            Self::NoQuorum => Words::new(
                "报名或参与的人数或面积不足，没有形成意见。",
                "Too few heads or too little area registered or took part; the owners gave no advice.",
            ),
        }
    }

    fn as_decision(self) -> Words {
        match self {
            Self::Formed => Words::new("业主委员会选举产生。", "The owners' committee is elected."),
            Self::RunoffDue => Words::new(
                "最后名额得票相同，须对同票候选人再次投票。",
                "Candidates are equal for the last seats; they must be voted on again.",
            ),
            Self::NotFormed => Words::new(
                "当选人数不足，业主委员会不能成立，须另行选举。",
                "Too few were elected to form the committee; another election is needed.",
            ),
            Self::NoQuorum => Words::new(
                "参与表决的人数或面积不足，选举无效，无人当选。",
                "Too few heads or too little area took part; nobody is elected.",
            ),
        }
    }
}

impl Outcome {
    /// The outcome of a matter in plain words.
    pub fn words_on(self, class: MatterClass) -> Words {
        if class == MatterClass::Opinion { self.as_advice() } else { self.as_decision() }
    }

    /// What owners say who are only asked for their opinion.
    fn as_advice(self) -> Words {
        match self {
            Self::Passed => Words::new(
                "多数同意，作为业主意见供参考。",
                "Most agreed; it is advice that the owners give.",
            ),
            Self::Rejected => Words::new(
                "参与人数和面积符合规则，但同意未超过一半，作为业主意见供参考。",
                "Enough took part, but no more than half agreed; it is advice that the owners give.",
            ),
            Self::NoQuorum | Self::Indeterminate => Words::new(
                "报名或参与的人数或面积不足，没有形成意见。",
                "Too few heads or too little area registered or took part; the owners gave no advice.",
            ),
        }
    }

    fn as_decision(self) -> Words {
        match self {
            Self::Passed => Words::new("表决通过。", "The matter is passed."),
            Self::Rejected => Words::new(
                "计票基数符合法定比例，但同意未达到规定比例，表决未通过。",
                "The quorum is met, but too few agreed; the matter is rejected.",
            ),
            Self::NoQuorum => Words::new(
                "参与表决的人数或面积不足，不能作出决定。",
                "Too few heads or too little area took part; nothing is decided.",
            ),
            Self::Indeterminate => Words::new(
                "未反馈票应随多数，但人数与面积的多数意见不一致或持平，不能作出决定。",
                "Silent votes should follow the majority, but heads and area lead different ways or are tied; nothing is decided.",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
