//! The correction desk of the roll: owners see their own entry, object and are answered; one home at a time is corrected,
//! by two persons while anything is voted on, and not at all once the roll is locked, but for sales.

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    endings::Hamlet,
    neighbours::{Owner, head_of, items, moment, text, until, until_it_is, verify},
    record::all_changes,
};
use crate::{phone::Phone, secrets, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(an_owner_sees_the_own_entry_objects_and_is_answered).in_the_demo(),
        story!(whoever_is_not_on_the_roll_says_so).in_the_demo(),
        story!(two_persons_correct_while_a_programme_runs).in_the_demo(),
        story!(a_stronger_source_goes_before_a_weaker_one).in_the_demo(),
        story!(who_loses_the_share_loses_the_role).in_the_demo(),
        story!(a_locked_roll_stays_and_a_sale_is_noted).in_the_demo(),
        story!(an_import_does_not_undo_a_correction).in_the_demo(),
    ]
}

impl Hamlet {
    /// The home of one owner.
    fn home(&self, turn: usize) -> String {
        self.complex.home(self.owners[turn].home.each_ref().map(String::as_str)).to_owned()
    }

    fn at_home(&self, turn: usize, what: &str) -> String {
        format!("/v1/places/{}/{what}", self.home(turn))
    }

    fn at(&self, what: &str) -> String {
        format!("/v1/places/{}/{what}", self.complex.id)
    }

    /// What the whole roll comes to.
    async fn roll(&self, phone: &Phone) -> Value {
        phone.call(Method::GET, &self.at("roll")).send().await.ok()
    }

    /// A preparer beside the community officer.
    async fn preparer(&self, world: &World, phone: &Phone) {
        let office = world.sign_in("community").await;
        let role = json!({ "person_id": phone.person, "role": "PREPARER" });
        office.post(&self.at("roles"), &role).await.ok();
    }
}

/// Somebody who is on no roll of these stories yet.
fn buyer() -> Value {
    json!({ "name": "龚雪", "id_number": BUYER, "phone": "15400000055" })
}

const BUYER: &str = "999999198001010011";

fn remember_the_buyer() {
    for secret in [BUYER, "15400000055", "龚雪"] {
        secrets::remember(secret);
    }
}

fn change(change: &Value) -> Value {
    json!({ "change": change, "document": "不动产登记簿查询结果 2026-118", "words": "与登记簿核对" })
}

fn area(area: u64, source: &str) -> Value {
    change(&json!({ "kind": "AREA", "area": area, "source": source }))
}

async fn photo(phone: &Phone) -> String {
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(8, 8).write_to(&mut png, image::ImageFormat::Png).expect("it is written");
    let call = phone.call(Method::POST, "/v1/uploads").keyed();
    text(&call.file("file", "a.png", "image/png", &png.into_inner()).send().await.ok()["id"])
}

async fn is_told(phone: &Phone, kind: &str) {
    super::eventually(&format!("a notice {kind}"), async || {
        let mine = phone.call(Method::GET, "/v1/notices").send().await.ok();
        items(&mine).iter().any(|one| one["kind"] == kind).then_some(())
    })
    .await;
}

async fn entry(phone: &Phone, hamlet: &Hamlet, turn: usize) -> Value {
    phone.get(&hamlet.at_home(turn, "roll-entry")).await.ok()
}

