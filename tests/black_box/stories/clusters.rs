//! One trouble of several households: found before it is reported, stacked, handled once and asked of everybody.

use chrono::{DateTime, FixedOffset, TimeDelta};
use serde_json::{Value, json};

use super::{
    until,
    uploads::{send_another, send_it_on, send_photo},
};
use crate::{phone::Phone, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(nine_households_have_one_lift).in_the_demo(),
        story!(what_is_not_one_trouble_comes_apart_again).in_the_demo(),
        story!(households_that_urge_carry_it_up_each_once).in_the_demo(),
        story!(what_leads_counts_since_the_earliest).in_the_demo(),
    ]
}

const PROPERTY: &str = "property";

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

fn time(value: &Value) -> DateTime<FixedOffset> {
    text(value).parse().expect("a time")
}

/// Somebody of the demo by their login, or a WeChat user by their openid; signed in anew, for the clock may have run on.
async fn phone(world: &World, who: &str) -> Phone {
    if who.starts_with("o-") { world.wechat_user(who).await } else { world.sign_in(who).await }
}

/// Two units of a building, with their homes.
pub struct House {
    pub building: String,
    pub units: [String; 2],
    pub homes: [Vec<String>; 2],
}

impl House {
    pub async fn find(world: &World) -> Self {
        let property = phone(world, PROPERTY).await;
        let children = async |place: &str| {
            let parts = property.all(&format!("/v1/places/{place}/children"), 100).await;
            parts.iter().map(|part| text(&part["id"]).to_owned()).collect::<Vec<_>>()
        };
        let building = children(&world.complex().await).await.remove(0);
        // The last two: the demo's people and their reports are in the others.
        let units = children(&building).await;
        let units = [units[4].clone(), units[5].clone()];
        let homes = [children(&units[0]).await, children(&units[1]).await];
        Self { building, units, homes }
    }

    /// Lets somebody rent a home.
    pub async fn rents(&self, world: &World, openid: &str, unit: usize, home: usize) {
        let claim = json!({ "home_id": self.homes[unit][home], "relation": "TENANT", "name": "苏勇桂",
            "signature": "苏勇桂" });
        let claimed = phone(world, openid).await.post("/v1/claims", &claim).await.ok();
        let path = format!("/v1/claims/{}/confirmations", text(&claimed["id"]));
        phone(world, PROPERTY).await.post(&path, &json!({})).await.ok();
    }

    fn report(&self, unit: usize, words: &str) -> Value {
        json!({ "place_id": self.units[unit], "category": "ELEVATOR_FAULT", "description": words })
    }
}

async fn report(phone: &Phone, body: &Value) -> Value {
    phone.post("/v1/incidents", body).await.ok()
}

async fn matches(phone: &Phone, body: &Value) -> Vec<Value> {
    array(&phone.post("/v1/matches", body).await.ok()["items"]).to_vec()
}

fn path(incident: &Value) -> String {
    format!("/v1/incidents/{}", text(&incident["id"]))
}

async fn act(phone: &Phone, incident: &Value, deed: &str, body: Value) -> Value {
    phone.post(&format!("{}/{deed}", path(incident)), &body).await.ok()
}

/// The community office looks at a photo that waits for somebody to do so, and lets neighbours see it.
async fn pass_photo(world: &World, complex: &str, photo: &str) {
    let office = phone(world, "community").await;
    let held = office.all(&format!("/v1/places/{complex}/held-contents"), 100).await;
    let content = held.iter().find(|content| content["photo_id"] == photo).expect("it waits for a person");
    let decision = format!("/v1/contents/{}/decisions", text(&content["id"]));
    office.post(&decision, &json!({ "finding": "PASS" })).await.ok();
}

/// How often the record tells somebody that a report joined.
async fn told_of_joining(phone: &Phone, complex: &str) -> usize {
    let (mut told, mut cursor) = (0, String::new());
    loop {
        let page = phone.get(&format!("/v1/changes?place_id={complex}{cursor}")).await.ok();
        told += array(&page["items"]).iter().filter(|one| one["kind"] == "CLUSTER_JOINED").count();
        if page["more"] == false {
            return told;
        }
        cursor = format!("&cursor={}", text(&page["next_cursor"]));
    }
}

