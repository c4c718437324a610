//! A programme in which another one ran: of that one the archive has how it ended.

use serde_json::json;

use super::{Animal, caught, facts, line, made, rechain, verify};
use crate::{
    archive::{Archive, Ballots, tests::made::Tale},
    programmes::{Deed, End, Ending, Step},
};

/// The line of the child's end.
fn end_of_the_child(archive: &mut Archive) -> &mut crate::archive::format::Line {
    let child = archive.programme.children["seat"].clone();
    archive.record.lines.iter_mut().find(|line| line.subject == child).unwrap()
}

const NESTED: &[Animal] = &[
    Animal::plain("the child's end changed", "LINE_CHANGED", |archive| {
        facts(end_of_the_child(archive), |facts| facts["end"] = json!(End::Stopped));
    }),
    Animal::plain("clever: the child's end changed, and hashed anew", "MOVE_DIFFERS", |archive| {
        facts(end_of_the_child(archive), |facts| facts["end"] = json!(End::Stopped));
        rechain(archive);
    }),
    Animal::plain("the child's end changed in the parent alone", "COURSE_DIFFERS", |archive| {
        let seat = archive.programme.course.steps.get_mut("seat").unwrap();
        if let Step::Over { ending, .. } = seat {
            *ending = Ending::Stopped;
        }
    }),
    Animal::plain("another child", "LINE_OF_SOMETHING_ELSE", |archive| {
        archive.programme.children.insert("seat".into(), made::id(99, 9));
    }),
    Animal::plain("another member", "BEGINNING_DIFFERS", |archive| {
        archive.programme.member = Some(made::id(99, 9));
    }),
    Animal::plain("about nobody, and told so", "BEGINNING_DIFFERS", |archive| {
        archive.programme.member = None;
        facts(line(archive, "PROGRAMME_BEGUN"), |facts| {
            facts.as_object_mut().unwrap().remove("member_id");
        });
        rechain(archive);
    }),
    Animal::plain("clever: closed before the member was heard", "DEED_UNLAWFUL", |archive| {
        let defends = |line: &&mut crate::archive::format::Line| line.facts()["deed"] == json!(Deed::Defend);
        let line = archive.record.lines.iter_mut().find(defends).unwrap();
        facts(line, |facts| facts["deed"] = json!(Deed::Say));
        rechain(archive);
    }),
];

#[test]
fn nobody_touches_a_programme_in_which_another_ran() {
    for policy in [Ballots::Secret, Ballots::Weighed] {
        let found = verify(&made::archive(Tale::Removed, policy));
        assert_eq!(found.faults, [], "{policy:?}");
        let told = found.checked.iter().any(|checked| checked.contains("the course of removal (version 2)"));
        assert!(told, "{:?}", found.checked);
    }
    let all: Vec<Animal> = NESTED.iter().map(|animal| animal.of(Tale::Removed)).collect();
    caught(&all);
}
