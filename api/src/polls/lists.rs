//! The four lists on paper: one table, written as CSV or XLSX. The JSON is the list itself.

use rules::quantity::Area;

use super::model::{Channel, ListName, MatterOutcome, PollList, Standing, Votes, Weight};
use crate::http::sheet::Sheet;

/// Square metres as people write them.
fn metres(area: u64) -> String {
    Area(area).to_string()
}

fn pair(weight: Weight) -> [String; 2] {
    [weight.heads.to_string(), metres(weight.area)]
}

/// A list with what it can be checked against.
pub fn sheet(list: &PollList) -> Sheet {
    let (headings, rows) = match list.list {
        ListName::Members => (vec!["排名", "姓名", "结果", "得票人数", "得票面积(㎡)"], members(list)),
        ListName::Candidates => (vec!["序号", "姓名", "得票人数", "得票面积(㎡)", "结果"], candidates(list)),
        ListName::Texts => (
            vec![
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
            texts(list),
        ),
        ListName::Participation => (vec!["房号", "面积(㎡)", "是否参与", "表决方式"], participation(list)),
    };
    let seal = |name: &str, value: String| [name.to_owned(), value];
    let seals = vec![
        seal("表决", list.title.clone()),
        seal("规则", list.rules.clone()),
        seal("业主总人数", list.roll.heads.to_string()),
        seal("专有部分总面积(㎡)", metres(list.roll.area)),
        seal("参与人数", list.took_part.heads.to_string()),
        seal("参与面积(㎡)", metres(list.took_part.area)),
        seal("roll_hash", list.roll_hash.clone()),
        seal("frozen_hash", list.frozen_hash.clone()),
        seal("ballots_hash", list.ballots_hash.clone()),
        seal("计票时间", list.at.to_rfc3339()),
    ];
    Sheet { headings, rows, seals }
}

fn members(list: &PollList) -> Vec<Vec<String>> {
    let lines = list.members.iter().flatten();
    lines
        .map(|line| {
            let [heads, area] = pair(line.votes);
            vec![line.rank.to_string(), line.name.clone(), standing(line.standing).into(), heads, area]
        })
        .collect()
}

fn candidates(list: &PollList) -> Vec<Vec<String>> {
    let lines = list.candidates.iter().flatten();
    lines
        .map(|line| {
            let [heads, area] = pair(line.votes);
            vec![line.ordinal.to_string(), line.name.clone(), heads, area, standing(line.standing).into()]
        })
        .collect()
}

fn texts(list: &PollList) -> Vec<Vec<String>> {
    let lines = list.texts.iter().flatten();
    lines
        .map(|line| {
            let Votes { yes, no, abstain, silent, invalid } = line.votes;
            let votes = [yes, no, abstain, silent, invalid].into_iter().flat_map(pair);
            [line.class.to_string(), line.title.clone()]
                .into_iter()
                .chain(votes)
                .chain([outcome(line.outcome).to_owned()])
                .collect()
        })
        .collect()
}

fn participation(list: &PollList) -> Vec<Vec<String>> {
    let lines = list.homes.iter().flatten();
    lines
        .map(|line| {
            let took_part = if line.took_part { "是" } else { "否" };
            let channel = line.channel.map_or("", channel);
            let area = metres(u64::try_from(line.area).unwrap_or_default());
            vec![line.home.clone(), area, took_part.into(), channel.into()]
        })
        .collect()
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Elected => "当选委员",
        Standing::Runoff => "待再次投票",
        Standing::Alternate => "候补委员",
        Standing::Passed => "达到法定比例，未当选",
        Standing::NotPassed => "未达到法定比例",
        Standing::NoQuorum => "选举无效",
    }
}

fn outcome(outcome: MatterOutcome) -> &'static str {
    match outcome {
        MatterOutcome::Passed => "通过",
        MatterOutcome::Rejected => "未通过",
        MatterOutcome::NoQuorum => "参与不足",
        MatterOutcome::Indeterminate => "无法认定",
    }
}

fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Online => "线上",
        Channel::Paper => "纸质",
        Channel::Proxy => "委托",
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Reader, Xlsx};
    use chrono::{DateTime, Utc};
    use uuid::Uuid;

    use super::super::model::{CandidateLine, ParticipationLine};
    use super::*;
    use crate::clock::local;

    fn list(list: ListName) -> PollList {
        PollList {
            list,
            poll_id: Uuid::nil(),
            title: "=1+1".into(),
            rules: "national-2025-04".into(),
            roll: Weight { heads: 3, area: 30_005 },
            took_part: Weight { heads: 1, area: 8_950 },
            roll_hash: "aa".into(),
            frozen_hash: "bb".into(),
            ballots_hash: "cc".into(),
            at: local(DateTime::<Utc>::UNIX_EPOCH),
            members: None,
            candidates: None,
            texts: None,
            homes: None,
        }
    }

    fn homes() -> PollList {
        let home = |label: &str, channel| ParticipationLine {
            home: label.into(),
            area: 8_950,
            took_part: channel == Some(Channel::Online),
            channel,
        };
        let homes = vec![home("1号楼-1单元-101", Some(Channel::Online)), home("1号楼-1单元-102", None)];
        PollList { homes: Some(homes), ..list(ListName::Participation) }
    }

    #[test]
    fn a_csv_list_reads_back_and_ends_with_its_seals() {
        let bytes = sheet(&homes()).csv().unwrap();
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

    #[test]
    fn no_cell_of_a_csv_list_is_a_formula() {
        let line = CandidateLine {
            ordinal: 1,
            candidate_id: Uuid::nil(),
            name: "@SUM(A1)".into(),
            votes: Weight { heads: 2, area: 200 },
            standing: Standing::Elected,
        };
        let text =
            sheet(&PollList { candidates: Some(vec![line]), ..list(ListName::Candidates) }).csv().unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("1,'@SUM(A1),2,2.00,当选委员") && text.contains("表决,'=1+1"), "{text}");
    }

    #[test]
    fn an_xlsx_list_holds_the_same_cells() {
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(sheet(&homes()).xlsx().unwrap())).unwrap();
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
