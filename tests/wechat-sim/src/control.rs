//! The tests' side of the simulator, under `/__sim/`: time, faults, the journal, and what people do on their phones.
//!
//! Orders and answers are JSON. An order that is not understood is HTTP 400 with `{"problem": …}`, never overlooked;
//! `appid` may be left out everywhere and then means the app that exists from the start.

use actix_web::http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::apps::{APPID, App};
use crate::clock::{Pace, SECOND};
use crate::content::Marker;
use crate::faults::Fault;
use crate::login::{self, Rotation};
use crate::media;
use crate::open_data::{self, Flaw};
use crate::phone;
use crate::push::{self, Console, Moment};
use crate::subscribe::{self, Template, Term};
use crate::tokens::{Afterwards, Family};
use crate::users::User;
use crate::values;
use crate::wire::Ask;
use crate::world::World;

pub enum Misuse {
    /// There is no such order.
    Unknown,
    /// The order cannot be carried out, and why.
    Wrong(String),
}

impl Misuse {
    fn wrong(why: &str) -> Self {
        Self::Wrong(why.to_owned())
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Wrong(_) => StatusCode::BAD_REQUEST,
        }
    }

    pub fn told(&self) -> Value {
        match self {
            Self::Unknown => json!({"problem": "no such order"}),
            Self::Wrong(why) => json!({"problem": why}),
        }
    }
}

type Outcome = Result<Value, Misuse>;

/// Carries out one order.
pub fn obey(world: &mut World, ask: &Ask) -> Outcome {
    let what = ask.path.strip_prefix("/__sim/").unwrap_or_default();
    match (ask.method.as_str(), what) {
        ("POST", "reset") => {
            *world = World::new();
            Ok(done())
        }
        ("GET", "clock") => Ok(time(world)),
        ("POST", "clock") => set_clock(world, &order(ask)?),
        ("POST", "advance") => Ok(advance(world, &order(ask)?)),
        ("GET", "journal") => Ok(world.journal.entries(ask.param("path"))),
        ("DELETE", "journal") => {
            world.journal.clear();
            Ok(done())
        }
        ("GET", "faults") => Ok(json!(world.faults.waiting())),
        ("POST", "faults") => {
            world.faults.order(order::<Fault>(ask)?);
            Ok(done())
        }
        ("DELETE", "faults") => {
            world.faults.clear();
            Ok(done())
        }
        ("GET", "settings") => Ok(json!(world.settings)),
        ("POST", "settings") => change_settings(world, &order(ask)?),
        ("GET", "quotas") => Ok(json!(world.quotas.limits())),
        ("POST", "quotas") => set_quota(world, &order(ask)?),
        ("POST", "apps") => Ok(register_app(world, order(ask)?)),
        ("POST", "users") => Ok(register_user(world, order(ask)?)),
        ("POST", "seen") => Ok(seen(world, &order(ask)?)),
        ("POST", "login") => Ok(log_in(world, &order(ask)?)),
        ("POST", "phone_code") => phone_code(world, &order(ask)?),
        ("POST", "open_data") => seal_open_data(world, order(ask)?),
        ("GET", "tokens") => Ok(world.tokens.list(world.clock.now())),
        ("POST", "tokens/kill") => Ok(kill_tokens(world, &order(ask)?)),
        ("POST", "tokens/reject") => Ok(reject_tokens(world, &order(ask)?)),
        ("POST", "templates") => register_template(world, order(ask)?),
        ("POST", "subscribe") => Ok(subscribe(world, order(ask)?)),
        ("POST", "unsubscribe") => Ok(unsubscribe(world, &order(ask)?)),
        ("GET", "credits") => credits(world, ask),
        ("POST", "pages") => Ok(release_pages(world, order(ask)?)),
        ("POST", "words") => {
            world.markers.push(order::<Marker>(ask)?);
            Ok(done())
        }
        ("POST", "pictures") => {
            world.media.found = order(ask)?;
            Ok(done())
        }
        ("POST", "names") => Ok(lead(world, order(ask)?)),
        ("POST", "pushes") => push_events(world, &order(ask)?),
        ("POST", "greeting") => Ok(greet(world, &order(ask)?)),
        ("POST", "results") => {
            world.media.fates.push_back(order(ask)?);
            Ok(done())
        }
        ("GET", "events") => Ok(Value::from(events(world))),
        ("DELETE", "events") => {
            world.subscriptions.events.clear();
            Ok(done())
        }
        _ => Err(Misuse::Unknown),
    }
}

