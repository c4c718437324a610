//! A committee after its election: members leave, alternates step up in rank order, a by-election fills what stays open, and
//! with too few left it is to be elected anew.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{
    endings::told_of,
    neighbours::{Complex, Owner, head_of, items, moment, text, until, until_it_is, verify},
    packs::small_house,
};
use crate::{phone::Phone, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![story!(alternates_step_up_and_a_by_election_fills_the_rest).in_the_demo()]
}

/// Seven seats, two alternates.
const STAND: usize = 9;

/// A house whose areas grow from home to home: whoever an owner with more does not choose has less.
pub(super) struct House {
    pub complex: Complex,
    pub owners: Vec<Owner>,
}

impl House {
    pub async fn of(world: &World, homes: usize) -> Self {
        let areas: Vec<usize> = (0..homes).map(|turn| 100 + turn).collect();
        let (complex, owners) = small_house(world, &areas).await;
        Self { complex, owners }
    }

    pub async fn owner(&self, world: &World, turn: usize) -> Phone {
        let phone = world.wechat_user(&format!("o-house-{turn}")).await;
        if phone.get("/v1/me").await.ok()["roles"] == json!([]) {
            let desk = world.sign_in("community").await;
            self.complex.at_the_desk(desk).move_in(&phone, &self.owners[turn]).await;
        }
        phone
    }

    /// What a poll of this house is to be, soon.
    pub async fn terms(&self, world: &World, seats: u32) -> Value {
        let now = world.guest().beside("/demo/clock", &json!({ "seconds": 1 })).await.ok();
        let now = moment(&now["server_time"]);
        json!({
            "place_id": self.complex.id, "kind": "COMMITTEE_ELECTION", "title": "业主委员会选举", "seats": seats,
            "opens_at": (now + TimeDelta::days(17)).to_rfc3339(),
            "closes_at": (now + TimeDelta::days(25)).to_rfc3339(),
            "rules": { "extensions": 0 },
        })
    }

    /// Has these owners elected, and says what the vote came to. The one that stands at place `n` is chosen by everybody but
    /// the owner at `n - 1`: no two have the same area, so that they are elected in this order.
    pub async fn elect(&self, world: &World, terms: &Value, stand: &[usize]) -> (String, Vec<String>) {
        let office = world.sign_in("community").await;
        let poll = text(&office.post("/v1/polls", terms).await.ok()["id"]);
        let path = |rest: &str| format!("/v1/polls/{poll}/{rest}");
        let mut candidates = Vec::new();
        for turn in stand {
            let Owner { home, name, .. } = &self.owners[*turn];
            let home = self.complex.home(home.each_ref().map(String::as_str));
            let stands =
                office.post(&path("candidates"), &json!({ "home_id": home, "name": name })).await.ok();
            candidates.push(text(&stands["id"]));
        }
        office.post(&path("locks"), &json!({})).await.ok();
        until(world, moment(&terms["opens_at"])).await;
        until_it_is(&world.sign_in("community").await, &poll, "OPEN").await;
        for (turn, Owner { home, .. }) in self.owners.iter().enumerate() {
            let phone = self.owner(world, turn).await;
            let home = self.complex.home(home.each_ref().map(String::as_str));
            let chosen = candidates.iter().enumerate().filter(|(at, _)| *at != turn + 1);
            let chosen: Vec<&String> = chosen.map(|(_, id)| id).collect();
            let head = head_of(&phone, &poll, home).await;
            let ballot = json!({ "head_id": head, "selections": chosen, "answers": [] });
            phone.post(&path("ballots"), &ballot).await.ok();
        }
        until(world, moment(&terms["closes_at"])).await;
        until_it_is(&world.sign_in("community").await, &poll, "CLOSED").await;
        (poll, candidates)
    }
}

pub(super) fn committee_of(poll: &str) -> String {
    format!("/v1/polls/{poll}/committee")
}

pub(super) fn vacancies(poll: &str) -> String {
    format!("/v1/polls/{poll}/vacancies")
}

/// Ids of candidates, in order.
pub(super) fn ids(list: &Value) -> Vec<&str> {
    let all = list.as_array().expect("a list");
    all.iter().map(|one| one.get("candidate_id").unwrap_or(one).as_str().expect("an id")).collect()
}

