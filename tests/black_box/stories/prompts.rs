//! Whoever holds something is warned before it is too late, and whoever stands above is told as well: once, whoever
//! sweeps.

use std::time::Duration;

use chrono::TimeDelta;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use super::{
    eventually,
    incidents::{
        COMMUNITY, PROPERTY, REPORTER, STREET, Town, act, array, phone, read, report, run_out, text, time,
    },
    neighbours::until,
    processes::{WHY, where_processes_share},
    record::all_changes,
    uploads::send_photo,
};
use crate::{phone::Phone, servers::ask, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(whoever_holds_it_is_warned_as_its_time_runs_out).in_the_demo(),
        story!(the_level_that_it_climbs_to_is_warned_of_its_own_time).in_the_demo(),
        story!(sweepers_die_and_nobody_is_warned_twice).in_the_demo().only_in(WHY, where_processes_share),
    ]
}

/// Danger to life, of which everybody is told at any hour.
const CATEGORY: &str = "ELEVATOR_ENTRAPMENT";

/// What was told of an incident as its time ran out: the event and its number.
async fn prompted(phone: &Phone, complex: &str, incident: &Value) -> Vec<(String, i64)> {
    let told = all_changes(phone, &format!("&place_id={complex}")).await;
    let of_it = told.iter().filter(|line| line["subject_id"] == incident["id"]);
    of_it
        .filter_map(|line| {
            let number = line["facts"].get("percent").or(line["facts"].get("times"))?;
            Some((text(&line["kind"]).to_owned(), number.as_i64()?))
        })
        .collect()
}

async fn until_prompted(phone: &Phone, complex: &str, incident: &Value, numbers: &[i64]) {
    eventually(&format!("{numbers:?} of {}", incident["id"]), async || {
        let told = prompted(phone, complex, incident).await;
        (told.len() >= numbers.len()).then(|| {
            let warned = numbers.iter().map(|number| ("INCIDENT_WARNED".to_owned(), *number));
            assert!(told.iter().cloned().eq(warned), "{told:?}");
        })
    })
    .await;
}

/// Moves the clock to so many minutes after the incident's holder began.
async fn pass_to(world: &World, begun: &Value, minutes: i64) {
    until(world, time(begun) + TimeDelta::minutes(minutes)).await;
}

/// An hour to take over what is the most urgent, instead of five minutes: between two warnings a busy machine has time
/// enough to tell of the first.
async fn an_hour_each(world: &World, complex: &str) {
    let hour = json!({ "unit": "URGENT_MINUTES", "amount": 60 });
    let each = json!({ "first_contact": hour });
    let says = json!({ "at": { "COMPLEX": each, "COMMUNITY": each } });
    let policy = json!({ "scope": CATEGORY, "follows": 0, "says": says });
    phone(world, STREET).await.post(&format!("/v1/places/{complex}/policies"), &policy).await.ok();
}

/// The notices of one kind in an inbox, of one incident.
async fn notices(phone: &Phone, incident: &Value, kind: &str) -> usize {
    let all = phone.all("/v1/notices", 50).await;
    all.iter().filter(|one| one["subject_id"] == incident["id"] && one["kind"] == kind).count()
}

async fn whoever_holds_it_is_warned_as_its_time_runs_out(world: &mut World) {
    let town = Town::find(world).await;
    an_hour_each(world, &town.complex).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    // People in a lift: an hour to get them out once it is taken over, at any hour; the street knows at once.
    let trapped = report(&reporter, &town.complex, CATEGORY, &[]).await;
    let entered = &trapped["tenures"][0]["entered_at"];
    assert!(prompted(&property, &town.complex, &trapped).await.is_empty());
    let street = phone(world, STREET).await;
    eventually("the street knows", async || {
        (notices(&street, &trapped, "INCIDENT_REPORTED").await == 1).then_some(())
    })
    .await;
    // Five minutes are enough to see what it is.
    pass_to(world, entered, 6).await;
    for told in [&property, &street] {
        eventually("it should be sorted out by now", async || {
            (notices(told, &trapped, "INCIDENT_UNSORTED").await == 1).then_some(())
        })
        .await;
    }
    pass_to(world, entered, 31).await;
    until_prompted(&property, &town.complex, &trapped, &[50]).await;
    for told in [&property, &street] {
        eventually("the notice", async || {
            (notices(told, &trapped, "INCIDENT_WARNED").await == 1).then_some(())
        })
        .await;
    }
    assert_eq!(notices(&phone(world, COMMUNITY).await, &trapped, "INCIDENT_WARNED").await, 0);
    assert_eq!(notices(&reporter, &trapped, "INCIDENT_WARNED").await, 0, "it is none of the reporter's");
    pass_to(world, entered, 49).await;
    until_prompted(&property, &town.complex, &trapped, &[50, 80]).await;

    // A warning moves nothing: whoever saw it as it was may still act on that.
    let taken = act(&property, &trapped, "acknowledgements", json!({})).await.ok();
    assert_eq!(taken["version"], json!(2));
    let sorted = format!("/v1/places/{}/figures/TRIAGE/rows?category={CATEGORY}", town.complex);
    let sorted = property.all(&sorted, 100).await;
    let row = sorted.iter().find(|row| row["incident_id"] == trapped["id"]).expect("it counts");
    assert_eq!((&row["outcome"], &row["standing"]), (&json!("TRIAGED_LATE"), &json!("BELOW")));
    let begun = &taken["tenures"][0]["acknowledged_at"];
    // The hour begins of which nothing has been told; whoever wakes late is told of the last alone.
    pass_to(world, begun, 50).await;
    until_prompted(&property, &town.complex, &trapped, &[50, 80, 80]).await;
    let photo = send_photo(&property).await;
    let handled = json!({ "words": "人已救出", "photo_ids": [photo] });
    act(&property, &trapped, "handlings", handled).await.ok();
    pass_to(world, begun, 61).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let again = report(&reporter, &town.complex, CATEGORY, &[]).await;
    pass_to(world, &again["tenures"][0]["entered_at"], 31).await;
    until_prompted(&property, &town.complex, &again, &[50]).await;
    assert_eq!(
        prompted(&property, &town.complex, &trapped).await.len(),
        3,
        "what is handled is warned of no more"
    );
}

