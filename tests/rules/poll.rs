//! Whole polls for both counters: everything that came back from every head, and all that the rules leave open. The second
//! counter goes from head to head and from name to name; of the first it knows the words of a worked case alone.

#![expect(clippy::indexing_slicing, reason = "a test that reads what is not there has failed")]

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::counter::{Candidate, Committee, Mark, Policy, Voter, decide, elect};

/// One ballot as it came back.
#[derive(Clone, Debug)]
struct Slip {
    channel: &'static str,
    signed: bool,
    choices: Vec<String>,
    answers: Vec<Option<&'static str>>,
}

/// One head with what came back, in the order in which it came.
#[derive(Clone, Debug)]
struct Head {
    area: u64,
    slips: Vec<Slip>,
}

/// What the community's rules say.
#[derive(Clone, Debug)]
struct Rules {
    nonresponse: &'static str,
    excluded: Vec<u8>,
    invalid_as: &'static str,
    blank_item: &'static str,
    duplicates: &'static str,
    revotes: bool,
    rank_rule: &'static str,
    max_selections: &'static str,
    alternates: [u64; 2],
    rounding: &'static str,
    least: usize,
}

/// A poll after its close.
#[derive(Clone, Debug)]
pub struct Poll {
    heads: Vec<Head>,
    candidates: usize,
    seats: usize,
    /// The class of each text.
    texts: Vec<u8>,
    rules: Rules,
}

fn name(candidate: usize) -> String {
    format!("c{candidate}")
}

fn text(at: usize) -> String {
    format!("t{at}")
}

impl Poll {
    /// The poll as the rules are asked about it.
    pub fn case(&self) -> Value {
        let slip = |slip: &Slip| {
            let answers = slip.answers.iter().enumerate();
            let answers: Map<_, _> =
                answers.filter_map(|(at, said)| Some((text(at), json!((*said)?)))).collect();
            json!({"channel": slip.channel, "signed": slip.signed, "choices": slip.choices, "answers": answers})
        };
        let head = |head: &Head| json!({"area": head.area, "ballots": head.slips.iter().map(slip).collect::<Vec<_>>()});
        let texts = self.texts.iter().enumerate().map(|(at, class)| json!({"id": text(at), "class": class}));
        let rules = &self.rules;
        json!({
            "case": "poll",
            "heads": self.heads.iter().map(head).collect::<Vec<_>>(),
            "candidates": (0..self.candidates).map(name).collect::<Vec<_>>(),
            "seats": self.seats,
            "texts": texts.collect::<Vec<_>>(),
            "policy": {
                "nonresponse": rules.nonresponse,
                "nonresponse_excluded": rules.excluded,
                "invalid_as": rules.invalid_as,
                "blank_item": rules.blank_item,
                "duplicate_policy": rules.duplicates,
                "allow_revote": rules.revotes,
                "rank_rule": rules.rank_rule,
                "max_selections": rules.max_selections,
                "alternates_ratio": rules.alternates,
                "alternates_rounding": rules.rounding,
                "min_committee": rules.least,
            },
        })
    }

    /// The same poll by the second counter.
    pub fn count(&self) -> Value {
        let kept: Vec<(u64, Kept)> = self.heads.iter().map(|head| (head.area, self.keep(head))).collect();
        let weigh = |wanted: fn(&Kept) -> bool| {
            let mut sum = (0_u64, 0_u64);
            for (area, _) in kept.iter().filter(|(_, kept)| wanted(kept)) {
                sum = (sum.0 + 1, sum.1 + area);
            }
            sum
        };
        let returned = weigh(|kept| matches!(kept, Kept::Counted(_)));
        let invalid = weigh(|kept| matches!(kept, Kept::Invalid));
        let both = |(heads, area)| json!({"heads": heads, "area": area});
        let took_part = match self.rules.invalid_as {
            "ABSTAIN" => (returned.0 + invalid.0, returned.1 + invalid.1),
            _ => returned,
        };
        let roll = weigh(|_| true);
        let decisions: Map<_, _> =
            (0..self.texts.len()).map(|at| (text(at), self.decide(at, &kept))).collect();
        json!({
            "roll": both(roll),
            "returned": both(returned),
            "invalid": both(invalid),
            "silent": both(weigh(|kept| matches!(kept, Kept::Silent))),
            "max_selections": self.limit(),
            "decisions": decisions,
            "election": (self.candidates > 0).then(|| self.elect(roll, took_part, &kept)),
        })
    }

    /// One ballot after the other: each that comes takes the place of the one before, or does not.
    fn keep(&self, head: &Head) -> Kept {
        let mut kept: Option<&Slip> = None;
        for slip in head.slips.iter().filter(|slip| slip.signed && self.chosen(slip).len() <= self.limit()) {
            let takes_its_place = kept.is_none_or(|before| {
                let is_preferred = |slip: &Slip| slip.channel == self.rules.duplicates;
                let is_other = before.channel != slip.channel;
                if is_other { is_preferred(slip) && !is_preferred(before) } else { self.rules.revotes }
            });
            if takes_its_place {
                kept = Some(slip);
            }
        }
        match kept {
            Some(slip) => Kept::Counted(slip.clone()),
            None if head.slips.is_empty() => Kept::Silent,
            None => Kept::Invalid,
        }
    }

