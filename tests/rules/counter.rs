//! The second counter. Nothing here uses a ratio, a rank or a sort.

use serde_json::{Value, json};

/// What somebody did with a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mark {
    Yes,
    No,
    Abstain,
    Silent,
    Invalid,
    NotServed,
}

/// One head.
#[derive(Clone, Copy, Debug)]
pub struct Voter {
    pub mark: Mark,
    pub area: u64,
}

/// What becomes of silence and of paper that cannot be counted, as a case names it.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub nonresponse: &'static str,
    pub invalid_as: &'static str,
}

/// Ones for heads, areas for area.
const MEASURES: [fn(&Voter) -> u64; 2] = [|_| 1, |voter| voter.area];

fn weigh(voters: &[Voter], measure: fn(&Voter) -> u64, wanted: &[Mark]) -> u64 {
    voters.iter().filter(|voter| wanted.contains(&voter.mark)).map(measure).sum()
}

fn replace(voters: &mut [Voter], old: Mark, new: Mark) {
    for voter in voters.iter_mut().filter(|voter| voter.mark == old) {
        voter.mark = new;
    }
}

/// What the silent are taken for; nothing where heads and area lead different ways.
fn silence(voters: &[Voter], nonresponse: &str) -> Option<Mark> {
    let wins = |a: Mark, b: Mark| {
        MEASURES.iter().all(|measure| weigh(voters, *measure, &[a]) > weigh(voters, *measure, &[b]))
    };
    match nonresponse {
        "NOT_PARTICIPATED" => Some(Mark::NotServed),
        "ABSTAIN" => Some(Mark::Abstain),
        _ if wins(Mark::Yes, Mark::No) => Some(Mark::Yes),
        _ if wins(Mark::No, Mark::Yes) => Some(Mark::No),
        _ => None,
    }
}

/// A text by one measure.
struct Measured {
    took_part: u64,
    quorum: bool,
    yes: u64,
    approved: bool,
}

/// Whether a text passes.
pub fn decide(voters: &[Voter], approval: &str, policy: Policy) -> Value {
    let mut voters = voters.to_vec();
    let invalid = if policy.invalid_as == "ABSTAIN" { Mark::Abstain } else { Mark::NotServed };
    replace(&mut voters, Mark::Invalid, invalid);
    if voters.iter().any(|voter| voter.mark == Mark::Silent) {
        let Some(taken_for) = silence(&voters, policy.nonresponse) else {
            return json!({ "outcome": "INDETERMINATE" });
        };
        replace(&mut voters, Mark::Silent, taken_for);
    }
    let [heads, area] = MEASURES.map(|measure| {
        let everyone: u64 = voters.iter().map(measure).sum();
        let took_part = weigh(&voters, measure, &[Mark::Yes, Mark::No, Mark::Abstain]);
        let yes = weigh(&voters, measure, &[Mark::Yes]);
        let (stayed_away, others) = (everyone - took_part, took_part - yes);
        // More than, or three for each one, that did not agree.
        let enough = if approval == "ORDINARY" { yes > others } else { yes >= others + others + others };
        Measured {
            took_part,
            // Two for each one that stayed away.
            quorum: took_part >= stayed_away + stayed_away && everyone > 0,
            yes,
            approved: enough && took_part > 0,
        }
    });
    let outcome = match (heads.quorum && area.quorum, heads.approved && area.approved) {
        (false, _) => "NO_QUORUM",
        (true, true) => "PASSED",
        (true, false) => "REJECTED",
    };
    json!({
        "participating": { "heads": heads.took_part, "area": area.took_part },
        "quorum": { "heads": heads.quorum, "area": area.quorum },
        "yes": { "heads": heads.yes, "area": area.yes },
        "approved": { "heads": heads.approved, "area": area.approved },
        "outcome": outcome,
    })
}

/// Who stands for election, and the votes received.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub id: String,
    pub heads: u64,
    pub area: u64,
}

/// What is elected, and by how many.
#[derive(Clone, Debug)]
pub struct Committee {
    pub heads: u64,
    pub area: u64,
    /// Filled before, by the votes whose run-off this is.
    pub filled: usize,
    pub seats: usize,
    pub alternates: usize,
    /// Fewer form no committee.
    pub least: usize,
    pub rank_rule: &'static str,
}

