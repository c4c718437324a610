//! A committee that stays: a member is kept or removed, an empty seat is filled, and the next committee follows the last.

use chrono::{DateTime, FixedOffset, TimeDelta};
use serde_json::{Value, json};

use super::{
    archive::{found_in, found_in_changed},
    committees::{House, committee_of, ids, until_final, vacancies},
    incidents::Town,
    neighbours::{Form, head_of, items, moment, text, until, until_it_is},
    programmes::{deed, is_told, module, read, show, shown, until_module},
    uploads::send_photo,
};
use crate::{phone::Phone, story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![
        story!(a_member_is_kept_or_removed_by_the_owners_and_another_follows).in_the_demo(),
        story!(an_alternate_steps_up_and_that_is_filed).in_the_demo(),
        story!(two_who_are_equal_for_an_empty_seat_are_voted_on_again).in_the_demo(),
        story!(a_committee_below_its_least_number_is_elected_anew).in_the_demo(),
    ]
}

/// Whether somebody is a member of the committee, as their roles tell.
async fn sits(phone: &Phone) -> bool {
    let roles = phone.get("/v1/me").await.ok()["roles"].clone();
    roles.as_array().expect("roles").iter().any(|grant| grant["role"] == "COMMITTEE_MEMBER")
}

/// Which of the first owners are.
async fn who_sits(world: &World, house: &House) -> Vec<usize> {
    let mut sitting = Vec::new();
    for turn in 0..house.owners.len() {
        if sits(&house.owner(world, turn).await).await {
            sitting.push(turn);
        }
    }
    sitting
}

async fn office(world: &World) -> Phone {
    world.sign_in("community").await
}

/// A programme of a house, and what is done in it.
struct Course<'a> {
    world: &'a World,
    house: &'a House,
    id: String,
}

impl<'a> Course<'a> {
    async fn begin(world: &'a World, house: &'a House, by: &Phone, begin: &Value) -> (Self, Value) {
        let begun = by.post(&at(house), begin).await.ok();
        (Self { world, house, id: text(&begun["id"]) }, begun)
    }

    async fn read(&self) -> Value {
        read(&office(self.world).await, &self.id).await
    }

    async fn until(&self, name: &str, state: &str) -> Value {
        until_module(&office(self.world).await, &self.id, name, state).await
    }

    /// Goes on until a module that runs may be over, or its time is up.
    async fn wait_for(&self, name: &str, moment_of: &str) -> Value {
        let now = self.until(name, "RUNNING").await;
        until(self.world, moment(&module(&now, name)[moment_of]) + TimeDelta::hours(1)).await;
        self.until(name, "OVER").await
    }

    async fn does(&self, phone: &Phone, name: &str, what: &str, words: &str) -> Value {
        let said = (!words.is_empty()).then(|| json!(words));
        deed(phone, &self.id, name, &json!({ "deed": what, "words": said })).await.ok()
    }

    async fn bind(&self, convenor: &Phone, poll: &str) {
        let bind = json!({ "module": "vote", "poll_id": poll });
        convenor.post(&format!("/v1/programmes/{}/polls", self.id), &bind).await.ok();
    }

    /// Locks the poll of the vote once its roll is to be locked.
    async fn lock(&self, poll: &str) -> Value {
        self.until("roll", "RUNNING").await;
        office(self.world).await.post(&format!("/v1/polls/{poll}/locks"), &json!({})).await.ok();
        self.until("notice", "RUNNING").await
    }

    /// Every owner casts this ballot once the vote has begun, and it is counted.
    async fn vote(&self, poll: &str, ballot: impl Fn(usize, &Form) -> Value) -> Value {
        self.vote_in(["notice", "vote"], poll, ballot).await
    }

    /// The same in the vote of this name, after the notice of that.
    async fn vote_in(
        &self,
        [notice, vote]: [&str; 2],
        poll: &str,
        ballot: impl Fn(usize, &Form) -> Value,
    ) -> Value {
        if module(&self.read().await, vote)["state"] == "WAITING" {
            self.wait_for(notice, "earliest_at").await;
        }
        self.until(vote, "RUNNING").await;
        let mut form = Form::read(&office(self.world).await, poll).await;
        form.candidates.sort();
        let shown = office(self.world).await.get(&format!("/v1/polls/{poll}")).await.ok();
        until(self.world, moment(&shown["opens_at"])).await;
        until_it_is(&office(self.world).await, poll, "OPEN").await;
        for (turn, owner) in self.house.owners.iter().enumerate() {
            let phone = self.house.owner(self.world, turn).await;
            let home = self.house.complex.home(owner.home.each_ref().map(String::as_str));
            let mut ballot = ballot(turn, &form);
            ballot["head_id"] = json!(head_of(&phone, poll, home).await);
            phone.post(&form.path("ballots"), &ballot).await.ok();
        }
        until(self.world, form.closes_at).await;
        until_it_is(&office(self.world).await, poll, "CLOSED").await;
        self.until(vote, "OVER").await
    }

