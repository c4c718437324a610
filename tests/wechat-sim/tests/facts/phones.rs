//! A simulator with a client at hand: each thing that a phone or a server does has a name.

use std::time::Duration;

use reqwest::{Client, Response};
use serde_json::{Value, json};
use wechat_sim::{APPID, SECRET, Sim};

pub const OPENID: &str = "oTEST0000000000000000000001";

pub struct Bench {
    sim: Sim,
    client: Client,
}

impl Bench {
    /// A fresh simulator with its clock stopped.
    pub async fn new() -> Self {
        let client = Client::builder().timeout(Duration::from_secs(20)).no_proxy().build().unwrap();
        let bench = Self { sim: wechat_sim::start(), client };
        bench.order("clock", json!({"running": false})).await;
        bench
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.sim.base_url())
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> Value {
        json_of(self.get_raw(path, query).await).await
    }

    pub async fn get_raw(&self, path: &str, query: &[(&str, &str)]) -> Response {
        self.client.get(self.url(path)).query(query).send().await.unwrap()
    }

    /// A POST with a token in the query.
    pub async fn call(&self, path: &str, token: &str, body: Value) -> Value {
        json_of(self.call_raw(path, token, body).await).await
    }

    pub async fn call_raw(&self, path: &str, token: &str, body: Value) -> Response {
        self.client.post(self.url(path)).query(&[("access_token", token)]).json(&body).send().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        json_of(self.client.post(self.url(path)).json(&body).send().await.unwrap()).await
    }

    /// An order to the control surface that must be understood.
    pub async fn order(&self, what: &str, body: Value) -> Value {
        let response =
            self.client.post(self.url(&format!("/__sim/{what}"))).json(&body).send().await.unwrap();
        assert_eq!(response.status(), 200, "{what}: {}", response.text().await.unwrap());
        json_of(response).await
    }

    pub async fn advance(&self, seconds: u64) {
        self.order("advance", json!({"seconds": seconds})).await;
    }

    pub async fn now(&self) -> u64 {
        self.get("/__sim/clock", &[]).await["now"].as_u64().unwrap()
    }

    /// The answer of `stable_token` in normal mode.
    pub async fn stable(&self) -> Value {
        self.post("/cgi-bin/stable_token", stable_body()).await
    }

    pub async fn token(&self) -> String {
        self.stable().await["access_token"].as_str().unwrap().to_owned()
    }

    pub async fn wx_login(&self, openid: &str) -> String {
        self.wx_login_rotating(openid, "usual").await
    }

    pub async fn wx_login_rotating(&self, openid: &str, rotation: &str) -> String {
        let answer = self.order("login", json!({"openid": openid, "rotation": rotation})).await;
        answer["code"].as_str().unwrap().to_owned()
    }

    pub async fn exchange(&self, code: &str) -> Value {
        self.get("/sns/jscode2session", &exchange_query(code)).await
    }

    /// Signs the user in and gives the session key.
    pub async fn session_key(&self, openid: &str, rotation: &str) -> String {
        let code = self.wx_login_rotating(openid, rotation).await;
        self.exchange(&code).await["session_key"].as_str().unwrap().to_owned()
    }

    pub async fn user_with_phone(&self) {
        self.order("users", json!({"openid": OPENID, "phone": "15400000001"})).await;
    }

    pub async fn phone_code(&self, openid: &str) -> String {
        let answer = self.order("phone_code", json!({"openid": openid})).await;
        answer["code"].as_str().unwrap().to_owned()
    }

    pub async fn journal(&self, path: &str) -> Vec<Value> {
        self.get("/__sim/journal", &[("path", path)]).await.as_array().unwrap().clone()
    }
}

pub fn stable_body() -> Value {
    json!({"grant_type": "client_credential", "appid": APPID, "secret": SECRET})
}

pub fn exchange_query(code: &str) -> [(&str, &str); 4] {
    [("appid", APPID), ("secret", SECRET), ("js_code", code), ("grant_type", "authorization_code")]
}

pub async fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// The answer refuses with this number, and its words end in a request id.
#[track_caller]
pub fn refused(answer: &Value, errcode: i64) {
    assert_eq!(answer["errcode"], errcode, "{answer}");
    let words = answer["errmsg"].as_str().unwrap();
    let (_, rid) = words.rsplit_once(" rid: ").unwrap_or_else(|| panic!("no rid in {words}"));
    let parts: Vec<&str> = rid.split('-').collect();
    assert_eq!(parts.len(), 3, "{words}");
    for part in parts {
        assert!(part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit()), "{words}");
    }
}

#[track_caller]
pub fn granted(answer: &Value) {
    assert!(answer.get("errcode").is_none_or(|errcode| errcode == 0), "{answer}");
}
