//! One pass over the collected contract: security, the answers and headers that operations share, and the bounds that
//! follow from a type.
//!
//! Rooms tell only what is their own; what is added here is what the door itself does. Everything added is true of the
//! running service, and the black-box suite holds it to that: an answer that is not documented fails, and so does a
//! documented one that was never seen.

#![expect(
    clippy::indexing_slicing,
    reason = "indexing a JSON object by name never panics: a missing member is null"
)]

use serde_json::{Map, Value, json};

use crate::{
    access::{OPERATIONS, Who, rows},
    sessions::token,
};

/// POSTs that create nothing that could be there twice: they take no Idempotency-Key.
const WITHOUT_KEY: [&str; 5] =
    ["create_session", "check_roll", "use_door_code", "evaluate_rules", "find_matches"];

/// PUTs and DELETEs of what only the caller can change: they take no If-Match.
const WITHOUT_VERSION: [&str; 6] =
    ["delete_session", "save_phone", "unfollow_incident", "ask_care", "withdraw_care", "save_email"];

/// 201s that lead nowhere new.
const WITHOUT_LOCATION: [&str; 3] = ["create_session", "issue_door_code", "make_proxy_code"];

/// Reads of one thing that has no version.
const UNVERSIONED_READS: [&str; 18] = [
    "read_problem",
    "read_verification",
    "read_progress",
    "read_recount",
    "read_service_totals",
    "read_list",
    "read_promise",
    "read_clocks",
    "read_workload",
    "read_duty",
    "read_draft",
    "read_policy_in_force",
    "read_rules_in_force",
    "read_patrol_route",
    "read_figures",
    "read_figure_formula",
    "read_closing",
    "read_reach",
];

/// Answered without asking the database, so that its loss does not show.
const WITHOUT_DATABASE: [&str; 6] = [
    "livez",
    "read_problem",
    "read_document",
    "list_rule_packs",
    "list_programme_templates",
    "list_categories",
];

/// What each tag is about, in the order of the alphabet.
const TAGS: [(&str, &str); 26] = [
    ("calendar", "Which days are worked: statutory holidays, and the weekends worked in exchange."),
    ("clusters", "Reports that are one trouble, and how many households have it."),
    ("desk", "What a post has to do, who is on duty, its views and replies, and one answer to many."),
    ("figures", "The numbers by which those who hold incidents are judged."),
    ("health", "How the service is, and the contract itself."),
    ("identity", "Claims to homes, and what a person may do where."),
    ("incidents", "What is reported, who holds it, and until when."),
    ("moderation", "What others may read of what people write, and what is public of incidents."),
    ("notices", "What people are told of what happened, and by which way."),
    (
        "open311",
        "Keys for other systems, which speak Open311 at `/open311/discovery.xml`: a convention of its own, beside this contract.",
    ),
    ("operations", "Long work, and how far it is."),
    ("outages", "What is switched off on purpose, for how long, and which reports that explains."),
    ("packs", "By which rules the owners of a complex vote, and who says so."),
    ("patrols", "Routes that somebody walks again and again, what they find and what they miss."),
    ("places", "The tree district › street › community › complex › building › unit › home."),
    ("policies", "How long each level has for what is reported, whom it tells, and what makes it climb."),
    ("polls", "Elections and motions: from the draft to the published result."),
    ("programmes", "Programmes: compositions of modules that run at a place, and their timelines."),
    ("record", "The append-only log of everything that happened at a place."),
    ("roll", "Who owns what: importing, reading and correcting the roll of a complex."),
    ("rules", "The law as pure functions, for who wants to know before."),
    ("sessions", "Signing in and out, and the devices on which somebody is signed in."),
    ("uploads", "Photos and files on their way in and out."),
    ("visits", "Whom somebody should call on, what came of it, and who asked to be looked in on."),
    ("webhooks", "Other systems that are told of what happens at a place."),
    ("whistles", "A level convenes those who can settle a matter with it, and what they commit to."),
];

