//! The open door: what strangers read, what other systems report, and that the convention is kept.

#[path = "../../open311/rules.rs"]
mod rules;
#[path = "../../open311/server.rs"]
mod server;

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use reqwest::Method;
use serde_json::{Value, json};

use self::server::{Server, list, text};
use crate::{
    phone::{Phone, Reply, new_key},
    secrets,
    stories::neighbours::{Complex, Owner, owners_by_home},
    story,
    story::Story,
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(the_convention_is_kept).in_the_demo(),
        story!(a_key_is_issued_once_and_revoked_for_good).in_the_demo(),
        story!(strangers_read_what_is_public_and_nothing_else).in_the_demo(),
        story!(a_point_is_a_place_that_somebody_put_on_the_map).in_the_demo(),
        story!(a_report_from_outside_is_handled_like_any_other).in_the_demo(),
        story!(what_comes_from_outside_is_made_public_by_a_person).in_the_demo(),
        story!(whatever_goes_wrong_is_told_in_the_conventions_form).with(&["limit_guest=40"]),
    ]
}

/// The server as an integration sees it, with a key that the community office issued.
async fn opened(world: &World) -> Server {
    let (complex, office) = (world.complex().await, world.sign_in("community").await);
    let issued = issue(&office, &complex).await;
    let url = format!("http://{}", world.address());
    let server = Server::new(&format!("{url}/open311/v2"), &format!("{url}/open311/discovery"));
    let said = |member: &str| issued[member].as_str().map(str::to_owned);
    Server { jurisdiction: said("jurisdiction_id"), key: said("key"), speaks_extensions: true, ..server }
}

async fn issue(office: &Phone, complex: &str) -> Value {
    let asked = json!({ "name": "城市运行平台" });
    let issued = office.post(&format!("/v1/places/{complex}/api-keys"), &asked).await.ok();
    secrets::remember(text(&issued["key"]));
    issued
}

/// Says where a place is; its middle is on one line north and south.
async fn locate(phone: &Phone, place: &str, version: u32, latitude: i32) -> Reply {
    let call = phone.call(Method::PUT, &format!("/v1/places/{place}/position"));
    let position = json!({ "position": { "latitude": latitude, "longitude": 121_473_700 } });
    call.header("if-match", &format!("\"v{version}\"")).json(&position).send().await
}

async fn the_convention_is_kept(world: &mut World) {
    let server = opened(world).await;
    let (community, complex) = (world.sign_in("community").await, world.complex().await);
    locate(&community, &complex, 1, 31_230_400).await.ok();
    let mut broken = Vec::new();
    for check in rules::ALL {
        assert!(check.is_offered_by(&server), "{} is left out", check.name);
        if let Err(panic) = AssertUnwindSafe(check.ask(&server)).catch_unwind().await {
            let why = panic.downcast_ref::<String>().map_or("it panicked", String::as_str);
            broken.push(format!("{}: {}", check.name, why.chars().take(600).collect::<String>()));
        }
    }
    assert!(broken.is_empty(), "{} of {} rules:\n{}", broken.len(), rules::ALL.len(), broken.join("\n"));
}

