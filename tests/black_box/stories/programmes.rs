//! Programmes: a committee is founded in thirty days, and what people may and may not do on the way.

use chrono::{DateTime, FixedOffset, TimeDelta};
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};

use super::{
    identity::part,
    neighbours::{
        Complex, Form, NextDoor, Owner, Voter, head_of, items, moment, text, until, until_it_is, verify,
    },
    uploads::send_photo,
};
use crate::{
    phone::Phone,
    story,
    story::{Sessions, Setting, Story},
    world::World,
};

pub fn stories() -> Vec<Story> {
    let foundings = [
        story!(a_committee_is_founded_within_thirty_days),
        story!(too_few_vote_at_first_and_enough_once_it_goes_on),
        story!(where_too_few_vote_nobody_is_elected_and_it_stops),
        story!(owners_vote_again_where_two_are_equal),
    ];
    let in_memory = |setting: Setting| setting.sessions == Sessions::InMemory;
    let why = "a founding is long, and no session matters in it";
    let foundings = foundings.into_iter().map(|story| story.in_the_demo().only_in(why, in_memory));
    let others = [
        story!(owners_talk_before_they_vote_and_nothing_is_skipped).in_the_demo(),
        story!(a_programme_stands_still_and_is_called_off).in_the_demo(),
        story!(a_complex_composes_a_programme_of_its_own).in_the_demo(),
    ];
    foundings.chain(others).collect()
}

/// A programme's module.
pub(super) fn module<'a>(programme: &'a Value, name: &str) -> &'a Value {
    let modules = programme["modules"].as_array().expect("modules");
    modules.iter().find(|module| module["name"] == name).unwrap_or_else(|| panic!("no {name} in {programme}"))
}

pub(super) async fn read(phone: &Phone, id: &str) -> Value {
    phone.get(&format!("/v1/programmes/{id}")).await.ok()
}

pub(super) async fn deed(phone: &Phone, id: &str, module: &str, deed: &Value) -> crate::phone::Reply {
    phone.post(&format!("/v1/programmes/{id}/modules/{module}/deeds"), deed).await
}

/// Minutes of a meeting to which so many came.
pub(super) fn minutes(words: &str, present: u32) -> Value {
    let meeting = json!({ "held_at": "2026-01-10T19:00:00+08:00", "place": "社区活动室", "present": present,
        "names": ["居委会王某"] });
    json!({ "deed": "MINUTE", "words": words, "meeting": meeting })
}

/// Shows what came of a task, with a photo for each of these lists of requirements.
pub(super) async fn show(phone: &Phone, words: &str, meets: &[&[usize]]) -> Value {
    let mut evidence = Vec::new();
    for meets in meets {
        evidence.push(json!({ "photo_id": send_photo(phone).await, "meets": meets }));
    }
    json!({ "deed": "SHOW", "words": words, "evidence": evidence })
}

/// Waits until a module of a programme is so far by itself.
pub(super) async fn until_module(phone: &Phone, id: &str, name: &str, state: &str) -> Value {
    super::until(phone, &format!("/v1/programmes/{id}"), &format!("{name} is {state}"), |seen| {
        module(seen, name)["state"] == state
    })
    .await
}

/// The whole timeline, as day and hour of the programme with what is told.
pub(super) async fn timeline(phone: &Phone, id: &str, begun: DateTime<FixedOffset>) -> Vec<String> {
    let lines = phone.all(&format!("/v1/programmes/{id}/timeline"), 50).await;
    let day = |line: &Value| (moment(&line["at"]).date_naive() - begun.date_naive()).num_days();
    lines.iter().map(|line| format!("{:2} {}", day(line), text(&line["zh"]))).collect()
}

/// Waits until somebody was told something of a subject.
pub(super) async fn is_told(phone: &Phone, kind: &str, subject: &str) {
    super::eventually(&format!("a notice {kind}"), async || {
        let all = phone.all("/v1/notices", 50).await;
        all.iter().any(|one| one["kind"] == kind && one["subject_id"] == subject).then_some(())
    })
    .await;
}

/// A founding in the complex next door, day by day.
pub(super) struct Founding<'a> {
    world: &'a World,
    pub complex: Complex,
    pub programme: String,
    begun: DateTime<FixedOffset>,
    pub poll: String,
    /// The phones of those who stand.
    pub standing: Vec<Phone>,
    /// One owner of each head that has not signed and does not stand.
    pub voters: Vec<Owner>,
}

