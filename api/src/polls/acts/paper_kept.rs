//! Ballots on paper as they are kept, made out again: for a recount, and for an archive.

use std::collections::HashMap;

use rules::{
    archive::format::{Box, Papers as Archived},
    polls::{
        ballot::Answers,
        paper::{self, Issue, Papers, State, Stated},
    },
    words,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{sealed::Sealed, store},
    Scene,
    count::PAGE,
    paper::{
        PAPER_ADJUDICATED, PAPER_BOX_AGREED, PAPER_CHANNEL_VOID, PAPER_ENTERED, PAPER_WITHDRAWN,
        PAPERS_ISSUED,
    },
};
use crate::{database::Conn, http::problem::Result, pii::Vault};

type Row = ::entity::paper::Model;
type Entry = ::entity::paper_entry::Model;

/// Every paper of a poll with its entries, by number, and every statement of the box that two made alike.
pub(super) struct Kept {
    papers: Vec<(Row, Vec<Entry>)>,
    /// The number of each paper of which an entry was withdrawn, once for each.
    withdrawn: Vec<i32>,
    boxes: Vec<::entity::paper_box::Model>,
}

impl Kept {
    pub(super) async fn of(db: &impl Conn, scene: &Scene) -> Result<Self> {
        let (mut papers, mut withdrawn, mut after) = (Vec::new(), Vec::new(), None);
        loop {
            let page = store::papers(db, &scene.poll, (None, None), after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.number);
            let ids: Vec<Uuid> = page.iter().map(|row| row.id).collect();
            let mut entries: HashMap<Uuid, Vec<Entry>> = HashMap::new();
            for entry in store::paper_entries(db, scene.poll.complex_id, &ids).await? {
                entries.entry(entry.paper_id).or_default().push(entry);
            }
            for entry in store::withdrawn_entries(db, scene.poll.complex_id, &ids).await? {
                withdrawn.extend(page.iter().find(|row| row.id == entry.paper_id).map(|row| row.number));
            }
            papers.extend(page.into_iter().map(|row| {
                let entries = entries.remove(&row.id).unwrap_or_default();
                (row, entries)
            }));
        }
        let mut boxes = store::paper_boxes(db, &scene.poll).await?;
        boxes.retain(|one| one.state == "AGREED");
        Ok(Self { papers, withdrawn, boxes })
    }

    /// Each act that gave some out.
    fn issued(&self) -> Vec<Issue> {
        let mut issued: Vec<(Uuid, Issue)> = Vec::new();
        for (row, _) in &self.papers {
            let number = u32::try_from(row.number).unwrap_or_default();
            match issued.last_mut() {
                Some((issue, last)) if *issue == row.issue => last.to = number,
                _ => {
                    let issue = Issue { at: row.issued_at, from: number, to: number, cancelled: 0 };
                    issued.push((row.issue, issue));
                }
            }
        }
        for (row, _) in &self.papers {
            let by = issued.iter_mut().find(|(issue, _)| Some(*issue) == row.cancelled_by);
            if let Some((_, issue)) = by {
                issue.cancelled += 1;
            }
        }
        issued.into_iter().map(|(_, issue)| issue).collect()
    }

    fn boxes(&self) -> Vec<Box> {
        let size = |number: i32| u64::try_from(number).unwrap_or_default();
        let kept = |one: &::entity::paper_box::Model| Box {
            at: one.stated_at,
            found: Stated { returned: size(one.returned), late: size(one.late) },
            papers: Papers {
                issued: size(one.issued),
                cancelled: size(one.cancelled),
                entered: size(one.entered),
            },
        };
        self.boxes.iter().map(kept).collect()
    }

    /// How many came back in time.
    fn entered(&self) -> u64 {
        let back = self.papers.iter().filter(|(_, entries)| !entries.is_empty());
        u64::try_from(back.count()).unwrap_or(u64::MAX)
    }

    /// What an archive has of it; nothing where no paper was given out.
    pub(super) fn archived(&self, scene: &Scene) -> Option<Archived> {
        (!self.papers.is_empty()).then(|| Archived {
            issued: self.issued(),
            entered: self.entered(),
            boxes: self.boxes(),
            void_at: scene.poll.paper_void_at,
        })
    }

