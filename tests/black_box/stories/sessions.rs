//! Signing in and out.

use reqwest::Method;
use serde_json::json;

use crate::{story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(a_phone_signs_in_with_wechat_and_sees_its_session),
        story!(the_same_wechat_user_is_the_same_person),
        story!(a_code_signs_in_once),
        story!(a_code_is_good_for_five_minutes),
        story!(an_ended_session_is_ended_for_the_next_request),
        story!(a_token_lasts_two_hours),
        story!(demo_sign_ins_are_refused_where_the_demo_is_off).with(&["demo=off"]),
        story!(production_knows_no_demo_person).with(PRODUCTION),
        story!(a_blocked_wechat_user_is_told_so),
        story!(sign_in_waits_while_wechat_is_busy),
        story!(a_code_without_an_answer_is_not_sent_again),
        story!(refusals_speak_the_callers_language),
    ]
}

/// What production asks for. The true WeChat is the only one that it takes; nothing in the story makes it ask there.
const PRODUCTION: &[&str] = &[
    "env=production",
    "demo=off",
    "token_keys=main:0123456789abcdef0123456789abcdef",
    "pii_keys=1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "pii_index_secret=0123456789abcdef0123456789abcdef",
    "archive_key=MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIX4hvSWvq/8eJaMyMX6Ln3SSC+rmavI+oNID0fqKFEGhRANCAAQz5+aKJzLpeOMZidAxwgFhD3Il+7pSWeNnZOev0VzfRieiAtwZzQKZWJSN4LH+w5e7pL83ZRBX2C11Ac8tf+C5",
    "wechat_base_url=https://api.weixin.qq.com",
];

async fn a_phone_signs_in_with_wechat_and_sees_its_session(world: &mut World) {
    let phone = world.newcomer().await;
    let sessions = phone.get("/v1/sessions").await.ok();
    let items = sessions["items"].as_array().unwrap();
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["id"], phone.session.as_str());
    assert_eq!(items[0]["device"], "测试手机");
    assert_eq!(items[0]["current"], true);
    assert!(items[0]["created_at"].as_str().unwrap().ends_with("+08:00"));
}

async fn the_same_wechat_user_is_the_same_person(world: &mut World) {
    let first = world.wechat_user("o-same-user-0001").await;
    let second = world.wechat_user("o-same-user-0001").await;
    let other = world.newcomer().await;
    assert_eq!(first.person, second.person);
    assert_ne!(first.person, other.person);
    assert_eq!(first.get("/v1/sessions").await.ok()["items"].as_array().unwrap().len(), 2);
}

async fn a_code_signs_in_once(world: &mut World) {
    let code = world.wechat_code("o-once-0001").await;
    let mut phone = world.guest();
    phone.sign_in(&json!({ "grant": "WECHAT", "code": code })).await;
    let again = phone.call(Method::POST, "/v1/sessions").json(&json!({ "grant": "WECHAT", "code": code }));
    again.send().await.refused(401, "CODE_USED");
    let unknown =
        phone.call(Method::POST, "/v1/sessions").json(&json!({ "grant": "WECHAT", "code": "0abc" }));
    unknown.send().await.refused(401, "CODE_UNKNOWN");
}

/// As WeChat says the same to both, an expired code has the name of an unknown one.
async fn a_code_is_good_for_five_minutes(world: &mut World) {
    let in_time = world.wechat_code("o-in-time-0001").await;
    let late = world.wechat_code("o-late-0001").await;
    let sign_in = async |code: &str| {
        let call = world.guest().call(Method::POST, "/v1/sessions");
        call.json(&json!({ "grant": "WECHAT", "code": code })).send().await
    };
    world.wechat_order("advance", &json!({ "seconds": 290 })).await;
    sign_in(&in_time).await.ok();
    world.wechat_order("advance", &json!({ "seconds": 10 })).await;
    sign_in(&late).await.refused(401, "CODE_UNKNOWN");
}

