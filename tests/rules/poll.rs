//! Whole polls for both counters: everything that came back from every head, what of it was set aside, all that the rules
//! leave open, and the run-offs of those who were equal. The second counter goes from head to head and from name to name;
//! of the first it knows the words of a worked case alone.

#![expect(clippy::indexing_slicing, reason = "a test that reads what is not there has failed")]

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::counter::{Candidate, Committee, Mark, Policy, Voter, decide, elect};

/// One ballot as it came back.
#[derive(Clone, Debug)]
struct Slip {
    channel: &'static str,
    signed: bool,
    /// Its head said that it was not theirs, and that held.
    disputed: bool,
    choices: Vec<String>,
    answers: Vec<Option<&'static str>>,
}

/// One head with what came back, in the order in which it came.
#[derive(Clone, Debug)]
struct Head {
    area: u64,
    served: bool,
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

/// What is otherwise in a run-off: each head sends what another sent before, but for those who stay away, and marks fewer
/// names: of so many heads one begins with the second.
#[derive(Clone, Debug)]
struct Again {
    turn: usize,
    marks: usize,
    of_so_many: usize,
    stays_away: Vec<bool>,
    paper_void: bool,
}

/// A poll after its close.
#[derive(Clone, Debug)]
pub struct Poll {
    heads: Vec<Head>,
    /// More papers came back than went out.
    paper_void: bool,
    /// Who stands, in ballot order.
    candidates: Vec<usize>,
    seats: usize,
    /// Seats filled before, where it is a run-off.
    filled: usize,
    /// The class of each text.
    texts: Vec<u8>,
    rules: Rules,
    /// How its run-offs go, as many as there are.
    again: Vec<Again>,
}

fn name(candidate: usize) -> String {
    format!("c{candidate}")
}

fn text(at: usize) -> String {
    format!("t{at}")
}

impl Poll {
    /// The poll with its run-offs as the rules are asked about it.
    pub fn case(&self, run_offs: &[Self]) -> Value {
        let slip = |slip: &Slip| {
            let answers = slip.answers.iter().enumerate();
            let answers: Map<_, _> =
                answers.filter_map(|(at, said)| Some((text(at), json!((*said)?)))).collect();
            json!({
                "channel": slip.channel, "signed": slip.signed, "disputed": slip.disputed,
                "choices": slip.choices, "answers": answers,
            })
        };
        let head = |head: &Head| {
            let ballots: Vec<_> = head.slips.iter().map(slip).collect();
            json!({"area": head.area, "served": head.served, "ballots": ballots})
        };
        let heads = |heads: &[Head]| heads.iter().map(head).collect::<Vec<_>>();
        let run_off = |vote: &Self| json!({"heads": heads(&vote.heads), "paper_void": vote.paper_void});
        let texts = self.texts.iter().enumerate().map(|(at, class)| json!({"id": text(at), "class": class}));
        let rules = &self.rules;
        json!({
            "case": "poll",
            "heads": heads(&self.heads),
            "paper_void": self.paper_void,
            "candidates": self.candidates.iter().copied().map(name).collect::<Vec<_>>(),
            "seats": self.seats,
            "texts": texts.collect::<Vec<_>>(),
            "run_offs": run_offs.iter().map(run_off).collect::<Vec<_>>(),
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

    /// The same poll by the second counter, and the run-offs that were held of it.
    pub fn count(&self) -> (Value, Vec<Self>) {
        let mut first = self.count_vote();
        let mut votes = vec![(self.clone(), first.clone())];
        for again in &self.again {
            let Some((_, last)) = votes.last() else { break };
            let due = &last["election"]["election"]["runoff"];
            if due.is_null() {
                break;
            }
            let open = due["seats"].as_u64().and_then(|open| usize::try_from(open).ok()).unwrap_or_default();
            let is_equal = |one: &usize| is_in(&due["between"], &name(*one));
            let equal: Vec<usize> = self.candidates.iter().copied().filter(is_equal).collect();
            let run_off = Self {
                heads: self.heads_again(again, &equal),
                paper_void: again.paper_void,
                candidates: equal,
                seats: open,
                filled: elected(&votes).len(),
                texts: Vec::new(),
                ..self.clone()
            };
            let counted = run_off.count_vote();
            votes.push((run_off, counted));
        }
        first["committee"] = self.committee(&votes);
        first["run_offs"] = votes.iter().skip(1).map(|(_, counted)| counted.clone()).collect();
        (first, votes.into_iter().skip(1).map(|(run_off, _)| run_off).collect())
    }

    /// The heads as they do in a run-off between some.
    fn heads_again(&self, again: &Again, between: &[usize]) -> Vec<Head> {
        let slip = |at: usize, slip: &Slip| {
            let from = usize::from(at.is_multiple_of(again.of_so_many));
            let in_turn = between.iter().cycle().skip(from).take(between.len()).copied().map(name);
            let choices = in_turn.filter(|one| slip.choices.contains(one)).take(again.marks).collect();
            Slip { choices, answers: Vec::new(), ..slip.clone() }
        };
        let others = self.heads.iter().cycle().skip(again.turn);
        let head = |(at, ((head, other), stays_away)): (usize, ((&Head, &Head), &bool))| {
            let slips = other.slips.iter().filter(|_| !stays_away).map(|one| slip(at, one)).collect();
            Head { slips, ..*head }
        };
        self.heads.iter().zip(others).zip(&again.stays_away).enumerate().map(head).collect()
    }

    fn count_vote(&self) -> Value {
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
            "silent": both(weigh(|kept| matches!(kept, Kept::Silent { .. }))),
            "max_selections": self.limit(),
            "decisions": decisions,
            "election": (!self.candidates.is_empty()).then(|| self.elect(roll, took_part, &kept)),
        })
    }

    /// Whom an election and its run-offs make members and alternates, asked of each name: who was voted on again later is
    /// ahead of who was not, and of two who were in the same vote whoever won more there.
    fn committee(&self, votes: &[(Self, Value)]) -> Value {
        let Some(((_, first), (_, last))) = votes.first().zip(votes.last()) else { return Value::Null };
        if first["election"]["election"].is_null() {
            return Value::Null;
        }
        let last = &last["election"]["election"];
        let members = elected(votes);
        let open = last["runoff"]["seats"].as_u64().unwrap_or_default();
        let all = (0..open).fold(members.len(), |all, _| all + 1);
        let passed = |one: &usize| is_in(&first["election"]["election"]["qualified"], &name(*one));
        let waits = |one: &usize| passed(one) && !members.contains(&name(*one));
        let waiting: Vec<usize> = self.candidates.iter().copied().filter(waits).collect();
        let latest = |one: usize| (0..votes.len()).rfind(|at| votes[*at].0.candidates.contains(&one));
        let ahead = |one: usize, other: usize| match (latest(one), latest(other)) {
            (Some(own), Some(others)) if own == others => {
                let (vote, counted) = &votes[own];
                let votes_of = |one: usize| {
                    let lines = counted["election"]["candidates"].as_array().into_iter().flatten();
                    let mut own = lines.filter(|line| line["id"] == name(one)).map(|line| &line["votes"]);
                    let votes = own.next().unwrap_or(&Value::Null);
                    let number = |measure: &str| votes[measure].as_u64().unwrap_or_default();
                    Candidate { id: name(one), heads: number("heads"), area: number("area") }
                };
                let took_part = &counted["election"]["participating"];
                let number = |measure: &str| took_part[measure].as_u64().unwrap_or_default();
                let committee = vote.elects((number("heads"), number("area")));
                committee.ahead(&votes_of(one), &votes_of(other))
            }
            (own, others) => own > others,
        };
        let better = |one: usize| waiting.iter().filter(|other| ahead(**other, one)).count();
        let is_equal = |one: usize| {
            waiting.iter().any(|other| *other != one && !ahead(*other, one) && !ahead(one, *other))
        };
        let in_order =
            (0..waiting.len()).flat_map(|place| waiting.iter().filter(move |one| better(**one) == place));
        let next: Vec<usize> = in_order.copied().take(self.alternates()).collect();
        // Who was equal is still, where too few took part in the vote on it; and the rest is open while one is due.
        let is_known = !last.is_null() && last["runoff"].is_null();
        let equal = next.iter().copied().filter(|one| is_known && is_equal(*one));
        json!({
            "seats": self.seats,
            "elected": members,
            "runoff": last["runoff"],
            "alternates": is_known.then(|| next.iter().copied().map(name).collect::<Vec<_>>()),
            "equal_alternates": equal.map(name).collect::<Vec<_>>(),
            "vacant": self.seats - all,
            "formed": all >= self.rules.least && all > self.seats - all,
        })
    }

    /// What the vote fills, and by how many.
    fn elects(&self, (heads, area): (u64, u64)) -> Committee {
        Committee {
            heads,
            area,
            filled: self.filled,
            seats: self.seats,
            alternates: self.alternates(),
            least: self.rules.least,
            rank_rule: self.rules.rank_rule,
        }
    }

    /// One ballot after the other: each that comes takes the place of the one before, or does not. What was set aside never
    /// came.
    fn keep(&self, head: &Head) -> Kept {
        let is_void = |slip: &Slip| self.paper_void && slip.channel == "PAPER";
        let came: Vec<&Slip> = head.slips.iter().filter(|slip| !slip.disputed && !is_void(slip)).collect();
        let mut kept: Option<&Slip> = None;
        for slip in came.iter().filter(|slip| slip.signed && self.chosen(slip).len() <= self.limit()) {
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
            None if came.is_empty() => Kept::Silent { served: head.served },
            None => Kept::Invalid,
        }
    }

    /// The candidates whose names are on it, each once, whatever else is.
    fn chosen(&self, slip: &Slip) -> Vec<usize> {
        self.candidates.iter().copied().filter(|one| slip.choices.contains(&name(*one))).collect()
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
            Kept::Silent { served: true } => Mark::Silent,
            Kept::Silent { served: false } => Mark::NotServed,
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
        let standing: Vec<Candidate> = self.candidates.iter().copied().map(votes_of).collect();
        let committee = self.elects(took_part);
        // Two for each one that stayed away.
        let enough = |took_part: u64, all: u64| all > 0 && took_part >= 2 * (all - took_part);
        let quorum = (enough(took_part.0, roll.0), enough(took_part.1, roll.1));
        let quorate = quorum.0 && quorum.1;
        let elected = elect(&standing, &committee);
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

fn is_in(list: &Value, id: &str) -> bool {
    list.as_array().is_some_and(|ids| ids.contains(&json!(id)))
}

/// Whom these votes elected, one after the other.
fn elected(votes: &[(Poll, Value)]) -> Vec<String> {
    let ids = votes.iter().filter_map(|(_, counted)| counted["election"]["election"]["elected"].as_array());
    ids.flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// What a head's ballots come to.
enum Kept {
    Counted(Slip),
    Invalid,
    Silent { served: bool },
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
        one_of(&["SEATS_AND_ALTERNATES", "SEATS_AND_ALTERNATES", "SEATS"]),
        prop::sample::select(vec![[3, 10], [1, 2], [1, 3], [1, 1], [1, 1], [0, 1]]),
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

/// The slate is what most choose, so that some pass; some choose otherwise.
fn slip((slate, otherwise): (Vec<bool>, f64), texts: usize) -> impl Strategy<Value = Slip> {
    let is = prop::bool::weighted;
    let channel = prop::sample::select(vec!["ONLINE", "PAPER", "PROXY"]);
    // A stranger's name is on some, a name twice on others.
    let others = prop::collection::vec(is(otherwise), slate.len());
    // One of the slate's is left out on half of them, so that more may pass than one ballot can choose.
    let without = prop::option::of(0..slate.len().max(1));
    let beside = prop::option::weighted(0.2, prop::sample::select(vec!["stranger", "c0"]));
    let answer =
        prop::option::weighted(0.8, prop::sample::select(vec!["YES", "YES", "YES", "NO", "ABSTAIN"]));
    let answers = prop::collection::vec(answer, texts);
    (channel, is(0.95), is(0.07), (others, without), beside, answers).prop_map(
        move |(channel, signed, disputed, (others, without), beside, answers)| {
            let chosen = slate.iter().zip(&others).enumerate().filter(|(_, (slate, other))| slate != other);
            let chosen = chosen.map(|(at, _)| at).filter(|at| Some(*at) != without).map(name);
            let choices = chosen.chain(beside.map(str::to_owned)).collect();
            Slip { channel, signed, disputed, choices, answers }
        },
    )
}

fn head(slate: (Vec<bool>, f64), texts: usize) -> impl Strategy<Value = Head> {
    // Areas from few values, so that ties, exact halves, thirds and quarters happen.
    let area = prop::sample::select(vec![1_u64, 1, 1, 2, 2, 3, 6, 0]);
    let many = prop_oneof![1 => Just(0_usize), 6 => Just(1), 3 => Just(2), 1 => Just(3)];
    let slips = many.prop_flat_map(move |many| prop::collection::vec(slip(slate.clone(), texts), many));
    (area, prop::bool::weighted(0.7), slips).prop_map(|(area, served, slips)| Head { area, served, slips })
}

fn again() -> impl Strategy<Value = Again> {
    let is = prop::bool::weighted;
    (0_usize..4, 1_usize..=3, 2_usize..=4, prop::collection::vec(is(0.1), 10), is(0.1)).prop_map(
        |(turn, marks, of_so_many, stays_away, paper_void)| Again {
            turn,
            marks,
            of_so_many,
            stays_away,
            paper_void,
        },
    )
}

pub fn poll() -> impl Strategy<Value = Poll> {
    let seats = prop::sample::select(vec![3_usize, 3, 1, 5, 7]);
    let vote = seats.prop_flat_map(|seats| {
        let slate = prop::collection::vec(prop::bool::weighted(0.85), 0..=seats + 2);
        let texts = prop::collection::vec(prop::sample::select(vec![2_u8, 1, 3, 5, 6, 8, 9]), 0..3);
        ((slate, prop::sample::select(vec![0.05, 0.3])), Just(seats), texts)
    });
    vote.prop_flat_map(|(slate, seats, texts)| {
        let candidates: Vec<usize> = (0..slate.0.len()).collect();
        let heads = prop::collection::vec(head(slate, texts.len()), 0..10);
        let paper_void = prop::bool::weighted(0.1);
        let again = prop::collection::vec(again(), 3);
        (heads, paper_void, again, rules()).prop_map(move |(heads, paper_void, again, rules)| Poll {
            heads,
            paper_void,
            candidates: candidates.clone(),
            seats,
            filled: 0,
            texts: texts.clone(),
            rules,
            again,
        })
    })
}
