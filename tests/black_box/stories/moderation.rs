//! What others may read of what people write, and what a complex knows of its troubles.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    eventually,
    incidents::{COMMUNITY, PROPERTY, REPORTER, STREET, Town, act, array, path, phone, read, report, text},
    notices::{pass, push, safe, safe_xml, until_rested},
    uploads::send_photo,
};
use crate::{phone::Phone, secrets, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(harmful_words_are_refused_and_doubtful_ones_held).in_the_demo(),
        story!(a_complex_knows_its_troubles_and_not_whose_they_are).in_the_demo(),
        story!(an_author_masks_what_others_read_and_the_ladder_reads_it_all).in_the_demo(),
        story!(who_follows_a_matter_is_told_what_is_public_of_it).in_the_demo(),
        story!(neighbours_see_a_photo_once_it_was_looked_at).in_the_demo().with(LOOKING),
        story!(who_is_killed_while_wechat_is_asked_of_a_photo_asks_again).in_the_demo().with(LOOKING),
        story!(what_wechat_does_not_tell_of_a_photo_a_person_decides).in_the_demo().with(LOOKING),
    ]
}

/// Residents with WeChat, who have a role and no claim.
const NEIGHBOUR: &str = "o-moderation-neighbour";
const AUTHOR: &str = "o-moderation-author";
const ELSEWHERE: &str = "o-moderation-elsewhere";

/// WeChat reaches the service under a name, and pushes to it.
const LOOKING: &[&str] = &[
    "public_url=https://linli.example",
    "wechat_push_token=BlackBoxPush",
    "wechat_push_key=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
];
const CHECK: &str = "/wxa/media_check_async";

/// Lets a WeChat user report: the committee of a complex does.
pub(super) async fn member(world: &World, town: &Town, openid: &str) -> Phone {
    Town::appoint(world, openid, "COMMITTEE_MEMBER", &town.complex).await;
    phone(world, openid).await
}

async fn say(phone: &Phone, place: &str, category: &str, words: &str) -> crate::phone::Reply {
    let body = json!({ "place_id": place, "category": category, "description": words });
    phone.post("/v1/incidents", &body).await
}

/// What waits for a person about an incident.
async fn waiting(moderator: &Phone, town: &Town, incident: &Value) -> Option<Value> {
    let held = moderator.all(&format!("/v1/places/{}/held-contents", town.complex), 100).await;
    held.into_iter().find(|content| content["incident_id"] == incident["id"])
}

pub(super) async fn decide(moderator: &Phone, content: &Value, body: Value) -> crate::phone::Reply {
    moderator.post(&format!("/v1/contents/{}/decisions", text(&content["id"])), &body).await
}

/// What the complex reads of an incident.
async fn public(reader: &Phone, town: &Town, incident: &Value) -> Option<Value> {
    let list = reader.all(&format!("/v1/places/{}/public-incidents", town.complex), 100).await;
    list.into_iter().find(|one| one["id"] == incident["id"])
}

