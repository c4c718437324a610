//! What goes on while the store is down, and how it ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::super::{
    Address, Admission, Bucket, Caller, Closing, Deed, Gate, GateDown, Memory, Redis, Resilient, Session,
    Sid, Source, Standing,
};
use super::server::{Kind, Server};
use super::{after, fresh_id, guest, member, minute, nine, session};

/// A store that can be switched off.
#[derive(Default)]
struct Switched {
    store: Memory,
    off: AtomicBool,
}

impl Switched {
    fn asked(&self) -> Result<&Memory, GateDown> {
        if self.off.load(Ordering::Relaxed) { Err(GateDown::Unreachable) } else { Ok(&self.store) }
    }
}

#[async_trait]
impl Gate for Arc<Switched> {
    async fn admit(
        &self,
        caller: &Caller,
        buckets: &[Bucket],
        now: DateTime<Utc>,
    ) -> Result<Admission, GateDown> {
        self.asked()?.admit(caller, buckets, now).await
    }
    async fn open(&self, session: &Session, now: DateTime<Utc>) -> Result<(), GateDown> {
        self.asked()?.open(session, now).await
    }
    async fn close(&self, person: Uuid, sid: Sid, now: DateTime<Utc>) -> Result<Closing, GateDown> {
        self.asked()?.close(person, sid, now).await
    }
    async fn sessions_of(&self, person: Uuid, now: DateTime<Utc>) -> Result<Vec<Session>, GateDown> {
        self.asked()?.sessions_of(person, now).await
    }
    async fn close_all(
        &self,
        person: Uuid,
        except: Option<Sid>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Sid>, GateDown> {
        self.asked()?.close_all(person, except, now).await
    }
    async fn ping(&self) -> Result<(), GateDown> {
        self.asked()?.ping().await
    }
}

/// A gate, and the switch of the store behind it.
fn switched() -> (Resilient<Arc<Switched>>, impl Fn(bool)) {
    let store = Arc::new(Switched::default());
    let gate = Resilient::new(store.clone());
    (gate, move |on: bool| store.off.store(!on, Ordering::Relaxed))
}

async fn standing(gate: &dyn Gate, session: &Session, now: DateTime<Utc>) -> Standing {
    gate.admit(&member(session), &[], now).await.unwrap().standing
}

#[tokio::test]
async fn a_session_seen_a_moment_ago_may_read_but_not_write() {
    let (gate, switch) = switched();
    let phone = session(fresh_id(), "phone");
    gate.open(&phone, nine()).await.unwrap();
    standing(&gate, &phone, after(1)).await;
    switch(false);
    let found = standing(&gate, &phone, after(61)).await;
    let seen = Session { last_used_at: after(1), ..phone.clone() };
    assert_eq!(found, Standing::Unknown { seen: Some(seen) });
    assert!(found.vouches_for(Deed::Read));
    assert!(!found.vouches_for(Deed::Write));
    assert_eq!(standing(&gate, &phone, after(62)).await, Standing::Unknown { seen: None });
}

#[tokio::test]
async fn a_session_closed_elsewhere_cannot_write_while_the_store_is_down() {
    let store = Arc::new(Switched::default());
    let (here, there) = (Resilient::new(store.clone()), Resilient::new(store.clone()));
    let phone = session(fresh_id(), "phone");
    here.open(&phone, nine()).await.unwrap();
    standing(&here, &phone, nine()).await;
    there.close(phone.person, phone.sid, nine()).await.unwrap();
    store.off.store(true, Ordering::Relaxed);
    assert!(!standing(&here, &phone, nine()).await.vouches_for(Deed::Write));
}

#[tokio::test]
async fn a_session_known_to_be_closed_stays_closed() {
    let (gate, switch) = switched();
    let person = fresh_id();
    let [one, other, found_closed, expiring] = ["a", "b", "c", "d"].map(|device| session(person, device));
    let expiring = Session { expires_at: after(30), ..expiring };
    for opened in [&one, &other, &expiring] {
        gate.open(opened, nine()).await.unwrap();
        standing(&gate, opened, nine()).await;
    }
    gate.close(person, one.sid, nine()).await.unwrap();
    gate.close_all(person, Some(expiring.sid), nine()).await.unwrap();
    standing(&gate, &found_closed, nine()).await;
    switch(false);
    for closed in [&one, &other, &found_closed] {
        assert_eq!(standing(&gate, closed, after(1)).await, Standing::Closed, "{}", closed.device);
    }
    assert_eq!(standing(&gate, &expiring, after(30)).await, Standing::Closed);
}

#[tokio::test]
async fn a_session_is_not_lent_to_another_person() {
    let (gate, switch) = switched();
    let phone = session(fresh_id(), "phone");
    gate.open(&phone, nine()).await.unwrap();
    standing(&gate, &phone, nine()).await;
    switch(false);
    let stranger = Session { person: fresh_id(), ..phone };
    assert_eq!(standing(&gate, &stranger, nine()).await, Standing::Unknown { seen: None });
}

#[tokio::test]
async fn limits_go_on_without_the_store() {
    let (gate, switch) = switched();
    switch(false);
    let phone = session(fresh_id(), "phone");
    for caller in [guest(), member(&phone)] {
        let ask = || gate.admit(&caller, std::slice::from_ref(&ONCE), nine());
        let first = ask().await.unwrap();
        assert_eq!(first.source, Source::StandIn);
        assert!(first.refusal().is_none());
        assert_eq!(ask().await.unwrap().refusal().unwrap().retry_after, Duration::from_mins(1));
    }
}

const ONCE: Bucket = Bucket {
    key: std::borrow::Cow::Borrowed("once"),
    rate: super::Rate { burst: std::num::NonZeroU32::MIN, per: Duration::from_mins(1) },
    cost: 1,
};

#[tokio::test]
async fn sessions_are_not_opened_closed_or_listed_without_the_store() {
    let (gate, switch) = switched();
    let phone = session(fresh_id(), "phone");
    switch(false);
    assert_eq!(gate.open(&phone, nine()).await, Err(GateDown::Unreachable));
    assert_eq!(gate.close(phone.person, phone.sid, nine()).await, Err(GateDown::Unreachable));
    assert_eq!(gate.close_all(phone.person, None, nine()).await, Err(GateDown::Unreachable));
    assert_eq!(gate.sessions_of(phone.person, nine()).await, Err(GateDown::Unreachable));
    assert_eq!(gate.ping().await, Err(GateDown::Unreachable));
    switch(true);
    assert_eq!(gate.open(&phone, nine()).await, Ok(()));
    assert_eq!(standing(&gate, &phone, nine()).await, Standing::Open(phone));
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn going_down_and_coming_back_is_said_once_and_counted() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    // With a single subscriber alive, tracing takes what another test's thread thinks of a line (nothing) for
    // what all think of it.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let subscriber = tracing::Dispatch::new(subscriber);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let phone = session(fresh_id(), "phone");
    tracing::dispatcher::with_default(&subscriber, || {
        metrics::with_local_recorder(&recorder, || {
            runtime.block_on(async {
                let (gate, switch) = switched();
                let metrics = || recorder.handle().render();
                assert!(metrics().contains("gate_up 1") && metrics().contains("gate_fallbacks_total 0"));
                switch(false);
                for second in 0..3 {
                    standing(&gate, &phone, after(second)).await;
                }
                assert!(metrics().contains("gate_up 0") && metrics().contains("gate_fallbacks_total 3"));
                switch(true);
                for second in 3..6 {
                    standing(&gate, &phone, after(second)).await;
                }
                assert!(metrics().contains("gate_up 1") && metrics().contains("gate_fallbacks_total 3"));
            });
        });
    });
    let lines = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert_eq!(lines.lines().count(), 2, "{lines}");
    assert!(lines.contains("store is down") && lines.contains("answers again"), "{lines}");
    assert!(
        !lines.contains(&phone.sid.0.to_string()) && !lines.contains(&phone.person.to_string()),
        "{lines}"
    );
}

// Real servers from here on.

/// No call may keep anybody waiting for longer, whatever happens to Redis.
const PATIENCE: Duration = Duration::from_millis(300);

/// Asks once, and insists on an answer in time.
async fn prompt(gate: &dyn Gate, caller: &Caller) -> Admission {
    let began = Instant::now();
    let admission = gate.admit(caller, &[minute("read", 1_000_000)], nine()).await.unwrap();
    let took = began.elapsed();
    assert!(took < PATIENCE, "an answer took {took:?}");
    admission
}

/// Asks until the store itself answers.
async fn recovers(gate: &dyn Gate) {
    let began = Instant::now();
    while prompt(gate, &guest()).await.source == Source::StandIn {
        assert!(began.elapsed() < Duration::from_secs(10), "it did not recover");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Signs in, trying again as a person would.
async fn opens(gate: &dyn Gate, session: &Session) {
    while gate.open(session, nine()).await.is_err() {
        recovers(gate).await;
    }
}

async fn survives_a_kill(kind: Kind, test: &str) {
    let Some(mut server) = Server::start(kind, test) else { return };
    let gate = Arc::new(server.resilient().await);
    let phone = session(fresh_id(), "phone");
    opens(&*gate, &phone).await;
    let stop = Arc::new(AtomicBool::new(false));
    let askers: Vec<_> = (0..16)
        .map(|_| {
            let (gate, caller, stop) = (gate.clone(), member(&phone), stop.clone());
            tokio::spawn(async move {
                let (mut shared, mut alone) = (0_u64, 0_u64);
                while !stop.load(Ordering::Relaxed) {
                    let admission = prompt(&*gate, &caller).await;
                    match admission.source {
                        Source::Store => shared += 1,
                        Source::StandIn => {
                            assert!(!admission.standing.vouches_for(Deed::Write));
                            assert!(admission.standing.vouches_for(Deed::Read));
                            alone += 1;
                        }
                    }
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
                (shared, alone)
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(150)).await;
    server.kill();
    tokio::time::sleep(Duration::from_millis(600)).await;
    let began = Instant::now();
    assert!(gate.open(&session(fresh_id(), "new phone"), nine()).await.is_err());
    assert!(began.elapsed() < PATIENCE);
    stop.store(true, Ordering::Relaxed);
    for asker in askers {
        let (shared, alone) = asker.await.unwrap();
        assert!(shared > 0 && alone > 0, "{shared} answers before, {alone} after");
    }

    server.restart();
    recovers(&*gate).await;
    // Redis kept nothing, and that is allowed: people sign in again.
    assert_eq!(standing(&*gate, &phone, nine()).await, Standing::Closed);
    opens(&*gate, &phone).await;
    assert_eq!(standing(&*gate, &phone, nine()).await, Standing::Open(phone));
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_survive_a_redis_killed_in_mid_flight() {
    survives_a_kill(Kind::Single, "reads_survive_a_redis_killed_in_mid_flight").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_survive_a_cluster_killed_in_mid_flight() {
    survives_a_kill(Kind::Cluster, "reads_survive_a_cluster_killed_in_mid_flight").await;
}

async fn survives_a_freeze(kind: Kind, test: &str) {
    let Some(server) = Server::start(kind, test) else { return };
    let gate = server.resilient().await;
    recovers(&gate).await;
    server.freeze();
    assert_eq!(prompt(&gate, &guest()).await.source, Source::StandIn);
    let began = Instant::now();
    for _ in 0..100 {
        assert_eq!(prompt(&gate, &guest()).await.source, Source::StandIn);
    }
    assert!(began.elapsed() < PATIENCE, "nobody waits for a store that is known to be down");
    assert_eq!(gate.ping().await, Err(GateDown::Resting));
    server.thaw();
    recovers(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_redis_that_hangs() {
    survives_a_freeze(Kind::Single, "nobody_waits_for_a_redis_that_hangs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_cluster_that_hangs() {
    survives_a_freeze(Kind::Cluster, "nobody_waits_for_a_cluster_that_hangs").await;
}

async fn waits_for_a_late_redis(kind: Kind, test: &str) {
    let Some(mut server) = Server::start(kind, test) else { return };
    server.kill();
    let gate = server.resilient().await;
    assert_eq!(prompt(&gate, &guest()).await.source, Source::StandIn);
    server.restart();
    recovers(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_may_start_before_redis() {
    waits_for_a_late_redis(Kind::Single, "it_may_start_before_redis").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_may_start_before_the_cluster() {
    waits_for_a_late_redis(Kind::Cluster, "it_may_start_before_the_cluster").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_restarted_between_two_calls_goes_unnoticed() {
    let Some(mut server) = Server::start(Kind::Single, "a_redis_restarted_between_two_calls_goes_unnoticed")
    else {
        return;
    };
    let gate = server.gate().await;
    assert_eq!(gate.ping().await, Ok(()));
    server.kill();
    server.restart();
    assert_eq!(gate.ping().await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_refuses_writes_counts_as_down() {
    let Some(server) = Server::start(Kind::Single, "a_redis_that_refuses_writes_counts_as_down") else {
        return;
    };
    let gate = Resilient::new(server.gate().await);
    server.say("CONFIG SET maxmemory 1").unwrap();
    assert_eq!(gate.open(&session(fresh_id(), "phone"), nine()).await, Err(GateDown::Refused));
    assert_eq!(prompt(&gate, &guest()).await.source, Source::StandIn);
    server.say("CONFIG SET maxmemory 0").unwrap();
    recovers(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_forgets_the_scripts_is_taught_again() {
    let Some(server) = Server::start(Kind::Single, "a_redis_that_forgets_the_scripts_is_taught_again") else {
        return;
    };
    let gate = server.gate().await;
    gate.admit(&guest(), &[ONCE], nine()).await.unwrap();
    server.say("SCRIPT FLUSH").unwrap();
    gate.admit(&guest(), &[ONCE], nine()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_used_and_never_repeated() {
    let Some(server) = Server::start(Kind::Single, "a_password_is_used_and_never_repeated") else { return };
    server.say("CONFIG SET requirepass open-sesame").unwrap();
    let with_login = |login: &str| server.url().replace("redis://", &format!("redis://{login}"));
    let reach = async |login: &str| {
        let gate = Redis::connect(&Address::parse(&with_login(login)).unwrap(), "linli").await.unwrap();
        gate.ping().await
    };
    assert_eq!(reach(":open-sesame@").await, Ok(()));
    assert!(reach(":wrong@").await.is_err());
    assert!(reach("").await.is_err());
}

#[test]
fn addresses_are_read_and_bad_ones_not_repeated() {
    for good in [
        "redis://localhost",
        "redis://user:pass@redis.example:6380/2",
        "rediss://redis.example",
        "redis+unix:///run/redis.sock",
        "redis+cluster://:pass@a.example:7000,b.example:7001, c.example",
        "rediss+cluster://a.example",
        "redis://a.example:7000,redis://b.example:7000",
    ] {
        assert!(Address::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "localhost:6379",
        "http://:secret@localhost",
        "http+cluster://secret",
        "redis+cluster://",
        "redis://a,secret",
    ] {
        let error = Address::parse(bad).err().unwrap_or_else(|| panic!("{bad:?} was taken"));
        assert!(!error.to_string().contains("secret"));
    }
}
