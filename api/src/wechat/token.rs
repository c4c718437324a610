//! The access token that every call but the sign-in needs: one for all processes.
//!
//! WeChat's `stable_token` answers the same token until its last five minutes; a *forced* refresh kills the
//! token at once, for everybody, and may be asked twenty times a day. So:
//! - A token is used until its life, counted from the *start* of its fetch, is almost over.
//! - One process fetches; the others wait for it two seconds, then fetch for themselves, which is harmless.
//! - When a call's token is refused, it is replaced only if nobody has replaced it yet, first by asking
//!   again, and by force only if WeChat insists on the same token.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::circuit::day_in_china;
use super::error::{Class, Delivery, Errcode, Meaning, WeChatError};
use super::time::Time;
use super::wire::{Call, Outgoing, Repeat, Wire, json, lenient_integer};

/// How long a lock outlives an owner that died.
const LOCK_LIFE: Duration = Duration::from_secs(10);
/// How often a process that waits for another one's fetch looks for it.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How many times it looks: two seconds in all. Counted, so that a clock that stands still ends it too.
const LOOKS: u32 = 40;
/// WeChat carries out at most one forced refresh in this time.
const BETWEEN_FORCED: Duration = Duration::from_secs(30);
/// And at most this many a day.
const FORCED_A_DAY: u64 = 20;
/// Longer than any day, so that a day's count outlives it.
const COUNT_LIFE: Duration = Duration::from_hours(48);
/// The longest part of a token's life that is left unused.
const LONGEST_MARGIN: i64 = 60;

/// Small values with a life, shared by all processes that use one WeChat app. What it holds may be lost.
#[async_trait]
pub trait TokenStore: Send + Sync + 'static {
    /// The value, while it lives.
    async fn get(&self, key: &str) -> Result<Option<String>, StoreDown>;
    /// Keeps `value` for `life`, which is at least a millisecond.
    async fn put(&self, key: &str, value: &str, life: Duration) -> Result<(), StoreDown>;
    /// Keeps `value` only if there is none; says whether it did. This is a lock.
    async fn put_if_absent(&self, key: &str, value: &str, life: Duration) -> Result<bool, StoreDown>;
    /// Deletes only what still equals `value`; says whether it did.
    async fn delete_if_equal(&self, key: &str, value: &str) -> Result<bool, StoreDown>;
    /// Adds one, from 0 where there is none, and says the sum. The first addition sets the life.
    async fn increment(&self, key: &str, life: Duration) -> Result<u64, StoreDown>;
}

/// The store cannot be asked now. Tokens are then fetched without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the token store cannot be reached")]
pub struct StoreDown;

/// A [`TokenStore`] for a single process.
pub struct MemoryTokenStore {
    time: Arc<dyn Time>,
    values: Mutex<HashMap<String, (String, DateTime<Utc>)>>,
}

impl MemoryTokenStore {
    /// An empty store, whose values age by `time`.
    pub fn new(time: Arc<dyn Time>) -> Self {
        Self { time, values: Mutex::default() }
    }

    /// What still lives.
    fn living(&self) -> MutexGuard<'_, HashMap<String, (String, DateTime<Utc>)>> {
        let now = self.time.now();
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        values.retain(|_, (_, end)| now < *end);
        values
    }

    fn end(&self, life: Duration) -> DateTime<Utc> {
        let now = self.time.now();
        TimeDelta::from_std(life).ok().and_then(|life| now.checked_add_signed(life)).unwrap_or(now)
    }
}

#[async_trait]
impl TokenStore for MemoryTokenStore {
    async fn get(&self, key: &str) -> Result<Option<String>, StoreDown> {
        Ok(self.living().get(key).map(|(value, _)| value.clone()))
    }

    async fn put(&self, key: &str, value: &str, life: Duration) -> Result<(), StoreDown> {
        let end = self.end(life);
        self.living().insert(key.to_owned(), (value.to_owned(), end));
        Ok(())
    }

