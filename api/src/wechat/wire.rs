//! One call over HTTP: what is sent, what is read, and when it is tried again.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::circuit::{Circuit, opens};
use super::error::{Delivery, Errcode, Meaning, Reach, WeChatError};
use super::time::{Chance, Time};

/// How often a call is made at most, the first time included.
const TRIES: u32 = 3;
/// The first wait between two tries; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// Up to this many milliseconds are added to a wait, so that servers do not come back in step.
const JITTER_MS: u64 = 500;
/// No answer is longer, pictures included.
const ANSWER_LIMIT: usize = 4 << 20;

/// One of WeChat's calls.
pub(super) struct Call {
    pub method: Method,
    pub path: &'static str,
    /// The name under which its quota is counted; the path, unless one path has two quotas.
    pub quota: &'static str,
    pub repeat: Repeat,
    /// What a code means here where it differs from [`Meaning::common`].
    pub meaning: fn(&Errcode) -> Option<Meaning>,
}

/// When a call may be made again after it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repeat {
    /// Never: what it spends can be spent once.
    Never,
    /// When nothing happened at WeChat for sure.
    IfNotDone,
    /// Whenever no usable answer came: doing it twice is the same as once.
    Freely,
}

/// What goes out. `query` may hold secrets: it is never logged.
#[derive(Clone, Copy)]
pub(super) struct Outgoing<'a> {
    pub query: &'a [(&'a str, &'a str)],
    pub body: Option<&'a [u8]>,
}

/// What came back. WeChat's content type says little: one of its JSON answers is `text/plain`.
pub(super) struct Answer {
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// Why one try failed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// WeChat said so.
    Said(Errcode),
    /// No answer came.
    Silent(Delivery),
    /// The answer is none.
    Unreadable,
}

/// The way to WeChat.
pub(super) struct Wire {
    pub http: reqwest::Client,
    /// Without a slash at the end.
    pub base_url: String,
    pub time: Arc<dyn Time>,
    pub chance: Chance,
    pub circuit: Circuit,
}

impl Wire {
    pub fn now(&self) -> DateTime<Utc> {
        self.time.now()
    }

    /// Makes `call`, again where that is safe, and reads its answer with `read`.
    pub async fn exchange<T>(
        &self,
        call: &Call,
        outgoing: Outgoing<'_>,
        read: fn(&Answer) -> Result<T, Trouble>,
    ) -> Result<T, WeChatError> {
        let mut attempt = 1;
        loop {
            self.circuit.check(call.quota, self.now())?;
            let trouble = match self.once(call, outgoing).await.and_then(|answer| read(&answer)) {
                Ok(read) => return Ok(read),
                Err(trouble) => trouble,
            };
            log(call, &trouble, attempt);
            if attempt == TRIES || !call.may_repeat(&trouble) {
                return Err(self.conclude(call, trouble));
            }
            self.time.sleep(self.wait(attempt)).await;
            attempt += 1;
        }
    }

    async fn once(&self, call: &Call, outgoing: Outgoing<'_>) -> Result<Answer, Trouble> {
        let url = format!("{}{}", self.base_url, call.path);
        let mut request = self.http.request(call.method.clone(), url).query(outgoing.query);
        if let Some(body) = outgoing.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_vec());
        }
        let response = request.send().await.map_err(|error| silent(call, error))?;
        let status = response.status();
        if status.is_server_error() {
            return Err(Trouble::Silent(Delivery::Unknown));
        }
        if !status.is_success() {
            return Err(Trouble::Unreadable);
        }
        take(call, response).await
    }

    fn wait(&self, attempt: u32) -> Duration {
        let doubled = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        doubled + Duration::from_millis((self.chance)(JITTER_MS))
    }

    /// The last word on a call, closing it where a quota is used up.
    fn conclude(&self, call: &Call, trouble: Trouble) -> WeChatError {
        let errcode = match trouble {
            Trouble::Said(errcode) => errcode,
            Trouble::Silent(delivery) => return WeChatError::Unreachable(delivery),
            Trouble::Unreadable => return WeChatError::Unreadable { path: call.path },
        };
        let Errcode { code, .. } = errcode;
        match call.meaning_of(&errcode) {
            Meaning::Busy => WeChatError::Busy { rid: errcode.rid },
            Meaning::TokenRefused => WeChatError::Token { code, rid: errcode.rid },
            Meaning::Config(cure) => WeChatError::Config { code, cure, rid: errcode.rid },
            Meaning::Refusal(refusal) => errcode.refused(refusal),
            Meaning::Quota(window, reach) => {
                let until = opens(window, self.now());
                if reach == Reach::App {
                    self.circuit.close(call.quota, code, until);
                }
                WeChatError::Quota { code, until }
            }
        }
    }
}

