//! Sweeps: what holds for every operation of the contract, asked of each. An operation that is added later is covered
//! by itself; where its schema allows values that its rules refuse, an `example` on the request type helps out.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use futures_util::future::select;
use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::eventually;
use crate::{
    contract::{Contract, Operation},
    phone::{Call, Phone, Reply, new_key},
    sample, secrets,
    servers::{Suite, connect},
    story,
    story::{Database, Story},
    world::World,
};

pub fn stories() -> Vec<Story> {
    vec![
        story!(without_a_token_everything_private_is_refused),
        story!(a_token_that_is_not_ours_is_refused).everywhere(),
        story!(a_bad_token_is_not_overlooked_where_none_is_needed),
        story!(a_query_that_is_not_text_is_refused),
        story!(pages_of_other_origins_may_call),
        story!(bounds_are_exactly_what_the_contract_says),
        story!(what_nobody_has_is_not_found),
        story!(a_wrong_method_is_told_the_right_ones),
        story!(head_answers_as_get_does_without_the_body),
        story!(a_write_without_its_key_is_refused),
        story!(a_change_without_its_version_is_refused),
        story!(bad_bodies_are_refused_in_the_documented_shape),
        story!(bad_parameters_are_refused_in_the_documented_shape),
        story!(a_body_of_64_megabytes_is_refused_with_memory_bounded),
        story!(a_refusal_repeats_nothing_private),
        story!(who_asks_too_often_is_told_when_to_come_back)
            .with(&["limit_guest=5", "limit_member=3"])
            .everywhere(),
        story!(a_write_that_is_still_running_is_not_run_twice).in_the_demo().everywhere(),
        story!(a_lost_database_is_told_as_such_and_waited_for)
            .breaking_things()
            .only_in("SQLite is a file that the service holds open: it is never lost", |setting| {
                setting.database == Database::Postgres
            }),
        story!(a_fault_of_ours_is_told_without_its_cause).breaking_things(),
    ]
}

/// A request that lacks nothing, to an id that nobody has.
fn prepared(phone: &Phone, operation: &Operation) -> Call {
    with_body(without_body(phone, operation), operation)
}

fn without_body(phone: &Phone, operation: &Operation) -> Call {
    let mut call = phone.call(operation.method.clone(), &operation.nowhere());
    if operation.takes_key() {
        call = call.keyed();
    }
    if operation.takes_version() {
        call = call.header("if-match", "\"v1\"");
    }
    call
}

fn with_body(call: Call, operation: &Operation) -> Call {
    if let Some(body) = operation.sample() {
        call.json(&body)
    } else if operation.takes_a_file() {
        let (name, media_type, bytes) = file_for(operation);
        call.file("file", name, media_type, bytes)
    } else {
        call
    }
}

/// A file that is taken where this operation takes one.
fn file_for(operation: &Operation) -> (&'static str, &'static str, &'static [u8]) {
    if operation.id.contains("roll") {
        ("roll.csv", "text/csv", ROLL)
    } else {
        ("photo.png", "image/png", &TINY_PNG)
    }
}

const ROLL: &[u8] = include_bytes!("../../data/roll-528.csv");

