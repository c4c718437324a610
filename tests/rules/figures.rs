//! A closed month, counted a second time: from its JSON alone, row by row, with no type, set or sort of the rules'.

use proptest::prelude::*;
use rules::{
    figures::{Closing, Formula, Outcome, Row, Strike},
    incidents::Level,
};
use serde_json::Value;

fn items<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of[name].as_array().map_or(&[], Vec::as_slice)
}

fn is_in(list: &Value, word: &Value) -> bool {
    list.as_array().is_some_and(|list| list.contains(word))
}

/// What a figure of the closing comes to at a level, or at all.
fn recount(closing: &Value, figure: &Value, level: &Value) -> (u64, u64) {
    let (mut above, mut less, mut below) = (0_u64, 0_u64, 0_u64);
    for row in items(closing, "rows") {
        let is_here = level.is_null() || row["level"] == *level;
        let is_struck = items(closing, "strikes").iter().any(|strike| {
            strike["row"] == row["id"] && (strike["figure"].is_null() || strike["figure"] == figure["code"])
        });
        if is_here && !is_struck {
            above += u64::from(is_in(&figure["above"], &row["outcome"]));
            less += u64::from(is_in(&figure["less"], &row["outcome"]));
            below += u64::from(is_in(&figure["below"], &row["outcome"]));
        }
    }
    (above - above.min(less), below)
}

/// The least number that so many in a hundred do not exceed: asked of each in turn.
fn percentile(closing: &Value, level: &Value, percent: u64) -> Option<u64> {
    let held: Vec<u64> = items(closing, "rows")
        .iter()
        .filter(|row| level.is_null() || row["level"] == *level)
        .filter(|row| {
            let strikes = items(closing, "strikes");
            !strikes.iter().any(|strike| strike["row"] == row["id"] && strike["figure"].is_null())
        })
        .filter_map(|row| row["seconds"].as_u64())
        .collect();
    let all: u64 = held.iter().map(|_| 1).sum();
    let reaches = |bound: &u64| {
        let within: u64 = held.iter().filter(|one| *one <= bound).map(|_| 1).sum();
        within * 100 >= all * percent
    };
    held.iter().copied().filter(reaches).min()
}

proptest! {
    #[test]
    fn a_month_counted_from_its_json_is_the_same(
        picks in prop::collection::vec((0..Outcome::ALL.len(), 1..Level::ALL.len(), 0_u64..1000), 0..60),
        struck in prop::collection::vec((0_usize..60, 0_usize..14), 0..6),
    ) {
        let formula = Formula::national().clone();
        let rows: Vec<Row> = (0_i64..).zip(&picks).map(|(number, (outcome, level, seconds))| Row {
            id: format!("{number:04}"),
            incident: (number % 3 > 0).then(|| "i".into()),
            whistle: (number % 3 < 2).then(|| "w".into()),
            holding: 1,
            outcome: Outcome::ALL[*outcome],
            level: Level::ALL[*level],
            post: "p".into(),
            category: "ELEVATOR_FAULT".into(),
            severity: "S2".into(),
            at: chrono::DateTime::from_timestamp(1_800_000_000 + number, 0).unwrap(),
            seconds: Outcome::ALL[*outcome].ends().then_some(*seconds),
        }).collect();
        let strikes = struck.iter().filter(|(row, _)| *row < rows.len()).map(|(row, figure)| Strike {
            row: format!("{row:04}"),
            figure: formula.figures.get(*figure).map(|figure| figure.code.clone()),
            appeal: "a".into(),
        }).collect();
        let closing = Closing::new(("x".into(), "2027-01".into()), None, formula, rows, strikes);
        let closing = serde_json::to_value(&closing).unwrap();
        for measure in closing["measures"].as_array().unwrap() {
            let level = &measure["level"];
            for figure in closing["formula"]["figures"].as_array().unwrap() {
                let said = &measure["shares"][figure["code"].as_str().unwrap()];
                let (above, below) = recount(&closing, figure, level);
                prop_assert_eq!((&said["above"], &said["below"]), (&above.into(), &below.into()));
            }
            prop_assert_eq!(measure["median_seconds"].as_u64(), percentile(&closing, level, 50));
            prop_assert_eq!(measure["ninth_decile_seconds"].as_u64(), percentile(&closing, level, 90));
        }
    }
}
