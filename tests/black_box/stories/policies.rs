//! Who says how matters are handled at a place, what comes of it, and what nobody may say.

use serde_json::{Value, json};

use super::{
    eventually,
    incidents::{
        COMMUNITY, PROPERTY, REPORTER, STREET, Town, act, array, path, phone, read, report, text, time,
    },
    uploads::send_photo,
};
use crate::{phone::Phone, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(an_office_says_how_those_below_handle_it_and_whoever_reports_is_promised_that).in_the_demo(),
        story!(a_level_above_holds_what_is_open_to_what_holds_now).in_the_demo(),
        story!(nobody_says_what_they_are_held_to_or_what_cannot_be).in_the_demo(),
    ]
}

fn minutes(amount: u32) -> Value {
    json!({ "unit": "URGENT_MINUTES", "amount": amount })
}

fn says(scope: &str, follows: u32, says: Value) -> Value {
    let mut policy = json!({ "scope": scope, "follows": follows });
    policy["says"] = says;
    policy
}

async fn in_force(phone: &Phone, place: &str, category: &str) -> Value {
    phone.get(&format!("/v1/places/{place}/policy/{category}")).await.ok()
}

async fn an_office_says_how_those_below_handle_it_and_whoever_reports_is_promised_that(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, office) = (phone(world, REPORTER).await, phone(world, COMMUNITY).await);
    let at = format!("/v1/places/{}/policies", town.complex);
    let before = report(&reporter, &town.complex, "DRAIN_BLOCKED", &[]).await;
    let nations = in_force(&reporter, &town.complex, "DRAIN_BLOCKED").await;
    let first_contact = |policy: &Value| policy["policy"]["tiers"]["COMPLEX"]["first_contact"].clone();
    assert_eq!((first_contact(&nations), &nations["said"]), (minutes(120), &json!([])));

    let sooner = json!({ "at": { "COMPLEX": { "first_contact": minutes(45) } } });
    let told = office.post(&at, &says("DRAIN_BLOCKED", 0, sooner.clone())).await;
    let published = told.ok();
    let path = format!("{at}/{}", text(&published["id"]));
    assert_eq!(told.header("location"), Some(&*path));
    assert_eq!([&published["scope"], &published["published_as"]], ["DRAIN_BLOCKED", "COMMUNITY_OFFICER"]);
    assert_eq!((&published["version"], &published["says"]), (&json!(1), &sooner));
    assert_eq!(reporter.get(&path).await.ok(), published);

    // Everybody reads what holds, and who said it; a report is promised that.
    let holds = in_force(&reporter, &town.complex, "DRAIN_BLOCKED").await;
    assert_eq!(first_contact(&holds), minutes(45));
    let said = json!([{ "value": "/tiers/COMPLEX/first_contact", "place_id": town.complex, "policy_id": published["id"] }]);
    assert_eq!(holds["said"], said);
    let after = report(&reporter, &town.complex, "DRAIN_BLOCKED", &[]).await;
    let given = |incident: &Value| {
        (time(&incident["holder"]["due_at"]) - time(&incident["tenures"][0]["entered_at"])).num_minutes()
    };
    assert_eq!(
        (given(&before), given(&after)),
        (120, 45),
        "what was reported before is held to what held then"
    );
    assert_eq!(given(&read(&reporter, &before).await), 120);

    // The next version follows the one that its author read.
    let later = json!({ "at": { "COMPLEX": { "first_contact": minutes(60) } } });
    office.post(&at, &says("DRAIN_BLOCKED", 0, later.clone())).await.refused(409, "POLICY_MOVED");
    let second = office.post(&at, &says("DRAIN_BLOCKED", 1, later)).await.ok();
    assert_eq!(second["version"], json!(2));
    assert_eq!(reporter.get(&path).await.ok(), published, "a version never changes");
    let all = reporter.all(&at, 1).await;
    assert_eq!(all.iter().map(|one| &one["id"]).collect::<Vec<_>>(), [&second["id"], &published["id"]]);
    assert_eq!(first_contact(&in_force(&reporter, &town.complex, "DRAIN_BLOCKED").await), minutes(60));

    // The street speaks for all its complexes; the nearest is heard where both speak.
    let street = phone(world, STREET).await;
    let wide = json!({ "at": { "COMPLEX": { "first_contact": minutes(30), "handling": minutes(600) } } });
    street.post(&format!("/v1/places/{}/policies", town.street), &says("*", 0, wide)).await.ok();
    let holds = in_force(&reporter, &town.complex, "DRAIN_BLOCKED").await;
    assert_eq!(first_contact(&holds), minutes(60));
    assert_eq!(holds["policy"]["tiers"]["COMPLEX"]["handling"], minutes(600));
    assert_eq!(array(&holds["said"]).len(), 2);
    // Of the street's own versions the complex's people see what is heard of them alone.
    reporter.get(&format!("/v1/places/{}/policies", town.street)).await.refused(404, "NOT_FOUND");
}

