use serde_json::{Value, json};
use wechat_sim::{APPID, SECRET};

use crate::phones::{Bench, granted, json_of, refused, stable_body};

const STABLE: &str = "/cgi-bin/stable_token";

/// The errcode of a business call with this token: 47001 (its empty object) means that the token was taken.
async fn shown(bench: &Bench, token: &str) -> i64 {
    let answer = bench.call("/wxa/msg_sec_check", token, json!({})).await;
    answer["errcode"].as_i64().unwrap()
}

const TAKEN: i64 = 47001;

async fn classic(bench: &Bench) -> Value {
    let query = [("grant_type", "client_credential"), ("appid", APPID), ("secret", SECRET)];
    bench.get("/cgi-bin/token", &query).await
}

async fn forced(bench: &Bench) -> Value {
    let mut body = stable_body();
    body["force_refresh"] = json!(true);
    bench.post(STABLE, body).await
}

fn token_of(answer: &Value) -> String {
    answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[actix_web::test]
async fn each_classic_call_gives_a_new_token_and_dooms_the_old_one_in_five_minutes() {
    let bench = Bench::new().await;
    let answer = classic(&bench).await;
    assert_eq!(answer["expires_in"], 7200);
    assert!(answer.get("errcode").is_none());
    let first = token_of(&answer);
    bench.advance(1000).await;
    let second = token_of(&classic(&bench).await);
    assert_ne!(first, second);
    bench.advance(299).await;
    assert_eq!((shown(&bench, &first).await, shown(&bench, &second).await), (TAKEN, TAKEN));
    bench.advance(1).await;
    let dead = bench.call("/wxa/msg_sec_check", &first, json!({})).await;
    refused(&dead, 40001);
    assert!(dead["errmsg"].as_str().unwrap().contains("not latest"));
    assert_eq!(shown(&bench, &second).await, TAKEN);
    bench.advance(7200 - 301).await;
    assert_eq!(shown(&bench, &second).await, TAKEN);
    bench.advance(1).await;
    assert_eq!(shown(&bench, &second).await, 42001);
}

#[actix_web::test]
async fn the_two_families_do_not_touch_each_other() {
    let bench = Bench::new().await;
    let stable = bench.token().await;
    let first = token_of(&classic(&bench).await);
    classic(&bench).await;
    bench.advance(300).await;
    assert_eq!(shown(&bench, &first).await, 40001);
    assert_eq!(shown(&bench, &stable).await, TAKEN);
    assert_eq!(bench.token().await, stable);
    let second = token_of(&classic(&bench).await);
    forced(&bench).await;
    assert_eq!(shown(&bench, &second).await, TAKEN);
    assert_eq!(shown(&bench, &stable).await, 40001);
}

#[actix_web::test]
async fn the_classic_call_has_a_refusal_for_each_parameter() {
    let bench = Bench::new().await;
    let zeros = "00000000000000000000000000000000";
    for (grant, appid, secret, errcode) in [
        ("", APPID, SECRET, 40002),
        ("authorization_code", APPID, SECRET, 40002),
        ("client_credential", "", SECRET, 41002),
        ("client_credential", "wx9", SECRET, 40013),
        ("client_credential", APPID, "", 41004),
        ("client_credential", APPID, zeros, 40001),
        ("client_credential", APPID, "short", 40125),
    ] {
        let query = [("grant_type", grant), ("appid", appid), ("secret", secret)];
        refused(&bench.get("/cgi-bin/token", &query).await, errcode);
    }
}

#[actix_web::test]
async fn the_classic_call_is_given_two_thousand_times_a_day() {
    let bench = Bench::new().await;
    let limits = bench.get("/__sim/quotas", &[]).await;
    assert_eq!(limits["token.day"], 2000);
    bench.order("quotas", json!({"name": "token.day", "limit": 2})).await;
    granted(&classic(&bench).await);
    granted(&classic(&bench).await);
    refused(&classic(&bench).await, 45009);
    bench.advance(86_400).await;
    granted(&classic(&bench).await);
}

#[actix_web::test]
async fn stable_gives_the_same_token_with_what_is_left_of_its_life() {
    let bench = Bench::new().await;
    let first = bench.stable().await;
    assert_eq!(first["expires_in"], 7200);
    assert!(first.get("errcode").is_none());
    bench.advance(1000).await;
    let second = bench.stable().await;
    assert_eq!(second["access_token"], first["access_token"]);
    assert_eq!(second["expires_in"], 6200);
}

#[actix_web::test]
async fn stable_renews_in_the_last_five_minutes_and_both_are_good_for_five_more() {
    let bench = Bench::new().await;
    let first = bench.token().await;
    bench.advance(6900).await;
    let at_the_edge = bench.stable().await;
    assert_eq!(at_the_edge["expires_in"], 300);
    assert_eq!(token_of(&at_the_edge), first);
    bench.advance(1).await;
    let renewed = bench.stable().await;
    assert_ne!(token_of(&renewed), first);
    assert_eq!(renewed["expires_in"], 7200);
    bench.advance(299).await;
    assert_eq!(shown(&bench, &first).await, TAKEN);
    bench.advance(1).await;
    assert_eq!(shown(&bench, &first).await, 42001);
    assert_eq!(shown(&bench, &token_of(&renewed)).await, TAKEN);
}

#[actix_web::test]
async fn force_kills_the_old_token_at_once_and_does_nothing_within_thirty_seconds() {
    let bench = Bench::new().await;
    let first = bench.token().await;
    let second = token_of(&forced(&bench).await);
    assert_ne!(first, second);
    assert_eq!(shown(&bench, &first).await, 40001);
    bench.advance(29).await;
    let unchanged = forced(&bench).await;
    assert_eq!(token_of(&unchanged), second);
    assert_eq!(unchanged["expires_in"], 7171);
    bench.advance(1).await;
    assert_ne!(token_of(&forced(&bench).await), second);
}

#[actix_web::test]
async fn the_twenty_first_force_of_a_shanghai_day_is_refused() {
    let bench = Bench::new().await;
    // 23:00 in Shanghai on 2026-11-22.
    bench.order("clock", json!({"at": 1_795_359_600_u64})).await;
    for _ in 0..20 {
        granted(&forced(&bench).await);
        bench.advance(30).await;
    }
    refused(&forced(&bench).await, 45009);
    granted(&bench.stable().await);
    bench.order("clock", json!({"at": 1_795_359_600_u64 + 3599})).await;
    refused(&forced(&bench).await, 45009);
    bench.advance(1).await;
    granted(&forced(&bench).await);
}

#[actix_web::test]
async fn stable_has_a_minute_quota_and_a_day_quota() {
    let bench = Bench::new().await;
    let limits = bench.get("/__sim/quotas", &[]).await;
    assert_eq!(
        (&limits["stable_token.minute"], &limits["stable_token.day"]),
        (&json!(10_000), &json!(500_000))
    );
    bench.order("clock", json!({"at": 1_800_000_000_u64})).await;
    bench.order("quotas", json!({"name": "stable_token.minute", "limit": 2})).await;
    bench.order("quotas", json!({"name": "stable_token.day", "limit": 3})).await;
    granted(&bench.stable().await);
    granted(&bench.stable().await);
    refused(&bench.stable().await, 45011);
    bench.advance(60).await;
    granted(&bench.stable().await);
    refused(&bench.stable().await, 45009);
}

#[actix_web::test]
async fn stable_is_posted_as_json_with_its_own_names() {
    let bench = Bench::new().await;
    let form = [("grant_type", "client_credential"), ("appid", APPID), ("secret", SECRET)];
    refused(&bench.get(STABLE, &form).await, 43002);
    let posted = bench.client().post(bench.url(STABLE));
    let posted = posted.header("content-type", "application/x-www-form-urlencoded");
    let body = format!("grant_type=client_credential&appid={APPID}&secret={SECRET}");
    refused(&json_of(posted.body(body).send().await.unwrap()).await, 47001);
    let in_query = bench.client().post(bench.url(STABLE)).query(&form).send().await.unwrap();
    refused(&json_of(in_query).await, 44002);
    for (name, value, errcode) in [
        ("grant_type", json!("x"), 40002),
        ("appid", json!(""), 41002),
        ("appid", json!("wx9"), 40013),
        ("secret", json!(""), 41004),
        ("secret", json!("00000000000000000000000000000000"), 40125),
        ("force_refresh", json!("true"), 47001),
        ("forceRefresh", json!(true), 47001),
    ] {
        let mut body = stable_body();
        body[name] = value;
        refused(&bench.post(STABLE, body).await, errcode);
    }
}

#[actix_web::test]
async fn an_account_can_be_refused_its_tokens() {
    let bench = Bench::new().await;
    for errcode in [40164, 40243, 50007, 89503] {
        bench.order("apps", json!({"appid": APPID, "secret": SECRET, "refuses_tokens": errcode})).await;
        refused(&bench.stable().await, errcode);
        refused(&classic(&bench).await, errcode);
    }
}

#[actix_web::test]
async fn a_killed_token_is_refused_and_the_next_normal_fetch_gives_another() {
    let bench = Bench::new().await;
    let first = bench.token().await;
    assert_eq!(bench.order("tokens/kill", json!({"family": "stable"})).await["killed"], 1);
    assert_eq!(shown(&bench, &first).await, 40001);
    let second = bench.token().await;
    assert_ne!(second, first);
    assert_eq!(shown(&bench, &second).await, TAKEN);
    bench.order("tokens/kill", json!({"errcode": 42001})).await;
    assert_eq!(shown(&bench, &second).await, 42001);
}

#[actix_web::test]
async fn a_killed_token_can_come_again_until_it_is_forced() {
    let bench = Bench::new().await;
    let first = bench.token().await;
    bench.order("tokens/kill", json!({"afterwards": "same_token"})).await;
    assert_eq!(bench.token().await, first);
    assert_eq!(shown(&bench, &first).await, 40001);
    let second = token_of(&forced(&bench).await);
    assert_ne!(second, first);
    assert_eq!(shown(&bench, &second).await, TAKEN);
}

#[actix_web::test]
async fn every_token_can_be_refused_for_a_while() {
    let bench = Bench::new().await;
    bench.order("tokens/reject", json!({"errcode": 40001})).await;
    assert_eq!(shown(&bench, &bench.token().await).await, 40001);
    assert_eq!(shown(&bench, &token_of(&forced(&bench).await)).await, 40001);
    bench.order("tokens/reject", json!({"errcode": null})).await;
    assert_eq!(shown(&bench, &bench.token().await).await, TAKEN);
}

#[actix_web::test]
async fn a_token_can_be_as_long_as_512() {
    let bench = Bench::new().await;
    bench.order("settings", json!({"token_length": 512})).await;
    assert_eq!(bench.token().await.len(), 512);
}