async fn harmful_words_are_refused_and_doubtful_ones_held(world: &mut World) {
    let town = Town::find(world).await;
    let author = member(world, &town, AUTHOR).await;
    let (property, community) = (phone(world, PROPERTY).await, phone(world, COMMUNITY).await);

    // Harmful words: nothing of them is kept, and the key is free for better ones.
    let mine = async || author.all("/v1/incidents", 100).await.len();
    let before = mine().await;
    say(&author, &town.complex, "PARKING", "sim-risky").await.refused(422, "CONTENT_REFUSED");
    assert_eq!(mine().await, before, "nothing is kept of it");
    // Where nothing may be reported WeChat is not asked either.
    let asked = world.wechat_journal("/wxa/msg_sec_check").await.len();
    let nowhere = "00000000-0000-4000-8000-00000000dead";
    say(&author, nowhere, "PARKING", "没有这个地方").await.refused(404, "NOT_FOUND");
    assert_eq!(world.wechat_journal("/wxa/msg_sec_check").await.len(), asked);

    // Doubtful words: whoever handles it reads them at once, the complex when a person has passed them.
    let reported = say(&author, &town.complex, "DRAIN_BLOCKED", "井盖冒水 sim-review").await.ok();
    assert_eq!(read(&property, &reported).await["description"], "井盖冒水 sim-review");
    let neighbour = member(world, &town, NEIGHBOUR).await;
    assert!(public(&neighbour, &town, &reported).await.unwrap()["words"].is_null());
    let held = waiting(&community, &town, &reported).await.expect("it waits for a person");
    assert_eq!((&held["state"], &held["label"], &held["step"]), (&json!("HELD"), &json!(10001), &json!(1)));
    let list = format!("/v1/places/{}/held-contents", town.complex);
    let decision = format!("/v1/contents/{}/decisions", text(&held["id"]));
    for outsider in [&property, &neighbour, &author, &phone(world, ELSEWHERE).await] {
        outsider.get(&list).await.refused(404, "NOT_FOUND");
        outsider.post(&decision, &json!({ "finding": "PASS" })).await.refused(404, "NOT_FOUND");
    }
    let beyond = json!({ "finding": "PASS", "masks": [{ "from": 0, "to": 99 }] });
    decide(&community, &held, beyond).await.refused(422, "INPUT_INVALID");
    let masked = json!({ "finding": "PASS", "masks": [{ "from": 4, "to": 15 }] });
    let passed = decide(&community, &held, masked).await.ok();
    assert_eq!((&passed["state"], &passed["words"]), (&json!("PASSED"), &json!("井盖冒水 sim-review")));
    let shown = public(&neighbour, &town, &reported).await.unwrap();
    assert_eq!(shown["words"], format!("井盖冒水{}", "█".repeat(11)));
    assert_eq!(
        read(&property, &reported).await["description"],
        "井盖冒水 sim-review",
        "the original is kept"
    );
    assert!(waiting(&community, &town, &reported).await.is_none());
    // What was passed may be hidden later.
    decide(&community, &held, json!({ "finding": "HIDE" })).await.ok();
    assert!(public(&neighbour, &town, &reported).await.unwrap()["words"].is_null());

    // A note that WeChat doubts is kept from the reporter until it is passed; never from the ladder.
    Town::appoint(world, "o-moderation-property", "PROPERTY_MANAGER", &town.complex).await;
    let worker = phone(world, "o-moderation-property").await;
    act(&worker, &reported, "notes", json!({ "words": "sim-risky" })).await.refused(422, "CONTENT_REFUSED");
    act(&worker, &reported, "notes", json!({ "words": "明天 sim-review" })).await.ok();
    let last = |incident: &Value| array(&incident["steps"]).last().unwrap().clone();
    let kept_back = last(&read(&author, &reported).await);
    assert_eq!((&kept_back["act"], &kept_back["held"]), (&json!("NOTE"), &json!(true)));
    assert!(kept_back["words"].is_null());
    assert_eq!(last(&read(&property, &reported).await)["words"], "明天 sim-review");
    let note = waiting(&community, &town, &reported).await.expect("the note waits");
    assert_eq!(note["words"], "明天 sim-review");
    decide(&community, &note, json!({ "finding": "PASS" })).await.ok();
    let told = last(&read(&author, &reported).await);
    assert_eq!((&told["words"], &told["held"]), (&json!("明天 sim-review"), &json!(false)));
    // The reporter reads what they write themselves.
    act(&author, &reported, "notes", json!({ "words": "谢谢 sim-review" })).await.ok();
    assert_eq!(last(&read(&author, &reported).await)["words"], "谢谢 sim-review");

    // WeChat does not answer: it is kept, and public only when a person says so.
    world
        .wechat_order("faults", &json!({ "path": "/wxa/msg_sec_check", "kind": "errcode", "errcode": 45009 }))
        .await;
    let unchecked = say(&author, &town.complex, "GREENERY", "树要倒了").await.ok();
    assert!(public(&neighbour, &town, &unchecked).await.unwrap()["words"].is_null());
    assert_eq!(waiting(&community, &town, &unchecked).await.unwrap()["state"], "NOT_CHECKED");
}

