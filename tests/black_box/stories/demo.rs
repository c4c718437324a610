//! What somebody meets who tries Linli for the first time: the demo, and README's walk through it.

use std::{fs, path::Path, process::Command, time::Duration};

use serde_json::{Value, json};

use crate::{
    story,
    story::{Database, Sessions, Story},
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(the_demo_is_ready_soon_and_the_same_at_the_next_start),
        // With the limits that the demo has for everybody.
        story!(the_walk_of_the_readme_leads_where_it_says)
            .in_the_demo()
            .with(&["limit_guest=120", "limit_member=300"])
            .only_in("it needs curl and jq, and a plain `cargo test` needs nothing", |setting| {
                setting.database == Database::Postgres || setting.sessions == Sessions::InRedis
            }),
    ]
}

async fn the_demo_is_ready_soon_and_the_same_at_the_next_start(world: &mut World) {
    let took = world.begin_the_demo();
    let busy = world.service().processor_time();
    println!("a new demo on {} is ready after {took:.1?}, {busy:.1?} of it busy", world.setting);
    // Ready within five seconds on an idle machine. Here others work meanwhile, on machines of every speed: only what is
    // much too much is held against it.
    assert!(busy < Duration::from_secs(15), "the demo works for {busy:?} before it is ready");
    let first = what_there_is(world).await;
    assert!(first.len() > 30, "there is a lot to see, not {} things", first.len());
    world.restart();
    let second = what_there_is(world).await;
    for (was, is) in first.iter().zip(&second) {
        assert_eq!(was, is);
    }
    assert_eq!(first.len(), second.len());
}

/// All that the demo's people see of it, in a fixed order.
async fn what_there_is(world: &World) -> Vec<Value> {
    let (complex, resident) = (world.complex().await, world.sign_in("candidate").await);
    let mut seen = vec![json!(resident.person)];
    seen.push(resident.get(&format!("/v1/places/{complex}/roll")).await.ok());
    for poll in resident.all("/v1/polls", 100).await {
        let path = format!("/v1/polls/{}", poll["id"].as_str().expect("an id"));
        seen.extend(resident.all(&format!("{path}/candidates"), 100).await);
        if poll["state"] == "PUBLISHED" {
            seen.push(resident.get(&format!("{path}/result")).await.ok());
            seen.push(resident.get(&format!("{path}/lists/members?format=json")).await.ok());
        }
        seen.push(poll);
    }
    for login in ["property", "community", "street"] {
        let officer = world.sign_in(login).await;
        for incident in officer.all(&format!("/v1/incidents?scope=BELOW&place_id={complex}"), 100).await {
            seen.push(json!([login, incident["id"], incident["category"], incident["reported_at"]]));
        }
    }
    seen
}

async fn the_walk_of_the_readme_leads_where_it_says(world: &mut World) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = fs::read_to_string(file).expect("the README");
    let (_, walk) = readme.split_once("## A walk through it").expect("the README has a walk");
    let (walk, _) = walk.split_once("\n## ").expect("something comes after it");
    let (steps, shown): (Vec<_>, Vec<_>) = blocks(walk).partition(|(language, _)| *language == "sh");

    let steps: String = steps.into_iter().map(|(_, text)| text).collect();
    let printed = walked(world, &steps);
    let landmarks =
        ["\"CONFIRMED\"", "\"name\":", "\"ballot_id\":", "all as it was said", "all as they were written"];
    for landmark in landmarks {
        assert!(printed.contains(landmark), "the walk never tells {landmark}:\n{printed}");
    }
    // Moments differ from day to day.
    let printed = without_moments(&printed);
    for (_, text) in &shown {
        let text = without_moments(text);
        assert!(printed.contains(&text), "the README shows\n{text}\nand the walk told\n{printed}");
    }
    assert_eq!(shown.len(), 3, "a result, a programme, and the levels that a report climbs");
}

/// What the walk prints, with this world's address for the demo's and the built program for the one that is built.
fn walked(world: &World, steps: &str) -> String {
    let address = format!("http://{}", world.address());
    let steps = replaced(steps, "http://127.0.0.1:8080", &address);
    let steps = replaced(&steps, "cargo run -q --", env!("CARGO_BIN_EXE_linli"));
    let output = world.run(Command::new("bash").args(["-euc", &steps]).env("NO_PROXY", "*"));
    let printed = String::from_utf8(output.stdout).expect("text");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the walk ends early: {complaints}\nit told\n{printed}");
    printed
}

fn replaced(steps: &str, what: &str, with: &str) -> String {
    assert!(steps.contains(what), "the walk says {what}");
    steps.replace(what, with)
}

/// The blocks of code in a text of Markdown, each with its language.
fn blocks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("```").skip(1).step_by(2).filter_map(|block| block.split_once('\n'))
}

/// The text with `MOMENT` for every RFC 3339 moment between quotes.
fn without_moments(text: &str) -> String {
    let moment = |part: &&str| chrono::DateTime::parse_from_rfc3339(part).is_ok();
    text.split('"').map(|part| if moment(&part) { "MOMENT" } else { part }).collect::<Vec<_>>().join("\"")
}
