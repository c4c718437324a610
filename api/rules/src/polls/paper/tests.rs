//! Papers in every state, and any mixture of channels against a counter that thinks otherwise.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    packs::Voice,
    polls::{
        ballot::{Answer, BallotState},
        parameters::{DuplicatePolicy, PollRules},
        tally::Count,
    },
    quantity::Weight,
};

fn says(choices: &[&str]) -> Answers {
    Answers { choices: choices.iter().map(|&one| one.to_owned()).collect(), ..Answers::default() }
}

#[test]
fn in_the_whole_small_world_a_paper_is_settled_by_two_who_agree_or_by_a_third() {
    let (same, other) = (says(&["a"]), says(&["b"]));
    for state in State::ALL.iter().copied() {
        for clerk in [1, 2] {
            for before in [None, Some((&1, &same)), Some((&1, &other))] {
                let entered = state.enter(before, &clerk, &same);
                let lawful = match (state, before) {
                    (State::Issued, None) => Some(State::Returned),
                    (State::Returned, Some((_, said))) if clerk == 2 => {
                        Some(if *said == same { State::Settled } else { State::Differs })
                    }
                    _ => None,
                };
                assert_eq!(entered.ok(), lawful, "{state} {clerk} {before:?}");
            }
        }
        for third in [1, 2, 3] {
            let settled = state.adjudicate(&[1, 2], &third);
            let is_lawful = state == State::Differs && third == 3;
            assert_eq!(settled.ok(), is_lawful.then_some(State::Settled), "{state} {third}");
        }
        for clerk in [1, 2] {
            let is_lawful = state == State::Returned && clerk == 2;
            assert_eq!(state.withdraw(Some(&1), &clerk).ok(), is_lawful.then_some(State::Issued), "{state}");
        }
        assert_eq!(state.cancel().is_ok(), state == State::Issued, "{state}");
        assert!(!state.waits() || state.is_back(), "{state}: nothing waits that is not back");
    }
    assert_eq!(
        State::Returned.enter(Some((&1, &same)), &1, &other),
        Err(Refusal::SameClerk),
        "whatever it says"
    );
}

#[test]
fn more_back_than_went_out_voids_and_another_number_than_was_entered_is_refused() {
    let papers = Papers { issued: 5, cancelled: 1, entered: 3 };
    let find = |returned, late| papers.find(Stated { returned, late });
    assert_eq!(find(3, 0), Ok(Found::Fits));
    assert_eq!(find(4, 1), Ok(Found::Fits), "one came too late");
    for (returned, late) in [(5, 0), (5, 2), (9, 9)] {
        assert_eq!(find(returned, late), Ok(Found::Void));
    }
    for (returned, late) in [(4, 0), (2, 0), (0, 0), (3, 1), (0, 1), (2, 9)] {
        assert!(find(returned, late).is_err(), "{returned} {late}");
    }
    let nothing = Papers::default();
    assert_eq!(nothing.find(Stated { returned: 0, late: 0 }), Ok(Found::Fits));
    assert_eq!(nothing.find(Stated { returned: 1, late: 1 }), Ok(Found::Void));
}

#[test]
fn a_poll_is_held_in_the_ways_that_its_rules_name_and_on_paper_where_owners_may_ask_for_it() {
    let rule = |name: &str, value: Value| InForce {
        name: name.to_owned(),
        zh: String::new(),
        value,
        who: Voice::City,
        said_by: Voice::City,
        source: String::new(),
        applied: true,
    };
    let held = |channels: &[&str], on_request: bool| {
        let rules = [rule("channels", json!(channels)), rule("paper_on_request", json!(on_request))];
        [Channel::Online, Channel::Paper].map(|channel| is_held(&rules, channel))
    };
    assert_eq!(held(&["ONLINE", "PAPER"], false), [true, true]);
    assert_eq!(held(&["ONLINE"], false), [true, false]);
    assert_eq!(held(&["ONLINE"], true), [true, true]);
    assert_eq!(held(&["PAPER"], false), [false, true]);
    assert!(is_held(&[], Channel::Online) && is_held(&[], Channel::Paper), "a poll from before");
}