async fn a_key_is_issued_once_and_revoked_for_good(world: &mut World) {
    let (complex, office) = (world.complex().await, world.sign_in("community").await);
    let path = format!("/v1/places/{complex}/api-keys");
    let (first, second) = (issue(&office, &complex).await, issue(&office, &complex).await);
    assert_ne!(first["key"], second["key"]);
    let at = format!("{path}/{}", text(&first["id"]));
    let shown = office.get(&at).await.ok();
    assert_eq!((&shown["name"], shown.get("key")), (&"城市运行平台".into(), None), "told once");
    let listed = office.all(&path, 1).await;
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|key| key.get("key").is_none()), "{listed:?}");
    let changes = office.get(&format!("/v1/changes?place_id={complex}&wait=2")).await.text();
    assert!(!changes.contains("城市运行平台"), "{changes}");

    let property = world.sign_in("property").await;
    property.post(&path, &json!({ "name": "我" })).await.refused(404, "NOT_FOUND");
    property.get(&at).await.refused(404, "NOT_FOUND");
    let children = office.get(&format!("/v1/places/{complex}/children")).await.ok();
    let building = format!("/v1/places/{}/api-keys", text(&children["items"][0]["id"]));
    office.post(&building, &json!({ "name": "一号楼" })).await.refused(422, "API_KEY_PLACE_MISFIT");
    office.get(&building).await.refused(422, "API_KEY_PLACE_MISFIT");
    for _ in 2..20 {
        let asked = json!({ "name": "城市运行平台" });
        office.call(Method::POST, &path).keyed().json(&asked).send().await.ok();
    }
    office.post(&path, &json!({ "name": "第二十一" })).await.refused(409, "API_KEYS_TOO_MANY");

    let url = format!("http://{}/open311/v2", world.address());
    let of = |issued: &Value| Server {
        jurisdiction: issued["jurisdiction_id"].as_str().map(str::to_owned),
        key: issued["key"].as_str().map(str::to_owned),
        ..Server::new(&url, &url)
    };
    let report = [("service_code", "CLEANING"), ("address_string", "1")];
    of(&first).post("requests", "json", &report).await.found();
    assert_eq!(office.delete(&at).await.status, 204);
    assert_eq!(office.delete(&at).await.status, 204, "again it changes nothing");
    of(&first).post("requests", "json", &report).await.refused(403);
    of(&second).post("requests", "json", &report).await.found();
    office.get(&at).await.refused(404, "NOT_FOUND");
    assert_eq!(office.all(&path, 100).await.len(), 19);
    let elsewhere = format!("{path}/{}", text(&json!(complex)));
    office.delete(&elsewhere).await.refused(404, "NOT_FOUND");
}

/// Owners of three homes in the demo's one building, each alone and of no other home.
fn of_one_building() -> Vec<Owner> {
    let everybody = owners_by_home();
    let homes_of =
        |owner: &Owner| everybody.iter().flatten().filter(|one| one.id_number == owner.id_number).count();
    let alone = everybody.iter().filter(|owners| owners.len() == 1 && homes_of(&owners[0]) == 1);
    alone.map(|owners| owners[0].clone()).skip(40).step_by(30).take(3).collect()
}

