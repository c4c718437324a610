//! How votes end: they go on where too few took part, and close where enough did or nothing is left; what came out may be
//! objected to, and is final once nothing stands against it.

use chrono::{DateTime, FixedOffset, TimeDelta};
use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{
    committees::House,
    neighbours::{Complex, Owner, head_of, items, moment, text, until, until_it_is, verify},
};
use crate::{
    phone::{Phone, Reply},
    servers::connect,
    story,
    story::Story,
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(voting_goes_on_where_too_few_took_part).in_the_demo(),
        story!(voting_stands_still_in_an_emergency).in_the_demo(),
        story!(voting_goes_on_once_however_many_processes_run).in_the_demo(),
        story!(a_result_is_final_once_nothing_stands_against_it).in_the_demo(),
        story!(what_is_due_after_a_vote_is_told_once).in_the_demo(),
        story!(a_result_is_final_once_however_many_processes_run).in_the_demo(),
    ]
}

/// A few homes beside the demo's complex, each with one owner.
pub(super) struct Hamlet {
    pub complex: Complex,
    pub owners: Vec<Owner>,
}

/// As often and as long as the nation's rules let voting go on.
const EXTENDED: TimeDelta = TimeDelta::days(15);

impl Hamlet {
    pub async fn of(world: &World, homes: usize) -> Self {
        Self::with(world, 0, homes).await
    }

    /// The same after so many homes more were brought in.
    async fn grow(self, world: &World, more: usize) -> Self {
        let there = self.owners.len();
        let grown = Self::with(world, there, there + more).await;
        Self { owners: self.owners.into_iter().chain(grown.owners).collect(), ..grown }
    }

    /// Brings in the homes of a roll from one to another.
    async fn with(world: &World, from: usize, homes: usize) -> Self {
        let roll = std::fs::read_to_string(super::neighbours::example_roll()).expect("the example roll");
        let mut lines = roll.lines();
        let mut rows = vec![lines.next().expect("headings")];
        let mut owners: Vec<Owner> = Vec::new();
        for line in lines {
            let cells: Vec<&str> = line.split(',').collect();
            let is_new = owners.iter().all(|owner| owner.id_number != cells[5]);
            if owners.len() < homes && cells[7] == "已交付" && !cells[4].contains('、') && is_new {
                owners.push(Owner::new([cells[0], cells[1], cells[2]], cells[4], cells[5]));
                rows.push(line);
            }
        }
        rows.drain(1..=from);
        owners.drain(..from);
        let file = world.data.folder.join("hamlet.csv");
        std::fs::write(&file, rows.join("\n")).expect("the story's folder takes files");
        let under = ["--under", "示范区/青年路街道/青年路社区"];
        let under: &[&str] = if from == 0 { &under } else { &[] };
        let (well, told) = super::roll::import(world, &world.data.database_url, &file, "小村", under);
        assert!(well, "{told}");
        if from == 0 {
            super::neighbours::roll_is_shown(world).await;
        }
        let office = world.sign_in("community").await;
        let me = office.get("/v1/me").await.ok();
        let id = super::identity::part(&office, &text(&me["roles"][0]["place_id"]), "小村").await;
        Self { complex: Complex::walk(&id, &office, &office).await, owners }
    }

    /// One owner on a phone of their own, confirmed, at the time that it is now.
    pub async fn owner(&self, world: &World, turn: usize) -> Phone {
        let phone = world.wechat_user(&format!("o-hamlet-{turn}")).await;
        let mine = phone.get("/v1/me").await.ok();
        if mine["roles"] == json!([]) {
            let desk = world.sign_in("community").await;
            self.complex.at_the_desk(desk).move_in(&phone, &self.owners[turn]).await;
        }
        phone
    }

    /// These owners vote yes on all that there is.
    async fn vote(&self, world: &World, poll: &str, turns: std::ops::Range<usize>) {
        for turn in turns {
            self.cast(world, poll, turn).await.ok();
        }
    }

    /// One of them does, or tries to.
    async fn cast(&self, world: &World, poll: &str, turn: usize) -> Reply {
        let phone = self.owner(world, turn).await;
        let home = &self.owners[turn].home;
        let home = self.complex.home(home.each_ref().map(String::as_str));
        let head = head_of(&phone, poll, home).await;
        let whole = phone.call(Method::GET, &format!("/v1/polls/{poll}")).send().await.ok();
        let yes = |matter: &Value| json!({ "matter_id": matter["id"], "choice": "YES" });
        let answers: Vec<_> = whole["matters"].as_array().expect("matters").iter().map(yes).collect();
        let ballot = json!({ "head_id": head, "answers": answers });
        phone.post(&format!("/v1/polls/{poll}/ballots"), &ballot).await
    }

    /// A motion, locked.
    pub async fn motion(&self, office: &Phone, terms: &Value) -> String {
        let poll = super::polls::motion(office, terms).await;
        office.post(&format!("/v1/polls/{poll}/locks"), &json!({})).await.ok();
        poll
    }
}

