//! Ballots on paper beside online voting: given out, entered twice by clerks who do not see each other's entry, decided
//! by a third, and counted once, together with what came online.

use std::collections::BTreeMap;

use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{
    endings::{Hamlet, told_of},
    mandates::until_told,
    neighbours::{Form, head_of, items, moment, text, until, until_it_is, verify},
    polls::{changed, terms},
    uploads::send_photo,
};
use crate::{phone::Phone, servers::connect, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(paper_and_online_votes_are_one_count).in_the_demo(),
        story!(of_two_ballots_of_a_head_the_rules_say_which_stands).in_the_demo(),
        story!(more_papers_back_than_went_out_void_them_all).in_the_demo(),
        story!(voting_goes_on_only_once_paper_is_settled).in_the_demo(),
        story!(whoever_has_an_interest_handles_no_paper).in_the_demo(),
    ]
}

/// Who handles papers: each a preparer of their own, on a phone of their own.
async fn clerk(world: &World, name: &str) -> Phone {
    world.wechat_user(&format!("o-clerk-{name}")).await
}

/// Makes somebody something in a complex.
async fn appoint(world: &World, phone: &Phone, role: &str, complex: &str) {
    let office = world.sign_in("community").await;
    let role = json!({ "person_id": phone.person, "role": role });
    office.post(&format!("/v1/places/{complex}/roles"), &role).await.ok();
}

/// The owners of a home vote on paper, blank and with yes to all texts.
pub(super) async fn cast_on_paper(world: &World, complex: &str, poll: &str, home: &str) {
    let office = world.sign_in("community").await;
    let papers = format!("/v1/polls/{poll}/papers");
    let issued = office.post(&papers, &json!({ "home_ids": [home] })).await.ok();
    let entries = format!("{papers}/{}/entries", text(&issued["papers"][0]["id"]));
    let form = Form::read(&office, poll).await;
    let yes = |matter: &String| json!({ "matter_id": matter, "choice": "YES" });
    let says = json!({ "is_signed": true, "answers": form.matters.iter().map(yes).collect::<Vec<_>>() });
    for name in ["one", "two"] {
        let clerk = clerk(world, name).await;
        appoint(world, &clerk, "PREPARER", complex).await;
        let photo = send_photo(&clerk).await;
        clerk.post(&entries, &changed(&says, "photo_id", json!(photo))).await.ok();
    }
}

/// The same two count the box.
pub(super) async fn count_the_box(world: &World, poll: &str, returned: u32) {
    for name in ["one", "two"] {
        let stated = json!({ "returned": returned });
        clerk(world, name).await.post(&format!("/v1/polls/{poll}/boxes"), &stated).await.ok();
    }
}

/// One poll in the hamlet, with its papers.
struct Poll<'a> {
    world: &'a World,
    hamlet: &'a Hamlet,
    id: String,
    candidates: Vec<String>,
    matter: String,
}

