use proptest::prelude::*;

use super::*;
use crate::polls::ballot::{Answer, Answers, BallotForm};
use crate::polls::tally::Count;

fn matter(id: &str, class: MatterClass) -> Matter {
    Matter { id: id.to_owned(), class }
}

fn totals(candidates: &[(&str, u64, u64)], returned: Weight, roll: Weight) -> Totals {
    Totals {
        roll,
        registered: None,
        returned,
        invalid: Weight::ZERO,
        silent: roll.checked_sub(returned).unwrap(),
        unserved: Weight::ZERO,
        candidates: candidates
            .iter()
            .map(|&(id, heads, area)| CandidateVotes { id: id.to_owned(), votes: Weight::new(heads, area) })
            .collect(),
        texts: BTreeMap::new(),
    }
}

#[test]
fn each_denominator_threshold_and_margin_is_named() {
    let votes =
        Votes { yes: Weight::new(168, 1_011_000), no: Weight::new(166, 2_094_000), ..Votes::default() };
    let covenant = matter("covenant", MatterClass::Covenant);
    let verdict = of_matter(&covenant, Weight::new(500, 4_500_000), &votes, &PollRules::national()).unwrap();
    assert_eq!(verdict.outcome, Outcome::Rejected);

    let numbers: Vec<_> = verdict
        .tests
        .iter()
        .map(|test| {
            (test.question, test.measure, test.got, test.denominator, test.of, test.needed, test.margin)
        })
        .collect();
    assert_eq!(
        numbers,
        [
            (Question::Quorum, Measure::Heads, 334, Denominator::Roll, 500, 334, 0),
            (Question::Quorum, Measure::Area, 3_105_000, Denominator::Roll, 4_500_000, 3_000_000, 105_000),
            (Question::Approval, Measure::Heads, 168, Denominator::Participating, 334, 168, 0),
            (
                Question::Approval,
                Measure::Area,
                1_011_000,
                Denominator::Participating,
                3_105_000,
                1_552_501,
                -541_501
            ),
        ]
    );
    let [first, .., last] = verdict.tests.as_slice() else { panic!("four tests") };
    assert_eq!(
        first.words.zh,
        "参与表决人数 334 人，须达到业主总人数 500 人的 2/3，即不少于 334 人：符合，多 0 人。"
    );
    assert_eq!(
        first.words.en,
        "334 heads took part; needed: at least 2/3 of the 500 heads on the roll, that is 334 heads: met, with 0 heads to spare."
    );
    assert_eq!(
        last.words.zh,
        "同意面积 10110.00 平方米，须超过参与表决面积 31050.00 平方米的 1/2，即不少于 15525.01 平方米：不符合，差 5415.01 平方米。"
    );
    assert_eq!(
        last.words.en,
        "10110.00 m² agreed; needed: more than 1/2 of the 31050.00 m² that took part, that is 15525.01 m²: not met, 5415.01 m² short."
    );
}

#[test]
fn an_opinion_is_tested_stage_by_stage_and_said_to_be_advice() {
    let rules = PollRules::worked_example();
    let bikes = matter("bikes", MatterClass::Opinion);
    let votes = Votes { yes: Weight::new(84, 700_000), no: Weight::new(83, 500_000), ..Votes::default() };
    let of = |heads| Electorate {
        roll: Weight::new(500, 4_500_000),
        registered: Some(Weight::new(heads, 3_000_000)),
    };
    // Of 500 owners 334 register, 167 of these take part, and 84 agree.
    let verdict = of_matter(&bikes, of(334), &votes, &rules).unwrap();
    let numbers: Vec<_> = verdict
        .tests
        .iter()
        .map(|test| (test.question, test.got, test.denominator, test.of, test.needed, test.met))
        .collect();
    assert_eq!(
        numbers,
        [
            (Question::Registration, 334, Denominator::Roll, 500, 334, true),
            (Question::Registration, 3_000_000, Denominator::Roll, 4_500_000, 3_000_000, true),
            (Question::Turnout, 167, Denominator::Registered, 334, 167, true),
            (Question::Turnout, 1_200_000, Denominator::Registered, 3_000_000, 1_500_000, false),
            (Question::Approval, 84, Denominator::Participating, 167, 84, true),
            (Question::Approval, 700_000, Denominator::Participating, 1_200_000, 600_001, true),
        ]
    );
    assert_eq!(verdict.outcome, Outcome::NoQuorum);
    assert_eq!(
        verdict.tests[0].words.zh,
        "报名人数 334 人，须达到业主总人数 500 人的 2/3，即不少于 334 人：符合，多 0 人。"
    );
    assert_eq!(
        verdict.tests[2].words.en,
        "167 heads took part; needed: at least 1/2 of the 334 heads that registered, that is 167 heads: met, with 0 heads to spare."
    );
    let more = Votes { no: Weight::new(83, 800_000), ..votes };
    let outcome = |heads, votes: &Votes| of_matter(&bikes, of(heads), votes, &rules).unwrap().outcome;
    assert_eq!(outcome(334, &more), Outcome::Rejected, "700000 of 1500000 is no majority");
    let passed = Votes { yes: Weight::new(84, 1_000_000), ..votes };
    assert_eq!(outcome(334, &passed), Outcome::Passed);
    assert_eq!(outcome(333, &passed), Outcome::NoQuorum, "one too few registered");
    for outcome in [Outcome::Passed, Outcome::Rejected, Outcome::NoQuorum] {
        let words = outcome.words_on(MatterClass::Opinion);
        assert!(words.en.contains("advice") && words.zh.contains("意见"), "{words:?}");
        assert!(!outcome.words_on(MatterClass::FundUse).en.contains("advice"));
    }
    // Whose rules they are and who registered belong together.
    let silent = totals(&[], Weight::ZERO, Weight::new(3, 300));
    assert_eq!(explain(&silent, &[], Seats::all(0), &rules), Err(TallyFault::NotRegistered));
}

