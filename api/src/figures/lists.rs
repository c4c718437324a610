//! Figures on paper. A closed month: its rows, and below them what they come to and what that can be checked against. The
//! figures of any month, also of one that goes on: a line for each, and below them what they are of.

use rules::figures as law;

use super::model::{ClosedMonth, Figures, Group};
use crate::http::{
    problem::{Problem, Result},
    sheet::Sheet,
};

/// Each group's figures with their counts; after them its composite, and within how many seconds half and nine in ten of its
/// holdings ended, under their names in the JSON, which no figure's code can be.
pub fn figures(told: &Figures) -> Sheet {
    let seal = |name: &str, value: &str| [name.to_owned(), value.to_owned()];
    Sheet {
        headings: vec!["类别", "层级", "岗位", "岗位编号", "指标", "名称", "分子", "分母"],
        rows: told.groups.iter().flat_map(lines).collect(),
        seals: vec![
            seal("地点", &told.place_id.to_string()),
            seal("月份", &told.period),
            seal("公式", &told.formula),
        ],
    }
}

fn lines(group: &Group) -> Vec<Vec<String>> {
    let number = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    let figures = group.figures.iter().map(|figure| {
        (figure.code.as_str(), figure.name.zh.as_str(), number(figure.above), number(figure.below))
    });
    let mean =
        group.composite.iter().map(|mean| ("composite", "综合", mean.above.clone(), mean.below.clone()));
    let within = [
        ("half_within_seconds", "半数停留不超过（秒）", group.half_within_seconds),
        ("nine_in_ten_within_seconds", "九成停留不超过（秒）", group.nine_in_ten_within_seconds),
    ];
    let within = within
        .into_iter()
        .filter_map(|(code, name, seconds)| Some((code, name, seconds?.to_string(), String::new())));
    let line = |(code, name, above, below): (&str, &str, String, String)| {
        vec![
            group.category.clone().unwrap_or_default(),
            group.level.map(|level| level.as_str().to_owned()).unwrap_or_default(),
            group.post.as_ref().map(|post| post.name.clone()).unwrap_or_default(),
            group.post.as_ref().map(|post| post.id.to_string()).unwrap_or_default(),
            code.to_owned(),
            name.to_owned(),
            above,
            below,
        ]
    };
    figures.chain(mean).chain(within).map(line).collect()
}

/// A closed month.
pub fn closing(closed: &ClosedMonth) -> Result<Sheet> {
    let closing: law::Closing = serde_json::from_value(closed.closing.clone()).map_err(Problem::internal)?;
    let struck = |row: &law::Row| {
        let of_row = closing.strikes.iter().filter(|strike| strike.row == row.id);
        of_row.map(|strike| strike.figure.as_deref().unwrap_or("ALL")).collect::<Vec<_>>().join(" ")
    };
    let line = |row: &law::Row| {
        vec![
            row.id.clone(),
            row.incident.clone().unwrap_or_default(),
            row.whistle.clone().unwrap_or_default(),
            row.holding.to_string(),
            row.outcome.to_string(),
            row.level.to_string(),
            row.post.clone(),
            row.category.clone(),
            row.severity.clone(),
            row.at.to_rfc3339(),
            row.seconds.map(|seconds| seconds.to_string()).unwrap_or_default(),
            struck(row),
        ]
    };
    let seal = |name: &str, value: String| [name.to_owned(), value];
    let mut seals = vec![
        seal("小区", closing.place.clone()),
        seal("月份", closing.period.clone()),
        seal("版本", closing.version.to_string()),
        seal("公式", closing.formula.version.clone()),
        seal("previous", closing.previous.clone().unwrap_or_default()),
        seal("hash", closed.hash.clone()),
    ];
    for measure in closing.measures.iter().filter(|measure| measure.level.is_none()) {
        let shares = closing.formula.figures.iter().filter_map(|figure| {
            let share = measure.shares.get(&figure.code)?;
            Some([format!("{} {}", figure.code, figure.name.zh), format!("{}/{}", share.above, share.below)])
        });
        seals.extend(shares);
    }
    Ok(Sheet {
        headings: vec![
            "行号",
            "事件",
            "吹哨",
            "停留",
            "结果",
            "层级",
            "岗位",
            "类别",
            "等级",
            "时间",
            "停留秒数",
            "申诉剔除",
        ],
        rows: closing.rows.iter().map(line).collect(),
        seals,
    })
}