async fn strangers_read_what_is_public_and_nothing_else(world: &mut World) {
    let server = opened(world).await;
    let complex = Complex::of(world).await;
    let reporters = of_one_building();
    assert_eq!(reporters.len(), 3, "three households of one building");
    let words = "六零六室门口的大件垃圾是刘阿姨家扔的";
    let community = world.sign_in("community").await;
    let parts = community.get(&format!("/v1/places/{}/children", complex.id)).await.ok();
    for building in list(&parts["items"]) {
        locate(&community, text(&building["id"]), 1, 31_231_400).await.ok();
    }
    locate(&community, &complex.id, 1, 31_230_400).await.ok();
    let near = async |latitude: &str| {
        let circle = [("lat", latitude), ("long", "121.4737"), ("radius", "50")];
        let found = server.both("requests", &circle).await;
        let ids = list(&found).iter().map(|one| text(&one["service_request_id"]).to_owned());
        ids.collect::<Vec<_>>()
    };
    let mut incidents = Vec::new();
    let (mut persons, mut homes) = (Vec::new(), Vec::new());
    for owner in &reporters {
        let phone = world.newcomer().await;
        complex.move_in(&phone, owner).await;
        let home = complex.home([&owner.home[0], &owner.home[1], &owner.home[2]]).to_owned();
        let lineage = phone.get(&format!("/v1/places/{home}")).await.ok();
        let report = async |category: &str| {
            let body = json!({ "place_id": home, "category": category, "description": words });
            text(&phone.post("/v1/incidents", &body).await.ok()["id"]).to_owned()
        };
        let (public, private) = (report("WASTE_SORTING").await, report("NEIGHBOUR_NOISE").await);
        let told = server.both(&format!("requests/{public}"), &[("extensions", "true")]).await;
        server.refuses(&format!("requests/{private}"), &[], 404).await;
        server.refuses(&format!("tokens/{private}"), &[], 404).await;
        let step = |level: &str| {
            let step = list(&lineage["lineage"]).iter().find(|step| step["level"] == level).cloned();
            step.expect("a home is in all levels")
        };
        let (place, households) = (&told[0]["address_id"], &told[0]["extended_attributes"]["households"]);
        if incidents.len() < 2 {
            assert_eq!(place, complex.id.as_str(), "a lone household's building is not named");
            assert!(households.is_null(), "{told}");
            assert_eq!((&told[0]["lat"], &told[0]["long"]), (&"31.2304".into(), &"121.4737".into()));
            assert!(near("31.2304").await.contains(&public) && !near("31.2314").await.contains(&public));
        } else {
            assert_eq!((&told[0]["lat"], &told[0]["long"]), (&"31.2314".into(), &"121.4737".into()));
            assert_eq!((place, households), (&step("BUILDING")["id"], &"3".into()), "{told}");
            assert_eq!(told[0]["address"], format!("青年路小区{}", owner.home[0]));
        }
        assert_eq!(told[0]["description"], told[0]["service_name"], "not what somebody wrote");
        assert!(told[0]["media_url"].is_null());
        incidents.push((public, private, phone.clone()));
        persons.push(phone.person);
        homes.extend([home, text(&step("UNIT")["id"]).to_owned(), owner.name.clone(), owner.home[2].clone()]);
    }
    // The company that hides one hides the others too, also in the list.
    let everything = server.both("requests", &[("extensions", "true")]).await;
    let listed: Vec<&str> = list(&everything).iter().map(|one| text(&one["service_request_id"])).collect();
    for (public, private, _) in &incidents {
        let one = list(&everything).iter().find(|one| one["service_request_id"] == public.as_str());
        assert_eq!(one.expect("it is listed")["extended_attributes"]["households"], "3");
        assert!(!listed.contains(&private.as_str()), "it is not public");
        assert!(near("31.2314").await.contains(public) && !near("31.2304").await.contains(public));
    }
    let (lines, all) = (server.get("requests", "csv", &[]).await, listed.len());
    assert_eq!((lines.status, lines.text.lines().count()), (200, all + 1), "{}", lines.text);
    let circle = [("lat", "31.2314"), ("long", "121.4737"), ("radius", "50")];
    let lines = server.get("requests", "csv", &circle).await.text;
    assert_eq!(lines.lines().count(), near("31.2314").await.len() + 1, "{lines}");
    assert!(
        lines.contains(&format!("{},", incidents[0].0)) && lines.contains(",31.2314,121.4737"),
        "{lines}"
    );
    let withdrawn = &incidents[0];
    withdrawn.2.post(&format!("/v1/incidents/{}/withdrawals", withdrawn.0), &json!({})).await.ok();
    let told = server.both(&format!("requests/{}", withdrawn.0), &[("extensions", "true")]).await;
    assert_eq!((&told[0]["status"], &told[0]["notes"][0]["type"]), (&"closed".into(), &"CANCELLED".into()));
    assert_eq!(told[0]["notes"][0]["datetime"], told[0]["updated_datetime"]);

    let mut said = server.get("requests", "csv", &[]).await.text;
    for format in server::FORMATS {
        for (path, more) in [("requests", "true"), ("requests", "false"), ("servicerequestupdates", "true")] {
            said.push_str(&server.get(path, format, &[("extensions", more)]).await.text);
        }
        for (public, ..) in &incidents {
            let path = format!("requests/{public}");
            said.push_str(&server.get(&path, format, &[("extensions", "true")]).await.text);
        }
    }
    assert!(said.contains(&incidents[0].0), "it was searched in what was told");
    for private in
        [words, "刘阿姨", "单元\"", "室"].into_iter().map(str::to_owned).chain(persons).chain(homes)
    {
        let alone = |at: usize| !said[at + private.len()..].starts_with(|next: char| next.is_ascii_digit());
        let is_number = private.bytes().all(|byte| byte.is_ascii_digit());
        let found = said.match_indices(&private).any(|(at, _)| {
            !is_number || {
                alone(at)
                    && !said[..at]
                        .ends_with(|before: char| before.is_ascii_digit() || "-:.+".contains(before))
            }
        });
        assert!(!found, "{private} is told to strangers");
    }
}

