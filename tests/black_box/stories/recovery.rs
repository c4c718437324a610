//! PostgreSQL itself crashes under residents who report and processes that sweep, again and again: what was acknowledged
//! is there once, what was due happened once, and nobody was told anything twice.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use ::entity::{delivery, event, notice};
use linli::app::App;
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    eventually,
    incidents::Town,
    neighbours::text,
    notices::{WAYS, accept, letters, pages, pass, teach_templates, until_oclock},
    record::{beside, until_sequenced},
};
use crate::{
    phone::{Phone, new_key},
    secrets,
    servers::ask,
    story,
    story::{Database, Story},
    world::{Service, World},
};

pub fn stories() -> Vec<Story> {
    let all =
        [story!(postgres_crashes_and_everything_happens_once).in_the_demo().with(WAYS).breaking_things()];
    let why = "it is PostgreSQL that crashes";
    all.into_iter()
        .map(|story| story.only_in(why, |setting| setting.database == Database::Postgres))
        .collect()
}

const ROUNDS: usize = 3;
/// Incidents that are added in each round; they climb in it and in all later ones.
const DUE: usize = 12;
/// Where an incident is after so many rounds in which nobody looked at it.
const LEVELS: [&str; ROUNDS + 1] = ["COMPLEX", "COMMUNITY", "STREET", "DISTRICT"];
/// Residents who report, one thing after the other, while all this happens.
const RESIDENTS: [&str; 4] = ["coowner", "candidate", "coowner", "candidate"];
/// Of the community, beside the demo's own.
const OFFICER: &str = "o-recovery-officer";
/// Enough for the second round's first messages, and fewer than there is to tell: what is left goes out as short
/// messages.
const ACCEPTS: usize = DUE + 4;

async fn postgres_crashes_and_everything_happens_once(world: &mut World) {
    world.move_to_its_own_postgres();
    let officer = officer(world).await;
    until_oclock(world, 9).await;
    let complex = world.complex().await;
    let mut others = vec![world.another(), world.another()];
    let (mut due, mut kept) = (Vec::new(), Vec::new());
    let mut in_the_middle = 0;
    for round in 1..=ROUNDS {
        due.push(fall_due(world, &complex, round).await);
        let before: u64 = climbs(world, &due);
        pass_everywhere(world, &others, 3601).await;
        let outage = Arc::new(Outage::default());
        let mut reporting = Vec::new();
        for (line, login) in RESIDENTS.into_iter().enumerate() {
            let phone = world.sign_in(login).await;
            let resident = Resident { login, phone, complex: complex.clone(), outage: Arc::clone(&outage) };
            reporting.push(tokio::spawn(resident.report(format!("第{round}次第{line}人"))));
        }
        let wanted = before + u64::try_from(due.len() * DUE).unwrap();
        if round == 2 {
            a_message_is_on_its_way(world).await;
        } else {
            in_the_middle += usize::from(first_climb(world, &due, before).await < wanted);
        }

        // Everything goes at once: the database, Redis where there is one, and one of those who sweep.
        world.postgres.as_mut().expect("it moved there").crash();
        if let Some(redis) = &mut world.redis {
            redis.kill();
        }
        drop(others.remove(0));
        let many = RESIDENTS.len();
        let refused = async || (outage.refused.load(Ordering::Relaxed) >= many).then_some(());
        eventually("residents are told to come again", refused).await;
        world.wechat_order("settings", &json!({ "send_takes_ms": 20 })).await;
        if let Some(redis) = &mut world.redis {
            redis.restart();
        }
        world.postgres.as_mut().expect("it moved there").restart();
        others.push(world.another());
        outage.is_over.store(true, Ordering::Relaxed);
        for resident in reporting {
            kept.extend(resident.await.expect("nobody was refused for good"));
        }
        eventually("all have climbed", async || (climbs(world, &due) >= wanted).then_some(())).await;
        until_told(world, &others).await;
    }
    assert!(in_the_middle > 0, "it was never in the middle of climbing");

    let app = beside(world).await;
    until_sequenced(world, &app).await;
    linli::record::verify(app.db.read(), complex.parse().unwrap()).await.unwrap().unwrap();
    each_report_is_there_once(world, &due, &kept).await;
    each_climbed_once_a_round(world, &due).await;
    let all = due.iter().flatten().chain(kept.iter().map(|one| &one.id));
    let told = Told::of(&app, all.map(|id| id.parse().unwrap()).collect()).await;
    told.once(&world.sign_in("property").await.person, "INCIDENT_REPORTED", None);
    told.once(&officer, "INCIDENT_CLIMBED", Some("COMMUNITY"));
    let uncertain = each_message_went_out_once(world, &app, &told, &officer).await;
    println!(
        "{ROUNDS} crashes: {} reports kept, {} of them there though nobody had heard; {} climbs; {} told, {uncertain} \
         messages of unknown fate",
        kept.len(),
        kept.iter().filter(|one| one.was_there).count(),
        climbs(world, &due),
        told.notices.len(),
    );
}

