use proptest::prelude::*;

use super::*;
use crate::{
    pause::PAUSE_DAYS,
    polls::{
        parameters::{PollRules, Range},
        phase::closings,
    },
    quantity::Weight,
};

fn at(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + hour * 3600, 0).unwrap()
}

const WEEK: i64 = 7 * 24;

fn window() -> Window {
    Window { opens_at: at(0), closes_at: at(WEEK) }
}

fn made(since: i64, until: i64, lifted: Option<i64>) -> Pause {
    Pause { since: at(since), until: at(until), lifted_at: lifted.map(at) }
}

#[test]
fn wrong_use_is_refused_by_its_name() {
    let pause =
        |phase: Phase, before: &[Pause], until, now| phase.pause(window(), before, at(until), at(now));
    assert_eq!(pause(Phase::Open, &[], 30, 1), Ok(made(1, 30, None)));
    for phase in [Phase::Draft, Phase::Locked, Phase::Closed, Phase::Published] {
        assert!(pause(phase, &[], 30, 1).is_err(), "{phase:?}");
    }
    assert_eq!(
        pause(Phase::Open, &[], WEEK + 9, WEEK),
        Err(Refusal::AfterClosing { closes_at: at(WEEK), now: at(WEEK) })
    );
    let longest = PAUSE_DAYS * 24 + 1;
    assert!(pause(Phase::Open, &[], longest, 1).is_ok());
    for until in [0, 1, longest + 1] {
        assert_eq!(pause(Phase::Open, &[], until, 1), Err(Refusal::PauseOutOfReach));
    }
    // As long as they last, and no longer: 90 days of all that were before, and this one.
    let before =
        [made(0, 24 * 30, None), made(24 * 30, 24 * 60, None), made(24 * 60, 24 * 99, Some(24 * 89))];
    let later = Window { closes_at: at(24 * 200), ..window() };
    let pause_by = |hours: i64| Phase::Open.pause(later, &before, at(24 * 100 + hours), at(24 * 100));
    assert!(pause_by(24).is_ok());
    assert_eq!(pause_by(25), Err(Refusal::PauseOutOfReach));
    let runs = [made(1, 30, None)];
    assert_eq!(pause(Phase::Open, &runs, 40, 29), Err(Refusal::Paused { until: at(30), now: at(29) }));
    assert!(pause(Phase::Open, &runs, 40, 30).is_ok(), "it is over by itself");
    let often = [made(1, 2, None); MOST];
    assert_eq!(pause(Phase::Open, &often, 40, 30), Err(Refusal::PausedTooOften));

    assert_eq!(lift(&runs, at(29)), Ok(made(1, 30, Some(29))));
    assert_eq!(lift(&runs, at(0)), Ok(made(1, 30, Some(1))), "a clock that is behind");
    assert_eq!(lift(&runs, at(30)), Err(Refusal::NotPaused));
    assert_eq!(lift(&[made(1, 30, Some(9))], at(10)), Err(Refusal::NotPaused));
    assert_eq!(lift(&[], at(1)), Err(Refusal::NotPaused));
    for refusal in [
        Refusal::Paused { until: at(1), now: at(0) },
        Refusal::NotPaused,
        Refusal::PauseOutOfReach,
        Refusal::PausedTooOften,
    ] {
        let words = refusal.words();
        assert!(words.zh.contains("暂停") && words.en.ends_with('.'), "{words:?}");
    }
}

#[test]
fn no_ballot_is_taken_from_the_first_moment_to_before_the_last() {
    let pauses = [made(9, 20, None)];
    let longer = window().made_up(&pauses, at(0));
    for (hour, taken) in [(9, false), (19, false), (20, true), (WEEK + 10, true), (WEEK + 11, false)] {
        assert_eq!(Phase::Open.take_ballot(longer, &pauses, at(hour)).is_ok(), taken, "{hour}");
    }
    // Whose clock is behind that of who stopped it takes none either.
    assert!(Phase::Open.take_ballot(longer, &pauses, at(8)).is_err());
}

/// How long voting went on between two hours, told hour by hour.
fn voted(pauses: &[Pause], from: i64, to: i64) -> i64 {
    let goes_on = |hour: &i64| !pauses.iter().any(|pause| pause.has(at(*hour)));
    i64::try_from((from..to).filter(goes_on).count()).unwrap()
}

fn hours(moments: &[DateTime<Utc>]) -> Vec<i64> {
    moments.iter().map(|moment| (*moment - at(0)).num_hours()).collect()
}

prop_compose! {
    /// Pauses one after another: so long after the one before, planned and in fact so long.
    fn some()(parts in prop::collection::vec((0_i64..60, 1_i64..300, 0_i64..300), 0..5)) -> Vec<Pause> {
        let mut hour = 0;
        let mut pauses = Vec::new();
        for (after, planned, lifted) in parts {
            let since = hour + after;
            let lifted = (lifted < planned).then_some(since + lifted);
            pauses.push(made(since, since + planned, lifted));
            hour = lifted.unwrap_or(since + planned);
        }
        pauses
    }
}

