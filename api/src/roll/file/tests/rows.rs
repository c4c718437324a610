use super::*;

fn one(row: &str) -> Vec<(String, Problem)> {
    roll(&[row]).refused.into_iter().map(|refusal| (refusal.column, refusal.problem)).collect()
}

fn area(text: &str) -> Result<u64, Problem> {
    super::super::cells::area(text)
}

#[test]
fn an_area_is_exact_whatever_it_is_dressed_in() {
    for (text, hundredths) in [
        ("89.34", 8934),
        ("89.5㎡", 8950),
        ("８９．３４", 8934),
        ("1,089.34㎡", 108_934),
        ("１，０８９．３平方米", 108_930),
        ("89", 8900),
        ("0.01", 1),
        ("089.340", 8934),
        ("+89.3 m²", 8930),
        ("100,000", 10_000_000),
    ] {
        assert_eq!(area(text), Ok(hundredths), "{text}");
    }
}

#[test]
fn a_doubtful_area_is_refused_by_name() {
    for (text, problem) in [
        ("", Problem::AreaMissing),
        ("八十九", Problem::AreaNotANumber),
        ("89,34", Problem::AreaNotANumber),
        ("1,0893", Problem::AreaNotANumber),
        (",089", Problem::AreaNotANumber),
        ("89.", Problem::AreaNotANumber),
        (".5", Problem::AreaNotANumber),
        ("8.9E+1", Problem::AreaNotANumber),
        ("NaN", Problem::AreaNotANumber),
        ("89.34.1", Problem::AreaNotANumber),
        ("0", Problem::AreaNotPositive),
        ("0.00", Problem::AreaNotPositive),
        ("-89.34", Problem::AreaNotPositive),
        ("－８９", Problem::AreaNotPositive),
        ("89.345", Problem::AreaTooPrecise),
        ("100000.01", Problem::AreaTooLarge),
        ("99999999999999999999999", Problem::AreaTooLarge),
    ] {
        assert_eq!(area(text), Err(problem), "{text}");
    }
}

#[test]
fn every_single_wrong_digit_of_an_id_number_is_found() {
    for n in 0..40 {
        let number = id(n * 419);
        assert!(read_number(&number).is_ok(), "{n}");
        assert!(read_number(&number.to_lowercase()).is_ok());
        for at in 0..17 {
            let mut wrong = number.clone().into_bytes();
            wrong[at] = b'0' + (wrong[at] - b'0' + 1) % 10;
            let wrong = String::from_utf8(wrong).unwrap();
            // The region 91 to 93 is tried as an organisation too, but none of these passes its checksum.
            assert_eq!(read_number(&wrong), Err(Problem::IdNumberChecksum));
        }
    }
}

#[test]
fn an_id_number_of_another_form_is_malformed() {
    let x_inside = format!("99999919X{}", &id(1)[9..]);
    for text in ["12345", "", "9.99999195310234E+17", &x_inside[..17], "九九九"] {
        assert_eq!(read_number(text), Err(Problem::IdNumberMalformed), "{text}");
    }
}

#[test]
fn an_organisation_is_known_by_its_credit_code_and_may_have_a_landline() {
    // The example printed in GB 32100, and one of no real registry.
    for code in ["91350100M000100Y43", "91999999MA00000A0X", "９１９９９９９９ma00000a0x"] {
        assert!(read_number(code).unwrap().is_organisation(), "{code}");
    }
    assert_eq!(read_number("91999999MA00000A1X"), Err(Problem::IdNumberChecksum));
    let row = home("1,1,101,80,邻里商贸有限公司,91999999MA00000A0X,010-12345678,");
    assert_eq!(row.owners[0].phones, ["01012345678"]);
    assert_eq!(
        one(&format!("1,1,101,80,沈梅,{},010-12345678,", id(1))),
        [("手机".to_owned(), Problem::PhoneMalformed)]
    );
}

