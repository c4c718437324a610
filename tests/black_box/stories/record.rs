//! The record: everything that happened at a place, to those who may know it, without a gap.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use linli::{
    app::App,
    config::Config,
    record::{self, Audience, Event},
};
use reqwest::Method;
use sea_orm::{ConnectionTrait, EntityTrait, QueryOrder};
use serde_json::{Value, json};

use super::{
    eventually,
    identity::{complex, home, part},
};
use crate::{
    phone::Phone,
    servers::{ask, connect, uncounted},
    story,
    story::{Database, Story},
    world::World,
};

pub fn stories() -> Vec<Story> {
    let all = [
        story!(changes_are_read_as_a_delta_that_belongs_to_its_reader),
        story!(a_waiting_reader_is_woken_by_a_write),
        story!(what_concerns_others_is_never_shown),
        story!(the_log_of_another_complex_is_never_shown),
        story!(whoever_belongs_to_several_complexes_names_one),
        story!(the_log_has_no_gap_and_its_hashes_chain),
        story!(no_reader_skips_an_event_that_committed_late)
            .only_in("SQLite has one writer at a time: nothing commits late", |setting| {
                setting.database == Database::Postgres
            }),
        story!(no_reader_skips_an_event_of_many_writers),
    ];
    all.into_iter().map(Story::in_the_demo).collect()
}

/// Everything that somebody may read of a record; `place` is `&place_id=…`, or nothing for their own complex.
pub(super) async fn all_changes(phone: &Phone, place: &str) -> Vec<Value> {
    read_on(phone, place, &mut None).await
}

/// Until every event has its place. Whoever is at it already, another process perhaps, is waited for.
pub(super) async fn until_sequenced(world: &World, app: &App) {
    let waiting = "SELECT CAST(count(*) AS text) FROM event WHERE seq IS NULL";
    eventually("the place of each event", async || {
        record::sequence(app).await.unwrap();
        (ask(&world.data.database_url, waiting).unwrap() == ["0"]).then_some(())
    })
    .await;
}

/// Everything since a cursor, which moves on.
pub(super) async fn read_on(phone: &Phone, place: &str, cursor: &mut Option<String>) -> Vec<Value> {
    let mut lines = Vec::new();
    loop {
        let after = cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = phone.get(&format!("/v1/changes?wait=0{place}{after}")).await.ok();
        lines.extend(page["items"].as_array().unwrap().iter().cloned());
        *cursor = page["next_cursor"].as_str().map(str::to_owned);
        if page["more"] == false {
            return lines;
        }
    }
}

fn seqs(lines: &[Value]) -> Vec<i64> {
    lines.iter().map(|line| line["seq"].as_i64().unwrap()).collect()
}

/// Lets something happen that everybody of the complex may know: an office is given.
async fn something_happens(world: &World) -> (Phone, Value) {
    let community = world.sign_in("community").await;
    let (unit, _) = home(world, "101").await;
    let role = json!({ "person_id": world.newcomer().await.person, "role": "UNIT_LEADER" });
    let granted = community.post(&format!("/v1/places/{unit}/roles"), &role).await.ok();
    (community, granted)
}

async fn changes_are_read_as_a_delta_that_belongs_to_its_reader(world: &mut World) {
    let coowner = world.sign_in("coowner").await;
    let mut cursor = None;
    let before = read_on(&coowner, "", &mut cursor).await;
    assert!(before.len() > 20, "the demo has lived");
    assert!(seqs(&before).windows(2).all(|two| two[0] < two[1]));
    assert!(before.iter().all(|line| line["hash"].as_str().unwrap().len() == 64));
    assert!(read_on(&coowner, "", &mut cursor).await.is_empty());
    let (community, granted) = something_happens(world).await;
    let after = until_read(&coowner, &mut cursor).await;
    assert_eq!(after.len(), 1, "{after:?}");
    let line = &after[0];
    assert_eq!((&line["kind"], &line["subject_id"]), (&json!("ROLE_GRANTED"), &granted["id"]));
    assert_eq!(line["actor_role"], "COMMUNITY_OFFICER");
    assert_eq!(line["facts"]["role"], "UNIT_LEADER");
    assert!(!line.to_string().contains(granted["person_id"].as_str().unwrap()), "who it is, is not told");
    // What was read again from the start is the same.
    let again = all_changes(&coowner, "").await;
    assert_eq!(again[..before.len()], before);
    assert_eq!(again.last(), after.last());

    // A cursor is its reader's and its complex's alone.
    let mine = format!("cursor={}", cursor.unwrap());
    let property = world.sign_in("property").await;
    property.get(&format!("/v1/changes?{mine}")).await.refused(400, "CURSOR_INVALID");
    let place = complex(&property).await;
    community.get(&format!("/v1/changes?place_id={place}&{mine}")).await.refused(400, "CURSOR_INVALID");
    coowner.get("/v1/changes?wait=26").await.refused(422, "INPUT_INVALID");
    world.newcomer().await.get("/v1/changes").await.refused(404, "NOT_FOUND");
    let there = format!("/v1/changes?place_id={place}");
    world.newcomer().await.get(&there).await.refused(404, "NOT_FOUND");
}