async fn an_ended_session_is_ended_for_the_next_request(world: &mut World) {
    let kept = world.wechat_user("o-two-devices").await;
    let lost = world.wechat_user("o-two-devices").await;
    let stranger = world.newcomer().await;
    stranger.delete(&format!("/v1/sessions/{}", lost.session)).await.refused(404, "NOT_FOUND");
    lost.get("/v1/sessions").await.ok();
    kept.delete(&format!("/v1/sessions/{}", lost.session)).await.ok();
    lost.get("/v1/sessions").await.refused(401, "SESSION_ENDED");
    kept.get("/v1/sessions").await.ok();
}

async fn a_token_lasts_two_hours(world: &mut World) {
    let phone = world.newcomer().await;
    world.advance_clock(7190).await;
    phone.get("/v1/sessions").await.ok();
    world.advance_clock(11).await;
    phone.get("/v1/sessions").await.refused(401, "TOKEN_EXPIRED");
}

async fn demo_sign_ins_are_refused_where_the_demo_is_off(world: &mut World) {
    let call = world
        .guest()
        .call(Method::POST, "/v1/sessions")
        .json(&json!({ "grant": "DEMO", "login": "resident" }));
    let refusal = call.send().await.refused(403, "GRANT_NOT_ACCEPTED");
    assert_eq!(refusal["detail"], "demo sign-ins are switched off", "and not because nobody is there");
    let clock = world.guest().beside("/demo/clock", &json!({ "seconds": 60 })).await;
    assert_eq!(clock.status, 404, "time cannot be moved");
}

async fn production_knows_no_demo_person(world: &mut World) {
    demo_sign_ins_are_refused_where_the_demo_is_off(world).await;
}

async fn a_blocked_wechat_user_is_told_so(world: &mut World) {
    world.wechat_order("users", &json!({ "openid": "o-blocked-0001", "blocked": true })).await;
    let code = world.wechat_code("o-blocked-0001").await;
    let call =
        world.guest().call(Method::POST, "/v1/sessions").json(&json!({ "grant": "WECHAT", "code": code }));
    call.send().await.refused(403, "USER_BLOCKED");
}

async fn sign_in_waits_while_wechat_is_busy(world: &mut World) {
    let code = world.wechat_code("o-busy-0001").await;
    world.wechat_order("faults", &json!({ "path": "/sns/jscode2session", "kind": "busy" })).await;
    let call =
        world.guest().call(Method::POST, "/v1/sessions").json(&json!({ "grant": "WECHAT", "code": code }));
    let busy = call.send().await;
    busy.refused(503, "WECHAT_BUSY");
    assert!(busy.header("retry-after").is_some());
}

async fn a_code_without_an_answer_is_not_sent_again(world: &mut World) {
    let code = world.wechat_code("o-no-answer-0001").await;
    let exchange = "/sns/jscode2session";
    world.wechat_order("faults", &json!({ "path": exchange, "kind": "truncate" })).await;
    let grant = json!({ "grant": "WECHAT", "code": code });
    let sign_in = || world.guest().call(Method::POST, "/v1/sessions").json(&grant).send();
    let unanswered = sign_in().await;
    unanswered.refused(503, "WECHAT_BUSY");
    assert!(unanswered.header("retry-after").is_some());
    assert_eq!(world.wechat_journal(exchange).await.len(), 1);
    sign_in().await.refused(401, "CODE_USED");
}

async fn refusals_speak_the_callers_language(world: &mut World) {
    let ask = async |language: &str| {
        let call = world.guest().call(Method::GET, "/v1/sessions").header("accept-language", language);
        call.send().await.refused(401, "SIGN_IN_NEEDED")
    };
    let (english, chinese) = (ask("en-GB,en;q=0.9").await, ask("zh-CN").await);
    assert_eq!(english["title"], "Sign in first");
    assert_eq!(chinese["title"], "请先登录");
    for (wanted, title) in [
        ("sw", &chinese["title"]),
        ("sw, en;q=0.5", &english["title"]),
        ("zh;q=0.1, en;q=0.9", &english["title"]),
        ("en;q=0.1, zh-Hant;q=0.9", &chinese["title"]),
        ("*", &chinese["title"]),
        ("no language; at all", &chinese["title"]),
    ] {
        assert_eq!(ask(wanted).await["title"], *title, "{wanted}");
    }
    assert_eq!(english["errcode"], chinese["errcode"]);
}