impl<'a> Poll<'a> {
    async fn of(world: &'a World, hamlet: &'a Hamlet, id: &str) -> Self {
        let office = world.sign_in("community").await;
        let whole = office.call(Method::GET, &format!("/v1/polls/{id}")).send().await.ok();
        let standing = office.call(Method::GET, &format!("/v1/polls/{id}/candidates")).send().await.ok();
        Self {
            world,
            hamlet,
            id: id.to_owned(),
            candidates: items(&standing).iter().map(|one| text(&one["id"])).collect(),
            matter: text(&whole["matters"][0]["id"]),
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/polls/{}/{rest}", self.id)
    }

    fn home(&self, turn: usize) -> &str {
        self.hamlet.complex.home(self.hamlet.owners[turn].home.each_ref().map(String::as_str))
    }

    /// Gives out papers for the homes of these owners; the number of each, in their order.
    async fn issue(&self, turns: &[usize]) -> Vec<i64> {
        let homes: Vec<_> = turns.iter().map(|turn| self.home(*turn)).collect();
        let office = self.world.sign_in("community").await;
        let issued = office.post(&self.path("papers"), &json!({ "home_ids": homes })).await.ok();
        let papers = issued["papers"].as_array().expect("papers");
        assert_eq!(papers.len(), turns.len(), "one a head");
        let number = |home: &&str| {
            let of = |paper: &&Value| paper["homes"][0]["home_id"] == *home;
            papers.iter().find(of).expect("its paper")["number"].as_i64().expect("a number")
        };
        homes.iter().map(number).collect()
    }

    /// Where a paper is.
    async fn paper(&self, clerk: &Phone, number: i64) -> String {
        let found = clerk.call(Method::GET, &self.path(&format!("papers?number={number}"))).send().await.ok();
        assert_eq!(items(&found).len(), 1, "{found}");
        self.path(&format!("papers/{}", text(&items(&found)[0]["id"])))
    }

    /// What a paper says.
    fn says(&self, marked: usize, choice: Option<&str>, is_signed: bool) -> Value {
        let answers: Vec<_> =
            choice.iter().map(|choice| json!({ "matter_id": self.matter, "choice": choice })).collect();
        json!({ "is_signed": is_signed, "selections": self.candidates[..marked], "answers": answers })
    }

    /// A clerk enters a paper, with a photo of it.
    async fn enter(&self, clerk: &Phone, number: i64, says: &Value) -> crate::phone::Reply {
        let photo = send_photo(clerk).await;
        let entry = changed(says, "photo_id", json!(photo));
        clerk.post(&format!("{}/entries", self.paper(clerk, number).await), &entry).await
    }

    /// Two clerks enter the same.
    async fn settle(&self, clerks: [&Phone; 2], number: i64, says: &Value) {
        for (clerk, state) in clerks.into_iter().zip(["RETURNED", "SETTLED"]) {
            assert_eq!(self.enter(clerk, number, says).await.ok()["state"], state);
        }
    }

    /// An owner votes online.
    async fn vote(&self, turn: usize, marked: usize, choice: &str) -> crate::phone::Reply {
        let phone = self.hamlet.owner(self.world, turn).await;
        let head = head_of(&phone, &self.id, self.home(turn)).await;
        let mut ballot = self.says(marked, Some(choice), true);
        ballot.as_object_mut().expect("a ballot").remove("is_signed");
        phone.post(&self.path("ballots"), &changed(&ballot, "head_id", json!(head))).await
    }

    async fn state_box(&self, clerk: &Phone, returned: u32, late: u32) -> crate::phone::Reply {
        clerk.post(&self.path("boxes"), &json!({ "returned": returned, "late": late })).await
    }

    async fn read(&self, phone: &Phone) -> Value {
        phone.call(Method::GET, &format!("/v1/polls/{}", self.id)).send().await.ok()
    }

    /// The areas of the homes' heads, as the papers tell them.
    async fn areas(&self) -> BTreeMap<String, u64> {
        let office = self.world.sign_in("community").await;
        let papers = office.all(&self.path("papers"), 3).await;
        let area = |paper: &Value| {
            let homes = paper["homes"].as_array().expect("homes");
            homes.iter().map(|home| home["area"].as_u64().expect("an area")).sum::<u64>()
        };
        papers.iter().map(|paper| (text(&paper["homes"][0]["home_id"]), area(paper))).collect()
    }
}

/// An election of five among seven, with one text, in a place of ten owners.
async fn election(world: &World, hamlet: &Hamlet) -> String {
    let office = world.sign_in("community").await;
    let terms = changed(&terms(world, &hamlet.complex.id).await, "rules", json!({ "extensions": 0 }));
    let poll = text(&office.post("/v1/polls", &terms).await.ok()["id"]);
    let matter = json!({ "class": 9, "title": "换门禁", "body": "两处大门。" });
    office.post(&format!("/v1/polls/{poll}/matters"), &matter).await.ok();
    for owner in &hamlet.owners[..7] {
        let home = hamlet.complex.home(owner.home.each_ref().map(String::as_str));
        let stands = json!({ "home_id": home, "name": owner.name });
        office.post(&format!("/v1/polls/{poll}/candidates"), &stands).await.ok();
    }
    let papers = format!("/v1/polls/{poll}/papers");
    let home = hamlet.complex.home(hamlet.owners[0].home.each_ref().map(String::as_str));
    let early = json!({ "home_ids": [home] });
    office.post(&papers, &early).await.refused(409, "POLL_NOT_OPEN");
    office.post(&format!("/v1/polls/{poll}/locks"), &json!({})).await.ok();
    poll
}

async fn paper_and_online_votes_are_one_count(world: &mut World) {
    let hamlet = Hamlet::of(world, 10).await;
    let id = election(world, &hamlet).await;
    let poll = Poll::of(world, &hamlet, &id).await;
    for name in ["one", "two", "three"] {
        appoint(world, &clerk(world, name).await, "PREPARER", &hamlet.complex.id).await;
    }
    let office = world.sign_in("community").await;
    let stranger = json!({ "home_ids": [hamlet.complex.id] });
    let refused = office.post(&poll.path("papers"), &stranger).await.refused(422, "INPUT_INVALID");
    assert_eq!(refused["errors"][0]["pointer"], "/home_ids/0");
    office.post(&poll.path("papers"), &json!({})).await.refused(422, "INPUT_INVALID");
    let first = poll.issue(&[0, 1, 2, 3, 4, 5, 6]).await;
    let mut numbers = first.clone();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7], "from 1 on, each once");
    let one = clerk(world, "one").await;
    let says = poll.says(1, Some("YES"), true);
    poll.enter(&one, first[0], &says).await.refused(409, "POLL_NOT_OPEN");
    let whole = poll.read(&office).await;

    until(world, moment(&whole["opens_at"])).await;
    until_it_is(&world.sign_in("community").await, &id, "OPEN").await;
    let [one, two, three] =
        [clerk(world, "one").await, clerk(world, "two").await, clerk(world, "three").await];
    // One was lost: its number is worth nothing any more.
    let again = poll.issue(&[6]).await[0];
    assert_eq!(again, 8);
    poll.enter(&one, first[6], &says).await.refused(409, "PAPER_DONE");
    let lost = one.get(&poll.paper(&one, first[6]).await).await.ok();
    assert_eq!(lost["state"], "CANCELLED");
    let blank = poll.says(0, None, true);
    poll.settle([&one, &two], again, &blank).await;

    let owner = hamlet.owner(world, 0).await;
    poll.settle([&one, &two], first[0], &poll.says(5, Some("YES"), true)).await;
    until_told(&owner, &id, "BALLOT_CAST", 1).await;
    poll.settle([&two, &three], first[2], &poll.says(1, Some("YES"), false)).await;
    poll.settle([&three, &one], first[3], &poll.says(7, Some("YES"), true)).await;
    entries_differ_and_a_third_decides(&poll, [&one, &two, &three], first[1]).await;
    one_is_entered_under_a_wrong_number(&poll, [&one, &two], first[5]).await;
    poll.settle([&one, &two], first[5], &poll.says(2, Some("NO"), true)).await;

    // Who voted on two channels.
    poll.vote(4, 3, "YES").await.ok();
    poll.settle([&one, &two], first[4], &poll.says(1, Some("NO"), true)).await;
    poll.vote(5, 3, "YES").await.refused(409, "BALLOT_IN_ALREADY");
    poll.vote(3, 4, "NO").await.ok();
    for turn in [7, 8] {
        poll.vote(turn, 6, "ABSTAIN").await.ok();
    }
    office_gives_no_second_paper(&poll).await;

    // The last comes back at the last moment, and nothing is counted before it is settled.
    let last = an_owner_asks_for_a_paper(&poll, 9).await;
    let says = poll.says(5, Some("YES"), true);
    poll.enter(&three, last, &says).await.ok();
    poll.state_box(&three, 8, 0).await.refused(409, "BOX_NOT_DUE");
    until(world, moment(&whole["closes_at"])).await;
    the_count_waits(&poll, last, &says).await;

    let office = world.sign_in("community").await;
    until_it_is(&office, &id, "CLOSED").await;
    the_result_is_what_was_put_in(&poll).await;
    whoever_changes_a_paper_is_found_out(&poll).await;
}

