//! What those who hold incidents are judged by: months that are counted, closed, computed again and appealed.

use std::{fs, process::Command};

use ::entity::{event, figure_closing, figure_month};
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, TimeDelta};
use reqwest::Method;
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::{
    eventually,
    incidents::{Town, act, array, pass_until, phone, read, report, run_out, text, time},
    neighbours::verify_with,
    notices::until_rested,
    record::{beside, until_sequenced},
    until,
};
use crate::{
    phone::Phone,
    servers::{ask, connect},
    story,
    story::{Database, Sessions, Setting, Story},
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(a_month_comes_to_exactly_what_happened_and_is_closed_once).in_the_demo(),
        story!(what_flatters_the_figures_is_found).in_the_demo(),
        story!(a_district_counts_and_closes_by_a_formula_of_its_own).in_the_demo(),
        story!(what_if_there_had_been_less_time_or_more).in_the_demo(),
        story!(both_sides_of_a_whistle_are_scored).in_the_demo(),
        story!(a_board_shows_one_moment).in_the_demo(),
        story!(two_processes_close_a_month_once)
            .in_the_demo()
            .only_in("what two processes share is the database alone", once_on_each_database),
    ]
}

fn once_on_each_database(setting: Setting) -> bool {
    (setting.database == Database::Sqlite) == (setting.sessions == Sessions::InMemory)
}

const REPORTER: &str = "coowner";
const PROPERTY: &str = "property";
const COMMUNITY: &str = "community";
const STREET: &str = "street";

/// Held by the property office first, for an hour; words are evidence enough. The demo reports nothing of the kind.
const CATEGORY: &str = "THROWN_OBJECTS";

async fn now(world: &World) -> DateTime<FixedOffset> {
    let moved = world.guest().beside("/demo/clock", &json!({ "seconds": 1 })).await.ok();
    time(&moved["server_time"])
}

/// Lets time pass until ten o'clock on the first of the next month; that month.
async fn next_month(world: &World) -> String {
    let now = now(world).await;
    let first = now.date_naive().with_day(1).unwrap() + chrono::Months::new(1);
    let ten = first.and_hms_opt(10, 0, 0).unwrap().and_local_timezone(*now.offset()).unwrap();
    pass(world, ten - now).await;
    first.format("%Y-%m").to_string()
}

async fn pass(world: &World, time: TimeDelta) {
    world.advance_clock(u64::try_from(time.num_seconds()).expect("time runs forward")).await;
}

async fn handled(property: &Phone, incident: &Value) {
    act(property, incident, "acknowledgements", json!({})).await.ok();
    handle(property, incident).await;
}

async fn handle(holder: &Phone, incident: &Value) {
    act(holder, incident, "handlings", json!({ "words": "已劝阻并张贴提示" })).await.ok();
}

/// A group's figure as `above/below`.
fn share(group: &Value, code: &str) -> String {
    let figure = array(&group["figures"]).iter().find(|one| one["code"] == code).expect("the figure");
    format!("{}/{}", figure["above"], figure["below"])
}

async fn of_category(viewer: &Phone, place: &str, period: &str, category: &str) -> Value {
    let path = format!("/v1/places/{place}/figures?period={period}&by=CATEGORY");
    let figures = viewer.get(&path).await.ok();
    let group = array(&figures["groups"]).iter().find(|group| group["category"] == category);
    group.cloned().unwrap_or_else(|| panic!("nothing of {category}: {figures}"))
}

async fn rows(viewer: &Phone, place: &str, figure: &str, period: &str) -> Vec<Value> {
    let path = format!("/v1/places/{place}/figures/{figure}/rows?period={period}&category={CATEGORY}");
    viewer.all(&path, 2).await
}

/// One handled well, one sent back once, one that is somebody else's, and one that nobody looked at.
async fn live_a_month(world: &World, town: &Town) -> [Value; 4] {
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let community = phone(world, COMMUNITY).await;
    let good = report(&reporter, &town.unit, CATEGORY, &[]).await;
    handled(&property, &good).await;
    act(&reporter, &good, "confirmations", json!({ "satisfaction": "VERY_SATISFIED" })).await.ok();
    let again = report(&reporter, &town.unit, CATEGORY, &[]).await;
    handled(&property, &again).await;
    act(&reporter, &again, "returns", json!({ "reason": "还在扔" })).await.ok();
    handle(&property, &again).await;
    act(&reporter, &again, "confirmations", json!({ "satisfaction": "DISSATISFIED" })).await.ok();
    let foreign = report(&reporter, &town.unit, CATEGORY, &[]).await;
    act(&property, &foreign, "objections", json!({ "words": "需要执法" })).await.ok();
    act(&community, &foreign, "consents", json!({})).await.ok();
    act(&community, &foreign, "acknowledgements", json!({})).await.ok();
    let missed = report(&reporter, &town.unit, CATEGORY, &[]).await;
    let climbed = run_out(world, REPORTER, &missed).await;
    assert_eq!(climbed["holder"]["level"], "COMMUNITY");
    handled(&phone(world, COMMUNITY).await, &missed).await;
    act(&phone(world, REPORTER).await, &missed, "confirmations", json!({ "satisfaction": "SATISFIED" }))
        .await
        .ok();
    [good, again, foreign, missed]
}

/// That a table has a line for each figure of each group, with its counts, and nothing else but what sums a group up.
fn is_the_table_of(table: &str, told: &Value) {
    let mut lines = table.trim_start_matches('\u{feff}').split("\r\n");
    assert_eq!(lines.next(), Some("类别,层级,岗位,岗位编号,指标,名称,分子,分母"));
    let all: Vec<Vec<&str>> =
        lines.by_ref().take_while(|line| !line.is_empty()).map(|line| line.split(',').collect()).collect();
    let lines_of = |group: &Value, code: &str| -> Vec<&Vec<&str>> {
        let key = [&group["category"], &group["level"], &group["post"]["name"], &group["post"]["id"]];
        let key = key.map(|part| part.as_str().unwrap_or_default());
        all.iter().filter(|line| line[..4] == key && line[4] == code).collect()
    };
    let mut figures = 0;
    for group in array(&told["groups"]) {
        for figure in array(&group["figures"]) {
            let counts = ["above", "below"].map(|part| figure[part].as_u64().unwrap().to_string());
            let found = lines_of(group, text(&figure["code"]));
            assert_eq!(
                (found.len(), &found[0][6..]),
                (1, &counts.each_ref().map(String::as_str)[..]),
                "{group}"
            );
            figures += 1;
        }
        let within = group["half_within_seconds"].as_u64().map(|seconds| seconds.to_string());
        let found = lines_of(group, "half_within_seconds").first().map(|line| line[6].to_owned());
        assert_eq!(found, within, "{group}");
    }
    assert_eq!(
        all.iter().filter(|line| line[4].starts_with(|letter: char| letter.is_ascii_uppercase())).count(),
        figures
    );
    let seals: Vec<&str> = lines.collect();
    assert_eq!(seals[0], format!("地点,{}", text(&told["place_id"])));
    assert_eq!(seals[1], format!("月份,{}", text(&told["period"])));
    assert_eq!(seals[2], format!("公式,{}", text(&told["formula"])));
}

