use serde_json::{Value, json};
use wechat_sim::SECRET;

use crate::phones::{Bench, OPENID, granted, refused};

async fn present() -> Bench {
    let bench = Bench::new().await;
    bench.order("seen", json!({"openid": OPENID})).await;
    bench
}

async fn check(bench: &Bench, name: &str, value: Value) -> Value {
    let mut body = json!({"content": "你好", "version": 2, "scene": 2, "openid": OPENID});
    body[name] = value;
    let token = bench.token().await;
    bench.call("/wxa/msg_sec_check", &token, body).await
}

async fn check_text(bench: &Bench, text: &str) -> Value {
    check(bench, "content", json!(text)).await
}

#[actix_web::test]
async fn marker_words_decide_between_pass_review_and_risky() {
    let bench = present().await;
    for (text, suggest, label) in [
        ("你好", "pass", 100),
        ("sim-review", "review", 10001),
        ("a sim-risky b", "risky", 20002),
        ("sim-review sim-risky", "risky", 20002),
    ] {
        let answer = check_text(&bench, text).await;
        granted(&answer);
        assert_eq!(answer["result"], json!({"suggest": suggest, "label": label}), "{text}");
        assert_eq!(answer["detail"][0]["suggest"], suggest);
        assert!(!answer["trace_id"].as_str().unwrap().is_empty());
    }
    let titled = check(&bench, "title", json!("sim-review")).await;
    assert_eq!(titled["result"]["suggest"], "review");
}

#[actix_web::test]
async fn a_detail_whose_strategy_failed_does_not_count() {
    let bench = present().await;
    let answer = check_text(&bench, "sim-broken").await;
    assert_eq!(answer["result"]["suggest"], "pass");
    let failed = &answer["detail"][1];
    assert_eq!((&failed["errcode"], &failed["suggest"]), (&json!(-1), &json!("risky")));
}

#[actix_web::test]
async fn a_test_can_teach_its_own_words() {
    let bench = present().await;
    bench.order("words", json!({"word": "骗子", "suggest": "risky", "label": 20008})).await;
    assert_eq!(check_text(&bench, "他是骗子").await["result"], json!({"suggest": "risky", "label": 20008}));
}

#[actix_web::test]
async fn version_scene_and_length_are_bounded() {
    let bench = present().await;
    refused(&check(&bench, "version", json!(1)).await, 47001);
    refused(&check(&bench, "version", json!("2")).await, 47001);
    refused(&check(&bench, "scene", json!(5)).await, 40129);
    refused(&check(&bench, "scene", json!(0)).await, 40129);
    refused(&check_text(&bench, "").await, 47001);
    granted(&check_text(&bench, &"字".repeat(2500)).await);
    refused(&check_text(&bench, &"字".repeat(2501)).await, 47001);
}

#[actix_web::test]
async fn the_user_must_have_been_there_within_two_hours() {
    let bench = present().await;
    bench.advance(7199).await;
    granted(&check_text(&bench, "你好").await);
    bench.advance(1).await;
    refused(&check_text(&bench, "你好").await, 61010);
    bench.wx_login(OPENID).await;
    granted(&check_text(&bench, "你好").await);
    bench.order("users", json!({"openid": "oNEVER"})).await;
    refused(&check(&bench, "openid", json!("oNEVER")).await, 61010);
}

#[actix_web::test]
async fn an_openid_must_be_this_apps() {
    let bench = present().await;
    refused(&check(&bench, "openid", json!("oNOBODY")).await, 40003);
    bench.order("apps", json!({"appid": "wx2", "secret": SECRET})).await;
    bench.order("login", json!({"appid": "wx2", "openid": "oFOREIGN"})).await;
    refused(&check(&bench, "openid", json!("oFOREIGN")).await, 43104);
}

#[actix_web::test]
async fn the_minute_and_the_day_have_their_quotas() {
    let bench = present().await;
    let limits = bench.get("/__sim/quotas", &[]).await;
    assert_eq!(limits["msg_sec_check.minute"], 4000);
    assert_eq!(limits["msg_sec_check.day"], 2_000_000);
    bench.order("clock", json!({"at": 1_800_000_000_u64})).await;
    bench.order("seen", json!({"openid": OPENID})).await;
    bench.order("quotas", json!({"name": "msg_sec_check.minute", "limit": 1})).await;
    bench.order("quotas", json!({"name": "msg_sec_check.day", "limit": 2})).await;
    granted(&check_text(&bench, "你好").await);
    refused(&check_text(&bench, "你好").await, 44991);
    bench.advance(60).await;
    granted(&check_text(&bench, "你好").await);
    bench.advance(60).await;
    refused(&check_text(&bench, "你好").await, 45009);
}

/// A server with one picture, one text and one picture that is too large; where it is.
fn gallery() -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut asked in listener.incoming().map_while(Result::ok) {
            let mut bytes = [0; 1024];
            let read = asked.read(&mut bytes).unwrap_or_default();
            let path = String::from_utf8_lossy(&bytes[..read]).into_owned();
            let (kind, size) = match path.split(' ').nth(1) {
                Some("/picture") => ("image/jpeg", 10 * 1024 * 1024),
                Some("/large") => ("image/jpeg", 10 * 1024 * 1024 + 1),
                _ => ("text/html", 9),
            };
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n\r\n");
            // Whoever has read enough may be gone.
            drop(asked.write_all(&[head.as_bytes(), &vec![b'x'; size]].concat()));
        }
    });
    address
}

async fn check_picture(bench: &Bench, name: &str, value: Value) -> Value {
    let mut body = json!({"media_url": "http://127.0.0.1:9/x", "media_type": 2, "version": 2, "scene": 3,
        "openid": OPENID});
    body[name] = value;
    let token = bench.token().await;
    bench.call("/wxa/media_check_async", &token, body).await
}