/// Text without NUL, which PostgreSQL cannot keep; [`super::input`] refuses it.
const TEXT: &str = r"^[^\u0000]*$";

/// How a type declares text that is not blank. Clients differ in what they take for a blank, so that the document spells
/// out what [`super::input::not_blank`] knows: those of Unicode, and what takes no room.
const INK: &str = r"\S";
const TEXT_WITH_INK: &str = r"^[^\u0000]*[^\u0000\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200D\u2028\u2029\u202F\u205F\u3000\uFEFF][^\u0000]*$";

/// The largest integer that every JSON reader can hold.
const LARGEST: i64 = 9_007_199_254_740_991;

/// The largest file that is taken or given, in bytes: a roll.
const LARGEST_FILE: u64 = 32 << 20;

/// Completes the document in place.
pub fn complete(document: &mut Value) {
    add_shared_components(document);
    let mut tags = Vec::new();
    let schemas = document["components"]["schemas"].clone();
    for_each_operation(document, |path, method, operation| {
        tags.extend(operation.get("tags").and_then(Value::as_array).into_iter().flatten().cloned());
        Completion::of(path, method, operation, &schemas).complete(operation);
    });
    complete_schemas(document);
    let tag = |(name, description): &(&str, &str)| json!({ "name": name, "description": description });
    document["tags"] = TAGS
        .iter()
        .filter(|(name, _)| tags.iter().any(|used| used == name))
        .map(tag)
        .collect::<Vec<_>>()
        .into();
    document["servers"] = json!([{
        "url": "/",
        "description": "The server that serves this document: production, test or local",
        "x-internal": false,
    }]);
    document["security"] = json!([{ "bearer": [] }]);
}

fn for_each_operation(document: &mut Value, mut act: impl FnMut(&str, &str, &mut Map<String, Value>)) {
    for (path, item) in document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if let Some(operation) = operation.as_object_mut() {
                act(path, method, operation);
            }
        }
    }
}

/// Whether an operation needs no sign-in.
pub fn is_public(operation: &str) -> bool {
    OPERATIONS
        .iter()
        .filter(|(id, _)| *id == operation)
        .any(|(_, permission)| rows(*permission).any(|who| who == Who::Public))
}

/// What the door does for one operation.
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one operation")]
struct Completion {
    id: String,
    is_get: bool,
    is_post: bool,
    takes_body: bool,
    takes_key: bool,
    takes_version: bool,
    has_version: bool,
    names_a_thing: bool,
    has_query: bool,
}

impl Completion {
    fn of(path: &str, method: &str, operation: &Map<String, Value>, schemas: &Value) -> Self {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned();
        let parameters = || operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let asks_for_place = parameters().any(|one| {
            one["in"] == "query" && one["name"].as_str().is_some_and(|name| name.ends_with("_id"))
        });
        let names_a_thing = path.contains('{');
        let reads_one =
            id.starts_with("read_") && names_a_thing && success(operation, "application/json").is_some();
        Self {
            is_get: method == "get",
            is_post: method == "post",
            takes_body: operation.contains_key("requestBody"),
            takes_key: method == "post" && !WITHOUT_KEY.contains(&id.as_str()),
            takes_version: ["put", "delete"].contains(&method) && !WITHOUT_VERSION.contains(&id.as_str()),
            has_version: method == "get" && reads_one && !UNVERSIONED_READS.contains(&id.as_str()),
            names_a_thing: names_a_thing || asks_for_place || body_names_a_thing(operation, schemas),
            has_query: parameters().any(|one| one["in"] == "query"),
            id,
        }
    }

