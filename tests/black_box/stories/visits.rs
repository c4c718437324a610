//! Whom somebody should call on, and what came of it.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    until,
    whistles::{COMMUNITY, PROPERTY, STREET, appoint, array, later, pass, phone, text, told},
};
use crate::{phone::Phone, secrets, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(who_asked_to_be_looked_in_on_is_seen_by_few_and_may_take_it_back).in_the_demo(),
        story!(one_visit_serves_several_matters).in_the_demo(),
    ]
}

const NEED: &str = "独居老人，腿脚不便，需要定期探望";

/// The home of the demo's co-owner, and the unit and building that it is in.
async fn home(world: &World) -> (String, String) {
    let owner = phone(world, "coowner").await;
    let me = owner.get("/v1/me").await.ok();
    let home = array(&me["roles"]).iter().find(|role| role["role"] == "OWNER").expect("an owner");
    let home = text(&home["place_id"]).to_owned();
    let lineage = owner.get(&format!("/v1/places/{home}")).await.ok()["lineage"].clone();
    let unit = array(&lineage).iter().find(|step| step["level"] == "UNIT").expect("a unit");
    (home, text(&unit["id"]).to_owned())
}

async fn suggestions(phone: &Phone, place: &str) -> Vec<Value> {
    let suggested = phone.get(&format!("/v1/places/{place}/visit-suggestions")).await.ok();
    array(&suggested["items"]).to_vec()
}

fn needs(suggestions: &[Value]) -> Vec<&str> {
    suggestions.iter().filter_map(|one| one["need"].as_str()).collect()
}

async fn who_asked_to_be_looked_in_on_is_seen_by_few_and_may_take_it_back(world: &mut World) {
    secrets::remember(NEED);
    let complex = world.complex().await;
    let (home, unit) = home(world).await;
    appoint(world, "o-leader", "UNIT_LEADER", &unit).await;
    let owner = phone(world, "coowner").await;
    let care = format!("/v1/me/cares/{home}");
    // Only whoever lives there asks, and only for a home.
    phone(world, "resident").await.put(&care, &json!({ "need": NEED })).await.refused(404, "NOT_FOUND");
    owner.put(&format!("/v1/me/cares/{unit}"), &json!({ "need": NEED })).await.refused(404, "NOT_FOUND");
    owner.put(&care, &json!({ "need": "想有人聊聊" })).await.ok();
    let asked = owner.put(&care, &json!({ "need": NEED })).await.ok();
    assert_eq!((&asked["home"]["id"], &asked["need"]), (&json!(home), &json!(NEED)));
    assert_eq!(array(&owner.get("/v1/me/cares").await.ok()["items"]).len(), 1, "once for each home");
    assert!(needs(&suggestions(&phone(world, COMMUNITY).await, &complex).await).is_empty(), "not silent yet");
    pass(world, 31 * 24).await;
    let community = phone(world, COMMUNITY).await;
    let suggested = suggestions(&community, &complex).await;
    assert_eq!(needs(&suggested), [NEED]);
    // An office further up calls on people too, and is told where, not of what somebody asked the few.
    let street = phone(world, STREET).await;
    assert!(needs(&suggestions(&street, &complex).await).is_empty());
    let planned = street.post("/v1/visits", &json!({ "place_id": complex })).await.ok();
    assert_eq!(street.get(&format!("/v1/visits/{}", text(&planned["id"]))).await.ok()["id"], planned["id"]);
    let silent = suggested.iter().find(|one| one["need"] == NEED).expect("it is there");
    assert_eq!(
        (&silent["place"]["id"], &silent["reasons"][0]["reason"]),
        (&json!(home), &json!("SILENT_HOUSEHOLD"))
    );
    let leader = phone(world, "o-leader").await;
    assert_eq!(needs(&suggestions(&leader, &unit).await), [NEED]);
    // The property company plans visits too, and learns nothing of it.
    assert!(needs(&suggestions(&phone(world, PROPERTY).await, &complex).await).is_empty());
    leader.get(&format!("/v1/places/{complex}/visit-suggestions")).await.refused(404, "NOT_FOUND");
    // Somebody comes by: it is silent no longer.
    let visit = leader.post("/v1/visits", &json!({ "place_id": home })).await.ok();
    let path = format!("/v1/visits/{}", text(&visit["id"]));
    leader.post(&format!("{path}/logs"), &json!({ "needs": "一切都好" })).await.ok();
    assert!(needs(&suggestions(&leader, &unit).await).is_empty());
    assert_eq!(community.get(&path).await.ok()["words"], "一切都好");
    phone(world, PROPERTY).await.get(&path).await.refused(404, "NOT_FOUND");
    phone(world, "coowner").await.get(&path).await.refused(404, "NOT_FOUND");
    // Taken back, it is as if nobody had asked.
    pass(world, 31 * 24).await;
    let owner = phone(world, "coowner").await;
    assert_eq!(owner.delete(&care).await.status, 204);
    owner.delete(&care).await.refused(404, "NOT_FOUND");
    assert!(array(&owner.get("/v1/me/cares").await.ok()["items"]).is_empty());
    let (community, leader) = (phone(world, COMMUNITY).await, phone(world, "o-leader").await);
    assert!(needs(&suggestions(&community, &complex).await).is_empty());
    assert!(needs(&suggestions(&leader, &unit).await).is_empty());
}

