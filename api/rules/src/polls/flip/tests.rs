//! Against every set of ballots that could be invalid.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::polls::{
    ballot::{Answer, Answers, BallotForm},
    duplicates::{self, Channel, Keeping},
    matter::MatterClass,
    parameters::DuplicatePolicy,
    tally::{Election, Electorate, Seats},
    verdict::{ElectionOutcome, explain},
};

/// What a ballot says: whom it chooses, what it answers, if anything, and whether it is signed.
type Says = (Vec<bool>, Option<Answer>, bool);

/// A head: its area, and what came from it: on paper first, where it sent two, and then online.
type Slip = (u64, Vec<Says>);

const KEEPING: Keeping = Keeping { duplicate_policy: DuplicatePolicy::Online, allow_revote: false };

struct Poll {
    form: BallotForm,
    matters: Vec<Matter>,
    seats: u32,
    rules: PollRules,
    /// Heads that sent nothing, and what they weigh.
    silent: Weight,
}

impl Poll {
    fn new(candidates: usize, seats: u32, class: MatterClass, rules: PollRules, silent: Weight) -> Self {
        let candidates: Vec<_> = (0..candidates).map(|number| format!("c{number}")).collect();
        // Whoever chooses all of them chooses too many.
        let max_selections = u32::try_from(candidates.len()).unwrap().saturating_sub(1);
        let form = BallotForm { candidates, max_selections, texts: vec!["m".into()] };
        Self { form, matters: vec![Matter { id: "m".into(), class }], seats, rules, silent }
    }

    fn came(&self, slip: &Slip) -> Vec<duplicates::Slip> {
        let ballot = |(channel, (chosen, answer, is_signed)): (Channel, &Says)| {
            let chosen = self.form.candidates.iter().zip(chosen).filter(|(_, chosen)| **chosen);
            let answers = Answers {
                choices: chosen.map(|(id, _)| id.clone()).collect(),
                answers: answer.map(|answer| ("m".to_owned(), answer)).into_iter().collect(),
                unsigned: !is_signed,
            };
            duplicates::Slip { channel, answers }
        };
        [Channel::Paper, Channel::Online].into_iter().zip(&slip.1).map(ballot).collect()
    }

    fn count(&self, slips: &[Slip], valid: impl Fn(usize) -> bool) -> (Count<'_>, Totals, Verdict) {
        let mut count = Count::new(&self.form, &self.rules).unwrap();
        let (mut roll, mut invalid) = (self.silent, Weight::ZERO);
        for (at, slip) in slips.iter().enumerate() {
            let weight = Weight::new(1, slip.0);
            roll = roll.plus(weight);
            if valid(at) {
                count.add_head(weight, &self.came(slip), KEEPING);
            } else {
                invalid = invalid.plus(weight);
            }
        }
        // One head more does not register, where people do.
        let electorate = if self.rules.is_of_opinion() {
            Electorate { roll: roll.plus(Weight::new(1, 1)), registered: Some(roll) }
        } else {
            roll.into()
        };
        let mut totals = count.close(electorate).unwrap();
        let invalid = totals.invalid.plus(invalid);
        (totals.silent, totals.invalid) = (self.silent, invalid);
        for votes in totals.texts.values_mut() {
            (votes.silent, votes.invalid) = (self.silent, invalid);
        }
        let verdict = explain(&totals, &self.matters, Seats::all(self.seats), &self.rules).unwrap();
        (count, totals, verdict)
    }

    fn flips(&self, slips: &[Slip]) -> (Flips, Verdict) {
        let (count, totals, verdict) = self.count(slips, |_| true);
        (Flips::of(&count, &totals, &verdict, &self.matters, &self.rules), verdict)
    }

    /// The least over all sets of ballots whose invalidity changes what `of` tells.
    fn tried<T: PartialEq>(&self, slips: &[Slip], of: impl Fn(&Verdict) -> T) -> Option<Flip> {
        let now = of(&self.count(slips, |_| true).2);
        let sets = 1_usize..1 << slips.len();
        let changing = sets.filter(|set| of(&self.count(slips, |at| set >> at & 1 == 0).2) != now);
        let weigh = |set: usize| {
            let gone = slips.iter().enumerate().filter(|(at, _)| set >> at & 1 == 1);
            Flip { ballots: set.count_ones().into(), area: gone.map(|(_, slip)| slip.0).sum() }
        };
        changing.map(weigh).reduce(Flip::or)
    }
}

type Elected = Option<(ElectionOutcome, Option<(BTreeSet<String>, Option<Vec<String>>)>)>;

/// Who is elected, and between whom it is open.
fn elected(verdict: &Verdict) -> Elected {
    let seats = |election: &Election| {
        let between = election.runoff.as_ref().map(|runoff| runoff.between.clone());
        (election.elected.iter().cloned().collect(), between)
    };
    verdict.election.as_ref().map(|one| (one.outcome, one.election.as_ref().map(seats)))
}

fn slip(area: u64, answer: Answer) -> Slip {
    (area, vec![(Vec::new(), Some(answer), true)])
}