async fn an_owner_sees_the_own_entry_objects_and_is_answered(world: &mut World) {
    let hamlet = Hamlet::of(world, 3).await;
    let (owner, neighbour) = (hamlet.owner(world, 0).await, hamlet.owner(world, 1).await);
    let office = world.sign_in("community").await;
    let mine = owner.get("/v1/roll-entries").await.ok();
    let [own] = items(&mine).as_slice() else { panic!("one home: {mine}") };
    assert_eq!(own["place_id"], hamlet.home(0).as_str());
    assert_eq!(
        (&own["area"], &own["status"], &own["is_locked"]),
        (&json!(8934), &json!("DELIVERED"), &json!(false))
    );
    assert_eq!(own["head"], json!({ "homes": 1, "home_ids": [hamlet.home(0)], "area": 8934 }));
    assert_eq!((&own["owners"][0]["name"], &own["owners"][0]["is_you"]), (&json!("苏勇桂"), &json!(true)));
    assert!(own.get("area_source").is_none(), "an import says nothing of it");
    let masked = entry(&office, &hamlet, 0).await;
    assert_eq!(masked["owners"][0]["name"], "苏**");
    assert_eq!(masked["owners"][0]["id_number"], "**************4509");
    // A neighbour and the property company see nothing of it.
    let property = world.sign_in("property").await;
    for phone in [&neighbour, &property] {
        phone.get(&hamlet.at_home(0, "roll-entry")).await.refused(404, "NOT_FOUND");
        phone.get(&hamlet.at_home(0, "roll-changes")).await.refused(404, "NOT_FOUND");
        phone.get(&hamlet.at("roll-objections")).await.refused(404, "NOT_FOUND");
        phone
            .post(&hamlet.at_home(0, "roll-changes"), &area(9000, "REGISTRY"))
            .await
            .refused(404, "NOT_FOUND");
    }

    let shown = photo(&owner).await;
    let wrong = json!({ "ground": "AREA", "words": "产权证上是90.12平方米", "evidence": [shown] });
    neighbour.post(&hamlet.at_home(0, "roll-objections"), &wrong).await.refused(404, "NOT_FOUND");
    let objections = hamlet.at_home(0, "roll-objections");
    let objection = text(&owner.post(&objections, &wrong).await.ok()["id"]);
    owner.post(&objections, &wrong).await.refused(422, "PHOTO_NOT_YOURS");
    is_told(&office, "ROLL_OBJECTED").await;
    let waiting = office.get(&hamlet.at("roll-objections?open=true")).await.ok();
    let [waits] = items(&waiting).as_slice() else { panic!("one objection: {waiting}") };
    assert_eq!((&waits["id"], &waits["words"]), (&json!(objection), &wrong["words"]));
    let upload = format!("/v1/uploads/{shown}");
    assert_eq!(office.get(&upload).await.status, 200);
    neighbour.get(&upload).await.refused(404, "NOT_FOUND");
    assert_eq!(neighbour.get("/v1/roll-objections").await.ok()["items"], json!([]));

    // Accepted with what it asks for, and not in words alone.
    let answers = format!("/v1/roll-objections/{objection}/answers");
    let accepted = json!({ "outcome": "ACCEPTED", "words": "属实" });
    office.post(&answers, &accepted).await.refused(409, "ROLL_CHANGE_NEEDED");
    let before = hamlet.roll(&office).await;
    let mut mend = area(9012, "REGISTRY");
    mend["objection_id"] = json!(objection);
    office.post(&hamlet.at_home(1, "roll-changes"), &mend).await.refused(422, "INPUT_INVALID");
    let done = office.post(&hamlet.at_home(0, "roll-changes"), &mend).await.ok();
    assert_eq!((&done["state"], &done["persons"]), (&json!("APPLIED"), &json!(1)), "nothing is voted on");
    assert_eq!((&done["before"]["area"], &done["after"]["area"]), (&json!(8934), &json!(9012)));
    assert_eq!(done["after"]["owners"][0]["name"], "苏**");
    let after = hamlet.roll(&office).await;
    assert_eq!(after["area"].as_i64(), before["area"].as_i64().map(|area| area + 78));
    assert_eq!(after["roll_hash"], done["roll_hash"]);
    assert_ne!(after["roll_hash"], before["roll_hash"]);

    let answered = owner.get("/v1/roll-objections").await.ok();
    let answered = &items(&answered)[0];
    assert_eq!((&answered["outcome"], &answered["change_id"]), (&json!("ACCEPTED"), &done["id"]));
    let own = entry(&owner, &hamlet, 0).await;
    assert_eq!((&own["area"], &own["area_source"]), (&json!(9012), &json!("REGISTRY")));
    let seen = owner.get(&format!("/v1/roll-changes/{}", text(&done["id"]))).await.ok();
    assert_eq!(
        (&seen["document"], &seen["after"]["owners"][0]["name"]),
        (&mend["document"], &json!("苏勇桂"))
    );
    assert_eq!(items(&owner.get(&hamlet.at_home(0, "roll-changes")).await.ok()).len(), 1);
    is_told(&owner, "ROLL_OBJECTION_ANSWERED").await;
    is_told(&owner, "ROLL_ENTRY_CHANGED").await;
    office.post(&answers, &accepted).await.refused(409, "ROLL_OBJECTION_ANSWERED");
    office.post(&hamlet.at_home(0, "roll-changes"), &mend).await.refused(409, "ROLL_OBJECTION_ANSWERED");

    everybody_learns_of_it_and_not_of_whom(&neighbour, &hamlet, &after).await;
    the_next_lock_has_it(world, &hamlet, &after).await;
}

/// The record tells the complex that its roll was corrected and what it comes to, and not of which home.
async fn everybody_learns_of_it_and_not_of_whom(neighbour: &Phone, hamlet: &Hamlet, roll: &Value) {
    let line = super::eventually("the line", async || {
        let lines = all_changes(neighbour, "").await;
        lines.into_iter().find(|line| line["kind"] == "ROLL_CHANGED")
    })
    .await;
    let facts = &line["facts"];
    assert_eq!(
        (&facts["kind"], &facts["roll_hash"], &facts["area"]),
        (&json!("AREA"), &roll["roll_hash"], &roll["area"])
    );
    assert_eq!(line["commitment"].as_str().map(str::len), Some(64));
    assert!(!line.to_string().contains(&hamlet.home(0)), "{line}");
    let lines = all_changes(neighbour, "").await;
    assert!(lines.iter().all(|line| line["kind"] != "ROLL_ENTRY_CHANGED"));
}