    fn complete(&self, operation: &mut Map<String, Value>) {
        let security = if is_public(&self.id) { json!([{}]) } else { json!([{ "bearer": [] }]) };
        operation.insert("security".into(), security);
        if let Some(summary) = operation.get("summary").cloned() {
            let summary = summary.as_str().unwrap_or_default().trim_end_matches('.').to_owned();
            operation.entry("description").or_insert_with(|| json!(format!("{summary}.")));
            operation.insert("summary".into(), json!(summary));
        }
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            describe(parameter);
            // utoipa forgets it where the schema is made by a function.
            if parameter["in"] == "path" {
                parameter["required"] = json!(true);
            }
        }
        self.add_parameters(operation);
        let responses = operation.entry("responses").or_insert_with(|| json!({}));
        let Some(responses) = responses.as_object_mut() else { return };
        for (status, response) in responses.iter_mut() {
            self.complete_response(status, response);
        }
        for status in self.shared() {
            let name = SHARED.iter().find(|(known, ..)| *known == status).map_or("", |(_, name, ..)| name);
            let reference = json!({ "$ref": format!("#/components/responses/{name}") });
            responses.entry(status.to_string()).or_insert(reference);
        }
    }

    fn add_parameters(&self, operation: &mut Map<String, Value>) {
        let added = [
            (self.takes_key, "IdempotencyKey"),
            (self.takes_version, "IfMatch"),
            (self.has_version, "IfNoneMatch"),
        ];
        let added = added.iter().filter(|(takes, _)| *takes);
        let added: Vec<_> =
            added.map(|(_, name)| json!({ "$ref": format!("#/components/parameters/{name}") })).collect();
        if !added.is_empty()
            && let Some(parameters) =
                operation.entry("parameters").or_insert_with(|| json!([])).as_array_mut()
        {
            parameters.extend(added);
        }
    }

    /// The shared answers that can really happen here.
    fn shared(&self) -> Vec<u16> {
        // A query that cannot be read, a token that is no good, and a limit can meet any request.
        let mut statuses = vec![400, 401, 429, 500];
        let mut also = |applies: bool, more: &[u16]| statuses.extend(more.iter().filter(|_| applies));
        also(self.names_a_thing, &[404]);
        also(self.takes_body, &[413, 415]);
        also(self.takes_body || self.has_query || self.takes_key, &[422]);
        also(self.takes_key, &[409]);
        also(self.takes_version, &[412, 428]);
        also(self.has_version, &[304]);
        also(!WITHOUT_DATABASE.contains(&self.id.as_str()), &[503]);
        statuses
    }

    /// An answer that the room tells: its headers, and for refusals the body.
    fn complete_response(&self, status: &str, response: &mut Value) {
        let number: u16 = status.parse().unwrap_or_default();
        if response.get("description").and_then(Value::as_str).is_none_or(str::is_empty) {
            response["description"] = json!(if number == 204 { "Done" } else { "Success" });
        }
        let mut headers = common_headers();
        if number >= 400 {
            response["content"] = problem();
            own_headers(number, &mut headers);
        } else {
            let mut add = |applies: bool, name: &str, component: &str| {
                if applies {
                    headers.insert(name.into(), header(component));
                }
            };
            add(self.has_version, "ETag", "ETag");
            add(!self.is_get && !self.has_version && number != 204, "ETag", "MayETag");
            add(
                [201, 202].contains(&number) && !WITHOUT_LOCATION.contains(&self.id.as_str()),
                "Location",
                "Location",
            );
            add(self.is_post && self.takes_key, "Idempotency-Replayed", "IdempotencyReplayed");
        }
        for (media, body) in response.get_mut("content").and_then(Value::as_object_mut).into_iter().flatten()
        {
            if !media.ends_with("json") {
                body["schema"] = json!({ "type": "string", "format": "binary", "maxLength": LARGEST_FILE });
            }
        }
        response["headers"] = Value::Object(headers);
    }
}

