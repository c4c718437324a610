//! What somebody waits for: one request, asked a hundred times by one person after another.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::city::{City, People, Places};

/// How often each is asked, after a tenth of that to warm up.
const TIMES: usize = 100;

/// How much longer the same may take where the city is largest than where it is smallest. What comes of ten times as many
/// rows in an index is one page more to go down; what walks through them takes ten times as long.
const FLAT: f64 = 2.0;
/// In milliseconds; by less than that no request grows that anybody would notice.
const NOISE: f64 = 5.0;

/// How long one kind of request took.
pub struct Measured {
    pub what: &'static str,
    pub median: Duration,
    /// 95 of 100 were faster.
    pub late: Duration,
}

impl Measured {
    /// Whether it is felt that others reported more since `first`.
    pub fn grew_since(&self, first: &Self) -> bool {
        let [first, last] = [first, self].map(|one| one.median.as_secs_f64() * 1000.0);
        last > first * FLAT && last > first + NOISE
    }
}

/// Asks for everything that must not grow with what others reported.
pub async fn measure(people: &People) -> Vec<Measured> {
    let Places { complex, community, street, .. } = &people.places;
    let report =
        json!({ "place_id": complex, "category": "COMPLEX_LIGHT_OUT", "description": "门口的灯不亮" });
    let reads = [
        ("the resident's own list", &people.resident, "/v1/incidents?scope=MINE".to_owned()),
        ("the first screen", &people.resident, "/v1/home".to_owned()),
        ("the property manager's queue", &people.property, "/v1/incidents?scope=HELD".to_owned()),
        ("the community officer's queue", &people.community, "/v1/incidents?scope=HELD".to_owned()),
        ("all under a street, soonest due", &people.street, "/v1/incidents?scope=BELOW".to_owned()),
        ("the counters of a complex's desk", &people.property, format!("/v1/places/{complex}/desk")),
        ("its work, by person and post", &people.property, format!("/v1/places/{complex}/desk/workloads")),
        ("the counters of a community's desk", &people.community, format!("/v1/places/{community}/desk")),
        ("the counters of a street's desk", &people.street, format!("/v1/places/{street}/desk")),
        ("the board of a complex", &people.property, format!("/v1/places/{complex}/board")),
        ("the board of a community", &people.community, format!("/v1/places/{community}/board")),
        ("the board of a street", &people.street, format!("/v1/places/{street}/board")),
    ];
    let mut all =
        vec![timed("submit a report", async || people.resident.post("/v1/incidents", &report).await).await];
    for (what, phone, path) in reads {
        all.push(timed(what, async || phone.get(&path).await).await);
    }
    all
}

/// That what was measured is not an empty board.
pub async fn the_board_counts_what_is_open(city: &City, people: &People) {
    let board = people.street.get(&format!("/v1/places/{}/board", people.places.street)).await;
    assert_eq!(board["open"], city.open_in_the_street(), "{board}");
}

async fn timed(what: &'static str, ask: impl AsyncFn() -> Value) -> Measured {
    for _ in 0..TIMES / 10 {
        ask().await;
    }
    let mut took = Vec::with_capacity(TIMES);
    for _ in 0..TIMES {
        let since = Instant::now();
        ask().await;
        took.push(since.elapsed());
    }
    took.sort_unstable();
    Measured { what, median: took[TIMES / 2], late: took[TIMES * 95 / 100] }
}
