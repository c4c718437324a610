//! The broken lift, from the unit leader to the street.

use super::*;

fn climbed(sweep: Sweep) -> Passed {
    match sweep {
        Sweep::Climbed(climbed) => climbed,
        other => panic!("expected a climb, got {other:?}"),
    }
}

#[test]
fn a_broken_lift_that_nobody_attends_climbs_to_the_street_and_shouts_there() {
    let (policy, staffed) = (lift(), up_to_the_street());
    let mut now = morning();
    let mut incident = Incident::report(policy, &staffed, now);
    assert_eq!(incident.tenure.level.holder(), Holder::UnitLeader);

    for (seq, level) in [(2, Level::Building), (3, Level::Complex), (4, Level::Community), (5, Level::Street)]
    {
        let due = Due { kind: DueKind::Contact, at: later(now, 30 * MINUTE) };
        assert_eq!(incident.tenure.due(), Some(due));

        let a_second_early = later(due.at, -1);
        assert_eq!(sweep::sweep(incident, policy, &staffed, None, a_second_early), Ok(Sweep::NotDue(due)));

        now = due.at;
        let step = climbed(sweep::sweep(incident, policy, &staffed, None, now).unwrap());
        assert_eq!(step.left.level, incident.tenure.level);
        assert_eq!(step.left.exit(), Some(Exit { at: now, how: ExitKind::ClimbedOverdue }));
        incident = step.incident;
        assert_eq!((incident.tenure.seq, incident.tenure.level), (seq, level));
        assert_eq!(incident.tenure.entered_by, EnteredBy::Overdue);
        assert_eq!((incident.status, incident.climbs), (Status::Submitted, seq - 1));
    }

    for shouts in 1..=3 {
        now = later(now, 30 * MINUTE);
        let step = sweep::sweep(incident, policy, &staffed, None, now).unwrap();
        let Sweep::Shouted { incident: still, remind_every } = step else {
            panic!("silent at the top: {step:?}")
        };
        assert_eq!(remind_every, policy.at(Level::Street).first_contact);
        assert_eq!((still.tenure.seq, still.tenure.level), (5, Level::Street));
        assert_eq!(still.tenure.shouts, shouts);
        assert_eq!(still.tenure.due(), Some(Due { kind: DueKind::Shout, at: later(now, 30 * MINUTE) }));
        incident = still;
    }

    let acknowledged = incident.acknowledge(policy, now).unwrap();
    assert_eq!(acknowledged.tenure.due(), Some(Due { kind: DueKind::Handle, at: later(now, DAY) }));
}

#[test]
fn the_community_officer_settles_what_three_levels_left_undone() {
    let (policy, staffed) = (lift(), up_to_the_street());
    let reported_at = morning();
    let incident = Incident::report(policy, &staffed, reported_at);

    // The unit leader acknowledges after ten minutes but never gets it handled.
    let acknowledged_at = later(reported_at, 10 * MINUTE);
    let incident = incident.acknowledge(policy, acknowledged_at).unwrap();
    assert_eq!(incident.status, Status::InProgress);
    assert_eq!(incident.tenure.due(), Some(Due { kind: DueKind::Handle, at: later(acknowledged_at, DAY) }));

    // The building leader has to acknowledge anew, and lets even that pass.
    let at_building = later(acknowledged_at, DAY);
    let incident = climbed(sweep::sweep(incident, policy, &staffed, None, at_building).unwrap()).incident;
    assert_eq!((incident.tenure.level, incident.status), (Level::Building, Status::InProgress));
    assert_eq!(incident.tenure.acknowledged_at, None);
    assert_eq!(
        incident.handle("done", 1, Inspection::Spared, policy, at_building),
        Err(Refusal::NotAcknowledged { level: Level::Building })
    );
    let at_complex = later(at_building, 30 * MINUTE);
    let incident = climbed(sweep::sweep(incident, policy, &staffed, None, at_complex).unwrap()).incident;
    assert_eq!(incident.tenure.level, Level::Complex);

    // The property manager has no say over the maintenance fund and passes it on.
    let at_community = later(at_complex, 5 * MINUTE);
    let passed_on = incident
        .climb_by_hand(
            HandReason::OutOfScope,
            0,
            "needs the maintenance fund",
            policy,
            &staffed,
            at_community,
        )
        .unwrap();
    assert_eq!(passed_on.left.exit(), Some(Exit { at: at_community, how: ExitKind::ClimbedByHand }));
    let incident = passed_on.incident;
    assert_eq!(incident.tenure.level.holder(), Holder::CommunityOfficer);
    assert_eq!(incident.tenure.entered_by, EnteredBy::OutOfScope);

    // The officer handles it; the reporter is not content at first, then is.
    let now = later(at_community, HOUR);
    let incident = incident
        .acknowledge(policy, now)
        .unwrap()
        .handle("motor replaced", 2, Inspection::Spared, policy, now)
        .unwrap();
    assert_eq!(incident.status, Status::AwaitConfirm);
    assert_eq!(incident.tenure.due(), Some(Due { kind: DueKind::Confirm, at: later(now, 7 * DAY) }));

    let now = later(now, HOUR);
    let incident = to_holder(
        incident.send_back("it stops at the third floor", wanting(), policy, &staffed, now).unwrap(),
    );
    assert_eq!((incident.status, incident.rework), (Status::InProgress, 1));
    assert_eq!((incident.tenure.level, incident.tenure.handled_at), (Level::Community, None));
    assert_eq!(incident.tenure.due(), Some(Due { kind: DueKind::Handle, at: later(now, DAY) }));

    let now = later(now, HOUR);
    let incident = incident.handle("door switch replaced", 1, Inspection::Spared, policy, now).unwrap();
    assert_eq!(incident.tenure.handled_at, Some(now));
    let incident = incident.confirm(content(), now).unwrap();
    assert_eq!((incident.status, incident.answer), (Status::Closed, Some(said(Resolved::Yes, content()))));
    assert_eq!(incident.tenure.exit(), Some(Exit { at: now, how: ExitKind::Confirmed }));
    assert_eq!((incident.climbs, incident.tenure.seq), (3, 4));
    assert_eq!(sweep::sweep(incident, policy, &staffed, None, later(now, 30 * DAY)), Ok(Sweep::Over));
}

