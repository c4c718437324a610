//! Climbing because of what is counted.

use serde_json::json;

use super::{
    policy::{Layer, Scope, Scoped, lay, nation},
    *,
};

/// The lift's policy, by which each level passes on what so many households have, what was sent back twice, and what was
/// handled to somebody's dissatisfaction.
fn counting() -> Policy {
    let climbs = json!({
        "households": { "at_least": 3, "within_days": 7 },
        "rework": { "at_least": 2 },
        "rating": { "at_most": "VERY_DISSATISFIED" },
    });
    let says: Layer = serde_json::from_value(json!({ "every": { "climbs": climbs } })).unwrap();
    let layer = Scoped { scope: Scope::Everything, says };
    lay(category::find("ELEVATOR_FAULT").unwrap(), [nation(), &[layer]]).unwrap().policy
}

fn climbs(incident: Incident, now: DateTime<Utc>) -> Option<Passed> {
    // All of its households reported it just now.
    incident.climb_by_count(incident.households, &counting(), &up_to_the_street(), now)
}

fn sent_back(incident: Incident, opinion: Opinion, now: DateTime<Utc>) -> Incident {
    let (policy, staffed) = (counting(), up_to_the_street());
    let taken = match incident.tenure.acknowledged_at {
        Some(_) => incident,
        None => incident.acknowledge(&policy, now).unwrap(),
    };
    let handled = taken.handle("done", 1, Inspection::Spared, &policy, now).unwrap();
    to_holder(handled.send_back("it is not", opinion, &policy, &staffed, now).unwrap())
}

#[test]
fn many_households_carry_it_up_one_level_and_as_many_more_the_next() {
    let (now, staffed) = (morning(), up_to_the_street());
    let with = |incident: Incident, households| Incident { households, ..incident };
    let reported = Incident::report(&counting(), &staffed, now);
    assert_eq!(climbs(with(reported, 2), now), None);
    let up = climbs(with(reported, 3), now).unwrap();
    assert_eq!(up.left.exit(), Some(Exit { at: now, how: ExitKind::ClimbedByCount }));
    let up = up.incident;
    assert_eq!((up.tenure.level, up.tenure.entered_by), (Level::Building, EnteredBy::Volume));
    assert_eq!(climbs(up, now), None, "the next level has the same condition, and the same households");
    assert_eq!(climbs(with(up, 5), now), None);
    assert_eq!(climbs(with(up, 6), now).unwrap().incident.tenure.level, Level::Complex);
}

#[test]
fn only_households_of_the_last_days_count_however_old_the_matter_is() {
    let (policy, staffed) = (counting(), up_to_the_street());
    let reported = Incident::report(&policy, &staffed, morning());
    assert_eq!(reported.counts_households_for(&policy), Some(TimeDelta::days(7)));
    let (month_on, known_to_nine) = (later(morning(), 30 * DAY), Incident { households: 9, ..reported });
    assert_eq!(known_to_nine.climb_by_count(2, &policy, &staffed, month_on), None, "seven of them long ago");
    let up = known_to_nine.climb_by_count(3, &policy, &staffed, month_on).unwrap().incident;
    assert_eq!((up.tenure.level, up.tenure.entered_by), (Level::Building, EnteredBy::Volume));
    assert_eq!(
        up.climb_by_count(9, &policy, &staffed, month_on),
        None,
        "the level took over with all of them"
    );
}

#[test]
fn households_that_urge_carry_it_up_as_those_that_report_do() {
    let (now, policy, staffed) = (morning(), counting(), up_to_the_street());
    let reported = Incident::report(&policy, &staffed, now);
    // Its reporter's household, and one that follows it; then one more.
    let two = Incident { households: 2, ..reported.urge(None, now).unwrap() };
    assert_eq!((two.urges, climbs(two, now)), (1, None));
    let again = two.urge(Some(now), later(now, DAY)).unwrap();
    assert_eq!((again.urges, climbs(again, now)), (2, None), "however often it urges, a household is one");
    let three = Incident { households: 3, ..again.urge(None, later(now, DAY)).unwrap() };
    let up = climbs(three, later(now, DAY)).unwrap().incident;
    assert_eq!((up.tenure.level, up.tenure.entered_by), (Level::Building, EnteredBy::Volume));
    assert_eq!(climbs(up.urge(None, later(now, DAY)).unwrap(), now), None, "the level knows of them");
}

#[test]
fn what_is_sent_back_again_and_again_climbs_one_level() {
    let now = morning();
    let reported = Incident::report(&counting(), &up_to_the_street(), now);
    let once = sent_back(reported, wanting(), now);
    assert_eq!(climbs(once, now), None);
    let up = climbs(sent_back(once, wanting(), now), now).unwrap().incident;
    assert_eq!(
        (up.tenure.level, up.tenure.entered_by, up.rework),
        (Level::Building, EnteredBy::Dissatisfied, 2)
    );
    assert_eq!(climbs(up, now), None);
    let again = sent_back(up, wanting(), now);
    assert_eq!(climbs(again, now), None);
    assert_eq!(climbs(sent_back(again, wanting(), now), now).unwrap().incident.tenure.level, Level::Complex);
}

#[test]
fn a_level_that_has_it_again_goes_on_counting() {
    let (now, policy, staffed) = (morning(), counting(), up_to_the_street());
    let once = sent_back(Incident::report(&policy, &staffed, now), wanting(), now);
    let handled = once.handle("done", 1, Inspection::Spared, &policy, now).unwrap();
    let closed = handled.confirm(content(), now).unwrap();
    let reopened = closed.reopen("again", wanting(), &policy, &staffed, now).unwrap().incident;
    assert_eq!((reopened.tenure.level, reopened.tenure.rework_before), (Level::Unit, 0));
    assert_eq!(climbs(reopened, now).unwrap().incident.tenure.level, Level::Building);
}

#[test]
fn a_bad_answer_carries_it_up_once() {
    let now = morning();
    let furious = Opinion { satisfaction: Some(Satisfaction::VeryDissatisfied), because: None };
    let reported = Incident::report(&counting(), &up_to_the_street(), now);
    assert_eq!(climbs(sent_back(reported, wanting(), now), now), None, "not as bad as that");
    let up = climbs(sent_back(reported, furious, now), now).unwrap().incident;
    assert_eq!((up.tenure.level, up.tenure.entered_by), (Level::Building, EnteredBy::Dissatisfied));
    assert_eq!(climbs(up, now), None, "it was said of the level below");
}

#[test]
fn it_stays_where_nobody_stands_above_and_where_it_is_handled() {
    let (now, policy) = (morning(), counting());
    let alone = staffed(&[Level::Unit]);
    let many = Incident { households: 9, ..Incident::report(&policy, &alone, now) };
    assert_eq!(many.climb_by_count(9, &policy, &alone, now), None);
    let handled = many.acknowledge(&policy, now).unwrap();
    let handled = handled.handle("done", 1, Inspection::Spared, &policy, now).unwrap();
    assert_eq!(climbs(handled, now), None, "its reporter has the word");
}