/// Where voting is online, whoever would rather have a paper asks for one, once, if the city lets them; its number.
async fn an_owner_asks_for_a_paper(poll: &Poll<'_>, turn: usize) -> i64 {
    let (world, asks) = (poll.world, poll.path("paper-requests"));
    let [owner, voter] = [poll.hamlet.owner(world, turn).await, poll.hamlet.owner(world, 7).await];
    let head = json!({ "head_id": head_of(&owner, &poll.id, poll.home(turn)).await });
    let in_already = json!({ "head_id": head_of(&voter, &poll.id, poll.home(7)).await });
    let db = connect(&world.data.database_url).await.unwrap();
    let rule = async |name: &str, from: &str, to: &str| {
        let [from, to] = [from, to].map(|value| format!("\"{name}\",\"value\":{value}"));
        let change = format!(
            "UPDATE poll SET in_force = replace(in_force, '{from}', '{to}') WHERE in_force LIKE '%{from}%'"
        );
        assert!(db.execute_unprepared(&change).await.unwrap().rows_affected() > 0, "{change}");
    };
    let both = "[\"ONLINE\",\"PAPER\"]";
    rule("表决方式", both, "[\"ONLINE\"]").await;
    rule("可要求纸质", "true", "false").await;
    owner.post(&asks, &head).await.refused(409, "CHANNEL_NOT_HELD");
    rule("可要求纸质", "false", "true").await;
    owner.post(&asks, &in_already).await.refused(404, "NOT_FOUND");
    voter.post(&asks, &in_already).await.refused(409, "BALLOT_IN_ALREADY");
    assert_eq!(owner.post(&asks, &head).await.ok()["head_id"], head["head_id"]);
    owner.post(&asks, &head).await.refused(409, "PAPER_OUT");
    rule("表决方式", "[\"ONLINE\"]", both).await;
    db.close().await.unwrap();
    let office = world.sign_in("community").await;
    until_told(&office, &poll.id, "PAPER_ASKED", 1).await;
    let papers = office.all(&poll.path("papers"), 50).await;
    let of_home = papers.iter().find(|paper| paper["homes"][0]["home_id"] == poll.home(turn));
    of_home.expect("it is given out")["number"].as_i64().expect("a number")
}