async fn the_next_lock_has_it(world: &World, hamlet: &Hamlet, roll: &Value) {
    let office = world.sign_in("community").await;
    let terms = super::polls::terms(world, &hamlet.complex.id).await;
    let poll = hamlet.motion(&office, &terms).await;
    let locked = office.call(Method::GET, &format!("/v1/polls/{poll}")).send().await.ok();
    assert_eq!((&locked["roll"]["area"], &locked["roll"]["heads"]), (&roll["area"], &roll["heads"]));
    let (well, said) = verify(world, &poll);
    assert!(well, "{said}");
}

async fn whoever_is_not_on_the_roll_says_so(world: &mut World) {
    let hamlet = Hamlet::of(world, 2).await;
    let office = world.sign_in("community").await;
    let stranger = world.newcomer().await;
    let objections = hamlet.at_home(0, "roll-objections");
    let name = json!({ "ground": "NAME", "words": "我的名字写错了" });
    stranger.post(&objections, &name).await.refused(404, "NOT_FOUND");
    let claim = json!({ "home_id": hamlet.home(0), "relation": "OWNER", "name": "苏勇贵",
        "id_number": hamlet.owners[0].id_number, "signature": "苏勇贵" });
    stranger.post("/v1/claims", &claim).await.ok();
    // Whoever claims a home may say what is wrong, and learns nothing of what is there.
    let objection = text(&stranger.post(&objections, &name).await.ok()["id"]);
    stranger.get(&hamlet.at_home(0, "roll-entry")).await.refused(404, "NOT_FOUND");
    let dismissed = json!({ "outcome": "DISMISSED", "words": "与身份证一致" });
    office.post(&format!("/v1/roll-objections/{objection}/answers"), &dismissed).await.ok();
    is_told(&stranger, "ROLL_OBJECTION_ANSWERED").await;
    let mine = stranger.get("/v1/roll-objections").await.ok();
    assert_eq!(
        (&items(&mine)[0]["outcome"], &items(&mine)[0]["answer"]),
        (&json!("DISMISSED"), &dismissed["words"])
    );

    // A home that is missing has no entry to object to.
    let missing = json!({ "ground": "MISSING_HOME", "words": "1单元501不在名册上" });
    stranger.post(&hamlet.at("roll-objections"), &name).await.refused(422, "ROLL_PLACE_MISFIT");
    let objection = text(&stranger.post(&hamlet.at("roll-objections"), &missing).await.ok()["id"]);
    let accepted = json!({ "outcome": "ACCEPTED", "words": "已补录" });
    office.post(&format!("/v1/roll-objections/{objection}/answers"), &accepted).await.ok();
    for _ in 0..5 {
        stranger.post(&hamlet.at("roll-objections"), &missing).await.ok();
    }
    stranger.post(&hamlet.at("roll-objections"), &missing).await.refused(409, "ROLL_OBJECTIONS_TOO_MANY");

    // Nobody answers their own; what is no complex and no home has no list.
    let owner = hamlet.owner(world, 0).await;
    hamlet.preparer(world, &owner).await;
    let other = json!({ "ground": "OTHER", "words": "备注有误" });
    let own = text(&owner.post(&objections, &other).await.ok()["id"]);
    owner.post(&format!("/v1/roll-objections/{own}/answers"), &accepted).await.refused(403, "ROLL_OWN_HOME");
    let below = office.get(&hamlet.at("children")).await.ok();
    let building = text(&items(&below)[0]["id"]);
    for list in ["roll-objections", "roll-changes"] {
        office.get(&format!("/v1/places/{building}/{list}")).await.refused(422, "NOT_A_COMPLEX");
    }
    let wrong = area(9000, "REGISTRY");
    office
        .post(&format!("/v1/places/{building}/roll-changes"), &wrong)
        .await
        .refused(422, "ROLL_PLACE_MISFIT");
}

