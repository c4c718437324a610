//! One token for all, replaced at most once.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

/// Answers phone calls under any token but `bad`.
fn phone_unless(asked: &Asked, bad: &str, now: DateTime<Utc>) -> Reply {
    if asked.token() == bad { Reply::errcode(40001) } else { phone_answer(now) }
}

fn noon() -> DateTime<Utc> {
    StillTime::noon().now()
}

async fn phones(clients: &[Arc<WeChat>], calls: usize) -> Vec<Result<Phone, WeChatError>> {
    let mut all = tokio::task::JoinSet::new();
    for n in 0..calls {
        let client = Arc::clone(&clients[n % clients.len()]);
        all.spawn(async move { client.phone_number(&format!("code-{n}"), OPENID).await });
    }
    all.join_all().await
}

fn most_tries_of_one_code(server: &Server) -> usize {
    let mut tries: HashMap<String, usize> = HashMap::new();
    for asked in server.asked(PHONE) {
        *tries.entry(asked.body["code"].to_string()).or_default() += 1;
    }
    tries.into_values().max().unwrap_or(0)
}

#[tokio::test]
async fn two_hundred_cold_calls_of_two_processes_fetch_one_token() {
    let time = RunningTime::start();
    let now = time.now();
    let server = Server::start(move |asked, _| match asked.path.as_str() {
        STABLE_TOKEN => Reply::token("T1").later(Duration::from_millis(150)),
        _ => phone_answer(now),
    })
    .await;
    let store: Arc<dyn TokenStore> = Arc::new(MemoryTokenStore::new(time.clone()));
    let clients = [(); 2].map(|()| Arc::new(client_with(&server, store.clone(), time.clone())));
    let ends = phones(&clients, 200).await;
    assert!(ends.iter().all(Result::is_ok));
    assert_eq!(server.count(STABLE_TOKEN), 1);
    assert_eq!(server.count(PHONE), 200);

    let asked = &server.asked(STABLE_TOKEN)[0];
    assert_eq!((asked.method.as_str(), asked.content_type.as_str()), ("POST", "application/json"));
    assert!(asked.query.is_empty());
    let expected = json!({
        "grant_type": "client_credential", "appid": APPID, "secret": SECRET, "force_refresh": false
    });
    assert_eq!(asked.body, expected);
}

#[tokio::test]
async fn a_token_killed_under_load_is_fetched_again_once_and_every_call_succeeds() {
    let time = RunningTime::start();
    let now = time.now();
    let killed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&killed);
    let server = Server::start(move |asked, _| match (asked.path.as_str(), seen.load(Ordering::SeqCst)) {
        (STABLE_TOKEN, false) => Reply::token("T1"),
        (STABLE_TOKEN, true) => Reply::token("T2").later(Duration::from_millis(100)),
        (_, true) => phone_unless(asked, "T1", now),
        (_, false) => phone_answer(now),
    })
    .await;
    let store: Arc<dyn TokenStore> = Arc::new(MemoryTokenStore::new(time.clone()));
    let clients = [(); 2].map(|()| Arc::new(client_with(&server, store.clone(), time.clone())));
    assert!(phones(&clients, 4).await.iter().all(Result::is_ok));
    killed.store(true, Ordering::SeqCst);
    let ends = phones(&clients, 100).await;
    assert!(ends.iter().all(Result::is_ok));
    assert_eq!(server.count(STABLE_TOKEN), 2);
    assert_eq!(server.forced(), 0);
    assert!(most_tries_of_one_code(&server) <= 3, "one of the first four, then a refusal and a retry");
}

#[tokio::test]
async fn a_token_that_wechat_insists_on_is_replaced_by_force() {
    let server = Server::start(|asked, _| match asked.path.as_str() {
        STABLE_TOKEN if asked.body["force_refresh"] == true => Reply::token("T2"),
        STABLE_TOKEN => Reply::token("T1"),
        _ => phone_unless(asked, "T1", noon()),
    })
    .await;
    let client = client(&server, StillTime::noon());
    client.phone_number("code", OPENID).await.unwrap();
    assert_eq!((server.count(STABLE_TOKEN), server.forced(), server.count(PHONE)), (3, 1, 2));
}

