//! The [`TokenStore`] that several processes share.

use std::time::Duration;

use async_trait::async_trait;
use redis::Script;

use super::token::{StoreDown, TokenStore};
use crate::gate::{
    GateDown,
    link::{Address, BadAddress, Link},
};

/// A [`TokenStore`] in Redis, with the time limit and the breaker of its [`Link`]. When Redis is slow, tokens are
/// fetched without it.
pub struct RedisTokenStore {
    link: Link,
    delete_if_equal: Script,
    increment: Script,
}

impl RedisTokenStore {
    /// A store at `address`.
    pub async fn connect(address: &Address) -> Result<Self, BadAddress> {
        Ok(Self {
            link: Link::new(address).await?,
            delete_if_equal: Script::new(
                "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0",
            ),
            increment: Script::new(
                "local n = redis.call('INCR', KEYS[1]) \
                 if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end return n",
            ),
        })
    }
}

#[async_trait]
impl TokenStore for RedisTokenStore {
    async fn get(&self, key: &str) -> Result<Option<String>, StoreDown> {
        Ok(self.link.command(redis::cmd("GET").arg(key)).await?)
    }

    async fn put(&self, key: &str, value: &str, life: Duration) -> Result<(), StoreDown> {
        Ok(self.link.command(redis::cmd("SET").arg(key).arg(value).arg("PX").arg(millis(life))).await?)
    }

    async fn put_if_absent(&self, key: &str, value: &str, life: Duration) -> Result<bool, StoreDown> {
        let mut set = redis::cmd("SET");
        set.arg(key).arg(value).arg("NX").arg("PX").arg(millis(life));
        let done: Option<String> = self.link.command(&set).await?;
        Ok(done.is_some())
    }

    async fn delete_if_equal(&self, key: &str, value: &str) -> Result<bool, StoreDown> {
        let deleted: u64 = self.link.script(self.delete_if_equal.key(key).arg(value)).await?;
        Ok(deleted == 1)
    }

    async fn increment(&self, key: &str, life: Duration) -> Result<u64, StoreDown> {
        Ok(self.link.script(self.increment.key(key).arg(millis(life))).await?)
    }
}

fn millis(life: Duration) -> u64 {
    u64::try_from(life.as_millis()).unwrap_or(u64::MAX).max(1)
}

impl From<GateDown> for StoreDown {
    fn from(down: GateDown) -> Self {
        tracing::warn!(%down, "the token store failed");
        Self
    }
}