async fn entries_differ_and_a_third_decides(poll: &Poll<'_>, [one, two, three]: [&Phone; 3], number: i64) {
    let path = poll.paper(three, number).await;
    poll.enter(one, number, &poll.says(2, Some("YES"), true)).await.ok();
    // Nothing anywhere tells what the first entry was.
    for clerk in [one, two, three] {
        let of_paper = super::eventually("the record tells of the entry", async || {
            let mut told = told_of(clerk, &poll.hamlet.complex.id, &poll.id, "PAPER_ENTERED").await;
            told.retain(|one| one["facts"]["number"] == number);
            (told.len() == 1).then_some(told)
        })
        .await;
        assert_eq!(of_paper[0]["facts"], json!({ "number": number, "entry": 1 }));
        for seen in [
            clerk.get(&path).await.text(),
            serde_json::to_string(&clerk.all(&poll.path("papers"), 50).await).unwrap(),
            serde_json::to_string(&of_paper).unwrap(),
            serde_json::to_string(&clerk.get(&poll.path("progress")).await.ok()).unwrap(),
        ] {
            assert!(!seen.contains("readings") && !seen.contains("YES"), "{seen}");
            assert!(poll.candidates.iter().all(|candidate| !seen.contains(candidate.as_str())), "{seen}");
        }
        let seen = clerk.get(&path).await.ok();
        assert_eq!((&seen["state"], &seen["entries"]), (&json!("RETURNED"), &json!(1)));
        assert_eq!(seen["is_entered_by_you"], clerk.person == one.person);
    }
    let decided = json!({
        "is_signed": true, "selections": poll.candidates[..2], "reasons": "第二处打勾后划去",
        "answers": [{ "matter_id": poll.matter, "choice": "NO" }],
    });
    let adjudications = format!("{path}/adjudications");
    three.post(&adjudications, &decided).await.refused(409, "PAPER_DONE");
    poll.enter(one, number, &poll.says(2, Some("NO"), true)).await.refused(409, "OTHER_PERSON_NEEDED");
    let differs = poll.enter(two, number, &poll.says(2, Some("NO"), true)).await.ok();
    assert_eq!(differs["state"], "DIFFERS");
    assert!(differs.get("readings").is_none(), "{differs}");
    poll.enter(three, number, &poll.says(2, Some("NO"), true)).await.refused(409, "PAPER_DONE");
    for clerk in [one, two] {
        let seen = clerk.get(&path).await.ok();
        assert!(seen.get("readings").is_none(), "who entered it does not decide: {seen}");
        clerk.post(&adjudications, &decided).await.refused(409, "OTHER_PERSON_NEEDED");
    }
    let seen = three.get(&path).await.ok();
    let readings = seen["readings"].as_array().expect("both entries");
    let choices: Vec<_> = readings.iter().map(|one| one["answers"][0]["choice"].clone()).collect();
    assert_eq!(choices, ["YES", "NO"]);
    // Whoever handles papers sees the photos, and no neighbour does.
    let photo = format!("/v1/uploads/{}", text(&readings[0]["photo_id"]));
    assert_eq!(three.get(&photo).await.status, 200);
    let neighbour = poll.hamlet.owner(poll.world, 8).await;
    neighbour.get(&photo).await.refused(404, "NOT_FOUND");
    let stranger = changed(&decided, "selections", json!([poll.id]));
    three.post(&adjudications, &stranger).await.refused(422, "BALLOT_UNFIT");
    assert_eq!(three.post(&adjudications, &decided).await.ok()["state"], "SETTLED");
    three.post(&adjudications, &decided).await.refused(409, "PAPER_DONE");
    until_told(three, &poll.id, "POLL_PAPERS_DIFFER", 1).await;
}

/// Another clerk takes it back, and the paper is out as before.
async fn one_is_entered_under_a_wrong_number(poll: &Poll<'_>, [one, two]: [&Phone; 2], number: i64) {
    let withdrawals = format!("{}/withdrawals", poll.paper(one, number).await);
    let reasons = json!({ "reasons": "号码录错，箱内没有这张" });
    two.post(&withdrawals, &reasons).await.refused(409, "PAPER_DONE");
    for _ in 0..2 {
        poll.enter(one, number, &poll.says(7, Some("YES"), true)).await.ok();
        one.post(&withdrawals, &reasons).await.refused(409, "OTHER_PERSON_NEEDED");
        let out = two.post(&withdrawals, &reasons).await.ok();
        assert_eq!((&out["state"], &out["entries"]), (&json!("ISSUED"), &json!(0)));
        assert!(out.get("returned_at").is_none(), "{out}");
    }
}

async fn office_gives_no_second_paper(poll: &Poll<'_>) {
    let office = poll.world.sign_in("community").await;
    for turn in [0, 7] {
        let home = json!({ "home_ids": [poll.home(turn)] });
        office.post(&poll.path("papers"), &home).await.refused(409, "BALLOT_IN_ALREADY");
    }
}

