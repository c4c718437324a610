//! Policies: who speaks last is heard, every value has its speaker, and what cannot be meant is found.

use serde_json::{Value, json};

use super::*;
use crate::incidents::policy::{Fault, Finding, Layer, Quiet, Scope, Scoped, Unlaid, check, lay, nation};

fn layers(written: Value) -> Vec<Scoped> {
    serde_json::from_value(written).unwrap()
}

fn minutes(amount: u32) -> Value {
    json!({ "unit": "URGENT_MINUTES", "amount": amount })
}

/// What is found in one layer over the nation's.
fn found(scope: &str, says: &Value) -> Vec<(String, Fault)> {
    let layers = layers(json!([{ "scope": scope, "says": says }]));
    let found = check::check(&[nation()], &layers).into_iter();
    found.map(|Finding { pointer, fault, .. }| (pointer, fault)).collect()
}

#[test]
fn the_nation_says_everything_once_and_nothing_in_vain() {
    assert_eq!(check::check(&[], nation()), []);
    assert!(nation().iter().all(|layer| String::from(layer.scope.clone()).len() <= 40));
}

#[test]
fn the_nearest_place_is_heard_and_of_one_place_the_narrowest_scope() {
    let lift = category::find("ELEVATOR_FAULT").unwrap();
    let street = layers(json!([
        { "scope": "ELEVATOR_FAULT", "says": { "every": { "handling": minutes(100) } } },
        { "scope": "*", "says": { "every": { "handling": minutes(200), "warn_at": [70] } } },
    ]));
    let complex = layers(json!([
        { "scope": "S2", "says": { "at": { "UNIT": { "handling": minutes(50) } }, "every": { "handling": minutes(60) } } },
        { "scope": "S3", "says": { "every": { "handling": minutes(1) } } },
    ]));
    let handling = |places: &[&[Scoped]], level| {
        let laid = lay(lift, places.iter().copied()).unwrap();
        let said = laid.said[&format!("/tiers/{level}/handling")].clone();
        (laid.policy.at(level).handling.amount(), said.place, said.layer, said.pointer)
    };
    let of = |pointer: &str| pointer.to_owned();
    assert_eq!(handling(&[nation()], Level::Unit).0, 1440);
    assert_eq!(handling(&[nation(), &street], Level::Unit), (100, 1, 0, of("/every/handling")));
    assert_eq!(handling(&[nation(), &street, &complex], Level::Unit), (50, 2, 0, of("/at/UNIT/handling")));
    assert_eq!(handling(&[nation(), &street, &complex], Level::Street), (60, 2, 0, of("/every/handling")));
    let all = lay(lift, [nation(), &street, &complex]).unwrap();
    assert_eq!(all.policy.at(Level::Unit).warn_at, [70]);
    // As many values as a policy has, each with its speaker.
    let written = serde_json::to_value(&all.policy).unwrap();
    let values = |of: &Value| of.as_object().unwrap().len();
    let tiers: usize = written["tiers"].as_object().unwrap().values().map(values).sum();
    assert_eq!(all.said.len(), values(&written["common"]) + tiers);
    assert!(all.said.keys().all(|pointer| written.pointer(pointer).is_some()));
}

#[test]
fn what_nobody_says_is_a_gap() {
    let lift = category::find("ELEVATOR_FAULT").unwrap();
    let Err(Unlaid::Gaps(gaps)) = lay(lift, [&nation()[..1]]) else { panic!("its budgets are missing") };
    assert!(
        gaps.contains(&"/tiers/UNIT/handling".to_owned()) && gaps.contains(&"/common/enters_at".to_owned())
    );
    assert_eq!(gaps.len(), 3 + 2 * Level::ALL.len());
    let findings = check::check(&[], &nation()[..2]);
    assert!(findings.iter().all(|finding| finding.fault == Fault::Gap && finding.pointer.is_empty()));
    assert_eq!(lay(category::find("FIRE").unwrap(), [nation()]), Err(Unlaid::Diverted));
}

