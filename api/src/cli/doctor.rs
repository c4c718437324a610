//! Checks an operator can run before asking for help: each numbered, with cause and exact cure.

use std::{net::TcpListener, path::Path};

use chrono::{Datelike, NaiveDate, TimeDelta};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde::Serialize;

use super::{Outcome, Print};
use crate::{
    calendar::acts as years,
    clock::{Clock, local},
    config::{Config, ConfigError, Environment, Switch},
    database::Db,
};

/// What a check found.
#[derive(Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "SCREAMING_SNAKE_CASE")]
enum Finding {
    Good {
        found: String,
    },
    /// Works, but not as production should.
    Weak {
        found: String,
        cure: String,
    },
    Bad {
        found: String,
        cure: String,
    },
}

fn good(found: impl Into<String>) -> Finding {
    Finding::Good { found: found.into() }
}

fn weak(found: impl Into<String>, cure: impl Into<String>) -> Finding {
    Finding::Weak { found: found.into(), cure: cure.into() }
}

fn bad(found: impl Into<String>, cure: impl Into<String>) -> Finding {
    Finding::Bad { found: found.into(), cure: cure.into() }
}

/// A check and what it found.
#[derive(Debug, Serialize)]
struct Checked {
    number: usize,
    check: &'static str,
    #[serde(flatten)]
    finding: Finding,
}

/// Runs every check; fails if one is bad.
pub fn doctor(config: Result<Config, ConfigError>, print: Print) -> Outcome {
    let findings = match config {
        Ok(config) => actix_web::rt::System::new().block_on(look(&config)),
        Err(error) => {
            let cure = "mend the keys named above; `linli config reference` lists all";
            vec![("configuration", bad(error.to_string(), cure))]
        }
    };
    let numbered = findings.into_iter().zip(1..);
    let checks: Vec<Checked> =
        numbered.map(|((check, finding), number)| Checked { number, check, finding }).collect();
    print.say(&checks, |checks| checks.iter().map(line).collect())?;
    match checks.iter().filter(|check| matches!(check.finding, Finding::Bad { .. })).count() {
        0 => Ok(()),
        bad => Err(format!("{bad} check(s) failed")),
    }
}

fn line(Checked { number, check, finding }: &Checked) -> String {
    match finding {
        Finding::Good { found } => format!("{number}. ok    {check}: {found}\n"),
        Finding::Weak { found, cure } => format!("{number}. weak  {check}: {found}\n         cure: {cure}\n"),
        Finding::Bad { found, cure } => format!("{number}. BAD   {check}: {found}\n         cure: {cure}\n"),
    }
}

async fn look(config: &Config) -> Vec<(&'static str, Finding)> {
    let mut findings = vec![
        ("configuration", good(format!("{} keys read, env = {:?}", config.shown().len(), config.env))),
        ("secrets", secrets(config)),
        ("folder for files", folder(Path::new(&config.files_dir))),
        ("address of the API", port(config)),
    ];
    findings.extend(database(config).await);
    findings.push(("sessions and limits", sessions(config).await));
    findings.push(("WeChat", wechat(config)));
    findings
}

fn secrets(config: &Config) -> Finding {
    match (config.env, config.demo) {
        (Environment::Production, _) => good("none is a default"),
        (_, Switch::On) => {
            weak("demo sign-ins are on", "production needs env = \"production\" and demo = \"off\"")
        }
        _ => weak(
            "defaults may be in use outside production",
            "set env = \"production\": it refuses to start until every secret is safe",
        ),
    }
}

/// Tries to write a file: in the folder, or where it will be made.
fn folder(path: &Path) -> Finding {
    let there = path.ancestors().find(|folder| folder.exists());
    let there = there.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let probe = there.join(".linli-doctor");
    match std::fs::write(&probe, b"probe").and_then(|()| std::fs::remove_file(&probe)) {
        Ok(()) if there == path => good(format!("{} can be written", path.display())),
        Ok(()) => good(format!("{} can be made", path.display())),
        Err(error) => bad(
            format!("{}: {error}", there.display()),
            format!("mkdir -p {0} && chown the user that runs linli on {0}", path.display()),
        ),
    }
}

fn port(config: &Config) -> Finding {
    match TcpListener::bind(config.listen) {
        Ok(_) => good(format!("{} is free", config.listen)),
        Err(error) => weak(
            format!("{}: {error}", config.listen),
            "fine if linli is running; otherwise stop what uses it, or set another with --set listen=…",
        ),
    }
}

/// The day of a year from which on the next year's holidays have to be known: the State Council publishes them in November.
const NEXT_YEAR_IS_KNOWN: (u32, u32) = (12, 1);

/// Whether the holidays of this year are known, by which working days are counted, and in December those of the next.
async fn calendar(db: &Db, today: NaiveDate) -> Finding {
    let known = match years::list(db.read()).await {
        Ok(known) => known,
        Err(problem) => return weak(problem.to_string(), "linli migrate up (serving does it by itself)"),
    };
    let known: Vec<i32> = known.iter().map(|one| one.year).collect();
    match missing(&known, today) {
        None => good(format!("the holidays of {known:?} are known")),
        Some(year) => weak(
            format!("the holidays of {year} are not known: working days are counted by weekends alone"),
            "take them in: linli calendar import FILE; they are published every November",
        ),
    }
}

