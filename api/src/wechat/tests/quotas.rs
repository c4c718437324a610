//! A quota that is used up is left alone until it opens.

use super::*;

const LOGIN: &str = "/sns/jscode2session";

async fn refusing(code: i64) -> Server {
    Server::start(move |asked, _| match asked.path.as_str() {
        STABLE_TOKEN => Reply::token("T1"),
        _ => Reply::errcode(code),
    })
    .await
}

async fn opens_after(code: i64, start: &str, closed_for: i64) {
    let server = refusing(code).await;
    let time = StillTime::at(start);
    let client = client(&server, time.clone());
    let opens = time.now() + TimeDelta::seconds(closed_for);
    for _ in 0..3 {
        let end = client.phone_number("code", OPENID).await.unwrap_err();
        assert_eq!(end.class(), Class::Quota { until: opens }, "{code}");
    }
    assert_eq!(server.count(PHONE), 1, "{code}: asked once");
    assert!(time.slept().is_empty());
    time.advance(closed_for);
    client.phone_number("code", OPENID).await.unwrap_err();
    assert_eq!(server.count(PHONE), 2, "{code}: asked again once open");
    assert_eq!(server.count(LOGIN), 0);
}

#[tokio::test]
async fn the_days_quota_opens_at_midnight_in_china() {
    opens_after(45009, "2026-11-22T15:00:00Z", 3600).await;
}

#[tokio::test]
async fn the_minutes_quota_opens_at_the_next_minute() {
    opens_after(45011, "2026-11-22T15:00:20Z", 40).await;
    opens_after(44991, "2026-11-22T15:00:59Z", 1).await;
}

#[tokio::test]
async fn the_seconds_quota_opens_after_a_second() {
    opens_after(44990, "2026-11-22T15:00:20Z", 1).await;
}

#[tokio::test]
async fn one_persons_quota_of_sign_ins_is_not_everybodys() {
    let server = Server::start(|asked, _| {
        if asked.query["js_code"] == "greedy" {
            Reply::errcode(45011)
        } else {
            Reply::text("text/plain", r#"{"openid":"o1","session_key":"a2V5"}"#)
        }
    })
    .await;
    let client = client(&server, StillTime::noon());
    let end = client.exchange_code("greedy").await.unwrap_err();
    assert!(matches!(end.class(), Class::Quota { .. }));
    client.exchange_code("modest").await.unwrap();
}

#[tokio::test]
async fn the_apps_quota_of_sign_ins_closes_sign_in_alone() {
    let server = refusing(45009).await;
    let client = client(&server, StillTime::noon());
    for _ in 0..2 {
        client.exchange_code("code").await.unwrap_err();
    }
    assert_eq!(server.count(LOGIN), 1);
    client.phone_number("code", OPENID).await.unwrap_err();
    assert_eq!(server.count(PHONE), 1);
}
