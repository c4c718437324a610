//! Checking texts: WeChat's word, and a human where there is none.

use linli::wechat::{Decision, Invalid, Refusal, Text, TextScene, WeChatError, WhyHuman};
use serde_json::json;

use crate::stage::{CHECK, NEIGHBOUR, OPENID, Stage, failure, refusal, text};

const HUMAN: fn(WhyHuman) -> Decision = Decision::AskHuman;

#[tokio::test]
async fn a_text_passes_or_waits_or_is_rejected_and_a_strategy_that_failed_does_not_count() {
    let stage = Stage::standing().await;
    let client = stage.client();
    for (content, decision, label) in [
        ("楼下的灯坏了", Decision::Publish, 100),
        ("sim-review", HUMAN(WhyHuman::WeChatUnsure), 10001),
        ("sim-risky", Decision::Reject, 20002),
        ("sim-review and sim-risky", Decision::Reject, 20002),
        ("sim-broken", Decision::Publish, 100),
        ("sim-broken and sim-review", HUMAN(WhyHuman::WeChatUnsure), 10001),
    ] {
        let verdict = client.check_text(&text(content)).await.unwrap();
        assert_eq!((verdict.decision, verdict.label), (decision, Some(label)), "{content}");
        assert!(verdict.trace_id.is_some_and(|id| !id.is_empty()));
    }
}

#[tokio::test]
async fn every_place_is_known_and_title_and_nickname_are_checked_too() {
    let stage = Stage::standing().await;
    let client = stage.client();
    for scene in [TextScene::Profile, TextScene::Comment, TextScene::Forum, TextScene::SocialLog] {
        let good = Text { scene, ..text("good day") };
        assert_eq!(client.check_text(&good).await.unwrap().decision, Decision::Publish);
        for bad in [Text { title: Some("sim-risky"), ..good }, Text { nickname: Some("sim-risky"), ..good }] {
            assert_eq!(client.check_text(&bad).await.unwrap().decision, Decision::Reject);
        }
    }
}

#[tokio::test]
async fn the_longest_text_is_counted_in_characters_on_both_sides() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    for character in ["a", "字", "😀"] {
        let verdict = client.check_text(&text(&character.repeat(2500))).await.unwrap();
        assert_eq!(verdict.decision, Decision::Publish);
        let asked = desk.count(CHECK).await;
        let too_long = character.repeat(2501);
        let end = failure(client.check_text(&text(&too_long)).await);
        assert_eq!(end, WeChatError::Invalid(Invalid::TextLength));
        assert_eq!(desk.count(CHECK).await, asked, "not sent");
        let body = json!({"content": too_long, "version": 2, "scene": 2, "openid": OPENID});
        assert_eq!(desk.straight(CHECK, &body).await, 47001);
    }
}

#[tokio::test]
async fn who_was_away_for_two_hours_has_a_human_look() {
    let stage = Stage::standing().await;
    let client = stage.client();
    stage.time.pass_seconds(7199).await;
    assert_eq!(client.check_text(&text("good day")).await.unwrap().decision, Decision::Publish);
    stage.time.pass_seconds(1).await;
    let verdict = client.check_text(&text("good day")).await.unwrap();
    assert_eq!(verdict.decision, HUMAN(WhyHuman::AuthorAbsent));
}

#[tokio::test]
async fn a_stranger_is_refused_by_name() {
    let stage = Stage::standing().await;
    let client = stage.client();
    let by_neighbour = Text { openid: NEIGHBOUR, ..text("good day") };
    assert_eq!(refusal(client.check_text(&by_neighbour).await), Refusal::PersonUnknown);
    stage.desk.order("users", json!({"appid": "wx0000000000000002", "openid": NEIGHBOUR})).await;
    assert_eq!(refusal(client.check_text(&by_neighbour).await), Refusal::PersonUnknown);
}

#[tokio::test]
async fn without_an_answer_no_text_is_let_through() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.impatient_client().await);
    for (kind, more) in [
        ("hang", json!({"ms": 1500})),
        ("reset", json!({})),
        ("truncate", json!({})),
        ("status", json!({"status": 500})),
        ("busy", json!({"times": 3})),
        ("errcode", json!({"errcode": 45009})),
    ] {
        desk.trouble(CHECK, kind, more).await;
        let verdict = client.check_text(&text("good day")).await.unwrap();
        assert_eq!(verdict.decision, HUMAN(WhyHuman::NotChecked), "{kind}");
    }
}