async fn one_visit_serves_several_matters(world: &mut World) {
    let complex = world.complex().await;
    let (owner, manager) = (phone(world, "coowner").await, phone(world, PROPERTY).await);
    let report = async |category: &str| {
        let body = json!({ "place_id": complex, "category": category, "description": "请来看看" });
        owner.post("/v1/incidents", &body).await.ok()
    };
    let [heard, pulled, settled] =
        [report("PROPERTY_SERVICE").await, report("PARKING").await, report("ELEVATOR_ENTRAPMENT").await];
    let path = |incident: &Value| format!("/v1/incidents/{}", text(&incident["id"]));
    // What is about to climb comes first, with why.
    let suggested = suggestions(&manager, &complex).await;
    let first = suggested.iter().find(|one| one["place"]["id"] == complex.as_str()).expect("it is suggested");
    let reasons: Vec<_> = array(&first["reasons"]).iter().map(|one| text(&one["reason"])).collect();
    assert_eq!(reasons[..1], ["ABOUT_TO_CLIMB"], "{first}");
    assert!(array(&first["incident_ids"]).contains(&settled["id"]));
    // The community's officer goes: hears one, pulls one up, and cannot settle what somebody else holds.
    let community = phone(world, COMMUNITY).await;
    let soon = later(world, 24).await;
    let late = community
        .post("/v1/visits", &json!({ "place_id": complex, "planned_for": soon - TimeDelta::days(9) }))
        .await;
    assert_eq!(late.refused(422, "INPUT_INVALID")["errors"][0]["pointer"], "/planned_for");
    owner.post("/v1/visits", &json!({ "place_id": complex })).await.refused(404, "NOT_FOUND");
    let visit = community.post("/v1/visits", &json!({ "place_id": complex, "planned_for": soon })).await.ok();
    let at = format!("/v1/visits/{}", text(&visit["id"]));
    let matter = |incident: &Value, deed: &str| json!({ "incident_id": incident["id"], "deed": deed, "words": "已上门" });
    let log = |matters: Value| {
        json!({ "needs": "希望尽快解决停车问题", "matters": matters,
            "reports": [{ "category": "COMPLEX_LIGHT_OUT", "description": "路灯不亮" }],
            "commitments": [{ "what": "下周协调车位", "due_at": soon }] })
    };
    let logs = format!("{at}/logs");
    community.post(&logs, &log(json!([matter(&settled, "SETTLE")]))).await.refused(403, "NOT_ALLOWED");
    manager.post(&logs, &log(json!([]))).await.refused(404, "NOT_FOUND");
    let made =
        community.post(&logs, &log(json!([matter(&heard, "HEAR"), matter(&pulled, "PULL")]))).await.ok();
    let mut effects: Vec<_> = array(&made["matters"]).iter().map(|one| text(&one["effect"])).collect();
    effects.sort_unstable();
    assert_eq!(effects, ["HEARD", "PULLED", "REPORTED"]);
    community.post(&logs, &log(json!([]))).await.refused(409, "VISIT_ELSEWHERE");
    community
        .post(&format!("{at}/cancellations"), &json!({ "words": "改期" }))
        .await
        .refused(409, "VISIT_ELSEWHERE");
    let up = owner.get(&path(&pulled)).await.ok();
    assert_eq!(
        (&up["holder"]["level"], &up["tenures"][1]["entered_by"]),
        (&json!("COMMUNITY"), &json!("OFFICER_PULL"))
    );
    let reported = array(&made["matters"]).iter().find(|one| one["effect"] == "REPORTED").expect("one");
    let reported = community.get(&format!("/v1/incidents/{}", text(&reported["incident_id"]))).await.ok();
    assert_eq!(reported["origin"], "VISIT");
    // The manager, who holds the other, settles it at a visit of their own.
    manager.post(&format!("{}/acknowledgements", path(&settled)), &json!({})).await.ok();
    let own = manager.post("/v1/visits", &json!({ "place_id": complex })).await.ok();
    let settles = json!({ "needs": "已救出", "matters": [matter(&settled, "SETTLE")] });
    manager.post(&format!("/v1/visits/{}/logs", text(&own["id"])), &settles).await.ok();
    assert_eq!(owner.get(&path(&settled)).await.ok()["status"], "AWAIT_CONFIRM");
    let dropped = manager.post("/v1/visits", &json!({ "place_id": complex })).await.ok();
    let dropped = format!("/v1/visits/{}/cancellations", text(&dropped["id"]));
    manager.post(&dropped, &json!({ "words": "住户外出" })).await.ok();
    assert_eq!(manager.all("/v1/visits", 1).await.len(), 2);
    // What was promised and not done is told, once.
    pass(world, 25).await;
    let community = phone(world, COMMUNITY).await;
    let overdue = until(&community, &at, "told it", |now| now["commitments"][0]["overdue"] == true).await;
    let settling = format!("{at}/commitments/{}/settlements", text(&overdue["commitments"][0]["id"]));
    let said = json!({ "outcome": "BROKEN", "words": "车位不足" });
    community.post(&settling, &said).await.ok();
    community.post(&settling, &said).await.refused(409, "VISIT_COMMITMENT_SETTLED");
    let visit = text(&visit["id"]);
    let kinds = told(&community, &complex, visit).await;
    assert_eq!(
        kinds,
        ["VISIT_PLANNED", "VISIT_MADE", "VISIT_COMMITMENT_OVERDUE", "VISIT_COMMITMENT_SETTLED"]
    );
    assert!(told(&phone(world, PROPERTY).await, &complex, visit).await.is_empty(), "to the visitor alone");
}
