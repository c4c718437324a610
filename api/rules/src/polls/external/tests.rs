//! Evidence that holds, each way in which it does not, and that it comes to what ballots of one's own come to.

use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::polls::{
    ballot::{Answer, Answers},
    matter::MatterClass,
    parameters::InvalidAs,
    tally::Count,
};

const AREAS: [u64; 6] = [5_000, 6_000, 7_000, 8_000, 9_000, 10_000];

fn at(day: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::days(day)
}

fn texts(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// A vote on two texts and three candidates for one seat.
struct Vote {
    rules: PollRules,
    form: BallotForm,
    matters: Vec<Matter>,
    areas: Vec<u64>,
}

impl Vote {
    fn new() -> Self {
        let matter = |id: &str, class| Matter { id: id.to_owned(), class };
        Self {
            rules: PollRules { extensions: Some(1), extension_days: Some(7), ..PollRules::national() },
            form: BallotForm {
                candidates: texts(&["a", "b", "c"]),
                max_selections: 2,
                texts: texts(&["t", "u"]),
            },
            matters: vec![matter("t", MatterClass::Covenant), matter("u", MatterClass::FundRaising)],
            areas: AREAS.to_vec(),
        }
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            poll: "p",
            window: Window { opens_at: at(0), closes_at: at(7) },
            areas: &self.areas,
            rules: &self.rules,
            form: &self.form,
            matters: &self.matters,
            seats: Seats { open: 1, filled: 4 },
        }
    }

    fn check(&self, evidence: &Evidence) -> Result<Imported, Fault> {
        check(evidence, self.asked())
    }
}

/// Four of six took part, and one more whose ballot is spoiled.
fn good() -> Evidence {
    let matter = |matter: &str, yes, no, abstain, outcome| MatterTotals {
        matter: matter.to_owned(),
        yes,
        no,
        abstain,
        outcome,
    };
    let candidate = |candidate: &str, heads, area| CandidateTotals {
        candidate: candidate.to_owned(),
        votes: Weight::new(heads, area),
    };
    Evidence {
        format: FORMAT.to_owned(),
        poll: "p".to_owned(),
        electorate: Weight::new(6, 45_000),
        closings: vec![Closing { at: at(7), came_in: Weight::new(5, 39_000) }],
        took_part: Weight::new(4, 30_000),
        spoiled: Weight::new(1, 9_000),
        matters: vec![
            matter("u", Weight::new(2, 15_000), Weight::new(2, 15_000), Weight::ZERO, Outcome::Rejected),
            matter("t", Weight::new(3, 24_000), Weight::ZERO, Weight::new(1, 6_000), Outcome::Passed),
        ],
        election: Some(ElectionTotals {
            candidates: vec![candidate("b", 1, 5_000), candidate("a", 3, 24_000), candidate("c", 0, 0)],
            outcome: ElectionOutcome::Formed,
            elected: texts(&["a"]),
        }),
    }
}

#[test]
fn evidence_that_adds_up_is_counted_in_ballot_order() {
    let imported = Vote::new().check(&good()).unwrap();
    assert_eq!(imported.totals.silent, Weight::new(1, 6_000));
    let order: Vec<&str> = imported.totals.candidates.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(order, ["a", "b", "c"]);
    assert_eq!(imported.closings, [at(7)]);
    assert_eq!(imported.verdict.matters[0].outcome, Outcome::Passed);
    let text = serde_json::to_string(&good()).unwrap();
    assert_eq!(serde_json::from_str::<Evidence>(&text).unwrap(), good(), "it reads as it was written");
}

#[test]
fn where_too_few_took_part_voting_ended_when_the_rules_say() {
    let vote = Vote::new();
    let mut evidence = good();
    evidence.closings[0].came_in = Weight::new(3, 24_000);
    evidence.closings.push(Closing { at: at(14), came_in: Weight::new(5, 39_000) });
    let imported = vote.check(&evidence).unwrap();
    assert_eq!(imported.closings, [at(7), at(14)]);
    assert_eq!(imported.came_in, [(at(0), Weight::new(3, 24_000)), (at(7), Weight::new(2, 15_000))]);
    // Nor did it go on where enough had taken part.
    evidence.closings[0].came_in = Weight::new(4, 30_000);
    assert!(matches!(vote.check(&evidence), Err(Fault::ClosingsDiffer { .. })));
}

