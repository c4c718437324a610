//! A poll made out anew from what is stored, compared with what was said at the time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rules::words;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{
    super::store,
    Scene,
    count::{Counting, count},
    lock::{self, POLL_LOCKED, frozen_hash, roll_hash},
    result::{self, POLL_PUBLISHED},
    vote::BALLOT_CAST,
};
use crate::{
    database::Conn,
    http::problem::{Problem, Result},
    pii::Vault,
    record::{self, Told},
};

/// Differences told of one result at most.
const MOST_DIFFERENCES: usize = 20;

/// What a poll comes to when everything is made out anew.
#[derive(Clone, Debug, Serialize)]
pub struct Recount {
    pub poll_id: Uuid,
    pub title: String,
    pub state: String,
    pub ballots: u64,
    pub heads: u64,
    /// 0.01 m².
    pub area: u64,
    pub roll_hash: Option<String>,
    pub frozen_hash: Option<String>,
    pub ballots_hash: Option<String>,
    /// Lines of the complex's record, each checked against the one before.
    pub record_lines: i64,
    /// What differs; nothing when all is as it was said.
    pub differences: Vec<String>,
}

/// Recomputes everything about a poll from its rows: the locked roll, what was frozen, each ballot's commitment, the
/// tree over all ballots, the count; checks the record of its complex, line by line; and compares both.
///
/// `db` is one snapshot: while a poll is open, ballots come in between two questions.
pub async fn recount(vault: &Vault, db: &impl Conn, id: Uuid) -> Result<Recount> {
    let scene = Scene::load(db, id).await?;
    let poll = &scene.poll;
    let mut differences = Differences::default();
    // As it should be, from here on: what the record tells is compared with this, not with what is stored.
    let mut anew = poll.clone();
    let mut homes = 0;
    if poll.locked_at.is_some() {
        let roll = store::locked_roll(db, poll).await?;
        let hash = roll_hash(&roll)?;
        homes = roll.homes.len();
        anew.total_heads = i64::try_from(roll.heads.len()).unwrap_or(i64::MAX);
        anew.total_area = roll.homes.iter().map(|home| home.area).sum();
        anew.frozen_hash = Some(frozen_hash(vault, db, &scene, &scene.rules()?, &hash).await?);
        let of_heads: i64 = roll.heads.iter().map(|head| head.area).sum();
        differences.between("roll_hash", poll.roll_hash.as_ref(), Some(&hash));
        differences.between("heads", Some(poll.total_heads), Some(anew.total_heads));
        differences.between("area", Some(poll.total_area), Some(anew.total_area));
        differences.between("area of heads", Some(poll.total_area), Some(of_heads));
        differences.between("frozen_hash", poll.frozen_hash.as_ref(), anew.frozen_hash.as_ref());
        anew.roll_hash = Some(hash);
    }
    let count = count(vault, db, &scene).await?;
    if poll.closed_at.is_some() {
        differences.between("ballots_hash", poll.ballots_hash.as_ref(), Some(&count.ballots_hash));
        anew.ballots_hash = Some(count.ballots_hash.clone());
        let now = serde_json::to_value(&count.counted).map_err(Problem::internal)?;
        let stored = poll.result.as_deref().and_then(|text| serde_json::from_str(text).ok());
        differences.within("result", &stored.unwrap_or(Value::Null), &now);
    }
    let told = record::told(db, poll.complex_id, poll.id).await?;
    differences.of_the_record(&told, &anew, homes, &count);
    let record_lines = match record::verify(db, poll.complex_id).await? {
        Ok(lines) => lines,
        Err(broken) => {
            differences.0.push(format!("the record of the complex: {broken}"));
            0
        }
    };
    differences.0.extend(count.findings);
    let roll = scene.roll();
    Ok(Recount {
        poll_id: poll.id,
        title: poll.title.clone(),
        state: poll.state.clone(),
        ballots: count.counted.ballots,
        heads: roll.heads.0,
        area: roll.area.0,
        roll_hash: poll.roll_hash.clone(),
        frozen_hash: poll.frozen_hash.clone(),
        ballots_hash: poll.ballots_hash.clone(),
        record_lines,
        differences: differences.0,
    })
}

/// What differs, in words.
#[derive(Debug, Default)]
struct Differences(Vec<String>);

impl Differences {
    fn between<T: PartialEq + ToString>(&mut self, what: &str, stored: Option<T>, now: Option<T>) {
        if stored != now {
            let say = |value: Option<T>| value.map_or("nothing".to_owned(), |value| value.to_string());
            self.0.push(format!("{what}: stored {}, recomputed {}", say(stored), say(now)));
        }
    }

    fn within(&mut self, what: &str, stored: &Value, now: &Value) {
        let mut parts = Vec::new();
        differ(what, stored, now, &mut parts);
        self.0.extend(parts.into_iter().take(MOST_DIFFERENCES));
    }

