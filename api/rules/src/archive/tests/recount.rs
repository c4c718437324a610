//! Reports of recounts that somebody changed, by themselves and beside the archive.

use super::{made, *};
use crate::{
    archive::{
        format::Poll,
        recount::{Fault, Report, VERSION},
    },
    quantity::Weight,
};

fn report(poll: &Poll) -> Report {
    let (locked, counted) = (poll.locked.clone().unwrap(), poll.counted.clone().unwrap());
    Report {
        version: VERSION,
        poll: poll.id.clone(),
        title: poll.title.clone(),
        state: poll.state,
        at: chrono::DateTime::UNIX_EPOCH,
        by: "0".into(),
        roll_hash: Some(locked.roll_hash),
        rules_hash: locked.rules_hash,
        frozen_hash: Some(locked.frozen_hash),
        ballots_hash: counted.ballots_hash,
        rules: poll.rules.clone(),
        matters: poll.classes(),
        seats: poll.seats,
        seats_filled: poll.all_seats().filled,
        result: counted.result,
        record_lines: 1,
        differences: Vec::new(),
    }
}

#[test]
fn a_report_that_nobody_changed_follows_from_itself_and_is_in_the_archive() {
    for policy in [Ballots::Secret, Ballots::Weighed] {
        let archive = made::archive(Tale::Formed, policy);
        let report = report(&archive.polls[0]);
        assert_eq!((report.check(), report.compare(&archive)), (None, None));
        let later = Report { at: report.at + TimeDelta::days(9), by: "1".into(), record_lines: 9, ..report };
        assert_eq!(later.compare(&archive), None, "when it was made out, and by what, is its own");
        let read: Report = serde_json::from_value(serde_json::to_value(&later).unwrap()).unwrap();
        assert_eq!(read, later);
    }
}

/// A change, with what is found by the report alone and beside the archive.
type Change = (fn(&mut Report), Option<&'static str>, Option<&'static str>);

#[test]
fn whatever_is_changed_is_found() {
    const APART: Option<&str> = Some("ARCHIVE_DIFFERS");
    let changes: [Change; 11] = [
        (|report| report.version += 1, Some("UNKNOWN_VERSION"), None),
        (|report| report.poll.push('x'), None, Some("NOT_IN_ARCHIVE")),
        (|report| report.title.push('x'), None, APART),
        (|report| report.roll_hash = None, None, APART),
        (|report| report.rules_hash = None, None, APART),
        (|report| report.frozen_hash = None, None, APART),
        (|report| report.ballots_hash.push('0'), None, APART),
        (|report| report.result.ballots += 1, None, APART),
        (|report| report.seats += 2, Some("VERDICT_DIFFERS"), APART),
        (|report| report.rules.quorum = Ratio::new(99, 100).unwrap(), Some("VERDICT_DIFFERS"), APART),
        (|report| report.result.totals.roll = Weight::ZERO, Some("NO_VERDICT"), APART),
    ];
    let archive = made::archive(Tale::Formed, Ballots::Secret);
    for (turn, (change, alone, beside)) in changes.into_iter().enumerate() {
        let mut altered = report(&archive.polls[0]);
        change(&mut altered);
        let kind = |fault: Option<Fault>| fault.map(|fault| fault.kind());
        assert_eq!(
            (kind(altered.check()), kind(altered.compare(&archive))),
            (alone, beside),
            "change {turn}"
        );
    }
}
