//! The courses that an incident may take: taken on in steps, asked about, sent elsewhere, passed on by agreement, looked
//! at, closed from above; and the whole life of one, with a neighbour's report and a whistle on its way.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    eventually,
    incidents::{
        COMMUNITY, PROPERTY, REPORTER, STREET, Town, act, array, is_listed, ladder, life, path, phone, read,
        report, run_out, text, time, until,
    },
    notices::until_rested,
    uploads::send_photo,
};
use crate::{phone::Phone, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(a_report_is_taken_on_step_by_step).in_the_demo(),
        story!(the_reporter_is_asked_and_the_clocks_wait).in_the_demo(),
        story!(what_is_not_taken_on_is_appealed_and_what_is_not_ours_sent_elsewhere).in_the_demo(),
        story!(nothing_moves_down_or_away_without_consent).in_the_demo(),
        story!(a_level_above_looks_at_it_and_answers_for_what_it_forces).in_the_demo(),
        story!(a_trouble_that_came_back_names_the_one_before).in_the_demo(),
        story!(the_life_of_a_lift_fault).in_the_demo(),
    ]
}

/// A second manager of the property office.
const COLLEAGUE: &str = "o-second-manager";

async fn a_report_is_taken_on_step_by_step(world: &mut World) {
    let town = Town::find(world).await;
    Town::appoint(world, COLLEAGUE, "PROPERTY_MANAGER", &town.complex).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let (colleague, office) = (phone(world, COLLEAGUE).await, phone(world, COMMUNITY).await);
    let tree = report(&reporter, &town.complex, "GREENERY", &[]).await;

    let accepted = act(&property, &tree, "acceptances", json!({})).await.ok();
    assert_eq!([&accepted["status"], &accepted["holder"]["due_kind"]], ["ACCEPTED", "CONTACT"]);
    assert_eq!(accepted["holder"]["due_at"], tree["holder"]["due_at"], "it is still to be contacted");
    act(&property, &tree, "acceptances", json!({})).await.refused(409, "INCIDENT_ELSEWHERE");

    // Whom it can be given to, and to nobody else.
    let there = property.get(&format!("{}/assignees", path(&tree))).await.ok();
    let people: Vec<_> = array(&there["items"]).iter().map(|one| text(&one["person_id"])).collect();
    assert!(
        people.contains(&property.person.as_str()) && people.contains(&colleague.person.as_str()),
        "{there}"
    );
    let to = |who: &Phone| json!({ "assignee_id": who.person });
    act(&property, &tree, "assignments", to(&office)).await.refused(422, "INPUT_INVALID");
    act(&office, &tree, "assignments", to(&colleague)).await.refused(403, "NOT_ALLOWED");
    let assigned = act(&property, &tree, "assignments", to(&colleague)).await.ok();
    assert_eq!(
        [&assigned["status"], &assigned["holder"]["assignee_id"]],
        ["ASSIGNED", colleague.person.as_str()]
    );
    let seen = read(&reporter, &tree).await;
    assert_eq!((&seen["status"], seen["holder"].get("assignee_id")), (&json!("ASSIGNED"), None));

    // Whoever has it is told, and nobody else of the post.
    let told = async |phone: &Phone| {
        let inbox = phone.all("/v1/notices", 50).await;
        inbox.iter().any(|one| one["kind"] == "INCIDENT_ASSIGNED" && one["subject_id"] == tree["id"])
    };
    eventually("whoever has it is told", async || told(&colleague).await.then_some(())).await;
    assert!(!told(&property).await, "it was given to somebody else");

    // The post's list shows who has what.
    let of = |who: &Phone| format!("scope=HELD&assignee={}", who.person);
    assert!(is_listed(&property, &of(&colleague), &tree).await);
    assert!(is_listed(&colleague, &of(&colleague), &tree).await);
    assert!(!is_listed(&property, &of(&property), &tree).await);
    assert!(!is_listed(&reporter, &format!("scope=MINE&assignee={}", colleague.person), &tree).await);

    // Whoever acknowledges it leaves it with who has it; somebody else may be given it at any time.
    let taken = act(&property, &tree, "acknowledgements", json!({})).await.ok();
    assert_eq!(
        [&taken["status"], &taken["holder"]["assignee_id"]],
        ["IN_PROGRESS", colleague.person.as_str()]
    );
    let again = act(&colleague, &tree, "assignments", to(&property)).await.ok();
    assert_eq!(
        [&again["status"], &again["holder"]["assignee_id"]],
        ["IN_PROGRESS", property.person.as_str()]
    );
    let climbed =
        act(&reporter, &tree, "climbs", json!({ "reason": "RESIDENT_REQUEST", "words": "树快倒了" }))
            .await
            .ok();
    assert_eq!(climbed["holder"]["level"], "COMMUNITY");
    assert_eq!(
        read(&office, &tree).await["holder"].get("assignee_id"),
        None,
        "that is the next post's to say"
    );

    // At once: whoever takes on what nobody has, has it.
    let other = report(&reporter, &town.complex, "GREENERY", &[]).await;
    let taken = act(&colleague, &other, "acknowledgements", json!({})).await.ok();
    assert_eq!(
        [&taken["status"], &taken["holder"]["assignee_id"]],
        ["IN_PROGRESS", colleague.person.as_str()]
    );
    act(&reporter, &other, "withdrawals", json!({})).await.ok();
    act(&property, &other, "assignments", to(&property)).await.refused(409, "INCIDENT_ELSEWHERE");
}

