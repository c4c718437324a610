//! A founding in which one head voted on paper, and what nobody may change of that.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{
    forger::{close_gaps, line, place, poll, rechain, relist},
    made::{self, Tale},
    *,
};
use crate::{
    archive::format::{Box, Line, Papers},
    polls::{
        dispute,
        duplicates::Channel,
        paper::{Issue, Papers as Numbers, Stated, box_told, cast_told},
    },
};

/// Puts a line before another, and moves all later ones on.
pub fn insert(archive: &mut Archive, before: usize, kind: &str, facts: &Value, at: DateTime<Utc>) {
    let next = archive.record.lines[before].clone();
    for line in &mut archive.record.lines[before..] {
        line.seq += 1;
    }
    for (from, to) in &mut archive.record.left_out {
        if *from >= next.seq {
            (*from, *to) = (*from + 1, *to + 1);
        }
    }
    let id = format!("{:036}", next.seq);
    let line = Line {
        id,
        kind: kind.to_owned(),
        facts: facts.to_string(),
        commitment: None,
        at,
        subject_type: "POLL".to_owned(),
        subject: archive.polls[0].id.clone(),
        subject_version: archive.record.lines[..before]
            .iter()
            .rfind(|line| line.subject == archive.polls[0].id)
            .map_or(1, |line| line.subject_version),
        ..next
    };
    archive.record.lines.insert(before, line);
}

/// Of three papers that went out, one in place of another, one came back in time.
fn on_paper(policy: Ballots) -> Archive {
    let mut archive = made::archive(Tale::Formed, policy);
    let counted = poll(&mut archive).counted.as_mut().unwrap();
    let counted_at = counted.at;
    counted.took_part[0].channel = Channel::Paper;
    let locked_at = archive.polls[0].locked.as_ref().unwrap().at;
    let given = Issue { at: locked_at, from: 1, to: 2, cancelled: 0 };
    let again = Issue { at: locked_at, from: 3, to: 3, cancelled: 1 };
    let (found, papers) = (Stated { returned: 2, late: 1 }, Numbers { issued: 3, cancelled: 1, entered: 1 });
    poll(&mut archive).papers = Some(Papers {
        issued: vec![given, again],
        entered: 1,
        boxes: vec![Box { at: counted_at, found, papers }],
        void_at: None,
    });
    if policy == Ballots::Weighed {
        // It was handed in when it is told of now, and told of an hour later.
        let cast = line(&mut archive, record::CAST);
        cast.facts = cast_told(cast.at).to_string();
        cast.at += TimeDelta::minutes(10);
    }
    let closed = place(&archive, "POLL_CLOSED");
    insert(&mut archive, closed, "PAPER_BOX_AGREED", &box_told(papers, found), counted_at);
    let opened = place(&archive, "POLL_OPENED");
    insert(&mut archive, opened, "PAPERS_ISSUED", &again.told(), locked_at);
    insert(&mut archive, opened, "PAPERS_ISSUED", &given.told(), locked_at);
    relist(&mut archive);
    rechain(&mut archive);
    archive
}

#[test]
fn a_vote_on_paper_passes_as_it_was() {
    for policy in [Ballots::Secret, Ballots::Weighed] {
        let found = verify(&on_paper(policy));
        assert_eq!(found.faults, [], "{policy:?}");
        let papers = |said: &String| said.contains("3 papers given out, 1 back");
        assert!(found.checked.iter().any(papers), "{:?}", found.checked);
    }
}

#[test]
fn nobody_touches_the_papers() {
    type Change = fn(&mut Archive);
    let changes: [(&str, &str, Change); 8] = [
        ("more came back", "STEP_DIFFERS", |archive| {
            of(archive).boxes[0].found.returned = 1;
            of(archive).boxes[0].found.late = 0;
        }),
        ("clever: a box that means something else", "PAPERS_DIFFER", |archive| {
            of(archive).boxes[0].found.late = 0;
            let facts = box_told(of(archive).boxes[0].papers, of(archive).boxes[0].found);
            line(archive, "PAPER_BOX_AGREED").facts = facts.to_string();
            rechain(archive);
        }),
        ("another went out", "PAPERS_DIFFER", |archive| of(archive).issued[0].to = 4),
        ("nobody stated the box", "PAPERS_DIFFER", |archive| of(archive).boxes.clear()),
        ("it was void", "PAPERS_DIFFER", |archive| {
            let at = of(archive).boxes[0].at;
            of(archive).void_at = Some(at);
        }),
        ("none went out", "PAPERS_DIFFER", |archive| poll(archive).papers = None),
        ("one more came on paper", "PAPERS_DIFFER", |archive| {
            poll(archive).counted.as_mut().unwrap().took_part[1].channel = Channel::Paper;
            relist(archive);
        }),
        ("clever: that some were given out left out", "STEP_TIMES", |archive| {
            let at = place(archive, "PAPERS_ISSUED");
            archive.record.lines.remove(at);
            close_gaps(archive);
            rechain(archive);
        }),
    ];
    for (what, fault, change) in changes {
        let mut archive = on_paper(Ballots::Secret);
        change(&mut archive);
        let found = verify(&archive);
        let first = found.faults.first().map(Fault::kind);
        assert_eq!(first.as_deref(), Some(fault), "{what}: {:?}", found.faults);
    }
}

fn of(archive: &mut Archive) -> &mut Papers {
    poll(archive).papers.as_mut().unwrap()
}

#[test]
fn of_a_ballot_that_was_set_aside_the_record_has_to_tell() {
    let mut archive = on_paper(Ballots::Secret);
    let (id, commitment) = (made::id(9, 99), "ab".repeat(32));
    let at = archive.polls[0].counted.as_ref().unwrap().at;
    let channel = Channel::Paper;
    let kept = format::SetAside {
        id,
        commitment: commitment.clone(),
        channel,
        why: dispute::SetAside::Superseded,
        at,
    };
    poll(&mut archive).counted.as_mut().unwrap().set_aside.push(kept);
    assert_eq!(verify(&archive).faults.first().map(Fault::kind).as_deref(), Some("PAPERS_DIFFER"));
    // One more came back, and gave way to one that was cast online.
    of(&mut archive).entered = 2;
    let (found, papers) = (Stated { returned: 2, late: 0 }, Numbers { issued: 3, cancelled: 1, entered: 2 });
    (of(&mut archive).boxes[0].found, of(&mut archive).boxes[0].papers) = (found, papers);
    line(&mut archive, "PAPER_BOX_AGREED").facts = box_told(papers, found).to_string();
    rechain(&mut archive);
    assert_eq!(verify(&archive).faults.first().map(Fault::kind).as_deref(), Some("SET_ASIDE_NOT_TOLD"));
    let closed = place(&archive, "POLL_CLOSED");
    insert(&mut archive, closed, aside::SET_ASIDE, &json!({"channel": "PAPER", "why": "SUPERSEDED"}), at);
    archive.record.lines[closed].commitment = Some(commitment);
    rechain(&mut archive);
    assert_eq!(verify(&archive).faults, []);
}