#[test]
fn without_a_quorum_nothing_is_decided_and_that_has_to_be_declared() {
    let vote = Vote { rules: PollRules { extensions: Some(0), ..Vote::new().rules }, ..Vote::new() };
    let mut evidence = good();
    (evidence.took_part, evidence.spoiled) = (Weight::new(1, 5_000), Weight::ZERO);
    evidence.closings[0].came_in = evidence.took_part;
    for one in &mut evidence.matters {
        (one.yes, one.no, one.abstain) = (evidence.took_part, Weight::ZERO, Weight::ZERO);
        one.outcome = Outcome::NoQuorum;
    }
    let election = evidence.election.as_mut().unwrap();
    (election.outcome, election.elected) = (ElectionOutcome::NoQuorum, Vec::new());
    for one in &mut election.candidates {
        one.votes = Weight::ZERO;
    }
    assert_eq!(vote.check(&evidence).unwrap().verdict.election.unwrap().election, None);
    evidence.matters[1].outcome = Outcome::Passed;
    assert!(matches!(vote.check(&evidence), Err(Fault::OutcomeDiffers { .. })));
}

/// Two are equal for the last seat: the city's system declares that a run-off is due, and nobody elected between them; and the
/// run-off, with the seats that were filled before, holds as a poll of its own.
#[test]
fn a_run_off_is_declared_and_comes_from_elsewhere_too() {
    let vote = Vote::new();
    let mut evidence = good();
    for one in &mut election(&mut evidence).candidates {
        one.votes = if one.candidate == "c" { Weight::ZERO } else { Weight::new(3, 24_000) };
    }
    assert!(matches!(vote.check(&evidence), Err(Fault::ElectionDiffers { .. })), "it is not formed");
    election(&mut evidence).outcome = ElectionOutcome::RunoffDue;
    assert!(matches!(vote.check(&evidence), Err(Fault::ElectedDiffer { .. })), "nor is one of them elected");
    election(&mut evidence).elected.clear();
    let due = vote.check(&evidence).unwrap().verdict.election.unwrap();
    assert_eq!(due.outcome, ElectionOutcome::RunoffDue);

    let form = BallotForm { candidates: texts(&["a", "b"]), max_selections: 1, texts: Vec::new() };
    let again = Vote { form, matters: Vec::new(), ..Vote::new() };
    let mut evidence = Evidence { matters: Vec::new(), ..good() };
    election(&mut evidence).candidates.retain(|one| one.candidate != "c");
    let decided = again.check(&evidence).unwrap().verdict.election.unwrap();
    assert_eq!(decided.outcome, ElectionOutcome::Formed);
    election(&mut evidence).outcome = ElectionOutcome::RunoffDue;
    assert!(matches!(again.check(&evidence), Err(Fault::ElectionDiffers { .. })));
}

/// The name of a fault's kind.
fn kind(fault: &Fault) -> String {
    let told = format!("{fault:?}");
    told.split([' ', '(']).next().unwrap_or_default().to_owned()
}

type Change = fn(&mut Evidence);

