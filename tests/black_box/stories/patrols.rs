//! Routes that somebody walks, what they find and what they miss.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    clusters::House,
    eventually, until,
    whistles::{PROPERTY, array, later, pass, phone, text, told},
};
use crate::{phone::Phone, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(a_patrol_finds_before_others_report_and_is_told_what_it_missed).in_the_demo(),
        story!(what_a_resident_reported_already_was_not_found_first).in_the_demo(),
    ]
}

async fn report(phone: &Phone, place: &str, category: &str) -> Value {
    let body = json!({ "place_id": place, "category": category, "description": "灯不亮" });
    phone.post("/v1/incidents", &body).await.ok()
}

fn incidents(outcomes: &Value) -> Vec<&str> {
    array(outcomes).iter().map(|outcome| text(&outcome["incident_id"])).collect()
}

async fn a_patrol_finds_before_others_report_and_is_told_what_it_missed(world: &mut World) {
    let complex = world.complex().await;
    let (manager, resident) = (phone(world, PROPERTY).await, phone(world, "coowner").await);
    let buildings = resident.all(&format!("/v1/places/{complex}/children"), 100).await;
    let building = text(&buildings[0]["id"]).to_owned();
    let point = |place: &str| json!({ "place_id": place, "name": "大堂", "categories": ["COMPLEX_LIGHT_OUT", "CLEANING"] });
    let new = |points: Value| json!({ "place_id": complex, "name": "夜间巡查", "every_hours": 24, "points": points });
    resident.post("/v1/patrol-routes", &new(json!([point(&complex)]))).await.refused(404, "NOT_FOUND");
    let district = resident.get("/v1/places").await.ok()["items"][0]["id"].clone();
    let elsewhere = new(json!([point(&building), point(text(&district))]));
    let problem = manager.post("/v1/patrol-routes", &elsewhere).await.refused(422, "INPUT_INVALID");
    assert_eq!(problem["errors"][0]["pointer"], "/points/1/place_id");
    let made = manager.post("/v1/patrol-routes", &new(json!([point(&building), point(&complex)]))).await.ok();
    let (id, path) = (text(&made["id"]).to_owned(), format!("/v1/patrol-routes/{}", text(&made["id"])));
    let [at_building, at_gate] = [0, 1].map(|number| text(&made["points"][number]["token"]).to_owned());
    // What the codes say is shown once.
    let read = manager.get(&path).await.ok();
    assert!(array(&read["points"]).iter().all(|point| point.get("token").is_none()));
    resident.get(&path).await.refused(404, "NOT_FOUND");
    // Out of sight of the line: told later, within limits.
    let now = later(world, 0).await;
    let ago = |hours: i64| json!(now - TimeDelta::hours(hours));
    let rounds = format!("{path}/rounds");
    manager.post(&rounds, &json!({ "started_at": ago(13) })).await.refused(422, "INPUT_INVALID");
    let round = manager.post(&rounds, &json!({ "started_at": ago(3) })).await.ok();
    let round = format!("/v1/patrol-rounds/{}", text(&round["id"]));
    let checks = format!("{round}/checks");
    let check = |token: &str, hours: i64, findings: Value| json!({ "token": token, "checked_at": ago(hours), "findings": findings });
    manager.post(&checks, &check(&at_gate, 4, json!([]))).await.refused(422, "INPUT_INVALID");
    manager.post(&checks, &check("made up", 1, json!([]))).await.refused(422, "POINT_UNKNOWN");
    let finding = json!([{ "category": "COMPLEX_LIGHT_OUT", "description": "大堂灯不亮" }]);
    manager.post(&checks, &check(&at_building, 2, finding)).await.ok();
    manager.post(&checks, &check(&at_building, 1, json!([]))).await.refused(409, "POINT_CHECKED");
    let walked = manager.post(&checks, &check(&at_gate, 1, json!([]))).await.ok();
    let found: Vec<_> = array(&walked["checks"]).iter().map(|check| array(&check["found"]).len()).collect();
    assert_eq!(found, [1, 0]);
    manager.post(&format!("{round}/finishes"), &json!({})).await.ok();
    manager.post(&checks, &check(&at_gate, 0, json!([]))).await.refused(409, "ROUND_FINISHED");
    manager.post(&format!("{round}/finishes"), &json!({})).await.refused(409, "ROUND_FINISHED");
    // What was found is an incident that nobody had reported.
    let route = manager.get(&path).await.ok();
    let found = incidents(&route["found"]);
    let incident = manager.get(&format!("/v1/incidents/{}", found[0])).await.ok();
    assert_eq!((found.len(), &incident["origin"]), (1, &json!("PATROL")));
    assert_eq!((&route["rounds"][0]["points"], &route["rounds"][0]["checked"]), (&json!(2), &json!(2)));
    // A resident's report at the gate was missed, and at the building only what was not found there.
    let missed = report(&resident, &complex, "COMPLEX_LIGHT_OUT").await;
    let known = report(&resident, &building, "CLEANING").await;
    let unwatched = report(&resident, &complex, "GREENERY").await;
    assert_eq!(missed["origin"], "RESIDENT");
    let route = manager.get(&path).await.ok();
    let names: Vec<_> = incidents(&route["missed"]);
    assert!(names.contains(&text(&missed["id"])) && !names.contains(&text(&unwatched["id"])), "{names:?}");
    // In the building it was passed over twice: at the building, and with the complex's own point.
    assert_eq!(names.iter().filter(|name| **name == text(&known["id"])).count(), 2);
    // A code that was lost is replaced.
    let lost = text(&made["points"][1]["id"]);
    let token = manager.post(&format!("{path}/points/{lost}/tokens"), &json!({})).await.ok();
    manager.post(&format!("{path}/points/{id}/tokens"), &json!({})).await.refused(404, "NOT_FOUND");
    let again = manager.post(&rounds, &json!({})).await.ok();
    let checks = format!("/v1/patrol-rounds/{}/checks", text(&again["id"]));
    manager.post(&checks, &json!({ "token": at_gate })).await.refused(422, "POINT_UNKNOWN");
    manager.post(&checks, &json!({ "token": token["token"] })).await.ok();
    manager.get(&format!("/v1/patrol-rounds/{}", text(&again["id"]))).await.ok();
    // A day goes by without a finished round: told, once for each.
    pass(world, 24).await;
    let manager = phone(world, PROPERTY).await;
    let late = until(&manager, &path, "was told late", |now| now["late_rounds"] == 1).await;
    assert_eq!(late["rounds"][0]["checked"], 1, "half of it was covered");
    let listed = manager.all(&format!("/v1/places/{complex}/patrol-routes"), 1).await;
    assert_eq!(listed.iter().map(|line| &line["late_rounds"]).collect::<Vec<_>>(), [&json!(1)]);
    // The manager hears of what is theirs to see to.
    let heard = eventually("what the manager is told", async || {
        let mut all = manager.all("/v1/notices", 100).await;
        all.retain(|notice| notice["subject_id"] == id.as_str());
        let kinds: Vec<_> = all.iter().map(|notice| text(&notice["kind"]).to_owned()).collect();
        (kinds.len() == 4).then_some(kinds)
    });
    assert_eq!(heard.await, ["PATROL_ROUND_LATE", "PATROL_MISSED", "PATROL_MISSED", "PATROL_MISSED"]);
    manager.post(&format!("{path}/retirements"), &json!({})).await.ok();
    manager.post(&format!("{path}/retirements"), &json!({})).await.refused(409, "ROUTE_RETIRED");
    manager.post(&rounds_of(&path), &json!({})).await.refused(409, "ROUTE_RETIRED");
    let told = told(&manager, &complex, &id).await;
    let of = |kind: &str| told.iter().filter(|one| *one == kind).count();
    assert_eq!((of("PATROL_MISSED"), of("PATROL_ROUND_LATE"), of("PATROL_POINT_CHECKED")), (3, 1, 3));
    // A complex has so many and no more.
    for _ in 0..50 {
        let short = new(json!([point(&complex)]));
        manager.call(reqwest::Method::POST, "/v1/patrol-routes").keyed().json(&short).send().await.ok();
    }
    manager.post("/v1/patrol-routes", &new(json!([point(&complex)]))).await.refused(409, "ROUTES_TOO_MANY");
}