#[test]
fn what_contradicts_itself_is_found_where_it_stands() {
    use Fault::Contradiction;
    let at = |level: &str, tier: Value| json!({ "at": { level: tier } });
    let climbs = |climbs: Value| at("COMPLEX", json!({ "climbs": climbs }));
    let wrong = [
        (json!({ "common": { "enters_at": "STREET" } }), "/common/enters_at"),
        (json!({ "common": { "leaves_out": ["COMPLEX"] } }), "/common/leaves_out"),
        (
            json!({ "common": { "pause_limits": { "each_days": 9, "total_days": 8 } } }),
            "/common/pause_limits",
        ),
        (json!({ "common": { "pause_for": ["PLANNED_OUTAGE"] } }), "/common/pause_for"),
        (json!({ "common": { "quiet": { "from_hour": 24, "to_hour": 7 } } }), "/common/quiet"),
        (at("UNIT", json!({ "first_contact": minutes(1441) })), "/at/UNIT/first_contact"),
        (at("UNIT", json!({ "warn_at": [80, 50] })), "/at/UNIT/warn_at"),
        (at("UNIT", json!({ "warn_at": [50, 101] })), "/at/UNIT/warn_at"),
        (at("UNIT", json!({ "warn_at": [0] })), "/at/UNIT/warn_at"),
        (at("UNIT", json!({ "tells": ["HOME"] })), "/at/UNIT/tells"),
        (climbs(json!({ "overdue": { "skip_to": "COMPLEX" } })), "/at/COMPLEX/climbs/overdue/skip_to"),
        (
            climbs(json!({ "rework": { "at_least": 2, "skip_to": "UNIT" } })),
            "/at/COMPLEX/climbs/rework/skip_to",
        ),
        (climbs(json!({ "rework": { "at_least": 0 } })), "/at/COMPLEX/climbs/rework/at_least"),
        (
            climbs(json!({ "households": { "at_least": 1, "within_days": 7 } })),
            "/at/COMPLEX/climbs/households",
        ),
        (
            climbs(json!({ "households": { "at_least": 3, "within_days": 0 } })),
            "/at/COMPLEX/climbs/households",
        ),
        (climbs(json!({ "rating": { "at_most": "VERY_SATISFIED" } })), "/at/COMPLEX/climbs/rating/at_most"),
        (
            climbs(json!({ "by_hand": [{ "reason": "SEVERITY" }, { "reason": "SEVERITY", "at_most": 2 }] })),
            "/at/COMPLEX/climbs/by_hand",
        ),
    ];
    for (says, pointer) in wrong {
        let expected = (format!("/0/says{pointer}"), Contradiction);
        let found = found("ELEVATOR_FAULT", &says);
        assert!(found.contains(&expected), "{says}: {found:?}");
    }
    let left_out = json!({ "common": { "leaves_out": ["STREET"] },
        "at": { "COMPLEX": { "climbs": { "overdue": { "skip_to": "STREET" } } } } });
    let expected = ("/0/says/at/COMPLEX/climbs/overdue/skip_to".to_owned(), Contradiction);
    assert!(found("ELEVATOR_FAULT", &left_out).contains(&expected));
}

#[test]
fn what_can_never_happen_is_found_and_only_if_it_never_can() {
    use Fault::Unreachable;
    let unreachable = |scope: &str, says: Value, pointer: &str| {
        let found = found(scope, &says);
        assert_eq!(found, [(format!("/0/says{pointer}"), Unreachable)], "{scope} {says}");
    };
    let at = |level: &str, tier: Value| json!({ "at": { level: tier } });
    unreachable(
        "COMMITTEE_DISPUTE",
        at("COMPLEX", json!({ "handling": minutes(9) })),
        "/at/COMPLEX/handling",
    );
    unreachable("S1", json!({ "common": { "pause_for": ["AWAITING_PARTS"] } }), "/common/pause_for");
    unreachable(
        "BURST_PIPE",
        json!({ "common": { "quiet": { "from_hour": 22, "to_hour": 6 } } }),
        "/common/quiet",
    );
    let seldom = json!({ "reminders": { "every": { "unit": "NATURAL_DAYS", "amount": 9 }, "at_most": 1 } });
    unreachable("ELEVATOR_FAULT", at("UNIT", seldom.clone()), "/at/UNIT/reminders");
    let up = json!({ "climbs": { "overdue": {} } });
    unreachable("*", at("DISTRICT", up), "/at/DISTRICT/climbs");
    unreachable(
        "ELEVATOR_FAULT",
        json!({ "at": { "COMPLEX": { "climbs": {} }, "STREET": { "warn_at": [90] } } }),
        "/at/STREET/warn_at",
    );
    let never = json!({ "climbs": { "by_hand": [{ "reason": "SEVERITY", "at_most": 0 }] } });
    unreachable("ELEVATOR_FAULT", at("UNIT", never), "/at/UNIT/climbs/by_hand");
    // For some categories it comes to pass.
    assert_eq!(found("*", &at("COMPLEX", json!({ "warn_at": [90] }))), []);
    assert_eq!(found("*", &at("UNIT", seldom)), []);
    assert_eq!(found("*", &json!({ "common": { "pause_for": ["AWAITING_PARTS"] } })), []);
    assert_eq!(found("*", &json!({ "every": { "climbs": { "overdue": {} } } })), []);
    // Something narrower is always heard instead.
    let layers = layers(json!([
        { "scope": "S5", "says": { "every": { "handling": minutes(9000) } } },
        { "scope": "SUGGESTION", "says": { "every": { "handling": minutes(8000) } } },
    ]));
    let findings = check::check(&[nation()], &layers);
    assert_eq!(
        findings.iter().map(|one| one.pointer.as_str()).collect::<Vec<_>>(),
        ["/0/says/every/handling"]
    );
}

