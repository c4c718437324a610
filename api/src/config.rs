//! Configuration: a TOML file, over it `LINLI_…` variables, over them `--set key=value`. Every key is declared once,
//! below; the reference, the checks and the "did you mean" all come from that declaration.

use std::{
    collections::{BTreeMap, HashSet},
    fmt,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::Path,
    str::FromStr,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::PgConnectOptions;
use tracing_subscriber::EnvFilter;

use crate::{
    gate::{Address, Patience},
    notices::{
        templates::Templates,
        ways::{EmailOutlet, SmsOutlet},
    },
};

/// What the service is run for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    Development,
    Test,
    Production,
}

impl FromStr for Environment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "development" => Ok(Self::Development),
            "test" => Ok(Self::Test),
            "production" => Ok(Self::Production),
            _ => Err("must be development, test or production".into()),
        }
    }
}

/// Whether something is switched on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    On,
    Off,
}

impl FromStr for Switch {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "on" | "true" => Ok(Self::On),
            "off" | "false" => Ok(Self::Off),
            _ => Err("must be on or off".into()),
        }
    }
}

/// A value that is never printed.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl Secret {
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl FromStr for Secret {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(Self(text.to_owned().into()))
    }
}

/// Keys by id, as `id:secret[,id:secret]`; the first is used for what is new, all for what is old.
#[derive(Clone)]
pub struct Keys(Vec<(String, SecretString)>);

impl Keys {
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(id, secret)| (id.as_str(), secret.expose_secret()))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}

impl FromStr for Keys {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let key = |part: &str| {
            let (id, secret) = part.trim().split_once(':').ok_or("must be id:secret[,id:secret]")?;
            if secret.len() < 32 {
                return Err(format!("the secret of key {id} is shorter than 32 characters"));
            }
            Ok((id.to_owned(), SecretString::from(secret.to_owned())))
        };
        text.split(',').map(key).collect::<Result<_, String>>().map(Self)
    }
}

/// Key ids 1 to 255 with 32 bytes each, as `id:base64[,id:base64]`.
#[derive(Clone)]
pub struct CipherKeys(Vec<(u8, [u8; 32])>);

impl CipherKeys {
    pub fn all(&self) -> &[(u8, [u8; 32])] {
        &self.0
    }
}

impl fmt::Debug for CipherKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(id, _)| id)).finish()
    }
}

impl FromStr for CipherKeys {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let key = |part: &str| {
            let (id, key) = part.trim().split_once(':').ok_or("must be id:base64[,id:base64]")?;
            let id =
                id.parse::<u8>().ok().filter(|id| *id > 0).ok_or(format!("key id {id} is not 1 to 255"))?;
            let key = BASE64_STANDARD.decode(key).map_err(|_| format!("key {id} is not base64"))?;
            Ok((id, key.try_into().map_err(|_| format!("key {id} is not 32 bytes long"))?))
        };
        text.split(',').map(key).collect::<Result<_, String>>().map(Self)
    }
}

/// An ES256 key that signs: the base64 of a P-256 private key in PKCS#8.
#[derive(Clone)]
pub struct SigningKey(Vec<u8>);

impl SigningKey {
    /// In PKCS#8, as DER.
    pub fn der(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

impl FromStr for SigningKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        /// What PKCS#8 calls such a key: the object identifiers of elliptic curves and of this one, as DER.
        const P_256: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
        let key = BASE64_STANDARD.decode(text).ok();
        let is_of_the_curve = |key: &Vec<u8>| key.windows(P_256.len()).any(|part| part == P_256);
        let why = "must be the base64 of a P-256 private key in PKCS#8, as DER";
        key.filter(is_of_the_curve).map(Self).ok_or(why)
    }
}

/// Public P-256 keys of cities' voting systems by name, as `name:base64[,name:base64]`.
#[derive(Clone, Debug, Default)]
pub struct ExternalKeys(BTreeMap<String, String>);

