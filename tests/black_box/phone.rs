//! What people have in their hands: a client that keeps the API's manners, and holds every answer to the contract.
//!
//! [`Phone::get`], [`Phone::post`], [`Phone::put`] and [`Phone::delete`] behave like a phone on a bad line, so that
//! every story proves more than it tells: what succeeded is sent again with the same key and must be answered the
//! same; a key is then tried on another body; a list is asked with a cursor that nobody made; a version that is known
//! is not sent twice; a stale one is refused with what is there now. Nothing of that takes for granted that a thing
//! stands still meanwhile: what moves by itself is asked again. And where the service says that it is busy, a phone comes
//! again when it is told to.

use std::{
    fs::File,
    io::Write,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::{Method, header::HeaderMap};
use serde_json::{Value, json};

use crate::{
    contract::{Contract, Operation},
    coverage, secrets,
    servers::Suite,
    story::{Log, Setting},
};

static KEYS: AtomicU64 = AtomicU64::new(1);

/// How often a phone asks again where the service is busy, or where what it asks for moved meanwhile.
const PATIENCE: usize = 20;

/// Somebody with a phone.
#[derive(Clone, Debug)]
pub struct Phone {
    http: reqwest::Client,
    base: String,
    setting: Setting,
    log: Log,
    pub token: Option<String>,
    pub session: String,
    pub person: String,
    /// Of a WeChat user.
    pub openid: Option<String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
    said: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    /// The body of an answer that succeeded.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{} was answered {}: {}",
            self.said,
            self.status,
            self.text()
        );
        self.json()
    }

    /// That it was refused in this way; the problem.
    #[track_caller]
    pub fn refused(&self, status: u16, name: &str) -> Value {
        assert_eq!(self.status, status, "{} should be refused with {name}: {}", self.said, self.text());
        let problem = self.json();
        assert_eq!(problem["type"], format!("/problems/{name}"), "{}", self.said);
        problem
    }

    /// How long to wait where the service is busy.
    fn busy_for(&self) -> Option<Duration> {
        let is_busy = self.status == 503 && self.json()["type"] == "/problems/UNAVAILABLE";
        let seconds = self.header("retry-after").filter(|_| is_busy)?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).chars().take(1000).collect()
    }
}

impl Phone {
    pub fn new(http: reqwest::Client, base: String, setting: Setting, log: Log) -> Self {
        let (session, person) = (String::new(), String::new());
        Self { http, base, setting, log, token: None, session, person, openid: None }
    }