#[test]
fn a_scope_names_a_ticket() {
    for scope in ["FIRE", "NONSENSE"] {
        assert_eq!(found(scope, &json!({})), [("/0/scope".to_owned(), Fault::Gap)]);
    }
    assert_eq!(found("GREENERY", &json!({})), []);
    for scope in [Scope::Everything, Scope::Severity(Severity::S2), Scope::Category("FIRE".into())] {
        assert_eq!(Scope::from(String::from(scope.clone())), scope);
    }
}

#[test]
fn a_layer_with_an_unknown_key_or_a_budget_of_nothing_is_not_read() {
    let reads = |says: Value| serde_json::from_value::<Scoped>(json!({ "scope": "*", "says": says })).is_ok();
    assert!(reads(json!({ "every": { "handling": minutes(1) } })));
    assert!(!reads(json!({ "every": { "handling": minutes(0) } })));
    assert!(!reads(json!({ "every": { "handing": minutes(1) } })));
    assert!(!reads(json!({ "at": { "VILLAGE": {} } })));
    assert!(!reads(json!({ "common": { "pause_limits": { "each_days": 0, "total_days": 1 } } })));
    assert!(!reads(json!({ "every": { "climbs": { "overdue": { "to": "STREET" } } } })));
}

#[test]
fn nobody_is_told_in_quiet_hours_and_everybody_after_them() {
    // The first of March 2027, by the clock of Shanghai.
    let at = |hour: i64, minute: i64| later(morning(), (hour - 9) * HOUR + minute * MINUTE);
    let night = Quiet { from_hour: 22, to_hour: 7 };
    assert_eq!(night.after(at(21, 59)), at(21, 59));
    assert_eq!(night.after(at(22, 0)), at(31, 0));
    assert_eq!(night.after(at(24, 30)), at(31, 0));
    assert_eq!(night.after(at(30, 59)), at(31, 0));
    assert_eq!(night.after(at(7, 0)), at(7, 0));
    let noon = Quiet { from_hour: 12, to_hour: 14 };
    assert_eq!((noon.after(at(11, 59)), noon.after(at(12, 0))), (at(11, 59), at(14, 0)));
    assert_eq!((noon.after(at(13, 59)), noon.after(at(14, 0))), (at(14, 0), at(14, 0)));
    for hour in 0..48 {
        assert_eq!(Quiet::NEVER.after(at(hour, 0)), at(hour, 0));
    }
}

#[test]
fn a_grace_lets_what_is_late_stay_and_a_skip_passes_over_those_between() {
    let patient = layers(json!([{ "scope": "*", "says": { "at": {
        "UNIT": { "climbs": { "overdue": { "grace": minutes(10), "skip_to": "COMMUNITY" } } },
        "COMMUNITY": { "climbs": {} },
    } } }]));
    let policy = lay(category::find("ELEVATOR_FAULT").unwrap(), [nation(), &patient]).unwrap().policy;
    let (staffed, now) = (up_to_the_street(), morning());
    let incident = Incident::report(&policy, &staffed, now);
    let due = incident.tenure.due().unwrap();
    assert_eq!(due.at, later(now, 30 * MINUTE));
    let early = later(due.at, 10 * MINUTE - 1);
    assert_eq!(sweep::sweep(incident, &policy, &staffed, None, early), Ok(Sweep::NotDue(due)));
    let climbed = match sweep::sweep(incident, &policy, &staffed, None, later(due.at, 10 * MINUTE)) {
        Ok(Sweep::Climbed(climbed)) => climbed.incident,
        other => panic!("{other:?}"),
    };
    assert_eq!(climbed.tenure.level, Level::Community);
    // Where nothing makes it climb, it stays though somebody stands above.
    let late = climbed.tenure.due().unwrap().at;
    assert!(matches!(sweep::sweep(climbed, &policy, &staffed, None, late), Ok(Sweep::Shouted { .. })));
    assert_eq!(
        climbed.climb_by_hand(HandReason::Severity, 0, "why", &policy, &staffed, late),
        Err(Refusal::NotByPolicy { level: Level::Community, reason: HandReason::Severity })
    );
    // Where nobody stands so high, the next one has it.
    let low = self::staffed(&[Level::Unit, Level::Building]);
    let Ok(Overdue::Climbed(passed)) = incident.climb_overdue(&policy, &low, later(due.at, 10 * MINUTE))
    else {
        panic!("somebody stands above")
    };
    assert_eq!(passed.incident.tenure.level, Level::Building);
}

