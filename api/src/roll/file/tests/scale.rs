use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::*;

fn generated(homes: u32) -> String {
    let mut text = HEADING.to_owned();
    for n in 0..homes {
        let (building, unit, room) = (n / 400, n % 400 / 100, n % 100);
        write!(text, "\n{building}号楼,{unit}单元,{},89.34,沈梅,{},{},已交付", room + 101, id(n), tel(n))
            .unwrap();
    }
    text
}

fn timed(text: &str) -> (Checked, Duration) {
    let start = Instant::now();
    let checked = checked(text.as_bytes());
    (checked, start.elapsed())
}

#[test]
fn a_hundred_thousand_homes_take_ten_times_as_long_as_ten_thousand() {
    let (small, large) = (generated(10_000), generated(100_000));
    let (_, warm) = timed(&small);
    let (checked, long) = timed(&large);
    assert_eq!((checked.good.len(), area_of(&checked)), (100_000, 893_400_000));
    assert_eq!(checked.refused, []);
    // Ten times, and room for a busy machine: anything quadratic takes a hundred times.
    let short = warm.max(Duration::from_millis(10));
    assert!(long < short * 40, "{short:?} for 10,000, {long:?} for 100,000");
}

#[test]
fn every_row_may_be_refused() {
    let text = generated(20_000).replace(",89.34,", ",八十九,");
    let (checked, _) = timed(&text);
    assert_eq!((checked.good.len(), checked.refused.len()), (0, 20_000));
}
