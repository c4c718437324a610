//! The service is killed in the middle of voting and reporting, over and over: what was acknowledged is there once;
//! what was not, is there once or not at all; and whoever heard nothing asks again with the same key.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use linli::app::App;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{
    neighbours::{Form, NextDoor, Voter, items, text, until, until_it_is, verify},
    record::beside,
    uploads::snapshot,
};
use crate::{
    phone::{Call, Phone, Reply, new_key},
    story,
    story::{Database, Sessions, Setting, Story},
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(what_was_acknowledged_survives_thirty_crashes)
            .in_the_demo()
            .only_in("thirty rounds are many: each database has them once", once_on_each_database),
    ]
}

/// Thirty rounds are many, so each database has them once: one with sessions that outlive the process, the other with
/// phones that have to sign in again. Neither is the world of a plain `cargo test`, which is to stay quick.
fn once_on_each_database(setting: Setting) -> bool {
    matches!(
        (setting.database, setting.sessions),
        (Database::Sqlite, Sessions::InRedis) | (Database::Postgres, Sessions::InMemory)
    )
}

const ROUNDS: usize = 30;
const VOTERS_A_ROUND: usize = 6;
const REPORTERS: usize = 4;
/// The service is killed after so many answers at most: before the crowd has finished.
const ANSWERS: usize = 16;

/// Chance that can be had again: `LINLI_TEST_SEED`, told when the story fails.
struct Chance {
    seed: u64,
    rng: StdRng,
}

impl Chance {
    fn new() -> Self {
        let given = std::env::var("LINLI_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        let seed = given.unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
            u64::from(now.subsec_nanos())
        });
        Self { seed, rng: StdRng::seed_from_u64(seed) }
    }

    /// Another of its own.
    fn fork(&mut self) -> StdRng {
        StdRng::seed_from_u64(self.rng.random())
    }

    fn one_in(&mut self, many: u32) -> bool {
        self.rng.random_ratio(1, many)
    }
}

impl Drop for Chance {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("LINLI_TEST_SEED={} was the seed", self.seed);
        }
    }
}

/// Something that somebody sends, with the key that it keeps.
#[derive(Clone)]
struct Errand {
    phone: Phone,
    key: String,
    what: What,
}

#[derive(Clone)]
enum What {
    Ballot { poll: String, ballot: Value },
    Report(Value),
    Photo(Arc<Vec<u8>>),
}

impl Errand {
    fn new(phone: &Phone, what: What) -> Self {
        Self { phone: phone.clone(), key: new_key(), what }
    }

    fn call(&self) -> Call {
        let post = |path| self.phone.call(Method::POST, path).header("idempotency-key", &self.key);
        match &self.what {
            What::Ballot { poll, ballot } => post(&format!("/v1/polls/{poll}/ballots")).json(ballot),
            What::Report(report) => post("/v1/incidents").json(report),
            What::Photo(photo) => post("/v1/uploads").file("file", "IMG_0001.jpg", "image/jpeg", photo),
        }
    }

    /// Sends it until it is done: what another process had in hand when it died may need a moment to be let go.
    async fn insist(&self) -> Reply {
        for _ in 0..20 {
            let reply = self.call().send().await;
            let Some(seconds) = reply.header("retry-after").and_then(|wait| wait.parse().ok()) else {
                reply.ok();
                return reply;
            };
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
        panic!("it is still not done");
    }

    /// Where what it made can be read, by its sender.
    fn made(&self, answer: &Reply) -> String {
        let made = answer.json();
        match &self.what {
            What::Ballot { poll, .. } => format!("/v1/polls/{poll}/receipts/{}", text(&made["ballot_id"])),
            What::Report(_) => format!("/v1/incidents/{}", text(&made["id"])),
            What::Photo(_) => format!("/v1/uploads/{}", text(&made["id"])),
        }
    }
}

/// What came of it, as far as its sender knows.
enum Heard {
    Answer(Reply),
    /// It was answered, but the line broke before the answer was through.
    Nothing,
    /// The service was gone.
    Gone,
}

/// An errand that was run.
struct Sent {
    errand: Errand,
    heard: Heard,
}

/// How far the service has come on its way to the next crash.
#[derive(Default)]
struct Doom {
    answers: AtomicUsize,
    /// Nobody sends anything more to where it was.
    is_here: AtomicBool,
}

/// A bad line to the service.
struct Line {
    chance: StdRng,
    doom: Arc<Doom>,
}

impl Line {
    async fn carry(&mut self, errand: Errand) -> Sent {
        if self.doom.is_here.load(Ordering::Relaxed) {
            return Sent { errand, heard: Heard::Gone };
        }
        let Ok(reply) = errand.call().try_send().await else {
            return Sent { errand, heard: Heard::Gone };
        };
        reply.ok();
        self.doom.answers.fetch_add(1, Ordering::Relaxed);
        let heard = if self.chance.random_ratio(1, 4) { Heard::Nothing } else { Heard::Answer(reply) };
        Sent { errand, heard }
    }

