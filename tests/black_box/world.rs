//! A running service with a database, sessions and a WeChat of its own, and the people in front of it.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use wechat_sim::Sim;

use crate::{
    contract::Contract,
    phone::Phone,
    secrets,
    servers::{Data, Disk, Postgres, Redis, Suite, ended, free_port, mortal, signal},
    story::{Log, Sessions, Setting, Start, Story},
};

/// How long a service may take to start. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// In seconds.
const YEAR: u64 = 31_536_000;

/// The world of one story.
pub struct World {
    pub setting: Setting,
    pub redis: Option<Redis>,
    pub data: Data,
    service: Service,
    /// Of this story alone, once it has [moved there](Self::move_to_its_own_postgres).
    pub postgres: Option<Postgres>,
    wechat: Sim,
    command: &'static str,
    settings: Vec<String>,
    log: Log,
    /// Making one takes longer than most requests.
    http: reqwest::Client,
}

impl World {
    pub async fn new(story: &Story, setting: Setting) -> Result<Self, String> {
        let suite = Suite::get();
        let folder =
            suite.folder().join(format!("{}-{setting}-{}", story.name.replace("::", "-"), Suite::number()));
        let data = suite.data(setting.database, story.start, folder)?;
        let redis = match setting.sessions {
            Sessions::InMemory => None,
            Sessions::InRedis => Some(Redis::start(suite.folder())?),
        };
        let wechat = wechat_sim::start();
        let mut settings = vec![
            format!("wechat_base_url={}", wechat.base_url()),
            format!("wechat_appid={}", wechat_sim::APPID),
            format!("wechat_secret={}", wechat_sim::SECRET),
        ];
        secrets::remember(wechat_sim::SECRET);
        settings.extend(redis.iter().map(|redis| format!("redis_url={}", redis.url())));
        settings.extend(story.set.iter().map(|&set| set.to_owned()));
        let command = match story.start {
            Start::Empty => "serve",
            Start::Demo => "demo",
        };
        let service = Service::start(command, &data, &settings, PATIENCE)?;
        Contract::learn(&service.url()).await?;
        Ok(Self {
            setting,
            redis,
            data,
            service,
            postgres: None,
            wechat,
            command,
            settings,
            log: story.log,
            http: Phone::client(),
        })
    }

    /// Somebody who is not signed in.
    pub fn guest(&self) -> Phone {
        Phone::new(self.http.clone(), self.service.url(), self.setting, self.log)
    }

    /// Somebody new, signed in with WeChat: a person without any role.
    pub async fn newcomer(&self) -> Phone {
        let openid = format!("o-black-box-{:08}-{}", Suite::number(), std::process::id());
        self.wechat_user(&openid).await
    }

    /// The WeChat user with this openid, signed in.
    pub async fn wechat_user(&self, openid: &str) -> Phone {
        let code = self.wechat_code(openid).await;
        let mut phone = self.guest();
        phone.sign_in(&json!({ "grant": "WECHAT", "code": code, "device": "测试手机" })).await;
        phone.openid = Some(openid.to_owned());
        phone
    }

    /// A WeChat user after the service came back: the same phone at the new address, signed in anew where the session
    /// ended with the process.
    pub async fn back(&self, phone: &Phone) -> Phone {
        match self.setting.sessions {
            Sessions::InRedis => phone.at(self.service.url()),
            Sessions::InMemory => {
                self.wechat_user(phone.openid.as_deref().expect("a WeChat user's phone")).await
            }
        }
    }

    /// A person of the demo, signed in.
    pub async fn sign_in(&self, login: &str) -> Phone {
        let mut phone = self.guest();
        phone.sign_in(&json!({ "grant": "DEMO", "login": login })).await;
        phone
    }

    /// The demo's complex.
    pub async fn complex(&self) -> String {
        let property = self.sign_in("property").await.get("/v1/me").await.ok();
        property["roles"][0]["complex_id"]
            .as_str()
            .expect("the property manager works in a complex")
            .to_owned()
    }

    /// What `wx.login` hands to the mini-program.
    pub async fn wechat_code(&self, openid: &str) -> String {
        secrets::remember(openid);
        let answer = self.wechat_order("login", &json!({ "openid": openid })).await;
        let code = answer["code"].as_str().expect("a code").to_owned();
        secrets::remember(&code);
        code
    }

    /// An order to the WeChat of this story: what people do on their phones, time, and faults.
    pub async fn wechat_order(&self, what: &str, order: &Value) -> Value {
        let url = format!("{}/__sim/{what}", self.wechat.base_url());
        let answer = self.http.post(url).json(order).send().await.expect("the simulator answers");
        assert!(answer.status().is_success(), "the simulator refuses {what} {order}");
        answer.json().await.expect("the simulator answers in JSON")
    }

    /// What the WeChat of this story was asked at a path, in order.
    pub async fn wechat_journal(&self, path: &str) -> Vec<Value> {
        let url = format!("{}/__sim/journal?path={path}", self.wechat.base_url());
        let answer = self.http.get(url).send().await.expect("the simulator answers");
        answer.json().await.expect("the simulator answers in JSON")
    }

