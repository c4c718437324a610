//! The [`TokenStore`] that several processes share.

use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use redis::aio::ConnectionLike;
use redis::{RedisResult, Script};

use super::token::{StoreDown, TokenStore};

/// The longest wait for Redis. It is near; when it is slow, tokens are fetched without it.
const PATIENCE: Duration = Duration::from_millis(100);

/// A [`TokenStore`] in Redis, over a connection that many tasks share: a `ConnectionManager`, or the
/// connection of a cluster. It should be set to give up after one retry.
pub struct RedisTokenStore<C> {
    connection: C,
    delete_if_equal: Script,
    increment: Script,
}

impl<C> RedisTokenStore<C> {
    /// A store on `connection`.
    pub fn new(connection: C) -> Self {
        Self {
            connection,
            delete_if_equal: Script::new(
                "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0",
            ),
            increment: Script::new(
                "local n = redis.call('INCR', KEYS[1]) \
                 if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end return n",
            ),
        }
    }
}

#[async_trait]
impl<C> TokenStore for RedisTokenStore<C>
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    async fn get(&self, key: &str) -> Result<Option<String>, StoreDown> {
        let mut connection = self.connection.clone();
        soon(redis::cmd("GET").arg(key).query_async(&mut connection)).await
    }

    async fn put(&self, key: &str, value: &str, life: Duration) -> Result<(), StoreDown> {
        let mut connection = self.connection.clone();
        soon(redis::cmd("SET").arg(key).arg(value).arg("PX").arg(millis(life)).query_async(&mut connection))
            .await
    }

    async fn put_if_absent(&self, key: &str, value: &str, life: Duration) -> Result<bool, StoreDown> {
        let mut connection = self.connection.clone();
        let mut set = redis::cmd("SET");
        set.arg(key).arg(value).arg("NX").arg("PX").arg(millis(life));
        let done: Option<String> = soon(set.query_async(&mut connection)).await?;
        Ok(done.is_some())
    }

    async fn delete_if_equal(&self, key: &str, value: &str) -> Result<bool, StoreDown> {
        let mut connection = self.connection.clone();
        let mut script = self.delete_if_equal.key(key);
        let deleted: u64 = soon(script.arg(value).invoke_async(&mut connection)).await?;
        Ok(deleted == 1)
    }

    async fn increment(&self, key: &str, life: Duration) -> Result<u64, StoreDown> {
        let mut connection = self.connection.clone();
        let mut script = self.increment.key(key);
        soon(script.arg(millis(life)).invoke_async(&mut connection)).await
    }
}

fn millis(life: Duration) -> u64 {
    u64::try_from(life.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// Redis's own words may hold a key or a value, so they are dropped.
async fn soon<T>(asked: impl Future<Output = RedisResult<T>>) -> Result<T, StoreDown> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => {
            tracing::warn!(kind = ?error.kind(), "the token store failed");
            Err(StoreDown)
        }
        Err(_) => {
            tracing::warn!("the token store is slow");
            Err(StoreDown)
        }
    }
}
