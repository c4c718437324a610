//! Who is on duty is called, step by step, until somebody takes it over; and a post that knows is not called for a while.

use std::collections::BTreeSet;

use chrono::{DateTime, FixedOffset, TimeDelta};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    eventually,
    incidents::{
        COMMUNITY, PROPERTY, REPORTER, Town, act, array, life, path, phone, read, report, text, time, until,
    },
    notices::until_rested,
    record::all_changes,
};
use crate::{phone::Phone, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![story!(who_is_on_duty_is_called_step_by_step_and_a_silence_hushes_the_clock).in_the_demo()]
}

const CATEGORY: &str = "DRAIN_BLOCKED";

/// Of the property office's second person.
const COLLEAGUE: &str = "o-duty-colleague";

fn minutes(amount: u32) -> Value {
    json!({ "unit": "URGENT_MINUTES", "amount": amount })
}

async fn now(world: &World) -> DateTime<FixedOffset> {
    let moved = world.guest().beside("/demo/clock", &json!({ "seconds": 1 })).await.ok();
    time(&moved["server_time"])
}

/// Lets minutes pass, and everything that comes of it.
async fn pass(world: &World, minutes: u64) {
    world.advance_clock(minutes * 60).await;
    settle(world).await;
}

async fn settle(world: &World) {
    for job in ["incident_prompts", "incidents", "clusters", "incident_prompts", "record", "notices_told"] {
        until_rested(world, job).await;
    }
}

/// How often somebody was called about an incident: as what can wait, and as what cannot.
async fn calls(phone: &Phone, incident: &Value) -> [usize; 2] {
    let all = phone.all("/v1/notices", 100).await;
    let of = |kind: &str| {
        all.iter().filter(|one| one["subject_id"] == incident["id"] && one["kind"] == kind).count()
    };
    [of("INCIDENT_POINTED_OUT"), of("INCIDENT_CALLED")]
}

/// The same of the property office's two and the community's one.
async fn all_calls(world: &World, incident: &Value) -> [[usize; 2]; 3] {
    let mut all = Vec::new();
    for who in [PROPERTY, COLLEAGUE, COMMUNITY] {
        all.push(calls(&phone(world, who).await, incident).await);
    }
    all.try_into().expect("three")
}

async fn on_duty(phone: &Phone, desk: &str) -> (BTreeSet<String>, bool) {
    let duty = phone.get(&format!("{desk}/duty")).await.ok();
    let persons = array(&duty["items"]).iter().map(|one| text(&one["person_id"]).to_owned()).collect();
    (persons, duty["by_rota"].as_bool().expect("whether"))
}

async fn assignee(world: &World, incident: &Value) -> String {
    let property = phone(world, PROPERTY).await;
    let given = until(&property, incident, "was given to somebody", |now| now["status"] == "ASSIGNED").await;
    text(&given["holder"]["assignee_id"]).to_owned()
}