#[test]
fn silence_is_never_said_to_have_taken_part() {
    let rules = PollRules {
        nonresponse: Nonresponse::FollowMajority,
        nonresponse_clause: Some("art. 12".to_owned()),
        ..PollRules::national()
    };
    let votes = Votes { yes: Weight::new(1, 9_000), silent: Weight::new(491, 4_991_000), ..Votes::default() };
    let (covenant, roll) = (matter("covenant", MatterClass::Covenant), Weight::new(492, 5_000_000));
    let verdict = of_matter(&covenant, roll, &votes, &rules).unwrap();
    let words: Vec<_> = verdict.tests.iter().map(|test| &test.words).collect();
    assert!(words[0].en.starts_with(
        "1 head took part and 491 heads of silence are counted with them by the community's rules, 492 heads in all;"
    ));
    assert!(
        words[0].zh.starts_with("参与表决人数 1 人，未反馈票按业主规约计入 491 人，合计 492 人，须达到"),
        "{}",
        words[0].zh
    );
    assert!(words[1].en.starts_with("90.00 m² took part and 49910.00 m² of silence"), "{}", words[1].en);
    assert!(words[2].en.starts_with("1 head agreed and 491 heads of silence follow the majority"));
    assert!(words[2].en.contains("492 heads that took part or are counted with them"), "{}", words[2].en);

    let abstain = PollRules { nonresponse: Nonresponse::Abstain, ..rules };
    let verdict = of_matter(&covenant, roll, &votes, &abstain).unwrap();
    assert_eq!(verdict.outcome, Outcome::Rejected);
    assert!(!verdict.words.en.contains("took part") && !verdict.words.zh.contains("参与"));
    assert!(verdict.tests[2].words.en.starts_with("1 head agreed; needed:"), "{}", verdict.tests[2].words.en);
}

#[test]
fn where_nobody_took_part_no_test_is_shown_as_met() {
    let rebuilding = matter("rebuilding", MatterClass::Rebuilding);
    for roll in [Weight::ZERO, Weight::new(3, 300)] {
        let verdict = of_matter(&rebuilding, roll, &Votes::default(), &PollRules::national()).unwrap();
        assert_eq!(verdict.outcome, Outcome::NoQuorum);
        assert!(verdict.tests.iter().all(|test| !test.met && test.margin < 0));
    }
}

#[test]
fn without_a_quorum_nobody_is_elected_however_many_votes() {
    let few = totals(&[("a", 333, 3_330_000)], Weight::new(333, 3_330_000), Weight::new(500, 5_000_000));
    let verdict = of_election(&few, Seats::all(5), &PollRules::national()).unwrap();
    assert_eq!(verdict.outcome, ElectionOutcome::NoQuorum);
    assert_eq!((verdict.election, verdict.formation), (None, None));
    assert_eq!(verdict.candidates[0].standing, Standing::NoQuorum);
    assert!(verdict.candidates[0].tests.iter().all(|test| test.met));
}

#[test]
fn every_candidate_sees_the_place_and_the_reason() {
    let candidates = [
        ("a", 90, 900),
        ("b", 80, 800),
        ("c", 80, 800),
        ("d", 70, 700),
        ("e", 66, 660),
        ("f", 60, 600),
        ("g", 60, 600),
        ("h", 60, 600),
        ("i", 50, 900),
    ];
    let counted = totals(&candidates, Weight::new(100, 1000), Weight::new(120, 1200));
    let rules = PollRules { alternates_ratio: Ratio::new(2, 5).unwrap(), ..PollRules::national() };
    let verdict = of_election(&counted, Seats::all(5), &rules).unwrap();
    assert_eq!(verdict.outcome, ElectionOutcome::Formed);
    let seen: Vec<_> =
        verdict.candidates.iter().map(|c| (c.candidate.as_str(), c.standing, c.rank)).collect();
    assert_eq!(
        seen,
        [
            ("a", Standing::Elected, Some(1)),
            ("b", Standing::Elected, Some(2)),
            ("c", Standing::Elected, Some(2)),
            ("d", Standing::Elected, Some(4)),
            ("e", Standing::Elected, Some(5)),
            ("f", Standing::Alternate, Some(6)),
            ("g", Standing::Alternate, Some(6)),
            ("h", Standing::Passed, Some(6)),
            ("i", Standing::NotPassed, None),
        ]
    );
    assert_eq!(verdict.equal_alternates, ["f", "g"]);
    assert_eq!(verdict.candidates[8].tests[0].margin, -1, "exactly half of the heads is one short");
    let formation = verdict.formation.unwrap();
    assert_eq!((formation.members, formation.needed, formation.formed), (5, 5, true));
}