    /// The candidates whose names are on it, each once, whatever else is.
    fn chosen(&self, slip: &Slip) -> Vec<usize> {
        (0..self.candidates).filter(|one| slip.choices.contains(&name(*one))).collect()
    }

    /// Seats times ratio, by counting on.
    fn alternates(&self) -> usize {
        let [num, den] = self.rules.alternates;
        let parts = (0..self.seats).map(|_| num).sum::<u64>();
        let (mut whole, mut rest) = (0, parts);
        while rest >= den {
            (whole, rest) = (whole + 1, rest - den);
        }
        let one_more = match self.rules.rounding {
            "FLOOR" => false,
            "CEIL" => rest > 0,
            _ => rest + rest >= den,
        };
        whole + usize::from(one_more)
    }

    fn limit(&self) -> usize {
        if self.rules.max_selections == "SEATS" { self.seats } else { self.seats + self.alternates() }
    }

    fn decide(&self, at: usize, kept: &[(u64, Kept)]) -> Value {
        let mark = |kept: &Kept| match kept {
            Kept::Silent => Mark::Silent,
            Kept::Invalid => Mark::Invalid,
            Kept::Counted(slip) => match (slip.answers[at], self.rules.blank_item) {
                (Some("YES"), _) => Mark::Yes,
                (Some("NO"), _) => Mark::No,
                (Some(_), _) | (None, "ABSTAIN") => Mark::Abstain,
                (None, _) => Mark::NotServed,
            },
        };
        let voters: Vec<Voter> =
            kept.iter().map(|(area, kept)| Voter { mark: mark(kept), area: *area }).collect();
        let class = self.texts[at];
        let approval = if [6, 7, 8].contains(&class) { "SPECIAL" } else { "ORDINARY" };
        let is_excluded = self.rules.excluded.contains(&class);
        let nonresponse = if is_excluded { "NOT_PARTICIPATED" } else { self.rules.nonresponse };
        decide(&voters, approval, Policy { nonresponse, invalid_as: self.rules.invalid_as })
    }

    fn elect(&self, roll: (u64, u64), took_part: (u64, u64), kept: &[(u64, Kept)]) -> Value {
        let votes_of = |one: usize| {
            let mut votes = Candidate { id: name(one), heads: 0, area: 0 };
            for (area, kept) in kept {
                if let Kept::Counted(slip) = kept
                    && self.chosen(slip).contains(&one)
                {
                    votes = Candidate { heads: votes.heads + 1, area: votes.area + area, ..votes };
                }
            }
            votes
        };
        let standing: Vec<Candidate> = (0..self.candidates).map(votes_of).collect();
        let committee = Committee {
            heads: took_part.0,
            area: took_part.1,
            filled: 0,
            seats: self.seats,
            alternates: self.alternates(),
            least: self.rules.least,
            rank_rule: self.rules.rank_rule,
        };
        // Two for each one that stayed away.
        let enough = |took_part: u64, all: u64| all > 0 && took_part >= 2 * (all - took_part);
        let quorum = (enough(took_part.0, roll.0), enough(took_part.1, roll.1));
        let quorate = quorum.0 && quorum.1;
        let elected = elect(&standing, &committee);
        let is_in = |list: &Value, id: &str| list.as_array().is_some_and(|ids| ids.contains(&json!(id)));
        let passed = |one: &&Candidate| is_in(&elected["qualified"], &one.id);
        let place = |one: &Candidate| match () {
            () if !quorate => "NO_QUORUM",
            () if is_in(&elected["elected"], &one.id) => "ELECTED",
            () if is_in(&elected["runoff"]["between"], &one.id) => "RUNOFF",
            () if is_in(&elected["alternates"], &one.id) => "ALTERNATE",
            () if passed(&one) => "PASSED",
            () => "NOT_PASSED",
        };
        let rank = |one: &Candidate| {
            let ahead = standing.iter().filter(passed).filter(|other| committee.ahead(other, one)).count();
            (quorate && passed(&one)).then_some(ahead + 1)
        };
        let equals = |id: &Value| {
            let rank_of = |one: &Candidate| json!(one.id) == *id;
            let own = standing.iter().find(|one| rank_of(one)).and_then(rank);
            standing.iter().filter(|one| rank(one) == own).count() > 1
        };
        let alternates = elected["alternates"].as_array().filter(|_| quorate).into_iter().flatten();
        let line = |one: &Candidate| {
            json!({
                "id": one.id,
                "votes": {"heads": one.heads, "area": one.area},
                "approved": {
                    "heads": one.heads > took_part.0 - one.heads, "area": one.area > took_part.1 - one.area,
                },
                "standing": place(one),
                "rank": rank(one),
            })
        };
        let outcome = match () {
            () if !quorate => "NO_QUORUM",
            () if !elected["runoff"].is_null() => "RUNOFF_DUE",
            () if elected["formed"] == true => "FORMED",
            () => "NOT_FORMED",
        };
        json!({
            "outcome": outcome,
            "participating": {"heads": took_part.0, "area": took_part.1},
            "quorum": {"heads": quorum.0, "area": quorum.1},
            "candidates": standing.iter().map(line).collect::<Vec<_>>(),
            "alternates_at_most": self.alternates(),
            "equal_alternates": alternates.filter(|id| equals(id)).collect::<Vec<_>>(),
            "election": quorate.then_some(elected.clone()),
        })
    }
}