    async fn vote(mut self, errand: Errand) -> Vec<Sent> {
        let wait = self.chance.random_range(0..80);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        vec![self.carry(errand).await]
    }

    /// One report after the other, some with a photo, until the service is gone.
    async fn report(mut self, phone: Phone, complex: String, round: usize) -> Vec<Sent> {
        let picture = Arc::new(snapshot());
        let mut sent = Vec::new();
        while !self.doom.is_here.load(Ordering::Relaxed) {
            let mut photos = Vec::new();
            if self.chance.random_ratio(1, 3) {
                let photo = self.carry(Errand::new(&phone, What::Photo(Arc::clone(&picture)))).await;
                if let Heard::Answer(kept) = &photo.heard {
                    photos.push(text(&kept.json()["id"]));
                }
                sent.push(photo);
            }
            let description = format!("第{round}次停电之前的第{}件事", sent.len());
            let report = json!({ "place_id": complex, "category": "WASTE_SORTING", "description": description,
                "photo_ids": photos });
            sent.push(self.carry(Errand::new(&phone, What::Report(report))).await);
        }
        sent
    }
}

/// Those who send in a round, at the complex next door.
struct Crowd<'a> {
    round: usize,
    next_door: &'a NextDoor,
    voters: Vec<Voter>,
    reporters: Vec<Phone>,
}

impl Crowd<'_> {
    /// Everybody sends at once, and the service dies at a moment of chance in the middle of it.
    async fn cut_off(&self, world: &mut World, chance: &mut Chance) -> Vec<Sent> {
        let doom = Arc::new(Doom::default());
        let mut line = || Line { chance: chance.fork(), doom: Arc::clone(&doom) };
        let (complex, form) = (&self.next_door.complex.id, &self.next_door.form);
        let mut sending = Vec::new();
        for (turn, voter) in self.voters.iter().enumerate() {
            let ballot = form.ballot(&voter.head, self.round + turn);
            let errand = Errand::new(&voter.phone, What::Ballot { poll: form.poll.clone(), ballot });
            sending.push(tokio::spawn(line().vote(errand)));
        }
        for reporter in &self.reporters {
            sending.push(tokio::spawn(line().report(reporter.clone(), complex.clone(), self.round)));
        }
        // By answers rather than by time, so that it is in the middle however busy the machine is.
        let enough = chance.rng.random_range(1..=ANSWERS);
        let begun = Instant::now();
        while doom.answers.load(Ordering::Relaxed) < enough {
            assert!(begun.elapsed() < Duration::from_secs(30), "nobody is answered");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_micros(chance.rng.random_range(0..10_000))).await;
        doom.is_here.store(true, Ordering::Relaxed);
        world.crash();
        let mut sent = Vec::new();
        for one in sending {
            sent.extend(one.await.expect("nobody was refused"));
        }
        let gone = |one: &Sent| matches!(one.heard, Heard::Gone);
        assert!(sent.iter().any(gone) && !sent.iter().all(gone), "it was not in the middle");
        sent
    }
}

/// What became of everything that was sent.
#[derive(Default)]
struct Fates {
    /// What was acknowledged, at the first time or when asked again, with the answer.
    acknowledged: Vec<(Errand, Reply)>,
    /// What nobody heard of, and nobody asked for again.
    unknown: Vec<Errand>,
    /// What nobody had heard of, and was there.
    there_though_unheard: usize,
}