const WRONG: &[(&str, Change)] = &[
    ("UnknownFormat", |one| one.format.push('0')),
    ("AnotherPoll", |one| one.poll = "q".into()),
    ("ElectorateDiffers", |one| one.electorate.heads.0 += 1),
    ("ElectorateDiffers", |one| one.electorate.area.0 -= 1),
    ("TurnoutFalls", |one| one.closings.push(Closing { at: at(14), came_in: Weight::new(4, 39_000) })),
    ("TurnoutDiffers", |one| one.closings[0].came_in.area.0 -= 1),
    ("TurnoutDiffers", |one| one.closings.clear()),
    ("ClosingsDiffer", |one| one.closings[0].at += TimeDelta::seconds(1)),
    ("MoreThanTheRoll", |one| {
        one.spoiled = Weight::new(3, 16_000);
        one.closings[0].came_in = Weight::new(7, 46_000);
    }),
    ("MoreThanTheRoll", |one| {
        one.spoiled = Weight::new(u64::MAX, 0);
        one.closings[0].came_in = one.took_part.plus(one.spoiled);
    }),
    ("CannotWeigh", |one| {
        one.spoiled = Weight::new(1, 10_001);
        one.closings[0].came_in = Weight::new(5, 40_001);
    }),
    ("CannotWeigh", |one| one.matters[1].abstain.heads.0 = 2),
    ("MatterUnknown", |one| one.matters[0].matter = "v".into()),
    ("MatterTwice", |one| one.matters[0] = one.matters[1].clone()),
    ("MatterMissing", |one| drop(one.matters.pop())),
    ("MoreAnswers", |one| one.matters[1].abstain = Weight::new(1, 6_001)),
    ("MoreAnswers", |one| one.matters[1].no = Weight::new(1, 5_000)),
    ("FewerAnswers", |one| one.matters[1].abstain = Weight::ZERO),
    ("ElectionMissing", |one| one.election = None),
    ("CandidateUnknown", |one| election(one).candidates[0].candidate = "d".into()),
    ("CandidateTwice", |one| election(one).candidates[0].candidate = "a".into()),
    ("CandidateMissing", |one| drop(election(one).candidates.pop())),
    ("MoreVotes", |one| election(one).candidates[0].votes = Weight::new(4, 30_001)),
    ("MoreVotes", |one| election(one).candidates[0].votes = Weight::new(5, 30_000)),
    ("CannotWeigh", |one| election(one).candidates[0].votes = Weight::new(1, 4_999)),
    ("MoreChoices", |one| {
        for candidate in &mut election(one).candidates {
            candidate.votes = Weight::new(3, 24_000);
        }
    }),
    ("OutcomeDiffers", |one| one.matters[0].outcome = Outcome::Passed),
    ("OutcomeDiffers", |one| one.matters[1].outcome = Outcome::NoQuorum),
    ("ElectionDiffers", |one| election(one).outcome = ElectionOutcome::NotFormed),
    ("ElectedDiffer", |one| election(one).elected = texts(&["b"])),
    ("ElectedDiffer", |one| election(one).elected.clear()),
];

fn election(evidence: &mut Evidence) -> &mut ElectionTotals {
    evidence.election.as_mut().unwrap()
}

#[test]
fn each_thing_that_is_wrong_has_its_name() {
    let vote = Vote::new();
    let found: Vec<String> = WRONG
        .iter()
        .map(|(_, change)| {
            let mut evidence = good();
            change(&mut evidence);
            let fault = vote.check(&evidence).expect_err("something is wrong");
            assert!(!fault.to_string().is_empty());
            kind(&fault)
        })
        .collect();
    let wanted: Vec<&str> = WRONG.iter().map(|(name, _)| *name).collect();
    assert_eq!(found, wanted);
}

#[test]
fn what_a_vote_is_about_has_its_faults_too() {
    let by = |rules| Vote { rules, ..Vote::new() };
    let follows = Nonresponse::FollowMajority;
    let silent = by(PollRules { nonresponse: follows, ..Vote::new().rules });
    assert_eq!(silent.check(&good()), Err(Fault::SilenceCounts));
    assert!(!silence_counts(&silent.rules, &[Matter { id: "u".into(), class: MatterClass::FundRaising }]));
    let nobody = Vote { form: BallotForm { candidates: Vec::new(), ..Vote::new().form }, ..Vote::new() };
    assert_eq!(nobody.check(&good()), Err(Fault::NobodyStands));
    // Where a blank is no answer, fewer may have answered than took part.
    let mut blank = good();
    blank.matters[1].abstain = Weight::ZERO;
    let not_asked = by(PollRules { blank_item: BlankItem::NotParticipated, ..Vote::new().rules });
    assert!(
        matches!(not_asked.check(&blank), Err(Fault::OutcomeDiffers { .. })),
        "three of six are no quorum"
    );
}