    async fn publish(&self, poll: &str) {
        office(self.world).await.post(&format!("/v1/polls/{poll}/publications"), &json!({})).await.ok();
    }

    /// Begun by an owner, and signed by as many as it takes; the member it is about has the word.
    async fn removal(world: &'a World, house: &'a House, member: &str) -> Self {
        let owner = house.owner(world, 5).await;
        let begin = json!({ "template": "removal", "purpose": "罢免一名委员", "member_id": member });
        let (course, begun) = Self::begin(world, house, &owner, &begin).await;
        assert_eq!(begun["member"]["candidate_id"], member);
        assert_eq!(module(&begun, "vote")["waits_for"], json!(["notice"]));
        owner.post(&at(house), &begin).await.refused(409, "PROGRAMME_RUNS");
        course.does(&owner, "proposal", "SIGN", "").await;
        assert_eq!(
            module(&course.read().await, "proposal")["state"],
            "RUNNING",
            "one in seven is not enough"
        );
        course.does(&house.owner(world, 6).await, "proposal", "SIGN", "").await;
        course.until("defence", "RUNNING").await;
        course
    }

    /// What the owners vote on of a member.
    async fn motion(&self) -> String {
        let mut terms = self.house.terms(self.world, 0).await;
        (terms["kind"], terms["title"]) = (json!("MOTION"), json!("罢免业主委员会委员"));
        let office = office(self.world).await;
        let poll = text(&office.post("/v1/polls", &terms).await.ok()["id"]);
        let matter = json!({ "class": 3, "title": "罢免委员", "body": "罢免所涉委员的职务。" });
        office.post(&format!("/v1/polls/{poll}/matters"), &matter).await.ok();
        poll
    }

    /// From the roll to the count.
    async fn decide(&self, choice: &str) -> (String, Value) {
        let poll = self.motion().await;
        self.bind(&self.house.owner(self.world, 5).await, &poll).await;
        self.lock(&poll).await;
        let counted = self
            .vote(&poll, |_, form| {
                let answers = form.matters.iter().map(|id| json!({ "matter_id": id, "choice": choice }));
                json!({ "selections": [], "answers": answers.collect::<Vec<_>>() })
            })
            .await;
        (poll, counted)
    }

    /// Those who stood first have everybody's vote.
    async fn choose_the_first(&self, poll: &str, seats: usize) -> Value {
        let choose = |_, form: &Form| json!({ "selections": form.candidates[..seats], "answers": [] });
        self.vote(poll, choose).await
    }

    /// The poll of the vote is an election in which these owners agree to stand, which are enough.
    async fn nominate(&self, terms: &Value, stand: &[usize]) -> String {
        let poll = text(&office(self.world).await.post("/v1/polls", terms).await.ok()["id"]);
        self.bind(&office(self.world).await, &poll).await;
        for turn in stand {
            let owner = &self.house.owners[*turn];
            let home = self.house.complex.home(owner.home.each_ref().map(String::as_str));
            let path = format!("/v1/polls/{poll}/candidates");
            let stands = json!({ "home_id": home, "name": owner.name });
            let id = text(&office(self.world).await.post(&path, &stands).await.ok()["id"]);
            let phone = self.house.owner(self.world, *turn).await;
            phone.post(&format!("{path}/{id}/consents"), &json!({ "publish_name": true })).await.ok();
        }
        self.until("nomination", "OVER").await;
        poll
    }
}

fn at(house: &House) -> String {
    format!("/v1/places/{}/programmes", house.complex.id)
}

/// The first committee of a house, whose result is final.
async fn elected(world: &World, house: &House, seats: u32, stand: &[usize]) -> (String, Vec<String>) {
    let (poll, stood) = house.elect(world, &house.terms(world, seats).await, stand).await;
    office(world).await.post(&format!("/v1/polls/{poll}/publications"), &json!({})).await.ok();
    assert_eq!(until_final(world, &poll).await["election"]["outcome"], "FORMED");
    (poll, stood)
}