/// One white pixel.
const TINY_PNG: [u8; 67] = [
    0x89, 0x50, 0x4e, 0x47, 0xd, 0xa, 0x1a, 0xa, 0, 0, 0, 0xd, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0,
    1, 8, 0, 0, 0, 0, 0x3a, 0x7e, 0x9b, 0x55, 0, 0, 0, 0xa, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0xf8,
    0xf, 0, 1, 1, 1, 0, 0xb1, 0x38, 0xf6, 0x14, 0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

/// Collects what does not hold, so that one run tells all of it.
#[derive(Default)]
struct Findings(Vec<String>);

impl Findings {
    fn expect(&mut self, operation: &Operation, what: &str, reply: &Reply, statuses: &[u16]) {
        if !statuses.contains(&reply.status) {
            let wanted = statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ");
            self.0.push(format!(
                "{} {what}: {} instead of {wanted}: {}",
                operation.id,
                reply.status,
                reply.text()
            ));
        }
    }

    fn expect_problem(&mut self, operation: &Operation, what: &str, reply: &Reply, status: u16, name: &str) {
        self.expect(operation, what, reply, &[status]);
        if reply.status == status && reply.json()["type"] != format!("/problems/{name}") {
            self.0.push(format!("{} {what}: not {name} but {}", operation.id, reply.text()));
        }
    }

    fn expect_header(&mut self, operation: &Operation, what: &str, reply: &Reply, header: &str) {
        if reply.header(header).is_none() {
            self.0.push(format!("{} {what}: no {header}", operation.id));
        }
    }
}

impl Drop for Findings {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.0.is_empty(), "{} findings:\n{}", self.0.len(), self.0.join("\n"));
        }
    }
}

async fn without_a_token_everything_private_is_refused(world: &mut World) {
    let (guest, mut findings) = (world.guest(), Findings::default());
    for operation in Contract::get().operations().iter().filter(|one| one.needs_sign_in()) {
        let reply = prepared(&guest, operation).send().await;
        findings.expect_problem(operation, "without a token", &reply, 401, "SIGN_IN_NEEDED");
        findings.expect_header(operation, "without a token", &reply, "www-authenticate");
    }
}

async fn a_token_that_is_not_ours_is_refused(world: &mut World) {
    let mut findings = Findings::default();
    let token = world.newcomer().await.token.expect("signed in");
    let forged = format!("{}x", &token[..token.len() - 1]);
    let unsigned = format!("{}.", token.rsplit_once('.').expect("a JWT").0);
    for token in ["garbage", "a.b.c", &forged, &unsigned] {
        let stranger = world.guest().with_token(token);
        for operation in Contract::get().operations().iter().filter(|one| one.needs_sign_in()) {
            let reply = prepared(&stranger, operation).send().await;
            findings.expect_problem(operation, "with a bad token", &reply, 401, "SIGN_IN_NEEDED");
        }
    }
}

async fn a_bad_token_is_not_overlooked_where_none_is_needed(world: &mut World) {
    let (stranger, mut findings) = (world.guest().with_token("garbage"), Findings::default());
    let ended = world.newcomer().await;
    ended.delete(&format!("/v1/sessions/{}", ended.session)).await.ok();
    for operation in Contract::get().operations().iter().filter(|one| !one.needs_sign_in()) {
        // Signing in is the cure for a bad token, so that it must not be kept from it by one.
        if operation.id == "create_session" {
            let grant = json!({ "grant": "DEMO", "login": "resident" });
            let reply = stranger.call(Method::POST, "/v1/sessions").json(&grant).send().await;
            findings.expect(operation, "with a bad token", &reply, &[201, 403]);
        } else {
            let reply = prepared(&stranger, operation).send().await;
            findings.expect_problem(operation, "with a bad token", &reply, 401, "SIGN_IN_NEEDED");
            let reply = prepared(&ended, operation).send().await;
            findings.expect_problem(operation, "with an ended session", &reply, 401, "SESSION_ENDED");
        }
    }
}

async fn a_query_that_is_not_text_is_refused(world: &mut World) {
    let (phone, mut findings) = (world.newcomer().await, Findings::default());
    for operation in Contract::get().operations() {
        for query in ["cursor=%00", "a=%ff", "a=%zz", "%"] {
            let call = phone.call(operation.method.clone(), &format!("{}?{query}", operation.nowhere()));
            let reply = with_body(call, operation).send().await;
            findings.expect_problem(operation, query, &reply, 400, "INPUT_MALFORMED");
        }
    }
}

