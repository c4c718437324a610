//! Who acts for an owner: a guardian until a birthday, an agent for a company, and the co-owner whom the others name; and
//! a mandate for some matters alone.

use chrono::{DateTime, FixedOffset, TimeDelta};
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    eventually,
    mandates::{CO_OWNER, Hamlet, at, bring_in, by, cast, code_of, mandate, until_open, until_told, yes},
    neighbours::{Complex, head_of, items, moment, text, until, until_it_is, verify},
    record::all_changes,
    uploads::send_photo,
};
use crate::{phone::Phone, secrets, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![story!(somebody_acts_for_an_owner_and_co_owners_name_one).in_the_demo()]
}

/// The turns of a minor, and of who has somebody vote on one of two matters.
const WARD: usize = 2;
const PRINCIPAL: usize = 3;

/// A company's home.
const COMPANY: [&str; 3] = ["1号楼", "1单元", "9901"];

struct Scene {
    hamlet: Hamlet,
    company_home: String,
    birthday: DateTime<FixedOffset>,
}

impl Scene {
    fn home(&self, turn: usize) -> String {
        self.hamlet.complex.home(self.hamlet.owners[turn].home.each_ref().map(String::as_str)).to_owned()
    }

    async fn office(&self, world: &World) -> Phone {
        world.sign_in("community").await
    }

    async fn preparer(&self, world: &World) -> Phone {
        world.wechat_user("o-acts-preparer").await
    }

    async fn guardian(&self, world: &World) -> Phone {
        world.wechat_user("o-acts-guardian").await
    }

    async fn agent(&self, world: &World) -> Phone {
        world.wechat_user("o-acts-agent").await
    }

    /// What an office records with a document that it has seen.
    async fn says(&self, office: &Phone, ground: &str, ordinal: i32, person: Option<&Phone>) -> Value {
        let person = person.map(|phone| json!({ "person_id": phone.person, "name": "蒋安宁" }));
        json!({ "ground": ground, "ordinal": ordinal, "person": person, "document": "蒋家的户口簿",
            "evidence": [send_photo(office).await] })
    }
}

fn of(home: &str) -> String {
    format!("/v1/places/{home}/representations")
}

fn one(answer: &Value, rest: &str) -> String {
    format!("/v1/representations/{}{rest}", text(&answer["id"]))
}

const NOTHING: Value = Value::Null;

async fn confirm(phone: &Phone, answer: &Value) -> crate::phone::Reply {
    phone.post(&one(answer, "/confirmations"), &json!({})).await
}

async fn end(phone: &Phone, answer: &Value) -> crate::phone::Reply {
    phone.post(&one(answer, "/endings"), &json!({ "words": "不再需要" })).await
}

