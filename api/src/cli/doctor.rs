//! Checks an operator can run before asking for help: each numbered, with cause and exact cure.

use std::{net::TcpListener, path::Path, time::Duration};

use chrono::TimeDelta;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::Outcome;
use crate::{
    clock::{Clock, Ids},
    config::{Config, ConfigError, Environment, Switch},
    database::Db,
    gate::{self, Gate},
};

/// What a check found.
enum Finding {
    Good(String),
    /// Works, but not as production should.
    Weak(String, &'static str),
    Bad(String, String),
}

use Finding::{Bad, Good, Weak};

/// Runs every check; fails if one is bad.
pub fn doctor(config: Result<Config, ConfigError>) -> Outcome {
    let config = match config {
        Ok(config) => config,
        Err(error) => {
            print_all(&[(
                "configuration",
                Bad(
                    error.to_string(),
                    "mend the keys named above; `linli config reference` lists all".into(),
                ),
            )]);
            return Err("1 check failed".into());
        }
    };
    let findings = actix_web::rt::System::new().block_on(async {
        let mut findings = vec![
            ("configuration", Good(format!("{} keys read, env = {:?}", config.shown().len(), config.env))),
            ("secrets", secrets(&config)),
            ("folder for files", folder(Path::new(&config.files_dir))),
            ("address of the API", port(&config)),
        ];
        findings.extend(database(&config).await);
        findings.push(("sessions and limits", sessions(&config).await));
        findings.push(("WeChat", wechat(&config)));
        findings
    });
    let bad = print_all(&findings);
    if bad == 0 { Ok(()) } else { Err(format!("{bad} check(s) failed")) }
}

fn print_all(findings: &[(&str, Finding)]) -> usize {
    for (number, (name, finding)) in findings.iter().enumerate() {
        let number = number + 1;
        match finding {
            Good(found) => println!("{number}. ok    {name}: {found}"),
            Weak(found, cure) => println!("{number}. weak  {name}: {found}\n         cure: {cure}"),
            Bad(found, cure) => println!("{number}. BAD   {name}: {found}\n         cure: {cure}"),
        }
    }
    findings.iter().filter(|(_, finding)| matches!(finding, Bad(..))).count()
}

fn secrets(config: &Config) -> Finding {
    match (config.env, config.demo) {
        (Environment::Production, _) => Good("none is a default".into()),
        (_, Switch::On) => {
            Weak("demo sign-ins are on".into(), "production needs env = \"production\" and demo = \"off\"")
        }
        _ => Weak(
            "defaults may be in use outside production".into(),
            "set env = \"production\": it refuses to start until every secret is safe",
        ),
    }
}

fn folder(path: &Path) -> Finding {
    let probe = path.join(".doctor");
    let tried = std::fs::create_dir_all(path)
        .and_then(|()| std::fs::write(&probe, b"probe"))
        .and_then(|()| std::fs::remove_file(&probe));
    match tried {
        Ok(()) => Good(format!("{} can be written", path.display())),
        Err(error) => Bad(
            format!("{}: {error}", path.display()),
            format!("mkdir -p {0} && chown the user that runs linli on {0}", path.display()),
        ),
    }
}

fn port(config: &Config) -> Finding {
    match TcpListener::bind(config.listen) {
        Ok(_) => Good(format!("{} is free", config.listen)),
        Err(error) => Weak(
            format!("{}: {error}", config.listen),
            "fine if linli is running; otherwise stop what uses it, or set another with --set listen=…",
        ),
    }
}

async fn database(config: &Config) -> Vec<(&'static str, Finding)> {
    let cure = "set LINLI_DATABASE_URL to sqlite://FILE or postgres://USER:PASSWORD@HOST/NAME, and let HOST accept it";
    let Ok(db) = Db::connect(config.database_url.expose(), 2, Clock::default(), Ids).await else {
        return vec![("database", Bad("it cannot be reached".into(), cure.into()))];
    };
    let mut findings = vec![("database", kind(&db))];
    findings.push(match db.migrations().await {
        Ok(all) if all.iter().all(|(_, applied)| *applied) => {
            ("schema", Good(format!("{} migration(s) applied", all.len())))
        }
        Ok(all) => {
            let missing = all.iter().filter(|(_, applied)| !applied).count();
            (
                "schema",
                Weak(
                    format!("{missing} migration(s) missing"),
                    "linli migrate up (serving does it by itself)",
                ),
            )
        }
        Err(_) => ("schema", Weak("no schema yet".into(), "linli migrate up (serving does it by itself)")),
    });
    if let Some(finding) = skew(&db).await {
        findings.push(("clock", finding));
    }
    db.close().await;
    findings
}

fn kind(db: &Db) -> Finding {
    match db.kind() {
        "SQLite" => {
            Weak("SQLite: one process, one complex or a few".into(), "PostgreSQL for more than one process")
        }
        other => Good(other.into()),
    }
}

/// How far this machine's clock is from PostgreSQL's.
async fn skew(db: &Db) -> Option<Finding> {
    let statement = Statement::from_string(DbBackend::Postgres, "SELECT now()");
    let row = db.read().query_one_raw(statement).await.ok()??;
    let theirs: chrono::DateTime<chrono::Utc> = row.try_get_by_index(0).ok()?;
    let apart = (Clock::default().now() - theirs).abs();
    Some(if apart > TimeDelta::seconds(2) {
        Bad(
            format!("{} s from the database's", apart.num_seconds()),
            "timedatectl set-ntp true, on both machines".into(),
        )
    } else {
        Good("agrees with the database's".into())
    })
}

async fn sessions(config: &Config) -> Finding {
    let Some(address) = config.redis_url.address() else {
        return Weak("kept in this process alone".into(), "set LINLI_REDIS_URL for more than one process");
    };
    let cure = "start Redis, or mend LINLI_REDIS_URL (redis://, rediss://, redis+cluster://)".to_owned();
    let asked = async { gate::Redis::connect(&address, "linli").await.ok()?.ping().await.ok() };
    match tokio::time::timeout(Duration::from_secs(3), asked).await {
        Ok(Some(())) => Good("Redis answers".into()),
        _ => Bad("Redis does not answer".into(), cure),
    }
}

fn wechat(config: &Config) -> Finding {
    if config.wechat_appid.is_empty() {
        return Weak(
            "no mini-program".into(),
            "set LINLI_WECHAT_APPID and LINLI_WECHAT_SECRET from the console",
        );
    }
    if config.wechat_secret.expose().len() != 32 {
        return Bad(
            "wechat_secret is not 32 characters long".into(),
            "copy AppSecret anew from the mini-program's console into LINLI_WECHAT_SECRET".into(),
        );
    }
    Good(format!("{} at {}", config.wechat_appid, config.wechat_base_url))
}
