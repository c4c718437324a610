//! What the record tells of a poll's steps. Whoever recomputes a poll compares its lines with this.

use chrono::{DateTime, FixedOffset, Utc};
use serde_json::{Map, Value, json};

use super::{
    aftermath::Objections,
    external::System,
    leaks::Leaks,
    tally::Totals,
    verdict::{MatterVerdict, Verdict},
};
use crate::{packs::InForce, quantity::Weight};

/// A moment as the record tells it: in China's time.
pub fn moment(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    const EIGHT_HOURS: i32 = 8 * 3600;
    FixedOffset::east_opt(EIGHT_HOURS).map_or_else(|| at.fixed_offset(), |china| at.with_timezone(&china))
}

/// The hashes of what a lock froze.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frozen<'a> {
    pub roll: Option<&'a str>,
    pub frozen: Option<&'a str>,
    /// Nothing in polls that locked before each rule said whose it is.
    pub rules: Option<&'a str>,
}

/// That a poll locked, with so many heads, so much area and so many homes.
pub fn locked(hashes: Frozen<'_>, roll: Weight, homes: usize) -> Value {
    let mut facts = Map::new();
    for (name, fact) in [
        ("roll_hash", json!(hashes.roll)),
        ("frozen_hash", json!(hashes.frozen)),
        ("heads", json!(roll.heads)),
        ("area", json!(roll.area)),
        ("homes", json!(homes)),
    ] {
        facts.insert(name.to_owned(), fact);
    }
    facts.extend(hashes.rules.map(|hash| ("rules_hash".to_owned(), json!(hash))));
    Value::Object(facts)
}

/// That voting began; of a poll of opinion also how many had registered for it, and the hash over who.
pub fn opened(frozen_hash: Option<&str>, registered: Option<(Weight, &str)>) -> Value {
    let mut facts = Map::from_iter([("frozen_hash".to_owned(), json!(frozen_hash))]);
    if let Some((weight, hash)) = registered {
        facts.extend([("registered".to_owned(), json!(weight)), ("registered_hash".to_owned(), json!(hash))]);
    }
    Value::Object(facts)
}

/// Each extension: from when to when, and the rules that caused it. Not how many had taken part: that is for those who
/// watch, as long as others may still be pressed to.
pub fn extended(
    in_force: &[InForce],
    made: impl IntoIterator<Item = (DateTime<Utc>, DateTime<Utc>)>,
) -> Vec<Value> {
    let caused_by = ["quorum", "extensions", "extension_days"];
    let rules: Vec<&InForce> =
        in_force.iter().filter(|rule| caused_by.contains(&rule.name.as_str())).collect();
    let told = |(number, (from, to)): (usize, (DateTime<Utc>, DateTime<Utc>))| {
        json!({
            "number": number, "reason": "QUORUM_MISSED", "rules": rules, "from": moment(from), "to": moment(to),
        })
    };
    (1..).zip(made).map(told).collect()
}

/// That the result of a city's system was taken, by the hash of its evidence and the key that signed it.
pub fn imported(system: &System, evidence_hash: &str, key_id: &str) -> Value {
    json!({"system": system.name, "evidence_hash": evidence_hash, "key_id": key_id})
}

/// That voting ended.
pub fn closed(ballots: u64) -> Value {
    json!({"ballots": ballots})
}

/// That the ballots were counted; where not everybody may know turnout, in the steps in which it is told.
pub fn counted(ballots_hash: &str, ballots: u64, totals: &Totals, leaks: Option<&Leaks>) -> Value {
    let grain = leaks.map(|leaks| leaks.turnout.grain).unwrap_or_default();
    let mut facts = Map::new();
    for (name, fact) in [
        ("ballots_hash", json!(ballots_hash)),
        ("ballots", json!(ballots)),
        ("roll", json!(totals.roll)),
        ("returned", json!(grain.show(totals.returned))),
        ("invalid", json!(grain.show(totals.invalid))),
    ] {
        facts.insert(name.to_owned(), fact);
    }
    facts.extend(totals.registered.map(|weight| ("registered".to_owned(), json!(weight))));
    facts.extend((!grain.is_exact()).then(|| ("coarsened".to_owned(), json!(grain))));
    Value::Object(facts)
}

/// That the result was published.
pub fn published(hashes: Frozen<'_>, ballots_hash: Option<&str>, verdict: &Verdict) -> Value {
    let matter = |one: &MatterVerdict| json!({"matter_id": one.matter, "outcome": one.outcome});
    json!({
        "election": verdict.election.as_ref().map(|election| election.outcome),
        "matters": verdict.matters.iter().map(matter).collect::<Vec<_>>(),
        "roll_hash": hashes.roll,
        "frozen_hash": hashes.frozen,
        "ballots_hash": ballots_hash,
    })
}

/// That the result became final: since when it was out, until when it could be objected to, and how many did in vain.
pub fn finished(
    (published_at, provisional_until): (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    objections: Objections,
    ballots_hash: Option<&str>,
) -> Value {
    json!({
        "published_at": published_at.map(moment),
        "provisional_until": provisional_until.map(moment),
        "dismissed": objections.dismissed,
        "ballots_hash": ballots_hash,
    })
}
