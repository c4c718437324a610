//! The four lists that are put up after a count: members elected, every candidate's votes, every text's votes, and which
//! homes took part. What each line says, in which order, and how it is written for people.
//!
//! Never: how somebody voted, or who lives in a home.

use std::collections::{BTreeMap, HashMap};

use super::duplicates::Channel;
use super::leaks::{Grain, Leaks};
use super::matter::MatterClass;
use super::runoff::Composition;
use super::tally::{Outcome, Votes};
use super::verdict::{CandidateVerdict, ElectionVerdict, Standing, Verdict};
use crate::quantity::{Area, Weight};

/// A line of the list of members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberLine {
    pub rank: u32,
    pub candidate: String,
    pub name: String,
    /// Elected, alternate, or in the run-off that is due.
    pub standing: Standing,
    pub votes: Weight,
    /// Whether owners would choose them, and elect no committee.
    pub is_advice: bool,
    /// In which steps those are told.
    pub grain: Grain,
}

/// A line of the list of candidates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateLine {
    /// Place on the ballot, from 1.
    pub ordinal: u32,
    pub candidate: String,
    pub name: String,
    pub votes: Weight,
    /// In which steps those are told.
    pub grain: Grain,
    pub standing: Standing,
    /// Whether owners would choose them, and elect no committee.
    pub is_advice: bool,
}

/// A line of the list of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextLine {
    pub matter: String,
    pub class: MatterClass,
    pub title: String,
    pub votes: Votes,
    /// In which steps those are told, and those of turnout.
    pub grain: Grain,
    pub turnout: Grain,
    pub outcome: Outcome,
}

/// A line of the list of participation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeLine {
    /// As people call it.
    pub home: String,
    pub area: Area,
    /// How its head's ballot came in; nothing where none did.
    pub channel: Option<Channel>,
}

/// A home of the locked roll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home<Head> {
    pub label: String,
    pub area: Area,
    pub head: Head,
}

/// One of the four lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    Members(Vec<MemberLine>),
    Candidates(Vec<CandidateLine>),
    Texts(Vec<TextLine>),
    Participation(Vec<HomeLine>),
}

/// What people call candidates and texts, by id.
pub type Names = HashMap<String, String>;

/// Members elected, alternates, and those between whom a run-off is due, in rank order.
pub fn members(verdict: &Verdict, names: &Names) -> List {
    let has_place = |standing| matches!(standing, Standing::Elected | Standing::Alternate | Standing::Runoff);
    let lines = verdict.election.iter().flat_map(|election| {
        let candidates: BTreeMap<&str, &CandidateVerdict> =
            election.candidates.iter().map(|one| (one.candidate.as_str(), one)).collect();
        let line = move |id: &String| {
            let candidate = candidates.get(id.as_str()).filter(|one| has_place(one.standing))?;
            Some(MemberLine {
                rank: candidate.rank?,
                candidate: id.clone(),
                name: name(names, id),
                standing: candidate.standing,
                votes: candidate.votes,
                grain: Grain::EXACT,
                is_advice: election.registration.is_some(),
            })
        };
        election.election.iter().flat_map(|counted| &counted.qualified).filter_map(line)
    });
    List::Members(lines.collect())
}

/// The same of an election and its run-offs together: who was elected by each, whom the next run-off is due between, and
/// the alternates; with the votes by which they have their place. Candidates go by the ids of the first ballot.
pub fn members_together(votes: &[&ElectionVerdict], together: &Composition, names: &Names) -> List {
    let standing = |id: &String| votes.iter().rev().find_map(|vote| vote.standing_of(id));
    let is_advice = votes.iter().any(|vote| vote.registration.is_some());
    let due = together.runoff.iter().flat_map(|runoff| &runoff.between);
    let elected = together.elected.iter().map(|id| (id, Standing::Elected));
    let alternates = together.alternates().unwrap_or_default();
    let places = elected
        .chain(due.map(|id| (id, Standing::Runoff)))
        .chain(alternates.iter().map(|id| (id, Standing::Alternate)));
    let mut lines: Vec<MemberLine> = Vec::new();
    for (place, (id, has)) in (1..).zip(places) {
        let Some(candidate) = standing(id) else { continue };
        let shares = has == Standing::Runoff || together.equal_alternates().contains(id);
        let ahead =
            lines.last().filter(|ahead| shares && ahead.standing == has && ahead.votes == candidate.votes);
        let rank = ahead.map_or(place, |ahead| ahead.rank);
        let (name, votes) = (name(names, id), candidate.votes);
        let grain = Grain::EXACT;
        lines.push(MemberLine { rank, candidate: id.clone(), name, standing: has, votes, grain, is_advice });
    }
    List::Members(lines)
}