async fn alternates_step_up_and_a_by_election_fills_the_rest(world: &mut World) {
    let house = House::of(world, STAND).await;
    let terms = house.terms(world, 7).await;
    let (poll, stood) = house.elect(world, &terms, &(0..STAND).collect::<Vec<_>>()).await;
    let (committee, vacant) = (committee_of(&poll), vacancies(&poll));
    let stood: Vec<&str> = stood.iter().map(String::as_str).collect();
    let owner = house.owner(world, 0).await;
    let office = world.sign_in("community").await;
    let gone = |who: &str| json!({ "candidate_id": who, "reason": "RESIGNED", "words": "书面辞职", "since": terms["closes_at"] });
    owner.get(&committee).await.refused(404, "RESULT_NOT_OUT");
    office.post(&vacant, &gone(stood[0])).await.refused(409, "NO_COMMITTEE");
    office.post(&format!("/v1/polls/{poll}/publications"), &json!({})).await.ok();
    owner.get(&committee).await.refused(409, "NO_COMMITTEE");
    office.post(&vacant, &gone(stood[0])).await.refused(409, "NO_COMMITTEE");
    let result = until_final(world, &poll).await;
    assert_eq!(result["election"]["outcome"], "FORMED");

    let office = world.sign_in("community").await;
    let owner = house.owner(world, 0).await;
    let sits = owner.get(&committee).await.ok();
    assert_eq!((ids(&sits["members"]), ids(&sits["alternates"])), (stood[..7].to_vec(), stood[7..].to_vec()));
    assert_eq!([&sits["members"][6]["rank"], &sits["alternates"][0]["rank"]], [7, 8]);
    assert_eq!(
        [&sits["members"][0]["seated_by"], &sits["members"][0]["since"]],
        [&json!("ELECTION"), &result["final_at"]]
    );
    let name = sits["members"][0]["name"].as_str().expect("a name");
    assert!(name.contains('*'), "nobody agreed to be shown by name: {name}");
    let reelection = &sits["reelection"];
    assert_eq!((&reelection["is_due"], &reelection["least"]), (&json!(false), &json!(4)));
    assert_eq!(items(&json!({ "items": reelection["rules"] }))[0]["name"], "reelect_if");

    // It is for whoever convenes to note, of a member who sits, and of what has happened.
    let now = |who: &str| {
        let mut now = gone(who);
        now["since"] = result["final_at"].clone();
        now
    };
    let with = |member: &str, value: Value| {
        let mut body = now(stood[0]);
        body[member] = value;
        body
    };
    house.owner(world, 8).await.post(&vacant, &now(stood[0])).await.refused(404, "NOT_FOUND");
    office.post(&vacant, &now(stood[7])).await.refused(409, "NO_MEMBER");
    office.post(&vacant, &now(&poll)).await.refused(409, "NO_MEMBER");
    office.post(&vacant, &gone(stood[0])).await.refused(422, "INPUT_INVALID");
    office
        .post(&vacant, &with("since", json!("2098-01-01T00:00:00+08:00")))
        .await
        .refused(422, "INPUT_INVALID");
    office.post(&vacant, &with("words", json!(" "))).await.refused(422, "INPUT_INVALID");
    office.post(&vacant, &with("reason", json!("BORED"))).await.refused(422, "INPUT_INVALID");
    assert_eq!(owner.get(&committee).await.ok(), sits, "nothing came of it");

    // The alternates step up in rank order; the third seat stays open.
    for (leaves, steps_up) in [(3, Some(7)), (0, Some(8)), (1, None)] {
        let after = office.post(&vacant, &now(stood[leaves])).await.ok();
        let last = after["vacancies"].as_array().and_then(|all| all.last()).expect("it is noted").clone();
        assert_eq!([&last["candidate_id"], &last["words"]], [&json!(stood[leaves]), &json!("书面辞职")]);
        let stepped_up: Vec<&str> = steps_up.iter().map(|one: &usize| stood[*one]).collect();
        assert_eq!(ids(&last["stepped_up"]), stepped_up);
        assert_eq!(after["vacant"], u32::from(steps_up.is_none()));
        office.post(&vacant, &now(stood[leaves])).await.refused(409, "NO_MEMBER");
    }
    let sits = owner.get(&committee).await.ok();
    assert_eq!(ids(&sits["members"]), [2, 4, 5, 6, 7, 8].map(|one: usize| stood[one]));
    let up = &sits["members"][4];
    assert_eq!([&up["seated_by"], &up["rank"]], [&json!("SUCCESSION"), &json!(8)]);
    assert!(sits["vacancies"][0].get("words").is_none(), "words are for those who convene");
    assert_eq!((&sits["alternates"], &sits["reelection"]["is_due"]), (&json!([]), &json!(false)));
    for (phone, kind) in
        [(&house.owner(world, 7).await, "COMMITTEE_STEPPED_UP"), (&owner, "COMMITTEE_VACANCY")]
    {
        super::programmes::is_told(phone, kind, &poll).await;
    }

    // A by-election is for the seats that are open, beside all who sit.
    let mut by = house.terms(world, 1).await;
    (by["seats_filled"], by["committee_of"]) = (json!(6), json!(poll));
    let with = |member: &str, value: Value| {
        let mut terms = by.clone();
        terms[member] = value;
        terms
    };
    office.post("/v1/polls", &with("seats_filled", json!(0))).await.refused(422, "INPUT_INVALID");
    office.post("/v1/polls", &with("seats_filled", json!(5))).await.refused(422, "INPUT_INVALID");
    office.post("/v1/polls", &with("seats", json!(0))).await.refused(422, "INPUT_INVALID");
    office.post("/v1/polls", &with("seats", json!(2))).await.refused(422, "INPUT_INVALID");
    office.post("/v1/polls", &with("seats", json!(3))).await.refused(409, "BY_ELECTION_UNFIT");
    office.post("/v1/polls", &with("seats_filled", json!(4))).await.refused(409, "BY_ELECTION_UNFIT");
    office.post("/v1/polls", &with("committee_of", json!(stood[0]))).await.refused(404, "NOT_FOUND");
    let mut motion = with("kind", json!("MOTION"));
    motion["seats"] = json!(0);
    office.post("/v1/polls", &motion).await.refused(422, "INPUT_INVALID");
    let (second, again) = house.elect(world, &by, &[0]).await;
    let shown = world.sign_in("community").await.get(&format!("/v1/polls/{second}")).await.ok();
    assert_eq!([&shown["seats_filled"], &shown["committee_of"]], [&json!(6), &json!(poll)]);
    let office = world.sign_in("community").await;
    office.post(&format!("/v1/polls/{second}/publications"), &json!({})).await.ok();
    let result = until_final(world, &second).await;
    assert_eq!(result["election"]["outcome"], "FORMED", "with those who sit: {result}");
    assert_ne!(again[0], stood[0]);
    let office = world.sign_in("community").await;
    for asked in [&poll, &second] {
        let sits = office.get(&committee_of(asked)).await.ok();
        assert_eq!((&sits["poll_id"], &sits["vacant"]), (&json!(poll), &json!(0)));
        assert_eq!(ids(&sits["members"]), [2, 4, 5, 6, 7, 8, 0].map(|one: usize| stood[one]));
        let back = &sits["members"][6];
        assert_eq!([&back["seated_by"], &back["since"]], [&json!("BY_ELECTION"), &result["final_at"]]);
    }
    office.post(&vacancies(&second), &gone(&again[0])).await.refused(409, "NO_COMMITTEE");
    office.post("/v1/polls", &by).await.refused(409, "BY_ELECTION_UNFIT");

    // With fewer than half of the seats it is to be elected anew; that is told once.
    for (number, leaves) in [2, 4, 5, 6, 7].into_iter().enumerate() {
        let after = office.post(&vacant, &now(stood[leaves])).await.ok();
        assert_eq!(after["reelection"]["is_due"], number >= 3, "{after}");
    }
    super::programmes::is_told(&office, "COMMITTEE_REELECTION_DUE", &poll).await;
    let complex = &house.complex.id;
    let times = [
        ("COMMITTEE_VACANCY", 8),
        ("COMMITTEE_STEPPED_UP", 2),
        ("COMMITTEE_SEATS_FILLED", 1),
        ("COMMITTEE_REELECTION_DUE", 1),
    ];
    for (kind, times) in times {
        let told = super::eventually("the record", async || {
            let told = told_of(&office, complex, &poll, kind).await;
            (told.len() == times).then_some(told)
        });
        assert!(!json!(told.await).to_string().contains("辞职"), "the words are committed to, and not told");
    }
    for poll in [&poll, &second] {
        let (well, said) = verify(world, poll);
        assert!(well, "{said}");
    }
}

/// Waits until a published result is final.
pub(super) async fn until_final(world: &World, poll: &str) -> Value {
    let result = format!("/v1/polls/{poll}/result");
    let provisional = world.sign_in("community").await.get(&result).await.ok();
    until(world, moment(&provisional["provisional_until"]) + TimeDelta::hours(1)).await;
    let office = world.sign_in("community").await;
    super::until(&office, &result, "is final", |seen| seen.get("final_at").is_some()).await
}