fn of_text(slips: &[Slip], class: MatterClass, silent: Weight) -> Option<Flip> {
    let poll = Poll::new(0, 0, class, PollRules::national(), silent);
    poll.flips(slips).0.matters.get("m").copied()
}

#[test]
fn a_narrow_majority_is_told_by_its_narrowest_measure() {
    // Five of nine heads, and 50 of 90 hundredths: one yes less is half of eight, which does not exceed it.
    let mut slips = vec![slip(10, Answer::Yes); 5];
    slips.extend(vec![slip(10, Answer::No); 4]);
    let narrow = of_text(&slips, MatterClass::Manager, Weight::ZERO);
    assert_eq!(narrow, Some(Flip { ballots: 1, area: 10 }));
    // One home as large as the others together carries the area; and without four small ones there is no quorum.
    let mut large = vec![slip(100, Answer::Yes)];
    large.extend(vec![slip(10, Answer::Yes); 7]);
    large.extend(vec![slip(30, Answer::No); 2]);
    assert_eq!(of_text(&large, MatterClass::Manager, Weight::ZERO), Some(Flip { ballots: 1, area: 40 }));
}

#[test]
fn what_had_no_quorum_no_invalid_ballot_can_mend() {
    assert_eq!(of_text(&[slip(10, Answer::Yes)], MatterClass::Manager, Weight::new(1, 10)), None);
}

#[test]
fn a_quorum_just_reached_is_what_is_lost_first() {
    let slips = vec![slip(10, Answer::Yes); 4];
    assert_eq!(of_text(&slips, MatterClass::Manager, Weight::new(2, 20)), Some(Flip { ballots: 1, area: 1 }));
}

#[test]
fn where_a_ballot_turns_more_than_it_weighs_nothing_is_told() {
    let slips: Vec<Slip> = (0..5).map(|_| (10, vec![(vec![true, false], Some(Answer::Yes), true)])).collect();
    let follows = PollRules { nonresponse: Nonresponse::FollowMajority, ..PollRules::national() };
    let poll = Poll::new(0, 0, MatterClass::Manager, follows, Weight::new(1, 10));
    assert_eq!(poll.flips(&slips).0.matters, BTreeMap::new());
    let summed = PollRules { rank_rule: RankRule::RatioSum, ..PollRules::national() };
    let poll = Poll::new(2, 1, MatterClass::Manager, summed, Weight::ZERO);
    assert_eq!(poll.flips(&slips).0.election, None);
}

#[test]
fn why_nothing_is_told_is_said_in_both_languages() {
    let answers = |yes, no| [vec![slip(10, Answer::Yes); yes], vec![slip(10, Answer::No); no]].concat();
    let (manager, silent) = (MatterClass::Manager, Weight::new(1, 10));
    let said = |class, rules: &PollRules, silent, slips: &[Slip]| {
        let (flips, verdict) = Poll::new(0, 0, class, rules.clone(), silent).flips(slips);
        let matter = &verdict.matters[0];
        let says = |why: Untold| {
            let Words { zh, en } = why.words();
            matter.words.zh.ends_with(&zh) && matter.words.en.ends_with(&format!(" {en}"))
        };
        let why = [Untold::SilenceFollows, Untold::BlankTakesNoPart].into_iter().filter(|why| says(*why));
        let why: Vec<_> = why.collect();
        assert!(why.is_empty() || flips.matters.is_empty(), "{why:?} {flips:?}");
        (matter.outcome, why)
    };
    let follows = PollRules { nonresponse: Nonresponse::FollowMajority, ..PollRules::national() };
    let because = vec![Untold::SilenceFollows];
    assert_eq!(said(manager, &follows, silent, &answers(5, 0)), (Outcome::Passed, because.clone()));
    assert_eq!(said(manager, &follows, silent, &answers(3, 3)), (Outcome::Indeterminate, because));
    // Of three-quarter matters silence is nothing, and where nobody was silent it follows nobody.
    let rebuilding = MatterClass::Rebuilding;
    assert_eq!(said(rebuilding, &follows, silent, &answers(5, 0)), (Outcome::Passed, Vec::new()));
    assert_eq!(said(manager, &follows, Weight::ZERO, &answers(5, 0)), (Outcome::Passed, Vec::new()));
    let (invalid_as, blank_item) = (InvalidAs::Abstain, BlankItem::NotParticipated);
    let blank = PollRules { invalid_as, blank_item, ..PollRules::national() };
    let because = vec![Untold::BlankTakesNoPart];
    assert_eq!(said(manager, &blank, silent, &answers(5, 0)), (Outcome::Passed, because));

    let chosen = vec![(10, vec![(vec![true, false], None, true)]); 5];
    let of_election = |rank_rule, silent| {
        let rules = PollRules { rank_rule, min_committee: 1, ..PollRules::national() };
        let (flips, verdict) = Poll::new(2, 1, manager, rules, silent).flips(&chosen);
        let words = verdict.election.unwrap().words;
        let Words { zh, en } = Untold::SharesAreSummed.words();
        (words.zh.ends_with(&zh) && words.en.ends_with(&en), flips.election.is_some())
    };
    assert_eq!(of_election(RankRule::RatioSum, silent), (true, false));
    assert_eq!(of_election(RankRule::HeadsArea, silent), (false, true));
    assert_eq!(of_election(RankRule::RatioSum, Weight::new(9, 90)), (false, false), "nobody is elected");
    for why in [Untold::SilenceFollows, Untold::BlankTakesNoPart, Untold::SharesAreSummed] {
        let Words { zh, en } = why.words();
        assert!(zh.contains("至少") && en.contains("at least"), "{zh} {en}");
    }
}

