//! Voting for others and by others: an owner has somebody else cast in writing, a head's owners are told of every ballot
//! of theirs, and say so where it is not theirs.

use reqwest::Method;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, IntoActiveModel,
    QueryFilter,
};
use serde_json::{Value, json};

use super::{
    eventually,
    neighbours::{Complex, Owner, example_roll, head_of, items, moment, text, until, until_it_is, verify},
    uploads::send_photo,
};
use crate::{phone::Phone, secrets, servers::connect, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(somebody_else_casts_by_a_signed_paper).in_the_demo(),
        story!(nobody_casts_for_others_but_within_the_rules).in_the_demo(),
        story!(a_head_disputes_a_ballot_that_is_not_its_own).in_the_demo(),
        story!(of_two_channels_the_first_ballot_stands).in_the_demo(),
    ]
}

/// A few homes beside the demo's complex: the first has two owners, each of the others one.
pub(super) struct Hamlet {
    pub(super) complex: Complex,
    pub(super) owners: Vec<Owner>,
    /// Each home's area in 0.01 m², by the turn of its (first) owner.
    areas: Vec<u64>,
}

/// The one who owns the first home with the first owner.
pub(super) const CO_OWNER: usize = 1;

impl Hamlet {
    pub(super) async fn of(world: &World, heads: usize) -> Self {
        let roll = std::fs::read_to_string(example_roll()).expect("the example roll");
        let mut lines = roll.lines();
        let mut rows = vec![lines.next().expect("headings").to_owned()];
        let (mut owners, mut areas): (Vec<Owner>, Vec<u64>) = (Vec::new(), Vec::new());
        for line in lines {
            let cells: Vec<&str> = line.split(',').collect();
            let numbers: Vec<&str> = cells[5].split('、').collect();
            let is_new = owners.iter().all(|owner| !numbers.contains(&owner.id_number.as_str()));
            let wanted = if owners.is_empty() { 2 } else { 1 };
            if rows.len() > heads || cells[7] != "已交付" || !is_new || numbers.len() != wanted {
                continue;
            }
            let area = cells[3].replace('.', "").parse().expect("an area");
            for (name, number) in cells[4].split('、').zip(numbers) {
                owners.push(Owner::new([cells[0], cells[1], cells[2]], name, number));
                areas.push(area);
            }
            rows.push(line.to_owned());
        }
        bring_in(world, &rows);
        super::neighbours::roll_is_shown(world).await;
        let office = world.sign_in("community").await;
        let me = office.get("/v1/me").await.ok();
        let id = super::identity::part(&office, &text(&me["roles"][0]["place_id"]), NAME).await;
        Self { complex: Complex::walk(&id, &office, &office).await, owners, areas }
    }

    /// One owner on a phone of their own, confirmed, at the time that it is now.
    pub(super) async fn owner(&self, world: &World, turn: usize) -> Phone {
        let phone = world.wechat_user(&openid(turn)).await;
        let mine = phone.get("/v1/me").await.ok();
        if !mine["roles"].as_array().expect("roles").iter().any(|role| role["role"] == "OWNER") {
            let desk = world.sign_in("community").await;
            self.complex.at_the_desk(desk).move_in(&phone, &self.owners[turn]).await;
        }
        phone
    }

    /// The head of an owner.
    pub(super) async fn head(&self, world: &World, poll: &str, turn: usize) -> String {
        let home = self.owners[turn].home.each_ref().map(String::as_str);
        head_of(&self.owner(world, turn).await, poll, self.complex.home(home)).await
    }

    /// A motion, locked.
    pub(super) async fn motion(&self, office: &Phone, terms: &Value) -> String {
        let poll = super::polls::motion(office, terms).await;
        office.post(&at(&poll, "locks"), &json!({})).await.ok();
        poll
    }

    pub(super) async fn terms(&self, world: &World, rules: Value) -> Value {
        let terms = super::polls::terms(world, &self.complex.id).await;
        super::polls::changed(&terms, "rules", rules)
    }

    /// An owner has somebody cast for their head.
    pub(super) async fn mandate(&self, world: &World, poll: &str, turn: usize, proxy: &Phone) -> Value {
        let head = self.head(world, poll, turn).await;
        let owner = self.owner(world, turn).await;
        let new = mandate(&head, &code_of(proxy).await, &send_photo(&owner).await);
        owner.post(&at(poll, "mandates"), &new).await.ok()
    }

    async fn vote(&self, world: &World, poll: &str, turn: usize) -> Value {
        let head = self.head(world, poll, turn).await;
        let owner = self.owner(world, turn).await;
        let ballot = yes(&owner, poll, &head).await;
        cast(&owner, poll, &ballot).await
    }

    fn area(&self, turns: &[usize]) -> u64 {
        turns.iter().map(|turn| self.areas[*turn]).sum()
    }
}

const NAME: &str = "委托小村";

pub(super) fn bring_in(world: &World, rows: &[String]) {
    let file = world.data.folder.join("mandates.csv");
    std::fs::write(&file, rows.join("\n")).expect("the story's folder takes files");
    let under = ["--under", "示范区/青年路街道/青年路社区"];
    let (well, told) = super::roll::import(world, &world.data.database_url, &file, NAME, &under);
    assert!(well, "{told}");
}

fn openid(turn: usize) -> String {
    format!("o-mandates-{turn}")
}

