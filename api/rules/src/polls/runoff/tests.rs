use std::{cell::Cell, collections::BTreeMap};

use proptest::prelude::*;

use super::*;
use crate::polls::{
    lists,
    parameters::{PollRules, RankRule},
    tally::{CandidateVotes, Totals},
    verdict::{ElectionOutcome, of_election},
};
use crate::quantity::Weight;

/// Twelve of twelve heads took part.
const ALL: Weight = Weight::new(12, 24);

fn vote(
    candidates: &[(String, Weight)],
    returned: Weight,
    seats: Seats,
    rules: &PollRules,
) -> ElectionVerdict {
    let totals = Totals {
        roll: ALL,
        registered: None,
        returned,
        invalid: Weight::ZERO,
        silent: ALL.checked_sub(returned).unwrap(),
        unserved: Weight::ZERO,
        candidates: candidates
            .iter()
            .map(|(id, votes)| CandidateVotes { id: id.clone(), votes: *votes })
            .collect(),
        texts: BTreeMap::new(),
    };
    of_election(&totals, seats, rules).unwrap()
}

fn small() -> PollRules {
    PollRules { min_committee: 3, ..PollRules::national() }
}

fn named(votes: &[(&str, u64)]) -> Vec<(String, Weight)> {
    votes.iter().map(|(id, heads)| ((*id).to_owned(), Weight::new(*heads, heads * 2))).collect()
}

/// Five seats; `d`, `e` and `f` are equal for the last two, and `g` stands behind them.
fn first() -> ElectionVerdict {
    let votes = [("a", 12), ("b", 11), ("c", 10), ("d", 9), ("e", 9), ("f", 9), ("g", 8)];
    vote(&named(&votes), ALL, Seats::all(5), &small())
}

fn again(votes: &[(&str, u64)], seats: Seats) -> ElectionVerdict {
    vote(&named(votes), ALL, seats, &small())
}

#[test]
fn a_run_off_is_made_once_and_of_nothing_but_a_published_tie() {
    let tied = first();
    let runoff = due(Phase::Published, Some(&tied), false).unwrap();
    assert_eq!((runoff.between, runoff.seats), (["d", "e", "f"].map(str::to_owned).to_vec(), 2));
    assert_eq!(due(Phase::Published, Some(&tied), true), Err(Refusal::MadeAlready));
    for phase in [Phase::Draft, Phase::Locked, Phase::Open, Phase::Closed] {
        assert_eq!(due(phase, Some(&tied), false), Err(Refusal::NotPublished));
    }
    let clear = vote(&named(&[("a", 12), ("b", 11), ("c", 10)]), ALL, Seats::all(3), &small());
    assert_eq!(due(Phase::Published, Some(&clear), false), Err(Refusal::NotDue));
    assert_eq!(due(Phase::Published, None, false), Err(Refusal::NotDue));
    for refusal in [Refusal::NotPublished, Refusal::NotDue, Refusal::MadeAlready] {
        let words = refusal.words();
        assert!(words.zh.ends_with('。') && words.en.ends_with('.'));
    }
}

#[test]
fn both_votes_together_elect_the_committee() {
    let so_far = Composition::of(&first()).unwrap();
    assert_eq!((so_far.seats(), so_far.alternates()), (Seats { open: 2, filled: 3 }, None));
    let decided = so_far.clone().with(&again(&[("d", 7), ("e", 12), ("f", 8)], so_far.seats())).unwrap();
    assert_eq!(decided.elected, ["a", "b", "c", "e", "f"]);
    assert_eq!((decided.runoff.as_ref(), decided.vacant, decided.formed), (None, 0, true));
    // One alternate for five seats: who lost the run-off stands before who was behind in the first vote.
    assert_eq!(decided.alternates().unwrap(), ["d"]);
    assert_eq!(decided.equal_alternates(), [""; 0]);
}

