use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::closing::{Closing, Differs, Row, Strike};
use super::formula::{BadFormula, Formula, Standing};
use super::outcome::{Outcome, decided, triage_end, triaged};
use super::share::{Composite, Counts, Share};
use crate::incidents::{
    Budget, Clock, Elsewhere, HandReason, Incident, Inspection, Level, NotTaken, Opinion, PauseReason,
    Policy, Satisfaction, SentBack, Unit, category, policy::national, state::Overdue, turned,
};

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn policy() -> &'static Policy {
    national(category::find("ELEVATOR_FAULT").unwrap()).unwrap()
}

fn everybody() -> BTreeSet<Level> {
    Level::ALL.iter().copied().filter(|level| policy().has(*level)).collect()
}

fn reported() -> Incident {
    Incident::report(policy(), &everybody(), at(0))
}

fn finds(satisfaction: Satisfaction) -> Opinion {
    Opinion { satisfaction: Some(satisfaction), because: None }
}

fn outcomes(before: &Incident, after: &Incident, minutes: i64) -> Vec<&'static str> {
    decided(Some(before), after, at(minutes)).into_iter().map(|one| one.outcome.code()).collect()
}

#[test]
fn the_formula_that_is_built_in_can_be_used() {
    let formula = Formula::national();
    assert_eq!(formula.check(), Ok(()));
    assert_eq!(formula.figures.len(), 17);
    let absorption = formula.figure("ABSORPTION").unwrap();
    for lawful in
        [Outcome::ClimbedSeverity, Outcome::ClimbedVolume, Outcome::ClimbedOutOfScope, Outcome::LeftEmptyPost]
    {
        assert!(matches!(absorption.standing(lawful), Standing::Excluded(_)), "{lawful}");
    }
    assert_eq!(absorption.standing(Outcome::ClimbedOverdue), Standing::Below);
    assert_eq!(absorption.standing(Outcome::Reopened), Standing::Less);
    assert_eq!(absorption.standing(Outcome::Paused), Standing::Foreign);
}

#[test]
fn every_outcome_has_its_place_in_a_figure_or_only_tells_what_happened() {
    let used: BTreeSet<Outcome> =
        Formula::national().figures.iter().flat_map(super::Figure::outcomes).collect();
    let unused: Vec<_> = Outcome::ALL.iter().filter(|one| !used.contains(one)).collect();
    assert_eq!(unused, [&Outcome::Reported]);
}

#[test]
fn a_formula_that_contradicts_itself_is_refused() {
    let good = Formula::national();
    let with = |change: fn(&mut Formula)| {
        let mut formula = good.clone();
        change(&mut formula);
        formula.check().unwrap_err()
    };
    assert_eq!(with(|it| it.figures.clear()), BadFormula::Size);
    assert_eq!(with(|it| it.figures[0].code = "response".into()), BadFormula::Code("response".into()));
    assert_eq!(with(|it| it.figures[1].code = "RESPONSE".into()), BadFormula::Twice("RESPONSE".into()));
    assert_eq!(with(|it| it.figures[0].below.clear()), BadFormula::Endless("RESPONSE".into()));
    assert_eq!(with(|it| it.figures[0].name.zh = " ".into()), BadFormula::Text);
    assert_eq!(
        with(|it| it.figures[0].excluded =
            BTreeMap::from([(Outcome::ContactLate, it.figures[0].name.clone())])),
        BadFormula::Contradiction { code: "RESPONSE".into(), outcome: Outcome::ContactLate }
    );
    assert_eq!(
        with(|it| it.composite = BTreeMap::from([("NOTHING".into(), 1)])),
        BadFormula::Weight("NOTHING".into())
    );
}

