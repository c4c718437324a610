//! That everything that somebody writes for others to read about incidents, or beside them, is looked at first.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    incidents::{COMMUNITY, PROPERTY, STREET, Town, act, array, phone, read, text},
    moderation::{decide, member},
    uploads::send_photo,
};
use crate::{
    contract::{Contract, Operation},
    phone::{Phone, Reply},
    sample, story,
    story::Story,
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(no_words_get_by_unlooked_at).in_the_demo(),
        story!(doubtful_words_are_kept_from_whom_they_are_for).in_the_demo(),
    ]
}

/// Operations that take words for others to read, and where in their bodies those stand.
const LOOKED_AT: &[(&str, &[&str])] = &[
    ("merge_incidents", &["/words"]),
    ("split_incident", &["/words"]),
    ("make_appeal", &["/reason"]),
    ("decide_appeal", &["/words"]),
    ("report_incident", &["/description"]),
    ("appeal_incident", &["/reason"]),
    ("climb_incident", &["/words"]),
    ("confirm_incident", &["/reason"]),
    ("delegate_incident", &["/words"]),
    ("divert_incident", &["/words"]),
    ("force_close_incident", &["/words"]),
    ("handle_incident", &["/words"]),
    ("inspect_incident", &["/words"]),
    ("note_incident", &["/words"]),
    ("object_incident", &["/words"]),
    ("pause_incident", &["/words"]),
    ("ask_reporter", &["/words"]),
    ("decline_incident", &["/words"]),
    ("reject_incident", &["/words"]),
    ("reopen_incident", &["/reason"]),
    ("reply_incident", &["/words"]),
    ("retarget_incident", &["/words"]),
    ("return_incident", &["/reason"]),
    ("urge_incident", &["/words"]),
    ("void_pause", &["/words"]),
    ("blow_whistle_over_incident", &["/subject"]),
    ("blow_whistle", &["/subject"]),
    ("call_off_whistle", &["/words"]),
    ("close_whistle", &["/words"]),
    ("extend_commitment", &["/words"]),
    ("settle_commitment", &["/words"]),
    ("minute_whistle", &["/commitments/0/what", "/minutes"]),
    ("ask_care", &["/need"]),
    ("call_off_visit", &["/words"]),
    ("settle_visit_commitment", &["/words"]),
    ("log_visit", &["/commitments/0/what", "/matters/0/words", "/needs", "/reports/0/description"]),
    ("plan_outage", &["/explanation"]),
    ("extend_outage", &["/reason"]),
    ("check_patrol_point", &["/findings/0/description"]),
    ("create_patrol_route", &["/name", "/points/0/name"]),
    ("answer_incidents", &["/words"]),
    ("appoint_incident", &["/words"]),
    ("write_template", &["/name", "/words"]),
    ("update_template", &["/name", "/words"]),
    ("load_programme_template", &["/text"]),
    ("begin_programme", &["/purpose"]),
    ("do_deed", &["/asks", "/boards/0", "/meeting/names/0", "/meeting/place", "/words"]),
    ("pause_programme", &["/words"]),
    ("resume_programme", &["/words"]),
    ("call_off_programme", &["/words"]),
];

/// Texts in the same rooms that nobody else reads as words.
const LEFT: &[(&str, &str, &str)] = &[
    ("make_appeal", "/figure", "a code"),
    ("find_matches", "/description", "compared, and not kept"),
    ("check_patrol_point", "/token", "what a code says"),
    ("close_month", "/period", "a month"),
    ("begin_programme", "/template", "the name of a template"),
    ("begin_programme", "/conditions/0", "a code of a template"),
    ("bind_poll", "/module", "a name in a template"),
    ("publish_formula", "/from", "a month"),
    ("save_view", "/name", "read by its author alone"),
    ("save_view", "/filter/named", "a code"),
    ("update_view", "/name", "read by its author alone"),
    ("update_view", "/filter/named", "a code"),
    ("set_rota", "/shifts/0/from", "a time of day"),
    ("set_rota", "/shifts/0/to", "a time of day"),
    ("do_deed", "/members/0/name", "somebody's name, masked except for those who form the group"),
];

/// The rooms of other things than incidents.
const ELSEWHERE: &[&str] =
    &["identity", "notices", "open311", "packs", "polls", "roll", "rules", "sessions", "uploads", "webhooks"];

fn resolved<'a>(schema: &'a Value, document: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(target) => {
            resolved(document.pointer(target.trim_start_matches('#')).expect("it is there"), document)
        }
        None => schema,
    }
}