    async fn put_if_absent(&self, key: &str, value: &str, life: Duration) -> Result<bool, StoreDown> {
        let end = self.end(life);
        let mut values = self.living();
        let absent = !values.contains_key(key);
        if absent {
            values.insert(key.to_owned(), (value.to_owned(), end));
        }
        Ok(absent)
    }

    async fn delete_if_equal(&self, key: &str, value: &str) -> Result<bool, StoreDown> {
        let mut values = self.living();
        let equal = values.get(key).is_some_and(|(held, _)| held == value);
        if equal {
            values.remove(key);
        }
        Ok(equal)
    }

    async fn increment(&self, key: &str, life: Duration) -> Result<u64, StoreDown> {
        let end = self.end(life);
        let mut values = self.living();
        let (count, _) = values.entry(key.to_owned()).or_insert_with(|| ("0".to_owned(), end));
        let sum = count.parse::<u64>().unwrap_or(0).saturating_add(1);
        *count = sum.to_string();
        Ok(sum)
    }
}

/// An access token, and how long we use it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Token {
    text: String,
    deadline: DateTime<Utc>,
    /// How often WeChat has answered this token since it was refused to somebody.
    insisted: u32,
}

impl Token {
    pub fn expose(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

/// What is asked of the store: any token, or one that is not the refused one.
#[derive(Clone, Copy)]
enum Need<'a> {
    Any,
    OtherThan(&'a Token),
}

impl Need<'_> {
    fn is_met_by(self, token: &Token) -> bool {
        match self {
            Self::Any => true,
            Self::OtherThan(refused) => refused.text != token.text,
        }
    }
}

/// How the token is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Normal,
    Forced,
}

/// Who is fetching.
enum Lock {
    Ours,
    Theirs,
    NoStore,
}

/// The token of one WeChat app, for this process and, through the store, for all.
pub(super) struct Tokens {
    wire: Arc<Wire>,
    store: Arc<dyn TokenStore>,
    appid: String,
    secret: SecretString,
    keys: Keys,
    /// The last token seen, for when the store is down.
    remembered: Mutex<Option<Token>>,
    /// Held by the one task of this process that fetches; keeps how the last fetch ended.
    flight: tokio::sync::Mutex<Option<Result<Token, WeChatError>>>,
    landed: AtomicU64,
}

/// One hash tag for all, so that they live together in a cluster; the appid in it, so that two apps can
/// share one Redis.
struct Keys {
    token: String,
    lock: String,
    forced: String,
}

impl Tokens {
    pub fn new(wire: Arc<Wire>, store: Arc<dyn TokenStore>, appid: String, secret: SecretString) -> Self {
        let keys = Keys {
            token: format!("{{wx:{appid}}}:stable_at"),
            lock: format!("{{wx:{appid}}}:stable_at:lock"),
            forced: format!("{{wx:{appid}}}:stable_at:forced"),
        };
        Self {
            wire,
            store,
            appid,
            secret,
            keys,
            remembered: Mutex::default(),
            flight: tokio::sync::Mutex::default(),
            landed: AtomicU64::default(),
        }
    }

    /// A token to call with.
    pub async fn current(&self) -> Result<Token, WeChatError> {
        self.find(Need::Any).await
    }

    /// A token in place of one that a call was refused with.
    pub async fn instead_of(&self, refused: &Token) -> Result<Token, WeChatError> {
        self.find(Need::OtherThan(refused)).await
    }

    async fn find(&self, need: Need<'_>) -> Result<Token, WeChatError> {
        match self.kept().await.filter(|token| need.is_met_by(token)) {
            Some(token) => Ok(token),
            None => self.single_flight(need).await,
        }
    }

    /// One task of this process refreshes; those that waited for it share how it ended.
    async fn single_flight(&self, need: Need<'_>) -> Result<Token, WeChatError> {
        let before = self.landed.load(Ordering::Acquire);
        let mut flight = self.flight.lock().await;
        if self.landed.load(Ordering::Acquire) != before {
            match &*flight {
                Some(Ok(token)) if need.is_met_by(token) => return Ok(token.clone()),
                Some(Err(error)) => return Err(error.clone()),
                _ => {}
            }
        }
        let end = self.refresh(need).await;
        *flight = Some(end.clone());
        self.landed.fetch_add(1, Ordering::Release);
        end
    }