#[test]
fn phones_are_read_as_people_group_them() {
    for text in [
        "15400000001",
        "154 0000 0001",
        "154-0000-0001",
        "+86 15400000001",
        "１５４００００００01",
        "008615400000001",
    ] {
        assert_eq!(home(&format!("1,1,101,80,沈梅,{},{text},", id(1))).owners[0].phones, [tel(1)], "{text}");
    }
    for text in ["1540000", "25400000001", "154000000011", "电话", "1540000000l"] {
        let row = format!("1,1,101,80,沈梅,{},{text},", id(1));
        assert_eq!(one(&row), [("手机".to_owned(), Problem::PhoneMalformed)], "{text}");
    }
}

#[test]
fn co_owners_are_separated_in_every_usual_way() {
    for mark in ["、", "\",\"", ";", "/", "，", "；", "／", "\n"] {
        let mark = mark.trim_matches('"');
        let row = format!(
            "1,1,101,80,\"沈梅{mark}宋思\",\"{}{mark}{}\",\"{}{mark}{}\",",
            id(1),
            id(2),
            tel(1),
            tel(2)
        );
        let owners = home(&row).owners;
        assert_eq!(
            owners.iter().map(|owner| owner.name.as_str()).collect::<Vec<_>>(),
            ["沈梅", "宋思"],
            "{mark:?}"
        );
        assert_eq!((owners[1].id_number.as_str(), &owners[1].phones[0]), (id(2).as_str(), &tel(2)));
    }
}

#[test]
fn the_column_of_co_owners_adds_owners() {
    let heading = "楼栋,房号,面积,业主,身份证号,电话,共有人,共有人身份证号,共有人电话";
    let file = format!("{heading}\n1,101,80,沈梅,{},{},宋思,{},{}\n", id(1), tel(1), id(2), tel(2));
    let checked = checked(file.as_bytes());
    let owners = &checked.good[0].owners;
    assert_eq!(
        (owners.len(), owners[1].name.as_str(), owners[1].id_number.as_str()),
        (2, "宋思", id(2).as_str())
    );

    let file = format!(
        "楼栋,房号,面积,业主,身份证号,共有人\n1,101,80,沈梅,{}、{},宋思\n1,102,80,沈梅,{},宋思\n",
        id(1),
        id(2),
        id(1)
    );
    let checked = super::checked(file.as_bytes());
    assert_eq!(checked.good[0].owners.len(), 2);
    assert_eq!(problems(&checked), [(3, "身份证号", Problem::OwnersAndIdNumbersDiffer)]);
}

#[test]
fn a_phone_belongs_to_the_owner_in_the_same_place() {
    let ids = format!("{}、{}", id(1), id(2));
    let phones = |cell: &str| -> Vec<Vec<String>> {
        let row = home(&format!("1,1,101,80,沈梅、宋思,{ids},{cell},"));
        row.owners.into_iter().map(|owner| owner.phones).collect()
    };
    assert_eq!(phones(""), vec![Vec::<String>::new(); 2]);
    assert_eq!(phones(&tel(1)), [vec![tel(1)], vec![]]);
    assert_eq!(phones(&format!("、{}", tel(2))), [vec![], vec![tel(2)]]);
    let three = format!("1,1,101,80,沈梅、宋思,{ids},{}、{}、{},", tel(1), tel(2), tel(3));
    assert_eq!(one(&three), [("手机".to_owned(), Problem::OwnersAndPhonesDiffer)]);
    let both = home(&format!("1,1,101,80,沈梅,{},{}、{},", id(1), tel(1), tel(2)));
    assert_eq!(both.owners[0].phones, [tel(1), tel(2)]);
}

#[test]
fn owners_and_their_numbers_must_fit() {
    let is = |row: &str, column: &str, problem| assert_eq!(one(row), [(column.to_owned(), problem)], "{row}");
    is(&format!("1,1,101,80,,{},,", id(1)), "业主姓名", Problem::OwnerMissing);
    is("1,1,101,80,,,,", "业主姓名", Problem::OwnerMissing);
    is("1,1,101,80,沈梅,,,", "身份证号", Problem::IdNumberMissing);
    is(&format!("1,1,101,80,沈梅、宋思,{0}、{0},,", id(1)), "身份证号", Problem::OwnerTwice);
    is(&format!("1,1,101,80,沈梅,{},,未售", id(1)), "业主姓名", Problem::UnsoldHomeHasOwner);
}