    /// What the record has to tell of it, kind by kind; of entries in the order of the papers.
    pub(super) fn told(&self, scene: &Scene) -> Vec<(&'static str, Vec<Value>)> {
        let boxes = self.boxes();
        let void = boxes.last().filter(|_| scene.poll.paper_void_at.is_some());
        let (mut entered, mut decided) = (Vec::new(), Vec::new());
        for (row, entries) in &self.papers {
            for entry in entries {
                let number = |number: i32| u32::try_from(number).unwrap_or_default();
                match entry.entry {
                    1 | 2 => entered.push(paper::entered_told(number(row.number), number(entry.entry))),
                    _ => decided.push(json!({ "number": row.number })),
                }
            }
        }
        let number = |number: i32| u32::try_from(number).unwrap_or_default();
        entered.extend(self.withdrawn.iter().map(|one| paper::entered_told(number(*one), 1)));
        let place = |facts: &Value| {
            (facts.get("number").and_then(Value::as_u64), facts.get("entry").and_then(Value::as_u64))
        };
        entered.sort_by_key(place);
        let mut withdrawn: Vec<Value> =
            self.withdrawn.iter().map(|one| paper::withdrawn_told(number(*one))).collect();
        withdrawn.sort_by_key(place);
        vec![
            (PAPER_WITHDRAWN, withdrawn),
            (PAPERS_ISSUED, self.issued().iter().map(Issue::told).collect()),
            (PAPER_BOX_AGREED, boxes.iter().map(|one| paper::box_told(one.papers, one.found)).collect()),
            (PAPER_CHANNEL_VOID, void.iter().map(|one| paper::void_told(one.papers, one.found)).collect()),
            (PAPER_ENTERED, entered),
            (PAPER_ADJUDICATED, decided),
        ]
    }

    /// Where a ballot on paper does not say what its clerks read, or came at another time; where there is one without a
    /// settled paper, or the other way round; where a paper is in another state than its entries give.
    pub(super) async fn unlike_the_ballots(
        &self,
        vault: &Vault,
        db: &impl Conn,
        scene: &Scene,
    ) -> Result<Vec<String>> {
        let mut ballots: HashMap<Uuid, Vec<::entity::ballot::Model>> = HashMap::new();
        if !self.papers.is_empty() {
            let mut after = None;
            loop {
                let page = store::ballots_after(db, &scene.poll, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.id);
                for ballot in page.into_iter().filter(|ballot| ballot.channel == "PAPER") {
                    ballots.entry(ballot.head_id).or_default().push(ballot);
                }
            }
            for kept in store::ballots_set_aside(db, &scene.poll, None).await? {
                if kept.channel == "PAPER" {
                    ballots.entry(kept.head_id).or_default().push(store::as_cast(kept));
                }
            }
        }
        let says = |cipher: &[u8]| Sealed::open(vault, cipher).map(|sealed| sealed.answers).ok();
        let mut unlike = Vec::new();
        for (row, entries) in &self.papers {
            let said: Vec<Option<Answers>> =
                entries.iter().map(|entry| says(&entry.answers_cipher)).collect();
            let (state, settled) = match said.as_slice() {
                [] => (None, None),
                [_] => (Some(State::Returned), None),
                [one, two] if one == two => (Some(State::Settled), one.clone()),
                [_, _] => (Some(State::Differs), None),
                [.., third] => (Some(State::Settled), third.clone()),
            };
            let is_as_kept = match State::from_code(&row.state) {
                Some(State::Issued | State::Cancelled) => state.is_none(),
                Some(State::Void) => state.is_some() && scene.poll.paper_void_at.is_some(),
                kept => kept == state,
            };
            if !is_as_kept {
                unlike.push(format!(
                    "paper {}: it is {}, and its entries say otherwise",
                    row.number, row.state
                ));
            }
            let Some(settled) = settled else { continue };
            let fits = |ballot: &::entity::ballot::Model| {
                Some(ballot.cast_at) == row.returned_at
                    && says(&ballot.answers_cipher).as_ref() == Some(&settled)
            };
            let of_head = ballots.get_mut(&row.head_id);
            let found = of_head.and_then(|all| Some(all.swap_remove(all.iter().position(fits)?)));
            if found.is_none() {
                unlike.push(format!("paper {}: no ballot says what its clerks read", row.number));
            }
        }
        let strangers = ballots.into_values().flatten();
        unlike.extend(strangers.map(|ballot| {
            let at = words::local(ballot.cast_at);
            format!("ballot {}: on paper, cast at {at}, and no settled paper is its own", ballot.id)
        }));
        Ok(unlike)
    }
}