#[test]
fn what_is_done_in_time_counts_so() {
    let (policy, reported) = (policy(), reported());
    let new: Vec<_> = decided(None, &reported, at(0)).into_iter().map(|one| one.outcome).collect();
    assert_eq!(new, [Outcome::Reported, Outcome::Dispatched]);
    let taken = reported.acknowledge(policy, at(5)).unwrap();
    assert_eq!(outcomes(&reported, &taken, 5), ["CONTACT_IN_TIME"]);
    let handled = taken.handle("修好了", 1, Inspection::Spared, policy, at(60)).unwrap();
    assert_eq!(outcomes(&taken, &handled, 60), ["HANDLED_IN_TIME"]);
    let confirmed = handled.confirm(finds(Satisfaction::Basically), at(90)).unwrap();
    let ends = decided(Some(&handled), &confirmed, at(90));
    assert_eq!(outcomes(&handled, &confirmed, 90), ["CONFIRMED", "SAID_RESOLVED", "BASICALLY_SATISFIED"]);
    let held: Vec<_> = ends.iter().map(|one| one.held).collect();
    assert_eq!(held, [Some(TimeDelta::minutes(90)), None, None]);
    let back = handled.send_back("又停了", Opinion::default(), policy, &everybody(), at(90)).unwrap();
    let SentBack::ToHolder(back) = back else { panic!("somebody holds it") };
    assert_eq!(outcomes(&handled, &back, 90), ["SAID_UNRESOLVED", "SENT_BACK"]);
    let reopened =
        confirmed.reopen("又停了", Opinion::default(), policy, &everybody(), at(100)).unwrap().incident;
    assert_eq!(outcomes(&confirmed, &reopened, 100), ["REOPENED", "DISPATCHED"]);
}

#[test]
fn a_clock_that_ran_out_counts_once_against_whoever_let_it() {
    let (policy, reported) = (policy(), reported());
    let late = reported.tenure.due().unwrap().at;
    let Overdue::Climbed(passed) = reported.climb_overdue(policy, &everybody(), late).unwrap() else {
        panic!("somebody stands above")
    };
    let decided_here = decided(Some(&reported), &passed.incident, late);
    let told: Vec<_> = decided_here.iter().map(|one| (one.outcome.code(), one.level.code())).collect();
    let next = passed.incident.tenure.level.code();
    assert_eq!(
        told,
        [("CONTACT_MISSED", "UNIT"), ("CLIMBED_OVERDUE", "UNIT"), ("DISPATCHED", next)],
        "the level below missed it; the one above has just got it"
    );

    // At the top it is missed at the first reminder, and never again.
    let top = BTreeSet::from([Level::District]);
    let alone = Incident::report(policy, &top, at(0));
    let due = alone.tenure.due().unwrap().at;
    let Overdue::StaysAtTop { incident: reminded, .. } = alone.climb_overdue(policy, &top, due).unwrap()
    else {
        panic!("nobody stands above")
    };
    let told = |before: &Incident, after: &Incident, now| {
        decided(Some(before), after, now).into_iter().map(|one| one.outcome.code()).collect::<Vec<_>>()
    };
    assert_eq!(told(&alone, &reminded, due), ["CONTACT_MISSED"]);
    let again = reminded.tenure.due().unwrap().at;
    let Overdue::StaysAtTop { incident: twice, .. } = reminded.climb_overdue(policy, &top, again).unwrap()
    else {
        panic!("nobody stands above")
    };
    assert_eq!(told(&reminded, &twice, again), [""; 0]);
    let taken = twice.acknowledge(policy, again).unwrap();
    assert_eq!(told(&twice, &taken, again), [""; 0], "it was missed already");
}

