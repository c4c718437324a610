//! What people are told of an incident, by which way, and that nobody is told twice or what is not theirs.

use std::{
    collections::HashSet,
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, FixedOffset, NaiveTime, TimeDelta, Timelike};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{
    eventually,
    incidents::{COMMUNITY, PROPERTY, STREET, Town, act, phone, report, run_out, time},
    record::all_changes,
    until,
    uploads::send_photo,
};
use crate::{
    phone::Phone,
    secrets, story,
    story::{Database, Sessions, Story},
    world::World,
};

pub(super) const WAYS: &[&str] = &[
    "wechat_templates=TASK=tmpl-task(thing1:what,thing2:where,time3:when,phrase4:short);\
     PROGRESS=tmpl-progress(thing1:sentence,thing2:what);ANSWER=tmpl-answer(thing1:sentence,time2:when)",
    "wechat_push_token=BlackBoxPush",
    "wechat_push_key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "sms=file:sms",
    "email=file:mail",
    "webhooks_anywhere=on",
];
const SEND: &str = "/cgi-bin/message/subscribe/send";
const MANAGER: &str = "o-notices-manager";
const REPORTER: &str = "o-notices-reporter";

pub fn stories() -> Vec<Story> {
    let all = [
        story!(each_is_told_of_an_incident_what_concerns_them).in_the_demo().with(WAYS),
        story!(who_is_asked_is_told_and_the_reporter_what_came_of_it).in_the_demo(),
        story!(what_nobody_answers_is_told_to_both_sides_once).in_the_demo(),
        story!(who_looks_whether_it_was_done_is_told_and_whose_pause_is_void).in_the_demo(),
        story!(a_reply_is_told_and_what_the_ladder_says_among_itself_is_not).in_the_demo(),
        story!(whom_a_level_tells_hears_from_the_report_on_and_at_any_hour_of_danger)
            .in_the_demo()
            .with(WAYS),
        story!(at_night_only_danger_is_told_and_what_is_done_is_not_told_at_all).in_the_demo().with(WAYS),
        story!(a_policy_says_when_nobody_is_told_and_danger_is_told_then).in_the_demo().with(WAYS),
        story!(who_is_convened_is_told_once_and_no_more_when_it_is_called_off).in_the_demo().with(WAYS),
        story!(what_fails_is_tried_again_and_kept_for_the_operator).in_the_demo().with(WAYS),
        story!(who_is_killed_while_a_message_is_on_its_way_sends_it_once).in_the_demo().with(WAYS),
        story!(another_system_is_told_signed_and_again_when_it_failed).in_the_demo().with(WAYS),
        story!(another_system_is_told_what_its_office_may_read_and_while_it_lasts).in_the_demo().with(WAYS),
        story!(nothing_private_is_called_and_no_letter_goes_where_none_is_configured).in_the_demo(),
    ];
    let why = "nothing of it asks Redis, and each waits for many a round of the jobs";
    all.into_iter()
        .map(|story| {
            story.only_in(why, |setting| {
                (setting.database == Database::Sqlite) == (setting.sessions == Sessions::InMemory)
            })
        })
        .collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn array(value: &Value) -> &[Value] {
    value.as_array().expect("an array")
}

/// The demo's complex with a manager and a committee member who use WeChat.
struct Office {
    complex: String,
    manager_role: String,
}

impl Office {
    async fn open(world: &World) -> Self {
        // What the demo left open comes to rest at the top, where nobody of this office is told of it.
        for _ in 0..4 {
            pass(world, 15 * 86_400).await;
            until_rested(world, "incidents").await;
        }
        until_told(world).await;
        let numbers = [(MANAGER, "15400000071"), (REPORTER, "15400000072")];
        for (openid, number) in numbers {
            secrets::remember(number);
            world.wechat_order("users", &json!({ "openid": openid, "phone": number })).await;
        }
        teach_templates(world).await;
        let complex = world.complex().await;
        let office = world.sign_in("community").await;
        let appoint = async |openid: &str, role: &str| {
            let person = world.wechat_user(openid).await.person;
            let body = json!({ "person_id": person, "role": role });
            let role = office.post(&format!("/v1/places/{complex}/roles"), &body).await.ok();
            text(&role["id"]).to_owned()
        };
        let manager_role = appoint(MANAGER, "PROPERTY_MANAGER").await;
        appoint(REPORTER, "COMMITTEE_MEMBER").await;
        Self { complex, manager_role }
    }

    /// Lets both keep their phone, so that short messages reach them.
    async fn with_phones(self, world: &World) -> Self {
        for openid in [MANAGER, REPORTER] {
            let code = world.wechat_order("phone_code", &json!({ "openid": openid })).await;
            world.wechat_user(openid).await.put("/v1/me/phone", &code).await.ok();
        }
        self
    }

    async fn report(&self, world: &World, category: &str) -> String {
        let body = json!({ "place_id": self.complex, "category": category, "description": "只给处理的人看的描述",
            "photo_ids": [] });
        let incident = world.wechat_user(REPORTER).await.post("/v1/incidents", &body).await.ok();
        format!("/v1/incidents/{}", text(&incident["id"]))
    }
}

/// Has WeChat know the templates of [`WAYS`].
pub(super) async fn teach_templates(world: &World) {
    for (id, fields) in [
        ("tmpl-task", json!(["thing1", "thing2", "time3", "phrase4"])),
        ("tmpl-progress", json!(["thing1", "thing2"])),
        ("tmpl-answer", json!(["thing1", "time2"])),
    ] {
        world.wechat_order("templates", &json!({ "template_id": id, "fields": fields })).await;
    }
}

/// Moves the clocks, ours and WeChat's, to the next time that it is this o'clock in China.
pub(super) async fn until_oclock(world: &World, hour: u32) {
    let now = world.guest().beside("/demo/clock", &json!({ "seconds": 1 })).await.ok();
    let now: DateTime<FixedOffset> = text(&now["server_time"]).parse().unwrap();
    let then = now.date_naive().and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap());
    let then = then.and_local_timezone(*now.offset()).unwrap();
    let then = if now.hour() >= hour { then + TimeDelta::days(1) } else { then };
    pass(world, u64::try_from((then - now).num_seconds()).unwrap() + 1).await;
    until_told(world).await;
}

pub(super) async fn pass(world: &World, seconds: u64) {
    world.advance_clock(seconds).await;
    world.wechat_order("advance", &json!({ "seconds": seconds })).await;
}

/// The messages that WeChat took, as (openid, template).
async fn taken(world: &World) -> Vec<(String, String, Value)> {
    let sent = world.wechat_journal(SEND).await;
    let took = sent.into_iter().filter(|entry| entry["answer"]["errcode"] == 0);
    took.map(|entry| {
        let body = &entry["body"];
        (text(&body["touser"]).to_owned(), text(&body["template_id"]).to_owned(), body["data"].clone())
    })
    .collect()
}

async fn until_taken(world: &World, openid: &str, template: &str, count: usize) -> Value {
    eventually(&format!("message {count} of {template} to {openid}"), async || {
        let all = taken(world).await;
        let theirs: Vec<_> = all.into_iter().filter(|(to, of, _)| to == openid && of == template).collect();
        (theirs.len() >= count).then(|| theirs[count - 1].2.clone())
    })
    .await
}

/// What lies in a folder of letters, in no order.
pub(super) fn letters(world: &World, folder: &str) -> Vec<Value> {
    let found = fs::read_dir(world.data.folder.join(folder)).into_iter().flatten().flatten();
    let whole =
        found.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|kind| kind == "json"));
    whole.map(|path: PathBuf| serde_json::from_slice(&fs::read(path).unwrap()).unwrap()).collect()
}