impl Founding<'_> {
    /// Goes to an hour of a day of the programme; the first is day 0.
    pub async fn day(&self, day: i64, hour: i64) {
        let midnight = self.begun.date_naive().and_hms_opt(0, 0, 0).expect("midnight");
        let midnight = midnight.and_local_timezone(*self.begun.offset()).single().expect("one midnight");
        until(self.world, midnight + TimeDelta::days(day) + TimeDelta::hours(hour)).await;
    }

    pub async fn office(&self) -> Phone {
        self.world.sign_in("community").await
    }

    pub async fn until(&self, name: &str, state: &str) -> Value {
        until_module(&self.office().await, &self.programme, name, state).await
    }

    /// While owners vote the power fails for two days, and nobody thinks of it when it is back; the street notes what it sees.
    pub async fn stands_still(&self) {
        self.day(18, 9).await;
        let (office, street) = (self.office().await, self.world.sign_in("street").await);
        let (id, poll) = (&self.programme, &self.poll);
        let now = moment(&office.get("/v1/home").await.ok()["server_time"]);
        let until_when = now + TimeDelta::days(2);
        let pause = json!({ "words": "台风停电", "until": until_when.to_rfc3339() });
        let closes_at = async |phone: &Phone| {
            let seen = phone.get(&format!("/v1/polls/{poll}")).await.ok();
            (moment(&seen["closes_at"]), seen)
        };
        let (before, _) = closes_at(&office).await;
        office.post(&format!("/v1/polls/{poll}/pauses"), &pause).await.refused(409, "POLL_IN_PROGRAMME");
        let paused = street.post(&format!("/v1/programmes/{id}/pauses"), &pause).await.ok();
        assert_eq!(
            (&paused["state"], &module(&paused, "vote")["you_may"]),
            (&json!("PAUSED"), &json!(["NOTE"]))
        );
        let (longer, seen) = closes_at(&office).await;
        assert_eq!((&seen["pauses"][0]["by"], &seen["state"]), (&json!("STREET_OFFICER"), &json!("OPEN")));
        let reminders = format!("/v1/polls/{poll}/reminders");
        office.post(&reminders, &json!({})).await.refused(409, "POLL_PAUSED");
        let note = json!({ "deed": "NOTE", "words": "停电期间票箱有人值守", "asks": "请公示值守安排",
            "asks_of": "COMMUNITY_OFFICER" });
        let noted = deed(&street, id, "vote", &note).await.ok();
        let reply = json!({ "deed": "REPLY", "words": "已公示", "answers": noted["id"] });
        deed(&office, id, "vote", &reply).await.ok();
        until(self.world, until_when).await;
        let ended = |seen: &Value| seen["pauses"][0].get("ended_at").is_some();
        let seen = super::until(&self.office().await, &format!("/v1/polls/{poll}"), "goes on", ended).await;
        let lost = moment(&seen["pauses"][0]["ended_at"]) - moment(&seen["pauses"][0]["since"]);
        assert_eq!((moment(&seen["closes_at"]), longer), (before + lost, before + lost));
        self.until("vote", "RUNNING").await;
    }

    /// A draft with nine candidates who agreed to stand, and two texts.
    async fn prepare(&self, candidates: &[Owner]) -> (String, Vec<Phone>) {
        let office = self.office().await;
        let midnight = |day| {
            (self.begun.date_naive() + TimeDelta::days(day)).format("%Y-%m-%dT00:00:00+08:00").to_string()
        };
        let terms = json!({ "place_id": self.complex.id, "kind": "COMMITTEE_ELECTION", "title": "首届业主委员会选举",
            "seats": 7, "opens_at": midnight(17), "closes_at": midnight(22) });
        let poll = text(&office.post("/v1/polls", &terms).await.ok()["id"]);
        for (class, title) in [(1, "议事规则"), (2, "管理规约")] {
            let matter = json!({ "class": class, "title": title, "body": "每年三月开会。" });
            office.post(&format!("/v1/polls/{poll}/matters"), &matter).await.ok();
        }
        let mut phones = Vec::new();
        for owner in candidates {
            let phone = self.world.newcomer().await;
            self.complex.move_in(&phone, owner).await;
            let home = owner.home.each_ref().map(String::as_str);
            let stands = json!({ "home_id": self.complex.home(home), "name": owner.name });
            let candidate = office.post(&format!("/v1/polls/{poll}/candidates"), &stands).await.ok();
            let consents = format!("/v1/polls/{poll}/candidates/{}/consents", text(&candidate["id"]));
            phone.post(&consents, &json!({ "publish_name": true })).await.ok();
            phones.push(phone);
        }
        (poll, phones)
    }

    /// Owners on phones of their own cast ballots, on which the first candidates stand more often than the last.
    pub async fn vote(&self, owners: &[Owner]) {
        self.vote_for(owners, |place| place).await;
    }

    /// The same where a candidate stands as often as another one would in its place; the owners' phones.
    pub async fn vote_for(&self, owners: &[Owner], stands_as: fn(usize) -> usize) -> Vec<Phone> {
        let form = Form::read(&self.office().await, &self.poll).await;
        let mut candidates = form.candidates.clone();
        candidates.sort();
        let cast = owners.iter().enumerate().map(async |(turn, owner)| {
            let phone = self.world.newcomer().await;
            self.complex.move_in(&phone, owner).await;
            let home = owner.home.each_ref().map(String::as_str);
            let voter = Voter { head: head_of(&phone, &self.poll, self.complex.home(home)).await, phone };
            let chosen = candidates.iter().enumerate().filter(|(place, _)| turn % 20 >= stands_as(*place));
            let answers = form.matters.iter().map(|matter| json!({ "matter_id": matter, "choice": "YES" }));
            let ballot = json!({ "head_id": voter.head, "selections": chosen.map(|(_, id)| id).collect::<Vec<_>>(),
                "answers": answers.collect::<Vec<_>>() });
            voter.phone.post(&form.path("ballots"), &ballot).await.ok();
            voter.phone
        });
        stream::iter(cast).buffered(4).collect().await
    }

    /// The same owners vote again for one of those who stand in a run-off; of ten, seven choose the first.
    pub async fn vote_again(&self, owners: &[Owner], phones: &[Phone], poll: &str) {
        let form = Form::read(&self.office().await, poll).await;
        let mut candidates = form.candidates.clone();
        candidates.sort();
        let cast = owners.iter().zip(phones).enumerate().map(async |(turn, (owner, phone))| {
            let phone = self.world.wechat_user(phone.openid.as_deref().expect("a WeChat user")).await;
            let home = owner.home.each_ref().map(String::as_str);
            let head = head_of(&phone, poll, self.complex.home(home)).await;
            let chosen = &candidates[usize::from(turn % 10 >= 7)];
            let ballot = json!({ "head_id": head, "selections": [chosen], "answers": [] });
            phone.post(&form.path("ballots"), &ballot).await.ok();
        });
        assert_eq!(stream::iter(cast).buffered(4).count().await, owners.len());
    }

    /// A result hangs out for as long as it may be objected to; then the committee meets, is filed, and takes over.
    pub async fn take_over(&self, poll: &str, member: &Phone) -> Value {
        let (id, office) = (&self.programme, self.office().await);
        let shown = office.get(&format!("/v1/polls/{poll}")).await.ok();
        let until_when = moment(&shown["provisional_until"]);
        until(self.world, until_when - TimeDelta::hours(1)).await;
        let now = read(&self.office().await, id).await;
        assert_eq!(
            (&module(&now, "result")["state"], moment(&module(&now, "result")["earliest_at"])),
            (&json!("RUNNING"), until_when)
        );
        until(self.world, until_when + TimeDelta::hours(1)).await;
        self.until("first_meeting", "RUNNING").await;
        let office = self.office().await;
        let member = self.world.wechat_user(member.openid.as_deref().expect("a WeChat user")).await;
        let roles = format!("/v1/places/{}/roles", self.complex.id);
        let again = json!({ "person_id": member.person, "role": "COMMITTEE_MEMBER" });
        office.post(&roles, &again).await.refused(409, "ROLE_REPEATED");
        let met = show(&member, "会议记录和分工名单已公示", &[&[0, 1]]).await;
        let accept = json!({ "deed": "ACCEPT" });
        deed(&office, id, "first_meeting", &accept).await.refused(409, "MODULE_ELSEWHERE");
        deed(&member, id, "first_meeting", &met).await.ok();
        deed(&office, id, "first_meeting", &accept).await.ok();
        deed(&member, id, "filing", &json!({ "deed": "SHOW", "words": "已向街道备案" })).await.ok();
        self.what_is_due_is_noted(poll).await;
        let handed = json!({ "deed": "SHOW", "words": "印章、名册和账目清单" });
        deed(&office, id, "hand_over", &handed).await.ok();
        deed(&member, id, "hand_over", &accept).await.ok();
        let done = read(&office, id).await;
        assert_eq!(
            (&done["state"], &module(&done, "assembly")["ending"]),
            (&json!("DONE"), &json!("CLOSED"))
        );
        done
    }

    /// A committee that was elected meets and files in time: each is noted once, by who convenes, as of when it was.
    async fn what_is_due_is_noted(&self, poll: &str) {
        let office = self.office().await;
        let path = format!("/v1/polls/{poll}/deadlines");
        let due = office.get(&path).await.ok();
        let kinds: Vec<_> = items(&due).iter().map(|one| text(&one["deadline"])).collect();
        assert_eq!(kinds, ["PUBLISH", "FIRST_MEETING", "FILE", "REVOKE", "RENEW"]);
        let result = office.get(&format!("/v1/polls/{poll}/result")).await.ok();
        let dates = ["publish_by", "first_meeting_by", "file_by", "revocable_until", "renew_by"];
        for (one, date) in items(&due).iter().zip(dates) {
            assert_eq!(
                (&one["due_at"], &one["is_late"]),
                (&result["deadlines"][date], &json!(false)),
                "{one}"
            );
        }
        let note = |deadline: &str| format!("{path}/{deadline}/notes");
        let said = json!({ "met_at": due["items"][1]["begun_at"], "words": "会议记录已公示" });
        let met = office.post(&note("FIRST_MEETING"), &said).await.ok();
        assert_eq!(
            [&met["met_at"], &met["met_as"], &met["words"]],
            [&said["met_at"], &json!("COMMUNITY_OFFICER"), &said["words"]]
        );
        office.post(&note("FIRST_MEETING"), &said).await.refused(409, "DEADLINE_MET");
        for wrong in [&due["items"][3]["due_at"], &result["counted_at"]] {
            let said = json!({ "met_at": wrong, "words": "备案" });
            office.post(&note("FILE"), &said).await.refused(422, "INPUT_INVALID");
        }
        office.post(&note("FILE"), &said).await.ok();
        for by_itself in ["PUBLISH", "REVOKE"] {
            office.post(&note(by_itself), &said).await.refused(409, "DEADLINE_NOT_NOTED");
        }
    }
}

/// The nation's calendar: a result may be objected to for seven days, and a last one that is a rest day moves on.
fn is_working(day: chrono::NaiveDate) -> bool {
    rules::calendar::WorkTime::china().days().is_working(day)
}

