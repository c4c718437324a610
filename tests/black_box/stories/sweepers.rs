//! Several processes sweep one database, and are killed at it, while the database drops its connections and Redis goes:
//! what is due happens once.

use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

use super::{
    neighbours::text,
    processes::{WHY, where_processes_share},
    record::beside,
};
use crate::{
    phone::Phone,
    servers::{Suite, ask},
    story,
    story::Story,
    world::World,
};

pub fn stories() -> Vec<Story> {
    let all = [story!(sweepers_die_and_nothing_climbs_twice).in_the_demo()];
    all.into_iter().map(|story| story.only_in(WHY, where_processes_share)).collect()
}

const REPORTS: usize = 30;

/// Where each report is after so many rounds in which nobody looked at it.
const LEVELS: [&str; 4] = ["COMPLEX", "COMMUNITY", "STREET", "DISTRICT"];

async fn sweepers_die_and_nothing_climbs_twice(world: &mut World) {
    let reporter = world.sign_in("coowner").await;
    let complex = world.complex().await;
    let mut reports = Vec::new();
    for turn in 0..REPORTS {
        let report = json!({ "place_id": complex, "category": "FIRE_LANE_BLOCKED",
            "description": format!("第{turn}辆车") });
        let told = reporter.call(Method::POST, "/v1/incidents").keyed().json(&report).send().await.ok();
        reports.push(text(&told["id"]).clone());
    }
    let mut chance = StdRng::seed_from_u64(20_261_125);
    for level in &LEVELS[1..] {
        world.advance_clock(3601).await;
        let begun = Instant::now();
        let seen = loop {
            let seen = come(world, level);
            if seen != "0" {
                break seen;
            }
            assert!(begun.elapsed() < Duration::from_mins(1), "nobody lets them climb to the {level}");
        };
        println!("{seen} of {REPORTS} were seen at the {level} just before their sweeper was killed");
        world.redis.as_mut().expect("this world has one").kill();
        world.crash();
        // They find the clock where it stands, and are at it at once.
        let others = [world.another(), world.another()];
        drop_connections(world);
        tokio::time::sleep(Duration::from_millis(chance.random_range(0..200))).await;
        drop(others);
        world.redis.as_mut().expect("this world has one").restart();
        let office = world.sign_in("street").await;
        let begun = Instant::now();
        for report in &reports {
            while read(&office, report).await["holder"]["level"] != *level {
                assert!(begun.elapsed() < Duration::from_mins(1), "{report} does not come to the {level}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    let office = world.sign_in("street").await;
    for report in &reports {
        let now = read(&office, report).await;
        let levels: Vec<_> =
            now["tenures"].as_array().expect("a list").iter().map(|tenure| text(&tenure["level"])).collect();
        assert_eq!(levels, LEVELS, "{now}");
        assert_eq!(now["climbs"], 3, "{now}");
    }
    the_record_tells_each_climb_once(world, &complex, &reports).await;
}

/// As a database that restarts does to whoever is connected.
fn drop_connections(world: &World) {
    let name = &world.data.database_name;
    let drop = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    Suite::get().administer(&drop).expect("the cluster obeys");
}

fn come(world: &World, level: &str) -> String {
    let counted = format!(
        "SELECT count(*)::text FROM incident WHERE category = 'FIRE_LANE_BLOCKED' AND level = '{level}'"
    );
    ask(&world.data.database_url, &counted).expect("the database answers").concat()
}

async fn read(phone: &Phone, report: &str) -> Value {
    phone.call(Method::GET, &format!("/v1/incidents/{report}")).send().await.ok()
}

async fn the_record_tells_each_climb_once(world: &World, complex: &str, reports: &[String]) {
    use ::entity::event::{Column, Entity};
    let app = beside(world).await;
    for report in reports {
        let climbs = Entity::find()
            .filter(Column::ComplexId.eq(complex.parse::<uuid::Uuid>().expect("an id")))
            .filter(Column::SubjectId.eq(report.parse::<uuid::Uuid>().expect("an id")))
            .filter(Column::Kind.eq("INCIDENT_CLIMBED"));
        assert_eq!(climbs.count(app.db.read()).await.expect("the database answers"), 3);
    }
    linli::record::verify(app.db.read(), complex.parse().expect("an id")).await.unwrap().unwrap();
}
