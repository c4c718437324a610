//! The commands of the program, run as an operator runs them.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    sync::Barrier,
    thread,
    time::Duration,
};

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::{
    secrets,
    servers::{Data, Suite, connect, free_port, mortal},
    story,
    story::{Database, Sessions, Setting, Story},
    world::{Service, World},
};

pub fn stories() -> Vec<Story> {
    let all = [
        story!(a_new_installation_is_migrated_by_hand),
        story!(several_starters_wait_for_the_one_that_migrates),
        story!(nothing_is_configured_and_status_makes_nothing),
        story!(the_doctor_names_the_cause_and_the_cure),
        story!(health_is_what_the_service_says),
        story!(the_configuration_is_shown_without_its_secrets),
        story!(what_is_printed_for_machines_can_be_read_by_them),
        story!(the_rules_answer_the_worked_cases_in_their_order),
        story!(the_first_officer_is_appointed).in_the_demo(),
    ];
    let why = "the commands know the database; Redis is the service's";
    all.into_iter().map(|story| story.only_in(why, without_redis)).collect()
}

fn without_redis(setting: Setting) -> bool {
    setting.sessions == Sessions::InMemory
}

/// The program in a folder, with no environment but PATH.
pub(super) fn linli(folder: &Path, set: &[&str]) -> Command {
    let mut program = mortal(Path::new(env!("CARGO_BIN_EXE_linli")));
    program.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).current_dir(folder);
    program.args(set.iter().flat_map(|set| ["--set", *set]));
    program
}

/// How a command ended, and what it printed.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    /// What it printed, having gone well.
    fn well(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert_eq!(self.err, "", "nothing to complain of");
        self.out
    }

    /// What it printed on both, having failed.
    fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        self.out + &self.err
    }
}