pub(super) fn at(poll: &str, rest: &str) -> String {
    format!("/v1/polls/{poll}/{rest}")
}

pub(super) async fn code_of(proxy: &Phone) -> String {
    let made = proxy.post("/v1/proxy-codes", &json!({})).await.ok();
    let code = text(&made["code"]);
    secrets::remember(&code);
    code
}

pub(super) fn mandate(head: &str, code: &str, scan: &str) -> Value {
    json!({ "head_id": head, "proxy_code": code, "scan_id": scan, "scope": "WHOLE_BALLOT" })
}

/// A ballot that says yes to all that there is.
pub(super) async fn yes(phone: &Phone, poll: &str, head: &str) -> Value {
    let whole = phone.call(Method::GET, &format!("/v1/polls/{poll}")).send().await.ok();
    let yes = |matter: &Value| json!({ "matter_id": matter["id"], "choice": "YES" });
    let answers: Vec<_> = whole["matters"].as_array().expect("matters").iter().map(yes).collect();
    json!({ "head_id": head, "answers": answers })
}

pub(super) fn by(ballot: &Value, mandate: &Value) -> Value {
    super::polls::changed(ballot, "mandate_id", mandate["id"].clone())
}

pub(super) async fn cast(phone: &Phone, poll: &str, ballot: &Value) -> Value {
    let receipt = phone.post(&at(poll, "ballots"), ballot).await.ok();
    secrets::remember(&text(&receipt["salt"]));
    receipt
}

/// How often somebody was told this of a poll.
async fn times_told(phone: &Phone, poll: &str, kind: &str) -> usize {
    let mine = phone.all("/v1/notices", 100).await;
    mine.iter().filter(|one| one["kind"] == kind && one["subject_id"] == poll).count()
}

/// Waits until somebody was told this so often.
pub(super) async fn until_told(phone: &Phone, poll: &str, kind: &str, times: usize) {
    eventually(&format!("{kind} told {times} times"), async || {
        let told = times_told(phone, poll, kind).await;
        assert!(told <= times, "{kind} was told {told} times");
        (told == times).then_some(())
    })
    .await;
}

/// Waits until everything that happened so far is told to everybody whom it is told to.
async fn until_all_is_told(world: &World) {
    let waiting = "SELECT CAST((SELECT count(*) FROM event WHERE seq IS NULL) + \
        (SELECT count(*) FROM log_head WHERE noticed_seq < seq) AS text)";
    eventually("all is told", async || {
        (crate::servers::ask(&world.data.database_url, waiting).ok()? == ["0"]).then_some(())
    })
    .await;
}

pub(super) async fn until_open(world: &World, terms: &Value, poll: &str) {
    until(world, moment(&terms["opens_at"])).await;
    until_it_is(&world.sign_in("community").await, poll, "OPEN").await;
}

