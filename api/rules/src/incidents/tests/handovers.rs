//! From level to level by agreement.

use super::*;

fn at(level: Level) -> Incident {
    let (policy, staffed) = (lift(), up_to_the_street());
    let mut incident = Incident::report(policy, &staffed, morning());
    while incident.tenure.level < level {
        incident = incident
            .climb_by_hand(HandReason::ByHand, 0, "why", policy, &staffed, morning())
            .unwrap()
            .incident;
    }
    incident
}

#[test]
fn nothing_goes_down_before_the_level_below_agrees() {
    let (policy, staffed, now) = (lift(), up_to_the_street(), morning());
    let held = at(Level::Community).acknowledge(policy, now).unwrap();
    let asked = held.delegate(Level::Building, "you know the house", &staffed, now).unwrap();
    assert_eq!((asked.tenure.level, asked.tenure.due()), (Level::Community, held.tenure.due()));
    let proposal = asked.open_proposal(now).unwrap();
    for level in Level::ALL {
        assert_eq!(proposal.is_put_to(*level, Level::Community), *level == Level::Building);
    }
    assert_eq!(
        asked.delegate(Level::Unit, "or you", &staffed, now),
        Err(Refusal::ProposalOpen { until: later(now, DAY) })
    );

    let refused = asked.decline("no tools", now).unwrap();
    assert_eq!(refused, held, "it stays");
    assert_eq!(asked.decline(" ", now), Err(Refusal::ReasonMissing { act: Act::Decline }));

    let agreed = asked.consent(policy, later(now, DAY - 1)).unwrap();
    assert_eq!(agreed.left.exit().map(|exit| exit.how), Some(ExitKind::Delegated));
    let below = agreed.incident;
    assert_eq!((below.tenure.level, below.tenure.entered_by), (Level::Building, EnteredBy::Delegated));
    assert_eq!((below.climbs, below.misrouted, below.tenure.proposal), (held.climbs, 0, None));

    let late = later(now, DAY);
    assert_eq!(asked.consent(policy, late), Err(Refusal::NoProposal));
    assert_eq!(asked.decline("no", late), Err(Refusal::NoProposal));
    assert!(asked.delegate(Level::Unit, "or you", &staffed, late).is_ok(), "what is not answered is over");
}

#[test]
fn a_delegation_goes_back_and_shows_it_to_nobody_new() {
    let (staffed, now) = (up_to_the_street(), morning());
    let pipe = Incident::report(policy_of("BURST_PIPE"), &staffed, now);
    let held = pipe
        .climb_by_hand(HandReason::ByHand, 0, "why", policy_of("BURST_PIPE"), &staffed, now)
        .unwrap()
        .incident;
    for &level in Level::ALL {
        let answer = held.delegate(level, "yours", &staffed, now);
        if level == Level::Complex {
            assert!(answer.is_ok());
        } else {
            assert_eq!(answer, Err(Refusal::NotThere { level }), "{level}");
        }
    }
    let nobody = super::staffed(&[Level::Community]);
    assert_eq!(
        held.delegate(Level::Complex, "yours", &nobody, now),
        Err(Refusal::NotThere { level: Level::Complex })
    );
}

#[test]
fn that_it_is_not_theirs_is_said_twice_at_most_and_decided_above() {
    let (policy, staffed, now) = (lift(), up_to_the_street(), morning());
    let held = at(Level::Building);
    let first = held.object(None, "not our lift", policy, &staffed, now).unwrap();
    let proposal = first.open_proposal(now).unwrap();
    assert_eq!((proposal.to, first.objections), (Level::Complex, 1), "of the next one, if nobody is named");
    for level in Level::ALL {
        assert_eq!(proposal.is_put_to(*level, Level::Building), *level > Level::Building);
    }
    assert_eq!(first.tenure.due(), held.tenure.due(), "the clock goes on");

    let refused = first.decline("it is", now).unwrap();
    let second = refused.object(Some(Level::Unit), "the unit's", policy, &staffed, now).unwrap();
    let upheld = second.consent(policy, now).unwrap();
    assert_eq!(upheld.left.exit().map(|exit| exit.how), Some(ExitKind::NotOurs));
    let moved = upheld.incident;
    assert_eq!((moved.tenure.level, moved.tenure.entered_by), (Level::Unit, EnteredBy::Objection));
    assert_eq!((moved.objections, moved.misrouted), (2, 1));
    assert_eq!(
        moved.object(None, "nor ours", policy, &staffed, now),
        Err(Refusal::ObjectionsUsedUp { times: 2 })
    );
}

