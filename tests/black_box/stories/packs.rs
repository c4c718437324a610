//! By which rules owners vote: what district and by-laws say, what a convenor may ask, and what stays as it was.

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    incidents::{COMMUNITY, Town, array, phone, text},
    neighbours::verify,
    polls::{changed, motion, terms},
};
use crate::{phone::Phone, servers::connect, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(a_district_follows_a_pack_and_votes_that_lock_from_then_on_are_held_to_it).in_the_demo(),
        story!(by_laws_bind_once_they_passed_a_vote_and_a_convenor_stays_within_them).in_the_demo(),
        story!(nobody_says_what_is_not_theirs).in_the_demo(),
        story!(a_poll_from_before_shows_its_rules_all_the_same).in_the_demo(),
    ]
}

async fn district(phone: &Phone, town: &Town) -> String {
    let place = phone.get(&format!("/v1/places/{}", town.complex)).await.ok();
    let step =
        array(&place["lineage"]).iter().find(|step| step["level"] == "DISTRICT").expect("a whole lineage");
    text(&step["id"]).to_owned()
}

/// One rule out of many, without its Chinese name.
fn rule(told: &Value, name: &str) -> Value {
    let rule = array(&told["rules"]).iter().find(|rule| rule["name"] == name);
    let rule = rule.unwrap_or_else(|| panic!("no rule {name} in {told}"));
    json!([rule["value"], rule["said_by"], rule["source"]])
}

async fn rules_of(phone: &Phone, poll: &str) -> Value {
    phone.get(&format!("/v1/polls/{poll}/rules")).await.ok()
}

async fn lock(phone: &Phone, poll: &str) -> Value {
    phone.post(&format!("/v1/polls/{poll}/locks"), &json!({})).await.ok()
}

/// As the contract says it is written: no white space, members in order.
fn written(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, member)| format!("{}:{}", json!(name), written(member))).collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
        other => other.to_string(),
    }
}

async fn a_district_follows_a_pack_and_votes_that_lock_from_then_on_are_held_to_it(world: &mut World) {
    let town = Town::find(world).await;
    let office = phone(world, COMMUNITY).await;
    let admin = Town::administrator(world).await;
    let at = district(&office, &town).await;
    let in_force = format!("/v1/places/{}/rules", town.complex);

    let packs = world.guest().get("/v1/rule-packs").await.ok();
    let names: Vec<_> = array(&packs["items"]).iter().map(|pack| text(&pack["name"])).collect();
    assert_eq!(names, ["national", "beijing", "shanghai", "hangzhou"]);
    assert!(array(&packs["items"]).iter().all(|pack| pack["needs_local_sign_off"] == true));
    let before = office.get(&in_force).await.ok();
    assert_eq!((&before["pack"], &before["bylaws"]), (&json!("national-2025-04"), &Value::Null));
    let quorum = json!([[2, 3], "LAW", "Civil Code 278: two thirds or more of heads and of area"]);
    assert_eq!(rule(&before, "quorum"), quorum);
    assert_eq!(rule(&before, "first_meeting_days")[1], "NATION");

    // One poll is locked before, one drafted.
    let terms = terms(world, &town.complex).await;
    let (locked, drafted) = (motion(&office, &terms).await, motion(&office, &terms).await);
    let as_locked = lock(&office, &locked).await;
    let held_to = rules_of(&office, &locked).await;
    let hash = Sha256::new().chain_update("linli/rules/1\n").chain_update(written(&held_to["rules"]));
    assert_eq!(held_to["rules_hash"], hex::encode(hash.finalize()), "anybody can hash the rules");
    assert_eq!(as_locked["rules_hash"], held_to["rules_hash"]);

    let adopted =
        admin.post(&format!("/v1/places/{at}/packs"), &json!({ "pack": "shanghai", "follows": 0 })).await;
    let version = adopted.ok();
    let path = format!("/v1/places/{at}/rule-versions/{}", text(&version["id"]));
    assert_eq!(adopted.header("location"), Some(&*path));
    assert_eq!(office.get(&path).await.ok(), version);
    assert_eq!((&version["pack"], &version["published_as"]), (&json!("shanghai-2020"), &json!("ADMIN")));
    let stale = json!({ "pack": "beijing", "follows": 0 });
    admin.post(&format!("/v1/places/{at}/packs"), &stale).await.refused(409, "RULES_MOVED");
    let after = office.get(&in_force).await.ok();
    assert_eq!(after["pack"], "shanghai-2020");
    assert_eq!(rule(&after, "first_meeting_days"), json!([90, "CITY", "Shanghai: within 90 days"]));
    assert_eq!(rule(&after, "quorum"), quorum, "what the law fixes no city moves");

    assert_eq!(rules_of(&office, &locked).await, held_to, "what is locked stays");
    assert_eq!(rules_of(&office, &drafted).await["pack"], "national-2025-04", "as it was drafted");
    lock(&office, &drafted).await;
    let drafted = rules_of(&office, &drafted).await;
    assert_eq!((&drafted["pack"], &drafted["state"]), (&json!("shanghai-2020"), &json!("LOCKED")));
    assert_ne!(drafted["rules_hash"], held_to["rules_hash"]);

    let second = json!({ "pack": "hangzhou", "follows": 1 });
    let second = admin.post(&format!("/v1/places/{at}/packs"), &second).await.ok();
    let all = office.all(&format!("/v1/places/{at}/rule-versions"), 1).await;
    assert_eq!(all, [second, version], "the newest first, and a version never changes");
    for poll in [&locked, text(&drafted["poll_id"])] {
        let (well, said) = verify(world, poll);
        assert!(well && said.contains("all as it was said"), "{said}");
    }

    // Whoever changes what is shown of the rules is found out: by the hash, and by what the ballots are counted by.
    let db = connect(&world.data.database_url).await.unwrap();
    let shown = "UPDATE poll SET in_force = replace(in_force, '[2,3]', '[1,2]') WHERE state = 'LOCKED'";
    assert_eq!(db.execute_unprepared(shown).await.unwrap().rows_affected(), 2);
    db.close().await.unwrap();
    let (well, said) = verify(world, &locked);
    assert!(!well && said.contains("rules_hash: stored") && said.contains("quorum"), "{said}");
}

