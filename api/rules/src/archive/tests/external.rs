//! Archives of a vote that was cast in a city's system, that somebody changed. Whether that signed the evidence is looked at
//! where its key can be read: here, that whoever changes it has to change what it signed.

use super::{
    Animal, caught,
    forger::{line, poll, rechain, refreeze, relist, retell},
    made::{self, Tale},
    *,
};
use crate::{
    archive::format::{Count, ExternalResult},
    polls::{
        external::{self, Asked},
        tally::Outcome,
        verdict::ElectionOutcome,
    },
    quantity::Weight,
};

fn result(archive: &mut Archive) -> &mut ExternalResult {
    poll(archive).external.as_mut().unwrap().result.as_mut().unwrap()
}

fn count(archive: &mut Archive) -> &mut Count {
    &mut poll(archive).counted.as_mut().unwrap().result
}

/// What a forger does: everything else is computed to fit the changed evidence.
fn recount(archive: &mut Archive) {
    let poll = poll(archive);
    let areas: Vec<u64> = poll.locked.as_ref().unwrap().heads.iter().map(|head| head.area).collect();
    let asked = Asked {
        poll: &poll.id,
        window: poll.window,
        areas: &areas,
        rules: &poll.rules,
        form: &poll.form(),
        matters: &poll.classes(),
        seats: poll.all_seats(),
    };
    let evidence = &poll.external.as_ref().unwrap().result.as_ref().unwrap().evidence;
    let imported = external::check(evidence, asked).unwrap();
    let result = &mut poll.counted.as_mut().unwrap().result;
    (result.totals, result.verdict) = (imported.totals, imported.verdict);
    relist(archive);
    retell(archive);
}

#[test]
fn what_came_from_elsewhere_is_made_out_again() {
    for policy in [Ballots::Secret, Ballots::Weighed] {
        let archive = made::archive(Tale::Elsewhere, policy);
        let found = verify(&archive);
        assert_eq!(found.faults, [], "{policy:?}");
        assert!(found.checked.iter().any(|one| one.contains("came from elsewhere")), "{:?}", found.checked);
        assert_eq!(found.unchecked.len(), 1, "{:?}", found.unchecked);
        let lists = &archive.polls[0].counted.as_ref().unwrap().lists;
        assert!(lists.participation.is_empty() && !lists.texts.is_empty(), "who took part is not known");
    }
}

const ELSEWHERE: &[Animal] = &[
    Animal::plain("the evidence's bytes changed", "EVIDENCE_HASH", |archive| {
        result(archive).signed.push('x');
    }),
    Animal::plain("another hash told", "EVIDENCE_HASH", |archive| {
        result(archive).evidence_hash = "0".repeat(64);
    }),
    Animal::plain("totals of the evidence changed", "EVIDENCE_UNFIT", |archive| {
        result(archive).evidence.matters[0].yes.area.0 += 1;
    }),
    Animal::plain("another electorate", "EVIDENCE_UNFIT", |archive| {
        result(archive).evidence.electorate.heads.0 += 1;
    }),
    Animal::plain("an outcome declared otherwise", "EVIDENCE_UNFIT", |archive| {
        result(archive).evidence.matters[0].outcome = Outcome::NoQuorum;
    }),
    Animal::plain("an election declared otherwise", "EVIDENCE_UNFIT", |archive| {
        result(archive).evidence.election.as_mut().unwrap().outcome = ElectionOutcome::NotFormed;
    }),
    Animal::plain("the evidence of another poll", "EVIDENCE_UNFIT", |archive| {
        result(archive).evidence.poll = archive.programme.id.clone();
    }),
    Animal::plain("totals of the count changed", "COUNT_DIFFERS", |archive| {
        count(archive).totals.returned.area.0 += 1;
    }),
    Animal::plain("what was decided changed", "VERDICT_DIFFERS", |archive| {
        count(archive).verdict.matters[0].outcome = Outcome::Rejected;
    }),
    Animal::plain("no evidence", "EVIDENCE_MISSING", |archive| {
        poll(archive).external.as_mut().unwrap().result = None;
    }),
    Animal::plain("a ballot put in", "BALLOTS_ELSEWHERE", |archive| {
        let other = made::archive(Tale::Formed, Ballots::Secret);
        poll(archive).counted.as_mut().unwrap().ballots = other.polls[0].counted.clone().unwrap().ballots;
    }),
    Animal::plain("a home said to have taken part", "LIST_DIFFERS", |archive| {
        poll(archive).counted.as_mut().unwrap().lists.participation = vec![vec!["1-101".into()]];
    }),
    Animal::plain("another system", "FROZEN_HASH", |archive| {
        poll(archive).external.as_mut().unwrap().system.name = "别处".into();
    }),
    Animal::plain("said to be voted on here", "FROZEN_HASH", |archive| poll(archive).external = None),
    Animal::plain("clever: another system, frozen anew", "STEP_DIFFERS", |archive| {
        poll(archive).external.as_mut().unwrap().system.name = "别处".into();
        refreeze(archive);
        retell(archive);
    }),
    Animal::plain("another key told", "STEP_DIFFERS", |archive| result(archive).key_id.push('x')),
    Animal::plain("imported at another time", "STEP_AT_ANOTHER_TIME", |archive| {
        result(archive).imported_at += TimeDelta::seconds(1);
    }),
    Animal::plain("the import not told", "STEP_TIMES", |archive| {
        line(archive, "EXTERNAL_RESULT_IMPORTED").kind = "EXTERNAL_RESULT_AWAITED".into();
        rechain(archive);
    }),
    Animal::sound("clever: evidence changed so that it holds, and all else", Ballots::Secret, |archive| {
        let matter = &mut result(archive).evidence.matters[0];
        (matter.no, matter.abstain) = (matter.no.plus(matter.abstain), Weight::ZERO);
        recount(archive);
    }),
];

#[test]
fn nobody_touches_what_came_from_elsewhere() {
    let all: Vec<Animal> = ELSEWHERE.iter().map(|animal| animal.of(Tale::Elsewhere)).collect();
    caught(&all);
}
