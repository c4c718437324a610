//! The proof from outside: the built program, spoken to as a phone does, in every world that it promises to live in.
//!
//! A *story* is an async function that takes a [`World`] and says what somebody experiences. Each is told on SQLite and
//! on PostgreSQL, with Redis and without. `cargo test` runs the one world that needs nothing installed;
//! `LINLI_TEST_WORLDS=all` runs all, and fails where one cannot be had: each story in two that have nothing in common,
//! those of sessions, limits, faults and many processes in all four.
//!
//! Every answer of every story is held to the contract that the service itself serves ([`contract`]); the *sweeps*
//! walk all operations of it, so that a new one is covered the day it appears. When everything ran, more questions
//! are asked: was every documented answer seen, did anything private reach a log, an error or a metric, and did
//! PostgreSQL have an index for every query.
//!
//! `black_box --scan FOLDER` asks the last question of what another run left behind; `black_box --with-postgres PROGRAM …`
//! lends another test the suite's PostgreSQL.
//!
//! To add a story: write `async fn what_somebody_experiences(world: &mut World)` in a file under `stories/`, and add
//! it to the list at that file's head.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]
#![expect(
    clippy::similar_names,
    clippy::too_many_lines,
    reason = "a story is told in one go, of people and their things"
)]

mod contract;
mod coverage;
mod indexes;
mod phone;
mod sample;
mod secrets;
mod servers;
mod stories;
mod story;
mod world;

use std::{
    path::Path,
    process::{Command, ExitCode},
};

use libtest_mimic::{Arguments, Conclusion};

use crate::{
    servers::Suite,
    story::{Database, Sessions, Setting, Worlds},
};

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--scan", folder] => return scan(Path::new(folder)),
        ["--with-postgres", program, arguments @ ..] => return with_postgres(program, arguments),
        _ => {}
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or_else(|| Some(AT_ONCE * cores()));
    let worlds = match Worlds::wanted() {
        Ok(worlds) => worlds,
        Err(problem) => return refuse(&problem),
    };
    if arguments.list {
        return libtest_mimic::run(&arguments, story::trials(&stories::all(), &worlds)).exit_code();
    }
    let suite = match Suite::start(&worlds.settings) {
        Ok(suite) => suite,
        Err(problem) => return refuse(&problem),
    };
    story::keep_places_of_panics();
    let stories = stories::all();
    let conclusion = libtest_mimic::run(&arguments, story::trials(&stories, &worlds));
    let on_postgres = worlds.settings.iter().any(|one| one.database == Database::Postgres);
    let walked_through = on_postgres.then(|| suite.walked_through());
    suite.stop();
    let leaks = secrets::scan(suite.folder());
    let unseen = is_complete(&arguments, &worlds).then(coverage::unseen);
    if arguments.filter.is_none() {
        stories.iter().filter_map(|story| story.left_out(&worlds)).for_each(|line| println!("{line}"));
        for line in story::longest(LONGEST) {
            println!("{line}");
        }
    }
    say_what_did_not_run(&arguments, &worlds);
    let held = conclude(&conclusion, &leaks, unseen.as_deref(), walked_through.as_deref());
    if held {
        suite.remove();
    } else {
        println!("logs are kept in {}", suite.folder().display());
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How many of the stories that took longest are named at the end.
const LONGEST: usize = 20;

/// Stories told at once for each core: most of the time a story waits for a clock or a job.
const AT_ONCE: usize = 2;

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Searches what services wrote in another run, such as that of schemathesis, instead of telling stories.
fn scan(folder: &Path) -> ExitCode {
    let leaks = secrets::scan(folder);
    leaks.iter().take(20).for_each(|leak| println!("LEAK: {leak}"));
    println!("{} leaks in {}", leaks.len(), secrets::searched());
    if leaks.is_empty() && secrets::searched_something() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs something that takes a PostgreSQL server in `LINLI_TEST_POSTGRES`, with one of the suite's own.
fn with_postgres(program: &str, arguments: &[&str]) -> ExitCode {
    let world = Setting { database: Database::Postgres, sessions: Sessions::InMemory };
    let suite = match Suite::start(&[world]) {
        Ok(suite) => suite,
        Err(problem) => return refuse(&problem),
    };
    let url = suite.postgres_url("postgres");
    let ran = Command::new(program).args(arguments).env("LINLI_TEST_POSTGRES", url).status();
    suite.stop();
    suite.remove();
    if ran.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn refuse(problem: &str) -> ExitCode {
    println!("black_box cannot run: {problem}");
    ExitCode::FAILURE
}

/// Whether everything ran, so that what was never seen means something.
fn is_complete(arguments: &Arguments, worlds: &Worlds) -> bool {
    arguments.filter.is_none() && arguments.skip.is_empty() && worlds.are_complete()
}

fn say_what_did_not_run(arguments: &Arguments, worlds: &Worlds) {
    let missing: Vec<_> =
        Setting::ALL.iter().filter(|one| !worlds.settings.contains(one)).map(Setting::to_string).collect();
    if !missing.is_empty() {
        println!(
            "DID NOT RUN: the worlds {}, and whether every documented answer was seen. \
             LINLI_TEST_WORLDS=all runs them (needs PostgreSQL and Redis); tests/run installs what they need.",
            missing.join(", ")
        );
    } else if !is_complete(arguments, worlds) {
        println!("DID NOT RUN: whether every documented answer was seen, because a filter was given.");
    }
}

/// The questions after the stories, told in the words of a test run; whether everything held. `unseen` is None when
/// not everything ran, `walked_through` when nothing ran on PostgreSQL, so that it cannot be asked.
fn conclude(
    conclusion: &Conclusion,
    leaks: &[String],
    unseen: Option<&[String]>,
    walked_through: Option<&[String]>,
) -> bool {
    leaks.iter().take(20).for_each(|leak| println!("LEAK: {leak}"));
    unseen.into_iter().flatten().for_each(|one| println!("NEVER SEEN: {one}"));
    walked_through.into_iter().flatten().for_each(|one| println!("WITHOUT AN INDEX: {one}"));
    let answers = [
        (format!("nothing_private_in_{}", secrets::searched()), Some(leaks.is_empty())),
        ("every_documented_answer_was_seen".into(), unseen.map(<[String]>::is_empty)),
        ("every_query_has_an_index".into(), walked_through.map(<[String]>::is_empty)),
    ];
    for (question, held) in &answers {
        let word = held.map_or("not asked", |held| if held { "ok" } else { "FAILED" });
        println!("test {question} ... {word}");
    }
    let count = |wanted: Option<bool>| answers.iter().filter(|(_, held)| *held == wanted).count();
    let (passed, failed) = (count(Some(true)), count(Some(false)));
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {word}. {passed} passed; {failed} failed; after the stories\n");
    failed == 0 && !conclusion.has_failed()
}