async fn read(phone: &Phone, poll: &str) -> Value {
    phone.call(Method::GET, &format!("/v1/polls/{poll}")).send().await.ok()
}

/// Waits until a poll was extended so often.
async fn until_extended(phone: &Phone, poll: &str, times: usize) -> Value {
    let path = format!("/v1/polls/{poll}");
    let is_extended = |seen: &Value| seen["extensions"].as_array().is_some_and(|made| made.len() == times);
    super::until(phone, &path, &format!("is extended {times} times"), is_extended).await
}

/// What the record tells of a poll's extensions.
async fn told(phone: &Phone, complex: &str, poll: &str) -> Vec<Value> {
    told_of(phone, complex, poll, "POLL_EXTENDED").await
}

/// What the record tells of one kind about a poll.
pub(super) async fn told_of(phone: &Phone, complex: &str, poll: &str, kind: &str) -> Vec<Value> {
    let (mut told, mut cursor) = (Vec::new(), String::new());
    loop {
        let page =
            phone.call(Method::GET, &format!("/v1/changes?place_id={complex}{cursor}")).send().await.ok();
        let of_it = |one: &&Value| one["subject_id"] == poll && one["kind"] == kind;
        told.extend(items(&page).iter().filter(of_it).cloned());
        if page["more"] == false {
            return told;
        }
        cursor = format!("&cursor={}", text(&page["next_cursor"]));
    }
}

async fn voting_goes_on_where_too_few_took_part(world: &mut World) {
    let hamlet = Hamlet::of(world, 6).await;
    let complex = hamlet.complex.id.clone();
    let office = world.sign_in("community").await;
    let terms = super::polls::terms(world, &complex).await;
    let [missed, reached, enough] = [
        hamlet.motion(&office, &terms).await,
        hamlet.motion(&office, &terms).await,
        hamlet.motion(&office, &terms).await,
    ];
    let never = super::polls::changed(&terms, "rules", json!({ "extensions": 0 }));
    let never = hamlet.motion(&office, &never).await;
    let more = super::polls::changed(&terms, "rules", json!({ "extensions": 2 }));
    office.post("/v1/polls", &more).await.refused(422, "RULE_NOT_YOURS");
    let closes_at = moment(&terms["closes_at"]);
    let longer = closes_at + EXTENDED;

    until(world, moment(&terms["opens_at"])).await;
    until_it_is(&world.sign_in("community").await, &reached, "OPEN").await;
    hamlet.vote(world, &enough, 0..5).await;
    hamlet.vote(world, &reached, 0..2).await;
    until(world, closes_at).await;
    let office = world.sign_in("community").await;
    for poll in [&missed, &reached] {
        let seen = until_extended(&office, poll, 1).await;
        assert_eq!(seen["state"], "OPEN");
        assert_eq!(moment(&seen["announced_closes_at"]), moment(&read(&office, &enough).await["closes_at"]));
        assert_eq!(
            (moment(&seen["closes_at"]), &seen["extensions"][0]["to"]),
            (second(longer), &seen["closes_at"])
        );
        let (well, said) = verify(world, poll);
        assert!(well && said.contains("OPEN"), "{said}");
    }
    for poll in [&enough, &never] {
        let closed = until_it_is(&office, poll, "CLOSED").await;
        assert_eq!(
            (&closed["extensions"], &closed["closes_at"]),
            (&json!([]), &closed["announced_closes_at"])
        );
    }
    // It is told why, and to those who live there; not how few they were.
    let owner = hamlet.owner(world, 0).await;
    super::eventually("the notice", async || {
        let mine = owner.call(Method::GET, "/v1/notices").send().await.ok();
        let of_it = |one: &&Value| one["kind"] == "POLL_EXTENDED" && one["subject_id"] == reached.as_str();
        (items(&mine).iter().filter(of_it).count() == 1).then_some(())
    })
    .await;
    let lines = told(&owner, &complex, &reached).await;
    assert_eq!(lines.len(), 1);
    let facts = &lines[0]["facts"];
    assert_eq!((&lines[0]["actor_role"], &facts["reason"]), (&json!("CLOCK"), &json!("QUORUM_MISSED")));
    let rules = facts["rules"].as_array().expect("rules");
    let caused_by: Vec<_> = rules.iter().map(|rule| (text(&rule["name"]), text(&rule["said_by"]))).collect();
    assert_eq!(
        caused_by,
        [("quorum", "LAW"), ("extensions", "NATION"), ("extension_days", "NATION")]
            .map(|(name, voice)| (name.to_owned(), voice.to_owned()))
    );
    for secret in ["took_part", "heads", "area"] {
        assert!(facts.get(secret).is_none(), "{facts}");
    }

    hamlet.vote(world, &reached, 2..5).await;
    until(world, longer).await;
    let office = world.sign_in("community").await;
    for (poll, returned, outcome) in
        [(&missed, 0, "NO_QUORUM"), (&reached, 5, "PASSED"), (&enough, 5, "PASSED"), (&never, 0, "NO_QUORUM")]
    {
        until_it_is(&office, poll, "CLOSED").await;
        let result = office.get(&format!("/v1/polls/{poll}/result")).await.ok();
        assert_eq!(result["returned"]["heads"], returned, "ballots from before the extension stay");
        assert_eq!(result["matters"][0]["outcome"], outcome);
        let (well, said) = verify(world, poll);
        assert!(well, "{said}");
    }
    whoever_makes_it_longer_or_shorter_is_found_out(world, &reached, &missed).await;
}

