use std::io::{Cursor, Read as _, Write as _};

use proptest::prelude::*;
use zip::{ZipArchive, ZipWriter, write::SimpleFileOptions};

use super::*;

/// A sound workbook with parts replaced or added.
fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut workbook = rust_xlsxwriter::Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, title) in (0..).zip(HEADING.split(',')) {
        sheet.write_string(0, column, title).unwrap();
    }
    let mut archive = ZipArchive::new(Cursor::new(workbook.save_to_buffer().unwrap())).unwrap();
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        if parts.iter().any(|(replaced, _)| *replaced == name) {
            continue;
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        write_part(&mut writer, &name, &content);
    }
    for (name, content) in parts {
        write_part(&mut writer, name, content);
    }
    writer.finish().unwrap().into_inner()
}

fn write_part(writer: &mut ZipWriter<Cursor<Vec<u8>>>, name: &str, content: &[u8]) {
    writer.start_file(name, SimpleFileOptions::default()).unwrap();
    writer.write_all(content).unwrap();
}

const SHEET: &str = "xl/worksheets/sheet1.xml";

fn sheet_of(data: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><worksheet>{data}</worksheet>").into_bytes()
}

#[test]
fn the_package_as_such_is_sound() {
    assert_eq!(checked(&package(&[])).good.len(), 0);
}

/// 16 MB of short tags.
fn tags() -> Vec<u8> {
    b"<c/>".repeat(4 << 20)
}

#[test]
fn a_sheet_that_unpacks_a_thousandfold_is_refused() {
    let bomb = package(&[(SHEET, &tags())]);
    assert!(bomb.len() < 100_000);
    assert_eq!(refused(&bomb), FileError::UnpacksTooLarge);
}