async fn until_letters(world: &World, count: usize) -> Vec<Value> {
    eventually(&format!("{count} short messages"), async || {
        let found = letters(world, "sms");
        (found.len() >= count).then_some(found)
    })
    .await
}

/// Until all that stands in the record was told and sent, as far as it is due.
async fn until_told(world: &World) {
    for job in ["record", "notices_told", "notices_sent"] {
        until_rested(world, job).await;
    }
}

/// Until a job has looked from the beginning and found nothing more to do.
pub(super) async fn until_rested(world: &World, job: &str) {
    // The round that is under way may have looked before.
    let enough = world.rests(job) + 2;
    eventually(job, async || (world.rests(job) >= enough).then_some(())).await;
}

/// Carries what WeChat pushes to our door; the statuses.
pub(super) async fn push(world: &World, order: Value) -> Vec<u16> {
    let pushes = world.wechat_order("pushes", &order).await;
    let mut statuses = Vec::new();
    for push in array(&pushes) {
        let url = format!("http://{}/wechat/push?{}", world.address(), text(&push["query"]));
        let body = text(&push["body"]).to_owned();
        let answer = Phone::client().post(url).header("content-type", "application/json").body(body);
        let answer = answer.send().await.unwrap();
        statuses.push(answer.status().as_u16());
        if answer.status() == 200 {
            assert_eq!(answer.text().await.unwrap(), "success");
        }
    }
    statuses
}

pub(super) fn safe() -> Value {
    json!({ "token": "BlackBoxPush", "key": "A".repeat(43) })
}

/// The same from a console that is set to XML, and to have the message in the clear beside what is encrypted.
pub(super) fn safe_xml() -> Value {
    json!({ "token": "BlackBoxPush", "key": "A".repeat(43), "form": "xml", "compatible": true })
}

async fn left(phone: &Phone) -> Vec<i64> {
    let all = phone.get("/v1/me/subscriptions").await.ok();
    array(&all["items"]).iter().map(|one| one["messages_left"].as_i64().unwrap()).collect()
}

pub(super) async fn accept(world: &World, openid: &str, templates: &[&str]) {
    world.wechat_order("subscribe", &json!({ "openid": openid, "template_id": templates })).await;
    let answers: Vec<_> =
        templates.iter().map(|id| json!({ "template_id": id, "answer": "ACCEPT" })).collect();
    let phone = world.wechat_user(openid).await;
    phone.post("/v1/me/subscriptions", &json!({ "answers": answers })).await.ok();
}

async fn each_is_told_of_an_incident_what_concerns_them(world: &mut World) {
    let office = Office::open(world).await.with_phones(world).await;
    until_oclock(world, 10).await;
    let lying = letters(world, "sms").len();
    // WeChat greets, and is told from others.
    let greeting = world
        .wechat_order("greeting", &json!({ "token": "BlackBoxPush", "echo": "4375120948345356249" }))
        .await;
    let door = format!("http://{}/wechat/push?", world.address());
    let greeted = Phone::client().get(format!("{door}{}", text(&greeting["query"]))).send().await.unwrap();
    assert_eq!(greeted.text().await.unwrap(), "4375120948345356249");
    let stranger = world.wechat_order("greeting", &json!({ "token": "another", "echo": "1" })).await;
    let refused = Phone::client().get(format!("{door}{}", text(&stranger["query"]))).send().await.unwrap();
    assert_eq!(refused.status(), 403);

    // An accept is told by the phone and by WeChat, as often as it likes, and counts once.
    let carried_twice = async |order: Value| {
        for flaw in ["plain_signature", "foreign_appid", "length_beyond", "tampered"] {
            let mut flawed = order.clone();
            flawed["flaw"] = json!(flaw);
            assert_eq!(push(world, flawed).await, [403], "{flaw}");
        }
        let mut clear = order.clone();
        clear["key"] = Value::Null;
        assert_eq!(push(world, clear).await, [403], "in the clear");
        for _ in 0..2 {
            assert_eq!(push(world, order.clone()).await, [200]);
        }
    };
    accept(world, MANAGER, &["tmpl-task"]).await;
    carried_twice(safe()).await;
    accept(world, REPORTER, &["tmpl-progress", "tmpl-answer"]).await;
    let mut in_xml = safe_xml();
    in_xml["skip"] = json!(1);
    carried_twice(in_xml).await;
    assert_eq!(left(&world.wechat_user(MANAGER).await).await, [1, 0, 0]);
    assert_eq!(left(&world.wechat_user(REPORTER).await).await, [0, 1, 1]);
    let foreign = json!({ "answers": [{ "template_id": "tmpl-none", "answer": "ACCEPT" }] });
    world
        .wechat_user(REPORTER)
        .await
        .post("/v1/me/subscriptions", &foreign)
        .await
        .refused(422, "TEMPLATE_FOREIGN");

    // The walk: reported, acknowledged, handled, confirmed.
    let incident = office.report(world, "FIRE_LANE_BLOCKED").await;
    let task = until_taken(world, MANAGER, "tmpl-task", 1).await;
    assert_eq!(task["phrase4"]["value"], "新的上报");
    let manager = world.wechat_user(MANAGER).await;
    manager.post(&format!("{incident}/acknowledgements"), &json!({})).await.ok();
    let progress = until_taken(world, REPORTER, "tmpl-progress", 1).await;
    assert_eq!(progress["thing1"]["value"], "您上报的事件已有人接手");
    let photo = send_photo(&manager).await;
    let handled = json!({ "words": "已劝离", "photo_ids": [photo] });
    manager.post(&format!("{incident}/handlings"), &handled).await.ok();
    until_taken(world, REPORTER, "tmpl-answer", 1).await;
    let reporter = world.wechat_user(REPORTER).await;
    reporter.post(&format!("{incident}/confirmations"), &json!({ "satisfaction": "SATISFIED" })).await.ok();
    let told = async |phone: &Phone| -> Vec<String> {
        let all = phone.all("/v1/notices", 2).await;
        let of_it = all.iter().filter(|one| incident.ends_with(text(&one["subject_id"])));
        of_it.map(|one| text(&one["kind"]).to_owned()).collect()
    };
    eventually("the manager's inbox", async || {
        (told(&manager).await == ["INCIDENT_CONFIRMED", "INCIDENT_REPORTED"]).then_some(())
    })
    .await;
    assert_eq!(told(&reporter).await, ["INCIDENT_HANDLED", "INCIDENT_ACKNOWLEDGED"]);
    assert_eq!(letters(world, "sms").len(), lying, "nobody is told by two ways");
    assert_eq!((left(&manager).await, left(&reporter).await), (vec![0, 0, 0], vec![0, 0, 0]));

    // Nothing is left of the account: the next task comes by short message, without what was written.
    office.report(world, "FIRE_LANE_BLOCKED").await;
    let sent = until_letters(world, lying + 1).await;
    assert!(sent.iter().all(|letter| letter["to"] == "15400000071"), "{sent:?}");
    assert!(sent.iter().all(|letter| !letter.to_string().contains("描述")), "{sent:?}");
    assert_eq!(taken(world).await.len(), 3);

    // One's own alone, marked as read once.
    let inbox = manager.get("/v1/notices?unread=true").await.ok();
    let first = text(&inbox["items"][0]["id"]).to_owned();
    let path = format!("/v1/notices/{first}/readings");
    reporter.post(&path, &json!({})).await.refused(404, "NOT_FOUND");
    assert!(manager.post(&path, &json!({})).await.ok()["read_at"].is_string());
    let unread = manager.all("/v1/notices?unread=true", 50).await;
    assert_eq!(unread.len(), array(&inbox["items"]).len() - 1);
    // Whoever leaves the post sees nothing of it any more.
    world.sign_in("community").await.delete(&format!("/v1/roles/{}", office.manager_role)).await;
    let manager = world.wechat_user(MANAGER).await;
    assert!(manager.all("/v1/notices", 50).await.iter().all(|one| one["topic"] != "TASK"));
    manager.post(&path, &json!({})).await.refused(404, "NOT_FOUND");

    // An office sees where nobody can be told anything.
    let community = world.sign_in("community").await;
    let reach = community.get(&format!("/v1/places/{}/reach", office.complex)).await.ok();
    assert_eq!((&reach["homes"], &reach["reached"]), (&json!(528), &json!(0)));
    let building = text(&reach["buildings"][0]["building_id"]).to_owned();
    let unreached = community.all(&format!("/v1/places/{building}/unreached-homes"), 50).await;
    assert_eq!(json!(unreached.len()), reach["buildings"][0]["homes"]);
    reporter.get(&format!("/v1/places/{}/reach", office.complex)).await.refused(404, "NOT_FOUND");

    // An address is proved before letters go there.
    let address = json!({ "address": "notice@example.org" });
    reporter.put("/v1/me/email", &json!({ "address": "nobody" })).await.refused(422, "EMAIL_UNREADABLE");
    reporter.put("/v1/me/email", &address).await.ok();
    let code = letters(world, "mail").remove(0);
    let code = text(&code["text"]).split_whitespace().nth(1).unwrap().split('，').next().unwrap().to_owned();
    let with = |code: &str| json!({ "address": "notice@example.org", "code": code });
    reporter
        .post("/v1/me/email/confirmations", &with("0123456789abcdef"))
        .await
        .refused(422, "EMAIL_CODE_WRONG");
    let confirmed = reporter.post("/v1/me/email/confirmations", &with(&code)).await.ok();
    assert_eq!(confirmed["state"], "CONFIRMED");
}

