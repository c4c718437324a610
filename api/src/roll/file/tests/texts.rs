use proptest::prelude::*;

use super::*;

fn example() -> String {
    format!(
        "{HEADING}\n1号楼,1单元,101,89.34㎡,沈梅、宋思,{}、{},{}、{},已交付\n",
        id(1),
        id(2),
        tel(1),
        tel(2)
    )
}

#[test]
fn utf8_with_and_without_mark_utf16_and_gbk_read_the_same() {
    let text = example();
    let plain = checked(text.as_bytes());
    assert_eq!(plain.good.len(), 1);
    let gbk = encoding_rs::GBK.encode(&text).0.into_owned();
    assert!(std::str::from_utf8(&gbk).is_err());
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat();
    for bytes in [gbk, utf16, marked] {
        assert_eq!(checked(&bytes).good, plain.good);
    }
}

#[test]
fn a_rare_character_of_gb18030_is_read() {
    let text = format!("{HEADING}\n1,1,101,80,㐂梅𠮷,{},,\n", id(1));
    let bytes = encoding_rs::GB18030.encode(&text).0.into_owned();
    assert_eq!(checked(&bytes).good[0].owners[0].name, "㐂梅𠮷");
}

#[test]
fn comma_semicolon_and_tab_separate() {
    let row = format!("1,1,101,80.5,沈梅,{},,", id(1));
    for separator in [",", ";", "\t"] {
        let text = format!("名册，共一户\n{HEADING}\n{row}\n").replace(',', separator);
        assert_eq!(checked(text.as_bytes()).good[0].area, 8050, "{separator:?}");
    }
}

#[test]
fn text_that_lost_characters_is_refused() {
    let lost = example().replace('梅', "\u{fffd}");
    assert_eq!(refused(lost.as_bytes()), FileError::UnknownEncoding);
    let mut bytes = encoding_rs::GBK.encode(&example()).0.into_owned();
    bytes.extend(b"1\xff\xff,");
    assert_eq!(refused(&bytes), FileError::UnknownEncoding);
}

#[test]
fn rows_are_counted_as_lines_of_the_file() {
    let bad = format!("1,1,\"10\n1\",0,沈梅,{},,", id(1));
    for end in ["\n", "\r\n"] {
        let text = format!("{HEADING}\n\n{bad}\n\n\n{bad}").replace('\n', end);
        let rows: Vec<u64> = checked(text.as_bytes()).refused.iter().map(|refusal| refusal.row).collect();
        // The second has two problems: it is the same home again.
        assert_eq!(rows, [3, 7, 7]);
    }
}

#[test]
fn blank_rows_are_no_rows() {
    let row = format!("1,1,101,80,沈梅,{},,", id(1));
    let checked = roll(&[",,,,,,,", &row, " , ,,　,,,,", ""]);
    assert_eq!((checked.good.len(), problems(&checked)), (1, vec![]));
}

#[test]
fn bounds_are_kept() {
    let row = |cell: &str| format!("{HEADING}\n1,1,101,80,{cell},{},,\n", id(1));
    assert_eq!(
        problems(&checked(row(&"梅".repeat(1000)).as_bytes())),
        [(2, "业主姓名", Problem::NameTooLong)]
    );
    assert_eq!(refused(row(&"梅".repeat(1001)).as_bytes()), FileError::CellTooLong { row: 2 });
    let unclosed = format!("{HEADING}\n1,1,101,80,\"沈梅{}", "\n1,1,101,80,宋思,,,".repeat(100));
    assert_eq!(refused(unclosed.as_bytes()), FileError::CellTooLong { row: 2 });
    let wide = format!("{HEADING}{}", ",x".repeat(60));
    assert_eq!(refused(wide.as_bytes()), FileError::TooManyColumns { row: 1 });
    let long = format!("{HEADING}\n{}", ",\n".repeat(1_048_576));
    assert_eq!(refused(long.as_bytes()), FileError::TooManyRows);
    assert_eq!(refused(&vec![b' '; MAX_FILE_BYTES + 1]), FileError::TooLarge);
    for empty in [b"".as_slice(), b" \r\n\n"] {
        assert_eq!(refused(empty), FileError::Empty);
    }
}

/// Digits as a hand on a Chinese keyboard leaves them.
fn wide(text: &str, flags: u32) -> String {
    let noise = |(at, c): (usize, char)| match c {
        '0'..='9' if flags >> (at % 32) & 1 == 1 => char::from_u32(u32::from(c) - 0x30 + 0xff10).unwrap(),
        _ => c,
    };
    text.chars().enumerate().map(noise).collect()
}

