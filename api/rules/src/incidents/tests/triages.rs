//! Before anybody works on it.

use super::*;

fn reported() -> Incident {
    Incident::report(lift(), &up_to_the_street(), morning())
}

fn contact() -> Clock {
    Clock::start(morning(), lift().at(Level::Unit).first_contact)
}

#[test]
fn a_report_is_taken_on_in_steps_or_at_once() {
    let (policy, now) = (lift(), later(morning(), 5 * MINUTE));
    let in_steps = reported().accept().unwrap().assign().unwrap();
    assert_eq!(in_steps.status, Status::Assigned);
    assert_eq!(in_steps.tenure.due(), reported().tenure.due(), "it is still to be contacted");
    assert_eq!(in_steps.acknowledge(policy, now), reported().acknowledge(policy, now));
    assert_eq!(reported().assign().unwrap(), in_steps, "who gives it to somebody has accepted it");
    let taken = in_steps.acknowledge(policy, now).unwrap();
    assert_eq!(taken.assign().unwrap(), taken, "somebody else works on it");
}

#[test]
fn what_was_given_to_somebody_is_given_anew_by_the_next_level() {
    let (policy, staffed, now) = (lift(), up_to_the_street(), morning());
    let climb = |incident: Incident| {
        incident.climb_by_hand(HandReason::Severity, 0, "why", policy, &staffed, now).unwrap().incident.status
    };
    assert_eq!(climb(reported().assign().unwrap()), Status::Accepted);
    assert_eq!(climb(reported().accept().unwrap()), Status::Accepted);
    assert_eq!(climb(reported()), Status::Submitted);
}

#[test]
fn a_question_to_the_reporter_stops_the_clocks_for_three_days_at_most() {
    let (policy, staffed) = (lift(), up_to_the_street());
    let asked_at = later(morning(), 10 * MINUTE);
    let (asked, pause) = reported().ask_info("which lift?", Some(&contact()), policy, asked_at).unwrap();
    assert_eq!(asked.status, Status::NeedInfo);
    let over = later(asked_at, 3 * DAY);
    assert_eq!(asked.tenure.due(), Some(Due { kind: DueKind::Reply, at: over }));
    let still: Vec<_> = Running::standing_still(&asked).map(|running| running.kind).collect();
    assert_eq!(still, [ClockKind::Triage, ClockKind::FirstContact]);
    let waiting = contact().after(pause.into()).unwrap();

    // The reporter replies after an hour: twenty minutes are left.
    let replied_at = later(asked_at, HOUR);
    let (replied, entry) = asked.reply("the left one", Some(&waiting), policy, replied_at).unwrap();
    assert_eq!(entry.map(|entry| entry.change), Some(Change::Resume));
    let due = Due { kind: DueKind::Contact, at: later(replied_at, 20 * MINUTE) };
    assert_eq!((replied.status, replied.tenure.due()), (Status::Submitted, Some(due)));

    // Or never: the clocks go on by themselves, and then it climbs.
    let just_before = sweep::sweep(asked, policy, &staffed, Some(&waiting), later(over, -1));
    assert!(matches!(just_before, Ok(Sweep::NotDue(_))));
    let Ok(Sweep::Resumed(goes_on)) = sweep::sweep(asked, policy, &staffed, Some(&waiting), over) else {
        panic!("nobody replied")
    };
    assert_eq!(goes_on.tenure.due().map(|due| due.at), Some(later(over, 20 * MINUTE)));
    assert_eq!(goes_on.status, Status::Submitted);

    // Six days altogether.
    let mut clock = waiting;
    let mut now = over;
    let (_, second) = goes_on.ask_info("and the floor?", Some(&clock), policy, now).unwrap();
    assert_eq!(second.span.to, later(now, 3 * DAY));
    clock = clock.after(second.into()).unwrap();
    now = later(now, 3 * DAY);
    let spent = Refusal::NoPause(ClockFault::PausesUsedUp);
    assert_eq!(goes_on.ask_info("and?", Some(&clock), policy, now), Err(spent));
    assert_eq!(
        goes_on.ask_info("and?", Some(&clock), policy, later(now, DAY)),
        Err(Refusal::Late { since: later(now, 20 * MINUTE) })
    );
    assert_eq!(
        reported().ask_info("", Some(&clock), policy, now),
        Err(Refusal::ReasonMissing { act: Act::AskInfo })
    );
}

#[test]
fn what_belongs_elsewhere_is_over_and_says_where() {
    let (policy, now) = (lift(), morning());
    let taken = reported().acknowledge(policy, now).unwrap();
    let over = taken.divert(Elsewhere::Court, "a matter of contract", now).unwrap();
    assert_eq!((over.status, over.elsewhere), (Status::Diverted, Some(Elsewhere::Court)));
    assert_eq!(over.tenure.exit().map(|exit| exit.how), Some(ExitKind::Diverted));
    assert!(!ExitKind::Diverted.is_resolved());
    assert_eq!(taken.divert(Elsewhere::Court, " ", now), Err(Refusal::ReasonMissing { act: Act::Divert }));
}

#[test]
fn what_was_not_taken_on_is_appealed_level_by_level() {
    let (policy, staffed, now) = (lift(), staffed(&[Level::Unit, Level::Complex]), morning());
    let reject = |incident: Incident| incident.reject(NotTaken::NothingFound, "all lifts run", now).unwrap();
    let rejected = reject(Incident::report(policy, &staffed, now));
    assert_eq!((rejected.status, rejected.not_taken), (Status::Rejected, Some(NotTaken::NothingFound)));
    let until = later(now, 7 * DAY);
    assert_eq!(rejected.appeal_until(), Some(until));
    assert_eq!(
        rejected.appeal("it does not", policy, &staffed, until),
        Err(Refusal::ClosedForGood { until, now: until })
    );
    assert_eq!(rejected.appeal("", policy, &staffed, now), Err(Refusal::ReasonMissing { act: Act::Appeal }));

    let later = later(now, DAY);
    let appealed = rejected.appeal("it does not", policy, &staffed, later).unwrap();
    assert_eq!(appealed.left, rejected.tenure);
    let above = appealed.incident;
    assert_eq!((above.status, above.tenure.level, above.climbs), (Status::Submitted, Level::Complex, 1));
    assert_eq!(above.tenure.entered_by, EnteredBy::Appeal);
    assert_eq!(above.tenure.due(), Some(due::contact_due(later, policy, Level::Complex)));
    assert_eq!(
        reject(above).appeal("it does not", policy, &staffed, later),
        Err(Refusal::NobodyAbove { level: Level::Complex })
    );
}

#[test]
fn an_appeal_goes_on_with_what_measures_the_whole() {
    let (policy, staffed, now) = (lift(), up_to_the_street(), morning());
    let rejected = reported().reject(NotTaken::Unclear, "what?", now).unwrap();
    let appealed = rejected.appeal("this", policy, &staffed, now).unwrap().incident;
    let turns = turned(Some(&rejected), &appealed, policy, now);
    let of = |kind| turns.iter().find(|turn| turn.clock.kind == kind).map(|turn| turn.entry.change);
    assert_eq!(of(ClockKind::Total), Some(Change::Continue));
    assert_eq!(of(ClockKind::FirstResolution), Some(Change::Continue));
    assert_eq!(of(ClockKind::Triage), Some(Change::Start { budget: policy.at(Level::Building).triage }));
}
