//! One trouble with another: merging, being asked with it, and being on one's own again.

use proptest::prelude::*;

use super::{clock::Change, *};
use crate::calendar::WorkTime;

/// What happened to the clocks of an incident by some moves, one after another.
fn entries(moves: &[(&Incident, &Incident, DateTime<Utc>)], clock: Running) -> Vec<Entry> {
    let turns = moves.iter().flat_map(|(before, after, at)| turned(Some(before), after, lift(), *at));
    turns.filter(|turn| turn.clock == clock).map(|turn| turn.entry).collect()
}

fn told(start: DateTime<Utc>, budget: Budget, entries: &[Entry]) -> Clock {
    entries.iter().fold(Clock::start(start, budget), |clock, entry| clock.after(*entry).unwrap())
}

proptest! {
    /// Merged and split, and asked in between or not: what was left of the clock is what is left, however long it
    /// took, and nothing else has changed.
    #[test]
    fn merging_and_splitting_leave_nothing_behind(
        acknowledged in prop::bool::ANY,
        asked in prop::bool::ANY,
        worked in 0_i64..1800,
        merged_for in 0_i64..100 * DAY,
    ) {
        let (now, staffed) = (morning(), up_to_the_street());
        let reported = Incident::report(lift(), &staffed, now);
        let before = if acknowledged { reported.acknowledge(lift(), now).unwrap() } else { reported };
        let clock = Running::main(&before).unwrap();
        let budget = if acknowledged { lift().at(Level::Unit).handling } else { lift().at(Level::Unit).first_contact };
        let (merged_at, split_at) = (later(now, worked), later(now, worked + merged_for));
        let merged = before.merge(merged_at).unwrap();
        prop_assert_eq!((merged.tenure.due(), Running::main(&merged)), (None, None));
        let then = if asked { merged.ask(split_at).unwrap() } else { merged };
        let history = entries(&[(&before, &merged, merged_at), (&merged, &then, split_at)], clock);
        let stands = told(now, budget, &history);
        let after = then.split(Some(&stands), lift(), split_at).unwrap();
        let due = Due { at: before.tenure.due().unwrap().at + TimeDelta::seconds(merged_for), ..before.tenure.due().unwrap() };
        prop_assert_eq!(after.tenure.due(), Some(due));
        let standing = before.tenure.standing;
        prop_assert_eq!(Incident { tenure: Tenure { standing, ..after.tenure }, ..after }, before);
        let history = entries(&[(&before, &merged, merged_at), (&merged, &then, split_at), (&then, &after, split_at)], clock);
        let goes_on = told(now, budget, &history);
        prop_assert_eq!(goes_on.spent(split_at, WorkTime::china()), stands.spent(merged_at, WorkTime::china()));
    }
}

#[test]
fn what_is_still_broken_goes_its_own_way_on_its_own_clock_and_is_work_done_again() {
    let (now, staffed) = (morning(), up_to_the_street());
    let taken = Incident::report(lift(), &staffed, now).acknowledge(lift(), now).unwrap();
    let (merged_at, asked_at, said_at) = (later(now, HOUR), later(now, DAY), later(now, 2 * DAY));
    let merged = taken.merge(merged_at).unwrap();
    assert_eq!(
        merged.still_broken(wanting(), None, lift(), said_at),
        Err(Refusal::WrongStatus { act: Act::SendBack, from: Status::Merged, to: Status::InProgress })
    );
    let asked = merged.ask(asked_at).unwrap();
    let own = Running::merged(&asked).unwrap();
    let history = entries(&[(&taken, &merged, merged_at), (&merged, &asked, asked_at)], own);
    let clock = told(now, lift().at(Level::Unit).handling, &history);
    let broken = asked.still_broken(wanting(), Some(&clock), lift(), said_at).unwrap();
    assert_eq!((broken.status, broken.rework, broken.merged_from), (Status::InProgress, 1, None));
    assert_eq!(broken.answer, Some(said(Resolved::No, wanting())));
    assert_eq!(broken.tenure.due().unwrap().at, later(said_at, 23 * HOUR), "an hour of the day was spent");
    assert_eq!(Running::main(&broken), Some(own));
    let turns = turned(Some(&asked), &broken, lift(), said_at);
    assert!(turns.iter().any(|turn| turn.clock == own && turn.entry.change == Change::Split));
    assert!(turns.iter().all(|turn| turn.clock.kind != ClockKind::FirstResolution), "it never starts again");
    // Sent back as what it is now, it has a clock anew.
    let handled = broken.handle("done", 1, Inspection::Spared, lift(), said_at).unwrap();
    let again = to_holder(handled.send_back("no", wanting(), lift(), &staffed, said_at).unwrap());
    assert_eq!((again.rework, Running::main(&again).unwrap().rework), (2, 1));
}