async fn two_persons_correct_while_a_programme_runs(world: &mut World) {
    let hamlet = Hamlet::of(world, 3).await;
    let owner = hamlet.owner(world, 0).await;
    let begin = json!({ "template": "found-committee", "purpose": "成立首届业主委员会" });
    let programme = text(&owner.post(&hamlet.at("programmes"), &begin).await.ok()["id"]);
    let office = world.sign_in("community").await;
    let second = hamlet.owner(world, 1).await;
    hamlet.preparer(world, &second).await;
    let before = hamlet.roll(&office).await;
    let changes = hamlet.at_home(0, "roll-changes");
    let proposed = office.post(&changes, &area(9012, "SURVEY")).await.ok();
    assert_eq!((&proposed["state"], &proposed["persons"]), (&json!("PROPOSED"), &json!(2)));
    let path = format!("/v1/roll-changes/{}", text(&proposed["id"]));
    office.post(&format!("{path}/confirmations"), &json!({})).await.refused(403, "ROLL_SECOND_PERSON");
    office.post(&changes, &area(9013, "SURVEY")).await.refused(409, "ROLL_CHANGE_WAITS");
    assert_eq!(hamlet.roll(&office).await, before, "nothing changed");
    is_told(&second, "ROLL_CHANGE_PROPOSED").await;
    let done = second.post(&format!("{path}/confirmations"), &json!({})).await.ok();
    assert_eq!(
        (&done["state"], &done["proposed_as"], &done["decided_as"]),
        (&json!("APPLIED"), &json!("COMMUNITY_OFFICER"), &json!("PREPARER"))
    );
    second.post(&format!("{path}/confirmations"), &json!({})).await.refused(409, "ROLL_CHANGE_DECIDED");
    let no = json!({ "words": "重复" });
    second.post(&format!("{path}/refusals"), &no).await.refused(409, "ROLL_CHANGE_DECIDED");
    assert_eq!(entry(&owner, &hamlet, 0).await["area"], 9012);
    is_told(&owner, "ROLL_ENTRY_CHANGED").await;

    // Nobody decides about their own home, whoever proposed.
    let theirs = hamlet.at_home(1, "roll-changes");
    second.post(&theirs, &area(9999, "REGISTRY")).await.refused(403, "ROLL_OWN_HOME");
    let proposed = office.post(&theirs, &area(6100, "REGISTRY")).await.ok();
    let path = format!("/v1/roll-changes/{}", text(&proposed["id"]));
    second.post(&format!("{path}/confirmations"), &json!({})).await.refused(403, "ROLL_OWN_HOME");
    second.post(&format!("{path}/refusals"), &no).await.refused(403, "ROLL_OWN_HOME");
    let withdrawn = office.post(&format!("{path}/refusals"), &no).await.ok();
    assert_eq!(withdrawn["state"], "WITHDRAWN");
    let proposed = office.post(&hamlet.at_home(2, "roll-changes"), &area(6100, "REGISTRY")).await.ok();
    let path = format!("/v1/roll-changes/{}", text(&proposed["id"]));
    let refused = second.post(&format!("{path}/refusals"), &no).await.ok();
    assert_eq!((&refused["state"], &refused["decision"]), (&json!("REFUSED"), &no["words"]));

    // What was proposed of a home that is another by now is not carried out.
    let proposed = office.post(&hamlet.at_home(2, "roll-changes"), &area(6100, "REGISTRY")).await.ok();
    send_in(&office, &hamlet, "60.99").await;
    let confirmed = format!("/v1/roll-changes/{}/confirmations", text(&proposed["id"]));
    second.post(&confirmed, &json!({})).await.refused(409, "ROLL_CHANGE_STALE");
    let all = office.get(&hamlet.at("roll-changes")).await.ok();
    assert_eq!(items(&all).len(), 4);

    let wrong = json!({ "ground": "OWNERS", "words": "业主写错了" });
    let objection = text(&owner.post(&hamlet.at_home(0, "roll-objections"), &wrong).await.ok()["id"]);
    let dismissed = json!({ "outcome": "DISMISSED", "words": "与登记簿一致" });
    second.post(&format!("/v1/roll-objections/{objection}/answers"), &dismissed).await.ok();
    those_who_supervise_follow_it_live_and_afterwards(world, &hamlet, &programme, &second).await;
}