#[test]
fn one_id_number_is_one_name() {
    let checked = roll(&[
        &format!("1,1,101,80,沈梅,{},,", id(1)),
        &format!("1,1,102,80,宋思,{},,", id(1)),
        &format!("1,1,103,80,沈　梅,{},,", id(1)),
    ]);
    assert_eq!(problems(&checked), [(3, "身份证号", Problem::IdNumberOfAnotherName)]);
    assert_eq!((checked.refused[0].other_row, checked.good.len()), (Some(2), 2));
}

#[test]
fn homes_of_the_developer_may_lack_owners() {
    let checked = roll(&[
        &format!("1,1,101,90,沈梅,{},,已交付", id(1)),
        "1,1,102,90,,,,未售",
        &format!("1,1,103,90,宋思,{},,已售未交付", id(2)),
        "1,1,105,90,,,,已售未交付",
        "1,1,106,90,邻里置业有限公司,,010-12345678,未售",
        "1,1,107,90,开发商,,,未售",
    ]);
    assert_eq!(problems(&checked), []);
    let named = Developer {
        name: Some("邻里置业有限公司".to_owned()),
        id_number: None,
        phones: vec!["01012345678".to_owned()],
    };
    assert_eq!(checked.good[0].developer, None);
    assert!(checked.good[1..].iter().all(|row| row.developer.as_ref() == Some(&named)));
}

#[test]
fn a_developer_is_known_by_number_else_by_name() {
    let checked = roll(&[
        "1,1,101,90,邻里置业有限公司,,,未售",
        "1,1,102,90,邻里置业有限公司,91999999MA00000A0X,010-12345678,已交付",
        "1,1,103,90,,,,已售未交付",
    ]);
    assert_eq!(problems(&checked), []);
    let full = checked.good[0].developer.as_ref().unwrap();
    assert_eq!(full.id_number.as_ref().map(IdNumber::as_str), Some("91999999MA00000A0X"));
    assert_eq!(full.phones, ["01012345678"]);
    assert_eq!(checked.good[2].developer.as_ref(), Some(full));
}

#[test]
fn whose_home_it_is_must_be_told_where_there_are_several_developers() {
    let heading = format!("{HEADING},建设单位");
    let rows = [
        "1,1,101,90,甲置业,,,未售,",
        "1,1,102,90,,,,未售,乙置业",
        "1,1,103,90,,,,未售,",
        "1,1,104,90,甲置业、乙置业,,,未售,",
    ];
    let checked = checked(format!("{heading}\n{}\n", rows.join("\n")).as_bytes());
    assert_eq!(
        problems(&checked),
        [(4, "业主姓名", Problem::DeveloperUnclear), (5, "业主姓名", Problem::DeveloperUnclear)]
    );
    let names: Vec<_> =
        checked.good.iter().map(|row| row.developer.as_ref().unwrap().name.as_deref()).collect();
    assert_eq!(names, [Some("甲置业"), Some("乙置业")]);
}

#[test]
fn a_home_spelled_another_way_is_the_same_home() {
    let row = |place: &str| format!("{place},80,沈梅,{},,", id(1));
    let checked = roll(&[
        &row("1号楼,1单元,101"),
        &row("１幢,1,101室"),
        &row("1栋,2单元,101"),
        &row("1号楼,2单元,10 1"),
    ]);
    assert_eq!(
        problems(&checked),
        [(3, "房号", Problem::DuplicateHome), (5, "房号", Problem::DuplicateHome)]
    );
    assert_eq!((checked.refused[0].other_row, checked.refused[1].other_row), (Some(2), Some(4)));
    assert_eq!(checked.good[1].building, "1号楼");
}