/// Somebody who is told by WeChat, and by short messages when WeChat's accepts are used up; their id.
async fn officer(world: &World) -> String {
    let number = "15400000081";
    secrets::remember(number);
    world.wechat_order("users", &json!({ "openid": OFFICER, "phone": number })).await;
    teach_templates(world).await;
    let phone = world.wechat_user(OFFICER).await;
    let role = json!({ "person_id": phone.person, "role": "COMMUNITY_OFFICER" });
    let community = Town::find(world).await.community;
    world.sign_in("street").await.post(&format!("/v1/places/{community}/roles"), &role).await.ok();
    let code = world.wechat_order("phone_code", &json!({ "openid": OFFICER })).await;
    phone.put("/v1/me/phone", &code).await.ok();
    for _ in 0..ACCEPTS {
        accept(world, OFFICER, &["tmpl-task"]).await;
    }
    phone.person
}

/// WeChat takes its time from now on; until it has one of the messages to the officer in hand.
async fn a_message_is_on_its_way(world: &World) {
    let before = pages(world, OFFICER).await.len();
    world.wechat_order("settings", &json!({ "send_takes_ms": 1000 })).await;
    let came = async || (pages(world, OFFICER).await.len() > before).then_some(());
    eventually("a message on its way", came).await;
}

/// Reports what nobody will look at.
async fn fall_due(world: &World, complex: &str, round: usize) -> Vec<String> {
    let reporter = world.sign_in("coowner").await;
    let mut reports = Vec::new();
    for turn in 0..DUE {
        let report = json!({ "place_id": complex, "category": "FIRE_LANE_BLOCKED",
            "description": format!("第{round}轮第{turn}辆车") });
        let told = reporter.call(Method::POST, "/v1/incidents").keyed().json(&report).send().await.ok();
        reports.push(text(&told["id"]));
    }
    reports
}

/// Moves the clocks of all processes, and WeChat's: each has its own.
async fn pass_everywhere(world: &World, others: &[Service], seconds: u64) {
    pass(world, seconds).await;
    for other in others {
        let guest = world.guest().at(other.url());
        guest.beside("/demo/clock", &json!({ "seconds": seconds })).await.ok();
    }
}

/// How often some incidents have climbed, all together.
fn climbs(world: &World, reports: &[Vec<String>]) -> u64 {
    let ids: Vec<_> = reports.iter().flatten().map(|id| format!("'{id}'")).collect();
    count(world, &format!("SELECT sum(climbs)::text FROM incident WHERE id IN ({})", ids.join(", ")))
}