/// Reads on until there is something: an event gets its place a moment after its write.
async fn until_read(phone: &Phone, cursor: &mut Option<String>) -> Vec<Value> {
    eventually("something new in the log", async || {
        Some(read_on(phone, "", cursor).await).filter(|lines| !lines.is_empty())
    })
    .await
}

async fn a_waiting_reader_is_woken_by_a_write(world: &mut World) {
    let coowner = world.sign_in("coowner").await;
    let mut cursor = None;
    read_on(&coowner, "", &mut cursor).await;
    let path = |wait: u32| format!("/v1/changes?wait={wait}&cursor={}", cursor.as_deref().unwrap());
    let asked = Instant::now();
    let nothing = coowner.call(Method::GET, &path(1)).send().await.ok();
    assert_eq!(nothing["items"], json!([]));
    assert!(asked.elapsed() >= Duration::from_secs(1), "it waited as long as asked");
    let reader = async {
        let woken = coowner.call(Method::GET, &path(25)).send().await.ok();
        (woken, Instant::now())
    };
    let writer = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        something_happens(world).await;
        Instant::now()
    };
    let ((woken, heard), written) = tokio::join!(reader, writer);
    assert_eq!(woken["items"][0]["kind"], "ROLE_GRANTED", "{woken}");
    let late = heard.saturating_duration_since(written);
    assert!(late < Duration::from_secs(2), "the reader heard of it {late:?} after the write");
}