async fn nine_households_have_one_lift(world: &mut World) {
    // Long after what the demo's people reported.
    world.advance_clock(15 * 86_400).await;
    let house = House::find(world).await;
    let people: Vec<String> = (0..10).map(|number| format!("o-lift-{number}")).collect();
    for (number, openid) in people.iter().enumerate() {
        house.rents(world, openid, usize::from(number >= 7), number).await;
    }
    // Somebody else in the first one's home.
    house.rents(world, "o-lift-at-home", 0, 0).await;

    // The first reports, with a photo; the second is shown it, and joins.
    let first = phone(world, &people[0]).await;
    let photo = send_photo(&first).await;
    let mut body = house.report(0, "电梯停在三楼，门开着不动");
    body["photo_ids"] = json!([photo]);
    let lead = report(&first, &body).await;
    let second = phone(world, &people[1]).await;
    let seen = matches(&second, &house.report(0, "电梯停在3楼不动了")).await;
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!((&seen[0]["households"], &seen[0]["state"]), (&json!(1), &json!("REPORTED")));
    assert_eq!((&seen[0]["place"]["id"], seen[0]["photo_id"].is_null()), (&json!(house.units[0]), true));
    // Its photo too, once somebody has looked at it.
    let small = format!("/v1/uploads/{photo}?size=THUMBNAIL");
    second.get(&small).await.refused(404, "NOT_FOUND");
    let complex = world.complex().await;
    pass_photo(world, &complex, &photo).await;
    assert_eq!(matches(&second, &house.report(0, "电梯停在3楼不动了")).await[0]["photo_id"], json!(photo));
    assert_eq!(second.get(&small).await.status, 200);
    second.get(&format!("/v1/uploads/{photo}")).await.refused(404, "NOT_FOUND");
    second.get(&path(&lead)).await.refused(404, "NOT_FOUND");
    let stranger = world.newcomer().await;
    stranger.get(&small).await.refused(404, "NOT_FOUND");
    stranger.post("/v1/matches", &house.report(0, "电梯停了")).await.refused(404, "NOT_FOUND");
    let mut joining = house.report(0, "电梯停在3楼不动了");
    joining["joins"] = seen[0]["id"].clone();
    let joined = report(&second, &joining).await;
    assert_eq!((&joined["status"], joined["holder"].is_null()), (&json!("MERGED"), true));
    let cluster = format!("/v1/clusters/{}", text(&joined["cluster_id"]));
    let mine = second.get("/v1/home").await.ok()["incidents"]["mine"].clone();
    assert_eq!(mine["items"][0]["then"], json!({ "what": "FOLLOWS", "cluster_id": joined["cluster_id"] }));

    // In the next unit it was described in other words; the photo, sent on from phone to phone, is known again.
    let next_door = phone(world, &people[7]).await;
    let mut elsewhere = house.report(1, "轿厢里很暗");
    assert!(matches(&next_door, &elsewhere).await.is_empty());
    for (sent, known) in [(send_another(&next_door).await, 0), (send_it_on(&next_door).await, 1)] {
        elsewhere["photo_ids"] = json!([sent]);
        assert_eq!(matches(&next_door, &elsewhere).await.len(), known);
    }
    elsewhere["photo_ids"] = json!([photo]);
    next_door.post("/v1/matches", &elsewhere).await.refused(422, "PHOTO_NOT_YOURS");

    // The third makes a quorum of the unit without saying so; two more join at one moment; a second report from one
    // home makes no household more.
    let third = report(&phone(world, &people[2]).await, &house.report(0, "门关不上")).await;
    assert_eq!(third["cluster_id"], joined["cluster_id"], "a quorum makes it one");
    let (fourth, fifth) = (phone(world, &people[3]).await, phone(world, &people[4]).await);
    let at_once = [(&fourth, &joining), (&fifth, &joining)].map(|(phone, body)| report(phone, body));
    for one in futures_util::future::join_all(at_once).await {
        assert_eq!(one["cluster_id"], joined["cluster_id"]);
    }
    let again = report(&phone(world, "o-lift-at-home").await, &house.report(0, "电梯还是坏的")).await;
    assert_eq!(again["cluster_id"], joined["cluster_id"]);
    report(&phone(world, &people[5]).await, &joining).await;
    let seventh = phone(world, &people[6]).await;
    let seen = matches(&seventh, &house.report(0, "电梯坏了")).await;
    assert_eq!(
        (seen.len(), &seen[0]["households"]),
        (1, &json!(6)),
        "six households, seven reports: {seen:?}"
    );
    seventh.get(&cluster).await.refused(404, "NOT_FOUND");

    // A member sees how far it is and not who the others are; who handles it sees where they are.
    let member = phone(world, &people[1]).await;
    let told = member.get(&cluster).await.ok();
    assert_eq!((&told["households"], &told["status"]), (&json!(6), &json!("OPEN")));
    assert_eq!(told["mine"], json!([joined["id"]]));
    assert!(told["lead_id"].is_null() && told["parts"].is_null(), "{told}");
    assert!(!told.to_string().contains(&first.person) && !told.to_string().contains(&house.homes[0][0]));
    member.get(&format!("{cluster}/members")).await.refused(403, "NOT_ALLOWED");
    let property = phone(world, PROPERTY).await;
    let handled = property.get(&cluster).await.ok();
    assert_eq!(handled["lead_id"], lead["id"]);
    assert_eq!(handled["parts"], json!([{ "place": handled["place"], "households": 6 }]));
    let members = property.all(&format!("{cluster}/members"), 3).await;
    assert_eq!(members.len(), 7);
    assert_eq!(members[0]["leads"], true);
    assert_eq!((&members[1]["joined_by"], &members[2]["joined_by"]), (&json!("REPORTER"), &json!("AUTO")));
    assert!(!json!(members).to_string().contains(&house.homes[0][1]), "no home is named");
    let told = told_of_joining(&property, &world.complex().await).await;
    assert_eq!(told, 6, "each newcomer is told to the holder");

    // A second unit has its quorum: the building has it, and whoever answers there.
    for openid in &people[7..10] {
        report(&phone(world, openid).await, &house.report(1, "电梯停在三楼不动")).await;
    }
    let rolled = until(&property, &cluster, "rolled up", |now| now["households"] == 9).await;
    assert_eq!(
        (&rolled["place"]["id"], &rolled["place"]["level"]),
        (&json!(house.building), &json!("BUILDING"))
    );
    assert!(["BUILDING", "COMPLEX"].contains(&text(&rolled["holder"]["level"])), "{rolled}");
    assert_eq!(array(&rolled["parts"]).len(), 2);
    let leading = property.get(&path(&lead)).await.ok();
    let tenures = array(&leading["tenures"]);
    assert_eq!(tenures.last().unwrap()["entered_by"], "ROLLED_UP", "{leading}");

    // Two of a home urge as one.
    for openid in [&people[1], &people[2]] {
        let urging = phone(world, openid).await;
        let mine = urging.get(&cluster).await.ok()["mine"][0].clone();
        act(&urging, &json!({ "id": mine }), "urges", json!({})).await;
    }
    until(&property, &cluster, "counted who urges", |now| now["urging"] == 2).await;

    // Handled once, asked everywhere.
    if leading["holder"]["level"] != "COMPLEX" {
        act(&property, &lead, "climbs", json!({ "reason": "OFFICER_PULL", "words": "物业统一处理" })).await;
    }
    act(&property, &lead, "acknowledgements", json!({})).await;
    let evidence = send_photo(&property).await;
    let done = json!({ "words": "已更换门机皮带", "photo_ids": [evidence] });
    act(&property, &lead, "handlings", done).await;
    let mut mine = Vec::new();
    for openid in &people[..6] {
        let reporter = phone(world, openid).await;
        let ids = reporter.get(&cluster).await.ok()["mine"].clone();
        mine.push(json!({ "id": ids[0] }));
    }
    assert_eq!(member.get(&cluster).await.ok()["evidence"], json!([]), "nobody has looked at it");
    pass_photo(world, &complex, &evidence).await;
    let asked = until(&member, &path(&joined), "was asked", |now| now["status"] == "AWAIT_CONFIRM").await;
    assert!(array(&asked["steps"]).iter().any(|step| step["words"] == "已更换门机皮带"), "{asked}");
    assert_eq!(member.get(&format!("/v1/uploads/{evidence}?size=THUMBNAIL")).await.status, 200);
    until(&member, &cluster, "asked", |now| now["status"] == "ASKING").await;
    assert_eq!(member.get(&cluster).await.ok()["evidence"], json!([evidence]));
    let mut late = joining.clone();
    late["joins"] = lead["id"].clone();
    seventh.post("/v1/incidents", &late).await.refused(409, "CLUSTER_ELSEWHERE");

    // One says it is still broken, and goes on alone where it was, with the time that it had left.
    let broken = act(&member, &joined, "returns", json!({ "reason": "二单元的还是坏的" })).await;
    assert_eq!((&broken["status"], broken["cluster_id"].is_null()), (&json!("SUBMITTED"), true));
    assert_eq!(broken["holder"]["level"], "UNIT");
    assert_eq!((&broken["rework"], &broken["resolved"]), (&json!(1), &json!("NO")));
    let clocks = member.get(&format!("{}/clocks", path(&joined))).await.ok();
    let clock =
        array(&clocks["items"]).iter().find(|one| one["kind"] == "FIRST_CONTACT").expect("its own clock");
    assert_eq!(clock["started_at"], joined["reported_at"], "{clocks}");
    assert!(time(&clock["due_at"]) - time(&broken["reported_at"]) > TimeDelta::minutes(30), "{clocks}");

    // Six of nine confirm, one of them from both its reports: it is settled for whoever has not answered.
    for (openid, incident) in people[..6].iter().zip(&mine).filter(|(openid, _)| **openid != people[1]) {
        act(
            &phone(world, openid).await,
            incident,
            "confirmations",
            json!({ "satisfaction": "VERY_SATISFIED" }),
        )
        .await;
    }
    for openid in ["o-lift-at-home", &people[7]] {
        let member = phone(world, openid).await;
        let ids = member.get(&cluster).await.ok()["mine"].clone();
        act(&member, &json!({ "id": ids[0] }), "confirmations", json!({ "satisfaction": "SATISFIED" })).await;
    }
    let closed = until(&property, &cluster, "closed", |now| now["status"] == "CLOSED").await;
    assert!(closed["holder"].is_null() && closed["closed_at"].is_string(), "{closed}");
    let silent = phone(world, &people[9]).await;
    let ids = silent.get(&cluster).await.ok()["mine"].clone();
    let silent = silent.get(&path(&json!({ "id": ids[0] }))).await.ok();
    assert_eq!(silent["tenures"][0]["exit"], "SETTLED_BY_QUORUM", "{silent}");
    assert_eq!(
        member.get(&path(&joined)).await.ok()["status"],
        "SUBMITTED",
        "and not for whom it is still broken"
    );
}