#[test]
fn a_silent_reporter_settles_it_after_seven_days_and_it_does_not_climb() {
    let (policy, staffed) = (lift(), up_to_the_street());
    let handled_at = morning();
    let incident = Incident::report(policy, &staffed, handled_at)
        .acknowledge(policy, handled_at)
        .and_then(|incident| incident.handle("reset", 1, Inspection::Spared, policy, handled_at))
        .unwrap();

    let window_ends = later(handled_at, 7 * DAY);
    let just_before = later(window_ends, -1);
    assert_eq!(
        incident.settle_by_silence(just_before),
        Err(Refusal::NotDue { due_at: window_ends, now: just_before })
    );
    assert!(matches!(
        incident.climb_overdue(policy, &staffed, window_ends),
        Err(Refusal::WrongStatus { act: Act::Climb, from: Status::AwaitConfirm, .. })
    ));

    let Ok(Sweep::Settled(settled)) = sweep::sweep(incident, policy, &staffed, None, window_ends) else {
        panic!("silence settles it");
    };
    assert_eq!((settled.status, settled.answer), (Status::Closed, None));
    assert_eq!(settled.tenure.level, Level::Unit);
    assert_eq!(settled.tenure.exit(), Some(Exit { at: window_ends, how: ExitKind::SettledBySilence }));
}

#[test]
fn a_lift_whose_evidence_is_missing_is_not_handled() {
    let (policy, now) = (lift(), morning());
    let incident = Incident::report(policy, &up_to_the_street(), now).acknowledge(policy, now).unwrap();

    let missing = |what| Err(Refusal::EvidenceMissing { missing: what });
    assert_eq!(incident.handle(" \n", 3, Inspection::Spared, policy, now), missing(Evidence::Text));
    assert_eq!(incident.handle("done", 0, Inspection::Spared, policy, now), missing(Evidence::Photo));
    assert!(incident.handle("done", 1, Inspection::Spared, policy, now).is_ok());

    let noise = super::policy_of("NEIGHBOUR_NOISE");
    let incident = Incident::report(noise, &up_to_the_street(), now).acknowledge(noise, now).unwrap();
    assert!(incident.handle("they agreed on ten o'clock", 0, Inspection::Spared, noise, now).is_ok());
}

#[test]
fn reasons_are_given_in_words() {
    let (policy, staffed, now) = (lift(), up_to_the_street(), morning());
    let reported = Incident::report(policy, &staffed, now);
    let handled = reported
        .acknowledge(policy, now)
        .and_then(|incident| incident.handle("done", 1, Inspection::Spared, policy, now))
        .unwrap();

    assert_eq!(
        handled.send_back("  ", wanting(), policy, &staffed, now),
        Err(Refusal::ReasonMissing { act: Act::SendBack })
    );
    assert_eq!(
        reported.climb_by_hand(HandReason::ByHand, 0, "", policy, &staffed, now),
        Err(Refusal::ReasonMissing { act: Act::Climb })
    );
}

