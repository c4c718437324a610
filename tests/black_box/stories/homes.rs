//! Neighbour to neighbour: what a policy puts to a household before anybody with an office hears of it.

use serde_json::json;

use super::{
    eventually,
    incidents::{
        REPORTER, Town, act, array, is_listed, ladder, life, path, phone, read, report, run_out, text, until,
    },
};
use crate::{story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(a_household_is_asked_first_and_may_settle_it).in_the_demo(),
        story!(what_a_household_leaves_alone_is_the_units).in_the_demo(),
    ]
}

/// Who lives next door.
const NEIGHBOUR: &str = "resident";

/// The district lets noise begin with the household that makes it, and somebody lives next door.
async fn neighbourly(world: &World) -> Town {
    let town = Town::find(world).await;
    town.settle_neighbour(world).await;
    let admin = Town::administrator(world).await;
    let street = admin.get(&format!("/v1/places/{}", town.street)).await.ok();
    let district = array(&street["lineage"]).iter().find(|step| step["level"] == "DISTRICT");
    let district = text(&district.expect("a district")["id"]).to_owned();
    let says = json!({ "common": { "leaves_out": [], "enters_at": "HOME" } });
    let policy = json!({ "scope": "NEIGHBOUR_NOISE", "follows": 0, "says": says });
    admin.post(&format!("/v1/places/{district}/policies"), &policy).await.ok();
    town
}

async fn a_household_is_asked_first_and_may_settle_it(world: &mut World) {
    let town = neighbourly(world).await;
    let (reporter, neighbour) = (phone(world, REPORTER).await, phone(world, NEIGHBOUR).await);
    let promise = reporter.get(&format!("/v1/places/{}/promises/NEIGHBOUR_NOISE", town.free_home)).await.ok();
    assert_eq!([&promise["level"], &promise["role"]], ["HOME", "OWNER"], "who hears of it is said before");
    let noise = report(&reporter, &town.free_home, "NEIGHBOUR_NOISE", &[]).await;
    assert_eq!([&noise["holder"]["level"], &noise["holder"]["role"]], ["HOME", "OWNER"]);
    assert_eq!(noise["holder"]["place"]["id"], town.free_home.as_str());

    // The household is told, and not by whom.
    eventually("the household is told", async || {
        let inbox = neighbour.all("/v1/notices", 50).await;
        inbox
            .iter()
            .any(|one| one["subject_id"] == noise["id"] && one["kind"] == "INCIDENT_REPORTED")
            .then_some(())
    })
    .await;
    let seen = read(&neighbour, &noise).await;
    assert!(!seen.to_string().contains(&reporter.person), "{seen}");
    assert!(is_listed(&neighbour, "scope=HELD", &noise).await);
    assert!(!is_listed(&neighbour, "scope=BELOW", &noise).await);
    let ahead = neighbour.get("/v1/home").await.ok();
    assert!(ahead["incidents"]["to_work"].to_string().contains(text(&noise["id"])), "{ahead}");
    // Whoever has no part in it.
    let stranger = phone(world, "o-stranger").await;
    stranger.get(&path(&noise)).await.refused(404, "NOT_FOUND");

    // It answers, and judges nobody's report.
    for (deed, body) in [
        ("rejections", json!({ "why": "PRIVATE", "words": "不关你事" })),
        ("diversions", json!({ "elsewhere": "POLICE_110", "words": "报警吧" })),
        ("acceptances", json!({})),
        ("questions", json!({ "words": "你是谁？" })),
    ] {
        act(&neighbour, &noise, deed, body).await.refused(403, "NOT_ALLOWED");
    }
    act(&neighbour, &noise, "acknowledgements", json!({})).await.ok();
    act(&neighbour, &noise, "handlings", json!({ "words": "对不起，以后十点后不弹琴" })).await.ok();
    let settled = act(&reporter, &noise, "confirmations", json!({ "satisfaction": "SATISFIED" })).await.ok();
    assert_eq!(ladder(&settled), [("HOME", "REPORT", "CONFIRMED")]);
    let acts =
        [("REPORT", "REPORTER"), ("ACKNOWLEDGE", "OWNER"), ("HANDLE", "OWNER"), ("CONFIRM", "REPORTER")];
    assert_eq!(life(&settled), acts);
}

async fn what_a_household_leaves_alone_is_the_units(world: &mut World) {
    let town = neighbourly(world).await;
    Town::appoint(world, "o-unit-leader", "UNIT_LEADER", &town.unit).await;
    let reporter = phone(world, REPORTER).await;
    // One's own household is not asked about itself, and an empty home not at all.
    let me = reporter.get("/v1/me").await.ok();
    let own = array(&me["roles"]).iter().find(|role| role["role"] == "OWNER").expect("an owner")["place_id"]
        .clone();
    assert_ne!(report(&reporter, text(&own), "NEIGHBOUR_NOISE", &[]).await["holder"]["level"], "HOME");
    let at_the_unit = report(&reporter, &town.unit, "NEIGHBOUR_NOISE", &[]).await;
    assert_ne!(at_the_unit["holder"]["level"], "HOME");

    let noise = report(&reporter, &town.free_home, "NEIGHBOUR_NOISE", &[]).await;
    assert_eq!(noise["holder"]["level"], "HOME");
    let climbed = run_out(world, REPORTER, &noise).await;
    let first = text(&climbed["holder"]["level"]).to_owned();
    assert_ne!(first, "HOME");
    assert_eq!(ladder(&climbed)[0], ("HOME", "REPORT", "CLIMBED_OVERDUE"));
    // What is said of it from now on is not for the household.
    let neighbour = phone(world, NEIGHBOUR).await;
    neighbour.get(&path(&noise)).await.refused(404, "NOT_FOUND");
    act(&neighbour, &noise, "acknowledgements", json!({})).await.refused(404, "NOT_FOUND");
    assert!(!is_listed(&neighbour, "scope=HELD", &noise).await);

    // Whoever moves out sees nothing of it any more, and what they held is not left with nobody.
    let reporter = phone(world, REPORTER).await;
    let second = report(&reporter, &town.free_home, "NEIGHBOUR_NOISE", &[]).await;
    assert_eq!(second["holder"]["level"], "HOME");
    let me = neighbour.get("/v1/me").await.ok();
    let there = array(&me["roles"]).iter().find(|role| role["place_id"] == town.free_home.as_str());
    neighbour.delete(&format!("/v1/roles/{}", text(&there.expect("their home")["id"]))).await.ok();
    let left = until(&reporter, &second, "is held by somebody", |now| now["holder"]["level"] != "HOME").await;
    assert_eq!(ladder(&left)[0], ("HOME", "REPORT", "EMPTY_POST"));
    for incident in [&noise, &second] {
        neighbour.get(&path(incident)).await.refused(404, "NOT_FOUND");
    }
}
