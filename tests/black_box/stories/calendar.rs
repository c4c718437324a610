//! A year of the calendar is taken in: what begins later goes by it, and what is fixed stays as it is.

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate, TimeDelta, Weekday};
use serde_json::{Value, json};

use super::{
    commands::linli,
    neighbours::{moment, text, until, verify_with},
};
use crate::{story, story::Story, world::World};

pub fn stories() -> Vec<Story> {
    vec![story!(a_year_moves_only_what_begins_when_it_is_known).in_the_demo()]
}

/// As long as a deliberation and a proposal may take.
const MOST: Days = Days::new(30);

/// `linli calendar …` on the story's database, by the demo's clock: whether it went well, and what it said.
fn calendar(world: &World, args: &[&str]) -> (bool, String) {
    let files = format!("files_dir={}", world.data.folder.join("files").display());
    let set = ["env=test", "demo=on", &files, &format!("database_url={}", world.data.database_url)];
    let ran = linli(&world.data.folder, &set).arg("calendar").args(args).output().expect("the program runs");
    (ran.status.success(), String::from_utf8([ran.stdout, ran.stderr].concat()).expect("text"))
}

/// Takes in a file of so many words.
fn import(world: &World, file: &str) -> (bool, String) {
    let path = world.data.folder.join("year.json");
    std::fs::write(&path, file).expect("the story's folder takes files");
    calendar(world, &["import", path.to_str().expect("a path"), "--json"])
}

fn is_weekend(day: NaiveDate) -> bool {
    matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

async fn now(world: &World) -> DateTime<FixedOffset> {
    moment(&world.guest().beside("/demo/clock", &json!({ "seconds": 1 })).await.ok()["server_time"])
}

/// A year that could be: as it is known, or else with the least days off; and a week off besides.
async fn with_a_week_off(world: &World, from: NaiveDate) -> Value {
    let number = from.year();
    let known = world.guest().get(&format!("/v1/calendar/{number}")).await;
    let mut year = if known.status == 200 {
        let known = known.ok();
        json!({ "year": number, "holidays": known["holidays"], "working_weekends": known["working_weekends"] })
    } else {
        let on = |(month, day)| NaiveDate::from_ymd_opt(number, month, day).expect("a day");
        let fixed = [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)].map(on);
        let others = on((6, 1)).iter_days().filter(|day| !is_weekend(*day)).take(13);
        json!({ "year": number, "holidays": fixed.into_iter().chain(others).collect::<Vec<_>>(), "working_weekends": [] })
    };
    year["source"] = json!("国务院办公厅关于部分节假日安排的通知");
    let off = year["holidays"].as_array_mut().expect("days");
    for day in from.iter_days().take(8).map(|day| json!(day)) {
        if !off.contains(&day) {
            off.push(day);
        }
    }
    let off = off.clone();
    year["working_weekends"].as_array_mut().expect("days").retain(|day| !off.contains(day));
    year
}

/// The end of the first day from one on that is worked.
fn end(
    world_end: NaiveDate,
    rests: impl Fn(NaiveDate) -> bool,
    at: DateTime<FixedOffset>,
) -> DateTime<FixedOffset> {
    let last = world_end.iter_days().find(|day| !rests(*day)).expect("a working day");
    let midnight = last.succ_opt().and_then(|day| day.and_hms_opt(0, 0, 0)).expect("a midnight");
    midnight.and_local_timezone(*at.offset()).unwrap()
}

