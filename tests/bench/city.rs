//! A city of 20,000 complexes around the demo's own, where 11 % of the complexes make 47 % of the reports.
//!
//! It is made by copying rows within the database: what the service itself wrote for one report in the demo, and for the
//! places and posts that it belongs to, with other ids, places and times. So the city has whatever a report has, without
//! knowing its tables; only what the service sums up over reports, the heads of logs and the tallies, is summed up here.
//! Places and people are only as many as somebody needs to report and to answer.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    phone::{Phone, new_key},
    servers::{Data, ask, tell},
    story::{Database, Setting},
    world::Service,
};

/// How many come due together, of which the sweep's cost is told.
pub const MANY: u64 = 5_000;
/// A tenth of it: the cost must be a tenth too.
pub const FEW: u64 = MANY / 10;
/// The least by which a city grows: whatever comes due in it, once.
pub const BATCH: u64 = MANY + FEW;

const COMPLEXES: u64 = 20_000;
/// Those that make 47 % of the reports.
const BUSY: u64 = COMPLEXES * 11 / 100;
const COMPLEXES_IN_A_COMMUNITY: u64 = 20;
const COMPLEXES_IN_A_STREET: u64 = 140;
const COMPLEXES_IN_A_DISTRICT: u64 = 2_000;

/// What the ids of the city's rows begin with, so that none meets another. All are older than what the demo makes.
const DISTRICT: u64 = 0x0180_0001;
const STREET: u64 = 0x0180_0002;
const COMMUNITY: u64 = 0x0180_0003;
const COMPLEX: u64 = 0x0180_0004;
const RESIDENT: u64 = 0x0180_0005;
const POST: u64 = 0x0180_0006;
const INCIDENT: u64 = 0x0180_0007;
/// Of rows that hang on an incident and have ids of their own; a table's number is added.
const DETAIL: u64 = 0x0180_0100;

/// At most so many rows of one table hang on one incident of the pattern.
const DETAILS: u64 = 16;
/// Where the events of each growth stand in their complexes' logs: behind whatever the service wrote before.
const LOG: u64 = 1_000_000_000;

pub struct City {
    setting: Setting,
    url: String,
    pattern: Pattern,
    /// When the pattern was reported, in seconds since 1970.
    pub reported_at: i64,
    /// How many incidents there are besides the demo's.
    size: u64,
    /// How often it grew.
    growths: u64,
    /// When it last did.
    pub grown_at: i64,
    /// The columns that say of an incident when something happens by itself.
    awaited: Vec<String>,
}

/// What the rows of the pattern are copied for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Copies {
    /// Places, and the posts there.
    Places,
    /// Reports: each has a number `n`, and happened `ago` seconds earlier than the pattern.
    Reports,
}

/// The report that all others are copies of, and what in it is another's in each copy.
struct Pattern {
    incident: String,
    reporter: String,
    places: Places,
}

/// Who asks, and where.
pub struct People {
    pub resident: Caller,
    pub property: Caller,
    pub community: Caller,
    pub street: Caller,
    /// The demo's complex and what it is part of.
    pub places: Places,
}

/// Where those who ask are.
#[derive(Clone)]
pub struct Places {
    pub complex: String,
    pub community: String,
    pub street: String,
    pub district: String,
}

/// Somebody signed in, who keeps none of the black box's manners: one request is one request.
pub struct Caller {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Caller {
    pub async fn sign_in(service: &Service, login: &str) -> Self {
        let mut caller = Self { http: Phone::client(), base: service.url(), token: String::new() };
        let signed_in = caller.post("/v1/sessions", &json!({ "grant": "DEMO", "login": login })).await;
        caller.token = text(&signed_in["access_token"]);
        caller
    }

