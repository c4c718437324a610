//! One token for all: cold starts, tokens killed under load, tokens that stay bad.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::{StreamExt, future::ready, stream};
use linli::wechat::{Class, Decision, TokenStore, Verdict, WeChat, WeChatError, WhyHuman};
use serde_json::{Value, json};

use crate::redis::{Redis, store_at};
use crate::stage::{CHECK, Desk, SEND, STABLE_TOKEN, Stage, errcode, failure, repaired, text};
use crate::time::RunningTime;

/// Two hundred calls at once from each of `clients`.
async fn storm(clients: &[Arc<WeChat>]) -> Vec<Result<Verdict, WeChatError>> {
    let mut calls = tokio::task::JoinSet::new();
    for (at, client) in clients.iter().enumerate() {
        for n in 0..200 {
            let client = Arc::clone(client);
            calls.spawn(async move { client.check_text(&text(&format!("call {n} of client {at}"))).await });
        }
    }
    calls.join_all().await
}

fn all_passed(ends: &[Result<Verdict, WeChatError>]) {
    for end in ends {
        assert_eq!(end.as_ref().unwrap().decision, Decision::Publish);
    }
}

/// What each call was answered, try after try.
async fn tries(desk: &Desk) -> HashMap<String, Vec<i64>> {
    let mut tries: HashMap<String, Vec<i64>> = HashMap::new();
    for entry in desk.journal(CHECK).await {
        let content = entry["body"]["content"].as_str().unwrap().to_owned();
        tries.entry(content).or_default().push(errcode(&entry["answer"]));
    }
    tries
}

async fn two_clients(stage: &Stage<RunningTime>, redis: &Redis) -> Vec<Arc<WeChat>> {
    let mut clients = Vec::new();
    for _ in 0..2 {
        clients.push(stage.client_with(store_at(&redis.socket()).await, &stage.settings()));
    }
    clients
}

