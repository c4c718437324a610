//! Serving, and what an operator asks of a service.

use std::{
    io::{IsTerminal, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Arc,
    time::Duration,
};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde::Serialize;
use tracing_subscriber::{fmt, layer::SubscriberExt, util::SubscriberInitExt};

use super::{Outcome, Print};
use crate::{
    app::App,
    clock::{Clock, Ids},
    config::{Config, Switch},
    database::Db,
    demo,
    http::{problem::Problem, server},
    jobs,
    start::start,
};

/// What is in the database when serving begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    AsItIs,
    /// A made-up complex, loaded once.
    Demo,
}

pub fn serve(config: Config, world: World) -> Outcome {
    log(&config);
    let metrics = PrometheusBuilder::new().install_recorder().map_err(|error| error.to_string())?;
    let listener = bind(config.listen, "listen")?;
    let metrics_listener = bind(config.metrics_listen, "metrics_listen")?;
    actix_web::rt::System::new().block_on(async move {
        let app = start(config).await.map_err(|error| error.to_string())?;
        if world == World::Demo {
            load_demo(&app).await?;
        }
        let jobs = jobs::start(&app);
        serve_metrics(metrics_listener, metrics);
        announce(&app, &listener);
        server::serve(Arc::clone(&app), listener).await.map_err(|error| error.to_string())?;
        drop(jobs);
        app.db.clone().close().await;
        Ok(())
    })
}

/// Loads the demo's world, if it is not there yet.
async fn load_demo(app: &App) -> Outcome {
    let told = |problem: Problem| problem.to_string();
    if demo::is_loaded(app).await.map_err(told)? {
        return Ok(());
    }
    app.clock.begin_before(demo::BEGINS_BEFORE);
    let bar = super::bar::new();
    let progress = |phase: &'static str, done: u64, total: u64| {
        bar.set_message(phase);
        bar.set_length(total);
        bar.set_position(done);
    };
    // Every room has its part in it, so that it is large.
    let loaded = Box::pin(demo::load(app, &progress)).await.map_err(told);
    bar.finish_and_clear();
    loaded
}

fn announce(app: &App, listener: &TcpListener) {
    let address =
        listener.local_addr().map_or_else(|_| app.config.listen.to_string(), |address| address.to_string());
    println!(
        "Linli serves http://{address} ({}); documentation at /docs, health at /livez and /readyz",
        app.db.kind()
    );
    if app.config.demo == Switch::On {
        println!("Sign in with POST /v1/sessions {{\"grant\":\"DEMO\",\"login\":…}} as one of");
        println!("  resident  coowner  candidate  property  community  street  supervisor");
        println!(
            "What to try first, and whose home the resident may claim: README.md, \"A walk through it\"."
        );
        println!("Move the clock with POST /demo/clock {{\"seconds\":…}}.");
    }
}

fn bind(address: SocketAddr, key: &str) -> Result<TcpListener, String> {
    TcpListener::bind(address).map_err(|error| {
        format!("{key} = {address}: {error}; stop what uses it, or set another with --set {key}=…")
    })
}

/// Pretty on a terminal, JSON otherwise.
fn log(config: &Config) {
    let registry = tracing_subscriber::registry().with(config.log.filter());
    let started = if std::io::stderr().is_terminal() {
        registry.with(fmt::layer().with_writer(std::io::stderr)).try_init()
    } else {
        registry.with(fmt::layer().json().with_writer(std::io::stderr)).try_init()
    };
    if started.is_err() {
        eprintln!("logging was set up before");
    }
}

/// The private listener: one small answer a connection, to whoever may reach it.
fn serve_metrics(listener: TcpListener, handle: PrometheusHandle) {
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            if let Err(error) = answer_metrics(connection, &handle) {
                tracing::debug!(%error, "metrics");
            }
        }
    });
}

fn answer_metrics(mut connection: TcpStream, handle: &PrometheusHandle) -> std::io::Result<()> {
    connection.set_read_timeout(Some(Duration::from_secs(2)))?;
    connection.set_write_timeout(Some(Duration::from_secs(2)))?;
    let mut request = [0_u8; 1024];
    let read = connection.read(&mut request)?;
    let asked = request.get(..read).unwrap_or_default();
    let (status, body) = if asked.starts_with(b"GET /metrics") {
        ("200 OK", handle.render())
    } else {
        ("404 Not Found", String::new())
    };
    handle.run_upkeep();
    write!(
        connection,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Connects to the database that is there, without making one or bringing anything up to date.
pub fn connected<T>(config: &Config, act: impl AsyncFnOnce(&Db) -> Result<T, String>) -> Result<T, String> {
    actix_web::rt::System::new().block_on(async {
        let db = Db::existing(config.database_url.expose()).await.map_err(|error| error.to_string())?;
        let db = db.ok_or("there is no database yet; `linli migrate up` makes it")?;
        let done = act(&db).await;
        db.close().await;
        done
    })
}

/// Where a database stands.
#[derive(Debug, Serialize)]
struct Migrations {
    /// Whether there is a database.
    exists: bool,
    migrations: Vec<Migration>,
}

#[derive(Debug, Serialize)]
struct Migration {
    name: String,
    applied: bool,
}

impl Migrations {
    async fn of(db: Option<&Db>) -> Result<Self, String> {
        let all = match db {
            Some(db) => db.migrations().await.map_err(|error| error.to_string())?,
            None => Db::known_migrations().into_iter().map(|name| (name, false)).collect(),
        };
        let migrations = all.into_iter().map(|(name, applied)| Migration { name, applied }).collect();
        Ok(Self { exists: db.is_some(), migrations })
    }
}

fn words(found: &Migrations) -> String {
    let mut words = String::new();
    if !found.exists {
        words.push_str("there is no database yet; `linli migrate up` makes it\n");
    }
    let line =
        |one: &Migration| format!("{} {}\n", if one.applied { "applied" } else { "missing" }, one.name);
    words.extend(found.migrations.iter().map(line));
    words
}

/// Which migrations have been applied. Makes nothing.
pub fn migrate_status(config: &Config, print: Print) -> Outcome {
    let found = actix_web::rt::System::new().block_on(async {
        let db = Db::existing(config.database_url.expose()).await.map_err(|error| error.to_string())?;
        let found = Migrations::of(db.as_ref()).await;
        if let Some(db) = db {
            db.close().await;
        }
        found
    })?;
    print.say(&found, words)
}

/// Makes the database if it is not there, and applies what is missing.
pub fn migrate_up(config: &Config) -> Outcome {
    let found = actix_web::rt::System::new().block_on(async {
        let (url, connections) = (config.database_url.expose(), config.database_connections.get());
        let db = Db::connect(url, connections, Clock::default(), Ids).await;
        let db = db.map_err(|error| error.to_string())?;
        let found = match db.migrate().await {
            Ok(()) => Migrations::of(Some(&db)).await,
            Err(error) => Err(error.to_string()),
        };
        db.close().await;
        found
    })?;
    Print::Words.say(&found, words)
}

/// Asks `/readyz` of the service at `listen`.
pub fn healthcheck(config: &Config) -> Outcome {
    let ask = || -> std::io::Result<String> {
        let mut connection = TcpStream::connect_timeout(&config.listen, Duration::from_secs(2))?;
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(connection, "GET /readyz HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", config.listen)?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer)?;
        Ok(answer)
    };
    match ask() {
        Ok(answer) if answer.starts_with("HTTP/1.1 200") => Ok(()),
        Ok(answer) => Err(format!("not ready: {}", answer.lines().next().unwrap_or_default())),
        Err(error) => Err(format!("{}: {error}", config.listen)),
    }
}
