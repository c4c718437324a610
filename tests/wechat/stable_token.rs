//! The rules of `stable_token` from the client's side: the same token while it lives, force within its bounds.

use std::collections::HashSet;

use linli::wechat::{Class, WeChatError};
use serde_json::json;

use crate::stage::{CHECK, CODE, STABLE_TOKEN, Stage, door, errcode, failure, settings, text};

#[tokio::test]
async fn through_a_whole_day_no_call_is_refused_for_its_token_and_each_token_is_used_almost_to_its_end() {
    let stage = Stage::standing().await;
    let client = stage.client();
    for _ in 0..240 {
        client.mini_code(&door()).await.unwrap();
        stage.time.pass_seconds(361).await;
    }
    let calls = stage.desk.journal(CODE).await;
    assert_eq!(calls.len(), 240, "none was made twice");
    let tokens: HashSet<&str> =
        calls.iter().map(|call| call["query"]["access_token"].as_str().unwrap()).collect();
    let fetches = stage.desk.journal(STABLE_TOKEN).await;
    assert!(fetches.iter().all(|fetch| fetch["body"]["force_refresh"] == false));
    assert!((12..=14).contains(&tokens.len()), "{} tokens in a day", tokens.len());
    assert!(fetches.len() <= 2 * tokens.len(), "{} fetches in a day", fetches.len());
    assert!(
        stage.desk.journal("/cgi-bin/token").await.is_empty(),
        "the family that dooms tokens is not asked"
    );
}

#[tokio::test]
async fn a_process_that_starts_late_in_a_tokens_life_uses_what_is_left_of_it() {
    let stage = Stage::standing().await;
    stage.client().check_text(&text("the first process")).await.unwrap();
    stage.time.pass_seconds(7200 - 301).await;
    stage.desk.order("seen", json!({"openid": crate::stage::OPENID})).await;
    let late = stage.client();
    for _ in 0..12 {
        late.check_text(&text("a late process")).await.unwrap();
        stage.time.pass_seconds(20).await;
    }
    let fetches = stage.desk.journal(STABLE_TOKEN).await;
    assert_eq!(fetches[1]["answer"]["expires_in"], 301);
    assert_eq!(fetches.len(), 2, "four of its last five minutes are used");
    stage.time.pass_seconds(20).await;
    late.check_text(&text("a late process")).await.unwrap();
    assert_eq!(stage.desk.count(STABLE_TOKEN).await, 3);
    let calls = stage.desk.journal(CHECK).await;
    assert!(calls.iter().all(|call| errcode(&call["answer"]) == 0));
}

/// Kills the token so that only force brings another, and makes a call.
async fn call_that_needs_force(
    stage: &Stage<crate::time::StandingTime>,
    client: &linli::wechat::WeChat,
) -> Result<(), WeChatError> {
    stage.desk.order("tokens/kill", json!({"afterwards": "same_token"})).await;
    client.mini_code(&door()).await.map(drop)
}

#[tokio::test]
async fn force_is_used_twenty_times_a_day_and_again_after_midnight_in_china() {
    // 20:00 in China.
    let stage = Stage::standing_at("2026-11-22T12:00:00Z").await;
    let client = stage.client();
    client.mini_code(&door()).await.unwrap();
    for _ in 0..20 {
        call_that_needs_force(&stage, &client).await.unwrap();
        stage.time.pass_seconds(31).await;
    }
    for _ in 0..3 {
        let end = failure(call_that_needs_force(&stage, &client).await);
        assert!(matches!(end, WeChatError::Token { .. }), "{end}");
        stage.time.pass_seconds(31).await;
    }
    assert_eq!(stage.desk.forced().await, 20);
    let fetches = stage.desk.journal(STABLE_TOKEN).await;
    assert!(fetches.iter().all(|fetch| errcode(&fetch["answer"]) == 0), "WeChat had to refuse none");

    stage.time.pass_seconds(4 * 3600).await;
    call_that_needs_force(&stage, &client).await.unwrap();
}

#[tokio::test]
async fn force_is_not_used_twice_within_thirty_seconds() {
    let stage = Stage::standing().await;
    let client = stage.client();
    client.mini_code(&door()).await.unwrap();
    call_that_needs_force(&stage, &client).await.unwrap();
    stage.time.pass_seconds(29).await;
    failure(call_that_needs_force(&stage, &client).await);
    assert_eq!(stage.desk.forced().await, 1);
    stage.time.pass_seconds(2).await;
    call_that_needs_force(&stage, &client).await.unwrap();
    assert_eq!(stage.desk.forced().await, 2);
}

#[tokio::test]
async fn a_wrong_secret_or_a_strange_address_is_said_at_once_and_not_asked_again() {
    let stage = Stage::standing().await;
    for (order, code) in [
        (json!({"secret": "another"}), 40125),
        (json!({"refuses_tokens": 40164}), 40164),
        (json!({"refuses_tokens": 89503}), 89503),
        (json!({"refuses_tokens": 40243}), 40243),
        (json!({"refuses_tokens": 50007}), 50007),
    ] {
        let mut app = json!({"appid": wechat_sim::APPID, "secret": wechat_sim::SECRET});
        app.as_object_mut().unwrap().extend(order.as_object().unwrap().clone());
        stage.desk.order("apps", app).await;
        stage.desk.forget_journal().await;
        let end = failure(stage.client().check_text(&text("good day")).await);
        assert!(matches!(end, WeChatError::Config { code: said, .. } if said == code), "{end}");
        assert_eq!(end.class(), Class::Config);
        assert_eq!((stage.desk.count(STABLE_TOKEN).await, stage.desk.count(CHECK).await), (1, 0));
    }
    let mut unknown = settings(&stage.desk.url);
    unknown.appid = "wx00000000000000ff".to_owned();
    let end = failure(stage.client_with(stage.memory(), &unknown).mini_code(&door()).await);
    assert!(matches!(end, WeChatError::Config { code: 40013, .. }), "{end}");
}

#[tokio::test]
async fn a_token_of_the_longest_form_is_kept_and_used() {
    let stage = Stage::standing().await;
    stage.desk.order("settings", json!({"token_length": 512})).await;
    let client = stage.client();
    client.check_text(&text("one")).await.unwrap();
    client.check_text(&text("two")).await.unwrap();
    assert_eq!((stage.desk.count(STABLE_TOKEN).await, stage.desk.count(CHECK).await), (1, 2));
}