#[test]
fn what_leaves_before_it_is_due_is_moot_and_what_leaves_late_is_missed() {
    let (policy, reported) = (policy(), reported());
    let climb = |minutes: i64| {
        let reason = HandReason::OutOfScope;
        reported.climb_by_hand(reason, 0, "公共维修", policy, &everybody(), at(minutes)).unwrap().incident
    };
    assert_eq!(outcomes(&reported, &climb(1), 1), ["CONTACT_MOOT", "CLIMBED_OUT_OF_SCOPE", "DISPATCHED"]);
    assert_eq!(
        outcomes(&reported, &climb(600), 600),
        ["CONTACT_MISSED", "CLIMBED_OUT_OF_SCOPE", "DISPATCHED"]
    );
    let withdrawn = reported.withdraw(at(2)).unwrap();
    assert_eq!(outcomes(&reported, &withdrawn, 2), ["CONTACT_MOOT", "WITHDRAWN"]);
}

#[test]
fn a_report_is_sorted_out_in_time_or_late_or_by_somebody_else() {
    let triage = Budget::new(Unit::UrgentMinutes, 20).unwrap();
    let mut policy = policy().clone();
    policy.tiers.at_mut(Level::Unit).triage = triage;
    let (policy, reported) = (&policy, reported());
    let clock = Clock::start(at(0), triage);
    let told = |before: &Incident, after: &Incident, minutes: i64| {
        let turns = turned(Some(before), after, policy, at(minutes));
        let end = triage_end(before, &turns);
        end.map(|end| triaged(before, end, &clock, &policy.calendar).outcome.code())
    };
    let accepted = reported.accept().unwrap();
    assert_eq!(told(&reported, &accepted, 19), Some("TRIAGED_IN_TIME"));
    assert_eq!(told(&reported, &accepted, 20), Some("TRIAGED_LATE"), "its very instant is late");
    let rejected = reported.reject(NotTaken::Unclear, "?", at(20)).unwrap();
    assert_eq!(
        told(&reported, &rejected, 20),
        Some("TRIAGED_LATE"),
        "who does not take it on has sorted it, too"
    );
    let taken = accepted.acknowledge(policy, at(25)).unwrap();
    assert_eq!(told(&accepted, &taken, 25), None, "that was done before");
    let climb = |minutes: i64| {
        let reason = HandReason::ByHand;
        reported.climb_by_hand(reason, 0, "公共维修", policy, &everybody(), at(minutes)).unwrap().incident
    };
    assert_eq!(told(&reported, &climb(5), 5), Some("TRIAGE_MOOT"));
    assert_eq!(told(&reported, &climb(29), 29), Some("TRIAGE_MISSED"));
    let merged = reported.merge(at(5)).unwrap();
    assert_eq!(told(&reported, &merged, 5), None, "what leads it is counted");
    assert_eq!(told(&merged, &merged.withdraw(at(40)).unwrap(), 40), None);
}

#[test]
fn what_another_leads_is_counted_with_the_other_and_its_reporter_still_has_a_word() {
    let (policy, reported) = (policy(), reported());
    let merged = reported.merge(at(1)).unwrap();
    assert_eq!(outcomes(&reported, &merged, 1), [""; 0], "whoever holds the leading one is asked");
    let asked = merged.ask(at(60)).unwrap();
    assert_eq!(outcomes(&merged, &asked, 60), [""; 0]);
    let quorum = asked.settle_by_quorum(at(90)).unwrap();
    assert_eq!(outcomes(&asked, &quorum, 90), ["SETTLED_BY_QUORUM"]);
    let confirmed = asked.confirm(finds(Satisfaction::VeryDissatisfied), at(90)).unwrap();
    assert_eq!(outcomes(&asked, &confirmed, 90), ["CONFIRMED", "SAID_RESOLVED", "DISSATISFIED"]);
    let broken = asked.still_broken(finds(Satisfaction::Dissatisfied), None, policy, at(90)).unwrap();
    assert_eq!(outcomes(&asked, &broken, 90), ["SAID_UNRESOLVED", "DISSATISFIED"]);
    let another = asked.split(None, policy, at(90)).unwrap();
    assert_eq!(outcomes(&asked, &another, 90), [""; 0], "its reporter did not say so");
    let leads = merged.succeed(Level::Complex, 3, policy, at(90)).unwrap().incident;
    assert_eq!(outcomes(&merged, &leads, 90), ["DISPATCHED"]);
}