async fn a_complex_knows_its_troubles_and_not_whose_they_are(world: &mut World) {
    let town = Town::find(world).await;
    let author = member(world, &town, AUTHOR).await;
    let neighbour = member(world, &town, NEIGHBOUR).await;
    let reported = say(&author, &town.unit, "ELEVATOR_FAULT", "电梯不停三楼").await.ok();
    let private = say(&author, &town.unit, "NEIGHBOUR_NOISE", "楼上太吵").await.ok();
    let shown = public(&neighbour, &town, &reported).await.expect("its complex knows it");
    assert_eq!(shown["words"], "电梯不停三楼", "WeChat passed it");
    assert_eq!((&shown["place"]["level"], &shown["place"]["id"]), (&json!("COMPLEX"), &json!(town.complex)));
    for secret in [&author.person, &town.unit, &town.building] {
        assert!(!shown.to_string().contains(secret.as_str()), "{shown}");
    }
    neighbour.get(&path(&reported)).await.refused(404, "NOT_FOUND");
    assert!(public(&neighbour, &town, &private).await.is_none(), "what is between neighbours stays there");
    let follow = async |phone: &Phone, incident: &Value| act(phone, incident, "follows", json!({})).await;
    follow(&neighbour, &private).await.refused(404, "NOT_FOUND");

    // Nobody of another complex, nobody who has left.
    let list = format!("/v1/places/{}/public-incidents", town.complex);
    neighbour.get(&format!("/v1/places/{}/public-incidents", town.unit)).await.refused(404, "NOT_FOUND");
    let elsewhere = phone(world, ELSEWHERE).await;
    elsewhere.get(&list).await.refused(404, "NOT_FOUND");
    follow(&elsewhere, &reported).await.refused(404, "NOT_FOUND");

    // Followed, it is found again, and seen to move.
    let followed = async |phone: &Phone| phone.all("/v1/followed-incidents", 100).await;
    neighbour.get("/v1/followed-incidents").await.ok();
    assert!(followed(&neighbour).await.is_empty());
    assert_eq!(follow(&neighbour, &reported).await.ok()["followed"], true);
    follow(&neighbour, &reported).await.ok();
    let property = phone(world, PROPERTY).await;
    let pull = json!({ "reason": "OFFICER_PULL", "words": "电梯归我们管" });
    act(&property, &reported, "climbs", pull).await.ok();
    act(&property, &reported, "acknowledgements", json!({})).await.ok();
    let mine = followed(&neighbour).await;
    assert_eq!(mine.len(), 1);
    assert_eq!((&mine[0]["status"], &mine[0]["level"]), (&json!("IN_PROGRESS"), &json!("COMPLEX")));
    assert!(followed(&author).await.is_empty(), "to each their own");
    let follows = format!("{}/follows", path(&reported));
    assert_eq!(neighbour.delete(&follows).await.status, 204);
    neighbour.delete(&follows).await.refused(404, "NOT_FOUND");
    assert!(followed(&neighbour).await.is_empty());

    // What is taken back is gone for everybody, and so is a role.
    let light = say(&author, &town.complex, "COMPLEX_LIGHT_OUT", "灯不亮").await.ok();
    follow(&neighbour, &light).await.ok();
    act(&author, &light, "withdrawals", json!({})).await.ok();
    assert!(public(&neighbour, &town, &light).await.is_none());
    assert!(followed(&neighbour).await.is_empty());
    follow(&neighbour, &light).await.refused(404, "NOT_FOUND");
    follow(&neighbour, &reported).await.ok();
    let me = neighbour.get("/v1/me").await.ok();
    let role = text(&me["roles"][0]["id"]).to_owned();
    phone(world, COMMUNITY).await.delete(&format!("/v1/roles/{role}")).await.ok();
    assert!(followed(&neighbour).await.is_empty(), "who has left the complex follows nothing in it");
    neighbour.get(&list).await.refused(404, "NOT_FOUND");
}

async fn an_author_masks_what_others_read_and_the_ladder_reads_it_all(world: &mut World) {
    let town = Town::find(world).await;
    let author = member(world, &town, AUTHOR).await;
    let neighbour = member(world, &town, NEIGHBOUR).await;
    let (property, words) = (phone(world, PROPERTY).await, "三楼王某总把车停在通道");
    let reported = say(&author, &town.complex, "FIRE_LANE_BLOCKED", words).await.ok();
    let mask = async |phone: &Phone, incident: &Value, from: u32, to: u32| {
        act(phone, incident, "redactions", json!({ "masks": [{ "from": from, "to": to }] })).await
    };
    mask(&neighbour, &reported, 0, 1).await.refused(404, "NOT_FOUND");
    mask(&property, &reported, 0, 1).await.refused(403, "NOT_ALLOWED");
    let refusal = mask(&author, &reported, 3, 99).await.refused(422, "INPUT_INVALID");
    assert_eq!(refusal["errors"][0]["pointer"], "/masks");
    let masked = mask(&author, &reported, 2, 4).await.ok();
    assert_eq!((&masked["words"], &masked["left"]), (&json!("三楼██总把车停在通道"), &json!(2)));
    // A later one takes more away and puts nothing back.
    mask(&author, &reported, 0, 2).await.ok();
    let shown = public(&neighbour, &town, &reported).await.unwrap();
    assert_eq!(shown["words"], "████总把车停在通道");
    assert_eq!(read(&property, &reported).await["description"], words, "the ladder reads it all");
    mask(&author, &reported, 5, 6).await.ok();
    mask(&author, &reported, 6, 7).await.refused(409, "REDACTION_OVER");

    // Not after a day, and not what nobody else reads.
    let quiet = say(&author, &town.unit, "NEIGHBOUR_NOISE", "楼上王某太吵").await.ok();
    mask(&author, &quiet, 2, 4).await.refused(409, "NOTHING_PUBLIC");
    let late = report(&phone(world, REPORTER).await, &town.complex, "STREET_LAMP_OUT", &[]).await;
    world.advance_clock(24 * 3600).await;
    mask(&phone(world, REPORTER).await, &late, 0, 1).await.refused(409, "REDACTION_OVER");

    // Of what is above the community the street decides.
    let community = phone(world, COMMUNITY).await;
    let street = phone(world, STREET).await;
    assert!(waiting(&community, &town, &late).await.is_none());
    let held = waiting(&street, &town, &late).await.expect("nobody has looked at it");
    decide(&community, &held, json!({ "finding": "PASS" })).await.refused(404, "NOT_FOUND");
    decide(&street, &held, json!({ "finding": "PASS" })).await.ok();
}

