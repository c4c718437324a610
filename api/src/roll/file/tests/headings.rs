use super::*;

fn with_heading(heading: &str) -> Vec<u8> {
    format!("{heading}\n1号楼,1单元,101,89.34,沈梅,{},{},已交付\n", id(1), tel(1)).into_bytes()
}

fn reads(heading: &str) {
    let checked = checked(&with_heading(heading));
    let row = &checked.good[0];
    let shape = (row.building.as_str(), row.unit.as_deref(), row.room.as_str(), row.area, row.status);
    assert_eq!(shape, ("1号楼", Some("1单元"), "101", 8934, HomeStatus::Delivered), "{heading}");
    assert_eq!(row.owners[0].id_number.as_str(), id(1), "{heading}");
    assert_eq!(row.owners[0].phones, [tel(1)], "{heading}");
}

#[test]
fn every_usual_variant_of_a_heading_is_known() {
    let usual = HEADING.split(',').collect::<Vec<_>>();
    let variants: [&[&str]; 8] = [
        &["楼栋", "楼号", "幢", "栋", "楼幢"],
        &["单元", "单元号"],
        &["房号", "室号", "房间号", "门牌号"],
        &[
            "建筑面积",
            "专有面积",
            "专有部分面积",
            "面积",
            "面积(㎡)",
            "建筑面积（平方米）",
            "面积（㎡）",
            "专有面积㎡",
        ],
        &["业主", "产权人", "姓名", "业主姓名", "所有权人"],
        &["身份证号", "证件号码", "证件号", "身份证", "身份证号码"],
        &["手机", "联系电话", "电话", "手机号", "联系方式", "手机/电话"],
        &["交付状态", "状态"],
    ];
    for (column, variants) in variants.iter().enumerate() {
        for variant in *variants {
            let mut heading = usual.clone();
            heading[column] = variant;
            reads(&heading.join(","));
        }
    }
}

#[test]
fn white_space_width_and_marks_in_a_heading_do_not_matter() {
    reads("楼 栋,单　元,\"房\n号\",建筑面积（Ｍ2）,* 业主姓名,身份证号：,手 机,\"交付\r\n状态\"");
}

#[test]
fn columns_may_stand_in_any_order_among_others() {
    let file = format!("序号,备注,身份证号,业主,面积,房号,楼栋\n1,无,{},沈梅,60.21,102,3幢\n", id(7));
    let row = &checked(file.as_bytes()).good[0];
    assert_eq!((row.building.as_str(), &row.unit, row.room.as_str(), row.area), ("3幢", &None, "102", 6021));
}

#[test]
fn a_title_above_the_heading_is_passed_over_and_rows_keep_their_numbers() {
    let file = format!("青年路小区业主名册\n2026年11月\n\n{HEADING}\n1,1,101,零,沈梅,{},,\n", id(1));
    let sheet = read(file.as_bytes(), "roll").unwrap();
    assert_eq!(sheet.heading().row(), 4);
    let checked = check_all(sheet).unwrap();
    assert_eq!(problems(&checked), [(5, "建筑面积", Problem::AreaNotANumber)]);
}

#[test]
fn the_exclusive_area_is_preferred_to_the_built_one() {
    let file = format!("楼栋,房号,建筑面积,专有面积,业主,证件号\n1,101,100,80.5,沈梅,{}\n", id(1));
    assert_eq!(checked(file.as_bytes()).good[0].area, 8050);
}

#[test]
fn missing_columns_are_named_with_what_was_found() {
    let error = refused("楼栋,单元,房号,业主,备注\n1,1,101,沈梅,\n".as_bytes());
    let FileError::MissingColumns { row, missing, found } = &error else { panic!("{error}") };
    assert_eq!((*row, missing.as_slice()), (1, ["专有部分面积", "身份证号"].as_slice()));
    assert_eq!(found, &["楼栋", "单元", "房号", "业主", "备注"]);
    assert!(error.zh().contains("缺少：专有部分面积、身份证号"));
}

#[test]
fn a_file_without_heading_is_refused_without_showing_its_rows() {
    let file = format!("1号楼,1单元,101,89.34,沈梅,{},{}\n", id(1), tel(1));
    let error = refused(file.as_bytes());
    assert!(matches!(error, FileError::NoHeading { .. }));
    for shown in [error.to_string(), error.zh(), format!("{error:?}")] {
        assert!(!shown.contains("沈梅") && !shown.contains(&id(1)) && !shown.contains(&tel(1)));
    }
}

#[test]
fn a_heading_that_stands_twice_is_refused() {
    let file = format!("楼栋,房号,面积,业主,业主,证件号\n1,101,80,沈梅,宋思,{}\n", id(1));
    assert_eq!(refused(file.as_bytes()), FileError::ColumnTwice { heading: "业主".to_owned() });
}

#[test]
fn a_heading_repeated_on_every_page_is_no_row() {
    let row = |room: u32| format!("1号楼,1单元,{room},89.34,沈梅,{},,", id(1));
    let checked = roll(&[&row(101), HEADING, &row(102)]);
    assert_eq!((checked.good.len(), problems(&checked)), (2, vec![]));
}