impl Committee {
    /// Whether one candidate is ahead of another.
    pub fn ahead(&self, a: &Candidate, b: &Candidate) -> bool {
        // Both shares over one denominator, by repeated addition.
        let shares = |one: &Candidate| -> u64 {
            (0..self.area).map(|_| one.heads).sum::<u64>() + (0..self.heads).map(|_| one.area).sum::<u64>()
        };
        match self.rank_rule {
            "HEADS_AREA" => a.heads > b.heads || (a.heads == b.heads && a.area > b.area),
            "AREA_HEADS" => a.area > b.area || (a.area == b.area && a.heads > b.heads),
            _ => shares(a) > shares(b) || (shares(a) == shares(b) && a.area > b.area),
        }
    }
}

/// Asks of each candidate who passed and how many are ahead.
pub fn elect(candidates: &[Candidate], committee: &Committee) -> Value {
    let majority =
        |one: &&Candidate| one.heads > committee.heads - one.heads && one.area > committee.area - one.area;
    let passed: Vec<&Candidate> = candidates.iter().filter(majority).collect();
    let better = |one: &Candidate| passed.iter().filter(|other| committee.ahead(other, one)).count();
    let equal = |one: &Candidate| {
        let level = |other: &&&Candidate| !committee.ahead(other, one) && !committee.ahead(one, other);
        passed.iter().filter(level).count()
    };
    // Place by place: whoever has so many ahead, in the order of the ballot.
    let in_order: Vec<&Candidate> = (0..passed.len())
        .flat_map(|place| passed.iter().filter(move |one| better(one) == place))
        .copied()
        .collect();

    // Certain of a seat: even if all equals came first there would be room. Certain of none: the betters fill all.
    let seats = committee.seats;
    let sure = |one: &&&Candidate| better(one) + equal(one) <= seats;
    let out = |one: &&&Candidate| better(one) >= seats;
    let ids = |of: &[&Candidate]| of.iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    let elected: Vec<&Candidate> = in_order.iter().filter(sure).copied().collect();
    let beyond: Vec<&Candidate> = in_order.iter().filter(out).take(committee.alternates).copied().collect();
    // Candidates are named in the order of their ids, and so are these.
    let between: Vec<&Candidate> = passed.iter().filter(|one| !sure(one) && !out(one)).copied().collect();
    let open = if between.is_empty() { 0 } else { seats - elected.len() };
    let members = elected.len() + open;
    let committee_of = members + committee.filled;
    json!({
        "qualified": ids(&in_order),
        "elected": ids(&elected),
        "runoff": (open > 0).then(|| json!({ "between": ids(&between), "seats": open })),
        "alternates": (open == 0).then(|| ids(&beyond)),
        "vacant": seats - members,
        "formed": committee_of >= committee.least && committee_of > seats - members,
    })
}

/// How long a vote may go on.
#[derive(Clone, Copy, Debug)]
pub struct Extending {
    pub times: u64,
    pub days: u64,
    pub longest_days: u64,
}

/// Goes through a vote second by second of its ends: who had taken part by then, and is another day left for each day
/// of going on.
pub fn close(first: u64, everyone: &[(Option<u64>, u64)], extending: Extending) -> Value {
    const DAY: u64 = 86_400;
    let mut ends = vec![first];
    let mut left = extending.times;
    loop {
        let end = ends.last().copied().unwrap_or(first);
        let enough = [|_: &(Option<u64>, u64)| 1, |one: &(Option<u64>, u64)| one.1].iter().all(|measure| {
            let (mut in_time, mut away) = (0, 0);
            for one in everyone {
                match one.0 {
                    Some(at) if at < end => in_time += measure(one),
                    _ => away += measure(one),
                }
            }
            in_time >= away + away && in_time + away > 0
        });
        let latest = extending.longest_days * DAY;
        let mut later = end;
        for _ in 0..extending.days {
            later += DAY.min(latest.saturating_sub(later));
        }
        if enough || left == 0 || later == end {
            return json!(ends);
        }
        ends.push(later);
        left -= 1;
    }
}

/// Asks of each name whether it is a candidate's and was not there before.
pub fn read_ballot(selections: &[String], candidates: &[&str], limit: usize) -> Value {
    let mut counted: Vec<&str> = Vec::new();
    for name in selections {
        if candidates.contains(&name.as_str()) && !counted.contains(&name.as_str()) {
            counted.push(name);
        }
    }
    match counted.len() {
        0 => json!({ "state": "BLANK", "counted": [] }),
        many if many > limit => json!({ "state": "INVALID", "counted": [] }),
        _ => json!({ "state": "VALID", "counted": counted }),
    }
}