async fn somebody_else_casts_by_a_signed_paper(world: &mut World) {
    let hamlet = Hamlet::of(world, 3).await;
    let complex = hamlet.complex.id.clone();
    let office = world.sign_in("community").await;
    let terms = hamlet.terms(world, json!({ "extensions": 0 })).await;
    let poll = super::polls::motion(&office, &terms).await;
    let other = hamlet.motion(&office, &terms).await;
    let [owner, co_owner, neighbour] =
        [hamlet.owner(world, 0).await, hamlet.owner(world, CO_OWNER).await, hamlet.owner(world, 2).await];
    let proxy = world.wechat_user("o-mandates-proxy").await;
    let head = hamlet.head(world, &other, 0).await;
    let scan = send_photo(&owner).await;
    let ask = mandate(&head, &code_of(&proxy).await, &scan);
    owner.post(&at(&poll, "mandates"), &ask).await.refused(409, "MANDATE_NOT_ALLOWED");
    office.post(&at(&poll, "locks"), &json!({})).await.ok();
    let head = hamlet.head(world, &poll, 0).await;

    // Named by a code that the proxy reads out: the newest alone, within half an hour, once.
    let old = code_of(&proxy).await;
    let code = code_of(&proxy).await;
    for wrong in [old.as_str(), "00000000"] {
        let ask = mandate(&head, wrong, &scan);
        owner.post(&at(&poll, "mandates"), &ask).await.refused(422, "PROXY_CODE_WRONG");
    }
    let ask = mandate(&head, &code, &scan);
    owner
        .post(&at(&poll, "mandates"), &mandate(&head, "1234567a", &scan))
        .await
        .refused(422, "INPUT_INVALID");
    neighbour.post(&at(&poll, "mandates"), &ask).await.refused(404, "NOT_FOUND");
    proxy.post(&at(&poll, "mandates"), &ask).await.refused(404, "NOT_FOUND");
    co_owner.post(&at(&poll, "mandates"), &ask).await.refused(422, "PHOTO_NOT_YOURS");
    let given = owner.post(&at(&poll, "mandates"), &ask).await.ok();
    assert_eq!(
        [&given["state"], &given["scope"], &given["is_given_by_you"], &given["is_given_to_you"]],
        [&json!("GIVEN"), &json!("WHOLE_BALLOT"), &json!(true), &json!(false)]
    );
    let again = mandate(&head, &code, &send_photo(&co_owner).await);
    co_owner.post(&at(&poll, "mandates"), &again).await.refused(409, "MANDATE_STANDS_ALREADY");
    let used = mandate(&hamlet.head(world, &poll, 2).await, &code, &send_photo(&neighbour).await);
    neighbour.post(&at(&poll, "mandates"), &used).await.refused(422, "PROXY_CODE_WRONG");
    only_those_concerned_see_it(world, &hamlet, &poll, &given).await;

    // The proxy learns of it, and so does whoever owns the home too.
    until_told(&proxy, &poll, "MANDATE_GIVEN", 1).await;
    until_told(&co_owner, &poll, "MANDATE_GIVEN", 1).await;
    assert_eq!(times_told(&owner, &poll, "MANDATE_GIVEN").await, 0, "who gave it knows");
    let ballot = by(&yes(&proxy, &poll, &head).await, &given);
    proxy.post(&at(&poll, "ballots"), &ballot).await.refused(409, "POLL_NOT_OPEN");

    until_open(world, &terms, &poll).await;
    let [owner, co_owner, neighbour] =
        [hamlet.owner(world, 0).await, hamlet.owner(world, CO_OWNER).await, hamlet.owner(world, 2).await];
    let proxy = world.wechat_user("o-mandates-proxy").await;
    let elsewhere = by(&yes(&owner, &other, &hamlet.head(world, &other, 0).await).await, &given);
    proxy.post(&at(&other, "ballots"), &elsewhere).await.refused(422, "MANDATE_OF_ANOTHER_POLL");
    for stranger in [&neighbour, &world.newcomer().await] {
        stranger.post(&at(&poll, "ballots"), &ballot).await.refused(404, "NOT_FOUND");
    }
    proxy.post(&at(&poll, "ballots"), &yes(&proxy, &poll, &head).await).await.refused(404, "NOT_FOUND");
    let receipt = cast(&proxy, &poll, &ballot).await;
    proxy.post(&at(&poll, "ballots"), &ballot).await.refused(409, "MANDATE_OVER");
    let late = owner.post(&at(&poll, "ballots"), &yes(&owner, &poll, &head).await).await;
    late.refused(409, "BALLOT_IN_ALREADY");
    let revoke = at(&poll, &format!("mandates/{}/revocations", text(&given["id"])));
    for party in [&owner, &co_owner, &proxy] {
        party.post(&revoke, &json!({})).await.refused(409, "MANDATE_OVER");
    }
    let check = at(&poll, &format!("receipts/{}", text(&receipt["ballot_id"])));
    assert_eq!(proxy.get(&check).await.ok()["commitment"], receipt["commitment"]);

    // Both owners are told once that a ballot of theirs is in; nobody else is.
    for told in [&owner, &co_owner] {
        until_told(told, &poll, "BALLOT_CAST", 1).await;
        let mine = told.all("/v1/notices", 100).await;
        let notice = mine.iter().find(|one| one["kind"] == "BALLOT_CAST").expect("it was told");
        assert_eq!((&notice["channel"], &notice["at"]), (&json!("PROXY"), &receipt["cast_at"]));
        let heads = told.get(&at(&poll, "heads")).await.ok();
        assert_eq!(items(&heads)[0]["ballot_is_in"], true);
    }
    until_all_is_told(world).await;
    for silent in [&proxy, &neighbour] {
        assert_eq!(times_told(silent, &poll, "BALLOT_CAST").await, 0);
    }
    until(world, moment(&terms["closes_at"])).await;
    let office = world.sign_in("community").await;
    until_it_is(&office, &poll, "CLOSED").await;
    let owner = hamlet.owner(world, 0).await;
    let late = mandate(&head, "00000000", &scan);
    owner.post(&at(&poll, "mandates"), &late).await.refused(409, "MANDATE_NOT_ALLOWED");
    let listed = office.get(&at(&poll, "mandates")).await.ok();
    assert_eq!([&items(&listed)[0]["state"], &items(&listed)[0]["id"]], [&json!("USED"), &given["id"]]);
    office.post(&at(&poll, "publications"), &json!({})).await.ok();
    let result = office.get(&at(&poll, "result")).await.ok();
    assert_eq!(result["returned"], json!({ "heads": 1, "area": hamlet.area(&[0]) }));
    let list = office.call(Method::GET, &at(&poll, "lists/participation?format=csv")).send().await.text();
    assert!(list.contains("是,委托"), "{list}");
    told_without_anybodys_name(world, &complex, &poll).await;
}

