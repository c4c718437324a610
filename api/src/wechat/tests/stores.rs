//! What both stores must do alike.

use super::*;
use crate::gate::tests::server::{Kind, Server as Redis};

async fn keeps_the_contract(store: &dyn TokenStore, key: &str) {
    let minute = Duration::from_mins(1);
    assert_eq!(store.get(key).await, Ok(None));
    assert_eq!(store.put_if_absent(key, "a", minute).await, Ok(true));
    assert_eq!(store.put_if_absent(key, "b", minute).await, Ok(false));
    assert_eq!(store.get(key).await, Ok(Some("a".to_owned())));
    assert_eq!(store.put(key, "c", minute).await, Ok(()));
    assert_eq!(store.delete_if_equal(key, "a").await, Ok(false));
    assert_eq!(store.get(key).await, Ok(Some("c".to_owned())));
    assert_eq!(store.delete_if_equal(key, "c").await, Ok(true));
    assert_eq!(store.delete_if_equal(key, "c").await, Ok(false));
    assert_eq!(store.increment(key, minute).await, Ok(1));
    assert_eq!(store.increment(key, minute).await, Ok(2));
    assert_eq!(store.delete_if_equal(key, "2").await, Ok(true));
}

#[tokio::test]
async fn the_store_in_memory_keeps_the_contract() {
    let time = StillTime::noon();
    let store = MemoryTokenStore::new(time.clone());
    keeps_the_contract(&store, "k").await;

    store.put("k", "v", Duration::from_secs(10)).await.unwrap();
    assert_eq!(store.increment("n", Duration::from_secs(10)).await, Ok(1));
    time.advance(9);
    assert_eq!(store.get("k").await, Ok(Some("v".to_owned())));
    assert_eq!(store.increment("n", Duration::from_secs(10)).await, Ok(2));
    time.advance(1);
    assert_eq!(store.get("k").await, Ok(None));
    assert_eq!(store.increment("n", Duration::from_secs(10)).await, Ok(1));
}

async fn store_in(redis: &Redis) -> RedisTokenStore {
    RedisTokenStore::connect(&redis.address()).await.unwrap()
}

async fn the_store_keeps_the_contract_in(kind: Kind, test: &str) {
    let Some(redis) = Redis::start(kind, test) else { return };
    let store = store_in(&redis).await;
    let key = format!("{{wx:contract}}:{}", std::process::id());
    keeps_the_contract(&store, &key).await;

    store.put(&key, "v", Duration::from_millis(50)).await.unwrap();
    assert_eq!(store.increment(&format!("{key}:n"), Duration::from_millis(50)).await, Ok(1));
    tokio::time::sleep(Duration::from_millis(120)).await;
    assert_eq!(store.get(&key).await, Ok(None));
    assert_eq!(store.increment(&format!("{key}:n"), Duration::from_millis(50)).await, Ok(1));
}

#[tokio::test]
async fn the_store_in_redis_keeps_the_contract() {
    the_store_keeps_the_contract_in(Kind::Single, "the_store_in_redis_keeps_the_contract").await;
}

#[tokio::test]
async fn the_store_in_a_redis_cluster_keeps_the_contract() {
    the_store_keeps_the_contract_in(Kind::Cluster, "the_store_in_a_redis_cluster_keeps_the_contract").await;
}

#[tokio::test]
async fn processes_that_share_redis_fetch_one_token() {
    let Some(redis) = Redis::start(Kind::Single, "processes_that_share_redis_fetch_one_token") else {
        return;
    };
    let server = Server::start(|asked, _| match asked.path.as_str() {
        STABLE_TOKEN => Reply::token("T1").later(Duration::from_millis(200)),
        _ => phone_answer(DateTime::from_timestamp(1_800_000_000, 0).unwrap()),
    })
    .await;
    let mut settings = settings(&server.url);
    settings.appid = format!("wx{:016x}", std::process::id());
    let mut clients = Vec::new();
    for _ in 0..2 {
        let store = Arc::new(store_in(&redis).await);
        let client = WeChat::new(settings.clone(), store, RunningTime::start(), chance()).unwrap();
        clients.push(Arc::new(client));
    }
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..40 {
        let client = Arc::clone(&clients[n % 2]);
        calls.spawn(async move { client.phone_number(&format!("code-{n}"), OPENID).await });
    }
    calls.join_all().await;
    assert_eq!((server.count(STABLE_TOKEN), server.count(PHONE)), (1, 40));
}
