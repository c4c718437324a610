//! Subscribe messages: what a subscription allows, and WeChat's refusals by name.

use linli::wechat::{Class, Language, Message, Refusal, Release};
use serde_json::json;

use crate::stage::{NEIGHBOUR, OPENID, SEND, Stage, TEMPLATE, failure, message, refusal, repaired};

#[tokio::test]
async fn each_accept_allows_one_message_and_a_long_term_one_any_number() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    assert_eq!(refusal(client.send_message(&repaired()).await), Refusal::NotSubscribed);
    desk.order("subscribe", json!({"openid": OPENID, "template_id": TEMPLATE, "accepts": 2})).await;
    client.send_message(&repaired()).await.unwrap();
    client.send_message(&repaired()).await.unwrap();
    let end = failure(client.send_message(&repaired()).await);
    assert_eq!(end.class(), Class::Refused);
    assert_eq!(refusal::<()>(Err(end)), Refusal::NotSubscribed);

    let long_term = json!({"template_id": "long", "fields": ["thing1"], "long_term": true});
    desk.order("templates", long_term).await;
    desk.order("subscribe", json!({"openid": OPENID, "template_id": "long"})).await;
    for _ in 0..5 {
        client.send_message(&message("long", &[("thing1", "电梯已修好")])).await.unwrap();
    }
    assert_eq!(desk.count(SEND).await, 9, "no refusal was asked twice");
}

#[tokio::test]
async fn every_state_and_language_that_the_client_knows_wechat_knows_too() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    desk.order("subscribe", json!({"openid": OPENID, "template_id": TEMPLATE, "accepts": 12})).await;
    let languages =
        [Language::SimplifiedChinese, Language::English, Language::HongKongChinese, Language::TaiwanChinese];
    for release in [Release::Released, Release::Trial, Release::Develop] {
        for language in languages {
            client.send_message(&Message { release, language, ..repaired() }).await.unwrap();
        }
    }
    let journal = desk.journal(SEND).await;
    let said: std::collections::HashSet<String> = journal
        .iter()
        .map(|entry| format!("{} {}", entry["body"]["miniprogram_state"], entry["body"]["lang"]))
        .collect();
    assert_eq!(said.len(), 12, "each is said, not left to a default");
}

#[tokio::test]
async fn a_page_must_be_released_unless_the_message_opens_another_version() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    desk.order("subscribe", json!({"openid": OPENID, "template_id": TEMPLATE, "accepts": 9})).await;
    let to = |page, release| Message { page: Some(page), release, ..repaired() };
    client.send_message(&to("pages/index/index?id=1", Release::Released)).await.unwrap();
    let unknown = client.send_message(&to("pages/new/index", Release::Released)).await;
    assert_eq!(refusal(unknown), Refusal::PageUnknown);
    client.send_message(&to("pages/new/index", Release::Trial)).await.unwrap();
    client.send_message(&to("pages/new/index", Release::Develop)).await.unwrap();
    desk.order("pages", json!({"released": ["pages/new/index"]})).await;
    client.send_message(&to("pages/new/index", Release::Released)).await.unwrap();
}

#[tokio::test]
async fn wechats_refusals_of_a_message_have_names() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    desk.order("subscribe", json!({"openid": OPENID, "template_id": TEMPLATE, "accepts": 9})).await;
    desk.order("templates", json!({"template_id": "banned", "fields": ["thing1"], "banned": true})).await;
    let listed = json!({"key": "enum2", "values": ["开门"]});
    desk.order("templates", json!({"template_id": "two", "fields": ["thing1", listed]})).await;
    let field = |name: &str| linli::wechat::FieldName::parse(name);

    let good = [("thing1", "电梯已修好")];
    for (message, expected) in [
        (Message { openid: NEIGHBOUR, ..repaired() }, Refusal::PersonUnknown),
        (message("unknown", &good), Refusal::TemplateUnknown),
        (message("banned", &good), Refusal::TemplateBanned),
        (message(TEMPLATE, &[("thing1", "sim-sensitive")]), Refusal::SensitiveWord),
        (message(TEMPLATE, &[("phrase16", "处理中")]), Refusal::FieldRefused { field: field("phrase16") }),
        (message("two", &good), Refusal::FieldRefused { field: field("enum2") }),
        (
            message("two", &[("thing1", "一"), ("enum2", "关门")]),
            Refusal::FieldRefused { field: field("enum2") },
        ),
    ] {
        let end = failure(client.send_message(&message).await);
        assert_eq!(end.class(), Class::Refused, "{end}");
        assert_eq!(refusal::<()>(Err(end)), expected);
    }
    assert_eq!((desk.count(SEND).await, desk.credits().await), (7, 9));
}

#[tokio::test]
async fn a_second_message_to_somebody_while_one_is_on_its_way_may_be_sent_later() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    desk.order("users", json!({"openid": NEIGHBOUR})).await;
    for openid in [OPENID, NEIGHBOUR] {
        desk.order("subscribe", json!({"openid": openid, "template_id": TEMPLATE, "accepts": 3})).await;
    }
    client.send_message(&repaired()).await.unwrap();
    desk.order("settings", json!({"send_takes_ms": 1500})).await;
    let message = repaired();
    let first = client.send_message(&message);
    let second = async {
        while desk.count(SEND).await < 2 {
            tokio::task::yield_now().await;
        }
        desk.order("settings", json!({"send_takes_ms": 0})).await;
        let neighbour = client.send_message(&Message { openid: NEIGHBOUR, ..repaired() }).await;
        (client.send_message(&repaired()).await, neighbour)
    };
    let (first, (second, neighbour)) = tokio::join!(first, second);
    first.unwrap();
    neighbour.unwrap();
    let end = failure(second);
    assert_eq!(end.class(), Class::Retry);
    assert_eq!(refusal::<()>(Err(end)), Refusal::SendInProgress);
    assert_eq!(desk.credits().await, 1);
}
