//! From ballots to totals, and what no worked case can ask. Decisions and elections are held against a second counter
//! in `tests/rules`.

use proptest::prelude::*;

use super::*;
use crate::polls::matter::Approval;

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

proptest! {
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
            count.add(Weight::new(1, *area), &Answers { choices: choices.clone(), answers: given, unsigned: false });
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
fn a_committee_exceeds_its_share_of_the_seats_and_has_the_least_lawful_number() {
    let needed = |open: u32, min_committee: u32, formation: Ratio| {
        let national = PollRules::national();
        let rules = PollRules { min_committee, formation_rule: Some(formation), ..national };
        ElectionRules::of(&rules, Seats::all(open)).needed()
    };
    assert_eq!(needed(11, 5, Ratio::HALF), 6);
    assert_eq!(needed(9, 5, Ratio::HALF), 5);
    assert_eq!(needed(5, 5, Ratio::HALF), 5);
    assert_eq!(needed(9, 5, Ratio::TWO_THIRDS), 7);
    assert_eq!(ElectionRules::of(&PollRules::worked_example(), Seats::all(7)).needed(), 4);
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
        seats: Seats::all(u32::MAX),
        alternates: u32::MAX,
        min_committee: 1,
        formation: Ratio::HALF,
        approval: Ratio::HALF,
        rank_rule: RankRule::RatioSum,
    };
    assert_eq!(election(huge, &[candidate], &rules).unwrap().elected, ["a"]);
}
