use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use wechat_sim::{APPID, SECRET};

use crate::phones::{Bench, OPENID, exchange_query, granted, refused};

const PATH: &str = "/sns/jscode2session";

fn signature(key: &str) -> String {
    hex::encode(Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap().finalize().into_bytes())
}

async fn session_call(bench: &Bench, path: &str, key: &str) -> Value {
    let token = bench.token().await;
    let query = [
        ("access_token", token.as_str()),
        ("openid", OPENID),
        ("signature", &signature(key)),
        ("sig_method", "hmac_sha256"),
    ];
    bench.get(path, &query).await
}

#[actix_web::test]
async fn a_code_becomes_an_openid_and_sixteen_bytes_of_key_without_an_errcode() {
    let bench = Bench::new().await;
    let answer = bench.exchange(&bench.wx_login(OPENID).await).await;
    assert_eq!(answer["openid"], OPENID);
    assert_eq!(STANDARD.decode(answer["session_key"].as_str().unwrap()).unwrap().len(), 16);
    assert_eq!(answer.as_object().unwrap().len(), 2, "{answer}");
}

#[actix_web::test]
async fn success_carries_errcode_zero_when_asked_to() {
    let bench = Bench::new().await;
    bench.order("settings", json!({"login_says_errcode_zero": true})).await;
    let answer = bench.exchange(&bench.wx_login(OPENID).await).await;
    assert_eq!(answer["errcode"], 0);
    assert_eq!(answer["openid"], OPENID);
}

#[actix_web::test]
async fn the_unionid_is_told_only_to_an_app_that_is_bound() {
    let bench = Bench::new().await;
    bench.order("users", json!({"openid": OPENID, "unionid": "uTEST"})).await;
    assert_eq!(bench.exchange(&bench.wx_login(OPENID).await).await["unionid"], "uTEST");
    bench.order("apps", json!({"appid": APPID, "secret": SECRET, "bound": false})).await;
    assert!(bench.exchange(&bench.wx_login(OPENID).await).await.get("unionid").is_none());
}

#[actix_web::test]
async fn a_code_is_good_once_and_for_five_minutes() {
    let bench = Bench::new().await;
    let code = bench.wx_login(OPENID).await;
    let unused = bench.wx_login(OPENID).await;
    bench.advance(299).await;
    granted(&bench.exchange(&code).await);
    refused(&bench.exchange(&code).await, 40163);
    bench.advance(1).await;
    refused(&bench.exchange(&code).await, 40029);
    refused(&bench.exchange(&unused).await, 40029);
    refused(&bench.exchange("never-given").await, 40029);
}

#[actix_web::test]
async fn each_parameter_has_its_own_refusal() {
    let bench = Bench::new().await;
    let code = bench.wx_login(OPENID).await;
    for (name, value, errcode) in [
        ("appid", None, 41002),
        ("appid", Some("wx9999999999999999"), 40013),
        ("secret", None, 41004),
        ("secret", Some("00000000000000000000000000000000"), 40125),
        ("js_code", None, 41008),
        ("grant_type", None, 40002),
        ("grant_type", Some("client_credential"), 40002),
    ] {
        let query: Vec<(&str, &str)> = exchange_query(&code)
            .into_iter()
            .filter_map(
                |(key, old)| if key == name { value.map(|value| (key, value)) } else { Some((key, old)) },
            )
            .collect();
        refused(&bench.get(PATH, &query).await, errcode);
    }
    let renamed =
        [("appid", APPID), ("secret", SECRET), ("code", &*code), ("grant_type", "authorization_code")];
    refused(&bench.get(PATH, &renamed).await, 41008);
    granted(&bench.exchange(&code).await);
}

#[actix_web::test]
async fn a_code_of_another_app_or_another_purpose_is_no_code() {
    let bench = Bench::new().await;
    bench.order("apps", json!({"appid": "wx2", "secret": SECRET})).await;
    let foreign = bench.order("login", json!({"appid": "wx2", "openid": OPENID})).await;
    refused(&bench.exchange(foreign["code"].as_str().unwrap()).await, 40029);
    bench.user_with_phone().await;
    refused(&bench.exchange(&bench.phone_code(OPENID).await).await, 40029);
}

#[actix_web::test]
async fn a_blocked_user_is_refused() {
    let bench = Bench::new().await;
    bench.order("users", json!({"openid": OPENID, "blocked": true})).await;
    refused(&bench.exchange(&bench.wx_login(OPENID).await).await, 40226);
}