async fn pages_of_other_origins_may_call(world: &mut World) {
    let (guest, mut findings) = (world.guest(), Findings::default());
    for operation in Contract::get().operations() {
        let call =
            guest.call(Method::OPTIONS, &operation.nowhere()).header("origin", "https://console.example");
        let reply = call.header("access-control-request-method", operation.method.as_str()).send().await;
        let methods = reply.header("access-control-allow-methods").unwrap_or_default();
        if !methods.split(", ").any(|method| method == operation.method.as_str()) {
            findings.0.push(format!("{}: Access-Control-Allow-Methods: {methods}", operation.id));
        }
        for header in ["access-control-allow-headers", "access-control-max-age"] {
            findings.expect_header(operation, "asked with OPTIONS", &reply, header);
        }
    }
}

async fn bounds_are_exactly_what_the_contract_says(world: &mut World) {
    let (phone, mut findings) = (world.newcomer().await, Findings::default());
    for operation in Contract::get().operations() {
        let (Some(sample), Some(schema)) = (operation.sample(), operation.json_body()) else { continue };
        let bounded = sample::at_the_bounds(schema, &sample, Contract::get().document());
        // A body has a bound of its own.
        for bounded in bounded.into_iter().filter(|one| one.body.to_string().len() < 250 * 1024) {
            let reply = without_body(&phone, operation).json(&bounded.body).send().await;
            let refused = reply.json()["errors"].as_array().is_some_and(|errors| {
                errors.iter().any(|error| bounded.is_told_at(error["pointer"].as_str().unwrap_or_default()))
            });
            if refused != bounded.beyond || (bounded.beyond && reply.status != 422) {
                let (id, pointer, what) = (&operation.id, &bounded.pointer, bounded.what);
                findings.0.push(format!("{id} {pointer} {what}: {} {}", reply.status, reply.text()));
            }
        }
    }
}

async fn what_nobody_has_is_not_found(world: &mut World) {
    let (phone, mut findings) = (world.newcomer().await, Findings::default());
    for operation in Contract::get().operations().iter().filter(|one| one.names_a_thing()) {
        let reply = prepared(&phone, operation).send().await;
        findings.expect(operation, "with an id that nobody has", &reply, &[404]);
        let call = phone
            .call(operation.method.clone(), &operation.with_ids("no-id"))
            .keyed()
            .header("if-match", "\"v1\"");
        let reply = with_body(call, operation).send().await;
        findings.expect(operation, "with something that is no id", &reply, &[404]);
    }
}

async fn a_wrong_method_is_told_the_right_ones(world: &mut World) {
    let (phone, mut findings) = (world.newcomer().await, Findings::default());
    for operation in Contract::get().operations() {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE] {
            let path = operation.nowhere();
            if Contract::get().operation(&method, &path).is_none() {
                // What `Allow` says is compared with the contract for every answer.
                let reply = phone.call(method.clone(), &path).send().await;
                findings.expect(operation, &format!("asked with {method}"), &reply, &[405]);
            }
        }
        phone.call(Method::OPTIONS, &operation.nowhere()).send().await.ok();
    }
    phone.call(Method::GET, "/v1/nothing/here").send().await.refused(404, "NOT_FOUND");
}

async fn head_answers_as_get_does_without_the_body(world: &mut World) {
    let (phone, mut findings) = (world.newcomer().await, Findings::default());
    for operation in Contract::get().operations().iter().filter(|one| one.method == Method::GET) {
        let get = phone.call(Method::GET, &operation.nowhere()).send().await;
        let head = phone.call(Method::HEAD, &operation.nowhere()).send().await;
        findings.expect(operation, "asked with HEAD", &head, &[get.status]);
        for header in ["content-type", "etag", "content-length"] {
            if head.header(header) != get.header(header) {
                let (head, get) = (head.header(header), get.header(header));
                findings.0.push(format!("{} {header}: HEAD says {head:?}, GET {get:?}", operation.id));
            }
        }
    }
}

async fn a_write_without_its_key_is_refused(world: &mut World) {
    let (phone, mut findings) = (world.newcomer().await, Findings::default());
    for operation in Contract::get().operations().iter().filter(|one| one.takes_key()) {
        for key in [None, Some("short"), Some(&*"k".repeat(129))] {
            let call = phone.call(operation.method.clone(), &operation.nowhere());
            let call = if let Some(key) = key { call.header("idempotency-key", key) } else { call };
            let reply = with_body(call, operation).send().await;
            findings.expect_problem(operation, "without a good key", &reply, 400, "KEY_MISSING");
        }
    }
}