fn missing(known: &[i32], today: NaiveDate) -> Option<i32> {
    let next = ((today.month(), today.day()) >= NEXT_YEAR_IS_KNOWN).then(|| today.year().saturating_add(1));
    std::iter::once(today.year()).chain(next).find(|year| !known.contains(year))
}

async fn database(config: &Config) -> Vec<(&'static str, Finding)> {
    const UP: &str = "linli migrate up (serving does it by itself)";
    let db = match Db::existing(config.database_url.expose()).await {
        Ok(Some(db)) => db,
        Ok(None) => return vec![("database", weak("there is none yet", UP))],
        Err(error) => {
            let cause = error.to_string();
            return vec![("database", bad(cause.as_str(), cure_of(&cause)))];
        }
    };
    let mut findings = vec![("database", kind(&db))];
    let missing = |all: &[(String, bool)]| all.iter().filter(|(_, applied)| !applied).count();
    findings.push(match db.migrations().await {
        Ok(all) if missing(&all) == 0 => ("schema", good(format!("{} migration(s) applied", all.len()))),
        Ok(all) => ("schema", weak(format!("{} migration(s) missing", missing(&all)), UP)),
        Err(error) => {
            ("schema", bad(error.to_string(), "serve with the version of linli that made it, or a newer one"))
        }
    });
    findings.push(("calendar", calendar(&db, local(Clock::default().now()).date_naive()).await));
    if let Some(finding) = skew(&db).await {
        findings.push(("clock", finding));
    }
    db.close().await;
    findings
}

/// What mends a database that does not open.
fn cure_of(cause: &str) -> &'static str {
    match cause {
        _ if !cause.contains("PostgreSQL") => {
            "give the user that runs linli the file and its folder, or set LINLI_DATABASE_URL=sqlite://FILE to another"
        }
        _ if cause.contains("authentication failed") || cause.contains("role ") => {
            "set the user and password that PostgreSQL knows: LINLI_DATABASE_URL=postgres://USER:PASSWORD@HOST/NAME"
        }
        _ if cause.contains("does not exist") => {
            "make the database (createdb NAME), or set LINLI_DATABASE_URL=postgres://USER:PASSWORD@HOST/NAME to one"
        }
        _ => {
            "start PostgreSQL there, or set LINLI_DATABASE_URL=postgres://USER:PASSWORD@HOST/NAME to where it is"
        }
    }
}

fn kind(db: &Db) -> Finding {
    match db.kind() {
        "SQLite" => weak("SQLite: one process, one complex or a few", "PostgreSQL for more than one process"),
        other => good(other),
    }
}

/// How far this machine's clock is from PostgreSQL's.
async fn skew(db: &Db) -> Option<Finding> {
    let statement = Statement::from_string(DbBackend::Postgres, "SELECT now()");
    let row = db.read().query_one_raw(statement).await.ok()??;
    let theirs: chrono::DateTime<chrono::Utc> = row.try_get_by_index(0).ok()?;
    let apart = (Clock::default().now() - theirs).abs();
    Some(if apart > TimeDelta::seconds(2) {
        bad(
            format!("{} s from the database's", apart.num_seconds()),
            "timedatectl set-ntp true, on both machines",
        )
    } else {
        good("agrees with the database's")
    })
}

async fn sessions(config: &Config) -> Finding {
    let Some(address) = config.redis() else {
        return weak("kept in this process alone", "set LINLI_REDIS_URL for more than one process");
    };
    match address.ask().await {
        Ok(()) => good("Redis answers"),
        Err(cause) => bad(cause, "start Redis there, or set LINLI_REDIS_URL=redis://HOST to where it is"),
    }
}

fn wechat(config: &Config) -> Finding {
    if config.wechat_appid.is_empty() {
        return weak("no mini-program", "set LINLI_WECHAT_APPID and LINLI_WECHAT_SECRET from the console");
    }
    if config.wechat_secret.expose().len() != 32 {
        return bad(
            "wechat_secret is not 32 characters long",
            "copy AppSecret anew from the mini-program's console into LINLI_WECHAT_SECRET",
        );
    }
    if config.public_url.base().is_none() || config.wechat_push_token.expose().is_empty() {
        return weak(
            "WeChat looks at no photos: people look at each that neighbours would see",
            "set LINLI_PUBLIC_URL to the address of this service, and LINLI_WECHAT_PUSH_TOKEN and _KEY from the console",
        );
    }
    good(format!("{} at {}", config.wechat_appid, config.wechat_base_url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_year_is_missed_from_december_on() {
        let missed = |today: &str, known: &[i32]| missing(known, today.parse().unwrap());
        assert_eq!(missed("2026-11-30", &[2026]), None);
        assert_eq!(missed("2026-12-01", &[2026]), Some(2027));
        assert_eq!(missed("2026-12-31", &[2026, 2027]), None);
        assert_eq!(missed("2027-01-01", &[2026]), Some(2027));
    }
}
