//! A second counter, written differently, against the first: one voter at a time, shares compared by repeated addition,
//! places found by asking how many are ahead. It shares no type with the rules: each question is asked, and each answer
//! read, as the JSON of a worked case.

mod counter;
mod figures;
#[expect(clippy::indexing_slicing, reason = "a test that cannot go on has failed")]
mod opinion;
mod poll;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use proptest::prelude::*;
use serde_json::{Value, json};

use counter::{Candidate, Committee, Extending, Mark, Policy, Voter, close, decide, elect, read_ballot};

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

/// Heads and areas, channels, second ballots and changed ones, ballots that a dispute set aside or a channel that is void,
/// spoilt paper, silence, blank items, ties and their run-offs: whatever the rules leave open, both counters come to the
/// same.
#[test]
fn ten_thousand_polls_are_counted_alike_by_both_counters() {
    let seen = RefCell::new(BTreeSet::new());
    proptest!(ProptestConfig::with_cases(10_000), |(poll in poll::poll())| {
        let (second, run_offs) = poll.count();
        let case = poll.case(&run_offs);
        let first = answer(&case);
        prop_assert_eq!(&first, &second, "{}", case);
        let texts = second["decisions"].as_object().into_iter().flatten();
        seen.borrow_mut().extend(texts.map(|(_, decision)| format!("text {}", decision["outcome"])));
        seen.borrow_mut().insert(format!("election {}", second["election"]["outcome"]));
        let run_offs = second["run_offs"].as_array().into_iter().flatten();
        seen.borrow_mut().extend(run_offs.map(|vote| format!("run-off {}", vote["election"]["outcome"])));
    });
    let texts =
        ["PASSED", "REJECTED", "NO_QUORUM", "INDETERMINATE"].map(|outcome| format!("text {outcome:?}"));
    let elections = ["FORMED", "NOT_FORMED", "RUNOFF_DUE", "NO_QUORUM"];
    let elections = ["election", "run-off"]
        .into_iter()
        .flat_map(|vote| elections.map(|outcome| format!("{vote} {outcome:?}")));
    let all = texts.into_iter().chain(elections).chain(["election null".to_owned()]);
    assert_eq!(seen.into_inner(), all.collect::<BTreeSet<_>>(), "every outcome happens");
}

/// A poll of opinion has stages: who registers, who of those takes part, what most of these say.
#[test]
fn polls_of_opinion_are_counted_alike_by_both_counters() {
    let seen = RefCell::new(BTreeSet::new());
    proptest!(ProptestConfig::with_cases(4000), |(poll in opinion::poll())| {
        let (case, second) = (poll.case(), poll.count());
        let first = answer(&case);
        prop_assert_eq!(opinion::part_of(&first), second.clone(), "{}", case);
        seen.borrow_mut().insert(format!("text {}", second["text"]["outcome"]));
        seen.borrow_mut().insert(format!("choice {}", second["outcome"]));
    });
    let texts = ["PASSED", "REJECTED", "NO_QUORUM"].map(|outcome| format!("text {outcome:?}"));
    let choices = ["FORMED", "NOT_FORMED", "RUNOFF_DUE", "NO_QUORUM"];
    let all = texts.into_iter().chain(choices.map(|outcome| format!("choice {outcome:?}")));
    assert_eq!(seen.into_inner(), all.collect::<BTreeSet<_>>(), "every outcome happens");
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
        filled in 0usize..4,
        alternates in 0usize..4,
        min_committee in 1usize..6,
        rank_rule in prop::sample::select(vec!["HEADS_AREA", "AREA_HEADS", "RATIO_SUM"]),
    ) {
        let name = |(at, (heads, area)): (usize, (u64, u64))| Candidate { id: format!("c{at:02}"), heads, area };
        let candidates: Vec<Candidate> = votes.into_iter().enumerate().map(name).collect();
        let standing = |one: &Candidate| json!({ "id": one.id, "heads": one.heads, "area": one.area });
        let committee = Committee { heads: 10, area: 20, filled, seats, alternates, least: min_committee, rank_rule };
        let first = answer(&json!({
            "case": "election",
            "participating": { "heads": 10, "area": 20 },
            "candidates": candidates.iter().map(standing).collect::<Vec<_>>(),
            "seats": seats,
            "filled": filled,
            "alternates": alternates,
            "min_committee": min_committee,
            "rank_rule": rank_rule,
        }));
        prop_assert_eq!(first, elect(&candidates, &committee));
    }

    #[test]
    fn both_counters_end_a_vote_at_the_same_moments(
        // At the very ends, a second beside them, and in between; some never come.
        votes in prop::collection::vec((prop::option::weighted(0.8, (0u64..5, 0u64..3)), 1u64..4), 0..9),
        closes in prop::sample::select(vec![4u64, 6, 7]),
        times in 0u64..=3,
        days in 0u64..4,
        longest_days in 0u64..14,
    ) {
        const DAY: u64 = 86_400;
        let moment = |(round, second): (u64, u64)| ((closes + round * days) * DAY + second).saturating_sub(1);
        let everyone: Vec<(Option<u64>, u64)> =
            votes.into_iter().map(|(at, area)| (at.map(moment), area)).collect();
        let cast = everyone.iter().filter_map(|(at, area)| Some(json!({ "at": (*at)?, "area": area })));
        let case = json!({
            "case": "closing",
            "closes": closes * DAY,
            "total": { "heads": everyone.len(), "area": everyone.iter().map(|one| one.1).sum::<u64>() },
            "ballots": cast.collect::<Vec<_>>(),
            "extensions": times,
            "extension_days": days,
            "longest_days": longest_days,
        });
        let extending = Extending { times, days, longest_days };
        prop_assert_eq!(answer(&case), close(closes * DAY, &everyone, extending));
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