/// The street names who is in the preparatory group: an odd number, half of them or more owners on the roll, one of those chairs
/// it whom street or community send. Everybody reads how many there are; their names in full only whoever forms it.
async fn the_group_is_formed(founding: &Founding<'_>, owner: &Phone, signers: &[Owner]) {
    let (world, id) = (founding.world, &founding.programme);
    let street = world.sign_in("street").await;
    let one = |turn: usize| {
        let home = founding.complex.home(signers[turn].home.each_ref().map(String::as_str));
        json!({ "capacity": "OWNER", "name": signers[turn].name, "home_id": home })
    };
    let from =
        |capacity: &str, chairs: bool| json!({ "capacity": capacity, "name": "孟一凡", "chairs": chairs });
    let form = |members: &[Value]| json!({ "deed": "FORM", "members": members });
    let (chair, community) = (from("STREET", true), from("COMMUNITY", false));
    let good = form(&[one(0), one(1), one(2), chair.clone(), community.clone()]);
    deed(owner, id, "group", &good).await.refused(403, "DEED_NOT_YOURS");
    deed(&street, id, "vote", &good).await.refused(422, "DEED_UNFIT");
    for (members, told) in [
        (vec![one(0), one(1), chair.clone(), community.clone()], "an odd number from 5 to 11"),
        (vec![one(0), one(1), chair.clone(), community.clone(), community.clone()], "it takes 1/2"),
        (vec![one(0), one(1), one(2), from("DEVELOPER", true), community.clone()], "it is chaired by"),
    ] {
        let refused = deed(&street, id, "group", &form(&members)).await.refused(422, "GROUP_UNLAWFUL");
        assert!(text(&refused["detail"]).contains(told), "{refused}");
    }
    let mut stranger = one(2);
    stranger["name"] = json!("孟一凡");
    let mut homeless = one(2);
    homeless["home_id"] = Value::Null;
    let mut at_home = community.clone();
    at_home["home_id"] = one(0)["home_id"].clone();
    for (wrong, pointer) in [
        (form(&[one(0), one(1), one(1), chair.clone(), community.clone()]), "/members/2/home_id"),
        (form(&[one(0), one(1), stranger, chair.clone(), community.clone()]), "/members/2/home_id"),
        (form(&[one(0), one(1), homeless, chair.clone(), community.clone()]), "/members/2/home_id"),
        (form(&[one(0), one(1), one(2), chair.clone(), at_home]), "/members/4/home_id"),
        (form(&[one(0), one(1), one(2), community.clone(), community.clone()]), "/members"),
        (form(&[]), "/members"),
        (json!({ "deed": "NOTE", "words": "见附件", "members": [chair] }), "/members"),
    ] {
        let refused = deed(&street, id, "group", &wrong).await.refused(422, "INPUT_INVALID");
        assert_eq!(refused["errors"][0]["pointer"], pointer, "{refused}");
    }
    deed(&street, id, "group", &good).await.ok();
    let group = module(&read(owner, id).await, "group").clone();
    assert_eq!((&group["state"], &group["ending"]), (&json!("OVER"), &json!("ESTABLISHED")));
    let names = async |phone: &Phone| {
        let deeds = phone.get(&format!("/v1/programmes/{id}/modules/group/deeds")).await.ok();
        let members = items(&deeds)[0]["members"].as_array().expect("members").clone();
        assert!(members.iter().all(|member| member.get("home_id").is_none()), "{members:?}");
        members.iter().map(|member| text(&member["name"])).collect::<Vec<_>>()
    };
    let full: Vec<_> = (0..3).map(|turn| signers[turn].name.clone()).collect();
    assert_eq!(names(&street).await[..3], full);
    assert!(names(owner).await.iter().all(|name| name.contains('*')), "masked for whoever does not form it");
    let told = super::eventually("who is in it", async || {
        let told = timeline(owner, id, founding.begun).await;
        told.into_iter().find(|line| line.contains("成立筹备组（业主代表"))
    })
    .await;
    let words = "街道确定成员：成立筹备组（业主代表 3 人、街道 1 人、社区居委会 1 人，街道任组长）。";
    assert!(told.ends_with(words), "{told}");
}

/// From the first signature to the seventeenth day, on which owners begin to vote.
pub(super) async fn up_to_the_vote(world: &World) -> Founding<'_> {
    let complex = NextDoor::beside(world).await;
    let now =
        moment(&world.guest().beside("/demo/clock", &json!({ "seconds": 1 })).await.ok()["server_time"]);
    // Whoever wants to be done in thirty days begins so that the last day to object is no rest day.
    let begins = (1..).map(|days| (now + TimeDelta::days(days)).date_naive());
    let begins = { begins }.find(|day| is_working(*day + TimeDelta::days(29))).expect("a day");
    let nine = begins.and_hms_opt(9, 0, 0).unwrap().and_local_timezone(*now.offset()).unwrap();
    until(world, nine).await;
    let office = world.sign_in("community").await;

    // One owner begins, one head in twenty signs.
    let heads = NextDoor::heads();
    let (signers, rest) = heads.split_at(25);
    let (candidates, voters) = rest.split_at(9);
    let first = world.newcomer().await;
    complex.move_in(&first, &signers[0]).await;
    let at = format!("/v1/places/{}/programmes", complex.id);
    let begin = json!({ "template": "found-committee", "purpose": "成立首届业主委员会" });
    let begun = first.post(&at, &begin).await;
    let programme = begun.ok();
    let id = text(&programme["id"]);
    assert_eq!(begun.header("location"), Some(&*format!("/v1/programmes/{id}")));
    assert_eq!(module(&programme, "application")["you_may"], json!(["SIGN"]));
    let mut founding = Founding {
        world,
        complex,
        programme: id.clone(),
        begun: moment(&programme["begun_at"]),
        poll: String::new(),
        standing: Vec::new(),
        voters: voters.to_vec(),
    };
    let sign = json!({ "deed": "SIGN" });
    for (number, owner) in signers.iter().enumerate() {
        let phone = if number == 0 { first.clone() } else { world.newcomer().await };
        if number > 0 {
            founding.complex.move_in(&phone, owner).await;
        }
        deed(&phone, &id, "application", &sign).await.ok();
        let now = read(&phone, &id).await;
        let so_far = &module(&now, "application")["signatures"];
        assert_eq!(
            (&so_far["persons"], &so_far["signed"]["heads"]),
            (&json!(number + 1), &json!(number + 1))
        );
        let share = |measure: &str| {
            let part = |of: &str| so_far[of][measure].as_u64().expect("a number");
            part("signed") * 20 >= part("roll")
        };
        let enough = share("heads") || share("area");
        assert_eq!(
            (&so_far["enough"], module(&now, "application")["state"] == "OVER"),
            (&json!(enough), enough)
        );
        if enough {
            break;
        }
    }
    let after = founding.until("application", "OVER").await;
    assert_eq!(module(&after, "application")["ending"], "REACHED");
    assert_eq!(
        module(&after, "guides")["must_act"],
        json!(["PROPERTY_MANAGER", "COMMUNITY_OFFICER", "STREET_OFFICER", "DEVELOPER"])
    );

    // Who signed registers to take part as well; two thirds of all heads would be enough.
    assert_eq!(module(&read(&first, &id).await, "registration")["you_may"], json!(["SIGN"]));
    deed(&first, &id, "registration", &sign).await.ok();
    deed(&first, &id, "registration", &sign).await.refused(409, "SIGNED_ALREADY");
    let now = read(&first, &id).await;
    let registered = &module(&now, "registration")["signatures"];
    assert_eq!((&registered["signed"]["heads"], &registered["enough"]), (&json!(1), &json!(false)));

    // Street, community, developer and property company come, or do not; nobody waits for who stays away.
    let roles = format!("/v1/places/{}/roles", founding.complex.id);
    let street = world.sign_in("street").await;
    for guide in [&office, &street] {
        deed(guide, &id, "guides", &json!({ "deed": "ACCEPT" })).await.ok();
    }
    for (role, word) in [("PROPERTY_MANAGER", "ACCEPT"), ("DEVELOPER", "DECLINE")] {
        let guide = world.newcomer().await;
        office.post(&roles, &json!({ "person_id": guide.person, "role": role })).await.ok();
        deed(&guide, &id, "guides", &json!({ "deed": word })).await.ok();
    }
    the_group_is_formed(&founding, &first, signers).await;
    founding.until("group_list", "RUNNING").await;
    let put_up = json!({ "deed": "PUT_UP", "words": "筹备组名单见公示" });
    deed(&founding.office().await, &id, "group_list", &put_up).await.ok();
    (founding.poll, founding.standing) = founding.prepare(candidates).await;
    let poll = &founding.poll;
    let lock = format!("/v1/polls/{poll}/locks");
    let bind = json!({ "module": "vote", "poll_id": poll });
    first.post(&format!("/v1/programmes/{id}/polls"), &bind).await.ok();
    founding.until("nomination", "OVER").await;

    // The next day the roll is locked, and everything hangs out for fifteen clear days.
    founding.day(1, 20).await;
    founding.office().await.post(&lock, &json!({})).await.ok();
    let notice = founding.until("notice", "RUNNING").await;
    let hangs_until = moment(&module(&notice, "notice")["earliest_at"]);
    assert_eq!((hangs_until.date_naive() - founding.begun.date_naive()).num_days(), 17);
    let hangs = module(&notice, "notice");
    assert_eq!(
        (&hangs["put_up_at"], &hangs["poll_id"]),
        (&hangs["since"], &json!(founding.poll)),
        "by itself"
    );
    for day in 2..17 {
        founding.day(day, 9).await;
        if day == 8 {
            founding.until("group_list", "OVER").await;
        }
        assert_eq!(module(&read(&founding.office().await, &id).await, "vote")["state"], "WAITING");
    }
    founding.day(17, 1).await;
    founding.until("vote", "RUNNING").await;
    until_it_is(&founding.office().await, &founding.poll, "OPEN").await;
    let first = world.wechat_user(first.openid.as_deref().expect("a WeChat user")).await;
    is_told(&first, "PROGRAMME_BEGUN", &id).await;
    is_told(&first, "POLL_OPENED", &founding.poll).await;
    founding
}

