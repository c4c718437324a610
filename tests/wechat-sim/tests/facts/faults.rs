use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::phones::{Bench, OPENID, granted, json_of, refused, stable_body};

const STABLE: &str = "/cgi-bin/stable_token";

async fn fault(bench: &Bench, order: Value) {
    bench.order("faults", order).await;
}

/// A request whose failure is expected, given up after `patience`.
async fn fails(bench: &Bench, patience: Duration) -> reqwest::Error {
    let sent = bench.client().post(bench.url(STABLE)).json(&stable_body()).timeout(patience).send();
    match sent.await {
        Err(error) => error,
        Ok(response) => response.bytes().await.unwrap_err(),
    }
}

const SHORT: Duration = Duration::from_millis(300);
/// Longer than anything takes that ends by itself, on a busy machine too.
const LONG: Duration = Duration::from_secs(20);

#[actix_web::test]
async fn busy_strikes_as_often_as_ordered_and_then_stops() {
    let bench = Bench::new().await;
    fault(&bench, json!({"path": STABLE, "kind": "busy", "times": 2})).await;
    refused(&bench.stable().await, -1);
    refused(&bench.stable().await, -1);
    granted(&bench.stable().await);
}

#[actix_web::test]
async fn a_fault_can_wait_for_its_turn_and_strike_for_ever() {
    let bench = Bench::new().await;
    fault(&bench, json!({"path": "*", "kind": "errcode", "errcode": 45009, "skip": 1, "times": 0})).await;
    granted(&bench.stable().await);
    for _ in 0..3 {
        refused(&bench.stable().await, 45009);
    }
    bench.client().delete(bench.url("/__sim/faults")).send().await.unwrap();
    granted(&bench.stable().await);
}

#[actix_web::test]
async fn a_fault_strikes_only_its_path() {
    let bench = Bench::new().await;
    fault(&bench, json!({"path": "/cgi-bin/token", "kind": "busy"})).await;
    granted(&bench.stable().await);
    assert_eq!(bench.get("/__sim/faults", &[]).await.as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_status_comes_with_a_page_that_is_not_json() {
    let bench = Bench::new().await;
    fault(&bench, json!({"path": STABLE, "kind": "status", "status": 503})).await;
    let response = bench.client().post(bench.url(STABLE)).json(&stable_body()).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.text().await.unwrap().starts_with("<html>"));
}

#[actix_web::test]
async fn reset_closes_the_connection_without_an_answer() {
    let bench = Bench::new().await;
    fault(&bench, json!({"path": STABLE, "kind": "reset"})).await;
    let error = fails(&bench, LONG).await;
    assert!(!error.is_timeout() && error.is_request(), "{error:?}");
    granted(&bench.stable().await);
}

#[actix_web::test]
async fn hang_answers_nothing_in_time() {
    let bench = Bench::new().await;
    fault(&bench, json!({"path": STABLE, "kind": "hang"})).await;
    assert!(fails(&bench, SHORT).await.is_timeout());
    fault(&bench, json!({"path": STABLE, "kind": "hang", "ms": 50})).await;
    let error = fails(&bench, LONG).await;
    assert!(!error.is_timeout(), "{error:?}");
}

#[actix_web::test]
async fn truncate_breaks_the_answer_off_in_the_middle() {
    let bench = Bench::new().await;
    fault(&bench, json!({"path": STABLE, "kind": "truncate"})).await;
    let error = fails(&bench, LONG).await;
    assert!(error.is_body() || error.is_decode(), "{error:?}");
}

#[actix_web::test]
async fn slow_drips_the_true_answer_and_late_holds_it_back() {
    let bench = Bench::new().await;
    for kind in ["slow", "late"] {
        fault(&bench, json!({"path": STABLE, "kind": kind, "ms": 1000})).await;
        let begun = Instant::now();
        let response = bench.client().post(bench.url(STABLE)).json(&stable_body()).send().await.unwrap();
        let answered = begun.elapsed();
        granted(&json_of(response).await);
        assert!(begun.elapsed() >= Duration::from_millis(990), "{kind}");
        assert_eq!(answered < Duration::from_millis(700), kind == "slow", "{answered:?}");
    }
}

#[actix_web::test]
async fn a_message_can_be_sent_although_its_answer_is_lost() {
    let bench = Bench::new().await;
    let send = "/cgi-bin/message/subscribe/send";
    bench.order("templates", json!({"template_id": "t", "fields": ["thing1"]})).await;
    bench.order("subscribe", json!({"openid": OPENID, "template_id": "t", "accepts": 2})).await;
    let token = bench.token().await;
    let message = json!({"touser": OPENID, "template_id": "t", "data": {"thing1": {"value": "一"}}});
    let sending = || {
        let request = bench.client().post(bench.url(send)).query(&[("access_token", &token)]);
        request.json(&message).timeout(Duration::from_secs(1)).send()
    };
    let query = [("openid", OPENID), ("template_id", "t")];
    fault(&bench, json!({"path": send, "kind": "hang"})).await;
    assert!(sending().await.is_err());
    assert_eq!(bench.get("/__sim/credits", &query).await["credits"], 2);
    fault(&bench, json!({"path": send, "kind": "hang", "acts": true})).await;
    assert!(sending().await.is_err());
    assert_eq!(bench.get("/__sim/credits", &query).await["credits"], 1);
}

#[actix_web::test]
async fn dropping_the_simulator_ends_it_even_while_a_request_hangs() {
    let sim = wechat_sim::start();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = sim.base_url().to_owned();
    let order = json!({"path": "*", "kind": "hang"});
    client.post(format!("{url}/__sim/faults")).json(&order).send().await.unwrap();
    let request = client.get(format!("{url}/anything")).timeout(Duration::from_secs(30)).send();
    let hanging = actix_web::rt::spawn(request);
    actix_web::rt::time::sleep(Duration::from_millis(200)).await;
    let begun = Instant::now();
    actix_web::web::block(move || drop(sim)).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(5));
    let error = hanging.await.unwrap().unwrap_err();
    assert!(!error.is_timeout(), "{error:?}");
    assert!(client.get(&url).send().await.unwrap_err().is_connect());
}
