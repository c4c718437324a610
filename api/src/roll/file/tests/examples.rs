use super::*;

fn data(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn the_example_comes_to_its_totals_as_csv_and_as_xlsx() {
    let expected: serde_json::Value = serde_json::from_slice(&data("roll-528.expected.json")).unwrap();
    let csv = checked(&data("roll-528.csv"));
    let xlsx = checked(&data("roll-528.xlsx"));
    for checked in [&csv, &xlsx] {
        let with = |status| checked.good.iter().filter(|row| row.status == status).count();
        let found = serde_json::json!({
            "homes": checked.good.len(),
            "heads": expected["heads"],
            "area": area_of(checked),
            "unsold": with(HomeStatus::Unsold),
            "undelivered": with(HomeStatus::SoldUndelivered),
        });
        assert_eq!(found, expected);
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
    assert_eq!(serde_json::Value::from(checked.good.len()), expected["good_rows"]);
}

#[test]
fn no_refusal_of_the_messy_example_shows_a_name_phone_or_id_number() {
    let text = encoding_rs::GB18030.decode(&data("roll-messy.csv")).0.into_owned();
    let checked = checked(&data("roll-messy.csv"));
    let shown = serde_json::to_string(&checked.refused).unwrap();
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        for private in cells[4..].iter().filter(|cell| cell.chars().count() > 2 && !cell.contains("交付")) {
            assert!(!shown.contains(private), "{line}");
        }
    }
    assert!(shown.contains("999999********6920"));
}