/// Where a body takes a text of any content.
fn texts(schema: &Value, document: &Value, at: &str, found: &mut BTreeSet<String>) {
    let schema = resolved(schema, document);
    for choice in ["oneOf", "anyOf", "allOf"] {
        for one in schema[choice].as_array().into_iter().flatten() {
            texts(one, document, at, found);
        }
    }
    let is_text = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|kind| kind == "string"),
        kind => kind == "string",
    };
    if is_text && ["enum", "format", "const"].iter().all(|known| schema.get(known).is_none()) {
        found.insert(at.to_owned());
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        texts(member, document, &format!("{at}/{name}"), found);
    }
    if let Some(items) = schema.get("items") {
        texts(items, document, &format!("{at}/0"), found);
    }
}

/// A body with these words at a place in it, and whatever has to stand around them.
fn put(body: &mut Value, schema: &Value, steps: &[&str], words: &str) {
    let document = Contract::get().document();
    let schema = resolved(schema, document);
    let may_be_left_out =
        schema["oneOf"].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null"));
    let schema = may_be_left_out.map_or(schema, |one| resolved(one, document));
    let Some((step, rest)) = steps.split_first() else {
        *body = json!(words);
        return;
    };
    if body.is_null() {
        *body = sample::of(schema, document);
    }
    if *step == "0" {
        let items = &schema["items"];
        let list = body.as_array_mut().expect("a list");
        if list.is_empty() {
            list.push(sample::of(items, document));
        }
        put(&mut list[0], items, rest, words);
    } else {
        let member = &schema["properties"][step];
        let is_list = resolved(member, document)["type"] == "array";
        let empty = if is_list { json!([]) } else { Value::Null };
        let members = body.as_object_mut().expect("an object");
        put(members.entry((*step).to_owned()).or_insert(empty), member, rest, words);
    }
}

/// What there is to say something about.
struct Things {
    complex: String,
    /// Whose desk the speaker has.
    desk: String,
    incident: String,
    other: String,
    whistle: String,
    visit: String,
    round: String,
    outage: String,
    template: String,
    programme: String,
}

impl Things {
    async fn make(town: &Town, speaker: &Phone, author: &Phone) -> Self {
        let reported = async |category: &str| {
            let body = json!({ "place_id": town.complex, "category": category, "description": "请看一下" });
            text(&author.post("/v1/incidents", &body).await.ok()["id"]).to_owned()
        };
        let made = async |path: &str, body: Value| speaker.post(path, &body).await.ok();
        let id = |made: Value| text(&made["id"]).to_owned();
        let point = json!({ "place_id": town.complex, "name": "大堂", "categories": ["CLEANING"] });
        let route = json!({ "place_id": town.complex, "name": "巡查", "every_hours": 24, "points": [point] });
        let route = id(made("/v1/patrol-routes", route).await);
        let blow = json!({ "subject": "商量一下", "severity": "S3", "lead": "STREET_OFFICER", "assist": [] });
        let off = json!({ "place_id": town.complex, "categories": ["ELEVATOR_FAULT"],
            "explanation": "电梯年检", "until": later(speaker, 2).await });
        let template = json!({ "name": "收到", "words": "已收到" });
        let begin = json!({ "template": "ordinary-matter", "purpose": "选聘物业" });
        Self {
            incident: reported("DRAIN_BLOCKED").await,
            other: reported("DRAIN_BLOCKED").await,
            whistle: id(made(&format!("/v1/places/{}/whistles", town.complex), blow).await),
            visit: id(made("/v1/visits", json!({ "place_id": town.complex })).await),
            round: id(made(&format!("/v1/patrol-routes/{route}/rounds"), json!({})).await),
            outage: id(made("/v1/outages", off).await),
            template: id(made(&format!("/v1/places/{}/desk/templates", town.community), template).await),
            programme: id(made(&format!("/v1/places/{}/programmes", town.complex), begin).await),
            complex: town.complex.clone(),
            desk: town.community.clone(),
        }
    }