impl Fates {
    /// After the restart: what was acknowledged is there, and whoever sends something again is answered as the first
    /// time. Some of those who heard nothing never ask again.
    async fn follow(&mut self, world: &World, chance: &mut Chance, sent: Vec<Sent>) {
        let mut back: HashMap<String, Phone> = HashMap::new();
        for Sent { mut errand, heard } in sent {
            let person = errand.phone.person.clone();
            if !back.contains_key(&person) {
                back.insert(person.clone(), world.back(&errand.phone).await);
            }
            errand.phone = back[&person].clone();
            match heard {
                Heard::Answer(answer) => {
                    let made = errand.phone.call(Method::GET, &errand.made(&answer)).send().await;
                    assert_eq!(made.status, 200, "something acknowledged is lost: {}", errand.made(&answer));
                    if chance.one_in(3) {
                        let again = errand.insist().await;
                        assert_eq!(again.header("idempotency-replayed"), Some("true"));
                        assert_eq!(again.bytes, answer.bytes, "the same answer over a crash");
                    }
                    self.acknowledged.push((errand, answer));
                }
                Heard::Nothing | Heard::Gone if chance.one_in(3) => self.unknown.push(errand),
                Heard::Nothing | Heard::Gone => {
                    let was_in = match &errand.what {
                        What::Ballot { poll, ballot } => {
                            is_in(&errand.phone, poll, &text(&ballot["head_id"])).await
                        }
                        _ => false,
                    };
                    let answer = errand.insist().await;
                    let replayed = answer.header("idempotency-replayed").is_some();
                    assert!(replayed || !was_in, "whoever asks again is answered with the ballot that is in");
                    self.there_though_unheard += usize::from(replayed);
                    self.acknowledged.push((errand, answer));
                }
            }
        }
    }

    /// Every report of a reporter is listed once, with its photos; those that nobody heard of, once or not at all.
    async fn reports_are_there_once(&self, reporter: &Phone) -> usize {
        let mine = |errand: &&Errand| errand.phone.person == reporter.person;
        let report = |errand: &Errand| match &errand.what {
            What::Report(report) => Some(report.clone()),
            _ => None,
        };
        let mut wanted = HashMap::new();
        for (errand, answer) in self.acknowledged.iter().filter(|(errand, _)| mine(&errand)) {
            if let Some(report) = report(errand) {
                wanted.insert(text(&answer.json()["id"]), report);
            }
        }
        let mut unknown: Vec<Value> = self.unknown.iter().filter(mine).filter_map(report).collect();
        let listed = reporter.all("/v1/incidents?scope=MINE", 100).await;
        for line in &listed {
            let id = text(&line["id"]);
            let incident = reporter.call(Method::GET, &format!("/v1/incidents/{id}")).send().await.ok();
            let is_it = |report: &Value| report["description"] == incident["description"];
            let sent = wanted.remove(&id).filter(is_it).or_else(|| {
                let at = unknown.iter().position(is_it)?;
                Some(unknown.swap_remove(at))
            });
            let sent = sent.unwrap_or_else(|| panic!("twice, or nobody's: {incident}"));
            let photos: Vec<_> =
                incident["photos"].as_array().unwrap().iter().map(|photo| text(&photo["id"])).collect();
            assert_eq!(json!(photos), sent["photo_ids"]);
            for photo in photos {
                for size in ["FULL", "THUMBNAIL"] {
                    let path = format!("/v1/uploads/{photo}?size={size}");
                    let served = reporter.call(Method::GET, &path).send().await;
                    assert!(image::load_from_memory(&served.bytes).is_ok(), "a photo is lost: {path}");
                }
            }
        }
        assert!(wanted.is_empty(), "reports that were acknowledged are not listed: {wanted:?}");
        listed.len()
    }

    /// No photo is lost, and none was kept twice.
    async fn photos_are_there_once(&self, app: &App, reporters: &[Voter]) {
        let is_photo = |errand: &&Errand| matches!(errand.what, What::Photo(_));
        let acknowledged = self.acknowledged.iter().filter(|(errand, _)| is_photo(&errand));
        let acknowledged: HashSet<_> = acknowledged.map(|(_, answer)| text(&answer.json()["id"])).collect();
        let unknown = self.unknown.iter().filter(is_photo).count();
        let senders = reporters.iter().map(|one| one.phone.person.parse::<uuid::Uuid>().unwrap());
        let theirs = entity::upload::Column::PersonId.is_in(senders);
        let kept = entity::upload::Entity::find().filter(theirs).all(app.db.read()).await.unwrap();
        let kept: HashSet<_> = kept.into_iter().map(|photo| photo.id.to_string()).collect();
        assert!(acknowledged.is_subset(&kept), "a photo that was acknowledged is lost");
        assert!(kept.len() <= acknowledged.len() + unknown, "a photo was kept twice");
    }

    /// The ids of the ballots that were acknowledged, by head.
    fn ballots(&self) -> HashMap<String, String> {
        let mut ballots = HashMap::new();
        for (errand, answer) in &self.acknowledged {
            if let What::Ballot { ballot, .. } = &errand.what {
                let head = text(&ballot["head_id"]);
                let id = text(&answer.json()["ballot_id"]);
                assert!(ballots.insert(head, id).is_none(), "each voted once");
            }
        }
        ballots
    }
}