async fn a_committee_is_founded_within_thirty_days(world: &mut World) {
    let founding = up_to_the_vote(world).await;
    let (id, poll) = (founding.programme.clone(), founding.poll.clone());
    founding.vote(&founding.voters[..400]).await;
    founding.day(21, 23).await;
    assert_eq!(module(&read(&founding.office().await, &id).await, "vote")["state"], "RUNNING");
    founding.day(22, 1).await;
    let counted = founding.until("election", "OVER").await;
    assert_eq!(
        [&module(&counted, "election")["ending"], &module(&counted, "texts")["ending"]],
        ["FORMED", "PASSED"]
    );
    founding.office().await.post(&format!("/v1/polls/{poll}/publications"), &json!({})).await.ok();

    // A week to object; then the committee meets, is filed, and takes over: the thirtieth day.
    let done = founding.take_over(&poll, &founding.standing[0]).await;
    let office = founding.office().await;
    let days = (moment(&done["ended_at"]) - founding.begun).num_days();
    assert!(days <= 30, "{days} days");
    assert!(verify(world, &poll).0);

    let told = super::eventually("the end in the timeline", async || {
        let told = timeline(&office, &id, founding.begun).await;
        told.last().is_some_and(|last| last.ends_with("方案完成。")).then_some(told)
    })
    .await;
    let told = told.iter().filter(|line| !line.contains("签名"));
    // A day of the calendar is another each time.
    let told: Vec<_> = told.filter_map(|line| line.split("（期限").next()).collect();
    println!("{}", told.join("\n"));
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/founding.txt");
    let expected = std::fs::read_to_string(file).expect("how a founding goes");
    assert_eq!(told.join("\n"), expected.trim_end(), "day by day");
    let shown = shown(world, &id);
    for words in ["[x] 表决和选举", "[-] 同票者再次投票", "[x] 筹备组移交", "方案完成"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

async fn owners_vote_again_where_two_are_equal(world: &mut World) {
    let founding = up_to_the_vote(world).await;
    let (id, first) = (founding.programme.clone(), founding.poll.clone());
    let owners = &founding.voters[..400];
    // The seventh and the eighth stand on the same ballots.
    let phones = founding.vote_for(owners, |place| if place == 7 { 6 } else { place }).await;
    founding.day(22, 1).await;
    let counted = founding.until("election", "OVER").await;
    assert_eq!(module(&counted, "election")["ending"], "RUNOFF_DUE");
    let office = founding.office().await;
    let again = format!("/v1/polls/{first}/runoffs");
    let midnight = |day: i64| {
        (founding.begun.date_naive() + TimeDelta::days(day)).format("%Y-%m-%dT00:00:00+08:00").to_string()
    };
    let window = json!({ "opens_at": midnight(38), "closes_at": midnight(43) });
    office.post(&again, &window).await.refused(409, "RUNOFF_NOT_DUE");
    office.post(&format!("/v1/polls/{first}/publications"), &json!({})).await.ok();
    let result = office.get(&format!("/v1/polls/{first}/result")).await.ok();
    let due = result["election"]["election"]["runoff"].clone();
    assert_eq!((due["between"].as_array().map(Vec::len), &due["seats"]), (Some(2), &json!(1)));

    // Who is equal stands again, and nobody else does, for one seat and by the same rules.
    let backwards = json!({ "opens_at": midnight(43), "closes_at": midnight(38) });
    office.post(&again, &backwards).await.refused(422, "INPUT_INVALID");
    let made = office.post(&again, &window).await;
    let run_off = made.ok();
    let poll = text(&run_off["id"]);
    assert_eq!(made.header("location"), Some(&*format!("/v1/polls/{poll}")));
    assert_eq!(
        [&run_off["state"], &run_off["runoff_of"], &run_off["seats"], &run_off["max_selections"]],
        [&json!("DRAFT"), &json!(first), &json!(1), &json!(1)]
    );
    assert_eq!(run_off["matters"], json!([]));
    office.post(&again, &window).await.refused(409, "RUNOFF_MADE");
    office.post(&format!("/v1/polls/{poll}/runoffs"), &window).await.refused(409, "RUNOFF_NOT_DUE");
    what_a_run_off_is_about_is_fixed(&founding, &run_off).await;
    let stand = office.get(&format!("/v1/polls/{poll}/candidates")).await.ok();
    assert_eq!(items(&stand).len(), 2);
    assert!(items(&stand).iter().all(|one| one["consented"] == true), "who agreed did so for both: {stand}");

    // In the programme nothing else is the poll of the second vote.
    let bind = |poll: &str| json!({ "module": "runoff", "poll_id": poll });
    let polls = format!("/v1/programmes/{id}/polls");
    let other = json!({ "place_id": founding.complex.id, "kind": "COMMITTEE_ELECTION", "title": "另一选举",
        "seats": 7, "opens_at": midnight(38), "closes_at": midnight(43) });
    let other = text(&office.post("/v1/polls", &other).await.ok()["id"]);
    office.post(&polls, &bind(&other)).await.refused(409, "POLL_NOT_OF_VOTE");
    office.post(&polls, &bind(&poll)).await.ok();
    founding.until("runoff_roll", "RUNNING").await;
    office.post(&format!("/v1/polls/{poll}/locks"), &json!({})).await.ok();
    founding.until("runoff_notice", "RUNNING").await;
    founding.day(38, 1).await;
    founding.until("runoff", "RUNNING").await;
    until_it_is(&founding.office().await, &poll, "OPEN").await;
    founding.vote_again(owners, &phones, &poll).await;
    founding.day(43, 1).await;
    let counted = founding.until("runoff_count", "OVER").await;
    assert_eq!(module(&counted, "runoff_count")["ending"], "FORMED");
    let office = founding.office().await;
    office.post(&format!("/v1/polls/{poll}/publications"), &json!({})).await.ok();
    both_votes_elect_seven(&office, &first, &poll, &due).await;
    let now = founding.until("result", "RUNNING").await;
    assert_eq!(module(&now, "result")["poll_id"], poll.as_str(), "what hangs out is the last vote");

    let told = timeline(&office, &id, founding.begun).await;
    assert!(told.contains(&"22 已准备同票者再次投票。".to_owned()), "{told:?}");
    let done = founding.take_over(&poll, &founding.standing[0]).await;
    let days = (moment(&done["ended_at"]) - founding.begun).num_days();
    println!("with a run-off it takes {days} days");
    assert!((50..=60).contains(&days), "sixteen days of notice and five to vote more: {days}");
    for poll in [&first, &poll] {
        let (well, said) = verify(world, poll);
        assert!(well, "{said}");
    }
    let checked = super::archive::found_in(world, &id).await.expect("it is sound");
    for what in ["what it comes to with the votes that it decides", "the result is final; 0 objections"] {
        assert!(checked.contains(what), "{what}: {checked}");
    }
    let db = crate::servers::connect(&world.data.database_url).await.expect("its database");
    let more = "UPDATE poll SET seats_filled = 4 WHERE runoff_of IS NOT NULL";
    sea_orm::ConnectionTrait::execute_unprepared(&db, more).await.expect("it is written");
    db.close().await.expect("it closes");
    let (well, said) = verify(world, &poll);
    assert!(!well && said.contains("seats of the run-off: 1 beside 4, and 1 beside 6 are open"), "{said}");
    let differs = super::archive::found_in(world, &id).await.expect_err("it is changed");
    assert!(differs.contains("FROZEN_HASH") && differs.contains(&poll), "{differs}");
}

/// Nobody stands beside those who were equal, nothing else is put to the vote, and nobody changes what they say.
async fn what_a_run_off_is_about_is_fixed(founding: &Founding<'_>, run_off: &Value) {
    let office = founding.office().await;
    let path = |rest: &str| format!("/v1/polls/{}{rest}", text(&run_off["id"]));
    let owner = &founding.voters[400];
    let home = founding.complex.home(owner.home.each_ref().map(String::as_str));
    let stands = json!({ "home_id": home, "name": owner.name });
    office.post(&path("/candidates"), &stands).await.refused(409, "RUNOFF_FIXED");
    let matter = json!({ "class": 2, "title": "管理规约", "body": "再来一次" });
    office.post(&path("/matters"), &matter).await.refused(409, "RUNOFF_FIXED");
    let terms = |seats: u32| {
        json!({ "title": "再选一名委员", "seats": seats, "opens_at": run_off["opens_at"],
            "closes_at": run_off["closes_at"] })
    };
    let put = async |path: String, phone: &Phone, body: &Value, version: &str| {
        phone.call(reqwest::Method::PUT, &path).header("if-match", version).json(body).send().await
    };
    put(path(""), &office, &terms(3), "\"v1\"").await.refused(409, "RUNOFF_FIXED");
    let renamed = put(path(""), &office, &terms(1), "\"v1\"").await.ok();
    assert_eq!((&renamed["title"], &renamed["seats"]), (&json!("再选一名委员"), &json!(1)));
    let stand = office.get(&path("/candidates")).await.ok();
    for phone in &founding.standing {
        let phone = founding.world.wechat_user(phone.openid.as_deref().expect("a WeChat user")).await;
        let mine = phone.get(&path("/candidates")).await.ok();
        let Some(me) = items(&mine).iter().find(|one| one["is_you"] == true) else { continue };
        let page = path(&format!("/candidates/{}/page", text(&me["id"])));
        let version = format!("\"v{}\"", me["page_version"]);
        put(page, &phone, &json!({ "headline": "改口" }), &version).await.refused(409, "RUNOFF_FIXED");
    }
    assert_eq!(items(&stand).len(), 2);
}

/// What both votes come to together is told in the run-off's result and listed, and the first one leads to it.
async fn both_votes_elect_seven(office: &Phone, first: &str, run_off: &str, due: &Value) {
    let before = office.get(&format!("/v1/polls/{first}/result")).await.ok();
    assert_eq!((&before["runoff_id"], before.get("composition")), (&json!(run_off), None));
    assert_eq!(before["election"]["outcome"], "RUNOFF_DUE", "what was published stays as it was");
    let result = office.get(&format!("/v1/polls/{run_off}/result")).await.ok();
    assert_eq!((&result["runoff_of"], &result["election"]["outcome"]), (&json!(first), &json!("FORMED")));
    let formation = &result["election"]["formation"];
    assert_eq!((&formation["members"], &formation["seats"]), (&json!(7), &json!(7)));
    let together = &result["composition"];
    assert_eq!(
        [&together["first_poll_id"], &together["seats"], &together["vacant"], &together["formed"]],
        [&json!(first), &json!(7), &json!(0), &json!(true)]
    );
    let elected = together["elected"].as_array().expect("members");
    let ids: std::collections::BTreeSet<_> = elected.iter().map(|one| text(&one["candidate_id"])).collect();
    assert_eq!((elected.len(), ids.len()), (7, 7), "nobody twice");
    let by = |one: &Value| text(&one["poll_id"]);
    assert!(elected[..6].iter().all(|one| by(one) == first) && by(&elected[6]) == run_off, "{together}");
    let tied: Vec<_> = due["between"].as_array().expect("two").iter().map(text).collect();
    let won = tied.iter().filter(|one| ids.contains(*one)).count();
    assert_eq!(won, 1, "one of two: {together}");
    let alternates: Vec<_> = together["alternates"].as_array().expect("known").iter().map(text).collect();
    assert!(alternates.len() == 2 && tied.contains(&alternates[0]), "who lost stands first: {together}");
    let list = office.get(&format!("/v1/polls/{run_off}/lists/members")).await.ok();
    let standing: Vec<_> =
        list["members"].as_array().expect("members").iter().map(|one| text(&one["standing"])).collect();
    assert_eq!(standing, [vec!["ELECTED"; 7], vec!["ALTERNATE"; 2]].concat());
}

/// Whether a vote was extended.
pub(super) fn goes_on(poll: &Value) -> bool {
    poll["extensions"].as_array().is_some_and(|made| made.len() == 1)
}

async fn too_few_vote_at_first_and_enough_once_it_goes_on(world: &mut World) {
    let founding = up_to_the_vote(world).await;
    let (id, poll) = (founding.programme.clone(), founding.poll.clone());
    founding.vote(&founding.voters[..10]).await;
    founding.day(22, 1).await;
    let office = founding.office().await;
    let longer = super::until(&office, &format!("/v1/polls/{poll}"), "goes on", goes_on).await;
    let by = moment(&longer["closes_at"]) - moment(&longer["announced_closes_at"]);
    assert_eq!((longer["state"].as_str(), by.num_days()), (Some("OPEN"), 15));
    assert_eq!(module(&read(&office, &id).await, "vote")["state"], "RUNNING");
    founding.vote(&founding.voters[10..410]).await;
    founding.day(37, 1).await;
    let counted = founding.until("election", "OVER").await;
    assert_eq!(module(&counted, "election")["ending"], "FORMED");
    let told = super::eventually("the count in the timeline", async || {
        let told = timeline(&founding.office().await, &id, founding.begun).await;
        told.iter().any(|line| line.contains("清点完毕")).then_some(told)
    })
    .await;
    let by = |line: &String| line.starts_with("22 参与人数不足，投票按规则延期至 ");
    assert!(told.iter().any(by), "{told:?}");
    assert!(told.contains(&"37 清点完毕：选票 410 张。".to_owned()), "{told:?}");
}

async fn where_too_few_vote_nobody_is_elected_and_it_stops(world: &mut World) {
    let founding = up_to_the_vote(world).await;
    founding.vote(&founding.voters[..10]).await;
    founding.day(22, 1).await;
    let path = format!("/v1/polls/{}", founding.poll);
    super::until(&founding.office().await, &path, "goes on", goes_on).await;
    founding.day(37, 1).await;
    let stopped = founding.until("vote", "OVER").await;
    let ends = ["texts", "election"].map(|name| module(&stopped, name)["ending"].clone());
    assert!(ends.contains(&json!("NO_QUORUM")), "{ends:?}");
    assert_eq!(
        (&stopped["state"], &module(&stopped, "result")["state"]),
        (&json!("STOPPED"), &json!("LEFT_OUT"))
    );
}

/// `linli programme show` on the story's database.
pub(super) fn shown(world: &World, programme: &str) -> String {
    let (well, shown) = told(world, &["show", programme]);
    assert!(well, "{shown}");
    shown
}

/// What `linli programme` says, and whether it found all well.
fn told(world: &World, args: &[&str]) -> (bool, String) {
    let told = std::process::Command::new(env!("CARGO_BIN_EXE_linli"))
        .env_clear()
        .args(["--set", "env=test", "--set", &format!("database_url={}", world.data.database_url)])
        .arg("programme")
        .args(args)
        .current_dir(&world.data.folder)
        .output()
        .expect("the program runs");
    let printed = [told.stdout, told.stderr].map(|bytes| String::from_utf8(bytes).expect("words"));
    (told.status.success(), printed.concat())
}

/// An ordinary matter at the demo's complex, begun by the community.
async fn ordinary(world: &World) -> (Complex, Phone, String) {
    let complex = Complex::of(world).await;
    let office = world.sign_in("community").await;
    let begin = json!({ "template": "ordinary-matter", "purpose": "选聘物业" });
    let begun = office.post(&format!("/v1/places/{}/programmes", complex.id), &begin).await.ok();
    (complex, office, text(&begun["id"]))
}

/// A motion of one class in a draft, for the complex.
async fn motion(world: &World, office: &Phone, complex: &str, class: u8) -> String {
    let terms = super::polls::terms(world, complex).await;
    let poll = text(&office.post("/v1/polls", &terms).await.ok()["id"]);
    let matter = json!({ "class": class, "title": "事项", "body": "正文" });
    office.post(&format!("/v1/polls/{poll}/matters"), &matter).await.ok();
    poll
}

async fn owners_talk_before_they_vote_and_nothing_is_skipped(world: &mut World) {
    let (complex, office, id) = ordinary(world).await;
    let at = format!("/v1/places/{}/programmes", complex.id);
    let coowner = world.sign_in("coowner").await;
    let templates = items(&world.guest().get("/v1/programme-templates").await.ok()).len();
    assert_eq!(templates, 9);
    let begin = |template: &str| json!({ "template": template, "purpose": "再来一次" });
    office.post(&at, &begin("ordinary-matter")).await.refused(409, "PROGRAMME_RUNS");
    coowner.post(&at, &begin("ordinary-matter")).await.refused(403, "DEED_NOT_YOURS");
    world.sign_in("property").await.post(&at, &begin("found-committee")).await.refused(403, "NOT_ALLOWED");
    office.post(&at, &begin("coup")).await.refused(422, "INPUT_INVALID");
    office.post(&at, &begin("part-matter")).await.refused(422, "INPUT_INVALID");
    let stranger = world.newcomer().await;
    stranger.get(&format!("/v1/programmes/{id}")).await.refused(404, "NOT_FOUND");

    // Owners and others say what they think; who convenes it closes it, with reasons.
    let say = |words: &str| json!({ "deed": "SAY", "words": words });
    let about = json!({ "deed": "SAY", "words": "希望更换物业", "asks_of": "PROPERTY_MANAGER" });
    let said = deed(&coowner, &id, "deliberation", &about).await.ok();
    let property = world.sign_in("property").await;
    is_told(&property, "PROGRAMME_DEED", &id).await;
    let reply = json!({ "deed": "SAY", "words": "我们会改进", "answers": said["id"] });
    let of_another = deed(&coowner, &id, "deliberation", &reply).await.ok();
    let agreed = json!({ "deed": "CLOSE", "words": "多数赞成表决", "ending": "AGREED" });
    deed(&office, &id, "deliberation", &agreed).await.refused(409, "REPLY_AWAITED");
    let waits = module(&read(&office, &id).await, "deliberation")["reply_until"].clone();
    assert!((3..12).contains(&(moment(&waits) - moment(&said["at"])).num_days()), "{waits}");
    let replied = deed(&property, &id, "deliberation", &reply).await.ok();
    assert_eq!((&replied["role"], &replied["answers"]), (&json!("PROPERTY_MANAGER"), &said["id"]));
    assert_eq!([&of_another["is_reply"], &replied["is_reply"]], [false, true]);
    let back = json!({ "deed": "SAY", "words": "请业主说明", "asks_person": coowner.person });
    let back = deed(&property, &id, "deliberation", &back).await.ok();
    assert_eq!(back["asks_you"], false);
    is_told(&coowner, "PROGRAMME_DEED", &id).await;
    let listed = coowner.all(&format!("/v1/programmes/{id}/modules/deliberation/deeds"), 50).await;
    assert_eq!(listed.last().expect("it was said")["asks_you"], true);
    let answer = json!({ "deed": "SAY", "words": "电梯常坏", "answers": back["id"] });
    assert_eq!(deed(&coowner, &id, "deliberation", &answer).await.ok()["is_reply"], true);
    for wrong in [
        json!({ "deed": "SAY", "words": "?", "asks_of": "STREET_OFFICER" }),
        json!({ "deed": "SAY", "words": "?", "asks_of": "OWNER" }),
        json!({ "deed": "SAY", "words": "?", "asks_person": crate::phone::new_key() }),
        json!({ "deed": "SAY", "words": "?", "boards": ["大堂"] }),
    ] {
        deed(&coowner, &id, "deliberation", &wrong).await.refused(422, "INPUT_INVALID");
    }
    let elsewhere = json!({ "deed": "SAY", "words": "?", "answers": crate::phone::new_key() });
    deed(&property, &id, "deliberation", &elsewhere).await.refused(422, "INPUT_INVALID");
    deed(&coowner, &id, "deliberation", &json!({ "deed": "SAY" })).await.refused(422, "INPUT_INVALID");
    deed(&coowner, &id, "deliberation", &json!({ "deed": "SIGN" })).await.refused(422, "DEED_UNFIT");
    deed(&coowner, &id, "nowhere", &say("?")).await.refused(404, "NOT_FOUND");
    let close = |ending: Value| json!({ "deed": "CLOSE", "words": "多数赞成表决", "ending": ending });
    deed(&coowner, &id, "deliberation", &close(json!("AGREED"))).await.refused(403, "DEED_NOT_YOURS");
    deed(&office, &id, "deliberation", &close(Value::Null)).await.refused(422, "INPUT_INVALID");
    deed(&office, &id, "deliberation", &close(json!("PASSED"))).await.refused(422, "INPUT_INVALID");

    // A poll of the vote does not lock before its roll is to be locked, and not for what the vote is not for.
    let poll = motion(world, &office, &complex.id, 6).await;
    let bind = |module: &str, poll: &str| json!({ "module": module, "poll_id": poll });
    let polls = format!("/v1/programmes/{id}/polls");
    coowner.post(&polls, &bind("vote", &poll)).await.refused(403, "DEED_NOT_YOURS");
    property.post(&polls, &bind("vote", &poll)).await.refused(403, "NOT_ALLOWED");
    office.post(&polls, &bind("deliberation", &poll)).await.refused(404, "NOT_FOUND");
    office.post(&polls, &bind("vote", &poll)).await.ok();
    office.post(&polls, &bind("vote", &poll)).await.refused(409, "POLL_NOT_OF_VOTE");
    let lock = |poll: &str| format!("/v1/polls/{poll}/locks");
    office.post(&lock(&poll), &json!({})).await.refused(409, "POLL_NOT_OF_VOTE");
    let bare = json!({ "deed": "MINUTE", "words": "到会三十户" });
    deed(&office, &id, "deliberation", &bare).await.refused(422, "INPUT_INVALID");
    let mut early = minutes("到会三十户", 30);
    early["meeting"]["held_at"] = json!("2099-01-01T19:00:00+08:00");
    deed(&office, &id, "deliberation", &early).await.refused(422, "INPUT_INVALID");
    let met = deed(&office, &id, "deliberation", &minutes("到会三十户", 30)).await.ok();
    assert_eq!(met["meeting"], minutes("", 30)["meeting"]);
    deed(&office, &id, "deliberation", &close(json!("AGREED"))).await.ok();
    let talked = office.all(&format!("/v1/programmes/{id}/modules/deliberation/deeds"), 2).await;
    let words: Vec<_> = talked.iter().map(|one| (text(&one["deed"]), text(&one["words"]))).collect();
    let told = [
        ("SAY", "希望更换物业"),
        ("SAY", "我们会改进"),
        ("SAY", "我们会改进"),
        ("SAY", "请业主说明"),
        ("SAY", "电梯常坏"),
        ("MINUTE", "到会三十户"),
        ("CLOSE", "多数赞成表决"),
    ];
    assert_eq!(words, told.map(|(deed, words)| (deed.to_owned(), words.to_owned())));
    assert_eq!((&talked[0]["is_yours"], &talked[5]["is_yours"]), (&json!(false), &json!(true)));
    let seen = coowner.all(&format!("/v1/programmes/{id}/modules/deliberation/deeds"), 50).await;
    let meeting = &seen[5]["meeting"];
    assert_eq!(
        (&meeting["present"], &meeting["names"]),
        (&json!(30), &json!([])),
        "who came is not told to all"
    );
    deed(&coowner, &id, "deliberation", &say("太晚了")).await.refused(409, "MODULE_ELSEWHERE");
    until_module(&office, &id, "roll", "RUNNING").await;
    is_told(&office, "PROGRAMME_MODULE_BEGUN", &id).await;
    is_told(&coowner, "PROGRAMME_BEGUN", &id).await;
    let wrong = office.post(&lock(&poll), &json!({})).await.refused(409, "POLL_NOT_OF_VOTE");
    assert!(wrong["detail"].as_str().unwrap().contains("class 6"), "{wrong}");
    let listed = office.all(&at, 1).await;
    assert_eq!((&listed[0]["id"], &listed[0]["state"]), (&json!(id), &json!("RUNNING")));
}

/// Whoever supervises notes what is seen, of a step that has not come yet and while all stands still; it is answered once.
async fn a_note_is_left_and_answered(world: &World, id: &str) {
    let (office, street) = (world.sign_in("community").await, world.sign_in("street").await);
    let (property, coowner) = (world.sign_in("property").await, world.sign_in("coowner").await);
    let mut note = json!({ "deed": "NOTE", "words": "公告栏未张贴通知", "asks": "请补贴并留影" });
    note["asks_of"] = json!("COMMUNITY_OFFICER");
    deed(&coowner, id, "vote", &note).await.refused(403, "DEED_NOT_YOURS");
    deed(&street, id, "nowhere", &note).await.refused(404, "NOT_FOUND");
    let reply = |to: &Value| json!({ "deed": "REPLY", "words": "已补贴", "answers": to["id"] });
    let nothing = json!({ "id": uuid::Uuid::from_u128(1) });
    deed(&office, id, "vote", &reply(&nothing)).await.refused(409, "NOTE_ANSWERED");
    let noted = deed(&street, id, "vote", &note).await.ok();
    assert_eq!(
        [&noted["role"], &noted["words"], &noted["asks"], &noted["asks_of"]],
        ["STREET_OFFICER", "公告栏未张贴通知", "请补贴并留影", "COMMUNITY_OFFICER"]
    );
    is_told(&office, "PROGRAMME_DEED", id).await;
    for wrong in [
        json!({ "deed": "NOTE", "words": "?", "asks_of": "OWNER" }),
        json!({ "deed": "REPLY", "words": "?", "asks": "?", "answers": noted["id"] }),
        json!({ "deed": "REPLY", "words": "?" }),
        reply(&nothing),
    ] {
        deed(&office, id, "vote", &wrong).await.refused(422, "INPUT_INVALID");
    }
    let may = async |phone: &Phone| module(&read(phone, id).await, "vote")["you_may"].clone();
    assert_eq!((may(&office).await, may(&coowner).await), (json!(["NOTE", "REPLY"]), json!([])));
    deed(&street, id, "vote", &reply(&noted)).await.refused(403, "DEED_NOT_YOURS");
    deed(&office, id, "vote", &reply(&noted)).await.ok();
    is_told(&street, "PROGRAMME_DEED", id).await;
    let own = deed(&property, id, "vote", &json!({ "deed": "NOTE", "words": "门禁已开放" })).await.ok();
    deed(&office, id, "vote", &reply(&noted)).await.refused(409, "NOTE_ANSWERED");
    assert_eq!(module(&read(&office, id).await, "vote")["state"], "WAITING", "it moves nothing");
    let kept = coowner.all(&format!("/v1/programmes/{id}/modules/vote/deeds"), 2).await;
    let deeds: Vec<_> = kept.iter().map(|one| text(&one["deed"])).collect();
    assert_eq!((deeds, &kept[2]["id"]), (["NOTE", "REPLY", "NOTE"].map(str::to_owned).to_vec(), &own["id"]));
}

async fn a_programme_stands_still_and_is_called_off(world: &mut World) {
    let (_, office, id) = ordinary(world).await;
    let coowner = world.sign_in("coowner").await;
    let path = |rest: &str| format!("/v1/programmes/{id}/{rest}");
    let now = moment(&office.get("/v1/home").await.ok()["server_time"]);
    let until = |days| json!({ "words": "台风停电", "until": (now + TimeDelta::days(days)).to_rfc3339() });
    let why = json!({ "words": "供电已恢复" });
    coowner.post(&path("pauses"), &until(3)).await.refused(403, "NOT_ALLOWED");
    office.post(&path("resumptions"), &why).await.refused(409, "PROGRAMME_STANDS");
    office.post(&path("pauses"), &until(31)).await.refused(422, "INPUT_INVALID");
    let before = module(&read(&office, &id).await, "deliberation")["latest_at"].clone();
    let paused = office.post(&path("pauses"), &until(3)).await.ok();
    assert_eq!(paused["state"], "PAUSED");
    office.post(&path("pauses"), &until(3)).await.refused(409, "PROGRAMME_STANDS");
    let say = json!({ "deed": "SAY", "words": "还在停电吗" });
    deed(&coowner, &id, "deliberation", &say).await.refused(409, "MODULE_ELSEWHERE");
    a_note_is_left_and_answered(world, &id).await;
    world.advance_clock(24 * 3600).await;
    // The day ended everybody's session.
    let (office, coowner) = (world.sign_in("community").await, world.sign_in("coowner").await);
    coowner.post(&path("resumptions"), &why).await.refused(403, "NOT_ALLOWED");
    let resumed = office.post(&path("resumptions"), &why).await.ok();
    assert_eq!(resumed["state"], "RUNNING");
    let longer = moment(&module(&resumed, "deliberation")["latest_at"]) - moment(&before);
    assert!((24..25).contains(&longer.num_hours()), "as much longer as it stood still: {longer}");
    deed(&coowner, &id, "deliberation", &say).await.ok();

    coowner.post(&path("cancellations"), &why).await.refused(403, "DEED_NOT_YOURS");
    let stopped = office.post(&path("cancellations"), &json!({ "words": "物业已续约" })).await.ok();
    assert_eq!(
        (&stopped["state"], &module(&stopped, "deliberation")["state"]),
        (&json!("STOPPED"), &json!("LEFT_OUT"))
    );
    office.post(&path("cancellations"), &why).await.refused(409, "PROGRAMME_STANDS");
    let told = super::eventually("the end in the timeline", async || {
        let told = timeline(&coowner, &id, now).await;
        told.iter().any(|line| line.contains("取消")).then_some(told)
    })
    .await;
    let whys: Vec<_> =
        told.iter().filter(|line| line.contains('：')).map(|line| line[3..].to_owned()).collect();
    assert_eq!(
        whys,
        [
            "方案开始：一般事项表决。",
            "开始：业主协商。",
            "方案暂停：台风停电。",
            "街道监督记录：表决，请社区处理。",
            "社区答复监督记录：表决。",
            "物业监督记录：表决。",
            "方案继续：供电已恢复。",
            "业主发言：业主协商。",
            "召集人取消了方案：物业已续约。"
        ]
    );
}

/// Stairs are tidied up: 3 days of notice, then somebody does it and the committee looks.
const TIDY_UP: &str = "\
name = 'tidy-up'
version = 1
zh = '清理楼道'
en = 'Tidy up the stairs'
levels = ['COMPLEX']
convened_by = ['COMMUNITY_OFFICER']

[modules.notice]
kind = 'PUBLIC_NOTICE'
zh = '公示清理日期'
en = 'The day hangs out'
least = 3

[modules.work]
kind = 'TASK'
zh = '清理'
en = 'It is done'
asks = ['PROPERTY_MANAGER']
accepted_by = ['OWNER', 'COMMUNITY_OFFICER']
requires = ['清理前后照片']
after = [['notice']]
ends = { ACCEPTED = 'DONE', DECLINED = 'STOPPED' }
";

/// The same with a notice that waits for the work that waits for it.
pub(super) fn with_a_cycle() -> String {
    TIDY_UP.replace("least = 3", "least = 3\nafter = [['work']]")
}

async fn a_complex_composes_a_programme_of_its_own(world: &mut World) {
    let complex = Complex::of(world).await;
    let office = world.sign_in("community").await;
    let own = format!("/v1/places/{}/programme-templates", complex.id);
    let load = |text: &str| json!({ "text": text });

    // What is wrong is told with its line, as the program tells it from the file, and nothing is kept.
    let cycle = with_a_cycle();
    let refused = office.post(&own, &load(&cycle)).await.refused(422, "TEMPLATE_UNFIT");
    let errors = refused["errors"].as_array().expect("errors");
    let faults: Vec<_> = errors.iter().map(|one| (text(&one["code"]), text(&one["detail"]))).collect();
    let waits = "is one of those that wait for one another: notice, work";
    assert_eq!(
        faults,
        [("CYCLE", format!("line 13: notice {waits}")), ("CYCLE", format!("line 22: work {waits}"))]
            .map(|(code, detail)| (code.to_owned(), detail))
    );
    let file = world.data.folder.join("cycle.toml");
    std::fs::write(&file, &cycle).expect("the story's folder takes files");
    let (well, printed) = told(world, &["check", &file.display().to_string()]);
    assert!(
        !well
            && faults.iter().all(|(code, detail)| printed.contains(&detail.replacen(
                ": ",
                &format!(": {code}: "),
                1
            ))),
        "{printed}"
    );
    let unread = office.post(&own, &load(&TIDY_UP.replace("kind = 'TASK'", "kin = 'TASK'"))).await;
    let unread = unread.refused(422, "TEMPLATE_UNFIT");
    assert!(text(&unread["detail"]).starts_with("line 15: unknown field `kin`"), "{unread}");
    let taken = office.post(&own, &load(&TIDY_UP.replace("tidy-up", "removal"))).await;
    assert_eq!(taken.refused(422, "TEMPLATE_UNFIT")["errors"][0]["code"], "TAKEN");
    let begin = json!({ "template": "tidy-up", "purpose": "清理三号楼楼道" });
    let at = format!("/v1/places/{}/programmes", complex.id);
    assert!(office.all(&own, 10).await.is_empty(), "nothing was kept");
    office.post(&at, &begin).await.refused(422, "INPUT_INVALID");

    // In TOML or in JSON; a version never changes.
    let loaded = office.post(&own, &load(TIDY_UP)).await;
    assert_eq!((loaded.status, loaded.header("location")), (201, Some(own.as_str())));
    world.sign_in("property").await.post(&own, &load(TIDY_UP)).await.refused(403, "NOT_ALLOWED");
    world.newcomer().await.post(&own, &load(TIDY_UP)).await.refused(404, "NOT_FOUND");
    office.post(&own, &load(TIDY_UP)).await.refused(409, "TEMPLATE_SUPERSEDED");
    let second = json!({
        "name": "tidy-up", "version": 2, "zh": "清理楼道", "en": "Tidy up", "levels": ["COMPLEX"],
        "convened_by": ["COMMUNITY_OFFICER"],
        "modules": {
            "notice": { "kind": "PUBLIC_NOTICE", "zh": "公示", "en": "It hangs out", "least": 1 },
            "talk": { "kind": "DELIBERATION", "zh": "协商", "en": "Neighbours talk", "asks": ["OWNER"], "most": 1 },
            "work": { "kind": "TASK", "zh": "清理", "en": "It is done", "asks": ["COMMUNITY_OFFICER"],
                "accepted_by": ["COMMUNITY_OFFICER", "STREET_OFFICER"], "after": [["notice"]],
                "ends": { "ACCEPTED": "DONE", "DECLINED": "STOPPED" } },
            "watch": { "kind": "SUPERVISION_NOTE", "zh": "监督意见", "en": "It is supervised",
                "asks": ["STREET_OFFICER"] },
        },
    });
    let unit = part(&office, &part(&office, &complex.id, "1号楼").await, "1单元").await;
    let in_unit = format!("/v1/places/{unit}/programme-templates");
    office.post(&in_unit, &load(&second.to_string())).await.refused(422, "INPUT_INVALID");
    office.post(&own, &load(&second.to_string())).await.ok();
    let versions = office.all(&own, 1).await;
    let versions: Vec<_> = versions.iter().map(|one| (&one["name"], &one["version"])).collect();
    assert_eq!(versions, [(&json!("tidy-up"), &json!(2)), (&json!("tidy-up"), &json!(1))]);
    let changes = super::record::all_changes(&office, &format!("&place_id={}", complex.id)).await;
    let loaded = changes.iter().filter(|one| one["kind"] == "PROGRAMME_TEMPLATE_LOADED");
    assert_eq!(loaded.map(|one| one["facts"]["version"].as_u64()).collect::<Vec<_>>(), [Some(1), Some(2)]);

    // It runs as any other does. In a unit only what is owned there counts.
    let id = text(&office.post(&at, &begin).await.ok()["id"]);
    let begun = read(&office, &id).await;
    assert_eq!((&begun["zh"], &module(&begun, "talk")["is_advice"]), (&json!("清理楼道"), &json!(true)));
    let drive = json!({
        "name": "sign", "version": 1, "zh": "签名", "en": "Sign", "levels": ["UNIT"],
        "convened_by": ["COMMUNITY_OFFICER"],
        "modules": { "drive": { "kind": "SIGNATURE_DRIVE", "zh": "签名", "en": "Sign", "asks": ["OWNER"],
            "wants": { "heads": [1, 2] }, "ends": { "REACHED": "DONE", "NOT_REACHED": "STOPPED" } } },
    });
    office.post(&own, &load(&drive.to_string())).await.ok();
    office.post(&at, &json!({ "template": "sign", "purpose": "?" })).await.refused(422, "INPUT_INVALID");
    let sign = json!({ "template": "sign", "purpose": "一单元换灯" });
    let begun = office.post(&format!("/v1/places/{unit}/programmes"), &sign).await.ok();
    let of_unit = &module(&begun, "drive")["signatures"]["roll"];
    let heads = of_unit["heads"].as_u64().unwrap_or_default();
    assert!((1..=88).contains(&heads), "22 floors of 4 homes: {of_unit}");

    let notes = json!({ "deed": "NOTE", "words": "请留出消防通道" });
    deed(&office, &id, "watch", &notes).await.refused(403, "DEED_NOT_YOURS");
    deed(&world.sign_in("street").await, &id, "watch", &notes).await.ok();
    let watched = until_module(&office, &id, "watch", "OVER").await;
    assert_eq!(module(&watched, "watch")["ending"], "NOTED");

    world.advance_clock(3 * 24 * 3600).await;
    let office = world.sign_in("community").await;
    until_module(&office, &id, "work", "RUNNING").await;
    deed(&office, &id, "work", &json!({ "deed": "SHOW", "words": "已清理" })).await.ok();
    let accept = json!({ "deed": "ACCEPT" });
    let refused = deed(&office, &id, "work", &accept).await.refused(403, "DEED_NOT_YOURS");
    assert_eq!(refused["detail"], "somebody else looks at what you have shown");
    deed(&world.sign_in("street").await, &id, "work", &accept).await.ok();
    assert_eq!(read(&office, &id).await["state"], "DONE");
}