async fn somebody_acts_for_an_owner_and_co_owners_name_one(world: &mut World) {
    for secret in ["蒋安宁", "蒋家的户口簿"] {
        secrets::remember(secret);
    }
    let mut hamlet = Hamlet::of(world, 4).await;
    let heading = "楼栋,单元,房号,建筑面积(㎡),业主姓名,证件号码,联系电话,交付状态";
    let row = format!("{},66.00,示范商贸有限公司,91999999MA0000001N,,已交付", COMPANY.join(","));
    bring_in(world, &[heading.to_owned(), row]);
    super::neighbours::roll_is_shown(world).await;
    let office = world.sign_in("community").await;
    hamlet.complex = Complex::walk(&hamlet.complex.id, &office, &office).await;
    super::incidents::Town::appoint(world, "o-acts-preparer", "PREPARER", &hamlet.complex.id).await;
    let terms = hamlet.terms(world, json!({ "extensions": 0 })).await;
    let strict = json!({ "extensions": 0, "co_owner_representative": true });
    let strict = super::polls::changed(&terms, "rules", strict);
    let poll = super::polls::motion(&office, &terms).await;
    let second = json!({ "class": 9, "title": "种树", "body": "北门两侧。" });
    office.post(&at(&poll, "matters"), &second).await.ok();
    office.post(&at(&poll, "locks"), &json!({})).await.ok();
    let later = hamlet.motion(&office, &strict).await;
    let company_home = hamlet.complex.home(COMPANY).to_owned();
    let birthday = moment(&terms["opens_at"]) + TimeDelta::days(2);
    let scene = Scene { hamlet, company_home, birthday };

    let guards = a_guardian_is_recorded_by_two(world, &scene).await;
    only_the_homes_own_see_the_name(world, &scene, &guards).await;
    let names = the_co_owners_name_one(world, &scene).await;
    let agent = scene.agent(world).await;
    // What everybody may know of a company makes nobody its owner.
    let claim = json!({ "home_id": scene.company_home, "relation": "OWNER", "name": "示范商贸有限公司",
        "id_number": "91999999MA0000001N", "signature": "蒋安宁" });
    assert_eq!(agent.post("/v1/claims", &claim).await.ok()["state"], "WAITING");
    let says = scene.says(&office, "AUTHORISED_AGENT", 0, Some(&agent)).await;
    let sent = office.post(&of(&scene.company_home), &says).await.ok();
    confirm(&scene.preparer(world).await, &sent).await.ok();
    let part = a_mandate_for_one_matter_is_given(world, &scene, &poll).await;

    until_open(world, &terms, &poll).await;
    a_proxy_keeps_to_the_matter(world, &poll, &part).await;
    who_acts_casts_and_nobody_beside_them(world, &scene, &poll, &names).await;
    what_is_over_is_over(world, &scene, &later, &sent).await;
    a_sale_ends_what_co_owners_said(world, &scene).await;
    until(world, moment(&terms["closes_at"])).await;
    let office = world.sign_in("community").await;
    for clerk in [&office, &scene.preparer(world).await] {
        clerk.post(&at(&later, "boxes"), &json!({ "returned": 1 })).await.ok();
    }
    for poll in [&poll, &later] {
        until_it_is(&office, poll, "CLOSED").await;
        let (well, said) = verify(world, poll);
        assert!(well, "{said}");
    }
    // What the mandate was not for is open on the one ballot: it takes part, and abstains.
    office.post(&at(&poll, "publications"), &json!({})).await.ok();
    let result = office.get(&at(&poll, "result")).await.ok();
    let votes = |matter: usize| result["matters"][matter]["votes"].clone();
    assert_eq!((&votes(0)["yes"]["heads"], &votes(0)["abstain"]["heads"]), (&json!(3), &json!(1)));
    assert_eq!(votes(1)["yes"]["heads"], 4);
}

