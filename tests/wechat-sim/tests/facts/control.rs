use serde_json::{Value, json};
use wechat_sim::{APPID, SECRET};

use crate::phones::{Bench, OPENID, exchange_query, granted, refused, stable_body};

#[actix_web::test]
async fn the_clock_stands_runs_and_moves_as_told() {
    let bench = Bench::new().await;
    let set = bench.order("clock", json!({"at": 1_800_000_000_u64})).await;
    assert_eq!(set, json!({"now": 1_800_000_000_u64, "now_ms": 1_800_000_000_000_u64, "running": false}));
    let moved = bench.order("advance", json!({"seconds": 2, "ms": 5})).await;
    assert_eq!(moved["now_ms"], 1_800_000_002_005_u64);
    actix_web::rt::time::sleep(std::time::Duration::from_millis(30)).await;
    assert_eq!(bench.get("/__sim/clock", &[]).await, moved);
    bench.order("clock", json!({"running": true})).await;
    actix_web::rt::time::sleep(std::time::Duration::from_millis(30)).await;
    let running = bench.get("/__sim/clock", &[]).await["now_ms"].as_u64().unwrap();
    assert!((1_800_000_002_035..1_800_000_062_000).contains(&running), "{running}");
}

#[actix_web::test]
async fn the_clock_begins_at_the_real_time_and_runs() {
    let sim = wechat_sim::start();
    let answer = reqwest::get(format!("{}/__sim/clock", sim.base_url())).await.unwrap();
    let clock: Value = answer.json().await.unwrap();
    let real = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(clock["now"].as_u64().unwrap().abs_diff(real) <= 2);
    assert_eq!(clock["running"], true);
}

#[actix_web::test]
async fn the_journal_tells_each_request_and_its_answer_in_order() {
    let bench = Bench::new().await;
    bench.order("clock", json!({"at": 1_800_000_000_u64})).await;
    let stable = bench.stable().await;
    bench.advance(5).await;
    let login = bench.exchange("never-given").await;
    let all = bench.get("/__sim/journal", &[]).await;
    let expected = json!({"n": 0, "at": 1_800_000_000_u64, "at_ms": 1_800_000_000_000_u64, "method": "POST",
        "path": "/cgi-bin/stable_token", "query": {}, "content_type": "application/json", "body": stable_body(),
        "status": 200, "answer": stable, "fault": null});
    assert_eq!(all[0], expected);
    assert_eq!((&all[1]["n"], &all[1]["at"]), (&json!(1), &json!(1_800_000_005_u64)));
    assert_eq!(all[1]["query"]["js_code"], "never-given");
    assert_eq!(all[1]["query"].as_object().unwrap().len(), exchange_query("").len());
    assert_eq!(all[1]["answer"], login);
    assert_eq!(bench.journal("/sns/jscode2session").await.len(), 1);
    bench.client().delete(bench.url("/__sim/journal")).send().await.unwrap();
    assert_eq!(bench.get("/__sim/journal", &[]).await, json!([]));
    bench.stable().await;
    assert_eq!(bench.journal("/cgi-bin/stable_token").await[0]["n"], 2);
}

#[actix_web::test]
async fn the_journal_names_the_fault_and_leaves_a_lost_answer_empty() {
    let bench = Bench::new().await;
    bench.order("faults", json!({"path": "*", "kind": "reset"})).await;
    bench.order("faults", json!({"path": "*", "kind": "busy"})).await;
    assert!(bench.client().get(bench.url("/sns/jscode2session")).send().await.is_err());
    refused(&bench.exchange("x").await, -1);
    let entries = bench.journal("/sns/jscode2session").await;
    assert_eq!((&entries[0]["fault"], &entries[0]["answer"]), (&json!("reset"), &Value::Null));
    assert_eq!((&entries[1]["fault"], &entries[1]["answer"]["errcode"]), (&json!("busy"), &json!(-1)));
}

#[actix_web::test]
async fn an_order_that_is_not_understood_is_refused_aloud() {
    let bench = Bench::new().await;
    let status = async |what: &str, body: Value| {
        bench
            .client()
            .post(bench.url(&format!("/__sim/{what}")))
            .json(&body)
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    assert_eq!(status("nothing", json!({})).await, 404);
    assert_eq!(status("login", json!({})).await, 400);
    assert_eq!(status("login", json!({"openid": "o", "rotate": true})).await, 400);
    assert_eq!(status("faults", json!({"path": "*", "kind": "flood"})).await, 400);
    assert_eq!(status("settings", json!({"no_such_setting": 1})).await, 400);
    assert_eq!(status("settings", json!({"token_length": 513})).await, 400);
    assert_eq!(status("quotas", json!({"name": "none", "limit": 1})).await, 400);
    assert_eq!(status("templates", json!({"template_id": "t", "fields": ["story"]})).await, 400);
    assert_eq!(status("phone_code", json!({"openid": "o-without-phone"})).await, 400);
    assert_eq!(status("open_data", json!({"data": {}})).await, 400);
}

#[actix_web::test]
async fn reset_begins_a_new_world() {
    let bench = Bench::new().await;
    bench.order("faults", json!({"path": "*", "kind": "busy", "times": 0})).await;
    bench.order("settings", json!({"token_length": 20})).await;
    bench.order("reset", json!({})).await;
    assert_eq!(bench.get("/__sim/journal", &[]).await, json!([]));
    assert_eq!(bench.token().await.len(), 136);
}

#[actix_web::test]
async fn a_user_keeps_what_a_later_order_does_not_name() {
    let bench = Bench::new().await;
    bench.order("users", json!({"openid": OPENID, "unionid": "u", "phone": "15400000001"})).await;
    bench.order("users", json!({"openid": OPENID, "blocked": true})).await;
    bench.order("users", json!({"openid": OPENID, "blocked": false})).await;
    let answer = bench.exchange(&bench.wx_login(OPENID).await).await;
    granted(&answer);
    assert_eq!(answer["unionid"], "u");
    bench.phone_code(OPENID).await;
}

#[actix_web::test]
async fn the_tokens_given_can_be_listed() {
    let bench = Bench::new().await;
    let stable = bench.token().await;
    let query = [("grant_type", "client_credential"), ("appid", APPID), ("secret", SECRET)];
    bench.get("/cgi-bin/token", &query).await;
    bench.order("tokens/kill", json!({"family": "stable"})).await;
    let listed = bench.get("/__sim/tokens", &[]).await;
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), 2);
    let killed = listed.iter().find(|token| token["access_token"] == stable.as_str()).unwrap();
    assert_eq!(
        (&killed["family"], &killed["good"], &killed["current"]),
        (&json!("stable"), &json!(false), &json!(true))
    );
}

#[actix_web::test]
async fn two_simulators_share_nothing() {
    let (one, other) = (Bench::new().await, Bench::new().await);
    let token = one.token().await;
    refused(&other.call("/wxa/msg_sec_check", &token, json!({})).await, 40014);
}