proptest! {
    /// The time in which people may vote is the time that was announced, and that of each extension, to the hour; it
    /// never ends in a pause.
    #[test]
    fn nobody_loses_an_hour_and_nobody_gains_one(pauses in some(), extensions in 0_u32..3, longest in 7_u32..40) {
        // Those that anybody could have made.
        let rules = PollRules {
            extensions: Some(extensions),
            extension_days: Some(10),
            window_days: Range { min: 1, max: longest },
            ..PollRules::national()
        };
        let told = |pauses: &[Pause]| hours(&closings(window(), &rules, Weight::new(9, 900), &[], pauses));
        let pauses: Vec<Pause> = pauses.into_iter().scan(Vec::new(), |before, pause| {
            let last = *told(before).last().unwrap();
            (pause.since < at(last)).then(|| { before.push(pause); pause })
        }).collect();
        let closings = told(&pauses);
        let mut from = 0;
        for (turn, planned) in closings.iter().zip(told(&[])).enumerate() {
            let (closing, planned) = planned;
            prop_assert_eq!(voted(&pauses, 0, *closing), planned, "{} {:?} {:?}", turn, closings, pauses);
            // It may stand still from the moment at which it was extended on: that is time of the extension.
            let stood_still = |pause: &Pause| pause.since < at(*closing) && pause.has(at(*closing));
            prop_assert!(!pauses.iter().any(stood_still));
            prop_assert!(*closing > from);
            from = *closing;
        }
        prop_assert_eq!(closings.len(), told(&[]).len());

        // Who has the extensions tells the same, and what was announced.
        let mut so_far: Vec<DateTime<Utc>> = Vec::new();
        for turn in 1..closings.len() {
            let before = Window { opens_at: at(0), closes_at: at(closings[turn - 1]) };
            let began: Vec<Pause> = pauses.iter().copied().filter(|pause| pause.since < before.closes_at).collect();
            so_far.push(at(hours(&super::super::phase::closings(window(), &rules, Weight::new(9, 900), &[], &began))[turn]));
        }
        prop_assert_eq!(hours(&made_up(window(), so_far.iter().copied(), &pauses)), closings.clone());
        let first = Window { opens_at: at(0), closes_at: at(closings[0]) };
        prop_assert_eq!(first.without(&pauses), window());
        prop_assert_eq!(fault(window(), &so_far, &pauses), None);
        if let Some(last) = pauses.last() {
            let stands: Vec<Standstill> = pauses.iter().map(|pause| Standstill {
                pause: Pause { lifted_at: Some(pause.over_at()), ..*pause },
                by: "STREET_OFFICER".into(),
                words: "停电".into(),
                lifted: None,
            }).collect();
            let told = resumed_told(window(), &so_far, &stands);
            let closes_at = closings.iter().find(|closing| at(**closing) > last.since).unwrap();
            prop_assert_eq!(&told[pauses.len() - 1], &json!({ "closes_at": moment(at(*closes_at)) }));
            prop_assert_eq!(paused_told(window(), &so_far, &stands).len(), pauses.len());
        }
    }
}

proptest! {
    /// Whoever opens late because the programme had stood still votes for as long as was announced; what is late otherwise
    /// gives nobody an hour.
    #[test]
    fn what_a_programme_held_up_is_given_back(late in 0_i64..2000, stood_still in 0_i64..2000) {
        let pauses = held_up(window(), TimeDelta::hours(stood_still), at(late));
        prop_assert_eq!(fault(window(), &[], &pauses), None);
        let lost = late.min(stood_still);
        let closes_at = window().made_up(&pauses, at(0)).closes_at;
        prop_assert_eq!(closes_at, at(WEEK + lost));
        prop_assert_eq!(voted(&pauses, 0, WEEK + lost), WEEK);
        prop_assert!(pauses.iter().all(|pause| pause.over_at() <= at(late)), "none runs once it is open");
    }
}

#[test]
fn what_is_wrong_with_pauses_is_named() {
    let wrong = |pauses: &[Pause]| fault(window(), &[], pauses);
    assert_eq!(wrong(&[made(1, 30, Some(9)), made(9, 20, Some(20))]), None);
    for pauses in [
        vec![made(-1, 30, Some(9))],
        vec![made(WEEK, WEEK + 2, Some(WEEK + 1))],
        vec![made(1, 30, Some(9)), made(8, 20, Some(20))],
        vec![made(1, 31 * 24, Some(9))],
        vec![made(5, 5, Some(5))],
        vec![made(5, 9, Some(4))],
        vec![made(5, 9, Some(10))],
    ] {
        assert!(wrong(&pauses).is_some(), "{pauses:?}");
    }
}

#[test]
fn each_is_told_as_it_was_and_as_it_ended() {
    let lifted = Lifted { by: "STREET_OFFICER".into(), words: "来电".into() };
    let one =
        |pause, lifted| Standstill { pause, by: "COMMUNITY_OFFICER".into(), words: "停电".into(), lifted };
    let stands = [one(made(1, 30, Some(9)), Some(lifted)), one(made(WEEK, WEEK + 4, Some(WEEK + 4)), None)];
    let closes = |hour| moment(at(hour));
    assert_eq!(
        paused_told(window(), &[], &stands),
        [
            json!({ "until": closes(30), "words": "停电", "closes_at": closes(WEEK + 29) }),
            json!({ "until": closes(WEEK + 4), "words": "停电", "closes_at": closes(WEEK + 12) }),
        ]
    );
    assert_eq!(
        resumed_told(window(), &[], &stands),
        [
            json!({ "closes_at": closes(WEEK + 8), "words": "来电" }),
            json!({ "closes_at": closes(WEEK + 12) }),
        ]
    );
}