#[test]
fn a_pause_ends_when_it_is_merged_and_does_not_come_back() {
    let (now, staffed) = (morning(), up_to_the_street());
    let taken = Incident::report(lift(), &staffed, now).acknowledge(lift(), now).unwrap();
    let handling = Clock::start(now, lift().at(Level::Unit).handling);
    let until = later(now, 3 * DAY);
    let (waiting, pause) = taken
        .pause(PauseReason::AwaitingParts, "parts", until, Some(&handling), lift(), later(now, HOUR))
        .unwrap();
    let merged = waiting.merge(later(now, 2 * HOUR)).unwrap();
    assert_eq!((merged.status, merged.merged_from), (Status::Merged, Some(Status::InProgress)));
    let merge = Entry { at: later(now, 2 * HOUR), change: Change::Merge };
    let clock = handling.after(pause.into()).unwrap().after(merge).unwrap();
    let split = merged.split(Some(&clock), lift(), later(now, DAY)).unwrap();
    assert_eq!(split.status, Status::InProgress);
    assert_eq!(split.tenure.due().unwrap().at, later(now, DAY + 23 * HOUR), "an hour of the day was spent");
}

#[test]
fn what_is_asked_with_others_is_settled_as_any_other() {
    let (now, staffed) = (morning(), up_to_the_street());
    let merged = Incident::report(lift(), &staffed, now).merge(later(now, HOUR)).unwrap();
    let asked = merged.ask(later(now, DAY)).unwrap();
    assert_eq!(asked.tenure.due(), Some(due::confirm_due(later(now, DAY))));
    assert_eq!(asked.send_back("no", wanting(), lift(), &staffed, now), Err(Refusal::SplitsOff));
    for (over, how) in [
        (asked.confirm(content(), later(now, 2 * DAY)), ExitKind::Confirmed),
        (asked.settle_by_quorum(later(now, 2 * DAY)), ExitKind::SettledByQuorum),
        (asked.settle_by_silence(later(now, 8 * DAY)), ExitKind::SettledBySilence),
        (merged.withdraw(later(now, DAY)), ExitKind::Withdrawn),
    ] {
        let over = over.unwrap();
        assert_eq!((over.tenure.exit().unwrap().how, over.merged_from), (how, None));
        let before = if how == ExitKind::Withdrawn { &merged } else { &asked };
        let turns = turned(Some(before), &over, lift(), later(now, DAY));
        let cancelled = turns.iter().find(|turn| turn.clock.kind == ClockKind::FirstContact).unwrap();
        assert_eq!(cancelled.entry.change, Change::Cancel, "its own clock has nothing to measure any more");
    }
}

#[test]
fn who_succeeds_goes_on_where_the_lead_was() {
    let (now, staffed) = (morning(), up_to_the_street());
    let reported = Incident::report(lift(), &staffed, now);
    let merged = reported.merge(later(now, HOUR)).unwrap();
    let leads = merged.succeed(Level::Complex, 4, lift(), later(now, 2 * HOUR)).unwrap();
    let tenure = leads.incident.tenure;
    assert_eq!((tenure.level, tenure.seq, tenure.entered_by), (Level::Complex, 2, EnteredBy::Succession));
    assert_eq!(tenure.due(), Some(due::contact_due(later(now, 2 * HOUR), lift(), tenure.level)));
    assert_eq!((leads.incident.status, leads.incident.climbs), (Status::Submitted, 1));
    assert_eq!((leads.incident.households, tenure.households_before), (4, 4));
    assert_eq!(leads.left.exit(), Some(Exit { at: later(now, HOUR), how: ExitKind::Merged }));
    let changes: Vec<_> = turned(Some(&merged), &leads.incident, lift(), now)
        .into_iter()
        .filter(|turn| turn.clock.kind == ClockKind::FirstContact)
        .map(|turn| (turn.clock.tenure, turn.entry.change))
        .collect();
    let start = Change::Start { budget: lift().at(Level::Unit).first_contact };
    assert_eq!(changes, [(1, Change::Cancel), (2, start)]);
    let higher =
        reported.climb_by_hand(HandReason::ByHand, 0, "why", lift(), &staffed, now).unwrap().incident;
    let stays = higher.merge(now).unwrap().succeed(Level::Unit, 4, lift(), now).unwrap().incident;
    assert_eq!((stays.tenure.level, stays.climbs), (Level::Building, 1), "never down");
}