/// To the second, as a poll keeps it.
fn second(moment: DateTime<FixedOffset>) -> DateTime<FixedOffset> {
    DateTime::from_timestamp(moment.timestamp(), 0).expect("a moment").with_timezone(moment.offset())
}

async fn whoever_makes_it_longer_or_shorter_is_found_out(world: &World, reached: &str, missed: &str) {
    let db = connect(&world.data.database_url).await.unwrap();
    let found = |poll: &str, words: &str| {
        let (well, said) = verify(world, poll);
        assert!(!well && said.contains(words), "{words}: {said}");
    };
    // As if a ballot of the last days had come before, no extension would have been due.
    let before = "UPDATE ballot SET cast_at = \
         (SELECT MIN(cast_at) FROM ballot AS other WHERE other.poll_id = ballot.poll_id)";
    db.execute_unprepared(before).await.unwrap();
    found(reached, "closings: stored");
    let gone = "UPDATE event SET kind = 'GONE' WHERE kind = 'POLL_EXTENDED'";
    assert!(db.execute_unprepared(gone).await.unwrap().rows_affected() >= 2);
    found(missed, "the record tells 0 times of POLL_EXTENDED, not 1");
    let untold = "UPDATE poll SET extensions = NULL WHERE extensions IS NOT NULL";
    assert!(db.execute_unprepared(untold).await.unwrap().rows_affected() >= 2);
    found(missed, "frozen_hash: stored");
    db.close().await.unwrap();
}