async fn a_level_above_holds_what_is_open_to_what_holds_now(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let office = phone(world, COMMUNITY).await;
    let words = json!({ "words": "雨季提速" });
    let drain = report(&reporter, &town.complex, "DRAIN_BLOCKED", &[]).await;
    let entered = time(&drain["tenures"][0]["entered_at"]);
    act(&office, &drain, "retargets", words.clone()).await.refused(409, "POLICY_HELD");
    let sooner = json!({ "at": { "COMPLEX": { "first_contact": minutes(45), "handling": minutes(300) } } });
    let at = format!("/v1/places/{}/policies", town.complex);
    office.post(&at, &says("DRAIN_BLOCKED", 0, sooner)).await.ok();
    world.advance_clock(10 * 60).await;

    // Only somebody above its holder, and with words.
    for held in [&property, &reporter] {
        act(held, &drain, "retargets", words.clone()).await.refused(403, "NOT_ALLOWED");
    }
    act(&office, &drain, "retargets", json!({ "words": " " })).await.refused(422, "INPUT_INVALID");
    let held = act(&office, &drain, "retargets", words.clone()).await.ok();
    assert_eq!((time(&held["holder"]["due_at"]) - entered).num_minutes(), 45, "what is spent stays spent");
    act(&office, &drain, "retargets", words.clone()).await.refused(409, "POLICY_HELD");
    let clocks = reporter.get(&format!("{}/clocks", path(&drain))).await.ok();
    let contact = array(&clocks["items"]).iter().find(|clock| clock["kind"] == "FIRST_CONTACT").unwrap();
    assert_eq!(contact["budget"], minutes(45));
    assert!(contact["spent_seconds"].as_u64().unwrap() >= 600, "{contact}");
    let steps = read(&reporter, &drain).await["steps"].clone();
    let step = array(&steps).last().unwrap();
    assert_eq!([&step["act"], &step["actor"], &step["words"]], ["RETARGET", "COMMUNITY_OFFICER", "雨季提速"]);
    for told in [&reporter, &property] {
        eventually("both are told", async || {
            let inbox = told.all("/v1/notices", 50).await;
            let is_it =
                |one: &Value| one["kind"] == "INCIDENT_RETARGETED" && one["subject_id"] == drain["id"];
            inbox.iter().any(is_it).then_some(())
        })
        .await;
    }
    // What follows is held to it too, and what stands still goes on standing.
    let taken = act(&property, &drain, "acknowledgements", json!({})).await.ok();
    let begun = time(&taken["tenures"][0]["acknowledged_at"]);
    assert_eq!((time(&taken["holder"]["due_at"]) - begun).num_minutes(), 300);
    let pause = json!({ "reason": "AWAITING_PARTS", "words": "等待水泵" });
    let stands_still = std::time::Instant::now();
    let waiting = act(&property, &drain, "pauses", pause).await.ok();
    let sooner = json!({ "at": { "COMPLEX": { "first_contact": minutes(45), "handling": minutes(200) } } });
    office.post(&at, &says("DRAIN_BLOCKED", 1, sooner)).await.ok();
    let held = act(&office, &drain, "retargets", words.clone()).await.ok();
    assert_eq!(
        (&held["status"], &held["holder"]["due_at"]),
        (&json!("WAITING"), &waiting["holder"]["due_at"])
    );
    let resumed = act(&property, &drain, "resumptions", json!({})).await.ok();
    let left = (time(&resumed["holder"]["due_at"]) - begun).num_minutes();
    // On a busy machine it stands still for a while.
    let stood = i64::try_from(stands_still.elapsed().as_secs().div_ceil(60)).expect("minutes");
    assert!((200..=200 + stood).contains(&left), "{left}");
    let photo = send_photo(&property).await;
    act(&property, &drain, "handlings", json!({ "words": "已疏通", "photo_ids": [photo] })).await.ok();
    act(&office, &drain, "retargets", words).await.refused(409, "INCIDENT_ELSEWHERE");
}