    /// Moves the service's clock forward, by a year at a time at most.
    pub async fn advance_clock(&self, seconds: u64) {
        let mut left = seconds;
        while left > 0 {
            let step = left.min(YEAR);
            let moved = self.guest().beside("/demo/clock", &json!({ "seconds": step })).await;
            assert_eq!(moved.status, 200, "the demo's clock moves");
            left -= step;
        }
    }

    /// Ends the service as an operator does and starts it again on the same data.
    pub fn restart(&mut self) {
        self.service.end(true).expect("it ends");
        self.start_again();
    }

    /// `kill -9`, and starts it again on the same data.
    pub fn crash(&mut self) {
        self.service.end(false).expect("it ends");
        self.start_again();
    }

    /// Another process beside the service, on the same data.
    pub fn another(&self) -> Service {
        let started = Service::start(self.command, &self.data, &self.settings, PATIENCE);
        started.expect("a second process starts beside the first")
    }

    /// Serves the demo on a database that has nothing, as who tries it for the first time does; how long it took until
    /// it was ready.
    pub fn begin_the_demo(&mut self) -> Duration {
        let name = format!("demo_{}", Suite::number());
        let folder = self.data.folder.join(&name);
        let data = Suite::get().nothing(self.setting.database, name, folder).expect("a new database");
        self.begin_with(data)
    }

    /// Serves the demo anew from a PostgreSQL that no other story uses, so that this one may let it crash.
    pub fn move_to_its_own_postgres(&mut self) {
        let number = Suite::number();
        let folder = Suite::get().folder().join(format!("postgres-{number}"));
        let postgres = Postgres::start(folder, Disk::IsWaitedFor).expect("PostgreSQL starts");
        let folder = self.data.folder.join(format!("demo_{number}"));
        let data = postgres.nothing(format!("demo_{number}"), folder).expect("a new database");
        self.begin_with(data);
        self.postgres = Some(postgres);
    }

    fn begin_with(&mut self, data: Data) -> Duration {
        self.service.end(true).expect("it ends");
        (self.data, self.command) = (data, "demo");
        let since = Instant::now();
        self.start_again();
        since.elapsed()
    }

    fn start_again(&mut self) {
        let started = Service::start(self.command, &self.data, &self.settings, PATIENCE);
        self.service = started.expect("it starts again on the same data");
    }

    pub fn service(&mut self) -> &mut Service {
        &mut self.service
    }

    pub fn address(&self) -> SocketAddr {
        self.service.address
    }

    /// The text of the metrics.
    pub fn metrics(&self) -> String {
        self.service.metrics().expect("the metrics answer")
    }

    /// How often a job has found nothing more to do since the service started.
    pub fn rests(&self, job: &str) -> u64 {
        self.service.rests(job)
    }

    /// Runs the program, or what leads to it, on the world's data.
    pub fn run(&self, program: &mut Command) -> Output {
        let output = program
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LINLI_ENV", "test")
            .env("LINLI_DATABASE_URL", &self.data.database_url)
            .env("LINLI_FILES_DIR", self.data.folder.join("files"))
            .current_dir(&self.data.folder)
            .stdin(Stdio::null())
            .output();
        output.unwrap_or_else(|error| panic!("{program:?}: {error}"))
    }

    pub fn assert_log_without_errors(&self) {
        self.service.assert_log_without_errors();
    }

    pub fn end_of_log(&self) -> String {
        let log = fs::read_to_string(&self.service.log).unwrap_or_else(|error| error.to_string());
        let lines: Vec<_> = log.lines().collect();
        let from = lines.len().saturating_sub(25);
        let short = |line: &&str| line.chars().take(400).collect::<String>();
        lines[from..].iter().map(short).collect::<Vec<_>>().join("\n")
    }
}

/// The built program, running. Killed when dropped.
#[derive(Debug)]
pub struct Service {
    child: Child,
    pub address: SocketAddr,
    metrics: SocketAddr,
    /// What it says on both outputs; for the scan after the run.
    pub log: PathBuf,
}

