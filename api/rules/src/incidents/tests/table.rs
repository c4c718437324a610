//! Every status × every act, on both sides of the deadline, against the table of the law written out by hand.

use super::*;
use crate::calendar::Span;

/// What the law says becomes of a status by an act: the next status, or nothing.
#[expect(clippy::match_same_arms, reason = "one line for each cell of the table")]
fn lawful(status: Status, act: Act) -> Option<Status> {
    use Status::{
        Accepted, Assigned, AwaitConfirm, Closed, InProgress, Merged, NeedInfo, Rejected, Submitted,
        Verifying, Waiting, Withdrawn,
    };
    match (status, act) {
        (Merged | AwaitConfirm, Act::Split) => Some(InProgress), // as the specimens were before
        (Merged, Act::Ask) => Some(AwaitConfirm),
        (Merged, Act::Succeed) => Some(InProgress),
        (Merged, Act::Withdraw) => Some(Withdrawn),
        (Merged, Act::Urge | Act::Note) => Some(Merged),
        (AwaitConfirm, Act::SettleByQuorum) => Some(Closed),
        (Submitted, Act::Await) => Some(status),
        (Submitted, Act::Accept) => Some(Accepted),
        (Submitted, Act::AskInfo) => Some(NeedInfo),
        (NeedInfo, Act::Reply) => Some(Submitted),
        (Submitted | Accepted | Assigned, Act::Assign) => Some(Assigned),
        (InProgress | Waiting, Act::Assign) => Some(status), // to somebody else
        (Submitted | NeedInfo | Accepted | Assigned, Act::Acknowledge) => Some(InProgress),
        (InProgress, Act::Acknowledge) => Some(InProgress), // by a new level, after a climb
        (Submitted | NeedInfo | Accepted | Assigned, Act::Reject) => Some(Rejected),
        (Rejected, Act::Appeal) => Some(Submitted),
        (InProgress, Act::Pause) => Some(Waiting),
        (Waiting, Act::Resume | Act::VoidPause) => Some(InProgress),
        (InProgress | Waiting, Act::Handle) => Some(AwaitConfirm),
        (InProgress | Waiting, Act::Appoint) => Some(status),
        (Verifying, Act::PassInspection) => Some(AwaitConfirm),
        (Verifying, Act::FailInspection) => Some(InProgress),
        (AwaitConfirm, Act::Confirm) => Some(Closed),
        (AwaitConfirm, Act::SendBack) => Some(InProgress),
        (AwaitConfirm, Act::SettleBySilence) => Some(Closed),
        (Closed, Act::Reopen) => Some(InProgress),
        (Verifying | AwaitConfirm, Act::ForceClose) => Some(Closed),
        (Verifying | AwaitConfirm, Act::Note) => Some(status),
        (Submitted | NeedInfo | Accepted | Assigned | InProgress | Waiting, act) => match act {
            Act::ForceClose => Some(Closed),
            Act::Merge => Some(Merged),
            Act::Withdraw => Some(Withdrawn),
            Act::Divert => Some(Status::Diverted),
            Act::Urge
            | Act::Note
            | Act::Whistle
            | Act::Object
            | Act::Delegate
            | Act::Decline
            | Act::Lapse
            | Act::Retarget => Some(status),
            Act::Climb | Act::LeaveEmptyPost | Act::RollUp | Act::Consent => Some(moved(status)),
            _ => None,
        },
        _ => None,
    }
}

/// The status after a change of holder.
fn moved(status: Status) -> Status {
    match status {
        Status::Waiting => Status::InProgress,
        Status::NeedInfo => Status::Submitted,
        Status::Assigned => Status::Accepted,
        status => status,
    }
}