#[test]
fn two_questions_have_two_answers() {
    let (policy, reported) = (policy(), reported());
    let taken = reported.acknowledge(policy, at(0)).unwrap();
    let handled = taken.handle("修好了", 1, Inspection::Spared, policy, at(60)).unwrap();
    let silent = handled.confirm(Opinion::default(), at(90)).unwrap();
    assert_eq!(outcomes(&handled, &silent, 90), ["CONFIRMED", "SAID_RESOLVED"]);
    let content = finds(Satisfaction::Satisfied);
    let back = handled.send_back("又停了", content, policy, &everybody(), at(90)).unwrap();
    let SentBack::ToHolder(back) = back else { panic!("somebody holds it") };
    assert_eq!(outcomes(&handled, &back, 90), ["SAID_UNRESOLVED", "SATISFIED", "SENT_BACK"]);
    let inspected = taken.handle("修好了", 1, Inspection::Needed, policy, at(60)).unwrap();
    assert_eq!(outcomes(&taken, &inspected, 60), ["HANDLED_IN_TIME"]);
    let passed = inspected.pass_inspection(at(70)).unwrap();
    assert_eq!(outcomes(&inspected, &passed, 70), [""; 0]);
    let failed = inspected.fail_inspection("没修好", policy, &everybody(), at(70)).unwrap();
    let SentBack::ToHolder(failed) = failed else { panic!("somebody holds it") };
    assert_eq!(outcomes(&inspected, &failed, 70), ["SENT_BACK"]);
}

#[test]
fn what_is_not_taken_on_or_ended_from_above_is_told_as_what_it_is() {
    let (policy, reported) = (policy(), reported());
    let objected = reported.object(None, "是市政的", policy, &everybody(), at(1)).unwrap();
    assert_eq!(outcomes(&reported, &objected, 1), [""; 0]);
    let moved = objected.consent(policy, at(2)).unwrap().incident;
    assert_eq!(outcomes(&objected, &moved, 2), ["CONTACT_MOOT", "MISROUTED", "DISPATCHED"]);
    let asked = moved.delegate(Level::Unit, "请单元长", &everybody(), at(3)).unwrap();
    let taken_back = asked.consent(policy, at(4)).unwrap().incident;
    assert_eq!(outcomes(&asked, &taken_back, 4), ["CONTACT_MOOT", "DELEGATED", "DISPATCHED"]);
    let diverted = reported.divert(Elsewhere::Court, "合同纠纷", at(2)).unwrap();
    assert_eq!(outcomes(&reported, &diverted, 2), ["CONTACT_IN_TIME", "DIVERTED"]);
    let rejected = reported.reject(NotTaken::NothingFound, "一切正常", at(600)).unwrap();
    assert_eq!(outcomes(&reported, &rejected, 600), ["CONTACT_LATE", "REJECTED"]);
    let appealed = rejected.appeal("晚上再来看", policy, &everybody(), at(601)).unwrap().incident;
    assert_eq!(outcomes(&rejected, &appealed, 601), ["APPEALED", "DISPATCHED"]);
    let taken = reported.acknowledge(policy, at(0)).unwrap();
    let forced = taken.force_close("已改造", at(5)).unwrap();
    assert_eq!(outcomes(&taken, &forced, 5), ["HANDLING_MOOT", "FORCED"]);
    let reopened = forced.reopen("没有", Opinion::default(), policy, &everybody(), at(9)).unwrap().incident;
    assert_eq!(outcomes(&forced, &reopened, 9), ["REOPENED", "DISPATCHED"]);
}