/// The name of the service leads to it.
async fn name_the_service(world: &World) {
    let to = format!("http://{}", world.address());
    world.wechat_order("names", &json!({ "name": "https://linli.example", "to": to })).await;
}

/// What WeChat finds of every picture from now on.
async fn finds(world: &World, suggest: &str, label: u32) {
    world.wechat_order("pictures", &json!({ "suggest": suggest, "label": label })).await;
}

/// Reports something of the whole complex with a photo.
async fn show(phone: &Phone, place: &str, category: &str) -> (Value, String) {
    let photo = send_photo(phone).await;
    let body =
        json!({ "place_id": place, "category": category, "description": "请看照片", "photo_ids": [photo] });
    (phone.post("/v1/incidents", &body).await.ok(), photo)
}

/// Carries what WeChat pushes about this many photos to our door, all of it again every time.
async fn until_pushed(world: &World, photos: usize) {
    let told = async || (push(world, safe()).await == vec![200; photos]).then_some(());
    eventually(&format!("WeChat's word on {photos} photos"), told).await;
}

/// Whether somebody sees a photo in a size.
async fn sees(phone: &Phone, photo: &str, size: &str) -> bool {
    let answer = phone.get(&format!("/v1/uploads/{photo}?size={size}")).await;
    assert!(matches!(answer.status, 200 | 404), "{}", answer.text());
    answer.status == 200
}

/// What of an incident's photos waits for a person.
async fn waiting_photo(moderator: &Phone, town: &Town, photo: &str) -> Option<Value> {
    let held = moderator.all(&format!("/v1/places/{}/held-contents", town.complex), 1).await;
    held.into_iter().find(|content| content["photo_id"] == photo)
}

/// How often the record tells the property company that a photo was looked at.
async fn told_of_looking(world: &World, town: &Town, photo: &str) -> usize {
    let property = phone(world, PROPERTY).await;
    let (mut told, mut cursor) = (0, String::new());
    loop {
        let page = property.get(&format!("/v1/changes?place_id={}{cursor}", town.complex)).await.ok();
        let of_it = |one: &&Value| one["kind"] == "PHOTO_CHECKED" && one["facts"]["photo_id"] == photo;
        told += array(&page["items"]).iter().filter(of_it).count();
        if page["more"] == false {
            return told;
        }
        cursor = format!("&cursor={}", text(&page["next_cursor"]));
    }
}

/// The photo that neighbours who are about to report the same are shown.
async fn shown_beside(phone: &Phone, place: &str, category: &str) -> Value {
    let body = json!({ "place_id": place, "category": category, "description": "请看照片" });
    let found = phone.post("/v1/matches", &body).await.ok();
    array(&found["items"]).iter().find_map(|one| one.get("photo_id").cloned()).unwrap_or_default()
}