impl ExternalKeys {
    /// The key of this name, as PEM.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl FromStr for ExternalKeys {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let key = |part: &str| {
            let (name, key) = part.split_once(':').ok_or("must be name:base64[,name:base64]")?;
            let is_name = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-';
            if !(1..=40).contains(&name.len()) || !name.chars().all(is_name) {
                return Err(format!("{name} is no name of 1 to 40 small letters, digits and -"));
            }
            let pem = format!("-----BEGIN PUBLIC KEY-----\n{key}\n-----END PUBLIC KEY-----\n");
            crate::archive::read_public(&pem)
                .map_err(|_| format!("{name} has no P-256 public key as the base64 of DER"))?;
            Ok((name.to_owned(), pem))
        };
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(key).collect::<Result<_, String>>().map(Self)
    }
}

/// Networks or single addresses, as `10.0.0.0/8,192.0.2.7`.
#[derive(Clone, Debug, Default)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl FromStr for Networks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let network = |part: &str| {
            let address = part.parse::<IpAddr>().map(IpNet::from);
            address
                .or_else(|_| part.parse())
                .map_err(|_| format!("{part} is no address or network, such as 10.0.0.0/8"))
        };
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(network).collect::<Result<_, String>>().map(Self)
    }
}

/// Where the database is. Read here, so that no driver gets to complain with the password in its words.
#[derive(Clone, Debug)]
pub struct DatabaseUrl(SecretString);

impl DatabaseUrl {
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let is_sqlite = text.strip_prefix("sqlite://").is_some_and(|file| !file.is_empty());
        let is_postgres = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme))
            && PgConnectOptions::from_str(text).is_ok();
        if is_sqlite || is_postgres {
            Ok(Self(text.to_owned().into()))
        } else {
            Err("must be sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME".into())
        }
    }
}

/// How many connections to a database are opened at most: at least one, and no more than a server stands.
#[derive(Clone, Copy, Debug)]
pub struct Connections(u32);

impl Connections {
    pub fn get(self) -> u32 {
        self.0
    }
}

impl FromStr for Connections {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let count = text.parse().ok().filter(|count| (1..=1000).contains(count));
        count.map(Self).ok_or_else(|| "must be 1 to 1000; without a connection nothing can be read".into())
    }
}

/// Where Redis is, or nowhere.
#[derive(Clone, Debug)]
pub struct RedisUrl(SecretString);

impl FromStr for RedisUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.is_empty() {
            Address::parse(text).map_err(|error| error.to_string())?;
        }
        Ok(Self(text.to_owned().into()))
    }
}

/// How long a call to Redis may take: long enough that it may answer, and no longer than somebody waits.
#[derive(Clone, Copy, Debug)]
pub struct RedisPatience(Duration);

impl FromStr for RedisPatience {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let limit = text.parse().ok().filter(|limit| (10..=10_000).contains(limit));
        limit.map(|limit| Self(Duration::from_millis(limit))).ok_or_else(|| "must be 10 to 10000".into())
    }
}

impl Config {
    /// Where Redis is and how long it may take to answer; None when there is none.
    pub fn redis(&self) -> Option<Address> {
        let address = Address::parse(self.redis_url.0.expose_secret()).ok()?;
        Some(address.with_patience(Patience { limit: self.redis_patience_ms.0, ..Patience::default() }))
    }
}

/// Where others reach this service, or nowhere.
#[derive(Clone, Debug)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Scheme and host, without a slash at the end; None when nobody is told.
    pub fn base(&self) -> Option<&str> {
        Some(self.0.as_str()).filter(|base| !base.is_empty())
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let base = text.trim_end_matches('/');
        let host = base.strip_prefix("https://").or_else(|| base.strip_prefix("http://"));
        let plain = |host: &str| {
            !host.is_empty() && host.chars().all(|one| one.is_ascii_alphanumeric() || ".-:[]".contains(one))
        };
        if base.is_empty() || host.is_some_and(plain) {
            Ok(Self(base.to_owned()))
        } else {
            Err("must be https://HOST, as others reach this service".into())
        }
    }
}

/// What is logged.
#[derive(Clone, Debug)]
pub struct LogFilter(String);

