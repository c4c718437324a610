//! The gate that any number of processes share.
//!
//! Everything of one caller carries the caller's name as the key's hash tag, so that in a cluster a
//! script's keys are always in one slot:
//!
//! ```text
//! linli:{m:PERSON}:sessions     hash   SID → created|expires|last used|device      (µs since 1970)
//! linli:{m:PERSON}:limit:KEY    string when the bucket is full again               (µs since 1970)
//! linli:{g:ORIGIN}:limit:KEY    the same, for guests
//! ```

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use redis::{Script, ScriptInvocation};
use uuid::Uuid;

use super::link::{Address, BadAddress, Link};
use super::{
    Admission, Bucket, Caller, Closing, Gate, GateDown, SESSIONS_PER_PERSON, SLACK, Session, Sid, Source,
    Standing, gcra,
};

/// Sessions and limits in Redis.
pub struct Redis {
    link: Link,
    prefix: String,
    admit: Script,
    open: Script,
    close: Script,
}

impl Redis {
    /// `prefix` begins every key, for a Redis that serves more than one installation; it may not hold
    /// braces. A Redis that is down at this moment is no error.
    pub async fn connect(address: &Address, prefix: &str) -> Result<Self, BadAddress> {
        Ok(Self {
            link: Link::new(address).await?,
            prefix: prefix.replace(['{', '}'], ""),
            admit: Script::new(include_str!("lua/admit.lua")),
            open: Script::new(include_str!("lua/open.lua")),
            close: Script::new(include_str!("lua/close.lua")),
        })
    }

    fn sessions_key(&self, person: Uuid) -> String {
        format!("{}:{{m:{person}}}:sessions", self.prefix)
    }

    /// The caller's part of a key: the same hash tag in all keys of a call.
    fn tagged(&self, caller: &Caller) -> String {
        match caller {
            Caller::Guest { origin } => format!("{}:{{g:{origin}}}", self.prefix),
            Caller::Member { person, .. } => format!("{}:{{m:{person}}}", self.prefix),
        }
    }

    fn closing(&self, person: Uuid, now: DateTime<Utc>, which: &str, sid: &str) -> ScriptInvocation<'_> {
        let mut call = self.close.key(self.sessions_key(person));
        call.arg(now.timestamp_micros()).arg(which).arg(sid);
        call
    }
}

#[async_trait]
impl Gate for Redis {
    async fn admit(
        &self,
        caller: &Caller,
        buckets: &[Bucket],
        now: DateTime<Utc>,
    ) -> Result<Admission, GateDown> {
        let micros = now.timestamp_micros();
        let tag = self.tagged(caller);
        let sid = match caller {
            Caller::Guest { .. } => String::new(),
            Caller::Member { sid, .. } => sid.0.to_string(),
        };
        let mut call = self.admit.key(format!("{tag}:sessions"));
        call.arg(micros).arg(sid).arg(SLACK.as_millis().to_string());
        for bucket in buckets {
            call.key(format!("{tag}:limit:{}", bucket.key)).arg(bucket.rate.window()).arg(bucket.need());
        }
        let (record, tats): (Option<String>, Vec<i64>) = self.link.script(&call).await?;
        let tats: Vec<Option<i64>> = tats.into_iter().map(Some).collect();
        let standing = match caller {
            Caller::Guest { .. } => Standing::Guest,
            Caller::Member { person, sid } => record
                .and_then(|record| read(*person, *sid, &record))
                .map_or(Standing::Closed, Standing::Open),
        };
        let verdict = match standing {
            Standing::Closed => None,
            _ => gcra::settle(&tats, buckets, micros).verdict,
        };
        Ok(Admission { standing, verdict, source: Source::Store })
    }

    async fn open(&self, session: &Session, now: DateTime<Utc>) -> Result<(), GateDown> {
        let mut call = self.open.key(self.sessions_key(session.person));
        call.arg(now.timestamp_micros())
            .arg(session.sid.0.to_string())
            .arg(write(session))
            .arg(session.expires_at.timestamp_micros())
            .arg(SESSIONS_PER_PERSON)
            .arg(SLACK.as_millis().to_string());
        self.link.script(&call).await
    }

    async fn close(&self, person: Uuid, sid: Sid, now: DateTime<Utc>) -> Result<Closing, GateDown> {
        let closed: Vec<String> =
            self.link.script(&self.closing(person, now, "one", &sid.0.to_string())).await?;
        Ok(if closed.is_empty() { Closing::WasNotOpen } else { Closing::Closed })
    }

    async fn sessions_of(&self, person: Uuid, now: DateTime<Utc>) -> Result<Vec<Session>, GateDown> {
        let mut command = redis::cmd("HGETALL");
        command.arg(self.sessions_key(person));
        let records: HashMap<String, String> = self.link.command(&command).await?;
        let sessions = records.iter().filter_map(|(sid, record)| read(person, id(sid)?, record));
        Ok(super::last_used_first(sessions.filter(|session| session.is_open_at(now)).collect()))
    }

    async fn close_all(
        &self,
        person: Uuid,
        except: Option<Sid>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Sid>, GateDown> {
        let kept = except.map(|sid| sid.0.to_string()).unwrap_or_default();
        let closed: Vec<String> = self.link.script(&self.closing(person, now, "all-but", &kept)).await?;
        Ok(closed.iter().filter_map(|sid| id(sid)).collect())
    }

    async fn ping(&self) -> Result<(), GateDown> {
        self.link.command(&redis::cmd("PING")).await
    }
}

fn id(text: &str) -> Option<Sid> {
    Uuid::parse_str(text).ok().map(Sid)
}

/// The moments are never negative: nothing happened here before 1970, and the scripts read digits only.
fn write(session: &Session) -> String {
    let moment = |at: DateTime<Utc>| at.timestamp_micros().max(0);
    format!(
        "{}|{}|{}|{}",
        moment(session.created_at),
        moment(session.expires_at),
        moment(session.last_used_at),
        session.device
    )
}

fn read(person: Uuid, sid: Sid, record: &str) -> Option<Session> {
    let mut parts = record.splitn(4, '|');
    let mut moment = || DateTime::from_timestamp_micros(parts.next()?.parse().ok()?);
    let (created_at, expires_at, last_used_at) = (moment()?, moment()?, moment()?);
    Some(Session { sid, person, device: parts.next()?.to_owned(), created_at, last_used_at, expires_at })
}
