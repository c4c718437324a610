use super::*;

fn data(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn checked(bytes: &[u8]) -> Checked {
    check(read(bytes, "roll").unwrap(), Buildings::Founded).unwrap()
}

#[test]
fn the_example_comes_to_its_totals_as_csv_and_as_xlsx() {
    let expected: serde_json::Value = serde_json::from_slice(&data("roll-528.expected.json")).unwrap();
    let csv = checked(&data("roll-528.csv"));
    let xlsx = checked(&data("roll-528.xlsx"));
    for checked in [&csv, &xlsx] {
        let summary = serde_json::to_value(checked.summary()).unwrap();
        for key in ["homes", "heads", "area", "unsold", "undelivered"] {
            assert_eq!(summary[key], expected[key], "{key}");
        }
        assert_eq!(checked.refused, []);
    }
    assert_eq!(csv.good, xlsx.good);
}

#[test]
fn the_messy_example_has_exactly_its_problems() {
    let expected: serde_json::Value = serde_json::from_slice(&data("roll-messy.expected.json")).unwrap();
    let checked = checked(&data("roll-messy.csv"));
    let refused: Vec<_> = checked
        .refused
        .iter()
        .map(|r| serde_json::json!({"row": r.row, "column": r.column, "problem": r.problem}))
        .collect();
    assert_eq!(serde_json::Value::from(refused), expected["refused"]);
    assert_eq!(serde_json::Value::from(checked.homes), expected["good_rows"]);
}