/// Owners' representative, preparer, street, community, developer and property company read the same course, line by line
/// with its event; of whom it is, only those learn who correct the roll.
async fn those_who_supervise_follow_it_live_and_afterwards(
    world: &World,
    hamlet: &Hamlet,
    programme: &str,
    preparer: &Phone,
) {
    let mut watching = Vec::new();
    for role in ["SUPERVISOR", "DEVELOPER", "PROPERTY_MANAGER"] {
        let openid = format!("o-hamlet-{role}");
        super::incidents::Town::appoint(world, &openid, role, &hamlet.complex.id).await;
        watching.push((world.wechat_user(&openid).await, false));
    }
    watching.push((world.sign_in("street").await, false));
    watching.push((world.sign_in("community").await, true));
    watching.push((preparer.clone(), true));
    let path = format!("/v1/programmes/{programme}/timeline");
    let last = |said: &'static str| {
        let path = path.clone();
        async move |phone: &Phone| {
            super::eventually(said, async || {
                let lines = phone.all(&path, 7).await;
                lines.iter().any(|line| line["zh"] == said).then_some(lines)
            })
            .await
        }
    };
    let live = last("答复对名册的异议：业主（不成立）。");
    let mut read = Vec::new();
    for (phone, corrects) in &watching {
        let lines = live(phone).await;
        leads_to_events(phone, hamlet, &lines).await;
        let changes = format!("{}?limit=1", hamlet.at("roll-changes"));
        if *corrects {
            phone.get(&changes).await.ok();
        } else {
            for closed in [changes, hamlet.at("roll-objections"), hamlet.at_home(0, "roll-entry")] {
                phone.get(&closed).await.refused(404, "NOT_FOUND");
            }
        }
        read.push(lines);
    }
    assert!(read.iter().all(|lines| *lines == read[0]), "the same for all");
    let told: Vec<_> = read[0].iter().map(|line| text(&line["zh"])).collect();
    let expected = [
        "方案开始：成立业主大会、选举业主委员会。",
        "开始：业主联名申请。",
        "提出更正名册：面积，待另一人确认。",
        "名册更正一处：面积（2 人办理），共 3 户，业主 3 人。",
        "提出更正名册：面积，待另一人确认。",
        "撤回更正名册的提议：面积。",
        "提出更正名册：面积，待另一人确认。",
        "不同意更正名册：面积。",
        "提出更正名册：面积，待另一人确认。",
        "导入并公示名册：3 户，业主 3 人。",
        "有人对名册提出异议：业主。",
        "答复对名册的异议：业主（不成立）。",
    ];
    assert_eq!(told, expected);
    let whole = json!(read).to_string();
    for owner in 0..3 {
        assert!(
            !whole.contains(&hamlet.home(owner)) && !whole.contains(&hamlet.owners[owner].name),
            "{whole}"
        );
    }

    // It is over, and what happens to the roll from then on is no part of it; what was told stays.
    let over = json!({ "words": "业主改期" });
    let office = world.sign_in("community").await;
    office.post(&format!("/v1/programmes/{programme}/cancellations"), &over).await.ok();
    office.post(&hamlet.at_home(1, "roll-changes"), &area(6200, "REGISTRY")).await.ok();
    let afterwards = last("召集人取消了方案：业主改期。");
    for (phone, _) in &watching {
        let lines = afterwards(phone).await;
        leads_to_events(phone, hamlet, &lines).await;
        assert_eq!(&lines[..read[0].len()], &read[0][..]);
        assert!(!lines.last().is_some_and(|line| text(&line["kind"]).starts_with("ROLL")), "{lines:?}");
    }
}

/// Each line has the place of an event that its reader finds in the record.
async fn leads_to_events(phone: &Phone, hamlet: &Hamlet, lines: &[Value]) {
    let events = all_changes(phone, &format!("&place_id={}", hamlet.complex.id)).await;
    for line in lines {
        let event = events.iter().find(|event| event["seq"] == line["seq"]);
        let event = event.unwrap_or_else(|| panic!("no event of {line}"));
        assert_eq!([&event["kind"], &event["at"]], [&line["kind"], &line["at"]]);
    }
}

const HEADING: &str = "楼栋,单元,房号,建筑面积(㎡),业主姓名,证件号码,联系电话,交付状态";

/// The office sends in a roll that says this area of the third home, at the time that it is for the service.
async fn send_in(office: &Phone, hamlet: &Hamlet, area: &str) {
    let Owner { home, name, id_number } = &hamlet.owners[2];
    let file = format!("{HEADING}\n{},{area},{name},{id_number},,已交付\n", home.join(","));
    let asked = super::roll::upload(office, &hamlet.at("roll-imports"), file.as_bytes()).keyed().send().await;
    super::roll::finished(office, &asked).await;
}

/// The hamlet's roll says this area of one home: whether it was taken, and what was said.
fn bring_in(world: &World, owner: &Owner, area: &str, more: &[&str]) -> Value {
    let row = format!("{},{area},{},{},,已交付", owner.home.join(","), owner.name, owner.id_number);
    let file = world.data.folder.join("once-more.csv");
    std::fs::write(&file, format!("{HEADING}\n{row}\n")).expect("the story's folder takes files");
    let (well, told) = super::roll::import(world, &world.data.database_url, &file, "小村", more);
    assert_eq!(well, told.get("error").is_none(), "{told}");
    told
}

