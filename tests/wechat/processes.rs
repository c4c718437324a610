//! Two real processes: this test program again, each with a client of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use linli::wechat::{Decision, MemoryTokenStore, Time, TokenStore, WeChat};
use serde_json::json;

use crate::redis::{Redis, store_at};
use crate::stage::{CHECK, Desk, STABLE_TOKEN, Stage, chance, settings, text};
use crate::time::RunningTime;

/// The simulator's address, for the process that is started.
const SIMULATOR: &str = "LINLI_WECHAT_PROOF_SIMULATOR";
/// The socket of the Redis that it shares, if it shares one.
const SOCKET: &str = "LINLI_WECHAT_PROOF_SOCKET";
const READY: &str = "another process is ready";
const DONE: &str = "another process is done";

/// A started process, waiting for the word.
struct Process {
    child: Child,
    says: BufReader<std::process::ChildStdout>,
}

impl Process {
    fn start(desk: &Desk, redis: Option<&Redis>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["processes::another_process", "--exact", "--ignored", "--nocapture"]);
        command.env(SIMULATOR, &desk.url).env_remove(SOCKET);
        if let Some(redis) = redis {
            command.env(SOCKET, redis.socket());
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let says = BufReader::new(child.stdout.take().unwrap());
        let mut process = Self { child, says };
        process.hear(READY);
        process
    }

    fn hear(&mut self, awaited: &str) {
        let mut line = String::new();
        while !line.contains(awaited) {
            line.clear();
            assert!(self.says.read_line(&mut line).unwrap() > 0, "the process ended before: {awaited}");
        }
    }

    fn go(&mut self) {
        self.child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }

    fn end(mut self) {
        self.hear(DONE);
        let mut rest = String::new();
        while self.says.read_line(&mut rest).unwrap() > 0 {}
        assert!(self.child.wait().unwrap().success());
    }
}

/// Starts two processes, lets both go at once, and waits until both made their two hundred calls.
async fn two_processes(desk: &Desk, redis: Option<&Redis>) {
    desk.trouble(STABLE_TOKEN, "late", json!({"ms": 150, "times": 0})).await;
    let mut processes = [Process::start(desk, redis), Process::start(desk, redis)];
    for process in &mut processes {
        process.go();
    }
    for process in processes {
        process.end();
    }
    assert_eq!(desk.count(CHECK).await, 400, "no call was made twice");
}

#[tokio::test]
async fn two_cold_processes_that_share_redis_fetch_one_token() {
    let Some(redis) = Redis::start("two_cold_processes_that_share_redis_fetch_one_token") else { return };
    let stage = Stage::running().await;
    two_processes(&stage.desk, Some(&redis)).await;
    assert_eq!(stage.desk.count(STABLE_TOKEN).await, 1);
}

#[tokio::test]
async fn two_cold_processes_that_share_nothing_fetch_once_each_and_get_the_same_token() {
    let stage = Stage::running().await;
    two_processes(&stage.desk, None).await;
    let fetches = stage.desk.journal(STABLE_TOKEN).await;
    assert_eq!(fetches.len(), 2);
    assert_eq!(fetches[0]["answer"]["access_token"], fetches[1]["answer"]["access_token"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "is the other process: the tests above start it"]
async fn another_process() {
    let Ok(url) = std::env::var(SIMULATOR) else { return };
    let desk = Desk::at(&url);
    let time: Arc<dyn Time> = Arc::new(RunningTime::with(&desk).await);
    let store: Arc<dyn TokenStore> = match std::env::var_os(SOCKET) {
        Some(socket) => store_at(&PathBuf::from(socket)).await,
        None => Arc::new(MemoryTokenStore::new(Arc::clone(&time))),
    };
    let client = Arc::new(WeChat::new(settings(&url), store, time, chance()).unwrap());
    writeln!(std::io::stdout(), "\n{READY}").unwrap();
    let mut word = String::new();
    std::io::stdin().read_line(&mut word).unwrap();

    let mut calls = tokio::task::JoinSet::new();
    for n in 0..200 {
        let client = Arc::clone(&client);
        calls.spawn(async move { client.check_text(&text(&format!("call {n}"))).await });
    }
    for end in calls.join_all().await {
        assert_eq!(end.unwrap().decision, Decision::Publish);
    }
    writeln!(std::io::stdout(), "\n{DONE}").unwrap();
}