impl Call {
    fn meaning_of(&self, errcode: &Errcode) -> Meaning {
        (self.meaning)(errcode).unwrap_or_else(|| Meaning::common(errcode.code))
    }

    fn may_repeat(&self, trouble: &Trouble) -> bool {
        let nothing_happened = match trouble {
            Trouble::Said(errcode) if self.meaning_of(errcode) == Meaning::Busy => true,
            Trouble::Said(_) => return false,
            Trouble::Silent(Delivery::NotSent) => true,
            Trouble::Silent(Delivery::Unknown) | Trouble::Unreadable => false,
        };
        match self.repeat {
            Repeat::Never => false,
            Repeat::IfNotDone => nothing_happened,
            Repeat::Freely => true,
        }
    }
}

/// What reqwest's error means. Its text holds the URL, and with it the secret or token: it is cut off.
fn silent(call: &Call, error: reqwest::Error) -> Trouble {
    let delivery = if error.is_connect() { Delivery::NotSent } else { Delivery::Unknown };
    let error = error.without_url();
    tracing::debug!(path = call.path, %error, "no answer from WeChat");
    Trouble::Silent(delivery)
}

async fn take(call: &Call, mut response: Response) -> Result<Answer, Trouble> {
    let content_type = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| silent_after_sending(call, error))? {
        if bytes.len() + chunk.len() > ANSWER_LIMIT {
            return Err(Trouble::Unreadable);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Answer { content_type, bytes })
}

fn silent_after_sending(call: &Call, error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    tracing::debug!(path = call.path, %error, "WeChat's answer broke off");
    Trouble::Silent(Delivery::Unknown)
}

/// What an operator can do something about is a warning; a person's refusal (a code used twice, no
/// subscription left) is everyday.
fn log(call: &Call, trouble: &Trouble, attempt: u32) {
    let path = call.path;
    match trouble {
        Trouble::Said(errcode) => {
            let (code, rid) = (errcode.code, errcode.rid.as_ref().map(tracing::field::display));
            if let Meaning::Refusal(_) = call.meaning_of(errcode) {
                tracing::debug!(path, errcode = code, rid, attempt, "WeChat refused a call");
            } else {
                tracing::warn!(path, errcode = code, rid, attempt, "WeChat could not serve a call");
            }
        }
        Trouble::Silent(delivery) => tracing::warn!(path, %delivery, attempt, "WeChat did not answer"),
        Trouble::Unreadable => tracing::warn!(path, attempt, "WeChat's answer cannot be read"),
    }
}

/// Reads a JSON answer: a failure where `errcode` is there and not 0, else a `T`.
pub(super) fn json<T: DeserializeOwned>(answer: &Answer) -> Result<T, Trouble> {
    let value: Value = serde_json::from_slice(&answer.bytes).map_err(|_| Trouble::Unreadable)?;
    succeeded(&value)?;
    serde_json::from_value(value).map_err(|_| Trouble::Unreadable)
}

/// Success is `errcode` absent or 0. It is a number, or now and then a numeric string.
pub(super) fn succeeded(answer: &Value) -> Result<(), Trouble> {
    let Value::Object(fields) = answer else { return Err(Trouble::Unreadable) };
    let code = match fields.get("errcode") {
        None | Some(Value::Null) => 0,
        Some(code) => integer(code).ok_or(Trouble::Unreadable)?,
    };
    if code == 0 {
        return Ok(());
    }
    let errmsg = fields.get("errmsg").and_then(Value::as_str).unwrap_or_default();
    Err(Trouble::Said(Errcode::new(code, errmsg)))
}

/// A number, written as one or as a string.
pub(super) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// For fields that are a number in the documentation and a string in the field, or the other way round.
pub(super) fn lenient_integer<'de, D: serde::Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    let value = <Value as serde::Deserialize>::deserialize(from)?;
    integer(&value).ok_or_else(|| serde::de::Error::custom("not an integer"))
}

/// Text that may come as a number.
pub(super) fn lenient_text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    match <Value as serde::Deserialize>::deserialize(from)? {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        _ => Err(serde::de::Error::custom("not a text")),
    }
}