#[actix_web::test]
async fn the_hundred_and_first_exchange_of_a_user_in_a_minute_waits_for_the_next() {
    let bench = Bench::new().await;
    bench.order("clock", json!({"at": 1_800_000_000_u64})).await;
    for _ in 0..100 {
        granted(&bench.exchange(&bench.wx_login(OPENID).await).await);
    }
    let late = bench.wx_login(OPENID).await;
    refused(&bench.exchange(&late).await, 45011);
    granted(&bench.exchange(&bench.wx_login("oANOTHER").await).await);
    bench.advance(60).await;
    granted(&bench.exchange(&late).await);
}

#[actix_web::test]
async fn a_sign_in_may_change_the_key_before_its_code_is_exchanged() {
    let bench = Bench::new().await;
    let first = bench.session_key(OPENID, "usual").await;
    assert_eq!(bench.session_key(OPENID, "never").await, first);
    granted(&session_call(&bench, "/wxa/checksession", &first).await);
    let code = bench.wx_login_rotating(OPENID, "always").await;
    refused(&session_call(&bench, "/wxa/checksession", &first).await, 87009);
    let second = bench.exchange(&code).await["session_key"].as_str().unwrap().to_owned();
    assert_ne!(second, first);
    granted(&session_call(&bench, "/wxa/checksession", &second).await);
}

#[actix_web::test]
async fn by_itself_the_key_changes_by_chance_and_not_soon_after_the_last_time() {
    let bench = Bench::new().await;
    bench.order("settings", json!({"session_rotate_percent": 100, "session_rotate_min_seconds": 60})).await;
    let first = bench.session_key(OPENID, "usual").await;
    bench.advance(59).await;
    assert_eq!(bench.session_key(OPENID, "usual").await, first);
    bench.advance(1).await;
    assert_ne!(bench.session_key(OPENID, "usual").await, first);
    bench.order("settings", json!({"session_rotate_percent": 0})).await;
    let second = bench.session_key(OPENID, "usual").await;
    bench.advance(600).await;
    assert_eq!(bench.session_key(OPENID, "usual").await, second);
}

#[actix_web::test]
async fn checksession_takes_the_hmac_of_nothing_under_the_key_as_text() {
    let bench = Bench::new().await;
    let key = bench.session_key(OPENID, "usual").await;
    let token = bench.token().await;
    let decoded = STANDARD.decode(&key).unwrap();
    let under_bytes = hex::encode(Hmac::<Sha256>::new_from_slice(&decoded).unwrap().finalize().into_bytes());
    let right = signature(&key);
    for (openid, signature, method, errcode) in [
        (OPENID, right.as_str(), "hmac_sha256", 0),
        (OPENID, under_bytes.as_str(), "hmac_sha256", 87009),
        (OPENID, "", "hmac_sha256", 87009),
        ("oNOBODY", right.as_str(), "hmac_sha256", 87009),
        (OPENID, right.as_str(), "sha1", 87008),
        (OPENID, right.as_str(), "", 87008),
    ] {
        let query =
            [("access_token", &*token), ("openid", openid), ("signature", signature), ("sig_method", method)];
        assert_eq!(bench.get("/wxa/checksession", &query).await["errcode"], errcode, "{query:?}");
    }
}

#[actix_web::test]
async fn a_reset_key_replaces_the_old_one_and_ends_when_it_would_have() {
    let bench = Bench::new().await;
    bench.order("settings", json!({"session_key_seconds": 1000})).await;
    let old = bench.session_key(OPENID, "usual").await;
    bench.advance(900).await;
    let answer = session_call(&bench, "/wxa/resetusersessionkey", &old).await;
    assert_eq!((&answer["errcode"], &answer["openid"]), (&json!(0), &json!(OPENID)));
    let new = answer["session_key"].as_str().unwrap().to_owned();
    assert_ne!(new, old);
    refused(&session_call(&bench, "/wxa/checksession", &old).await, 87009);
    granted(&session_call(&bench, "/wxa/checksession", &new).await);
    bench.advance(99).await;
    granted(&session_call(&bench, "/wxa/checksession", &new).await);
    bench.advance(1).await;
    refused(&session_call(&bench, "/wxa/checksession", &new).await, 87009);
    refused(&session_call(&bench, "/wxa/resetusersessionkey", &new).await, 87007);
}

#[actix_web::test]
async fn a_reset_asks_for_an_openid_and_a_proof() {
    let bench = Bench::new().await;
    let token = bench.token().await;
    let path = "/wxa/resetusersessionkey";
    refused(&bench.get(path, &[("access_token", &token)]).await, 40097);
    refused(&bench.get(path, &[("access_token", &token), ("openid", "oNOBODY")]).await, 87007);
    bench.session_key(OPENID, "usual").await;
    refused(&session_call(&bench, path, "another key").await, 87009);
    let wrong_method = [("access_token", &*token), ("openid", OPENID), ("sig_method", "md5")];
    refused(&bench.get(path, &wrong_method).await, 87008);
}