async fn a_change_without_its_version_is_refused(world: &mut World) {
    let (phone, mut findings) = (world.newcomer().await, Findings::default());
    for operation in Contract::get().operations().iter().filter(|one| one.takes_version()) {
        for version in [None, Some("*"), Some("v1"), Some("\"v\"")] {
            let call = phone.call(operation.method.clone(), &operation.nowhere());
            let call = if let Some(version) = version { call.header("if-match", version) } else { call };
            let reply = with_body(call, operation).send().await;
            findings.expect_problem(operation, "without a version", &reply, 428, "VERSION_MISSING");
        }
    }
}

async fn bad_bodies_are_refused_in_the_documented_shape(world: &mut World) {
    let (phone, mut findings) = (world.newcomer().await, Findings::default());
    let depth = 10_000;
    for operation in Contract::get().operations() {
        let Some(sample) = operation.sample() else { continue };
        let send = async |media: &str, body: &[u8]| {
            without_body(&phone, operation).typed(media, body.to_vec()).send().await
        };
        let json = async |body: &[u8]| send("application/json", body).await;
        for broken in [&b""[..], b"{", b"{\"a\":}", b"\xff\xfe", b"{} {}", b"{\"a\":\"\xc3\x28\"}"] {
            let reply = json(broken).await;
            findings.expect(operation, "with broken JSON", &reply, &[400, 422]);
        }
        let reply = json(b"{").await;
        findings.expect_problem(operation, "with half a JSON", &reply, 400, "INPUT_MALFORMED");
        let deep = ["[".repeat(depth), "]".repeat(depth)].concat();
        let reply = json(deep.as_bytes()).await;
        findings.expect(operation, "with JSON that is deep", &reply, &[400, 422]);
        if let Some(member) = sample.as_object().and_then(|sample| sample.keys().next()) {
            let reply = json(format!("{{\"{member}\":{deep}}}").as_bytes()).await;
            findings.expect(operation, "with a member that is deep", &reply, &[400, 422]);
        }
        for wrong in [json!([]), json!("text"), json!(1), json!(null), json!(true)] {
            let reply = json(wrong.to_string().as_bytes()).await;
            findings.expect_problem(operation, "with another type", &reply, 422, "INPUT_INVALID");
        }
        let mut more = sample.clone();
        if let Some(members) = more.as_object_mut() {
            members.insert("unheard_of".into(), json!(1));
            let reply = json(more.to_string().as_bytes()).await;
            findings.expect_problem(operation, "with an unknown member", &reply, 422, "INPUT_INVALID");
        }
        for (pointer, wrong) in wrong_members(&sample) {
            let reply = json(wrong.to_string().as_bytes()).await;
            findings.expect(operation, &format!("with a wrong {pointer}"), &reply, &[422]);
        }
        for media in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "*/*"] {
            let reply = send(media, sample.to_string().as_bytes()).await;
            findings.expect_problem(operation, media, &reply, 415, "MEDIA_TYPE_UNSUPPORTED");
        }
        let long = format!("{}{sample}", " ".repeat(300 * 1024));
        let reply = json(long.as_bytes()).await;
        findings.expect_problem(operation, "with a long body", &reply, 413, "BODY_TOO_LARGE");
    }
}

/// The sample with one member at a time of another type, or holding NUL.
fn wrong_members(sample: &Value) -> Vec<(String, Value)> {
    let Some(members) = sample.as_object() else { return Vec::new() };
    let mut wrong = Vec::new();
    for (name, value) in members {
        let other = if value.is_object() { json!(7) } else { json!({ "an": "object" }) };
        wrong.push((name.clone(), other));
        if value.is_string() {
            wrong.push((format!("{name} with NUL"), json!("a\u{0}b")));
            wrong.push((format!("{name} far too long"), json!("长".repeat(70_000))));
        }
    }
    wrong
        .into_iter()
        .map(|(name, value)| {
            let mut whole = sample.clone();
            whole[name.split(' ').next().unwrap_or_default()] = value;
            (name, whole)
        })
        .collect()
}