/// Whether a body must name something that may not be there.
fn body_names_a_thing(operation: &Map<String, Value>, schemas: &Value) -> bool {
    let body =
        operation.get("requestBody").and_then(|body| body.pointer("/content/application~1json/schema/$ref"));
    let name = body.and_then(Value::as_str).and_then(|reference| reference.rsplit('/').next());
    let required = name.and_then(|name| schemas.get(name)).and_then(|schema| schema.get("required"));
    let mut required = required.and_then(Value::as_array).into_iter().flatten();
    required.any(|member| member.as_str().is_some_and(|member| member.ends_with("_id")))
}

/// Words for a parameter that its name explains.
fn describe(parameter: &mut Value) {
    let name = parameter["name"].as_str().unwrap_or_default();
    let words = match name.strip_suffix("_id") {
        Some(thing) => format!("Which {}, by its id.", thing.replace('_', " ")),
        None => format!("Which {}.", name.replace('_', " ")),
    };
    if parameter["description"].as_str().is_none_or(str::is_empty) {
        parameter["description"] = json!(words);
    }
}

/// The body of an operation's success, if it is of this media type.
fn success<'a>(operation: &'a Map<String, Value>, media: &str) -> Option<&'a Value> {
    let responses = operation.get("responses")?.as_object()?;
    responses.iter().find(|(status, _)| status.starts_with('2'))?.1.get("content")?.get(media)
}

/// `(status, component, description)` of answers that the door gives.
const SHARED: [(u16, &str, &str); 13] = [
    (304, "NotModified", "The caller has this version already."),
    (400, "Malformed", "The request cannot be read, or lacks its Idempotency-Key."),
    (401, "SignInNeeded", "There is no token, or it is not good any more."),
    (404, "NotFound", "It does not exist, or not for the caller."),
    (409, "StillRunning", "The same request is still running."),
    (412, "Stale", "Somebody changed it meanwhile; `current` is how it is now."),
    (413, "TooLarge", "The body is too large."),
    (415, "WrongMediaType", "The body is not of a type that is taken here."),
    (422, "Invalid", "The input breaks a rule, or its Idempotency-Key belongs to another request."),
    (428, "VersionMissing", "If-Match is missing."),
    (429, "TooMany", "The limit is used up."),
    (500, "Broken", "Something broke on our side; nothing was done."),
    (503, "Unavailable", "Something that the service needs does not answer; nothing was done."),
];

fn header(component: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{component}") })
}

/// Headers that every answer has.
fn common_headers() -> Map<String, Value> {
    let common = [
        ("Access-Control-Allow-Origin", "Access-Control-Allow-Origin"),
        ("RateLimit", "RateLimit"),
        ("RateLimit-Policy", "RateLimitPolicy"),
        ("X-Request-Id", "RequestId"),
    ];
    common.into_iter().map(|(name, component)| (name.to_owned(), header(component))).collect()
}

/// Headers that belong to a status, whoever answers it.
fn own_headers(status: u16, headers: &mut Map<String, Value>) {
    let (name, component) = match status {
        304 => ("ETag", "ETag"),
        401 => ("WWW-Authenticate", "Challenge"),
        409 => ("Retry-After", "MayRetryAfter"),
        429 | 503 => ("Retry-After", "RetryAfter"),
        _ => return,
    };
    headers.insert(name.into(), header(component));
}

fn problem() -> Value {
    json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } })
}