async fn the_level_that_it_climbs_to_is_warned_of_its_own_time(world: &mut World) {
    let town = Town::find(world).await;
    an_hour_each(world, &town.complex).await;
    let again = report(&phone(world, REPORTER).await, &town.complex, CATEGORY, &[]).await;
    let climbed = run_out(world, REPORTER, &again).await;
    assert_eq!(climbed["holder"]["level"], "COMMUNITY");
    let entered = &climbed["tenures"][1]["entered_at"];
    let (property, office) = (phone(world, PROPERTY).await, phone(world, COMMUNITY).await);
    // What was told of the level below stands in the log once the climb does.
    let below = eventually("the climb in the log", async || {
        let told = all_changes(&property, &format!("&place_id={}", town.complex)).await;
        let of_it = |line: &&Value| line["subject_id"] == again["id"] && line["kind"] == "INCIDENT_CLIMBED";
        told.iter().any(|line| of_it(&line)).then_some(prompted(&property, &town.complex, &again).await)
    });
    let before = below.await;
    pass_to(world, entered, 31).await;
    eventually("the community office is warned", async || {
        (notices(&office, &again, "INCIDENT_WARNED").await == 1).then_some(())
    })
    .await;
    let told = prompted(&property, &town.complex, &again).await;
    assert_eq!(told[before.len()..], [("INCIDENT_WARNED".to_owned(), 50)]);
    // A warning is in the record; in the life line stands what moved it.
    let steps = read(&office, &again).await["steps"].clone();
    let acts: Vec<_> = array(&steps).iter().map(|step| text(&step["act"])).collect();
    assert_eq!(acts, ["REPORT", "CLIMB"]);
}

const REPORTS: usize = 20;

async fn sweepers_die_and_nobody_is_warned_twice(world: &mut World) {
    let town = Town::find(world).await;
    an_hour_each(world, &town.complex).await;
    let mut reports = Vec::new();
    for _ in 0..REPORTS {
        reports.push(report(&phone(world, REPORTER).await, &town.complex, CATEGORY, &[]).await);
    }
    let mut chance = StdRng::seed_from_u64(20_261_126);
    let all = [50, 80];
    for (turn, minutes) in [31, 18].into_iter().enumerate() {
        world.advance_clock(minutes * 60).await;
        let told = format!(
            "SELECT count(*)::text FROM event WHERE kind = 'INCIDENT_WARNED' AND facts LIKE '%\"percent\":{}%'",
            all[turn]
        );
        let begun = eventually("the first is warned", async || {
            Some(ask(&world.data.database_url, &told).expect("the database answers").concat())
                .filter(|one| one != "0")
        })
        .await;
        println!("{begun} of {REPORTS} were warned of when their sweeper was killed");
        world.crash();
        let others = [world.another(), world.another()];
        tokio::time::sleep(Duration::from_millis(chance.random_range(0..200))).await;
        drop(others);
        let property = phone(world, PROPERTY).await;
        for incident in &reports {
            until_prompted(&property, &town.complex, incident, &all[..=turn]).await;
        }
    }
    let property = phone(world, PROPERTY).await;
    for incident in &reports {
        eventually("the notices", async || {
            (notices(&property, incident, "INCIDENT_WARNED").await == 2).then_some(())
        })
        .await;
    }
}