async fn bad_parameters_are_refused_in_the_documented_shape(world: &mut World) {
    let (phone, mut findings) = (world.newcomer().await, Findings::default());
    for operation in Contract::get().operations().iter().filter(|one| one.method == Method::GET) {
        for parameter in operation.parameters().filter(|one| one["in"] == "query") {
            let (name, schema) = (parameter["name"].as_str().expect("a name"), &parameter["schema"]);
            let mut wrong = Vec::new();
            match schema["type"].as_str() {
                Some("integer") => {
                    wrong.extend(["x".to_owned(), "1.5".into(), "-1".into(), "99999999999999999999".into()]);
                    wrong.extend(schema["maximum"].as_i64().map(|most| (most + 1).to_string()));
                    wrong.extend(
                        schema["minimum"]
                            .as_i64()
                            .filter(|least| *least > 0)
                            .map(|least| (least - 1).to_string()),
                    );
                }
                Some("string") if schema["format"] == "uuid" => wrong.push("x".into()),
                Some("string") if schema.get("enum").is_some() => wrong.push("x".into()),
                Some("string") => {
                    let most = schema["maxLength"].as_u64().and_then(|most| usize::try_from(most).ok());
                    wrong.extend(most.map(|most| "x".repeat(most + 1)));
                }
                _ => {}
            }
            for bound in ["minimum", "maximum"].iter().filter_map(|bound| schema[*bound].as_i64()) {
                let query = format!("{}?{name}={bound}", operation.nowhere());
                let reply = phone.call(Method::GET, &query).send().await;
                if reply.json()["errors"][0]["pointer"] == format!("/{name}") {
                    findings.0.push(format!("{query}: {}", reply.text()));
                }
            }
            for value in wrong {
                let shown: String = value.chars().take(30).collect();
                let reply =
                    phone.call(Method::GET, &format!("{}?{name}={value}", operation.nowhere())).send().await;
                findings.expect_problem(operation, &format!("{name}={shown}"), &reply, 422, "INPUT_INVALID");
            }
        }
    }
}

async fn a_body_of_64_megabytes_is_refused_with_memory_bounded(world: &mut World) {
    const MEGABYTES: usize = 64;
    let (phone, mut findings) = (world.newcomer().await, Findings::default());
    let before = world.service().peak_memory();
    let takers =
        Contract::get().operations().iter().filter(|one| one.json_body().is_some() || one.takes_a_file());
    for operation in takers {
        let (media, start) = if operation.takes_a_file() {
            let start = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n";
            ("multipart/form-data; boundary=b", start)
        } else {
            ("application/json", "")
        };
        let address = world.address();
        let head = format!(
            "{} {} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nIdempotency-Key: {}\r\n\
             If-Match: \"v1\"\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\r\n{start}",
            operation.method,
            operation.nowhere(),
            phone.token.as_deref().unwrap_or_default(),
            new_key(),
            (MEGABYTES << 20) + start.len(),
        );
        let answer =
            tokio::task::spawn_blocking(move || pour(address, &head, MEGABYTES)).await.expect("it pours");
        if !answer.starts_with("HTTP/1.1 413") {
            let shown: String = answer.chars().take(300).collect();
            findings.0.push(format!("{} with {MEGABYTES} MB: {shown:?}", operation.id));
        }
    }
    let grown = world.service().peak_memory() - before;
    // The largest file that is taken, a roll, has half of it.
    assert!(grown < 48 * 1024, "the service grew by {grown} KiB while it refused");
    assert_eq!(phone.get("/readyz").await.status, 200);
}