/// A fetch that takes long enough for everybody to want one.
async fn slow_fetches(desk: &Desk) {
    desk.trouble(STABLE_TOKEN, "late", json!({"ms": 150, "times": 0})).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_cold_clients_that_share_redis_fetch_one_token_for_four_hundred_calls() {
    let Some(redis) =
        Redis::start("two_cold_clients_that_share_redis_fetch_one_token_for_four_hundred_calls")
    else {
        return;
    };
    let stage = Stage::running().await;
    slow_fetches(&stage.desk).await;
    all_passed(&storm(&two_clients(&stage, &redis).await).await);
    assert_eq!(stage.desk.count(STABLE_TOKEN).await, 1);
    assert_eq!(stage.desk.count(CHECK).await, 400, "no call was made twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cold_process_fetches_one_token_for_two_hundred_calls() {
    let stage = Stage::running().await;
    slow_fetches(&stage.desk).await;
    all_passed(&storm(&[stage.client()]).await);
    assert_eq!(stage.desk.count(STABLE_TOKEN).await, 1);
    assert_eq!(stage.desk.count(CHECK).await, 200);
}

/// Calls without a pause, with the token killed in their midst, and a hundred more; then what became of each.
async fn killed_under_load(desk: &Desk, clients: &[Arc<WeChat>], kill: Value) -> HashMap<String, Vec<i64>> {
    for client in clients {
        client.check_text(&text("a first word")).await.unwrap();
    }
    desk.forget_journal().await;
    let done = AtomicUsize::new(0);
    // Nobody knows how many until the token is dead.
    let to_make = AtomicUsize::new(usize::MAX);
    let killing = async {
        while done.load(Ordering::Relaxed) < 60 {
            tokio::task::yield_now().await;
        }
        desk.order("tokens/kill", kill).await;
        to_make.store(done.load(Ordering::Relaxed) + 140, Ordering::Relaxed);
    };
    let calls =
        stream::iter(0_usize..).take_while(|n| ready(*n < to_make.load(Ordering::Relaxed))).map(|n| {
            let (client, done) = (&clients[n % clients.len()], &done);
            async move {
                let end = client.check_text(&text(&format!("call {n}"))).await;
                done.fetch_add(1, Ordering::Relaxed);
                end
            }
        });
    let calls = calls.buffer_unordered(40).collect::<Vec<_>>();
    let (ends, ()) = tokio::join!(calls, killing);
    all_passed(&ends);

    let tries = tries(desk).await;
    assert_eq!(tries.len(), ends.len());
    tries
}

fn each_succeeded_after_one_retry_at_most(tries: &HashMap<String, Vec<i64>>, killed_with: i64) {
    let retried = tries.values().filter(|answers| answers.len() > 1).count();
    assert!(retried > 0, "the token died unnoticed");
    for (call, answers) in tries {
        assert!(*answers == [0] || *answers == [killed_with, 0], "{call}: {answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_killed_under_load_is_fetched_again_once_by_two_clients() {
    let Some(redis) = Redis::start("a_token_killed_under_load_is_fetched_again_once_by_two_clients") else {
        return;
    };
    let stage = Stage::running().await;
    let clients = two_clients(&stage, &redis).await;
    for code in [40001, 40014, 42001] {
        let tries = killed_under_load(&stage.desk, &clients, json!({"errcode": code})).await;
        each_succeeded_after_one_retry_at_most(&tries, code);
        assert_eq!((stage.desk.count(STABLE_TOKEN).await, stage.desk.forced().await), (1, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_killed_under_load_is_fetched_again_once_by_one_process() {
    let stage = Stage::running().await;
    let tries = killed_under_load(&stage.desk, &[stage.client()], json!({"errcode": 42001})).await;
    each_succeeded_after_one_retry_at_most(&tries, 42001);
    assert_eq!((stage.desk.count(STABLE_TOKEN).await, stage.desk.forced().await), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_token_that_wechat_goes_on_giving_is_replaced_by_one_forced_refresh() {
    let Some(redis) =
        Redis::start("a_dead_token_that_wechat_goes_on_giving_is_replaced_by_one_forced_refresh")
    else {
        return;
    };
    let stage = Stage::running().await;
    let clients = two_clients(&stage, &redis).await;
    let kill = json!({"errcode": 40001, "afterwards": "same_token"});
    let tries = killed_under_load(&stage.desk, &clients, kill).await;
    each_succeeded_after_one_retry_at_most(&tries, 40001);
    assert_eq!((stage.desk.count(STABLE_TOKEN).await, stage.desk.forced().await), (2, 1));
}

async fn reject_all(desk: &Desk, code: Option<i64>) {
    desk.order("tokens/reject", json!({"errcode": code})).await;
}

#[tokio::test]
async fn when_every_token_is_refused_a_call_is_made_twice_and_ends_in_an_error() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    reject_all(desk, Some(40001)).await;
    let end = failure(client.send_message(&repaired()).await);
    assert!(matches!(end, WeChatError::Token { code: 40001, .. }), "{end}");
    assert_eq!(end.class(), Class::Retry);
    // Asked once, once more, and once by force.
    assert_eq!((desk.count(SEND).await, desk.count(STABLE_TOKEN).await, desk.forced().await), (2, 3, 1));

    // Force is spent for half a minute: the next calls learn that sooner.
    for _ in 0..5 {
        desk.forget_journal().await;
        failure(client.send_message(&repaired()).await);
        let asked = (desk.count(SEND).await, desk.count(STABLE_TOKEN).await, desk.forced().await);
        assert!(asked.0 <= 2 && asked.1 <= 1 && asked.2 == 0, "{asked:?}");
    }

    desk.order("subscribe", json!({"openid": crate::stage::OPENID, "template_id": crate::stage::TEMPLATE}))
        .await;
    reject_all(desk, None).await;
    client.send_message(&repaired()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_stays_bad_under_load_costs_a_bounded_number_of_calls() {
    let Some(redis) = Redis::start("a_token_that_stays_bad_under_load_costs_a_bounded_number_of_calls")
    else {
        return;
    };
    let stage = Stage::running().await;
    let clients = two_clients(&stage, &redis).await;
    reject_all(&stage.desk, Some(40001)).await;
    for end in storm(&clients).await {
        assert_eq!(end.unwrap().decision, Decision::AskHuman(WhyHuman::NotChecked));
    }
    assert!(tries(&stage.desk).await.values().all(|answers| answers.len() <= 2));
    assert!(stage.desk.forced().await <= 1);
    let fetches = stage.desk.count(STABLE_TOKEN).await;
    assert!(fetches <= 20, "{fetches} fetches");
}

#[tokio::test]
async fn two_apps_that_share_a_store_keep_their_tokens_apart() {
    let stage = Stage::standing().await;
    stage.desk.order("apps", json!({"appid": "wx0000000000000002", "secret": "the-others"})).await;
    stage.desk.order("seen", json!({"appid": "wx0000000000000002", "openid": crate::stage::OPENID})).await;
    let store: Arc<dyn TokenStore> = stage.memory();
    let ours = stage.client_with(Arc::clone(&store), &stage.settings());
    let mut settings = stage.settings();
    settings.appid = "wx0000000000000002".to_owned();
    settings.secret = "the-others".into();
    let theirs = stage.client_with(store, &settings);
    for client in [&ours, &theirs, &ours, &theirs] {
        assert_eq!(client.check_text(&text("good day")).await.unwrap().decision, Decision::Publish);
    }
    assert_eq!((stage.desk.count(STABLE_TOKEN).await, stage.desk.count(CHECK).await), (2, 4));
}