fn any_slips() -> impl Strategy<Value = Vec<Slip>> {
    let answer = [Some(Answer::Yes), Some(Answer::Yes), Some(Answer::No), Some(Answer::Abstain), None];
    let answer = proptest::sample::select(answer.to_vec());
    // Paper that is not signed is invalid already; where another came beside it, that one counts.
    let signed = proptest::bool::weighted(0.85);
    let says = (proptest::collection::vec(any::<bool>(), 3), answer, signed);
    let many = proptest::sample::select(vec![1_usize, 1, 1, 2]);
    let slip = (1_u64..6, many.prop_flat_map(move |many| proptest::collection::vec(says.clone(), many)));
    proptest::collection::vec(slip, 1..8)
}

fn any_rules() -> impl Strategy<Value = PollRules> {
    let invalid_as = prop_oneof![Just(InvalidAs::Excluded), Just(InvalidAs::Abstain)];
    let rank_rule = prop_oneof![Just(RankRule::HeadsArea), Just(RankRule::AreaHeads)];
    let nonresponse = prop_oneof![Just(Nonresponse::NotParticipated), Just(Nonresponse::Abstain)];
    let blank_item = prop_oneof![Just(BlankItem::Abstain), Just(BlankItem::NotParticipated)];
    let pack = prop_oneof![Just(PollRules::national()), Just(PollRules::worked_example())];
    let all = (invalid_as, rank_rule, nonresponse, blank_item, pack);
    all.prop_map(|(invalid_as, rank_rule, nonresponse, blank_item, pack)| PollRules {
        invalid_as,
        rank_rule,
        nonresponse,
        blank_item,
        alternates_ratio: Ratio::WHOLE,
        min_committee: 1,
        ..pack
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Of a text the number of ballots is exact, and no lighter set changes it.
    #[test]
    fn no_set_of_ballots_turns_a_text_with_less(
        slips in any_slips(), rules in any_rules(), special in any::<bool>(), silent in (0_u64..3, 0_u64..6),
    ) {
        let class = if special { MatterClass::Rebuilding } else { MatterClass::Manager };
        let poll = Poll::new(0, 0, class, rules, Weight::new(silent.0, silent.1));
        let told = poll.flips(&slips).0.matters.get("m").copied();
        if (poll.rules.invalid_as, poll.rules.blank_item) == (InvalidAs::Abstain, BlankItem::NotParticipated) {
            prop_assert_eq!(told, None);
            return Ok(());
        }
        let tried = poll.tried(&slips, |verdict| verdict.matters[0].outcome);
        prop_assert_eq!(told.map(|flip| flip.ballots), tried.map(|flip| flip.ballots));
        if let (Some(told), Some(tried)) = (told, tried) {
            prop_assert!(told.area <= tried.area, "{:?} {:?}", told, tried);
        }
    }

    /// Where all homes weigh the same, the area is that of the ballots.
    #[test]
    fn equal_homes_make_equal_margins(slips in any_slips(), rules in any_rules(), silent in 0_u64..3) {
        let slips: Vec<Slip> = slips.into_iter().map(|(_, came)| (1, came)).collect();
        let poll = Poll::new(0, 0, MatterClass::Manager, rules, Weight::new(silent, silent));
        if let Some(told) = poll.flips(&slips).0.matters.get("m") {
            prop_assert_eq!(told.ballots, told.area);
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    /// No set of fewer ballots, and no lighter one, elects others.
    #[test]
    fn no_set_of_ballots_elects_others_with_less(
        slips in any_slips(), rules in any_rules(), seats in 1_u32..3, silent in (0_u64..3, 0_u64..6), even: bool,
    ) {
        // Where homes weigh the same, equal ranks are common.
        let slips: Vec<Slip> =
            slips.into_iter().map(|(area, came)| (if even { 1 } else { area }, came)).collect();
        let poll = Poll::new(3, seats, MatterClass::Manager, rules, Weight::new(silent.0, silent.1));
        let told = poll.flips(&slips).0.election;
        let Some(tried) = poll.tried(&slips, elected) else { return Ok(()) };
        let told = told.expect("what can change is told");
        prop_assert!(0 < told.ballots && told.ballots <= tried.ballots, "{:?} {:?}", told, tried);
        prop_assert!(told.area <= tried.area, "{:?} {:?}", told, tried);
    }
}