async fn the_count_waits(poll: &Poll<'_>, last: i64, says: &Value) {
    let world = poll.world;
    let office = world.sign_in("community").await;
    let path = format!("/v1/polls/{}", poll.id);
    let waits = |seen: &Value| seen.get("counting_waits").is_some();
    let seen = super::until(&office, &path, "waits for paper", waits).await;
    assert_eq!((&seen["state"], &seen["counting_waits"]["papers"]), (&json!("OPEN"), &json!(1)));
    assert_eq!(seen["counting_waits"]["is_box_stated"], false);
    poll.vote(9, 1, "NO").await.refused(409, "POLL_CLOSED");
    office.post(&poll.path("publications"), &json!({})).await.refused(409, "POLL_CANNOT_MOVE");
    office
        .post(&poll.path("papers"), &json!({ "home_ids": [poll.home(9)] }))
        .await
        .refused(409, "POLL_CLOSED");
    let (one, two) = (clerk(world, "one").await, clerk(world, "two").await);
    assert_eq!(poll.enter(&one, last, says).await.ok()["state"], "SETTLED");
    assert_eq!(poll.read(&office).await["counting_waits"]["papers"], 0, "for the box alone");
    let (well, said) = verify(world, &poll.id);
    assert!(well, "{said}");

    // Nine went out, one in place of another: eight came back.
    poll.state_box(&one, 7, 0).await.refused(409, "BOX_UNLIKE");
    assert_eq!(poll.state_box(&one, 8, 0).await.ok()["state"], "STATED");
    poll.state_box(&one, 8, 0).await.refused(409, "OTHER_PERSON_NEEDED");
    assert_eq!(poll.state_box(&two, 9, 0).await.ok()["state"], "DIFFERS", "nobody is right by being second");
    assert_eq!(poll.state_box(&two, 8, 0).await.ok()["state"], "STATED");
    let agreed = poll.state_box(&one, 8, 0).await.ok();
    assert_eq!((&agreed["state"], &agreed["is_void"]), (&json!("AGREED"), &json!(false)));
}

async fn the_result_is_what_was_put_in(poll: &Poll<'_>) {
    let world = poll.world;
    let office = world.sign_in("community").await;
    let areas = poll.areas().await;
    let weigh = |turns: &[usize]| {
        // Owners without a paper are weighed by the roll's whole.
        let area: u64 = turns.iter().filter_map(|turn| areas.get(poll.home(*turn))).sum();
        (turns.len(), area)
    };
    let result = office.get(&poll.path("result")).await.ok();
    assert_eq!(result["returned"]["heads"], 9, "{result}");
    assert_eq!(result["silent"]["heads"], 0);
    let (heads, area) = weigh(&[2]);
    assert_eq!(result["invalid"], json!({ "heads": heads, "area": area }), "without a signature");
    assert_eq!(
        result["paper"],
        json!({ "issued": 9, "cancelled": 1, "returned": 8, "late": 0, "is_void": false })
    );
    // Who abstained, and who left the text blank on a paper, took part and did not agree.
    let (matter, all) = (&result["matters"][0], |pair: &Value| {
        ["heads", "area"].map(|measure| pair[measure].as_u64().expect("a measure"))
    });
    for (column, turns) in [("yes", [0, 4, 9]), ("no", [1, 3, 5])] {
        let (heads, area) = weigh(&turns);
        assert_eq!(matter["votes"][column], json!({ "heads": heads, "area": area }), "{column}");
    }
    let [yes, no, invalid] = ["yes", "no", "invalid"].map(|column| all(&matter["votes"][column])[1]);
    let rest = all(&result["roll"])[1] - yes - no - invalid;
    assert_eq!(matter["votes"]["abstain"], json!({ "heads": 3, "area": rest }), "two online, one on paper");
    assert_eq!(matter["participating"], result["returned"]);
    assert_eq!((&matter["yes"]["heads"], &matter["outcome"]), (&json!(3), &json!("REJECTED")));
    let standing = result["election"]["candidates"].as_array().expect("candidates");
    let votes = |at: usize| {
        let one = standing.iter().find(|one| one["candidate_id"] == poll.candidates[at].as_str());
        one.unwrap_or_else(|| panic!("{standing:?}"))["votes"]["heads"].clone()
    };
    // Each head marked the first so many; 3 went online after a paper that could not count, 4 was online first.
    let marked = [(0, 5), (1, 2), (3, 4), (4, 3), (5, 2), (6, 0), (7, 6), (8, 6), (9, 5)];
    for at in 0..7 {
        let by_hand = marked.iter().filter(|(_, marked)| *marked > at).count();
        assert_eq!(votes(at), by_hand, "candidate {at}");
    }
    let progress = office.get(&poll.path("progress")).await.ok();
    let by_channel: Vec<_> = progress["by_channel"].as_array().expect("channels").iter().collect();
    let channels: BTreeMap<_, _> =
        by_channel.iter().map(|one| (text(&one["channel"]), one["heads"].clone())).collect();
    assert_eq!(channels, BTreeMap::from([("ONLINE".into(), json!(4)), ("PAPER".into(), json!(6))]));
    let of_paper = by_channel.iter().find(|one| one["channel"] == "PAPER").expect("paper");
    assert_eq!(of_paper["area"], weigh(&[0, 1, 2, 5, 6, 9]).1);
    let list = office.call(Method::GET, &poll.path("lists/participation?format=csv")).send().await;
    let list = String::from_utf8(list.bytes).expect("words");
    assert_eq!(list.matches("纸质").count(), 6, "{list}");
    for kind in ["PAPERS_ISSUED", "PAPER_BOX_AGREED", "PAPERS_AWAITED"] {
        super::eventually(kind, async || {
            let told = told_of(&office, &poll.hamlet.complex.id, &poll.id, kind).await;
            (!told.is_empty()).then_some(())
        })
        .await;
    }
    let (well, said) = verify(world, &poll.id);
    assert!(well, "{said}");
}