async fn voting_stands_still_in_an_emergency(world: &mut World) {
    let hamlet = Hamlet::of(world, 4).await;
    let complex = hamlet.complex.id.clone();
    let office = world.sign_in("community").await;
    let terms = super::polls::terms(world, &complex).await;
    let terms = super::polls::changed(&terms, "rules", json!({ "extensions": 0 }));
    let poll = hamlet.motion(&office, &terms).await;
    let path = |rest: &str| format!("/v1/polls/{poll}/{rest}");
    let pause = |until: DateTime<FixedOffset>| json!({ "words": "台风停电", "until": until.to_rfc3339() });
    let why = json!({ "words": "供电已恢复" });
    let (opens_at, closes_at) = (moment(&terms["opens_at"]), second(moment(&terms["closes_at"])));
    office.post(&path("pauses"), &pause(opens_at)).await.refused(409, "POLL_NOT_OPEN");

    until(world, opens_at).await;
    let office = world.sign_in("community").await;
    until_it_is(&office, &poll, "OPEN").await;
    hamlet.vote(world, &poll, 0..1).await;
    let now = moment(&office.get("/v1/home").await.ok()["server_time"]);
    let in_days = |days| pause(now + TimeDelta::days(days));
    hamlet.owner(world, 0).await.post(&path("pauses"), &in_days(2)).await.refused(404, "NOT_FOUND");
    office.post(&path("resumptions"), &why).await.refused(409, "POLL_NOT_PAUSED");
    for days in [0, 31] {
        office.post(&path("pauses"), &in_days(days)).await.refused(422, "INPUT_INVALID");
    }
    assert_eq!(moment(&read(&office, &poll).await["closes_at"]), closes_at, "wrong use changes nothing");

    // Who stopped it, why, and until when is shown; and when it closes then. Nothing is taken until it goes on.
    let paused = office.post(&path("pauses"), &in_days(2)).await.ok();
    let shown = &paused["pauses"][0];
    let (since, latest) = (moment(&shown["since"]), moment(&shown["until"]));
    assert_eq!([&shown["by"], &shown["words"]], ["COMMUNITY_OFFICER", "台风停电"]);
    assert_eq!(
        (moment(&paused["closes_at"]), moment(&paused["announced_closes_at"]), &paused["paused_until"]),
        (closes_at + (latest - since), closes_at, &shown["until"])
    );
    office.post(&path("pauses"), &in_days(3)).await.refused(409, "POLL_PAUSED");
    let refused = hamlet.cast(world, &poll, 1).await.refused(409, "POLL_PAUSED");
    let tells = latest.format("%Y-%m-%d %H:%M").to_string();
    assert!(refused["detail"].as_str().expect("words").contains(&tells), "until when: {refused}");
    let empty = json!({ "returned": 0, "late": 0 });
    office.post(&path("boxes"), &empty).await.refused(409, "POLL_PAUSED");
    office.post(&path("reminders"), &json!({})).await.refused(409, "POLL_PAUSED");

    // It is lifted after a day: that day is given back, and not the other.
    world.advance_clock(24 * 60 * 60).await;
    let office = world.sign_in("community").await;
    let lifted = office.post(&path("resumptions"), &why).await.ok();
    let lost = moment(&lifted["pauses"][0]["ended_at"]) - since;
    assert!((24..25).contains(&lost.num_hours()) && lifted.get("paused_until").is_none(), "{lifted}");
    assert_eq!(moment(&lifted["closes_at"]), closes_at + lost);
    assert_eq!(lifted["pauses"][0]["lifted_words"], "供电已恢复");
    hamlet.vote(world, &poll, 1..2).await;
    for kind in ["POLL_PAUSED", "POLL_RESUMED"] {
        let owner = hamlet.owner(world, 0).await;
        super::eventually(kind, async || {
            let mine = owner.call(Method::GET, "/v1/notices").send().await.ok();
            let of_it = |one: &&Value| one["kind"] == kind && one["subject_id"] == poll.as_str();
            let told = items(&mine).iter().find(of_it).cloned()?;
            assert!(moment(&told["due_at"]) > closes_at, "with the new close: {told}");
            Some(())
        })
        .await;
    }

    // Over the moment at which it was to close, and forgotten by everybody.
    until(world, closes_at - TimeDelta::hours(1)).await;
    let office = world.sign_in("community").await;
    let over = closes_at + lost + TimeDelta::hours(6);
    office.post(&path("pauses"), &pause(over)).await.ok();
    until(world, closes_at + lost + TimeDelta::hours(1)).await;
    hamlet.cast(world, &poll, 2).await.refused(409, "POLL_PAUSED");
    until(world, over).await;
    let office = world.sign_in("community").await;
    let ended = |seen: &Value| seen["pauses"][1].get("ended_at").is_some();
    let seen = super::until(&office, &format!("/v1/polls/{poll}"), "goes on by itself", ended).await;
    let (from, to) = (moment(&seen["pauses"][1]["since"]), moment(&seen["pauses"][1]["ended_at"]));
    let longer = closes_at + lost + (to - from);
    assert_eq!((&seen["state"], to, moment(&seen["closes_at"])), (&json!("OPEN"), over, longer));
    assert!(seen["pauses"][1].get("lifted_by").is_none(), "{seen}");
    hamlet.vote(world, &poll, 2..3).await;
    until(world, longer).await;
    let office = world.sign_in("community").await;
    until_it_is(&office, &poll, "CLOSED").await;
    office.post(&path("pauses"), &pause(longer + TimeDelta::days(1))).await.refused(409, "POLL_CLOSED");
    let result = office.get(&path("result")).await.ok();
    assert_eq!(
        (&result["returned"]["heads"], &result["matters"][0]["outcome"]),
        (&json!(3), &json!("PASSED"))
    );
    let (well, said) = verify(world, &poll);
    assert!(well, "{said}");
    let owner = hamlet.owner(world, 0).await;
    for (kind, by) in [("POLL_PAUSED", "COMMUNITY_OFFICER"), ("POLL_RESUMED", "CLOCK")] {
        let told = told_of(&owner, &complex, &poll, kind).await;
        assert_eq!((told.len(), &told[1]["actor_role"]), (2, &json!(by)), "{told:?}");
        assert_eq!(moment(&told[1]["facts"]["closes_at"]), longer);
    }
    let db = connect(&world.data.database_url).await.unwrap();
    for (change, words) in [
        (
            "UPDATE ballot SET cast_at = (SELECT MIN(at) FROM event WHERE kind = 'POLL_PAUSED')",
            "it was cast while voting stood still",
        ),
        (
            "UPDATE poll SET pauses = NULL WHERE pauses IS NOT NULL",
            "the record tells 2 times of POLL_PAUSED, not 0",
        ),
    ] {
        assert!(db.execute_unprepared(change).await.unwrap().rows_affected() >= 1);
        let (well, said) = verify(world, &poll);
        assert!(!well && said.contains(words), "{words}: {said}");
    }
    db.close().await.unwrap();
}

