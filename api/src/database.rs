//! The database: one schema on SQLite and PostgreSQL, readers beside one writer, and all lines that differ between
//! the two.

use std::{fmt::Display, path::Path, str::FromStr, time::Duration};

use chrono::{DateTime, Utc};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    AccessMode, ColumnTrait, Condition, ConnAcquireErr, ConnectOptions, ConnectionTrait, Database,
    DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel, RuntimeErr, SqlErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sqlx::{
    Connection, PgConnection,
    postgres::PgConnectOptions,
    sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use uuid::Uuid;

/// A connection or a write in progress: whatever queries run on.
pub use sea_orm::ConnectionTrait as Conn;

use crate::{
    clock::{Clock, Ids},
    http::problem::{Problem, Result, UNAVAILABLE},
};

/// Held around migrations on PostgreSQL, so that a second starter waits.
const MIGRATION_LOCK: i64 = 0x006C_696E_6C69;

/// How long one connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// Connections to the database.
#[derive(Clone, Debug)]
pub struct Db {
    read: DatabaseConnection,
    write: DatabaseConnection,
    clock: Clock,
    ids: Ids,
    /// Beside SQLite's file: held around migrations.
    lock_file: Option<String>,
}

/// A write in progress. Dropped without [`Tx::commit`], it never happened.
pub struct Tx {
    inner: DatabaseTransaction,
    /// The moment of this write; everything in it happens then.
    pub now: DateTime<Utc>,
    pub ids: Ids,
}

impl Db {
    /// `url` is `sqlite://FILE` or `postgres://…`; `connections` is the most to open at once. Makes SQLite's file, and
    /// the folder that it is in, where they are missing.
    pub async fn connect(url: &str, connections: u32, clock: Clock, ids: Ids) -> Result<Self, DbErr> {
        if let Some(folder) = sqlite_file(url).and_then(Path::parent) {
            std::fs::create_dir_all(folder)
                .map_err(|cause| DbErr::Custom(format!("{}: {cause}", folder.display())))?;
        }
        match Self::open(url, connections, (clock, ids), Missing::Make).await {
            Ok(db) => Ok(db),
            Err(late) => Err(reach(url).await.err().unwrap_or(late)),
        }
    }

    /// Connects to what is there, to look at it: makes nothing. None where there is no file of SQLite.
    pub async fn existing(url: &str) -> Result<Option<Self>, DbErr> {
        if sqlite_file(url).is_some_and(|file| !file.is_file()) {
            return Ok(None);
        }
        reach(url).await?;
        Self::open(url, 2, (Clock::default(), Ids), Missing::Leave).await.map(Some)
    }

    async fn open(
        url: &str,
        connections: u32,
        (clock, ids): (Clock, Ids),
        missing: Missing,
    ) -> Result<Self, DbErr> {
        let (read, write, lock_file) = if let Some(file) = sqlite_file(url) {
            let file = file.display();
            let write = Database::connect(sqlite(&file, 1, missing)).await?;
            let read = Database::connect(sqlite(&file, connections.max(2), missing)).await?;
            (read, write, Some(format!("{file}.lock")))
        } else {
            let pool = Database::connect(postgres(url, connections)).await?;
            (pool.clone(), pool, None)
        };
        Ok(Self { read, write, clock, ids, lock_file })
    }

    /// For reading; may lag behind the writer by design.
    pub fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// One moment of the database, for as long as it is read: whatever commits meanwhile is not seen.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction> {
        let options = match self.read.get_database_backend() {
            // Repeatable in itself, from the first read on.
            DbBackend::Sqlite => TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
                ..Default::default()
            },
            _ => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..Default::default()
            },
        };
        Ok(self.read.begin_with_options(options).await?)
    }

    /// Starts a write.
    pub async fn begin(&self) -> Result<Tx> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let tx = self.write.begin_with_options(options).await?;
        Ok(Tx { inner: tx, now: self.clock.now(), ids: self.ids.clone() })
    }

    /// Starts a write that ends by itself: committed when `act` succeeds, undone when it refuses.
    pub async fn write<T>(&self, act: impl AsyncFnOnce(&Tx) -> Result<T>) -> Result<T> {
        let tx = self.begin().await?;
        let done = act(&tx).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Brings the schema up to date; somebody else doing the same is waited for.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        if let Some(path) = &self.lock_file {
            let held = lock_file(path).map_err(|cause| DbErr::Custom(format!("{path}: {cause}")))?;
            Migrator::up(&self.write, None).await?;
            drop(held);
            return Ok(());
        }
        let guard = self.write.begin().await?;
        guard
            .execute_raw(Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT pg_advisory_xact_lock($1)",
                [MIGRATION_LOCK.into()],
            ))
            .await?;
        // Within the same transaction: one connection is enough.
        Migrator::up(&guard, None).await?;
        guard.commit().await
    }

    /// The names of all migrations.
    pub fn known_migrations() -> Vec<String> {
        Migrator::migrations().iter().map(|one| one.name().to_owned()).collect()
    }

    /// Each migration's name and whether it has been applied.
    pub async fn migrations(&self) -> Result<Vec<(String, bool)>, DbErr> {
        let all = Migrator::get_migration_with_status_read_only(&self.read).await?;
        Ok(all
            .iter()
            .map(|one| (one.name().to_owned(), one.status() == migration::MigrationStatus::Applied))
            .collect())
    }

    /// Whether the database answers. SQLite's one writer is not asked: it may be at work for long.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.read.ping().await
    }

    /// `SQLite` or `PostgreSQL`, for people.
    pub fn kind(&self) -> &'static str {
        match self.read.get_database_backend() {
            DbBackend::Postgres => "PostgreSQL",
            _ => "SQLite",
        }
    }

    pub async fn close(self) {
        for pool in [self.write, self.read] {
            if let Err(cause) = pool.close().await {
                tracing::warn!(%cause, "closing the database");
            }
        }
    }
}

