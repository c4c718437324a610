//! Writes that are safe to repeat: the answer is kept under the caller's key in the write's own transaction.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{HttpResponse, http::StatusCode, http::header};
use chrono::TimeDelta;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    app::App,
    database::{Conn, Tx, is_duplicate},
    http::{
        answer::{Answer, etag},
        input::Once,
        problem::{KEY_REUSED, KEY_RUNNING, Problem, Result},
    },
    pii::sha256,
};

const COLUMN: &str = "idempotency_key.body";

/// How long an answer is kept. Natural keys protect after that.
pub const KEPT: TimeDelta = TimeDelta::days(7);

/// Answers forgotten in one transaction: writers wait for it on SQLite.
const SWEPT_AT_ONCE: u64 = 200;

/// Keys whose first request is still running in this process.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<Mutex<HashSet<(Uuid, String)>>>);

/// Ends with the request.
struct Guard {
    running: Running,
    key: (Uuid, String),
}

impl Running {
    fn enter(&self, key: (Uuid, String)) -> Result<Guard> {
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone()) {
            Ok(Guard { running: self.clone(), key })
        } else {
            Err(still_running())
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// The answer to whoever asks again too early.
pub fn still_running() -> Problem {
    KEY_RUNNING.because("the first request with this key has not ended yet").retry_after(1)
}

impl App {
    /// Carries out `act` once for this actor and key, however often it is asked. `digest` is the hash of the body:
    /// the same key with another one is refused.
    pub async fn once<T: Serialize>(
        &self,
        actor: Uuid,
        once: &Once,
        digest: &str,
        act: impl AsyncFnOnce(&Tx) -> Result<Answer<T>>,
    ) -> Result<HttpResponse> {
        let _running = self.running.enter((actor, once.key.clone()))?;
        self.carry_out(actor, once, digest, act).await?.response(self, once, digest)
    }

    /// The same, with something to find out first for which no transaction should wait; it is not found out again for
    /// what is answered already.
    pub async fn once_after<A, T: Serialize>(
        &self,
        actor: Uuid,
        once: &Once,
        digest: &str,
        before: impl AsyncFnOnce() -> Result<A>,
        act: impl AsyncFnOnce(&Tx, A) -> Result<Answer<T>>,
    ) -> Result<HttpResponse> {
        let _running = self.running.enter((actor, once.key.clone()))?;
        // Asked where it is written: readers may lag behind, and whoever asks again must not find out anew.
        let tx = self.db.begin().await?;
        let kept = find(tx.conn(), actor, once).await?;
        tx.undo().await;
        if let Some(kept) = kept {
            return self.replay(&kept, once, digest);
        }
        let found = before().await?;
        let done = self.carry_out(actor, once, digest, async |tx| act(tx, found).await).await?;
        done.response(self, once, digest)
    }

    /// Carries out one part of a write that has several, each in a transaction of its own: once under the key of the
    /// whole, so that a whole that broke off goes on where it was.
    pub async fn once_for<T: Serialize + DeserializeOwned>(
        &self,
        actor: Uuid,
        whole: &Once,
        part: Uuid,
        digest: &str,
        act: impl AsyncFnOnce(&Tx) -> Result<T>,
    ) -> Result<T> {
        let key = sha256(format!("{} {part}", whole.key).as_bytes());
        let once = Once { key, route: whole.route.clone() };
        let _running = self.running.enter((actor, once.key.clone()))?;
        let act = async |tx: &Tx| act(tx).await.map(Answer::ok);
        let done = self.carry_out(actor, &once, digest, act).await?.body(self, &once, digest)?;
        serde_json::from_slice(&done).map_err(Problem::internal)
    }

    async fn carry_out<T: Serialize>(
        &self,
        actor: Uuid,
        once: &Once,
        digest: &str,
        act: impl AsyncFnOnce(&Tx) -> Result<Answer<T>>,
    ) -> Result<Done> {
        let tx = self.db.begin().await?;
        if !tx.try_lock(&format!("idempotency {actor} {}", once.key)).await? {
            return Err(still_running());
        }
        // Where nothing is written, the key's lock is free before the answer is out: whoever asks again right after it
        // is not told that something runs still.
        if let Some(kept) = find(tx.conn(), actor, once).await? {
            tx.undo().await;
            return Ok(Done::Before(kept));
        }
        let answer = match act(&tx).await {
            Ok(answer) => answer,
            Err(problem) => {
                tx.undo().await;
                return Err(problem);
            }
        };
        let body = serde_json::to_vec(&answer.body).map_err(Problem::internal)?;
        let kept = ::entity::idempotency_key::Model {
            actor,
            key: once.key.clone(),
            route: once.route.clone(),
            body_hash: digest.to_owned(),
            status: i32::from(answer.status.as_u16()),
            etag: answer.version.map(etag),
            location: answer.location,
            body_cipher: self.vault.seal(COLUMN, &body).map_err(Problem::internal)?,
            created_at: tx.now,
        };
        match keep(&tx, &kept).await {
            Err(error) if is_duplicate(&error) => return Err(still_running()),
            other => other?,
        }
        self.commit(tx).await?;
        Ok(Done::Now(kept, body))
    }

    /// The answer that is kept under this actor's key, if there is one: for writes whose work is done before their
    /// transaction begins, so that it is not done for nothing.
    pub async fn replayed(&self, actor: Uuid, once: &Once, digest: &str) -> Result<Option<HttpResponse>> {
        let kept = find(self.db.read(), actor, once).await?;
        kept.map(|kept| self.replay(&kept, once, digest)).transpose()
    }

    fn replay(
        &self,
        kept: &::entity::idempotency_key::Model,
        once: &Once,
        digest: &str,
    ) -> Result<HttpResponse> {
        let mut answer = rebuild(kept, self.kept_body(kept, once, digest)?)?;
        answer.headers_mut().insert(
            header::HeaderName::from_static("idempotency-replayed"),
            header::HeaderValue::from_static("true"),
        );
        Ok(answer)
    }

    /// The body of an answer that was kept for this very request.
    fn kept_body(
        &self,
        kept: &::entity::idempotency_key::Model,
        once: &Once,
        digest: &str,
    ) -> Result<Vec<u8>> {
        if kept.route != once.route || kept.body_hash != digest {
            return Err(KEY_REUSED.because("this key belongs to an earlier, different request"));
        }
        self.vault.open(COLUMN, &kept.body_cipher).map_err(Problem::internal)
    }
}

/// A write that is carried out.
enum Done {
    /// With its answer.
    Now(::entity::idempotency_key::Model, Vec<u8>),
    Before(::entity::idempotency_key::Model),
}

impl Done {
    fn response(self, app: &App, once: &Once, digest: &str) -> Result<HttpResponse> {
        match self {
            Self::Now(kept, body) => rebuild(&kept, body),
            Self::Before(kept) => app.replay(&kept, once, digest),
        }
    }

    fn body(self, app: &App, once: &Once, digest: &str) -> Result<Vec<u8>> {
        match self {
            Self::Now(_, body) => Ok(body),
            Self::Before(kept) => app.kept_body(&kept, once, digest),
        }
    }
}

fn rebuild(kept: &::entity::idempotency_key::Model, body: Vec<u8>) -> Result<HttpResponse> {
    let status = u16::try_from(kept.status).ok().and_then(|status| StatusCode::from_u16(status).ok());
    let mut answer =
        HttpResponse::build(status.ok_or_else(|| Problem::internal("a kept status is not one"))?);
    answer.insert_header((header::CONTENT_TYPE, "application/json; charset=utf-8"));
    if let Some(etag) = &kept.etag {
        answer.insert_header((header::ETAG, etag.as_str()));
    }
    if let Some(location) = &kept.location {
        answer.insert_header((header::LOCATION, location.as_str()));
    }
    Ok(answer.body(body))
}

async fn find(db: &impl Conn, actor: Uuid, once: &Once) -> Result<Option<::entity::idempotency_key::Model>> {
    Ok(::entity::idempotency_key::Entity::find_by_id((actor, once.key.clone())).one(db).await?)
}

async fn keep(tx: &Tx, kept: &::entity::idempotency_key::Model) -> Result<(), sea_orm::DbErr> {
    let kept = kept.clone();
    ::entity::idempotency_key::Entity::insert(::entity::idempotency_key::ActiveModel {
        actor: Set(kept.actor),
        key: Set(kept.key),
        route: Set(kept.route),
        body_hash: Set(kept.body_hash),
        status: Set(kept.status),
        etag: Set(kept.etag),
        location: Set(kept.location),
        body_cipher: Set(kept.body_cipher),
        created_at: Set(kept.created_at),
    })
    .exec_without_returning(tx.conn())
    .await?;
    Ok(())
}

/// Forgets answers older than [`KEPT`], the next few of them; how many those were.
pub async fn sweep(app: &App) -> Result<usize> {
    use ::entity::idempotency_key::{Column, Entity};
    let old = Entity::find()
        .select_only()
        .columns([Column::Actor, Column::Key])
        .filter(Column::CreatedAt.lt(app.clock.now() - KEPT))
        .order_by_asc(Column::CreatedAt)
        .limit(SWEPT_AT_ONCE)
        .into_tuple::<(Uuid, String)>()
        .all(app.db.read())
        .await?;
    if old.is_empty() {
        return Ok(0);
    }
    let keys = Expr::tuple([Expr::col(Column::Actor), Expr::col(Column::Key)]);
    app.write(async |tx| {
        Entity::delete_many().filter(keys.in_tuples(old.iter().cloned())).exec(tx.conn()).await?;
        Ok(())
    })
    .await?;
    Ok(old.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::start::for_a_test;

    #[tokio::test]
    async fn an_answer_is_kept_for_seven_days_and_forgotten_after_them() {
        let (app, folder) = for_a_test("kept-answers").await;
        let asked = async |key: &str| {
            let once = Once { key: key.into(), route: "POST /v1/things".into() };
            let act = async |_: &Tx| Ok(Answer::ok(key.to_owned()));
            let answer = app.once(Uuid::nil(), &once, "digest", act).await.unwrap();
            answer.headers().contains_key("idempotency-replayed")
        };
        for old in 0..=SWEPT_AT_ONCE {
            assert!(!asked(&format!("old {old}")).await);
        }
        app.clock.advance(KEPT - TimeDelta::minutes(1));
        assert!(!asked("new").await);
        assert_eq!(sweep(&app).await.unwrap(), 0, "seven days are not over");
        app.clock.advance(TimeDelta::minutes(1));
        let forgotten = [sweep(&app).await.unwrap(), sweep(&app).await.unwrap(), sweep(&app).await.unwrap()];
        assert_eq!(forgotten, [200, 1, 0], "a part at a time");
        assert!(!asked("old 7").await, "it is done anew");
        assert!(asked("new").await, "it is kept");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
