//! Polls of opinion for both counters. The second goes from stage to stage, each time setting those who did beside those who
//! did not; of the first it knows the words of a worked case alone.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::counter::{Candidate, Committee, elect};

/// One head: who did not register sends nothing.
#[derive(Clone, Debug)]
struct Head {
    area: u64,
    registered: bool,
    ballot: Option<Ballot>,
}

#[derive(Clone, Debug)]
struct Ballot {
    chosen: Vec<bool>,
    said: Option<&'static str>,
}

/// A poll on one text, in which some would be chosen.
#[derive(Clone, Debug)]
pub struct Poll {
    heads: Vec<Head>,
    candidates: usize,
    seats: usize,
}

fn name(candidate: usize) -> String {
    format!("c{candidate}")
}

/// Heads and area.
type Both = [u64; 2];

impl Poll {
    /// The poll as the rules are asked about it.
    pub fn case(&self) -> Value {
        let ballot = |ballot: &Ballot| {
            let chosen = (0..self.candidates).filter(|one| ballot.chosen.get(*one) == Some(&true));
            let answers = ballot.said.map_or(json!({}), |said| json!({ "bikes": said }));
            json!({ "channel": "ONLINE", "choices": chosen.map(name).collect::<Vec<_>>(), "answers": answers })
        };
        let head = |head: &Head| {
            let ballots: Vec<Value> = head.ballot.iter().map(ballot).collect();
            json!({ "area": head.area, "registered": head.registered, "ballots": ballots })
        };
        json!({
            "case": "poll",
            "heads": self.heads.iter().map(head).collect::<Vec<_>>(),
            "candidates": (0..self.candidates).map(name).collect::<Vec<_>>(),
            "seats": self.seats,
            "texts": [{ "id": "bikes", "class": 0 }],
            "policy": { "pack": "worked-example" },
        })
    }

    fn weigh(&self, wanted: impl Fn(&Head) -> bool) -> Both {
        let mut sum = [0, 0];
        for head in self.heads.iter().filter(|head| wanted(head)) {
            sum = [sum[0] + 1, sum[1] + head.area];
        }
        sum
    }

    /// Three of ten seats more may be chosen, by counting on.
    fn limit(&self) -> usize {
        let alternates = (1..=self.seats).filter(|one| one * 10 <= self.seats * 3).count();
        self.seats + alternates
    }

    fn counts(&self, head: &Head) -> bool {
        head.ballot.as_ref().is_some_and(|ballot| {
            ballot.chosen.iter().take(self.candidates).filter(|chosen| **chosen).count() <= self.limit()
        })
    }

    /// The same poll by the second counter.
    pub fn count(&self) -> Value {
        let said = |head: &Head, what: &str| {
            head.ballot.as_ref().and_then(|ballot| ballot.said).is_some_and(|said| said == what)
        };
        let registered = self.weigh(|head| head.registered);
        let missing = self.weigh(|head| !head.registered);
        let took_part = self.weigh(|head| self.counts(head));
        let stayed_away = self.weigh(|head| head.registered && !self.counts(head));
        let yes = self.weigh(|head| self.counts(head) && said(head, "YES"));
        let others = self.weigh(|head| self.counts(head) && !said(head, "YES"));
        let both = |one: Both, other: Both, holds: fn(u64, u64) -> bool| {
            let holds = |measure: usize| holds(one[measure], other[measure]) && one[measure] > 0;
            json!({ "heads": holds(0), "area": holds(1) })
        };
        let met = |both: &Value| both["heads"] == true && both["area"] == true;
        // Two for each one that did not; as many as did not; more than did not.
        let registration = both(registered, missing, |did, not| did >= not + not);
        let turnout = both(took_part, stayed_away, |did, not| did >= not);
        let approved = both(yes, others, |did, not| did > not);
        let counts = met(&registration) && met(&turnout);
        let outcome = match (counts, met(&approved)) {
            (false, _) => "NO_QUORUM",
            (true, true) => "PASSED",
            (true, false) => "REJECTED",
        };
        let votes = |one: usize| {
            let [heads, area] = self.weigh(|head| {
                let ballot = head.ballot.as_ref().filter(|_| self.counts(head));
                ballot.is_some_and(|ballot| ballot.chosen.get(one) == Some(&true))
            });
            Candidate { id: name(one), heads, area }
        };
        let standing: Vec<Candidate> = (0..self.candidates).map(votes).collect();
        let places = Committee {
            heads: took_part[0],
            area: took_part[1],
            filled: 0,
            seats: self.seats,
            alternates: self.limit() - self.seats,
            least: 1,
            rank_rule: "HEADS_AREA",
        };
        let chosen = elect(&standing, &places);
        let choice = match () {
            () if !counts => "NO_QUORUM",
            () if !chosen["runoff"].is_null() => "RUNOFF_DUE",
            () if chosen["formed"] == true => "FORMED",
            () => "NOT_FORMED",
        };
        json!({
            "registered": { "heads": registered[0], "area": registered[1] },
            "silent": weight(self.weigh(|head| head.registered && head.ballot.is_none())),
            "text": { "registration": registration, "quorum": turnout, "approved": approved, "outcome": outcome },
            "outcome": choice,
            "registration": registration,
            "quorum": turnout,
            "chosen": counts.then_some(chosen),
        })
    }
}

fn weight([heads, area]: Both) -> Value {
    json!({ "heads": heads, "area": area })
}

/// What both counters say of a poll.
pub fn part_of(answer: &Value) -> Value {
    let (text, choice) = (&answer["decisions"]["bikes"], &answer["election"]);
    json!({
        "registered": answer["registered"],
        "silent": answer["silent"],
        "text": {
            "registration": text["registration"],
            "quorum": text["quorum"],
            "approved": text["approved"],
            "outcome": text["outcome"],
        },
        "outcome": choice["outcome"],
        "registration": choice["registration"],
        "quorum": choice["quorum"],
        "chosen": choice["election"],
    })
}

pub fn poll() -> impl Strategy<Value = Poll> {
    let said = prop::option::weighted(0.9, prop::sample::select(vec!["YES", "YES", "YES", "NO", "ABSTAIN"]));
    let ballot = (prop::collection::vec(prop::bool::weighted(0.6), 5), said)
        .prop_map(|(chosen, said)| Ballot { chosen, said });
    // Areas from few values, so that exact halves and thirds happen.
    let area = prop::sample::select(vec![1_u64, 2, 3, 6]);
    let head = (area, prop::bool::weighted(0.8), prop::option::weighted(0.7, ballot)).prop_map(
        |(area, registered, ballot)| Head { area, registered, ballot: ballot.filter(|_| registered) },
    );
    // Where homes weigh the same, equal ranks are common, and with them run-offs.
    let one_area = move |even: bool| {
        head.clone().prop_map(move |head| Head { area: if even { 1 } else { head.area }, ..head })
    };
    let heads = any::<bool>().prop_flat_map(move |even| prop::collection::vec(one_area(even), 0..10));
    (heads, 1_usize..=5, 1_usize..=4).prop_map(|(heads, candidates, seats)| Poll { heads, candidates, seats })
}