async fn a_point_is_a_place_that_somebody_put_on_the_map(world: &mut World) {
    let (server, complex) = (opened(world).await, world.complex().await);
    let (property, resident) = (world.sign_in("property").await, world.sign_in("resident").await);
    let children = async |place: &str| property.get(&format!("/v1/places/{place}/children")).await.ok();
    let building = text(&children(&complex).await["items"][0]["id"]).to_owned();
    let unit = text(&children(&building).await["items"][0]["id"]).to_owned();
    let report = async |latitude: &str| {
        let words = new_key();
        let report = [("service_code", "CLEANING"), ("lat", latitude), ("long", "121.4737")];
        let report: Vec<_> = report.into_iter().chain([("description", words.as_str())]).collect();
        server.post("requests", "json", &report).await
    };
    let place_of = async |latitude: &str| {
        let sent = report(latitude).await.found();
        let incident = format!("/v1/incidents/{}", text(&sent[0]["service_request_id"]));
        property.get(&incident).await.ok()["place"]["id"].clone()
    };
    assert_eq!(place_of("-31.2").await, complex.as_str(), "nobody has said where anything is");
    let everything = server.both("requests", &[]).await;
    assert!(list(&everything).iter().all(|one| one["lat"].is_null() && one["long"].is_null()));

    let located = locate(&property, &complex, 1, 31_230_400).await.ok();
    assert_eq!(located["position"], json!({ "latitude": 31_230_400, "longitude": 121_473_700 }));
    let stale = locate(&property, &complex, 1, 31_230_500).await.refused(412, "VERSION_STALE");
    assert_eq!(stale["current"]["position"]["latitude"], 31_230_400);
    locate(&property, &building, 1, 31_231_400).await.ok();
    locate(&property, &unit, 1, 31_231_400).await.refused(404, "NOT_FOUND");
    locate(&resident, &building, 2, 31_231_400).await.refused(404, "NOT_FOUND");
    let nowhere = locate(&property, &building, 2, 90_000_001).await.refused(422, "INPUT_INVALID");
    assert_eq!(nowhere["errors"][0]["pointer"], "/position/latitude");
    assert_eq!(place_of("31.2318").await, building.as_str(), "45 metres from it");
    assert_eq!(place_of("31.2324").await, complex.as_str(), "111 metres from it");
    let refused = report("31.3").await.refused(400);
    assert!(text(&refused[0]["description"]).contains("1000"), "{refused:?}");
    // Whoever names the place needs no map.
    let named = [("service_code", "CLEANING"), ("lat", "31.3"), ("long", "121.4737"), ("address_id", &unit)];
    server.post("requests", "xml", &named).await.found();

    let call = property.call(Method::PUT, &format!("/v1/places/{building}/position"));
    let gone = call.header("if-match", "\"v2\"").json(&json!({})).send().await.ok();
    assert!(gone.get("position").is_none(), "{gone}");
    assert_eq!(place_of("31.2315").await, complex.as_str());
}

