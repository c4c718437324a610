//! Signing in: each refusal has its own name, and a code is shown to WeChat once.

use linli::wechat::{Class, Refusal, WeChatError};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::stage::{LOGIN, NUMBER, OPENID, PHONE, Stage, failure, refusal, settings};

#[tokio::test]
async fn a_code_stands_for_a_person_and_their_newest_session_key() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    desk.order("users", json!({"openid": OPENID, "unionid": "a-union"})).await;
    for says_zero in [false, true] {
        desk.order("settings", json!({"login_says_errcode_zero": says_zero})).await;
        let login = client.exchange_code(&desk.wx_login(OPENID).await).await.unwrap();
        assert_eq!(login.openid.expose_secret(), OPENID);
        assert_eq!(login.session_key.expose_secret().len(), 24);
        assert_eq!(login.unionid.unwrap().expose_secret(), "a-union");
    }
    let journal = desk.journal(LOGIN).await;
    assert!(journal.iter().all(|entry| entry["method"] == "GET" && entry["body"].is_null()));
}

#[tokio::test]
async fn the_unionid_is_told_only_where_the_app_is_bound() {
    let stage = Stage::standing().await;
    stage.desk.order("users", json!({"openid": OPENID, "unionid": "a-union"})).await;
    let app = json!({"appid": wechat_sim::APPID, "secret": wechat_sim::SECRET, "bound": false});
    stage.desk.order("apps", app).await;
    let login = stage.client().exchange_code(&stage.desk.wx_login(OPENID).await).await.unwrap();
    assert!(login.unionid.is_none());
}

#[tokio::test]
async fn a_code_that_is_used_or_old_or_foreign_or_of_the_other_kind_calls_for_a_new_one() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    desk.order("apps", json!({"appid": "wx0000000000000002", "secret": "another"})).await;

    let used = desk.wx_login(OPENID).await;
    client.exchange_code(&used).await.unwrap();
    let foreign = desk.code("login", json!({"appid": "wx0000000000000002", "openid": OPENID})).await;
    let of_the_phone = desk.phone_button(OPENID).await;
    desk.forget_journal().await;
    for (code, expected) in [
        (used.as_str(), Refusal::CodeUsed),
        (foreign.as_str(), Refusal::CodeUnknown),
        (of_the_phone.as_str(), Refusal::CodeUnknown),
        ("never-issued", Refusal::CodeUnknown),
    ] {
        let end = failure(client.exchange_code(code).await);
        assert_eq!(end.class(), Class::AskNewCode);
        assert_eq!(refusal::<()>(Err(end)), expected);
    }
    assert_eq!(desk.count(LOGIN).await, 4, "each was shown once");
    failure(client.exchange_code("").await);
    assert_eq!(desk.count(LOGIN).await, 4, "an empty code is not shown");
}

#[tokio::test]
async fn a_code_lives_five_minutes() {
    let stage = Stage::standing().await;
    let (desk, client) = (&stage.desk, stage.client());
    let (in_time, too_late) = (desk.wx_login(OPENID).await, desk.wx_login(OPENID).await);
    stage.time.pass_seconds(299).await;
    client.exchange_code(&in_time).await.unwrap();
    stage.time.pass_seconds(1).await;
    assert_eq!(refusal(client.exchange_code(&too_late).await), Refusal::CodeUnknown);
}

#[tokio::test]
async fn a_person_whom_wechat_blocks_is_refused_for_good() {
    let stage = Stage::standing().await;
    stage.desk.order("users", json!({"openid": OPENID, "blocked": true})).await;
    let end = failure(stage.client().exchange_code(&stage.desk.wx_login(OPENID).await).await);
    assert_eq!(end.class(), Class::Refused);
    assert_eq!(refusal::<()>(Err(end)), Refusal::PersonBlocked);
    assert_eq!(stage.desk.count(LOGIN).await, 1);
}

#[tokio::test]
async fn a_server_that_is_set_up_wrongly_is_told_so() {
    let stage = Stage::standing().await;
    let mut wrong_secret = settings(&stage.desk.url);
    wrong_secret.secret = "another".into();
    let mut wrong_appid = settings(&stage.desk.url);
    wrong_appid.appid = "wx00000000000000ff".to_owned();
    for (settings, code) in [(wrong_secret, 40125), (wrong_appid, 40013)] {
        let client = stage.client_with(stage.memory(), &settings);
        let end = failure(client.exchange_code(&stage.desk.wx_login(OPENID).await).await);
        assert!(matches!(end, WeChatError::Config { code: said, .. } if said == code), "{end}");
    }
    assert_eq!(stage.desk.count(LOGIN).await, 2);
}

#[tokio::test]
async fn signing_in_asks_for_no_token_and_shows_the_secret_nowhere_else() {
    let stage = Stage::standing().await;
    stage.client().exchange_code(&stage.desk.wx_login(OPENID).await).await.unwrap();
    let journal = stage.desk.told("journal").await;
    assert_eq!(journal.as_array().unwrap().len(), 1);

    let client = stage.client();
    client.phone_number(&stage.desk.phone_button(OPENID).await, OPENID).await.unwrap();
    let phone = stage.desk.journal(PHONE).await;
    assert!(!phone[0]["query"].to_string().contains(wechat_sim::SECRET));
    assert!(!phone[0]["body"].to_string().contains(wechat_sim::SECRET));
    assert!(!phone[0]["body"].to_string().contains("access_token"));
    assert!(phone[0]["answer"].to_string().contains(NUMBER));
}