async fn what_is_not_one_trouble_comes_apart_again(world: &mut World) {
    let house = House::find(world).await;
    for (number, openid) in ["o-apart-0", "o-apart-1", "o-apart-2"].iter().enumerate() {
        house.rents(world, openid, 0, number).await;
    }
    let [one, two, three] =
        [phone(world, "o-apart-0").await, phone(world, "o-apart-1").await, phone(world, "o-apart-2").await];
    let property = phone(world, PROPERTY).await;
    let first = report(&one, &house.report(0, "电梯停在三楼")).await;
    let second = report(&two, &house.report(0, "电梯有异响")).await;
    let merge = |ids: Value| json!({ "incident_ids": ids, "words": "同一台电梯" });
    let both = merge(json!([first["id"], second["id"]]));

    // What is not one trouble is refused.
    let elsewhere =
        json!({ "place_id": house.units[0], "category": "CLEANING", "description": "楼道有垃圾" });
    let elsewhere = report(&three, &elsewhere).await;
    let private =
        json!({ "place_id": house.units[0], "category": "SUGGESTION", "description": "建议装扶手" });
    let private = report(&three, &private).await;
    let refused = async |ids: Value, status, name| {
        property.post("/v1/clusters", &merge(ids)).await.refused(status, name);
    };
    refused(json!([first["id"], elsewhere["id"]]), 409, "SOMETHING_ELSE").await;
    refused(json!([first["id"], first["id"]]), 409, "SOMETHING_ELSE").await;
    refused(json!([private["id"], private["id"]]), 422, "NEVER_STACKS").await;
    three.post("/v1/clusters", &both).await.refused(404, "NOT_FOUND");
    let mut wrong = house.report(0, "电梯停了");
    wrong["joins"] = elsewhere["id"].clone();
    three.post("/v1/incidents", &wrong).await.refused(409, "SOMETHING_ELSE");

    // Staff merge, and take it back: the time that was left is left.
    let merged = property.post("/v1/clusters", &both).await.ok();
    let cluster = format!("/v1/clusters/{}", text(&merged["id"]));
    assert_eq!((&merged["lead_id"], &merged["households"]), (&first["id"], &json!(2)));
    let waiting = two.get(&path(&second)).await.ok();
    assert_eq!(waiting["status"], "MERGED");
    assert!(array(&waiting["steps"]).iter().any(|step| step["words"] == "同一台电梯"), "{waiting}");
    world.advance_clock(600).await;
    let split = json!({ "incident_id": second["id"], "words": "是另一台电梯" });
    three.post(&format!("{cluster}/splits"), &split).await.refused(404, "NOT_FOUND");
    property.post(&format!("{cluster}/splits"), &split).await.ok();
    let alone = two.get(&path(&second)).await.ok();
    assert_eq!((&alone["status"], alone["cluster_id"].is_null()), (&json!("SUBMITTED"), true));
    let stood = time(&alone["holder"]["due_at"]) - time(&second["holder"]["due_at"]);
    assert!(stood >= TimeDelta::seconds(600) && stood < TimeDelta::seconds(700), "{stood}");
    let gone = until(&property, &cluster, "dissolved", |now| now["status"] == "DISSOLVED").await;
    assert_eq!(gone["households"], json!(1));
    until(&one, &path(&first), "stood alone", |now| now["cluster_id"].is_null()).await;
    property.post(&format!("{cluster}/splits"), &split).await.refused(409, "CLUSTER_ELSEWHERE");

    // Merged again; the lead takes its report back, and the other leads on where it was.
    let merged = property.post("/v1/clusters", &both).await.ok();
    let cluster = format!("/v1/clusters/{}", text(&merged["id"]));
    let pull = json!({ "reason": "OFFICER_PULL", "words": "物业处理" });
    act(&property, &first, "climbs", pull).await;
    let leader = json!({ "person_id": three.person, "role": "UNIT_LEADER" });
    let office = phone(world, "community").await;
    office.post(&format!("/v1/places/{}/roles", house.units[0]), &leader).await.ok();
    three.post("/v1/clusters", &both).await.refused(403, "NOT_ALLOWED");
    let split = json!({ "incident_id": first["id"], "words": "是另一台电梯" });
    three.post(&format!("{cluster}/splits"), &split).await.refused(403, "NOT_ALLOWED");
    act(&one, &first, "withdrawals", json!({})).await;
    let leads = until(&two, &path(&second), "led on", |now| now["status"] == "SUBMITTED").await;
    assert_eq!(leads["holder"]["level"], "COMPLEX", "{leads}");
    assert_eq!(array(&leads["tenures"]).last().unwrap()["entered_by"], "SUCCESSION");
    until(&property, &cluster, "dissolved", |now| now["status"] == "DISSOLVED").await;
}

