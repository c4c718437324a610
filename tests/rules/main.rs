//! A second counter, written differently, against the first: one voter at a time, shares compared by repeated addition,
//! places found by asking how many are ahead. It shares no type with the rules: each question is asked, and each answer
//! read, as the JSON of a worked case.

mod counter;
mod figures;

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use counter::{Candidate, Committee, Mark, Policy, Voter, decide, elect, read_ballot};

/// What the rules answer to a case.
fn answer(case: &Value) -> Value {
    rules::cases::evaluate(case).unwrap_or_else(|error| panic!("{error}: {case}"))
}

const APPROVALS: [&str; 2] = ["ORDINARY", "SPECIAL"];
const NONRESPONSES: [&str; 3] = ["NOT_PARTICIPATED", "ABSTAIN", "FOLLOW_MAJORITY"];

/// What the rules say where these people vote on a text.
fn decision(voters: &[Voter], approval: &str, policy: Policy) -> Value {
    let sum = |wanted: fn(Mark) -> bool| {
        let counted = voters.iter().filter(|voter| wanted(voter.mark));
        json!({ "heads": counted.clone().count(), "area": counted.map(|voter| voter.area).sum::<u64>() })
    };
    let case = json!({
        "case": "decision",
        "approval": approval,
        "policy": { "nonresponse": policy.nonresponse, "invalid_as": policy.invalid_as },
        "total": sum(|_| true),
        "votes": {
            "yes": sum(|mark| mark == Mark::Yes),
            "no": sum(|mark| mark == Mark::No),
            "abstain": sum(|mark| mark == Mark::Abstain),
            "silent": sum(|mark| mark == Mark::Silent),
            "invalid": sum(|mark| mark == Mark::Invalid),
        },
    });
    answer(&case)
}

#[test]
fn every_vote_of_up_to_six_heads_is_decided_alike_by_both_counters() {
    // Each head picks one of five marks; areas are fixed and uneven, so that heads and area disagree often.
    let areas = [1u64, 2, 3, 1, 6, 2];
    let marks = [Mark::Yes, Mark::No, Mark::Abstain, Mark::Silent, Mark::NotServed];
    let mut seen = BTreeMap::new();
    for size in 0..=areas.len() {
        for mut pick in 0..5usize.pow(u32::try_from(size).unwrap()) {
            let mut next = || {
                let mark = marks[pick % 5];
                pick /= 5;
                mark
            };
            let voters: Vec<_> = areas[..size].iter().map(|&area| Voter { mark: next(), area }).collect();
            for approval in APPROVALS {
                for nonresponse in NONRESPONSES {
                    let policy = Policy { nonresponse, invalid_as: "EXCLUDED" };
                    let first = decision(&voters, approval, policy);
                    let second = decide(&voters, approval, policy);
                    assert_eq!(first, second, "{voters:?} {approval} {policy:?}");
                    *seen.entry(second["outcome"].to_string()).or_insert(0) += 1;
                }
            }
        }
    }
    assert_eq!(seen.len(), 4, "every outcome happens: {seen:?}");
}

fn voters() -> impl Strategy<Value = Vec<Voter>> {
    let mark = prop::sample::select(vec![
        Mark::Yes,
        Mark::Yes,
        Mark::Yes,
        Mark::No,
        Mark::No,
        Mark::Abstain,
        Mark::Silent,
        Mark::Invalid,
        Mark::NotServed,
    ]);
    // Areas from few values, so that exact halves, thirds and quarters happen.
    let voter =
        (mark, prop::sample::select(vec![1u64, 2, 3, 6])).prop_map(|(mark, area)| Voter { mark, area });
    prop::collection::vec(voter, 0..14)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn decisions_agree_with_the_second_counter(
        voters in voters(),
        approval in prop::sample::select(APPROVALS.to_vec()),
        nonresponse in prop::sample::select(NONRESPONSES.to_vec()),
        invalid_as in prop::sample::select(vec!["EXCLUDED", "ABSTAIN"]),
    ) {
        let policy = Policy { nonresponse, invalid_as };
        prop_assert_eq!(decision(&voters, approval, policy), decide(&voters, approval, policy));
    }

    #[test]
    fn elections_agree_with_the_second_counter(
        // Few distinct values, so that equal ranks are common.
        votes in prop::collection::vec((4u64..=10, 9u64..=20), 0..10),
        seats in 1usize..7,
        alternates in 0usize..4,
        min_committee in 1usize..6,
        rank_rule in prop::sample::select(vec!["HEADS_AREA", "AREA_HEADS", "RATIO_SUM"]),
    ) {
        let name = |(at, (heads, area)): (usize, (u64, u64))| Candidate { id: format!("c{at:02}"), heads, area };
        let candidates: Vec<Candidate> = votes.into_iter().enumerate().map(name).collect();
        let standing = |one: &Candidate| json!({ "id": one.id, "heads": one.heads, "area": one.area });
        let committee = Committee { heads: 10, area: 20, seats, alternates, least: min_committee, rank_rule };
        let first = answer(&json!({
            "case": "election",
            "participating": { "heads": 10, "area": 20 },
            "candidates": candidates.iter().map(standing).collect::<Vec<_>>(),
            "seats": seats,
            "alternates": alternates,
            "min_committee": min_committee,
            "rank_rule": rank_rule,
        }));
        prop_assert_eq!(first, elect(&candidates, &committee));
    }

    #[test]
    fn ballots_are_read_alike_by_both_counters(
        selections in prop::collection::vec("[abcz]", 0..6),
        max_selections in 0usize..4,
    ) {
        let candidates = ["a", "b", "c"];
        let case = json!({
            "case": "ballot", "selections": selections, "candidates": candidates, "max_selections": max_selections,
        });
        prop_assert_eq!(answer(&case), read_ballot(&selections, &candidates, max_selections));
    }
}