impl Tx {
    pub fn conn(&self) -> &DatabaseTransaction {
        &self.inner
    }

    pub async fn commit(self) -> Result<()> {
        Ok(self.inner.commit().await?)
    }

    /// Ends it as if it had never been, its locks included, before anything else is done. Dropping it does so too, but
    /// only some time after.
    pub async fn undo(self) {
        if let Err(cause) = self.inner.rollback().await {
            tracing::debug!(%cause, "a write that came to nothing ends with its connection");
        }
    }

    /// Takes the lock named `name` until this write ends, if nobody holds it. SQLite's one writer always does.
    pub async fn try_lock(&self, name: &str) -> Result<bool> {
        if self.inner.get_database_backend() != DbBackend::Postgres {
            return Ok(true);
        }
        let row = self
            .inner
            .query_one_raw(Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))",
                [name.into()],
            ))
            .await?;
        Ok(row.is_some_and(|row| row.try_get_by_index::<bool>(0).unwrap_or(false)))
    }

    /// Waits for the lock named `name` and holds it until this write ends.
    pub async fn lock(&self, name: &str) -> Result<()> {
        if self.inner.get_database_backend() == DbBackend::Postgres {
            self.inner
                .execute_raw(Statement::from_sql_and_values(
                    DbBackend::Postgres,
                    "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
                    [name.into()],
                ))
                .await?;
        }
        Ok(())
    }

    /// A new id that sorts by time.
    pub fn id(&self) -> Uuid {
        self.ids.next()
    }
}

/// What comes after a position in the order of a time, and of ids where that is the same. The time alone stands first, for
/// an index to begin there.
pub fn later<C: ColumnTrait>((time, id): (C, C), (at, after): (DateTime<Utc>, Uuid)) -> Condition {
    let of_that_moment = Condition::all().add(time.eq(at)).add(id.gt(after));
    Condition::all().add(time.gte(at)).add(Condition::any().add(time.gt(at)).add(of_that_moment))
}

