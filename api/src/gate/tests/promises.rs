//! One list of promises, kept by every gate.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::super::{
    Admission, Closing, Deed, Gate, Memory, Redis, Resilient, SESSIONS_PER_PERSON, Session, Sid, Source,
    Standing, gcra,
};
use super::server::{Kind, Server};
use super::{Bucket, after, ask, bucket, fresh_id, guest, member, minute, nine, session};

type World = Arc<dyn Gate>;
type Promise = (&'static str, fn(World) -> BoxFuture<'static, ()>);

macro_rules! promises {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), |world| $name(world).boxed())),*] };
}

const PROMISES: &[Promise] = promises![
    a_guest_has_no_session,
    an_open_session_is_found_with_all_it_holds,
    a_session_that_was_never_opened_is_closed,
    a_session_of_someone_else_is_closed,
    each_use_is_noted,
    a_late_request_does_not_turn_last_use_back,
    a_session_ends_when_it_expires,
    a_closed_session_is_closed_for_the_next_request,
    closing_twice_says_so,
    sessions_are_listed_the_last_used_first,
    closing_all_keeps_the_one_in_hand,
    closing_all_can_keep_none,
    opening_too_many_closes_the_one_unused_longest,
    opening_again_replaces,
    a_limit_refuses_and_recovers,
    looking_costs_nothing,
    a_cost_above_the_burst_counts_as_the_burst,
    callers_do_not_share_limits,
    sessions_of_a_person_share_limits,
    a_closed_session_takes_from_nobody,
    no_bucket_no_verdict,
    all_buckets_are_taken_from_or_none,
    sixty_four_at_once_get_exactly_what_there_is,
    closing_one_does_not_close_what_others_open_meanwhile,
    verdicts_are_those_of_the_pure_rule,
    it_answers_a_ping,
];