fn run(folder: &Path, set: &[&str], args: &[&str]) -> Ran {
    let output = linli(folder, set).args(args).output().expect("the program runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let ran = Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    // For the scan after the run.
    let log = Suite::get().folder().join(format!("command-{}.log", Suite::number()));
    fs::write(log, format!("{}{}", ran.out, ran.err)).expect("the suite's folder takes files");
    ran
}

/// The one value that a command prints for machines.
fn json_of(out: &str) -> Value {
    assert_eq!(out.lines().count(), 1, "{out}");
    serde_json::from_str(out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

fn folder(world: &World, name: &str) -> PathBuf {
    let folder = world.data.folder.join(name);
    fs::create_dir(&folder).expect("the story's folder takes folders");
    folder
}

/// A database with nothing in it, of the story's kind.
pub(super) fn empty(world: &World) -> Data {
    let name = format!("empty_{}", Suite::number());
    let folder = folder(world, &name);
    let database_url = match world.setting.database {
        Database::Sqlite => format!("sqlite://{}/deep/linli.db", folder.display()),
        Database::Postgres => {
            Suite::get().administer(&format!("CREATE DATABASE {name}")).expect("a new database");
            world.data.database_url.replace(&world.data.database_name, &name)
        }
    };
    Data { database_url, database_name: name, folder }
}

async fn a_new_installation_is_migrated_by_hand(world: &mut World) {
    let data = empty(world);
    let url = format!("database_url={}", data.database_url);
    let set = [url.as_str(), "database_connections=1"];
    let status = |command: &str| -> Vec<(String, String)> {
        let out = run(&data.folder, &set, &["migrate", command]).well();
        let lines = out.lines().filter(|line| !line.starts_with("there is no database yet"));
        let pair = |line: &str| line.split_once(' ').map(|(state, name)| (state.to_owned(), name.to_owned()));
        lines.map(|line| pair(line).expect("a state and a name")).collect()
    };
    let before = status("status");
    assert!(before[0] == ("missing".into(), "m0001_first_schema".into()), "{before:?}");
    let applied: Vec<_> = before.iter().map(|(_, name)| ("applied".to_owned(), name.clone())).collect();
    for command in ["up", "status", "up"] {
        assert_eq!(status(command), applied, "{command}");
    }
    let told = json_of(&run(&data.folder, &set, &["migrate", "status", "--json"]).well());
    let one = |(_, name): &(String, String)| json!({ "name": name, "applied": true });
    assert_eq!(told, json!({ "exists": true, "migrations": before.iter().map(one).collect::<Vec<_>>() }));
}

async fn several_starters_wait_for_the_one_that_migrates(world: &mut World) {
    const STARTERS: usize = 6;
    let data = empty(world);
    // A service ends with the thread that started it: each waits until all are ready.
    let all_ready = Barrier::new(STARTERS);
    let start = || {
        let started =
            Service::start("serve", &data, &["database_connections=2".into()], Duration::from_mins(1));
        all_ready.wait();
        started?.terminate()
    };
    thread::scope(|scope| {
        let starters: Vec<_> = (0..STARTERS).map(|_| scope.spawn(start)).collect();
        for starter in starters {
            starter.join().expect("no panic").expect("it gets ready, and ends when it is told to");
        }
    });
    let known = run(&data.folder, &[], &["migrate", "status"]).well().matches("missing ").count();
    let db = connect(&data.database_url).await.expect("it is there");
    let rows = db.query_all_raw(sea_orm::Statement::from_string(
        db.get_database_backend(),
        "SELECT version FROM seaql_migrations",
    ));
    assert_eq!(rows.await.expect("migrations").len(), known, "each was applied once");
    db.close().await.expect("it closes");
}

async fn nothing_is_configured_and_status_makes_nothing(world: &mut World) {
    let folder = folder(world, "new");
    let nothing = || fs::read_dir(&folder).expect("a folder").next().is_none();
    let told = run(&folder, &[], &["migrate", "status"]).well();
    assert!(
        told.starts_with("there is no database yet; `linli migrate up` makes it\nmissing m0001"),
        "{told}"
    );
    let told = json_of(&run(&folder, &[], &["migrate", "status", "--json"]).well());
    assert_eq!(told["exists"], false);
    let told = run(&folder, &[], &["verify", "record"]).failed(1);
    assert!(told.contains("linli migrate up"), "{told}");
    let port = format!("listen=127.0.0.1:{}", free_port());
    let told = run(&folder, &[&port], &["doctor"]).well();
    assert!(told.contains("database: there is none yet\n         cure: linli migrate up"), "{told}");
    assert!(told.contains("folder for files: data/files can be made"), "{told}");
    assert!(nothing(), "looking makes nothing");
    run(&folder, &[], &["migrate", "up"]).well();
    assert!(folder.join("data/linli.db").is_file());
    let told = run(&folder, &[], &["migrate", "status"]).well();
    assert!(told.starts_with("applied m0001"), "{told}");
}

async fn the_doctor_names_the_cause_and_the_cure(world: &mut World) {
    let folder = folder(world, "doctor");
    let (listen, closed) = (format!("listen=127.0.0.1:{}", free_port()), free_port());
    let url = format!("database_url={}", world.data.database_url);
    let told = run(&folder, &[&listen, &url], &["doctor"]).well();
    let lines: Vec<_> = told.lines().filter(|line| !line.starts_with(' ')).collect();
    for (number, line) in (1..).zip(&lines) {
        assert!(line.starts_with(&format!("{number}. ")), "{told}");
    }
    assert!(lines.len() >= 8, "{told}");
    assert!(told.contains(" schema: ") && !told.contains("missing"), "{told}");
    assert!(!told.contains("BAD"), "{told}");

    let password = "hidden-in-no-word";
    secrets::remember(password);
    let postgres = format!("database_url=postgres://linli:{password}@127.0.0.1:{closed}/linli");
    let redis = format!("redis_url=redis://:{password}@127.0.0.1:{closed}");
    for (set, check, place, cure) in [
        (
            &postgres,
            "database",
            "PostgreSQL at ",
            "start PostgreSQL there, or set LINLI_DATABASE_URL=postgres://",
        ),
        (&redis, "sessions and limits", "Redis at ", "start Redis there, or set LINLI_REDIS_URL=redis://"),
    ] {
        let told = run(&folder, &[&listen, &url, set], &["doctor"]).failed(1);
        let line = told.lines().find(|line| line.contains("BAD")).expect("something is bad");
        assert!(line.contains(&format!("BAD   {check}: ")), "{line}");
        assert!(line.contains(&format!("{place}127.0.0.1:{closed}: ")), "{line}");
        assert!(line.contains("Connection refused"), "{line}");
        assert!(told.contains(&format!("cure: {cure}")), "{told}");
        assert!(told.ends_with("linli: 1 check(s) failed\n") && !told.contains(password), "{told}");
    }
    let told = run(&folder, &["database_connections=0", "listn=here"], &["doctor"]).failed(1);
    assert!(told.contains(r#"database_connections = "0": must be 1 to 1000"#), "{told}");
    assert!(told.contains("listn: no such key; did you mean listen?"), "{told}");
    assert!(fs::read_dir(&folder).expect("a folder").next().is_none(), "the doctor makes nothing");
}

async fn health_is_what_the_service_says(world: &mut World) {
    let folder = folder(world, "health");
    let at = |address: SocketAddr| run(&folder, &[&format!("listen={address}")], &["healthcheck"]);
    assert_eq!(at(world.address()).well(), "");
    let told = at(SocketAddr::from(([127, 0, 0, 1], free_port()))).failed(1);
    assert!(told.contains("Connection refused"), "{told}");
}

async fn the_configuration_is_shown_without_its_secrets(world: &mut World) {
    let folder = folder(world, "config");
    let file = folder.join("linli.toml");
    let reference = run(&folder, &[], &["config", "reference"]).well();
    fs::write(&file, &reference).expect("the story's folder takes files");
    let shown = run(&folder, &[], &["config", "show"]).well();
    let from_reference = run(&folder, &[], &["--config", "linli.toml", "config", "show"]).well();
    assert_eq!(from_reference, shown, "the reference is a configuration of every default");
    for line in shown.lines() {
        let name = line.split(' ').next().expect("a key");
        assert!(reference.contains(&format!("\n{name} = \"")), "{name} is in the reference");
    }
    assert!(reference.lines().filter(|line| line.starts_with("# ")).count() >= shown.lines().count());

    let secret = "0123456789abcdef-private-0123456789abcdef";
    secrets::remember(secret);
    let token = format!("token_keys=main:{secret}");
    let index = format!("pii_index_secret={secret}");
    let url = format!("database_url=postgres://linli:{secret}@127.0.0.1/linli");
    let set = [token.as_str(), &index, &url, "limit_guest=7"];
    let words = run(&folder, &set, &["config", "show"]).well();
    let told = json_of(&run(&folder, &set, &["config", "show", "--json"]).well());
    for key in ["token_keys", "pii_index_secret", "database_url"] {
        assert!(words.contains(&format!("{key} = \"***\"\n")), "{words}");
        assert_eq!(told[key], "***");
    }
    assert_eq!(told["limit_guest"], "7");
    assert!(words.contains("limit_guest = \"7\"\n") && !words.contains(secret), "{words}");
    assert!(!told.to_string().contains(secret), "{told}");
}

async fn what_is_printed_for_machines_can_be_read_by_them(world: &mut World) {
    let folder = folder(world, "machines");
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/openapi.json");
    let committed = fs::read_to_string(committed).expect("the contract");
    assert_eq!(run(&folder, &[], &["openapi"]).well(), committed);

    let (listen, url) = (format!("listen=127.0.0.1:{}", free_port()), &world.data.database_url);
    let checks = run(&folder, &[&listen, &format!("database_url={url}")], &["doctor", "--json"]).well();
    let checks = json_of(&checks);
    let checks = checks.as_array().expect("one for each check");
    for (number, check) in (1..).zip(checks) {
        assert_eq!(check["number"], number);
        let verdict = check["verdict"].as_str().expect("a verdict");
        assert!(["GOOD", "WEAK"].contains(&verdict), "{check}");
        assert!(check["check"].is_string() && check["found"].is_string(), "{check}");
        assert_eq!(check.get("cure").is_some(), verdict == "WEAK", "{check}");
    }
    let bad = run(&folder, &["env=nowhere"], &["doctor", "--json"]);
    assert_eq!((bad.code, json_of(&bad.out)[0]["verdict"].as_str()), (Some(1), Some("BAD")), "{bad:?}");

    for (shell, mark) in
        [("bash", "complete -F _linli"), ("zsh", "#compdef linli"), ("fish", "complete -c linli")]
    {
        let script = run(&folder, &[], &["completions", shell]).well();
        assert!(script.contains(mark) && script.contains("healthcheck"), "{shell}");
    }
    run(&folder, &[], &["completions", "chalk"]).failed(2);
    let table = run(&folder, &[], &["access"]).well();
    assert!(table.lines().count() > 10 && table.contains("CastBallot"), "{table}");
}

async fn the_rules_answer_the_worked_cases_in_their_order(world: &mut World) {
    let folder = folder(world, "rules");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/rules.json");
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(&file).expect("the cases")).expect("JSON");
    let expected: Vec<_> =
        cases.iter().map(|case| json!({ "id": case["id"], "answer": case["expect"] })).collect();
    assert!(expected.len() > 50);
    let told = run(&folder, &[], &["rules", "eval", file.to_str().expect("a path")]).well();
    let told: Vec<Value> = serde_json::from_str(&told).expect("a list of answers");
    assert_eq!(told, expected);

    let eval = |text: &str| {
        fs::write(folder.join("cases.json"), text).expect("the story's folder takes files");
        run(&folder, &[], &["rules", "eval", "cases.json"])
    };
    let told = eval("[{\"id\": ").failed(1);
    assert!(told.starts_with("linli: cases.json: EOF while parsing"), "{told}");
    let some = eval(r#"[{"id":"a","case":"none"},{"id":"b","case":"threshold","total":500,"ratio":[2,3]}]"#);
    let answers: Value = serde_json::from_str(&some.out).expect("a list of answers");
    assert_eq!(answers[0]["error"]["pointer"], "/case");
    assert_eq!(answers[1], json!({ "id": "b", "answer": 334 }));
    assert!(some.failed(1).ends_with("linli: 1 of 2 cases cannot be answered\n"));
    let told = run(&folder, &[], &["rules", "eval", "nowhere.json"]).failed(1);
    assert!(told.contains("nowhere.json: No such file"), "{told}");
}

async fn the_first_officer_is_appointed(world: &mut World) {
    let somebody = world.newcomer().await;
    assert_eq!(somebody.get("/v1/me").await.ok()["roles"], json!([]));
    let url = format!("database_url={}", world.data.database_url);
    let files = format!("files_dir={}", world.data.folder.join("files").display());
    let appoint = |role: &str, place: &str| {
        let what = ["appoint", "--person", &somebody.person, "--role", role, "--place", place];
        run(&world.data.folder, &[&url, &files], &what)
    };
    let told = appoint("STREET_OFFICER", "示范区/没有的街道").failed(1);
    assert!(told.contains("there is no place 没有的街道"), "{told}");
    let told = appoint("KING", "示范区/青年路街道").failed(2);
    assert!(told.contains("no such role; there are") && told.contains("STREET_OFFICER"), "{told}");
    assert_eq!(somebody.get("/v1/me").await.ok()["roles"], json!([]), "nothing came of those");
    assert!(appoint("STREET_OFFICER", "示范区/青年路街道").well().starts_with("appointed: role "));
    let me = somebody.get("/v1/me").await.ok();
    assert_eq!(me["roles"][0]["role"], "STREET_OFFICER", "{me}");
}