#[test]
fn who_is_equal_again_is_voted_on_again() {
    let so_far = Composition::of(&first()).unwrap();
    let vote = again(&[("d", 8), ("e", 12), ("f", 8)], so_far.seats());
    assert_eq!(vote.outcome, ElectionOutcome::RunoffDue);
    let so_far = so_far.with(&vote).unwrap();
    assert_eq!(so_far.elected, ["a", "b", "c", "e"]);
    let due = so_far.runoff.clone().unwrap();
    assert_eq!((due.between, so_far.seats()), (vec!["d".into(), "f".into()], Seats { open: 1, filled: 4 }));
    let decided = so_far.clone().with(&again(&[("d", 7), ("f", 8)], so_far.seats())).unwrap();
    assert_eq!(decided.elected, ["a", "b", "c", "e", "f"]);
    assert_eq!(decided.alternates().unwrap(), ["d"]);
}

#[test]
fn seats_that_a_run_off_fills_with_nobody_stay_vacant() {
    let so_far = Composition::of(&first()).unwrap();
    // Nobody but `e` wins half of those who took part.
    let one = again(&[("d", 6), ("e", 12), ("f", 6)], so_far.seats());
    let decided = so_far.clone().with(&one).unwrap();
    assert_eq!((decided.elected.len(), decided.vacant, decided.formed), (4, 1, true));
    assert_eq!(
        (decided.alternates().unwrap(), decided.equal_alternates()),
        (vec!["d".into()], vec!["d".into()])
    );
    // Too few took part: nobody is elected by it, and who was equal still is.
    let few = vote(&named(&[("d", 1), ("e", 2), ("f", 3)]), Weight::new(3, 6), so_far.seats(), &small());
    assert_eq!(few.outcome, ElectionOutcome::NoQuorum);
    let decided = so_far.with(&few).unwrap();
    assert_eq!((decided.elected.len(), decided.vacant, decided.formed), (3, 2, true));
    assert_eq!((decided.alternates(), decided.runoff.as_ref()), (None, None));
}

#[test]
fn a_vote_that_is_not_the_run_off_is_refused() {
    let so_far = Composition::of(&first()).unwrap();
    let seats = so_far.seats();
    let with = |votes: &[(&str, u64)], seats| so_far.clone().with(&again(votes, seats)).unwrap_err();
    assert_eq!(with(&[("d", 7), ("e", 8)], seats), Unfit::OtherCandidates);
    assert_eq!(with(&[("d", 7), ("e", 8), ("g", 9)], seats), Unfit::OtherCandidates);
    assert_eq!(with(&[("d", 7), ("e", 8), ("f", 9)], Seats::all(1)), Unfit::OtherSeats);
    let decided = so_far.clone().with(&again(&[("d", 7), ("e", 9), ("f", 8)], seats)).unwrap();
    assert_eq!(decided.with(&again(&[("d", 7)], seats)), Err(Unfit::NothingDue));
    let few = vote(&named(&[("a", 1)]), Weight::new(1, 2), Seats::all(5), &small());
    assert_eq!(Composition::of(&few), None);
}

#[test]
fn a_run_off_is_read_under_the_ids_of_the_first_ballot_and_listed_with_it() {
    let own = named(&[("x", 7), ("y", 12), ("z", 7)]);
    let ids = [("x", "d"), ("y", "e"), ("z", "f")];
    let ids = ids.map(|(own, first)| (own.to_owned(), first.to_owned())).into();
    let so_far = Composition::of(&first()).unwrap();
    let tied = vote(&own, ALL, so_far.seats(), &small()).renamed(&ids);
    let rows = |votes: &[&ElectionVerdict], together: &Composition| {
        let names = ["a", "b", "c", "d", "e", "f", "g"].map(|id| (id.to_owned(), id.to_uppercase()));
        let rows = lists::members_together(votes, together, &names.into()).rows();
        rows.iter().map(|row| row.join(" ")).collect::<Vec<_>>()
    };
    let so_far = so_far.with(&tied).unwrap();
    assert_eq!(
        rows(&[&first(), &tied], &so_far),
        [
            "1 A 当选委员 12 0.24",
            "2 B 当选委员 11 0.22",
            "3 C 当选委员 10 0.20",
            "4 E 当选委员 12 0.24",
            "5 D 待再次投票 7 0.14",
            "5 F 待再次投票 7 0.14"
        ]
    );
    let last = again(&[("d", 7), ("f", 8)], so_far.seats());
    let decided = so_far.with(&last).unwrap();
    let rows = rows(&[&first(), &tied, &last], &decided);
    assert_eq!(rows[4..], ["5 F 当选委员 8 0.16", "6 D 候补委员 7 0.14"]);
}