#[test]
fn places_must_be_told_but_a_building_may_have_no_units() {
    let row = |place: &str| format!("{place},80,沈梅,{},,", id(1));
    let checked =
        roll(&[&row(",1,101"), &row("1,,101"), &row("1,1,"), &row("1,无,101"), &row("#REF!,1,102")]);
    assert_eq!(
        problems(&checked),
        [
            (2, "楼栋", Problem::BuildingMissing),
            (3, "单元", Problem::UnitMissing),
            (4, "房号", Problem::RoomMissing),
            (6, "楼栋", Problem::CellUnreadable)
        ]
    );
    assert_eq!(checked.good[0].unit, None);
}

#[test]
fn a_building_that_the_complex_lacks_is_refused() {
    let file = format!("{HEADING}\n1幢,1,101,80,沈梅,{0},,\n3幢,1,101,80,沈梅,{0},,\n", id(1));
    let known = ["1号楼".to_owned(), "2号楼".to_owned()];
    let checked =
        check(read(file.as_bytes(), "roll").unwrap(), Buildings::Known(&known), &Organisations::default())
            .unwrap();
    assert_eq!(problems(&checked), [(3, "楼栋", Problem::BuildingUnknown)]);
    assert_eq!((checked.good[0].building.as_str(), checked.refused[0].value.as_str()), ("1号楼", "3幢"));
    let none =
        check(read(file.as_bytes(), "roll").unwrap(), Buildings::Known(&[]), &Organisations::default())
            .unwrap();
    assert_eq!(none.refused.len(), 2);
}

#[test]
fn every_problem_of_a_row_is_told() {
    let checked = roll(&[&format!("1,1,,零,沈梅,{},123,不详", id(1)), "1,1,101,零,沈梅,12345,123,"]);
    let expected = [
        (2, "房号", Problem::RoomMissing),
        (2, "建筑面积", Problem::AreaNotANumber),
        (2, "交付状态", Problem::StatusUnknown),
        (3, "建筑面积", Problem::AreaNotANumber),
        (3, "身份证号", Problem::IdNumberMalformed),
        (3, "手机", Problem::PhoneMalformed),
    ];
    assert_eq!(problems(&checked), expected);
}

#[test]
fn values_are_masked_by_their_column_and_strays_by_their_digits() {
    let wrong = format!("{}9", &id(1)[..17]);
    let wrong = if read_number(&wrong).is_ok() { format!("{}8", &id(1)[..17]) } else { wrong };
    let checked = roll(&[
        &format!("1,1,101,80,沈梅,{wrong},,"),
        &format!("1,1,102,{},沈梅,{},1540000,", tel(3), id(1)),
        &format!("1,1,103,80,沈梅,{},,{}", id(1), id(2)),
        &format!("1,1,104,80,欧阳沈梅,{},,未售", id(3)),
    ]);
    let shown: Vec<&str> = checked.refused.iter().map(|refusal| refusal.value.as_str()).collect();
    let id_masked = format!("999999********{}", &wrong[14..]);
    let stray = format!("999***********{}", &id(2)[14..]);
    let expected = [id_masked.as_str(), "154****0003", "1*****0", stray.as_str(), "欧***"];
    assert!(shown.iter().zip(expected).all(|(shown, expected)| *shown == expected), "{shown:?}");
}

#[test]
fn a_name_that_slipped_into_another_column_is_masked_and_a_doubtful_word_is_not() {
    let of = |row: String| roll(&[&row]).refused[0].value.clone();
    assert_eq!(of(format!("1,1,101,欧阳沈梅,沈梅,{},,", id(1))), "欧***");
    assert_eq!(of(format!("1,1,101,八十九,沈梅,{},,", id(1))), "八十九");
    assert_eq!(of(format!("1,1,101,80,沈梅,{},,沈梅15400000001", id(1))), "沈*154****0001");
    assert_eq!(of(format!("1,1,101,80,沈梅,{},,不详", id(1))), "不详");
}

#[test]
fn debug_output_of_a_roll_is_masked() {
    let row = home(&format!("1,1,101,80,沈梅,{},{},", id(1), tel(1)));
    let shown = format!("{row:?}");
    assert!(shown.contains("沈*") && !shown.contains("沈梅"), "{shown}");
    assert!(!shown.contains(&id(1)) && !shown.contains(&tel(1)));
}