/// Sends a head and then as much of a body as the other side takes; what it answered.
fn pour(address: std::net::SocketAddr, head: &str, megabytes: usize) -> String {
    let mut connection = TcpStream::connect(address).expect("it listens");
    connection.set_read_timeout(Some(Duration::from_secs(20))).expect("a time limit");
    connection.set_write_timeout(Some(Duration::from_secs(20))).expect("a time limit");
    connection.write_all(head.as_bytes()).expect("the head is taken");
    let megabyte = vec![b' '; 1 << 20];
    for _ in 0..megabytes {
        if connection.write_all(&megabyte).is_err() {
            break;
        }
    }
    let (mut answer, mut some) = (Vec::new(), [0; 4096]);
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        match connection.read(&mut some) {
            Ok(read @ 1..) => answer.extend_from_slice(&some[..read]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

async fn a_refusal_repeats_nothing_private(world: &mut World) {
    // The scan after the run looks for it in every error and every log.
    let private = "15400001111";
    secrets::remember(private);
    let phone = world.newcomer().await;
    for operation in Contract::get().operations() {
        let Some(sample) = operation.sample() else { continue };
        for name in sample.as_object().into_iter().flatten().map(|(name, _)| name) {
            for value in
                [json!(private), json!([private]), json!({ "x": private }), json!(15_400_001_111_u64)]
            {
                let mut body = sample.clone();
                body[name] = value;
                without_body(&phone, operation).json(&body).send().await;
            }
        }
        phone.call(operation.method.clone(), &operation.with_ids(private)).keyed().send().await;
    }
    for path in ["/v1/changes?cursor=15400001111", "/v1/changes?wait=15400001111", "/15400001111"] {
        phone.call(Method::GET, path).send().await;
    }
}

async fn who_asks_too_often_is_told_when_to_come_back(world: &mut World) {
    let (phone, guest, mut findings) = (world.newcomer().await, world.guest(), Findings::default());
    while guest.call(Method::GET, "/openapi.json").send().await.status != 429 {}
    for path in ["/livez", "/readyz"] {
        let health = guest.get(path).await;
        assert_eq!(health.status, 200, "other callers never make the service look ill");
    }
    for operation in Contract::get().operations() {
        let health = operation.path.ends_with('z');
        let policy = if health { "\"health\";q=5;w=60" } else { "\"calls\";q=5;w=60" };
        let mut reply = prepared(&guest, operation).send().await;
        // Every twelve seconds one more call is let in; health has a limit of its own.
        for _ in 0..if health { 5 } else { 1 } {
            if reply.status != 429 {
                reply = prepared(&guest, operation).send().await;
            }
        }
        findings.expect_problem(operation, "over the limit", &reply, 429, "TOO_MANY_REQUESTS");
        let wait: u64 = reply.header("retry-after").and_then(|value| value.parse().ok()).unwrap_or_default();
        if !(1..=13).contains(&wait) {
            findings.0.push(format!("{}: Retry-After {wait}", operation.id));
        }
        if reply.header("ratelimit-policy") != Some(policy) {
            findings.0.push(format!(
                "{}: RateLimit-Policy {:?}",
                operation.id,
                reply.header("ratelimit-policy")
            ));
        }
    }
    // Whoever is signed in has a limit of their own.
    let left = async || {
        let reply = phone.get("/openapi.json").await;
        (
            reply.status,
            reply.header("ratelimit").unwrap_or_default().split(";t=").next().unwrap_or_default().to_owned(),
        )
    };
    for expected in
        [(200, "\"calls\";r=2"), (200, "\"calls\";r=1"), (200, "\"calls\";r=0"), (429, "\"calls\";r=0")]
    {
        assert_eq!(left().await, (expected.0, expected.1.to_owned()));
    }
}

async fn a_write_that_is_still_running_is_not_run_twice(world: &mut World) {
    // An officer of a real place, because some writes look at it before they begin.
    let (phone, complex) = (world.sign_in("community").await, world.complex().await);
    let (db, mut findings) =
        (connect(&world.data.database_url).await.expect("the database"), Findings::default());
    let hold: &[&str] = match world.setting.database {
        Database::Sqlite => &["BEGIN IMMEDIATE"],
        Database::Postgres => &["BEGIN", "LOCK TABLE idempotency_key IN ACCESS EXCLUSIVE MODE"],
    };
    for operation in Contract::get().operations().iter().filter(|one| one.takes_key()) {
        for statement in hold {
            db.execute_unprepared(statement).await.expect("the lock is had");
        }
        let (key, path) = (new_key(), operation.nowhere_in(&complex));
        let call = || {
            let call = phone.call(operation.method.clone(), &path).header("idempotency-key", &key);
            Box::pin(with_body(call, operation).send())
        };
        // Both are sent; one waits for the lock, the other is told so.
        let (told, waiting) = select(call(), call()).await.factor_first();
        db.execute_unprepared("ROLLBACK").await.expect("the lock is given back");
        findings.expect_problem(operation, "while it runs", &told, 409, "KEY_RUNNING");
        findings.expect_header(operation, "while it runs", &told, "retry-after");
        let carried_out = waiting.await;
        if carried_out.status == 409 && carried_out.json()["type"] == "/problems/KEY_RUNNING" {
            findings.0.push(format!("{}: neither of two was carried out", operation.id));
        }
    }
}

async fn a_lost_database_is_told_as_such_and_waited_for(world: &mut World) {
    let (phone, mut findings) = (world.newcomer().await, Findings::default());
    let code = world.wechat_code("o-lost-database").await;
    let name = &world.data.database_name;
    let administer = |statement: String| Suite::get().administer(&statement).expect("the cluster obeys");
    administer(format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"));
    administer(format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
    for operation in Contract::get().operations().iter().filter(|one| one.documents(503)) {
        let reply = if operation.id == "create_session" {
            let grant = json!({ "grant": "WECHAT", "code": code });
            phone.call(Method::POST, "/v1/sessions").json(&grant).send().await
        } else {
            prepared(&phone, operation).send().await
        };
        findings.expect_problem(operation, "without the database", &reply, 503, "UNAVAILABLE");
        findings.expect_header(operation, "without the database", &reply, "retry-after");
    }
    assert_eq!(phone.get("/livez").await.status, 200, "the process lives");
    administer(format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"));
    eventually("the service finds the database again", async || {
        (phone.get("/readyz").await.status == 200).then_some(())
    })
    .await;
}

async fn a_fault_of_ours_is_told_without_its_cause(world: &mut World) {
    let (phone, mut findings) = (world.newcomer().await, Findings::default());
    let code = world.wechat_code("o-broken-schema").await;
    let db = connect(&world.data.database_url).await.expect("the database");
    match world.setting.database {
        Database::Sqlite => {
            db.execute_unprepared("PRAGMA foreign_keys = off").await.expect("it obeys");
            for table in tables() {
                db.execute_unprepared(&format!("DROP TABLE {table}")).await.expect("it is dropped");
            }
        }
        Database::Postgres => {
            db.execute_unprepared("DROP SCHEMA public CASCADE").await.expect("it is dropped");
        }
    }
    // Whether it can be asked is all that `readyz` wants to know of a database.
    for operation in
        Contract::get().operations().iter().filter(|one| one.documents(503) && one.id != "readyz")
    {
        let reply = if operation.id == "create_session" {
            let grant = json!({ "grant": "WECHAT", "code": code });
            phone.call(Method::POST, "/v1/sessions").json(&grant).send().await
        } else {
            prepared(&phone, operation).send().await
        };
        findings.expect_problem(operation, "without its tables", &reply, 500, "INTERNAL");
        let told = reply.text();
        if told.contains("table") || told.contains("relation") || told.contains("SELECT") {
            findings.0.push(format!("{} tells its cause: {told}", operation.id));
        }
    }
}

/// Tables that a request cannot do without: one that is signed in, and those that anybody may send.
fn tables() -> BTreeSet<&'static str> {
    ["role_grant", "person", "poll", "calendar_year"].into()
}