/// The event about a check, once it is there.
async fn event(bench: &Bench, checked: &Value) -> Value {
    loop {
        let events = bench.get("/__sim/events", &[]).await;
        let of_it = |event: &&Value| event["trace_id"] == checked["trace_id"];
        if let Some(event) = events.as_array().unwrap().iter().find(of_it) {
            return event.clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[actix_web::test]
async fn a_picture_is_fetched_and_what_is_found_is_pushed() {
    let bench = present().await;
    let gallery = gallery();
    let at = |path: &str| json!(format!("{gallery}{path}"));
    let passed = check_picture(&bench, "media_url", at("/picture")).await;
    granted(&passed);
    let told = event(&bench, &passed).await;
    assert_eq!((&told["Event"], &told["FromUserName"]), (&json!("wxa_media_check"), &json!(OPENID)));
    assert_eq!((&told["errcode"], &told["version"]), (&json!(0), &json!(2)));
    assert_eq!(told["result"], json!({"suggest": "pass", "label": 100}));
    bench.order("pictures", json!({"suggest": "risky", "label": 20002})).await;
    bench.order("names", json!({"name": "https://photos.example", "to": gallery})).await;
    let named = check_picture(&bench, "media_url", json!("https://photos.example/picture")).await;
    assert_eq!(event(&bench, &named).await["result"], json!({"suggest": "risky", "label": 20002}));
    assert_ne!(named["trace_id"], passed["trace_id"]);
    for bad in [at("/large"), at("/text"), json!("http://127.0.0.1:9/picture")] {
        let told = event(&bench, &check_picture(&bench, "media_url", bad.clone()).await).await;
        assert_eq!((&told["errcode"], told["result"].is_null()), (&json!(-1008), true), "{bad}");
    }
}

#[actix_web::test]
async fn a_result_may_be_lost_or_come_late_or_twice_or_before_an_earlier_one() {
    let bench = present().await;
    let url = json!(format!("{}/picture", gallery()));
    let promise = async |fate: Value| {
        bench.order("results", fate).await;
        check_picture(&bench, "media_url", url.clone()).await["trace_id"].clone()
    };
    let lost = promise(json!({"times": 0})).await;
    let late = promise(json!({"after_seconds": 1800})).await;
    let twice = promise(json!({"times": 2, "after_seconds": 60})).await;
    let usual = check_picture(&bench, "media_url", url.clone()).await;
    let arrived = async || {
        let events = bench.get("/__sim/events", &[]).await;
        events.as_array().unwrap().iter().map(|event| event["trace_id"].clone()).collect::<Vec<_>>()
    };
    let at_once = event(&bench, &usual).await["trace_id"].clone();
    // Those before it may still be fetched.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert_eq!(arrived().await, std::slice::from_ref(&at_once));
    bench.advance(60).await;
    assert_eq!(arrived().await, [at_once.clone(), twice.clone(), twice.clone()]);
    bench.advance(1739).await;
    assert_eq!(arrived().await.len(), 3);
    bench.advance(1).await;
    assert_eq!(arrived().await, [at_once, twice.clone(), twice, late]);
    bench.advance(3600).await;
    assert!(!arrived().await.contains(&lost), "it never comes");
}

#[actix_web::test]
async fn what_was_found_is_pushed_as_xml_or_json_in_the_clear_or_not() {
    let bench = present().await;
    let checked = check_picture(&bench, "media_url", json!("http://127.0.0.1:9/picture")).await;
    event(&bench, &checked).await;
    let push = async |mut order: Value| {
        order["token"] = "AAAAA".into();
        let pushed = bench.order("pushes", order).await;
        let text = |member: &str| pushed[0][member].as_str().unwrap().to_owned();
        (text("query"), text("body"))
    };
    let key = "A".repeat(43);
    let (query, plain) = push(json!({"form": "xml"})).await;
    assert!(query.starts_with("signature=") && !query.contains("msg_signature"), "{query}");
    for part in
        ["<Event><![CDATA[wxa_media_check]]></Event>", "<errcode>-1008</errcode>", "<version>2</version>"]
    {
        assert!(plain.starts_with("<xml>") && plain.contains(part), "{plain}");
    }
    let (query, safe) = push(json!({"form": "xml", "key": key})).await;
    assert!(query.contains("&encrypt_type=aes&msg_signature="), "{query}");
    assert!(safe.contains("<Encrypt><![CDATA[") && !safe.contains("wxa_media_check"), "{safe}");
    let (_, both) = push(json!({"form": "xml", "key": key, "compatible": true})).await;
    assert!(both.contains("<Encrypt><![CDATA[") && both.contains("wxa_media_check"), "{both}");
    let (_, json) = push(json!({"key": key, "compatible": true})).await;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["Encrypt"].is_string() && json["Event"] == "wxa_media_check", "{json}");
}

#[actix_web::test]
async fn a_picture_is_bounded_as_a_text_is() {
    let bench = present().await;
    for (name, value, errcode) in [
        ("version", json!(1), 47001),
        ("media_type", json!(3), 40004),
        ("scene", json!(5), 40129),
        ("media_url", json!("photos.example/x"), 47001),
        ("openid", json!("oNOBODY"), 40003),
        ("title", json!("x"), 47001),
    ] {
        refused(&check_picture(&bench, name, value).await, errcode);
    }
    let limits = bench.get("/__sim/quotas", &[]).await;
    assert_eq!(limits["media_check_async.minute"], 2000);
    assert_eq!(limits["media_check_async.day"], 200_000);
    bench.advance(7200).await;
    refused(&check_picture(&bench, "scene", json!(3)).await, 61010);
}
