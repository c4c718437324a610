use serde_json::{Value, json};

use crate::phones::{Bench, OPENID, granted, refused};

const SEND: &str = "/cgi-bin/message/subscribe/send";
const TEMPLATE: &str = "tmpl-progress";

/// A bench with a user, a template of a thing, a phrase and a time, and `credits` accepts.
async fn bench_with(credits: u64) -> Bench {
    let bench = Bench::new().await;
    bench.order("settings", json!({"send_takes_ms": 0})).await;
    bench
        .order("templates", json!({"template_id": TEMPLATE, "fields": ["thing1", "phrase2", "time3"]}))
        .await;
    if credits > 0 {
        accept(&bench, credits).await;
    } else {
        bench.order("users", json!({"openid": OPENID})).await;
    }
    bench
}

async fn accept(bench: &Bench, times: u64) {
    bench.order("subscribe", json!({"openid": OPENID, "template_id": TEMPLATE, "accepts": times})).await;
}

fn message() -> Value {
    json!({"touser": OPENID, "template_id": TEMPLATE, "miniprogram_state": "formal", "lang": "zh_CN",
        "page": "pages/index/index?id=1",
        "data": {"thing1": {"value": "电梯故障"}, "phrase2": {"value": "已受理"}, "time3": {"value": "2026-11-22 15:01"}}})
}

async fn send(bench: &Bench, message: Value) -> Value {
    let token = bench.token().await;
    bench.call(SEND, &token, message).await
}

async fn send_with(bench: &Bench, pointer: &str, value: Value) -> Value {
    let mut message = message();
    *message.pointer_mut(pointer).unwrap() = value;
    send(bench, message).await
}

async fn credits(bench: &Bench) -> Value {
    bench.get("/__sim/credits", &[("openid", OPENID), ("template_id", TEMPLATE)]).await
}

async fn events(bench: &Bench) -> Vec<Value> {
    bench.get("/__sim/events", &[]).await.as_array().unwrap().clone()
}

#[actix_web::test]
async fn each_accept_is_good_for_one_message_and_accepts_add_up() {
    let bench = bench_with(1).await;
    accept(&bench, 1).await;
    assert_eq!(credits(&bench).await["credits"], 2);
    granted(&send(&bench, message()).await);
    granted(&send(&bench, message()).await);
    refused(&send(&bench, message()).await, 43101);
    accept(&bench, 1).await;
    granted(&send(&bench, message()).await);
}

#[actix_web::test]
async fn credits_belong_to_one_user_and_one_template() {
    let bench = bench_with(1).await;
    bench.order("users", json!({"openid": "oOTHER"})).await;
    bench
        .order("templates", json!({"template_id": "tmpl-other", "fields": ["thing1", "phrase2", "time3"]}))
        .await;
    refused(&send_with(&bench, "/touser", json!("oOTHER")).await, 43101);
    refused(&send_with(&bench, "/template_id", json!("tmpl-other")).await, 43101);
    granted(&send(&bench, message()).await);
}

#[actix_web::test]
async fn a_long_term_grant_is_never_used_up_until_it_is_switched_off() {
    let bench = bench_with(0).await;
    refused(&send(&bench, message()).await, 43101);
    let order = json!({"openid": OPENID, "template_id": TEMPLATE, "long_term": true});
    bench.order("subscribe", order).await;
    for _ in 0..5 {
        granted(&send(&bench, message()).await);
    }
    bench.order("unsubscribe", json!({"openid": OPENID, "template_id": TEMPLATE})).await;
    refused(&send(&bench, message()).await, 43101);
}

#[actix_web::test]
async fn a_refused_message_costs_no_credit() {
    let bench = bench_with(1).await;
    refused(&send_with(&bench, "/data/thing1/value", json!("")).await, 47003);
    refused(&send_with(&bench, "/page", json!("pages/nowhere")).await, 41030);
    assert_eq!(credits(&bench).await["credits"], 1);
}

#[actix_web::test]
async fn unknown_users_and_templates_are_refused() {
    let bench = bench_with(1).await;
    refused(&send_with(&bench, "/touser", json!("oNOBODY")).await, 40003);
    refused(&send_with(&bench, "/touser", json!("")).await, 40003);
    refused(&send_with(&bench, "/template_id", json!("tmpl-none")).await, 40037);
    let banned = json!({"template_id": TEMPLATE, "fields": ["thing1"], "banned": true});
    bench.order("templates", banned).await;
    refused(&send(&bench, message()).await, 43107);
}

#[actix_web::test]
async fn a_wrong_field_is_refused_by_its_name() {
    let bench = bench_with(1).await;
    let emoji = format!("{}😀", "一".repeat(20));
    for (pointer, value, name) in [
        ("/data/thing1/value", json!(""), "data.thing1.value is empty"),
        ("/data/thing1/value", json!("  "), "data.thing1.value is empty"),
        ("/data/thing1/value", json!(emoji), "data.thing1.value invalid"),
        ("/data/thing1/value", json!("😀".repeat(21)), "data.thing1.value invalid"),
        ("/data/thing1/value", json!("一\n二"), "data.thing1.value invalid"),
        ("/data/thing1/value", json!(5), "data.thing1.value invalid"),
        ("/data/thing1", json!("电梯"), "data.thing1.value is empty"),
        ("/data/phrase2/value", json!("第2步"), "data.phrase2.value invalid"),
        ("/data/time3/value", json!("2026-11-22T15:01:00+08:00"), "data.time3.value invalid"),
        ("/data/time3/value", json!("2020-01-18 16:18:49.0"), "data.time3.value invalid"),
        ("/miniprogram_state", json!("release"), "miniprogram_state invalid"),
        ("/lang", json!("zh"), "lang invalid"),
    ] {
        let answer = send_with(&bench, pointer, value).await;
        refused(&answer, 47003);
        let words = answer["errmsg"].as_str().unwrap();
        assert!(words.starts_with(&format!("argument invalid! {name}")), "{words}");
    }
    granted(&send_with(&bench, "/data/thing1/value", json!("😀".repeat(20))).await);
}

