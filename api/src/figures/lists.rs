//! A closed month on paper: its rows, and below them what they come to and what that can be checked against.

use rules::figures as law;

use super::model::ClosedMonth;
use crate::http::{
    problem::{Problem, Result},
    sheet::Sheet,
};

pub fn sheet(closed: &ClosedMonth) -> Result<Sheet> {
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
