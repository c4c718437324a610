//! Something is off on purpose, and whoever would report it is told why.

use chrono::{DateTime, FixedOffset, TimeDelta};
use serde_json::{Value, json};

use super::{
    notices::until_rested,
    until,
    whistles::{COMMUNITY, PROPERTY, array, later, pass, phone, text},
};
use crate::{phone::Phone, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(what_is_off_on_purpose_explains_reports_and_holds_their_clock).in_the_demo(),
        story!(of_what_is_explained_nobody_is_told_until_it_is_not).in_the_demo(),
    ]
}

fn time(value: &Value) -> DateTime<FixedOffset> {
    text(value).parse().expect("a time")
}

async fn report(phone: &Phone, place: &str, category: &str) -> Value {
    let body = json!({ "place_id": place, "category": category, "description": "停在一楼不动" });
    phone.post("/v1/incidents", &body).await.ok()
}

async fn read(phone: &Phone, incident: &Value) -> Value {
    phone.get(&format!("/v1/incidents/{}", text(&incident["id"]))).await.ok()
}

async fn what_is_off_on_purpose_explains_reports_and_holds_their_clock(world: &mut World) {
    let complex = world.complex().await;
    let (manager, reporter) = (phone(world, PROPERTY).await, phone(world, "coowner").await);
    let now = later(world, 0).await;
    let in_hours = |hours: i64| now + TimeDelta::hours(hours);
    let plan = |categories: Value, from: i64, until: i64| {
        json!({ "place_id": complex, "categories": categories, "explanation": "电梯年检，下午恢复",
            "from": in_hours(from), "until": in_hours(until) })
    };
    // What is danger, what enters at an office, and what has no end within reach is refused.
    let mut neighbour_asks = plan(json!(["ELEVATOR_FAULT"]), 1, 5);
    reporter.post("/v1/outages", &neighbour_asks).await.refused(404, "NOT_FOUND");
    for (categories, from, until, pointer) in [
        (json!(["ELEVATOR_ENTRAPMENT"]), 1, 5, "/categories"),
        (json!(["ELEVATOR_FAULT", "PROPERTY_SERVICE"]), 1, 5, "/categories"),
        (json!(["ELEVATOR_FAULT"]), -1, 5, "/from"),
        (json!(["ELEVATOR_FAULT"]), 1, 74, "/until"),
        (json!(["ELEVATOR_FAULT"]), 5, 5, "/until"),
    ] {
        let problem =
            manager.post("/v1/outages", &plan(categories, from, until)).await.refused(422, "INPUT_INVALID");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    neighbour_asks["from"] = Value::Null;
    let planned = manager.post("/v1/outages", &neighbour_asks).await;
    let outage = planned.ok();
    let path = format!("/v1/outages/{}", text(&outage["id"]));
    assert_eq!((planned.header("location"), &outage["phase"]), (Some(&*path), &json!("RUNNING")));
    assert_eq!(reporter.get(&path).await.ok()["id"], outage["id"]);
    // Everybody reads it; the promise card and the report show it, and the clock waits.
    let listed = reporter.all(&format!("/v1/places/{complex}/outages"), 1).await;
    assert_eq!(listed.iter().map(|one| &one["id"]).collect::<Vec<_>>(), [&outage["id"]]);
    let card = reporter.get(&format!("/v1/places/{complex}/promises/ELEVATOR_FAULT")).await.ok();
    assert_eq!(card["outage"]["explanation"], "电梯年检，下午恢复");
    let budget = TimeDelta::minutes(30);
    assert_eq!(time(&card["first_contact_by"]), in_hours(5) + budget);
    let lift = report(&reporter, &complex, "ELEVATOR_FAULT").await;
    assert_eq!(lift["outage"]["id"], outage["id"]);
    assert_eq!(lift["holder"]["pause"]["reason"], "PLANNED_OUTAGE");
    assert_eq!(time(&lift["holder"]["due_at"]), in_hours(5) + budget);
    let taken_on = report(&reporter, &complex, "ELEVATOR_FAULT").await;
    let other = report(&reporter, &complex, "COMPLEX_LIGHT_OUT").await;
    assert!(other.get("outage").is_none() && other["holder"].get("pause").is_none());
    // Whoever takes it on all the same has its handling to do; a holder cannot make up an outage.
    let on = |what: &str| format!("/v1/incidents/{}/{what}", text(&taken_on["id"]));
    let handled = manager.post(&on("acknowledgements"), &json!({})).await.ok();
    let made_up = json!({ "reason": "PLANNED_OUTAGE", "words": "停用中" });
    manager.post(&on("pauses"), &made_up).await.refused(422, "INPUT_INVALID");
    // It takes longer, and so does the wait; twice, and within a week.
    let extend = |hours: i64| json!({ "until": in_hours(hours), "reason": "配件未到，延至明早" });
    let extensions = format!("{path}/extensions");
    reporter.post(&extensions, &extend(9)).await.refused(403, "NOT_ALLOWED");
    for (hours, pointer) in [(4, "/until"), (200, "/until")] {
        let problem = manager.post(&extensions, &extend(hours)).await.refused(422, "INPUT_INVALID");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    manager.post(&extensions, &extend(9)).await.ok();
    let incident = format!("/v1/incidents/{}", text(&lift["id"]));
    let waits = until(&reporter, &incident, "waited longer", |now| {
        time(&now["holder"]["due_at"]) == in_hours(9) + budget
    })
    .await;
    assert_eq!(waits["outage"]["explanation"], "配件未到，延至明早");
    assert_eq!(read(&reporter, &taken_on).await["holder"]["due_at"], handled["holder"]["due_at"]);
    pass(world, 1).await;
    assert_eq!(read(&phone(world, "coowner").await, &lift).await["climbs"], 0, "nobody was late");
    let manager = phone(world, PROPERTY).await;
    assert_eq!(manager.post(&extensions, &extend(12)).await.ok()["extensions"], 2);
    manager.post(&extensions, &extend(13)).await.refused(409, "OUTAGE_EXTENSIONS_USED_UP");
    // It is over early: the whole first contact is left from there.
    phone(world, COMMUNITY).await.post(&format!("{path}/endings"), &json!({})).await.ok();
    let reporter = phone(world, "coowner").await;
    let goes_on = until(&reporter, &incident, "went on", |now| now["holder"].get("pause").is_none()).await;
    let left = time(&goes_on["holder"]["due_at"]) - later(world, 0).await;
    assert!(left > TimeDelta::minutes(28) && left <= budget, "{left}");
    manager.post(&format!("{path}/endings"), &json!({})).await.refused(409, "OUTAGE_OVER");
    let clocks = reporter.get(&format!("{incident}/clocks")).await.ok();
    let pauses = array(&clocks["items"][0]["pauses"]);
    assert!(pauses.iter().all(|pause| pause["reason"] == "PLANNED_OUTAGE") && pauses.len() >= 2, "{clocks}");
    assert!(report(&reporter, &complex, "ELEVATOR_FAULT").await.get("outage").is_none());
    pass(world, 1).await;
    let reporter = phone(world, "coowner").await;
    until(&reporter, &incident, "climbed in the end", |now| now["climbs"] == 1).await;
    // Who lives there was told of it, each time once; who does not live where it is, was not told.
    let mine = reporter.get("/v1/me").await.ok();
    let home = array(&mine["roles"]).iter().find(|role| role["role"] == "OWNER").expect("an owner");
    let home = reporter.get(&format!("/v1/places/{}", text(&home["place_id"]))).await.ok();
    let at = |level: &str| {
        let step = array(&home["lineage"]).iter().find(|step| step["level"] == level);
        step.expect("a home is in all levels")["id"].clone()
    };
    let units = reporter.all(&format!("/v1/places/{}/children", text(&at("BUILDING"))), 100).await;
    let other = units.iter().find(|unit| unit["id"] != at("UNIT")).expect("another unit")["id"].clone();
    let (manager, end) = (phone(world, PROPERTY).await, later(world, 2).await);
    let plan_at = async |place: Value| {
        let plan = json!({ "place_id": place, "categories": ["ELEVATOR_FAULT"], "explanation": "检修",
            "until": end });
        manager.post("/v1/outages", &plan).await.ok()
    };
    let (theirs, own) = (plan_at(other).await, plan_at(at("UNIT")).await);
    let told = async |phone: &Phone, outage: &Value| -> Vec<String> {
        let mut all = phone.all("/v1/notices", 100).await;
        all.retain(|notice| notice["subject_id"] == outage["id"]);
        all.iter().rev().map(|notice| text(&notice["kind"]).to_owned()).collect()
    };
    for job in ["record", "notices_told", "many_told"] {
        until_rested(world, job).await;
    }
    assert_eq!(told(&reporter, &own).await, ["OUTAGE_PLANNED"]);
    assert!(told(&reporter, &theirs).await.is_empty(), "it is another unit's");
    let course = ["OUTAGE_PLANNED", "OUTAGE_EXTENDED", "OUTAGE_EXTENDED", "OUTAGE_ENDED"];
    assert_eq!(told(&reporter, &outage).await, course);
    assert!(told(&manager, &outage).await.is_empty(), "they do not live there");
    for outage in [&own, &theirs] {
        manager.post(&format!("/v1/outages/{}/endings", text(&outage["id"])), &json!({})).await.ok();
    }
    // A complex has so many at once and no more.
    let manager = phone(world, PROPERTY).await;
    let soon = later(world, 1).await;
    let short = json!({ "place_id": complex, "categories": ["COMPLEX_LIGHT_OUT"], "explanation": "检修",
        "until": soon });
    for _ in 0..50 {
        manager.call(reqwest::Method::POST, "/v1/outages").keyed().json(&short).send().await.ok();
    }
    manager.post("/v1/outages", &short).await.refused(409, "OUTAGES_TOO_MANY");
}

async fn of_what_is_explained_nobody_is_told_until_it_is_not(world: &mut World) {
    let complex = world.complex().await;
    let told = async |incident: &Value| -> Vec<String> {
        for job in ["record", "notices_told"] {
            until_rested(world, job).await;
        }
        let mut all = phone(world, PROPERTY).await.all("/v1/notices", 100).await;
        all.retain(|notice| notice["subject_id"] == incident["id"]);
        all.iter().rev().map(|notice| text(&notice["kind"]).to_owned()).collect()
    };
    let plan = async |category: &str, hours: i64| {
        let end = later(world, hours).await;
        let plan =
            json!({ "place_id": complex, "categories": [category], "explanation": "检修", "until": end });
        phone(world, PROPERTY).await.post("/v1/outages", &plan).await.ok()
    };
    let act = async |who: &str, incident: &Value, deed: &str| {
        let path = format!("/v1/incidents/{}/{deed}", text(&incident["id"]));
        phone(world, who).await.post(&path, &json!({})).await.ok();
    };
    let light = plan("COMPLEX_LIGHT_OUT", 5).await;
    plan("ACCESS_CONTROL", 5).await;
    let reporter = phone(world, "coowner").await;
    let waits = report(&reporter, &complex, "COMPLEX_LIGHT_OUT").await;
    let gone = report(&reporter, &complex, "COMPLEX_LIGHT_OUT").await;
    let taken_on = report(&reporter, &complex, "COMPLEX_LIGHT_OUT").await;
    let ended = report(&reporter, &complex, "ACCESS_CONTROL").await;
    let other = report(&reporter, &complex, "GREENERY").await;
    act("coowner", &waits, "urges").await;
    act("coowner", &gone, "withdrawals").await;
    assert_eq!(told(&other).await, ["INCIDENT_REPORTED"], "what nothing explains is told");
    for explained in [&waits, &gone, &taken_on, &ended] {
        assert!(told(explained).await.is_empty(), "it is explained");
    }
    // Whoever takes it on all the same, knows of it.
    act(PROPERTY, &taken_on, "acknowledgements").await;
    act("coowner", &taken_on, "urges").await;
    assert_eq!(told(&taken_on).await, ["INCIDENT_URGED"]);
    // It takes longer: still nobody is told when it was to be over.
    let longer = json!({ "until": later(world, 9).await, "reason": "配件未到" });
    let extensions = format!("/v1/outages/{}/extensions", text(&light["id"]));
    phone(world, PROPERTY).await.post(&extensions, &longer).await.ok();
    let path = format!("/v1/incidents/{}", text(&waits["id"]));
    until(&reporter, &path, "waited longer", |now| time(&now["holder"]["due_at"]) > time(&longer["until"]))
        .await;
    pass(world, 6).await;
    until_rested(world, "incidents").await;
    assert_eq!(told(&ended).await, ["INCIDENT_EXPLAINED_NO_MORE"], "it ended by itself");
    assert!(told(&waits).await.is_empty());
    // It is over early: told as new, once, and from then on as everything is.
    phone(world, PROPERTY)
        .await
        .post(&format!("/v1/outages/{}/endings", text(&light["id"])), &json!({}))
        .await
        .ok();
    let reporter = phone(world, "coowner").await;
    until(&reporter, &path, "went on", |now| now["holder"].get("pause").is_none()).await;
    assert_eq!(told(&waits).await, ["INCIDENT_EXPLAINED_NO_MORE"]);
    pass(world, 3).await;
    until_rested(world, "incidents").await;
    assert_eq!(told(&waits).await[0], "INCIDENT_EXPLAINED_NO_MORE");
    assert!(!told(&waits).await[1..].contains(&"INCIDENT_EXPLAINED_NO_MORE".to_owned()));
    assert!(
        told(&gone).await.is_empty()
            && !told(&taken_on).await.contains(&"INCIDENT_EXPLAINED_NO_MORE".to_owned())
    );
}
