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
fn a_proposal_ends_with_its_tenure() {
    let (policy, staffed, now) = (lift(), up_to_the_street(), morning());
    let asked = at(Level::Complex).delegate(Level::Unit, "yours", &staffed, now).unwrap();
    let climbed = asked.climb_by_hand(HandReason::Severity, 0, "worse", policy, &staffed, now).unwrap();
    assert_eq!((climbed.left.proposal, climbed.incident.tenure.proposal), (None, None));
    assert_eq!(climbed.incident.consent(policy, now), Err(Refusal::NoProposal));
}