async fn the_reporter_is_asked_and_the_clocks_wait(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let lift = report(&reporter, &town.complex, "ELEVATOR_FAULT", &[]).await;
    let say = |words: &str| json!({ "words": words });
    act(&reporter, &lift, "replies", say("没人问我")).await.refused(409, "INCIDENT_ELSEWHERE");
    act(&property, &lift, "questions", say(" ")).await.refused(422, "INPUT_INVALID");
    let asked = act(&property, &lift, "questions", say("请问是哪一部？")).await.ok();
    assert_eq!([&asked["status"], &asked["holder"]["due_kind"]], ["NEED_INFO", "REPLY"]);
    let pause = &asked["holder"]["pause"];
    assert_eq!(time(&pause["until"]) - time(&pause["since"]), TimeDelta::days(3));
    assert_eq!(pause["reason"], "AWAITING_REPORTER");
    act(&property, &lift, "questions", say("请问？")).await.refused(409, "INCIDENT_ELSEWHERE");

    world.advance_clock(24 * 60 * 60).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let replied = act(&reporter, &lift, "replies", say("左边那部")).await.ok();
    assert_eq!([&replied["status"], &replied["holder"]["due_kind"]], ["SUBMITTED", "CONTACT"]);
    let late_by = time(&replied["holder"]["due_at"]) - time(&lift["holder"]["due_at"]);
    assert!(late_by >= TimeDelta::days(1) && late_by < TimeDelta::minutes(24 * 60 + 10), "{late_by}");
    act(&reporter, &lift, "replies", say("还有")).await.refused(409, "INCIDENT_ELSEWHERE");

    // Asked again, and not answered: the clocks go on by themselves, and what nobody takes on climbs.
    let asked = act(&property, &lift, "questions", say("有编号吗？")).await.ok();
    let resumed = run_out(world, REPORTER, &asked).await;
    assert_eq!([&resumed["status"], &resumed["holder"]["level"]], ["SUBMITTED", "COMPLEX"]);
    let climbed = run_out(world, REPORTER, &resumed).await;
    assert_eq!([&climbed["status"], &climbed["holder"]["level"]], ["SUBMITTED", "COMMUNITY"]);

    // Both clocks of the first tenure stood still, the whole did not.
    let office = phone(world, COMMUNITY).await;
    let told = office.get(&format!("{}/clocks", path(&lift))).await.ok();
    let of =
        |kind: &str| array(&told["items"]).iter().find(|clock| clock["kind"] == kind).expect(kind).clone();
    for kind in ["TRIAGE", "FIRST_CONTACT"] {
        assert_eq!(array(&of(kind)["pauses"]).len(), 2, "{kind}");
        assert_eq!((&of(kind)["cancelled"], &of(kind)["tenure_seq"]), (&json!(true), &json!(1)));
    }
    for kind in ["FIRST_RESOLUTION", "TOTAL"] {
        assert_eq!((array(&of(kind)["pauses"]).len(), of(kind).get("ended_at")), (0, None), "{kind}");
        assert!(of(kind)["spent_seconds"].as_i64() > Some(4 * 24 * 60 * 60));
    }
}