async fn a_member_is_kept_or_removed_by_the_owners_and_another_follows(world: &mut World) {
    let world = &*world;
    let house = House::of(world, 7).await;
    let nobody = json!({ "template": "removal", "purpose": "?", "member_id": uuid::Uuid::from_u128(1) });
    let owner = house.owner(world, 5).await;
    owner.post(&at(&house), &nobody).await.refused(409, "MEMBER_NOT_SITTING");
    let (first, stood) = elected(world, &house, 5, &[0, 1, 2, 3, 4]).await;
    assert_eq!(who_sits(world, &house).await, [0, 1, 2, 3, 4], "whom they elected is a member by that");

    // It is about somebody who sits, and about nobody else.
    let owner = house.owner(world, 5).await;
    let mut wrong = json!({ "template": "removal", "purpose": "?" });
    owner.post(&at(&house), &wrong).await.refused(422, "INPUT_INVALID");
    wrong["member_id"] = json!(first);
    owner.post(&at(&house), &wrong).await.refused(409, "MEMBER_NOT_SITTING");
    let about_nobody = json!({ "template": "re-election", "purpose": "?", "member_id": stood[0] });
    office(world).await.post(&at(&house), &about_nobody).await.refused(422, "INPUT_INVALID");

    it_hangs_out_that_the_member_stays(world, &house, &stood[0]).await;
    an_objection_holds(world, &house, &stood[1]).await;
    assert_eq!(who_sits(world, &house).await, [0, 1, 2, 3, 4], "nobody lost a seat");

    // The third is removed, and whoever it is answers first.
    let course = Course::removal(world, &house, &stood[2]).await;
    the_member_is_heard(&course).await;
    let (poll, counted) = course.decide("YES").await;
    assert_eq!(module(&counted, "count")["ending"], "PASSED");
    course.publish(&poll).await;
    let hangs_out = course.until("result", "RUNNING").await;
    assert!(sits(&house.owner(world, 2).await).await, "the result is not final");
    until(world, moment(&module(&hangs_out, "result")["earliest_at"]) + TimeDelta::hours(1)).await;
    let parent = course.until("seat", "RUNNING").await;
    let left = house.owner(world, 2).await;
    is_told(&left, "COMMITTEE_VACANCY", &first).await;
    let committee = office(world).await.get(&committee_of(&first)).await.ok();
    let gone = committee["vacancies"].as_array().expect("vacancies");
    assert_eq!(
        (gone.len(), &gone[0]["candidate_id"], &gone[0]["reason"]),
        (1, &json!(stood[2]), &json!("REMOVED"))
    );
    assert_eq!((ids(&committee["members"]).len(), &committee["vacant"]), (4, &json!(1)));
    assert_eq!(who_sits(world, &house).await, [0, 1, 3, 4]);
    left.post(&at(&house), &json!({ "template": "removal", "purpose": "?", "member_id": stood[2] }))
        .await
        .refused(409, "MEMBER_NOT_SITTING");

    let child = text(&module(&parent, "seat")["programme_id"]);
    let now = course.read().await;
    let screen = shown(world, &course.id);
    for words in [
        "罢免业主委员会委员 / Removal of a committee member",
        "进行中",
        "under way, to be over by",
        "原 3 号候选人 / about the member who stood as number 3",
        "[>] 递补、补选",
        &format!("see programme {child}"),
        "The vote is counted  ",
        "业主（所涉委员）陈述申辩：听取本人陈述申辩。",
    ] {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    let due = moment(&now["due_at"]) - moment(&now["begun_at"]);
    assert_eq!((now["state"].as_str(), due.num_days()), (Some("RUNNING"), 90));
    a_by_election_fills_the_seat(&Course { world, house: &house, id: child.clone() }, &course.id, &first)
        .await;
    let done =
        super::until(&office(world).await, &format!("/v1/programmes/{}", course.id), "is over", |seen| {
            seen["state"] != "RUNNING"
        })
        .await;
    assert_eq!((&done["state"], &module(&done, "seat")["ending"]), (&json!("DONE"), &json!("DONE")));
    assert_eq!(who_sits(world, &house).await, [0, 1, 3, 4, 5]);
    for id in [&course.id, &child] {
        let checked = found_in(world, id).await.expect("it is sound");
        assert!(checked.contains("the course of"), "{checked}");
    }
    let changed = found_in_changed(world, &course.id, |archive| {
        let lines = archive["content"]["record"]["lines"].as_array_mut().expect("lines");
        let end =
            lines.iter_mut().find(|line| line["subject"] == child.as_str()).expect("how the child ended");
        end["facts"] = json!(text(&end["facts"]).replace("DONE", "STOPPED"));
    });
    assert_eq!(changed.await, "LINE_CHANGED");
}

/// The member says nothing, which ends what waited for it; owners vote against it.
async fn it_hangs_out_that_the_member_stays(world: &World, house: &House, member: &str) {
    let course = Course::removal(world, house, member).await;
    let close = json!({ "deed": "CLOSE", "words": "等了一天", "ending": "NOT_AGREED" });
    let owner = house.owner(world, 5).await;
    deed(&owner, &course.id, "defence", &close).await.refused(409, "MEMBER_NOT_HEARD");
    let unheard = course.wait_for("defence", "latest_at").await;
    assert_eq!(module(&unheard, "defence")["ending"], "NOT_AGREED");
    let (_, counted) = course.decide("NO").await;
    assert_eq!(module(&counted, "count")["ending"], "REJECTED");
    let kept = course.wait_for("kept", "earliest_at").await;
    assert_eq!((&kept["state"], &module(&kept, "result")["state"]), (&json!("DONE"), &json!("LEFT_OUT")));
}

/// Owners vote for it, and an objection to the result holds.
async fn an_objection_holds(world: &World, house: &House, member: &str) {
    let course = Course::removal(world, house, member).await;
    course.wait_for("defence", "latest_at").await;
    let (poll, _) = course.decide("YES").await;
    course.publish(&poll).await;
    course.until("result", "RUNNING").await;
    let objections = format!("/v1/polls/{poll}/objections");
    let says = json!({ "ground": "COUNT", "words": "计票有误" });
    let said = house.owner(world, 1).await.post(&objections, &says).await.ok();
    let answer = json!({ "outcome": "UPHELD", "words": "经核对属实" });
    let path = format!("{objections}/{}/answers", text(&said["id"]));
    office(world).await.post(&path, &answer).await.ok();
    let hangs_out =
        moment(&office(world).await.get(&format!("/v1/polls/{poll}")).await.ok()["provisional_until"]);
    until(world, hangs_out + TimeDelta::hours(1)).await;
    let stopped = course.until("result", "OVER").await;
    assert_eq!(
        (&stopped["state"], &module(&stopped, "result")["ending"]),
        (&json!("STOPPED"), &json!("OBJECTED"))
    );
    assert_eq!(module(&stopped, "seat")["state"], "LEFT_OUT");
}

/// Whom it is about is told, and has the word; nobody else has it, and nobody takes it.
async fn the_member_is_heard(course: &Course<'_>) {
    let (world, house) = (course.world, course.house);
    let member = house.owner(world, 2).await;
    for kind in ["PROGRAMME_BEGUN", "PROGRAMME_MODULE_BEGUN"] {
        is_told(&member, kind, &course.id).await;
    }
    let own = read(&member, &course.id).await;
    assert_eq!((&own["member"]["is_you"], &own["member"]["ordinal"]), (&json!(true), &json!(3)));
    assert!(
        module(&own, "defence")["you_may"].as_array().expect("deeds").contains(&json!("DEFEND")),
        "{own}"
    );
    let owner = house.owner(world, 5).await;
    let others = module(&read(&owner, &course.id).await, "defence")["you_may"].clone();
    assert_eq!(others, json!(["SAY", "MINUTE"]), "who convenes it does not close it yet");
    let defends = json!({ "deed": "DEFEND", "words": "账目都已公示" });
    deed(&owner, &course.id, "defence", &defends).await.refused(403, "DEED_NOT_YOURS");
    deed(&member, &course.id, "vote", &defends).await.refused(422, "DEED_UNFIT");
    deed(&member, &course.id, "defence", &defends).await.ok();
    let close = json!({ "deed": "CLOSE", "words": "已听取申辩", "ending": "NOT_AGREED" });
    deed(&owner, &course.id, "defence", &close).await.ok();
    let now = course.read().await;
    assert_eq!(module(&now, "defence")["must_act"], json!([]), "it hangs out for its day");
    assert_eq!(now["next_at"], module(&now, "defence")["earliest_at"]);
    course.wait_for("defence", "earliest_at").await;
}

/// No alternate is left: after the days for that, owners elect for the seat beside those who sit.
async fn a_by_election_fills_the_seat(course: &Course<'_>, parent: &str, first: &str) {
    let (world, house) = (course.world, course.house);
    let now = course.read().await;
    assert_eq!((&now["parent_id"], &now["begun_as"]), (&json!(parent), &json!("CLOCK")));
    assert_eq!(module(&now, "succession")["must_act"], json!(["COMMITTEE_MEMBER", "PREPARER"]));
    assert_eq!(module(&now, "notice")["waits_for"], json!(["nomination:ENOUGH", "roll:LOCKED"]));
    assert_eq!(now["next_at"], module(&now, "succession")["latest_at"]);
    let [one, other] = [house.owner(world, 0).await, house.owner(world, 1).await];
    let shows = show(&one, "没有候补委员", &[&[0, 1]]).await;
    deed(&one, &course.id, "succession", &shows).await.ok();
    deed(&other, &course.id, "succession", &json!({ "deed": "ACCEPT" })).await.refused(409, "NOT_STEPPED_UP");
    let after = course.wait_for("succession", "latest_at").await;
    assert_eq!(module(&after, "succession")["ending"], "DECLINED");
    let screen = shown(world, &course.id);
    for words in ["等待 推荐候选人（人数足够），公示、核对并锁定业主名册（已锁定）", "(enough candidates)"]
    {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    let mut terms = house.terms(world, 1).await;
    (terms["seats_filled"], terms["committee_of"]) = (json!(4), json!(first));
    let poll = course.nominate(&terms, &[5, 6]).await;
    course.lock(&poll).await;
    it_stands_still_with_what_runs_it(course, parent, &poll).await;
    let counted = course.choose_the_first(&poll, 1).await;
    assert_eq!(module(&counted, "election")["ending"], "FORMED");
    course.publish(&poll).await;
    until_final(world, &poll).await;
    course.until("filing", "RUNNING").await;
    let fifth = house.owner(world, 5).await;
    assert!(sits(&fifth).await);
    course.does(&fifth, "filing", "SHOW", "变更已备案").await;
    assert_eq!(course.read().await["state"], "DONE");
}

/// While the programme stands still that runs it, so do it and its poll: one that was to open meanwhile opens once they go on,
/// and closes later by as much; one that is open takes no ballot, and closes later too.
async fn it_stands_still_with_what_runs_it(course: &Course<'_>, parent: &str, poll: &str) {
    let world = course.world;
    let why = json!({ "words": "来电" });
    let of = |id: &str, what: &str| format!("/v1/programmes/{id}/{what}");
    let seen = async || office(world).await.get(&format!("/v1/polls/{poll}")).await.ok();
    course.wait_for("notice", "earliest_at").await;
    let before = seen().await;
    let [opens_at, closes_at] = ["opens_at", "closes_at"].map(|name| moment(&before[name]));
    until(world, opens_at - TimeDelta::hours(1)).await;
    let pause =
        |until_when: DateTime<FixedOffset>| json!({ "words": "台风停电", "until": until_when.to_rfc3339() });
    let street = world.sign_in("street").await;
    let shorter = pause(opens_at - TimeDelta::minutes(30));
    street.post(&of(&course.id, "pauses"), &shorter).await.ok();
    street.post(&of(parent, "pauses"), &pause(opens_at + TimeDelta::days(3))).await.ok();
    assert_eq!(course.read().await["state"], "PAUSED");
    until(world, opens_at + TimeDelta::days(1)).await;
    let street = world.sign_in("street").await;
    street.post(&of(&course.id, "resumptions"), &why).await.refused(409, "PROGRAMME_STANDS");
    assert_eq!((&course.read().await["state"], &seen().await["state"]), (&json!("PAUSED"), &json!("LOCKED")));
    street.post(&of(parent, "resumptions"), &why).await.ok();
    assert_eq!(course.read().await["state"], "RUNNING");
    until_it_is(&office(world).await, poll, "OPEN").await;
    let after = seen().await;
    let held_up = &after["pauses"][0];
    let lost = moment(&held_up["ended_at"]) - moment(&held_up["since"]);
    assert_eq!((&held_up["by"], moment(&held_up["since"])), (&json!("CLOCK"), opens_at), "{after}");
    assert!(lost >= TimeDelta::days(1) && moment(&after["closes_at"]) == closes_at + lost, "{after}");

    let now = moment(&office(world).await.get("/v1/home").await.ok()["server_time"]);
    street.post(&of(parent, "pauses"), &pause(now + TimeDelta::hours(9))).await.ok();
    let paused = seen().await;
    assert_eq!((&paused["pauses"][1]["by"], &paused["state"]), (&json!("STREET_OFFICER"), &json!("OPEN")));
    street.post(&of(parent, "resumptions"), &why).await.ok();
    let resumed = seen().await;
    assert!(
        resumed["pauses"][1]["ended_at"].is_string() && resumed.get("paused_until").is_none(),
        "{resumed}"
    );
}

/// A seat falls vacant while there are alternates: the next by rank has it, which hangs out and is filed, without a vote.
async fn an_alternate_steps_up_and_that_is_filed(world: &mut World) {
    let world = &*world;
    let house = House::of(world, 9).await;
    let (first, stood) = elected(world, &house, 7, &[0, 1, 2, 3, 4, 5, 6, 7, 8]).await;
    let leaves = async |turn: usize| {
        let office = office(world).await;
        let now = office.get("/v1/home").await.ok()["server_time"].clone();
        let gone =
            json!({ "candidate_id": stood[turn], "reason": "RESIGNED", "words": "书面辞职", "since": now });
        office.post(&vacancies(&first), &gone).await.ok();
    };
    leaves(0).await;
    assert_eq!(who_sits(world, &house).await, [1, 2, 3, 4, 5, 6, 7]);

    // Whoever stepped up before it began did so for another seat.
    let begin = json!({ "template": "by-election", "purpose": "递补一名委员" });
    let (course, _) = Course::begin(world, &house, &office(world).await, &begin).await;
    let [one, other] = [house.owner(world, 1).await, house.owner(world, 2).await];
    let shows = show(&one, "辞职书和候补名次", &[&[0, 1]]).await;
    deed(&one, &course.id, "succession", &shows).await.ok();
    let accept = json!({ "deed": "ACCEPT" });
    deed(&other, &course.id, "succession", &accept).await.refused(409, "NOT_STEPPED_UP");
    leaves(3).await;
    deed(&other, &course.id, "succession", &accept).await.ok();
    assert_eq!(who_sits(world, &house).await, [1, 2, 4, 5, 6, 7, 8]);

    let now = course.until("succession_notice", "RUNNING").await;
    assert_eq!(module(&now, "vote")["state"], "LEFT_OUT", "nobody is elected");
    let put_up = json!({ "deed": "PUT_UP", "words": "第二候补委员递补", "boards": ["大堂"],
        "evidence": [{ "photo_id": send_photo(&one).await }] });
    deed(&one, &course.id, "succession_notice", &put_up).await.ok();
    course.wait_for("succession_notice", "earliest_at").await;
    course.until("filing", "RUNNING").await;
    course.does(&house.owner(world, 1).await, "filing", "SHOW", "变更已备案").await;
    assert_eq!(course.read().await["state"], "DONE");
    let checked = found_in(world, &course.id).await.expect("it is sound");
    assert!(checked.contains("by-election (version 3)"), "{checked}");
}

/// Two seats fall vacant and no alternate is left. Of three who stand two are equal, by heads and by area, for the second
/// seat: owners vote again between them.
async fn two_who_are_equal_for_an_empty_seat_are_voted_on_again(world: &mut World) {
    let world = &*world;
    let house = House::of(world, 10).await;
    let (first, stood) = elected(world, &house, 7, &[0, 1, 2, 3, 4, 5, 6]).await;
    let clock = async || moment(&office(world).await.get("/v1/home").await.ok()["server_time"]);
    for turn in [0, 1] {
        let gone = json!({ "candidate_id": stood[turn], "reason": "RESIGNED", "words": "书面辞职",
            "since": clock().await.to_rfc3339() });
        office(world).await.post(&vacancies(&first), &gone).await.ok();
    }
    let begin = json!({ "template": "by-election", "purpose": "补选两名委员" });
    let (course, _) = Course::begin(world, &house, &office(world).await, &begin).await;
    course.wait_for("succession", "latest_at").await;
    let mut terms = house.terms(world, 2).await;
    (terms["seats_filled"], terms["committee_of"]) = (json!(5), json!(first));
    let poll = course.nominate(&terms, &[7, 8, 9]).await;
    course.lock(&poll).await;
    // Areas grow by one from home to home: six of ten choose the second, and six as large together the third.
    let chosen_by: [&[usize]; 3] = [&[1, 2, 3, 4, 6, 7, 8, 9], &[0, 5, 1, 4, 6, 9], &[0, 5, 2, 3, 7, 8]];
    let choose = |turn: usize, form: &Form| {
        let chosen = form.candidates.iter().zip(chosen_by).filter(|(_, by)| by.contains(&turn));
        json!({ "selections": chosen.map(|(id, _)| id).collect::<Vec<_>>(), "answers": [] })
    };
    let counted = course.vote(&poll, choose).await;
    assert_eq!(module(&counted, "election")["ending"], "RUNOFF_DUE");
    course.publish(&poll).await;

    let opens_at = clock().await + TimeDelta::days(17);
    let window = json!({ "opens_at": opens_at.to_rfc3339(),
        "closes_at": (opens_at + TimeDelta::days(8)).to_rfc3339() });
    let office = office(world).await;
    let again = office.post(&format!("/v1/polls/{poll}/runoffs"), &window).await.ok();
    assert_eq!(again["seats"], 1);
    let again = text(&again["id"]);
    let bind = json!({ "module": "runoff", "poll_id": again });
    office.post(&format!("/v1/programmes/{}/polls", course.id), &bind).await.ok();
    course.until("runoff_roll", "RUNNING").await;
    office.post(&format!("/v1/polls/{again}/locks"), &json!({})).await.ok();
    course.until("runoff_notice", "RUNNING").await;
    let one = |_: usize, form: &Form| json!({ "selections": form.candidates[..1], "answers": [] });
    let counted = course.vote_in(["runoff_notice", "runoff"], &again, one).await;
    assert_eq!(module(&counted, "runoff_count")["ending"], "FORMED");
    course.publish(&again).await;
    until_final(world, &again).await;
    course.until("filing", "RUNNING").await;
    let sitting = who_sits(world, &house).await;
    assert_eq!((&sitting[..6], sitting.len()), (&[2, 3, 4, 5, 6, 7][..], 7), "{sitting:?}");
    course.does(&house.owner(world, 2).await, "filing", "SHOW", "变更已备案").await;
    assert_eq!(course.read().await["state"], "DONE");
    found_in(world, &course.id).await.expect("it is sound");
}

async fn a_committee_below_its_least_number_is_elected_anew(world: &mut World) {
    let world = &*world;
    let house = House::of(world, 6).await;
    let place = office(world).await.get(&format!("/v1/places/{}", house.complex.id)).await.ok();
    let lineage = place["lineage"].as_array().expect("a lineage");
    let district = lineage.iter().find(|step| step["level"] == "DISTRICT").expect("a district");
    let packs = format!("/v1/places/{}/packs", text(&district["id"]));
    let adopt = json!({ "pack": "hangzhou", "follows": 0 });
    Town::administrator(world).await.post(&packs, &adopt).await.ok();
    let (first, stood) = elected(world, &house, 3, &[0, 1, 2]).await;
    let committee = office(world).await.get(&committee_of(&first)).await.ok();
    let reelection = &committee["reelection"];
    assert_eq!((&reelection["is_due"], &reelection["least"]), (&json!(false), &json!(3)));
    let rules: Vec<_> =
        reelection["rules"].as_array().expect("rules").iter().map(|rule| &rule["said_by"]).collect();
    assert_eq!(rules, ["NATION", "CITY", "CITY", "CITY"]);

    // Two of three are more than half; in Hangzhou they are too few all the same.
    let gone = json!({ "candidate_id": stood[0], "reason": "RESIGNED", "words": "书面辞职",
        "since": committee["members"][0]["since"] });
    let after = office(world).await.post(&vacancies(&first), &gone).await.ok();
    assert_eq!(
        (&after["reelection"]["is_due"], after["members"].as_array().map(Vec::len)),
        (&json!(true), Some(2))
    );
    is_told(&office(world).await, "COMMITTEE_REELECTION_DUE", &first).await;
    assert_eq!(who_sits(world, &house).await, [1, 2], "who left is no member any more");

    let begin = json!({ "template": "re-election", "purpose": "换届" });
    let (course, begun) = Course::begin(world, &house, &office(world).await, &begin).await;
    assert_eq!(module(&begun, "guides")["must_act"], json!(["COMMUNITY_OFFICER", "STREET_OFFICER"]));
    course.does(&office(world).await, "guides", "ACCEPT", "").await;
    course.does(&world.sign_in("street").await, "guides", "ACCEPT", "").await;
    let now = course.until("group_list", "RUNNING").await;
    assert_eq!(module(&now, "group_list")["must_act"], json!(["PREPARER", "COMMUNITY_OFFICER"]));
    course.does(&office(world).await, "group_list", "PUT_UP", "换届筹备组名单：业主代表四人，社区一人").await;
    let now = course.read().await;
    where_it_stands(world, &course, &now);
    let poll = course.nominate(&house.terms(world, 3).await, &[1, 3, 4, 5]).await;
    course.lock(&poll).await;
    let counted = course.choose_the_first(&poll, 3).await;
    assert_eq!(module(&counted, "election")["ending"], "FORMED");
    course.publish(&poll).await;
    assert_eq!(
        who_sits(world, &house).await,
        [1, 2],
        "the former committee goes on until the result is final"
    );
    until_final(world, &poll).await;
    let now = course.until("filing", "RUNNING").await;
    assert_eq!(who_sits(world, &house).await, [1, 3, 4], "and then the next one sits alone");

    // The former hands over in time; the filing is late, which is told once, and ends it all the same.
    let member = house.owner(world, 3).await;
    course.does(&office(world).await, "hand_over", "SHOW", "印章和账目清单").await;
    course.does(&member, "hand_over", "ACCEPT", "").await;
    let due: DateTime<FixedOffset> = moment(&module(&now, "filing")["latest_at"]);
    assert_eq!(module(&now, "filing")["late"], json!(false));
    until(world, due + TimeDelta::hours(1)).await;
    let path = format!("/v1/programmes/{}", course.id);
    let late = |seen: &Value| module(seen, "filing")["late"] == true;
    let now = super::until(&office(world).await, &path, "is late", late).await;
    assert_eq!(
        (&module(&now, "filing")["must_act"], &module(&now, "archive")["waits_for"]),
        (&json!(["COMMITTEE_MEMBER", "PREPARER"]), &json!(["filing"]))
    );
    assert!(now.get("next_at").is_none(), "nothing moves by the clock any more: {now}");
    let member = house.owner(world, 3).await;
    is_told(&member, "PROGRAMME_MODULE_LATE", &course.id).await;
    let screen = shown(world, &course.id);
    for words in
        ["已逾期；由 业主委员会、筹备组 办理", "late; to be done by: The committee, The preparatory group"]
    {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    course.does(&member, "filing", "SHOW", "已备案").await;
    course.does(&member, "archive", "PUT_UP", "备案回执和移交清单").await;
    assert_eq!(course.read().await["state"], "DONE");
    let checked = found_in(world, &course.id).await.expect("it is sound");
    assert!(checked.contains("the course of re-election"), "{checked}");
    let told = items(&office(world).await.get(&format!("{path}/timeline?limit=100")).await.ok()).clone();
    let late = told.iter().filter(|line| line["kind"] == "PROGRAMME_MODULE_LATE").count();
    assert_eq!(late, 1);
}

/// What holds it, what comes next and when at the latest, and who must act: as JSON and on one screen.
fn where_it_stands(world: &World, course: &Course<'_>, now: &Value) {
    let due = moment(&now["due_at"]) - moment(&now["begun_at"]);
    assert_eq!((&now["state"], due.num_days()), (&json!("RUNNING"), 60));
    assert_eq!(module(now, "vote")["waits_for"], json!(["notice", "group_list"]));
    assert_eq!(module(now, "notice")["waits_for"], json!(["nomination:ENOUGH", "roll:LOCKED"]));
    assert_eq!(module(now, "result")["waits_for"], json!(["election:FORMED"]));
    assert_eq!(now["next_at"], module(now, "group_list")["earliest_at"]);
    let convenors = json!(["COMMITTEE_MEMBER", "PREPARER", "COMMUNITY_OFFICER"]);
    assert_eq!(
        (&module(now, "nomination")["must_act"], &module(now, "nomination")["late"]),
        (&convenors, &json!(false))
    );
    let screen = shown(world, &course.id);
    for words in [
        "业主委员会换届选举 / Re-election of the owners' committee",
        "进行中，最迟",
        "下一个时点",
        "[ ] 选举  等待 公示候选人和表决规则，公示换届筹备组名单",
        "Owners vote  waits for: Candidates and rules of the vote hang out, The preparatory group's list hangs out",
        "由 业主委员会、筹备组、社区 办理",
        "street and community are invited to guide",
    ] {
        assert!(screen.to_lowercase().contains(&words.to_lowercase()), "{words}: {screen}");
    }
}