/// One incident of each status, all by lawful ways; those in progress both acknowledged and not. All of them have been
/// at the unit, and are at the building.
fn specimens(now: DateTime<Utc>) -> Vec<Incident> {
    let (policy, staffed) = (lift(), up_to_the_street());
    let climbs = |incident: Incident| {
        incident.climb_by_hand(HandReason::ByHand, 0, "why", policy, &staffed, now).unwrap().incident
    };
    let submitted = climbs(Incident::report(policy, &staffed, now));
    let (asked, _) = submitted.ask_info("where?", Some(&contact(now)), policy, now).unwrap();
    let accepted = submitted.accept().unwrap();
    let assigned = accepted.assign().unwrap();
    let acknowledged = submitted.acknowledge(policy, now).unwrap();
    let climbed = climbs(acknowledged);
    let (waiting, _) = acknowledged
        .pause(PauseReason::AwaitingParts, "why", later(now, DAY), Some(&handling(now)), policy, now)
        .unwrap();
    let inspected = acknowledged.handle("done", 1, Inspection::Needed, policy, now).unwrap();
    let handled = acknowledged.handle("done", 1, Inspection::Spared, policy, now).unwrap();
    let closed = handled.confirm(content(), now).unwrap();
    let withdrawn = submitted.withdraw(now).unwrap();
    let diverted = submitted.divert(Elsewhere::Police, "a theft", now).unwrap();
    let rejected = submitted.reject(NotTaken::NothingFound, "nothing there", now).unwrap();
    let merged = acknowledged.merge(now).unwrap();
    let with_others = merged.ask(now).unwrap();
    vec![
        merged,
        with_others,
        submitted,
        asked,
        accepted,
        assigned,
        acknowledged,
        climbed,
        waiting,
        inspected,
        handled,
        closed,
        withdrawn,
        diverted,
        rejected,
    ]
}

/// The clock of a lift's first contact.
fn contact(now: DateTime<Utc>) -> Clock {
    Clock::start(now, lift().at(Level::Building).first_contact)
}

/// The clock of a lift's handling.
fn handling(now: DateTime<Utc>) -> Clock {
    Clock::start(now, lift().at(Level::Unit).handling)
}

/// The same incident with this put to another level.
fn proposing(incident: Incident, kind: ProposalKind, now: DateTime<Utc>) -> Incident {
    let proposal = Some(Proposal { kind, to: Level::Unit, until: later(now, DAY) });
    Incident { tenure: Tenure { proposal, ..incident.tenure }, ..incident }
}

/// The same, paused a while ago.
fn paused(now: DateTime<Utc>) -> Clock {
    let pause = Change::Pause { reason: PauseReason::AwaitingParts, until: later(now, DAY) };
    handling(later(now, -HOUR)).after(Entry { at: later(now, -MINUTE), change: pause }).unwrap()
}

