//! Checking photos: asked under an id, told later by a push.

use linli::wechat::{Decision, Photo, Refusal, WhyHuman};
use serde_json::{Value, json};

use crate::stage::{NEIGHBOUR, OPENID, Stage, refusal};

const PHOTO: Photo<'static> = Photo { url: "https://photos.example/1", openid: OPENID };

/// A push about a check, changed in one member.
fn push(name: &str, value: Value) -> Value {
    let mut push = json!({ "Event": "wxa_media_check", "FromUserName": OPENID, "appid": wechat_sim::APPID,
        "trace_id": "t1", "version": 2, "errcode": 0, "result": { "suggest": "pass", "label": 100 },
        "detail": [{ "errcode": 0, "suggest": "pass", "label": 100 }] });
    push[name] = value;
    push
}

#[tokio::test]
async fn each_time_it_is_asked_a_photo_has_another_id() {
    let stage = Stage::standing().await;
    let client = stage.client();
    let first = client.check_photo(&PHOTO).await.unwrap();
    assert_ne!(first, client.check_photo(&PHOTO).await.unwrap());
    let foreign = Photo { openid: NEIGHBOUR, ..PHOTO };
    assert_eq!(refusal(client.check_photo(&foreign).await), Refusal::PersonUnknown);
    stage.time.pass_seconds(7200).await;
    assert_eq!(refusal(client.check_photo(&PHOTO).await), Refusal::PersonAbsent);
}

#[tokio::test]
async fn a_push_tells_what_was_found_and_nothing_where_wechat_could_not_look() {
    let stage = Stage::standing().await;
    let client = stage.client();
    let found = |push: &Value| client.photo_finding(push);
    for (suggest, decision) in [
        ("pass", Decision::Publish),
        ("review", Decision::AskHuman(WhyHuman::WeChatUnsure)),
        ("risky", Decision::Reject),
        ("what is this", Decision::AskHuman(WhyHuman::WeChatUnsure)),
    ] {
        let told = found(&push("result", json!({ "suggest": suggest, "label": 100 }))).unwrap();
        assert_eq!((told.trace_id.as_str(), told.verdict.unwrap().decision), ("t1", decision));
    }
    let graver = json!([{ "errcode": 0, "suggest": "risky" }, { "errcode": 0, "suggest": "pass" }]);
    assert_eq!(found(&push("detail", graver)).unwrap().verdict.unwrap().decision, Decision::Reject);
    for (name, value) in [("errcode", json!(-1008)), ("errcode", json!("-1008")), ("result", Value::Null)] {
        assert_eq!(found(&push(name, value)).unwrap().verdict, None, "{name}");
    }
    for (name, value) in [
        ("Event", json!("subscribe_msg_sent_event")),
        ("appid", json!("wx0000000000000009")),
        ("trace_id", Value::Null),
    ] {
        assert_eq!(found(&push(name, value)), None, "{name}");
    }
}
