//! What happens by itself: how long the sweep takes for what is due, among all that is open.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    city::{City, due_in, seconds},
    phone::Phone,
    world::Service,
};

/// How much longer one of many that are due may take, among many that are open, than one of few among few.
const FLAT: f64 = 2.0;

/// How long so many took.
pub struct Swept {
    pub open: u64,
    pub due: u64,
    pub took: Duration,
}

impl Swept {
    /// For one of those that were due, in milliseconds.
    pub fn each(&self) -> f64 {
        self.took.as_secs_f64() * 1000.0 / f64::from(u32::try_from(self.due).expect("a few thousand"))
    }

    /// Whether it follows something else than what is due.
    pub fn grew_since(&self, first: &Self) -> bool {
        self.each() > first.each() * FLAT
    }
}

/// Lets those that come due together come due, and waits until they have climbed.
pub async fn measure(city: &City, service: &Service, open: u64, due: u64) -> Swept {
    let wait = city.grown_at + due_in(due) - seconds(&move_clock(service, 1).await);
    let now = move_clock(service, wait + 1).await;
    let since = Instant::now();
    let found = city.due_until(&now);
    assert!(found > 0, "nothing came due");
    until_nothing_is_due(city, service).await;
    Swept { open, due, took: since.elapsed() }
}

/// Waits until everything that is due has been taken care of.
pub async fn until_nothing_is_due(city: &City, service: &Service) {
    let deadline = Instant::now() + Duration::from_mins(30);
    let now = move_clock(service, 1).await;
    while city.due_until(&now) > 0 {
        assert!(Instant::now() < deadline, "the sweep does not come to its end");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Moves the service's clock; what it says then.
pub async fn move_clock(service: &Service, seconds: i64) -> String {
    let order = json!({ "seconds": seconds });
    let reply = Phone::client().post(format!("{}/demo/clock", service.url())).json(&order).send().await;
    let told: Value = reply.expect("the clock answers").json().await.expect("JSON");
    told["server_time"].as_str().unwrap_or_else(|| panic!("{order}: {told}")).to_owned()
}