#[test]
fn a_level_acknowledges_once_and_learns_when_it_did() {
    let (policy, at) = (lift(), morning());
    let now = later(at, HOUR);
    let incident = Incident::report(policy, &up_to_the_street(), at).acknowledge(policy, at).unwrap();
    assert_eq!(
        incident.acknowledge(policy, now),
        Err(Refusal::AlreadyAcknowledged { level: Level::Unit, at, now })
    );
}

#[test]
fn a_post_that_nobody_fills_is_left_at_once_and_once() {
    let (policy, now) = (policy_of("PROPERTY_SERVICE"), morning());
    let everybody = up_to_the_street();
    let taken = Incident::report(policy, &everybody, now).acknowledge(policy, now).unwrap();
    assert_eq!(
        taken.leave_empty_post(policy, &everybody, now),
        Err(Refusal::PostFilled { level: Level::Complex })
    );

    let without_manager = staffed(&[Level::Unit, Level::Community, Level::Street]);
    let Ok(Sweep::LeftEmptyPost(passed)) = sweep::sweep(taken, policy, &without_manager, None, now) else {
        panic!("it stands with nobody")
    };
    assert_eq!(passed.left.exit(), Some(Exit { at: now, how: ExitKind::EmptyPost }));
    let incident = passed.incident;
    assert_eq!((incident.tenure.level, incident.tenure.seq, incident.climbs), (Level::Community, 2, 1));
    assert_eq!((incident.status, incident.tenure.entered_by), (Status::InProgress, EnteredBy::EmptyPost));
    assert_eq!(incident.tenure.due().map(|due| due.kind), Some(DueKind::Contact));
    assert!(matches!(sweep::sweep(incident, policy, &without_manager, None, now), Ok(Sweep::NotDue(_))));
}

#[test]
fn with_nobody_above_it_comes_down_again_to_where_it_belongs() {
    let now = morning();
    let pipe = Incident::report(policy_of("BURST_PIPE"), &staffed(&[]), now);
    assert_eq!(pipe.tenure.level, Level::District);
    assert_eq!(
        pipe.leave_empty_post(policy_of("BURST_PIPE"), &staffed(&[]), now),
        Err(Refusal::NobodyAnywhere { level: Level::District })
    );
    let down = |incident: Incident, code, levels: &[Level]| {
        incident.leave_empty_post(policy_of(code), &staffed(levels), now).map(|passed| {
            let incident = passed.incident;
            (incident.tenure.level, incident.lowest, incident.climbs)
        })
    };
    assert_eq!(
        down(pipe, "BURST_PIPE", &[Level::Unit, Level::Complex, Level::Community]),
        Ok((Level::Complex, Level::Complex, 0))
    );
    assert_eq!(down(pipe, "BURST_PIPE", &[Level::Unit]), Ok((Level::Unit, Level::Unit, 0)));
}

#[test]
fn what_enters_at_an_office_never_falls_to_those_it_may_be_about() {
    let now = morning();
    let complex = staffed(&[Level::Unit, Level::Building, Level::Complex]);
    for code in ["COMMITTEE_DISPUTE", "VULNERABLE_PERSON"] {
        let dispute = Incident::report(policy_of(code), &complex, now);
        assert_eq!((dispute.tenure.level, dispute.lowest), (Level::District, Level::District));
        assert_eq!(
            dispute.leave_empty_post(policy_of(code), &complex, now),
            Err(Refusal::NobodyAnywhere { level: Level::District })
        );
    }
    let lamp =
        Incident::report(policy_of("STREET_LAMP_OUT"), &staffed(&[Level::Complex, Level::Community]), now);
    assert_eq!(lamp.tenure.level, Level::Community, "another office is nearer than nobody");
}

#[test]
fn what_is_sent_back_goes_to_whoever_is_there() {
    let (policy, now) = (lift(), morning());
    let handled = Incident::report(policy, &up_to_the_street(), now)
        .acknowledge(policy, now)
        .and_then(|incident| incident.handle("reset", 1, Inspection::Spared, policy, now))
        .unwrap();
    let without_leader = staffed(&[Level::Complex, Level::Street]);
    assert_eq!(
        sweep::sweep(handled, policy, &without_leader, None, now),
        Ok(Sweep::NotDue(handled.tenure.due().unwrap())),
        "the reporter has the word"
    );
    let Ok(SentBack::ToAnother(passed)) =
        handled.send_back("it stopped", wanting(), policy, &without_leader, now)
    else {
        panic!("nobody leads the unit")
    };
    assert_eq!(passed.left.handled_at, Some(now));
    assert_eq!((passed.incident.tenure.level, passed.incident.rework), (Level::Complex, 1));
    assert_eq!(passed.incident.status, Status::InProgress);
    assert_eq!(passed.incident.tenure.entered_by, EnteredBy::EmptyPost);
}
