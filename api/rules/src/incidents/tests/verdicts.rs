//! What inspectors and reporters say of the work.

use super::*;

fn handled(inspection: Inspection) -> Incident {
    let (policy, now) = (lift(), morning());
    let taken = Incident::report(policy, &up_to_the_street(), now).acknowledge(policy, now).unwrap();
    taken.handle("done", 1, inspection, policy, now).unwrap()
}

#[test]
fn which_handlings_are_looked_at_is_the_categorys_to_say() {
    let everybody = up_to_the_street();
    let fifth = Verification::OneIn(5.try_into().unwrap());
    let looked_at = |verification: Verification| {
        (0..1000).filter(|draw| verification.of(Level::Unit, &everybody, *draw) == Inspection::Needed).count()
    };
    assert_eq!([Verification::None, fifth, Verification::All].map(looked_at), [0, 200, 1000]);
    let top = Verification::All.of(Level::Street, &everybody, 0);
    assert_eq!(top, Inspection::Spared, "nobody stands above to look");
    let written = serde_json::to_string(&[Verification::None, fifth, Verification::All]).unwrap();
    assert_eq!(written, r#"["NONE",{"ONE_IN":5},"ALL"]"#);
}

#[test]
fn what_was_looked_at_is_asked_of_the_reporter_or_done_again() {
    let (policy, staffed, now) = (lift(), up_to_the_street(), later(morning(), HOUR));
    let inspected = handled(Inspection::Needed);
    assert_eq!(inspected.status, Status::Verifying);
    let looked_at_by = due::verify_due(morning(), policy, Level::Unit);
    assert_eq!(inspected.tenure.due(), Some(looked_at_by));

    let passed = inspected.pass_inspection(now).unwrap();
    assert_eq!((passed.status, passed.tenure.due()), (Status::AwaitConfirm, Some(due::confirm_due(now))));

    let again = to_holder(inspected.fail_inspection("it still stops", policy, &staffed, now).unwrap());
    assert_eq!((again.status, again.rework, again.answer), (Status::InProgress, 1, None));
    assert_eq!(again.tenure.due(), Some(due::handle_due(now, policy, Level::Unit)));
    assert_eq!(
        inspected.fail_inspection("", policy, &staffed, now),
        Err(Refusal::ReasonMissing { act: Act::FailInspection })
    );

    let Ok(Sweep::PassedUnseen(unseen)) = sweep::sweep(inspected, policy, &staffed, None, looked_at_by.at)
    else {
        panic!("nobody looked")
    };
    assert_eq!(unseen.status, Status::AwaitConfirm);
}

#[test]
fn the_reporter_answers_both_questions() {
    let (policy, staffed, now) = (lift(), up_to_the_street(), morning());
    let closed = handled(Inspection::Spared).confirm(content(), now).unwrap();
    assert_eq!(closed.answer, Some(said(Resolved::Yes, content())));
    let back = handled(Inspection::Spared).send_back("it stops", wanting(), policy, &staffed, now).unwrap();
    let back = to_holder(back);
    assert_eq!(back.answer, Some(said(Resolved::No, wanting())));
    let again = back.handle("done", 1, Inspection::Spared, policy, now).unwrap();
    assert_eq!(again.answer, None, "that was said of another handling");
    let reopened = closed.reopen("it stops", wanting(), policy, &staffed, now).unwrap().incident;
    assert_eq!(reopened.answer, Some(said(Resolved::No, wanting())));
}

#[test]
fn a_level_above_ends_it_with_a_reason_and_the_reporter_may_reopen_it() {
    let (policy, staffed, now) = (lift(), up_to_the_street(), morning());
    let reported = Incident::report(policy, &staffed, now);
    assert_eq!(reported.force_close("", now), Err(Refusal::ReasonMissing { act: Act::ForceClose }));
    let closed = reported.force_close("the lift is taken out", now).unwrap();
    assert_eq!(closed.tenure.exit(), Some(Exit { at: now, how: ExitKind::Forced }));
    assert!(!ExitKind::Forced.is_resolved(), "nobody absorbed it");
    let turns = turned(Some(&reported), &closed, policy, now);
    let of = |kind| turns.iter().find(|turn| turn.clock.kind == kind).map(|turn| turn.entry.change);
    assert_eq!(of(ClockKind::FirstContact), Some(Change::Cancel));
    assert_eq!(of(ClockKind::Total), Some(Change::Stop));
    assert!(closed.reopen("it is not", Opinion::default(), policy, &staffed, later(now, DAY)).is_ok());
}

#[test]
fn a_trouble_comes_back_once_it_cannot_be_reopened() {
    let now = morning();
    let closed = handled(Inspection::Spared).confirm(content(), now).unwrap();
    let until = later(now, 7 * DAY);
    assert_eq!(closed.may_recur(later(until, -1)), Err(Refusal::NoRecurrence));
    assert_eq!(closed.may_recur(until), Ok(()));
    let withdrawn = Incident::report(lift(), &up_to_the_street(), now).withdraw(now).unwrap();
    assert_eq!(withdrawn.may_recur(later(until, DAY)), Err(Refusal::NoRecurrence));
}