/// What somebody was told of an appeal, the first first.
async fn told_of(phone: &Phone, appeal: &Value) -> Vec<String> {
    let mut all = phone.all("/v1/notices", 100).await;
    all.retain(|notice| notice["subject_id"] == appeal["id"]);
    all.iter().rev().map(|notice| text(&notice["kind"]).to_owned()).collect()
}

async fn a_month_comes_to_exactly_what_happened_and_is_closed_once(world: &mut World) {
    let town = Town::find(world).await;
    let period = next_month(world).await;
    let [_, _, foreign, missed] = live_a_month(world, &town).await;

    // Whoever stands above sees what those below did; each level's own.
    let (property, community) = (phone(world, PROPERTY).await, phone(world, COMMUNITY).await);
    let expected = [
        ("TRIAGE", "4/4", "2/2"),
        ("RESPONSE", "4/5", "2/3"),
        ("RESOLUTION", "3/4", "2/3"),
        ("SATISFACTION", "2/3", "1/2"),
        ("ON_TIME", "4/4", "3/3"),
        ("REWORK", "1/4", "1/3"),
        ("REPEAT", "3/3", "3/2"),
        ("WRONG_DISPATCH", "1/6", "1/4"),
        ("ABSORPTION", "3/4", "2/3"),
        ("WHISTLE_JOINED", "0/0", "0/0"),
    ];
    for place in [&town.unit, &town.building, &town.complex] {
        let (above, below) = (
            of_category(&community, place, &period, CATEGORY).await,
            of_category(&property, place, &period, CATEGORY).await,
        );
        for (code, all, own) in expected {
            assert_eq!((share(&above, code), share(&below, code)), (all.into(), own.into()), "{code}");
        }
    }
    // (20 × 4/5 + 40 × 3/4 + 30 × 2/3 + 10 × 1) ÷ 100
    let whole = of_category(&community, &town.community, &period, CATEGORY).await;
    assert_eq!(whole["composite"], json!({ "above": "19", "below": "25" }));
    let levels = format!("/v1/places/{}/figures?period={period}&by=LEVEL", town.complex);
    let levels = community.get(&levels).await.ok();
    assert!(array(&levels["groups"]).iter().any(|group| group["level"] == "COMMUNITY"), "{levels}");
    assert!(array(&levels["groups"]).iter().all(|group| group["level"] != "STREET"), "{levels}");

    // So do the posts: a place's own, those above it and those of its parts, each with its rows.
    let of_posts = async |viewer: &Phone, place: &str| {
        let path = format!("/v1/places/{place}/figures?period={period}&by=HANDLER");
        array(&viewer.get(&path).await.ok()["groups"]).to_vec()
    };
    let posts = of_posts(&community, &town.complex).await;
    let at = |groups: &[Value], post: &str| {
        groups
            .iter()
            .find(|group| group["post"]["id"] == post)
            .cloned()
            .unwrap_or_else(|| panic!("{groups:?}"))
    };
    let all = format!("/v1/places/{}/figures?period={period}", town.complex);
    let all = community.get(&all).await.ok()["groups"][0].clone();
    for code in ["RESPONSE", "RESOLUTION", "WRONG_DISPATCH"] {
        let figure = |group: &Value| {
            let figure = array(&group["figures"]).iter().find(|one| one["code"] == code).unwrap().clone();
            (figure["above"].as_u64().unwrap(), figure["below"].as_u64().unwrap())
        };
        let sum = posts.iter().map(figure).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        assert_eq!(sum, figure(&all), "{code}: nothing is lost or counted twice");
    }
    let manager = at(&posts, &town.complex);
    assert_eq!((&manager["level"], &manager["post"]["level"]), (&json!("COMPLEX"), &json!("COMPLEX")));
    let drilled = format!("/v1/places/{}/figures/RESPONSE/rows?period={period}", town.complex);
    for group in posts.iter().filter(|group| group.get("post").is_some()) {
        let post = text(&group["post"]["id"]);
        let rows = community.all(&format!("{drilled}&post_id={post}"), 2).await;
        assert!(rows.iter().all(|row| row["post_id"] == post), "{rows:?}");
        let counted = rows.iter().filter(|row| row["standing"] != "EXCLUDED").count();
        assert_eq!(share(group, "RESPONSE").split('/').next_back().unwrap(), counted.to_string(), "{group}");
    }
    // The same post is the same from above, and nobody is told of a post above their own.
    let from_above = at(&of_posts(&community, &town.community).await, &town.complex);
    assert_eq!(share(&from_above, "RESPONSE"), share(&manager, "RESPONSE"));
    let below = of_posts(&property, &town.complex).await;
    assert_eq!(share(&at(&below, &town.complex), "RESPONSE"), share(&manager, "RESPONSE"));
    assert!(below.iter().all(|group| group["level"] != "COMMUNITY"), "{below:?}");
    let theirs = format!("/v1/places/{}/figures?by=HANDLER", town.complex);
    phone(world, REPORTER).await.get(&theirs).await.refused(403, "NOT_ALLOWED");

    // An open month is written as a table, too: the same counts, the same bytes each time, by posts as well.
    for by in ["", "&by=CATEGORY", "&by=HANDLER"] {
        let path = format!("/v1/places/{}/figures?period={period}{by}", town.complex);
        let told = community.get(&path).await.ok();
        for format in ["csv", "xlsx"] {
            let read = async || community.get(&format!("{path}&format={format}")).await;
            let (one, other) = (read().await, read().await);
            assert_eq!(
                (one.status, one.bytes == other.bytes),
                (200, true),
                "{format}: the same bytes each time"
            );
            if format == "csv" {
                is_the_table_of(&String::from_utf8(one.bytes).unwrap(), &told);
            } else {
                assert!(one.bytes.starts_with(b"PK"));
            }
        }
    }
    let theirs = format!("/v1/places/{}/figures?format=csv&by=HANDLER", town.complex);
    phone(world, REPORTER).await.get(&theirs).await.refused(403, "NOT_ALLOWED");

    // Every row that made a figure, and why one was left out.
    let response = rows(&community, &town.complex, "RESPONSE", &period).await;
    let standing = |wanted: &str| response.iter().filter(|row| row["standing"] == wanted).count();
    assert_eq!((response.len(), standing("BOTH"), standing("BELOW"), standing("EXCLUDED")), (6, 4, 1, 1));
    let moot = response.iter().find(|row| row["standing"] == "EXCLUDED").unwrap();
    assert_eq!((&moot["incident_id"], &moot["outcome"]), (&foreign["id"], &json!("CONTACT_MOOT")));
    assert!(!text(&moot["why"]["zh"]).is_empty());
    assert_eq!(rows(&property, &town.complex, "RESPONSE", &period).await.len(), 4, "no level above");
    let late = response.iter().find(|row| row["outcome"] == "CONTACT_MISSED").unwrap().clone();
    assert_eq!((&late["incident_id"], &late["level"]), (&missed["id"], &json!("COMPLEX")));

    // Residents see the rates of their complex, of enough only, and nothing else.
    let resident = phone(world, REPORTER).await;
    let public = resident.get(&format!("/v1/places/{}/figures?period={period}", town.complex)).await.ok();
    let figures = array(&public["groups"][0]["figures"]);
    assert!(figures.iter().all(|one| one["below"].as_u64().is_none_or(|below| below >= 5)), "{public}");
    let rework = figures.iter().find(|one| one["code"] == "SATISFACTION").unwrap();
    assert_eq!(rework["above"], Value::Null, "three people's words");
    let by = format!("/v1/places/{}/figures?by=LEVEL", town.complex);
    resident.get(&by).await.refused(403, "NOT_ALLOWED");
    for hidden in ["board", "figures/RESPONSE/rows", "closings/2026-01"] {
        resident.get(&format!("/v1/places/{}/{hidden}", town.complex)).await.refused(404, "NOT_FOUND");
    }
    resident.get(&format!("/v1/places/{}/figures", town.unit)).await.refused(404, "NOT_FOUND");

    // The month before is closed by the clock; this one by hand, once it is over, by one of two who try.
    let appeal = |row: &Value, figure: Option<&str>| json!({ "row_id": row["id"], "figure": figure, "reason": "当晚停电" });
    property.post("/v1/figure-appeals", &appeal(&late, None)).await.refused(409, "MONTH_OPEN");
    let street = phone(world, STREET).await;
    let closings = format!("/v1/places/{}/closings", town.complex);
    let close = json!({ "period": period });
    street.post(&closings, &close).await.refused(409, "MONTH_NOT_OVER");
    pass(world, TimeDelta::days(33)).await;
    let street = phone(world, STREET).await;
    let ask = async || street.call(Method::POST, &closings).keyed().json(&close).send().await;
    let both = futures_util::future::join(ask(), ask()).await;
    let mut statuses = [both.0.status, both.1.status];
    statuses.sort_unstable();
    assert!(statuses == [201, 409] || statuses == [409, 409], "{statuses:?}");
    street.post(&closings, &close).await.refused(409, "MONTH_CLOSED");
    let path = format!("{closings}/{period}");
    let first = street.get(&path).await.ok();
    assert_eq!((&first["closing"]["version"], &first["closing"]["previous"]), (&json!(1), &Value::Null));
    let total = |closed: &Value, code: &str| {
        let share = &closed["closing"]["measures"][0]["shares"][code];
        (share["above"].as_u64().unwrap(), share["below"].as_u64().unwrap())
    };
    let counted = |closed: &Value, outcome: &str| {
        let rows = array(&closed["closing"]["rows"]).iter();
        u64::try_from(rows.filter(|row| row["outcome"] == outcome).count()).unwrap()
    };
    let dispatched = (counted(&first, "MISROUTED"), counted(&first, "DISPATCHED"));
    assert_eq!(total(&first, "WRONG_DISPATCH"), dispatched);

    // Anybody computes it again from the file; what was changed in it is found.
    let file = world.data.folder.join("closing.json");
    fs::write(&file, first.to_string()).unwrap();
    let (well, said) = verify_with(world, &["figures", file.to_str().unwrap()]);
    assert!(well && said.contains("all as it was said"), "{said}");
    let (well, said) = verify_with(world, &["figures", text(&first["id"]), "--json"]);
    assert!(well && said.contains("\"differences\":[]"), "{said}");
    fs::write(&file, first.to_string().replacen("CONTACT_MISSED", "CONTACT_IN_TIME", 1)).unwrap();
    let (well, said) = verify_with(world, &["figures", file.to_str().unwrap()]);
    assert!(!well && said.contains("DIFFERS  the hash is") && said.contains("do not follow"), "{said}");
    for format in ["csv", "xlsx"] {
        let read = async || street.get(&format!("{path}?format={format}")).await;
        let (one, other) = (read().await, read().await);
        assert_eq!((one.status, one.bytes == other.bytes), (200, true), "{format}: the same bytes each time");
        let is_table =
            if format == "csv" { one.text().contains("行号") } else { one.bytes.starts_with(b"PK") };
        assert!(is_table, "{format}");
    }

    // An appeal is made by the post, once, and decided above it; what is upheld makes a new version.
    let (property, community) = (phone(world, PROPERTY).await, phone(world, COMMUNITY).await);
    property.post("/v1/figure-appeals", &appeal(&late, Some("NOTHING"))).await.refused(422, "INPUT_INVALID");
    let made = property.post("/v1/figure-appeals", &appeal(&late, Some("RESPONSE"))).await.ok();
    property.post("/v1/figure-appeals", &appeal(&late, None)).await.refused(409, "ROW_APPEALED");
    let theirs = response.iter().find(|row| row["level"] == "COMMUNITY").unwrap();
    property.post("/v1/figure-appeals", &appeal(theirs, None)).await.refused(404, "NOT_FOUND");
    let own = rows(&property, &town.complex, "RESPONSE", &period).await;
    let other = own.iter().find(|row| row["id"] != late["id"]).unwrap();
    community.post("/v1/figure-appeals", &appeal(other, None)).await.refused(403, "NOT_ALLOWED");
    // Whoever stands next above the post is told that it is to be decided on, and nobody else.
    eventually("the office is asked", async || {
        (told_of(&community, &made).await == ["FIGURE_APPEALED"]).then_some(())
    })
    .await;
    assert!(told_of(&property, &made).await.is_empty() && told_of(&street, &made).await.is_empty());
    let decisions = format!("/v1/figure-appeals/{}/decisions", text(&made["id"]));
    let upheld = json!({ "decision": "UPHELD", "words": "停电属实" });
    property.post(&decisions, &upheld).await.refused(403, "NOT_ALLOWED");
    assert_eq!(community.get(&format!("{path}/appeals")).await.ok()["items"][0]["id"], made["id"]);
    assert_eq!(community.post(&decisions, &upheld).await.ok()["decision"], "UPHELD");
    community.post(&decisions, &upheld).await.refused(409, "APPEAL_DECIDED");
    eventually("whoever appealed learns of it", async || {
        (told_of(&property, &made).await == ["FIGURE_APPEAL_DECIDED"]).then_some(())
    })
    .await;
    assert_eq!(told_of(&community, &made).await, ["FIGURE_APPEALED"]);
    assert!(told_of(&street, &made).await.is_empty());
    let second = street.get(&path).await.ok();
    assert_eq!((&second["closing"]["version"], &second["closing"]["previous"]), (&json!(2), &first["hash"]));
    let (above, below) = total(&first, "RESPONSE");
    assert_eq!(total(&second, "RESPONSE"), (above, below - 1));
    assert_eq!(total(&second, "ABSORPTION"), total(&first, "ABSORPTION"), "only that figure");
    let (well, said) = verify_with(world, &["figures", text(&second["id"])]);
    assert!(well && said.contains("1 of them struck"), "{said}");
    assert_eq!(street.get(&format!("{path}?version=1")).await.ok(), first, "never edited");

    // What is dismissed changes nothing; and appeals have their time.
    let dismissed = property.post("/v1/figure-appeals", &appeal(other, None)).await.ok();
    let decision = format!("/v1/figure-appeals/{}/decisions", text(&dismissed["id"]));
    community.post(&decision, &json!({ "decision": "DISMISSED", "words": "不属实" })).await.ok();
    assert_eq!(street.get(&path).await.ok()["closing"]["version"], 2);
    let seen = property.get(&format!("/v1/figure-appeals/{}", text(&dismissed["id"]))).await.ok();
    assert_eq!((&seen["decision"], &seen["words"]), (&json!("DISMISSED"), &json!("不属实")));
    pass(world, TimeDelta::days(16)).await;
    let property = phone(world, PROPERTY).await;
    let third = own.iter().find(|row| row["id"] != late["id"] && row["id"] != other["id"]).unwrap();
    property.post("/v1/figure-appeals", &appeal(third, None)).await.refused(409, "APPEAL_LATE");
}