#[test]
fn a_building_is_the_same_however_its_number_is_written() {
    let row = |building: &str| format!("{building},1,101,80,沈梅,{},,", id(1));
    for same in ["1#楼", "第1幢", "一号楼", "1 号 楼", "１＃", "第一栋", "1", "1座"] {
        let checked = roll(&[&row("1号楼"), &row(same)]);
        assert_eq!(problems(&checked), [(3, "房号", Problem::DuplicateHome)], "{same}");
    }
    for (name, key) in
        [("二十一号楼", "21"), ("十楼", "10"), ("九十九幢", "99"), ("A座", "A"), ("东1号楼", "东1")]
    {
        assert_eq!(place_key(name), key);
    }
    for other in ["11号楼", "东1号楼", "1号楼A座", "A座", "十一号楼", "三元楼"] {
        let checked = roll(&[&row("1号楼"), &row(other)]);
        assert_eq!((problems(&checked), checked.good.len()), (vec![], 2), "{other}");
    }
}

#[test]
fn a_name_longer_than_a_place_may_have_is_refused() {
    let long = "长".repeat(121);
    let row = |place: &str, name: &str| format!("{place},80,{name},{},,", id(1));
    let checked = roll(&[
        &row(&format!("{long},1,101"), "沈梅"),
        &row(&format!("1,{long},101"), "沈梅"),
        &row(&format!("1,1,{long}"), "沈梅"),
        &row("1,1,101", &long),
        &row(&format!("1,1,{}", "长".repeat(120)), "沈梅"),
    ]);
    let columns = ["楼栋", "单元", "房号", "业主姓名"];
    let expected: Vec<_> =
        (2..).zip(columns).map(|(row, column)| (row, column, Problem::NameTooLong)).collect();
    assert_eq!(problems(&checked), expected);
    assert!(checked.refused.iter().all(|refusal| refusal.value.chars().count() <= 40));
    assert_eq!(checked.good.len(), 1);
}

#[test]
fn two_rows_that_contradict_each_other_are_both_refused() {
    let row = |area: u32, name: &str, n: u32| format!("1,1,101,{area},{name},{},,", id(n));
    for other in [row(80, "宋思", 2), row(81, "沈梅", 1), "1,1,101,80,,,,".to_owned()] {
        let checked = roll(&[&row(80, "沈梅", 1), &other, &row(80, "沈梅", 1)]);
        let first = &checked.refused[0];
        assert_eq!((first.row, first.problem, first.other_row), (2, Problem::DuplicateHome, Some(3)));
        assert_eq!(checked.good, []);
    }
    let same = roll(&[&row(80, "沈梅", 1), &row(80, "沈梅", 1)]);
    assert_eq!((problems(&same), same.good.len()), (vec![(3, "房号", Problem::DuplicateHome)], 1));
}

#[test]
fn rows_that_sum_up_others_are_passed_over_and_told() {
    let home = |room: u32| format!("1,1,{room},80,沈梅,{},,", id(1));
    let checked = roll(&[
        &home(101),
        "小计,,,80,,,,",
        &home(102),
        "1号楼合计：,,2户,160,,,,",
        "共2户,,,,,,,",
        "总计,,,160,,,,",
    ]);
    assert_eq!((problems(&checked), checked.good.len(), checked.footers), (vec![], 2, 4));
    // Somebody's home is no sum, whatever it is called.
    assert_eq!(roll(&[&format!("1,1,小计,80,沈梅,{},,", id(1))]).good.len(), 1);
}