async fn a_year_moves_only_what_begins_when_it_is_known(world: &mut World) {
    // So that the week off lies in one year.
    let begins = now(world).await;
    let week = |at: DateTime<FixedOffset>| at.date_naive() + MOST;
    if week(begins).year() != (week(begins) + Days::new(9)).year() {
        until(world, begins + TimeDelta::days(10)).await;
    }
    let nine =
        now(world).await.date_naive().succ_opt().and_then(|day| day.and_hms_opt(9, 0, 0)).expect("a time");
    until(world, nine.and_local_timezone(*begins.offset()).unwrap()).await;
    let first_day = now(world).await;
    let shipped = |day: NaiveDate| !rules::calendar::WorkTime::china().days().is_working(day);

    let office = world.sign_in("community").await;
    let complex = world.complex().await;
    let at = format!("/v1/places/{complex}/programmes");
    let begin = |template: &str| json!({ "template": template, "purpose": "选聘物业" });
    let begun = office.post(&at, &begin("ordinary-matter")).await.ok();
    let fixed = format!("/v1/programmes/{}", text(&begun["id"]));
    let latest = |programme: &Value, module: &str| {
        let modules = programme["modules"].as_array().expect("modules");
        let found = modules.iter().find(|one| one["name"] == module).expect("the module");
        moment(&found["latest_at"])
    };
    let was = latest(&begun, "deliberation");
    assert_eq!(was, end(week(first_day), shipped, first_day));

    // What is wrong is refused, with each place where it is; nothing of it is kept.
    let good = with_a_week_off(world, week(first_day)).await;
    let number = good["year"].as_i64().expect("a year");
    let in_force = format!("/v1/calendar/{number}");
    let before = world.guest().get(&in_force).await;
    let wrong = |member: &str, to: Value| {
        let mut wrong = good.clone();
        *wrong.pointer_mut(member).expect("a member") = to;
        wrong.to_string()
    };
    let (_, told) = import(world, &good.to_string().replace("holidays", "holliday"));
    assert!(told.contains("unknown field `holliday`") && told.contains("line 1 column"), "{told}");
    for (file, place) in [
        (wrong("/holidays/2", json!(format!("{}-05-02", number - 1))), "\"/holidays/2\""),
        (
            wrong("/working_weekends", json!([format!("{number}-06-30"), format!("{number}-06-30")])),
            "/working_weekends/1",
        ),
        (wrong("/holidays", json!([])), "is a statutory holiday, and not listed"),
        (wrong("/source", json!("")), "\"/source\""),
        (
            wrong("/working_weekends", json!([])).replace(&number.to_string(), &(number + 3).to_string()),
            "/year: it would hold from",
        ),
    ] {
        let (well, told) = import(world, &file);
        assert!(!well && told.contains(place), "{place}: {told}");
    }
    assert_eq!(world.guest().get(&in_force).await.status, before.status);

    let (well, told) = import(world, &good.to_string());
    assert!(well, "{told}");
    let taken: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(taken["known_from"], json!(first_day.date_naive().succ_opt()), "{taken}");
    let again = import(world, &good.to_string());
    assert_eq!(again, (true, told), "the same once more changes nothing");
    let read = world.guest().get(&in_force).await;
    assert_eq!(read.header("etag"), Some(&*format!("\"v{}\"", taken["version"])));
    assert_eq!(read.ok(), taken);
    let (_, shown) = calendar(world, &["show", "--json"]);
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!(shown[0]["known_from"], Value::Null, "one ships with the program");
    assert_eq!(shown[1], taken);
    world.guest().get("/v1/calendar/1999").await.refused(404, "NOT_FOUND");

    // Of what has begun nothing moves, then or later; a process that was there before goes by it from the next day on.
    assert_eq!(latest(&office.get(&fixed).await.ok(), "deliberation"), was);
    until(world, first_day + TimeDelta::days(1)).await;
    let office = world.sign_in("community").await;
    assert_eq!(latest(&office.get(&fixed).await.ok(), "deliberation"), was);
    let next_day = now(world).await;
    let off = good["holidays"].as_array().expect("days").clone();
    let worked = good["working_weekends"].as_array().expect("days").clone();
    let rests =
        |day: NaiveDate| off.contains(&json!(day)) || is_weekend(day) && !worked.contains(&json!(day));
    let late = latest(&office.post(&at, &begin("special-matter")).await.ok(), "proposal");
    assert_eq!(late, end(week(next_day), rests, next_day));
    assert!(late >= was + TimeDelta::days(5), "a week is off: {was}, {late}");
    let (well, told) = verify_with(world, &["record"]);
    assert!(well, "{told}");
}
