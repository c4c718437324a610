//! Reporting something, who holds it and until when, and how it ends.

use std::process::Command;

use chrono::{DateTime, FixedOffset, TimeDelta};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    eventually,
    notices::until_rested,
    uploads::{TAKEN_AT, holds, send_photo},
};
use crate::{
    phone::{Phone, Reply, new_key},
    story,
    story::Story,
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(a_lift_fault_climbs_until_somebody_acts).in_the_demo(),
        story!(a_clock_that_ran_out_long_ago_counts_once).in_the_demo(),
        story!(what_is_acknowledged_and_not_handled_climbs).in_the_demo(),
        story!(a_complaint_about_the_property_office_never_reaches_it).in_the_demo(),
        story!(whoever_loses_the_role_leaves_nothing_behind).in_the_demo(),
        story!(what_is_not_resolved_is_sent_back).in_the_demo(),
        story!(a_report_is_held_to_what_was_promised).in_the_demo(),
        story!(those_concerned_talk_and_the_ladder_among_itself).in_the_demo(),
        story!(whoever_waits_may_urge_once_a_day).in_the_demo(),
        story!(what_was_closed_too_soon_is_reopened_for_a_week).in_the_demo(),
        story!(a_handling_stands_still_only_for_a_reason_and_a_while).in_the_demo(),
        story!(a_report_is_taken_back_before_it_is_handled).in_the_demo(),
        story!(each_may_let_it_climb_for_reasons_of_their_own).in_the_demo(),
        story!(silence_settles_after_seven_days).in_the_demo(),
        story!(at_the_top_it_shouts).in_the_demo(),
        story!(what_belongs_to_an_emergency_service_is_refused_with_its_number).in_the_demo(),
        story!(a_report_is_refused_where_it_makes_no_sense).in_the_demo(),
        story!(of_two_who_acknowledge_at_once_one_does).in_the_demo(),
        story!(lists_come_in_pages_and_parts).in_the_demo(),
        story!(the_first_screen_shows_what_is_open).in_the_demo(),
        story!(a_photo_is_used_once_and_by_its_sender).in_the_demo(),
    ]
}

/// Who of the demo reports: an owner whose unit, building and so on are [`Town`]'s.
pub(super) const REPORTER: &str = "coowner";
pub(super) const PROPERTY: &str = "property";
pub(super) const COMMUNITY: &str = "community";
pub(super) const STREET: &str = "street";

/// Somebody of the demo by their login, or a WeChat user by their openid. Signed in anew whenever the clock has run on:
/// a token lasts two hours.
pub(super) async fn phone(world: &World, who: &str) -> Phone {
    if who.starts_with("o-") { world.wechat_user(who).await } else { world.sign_in(who).await }
}

/// The places around the reporter's home.
pub(super) struct Town {
    pub unit: String,
    pub building: String,
    pub complex: String,
    pub community: String,
    pub street: String,
    pub other_unit: String,
    /// The first home of the building, which nobody of the demo has claimed.
    pub free_home: String,
}

impl Town {
    pub async fn find(world: &World) -> Self {
        let reporter = phone(world, REPORTER).await;
        let me = reporter.get("/v1/me").await.ok();
        let home = array(&me["roles"]).iter().find(|role| role["role"] == "OWNER").expect("an owner");
        let home = reporter.get(&format!("/v1/places/{}", text(&home["place_id"]))).await.ok();
        let at = |level: &str| {
            let step = array(&home["lineage"]).iter().find(|step| step["level"] == level);
            text(&step.expect("a home is in all levels")["id"]).to_owned()
        };
        let (unit, building) = (at("UNIT"), at("BUILDING"));
        let children = async |place: &str| reporter.all(&format!("/v1/places/{place}/children"), 100).await;
        let units = children(&building).await;
        let other_unit = units.iter().find(|one| one["id"] != unit.as_str()).expect("six units");
        let first = units.iter().find(|one| one["name"] == "1单元").expect("the first unit");
        let homes = children(text(&first["id"])).await;
        let free_home = homes.iter().find(|one| one["name"] == "101").expect("the first home");
        Self {
            other_unit: text(&other_unit["id"]).to_owned(),
            free_home: text(&free_home["id"]).to_owned(),
            complex: at("COMPLEX"),
            community: at("COMMUNITY"),
            street: at("STREET"),
            unit,
            building,
        }
    }

    /// The community office gives somebody something to do.
    pub(super) async fn appoint(world: &World, openid: &str, role: &str, place: &str) {
        let person = phone(world, openid).await.person;
        let office = phone(world, COMMUNITY).await;
        office
            .post(&format!("/v1/places/{place}/roles"), &json!({ "person_id": person, "role": role }))
            .await
            .ok();
    }

    /// Somebody administers the district.
    pub(super) async fn administrator(world: &World) -> Phone {
        let admin = phone(world, "o-admin").await;
        let mut appoint = Command::new(env!("CARGO_BIN_EXE_linli"));
        appoint.args(["appoint", "--person", &admin.person, "--role", "ADMIN", "--place", "示范区"]);
        assert!(world.run(&mut appoint).status.success());
        admin
    }

