use super::*;

fn rows() -> Vec<RollRow> {
    let both = format!("{}、{}", id(1), id(2));
    roll(&[
        &format!("1号楼,1单元,101,80,沈梅、宋思,{both},,"),
        &format!("1号楼,1单元,102,80,沈梅,{},,", id(1)),
        &format!("1号楼,1单元,103,80,沈梅,{},,", id(1)),
    ])
    .good
}

#[test]
fn a_roll_compared_with_itself_has_no_difference() {
    let rows = rows();
    let difference = diff(&rows, &rows);
    assert_eq!(difference, Difference { unchanged: 3, ..Difference::default() });
}

#[test]
fn homes_are_added_removed_and_changed() {
    let before = rows();
    let mut after = rows();
    after[1].area += 1;
    after[2].room = "104".to_owned();
    let difference = diff(&before, &after);
    assert_eq!(difference.added, [&after[2]]);
    assert_eq!(difference.removed, [&before[2]]);
    assert_eq!(difference.changed, [Change { before: &before[1], after: &after[1] }]);
    assert_eq!(difference.unchanged, 1);
}

#[test]
fn spelling_of_a_place_and_order_of_owners_are_no_difference() {
    let before = rows();
    let mut after = rows();
    after.reverse();
    after[2].building = "1幢".to_owned();
    after[2].owners.reverse();
    assert_eq!(diff(&before, &after).unchanged, 3);
}

#[test]
fn another_phone_name_status_or_owner_is_a_change() {
    let before = rows();
    let change = |change: &dyn Fn(&mut RollRow)| {
        let mut after = rows();
        change(&mut after[0]);
        diff(&before, &after).changed.len()
    };
    assert_eq!(change(&|row| row.owners[0].phones.push(tel(1))), 1);
    assert_eq!(change(&|row| row.owners[0].name = "沈美".to_owned()), 1);
    assert_eq!(change(&|row| row.status = HomeStatus::SoldUndelivered), 1);
    assert_eq!(change(&|row| drop(row.owners.pop())), 1);
}
