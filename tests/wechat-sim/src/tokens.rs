//! Access tokens of both families, `token` and `stable_token`, and who may call with which.
//!
//! The families are kept apart: a call to one never touches a token of the other.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::{MINUTE, SECOND};
use crate::wire::{Ask, Granted, Refusal};
use crate::world::World;

/// 7200 seconds.
const LIFE: u64 = 7_200 * SECOND;
/// An old token lives on beside its successor for five minutes, and a stable token is renewed in its last five.
const OVERLAP: u64 = 5 * MINUTE;
/// Forced refreshes nearer together than this do nothing.
const FORCE_PAUSE: u64 = 30 * SECOND;

#[derive(Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    Classic,
    Stable,
}

struct Token {
    appid: String,
    family: Family,
    born: u64,
    good_until: u64,
    /// Killed by hand: refused with this number from then on.
    killed: Option<i64>,
}

impl Token {
    fn alive(&self, now: u64) -> bool {
        self.killed.is_none() && now < self.good_until
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Predecessor {
    LivesOn,
    DiesNow,
}

#[derive(Default)]
pub struct Tokens {
    given: HashMap<String, Token>,
    current: HashMap<(String, Family), String>,
    last_forced: HashMap<String, u64>,
    /// Killed tokens that `stable_token` nevertheless goes on giving out until it is forced.
    sticky: Option<String>,
    /// Every business call is refused with this number, whatever token it shows.
    pub rejecting: Option<i64>,
}

impl Tokens {
    fn current(&self, appid: &str, family: Family) -> Option<(&String, &Token)> {
        self.given.get_key_value(self.current.get(&(appid.to_owned(), family))?)
    }

    fn give(&mut self, value: String, appid: &str, family: Family, now: u64, predecessor: Predecessor) {
        let old = self.current.insert((appid.to_owned(), family), value.clone());
        if let Some(old) = old.and_then(|old| self.given.get_mut(&old)).filter(|old| old.alive(now)) {
            old.good_until = match predecessor {
                Predecessor::LivesOn => now + OVERLAP,
                Predecessor::DiesNow => now,
            };
        }
        let token =
            Token { appid: appid.to_owned(), family, born: now, good_until: now + LIFE, killed: None };
        self.given.insert(value, token);
    }

    /// Kills the current tokens of `appid`, of one family or of both.
    pub fn kill(
        &mut self,
        appid: &str,
        family: Option<Family>,
        errcode: i64,
        afterwards: Afterwards,
    ) -> usize {
        let families = [Family::Classic, Family::Stable];
        let mut killed = 0;
        for one in families.into_iter().filter(|one| family.is_none_or(|wanted| wanted == *one)) {
            let Some(value) = self.current.get(&(appid.to_owned(), one)).cloned() else { continue };
            if let Some(token) = self.given.get_mut(&value) {
                token.killed = Some(errcode);
                killed += 1;
            }
            if one == Family::Stable && afterwards == Afterwards::SameToken {
                self.sticky = Some(value);
            }
        }
        killed
    }

    /// Every token ever given, for assertions.
    pub fn list(&self, now: u64) -> Value {
        let described = |(value, token): (&String, &Token)| {
            let current = self.current.get(&(token.appid.clone(), token.family)) == Some(value);
            json!({"access_token": value, "appid": token.appid, "family": token.family, "born": token.born / SECOND,
                "current": current, "good": token.alive(now)})
        };
        self.given.iter().map(described).collect()
    }
}

/// What `stable_token` gives in normal mode after the current token was killed.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Afterwards {
    #[default]
    NewToken,
    /// The dead one again, until a refresh is forced.
    SameToken,
}

/// The app that calls with the query's `access_token`.
pub fn bearer(world: &World, ask: &Ask) -> Result<String, Refusal> {
    let value = ask.param("access_token").ok_or_else(|| Refusal::new(41001, "access_token missing"))?;
    if let Some(errcode) = world.tokens.rejecting {
        return Err(refused_token(errcode));
    }
    let token = world.tokens.given.get(value).ok_or_else(|| refused_token(40014))?;
    if let Some(errcode) = token.killed {
        return Err(refused_token(errcode));
    }
    let now = world.clock.now();
    if now >= token.good_until {
        return Err(refused_token(if now >= token.born + LIFE { 42001 } else { 40001 }));
    }
    let denied = world.apps.0.get(&token.appid).is_some_and(|app| app.denied.contains(&ask.path));
    if denied { Err(Refusal::new(48001, "api unauthorized")) } else { Ok(token.appid.clone()) }
}

fn refused_token(errcode: i64) -> Refusal {
    let words = match errcode {
        40014 => "invalid access_token",
        42001 => "access_token expired",
        _ => "invalid credential, access_token is invalid or not latest",
    };
    Refusal::new(errcode, words)
}

/// `GET /cgi-bin/token`: each call a new token.
pub fn classic(world: &mut World, ask: &Ask) -> Result<Granted, Refusal> {
    ask.must_get()?;
    if ask.param("grant_type") != Some("client_credential") {
        return Err(Refusal::new(40002, "invalid grant_type"));
    }
    // A secret of the right form that is wrong reads 40001 on this interface; a malformed one 40125.
    let wrong = |secret: &str| if well_formed(secret) { 40001 } else { 40125 };
    let (appid, app) = world.apps.shown(ask.param("appid"), ask.param("secret"), wrong)?;
    granted_to(app.refuses_tokens)?;
    let now = world.clock.now();
    world.quotas.spend("token.day", &appid, now)?;
    let value = minted(world);
    world.tokens.give(value.clone(), &appid, Family::Classic, now, Predecessor::LivesOn);
    Ok(Granted::Json(json!({"access_token": value, "expires_in": LIFE / SECOND})))
}

/// `POST /cgi-bin/stable_token`: the same token with what is left of its life, or by force a new one.
pub fn stable(world: &mut World, ask: &Ask) -> Result<Granted, Refusal> {
    ask.must_post()?;
    let posted = ask.posted(&["grant_type", "appid", "secret", "force_refresh"])?;
    if posted.text("grant_type")? != Some("client_credential") {
        return Err(Refusal::new(40002, "invalid grant_type"));
    }
    let (appid, app) = world.apps.shown(posted.text("appid")?, posted.text("secret")?, |_| 40125)?;
    granted_to(app.refuses_tokens)?;
    let now = world.clock.now();
    world.quotas.spend("stable_token.minute", &appid, now)?;
    world.quotas.spend("stable_token.day", &appid, now)?;

    let too_soon = world.tokens.last_forced.get(&appid).is_some_and(|last| now < last + FORCE_PAUSE);
    if posted.truth("force_refresh")?.unwrap_or(false) && !too_soon {
        world.quotas.spend("stable_token.forced.day", &appid, now)?;
        world.tokens.last_forced.insert(appid.clone(), now);
        world.tokens.sticky = None;
        let value = minted(world);
        world.tokens.give(value, &appid, Family::Stable, now, Predecessor::DiesNow);
    } else if !keeps_current(&world.tokens, &appid, now) {
        let value = minted(world);
        world.tokens.give(value, &appid, Family::Stable, now, Predecessor::LivesOn);
    }
    let (value, token) = world.tokens.current(&appid, Family::Stable).ok_or_else(crate::wire::busy)?;
    let left = token.good_until.saturating_sub(now) / SECOND;
    Ok(Granted::Json(json!({"access_token": value, "expires_in": left})))
}

/// Whether normal mode gives the current token again: it has five minutes left, or is made to stick.
fn keeps_current(tokens: &Tokens, appid: &str, now: u64) -> bool {
    tokens.current(appid, Family::Stable).is_some_and(|(value, token)| {
        let sticks = tokens.sticky.as_ref() == Some(value);
        (sticks || token.killed.is_none()) && token.good_until >= now + OVERLAP
    })
}

fn granted_to(refuses: Option<i64>) -> Result<(), Refusal> {
    match refuses {
        None => Ok(()),
        Some(40164) => Err(Refusal::new(40164, "invalid ip 127.0.0.1, not in whitelist")),
        Some(errcode) => Err(Refusal::new(errcode, "refused to this account")),
    }
}

fn minted(world: &mut World) -> String {
    world.random.letters(world.settings.token_length)
}

/// 32 hexadecimal digits.
fn well_formed(secret: &str) -> bool {
    secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit())
}