/// What one head did: papers and votes online, in the order in which they came.
#[derive(Debug, Clone)]
struct Head {
    area: u64,
    /// Whether it is on paper, whether it is signed, and who is marked.
    came: Vec<(bool, bool, Vec<bool>)>,
    /// Those that are disputed once they count, and that holds.
    disputed: Vec<bool>,
}

fn any_head() -> impl Strategy<Value = Head> {
    let came = (any::<bool>(), prop::bool::weighted(0.8), prop::collection::vec(any::<bool>(), 3));
    let disputed = prop::collection::vec(prop::bool::weighted(0.3), 4);
    (1..1000_u64, prop::collection::vec(came, 0..=4), disputed).prop_map(|(area, came, disputed)| Head {
        area,
        came,
        disputed,
    })
}

const NAMES: [&str; 3] = ["a", "b", "c"];

/// At most two of three.
fn form() -> BallotForm {
    BallotForm { candidates: NAMES.map(str::to_owned).into(), max_selections: 2, texts: vec!["t".to_owned()] }
}

fn slip((on_paper, is_signed, marks): &(bool, bool, Vec<bool>)) -> Slip {
    let marked = NAMES.iter().zip(marks).filter(|(_, is)| **is).map(|(name, _)| (*name).to_owned());
    let most = if *on_paper { 3 } else { 2 };
    Slip {
        channel: if *on_paper { Channel::Paper } else { Channel::Online },
        answers: Answers {
            choices: marked.take(most).collect(),
            answers: BTreeMap::from([("t".to_owned(), if marks[0] { Answer::Yes } else { Answer::No })]),
            unsigned: *on_paper && !is_signed,
        },
    }
}

/// The ledger as the service keeps it: one ballot a head, and each that comes takes its place or gives way to it. A paper
/// may be settled after what came later, so that all that came is looked at each time. Where the one that counts is set
/// aside, one that gave way counts again.
struct Ledger<'head> {
    slips: &'head [Slip],
    keeping: Keeping,
    counts: Option<usize>,
    gave_way: Vec<usize>,
    /// Of which a dispute held.
    disputed: Vec<usize>,
}

impl Ledger<'_> {
    /// Which of some stands, in the order in which they came.
    fn one_of(&self, some: &mut Vec<usize>) -> Option<usize> {
        some.sort_unstable();
        let came: Vec<Slip> = some.iter().map(|at| self.slips[*at].clone()).collect();
        (!some.is_empty()).then(|| some.remove(stands(self.keeping, &came, &form())))
    }

    fn settle(&mut self, next: usize) {
        let mut both: Vec<usize> = self.counts.into_iter().chain([next]).collect();
        self.counts = self.one_of(&mut both);
        self.gave_way.extend(both);
    }

    /// Without the one that counts; one by these channels counts again.
    fn set_aside(&mut self, by: impl Fn(Channel) -> bool) {
        let gave_way = std::mem::take(&mut self.gave_way);
        let (mut may, may_not): (Vec<usize>, Vec<usize>) =
            gave_way.into_iter().partition(|at| by(self.slips[*at].channel));
        self.counts = self.one_of(&mut may);
        self.gave_way = may.into_iter().chain(may_not).collect();
    }

    fn dispute(&mut self, disputed: &[bool]) {
        while let Some(counts) = self.counts.filter(|counts| disputed[*counts]) {
            self.disputed.push(counts);
            self.set_aside(|_| true);
        }
    }

    fn void_paper(&mut self) {
        if self.counts.is_some_and(|counts| self.slips[counts].channel == Channel::Paper) {
            self.set_aside(|channel| channel != Channel::Paper);
        }
    }
}