/// Asks every promise and names all that were broken.
async fn keeps_its_promises(world: World) {
    let mut broken = Vec::new();
    for (name, promise) in PROMISES {
        if tokio::spawn(promise(world.clone())).await.is_err() {
            broken.push(*name);
        }
    }
    assert!(broken.is_empty(), "broken: {broken:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_keeps_its_promises() {
    keeps_its_promises(Arc::new(Memory::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resilient_gate_keeps_its_promises() {
    keeps_its_promises(Arc::new(Resilient::new(Memory::new()))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_keeps_its_promises() {
    let Some(server) = Server::start(Kind::Single, "redis_keeps_its_promises") else { return };
    keeps_its_promises(Arc::new(server.gate().await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resilient_redis_keeps_its_promises() {
    let Some(server) = Server::start(Kind::Single, "a_resilient_redis_keeps_its_promises") else { return };
    keeps_its_promises(Arc::new(Resilient::new(server.gate().await))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_cluster_keeps_its_promises() {
    let Some(server) = Server::start(Kind::Cluster, "a_redis_cluster_keeps_its_promises") else { return };
    keeps_its_promises(Arc::new(server.gate().await)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_keeps_its_promises_over_tls() {
    let Some(server) = Server::start(Kind::Tls, "redis_keeps_its_promises_over_tls") else { return };
    // As the first line of the program does; another test may have been first.
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let address = server.address();
    let stranger = Redis::connect(&address, "linli").await.unwrap();
    assert!(stranger.ping().await.is_err(), "it trusted an authority that it does not know");
    let gate = Redis::connect(&address.trusting(server.authority()), "linli").await.unwrap();
    keeps_its_promises(Arc::new(gate)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_one_redis() {
    let Some(server) = Server::start(Kind::Single, "two_processes_share_one_redis") else { return };
    let address = server.address();
    let here = Redis::connect(&address, "linli").await.unwrap();
    let there = Redis::connect(&address, "linli").await.unwrap();
    let phone = session(fresh_id(), "phone");
    here.open(&phone, nine()).await.unwrap();
    assert!(matches!(standing(&there, &phone).await, Standing::Open(_)));
    there.close(phone.person, phone.sid, nine()).await.unwrap();
    assert_eq!(standing(&here, &phone).await, Standing::Closed);

    let caller = guest();
    assert!(ask(&here, &caller, &minute("once", 1), nine()).await.allowed);
    assert!(!ask(&there, &caller, &minute("once", 1), nine()).await.allowed);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_in_redis_expires() {
    let Some(server) = Server::start(Kind::Single, "everything_in_redis_expires") else { return };
    let gate = server.gate().await;
    let phone = session(fresh_id(), "phone");
    gate.open(&phone, nine()).await.unwrap();
    gate.admit(&member(&phone), &[minute("read", 60)], nine()).await.unwrap();
    let info = server.say("INFO keyspace").unwrap();
    assert!(info.contains("keys=2,expires=2"), "{info}");
}

async fn standing(gate: &dyn Gate, session: &Session) -> Standing {
    gate.admit(&member(session), &[], nine()).await.unwrap().standing
}

async fn opened(gate: &dyn Gate, device: &str) -> Session {
    let session = session(fresh_id(), device);
    gate.open(&session, nine()).await.unwrap();
    session
}

async fn a_guest_has_no_session(gate: World) {
    let admission = gate.admit(&guest(), &[minute("read", 5)], nine()).await.unwrap();
    assert_eq!(admission.standing, Standing::Guest);
    assert_eq!(admission.source, Source::Store);
    assert!(!admission.standing.vouches_for(Deed::Read));
}

async fn an_open_session_is_found_with_all_it_holds(gate: World) {
    let phone = opened(&*gate, "王的手机 | \"13\" {x}\nsecond line").await;
    let found = standing(&*gate, &phone).await;
    assert_eq!(found, Standing::Open(phone));
    assert!(found.vouches_for(Deed::Read) && found.vouches_for(Deed::Write));
}

async fn a_session_that_was_never_opened_is_closed(gate: World) {
    let found = standing(&*gate, &session(fresh_id(), "phone")).await;
    assert_eq!(found, Standing::Closed);
    assert!(!found.vouches_for(Deed::Read));
}

async fn a_session_of_someone_else_is_closed(gate: World) {
    let phone = opened(&*gate, "phone").await;
    let stranger = Session { person: fresh_id(), ..phone.clone() };
    assert_eq!(standing(&*gate, &stranger).await, Standing::Closed);
    assert_eq!(gate.close(stranger.person, phone.sid, nine()).await, Ok(Closing::WasNotOpen));
    assert!(matches!(standing(&*gate, &phone).await, Standing::Open(_)));
}

async fn each_use_is_noted(gate: World) {
    let phone = opened(&*gate, "phone").await;
    let later = after(61);
    let Standing::Open(found) = gate.admit(&member(&phone), &[], later).await.unwrap().standing else {
        panic!("closed")
    };
    assert_eq!(found.last_used_at, later);
    let listed = gate.sessions_of(phone.person, later).await.unwrap();
    assert_eq!(listed, [Session { last_used_at: later, ..phone }]);
}

async fn a_late_request_does_not_turn_last_use_back(gate: World) {
    let phone = opened(&*gate, "phone").await;
    gate.admit(&member(&phone), &[], after(10)).await.unwrap();
    gate.admit(&member(&phone), &[], after(9)).await.unwrap();
    assert_eq!(gate.sessions_of(phone.person, after(10)).await.unwrap()[0].last_used_at, after(10));
}

async fn a_session_ends_when_it_expires(gate: World) {
    let phone = Session { expires_at: after(100), ..session(fresh_id(), "phone") };
    gate.open(&phone, nine()).await.unwrap();
    let caller = member(&phone);
    assert!(matches!(gate.admit(&caller, &[], after(99)).await.unwrap().standing, Standing::Open(_)));
    assert_eq!(gate.admit(&caller, &[], after(100)).await.unwrap().standing, Standing::Closed);
    assert_eq!(gate.sessions_of(phone.person, after(100)).await.unwrap(), []);
    assert_eq!(gate.close(phone.person, phone.sid, after(100)).await, Ok(Closing::WasNotOpen));
}

async fn a_closed_session_is_closed_for_the_next_request(gate: World) {
    let phone = opened(&*gate, "phone").await;
    assert_eq!(gate.close(phone.person, phone.sid, nine()).await, Ok(Closing::Closed));
    assert_eq!(standing(&*gate, &phone).await, Standing::Closed);
    assert_eq!(gate.sessions_of(phone.person, nine()).await, Ok(vec![]));
}

async fn closing_twice_says_so(gate: World) {
    let phone = opened(&*gate, "phone").await;
    assert_eq!(gate.close(phone.person, phone.sid, nine()).await, Ok(Closing::Closed));
    assert_eq!(gate.close(phone.person, phone.sid, nine()).await, Ok(Closing::WasNotOpen));
}

/// Opens as many sessions for one person, each last used a second after the one before.
async fn devices(gate: &dyn Gate, count: usize) -> Vec<Session> {
    let person = fresh_id();
    let mut opened = Vec::new();
    for second in 0..count {
        let last_used_at = after(i64::try_from(second).unwrap());
        let device = Session { last_used_at, ..session(person, &format!("device {second}")) };
        gate.open(&device, nine()).await.unwrap();
        opened.push(device);
    }
    opened
}

async fn sessions_are_listed_the_last_used_first(gate: World) {
    let mut devices = devices(&*gate, 3).await;
    devices.reverse();
    assert_eq!(gate.sessions_of(devices[0].person, nine()).await, Ok(devices));
}

async fn closing_all_keeps_the_one_in_hand(gate: World) {
    let devices = devices(&*gate, 3).await;
    let person = devices[0].person;
    let mut closed = gate.close_all(person, Some(devices[1].sid), nine()).await.unwrap();
    closed.sort();
    assert_eq!(closed, [devices[0].sid, devices[2].sid]);
    assert_eq!(gate.sessions_of(person, nine()).await, Ok(vec![devices[1].clone()]));
    assert_eq!(standing(&*gate, &devices[2]).await, Standing::Closed);
}

async fn closing_all_can_keep_none(gate: World) {
    let devices = devices(&*gate, 3).await;
    assert_eq!(gate.close_all(devices[0].person, None, nine()).await.unwrap().len(), 3);
    assert_eq!(gate.close_all(devices[0].person, None, nine()).await, Ok(vec![]));
    assert_eq!(standing(&*gate, &devices[1]).await, Standing::Closed);
}

async fn opening_too_many_closes_the_one_unused_longest(gate: World) {
    let devices = devices(&*gate, SESSIONS_PER_PERSON + 1).await;
    assert_eq!(standing(&*gate, &devices[0]).await, Standing::Closed);
    let listed = gate.sessions_of(devices[0].person, nine()).await.unwrap();
    assert_eq!(listed.len(), SESSIONS_PER_PERSON);
    assert!(listed.contains(&devices[1]));
}

async fn opening_again_replaces(gate: World) {
    let phone = opened(&*gate, "phone").await;
    let renamed = Session { device: "tablet".to_owned(), ..phone };
    gate.open(&renamed, nine()).await.unwrap();
    assert_eq!(gate.sessions_of(renamed.person, nine()).await, Ok(vec![renamed]));
}

async fn a_limit_refuses_and_recovers(gate: World) {
    let (caller, bucket) = (guest(), minute("read", 3));
    for remaining in [2, 1, 0] {
        let verdict = ask(&*gate, &caller, &bucket, nine()).await;
        assert!(verdict.allowed);
        assert_eq!((verdict.limit, verdict.remaining), (3, remaining));
    }
    let refused = ask(&*gate, &caller, &bucket, nine()).await;
    assert!(!refused.allowed);
    assert_eq!(refused.retry_after, Duration::from_secs(20));
    assert_eq!(refused.reset_after, Duration::from_mins(1));
    assert!(!ask(&*gate, &caller, &bucket, after(19)).await.allowed);
    assert!(ask(&*gate, &caller, &bucket, after(20)).await.allowed);
    assert!(!ask(&*gate, &caller, &bucket, after(20)).await.allowed);
}

async fn looking_costs_nothing(gate: World) {
    let (caller, look) = (guest(), Bucket { cost: 0, ..minute("read", 3) });
    for _ in 0..5 {
        let verdict = ask(&*gate, &caller, &look, nine()).await;
        assert_eq!((verdict.allowed, verdict.remaining), (true, 3));
    }
}

async fn a_cost_above_the_burst_counts_as_the_burst(gate: World) {
    let (caller, heavy) = (guest(), Bucket { cost: u32::MAX, ..minute("upload", 3) });
    assert!(ask(&*gate, &caller, &heavy, nine()).await.allowed);
    let refused = ask(&*gate, &caller, &heavy, nine()).await;
    assert_eq!((refused.allowed, refused.retry_after), (false, Duration::from_mins(1)));
    assert!(ask(&*gate, &caller, &heavy, after(60)).await.allowed);
}

async fn callers_do_not_share_limits(gate: World) {
    let bucket = minute("once", 1);
    let phone = opened(&*gate, "phone").await;
    let other = opened(&*gate, "other").await;
    for caller in [guest(), guest(), member(&phone), member(&other)] {
        assert!(ask(&*gate, &caller, &bucket, nine()).await.allowed);
        assert!(!ask(&*gate, &caller, &bucket, nine()).await.allowed);
        assert!(ask(&*gate, &caller, &minute("another", 1), nine()).await.allowed);
    }
}

async fn sessions_of_a_person_share_limits(gate: World) {
    let devices = devices(&*gate, 2).await;
    assert!(ask(&*gate, &member(&devices[0]), &minute("once", 1), nine()).await.allowed);
    assert!(!ask(&*gate, &member(&devices[1]), &minute("once", 1), nine()).await.allowed);
}

async fn a_closed_session_takes_from_nobody(gate: World) {
    let devices = devices(&*gate, 2).await;
    gate.close(devices[0].person, devices[0].sid, nine()).await.unwrap();
    for _ in 0..3 {
        let admission = gate.admit(&member(&devices[0]), &[minute("once", 1)], nine()).await.unwrap();
        assert_eq!((admission.standing, admission.verdict), (Standing::Closed, None));
    }
    assert!(ask(&*gate, &member(&devices[1]), &minute("once", 1), nine()).await.allowed);
}

async fn no_bucket_no_verdict(gate: World) {
    let admission = gate.admit(&guest(), &[], nine()).await.unwrap();
    assert_eq!(admission, Admission { standing: Standing::Guest, verdict: None, source: Source::Store });
    assert!(admission.refusal().is_none());
}

async fn all_buckets_are_taken_from_or_none(gate: World) {
    let phone = opened(&*gate, "phone").await;
    let buckets = [minute("all", 10), minute("ballots", 1)];
    let first = gate.admit(&member(&phone), &buckets, nine()).await.unwrap();
    assert!(first.refusal().is_none());
    let second = gate.admit(&member(&phone), &buckets, nine()).await.unwrap();
    assert_eq!(second.refusal().unwrap().bucket, 1);
    assert_eq!(ask(&*gate, &member(&phone), &buckets[0], nine()).await.remaining, 8);
}

async fn sixty_four_at_once_get_exactly_what_there_is(gate: World) {
    let phone = opened(&*gate, "phone").await;
    let calls = (0..64).map(|_| {
        let (gate, caller) = (gate.clone(), member(&phone));
        tokio::spawn(async move { ask(&*gate, &caller, &minute("race", 20), nine()).await.allowed })
    });
    let answers = futures_util::future::join_all(calls).await;
    let let_in = answers.into_iter().filter(|allowed| *allowed.as_ref().unwrap()).count();
    assert_eq!(let_in, 20);
}

async fn closing_one_does_not_close_what_others_open_meanwhile(gate: World) {
    let person = fresh_id();
    let first = session(person, "first");
    gate.open(&first, nine()).await.unwrap();
    let others: Vec<Session> = (0..8).map(|n| session(person, &format!("other {n}"))).collect();
    let opening = others.iter().map(|other| gate.open(other, nine()));
    let (opened, closed) =
        tokio::join!(futures_util::future::join_all(opening), gate.close(person, first.sid, nine()));
    assert!(opened.iter().all(Result::is_ok));
    assert_eq!(closed, Ok(Closing::Closed));
    let mut left: Vec<Sid> =
        gate.sessions_of(person, nine()).await.unwrap().iter().map(|session| session.sid).collect();
    left.sort();
    assert_eq!(left, others.iter().map(|other| other.sid).collect::<Vec<_>>());
}

/// Random schedules of calls to two buckets; every verdict must be the pure rule's, to the microsecond.
async fn verdicts_are_those_of_the_pure_rule(gate: World) {
    let calls = prop::collection::vec((0_i64..40_000_000, 0_u32..4, 0_u32..9), 30);
    let mut runner = TestRunner::deterministic();
    for _ in 0..16 {
        let caller = guest();
        let (mut tats, mut now) = ([None, None], nine());
        for (pause, cheap, dear) in calls.new_tree(&mut runner).unwrap().current() {
            now += chrono::TimeDelta::microseconds(pause);
            let buckets = [
                Bucket { cost: cheap, ..minute("cheap", 7) },
                Bucket { cost: dear, ..bucket("dear", 11, Duration::from_micros(100_000_003)) },
            ];
            let expected = gcra::settle(&tats, &buckets, now.timestamp_micros());
            let admission = gate.admit(&caller, &buckets, now).await.unwrap();
            assert_eq!(admission.verdict, expected.verdict);
            if let Some(kept) = expected.kept {
                tats = [Some(kept[0]), Some(kept[1])];
            }
        }
    }
}

async fn it_answers_a_ping(gate: World) {
    assert_eq!(gate.ping().await, Ok(()));
}