#[test]
fn a_pause_shortly_before_it_is_due_is_found() {
    let (policy, reported) = (policy(), reported());
    let taken = reported.acknowledge(policy, at(0)).unwrap();
    let due = taken.tenure.due().unwrap().at;
    let clock = crate::incidents::Clock::told(&[crate::incidents::Entry {
        at: at(0),
        change: crate::incidents::Change::Start { budget: policy.at(Level::Unit).handling },
    }])
    .unwrap();
    let paused = |now: DateTime<Utc>| {
        let until = now + TimeDelta::days(1);
        let pause = taken.pause(PauseReason::AwaitingParts, "等配件", until, Some(&clock), policy, now);
        let after = pause.unwrap().0;
        decided(Some(&taken), &after, now).into_iter().map(|one| one.outcome.code()).collect::<Vec<_>>()
    };
    assert_eq!(paused(at(60)), ["PAUSED"]);
    let whole = due - at(0);
    assert_eq!(paused(due - whole / 8 - TimeDelta::minutes(1)), ["PAUSED"]);
    assert_eq!(paused(due - whole / 8), ["PAUSED", "PAUSED_NEAR_DUE"]);
}

fn row(id: u32, outcome: Outcome, level: Level, seconds: Option<u64>) -> Row {
    Row {
        id: format!("{id:08}"),
        incident: Some(format!("i{id}")),
        whistle: None,
        holding: 1,
        outcome,
        level,
        post: "p".into(),
        category: "ELEVATOR_FAULT".into(),
        severity: "S2".into(),
        at: at(i64::from(id)),
        seconds: seconds.filter(|_| outcome.ends()),
    }
}

fn closed(rows: Vec<Row>, strikes: Vec<Strike>) -> Closing {
    Closing::new(("x".into(), "2027-01".into()), None, Formula::national().clone(), rows, strikes)
}

#[test]
fn a_struck_row_counts_no_more_where_it_is_struck() {
    let rows = vec![
        row(1, Outcome::ContactInTime, Level::Unit, None),
        row(2, Outcome::ContactMissed, Level::Unit, None),
        row(3, Outcome::ClimbedOverdue, Level::Unit, Some(1800)),
    ];
    let share = |closing: &Closing, code: &str| closing.measures[0].shares[code];
    let first = closed(rows.clone(), Vec::new());
    assert_eq!(share(&first, "RESPONSE"), Share { above: 1, below: 2 });
    assert_eq!(first.measures[0].median_seconds, Some(1800));
    let strike = |row: &str, figure: Option<&str>| Strike {
        row: row.into(),
        figure: figure.map(Into::into),
        appeal: "a".into(),
    };
    let strikes = vec![strike("00000002", Some("RESPONSE")), strike("00000003", None)];
    let second = closed(rows, strikes);
    assert_eq!(share(&second, "RESPONSE"), Share { above: 1, below: 1 });
    assert_eq!(share(&second, "ABSORPTION"), Share { above: 0, below: 0 });
    assert_eq!(second.measures[0].median_seconds, None);
    assert_eq!(second.verify(), Ok(()));
}

#[test]
fn what_is_closed_by_force_counts_against_who_closed_it_and_for_nobody() {
    let rows = vec![
        row(1, Outcome::Confirmed, Level::Complex, Some(600)),
        row(2, Outcome::SaidResolved, Level::Complex, None),
        row(3, Outcome::Forced, Level::Community, Some(600)),
    ];
    let closing = closed(rows, Vec::new());
    let share = |level: Option<Level>, code: &str| {
        let measure = closing.measures.iter().find(|measure| measure.level == level).unwrap();
        measure.shares[code]
    };
    let of = |above, below| Share { above, below };
    assert_eq!(share(None, "FORCED_CLOSINGS"), of(1, 2));
    assert_eq!(share(Some(Level::Complex), "FORCED_CLOSINGS"), of(0, 1));
    assert_eq!(share(Some(Level::Community), "FORCED_CLOSINGS"), of(1, 1));
    for flattered in ["RESOLUTION", "ABSORPTION", "SATISFACTION"] {
        assert_eq!(share(Some(Level::Community), flattered), of(0, 0), "{flattered}");
    }
    let left_out = Formula::national().figure("ABSORPTION").unwrap().standing(Outcome::Forced);
    assert!(matches!(left_out, Standing::Excluded(_)), "{left_out:?}");
}