fn rounds_of(route: &str) -> String {
    format!("{route}/rounds")
}

async fn what_a_resident_reported_already_was_not_found_first(world: &mut World) {
    let house = House::find(world).await;
    for (number, openid) in ["o-patrol-0", "o-patrol-1"].iter().enumerate() {
        house.rents(world, openid, 0, number).await;
    }
    let (manager, resident) = (phone(world, PROPERTY).await, phone(world, "o-patrol-0").await);
    let (building, unit) = (&house.building, &house.units[0]);
    let point = |place: &str| {
        json!({ "place_id": place, "name": "大堂",
        "categories": ["CLEANING", "COMPLEX_LIGHT_OUT", "ELEVATOR_FAULT"] })
    };
    let new = json!({ "place_id": world.complex().await, "name": "巡查", "every_hours": 24,
        "points": [point(building), point(unit)] });
    let made = manager.post("/v1/patrol-routes", &new).await.ok();
    let path = format!("/v1/patrol-routes/{}", text(&made["id"]));
    let [at_building, in_unit] = [0, 1].map(|number| text(&made["points"][number]["token"]).to_owned());
    let earlier = json!(later(world, -2).await);
    // At a time that is told later, or now.
    let walk = async |token: &str, at: &Value, found: &[&str]| {
        let round = json!({ "started_at": at });
        let round = manager.post(&format!("{path}/rounds"), &round).await.ok();
        let finding = |category: &&str| json!({ "category": category, "description": "大堂" });
        let findings: Vec<_> = found.iter().map(finding).collect();
        let check = json!({ "token": token, "checked_at": at, "findings": findings });
        manager.post(&format!("/v1/patrol-rounds/{}/checks", text(&round["id"])), &check).await.ok();
        let route = manager.get(&path).await.ok();
        ["found", "known"].map(|list| incidents(&route[list]).len())
    };
    let now = Value::Null;

    // What stands reported at the place is known; another kind of thing there, or the same elsewhere, is not.
    let reported = report(&resident, building, "CLEANING").await;
    assert_eq!(walk(&at_building, &now, &["CLEANING", "COMPLEX_LIGHT_OUT"]).await, [1, 1]);
    assert_eq!(walk(&in_unit, &now, &["CLEANING"]).await, [2, 1]);
    // Told later, it was found before; and what was taken back stands open no more.
    assert_eq!(walk(&at_building, &earlier, &["CLEANING"]).await, [3, 1]);
    resident.post(&format!("/v1/incidents/{}/withdrawals", text(&reported["id"])), &json!({})).await.ok();
    assert_eq!(walk(&at_building, &now, &["CLEANING"]).await, [4, 1]);
    // What two households reported from their homes, and is one trouble with what was found, was reported before.
    for (number, openid) in ["o-patrol-0", "o-patrol-1"].iter().enumerate() {
        report(&phone(world, openid).await, &house.homes[0][number], "ELEVATOR_FAULT").await;
    }
    assert_eq!(walk(&in_unit, &now, &["ELEVATOR_FAULT"]).await, [4, 2]);
}
