//! What this room would otherwise ask the system for.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

/// The time this room lives by. Tests and the demo move it.
#[async_trait]
pub trait Time: Send + Sync + 'static {
    /// The moment now.
    fn now(&self) -> DateTime<Utc>;
    /// Returns when `duration` has passed.
    async fn sleep(&self, duration: Duration);
}

/// Randomness: a number from 0 up to, but not including, the argument. It spreads retries and names
/// the owners of locks; no secret depends on it.
pub type Chance = Arc<dyn Fn(u64) -> u64 + Send + Sync>;