async fn nobody_says_what_they_are_held_to_or_what_cannot_be(world: &mut World) {
    let town = Town::find(world).await;
    let at = format!("/v1/places/{}/policies", town.complex);
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let office = phone(world, COMMUNITY).await;
    let slower = json!({ "at": { "COMPLEX": { "first_contact": minutes(600) } } });
    for held in [&reporter, &property] {
        held.post(&at, &says("PARKING", 0, slower.clone())).await.refused(403, "NOT_ALLOWED");
    }
    for theirs in [
        json!({ "at": { "COMMUNITY": { "first_contact": minutes(600) } } }),
        json!({ "at": { "STREET": { "handling": minutes(600) } } }),
        json!({ "every": { "first_contact": minutes(600) } }),
        json!({ "common": { "enters_at": "UNIT" } }),
    ] {
        office.post(&at, &says("PARKING", 0, theirs)).await.refused(403, "NOT_ALLOWED");
    }
    let stranger = phone(world, "o-stranger").await;
    stranger.post(&at, &says("PARKING", 0, slower.clone())).await.refused(404, "NOT_FOUND");
    stranger.get(&at).await.refused(404, "NOT_FOUND");

    // What contradicts itself, or can never happen, is refused with the place where it stands.
    let told =
        office.post(&at, &says("PARKING", 0, json!({ "at": { "COMPLEX": { "warn_at": [80, 50] } } }))).await;
    let wrong = told.refused(422, "INPUT_INVALID");
    assert_eq!(
        [&wrong["errors"][0]["pointer"], &wrong["errors"][0]["code"]],
        ["/says/at/COMPLEX/warn_at", "CONTRADICTION"]
    );
    for (says_so, pointer) in [
        (json!({ "at": { "COMPLEX": { "handling": minutes(5) } } }), "/says/at/COMPLEX/handling"),
        (json!({ "at": { "UNIT": { "handling": minutes(0) } } }), "/says"),
        (json!({ "at": { "VILLAGE": {} } }), "/says"),
        (json!({}), "/says"),
    ] {
        let told = office.post(&at, &says("PARKING", 0, says_so)).await;
        assert_eq!(told.refused(422, "INPUT_INVALID")["errors"][0]["pointer"], pointer);
    }
    office.post(&at, &says("FIRE", 0, slower.clone())).await.refused(422, "INPUT_INVALID");
    office.get(&format!("/v1/places/{}/policy/FIRE", town.complex)).await.refused(404, "NOT_FOUND");
    // A home has none of its own, and what is not there is not found.
    let home = format!("/v1/places/{}/policies", town.free_home);
    office.post(&home, &says("PARKING", 0, slower)).await.refused(404, "NOT_FOUND");
    office.get(&format!("{at}/{}", town.complex)).await.refused(404, "NOT_FOUND");
    assert!(office.all(&at, 50).await.is_empty());
}