impl ElectionVerdict {
    fn standing_of(&self, id: &str) -> Option<&CandidateVerdict> {
        self.candidates.iter().find(|one| one.candidate == id)
    }
}

/// Every candidate in ballot order.
pub fn candidates(verdict: &Verdict, names: &Names) -> List {
    let standing = verdict.election.iter().flat_map(|ElectionVerdict { candidates, .. }| candidates);
    let is_advice = verdict.election.as_ref().is_some_and(|election| election.registration.is_some());
    let line = |(ordinal, one): (u32, &CandidateVerdict)| CandidateLine {
        ordinal,
        candidate: one.candidate.clone(),
        name: name(names, &one.candidate),
        votes: one.votes,
        grain: Grain::EXACT,
        standing: one.standing,
        is_advice,
    };
    List::Candidates((1..).zip(standing).map(line).collect())
}

/// Every text in the order in which it was put.
pub fn texts(verdict: &Verdict, names: &Names) -> List {
    let lines = verdict.matters.iter().map(|one| TextLine {
        matter: one.matter.clone(),
        class: one.class,
        title: name(names, &one.matter),
        votes: one.votes,
        grain: Grain::EXACT,
        turnout: Grain::EXACT,
        outcome: one.outcome,
    });
    List::Texts(lines.collect())
}

/// Every home in the order given, and by which channel its head's ballot came in: a head that took part did with all
/// of its homes.
pub fn participation<Head>(
    homes: impl IntoIterator<Item = Home<Head>>,
    channel_of: impl Fn(&Head) -> Option<Channel>,
) -> List {
    let line =
        |home: Home<Head>| HomeLine { channel: channel_of(&home.head), home: home.label, area: home.area };
    List::Participation(homes.into_iter().map(line).collect())
}

fn name(names: &Names, id: &str) -> String {
    names.get(id).cloned().unwrap_or_default()
}

impl List {
    /// As everybody sees it: with numbers no finer than the leak check lets them be.
    #[must_use]
    pub fn coarsened(mut self, leaks: &Leaks) -> Self {
        match &mut self {
            Self::Members(lines) => {
                for line in lines {
                    line.grain = leaks.candidate(&line.candidate);
                }
            }
            Self::Candidates(lines) => {
                for line in lines {
                    line.grain = leaks.candidate(&line.candidate);
                }
            }
            Self::Texts(lines) => {
                for line in lines {
                    (line.grain, line.turnout) = (leaks.text(&line.matter), leaks.turnout.grain);
                }
            }
            Self::Participation(_) => {}
        }
        self
    }

    /// What stands over its columns.
    pub const fn headings(&self) -> &'static [&'static str] {
        match self {
            Self::Members(_) => &["排名", "姓名", "结果", "得票人数", "得票面积(㎡)"],
            Self::Candidates(_) => &["序号", "姓名", "得票人数", "得票面积(㎡)", "结果"],
            Self::Texts(_) => &[
                "事项类别",
                "事项",
                "同意人数",
                "同意面积(㎡)",
                "反对人数",
                "反对面积(㎡)",
                "弃权人数",
                "弃权面积(㎡)",
                "未反馈人数",
                "未反馈面积(㎡)",
                "废票人数",
                "废票面积(㎡)",
                "结果",
            ],
            Self::Participation(_) => &["房号", "面积(㎡)", "是否参与", "表决方式"],
        }
    }

    /// Its lines as people read them, a cell for each heading.
    pub fn rows(&self) -> Vec<Vec<String>> {
        match self {
            Self::Members(lines) => lines.iter().map(MemberLine::cells).collect(),
            Self::Candidates(lines) => lines.iter().map(CandidateLine::cells).collect(),
            Self::Texts(lines) => lines.iter().map(TextLine::cells).collect(),
            Self::Participation(lines) => lines.iter().map(HomeLine::cells).collect(),
        }
    }
}