/// Whether a write failed because a unique key was taken.
pub fn is_duplicate(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// What a database says that will be well again by itself: SQLite's writer waited too long; a statement of PostgreSQL's
/// did, or waited for who waited for it; PostgreSQL was stopped, is starting, or does not take connections; or the wire to
/// it broke.
const PASSING: [&str; 8] = [
    "canceling statement due to",
    "database is locked",
    "deadlock detected",
    "closed the connection",
    "error communicating with database",
    "terminating connection",
    "the database system is",
    "not currently accepting connections",
];

impl From<DbErr> for Problem {
    fn from(error: DbErr) -> Self {
        match error {
            // Nobody gave one back in time, or the pool tried in vain to make one; whether the database is there at all is
            // told by `/readyz`.
            DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => {
                tracing::warn!("no connection to the database came free");
                UNAVAILABLE.because("the database is busy").retry_after(2)
            }
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => {
                tracing::error!(%error, "the database cannot be reached");
                UNAVAILABLE.because("the database cannot be reached").retry_after(2)
            }
            other => {
                let text = other.to_string();
                if PASSING.iter().any(|passing| text.contains(passing)) {
                    tracing::warn!("the database is busy, restarting or gone");
                    return UNAVAILABLE.because("the database is busy").retry_after(1);
                }
                Problem::internal(redacted(&text))
            }
        }
    }
}

/// A database's message without the row that it complains of: PostgreSQL quotes values after `DETAIL`.
fn redacted(message: &str) -> &str {
    message.split("Key (").next().unwrap_or_default()
}

/// What becomes of an SQLite database that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Make,
    Leave,
}

/// SQLite's file, if the address is one of SQLite.
fn sqlite_file(url: &str) -> Option<&Path> {
    let file = url.strip_prefix("sqlite://")?;
    Some(Path::new(file.split('?').next().unwrap_or(file)))
}

/// Tries PostgreSQL once. The pool tries again and again, and tells in the end that time is up and nothing else.
async fn reach(url: &str) -> Result<(), DbErr> {
    if sqlite_file(url).is_some() {
        return Ok(());
    }
    let options = PgConnectOptions::from_str(url).map_err(|cause| unreached(&"the address", &cause))?;
    let place = match options.get_socket() {
        Some(folder) => format!("PostgreSQL in {}", folder.display()),
        None => format!("PostgreSQL at {}:{}", options.get_host(), options.get_port()),
    };
    let failed = |cause: &dyn Display| unreached(&place, cause);
    let connection = tokio::time::timeout(CONNECT, PgConnection::connect_with(&options)).await;
    let connection = connection.map_err(|_| failed(&"it does not answer"))?;
    connection.map_err(|cause| failed(&cause))?.close().await.map_err(|cause| failed(&cause))
}

fn unreached(place: &dyn Display, cause: &dyn Display) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(format!("{place}: {cause}")))
}

fn sqlite(file: &impl Display, connections: u32, missing: Missing) -> ConnectOptions {
    let mut options = ConnectOptions::new(format!("sqlite://{file}"));
    quiet(&mut options).max_connections(connections).map_sqlx_sqlite_opts(move |options| {
        let options = options
            .create_if_missing(missing == Missing::Make)
            .foreign_keys(true)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            .pragma("cache_size", "-16000");
        match missing {
            Missing::Make => options.journal_mode(SqliteJournalMode::Wal),
            // Kept in the file; telling it again writes to one that has none yet.
            Missing::Leave => options,
        }
    });
    options
}

fn postgres(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    quiet(&mut options).max_connections(connections).statement_timeout(Duration::from_mins(1));
    options
}

fn quiet(options: &mut ConnectOptions) -> &mut ConnectOptions {
    options
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .acquire_timeout(Duration::from_secs(15))
        .connect_timeout(CONNECT)
        .test_before_acquire_if_idle_for(Duration::from_secs(30))
}

fn lock_file(path: &str) -> std::io::Result<std::fs::File> {
    let file = std::fs::File::create(path)?;
    file.lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::start;

    #[tokio::test]
    async fn of_two_who_wait_for_each_other_one_is_told_to_come_again() {
        let (app, folder) = start::for_a_test("deadlock").await;
        let write = async |first: &str, second: &str| {
            let both = async |tx: &Tx| {
                tx.lock(first).await?;
                tokio::time::sleep(Duration::from_millis(300)).await;
                tx.lock(second).await
            };
            app.write(both).await
        };
        let (one, other) = tokio::join!(write("a", "b"), write("b", "a"));
        let told: Vec<Problem> = [one, other].into_iter().filter_map(Result::err).collect();
        // SQLite has one writer, for whom nobody waits in turn.
        let waits = app.db.read().get_database_backend() == DbBackend::Postgres;
        assert_eq!(told.len(), usize::from(waits));
        assert!(told.iter().all(|problem| problem.code.status == UNAVAILABLE.status && problem.is_passing()));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
