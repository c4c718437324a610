//! A day at the desk of a post: what waits, views of one's own, replies that are written once, one answer to many.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use super::incidents::{
    COMMUNITY, PROPERTY, REPORTER, STREET, Town, act, array, list, path, phone, read, report, run_out, text,
    time,
};
use super::uploads::send_photo;

use crate::{phone::Phone, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(a_queue_is_looked_through_in_many_ways).in_the_demo(),
        story!(whoever_holds_a_post_sees_who_has_how_much_to_do).in_the_demo(),
        story!(a_view_is_kept_for_oneself_or_shared_in_a_post).in_the_demo(),
        story!(a_reply_is_written_once_and_sent_often).in_the_demo(),
        story!(one_answer_reaches_many_and_each_by_itself).in_the_demo(),
    ]
}

/// Of the property office's second person, and of somebody who was one.
const COLLEAGUE: &str = "o-desk-colleague";
const FORMER: &str = "o-desk-former";

fn desk(place: &str) -> String {
    format!("/v1/places/{place}/desk")
}

async fn workload(phone: &Phone, place: &str) -> [u64; 3] {
    let load = phone.get(&desk(place)).await.ok();
    let sum = |member: &str| {
        array(&load["awaiting"]).iter().map(|one| one[member].as_u64().expect("a number")).sum::<u64>()
    };
    ["open", "overdue", "due_today"].map(|member| {
        let total = load[member].as_u64().expect("a number");
        assert_eq!(total, sum(member), "the parts of {member} make the whole");
        total
    })
}

/// Who sees nothing of the property office's desk: somebody of the complex, and who has left the office.
async fn outsiders(world: &World, town: &Town) -> [Phone; 2] {
    let office = phone(world, COMMUNITY).await;
    let former = phone(world, FORMER).await;
    let role = json!({ "person_id": former.person, "role": "PROPERTY_MANAGER" });
    let granted = office.post(&format!("/v1/places/{}/roles", town.complex), &role).await.ok();
    office.delete(&format!("/v1/roles/{}", text(&granted["id"]))).await.ok();
    [phone(world, REPORTER).await, former]
}

