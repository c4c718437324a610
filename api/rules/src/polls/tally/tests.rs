//! A second counter, written differently, against the first: one voter at a time, shares compared by repeated addition,
//! places found by asking how many are ahead. Nothing here uses `Ratio`, `rank` or a sort.

use proptest::prelude::*;

use super::*;
use crate::polls::matter::Approval;

// One head after another.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Mark {
    Yes,
    No,
    Abstain,
    Silent,
    Invalid,
    NotServed,
}

fn marks() -> impl Strategy<Value = Vec<(Mark, u64)>> {
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
    prop::collection::vec((mark, prop::sample::select(vec![1u64, 2, 3, 6])), 0..14)
}

fn votes_of(heads: &[(Mark, u64)]) -> (Weight, Votes) {
    let sum = |wanted: &[Mark]| {
        heads.iter().filter(|(mark, _)| wanted.contains(mark)).map(|(_, area)| Weight::new(1, *area)).sum()
    };
    let votes = Votes {
        yes: sum(&[Mark::Yes]),
        no: sum(&[Mark::No]),
        abstain: sum(&[Mark::Abstain]),
        silent: sum(&[Mark::Silent]),
        invalid: sum(&[Mark::Invalid]),
    };
    (heads.iter().map(|(_, area)| Weight::new(1, *area)).sum(), votes)
}

// Each measure is a list of numbers: ones for heads, areas for area.
fn second_opinion(
    heads: &[(Mark, u64)],
    approval: Approval,
    nonresponse: Nonresponse,
    invalid_as: InvalidAs,
) -> Outcome {
    let mut heads = heads.to_vec();
    for (mark, _) in &mut heads {
        if *mark == Mark::Invalid {
            *mark = if invalid_as == InvalidAs::Abstain { Mark::Abstain } else { Mark::NotServed };
        }
    }
    let measures = [|_area: u64| 1u64, |area: u64| area];
    let weigh = |heads: &[(Mark, u64)], measure: fn(u64) -> u64, wanted: &[Mark]| -> u64 {
        heads.iter().filter(|(mark, _)| wanted.contains(mark)).map(|(_, area)| measure(*area)).sum()
    };
    if heads.iter().any(|(mark, _)| *mark == Mark::Silent) {
        let becomes = match nonresponse {
            Nonresponse::NotParticipated => Mark::NotServed,
            Nonresponse::Abstain => Mark::Abstain,
            Nonresponse::FollowMajority => {
                let wins = |a: Mark, b: Mark| {
                    measures
                        .iter()
                        .all(|measure| weigh(&heads, *measure, &[a]) > weigh(&heads, *measure, &[b]))
                };
                if wins(Mark::Yes, Mark::No) {
                    Mark::Yes
                } else if wins(Mark::No, Mark::Yes) {
                    Mark::No
                } else {
                    return Outcome::Indeterminate;
                }
            }
        };
        for (mark, _) in &mut heads {
            if *mark == Mark::Silent {
                *mark = becomes;
            }
        }
    }

    let mut quorate = !heads.is_empty();
    let mut agreed = true;
    for measure in measures {
        let everyone: u64 = heads.iter().map(|(_, area)| measure(*area)).sum();
        let took_part = weigh(&heads, measure, &[Mark::Yes, Mark::No, Mark::Abstain]);
        let yes = weigh(&heads, measure, &[Mark::Yes]);
        let stayed_away = everyone - took_part;
        quorate &= took_part >= stayed_away + stayed_away; // two for each one that stayed away
        let others = took_part - yes;
        agreed &= took_part > 0
            && match approval {
                Approval::Ordinary => yes > others,
                Approval::Special => yes >= others + others + others, // three for each one that did not agree
            };
    }
    match (quorate, agreed) {
        (false, _) => Outcome::NoQuorum,
        (true, true) => Outcome::Passed,
        (true, false) => Outcome::Rejected,
    }
}

fn rules_of(approval: Approval, nonresponse: Nonresponse, invalid_as: InvalidAs) -> DecisionRules {
    let rules = PollRules::national();
    DecisionRules {
        quorum: rules.quorum,
        approval: rules.approval_ratio(approval),
        bound: approval.bound(),
        nonresponse,
        invalid_as,
    }
}