impl MemberLine {
    fn cells(&self) -> Vec<String> {
        let [heads, area] = self.grain.words(self.votes);
        let standing = self.standing.on_a_list(self.is_advice).into();
        vec![self.rank.to_string(), self.name.clone(), standing, heads, area]
    }
}

impl CandidateLine {
    fn cells(&self) -> Vec<String> {
        let [heads, area] = self.grain.words(self.votes);
        let standing = self.standing.on_a_list(self.is_advice).into();
        vec![self.ordinal.to_string(), self.name.clone(), heads, area, standing]
    }
}

impl TextLine {
    fn cells(&self) -> Vec<String> {
        let Votes { yes, no, abstain, silent, invalid } = self.votes;
        let votes = [yes, no, abstain].into_iter().flat_map(|votes| self.grain.words(votes));
        let votes = votes.chain([silent, invalid].into_iter().flat_map(|votes| self.turnout.words(votes)));
        let text = [self.class.on_a_list(), self.title.clone()];
        text.into_iter().chain(votes).chain([self.outcome.on_a_list(self.class).to_owned()]).collect()
    }
}

impl HomeLine {
    fn cells(&self) -> Vec<String> {
        let took_part = if self.channel.is_some() { "是" } else { "否" };
        let channel = self.channel.map_or("", Channel::on_a_list);
        vec![self.home.clone(), self.area.to_string(), took_part.into(), channel.into()]
    }
}

impl Standing {
    const fn on_a_list(self, is_advice: bool) -> &'static str {
        if is_advice { self.as_advice() } else { self.as_elected() }
    }

    const fn as_advice(self) -> &'static str {
        match self {
            Self::Elected => "入选",
            Self::Runoff => "待再次征询",
            Self::Alternate => "候补",
            Self::Passed => "超过半数，未入选",
            Self::NotPassed => "未超过半数",
            Self::NoQuorum => "没有形成意见",
        }
    }

    const fn as_elected(self) -> &'static str {
        match self {
            Self::Elected => "当选委员",
            Self::Runoff => "待再次投票",
            Self::Alternate => "候补委员",
            Self::Passed => "达到法定比例，未当选",
            Self::NotPassed => "未达到法定比例",
            Self::NoQuorum => "选举无效",
        }
    }
}

impl Outcome {
    const fn on_a_list(self, class: MatterClass) -> &'static str {
        match self {
            Self::Passed if matches!(class, MatterClass::Opinion) => "多数同意",
            Self::Rejected if matches!(class, MatterClass::Opinion) => "同意未过半",
            Self::Passed => "通过",
            Self::Rejected => "未通过",
            Self::NoQuorum => "参与不足",
            Self::Indeterminate => "无法认定",
        }
    }
}

