//! Ballots that were in and do not count: the record tells of each that it was set aside, and why; and of each dispute of
//! a ballot how it was answered. Of a dispute it tells neither whose ballot it was nor who said what.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Findings,
    fault::Fault,
    format::{Archive, Line, Poll, SetAside},
};
use crate::polls::{aftermath::Answered, dispute};

pub const SET_ASIDE: &str = "BALLOT_SET_ASIDE";
/// That one which was set aside counts again.
pub const REINSTATED: &str = "BALLOT_REINSTATED";
pub const DISPUTED: &str = "BALLOT_DISPUTED";
pub const DISPUTE_ANSWERED: &str = "BALLOT_DISPUTE_ANSWERED";

/// Checks what was set aside of a poll, and its disputes.
pub(super) fn check(archive: &Archive, poll: &Poll, found: &mut Findings) {
    let before = found.faults.len();
    let disputes = disputes(archive, poll, found);
    let kept = poll.counted.as_ref().map(|counted| counted.set_aside.as_slice()).unwrap_or_default();
    if poll.counted.is_some() {
        told_of_each(archive, poll, kept, found);
        let upheld = disputes.values().filter(|answer| **answer == Some(Answered::Upheld)).count();
        let set_aside = kept.iter().filter(|one| one.why == dispute::SetAside::Disputed).count();
        found.must(upheld == set_aside, || Fault::DisputesDiffer {
            poll: poll.id.clone(),
            upheld,
            set_aside,
        });
    }
    if found.faults.len() == before && !(kept.is_empty() && disputes.is_empty()) {
        found.checked(format!(
            "{}: {} ballots set aside, each as the record tells it; {} disputes of ballots",
            poll.title,
            kept.len(),
            disputes.len()
        ));
    }
}

/// Each ballot that was set aside is told of once, as it was, and no other is; none of them counts.
fn told_of_each(archive: &Archive, poll: &Poll, kept: &[SetAside], found: &mut Findings) {
    let mut untold: BTreeMap<&str, &SetAside> =
        kept.iter().map(|one| (one.commitment.as_str(), one)).collect();
    let counted = poll.counted.iter().flat_map(|counted| &counted.ballots);
    for ballot in counted.filter(|ballot| untold.contains_key(ballot.commitment.as_str())) {
        found.fault(Fault::SetAsideCounted { poll: poll.id.clone(), ballot: ballot.id.clone() });
    }
    for line in set_aside_for_good(archive, poll, found) {
        let (id, seq) = (|| poll.id.clone(), line.seq);
        match line.commitment.as_deref().and_then(|commitment| untold.remove(commitment)) {
            None => found.fault(Fault::ToldSetAsideMissing { poll: id(), seq }),
            Some(one) => {
                found.must(is_told_of(one, line), || Fault::SetAsideDiffers { poll: id(), seq });
            }
        }
    }
    for one in untold.into_values() {
        found.fault(Fault::SetAsideNotTold { poll: poll.id.clone(), ballot: one.id.clone() });
    }
}

/// The lines of ballots that were set aside and do not count again.
fn set_aside_for_good<'a>(archive: &'a Archive, poll: &'a Poll, found: &mut Findings) -> Vec<&'a Line> {
    let mut stand: Vec<&Line> = Vec::new();
    for line in archive.told(&poll.id) {
        match line.kind.as_str() {
            SET_ASIDE => stand.push(line),
            REINSTATED => match stand.iter().rposition(|one| one.commitment == line.commitment) {
                Some(place) => drop(stand.remove(place)),
                None => found.fault(Fault::ToldSetAsideMissing { poll: poll.id.clone(), seq: line.seq }),
            },
            _ => {}
        }
    }
    stand
}

fn is_told_of(one: &SetAside, line: &Line) -> bool {
    let facts = line.facts();
    let channel = serde_json::to_value(one.channel).unwrap_or_default();
    line.at == one.at
        && facts.get("channel") == Some(&channel)
        && facts.get("why").and_then(Value::as_str) == Some(one.why.code())
}

/// The disputes that the record tells of, by id: each as it was answered.
fn disputes(archive: &Archive, poll: &Poll, found: &mut Findings) -> BTreeMap<String, Option<Answered>> {
    let mut told = BTreeMap::new();
    for line in archive.told(&poll.id) {
        if ![DISPUTED, DISPUTE_ANSWERED].contains(&line.kind.as_str()) {
            continue;
        }
        if let Err(why) = take(&mut told, line).and_then(|()| in_time(poll, line)) {
            found.fault(Fault::DisputeUnlawful { poll: poll.id.clone(), seq: line.seq, why: why.to_owned() });
        }
    }
    told
}

fn take(told: &mut BTreeMap<String, Option<Answered>>, line: &Line) -> Result<(), &'static str> {
    let facts = line.facts();
    let text = |name: &str| facts.get(name).and_then(Value::as_str);
    let id = text("dispute_id").map(str::to_owned).ok_or("a dispute without an id")?;
    if line.kind == DISPUTED {
        return match told.insert(id, None) {
            Some(_) => Err("a dispute that was made already"),
            None => Ok(()),
        };
    }
    let answer = text("outcome").and_then(Answered::from_code).ok_or("no known answer")?;
    match told.get_mut(&id) {
        Some(waits @ None) => {
            *waits = Some(answer);
            Ok(())
        }
        Some(Some(_)) => Err("an answer to a dispute that was answered already"),
        None => Err("an answer to a dispute that nobody made"),
    }
}

/// Both are of the time of voting.
fn in_time(poll: &Poll, line: &Line) -> Result<(), &'static str> {
    let end = poll.closings().last().copied().unwrap_or(poll.window.closes_at);
    let paused = poll.pauses.iter().any(|one| one.pause.has(line.at));
    let is = poll.window.opens_at <= line.at && line.at < end && !paused;
    if is { Ok(()) } else { Err("it is of another time than voting") }
}