async fn voting_goes_on_once_however_many_processes_run(world: &mut World) {
    let hamlet = Hamlet::of(world, 3).await;
    let office = world.sign_in("community").await;
    let terms = super::polls::terms(world, &hamlet.complex.id).await;
    let poll = hamlet.motion(&office, &terms).await;
    let (one, other) = (super::record::beside(world).await, super::record::beside(world).await);
    // Their clocks run ahead of the service's, whose own clock never comes so far.
    let ahead = |to: &Value| moment(to).to_utc() - one.clock.now();
    let to_the_opening = ahead(&terms["opens_at"]);
    for app in [&one, &other] {
        app.clock.advance(to_the_opening);
    }
    super::eventually("the opening", async || {
        drop(linli::polls::tick(&one).await);
        (read(&office, &poll).await["state"] == "OPEN").then_some(())
    })
    .await;
    let to_the_end = ahead(&terms["closes_at"]);
    for app in [&one, &other] {
        app.clock.advance(to_the_end);
    }
    let extended = super::eventually("the extension", async || {
        drop(tokio::join!(
            linli::polls::tick(&one),
            linli::polls::tick(&other),
            linli::polls::tick(&one),
            linli::polls::tick(&other),
        ));
        let seen = read(&office, &poll).await;
        (seen["extensions"] != json!([])).then_some(seen)
    });
    let seen = Box::pin(extended).await;
    assert_eq!(seen["extensions"].as_array().map(Vec::len), Some(1), "{seen}");
    assert_eq!(
        (&seen["state"], &seen["extensions"][0]["from"]),
        (&json!("OPEN"), &seen["announced_closes_at"])
    );
    for app in [&one, &other] {
        app.clock.advance(EXTENDED);
    }
    // On SQLite one of them may have waited too long for the other: what is due stays due.
    super::eventually("the close", async || {
        drop(tokio::join!(Box::pin(linli::polls::tick(&one)), Box::pin(linli::polls::tick(&other))));
        (read(&office, &poll).await["state"] == "CLOSED").then_some(())
    })
    .await;
    super::record::until_sequenced(world, &one).await;
    let (well, said) = verify(world, &poll);
    assert!(well, "each step once: {said}");
}

impl Hamlet {
    /// Motions that five of six owners passed, published on the day after the close.
    async fn published<const N: usize>(&self, world: &World) -> [String; N] {
        let polls = self.counted(world).await;
        let (office, owner) = (world.sign_in("community").await, self.owner(world, 0).await);
        for poll in &polls {
            let early = json!({ "ground": "COUNT", "words": "还没公布" });
            owner.post(&objections(poll), &early).await.refused(404, "RESULT_NOT_OUT");
            let seen = office.get(&format!("/v1/polls/{poll}/result")).await.ok();
            assert!(seen.get("objections").is_none() && seen.get("provisional_until").is_none(), "{seen}");
            office.post(&format!("/v1/polls/{poll}/publications"), &json!({})).await.ok();
        }
        polls
    }

    /// The same before they are published.
    async fn counted<const N: usize>(&self, world: &World) -> [String; N] {
        let office = world.sign_in("community").await;
        let terms = super::polls::terms(world, &self.complex.id).await;
        let mut polls = Vec::new();
        for _ in 0..N {
            polls.push(self.motion(&office, &terms).await);
        }
        until(world, moment(&terms["opens_at"])).await;
        for poll in &polls {
            until_it_is(&world.sign_in("community").await, poll, "OPEN").await;
            self.vote(world, poll, 0..5).await;
        }
        until(world, moment(&terms["closes_at"])).await;
        let office = world.sign_in("community").await;
        for poll in &polls {
            until_it_is(&office, poll, "CLOSED").await;
        }
        polls.try_into().expect("as many as were asked for")
    }
}

fn objections(poll: &str) -> String {
    format!("/v1/polls/{poll}/objections")
}

async fn result(phone: &Phone, poll: &str) -> Value {
    phone.call(Method::GET, &format!("/v1/polls/{poll}/result")).send().await.ok()
}

/// Waits until a result is final.
async fn until_final(phone: &Phone, poll: &str) -> Value {
    let path = format!("/v1/polls/{poll}/result");
    super::until(phone, &path, "is final", |seen| seen.get("final_at").is_some()).await
}

