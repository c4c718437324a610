//! Rows as the law's values, and the law's values as rows.
//!
//! The tenure's row is the truth about who holds an incident and until when; the incident's row repeats it, for lists
//! and for finding what is due.

use ::entity::{clock_entry, incident, tenure};
use chrono::{DateTime, Utc};
use rules::{calendar::Span, incidents as law};
use uuid::Uuid;

use super::ladder::post;
use crate::{access::Lineage, http::problem::Problem};

/// A row says what no transition of the law can have made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an incident's {0} is not what the law knows")]
pub struct Damaged(&'static str);

impl From<Damaged> for Problem {
    fn from(damaged: Damaged) -> Self {
        Self::internal(damaged)
    }
}

/// The incident as the law sees it; `tenure` is its present one, or its last.
pub fn incident(row: &incident::Model, tenure: &tenure::Model) -> Result<law::Incident, Damaged> {
    Ok(law::Incident {
        status: status(&row.status)?,
        rework: count(row.rework, "rework")?,
        apart: count(row.apart, "rework")?,
        households: count(row.households, "households")?,
        climbs: count(row.climbs, "climbs")?,
        answer: answer(row)?,
        objections: count(row.objections, "objections")?,
        misrouted: count(row.misrouted, "wrong dispatches")?,
        elsewhere: optional(row.elsewhere.as_deref(), law::Elsewhere::from_code, "whereabouts")?,
        not_taken: optional(row.not_taken.as_deref(), law::NotTaken::from_code, "rejection")?,
        urges: count(row.urges, "urges")?,
        lowest: level(&row.lowest_level)?,
        merged_from: row.merged_from.as_deref().map(status).transpose()?,
        comes: comes(row)?,
        tenure: self::tenure(tenure)?,
    })
}

/// When somebody comes, as its present holder said.
pub fn comes(row: &incident::Model) -> Result<Option<Span>, Damaged> {
    match (row.comes_from, row.comes_until) {
        (Some(from), Some(to)) => Ok(Some(Span { from, to })),
        (None, None) => Ok(None),
        _ => Err(Damaged("appointment")),
    }
}

/// What the reporter said of the last handling.
pub fn answer(row: &incident::Model) -> Result<Option<law::Answer>, Damaged> {
    let resolved = optional(row.resolved.as_deref(), law::Resolved::from_code, "answer")?;
    let satisfaction = optional(row.satisfaction.as_deref(), law::Satisfaction::from_code, "answer")?;
    let because = optional(row.because.as_deref(), law::Complaint::from_code, "answer")?;
    Ok(resolved.map(|resolved| law::Answer { resolved, opinion: law::Opinion { satisfaction, because } }))
}

/// A value that may be absent, by its written form.
fn optional<T>(
    code: Option<&str>,
    read: fn(&str) -> Option<T>,
    what: &'static str,
) -> Result<Option<T>, Damaged> {
    code.map(|code| read(code).ok_or(Damaged(what))).transpose()
}

pub fn tenure(row: &tenure::Model) -> Result<law::Tenure, Damaged> {
    let standing = match (row.exited_at, row.exit.as_deref()) {
        (None, None) => law::Standing::Open(law::due::Due {
            kind: law::DueKind::from_code(&row.due_kind).ok_or(Damaged("due kind"))?,
            at: row.due_at,
        }),
        (Some(at), Some(how)) => {
            law::Standing::Left(law::Exit { at, how: law::ExitKind::from_code(how).ok_or(Damaged("exit"))? })
        }
        _ => return Err(Damaged("exit")),
    };
    Ok(law::Tenure {
        seq: count(row.seq, "tenure number")?,
        level: level(&row.level)?,
        entered_at: row.entered_at,
        entered_by: law::EnteredBy::from_code(&row.entered_by).ok_or(Damaged("way in"))?,
        acknowledged_at: row.acknowledged_at,
        handled_at: row.handled_at,
        shouts: count(row.shouts, "shouts")?,
        households_before: count(row.households_before, "households")?,
        rework_before: count(row.rework_before, "rework")?,
        proposal: proposal(row)?,
        standing,
    })
}

fn proposal(row: &tenure::Model) -> Result<Option<law::Proposal>, Damaged> {
    let kind = optional(row.proposal.as_deref(), law::ProposalKind::from_code, "proposal")?;
    let to = optional(row.proposal_to.as_deref(), law::Level::from_code, "proposal")?;
    match (kind, to, row.proposal_until) {
        (Some(kind), Some(to), Some(until)) => Ok(Some(law::Proposal { kind, to, until })),
        (None, None, None) => Ok(None),
        _ => Err(Damaged("proposal")),
    }
}

pub fn level(code: &str) -> Result<law::Level, Damaged> {
    law::Level::from_code(code).ok_or(Damaged("level"))
}

fn status(code: &str) -> Result<law::Status, Damaged> {
    law::Status::from_code(code).ok_or(Damaged("status"))
}

fn count(number: i32, what: &'static str) -> Result<u32, Damaged> {
    u32::try_from(number).map_err(|_| Damaged(what))
}

/// A number of the law in a column. None of them comes near the limit: each counts acts on one incident.
fn column(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A tenure's row, held to the policy of that key. A tenure that has ended keeps the deadline that ran last, from `before`.
pub fn tenure_row(
    (complex_id, incident_id): (Uuid, Uuid),
    place: &Lineage,
    tenure: &law::Tenure,
    before: Option<&tenure::Model>,
    policy: &str,
) -> Result<tenure::Model, Damaged> {
    let post = post(place, tenure.level);
    let (due_at, due_kind) = match (tenure.due(), before) {
        (Some(due), _) => (due.at, due.kind.code().to_owned()),
        (None, Some(before)) => (before.due_at, before.due_kind.clone()),
        (None, None) => return Err(Damaged("clock")),
    };
    Ok(tenure::Model {
        complex_id,
        incident_id,
        seq: column(tenure.seq),
        level: tenure.level.code().into(),
        place_id: before.map_or(post.place, |before| before.place_id),
        role: before.map_or_else(|| post.role.code().into(), |before| before.role.clone()),
        entered_at: tenure.entered_at,
        entered_by: tenure.entered_by.code().into(),
        acknowledged_at: tenure.acknowledged_at,
        handled_at: tenure.handled_at,
        shouts: column(tenure.shouts),
        households_before: column(tenure.households_before),
        rework_before: column(tenure.rework_before),
        due_at,
        due_kind,
        exited_at: tenure.exit().map(|exit| exit.at),
        exit: tenure.exit().map(|exit| exit.how.code().into()),
        policy: policy.into(),
        warned: before.map_or(0, |before| before.warned),
        reminded: before.map_or(0, |before| before.reminded),
        unsorted: before.map_or(0, |before| before.unsorted),
        steps_taken: before.map_or(0, |before| before.steps_taken),
        stepped_at: before.and_then(|before| before.stepped_at),
        proposal: tenure.proposal.map(|proposal| proposal.kind.code().into()),
        proposal_to: tenure.proposal.map(|proposal| proposal.to.code().into()),
        proposal_until: tenure.proposal.map(|proposal| proposal.until),
    })
}

/// How far the holder has been told of the budget that runs.
pub fn prompted(tenure: &tenure::Model) -> Result<law::Prompted, Damaged> {
    let warned = u8::try_from(tenure.warned).map_err(|_| Damaged("warning"))?;
    let reminded = u16::try_from(tenure.reminded).map_err(|_| Damaged("reminder"))?;
    let steps = u32::try_from(tenure.steps_taken).map_err(|_| Damaged("steps"))?;
    let (unsorted, stepped_at) = (tenure.unsorted != 0, tenure.stepped_at);
    Ok(law::Prompted { warned, reminded, unsorted, steps, stepped_at })
}

/// The same, into the tenure's row.
pub fn write_prompted(tenure: &mut tenure::Model, told: law::Prompted) {
    (tenure.warned, tenure.reminded, tenure.unsorted) =
        (told.warned.into(), told.reminded.into(), told.unsorted.into());
    (tenure.steps_taken, tenure.stepped_at) = (column(told.steps), told.stepped_at);
}

/// When the holder is warned or reminded or a step is taken next, by the clock that measures it, or what it has put to
/// another level lapses, whichever comes first.
pub fn prompts_at(
    incident: &law::Incident,
    clock: Option<&law::Clock>,
    tenure: &tenure::Model,
    policy: &law::Policy,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Damaged> {
    let told = prompted(tenure)?;
    let budgeted = clock.and_then(|clock| law::Budgeted::of(incident, clock, policy));
    let prompt = budgeted.and_then(|budgeted| budgeted.next(told, now));
    Ok(prompt.into_iter().chain(incident.lapses_at()).min())
}

/// A row of what happened to a clock; `row` has its version.
pub fn clock_entry(row: &incident::Model, turn: &law::Turn) -> Result<clock_entry::Model, Damaged> {
    use law::Change;
    let law::Turn { clock, entry } = turn;
    let (change, budget, pause) = match entry.change {
        Change::Start { budget } => ("START", Some(budget), None),
        Change::Stop => ("STOP", None, None),
        Change::Pause { reason, until } => ("PAUSE", None, Some((reason, until))),
        Change::Resume => ("RESUME", None, None),
        Change::Void => ("VOID", None, None),
        Change::Retarget { budget } => ("RETARGET", Some(budget), None),
        Change::Since { .. } => ("SINCE", None, None),
        Change::Reset => ("RESET", None, None),
        Change::Cancel => ("CANCEL", None, None),
        Change::Continue => ("CONTINUE", None, None),
        Change::Merge => ("MERGE", None, None),
        Change::Split => ("SPLIT", None, None),
    };
    let budget = budget.map(|budget| serde_json::to_string(&budget)).transpose();
    let from = if let Change::Since { from } = entry.change { Some(from) } else { None };
    Ok(clock_entry::Model {
        complex_id: row.complex_id,
        incident_id: row.id,
        version: row.version,
        kind: clock.kind.code().into(),
        change: change.into(),
        tenure_seq: column(clock.tenure),
        rework: column(clock.rework),
        at: entry.at,
        budget: budget.map_err(|_| Damaged("budget"))?,
        reason: pause.map(|(reason, _)| reason.code().into()),
        until: pause.map(|(_, until)| until).or(from),
    })
}

/// A clock as its rows tell it, in the order of their versions. Processes have clocks of their own: nothing is told as
/// earlier than what came before it.
pub fn clock(rows: &[clock_entry::Model]) -> Result<law::Clock, Damaged> {
    let mut history = rows.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    let mut last = DateTime::<Utc>::MIN_UTC;
    for entry in &mut history {
        last = last.max(entry.at);
        entry.at = last;
    }
    law::Clock::told(&history).map_err(|_| Damaged("clock"))
}

fn entry(row: &clock_entry::Model) -> Result<law::Entry, Damaged> {
    use law::Change;
    let budget = || {
        let budget = row.budget.as_deref().and_then(|budget| serde_json::from_str(budget).ok());
        budget.ok_or(Damaged("budget"))
    };
    let pause = || {
        let reason = row.reason.as_deref().and_then(law::PauseReason::from_code);
        reason.zip(row.until).ok_or(Damaged("pause"))
    };
    let change = match row.change.as_str() {
        "START" => Change::Start { budget: budget()? },
        "STOP" => Change::Stop,
        "PAUSE" => {
            let (reason, until) = pause()?;
            Change::Pause { reason, until }
        }
        "RESUME" => Change::Resume,
        "VOID" => Change::Void,
        "RETARGET" => Change::Retarget { budget: budget()? },
        "SINCE" => Change::Since { from: row.until.ok_or(Damaged("clock"))? },
        "RESET" => Change::Reset,
        "CANCEL" => Change::Cancel,
        "CONTINUE" => Change::Continue,
        "MERGE" => Change::Merge,
        "SPLIT" => Change::Split,
        _ => return Err(Damaged("clock")),
    };
    Ok(law::Entry { at: row.at, change })
}

/// Writes into the incident's row what the law and its present tenure's row say.
pub fn write(
    row: &mut incident::Model,
    incident: &law::Incident,
    tenure: &tenure::Model,
    policy: &law::Policy,
) {
    let due = incident.tenure.due();
    row.policy.clone_from(&tenure.policy);
    row.acts_at = due.map(|due| law::due::acts_at(due, policy, &incident.tenure));
    row.status = incident.status.code().into();
    row.level = incident.tenure.level.code().into();
    row.lowest_level = incident.lowest.code().into();
    row.holder_place_id = tenure.place_id;
    row.holder_role.clone_from(&tenure.role);
    row.tenure_seq = column(incident.tenure.seq);
    row.due_at = due.map(|due| due.at);
    row.comes_from = incident.comes.map(|comes| comes.from);
    row.comes_until = incident.comes.map(|comes| comes.to);
    row.due_kind = due.map(|due| due.kind.code().into());
    row.rework = column(incident.rework);
    row.apart = column(incident.apart);
    row.households = column(incident.households);
    row.climbs = column(incident.climbs);
    let opinion = incident.answer.map(|answer| answer.opinion).unwrap_or_default();
    row.resolved = incident.answer.map(|answer| answer.resolved.code().into());
    row.satisfaction = opinion.satisfaction.map(|satisfaction| satisfaction.code().into());
    row.because = opinion.because.map(|because| because.code().into());
    row.elsewhere = incident.elsewhere.map(|elsewhere| elsewhere.code().into());
    row.not_taken = incident.not_taken.map(|why| why.code().into());
    row.objections = column(incident.objections);
    row.misrouted = column(incident.misrouted);
    row.urges = column(incident.urges);
    row.closed_at = incident.tenure.exit().filter(|_| incident.status.is_over()).map(|exit| exit.at);
    row.merged_from = incident.merged_from.map(|was| was.code().into());
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rules::incidents::{
        Change, ClockKind, Entry, Holder, Incident, Level as Rung, Overdue, PauseReason, Policy, Running,
        Status, Turn, category, policy::national,
    };

    use super::*;
    use crate::access::Level;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 123_456_000).unwrap()
    }

    fn unit() -> Lineage {
        let id = |number: u128| Some(Uuid::from_u128(number));
        Lineage {
            id: Uuid::from_u128(6),
            level: Level::Unit,
            chain: [None, id(2), id(3), id(4), id(5), id(6), None],
        }
    }

    fn blank() -> incident::Model {
        let nil = Uuid::nil();
        incident::Model {
            complex_id: Uuid::from_u128(4),
            id: Uuid::from_u128(9),
            place_id: Uuid::from_u128(6),
            district_id: None,
            street_id: None,
            community_id: None,
            building_id: None,
            unit_id: None,
            reporter_id: nil,
            category: String::new(),
            severity: String::new(),
            description_cipher: Vec::new(),
            status: String::new(),
            level: String::new(),
            lowest_level: String::new(),
            holder_place_id: nil,
            holder_role: String::new(),
            tenure_seq: 0,
            due_at: None,
            due_kind: None,
            comes_from: None,
            comes_until: None,
            rework: 0,
            apart: 0,
            climbs: 0,
            reported_at: at(0),
            closed_at: None,
            version: 1,
            urges: 0,
            policy: String::new(),
            households: 1,
            acts_at: None,
            prompts_at: None,
            resolved: None,
            satisfaction: None,
            because: None,
            assignee_id: None,
            elsewhere: None,
            not_taken: None,
            closer_role: None,
            closer_place_id: None,
            recurrence_of: None,
            objections: 0,
            misrouted: 0,
            household_id: None,
            cluster_id: None,
            merged_from: None,
            origin: String::new(),
            outage_id: None,
            explained_until: None,
        }
    }

    /// To rows and back: nothing is lost and nothing is made up.
    fn there_and_back(incident: &Incident, before: Option<&tenure::Model>, policy: &Policy) -> tenure::Model {
        let mut row = blank();
        let key = (row.complex_id, row.id);
        let tenure = tenure_row(key, &unit(), &incident.tenure, before, "key").unwrap();
        write(&mut row, incident, &tenure, policy);
        assert_eq!(super::incident(&row, &tenure).unwrap(), *incident);
        assert_eq!((tenure.policy.as_str(), row.policy.as_str()), ("key", "key"));
        let has_no_clock = incident.status.is_over() || incident.status == Status::Merged;
        assert_eq!(row.due_at.is_none(), has_no_clock, "open means a clock runs");
        assert_eq!(row.closed_at.is_some(), incident.status.is_over());
        assert_eq!(row.due_at, incident.tenure.due().map(|due| due.at));
        tenure
    }

    #[test]
    fn every_state_goes_to_rows_and_back() {
        let policy = national(category::find("ELEVATOR_FAULT").unwrap()).unwrap();
        let staffed = BTreeSet::from([Rung::Unit, Rung::Complex]);
        let reported = Incident::report(policy, &staffed, at(0));
        let first = there_and_back(&reported, None, policy);
        assert_eq!((first.place_id, first.role.as_str()), (Uuid::from_u128(6), "UNIT_LEADER"));
        let Overdue::Climbed(climbed) = reported.climb_overdue(policy, &staffed, at(1800)).unwrap() else {
            panic!("somebody stands above")
        };
        let left =
            tenure_row((first.complex_id, first.incident_id), &unit(), &climbed.left, Some(&first), "key")
                .unwrap();
        assert_eq!(super::tenure(&left).unwrap(), climbed.left);
        assert_eq!(left.due_at, first.due_at, "the deadline that was missed is kept");
        let second = there_and_back(&climbed.incident, None, policy);
        assert_eq!((second.place_id, second.role.as_str()), (Uuid::from_u128(4), "PROPERTY_MANAGER"));
        let Overdue::StaysAtTop { incident: loud, .. } =
            climbed.incident.climb_overdue(policy, &staffed, at(90_000)).unwrap()
        else {
            panic!("nobody stands above")
        };
        there_and_back(&loud, Some(&second), policy);
        let taken = loud.acknowledge(policy, at(90_010)).unwrap();
        there_and_back(&taken, Some(&second), policy);
        there_and_back(&taken.urge(None, at(90_015)).unwrap(), Some(&second), policy);
        there_and_back(&loud.assign().unwrap(), Some(&second), policy);
        let asked = taken.delegate(Rung::Unit, "yours", &staffed, at(90_016)).unwrap();
        there_and_back(&asked, Some(&second), policy);
        let elsewhere = taken.divert(law::Elsewhere::Court, "a contract", at(90_017)).unwrap();
        there_and_back(&elsewhere, Some(&second), policy);
        let rejected = loud.reject(law::NotTaken::Answered, "answered", at(90_017)).unwrap();
        there_and_back(&rejected, Some(&second), policy);
        let forced = taken.force_close("gone", at(90_017)).unwrap();
        there_and_back(&forced, Some(&second), policy);
        let inspected = taken.handle("done", 1, law::Inspection::Needed, policy, at(90_020)).unwrap();
        there_and_back(&inspected, Some(&second), policy);
        let handled = inspected.pass_inspection(at(90_025)).unwrap();
        there_and_back(&handled, Some(&second), policy);
        let merged = taken.merge(at(90_016)).unwrap();
        there_and_back(&merged, Some(&second), policy);
        there_and_back(&merged.ask(at(90_017)).unwrap(), Some(&second), policy);
        let bad = law::Opinion {
            satisfaction: Some(law::Satisfaction::Dissatisfied),
            because: Some(law::Complaint::NotDone),
        };
        let back = handled.send_back("no", bad, policy, &staffed, at(90_030)).unwrap();
        let law::SentBack::ToHolder(back) = back else { panic!("somebody holds it") };
        there_and_back(&back, Some(&second), policy);
        let again = back.handle("done", 1, law::Inspection::Spared, policy, at(90_040)).unwrap();
        there_and_back(&again.confirm(law::Opinion::default(), at(90_050)).unwrap(), Some(&second), policy);
        there_and_back(&again.settle_by_silence(at(9_000_000)).unwrap(), Some(&second), policy);
        there_and_back(&back.withdraw(at(90_040)).unwrap(), Some(&second), policy);
    }

    #[test]
    fn what_happens_to_a_clock_goes_to_rows_and_back() {
        let policy = national(category::find("ELEVATOR_FAULT").unwrap()).unwrap();
        let (row, budget) = (blank(), policy.at(Rung::Unit).handling);
        let changes = [
            Change::Start { budget },
            Change::Pause { reason: PauseReason::AwaitingParts, until: at(90) },
            Change::Resume,
            Change::Void,
            Change::Retarget { budget },
            Change::Reset,
            Change::Stop,
            Change::Cancel,
            Change::Continue,
            Change::Merge,
            Change::Split,
        ];
        let clock = Running { tenure: 2, rework: 1, kind: ClockKind::Handling };
        for change in changes {
            let turn = Turn { clock, entry: Entry { at: at(1), change } };
            let kept = clock_entry(&row, &turn).unwrap();
            assert_eq!((kept.version, kept.tenure_seq, kept.rework), (1, 2, 1));
            assert_eq!(entry(&kept), Ok(turn.entry));
            assert_eq!(entry(&clock_entry::Model { change: "STRIKE".into(), ..kept }), Err(Damaged("clock")));
        }
    }

    #[test]
    fn what_was_written_by_a_slower_clock_is_told_in_its_order() {
        let policy = national(category::find("ELEVATOR_FAULT").unwrap()).unwrap();
        let (row, budget) = (blank(), policy.at(Rung::Unit).handling);
        let clock = Running { tenure: 1, rework: 0, kind: ClockKind::Handling };
        let changes = [(at(50), Change::Start { budget }), (at(0), Change::Cancel)];
        let rows = changes
            .map(|(at, change)| clock_entry(&row, &Turn { clock, entry: Entry { at, change } }).unwrap());
        let told = super::clock(&rows).unwrap();
        assert_eq!((told.started(), told.end().unwrap().at), (at(50), at(50)));
    }

    #[test]
    fn where_a_level_is_missing_the_highest_place_stands_in() {
        let at = |level| {
            let post = post(&unit(), level);
            (post.place, post.role)
        };
        assert_eq!(at(Rung::District), (Uuid::from_u128(2), Holder::Admin));
        assert_eq!(at(Rung::Complex), (Uuid::from_u128(4), Holder::PropertyManager));
    }

    #[test]
    fn a_row_that_no_transition_made_is_told() {
        let policy = national(category::find("ELEVATOR_FAULT").unwrap()).unwrap();
        let incident = Incident::report(policy, &BTreeSet::new(), at(0));
        let mut row = blank();
        let good = tenure_row((row.complex_id, row.id), &unit(), &incident.tenure, None, "key").unwrap();
        write(&mut row, &incident, &good, policy);
        assert_eq!(
            super::tenure(&tenure::Model { due_kind: "SOON".into(), ..good.clone() }),
            Err(Damaged("due kind"))
        );
        assert_eq!(
            super::tenure(&tenure::Model { exited_at: Some(at(1)), ..good.clone() }),
            Err(Damaged("exit"))
        );
        assert_eq!(super::tenure(&tenure::Model { seq: -1, ..good.clone() }), Err(Damaged("tenure number")));
        let half = tenure::Model { proposal: Some("OBJECTION".into()), ..good.clone() };
        assert_eq!(super::tenure(&half), Err(Damaged("proposal")));
        row.resolved = Some("PERHAPS".into());
        assert_eq!(super::incident(&row, &good), Err(Damaged("answer")));
    }
}
