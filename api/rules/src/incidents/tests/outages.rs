//! What a planned outage does to the clock of a report that it explains.

use super::*;
use crate::calendar::WorkTime;

/// A report about a lift, the clock of its first contact as told from what happened to it, and its changes.
struct Muted {
    incident: Incident,
    history: Vec<Entry>,
}

impl Muted {
    fn report(now: DateTime<Utc>) -> Self {
        let incident = Incident::report(lift(), &up_to_the_street(), now);
        let start = Change::Start { budget: lift().at(Level::Unit).first_contact };
        Self { incident, history: vec![Entry { at: now, change: start }] }
    }

    fn waits(&mut self, until: DateTime<Utc>, now: DateTime<Utc>) -> usize {
        let contact = Clock::told(&self.history).unwrap();
        let (incident, entries) = self.incident.wait_for_outage(&contact, until, lift(), now).unwrap();
        self.incident = incident;
        self.history.extend(&entries);
        entries.len()
    }

    fn due(&self) -> DateTime<Utc> {
        let told = Clock::told(&self.history).unwrap().due(WorkTime::china()).unwrap();
        assert_eq!(self.incident.tenure.due().unwrap(), Due { kind: DueKind::Contact, at: told });
        told
    }
}

#[test]
fn the_first_clock_waits_until_the_outage_is_over_as_it_turns_out() {
    let (start, budget) = (morning(), lift().at(Level::Unit).first_contact.length());
    let mut muted = Muted::report(start);
    assert_eq!(muted.waits(later(start, 4 * HOUR), start), 1);
    assert_eq!(muted.due(), later(start, 4 * HOUR) + budget);
    // Longer: the clock has not run in between.
    assert_eq!(muted.waits(later(start, 6 * HOUR), later(start, HOUR)), 2);
    assert_eq!(muted.due(), later(start, 6 * HOUR) + budget);
    // Told twice it is the same.
    assert_eq!(muted.waits(later(start, 6 * HOUR), later(start, 2 * HOUR)), 0);
    // Over sooner: the whole budget is left.
    assert_eq!(muted.waits(later(start, 3 * HOUR), later(start, 3 * HOUR)), 1);
    assert_eq!(muted.due(), later(start, 3 * HOUR) + budget);
}

#[test]
fn what_somebody_took_on_does_not_wait() {
    let start = morning();
    let taken = Incident::report(lift(), &up_to_the_street(), start).acknowledge(lift(), start).unwrap();
    let contact = Clock::start(start, lift().at(Level::Unit).first_contact);
    let refused = taken.wait_for_outage(&contact, later(start, HOUR), lift(), start);
    assert!(matches!(refused, Err(Refusal::WrongStatus { act: Act::Await, .. })));
}

#[test]
fn no_holder_says_that_there_is_an_outage_or_a_question() {
    let start = morning();
    let taken = Incident::report(lift(), &up_to_the_street(), start).acknowledge(lift(), start).unwrap();
    for &reason in PauseReason::ALL {
        let clock = Clock::start(start, lift().at(Level::Unit).handling);
        let paused = taken.pause(reason, "why", later(start, DAY), Some(&clock), lift(), start);
        assert_eq!(paused.is_ok(), reason.is_a_holders(), "{reason}");
    }
}

#[test]
fn it_explains_until_somebody_takes_it_on_or_asks_for_another() {
    let (now, policy, staffed) = (morning(), lift(), up_to_the_street());
    let (reported, until) = (Incident::report(policy, &staffed, now), later(now, 4 * HOUR));
    let stays = |then: Incident| then.stays_explained(&reported);
    assert!(stays(reported.urge(None, now).unwrap()));
    assert!(!stays(reported.acknowledge(policy, now).unwrap()));
    assert!(!stays(reported.withdraw(now).unwrap()));
    let asked = reported.climb_by_hand(HandReason::ResidentRequest, 0, "up", policy, &staffed, now);
    assert!(!stays(asked.unwrap().incident));

    // Who comes to it by itself waits as the one before did.
    let rolled = reported.roll_up(Level::Building, policy, &staffed, now).unwrap().incident;
    assert!(stays(rolled));
    let (waits, entries) = rolled.begins_explained(policy, until, now).unwrap();
    let pause = Change::Pause { reason: PauseReason::PlannedOutage, until };
    assert_eq!(entries, [Entry { at: now, change: pause }]);
    let budget = policy.at(Level::Building).first_contact.length();
    assert_eq!(waits.tenure.due(), Some(Due { kind: DueKind::Contact, at: until + budget }));

    // What is merged is explained with what leads it; on its own again, as another trouble, it is not.
    let merged = reported.merge(now).unwrap();
    assert!(stays(merged));
    assert!(!merged.split(None, policy, now).unwrap().stays_explained(&merged));
    let leads = merged.succeed(Level::Unit, 2, policy, now).unwrap().incident;
    assert!(leads.stays_explained(&merged));
    assert!(merged.urge(None, now).unwrap().stays_explained(&merged));
}