async fn what_concerns_others_is_never_shown(world: &mut World) {
    let (_, target) = home(world, "903").await;
    let claimant = world.newcomer().await;
    let claim = json!({
        "home_id": target, "relation": "OWNER", "name": "许晨", "id_number": "999999199007055389", "signature": "许晨"
    });
    let claim = claimant.post("/v1/claims", &claim).await.ok();
    let of_it = |lines: &[Value]| {
        let kinds = lines.iter().filter(|line| line["subject_id"] == claim["id"]);
        kinds.map(|line| line["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let mine = all_changes(&claimant, "").await;
    assert_eq!(of_it(&mine), ["CLAIM_MADE", "CLAIM_CONFIRMED"]);
    let last = seqs(&mine).last().copied();
    for other in ["coowner", "property", "community", "street", "supervisor", "candidate"] {
        let other = world.sign_in(other).await;
        let place = format!("&place_id={}", complex(&claimant).await);
        let lines = all_changes(&other, &place).await;
        assert!(of_it(&lines).is_empty());
        assert!(seqs(&lines).last().copied() <= last);
        for line in &lines {
            let text = line.to_string();
            assert!(!text.contains("person_id") && !text.contains("openid"), "{text}");
            assert!(line["kind"] != "CLAIM_MADE" || other.person != claimant.person, "{text}");
        }
    }
    let coowner = world.sign_in("coowner").await;
    let own = all_changes(&coowner, "").await;
    let claims = own.iter().filter(|line| line["kind"] == "CLAIM_CONFIRMED").count();
    assert_eq!(claims, 1, "of hundreds of claims one is the reader's");
}

async fn the_log_of_another_complex_is_never_shown(world: &mut World) {
    let (community, property) = (world.sign_in("community").await, world.sign_in("property").await);
    let mut cursor = None;
    read_on(&property, "", &mut cursor).await;
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/roll-528.csv");
    let under = ["--under", "示范区/青年路街道/青年路社区"];
    let url = world.data.database_url.clone();
    assert!(super::roll::import(world, &url, &file, "隔壁小区", &under).0);
    let me = community.get("/v1/me").await.ok();
    let other = part(&community, me["roles"][0]["place_id"].as_str().unwrap(), "隔壁小区").await;
    let place = format!("&place_id={other}");
    let lines = eventually("the first line of the other log", async || {
        Some(all_changes(&community, &place).await).filter(|lines| !lines.is_empty())
    })
    .await;
    assert_eq!(seqs(&lines), [1], "a log of its own");
    assert_eq!(lines[0]["kind"], "ROLL_IMPORTED");
    assert!(read_on(&property, "", &mut cursor).await.is_empty());
    property.get(&format!("/v1/changes?wait=0{place}")).await.refused(404, "NOT_FOUND");
    let mine = format!("/v1/changes?cursor={}{place}", cursor.unwrap());
    property.get(&mine).await.refused(404, "NOT_FOUND");
}

async fn whoever_belongs_to_several_complexes_names_one(world: &mut World) {
    let (community, property) = (world.sign_in("community").await, world.sign_in("property").await);
    let of_one = all_changes(&property, "").await;
    let refusal = community.get("/v1/changes").await.refused(422, "INPUT_INVALID");
    assert_eq!(refusal["errors"][0]["pointer"], "/place_id", "{refusal}");

    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/roll-528.csv");
    let under = ["--under", "示范区/青年路街道/青年路社区"];
    assert!(super::roll::import(world, &world.data.database_url, &file, "隔壁小区", &under).0);
    let me = community.get("/v1/me").await.ok();
    let other = part(&community, me["roles"][0]["place_id"].as_str().unwrap(), "隔壁小区").await;
    let role = json!({ "person_id": property.person, "role": "PROPERTY_MANAGER" });
    community.post(&format!("/v1/places/{other}/roles"), &role).await.ok();
    property.get("/v1/changes").await.refused(422, "INPUT_INVALID");
    let place = format!("&place_id={}", of_one[0]["place_id"].as_str().unwrap());
    assert!(all_changes(&property, &place).await.len() >= of_one.len());
}

/// The service's own acts on the world's database, beside the running service.
pub(super) async fn beside(world: &World) -> Arc<App> {
    let set = [
        "env=test".to_owned(),
        format!("database_url={}", uncounted(&world.data.database_url)),
        format!("files_dir={}", world.data.folder.join("files").display()),
    ];
    let config = Config::load(None, std::iter::empty(), &set).expect("a configuration");
    linli::start::start(config).await.expect("it starts")
}

async fn the_log_has_no_gap_and_its_hashes_chain(world: &mut World) {
    let property = world.sign_in("property").await;
    let place: uuid::Uuid = complex(&property).await.parse().unwrap();
    something_happens(world).await;
    let app = beside(world).await;
    let rows = eventually("everything has its place", async || {
        let ordered = entity::event::Entity::find().order_by_asc(entity::event::Column::Seq);
        let rows = ordered.all(app.db.read()).await.unwrap();
        rows.iter().all(|row| row.seq.is_some()).then_some(rows)
    })
    .await;
    let mut logs: BTreeMap<_, Vec<i64>> = BTreeMap::new();
    for row in rows {
        logs.entry(row.complex_id).or_default().extend(row.seq);
    }
    for log in logs.values() {
        assert!(log.iter().copied().eq(1..=i64::try_from(log.len()).unwrap()), "{log:?}");
    }
    let whole = i64::try_from(logs[&place].len()).unwrap();
    assert_eq!(record::verify(app.db.read(), place).await.unwrap(), Ok(whole));

    // Whatever is changed later shows, by somebody who may write to the database too.
    let db = connect(&world.data.database_url).await.unwrap();
    let change = async |to: &str, place: i64| {
        let change = format!("UPDATE event SET {to} WHERE seq = {place} AND kind <> ''");
        assert!(db.execute_unprepared(&change).await.unwrap().rows_affected() >= 1);
    };
    change("kind = kind || '!'", 3).await;
    let found = record::verify(app.db.read(), place).await.unwrap().unwrap_err();
    assert!(found.contains("line 3 "), "{found}");
    change("kind = substr(kind, 1, length(kind) - 1)", 3).await;
    assert_eq!(record::verify(app.db.read(), place).await.unwrap(), Ok(whole));
    db.execute_unprepared(&format!("DELETE FROM event WHERE seq = {whole}")).await.unwrap();
    assert!(record::verify(app.db.read(), place).await.unwrap().is_err(), "a log that was cut short");
}

fn told(complex: uuid::Uuid, subject: uuid::Uuid) -> Event {
    Event {
        kind: "STORY_TOLD",
        complex,
        place: complex,
        subject_type: "STORY",
        subject,
        version: 1,
        role: "OPERATOR".into(),
        audience: Audience::Members,
        person: None,
        facts: json!({}),
        commitment: None,
    }
}

fn subjects(lines: &[Value]) -> Vec<String> {
    let told = lines.iter().filter(|line| line["kind"] == "STORY_TOLD");
    told.map(|line| line["subject_id"].as_str().unwrap().to_owned()).collect()
}

async fn no_reader_skips_an_event_that_committed_late(world: &mut World) {
    let coowner = world.sign_in("coowner").await;
    let place: uuid::Uuid = complex(&coowner).await.parse().unwrap();
    let app = beside(world).await;
    let mut cursor = None;
    read_on(&coowner, "", &mut cursor).await;

    // The first to write is the last to commit.
    let first = app.db.begin().await.unwrap();
    let early = app.ids.next();
    record::write(&first, told(place, early)).await.unwrap();
    let second = app.db.begin().await.unwrap();
    let late = app.ids.next();
    record::write(&second, told(place, late)).await.unwrap();
    app.commit(second).await.unwrap();
    let lines = until_read(&coowner, &mut cursor).await;
    assert_eq!(subjects(&lines), [late.to_string()]);
    app.commit(first).await.unwrap();
    let more = until_read(&coowner, &mut cursor).await;
    assert_eq!(subjects(&more), [early.to_string()], "it comes after, and is not passed over");
    assert_eq!(seqs(&more)[0], seqs(&lines)[0] + 1);
    record::verify(app.db.read(), place).await.unwrap().unwrap();
}

async fn no_reader_skips_an_event_of_many_writers(world: &mut World) {
    const WRITERS: u64 = 6;
    const EVENTS: u64 = 15;
    let coowner = world.sign_in("coowner").await;
    let place: uuid::Uuid = complex(&coowner).await.parse().unwrap();
    let app = beside(world).await;
    let mut cursor = None;
    read_on(&coowner, "", &mut cursor).await;
    let write = |writer: u64| {
        let app = Arc::clone(&app);
        async move {
            let mut written = Vec::new();
            for event in 0..EVENTS {
                let tx = app.db.begin().await.unwrap();
                let subject = app.ids.next();
                record::write(&tx, told(place, subject)).await.unwrap();
                // Each commits after another time.
                tokio::time::sleep(Duration::from_millis((writer * 7 + event * 5) % 23)).await;
                app.commit(tx).await.unwrap();
                written.push(subject.to_string());
            }
            written
        }
    };
    let writers = futures_util::future::join_all((0..WRITERS).map(write));
    let read = async {
        let mut lines = Vec::new();
        let begun = Instant::now();
        while subjects(&lines).len() < usize::try_from(WRITERS * EVENTS).unwrap() {
            lines.extend(read_on(&coowner, "", &mut cursor).await);
            assert!(begun.elapsed() < Duration::from_secs(40), "only {} are told", lines.len());
        }
        lines
    };
    let (written, lines) = tokio::join!(writers, read);
    let seqs = seqs(&lines);
    assert!(seqs.windows(2).all(|two| two[0] + 1 == two[1]), "{seqs:?}");
    let read: BTreeSet<String> = subjects(&lines).into_iter().collect();
    assert_eq!(read, written.into_iter().flatten().collect());
    record::verify(app.db.read(), place).await.unwrap().unwrap();
}