async fn what_flatters_the_figures_is_found(world: &mut World) {
    let town = Town::find(world).await;
    let category = "PESTS_AND_PETS";
    let period = next_month(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let mut reports = Vec::new();
    for _ in 0..11 {
        reports.push(report(&reporter, &town.complex, category, &[]).await);
    }
    let (waits, many) = reports.split_first().unwrap();
    for incident in many {
        handled(&property, incident).await;
    }
    act(&property, waits, "acknowledgements", json!({})).await.ok();
    act(&reporter, &many[0], "confirmations", json!({ "satisfaction": "VERY_SATISFIED" })).await.ok();
    act(&reporter, &many[0], "reopenings", json!({ "reason": "又有了" })).await.ok();
    // Left alone it would climb as the clock moves on, sooner or later.
    act(&property, &many[0], "acknowledgements", json!({})).await.ok();
    pass_until(world, &read(&reporter, waits).await, 3600).await;
    let property = phone(world, PROPERTY).await;
    let pause = json!({ "reason": "AWAITING_PARTS", "words": "等药剂" });
    act(&property, waits, "pauses", pause).await.ok();
    let figures = of_category(&phone(world, COMMUNITY).await, &town.complex, &period, category).await;
    for (code, found) in
        [("BURSTS", "1/10"), ("LATE_PAUSES", "1/1"), ("ABSORPTION", "0/1"), ("SILENT_CLOSINGS", "0/1")]
    {
        assert_eq!(share(&figures, code), found, "{code}");
    }
    // What a level above closes by force, before anybody confirmed it, counts against that level: not the holder's.
    let community = phone(world, COMMUNITY).await;
    let end = json!({ "words": "按时办结" });
    act(&community, &many[1], "forced-closings", end).await.ok();
    let forced = of_category(&community, &town.complex, &period, category).await;
    let own = of_category(&property, &town.complex, &period, category).await;
    assert_eq!(
        (share(&forced, "FORCED_CLOSINGS"), share(&own, "FORCED_CLOSINGS")),
        ("1/2".into(), "0/1".into())
    );
    assert_eq!(share(&forced, "ABSORPTION"), "0/1", "it is nobody's success");
    let path = format!(
        "/v1/places/{}/figures/FORCED_CLOSINGS/rows?period={period}&category={category}",
        town.complex
    );
    let row = community.all(&path, 100).await.into_iter().find(|row| row["outcome"] == "FORCED").unwrap();
    assert_eq!((&row["incident_id"], &row["standing"]), (&many[1]["id"], &json!("BOTH")));
    assert_eq!((&row["level"], &row["role"]), (&json!("COMMUNITY"), &json!("COMMUNITY_OFFICER")));
    assert!(property.all(&path, 100).await.iter().all(|row| row["outcome"] != "FORCED"));
    let path = format!("/v1/places/{}/figures/LATE_PAUSES/rows?period={period}&level=COMPLEX", town.complex);
    let row = property.all(&path, 100).await.into_iter().find(|row| row["standing"] == "ABOVE").unwrap();
    assert_eq!((&row["incident_id"], &row["outcome"]), (&waits["id"], &json!("PAUSED_NEAR_DUE")));
    let formula = property.get(&format!("/v1/places/{}/figure-formula", town.complex)).await.ok();
    assert_eq!(formula["formula"]["version"], "linli-2027-01");
}

async fn a_district_counts_and_closes_by_a_formula_of_its_own(world: &mut World) {
    let town = Town::find(world).await;
    let first = next_month(world).await;
    let community = phone(world, COMMUNITY).await;
    let street = community.get(&format!("/v1/places/{}", town.street)).await.ok();
    let district = array(&street["lineage"]).iter().find(|step| step["level"] == "DISTRICT").unwrap();
    let formulas = format!("/v1/places/{}/figure-formulas", text(&district["id"]));
    let in_force = async |period: &str| {
        let path = format!("/v1/places/{}/figure-formula?period={period}", town.complex);
        phone(world, COMMUNITY).await.get(&path).await.ok()["formula"].clone()
    };
    let nations = in_force(&first).await;

    // What was not contacted in time is left out, and a month is closed two days after its end.
    let mut own = nations.clone();
    own["version"] = json!("district-1");
    own["closes_after_days"] = json!(2);
    let response = own["figures"].as_array_mut().unwrap().iter_mut().find(|one| one["code"] == "RESPONSE");
    let response = response.expect("it is the nation's");
    response["below"] = json!(["CONTACT_IN_TIME", "CONTACT_LATE"]);
    response["excluded"]["CONTACT_MISSED"] =
        json!({ "zh": "系统切换期间", "en": "While systems were changed" });
    let (begun, next) = (format!("{first}-01").parse::<NaiveDate>().unwrap(), chrono::Months::new(1));
    let second = (begun + next).format("%Y-%m").to_string();
    let publish = |from: &str| json!({ "from": from, "formula": own });
    let admin = Town::administrator(world).await;
    community.post(&formulas, &publish(&second)).await.refused(404, "NOT_FOUND");
    admin.post(&formulas, &publish(&first)).await.refused(409, "FORMULA_LATE");
    assert_eq!(admin.post(&formulas, &publish(&second)).await.ok()["formula"], own);
    admin.post(&formulas, &publish(&second)).await.refused(409, "FORMULA_LATE");
    assert_eq!((in_force(&first).await, in_force(&second).await), (nations, own.clone()));

    let miss_one = async || {
        let missed = report(&phone(world, REPORTER).await, &town.unit, CATEGORY, &[]).await;
        assert_eq!(run_out(world, REPORTER, &missed).await["holder"]["level"], "COMMUNITY");
    };
    let own_response = async |period: &str| {
        share(&of_category(&phone(world, PROPERTY).await, &town.complex, period, CATEGORY).await, "RESPONSE")
    };
    miss_one().await;
    assert_eq!(own_response(&first).await, "0/1");
    assert_eq!(next_month(world).await, second);
    miss_one().await;
    assert_eq!(own_response(&second).await, "0/0", "it is left out from now on");
    let figures = format!("/v1/places/{}/figures?period={second}", town.complex);
    assert_eq!(phone(world, PROPERTY).await.get(&figures).await.ok()["formula"], "district-1");

    // The month before is closed by the nation's formula, this one by the district's, at its own time.
    let closing = async |period: &str| {
        let path = format!("/v1/places/{}/closings/{period}", town.complex);
        phone(world, STREET).await.call(Method::GET, &path).send().await
    };
    let closed = async |period: &str| {
        let closed = eventually("the month is closed", async || {
            let answer = closing(period).await;
            (answer.status == 200).then(|| answer.json())
        });
        closed.await["closing"].clone()
    };
    next_month(world).await;
    assert_eq!(closed(&first).await["formula"]["version"], "linli-2027-01");
    assert_eq!(closing(&second).await.status, 404);
    pass(world, TimeDelta::days(2)).await;
    let closed = closed(&second).await;
    assert_eq!(closed["formula"], own);
    let at = |level: &str| {
        let measure = array(&closed["measures"]).iter().find(|one| one["level"] == level);
        measure.map(|one| one["shares"]["RESPONSE"].clone())
    };
    assert_eq!(at("COMPLEX"), Some(json!({ "above": 0, "below": 0 })), "{closed}");
}

async fn a_board_shows_one_moment(world: &mut World) {
    let town = Town::find(world).await;
    let community = phone(world, COMMUNITY).await;
    let path = format!("/v1/places/{}/board", town.complex);
    // What is open on the board is what is open in the lists.
    let agree = async |viewer: &Phone, place: &str, levels: &[&str]| {
        let board = viewer.get(&format!("/v1/places/{place}/board")).await.ok();
        let open = viewer.all(&format!("/v1/incidents?scope=BELOW&place_id={place}"), 100).await;
        let counted = open.iter().filter(|one| levels.contains(&text(&one["level"]))).count();
        assert_eq!(board["open"], counted, "{board}");
        let told: u64 = array(&board["standing"]).iter().map(|one| one["count"].as_u64().unwrap()).sum();
        assert_eq!(board["open"], told);
        board
    };
    let levels = ["UNIT", "BUILDING", "COMPLEX", "COMMUNITY"];
    let before = agree(&community, &town.complex, &levels).await;
    let reporter = phone(world, REPORTER).await;
    let one = report(&reporter, &town.unit, CATEGORY, &[]).await;
    let after = agree(&community, &town.complex, &levels).await;
    assert_eq!(after["open"].as_u64(), before["open"].as_u64().map(|open| open + 1));
    assert_ne!(
        community.call(Method::GET, &path).send().await.header("etag"),
        None,
        "asked again with its version it is not sent again, which the phone tries by itself"
    );
    let property = phone(world, PROPERTY).await;
    handled(&property, &one).await;
    act(&reporter, &one, "confirmations", json!({ "satisfaction": "VERY_SATISFIED" })).await.ok();
    let closed = agree(&community, &town.complex, &levels).await;
    assert_eq!(closed["open"], before["open"]);
    assert_eq!(closed["last_closed"][0]["incident_id"], one["id"]);
    assert_eq!(array(&closed["rates"]).len(), 3);
    // Once the tallies have it all, they say the same.
    until_rested(world, "figures").await;
    assert_eq!(agree(&community, &town.complex, &levels).await, closed);
    agree(&property, &town.unit, &["UNIT", "BUILDING", "COMPLEX"]).await;
    // What nobody took on in time is late, then with the level above.
    let late = report(&reporter, &town.unit, CATEGORY, &[]).await;
    run_out(world, REPORTER, &late).await;
    let community = phone(world, COMMUNITY).await;
    let board = community.get(&path).await.ok();
    let climbs =
        |board: &Value| array(&board["climbs"]).iter().map(|one| one["count"].as_u64().unwrap()).sum::<u64>();
    assert!(climbs(&board) > climbs(&closed), "{board}");

    // The buildings from which most is reported come first, and each report counts there.
    let spots = |board: &Value| -> Vec<(String, u64)> {
        let of = |spot: &Value| (text(&spot["building_id"]).to_owned(), spot["reports"].as_u64().unwrap());
        array(&board["hot_spots"]).iter().map(of).collect()
    };
    let own = |board: &Value| spots(board).into_iter().find(|(building, _)| *building == town.building);
    let (_, before) = own(&board).expect("its people have reported much");
    for (who, more) in [(REPORTER, 1), (PROPERTY, 2), (COMMUNITY, 3)] {
        report(&phone(world, who).await, &town.building, CATEGORY, &[]).await;
        let board = community.get(&path).await.ok();
        assert_eq!(own(&board).map(|(_, reports)| reports), Some(before + more));
        assert!(spots(&board).is_sorted_by(|one, next| one.1 >= next.1), "{board}");
    }
}

/// `linli policy what-if` on the story's database: whether it answered, and what.
fn what_if(world: &World, layers: &Value, (place, period): (&str, &str), more: &[&str]) -> (bool, String) {
    let file = world.data.folder.join("layers.json");
    fs::write(&file, layers.to_string()).expect("the story's folder takes files");
    let mut program = Command::new(env!("CARGO_BIN_EXE_linli"));
    program.args(["policy", "what-if"]).arg(&file).args(["--place", place, "--month", period]).args(more);
    let output = world.run(&mut program);
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).expect("words"))
}