async fn a_queue_is_looked_through_in_many_ways(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let before = workload(&property, &town.complex).await;
    let drain = report(&reporter, &town.building, "DRAIN_BLOCKED", &[]).await;
    let light = report(&reporter, &town.complex, "COMPLEX_LIGHT_OUT", &[]).await;
    let lane = report(&reporter, &town.unit, "FIRE_LANE_BLOCKED", &[]).await;
    let after = workload(&property, &town.complex).await;
    assert_eq!((after[0], after[1]), (before[0] + 3, before[1]), "three more are open, none is late");
    for outsider in outsiders(world, &town).await {
        outsider.get(&desk(&town.complex)).await.refused(404, "NOT_FOUND");
    }
    let community = phone(world, COMMUNITY).await;
    assert_eq!(workload(&community, &town.complex).await, after, "who stands above sees how much there is");

    // Each filter lets through what it says, and nothing else of the three.
    let ids = [&drain, &light, &lane].map(|one| text(&one["id"]).to_owned());
    let of_three = async |query: &str| {
        let listed = list(&property, query).await;
        ids.iter().map(|id| u8::from(listed.contains(id))).collect::<Vec<_>>()
    };
    assert_eq!(of_three("scope=HELD").await, [1, 1, 1]);
    assert_eq!(of_three("scope=HELD&category=DRAIN_BLOCKED").await, [1, 0, 0]);
    assert_eq!(of_three("scope=HELD&named=消防").await, [0, 0, 1]);
    assert_eq!(of_three("scope=HELD&named=fire%20lane").await, [0, 0, 1], "in either language");
    assert_eq!(of_three("scope=HELD&named=没有这样的").await, [0, 0, 0]);
    assert_eq!(of_three("scope=HELD&severity=S3").await, [1, 1, 0]);
    assert_eq!(of_three(&format!("scope=HELD&place_id={}", town.building)).await, [1, 0, 1]);
    assert_eq!(of_three("scope=HELD&urged=true").await, [0, 0, 0]);
    act(&reporter, &light, "urges", json!({})).await.ok();
    assert_eq!(of_three("scope=HELD&urged=true").await, [0, 1, 0]);
    act(&property, &drain, "acknowledgements", json!({})).await.ok();
    assert_eq!(of_three("scope=HELD&due_kind=HANDLE").await, [1, 0, 0]);
    assert_eq!(of_three("scope=HELD&due_kind=CONTACT").await, [0, 1, 1]);
    let dredged = json!({ "words": "已疏通", "photo_ids": [send_photo(&property).await] });
    act(&property, &drain, "handlings", dredged).await.ok();
    assert_eq!(of_three("scope=HELD&reworked=true").await, [0, 0, 0]);
    act(&reporter, &drain, "returns", json!({ "reason": "又堵了" })).await.ok();
    assert_eq!(of_three("scope=HELD&reworked=true").await, [1, 0, 0]);
    assert_eq!(of_three("scope=HELD&overdue=true").await, [0, 0, 0]);

    // Newest first, page by page, in both lists; soonest due first of one's own.
    for scope in ["HELD", "BELOW"] {
        let newest = property.all(&format!("/v1/incidents?scope={scope}&order=NEWEST"), 2).await;
        let newest: Vec<_> = newest.iter().map(|line| text(&line["id"]).to_owned()).collect();
        let mut sorted = newest.clone();
        sorted.sort_by(|one, other| other.cmp(one));
        assert_eq!(newest, sorted, "ids grow with time");
        assert!(ids.iter().all(|id| newest.contains(id)), "{scope}");
        let mut soonest = list(&property, &format!("scope={scope}")).await;
        soonest.sort_by(|one, other| other.cmp(one));
        assert_eq!(soonest, newest, "the same in another order");
    }
    let mine = reporter.all("/v1/incidents?order=DUE", 100).await;
    let dues: Vec<_> = mine.iter().map(|line| time(&line["due_at"])).collect();
    assert!(dues.len() >= 3 && dues.is_sorted());
    property.get("/v1/incidents?scope=HELD&category=NOTHING").await.refused(422, "INPUT_INVALID");

    // At the top nobody takes it over: what its holder is late with is told as such.
    let mut lamp = report(&reporter, &town.complex, "STREET_LAMP_OUT", &[]).await;
    let late = list(&phone(world, STREET).await, "scope=BELOW&overdue=true").await;
    assert!(!late.contains(&text(&lamp["id"]).to_owned()));
    for _ in 0..2 {
        lamp = run_out(world, REPORTER, &lamp).await;
    }
    assert_eq!(lamp["holder"]["due_kind"], "SHOUT");
    let late = list(&phone(world, STREET).await, "scope=BELOW&overdue=true").await;
    assert!(late.contains(&text(&lamp["id"]).to_owned()));
    let admin = Town::administrator(world).await;
    let held = list(&admin, "scope=HELD").await;
    let late = list(&admin, "scope=HELD&overdue=true").await;
    let counted = [held.len(), late.len()].map(|count| u64::try_from(count).unwrap());
    assert!(late.contains(&text(&lamp["id"]).to_owned()));
    assert_eq!(
        workload(&admin, text(&lamp["holder"]["place"]["id"])).await[..2],
        counted,
        "what the lists show"
    );
}