async fn who_is_on_duty_is_called_step_by_step_and_a_silence_hushes_the_clock(world: &mut World) {
    let town = Town::find(world).await;
    Town::appoint(world, COLLEAGUE, "PROPERTY_MANAGER", &town.complex).await;
    let admin = Town::administrator(world).await;
    let (property, colleague) = (phone(world, PROPERTY).await, phone(world, COLLEAGUE).await);
    let office = phone(world, COMMUNITY).await;
    let both = BTreeSet::from([property.person.clone(), colleague.person.clone()]);

    // Where nobody says who is on duty everybody is; whoever fills the post says so, or says who does.
    let desk = format!("/v1/places/{}/desk", town.complex);
    let rota = format!("{desk}/rota");
    let unsaid = property.get(&rota).await.ok();
    assert_eq!((&unsaid["shifts"], &unsaid["version"]), (&json!([]), &json!(1)));
    assert_eq!(on_duty(&property, &desk).await, (both.clone(), false));
    let today = now(world).await.date_naive();
    let week = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
    let shift = |persons: Value| {
        json!({ "on": week, "from": "08:00", "to": "08:00", "persons": persons,
        "turns": "WEEKLY", "first_day": today - TimeDelta::days(7) })
    };
    let of_one = json!({ "shifts": [shift(json!([colleague.person]))] });
    let set = property.put(&rota, &of_one).await.ok();
    assert_eq!((&set["shifts"], &set["version"]), (&of_one["shifts"], &json!(2)));
    assert_eq!(colleague.get(&rota).await.ok(), set, "whoever is in it reads it");
    assert_eq!(on_duty(&office, &desk).await, (BTreeSet::from([colleague.person.clone()]), true));
    let absent = |day: TimeDelta| json!({ "day": today + day, "absent": colleague.person });
    let mut away = of_one.clone();
    away["substitutions"] = json!([absent(TimeDelta::zero()), absent(TimeDelta::days(-1))]);
    assert_eq!(office.put(&rota, &away).await.ok()["version"], 3);
    assert_eq!(on_duty(&property, &desk).await, (both.clone(), false), "never nobody");
    let stranger = phone(world, REPORTER).await;
    for (wrong, pointer) in [
        (json!({ "shifts": [shift(json!([stranger.person]))] }), "/shifts"),
        (json!({ "shifts": [shift(json!([]))] }), "/shifts/0/persons"),
        (
            json!({ "shifts": [], "substitutions": [absent(TimeDelta::zero()), absent(TimeDelta::zero())] }),
            "/substitutions/1",
        ),
    ] {
        let refusal = property.put(&rota, &wrong).await.refused(422, "INPUT_INVALID");
        assert!(text(&refusal["errors"][0]["pointer"]).starts_with(pointer), "{refusal}");
    }
    for hidden in [&rota, &format!("{desk}/duty")] {
        stranger.get(hidden).await.refused(404, "NOT_FOUND");
    }
    stranger.put(&rota, &of_one).await.refused(404, "NOT_FOUND");
    let below = format!("/v1/places/{}/desk/rota", town.building);
    property.put(&below, &json!({ "shifts": [] })).await.refused(403, "NOT_ALLOWED");
    property.put(&rota, &of_one).await.ok();

    // Steps that can never come are refused; others are those of every report from then on.
    let at = format!("/v1/places/{}/policies", town.complex);
    let opens = (now(world).await + TimeDelta::minutes(12)).format("%H:%M").to_string();
    let notify = |whom: Value, channel: &str| json!({ "NOTIFY": { "whom": whom, "channel": channel } });
    let steps = json!([
        notify(json!("ON_DUTY"), "NORMAL"),
        "ASSIGN_IN_TURN",
        { "ONLY_WITHIN": { "on": week, "from": opens, "to": opens } },
        notify(json!("ASSIGNEE"), "IMPORTANT"),
        { "ONLY_IF": { "households": 2, "within_minutes": 600 } },
        notify(json!({ "LEVEL": "COMMUNITY" }), "IMPORTANT"),
        "WEBHOOKS",
        { "WAIT": minutes(10) },
        notify(json!("POST"), "NORMAL"),
        { "REPEAT": { "from": 7, "at_most": 1 } },
        "FINAL",
    ]);
    let says = |follows: u32, steps: &Value| {
        let level = json!({ "first_contact": minutes(600), "warn_at": [50], "steps": steps,
            "reminders": { "every": minutes(30), "at_most": 0 } });
        json!({ "scope": CATEGORY, "follows": follows, "says": {
            "common": { "quiet": { "from_hour": 0, "to_hour": 0 } }, "at": { "COMPLEX": level } } })
    };
    let mut in_vain = steps.clone();
    in_vain.as_array_mut().expect("steps").push(json!("WEBHOOKS"));
    let refusal = admin.post(&at, &says(0, &in_vain)).await.refused(422, "INPUT_INVALID");
    let found = &refusal["errors"][0];
    assert_eq!([&found["pointer"], &found["code"]], ["/says/at/COMPLEX/steps", "UNREACHABLE"]);
    // A window that is open day and night begins when its day does; it is made to open in a while.
    let mut opening = steps.clone();
    let closes = (now(world).await + TimeDelta::minutes(300)).format("%H:%M").to_string();
    opening[2]["ONLY_WITHIN"]["to"] = json!(closes);
    admin.post(&at, &says(0, &opening)).await.ok();

    let reporter = phone(world, REPORTER).await;
    let drain = report(&reporter, &town.complex, CATEGORY, &[]).await;
    assert_eq!(assignee(world, &drain).await, colleague.person);
    settle(world).await;
    assert_eq!(
        all_calls(world, &drain).await,
        [[0, 0], [1, 0], [0, 0]],
        "who is on duty, and it waits for its hours"
    );
    // Whoever was to take the step dies; it is taken once all the same.
    world.advance_clock(13 * 60).await;
    world.crash();
    settle(world).await;
    assert_eq!(all_calls(world, &drain).await, [[0, 0], [1, 1], [0, 0]], "two households are not there yet");
    pass(world, 20).await;
    assert_eq!(all_calls(world, &drain).await, [[0, 0], [1, 1], [0, 0]]);
    town.settle_neighbour(world).await;
    let neighbour = phone(world, "resident").await;
    let second = json!({ "place_id": town.complex, "category": CATEGORY, "description": "停在一楼不动", "joins": drain["id"] });
    neighbour.post("/v1/incidents", &second).await.ok();
    eventually("two households", async || {
        settle(world).await;
        (all_calls(world, &drain).await[2] == [0, 1]).then_some(())
    })
    .await;
    pass(world, 11).await;
    assert_eq!(all_calls(world, &drain).await, [[1, 0], [2, 1], [0, 1]]);
    for _ in 0..2 {
        pass(world, 11).await;
        assert_eq!(all_calls(world, &drain).await, [[2, 0], [3, 1], [0, 1]], "once more, and then no more");
    }
    let property = phone(world, PROPERTY).await;
    let told = all_changes(&property, &format!("&place_id={}", town.complex)).await;
    let steps_of = |kind: &str| {
        let of_it = told.iter().filter(|line| line["subject_id"] == drain["id"] && line["kind"] == kind);
        of_it.map(|line| line["facts"]["step"].as_u64().expect("a step")).collect::<Vec<_>>()
    };
    assert_eq!(steps_of("INCIDENT_POINTED_OUT"), [0, 8, 8]);
    assert_eq!((steps_of("INCIDENT_CALLED"), steps_of("INCIDENT_SIGNALLED")), (vec![3, 5], vec![6]));
    assert!(life(&read(&property, &drain).await).contains(&("ASSIGN", "CLOCK")));

    // The next ones are given to each in turn; whoever takes one over is not called about it any more.
    property.put(&rota, &json!({ "shifts": [] })).await.ok();
    let reporter = phone(world, REPORTER).await;
    let mut given = BTreeSet::new();
    let mut taken = Vec::new();
    for _ in 0..2 {
        let one = report(&reporter, &town.building, CATEGORY, &[]).await;
        given.insert(assignee(world, &one).await);
        act(&property, &one, "acknowledgements", json!({})).await.ok();
        taken.push(one);
    }
    assert_eq!(given, both);
    // Of a second household the community would have been called, had nobody taken it over.
    let second = json!({ "place_id": town.building, "category": CATEGORY, "description": "停在一楼不动", "joins": taken[0]["id"] });
    phone(world, "resident").await.post("/v1/incidents", &second).await.ok();

    // The property office knows: it is not called by the clock for a while.
    let silences = format!("/v1/places/{}/silences", town.complex);
    let in_hours = now(world).await + TimeDelta::hours(8);
    let silence = |category: &str, until: DateTime<FixedOffset>| json!({ "category": category, "until": until, "reason": "配件在途" });
    for (category, until, pointer) in [
        ("ELEVATOR_ENTRAPMENT", in_hours, "/category"),
        (CATEGORY, in_hours - TimeDelta::hours(9), "/until"),
        (CATEGORY, in_hours + TimeDelta::days(7), "/until"),
    ] {
        let refusal = property.post(&silences, &silence(category, until)).await.refused(422, "INPUT_INVALID");
        assert_eq!(refusal["errors"][0]["pointer"], pointer);
    }
    let begun = property.post(&silences, &silence(CATEGORY, in_hours)).await;
    let hushed = begun.ok();
    let silent = format!("/v1/silences/{}", text(&hushed["id"]));
    assert_eq!(
        (begun.header("location"), &hushed["post_role"]),
        (Some(&*silent), &json!("PROPERTY_MANAGER"))
    );
    let endings = format!("{silent}/endings");
    reporter.post(&silences, &silence(CATEGORY, in_hours)).await.refused(404, "NOT_FOUND");
    for hidden in [&silences, &silent] {
        reporter.get(hidden).await.refused(404, "NOT_FOUND");
    }
    reporter.post(&endings, &json!({})).await.refused(404, "NOT_FOUND");
    let colleague = phone(world, COLLEAGUE).await;
    assert_eq!(colleague.all(&silences, 1).await.len(), 1);
    assert_eq!(colleague.get(&silent).await.ok()["yours"], false);
    colleague.post(&endings, &json!({})).await.refused(403, "NOT_ALLOWED");

    let third = report(&reporter, &town.unit, CATEGORY, &[]).await;
    pass(world, 305).await;
    let [own, theirs, above] = all_calls(world, &third).await;
    assert_eq!(
        [own, theirs, above],
        [[0, 0], [0, 0], [0, 0]],
        "no call reaches the post, and nobody else was called"
    );
    let property = phone(world, PROPERTY).await;
    let kinds = async |phone: &Phone| {
        let all = phone.all("/v1/notices", 100).await;
        let of_it = all.iter().filter(|one| one["subject_id"] == third["id"]);
        of_it.map(|one| text(&one["kind"]).to_owned()).collect::<BTreeSet<_>>()
    };
    let heard = kinds(&property).await;
    assert!(heard.contains("INCIDENT_REPORTED") && !heard.contains("INCIDENT_WARNED"), "{heard:?}");
    let office = phone(world, COMMUNITY).await;
    assert!(kinds(&office).await.contains("INCIDENT_WARNED"), "nobody else's post is hushed");
    assert_eq!(
        read(&property, &third).await["holder"]["due_at"],
        third["holder"]["due_at"],
        "its clock runs on"
    );
    act(&phone(world, REPORTER).await, &third, "urges", json!({})).await.ok();
    settle(world).await;
    assert!(kinds(&property).await.contains("INCIDENT_URGED"), "people's words are told");

    // It is over by itself, or early; from then on the clock is heard again.
    assert_eq!(office.post(&endings, &json!({})).await.ok()["version"], 2);
    property.post(&endings, &json!({})).await.refused(409, "SILENCE_OVER");
    assert!(property.all(&silences, 10).await.is_empty());
    let told = all_changes(&property, &format!("&place_id={}", town.complex)).await;
    let of_it = told.iter().filter(|line| line["subject_id"] == hushed["id"]);
    assert!(of_it.map(|line| text(&line["kind"])).eq(["SILENCE_BEGUN", "SILENCE_ENDED"]));
    let fourth = report(&phone(world, REPORTER).await, &town.complex, CATEGORY, &[]).await;
    settle(world).await;
    assert_eq!(
        calls(&phone(world, PROPERTY).await, &fourth).await,
        [1, 0],
        "everybody of the post is on duty"
    );
    for one in &taken {
        assert_eq!(all_calls(world, one).await[2], [0, 0], "{}", path(one));
    }

    // A place has so many at once and no more.
    let property = phone(world, PROPERTY).await;
    let in_hours = now(world).await + TimeDelta::hours(1);
    for _ in 0..50 {
        let call = property.call(Method::POST, &silences).keyed();
        call.json(&silence(CATEGORY, in_hours)).send().await.ok();
    }
    property.post(&silences, &silence(CATEGORY, in_hours)).await.refused(409, "SILENCES_TOO_MANY");
}
