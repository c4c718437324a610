use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::calendar::Calendar;
use crate::commitments::Settlement;

fn at(minutes: i64) -> DateTime<Utc> {
    // A Monday morning in China.
    "2026-03-02T01:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

fn blown() -> (Whistle, Vec<Call>) {
    let assist = [Post::CommitteeMember, Post::StreetOfficer];
    Whistle::blow(
        Post::PropertyManager,
        Post::CommunityOfficer,
        &assist,
        Severity::S1,
        Calendar::shipped(),
        at(0),
    )
    .unwrap()
}

#[test]
fn every_severity_has_its_time_and_the_worse_is_never_slower() {
    let due: Vec<_> =
        Severity::ALL.iter().map(|severity| report_in_due(*severity, Calendar::shipped(), at(0))).collect();
    assert!(due.is_sorted(), "{due:?}");
    assert_eq!(REPORT_IN.len(), Severity::ALL.len());
}

#[test]
fn nobody_below_is_convened_and_nobody_convenes_themselves() {
    for convener in Post::ALL {
        for post in Post::ALL {
            let blown = Whistle::blow(*convener, *post, &[], Severity::S3, Calendar::shipped(), at(0));
            let may = post != convener && post.level() >= convener.level();
            assert_eq!(blown.is_ok(), may, "{convener} convenes {post}");
        }
    }
}

#[test]
fn one_leads_and_each_is_called_once() {
    let (_, calls) = blown();
    assert_eq!(calls.iter().filter(|call| call.part == Part::Lead).count(), 1);
    let twice = Whistle::blow(
        Post::PropertyManager,
        Post::Admin,
        &[Post::Admin],
        Severity::S1,
        Calendar::shipped(),
        at(0),
    );
    assert_eq!(twice, Err(Refusal::Twice { post: Post::Admin }));
}

#[test]
fn who_comes_late_or_never_is_told_so() {
    let (whistle, calls) = blown();
    let call = calls[0];
    assert_eq!(call.punctuality(whistle, at(29)), Punctuality::Awaited);
    assert_eq!(call.punctuality(whistle, at(30)), Punctuality::Missing);
    let came = |minute| call.report_in(whistle, at(minute)).unwrap().punctuality(whistle, at(99));
    assert_eq!((came(29), came(30)), (Punctuality::OnTime, Punctuality::Late));
    assert_eq!(call.punctuality(whistle.call_off(at(29)).unwrap(), at(99)), Punctuality::Excused);
    assert_eq!(call.punctuality(whistle.call_off(at(30)).unwrap(), at(99)), Punctuality::Missing);
    let closed = whistle.minute().unwrap().close(Outcome::Solved, &[], at(10)).unwrap();
    assert_eq!(call.punctuality(closed, at(99)), Punctuality::Missing, "it was solved without them");
}

#[test]
fn it_is_closed_only_with_minutes_and_without_open_commitments() {
    let (whistle, calls) = blown();
    assert_eq!(
        whistle.close(Outcome::Solved, &[], at(1)),
        Err(Refusal::WrongStatus { act: Act::Close, from: Status::Blown })
    );
    let minuted = whistle.minute().unwrap();
    let pending = Commitment::make(at(600), at(1)).unwrap();
    assert_eq!(
        minuted.close(Outcome::Unsolved, &[pending], at(2)),
        Err(Refusal::CommitmentsPending { pending: 1 })
    );
    let broken = pending.settle(Settlement::Broken, "no money", at(3)).unwrap();
    assert!(minuted.close(Outcome::Unsolved, &[broken], at(4)).is_ok());
    assert_eq!(minuted.commits(Post::PropertyManager, &calls), Ok(()));
    assert_eq!(minuted.commits(Post::Admin, &calls), Err(Refusal::NotThere { post: Post::Admin }));
}

#[derive(Debug, Clone, Copy)]
enum Deed {
    ReportIn(usize),
    Minute,
    Close(Outcome),
    CallOff,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (0..3_usize).prop_map(Deed::ReportIn),
        Just(Deed::Minute),
        Just(Deed::Close(Outcome::Solved)),
        Just(Deed::Close(Outcome::Unsolved)),
        Just(Deed::CallOff),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_it_ends_once_and_tells_what_came_of_it(
        deeds in prop::collection::vec((deed(), 0..60_i64), 0..20),
    ) {
        let (mut whistle, mut calls) = blown();
        let mut minute = 0;
        let mut minuted = false;
        for (deed, wait) in deeds {
            minute += wait;
            let now = at(minute);
            let was = whistle;
            match deed {
                Deed::ReportIn(which) => {
                    let call = calls[which];
                    match call.report_in(whistle, now) {
                        Ok(then) => calls[which] = then,
                        Err(_) => prop_assert!(call.reported_at.is_some() || whistle.ended_at.is_some()),
                    }
                }
                Deed::Minute => {
                    if let Ok(then) = whistle.minute() {
                        whistle = then;
                        minuted = true;
                    }
                }
                Deed::Close(outcome) => whistle = whistle.close(outcome, &[], now).unwrap_or(whistle),
                Deed::CallOff => whistle = whistle.call_off(now).unwrap_or(whistle),
            }
            if was.ended_at.is_some() {
                prop_assert_eq!(was, whistle, "what is over stays over");
            }
            prop_assert_eq!(whistle.outcome.is_some(), whistle.status == Status::Closed);
            let is_over = matches!(whistle.status, Status::Closed | Status::CalledOff);
            prop_assert_eq!(whistle.ended_at.is_some(), is_over);
            prop_assert!(whistle.status != Status::Closed || minuted);
            prop_assert!(whistle.status != Status::CalledOff || !minuted);
            for call in &calls {
                let told = call.punctuality(whistle, now);
                prop_assert_eq!(call.punctuality(whistle, now + TimeDelta::days(9)) == told, told != Punctuality::Awaited);
            }
        }
    }
}