async fn households_that_urge_carry_it_up_each_once(world: &mut World) {
    let house = House::find(world).await;
    let people = ["o-urge-0", "o-urge-1", "o-urge-2"];
    for (number, openid) in people.iter().enumerate() {
        house.rents(world, openid, 0, number).await;
    }
    house.rents(world, "o-urge-at-home", 0, 1).await;
    let complex = world.complex().await;
    for scope in ["GREENERY", "DRAIN_BLOCKED"] {
        let climbs = json!({ "households": { "at_least": 3, "within_days": 7 } });
        let policy =
            json!({ "scope": scope, "follows": 0, "says": { "at": { "COMPLEX": { "climbs": climbs } } } });
        phone(world, "community").await.post(&format!("/v1/places/{complex}/policies"), &policy).await.ok();
    }
    let reported = async |who: &str, category: &str, joins: &Value| {
        let mut body = json!({ "place_id": complex, "category": category, "description": "堵了" });
        if !joins.is_null() {
            body["joins"] = joins.clone();
        }
        report(&phone(world, who).await, &body).await
    };
    let follow = async |who: &str, incident: &Value| {
        phone(world, who).await.post(&format!("{}/follows", path(incident)), &json!({})).await.ok();
    };
    let urge = async |who: &str, incident: &Value| {
        let urges = format!("/v1/followed-incidents/{}/urges", text(&incident["id"]));
        phone(world, who).await.post(&urges, &json!({})).await
    };
    let level = async |incident: &Value| {
        phone(world, PROPERTY).await.get(&path(incident)).await.ok()["holder"]["level"].clone()
    };

    // Who follows what is public may urge it, each household once a day; nobody else, and nobody who only serves there.
    let tree = reported(people[0], "GREENERY", &Value::Null).await;
    act(&phone(world, PROPERTY).await, &tree, "acknowledgements", json!({})).await;
    urge(people[1], &tree).await.refused(404, "NOT_FOUND");
    for who in [people[1], people[2], "o-urge-at-home", PROPERTY] {
        follow(who, &tree).await;
    }
    let seen = urge(people[1], &tree).await.ok();
    assert_eq!(
        (&seen["followed"], seen.get("holder")),
        (&json!(true), None),
        "no more than is public: {seen}"
    );
    urge(people[1], &tree).await.refused(409, "INCIDENT_URGED");
    urge("o-urge-at-home", &tree).await.refused(409, "INCIDENT_URGED");
    urge(PROPERTY, &tree).await.refused(404, "NOT_FOUND");
    urge("o-urge-elsewhere", &tree).await.refused(404, "NOT_FOUND");
    act(&phone(world, people[0]).await, &tree, "urges", json!({})).await;
    assert_eq!(level(&tree).await, "COMPLEX", "its reporter's household counts already");

    // A household that urges again is still one; the third carries it up.
    world.advance_clock(24 * 3600).await;
    urge("o-urge-at-home", &tree).await.ok();
    assert_eq!(level(&tree).await, "COMPLEX");
    urge(people[2], &tree).await.ok();
    let climbed = phone(world, people[0]).await.get(&path(&tree)).await.ok();
    assert_eq!((&climbed["holder"]["level"], &climbed["urges"]), (&json!("COMMUNITY"), &json!(4)));
    assert_eq!(array(&climbed["tenures"]).last().unwrap()["entered_by"], "VOLUME");
    let urges = array(&climbed["steps"]).iter().filter(|step| step["act"] == "URGE");
    let actors: Vec<&str> = urges.map(|step| text(&step["actor"])).collect();
    assert_eq!(actors, ["FOLLOWER", "REPORTER", "FOLLOWER", "FOLLOWER"]);
    act(&phone(world, people[0]).await, &tree, "withdrawals", json!({})).await;
    urge(people[1], &tree).await.refused(404, "NOT_FOUND");

    // Two that reported and one that urges one of the reports: what leads them climbs.
    let lead = reported(people[0], "DRAIN_BLOCKED", &Value::Null).await;
    let joined = reported(people[1], "DRAIN_BLOCKED", &lead["id"]).await;
    assert_eq!(joined["status"], "MERGED");
    follow("o-urge-at-home", &joined).await;
    urge("o-urge-at-home", &joined).await.ok();
    let cluster = format!("/v1/clusters/{}", text(&joined["cluster_id"]));
    let property = phone(world, PROPERTY).await;
    until(&property, &cluster, "counted who urges", |now| now["urging"] == 1).await;
    assert_eq!(level(&lead).await, "COMPLEX", "who urges has reported it");
    follow(people[2], &joined).await;
    urge(people[2], &joined).await.ok();
    let leads = until(&property, &path(&lead), "climbed", |now| now["holder"]["level"] == "COMMUNITY").await;
    assert_eq!(array(&leads["tenures"]).last().unwrap()["entered_by"], "VOLUME");
    let told = property.get(&cluster).await.ok();
    assert_eq!((&told["households"], &told["urging"]), (&json!(2), &json!(2)), "two have it");
    act(&phone(world, "community").await, &lead, "acknowledgements", json!({})).await;
    let evidence = send_photo(&phone(world, "community").await).await;
    let done = json!({ "words": "已疏通", "photo_ids": [evidence] });
    act(&phone(world, "community").await, &lead, "handlings", done).await;
    until(&phone(world, people[1]).await, &path(&joined), "was asked", |now| {
        now["status"] == "AWAIT_CONFIRM"
    })
    .await;
    world.advance_clock(24 * 3600).await;
    urge(people[2], &joined).await.refused(409, "INCIDENT_ELSEWHERE");
}

