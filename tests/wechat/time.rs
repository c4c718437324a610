//! Client and simulator live by one time: the simulator's.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use linli::wechat::Time;
use serde_json::{Value, json};

use crate::stage::Desk;

fn moment(clock: &Value) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(clock["now_ms"].as_i64().unwrap()).unwrap()
}

/// A time that stands still on both sides. Sleeping and [`StandingTime::pass`] move it, on both sides.
pub struct StandingTime {
    desk: Desk,
    now: Mutex<DateTime<Utc>>,
}

impl StandingTime {
    /// Stops the simulator's clock at `text`.
    pub async fn at(desk: Desk, text: &str) -> Self {
        let at: DateTime<Utc> = text.parse().unwrap();
        let clock = desk.order("clock", json!({"at_ms": at.timestamp_millis(), "running": false})).await;
        Self { desk, now: Mutex::new(moment(&clock)) }
    }

    pub async fn pass(&self, duration: Duration) {
        let ms = u64::try_from(duration.as_millis()).unwrap();
        let clock = self.desk.order("advance", json!({"ms": ms})).await;
        let mut now = self.now.lock().unwrap();
        *now = moment(&clock).max(*now);
    }

    pub async fn pass_seconds(&self, seconds: u64) {
        self.pass(Duration::from_secs(seconds)).await;
    }
}

#[async_trait]
impl Time for StandingTime {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        self.pass(duration).await;
    }
}

/// A time that runs, from what the simulator's clock says, with it.
pub struct RunningTime {
    began: DateTime<Utc>,
    since: Instant,
}

impl RunningTime {
    pub async fn with(desk: &Desk) -> Self {
        Self { began: moment(&desk.told("clock").await), since: Instant::now() }
    }
}

#[async_trait]
impl Time for RunningTime {
    fn now(&self) -> DateTime<Utc> {
        self.began + TimeDelta::from_std(self.since.elapsed()).unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