/// The demo's election of a month ago: its poll, and the matters by class.
async fn assembly(phone: &Phone) -> (Value, Value, Value) {
    let poll = phone.get("/v1/polls?state=PUBLISHED").await.ok()["items"][0]["id"].clone();
    let result = phone.get(&format!("/v1/polls/{}/result", text(&poll))).await.ok();
    let of = |class: u8| {
        let matter = array(&result["matters"])
            .iter()
            .find(|matter| matter["class"] == class)
            .expect("it was voted on");
        assert_eq!(matter["outcome"], "PASSED");
        matter["matter_id"].clone()
    };
    (poll, of(1), of(2))
}

async fn by_laws_bind_once_they_passed_a_vote_and_a_convenor_stays_within_them(world: &mut World) {
    let town = Town::find(world).await;
    Town::appoint(world, "o-preparer", "PREPARER", &town.complex).await;
    let (preparer, office) = (phone(world, "o-preparer").await, phone(world, COMMUNITY).await);
    let (poll, procedure, covenant) = assembly(&office).await;
    let at = format!("/v1/places/{}/bylaws", town.complex);
    let says =
        json!({ "rank_rule": "AREA_HEADS", "objection_days": 10, "window_days": { "min": 5, "max": 30 } });
    let bylaws = json!({ "poll_id": poll, "matter_id": procedure, "says": says, "follows": 0 });

    // As long as there are none, the meeting that is to pass them votes by what is asked.
    let terms = terms(world, &town.complex).await;
    let own = changed(&terms, "rules", json!({ "rank_rule": "RATIO_SUM" }));
    let first = motion(&office, &own).await;
    let asked = rule(&rules_of(&office, &first).await, "rank_rule");
    assert_eq!((&asked[0], &asked[1]), (&json!("RATIO_SUM"), &json!("CONVENOR")));

    for (wrong, name) in [
        (changed(&bylaws, "matter_id", covenant), "BYLAWS_NOT_PASSED"),
        (changed(&bylaws, "poll_id", json!(first)), "BYLAWS_NOT_PASSED"),
        (changed(&bylaws, "follows", json!(1)), "RULES_MOVED"),
    ] {
        preparer.post(&at, &wrong).await.refused(409, name);
    }
    let recorded = preparer.post(&at, &bylaws).await.ok();
    assert_eq!((&recorded["says"], &recorded["poll_id"], &recorded["version"]), (&says, &poll, &json!(1)));
    let holds = office.get(&format!("/v1/places/{}/rules", town.unit)).await.ok();
    assert_eq!(holds["bylaws"], 1, "in every part of the complex");
    let within = "the community's by-laws, within: local rules; Qingyuan 15 days";
    assert_eq!(rule(&holds, "objection_days"), json!([10, "BYLAWS", within]));
    assert_eq!(holds["yielding"], json!([]));

    // A convenor chooses within them, and no more what is theirs.
    let refused = office.post("/v1/polls", &own).await.refused(422, "RULE_NOT_YOURS");
    assert!(
        text(&refused["detail"]).contains("rank_rule is for the community's by-laws to say"),
        "{refused}"
    );
    let lock_of_first = office.post(&format!("/v1/polls/{first}/locks"), &json!({})).await;
    lock_of_first.refused(422, "RULE_NOT_YOURS");
    let wider = changed(&terms, "rules", json!({ "window_days": { "min": 5, "max": 31 } }));
    let refused = office.post("/v1/polls", &wider).await.refused(422, "RULE_NOT_YOURS");
    assert!(text(&refused["detail"]).contains("of the community's by-laws"), "{refused}");
    let within = changed(&terms, "rules", json!({ "window_days": { "min": 7, "max": 14 } }));
    let poll = motion(&office, &within).await;
    let locked = lock(&office, &poll).await;
    let counts = array(&locked["rules"]).iter().find(|rule| rule["name"] == "rank_rule").unwrap();
    assert_eq!((&counts["value"], &counts["said_by"]), (&json!("AREA_HEADS"), &json!("BYLAWS")));
    let held_to = rules_of(&office, &poll).await;
    assert_eq!(rule(&held_to, "window_days")[1], "CONVENOR");
    assert_eq!(held_to["asks"], json!({ "window_days": { "min": 7, "max": 14 } }));
    let (well, said) = verify(world, &poll);
    assert!(well, "{said}");

    // What the same vote made is corrected; what a city then forbids yields, and the rest goes on.
    let says = json!({ "term_years": 2, "nonresponse_excluded": [8, 7, 6, 3, 1] });
    let corrected = changed(&changed(&bylaws, "says", says), "follows", json!(1));
    preparer.post(&at, &corrected).await.ok();
    let poll = motion(&office, &terms).await;
    let excluded = rule(&rules_of(&office, &poll).await, "nonresponse_excluded");
    assert_eq!((&excluded[0], &excluded[1]), (&json!([1, 3, 6, 7, 8]), &json!("BYLAWS")));
    let admin = Town::administrator(world).await;
    let packs = format!("/v1/places/{}/packs", district(&office, &town).await);
    admin.post(&packs, &json!({ "pack": "shanghai", "follows": 0 })).await.ok();
    let holds = office.get(&format!("/v1/places/{}/rules", town.complex)).await.ok();
    assert_eq!((&holds["yielding"], &rule(&holds, "term_years")[0]), (&json!(["term_years"]), &json!(5)));
    lock(&office, &poll).await;
    assert_eq!(rule(&rules_of(&office, &poll).await, "nonresponse_excluded"), excluded);
    let (well, said) = verify(world, &poll);
    assert!(well, "{said}");
}