#[test]
fn equal_rank_for_the_last_seat_is_a_run_off() {
    let candidates =
        [("a", 90, 900), ("b", 80, 800), ("c", 70, 700), ("d", 66, 660), ("e", 60, 600), ("f", 60, 600)];
    let counted = totals(&candidates, Weight::new(100, 1000), Weight::new(120, 1200));
    let verdict = of_election(&counted, Seats::all(5), &PollRules::national()).unwrap();
    assert_eq!(verdict.outcome, ElectionOutcome::RunoffDue);
    let standings: Vec<Standing> = verdict.candidates.iter().map(|c| c.standing).collect();
    assert_eq!(standings[3..], [Standing::Elected, Standing::Runoff, Standing::Runoff]);
    assert!(verdict.equal_alternates.is_empty());
}

#[test]
fn a_poll_is_explained_from_its_ballots() {
    let form = BallotForm {
        candidates: ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec(),
        max_selections: 5,
        texts: vec!["covenant".to_owned(), "fund".to_owned()],
    };
    let rules = PollRules::national();
    let mut count = Count::new(&form, &rules).unwrap();
    let ballot = |fund| Answers {
        choices: form.candidates.clone(),
        answers: [("covenant".to_owned(), Answer::Yes), ("fund".to_owned(), fund)].into(),
        unsigned: false,
    };
    count.add(Weight::new(1, 4_000), &ballot(Answer::Yes));
    count.add(Weight::new(1, 3_000), &ballot(Answer::No));
    let totals = count.close(Weight::new(3, 10_000)).unwrap();
    let matters = [matter("covenant", MatterClass::Covenant), matter("fund", MatterClass::FundRaising)];

    let verdict = explain(&totals, &matters, Seats::all(5), &rules).unwrap();
    let outcomes: Vec<Outcome> = verdict.matters.iter().map(|matter| matter.outcome).collect();
    assert_eq!(outcomes, [Outcome::Passed, Outcome::Rejected]);
    assert_eq!(verdict.election.as_ref().map(|election| election.outcome), Some(ElectionOutcome::Formed));
    assert_eq!(verdict.matters[0].votes.silent, Weight::new(1, 3_000));

    let json = serde_json::to_string(&verdict).unwrap();
    assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);

    let unknown = [matter("parking", MatterClass::OtherMajor)];
    assert_eq!(
        explain(&totals, &unknown, Seats::all(5), &rules),
        Err(TallyFault::NoSuchText { text: "parking".to_owned() })
    );
}

#[test]
fn silence_without_a_majority_is_explained_without_tests() {
    let votes = Votes {
        yes: Weight::new(4, 300),
        no: Weight::new(3, 400),
        silent: Weight::new(2, 200),
        ..Votes::default()
    };
    let rules = PollRules {
        nonresponse: Nonresponse::FollowMajority,
        nonresponse_clause: Some("art. 12".to_owned()),
        ..PollRules::national()
    };
    let explained = |class| of_matter(&matter("m", class), Weight::new(10, 1000), &votes, &rules).unwrap();
    let manager = explained(MatterClass::Manager);
    assert_eq!((manager.outcome, manager.tests.len()), (Outcome::Indeterminate, 0));
    let rebuilding = explained(MatterClass::Rebuilding);
    assert_eq!(
        (rebuilding.outcome, rebuilding.nonresponse),
        (Outcome::Rejected, Nonresponse::NotParticipated)
    );
}

proptest! {
    #[test]
    fn the_tests_shown_are_those_that_decided(
        item in 1u8..=9,
        roll in (0u64..40, 0u64..400),
        yes in (0u64..20, 0u64..200),
        no in (0u64..20, 0u64..200),
    ) {
        let votes = Votes {
            yes: Weight::new(yes.0, yes.1),
            no: Weight::new(no.0, no.1),
            ..Votes::default()
        };
        let roll = Weight::new(roll.0, roll.1);
        let matter = matter("m", MatterClass::try_from(item).unwrap());
        let Ok(verdict) = of_matter(&matter, roll, &votes, &PollRules::national()) else { return Ok(()) };
        let met: Vec<bool> = verdict.tests.iter().map(|test| test.met).collect();
        let expected = match met.as_slice() {
            [true, true, true, true] => Outcome::Passed,
            [true, true, ..] => Outcome::Rejected,
            _ => Outcome::NoQuorum,
        };
        prop_assert_eq!(verdict.outcome, expected);
        for test in &verdict.tests {
            prop_assert_eq!(test.met, test.margin >= 0);
        }
    }
}