/// Somebody of the demo's complex, who reports or follows what happens there.
const RESIDENT: &str = super::incidents::REPORTER;

/// What somebody was told of an incident, the first first.
async fn told_of(phone: &Phone, incident: &Value) -> Vec<Value> {
    let mut all = phone.all("/v1/notices", 100).await;
    all.retain(|notice| notice["subject_id"] == incident["id"]);
    all.reverse();
    all
}

async fn kinds(phone: &Phone, incident: &Value) -> Vec<String> {
    told_of(phone, incident).await.iter().map(|notice| text(&notice["kind"]).to_owned()).collect()
}

/// The words of the last that somebody was told of an incident.
async fn last_words(phone: &Phone, incident: &Value) -> String {
    let last = told_of(phone, incident).await.pop().expect("somebody was told");
    text(&last["words"]["zh"]).to_owned()
}

/// Those who have to do with what is reported in the demo.
struct People {
    reporter: Phone,
    property: Phone,
    office: Phone,
    street: Phone,
}

impl People {
    async fn of(world: &World) -> Self {
        Self {
            reporter: phone(world, RESIDENT).await,
            property: phone(world, PROPERTY).await,
            office: phone(world, COMMUNITY).await,
            street: phone(world, STREET).await,
        }
    }

    /// Whom each was told what of an incident, once all is told: the reporter, the property company, the community's
    /// office, the street's.
    async fn told(&self, world: &World, incident: &Value) -> [Vec<String>; 4] {
        until_told(world).await;
        until_rested(world, "many_told").await;
        let of = async |phone: &Phone| kinds(phone, incident).await;
        [of(&self.reporter).await, of(&self.property).await, of(&self.office).await, of(&self.street).await]
    }
}

async fn who_is_asked_is_told_and_the_reporter_what_came_of_it(world: &mut World) {
    let (town, people) = (Town::find(world).await, People::of(world).await);
    let People { reporter, property, office, street } = &people;
    let tree = report(reporter, &town.complex, "GREENERY", &[]).await;
    let not_ours = |to: Option<&str>| json!({ "to_level": to, "words": "市政绿地，不归物业" });
    let no = json!({ "words": "在小区红线内" });

    let reported = people.told(world, &tree).await;

    // The property company says that it is not theirs: the office next above decides, and is told by when.
    let objected = act(property, &tree, "objections", not_ours(None)).await.ok();
    let put = people.told(world, &tree).await;
    assert_eq!((&put[0], &put[1], &put[3]), (&reported[0], &reported[1], &reported[3]));
    assert_eq!(put[2], [&reported[2][..], &["INCIDENT_OBJECTED".into()]].concat());
    let asked = told_of(office, &tree).await.pop().unwrap();
    assert_eq!(
        (&asked["topic"], &asked["words"]["zh"]),
        (&json!("TASK"), &json!("承办方称事件不归其管，请您裁定"))
    );
    assert_eq!(time(&asked["due_at"]), time(&objected["holder"]["proposal"]["until"]));
    act(office, &tree, "refusals", no.clone()).await.ok();
    let decided = people.told(world, &tree).await;
    for (decided, put) in decided.iter().zip(&put).take(2) {
        assert_eq!(decided[put.len()..], ["INCIDENT_HANDOVER_DECLINED"]);
    }
    assert_eq!(decided[2..], put[2..], "who decided knows it");
    assert_eq!(last_words(reporter, &tree).await, "承办方称不归其管，经裁定仍由其处理");

    // The office takes it and asks the company to have it back: nobody else is told, nor the reporter that it would not.
    act(office, &tree, "climbs", json!({ "reason": "OFFICER_PULL", "words": "社区统一处理" })).await.ok();
    let before = people.told(world, &tree).await;
    let back = json!({ "to_level": "COMPLEX", "words": "贵司已答应本周修剪" });
    let proposed = act(office, &tree, "delegations", back.clone()).await.ok();
    let now = people.told(world, &tree).await;
    assert_eq!((&now[0], &now[2], &now[3]), (&before[0], &before[2], &before[3]));
    assert_eq!(now[1], [&before[1][..], &["INCIDENT_DELEGATION_PROPOSED".into()]].concat());
    let asked = told_of(property, &tree).await.pop().unwrap();
    assert_eq!(time(&asked["due_at"]), time(&proposed["holder"]["proposal"]["until"]));
    act(property, &tree, "refusals", no).await.ok();
    let then = people.told(world, &tree).await;
    assert_eq!((&then[0], &then[1], &then[3]), (&now[0], &now[1], &now[3]));
    assert_eq!(then[2], [&now[2][..], &["INCIDENT_HANDOVER_DECLINED".into()]].concat());

    // What is agreed to is told to whoever has it now, and to the reporter.
    act(office, &tree, "delegations", back).await.ok();
    act(property, &tree, "consents", json!({})).await.ok();
    let below = people.told(world, &tree).await;
    let handed_over = ["INCIDENT_HANDED_OVER".to_owned()];
    assert_eq!(below[0], [&then[0][..], &handed_over].concat());
    assert_eq!(below[1][then[1].len()..], ["INCIDENT_DELEGATION_PROPOSED", "INCIDENT_HANDED_OVER"]);
    assert_eq!(last_words(property, &tree).await, "事件已交到您处，请尽快接手");
    assert_eq!(last_words(reporter, &tree).await, "您上报的事件已转由另一级处理");
    // Whom it would go to may decide as well, and is asked with whoever is next.
    act(property, &tree, "objections", not_ours(Some("STREET"))).await.ok();
    let asked = people.told(world, &tree).await;
    assert_eq!((&asked[0], &asked[1]), (&below[0], &below[1]));
    for (asked, below) in asked.iter().zip(&below).skip(2) {
        assert_eq!(asked[below.len()..], ["INCIDENT_OBJECTED"]);
    }
    act(street, &tree, "consents", json!({})).await.ok();
    let upheld = people.told(world, &tree).await;
    assert_eq!(upheld[0], [&below[0][..], &handed_over].concat());
    assert_eq!(upheld[3], [&asked[3][..], &handed_over].concat());
    assert_eq!((&upheld[1], &upheld[2]), (&asked[1], &asked[2]));
}

