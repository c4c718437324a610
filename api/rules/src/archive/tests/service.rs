//! A founding in which silence follows the majority where service is proven, and what nobody may change of that.

use std::collections::BTreeSet;

use serde_json::json;

use super::{
    forger::{line, place, poll, rechain, recount, settle},
    made::{self, Tale},
    papers::insert,
    *,
};
use crate::{
    polls::{
        parameters::Nonresponse,
        service::{Method, Served, told},
    },
    quantity::Weight,
};

/// Three heads sent nothing. One was served by hand and one read it here; the third nobody served.
fn served(policy: Ballots) -> Archive {
    let mut archive = made::archive(Tale::Formed, policy);
    let one = poll(&mut archive);
    one.rules.nonresponse = Nonresponse::FollowMajority;
    one.rules.nonresponse_clause = Some("第十二条".into());
    for rule in one.in_force.iter_mut().flatten() {
        match rule.name.as_str() {
            "nonresponse" => rule.value = json!("FOLLOW_MAJORITY"),
            "nonresponse_clause" => rule.value = json!("第十二条"),
            _ => {}
        }
    }
    one.warning = one.rules.warning(one.matters.iter().map(|text| text.class));
    let by = |head: u64, method| Served { head: made::id(4, head), methods: [method].into() };
    let served = vec![by(1, Method::Post), by(4, Method::InPerson), by(11, Method::RegisteredApp)];
    let counted = one.counted.as_mut().unwrap();
    counted.served = served.clone();
    let at = counted.at;
    let closed = place(&archive, "POLL_COUNTED");
    insert(&mut archive, closed, "POLL_SERVED", &told(&served).unwrap(), at);
    settle(&mut archive);
    archive
}

#[test]
fn silence_counts_where_it_was_served_and_no_further() {
    for policy in [Ballots::Secret, Ballots::Weighed] {
        let archive = served(policy);
        let found = verify(&archive);
        assert_eq!(found.faults, [], "{policy:?}");
        assert!(found.checked.iter().any(|said| said.contains("3 heads served")), "{:?}", found.checked);
        let result = &archive.polls[0].counted.as_ref().unwrap().result;
        let (totals, matter) = (&result.totals, &result.verdict.matters[0]);
        let area = |number: usize| archive.polls[0].locked.as_ref().unwrap().heads[number - 1].area;
        assert_eq!((totals.silent.heads.0, totals.unserved), (3, Weight::new(1, area(12))));
        assert_eq!(matter.votes.silent, Weight::new(2, area(4) + area(11)));
        assert_eq!(matter.participating.unwrap().heads.0, totals.returned.heads.0 + 2);
    }
}

#[test]
fn nobody_touches_whom_it_reached() {
    type Change = fn(&mut Archive);
    let changes: [(&str, &str, Change); 7] = [
        ("one more was served", "COUNT_DIFFERS", |archive| of(archive).push(by(12))),
        ("clever: and counted", "STEP_DIFFERS", |archive| {
            of(archive).push(by(12));
            recount(archive);
        }),
        ("none was", "STEP_TIMES", |archive| {
            of(archive).clear();
            recount(archive);
        }),
        ("clever: a stranger was", "SERVICE_UNFIT", |archive| {
            of(archive).push(by(13));
            let facts = told(of(archive)).unwrap().to_string();
            line(archive, "POLL_SERVED").facts = facts;
            rechain(archive);
        }),
        ("in no way", "SERVICE_UNFIT", |archive| of(archive)[0].methods = BTreeSet::new()),
        ("clever: nobody was warned", "NOT_WARNED", |archive| {
            poll(archive).warning = None;
            settle(archive);
        }),
        ("the warning says something else", "FROZEN_HASH", |archive| {
            poll(archive).warning.as_mut().unwrap().zh.push('。');
        }),
    ];
    for (what, fault, change) in changes {
        let mut archive = served(Ballots::Secret);
        change(&mut archive);
        let found = verify(&archive);
        let all: Vec<String> = found.faults.iter().map(Fault::kind).collect();
        assert!(all.iter().any(|one| one == fault), "{what}: {:?}", found.faults);
    }
}

fn by(head: u64) -> Served {
    Served { head: made::id(4, head), methods: [Method::InPerson].into() }
}

fn of(archive: &mut Archive) -> &mut Vec<Served> {
    &mut poll(archive).counted.as_mut().unwrap().served
}