const APPROVALS: [Approval; 2] = [Approval::Ordinary, Approval::Special];
const NONRESPONSES: [Nonresponse; 3] =
    [Nonresponse::NotParticipated, Nonresponse::Abstain, Nonresponse::FollowMajority];
const INVALIDS: [InvalidAs; 2] = [InvalidAs::Excluded, InvalidAs::Abstain];

#[test]
fn every_vote_of_up_to_six_heads_is_decided_alike_by_both_counters() {
    // Each head picks one of five marks; areas are fixed and uneven, so that heads and area disagree often.
    let areas = [1u64, 2, 3, 1, 6, 2];
    let marks = [Mark::Yes, Mark::No, Mark::Abstain, Mark::Silent, Mark::NotServed];
    let mut seen = std::collections::BTreeMap::new();
    for size in 0..=areas.len() {
        for mut pick in 0..5usize.pow(u32::try_from(size).unwrap()) {
            let heads: Vec<(Mark, u64)> = areas[..size]
                .iter()
                .map(|&area| {
                    let mark = marks[pick % 5];
                    pick /= 5;
                    (mark, area)
                })
                .collect();
            let (total, votes) = votes_of(&heads);
            for approval in APPROVALS {
                for nonresponse in NONRESPONSES {
                    let rules = rules_of(approval, nonresponse, InvalidAs::Excluded);
                    let first = decision(total, &votes, &rules).unwrap().outcome();
                    let second = second_opinion(&heads, approval, nonresponse, InvalidAs::Excluded);
                    assert_eq!(first, second, "{heads:?} {approval:?} {nonresponse:?}");
                    *seen.entry(format!("{first:?}")).or_insert(0) += 1;
                }
            }
        }
    }
    assert_eq!(seen.len(), 4, "every outcome happens: {seen:?}");
}