/// Each way to do an act, with facts that satisfy every guard but the status, the tenure and the clock.
fn perform(incident: Incident, act: Act, now: DateTime<Utc>) -> Vec<Result<Incident, Refusal>> {
    let (policy, staffed) = (lift(), up_to_the_street());
    match act {
        Act::Accept => vec![incident.accept()],
        Act::AskInfo => {
            vec![incident.ask_info("where?", Some(&contact(now)), policy, now).map(|(asked, _)| asked)]
        }
        Act::Reply => {
            vec![incident.reply("there", Some(&paused(now)), policy, now).map(|(replied, _)| replied)]
        }
        Act::Assign => vec![incident.assign()],
        Act::Divert => vec![incident.divert(Elsewhere::Court, "a contract", now)],
        Act::Reject => vec![incident.reject(NotTaken::Unclear, "what?", now)],
        Act::Appeal => {
            let soon = incident.tenure.exit().map_or(now, |exit| later(exit.at, 7 * DAY - 1));
            vec![incident.appeal("why", policy, &staffed, soon).map(|passed| passed.incident)]
        }
        Act::PassInspection => vec![incident.pass_inspection(now), incident.pass_unseen(now)],
        Act::FailInspection => {
            vec![incident.fail_inspection("it leaks", policy, &staffed, now).map(to_holder)]
        }
        Act::ForceClose => vec![incident.force_close("the house is gone", now)],
        Act::Object => vec![incident.object(None, "not ours", policy, &staffed, now)],
        Act::Delegate => vec![incident.delegate(Level::Unit, "you know them", &staffed, now)],
        Act::Consent => vec![
            proposing(incident, ProposalKind::Delegation, now)
                .consent(policy, now)
                .map(|passed| passed.incident),
        ],
        Act::Decline => vec![proposing(incident, ProposalKind::Objection, now).decline("it is", now)],
        Act::Lapse => vec![proposing(incident, ProposalKind::Objection, now).lapse(later(now, DAY))],
        Act::Acknowledge => vec![incident.acknowledge(policy, now)],
        Act::Pause => {
            let until = later(now, DAY);
            let clock = handling(now);
            let pause = incident.pause(PauseReason::AwaitingParts, "why", until, Some(&clock), policy, now);
            vec![pause.map(|(waiting, _)| waiting)]
        }
        Act::Resume => vec![incident.resume(Some(&paused(now)), policy, now).map(|(resumed, _)| resumed)],
        Act::VoidPause => {
            vec![incident.void_pause("why", Some(&paused(now)), policy, now).map(|(resumed, _)| resumed)]
        }
        Act::Retarget => {
            let clock = if incident.tenure.acknowledged_at.is_some() { handling(now) } else { contact(now) };
            vec![incident.retarget("why", Some(&clock), policy, now).map(|(held, _)| held)]
        }
        Act::Appoint => vec![incident.appoint(Span { from: now, to: later(now, HOUR) }, now)],
        Act::Handle => vec![incident.handle("done", 1, Inspection::Spared, policy, now)],
        Act::Confirm => vec![incident.confirm(content(), now)],
        Act::SendBack => {
            vec![incident.send_back("why", Opinion::default(), policy, &staffed, now).map(to_holder)]
        }
        Act::Withdraw => vec![incident.withdraw(now)],
        Act::Urge => vec![incident.urge(None, now)],
        Act::Note => vec![incident.note("on the way")],
        Act::Whistle => vec![incident.whistle()],
        Act::Await => {
            let contact = Clock::start(now, policy.at(Level::Building).first_contact);
            vec![incident.wait_for_outage(&contact, later(now, DAY), policy, now).map(|(waits, _)| waits)]
        }
        Act::Reopen => {
            // Closed at the start of the table, and asked for as late as may be.
            let soon = incident.tenure.exit().map_or(now, |exit| later(exit.at, 7 * DAY - 1));
            vec![
                incident
                    .reopen("why", Opinion::default(), policy, &staffed, soon)
                    .map(|passed| passed.incident),
            ]
        }
        Act::SettleBySilence => vec![incident.settle_by_silence(now)],
        Act::Merge => vec![incident.merge(now)],
        Act::Split => {
            let stands = Entry { at: later(now, -MINUTE), change: Change::Merge };
            vec![incident.split(Some(&handling(later(now, -HOUR)).after(stands).unwrap()), policy, now)]
        }
        Act::RollUp => {
            vec![incident.roll_up(Level::Community, policy, &staffed, now).map(|passed| passed.incident)]
        }
        Act::Ask => vec![incident.ask(now)],
        Act::Succeed => vec![incident.succeed(Level::Complex, 3, policy, now).map(|passed| passed.incident)],
        Act::SettleByQuorum => vec![incident.settle_by_quorum(now)],
        Act::LeaveEmptyPost => {
            let mut others = staffed;
            others.remove(&incident.tenure.level);
            vec![incident.leave_empty_post(policy, &others, now).map(|passed| passed.incident)]
        }
        Act::Climb => {
            let by_hand = HandReason::ALL.iter().map(|&reason| {
                incident
                    .climb_by_hand(reason, 0, "why", policy, &staffed, now)
                    .map(|climbed| climbed.incident)
            });
            let overdue = incident.climb_overdue(policy, &staffed, now).map(|overdue| match overdue {
                Overdue::Climbed(climbed) => climbed.incident,
                Overdue::StaysAtTop { .. } => panic!("the ladder goes on above {}", incident.tenure.level),
            });
            by_hand.chain([overdue]).collect()
        }
    }
}