#[test]
fn whatever_is_changed_in_a_closing_is_found() {
    let rows = vec![
        row(1, Outcome::ContactInTime, Level::Unit, None),
        row(2, Outcome::ContactMissed, Level::Complex, None),
    ];
    let good = closed(rows, Vec::new());
    assert_eq!(good.verify(), Ok(()));
    let mut better = good.clone();
    better.rows[1].outcome = Outcome::ContactInTime;
    assert_eq!(better.verify(), Err(Differs::Figures { level: "all levels".into() }));
    let mut moved = good.clone();
    moved.rows[1].level = Level::Unit;
    assert!(matches!(moved.verify(), Err(Differs::Figures { .. })));
    let mut twice = good.clone();
    twice.rows.push(twice.rows[1].clone());
    assert_eq!(twice.verify(), Err(Differs::Order("00000002".into())));
    let mut lost = good.clone();
    lost.strikes.push(Strike { row: "9".into(), figure: None, appeal: "a".into() });
    assert_eq!(lost.verify(), Err(Differs::Strike("9".into())));
    let mut fewer = good.clone();
    fewer.measures.pop();
    assert!(matches!(fewer.verify(), Err(Differs::Figures { .. })));
    assert_ne!(better.bytes().unwrap(), good.bytes().unwrap());
}

#[test]
fn the_composite_is_the_exact_weighted_mean_of_what_there_is() {
    let formula = Formula::national();
    let counts: Counts =
        [Outcome::ContactInTime, Outcome::ContactMissed, Outcome::HandledInTime].into_iter().collect();
    // (20 × 1/2 + 10 × 1/1) ÷ 30
    let mean = Composite::of(formula, |figure| Share::of(figure, &counts));
    assert_eq!(mean, Some(Composite { above: 2, below: 3 }));
    assert_eq!(Composite::of(formula, |_| Share::default()), None);
    let huge = Share { above: u64::MAX - 1, below: u64::MAX };
    assert_eq!(
        Composite::of(formula, |figure| {
            let less = u64::try_from(figure.code.len()).unwrap();
            Share { below: huge.below - less * 1_000_003, ..huge }
        }),
        None,
        "beyond counting"
    );
}

#[test]
fn half_of_the_holdings_ended_within_a_bound() {
    use super::share::{took, within};
    assert_eq!([took(0), took(300), took(301), took(7_776_001)], [Some(300), Some(300), Some(600), None]);
    let counted = |pairs: &[(u64, u64)]| {
        let mut counted = BTreeMap::new();
        for (seconds, times) in pairs {
            *counted.entry(took(*seconds)).or_insert(0) += times;
        }
        counted
    };
    let some = counted(&[(100, 5), (3000, 4), (9_000_000, 1)]);
    assert_eq!(
        [within(&some, 50), within(&some, 51), within(&some, 90), within(&some, 91)],
        [Some(300), Some(3600), Some(3600), None]
    );
    assert_eq!(within(&BTreeMap::new(), 50), None);
}

proptest! {
    #[test]
    fn no_share_is_of_more_than_happened(picks in prop::collection::vec(0..Outcome::ALL.len(), 0..200)) {
        let counts: Counts = picks.iter().map(|pick| Outcome::ALL[*pick]).collect();
        for figure in &Formula::national().figures {
            let share = Share::of(figure, &counts);
            let above = picks.iter().filter(|pick| figure.above.contains(&Outcome::ALL[**pick])).count();
            prop_assert!(share.above <= u64::try_from(above).unwrap());
            prop_assert!(share.below <= u64::try_from(picks.len()).unwrap());
        }
    }

    #[test]
    fn what_is_read_back_from_json_is_the_same_closing(
        picks in prop::collection::vec((0..Outcome::ALL.len(), 1..Level::ALL.len(), 0u64..100_000), 0..40),
    ) {
        let rows = (0..).zip(picks).map(|(id, (outcome, level, seconds))| {
            row(id, Outcome::ALL[outcome], Level::ALL[level], Some(seconds))
        });
        let closing = closed(rows.collect(), Vec::new());
        let text = serde_json::to_string(&closing).unwrap();
        let again: Closing = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(again.verify(), Ok(()));
        prop_assert_eq!(again.bytes().unwrap(), closing.bytes().unwrap());
    }
}