/// What a head's ballots come to.
enum Kept {
    Counted(Slip),
    Invalid,
    Silent,
}

/// Anything that can be left open, small first: what fails shrinks to the nation's rules and few heads.
fn rules() -> impl Strategy<Value = Rules> {
    let one_of = |words: &[&'static str]| prop::sample::select(words.to_vec());
    (
        one_of(&["NOT_PARTICIPATED", "ABSTAIN", "FOLLOW_MAJORITY"]),
        prop::sample::subsequence(vec![1_u8, 5, 6, 8, 9], 0..=5),
        one_of(&["EXCLUDED", "ABSTAIN"]),
        one_of(&["ABSTAIN", "NOT_PARTICIPATED"]),
        one_of(&["FIRST_VALID", "ONLINE", "PAPER"]),
        any::<bool>(),
        one_of(&["HEADS_AREA", "AREA_HEADS", "RATIO_SUM"]),
        one_of(&["SEATS_AND_ALTERNATES", "SEATS"]),
        prop::sample::select(vec![[3, 10], [0, 1], [1, 2], [1, 3], [1, 1]]),
        (one_of(&["FLOOR", "CEIL", "HALF_UP"]), 3_usize..=5),
    )
        .prop_map(
            |(
                nonresponse,
                excluded,
                invalid_as,
                blank_item,
                duplicates,
                revotes,
                rank_rule,
                max,
                alternates,
                (rounding, least),
            )| {
                // Silence elects nobody, whatever else it does.
                let excluded = excluded.into_iter().chain([3]).collect();
                let max_selections = max;
                Rules {
                    nonresponse,
                    excluded,
                    invalid_as,
                    blank_item,
                    duplicates,
                    revotes,
                    rank_rule,
                    max_selections,
                    alternates,
                    rounding,
                    least,
                }
            },
        )
}

fn slip(candidates: usize, texts: usize) -> impl Strategy<Value = Slip> {
    let channel = prop::sample::select(vec!["ONLINE", "PAPER", "PROXY"]);
    // Most are chosen by most, so that some pass; a stranger's name is on some, a name twice on others.
    let choices = prop::collection::vec(prop::bool::weighted(0.7), candidates);
    let beside = prop::option::weighted(0.2, prop::sample::select(vec!["stranger", "c0"]));
    let answer =
        prop::option::weighted(0.8, prop::sample::select(vec!["YES", "YES", "YES", "NO", "ABSTAIN"]));
    let answers = prop::collection::vec(answer, texts);
    (channel, prop::bool::weighted(0.9), choices, beside, answers).prop_map(
        |(channel, signed, chosen, beside, answers)| {
            let chosen = chosen.iter().enumerate().filter(|(_, chosen)| **chosen).map(|(at, _)| name(at));
            let choices = chosen.chain(beside.map(str::to_owned)).collect();
            Slip { channel, signed, choices, answers }
        },
    )
}

fn head(candidates: usize, texts: usize) -> impl Strategy<Value = Head> {
    // Areas from few values, so that ties, exact halves, thirds and quarters happen.
    let area = prop::sample::select(vec![1_u64, 2, 3, 6, 0]);
    let many = prop_oneof![2 => Just(0_usize), 6 => Just(1), 3 => Just(2), 1 => Just(3)];
    let slips = many.prop_flat_map(move |many| prop::collection::vec(slip(candidates, texts), many));
    (area, slips).prop_map(|(area, slips)| Head { area, slips })
}

pub fn poll() -> impl Strategy<Value = Poll> {
    let texts = prop::collection::vec(prop::sample::select(vec![2_u8, 1, 3, 5, 6, 8, 9]), 0..3);
    (0_usize..=6, prop::sample::select(vec![3_usize, 1, 5]), texts).prop_flat_map(
        |(candidates, seats, texts)| {
            let heads = prop::collection::vec(head(candidates, texts.len()), 0..10);
            (heads, rules()).prop_map(move |(heads, rules)| Poll {
                heads,
                candidates,
                seats,
                texts: texts.clone(),
                rules,
            })
        },
    )
}