/// The parties and the poll's office; never the property company or the developer, whatever else they were made.
async fn only_those_concerned_see_it(world: &World, hamlet: &Hamlet, poll: &str, given: &Value) {
    let path = at(poll, "mandates");
    let scan = format!("/v1/uploads/{}", text(&given["scan_id"]));
    let proxy = world.wechat_user("o-mandates-proxy").await;
    let parties = [
        hamlet.owner(world, 0).await,
        hamlet.owner(world, CO_OWNER).await,
        proxy.clone(),
        world.sign_in("community").await,
    ];
    for party in &parties {
        let seen = party.all(&path, 1).await;
        assert_eq!((seen.len(), &seen[0]["id"]), (1, &given["id"]));
        assert_eq!(seen[0]["is_given_to_you"] == true, party.person == proxy.person);
        assert_eq!(party.get(&scan).await.status, 200);
    }
    let complex = &hamlet.complex.id;
    for (role, both) in [("PROPERTY_MANAGER", false), ("DEVELOPER", true), ("SUPERVISOR", false)] {
        let openid = format!("o-mandates-{role}");
        super::incidents::Town::appoint(world, &openid, role, complex).await;
        if both {
            super::incidents::Town::appoint(world, &openid, "PREPARER", complex).await;
        }
        let phone = world.wechat_user(&openid).await;
        phone.get(&path).await.refused(404, "NOT_FOUND");
        phone.get(&scan).await.refused(404, "NOT_FOUND");
    }
    let neighbour = hamlet.owner(world, 2).await;
    assert_eq!(neighbour.all(&path, 10).await.len(), 0);
    neighbour.get(&scan).await.refused(404, "NOT_FOUND");
    let stranger = world.newcomer().await;
    for hidden in [path.clone(), at(poll, "heads"), format!("/v1/polls/{poll}"), scan] {
        stranger.get(&hidden).await.refused(404, "NOT_FOUND");
    }

    // Who casts for a home reads what is voted on, and of the home nothing but its name.
    for shown in ["", "/candidates", "/rules"] {
        proxy.get(&format!("/v1/polls/{poll}{shown}")).await.ok();
    }
    let heads = proxy.get(&at(poll, "heads")).await.ok();
    let [head] = items(&heads).as_slice() else { panic!("one head: {heads}") };
    assert_eq!([&head["id"], &head["mandate_id"]], [&given["head_id"], &given["id"]]);
    assert!(head.get("area").is_none() && head["homes"][0].get("area").is_none(), "{head}");
    assert_eq!(head["homes"][0]["label"], given["homes"][0]);
    proxy.get(&at(poll, "progress")).await.refused(404, "NOT_FOUND");
}

/// The record tells of each step, and of nobody; what is taken out of the books is found.
async fn told_without_anybodys_name(world: &World, complex: &str, poll: &str) {
    let app = super::record::beside(world).await;
    super::record::until_sequenced(world, &app).await;
    let office = world.sign_in("community").await;
    let told = office.call(Method::GET, &format!("/v1/changes?place_id={complex}")).send().await.text();
    assert!(!told.contains("MANDATE_GIVEN"), "it is told to the proxy alone");
    let (well, said) = verify(world, poll);
    assert!(well, "{said}");
    let db = connect(&world.data.database_url).await.unwrap();
    db.execute_unprepared("UPDATE poll_mandate SET state = 'REVOKED', revoked_by = given_by").await.unwrap();
    let (well, said) = verify(world, poll);
    assert!(!well && said.contains("its proxy's ballot and the mandate for it do not agree"), "{said}");
    assert!(said.contains("the record tells 0 times of MANDATE_REVOKED, not 1"), "{said}");
    db.execute_unprepared("DELETE FROM poll_mandate").await.unwrap();
    let (well, said) = verify(world, poll);
    assert!(!well && said.contains("the record tells 1 times of MANDATE_GIVEN, not 0"), "{said}");
    db.close().await.unwrap();
}