async fn what_was_acknowledged_survives_thirty_crashes(world: &mut World) {
    let mut chance = Chance::new();
    let next_door = NextDoor::of(world).await;
    let mut reporting = NextDoor::heads();
    let voting = reporting.split_off(REPORTERS);
    let reporters = next_door.voters(world, reporting).await;
    let mut voters = Vec::new();
    let mut fates = Fates::default();
    for (round, owners) in voting.chunks(VOTERS_A_ROUND).take(ROUNDS).enumerate() {
        let mut crowd = Crowd {
            round,
            next_door: &next_door,
            voters: next_door.voters(world, owners.to_vec()).await,
            reporters: Vec::new(),
        };
        for reporter in &reporters {
            crowd.reporters.push(world.back(&reporter.phone).await);
        }
        let sent = crowd.cut_off(world, &mut chance).await;
        fates.follow(world, &mut chance, sent).await;
        voters.extend(crowd.voters);
    }
    assert!(fates.there_though_unheard > 0, "no answer was lost");

    let mut reports = 0;
    for reporter in &reporters {
        reports += fates.reports_are_there_once(&world.back(&reporter.phone).await).await;
    }
    let ballots = the_count_is_what_is_there(world, &next_door.form, &voters, &fates).await;
    let app = beside(world).await;
    fates.photos_are_there_once(&app, &reporters).await;
    the_record_has_each_once(&app, &next_door, ballots, reports).await;
    println!(
        "{ROUNDS} crashes: {} acknowledged, {} of them there though nobody had heard of them, {} never asked for \
         again; {ballots} ballots and {reports} reports are there",
        fates.acknowledged.len(),
        fates.there_though_unheard,
        fates.unknown.len(),
    );
}

/// After the close: every acknowledged ballot is in the count, which is the number of heads that have one, and the same
/// when counted again. How many there are.
async fn the_count_is_what_is_there(world: &World, form: &Form, voters: &[Voter], fates: &Fates) -> usize {
    let acknowledged = fates.ballots();
    let mut heads = HashSet::new();
    for voter in voters {
        if is_in(&world.back(&voter.phone).await, &form.poll, &voter.head).await {
            heads.insert(voter.head.clone());
        }
    }
    assert!(acknowledged.keys().all(|head| heads.contains(head)), "an acknowledged ballot is lost");
    until(world, form.closes_at).await;
    let office = world.sign_in("community").await;
    until_it_is(&office, &form.poll, "CLOSED").await;
    let ids: HashSet<_> = acknowledged.values().collect();
    assert_eq!(ids.len(), acknowledged.len(), "each head has a ballot of its own");
    for ballot in ids {
        let receipt = office.call(Method::GET, &form.path(&format!("receipts/{ballot}"))).send().await.ok();
        assert_eq!(receipt["counted"]["ballots"], heads.len());
    }
    let result = office.get(&form.path("result")).await.ok();
    assert_eq!(result["returned"]["heads"], heads.len());
    let (well, said) = verify(world, &form.poll);
    assert!(well && said.contains(&format!("ballots   {},", heads.len())), "{said}");
    heads.len()
}

/// Whether the head's ballot is in, as its voter sees it.
async fn is_in(phone: &Phone, poll: &str, head: &str) -> bool {
    let heads = phone.call(Method::GET, &format!("/v1/polls/{poll}/heads")).send().await.ok();
    items(&heads).iter().any(|one| one["id"] == head && one["ballot_is_in"] == true)
}

/// The record tells of each ballot and each report once, without a gap.
async fn the_record_has_each_once(app: &App, next_door: &NextDoor, ballots: usize, reports: usize) {
    while linli::record::sequence(app).await.unwrap() > 0 {}
    let place: uuid::Uuid = next_door.complex.id.parse().unwrap();
    linli::record::verify(app.db.read(), place).await.unwrap().unwrap();
    let of_here = entity::event::Column::ComplexId.eq(place);
    let lines = entity::event::Entity::find().filter(of_here).all(app.db.read()).await.unwrap();
    assert!(lines.iter().all(|line| line.seq.is_some()), "everything has its place");
    let subjects = |kind: &str| {
        let of_kind = lines.iter().filter(|line| line.kind == kind);
        of_kind.map(|line| line.subject_id).collect::<Vec<_>>()
    };
    let reported = subjects("INCIDENT_REPORTED");
    assert_eq!((subjects("BALLOT_CAST").len(), reported.len()), (ballots, reports));
    assert_eq!(reported.into_iter().collect::<HashSet<_>>().len(), reports);
}