async fn what_is_not_taken_on_is_appealed_and_what_is_not_ours_sent_elsewhere(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let office = phone(world, COMMUNITY).await;
    let tree = report(&reporter, &town.complex, "GREENERY", &[]).await;
    let no = json!({ "why": "NOTHING_FOUND", "words": "现场没有发现断枝" });
    let appeal = json!({ "reason": "在三号楼后面" });
    act(&office, &tree, "rejections", no.clone()).await.refused(403, "NOT_ALLOWED");
    act(&reporter, &tree, "appeals", appeal.clone()).await.refused(409, "INCIDENT_ELSEWHERE");
    let rejected = act(&property, &tree, "rejections", no.clone()).await.ok();
    assert_eq!([&rejected["status"], &rejected["not_taken"]], ["REJECTED", "NOTHING_FOUND"]);
    assert_eq!(time(&rejected["appeal_until"]) - time(&rejected["closed_at"]), TimeDelta::days(7));
    assert!(rejected.get("holder").is_none());
    act(&property, &tree, "rejections", no.clone()).await.refused(409, "INCIDENT_ELSEWHERE");
    assert!(is_listed(&property, "scope=HELD&state=REJECTED", &tree).await);

    // The level above has it, and takes it on.
    act(&property, &tree, "appeals", appeal.clone()).await.refused(403, "NOT_ALLOWED");
    act(&reporter, &tree, "appeals", json!({ "reason": " " })).await.refused(422, "INPUT_INVALID");
    let appealed = act(&reporter, &tree, "appeals", appeal).await.ok();
    assert_eq!([&appealed["status"], &appealed["holder"]["level"]], ["SUBMITTED", "COMMUNITY"]);
    assert_eq!(appealed.get("not_taken"), None);
    assert_eq!(ladder(&appealed), [("COMPLEX", "REPORT", "REJECTED"), ("COMMUNITY", "APPEAL", "-")]);
    act(&office, &tree, "acknowledgements", json!({})).await.ok();
    act(&office, &tree, "rejections", no).await.refused(409, "INCIDENT_ELSEWHERE");

    // It turns out to be a matter for a court.
    let court = json!({ "elsewhere": "COURT", "words": "属于相邻权纠纷，请向法院起诉" });
    act(&property, &tree, "diversions", court.clone()).await.refused(403, "NOT_ALLOWED");
    let over = act(&office, &tree, "diversions", court.clone()).await.ok();
    assert_eq!([&over["status"], &over["elsewhere"]], ["DIVERTED", "COURT"]);
    assert_eq!(ladder(&over).last(), Some(&("COMMUNITY", "APPEAL", "DIVERTED")));
    act(&office, &tree, "diversions", court).await.refused(409, "INCIDENT_ELSEWHERE");
    let said = array(&read(&reporter, &tree).await["steps"]).last().expect("steps").clone();
    assert_eq!([&said["act"], &said["words"]], ["DIVERT", "属于相邻权纠纷，请向法院起诉"]);
    assert!(!is_listed(&office, "scope=HELD", &tree).await);
    world.advance_clock(60 * 60).await;
    until_rested(world, "incidents").await;
    assert_eq!(read(&phone(world, REPORTER).await, &tree).await["version"], over["version"], "it stays over");
}