#[test]
fn what_leads_counts_since_the_earliest_of_those_that_measure_the_same() {
    use ClockKind::{FirstContact, FirstResolution, Total, Triage};
    let (now, staffed) = (morning(), up_to_the_street());
    // Reported first, it came to the building a while after the other was reported there.
    let first = Incident::report(lift(), &staffed, now);
    let came_at = later(now, HOUR);
    let climbed =
        first.climb_by_hand(HandReason::ByHand, 0, "up", lift(), &staffed, came_at).unwrap().incident;
    let mut there = lift().clone();
    there.common.enters_at = Level::Building;
    let other_at = later(now, HOUR / 2);
    let other = Incident::report(&there, &staffed, other_at);
    assert_eq!(climbed.tenure.level, other.tenure.level);

    let led_on = Running::led_on(&climbed, &other);
    let kinds: Vec<_> = led_on.iter().map(|(own, _)| own.kind).collect();
    assert_eq!(kinds, [Triage, FirstContact, FirstResolution, Total]);
    let main = Running::main(&climbed).unwrap();
    let budget = lift().at(Level::Building).first_contact;
    let (own, theirs) = (Clock::start(came_at, budget), Clock::start(other_at, budget));
    let from = own.as_early_as(&theirs, WorkTime::china()).unwrap().unwrap();
    let joined_at = later(came_at, 60);
    let (then, turns) = climbed.counts_since(&[(main, from)], Some(&own), lift(), joined_at);
    let due = |incident: &Incident| incident.tenure.due().unwrap();
    assert_eq!((from, due(&then)), (other_at, due(&other)));
    let told = main.turned(Some(own.clone()), &turns).unwrap();
    assert_eq!(told.spent(joined_at, WorkTime::china()).unwrap(), joined_at - other_at);
    assert_eq!(Incident { tenure: climbed.tenure, ..then }, climbed, "nothing else has changed");

    // What stands still goes on standing, and its budget is spent as much earlier when it goes on.
    let taken = climbed.acknowledge(lift(), came_at).unwrap();
    let handling = Clock::start(came_at, lift().at(Level::Building).handling);
    let (parts, ends) = (PauseReason::AwaitingParts, later(came_at, DAY));
    let (waits, pause) = taken.pause(parts, "parts", ends, Some(&handling), lift(), joined_at).unwrap();
    let stood = handling.after(pause.into()).unwrap();
    let main = Running::main(&waits).unwrap();
    let (still, turns) = waits.counts_since(&[(main, other_at)], Some(&stood), lift(), later(joined_at, 60));
    assert_eq!(still, waits);
    let goes_on = main.turned(Some(stood.clone()), &turns).unwrap();
    assert_eq!(goes_on.pauses(), stood.pauses());
    let earlier = stood.due(WorkTime::china()).unwrap() - goes_on.due(WorkTime::china()).unwrap();
    assert_eq!(earlier, came_at - other_at);

    // A household below has waited for the same, and what it waited counts within the lead's own budget.
    let below = Incident::report(lift(), &staffed, now);
    assert_eq!((below.tenure.level, climbed.tenure.level), (Level::Unit, Level::Building));
    let pair = Running::led_on(&climbed, &below).into_iter().find(|(own, _)| own.kind == FirstContact);
    let (main, theirs) = pair.unwrap();
    assert_eq!((main, theirs), (Running::main(&climbed).unwrap(), Running::main(&below).unwrap()));
    let waited = Clock::start(now, Budget::new(Unit::UrgentMinutes, 5).unwrap());
    let from = own.as_early_as(&waited, WorkTime::china()).unwrap().unwrap();
    let (then, turns) = climbed.counts_since(&[(main, from)], Some(&own), lift(), joined_at);
    let told = main.turned(Some(own.clone()), &turns).unwrap();
    assert_eq!((told.started(), told.budget()), (now, budget), "theirs is of no matter");
    assert_eq!(due(&then).at, due(&climbed).at - TimeDelta::hours(1));

    // Whoever was taken on below waited for something else: that its handling began earlier says nothing of the contact.
    let taken_below = below.acknowledge(lift(), now).unwrap();
    let kinds: Vec<_> = Running::led_on(&climbed, &taken_below).iter().map(|(own, _)| own.kind).collect();
    assert_eq!(kinds, [FirstResolution, Total]);
    let total = Running { tenure: 1, rework: 0, kind: Total };
    let (same, turns) = climbed.counts_since(&[(total, later(now, -DAY))], Some(&own), lift(), joined_at);
    assert_eq!((same, turns.len()), (climbed, 1), "its holder has as long as before");
}