async fn neighbours_see_a_photo_once_it_was_looked_at(world: &mut World) {
    let town = Town::find(world).await;
    name_the_service(world).await;
    // Two processes ask of each photo once.
    let beside = world.another();
    let (author, neighbour) = (member(world, &town, AUTHOR).await, member(world, &town, NEIGHBOUR).await);
    let (property, community) = (phone(world, PROPERTY).await, phone(world, COMMUNITY).await);

    // Until WeChat has told, those concerned see it.
    let (reported, photo) = show(&author, &town.complex, "ROOF_OR_FACADE").await;
    let asked = eventually("WeChat is asked", async || world.wechat_journal(CHECK).await.pop()).await;
    for concerned in [&author, &property] {
        assert!(sees(concerned, &photo, "FULL").await);
    }
    assert!(!sees(&neighbour, &photo, "THUMBNAIL").await);
    assert!(shown_beside(&neighbour, &town.complex, "ROOF_OR_FACADE").await.is_null());
    assert!(waiting_photo(&community, &town, &photo).await.is_none(), "WeChat is still to tell");

    // WeChat passes it, and says so again and again.
    until_pushed(world, 1).await;
    assert_eq!(push(world, safe()).await, [200]);
    assert!(sees(&neighbour, &photo, "THUMBNAIL").await);
    assert!(!sees(&neighbour, &photo, "FULL").await, "neighbours see the small picture");
    assert_eq!(shown_beside(&neighbour, &town.complex, "ROOF_OR_FACADE").await, json!(photo));
    assert!(!sees(&phone(world, ELSEWHERE).await, &photo, "THUMBNAIL").await);
    assert_eq!(told_of_looking(world, &town, &photo).await, 1);
    assert_eq!(read(&author, &reported).await["photos"][0]["held"], false);
    let strangers_door = format!("/open311/v2/media/{photo}.jpg");
    let strangers_door = format!("http://{}{strangers_door}", world.address());
    let to_strangers = Phone::client().get(strangers_door).send().await.unwrap();
    assert_eq!(to_strangers.status(), 404, "no person has looked for faces in it");

    // The link that WeChat was given is good for that photo, and for half an hour.
    let url = text(&asked["body"]["media_url"]).to_owned();
    let (link, signature) = url.split_once("&signature=").expect("a signed link");
    secrets::remember(signature);
    let path_of = |url: &str| {
        let path = url.strip_prefix("https://linli.example").expect("under the public name");
        format!("http://{}{path}", world.address())
    };
    let fetch = async |url: String| Phone::client().get(url).send().await.unwrap();
    let fetched = fetch(path_of(&url)).await;
    assert_eq!(fetched.headers()["content-type"], "image/jpeg");
    assert_eq!(fetched.headers()["cache-control"], "no-store");
    let forged = format!("{link}&signature={}", "0".repeat(64));
    let (_, other) = show(&author, &town.building, "NEIGHBOUR_NOISE").await;
    let moved = url.replace(&photo, &other);
    let unsigned = link.to_owned();
    for bad in [forged, moved, unsigned] {
        assert_eq!(fetch(path_of(&bad)).await.status(), 404, "{bad}");
    }
    // Not while it is being asked of: whoever asks counts as dead after a minute.
    until_pushed(world, 2).await;
    pass(world, 1800).await;
    assert_eq!(fetch(path_of(&url)).await.status(), 404);
    assert!(!sees(&neighbour, &other, "THUMBNAIL").await, "nobody else is told of it");

    // What WeChat doubts waits for a person, who may change their mind.
    finds(world, "review", 20002).await;
    let (doubtful, photo) = show(&author, &town.complex, "DRAIN_BLOCKED").await;
    until_pushed(world, 3).await;
    assert!(!sees(&neighbour, &photo, "THUMBNAIL").await);
    let held = waiting_photo(&community, &town, &photo).await.expect("it waits for a person");
    assert_eq!((&held["state"], &held["label"], &held["step"]), (&json!("HELD"), &json!(20002), &json!(1)));
    assert_eq!((&held["words"], &held["incident_id"]), (&json!("请看照片"), &doubtful["id"]));
    assert!(sees(&community, &photo, "FULL").await);
    let decision = format!("/v1/contents/{}/decisions", text(&held["id"]));
    property.post(&decision, &json!({ "finding": "PASS" })).await.refused(404, "NOT_FOUND");
    let masks = json!({ "finding": "PASS", "masks": [{ "from": 0, "to": 1 }] });
    decide(&community, &held, masks).await.refused(422, "INPUT_INVALID");
    assert_eq!(decide(&community, &held, json!({ "finding": "PASS" })).await.ok()["state"], "PASSED");
    assert!(sees(&neighbour, &photo, "THUMBNAIL").await);
    assert!(waiting_photo(&community, &town, &photo).await.is_none());
    decide(&community, &held, json!({ "finding": "HIDE" })).await.ok();
    until_pushed(world, 3).await;
    assert!(!sees(&neighbour, &photo, "THUMBNAIL").await, "a person's word stands");

    // What WeChat finds harmful, nobody sees but who sent it and who handles it.
    finds(world, "risky", 20006).await;
    let (harmful, photo) = show(&author, &town.complex, "GREENERY").await;
    Town::appoint(world, "o-moderation-worker", "PROPERTY_MANAGER", &town.complex).await;
    let worker = phone(world, "o-moderation-worker").await;
    act(&worker, &harmful, "acknowledgements", json!({})).await.ok();
    let evidence = send_photo(&worker).await;
    let done = json!({ "words": "已修剪", "photo_ids": [evidence] });
    act(&worker, &harmful, "handlings", done).await.ok();
    assert!(sees(&author, &evidence, "FULL").await, "until then");
    until_pushed(world, 5).await;
    for (who, own, theirs) in [(&author, true, false), (&property, true, true), (&neighbour, false, false)] {
        assert_eq!((sees(who, &photo, "THUMBNAIL").await, sees(who, &evidence, "FULL").await), (own, theirs));
    }
    assert!(waiting_photo(&community, &town, &photo).await.is_none());
    let held: Vec<_> =
        array(&read(&author, &harmful).await["photos"]).iter().map(|one| one["held"].clone()).collect();
    assert_eq!(held, [true, true]);
    assert_eq!(world.wechat_journal(CHECK).await.len(), 5, "once of each photo");
    beside.terminate().expect("it ends");
}

