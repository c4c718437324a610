//! Putting the service together from its configuration.

use std::{path::Path, sync::Arc, time::Duration};

use crate::{
    app::{App, Parts},
    clock::{Clock, Ids},
    config::{Config, Environment, Switch},
    database::Db,
    gate::{self, Gate, link::BadAddress},
    http::problem::Problem,
    installation,
    notices::ways::Ways,
    pii::Vault,
    sessions::token::TokenMint,
    uploads::files::Files,
    webhooks::outward::{Outward, Reaches},
    wechat::{self, WeChat},
};

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the database cannot be opened: {0}")]
    Database(#[from] sea_orm::DbErr),
    #[error("the folder for files cannot be used: {0}")]
    Files(std::io::Error),
    #[error("{0}")]
    Redis(String),
    #[error("{0}")]
    WeChat(String),
    #[error("{0}")]
    Ways(String),
    #[error("{0}")]
    Problem(Problem),
}

/// Connects to everything, brings the schema up to date, and hands over the service.
pub async fn start(config: Config) -> Result<Arc<App>, StartError> {
    let clock = Clock::default();
    let ids = Ids;
    let connections = config.database_connections.get();
    let db = Db::connect(config.database_url.expose(), connections, clock.clone(), ids.clone()).await?;
    db.migrate().await?;
    let files = Files::folder(Path::new(&config.files_dir)).map_err(StartError::Files)?;
    let vault = vault(&config, ids.clone());
    let tokens = TokenMint::new(config.token_keys.iter().map(|(kid, secret)| (kid, secret.as_bytes())));
    let gate = gate(&config).await?;
    let wechat = wechat(&config, &clock).await?;
    let ways = Ways::new(&config.sms, &config.email, &config.email_from).map_err(StartError::Ways)?;
    let reaches = match config.webhooks_anywhere {
        Switch::On => Reaches::Anywhere,
        Switch::Off => Reaches::Public,
    };
    let outward = Outward::new(reaches).map_err(StartError::Ways)?;
    let app = App::new(Parts { config, clock, ids, db, vault, gate, tokens, wechat, files, ways, outward });
    if app.config.demo == Switch::On {
        installation::restore_clock(&app).await.map_err(StartError::Problem)?;
    }
    Ok(Arc::new(app))
}

/// A service for one test, on SQLite in a folder of its own that the test removes; or on a database of its own in the
/// PostgreSQL that `LINLI_TEST_POSTGRES` names.
#[cfg(test)]
pub(crate) async fn for_a_test(name: &str) -> (Arc<App>, std::path::PathBuf) {
    let folder = std::env::temp_dir().join(format!("linli-{name}-{}", std::process::id()));
    let database_url = match std::env::var("LINLI_TEST_POSTGRES") {
        Ok(server) => new_database(&server, name).await,
        Err(_) => format!("sqlite://{}/x.db", folder.display()),
    };
    let flags = [format!("database_url={database_url}"), format!("files_dir={}/files", folder.display())];
    let app = start(Config::load(None, std::iter::empty(), &flags).unwrap()).await.unwrap();
    (app, folder)
}

/// A new database beside `postgres` on a server.
#[cfg(test)]
async fn new_database(server: &str, name: &str) -> String {
    use crate::database::Conn;
    let (before, options) = server.split_once("/postgres?").expect("postgres://…/postgres?…");
    let name = format!("{}_{}", name.replace('-', "_"), std::process::id());
    let db = Db::connect(server, 1, Clock::default(), Ids).await.unwrap();
    db.read().execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    db.close().await;
    format!("{before}/{name}?{options}")
}

/// The keys for personal data, as configured.
pub fn vault(config: &Config, ids: Ids) -> Vault {
    use sha2::Digest;
    let index_key = sha2::Sha256::digest(config.pii_index_secret.expose()).into();
    Vault::new(config.pii_keys.all(), index_key, ids)
}

/// Sessions and limits: in Redis when one is configured, else in this process.
async fn gate(config: &Config) -> Result<Arc<dyn Gate>, StartError> {
    let Some(address) = config.redis() else {
        tracing::info!("no redis_url: sessions and limits are kept in this process alone");
        return Ok(Arc::new(gate::Memory::new()));
    };
    let redis = gate::Redis::connect(&address, "linli").await.map_err(bad_address)?;
    Ok(Arc::new(gate::Resilient::new(redis)))
}

fn bad_address(error: BadAddress) -> StartError {
    StartError::Redis(error.to_string())
}

/// The service's clock, for the WeChat room.
struct ServiceTime(Clock);

#[async_trait::async_trait]
impl wechat::Time for ServiceTime {
    fn now(&self) -> chrono::DateTime<chrono::Utc> {
        self.0.now()
    }

    async fn sleep(&self, duration: std::time::Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// WeChat's client, when a mini-program is configured. Its token is kept in Redis when there is one.
async fn wechat(config: &Config, clock: &Clock) -> Result<Option<WeChat>, StartError> {
    if config.wechat_appid.is_empty() {
        return Ok(None);
    }
    let settings = wechat::WeChatSettings {
        base_url: config.wechat_base_url.clone(),
        hosts: if config.env == Environment::Production {
            wechat::Hosts::OfficialOnly
        } else {
            wechat::Hosts::Any
        },
        appid: config.wechat_appid.clone(),
        secret: config.wechat_secret.expose().to_owned().into(),
        connect_timeout: Duration::from_secs(3),
        timeout: Duration::from_secs(8),
    };
    let time: Arc<dyn wechat::Time> = Arc::new(ServiceTime(clock.clone()));
    let store: Arc<dyn wechat::TokenStore> = match config.redis() {
        Some(address) => Arc::new(wechat::RedisTokenStore::connect(&address).await.map_err(bad_address)?),
        None => Arc::new(wechat::MemoryTokenStore::new(Arc::clone(&time))),
    };
    let chance: wechat::Chance = Arc::new(chance);
    let client =
        WeChat::new(settings, store, time, chance).map_err(|error| StartError::WeChat(error.to_string()))?;
    Ok(Some(client))
}

/// Spreads retries and names the owners of locks; no secret depends on it.
#[expect(clippy::disallowed_methods, reason = "one of the sources of chance")]
fn chance(below: u64) -> u64 {
    use rand::RngExt;
    if below == 0 { 0 } else { rand::rng().random_range(0..below) }
}
