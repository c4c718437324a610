//! The four lists as they are answered: as JSON, or as a table to keep. What stands on them is the rules'
//! (`rules::polls::lists`).

use rules::{
    polls::{
        leaks,
        lists::{CandidateLine as Candidate, HomeLine, List, MemberLine as Member, TextLine as Text},
        tally::{self, Outcome},
        verdict,
    },
    quantity::Area,
};
use uuid::Uuid;

use super::acts::word;
use super::model::{
    CandidateLine, Grain, MatterOutcome, MemberLine, ParticipationLine, PollList, SealedRow, Standing,
    TextLine, Votes, Weight,
};
use crate::http::{
    problem::{Problem, Result},
    sheet::Sheet,
};

/// One of the four lists.
pub struct Listed {
    /// As JSON.
    pub shown: PollList,
    /// As the rules have it.
    pub lines: List,
}

impl Listed {
    /// A list whose lines are not in its JSON yet.
    pub fn new(mut shown: PollList, lines: List) -> Result<Self> {
        match &lines {
            List::Members(lines) => shown.members = Some(each(lines, member)?),
            List::Candidates(lines) => shown.candidates = Some(each(lines, candidate)?),
            List::Texts(lines) => shown.texts = Some(each(lines, text)?),
            List::Participation(lines) => shown.homes = Some(lines.iter().map(home).collect()),
        }
        Ok(Self { shown, lines })
    }

    /// What it is called as a file, without its ending.
    pub fn file_name(&self) -> Result<String> {
        Ok(format!("{}-{}", word(self.shown.list)?, self.shown.poll_id))
    }

    /// The list with what it can be checked against.
    pub fn sheet(&self) -> Sheet {
        let list = &self.shown;
        let metres = |area| Area(area).to_string();
        let grain = list.coarsened.map(|grain| leaks::Grain { heads: grain.heads, area: grain.area });
        let [heads, area] = grain.unwrap_or_default().words(list.took_part.into());
        let seal = |name: &str, value: String| [name.to_owned(), value];
        let advice = list.advice.iter().map(|advice| seal("性质", advice.zh.clone()));
        let external = list.external.iter().flat_map(|external| {
            let hash = external.imported.iter().map(|one| seal("evidence_hash", one.evidence_hash.clone()));
            [seal("投票系统", external.system.name.clone())].into_iter().chain(hash)
        });
        let others = [
            seal("表决", list.title.clone()),
            seal("规则", list.rules.clone()),
            seal("业主总人数", list.roll.heads.to_string()),
            seal("专有部分总面积(㎡)", metres(list.roll.area)),
            seal("参与人数", heads),
            seal("参与面积(㎡)", area),
            seal("roll_hash", list.roll_hash.clone()),
            seal("frozen_hash", list.frozen_hash.clone()),
            seal("ballots_hash", list.ballots_hash.clone()),
            seal("计票时间", list.at.to_rfc3339()),
        ];
        let seals = advice.chain(external).chain(others).collect();
        let mut sheet = Sheet { headings: self.lines.headings().to_vec(), rows: self.lines.rows(), seals };
        if let Some(sealed) = &list.sealed {
            sheet.headings.extend(["校验值", "盐"]);
            let row = |row: &SealedRow| {
                let seals = [row.commitment.clone(), row.salt.clone().unwrap_or_default()];
                row.cells.iter().cloned().chain(seals).collect()
            };
            sheet.rows = sealed.rows.iter().map(row).collect();
            sheet.seals.push(seal("root", sealed.root.clone()));
        }
        sheet
    }
}

fn each<T, U>(lines: &[T], shown: fn(&T) -> Result<U>) -> Result<Vec<U>> {
    lines.iter().map(shown).collect()
}

fn member(line: &Member) -> Result<MemberLine> {
    Ok(MemberLine {
        rank: line.rank,
        candidate_id: id(&line.candidate)?,
        name: line.name.clone(),
        standing: line.standing.into(),
        votes: line.grain.show(line.votes).into(),
        coarsened: Grain::of(line.grain),
    })
}

fn candidate(line: &Candidate) -> Result<CandidateLine> {
    Ok(CandidateLine {
        ordinal: line.ordinal,
        candidate_id: id(&line.candidate)?,
        name: line.name.clone(),
        votes: line.grain.show(line.votes).into(),
        standing: line.standing.into(),
        coarsened: Grain::of(line.grain),
    })
}

fn text(line: &Text) -> Result<TextLine> {
    Ok(TextLine {
        matter_id: id(&line.matter)?,
        class: line.class.item(),
        title: line.title.clone(),
        votes: shown(line).into(),
        outcome: line.outcome.into(),
        coarsened: Grain::of(line.grain),
    })
}

/// What a line tells of its text's votes.
fn shown(line: &Text) -> tally::Votes {
    let tally::Votes { yes, no, abstain, silent, invalid } = line.votes;
    let [yes, no, abstain] = [yes, no, abstain].map(|votes| line.grain.show(votes));
    let [silent, invalid] = [silent, invalid].map(|votes| line.turnout.show(votes));
    tally::Votes { yes, no, abstain, silent, invalid }
}