// Asks of each candidate, with fractions written out, who passed and how many are ahead.
fn second_election(participating: (u64, u64), candidates: &[(u64, u64)], rules: &ElectionRules) -> Election {
    let (all_heads, all_area) = participating;
    let passed: Vec<usize> = (0..candidates.len())
        .filter(|&at| {
            let (heads, area) = candidates[at];
            heads > all_heads - heads && area > all_area - area
        })
        .collect();
    // Both shares over one denominator, by repeated addition.
    let sum_of_shares = |(heads, area): (u64, u64)| -> u64 {
        (0..all_area).map(|_| heads).sum::<u64>() + (0..all_heads).map(|_| area).sum::<u64>()
    };
    let ahead = |a: (u64, u64), b: (u64, u64)| match rules.rank_rule {
        RankRule::HeadsArea => a.0 > b.0 || (a.0 == b.0 && a.1 > b.1),
        RankRule::AreaHeads => a.1 > b.1 || (a.1 == b.1 && a.0 > b.0),
        RankRule::RatioSum => {
            sum_of_shares(a) > sum_of_shares(b) || (sum_of_shares(a) == sum_of_shares(b) && a.1 > b.1)
        }
    };
    let is_ahead = |a: usize, b: usize| ahead(candidates[a], candidates[b]);
    let equal = |a: usize, b: usize| !is_ahead(a, b) && !is_ahead(b, a);
    let place = |at: usize| {
        passed.iter().filter(|&&other| is_ahead(other, at) || (equal(other, at) && other < at)).count()
    };
    let mut in_order = vec![usize::MAX; passed.len()];
    for &at in &passed {
        in_order[place(at)] = at;
    }

    let seats = usize::try_from(rules.seats).unwrap();
    // Certain of a seat: even if all equals came first there would be room. Certain of none: the betters fill all.
    let better = |at: usize| passed.iter().filter(|&&other| is_ahead(other, at)).count();
    let equals = |at: usize| passed.iter().filter(|&&other| equal(other, at)).count();
    let sure = |at: usize| better(at) + equals(at) <= seats;
    let out = |at: usize| better(at) >= seats;
    let name = |at: &usize| format!("c{at:02}");
    let undecided: Vec<usize> = passed.iter().copied().filter(|&at| !sure(at) && !out(at)).collect();
    let elected: Vec<String> = in_order.iter().filter(|&&at| sure(at)).map(name).collect();
    let open = if undecided.is_empty() { 0 } else { seats - elected.len() };
    let members = elected.len() + open;
    let mut between: Vec<String> = undecided.iter().map(name).collect();
    between.sort();
    Election {
        qualified: in_order.iter().map(name).collect(),
        runoff: (!undecided.is_empty()).then(|| Runoff { between, seats: u32::try_from(open).unwrap() }),
        alternates: undecided.is_empty().then(|| {
            in_order
                .iter()
                .filter(|&&at| out(at))
                .map(name)
                .take(usize::try_from(rules.alternates).unwrap())
                .collect()
        }),
        vacant: u32::try_from(seats - members).unwrap(),
        formed: members >= usize::try_from(rules.min_committee).unwrap() && members > seats - members,
        elected,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn decisions_agree_with_the_second_counter(
        heads in marks(),
        approval in prop::sample::select(APPROVALS.to_vec()),
        nonresponse in prop::sample::select(NONRESPONSES.to_vec()),
        invalid_as in prop::sample::select(INVALIDS.to_vec()),
    ) {
        let (total, votes) = votes_of(&heads);
        let rules = rules_of(approval, nonresponse, invalid_as);
        let first = decision(total, &votes, &rules).unwrap().outcome();
        prop_assert_eq!(first, second_opinion(&heads, approval, nonresponse, invalid_as));
    }

    #[test]
    fn elections_agree_with_the_second_counter(
        // Few distinct values, so that equal ranks are common.
        candidates in prop::collection::vec((4u64..=10, 9u64..=20), 0..10),
        seats in 1u32..7,
        alternates in 0u32..4,
        min_committee in 1u32..6,
        rank_rule in prop::sample::select(vec![RankRule::HeadsArea, RankRule::AreaHeads, RankRule::RatioSum]),
    ) {
        let rules = ElectionRules { seats, alternates, min_committee, approval: Ratio::HALF, rank_rule };
        let standing: Vec<CandidateVotes> = candidates
            .iter()
            .enumerate()
            .map(|(at, &(heads, area))| CandidateVotes { id: format!("c{at:02}"), votes: Weight::new(heads, area) })
            .collect();
        let first = election(Weight::new(10, 20), &standing, &rules).unwrap();
        prop_assert_eq!(first, second_election((10, 20), &candidates, &rules));
    }

    #[test]
    fn counting_a_stream_agrees_with_asking_each_ballot_about_each_name(
        ballots in prop::collection::vec(
            (1u64..1000, prop::collection::vec("[abcz]", 0..5), prop::option::of(0usize..3), prop::option::of(0usize..3)),
            0..20,
        ),
        absent in 0u64..50,
        blank_counts: bool,
    ) {
        let answers = [Answer::Yes, Answer::No, Answer::Abstain];
        let form = BallotForm {
            candidates: ["a", "b", "c"].map(str::to_owned).to_vec(),
            max_selections: 2,
            texts: vec!["t".to_owned(), "u".to_owned()],
        };
        let blank_item = if blank_counts { BlankItem::Abstain } else { BlankItem::NotParticipated };
        let rules = PollRules { blank_item, ..PollRules::national() };
        let mut count = Count::new(&form, &rules).unwrap();
        for (area, choices, t, u) in &ballots {
            let mut given = BTreeMap::new();
            for (text, answer) in [("t", t), ("u", u)] {
                if let Some(answer) = answer {
                    given.insert(text.to_owned(), answers[*answer]);
                }
            }
            count.add(Weight::new(1, *area), &Answers { choices: choices.clone(), answers: given });
        }
        let heads = u64::try_from(ballots.len()).unwrap() + absent;
        let roll = Weight::new(heads, 100_000);
        let totals = count.close(roll).unwrap();

        let names = |choices: &[String]| ["a", "b", "c"].iter().filter(|name| choices.iter().any(|c| c == *name)).count();
        let spoilt = |choices: &[String]| names(choices) == 3;
        for candidate in &totals.candidates {
            let by_hand: u64 = ballots
                .iter()
                .filter(|(_, choices, ..)| !spoilt(choices) && choices.contains(&candidate.id))
                .map(|(area, ..)| area)
                .sum();
            prop_assert_eq!(candidate.votes.area.0, by_hand);
        }
        let text = totals.texts["u"];
        let by_hand = |wanted: Option<usize>| -> u64 {
            ballots.iter().filter(|(_, choices, _, u)| !spoilt(choices) && *u == wanted).map(|(area, ..)| area).sum()
        };
        let left_out = if blank_counts { by_hand(None) } else { 0 };
        prop_assert_eq!(text.yes.area.0, by_hand(Some(0)));
        prop_assert_eq!(text.no.area.0, by_hand(Some(1)));
        prop_assert_eq!(text.abstain.area.0, by_hand(Some(2)) + left_out);
        let invalid = u64::try_from(ballots.iter().filter(|(_, choices, ..)| spoilt(choices)).count()).unwrap();
        prop_assert_eq!(totals.invalid.heads.0, invalid);
        prop_assert_eq!(totals.silent.heads.0, absent);
        prop_assert_eq!(totals.returned.heads.0 + invalid + absent, heads);
    }
}

#[test]
fn more_ballots_back_than_the_roll_holds_void_the_count() {
    let form = BallotForm { candidates: Vec::new(), max_selections: 0, texts: vec!["t".to_owned()] };
    let mut count = Count::new(&form, &PollRules::national()).unwrap();
    count.add(Weight::new(1, 50), &Answers::default());
    assert!(count.clone().close(Weight::new(1, 50)).is_ok());
    assert_eq!(count.clone().close(Weight::new(1, 49)), Err(TallyFault::MoreThanTheRoll));
    count.add(Weight::new(1, 0), &Answers::default());
    assert_eq!(count.close(Weight::new(1, 50)), Err(TallyFault::MoreThanTheRoll));
}

#[test]
fn a_name_on_the_form_twice_is_refused() {
    let twice = vec!["a".to_owned(), "a".to_owned()];
    let rules = PollRules::national();
    let form = BallotForm { candidates: twice.clone(), max_selections: 1, texts: Vec::new() };
    assert_eq!(
        Count::new(&form, &rules).unwrap_err(),
        TallyFault::CandidateTwice { candidate: "a".to_owned() }
    );
    let form = BallotForm { candidates: Vec::new(), max_selections: 1, texts: twice };
    assert_eq!(Count::new(&form, &rules).unwrap_err(), TallyFault::TextTwice { text: "a".to_owned() });
}

#[test]
fn invalid_paper_takes_part_in_the_election_only_by_rule() {
    let form =
        BallotForm { candidates: vec!["a".to_owned(), "b".to_owned()], max_selections: 1, texts: Vec::new() };
    let mut count = Count::new(&form, &PollRules::national()).unwrap();
    let choose = |names: &[&str]| Answers {
        choices: names.iter().map(|&n| n.to_owned()).collect(),
        ..Answers::default()
    };
    count.add(Weight::new(1, 10), &choose(&["a"]));
    count.add(Weight::new(1, 20), &choose(&["a", "b"]));
    count.add(Weight::new(1, 40), &choose(&[]));
    let totals = count.close(Weight::new(5, 100)).unwrap();
    assert_eq!(totals.participating(InvalidAs::Excluded), Weight::new(2, 50));
    assert_eq!(totals.participating(InvalidAs::Abstain), Weight::new(3, 70));
    assert_eq!(totals.silent, Weight::new(2, 30));
}

#[test]
fn where_nobody_took_part_nothing_is_approved() {
    let rules = rules_of(Approval::Special, Nonresponse::NotParticipated, InvalidAs::Excluded);
    for total in [Weight::ZERO, Weight::new(3, 300)] {
        let Decision::Decided { approved, outcome, .. } = decision(total, &Votes::default(), &rules).unwrap()
        else {
            panic!("decided")
        };
        assert!(!approved.heads && !approved.area);
        assert_eq!(outcome, Outcome::NoQuorum);
    }
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let huge = Weight::new(u64::MAX, u64::MAX);
    let rules = rules_of(Approval::Special, Nonresponse::FollowMajority, InvalidAs::Abstain);
    let votes = Votes { yes: huge, ..Votes::default() };
    assert_eq!(decision(huge, &votes, &rules).unwrap().outcome(), Outcome::Passed);
    let over = Votes { yes: huge, no: Weight::new(1, 0), ..Votes::default() };
    assert_eq!(decision(huge, &over, &rules), Err(TallyFault::MoreThanTheRoll));
    let candidate = CandidateVotes { id: "a".to_owned(), votes: huge };
    let rules = ElectionRules {
        seats: u32::MAX,
        alternates: u32::MAX,
        min_committee: 1,
        approval: Ratio::HALF,
        rank_rule: RankRule::RatioSum,
    };
    assert_eq!(election(huge, &[candidate], &rules).unwrap().elected, ["a"]);
}