async fn what_wechat_does_not_tell_of_a_photo_a_person_decides(world: &mut World) {
    let town = Town::find(world).await;
    name_the_service(world).await;
    let (author, neighbour) = (member(world, &town, AUTHOR).await, member(world, &town, NEIGHBOUR).await);
    let community = phone(world, COMMUNITY).await;
    let until_waiting = async |community: &Phone, photo: &str| {
        let held = eventually("it waits for a person", async || waiting_photo(community, &town, photo).await);
        let held = held.await;
        assert_eq!(held["state"], "NOT_CHECKED");
        held
    };

    // Who does not use WeChat has a person look; where nobody else would see it, nobody has to.
    let resident = phone(world, REPORTER).await;
    let (_, photo) = show(&resident, &town.complex, "CLEANING").await;
    let held = until_waiting(&community, &photo).await;
    decide(&community, &held, json!({ "finding": "PASS" })).await.ok();
    assert!(sees(&neighbour, &photo, "THUMBNAIL").await);
    let (_, private) = show(&resident, &town.complex, "NEIGHBOUR_NOISE").await;
    assert!(waiting_photo(&community, &town, &private).await.is_none());
    assert!(world.wechat_journal(CHECK).await.is_empty());

    // WeChat breaks down while it is asked: it is asked again, a while later.
    world.wechat_order("faults", &json!({ "path": CHECK, "kind": "status", "status": 502 })).await;
    let (_, photo) = show(&author, &town.complex, "DRAIN_BLOCKED").await;
    let asked = async |times: usize| {
        let done = async || (world.wechat_journal(CHECK).await.len() == times).then_some(());
        eventually(&format!("WeChat is asked {times} times"), done).await;
        // And what came of it is kept.
        until_rested(world, "photos_checked").await;
    };
    asked(1).await;
    pass(world, 31).await;
    asked(2).await;
    until_pushed(world, 1).await;
    assert!(sees(&neighbour, &photo, "THUMBNAIL").await);

    // Its word is lost, or late: a person looks, and what comes late counts as long as none has decided. What comes twice,
    // or before what was asked earlier, counts as if it had come once and in its turn.
    let fate = async |fate: Value| drop(world.wechat_order("results", &fate).await);
    fate(json!({ "times": 0 })).await;
    let (_, lost) = show(&author, &town.complex, "GREENERY").await;
    asked(3).await;
    fate(json!({ "after_seconds": 2900 })).await;
    let (_, late) = show(&author, &town.complex, "ROOF_OR_FACADE").await;
    asked(4).await;
    fate(json!({ "after_seconds": 2900, "times": 2 })).await;
    let (_, decided) = show(&author, &town.complex, "WASTE_SORTING").await;
    asked(5).await;
    fate(json!({ "after_seconds": 600, "times": 2 })).await;
    finds(world, "risky", 20006).await;
    let (_, harmful) = show(&author, &town.complex, "ACCESS_CONTROL").await;
    asked(6).await;
    finds(world, "pass", 100).await;
    let arrived = async |events: usize| {
        let all =
            async || (array(&world.wechat_order("pushes", &safe_xml()).await).len() == events).then_some(());
        eventually(&format!("{events} words of WeChat's"), all).await;
        assert_eq!(push(world, safe_xml()).await, vec![200; events]);
    };
    arrived(1).await;
    pass(world, 601).await;
    arrived(3).await;
    until_rested(world, "record").await;
    assert_eq!(told_of_looking(world, &town, &harmful).await, 1);
    assert!(sees(&author, &harmful, "FULL").await && !sees(&neighbour, &harmful, "THUMBNAIL").await);
    let community = phone(world, COMMUNITY).await;
    for photo in [&lost, &late, &decided, &harmful] {
        assert!(waiting_photo(&community, &town, photo).await.is_none(), "it is WeChat's turn, or done");
    }
    pass(world, 1801).await;
    let community = phone(world, COMMUNITY).await;
    for photo in [&lost, &late] {
        until_waiting(&community, photo).await;
    }
    let held = until_waiting(&community, &decided).await;
    assert!(!sees(&neighbour, &late, "THUMBNAIL").await);
    decide(&community, &held, json!({ "finding": "HIDE" })).await.ok();
    pass(world, 600).await;
    arrived(6).await;
    assert!(sees(&neighbour, &late, "THUMBNAIL").await);
    for photo in [&lost, &decided, &harmful] {
        assert!(!sees(&neighbour, photo, "THUMBNAIL").await);
    }
    until_waiting(&community, &lost).await;

    // It cannot fetch the photo.
    world
        .wechat_order("names", &json!({ "name": "https://linli.example", "to": "http://127.0.0.1:9" }))
        .await;
    let (_, photo) = show(&author, &town.complex, "CONSTRUCTION_NOISE").await;
    until_pushed(world, 7).await;
    until_waiting(&community, &photo).await;

    // Its author is not in the mini-program any more, whom it would look for.
    world.wechat_order("advance", &json!({ "seconds": 7200 })).await;
    let (_, photo) = show(&author, &town.complex, "COMPLEX_LIGHT_OUT").await;
    until_waiting(&community, &photo).await;
    assert!(!sees(&neighbour, &photo, "THUMBNAIL").await);
}

