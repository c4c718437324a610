use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::super::workbook::number_text;
use super::*;

/// A workbook of one sheet, filled by `fill`.
fn workbook(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet());
    workbook.save_to_buffer().unwrap()
}

fn heading(sheet: &mut rust_xlsxwriter::Worksheet, row: u32) {
    for (column, title) in (0..).zip(HEADING.split(',')) {
        sheet.write_string(row, column, title).unwrap();
    }
}

/// Everything of a home but its building and unit; the area as a number.
fn home_at(sheet: &mut rust_xlsxwriter::Worksheet, row: u32, room: f64, area: f64, owner: u32) {
    sheet.write_number(row, 2, room).unwrap();
    sheet.write_number(row, 3, area).unwrap();
    sheet.write_string(row, 4, format!("沈{owner}")).unwrap();
    sheet.write_string(row, 5, id(owner)).unwrap();
    sheet.write_number(row, 6, tel(owner).parse::<f64>().unwrap()).unwrap();
}

fn merged_roll() -> Vec<u8> {
    workbook(|sheet| {
        let plain = Format::new();
        sheet.merge_range(0, 0, 0, 7, "青年路小区业主名册", &plain).unwrap();
        heading(sheet, 2);
        sheet.merge_range(3, 0, 6, 0, "１号楼", &plain).unwrap();
        sheet.merge_range(3, 1, 4, 1, "1单元", &plain).unwrap();
        sheet.merge_range(5, 1, 6, 1, "2单元", &plain).unwrap();
        for (row, room) in [(3, 101.0), (4, 102.0), (5, 101.0), (6, 102.0)] {
            home_at(sheet, row, room, 89.34, row);
        }
    })
}

#[test]
fn merged_cells_reach_every_row_that_they_span() {
    let bytes = merged_roll();
    let sheet = read(&bytes, "roll.csv").unwrap();
    assert_eq!(
        (sheet.format(), sheet.heading().row(), sheet.name()),
        (super::super::Format::Xlsx, 3, "roll.csv")
    );
    let checked = check_all(sheet).unwrap();
    assert_eq!(checked.refused, []);
    let places: Vec<_> = checked
        .good
        .iter()
        .map(|row| (row.building.as_str(), row.unit.as_deref(), row.room.as_str()))
        .collect();
    let (one, two) = (Some("1单元"), Some("2单元"));
    assert_eq!(
        places,
        [("1号楼", one, "101"), ("1号楼", one, "102"), ("1号楼", two, "101"), ("1号楼", two, "102")]
    );
    assert_eq!(
        (area_of(&checked), checked.good[0].owners[0].phones[0].as_str()),
        (4 * 8934, tel(3).as_str())
    );
}

#[test]
fn a_merged_cell_ends_where_it_ends() {
    let bytes = workbook(|sheet| {
        heading(sheet, 0);
        sheet.merge_range(1, 0, 2, 0, "1号楼", &Format::new()).unwrap();
        for row in [1, 2, 3] {
            sheet.write_string(row, 1, "1单元").unwrap();
            home_at(sheet, row, f64::from(row), 80.0, row);
        }
    });
    assert_eq!(problems(&checked(&bytes)), [(4, "楼栋", Problem::BuildingMissing)]);
}

#[test]
fn a_merged_area_is_not_counted_twice() {
    let bytes = workbook(|sheet| {
        heading(sheet, 0);
        for row in [1, 2] {
            home_at(sheet, row, f64::from(row), 80.0, row);
            sheet.write_string(row, 0, "1").unwrap();
            sheet.write_string(row, 1, "1").unwrap();
        }
        sheet.merge_range(1, 3, 2, 3, "", &Format::new()).unwrap();
        sheet.write_number(1, 3, 160.0).unwrap();
    });
    let checked = checked(&bytes);
    assert_eq!(problems(&checked), [(3, "建筑面积", Problem::AreaMissing)]);
    assert_eq!(area_of(&checked), 16_000);
}