async fn what_if_there_had_been_less_time_or_more(world: &mut World) {
    let town = Town::find(world).await;
    let period = next_month(world).await;
    let month = (&*town.complex, &*period);
    // An hour to take it over and a day to handle it: one takes six hours, one none, and one is missed and climbs.
    let slow = report(&phone(world, REPORTER).await, &town.complex, CATEGORY, &[]).await;
    act(&phone(world, PROPERTY).await, &slow, "acknowledgements", json!({})).await.ok();
    pass(world, TimeDelta::hours(6)).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    handle(&property, &slow).await;
    handled(&property, &report(&reporter, &town.complex, CATEGORY, &[]).await).await;
    let missed = report(&reporter, &town.complex, CATEGORY, &[]).await;
    assert_eq!(run_out(world, REPORTER, &missed).await["holder"]["level"], "COMMUNITY");
    handled(&phone(world, COMMUNITY).await, &missed).await;

    let minutes = |amount: u32| json!({ "unit": "URGENT_MINUTES", "amount": amount });
    let layers = |tier: Value| json!([{ "scope": CATEGORY, "says": { "at": { "COMPLEX": tier } } }]);
    let supposed = |world: &World, layers: &Value| {
        let (well, said) = what_if(world, layers, month, &["--json"]);
        assert!(well, "{said}");
        serde_json::from_str::<Value>(&said).expect("one JSON object")
    };
    // Of a category at a level, a figure as it was and as it would have been.
    let line = |told: &Value, category: Option<&str>, level: Option<&str>, figure: &str| {
        let of = |one: &&Value| {
            one.get("category").and_then(Value::as_str) == category
                && one.get("level").and_then(Value::as_str) == level
                && one["figure"] == figure
        };
        let found = array(&told["lines"]).iter().find(of).unwrap_or_else(|| panic!("no {figure}: {told}"));
        ["before", "after"].map(|when| format!("{}/{}", found[when]["above"], found[when]["below"]))
    };
    let at = |told: &Value, figure: &str| line(told, Some(CATEGORY), Some("COMPLEX"), figure);
    let told = of_category(&phone(world, PROPERTY).await, &town.complex, &period, CATEGORY).await;
    assert_eq!((share(&told, "ON_TIME"), share(&told, "RESPONSE")), ("2/2".into(), "2/3".into()));

    // What says nothing changes nothing; what is said of one thing changes that alone, exactly.
    let nothing = supposed(world, &json!([]));
    assert_eq!((&nothing["otherwise"], &nothing["closed"]), (&json!(0), &json!(false)));
    assert!(array(&nothing["lines"]).iter().all(|line| line["before"] == line["after"]), "{nothing}");
    let sooner = layers(json!({ "handling": minutes(300) }));
    let five_hours = supposed(world, &sooner);
    assert_eq!(
        (&five_hours["otherwise"], at(&five_hours, "ON_TIME")),
        (&json!(1), ["2/2", "1/2"].map(String::from))
    );
    assert_eq!(at(&five_hours, "RESPONSE"), ["2/3", "2/3"]);
    let [was, would] = line(&five_hours, Some(CATEGORY), None, "ON_TIME");
    assert_eq!((&*was, &*would), ("3/3", "2/3"), "what the level above did is what it was");
    let seven_hours = supposed(world, &layers(json!({ "handling": minutes(420) })));
    assert_eq!(at(&seven_hours, "ON_TIME"), ["2/2", "2/2"]);
    // Nobody knows what the second hour had brought.
    let two_hours = supposed(world, &layers(json!({ "first_contact": minutes(120) })));
    assert_eq!(at(&two_hours, "RESPONSE"), ["2/3", "2/2"]);

    // In words, side by side; and what cannot be asked.
    let (well, said) = what_if(world, &sooner, month, &[]);
    let row = said
        .lines()
        .find(|line| line.starts_with(CATEGORY) && line.contains("COMPLEX") && line.contains("ON_TIME"));
    assert!(well && row.is_some_and(|row| row.ends_with("2/2          1/2")), "{said}");
    for (layers, place, period, why) in [
        (&layers(json!({ "warn_at": [90, 60] })), &town.complex, &*period, "CONTRADICTION"),
        (&sooner, &town.unit, &*period, "months of complexes"),
        (&sooner, &town.complex, "2026-13", "no month"),
    ] {
        let (well, said) = what_if(world, layers, (place, period), &[]);
        assert!(!well && said.contains(why), "{why}: {said}");
    }

    // A closed month is asked in the same way, without what was struck.
    pass(world, TimeDelta::days(37)).await;
    let closing = format!("/v1/places/{}/closings/{period}", town.complex);
    let street = phone(world, STREET).await;
    eventually("the month is closed", async || {
        (street.call(Method::GET, &closing).send().await.status == 200).then_some(())
    })
    .await;
    let closed = supposed(world, &sooner);
    assert_eq!((&closed["closed"], at(&closed, "ON_TIME")), (&json!(true), ["2/2", "1/2"].map(String::from)));
    let whole = line(&closed, None, None, "ON_TIME");
    let kept = street.get(&closing).await.ok()["closing"]["measures"][0]["shares"]["ON_TIME"].clone();
    assert_eq!(whole[0], format!("{}/{}", kept["above"], kept["below"]), "it begins from what was closed");
}