#[test]
fn every_usual_word_for_a_state_is_known() {
    let with = |heading: &str, word: &str| {
        let file = format!("楼栋,房号,面积,业主,身份证号,{heading}\n1,101,80,沈梅,{},{word}\n", id(1));
        checked(file.as_bytes()).good.first().map(|row| row.status)
    };
    let (delivered, undelivered) = (Some(HomeStatus::Delivered), Some(HomeStatus::SoldUndelivered));
    for word in ["已售", "自住", "出租", "空置", "已装修", "已交楼", "是", "Y", "y"] {
        assert_eq!(with("交付状态", word), delivered, "{word}");
    }
    for word in ["未收房", "未交楼", "否", "N", "ｎ"] {
        assert_eq!(with("是否交付", word), undelivered, "{word}");
    }
    assert_eq!(with("是否已售", "是"), delivered);
    assert_eq!(roll(&["1,1,101,80,,,,不是"]).refused[0].problem, Problem::StatusUnknown);
    let unsold = checked("楼栋,房号,面积,业主,身份证号,是否已售\n1,101,80,,,否\n".as_bytes());
    assert_eq!(unsold.good[0].status, HomeStatus::Unsold);
}

#[test]
fn an_owner_may_have_a_passport_or_permit() {
    for (written, number) in
        [("E12345678", "E12345678"), ("护照123456789", "123456789"), ("H12345678", "H12345678")]
    {
        let row = home(&format!("1,1,101,80,沈梅,{written},{},", tel(1)));
        assert_eq!(row.owners[0].id_number.as_str(), number);
    }
    let (short, long) = (id(1), id(1));
    let short = format!("{}{}", &short[..6], &short[8..17]);
    assert_eq!(home(&format!("1,1,101,80,沈梅,{short},,")).owners[0].id_number.as_str(), long);
}

#[test]
fn a_row_says_whether_it_is_a_home_a_parking_bay_or_a_facility() {
    let file = |heading: &str, rows: &[(&str, &str)]| {
        let row = |(room, kind): &(&str, &str)| format!("1,{room},12.5,沈梅,{},{kind}\n", id(1));
        let rows: String = rows.iter().map(row).collect();
        checked(format!("楼栋,房号,面积,业主,身份证号,{heading}\n{rows}").as_bytes())
    };
    let kinds = |checked: &Checked| checked.good.iter().map(|row| row.kind).collect::<Vec<_>>();
    let (home, parking) = (Some(HomeKind::Home), Some(HomeKind::Parking));
    for heading in ["用途", "房屋用途", "规划用途", "房屋类型", "类型"] {
        let rows = [
            ("101", "住宅"),
            ("102", "商 铺"),
            ("103", "办公"),
            ("104", "ＰＡＲＫＩＮＧ"),
            ("车位5", "地下车位"),
            ("6", "摊位"),
            ("7", "公共设施"),
            ("8", ""),
        ];
        let read = file(heading, &rows);
        assert_eq!(problems(&read), [], "{heading}");
        let expected = [home, home, home, parking, parking, parking, Some(HomeKind::Public), None];
        assert_eq!(kinds(&read), expected, "{heading}");
    }
    let wrong = file("用途", &[("101", "火箭"), ("车位12", ""), ("储藏室3", "-"), ("车位13", "住宅")]);
    let (unknown, missing) = (Problem::KindUnknown, Problem::KindMissing);
    assert_eq!(problems(&wrong), [(2, "用途", unknown), (3, "用途", missing), (4, "用途", missing)]);
    assert_eq!((kinds(&wrong), wrong.refused[0].value.as_str()), (vec![home], "火*"));
    // Where no column says what it is, nobody takes a bay for a home.
    let silent =
        roll(&[&format!("地下车库,1,201,12.5,沈梅,{},,", id(1)), &format!("1,1,101,80,沈梅,{},,", id(1))]);
    assert_eq!((problems(&silent), kinds(&silent)), (vec![(2, "用途", missing)], vec![None]));
    // What is common needs nobody; what has an owner keeps them.
    let common = "楼栋,房号,面积,业主,身份证号,用途\n1,9,50,,,物业用房\n1,10,50,甲置业,91999999MA00000A0X,公建\n1,11,50,,,住宅\n";
    let common = checked(common.as_bytes());
    let owners: Vec<_> = common.good.iter().map(|row| row.owners.len()).collect();
    assert_eq!((owners, problems(&common)), (vec![0, 1], vec![(4, "业主", Problem::OwnerMissing)]));
}