async fn a_report_from_outside_is_handled_like_any_other(world: &mut World) {
    let server = opened(world).await;
    let complex = world.complex().await;
    let (code, words) = ("ELEVATOR_FAULT", "三号电梯\n停在一楼 <b>不动</b>");
    let report = [
        ("service_code", code),
        ("description", words),
        ("attribute[fault]", "DOOR"),
        ("attribute[lift_number]", "3号梯"),
        ("address_id", &complex),
        ("lat", "31.2304"),
        ("long", "121.4737"),
        ("media_url", "https://pictures.example/1.jpg"),
        ("first_name", "桂花"),
        ("last_name", "测试员甲"),
        ("email", "guihua@resident.invalid"),
        ("phone", "15400000123"),
        ("device_id", "device-of-guihua"),
    ];
    for private in ["测试员甲", "guihua@resident.invalid", "15400000123", "device-of-guihua"] {
        secrets::remember(private);
    }
    let answer = server.post("requests", "xml", &report).await.found();
    let id = text(&answer[0]["service_request_id"]).to_owned();
    assert!(text(&answer[0]["service_notice"]).contains("30分钟内接手"), "{answer}");
    let again = server.post("requests", "json", &report).await.found();
    assert_eq!(again[0]["service_request_id"], id.as_str());

    let path = format!("/v1/incidents/{id}");
    let desk = world.sign_in("property").await;
    let held = desk.get(&path).await.ok();
    let expected = format!(
        "{words}\n故障表现：开关门异常\n电梯编号：3号梯\n坐标：31.2304, 121.4737\n附图：https://pictures.example/1.jpg"
    );
    assert_eq!(held["description"], expected, "whoever handles it reads what was said");
    assert_eq!((&held["reporter"], &held["place"]["id"]), (&"RESIDENT".into(), &complex.as_str().into()));
    for kept in ["桂花", "测试员甲", "guihua", "15400000123", "device-of"] {
        assert!(!held.to_string().contains(kept), "{kept} is kept");
    }
    world.sign_in("resident").await.get(&path).await.refused(404, "NOT_FOUND");

    let act = async |deed: &str, body: Value| desk.post(&format!("{path}/{deed}"), &body).await.ok();
    let told = async || server.both(&format!("requests/{id}"), &[("extensions", "true")]).await[0].clone();
    let first = told().await;
    assert_eq!(first["agency_responsible"], "青年路小区物业服务企业");
    assert!(
        !first["expected_datetime"].is_null() && first["status_notes"] == "已受理，等待接手（小区）",
        "{first}"
    );
    act("acknowledgements", json!({})).await;
    act("pauses", json!({ "reason": "AWAITING_PARTS", "words": "等配件" })).await;
    act("resumptions", json!({})).await;
    let photo = super::uploads::send_photo(&desk).await;
    act("handlings", json!({ "words": "已更换", "photo_ids": [photo] })).await;
    let update = async |words: &str, status: &str| {
        let update = [("service_request_id", &*id), ("description", words), ("status", status)];
        server.post("servicerequestupdates", "json", &update).await.found()
    };
    update("居民说还是开不了门", "REOPEN").await;
    update("请尽快", "OPEN").await;
    let pictured = [
        ("service_request_id", &*id),
        ("description", "见图"),
        ("media_url", "https://pictures.example/2.jpg"),
    ];
    server.post("servicerequestupdates", "json", &pictured).await.found();
    let photos: [&[u8]; 1] = [&rules::PICTURE];
    server.post_with_pictures("servicerequestupdates", "xml", &pictured, &photos).await.refused(400);
    let last = told().await;
    let notes: Vec<&str> = list(&last["notes"]).iter().map(|note| text(&note["type"])).collect();
    assert_eq!(notes, ["IN_PROGRESS", "ACTION_SCHEDULED", "IN_PROGRESS", "FIXED", "REOPEN"]);
    let updates = server.both("servicerequestupdates", &[("service_request_id", &id)]).await;
    assert_eq!(list(&updates).len(), notes.len(), "{updates}");
    let open = desk.get(&path).await.ok();
    let said: Vec<&Value> = list(&open["steps"]).iter().map(|step| &step["words"]).collect();
    for words in ["居民说还是开不了门", "请尽快", "见图\n附图：https://pictures.example/2.jpg"]
    {
        assert!(said.contains(&&words.into()), "{words}: {said:?}");
    }
    assert_eq!((&open["status"], &open["rework"]), (&"IN_PROGRESS".into(), &1.into()));

    // Nobody but who reported it may speak of it.
    let other = issue(&world.sign_in("community").await, &complex).await;
    let stranger = Server { key: other["key"].as_str().map(str::to_owned), ..server.clone() };
    let update = [("service_request_id", &*id), ("description", "假的"), ("status", "CLOSED")];
    stranger.post("servicerequestupdates", "xml", &update).await.refused(403);
    let elsewhere = [("service_code", code), ("attribute[fault]", "DOOR"), ("address_id", &*id)];
    server.post("requests", "xml", &elsewhere).await.refused(400);
    let key = [("idempotency-key", new_key())];
    let sent = async |words: &str| {
        let arguments = server.with_jurisdiction(&[("service_code", "CLEANING"), ("address_string", "1")]);
        let url = reqwest::Url::parse_with_params("http://form.invalid", arguments).expect("an address");
        let form = format!(
            "{}&description={words}&api_key={}",
            url.query().unwrap(),
            server.key.as_deref().unwrap()
        );
        let call = server.http.post(format!("{}/requests.json", server.base)).header(key[0].0, &key[0].1);
        let call = call.header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer = call.send().await.expect("it answers");
        (answer.status().as_u16(), answer.headers().contains_key("idempotency-replayed"))
    };
    assert_eq!(
        [sent("a").await, sent("a").await, sent("b").await],
        [(200, false), (200, true), (400, false)]
    );
}