#[tokio::test]
async fn a_token_that_stays_bad_costs_few_calls_and_ends_in_an_error() {
    let server = Server::start(|asked, _| match asked.path.as_str() {
        STABLE_TOKEN => Reply::token("T1"),
        _ => Reply::errcode(42001),
    })
    .await;
    let clients = [Arc::new(client(&server, StillTime::noon()))];
    for end in phones(&clients, 50).await {
        assert!(matches!(end, Err(WeChatError::Token { .. })), "{end:?}");
    }
    assert_eq!(server.forced(), 1);
    assert_eq!(server.count(STABLE_TOKEN), 3, "the first, the second asking, the force");
    assert_eq!(most_tries_of_one_code(&server), 1);
}

#[tokio::test]
async fn a_process_does_not_ask_again_what_another_has_just_asked() {
    let time = RunningTime::start();
    let now = time.now();
    let server = Server::start(move |asked, _| match asked.path.as_str() {
        STABLE_TOKEN => Reply::token("T1"),
        _ if asked.body["code"] == "first" => phone_answer(now),
        _ => Reply::errcode(40001).later(Duration::from_millis(100)),
    })
    .await;
    let store: Arc<dyn TokenStore> = Arc::new(MemoryTokenStore::new(time.clone()));
    let clients = [(); 2].map(|()| Arc::new(client_with(&server, store.clone(), time.clone())));
    clients[0].phone_number("first", OPENID).await.unwrap();
    for end in phones(&clients, 2).await {
        assert!(matches!(end, Err(WeChatError::Token { .. })), "{end:?}");
    }
    assert_eq!((server.count(STABLE_TOKEN), server.forced()), (3, 1));
}

/// A store whose first look at it comes just before another process's token.
struct LateStore {
    store: Arc<dyn TokenStore>,
    looked: AtomicBool,
}

#[async_trait]
impl TokenStore for LateStore {
    async fn get(&self, key: &str) -> Result<Option<String>, StoreDown> {
        if self.looked.swap(true, Ordering::SeqCst) { self.store.get(key).await } else { Ok(None) }
    }
    async fn put(&self, key: &str, value: &str, life: Duration) -> Result<(), StoreDown> {
        self.store.put(key, value, life).await
    }
    async fn put_if_absent(&self, key: &str, value: &str, life: Duration) -> Result<bool, StoreDown> {
        self.store.put_if_absent(key, value, life).await
    }
    async fn delete_if_equal(&self, key: &str, value: &str) -> Result<bool, StoreDown> {
        self.store.delete_if_equal(key, value).await
    }
    async fn increment(&self, key: &str, life: Duration) -> Result<u64, StoreDown> {
        self.store.increment(key, life).await
    }
}

#[tokio::test]
async fn who_gets_the_lock_looks_again_before_asking() {
    let time = StillTime::noon();
    let server = Server::start(|asked, _| match asked.path.as_str() {
        STABLE_TOKEN => Reply::token("T1"),
        _ => phone_answer(noon()),
    })
    .await;
    let store: Arc<dyn TokenStore> = Arc::new(MemoryTokenStore::new(time.clone()));
    client_with(&server, store.clone(), time.clone()).phone_number("one", OPENID).await.unwrap();
    let late = Arc::new(LateStore { store, looked: AtomicBool::new(false) });
    client_with(&server, late, time).phone_number("two", OPENID).await.unwrap();
    assert_eq!(server.count(STABLE_TOKEN), 1);
}

#[tokio::test]
async fn force_is_used_at_most_twenty_times_a_day_and_thirty_seconds_apart() {
    let server = Server::start(|asked, _| match asked.path.as_str() {
        STABLE_TOKEN => Reply::token("T1"),
        _ => Reply::errcode(40014),
    })
    .await;
    let time = StillTime::noon();
    let client = client(&server, time.clone());
    for _ in 0..3 {
        client.phone_number("code", OPENID).await.unwrap_err();
        time.advance(1);
    }
    assert_eq!(server.forced(), 1);
    for _ in 0..30 {
        time.advance(31);
        client.phone_number("code", OPENID).await.unwrap_err();
    }
    assert_eq!(server.forced(), 20);
    time.advance(24 * 3600);
    client.phone_number("code", OPENID).await.unwrap_err();
    assert_eq!(server.forced(), 21, "a new day");
}