    pub async fn get(&self, path: &str) -> Value {
        self.ask(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        self.ask(Method::POST, path, Some(body)).await
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if !self.token.is_empty() {
            request = request.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            request = request.header("idempotency-key", new_key()).json(body);
        }
        let reply = request.send().await.expect("the service answers");
        let status = reply.status();
        let told = reply.json().await.expect("JSON");
        assert!(status.is_success(), "{path} was answered {status}: {told}");
        told
    }
}

impl People {
    pub async fn sign_in(city: &City, service: &Service) -> Self {
        Self {
            resident: Caller::sign_in(service, "candidate").await,
            property: Caller::sign_in(service, "property").await,
            community: Caller::sign_in(service, "community").await,
            street: Caller::sign_in(service, "street").await,
            places: city.pattern.places.clone(),
        }
    }
}

impl City {
    /// Founds a city around the demo in `data`: its places, the posts that answer there, and the first report.
    pub async fn found(setting: Setting, data: &Data) -> Self {
        let service = Service::start("demo", data, &[], crate::PATIENCE).expect("the demo starts");
        let reporter = Caller::sign_in(&service, "candidate").await;
        let me = reporter.get("/v1/me").await;
        let complex = text(&me["roles"][0]["complex_id"]);
        let report = json!({ "place_id": complex, "category": "WASTE_SORTING", "description": "投放点满溢" });
        let told = reporter.post("/v1/incidents", &report).await;
        let place = reporter.get(&format!("/v1/places/{complex}")).await;
        // The record gives its event a place within a second or two.
        tokio::time::sleep(Duration::from_secs(3)).await;
        service.terminate().expect("it ends");
        let step = |level: &str| {
            let steps = place["lineage"].as_array().expect("a lineage");
            text(&steps.iter().find(|step| step["level"] == level).expect("a whole lineage")["id"])
        };
        let pattern = Pattern {
            incident: text(&told["id"]),
            reporter: text(&me["person_id"]),
            places: Places {
                community: step("COMMUNITY"),
                street: step("STREET"),
                district: step("DISTRICT"),
                complex,
            },
        };
        let reported_at = seconds(&text(&told["reported_at"]));
        let url = data.database_url.clone();
        let (size, growths, awaited) = (0, 0, Vec::new());
        let mut city =
            Self { setting, url, pattern, reported_at, size, growths, grown_at: reported_at, awaited };
        let columns = city.columns("incident").into_iter().map(|(column, _)| column);
        city.awaited =
            columns.filter(|column| ["acts_at", "prompts_at"].contains(&column.as_str())).collect();
        city.build();
        city
    }

    /// The complexes with what they are part of, the demo's being the first of each; then their places and posts.
    fn build(&self) {
        let Pattern { reporter, places: Places { complex, community, street, district }, .. } = &self.pattern;
        let part = |kind, size: u64, first: &str| {
            format!(
                "CASE WHEN n < {size} THEN {} ELSE {} END",
                self.uuid(first),
                self.id(kind, &format!("n / {size}"))
            )
        };
        self.run(&format!(
            "CREATE TABLE city AS WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < {}) \
             SELECT n AS number, {} AS complex_id, {} AS reporter_id, {} AS community_id, {} AS street_id, {} AS district_id FROM s",
            COMPLEXES - 1,
            part(COMPLEX, 1, complex),
            part(RESIDENT, 1, reporter),
            part(COMMUNITY, COMPLEXES_IN_A_COMMUNITY, community),
            part(STREET, COMPLEXES_IN_A_STREET, street),
            part(DISTRICT, COMPLEXES_IN_A_DISTRICT, district),
        ));
        self.run("CREATE UNIQUE INDEX city_number ON city (number)");
        let levels = [
            ("district_id", district, COMPLEXES_IN_A_DISTRICT, "ADMIN"),
            ("street_id", street, COMPLEXES_IN_A_STREET, "STREET_OFFICER"),
            ("community_id", community, COMPLEXES_IN_A_COMMUNITY, "COMMUNITY_OFFICER"),
            ("complex_id", complex, 1, "PROPERTY_MANAGER"),
        ];
        let mut above = None;
        for (column, demo, size, role) in levels {
            // One complex stands for each place that it is part of.
            let others = format!("SELECT *, number AS n FROM city WHERE number % {size} = 0 AND number > 0");
            let place = format!("c.{column}");
            let parent = above.map_or("t.parent_id".to_owned(), |above| format!("c.{above}"));
            let own = [
                ("id", place.as_str()),
                ("parent_id", parent.as_str()),
                ("name", "t.name || c.n"),
                ("sort_key", "t.sort_key || c.n"),
            ];
            self.copy("place", &format!("id = {}", self.uuid(demo)), (Copies::Places, &others), &own);
            let (id, person) = (self.id(POST + size, "c.n"), self.id(RESIDENT + size, "c.n"));
            let own = [("id", id.as_str()), ("person_id", person.as_str()), ("place_id", place.as_str())];
            let held = format!("place_id = {} AND role = '{role}'", self.uuid(demo));
            self.copy("role_grant", &held, (Copies::Places, &others), &own);
            above = Some(column);
        }
    }

