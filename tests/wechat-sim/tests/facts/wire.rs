use serde_json::json;

use crate::phones::{Bench, json_of, refused, stable_body};

const POSTS: [&str; 4] = [
    "/wxa/business/getuserphonenumber",
    "/cgi-bin/message/subscribe/send",
    "/wxa/msg_sec_check",
    "/wxa/getwxacodeunlimit",
];

#[actix_web::test]
async fn every_refusal_is_http_200_with_a_request_id() {
    let bench = Bench::new().await;
    for path in POSTS.into_iter().chain(["/sns/jscode2session", "/cgi-bin/token", "/nowhere"]) {
        let response = bench.get_raw(path, &[]).await;
        assert_eq!(response.status(), 200, "{path}");
        let answer = json_of(response).await;
        refused(&answer, answer["errcode"].as_i64().unwrap());
        assert_ne!(answer["errcode"], 0, "{path}");
    }
}

#[actix_web::test]
async fn a_business_call_needs_its_token_in_the_query() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    for path in POSTS {
        refused(&bench.post(path, json!({})).await, 41001);
        let in_header =
            bench.client().post(bench.url(path)).bearer_auth(&token).json(&json!({})).send().await;
        refused(&json_of(in_header.unwrap()).await, 41001);
        refused(&bench.call(path, "", json!({})).await, 41001);
        refused(&bench.call(path, "garbage", json!({})).await, 40014);
    }
}

#[actix_web::test]
async fn a_token_in_the_body_is_refused_even_beside_one_in_the_query() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    for path in POSTS {
        refused(&bench.call(path, &token, json!({"access_token": token})).await, 47001);
    }
    let mut body = stable_body();
    body["access_token"] = json!("x");
    refused(&bench.post("/cgi-bin/stable_token", body).await, 47001);
}

#[actix_web::test]
async fn only_a_raw_json_object_with_known_names_is_a_body() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    for path in POSTS {
        let send = |kind: &str, body: &str| {
            let request = bench.client().post(bench.url(path)).query(&[("access_token", &token)]);
            request.header("content-type", kind.to_owned()).body(body.to_owned()).send()
        };
        let form = "application/x-www-form-urlencoded";
        refused(&json_of(send(form, "scene=1").await.unwrap()).await, 47001);
        refused(&json_of(send(form, "{}").await.unwrap()).await, 47001);
        refused(&json_of(send("application/json", "").await.unwrap()).await, 44002);
        refused(&json_of(send("application/json", "{\"a\":").await.unwrap()).await, 47001);
        refused(&json_of(send("application/json", "[]").await.unwrap()).await, 47001);
        refused(&json_of(send("application/json", "{\"senario\":1}").await.unwrap()).await, 47001);
    }
}

#[actix_web::test]
async fn a_post_is_no_get_and_a_get_no_post() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    for path in POSTS {
        refused(&bench.get(path, &[("access_token", &token)]).await, 43002);
    }
    for path in ["/sns/jscode2session", "/cgi-bin/token", "/wxa/checksession", "/wxa/resetusersessionkey"] {
        refused(&bench.call(path, &token, json!({})).await, 43001);
    }
    refused(&bench.get("/cgi-bin/stable_token", &[]).await, 43002);
}

#[actix_web::test]
async fn content_types_are_those_that_people_found() {
    let bench = Bench::new().await;
    let kind = |response: &reqwest::Response| response.headers()["content-type"].to_str().unwrap().to_owned();
    assert_eq!(kind(&bench.get_raw("/sns/jscode2session", &[]).await), "text/plain");
    assert_eq!(kind(&bench.get_raw("/cgi-bin/token", &[]).await), "application/json; encoding=utf-8");
    let refused_code = bench.get_raw("/wxa/getwxacodeunlimit", &[]).await;
    assert_eq!(kind(&refused_code), "application/json; charset=UTF-8");
    bench.order("settings", json!({"code_refusal_as_text": true})).await;
    assert_eq!(kind(&bench.get_raw("/wxa/getwxacodeunlimit", &[]).await), "text/plain");
}

#[actix_web::test]
async fn an_interface_that_was_not_granted_reads_48001() {
    let bench = Bench::new().await;
    let path = "/wxa/msg_sec_check";
    let app = json!({"appid": "wx0000000000000002", "secret": "00000000000000000000000000000002",
        "denied": [path]});
    bench.order("apps", app).await;
    let body = json!({"grant_type": "client_credential", "appid": "wx0000000000000002",
        "secret": "00000000000000000000000000000002"});
    let token = bench.post("/cgi-bin/stable_token", body).await["access_token"].as_str().unwrap().to_owned();
    refused(&bench.call(path, &token, json!({})).await, 48001);
}