async fn a_result_is_final_once_nothing_stands_against_it(world: &mut World) {
    let hamlet = Hamlet::of(world, 6).await;
    let [quiet, late, upheld] = hamlet.published(world).await;
    let hamlet = hamlet.grow(world, 1).await;
    let (office, owner) = (world.sign_in("community").await, hamlet.owner(world, 0).await);
    let provisional = result(&owner, &quiet).await;
    let none = json!({ "open": 0, "upheld": 0, "dismissed": 0 });
    assert_eq!((&provisional["objections"], provisional.get("final_at")), (&none, None));
    let until_when = moment(&provisional["provisional_until"]);
    let days = until_when.date_naive() - moment(&provisional["published_at"]).date_naive();
    assert!(days.num_days() >= 8, "the day of the publication is not counted: {days}");
    let due = &provisional["deadlines"];
    assert!(moment(&due["publish_by"]) > moment(&provisional["published_at"]));
    assert!(moment(&due["revocable_until"]) > until_when + TimeDelta::days(350));
    assert!(due.get("file_by").is_none(), "a motion forms no committee");

    // Owners on the locked roll and supervisors object; nobody else does, and nobody too often.
    let say = |words: &str| json!({ "ground": "ROLL", "words": words });
    let said = owner.post(&objections(&upheld), &say("名册漏了一户")).await.ok();
    assert_eq!([&said["role"], &said["is_yours"]], [&json!("OWNER"), &json!(true)]);
    owner.post(&objections(&upheld), &say("这是 sim-risky")).await.refused(422, "CONTENT_REFUSED");
    owner.post(&objections(&upheld), &say(" ")).await.refused(422, "INPUT_INVALID");
    let newcomer = hamlet.owner(world, 6).await;
    newcomer.post(&objections(&upheld), &say("我没有投票")).await.refused(403, "OBJECTION_NOT_YOURS");
    world.sign_in("property").await.post(&objections(&upheld), &say("无效")).await.refused(404, "NOT_FOUND");
    super::incidents::Town::appoint(world, "o-hamlet-sees", "SUPERVISOR", &hamlet.complex.id).await;
    let supervisor = world.wechat_user("o-hamlet-sees").await;
    let seen = json!({ "ground": "BALLOT", "words": "票箱未封" });
    let seen = supervisor.post(&objections(&late), &seen).await.ok();
    assert_eq!(seen["role"], "SUPERVISOR");
    for number in 1..5 {
        owner.post(&objections(&upheld), &say(&format!("再次提出 {number}"))).await.ok();
    }
    owner.post(&objections(&upheld), &say("第六次")).await.refused(409, "OBJECTIONS_TOO_MANY");

    // Each reads their own; who convenes or guides reads all.
    let other = hamlet.owner(world, 1).await;
    assert_eq!(other.all(&objections(&upheld), 2).await.len(), 0);
    assert_eq!(owner.all(&objections(&upheld), 2).await.len(), 5);
    let all = office.all(&objections(&upheld), 2).await;
    assert_eq!(
        (all.len(), &all[0]["words"], &all[0]["is_yours"]),
        (5, &json!("名册漏了一户"), &json!(false))
    );

    // They are answered once, with reasons, by others.
    let answer = |poll: &str, one: &Value| format!("{}/{}/answers", objections(poll), text(&one["id"]));
    let with = |outcome: &str| json!({ "outcome": outcome, "words": "已核对名册" });
    owner.post(&answer(&upheld, &said), &with("UPHELD")).await.refused(404, "NOT_FOUND");
    super::incidents::Town::appoint(world, "o-hamlet-0", "PREPARER", &hamlet.complex.id).await;
    let owner = hamlet.owner(world, 0).await;
    owner.post(&answer(&upheld, &said), &with("DISMISSED")).await.refused(403, "OBJECTION_NOT_YOURS");
    office
        .post(&answer(&upheld, &json!({ "id": crate::phone::new_key() })), &with("UPHELD"))
        .await
        .refused(404, "NOT_FOUND");
    let risky = json!({ "outcome": "UPHELD", "words": "" });
    office.post(&answer(&upheld, &said), &risky).await.refused(422, "INPUT_INVALID");
    let answered = office.post(&answer(&upheld, &said), &with("UPHELD")).await.ok();
    assert_eq!(
        [&answered["outcome"], &answered["answered_as"], &answered["answer"]],
        [&json!("UPHELD"), &json!("COMMUNITY_OFFICER"), &json!("已核对名册")]
    );
    office.post(&answer(&upheld, &said), &with("DISMISSED")).await.refused(409, "OBJECTION_ANSWERED");
    for one in &all[1..] {
        office.post(&answer(&upheld, one), &with("DISMISSED")).await.ok();
    }

    // Once the time is over a result is final where nobody objected, and not where an answer is due or one holds.
    until(world, until_when + TimeDelta::hours(1)).await;
    let (office, owner) = (world.sign_in("community").await, hamlet.owner(world, 1).await);
    let done = until_final(&office, &quiet).await;
    assert!(moment(&done["final_at"]) >= until_when);
    owner.post(&objections(&quiet), &say("太晚了")).await.refused(409, "OBJECTION_LATE");
    let waits = result(&office, &late).await;
    assert_eq!((&waits["objections"]["open"], waits.get("final_at")), (&json!(1), None));
    office.post(&answer(&late, &seen), &with("DISMISSED")).await.ok();
    let done = until_final(&office, &late).await;
    assert_eq!(done["objections"], json!({ "open": 0, "upheld": 0, "dismissed": 1 }));
    let stands = result(&office, &upheld).await;
    assert_eq!(
        (&stands["objections"], stands.get("final_at")),
        (&json!({ "open": 0, "upheld": 1, "dismissed": 4 }), None)
    );
    assert_eq!(stands["matters"][0]["outcome"], "PASSED", "nothing of a result is edited");

    // The record tells it, without the words.
    let complex = &hamlet.complex.id;
    for (poll, times) in [(&quiet, 1), (&late, 1), (&upheld, 0)] {
        let told = super::eventually("the record", async || {
            let told = told_of(&office, complex, poll, "POLL_FINAL").await;
            (told.len() == times).then_some(told)
        });
        assert!(told.await.iter().all(|one| one["actor_role"] == "CLOCK"));
        let (well, said) = verify(world, poll);
        assert!(well, "{said}");
    }
    let told = told_of(&office, complex, &upheld, "POLL_OBJECTED").await;
    assert!(told.len() == 5 && !json!(told).to_string().contains("名册"), "{told:?}");
    let told = told_of(&office, complex, &upheld, "POLL_OBJECTION_ANSWERED").await;
    assert_eq!((told.len(), &told[0]["facts"]["outcome"]), (5, &json!("UPHELD")));
    let db = connect(&world.data.database_url).await.unwrap();
    let lost = "DELETE FROM poll_objection WHERE answered = 'UPHELD'";
    assert_eq!(db.execute_unprepared(lost).await.unwrap().rows_affected(), 1);
    let (well, said) = verify(world, &upheld);
    assert!(!well && said.contains("the record tells 5 times of POLL_OBJECTED, not 4"), "{said}");
    db.execute_unprepared("UPDATE poll SET provisional_until = published_at").await.unwrap();
    db.close().await.unwrap();
    let (well, said) = verify(world, &quiet);
    assert!(!well && said.contains("provisional_until: stored"), "{said}");
}