async fn a_stronger_source_goes_before_a_weaker_one(world: &mut World) {
    let hamlet = Hamlet::of(world, 2).await;
    let office = world.sign_in("community").await;
    let changes = hamlet.at_home(0, "roll-changes");
    office.post(&changes, &area(9000, "CONTRACT")).await.ok();
    office.post(&changes, &area(9001, "SURVEY")).await.ok();
    office.post(&changes, &area(9002, "REGISTRY")).await.ok();
    office.post(&changes, &area(9002, "REGISTRY")).await.refused(409, "ROLL_CHANGE_NOTHING");
    let before = hamlet.roll(&office).await;
    for weaker in ["SURVEY", "CONTRACT"] {
        let refusal = office.post(&changes, &area(9100, weaker)).await.refused(409, "ROLL_SOURCE_WEAKER");
        assert!(text(&refusal["detail"]).contains("REGISTRY"), "{refusal}");
    }
    assert_eq!(hamlet.roll(&office).await, before);
    let mut reasons = area(9100, "SURVEY");
    reasons["change"]["overrides"] = json!("登记簿已由登记机构更正");
    let done = office.post(&changes, &reasons).await.ok();
    assert_eq!((&done["overrides"], &done["state"]), (&reasons["change"]["overrides"], &json!("APPLIED")));
    assert_eq!(entry(&office, &hamlet, 0).await["area_source"], "SURVEY");
}

async fn who_loses_the_share_loses_the_role(world: &mut World) {
    remember_the_buyer();
    let hamlet = Hamlet::of(world, 3).await;
    let office = world.sign_in("community").await;
    let old = hamlet.owner(world, 0).await;
    let changes = hamlet.at_home(0, "roll-changes");
    let named = |number: &str, name: &str| json!({ "name": name, "id_number": number });
    let owners = |keep: Value, add: Value| change(&json!({ "kind": "OWNERS", "keep": keep, "add": add }));
    for (unfit, why) in [
        (owners(json!([]), json!([])), "nobody left"),
        (owners(json!([3]), json!([])), "nobody has this ordinal"),
        (owners(json!([0, 0]), json!([])), "named twice"),
        (owners(json!([0]), json!([named(&hamlet.owners[1].id_number, "叶风")])), "another name"),
        (change(&json!({ "kind": "STATUS", "status": "UNSOLD" })), "no developer is known"),
    ] {
        let reply = office.post(&changes, &unfit).await;
        assert_eq!(reply.refused(422, "ROLL_OWNER_UNFIT")["status"], 422, "{why}");
    }
    let slip = owners(json!([0]), json!([named("999999198001010010", "龚雪")]));
    let refusal = office.post(&changes, &slip).await.refused(422, "INPUT_INVALID");
    assert_eq!(refusal["errors"][0]["pointer"], "/change/add/0/id_number");

    // One who stays and one who comes: the home is a head of its own now, and both own it.
    office.post(&changes, &owners(json!([0]), json!([buyer()]))).await.ok();
    let own = entry(&old, &hamlet, 0).await;
    let names: Vec<_> = own["owners"].as_array().unwrap().iter().map(|owner| text(&owner["name"])).collect();
    assert_eq!(names, ["苏勇桂", "龚*"]);
    let home = hamlet.owners[0].home.each_ref().map(String::as_str);
    let new = world.newcomer().await;
    hamlet.complex.at_the_desk(office.clone()).move_in(&new, &Owner::new(home, "龚雪", BUYER)).await;
    assert_eq!(entry(&new, &hamlet, 0).await["owners"][1]["is_you"], true);

    // Who loses the share is no owner at the next request.
    office.post(&changes, &owners(json!([1]), json!([]))).await.ok();
    old.get(&hamlet.at_home(0, "roll-entry")).await.refused(404, "NOT_FOUND");
    assert_eq!(old.get("/v1/me").await.ok()["roles"], json!([]));
    assert_eq!(old.get("/v1/roll-entries").await.ok()["items"], json!([]));
    assert_eq!(entry(&new, &hamlet, 0).await["owners"].as_array().map(Vec::len), Some(1));

    // The name alone: whoever it is stays who they are.
    let heads = hamlet.roll(&office).await["heads"].clone();
    office.post(&changes, &change(&json!({ "kind": "NAME", "ordinal": 0, "name": "龚学" }))).await.ok();
    assert_eq!(entry(&new, &hamlet, 0).await["owners"][0]["name"], "龚学");
    assert_eq!(hamlet.roll(&office).await["heads"], heads);
}