fn thousands(area: u64) -> String {
    let whole = (area / 100).to_string();
    let grouped: String = whole
        .chars()
        .enumerate()
        .flat_map(|(at, c)| {
            (at > 0 && (whole.len() - at).is_multiple_of(3)).then_some(',').into_iter().chain([c])
        })
        .collect();
    format!("{grouped}.{:02}", area % 100)
}

prop_compose! {
    fn any_home()(
        building in 1..30_u32,
        unit in 1..9_u32,
        room in 100..4000_u32,
        area in 1..1_000_000_u64,
        owners in prop::collection::btree_set(0..300_u32, 1..4),
        status in prop_oneof![Just(HomeStatus::Delivered), Just(HomeStatus::SoldUndelivered), Just(HomeStatus::Unsold)],
    ) -> RollRow {
        let owner = |n: &u32| RollOwner {
            name: format!("沈{}", char::from_u32(0x6885 + n).unwrap()),
            id_number: read_number(&id(*n)).unwrap(),
            phones: vec![tel(*n)],
        };
        let owners = if status == HomeStatus::Unsold { vec![] } else { owners.iter().map(owner).collect() };
        RollRow { building: format!("{building}号楼"), unit: Some(format!("{unit}单元")), room: room.to_string(), kind: None, area, owners, status, developer: (status != HomeStatus::Delivered).then(Developer::default) }
    }
}

/// One home as people write it: the choices in `noise` pick widths, separators, units and quotes.
fn written(row: &RollRow, noise: u32, separator: char) -> String {
    let mark = ["、", ",", ";", "/", "，", "；", "／", " 、 "][usize::try_from(noise % 8).unwrap()];
    let join =
        |part: &dyn Fn(&RollOwner) -> String| row.owners.iter().map(part).collect::<Vec<_>>().join(mark);
    let area = match noise / 8 % 4 {
        0 => format!("{}.{:02}", row.area / 100, row.area % 100),
        1 => format!("{}㎡", thousands(row.area)),
        2 => format!(" {}.{:02}00 平方米", row.area / 100, row.area % 100),
        _ => thousands(row.area).replace(',', "，"),
    };
    let status = match row.status {
        HomeStatus::Delivered => ["已交付", "", " 已交付 "][usize::try_from(noise % 3).unwrap()],
        HomeStatus::Unsold => "未售",
        HomeStatus::SoldUndelivered => "已售未交付",
    };
    let cells = [
        wide(&row.building, noise),
        wide(row.unit.as_deref().unwrap(), noise / 3),
        wide(&row.room, noise / 7),
        wide(&area, noise / 11),
        join(&|owner| owner.name.chars().map(String::from).collect::<Vec<_>>().join("　")),
        join(&|owner| wide(&owner.id_number.as_str().to_lowercase(), noise / 13)),
        join(&|owner| wide(&owner.phones[0], noise / 17)),
        status.to_owned(),
    ];
    let quoted = cells.map(|cell| format!("\"{cell}\""));
    quoted.join(&separator.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn rows_written_in_any_habit_read_the_same(
        homes in prop::collection::vec((any_home(), any::<u32>()), 1..30),
        separator in prop::sample::select(vec![',', ';', '\t']),
        gbk in any::<bool>(),
    ) {
        let mut seen = std::collections::HashSet::new();
        let homes: Vec<_> = homes
            .into_iter()
            .filter(|(row, _)| seen.insert((row.building.clone(), row.unit.clone(), row.room.clone())))
            .collect();
        let mut text = HEADING.replace(',', &separator.to_string());
        for (row, noise) in &homes {
            text.extend(["\r\n", &written(row, *noise, separator)]);
        }
        let bytes = if gbk { encoding_rs::GB18030.encode(&text).0.into_owned() } else { text.into_bytes() };
        let checked = checked(&bytes);
        prop_assert_eq!(&checked.refused, &vec![]);
        let expected: Vec<RollRow> = homes.into_iter().map(|(row, _)| row).collect();
        prop_assert_eq!(&checked.good, &expected);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let headed = [format!("{HEADING}\n").as_bytes(), &bytes].concat();
        for bytes in [bytes, headed] {
            if let Ok(sheet) = read(&bytes, "roll") {
                let _outcome = check_all(sheet);
            }
        }
    }
}