fn done() -> Value {
    json!({"ok": true})
}

/// The order in the body; an empty body is an order without members.
fn order<T: DeserializeOwned>(ask: &Ask) -> Result<T, Misuse> {
    let body = if ask.body.is_empty() { b"{}" } else { ask.body.as_slice() };
    serde_json::from_slice(body).map_err(|error| Misuse::Wrong(error.to_string()))
}

fn default_appid() -> String {
    APPID.to_owned()
}

// Time.

fn time(world: &World) -> Value {
    let now = world.clock.now();
    json!({"now": now / SECOND, "now_ms": now, "running": world.clock.pace() == Pace::Running})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetClock {
    /// Seconds since 1970.
    at: Option<u64>,
    at_ms: Option<u64>,
    running: Option<bool>,
}

fn set_clock(world: &mut World, order: &SetClock) -> Outcome {
    if order.at.is_some() && order.at_ms.is_some() {
        return Err(Misuse::wrong("at or at_ms, not both"));
    }
    let at = order.at_ms.or(order.at.map(|at| at * SECOND)).unwrap_or_else(|| world.clock.now());
    let pace = match order.running {
        None => world.clock.pace(),
        Some(true) => Pace::Running,
        Some(false) => Pace::Stopped,
    };
    world.clock.set(at, pace);
    Ok(time(world))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    #[serde(default)]
    seconds: u64,
    #[serde(default)]
    ms: u64,
}

fn advance(world: &mut World, order: &Advance) -> Value {
    world.clock.advance(order.seconds * SECOND + order.ms);
    time(world)
}

// Ways and limits.

/// Changes the settings named and leaves the others.
fn change_settings(world: &mut World, changes: &Map<String, Value>) -> Outcome {
    let mut all = json!(world.settings);
    for (name, value) in changes {
        if let Some(all) = all.as_object_mut() {
            all.insert(name.clone(), value.clone());
        }
    }
    let settings: crate::settings::Settings =
        serde_json::from_value(all).map_err(|error| Misuse::Wrong(error.to_string()))?;
    if !(16..=512).contains(&settings.token_length) {
        return Err(Misuse::wrong("token_length is 16 to 512"));
    }
    world.settings = settings;
    Ok(json!(world.settings))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetQuota {
    name: String,
    limit: u64,
}

fn set_quota(world: &mut World, order: &SetQuota) -> Outcome {
    if world.quotas.limit(&order.name, order.limit) {
        Ok(json!(world.quotas.limits()))
    } else {
        Err(Misuse::wrong("no quota of that name"))
    }
}

// Apps and people.

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisterApp {
    appid: String,
    secret: String,
    #[serde(default = "yes")]
    bound: bool,
    refuses_tokens: Option<i64>,
    #[serde(default)]
    denied: Vec<String>,
}

fn yes() -> bool {
    true
}

fn register_app(world: &mut World, order: RegisterApp) -> Value {
    let RegisterApp { appid, secret, bound, refuses_tokens, denied } = order;
    world.apps.0.insert(appid, App { secret, bound, refuses_tokens, denied });
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisterUser {
    #[serde(default = "default_appid")]
    appid: String,
    openid: String,
    unionid: Option<String>,
    phone: Option<String>,
    country_code: Option<String>,
    blocked: Option<bool>,
    undeliverable: Option<bool>,
}

/// Makes the user, or changes what is named.
fn register_user(world: &mut World, order: RegisterUser) -> Value {
    let user = world.users.or_new(&order.appid, &order.openid);
    *user = User {
        unionid: order.unionid.or(user.unionid.take()),
        phone: order.phone.or(user.phone.take()),
        country_code: order.country_code.unwrap_or(std::mem::take(&mut user.country_code)),
        blocked: order.blocked.unwrap_or(user.blocked),
        undeliverable: order.undeliverable.unwrap_or(user.undeliverable),
        seen: user.seen,
        session: user.session.take(),
    };
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfUser {
    #[serde(default = "default_appid")]
    appid: String,
    openid: String,
}

fn seen(world: &mut World, order: &OfUser) -> Value {
    let now = world.clock.now();
    world.users.or_new(&order.appid, &order.openid).seen = Some(now);
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogIn {
    #[serde(default = "default_appid")]
    appid: String,
    openid: String,
    #[serde(default)]
    rotation: Rotation,
}

fn log_in(world: &mut World, order: &LogIn) -> Value {
    json!({"code": login::wx_login(world, &order.appid, &order.openid, order.rotation)})
}

fn phone_code(world: &mut World, order: &OfUser) -> Outcome {
    phone::agreed(world, &order.appid, &order.openid)
        .map(|code| json!({"code": code}))
        .ok_or_else(|| Misuse::wrong("this user has no phone"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SealOpenData {
    #[serde(default = "default_appid")]
    appid: String,
    openid: Option<String>,
    /// Members beside the watermark.
    #[serde(default)]
    data: Map<String, Value>,
    /// The watermark's time, else now; seconds since 1970.
    timestamp: Option<u64>,
    watermark_appid: Option<String>,
    /// Exactly these bytes instead of `data` with a watermark.
    plaintext: Option<String>,
    /// This key instead of the user's own.
    session_key: Option<String>,
    iv: Option<String>,
    flaw: Option<Flaw>,
}

fn seal_open_data(world: &mut World, order: SealOpenData) -> Outcome {
    let own_key = || {
        let user = world.users.get(&order.appid, order.openid.as_deref()?)?;
        user.session.as_ref().map(|key| key.text.clone())
    };
    let key = order.session_key.clone().or_else(own_key);
    let key = key.ok_or_else(|| Misuse::wrong("no session_key, and no user who has one"))?;
    let raw_data = Value::Object(order.data.clone()).to_string();
    let plaintext = order.plaintext.unwrap_or_else(|| {
        let mut data = order.data;
        let made = order.timestamp.unwrap_or(world.clock.now() / SECOND);
        let owner = order.watermark_appid.unwrap_or(order.appid);
        data.insert("watermark".to_owned(), json!({"timestamp": made, "appid": owner}));
        Value::Object(data).to_string()
    });
    let iv = order.iv.unwrap_or_else(|| world.random.sixteen());
    let sealed = open_data::seal(plaintext.as_bytes(), &key, &iv, order.flaw)
        .ok_or_else(|| Misuse::wrong("key and iv are 16 bytes in base64"))?;
    let signature = open_data::signature(&raw_data, &key);
    Ok(json!({"encryptedData": sealed.encrypted_data, "iv": sealed.iv, "rawData": raw_data,
        "signature": signature}))
}

// Tokens.

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KillTokens {
    #[serde(default = "default_appid")]
    appid: String,
    /// Both, when it is not named.
    family: Option<Family>,
    #[serde(default = "not_latest")]
    errcode: i64,
    #[serde(default)]
    afterwards: Afterwards,
}

fn not_latest() -> i64 {
    40001
}

fn kill_tokens(world: &mut World, order: &KillTokens) -> Value {
    let killed = world.tokens.kill(&order.appid, order.family, order.errcode, order.afterwards);
    json!({"killed": killed})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RejectTokens {
    /// The number that every business call is refused with; null ends it.
    errcode: Option<i64>,
}

fn reject_tokens(world: &mut World, order: &RejectTokens) -> Value {
    world.tokens.rejecting = order.errcode;
    done()
}

// Subscriptions.

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegisterTemplate {
    #[serde(default = "default_appid")]
    appid: String,
    template_id: String,
    fields: Vec<Field>,
    #[serde(default)]
    long_term: bool,
    #[serde(default)]
    banned: bool,
}

/// `"thing1"`, or `{"key": "enum1", "values": […]}`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Field {
    Free(String),
    Enumerated { key: String, values: Vec<String> },
}

fn register_template(world: &mut World, order: RegisterTemplate) -> Outcome {
    let split = |field| match field {
        Field::Free(key) => (key, Vec::new()),
        Field::Enumerated { key, values } => (key, values),
    };
    let fields: Vec<(String, Vec<String>)> = order.fields.into_iter().map(split).collect();
    if let Some((key, _)) = fields.iter().find(|(key, _)| !values::is_field(key)) {
        return Err(Misuse::Wrong(format!("{key} is no field: a kind and a number, as thing1")));
    }
    let template = Template { fields, term: term(order.long_term), banned: order.banned };
    world.subscriptions.templates.insert((order.appid, order.template_id), template);
    Ok(done())
}

fn term(long: bool) -> Term {
    if long { Term::LongTerm } else { Term::OneTime }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subscribe {
    #[serde(default = "default_appid")]
    appid: String,
    openid: String,
    template_id: OneOrMore,
    /// How many times the user accepts; 0 refuses.
    #[serde(default = "once")]
    accepts: u64,
    /// As the template is, when it is not named.
    long_term: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

fn once() -> u64 {
    1
}

fn subscribe(world: &mut World, order: Subscribe) -> Value {
    let templates = match order.template_id {
        OneOrMore::One(one) => vec![one],
        OneOrMore::More(more) => more,
    };
    let term = order.long_term.map(term);
    subscribe::answered_dialog(world, &order.appid, &order.openid, &templates, order.accepts, term);
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unsubscribe {
    #[serde(default = "default_appid")]
    appid: String,
    openid: String,
    template_id: String,
}

fn unsubscribe(world: &mut World, order: &Unsubscribe) -> Value {
    subscribe::switched_off(world, &order.appid, &order.openid, &order.template_id);
    done()
}

fn credits(world: &World, ask: &Ask) -> Outcome {
    let appid = ask.param("appid").unwrap_or(APPID);
    let (Some(openid), Some(template)) = (ask.param("openid"), ask.param("template_id")) else {
        return Err(Misuse::wrong("openid and template_id are needed"));
    };
    let grant = world.subscriptions.grant(appid, openid, template);
    Ok(json!({"credits": grant.map_or(0, |grant| grant.credits),
        "long_term": grant.is_some_and(|grant| grant.long_term)}))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReleasePages {
    released: Vec<String>,
}

fn release_pages(world: &mut World, order: ReleasePages) -> Value {
    world.subscriptions.released = order.released.into_iter().collect();
    done()
}

/// Where the name of a host leads, as a name server would tell: `https://x.example` to `http://127.0.0.1:8080`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
    to: String,
}

fn lead(world: &mut World, order: Name) -> Value {
    world.media.names.insert(order.name, order.to);
    done()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Push {
    #[serde(default = "default_appid")]
    appid: String,
    token: String,
    /// `EncodingAESKey`; without it in plain mode.
    key: Option<String>,
    #[serde(default)]
    form: push::Form,
    #[serde(default)]
    compatible: bool,
    /// So many of the oldest are left out.
    #[serde(default)]
    skip: usize,
    /// Seconds since 1970, else now.
    timestamp: Option<u64>,
    flaw: Option<push::Flaw>,
}

/// What WeChat has told by now.
fn events(world: &mut World) -> Vec<Value> {
    media::arrive(world);
    world.subscriptions.events.clone()
}

/// Hands over what WeChat would push now, oldest first, each as the query and body of a POST. The events stay: pushing
/// again is a repetition.
fn push_events(world: &mut World, order: &Push) -> Outcome {
    let console = Console {
        token: &order.token,
        key: order.key.as_deref(),
        appid: &order.appid,
        form: order.form,
        compatible: order.compatible,
    };
    let events = events(world);
    let mut pushes = Vec::new();
    for event in events.into_iter().skip(order.skip) {
        let moment = moment(world, order.timestamp);
        let one = push::pushed(&event, &console, &moment, order.flaw);
        pushes.push(one.ok_or_else(|| Misuse::wrong("key is 43 letters of base64"))?);
    }
    Ok(Value::from(pushes))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Greet {
    token: String,
    echo: String,
}

fn greet(world: &mut World, order: &Greet) -> Value {
    let console =
        Console { token: &order.token, key: None, appid: APPID, form: push::Form::Json, compatible: false };
    json!({"query": push::greeting(&console, &moment(world, None), &order.echo)})
}

fn moment(world: &mut World, timestamp: Option<u64>) -> Moment {
    let random = world.random.sixteen();
    let nonce = random.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    let timestamp = timestamp.unwrap_or(world.clock.now() / SECOND);
    Moment { timestamp, nonce, random: random.into_bytes().into_iter().take(16).collect() }
}