    /// Reports more until there are `size`. Of the new ones [`MANY`] and [`FEW`] come due together, so long from
    /// `now`, in seconds since 1970, as [`due_in`] says; the others half a day later or more.
    pub fn grow(&mut self, size: u64, now: i64) {
        let (first, last) = (self.size + 1, size);
        // Every so many-th is one of those that come due together.
        let every = (size - self.size) / (MANY + FEW);
        let within = format!("(n - {first})");
        let turn = format!("({within} / {every})");
        let soon = format!("{within} % {every} = 0 AND {turn} < {}", MANY + FEW);
        // A first contact takes a day: what is due within hours was reported yesterday.
        self.grown_at = now;
        self.growths += 1;
        let log = LOG * self.growths;
        let ago = format!(
            "CASE WHEN NOT ({soon}) THEN n % 39600 WHEN {turn} < {FEW} THEN {} ELSE {} END",
            86_400 - due_in(FEW),
            86_400 - due_in(MANY),
        );
        let complex = format!(
            "CASE WHEN n % 100 < 47 THEN (n / 100 * 47 + n % 100) % {BUSY} \
             ELSE {BUSY} + (n / 100 * 53 + n % 100 - 47) % {} END",
            COMPLEXES - BUSY
        );
        let reports = format!(
            "WITH RECURSIVE s(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM s WHERE n < {last}) \
             SELECT n, ({ago}) - {later} AS ago, {soon} AS soon, complex_id, reporter_id, community_id, street_id, district_id \
             FROM s JOIN city ON number = {complex}",
            later = self.grown_at - self.reported_at,
        );
        let incident = self.id(INCIDENT, "c.n");
        let pattern = self.uuid(&self.pattern.incident);
        // Warnings are spread over the days of a living city. Here a clock is moved by hours at once, by which those of
        // all that is open would come due together and drown what is measured: only what comes due has one, with it.
        let prompts = format!("CASE WHEN c.soon THEN {} END", self.earlier("t.acts_at", "c.ago"));
        let own = [("id", incident.as_str()), ("prompts_at", prompts.as_str())];
        self.copy("incident", &format!("id = {pattern}"), (Copies::Reports, &reports), &own);
        for (number, table) in self.details().iter().enumerate() {
            let id = self.id(DETAIL + u64::try_from(number).unwrap(), &format!("(c.n * {DETAILS} + t.row)"));
            let (key, own) = match table.as_str() {
                "event" => {
                    ("subject_id", vec![("id", id), ("seq", format!("{log} + c.n * {DETAILS} + t.row"))])
                }
                _ => ("incident_id", vec![("id", id)]),
            };
            let own: Vec<_> = own.iter().map(|(column, value)| (*column, value.as_str())).collect();
            self.copy(table, &format!("{key} = {pattern}"), (Copies::Reports, &reports), &own);
        }
        self.tally(first, last);
        let head = log + (last + 1) * DETAILS;
        self.run(&format!(
            "INSERT INTO log_head (complex_id, seq, hash, noticed_seq) SELECT complex_id, {head}, hash, {head} FROM city, \
             (SELECT hash FROM log_head WHERE complex_id = {}) AS demo WHERE true \
             ON CONFLICT (complex_id) DO UPDATE SET seq = excluded.seq, noticed_seq = excluded.noticed_seq",
            self.uuid(&self.pattern.places.complex)
        ));
        self.run(match self.setting.database {
            Database::Sqlite => "ANALYZE",
            // Which PostgreSQL does by itself in a city that grows day by day: it then knows where it need not look into
            // a table for what an index says.
            Database::Postgres => "VACUUM ANALYZE",
        });
        self.size = size;
    }