#[test]
fn an_objection_names_somebody_who_may_have_it() {
    let now = morning();
    let everybody = up_to_the_street();
    let dispute = policy_of("COMMITTEE_DISPUTE");
    let held = Incident::report(dispute, &everybody, now);
    let object = |to| held.object(Some(to), "why", dispute, &everybody, now);
    assert_eq!(
        object(Level::Complex),
        Err(Refusal::NotThere { level: Level::Complex }),
        "it may be about them"
    );
    assert_eq!(object(Level::Community), Err(Refusal::NotThere { level: Level::Community }), "they have it");
    assert_eq!(object(Level::District), Err(Refusal::NotThere { level: Level::District }), "nobody is there");
    assert!(object(Level::Street).is_ok());
    let alone = staffed(&[Level::Community]);
    assert_eq!(
        held.object(None, "why", dispute, &alone, now),
        Err(Refusal::NobodyAbove { level: Level::Community })
    );
}

#[test]
fn who_is_told_of_a_proposal_may_answer_it_and_nobody_is_who_may_not() {
    let (policy, everybody, now) = (lift(), up_to_the_street(), morning());
    let held = at(Level::Building);
    let objects = |to, before| {
        held.object(Some(to), "not ours", policy, &everybody, now).unwrap().asks(before, &everybody)
    };
    assert_eq!(
        objects(Level::Unit, None),
        staffed(&[Level::Complex]),
        "the nearest; not whom it is put upon"
    );
    assert_eq!(objects(Level::Street, None), staffed(&[Level::Complex, Level::Street]));
    let sent_down = staffed(&[Level::Complex, Level::Community]);
    assert_eq!(
        objects(Level::Unit, Some(Level::Community)),
        sent_down,
        "whoever sent it down answers for that"
    );
    assert_eq!(objects(Level::Complex, Some(Level::Unit)), staffed(&[Level::Complex]), "not who sent it up");
    let far = staffed(&[Level::Building, Level::Street]);
    let asked = held.object(None, "not ours", policy, &far, now).unwrap();
    assert_eq!(asked.asks(Some(Level::Community), &far), staffed(&[Level::Street]), "nobody where nobody is");

    let asked = at(Level::Community).delegate(Level::Building, "yours", &everybody, now).unwrap();
    assert_eq!(asked.asks(Some(Level::Complex), &everybody), staffed(&[Level::Building]));
    assert!(held.asks(None, &everybody).is_empty(), "nothing was put to anybody");
}

#[test]
fn what_nobody_answers_lapses_once_and_stays_where_it_is() {
    let (policy, staffed, now) = (policy_of("PROPERTY_SERVICE"), up_to_the_street(), morning());
    let held = Incident::report(policy, &staffed, now).acknowledge(policy, now).unwrap();
    let asked = held.object(None, "not ours", policy, &staffed, now).unwrap();
    let until = later(now, DAY);
    assert_eq!(asked.lapses_at(), Some(until));
    assert_eq!(asked.lapse(later(until, -1)), Err(Refusal::NotDue { due_at: until, now: later(until, -1) }));
    let swept = |incident: Incident, at| sweep::sweep(incident, policy, &staffed, None, at).unwrap();
    assert!(matches!(swept(asked, later(until, -1)), Sweep::NotDue(_)), "it can still be answered");

    let Sweep::Lapsed(alone) = swept(asked, until) else { panic!("nobody answered") };
    assert_eq!((alone.tenure.proposal, alone.lapses_at()), (None, None));
    assert_eq!(
        (alone.tenure.level, alone.tenure.due(), alone.status),
        (held.tenure.level, held.tenure.due(), held.status)
    );
    assert_eq!(alone.objections, 1, "it was said");
    assert_eq!(alone.lapse(until), Err(Refusal::NoProposal));
    assert!(matches!(swept(alone, until), Sweep::NotDue(_)), "once");
    assert_eq!(
        asked.asks(None, &staffed),
        super::staffed(&[Level::Community]),
        "whom it was put to learns of it"
    );

    // Where both were slept through, it lapses before it climbs.
    let long_after = later(now, 30 * DAY);
    let Sweep::Lapsed(late) = swept(asked, long_after) else { panic!("nobody answered") };
    assert!(matches!(swept(late, long_after), Sweep::Climbed(_)));
}

#[test]
fn a_proposal_ends_with_its_tenure() {
    let (policy, staffed, now) = (lift(), up_to_the_street(), morning());
    let asked = at(Level::Complex).delegate(Level::Unit, "yours", &staffed, now).unwrap();
    let climbed = asked.climb_by_hand(HandReason::Severity, 0, "worse", policy, &staffed, now).unwrap();
    assert_eq!((climbed.left.proposal, climbed.incident.tenure.proposal), (None, None));
    assert_eq!(climbed.incident.consent(policy, now), Err(Refusal::NoProposal));
    assert_eq!(
        climbed.incident.lapse(later(now, DAY)),
        Err(Refusal::NoProposal),
        "it was not left unanswered"
    );
}