/// By hand: which of a head's counts, of those that were never set aside.
fn by_hand<'slip>(slips: &[&'slip Slip], policy: DuplicatePolicy) -> Option<&'slip Slip> {
    let valid = |slip: &&&Slip| !slip.answers.unsigned && slip.answers.choices.len() <= 2;
    let on = |channel: Channel| slips.iter().filter(valid).find(|slip| slip.channel == channel).copied();
    match policy {
        DuplicatePolicy::FirstValid => slips.iter().find(valid).copied(),
        DuplicatePolicy::Online => on(Channel::Online).or_else(|| on(Channel::Paper)),
        DuplicatePolicy::Paper => on(Channel::Paper).or_else(|| on(Channel::Online)),
    }
}

proptest! {
    #[test]
    fn any_mixture_of_channels_disputes_and_void_paper_comes_to_what_a_naive_counter_says(
        heads in prop::collection::vec(any_head(), 0..12),
        policy in prop::sample::select(vec![
            DuplicatePolicy::FirstValid, DuplicatePolicy::Online, DuplicatePolicy::Paper,
        ]),
        backwards: bool,
        disputed_at_once: bool,
        is_void: bool,
    ) {
        let (form, rules) = (form(), PollRules::national());
        let keeping = Keeping { duplicate_policy: policy, allow_revote: false };
        let mut count = Count::new(&form, &rules).unwrap();
        let (mut returned, mut invalid) = (Weight::ZERO, Weight::ZERO);
        let mut votes = [Weight::ZERO; 3];
        let mut roll = Weight::ZERO;
        for head in &heads {
            let weight = Weight::new(1, head.area);
            roll = roll.plus(weight);
            let slips: Vec<Slip> = head.came.iter().map(slip).collect();
            let mut order: Vec<usize> = (0..slips.len()).collect();
            if backwards {
                order.reverse();
            }
            let mut ledger = Ledger { slips: &slips, keeping, counts: None, gave_way: Vec::new(), disputed: Vec::new() };
            for next in order {
                ledger.settle(next);
                if disputed_at_once {
                    ledger.dispute(&head.disputed);
                }
            }
            ledger.dispute(&head.disputed);
            if is_void {
                ledger.void_paper();
            }
            if let Some(counts) = ledger.counts {
                count.add(weight, &slips[counts].answers);
            }
            let never_set_aside = |at: &usize| {
                !(ledger.disputed.contains(at) || (is_void && slips[*at].channel == Channel::Paper))
            };
            let slips: Vec<&Slip> =
                (0..slips.len()).filter(never_set_aside).map(|at| &slips[at]).collect();
            match by_hand(&slips, policy) {
                Some(slip) => {
                    returned = returned.plus(weight);
                    for (name, sum) in NAMES.iter().zip(&mut votes) {
                        if slip.answers.choices.iter().any(|one| one == name) {
                            *sum = sum.plus(weight);
                        }
                    }
                }
                None if !slips.is_empty() => invalid = invalid.plus(weight),
                None => {}
            }
        }
        let totals = count.close(roll).unwrap();
        prop_assert_eq!((totals.returned, totals.invalid), (returned, invalid));
        let counted: Vec<Weight> = totals.candidates.iter().map(|one| one.votes).collect();
        prop_assert_eq!(counted, votes);
    }

    #[test]
    fn two_clerks_who_read_the_same_marks_in_any_order_agree(
        marks in prop::collection::vec(prop::sample::select(NAMES.to_vec()), 0..6),
        unsigned: bool,
    ) {
        let read = |marks: &[&str]| form().take_paper(&Answers { unsigned, ..says(marks) }).unwrap();
        let mut other = marks.clone();
        other.reverse();
        let (one, two) = (read(&marks), read(&other));
        let state = State::Issued.enter(None, &1, &one).unwrap();
        prop_assert_eq!(state.enter(Some((&1, &one)), &2, &two), Ok(State::Settled));
        let is_invalid = form().read_choices(&one).state == BallotState::Invalid;
        prop_assert_eq!(is_invalid, unsigned || one.choices.len() > 2);
    }
}
