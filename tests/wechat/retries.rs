//! What is tried again, when, and what never is.

use linli::wechat::{Class, Decision, Delivery, Refusal, WeChatError, WhyHuman};
use serde_json::{Value, json};

use crate::stage::{
    CHECK, CODE, LOGIN, OPENID, PHONE, SEND, STABLE_TOKEN, Stage, TEMPLATE, door, failure, refusal, repaired,
    text,
};

/// Milliseconds between the tries in a journal.
fn pauses(journal: &[Value]) -> Vec<u64> {
    let at = |entry: &Value| entry["at_ms"].as_u64().unwrap();
    journal.windows(2).map(|two| at(&two[1]) - at(&two[0])).collect()
}

/// One second and two, each with up to half a second more.
fn each_wait_doubles(journal: &[Value]) {
    let pauses = pauses(journal);
    for (pause, wait) in pauses.iter().zip([1000, 2000]) {
        assert!((wait..wait + 500).contains(pause), "waited {pauses:?} ms");
    }
}

#[tokio::test]
async fn wechat_busy_once_or_twice_is_asked_again_ever_more_slowly_until_it_answers() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    desk.order("subscribe", json!({"openid": OPENID, "template_id": TEMPLATE, "accepts": 2})).await;
    for times in [1, 2] {
        for path in [STABLE_TOKEN, SEND, CHECK, CODE, PHONE] {
            desk.trouble(path, "busy", json!({"times": times})).await;
        }
        desk.forget_journal().await;
        let client = if times == 1 { client.clone() } else { stage.client() };
        client.send_message(&repaired()).await.unwrap();
        assert_eq!(client.check_text(&text("good day")).await.unwrap().decision, Decision::Publish);
        client.mini_code(&door()).await.unwrap();
        client.phone_number(&desk.phone_button(OPENID).await, OPENID).await.unwrap();
        for path in [STABLE_TOKEN, SEND, CHECK, CODE, PHONE] {
            let journal = desk.journal(path).await;
            assert_eq!(journal.len(), times + 1, "{path}");
            each_wait_doubles(&journal);
        }
    }
    assert_eq!(desk.credits().await, 0);
}

#[tokio::test]
async fn wechat_busy_for_ever_is_asked_three_times_and_no_more() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    client.mini_code(&door()).await.unwrap();
    desk.order("subscribe", json!({"openid": OPENID, "template_id": TEMPLATE})).await;
    let code = desk.phone_button(OPENID).await;
    for path in [SEND, CHECK, CODE, PHONE] {
        desk.trouble(path, "busy", json!({"times": 0})).await;
    }
    desk.forget_journal().await;
    for end in [
        failure(client.send_message(&repaired()).await),
        failure(client.mini_code(&door()).await),
        failure(client.phone_number(&code, OPENID).await),
    ] {
        assert!(matches!(end, WeChatError::Busy { .. }), "{end}");
        assert_eq!(end.class(), Class::Retry);
    }
    let verdict = client.check_text(&text("good day")).await.unwrap();
    assert_eq!(verdict.decision, Decision::AskHuman(WhyHuman::NotChecked));
    for path in [SEND, CHECK, CODE, PHONE] {
        let journal = desk.journal(path).await;
        assert_eq!(journal.len(), 3, "{path}");
        each_wait_doubles(&journal);
    }
    assert_eq!(desk.credits().await, 1);
}

#[tokio::test]
async fn a_busy_token_call_ends_after_three_tries_and_nothing_else_is_asked() {
    let stage = Stage::standing().await;
    stage.desk.trouble(STABLE_TOKEN, "busy", json!({"times": 0})).await;
    let end = failure(stage.client().send_message(&repaired()).await);
    assert!(matches!(end, WeChatError::Busy { .. }), "{end}");
    each_wait_doubles(&stage.desk.journal(STABLE_TOKEN).await);
    assert_eq!((stage.desk.count(STABLE_TOKEN).await, stage.desk.count(SEND).await), (3, 0));
}

/// Answers that are lost although WeChat acted.
fn lost_answers() -> [(&'static str, Value); 6] {
    [
        ("hang", json!({"acts": true, "ms": 1500})),
        ("late", json!({"ms": 1500})),
        ("reset", json!({"acts": true})),
        ("truncate", json!({})),
        ("status", json!({"acts": true, "status": 502})),
        ("status", json!({"acts": true, "status": 404})),
    ]
}

#[tokio::test]
async fn a_message_that_wechat_took_without_an_answer_is_not_sent_again() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.impatient_client().await);
    desk.order("subscribe", json!({"openid": OPENID, "template_id": TEMPLATE, "accepts": 12})).await;
    for (sent, (kind, more)) in (1..).zip(lost_answers()) {
        desk.trouble(SEND, kind, more).await;
        let end = failure(client.send_message(&repaired()).await);
        assert_eq!(end.class(), Class::Uncertain, "{kind}: {end}");
        assert_eq!(desk.count(SEND).await, sent, "{kind}");
        assert_eq!(desk.credits().await, 12 - u64::try_from(sent).unwrap(), "{kind}");
    }
    let events = desk.told("events").await;
    let arrived =
        events.as_array().unwrap().iter().filter(|event| event["Event"] == "subscribe_msg_sent_event");
    assert_eq!(arrived.count(), 6, "each message reached the person once");
}