async fn a_guardian_is_recorded_by_two(world: &World, scene: &Scene) -> Value {
    let [office, preparer] = [scene.office(world).await, scene.preparer(world).await];
    let [guardian, ward] = [scene.guardian(world).await, scene.hamlet.owner(world, WARD).await];
    let path = of(&scene.home(WARD));
    let mut says = scene.says(&office, "GUARDIAN", 0, Some(&guardian)).await;
    says["person"]["ends_at"] = json!(scene.birthday.to_rfc3339());
    let with = |member: &str, value: Value| super::polls::changed(&says, member, value);
    for (asked, status, problem) in [
        (with("ground", json!("LEGAL_REPRESENTATIVE")), 422, "REPRESENTATION_UNFIT"),
        (with("ground", json!("NAMED_CO_OWNER")), 422, "REPRESENTATION_UNFIT"),
        (with("person", NOTHING), 422, "REPRESENTATION_UNFIT"),
        (with("ordinal", json!(3)), 422, "REPRESENTATION_UNFIT"),
        (with("document", NOTHING), 422, "REPRESENTATION_UNPROVEN"),
        (with("evidence", json!([])), 422, "REPRESENTATION_UNPROVEN"),
    ] {
        office.post(&path, &asked).await.refused(status, problem);
    }
    let mut wrong = says.clone();
    wrong["person"]["ends_at"] = json!("2020-01-01T00:00:00+08:00");
    office.post(&path, &wrong).await.refused(422, "INPUT_INVALID");
    wrong = says.clone();
    wrong["person"]["person_id"] = json!(uuid::Uuid::nil());
    office.post(&path, &wrong).await.refused(422, "PERSON_UNKNOWN");
    office.post(&of(&scene.hamlet.complex.id), &says).await.refused(422, "ROLL_PLACE_MISFIT");
    ward.post(&path, &says).await.refused(403, "NOT_ALLOWED");
    for nobody in [&guardian, &scene.hamlet.owner(world, PRINCIPAL).await] {
        nobody.post(&path, &says).await.refused(404, "NOT_FOUND");
    }
    let made = office.post(&path, &says).await.ok();
    assert_eq!((&made["state"], &made["name"]), (&json!("PROPOSED"), &json!("蒋**")));
    let again = scene.says(&office, "GUARDIAN", 0, Some(&guardian)).await;
    office.post(&path, &again).await.refused(409, "REPRESENTATION_THERE");
    guardian.get(&one(&made, "")).await.refused(404, "NOT_FOUND");
    confirm(&office, &made).await.refused(403, "ROLL_SECOND_PERSON");
    for party in [confirm(&ward, &made).await, end(&ward, &made).await] {
        party.refused(403, "NOT_ALLOWED");
    }
    let stands = confirm(&preparer, &made).await.ok();
    assert_eq!((&stands["state"], &stands["confirmed_as"]), (&json!("STANDS"), &json!("PREPARER")));
    confirm(&preparer, &made).await.refused(409, "REPRESENTATION_OVER");
    end(&ward, &made).await.refused(403, "NOT_ALLOWED");
    let roles = guardian.get("/v1/me").await.ok()["roles"].clone();
    assert_eq!((&roles[0]["role"], &roles[0]["ground"]), (&json!("OWNER"), &json!("GUARDIAN")));
    stands
}

async fn only_the_homes_own_see_the_name(world: &World, scene: &Scene, guards: &Value) {
    let [guardian, ward] = [scene.guardian(world).await, scene.hamlet.owner(world, WARD).await];
    let proof = format!("/v1/uploads/{}", text(&guards["evidence"][0]));
    let list = of(&scene.home(WARD));
    let owner = &scene.hamlet.owners[WARD].name;
    for own in [&guardian, &ward] {
        let seen = own.get(&one(guards, "")).await.ok();
        assert_eq!((&seen["name"], &seen["owner"]), (&json!("蒋安宁"), &json!(owner)));
        assert_eq!(seen["is_you"] == true, own.person == guardian.person);
        assert_eq!(items(&own.get(&list).await.ok()).len(), 1);
        assert_eq!(own.get(&proof).await.status, 200);
        eventually("a notice", async || {
            let mine = own.all("/v1/notices", 100).await;
            mine.iter().any(|one| one["kind"] == "OWNER_REPRESENTED").then_some(())
        })
        .await;
    }
    let preparer = scene.preparer(world).await;
    let seen = preparer.get(&of(&scene.hamlet.complex.id)).await.ok();
    assert_eq!(items(&seen)[0]["name"], "蒋**");
    assert_eq!(preparer.get(&proof).await.status, 200);
    until_told_of(&preparer, guards).await;
    let neighbour = scene.hamlet.owner(world, PRINCIPAL).await;
    for hidden in [one(guards, ""), list, of(&scene.hamlet.complex.id), proof] {
        neighbour.get(&hidden).await.refused(404, "NOT_FOUND");
    }
    let unit = preparer.get(&format!("/v1/places/{}/children", scene.hamlet.complex.id)).await.ok();
    preparer.get(&of(&text(&items(&unit)[0]["id"]))).await.refused(422, "NOT_A_COMPLEX");
    let told = eventually("the line", async || {
        let lines = all_changes(&neighbour, "").await;
        lines.into_iter().find(|line| line["kind"] == "REPRESENTATION_STANDS")
    })
    .await;
    assert_eq!(told["facts"]["ground"], "GUARDIAN");
    assert!(!told.to_string().contains(&scene.home(WARD)), "{told}");
}