async fn a_locked_roll_stays_and_a_sale_is_noted(world: &mut World) {
    remember_the_buyer();
    let hamlet = Hamlet::of(world, 3).await;
    let (seller, office) = (hamlet.owner(world, 0).await, world.sign_in("community").await);
    let second = hamlet.owner(world, 2).await;
    hamlet.preparer(world, &second).await;
    let terms = super::polls::terms(world, &hamlet.complex.id).await;
    let poll = super::polls::motion(&office, &terms).await;
    // While a poll is prepared, two persons; the lock comes between them.
    let late = office.post(&hamlet.at_home(1, "roll-changes"), &area(6100, "REGISTRY")).await.ok();
    assert_eq!(late["state"], "PROPOSED");
    // An objection to an entry of those who vote holds it up until it is answered.
    let lock = format!("/v1/polls/{poll}/locks");
    let wrong = json!({ "ground": "AREA", "words": "面积不对" });
    let objection = seller.post(&hamlet.at_home(0, "roll-objections"), &wrong).await.ok();
    let missing = json!({ "ground": "MISSING_HOME", "words": "1单元501不在名册上" });
    seller.post(&hamlet.at("roll-objections"), &missing).await.ok();
    let refusal = office.post(&lock, &json!({})).await.refused(409, "POLL_ROLL_SHOWN");
    let due = text(&objection["due_at"]);
    let said = text(&refusal["detail"]);
    assert!(said.contains("wait for an answer: 1") && said.contains(&due[..10]), "{due}: {said}");
    assert_eq!(refusal["errcode"], 1_004_136);
    let dismissed = json!({ "outcome": "DISMISSED", "words": "与登记簿一致" });
    let answers = format!("/v1/roll-objections/{}/answers", text(&objection["id"]));
    second.post(&answers, &dismissed).await.ok();
    office.post(&lock, &json!({})).await.ok();
    let (before, locked) = (hamlet.roll(&office).await, office.get(&format!("/v1/polls/{poll}")).await.ok());
    let confirmed = format!("/v1/roll-changes/{}/confirmations", text(&late["id"]));
    second.post(&confirmed, &json!({})).await.refused(409, "ROLL_LOCKED");
    let changes = hamlet.at_home(0, "roll-changes");
    for refused in [
        json!({ "kind": "AREA", "area": 9012, "source": "REGISTRY" }),
        json!({ "kind": "OWNERS", "keep": [], "add": [buyer()] }),
        json!({ "kind": "NAME", "ordinal": 0, "name": "苏勇贵" }),
        json!({ "kind": "STATUS", "status": "UNSOLD" }),
    ] {
        let refusal = office.post(&changes, &change(&refused)).await.refused(409, "ROLL_LOCKED");
        assert_eq!(refusal["errcode"], 1_003_007);
    }
    assert_eq!(hamlet.roll(&office).await, before, "nothing changed");
    assert_eq!(entry(&seller, &hamlet, 0).await["is_locked"], true);
    let unsold = head_of(&seller, &poll, &hamlet.home(0)).await;

    // Sold: two persons note it, the buyer votes, and the denominators stay.
    let sale = change(&json!({ "kind": "SALE", "add": [buyer()] }));
    let noted = office.post(&changes, &sale).await.ok();
    assert_eq!((&noted["state"], &noted["persons"]), (&json!("PROPOSED"), &json!(2)));
    let path = format!("/v1/roll-changes/{}", text(&noted["id"]));
    second.post(&format!("{path}/confirmations"), &json!({})).await.ok();
    until(world, moment(&terms["opens_at"])).await;
    let office = world.sign_in("community").await;
    let open = until_it_is(&office, &poll, "OPEN").await;
    for frozen in ["roll", "roll_hash", "frozen_hash"] {
        assert_eq!(open[frozen], locked[frozen], "{frozen}");
    }
    let seller = world.wechat_user(seller.openid.as_deref().expect("a WeChat user's phone")).await;
    seller.get(&format!("/v1/polls/{poll}/heads")).await.refused(404, "NOT_FOUND");
    let home = hamlet.owners[0].home.each_ref().map(String::as_str);
    let phone = world.newcomer().await;
    hamlet.complex.at_the_desk(office.clone()).move_in(&phone, &Owner::new(home, "龚雪", BUYER)).await;
    assert_eq!(head_of(&phone, &poll, &hamlet.home(0)).await, unsold);
    let whole = phone.call(Method::GET, &format!("/v1/polls/{poll}")).send().await.ok();
    let answers = json!([{ "matter_id": whole["matters"][0]["id"], "choice": "YES" }]);
    phone
        .post(&format!("/v1/polls/{poll}/ballots"), &json!({ "head_id": unsold, "answers": answers }))
        .await
        .ok();
    let (well, said) = verify(world, &poll);
    assert!(well && said.contains("ballots   1,"), "{said}");
}

