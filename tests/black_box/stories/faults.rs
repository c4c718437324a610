//! What happens when something that the service leans on goes away in the middle.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::{
    phone::{Call, Phone, Reply},
    story,
    story::{Sessions, Setting, Story},
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(redis_dies_and_comes_back_without_a_restart).only_in(WHY, with_redis),
        story!(redis_dies_under_load_and_nothing_breaks).only_in(WHY, with_redis),
    ]
}

const WHY: &str = "it takes Redis away";

fn with_redis(setting: Setting) -> bool {
    setting.sessions == Sessions::InRedis
}

const NOWHERE: &str = "/v1/places/00000000-0000-4000-8000-00000000abcd";

async fn redis_dies_and_comes_back_without_a_restart(world: &mut World) {
    let phone = world.newcomer().await;
    let code = world.wechat_code("o-redis-died").await;
    world.redis.as_mut().expect("this world has one").kill();

    // Reading goes on: the person is known, and the place is still not there.
    phone.get(NOWHERE).await.refused(404, "NOT_FOUND");
    assert_eq!(phone.get("/readyz").await.status, 200);
    world.guest().get(NOWHERE).await.refused(401, "SIGN_IN_NEEDED");

    // Sign-in never fails open, and spends no code.
    let grant = json!({ "grant": "WECHAT", "code": code });
    let refused = answered(world.guest().call(Method::POST, "/v1/sessions").json(&grant)).await;
    refused.refused(503, "UNAVAILABLE");
    assert!(refused.header("retry-after").is_some());
    let mine = format!("/v1/sessions/{}", phone.session);
    for (method, path) in [(Method::DELETE, &*mine), (Method::GET, "/v1/sessions")] {
        answered(phone.call(method, path)).await.refused(503, "UNAVAILABLE");
    }

    world.redis.as_mut().expect("this world has one").restart();
    let mut back = world.guest();
    let signed_in = until_answered(&back, &grant).await;
    back.take(&signed_in);
    back.get("/v1/sessions").await.ok();
    phone.get("/v1/sessions").await.refused(401, "SESSION_ENDED");
}

/// What a call is answered at once, be it that the service is busy.
async fn answered(call: Call) -> Reply {
    call.try_send().await.expect("the service answers")
}

/// Signs in as soon as that is possible again.
async fn until_answered(phone: &Phone, grant: &serde_json::Value) -> serde_json::Value {
    for _ in 0..150 {
        let reply = answered(phone.call(Method::POST, "/v1/sessions").json(grant)).await;
        if reply.status != 503 {
            return reply.ok();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("sign-in does not come back");
}

async fn redis_dies_under_load_and_nothing_breaks(world: &mut World) {
    let phone = world.newcomer().await;
    let reader = |phone: Phone| async move {
        let mut slowest = Duration::ZERO;
        for _ in 0..150 {
            let began = std::time::Instant::now();
            phone.call(Method::GET, NOWHERE).send().await.refused(404, "NOT_FOUND");
            slowest = slowest.max(began.elapsed());
        }
        slowest
    };
    let readers: Vec<_> = (0..4).map(|_| tokio::spawn(reader(phone.clone()))).collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    world.redis.as_mut().expect("this world has one").kill();
    for reader in readers {
        let slowest = reader.await.expect("every read was answered");
        assert!(slowest < Duration::from_secs(5), "a read waited {slowest:?} for a Redis that was gone");
    }
}
