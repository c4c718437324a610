//! A city, measured: what one request and one second of the sweep cost while the incidents of 20,000 complexes grow from
//! ten thousand to a million.
//!
//! `cargo bench --bench city` does it on both databases, with release builds; it takes long. For a look:
//! `cargo bench --bench city --profile dev -- --sizes 6000,20000 --databases sqlite`. What counts is the growth from the
//! first size to the last, within one run: nothing that somebody waits for may grow with what others reported, and the
//! sweep's cost must follow what is due. On PostgreSQL no table may have been walked through meanwhile. What does not hold
//! is told at the end, and the bench fails.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a benchmark that cannot go on has failed"
)]

mod city;
mod requests;
mod sweep;

// The stage is the black box's: the same servers, the same built program. Its stories use the rest of it.
#[path = "../black_box/contract.rs"]
#[expect(dead_code, reason = "the stories use the rest")]
mod contract;
#[path = "../black_box/coverage.rs"]
#[expect(dead_code, reason = "the stories use the rest")]
mod coverage;
#[path = "../black_box/indexes.rs"]
mod indexes;
#[path = "../black_box/phone.rs"]
#[expect(dead_code, reason = "the stories use the rest")]
mod phone;
#[path = "../black_box/sample.rs"]
#[expect(dead_code, reason = "the stories use the rest")]
mod sample;
#[path = "../black_box/secrets.rs"]
#[expect(dead_code, reason = "the stories use the rest")]
mod secrets;
#[path = "../black_box/servers.rs"]
#[expect(dead_code, reason = "the stories use the rest")]
mod servers;
#[path = "../black_box/story.rs"]
#[expect(dead_code, reason = "the stories use the rest")]
mod story;
#[path = "../black_box/world.rs"]
#[expect(dead_code, reason = "the stories use the rest")]
mod world;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use crate::{
    city::{City, People},
    requests::Measured,
    servers::Suite,
    story::{Database, Sessions, Setting, Start},
    sweep::Swept,
    world::Service,
};

/// How long a service may take to start on a large database.
const PATIENCE: Duration = Duration::from_mins(5);

/// Above so many rows, walking through a table is found out. In a smaller one PostgreSQL may be right to: the auditor
/// looks at a thousand open incidents at once, and of twenty thousand so many lie on most pages of the table, so that
/// looking up one after the other costs more than reading them all. In a large one it costs a small part of it.
const LARGE: u64 = 50_000;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let Some((sizes, databases)) = asked(&words) else {
        println!("usage: city [--sizes 10000,100000,1000000] [--databases sqlite,postgres]");
        return ExitCode::FAILURE;
    };
    let setting = |database| Setting { database, sessions: Sessions::InMemory };
    let wanted: Vec<_> = databases.into_iter().map(setting).collect();
    let suite = Suite::start(&wanted).expect("the servers start");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut faults = Vec::new();
    for setting in wanted {
        faults.extend(runtime.block_on(measure(suite, setting, &sizes)));
    }
    suite.stop();
    suite.remove();
    for fault in &faults {
        println!("{fault}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The sizes, each larger than the one before by what comes due at once, and the databases; None where the words say
/// something else.
fn asked(words: &[String]) -> Option<(Vec<u64>, Vec<Database>)> {
    let mut sizes = vec![10_000, 100_000, 1_000_000];
    let mut databases = vec![Database::Sqlite, Database::Postgres];
    for pair in words.chunks(2) {
        let [what, value] = pair else { return None };
        match what.as_str() {
            "--sizes" => sizes = value.split(',').map(|size| size.parse().ok()).collect::<Option<_>>()?,
            "--databases" => {
                let database = |name| match name {
                    "sqlite" => Some(Database::Sqlite),
                    "postgres" => Some(Database::Postgres),
                    _ => None,
                };
                databases = value.split(',').map(database).collect::<Option<_>>()?;
            }
            _ => return None,
        }
    }
    let before = std::iter::once(0).chain(sizes.iter().copied());
    let grows = before.zip(&sizes).all(|(before, size)| before + city::BATCH <= *size);
    grows.then_some((sizes, databases))
}

/// Lets one city grow and measures it at each size; the large tables that were walked through, and what grew.
async fn measure(suite: &Suite, setting: Setting, sizes: &[u64]) -> Vec<String> {
    println!("\n=== {setting}");
    let folder = suite.folder().join(format!("city-{setting}"));
    let data = suite.data(setting.database, Start::Demo, folder).expect("the demo");
    if setting.database == Database::Postgres {
        let normally = format!("ALTER DATABASE {} RESET enable_seqscan", data.database_name);
        suite.administer(&normally).expect("it plans as it does");
    }
    let mut city = City::found(setting, &data).await;
    let (mut asked, mut swept) = (Vec::new(), Vec::new());
    let (mut faults, mut now) = (Vec::new(), city.reported_at);
    for &size in sizes {
        let since = Instant::now();
        city.grow(size, now);
        println!("{size} open incidents, made in {} s", since.elapsed().as_secs());
        city.count_anew();
        let service = Service::start("demo", &data, &[], PATIENCE).expect("it starts");
        sweep::until_nothing_is_due(&city, &service).await;
        let people = People::sign_in(&city, &service).await;
        asked.push(requests::measure(&people).await);
        requests::the_board_counts_what_is_open(&city, &people).await;
        for due in [city::FEW, city::MANY] {
            swept.push(sweep::measure(&city, &service, size, due).await);
        }
        let tables = city.walked_through(LARGE).into_iter();
        faults.extend(tables.map(|table| format!("WALKED THROUGH on {setting} at {size}: {table}")));
        // The demo's clock goes on where it stood.
        now = city::seconds(&sweep::move_clock(&service, 1).await);
        service.terminate().expect("it ends");
    }
    tell(sizes, &asked, &swept);
    faults.extend(grown(&asked, &swept).map(|what| format!("GREW on {setting}: {what}")));
    faults
}

/// What takes longer where the city is largest.
fn grown<'a>(asked: &'a [Vec<Measured>], swept: &'a [Swept]) -> impl Iterator<Item = String> + 'a {
    let (first, last) = (&asked[0], &asked[asked.len() - 1]);
    let requests = first.iter().zip(last).filter(|(first, last)| last.grew_since(first));
    let sweeps = swept.iter().filter(|one| one.grew_since(&swept[0]));
    let sweeps = sweeps.map(|one| format!("the sweep of {} among {}", one.due, one.open));
    requests.map(|(first, _)| first.what.to_owned()).chain(sweeps)
}

/// Prints what was measured, and how it grew from the first size to the last.
fn tell(sizes: &[u64], asked: &[Vec<Measured>], swept: &[Swept]) {
    print!("{:<34}", "median / 95 % in ms, open incidents:");
    for size in sizes {
        print!("{size:>18}");
    }
    println!("{:>10}", "growth");
    for (row, first) in asked[0].iter().enumerate() {
        print!("{:<36}", first.what);
        for at in asked {
            print!("{:>18}", format!("{:.1} / {:.1}", ms(at[row].median), ms(at[row].late)));
        }
        let last = &asked[asked.len() - 1][row];
        println!("{:>9.2}x", last.median.as_secs_f64() / first.median.as_secs_f64());
    }
    println!("{:<36}{:>10}{:>10}{:>16}", "the sweep, of open incidents", "due", "seconds", "ms each");
    for one in swept {
        println!("{:<36}{:>10}{:>10.1}{:>16.2}", one.open, one.due, one.took.as_secs_f64(), one.each());
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