async fn an_import_does_not_undo_a_correction(world: &mut World) {
    let hamlet = Hamlet::of(world, 3).await;
    let office = world.sign_in("community").await;
    office.post(&hamlet.at_home(0, "roll-changes"), &area(9012, "REGISTRY")).await.ok();
    let name = change(&json!({ "kind": "NAME", "ordinal": 0, "name": "叶风" }));
    office.post(&hamlet.at_home(1, "roll-changes"), &name).await.ok();
    let before = hamlet.roll(&office).await;
    // The old file says otherwise, and is refused; a check names the homes.
    let file = std::fs::read(world.data.folder.join("hamlet.csv")).expect("the hamlet's roll");
    let check = office.call(Method::POST, &hamlet.at("roll-checks"));
    let found = check.file("file", "roll.csv", "text/csv", &file).send().await.ok();
    let contradicted: Vec<_> =
        items(&json!({ "items": found["contradicted"] })).iter().map(|home| text(&home["home_id"])).collect();
    assert_eq!(contradicted, [hamlet.home(0), hamlet.home(1)]);
    let told = bring_in(world, &hamlet.owners[0], "89.34", &[]);
    assert!(text(&told["error"]).contains("otherwise than a correction"), "{told}");
    assert_eq!(told["contradicted"][0]["home_id"], hamlet.home(0).as_str());
    assert_eq!(hamlet.roll(&office).await, before);
    // What agrees with it, or is about another home, is taken.
    assert!(bring_in(world, &hamlet.owners[0], "90.12", &[]).get("error").is_none());
    assert!(bring_in(world, &hamlet.owners[2], "60.99", &[]).get("error").is_none());
    assert_eq!(entry(&office, &hamlet, 0).await["area_source"], "REGISTRY");
    // On request it is taken, and the area rests on nothing that is known; but not while a change needs two persons.
    let overrule = ["--overrule-corrections"];
    assert!(bring_in(world, &hamlet.owners[0], "89.34", &overrule).get("error").is_none());
    let own = entry(&office, &hamlet, 0).await;
    assert_eq!((&own["area"], own.get("area_source")), (&json!(8934), None));
    office.post(&hamlet.at_home(0, "roll-changes"), &area(9012, "REGISTRY")).await.ok();
    let terms = super::polls::terms(world, &hamlet.complex.id).await;
    super::polls::motion(&office, &terms).await;
    let told = bring_in(world, &hamlet.owners[0], "89.34", &overrule);
    assert!(text(&told["error"]).contains("two persons"), "{told}");
    assert_eq!(entry(&office, &hamlet, 0).await["area"], 9012);
    what_an_import_says_anew_is_shown_before_it_is_locked(world, &hamlet).await;
}

/// Whoever is to answer an objection is told in the last quarter of the time for it, and when it is over; the list says so.
async fn is_prompted_once_each_time(world: &World, hamlet: &Hamlet, objection: &Value) {
    let [made, due] = ["made_at", "due_at"].map(|name| moment(&objection[name]));
    for (at, kind, is_late) in
        [(due - (due - made) / 4, "ROLL_OBJECTION_NEAR", false), (due, "ROLL_OBJECTION_PASSED", true)]
    {
        until(world, at).await;
        let office = world.sign_in("community").await;
        is_told(&office, kind).await;
        let waiting = office.get(&hamlet.at("roll-objections?open=true")).await.ok();
        let told: Vec<_> = items(&waiting).iter().map(|one| (&one["id"], &one["is_late"])).collect();
        assert_eq!(told, [(&objection["id"], &json!(is_late))]);
        let lines = all_changes(&office, &format!("&place_id={}", hamlet.complex.id)).await;
        let times = lines.iter().filter(|line| line["kind"] == kind).count();
        assert_eq!(times, 1, "{kind}");
    }
}

/// The roll is shown for a week from what an import last said anew; whoever should answer an objection has as long, and
/// who then did not holds up nobody.
async fn what_an_import_says_anew_is_shown_before_it_is_locked(world: &World, hamlet: &Hamlet) {
    let office = world.sign_in("community").await;
    let lock = async |office: &Phone| {
        let terms = super::polls::terms(world, &hamlet.complex.id).await;
        let poll = super::polls::motion(office, &terms).await;
        (office.post(&format!("/v1/polls/{poll}/locks"), &json!({})).await, poll)
    };
    send_in(&office, hamlet, "60.97").await;
    let shown = hamlet.roll(&office).await["shown_since"].clone();
    send_in(&office, hamlet, "60.97").await;
    assert_eq!(hamlet.roll(&office).await["shown_since"], shown, "the roll says so already");
    send_in(&office, hamlet, "60.98").await;
    let anew = hamlet.roll(&office).await["shown_since"].clone();
    assert!(moment(&anew) > moment(&shown));
    let owner = hamlet.owner(world, 2).await;
    let wrong = json!({ "ground": "NAME", "words": "名字错了" });
    let objection = owner.post(&hamlet.at_home(2, "roll-objections"), &wrong).await.ok();
    let refusal = lock(&office).await.0.refused(409, "POLL_ROLL_SHOWN");
    let said = text(&refusal["detail"]);
    assert!(said.contains(&text(&anew)[..10]) && said.contains("wait for an answer: 1"), "{said}");
    is_prompted_once_each_time(world, hamlet, &objection).await;
    let office = world.sign_in("community").await;
    let (locked, poll) = lock(&office).await;
    locked.ok();
    let told = super::eventually("what is told of the lock", async || {
        let told =
            super::endings::told_of(&office, &hamlet.complex.id, &poll, "ROLL_OBJECTIONS_UNANSWERED").await;
        (!told.is_empty()).then_some(told)
    });
    assert_eq!(told.await[0]["facts"], json!({ "objections": 1 }));
}