fn add_shared_components(document: &mut Value) {
    let text = |most: u32| json!({ "type": "string", "pattern": TEXT, "maxLength": most });
    let seconds = json!({ "type": "integer", "format": "int32", "minimum": 0, "maximum": 86_400 });
    let headers = json!({
        // `*` is safe: there are no cookies, and nothing is given without a token that a page must already have.
        "Access-Control-Allow-Origin": {
            "description": "Pages of any origin may call.",
            "schema": { "type": "string", "const": "*" },
            "required": true,
        },
        "RateLimit": { "description": "What is left of the limit, and the seconds until it is full again.", "schema": text(100) },
        "RateLimitPolicy": { "description": "The limit and its window in seconds.", "schema": text(100) },
        "RequestId": {
            "description": "The request's id, to quote when asking for help.",
            "schema": { "type": "string", "format": "uuid", "maxLength": 36 },
            "required": true,
        },
        "Challenge": { "description": "How to sign in.", "schema": { "type": "string", "const": "Bearer" }, "required": true },
        "RetryAfter": { "description": "Seconds after which repeating makes sense.", "schema": seconds, "required": true },
        "MayRetryAfter": { "description": "Seconds after which repeating makes sense, if waiting helps.", "schema": seconds },
        "ETag": { "description": "The version.", "schema": version_tag(), "required": true },
        "MayETag": { "description": "The version, of what has one.", "schema": version_tag() },
        "Location": {
            "description": "Where it is found.",
            "schema": { "type": "string", "format": "uri-reference", "maxLength": 500 },
            "required": true,
        },
        "IdempotencyReplayed": {
            "description": "Present when this is the answer to an earlier request with the same key.",
            "schema": { "type": "string", "const": "true" },
        },
    });
    let parameters = json!({
        "IdempotencyKey": {
            "name": "Idempotency-Key", "in": "header", "required": true,
            "description": "A new random value for each new action; repeating with it is safe.",
            "schema": { "type": "string", "minLength": 8, "maxLength": 128, "pattern": "^[!-~]+$" },
        },
        "IfMatch": {
            "name": "If-Match", "in": "header", "required": true,
            "description": "The `ETag` that was last read.",
            "schema": version_tag(), "example": "\"v1\"",
        },
        "IfNoneMatch": {
            "name": "If-None-Match", "in": "header", "required": false,
            "description": "The `ETag` that the caller has: 304 if it is still the one.",
            "schema": text(500), "example": "\"v1\"",
        },
    });
    let responses: Map<String, Value> = SHARED
        .iter()
        .map(|(status, name, description)| {
            let mut headers = common_headers();
            own_headers(*status, &mut headers);
            let mut response = json!({ "description": description, "headers": headers });
            if *status >= 400 {
                response["content"] = problem();
            }
            ((*name).to_owned(), response)
        })
        .collect();
    let components = &mut document["components"];
    components["headers"] = headers;
    components["parameters"] = parameters;
    components["responses"] = Value::Object(responses);
    let hours = token::LIFE.num_hours();
    components["securitySchemes"]["bearer"]["description"] = json!(format!(
        "The `access_token` of `POST /v1/sessions`, good for {hours} hours: a JWS signed with HS256, checked as RFC8725 \
         asks (one algorithm, issuer, audience, expiry), and good only while its session is open."
    ));
}

fn version_tag() -> Value {
    json!({ "type": "string", "pattern": "^\"v[0-9]{1,19}\"$", "maxLength": 24 })
}

/// Bounds that follow from a type, requests that refuse what they do not know, and answers without null.
fn complete_schemas(document: &mut Value) {
    remove_unused(document);
    let asked = reachable(document, |part| part == "requestBody");
    let answered = reachable(document, |part| part == "responses");
    for_each_operation(document, |_, _, operation| {
        for part in ["parameters", "requestBody", "responses"] {
            if let Some(part) = operation.get_mut(part) {
                bound(part);
            }
        }
    });
    for (name, schema) in document["components"]["schemas"].as_object_mut().into_iter().flatten() {
        bound(schema);
        if asked.contains(name) {
            close(schema);
        }
        if answered.contains(name) && !asked.contains(name) {
            never_null(schema);
        }
    }
    // Query parameters cannot be null: they are there or not.
    for_each_operation(document, |_, _, operation| {
        operation.get_mut("parameters").into_iter().for_each(never_null);
    });
}