/// What somebody was told of an incident, the oldest first.
async fn told_of(phone: &Phone, incident: &Value) -> Vec<Value> {
    let mut all = phone.all("/v1/notices", 100).await;
    all.retain(|notice| notice["subject_id"] == incident["id"]);
    all.reverse();
    all
}

async fn kinds(phone: &Phone, incident: &Value) -> Vec<String> {
    told_of(phone, incident).await.iter().map(|notice| text(&notice["kind"]).to_owned()).collect()
}

/// Until all that stands in the record was told to those who follow what is public.
async fn until_followers_told(world: &World) {
    for job in ["record", "notices_told", "many_told"] {
        until_rested(world, job).await;
    }
}

/// More followers than are told at once.
const CROWD: usize = 55;

async fn who_follows_a_matter_is_told_what_is_public_of_it(world: &mut World) {
    let town = Town::find(world).await;
    let (author, neighbour) = (member(world, &town, AUTHOR).await, member(world, &town, NEIGHBOUR).await);
    let reported = say(&author, &town.unit, "ELEVATOR_FAULT", "电梯不停三楼").await.ok();
    let office = phone(world, COMMUNITY).await;
    let follow = format!("{}/follows", path(&reported));
    let mut crowd = Vec::new();
    for number in 0..CROWD {
        let phone = world.wechat_user(&format!("o-moderation-crowd-{number}")).await;
        let role = json!({ "person_id": phone.person, "role": "COMMITTEE_MEMBER" });
        let appointed = office.call(Method::POST, &format!("/v1/places/{}/roles", town.complex));
        let role = appointed.keyed().json(&role).send().await.ok();
        phone.call(Method::POST, &follow).keyed().json(&json!({})).send().await.ok();
        crowd.push((phone, text(&role["id"]).to_owned()));
    }
    for phone in [&author, &neighbour] {
        act(phone, &reported, "follows", json!({})).await.ok();
    }

    // Each is told once, and nothing of where or until when.
    let property = phone(world, PROPERTY).await;
    let pull = json!({ "reason": "OFFICER_PULL", "words": "电梯归我们管" });
    act(&property, &reported, "climbs", pull).await.ok();
    act(&property, &reported, "acknowledgements", json!({})).await.ok();
    until_followers_told(world).await;
    let told = told_of(&neighbour, &reported).await;
    assert_eq!((told.len(), &told[0]["kind"]), (1, &json!("FOLLOWED_TAKEN_OVER")), "{told:?}");
    assert_eq!((&told[0]["place_id"], &told[0]["topic"]), (&json!(town.complex), &json!("PROGRESS")));
    assert_eq!((&told[0]["category"], told[0]["due_at"].is_null()), (&json!("ELEVATOR_FAULT"), true));
    assert_eq!(told[0]["words"]["zh"], "您关注的事件已有人接手");
    for secret in [&town.unit, &town.building, &author.person] {
        assert!(!told[0].to_string().contains(secret.as_str()), "{told:?}");
    }
    for (phone, _) in &crowd {
        assert_eq!(kinds(phone, &reported).await, ["FOLLOWED_TAKEN_OVER"]);
    }
    // Who reported it is told as its reporter, once.
    assert_eq!(kinds(&author, &reported).await, ["INCIDENT_CLIMBED", "INCIDENT_ACKNOWLEDGED"]);
    let read = format!("/v1/notices/{}/readings", text(&told[0]["id"]));
    assert!(neighbour.post(&read, &json!({})).await.ok()["read_at"].is_string());

    // Nothing more once somebody follows it no more, or has left the complex; who begins now is told from now on.
    assert_eq!(crowd[0].0.delete(&follow).await.status, 204);
    office.delete(&format!("/v1/roles/{}", crowd[1].1)).await;
    let late = member(world, &town, "o-moderation-late").await;
    act(&late, &reported, "follows", json!({})).await.ok();
    let done = json!({ "words": "已更换门机皮带", "photo_ids": [send_photo(&property).await] });
    act(&property, &reported, "handlings", done).await.ok();
    act(&author, &reported, "confirmations", json!({ "satisfaction": "SATISFIED" })).await.ok();
    act(&author, &reported, "reopenings", json!({ "reason": "又坏了" })).await.ok();
    until_followers_told(world).await;
    let after = ["FOLLOWED_HANDLED", "FOLLOWED_CLOSED", "FOLLOWED_REOPENED"];
    for phone in [&neighbour, &crowd[2].0, &crowd[CROWD - 1].0] {
        assert_eq!(kinds(phone, &reported).await, [&["FOLLOWED_TAKEN_OVER"][..], &after].concat());
    }
    assert_eq!(kinds(&late, &reported).await, after);
    assert_eq!(kinds(&crowd[0].0, &reported).await, ["FOLLOWED_TAKEN_OVER"]);
    assert!(kinds(&crowd[1].0, &reported).await.is_empty(), "it lies in nobody's inbox who has left");

    // What is taken back is public no more.
    let light = say(&author, &town.complex, "COMPLEX_LIGHT_OUT", "灯不亮").await.ok();
    act(&neighbour, &light, "follows", json!({})).await.ok();
    act(&author, &light, "withdrawals", json!({})).await.ok();
    until_followers_told(world).await;
    assert!(told_of(&neighbour, &light).await.is_empty());
}

