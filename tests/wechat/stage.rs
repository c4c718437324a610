//! A simulator for one test, the desk that steers it, and the clients that call it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use linli::wechat::{
    Chance, Hosts, Language, MemoryTokenStore, Message, MiniCode, PageCheck, Refusal, Release, Text,
    TextScene, Time, TokenStore, WeChat, WeChatError, WeChatSettings,
};
use serde_json::{Map, Value, json};
use wechat_sim::{APPID, SECRET, Sim};

use crate::time::{RunningTime, StandingTime};

pub const OPENID: &str = "oNobodyMayReadThisOpenid0001";
pub const NEIGHBOUR: &str = "oNobodyMayReadThisOpenid0002";
pub const NUMBER: &str = "15400000001";
pub const TEMPLATE: &str = "template-of-repairs";
pub const NOON: &str = "2026-11-22T04:00:00Z";

pub const STABLE_TOKEN: &str = "/cgi-bin/stable_token";
pub const LOGIN: &str = "/sns/jscode2session";
pub const PHONE: &str = "/wxa/business/getuserphonenumber";
pub const SEND: &str = "/cgi-bin/message/subscribe/send";
pub const CHECK: &str = "/wxa/msg_sec_check";
pub const CODE: &str = "/wxa/getwxacodeunlimit";

/// The simulator's own side, by its address: also another process may sit at it.
#[derive(Clone)]
pub struct Desk {
    pub url: String,
    http: reqwest::Client,
}

impl Desk {
    pub fn at(url: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { url: url.to_owned(), http }
    }

    /// Gives an order, which must be understood.
    pub async fn order(&self, what: &str, order: Value) -> Value {
        let answer = self.http.post(format!("{}/__sim/{what}", self.url)).json(&order).send().await.unwrap();
        let status = answer.status();
        let told: Value = answer.json().await.unwrap();
        assert!(status.is_success(), "{what}: {told}");
        told
    }

    pub async fn told(&self, what: &str) -> Value {
        self.http.get(format!("{}/__sim/{what}", self.url)).send().await.unwrap().json().await.unwrap()
    }

    pub async fn forget_journal(&self) {
        self.http.delete(format!("{}/__sim/journal", self.url)).send().await.unwrap();
    }

    /// Every request to `path`, in order.
    pub async fn journal(&self, path: &str) -> Vec<Value> {
        self.told(&format!("journal?path={path}")).await.as_array().unwrap().clone()
    }

    pub async fn count(&self, path: &str) -> usize {
        self.journal(path).await.len()
    }

    pub async fn forced(&self) -> usize {
        let journal = self.journal(STABLE_TOKEN).await;
        journal.iter().filter(|entry| entry["body"]["force_refresh"] == true).count()
    }

    /// Trouble for `path`, as `more` describes it.
    pub async fn trouble(&self, path: &str, kind: &str, more: Value) {
        let mut fault = json!({"path": path, "kind": kind});
        fault.as_object_mut().unwrap().extend(more.as_object().unwrap_or(&Map::new()).clone());
        self.order("faults", fault).await;
    }

    /// A call that the client would not make: straight to `path`, with a token that is good.
    pub async fn straight(&self, path: &str, body: &Value) -> i64 {
        let tokens = self.told("tokens").await;
        let good = |token: &&Value| token["good"] == true && token["appid"] == APPID;
        let token = tokens.as_array().unwrap().iter().find(good).unwrap()["access_token"].clone();
        let request =
            self.http.post(format!("{}{path}", self.url)).query(&[("access_token", token.as_str())]);
        let answer = request.json(body).send().await.unwrap().bytes().await.unwrap();
        serde_json::from_slice::<Value>(&answer).map_or(0, |answer| errcode(&answer))
    }

    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Value {
        self.http.get(format!("{}{path}", self.url)).query(query).send().await.unwrap().json().await.unwrap()
    }

    /// `wx.login` on somebody's phone.
    pub async fn wx_login(&self, openid: &str) -> String {
        self.code("login", json!({"openid": openid})).await
    }

    /// The phone button on somebody's phone.
    pub async fn phone_button(&self, openid: &str) -> String {
        self.code("phone_code", json!({"openid": openid})).await
    }

    pub async fn code(&self, kind: &str, order: Value) -> String {
        self.order(kind, order).await["code"].as_str().unwrap().to_owned()
    }

    pub async fn credits(&self) -> u64 {
        let credits = self.told(&format!("credits?openid={OPENID}&template_id={TEMPLATE}")).await;
        credits["credits"].as_u64().unwrap()
    }

    /// One person with a phone and a number, and a template with one free field.
    async fn furnish(&self) {
        self.order("users", json!({"openid": OPENID, "phone": NUMBER})).await;
        self.order("seen", json!({"openid": OPENID})).await;
        self.order("templates", json!({"template_id": TEMPLATE, "fields": ["thing1"]})).await;
        self.order("settings", json!({"send_takes_ms": 0})).await;
    }
}