async fn what_leads_counts_since_the_earliest(world: &mut World) {
    let house = House::find(world).await;
    for (number, openid) in ["o-since-0", "o-since-1"].iter().enumerate() {
        house.rents(world, openid, 0, number).await;
    }
    let leader = json!({ "person_id": phone(world, "o-since-1").await.person, "role": "UNIT_LEADER" });
    let office = phone(world, "community").await;
    office.post(&format!("/v1/places/{}/roles", house.units[0]), &leader).await.ok();
    let (one, two) = (phone(world, "o-since-0").await, phone(world, "o-since-1").await);
    let property = phone(world, PROPERTY).await;
    let complex = world.complex().await;
    let wide = json!({ "place_id": complex, "category": "ELEVATOR_FAULT", "description": "电梯停了" });
    let clock = async |incident: &Value, kind: &str| {
        let clocks = property.get(&format!("{}/clocks", path(incident))).await.ok();
        let last =
            array(&clocks["items"]).iter().rfind(|one| one["kind"] == kind && one["cancelled"] == false);
        last.expect("the clock").clone()
    };
    let merge = async |ids: [&Value; 2]| {
        let both = json!({ "incident_ids": ids.map(|one| one["id"].clone()), "words": "同一台电梯" });
        property.post("/v1/clusters", &both).await.ok()
    };

    // Reported first, it came to the property office a while after that had the other.
    let first = report(&one, &house.report(0, "电梯停在三楼")).await;
    assert_eq!(first["holder"]["level"], "UNIT");
    world.advance_clock(600).await;
    let second = report(&two, &wide).await;
    world.advance_clock(600).await;
    act(&property, &first, "climbs", json!({ "reason": "OFFICER_PULL", "words": "物业处理" })).await;
    let before = clock(&first, "FIRST_CONTACT").await;
    assert_eq!(merge([&first, &second]).await["lead_id"], first["id"]);
    let leads = property.get(&path(&first)).await.ok();
    assert_eq!(leads["holder"]["due_at"], second["holder"]["due_at"], "as if it had been there from then on");
    let after = clock(&first, "FIRST_CONTACT").await;
    assert_eq!(after["started_at"], second["reported_at"]);
    assert!(time(&before["started_at"]) > time(&after["started_at"]));
    assert!(after["spent_seconds"].as_u64().unwrap() >= 600, "{after}");

    // An older one that a level below has not taken on yet waited for the same; what that level took on did not.
    act(&one, &first, "withdrawals", json!({})).await;
    let mut older = Vec::new();
    for is_taken_on in [true, false] {
        let incident = report(&one, &house.report(0, "电梯又停了")).await;
        assert_eq!(incident["holder"]["level"], "UNIT");
        if is_taken_on {
            act(&two, &incident, "acknowledgements", json!({})).await;
        }
        older.push(incident);
        world.advance_clock(600).await;
    }
    let higher = report(&one, &wide).await;
    let due = async || time(&property.get(&path(&higher)).await.ok()["holder"]["due_at"]);
    let promised = due().await;
    for (below, earlier) in [(&older[0], 0), (&older[1], 600)] {
        assert_eq!(merge([below, &higher]).await["lead_id"], higher["id"]);
        let gained = promised - due().await;
        assert!((gained - TimeDelta::seconds(earlier)).abs() < TimeDelta::seconds(60), "{gained}");
    }
    assert_eq!(clock(&higher, "FIRST_CONTACT").await["started_at"], older[1]["reported_at"]);
    assert_eq!(clock(&higher, "TOTAL").await["started_at"], older[0]["reported_at"]);
}