async fn nobody_says_what_is_not_theirs(world: &mut World) {
    let town = Town::find(world).await;
    Town::appoint(world, "o-preparer", "PREPARER", &town.complex).await;
    let (preparer, office) = (phone(world, "o-preparer").await, phone(world, COMMUNITY).await);
    let admin = Town::administrator(world).await;
    let district = district(&office, &town).await;
    let packs = format!("/v1/places/{district}/packs");
    let adopt = json!({ "pack": "beijing", "follows": 0 });
    for who in [&preparer, &office, &phone(world, "o-stranger").await] {
        who.post(&packs, &adopt).await.refused(403, "NOT_ALLOWED");
    }
    let unknown = admin.post(&packs, &json!({ "pack": "atlantis", "follows": 0 })).await;
    assert_eq!(unknown.refused(422, "INPUT_INVALID")["errors"][0]["pointer"], "/pack");
    let lower = admin.post(&format!("/v1/places/{}/packs", town.complex), &adopt).await;
    assert_eq!(lower.refused(422, "INPUT_INVALID")["errors"][0]["code"], "LEVEL");

    let (poll, matter, _) = assembly(&office).await;
    let bylaws = |says: Value| json!({ "poll_id": poll, "matter_id": matter, "says": says, "follows": 0 });
    let at = format!("/v1/places/{}/bylaws", town.complex);
    for who in [&office, &admin] {
        who.post(&at, &bylaws(json!({}))).await.refused(403, "NOT_ALLOWED");
    }
    let part = preparer.post(&format!("/v1/places/{}/bylaws", town.building), &bylaws(json!({}))).await;
    assert_eq!(part.refused(422, "INPUT_INVALID")["errors"][0]["code"], "LEVEL");
    for (says, pointer) in [
        (json!({ "term_years": 6 }), "/says/term_years"),
        (json!({ "colour": "red" }), "/says/colour"),
        (json!({ "window_days": { "min": 0, "max": 9 } }), "/says/window_days/min"),
        (json!({ "window_days": { "min": 9, "max": 5 } }), "/says/window_days"),
    ] {
        let refused = preparer.post(&at, &bylaws(says)).await.refused(422, "INPUT_INVALID");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }
    for (says, source) in [
        (json!({ "quorum": [1, 2] }), "Civil Code 278"),
        (json!({ "notice_days": 1 }), "Property Management Regulation 14"),
        (json!({ "points_cash": true }), "notice of eight departments"),
        (json!({ "objection_days": 1 }), "no less than the 7 of the nation"),
    ] {
        let refused = preparer.post(&at, &bylaws(says)).await.refused(422, "RULE_NOT_YOURS");
        assert!(text(&refused["detail"]).contains(source), "{refused}");
    }
    let silent = bylaws(json!({ "nonresponse": "ABSTAIN" }));
    preparer.post(&at, &silent).await.refused(422, "RULES_UNLAWFUL");
    let silent = bylaws(json!({ "nonresponse": "ABSTAIN", "nonresponse_clause": "第十二条" }));
    preparer.post(&at, &silent).await.refused(422, "SILENCE_NOT_SERVED");
    assert!(office.all(&format!("/v1/places/{}/rule-versions", town.complex), 50).await.is_empty());
    let nothing = format!("/v1/places/{}/rule-versions/{}", town.complex, town.complex);
    office.get(&nothing).await.refused(404, "NOT_FOUND");
}

async fn a_poll_from_before_shows_its_rules_all_the_same(world: &mut World) {
    let town = Town::find(world).await;
    let office = phone(world, COMMUNITY).await;
    let terms = terms(world, &town.complex).await;
    let own = changed(&terms, "rules", json!({ "rank_rule": "RATIO_SUM" }));
    let poll = motion(&office, &own).await;
    let now = rules_of(&office, &poll).await;
    let db = connect(&world.data.database_url).await.unwrap();
    let before = "UPDATE poll SET asks = NULL, in_force = NULL WHERE state = 'DRAFT'";
    assert_eq!(db.execute_unprepared(before).await.unwrap().rows_affected(), 1);
    db.close().await.unwrap();
    let kept = rules_of(&office, &poll).await;
    assert_eq!(kept["asks"], json!({ "rank_rule": "RATIO_SUM" }));
    let counting = array(&kept["rules"]);
    assert_eq!(counting.len(), 28, "those by which ballots are counted; no others were kept");
    for rule in counting {
        assert!(array(&now["rules"]).contains(rule), "{rule}");
    }
    lock(&office, &poll).await;
    assert_eq!(rule(&rules_of(&office, &poll).await, "rank_rule"), rule(&now, "rank_rule"));
}
