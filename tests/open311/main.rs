//! The conformance of a server that speaks Open311 (`GeoReport` v2), asked of it from outside: every rule of the
//! convention is a check with its name. Shares no type with the service.
//!
//! Without more it starts the demo, issues itself a key and asks that. Any server can be asked:
//!
//! | variable | |
//! |---|---|
//! | `OPEN311_URL` | the endpoint, as `https://city.example/open311/v2` |
//! | `OPEN311_DISCOVERY` | its discovery without the suffix; `discovery` below the endpoint if it is not said |
//! | `OPEN311_JURISDICTION` | the `jurisdiction_id`, where the endpoint serves several |
//! | `OPEN311_KEY` | an `api_key`; without one nothing is reported, and the checks that do are left out. It does report |
//! | `OPEN311_EXTENSIONS` | `yes` to check the extensions too |

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a check that cannot go on has failed"
)]

mod rules;
mod server;

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, ExitCode, Stdio},
};

use libtest_mimic::{Arguments, Trial};
use serde_json::{Value, json};

use crate::{rules::Check, server::Server};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // One after the other: what one check reports would change what another one compares.
    arguments.test_threads = Some(1);
    if arguments.list {
        return libtest_mimic::run(&arguments, trials(None)).exit_code();
    }
    let said = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(url) = said("OPEN311_URL") {
        let discovery = said("OPEN311_DISCOVERY").unwrap_or_else(|| format!("{url}/discovery"));
        let (jurisdiction, key) = (said("OPEN311_JURISDICTION"), said("OPEN311_KEY"));
        let speaks_extensions = said("OPEN311_EXTENSIONS").is_some();
        let server = Server { jurisdiction, key, speaks_extensions, ..Server::new(&url, &discovery) };
        return libtest_mimic::run(&arguments, trials(Some(&server))).exit_code();
    }
    let demo = Demo::start();
    let server = run(demo.opened());
    libtest_mimic::run(&arguments, trials(Some(&server))).exit_code()
}

fn run<T>(act: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(act)
}

/// Each check as a test; what the server does not offer is left out, and told so.
fn trials(server: Option<&Server>) -> Vec<Trial> {
    let trial = |check: &'static Check| {
        let asked = server.cloned();
        let offered = server.is_none_or(|server| check.is_offered_by(server));
        let ask = move || {
            if let Some(server) = &asked {
                run(check.ask(server));
            }
            Ok(())
        };
        Trial::test(check.name, ask).with_ignored_flag(!offered)
    };
    rules::ALL.iter().map(trial).collect()
}

/// The demo of this repository, on a folder of its own. Ends when dropped.
struct Demo {
    child: Child,
    folder: PathBuf,
    url: String,
}

impl Demo {
    fn start() -> Self {
        let folder = std::env::temp_dir().join(format!("linli-open311-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_linli"));
        program.env_clear().current_dir(&folder);
        let database = format!("database_url=sqlite://{}/linli.db", folder.display());
        let files = format!("files_dir={}/files", folder.display());
        let settings = ["env=test", "demo=on", "listen=127.0.0.1:0", "metrics_listen=127.0.0.1:0"];
        let limits = ["limit_guest=1000000", "limit_member=1000000"];
        for setting in settings.into_iter().chain(limits).chain([&*database, &*files]) {
            program.args(["--set", setting]);
        }
        let program = program.arg("demo").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = program.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut banner = lines.filter_map(|line| {
            let address = line.strip_prefix("Linli serves ")?.split(' ').next()?.to_owned();
            address.starts_with("http").then_some(address)
        });
        let url = banner.next().expect("the demo starts");
        // Whoever prints to nobody dies of it.
        std::thread::spawn(move || banner.for_each(drop));
        Self { child, folder, url }
    }

    /// The server as an integration sees it: an officer has issued a key.
    async fn opened(&self) -> Server {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let sign_in = async |login: &str| {
            let sign_in = http.post(format!("{}/v1/sessions", self.url));
            let answer = sign_in.json(&json!({ "grant": "DEMO", "login": login })).send().await.unwrap();
            answer.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned()
        };
        let (property, community) = (sign_in("property").await, sign_in("community").await);
        let me = http.get(format!("{}/v1/me", self.url)).bearer_auth(property).send().await.unwrap();
        let me: Value = me.json().await.unwrap();
        let complex = me["roles"][0]["complex_id"].as_str().unwrap();
        let locate = http.put(format!("{}/v1/places/{complex}/position", self.url)).bearer_auth(&community);
        let position = json!({ "position": { "latitude": 31_230_400, "longitude": 121_473_700 } });
        locate.header("if-match", "\"v1\"").json(&position).send().await.unwrap().error_for_status().unwrap();
        let issue = http.post(format!("{}/v1/places/{complex}/api-keys", self.url)).bearer_auth(community);
        let issue = issue.header("idempotency-key", "conformance").json(&json!({ "name": "conformance" }));
        let issued: Value = issue.send().await.unwrap().json().await.unwrap();
        let text = |member: &str| issued[member].as_str().map(str::to_owned);
        let base = format!("{}/open311/v2", self.url);
        let server = Server::new(&base, &format!("{}/open311/discovery", self.url));
        Server { jurisdiction: text("jurisdiction_id"), key: text("key"), speaks_extensions: true, ..server }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}