#[test]
fn every_status_takes_exactly_the_acts_of_the_law() {
    let start = morning();
    let specimens = specimens(start);
    assert_eq!(specimens.iter().map(|i| i.status).collect::<BTreeSet<_>>().len(), Status::ALL.len());

    let long_after = later(start, 30 * DAY);
    let (mut done, mut refused) = (BTreeSet::new(), 0);
    for incident in specimens {
        for &act in Act::ALL {
            let lawful = lawful(incident.status, act);
            assert_eq!(
                act.starts_from().contains(&incident.status),
                lawful.is_some(),
                "{act} {}",
                incident.status
            );
            for answer in perform(incident, act, long_after) {
                let acknowledged = incident.tenure.acknowledged_at.is_some();
                match (lawful, answer) {
                    (None, Err(Refusal::WrongStatus { act: named, from, .. })) => {
                        assert_eq!((named, from), (act, incident.status));
                        refused += 1;
                    }
                    (Some(_), Err(Refusal::AlreadyAcknowledged { at, .. })) => {
                        assert!(act == Act::Acknowledge && incident.tenure.acknowledged_at == Some(at));
                    }
                    (Some(_), Err(Refusal::NotMerged)) => {
                        assert!(act == Act::Split && incident.merged_from.is_none());
                    }
                    (Some(_), Err(Refusal::SplitsOff)) => {
                        assert!(act == Act::SendBack && incident.merged_from.is_some());
                    }
                    (Some(_), Err(Refusal::NotAcknowledged { .. })) => {
                        assert!(matches!(act, Act::Handle | Act::Pause | Act::Appoint) && !acknowledged);
                    }
                    (Some(to), Ok(after)) => {
                        assert!(act != Act::Acknowledge || !acknowledged);
                        assert!(act != Act::Handle || acknowledged);
                        assert_eq!(after.status, to, "{act} from {}", incident.status);
                        changes_no_more_than_it_says(act, &incident, &after);
                        done.insert((act, incident.status));
                    }
                    (expected, answer) => {
                        panic!("{act} on {incident:?}: expected {expected:?}, got {answer:?}")
                    }
                }
            }
        }
    }
    let cells = |lawfully: bool| {
        let all = Status::ALL.iter().flat_map(|status| Act::ALL.iter().map(move |act| (*act, *status)));
        all.filter(|(act, status)| lawful(*status, *act).is_some() == lawfully).collect::<BTreeSet<_>>()
    };
    assert_eq!(done, cells(true), "every cell of the table was tried");
    assert!(refused >= cells(false).len());
}

/// What else an act changes beside the status.
fn changes_no_more_than_it_says(act: Act, before: &Incident, after: &Incident) {
    let count = |acts: &[Act]| u32::from(acts.contains(&act));
    assert_eq!(after.tenure.due().is_none(), after.status.is_over() || after.status == Status::Merged);
    let stays_merged = before.merged_from.is_some() && matches!(act, Act::Urge | Act::Note);
    assert_eq!(after.merged_from.is_some(), stays_merged || matches!(act, Act::Merge | Act::Ask));
    let up = count(&[Act::Climb, Act::LeaveEmptyPost, Act::RollUp, Act::Appeal, Act::Succeed]);
    assert_eq!(after.tenure.level > before.tenure.level, up == 1, "{act}");
    assert_eq!(after.tenure.level < before.tenure.level, act == Act::Consent);
    assert_eq!(after.tenure.seq - before.tenure.seq, up + count(&[Act::Consent, Act::Reopen]));
    assert_eq!(after.climbs - before.climbs, up);
    assert_eq!(after.rework - before.rework, count(&[Act::SendBack, Act::Reopen, Act::FailInspection]));
    assert_eq!(after.urges - before.urges, count(&[Act::Urge]));
    assert_eq!(after.objections - before.objections, count(&[Act::Object]));
    assert_eq!(after.misrouted, before.misrouted);
    assert_eq!(after.comes.is_some(), act == Act::Appoint);
    assert_eq!(after.tenure.proposal.is_some(), matches!(act, Act::Object | Act::Delegate));
    let resolved = after.answer.map(|answer| answer.resolved);
    assert_eq!(
        resolved,
        match act {
            Act::Confirm => Some(Resolved::Yes),
            Act::SendBack | Act::Reopen => Some(Resolved::No),
            _ => None,
        }
    );
}

#[test]
fn each_act_is_somebodys() {
    for &act in Act::ALL {
        let by_itself = matches!(
            act,
            Act::SettleBySilence
                | Act::LeaveEmptyPost
                | Act::Lapse
                | Act::Await
                | Act::Merge
                | Act::Split
                | Act::Ask
                | Act::Succeed
                | Act::RollUp
                | Act::SettleByQuorum
        );
        assert_eq!(act.by() == By::Clock, by_itself, "{act}");
    }
    for (reason, by) in [
        (HandReason::OutOfScope, By::Holder),
        (HandReason::ResidentRequest, By::Reporter),
        (HandReason::OfficerPull, By::Above),
    ] {
        assert_eq!(reason.by(), by);
    }
}