impl LogFilter {
    pub fn filter(&self) -> EnvFilter {
        EnvFilter::new(&self.0)
    }
}

impl FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        EnvFilter::try_new(text).map_err(|error| error.to_string())?;
        Ok(Self(text.to_owned()))
    }
}

/// A key's declaration, for the reference and for checks.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub name: &'static str,
    pub default: &'static str,
    pub doc: &'static str,
    pub secret: bool,
}

macro_rules! keys {
    ($($(#[doc = $doc:literal])+ $name:ident: $kind:ty = $default:literal $(, $secret:ident)?;)+) => {
        /// What the service is told. Read only from here.
        #[derive(Clone, Debug)]
        pub struct Config {
            $($(#[doc = $doc])+ pub $name: $kind,)+
            /// Each key's value as written, secrets masked.
            shown: Vec<(&'static str, String)>,
        }

        /// Every key there is.
        pub const KEYS: &[Key] = &[$(Key {
            name: stringify!($name),
            default: $default,
            doc: concat!($($doc),+),
            secret: keys!(@secret $($secret)?),
        }),+];

        impl Config {
            fn read(values: &BTreeMap<String, String>, problems: &mut Vec<String>) -> Option<Self> {
                let mut shown = Vec::new();
                $(let $name = value::<$kind>(stringify!($name), values, problems, &mut shown);)+
                Some(Self { $($name: $name?,)+ shown })
            }
        }
    };
    (@secret secret) => { true };
    (@secret) => { false };
}

keys! {
    /// development, test or production. Production refuses every default that is not safe.
    env: Environment = "development";
    /// Address and port of the API.
    listen: SocketAddr = "127.0.0.1:8080";
    /// Address and port of the Prometheus metrics; keep it on the loopback. Port 0 chooses one.
    metrics_listen: SocketAddr = "127.0.0.1:9090";
    /// Where the database is: `sqlite://FILE` or `postgres://USER:PASSWORD@HOST/NAME`.
    database_url: DatabaseUrl = "sqlite://data/linli.db", secret;
    /// Connections to the database at most, 1 to 1000.
    database_connections: Connections = "16";
    /// Where Redis is: redis://, rediss:// or redis+cluster://. Empty: sessions and limits stay in this process.
    redis_url: RedisUrl = "", secret;
    /// Milliseconds that a call to Redis may take before it counts as down, 10 to 10000.
    redis_patience_ms: RedisPatience = "150";
    /// Folder for photos and imported files.
    files_dir: String = "data/files";
    /// Worker threads; 0 takes one a core.
    workers: u32 = "0";
    /// Keys that sign tokens: id:secret[,id:secret], secrets of at least 32 characters.
    token_keys: Keys = "dev:only-for-development-never-in-production", secret;
    /// Keys that encrypt personal data: id:base64 of 32 bytes[,id:base64].
    pii_keys: CipherKeys = "1:bGlubGktZGV2ZWxvcG1lbnQtcGlpLWtleS0zMmJ5dGU=", secret;
    /// Secret of at least 32 characters for blind indexes. It can never change.
    pii_index_secret: Secret = "only-for-development-never-in-production", secret;
    /// The ES256 key that signs archives of programmes: base64 of a P-256 private key in PKCS#8. Publish its public half.
    archive_key: SigningKey = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzRRHpQ3/Z+pIAEmI6LqRZU0Wm8HYZfNIwaKgWeirtFahRANCAAT331IXdh1yO/uVIMAuyVzxYlda2YiWxre/P/tbDjAyuBVuYQJnTaYk1UglvGliiocwl37+u5pTiT3jr3uHyNw9", secret;
    /// The keys with which cities' voting systems sign results: name:key[,name:key], each the base64 of a public P-256 key
    /// as DER. A poll that is held there names one of them. Empty: none is.
    external_keys: ExternalKeys = "";
    /// Calls a minute that one signed-in person may make.
    limit_member: NonZeroU32 = "300";
    /// Calls a minute from one address that is not signed in.
    limit_guest: NonZeroU32 = "120";
    /// The proxies in front, as addresses or networks separated by commas: their X-Forwarded-For tells one caller from
    /// another. Empty: callers are told apart by who connects.
    trusted_proxies: Networks = "";
    /// Where WeChat's servers are.
    wechat_base_url: String = "https://api.weixin.qq.com";
    /// The mini-program's appid. Empty: no sign-in with WeChat.
    wechat_appid: String = "";
    /// The mini-program's secret.
    wechat_secret: Secret = "", secret;
    /// WeChat's templates: `TOPIC=TEMPLATE_ID(field:word,…);…` with the topics TASK, PROGRESS, ANSWER and the words what, where, when, short, sentence.
    wechat_templates: Templates = "";
    /// The token of WeChat's message push to /wechat/push. Empty: no pushes are taken.
    wechat_push_token: Secret = "", secret;
    /// The `EncodingAESKey` of WeChat's message push, 43 letters; set the console to JSON and safe mode. Empty: plain mode.
    wechat_push_key: Secret = "", secret;
    /// Where WeChat reaches this service, as `https://HOST`: it fetches the photos there that it looks at. Empty: people look at them alone.
    public_url: PublicUrl = "";
    /// Where short messages go: `file:FOLDER`, which your gateway empties. Empty: none are sent.
    sms: SmsOutlet = "", secret;
    /// Where e-mail goes: `smtps://USER:PASSWORD@HOST`, `smtp://HOST` or `file:FOLDER`. Empty: none is sent.
    email: EmailOutlet = "", secret;
    /// The sender of e-mail.
    email_from: String = "Linli <notice@linli.invalid>";
    /// Whether webhooks may call any address, also of this machine and without TLS: for tests.
    webhooks_anywhere: Switch = "off";
    /// Whether demo persons may sign in without WeChat, and the clock may be moved.
    demo: Switch = "off";
    /// What is logged, in the words of tracing's `EnvFilter`.
    log: LogFilter = "info,sqlx=warn";
}

fn value<T: FromStr<Err: fmt::Display>>(
    name: &'static str,
    values: &BTreeMap<String, String>,
    problems: &mut Vec<String>,
    shown: &mut Vec<(&'static str, String)>,
) -> Option<T> {
    let key = KEYS.iter().find(|key| key.name == name)?;
    let text = values.get(name).map_or(key.default, String::as_str);
    shown.push((name, if key.secret && !text.is_empty() { "***".into() } else { text.to_owned() }));
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) if key.secret => {
            problems.push(format!("{name}: {error}"));
            None
        }
        Err(error) => {
            problems.push(format!("{name} = \"{text}\": {error}"));
            None
        }
    }
}

/// All that is wrong with a configuration, at once.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} problem(s):\n{}", .0.len(), .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads `file` if given, then the environment, then `flags` (`key=value`).
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
        flags: &[String],
    ) -> Result<Self, ConfigError> {
        let mut values = BTreeMap::new();
        let mut problems = Vec::new();
        if let Some(path) = file {
            match std::fs::read_to_string(path)
                .map_err(|error| error.to_string())
                .and_then(|text| from_toml(&text))
            {
                Ok(read) => values.extend(read),
                Err(error) => problems.push(format!("{}: {error}", path.display())),
            }
        }
        for (name, value) in environment {
            if let Some(key) = name.strip_prefix("LINLI_").filter(|key| !key.starts_with("TEST_")) {
                values.insert(key.to_ascii_lowercase(), value);
            }
        }
        for flag in flags {
            match flag.split_once('=') {
                Some((key, value)) => {
                    values.insert(key.trim().to_owned(), value.trim().to_owned());
                }
                None => problems.push(format!("--set {flag}: must be key=value")),
            }
        }
        for key in values.keys().filter(|key| !KEYS.iter().any(|known| known.name == *key)) {
            problems.push(unknown(key));
        }
        let config =
            Self::read(&values, &mut problems).or_else(|| Self::without_unreadable(&values, &problems));
        let unsafe_here = config.as_ref().map(Self::unsafe_in_production).unwrap_or_default();
        let told = |problem: &String| problems.iter().any(|known| key_of(known) == key_of(problem));
        let more: Vec<_> = unsafe_here.into_iter().filter(|problem| !told(problem)).collect();
        problems.extend(more);
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(ConfigError(problems)),
        }
    }

    /// The rest of a configuration, so that what else is wrong with it is told at the same time.
    fn without_unreadable(values: &BTreeMap<String, String>, problems: &[String]) -> Option<Self> {
        let mut readable = values.clone();
        readable.retain(|name, _| problems.iter().all(|problem| key_of(problem) != name));
        Self::read(&readable, &mut Vec::new())
    }

    /// What production does not stand for, each with its cure.
    fn unsafe_in_production(&self) -> Vec<String> {
        if self.env != Environment::Production {
            return Vec::new();
        }
        let mut problems = Vec::new();
        let mut refuse = |is_bad: bool, why: &str| {
            if is_bad {
                problems.push(why.to_owned());
            }
        };
        let default = |name: &str| KEYS.iter().find(|key| key.name == name).map_or("", |key| key.default);
        let tokens: Vec<_> = self.token_keys.iter().map(|(_, secret)| secret).collect();
        refuse(
            tokens.iter().any(|secret| default("token_keys").ends_with(secret)),
            "token_keys is the public default: set LINLI_TOKEN_KEYS=main:$(openssl rand -hex 32)",
        );
        refuse(
            tokens.iter().any(|secret| is_guessable(secret.as_bytes())),
            "token_keys holds a secret of a few characters again and again: set LINLI_TOKEN_KEYS=main:$(openssl rand -hex 32)",
        );
        refuse(
            self.pii_keys.all().iter().any(|(_, key)| is_guessable(key)),
            "pii_keys holds a key of a few bytes again and again: set LINLI_PII_KEYS=1:$(openssl rand -base64 32)",
        );
        let dev: Option<CipherKeys> = default("pii_keys").parse().ok();
        refuse(
            dev.is_none_or(|dev| {
                self.pii_keys.all().iter().any(|(_, key)| dev.all().iter().any(|(_, d)| d == key))
            }),
            "pii_keys is the public default: set LINLI_PII_KEYS=1:$(openssl rand -base64 32)",
        );
        let index = self.pii_index_secret.expose();
        refuse(
            index == default("pii_index_secret") || index.len() < 32 || is_guessable(index.as_bytes()),
            "pii_index_secret is the public default, shorter than 32 characters or guessable: set LINLI_PII_INDEX_SECRET=$(openssl rand -hex 32) and keep it for ever",
        );
        let dev: Option<SigningKey> = default("archive_key").parse().ok();
        refuse(
            dev.is_none_or(|dev| dev.der() == self.archive_key.der()),
            "archive_key is the public default: set LINLI_ARCHIVE_KEY=$(openssl ecparam -genkey -noout -name prime256v1 | openssl pkcs8 -topk8 -nocrypt -outform DER | base64 -w 0)",
        );
        refuse(self.demo == Switch::On, "demo sign-ins are on: set LINLI_DEMO=off");
        refuse(
            !self.wechat_base_url.starts_with("https://"),
            "wechat_base_url is not https: set LINLI_WECHAT_BASE_URL=https://api.weixin.qq.com",
        );
        refuse(
            self.wechat_appid.is_empty() || self.wechat_secret.expose().is_empty(),
            "nobody could sign in: set LINLI_WECHAT_APPID and LINLI_WECHAT_SECRET",
        );
        refuse(
            self.webhooks_anywhere == Switch::On,
            "webhooks_anywhere lets strangers reach this machine's neighbours: set LINLI_WEBHOOKS_ANYWHERE=off",
        );
        let push_key = self.wechat_push_key.expose();
        refuse(
            !self.wechat_push_token.expose().is_empty() && push_key.len() != 43,
            "wechat_push_key is not the 43 letters of safe mode: set LINLI_WECHAT_PUSH_KEY to the console's EncodingAESKey",
        );
        refuse(
            self.public_url.base().is_some_and(|base| !base.starts_with("https://")),
            "public_url is not https: set LINLI_PUBLIC_URL to the https address of this service",
        );
        let wechat = self.wechat_secret.expose();
        refuse(
            !wechat.is_empty() && wechat.len() < 32,
            "wechat_secret is shorter than the 32 characters that WeChat gives: set LINLI_WECHAT_SECRET to the whole of it",
        );
        problems
    }

    /// Every key with its value, secrets masked.
    pub fn shown(&self) -> &[(&'static str, String)] {
        &self.shown
    }
}

/// The key that a problem is about.
fn key_of(problem: &str) -> &str {
    problem.split([' ', ':']).next().unwrap_or_default()
}

/// Whether a secret of 32 bytes or more is made of so few that nobody drew it by chance.
fn is_guessable(secret: &[u8]) -> bool {
    secret.iter().collect::<HashSet<_>>().len() < 8
}

fn from_toml(text: &str) -> Result<Vec<(String, String)>, String> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| error.message().to_owned())?;
    let plain = |value: toml::Value| match value {
        toml::Value::String(text) => text,
        toml::Value::Boolean(true) => "on".into(),
        toml::Value::Boolean(false) => "off".into(),
        other => other.to_string(),
    };
    Ok(table.into_iter().map(|(key, value)| (key, plain(value))).collect())
}