#[test]
fn a_heading_of_two_rows_is_read() {
    let bytes = workbook(|sheet| {
        let plain = Format::new();
        for (column, title) in (0..).zip(["楼栋", "单元", "房号", "建筑面积\n（㎡）"]) {
            sheet.merge_range(0, column, 1, column, title, &plain).unwrap();
        }
        sheet.merge_range(0, 4, 0, 6, "产权信息", &plain).unwrap();
        for (column, title) in (4..).zip(["姓名", "身份证号", "联系电话"]) {
            sheet.write_string(1, column, title).unwrap();
        }
        home_at(sheet, 2, 101.0, 60.21, 1);
        sheet.write_number(2, 0, 12).unwrap();
        sheet.write_number(2, 1, 3).unwrap();
    });
    let row = &checked(&bytes).good[0];
    assert_eq!(
        (row.building.as_str(), row.unit.as_deref(), row.room.as_str(), row.area),
        ("12", Some("3"), "101", 6021)
    );
}

#[test]
fn the_roll_is_found_behind_other_sheets() {
    let mut workbook = Workbook::new();
    workbook.add_worksheet().write_string(0, 0, "填表说明").unwrap();
    workbook.add_worksheet();
    let sheet = workbook.add_worksheet();
    heading(sheet, 0);
    home_at(sheet, 1, 101.0, 60.21, 1);
    sheet.write_string(1, 0, "1号楼").unwrap();
    sheet.write_string(1, 1, "1单元").unwrap();
    assert_eq!(area_of(&checked(&workbook.save_to_buffer().unwrap())), 6021);
}

#[test]
fn a_number_is_read_as_the_spreadsheet_shows_it() {
    for (number, text) in [
        (89.34, "89.34"),
        (0.1 + 0.2, "0.3"),
        (1.1 * 1.1, "1.21"),
        (101.0, "101"),
        (15_400_000_001.0, "15400000001"),
        (39.49 * 3.0, "118.47"),
        (89.345, "89.345"),
        (-89.34, "-89.34"),
        (0.0, "0"),
        (0.05, "0.05"),
        (123_456_789_012_345.0, "123456789012345"),
        (999_999_195_310_234_509.0, "9.99999195310234E+17"),
    ] {
        assert_eq!(number_text(number), text);
    }
}

#[test]
fn every_area_to_the_hundredth_survives_a_workbook() {
    for hundredths in (1..3_000_000_u32).step_by(37) {
        let text = number_text(f64::from(hundredths) / 100.0);
        assert_eq!(super::super::cells::area(&text), Ok(u64::from(hundredths)), "{text}");
    }
}

#[test]
fn an_id_number_kept_as_a_number_has_lost_digits_and_is_refused() {
    let bytes = workbook(|sheet| {
        heading(sheet, 0);
        home_at(sheet, 1, 101.0, 60.21, 1);
        sheet.write_string(1, 0, "1").unwrap();
        sheet.write_string(1, 1, "1").unwrap();
        sheet.write_number(1, 5, id(1).parse::<f64>().unwrap()).unwrap();
    });
    assert_eq!(problems(&checked(&bytes)), [(2, "身份证号", Problem::IdNumberMalformed)]);
}

#[test]
fn a_room_taken_for_a_date_is_refused() {
    let bytes = workbook(|sheet| {
        heading(sheet, 0);
        home_at(sheet, 1, 101.0, 60.21, 1);
        sheet.write_string(1, 0, "1").unwrap();
        sheet.write_string(1, 1, "1").unwrap();
        let date = ExcelDateTime::from_ymd(2026, 1, 1).unwrap();
        sheet
            .write_datetime_with_format(1, 2, &date, &Format::new().set_num_format("m\"月\"d\"日\""))
            .unwrap();
    });
    assert_eq!(problems(&checked(&bytes)), [(2, "房号", Problem::CellUnreadable)]);
}

#[test]
fn a_workbook_keeps_the_bounds_of_a_text() {
    let wide = workbook(|sheet| {
        heading(sheet, 0);
        sheet.write_string(0, 64, "x").unwrap();
    });
    assert_eq!(refused(&wide), FileError::TooManyColumns { row: 1 });
    let styled = workbook(|sheet| {
        heading(sheet, 0);
        sheet.write_blank(0, 200, &Format::new().set_bold()).unwrap();
    });
    assert_eq!(checked(&styled).good.len(), 0);
    let long = workbook(|sheet| {
        heading(sheet, 0);
        sheet.write_string(1, 4, "梅".repeat(1001)).unwrap();
    });
    assert_eq!(refused(&long), FileError::CellTooLong { row: 2 });
    assert_eq!(refused(&workbook(|_| {})), FileError::Empty);
}