impl Channel {
    const fn on_a_list(self) -> &'static str {
        match self {
            Self::Online => "线上",
            Self::Paper => "纸质",
            Self::Proxy => "委托",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::polls::ballot::{Answer, Answers, BallotForm};
    use crate::polls::matter::Matter;
    use crate::polls::parameters::PollRules;
    use crate::polls::tally::{Count, Electorate, Seats};
    use crate::polls::verdict::explain;

    /// Four heads elect three of five; the second and third are equal, and the fifth passes nowhere.
    fn counted() -> Verdict {
        let ids = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        let form = BallotForm {
            candidates: ids(&["a", "b", "c", "d", "e"]),
            max_selections: 4,
            texts: ids(&["covenant", "lift"]),
        };
        let rules = PollRules {
            min_committee: 3,
            alternates_ratio: crate::ratio::Ratio::HALF,
            ..PollRules::national()
        };
        let mut count = Count::new(&form, &rules).unwrap();
        let ballots: [(u64, &[&str], Answer); 4] = [
            (10_000, &["d", "c", "b"], Answer::Yes),
            (9_000, &["d", "c", "b", "a"], Answer::No),
            (8_000, &["d", "c", "b", "a"], Answer::Yes),
            (7_000, &["d", "a", "e"], Answer::Abstain),
        ];
        for (area, choices, answer) in ballots {
            let answers = [("covenant".to_owned(), answer)].into();
            count.add(Weight::new(1, area), &Answers { choices: ids(choices), answers, unsigned: false });
        }
        let totals = count.close(Weight::new(5, 40_000)).unwrap();
        let matters = [("covenant", MatterClass::Covenant), ("lift", MatterClass::FundUse)]
            .map(|(id, class)| Matter { id: id.to_owned(), class });
        explain(&totals, &matters, Seats::all(3), &rules).unwrap()
    }

    fn names() -> Names {
        let names =
            [("a", "甲"), ("b", "乙"), ("c", "丙"), ("d", "丁"), ("e", "戊"), ("covenant", "管理规约")];
        names.map(|(id, name)| (id.to_owned(), name.to_owned())).into()
    }

    fn rows(list: &List) -> Vec<String> {
        let rows = list.rows();
        assert!(rows.iter().all(|row| row.len() == list.headings().len()), "a cell for each heading");
        rows.iter().map(|row| row.join(" ")).collect()
    }

    #[test]
    fn whom_owners_would_choose_is_elected_nowhere() {
        let form = BallotForm {
            candidates: ["a", "b"].map(str::to_owned).to_vec(),
            max_selections: 1,
            texts: vec!["covenant".to_owned()],
        };
        let rules = PollRules::worked_example();
        let mut count = Count::new(&form, &rules).unwrap();
        let answers = [("covenant".to_owned(), Answer::Yes)].into();
        count.add(Weight::new(1, 100), &Answers { choices: vec!["a".to_owned()], answers, unsigned: false });
        let registered = Some(Weight::new(2, 200));
        let totals = count.close(Electorate { roll: Weight::new(3, 300), registered }).unwrap();
        let asked = [Matter { id: "covenant".to_owned(), class: MatterClass::Opinion }];
        let verdict = explain(&totals, &asked, Seats::all(1), &rules).unwrap();
        assert_eq!(rows(&members(&verdict, &names())), ["1 甲 入选 1 1.00"]);
        assert_eq!(rows(&candidates(&verdict, &names())), ["1 甲 1 1.00 入选", "2 乙 0 0.00 未超过半数"]);
        let [row] = rows(&texts(&verdict, &names())).try_into().unwrap();
        assert_eq!(row, "意见征询 管理规约 1 1.00 0 0.00 0 0.00 1 1.00 0 0.00 多数同意");
    }

    #[test]
    fn members_stand_in_rank_order_and_candidates_in_that_of_the_ballot() {
        let verdict = counted();
        assert_eq!(
            rows(&members(&verdict, &names())),
            [
                "1 丁 当选委员 4 340.00",
                "2 乙 当选委员 3 270.00",
                "2 丙 当选委员 3 270.00",
                "4 甲 候补委员 3 240.00"
            ]
        );
        assert_eq!(
            rows(&candidates(&verdict, &names())),
            [
                "1 甲 3 240.00 候补委员",
                "2 乙 3 270.00 当选委员",
                "3 丙 3 270.00 当选委员",
                "4 丁 4 340.00 当选委员",
                "5 戊 1 70.00 未达到法定比例"
            ]
        );
    }

    #[test]
    fn texts_stand_with_every_column_and_what_has_no_name_stands_without() {
        assert_eq!(
            rows(&texts(&counted(), &names())),
            [
                "2 管理规约 2 180.00 1 90.00 1 70.00 1 60.00 0 0.00 未通过",
                "5  0 0.00 0 0.00 4 340.00 1 60.00 0 0.00 未通过"
            ]
        );
    }

    #[test]
    fn all_homes_of_a_head_took_part_or_none() {
        let home = |label: &str, head| Home { label: label.to_owned(), area: Area(8_950), head };
        let homes = [home("101", 1), home("102", 2), home("103", 1), home("104", 3)];
        let cast = |head: &u8| match head {
            1 => Some(Channel::Paper),
            3 => Some(Channel::Online),
            _ => None,
        };
        assert_eq!(
            rows(&participation(homes, cast)),
            ["101 89.50 是 纸质", "102 89.50 否 ", "103 89.50 是 纸质", "104 89.50 是 线上"]
        );
    }

    #[test]
    fn a_poll_that_elects_nobody_lists_nobody() {
        let verdict = Verdict { election: None, matters: Vec::new() };
        let empty = [members(&verdict, &names()), candidates(&verdict, &names()), texts(&verdict, &names())];
        assert!(empty.iter().all(|list| list.rows().is_empty()));
    }
}