/// Somebody convenes others at a place; the path of the whistle.
async fn blow(phone: &Phone, at: &str, lead: &str, assist: &[&str]) -> (String, String) {
    let whistle = json!({ "severity": "S2", "subject": "消防通道长期堵塞", "lead": lead, "assist": assist });
    let blown = phone.post(&format!("/v1/places/{at}/whistles"), &whistle).await.ok();
    (text(&blown["id"]).to_owned(), format!("/v1/whistles/{}", text(&blown["id"])))
}

async fn both_sides_of_a_whistle_are_scored(world: &mut World) {
    const COMMITTEE: &str = "o-figures-committee";
    let town = Town::find(world).await;
    Town::appoint(world, COMMITTEE, "COMMITTEE_MEMBER", &town.complex).await;
    let period = next_month(world).await;
    let (property, community) = (phone(world, PROPERTY).await, phone(world, COMMUNITY).await);

    // One comes in time; two are told of as missing, of whom one comes after all.
    let (first, path) =
        blow(&property, &town.complex, "COMMUNITY_OFFICER", &["STREET_OFFICER", "COMMITTEE_MEMBER"]).await;
    community.post(&format!("{path}/report-ins"), &json!({})).await.ok();
    pass(world, TimeDelta::hours(2)).await;
    let (property, street) = (phone(world, PROPERTY).await, phone(world, STREET).await);
    until(&property, &path, "told who is missing", |now| now["version"] == 4).await;
    street.post(&format!("{path}/report-ins"), &json!({})).await.ok();
    // One keeps their word, one too late, one not.
    let at = now(world).await;
    let due = |hours: i64| at + TimeDelta::hours(hours);
    let commit = |role: &str, due: DateTime<FixedOffset>| json!({ "role": role, "what": "清理楼道杂物", "due_at": due });
    let commitments = [
        commit("COMMUNITY_OFFICER", due(24)),
        commit("STREET_OFFICER", due(24)),
        commit("COMMITTEE_MEMBER", due(48)),
    ];
    let minutes = json!({ "minutes": "到场核实，分工清理", "commitments": commitments });
    let minuted = property.post(&format!("{path}/minutes"), &minutes).await.ok();
    let settle = async |phone: &Phone, role: &str, outcome: &str| {
        let all = array(&minuted["commitments"]);
        let one = all.iter().find(|one| one["role"] == role).expect("their commitment");
        let to = format!("{path}/commitments/{}/settlements", text(&one["id"]));
        phone.post(&to, &json!({ "outcome": outcome, "words": "现场已复核" })).await.ok();
    };
    settle(&phone(world, COMMUNITY).await, "COMMUNITY_OFFICER", "KEPT").await;
    pass(world, TimeDelta::hours(25)).await;
    let (property, street) = (phone(world, PROPERTY).await, phone(world, STREET).await);
    settle(&street, "STREET_OFFICER", "KEPT").await;
    settle(&property, "COMMITTEE_MEMBER", "BROKEN").await;
    let solved = json!({ "outcome": "SOLVED", "words": "通道已畅通" });
    property.post(&format!("{path}/closings"), &solved).await.ok();

    // One is called off, about an incident; one ends before its post has come, and came to nothing.
    let incident = report(&phone(world, REPORTER).await, &town.unit, CATEGORY, &[]).await;
    act(&property, &incident, "acknowledgements", json!({})).await.ok();
    let over =
        act(&property, &incident, "whistles", json!({ "subject": "高空抛物", "lead": "STREET_OFFICER" }));
    let over = over.await.ok();
    let off = format!("/v1/whistles/{}/cancellations", text(&over["id"]));
    property.post(&off, &json!({ "words": "已查明" })).await.ok();
    let (_, path) = blow(&property, &town.complex, "COMMITTEE_MEMBER", &[]).await;
    let none = json!({ "minutes": "未能到场", "commitments": [] });
    property.post(&format!("{path}/minutes"), &none).await.ok();
    let unsolved = json!({ "outcome": "UNSOLVED", "words": "无人到场" });
    property.post(&format!("{path}/closings"), &unsolved).await.ok();
    // Each level sees its own and those below it, down to the rows.
    let codes = ["WHISTLE_JOINED", "WHISTLE_SOLVED", "COMMITMENTS_KEPT"];
    let of_whistles = async |viewer: &Phone| {
        let group = of_category(viewer, &town.complex, &period, "WHISTLE").await;
        codes.map(|code| share(&group, code))
    };
    let community = phone(world, COMMUNITY).await;
    assert_eq!(of_whistles(&street).await, ["1/4", "1/2", "1/3"]);
    assert_eq!(of_whistles(&community).await, ["1/3", "1/2", "1/2"]);
    assert_eq!(of_whistles(&property).await, ["0/2", "1/2", "0/1"]);
    let rows_of = async |viewer: &Phone, figure: &str, category: &str| {
        let path =
            format!("/v1/places/{}/figures/{figure}/rows?period={period}&category={category}", town.complex);
        viewer.all(&path, 1).await
    };
    let joined = rows_of(&street, "WHISTLE_JOINED", "WHISTLE").await;
    assert_eq!(joined.len(), 5, "{joined:?}");
    let after_all = joined.iter().find(|row| row["standing"] == "EXCLUDED").expect("who came after all");
    assert_eq!((&after_all["role"], &after_all["whistle_id"]), (&json!("STREET_OFFICER"), &json!(first)));
    assert!(after_all["incident_id"].is_null() && !text(&after_all["why"]["zh"]).is_empty(), "{after_all}");
    assert_eq!(rows_of(&property, "WHISTLE_JOINED", "WHISTLE").await.len(), 2);
    let called_off = rows_of(&property, "WHISTLE_SOLVED", CATEGORY).await;
    assert_eq!((&called_off[0]["incident_id"], &called_off[0]["whistle_id"]), (&incident["id"], &over["id"]));
    assert_eq!((&called_off[0]["standing"], &called_off[0]["holding"]), (&json!("EXCLUDED"), &json!(0)));
    assert_eq!(rows_of(&property, "WHISTLE_SOLVED", "WHISTLE").await.len(), 2);

    // They stand in the closed month, and follow from it.
    pass(world, TimeDelta::days(37)).await;
    let street = phone(world, STREET).await;
    let closing = format!("/v1/places/{}/closings/{period}", town.complex);
    let closed = eventually("the month is closed", async || {
        let answer = street.call(Method::GET, &closing).send().await;
        (answer.status == 200).then(|| answer.json())
    })
    .await;
    let total = |code: &str| {
        let share = &closed["closing"]["measures"][0]["shares"][code];
        format!("{}/{}", share["above"], share["below"])
    };
    assert_eq!(codes.map(total), ["1/4", "1/2", "1/3"]);
    let (well, said) = verify_with(world, &["figures", text(&closed["id"])]);
    assert!(well && said.contains("all as it was said"), "{said}");
    let table = street.get(&format!("{closing}?format=csv")).await;
    assert!(String::from_utf8_lossy(&table.bytes).contains(&first), "the whistle stands in the table");
}