/// Every schema inside a value, outermost first.
fn each_schema(value: &mut Value, act: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            act(members);
            let data = ["example", "examples", "default", "const", "enum"];
            members
                .iter_mut()
                .filter(|(key, _)| !data.contains(&key.as_str()))
                .for_each(|(_, one)| each_schema(one, act));
        }
        Value::Array(all) => all.iter_mut().for_each(|one| each_schema(one, act)),
        _ => {}
    }
}

/// Whether a schema allows this type.
fn allows(schema: &Map<String, Value>, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(all)) => all.iter().any(|one| one == kind),
        _ => false,
    }
}

fn bound(value: &mut Value) {
    each_schema(value, &mut |schema| {
        merge_default(schema);
        if allows(schema, "string") && !schema.contains_key("enum") && !schema.contains_key("const") {
            let most = match schema.get("format").and_then(Value::as_str) {
                Some("uuid") => Some(36),
                Some("date-time") => Some(40),
                Some("date") => Some(10),
                Some("binary") => Some(LARGEST_FILE),
                _ => None,
            };
            if let Some(most) = most {
                schema.entry("maxLength").or_insert(json!(most));
            } else if schema.get("pattern").is_some_and(|pattern| pattern == INK) {
                schema.insert("pattern".into(), json!(TEXT_WITH_INK));
            } else if !schema.contains_key("pattern") && !schema.contains_key("format") {
                schema.insert("pattern".into(), json!(TEXT));
            }
        }
        if allows(schema, "integer") {
            let is_short = schema.get("format").is_some_and(|format| format == "int32");
            schema.entry("format").or_insert(json!("int64"));
            let (least, most) =
                if is_short { (i64::from(i32::MIN), i64::from(i32::MAX)) } else { (-LARGEST, LARGEST) };
            if !schema.contains_key("exclusiveMinimum") {
                schema.entry("minimum").or_insert(json!(least));
            }
            if !schema.contains_key("exclusiveMaximum") {
                schema.entry("maximum").or_insert(json!(most));
            }
        }
    });
}

/// `allOf` of a schema and nothing but its default is that schema with a default.
fn merge_default(schema: &mut Map<String, Value>) {
    let Some(Value::Array(parts)) = schema.get("allOf") else { return };
    let [one, other] = parts.as_slice() else { return };
    let (Some(one), Some(default)) = (one.as_object().cloned(), other.get("default").cloned()) else {
        return;
    };
    if other.get("properties").is_none() {
        schema.remove("allOf");
        schema.extend(one);
        schema.insert("default".into(), default);
    }
}

/// Requests refuse members that they do not know.
fn close(value: &mut Value) {
    each_schema(value, &mut |schema| {
        if schema.contains_key("properties") && allows(schema, "object") {
            schema.entry("additionalProperties").or_insert(json!(false));
        }
        // What is named is a set: naming it twice is a slip, and refused.
        if allows(schema, "array") && schema.get("items").is_some_and(|item| item["format"] == "uuid") {
            schema.insert("uniqueItems".into(), json!(true));
        }
    });
}

/// Optional members of answers are left out, never null.
fn never_null(value: &mut Value) {
    each_schema(value, &mut |schema| {
        if let Some(Value::Array(kinds)) = schema.get_mut("type") {
            kinds.retain(|kind| kind != "null");
            if let [one] = kinds.as_slice() {
                let one = one.clone();
                schema.insert("type".into(), one);
            }
        }
        for choice in ["oneOf", "anyOf"] {
            let Some(Value::Array(choices)) = schema.get_mut(choice) else { continue };
            choices.retain(|one| one.get("type").is_none_or(|kind| kind != "null"));
            if let [one] = choices.as_slice() {
                let one = one.clone();
                schema.remove(choice);
                for (key, value) in one.as_object().into_iter().flatten() {
                    schema.entry(key.clone()).or_insert(value.clone());
                }
            }
        }
    });
}