async fn nothing_moves_down_or_away_without_consent(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let (office, street) = (phone(world, COMMUNITY).await, phone(world, STREET).await);
    let tree = report(&reporter, &town.complex, "GREENERY", &[]).await;
    let pull = json!({ "reason": "OFFICER_PULL", "words": "社区统一处理" });
    act(&office, &tree, "climbs", pull).await.ok();

    // The office asks the property company to have it back: nothing moves before it agrees.
    let back = |level: &str| json!({ "to_level": level, "words": "贵司已答应本周修剪" });
    act(&property, &tree, "delegations", back("COMPLEX")).await.refused(403, "NOT_ALLOWED");
    act(&office, &tree, "delegations", back("UNIT")).await.refused(422, "INPUT_INVALID");
    act(&office, &tree, "delegations", back("STREET")).await.refused(422, "INPUT_INVALID");
    let asked = act(&office, &tree, "delegations", back("COMPLEX")).await.ok();
    let proposal = &asked["holder"]["proposal"];
    assert_eq!(
        [&proposal["kind"], &proposal["to_level"], &asked["holder"]["level"]],
        ["DELEGATION", "COMPLEX", "COMMUNITY"]
    );
    act(&office, &tree, "delegations", back("COMPLEX")).await.refused(409, "PROPOSAL_OPEN");
    act(&office, &tree, "objections", json!({ "words": "不归社区" })).await.refused(409, "PROPOSAL_OPEN");
    act(&office, &tree, "consents", json!({})).await.refused(403, "NOT_ALLOWED");
    act(&street, &tree, "consents", json!({})).await.refused(403, "NOT_ALLOWED");
    act(&property, &tree, "refusals", json!({ "words": " " })).await.refused(422, "INPUT_INVALID");
    let no = json!({ "words": "没有登高车" });
    let stays = act(&property, &tree, "refusals", no.clone()).await.ok();
    assert_eq!((&stays["holder"]["level"], stays["holder"].get("proposal")), (&json!("COMMUNITY"), None));
    act(&property, &tree, "refusals", no).await.refused(409, "NOTHING_PROPOSED");
    act(&property, &tree, "consents", json!({})).await.refused(409, "NOTHING_PROPOSED");

    // Asked again and agreed to.
    act(&office, &tree, "delegations", back("COMPLEX")).await.ok();
    let below = act(&property, &tree, "consents", json!({})).await.ok();
    assert_eq!([&below["holder"]["level"], &below["holder"]["due_kind"]], ["COMPLEX", "CONTACT"]);
    assert_eq!(
        ladder(&below)[1..],
        [("COMMUNITY", "OFFICER_PULL", "DELEGATED"), ("COMPLEX", "DELEGATED", "-")]
    );

    // Not theirs, says the company: refused by the office, then upheld by the street, and no third time.
    let not_ours = |to: Option<&str>| json!({ "to_level": to, "words": "市政绿地，不归物业" });
    act(&office, &tree, "objections", not_ours(None)).await.refused(403, "NOT_ALLOWED");
    act(&property, &tree, "objections", not_ours(Some("COMPLEX"))).await.refused(422, "INPUT_INVALID");
    let first = act(&property, &tree, "objections", not_ours(None)).await.ok();
    assert_eq!(
        [&first["holder"]["proposal"]["kind"], &first["holder"]["proposal"]["to_level"]],
        ["OBJECTION", "COMMUNITY"]
    );
    assert_eq!(first["holder"]["due_at"], below["holder"]["due_at"], "the clock goes on");
    act(&property, &tree, "consents", json!({})).await.refused(403, "NOT_ALLOWED");
    act(&office, &tree, "refusals", json!({ "words": "在小区红线内" })).await.ok();
    act(&property, &tree, "objections", not_ours(Some("STREET"))).await.ok();
    let upheld = act(&street, &tree, "consents", json!({})).await.ok();
    assert_eq!([&upheld["holder"]["level"], &upheld["holder"]["role"]], ["STREET", "STREET_OFFICER"]);
    assert_eq!((&upheld["objections"], &upheld["misrouted"]), (&json!(2), &json!(1)));
    assert_eq!(ladder(&upheld)[2..], [("COMPLEX", "DELEGATED", "NOT_OURS"), ("STREET", "OBJECTION", "-")]);
    act(&street, &tree, "delegations", back("COMPLEX")).await.ok();

    // What nobody answers in a day and a night is over.
    world.advance_clock(24 * 60 * 60).await;
    let (property, reporter) = (phone(world, PROPERTY).await, phone(world, REPORTER).await);
    act(&property, &tree, "consents", json!({})).await.refused(409, "NOTHING_PROPOSED");
    assert_eq!(read(&reporter, &tree).await["holder"].get("proposal"), None);

    // Of two who answer at once one does; and a third objection is not heard.
    let light = report(&reporter, &town.complex, "SUGGESTION", &[]).await;
    let (office, street) = (phone(world, COMMUNITY).await, phone(world, STREET).await);
    act(&property, &light, "objections", not_ours(None)).await.ok();
    let (one, other) = tokio::join!(
        act(&office, &light, "refusals", json!({ "words": "归你" })),
        act(&street, &light, "refusals", json!({ "words": "归你" })),
    );
    let statuses = [one.status, other.status];
    assert!(statuses.contains(&200) && statuses.contains(&409), "{statuses:?}");
    act(&property, &light, "objections", not_ours(None)).await.ok();
    act(&office, &light, "refusals", json!({ "words": "还是归你" })).await.ok();
    act(&property, &light, "objections", not_ours(None)).await.refused(409, "OBJECTIONS_USED_UP");
}