#[tokio::test]
async fn a_used_up_quota_of_force_does_not_close_the_token() {
    let time = StillTime::noon();
    let good = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&good);
    let server = Server::start(move |asked, _| match asked.path.as_str() {
        STABLE_TOKEN if asked.body["force_refresh"] == true => Reply::errcode(45009),
        STABLE_TOKEN => Reply::token(if seen.load(Ordering::SeqCst) { "T2" } else { "T1" }),
        _ => phone_unless(asked, "T1", noon()),
    })
    .await;
    let client = client(&server, time.clone());
    let end = client.phone_number("code", OPENID).await;
    assert!(matches!(end, Err(WeChatError::Quota { code: 45009, .. })), "{end:?}");
    good.store(true, Ordering::SeqCst);
    client.phone_number("code", OPENID).await.unwrap();
}

#[tokio::test]
async fn a_token_that_another_process_replaced_is_not_replaced_again() {
    let time = StillTime::noon();
    let store: Arc<dyn TokenStore> = Arc::new(MemoryTokenStore::new(time.clone()));
    let server = Server::start(|asked, before| match asked.path.as_str() {
        STABLE_TOKEN => Reply::token(if before == 0 { "T1" } else { "T2" }),
        _ if asked.body["code"] == "slow" => {
            phone_unless(asked, "T1", noon()).later(Duration::from_millis(150))
        }
        _ => phone_unless(asked, "T1", noon()),
    })
    .await;
    let clients = [(); 2].map(|()| Arc::new(client_with(&server, store.clone(), time.clone())));
    let slow = tokio::spawn({
        let client = Arc::clone(&clients[0]);
        async move { client.phone_number("slow", OPENID).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    clients[1].phone_number("quick", OPENID).await.unwrap();
    slow.await.unwrap().unwrap();
    assert_eq!(server.count(STABLE_TOKEN), 2);
}

#[tokio::test]
async fn a_life_counts_from_the_start_of_the_fetch_less_a_margin() {
    let time = StillTime::noon();
    let moved = Arc::clone(&time);
    let server = Server::start(move |asked, _| match asked.path.as_str() {
        STABLE_TOKEN => {
            moved.advance(40);
            Reply::token("T1")
        }
        _ => phone_answer(moved.now()),
    })
    .await;
    let client = client(&server, time.clone());
    client.phone_number("code", OPENID).await.unwrap();
    time.advance(7140 - 40 - 1);
    client.phone_number("code", OPENID).await.unwrap();
    assert_eq!(server.count(STABLE_TOKEN), 1);
    time.advance(1);
    client.phone_number("code", OPENID).await.unwrap();
    assert_eq!(server.count(STABLE_TOKEN), 2);
}

#[tokio::test]
async fn of_a_short_life_three_quarters_are_used() {
    let time = StillTime::noon();
    let server = Server::start(|asked, _| match asked.path.as_str() {
        STABLE_TOKEN => Reply::json(&json!({ "access_token": "T1", "expires_in": "40" })),
        _ => phone_answer(noon()),
    })
    .await;
    let client = client(&server, time.clone());
    for (seconds, fetches) in [(0, 1), (29, 1), (1, 2)] {
        time.advance(seconds);
        client.phone_number("code", OPENID).await.unwrap();
        assert_eq!(server.count(STABLE_TOKEN), fetches);
    }
}

#[tokio::test]
async fn who_waits_too_long_for_another_process_fetches_for_itself() {
    let time = StillTime::noon();
    let store = Arc::new(MemoryTokenStore::new(time.clone()));
    let lock = format!("{{wx:{APPID}}}:stable_at:lock");
    assert_eq!(store.put_if_absent(&lock, "another", Duration::from_secs(10)).await, Ok(true));
    let server = Server::start(|asked, _| match asked.path.as_str() {
        STABLE_TOKEN => Reply::token("T1"),
        _ => phone_answer(noon()),
    })
    .await;
    let client = client_with(&server, store.clone(), time.clone());
    client.phone_number("code", OPENID).await.unwrap();
    let waited: Duration = time.slept().iter().sum();
    assert_eq!(waited, Duration::from_secs(2));
    assert_eq!(store.get(&lock).await, Ok(Some("another".to_owned())), "its lock is not ours to release");
}

struct DownStore;

#[async_trait]
impl TokenStore for DownStore {
    async fn get(&self, _: &str) -> Result<Option<String>, StoreDown> {
        Err(StoreDown)
    }
    async fn put(&self, _: &str, _: &str, _: Duration) -> Result<(), StoreDown> {
        Err(StoreDown)
    }
    async fn put_if_absent(&self, _: &str, _: &str, _: Duration) -> Result<bool, StoreDown> {
        Err(StoreDown)
    }
    async fn delete_if_equal(&self, _: &str, _: &str) -> Result<bool, StoreDown> {
        Err(StoreDown)
    }
    async fn increment(&self, _: &str, _: Duration) -> Result<u64, StoreDown> {
        Err(StoreDown)
    }
}

#[tokio::test]
async fn without_its_store_a_process_keeps_its_own_token_and_never_forces() {
    let server = Server::start(|asked, _| match asked.path.as_str() {
        STABLE_TOKEN => Reply::token("T1"),
        _ if asked.body["code"] == "bad" => Reply::errcode(40001),
        _ => phone_answer(noon()),
    })
    .await;
    let client = client_with(&server, Arc::new(DownStore), StillTime::noon());
    client.phone_number("one", OPENID).await.unwrap();
    client.phone_number("two", OPENID).await.unwrap();
    assert_eq!(server.count(STABLE_TOKEN), 1);
    let end = client.phone_number("bad", OPENID).await;
    assert!(matches!(end, Err(WeChatError::Token { .. })), "{end:?}");
    assert_eq!((server.count(STABLE_TOKEN), server.forced()), (2, 0));
}

#[tokio::test]
async fn a_wrong_secret_fails_loudly_and_at_once() {
    for code in [40001, 40125, 40164, 40243, 89503] {
        let server = Server::start(move |_, _| Reply::errcode(code)).await;
        let client = client(&server, StillTime::noon());
        let end = client.phone_number("code", OPENID).await.unwrap_err();
        assert_eq!(end.class(), Class::Config, "{code}");
        assert_eq!((server.count(STABLE_TOKEN), server.count(PHONE)), (1, 0), "{code}");
    }
}

#[tokio::test]
async fn a_busy_token_call_is_tried_three_times_ever_more_slowly() {
    let time = StillTime::noon();
    let server = Server::start(|_, _| Reply::errcode(-1)).await;
    let client = client(&server, time.clone());
    let end = client.phone_number("code", OPENID).await.unwrap_err();
    assert!(matches!(end, WeChatError::Busy { rid: Some(_) }), "{end:?}");
    assert_eq!(server.count(STABLE_TOKEN), 3);
    let slept = time.slept();
    assert_eq!(slept.len(), 2);
    for (waited, base) in slept.iter().zip([1000, 2000]) {
        let base = Duration::from_millis(base);
        assert!((base..base + Duration::from_millis(500)).contains(waited), "{slept:?}");
    }
}

#[tokio::test]
async fn a_call_whose_token_could_not_be_fetched_was_not_made() {
    for reply in [|| Reply::HangUp, || Reply::Broken, || Reply::status(502), || Reply::text("a", "nonsense")]
    {
        let server = Server::start(move |_, _| reply()).await;
        let client = client(&server, StillTime::noon());
        let end = client.phone_number("code", OPENID).await.unwrap_err();
        assert_eq!(end, WeChatError::Unreachable(Delivery::NotSent));
        assert_eq!(server.count(STABLE_TOKEN), 3);
    }
}

#[tokio::test]
async fn two_apps_in_one_store_have_two_tokens() {
    let time = StillTime::noon();
    let store: Arc<dyn TokenStore> = Arc::new(MemoryTokenStore::new(time.clone()));
    let server = Server::start(|asked, _| match asked.path.as_str() {
        STABLE_TOKEN => Reply::token(asked.body["appid"].as_str().unwrap()),
        _ => Reply::errcode(40029),
    })
    .await;
    for appid in [APPID, "wxfedcba9876543210"] {
        let mut settings = settings(&server.url);
        settings.appid = appid.to_owned();
        let client = WeChat::new(settings, store.clone(), time.clone(), chance()).unwrap();
        client.phone_number("code", OPENID).await.unwrap_err();
    }
    let tokens: Vec<String> = server.asked(PHONE).iter().map(|asked| asked.token().to_owned()).collect();
    assert_eq!(tokens, [APPID, "wxfedcba9876543210"]);
}