    /// One process refreshes; the others wait for what it keeps, but not for long.
    async fn refresh(&self, need: Need<'_>) -> Result<Token, WeChatError> {
        let owner = self.owner();
        for _ in 0..LOOKS {
            match self.lock(&owner).await {
                Lock::Ours => {
                    let end = self.refresh_alone(need).await;
                    self.unlock(&owner).await;
                    return end;
                }
                Lock::NoStore => break,
                Lock::Theirs => self.wire.time.sleep(LOOK_EVERY).await,
            }
            if let Some(token) = self.kept().await.filter(|token| need.is_met_by(token)) {
                return Ok(token);
            }
        }
        self.refresh_without_lock(need).await
    }

    /// With the lock held.
    async fn refresh_alone(&self, need: Need<'_>) -> Result<Token, WeChatError> {
        let kept = self.kept().await;
        if let Some(token) = kept.as_ref().filter(|token| need.is_met_by(token)) {
            return Ok(token.clone());
        }
        let Need::OtherThan(refused) = need else { return self.fetch_and_keep(Mode::Normal).await };
        let already_asked = kept.is_some_and(|kept| kept.insisted > refused.insisted);
        if !already_asked {
            self.forget(refused).await;
            if let Some(token) = self.ask_for_another(Mode::Normal, refused).await? {
                return Ok(token);
            }
        }
        tracing::warn!("WeChat insists on a token that it refused");
        if self.may_force().await
            && let Some(token) = self.ask_for_another(Mode::Forced, refused).await?
        {
            return Ok(token);
        }
        Err(refused_for_good())
    }

    /// Safe beside others in normal mode; force is not, without a count of it.
    async fn refresh_without_lock(&self, need: Need<'_>) -> Result<Token, WeChatError> {
        match need {
            Need::Any => self.fetch_and_keep(Mode::Normal).await,
            Need::OtherThan(refused) => {
                self.ask_for_another(Mode::Normal, refused).await?.ok_or_else(refused_for_good)
            }
        }
    }

    /// `None` if WeChat answers the refused token again. It is kept all the same, marked, so that others
    /// who hold it need not ask once more.
    async fn ask_for_another(&self, mode: Mode, refused: &Token) -> Result<Option<Token>, WeChatError> {
        let mut token = self.fetch(mode).await?;
        let another = token.text != refused.text;
        if !another {
            token.insisted = refused.insisted.saturating_add(1);
        }
        self.keep(&token).await;
        Ok(another.then_some(token))
    }

    async fn fetch_and_keep(&self, mode: Mode) -> Result<Token, WeChatError> {
        let token = self.fetch(mode).await?;
        self.keep(&token).await;
        Ok(token)
    }

    async fn fetch(&self, mode: Mode) -> Result<Token, WeChatError> {
        let asked_at = self.wire.now();
        let body = serde_json::json!({
            "grant_type": "client_credential",
            "appid": self.appid,
            "secret": self.secret.expose_secret(),
            "force_refresh": mode == Mode::Forced,
        });
        let body = body.to_string();
        let outgoing = Outgoing { query: &[], body: Some(body.as_bytes()) };
        let call = if mode == Mode::Forced { forced() } else { stable_token() };
        let fetched: Fetched = self.wire.exchange(&call, outgoing, json).await.map_err(nothing_done)?;
        let deadline = deadline(asked_at, fetched.expires_in)
            .filter(|_| !fetched.access_token.is_empty())
            .ok_or(WeChatError::Unreachable(Delivery::NotSent))?;
        Ok(Token { text: fetched.access_token, deadline, insisted: 0 })
    }

