//! Several processes with one PostgreSQL and one Redis are one service.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    eventually,
    identity::complex,
    neighbours::{moment, text},
    record::beside,
};
use crate::{
    phone::Phone,
    secrets, story,
    story::{Database, Sessions, Setting, Story},
    world::World,
};

pub fn stories() -> Vec<Story> {
    let all = [
        story!(whoever_signs_in_at_one_process_is_known_to_the_other),
        story!(one_access_token_of_wechat_serves_both_processes),
        story!(a_limit_is_counted_over_both_processes).with(&["limit_member=30"]),
        story!(what_is_due_is_done_once_by_two_processes).in_the_demo(),
    ];
    all.into_iter().map(|story| story.only_in(WHY, where_processes_share)).collect()
}

pub(super) const WHY: &str = "several processes need PostgreSQL and Redis between them";

pub(super) fn where_processes_share(setting: Setting) -> bool {
    setting.database == Database::Postgres && setting.sessions == Sessions::InRedis
}

async fn whoever_signs_in_at_one_process_is_known_to_the_other(world: &mut World) {
    let other = world.another();
    let here = world.wechat_user("o-two-processes").await;
    let there = here.at(other.url());
    let kept = world.wechat_user("o-two-processes").await.at(other.url());
    assert_eq!(kept.person, here.person);
    there.get("/v1/sessions").await.ok();
    kept.delete(&format!("/v1/sessions/{}", here.session)).await.ok();
    here.call(Method::GET, "/v1/sessions").send().await.refused(401, "SESSION_ENDED");
    there.call(Method::GET, "/v1/sessions").send().await.refused(401, "SESSION_ENDED");
    kept.get("/v1/sessions").await.ok();
    other.terminate().expect("it ends");
    kept.at(format!("http://{}", world.address())).get("/v1/sessions").await.ok();
}

async fn one_access_token_of_wechat_serves_both_processes(world: &mut World) {
    let other = world.another();
    let mut phones = Vec::new();
    for (turn, process) in
        [format!("http://{}", world.address()), other.url()].iter().cycle().take(6).enumerate()
    {
        let openid = format!("o-token-{turn:04}");
        let number = format!("1540000{turn:04}");
        secrets::remember(&number);
        world.wechat_order("users", &json!({ "openid": openid, "phone": number })).await;
        let phone = world.wechat_user(&openid).await.at(process.clone());
        let code = world.wechat_order("phone_code", &json!({ "openid": openid })).await;
        phones.push((phone, code));
    }
    assert!(world.wechat_journal("/cgi-bin/stable_token").await.is_empty(), "nobody needed one yet");
    let told = phones.iter().map(async |(phone, code)| phone.put("/v1/me/phone", code).await.ok());
    for told in futures_util::future::join_all(told).await {
        assert!(told["phone"].is_string());
    }
    let fetched = world.wechat_journal("/cgi-bin/stable_token").await;
    assert_eq!(fetched.len(), 1, "fetched once for both: {fetched:?}");
}

async fn a_limit_is_counted_over_both_processes(world: &mut World) {
    const A_MINUTE: u32 = 30;
    let other = world.another();
    let here = world.newcomer().await;
    let there = here.at(other.url());
    let begun = Instant::now();
    let mut admitted = 0;
    for turn in 0..2 * A_MINUTE {
        let phone = if turn % 2 == 0 { &here } else { &there };
        let reply = phone.call(Method::GET, "/v1/sessions").send().await;
        match reply.status {
            200 => admitted += 1,
            _ => drop(reply.refused(429, "TOO_MANY_REQUESTS")),
        }
    }
    let earned = begun.elapsed().as_secs() * u64::from(A_MINUTE) / 60 + 1;
    assert!(admitted >= u64::from(A_MINUTE), "{admitted} were admitted");
    assert!(admitted <= u64::from(A_MINUTE) + earned, "{admitted} were admitted in {:?}", begun.elapsed());
}

/// Moves the clocks of both processes by as much: each has its own.
async fn pass(phones: [&Phone; 2], seconds: u64) {
    let moves = phones.map(async |phone| {
        phone.beside("/demo/clock", &json!({ "seconds": seconds })).await.ok();
    });
    futures_util::future::join_all(moves).await;
}

async fn what_is_due_is_done_once_by_two_processes(world: &mut World) {
    let other = world.another();
    let here = world.sign_in("coowner").await;
    let there = here.at(other.url());
    let complex = complex(&here).await;
    let mut reports = Vec::new();
    for turn in 0..24 {
        // Each climbs from the complex to the community when nobody looks at it for an hour.
        let report = json!({ "place_id": complex, "category": "FIRE_LANE_BLOCKED",
            "description": format!("第{turn}辆车"), "photo_ids": [] });
        let phone = [&here, &there][turn % 2];
        let call = phone.call(Method::POST, "/v1/incidents").keyed().json(&report);
        reports.push(call.send().await.ok());
    }
    let due = moment(&reports.last().unwrap()["holder"]["due_at"]) - moment(&reports[0]["reported_at"]);
    pass([&here, &there], u64::try_from(due.num_seconds()).unwrap() + 1).await;
    let read = async |report: &Value| {
        let path = format!("/v1/incidents/{}", text(&report["id"]));
        there.call(Method::GET, &path).send().await.ok()
    };
    for report in &reports {
        eventually("the climb", async || (read(report).await["climbs"] != 0).then_some(())).await;
    }
    // Each process has looked again.
    let enough = (world.rests("incidents") + 2, other.rests("incidents") + 2);
    eventually("another look of both", async || {
        let rests = (world.rests("incidents"), other.rests("incidents"));
        (rests.0 >= enough.0 && rests.1 >= enough.1).then_some(())
    })
    .await;
    for report in &reports {
        let now = read(report).await;
        assert_eq!((&now["climbs"], &now["version"]), (&json!(1), &json!(2)), "{now}");
        assert_eq!(now["tenures"].as_array().unwrap().len(), 2, "{now}");
    }
    let app = beside(world).await;
    linli::record::verify(app.db.read(), complex.parse().unwrap()).await.unwrap().unwrap();
}