/// What a system would say of what was counted here.
pub(crate) fn told(poll: &str, totals: &Totals, verdict: &Verdict, closings: Vec<Closing>) -> Evidence {
    let outcome = |id: &String| verdict.matters.iter().find(|one| one.matter == *id).unwrap().outcome;
    let text = |(id, votes): (&String, &Votes)| MatterTotals {
        matter: id.clone(),
        yes: votes.yes,
        no: votes.no,
        abstain: votes.abstain,
        outcome: outcome(id),
    };
    let election = verdict.election.as_ref().map(|election| ElectionTotals {
        candidates: totals
            .candidates
            .iter()
            .rev()
            .map(|one| CandidateTotals { candidate: one.id.clone(), votes: one.votes })
            .collect(),
        outcome: election.outcome,
        elected: election.election.iter().flat_map(|one| one.elected.iter().rev().cloned()).collect(),
    });
    Evidence {
        format: FORMAT.to_owned(),
        poll: poll.to_owned(),
        electorate: totals.roll,
        closings,
        took_part: totals.returned,
        spoiled: totals.invalid,
        matters: totals.texts.iter().map(text).collect(),
        election,
    }
}

/// A head: what it weighs, on which day it voted if it did, whom it chose, and its answers.
type Voter = (u64, Option<i64>, Vec<usize>, [Option<usize>; 2]);

fn voter() -> impl Strategy<Value = Voter> {
    let answer = || prop::option::weighted(0.9, 0usize..3);
    let choices = prop::collection::vec(0usize..3, 0..4);
    (1u64..20_000, prop::option::weighted(0.8, 0i64..14), choices, [answer(), answer()])
}

proptest! {
    #[test]
    fn totals_from_elsewhere_come_to_what_the_same_ballots_come_to_here(
        heads in prop::collection::vec(voter(), 1..24),
        blank_counts: bool,
        invalid_takes_part: bool,
        extensions in 0u32..2,
    ) {
        let mut vote = Vote::new();
        vote.rules.blank_item = if blank_counts { BlankItem::Abstain } else { BlankItem::NotParticipated };
        vote.rules.invalid_as = if invalid_takes_part { InvalidAs::Abstain } else { InvalidAs::Excluded };
        vote.rules.extensions = Some(extensions);
        vote.areas = heads.iter().map(|(area, ..)| *area).collect();
        let roll: Weight = vote.areas.iter().map(|area| Weight::new(1, *area)).sum();
        let cast = |until: i64| heads.iter().filter(move |(_, day, ..)| day.is_some_and(|day| day < until));
        let came_in = |until| cast(until).map(|(area, ..)| Weight::new(1, *area)).sum::<Weight>();
        let all: CameIn = cast(14).map(|(area, day, ..)| (at(day.unwrap()), Weight::new(1, *area))).collect();
        let ends = closings(vote.asked().window, &vote.rules, roll, &all, &[]);
        let days: i64 = 7 * i64::try_from(ends.len()).unwrap();

        let mut count = Count::new(&vote.form, &vote.rules).unwrap();
        for (area, _, choices, answers) in cast(days) {
            let names: BTreeSet<&usize> = choices.iter().collect();
            let said = [Answer::Yes, Answer::No, Answer::Abstain];
            let answers = ["t", "u"].into_iter().zip(answers);
            let answers = answers.filter_map(|(text, answer)| Some((text.to_owned(), said[(*answer)?])));
            let ballot = Answers {
                choices: names.into_iter().map(|one| vote.form.candidates[*one].clone()).collect(),
                answers: answers.collect(),
                unsigned: false,
            };
            count.add(Weight::new(1, *area), &ballot);
        }
        let totals = count.close(roll).unwrap();
        let verdict = explain(&totals, &vote.matters, vote.asked().seats, &vote.rules).unwrap();
        let closings = ends.iter().zip([7, 14]).map(|(at, day)| Closing { at: *at, came_in: came_in(day) });
        let evidence = told("p", &totals, &verdict, closings.collect());
        let imported = vote.check(&evidence).unwrap();
        prop_assert_eq!((&imported.totals, &imported.verdict, &imported.closings), (&totals, &verdict, &ends));

        // One head or 0.01 m² more of anything is found, whatever it is.
        for change in [
            |one: &mut Evidence| one.took_part.area.0 += 1,
            |one: &mut Evidence| one.spoiled.heads.0 += 1,
            |one: &mut Evidence| one.electorate.area.0 += 1,
            |one: &mut Evidence| one.closings[0].came_in.area.0 += one.electorate.area.0,
        ] {
            let mut other = evidence.clone();
            change(&mut other);
            prop_assert!(vote.check(&other).is_err());
        }
    }
}
