//! Rolls of invented people: ID numbers of region 999999, phones of prefix 154.

mod examples;
mod headings;
mod hostile;
mod rows;
mod scale;
mod texts;
mod workbooks;

use super::*;

/// The heading of most tests.
pub(in super::super) const HEADING: &str = "楼栋,单元,房号,建筑面积,业主姓名,身份证号,手机,交付状态";

fn checked(bytes: &[u8]) -> Checked {
    check_all(read(bytes, "roll").unwrap()).unwrap()
}

/// The check of a roll that founds its complex.
fn check_all(sheet: Sheet<'_>) -> Result<Checked, FileError> {
    check(sheet, Buildings::Founded, &Organisations::default())
}

/// The area of the good rows.
fn area_of(checked: &Checked) -> u64 {
    checked.good.iter().map(|row| row.area).sum()
}

/// A CSV roll with the usual heading.
fn roll(rows: &[&str]) -> Checked {
    checked(format!("{HEADING}\n{}\n", rows.join("\n")).as_bytes())
}

/// The only home of a roll of one row.
fn home(row: &str) -> RollRow {
    let checked = roll(&[row]);
    assert_eq!(checked.refused, []);
    checked.good.into_iter().next().unwrap()
}

/// Row, column and problem of every refusal.
fn problems(checked: &Checked) -> Vec<(u64, &str, Problem)> {
    checked.refused.iter().map(|refusal| (refusal.row, refusal.column.as_str(), refusal.problem)).collect()
}

fn refused(bytes: &[u8]) -> FileError {
    match read(bytes, "roll") {
        Err(error) => error,
        Ok(sheet) => check_all(sheet).map(|_| ()).expect_err("a refused file"),
    }
}

/// The ID number of the n-th invented person; its check digit by ISO 7064 MOD 11-2, step by step instead of weights.
pub(in super::super) fn id(n: u32) -> String {
    let digits =
        format!("999999{}{:02}{:02}{:03}", 1950 + n % 50, 1 + n / 50 % 12, 1 + n / 600 % 28, n / 16_800);
    let rest = digits.bytes().fold(0, |rest, digit| (rest + u32::from(digit - b'0')) * 2 % 11);
    let check = (12 - rest) % 11;
    if check == 10 { format!("{digits}X") } else { format!("{digits}{check}") }
}

/// The phone of the n-th invented person.
fn tel(n: u32) -> String {
    format!("154{n:08}")
}
