//! What came after a result was published: each objection, what became of it, and that it was final only where none held.
//! Of an objection the record tells that it was made and how it was answered, and neither by whom nor in which words.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    Findings,
    fault::Fault,
    format::{Line, Poll},
};
use crate::calendar::Calendar;
use crate::polls::aftermath::{Answered, Ground, Objections, may_object, objections_end};

pub const OBJECTED: &str = "POLL_OBJECTED";
pub const OBJECTION_ANSWERED: &str = "POLL_OBJECTION_ANSWERED";
pub const FINAL: &str = "POLL_FINAL";

/// The objections to one result, by id: each as it was answered.
#[derive(Debug, Default)]
pub struct Told(BTreeMap<String, Option<Answered>>);

impl Told {
    /// As these lines tell.
    pub fn by<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Self {
        let mut told = Self::default();
        for line in lines {
            // Where a line is unlawful the check of the poll says so.
            if told.take(line).is_err() {
                break;
            }
        }
        told
    }

    /// One line more; why it cannot be.
    fn take(&mut self, line: &Line) -> Result<(), &'static str> {
        let facts = line.facts();
        let text = |name: &str| facts.get(name).and_then(Value::as_str);
        let id = || text("objection_id").map(str::to_owned).ok_or("an objection without an id");
        match line.kind.as_str() {
            OBJECTED => {
                text("ground").and_then(Ground::from_code).ok_or("an objection on no known ground")?;
                match self.0.insert(id()?, None) {
                    Some(_) => Err("an objection that was made already"),
                    None => Ok(()),
                }
            }
            OBJECTION_ANSWERED => {
                let answer = text("outcome").and_then(Answered::from_code).ok_or("no known answer")?;
                match self.0.get_mut(&id()?) {
                    Some(waits @ None) => {
                        *waits = Some(answer);
                        Ok(())
                    }
                    Some(Some(_)) => Err("an answer to an objection that was answered already"),
                    None => Err("an answer to an objection that nobody made"),
                }
            }
            _ => Ok(()),
        }
    }

    /// How many there are, by what became of them.
    pub fn counted(&self) -> Objections {
        let mut counted = Objections::default();
        for answered in self.0.values() {
            let number = match answered {
                None => &mut counted.open,
                Some(Answered::Upheld) => &mut counted.upheld,
                Some(Answered::Dismissed) => &mut counted.dismissed,
            };
            *number = number.saturating_add(1);
        }
        counted
    }
}

/// Checks what came after a result.
pub(super) fn check<'a>(
    poll: &Poll,
    lines: impl Iterator<Item = &'a Line>,
    calendar: &Calendar,
    found: &mut Findings,
) {
    let before = found.faults.len();
    until_when(poll, calendar, found);
    let mut told = Told::default();
    let mut is_final = false;
    for line in lines {
        let (id, seq) = (|| poll.id.clone(), line.seq);
        let unlawful = |why: String| Fault::ObjectionUnlawful { poll: id(), seq, why };
        match line.kind.as_str() {
            OBJECTED | OBJECTION_ANSWERED => {
                if let Err(why) = told.take(line) {
                    found.fault(unlawful(why.to_owned()));
                }
                found.must(!is_final, || unlawful("the result was final".to_owned()));
                if let Err(refusal) = in_time(poll, line) {
                    found.fault(unlawful(refusal));
                }
            }
            FINAL => {
                is_final = true;
                let in_time = poll.provisional_until.is_some_and(|until| until <= line.at);
                found.must(in_time, || Fault::FinalTooEarly { poll: id(), seq });
                let Objections { open, upheld, .. } = told.counted();
                let none_stands = told.counted().none_stands();
                found.must(none_stands, || Fault::FinalWhileObjected { poll: id(), seq, open, upheld });
            }
            _ => {}
        }
    }
    if found.faults.len() == before && poll.provisional_until.is_some() {
        let Objections { upheld, dismissed, .. } = told.counted();
        let state = if is_final { "final" } else { "not final" };
        found.checked(format!(
            "{}: the result is {state}; {} objections, of which {upheld} hold and {dismissed} do not",
            poll.title,
            told.counted().made()
        ));
    }
}

/// Whether an objection is of the time in which they are taken, and an answer of the time after the result was out.
fn in_time(poll: &Poll, line: &Line) -> Result<(), String> {
    if poll.published_at.is_none_or(|at| line.at < at) {
        return Err("the result was not out".to_owned());
    }
    match line.kind.as_str() {
        OBJECTED => may_object(poll.provisional_until, line.at).map_err(|refusal| refusal.to_string()),
        _ => Ok(()),
    }
}

/// Until when it may be objected to follows from when it was published, and from its rules.
fn until_when(poll: &Poll, calendar: &Calendar, found: &mut Findings) {
    let computed: Option<DateTime<Utc>> =
        poll.published_at.and_then(|at| objections_end(at, &poll.rules, calendar).ok());
    match (poll.provisional_until, computed) {
        (None, Some(_)) => found.unchecked(format!(
            "{}: whether anybody objected to the result: it was published before that was kept, as the archive tells",
            poll.title
        )),
        (told, computed) => found.must(told == computed, || Fault::ProvisionalUntil {
            poll: poll.id.clone(),
            told,
            computed,
        }),
    }
}