async fn who_is_killed_while_wechat_is_asked_of_a_photo_asks_again(world: &mut World) {
    let town = Town::find(world).await;
    name_the_service(world).await;
    let (author, neighbour) = (member(world, &town, AUTHOR).await, member(world, &town, NEIGHBOUR).await);
    // WeChat promises to look, and nobody is there any more to hear it.
    world.wechat_order("faults", &json!({ "path": CHECK, "kind": "late", "ms": 60_000 })).await;
    let (_, photo) = show(&author, &town.complex, "GREENERY").await;
    eventually("WeChat is asked", async || world.wechat_journal(CHECK).await.pop()).await;
    world.crash();
    name_the_service(world).await;
    until_rested(world, "photos_checked").await;
    assert_eq!(world.wechat_journal(CHECK).await.len(), 1, "whoever asked may still be at it");
    pass(world, 61).await;
    let again = async || (world.wechat_journal(CHECK).await.len() == 2).then_some(());
    eventually("WeChat is asked again", again).await;
    // It tells of both; the one that nobody heard of changes nothing.
    until_pushed(world, 2).await;
    let neighbour = world.back(&neighbour).await;
    assert!(sees(&neighbour, &photo, "THUMBNAIL").await);
    assert_eq!(told_of_looking(world, &town, &photo).await, 1);
    until_rested(world, "photos_checked").await;
    assert_eq!(world.wechat_journal(CHECK).await.len(), 2, "asked once more and no oftener");
}
