//! A quota that is used up is not asked again until it opens, in WeChat's time.

use chrono::{DateTime, Utc};
use linli::wechat::{Class, Decision, Time, WeChatError, WhyHuman};
use serde_json::json;

use crate::stage::{
    CHECK, CODE, Desk, LOGIN, NEIGHBOUR, OPENID, SEND, STABLE_TOKEN, Stage, TEMPLATE, door, failure,
    repaired, text,
};

async fn limit(desk: &Desk, name: &str, limit: u64) {
    desk.order("quotas", json!({"name": name, "limit": limit})).await;
}

#[track_caller]
fn closed_until(end: &WeChatError, code: i64, until: &str) {
    let until: DateTime<Utc> = until.parse().unwrap();
    assert_eq!(*end, WeChatError::Quota { code, until });
    assert_eq!(end.class(), Class::Quota { until });
}

#[tokio::test]
async fn the_days_quota_is_asked_again_at_midnight_in_china_and_not_a_second_before() {
    let stage = Stage::standing_at("2026-11-22T14:00:00Z").await;
    let (desk, client) = (&stage.desk, stage.client());
    desk.order("subscribe", json!({"openid": OPENID, "template_id": TEMPLATE, "accepts": 3})).await;
    limit(desk, "subscribe_send.day", 1).await;
    client.send_message(&repaired()).await.unwrap();
    for _ in 0..3 {
        let end = failure(client.send_message(&repaired()).await);
        closed_until(&end, 45009, "2026-11-22T16:00:00Z");
        assert_eq!(desk.count(SEND).await, 2, "asked once more, and then no more");
    }
    client.mini_code(&door()).await.unwrap();
    stage.time.pass_seconds(2 * 3600 - 1).await;
    failure(client.send_message(&repaired()).await);
    assert_eq!(desk.count(SEND).await, 2);
    stage.time.pass_seconds(1).await;
    client.send_message(&repaired()).await.unwrap();
    assert_eq!(desk.count(SEND).await, 3);
}

#[tokio::test]
async fn the_minutes_quota_of_texts_is_asked_again_with_the_next_minute() {
    let stage = Stage::standing_at("2026-11-22T04:00:30Z").await;
    let (desk, client) = (&stage.desk, stage.client());
    limit(desk, "msg_sec_check.minute", 1).await;
    let decision = async || client.check_text(&text("good day")).await.unwrap().decision;
    assert_eq!(decision().await, Decision::Publish);
    assert_eq!(decision().await, Decision::AskHuman(WhyHuman::NotChecked));
    stage.time.pass_seconds(29).await;
    assert_eq!(decision().await, Decision::AskHuman(WhyHuman::NotChecked));
    assert_eq!(desk.count(CHECK).await, 2);
    stage.time.pass_seconds(1).await;
    assert_eq!(decision().await, Decision::Publish);
    assert_eq!(desk.count(CHECK).await, 3);
}

#[tokio::test]
async fn the_minutes_quota_of_tokens_is_asked_again_with_the_next_minute() {
    let stage = Stage::standing_at("2026-11-22T04:00:30Z").await;
    let (desk, client) = (&stage.desk, stage.client());
    limit(desk, "stable_token.minute", 0).await;
    for _ in 0..3 {
        closed_until(&failure(client.mini_code(&door()).await), 45011, "2026-11-22T04:01:00Z");
    }
    assert_eq!(desk.count(STABLE_TOKEN).await, 1);
    limit(desk, "stable_token.minute", 10_000).await;
    stage.time.pass_seconds(29).await;
    failure(client.mini_code(&door()).await);
    stage.time.pass_seconds(1).await;
    client.mini_code(&door()).await.unwrap();
    assert_eq!(desk.count(STABLE_TOKEN).await, 2);
}

#[tokio::test]
async fn the_quota_of_codes_is_a_minutes_although_its_number_says_a_day() {
    let stage = Stage::standing_at("2026-11-22T04:00:30Z").await;
    let (desk, client) = (&stage.desk, stage.client());
    limit(desk, "getwxacodeunlimit.minute", 1).await;
    client.mini_code(&door()).await.unwrap();
    closed_until(&failure(client.mini_code(&door()).await), 45009, "2026-11-22T04:01:00Z");
    failure(client.mini_code(&door()).await);
    assert_eq!(desk.count(CODE).await, 2);
    stage.time.pass_seconds(30).await;
    client.mini_code(&door()).await.unwrap();
}

#[tokio::test]
async fn the_seconds_quota_is_asked_again_after_a_second() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    desk.trouble(CODE, "errcode", json!({"errcode": 44990})).await;
    closed_until(&failure(client.mini_code(&door()).await), 44990, "2026-11-22T04:00:01Z");
    stage.time.pass(std::time::Duration::from_millis(999)).await;
    failure(client.mini_code(&door()).await);
    assert_eq!(desk.count(CODE).await, 1);
    stage.time.pass(std::time::Duration::from_millis(1)).await;
    client.mini_code(&door()).await.unwrap();
    assert_eq!(desk.count(CODE).await, 2);
}

#[tokio::test]
async fn one_person_who_signs_in_too_often_closes_the_door_to_nobody_else() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    for _ in 0..100 {
        client.exchange_code(&desk.wx_login(OPENID).await).await.unwrap();
    }
    let end = failure(client.exchange_code(&desk.wx_login(OPENID).await).await);
    closed_until(&end, 45011, "2026-11-22T04:01:00Z");
    client.exchange_code(&desk.wx_login(NEIGHBOUR).await).await.unwrap();
    assert_eq!(desk.count(LOGIN).await, 102);
    let until = match end.class() {
        Class::Quota { until } => until,
        other => panic!("{other:?}"),
    };
    stage.time.pass((until - stage.time.now()).to_std().unwrap()).await;
    client.exchange_code(&desk.wx_login(OPENID).await).await.unwrap();
}