    pub fn client() -> reqwest::Client {
        // Shorter than the service keeps an idle connection, so that no call is sent on one that it is just closing.
        let idle = Duration::from_secs(20);
        let client =
            reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(3)).pool_idle_timeout(idle);
        client.redirect(reqwest::redirect::Policy::none()).build().expect("a client")
    }

    /// Signs in with what `POST /v1/sessions` takes.
    pub async fn sign_in(&mut self, grant: &Value) {
        let mut signed_in = self.call(Method::POST, "/v1/sessions").json(grant).send().await;
        // On a busy machine Redis may answer too late; a phone waits as long as it is told to, and tries again.
        for _ in 0..5 {
            let Some(seconds) = signed_in.header("retry-after").and_then(|wait| wait.parse().ok()) else {
                break;
            };
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            signed_in = self.call(Method::POST, "/v1/sessions").json(grant).send().await;
        }
        self.take(&signed_in.ok());
    }

    /// Keeps the token and ids of an answer to a sign-in.
    pub fn take(&mut self, signed_in: &Value) {
        let text = |value: &Value| value.as_str().expect("a string").to_owned();
        let token = text(&signed_in["access_token"]);
        secrets::remember(&token);
        self.token = Some(token);
        self.session = text(&signed_in["session_id"]);
        self.person = text(&signed_in["person"]["id"]);
    }

    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same phone, where the service is now.
    pub fn at(&self, base: String) -> Self {
        Self { base, ..self.clone() }
    }

    /// Reads; then asks again with the version, and for lists with a cursor that nobody made.
    pub async fn get(&self, path: &str) -> Reply {
        let reply = self.call(Method::GET, path).send().await;
        if reply.status == 200 {
            self.follow_up_a_read(path, &reply).await;
        }
        reply
    }

    async fn follow_up_a_read(&self, path: &str, reply: &Reply) {
        let Some(operation) = Contract::get().operation(&Method::GET, path) else { return };
        if let Some(tag) = reply.header("etag") {
            self.is_not_sent_twice(path, tag.to_owned()).await;
        }
        if operation.parameter("cursor").is_some() && coverage::first("cursor", &operation.id, self.setting) {
            // The same list: some cannot be asked for without their filters.
            let (bare, query) = path.split_once('?').unwrap_or((path, ""));
            let filters = query.split('&').filter(|part| !part.is_empty() && !part.starts_with("cursor="));
            let query = filters.chain(["cursor=AAAA"]).collect::<Vec<_>>().join("&");
            let forged = self.call(Method::GET, &format!("{bare}?{query}")).send().await;
            forged.refused(400, "CURSOR_INVALID");
        }
    }

    /// Asks with the version that is known, until it is still that one: a clock may have moved it between two reads.
    async fn is_not_sent_twice(&self, path: &str, mut known: String) {
        for _ in 0..PATIENCE {
            let again = self.call(Method::GET, path).header("if-none-match", &known).send().await;
            if again.status == 304 {
                return;
            }
            let newer = again.header("etag").unwrap_or_default().to_owned();
            assert!(again.status == 200 && newer != known, "GET {path} with the version that is known");
            known = newer;
        }
        panic!("GET {path} has another version each time");
    }

    /// Every item of a list, page by page of `limit`.
    pub async fn all(&self, path: &str, limit: u32) -> Vec<Value> {
        let glue = if path.contains('?') { '&' } else { '?' };
        let (mut items, mut next) = (Vec::new(), String::new());
        loop {
            let page = self.call(Method::GET, &format!("{path}{glue}limit={limit}{next}")).send().await.ok();
            let more = page["items"].as_array().expect("a list has items");
            assert!(
                more.len() <= usize::try_from(limit).unwrap_or(usize::MAX),
                "a page is not longer than asked"
            );
            items.extend(more.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(cursor) => next = format!("&cursor={cursor}"),
                None => return items,
            }
        }
    }

    /// Writes with a new key; what succeeded is sent again, and its key on another body.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        let key = new_key();
        let ask = |body: &Value| self.call(Method::POST, path).header("idempotency-key", &key).json(body);
        let reply = ask(body).send().await;
        let kept = Contract::get().operation(&Method::POST, path).is_some_and(Operation::takes_key);
        if kept && reply.status < 300 {
            let again = ask(body).send().await;
            assert_eq!(again.status, reply.status, "POST {path} sent again");
            assert_eq!(again.bytes, reply.bytes, "POST {path} sent again");
            assert_eq!(again.header("idempotency-replayed"), Some("true"), "POST {path} sent again");
            for header in ["etag", "location", "content-type"] {
                assert_eq!(again.header(header), reply.header(header), "{header} of POST {path} sent again");
            }
            // The same value, written in another way: the key belongs to the bytes.
            let other = self.call(Method::POST, path).header("idempotency-key", &key);
            other.json_bytes(format!("{body} ").into_bytes()).send().await.refused(422, "KEY_REUSED");
        }
        reply
    }

    /// Replaces what is there; first with a stale version, which must be refused with what is there now.
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        let call = || self.call(Method::PUT, path).json(body);
        self.change(path, &call).await
    }

    /// Takes away what is there, as [`Self::put`] replaces it.
    pub async fn delete(&self, path: &str) -> Reply {
        let call = || self.call(Method::DELETE, path);
        let versioned =
            Contract::get().operation(&Method::DELETE, path).is_some_and(Operation::takes_version);
        if versioned { self.change(path, &call).await } else { call().send().await }
    }

    async fn change(&self, path: &str, call: &dyn Fn() -> Call) -> Reply {
        for _ in 0..PATIENCE {
            let current = self.call(Method::GET, path).send().await;
            let Some(tag) = current.header("etag") else {
                return call().header("if-match", "\"v1\"").send().await;
            };
            let stale = call().header("if-match", "\"v0\"").send().await;
            let changed = call().header("if-match", tag).send().await;
            // It moved meanwhile, so that nobody knows what was there in between.
            if changed.status == 412 {
                continue;
            }
            if stale.status == 412 {
                assert_eq!(
                    stale.json()["current"],
                    current.json(),
                    "a stale version of {path} is shown what is there"
                );
            }
            return changed;
        }
        panic!("{path} has another version each time");
    }

    /// Calls what stands beside the contract.
    pub async fn beside(&self, path: &str, body: &Value) -> Reply {
        let mut call = self.call(Method::POST, path).json(body);
        call.in_the_contract = false;
        call.send().await
    }

    /// One request, exactly as told.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Call {
            request,
            method,
            path: path.to_owned(),
            setting: self.setting,
            log: self.log,
            in_the_contract: true,
        }
    }
}