async fn what_nobody_answers_is_told_to_both_sides_once(world: &mut World) {
    let (town, people) = (Town::find(world).await, People::of(world).await);
    let People { reporter, property, .. } = &people;
    let tree = report(reporter, &town.complex, "GREENERY", &[]).await;
    act(property, &tree, "acknowledgements", json!({})).await.ok();
    let lapsed = async |people: &People| {
        people.told(world, &tree).await.map(|all| all.iter().filter(|kind| *kind == LAPSED).count())
    };
    let a_day = async || {
        world.advance_clock(24 * 60 * 60).await;
        People::of(world).await
    };

    // It is not theirs, says the property company, and the office says nothing to that.
    let not_ours = json!({ "words": "市政绿地，不归物业" });
    let objected = act(property, &tree, "objections", not_ours.clone()).await.ok();
    assert_eq!(lapsed(&people).await, [0; 4]);
    let people = a_day().await;
    let path = super::incidents::path(&tree);
    let lone = until(&people.reporter, &path, "lapsed", |now| now["version"] != objected["version"]).await;
    assert_eq!((&lone["holder"]["level"], lone["holder"].get("proposal")), (&json!("COMPLEX"), None));
    let step = array(&lone["steps"]).last().expect("steps").clone();
    assert_eq!([&step["act"], &step["actor"]], ["LAPSE", "CLOCK"]);
    assert_eq!(lapsed(&people).await, [0, 1, 1, 0], "who asked and who was asked, and nobody else");
    let words = async |phone: &Phone| {
        let told = told_of(phone, &tree).await.into_iter().rfind(|notice| notice["kind"] == LAPSED);
        text(&told.expect("it was told")["words"]["zh"]).to_owned()
    };
    assert_eq!(words(&people.property).await, "转办请求无人答复已失效，请继续处理");
    assert_eq!(words(&people.office).await, "请您答复的转办请求未获答复，已失效");
    act(&people.office, &tree, "consents", json!({})).await.refused(409, "NOTHING_PROPOSED");

    // What is answered does not lapse.
    act(&people.property, &tree, "objections", not_ours).await.ok();
    act(&people.office, &tree, "refusals", json!({ "words": "在小区红线内" })).await.ok();
    // The office takes it, and the company does not say whether it will have it back.
    act(&people.office, &tree, "climbs", json!({ "reason": "OFFICER_PULL", "words": "社区统一处理" }))
        .await
        .ok();
    act(&people.office, &tree, "acknowledgements", json!({})).await.ok();
    let back = json!({ "to_level": "COMPLEX", "words": "贵司已答应本周修剪" });
    let proposed = act(&people.office, &tree, "delegations", back).await.ok();
    let people = a_day().await;
    until(&people.reporter, &path, "lapsed", |now| now["version"] != proposed["version"]).await;
    assert_eq!(lapsed(&people).await, [0, 2, 2, 0]);
    assert_eq!(words(&people.office).await, "转办请求无人答复已失效，请继续处理");
    assert_eq!(words(&people.property).await, "请您答复的转办请求未获答复，已失效");

    // A question that its reporter leaves unanswered is one more: its holder learns that the time goes on.
    let light = report(&people.reporter, &town.complex, "PARKING", &[]).await;
    let asked = act(&people.property, &light, "questions", json!({ "words": "请问哪个车位？" })).await.ok();
    world.advance_clock(3 * 24 * 60 * 60).await;
    let people = People::of(world).await;
    let path = super::incidents::path(&light);
    until(&people.reporter, &path, "went on", |now| now["version"] != asked["version"]).await;
    people.told(world, &light).await;
    let told = told_of(&people.property, &light).await;
    let told: Vec<_> = told.iter().filter(|notice| notice["kind"] == "INCIDENT_RESUMED").collect();
    assert_eq!((told.len(), &told[0]["words"]["zh"]), (1, &json!("居民没有补充情况，时限继续计算")));
    assert_eq!(last_words(&people.reporter, &light).await, "您上报的事件继续处理");
    // And nothing of what lapsed is told again.
    assert_eq!(lapsed(&people).await, [0, 2, 2, 0]);
}

const LAPSED: &str = "INCIDENT_PROPOSAL_LAPSED";

async fn who_looks_whether_it_was_done_is_told_and_whose_pause_is_void(world: &mut World) {
    let (town, people) = (Town::find(world).await, People::of(world).await);
    let People { reporter, property, office, .. } = &people;
    let wire = report(reporter, &town.complex, "EBIKE_CHARGING", &[]).await;
    act(property, &wire, "acknowledgements", json!({})).await.ok();

    // The office finds no reason for the pause: its holder and the reporter learn that it goes on.
    let parts = json!({ "reason": "AWAITING_PARTS", "words": "等充电桩" });
    act(property, &wire, "pauses", parts).await.ok();
    let paused = people.told(world, &wire).await;
    act(office, &wire, "voidings", json!({ "words": "不需要配件" })).await.ok();
    let on = people.told(world, &wire).await;
    for (on, paused) in on.iter().zip(&paused).take(2) {
        assert_eq!(on[paused.len()..], ["INCIDENT_PAUSE_VOID"]);
    }
    assert_eq!(on[2..], paused[2..], "who did it, and who has nothing to do with it");
    assert_eq!(last_words(property, &wire).await, "上级认定暂停无效，请继续处理");
    assert_eq!(last_words(reporter, &wire).await, "您上报的事件不应暂停，已继续处理");

    // What was done is looked at by the level next above: it is told, and the reporter once it has looked.
    let done = json!({ "words": "已拆除飞线", "photo_ids": [send_photo(property).await] });
    let handled = act(property, &wire, "handlings", done).await.ok();
    assert_eq!(handled["status"], "VERIFYING");
    let verifying = people.told(world, &wire).await;
    assert_eq!((&verifying[0], &verifying[1], &verifying[3]), (&on[0], &on[1], &on[3]));
    assert_eq!(verifying[2], [&on[2][..], &["INCIDENT_HANDLED".into()]].concat());
    let asked = told_of(office, &wire).await.pop().unwrap();
    assert_eq!((&asked["topic"], &asked["words"]["zh"]), (&json!("TASK"), &json!("有事件已处理，请您复核")));
    assert_eq!(time(&asked["due_at"]), time(&handled["holder"]["due_at"]));
    act(office, &wire, "inspections", json!({ "finding": "PASSED" })).await.ok();
    let passed = people.told(world, &wire).await;
    assert_eq!(passed[0], [&on[0][..], &["INCIDENT_PASSED_INSPECTION".into()]].concat());
    assert_eq!(passed[1..], verifying[1..]);

    // Where nobody looks, nobody is asked to.
    let light = report(reporter, &town.complex, "SUGGESTION", &[]).await;
    act(property, &light, "acknowledgements", json!({})).await.ok();
    let before = people.told(world, &light).await;
    act(property, &light, "handlings", json!({ "words": "已采纳" })).await.ok();
    let handled = people.told(world, &light).await;
    assert_eq!(handled[0], [&before[0][..], &["INCIDENT_HANDLED".into()]].concat());
    assert_eq!(handled[1..], before[1..]);
}