/// Those who have to act are told while there is time to, and once it is over; what was done late is done.
async fn what_is_due_after_a_vote_is_told_once(world: &mut World) {
    let areas: Vec<usize> = (100..106).collect();
    let (complex, owners) = super::packs::small_house(world, &areas).await;
    let house = House { complex, owners };
    let terms = house.terms(world, 5).await;
    let (poll, _) = house.elect(world, &terms, &[0, 1, 2, 3, 4, 5]).await;
    let complex = &house.complex.id;
    let (office, owner) = (world.sign_in("community").await, house.owner(world, 0).await);
    let (path, note) =
        (format!("/v1/polls/{poll}/deadlines"), format!("/v1/polls/{poll}/deadlines/FILE/notes"));
    owner.get(&path).await.refused(404, "RESULT_NOT_OUT");
    let due = office.get(&path).await.ok();
    assert_eq!(items(&due).len(), 1, "nothing else is due before the publication: {due}");
    let publish = &due["items"][0];
    assert_eq!([&publish["deadline"], &publish["is_late"]], [&json!("PUBLISH"), &json!(false)]);
    let (begun, due_at) = (moment(&publish["begun_at"]), moment(&publish["due_at"]));
    let said = |words: &str| json!({ "met_at": publish["begun_at"], "words": words });
    office.post(&note, &said("已备案")).await.refused(404, "NOT_FOUND");
    office.post(&note, &said(" ")).await.refused(422, "INPUT_INVALID");
    owner.post(&note, &said("已备案")).await.refused(404, "NOT_FOUND");
    // Whoever is on the phone has their words looked at first.
    super::incidents::Town::appoint(world, "o-house-1", "PREPARER", complex).await;
    super::incidents::Town::appoint(world, "o-house-0", "COMMITTEE_MEMBER", complex).await;
    let preparer = house.owner(world, 1).await;
    preparer.post(&note, &said("这是 sim-risky")).await.refused(422, "CONTENT_REFUSED");

    // Each is told once, by the record and in the inbox of those who convene.
    let near = due_at - (due_at - begun) / 4;
    for (moment_to_be, kind) in
        [(near, "POLL_DEADLINE_NEAR"), (due_at, "POLL_DEADLINE_PASSED"), (due_at + TimeDelta::days(2), "")]
    {
        until(world, moment_to_be + TimeDelta::minutes(1)).await;
        if kind.is_empty() {
            continue;
        }
        super::eventually(kind, async || {
            let office = world.sign_in("community").await;
            let inbox = office.all("/v1/notices", 50).await;
            inbox.iter().any(|one| one["kind"] == kind && one["subject_id"] == *poll).then_some(())
        })
        .await;
    }
    let office = world.sign_in("community").await;
    let late = office.get(&path).await.ok();
    assert_eq!(late["items"][0]["is_late"], true);
    assert!(late["items"][0].get("met_at").is_none());
    office.post(&format!("/v1/polls/{poll}/publications"), &json!({})).await.ok();
    let done = office.get(&path).await.ok();
    let kinds: Vec<_> = items(&done).iter().map(|one| text(&one["deadline"])).collect();
    assert_eq!(kinds, ["PUBLISH", "REVOKE"]);
    assert_eq!(done["items"][0]["is_late"], true);
    assert!(moment(&done["items"][0]["met_at"]) > due_at && done["items"][0].get("met_as").is_none());
    let owner = house.owner(world, 0).await;
    assert_eq!(owner.get(&path).await.ok(), done, "whoever may see the result reads what is due");
    what_the_elected_and_the_court_have_time_for_is_told(world, &house, &poll).await;
    let (well, said) = verify(world, &poll);
    assert!(well, "{said}");
}