async fn nobody_casts_for_others_but_within_the_rules(world: &mut World) {
    let hamlet = Hamlet::of(world, 6).await;
    let complex = hamlet.complex.id.clone();
    let office = world.sign_in("community").await;
    let terms = hamlet.terms(world, json!({ "extensions": 0 })).await;
    let poll = hamlet.motion(&office, &terms).await;
    let none = super::polls::changed(&terms, "rules", json!({ "extensions": 0, "proxy_allowed": false }));
    let none = hamlet.motion(&office, &none).await;
    let more = super::polls::changed(&terms, "rules", json!({ "proxy_cap": 4 }));
    office.post("/v1/polls", &more).await.refused(422, "RULE_NOT_YOURS");
    let proxy = world.wechat_user("o-mandates-proxy").await;
    let ask = async |poll: &str, turn: usize, proxy: &Phone| {
        let head = hamlet.head(world, poll, turn).await;
        let owner = hamlet.owner(world, turn).await;
        let new = mandate(&head, &code_of(proxy).await, &send_photo(&owner).await);
        owner.post(&at(poll, "mandates"), &new).await
    };
    ask(&none, 2, &proxy).await.refused(409, "MANDATE_NOT_ALLOWED");

    // Who casts for the head anyhow, and who works for the property company, is nobody's proxy.
    let co_owner = hamlet.owner(world, CO_OWNER).await;
    ask(&poll, 0, &co_owner).await.refused(422, "PROXY_BARRED");
    ask(&poll, 0, &hamlet.owner(world, 0).await).await.refused(422, "PROXY_BARRED");
    super::incidents::Town::appoint(world, "o-mandates-property", "PROPERTY_MANAGER", &complex).await;
    let property = world.wechat_user("o-mandates-property").await;
    let refused = ask(&poll, 0, &property).await.refused(422, "PROXY_BARRED");
    assert!(text(&refused["detail"]).contains("property company"), "{refused}");

    // Three heads are as many as one person casts for; whoever is given up makes room.
    let mut given = Vec::new();
    for turn in [2, 3, 4] {
        given.push(hamlet.mandate(world, &poll, turn, &proxy).await);
    }
    let refused = ask(&poll, 5, &proxy).await.refused(409, "PROXY_OVER_CAP");
    assert!(text(&refused["detail"]).contains("3 heads already, of 3"), "{refused}");
    let revoke = |one: &Value| at(&poll, &format!("mandates/{}/revocations", text(&one["id"])));
    let stranger = hamlet.owner(world, 5).await;
    for nobody in [&stranger, &world.newcomer().await, &world.sign_in("community").await] {
        nobody.post(&revoke(&given[0]), &json!({})).await.refused(404, "NOT_FOUND");
    }
    let back = hamlet.owner(world, 2).await.post(&revoke(&given[0]), &json!({})).await.ok();
    assert_eq!(back["state"], "REVOKED");
    until_told(&proxy, &poll, "MANDATE_REVOKED", 1).await;
    let fifth = hamlet.mandate(world, &poll, 5, &proxy).await;
    proxy.post(&revoke(&fifth), &json!({})).await.ok();
    until_told(&hamlet.owner(world, 5).await, &poll, "MANDATE_LAID_DOWN", 1).await;
    let joint = hamlet.mandate(world, &poll, 0, &proxy).await;
    let later = hamlet.mandate(world, &poll, 5, &world.wechat_user("o-mandates-later").await).await;

    until_open(world, &terms, &poll).await;
    let proxy = world.wechat_user("o-mandates-proxy").await;
    let by_proxy = async |proxy: &Phone, one: &Value| {
        let ballot = by(&yes(proxy, &poll, &text(&one["head_id"])).await, one);
        proxy.post(&at(&poll, "ballots"), &ballot).await
    };
    by_proxy(&proxy, &given[0]).await.refused(409, "MANDATE_OVER");
    // The other owner of a home may take it back too.
    hamlet.owner(world, CO_OWNER).await.post(&revoke(&joint), &json!({})).await.ok();
    until_told(&hamlet.owner(world, 0).await, &poll, "MANDATE_REVOKED", 1).await;
    by_proxy(&proxy, &joint).await.refused(409, "MANDATE_OVER");
    // Whoever was sent may become somebody who may not.
    super::incidents::Town::appoint(world, "o-mandates-later", "PROPERTY_MANAGER", &complex).await;
    let appointed = world.wechat_user("o-mandates-later").await;
    by_proxy(&appointed, &later).await.refused(422, "PROXY_BARRED");
    // An owner casts all the same; then the mandate is for nothing, and no other can be given.
    hamlet.vote(world, &poll, 3).await;
    by_proxy(&proxy, &given[1]).await.refused(409, "BALLOT_IN_ALREADY");
    let owner = hamlet.owner(world, 3).await;
    owner.post(&revoke(&given[1]), &json!({})).await.ok();
    ask(&poll, 3, &proxy).await.refused(409, "BALLOT_IN_ALREADY");
    // Who sold has nobody cast for what is another's.
    sell(world, &hamlet.owners[4]);
    by_proxy(&proxy, &given[2]).await.refused(409, "MANDATE_OVER");
    candidates_are_barred_where_the_frozen_rules_say_so(world, &hamlet, &poll).await;
    let (well, said) = verify(world, &poll);
    assert!(well && said.contains("ballots   1,"), "{said}");
}

/// Somebody else is the owner of this home from now on.
pub(super) fn sell(world: &World, seller: &Owner) {
    let roll = std::fs::read_to_string(example_roll()).expect("the example roll");
    let mut lines = roll.lines();
    let headings = lines.next().expect("headings").to_owned();
    let own = lines.find(|line| line.starts_with(&format!("{},", seller.home.join(",")))).expect("the home");
    let mut cells: Vec<&str> = own.split(',').collect();
    (cells[4], cells[5], cells[6]) = ("欧阳购", "999999199001010016", "");
    secrets::remember("欧阳购");
    bring_in(world, &[headings, cells.join(",")]);
}

