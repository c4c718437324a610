//! The lines of the log: each what its hash says, each after the one before, none twice, and none gone unsaid.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Findings,
    aftermath::{OBJECTED, OBJECTION_ANSWERED},
    aside::{DISPUTE_ANSWERED, DISPUTED, REINSTATED, SET_ASIDE},
    committee,
    fault::Fault,
    format::{Archive, Ballots, Line},
};
use crate::programmes::timeline;

/// When a candidate agreed to stand: a nomination ends by that.
pub const CONSENTED: &str = "CANDIDATE_CONSENTED";
/// When a ballot was cast; only in an archive whose ballots are weighed.
pub const CAST: &str = "BALLOT_CAST";
/// That a head registered for a poll of opinion.
pub const REGISTERED: &str = "POLL_REGISTERED";
/// What is told of heads and ballots one by one, whatever version the poll is of then.
const ONE_BY_ONE: [&str; 4] = [REGISTERED, CAST, SET_ASIDE, REINSTATED];
/// Of a programme that ran as a module only how it ended.
const OF_CHILDREN: &[&str] = &["PROGRAMME_CALLED_OFF", "PROGRAMME_ENDED"];

/// The kinds of lines of the programme and of its polls that an archive has.
pub fn kinds(ballots: Ballots) -> Vec<&'static str> {
    let cast = (ballots == Ballots::Weighed).then_some(CAST);
    let own = [CONSENTED, REGISTERED, OBJECTED, OBJECTION_ANSWERED, DISPUTED, DISPUTE_ANSWERED];
    timeline::KINDS.iter().copied().chain(own).chain(committee::KINDS).chain(cast).collect()
}

/// The kinds of lines of a programme that ran as one of its modules.
pub const fn kinds_of_children() -> &'static [&'static str] {
    OF_CHILDREN
}

/// Which places between the lines are left out, as [`Record::left_out`](super::format::Record) says it.
pub fn left_out(lines: &[i64]) -> Vec<(i64, i64)> {
    lines
        .windows(2)
        .filter_map(|pair| match pair {
            [one, next] if *one + 1 < *next => Some((*one + 1, *next - 1)),
            _ => None,
        })
        .collect()
}

pub(super) fn check(archive: &Archive, found: &mut Findings) {
    let before = found.faults.len();
    in_order(archive, found);
    for line in &archive.record.lines {
        let is_whole = line.hash_in(&archive.programme.complex) == line.hash;
        found.must(is_whole, || Fault::LineChanged { seq: line.seq, kind: line.kind.clone() });
    }
    for pair in archive.record.lines.windows(2) {
        if let [one, next] = pair {
            let follows = one.seq + 1 != next.seq || one.hash == next.before;
            found.must(follows, || Fault::LineDoesNotFollow { seq: next.seq });
        }
    }
    of_the_programme(archive, found);
    versions_grow(archive, found);
    if found.faults.len() == before {
        let (lines, gaps) = (archive.record.lines.len(), archive.record.left_out.len());
        found.checked(format!(
            "{lines} lines of the record, each by its hash; {gaps} runs of others left out"
        ));
    }
}

/// Each place from the first line to the last is a line or left out, once.
fn in_order(archive: &Archive, found: &mut Findings) {
    let lines = &archive.record.lines;
    let mut seen = BTreeSet::new();
    for line in lines {
        found.must(seen.insert(line.seq), || Fault::LineTwice { seq: line.seq });
    }
    for pair in lines.windows(2) {
        if let [one, next] = pair {
            found.must(one.seq <= next.seq, || Fault::LineMoved { seq: one.seq, before: next.seq });
        }
    }
    for seq in &seen {
        let is_left_out = archive.record.left_out.iter().any(|(from, to)| (from..=to).contains(&seq));
        found.must(!is_left_out, || Fault::LineNotLeftOut { seq: *seq });
    }
    let there: Vec<i64> = seen.into_iter().collect();
    let gone = left_out(&there);
    let said: BTreeSet<&(i64, i64)> = archive.record.left_out.iter().collect();
    for gap in gone.iter().filter(|gap| !said.contains(gap)) {
        let missing = (gap.0..=gap.1)
            .find(|seq| !archive.record.left_out.iter().any(|(from, to)| (from..=to).contains(&seq)));
        found.fault(Fault::LineMissing { seq: missing.unwrap_or(gap.0) });
    }
}

/// None tells of something else.
fn of_the_programme(archive: &Archive, found: &mut Findings) {
    let own = kinds(archive.ballots);
    let subjects: BTreeMap<&str, (&str, &[&str])> = archive
        .polls
        .iter()
        .map(|poll| (poll.id.as_str(), ("POLL", own.as_slice())))
        .chain([(archive.programme.id.as_str(), ("PROGRAMME", own.as_slice()))])
        .chain(archive.programme.children.values().map(|child| (child.as_str(), ("PROGRAMME", OF_CHILDREN))))
        .collect();
    for line in &archive.record.lines {
        let fits = subjects.get(line.subject.as_str()).is_some_and(|(subject_type, kinds)| {
            line.subject_type == *subject_type && kinds.contains(&line.kind.as_str())
        });
        found.must(fits, || Fault::LineOfSomethingElse { seq: line.seq, kind: line.kind.clone() });
    }
}

/// A subject's version never goes back.
fn versions_grow(archive: &Archive, found: &mut Findings) {
    let mut last: BTreeMap<&str, &Line> = BTreeMap::new();
    for line in archive.record.lines.iter().filter(|line| !ONE_BY_ONE.contains(&line.kind.as_str())) {
        let (seq, version) = (line.seq, line.subject_version);
        let before = last.insert(&line.subject, line);
        let grows = before.is_none_or(|before| before.subject_version <= version);
        found.must(grows, || Fault::VersionGoesBack { seq, kind: line.kind.clone(), version });
    }
}