    /// Adds the incidents from one number to another to the tallies of every place, as the service does: what was decided
    /// of them, by month, and as what they stand open.
    fn tally(&self, first: u64, last: u64) {
        const PLACES: &str = "complex_id, district_id, street_id, community_id, building_id, unit_id";
        let ids = format!(
            "BETWEEN {} AND {}",
            self.id(INCIDENT, &first.to_string()),
            self.id(INCIDENT, &last.to_string())
        );
        let counted = format!(
            "SELECT {PLACES}, month, category, level, outcome, times FROM figure_fact WHERE incident_id {ids} \
             UNION ALL SELECT {PLACES}, 0, '', level, status || ':' || severity, 1 FROM incident WHERE id {ids}"
        );
        let nobody = self.uuid("00000000-0000-0000-0000-000000000000");
        let above = ["district_id", "street_id", "community_id"].map(|place| (nobody.as_str(), place));
        let within = ["complex_id", "building_id", "unit_id"].map(|place| ("complex_id", place));
        for (complex, place) in above.into_iter().chain(within) {
            self.run(&format!(
                "INSERT INTO figure_tally (complex_id, place_id, month, category, level, outcome, times) \
                 SELECT {complex}, {place}, month, category, level, outcome, sum(times) FROM ({counted}) AS counted \
                 WHERE {place} IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6 \
                 ON CONFLICT (complex_id, place_id, month, category, level, outcome) \
                 DO UPDATE SET times = figure_tally.times + excluded.times"
            ));
        }
    }

    /// The tables whose rows hang on an incident.
    fn details(&self) -> Vec<String> {
        let sql = match self.setting.database {
            Database::Sqlite => {
                "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'incident_id' \
                 WHERE m.type = 'table' ORDER BY 1"
            }
            Database::Postgres => {
                "SELECT table_name::text FROM information_schema.columns \
                 WHERE table_schema = 'public' AND column_name = 'incident_id' ORDER BY 1"
            }
        };
        self.ask(sql).into_iter().chain(["event".to_owned()]).collect()
    }

