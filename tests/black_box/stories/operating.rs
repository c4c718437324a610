//! What an operator relies on: health, metrics, stopping and starting.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    time::Duration,
};

use reqwest::Method;
use serde_json::json;

use super::{
    eventually,
    incidents::{array, text},
    until,
};
use crate::{
    phone::Phone,
    servers::ask,
    story,
    story::{Sessions, Story},
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(health_is_told_to_anybody),
        story!(metrics_stand_apart_and_count_by_pattern),
        story!(what_the_program_prints_names_nobody).in_the_demo(),
        story!(what_is_wrong_with_an_incident_is_put_right_or_told).in_the_demo().breaking_things(),
        story!(sigterm_finishes_a_request_in_flight),
        story!(after_a_crash_it_starts_again_on_the_same_data),
        story!(a_request_costs_one_trip_to_redis)
            .only_in("it counts what Redis is told", |setting| setting.sessions == Sessions::InRedis),
        story!(after_a_crash_people_are_still_signed_in)
            .only_in("sessions in memory end with the process", |setting| {
                setting.sessions == Sessions::InRedis
            }),
    ]
}

async fn health_is_told_to_anybody(world: &mut World) {
    for path in ["/livez", "/readyz"] {
        assert_eq!(world.guest().get(path).await.ok(), json!({ "status": "ok" }));
    }
}