mod whistles {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::super::{
        Outcome,
        whistle::{Called, Scored, came, ended, missed, settled},
    };
    use crate::calendar::Calendar;
    use crate::{
        commitments::{Settled, Settlement},
        incidents::Severity,
        whistles::{Outcome as End, Post, Whistle},
    };

    const CONVENER: Post = Post::PropertyManager;
    const CALLED: Post = Post::CommunityOfficer;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn blown() -> (Whistle, Called) {
        let (whistle, calls) =
            Whistle::blow(CONVENER, CALLED, &[], Severity::S2, Calendar::shipped(), now()).unwrap();
        (whistle, Called { call: calls[0], alarm_at: Some(calls[0].due_at) })
    }

    fn scored(outcome: Outcome, post: Post) -> Scored {
        Scored { outcome, post }
    }

    #[test]
    fn a_post_that_was_told_of_as_missing_has_missed_it() {
        let (_, called) = blown();
        let due = called.call.due_at;
        let before = due - TimeDelta::microseconds(1);
        assert_eq!(came(&called, before), scored(Outcome::WhistleJoinedInTime, CALLED));
        assert_eq!(came(&called, due), scored(Outcome::WhistleJoinedLate, CALLED), "before anybody told");
        let told = Called { alarm_at: None, ..called };
        assert_eq!(came(&told, due), scored(Outcome::WhistleJoinedAfterAll, CALLED));
        assert_eq!(missed(CALLED), scored(Outcome::WhistleNotJoined, CALLED));
    }

    #[test]
    fn the_end_is_the_conveners_and_says_who_did_not_come() {
        let (whistle, called) = blown();
        let soon = now() + TimeDelta::minutes(1);
        let over = whistle.minute().unwrap().close(End::Solved, &[], soon).unwrap();
        let solved = scored(Outcome::WhistleSolved, CONVENER);
        assert_eq!(ended(over, &[called], soon), [solved, missed(CALLED)], "no more time to come");
        let told = Called { alarm_at: None, ..called };
        assert_eq!(ended(over, &[told], soon), [solved], "missed once");
        let there = Called { call: called.call.report_in(whistle, soon).unwrap(), alarm_at: None };
        assert_eq!(ended(over, &[there], soon), [solved]);
        let off = whistle.call_off(soon).unwrap();
        let taken_back = scored(Outcome::WhistleCalledOff, CONVENER);
        assert_eq!(ended(off, &[called], soon), [taken_back], "excused");
        let late = whistle.call_off(called.call.due_at).unwrap();
        assert_eq!(ended(late, &[called], called.call.due_at), [taken_back, missed(CALLED)]);
        assert!(ended(whistle, &[called], soon).is_empty(), "it goes on");
    }

    #[test]
    fn a_commitment_is_judged_by_the_time_that_it_had() {
        let due = now() + TimeDelta::days(1);
        let kept = |at| settled(CALLED, due, Settled { at, how: Settlement::Kept }).outcome;
        assert_eq!(kept(due - TimeDelta::microseconds(1)), Outcome::CommitmentKept);
        assert_eq!(kept(due), Outcome::CommitmentKeptLate);
        let broken = settled(CALLED, due, Settled { at: now(), how: Settlement::Broken });
        assert_eq!(broken, scored(Outcome::CommitmentBroken, CALLED));
    }
}
