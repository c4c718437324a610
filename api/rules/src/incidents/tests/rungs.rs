//! Every set of staffed levels against a reading of the rule that knows nothing of sets or ranges.

use super::*;

/// All 128 sets of levels.
fn every_staffing() -> impl Iterator<Item = BTreeSet<Level>> {
    (0_u32..1 << Level::ALL.len()).map(|mask| {
        Level::ALL
            .iter()
            .enumerate()
            .filter(|(bit, _)| mask & (1 << bit) != 0)
            .map(|(_, level)| *level)
            .collect()
    })
}

fn plainly_next(current: Level, staffed: &BTreeSet<Level>) -> Option<Level> {
    for &level in Level::ALL {
        if level > current && level != Level::Home && staffed.contains(&level) {
            return Some(level);
        }
    }
    if staffed.contains(&current) {
        return None;
    }
    // Nobody above and nobody here: as a report of a lift, which any level may hold.
    let first = Level::ALL.iter().copied().find(|&level| level != Level::Home && staffed.contains(&level));
    Some(first.unwrap_or(Level::District)).filter(|&level| level != current)
}

#[test]
fn an_incident_goes_to_the_lowest_staffed_level_above_or_stays_and_shouts() {
    let stays = Next::StaysAtTop { remind_every: lift().at(Level::Unit).first_contact };
    for staffed in every_staffing() {
        for &current in Level::ALL {
            let expected = plainly_next(current, &staffed).map_or(stays, Next::To);
            assert_eq!(
                ladder::next_level(current, &staffed, lift()),
                expected,
                "from {current} with {staffed:?}"
            );
        }
    }
}

#[test]
fn a_report_always_begins_with_somebody_who_holds() {
    for staffed in every_staffing() {
        for category in category::all() {
            let Ok(policy) = policy::national(category) else { continue };
            let level = ladder::first_level(&staffed, policy);
            assert!(policy.has(level));

            let held: Vec<_> = staffed.iter().copied().filter(|&level| level != Level::Home).collect();
            let above = held.iter().copied().filter(|&level| level >= policy.common.enters_at).min();
            let is_office =
                |level: Level| matches!(level, Level::Community | Level::Street | Level::District);
            let fit = |level: Level| is_office(level) || !is_office(policy.common.enters_at);
            let below =
                held.iter().copied().filter(|&level| level < policy.common.enters_at && fit(level)).max();
            assert_eq!(level, above.or(below).unwrap_or(Level::District));
        }
    }
}

#[test]
fn a_unit_without_a_leader_is_passed_over() {
    let staffed = staffed(&[Level::Complex, Level::Street]);
    let incident = Incident::report(lift(), &staffed, morning());
    assert_eq!(incident.tenure.level, Level::Complex);
    assert_eq!(ladder::next_level(Level::Complex, &staffed, lift()), Next::To(Level::Street));
}

#[test]
fn a_ladder_abandoned_by_all_falls_to_the_administrator() {
    let nobody = staffed(&[]);
    assert_eq!(ladder::next_level(Level::Street, &nobody, lift()), Next::To(Level::District));
    assert!(matches!(ladder::next_level(Level::District, &nobody, lift()), Next::StaysAtTop { .. }));
}

#[test]
fn nobody_above_is_a_refusal_by_hand_and_a_shout_by_clock() {
    let (policy, now) = (lift(), morning());
    let only_unit = staffed(&[Level::Unit]);
    let incident = Incident::report(policy, &only_unit, now);
    assert_eq!(
        incident.climb_by_hand(HandReason::Severity, 0, "it burns", policy, &only_unit, now),
        Err(Refusal::NobodyAbove { level: Level::Unit })
    );

    let overdue_at = later(now, 30 * MINUTE);
    let Ok(Overdue::StaysAtTop { incident, .. }) = incident.climb_overdue(policy, &only_unit, overdue_at)
    else {
        panic!("it stays at the top");
    };
    // Somebody is appointed above: the next shout becomes a climb.
    let now = later(overdue_at, 30 * MINUTE);
    let step = incident.climb_overdue(policy, &up_to_the_street(), now);
    let Ok(Overdue::Climbed(step)) = step else { panic!("there is somebody above now: {step:?}") };
    assert_eq!(step.incident.tenure.level, Level::Building);
    assert_eq!(step.incident.tenure.shouts, 0);
}

#[test]
fn nobody_below_the_lowest_holder_may_read() {
    for &reader in Level::ALL {
        for &lowest in Level::ALL {
            assert_eq!(ladder::may_read(reader, lowest), reader >= lowest, "{reader} of {lowest}");
        }
    }
}

#[test]
fn holders_and_levels_are_one_to_one() {
    for &holder in Holder::ALL {
        assert_eq!(holder.level().holder(), holder);
    }
    assert_eq!(Level::ALL.len(), Holder::ALL.len());
    assert!(Level::ALL.is_sorted() && Level::Unit < Level::Building && Level::Street < Level::District);
}

#[test]
fn a_code_is_the_same_in_serde_in_display_and_in_storage() {
    fn check<T>(all: &[T], code: fn(T) -> &'static str, from_code: fn(&str) -> Option<T>)
    where
        T: Copy
            + PartialEq
            + std::fmt::Debug
            + std::fmt::Display
            + serde::Serialize
            + serde::de::DeserializeOwned,
    {
        for &value in all {
            let written = code(value);
            assert!(
                written.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'),
                "{written}"
            );
            assert_eq!(value.to_string(), written);
            assert_eq!(serde_json::to_value(value).unwrap(), written);
            assert_eq!(serde_json::from_value::<T>(written.into()).unwrap(), value);
            assert_eq!(from_code(written), Some(value));
        }
        assert_eq!(from_code("nonsense"), None);
    }
    check(Level::ALL, Level::code, Level::from_code);
    check(Holder::ALL, Holder::code, Holder::from_code);
    check(Status::ALL, Status::code, Status::from_code);
    check(Act::ALL, Act::code, Act::from_code);
    check(EnteredBy::ALL, EnteredBy::code, EnteredBy::from_code);
    check(HandReason::ALL, HandReason::code, HandReason::from_code);
    check(ExitKind::ALL, ExitKind::code, ExitKind::from_code);
    check(DueKind::ALL, DueKind::code, DueKind::from_code);
    check(Severity::ALL, Severity::code, Severity::from_code);
    check(Evidence::ALL, Evidence::code, Evidence::from_code);
    for &reason in HandReason::ALL {
        assert_eq!(EnteredBy::from(reason).code(), reason.code());
    }
}