async fn a_reply_is_told_and_what_the_ladder_says_among_itself_is_not(world: &mut World) {
    const FOLLOWER: &str = "o-notices-follower";
    let (town, people) = (Town::find(world).await, People::of(world).await);
    let People { reporter, property, office, .. } = &people;
    Town::appoint(world, FOLLOWER, "COMMITTEE_MEMBER", &town.complex).await;
    let follower = phone(world, FOLLOWER).await;
    let tree = report(reporter, &town.complex, "GREENERY", &[]).await;
    act(&follower, &tree, "follows", json!({})).await.ok();
    let say = |words: &str, internal: bool| json!({ "words": words, "internal": internal });
    let reported = people.told(world, &tree).await;

    // What the reporter adds is told to its holder alone.
    act(reporter, &tree, "notes", say("树在三号楼后面", false)).await.ok();
    let added = people.told(world, &tree).await;
    assert_eq!(added[1], [&reported[1][..], &["INCIDENT_NOTED".into()]].concat());
    assert_eq!((&added[0], &added[2..]), (&reported[0], &reported[2..]));
    assert_eq!(last_words(property, &tree).await, "居民补充了说明");
    assert!(kinds(&follower, &tree).await.is_empty());

    // A reply is told to the reporter, and to whoever follows what is public of it.
    act(property, &tree, "notes", say("园林师傅明天来", false)).await.ok();
    let replied = people.told(world, &tree).await;
    assert_eq!(replied[0], [&added[0][..], &["INCIDENT_NOTED".into()]].concat());
    assert_eq!(replied[1..], added[1..]);
    assert_eq!(last_words(reporter, &tree).await, "您上报的事件有新的回复");
    assert_eq!(kinds(&follower, &tree).await, ["FOLLOWED_REPLIED_TO"]);

    // What those who handle it say among themselves is told to nobody, and stands in no record that the reporter reads.
    act(property, &tree, "notes", say("业主去年也报过", true)).await.ok();
    act(office, &tree, "notes", say("请核对去年的工单", true)).await.ok();
    assert_eq!(people.told(world, &tree).await, replied);
    assert_eq!(kinds(&follower, &tree).await, ["FOLLOWED_REPLIED_TO"]);
    let noted = async |phone: &Phone| -> Vec<String> {
        let lines = all_changes(phone, &format!("&place_id={}", town.complex)).await;
        let of_it = lines.iter().filter(|line| line["subject_id"] == tree["id"]);
        let kinds = of_it.map(|line| text(&line["kind"]).to_owned());
        kinds.filter(|kind| kind.starts_with("INCIDENT_NOTED")).collect()
    };
    assert_eq!(noted(reporter).await, ["INCIDENT_NOTED"; 2]);
    let inside = ["INCIDENT_NOTED_INSIDE".to_owned(), "INCIDENT_NOTED_INSIDE".to_owned()];
    for reads in [property, office] {
        assert_eq!(noted(reads).await[2..], inside);
    }
    assert!(noted(&follower).await.is_empty());
}

async fn whom_a_level_tells_hears_from_the_report_on_and_at_any_hour_of_danger(world: &mut World) {
    const OFFICER: &str = "o-notices-street";
    const NUMBER: &str = "15400000073";
    let office = Office::open(world).await.with_phones(world).await;
    secrets::remember(NUMBER);
    world.wechat_order("users", &json!({ "openid": OFFICER, "phone": NUMBER })).await;
    let officer = world.wechat_user(OFFICER).await;
    let mut appoint = Command::new(env!("CARGO_BIN_EXE_linli"));
    appoint.args([
        "appoint",
        "--person",
        &officer.person,
        "--role",
        "STREET_OFFICER",
        "--place",
        "示范区/青年路街道",
    ]);
    assert!(world.run(&mut appoint).status.success());
    let code = world.wechat_order("phone_code", &json!({ "openid": OFFICER })).await;
    officer.put("/v1/me/phone", &code).await.ok();
    until_oclock(world, 23).await;
    let to = |number: &'static str| {
        let all = letters(world, "sms").into_iter().filter(move |letter| letter["to"] == number);
        all.map(|letter| text(&letter["text"]).to_owned()).collect::<Vec<_>>()
    };
    let told = async |who: &str, incident: &Value| {
        until_told(world).await;
        let all = told_of(&phone(world, who).await, incident).await;
        all.iter()
            .map(|one| (text(&one["kind"]).to_owned(), text(&one["words"]["zh"]).to_owned()))
            .collect::<Vec<_>>()
    };
    let told_it = |kind: &str, words: &str| (kind.to_owned(), words.to_owned());

    // What can wait lies in the inbox of whom the complex tells, the community's office, and of nobody else.
    let reporter = world.wechat_user(REPORTER).await;
    let parked = report(&reporter, &office.complex, "PARKING", &[]).await;
    assert_eq!(told(COMMUNITY, &parked).await, [told_it("INCIDENT_REPORTED", "辖区内有新的上报")]);
    assert_eq!(told(MANAGER, &parked).await, [told_it("INCIDENT_REPORTED", "有新的上报，请尽快接手")]);
    assert!(told(OFFICER, &parked).await.is_empty() && told(REPORTER, &parked).await.is_empty());
    assert!(to(NUMBER).is_empty());

    // People in a lift: the street is told at once, at night, by telephone, and the community's office is not.
    let mut trapped = report(&reporter, &office.complex, "ELEVATOR_ENTRAPMENT", &[]).await;
    assert_eq!(told(OFFICER, &trapped).await, [told_it("INCIDENT_REPORTED", "辖区内有新的上报")]);
    assert!(told(COMMUNITY, &trapped).await.is_empty());
    let called = eventually("the street is called", async || to(NUMBER).pop()).await;
    assert!(called.contains("辖区内有新的上报") && called.contains("困人"), "{called}");
    assert!(to("15400000072").is_empty(), "who reported it knows");

    // It is told when it climbs, and that nobody acts once it has come to the top; of its own turn as its holder.
    trapped = run_out(world, REPORTER, &trapped).await;
    assert_eq!(trapped["holder"]["level"], "COMMUNITY");
    assert_eq!(told(OFFICER, &trapped).await.pop(), Some(told_it("INCIDENT_CLIMBED", "辖区内有事件升级")));
    trapped = run_out(world, REPORTER, &trapped).await;
    let its_own = told(OFFICER, &trapped).await.pop();
    assert_eq!(its_own, Some(told_it("INCIDENT_CLIMBED", "事件已升级到您这一级，请尽快接手")));
    trapped = run_out(world, REPORTER, &trapped).await;
    assert_eq!(trapped["holder"]["then"]["what"], "SHOUTS");
    assert_eq!(told(OFFICER, &trapped).await.pop(), Some(told_it("INCIDENT_CLIMBED", "辖区内有事件升级")));
    trapped = run_out(world, REPORTER, &trapped).await;
    assert_eq!(trapped["holder"]["level"], "DISTRICT");
    let shouted = told(OFFICER, &trapped).await.pop();
    assert_eq!(shouted, Some(told_it("INCIDENT_SHOUTED", "辖区内有事件超时仍未处理")));
    let at_the_office = told(COMMUNITY, &trapped).await;
    assert_eq!(at_the_office[0], told_it("INCIDENT_CLIMBED", "事件已升级到您这一级，请尽快接手"));
    assert!(at_the_office.iter().all(|(_, words)| !words.contains("辖区")), "{at_the_office:?}");
}

