//! Convening those who can settle a matter, and what they commit to.

use chrono::{DateTime, FixedOffset, TimeDelta};
use reqwest::Method;
use serde_json::{Value, json};

use super::until;
use crate::{phone::Phone, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(whoever_is_convened_comes_commits_and_keeps_their_word).in_the_demo(),
        story!(a_holder_convenes_over_an_incident_and_only_upwards).in_the_demo(),
    ]
}

pub const PROPERTY: &str = "property";
pub const COMMUNITY: &str = "community";
pub const STREET: &str = "street";

/// Somebody of the demo by their login, or a WeChat user by their openid; signed in anew, since the clock runs on.
pub async fn phone(world: &World, who: &str) -> Phone {
    if who.starts_with("o-") { world.wechat_user(who).await } else { world.sign_in(who).await }
}

pub fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

pub fn array(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

/// The community office gives somebody something to do.
pub async fn appoint(world: &World, openid: &str, role: &str, place: &str) {
    let person = phone(world, openid).await.person;
    let office = phone(world, COMMUNITY).await;
    let role = json!({ "person_id": person, "role": role });
    office.post(&format!("/v1/places/{place}/roles"), &role).await.ok();
}

/// The service's time, and some of it later.
pub async fn later(world: &World, hours: i64) -> DateTime<FixedOffset> {
    let moved = world.guest().beside("/demo/clock", &json!({ "seconds": 1 })).await.ok();
    let now: DateTime<FixedOffset> = text(&moved["server_time"]).parse().expect("a time");
    now + TimeDelta::hours(hours)
}

pub async fn pass(world: &World, hours: u64) {
    world.advance_clock(hours * 3600).await;
}

/// The kinds of what happened to a thing, as far as somebody may see them, in order.
pub async fn told(phone: &Phone, complex: &str, subject: &str) -> Vec<String> {
    let (mut kinds, mut cursor) = (Vec::new(), String::new());
    loop {
        let changes = phone
            .call(Method::GET, &format!("/v1/changes?place_id={complex}&wait=2{cursor}"))
            .send()
            .await
            .ok();
        let of_it = array(&changes["items"]).iter().filter(|item| item["subject_id"] == subject);
        kinds.extend(of_it.map(|item| text(&item["kind"]).to_owned()));
        // A page may have nothing that this viewer sees.
        if array(&changes["items"]).is_empty() && changes["more"] == false {
            return kinds;
        }
        cursor = format!("&cursor={}", text(&changes["next_cursor"]));
    }
}

fn punctuality(whistle: &Value) -> Vec<(&str, &str)> {
    array(&whistle["calls"]).iter().map(|call| (text(&call["role"]), text(&call["punctuality"]))).collect()
}

fn acts(whistle: &Value) -> Vec<(&str, &str)> {
    array(&whistle["steps"]).iter().map(|step| (text(&step["act"]), text(&step["actor"]))).collect()
}

async fn whoever_is_convened_comes_commits_and_keeps_their_word(world: &mut World) {
    let complex = world.complex().await;
    appoint(world, "o-committee", "COMMITTEE_MEMBER", &complex).await;
    let manager = phone(world, PROPERTY).await;
    let community = phone(world, COMMUNITY).await;
    let at = format!("/v1/places/{complex}/whistles");
    let blow = json!({ "severity": "S2", "subject": "消防通道长期堵塞", "lead": "COMMUNITY_OFFICER",
        "assist": ["STREET_OFFICER", "COMMITTEE_MEMBER"] });
    let blown = manager.post(&at, &blow).await;
    let whistle = blown.ok();
    let (id, path) = (text(&whistle["id"]).to_owned(), format!("/v1/whistles/{}", text(&whistle["id"])));
    assert_eq!(blown.header("location"), Some(&*path));
    let awaited =
        [("COMMUNITY_OFFICER", "AWAITED"), ("COMMITTEE_MEMBER", "AWAITED"), ("STREET_OFFICER", "AWAITED")];
    assert_eq!(punctuality(&whistle), awaited);
    assert_eq!(
        (&whistle["calls"][0]["part"], &whistle["convener"]),
        (&json!("LEAD"), &json!("PROPERTY_MANAGER"))
    );
    // Those who are convened find it; a neighbour does not.
    let listed = async |phone: &Phone, side: &str| {
        let lines = phone.all(&format!("/v1/whistles?side={side}"), 1).await;
        lines.iter().any(|line| line["id"] == id.as_str())
    };
    assert!(listed(&manager, "BLOWN").await && !listed(&manager, "CALLED").await);
    assert!(listed(&community, "CALLED").await && listed(&phone(world, "o-committee").await, "CALLED").await);
    let neighbour = phone(world, "coowner").await;
    neighbour.get(&path).await.refused(404, "NOT_FOUND");
    assert!(told(&neighbour, &complex, &id).await.is_empty(), "a neighbour learns nothing of it");
    // One comes in time, one late, one never.
    let there = community.post(&format!("{path}/report-ins"), &json!({})).await.ok();
    assert_eq!(punctuality(&there)[0], ("COMMUNITY_OFFICER", "ON_TIME"));
    community.post(&format!("{path}/report-ins"), &json!({})).await.refused(409, "REPORTED_IN_ALREADY");
    manager.post(&format!("{path}/report-ins"), &json!({})).await.refused(403, "NOT_ALLOWED");
    pass(world, 2).await;
    let (manager, street, community) =
        (phone(world, PROPERTY).await, phone(world, STREET).await, phone(world, COMMUNITY).await);
    let missing = until(&manager, &path, "told who is missing", |now| now["version"] == 4).await;
    assert_eq!(punctuality(&missing)[1..], [("COMMITTEE_MEMBER", "MISSING"), ("STREET_OFFICER", "MISSING")]);
    let late = street.post(&format!("{path}/report-ins"), &json!({})).await.ok();
    assert_eq!(punctuality(&late)[2], ("STREET_OFFICER", "LATE"));
    // Minutes become commitments.
    let soon = later(world, 24).await;
    let commit = |role: &str, due: DateTime<FixedOffset>| json!({ "role": role, "what": "清理楼道杂物", "due_at": due });
    let minutes = |commitments: Value| json!({ "minutes": "到场核实，分工清理", "commitments": commitments });
    let to_minutes = format!("{path}/minutes");
    street.post(&to_minutes, &minutes(json!([]))).await.refused(403, "NOT_ALLOWED");
    manager.post(&to_minutes, &minutes(json!([commit("ADMIN", soon)]))).await.refused(422, "INPUT_INVALID");
    let past = minutes(json!([commit("STREET_OFFICER", soon - TimeDelta::days(9))]));
    let problem = manager.post(&to_minutes, &past).await.refused(422, "INPUT_INVALID");
    assert_eq!(problem["errors"][0]["pointer"], "/commitments/0/due_at");
    let closing = json!({ "outcome": "SOLVED", "words": "通道已畅通" });
    manager.post(&format!("{path}/closings"), &closing).await.refused(409, "WHISTLE_ELSEWHERE");
    let both = minutes(json!([commit("STREET_OFFICER", soon), commit("PROPERTY_MANAGER", soon)]));
    let minuted = manager.post(&to_minutes, &both).await.ok();
    manager
        .post(&format!("{path}/cancellations"), &json!({ "words": "不需要了" }))
        .await
        .refused(409, "WHISTLE_ELSEWHERE");
    let [first, second] =
        [0, 1].map(|number| format!("{path}/commitments/{}", text(&minuted["commitments"][number]["id"])));
    manager.post(&format!("{path}/closings"), &closing).await.refused(409, "COMMITMENTS_PENDING");
    // More time is given in words, twice; what is overdue is told, once.
    let extend = |hours: i64| json!({ "due_at": soon + TimeDelta::hours(hours), "words": "配件未到" });
    let extensions = format!("{first}/extensions");
    manager.post(&extensions, &extend(-1)).await.refused(422, "INPUT_INVALID");
    manager.post(&extensions, &extend(1)).await.ok();
    let twice = manager.post(&extensions, &extend(2)).await.ok();
    assert_eq!(twice["commitments"][0]["extensions"], 2);
    manager.post(&extensions, &extend(3)).await.refused(409, "EXTENSIONS_USED_UP");
    pass(world, 30).await;
    let (manager, street) = (phone(world, PROPERTY).await, phone(world, STREET).await);
    let version = twice["version"].as_i64().expect("a number") + 2;
    let overdue = until(&manager, &path, "told what is overdue", |now| now["version"] == version).await;
    assert!(
        array(&overdue["commitments"]).iter().all(|one| one["late"] == true && one["state"] == "PENDING")
    );
    let settle = |outcome: &str| json!({ "outcome": outcome, "words": "现场已复核" });
    let others = community.with_token(&phone(world, COMMUNITY).await.token.expect("signed in"));
    others.post(&format!("{first}/settlements"), &settle("KEPT")).await.refused(403, "NOT_ALLOWED");
    street.post(&format!("{first}/settlements"), &settle("KEPT")).await.ok();
    street.post(&format!("{first}/settlements"), &settle("BROKEN")).await.refused(409, "COMMITMENT_SETTLED");
    manager.post(&format!("{second}/settlements"), &settle("BROKEN")).await.ok();
    manager
        .post(&format!("{path}/commitments/{id}/settlements"), &settle("KEPT"))
        .await
        .refused(404, "NOT_FOUND");
    let closed = manager.post(&format!("{path}/closings"), &closing).await.ok();
    assert_eq!((&closed["status"], &closed["outcome"]), (&json!("CLOSED"), &json!("SOLVED")));
    manager.post(&to_minutes, &both).await.refused(409, "WHISTLE_ELSEWHERE");
    let acts: Vec<_> = acts(&closed).into_iter().map(|(act, _)| act).collect();
    let course =
        "BLOW REPORT_IN MISSING MISSING REPORT_IN MINUTE EXTEND EXTEND OVERDUE OVERDUE KEEP BREAK CLOSE";
    assert_eq!(acts, course.split(' ').collect::<Vec<_>>());
    let told = told(&manager, &complex, &id).await;
    assert_eq!(told.len(), acts.len(), "each step is in the record: {told:?}");
    assert_eq!(told.last().map(String::as_str), Some("WHISTLE_CLOSED"));
}

async fn a_holder_convenes_over_an_incident_and_only_upwards(world: &mut World) {
    let complex = world.complex().await;
    let reporter = phone(world, "coowner").await;
    let body = json!({ "place_id": complex, "category": "ELEVATOR_FAULT", "description": "停在一楼不动" });
    let incident = reporter.post("/v1/incidents", &body).await.ok();
    let over = format!("/v1/incidents/{}/whistles", text(&incident["id"]));
    let (manager, community) = (phone(world, PROPERTY).await, phone(world, COMMUNITY).await);
    let blow = |lead: &str| json!({ "subject": "电梯主板需更换", "lead": lead });
    reporter.post(&over, &blow("STREET_OFFICER")).await.refused(403, "NOT_ALLOWED");
    community.post(&over, &blow("STREET_OFFICER")).await.refused(403, "NOT_ALLOWED");
    for lead in ["UNIT_LEADER", "BUILDING_LEADER", "PROPERTY_MANAGER"] {
        manager.post(&over, &blow(lead)).await.refused(422, "POST_CANNOT_BE_CONVENED");
    }
    manager.post(&over, &blow("DEVELOPER")).await.refused(409, "POST_EMPTY");
    let whistle = manager.post(&over, &blow("STREET_OFFICER")).await.ok();
    assert_eq!((&whistle["incident_id"], &whistle["severity"]), (&incident["id"], &incident["severity"]));
    // Its own life line tells of it, and the reporter reads there that somebody was called, not what for.
    let now = reporter.get(&format!("/v1/incidents/{}", text(&incident["id"]))).await.ok();
    let last = array(&now["steps"]).last().expect("a step");
    assert_eq!(
        (&last["act"], &last["actor"], last.get("words")),
        (&json!("WHISTLE"), &json!("PROPERTY_MANAGER"), None)
    );
    let path = format!("/v1/whistles/{}", text(&whistle["id"]));
    reporter.get(&path).await.refused(404, "NOT_FOUND");
    // The level above the convener's sees it without being called; only those called report in.
    community.get(&path).await.ok();
    community.post(&format!("{path}/report-ins"), &json!({})).await.refused(403, "NOT_ALLOWED");
    let off = manager.post(&format!("{path}/cancellations"), &json!({ "words": "厂家已到场" })).await.ok();
    assert_eq!((&off["status"], &off["calls"][0]["punctuality"]), (&json!("CALLED_OFF"), &json!("EXCUSED")));
    let street = phone(world, STREET).await;
    street.post(&format!("{path}/report-ins"), &json!({})).await.refused(409, "WHISTLE_ELSEWHERE");
    // What a community convenes over the property company's head stays hidden from it.
    let quiet = json!({ "severity": "S4", "subject": "物业收费争议", "lead": "STREET_OFFICER" });
    let quiet = community.post(&format!("/v1/places/{complex}/whistles"), &quiet).await.ok();
    manager.get(&format!("/v1/whistles/{}", text(&quiet["id"]))).await.refused(404, "NOT_FOUND");
    assert!(told(&manager, &complex, text(&quiet["id"])).await.is_empty());
    let above = json!({ "severity": "S4", "subject": "区域整治", "lead": "ADMIN" });
    let community_place =
        text(&array(&community.get(&format!("/v1/places/{complex}")).await.ok()["lineage"])[2]["id"])
            .to_owned();
    let refused = community.post(&format!("/v1/places/{community_place}/whistles"), &above).await;
    refused.refused(422, "POST_CANNOT_BE_CONVENED");
}