impl Service {
    /// Starts it and waits for its banner.
    pub fn start(
        command: &str,
        data: &Data,
        settings: &[String],
        patience: Duration,
    ) -> Result<Self, String> {
        let metrics = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let log = data.folder.join(format!("service-{}.log", Suite::number()));
        // Both outputs are appended, so that neither writes over the other.
        let stderr = File::options().create(true).append(true).open(&log);
        let stderr = stderr.map_err(|error| format!("{}: {error}", log.display()))?;
        let mut program = mortal(Path::new(env!("CARGO_BIN_EXE_linli")));
        program.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let mut set = |setting: &str| {
            program.args(["--set", setting]);
        };
        set("env=test");
        set("demo=on");
        set("listen=127.0.0.1:0");
        set(&format!("metrics_listen={metrics}"));
        set(&format!("database_url={}", data.database_url));
        set("database_connections=6");
        set(&format!("files_dir={}", data.folder.join("files").display()));
        // On a busy machine Redis is not down because it takes a while.
        set("redis_patience_ms=2000");
        set("limit_member=1000000");
        set("limit_guest=1000000");
        set("log=info,linli=debug,sqlx=warn");
        for setting in settings {
            set(setting);
        }
        program
            .arg(command)
            .current_dir(&data.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr);
        let mut child = program.spawn().map_err(|error| error.to_string())?;
        let stdout = child.stdout.take().ok_or("no stdout")?;
        let banner = listen(stdout, log.clone());
        let address = banner.recv_timeout(patience);
        let mut started = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), metrics, log };
        let Ok(address) = address else {
            let said = fs::read_to_string(&started.log).unwrap_or_default();
            let end: String = said.chars().rev().take(2000).collect::<Vec<_>>().into_iter().rev().collect();
            return Err(format!("`linli {command}` printed no banner; it said: {end}"));
        };
        started.address = address;
        started.until_ready(patience)?;
        Ok(started)
    }

    /// It listens before it can do anything else, such as ending when asked to.
    fn until_ready(&self, patience: Duration) -> Result<(), String> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            let said =
                say(self.address, "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            if said.is_ok_and(|said| said.starts_with("HTTP/1.1 200")) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err(format!("it is not ready after {patience:?}"))
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Asks it to end; whether it does so in an orderly way.
    pub fn terminate(mut self) -> Result<(), String> {
        self.end(true)
    }

    fn end(&mut self, orderly: bool) -> Result<(), String> {
        if !orderly {
            // At once: while it told its metrics, it would finish what it is in the middle of.
            self.child.kill().map_err(|error| error.to_string())?;
            return self.child.wait().map(|_| ()).map_err(|error| error.to_string());
        }
        self.keep_metrics();
        signal(&self.child, "TERM");
        let status = self.wait(Duration::from_secs(40)).ok_or("it does not end after SIGTERM")?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("it ended with {status}, signal {:?}", status.signal()))
        }
    }

    /// Sends SIGTERM and does not wait.
    pub fn ask_to_end(&self) {
        signal(&self.child, "TERM");
    }

    /// How it ended, if it did so in time.
    pub fn wait(&mut self, within: Duration) -> Option<ExitStatus> {
        ended(&mut self.child, within).then(|| self.child.wait().expect("a child of ours"))
    }

    /// The most memory that it ever had, in KiB.
    pub fn peak_memory(&self) -> u64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs on Linux");
        let line =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel tells VmHWM");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// How long it has worked, all threads together.
    pub fn processor_time(&self) -> Duration {
        let told = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("it runs on Linux");
        // The name in brackets may have spaces. The 12th and 13th field after it count hundredths of a second.
        let (_, fields) = told.rsplit_once(')').expect("the kernel names it");
        let ticks =
            fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().expect("a number"));
        Duration::from_millis(ticks.sum::<u64>() * 10)
    }

    pub fn assert_log_without_errors(&self) {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let bad =
            log.lines().find(|line| line.contains(r#""level":"ERROR""#) || line.contains("panicked at"));
        assert!(bad.is_none(), "the service's log tells of an error: {}", bad.unwrap_or_default());
    }

    /// How often a job of this process has found nothing more to do.
    pub fn rests(&self, job: &str) -> u64 {
        let line = format!("job_rested_total{{job=\"{job}\"}} ");
        let metrics = self.metrics().expect("the metrics answer");
        let count = metrics.lines().find_map(|told| told.strip_prefix(&line));
        count.map_or(0, |count| count.parse().expect("a counter"))
    }

    fn metrics(&self) -> std::io::Result<String> {
        say(self.metrics, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
    }

    /// For the scan after the run.
    fn keep_metrics(&self) {
        if let Ok(text) = self.metrics() {
            fs::write(self.log.with_extension("metrics"), text).expect("the suite's folder takes files");
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.keep_metrics();
        }
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Says something and listens until the other side has ended.
fn say(address: SocketAddr, words: &str) -> std::io::Result<String> {
    let mut connection = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    connection.set_read_timeout(Some(Duration::from_secs(5)))?;
    connection.write_all(words.as_bytes())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Follows what a service prints: the address out of its banner, and everything into its log.
fn listen(stdout: impl Read + Send + 'static, log: PathBuf) -> mpsc::Receiver<SocketAddr> {
    let (found, banner) = mpsc::channel();
    thread::spawn(move || {
        let mut keep = File::options().append(true).open(log).expect("the log was just made");
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            writeln!(keep, "{line}").expect("the log takes lines");
            let address = line
                .strip_prefix("Linli serves http://")
                .and_then(|rest| rest.split(' ').next()?.parse().ok());
            if let Some(address) = address {
                // Nobody listens after the first.
                found.send(address).ok();
            }
        }
    });
    banner
}
