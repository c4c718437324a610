//! By which rules owners vote: what district and by-laws say, what a convenor may ask, and what stays as it was.

use chrono::TimeDelta;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    archive,
    incidents::{COMMUNITY, Town, array, phone, text},
    mandates::until_told,
    neighbours::{Complex, Owner, head_of, moment, owners_by_home, until, until_it_is, verify},
    polls::{changed, motion, terms},
    programmes::{deed, minutes, until_module},
    roll::{finished, upload},
};
use crate::{
    phone::{Phone, Reply},
    servers::connect,
    story,
    story::Story,
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(a_district_follows_a_pack_and_votes_that_lock_from_then_on_are_held_to_it).in_the_demo(),
        story!(a_city_says_when_to_begin_and_how_long_before_owners_are_told).in_the_demo(),
        story!(by_laws_bind_once_they_passed_a_vote_and_a_convenor_stays_within_them).in_the_demo(),
        story!(nobody_says_what_is_not_theirs).in_the_demo(),
        story!(a_poll_from_before_shows_its_rules_all_the_same).in_the_demo(),
        story!(owners_register_are_asked_and_give_advice).in_the_demo(),
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

/// Owners found their committee once as much is delivered as their city says, and hear of a meeting as long before.
async fn a_city_says_when_to_begin_and_how_long_before_owners_are_told(world: &mut World) {
    let new = half_delivered(world).await;
    let town = Town::find(world).await;
    let office = phone(world, COMMUNITY).await;
    let at = format!("/v1/places/{}/programmes", new.id);
    let found = |first: Option<&str>| json!({ "template": "found-committee", "purpose": "成立首届业主委员会", "first_delivered_on": first });
    let refused = office.post(&at, &found(Some("2001-01-01"))).await.refused(409, "DELIVERED_TOO_LITTLE");
    assert_eq!(refused["detail"], "200.00 of 500.00 m² are delivered; it takes 1/2");

    let follows = json!({ "pack": "hangzhou", "follows": 0 });
    let packs = format!("/v1/places/{}/packs", district(&office, &town).await);
    Town::administrator(world).await.post(&packs, &follows).await.ok();
    for too_late in [None, Some("2999-01-01")] {
        let refused = office.post(&at, &found(too_late)).await.refused(409, "DELIVERED_TOO_LITTLE");
        assert!(
            text(&refused["detail"]).ends_with("or 3/10 once 2 years have passed since the first delivery")
        );
    }
    let begun = office.post(&at, &found(Some("2001-01-01"))).await.ok();
    assert_eq!(begun["state"], "RUNNING");

    // Hangzhou 19: fifteen days, of an extraordinary meeting seven.
    let now =
        moment(&world.guest().beside("/demo/clock", &json!({ "seconds": 1 })).await.ok()["server_time"]);
    let mut terms = terms(world, &town.complex).await;
    terms["opens_at"] = json!((now + TimeDelta::days(9)).to_rfc3339());
    terms["closes_at"] = json!((now + TimeDelta::days(16)).to_rfc3339());
    let regular = motion(&office, &terms).await;
    let refused = office.post(&format!("/v1/polls/{regular}/locks"), &json!({})).await;
    assert!(
        text(&refused.refused(409, "POLL_CANNOT_MOVE")["detail"]).contains("15 clear days"),
        "{}",
        refused.text()
    );
    terms["rules"] = json!({ "meeting": "EXTRAORDINARY" });
    let extraordinary = motion(&office, &terms).await;
    lock(&office, &extraordinary).await;
    let told = rules_of(&office, &extraordinary).await;
    assert_eq!(rule(&told, "meeting")[1], "CONVENOR");
    assert_eq!(
        rule(&told, "notice_days"),
        json!([7, "CITY", "Hangzhou 19: 7 days for an extraordinary meeting"])
    );
}

async fn a_district_follows_a_pack_and_votes_that_lock_from_then_on_are_held_to_it(world: &mut World) {
    let town = Town::find(world).await;
    let office = phone(world, COMMUNITY).await;
    let admin = Town::administrator(world).await;
    let at = district(&office, &town).await;
    let in_force = format!("/v1/places/{}/rules", town.complex);

    let packs = world.guest().get("/v1/rule-packs").await.ok();
    let names: Vec<_> = array(&packs["items"]).iter().map(|pack| text(&pack["name"])).collect();
    assert_eq!(names, ["national", "beijing", "shanghai", "hangzhou", "worked-example"]);
    assert!(array(&packs["items"]).iter().all(|pack| pack["needs_local_sign_off"] == true));
    let before = office.get(&in_force).await.ok();
    assert_eq!((&before["pack"], &before["bylaws"]), (&json!("national-2025-04"), &Value::Null));
    let quorum = json!([[2, 3], "LAW", "Civil Code 278: two thirds or more of heads and of area"]);
    assert_eq!(rule(&before, "quorum"), quorum);
    assert_eq!(rule(&before, "first_meeting_days")[1], "NATION");
    for (name, bounds) in [
        ("quorum", json!({ "kind": "SHARE", "least": [1, 2], "most": [1, 1] })),
        ("allow_revote", json!({ "kind": "FLAG" })),
        ("filing_days", json!({ "kind": "WHOLE", "least": 1, "most": 30 })),
        ("window_days", json!({ "kind": "RANGE", "least": 1, "most": 366 })),
        ("tie_rule", json!({ "kind": "CHOICE", "choices": ["RUNOFF"] })),
        ("channels", json!({ "kind": "SET", "choices": ["ONLINE", "PAPER"] })),
        ("area_source_order", json!({ "kind": "ORDER", "choices": ["REGISTRY", "SURVEY", "CONTRACT"] })),
        ("nonresponse_clause", json!({ "kind": "TEXT", "most": 200 })),
    ] {
        let told = array(&before["rules"]).iter().find(|rule| rule["name"] == name).unwrap();
        assert_eq!(told["bounds"], bounds, "{name}");
    }

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
    spaces_come_in(world, &town).await;
    super::neighbours::roll_is_shown(world).await;
    Town::appoint(world, "o-preparer", "PREPARER", &town.complex).await;
    let (preparer, office) = (phone(world, "o-preparer").await, phone(world, COMMUNITY).await);
    let (poll, procedure, covenant) = assembly(&office).await;
    let at = format!("/v1/places/{}/bylaws", town.complex);
    let says = json!({ "rank_rule": "AREA_HEADS", "objection_days": 10, "window_days": { "min": 5, "max": 30 },
        "count_special_spaces": true });
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
    assert_eq!(
        locked["roll"],
        json!({ "heads": 493, "area": 4_362_636 + 1_250 + 600 }),
        "bay and stall count"
    );
    let (well, said) = verify(world, &poll);
    assert!(well, "{said}");
    // Whoever puts on the roll what its rules do not count is found out.
    let db = connect(&world.data.database_url).await.unwrap();
    let common = |from: &str, to: &str| format!("UPDATE poll_home SET kind = '{to}' WHERE kind = '{from}'");
    assert_eq!(db.execute_unprepared(&common("PARKING", "PUBLIC")).await.unwrap().rows_affected(), 2);
    let (well, said) = verify(world, &poll);
    assert!(
        !well && said.contains("车位12, which its rules do not count") && said.contains("roll_hash"),
        "{said}"
    );
    db.execute_unprepared(&common("PUBLIC", "PARKING")).await.unwrap();
    db.close().await.unwrap();

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
    let locked = lock(&office, &poll).await;
    assert_eq!(
        locked["roll"],
        json!({ "heads": 492, "area": 4_362_636 }),
        "where no rule says so they do not"
    );
    assert_eq!(rule(&rules_of(&office, &poll).await, "nonresponse_excluded"), excluded);
    let (well, said) = verify(world, &poll);
    assert!(well, "{said}");
}

/// A parking bay of somebody who has a home, a stall of somebody who has none, and a room that is everybody's come onto the
/// roll, which counts none of them by itself.
async fn spaces_come_in(world: &World, town: &Town) {
    let property = world.sign_in("property").await;
    let at = |what: &str| format!("/v1/places/{}/{what}", town.complex);
    let before = property.get(&at("roll")).await.ok();
    let heading = "楼栋,单元,房号,建筑面积,业主姓名,证件号码,用途";
    let file = |kind: &str| {
        format!(
            "{heading}\n1号楼,1单元,车位12,12.50,苏勇桂,999999195310234509,{kind}\n1号楼,1单元,13,6.00,龚雪,999999198001010011,摊位\n\
            1号楼,1单元,14,50.00,,,物业用房\n"
        )
    };
    for (kind, problem) in [("火箭", "KIND_UNKNOWN"), ("", "KIND_MISSING")] {
        let found = upload(&property, &at("roll-checks"), file(kind).as_bytes()).send().await.ok();
        let [refused] = array(&found["refused"]) else { panic!("one row: {found}") };
        assert_eq!(
            [&refused["row"], &refused["column"], &refused["problem"]],
            [&json!(2), &json!("用途"), &json!(problem)]
        );
    }
    let asked = upload(&property, &at("roll-imports"), file("车位").as_bytes()).keyed().send().await;
    let imported = finished(&property, &asked).await["result"].clone();
    assert_eq!([&imported["homes"], &imported["parking"], &imported["public"]], [528, 2, 1]);
    let roll = property.get(&at("roll")).await.ok();
    for same in ["homes", "heads", "area", "quorum", "by_status"] {
        assert_eq!(roll[same], before[same], "{same}");
    }
    assert_ne!(roll["roll_hash"], before["roll_hash"]);
    let sum = |kind: &str, homes: u32, area: u32| json!({ "kind": kind, "homes": homes, "area": area });
    let sums = [sum("HOME", 528, 4_362_636), sum("PARKING", 2, 1_850), sum("PUBLIC", 1, 5_000)];
    assert_eq!(roll["by_kind"], json!(sums));
    let bay = super::identity::part(&property, &town.unit, "车位12").await;
    let entry = world.sign_in("community").await.get(&format!("/v1/places/{bay}/roll-entry")).await.ok();
    assert_eq!((&entry["kind"], &entry["area"], entry.get("head")), (&json!("PARKING"), &json!(1_250), None));
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
    assert_eq!(counting.len(), 33, "those by which ballots are counted; no others were kept");
    for rule in counting {
        assert!(array(&now["rules"]).contains(rule), "{rule}");
    }
    lock(&office, &poll).await;
    assert_eq!(rule(&rules_of(&office, &poll).await, "rank_rule"), rule(&now, "rank_rule"));
}

/// A house of homes of these areas in m², each of one owner, beside the demo's complex; and those owners.
pub(super) async fn small_house(world: &World, areas: &[usize]) -> (Complex, Vec<Owner>) {
    let homes: Vec<_> = areas.iter().map(|area| ("1号楼", *area)).collect();
    small_complex(world, "小院", &homes).await
}

/// The same of several houses, each home in one of them.
pub(super) async fn small_complex(
    world: &World,
    name: &str,
    homes: &[(&str, usize)],
) -> (Complex, Vec<Owner>) {
    let single = owners_by_home().into_iter().filter(|owners| owners.len() == 1).map(|mut one| one.remove(0));
    let mut owners: Vec<Owner> = Vec::new();
    for owner in single {
        if owners.len() < homes.len() && owners.iter().all(|one| one.id_number != owner.id_number) {
            owners.push(owner);
        }
    }
    let mut rows = Vec::new();
    for ((number, (house, area)), owner) in (101..).zip(homes).zip(&mut owners) {
        owner.home = [house, "1单元", &number.to_string()].map(str::to_owned);
        rows.push(format!("{house},1单元,{number},{area}.00,{},{},,已交付", owner.name, owner.id_number));
    }
    (beside(world, name, &rows).await, owners)
}

/// A complex of these rows beside the demo's.
async fn beside(world: &World, name: &str, rows: &[String]) -> Complex {
    let head = "楼栋,单元,房号,建筑面积(㎡),业主姓名,证件号码,联系电话,交付状态";
    let file = world.data.folder.join(format!("{name}.csv"));
    std::fs::write(&file, format!("{head}\n{}", rows.join("\n"))).expect("the story's folder takes files");
    let under = ["--under", "示范区/青年路街道/青年路社区"];
    assert!(super::roll::import(world, &world.data.database_url, &file, name, &under).0);
    super::neighbours::roll_is_shown(world).await;
    let office = world.sign_in("community").await;
    let me = office.get("/v1/me").await.ok();
    let id = super::identity::part(&office, text(&me["roles"][0]["place_id"]), name).await;
    Complex::walk(&id, &office, &office).await
}

/// Of five homes of the same area two are delivered.
async fn half_delivered(world: &World) -> Complex {
    let owner = owners_by_home().remove(0).remove(0);
    let row = |number: u32| match number {
        1..=2 => format!("1号楼,1单元,10{number},100.00,{},{},,已交付", owner.name, owner.id_number),
        _ => format!("1号楼,1单元,10{number},100.00,,,,未售"),
    };
    beside(world, "新院", &(1..=5).map(row).collect::<Vec<_>>()).await
}

/// Whether it is refused for the law's sake, and by which words.
fn apart(reply: &Reply, article: &str) {
    let refused = reply.refused(422, "OPINION_APART");
    assert!(text(&refused["detail"]).contains(article), "{refused}");
}

async fn owners_register_are_asked_and_give_advice(world: &mut World) {
    let (house, owners) = small_house(world, &[100; 6]).await;
    let home = |owner: &Owner| house.home(owner.home.each_ref().map(String::as_str)).to_owned();
    let mut phones = Vec::new();
    for owner in &owners {
        let phone = world.newcomer().await;
        house.move_in(&phone, owner).await;
        phones.push(phone);
    }
    let again = async |number: usize| world.wechat_user(phones[number].openid.as_deref().unwrap()).await;
    let office = world.sign_in("community").await;
    let begin = json!({ "template": "opinion-poll", "purpose": "自行车停在哪里" });
    let begun = office.post(&format!("/v1/places/{}/programmes", house.id), &begin).await.ok();
    let (programme, day) = (text(&begun["id"]).to_owned(), moment(&begun["begun_at"]).date_naive());
    let midnight = |days| (day + chrono::TimeDelta::days(days)).format("%Y-%m-%dT00:00:00+08:00").to_string();

    // What is a matter of Civil Code 278 is none of this pack's, whoever chooses it.
    let terms = json!({
        "place_id": house.id, "kind": "OPINION", "pack": "worked-example", "title": "自行车停放", "seats": 1,
        "opens_at": midnight(5), "closes_at": midnight(8),
    });
    let election = changed(&changed(&terms, "kind", json!("COMMITTEE_ELECTION")), "seats", json!(5));
    apart(&office.post("/v1/polls", &election).await, "Civil Code 278 (3)");
    let plain = changed(&changed(&terms, "kind", json!("MOTION")), "seats", json!(0));
    apart(&office.post("/v1/polls", &plain).await, "民法典第二百七十八条");
    let admin = Town::administrator(world).await;
    let place = office.get(&format!("/v1/places/{}", house.id)).await.ok();
    let step = array(&place["lineage"]).iter().find(|step| step["level"] == "DISTRICT").unwrap();
    let adopt = json!({ "pack": "worked-example", "follows": 0 });
    let adopted = admin.post(&format!("/v1/places/{}/packs", text(&step["id"])), &adopt).await;
    let refused = adopted.refused(422, "PACK_OF_OPINION");
    assert!(text(&refused["detail"]).contains("Civil Code 278"), "{refused}");
    let own = changed(&terms, "rules", json!({ "registration": [1, 1] }));
    let refused = office.post("/v1/polls", &own).await.refused(422, "RULE_NOT_YOURS");
    assert!(text(&refused["detail"]).contains("for the pack of opinion polls to say"), "{refused}");

    // Each rule says whose it is and where it comes from.
    let in_force = office.get(&format!("/v1/places/{}/rules?pack=worked-example", house.id)).await.ok();
    let source = "worked example: two thirds of the owners register, by heads and by area";
    assert_eq!(rule(&in_force, "registration"), json!([[2, 3], "PACK", source]));
    let source = "worked example: half of those who registered take part, by heads and by area";
    assert_eq!(rule(&in_force, "quorum"), json!([[1, 2], "PACK", source]));
    let poll = text(&office.post("/v1/polls", &terms).await.ok()["id"]).to_owned();
    let path = |rest: &str| format!("/v1/polls/{poll}/{rest}");
    // As they will be frozen: what else a value could have been is no part of a poll.
    let mut frozen = in_force["rules"].clone();
    for rule in frozen.as_array_mut().unwrap() {
        assert!(rule.as_object_mut().unwrap().remove("bounds").is_some(), "{rule}");
    }
    assert_eq!(rules_of(&office, &poll).await["rules"], frozen);
    let matter = |class: u8| json!({ "class": class, "title": "东门停车", "body": "自行车停在东门。" });
    apart(&office.post(&path("matters"), &matter(5)).await, "Civil Code 278 (5)");
    office.post(&path("matters"), &matter(0)).await.ok();
    let statutory = text(&office.post("/v1/polls", &without(&plain, "pack")).await.ok()["id"]).to_owned();
    apart(&office.post(&format!("/v1/polls/{statutory}/matters"), &matter(0)).await, "Civil Code 278");
    let stands = json!({ "home_id": home(&owners[0]), "name": owners[0].name });
    let candidate = office.post(&path("candidates"), &stands).await.ok()["id"].clone();

    let bind = json!({ "module": "vote", "poll_id": poll });
    office.post(&format!("/v1/programmes/{programme}/polls"), &bind).await.ok();
    let minutes = minutes("到会六户", 6);
    deed(&office, &programme, "deliberation", &minutes).await.ok();
    let close = json!({ "deed": "CLOSE", "words": "多数希望征询", "ending": "AGREED" });
    deed(&office, &programme, "deliberation", &close).await.ok();
    let register = async |phone: &Phone, head: &str| {
        phone.post(&path("registrations"), &json!({ "head_id": head })).await
    };
    register(&phones[1], &programme).await.refused(409, "REGISTRATION_NOT_OPEN");
    let locked = lock(&office, &poll).await;
    assert_eq!(locked["registration"], json!({ "heads": 4, "area": 40000 }));
    assert!(locked.get("quorum").is_none(), "nobody knows yet of how many");

    until_told(&phones[1], &poll, "POLL_REGISTRATION_BEGUN", 1).await;
    let building = super::identity::part(&office, &house.id, "1号楼").await;
    let short = Short::prepare(&office, &building, &changed(&terms, "place_id", json!(building))).await;
    for (phone, owner) in phones.iter().zip(&owners).take(3) {
        let head = json!({ "head_id": head_of(phone, &short.poll, &home(owner)).await });
        phone.post(&format!("/v1/polls/{}/registrations", short.poll), &head).await.ok();
    }

    // One registers in the programme, three here; a head once, and nobody another's.
    let mut heads = Vec::new();
    for (phone, owner) in phones.iter().zip(&owners) {
        heads.push(head_of(phone, &poll, &home(owner)).await);
    }
    until_module(&office, &programme, "registration", "RUNNING").await;
    deed(&phones[0], &programme, "registration", &json!({ "deed": "SIGN" })).await.ok();
    register(&phones[0], &heads[0]).await.refused(409, "REGISTERED_ALREADY");
    register(&phones[1], &heads[2]).await.refused(404, "NOT_FOUND");
    let registered = register(&phones[1], &heads[1]).await.ok();
    let mine = phones[1].get(&path("heads")).await.ok();
    assert_eq!(mine["items"][0]["registered_at"], registered["registered_at"]);
    for number in [2, 3] {
        register(&phones[number], &heads[number]).await.ok();
    }
    register(&office, &heads[4]).await.refused(404, "NOT_FOUND");
    let other = json!({ "head_id": heads[4] });
    phones[4]
        .post(&format!("/v1/polls/{statutory}/registrations"), &other)
        .await
        .refused(409, "REGISTRATION_NOT_OPEN");
    let watched = office.get(&path("progress")).await.ok();
    assert_eq!(
        (&watched["registered"]["heads"], &watched["quorum"]),
        (&json!(4), &json!({ "heads": 2, "area": 20000 }))
    );

    until(world, moment(&json!(midnight(5))) + chrono::TimeDelta::hours(1)).await;
    let office = world.sign_in("community").await;
    let open = until_it_is(&office, &poll, "OPEN").await;
    assert_eq!(open["quorum"], json!({ "heads": 2, "area": 20000 }));
    let head = head_of(&again(0).await, &short.poll, &home(&owners[0])).await;
    short.is_over_before_anybody_votes(&office, &again(0).await, &head).await;
    let late = again(4).await;
    register(&late, &heads[4]).await.refused(409, "REGISTRATION_NOT_OPEN");
    let ballot = |number: usize| {
        let answers = json!([{ "matter_id": open["matters"][0]["id"], "choice": "YES" }]);
        json!({ "head_id": heads[number], "selections": [candidate], "answers": answers })
    };
    late.post(&path("ballots"), &ballot(4)).await.refused(409, "NOT_REGISTERED");
    for number in [0, 1] {
        again(number).await.post(&path("ballots"), &ballot(number)).await.ok();
    }

    until(world, moment(&json!(midnight(8))) + chrono::TimeDelta::hours(1)).await;
    let office = world.sign_in("community").await;
    until_it_is(&office, &poll, "CLOSED").await;
    office.post(&path("publications"), &json!({})).await.ok();
    let result = office.get(&path("result")).await.ok();
    let matter = &result["matters"][0];
    let questions: Vec<_> = array(&matter["tests"]).iter().map(|test| text(&test["question"])).collect();
    assert_eq!(questions, ["REGISTRATION", "REGISTRATION", "TURNOUT", "TURNOUT", "APPROVAL", "APPROVAL"]);
    assert_eq!((&matter["outcome"], &matter["class"]), (&json!("PASSED"), &json!(0)));
    assert_eq!(matter["flip"], json!({ "ballots": 1, "area": 1 }), "one less, and fewer than half took part");
    assert_eq!((&result["registered"]["heads"], &result["silent"]["heads"]), (&json!(4), &json!(2)));
    assert_eq!(result["election"]["outcome"], "FORMED");
    for words in [&result["advice"], &matter["words"], &result["election"]["words"]] {
        assert!(text(&words["zh"]).contains("参考") && text(&words["en"]).contains("advice"), "{words}");
    }
    for statutory in ["revocable_until", "first_meeting_by", "file_by", "renew_by"] {
        assert!(result["deadlines"].get(statutory).is_none(), "{statutory}: nothing was decided");
    }
    let notice = office.get(&path("lists/texts?format=html")).await.bytes;
    let notice = String::from_utf8(notice).unwrap();
    assert!(notice.contains(text(&result["advice"]["zh"])) && notice.contains("意见征询"), "{notice}");

    until(world, moment(&result["provisional_until"]) + chrono::TimeDelta::hours(1)).await;
    let office = world.sign_in("community").await;
    until_module(&office, &programme, "result", "OVER").await;
    let due = office.get(&path("deadlines")).await.ok();
    let due: Vec<_> = array(&due["items"]).iter().map(|one| text(&one["deadline"])).collect();
    assert_eq!(due, ["PUBLISH"]);
    short.is_checked_by_its_archive(world, &office).await;
    let checked = archive::found_in(world, &programme).await.expect("all is as it was said");
    assert!(checked.contains("4 heads that registered") && checked.contains("opinion-poll"), "{checked}");
    let forgotten = archive::found_in_changed(world, &programme, |archive| {
        let poll = archive.pointer_mut("/content/polls/0").unwrap_or_else(|| panic!("a poll"));
        array_mut(&mut poll["registered"]).pop();
    });
    assert_eq!(forgotten.await, "REGISTRATIONS_DIFFER");
    let (well, said) = verify(world, &poll);
    assert!(well, "{said}");
    let db = connect(&world.data.database_url).await.unwrap();
    let gone = "DELETE FROM poll_registration WHERE registered_at = (SELECT max(registered_at) FROM poll_registration)";
    assert!(db.execute_unprepared(gone).await.unwrap().rows_affected() > 0);
    db.close().await.unwrap();
    let (well, said) = verify(world, &poll);
    assert!(!well && said.contains("POLL_REGISTERED") && said.contains("POLL_OPENED"), "{said}");
}

/// A poll of opinion for which one owner less registers than has to, in a programme of its own.
struct Short {
    programme: String,
    poll: String,
}

impl Short {
    async fn prepare(office: &Phone, place: &str, terms: &Value) -> Self {
        let begin = json!({ "template": "opinion-poll", "purpose": "西门停车" });
        let begun = office.post(&format!("/v1/places/{place}/programmes"), &begin).await.ok();
        let programme = text(&begun["id"]).to_owned();
        let terms = changed(&changed(terms, "seats", json!(0)), "title", json!("西门停车"));
        let poll = text(&office.post("/v1/polls", &terms).await.ok()["id"]).to_owned();
        let matter = json!({ "class": 0, "title": "西门停车", "body": "自行车停在西门。" });
        office.post(&format!("/v1/polls/{poll}/matters"), &matter).await.ok();
        let bind = json!({ "module": "vote", "poll_id": poll });
        office.post(&format!("/v1/programmes/{programme}/polls"), &bind).await.ok();
        deed(office, &programme, "deliberation", &minutes("到会六户", 6)).await.ok();
        let close = json!({ "deed": "CLOSE", "words": "多数希望征询", "ending": "AGREED" });
        deed(office, &programme, "deliberation", &close).await.ok();
        lock(office, &poll).await;
        // What is asked hangs out from now on, and not from when the clock has moved.
        until_module(office, &programme, "notice", "RUNNING").await;
        Self { programme, poll }
    }

    /// As soon as nobody registers any more it has its verdict, and who registered casts no ballot.
    async fn is_over_before_anybody_votes(&self, office: &Phone, owner: &Phone, head: &str) {
        let path = |rest: &str| format!("/v1/polls/{}/{rest}", self.poll);
        let closed = until_it_is(office, &self.poll, "CLOSED").await;
        let answers = json!([{ "matter_id": closed["matters"][0]["id"], "choice": "YES" }]);
        let ballot = json!({ "head_id": head, "answers": answers });
        owner.post(&path("ballots"), &ballot).await.refused(409, "POLL_CLOSED");
        until_told(owner, &self.poll, "POLL_REGISTRATION_SHORT", 1).await;
        office.post(&path("publications"), &json!({})).await.ok();
        let result = office.get(&path("result")).await.ok();
        let counted_at = moment(&result["counted_at"]);
        assert!(
            counted_at < moment(&closed["closes_at"]),
            "nobody waits for the end of a vote that never began"
        );
        let matter = &result["matters"][0];
        assert_eq!(matter["outcome"], "NO_QUORUM");
        let tests: Vec<_> =
            array(&matter["tests"]).iter().map(|test| (&test["question"], &test["met"])).collect();
        assert_eq!(tests[..2], [(&json!("REGISTRATION"), &json!(false)); 2]);
        assert_eq!((&result["registered"]["heads"], &result["returned"]["heads"]), (&json!(3), &json!(0)));
    }

    async fn is_checked_by_its_archive(&self, world: &World, office: &Phone) {
        let programme = office.get(&format!("/v1/programmes/{}", self.programme)).await.ok();
        assert_eq!(programme["state"], "STOPPED");
        let checked = archive::found_in(world, &self.programme).await.expect("all is as it was said");
        assert!(checked.contains("3 heads that registered"), "{checked}");
        let begun = archive::found_in_changed(world, &self.programme, |archive| {
            let lines = array_mut(archive.pointer_mut("/content/record/lines").expect("lines"));
            let short = lines.iter_mut().find(|line| line["kind"] == "POLL_REGISTRATION_SHORT");
            short.expect("the step")["kind"] = json!("POLL_OPENED");
        });
        assert_eq!(begun.await, "LINE_CHANGED");
        let (well, said) = verify(world, &self.poll);
        assert!(well, "{said}");
    }
}

fn array_mut(value: &mut Value) -> &mut Vec<Value> {
    value.as_array_mut().expect("a list")
}

/// The same without one of its members.
fn without(body: &Value, member: &str) -> Value {
    let mut body = body.clone();
    body.as_object_mut().expect("an object").remove(member);
    body
}