/// A key that no other request has.
pub fn new_key() -> String {
    format!("key-{}-{}", std::process::id(), KEYS.fetch_add(1, Ordering::Relaxed))
}

/// A request on its way.
#[must_use]
pub struct Call {
    request: reqwest::RequestBuilder,
    method: Method,
    path: String,
    setting: Setting,
    log: Log,
    in_the_contract: bool,
}

impl Call {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With a new Idempotency-Key.
    pub fn keyed(self) -> Self {
        self.header("idempotency-key", &new_key())
    }

    pub fn json(self, body: &Value) -> Self {
        self.json_bytes(body.to_string().into_bytes())
    }

    pub fn json_bytes(self, body: Vec<u8>) -> Self {
        self.typed("application/json", body)
    }

    pub fn typed(mut self, media_type: &str, body: Vec<u8>) -> Self {
        self.request = self.request.header("content-type", media_type).body(body);
        self
    }

    /// One photo or file, as `wx.uploadFile` sends it.
    pub fn file(self, name: &str, file_name: &str, media_type: &str, bytes: &[u8]) -> Self {
        let boundary = "----linli-black-box";
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\n\
             Content-Type: {media_type}\r\n\r\n"
        );
        let body = [head.as_bytes(), bytes, format!("\r\n--{boundary}--\r\n").as_bytes()].concat();
        self.typed(&format!("multipart/form-data; boundary={boundary}"), body)
    }

    /// Sends it, and holds the answer to the contract. Unless its story breaks something, a phone that is told that the
    /// service is busy comes again when it is told to, as it was.
    pub async fn send(self) -> Reply {
        let mut call = self;
        for _ in 0..PATIENCE {
            let again = call.again();
            let reply = call.try_send().await.expect("the service answers");
            match again.zip(reply.busy_for()) {
                Some((same, wait)) => {
                    tokio::time::sleep(wait).await;
                    call = same;
                }
                None => return reply,
            }
        }
        panic!("the service is still busy");
    }

    /// The same once more; none where a story is to see each answer.
    fn again(&self) -> Option<Self> {
        let request = self.request.try_clone().filter(|_| self.log == Log::WithoutErrors)?;
        let (method, path) = (self.method.clone(), self.path.clone());
        Some(Self { request, method, path, ..*self })
    }

    /// As [`Self::send`], where the service may be gone.
    pub async fn try_send(self) -> Result<Reply, reqwest::Error> {
        let said = format!("{} {}", self.method, self.path);
        let response = self.request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let reply = Reply { status, headers, bytes: response.bytes().await?.to_vec(), said };
        if status >= 400 {
            keep(&reply);
        }
        if self.in_the_contract {
            Contract::get().hold(&self.method, &self.path, &reply, self.setting);
        }
        assert!(self.log == Log::WithErrors || status != 500, "{} broke: {}", reply.said, reply.text());
        Ok(reply)
    }
}

/// Keeps the body of an error for the scan after the run, without the resource that a 412 shows to its reader.
fn keep(reply: &Reply) {
    static FILE: Mutex<Option<File>> = Mutex::new(None);
    let mut file = FILE.lock().unwrap_or_else(PoisonError::into_inner);
    let file =
        file.get_or_insert_with(|| File::create(Suite::get().folder().join("errors.log")).expect("a file"));
    let mut body = reply.json();
    if let Some(members) = body.as_object_mut() {
        members.remove("current");
    }
    let body = if body.is_null() { json!(reply.text()) } else { body };
    let line = json!({ "status": reply.status, "body": body });
    writeln!(file, "{line}").expect("the suite's folder takes files");
}