async fn whoever_changes_a_paper_is_found_out(poll: &Poll<'_>) {
    let db = connect(&poll.world.data.database_url).await.unwrap();
    let found = |words: &str| {
        let (well, said) = verify(poll.world, &poll.id);
        assert!(!well && said.contains(words), "{words}: {said}");
    };
    for (change, back, words) in [
        (
            "UPDATE paper_box SET returned = 7 WHERE state = 'AGREED'",
            "UPDATE paper_box SET returned = 8 WHERE state = 'AGREED'",
            "PAPER_BOX_AGREED in the record",
        ),
        (
            "UPDATE paper SET state = 'ISSUED' WHERE number = 8",
            "UPDATE paper SET state = 'SETTLED' WHERE number = 8",
            "paper 8: it is ISSUED, and its entries say otherwise",
        ),
        ("UPDATE ballot_set_aside SET commitment = 'x'", "", "the record tells of a ballot"),
    ] {
        assert!(db.execute_unprepared(change).await.unwrap().rows_affected() > 0, "{change}");
        found(words);
        if !back.is_empty() {
            db.execute_unprepared(back).await.unwrap();
        }
    }
    let gone = "DELETE FROM paper_entry WHERE entry = 3";
    assert_eq!(db.execute_unprepared(gone).await.unwrap().rows_affected(), 1);
    found("its entries say otherwise");
    db.close().await.unwrap();
}

/// A motion by one policy.
async fn by_policy<'a>(
    world: &'a World,
    hamlet: &'a Hamlet,
    (policy, allow_revote): (&str, bool),
    terms: &Value,
) -> Poll<'a> {
    let office = world.sign_in("community").await;
    let rules = json!({ "duplicate_policy": policy, "allow_revote": allow_revote, "extensions": 0 });
    let id = hamlet.motion(&office, &changed(terms, "rules", rules)).await;
    Poll::of(world, hamlet, &id).await
}

async fn of_two_ballots_of_a_head_the_rules_say_which_stands(world: &mut World) {
    let hamlet = Hamlet::of(world, 5).await;
    for name in ["one", "two"] {
        appoint(world, &clerk(world, name).await, "PREPARER", &hamlet.complex.id).await;
    }
    let terms = terms(world, &hamlet.complex.id).await;
    let mut polls = Vec::new();
    for policy in [("FIRST_VALID", false), ("ONLINE", false), ("PAPER", false), ("FIRST_VALID", true)] {
        polls.push((by_policy(world, &hamlet, policy, &terms).await, policy));
    }
    until(world, moment(&terms["opens_at"])).await;
    for (poll, (policy, may_change)) in &polls {
        until_it_is(&world.sign_in("community").await, &poll.id, "OPEN").await;
        let (one, two) = (clerk(world, "one").await, clerk(world, "two").await);
        let numbers = poll.issue(&[0, 1, 2, 3]).await;
        let no = poll.says(0, Some("NO"), true);
        // Online first, and online again: a vote is changed only where that is allowed, and paper does not change it.
        let first = poll.vote(0, 0, "YES").await.ok();
        poll.settle([&one, &two], numbers[0], &no).await;
        let again = poll.vote(0, 0, "ABSTAIN").await;
        if *may_change {
            let again = again.ok();
            let owner = hamlet.owner(world, 0).await;
            let receipt = async |of: &Value| {
                owner.get(&poll.path(&format!("receipts/{}", text(&of["ballot_id"])))).await.ok()
            };
            assert_eq!(receipt(&first).await["set_aside"]["why"], "SUPERSEDED");
            assert_eq!(receipt(&again).await.get("set_aside"), None);
        } else {
            again.refused(409, "BALLOT_IN_ALREADY");
        }
        // Paper first, and settled.
        poll.settle([&one, &two], numbers[1], &no).await;
        let second = poll.vote(1, 0, "YES").await;
        if *policy == "ONLINE" {
            second.ok();
        } else {
            second.refused(409, "BALLOT_IN_ALREADY");
        }
        // Paper first, and settled after the vote online.
        poll.enter(&one, numbers[2], &no).await.ok();
        poll.vote(2, 0, "YES").await.ok();
        poll.enter(&two, numbers[2], &no).await.ok();
        // Paper that cannot count, and a vote online.
        poll.settle([&one, &two], numbers[3], &poll.says(0, Some("NO"), false)).await;
        poll.vote(3, 0, "YES").await.ok();
    }
    a_disputed_paper_gives_back_the_vote_online(world, &polls[2].0).await;
    until(world, moment(&terms["closes_at"])).await;
    for (poll, (policy, may_change)) in &polls {
        let (one, two) = (clerk(world, "one").await, clerk(world, "two").await);
        for clerk in [&one, &two] {
            poll.state_box(clerk, 4, 0).await.ok();
        }
        let office = world.sign_in("community").await;
        until_it_is(&office, &poll.id, "CLOSED").await;
        let result = office.get(&poll.path("result")).await.ok();
        // 3 always counts as cast online; of the others each policy has its own.
        let (yes, changed) = match (*policy, *may_change) {
            ("FIRST_VALID", true) => ([3].len(), [0].len()),
            ("ONLINE", _) => ([0, 1, 2, 3].len(), 0),
            _ => ([0, 3].len(), 0),
        };
        let votes = &result["matters"][0]["votes"];
        assert_eq!(
            [&votes["yes"]["heads"], &votes["no"]["heads"], &votes["abstain"]["heads"]],
            [&json!(yes), &json!(4 - yes - changed), &json!(changed)],
            "{policy}: {result}"
        );
        assert_eq!((&result["invalid"]["heads"], &result["silent"]["heads"]), (&json!(0), &json!(1)));
        let (well, said) = verify(world, &poll.id);
        assert!(well, "{policy}: {said}");
    }
}