/// Whoever stands behind a key is not in the mini-program, so that WeChat cannot be asked.
async fn what_comes_from_outside_is_made_public_by_a_person(world: &mut World) {
    let (server, complex) = (opened(world).await, world.complex().await);
    let report =
        [("service_code", "CLEANING"), ("address_string", "1"), ("description", "满地垃圾 sim-risky")];
    let sent = server.post("requests", "json", &report).await.found();
    let id = text(&list(&sent)[0]["service_request_id"]).to_owned();
    let update = [("service_request_id", id.as_str()), ("description", "还在 sim-risky")];
    server.post("servicerequestupdates", "json", &update).await.found();
    let (property, community) = (world.sign_in("property").await, world.sign_in("community").await);
    let read = property.get(&format!("/v1/incidents/{id}")).await.ok();
    assert!(text(&read["description"]).starts_with("满地垃圾"), "whoever handles it reads it: {read}");
    let public = async || {
        let all = community.all(&format!("/v1/places/{complex}/public-incidents"), 100).await;
        all.into_iter().find(|one| one["id"] == id.as_str()).expect("it is public")
    };
    assert!(public().await.get("words").is_none());
    let held = community.all(&format!("/v1/places/{complex}/held-contents"), 100).await;
    let held = held.iter().find(|one| one["incident_id"] == id.as_str()).expect("it waits for a person");
    assert_eq!((&held["state"], &held["step"]), (&json!("NOT_CHECKED"), &json!(1)));
    let decision = format!("/v1/contents/{}/decisions", text(&held["id"]));
    community.post(&decision, &json!({ "finding": "PASS" })).await.ok();
    assert!(text(&public().await["words"]).starts_with("满地垃圾"));

    // So are its photos, where they point at nothing finer than what is told of the place.
    let children = community.get(&format!("/v1/places/{complex}/children")).await.ok();
    let building = text(&children["items"][0]["id"]).to_owned();
    let report = async |place: &str| {
        let report = [("service_code", "CLEANING"), ("address_id", place), ("description", "有图")];
        let sent = server.post_with_pictures("requests", "xml", &report, &[&rules::PICTURE]).await.found();
        text(&sent[0]["service_request_id"]).to_owned()
    };
    let decide = async |incident: &str, finding: &str| {
        let read = property.get(&format!("/v1/incidents/{incident}")).await.ok();
        let photo = text(&list(&read["photos"])[0]["id"]).to_owned();
        let mut held = community.all(&format!("/v1/places/{complex}/held-contents"), 100).await;
        held.retain(|one| one["photo_id"] == photo.as_str());
        assert_eq!(held.len(), 1, "a person has to look");
        let decision = format!("/v1/contents/{}/decisions", text(&held[0]["id"]));
        community.post(&decision, &json!({ "finding": finding })).await.ok();
        (photo, decision)
    };
    let told = async |incident: &str| {
        server.both(&format!("requests/{incident}"), &[]).await[0]["media_url"].clone()
    };
    let (shared, lone) = (report(&complex).await, report(&building).await);
    assert_eq!([told(&shared).await, told(&lone).await], [Value::Null, Value::Null]);
    let ((photo, decision), (hidden, _)) = (decide(&shared, "PASS").await, decide(&lone, "PASS").await);
    let url = format!("{}/media/{photo}.jpg", server.base);
    assert_eq!([told(&shared).await, told(&lone).await], [json!(url), Value::Null]);
    let fetch = async |url: String| server.http.get(url).send().await.expect("it answers");
    let shown = fetch(url.clone()).await;
    assert_eq!(
        (shown.status().as_u16(), &shown.headers()["content-type"]),
        (200, &"image/jpeg".parse().unwrap())
    );
    let beyond = [hidden, "0193f5d2-6a00-4000-8000-000000000001".into(), "x".into()];
    for other in beyond.map(|photo| format!("{}/media/{photo}.jpg", server.base)) {
        assert_eq!(fetch(other.clone()).await.status().as_u16(), 404, "{other}");
    }
    community.post(&decision, &json!({ "finding": "HIDE" })).await.ok();
    assert_eq!((told(&shared).await, fetch(url).await.status().as_u16()), (Value::Null, 404));
}