async fn at_night_only_danger_is_told_and_what_is_done_is_not_told_at_all(world: &mut World) {
    let office = Office::open(world).await.with_phones(world).await;
    until_oclock(world, 23).await;
    for _ in 0..2 {
        office.report(world, "PARKING").await;
    }
    let done = office.report(world, "ACCESS_CONTROL").await;
    office.report(world, "BURST_PIPE").await;
    let urgent = until_letters(world, 1).await;
    until_told(world).await;
    assert_eq!(letters(world, "sms").len(), 1, "{:?}", letters(world, "sms"));
    let manager = world.wechat_user(MANAGER).await;
    let waiting = manager.all("/v1/notices", 100).await;
    assert!(waiting.len() >= 4, "the inbox has all of it at once: {waiting:?}");
    manager.post(&format!("{done}/acknowledgements"), &json!({})).await.ok();
    // Parking waits for four hours before it climbs, which is past seven o'clock for none of them.
    until_oclock(world, 7).await;
    until_told(world).await;
    let told: Vec<_> = letters(world, "sms").into_iter().filter(|one| one["to"] == "15400000071").collect();
    let door = told.iter().filter(|one| one.to_string().contains("门禁"));
    assert_eq!(door.count(), 0, "what was taken over by night calls nobody by day: {told:?}");
    assert!(urgent[0].to_string().contains("有新的上报"), "{urgent:?}");
    let progress = letters(world, "sms").into_iter().filter(|one| one["to"] == "15400000072").count();
    assert_eq!(progress, 1, "the reporter learns by day that somebody took over");
    // By day, what comes in from one building within two minutes is told at once.
    let before = letters(world, "sms").len();
    for _ in 0..3 {
        office.report(world, "SUGGESTION").await;
    }
    until_told(world).await;
    assert_eq!(letters(world, "sms").len(), before, "it gathers: {:?}", letters(world, "sms"));
    pass(world, 121).await;
    until_letters(world, before + 1).await;
    until_told(world).await;
    let now = letters(world, "sms");
    assert_eq!(now.len(), before + 1);
    assert!(now.iter().any(|one| one.to_string().contains("等3件")), "{now:?}");
    // Whoever comes later is told of by itself.
    office.report(world, "SUGGESTION").await;
    until_told(world).await;
    pass(world, 121).await;
    until_letters(world, before + 2).await;
}

async fn a_policy_says_when_nobody_is_told_and_danger_is_told_then(world: &mut World) {
    let office = Office::open(world).await.with_phones(world).await;
    let noon = json!({ "common": { "quiet": { "from_hour": 12, "to_hour": 14 } } });
    let policy = json!({ "scope": "PARKING", "follows": 0, "says": noon });
    let admin = Town::administrator(world).await;
    admin.post(&format!("/v1/places/{}/policies", office.complex), &policy).await.ok();
    // The letters that call the manager to new reports of a category.
    let calls = |category: &str| {
        let all = letters(world, "sms").into_iter().map(|letter| text(&letter["text"]).to_owned());
        all.filter(|text| text.contains("有新的上报") && text.contains(category)).collect::<Vec<_>>()
    };
    let until_called = async |category: &str, count: usize| {
        eventually(&format!("call {count} of {category}"), async || {
            let calls = calls(category);
            (calls.len() >= count).then_some(calls)
        })
        .await
    };

    // At noon the manager hears of anything but of what is quiet then.
    until_oclock(world, 12).await;
    office.report(world, "PARKING").await;
    office.report(world, "BURST_PIPE").await;
    until_called("爆管", 1).await;
    office.report(world, "GREENERY").await;
    until_told(world).await;
    pass(world, 121).await;
    let trees = until_called("绿化", 1).await;
    until_told(world).await;
    assert!(!trees[0].contains("等2件"), "nothing that is quiet comes with it: {trees:?}");
    assert!(calls("停车").is_empty(), "{:?}", calls("停车"));
    until_oclock(world, 14).await;
    until_called("停车", 1).await;

    // At night it is the other way round.
    until_oclock(world, 23).await;
    office.report(world, "GREENERY").await;
    office.report(world, "PARKING").await;
    until_told(world).await;
    pass(world, 121).await;
    let parked = until_called("停车", 2).await;
    until_told(world).await;
    assert!(parked.iter().all(|call| !call.contains("等2件")), "{parked:?}");
    assert_eq!(calls("绿化"), trees);
    until_oclock(world, 7).await;
    until_called("绿化", 2).await;
    assert_eq!(calls("停车").len(), 2, "each is told once");
}

async fn who_is_convened_is_told_once_and_no_more_when_it_is_called_off(world: &mut World) {
    let office = Office::open(world).await.with_phones(world).await;
    until_oclock(world, 10).await;
    let at = format!("/v1/places/{}/whistles", office.complex);
    let blow =
        json!({ "subject": "只给到会的人看", "severity": "S2", "lead": "COMMITTEE_MEMBER", "assist": [] });
    let whistle = world.wechat_user(MANAGER).await.post(&at, &blow).await.ok();
    let reporter = world.wechat_user(REPORTER).await;
    let told = async || {
        let all = reporter.all("/v1/notices", 50).await;
        let of_it = all.into_iter().filter(|one| one["subject_id"] == whistle["id"]);
        of_it.map(|one| text(&one["kind"]).to_owned()).collect::<Vec<_>>()
    };
    eventually("the call", async || (told().await == ["WHISTLE_BLOWN"]).then_some(())).await;
    until_told(world).await;
    pass(world, 31).await;
    let sent = until_letters(world, 1).await;
    assert!(sent[0]["text"].to_string().contains("报到"), "{sent:?}");
    assert!(!sent[0].to_string().contains("到会"), "{sent:?}");
    let manager = world.wechat_user(MANAGER).await;
    assert!(manager.all("/v1/notices", 50).await.iter().all(|one| one["subject_id"] != whistle["id"]));
    reporter.post(&format!("/v1/whistles/{}/report-ins", text(&whistle["id"])), &json!({})).await.ok();
    // Called off by night, the second calls nobody by day.
    until_oclock(world, 23).await;
    let before = letters(world, "sms").len();
    let blow = json!({ "subject": "又一件", "severity": "S3", "lead": "COMMITTEE_MEMBER", "assist": [] });
    let manager = world.wechat_user(MANAGER).await;
    let second = manager.post(&at, &blow).await.ok();
    until_told(world).await;
    let off = format!("/v1/whistles/{}/cancellations", text(&second["id"]));
    manager.post(&off, &json!({ "words": "已解决" })).await.ok();
    until_oclock(world, 8).await;
    until_told(world).await;
    let later = letters(world, "sms");
    assert_eq!(later.len(), before, "{later:?}");
}

async fn what_fails_is_tried_again_and_kept_for_the_operator(world: &mut World) {
    let office = Office::open(world).await.with_phones(world).await;
    until_oclock(world, 9).await;
    let folder = world.data.folder.join("sms");
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "in the way").unwrap();
    office.report(world, "SUGGESTION").await;
    until_told(world).await;
    pass(world, 121).await;
    let path = format!("/v1/places/{}/dead-notices", office.complex);
    let community = async || world.sign_in("community").await;
    for round in 0..7 {
        until_told(world).await;
        assert!(array(&community().await.get(&path).await.ok()["items"]).is_empty(), "round {round}");
        pass(world, 30 << round).await;
    }
    let dead = eventually("a dead notice", async || {
        let list = community().await.get(&path).await.ok();
        array(&list["items"]).first().cloned()
    })
    .await;
    assert_eq!(
        (&dead["way"], &dead["attempts"], &dead["trouble"]),
        (&json!("SMS"), &json!(8), &json!("FAILED"))
    );
    fs::remove_file(&folder).unwrap();
    fs::create_dir(&folder).unwrap();
    let notice = text(&dead["notice_id"]).to_owned();
    let again = format!("{path}/{notice}/redeliveries");
    world.wechat_user(MANAGER).await.post(&again, &json!({})).await.refused(404, "NOT_FOUND");
    let listed = world.run(Command::new(env!("CARGO_BIN_EXE_linli")).args(["notices", "dead", "--json"]));
    assert!(String::from_utf8_lossy(&listed.stdout).contains(&notice), "{listed:?}");
    community().await.post(&again, &json!({})).await.ok();
    let id = json!(format!("{notice}-sms"));
    let sent = async || letters(world, "sms").into_iter().find(|letter| letter["id"] == id);
    eventually("the letter, after all", sent).await;
    community().await.post(&again, &json!({})).await.refused(409, "NOTICE_NOT_DEAD");
    let none = world.run(Command::new(env!("CARGO_BIN_EXE_linli")).args([
        "notices",
        "redeliver",
        &office.complex,
        &notice,
    ]));
    assert!(!none.status.success(), "{none:?}");
}