#[test]
fn a_part_that_lies_about_its_size_is_measured_all_the_same() {
    let mut bomb = package(&[(SHEET, &tags())]);
    let claimed = (16_u32 << 20).to_le_bytes();
    let mut lies = 0;
    while let Some(at) = bomb.windows(4).position(|bytes| bytes == claimed) {
        bomb[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
        lies += 1;
    }
    assert!(lies > 0);
    assert!(matches!(refused(&bomb), FileError::UnpacksTooLarge | FileError::BrokenWorkbook));
}

#[test]
fn many_entries_over_the_same_bytes_are_added_up() {
    // One part of 1 MB, and a directory that names it 400 times.
    let mut bytes = package(&[("xl/media/000.png", &vec![0; 1 << 20])]);
    let directory = |bytes: &[u8]| bytes.windows(4).rposition(|four| four == b"PK\x05\x06").unwrap();
    let end = bytes.split_off(directory(&bytes));
    let last = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    let entry = bytes[last..].to_vec();
    let name = entry.windows(7).position(|seven| seven == b"000.png").unwrap();
    for n in 1..400 {
        let mut copy = entry.clone();
        copy[name..name + 3].copy_from_slice(format!("{n:03}").as_bytes());
        bytes.extend(copy);
    }
    let count = u16::from_le_bytes([end[10], end[11]]) + 399;
    let size =
        u32::from_le_bytes(end[12..16].try_into().unwrap()) + u32::try_from(399 * entry.len()).unwrap();
    bytes.extend(&end[..8]);
    bytes.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    bytes.extend(size.to_le_bytes());
    bytes.extend(&end[16..]);
    assert!(bytes.len() < 60_000);
    assert_eq!(refused(&bytes), FileError::UnpacksTooLarge);
}

#[test]
fn a_directory_of_countless_entries_is_refused_unread() {
    let mut bytes = package(&[]);
    for _ in 0..5000 {
        bytes.extend(b"PK\x01\x02");
    }
    assert_eq!(refused(&bytes), FileError::UnpacksTooLarge);
}

#[test]
fn strings_that_claim_a_countless_number_are_refused_before_room_is_made() {
    for claim in ["99999999999999", "18446744073709551615", "184467440737095516150"] {
        let strings =
            format!("<?xml version=\"1.0\"?><sst uniqueCount = \"{claim}\"><si><t>x</t></si></sst>");
        let bytes = package(&[("xl/sharedStrings.xml", strings.as_bytes())]);
        assert_eq!(refused(&bytes), FileError::UnpacksTooLarge, "{claim}");
    }
}

#[test]
fn small_parts_must_be_small() {
    let mut styles = String::new();
    while styles.len() < 5 << 20 {
        styles.extend(["<xf numFmtId=\"", &styles.len().to_string(), "\"/>"]);
    }
    assert_eq!(refused(&package(&[("xl/styles.xml", styles.as_bytes())])), FileError::UnpacksTooLarge);
}

#[test]
fn one_endless_text_tag_or_comment_is_refused() {
    let noise: Vec<String> = (0..180_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_string()).collect();
    let noise = noise.concat();
    for (open, close) in [
        ("<sheetData><row><c><v>", "</v>"),
        ("<a b=\"", "\"/>"),
        ("<!-- < > ", "-->"),
        ("<![CDATA[ < ", "]]>"),
    ] {
        let sheet = sheet_of(&format!("{open}{noise}{close}"));
        assert_eq!(refused(&package(&[(SHEET, &sheet)])), FileError::UnpacksTooLarge, "{open}");
    }
}

#[test]
fn a_document_type_and_another_encoding_are_refused() {
    let entities = b"<!DOCTYPE x [<!ENTITY a \"aaaa\">]><worksheet>&a;</worksheet>".as_slice();
    assert_eq!(refused(&package(&[(SHEET, entities)])), FileError::BrokenWorkbook);
    let utf16: Vec<u8> =
        "\u{feff}<sst uniqueCount=\"99999999999\"/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let declared = b"<?xml version='1.0' encoding='UTF-16'?><sst/>".as_slice();
    for strings in [utf16.as_slice(), declared] {
        assert_eq!(refused(&package(&[("xl/sharedStrings.xml", strings)])), FileError::BrokenWorkbook);
    }
}

#[test]
fn numbers_that_overflow_the_reader_are_an_error_and_no_panic() {
    for data in [
        "<dimension ref=\"B5:A1\"/><sheetData/>",
        "<sheetData><row r=\"99999999999999\"><c r=\"A99999999999999\"><v>1</v></c></row></sheetData>",
        "<sheetData><row r=\"1\"><c r=\"ZZZZZZZZZZZZ1\"><v>1</v></c></row></sheetData>",
    ] {
        assert_eq!(refused(&package(&[(SHEET, &sheet_of(data))])), FileError::BrokenWorkbook, "{data}");
    }
    let far = sheet_of("<sheetData><row r=\"4000000\"><c r=\"A4000000\"><v>1</v></c></row></sheetData>");
    assert_eq!(refused(&package(&[(SHEET, &far)])), FileError::TooManyRows);
}

#[test]
fn a_merged_area_over_the_whole_sheet_costs_nothing() {
    let cells: Vec<String> = (0..)
        .zip(HEADING.split(','))
        .map(|(at, title)| {
            format!("<c r=\"{}1\" t=\"inlineStr\"><is><t>{title}</t></is></c>", char::from(b'A' + at))
        })
        .collect();
    let data = format!(
        "<sheetData><row r=\"1\">{}</row></sheetData><mergeCells><mergeCell ref=\"A2:XFD1048576\"/></mergeCells>",
        cells.concat()
    );
    assert_eq!(checked(&package(&[(SHEET, &sheet_of(&data))])).good.len(), 0);
}

#[test]
fn a_web_page_is_told_from_a_workbook_whatever_its_name() {
    for page in [
        "<html><body><table><tr><td>楼栋</td></tr></table></body></html>",
        "\u{feff}\r\n<!DOCTYPE html>",
        "<?xml version=\"1.0\"?><Workbook/>",
    ] {
        let error = read(page.as_bytes(), "roll.xlsx").err().unwrap();
        assert_eq!(error, FileError::WebPage);
    }
}

#[test]
fn other_kinds_of_file_are_told_by_name() {
    assert_eq!(refused(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1rest"), FileError::OldWorkbook);
    assert_eq!(refused(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), FileError::NotATable);
    assert_eq!(refused(b"%PDF-1.7\n\x01\x02\x03"), FileError::NotATable);
    assert_eq!(refused(b"PK\x03\x04 and no more"), FileError::BrokenWorkbook);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    write_part(&mut writer, "roll.csv", HEADING.as_bytes());
    assert_eq!(refused(&writer.finish().unwrap().into_inner()), FileError::NotAWorkbook);
}

#[test]
fn a_workbook_that_breaks_off_is_refused() {
    let bytes = package(&[]);
    for end in (4..bytes.len()).step_by(97) {
        let error = refused(&bytes[..end]);
        assert!(matches!(error, FileError::BrokenWorkbook | FileError::NotAWorkbook), "{end}: {error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_workbook_never_panics(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = package(&[]);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(sheet) = read(&bytes, "roll") {
            let _outcome = check_all(sheet);
        }
    }
}