async fn two_processes_close_a_month_once(world: &mut World) {
    let town = Town::find(world).await;
    let period = next_month(world).await;
    let (reporter, property) = (phone(world, REPORTER).await, phone(world, PROPERTY).await);
    let one = report(&reporter, &town.unit, CATEGORY, &[]).await;
    handled(&property, &one).await;
    act(&reporter, &one, "confirmations", json!({ "satisfaction": "SATISFIED" })).await.ok();

    // Once it is known that the month is to be closed, and just before it is, whoever wants to is kept waiting, until two
    // processes do.
    let waits = format!("SELECT CAST(count(*) AS text) FROM figure_month WHERE month = {}", month(&period));
    let url = &world.data.database_url;
    eventually("a month to close", async || (ask(url, &waits).unwrap() == ["1"]).then_some(())).await;
    let wait = closes_at(&period) - now(world).await - TimeDelta::minutes(30);
    pass(world, wait).await;
    let other = world.another();
    let held = hold_closing(world, &town.complex, &period).await;
    // Neither finds nothing to close any more, while both take their turns at something else.
    let mut seen = None;
    let both_wait = async || {
        let rests = |job: &str| (world.rests(job), other.rests(job));
        let (closings, turns) = (rests("closings"), rests("outages"));
        let (before, since) = *seen.get_or_insert((closings, turns));
        if closings != before {
            seen = Some((closings, turns));
        }
        (closings == before && turns.0 >= since.0 + 2 && turns.1 >= since.1 + 2).then_some(())
    };
    let an_hour = json!({ "seconds": 3600 });
    let there = world.guest().at(other.url());
    let let_go = async {
        eventually("two who are about to close", both_wait).await;
        held.execute_unprepared("COMMIT").await.expect("nobody is kept any more");
    };
    // Moving a clock is a write, too, and waits on SQLite.
    tokio::join!(world.advance_clock(3600), there.beside("/demo/clock", &an_hour), let_go);

    // Both are through, and it is closed once.
    let enough = (world.rests("closings") + 2, other.rests("closings") + 2);
    let through = || world.rests("closings") >= enough.0 && other.rests("closings") >= enough.1;
    eventually("the end of both", async || through().then_some(())).await;
    other.assert_log_without_errors();
    let path = format!("/v1/places/{}/closings/{period}", town.complex);
    let here = phone(world, STREET).await.get(&path).await.ok();
    let mut street = there;
    street.sign_in(&json!({ "grant": "DEMO", "login": STREET })).await;
    assert_eq!(street.get(&path).await.ok(), here, "both tell the same");
    assert_eq!(
        (&here["closing"]["version"], here["closing"].get("previous")),
        (&json!(1), Some(&Value::Null))
    );
    it_was_closed_once(world, &town.complex, &here).await;
    let (well, said) = verify_with(world, &["figures", text(&here["id"])]);
    assert!(well, "{said}");
}