#[tokio::test]
async fn a_phone_code_that_wechat_took_without_an_answer_is_not_shown_again() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.impatient_client().await);
    for (shown, (kind, more)) in (1..).zip(lost_answers()) {
        let code = desk.phone_button(OPENID).await;
        desk.trouble(PHONE, kind, more).await;
        let end = client.phone_number(&code, OPENID).await;
        assert_eq!(refusal(end), Refusal::CodeMaybeSpent, "{kind}");
        assert_eq!(desk.count(PHONE).await, shown, "{kind}");
    }
}

#[tokio::test]
async fn a_sign_in_code_is_shown_once_whatever_happens() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.impatient_client().await);
    let mut shown = 0;
    for (kind, more) in lost_answers() {
        let code = desk.wx_login(OPENID).await;
        desk.trouble(LOGIN, kind, more).await;
        let end = failure(client.exchange_code(&code).await);
        assert_eq!(end.class(), Class::AskNewCode, "{kind}: {end}");
        assert_eq!(refusal::<()>(Err(end)), Refusal::CodeMaybeSpent, "{kind}");
        shown += 1;
        assert_eq!(desk.count(LOGIN).await, shown, "{kind}");
    }
    desk.trouble(LOGIN, "busy", json!({"times": 0})).await;
    let end = failure(client.exchange_code(&desk.wx_login(OPENID).await).await);
    assert!(matches!(end, WeChatError::Busy { .. }), "{end}");
    assert_eq!(desk.count(LOGIN).await, shown + 1);
}

#[tokio::test]
async fn what_is_the_same_done_twice_is_tried_again_when_its_answer_is_lost() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.impatient_client().await);
    desk.forget_journal().await;
    for (kind, more) in [("reset", json!({})), ("truncate", json!({})), ("status", json!({"status": 503}))] {
        desk.trouble(CODE, kind, more).await;
        desk.trouble(CODE, "reset", json!({"acts": true})).await;
        client.mini_code(&door()).await.unwrap();
        assert_eq!(desk.count(CODE).await, 3, "{kind}");
        desk.forget_journal().await;
    }
    desk.trouble(STABLE_TOKEN, "truncate", json!({"times": 2})).await;
    stage.client().mini_code(&door()).await.unwrap();
    assert_eq!(desk.count(STABLE_TOKEN).await, 3);
}

#[tokio::test]
async fn a_slow_answer_is_waited_for() {
    let stage = Stage::standing().await;
    for path in [STABLE_TOKEN, CODE, LOGIN] {
        stage.desk.trouble(path, "slow", json!({"ms": 300})).await;
    }
    let client = stage.client();
    client.mini_code(&door()).await.unwrap();
    client.exchange_code(&stage.desk.wx_login(OPENID).await).await.unwrap();
    assert_eq!((stage.desk.count(CODE).await, stage.desk.count(LOGIN).await), (1, 1));
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_done() {
    let stage = Stage::standing().await;
    let mut settings = stage.settings();
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    settings.base_url = format!("http://127.0.0.1:{port}");
    let client = stage.client_with(stage.memory(), &settings);
    for end in [
        failure(client.send_message(&repaired()).await),
        failure(client.exchange_code(&stage.desk.wx_login(OPENID).await).await),
    ] {
        assert_eq!(end, WeChatError::Unreachable(Delivery::NotSent));
        assert_eq!(end.class(), Class::Retry);
    }
}

#[tokio::test]
async fn an_error_carries_the_id_by_which_wechat_knows_the_request() {
    let stage = Stage::standing().await;
    let client = stage.client();
    for (end, path) in [
        (failure(client.exchange_code("never-issued").await), LOGIN),
        (failure(client.phone_number("never-issued", OPENID).await), PHONE),
        (failure(client.send_message(&repaired()).await), SEND),
    ] {
        let journal = stage.desk.journal(path).await;
        let errmsg = journal[0]["answer"]["errmsg"].as_str().unwrap();
        let (_, rid) = errmsg.rsplit_once(" rid: ").unwrap();
        assert_eq!(end.rid().unwrap().to_string(), rid);
        assert_eq!(journal[0]["status"], 200);
    }
}