async fn until_told_of(phone: &Phone, made: &Value) {
    eventually("a notice of it", async || {
        let mine = phone.all("/v1/notices", 100).await;
        let is = |one: &&Value| one["kind"] == "REPRESENTATION_PROPOSED" && one["subject_id"] == made["id"];
        mine.iter().find(is).map(drop)
    })
    .await;
}

/// Each on an account of their own.
async fn the_co_owners_name_one(world: &World, scene: &Scene) -> Value {
    let [owner, co_owner] = [scene.hamlet.owner(world, 0).await, scene.hamlet.owner(world, CO_OWNER).await];
    let path = of(&scene.home(0));
    let names = |ordinal: i32| json!({ "ground": "NAMED_CO_OWNER", "ordinal": ordinal });
    let refused = owner.post(&path, &names(0)).await.ok();
    end(&co_owner, &refused).await.ok();
    assert_eq!(owner.get(&one(&refused, "")).await.ok()["state"], "REFUSED");
    let made = owner.post(&path, &names(1)).await.ok();
    assert_eq!((&made["state"], &made["unconfirmed"]), (&json!("PROPOSED"), &json!(1)));
    owner.post(&path, &names(0)).await.refused(409, "REPRESENTATION_THERE");
    confirm(&owner, &made).await.refused(409, "REPRESENTATION_CONFIRMED_ALREADY");
    confirm(&scene.office(world).await, &made).await.refused(403, "NOT_ALLOWED");
    let stands = confirm(&co_owner, &made).await.ok();
    assert_eq!((&stands["state"], &stands["unconfirmed"]), (&json!("STANDS"), &json!(0)));
    assert_eq!(stands["is_you"], true);
    stands
}

async fn a_mandate_for_one_matter_is_given(world: &World, scene: &Scene, poll: &str) -> Value {
    let [proxy, owner] =
        [world.wechat_user("o-acts-proxy").await, scene.hamlet.owner(world, PRINCIPAL).await];
    let whole = owner.call(Method::GET, &format!("/v1/polls/{poll}")).send().await.ok();
    let head = scene.hamlet.head(world, poll, PRINCIPAL).await;
    let mut asked = mandate(&head, &code_of(&proxy).await, &send_photo(&owner).await);
    asked["scope"] = json!("NAMED_MATTERS");
    for wrong in [json!([]), json!([uuid::Uuid::nil()])] {
        asked["matter_ids"] = wrong;
        owner.post(&at(poll, "mandates"), &asked).await.refused(422, "INPUT_INVALID");
    }
    asked["matter_ids"] = json!([whole["matters"][1]["id"]]);
    let given = owner.post(&at(poll, "mandates"), &asked).await.ok();
    assert_eq!((&given["scope"], &given["matter_ids"]), (&asked["scope"], &asked["matter_ids"]));
    given
}

async fn a_proxy_keeps_to_the_matter(world: &World, poll: &str, given: &Value) {
    let proxy = world.wechat_user("o-acts-proxy").await;
    let mut ballot = by(&yes(&proxy, poll, &text(&given["head_id"])).await, given);
    let refused = proxy.post(&at(poll, "ballots"), &ballot).await.refused(422, "MANDATE_OUTSIDE");
    assert_eq!(refused["errcode"], 1_004_094);
    let answers = ballot["answers"].as_array().expect("answers").clone();
    ballot["answers"] = json!([]);
    proxy.post(&at(poll, "ballots"), &ballot).await.refused(422, "BALLOT_UNFIT");
    ballot["answers"] = json!([answers[1]]);
    cast(&proxy, poll, &ballot).await;
}