/// Names of the schemas that can be reached from the parts of operations that `wanted` names.
fn reachable(document: &Value, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let parts = ["parameters", "requestBody", "responses"];
    let mut queue: Vec<&Value> = Vec::new();
    for item in document["paths"].as_object().into_iter().flatten().map(|(_, item)| item) {
        for operation in item.as_object().into_iter().flatten().map(|(_, operation)| operation) {
            queue.extend(parts.iter().filter(|part| wanted(part)).filter_map(|part| operation.get(*part)));
        }
    }
    while let Some(value) = queue.pop() {
        match value {
            Value::Object(members) => {
                if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                    let name = reference.rsplit('/').next().unwrap_or_default().to_owned();
                    if let Some(target) = document.pointer(reference.trim_start_matches('#'))
                        && !found.contains(&name)
                    {
                        found.push(name);
                        queue.push(target);
                    }
                }
                queue.extend(members.values());
            }
            Value::Array(all) => queue.extend(all),
            _ => {}
        }
    }
    found
}

/// Components that nothing refers to are noise.
fn remove_unused(document: &mut Value) {
    let used = reachable(document, |_| true);
    for kind in ["schemas", "responses", "parameters"] {
        if let Some(components) = document["components"][kind].as_object_mut() {
            components.retain(|name, _| used.contains(name));
        }
    }
    let text = document.to_string();
    if let Some(headers) = document["components"]["headers"].as_object_mut() {
        headers.retain(|name, _| text.contains(&format!("#/components/headers/{name}\"")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::document::Document;

    /// Where a schema of a kind stands that lacks one of `bounds`.
    fn without(value: &Value, place: &str, kind: &str, bounds: &[&str], found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                let exempt = ["enum", "const"].iter().any(|key| members.contains_key(*key));
                if allows(members, kind)
                    && !exempt
                    && bounds.iter().any(|bound| !members.contains_key(*bound))
                {
                    found.push(place.to_owned());
                }
                members
                    .iter()
                    .for_each(|(key, one)| without(one, &format!("{place}/{key}"), kind, bounds, found));
            }
            Value::Array(all) => all.iter().for_each(|one| without(one, place, kind, bounds, found)),
            _ => {}
        }
    }

    #[test]
    fn every_string_and_list_states_its_bounds() {
        let document = Document::build().json;
        let mut found = Vec::new();
        without(&document, "", "string", &["maxLength"], &mut found);
        without(&document, "", "array", &["maxItems"], &mut found);
        assert!(
            found.is_empty(),
            "say max_length or max_items in the schema, and enforce it:\n{}",
            found.join("\n")
        );
    }

    #[test]
    fn every_tag_is_described_and_every_operation_has_one() {
        let mut document = Document::build().json;
        for_each_operation(&mut document, |path, method, operation| {
            let tags = operation.get("tags").and_then(Value::as_array).cloned().unwrap_or_default();
            assert_eq!(tags.len(), 1, "{method} {path} has one tag");
            assert!(TAGS.iter().any(|(name, _)| tags[0] == *name), "describe the tag {} in TAGS", tags[0]);
        });
    }

    #[test]
    fn exceptions_name_operations_of_the_right_kind() {
        let mut document = Document::build().json;
        let mut methods = std::collections::HashMap::new();
        for_each_operation(&mut document, |_, method, operation| {
            methods.insert(operation["operationId"].as_str().unwrap().to_owned(), method.to_owned());
        });
        let kinds: [(&[&str], &[&str]); 4] = [
            (&WITHOUT_KEY, &["post"]),
            (&WITHOUT_VERSION, &["put", "delete"]),
            (&UNVERSIONED_READS, &["get"]),
            (&WITHOUT_DATABASE, &["get"]),
        ];
        for (exceptions, kind) in kinds {
            for id in exceptions {
                assert!(methods.get(*id).is_some_and(|method| kind.contains(&method.as_str())), "{id}");
            }
        }
    }
}
