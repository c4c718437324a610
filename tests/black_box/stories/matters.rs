//! Matters to their end: a danger that is repaired without a vote, what three quarters decide, and what one house decides alone.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    archive,
    identity::part,
    incidents::Town,
    neighbours::{Complex, Owner, head_of, items, moment, text, until, until_it_is, verify},
    packs::small_complex,
    programmes::{deed, is_told, minutes, module, read, show, shown, timeline, until_module},
    uploads::send_photo,
};
use crate::{phone::Phone, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(a_danger_is_repaired_without_a_vote_and_accounted_for).in_the_demo(),
        story!(three_quarters_decide_and_a_house_decides_alone).in_the_demo(),
        story!(what_is_between_two_houses_is_asked_there_alone).in_the_demo(),
    ]
}

async fn again(world: &World, phone: &Phone) -> Phone {
    world.wechat_user(phone.openid.as_deref().expect("a WeChat user")).await
}

async fn begin(phone: &Phone, place: &str, what: &Value) -> crate::phone::Reply {
    phone.post(&format!("/v1/places/{place}/programmes"), what).await
}

async fn a_danger_is_repaired_without_a_vote_and_accounted_for(world: &mut World) {
    let complex = Complex::of(world).await;
    let (office, street) = (world.sign_in("community").await, world.sign_in("street").await);
    let (property, coowner) = (world.sign_in("property").await, world.sign_in("coowner").await);

    // It is for the dangers that the rules name, and for no other.
    let mut what = json!({ "template": "emergency-repair", "purpose": "三号楼屋面渗漏" });
    begin(&office, &complex.id, &what).await.refused(422, "INPUT_INVALID");
    what["conditions"] = json!(["NOISE"]);
    begin(&office, &complex.id, &what).await.refused(422, "INPUT_INVALID");
    what["conditions"] = json!(["LEAK"]);
    let begun = begin(&office, &complex.id, &what).await.ok();
    let id = text(&begun["id"]);
    let leak = json!([{ "code": "LEAK", "zh": "渗漏", "en": "Water comes in" }]);
    assert_eq!(read(&coowner, &id).await["conditions"], leak);
    assert!(text(&begun["cost"]["zh"]).contains("三万元"), "{begun}");
    let house = part(&office, &complex.id, "1号楼").await;
    let lift = json!({ "template": "emergency-repair", "purpose": "电梯停运", "conditions": ["LIFT"] });
    let other = text(&begin(&office, &house, &lift).await.ok()["id"]);
    let vote = json!({ "template": "ordinary-matter", "purpose": "?", "conditions": ["LEAK"] });
    begin(&office, &complex.id, &vote).await.refused(422, "INPUT_INVALID");

    let preparer = preparer(world, &complex).await;
    a_task_goes_from_hand_to_hand(world, &complex, &id).await;
    let accept = json!({ "deed": "ACCEPT" });
    let required = module(&begun, "danger")["requires"].clone();
    let unmet = async |phone: &Phone| module(&read(phone, &id).await, "danger")["unmet"].clone();

    // What is required is met photo by photo; whoever does not accept it says why, and it is shown anew.
    let wrong = show(&property, "?", &[&[3]]).await;
    deed(&property, &id, "danger", &wrong).await.refused(422, "INPUT_INVALID");
    let anothers = json!({ "photo_id": send_photo(&preparer).await, "meets": [0] });
    let anothers = json!({ "deed": "SHOW", "words": "?", "evidence": [anothers] });
    deed(&property, &id, "danger", &anothers).await.refused(422, "PHOTO_NOT_YOURS");
    let first = show(&property, "屋面渗漏，附照片和检测意见", &[&[0], &[1]]).await;
    deed(&property, &id, "danger", &first).await.ok();
    assert_eq!(unmet(&coowner).await, json!([required[2]]));
    let refused = deed(&preparer, &id, "danger", &accept).await.refused(409, "REQUIREMENT_UNMET");
    assert!(text(&refused["detail"]).contains("维修方案和预算"), "{refused}");
    assert_eq!(module(&read(&street, &id).await, "danger")["you_may"], json!(["NOTE"]));
    let decline = json!({ "deed": "DECLINE" });
    deed(&preparer, &id, "danger", &decline).await.refused(422, "INPUT_INVALID");
    let decline = json!({ "deed": "DECLINE", "words": "照片看不清，也没有预算" });
    deed(&preparer, &id, "danger", &decline).await.ok();
    super::eventually("whoever showed it is told", async || {
        let told = property.all("/v1/notices", 50).await;
        let told = told.iter().filter(|one| one["kind"] == "PROGRAMME_DEED" && one["subject_id"] == *id);
        (told.count() == 3).then_some(())
    })
    .await;
    assert_eq!(unmet(&property).await, required, "what was not accepted meets nothing");
    assert_eq!(module(&read(&office, &id).await, "danger")["state"], "RUNNING");
    let shown =
        deed(&property, &id, "danger", &show(&property, "重拍，补预算", &[&[0], &[1, 2]]).await).await;
    let shown = shown.ok();
    let photo = format!("/v1/uploads/{}", text(&shown["evidence"][1]["photo_id"]));
    let deeds = format!("/v1/programmes/{id}/modules/danger/deeds");
    let seen = coowner.all(&deeds, 50).await;
    let last = seen.last().expect("it was shown");
    assert_eq!((&last["photos"], &last["evidence"]), (&json!(2), &json!([])), "how many, and not which");
    coowner.get(&photo).await.refused(404, "NOT_FOUND");
    assert_eq!(street.get(&photo).await.status, 200);
    for office in [&office, &street] {
        deed(office, &id, "danger", &accept).await.refused(403, "DEED_NOT_YOURS");
    }
    deed(&preparer, &id, "danger", &accept).await.ok();

    // The street confirms what was checked, and nobody in its place.
    until_module(&office, &id, "confirmation", "RUNNING").await;
    deed(&preparer, &id, "confirmation", &json!({ "deed": "SHOW", "words": "方案已审核" })).await.ok();
    deed(&office, &id, "confirmation", &accept).await.refused(403, "DEED_NOT_YOURS");
    deed(&street, &id, "confirmation", &accept).await.ok();
    until_module(&office, &id, "notice", "RUNNING").await;

    // Another danger is not accepted until its time is up.
    let bare = show(&property, "电梯停运", &[]).await;
    deed(&property, &other, "danger", &bare).await.ok();
    let decline = json!({ "deed": "DECLINE", "words": "不属于紧急情形" });
    deed(&preparer, &other, "danger", &decline).await.ok();

    // Days pass, and nobody puts up the notice: it is late, and says who must act.
    world.advance_clock(8 * 24 * 3600).await;
    let (office, street) = (world.sign_in("community").await, world.sign_in("street").await);
    let (property, coowner) = (world.sign_in("property").await, world.sign_in("coowner").await);
    let stopped = until_module(&office, &other, "danger", "OVER").await;
    assert_eq!(
        (&stopped["state"], &module(&stopped, "danger")["ending"]),
        (&json!("STOPPED"), &json!("DECLINED"))
    );
    assert_eq!(module(&stopped, "repair")["state"], "LEFT_OUT");
    let is_late = |seen: &Value| module(seen, "notice")["late"] == true;
    let late = super::until(&office, &format!("/v1/programmes/{id}"), "notice is late", is_late).await;
    let notice = module(&late, "notice");
    let must = json!(["PROPERTY_MANAGER", "COMMITTEE_MEMBER", "PREPARER", "COMMUNITY_OFFICER"]);
    assert_eq!((&notice["must_act"], notice.get("put_up_at")), (&must, None));
    is_told(&office, "PROGRAMME_MODULE_LATE", &id).await;
    let mut put_up =
        json!({ "deed": "PUT_UP", "words": "屋面防水重做，预算两万八千元", "boards": ["三号楼大堂"] });
    deed(&property, &id, "notice", &put_up).await.refused(422, "INPUT_INVALID");
    put_up["evidence"] = json!([{ "photo_id": send_photo(&property).await }]);
    deed(&coowner, &id, "notice", &put_up).await.refused(403, "DEED_NOT_YOURS");
    let hangs = deed(&property, &id, "notice", &put_up).await.ok();
    let given = module(&read(&coowner, &id).await, "notice").clone();
    assert_eq!((&given["state"], &given["put_up_at"]), (&json!("OVER"), &hangs["at"]));
    let hung = coowner.all(&format!("/v1/programmes/{id}/modules/notice/deeds"), 50).await;
    assert_eq!(
        [&hung[0]["role"], &hung[0]["words"], &hung[0]["boards"][0]],
        ["PROPERTY_MANAGER", "屋面防水重做，预算两万八千元", "三号楼大堂"]
    );
    let photo = format!("/v1/uploads/{}", text(&hung[0]["evidence"][0]["photo_id"]));
    assert_eq!(coowner.get(&photo).await.status, 200, "what hangs out is for everybody");

    // The repair, and the account of it.
    for (task, looks) in [("repair", &office), ("audit", &street)] {
        until_module(&office, &id, task, "RUNNING").await;
        deed(&property, &id, task, &show(&property, "材料齐全", &[&[0, 1]]).await).await.ok();
        deed(looks, &id, task, &accept).await.ok();
    }
    assert_eq!(read(&office, &id).await["state"], "DONE");
    its_archive_holds(world, &id).await;
}