/// `2026-11` as the database has it.
fn month(period: &str) -> i32 {
    period.replace('-', "").parse().unwrap()
}

/// When the clock closes a month: five days after its end.
fn closes_at(period: &str) -> DateTime<FixedOffset> {
    let first: NaiveDate = format!("{period}-01").parse().unwrap();
    let day = first + chrono::Months::new(1) + chrono::Days::new(5);
    let china = FixedOffset::east_opt(8 * 3600).unwrap();
    day.and_hms_opt(0, 0, 0).unwrap().and_local_timezone(china).unwrap()
}

/// Holds what whoever closes a month of a complex has to hold, until it is committed: on PostgreSQL a lock of that month,
/// on SQLite the place of the one who writes.
async fn hold_closing(world: &World, complex: &str, period: &str) -> DatabaseConnection {
    let db = connect(&world.data.database_url).await.expect("the database answers");
    let hold = match world.setting.database {
        Database::Sqlite => "BEGIN IMMEDIATE".to_owned(),
        Database::Postgres => {
            let lock = format!("closing {complex} {period}");
            format!("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('{lock}', 0))")
        }
    };
    db.execute_unprepared(&hold).await.expect("it is free");
    db
}

/// One snapshot is kept, the record tells its hash once, and nobody waits to close the month any more.
async fn it_was_closed_once(world: &World, complex: &str, closed: &Value) {
    let app = beside(world).await;
    let (db, id): (_, uuid::Uuid) = (app.db.read(), complex.parse().unwrap());
    let period = text(&closed["closing"]["period"]);
    let month = month(period);
    let kept = figure_closing::Entity::find().filter(figure_closing::Column::ComplexId.eq(id));
    let kept = kept.filter(figure_closing::Column::Month.eq(month)).all(db).await.unwrap();
    let hashes: Vec<_> = kept.iter().map(|one| one.hash.as_str()).collect();
    assert_eq!(hashes, [text(&closed["hash"])]);
    let told = event::Entity::find().filter(event::Column::ComplexId.eq(id));
    let told = told.filter(event::Column::Kind.eq("FIGURES_CLOSED")).all(db).await.unwrap();
    let told = told.iter().map(|line| serde_json::from_str::<Value>(&line.facts).unwrap());
    let told: Vec<_> = told.filter(|facts| facts["period"] == period).collect();
    assert_eq!((told.len(), &told[0]["hash"]), (1, &closed["hash"]), "{told:?}");
    let waiting = figure_month::Entity::find_by_id((id, month)).one(db).await.unwrap();
    assert_eq!(waiting, None);
    until_sequenced(world, &app).await;
    linli::record::verify(db, id).await.unwrap().unwrap();
}