/// Which notices WeChat took to send to somebody, in order; each as the page that it opens.
pub(super) async fn pages(world: &World, openid: &str) -> Vec<String> {
    let asked = world.wechat_journal(SEND).await;
    let took = asked.iter().filter(|one| one["body"]["touser"] == openid && one["answer"]["errcode"] == 0);
    took.map(|one| text(&one["body"]["page"]).to_owned()).collect()
}

async fn who_is_killed_while_a_message_is_on_its_way_sends_it_once(world: &mut World) {
    const ACCEPTS: usize = 6;
    let office = Office::open(world).await;
    until_oclock(world, 10).await;
    let other = (world.setting.database == Database::Postgres).then(|| world.another());
    for _ in 0..ACCEPTS {
        accept(world, MANAGER, &["tmpl-task"]).await;
    }
    world.wechat_order("settings", &json!({ "send_takes_ms": 6000 })).await;
    office.report(world, "FIRE_LANE_BLOCKED").await;
    eventually("the message on its way", async || (!pages(world, MANAGER).await.is_empty()).then_some(()))
        .await;
    drop(other);
    world.crash();
    let killed = pages(world, MANAGER).await.remove(0);
    world.wechat_order("settings", &json!({ "send_takes_ms": 20 })).await;
    until_told(world).await;
    assert_eq!(
        pages(world, MANAGER).await,
        std::slice::from_ref(&killed),
        "it counts as on its way, and nothing else goes to them"
    );
    pass(world, 130).await;
    // The next one goes out as ever, and once, whoever sweeps.
    let other = (world.setting.database == Database::Postgres).then(|| world.another());
    office.report(world, "FIRE_LANE_BLOCKED").await;
    eventually("the next message", async || (pages(world, MANAGER).await.len() > 1).then_some(())).await;
    until_told(world).await;
    let mut all = pages(world, MANAGER).await;
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "nobody is told twice, not even of what may have arrived: {all:?}");
    let left = left(&world.wechat_user(MANAGER).await).await[0];
    assert_eq!(left, i64::try_from(ACCEPTS - count).unwrap(), "each is spent: {all:?}");
    drop(other);
}

/// The headers and the body of a request.
type Request = (Vec<(String, String)>, Vec<u8>);

/// Another system: takes what comes, and answers as told.
struct Receiver {
    url: String,
    answer: Arc<AtomicU16>,
    got: Arc<Mutex<Vec<Request>>>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (answer, got) = (Arc::new(AtomicU16::new(200)), Arc::new(Mutex::new(Vec::new())));
        let (status, seen) = (Arc::clone(&answer), Arc::clone(&got));
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                if let Some(request) = read_request(&connection) {
                    seen.lock().unwrap().push(request);
                    let status = status.load(Ordering::SeqCst);
                    let answer =
                        format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                    (&connection).write_all(answer.as_bytes()).ok();
                }
            }
        });
        Self { url, answer, got }
    }

    fn answers(&self, status: u16) {
        self.answer.store(status, Ordering::SeqCst);
    }

    async fn until_got(&self, count: usize) -> Request {
        eventually(&format!("call {count}"), async || self.got.lock().unwrap().get(count - 1).cloned()).await
    }

    fn count(&self) -> usize {
        self.got.lock().unwrap().len()
    }
}

fn read_request(mut connection: &TcpStream) -> Option<Request> {
    connection.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        let read = connection.read(&mut buffer).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let headers: Vec<(String, String)> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    while bytes.len() < end + length {
        let read = connection.read(&mut buffer).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
    }
    Some((headers, bytes[end..].to_vec()))
}

fn of<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    &headers.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name}")).1
}

/// The signature, computed as the specification says and not as the service does.
fn signed(secret: &str, (headers, body): &Request) -> String {
    let key = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.", of(headers, "webhook-id"), of(headers, "webhook-timestamp")).as_bytes());
    mac.update(body);
    format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()))
}

async fn another_system_is_told_signed_and_again_when_it_failed(world: &mut World) {
    let office = Office::open(world).await;
    let (receiver, community) = (Receiver::start(), world.sign_in("community").await);
    let hooks = format!("/v1/places/{}/webhooks", office.complex);
    let new = json!({ "url": receiver.url, "kinds": ["INCIDENT_REPORTED"] });
    let made = community.post(&hooks, &new).await.ok();
    let (secret, path) =
        (text(&made["secret"]).to_owned(), format!("/v1/webhooks/{}", text(&made["webhook"]["id"])));
    secrets::remember(&secret);
    world.wechat_user(MANAGER).await.get(&path).await.refused(404, "NOT_FOUND");
    assert!(community.get(&path).await.ok().get("secret").is_none(), "shown once");

    let incident = office.report(world, "FIRE_LANE_BLOCKED").await;
    let first = receiver.until_got(1).await;
    assert_eq!(of(&first.0, "webhook-signature"), signed(&secret, &first));
    let told: Value = serde_json::from_slice(&first.1).unwrap();
    assert_eq!(
        (&told["type"], &told["data"]["facts"]["category"]),
        (&json!("INCIDENT_REPORTED"), &json!("FIRE_LANE_BLOCKED"))
    );
    assert!(incident.ends_with(text(&told["data"]["subject_id"])));
    assert!(!told.to_string().contains("描述"), "{told}");

    // It fails, and is told again with the same id and a new time.
    receiver.answers(500);
    office.report(world, "FIRE_LANE_BLOCKED").await;
    let failed = receiver.until_got(2).await;
    let state = async |wanted: &str| {
        eventually(wanted, async || {
            let list = world.sign_in("community").await.get(&format!("{path}/deliveries")).await.ok();
            let newest = list["items"][0].clone();
            (newest["state"] == wanted).then_some(newest)
        })
        .await
    };
    let waiting = state("WAITING").await;
    assert_eq!(
        (&waiting["status"], &waiting["trouble"], &waiting["attempts"]),
        (&json!(500), &json!("STATUS"), &json!(1))
    );
    receiver.answers(204);
    pass(world, 31).await;
    let again = receiver.until_got(3).await;
    assert_eq!(of(&again.0, "webhook-id"), of(&failed.0, "webhook-id"));
    assert_eq!(again.1, failed.1);
    let sent = state("SENT").await;
    let community = world.sign_in("community").await;
    // Both secrets sign while one is being changed, for a day.
    let turned = community.post(&format!("{path}/rotations"), &json!({})).await.ok();
    let new_secret = text(&turned["secret"]).to_owned();
    secrets::remember(&new_secret);
    let redelivery = format!("{path}/deliveries/{}/redeliveries", text(&sent["event_id"]));
    community.post(&redelivery, &json!({})).await.ok();
    let both = receiver.until_got(4).await;
    assert_eq!(
        of(&both.0, "webhook-signature"),
        format!("{} {}", signed(&new_secret, &both), signed(&secret, &both))
    );
    state("SENT").await;
    pass(world, 86_401).await;
    world.sign_in("community").await.post(&redelivery, &json!({})).await.ok();
    let one = receiver.until_got(5).await;
    assert_eq!(of(&one.0, "webhook-signature"), signed(&new_secret, &one));
    state("SENT").await;

    // What fails for days is left alone until somebody resumes it.
    receiver.answers(503);
    office.report(world, "SUGGESTION").await;
    receiver.until_got(6).await;
    let waiting = state("WAITING").await;
    let on_its_way = format!("{path}/deliveries/{}/redeliveries", text(&waiting["event_id"]));
    world
        .sign_in("community")
        .await
        .post(&on_its_way, &json!({}))
        .await
        .refused(409, "WEBHOOK_DELIVERY_WAITS");
    pass(world, 4 * 86_400).await;
    let disabled = eventually("left alone", async || {
        let hook = world.sign_in("community").await.get(&path).await.ok();
        (hook["state"] == "DISABLED").then_some(hook)
    })
    .await;
    assert!(disabled["failing_since"].is_string());
    let calls = receiver.count();
    pass(world, 120).await;
    state("DEAD").await;
    assert_eq!(receiver.count(), calls);
    let community = world.sign_in("community").await;
    assert_eq!(community.post(&format!("{path}/resumptions"), &json!({})).await.ok()["state"], "ACTIVE");
    receiver.answers(200);
    community.post(&on_its_way, &json!({})).await.ok();
    state("SENT").await;
    // Taken away, it is told nothing more.
    assert_eq!(community.delete(&path).await.status, 204);
    community.get(&path).await.refused(404, "NOT_FOUND");
    assert!(community.all(&hooks, 10).await.is_empty());
    for _ in 0..20 {
        community.call(Method::POST, &hooks).keyed().json(&new).send().await.ok();
    }
    community.post(&hooks, &new).await.refused(409, "WEBHOOKS_TOO_MANY");
}