    /// Copies the rows of `table` that `pattern` chooses for each row `c` of `copies`: with the values that `own` gives to
    /// those columns that the table has, and otherwise another's wherever they name what is another's in each copy, and
    /// as long ago as the copy is.
    fn copy(&self, table: &str, pattern: &str, (copies, rows): (Copies, &str), own: &[(&str, &str)]) {
        let columns = self.columns(table);
        let values = columns.iter().map(|(column, kind)| {
            let given = own.iter().find(|(name, _)| name == column);
            given.map_or_else(|| self.anothers(column, kind, copies), |(_, value)| (*value).to_owned())
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let names = columns.iter().map(|(column, _)| format!("\"{column}\"")).collect::<Vec<_>>().join(", ");
        self.run(&format!(
            "INSERT INTO \"{table}\" ({names}) SELECT {values} FROM ({rows}) AS c, \
             (SELECT *, row_number() OVER () AS row FROM \"{table}\" WHERE {pattern}) AS t"
        ));
    }

    /// A column's value in a copy.
    fn anothers(&self, column: &str, kind: &str, copies: Copies) -> String {
        let is_report = copies == Copies::Reports;
        let value = format!("t.\"{column}\"");
        let Pattern { incident, reporter, places: Places { complex, community, street, district } } =
            &self.pattern;
        let others = [
            (complex, "c.complex_id"),
            (community, "c.community_id"),
            (street, "c.street_id"),
            (district, "c.district_id"),
            (reporter, "c.reporter_id"),
        ];
        match kind {
            _ if kind.starts_with("uuid") => {
                let mut cases: Vec<_> =
                    others.iter().map(|(of, to)| (self.uuid(of), (*to).to_owned())).collect();
                if is_report {
                    cases.push((self.uuid(incident), self.id(INCIDENT, "c.n")));
                }
                let cases =
                    cases.iter().map(|(of, to)| format!("WHEN {of} THEN {to}")).collect::<Vec<_>>().join(" ");
                format!("CASE {value} {cases} ELSE {value} END")
            }
            _ if is_report && kind.starts_with("timestamp") => self.earlier(&value, "c.ago"),
            _ if is_report && kind.starts_with("text") => {
                format!("replace({value}, '{incident}', {})", self.id_text(INCIDENT, "c.n"))
            }
            _ => value,
        }
    }

    /// The names and types of a table's columns.
    fn columns(&self, table: &str) -> Vec<(String, String)> {
        let sql = match self.setting.database {
            Database::Sqlite => {
                format!("SELECT name || ' ' || lower(type) FROM pragma_table_info('{table}')")
            }
            Database::Postgres => format!(
                "SELECT column_name || ' ' || data_type FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name = '{table}' ORDER BY ordinal_position"
            ),
        };
        let split =
            |line: String| line.split_once(' ').map(|(name, kind)| (name.to_owned(), kind.to_owned()));
        self.ask(&sql).into_iter().filter_map(split).collect()
    }

    /// A UUID, written in SQL.
    fn uuid(&self, id: &str) -> String {
        match self.setting.database {
            Database::Sqlite => format!("x'{}'", id.replace('-', "")),
            Database::Postgres => format!("'{id}'::uuid"),
        }
    }

    /// The id of the `n`-th of a kind, in SQL; `n` is an expression.
    fn id(&self, kind: u64, n: &str) -> String {
        match self.setting.database {
            Database::Sqlite => format!("unhex(printf('{kind:08x}00007000a000%012x', {n}))"),
            Database::Postgres => format!("({})::uuid", self.id_text(kind, n)),
        }
    }

    fn id_text(&self, kind: u64, n: &str) -> String {
        let start = format!("{kind:08x}-0000-7000-a000-");
        match self.setting.database {
            Database::Sqlite => format!("'{start}' || printf('%012x', {n})"),
            Database::Postgres => format!("'{start}' || lpad(to_hex(({n})::bigint), 12, '0')"),
        }
    }

    /// A time so many seconds earlier.
    fn earlier(&self, time: &str, seconds: &str) -> String {
        match self.setting.database {
            // As the service writes it, but without what is less than a second.
            Database::Sqlite => {
                format!("strftime('%Y-%m-%dT%H:%M:%S+00:00', {time}, printf('%+d seconds', -({seconds})))")
            }
            Database::Postgres => format!("{time} - {seconds} * interval '1 second'"),
        }
    }

    /// How many something happens to, or is said of, until a moment, as the clock of the service tells it.
    pub fn due_until(&self, now: &str) -> u64 {
        let now = match self.setting.database {
            Database::Sqlite => format!("strftime('%Y-%m-%dT%H:%M:%S', '{now}')"),
            Database::Postgres => format!("'{now}'::timestamptz"),
        };
        self.awaited.iter().map(|time| self.count(&format!("incident WHERE {time} <= {now}"))).sum()
    }

    /// How many incidents are open in the demo's street, as far as the street is told of them.
    pub fn open_in_the_street(&self) -> u64 {
        let street = self.uuid(&self.pattern.places.street);
        self.count(&format!(
            "incident WHERE street_id = {street} AND due_at IS NOT NULL AND level <> 'DISTRICT'"
        ))
    }

    fn count(&self, what: &str) -> u64 {
        self.ask(&format!("SELECT CAST(count(*) AS text) FROM {what}"))[0].parse().expect("a number")
    }

    /// The tables of more than so many rows that PostgreSQL walked through since its service was started.
    pub fn walked_through(&self, rows: u64) -> Vec<String> {
        match self.setting.database {
            Database::Sqlite => Vec::new(),
            Database::Postgres => self.ask(&format!(
                "SELECT relname || ': ' || seq_scan FROM pg_stat_user_tables \
                 WHERE seq_scan > 0 AND n_live_tup > {rows}"
            )),
        }
    }

    /// From now on only what the service asks is counted.
    pub fn count_anew(&self) {
        if self.setting.database == Database::Postgres {
            self.ask("SELECT pg_stat_reset()::text");
        }
    }

    fn ask(&self, sql: &str) -> Vec<String> {
        ask(&self.url, sql).unwrap_or_else(|error| panic!("{error}: {sql}"))
    }

    fn run(&self, sql: &str) {
        tell(&self.url, sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
}

/// In how many seconds from when they were made so many come due together.
pub const fn due_in(due: u64) -> i64 {
    if due == FEW { 3_600 } else { 7_200 }
}

/// In seconds since 1970.
pub fn seconds(time: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(time).expect("a time").timestamp()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}