#[test]
fn a_level_that_is_left_out_never_holds() {
    let without = layers(
        json!([{ "scope": "*", "says": { "common": { "leaves_out": ["HOME", "UNIT", "BUILDING"] } } }]),
    );
    let policy = lay(category::find("CLEANING").unwrap(), [nation(), &without]).unwrap().policy;
    assert_eq!(ladder::first_level(&up_to_the_street(), &policy), Level::Complex);
    assert_eq!(ladder::next_level(Level::Unit, &up_to_the_street(), &policy), Next::To(Level::Complex));
    assert!(policy.has(Level::Complex) && !policy.has(Level::Building) && !policy.has(Level::Home));
}

#[test]
fn asking_for_the_level_above_has_its_limits() {
    let limits = json!({ "by_hand": [{ "reason": "RESIDENT_REQUEST", "after": minutes(60), "at_most": 2 }] });
    let strict = layers(json!([{ "scope": "*", "says": { "every": { "climbs": limits } } }]));
    let policy = lay(category::find("GREENERY").unwrap(), [nation(), &strict]).unwrap().policy;
    let (staffed, now) = (up_to_the_street(), morning());
    let incident = Incident::report(&policy, &staffed, now);
    let (level, reason) = (incident.tenure.level, HandReason::ResidentRequest);
    let ask = |times, at| incident.climb_by_hand(reason, times, "why", &policy, &staffed, at);
    let from = later(now, HOUR);
    assert_eq!(ask(0, later(from, -1)), Err(Refusal::TooSoon { level, reason, from }));
    assert_eq!(ask(2, from), Err(Refusal::TooOften { reason, at_most: 2 }));
    assert_eq!(ask(1, from).unwrap().incident.tenure.entered_by, EnteredBy::ResidentRequest);
}

#[test]
fn nobody_says_what_they_are_held_to() {
    let layer = |says: Value| serde_json::from_value::<Layer>(says).unwrap();
    let at = |level: &str| layer(json!({ "at": { level: { "handling": minutes(9) } } }));
    for (number, level) in Level::ALL.iter().enumerate() {
        for (other, of) in Level::ALL.iter().enumerate() {
            let may = at(of.code()).may_be_said_at(*level);
            let is_theirs = other < number || *level == Level::District;
            assert_eq!(may, if is_theirs { Ok(()) } else { Err(format!("/at/{of}")) });
        }
        let every = layer(json!({ "every": { "handling": minutes(9) } })).may_be_said_at(*level);
        let common = layer(json!({ "common": { "leaves_out": ["UNIT"] } })).may_be_said_at(*level);
        let is_top = *level == Level::District;
        assert_eq!((every.is_ok(), common.is_ok()), (is_top, is_top));
    }
}

#[test]
fn one_layer_is_held_against_those_beside_it() {
    let one = |scope: &str, says: Value| layers(json!([{ "scope": scope, "says": says }])).remove(0);
    let at = |handling: u32| json!({ "at": { "COMPLEX": { "handling": minutes(handling) } } });
    let found = |others: &[Scoped], new: &Scoped| {
        let found = check::check_one(&[nation()], others, new).into_iter();
        found.map(|Finding { pointer, fault, .. }| (pointer, fault)).collect::<Vec<_>>()
    };
    assert_eq!(found(&[], &one("PARKING", at(900))), []);
    // Its first contact of 240 minutes is the nation's.
    let short = ("/says/at/COMPLEX/handling".to_owned(), Fault::Contradiction);
    assert_eq!(found(&[], &one("PARKING", at(100))), [short]);
    // What was wrong before is not the new one's fault, and what does not fit another is told of the whole.
    let wrong = one("PARKING", at(100));
    assert_eq!(
        found(
            std::slice::from_ref(&wrong),
            &one("GREENERY", json!({ "at": { "COMPLEX": { "warn_at": [9] } } }))
        ),
        []
    );
    let idle = one("*", json!({ "at": { "COMPLEX": { "warn_at": [10] } } }));
    let narrower: Vec<_> = category::all()
        .iter()
        .filter(|category| category.is_ticket() && category.code != "PARKING")
        .map(|category| one(&category.code, json!({ "at": { "COMPLEX": { "warn_at": [20] } } })))
        .collect();
    let beside: Vec<_> = [idle].into_iter().chain(narrower).collect();
    let last = one("PARKING", json!({ "at": { "COMPLEX": { "warn_at": [20] } } }));
    assert!(found(&beside, &last).contains(&(String::new(), Fault::Unreachable)));
}