/// A simulator on the machine's time, or stopped in its own.
pub struct Stage<T> {
    // Stops when it is dropped.
    _sim: Sim,
    pub desk: Desk,
    pub time: Arc<T>,
}

impl Stage<RunningTime> {
    pub async fn running() -> Self {
        let sim = wechat_sim::start();
        let desk = Desk::at(sim.base_url());
        let time = Arc::new(RunningTime::with(&desk).await);
        desk.furnish().await;
        Self { _sim: sim, desk, time }
    }
}

impl Stage<StandingTime> {
    pub async fn standing() -> Self {
        Self::standing_at(NOON).await
    }

    pub async fn standing_at(text: &str) -> Self {
        let sim = wechat_sim::start();
        let desk = Desk::at(sim.base_url());
        let time = Arc::new(StandingTime::at(desk.clone(), text).await);
        desk.furnish().await;
        Self { _sim: sim, desk, time }
    }
}

impl<T: Time> Stage<T> {
    pub fn time(&self) -> Arc<dyn Time> {
        let time: Arc<T> = Arc::clone(&self.time);
        time
    }

    pub fn memory(&self) -> Arc<dyn TokenStore> {
        Arc::new(MemoryTokenStore::new(self.time()))
    }

    /// A client with a store of its own.
    pub fn client(&self) -> Arc<WeChat> {
        self.client_with(self.memory(), &self.settings())
    }

    pub fn client_with(&self, store: Arc<dyn TokenStore>, settings: &WeChatSettings) -> Arc<WeChat> {
        Arc::new(WeChat::new(settings.clone(), store, self.time(), chance()).unwrap())
    }

    pub fn settings(&self) -> WeChatSettings {
        settings(&self.desk.url)
    }

    /// A client that has its token, and waits for an answer one second only.
    pub async fn impatient_client(&self) -> Arc<WeChat> {
        let store = self.memory();
        let patient = self.client_with(Arc::clone(&store), &self.settings());
        patient.check_text(&text("a first word")).await.unwrap();
        self.client_with(store, &WeChatSettings { timeout: Duration::from_secs(1), ..self.settings() })
    }
}

pub fn settings(url: &str) -> WeChatSettings {
    WeChatSettings {
        base_url: url.to_owned(),
        hosts: Hosts::Any,
        appid: APPID.to_owned(),
        secret: SECRET.into(),
        connect_timeout: Duration::from_secs(10),
        timeout: Duration::from_secs(20),
    }
}

/// Numbers that differ from client to client and from process to process.
pub fn chance() -> Chance {
    static CLIENTS: AtomicU64 = AtomicU64::new(1);
    let client = CLIENTS.fetch_add(1, Ordering::Relaxed) + (u64::from(std::process::id()) << 32);
    let drawn = AtomicU64::new(client.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    Arc::new(move |bound| {
        let mixed = drawn.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 27)) % bound.max(1)
    })
}

/// A comment of [`OPENID`]'s.
pub fn text(content: &str) -> Text<'_> {
    Text { content, scene: TextScene::Comment, openid: OPENID, title: None, nickname: None }
}

/// A message to [`OPENID`].
pub fn message<'a>(template_id: &'a str, fields: &'a [(&'a str, &'a str)]) -> Message<'a> {
    Message {
        openid: OPENID,
        template_id,
        page: None,
        release: Release::Released,
        language: Language::SimplifiedChinese,
        fields,
    }
}

/// A message that [`TEMPLATE`] allows.
pub fn repaired() -> Message<'static> {
    message(TEMPLATE, &[("thing1", "电梯已修好")])
}

/// A code for a door.
pub fn door() -> MiniCode<'static> {
    MiniCode {
        scene: "b=12",
        page: Some("pages/index/index"),
        page_check: PageCheck::MustExist,
        release: Release::Released,
        width: None,
    }
}

/// The number in an answer of WeChat's; 0 where there is none.
pub fn errcode(answer: &Value) -> i64 {
    answer["errcode"].as_i64().unwrap_or(0)
}

/// Why WeChat refused.
#[track_caller]
pub fn refusal<T>(end: Result<T, WeChatError>) -> Refusal {
    match end {
        Err(WeChatError::Refused { refusal, .. }) => refusal,
        Err(other) => panic!("refused otherwise: {other}"),
        Ok(_) => panic!("not refused"),
    }
}

/// The error of a call that must fail.
#[track_caller]
pub fn failure<T>(end: Result<T, WeChatError>) -> WeChatError {
    match end {
        Err(error) => error,
        Ok(_) => panic!("did not fail"),
    }
}