fn unknown(key: &str) -> String {
    let nearest = KEYS
        .iter()
        .max_by(|a, b| strsim::jaro_winkler(a.name, key).total_cmp(&strsim::jaro_winkler(b.name, key)));
    nearest.map_or_else(
        || format!("{key}: no such key"),
        |near| format!("{key}: no such key; did you mean {}?", near.name),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(environment: &[(&str, &str)], flags: &[&str]) -> Result<Config, ConfigError> {
        Config::load(
            None,
            environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
            &flags.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>(),
        )
    }

    const SAFE: [(&str, &str); 7] = [
        ("LINLI_ENV", "production"),
        ("LINLI_TOKEN_KEYS", "main:0123456789abcdef0123456789abcdef"),
        ("LINLI_PII_KEYS", "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
        ("LINLI_PII_INDEX_SECRET", "0123456789abcdef0123456789abcdef"),
        (
            "LINLI_ARCHIVE_KEY",
            "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIX4hvSWvq/8eJaMyMX6Ln3SSC+rmavI+oNID0fqKFEGhRANCAAQz5+aKJzLpeOMZidAxwgFhD3Il+7pSWeNnZOev0VzfRieiAtwZzQKZWJSN4LH+w5e7pL83ZRBX2C11Ac8tf+C5",
        ),
        ("LINLI_WECHAT_APPID", "wx0000000000000001"),
        ("LINLI_WECHAT_SECRET", "0123456789abcdef0123456789abcdef"),
    ];

    fn default_of(name: &str) -> &'static str {
        KEYS.iter().find(|key| key.name == name).map_or("", |key| key.default)
    }

    #[test]
    fn every_default_can_be_read() {
        assert!(load(&[], &[]).is_ok());
    }

    #[test]
    fn flags_go_over_the_environment_and_the_environment_over_the_file() {
        let file = std::env::temp_dir().join(format!("linli-config-{}.toml", std::process::id()));
        std::fs::write(&file, "limit_guest = 1\nlimit_member = 1\nworkers = 1\ndemo = true").unwrap();
        let environment = [("LINLI_LIMIT_GUEST", "2"), ("LINLI_WORKERS", "2")];
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        let config = Config::load(Some(&file), environment, &["workers=3".to_owned()]).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(
            (config.limit_member.get(), config.limit_guest.get(), config.workers, config.demo),
            (1, 2, 3, Switch::On)
        );
    }

    #[test]
    fn all_problems_are_told_at_once_and_an_unknown_key_names_the_nearest() {
        let problems = load(&[("LINLI_LISTN", "x")], &["workers=many", "env=prod"]).unwrap_err().0;
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(
            problems.iter().any(|problem| problem == "listn: no such key; did you mean listen?"),
            "{problems:?}"
        );
    }

    #[test]
    fn what_production_refuses_is_told_together_with_what_cannot_be_read() {
        let problems =
            load(&[("LINLI_ENV", "production")], &["listen=here", "token_keys=x:short"]).unwrap_err().0;
        for key in ["listen", "token_keys", "pii_keys", "pii_index_secret"] {
            let named = problems.iter().filter(|problem| key_of(problem) == key).count();
            assert_eq!(named, 1, "{key}: {problems:?}");
        }
        assert!(problems.iter().any(|problem| problem.contains("LINLI_WECHAT_APPID")), "{problems:?}");
    }

    #[test]
    fn addresses_are_read_before_anybody_connects_and_passwords_never_told() {
        for (flag, told) in [
            ("database_url=mysql://u:hidden@h/x", "sqlite://FILE"),
            ("database_url=postgres://u:hidden@h:port/x", "sqlite://FILE"),
            ("redis_url=http://:hidden@h", "redis"),
            ("log=((", "log"),
            ("sms=ftp://hidden", "file:FOLDER"),
            ("email=imap://u:hidden@h", "smtps://"),
            ("wechat_templates=NEWS=x(thing1:what)", "TASK"),
            ("limit_guest=0", "limit_guest"),
            ("database_connections=0", "1 to 1000"),
            ("database_connections=1001", "1 to 1000"),
            ("public_url=https://linli.example/x?y", "https://HOST"),
            ("trusted_proxies=10.0.0.0/99", "10.0.0.0/8"),
            ("archive_key=aGlkZGVu", "P-256"),
            ("external_keys=city:AAAA", "P-256"),
            ("external_keys=City:AAAA", "small letters"),
            ("pii_keys=0:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "1 to 255"),
        ] {
            let problems = load(&[], &[flag]).unwrap_err().0;
            assert!(problems.len() == 1 && problems[0].contains(told), "{flag}: {problems:?}");
            assert!(!problems[0].contains("hidden"), "{problems:?}");
        }
    }

    #[test]
    fn production_refuses_each_unsafe_value_and_says_how_to_mend_it() {
        assert!(load(&SAFE, &[]).is_ok());
        for (flag, cure) in [
            ("token_keys=x:only-for-development-never-in-production", "openssl rand"),
            ("pii_keys=9:bGlubGktZGV2ZWxvcG1lbnQtcGlpLWtleS0zMmJ5dGU=", "openssl rand"),
            ("pii_index_secret=short", "openssl rand"),
            (&*format!("archive_key={}", default_of("archive_key")), "openssl ecparam"),
            ("demo=on", "LINLI_DEMO=off"),
            ("webhooks_anywhere=on", "LINLI_WEBHOOKS_ANYWHERE=off"),
            ("wechat_push_token=0123456789", "LINLI_WECHAT_PUSH_KEY"),
            ("wechat_base_url=http://127.0.0.1:1", "https://"),
            ("public_url=http://linli.example", "LINLI_PUBLIC_URL"),
            ("wechat_appid=", "LINLI_WECHAT_APPID"),
            ("wechat_secret=0123456789abcdef", "LINLI_WECHAT_SECRET"),
            ("token_keys=x:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "openssl rand"),
            ("pii_keys=1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "openssl rand"),
            ("pii_index_secret=abababababababababababababababab", "openssl rand"),
        ] {
            let problems = load(&SAFE, &[flag]).unwrap_err().0;
            assert!(problems.len() == 1 && problems[0].contains(cure), "{flag}: {problems:?}");
        }
        assert!(load(&SAFE, &["token_keys=x:short"]).unwrap_err().0[0].contains("32 characters"));
    }

    #[test]
    fn secrets_are_never_shown() {
        let config = load(&SAFE, &[]).unwrap();
        let shown = format!("{:?} {config:?}", config.shown());
        assert!(!shown.contains("0123456789abcdef"), "{shown}");
    }
}
