//! Neighbour to neighbour: what a policy puts to a household first.

use std::sync::LazyLock;

use serde_json::json;

use super::{
    policy::{Scoped, lay, nation},
    *,
};

/// Noise, where it is put to the household that makes it before anybody else hears of it.
pub(super) fn neighbourly() -> &'static Policy {
    static POLICY: LazyLock<Policy> = LazyLock::new(|| {
        let says = json!({ "common": { "leaves_out": [], "enters_at": "HOME" } });
        let layers = json!([{ "scope": "NEIGHBOUR_NOISE", "says": says }]);
        let layers: Vec<Scoped> = serde_json::from_value(layers).unwrap();
        lay(category::find("NEIGHBOUR_NOISE").unwrap(), [nation(), &layers]).unwrap().policy
    });
    &POLICY
}

fn with_household() -> BTreeSet<Level> {
    let mut staffed = up_to_the_street();
    staffed.insert(Level::Home);
    staffed
}

#[test]
fn a_household_hears_of_it_first_only_where_a_policy_says_so() {
    let at = |policy: &Policy, staffed: &BTreeSet<Level>| ladder::first_level(staffed, policy);
    assert_eq!(at(neighbourly(), &with_household()), Level::Home);
    assert_eq!(
        at(neighbourly(), &up_to_the_street()),
        Level::Unit,
        "nobody lives there, or it is the reporter's"
    );
    for category in category::all() {
        let Ok(policy) = policy::national(category) else { continue };
        assert!(!policy.has(Level::Home) && at(policy, &with_household()) > Level::Home);
    }
    // Nothing falls to a household because nobody else is there.
    let layers: Vec<Scoped> =
        serde_json::from_value(json!([{ "scope": "*", "says": { "common": { "leaves_out": [] } } }]))
            .unwrap();
    let open = lay(category::find("PARKING").unwrap(), [nation(), &layers]).unwrap().policy;
    assert!(open.has(Level::Home));
    assert_eq!(at(&open, &staffed(&[Level::Home])), Level::District);
}

#[test]
fn a_household_answers_or_is_passed_over_and_judges_nobody() {
    let (policy, now) = (neighbourly(), morning());
    let reported = Incident::report(policy, &with_household(), now);
    assert_eq!((reported.tenure.level, reported.lowest), (Level::Home, Level::Home));
    let taken = reported.acknowledge(policy, now).unwrap();
    assert_eq!(
        taken.handle("we are sorry", 0, Inspection::Spared, policy, now).unwrap().status,
        Status::AwaitConfirm
    );
    let refused = |act| Some(Refusal::NotAHouseholds { act });
    assert_eq!(reported.accept().err(), refused(Act::Accept));
    assert_eq!(reported.assign().err(), refused(Act::Assign));
    assert_eq!(reported.reject(NotTaken::Private, "no", now).err(), refused(Act::Reject));
    assert_eq!(reported.divert(Elsewhere::Police, "no", now).err(), refused(Act::Divert));
    assert_eq!(reported.whistle().err(), refused(Act::Whistle));
    let clock = Clock::start(now, policy.at(Level::Home).handling);
    let later_on = later(now, DAY);
    let pause = taken.pause(PauseReason::AwaitingAccess, "away", later_on, Some(&clock), policy, now);
    assert_eq!(pause.err(), refused(Act::Pause));
    let theirs: Vec<_> =
        Act::ALL.iter().filter(|act| act.by() == By::Holder && act.is_a_households()).collect();
    assert_eq!(theirs, [&Act::Acknowledge, &Act::Handle, &Act::Object]);

    // What they leave alone, or say is not theirs, is the unit's; nobody asks them twice.
    let due = reported.tenure.due().unwrap().at;
    let Overdue::Climbed(climbed) = reported.climb_overdue(policy, &with_household(), due).unwrap() else {
        panic!("there is a unit leader")
    };
    assert_eq!(climbed.incident.tenure.level, Level::Unit);
    assert_eq!(
        climbed.incident.delegate(Level::Home, "you know them", &with_household(), due),
        Err(Refusal::NotThere { level: Level::Home })
    );
    let objected = reported.object(None, "it is the dog next door", policy, &with_household(), now).unwrap();
    assert_eq!(objected.open_proposal(now).unwrap().to, Level::Unit);
    let passed = objected.consent(policy, now).unwrap();
    assert_eq!(
        (passed.incident.tenure.level, passed.left.exit().unwrap().how),
        (Level::Unit, ExitKind::NotOurs)
    );
}