#[test]
fn somebody_comes_soon_and_is_not_waited_for_all_day() {
    let now = morning();
    let taken = Incident::report(lift(), &up_to_the_street(), now).acknowledge(lift(), now).unwrap();
    let comes = |from: i64, to: i64| {
        let span = Span { from: later(now, from), to: later(now, to) };
        taken.appoint(span, now).map(|then| then.appointment(now))
    };
    let ahead = 30 * DAY;
    for (from, to) in [(-HOUR, 1), (0, 12 * HOUR), (DAY, DAY + HOUR), (ahead, ahead + HOUR)] {
        let said = Some(Span { from: later(now, from), to: later(now, to) });
        assert_eq!(comes(from, to), Ok(said), "{from} {to}");
    }
    for (from, to) in
        [(-HOUR, 0), (HOUR, HOUR), (2 * HOUR, HOUR), (0, 12 * HOUR + 1), (ahead + 1, ahead + HOUR)]
    {
        assert_eq!(comes(from, to), Err(Refusal::NobodyComesThen), "{from} {to}");
    }
    // Nobody comes twice, nor once it is over; and what stands still waits for nobody's door.
    let first = taken.appoint(Span { from: now, to: later(now, HOUR) }, now).unwrap();
    assert_eq!(first.tenure.due(), taken.tenure.due());
    let second = Span { from: later(now, DAY), to: later(now, DAY + HOUR) };
    let again = first.appoint(second, now).unwrap();
    assert_eq!(again.appointment(later(second.to, -1)), Some(second));
    assert_eq!(again.appointment(second.to), None);
    let climbed = again.climb_by_hand(HandReason::ByHand, 0, "up", lift(), &up_to_the_street(), now).unwrap();
    assert_eq!(climbed.incident.comes, None);
    let handled = again.handle("done", 1, Inspection::Spared, lift(), now).unwrap();
    assert_eq!(handled.comes, None);
}

#[test]
fn urging_is_heard_once_a_day() {
    let now = morning();
    let urged = Incident::report(lift(), &up_to_the_street(), now).urge(None, now).unwrap();
    assert_eq!(
        (urged.urges, urged.tenure.due()),
        (1, Some(due::contact_due(now, lift(), Level::Unit))),
        "and moves nothing"
    );
    let tomorrow = later(now, DAY);
    let too_soon = urged.urge(Some(now), later(tomorrow, -1));
    assert_eq!(too_soon, Err(Refusal::UrgedAlready { again_at: tomorrow }));
    assert_eq!(urged.urge(Some(now), tomorrow).unwrap().urges, 2);
    assert_eq!(urged.urge(None, now).unwrap().urges, 2, "of another household it is the first");
}

#[test]
fn what_waits_for_a_clock_is_refused_a_nanosecond_early_and_done_on_time() {
    let staffed = up_to_the_street();
    for incident in specimens(morning()) {
        let Some(due) = incident.tenure.due() else { continue };
        let early = due.at - TimeDelta::nanoseconds(1);
        let not_due = Refusal::NotDue { due_at: due.at, now: early };
        if incident.status == Status::AwaitConfirm {
            assert_eq!(incident.settle_by_silence(early), Err(not_due));
            assert!(incident.settle_by_silence(due.at).is_ok());
        } else if incident.status == Status::Verifying {
            assert_eq!(incident.pass_unseen(early), Err(not_due));
            assert_eq!(incident.pass_unseen(due.at).unwrap().status, Status::AwaitConfirm);
        } else {
            assert_eq!(incident.climb_overdue(lift(), &staffed, early), Err(not_due));
            assert!(incident.climb_overdue(lift(), &staffed, due.at).is_ok());
        }
    }
}

#[test]
fn a_refused_act_says_what_and_why_in_words() {
    let now = morning();
    let closed = specimens(now).into_iter().find(|incident| incident.status == Status::Closed).unwrap();
    let refusal = closed.withdraw(now).unwrap_err();
    assert_eq!(refusal.to_string(), "WITHDRAW does not lead from CLOSED to WITHDRAWN");
}