async fn whoever_holds_a_post_sees_who_has_how_much_to_do(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    Town::appoint(world, COLLEAGUE, "PROPERTY_MANAGER", &town.complex).await;
    let colleague = phone(world, COLLEAGUE).await;
    let path = format!("{}/workloads", desk(&town.complex));
    let counts =
        |one: &Value| ["open", "overdue", "due_today"].map(|part| one[part].as_u64().expect("a number"));
    let plus = |sum: [u64; 3], one: [u64; 3]| [sum[0] + one[0], sum[1] + one[1], sum[2] + one[2]];
    let of = |told: &Value, person: &str| {
        array(&told["items"])
            .iter()
            .find(|one| one["person_id"] == person)
            .cloned()
            .expect("somebody of the post")
    };
    // Whatever is told apart makes the whole that the desk tells.
    let spread = async |phone: &Phone| {
        let told = phone.get(&path).await.ok();
        let parts =
            array(&told["items"]).iter().map(|one| counts(&one["load"])).chain([counts(&told["unassigned"])]);
        let whole = workload(phone, &town.complex).await;
        assert_eq!(parts.fold([0; 3], plus), whole, "{told}");
        let posts = array(&told["posts"]);
        let own =
            posts.iter().find(|post| post["place"]["id"] == town.complex.as_str()).expect("its own post");
        assert_eq!((counts(&own["load"]), &own["role"]), (whole, &json!("PROPERTY_MANAGER")));
        told
    };
    let before = spread(&property).await;
    assert_eq!(
        counts(&of(&before, &colleague.person)["load"]),
        [0; 3],
        "who has nothing to do is there as well"
    );
    assert_eq!(
        (of(&before, &property.person)["you"].clone(), of(&before, &colleague.person)["you"].clone()),
        (json!(true), json!(false))
    );

    // Three come: two are given to the colleague, and the third to nobody.
    let lane = report(&reporter, &town.complex, "FIRE_LANE_BLOCKED", &[]).await;
    let tree = report(&reporter, &town.complex, "GREENERY", &[]).await;
    report(&reporter, &town.complex, "GREENERY", &[]).await;
    for given in [&lane, &tree] {
        act(&property, given, "assignments", json!({ "assignee_id": colleague.person })).await.ok();
        act(&colleague, given, "acknowledgements", json!({})).await.ok();
    }
    let after = spread(&property).await;
    assert_eq!(counts(&of(&after, &colleague.person)["load"])[0], 2);
    assert_eq!(
        after["unassigned"]["open"].as_u64(),
        before["unassigned"]["open"].as_u64().map(|open| open + 1)
    );
    assert_eq!(array(&after["items"])[0]["person_id"], colleague.person.as_str(), "who has most comes first");
    assert_eq!(of(&spread(&colleague).await, &colleague.person)["you"], true);

    // What a unit's post holds is told of that post, and not of this one; no home is named.
    report(&reporter, &town.unit, "SUGGESTION", &[]).await;
    let unit = |told: &Value| {
        let posts = array(&told["posts"]).iter();
        posts
            .filter(|post| post["place"]["id"] == town.unit.as_str())
            .map(|post| post["load"]["open"].as_u64().unwrap())
            .sum::<u64>()
    };
    let below = spread(&property).await;
    assert_eq!(unit(&below), unit(&after) + 1, "{below}");
    assert!(array(&below["posts"]).iter().all(|post| post["place"]["level"] != "HOME"));

    // Who leaves the office leaves behind what was given to them, and that is seen.
    let office = phone(world, COMMUNITY).await;
    let roles = format!("/v1/places/{}/roles", town.complex);
    let all = office.all(&roles, 100).await;
    let grant = all.iter().find(|one| one["person_id"] == colleague.person.as_str()).expect("their role");
    office.delete(&format!("/v1/roles/{}", text(&grant["id"]))).await.ok();
    let left = spread(&property).await;
    let theirs = of(&left, &colleague.person);
    assert_eq!((&theirs["fills_post"], &theirs["load"]["open"]), (&json!(false), &json!(2)));
    colleague.get(&path).await.refused(404, "NOT_FOUND");

    // It is the office's own: who stands above sees how much there is, and not who has it; residents see nothing.
    for above in [&office, &phone(world, STREET).await] {
        above.get(&path).await.refused(403, "NOT_ALLOWED");
    }
    for outsider in outsiders(world, &town).await {
        outsider.get(&path).await.refused(404, "NOT_FOUND");
    }
}