/// An election in which an owner stands; its city bars candidates.
async fn candidates_are_barred_where_the_frozen_rules_say_so(world: &World, hamlet: &Hamlet, poll: &str) {
    let db = connect(&world.data.database_url).await.unwrap();
    let stands = hamlet.owner(world, 2).await;
    let office = world.sign_in("community").await;
    let candidate = entity::candidate::Model {
        complex_id: hamlet.complex.id.parse().unwrap(),
        id: uuid::Uuid::from_u128(1),
        poll_id: poll.parse().unwrap(),
        ordinal: 1,
        owner_id: owner_of(&db, &stands).await,
        name_cipher: Vec::new(),
        consented_at: None,
        page_version: 0,
        created_at: chrono::DateTime::UNIX_EPOCH,
    };
    candidate.into_active_model().insert(&db).await.unwrap();
    let rules = async |from: &str, to: &str| {
        let change = format!("UPDATE poll SET rules = replace(rules, '{from}', '{to}') WHERE id = '{poll}'");
        let change = if world.data.database_url.starts_with("sqlite") {
            let id = poll.replace('-', "");
            format!("UPDATE poll SET rules = replace(rules, '{from}', '{to}') WHERE hex(id) = upper('{id}')")
        } else {
            change
        };
        assert_eq!(db.execute_unprepared(&change).await.unwrap().rows_affected(), 1);
    };
    let (nation, city) = (r#"["PROPERTY_STAFF"]"#, r#"["PROPERTY_STAFF","CANDIDATES"]"#);
    let head = hamlet.head(world, poll, 0).await;
    let owner = hamlet.owner(world, 0).await;
    rules(nation, city).await;
    let new = mandate(&head, &code_of(&stands).await, &send_photo(&owner).await);
    let refused = owner.post(&at(poll, "mandates"), &new).await.refused(422, "PROXY_BARRED");
    assert!(text(&refused["detail"]).contains("candidates"), "{refused}");
    rules(city, nation).await;
    let given = owner.post(&at(poll, "mandates"), &new).await.ok();
    let path = at(poll, &format!("mandates/{}/revocations", text(&given["id"])));
    owner.post(&path, &json!({})).await.ok();
    entity::candidate::Entity::delete_many()
        .filter(entity::candidate::Column::Id.eq(uuid::Uuid::from_u128(1)))
        .exec(&db)
        .await
        .unwrap();
    assert_eq!(office.all(&at(poll, "mandates"), 2).await.len(), 7, "none is forgotten");
    db.close().await.unwrap();
}

/// As whom of the roll somebody is confirmed.
async fn owner_of(db: &DatabaseConnection, phone: &Phone) -> uuid::Uuid {
    let person: uuid::Uuid = phone.person.parse().unwrap();
    let grants = entity::role_grant::Entity::find()
        .filter(entity::role_grant::Column::PersonId.eq(person))
        .all(db)
        .await
        .unwrap();
    grants.into_iter().find_map(|grant| grant.owner_id).expect("an owner")
}

async fn a_head_disputes_a_ballot_that_is_not_its_own(world: &mut World) {
    let hamlet = Hamlet::of(world, 5).await;
    let complex = hamlet.complex.id.clone();
    let terms = hamlet.terms(world, json!({ "extensions": 0 })).await;
    let poll = hamlet.motion(&world.sign_in("community").await, &terms).await;
    let proxy = world.wechat_user("o-mandates-proxy").await;
    let mut given = Vec::new();
    for turn in [2, 3] {
        given.push(hamlet.mandate(world, &poll, turn, &proxy).await);
    }
    let disputes = at(&poll, "disputes");
    let say = |head: &str, words: &str| json!({ "head_id": head, "words": words });
    let joint = hamlet.head(world, &poll, 0).await;
    let early = hamlet.owner(world, 0).await.post(&disputes, &say(&joint, "不是我投的")).await;
    early.refused(409, "POLL_NOT_OPEN");

    until_open(world, &terms, &poll).await;
    let [caster, co_owner] = [hamlet.owner(world, 0).await, hamlet.owner(world, CO_OWNER).await];
    caster.post(&disputes, &say(&joint, "不是我投的")).await.refused(409, "DISPUTE_NOT_OPEN");
    let first = hamlet.vote(world, &poll, 0).await;
    until_told(&co_owner, &poll, "BALLOT_CAST", 1).await;
    let watcher = world.sign_in("community").await;
    let progress = async || {
        let seen = watcher.call(Method::GET, &at(&poll, "progress")).send().await.ok();
        (seen["took_part"]["heads"].as_u64().unwrap(), seen["took_part"]["area"].as_u64().unwrap())
    };
    assert_eq!(progress().await, (1, hamlet.area(&[0])));

    // By those whose head it is, and not by who cast; with words that may be kept.
    let stranger = hamlet.owner(world, 4).await;
    stranger.post(&disputes, &say(&joint, "不是他们投的")).await.refused(404, "NOT_FOUND");
    caster.post(&disputes, &say(&joint, "我想改票")).await.refused(403, "DISPUTE_NOT_YOURS");
    co_owner.post(&disputes, &say(&joint, "这是 sim-risky")).await.refused(422, "CONTENT_REFUSED");
    co_owner.post(&disputes, &say(&joint, " ")).await.refused(422, "INPUT_INVALID");
    let words = "共有人没有和我商量就投了票";
    secrets::remember(words);
    let made = co_owner.post(&disputes, &say(&joint, words)).await.ok();
    assert_eq!([&made["channel"], &made["lapsed"]], [&json!("ONLINE"), &json!(false)]);
    co_owner.post(&disputes, &say(&joint, words)).await.refused(409, "DISPUTE_NOT_OPEN");

    // Who convenes or guides is told, and decides; nobody who had a hand in it does.
    let office = world.sign_in("community").await;
    until_told(&office, &poll, "BALLOT_DISPUTED", 1).await;
    let answer = |one: &Value| at(&poll, &format!("disputes/{}/answers", text(&one["id"])));
    let with = |outcome: &str| json!({ "outcome": outcome, "words": "已向两位共有人核实" });
    caster.post(&answer(&made), &with("DISMISSED")).await.refused(404, "NOT_FOUND");
    for turn in [0, CO_OWNER] {
        super::incidents::Town::appoint(world, &openid(turn), "PREPARER", &complex).await;
        let party = world.wechat_user(&openid(turn)).await;
        party.post(&answer(&made), &with("UPHELD")).await.refused(403, "DISPUTE_NOT_YOURS");
    }
    office
        .post(&answer(&json!({ "id": uuid::Uuid::nil() })), &with("UPHELD"))
        .await
        .refused(404, "NOT_FOUND");
    let seen = office.all(&disputes, 1).await;
    assert_eq!((seen.len(), &seen[0]["words"], &seen[0]["is_yours"]), (1, &json!(words), &json!(false)));
    assert_eq!(stranger.all(&disputes, 1).await.len(), 0);
    let upheld = office.post(&answer(&made), &with("UPHELD")).await.ok();
    assert_eq!([&upheld["outcome"], &upheld["answered_as"]], [&json!("UPHELD"), &json!("COMMUNITY_OFFICER")]);
    office.post(&answer(&made), &with("DISMISSED")).await.refused(409, "DISPUTE_NOT_OPEN");

    // It does not count, its receipt says so, and the head votes again.
    assert_eq!(progress().await, (0, 0));
    let [caster, co_owner] = [hamlet.owner(world, 0).await, hamlet.owner(world, CO_OWNER).await];
    let receipt = |receipt: &Value| at(&poll, &format!("receipts/{}", text(&receipt["ballot_id"])));
    let check = caster.get(&receipt(&first)).await.ok();
    assert_eq!(
        (&check["set_aside"]["why"], &check["commitment"]),
        (&json!("DISPUTED"), &first["commitment"])
    );
    until_told(&co_owner, &poll, "BALLOT_DISPUTE_ANSWERED", 1).await;
    for one in [&caster, &co_owner] {
        until_told(one, &poll, "BALLOT_SET_ASIDE", 1).await;
    }
    let again = hamlet.vote(world, &poll, CO_OWNER).await;
    let heads = caster.get(&at(&poll, "heads")).await.ok();
    assert_eq!(items(&heads)[0]["ballot_is_in"], true);
    until_told(&caster, &poll, "BALLOT_CAST", 1).await;
    assert!(co_owner.get(&receipt(&again)).await.ok().get("set_aside").is_none());

    // A proxy's ballot: the dispute of one does not hold, that of another nobody answers in time.
    let proxy = world.wechat_user("o-mandates-proxy").await;
    let mut disputed = Vec::new();
    for (one, turn) in given.iter().zip([2, 3]) {
        let head = text(&one["head_id"]);
        let ballot = by(&yes(&proxy, &poll, &head).await, one);
        cast(&proxy, &poll, &ballot).await;
        let owner = hamlet.owner(world, turn).await;
        disputed.push(owner.post(&disputes, &say(&head, "没有按我的意见投票")).await.ok());
    }
    office.post(&answer(&disputed[0]), &with("DISMISSED")).await.ok();
    let owner = hamlet.owner(world, 2).await;
    for _ in 0..2 {
        let again = owner.post(&disputes, &say(&text(&given[0]["head_id"]), "仍然不认可")).await.ok();
        office.post(&answer(&again), &with("DISMISSED")).await.ok();
    }
    let fourth = owner.post(&disputes, &say(&text(&given[0]["head_id"]), "第四次")).await;
    fourth.refused(409, "DISPUTE_NOT_OPEN");
    assert_eq!(progress().await, (3, hamlet.area(&[0, 2, 3])));

    until(world, moment(&terms["closes_at"])).await;
    let (office, owner) = (world.sign_in("community").await, hamlet.owner(world, 3).await);
    until_it_is(&office, &poll, "CLOSED").await;
    let late = office.post(&answer(&disputed[1]), &with("UPHELD")).await.refused(409, "DISPUTE_NOT_OPEN");
    assert!(text(&late["detail"]).contains("object to the published result"), "{late}");
    owner.post(&disputes, &say(&text(&given[1]["head_id"]), "太晚了")).await.refused(409, "POLL_CLOSED");
    assert_eq!(owner.all(&disputes, 10).await[0]["lapsed"], true);
    office.post(&at(&poll, "publications"), &json!({})).await.ok();
    all_numbers_agree(&hamlet, &office, &poll).await;
    let caster = hamlet.owner(world, 0).await;
    assert_eq!(caster.get(&receipt(&first)).await.ok()["set_aside"]["why"], "DISPUTED");
    let objection = json!({ "ground": "BALLOT", "words": "受托人没有按我的意见投票" });
    owner.post(&at(&poll, "objections"), &objection).await.ok();
    what_is_taken_out_of_the_books_is_found(world, &poll).await;
}

/// Three of five heads: one voted again, one's dispute did not hold, one's was not answered.
async fn all_numbers_agree(hamlet: &Hamlet, office: &Phone, poll: &str) {
    let voted = [0, 2, 3];
    let result = office.get(&at(poll, "result")).await.ok();
    assert_eq!(result["returned"], json!({ "heads": 3, "area": hamlet.area(&voted) }));
    assert_eq!(result["matters"][0]["votes"]["yes"], result["returned"], "all of them said yes");
    let list = office.call(Method::GET, &at(poll, "lists/participation")).send().await.ok();
    let homes = list["homes"].as_array().expect("homes");
    let took: Vec<&Value> = homes.iter().filter(|home| home["took_part"] == true).collect();
    let area: u64 = took.iter().map(|home| home["area"].as_u64().unwrap()).sum();
    let by = |channel: &str| took.iter().filter(|home| home["channel"] == channel).count();
    assert_eq!((took.len(), area, by("ONLINE"), by("PROXY")), (3, hamlet.area(&voted), 1, 2));
    let progress = office.get(&at(poll, "progress")).await.ok();
    assert_eq!(progress["took_part"], result["returned"]);
}

async fn what_is_taken_out_of_the_books_is_found(world: &World, poll: &str) {
    let app = super::record::beside(world).await;
    super::record::until_sequenced(world, &app).await;
    let (well, said) = verify(world, poll);
    assert!(well && said.contains("ballots   3,"), "{said}");
    let db = connect(&world.data.database_url).await.unwrap();
    let found = |words: &str| {
        let (well, said) = verify(world, poll);
        assert!(!well && said.contains(words), "{words}: {said}");
    };
    let change = async |sql: &str, back: &str, words: &str| {
        assert!(db.execute_unprepared(sql).await.unwrap().rows_affected() > 0, "{sql}");
        found(words);
        db.execute_unprepared(back).await.unwrap();
    };
    let [disputed, void] =
        ["DISPUTED", "CHANNEL_VOID"].map(|why| format!("UPDATE ballot_set_aside SET why = '{why}'"));
    change(&void, &disputed, "stored \"DISPUTED\", recomputed \"CHANNEL_VOID\"").await;
    let dismissed =
        "UPDATE ballot_dispute SET answered = 'DISMISSED', answered_as = 'X' WHERE answered = 'UPHELD'";
    let upheld = "UPDATE ballot_dispute SET answered = 'UPHELD' WHERE answered_as = 'X'";
    change(dismissed, upheld, "whether its dispute holds").await;
    db.execute_unprepared("DELETE FROM ballot_set_aside").await.unwrap();
    found("the record tells of a ballot");
    found("was set aside, and it was not");
    db.close().await.unwrap();
}

async fn of_two_channels_the_first_ballot_stands(world: &mut World) {
    let hamlet = Hamlet::of(world, 3).await;
    let terms = hamlet.terms(world, json!({ "extensions": 0 })).await;
    let poll = hamlet.motion(&world.sign_in("community").await, &terms).await;
    let proxy = world.wechat_user("o-mandates-proxy").await;
    let given = hamlet.mandate(world, &poll, 2, &proxy).await;
    until_open(world, &terms, &poll).await;
    // Both at once: one of them is in, and the other is told so.
    let (owner, proxy) = (hamlet.owner(world, 2).await, world.wechat_user("o-mandates-proxy").await);
    let own = yes(&owner, &poll, &text(&given["head_id"])).await;
    let theirs = by(&own, &given);
    let path = at(&poll, "ballots");
    let (mine, other) = tokio::join!(owner.post(&path, &own), proxy.post(&path, &theirs));
    let (kept, refused) = if mine.status == 201 { (mine, other) } else { (other, mine) };
    secrets::remember(&text(&kept.ok()["salt"]));
    refused.refused(409, "BALLOT_IN_ALREADY");
    let office = world.sign_in("community").await;
    let progress = office.get(&at(&poll, "progress")).await.ok();
    assert_eq!(progress["took_part"], json!({ "heads": 1, "area": hamlet.area(&[2]) }));
    on_paper_a_heads_owners_are_told_too(world, &hamlet, (&poll, &terms)).await;
}

/// A clerk enters a ballot on paper: both owners of the head are told, once each, however many processes tell.
async fn on_paper_a_heads_owners_are_told_too(world: &World, hamlet: &Hamlet, (poll, terms): (&str, &Value)) {
    let owners = [hamlet.owner(world, 0).await, hamlet.owner(world, CO_OWNER).await];
    let head = hamlet.head(world, poll, 0).await;
    let clerk = world.sign_in("community").await;
    let (one, other) = (super::record::beside(world).await, super::record::beside(world).await);
    for app in [&one, &other] {
        app.clock
            .advance(moment(&terms["opens_at"]).to_utc() + chrono::TimeDelta::hours(1) - app.clock.now());
    }
    let complex: uuid::Uuid = hamlet.complex.id.parse().unwrap();
    let [poll_id, head, clerk] = [poll, &head, &clerk.person].map(|id| id.parse::<uuid::Uuid>().unwrap());
    let entered = one.write(async |tx| {
        let commitment = "ab".repeat(32);
        let ballot = entity::ballot::Model {
            complex_id: complex,
            id: tx.ids.random(),
            poll_id,
            head_id: head,
            round: 1,
            channel: "PAPER".into(),
            answers_cipher: Vec::new(),
            commitment: commitment.clone(),
            cast_by: clerk,
            cast_at: tx.now,
        };
        ballot.into_active_model().insert(tx.conn()).await.expect("it is kept");
        let event = linli::record::Event {
            kind: "BALLOT_CAST",
            complex,
            place: complex,
            subject_type: "POLL",
            subject: poll_id,
            version: 1,
            role: "COMMUNITY_OFFICER".into(),
            audience: linli::record::Audience::Watchers,
            person: Some(clerk),
            facts: json!({ "channel": "PAPER" }),
            commitment: Some(commitment),
        };
        linli::record::write(tx, event).await
    });
    entered.await.expect("it is entered");
    super::record::until_sequenced(world, &one).await;
    drop(tokio::join!(linli::notices::feed(&one), linli::notices::feed(&other)));
    for owner in &owners {
        until_told(owner, poll, "BALLOT_CAST", 1).await;
    }
    until_all_is_told(world).await;
    for owner in &owners {
        assert_eq!(times_told(owner, poll, "BALLOT_CAST").await, 1);
        let mine = owner.all("/v1/notices", 100).await;
        let notice = mine.iter().find(|one| one["kind"] == "BALLOT_CAST").expect("it was told");
        assert_eq!(notice["channel"], "PAPER");
    }
}