const NEAR: &str = "POLL_DEADLINE_NEAR";
const PASSED: &str = "POLL_DEADLINE_PASSED";

/// Once the result is final the committee meets and is filed, and a year after the publication no court is asked any more.
async fn what_the_elected_and_the_court_have_time_for_is_told(world: &World, house: &House, poll: &str) {
    let (path, complex) = (format!("/v1/polls/{poll}/deadlines"), &house.complex.id);
    let office = world.sign_in("community").await;
    until(world, moment(&result(&office, poll).await["provisional_until"]) + TimeDelta::hours(1)).await;
    until_final(&world.sign_in("community").await, poll).await;
    let due = world.sign_in("community").await.get(&path).await.ok();
    let kinds: Vec<_> = items(&due).iter().map(|one| text(&one["deadline"])).collect();
    assert_eq!(kinds, ["PUBLISH", "FIRST_MEETING", "FILE", "REVOKE", "RENEW"]);
    let (mut moments, mut days) = (Vec::new(), Vec::new());
    for one in items(&due).iter().skip(1) {
        let (begun, until) = (moment(&one["begun_at"]), moment(&one["due_at"]));
        moments.push((until - (until - begun) / 4, text(&one["deadline"]), NEAR));
        moments.push((until, text(&one["deadline"]), PASSED));
        days.push((until - begun).num_days());
    }
    moments.sort();
    assert!((7..=16).contains(&days[0]), "the committee meets within a week of its election: {days:?}");
    assert!((30..=39).contains(&days[1]) && (365..=374).contains(&days[2]), "{days:?}");
    assert!((1642..=1646).contains(&days[3]), "half a year before five years are over: {days:?}");
    for (at, deadline, kind) in &moments {
        until(world, *at + TimeDelta::minutes(1)).await;
        super::eventually(&format!("{deadline} {kind}"), async || {
            let told = told_of(&world.sign_in("community").await, complex, poll, kind).await;
            told.iter().any(|one| one["facts"]["deadline"] == deadline.as_str()).then_some(())
        })
        .await;
    }
    let office = world.sign_in("community").await;
    for kind in [NEAR, PASSED] {
        let told = told_of(&office, complex, poll, kind).await;
        let each: Vec<_> = told.iter().map(|one| text(&one["facts"]["deadline"])).collect();
        assert_eq!(each, ["PUBLISH", "FIRST_MEETING", "FILE", "REVOKE", "RENEW"], "{kind}, each once");
        for one in &told {
            let asks_committee =
                ["FIRST_MEETING", "FILE", "RENEW"].contains(&text(&one["facts"]["deadline"]).as_str());
            let notified = one["facts"]["notify"].as_array().expect("roles");
            assert_eq!(notified.contains(&json!("COMMITTEE_MEMBER")), asks_committee, "{one}");
            assert!(one["actor_role"] == "CLOCK" && notified.contains(&json!("PREPARER")), "{one}");
        }
        super::eventually("the committee is told of what it has to do, once", async || {
            let inbox = house.owner(world, 0).await.all("/v1/notices", 50).await;
            let told = inbox.iter().filter(|one| one["kind"] == kind && one["subject_id"] == *poll).count();
            assert!(told <= 3, "{kind} was told {told} times");
            (told == 3).then_some(())
        })
        .await;
    }
    // Late is no reason not to say that it was done.
    let met = json!({ "met_at": due["items"][2]["due_at"], "words": "已备案" });
    let filed = office.post(&format!("{path}/FILE/notes"), &met).await.ok();
    assert_eq!((&filed["is_late"], &filed["met_as"]), (&json!(true), &json!("COMMUNITY_OFFICER")));
}

async fn a_result_is_final_once_however_many_processes_run(world: &mut World) {
    let hamlet = Hamlet::of(world, 6).await;
    let [poll] = hamlet.published(world).await;
    let office = world.sign_in("community").await;
    let until_when = moment(&result(&office, &poll).await["provisional_until"]).to_utc();
    let (one, other) = (super::record::beside(world).await, super::record::beside(world).await);
    for app in [&one, &other] {
        app.clock.advance(until_when - app.clock.now());
    }
    let moved = tokio::join!(
        linli::polls::tick(&one),
        linli::polls::tick(&other),
        linli::polls::tick(&one),
        linli::polls::tick(&other),
    );
    let moved = moved.0.unwrap() + moved.1.unwrap() + moved.2.unwrap() + moved.3.unwrap();
    assert!(moved >= 1, "somebody noticed");
    assert!(result(&office, &poll).await.get("final_at").is_some());
    while linli::record::sequence(&one).await.unwrap() > 0 {}
    let (well, said) = verify(world, &poll);
    assert!(well, "each step once: {said}");
}
