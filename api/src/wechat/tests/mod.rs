//! The client against a server that answers as each test says, and keeps a journal of what it was asked.

mod calls;
mod quotas;
mod secrecy;
mod stores;
mod tokens;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Url;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

pub const APPID: &str = "wx0123456789abcdef";
pub const SECRET: &str = "a-secret-that-nobody-may-read";
pub const OPENID: &str = "oNobodyMayReadThisOpenid0001";
pub const STABLE_TOKEN: &str = "/cgi-bin/stable_token";
pub const PHONE: &str = "/wxa/business/getuserphonenumber";
pub const RID: &str = "0a1b2c3d-4e5f6071-8293a4b5";

/// What the server was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: HashMap<String, String>,
    pub content_type: String,
    pub body: Value,
}

impl Asked {
    pub fn token(&self) -> &str {
        self.query.get("access_token").map_or("", String::as_str)
    }
}

/// What it answers.
pub enum Reply {
    /// A whole answer.
    Whole { status: u16, content_type: &'static str, body: Vec<u8>, after: Duration },
    /// The connection ends without an answer.
    HangUp,
    /// The answer stops in the middle.
    Broken,
    /// Nothing at all.
    Silence,
}

impl Reply {
    pub fn json(body: &Value) -> Self {
        Self::text("application/json; charset=UTF-8", body.to_string())
    }

    pub fn text(content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self::Whole { status: 200, content_type, body: body.into(), after: Duration::ZERO }
    }

    pub fn status(status: u16) -> Self {
        Self::Whole { status, content_type: "text/html", body: b"<html>".to_vec(), after: Duration::ZERO }
    }

    /// A failure, in the words of which a server might repeat what it was told.
    pub fn errcode(code: i64) -> Self {
        let errmsg = format!("refused {SECRET} {OPENID} T1 data.phrase16.value invalid rid: {RID}");
        Self::json(&json!({ "errcode": code, "errmsg": errmsg }))
    }

    pub fn token(token: &str) -> Self {
        Self::json(&json!({ "access_token": token, "expires_in": 7200 }))
    }

    pub fn later(self, wait: Duration) -> Self {
        match self {
            Self::Whole { status, content_type, body, .. } => {
                Self::Whole { status, content_type, body, after: wait }
            }
            other => other,
        }
    }
}

type Answers = Arc<dyn Fn(&Asked, usize) -> Reply + Send + Sync>;

/// A server for one test.
pub struct Server {
    pub url: String,
    journal: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Starts a server; `answers` is given the request and how many came to its path before.
    pub async fn start(answers: impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let journal: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (answers, kept): (Answers, _) = (Arc::new(answers), Arc::clone(&journal));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answers), Arc::clone(&kept)));
            }
        });
        Self { url, journal }
    }

    pub fn asked(&self, path: &str) -> Vec<Asked> {
        self.journal.lock().unwrap().iter().filter(|asked| asked.path == path).cloned().collect()
    }

    pub fn count(&self, path: &str) -> usize {
        self.asked(path).len()
    }

    pub fn forced(&self) -> usize {
        self.asked(STABLE_TOKEN).iter().filter(|asked| asked.body["force_refresh"] == true).count()
    }
}

async fn serve(mut stream: TcpStream, answers: Answers, journal: Arc<Mutex<Vec<Asked>>>) {
    let Some(asked) = read(&mut stream).await else { return };
    let before = {
        let mut journal = journal.lock().unwrap();
        let before = journal.iter().filter(|other| other.path == asked.path).count();
        journal.push(asked.clone());
        before
    };
    match answers(&asked, before) {
        Reply::HangUp => {}
        Reply::Silence => tokio::time::sleep(Duration::from_mins(1)).await,
        Reply::Broken => {
            let head =
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{\"errc";
            stream.write_all(head.as_bytes()).await.unwrap();
        }
        Reply::Whole { status, content_type, body, after } => {
            tokio::time::sleep(after).await;
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n",
                body.len()
            );
            stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let header = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.to_owned())
            .unwrap_or_default()
    };
    let length = header("content-length").parse().unwrap_or(0);
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        stream.read_buf(&mut body).await.ok()?;
    }
    let mut line = head.lines().next()?.split(' ');
    let (method, target) = (line.next()?, line.next()?);
    let url = Url::parse(&format!("http://wechat{target}")).unwrap();
    Some(Asked {
        method: method.to_owned(),
        path: url.path().to_owned(),
        query: url.query_pairs().into_owned().collect(),
        content_type: header("content-type"),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    })
}

/// A time that stands still, except that sleeping moves it.
pub struct StillTime {
    now: Mutex<DateTime<Utc>>,
    slept: Mutex<Vec<Duration>>,
}

impl StillTime {
    pub fn at(text: &str) -> Arc<Self> {
        Arc::new(Self { now: Mutex::new(text.parse().unwrap()), slept: Mutex::default() })
    }

    pub fn noon() -> Arc<Self> {
        Self::at("2026-11-22T04:00:00Z")
    }

    pub fn advance(&self, seconds: i64) {
        *self.now.lock().unwrap() += TimeDelta::seconds(seconds);
    }

    pub fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap().clone()
    }
}

#[async_trait]
impl Time for StillTime {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        self.slept.lock().unwrap().push(duration);
        *self.now.lock().unwrap() += TimeDelta::from_std(duration).unwrap();
        tokio::task::yield_now().await;
    }
}

/// A time that runs as the machine's does.
pub struct RunningTime(Instant);

impl RunningTime {
    pub fn start() -> Arc<Self> {
        Arc::new(Self(Instant::now()))
    }
}

#[async_trait]
impl Time for RunningTime {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::from_std(self.0.elapsed()).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Numbers that differ, the same in each run.
pub fn chance() -> Chance {
    let next = std::sync::atomic::AtomicU64::new(7);
    Arc::new(move |bound| next.fetch_add(11, std::sync::atomic::Ordering::Relaxed) % bound)
}

pub fn settings(url: &str) -> WeChatSettings {
    WeChatSettings {
        base_url: url.to_owned(),
        hosts: Hosts::Any,
        appid: APPID.to_owned(),
        secret: SECRET.into(),
        connect_timeout: Duration::from_secs(1),
        timeout: Duration::from_millis(1500),
    }
}

/// A client with a store of its own.
pub fn client(server: &Server, time: Arc<dyn Time>) -> WeChat {
    let store = Arc::new(MemoryTokenStore::new(Arc::clone(&time)));
    client_with(server, store, time)
}

pub fn client_with(server: &Server, store: Arc<dyn TokenStore>, time: Arc<dyn Time>) -> WeChat {
    WeChat::new(settings(&server.url), store, time, chance()).unwrap()
}

/// What a phone call answers when all is well.
pub fn phone_answer(now: DateTime<Utc>) -> Reply {
    Reply::json(&json!({
        "errcode": 0,
        "errmsg": "ok",
        "phone_info": {
            "phoneNumber": "+8615400000001",
            "purePhoneNumber": "15400000001",
            "countryCode": "86",
            "watermark": { "timestamp": now.timestamp(), "appid": APPID },
        }
    }))
}