    fn path(&self, operation: &Operation) -> String {
        let place = if operation.path.contains("/desk/") { &self.desk } else { &self.complex };
        let known = [
            ("{place_id}", place),
            ("{incident_id}", &self.incident),
            ("{whistle_id}", &self.whistle),
            ("{visit_id}", &self.visit),
            ("{round_id}", &self.round),
            ("{outage_id}", &self.outage),
            ("{template_id}", &self.template),
            ("{programme_id}", &self.programme),
        ];
        let part = |part: &str| {
            let id = known.iter().find(|(name, _)| *name == part).map(|(_, id)| (*id).clone());
            let unknown = || "00000000-0000-4000-8000-00000000dead".to_owned();
            id.unwrap_or_else(|| if part.starts_with('{') { unknown() } else { part.to_owned() })
        };
        operation.path.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    /// A body that says these words at a place in it, about what there is.
    fn body(&self, operation: &Operation, at: &str, words: &str) -> Value {
        let schema = operation.json_body().expect("it takes a body");
        let mut body = operation.sample().expect("it takes a body");
        put(&mut body, schema, &at.split('/').skip(1).collect::<Vec<_>>(), words);
        for (name, value) in [
            ("place_id", json!(self.complex)),
            ("incident_id", json!(self.incident)),
            ("incident_ids", json!([self.incident, self.other])),
            ("act", json!("NOTE")),
        ] {
            if body.get(name).is_some() {
                body[name] = value;
            }
        }
        body
    }
}

async fn later(phone: &Phone, hours: i64) -> Value {
    let now: chrono::DateTime<chrono::FixedOffset> =
        text(&phone.get("/v1/home").await.ok()["server_time"]).parse().expect("a time");
    json!(now + chrono::TimeDelta::hours(hours))
}

async fn say(phone: &Phone, operation: &Operation, path: &str, body: &Value) -> Reply {
    let mut call = phone.call(operation.method.clone(), path).json(body);
    if operation.takes_key() {
        call = call.keyed();
    }
    if operation.takes_version() {
        call = call.header("if-match", "\"v1\"");
    }
    call.send().await
}

async fn no_words_get_by_unlooked_at(world: &mut World) {
    let (town, contract) = (Town::find(world).await, Contract::get());
    let tagged = |operation: &&Operation| {
        let tag =
            contract.document()["paths"][&operation.path][operation.method.as_str().to_lowercase()]["tags"]
                [0]
            .as_str()
            .unwrap_or_default();
        !ELSEWHERE.contains(&tag)
    };
    let mut served = BTreeSet::new();
    for operation in contract.operations().iter().filter(tagged) {
        let Some(schema) = operation.json_body() else { continue };
        let mut found = BTreeSet::new();
        texts(schema, contract.document(), "", &mut found);
        served.extend(found.into_iter().map(|at| (operation.id.clone(), at)));
    }
    let listed = LOOKED_AT.iter().flat_map(|(id, places)| places.iter().map(|at| (*id, *at)));
    let left = LEFT.iter().map(|(id, at, _)| (*id, *at));
    let known: BTreeSet<(String, String)> =
        listed.chain(left).map(|(id, at)| (id.to_owned(), at.to_owned())).collect();
    assert_eq!(served, known, "have each text looked at, or say why nobody else reads it");

    let author = member(world, &town, "o-words-author").await;
    let speaker = officer(world, &town).await;
    let things = Things::make(&town, &speaker, &author).await;
    let mut unlooked = Vec::new();
    for (id, places) in LOOKED_AT {
        let operation = contract.operations().iter().find(|one| one.id == *id).expect("it is served");
        for at in *places {
            let body = things.body(operation, at, "这是 sim-risky");
            let reply = say(&speaker, operation, &things.path(operation), &body).await;
            if reply.status != 422 || !reply.text().contains("CONTENT_REFUSED") {
                unlooked.push(format!("{id} {at}: {} {}", reply.status, reply.text()));
            }
        }
    }
    assert!(unlooked.is_empty(), "{}", unlooked.join("\n"));
    let now = speaker.get(&format!("/v1/incidents/{}", things.incident)).await.ok();
    assert_eq!(array(&now["steps"]).len(), 1, "nothing is kept of it: {now}");
}

/// Somebody of the community office who uses WeChat.
async fn officer(world: &World, town: &Town) -> Phone {
    let officer = phone(world, "o-words-officer").await;
    let role = json!({ "person_id": officer.person, "role": "COMMUNITY_OFFICER" });
    let street = phone(world, STREET).await;
    street.post(&format!("/v1/places/{}/roles", town.community), &role).await.ok();
    phone(world, "o-words-officer").await
}

async fn doubtful_words_are_kept_from_whom_they_are_for(world: &mut World) {
    let town = Town::find(world).await;
    let author = member(world, &town, "o-words-author").await;
    let (property, community) = (phone(world, PROPERTY).await, phone(world, COMMUNITY).await);
    Town::appoint(world, "o-words-worker", "PROPERTY_MANAGER", &town.complex).await;
    let (worker, officer) = (phone(world, "o-words-worker").await, officer(world, &town).await);
    let reported =
        json!({ "place_id": town.complex, "category": "DRAIN_BLOCKED", "description": "井盖冒水" });
    let reported = author.post("/v1/incidents", &reported).await.ok();
    let words = "一会儿 sim-review";
    let said = |more: Value| {
        let mut body = json!({ "words": words });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        body
    };
    let soon = later(&worker, 3).await;
    let photo = send_photo(&worker).await;
    let course = [
        (&worker, "questions", said(json!({})), true),
        (&author, "replies", said(json!({})), false),
        (&worker, "acknowledgements", json!({}), false),
        (&worker, "pauses", said(json!({ "reason": "AWAITING_PARTS", "until": soon })), true),
        (&officer, "voidings", said(json!({})), true),
        (&worker, "objections", said(json!({})), true),
        (&officer, "refusals", said(json!({})), true),
        (&worker, "handlings", said(json!({ "photo_ids": [photo] })), true),
        (&author, "returns", json!({ "reason": words }), false),
        (&author, "urges", said(json!({})), false),
        (&worker, "climbs", said(json!({ "reason": "OUT_OF_SCOPE" })), true),
    ];
    for (who, what, body, is_held) in course {
        let now = act(who, &reported, what, body.clone()).await.ok();
        let last = |incident: &Value| {
            let steps = array(&incident["steps"]).iter().rev();
            steps.map(|step| (step["words"].clone(), step["held"].clone())).next().unwrap()
        };
        if body.get("words").is_none() && body.get("reason").is_none() {
            continue;
        }
        assert_eq!(last(&read(&property, &reported).await).0, words, "{what}: the ladder reads it: {now}");
        let theirs = last(&read(&author, &reported).await);
        assert_eq!(theirs.0.is_null(), is_held, "{what}: {theirs:?}");
        assert_eq!(theirs.1, json!(true), "{what}");
    }
    // A person passes them, and its reporter reads them.
    let list = format!("/v1/places/{}/held-contents", town.complex);
    let mut held = community.all(&list, 100).await;
    held.retain(|one| one["incident_id"] == reported["id"] && one.get("photo_id").is_none());
    assert_eq!(held.len(), 10);
    for one in held {
        assert_eq!((&one["state"], &one["words"]), (&json!("HELD"), &json!(words)));
        decide(&community, &one, json!({ "finding": "PASS" })).await.ok();
    }
    let now = read(&author, &reported).await;
    assert!(array(&now["steps"]).iter().all(|step| step["held"] == false), "{now}");

    // Of an outage everybody reads nothing until then, but that there is one.
    let plan = json!({ "place_id": town.complex, "categories": ["ELEVATOR_FAULT"], "explanation": words,
        "until": later(&officer, 2).await });
    let outage = officer.post("/v1/outages", &plan).await.ok();
    assert_eq!(outage["explanation"], words, "who plans outages reads what was said");
    let at = format!("/v1/outages/{}", text(&outage["id"]));
    let masked = json!("█".repeat(words.chars().count()));
    let card = format!("/v1/places/{}/promises/ELEVATOR_FAULT", town.complex);
    let shown = async || {
        let card = author.get(&card).await.ok()["outage"]["explanation"].clone();
        (author.get(&at).await.ok()["explanation"].clone(), card)
    };
    assert_eq!(shown().await, (masked.clone(), masked));
    let held = community.all(&list, 100).await;
    let held = held.iter().find(|one| one["outage_id"] == outage["id"]).expect("it waits for a person");
    assert_eq!((&held["words"], &held["category"]), (&json!(words), &json!("ELEVATOR_FAULT")));
    assert!(held.get("incident_id").is_none(), "{held}");
    let masks = json!({ "finding": "PASS", "masks": [{ "from": 4, "to": 14 }] });
    let decided = decide(&community, held, masks).await.ok();
    assert_eq!(decided["state"], "PASSED");
    let rest = json!(format!("一会儿 {}", "█".repeat(10)));
    assert_eq!(shown().await, (rest.clone(), rest));
    // What is said anew is looked at anew.
    let longer = json!({ "until": later(&officer, 4).await, "reason": "配件未到" });
    officer.call(Method::POST, &format!("{at}/extensions")).keyed().json(&longer).send().await.ok();
    assert_eq!(shown().await.0, "配件未到");
}