/// How often they have climbed as soon as that is more often than before: looked at closely, to be in the middle of it.
async fn first_climb(world: &World, reports: &[Vec<String>], before: u64) -> u64 {
    let begun = Instant::now();
    loop {
        let seen = climbs(world, reports);
        if seen > before {
            return seen;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "nobody lets them climb");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn count(world: &World, query: &str) -> u64 {
    let told = ask(&world.data.database_url, query).expect("the database answers");
    told.concat().parse().expect("a number")
}

/// Until everything has its place in its log, was told, and was sent or given up. Whoever was cut off while sending
/// counts as dead first, and what another then tries again waits a little.
async fn until_told(world: &World, others: &[Service]) {
    let none = async |what: &str, of: &str| {
        let query = format!("SELECT count(*)::text FROM {of}");
        eventually(what, async || (count(world, &query) == 0).then_some(())).await;
    };
    none("the order of the record", "event WHERE seq IS NULL").await;
    none("the telling", "log_head WHERE noticed_seq < seq").await;
    pass_everywhere(world, others, 121).await;
    none("the end of what was cut off", "delivery WHERE state = 'SENDING'").await;
    pass_everywhere(world, others, 31).await;
    none("the sending", "delivery WHERE state IN ('WAITING', 'SENDING')").await;
}

/// What residents know of the database's crash.
#[derive(Default)]
struct Outage {
    refused: AtomicUsize,
    is_over: AtomicBool,
}

/// A report that was acknowledged.
struct Kept {
    id: String,
    /// When it was sent again: its first answer was lost.
    was_there: bool,
}

struct Resident {
    login: &'static str,
    phone: Phone,
    complex: String,
    outage: Arc<Outage>,
}

impl Resident {
    /// One report after the other, until one was begun after the outage.
    async fn report(mut self, name: String) -> Vec<Kept> {
        let mut kept = Vec::new();
        loop {
            let is_last = self.outage.is_over.load(Ordering::Relaxed);
            let report = json!({ "place_id": self.complex, "category": "WASTE_SORTING",
                "description": format!("{name}第{}件事", kept.len()) });
            kept.push(self.insist(&report).await);
            if is_last {
                return kept;
            }
        }
    }

    /// As a phone does: with the same key, whenever it is told to come again, until it is acknowledged; signed in anew
    /// where the session went with Redis.
    async fn insist(&mut self, report: &Value) -> Kept {
        let key = new_key();
        loop {
            let call = self.phone.call(Method::POST, "/v1/incidents").header("idempotency-key", &key);
            let reply = call.json(report).send().await;
            let wait = reply.header("retry-after").and_then(|seconds| seconds.parse().ok());
            match (reply.status, wait) {
                (401, _) => self.phone.sign_in(&json!({ "grant": "DEMO", "login": self.login })).await,
                (_, Some(seconds)) => {
                    self.outage.refused.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_secs(seconds)).await;
                }
                _ => {
                    let was_there = reply.header("idempotency-replayed").is_some();
                    return Kept { id: text(&reply.ok()["id"]), was_there };
                }
            }
        }
    }
}

/// Each resident's list has everything that was acknowledged, once, and nothing that was not.
async fn each_report_is_there_once(world: &World, due: &[Vec<String>], kept: &[Kept]) {
    let mut acknowledged: Vec<_> =
        due.iter().flatten().chain(kept.iter().map(|one| &one.id)).cloned().collect();
    let mut listed = Vec::new();
    for login in HashSet::from(RESIDENTS) {
        let reporter = world.sign_in(login).await;
        for line in reporter.all("/v1/incidents?scope=MINE", 100).await {
            let ours =
                ["FIRE_LANE_BLOCKED", "WASTE_SORTING"].iter().any(|category| line["category"] == *category);
            if ours {
                listed.push(text(&line["id"]));
            }
        }
    }
    listed.sort();
    acknowledged.sort();
    assert_eq!(listed, acknowledged, "what was acknowledged is there, once");
}

async fn each_climbed_once_a_round(world: &World, due: &[Vec<String>]) {
    let office = world.sign_in("street").await;
    for (rounds, reports) in (1..=ROUNDS).rev().zip(due) {
        for report in reports {
            let path = format!("/v1/incidents/{report}");
            let now = office.call(Method::GET, &path).send().await.ok();
            let tenures = now["tenures"].as_array().expect("a list");
            let levels: Vec<_> = tenures.iter().map(|tenure| text(&tenure["level"])).collect();
            assert_eq!(
                (levels.as_slice(), &now["climbs"]),
                (&LEVELS.map(String::from)[..=rounds], &json!(rounds))
            );
        }
    }
}

/// What the record says of some incidents, and whom it was told to.
struct Told {
    events: Vec<event::Model>,
    notices: Vec<notice::Model>,
}

impl Told {
    async fn of(app: &App, incidents: Vec<Uuid>) -> Self {
        let events = event::Entity::find().filter(event::Column::SubjectId.is_in(incidents.iter().copied()));
        let notices =
            notice::Entity::find().filter(notice::Column::SubjectId.is_in(incidents.iter().copied()));
        let events = events.all(app.db.read()).await.unwrap();
        let notices = notices.all(app.db.read()).await.unwrap();
        let reported: HashSet<_> =
            events.iter().filter(|one| one.kind == "INCIDENT_REPORTED").map(|one| one.subject_id).collect();
        let count = events.iter().filter(|one| one.kind == "INCIDENT_REPORTED").count();
        assert_eq!((reported.len(), count), (incidents.len(), incidents.len()), "each was reported once");
        let told: HashSet<_> = notices.iter().map(|one| (one.event_id, one.person_id)).collect();
        assert_eq!(told.len(), notices.len(), "somebody was told of one event twice");
        Self { events, notices }
    }

    /// That somebody was told of every event of a kind, at a level if that matters.
    fn once(&self, person: &str, kind: &str, level: Option<&str>) {
        let of_it = |line: &&event::Model| {
            let facts: Value = serde_json::from_str(&line.facts).unwrap();
            line.kind == kind && level.is_none_or(|level| facts["level"] == level)
        };
        let happened: HashSet<_> = self.events.iter().filter(of_it).map(|line| line.id).collect();
        let told: HashSet<_> = self
            .notices
            .iter()
            .filter(|one| one.kind == kind && one.person_id.to_string() == person)
            .map(|one| one.event_id)
            .collect();
        assert!(!happened.is_empty());
        assert_eq!(told, happened, "{kind} was not told to everybody");
    }
}

/// What went out to the officer is what the deliveries say, once each; how many of those are of unknown fate, because
/// whoever sent them was killed while they were on their way. A short message that is written again is the same one, by
/// its id.
async fn each_message_went_out_once(world: &World, app: &App, told: &Told, officer: &str) -> usize {
    let mut sent: HashMap<String, usize> = HashMap::new();
    let by_wechat = pages(world, OFFICER).await;
    let by_wechat =
        by_wechat.iter().filter_map(|page| page.split_once("notice=")).map(|(_, notice)| notice.to_owned());
    let by_sms = letters(world, "sms")
        .into_iter()
        .filter_map(|letter| text(&letter["id"]).strip_suffix("-sms").map(str::to_owned));
    for notice in by_wechat.chain(by_sms) {
        *sent.entry(notice).or_default() += 1;
    }
    let person: Uuid = officer.parse().unwrap();
    let deliveries = delivery::Entity::find().filter(delivery::Column::PersonId.eq(person));
    let mut states: HashMap<Uuid, Vec<String>> = HashMap::new();
    for one in deliveries.all(app.db.read()).await.unwrap() {
        states.entry(one.notice_id).or_default().push(one.state);
    }
    let mut uncertain = 0;
    for notice in told.notices.iter().filter(|one| one.person_id == person && one.kind == "INCIDENT_CLIMBED")
    {
        let states = &states[&notice.id];
        let times = sent.remove(&notice.id.to_string()).unwrap_or_default();
        if states.iter().any(|state| state == "UNCERTAIN") {
            uncertain += 1;
            assert!(times <= 1, "{states:?}: told {times} times");
        } else {
            let ended: Vec<_> = states.iter().filter(|state| *state != "PASSED_ON").collect();
            assert!(ended == ["SENT"] && times == 1, "{states:?}: told {times} times");
        }
    }
    assert!(sent.values().all(|times| *times == 1), "told twice: {sent:?}");
    uncertain
}