/// Where paper stands before a vote online: the owner says that they signed none, and that holds.
async fn a_disputed_paper_gives_back_the_vote_online(world: &World, poll: &Poll<'_>) {
    let owner = poll.hamlet.owner(world, 0).await;
    let head = head_of(&owner, &poll.id, poll.home(0)).await;
    let say = json!({ "head_id": head, "words": "纸质选票不是我填的" });
    let made = owner.post(&poll.path("disputes"), &say).await.ok();
    assert_eq!(made["channel"], "PAPER");
    let answer = json!({ "outcome": "UPHELD", "words": "笔迹与本人不符" });
    let street = world.sign_in("street").await;
    let answers = poll.path(&format!("disputes/{}/answers", text(&made["id"])));
    street.post(&answers, &answer).await.ok();
    let heads = owner.get(&poll.path("heads")).await.ok();
    assert_eq!(items(&heads)[0]["ballot_is_in"], true, "the vote online stands again");
    poll.vote(0, 0, "NO").await.refused(409, "BALLOT_IN_ALREADY");
}

async fn more_papers_back_than_went_out_void_them_all(world: &mut World) {
    let hamlet = Hamlet::of(world, 5).await;
    for name in ["one", "two"] {
        appoint(world, &clerk(world, name).await, "PREPARER", &hamlet.complex.id).await;
    }
    let terms = terms(world, &hamlet.complex.id).await;
    let poll = by_policy(world, &hamlet, ("PAPER", false), &terms).await;
    let numbers = poll.issue(&[0, 1, 2]).await;
    until(world, moment(&terms["opens_at"])).await;
    until_it_is(&world.sign_in("community").await, &poll.id, "OPEN").await;
    let (one, two) = (clerk(world, "one").await, clerk(world, "two").await);
    let no = poll.says(0, Some("NO"), true);
    // Who voted online too is heard online, once paper is void.
    poll.vote(0, 0, "YES").await.ok();
    poll.settle([&one, &two], numbers[0], &no).await;
    poll.settle([&one, &two], numbers[1], &no).await;
    poll.enter(&one, numbers[2], &no).await.ok();
    poll.vote(3, 0, "YES").await.ok();
    let office = world.sign_in("community").await;
    assert_eq!(office.get(&poll.path("progress")).await.ok()["took_part"]["heads"], 3);

    until(world, moment(&terms["closes_at"])).await;
    let (one, two) = (clerk(world, "one").await, clerk(world, "two").await);
    assert_eq!(poll.state_box(&one, 4, 0).await.ok()["state"], "STATED");
    let void = poll.state_box(&two, 4, 0).await.ok();
    assert_eq!((&void["state"], &void["is_void"]), (&json!("AGREED"), &json!(true)));
    poll.enter(&two, numbers[2], &no).await.refused(409, "PAPER_VOID");
    poll.state_box(&two, 4, 0).await.refused(409, "PAPER_VOID");
    let office = world.sign_in("community").await;
    let closed = until_it_is(&office, &poll.id, "CLOSED").await;
    assert!(closed.get("paper_void_at").is_some(), "{closed}");
    let result = office.get(&poll.path("result")).await.ok();
    let votes = &result["matters"][0]["votes"];
    assert_eq!((&votes["yes"]["heads"], &votes["no"]["heads"]), (&json!(2), &json!(0)), "{result}");
    assert_eq!((&result["returned"]["heads"], &result["invalid"]["heads"]), (&json!(2), &json!(0)));
    assert_eq!(result["paper"]["is_void"], true);
    super::eventually("the record tells that paper is void", async || {
        let told = told_of(&office, &hamlet.complex.id, &poll.id, "PAPER_CHANNEL_VOID").await;
        (told.len() == 1).then_some(())
    })
    .await;
    let (well, said) = verify(world, &poll.id);
    assert!(well, "{said}");
}