    /// Somebody moves in next door.
    pub(super) async fn settle_neighbour(&self, world: &World) {
        let claim = json!({ "home_id": self.free_home, "relation": "OWNER", "name": "苏勇桂",
            "id_number": "999999195310234509", "signature": "苏勇桂" });
        let claimed = phone(world, "resident").await.post("/v1/claims", &claim).await.ok();
        assert_eq!(claimed["state"], "CONFIRMED");
    }
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

pub(super) fn array(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

pub(super) fn time(value: &Value) -> DateTime<FixedOffset> {
    text(value).parse().expect("a time")
}

pub(super) async fn report(phone: &Phone, place: &str, category: &str, photos: &[&str]) -> Value {
    let body = json!({ "place_id": place, "category": category, "description": "停在一楼不动",
        "photo_ids": photos });
    let reply = phone.post("/v1/incidents", &body).await;
    let incident = reply.ok();
    let path = format!("/v1/incidents/{}", text(&incident["id"]));
    assert_eq!(reply.header("location"), Some(&*path));
    assert_eq!(reply.header("etag"), Some("\"v1\""));
    incident
}

pub(super) fn path(incident: &Value) -> String {
    format!("/v1/incidents/{}", text(&incident["id"]))
}

pub(super) async fn act(phone: &Phone, incident: &Value, deed: &str, body: Value) -> Reply {
    phone.post(&format!("{}/{deed}", path(incident)), &body).await
}

pub(super) async fn read(phone: &Phone, incident: &Value) -> Value {
    phone.get(&path(incident)).await.ok()
}

/// The lines of a list.
pub(super) async fn list(phone: &Phone, query: &str) -> Vec<String> {
    let lines = phone.all(&format!("/v1/incidents?{query}"), 100).await;
    lines.iter().map(|line| text(&line["id"]).to_owned()).collect()
}

pub(super) async fn is_listed(phone: &Phone, query: &str, incident: &Value) -> bool {
    list(phone, query).await.iter().any(|id| incident["id"] == id.as_str())
}

/// Lets time pass until the running clock has `left` seconds to go, which are less than none when it has run out.
pub(super) async fn pass_until(world: &World, incident: &Value, left: i64) {
    let moved = world.guest().beside("/demo/clock", &json!({ "seconds": 1 })).await.ok();
    let wait = time(&incident["holder"]["due_at"]) - time(&moved["server_time"]) - TimeDelta::seconds(left);
    world.advance_clock(u64::try_from(wait.num_seconds()).expect("time runs forward")).await;
}

/// The incident, as soon as it is as told.
pub(super) async fn until(
    phone: &Phone,
    incident: &Value,
    what: &str,
    is_so: impl Fn(&Value) -> bool,
) -> Value {
    super::until(phone, &path(incident), what, is_so).await
}

/// Lets the running clock run out, and waits for the step that follows; the incident after it.
pub(super) async fn run_out(world: &World, who: &str, incident: &Value) -> Value {
    pass_until(world, incident, -1).await;
    let reader = phone(world, who).await;
    until(&reader, incident, "moved by itself", |now| now["version"] != incident["version"]).await
}

/// Who did what, in order.
pub(super) fn life(incident: &Value) -> Vec<(&str, &str)> {
    array(&incident["steps"]).iter().map(|step| (text(&step["act"]), text(&step["actor"]))).collect()
}

/// Which levels held it, how it came to each and how it left.
pub(super) fn ladder(incident: &Value) -> Vec<(&str, &str, &str)> {
    array(&incident["tenures"])
        .iter()
        .map(|tenure| {
            (text(&tenure["level"]), text(&tenure["entered_by"]), tenure["exit"].as_str().unwrap_or("-"))
        })
        .collect()
}

fn print_life(incident: &Value) {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    println!("{} at {}:", word(&incident["category"]), word(&incident["place"]["name"]));
    for step in array(&incident["steps"]) {
        let at = time(&step["at"]).format("%m-%d %H:%M:%S");
        println!("  {at}  {:<18} {:<20} {}", word(&step["act"]), word(&step["actor"]), word(&step["words"]));
    }
    for tenure in array(&incident["tenures"]) {
        let (entered, exited) = (time(&tenure["entered_at"]), &tenure["exited_at"]);
        let until = exited.as_str().map(|_| time(exited).format("%H:%M:%S").to_string()).unwrap_or_default();
        println!(
            "  {} – {until}  {:<10} {:<8} {} → {}",
            entered.format("%m-%d %H:%M:%S"),
            word(&tenure["level"]),
            word(&tenure["place"]["name"]),
            word(&tenure["entered_by"]),
            word(&tenure["exit"])
        );
    }
}

/// To whoever is not on its ladder it does not exist, whatever they try.
async fn does_not_exist_for(outsider: &Phone, incident: &Value, photos: &[&str]) {
    outsider.get(&path(incident)).await.refused(404, "NOT_FOUND");
    let deeds = [
        ("acknowledgements", json!({})),
        ("handlings", json!({ "words": "已处理", "photo_ids": [] })),
        ("confirmations", json!({ "satisfaction": "DISSATISFIED" })),
        ("returns", json!({ "reason": "没有修好" })),
        ("climbs", json!({ "reason": "OFFICER_PULL", "words": "我来" })),
        ("climbs", json!({ "reason": "RESIDENT_REQUEST", "words": "请上级处理" })),
        ("withdrawals", json!({})),
    ];
    for (deed, body) in deeds {
        act(outsider, incident, deed, body).await.refused(404, "NOT_FOUND");
    }
    // Who may report there is told of such a trouble before they report it, with the small picture.
    let neighbour =
        format!("/v1/places/{}/promises/{}", text(&incident["place"]["id"]), text(&incident["category"]));
    let is_neighbour = outsider.call(Method::GET, &neighbour).send().await.status == 200;
    let is_shared = incident["category"] == "ELEVATOR_FAULT";
    for photo in photos {
        let hidden: &[&str] = if is_neighbour && is_shared { &["FULL"] } else { &["FULL", "THUMBNAIL"] };
        for size in hidden {
            let path = format!("/v1/uploads/{photo}?size={size}");
            outsider.get(&path).await.refused(404, "NOT_FOUND");
        }
    }
    for scope in ["MINE", "HELD", "BELOW"] {
        assert!(!is_listed(outsider, &format!("scope={scope}"), incident).await, "listed as {scope}");
    }
}

async fn a_lift_fault_climbs_until_somebody_acts(world: &mut World) {
    let town = Town::find(world).await;
    Town::appoint(world, "o-leads-another-unit", "UNIT_LEADER", &town.other_unit).await;
    town.settle_neighbour(world).await;
    let outsiders = ["resident", "o-leads-another-unit", "o-stranger", "supervisor"];

    // A report with a photo, and what the reporter sees.
    let reporter = phone(world, REPORTER).await;
    let photo = send_photo(&reporter).await;
    let reported = report(&reporter, &town.unit, "ELEVATOR_FAULT", &[&photo]).await;
    let holder = &reported["holder"];
    assert_eq!(reported["status"], "SUBMITTED");
    assert_eq!(reported["reporter"], "YOU");
    assert_eq!((&holder["level"], &holder["role"]), (&json!("UNIT"), &json!("UNIT_LEADER")));
    assert_eq!(holder["place"]["id"], town.unit.as_str());
    assert_eq!(holder["due_kind"], "CONTACT");
    assert_eq!(time(&holder["due_at"]) - time(&reported["reported_at"]), TimeDelta::minutes(30));
    assert_eq!(
        (&holder["then"]["what"], &holder["then"]["level"], &holder["then"]["role"]),
        (&json!("CLIMBS"), &json!("BUILDING"), &json!("BUILDING_LEADER"))
    );
    assert_eq!(reported["photos"], json!([{ "id": photo, "purpose": "REPORT", "held": false }]));
    for outsider in outsiders {
        does_not_exist_for(&phone(world, outsider).await, &reported, &[&photo]).await;
    }
    let property = phone(world, PROPERTY).await;
    assert!(is_listed(&property, "scope=BELOW", &reported).await, "the property office sees what is below");
    assert!(!is_listed(&property, "scope=HELD", &reported).await, "and does not hold it");

    // Nobody acts. Not before its time, and then exactly once a clock.
    pass_until(world, &reported, 120).await;
    until_rested(world, "incidents").await;
    assert_eq!(read(&phone(world, REPORTER).await, &reported).await["version"], 1, "it is not due yet");
    let mut now = reported;
    for (climbs, level, role, place) in [
        (1, "BUILDING", "BUILDING_LEADER", &town.building),
        (2, "COMPLEX", "PROPERTY_MANAGER", &town.complex),
        (3, "COMMUNITY", "COMMUNITY_OFFICER", &town.community),
    ] {
        if climbs == 2 {
            // Killed when the clock has just run out: another process takes the step, once.
            pass_until(world, &now, -1).await;
            world.crash();
            let reader = phone(world, REPORTER).await;
            now = until(&reader, &now, "climbed after a crash", |one| one["climbs"] == 2).await;
        } else {
            now = run_out(world, REPORTER, &now).await;
        }
        assert_eq!((&now["climbs"], &now["version"]), (&json!(climbs), &json!(climbs + 1)));
        let holder = &now["holder"];
        assert_eq!((&holder["level"], &holder["role"]), (&json!(level), &json!(role)));
        assert_eq!(holder["place"]["id"], place.as_str());
        assert_eq!(time(&holder["due_at"]) - time(&holder["since"]), TimeDelta::minutes(30));
        assert_eq!(array(&now["tenures"]).len(), climbs + 1);
        let property = phone(world, PROPERTY).await;
        let held = is_listed(&property, "scope=HELD", &now).await;
        assert_eq!(held, level == "COMPLEX", "the property office holds it while it is at the complex");
        assert!(is_listed(&property, &format!("scope=BELOW&level={level}"), &now).await);
        assert!(!is_listed(&property, "scope=BELOW&level=UNIT", &now).await);
    }

    // The community office acts.
    let community = phone(world, COMMUNITY).await;
    assert!(is_listed(&community, "scope=HELD&state=SUBMITTED", &now).await);
    let seen = read(&community, &now).await;
    assert_eq!(seen["reporter"], "RESIDENT", "a holder learns no more of the reporter");
    let handling = json!({ "words": "已更换门机皮带，试运行正常" });
    act(&community, &now, "handlings", handling.clone()).await.refused(409, "INCIDENT_ELSEWHERE");
    now = act(&community, &now, "acknowledgements", json!({})).await.ok();
    assert_eq!((&now["status"], &now["holder"]["due_kind"]), (&json!("IN_PROGRESS"), &json!("HANDLE")));
    act(&community, &now, "handlings", handling).await.refused(422, "EVIDENCE_MISSING");
    let evidence = send_photo(&community).await;
    let handling = json!({ "words": "已更换门机皮带，试运行正常", "photo_ids": [evidence] });
    now = act(&community, &now, "handlings", handling).await.ok();
    assert_eq!((&now["status"], &now["holder"]["due_kind"]), (&json!("AWAIT_CONFIRM"), &json!("CONFIRM")));
    assert_eq!(now["holder"]["then"], json!({ "what": "SETTLES" }));

    // Both photos are shown to both sides, as nothing but pictures.
    let reporter = phone(world, REPORTER).await;
    for reader in [&reporter, &community, &phone(world, PROPERTY).await] {
        for photo in [&photo, &evidence] {
            let served = reader.get(&format!("/v1/uploads/{photo}")).await;
            assert_eq!(served.status, 200);
            assert!(!holds(&served.bytes, b"Exif") && !holds(&served.bytes, TAKEN_AT));
        }
    }

    // The reporter confirms and rates.
    let verdict = json!({ "satisfaction": "VERY_SATISFIED", "reason": "修好了，谢谢" });
    now = act(&reporter, &now, "confirmations", verdict).await.ok();
    assert_eq!((&now["status"], &now["resolved"]), (&json!("CLOSED"), &json!("YES")));
    assert_eq!(now["satisfaction"], "VERY_SATISFIED");
    assert!(now.get("holder").is_none() && now["closed_at"].is_string());
    print_life(&now);
    assert_eq!(
        life(&now),
        [
            ("REPORT", "REPORTER"),
            ("CLIMB", "CLOCK"),
            ("CLIMB", "CLOCK"),
            ("CLIMB", "CLOCK"),
            ("ACKNOWLEDGE", "COMMUNITY_OFFICER"),
            ("HANDLE", "COMMUNITY_OFFICER"),
            ("CONFIRM", "REPORTER"),
        ]
    );
    assert_eq!(
        ladder(&now),
        [
            ("UNIT", "REPORT", "CLIMBED_OVERDUE"),
            ("BUILDING", "OVERDUE", "CLIMBED_OVERDUE"),
            ("COMPLEX", "OVERDUE", "CLIMBED_OVERDUE"),
            ("COMMUNITY", "OVERDUE", "CONFIRMED"),
        ]
    );
    for pair in array(&now["tenures"]).windows(2) {
        assert_eq!(pair[0]["exited_at"], pair[1]["entered_at"], "no moment without a holder");
    }
    for outsider in outsiders {
        does_not_exist_for(&phone(world, outsider).await, &now, &[&photo, &evidence]).await;
    }
}

async fn what_is_acknowledged_and_not_handled_climbs(world: &mut World) {
    let town = Town::find(world).await;
    let reporter = phone(world, REPORTER).await;
    let reported = report(&reporter, &town.complex, "ELEVATOR_FAULT", &[]).await;
    let property = phone(world, PROPERTY).await;
    let taken_on = act(&property, &reported, "acknowledgements", json!({})).await.ok();
    let holder = &taken_on["holder"];
    assert_eq!((&holder["level"], &holder["due_kind"]), (&json!("COMPLEX"), &json!("HANDLE")));
    assert_eq!(time(&holder["due_at"]) - time(&holder["acknowledged_at"]), TimeDelta::hours(24));
    assert_eq!(holder["then"]["level"], "COMMUNITY");

    // Not before its time, and then once.
    pass_until(world, &taken_on, 120).await;
    until_rested(world, "incidents").await;
    assert_eq!(read(&phone(world, REPORTER).await, &reported).await["version"], taken_on["version"]);
    let climbed = run_out(world, REPORTER, &taken_on).await;
    assert_eq!((&climbed["status"], &climbed["climbs"]), (&json!("IN_PROGRESS"), &json!(1)));
    let ran_out = [("COMPLEX", "REPORT", "CLIMBED_OVERDUE"), ("COMMUNITY", "OVERDUE", "-")];
    assert_eq!(ladder(&climbed), ran_out);
    assert!(time(&array(&climbed["tenures"])[0]["exited_at"]) >= time(&holder["due_at"]));
    let holder = &climbed["holder"];
    assert_eq!((&holder["level"], &holder["due_kind"]), (&json!("COMMUNITY"), &json!("CONTACT")));
    assert!(holder.get("acknowledged_at").is_none(), "what another level took on binds nobody here");
    until_rested(world, "incidents").await;

    // Whoever has it now acknowledges anew.
    let (property, community) = (phone(world, PROPERTY).await, phone(world, COMMUNITY).await);
    assert_eq!(read(&community, &climbed).await["version"], climbed["version"]);
    act(&property, &climbed, "acknowledgements", json!({})).await.refused(403, "NOT_ALLOWED");
    let photo = send_photo(&community).await;
    let handling = json!({ "words": "已更换门机皮带", "photo_ids": [photo] });
    act(&community, &climbed, "handlings", handling.clone()).await.refused(409, "INCIDENT_NOT_ACKNOWLEDGED");
    let taken_on = act(&community, &climbed, "acknowledgements", json!({})).await.ok();
    assert_eq!(taken_on["holder"]["due_kind"], "HANDLE");
    let handled = act(&community, &taken_on, "handlings", handling).await.ok();
    assert_eq!(ladder(&handled), ran_out);
    assert_eq!(
        life(&handled)[1..],
        [
            ("ACKNOWLEDGE", "PROPERTY_MANAGER"),
            ("CLIMB", "CLOCK"),
            ("ACKNOWLEDGE", "COMMUNITY_OFFICER"),
            ("HANDLE", "COMMUNITY_OFFICER"),
        ]
    );
}

/// What the record tells somebody about, by subject.
async fn told_of(phone: &Phone, complex: &str) -> Vec<Value> {
    let (mut subjects, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = phone.call(Method::GET, &format!("/v1/changes?place_id={complex}{cursor}"));
        let page = page.send().await.ok();
        subjects.extend(array(&page["items"]).iter().map(|one| one["subject_id"].clone()));
        cursor = format!("&cursor={}", text(&page["next_cursor"]));
        if page["more"] != true {
            return subjects;
        }
    }
}

async fn a_complaint_about_the_property_office_never_reaches_it(world: &mut World) {
    let town = Town::find(world).await;
    Town::appoint(world, "o-unit-leader", "UNIT_LEADER", &town.unit).await;
    Town::appoint(world, "o-building-leader", "BUILDING_LEADER", &town.building).await;
    let (reporter, community) = (phone(world, REPORTER).await, phone(world, COMMUNITY).await);
    for category in ["COMMITTEE_DISPUTE", "VULNERABLE_PERSON"] {
        let photo = send_photo(&reporter).await;
        let complaint = report(&reporter, &town.unit, category, &[&photo]).await;
        assert_eq!(complaint["holder"]["level"], "COMMUNITY");
        eventually("the community office is told", async || {
            told_of(&community, &town.complex).await.contains(&complaint["id"]).then_some(())
        })
        .await;
        for below in [PROPERTY, "o-unit-leader", "o-building-leader"] {
            let below = phone(world, below).await;
            does_not_exist_for(&below, &complaint, &[&photo]).await;
            assert!(!told_of(&below, &town.complex).await.contains(&complaint["id"]));
        }
        for reader in [&community, &phone(world, STREET).await] {
            assert_eq!(read(reader, &complaint).await["description"], complaint["description"]);
            reader.get(&format!("/v1/uploads/{photo}")).await.ok();
            assert!(is_listed(reader, "scope=BELOW", &complaint).await);
        }
    }
}

async fn a_clock_that_ran_out_long_ago_counts_once(world: &mut World) {
    let town = Town::find(world).await;
    let reporter = phone(world, REPORTER).await;
    let reported = report(&reporter, &town.unit, "ELEVATOR_FAULT", &[]).await;
    world.advance_clock(30 * 24 * 3600).await;
    let reporter = phone(world, REPORTER).await;
    let now = until(&reporter, &reported, "climbed", |now| now["climbs"] != 0).await;
    assert_eq!((&now["climbs"], &now["holder"]["level"]), (&json!(1), &json!("BUILDING")));
    let holder = &now["holder"];
    assert_eq!(
        time(&holder["due_at"]) - time(&holder["since"]),
        TimeDelta::minutes(30),
        "the next has the whole time"
    );
    until_rested(world, "incidents").await;
    assert_eq!(read(&reporter, &reported).await["climbs"], 1);
}

async fn whoever_loses_the_role_leaves_nothing_behind(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let (community, street) = (phone(world, COMMUNITY).await, phone(world, STREET).await);
    let worked_on = report(&reporter, &town.complex, "PROPERTY_SERVICE", &[]).await;
    let handled = report(&reporter, &town.complex, "PARKING", &[]).await;
    for incident in [&worked_on, &handled] {
        act(&property, incident, "acknowledgements", json!({})).await.ok();
    }
    act(&property, &handled, "handlings", json!({ "words": "已挪车" })).await.ok();
    let dismiss = async |who: &Phone, place: &str, role: &str| {
        let roles = who.all(&format!("/v1/places/{place}/roles"), 100).await;
        for one in roles.iter().filter(|one| one["role"] == role) {
            who.delete(&format!("/v1/roles/{}", text(&one["id"]))).await.ok();
        }
    };
    dismiss(&community, &town.complex, "PROPERTY_MANAGER").await;

    let moved =
        until(&reporter, &worked_on, "left the empty post", |now| now["holder"]["level"] == "COMMUNITY")
            .await;
    assert_eq!((&moved["climbs"], &moved["status"]), (&json!(1), &json!("IN_PROGRESS")));
    assert_eq!(moved["holder"]["due_kind"], "CONTACT", "whoever gets it acknowledges it anew");
    assert_eq!(ladder(&moved), [("COMPLEX", "REPORT", "EMPTY_POST"), ("COMMUNITY", "EMPTY_POST", "-")]);
    assert_eq!(life(&moved).last(), Some(&("LEAVE_EMPTY_POST", "CLOCK")));
    property.get(&path(&worked_on)).await.refused(404, "NOT_FOUND");
    act(&community, &worked_on, "acknowledgements", json!({})).await.ok();

    // What awaited the reporter's word waits on, and is sent back to whoever is there.
    assert_eq!(read(&reporter, &handled).await["status"], "AWAIT_CONFIRM");
    let back = act(&reporter, &handled, "returns", json!({ "reason": "车又停回来了" })).await.ok();
    assert_eq!((&back["holder"]["level"], &back["rework"]), (&json!("COMMUNITY"), &json!(1)));

    // And so on, up to the district.
    dismiss(&street, &town.community, "COMMUNITY_OFFICER").await;
    for incident in [&worked_on, &handled] {
        until(&reporter, incident, "went on to the street", |now| now["holder"]["level"] == "STREET").await;
        act(&street, incident, "acknowledgements", json!({})).await.ok();
    }
}

async fn what_is_not_resolved_is_sent_back(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let community = phone(world, COMMUNITY).await;
    let incident = report(&reporter, &town.complex, "PARKING", &[]).await;
    let words = json!({ "words": "已联系车主挪车" });

    // Each deed is somebody's: whoever sees it and is not that somebody is told so.
    for (who, deed, body) in [
        (&reporter, "acknowledgements", json!({})),
        (&community, "acknowledgements", json!({})),
        (&community, "handlings", words.clone()),
        (&property, "confirmations", json!({ "satisfaction": "SATISFIED" })),
        (&property, "returns", json!({ "reason": "不行" })),
        (&property, "withdrawals", json!({})),
    ] {
        act(who, &incident, deed, body).await.refused(403, "NOT_ALLOWED");
    }
    // Nor is it time for the reporter's word yet.
    act(&reporter, &incident, "confirmations", json!({ "satisfaction": "SATISFIED" }))
        .await
        .refused(409, "INCIDENT_ELSEWHERE");
    act(&reporter, &incident, "returns", json!({ "reason": "不行" }))
        .await
        .refused(409, "INCIDENT_ELSEWHERE");

    act(&property, &incident, "acknowledgements", json!({})).await.ok();
    act(&property, &incident, "acknowledgements", json!({})).await.refused(409, "INCIDENT_ACKNOWLEDGED");
    act(&property, &incident, "handlings", json!({ "words": " " })).await.refused(422, "EVIDENCE_MISSING");
    let handled = act(&property, &incident, "handlings", words.clone()).await.ok();
    assert_eq!(handled["status"], "AWAIT_CONFIRM");

    act(&reporter, &incident, "returns", json!({ "reason": "  " })).await.refused(422, "INPUT_INVALID");
    act(&reporter, &incident, "returns", json!({ "reason": "" })).await.refused(422, "INPUT_INVALID");
    let back = act(&reporter, &incident, "returns", json!({ "reason": "车又停回来了" })).await.ok();
    assert_eq!((&back["status"], &back["rework"]), (&json!("IN_PROGRESS"), &json!(1)));
    assert_eq!(
        (&back["holder"]["level"], &back["holder"]["due_kind"]),
        (&json!("COMPLEX"), &json!("HANDLE"))
    );
    assert!(back["tenures"][0].get("handled_at").is_none());

    act(&property, &incident, "handlings", words.clone()).await.ok();
    for verdict in [json!({}), json!({ "satisfaction": "FINE" })] {
        act(&reporter, &incident, "confirmations", verdict).await.refused(422, "INPUT_INVALID");
    }
    let closed = act(
        &reporter,
        &incident,
        "confirmations",
        json!({ "satisfaction": "DISSATISFIED", "because": "SLOW" }),
    )
    .await
    .ok();
    let said = [&closed["status"], &closed["resolved"], &closed["satisfaction"], &closed["because"]];
    assert_eq!(said, ["CLOSED", "YES", "DISSATISFIED", "SLOW"]);
    assert_eq!(
        life(&closed),
        [
            ("REPORT", "REPORTER"),
            ("ACKNOWLEDGE", "PROPERTY_MANAGER"),
            ("HANDLE", "PROPERTY_MANAGER"),
            ("SEND_BACK", "REPORTER"),
            ("HANDLE", "PROPERTY_MANAGER"),
            ("CONFIRM", "REPORTER"),
        ]
    );
    assert_eq!(array(&closed["steps"])[3]["words"], "车又停回来了");
    assert_eq!(ladder(&closed), [("COMPLEX", "REPORT", "CONFIRMED")]);

    // What is over stays so.
    for (who, deed, body) in [
        (&property, "acknowledgements", json!({})),
        (&property, "handlings", words),
        (&reporter, "confirmations", json!({ "satisfaction": "SATISFIED" })),
        (&reporter, "returns", json!({ "reason": "不行" })),
        (&reporter, "withdrawals", json!({})),
        (&reporter, "climbs", json!({ "reason": "DISSATISFIED", "words": "不行" })),
    ] {
        act(who, &incident, deed, body).await.refused(409, "INCIDENT_ELSEWHERE");
    }
    assert_eq!(read(&reporter, &incident).await, closed);
}

async fn a_report_is_held_to_what_was_promised(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let promise = async |place: &str, category: &str| {
        reporter.get(&format!("/v1/places/{place}/promises/{category}")).await
    };
    promise(&town.unit, "FIRE").await.refused(422, "INCIDENT_DIVERTED");
    promise(&town.unit, "WEATHER").await.refused(404, "NOT_FOUND");
    promise(&town.community, "PESTS_AND_PETS").await.refused(404, "NOT_FOUND");
    let trapped = promise(&town.unit, "ELEVATOR_ENTRAPMENT").await.ok();
    assert_eq!(trapped["call_first"][0]["phone"], "119");

    let promised = promise(&town.unit, "ELEVATOR_FAULT").await.ok();
    let lift = report(&reporter, &town.unit, "ELEVATOR_FAULT", &[]).await;
    let held = &lift["holder"];
    for same in ["level", "place", "role", "then"] {
        assert_eq!(promised[same], held[same], "{same}");
    }
    let beside = (time(&held["due_at"]) - time(&promised["first_contact_by"])).num_seconds();
    assert!((0..60).contains(&beside), "{promised} {lift}");
    assert_eq!(time(&promised["handled_by"]) - time(&promised["first_contact_by"]), TimeDelta::days(1));

    // What is usual is told from what was settled here, once there is enough of it.
    let usual = async || promise(&town.complex, "PESTS_AND_PETS").await.ok().get("usually_seconds").cloned();
    for settled in 0..5 {
        assert_eq!(usual().await, None, "{settled} do not make it usual");
        let tree = report(&reporter, &town.complex, "PESTS_AND_PETS", &[]).await;
        act(&property, &tree, "acknowledgements", json!({})).await.ok();
        let shown = send_photo(&property).await;
        let done = json!({ "words": "已修剪", "photo_ids": [shown] });
        act(&property, &tree, "handlings", done).await.ok();
        act(&reporter, &tree, "confirmations", json!({ "satisfaction": "SATISFIED" })).await.ok();
    }
    let usual = usual().await.and_then(|usual| usual.as_u64()).expect("five are enough");
    assert!(usual < 60, "{usual}");
}

async fn those_concerned_talk_and_the_ladder_among_itself(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let office = phone(world, COMMUNITY).await;
    let tree = report(&reporter, &town.complex, "GREENERY", &[]).await;
    let say = |words: &str, internal: bool| json!({ "words": words, "internal": internal });
    act(&reporter, &tree, "notes", say("树在三号楼后面", false)).await.ok();
    act(&property, &tree, "notes", say("园林师傅明天来", false)).await.ok();
    act(&property, &tree, "notes", say("业主去年也报过", true)).await.ok();
    act(&office, &tree, "notes", say("请核对去年的工单", true)).await.ok();
    act(&reporter, &tree, "notes", say("只给自己看", true)).await.refused(403, "NOT_ALLOWED");
    act(&property, &tree, "notes", say("  ", false)).await.refused(422, "INPUT_INVALID");
    phone(world, "candidate")
        .await
        .post(&format!("{}/notes", path(&tree)), &say("路过", false))
        .await
        .refused(404, "NOT_FOUND");

    let said = |incident: &Value| -> Vec<[String; 2]> {
        let notes = array(&incident["steps"]).iter().filter(|step| text(&step["act"]).ends_with("NOTE"));
        notes.map(|step| [text(&step["actor"]).to_owned(), text(&step["words"]).to_owned()]).collect()
    };
    let open = [["REPORTER", "树在三号楼后面"], ["PROPERTY_MANAGER", "园林师傅明天来"]];
    let all =
        [open[0], open[1], ["PROPERTY_MANAGER", "业主去年也报过"], ["COMMUNITY_OFFICER", "请核对去年的工单"]];
    assert_eq!(said(&read(&reporter, &tree).await), open);
    for reader in [&property, &office] {
        assert_eq!(said(&read(reader, &tree).await), all);
    }
    act(&reporter, &tree, "withdrawals", json!({})).await.ok();
    act(&property, &tree, "notes", say("已撤回", false)).await.refused(409, "INCIDENT_ELSEWHERE");
}

async fn whoever_waits_may_urge_once_a_day(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let tree = report(&reporter, &town.complex, "GREENERY", &[]).await;
    act(&property, &tree, "urges", json!({})).await.refused(403, "NOT_ALLOWED");
    let urged = act(&reporter, &tree, "urges", json!({ "words": "树枝快断了" })).await.ok();
    assert_eq!((&urged["urges"], &urged["holder"]["due_at"]), (&json!(1), &tree["holder"]["due_at"]));
    act(&reporter, &tree, "urges", json!({})).await.refused(409, "INCIDENT_URGED");
    let held = property.all("/v1/incidents?scope=HELD", 100).await;
    let line = held.iter().find(|line| line["id"] == tree["id"]).expect("it is on the holder's list");
    assert_eq!(line["urges"], 1);
    let seen = read(&property, &tree).await;
    let last = array(&seen["steps"]).last().expect("steps").clone();
    assert_eq!([&last["act"], &last["actor"], &last["words"]], ["URGE", "REPORTER", "树枝快断了"]);

    act(&property, &tree, "acknowledgements", json!({})).await.ok();
    world.advance_clock(24 * 60 * 60).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    assert_eq!(act(&reporter, &tree, "urges", json!({})).await.ok()["urges"], 2);
    let photo = send_photo(&property).await;
    act(&property, &tree, "handlings", json!({ "words": "已加固", "photo_ids": [photo] })).await.ok();
    act(&reporter, &tree, "urges", json!({})).await.refused(409, "INCIDENT_ELSEWHERE");
}

async fn what_was_closed_too_soon_is_reopened_for_a_week(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let light = report(&reporter, &town.complex, "SUGGESTION", &[]).await;
    let reason = json!({ "reason": "今晚又不亮了" });
    act(&reporter, &light, "reopenings", reason.clone()).await.refused(409, "INCIDENT_ELSEWHERE");
    let settle = async |property: &Phone, reporter: &Phone| {
        act(property, &light, "acknowledgements", json!({})).await.ok();
        act(property, &light, "handlings", json!({ "words": "已更换灯管" })).await.ok();
        act(reporter, &light, "confirmations", json!({ "satisfaction": "SATISFIED" })).await.ok()
    };
    let closed = settle(&property, &reporter).await;
    let until = time(&closed["reopen_until"]);
    assert_eq!(until - time(&closed["closed_at"]), TimeDelta::days(7));

    act(&property, &light, "reopenings", reason.clone()).await.refused(403, "NOT_ALLOWED");
    act(&reporter, &light, "reopenings", json!({ "reason": " " })).await.refused(422, "INPUT_INVALID");
    let reopened = act(&reporter, &light, "reopenings", reason.clone()).await.ok();
    assert_eq!((&reopened["status"], &reopened["rework"]), (&json!("IN_PROGRESS"), &json!(1)));
    assert_eq!(
        (&reopened["holder"]["level"], &reopened["holder"]["due_kind"]),
        (&json!("COMPLEX"), &json!("CONTACT"))
    );
    assert_eq!(reopened["resolved"], "NO");
    for gone in ["satisfaction", "closed_at", "reopen_until"] {
        assert_eq!(reopened.get(gone), None, "{gone}");
    }
    let tenures = array(&reopened["tenures"]);
    assert_eq!([&tenures[0]["exit"], &tenures[1]["entered_by"]], ["CONFIRMED", "REOPENED"]);
    assert!(is_listed(&property, "scope=HELD", &light).await);

    // Settled again, and a week later for good.
    settle(&property, &reporter).await;
    world.advance_clock(7 * 24 * 60 * 60).await;
    let reporter = phone(world, REPORTER).await;
    assert_eq!(read(&reporter, &light).await.get("reopen_until"), None);
    act(&reporter, &light, "reopenings", reason).await.refused(409, "INCIDENT_CLOSED_FOR_GOOD");
}

async fn a_handling_stands_still_only_for_a_reason_and_a_while(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let parts = |days: Option<i64>, from: &Value| {
        let until = days.map(|days| (time(from) + TimeDelta::days(days)).to_rfc3339());
        json!({ "reason": "AWAITING_PARTS", "words": "门机皮带已订货", "until": until })
    };

    // A lift fault that nobody below the property office holds.
    let lift = report(&reporter, &town.complex, "ELEVATOR_FAULT", &[]).await;
    act(&property, &lift, "pauses", parts(None, &lift["reported_at"]))
        .await
        .refused(409, "INCIDENT_ELSEWHERE");
    let at_once =
        json!({ "from": lift["reported_at"], "until": lift["holder"]["due_at"], "words": "马上到" });
    act(&property, &lift, "appointments", at_once).await.refused(409, "INCIDENT_ELSEWHERE");
    let taken = act(&property, &lift, "acknowledgements", json!({})).await.ok();
    let (acknowledged, runs_out) = (&taken["holder"]["acknowledged_at"], time(&taken["holder"]["due_at"]));
    act(&reporter, &lift, "pauses", parts(Some(1), acknowledged)).await.refused(403, "NOT_ALLOWED");
    act(&property, &lift, "pauses", parts(Some(0), acknowledged)).await.refused(422, "INPUT_INVALID");
    let blank = json!({ "reason": "AWAITING_PARTS", "words": "  " });
    act(&property, &lift, "pauses", blank).await.refused(422, "INPUT_INVALID");
    act(&property, &lift, "resumptions", json!({})).await.refused(409, "INCIDENT_ELSEWHERE");

    // Somebody comes in the afternoon: the reporter is told, and whoever holds it sees where to be.
    let comes = |from: i64, until: i64| {
        let [from, until] =
            [from, until].map(|hours| (time(acknowledged) + TimeDelta::hours(hours)).to_rfc3339());
        json!({ "from": from, "until": until, "words": "维修师傅上门查看" })
    };
    act(&reporter, &lift, "appointments", comes(5, 7)).await.refused(403, "NOT_ALLOWED");
    act(&property, &lift, "appointments", comes(7, 5)).await.refused(422, "INPUT_INVALID");
    act(&property, &lift, "appointments", comes(1, 3)).await.ok();
    let expected = act(&property, &lift, "appointments", comes(5, 7)).await.ok();
    let appointment = &expected["holder"]["appointment"];
    assert_eq!(time(&appointment["from"]) - time(acknowledged), TimeDelta::hours(5), "the last word counts");
    assert_eq!(&read(&reporter, &lift).await["holder"]["appointment"], appointment);
    assert_eq!(expected["holder"]["due_at"], taken["holder"]["due_at"], "no clock waits for it");
    let coming = async |before: &Value| {
        let before = text(before).replace('+', "%2B");
        is_listed(&property, &format!("scope=HELD&coming_before={before}"), &lift).await
    };
    assert_eq!((coming(&appointment["from"]).await, coming(&appointment["until"]).await), (false, true));
    eventually("the reporter is told who comes", async || {
        let told = reporter.all("/v1/notices", 50).await;
        let of_it = |one: &&Value| one["subject_id"] == lift["id"] && one["kind"] == "INCIDENT_APPOINTED";
        (told.iter().filter(of_it).count() == 2).then_some(())
    })
    .await;

    // Two days for the parts: everybody sees why and until when, and nothing climbs meanwhile.
    let waiting = act(&property, &lift, "pauses", parts(Some(2), acknowledged)).await.ok();
    assert_eq!((&waiting["status"], &waiting["holder"]["due_kind"]), (&json!("WAITING"), &json!("RESUME")));
    assert_eq!(waiting["holder"]["then"], json!({ "what": "RESUMES" }));
    let seen = read(&reporter, &lift).await;
    let pause = &seen["holder"]["pause"];
    assert_eq!((&pause["reason"], &pause["until"]), (&json!("AWAITING_PARTS"), &seen["holder"]["due_at"]));
    let said = |step: &&Value| step["act"] == "PAUSE" && step["words"] == "门机皮带已订货";
    assert!(array(&seen["steps"]).iter().any(|step| said(&step)), "{seen}");
    let still = time(&pause["until"]) - time(&pause["since"]);
    pass_until(world, &waiting, -1).await;
    let reporter = phone(world, REPORTER).await;
    let resumed = until(&reporter, &lift, "went on", |now| now["status"] == "IN_PROGRESS").await;
    assert_eq!(time(&resumed["holder"]["due_at"]), runs_out + still, "no more and no less than the pause");
    assert_eq!((&resumed["holder"]["due_kind"], &resumed["climbs"]), (&json!("HANDLE"), &json!(0)));
    assert_eq!(resumed["holder"].get("appointment"), None, "nobody waits any more");
    assert_eq!(array(&resumed["steps"]).last().expect("steps")["actor"], "CLOCK");

    // Asked for too long, it is given what the category allows; resumed before, the rest is not lost.
    let property = phone(world, PROPERTY).await;
    let long = act(&property, &lift, "pauses", parts(Some(90), &pause["until"])).await.ok();
    let given = time(&long["holder"]["pause"]["until"]) - time(&long["holder"]["pause"]["since"]);
    assert_eq!(given, TimeDelta::days(7));
    world.advance_clock(24 * 60 * 60).await;
    let (property, office) = (phone(world, PROPERTY).await, phone(world, COMMUNITY).await);
    act(&office, &lift, "resumptions", json!({})).await.refused(403, "NOT_ALLOWED");
    let on = act(&property, &lift, "resumptions", json!({})).await.ok();
    assert_eq!((&on["status"], on["holder"].get("pause")), (&json!("IN_PROGRESS"), None));
    let stood = time(&on["holder"]["due_at"]) - (runs_out + still);
    assert!(stood >= TimeDelta::days(1) && stood < TimeDelta::days(2), "{stood}");

    // The office finds that there was no reason: the time counts after all, and it climbs.
    act(&property, &lift, "pauses", parts(None, acknowledged)).await.ok();
    world.advance_clock(48 * 60 * 60).await;
    let (property, office) = (phone(world, PROPERTY).await, phone(world, COMMUNITY).await);
    let void = json!({ "words": "配件库存充足" });
    act(&property, &lift, "voidings", void.clone()).await.refused(403, "NOT_ALLOWED");
    act(&office, &lift, "voidings", json!({ "words": " " })).await.refused(422, "INPUT_INVALID");
    let counted = act(&office, &lift, "voidings", void.clone()).await.ok();
    assert_eq!(
        (&counted["status"], &counted["holder"]["due_at"]),
        (&json!("IN_PROGRESS"), &on["holder"]["due_at"])
    );
    let climbed = until(&office, &lift, "climbed", |now| now["holder"]["level"] == "COMMUNITY").await;
    assert_eq!((&climbed["climbs"], &climbed["holder"]["due_kind"]), (&json!(1), &json!("CONTACT")));
    act(&office, &lift, "voidings", void).await.refused(403, "NOT_ALLOWED");
    act(&office, &lift, "acknowledgements", json!({})).await.ok();
    let street = phone(world, STREET).await;
    act(&street, &lift, "voidings", json!({ "words": "没有暂停" })).await.refused(409, "INCIDENT_ELSEWHERE");

    // Everybody can see what was measured, and what it would have been.
    let clocks = |what_if: &str| format!("{}/clocks?{what_if}", path(&lift));
    office.get(&clocks("natural_days=367")).await.refused(422, "INPUT_INVALID");
    let told = office.get(&clocks("urgent_minutes=2880&natural_days=3")).await.ok();
    let kinds: Vec<_> = array(&told["items"]).iter().map(|clock| text(&clock["kind"])).collect();
    let from_the_report = ["FIRST_CONTACT", "FIRST_RESOLUTION", "TOTAL", "TRIAGE"];
    assert_eq!(kinds, [&from_the_report[..], &["HANDLING", "FIRST_CONTACT", "HANDLING"]].concat());
    let handled = &told["items"][4];
    assert_eq!((&handled["due_at"], &handled["cancelled"]), (&on["holder"]["due_at"], &json!(true)));
    let pauses = array(&handled["pauses"]);
    assert_eq!(pauses.iter().map(|pause| pause["void"] == true).collect::<Vec<_>>(), [false, false, true]);
    let longer = time(&handled["what_if"][0]["due_at"]) - time(&handled["due_at"]);
    assert_eq!(array(&handled["what_if"]).len(), 2);
    assert_eq!(longer, TimeDelta::days(1), "with 48 hours in place of 24");

    // Danger to life does not wait.
    let trapped = report(&phone(world, REPORTER).await, &town.unit, "ELEVATOR_ENTRAPMENT", &[]).await;
    let property = phone(world, PROPERTY).await;
    act(&property, &trapped, "acknowledgements", json!({})).await.ok();
    let refused = act(&property, &trapped, "pauses", parts(None, acknowledged)).await;
    refused.refused(409, "INCIDENT_GOES_ON");
}

async fn a_report_is_taken_back_before_it_is_handled(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let first = report(&reporter, &town.complex, "PARKING", &[]).await;
    let withdrawn = act(&reporter, &first, "withdrawals", json!({})).await.ok();
    assert_eq!(withdrawn["status"], "WITHDRAWN");
    assert!(withdrawn.get("holder").is_none() && withdrawn.get("resolved").is_none());
    assert_eq!(ladder(&withdrawn), [("COMPLEX", "REPORT", "WITHDRAWN")]);
    act(&reporter, &first, "withdrawals", json!({})).await.refused(409, "INCIDENT_ELSEWHERE");
    act(&property, &first, "acknowledgements", json!({})).await.refused(409, "INCIDENT_ELSEWHERE");
    assert!(!is_listed(&property, "scope=HELD", &first).await);
    assert!(is_listed(&property, "scope=BELOW&state=WITHDRAWN", &first).await);

    let second = report(&reporter, &town.complex, "PARKING", &[]).await;
    act(&property, &second, "acknowledgements", json!({})).await.ok();
    act(&property, &second, "handlings", json!({ "words": "已联系车主挪车" })).await.ok();
    act(&reporter, &second, "withdrawals", json!({})).await.refused(409, "INCIDENT_ELSEWHERE");
}

async fn each_may_let_it_climb_for_reasons_of_their_own(world: &mut World) {
    let town = Town::find(world).await;
    Town::appoint(world, "o-unit-leader", "UNIT_LEADER", &town.unit).await;
    Town::appoint(world, "o-building-leader", "BUILDING_LEADER", &town.building).await;
    let leader = phone(world, "o-unit-leader").await;
    let building = phone(world, "o-building-leader").await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let (community, street) = (phone(world, COMMUNITY).await, phone(world, STREET).await);
    let because = |reason: &str| json!({ "reason": reason, "words": "需要动用维修资金" });

    // By hand from the unit up, each rung for another reason; nobody gives a reason of somebody else's.
    let noise = report(&reporter, &town.unit, "NEIGHBOUR_NOISE", &[]).await;
    for (who, reason) in [
        (&reporter, "BY_HAND"),
        (&reporter, "OFFICER_PULL"),
        (&leader, "RESIDENT_REQUEST"),
        (&leader, "DISSATISFIED"),
        (&leader, "OFFICER_PULL"),
        (&building, "BY_HAND"),
        (&property, "OUT_OF_SCOPE"),
        (&community, "SEVERITY"),
        (&street, "DISSATISFIED"),
    ] {
        act(who, &noise, "climbs", because(reason)).await.refused(403, "NOT_ALLOWED");
    }
    let wordless = json!({ "reason": "BY_HAND", "words": " " });
    act(&leader, &noise, "climbs", wordless).await.refused(422, "INPUT_INVALID");
    act(&leader, &noise, "climbs", because("BECAUSE")).await.refused(422, "INPUT_INVALID");
    act(&leader, &noise, "acknowledgements", json!({})).await.ok();
    let mut now = Value::Null;
    for (who, reason, level) in [
        (&leader, "BY_HAND", "BUILDING"),
        (&building, "OUT_OF_SCOPE", "COMPLEX"),
        (&property, "SEVERITY", "COMMUNITY"),
        (&reporter, "RESIDENT_REQUEST", "STREET"),
    ] {
        now = act(who, &noise, "climbs", because(reason)).await.ok();
        let tenure = array(&now["tenures"]).last().unwrap();
        assert_eq!((&tenure["level"], &tenure["entered_by"]), (&json!(level), &json!(reason)));
        assert_eq!(now["holder"]["due_kind"], "CONTACT", "whoever gets it acknowledges it anew");
        assert_eq!(now["status"], "IN_PROGRESS", "a climb leaves the status alone");
    }
    assert_eq!(now["climbs"], 4);
    assert!(array(&now["tenures"])[..4].iter().all(|tenure| tenure["exit"] == "CLIMBED_BY_HAND"));
    // The new holder has not acknowledged; the ones before hold it no more; nobody stands above the district.
    let done = json!({ "words": "已协调" });
    act(&street, &noise, "handlings", done.clone()).await.refused(409, "INCIDENT_NOT_ACKNOWLEDGED");
    act(&property, &noise, "acknowledgements", json!({})).await.refused(403, "NOT_ALLOWED");
    now = act(&street, &noise, "climbs", because("OUT_OF_SCOPE")).await.ok();
    assert_eq!((&now["holder"]["level"], &now["holder"]["role"]), (&json!("DISTRICT"), &json!("ADMIN")));
    act(&reporter, &noise, "climbs", because("DISSATISFIED")).await.refused(409, "NOBODY_ABOVE");

    // A level above takes it, over the heads of those between; never one below or beside.
    let lift = report(&reporter, &town.unit, "ELEVATOR_FAULT", &[]).await;
    let pulled = act(&community, &lift, "climbs", because("OFFICER_PULL")).await.ok();
    assert_eq!(ladder(&pulled), [("UNIT", "REPORT", "CLIMBED_BY_HAND"), ("COMMUNITY", "OFFICER_PULL", "-")]);
    act(&property, &lift, "climbs", because("OFFICER_PULL")).await.refused(403, "NOT_ALLOWED");
    act(&community, &lift, "climbs", because("OFFICER_PULL")).await.refused(403, "NOT_ALLOWED");
    let higher = act(&reporter, &lift, "climbs", because("DISSATISFIED")).await.ok();
    assert_eq!(higher["holder"]["level"], "STREET");

    // What awaits the reporter's word does not climb.
    let parking = report(&reporter, &town.complex, "PARKING", &[]).await;
    act(&property, &parking, "acknowledgements", json!({})).await.ok();
    act(&property, &parking, "handlings", done).await.ok();
    for (who, reason) in [(&property, "BY_HAND"), (&reporter, "DISSATISFIED"), (&street, "OFFICER_PULL")] {
        act(who, &parking, "climbs", because(reason)).await.refused(409, "INCIDENT_ELSEWHERE");
    }
}

async fn silence_settles_after_seven_days(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let incident = report(&reporter, &town.complex, "PARKING", &[]).await;
    act(&property, &incident, "acknowledgements", json!({})).await.ok();
    let handled = act(&property, &incident, "handlings", json!({ "words": "已挪车" })).await.ok();
    let due = time(&handled["holder"]["due_at"]);
    assert_eq!(due - time(&handled["tenures"][0]["handled_at"]), TimeDelta::days(7));
    pass_until(world, &handled, 120).await;
    until_rested(world, "incidents").await;
    let reporter = phone(world, REPORTER).await;
    assert_eq!(read(&reporter, &handled).await["status"], "AWAIT_CONFIRM");
    let settled = run_out(world, REPORTER, &handled).await;
    assert_eq!(settled["status"], "CLOSED");
    assert!(settled.get("resolved").is_none() && settled.get("holder").is_none());
    assert_eq!(ladder(&settled), [("COMPLEX", "REPORT", "SETTLED_BY_SILENCE")]);
    assert_eq!(life(&settled).last(), Some(&("SETTLE_BY_SILENCE", "CLOCK")));
    act(&reporter, &settled, "confirmations", json!({ "satisfaction": "SATISFIED" }))
        .await
        .refused(409, "INCIDENT_ELSEWHERE");
    act(&reporter, &settled, "returns", json!({ "reason": "不行" })).await.refused(409, "INCIDENT_ELSEWHERE");
}

async fn at_the_top_it_shouts(world: &mut World) {
    let town = Town::find(world).await;
    let reporter = phone(world, REPORTER).await;
    let mut now = report(&reporter, &town.complex, "STREET_LAMP_OUT", &[]).await;
    assert_eq!(now["holder"]["place"]["id"], town.street.as_str());
    assert_eq!(now["holder"]["then"]["level"], "DISTRICT");
    now = run_out(world, REPORTER, &now).await;
    assert_eq!(now["holder"]["then"]["what"], "SHOUTS");
    for shouts in 1..=3 {
        now = run_out(world, REPORTER, &now).await;
        assert_eq!((&now["holder"]["level"], &now["climbs"]), (&json!("DISTRICT"), &json!(1)));
        assert_eq!(now["holder"]["due_kind"], "SHOUT");
        assert_eq!((array(&now["tenures"]).len(), &now["tenures"][1]["shouts"]), (2, &json!(shouts)));
    }
    let told = [("REPORT", "REPORTER"), ("CLIMB", "CLOCK"), ("SHOUT", "CLOCK")];
    assert_eq!(life(&now), told, "told once, counted on");
    let street = phone(world, STREET).await;
    act(&street, &now, "acknowledgements", json!({})).await.refused(403, "NOT_ALLOWED");
}

/// How many reports the record says were sent to an emergency service.
async fn diverted(property: &Phone, complex: &str) -> usize {
    let (mut count, mut cursor) = (0, String::new());
    loop {
        let page = property.call(Method::GET, &format!("/v1/changes?place_id={complex}{cursor}"));
        let page = page.send().await.ok();
        count += array(&page["items"]).iter().filter(|one| one["kind"] == "INCIDENT_DIVERTED").count();
        cursor = format!("&cursor={}", text(&page["next_cursor"]));
        if page["more"] != true {
            return count;
        }
    }
}

async fn what_belongs_to_an_emergency_service_is_refused_with_its_number(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let categories = world.guest().get("/v1/incident-categories").await.ok();
    let category = |code: &str| {
        array(&categories["items"]).iter().find(|one| one["code"] == code).expect("it is known").clone()
    };
    for code in ["GAS_SMELL", "FIRE", "ELECTRIC_LEAK"] {
        let category = category(code);
        assert!(category.get("terms").is_none() && !array(&category["diverts_to"]).is_empty());
    }
    assert!(array(&category("ELEVATOR_FAULT")["diverts_to"]).is_empty());
    assert_eq!(
        category("ELEVATOR_FAULT")["terms"]["first_contact"],
        json!({ "unit": "URGENT_MINUTES", "amount": 30 })
    );
    assert_eq!(category("ELEVATOR_ENTRAPMENT")["call_first"][0]["phone"], "119");

    // The numbers stand in the refusal, in the order in which to call; a retry is refused alike and told once.
    let about = |code: &str| json!({ "place_id": town.unit, "category": code, "description": "楼道里有煤气味", "photo_ids": [] });
    let key = new_key();
    let ask = async |body: &Value| {
        let call = reporter.call(Method::POST, "/v1/incidents").header("idempotency-key", &key);
        call.json(body).send().await
    };
    let before = diverted(&property, &town.complex).await;
    for _ in 0..3 {
        let refusal = ask(&about("GAS_SMELL")).await.refused(422, "INCIDENT_DIVERTED");
        let detail = text(&refusal["detail"]);
        let channels = category("GAS_SMELL")["diverts_to"].clone();
        for channel in array(&channels) {
            assert!(detail.contains(text(&channel["zh"])) && detail.contains(text(&channel["en"])));
            assert!(channel["phone"].as_str().is_none_or(|number| detail.contains(number)));
        }
        assert!(detail.contains("119"));
    }
    ask(&about("FIRE")).await.refused(422, "KEY_REUSED");
    ask(&about("PARKING")).await.refused(422, "KEY_REUSED");
    reporter.post("/v1/incidents", &about("FIRE")).await.refused(422, "INCIDENT_DIVERTED");
    assert!(list(&reporter, "scope=MINE&state=SUBMITTED").await.is_empty(), "no incident came of it");
    eventually("both are told", async || {
        (diverted(&property, &town.complex).await >= before + 2).then_some(())
    })
    .await;
    assert_eq!(diverted(&property, &town.complex).await, before + 2, "each report is told once");
    // Whoever has nothing to report there is not even sent away.
    let stranger = phone(world, "o-stranger").await;
    stranger.post("/v1/incidents", &about("FIRE")).await.refused(404, "NOT_FOUND");
}

async fn a_report_is_refused_where_it_makes_no_sense(world: &mut World) {
    let town = Town::find(world).await;
    let reporter = phone(world, REPORTER).await;
    let good = json!({ "place_id": town.complex, "category": "PARKING", "description": "车位被占" });
    let with = |member: &str, value: Value| {
        let mut body = good.clone();
        body[member] = value;
        body
    };
    let nowhere = with("place_id", json!("00000000-0000-4000-8000-00000000dead"));
    reporter.post("/v1/incidents", &nowhere).await.refused(404, "NOT_FOUND");
    for who in ["o-stranger", "supervisor"] {
        phone(world, who).await.post("/v1/incidents", &good).await.refused(404, "NOT_FOUND");
    }
    let above = with("place_id", json!(town.community));
    reporter.post("/v1/incidents", &above).await.refused(404, "NOT_FOUND");
    let office = phone(world, COMMUNITY).await;
    let problem = office.post("/v1/incidents", &above).await.refused(422, "INPUT_INVALID");
    assert_eq!(problem["errors"][0]["pointer"], "/place_id");
    for (member, value) in [
        ("category", json!("UNHEARD_OF")),
        ("category", json!("")),
        ("description", json!("   ")),
        ("description", json!("长".repeat(2001))),
        ("photo_ids", json!(vec!["00000000-0000-4000-8000-00000000dead"; 10])),
    ] {
        let problem =
            reporter.post("/v1/incidents", &with(member, value)).await.refused(422, "INPUT_INVALID");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{member}"));
    }
    assert!(list(&reporter, "scope=MINE&state=SUBMITTED").await.is_empty());
}

async fn of_two_who_acknowledge_at_once_one_does(world: &mut World) {
    let town = Town::find(world).await;
    Town::appoint(world, "o-second-manager", "PROPERTY_MANAGER", &town.complex).await;
    let (one, other) = (phone(world, PROPERTY).await, phone(world, "o-second-manager").await);
    let reporter = phone(world, REPORTER).await;
    for _ in 0..5 {
        let incident = report(&reporter, &town.complex, "PARKING", &[]).await;
        let target = format!("{}/acknowledgements", path(&incident));
        let take = async |who: &Phone| who.call(Method::POST, &target).keyed().json(&json!({})).send().await;
        let (first, second) = tokio::join!(take(&one), take(&other));
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", first.text(), second.text());
        let lost = if first.status == 409 { first } else { second };
        lost.refused(409, "INCIDENT_ACKNOWLEDGED");
        let now = read(&reporter, &incident).await;
        assert_eq!(life(&now), [("REPORT", "REPORTER"), ("ACKNOWLEDGE", "PROPERTY_MANAGER")]);
        assert_eq!(now["version"], 2);
    }
}

async fn lists_come_in_pages_and_parts(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let before = list(&reporter, "scope=MINE").await;
    let mut made = Vec::new();
    for (place, category) in [
        (&town.complex, "PARKING"),
        (&town.unit, "ELEVATOR_FAULT"),
        (&town.complex, "ACCESS_CONTROL"),
        (&town.other_unit, "NEIGHBOUR_NOISE"),
        (&town.complex, "ELEVATOR_ENTRAPMENT"),
    ] {
        made.push(report(&reporter, place, category, &[]).await);
    }
    let ids: Vec<_> = made.iter().map(|one| text(&one["id"]).to_owned()).collect();
    let newest: Vec<_> = ids.iter().rev().cloned().chain(before).collect();
    for limit in [1, 2, 3, 100] {
        let pages = reporter.all("/v1/incidents?scope=MINE", limit).await;
        let got: Vec<_> = pages.iter().map(|line| text(&line["id"]).to_owned()).collect();
        assert_eq!(got, newest, "newest first, in pages of {limit}");
    }

    // Work lists: soonest due first, in pages as in one.
    for scope in ["HELD", "BELOW"] {
        let whole = property.all(&format!("/v1/incidents?scope={scope}"), 100).await;
        assert_eq!(property.all(&format!("/v1/incidents?scope={scope}"), 2).await, whole);
        let dues: Vec<_> = whole.iter().map(|line| time(&line["due_at"])).collect();
        assert!(dues.is_sorted(), "{scope} is sorted by what is due: {dues:?}");
        assert!(whole.iter().all(|line| line["status"] != "CLOSED" && line["status"] != "WITHDRAWN"));
        if scope == "HELD" {
            assert!(
                whole.iter().all(|line| line["role"] == "PROPERTY_MANAGER" && line["level"] == "COMPLEX")
            );
        }
    }

    // Parts of a list.
    let mine = async |query: &str| {
        let mut found = list(&reporter, &format!("scope=MINE&state=SUBMITTED{query}")).await;
        found.sort();
        found
    };
    let sorted = |some: &[usize]| {
        let mut some: Vec<_> = some.iter().map(|at| ids[*at].clone()).collect();
        some.sort();
        some
    };
    assert_eq!(mine("").await, sorted(&[0, 1, 2, 3, 4]));
    assert_eq!(mine(&format!("&place_id={}", town.unit)).await, sorted(&[1]));
    assert_eq!(mine(&format!("&place_id={}", town.building)).await, sorted(&[1, 3]));
    assert_eq!(mine(&format!("&place_id={}", town.complex)).await, sorted(&[0, 1, 2, 3, 4]));
    assert_eq!(mine("&level=UNIT").await, sorted(&[1, 3]));
    assert_eq!(mine("&level=COMPLEX").await, sorted(&[0, 2, 4]));
    let soon = time(&made[4]["reported_at"]) + TimeDelta::hours(1);
    let soon = soon.to_rfc3339().replace('+', "%2B");
    assert_eq!(mine(&format!("&due_before={soon}")).await, sorted(&[1, 4]));
    let below = list(&property, &format!("scope=BELOW&place_id={}", town.other_unit)).await;
    assert!(below.contains(&ids[3]) && !below.contains(&ids[1]));
    act(&property, &made[0], "acknowledgements", json!({})).await.ok();
    assert_eq!(list(&reporter, "scope=MINE&state=IN_PROGRESS").await, sorted(&[0]));
    assert_eq!(mine("").await, sorted(&[1, 2, 3, 4]));

    // What a list is not.
    for query in [
        "scope=ALL",
        "scope=MINE&state=LOST",
        "scope=MINE&level=CITY",
        "scope=MINE&limit=0",
        "scope=MINE&place_id=here",
        "scope=MINE&due_before=soon",
        "scope=MINE&colour=red",
    ] {
        reporter.get(&format!("/v1/incidents?{query}")).await.refused(422, "INPUT_INVALID");
    }
    let nowhere = "/v1/incidents?scope=MINE&place_id=00000000-0000-4000-8000-00000000dead";
    reporter.get(nowhere).await.refused(404, "NOT_FOUND");
    let page = reporter.get("/v1/incidents?scope=MINE&limit=1").await.ok();
    let cursor = text(&page["next_cursor"]);
    for elsewhere in
        ["scope=MINE&state=SUBMITTED", "scope=BELOW", &format!("scope=MINE&place_id={}", town.unit)]
    {
        let carried = format!("/v1/incidents?{elsewhere}&cursor={cursor}");
        reporter.get(&carried).await.refused(400, "CURSOR_INVALID");
    }
    let stolen = format!("/v1/incidents?scope=MINE&limit=1&cursor={cursor}");
    property.get(&stolen).await.refused(400, "CURSOR_INVALID");

    // The version that is known is not sent again, and another is.
    let known = reporter.get(&path(&made[1])).await;
    let tag = known.header("etag").expect("a version").to_owned();
    act(&reporter, &made[1], "withdrawals", json!({})).await.ok();
    let changed = reporter.call(Method::GET, &path(&made[1])).header("if-none-match", &tag).send().await;
    assert_eq!(changed.ok()["status"], "WITHDRAWN");
    assert_ne!(changed.header("etag"), Some(&*tag));
}

async fn a_photo_is_used_once_and_by_its_sender(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let (mine, theirs) = (send_photo(&reporter).await, send_photo(&property).await);
    let with = |photos: &[&str]| {
        json!({ "place_id": town.complex, "category": "PARKING", "description": "车位被占",
            "photo_ids": photos })
    };
    let unknown = "00000000-0000-4000-8000-00000000dead";
    for photos in [&[&*theirs][..], &[unknown], &[&mine, &mine], &[&mine, &theirs]] {
        reporter.post("/v1/incidents", &with(photos)).await.refused(422, "PHOTO_NOT_YOURS");
    }
    assert!(list(&reporter, "scope=MINE&state=SUBMITTED").await.is_empty(), "nothing came of it");
    let incident = reporter.post("/v1/incidents", &with(&[&mine])).await.ok();
    reporter.post("/v1/incidents", &with(&[&mine])).await.refused(422, "PHOTO_NOT_YOURS");
    let mut nine = Vec::new();
    for _ in 0..9 {
        nine.push(send_photo(&reporter).await);
    }
    let nine: Vec<_> = nine.iter().map(String::as_str).collect();
    let illustrated = reporter.post("/v1/incidents", &with(&nine)).await.ok();
    let shown: Vec<_> = array(&illustrated["photos"]).iter().map(|photo| text(&photo["id"])).collect();
    assert_eq!(shown, nine, "all of them, in the reporter's order");

    act(&property, &incident, "acknowledgements", json!({})).await.ok();
    for photos in [&[&*mine][..], &[&theirs, &theirs], &[&theirs, unknown]] {
        let handling = json!({ "words": "已挪车", "photo_ids": photos });
        act(&property, &incident, "handlings", handling).await.refused(422, "PHOTO_NOT_YOURS");
    }
    assert_eq!(read(&property, &incident).await["status"], "IN_PROGRESS", "a refused deed leaves no trace");
    // A photo that the holder has not attached yet is the holder's alone.
    reporter.get(&format!("/v1/uploads/{theirs}")).await.refused(404, "NOT_FOUND");
    let before = send_photo(&property).await;
    let twice = json!({ "words": "已挪车", "before_photo_ids": [theirs], "photo_ids": [theirs] });
    act(&property, &incident, "handlings", twice).await.refused(422, "PHOTO_NOT_YOURS");
    let handling = json!({ "words": "已挪车", "before_photo_ids": [before], "photo_ids": [theirs] });
    let handled = act(&property, &incident, "handlings", handling).await.ok();
    assert_eq!(
        handled["photos"],
        json!([{ "id": mine, "purpose": "REPORT", "held": false },
            { "id": before, "purpose": "BEFORE", "held": false },
            { "id": theirs, "purpose": "EVIDENCE", "held": false }])
    );
    for photo in [before, theirs] {
        reporter.get(&format!("/v1/uploads/{photo}")).await.ok();
    }
}

async fn the_first_screen_shows_what_is_open(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let screen = async |who: &Phone| who.get("/v1/home").await.ok();
    let ids = |some: &Value| -> Vec<Value> {
        array(&some["items"]).iter().map(|one| one["incident"]["id"].clone()).collect()
    };
    let open = async |who: &Phone| screen(who).await["incidents"].clone();
    let waited = open(&property).await["to_work"]["count"].as_u64().unwrap();
    let had = open(&reporter).await["mine"]["count"].as_u64().unwrap();

    let mut made = Vec::new();
    for category in
        ["PARKING", "PARKING", "ELEVATOR_FAULT", "PROPERTY_SERVICE", "PARKING", "PARKING", "PARKING"]
    {
        let place = if category == "ELEVATOR_FAULT" { &town.unit } else { &town.complex };
        made.push(report(&reporter, place, category, &[]).await);
    }
    act(&reporter, &made[6], "withdrawals", json!({})).await.ok();
    let mine = open(&reporter).await["mine"].clone();
    assert_eq!(mine["count"], had + 6, "what is over is not open");
    let newest: Vec<Value> = made[1..6].iter().rev().map(|one| one["id"].clone()).collect();
    assert_eq!(ids(&mine), newest, "the newest five");
    let lift = &array(&mine["items"])[3];
    for member in ["role", "due_at", "due_kind"] {
        assert_eq!(lift["incident"][member], made[2]["holder"][member]);
    }
    assert_eq!(lift["then"], made[2]["holder"]["then"]);
    assert_eq!(open(&reporter).await["to_work"], json!({ "count": 0, "items": [] }));

    // The holder sees what waits for them, the most urgent first; what awaits the reporter does not.
    let work = open(&property).await["to_work"].clone();
    assert_eq!(work["count"], waited + 5);
    let dues: Vec<_> = array(&work["items"]).iter().map(|one| time(&one["incident"]["due_at"])).collect();
    assert!(dues.len() == 5 && dues.is_sorted(), "{dues:?}");
    act(&property, &made[0], "acknowledgements", json!({})).await.ok();
    act(&property, &made[0], "handlings", json!({ "words": "已挪车" })).await.ok();
    assert_eq!(open(&property).await["to_work"]["count"], waited + 4);
    assert_eq!(open(&reporter).await["mine"]["count"], had + 6);

    // The open poll, with the caller's own head and nobody else's.
    let polls = screen(&reporter).await["polls"].clone();
    let poll = &array(&polls)[0];
    let heads = reporter.get(&format!("/v1/polls/{}/heads", text(&poll["id"]))).await.ok();
    let own: Vec<Value> = array(&heads["items"])
        .iter()
        .map(|head| json!({ "id": head["id"], "ballot_is_in": head["ballot_is_in"] }))
        .collect();
    assert!(!own.is_empty());
    assert_eq!(poll["heads"], json!(own));
    let listed = reporter.get("/v1/polls?state=OPEN").await.ok();
    assert_eq!((&poll["id"], &poll["title"]), (&listed["items"][0]["id"], &listed["items"][0]["title"]));
    assert_eq!(poll["closes_at"], listed["items"][0]["closes_at"]);
    let polls = screen(&property).await["polls"].clone();
    assert_eq!((array(&polls).len(), &polls[0]["heads"]), (1, &json!([])), "no owner, no head");
    assert_eq!(screen(&phone(world, "o-stranger").await).await["polls"], json!([]));
}