async fn a_view_is_kept_for_oneself_or_shared_in_a_post(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    Town::appoint(world, COLLEAGUE, "PROPERTY_MANAGER", &town.complex).await;
    let colleague = phone(world, COLLEAGUE).await;
    let views = format!("{}/views", desk(&town.complex));
    let save = |name: &str, shared_with: &str, filter: Value| json!({ "name": name, "shared_with": shared_with, "filter": filter });
    let drains = json!({ "scope": "HELD", "category": "DRAIN_BLOCKED", "due_within_hours": 720 });
    let kept = property.post(&views, &save("下水道", "POST", drains.clone())).await;
    let shared = format!("{views}/{}", text(&kept.ok()["id"]));
    assert_eq!(kept.header("location"), Some(&*shared));
    assert_eq!(property.get(&shared).await.ok()["name"], "下水道");
    let own = property.post(&views, &save("我的", "ME", json!({ "scope": "HELD" }))).await.ok();
    let own = format!("{views}/{}", text(&own["id"]));

    // The post sees what is shared; what is kept for oneself is nobody else's.
    let named = async |phone: &Phone| {
        let all = phone.get(&views).await.ok();
        array(&all["items"]).iter().map(|view| text(&view["name"]).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(named(&property).await, ["下水道", "我的"]);
    assert_eq!(named(&colleague).await, ["下水道"]);
    colleague.get(&own).await.refused(404, "NOT_FOUND");
    colleague.delete(&own).await.refused(404, "NOT_FOUND");
    let community = phone(world, COMMUNITY).await;
    assert_eq!(named(&community).await, ["下水道"], "who stands above looks");
    let change = save("改名", "POST", drains.clone());
    community.put(&shared, &change).await.refused(403, "NOT_ALLOWED");
    community.post(&views, &change).await.refused(403, "NOT_ALLOWED");
    community.delete(&shared).await.refused(403, "NOT_ALLOWED");
    for outsider in outsiders(world, &town).await {
        outsider.get(&views).await.refused(404, "NOT_FOUND");
        outsider.get(&shared).await.refused(404, "NOT_FOUND");
        outsider.get(&format!("{shared}/incidents")).await.refused(404, "NOT_FOUND");
        outsider.post(&views, &change).await.refused(404, "NOT_FOUND");
    }

    // It shows what it filters, to each their own.
    let drain = report(&reporter, &town.building, "DRAIN_BLOCKED", &[]).await;
    let light = report(&reporter, &town.complex, "COMPLEX_LIGHT_OUT", &[]).await;
    let shown = async |phone: &Phone, view: &str| {
        let lines = phone.all(&format!("{view}/incidents"), 1).await;
        lines.iter().map(|line| line["id"].clone()).collect::<Vec<_>>()
    };
    colleague.get(&format!("{shared}/incidents")).await.ok();
    for phone in [&property, &colleague] {
        let lines = shown(phone, &shared).await;
        assert!(lines.contains(&drain["id"]) && !lines.contains(&light["id"]));
    }
    assert!(shown(&property, &own).await.contains(&light["id"]));
    assert!(shown(&community, &shared).await.is_empty(), "the community office holds no drain");
    let given = json!({ "assignee_id": colleague.person });
    act(&property, &light, "assignments", given).await.ok();
    let in_hand = json!({ "scope": "HELD", "assignee": colleague.person });
    let in_hand = colleague.post(&views, &save("在手", "ME", in_hand)).await.ok();
    let in_hand = format!("{views}/{}", text(&in_hand["id"]));
    assert_eq!(shown(&colleague, &in_hand).await, [light["id"].clone()]);

    // Where they have to be today.
    let taken = act(&colleague, &light, "acknowledgements", json!({})).await.ok();
    let hours = |hours| (time(&taken["holder"]["acknowledged_at"]) + TimeDelta::hours(hours)).to_rfc3339();
    let comes = json!({ "from": hours(2), "until": hours(4), "words": "电工上门" });
    act(&colleague, &light, "appointments", comes).await.ok();
    for (within, expected) in [(1, vec![]), (12, vec![light["id"].clone()])] {
        let today = json!({ "scope": "HELD", "coming_within_hours": within });
        let today = colleague.post(&views, &save("今天上门", "ME", today)).await.ok();
        assert_eq!(shown(&colleague, &format!("{views}/{}", text(&today["id"]))).await, expected);
    }

    // Everybody of the post changes what is shared, in the version that they know.
    let changed =
        colleague.put(&shared, &save("路灯", "POST", json!({ "scope": "HELD", "named": "照明" }))).await.ok();
    assert_eq!((&changed["name"], &changed["version"]), (&json!("路灯"), &json!(2)));
    let lines = shown(&property, &shared).await;
    assert!(!lines.contains(&drain["id"]) && lines.contains(&light["id"]));
    let elsewhere = json!({ "scope": "HELD", "place_id": town.community });
    let refusal = property.post(&views, &save("别处", "ME", elsewhere)).await.refused(422, "INPUT_INVALID");
    assert_eq!(refusal["errors"][0]["pointer"], "/filter/place_id");
    let nothing = json!({ "scope": "HELD", "category": "NOTHING" });
    property.post(&views, &save("没有", "ME", nothing)).await.refused(422, "INPUT_INVALID");

    // A person keeps twenty.
    for number in 2..=20 {
        let body = save(&format!("第{number}个"), "ME", json!({ "scope": "HELD" }));
        property.call(Method::POST, &views).keyed().json(&body).send().await.ok();
    }
    let one_more = save("第二十一个", "ME", json!({ "scope": "HELD" }));
    property.post(&views, &one_more).await.refused(409, "VIEWS_USED_UP");
    property.put(&shared, &one_more).await.refused(409, "VIEWS_USED_UP");
    assert_eq!(property.delete(&own).await.status, 204);
    property.get(&own).await.refused(404, "NOT_FOUND");
    property.post(&views, &one_more).await.ok();
}

async fn a_reply_is_written_once_and_sent_often(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let templates = format!("{}/templates", desk(&town.complex));
    let words = "您{reported_on}反映的“{category}”已派人到{place}，{due_at}前答复";
    let written = property.post(&templates, &json!({ "name": "已派人", "words": words })).await.ok();
    let template = format!("{templates}/{}", text(&written["id"]));
    for (broken, why) in [("{owner}已通知", "unknown"), ("{place", "brace"), ("好}", "brace")] {
        let refusal = property.post(&templates, &json!({ "name": "坏", "words": broken })).await;
        let refusal = refusal.refused(422, "TEMPLATE_BROKEN");
        assert!(text(&refusal["detail"]).contains(why), "{refusal}");
    }
    let drains =
        json!({ "name": "疏通", "act": "HANDLE", "category": "DRAIN_BLOCKED", "words": "{place}已疏通" });
    let drains = property.post(&templates, &drains).await.ok();

    // Filled in for an incident, by whoever holds it.
    let light = report(&reporter, &town.unit, "COMPLEX_LIGHT_OUT", &[]).await;
    let draft = |template: &Value| format!("{}/drafts/{}", path(&light), text(&template["id"]));
    let filled = property.get(&draft(&written)).await.ok();
    let due = time(&light["holder"]["due_at"]).format("%-m月%-d日%H:%M");
    let day = time(&light["reported_at"]).format("%-m月%-d日");
    let (said, unit) = (text(&filled["words"]), text(&light["place"]["name"]));
    assert!(
        said.starts_with(&format!("您{day}反映的“")) && said.ends_with(&format!("{unit}，{due}前答复")),
        "{said}"
    );
    assert!(!said.contains(['{', '}']));
    assert_eq!(filled["template_version"], 1);
    property.get(&draft(&drains)).await.refused(409, "TEMPLATE_FOR_ANOTHER_ACT");
    phone(world, COMMUNITY).await.get(&draft(&written)).await.refused(403, "NOT_ALLOWED");
    reporter.get(&draft(&written)).await.refused(403, "NOT_ALLOWED");

    // Another version takes its place; what it said before is kept.
    let short = json!({ "name": "已派人", "words": "已派人到{place}" });
    let rewritten = property.put(&template, &short).await.ok();
    assert_eq!(rewritten["version"], 2);
    let versions = property.get(&format!("{template}/versions")).await.ok();
    let told: Vec<_> = array(&versions["items"]).iter().map(|one| (&one["version"], &one["words"])).collect();
    assert_eq!(told, [(&json!(2), &short["words"]), (&json!(1), &json!(words))]);
    assert!(versions["items"][1]["replaced_at"].is_string());
    property.put(&template, &json!({ "name": "坏", "words": "{" })).await.refused(422, "TEMPLATE_BROKEN");
    assert_eq!(property.get(&template).await.ok()["version"], 2, "a refused version replaces nothing");

    // Sent to many, each with its own place; withdrawn, it is sent no more and still told.
    let other = report(&reporter, &town.building, "COMPLEX_LIGHT_OUT", &[]).await;
    let answers = format!("{}/answers", desk(&town.complex));
    let send =
        json!({ "incident_ids": [light["id"], other["id"]], "act": "NOTE", "template_id": written["id"] });
    property.post(&answers, &send).await.ok();
    let last = async |incident: &Value| {
        let now = read(&reporter, incident).await;
        text(&array(&now["steps"]).last().unwrap()["words"]).to_owned()
    };
    for incident in [&light, &other] {
        let (said, place) = (last(incident).await, text(&incident["place"]["name"]));
        assert!(said.starts_with("已派人到") && said.ends_with(place), "{said}");
    }
    let handle = json!({ "incident_ids": [light["id"]], "act": "HANDLE", "template_id": drains["id"] });
    let refused = property.post(&answers, &handle).await.ok();
    assert_eq!(refused["items"][0]["problem"]["type"], "/problems/TEMPLATE_FOR_ANOTHER_ACT");
    assert_eq!(property.delete(&template).await.status, 204);
    property.post(&answers, &send).await.refused(404, "NOT_FOUND");
    assert_eq!(array(&property.get(&format!("{template}/versions")).await.ok()["items"]).len(), 2);
    let left = property.get(&templates).await.ok();
    assert_eq!(array(&left["items"]).len(), 1);
    for outsider in outsiders(world, &town).await {
        outsider.get(&templates).await.refused(404, "NOT_FOUND");
        outsider.get(&format!("{template}/versions")).await.refused(404, "NOT_FOUND");
        outsider.post(&templates, &short).await.refused(404, "NOT_FOUND");
    }
    for number in 2..=100 {
        let body = json!({ "name": format!("第{number}个"), "words": "好" });
        property.call(Method::POST, &templates).keyed().json(&body).send().await.ok();
    }
    property.post(&templates, &short).await.refused(409, "TEMPLATES_USED_UP");
}

async fn one_answer_reaches_many_and_each_by_itself(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let answers = format!("{}/answers", desk(&town.complex));
    let mut five = Vec::new();
    for category in ["PARKING", "PARKING", "THROWN_OBJECTS", "ACCESS_CONTROL"] {
        five.push(report(&reporter, &town.building, category, &[]).await);
    }
    // The fourth goes to the community office; the fifth nobody has reported.
    let away = json!({ "reason": "OUT_OF_SCOPE", "words": "门禁由社区统一采购" });
    act(&property, &five[3], "climbs", away).await.ok();
    let ids: Vec<_> = five
        .iter()
        .map(|one| one["id"].clone())
        .chain([json!("00000000-0000-4000-8000-00000000dead")])
        .collect();
    let body = |act: &str, words: Option<&str>| {
        let mut body = json!({ "incident_ids": ids, "act": act });
        if let Some(words) = words {
            body["words"] = json!(words);
        }
        body
    };
    let outcomes = |answered: &Value| -> Vec<String> {
        let of = |one: &Value| match one["problem"]["type"].as_str() {
            Some(problem) => problem.trim_start_matches("/problems/").to_owned(),
            None => text(&one["status"]).to_owned(),
        };
        array(&answered["items"]).iter().map(of).collect()
    };

    // Asked twice with one key, each is answered once; the phone of the stories does so.
    let taken = property.post(&answers, &body("ACKNOWLEDGE", None)).await.ok();
    let refused = ["NOT_ALLOWED", "NOT_FOUND"];
    let all = |status: &'static str| [&[status; 3][..], &refused[..]].concat();
    assert_eq!(outcomes(&taken), all("IN_PROGRESS"));
    assert!(ids.iter().zip(array(&taken["items"])).all(|(id, one)| one["incident_id"] == *id));
    let again = property.post(&answers, &body("ACKNOWLEDGE", None)).await.ok();
    let known = "INCIDENT_ACKNOWLEDGED";
    assert_eq!(outcomes(&again), [known, known, known, "NOT_ALLOWED", "NOT_FOUND"]);
    let told = property.post(&answers, &body("NOTE", Some("{place}的{category}今天处理"))).await.ok();
    assert_eq!(outcomes(&told), all("IN_PROGRESS"));
    property.post(&answers, &body("INTERNAL_NOTE", Some("同一家施工队"))).await.ok();
    let done = property.post(&answers, &body("HANDLE", Some("已处理"))).await.ok();
    assert_eq!(outcomes(&done).last().unwrap(), "NOT_FOUND");

    // What each was told, and no more than once.
    let words = async |incident: &Value| {
        let now = read(&reporter, incident).await;
        let of = |act: &str| {
            let steps = array(&now["steps"]).iter().filter(|step| step["act"] == act);
            steps.map(|step| step["words"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        (of("NOTE"), of("INTERNAL_NOTE"), now["version"].clone())
    };
    let (first, _, version) = words(&five[0]).await;
    assert!(first.len() == 1 && first[0].ends_with("今天处理") && !first[0].contains('{'), "{first:?}");
    assert_eq!(done["items"][0]["version"], version, "the version that the answer tells");
    let (none, kept, _) = words(&five[3]).await;
    assert!(none.is_empty() && kept.is_empty(), "what another post holds is not answered from here");

    // What makes no sense is refused as a whole.
    for (wrong, pointer) in [
        (body("NOTE", None), "/words"),
        (body("ACKNOWLEDGE", Some("好")), "/words"),
        (json!({ "incident_ids": [ids[0], ids[0]], "act": "ACKNOWLEDGE" }), "/incident_ids"),
        (json!({ "incident_ids": ids, "act": "NOTE", "words": "好", "template_id": ids[0] }), "/template_id"),
    ] {
        let refusal = property.post(&answers, &wrong).await.refused(422, "INPUT_INVALID");
        assert_eq!(refusal["errors"][0]["pointer"], pointer);
    }
    property.post(&answers, &body("NOTE", Some("{wrong}"))).await.refused(422, "TEMPLATE_BROKEN");
    let long = "{place}".repeat(140);
    let refused = property
        .post(&answers, &json!({ "incident_ids": [ids[0]], "act": "INTERNAL_NOTE", "words": long }))
        .await
        .ok();
    assert_eq!(refused["items"][0]["version"].is_null(), refused["items"][0]["problem"].is_object());
    phone(world, COMMUNITY).await.post(&answers, &body("NOTE", Some("好"))).await.refused(403, "NOT_ALLOWED");
    for outsider in outsiders(world, &town).await {
        outsider.post(&answers, &body("NOTE", Some("好"))).await.refused(404, "NOT_FOUND");
    }
}