async fn metrics_stand_apart_and_count_by_pattern(world: &mut World) {
    let phone = world.newcomer().await;
    phone.get("/v1/places/00000000-0000-4000-8000-00000000abcd").await.refused(404, "NOT_FOUND");
    let metrics = world.metrics();
    assert!(metrics.contains("http_request_seconds"), "{metrics}");
    assert!(metrics.contains(r#"route="/v1/places/{place_id}""#), "{metrics}");
    assert!(!metrics.contains("abcd"), "a metric names what was asked for");
    phone.get("/metrics").await.refused(404, "NOT_FOUND");
}

async fn what_the_program_prints_names_nobody(world: &mut World) {
    let polls = world.sign_in("candidate").await.all("/v1/polls?state=PUBLISHED", 100).await;
    let poll = polls[0]["id"].as_str().unwrap();
    let asked: [&[&str]; 5] = [
        &["verify", "poll", poll],
        &["verify", "record"],
        &["migrate", "status"],
        &["config", "show"],
        &["doctor"],
    ];
    for (number, words) in asked.iter().enumerate() {
        let output = world.run(Command::new(env!("CARGO_BIN_EXE_linli")).args(*words));
        let said = [output.stdout, output.stderr].concat();
        assert!(!said.is_empty(), "{words:?} prints something");
        // For the scan after the run.
        fs::write(world.data.folder.join(format!("printed-{number}.log")), said).unwrap();
    }
}

/// The value of a metric whose line begins so; 0 where there is none.
fn metric(world: &World, line: &str) -> u64 {
    let metrics = world.metrics();
    let value = metrics.lines().find_map(|told| told.strip_prefix(line)?.trim().parse().ok());
    value.unwrap_or(0)
}

async fn what_is_wrong_with_an_incident_is_put_right_or_told(world: &mut World) {
    let complex = world.complex().await;
    let report = async |category: &str| {
        let body = json!({ "place_id": complex, "category": category, "description": "请看一下" });
        let reported = world.sign_in("candidate").await.post("/v1/incidents", &body).await.ok();
        (format!("/v1/incidents/{}", text(&reported["id"])), reported)
    };
    let (silent, _) = report("GREENERY").await;
    let (astray, before) = report("PARKING").await;
    let (_, _) = report("PROPERTY_SERVICE").await;
    let (over, _) = report("COMPLEX_LIGHT_OUT").await;
    world.sign_in("candidate").await.post(&format!("{over}/withdrawals"), &json!({})).await.ok();
    for damage in [
        "UPDATE incident SET acts_at = NULL WHERE category = 'GREENERY' AND due_at IS NOT NULL",
        "UPDATE incident SET level = 'STREET', holder_role = 'STREET_OFFICER' WHERE category = 'PARKING' \
         AND due_at IS NOT NULL",
        "UPDATE incident SET status = 'AWAIT_CONFIRM' WHERE category = 'PROPERTY_SERVICE' \
         AND status = 'SUBMITTED'",
        "UPDATE tenure SET exited_at = NULL, exit = NULL WHERE exit = 'WITHDRAWN'",
    ] {
        ask(&world.data.database_url, damage).unwrap();
    }
    // The auditor begins where the service does.
    world.crash();
    let repaired =
        |finding: &str| metric(world, &format!("incident_repaired_total{{finding=\"{finding}\"}}"));
    let found = |finding: &str| metric(world, &format!("incident_audit_found{{finding=\"{finding}\"}}"));
    eventually("what can be is put right", async || {
        (repaired("WRONG_TIME") > 0 && repaired("DISAGREES") > 0).then_some(())
    })
    .await;
    eventually("the rest is told", async || (found("MISFIT") > 0 && found("LEFT_OPEN") > 0).then_some(()))
        .await;
    let candidate = world.sign_in("candidate").await;
    let mended = candidate.get(&astray).await.ok();
    assert_eq!(mended["holder"]["level"], before["holder"]["level"]);
    assert_eq!(array(&mended["steps"]).last().unwrap()["act"], "REPAIR");
    assert_eq!((found("DISAGREES"), found("WRONG_TIME"), found("WITHOUT_TENURE")), (0, 0, 0), "once");
    // And what was silent goes on by itself.
    let seq = array(&candidate.get(&silent).await.ok()["tenures"]).len();
    world.advance_clock(30 * 86_400).await;
    let candidate = world.sign_in("candidate").await;
    until(&candidate, &silent, "climbed", |now| array(&now["tenures"]).len() > seq).await;
}

async fn sigterm_finishes_a_request_in_flight(world: &mut World) {
    let code = world.wechat_code("o-in-flight").await;
    let body = json!({ "grant": "WECHAT", "code": code }).to_string();
    let mut connection = TcpStream::connect(world.address()).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let (first, rest) = body.split_at(10);
    let length = body.len();
    let head = format!(
        "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}"
    );
    write!(connection, "{head}\r\n\r\n{first}").unwrap();
    // Until the request has reached its handler, also on a busy machine.
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.service().ask_to_end();
    tokio::time::sleep(Duration::from_millis(500)).await;
    write!(connection, "{rest}").unwrap();
    // WeChat answers from this process's runtime-free threads, so that waiting here is safe.
    let answer = tokio::task::spawn_blocking(move || {
        let mut answer = String::new();
        connection.read_to_string(&mut answer).map(|_| answer)
    });
    let answer = answer.await.unwrap().expect("an answer, and then the end");
    assert!(answer.starts_with("HTTP/1.1 201"), "{}", answer.lines().next().unwrap_or_default());
    assert!(answer.to_lowercase().contains("\r\nconnection: close\r\n"), "it says that it closes");
    let status = world.service().wait(Duration::from_secs(35)).expect("it ends");
    assert!(status.success(), "{status}");
    let gone = Phone::client().get(format!("http://{}/livez", world.address())).send().await;
    assert!(gone.is_err(), "nothing listens any more");
}

async fn a_request_costs_one_trip_to_redis(world: &mut World) {
    let (phone, guest) = (world.newcomer().await, world.guest());
    let redis = world.redis.as_ref().unwrap();
    let commands = redis.listen();
    for path in ["/v1/me", "/v1/places/00000000-0000-4000-8000-00000000abcd", "/v1/places"] {
        phone.call(Method::GET, path).send().await;
    }
    guest.call(Method::GET, "/v1/me").send().await.refused(401, "SIGN_IN_NEEDED");
    assert_eq!(commands.until_now(redis), ["EVALSHA"; 4], "one a request");
}

async fn after_a_crash_it_starts_again_on_the_same_data(world: &mut World) {
    let before = world.wechat_user("o-crash").await;
    world.crash();
    assert_eq!(world.guest().get("/readyz").await.status, 200);
    let after = world.wechat_user("o-crash").await;
    assert_eq!(before.person, after.person, "the person is found again");
    world.restart();
    assert_eq!(world.wechat_user("o-crash").await.person, before.person);
}

async fn after_a_crash_people_are_still_signed_in(world: &mut World) {
    let before = world.newcomer().await;
    world.crash();
    let mut after = world.guest().with_token(before.token.as_deref().unwrap());
    after.session.clone_from(&before.session);
    let sessions = after.call(Method::GET, "/v1/sessions").send().await.ok();
    assert_eq!(sessions["items"][0]["id"], before.session.as_str());
}
