//! What went out and came back on paper: whether it adds up, and what the record has to tell of it.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    Findings,
    fault::Fault,
    format::{Papers, Poll},
};
use crate::polls::{
    duplicates::Channel,
    paper::{Found, Issue, box_told, void_told},
    phase::Phase,
};

/// A line of the record that is due, and when.
type Due = (Value, Option<DateTime<Utc>>);

/// What the record has to tell of papers that were given out.
pub(super) fn issued(poll: &Poll) -> Vec<Due> {
    let issued = poll.papers.iter().flat_map(|papers| &papers.issued);
    issued.map(|issue| (issue.told(), Some(issue.at))).collect()
}

/// Of boxes that two stated alike.
pub(super) fn boxes(poll: &Poll) -> Vec<Due> {
    let boxes = poll.papers.iter().flat_map(|papers| &papers.boxes);
    boxes.map(|one| (box_told(one.papers, one.found), Some(one.at))).collect()
}

/// Of papers that are void.
pub(super) fn void(poll: &Poll) -> Vec<Due> {
    let void = |papers: &Papers| {
        let last = papers.boxes.last()?;
        Some((void_told(last.papers, last.found), Some(papers.void_at?)))
    };
    poll.papers.iter().filter_map(void).collect()
}

/// Whether numbers follow each other, each box fits what was known, and as many ballots are there as papers came back.
pub(super) fn check(poll: &Poll, found: &mut Findings) {
    let Some(papers) = &poll.papers else {
        let on_paper = on_paper(poll);
        if on_paper > 0 {
            let what = format!("{on_paper} ballots on paper, and none was given out");
            found.fault(Fault::PapersDiffer { poll: poll.id.clone(), what });
        }
        return;
    };
    let before = found.faults.len();
    let mut must = |holds: bool, what: &str| {
        found.must(holds, || Fault::PapersDiffer { poll: poll.id.clone(), what: what.to_owned() });
    };
    let mut next = 1;
    for issue in &papers.issued {
        must(issue.from == next && issue.to >= issue.from, "numbers do not follow each other");
        next = issue.to.saturating_add(1);
    }
    for (place, one) in papers.boxes.iter().enumerate() {
        let until = |of: fn(&Issue) -> u64| -> u64 {
            papers.issued.iter().filter(|issue| u64::from(issue.to) <= one.papers.issued).map(of).sum()
        };
        let given = (until(Issue::papers), until(|issue| issue.cancelled));
        must(given == (one.papers.issued, one.papers.cancelled), "a box beside other numbers than went out");
        let is_void = papers.void_at.is_some() && place + 1 == papers.boxes.len();
        let means = if is_void { Found::Void } else { Found::Fits };
        must(one.papers.find(one.found) == Ok(means), "a box means something else");
    }
    if poll.state >= Phase::Closed {
        let last = papers.boxes.last();
        must(
            last.is_some_and(|last| last.papers.entered == papers.entered),
            "nobody stated the box at the end",
        );
        let set_aside = poll.counted.iter().flat_map(|counted| &counted.set_aside);
        let set_aside = set_aside.filter(|one| one.channel == Channel::Paper).count();
        let settled = u64::try_from(on_paper(poll) + set_aside).unwrap_or(u64::MAX);
        if papers.void_at.is_some() {
            must(on_paper(poll) == 0 && settled <= papers.entered, "papers that are void count");
        } else {
            must(settled == papers.entered, "other ballots on paper than papers that came back");
        }
    }
    if found.faults.len() == before {
        let given: u64 = papers.issued.iter().map(Issue::papers).sum();
        found.checked(format!("{}: {given} papers given out, {} back", poll.title, papers.entered));
    }
}

/// Ballots on paper that count.
fn on_paper(poll: &Poll) -> usize {
    let took_part = poll.counted.iter().flat_map(|counted| &counted.took_part);
    took_part.filter(|one| one.channel == Channel::Paper).count()
}