async fn a_level_above_looks_at_it_and_answers_for_what_it_forces(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let office = phone(world, COMMUNITY).await;
    let wire = report(&reporter, &town.complex, "EBIKE_CHARGING", &[]).await;
    let found = |finding: &str| json!({ "finding": finding, "words": "飞线还在" });
    act(&office, &wire, "inspections", found("PASSED")).await.refused(409, "INCIDENT_ELSEWHERE");
    act(&property, &wire, "acknowledgements", json!({})).await.ok();
    let handle = async |property: &Phone| {
        let done = json!({ "words": "已拆除飞线", "photo_ids": [send_photo(property).await] });
        act(property, &wire, "handlings", done).await.ok()
    };
    let handled = handle(&property).await;
    assert_eq!([&handled["status"], &handled["holder"]["due_kind"]], ["VERIFYING", "VERIFY"]);
    assert_eq!(handled["holder"]["then"], json!({ "what": "ASKS" }));
    act(&reporter, &wire, "confirmations", json!({ "satisfaction": "SATISFIED" }))
        .await
        .refused(409, "INCIDENT_ELSEWHERE");
    act(&property, &wire, "inspections", found("PASSED")).await.refused(403, "NOT_ALLOWED");
    act(&office, &wire, "inspections", json!({ "finding": "FAILED" })).await.refused(422, "INPUT_INVALID");
    let again = act(&office, &wire, "inspections", found("FAILED")).await.ok();
    assert_eq!([&again["status"], &again["holder"]["level"]], ["IN_PROGRESS", "COMPLEX"]);
    assert_eq!((&again["rework"], again.get("resolved")), (&json!(1), None));
    handle(&property).await;
    let passed = act(&office, &wire, "inspections", found("PASSED")).await.ok();
    assert_eq!([&passed["status"], &passed["holder"]["due_kind"]], ["AWAIT_CONFIRM", "CONFIRM"]);

    // The reporter is not content, and this time nobody comes to look: the reporter is asked all the same.
    let back = json!({ "reason": "又接上了", "satisfaction": "DISSATISFIED", "because": "NOT_DONE" });
    let back = act(&reporter, &wire, "returns", back).await.ok();
    assert_eq!(
        [&back["resolved"], &back["satisfaction"], &back["because"]],
        ["NO", "DISSATISFIED", "NOT_DONE"]
    );
    let handled = handle(&property).await;
    assert_eq!(handled.get("resolved"), None, "that was said of another handling");
    let asked = run_out(world, REPORTER, &handled).await;
    assert_eq!(asked["status"], "AWAIT_CONFIRM");
    assert_eq!(life(&asked).last(), Some(&("PASS_INSPECTION", "CLOCK")));

    // The office ends it, which is told as the office's doing; the reporter may still open it again.
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let office = phone(world, COMMUNITY).await;
    let end = json!({ "words": "整栋楼已加装充电桩" });
    act(&property, &wire, "forced-closings", end.clone()).await.refused(403, "NOT_ALLOWED");
    act(&office, &wire, "forced-closings", json!({ "words": " " })).await.refused(422, "INPUT_INVALID");
    let forced = act(&office, &wire, "forced-closings", end.clone()).await.ok();
    assert_eq!([&forced["status"], &forced["forced_by"]["role"]], ["CLOSED", "COMMUNITY_OFFICER"]);
    assert_eq!(forced["forced_by"]["place"]["id"], town.community.as_str());
    assert_eq!(ladder(&forced), [("COMPLEX", "REPORT", "FORCED")]);
    act(&office, &wire, "forced-closings", end).await.refused(409, "INCIDENT_ELSEWHERE");
    let reopened = act(&reporter, &wire, "reopenings", json!({ "reason": "没有充电桩" })).await.ok();
    assert_eq!((&reopened["status"], reopened.get("forced_by")), (&json!("IN_PROGRESS"), None));
}