async fn voting_goes_on_only_once_paper_is_settled(world: &mut World) {
    let hamlet = Hamlet::of(world, 6).await;
    for name in ["one", "two"] {
        appoint(world, &clerk(world, name).await, "PREPARER", &hamlet.complex.id).await;
    }
    let terms = terms(world, &hamlet.complex.id).await;
    let office = world.sign_in("community").await;
    let id = hamlet.motion(&office, &terms).await;
    let poll = Poll::of(world, &hamlet, &id).await;
    let numbers = poll.issue(&[0, 1, 2, 3]).await;
    until(world, moment(&terms["opens_at"])).await;
    until_it_is(&world.sign_in("community").await, &id, "OPEN").await;
    let (one, two) = (clerk(world, "one").await, clerk(world, "two").await);
    let yes = poll.says(0, Some("YES"), true);
    poll.settle([&one, &two], numbers[0], &yes).await;
    poll.enter(&one, numbers[1], &yes).await.ok();
    poll.vote(4, 0, "YES").await.ok();

    // Three of six are too few; but whether they are three is not known yet.
    until(world, moment(&terms["closes_at"])).await;
    let (one, two) = (clerk(world, "one").await, clerk(world, "two").await);
    let office = world.sign_in("community").await;
    let waits = |seen: &Value| seen.get("counting_waits").is_some();
    let seen = super::until(&office, &format!("/v1/polls/{id}"), "waits for paper", waits).await;
    assert_eq!((&seen["state"], &seen["extensions"]), (&json!("OPEN"), &json!([])));
    poll.vote(5, 0, "YES").await.refused(409, "POLL_CLOSED");
    poll.enter(&two, numbers[2], &yes).await.refused(409, "POLL_CLOSED");
    poll.enter(&two, numbers[1], &yes).await.ok();
    // One was found in the box that nobody entered in time: it may still come in while voting goes on.
    for clerk in [&one, &two] {
        poll.state_box(clerk, 3, 1).await.ok();
    }
    let is_extended = |seen: &Value| seen["extensions"] != json!([]);
    let seen = super::until(&office, &format!("/v1/polls/{id}"), "goes on", is_extended).await;
    assert!(seen.get("counting_waits").is_none(), "{seen}");
    poll.settle([&one, &two], numbers[2], &yes).await;
    poll.vote(5, 0, "NO").await.ok();
    until(world, moment(&seen["closes_at"])).await;
    let (one, two) = (clerk(world, "one").await, clerk(world, "two").await);
    let office = world.sign_in("community").await;
    super::until(&office, &format!("/v1/polls/{id}"), "waits for the box", waits).await;
    for clerk in [&one, &two] {
        poll.state_box(clerk, 3, 0).await.ok();
    }
    until_it_is(&office, &id, "CLOSED").await;
    let result = office.get(&poll.path("result")).await.ok();
    let votes = &result["matters"][0]["votes"];
    assert_eq!((&votes["yes"]["heads"], &votes["no"]["heads"]), (&json!(4), &json!(1)), "{result}");
    assert_eq!(result["matters"][0]["outcome"], "PASSED");
    let (well, said) = verify(world, &id);
    assert!(well, "{said}");
}

async fn whoever_has_an_interest_handles_no_paper(world: &mut World) {
    let hamlet = Hamlet::of(world, 10).await;
    let complex = hamlet.complex.id.clone();
    let id = election(world, &hamlet).await;
    let poll = Poll::of(world, &hamlet, &id).await;
    let number = poll.issue(&[9]).await[0];
    let paper = poll.paper(&world.sign_in("community").await, number).await;
    let [property, developer] = [clerk(world, "property").await, clerk(world, "developer").await];
    for (phone, role) in [(&property, "PROPERTY_MANAGER"), (&developer, "DEVELOPER")] {
        appoint(world, phone, role, &complex).await;
    }
    let candidate = hamlet.owner(world, 0).await;
    let neighbour = hamlet.owner(world, 8).await;
    let entries = format!("{paper}/entries");
    let entry = changed(&poll.says(1, Some("YES"), true), "photo_id", json!(poll.matter));
    let adjudications = format!("{paper}/adjudications");
    let decided = changed(&poll.says(1, Some("YES"), true), "reasons", json!("看清楚了"));
    let withdrawals = format!("{paper}/withdrawals");
    let all = async |phone: &Phone, status: u16, name: &str| {
        for path in [&poll.path("papers"), &paper] {
            phone.get(path).await.refused(status, name);
        }
        for (path, body) in [
            (&poll.path("papers"), json!({ "home_ids": [poll.home(9)] })),
            (&entries, entry.clone()),
            (&adjudications, decided.clone()),
            (&withdrawals, json!({ "reasons": "号码录错" })),
            (&poll.path("boxes"), json!({ "returned": 0 })),
        ] {
            phone.post(path, &body).await.refused(status, name);
        }
    };
    for phone in [&property, &developer, &candidate, &neighbour] {
        all(phone, 404, "NOT_FOUND").await;
    }
    // Whatever else they were made.
    for phone in [&property, &developer, &candidate] {
        appoint(world, phone, "PREPARER", &complex).await;
        all(phone, 403, "CLERK_BARRED").await;
    }
}