    /// Whether WeChat would carry out a forced refresh: not within 30 s of the last, nor a 21st in a day.
    async fn may_force(&self) -> bool {
        let day = format!("{}:{}", self.keys.forced, day_in_china(self.wire.now()).format("%Y%m%d"));
        let guard = self.store.put_if_absent(&self.keys.forced, "1", BETWEEN_FORCED).await;
        guard == Ok(true)
            && self.store.increment(&day, COUNT_LIFE).await.is_ok_and(|count| count <= FORCED_A_DAY)
    }

    /// The token that all share, while it is fresh.
    async fn kept(&self) -> Option<Token> {
        let token = match self.store.get(&self.keys.token).await {
            Ok(text) => text.and_then(|text| serde_json::from_str(&text).ok()),
            Err(StoreDown) => self.remembered().clone(),
        };
        token.filter(|token: &Token| self.wire.now() < token.deadline)
    }

    async fn keep(&self, token: &Token) {
        *self.remembered() = Some(token.clone());
        let left = (token.deadline - self.wire.now()).to_std().unwrap_or_default();
        let Ok(text) = serde_json::to_string(token) else { return };
        if left >= Duration::from_millis(1) && self.store.put(&self.keys.token, &text, left).await.is_err() {
            tracing::warn!("the token store is down; this process keeps its own token");
        }
    }

    /// Forgets the refused token, but never one that has replaced it.
    async fn forget(&self, refused: &Token) {
        let Ok(Some(text)) = self.store.get(&self.keys.token).await else { return };
        let is_refused = serde_json::from_str(&text).is_ok_and(|held: Token| held.text == refused.text);
        if is_refused && self.store.delete_if_equal(&self.keys.token, &text).await.is_err() {
            tracing::warn!("the token store is down; a refused token stays in it");
        }
    }

    async fn lock(&self, owner: &str) -> Lock {
        match self.store.put_if_absent(&self.keys.lock, owner, LOCK_LIFE).await {
            Ok(true) => Lock::Ours,
            Ok(false) => Lock::Theirs,
            Err(StoreDown) => Lock::NoStore,
        }
    }

    async fn unlock(&self, owner: &str) {
        if self.store.delete_if_equal(&self.keys.lock, owner).await.is_err() {
            tracing::warn!("the token store is down; a lock in it ends by itself");
        }
    }

    fn owner(&self) -> String {
        let part = || (self.wire.chance)(u64::MAX);
        format!("{:016x}{:016x}", part(), part())
    }

    fn remembered(&self) -> MutexGuard<'_, Option<Token>> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct Fetched {
    access_token: String,
    #[serde(deserialize_with = "lenient_integer")]
    expires_in: i64,
}

/// Until when a token is used: its life from the moment it was asked for, less a margin of a minute, or of
/// a quarter where little is left. `None` if it has no life.
fn deadline(asked_at: DateTime<Utc>, expires_in: i64) -> Option<DateTime<Utc>> {
    let used = expires_in - LONGEST_MARGIN.min(expires_in / 4);
    (expires_in > 0).then(|| asked_at.checked_add_signed(TimeDelta::try_seconds(used)?)).flatten()
}

/// Whatever became of the token's fetch, the call that wanted the token was not made.
fn nothing_done(error: WeChatError) -> WeChatError {
    match error.class() {
        Class::Uncertain => WeChatError::Unreachable(Delivery::NotSent),
        _ => error,
    }
}

/// Both tokens are the same one, and it is refused.
fn refused_for_good() -> WeChatError {
    WeChatError::Token { code: 40001, rid: None }
}

fn stable_token() -> Call {
    Call {
        method: Method::POST,
        path: "/cgi-bin/stable_token",
        quota: "/cgi-bin/stable_token",
        repeat: Repeat::Freely,
        meaning,
    }
}

/// Its daily quota is its own: when it is used up, the token can still be asked for.
fn forced() -> Call {
    Call { quota: "/cgi-bin/stable_token force_refresh", repeat: Repeat::IfNotDone, ..stable_token() }
}

/// Where the token itself is asked for, 40001 is not about a token.
fn meaning(errcode: &Errcode) -> Option<Meaning> {
    match errcode.code {
        40001 => Some(Meaning::Config("set the mini-program's current secret")),
        _ => None,
    }
}