fn home(line: &HomeLine) -> ParticipationLine {
    ParticipationLine {
        home: line.home.clone(),
        area: i64::try_from(line.area.0).unwrap_or(i64::MAX),
        took_part: line.channel.is_some(),
        channel: line.channel.map(Into::into),
    }
}

fn id(text: &str) -> Result<Uuid> {
    text.parse().map_err(Problem::internal)
}

impl From<verdict::Standing> for Standing {
    fn from(standing: verdict::Standing) -> Self {
        match standing {
            verdict::Standing::Elected => Self::Elected,
            verdict::Standing::Runoff => Self::Runoff,
            verdict::Standing::Alternate => Self::Alternate,
            verdict::Standing::Passed => Self::Passed,
            verdict::Standing::NotPassed => Self::NotPassed,
            verdict::Standing::NoQuorum => Self::NoQuorum,
        }
    }
}

impl From<Outcome> for MatterOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed => Self::Passed,
            Outcome::Rejected => Self::Rejected,
            Outcome::NoQuorum => Self::NoQuorum,
            Outcome::Indeterminate => Self::Indeterminate,
        }
    }
}

impl From<rules::polls::duplicates::Channel> for super::model::Channel {
    fn from(channel: rules::polls::duplicates::Channel) -> Self {
        match channel {
            rules::polls::duplicates::Channel::Online => Self::Online,
            rules::polls::duplicates::Channel::Paper => Self::Paper,
            rules::polls::duplicates::Channel::Proxy => Self::Proxy,
        }
    }
}

impl From<tally::Votes> for Votes {
    fn from(votes: tally::Votes) -> Self {
        let [yes, no, abstain, silent, invalid] =
            [votes.yes, votes.no, votes.abstain, votes.silent, votes.invalid].map(Weight::from);
        Self { yes, no, abstain, silent, invalid }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Cursor;

    use calamine::{Reader, Xlsx};
    use chrono::{DateTime, Utc};
    use uuid::Uuid;

    use rules::{polls::duplicates::Channel, quantity::Weight as RulesWeight};

    use super::super::model::ListName;
    use super::*;
    use crate::clock::local;

    fn list(list: ListName) -> PollList {
        PollList {
            list,
            poll_id: Uuid::nil(),
            title: "=1+1".into(),
            rules: "national-2025-04".into(),
            source: rules::polls::external::Source::Own,
            external: None,
            advice: None,
            roll: Weight { heads: 3, area: 30_005 },
            took_part: Weight { heads: 1, area: 8_950 },
            coarsened: None,
            roll_hash: "aa".into(),
            frozen_hash: "bb".into(),
            ballots_hash: "cc".into(),
            at: local(DateTime::<Utc>::UNIX_EPOCH),
            members: None,
            candidates: None,
            texts: None,
            homes: None,
            sealed: None,
        }
    }

    pub fn homes() -> Listed {
        let home = |label: &str, channel| HomeLine { home: label.into(), area: Area(8_950), channel };
        let homes = vec![home("1号楼-1单元-101", Some(Channel::Online)), home("1号楼-1单元-102", None)];
        Listed::new(list(ListName::Participation), List::Participation(homes)).unwrap()
    }

    #[test]
    fn a_csv_list_reads_back_and_ends_with_its_seals() {
        let bytes = homes().sheet().csv().unwrap();
        let text = std::str::from_utf8(&bytes).unwrap().strip_prefix('\u{feff}').unwrap().to_owned();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[..3],
            ["房号,面积(㎡),是否参与,表决方式", "1号楼-1单元-101,89.50,是,线上", "1号楼-1单元-102,89.50,否,"]
        );
        assert_eq!(lines[3..5], ["", "表决,'=1+1"]);
        assert!(lines.contains(&"roll_hash,aa") && lines.contains(&"ballots_hash,cc"), "{text}");
        assert!(lines.contains(&"参与面积(㎡),89.50"), "{text}");
    }

    pub fn candidates(name: &str) -> Listed {
        let line = Candidate {
            ordinal: 1,
            candidate: Uuid::nil().to_string(),
            name: name.into(),
            votes: RulesWeight::new(2, 200),
            grain: leaks::Grain::EXACT,
            standing: verdict::Standing::Elected,
            is_advice: false,
        };
        Listed::new(list(ListName::Candidates), List::Candidates(vec![line])).unwrap()
    }

    #[test]
    fn no_cell_of_a_csv_list_is_a_formula() {
        let text = candidates("@SUM(A1)").sheet().csv().unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("1,'@SUM(A1),2,2.00,当选委员") && text.contains("表决,'=1+1"), "{text}");
    }

    #[test]
    fn an_xlsx_list_holds_the_same_cells() {
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(homes().sheet().xlsx().unwrap())).unwrap();
        let range = book.worksheet_range_at(0).unwrap().unwrap();
        let range = &range;
        let row = |at: u32| {
            (0..4)
                .map(move |column| range.get_value((at, column)).map(ToString::to_string).unwrap_or_default())
        };
        assert_eq!(row(1).collect::<Vec<_>>(), ["1号楼-1单元-101", "89.50", "是", "线上"]);
        assert_eq!(row(2).collect::<Vec<_>>(), ["1号楼-1单元-102", "89.50", "否", ""]);
    }
}