/// Somebody who prepares what the owners of a complex decide.
async fn preparer(world: &World, complex: &Complex) -> Phone {
    let openid = "o-matters-preparer";
    Town::appoint(world, openid, "PREPARER", &complex.id).await;
    world.wechat_user(openid).await
}

/// One takes it, nobody else may then but through them or whoever convenes; and only whoever has it shows it.
async fn a_task_goes_from_hand_to_hand(world: &World, complex: &Complex, id: &str) {
    let (office, street) = (world.sign_in("community").await, world.sign_in("street").await);
    let (property, coowner) = (world.sign_in("property").await, world.sign_in("coowner").await);
    let colleague = world.newcomer().await;
    let role = json!({ "person_id": colleague.person, "role": "PROPERTY_MANAGER" });
    office.post(&format!("/v1/places/{}/roles", complex.id), &role).await.ok();
    let take = json!({ "deed": "ASSIGN" });
    let to = |phone: &Phone| json!({ "deed": "ASSIGN", "asks_person": phone.person });
    deed(&coowner, id, "danger", &take).await.refused(403, "DEED_NOT_YOURS");
    deed(&office, id, "danger", &to(&coowner)).await.refused(422, "INPUT_INVALID");
    let preparer = world.wechat_user("o-matters-preparer").await;
    deed(&preparer, id, "danger", &json!({ "deed": "ACCEPT", "asks_person": coowner.person }))
        .await
        .refused(409, "MODULE_ELSEWHERE");
    deed(&property, id, "danger", &to(&colleague)).await.refused(403, "DEED_NOT_YOURS");
    deed(&colleague, id, "danger", &take).await.ok();
    deed(&property, id, "danger", &take).await.refused(409, "TASK_TAKEN");
    let shows = json!({ "deed": "SHOW", "words": "已查看" });
    deed(&property, id, "danger", &shows).await.refused(403, "DEED_NOT_YOURS");
    let has = async |phone: &Phone| module(&read(phone, id).await, "danger")["assignee"].clone();
    let role = json!("PROPERTY_MANAGER");
    assert_eq!(has(&coowner).await, json!({ "role": role, "is_you": false }), "not who");
    assert_eq!(has(&street).await, json!({ "role": role, "is_you": false, "person_id": colleague.person }));
    deed(&colleague, id, "danger", &to(&property)).await.ok();
    is_told(&property, "PROGRAMME_DEED", id).await;
    assert_eq!(has(&property).await["is_you"], true);
    deed(&office, id, "danger", &to(&colleague)).await.ok();
    deed(&office, id, "danger", &to(&property)).await.ok();
}