async fn who_acts_casts_and_nobody_beside_them(world: &World, scene: &Scene, poll: &str, names: &Value) {
    let [guardian, agent] = [scene.guardian(world).await, scene.agent(world).await];
    let [owner, co_owner, ward] = [
        scene.hamlet.owner(world, 0).await,
        scene.hamlet.owner(world, CO_OWNER).await,
        scene.hamlet.owner(world, WARD).await,
    ];
    let heads = [
        head_of(&co_owner, poll, &scene.home(0)).await,
        head_of(&ward, poll, &scene.home(WARD)).await,
        head_of(&agent, poll, &scene.company_home).await,
    ];
    let ballots = at(poll, "ballots");
    for (phone, head, status, problem, errcode) in [
        (&owner, &heads[0], 409, "CO_OWNER_NAMED", 1_004_092),
        (&ward, &heads[1], 409, "GUARDIAN_ACTS", 1_004_090),
        (&agent, &heads[1], 404, "NOT_FOUND", 1_000_404),
    ] {
        let refused = phone.post(&ballots, &yes(phone, poll, head).await).await.refused(status, problem);
        assert!(status == 404 || refused["errcode"] == errcode, "{refused}");
        let proxy = code_of(&guardian).await;
        let gives = mandate(head, &proxy, &send_photo(phone).await);
        phone.post(&at(poll, "mandates"), &gives).await.refused(status, problem);
    }
    for (phone, head) in [(&co_owner, &heads[0]), (&guardian, &heads[1]), (&agent, &heads[2])] {
        cast(phone, poll, &yes(phone, poll, head).await).await;
    }
    // Once the ballot is in nothing changes; a ballot that is not theirs the guardian would dispute, and not the ward.
    let dispute = json!({ "head_id": heads[1], "words": "不是我投的" });
    ward.post(&at(poll, "disputes"), &dispute).await.refused(409, "GUARDIAN_ACTS");
    guardian.post(&at(poll, "disputes"), &dispute).await.refused(403, "DISPUTE_NOT_YOURS");
    until_told(&owner, poll, "BALLOT_CAST", 1).await;
    let ended = end(&owner, names).await.ok();
    assert_eq!((&ended["state"], &ended["closed_as"]), (&json!("ENDED"), &json!("OWNER")));
    end(&owner, names).await.refused(409, "REPRESENTATION_OVER");
    owner.post(&ballots, &yes(&owner, poll, &heads[0]).await).await.refused(409, "CO_OWNER_NAMED");
    let office = scene.office(world).await;
    let lines = eventually("the ballots' lines", async || {
        let lines = all_changes(&office, &format!("&place_id={}", scene.hamlet.complex.id)).await;
        let cast =
            lines.into_iter().filter(|line| line["kind"] == "BALLOT_CAST" && line["subject_id"] == poll);
        let mut as_what: Vec<String> = cast.map(|line| text(&line["actor_role"])).collect();
        as_what.sort_unstable();
        (as_what.len() == 4).then_some(as_what)
    })
    .await;
    assert_eq!(lines, ["AUTHORISED_AGENT", "GUARDIAN", "NAMED_CO_OWNER", "PROXY"]);
}