/// What a receiver was told, by the subjects' ids.
fn subjects(receiver: &Receiver) -> Vec<String> {
    let got = receiver.got.lock().unwrap();
    let told = got.iter().map(|(_, body)| serde_json::from_slice::<Value>(body).unwrap());
    told.map(|told| text(&told["data"]["subject_id"]).to_owned()).collect()
}

async fn another_system_is_told_what_its_office_may_read_and_while_it_lasts(world: &mut World) {
    const OFFICER: &str = "o-notices-officer";
    let office = Office::open(world).await;
    let street = async || world.sign_in("street").await;
    let place = street().await.get(&format!("/v1/places/{}", office.complex)).await.ok();
    let community = array(&place["lineage"]).iter().find(|step| step["level"] == "COMMUNITY").unwrap();
    let officer = world.wechat_user(OFFICER).await;
    let roles = format!("/v1/places/{}/roles", text(&community["id"]));
    let role = json!({ "person_id": officer.person, "role": "COMMUNITY_OFFICER" });
    let role = street().await.post(&roles, &role).await.ok();
    let hooks = format!("/v1/places/{}/webhooks", office.complex);
    let register = async |phone: &Phone| {
        let receiver = Receiver::start();
        let new = json!({ "url": receiver.url, "kinds": ["INCIDENT_REPORTED"] });
        let made = phone.post(&hooks, &new).await.ok();
        secrets::remember(text(&made["secret"]));
        (receiver, format!("/v1/webhooks/{}", text(&made["webhook"]["id"])), made["webhook"].clone())
    };
    let (below, path, made) = register(&officer).await;
    let (above, streets, _) = register(&street().await).await;
    assert_eq!(made["office"], json!({ "place_id": community["id"], "role": "COMMUNITY_OFFICER" }));

    // What enters above an office is told to those above alone.
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let first = id(&office.report(world, "FIRE_LANE_BLOCKED").await);
    let over = id(&office.report(world, "ILLEGAL_BUILDING").await);
    let last = id(&office.report(world, "FIRE_LANE_BLOCKED").await);
    above.until_got(3).await;
    below.until_got(2).await;
    until_told(world).await;
    assert_eq!(subjects(&above).iter().collect::<HashSet<_>>(), HashSet::from([&first, &over, &last]));
    assert_eq!(subjects(&below).iter().collect::<HashSet<_>>(), HashSet::from([&first, &last]));
    // So are the webhooks themselves.
    let community = world.sign_in("community").await;
    community.get(&streets).await.refused(404, "NOT_FOUND");
    let listed = community.all(&hooks, 10).await;
    assert_eq!(listed.iter().map(|one| text(&one["id"])).collect::<Vec<_>>(), [id(&path)]);
    assert_eq!(street().await.all(&hooks, 10).await.len(), 2);

    // Whoever leaves their office leaves nothing behind that goes on telling, not even what was on its way.
    below.answers(500);
    let waits = id(&office.report(world, "FIRE_LANE_BLOCKED").await);
    below.until_got(3).await;
    above.until_got(4).await;
    until_told(world).await;
    street().await.delete(&format!("/v1/roles/{}", text(&role["id"]))).await.ok();
    let community = async || world.sign_in("community").await;
    let now = community().await.get(&path).await.ok();
    assert_eq!((&now["state"], &now["stopped_because"]), (&json!("DISABLED"), &json!("OFFICE_ENDED")));
    assert_eq!(community().await.all(&hooks, 10).await, std::slice::from_ref(&now));
    office.report(world, "FIRE_LANE_BLOCKED").await;
    above.until_got(5).await;
    below.answers(200);
    pass(world, 31).await;
    let deliveries = format!("{path}/deliveries");
    let dropped = until(&community().await, &deliveries, "is dropped", |list| {
        array(&list["items"]).iter().all(|one| one["state"] != "WAITING")
    })
    .await;
    assert_eq!(array(&dropped["items"]).len(), 3, "nothing is even put on its way: {dropped}");
    assert_eq!(dropped["items"][0]["trouble"], "OFFICE_ENDED");
    assert_eq!(below.count(), 3, "{waits}");

    // Whoever follows in the same office takes it over; nobody makes more of it.
    let resumptions = format!("{path}/resumptions");
    street().await.post(&resumptions, &json!({})).await.refused(409, "WEBHOOK_OFFICE_ENDED");
    let resumed = community().await.post(&resumptions, &json!({})).await.ok();
    assert_eq!((&resumed["state"], &resumed["office"]), (&json!("ACTIVE"), &made["office"]));
    assert!(resumed.get("stopped_because").is_none(), "{resumed}");
    let next = id(&office.report(world, "FIRE_LANE_BLOCKED").await);
    below.until_got(4).await;
    assert_eq!(subjects(&below).last(), Some(&next));
}

async fn nothing_private_is_called_and_no_letter_goes_where_none_is_configured(world: &mut World) {
    let (complex, community) = (world.complex().await, world.sign_in("community").await);
    let hooks = format!("/v1/places/{complex}/webhooks");
    for url in [
        "https://127.0.0.1/",
        "https://[::1]/x",
        "https://169.254.169.254/latest",
        "http://example.org/",
        "https://u:p@example.org/",
    ] {
        community.post(&hooks, &json!({ "url": url })).await.refused(422, "WEBHOOK_ADDRESS_REFUSED");
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port());
    let made = community.post(&hooks, &json!({ "url": url })).await.ok();
    let path = format!("/v1/webhooks/{}/deliveries", text(&made["webhook"]["id"]));
    let refused = eventually("a refusal", async || {
        let list = community.get(&path).await.ok();
        array(&list["items"]).iter().find(|one| one["trouble"] == "ADDRESS_REFUSED").cloned()
    })
    .await;
    assert_eq!(refused["state"], "WAITING");
    assert!(listener.accept().is_err(), "nobody knocked");
    community
        .put("/v1/me/email", &json!({ "address": "notice@example.org" }))
        .await
        .refused(409, "EMAIL_OFF");
    // Without a token there is no door for pushes.
    let door =
        Phone::client().post(format!("http://{}/wechat/push", world.address())).body("{}").send().await;
    assert_eq!(door.unwrap().status(), 404);
}