/// How often a property saw a run-off, and one that tied again.
#[derive(Default)]
struct Seen {
    runoffs: Cell<u32>,
    again: Cell<u32>,
}

#[test]
fn nobody_is_elected_twice_or_beyond_the_seats_or_by_the_order_of_names() {
    let seen = Seen::default();
    proptest!(ProptestConfig::with_cases(4000), |(
        first in prop::collection::vec((7u64..=12, 13u64..=15), 1..10),
        // Few values, so that who was equal often is so again, and now and then does not win half.
        rounds in prop::collection::vec(
            prop::collection::vec((prop::sample::select(vec![5u64, 8, 9, 9]), 13u64..=14), 9), 4),
        seats in 1u32..7,
        rank_rule in prop::sample::select(vec![RankRule::HeadsArea, RankRule::AreaHeads, RankRule::RatioSum]),
    )| {
            let rules = PollRules { rank_rule, ..small() };
            let candidates: Vec<(String, Weight)> = (0..)
                .zip(&first)
                .map(|(at, (heads, area))| (format!("c{at}"), Weight::new(*heads, *area)))
                .collect();
            let compose = |is_turned: bool| {
                let ordered = |mut standing: Vec<(String, Weight)>| {
                    if is_turned {
                        standing.reverse();
                    }
                    standing
                };
                let verdict = vote(&ordered(candidates.clone()), ALL, Seats::all(seats), &rules);
                let mut so_far = Composition::of(&verdict).unwrap();
                let mut outcome = verdict.outcome;
                for round in &rounds {
                    let Some(due) = so_far.runoff.clone() else { break };
                    seen.runoffs.set(seen.runoffs.get() + 1);
                    let number = |id: &str| id.trim_start_matches('c').parse::<usize>().unwrap();
                    let votes = |id: &String| {
                        let (heads, area) = round[number(id)];
                        (id.clone(), Weight::new(heads, area))
                    };
                    let standing = ordered(due.between.iter().map(votes).collect());
                    let verdict = vote(&standing, ALL, so_far.seats(), &rules);
                    let before = so_far.elected.clone();
                    so_far = so_far.with(&verdict).unwrap();
                    outcome = verdict.outcome;
                    prop_assert!(so_far.elected.starts_with(&before), "who was elected stays so");
                    let tied = verdict.election.as_ref().is_some_and(|election| election.runoff.is_some());
                    prop_assert_eq!(tied, so_far.runoff.is_some());
                    seen.again.set(seen.again.get() + u32::from(tied));
                    // The run-off's own verdict says of the whole committee what both votes come to.
                    prop_assert_eq!(verdict.formation.map(|formation| formation.formed), Some(so_far.formed));
                    prop_assert_eq!(verdict.election.map(|election| election.formed), Some(so_far.formed));
                }
                let expected = match (so_far.runoff.is_some(), so_far.formed) {
                    (true, _) => ElectionOutcome::RunoffDue,
                    (false, true) => ElectionOutcome::Formed,
                    (false, false) => ElectionOutcome::NotFormed,
                };
                prop_assert_eq!(outcome, expected);
                let mut places = so_far.elected.clone();
                places.extend(so_far.runoff.iter().flat_map(|due| due.between.clone()));
                places.extend(so_far.alternates().unwrap_or_default());
                let once: BTreeSet<_> = places.iter().collect();
                prop_assert_eq!(once.len(), places.len(), "each has one place");
                let open = so_far.runoff.as_ref().map_or(0, |due| due.seats);
                let filled = u32::try_from(so_far.elected.len()).unwrap();
                prop_assert_eq!(filled + open + so_far.vacant, seats);
                let mut elected = so_far.elected.clone();
                elected.sort();
                Ok((elected, so_far.runoff, so_far.vacant, so_far.formed))
            };
        prop_assert_eq!(compose(false)?, compose(true)?, "names in another order");
    });
    assert!(
        seen.runoffs.get() > 100 && seen.again.get() > 20,
        "both happen: {:?}",
        (seen.runoffs, seen.again)
    );
}