#[actix_web::test]
async fn the_fields_are_those_of_the_template_no_more_and_no_fewer() {
    let bench = bench_with(1).await;
    let mut more = message();
    more["data"]["thing9"] = json!({"value": "多"});
    let answer = send(&bench, more).await;
    refused(&answer, 47003);
    assert!(answer["errmsg"].as_str().unwrap().contains("data.thing9"));
    let mut fewer = message();
    fewer["data"].as_object_mut().unwrap().remove("time3");
    let answer = send(&bench, fewer).await;
    refused(&answer, 47003);
    assert!(answer["errmsg"].as_str().unwrap().contains("data.time3.value"));
}

#[actix_web::test]
async fn an_enumerated_field_has_the_templates_own_values() {
    let bench = bench_with(0).await;
    let fields = json!([{"key": "enum1", "values": ["开门", "关门"]}]);
    bench.order("templates", json!({"template_id": TEMPLATE, "fields": fields})).await;
    accept(&bench, 1).await;
    let with =
        |value: &str| json!({"touser": OPENID, "template_id": TEMPLATE, "data": {"enum1": {"value": value}}});
    refused(&send(&bench, with("半开")).await, 47003);
    granted(&send(&bench, with("关门")).await);
}

#[actix_web::test]
async fn a_sensitive_word_is_refused() {
    let bench = bench_with(1).await;
    refused(&send_with(&bench, "/data/thing1/value", json!("sim-sensitive")).await, 45168);
}

#[actix_web::test]
async fn a_page_must_be_released_unless_the_message_opens_another_version() {
    let bench = bench_with(3).await;
    for page in ["/pages/index/index", "pages/new/new", "pages/new/new?id=1"] {
        refused(&send_with(&bench, "/page", json!(page)).await, 41030);
    }
    for state in ["trial", "developer"] {
        let mut message = message();
        message["page"] = json!("pages/new/new");
        message["miniprogram_state"] = json!(state);
        granted(&send(&bench, message).await);
    }
    bench.order("pages", json!({"released": ["pages/new/new"]})).await;
    granted(&send_with(&bench, "/page", json!("pages/new/new?id=1")).await);
}

#[actix_web::test]
async fn two_sends_to_one_user_at_once_are_refused_and_to_two_users_not() {
    let bench = bench_with(2).await;
    bench.order("subscribe", json!({"openid": "oOTHER", "template_id": TEMPLATE})).await;
    bench.order("settings", json!({"send_takes_ms": 500})).await;
    let mut other = message();
    other["touser"] = json!("oOTHER");
    let (first, second, third) =
        tokio::join!(send(&bench, message()), send(&bench, message()), send(&bench, other));
    granted(&third);
    let codes = [&first["errcode"], &second["errcode"]];
    assert!(codes.contains(&&json!(0)) && codes.contains(&&json!(43108)), "{first} {second}");
    refused(if first["errcode"] == 0 { &second } else { &first }, 43108);
    assert_eq!(credits(&bench).await["credits"], 1);
    granted(&send(&bench, message()).await);
}

#[actix_web::test]
async fn a_send_is_followed_by_an_event_that_tells_whether_it_arrived() {
    let bench = bench_with(2).await;
    bench.client().delete(bench.url("/__sim/events")).send().await.unwrap();
    granted(&send(&bench, message()).await);
    bench.order("users", json!({"openid": OPENID, "undeliverable": true})).await;
    granted(&send(&bench, message()).await);
    let events = events(&bench).await;
    assert_eq!(events.len(), 2);
    for (event, code, status) in [(&events[0], "0", "success"), (&events[1], "1", "failed:user block")] {
        assert_eq!(event["Event"], "subscribe_msg_sent_event");
        assert_eq!(event["FromUserName"], OPENID);
        assert!(event["CreateTime"].is_u64());
        let list = &event["List"];
        assert_eq!((&list["TemplateId"], &list["ErrorCode"]), (&json!(TEMPLATE), &json!(code)));
        assert_eq!(list["ErrorStatus"], status);
    }
    assert_ne!(events[0]["List"]["MsgID"], events[1]["List"]["MsgID"]);
}

#[actix_web::test]
async fn popup_and_change_events_have_an_object_for_one_and_an_array_for_several() {
    let bench = bench_with(1).await;
    let both = json!([TEMPLATE, "tmpl-other"]);
    bench.order("subscribe", json!({"openid": OPENID, "template_id": both, "accepts": 0})).await;
    bench.order("unsubscribe", json!({"openid": OPENID, "template_id": TEMPLATE})).await;
    let events = events(&bench).await;
    let accepted = &events[0];
    assert_eq!(accepted["Event"], "subscribe_msg_popup_event");
    assert_eq!(accepted["List"]["SubscribeStatusString"], "accept");
    let refused = &events[1]["List"];
    assert_eq!(refused.as_array().unwrap().len(), 2);
    assert_eq!(refused[1]["SubscribeStatusString"], "reject");
    assert_eq!(events[2]["Event"], "subscribe_msg_change_event");
    assert_eq!(events[2]["List"]["TemplateId"], TEMPLATE);
    assert_eq!(credits(&bench).await, json!({"credits": 0, "long_term": false}));
}