    /// What the record tells of a poll, against what it comes to: each step once and as it was, each ballot and no
    /// other, when it was cast.
    fn of_the_record(&mut self, told: &[Told], poll: &::entity::poll::Model, homes: usize, count: &Counting) {
        if poll.locked_at.is_some() {
            self.of_step(told, POLL_LOCKED, &lock::facts_told(poll, homes));
        }
        if poll.closed_at.is_some() {
            for (kind, facts) in count.facts_told() {
                self.of_step(told, kind, &facts);
            }
        }
        if poll.published_at.is_some() {
            self.of_step(told, POLL_PUBLISHED, &result::facts_told(poll, &count.counted.verdict));
        }
        let cast = told.iter().filter(|one| one.kind == BALLOT_CAST);
        let told = cast.filter_map(|one| Some((one.commitment.clone()?, one.at))).collect();
        self.0.extend(unlike(&told, &count.cast));
    }

    fn of_step(&mut self, told: &[Told], kind: &str, now: &Value) {
        let found: Vec<&Told> = told.iter().filter(|one| one.kind == kind).collect();
        match found.as_slice() {
            [one] => self.within(&format!("{kind} in the record"), &one.facts, now),
            others => self.0.push(format!("the record tells {} times of {kind}, not once", others.len())),
        }
    }
}

/// Ballots that the record tells of and that are not there, the other way round, and those of another time.
fn unlike(told: &BTreeMap<String, DateTime<Utc>>, kept: &BTreeMap<String, DateTime<Utc>>) -> Vec<String> {
    let lost = told
        .keys()
        .filter(|one| !kept.contains_key(*one))
        .map(|one| format!("the record tells of a ballot {one} that is not there"));
    let slipped_in = kept
        .keys()
        .filter(|one| !told.contains_key(*one))
        .map(|one| format!("the record tells of no ballot {one}"));
    let moved = kept.iter().filter_map(|(one, at)| {
        let said = told.get(one).filter(|said| *said != at)?;
        Some(format!(
            "ballot {one}: cast at {}, the record tells of {}",
            words::local(*at),
            words::local(*said)
        ))
    });
    lost.chain(slipped_in).chain(moved).collect()
}

/// Where two values differ, leaf by leaf.
fn differ(at: &str, stored: &Value, now: &Value, into: &mut Vec<String>) {
    use Value::{Array, Null, Object};
    match (stored, now) {
        (Object(before), Object(after)) => {
            let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let of = |side: &serde_json::Map<_, _>| side.get(name).cloned().unwrap_or(Null);
                differ(&format!("{at}.{name}"), &of(before), &of(after), into);
            }
        }
        (Array(before), Array(after)) if before.len() == after.len() => {
            for (place, (before, after)) in before.iter().zip(after).enumerate() {
                differ(&format!("{at}[{place}]"), before, after, into);
            }
        }
        _ if stored == now => {}
        _ => into.push(format!("{at}: stored {stored}, recomputed {now}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(kind: &str, facts: Value) -> Told {
        Told { kind: kind.into(), facts, commitment: None, at: DateTime::UNIX_EPOCH }
    }

    fn found(told: &[Told]) -> Vec<String> {
        let mut differences = Differences::default();
        differences.of_step(told, POLL_LOCKED, &json!({"heads": 3, "homes": 4}));
        differences.0
    }

    #[test]
    fn a_step_that_the_record_tells_otherwise_twice_or_not_at_all_is_found() {
        let as_it_was = told(POLL_LOCKED, json!({"heads": 3, "homes": 4}));
        assert!(found(std::slice::from_ref(&as_it_was)).is_empty());
        assert_eq!(
            found(&[told(POLL_LOCKED, json!({"heads": 2, "homes": 4}))]),
            ["POLL_LOCKED in the record.heads: stored 2, recomputed 3"]
        );
        assert_eq!(found(&[]), ["the record tells 0 times of POLL_LOCKED, not once"]);
        assert_eq!(found(&[as_it_was.clone(), as_it_was]).len(), 1);
    }

    #[test]
    fn a_ballot_lost_slipped_in_or_moved_in_time_is_found() {
        let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let cast = |all: &[(&str, i64)]| all.iter().map(|(one, time)| ((*one).into(), at(*time))).collect();
        let said = cast(&[("a", 1), ("b", 2), ("d", 4)]);
        assert!(unlike(&said, &said).is_empty());
        let differences = unlike(&said, &cast(&[("b", 2), ("c", 3), ("d", 5)]));
        assert_eq!(differences.len(), 3, "{differences:?}");
        assert!(differences[0].contains("ballot a that is not there"));
        assert!(differences[1].contains("tells of no ballot c"));
        assert!(differences[2].contains("ballot d: cast at"));
    }
}