async fn a_trouble_that_came_back_names_the_one_before(world: &mut World) {
    let town = Town::find(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let first = report(&reporter, &town.complex, "SUGGESTION", &[]).await;
    let again = |place: &str, category: &str| json!({ "place_id": place, "category": category, "description": "又来了", "recurrence_of": first["id"] });
    let same = again(&town.complex, "SUGGESTION");
    reporter.post("/v1/incidents", &same).await.refused(422, "INPUT_INVALID");
    act(&property, &first, "acknowledgements", json!({})).await.ok();
    act(&property, &first, "handlings", json!({ "words": "已采纳" })).await.ok();
    act(&reporter, &first, "confirmations", json!({ "satisfaction": "SATISFIED" })).await.ok();
    reporter.post("/v1/incidents", &same).await.refused(422, "INPUT_INVALID");

    // Once it cannot be reopened any more; and only the reporter's own, of the same place and category.
    world.advance_clock(7 * 24 * 60 * 60).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    property.post("/v1/incidents", &same).await.refused(422, "INPUT_INVALID");
    reporter.post("/v1/incidents", &again(&town.complex, "GREENERY")).await.refused(422, "INPUT_INVALID");
    reporter.post("/v1/incidents", &again(&town.building, "SUGGESTION")).await.refused(422, "INPUT_INVALID");
    let back = reporter.post("/v1/incidents", &same).await.ok();
    assert_eq!(back["recurrence_of"], first["id"]);
    assert_eq!(read(&property, &back).await["recurrence_of"], first["id"]);
}

/// The life line of [`the_life_of_a_lift_fault`]: days and hours since the report to the quarter of an hour, whose line
/// it is, who held the fault or the neighbour's report then, what was done, by whom, and in what words.
const LIFE: &str = "\
0d 00:00  lift       UNIT       REPORT           REPORTER           停在一楼不动
0d 00:30  lift       BUILDING   CLIMB            CLOCK
0d 00:45  lift       COMPLEX    CLIMB            BUILDING_LEADER    楼长无权维修
0d 00:45  lift       COMPLEX    ACCEPT           PROPERTY_MANAGER
0d 00:45  lift       COMPLEX    ASSIGN           PROPERTY_MANAGER
0d 01:00  lift       COMPLEX    ACKNOWLEDGE      PROPERTY_MANAGER
0d 01:00  lift       COMPLEX    PAUSE            PROPERTY_MANAGER   门机皮带已订货
2d 01:00  lift       COMPLEX    RESUME           CLOCK
2d 03:00  lift       COMPLEX    HANDLE           PROPERTY_MANAGER   已更换门机皮带
2d 03:00  lift       COMPLEX    SEND_BACK        REPORTER           下行时还是抖
2d 03:00  lift       COMPLEX    URGE             REPORTER
3d 03:00  lift       COMMUNITY  CLIMB            CLOCK
3d 03:00  lift       COMMUNITY  ACKNOWLEDGE      COMMUNITY_OFFICER
3d 04:00  neighbour  UNIT       REPORT           REPORTER           我家这边也抖
3d 04:00  neighbour  UNIT       MERGE            REPORTER
3d 04:00  lift       COMMUNITY  NOTE             COMMUNITY_OFFICER  已约检测机构
3d 05:00  lift       COMMUNITY  WHISTLE          COMMUNITY_OFFICER
3d 05:00  whistle    COMMUNITY  BLOW             COMMUNITY_OFFICER  曳引轮磨损，请街道协调维保单位
3d 05:15  whistle    COMMUNITY  REPORT_IN        STREET_OFFICER
3d 05:15  whistle    COMMUNITY  MINUTE           COMMUNITY_OFFICER  街道督促维保单位当日更换
3d 08:15  whistle    COMMUNITY  KEEP             STREET_OFFICER     维保单位已到场更换
3d 08:15  whistle    COMMUNITY  CLOSE            COMMUNITY_OFFICER  已会同解决
3d 09:15  lift       COMMUNITY  HANDLE           COMMUNITY_OFFICER  曳引轮已更换
3d 09:15  neighbour  UNIT       ASK              CLOCK              曳引轮已更换
3d 09:15  neighbour  UNIT       CONFIRM          REPORTER           这边也好了
3d 09:15  lift       COMMUNITY  CONFIRM          REPORTER           不抖了
6d 09:15  lift       COMMUNITY  REOPEN           REPORTER           又停在三楼
6d 09:15  lift       COMMUNITY  ACKNOWLEDGE      COMMUNITY_OFFICER
6d 10:15  lift       COMMUNITY  HANDLE           COMMUNITY_OFFICER  门锁触点已更换
6d 10:15  lift       COMMUNITY  CONFIRM          REPORTER           修好了，谢谢
";

const MINUTES: u64 = 60;
const HOURS: u64 = 60 * MINUTES;

async fn the_life_of_a_lift_fault(world: &mut World) {
    const LEADER: &str = "o-leads-the-building";
    const NEIGHBOUR: &str = "o-lives-above";
    // Long after what the demo's people reported, with which a neighbour's report would make a quorum.
    world.advance_clock(15 * 24 * HOURS).await;
    let town = Town::find(world).await;
    Town::appoint(world, LEADER, "BUILDING_LEADER", &town.building).await;
    rents_in(world, &town.unit, NEIGHBOUR).await;
    let lift = report(&phone(world, REPORTER).await, &town.unit, "ELEVATOR_FAULT", &[]).await;

    // Nobody at the unit; and the building cannot.
    let now = run_out(world, REPORTER, &lift).await;
    assert_eq!(now["holder"]["level"], "BUILDING");
    world.advance_clock(15 * MINUTES).await;
    let cannot = json!({ "reason": "OUT_OF_SCOPE", "words": "楼长无权维修" });
    act(&phone(world, LEADER).await, &lift, "climbs", cannot).await.ok();

    // The property company waits for parts, and does not get it right.
    let property = phone(world, PROPERTY).await;
    act(&property, &lift, "acceptances", json!({})).await.ok();
    act(&property, &lift, "assignments", json!({ "assignee_id": property.person })).await.ok();
    world.advance_clock(15 * MINUTES).await;
    let property = phone(world, PROPERTY).await;
    let taken = act(&property, &lift, "acknowledgements", json!({})).await.ok();
    let two_days = time(&taken["holder"]["acknowledged_at"]) + TimeDelta::days(2);
    let parts =
        json!({ "reason": "AWAITING_PARTS", "words": "门机皮带已订货", "until": two_days.to_rfc3339() });
    let waiting = act(&property, &lift, "pauses", parts).await.ok();
    run_out(world, REPORTER, &waiting).await;
    world.advance_clock(2 * HOURS).await;
    let (property, reporter) = (phone(world, PROPERTY).await, phone(world, REPORTER).await);
    let done = json!({ "words": "已更换门机皮带", "photo_ids": [send_photo(&property).await] });
    act(&property, &lift, "handlings", done).await.ok();
    let back =
        json!({ "reason": "下行时还是抖", "satisfaction": "BASICALLY_SATISFIED", "because": "NOT_DONE" });
    act(&reporter, &lift, "returns", back).await.ok();
    let urged = act(&reporter, &lift, "urges", json!({})).await.ok();

    // It lets the whole day pass. The community takes over, and hears of it from a second household.
    let climbed = run_out(world, REPORTER, &urged).await;
    assert_eq!(climbed["holder"]["level"], "COMMUNITY");
    act(&phone(world, COMMUNITY).await, &lift, "acknowledgements", json!({})).await.ok();
    world.advance_clock(HOURS).await;
    let (neighbour, office) = (phone(world, NEIGHBOUR).await, phone(world, COMMUNITY).await);
    let joining = json!({ "place_id": town.unit, "category": "ELEVATOR_FAULT", "description": "我家这边也抖",
        "joins": lift["id"] });
    let joined = neighbour.post("/v1/incidents", &joining).await.ok();
    assert_eq!(joined["status"], "MERGED");
    act(&office, &lift, "notes", json!({ "words": "已约检测机构" })).await.ok();
    let cluster = format!("/v1/clusters/{}", text(&joined["cluster_id"]));
    let both = office.get(&cluster).await.ok();
    assert_eq!((&both["lead_id"], &both["households"]), (&lift["id"], &json!(2)));

    // It calls the street in, and settles it for both.
    world.advance_clock(HOURS).await;
    let whistle = the_street_is_called_in(world, &lift).await;
    let settle = async |world: &World, words: &str| {
        world.advance_clock(HOURS).await;
        let office = phone(world, COMMUNITY).await;
        let done = json!({ "words": words, "photo_ids": [send_photo(&office).await] });
        act(&office, &lift, "handlings", done).await.ok();
    };
    let confirm = async |phone: &Phone, incident: &Value, thanks: &str| {
        let content = json!({ "satisfaction": "SATISFIED", "reason": thanks });
        act(phone, incident, "confirmations", content).await.ok()
    };
    settle(world, "曳引轮已更换").await;
    let (neighbour, reporter) = (phone(world, NEIGHBOUR).await, phone(world, REPORTER).await);
    until(&neighbour, &joined, "was asked too", |now| now["status"] == "AWAIT_CONFIRM").await;
    let beside = confirm(&neighbour, &joined, "这边也好了").await;
    confirm(&reporter, &lift, "不抖了").await;

    // For three days; then once more, and for good.
    world.advance_clock(3 * 24 * HOURS).await;
    let reporter = phone(world, REPORTER).await;
    act(&reporter, &lift, "reopenings", json!({ "reason": "又停在三楼" })).await.ok();
    act(&phone(world, COMMUNITY).await, &lift, "acknowledgements", json!({})).await.ok();
    settle(world, "门锁触点已更换").await;
    let closed = confirm(&phone(world, REPORTER).await, &lift, "修好了，谢谢").await;

    let line = life_line(&closed, &[("lift", &closed), ("neighbour", &beside), ("whistle", &whistle)]);
    println!("{line}");
    assert_eq!(line, LIFE);
    assert_eq!(
        ladder(&closed),
        [
            ("UNIT", "REPORT", "CLIMBED_OVERDUE"),
            ("BUILDING", "OVERDUE", "CLIMBED_BY_HAND"),
            ("COMPLEX", "OUT_OF_SCOPE", "CLIMBED_OVERDUE"),
            ("COMMUNITY", "OVERDUE", "CONFIRMED"),
            ("COMMUNITY", "REOPENED", "CONFIRMED"),
        ]
    );
    assert_eq!(
        (&closed["climbs"], &closed["rework"], &closed["resolved"]),
        (&json!(3), &json!(2), &json!("YES"))
    );
    assert_eq!(closed.get("cluster_id"), None, "it was reopened for one household alone");

    // The first resolution was measured once; the whole goes on to the end.
    let office = phone(world, COMMUNITY).await;
    let told = office.get(&format!("{}/clocks", path(&lift))).await.ok();
    let quarter = |kind: &str| {
        let clocks: Vec<_> = array(&told["items"]).iter().filter(|clock| clock["kind"] == kind).collect();
        assert_eq!(clocks.len(), 1, "{kind}");
        clocks[0]["spent_seconds"].as_i64().expect("seconds") / (15 * 60)
    };
    assert_eq!(quarter("FIRST_RESOLUTION"), (2 * 24 + 3) * 4);
    assert_eq!(quarter("TOTAL"), (6 * 24 + 10) * 4 + 1);
}

/// Somebody rents a home in a unit: the last, where nobody of the demo lives.
async fn rents_in(world: &World, unit: &str, openid: &str) {
    let property = phone(world, PROPERTY).await;
    let homes = property.all(&format!("/v1/places/{unit}/children"), 100).await;
    let claim = json!({ "home_id": homes.last().expect("a home")["id"], "relation": "TENANT", "name": "苏勇桂",
        "signature": "苏勇桂" });
    let claimed = phone(world, openid).await.post("/v1/claims", &claim).await.ok();
    let path = format!("/v1/claims/{}/confirmations", text(&claimed["id"]));
    property.post(&path, &json!({})).await.ok();
}

/// The community convenes the street over the fault: it comes, commits itself and keeps its word. The whistle, closed.
async fn the_street_is_called_in(world: &World, lift: &Value) -> Value {
    let office = phone(world, COMMUNITY).await;
    let blow = json!({ "subject": "曳引轮磨损，请街道协调维保单位", "lead": "STREET_OFFICER" });
    let blown = act(&office, lift, "whistles", blow).await.ok();
    let whistle = format!("/v1/whistles/{}", text(&blown["id"]));
    world.advance_clock(15 * MINUTES).await;
    let (office, street) = (phone(world, COMMUNITY).await, phone(world, STREET).await);
    street.post(&format!("{whistle}/report-ins"), &json!({})).await.ok();
    let tonight = time(&blown["blown_at"]) + TimeDelta::hours(8);
    let commitment = json!({ "role": "STREET_OFFICER", "what": "更换曳引轮", "due_at": tonight });
    let minutes = json!({ "minutes": "街道督促维保单位当日更换", "commitments": [commitment] });
    let minuted = office.post(&format!("{whistle}/minutes"), &minutes).await.ok();
    world.advance_clock(3 * HOURS).await;
    let (office, street) = (phone(world, COMMUNITY).await, phone(world, STREET).await);
    let kept = format!("{whistle}/commitments/{}/settlements", text(&minuted["commitments"][0]["id"]));
    street.post(&kept, &json!({ "outcome": "KEPT", "words": "维保单位已到场更换" })).await.ok();
    let solved = json!({ "outcome": "SOLVED", "words": "已会同解决" });
    office.post(&format!("{whistle}/closings"), &solved).await.ok()
}

/// One line a step of everything that happened over an incident, in the order of time.
fn life_line(incident: &Value, strands: &[(&str, &Value)]) -> String {
    let reported = time(&incident["reported_at"]);
    let line = |(name, of, step): &(&str, &Value, &Value)| {
        let at = time(&step["at"]);
        // A whistle has no level of its own: it was blown by whoever held the incident.
        let tenures = of.get("tenures").unwrap_or(&incident["tenures"]);
        let held = array(tenures).iter().rfind(|tenure| time(&tenure["entered_at"]) <= at);
        let level = held.map_or("-", |tenure| text(&tenure["level"]));
        let quarters = (at - reported).num_minutes() / 15;
        let (days, hours, minutes) = (quarters / 96, quarters / 4 % 24, quarters % 4 * 15);
        let (act, actor) = (text(&step["act"]), text(&step["actor"]));
        let words = if act == "REPORT" { &of["description"] } else { &step["words"] };
        let words = words.as_str().unwrap_or_default();
        let line =
            format!("{days}d {hours:02}:{minutes:02}  {name:<9}  {level:<10} {act:<16} {actor:<18} {words}");
        format!("{}\n", line.trim_end())
    };
    let mut steps: Vec<_> = strands
        .iter()
        .flat_map(|(name, of)| array(&of["steps"]).iter().map(|step| (*name, *of, step)))
        .collect();
    steps.sort_by_key(|(_, _, step)| time(&step["at"]));
    steps.iter().map(line).collect()
}