async fn its_archive_holds(world: &World, id: &str) {
    let office = world.sign_in("community").await;
    let begun = read(&office, id).await["begun_at"].clone();
    let told = super::eventually("the end in the timeline", async || {
        let told = timeline(&office, id, moment(&begun)).await;
        told.last().is_some_and(|last| last.ends_with("方案完成。")).then_some(told)
    });
    let told = told.await.join("\n");
    for words in [
        "物业确定经办人：业主委员会审核危险和维修方案，请物业处理。",
        "物业提交材料：业主委员会审核危险和维修方案（危险现场照片、专业机构意见）。",
        "筹备组未同意：业主委员会审核危险和维修方案。",
        "街道同意：街道确认。",
        "逾期未完成：公示维修内容和费用。",
        "物业张贴公示：公示维修内容和费用。",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let checked = archive::found_in(world, id).await.expect("all is as it was said");
    assert!(checked.contains("emergency-repair (version 3)"), "{checked}");
    let other_case = archive::found_in_changed(world, id, |archive| {
        archive["content"]["programme"]["conditions"] = json!(["FIRE"]);
    });
    assert_eq!(other_case.await, "BEGINNING_DIFFERS");
    let met_less = archive::found_in_changed(world, id, |archive| {
        let lines =
            archive.pointer_mut("/content/record/lines").and_then(Value::as_array_mut).expect("lines");
        let shows = |line: &&mut Value| {
            line["facts"].as_str().is_some_and(|facts| facts.contains("\"meets\":[0,1,2]"))
        };
        let line = lines.iter_mut().find(shows).expect("it was shown");
        line["facts"] = json!(text(&line["facts"]).replace("[0,1,2]", "[0]"));
    });
    assert_eq!(met_less.await, "LINE_CHANGED");
}

/// A motion of one class at a place, opened and closed on these days.
async fn motion(office: &Phone, place: &str, class: u8, days: [&str; 2]) -> String {
    let terms = json!({ "place_id": place, "kind": "MOTION", "title": "表决", "seats": 0, "opens_at": days[0],
        "closes_at": days[1] });
    let poll = text(&office.post("/v1/polls", &terms).await.ok()["id"]);
    let matter = json!({ "class": class, "title": "事项", "body": "见方案。" });
    office.post(&format!("/v1/polls/{poll}/matters"), &matter).await.ok();
    poll
}

/// A complex whose owners are all on the phone.
struct Neighbourhood {
    complex: Complex,
    owners: Vec<(Owner, Phone)>,
}

impl Neighbourhood {
    async fn of(world: &World, name: &str, homes: &[(&str, usize)]) -> Self {
        let (complex, all) = small_complex(world, name, homes).await;
        let mut owners = Vec::new();
        for owner in all {
            let phone = world.newcomer().await;
            complex.move_in(&phone, &owner).await;
            owners.push((owner, phone));
        }
        Self { complex, owners }
    }

    fn home(&self, turn: usize) -> &str {
        self.complex.home(self.owners[turn].0.home.each_ref().map(String::as_str))
    }

    /// Owners say yes or no, in their order.
    async fn vote(&self, world: &World, poll: &str, choices: &[&str]) {
        for (turn, choice) in choices.iter().enumerate() {
            let phone = again(world, &self.owners[turn].1).await;
            let head = head_of(&phone, poll, self.home(turn)).await;
            let matter = phone.get(&format!("/v1/polls/{poll}")).await.ok()["matters"][0]["id"].clone();
            let answers = json!([{ "matter_id": matter, "choice": choice }]);
            let ballot = json!({ "head_id": head, "selections": [], "answers": answers });
            phone.post(&format!("/v1/polls/{poll}/ballots"), &ballot).await.ok();
        }
    }
}

/// Begins at a place, and binds the vote's poll.
async fn prepared(office: &Phone, place: &str, template: &str, poll: &str) -> String {
    let what = json!({ "template": template, "purpose": "维修" });
    let id = text(&begin(office, place, &what).await.ok()["id"]);
    let bind = json!({ "module": "vote", "poll_id": poll });
    office.post(&format!("/v1/programmes/{id}/polls"), &bind).await.ok();
    id
}

/// People met, and agreed to vote.
async fn agreed(office: &Phone, id: &str) {
    deed(office, id, "deliberation", &minutes("到会多数", 4)).await.ok();
    let close = json!({ "deed": "CLOSE", "words": "多数同意表决", "ending": "AGREED" });
    deed(office, id, "deliberation", &close).await.ok();
}

async fn three_quarters_decide_and_a_house_decides_alone(world: &mut World) {
    let houses =
        [("1号楼", 100), ("1号楼", 100), ("1号楼", 100), ("2号楼", 100), ("2号楼", 100), ("2号楼", 100)];
    let six = Neighbourhood::of(world, "六户院", &houses).await;
    let four =
        Neighbourhood::of(world, "四户院", &[("1号楼", 100), ("1号楼", 100), ("1号楼", 100), ("1号楼", 400)])
            .await;
    let office = world.sign_in("community").await;
    let now = moment(&office.get("/v1/home").await.ok()["server_time"]);
    let midnight =
        |days| (now.date_naive() + TimeDelta::days(days)).format("%Y-%m-%dT00:00:00+08:00").to_string();
    let days = [&*midnight(22), &*midnight(29)];
    let house = part(&office, &six.complex.id, "1号楼").await;
    let polls = [
        motion(&office, &six.complex.id, 6, days).await,
        motion(&office, &four.complex.id, 6, days).await,
        motion(&office, &house, 5, days).await,
    ];
    let passes = prepared(&office, &six.complex.id, "special-matter", &polls[0]).await;
    let fails = prepared(&office, &four.complex.id, "special-matter", &polls[1]).await;
    let alone = prepared(&office, &house, "part-matter", &polls[2]).await;

    // A plan is drawn up for both complexes, and accepted by somebody else than who drew it up.
    for (place, id) in [(&six, &passes), (&four, &fails)] {
        let mut preparers = Vec::new();
        for _ in 0..2 {
            let phone = world.newcomer().await;
            let role = json!({ "person_id": phone.person, "role": "PREPARER" });
            office.post(&format!("/v1/places/{}/roles", place.complex.id), &role).await.ok();
            preparers.push(phone);
        }
        let plan = show(&preparers[0], "方案、预算和影响范围", &[&[0, 1, 2]]).await;
        deed(&preparers[0], id, "proposal", &plan).await.ok();
        deed(&preparers[0], id, "proposal", &json!({ "deed": "ACCEPT" }))
            .await
            .refused(403, "DEED_NOT_YOURS");
        deed(&preparers[1], id, "proposal", &json!({ "deed": "ACCEPT" })).await.ok();
        until_module(&office, id, "deliberation", "RUNNING").await;
        agreed(&office, id).await;
        assert_eq!(
            module(&read(&office, id).await, "deliberation")["state"],
            "RUNNING",
            "three days at least"
        );
    }
    // In one house only its own owners talk, and only they have a head.
    let say = json!({ "deed": "SAY", "words": "同意修电梯" });
    deed(&again(world, &six.owners[0].1).await, &alone, "deliberation", &say).await.ok();
    deed(&again(world, &six.owners[3].1).await, &alone, "deliberation", &say)
        .await
        .refused(403, "DEED_NOT_YOURS");
    agreed(&office, &alone).await;
    let lock = async |office: &Phone, poll: &str| {
        office.post(&format!("/v1/polls/{poll}/locks"), &json!({})).await.ok()["roll"].clone()
    };
    until_module(&office, &alone, "roll", "RUNNING").await;
    assert_eq!(lock(&office, &polls[2]).await, json!({ "heads": 3, "area": 30000 }));
    let heads = again(world, &six.owners[3].1).await.get(&format!("/v1/polls/{}/heads", polls[2])).await;
    assert!(heads.status == 404 || items(&heads.ok()).is_empty(), "another house has no head in it");

    let after = async |days: i64| {
        until(world, moment(&json!(midnight(days))) + TimeDelta::hours(1)).await;
        world.sign_in("community").await
    };
    let office = after(4).await;
    for (id, poll, area) in [(&passes, &polls[0], 60000), (&fails, &polls[1], 70000)] {
        until_module(&office, id, "roll", "RUNNING").await;
        assert_eq!(lock(&office, poll).await["area"], area);
        let notice = until_module(&office, id, "notice", "RUNNING").await;
        assert_eq!(module(&notice, "notice")["put_up_at"], module(&notice, "notice")["since"]);
    }
    let office = after(22).await;
    for (id, poll) in [&passes, &fails, &alone].into_iter().zip(&polls) {
        until_module(&office, id, "vote", "RUNNING").await;
        until_it_is(&office, poll, "OPEN").await;
    }
    six.vote(world, &polls[0], &["YES", "YES", "YES", "YES", "YES", "NO"]).await;
    four.vote(world, &polls[1], &["YES", "YES", "YES", "NO"]).await;
    six.vote(world, &polls[2], &["YES", "YES", "NO"]).await;
    let stranger = again(world, &six.owners[3].1).await;
    let own = head_of(&stranger, &polls[0], six.home(3)).await;
    let ballot = json!({ "head_id": own, "selections": [], "answers": [] });
    stranger.post(&format!("/v1/polls/{}/ballots", polls[2]), &ballot).await.refused(404, "NOT_FOUND");

    let office = after(29).await;
    let mut ends = Vec::new();
    for (poll, outcome, yes) in [
        (&polls[0], "PASSED", json!({ "heads": 5, "area": 50000 })),
        (&polls[1], "REJECTED", json!({ "heads": 3, "area": 30000 })),
        (&polls[2], "PASSED", json!({ "heads": 2, "area": 20000 })),
    ] {
        until_it_is(&office, poll, "CLOSED").await;
        office.post(&format!("/v1/polls/{poll}/publications"), &json!({})).await.ok();
        let result = office.get(&format!("/v1/polls/{poll}/result")).await.ok();
        let matter = &result["matters"][0];
        assert_eq!((&matter["outcome"], &matter["yes"]), (&json!(outcome), &yes), "{matter}");
        ends.push(moment(&result["provisional_until"]));
    }
    let tests =
        office.get(&format!("/v1/polls/{}/result", polls[1])).await.ok()["matters"][0]["tests"].clone();
    let held: Vec<_> = items(&json!({ "items": tests })).iter().map(|test| test["met"] == true).collect();
    assert_eq!(
        held,
        [true, true, true, false],
        "three of four heads, and less than three quarters of the area"
    );

    until(world, ends.into_iter().max().expect("three") + TimeDelta::hours(1)).await;
    let office = world.sign_in("community").await;
    for (id, ending, poll) in
        [(&passes, "PASSED", &polls[0]), (&fails, "REJECTED", &polls[1]), (&alone, "PASSED", &polls[2])]
    {
        let done = until_module(&office, id, "result", "OVER").await;
        assert_eq!(
            [&done["state"], &module(&done, "count")["ending"], &module(&done, "result")["ending"]],
            ["DONE", ending, "FINAL"]
        );
        let checked = archive::found_in(world, id).await.expect("all is as it was said");
        assert!(checked.contains("the result is final; 0 objections"), "{checked}");
        let (well, said) = verify(world, poll);
        assert!(well, "{said}");
    }
}

/// Two houses of three have something between them: their owners alone register, stand and are asked.
async fn what_is_between_two_houses_is_asked_there_alone(world: &mut World) {
    let homes = [("1号楼", 100), ("1号楼", 100), ("2号楼", 100), ("2号楼", 100), ("3号楼", 100)];
    let here = Neighbourhood::of(world, "三栋院", &homes).await;
    let complex = &here.complex.id;
    let office = world.sign_in("community").await;
    let [one, two] = [part(&office, complex, "1号楼").await, part(&office, complex, "2号楼").await];
    let between = json!([one, two]);
    let opinion =
        |among: &Value| json!({ "template": "opinion-poll", "purpose": "连廊怎么用", "among": among });
    let now = moment(&office.get("/v1/home").await.ok()["server_time"]);
    let midnight =
        |days| (now.date_naive() + TimeDelta::days(days)).format("%Y-%m-%dT00:00:00+08:00").to_string();
    let asks = |among: &Value| {
        json!({ "place_id": complex, "kind": "OPINION", "title": "连廊怎么用", "seats": 1, "among": among,
            "opens_at": midnight(5), "closes_at": midnight(8) })
    };
    // Two parts at least, of this complex, and of what is no matter of Civil Code 278.
    let refused = |reply: crate::phone::Reply, code: &str| {
        let errors = reply.refused(422, "INPUT_INVALID")["errors"].clone();
        assert_eq!((&errors[0]["pointer"], &errors[0]["code"]), (&json!("/among"), &json!(code)), "{errors}");
    };
    for (among, code) in [
        (json!([one]), "SCOPE"),
        (json!([one, one]), "SCOPE"),
        (json!([one, complex]), "UNKNOWN"),
        (json!([one, uuid::Uuid::nil()]), "UNKNOWN"),
    ] {
        refused(begin(&office, complex, &opinion(&among)).await, code);
        refused(office.post("/v1/polls", &asks(&among)).await, code);
    }
    refused(begin(&office, &one, &opinion(&between)).await, "SCOPE");
    let mut statutory = opinion(&between);
    statutory["template"] = json!("ordinary-matter");
    refused(begin(&office, complex, &statutory).await, "KIND");
    let mut motion = asks(&between);
    (motion["kind"], motion["seats"]) = (json!("MOTION"), json!(0));
    refused(office.post("/v1/polls", &motion).await, "KIND");

    let begun = begin(&office, complex, &opinion(&between)).await.ok();
    let id = text(&begun["id"]);
    let names: Vec<_> =
        items(&json!({ "items": begun["among"] })).iter().map(|one| text(&one["name"])).collect();
    assert_eq!(names, ["1号楼", "2号楼"]);
    let bind = async |poll: &str| {
        let bind = json!({ "module": "vote", "poll_id": poll });
        office.post(&format!("/v1/programmes/{id}/polls"), &bind).await
    };
    let of_all = text(&office.post("/v1/polls", &asks(&json!([]))).await.ok()["id"]);
    bind(&of_all).await.refused(409, "POLL_NOT_OF_VOTE");
    let drafted = office.post("/v1/polls", &asks(&between)).await.ok();
    let (poll, path) =
        (text(&drafted["id"]), |rest: &str| format!("/v1/polls/{}/{rest}", text(&drafted["id"])));
    assert_eq!(drafted["among"].as_array().map(Vec::len), Some(2));
    bind(&poll).await.ok();
    let stands = |turn: usize| json!({ "home_id": here.home(turn), "name": here.owners[turn].0.name });
    office.post(&path("candidates"), &stands(4)).await.refused(422, "CANDIDATE_NOT_ON_ROLL");
    let candidate = office.post(&path("candidates"), &stands(0)).await.ok()["id"].clone();
    let matter = json!({ "class": 0, "title": "连廊停车", "body": "自行车停在连廊。" });
    let matter = office.post(&path("matters"), &matter).await.ok()["id"].clone();
    deed(&office, &id, "deliberation", &minutes("到会四户", 4)).await.ok();
    let close = json!({ "deed": "CLOSE", "words": "多数希望征询", "ending": "AGREED" });
    deed(&office, &id, "deliberation", &close).await.ok();
    let locked = office.post(&path("locks"), &json!({})).await.ok();
    assert_eq!(
        (&locked["roll"], &locked["registration"]),
        (&json!({ "heads": 4, "area": 40000 }), &json!({ "heads": 3, "area": 26667 })),
        "two thirds of the four, and not of the five: {locked}"
    );

    let registering = until_module(&office, &id, "registration", "RUNNING").await;
    assert_eq!(
        module(&registering, "registration")["signatures"]["roll"],
        json!({ "heads": 4, "area": 40000 })
    );
    let sign = json!({ "deed": "SIGN" });
    let neighbour = &here.owners[4].1;
    deed(neighbour, &id, "registration", &sign).await.refused(403, "DEED_NOT_YOURS");
    assert!(items(&neighbour.get(&path("heads")).await.ok()).is_empty());
    for (_, phone) in &here.owners[..3] {
        deed(phone, &id, "registration", &sign).await.ok();
    }
    until_module(&office, &id, "notice", "RUNNING").await;
    until(world, moment(&json!(midnight(5))) + TimeDelta::hours(1)).await;
    let office = world.sign_in("community").await;
    until_it_is(&office, &poll, "OPEN").await;
    for turn in [0, 1] {
        let phone = again(world, &here.owners[turn].1).await;
        let head = head_of(&phone, &poll, here.home(turn)).await;
        let answers = json!([{ "matter_id": matter, "choice": "YES" }]);
        let ballot = json!({ "head_id": head, "selections": [candidate], "answers": answers });
        phone.post(&path("ballots"), &ballot).await.ok();
    }
    until(world, moment(&json!(midnight(8))) + TimeDelta::hours(1)).await;
    let office = world.sign_in("community").await;
    until_it_is(&office, &poll, "CLOSED").await;
    office.post(&path("publications"), &json!({})).await.ok();
    let result = office.get(&path("result")).await.ok();
    assert_eq!(
        (&result["election"]["outcome"], &result["registered"]["heads"]),
        (&json!("FORMED"), &json!(3))
    );
    until(world, moment(&result["provisional_until"]) + TimeDelta::hours(1)).await;
    let office = world.sign_in("community").await;
    until_module(&office, &id, "result", "OVER").await;
    let screen = shown(world, &id);
    assert!(screen.contains("范围：1号楼、2号楼 / between 1号楼, 2号楼"), "{screen}");
    let (well, said) = verify(world, &poll);
    assert!(well, "{said}");
    archive::found_in(world, &id).await.expect("all is as it was said");
    for (place, found) in
        [("/content/programme/among", "BEGINNING_DIFFERS"), ("/content/polls/0/among", "FROZEN_HASH")]
    {
        let less = archive::found_in_changed(world, &id, |archive| {
            archive.pointer_mut(place).and_then(Value::as_array_mut).expect("parts").pop();
        });
        assert_eq!(less.await, found, "{place}");
    }
}