/// A guardian's time ends with the birthday, and what an office ends is over at once.
async fn what_is_over_is_over(world: &World, scene: &Scene, poll: &str, sent: &Value) {
    until(world, scene.birthday).await;
    let [guardian, agent, office] =
        [scene.guardian(world).await, scene.agent(world).await, scene.office(world).await];
    let ward = scene.hamlet.owner(world, WARD).await;
    let heads =
        [head_of(&ward, poll, &scene.home(WARD)).await, head_of(&agent, poll, &scene.company_home).await];
    let ballots = at(poll, "ballots");
    let company = yes(&agent, poll, &heads[1]).await;
    let of_ward = yes(&ward, poll, &heads[0]).await;
    end(&office, sent).await.ok();
    for (phone, ballot) in [(&guardian, &of_ward), (&agent, &company)] {
        let refused = phone.post(&ballots, ballot).await.refused(409, "ACTS_NO_MORE");
        assert_eq!(refused["errcode"], 1_004_091);
    }
    cast(&ward, poll, &of_ward).await;

    // Where the rules want one named nobody casts before; the paper that all signed is recorded by two of an office.
    let owner = scene.hamlet.owner(world, 0).await;
    let joint = yes(&owner, poll, &head_of(&owner, poll, &scene.home(0)).await).await;
    let refused = owner.post(&ballots, &joint).await.refused(409, "NOBODY_NAMED");
    assert_eq!(refused["errcode"], 1_004_093);
    let paper = a_paper_that_nobody_may_sign(&office, scene, poll).await;
    let says = scene.says(&office, "NAMED_CO_OWNER", 0, None).await;
    let named = office.post(&of(&scene.home(0)), &says).await.ok();
    confirm(&owner, &named).await.refused(403, "NOT_ALLOWED");
    let preparer = scene.preparer(world).await;
    confirm(&preparer, &named).await.ok();
    let co_owner = scene.hamlet.owner(world, CO_OWNER).await;
    co_owner.post(&ballots, &joint).await.refused(409, "CO_OWNER_NAMED");
    let signers = office.get(&paper).await.ok()["signers"].clone();
    let name = &scene.hamlet.owners[0].name;
    assert_eq!(signers.as_array().map(Vec::len), Some(1), "{signers}");
    assert!(signers[0] != *name && signers[0].as_str().unwrap().chars().next() == name.chars().next());
    for clerk in [&office, &preparer] {
        enter(clerk, &paper, &joint).await.ok();
    }
    owner.post(&ballots, &joint).await.refused(409, "BALLOT_IN_ALREADY");
    for told in [&owner, &co_owner] {
        until_told(told, poll, "BALLOT_CAST", 1).await;
        let all = told.all("/v1/notices", 100).await;
        let paper = all.iter().find(|one| one["kind"] == "BALLOT_CAST" && one["subject_id"] == poll);
        assert_eq!(paper.expect("it was told")["channel"], "PAPER");
    }
}

/// Gives out the paper of co-owners who have to name one of them, and have not; where it is.
async fn a_paper_that_nobody_may_sign(office: &Phone, scene: &Scene, poll: &str) -> String {
    let issued = office.post(&at(poll, "papers"), &json!({ "home_ids": [scene.home(0)] })).await.ok();
    let paper = at(poll, &format!("papers/{}", text(&issued["papers"][0]["id"])));
    let seen = office.get(&paper).await.ok();
    assert_eq!((&seen["signers"], &seen["state"]), (&json!([]), &json!("ISSUED")));
    enter(office, &paper, &json!({ "answers": [] })).await.refused(409, "NOBODY_NAMED");
    paper
}

/// Enters a paper as signed, with the answers of a ballot.
async fn enter(clerk: &Phone, paper: &str, ballot: &Value) -> crate::phone::Reply {
    let photo = send_photo(clerk).await;
    let says = json!({ "is_signed": true, "answers": ballot["answers"], "photo_id": photo });
    clerk.post(&format!("{paper}/entries"), &says).await
}

async fn a_sale_ends_what_co_owners_said(world: &World, scene: &Scene) {
    let [office, preparer] = [scene.office(world).await, scene.preparer(world).await];
    let buyer = json!({ "name": "龚雪", "id_number": "999999198001010011" });
    secrets::remember("999999198001010011");
    let sale = json!({ "change": { "kind": "SALE", "keep": [0], "add": [buyer] }, "document": "买卖合同",
        "words": "转让份额" });
    let home = scene.home(0);
    let path = of(&home);
    let another = json!({ "ground": "NAMED_CO_OWNER", "ordinal": 1 });
    let co_owner = scene.hamlet.owner(world, CO_OWNER).await;
    let waits = co_owner.post(&path, &another).await.ok();
    let noted = office.post(&format!("/v1/places/{home}/roll-changes"), &sale).await.ok();
    preparer.post(&format!("/v1/roll-changes/{}/confirmations", text(&noted["id"])), &json!({})).await.ok();
    let all = office.all(&path, 1).await;
    let closed: Vec<_> = all.iter().map(|one| [&one["state"], &one["closed_as"]]).collect();
    assert_eq!(closed[..2], [[&json!("ENDED"), &json!("ROLL")], [&json!("ENDED"), &json!("ROLL")]]);
    assert_eq!(all.len(), 4);
    confirm(&scene.hamlet.owner(world, 0).await, &waits).await.refused(409, "REPRESENTATION_OVER");
}