async fn whatever_goes_wrong_is_told_in_the_conventions_form(world: &mut World) {
    let url = format!("http://{}/open311/v2", world.address());
    let server = Server::new(&url, &url);
    for (method, path, allow) in [
        (Method::DELETE, "services.xml", "GET, HEAD"),
        (Method::PUT, "requests.json", "GET, HEAD, POST"),
        (Method::POST, "tokens/x.xml", "GET, HEAD"),
    ] {
        let answer = server.http.request(method, format!("{url}/{path}")).send().await.expect("it answers");
        assert_eq!((answer.status().as_u16(), answer.headers()["allow"] == *allow), (405, true), "{path}");
        let kind = answer.headers()["content-type"].to_str().expect("text").to_owned();
        let expected = if path.ends_with("json") { "application/json" } else { "text/xml" };
        assert!(kind.starts_with(expected), "{kind}");
    }
    let asked = server.http.request(Method::OPTIONS, format!("{url}/requests.xml")).send().await;
    let asked = asked.expect("it answers");
    assert_eq!(asked.status().as_u16(), 204);
    assert_eq!(asked.headers()["access-control-allow-methods"], "GET, HEAD, POST");
    let head = server.http.head(format!("{url}/discovery.xml")).send().await.expect("it answers");
    assert_eq!((head.status().as_u16(), head.bytes().await.expect("bytes").len()), (200, 0));

    let post = async |kind: &str, body: Vec<u8>| {
        let call = server.http.post(format!("{url}/requests.json")).header("content-type", kind).body(body);
        let answer = call.send().await.expect("it answers");
        (answer.status().as_u16(), answer.json::<Value>().await.expect("JSON")[0]["code"].clone())
    };
    assert_eq!(post("application/json", b"{}".to_vec()).await, (400, "1000009".into()));
    assert_eq!(post("application/x-www-form-urlencoded", vec![b'a'; 300_000]).await, (400, "1000008".into()));
    assert_eq!(post("application/x-www-form-urlencoded", vec![0xff]).await, (400, "1000001".into()));
    assert_eq!(
        post("multipart/form-data; boundary=x", b"--x\r\nbroken".to_vec()).await,
        (400, "1000001".into())
    );
    let bad = server.get("services", "xml", &[]).await;
    assert_eq!(bad.refused(400)[0]["code"], "1020001");
    assert!(bad.text.contains("缺少 jurisdiction_id"), "{}", bad.text);
    let english = server.http.get(format!("{url}/services.xml")).header("accept-language", "en").send().await;
    assert!(english.expect("it answers").text().await.expect("text").contains("jurisdiction_id is missing"));
    let untrue = server.http.get(format!("{url}/services.json")).bearer_auth("garbage").send().await;
    assert_eq!(untrue.expect("it answers").status().as_u16(), 400);
    assert_eq!(server.get("nowhere", "json", &[]).await.refused(404)[0]["code"], "1000006");
    let odd = server.get_url(&format!("{url}/services.xml?a=%ff"), &[]).await;
    odd.refused(400);
    // The limit is used up by many at once, faster than it comes back, and told as everything else is.
    let ask = |_| server.http.get(format!("{url}/services.xml")).send();
    let answers = futures_util::future::join_all((0..120).map(ask)).await;
    let limited = answers.into_iter().map(|answer| answer.expect("it answers"));
    let limited = limited.into_iter().find(|answer| answer.status().as_u16() == 429).expect("a limit holds");
    assert!(limited.headers().contains_key("retry-after"));
    assert!(limited.text().await.expect("text").contains("<errors><error><code>1000010</code>"));
}
