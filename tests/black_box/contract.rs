//! The contract that the service serves, and every answer held to it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use jsonschema::{Draft, Validator};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::{
    coverage,
    phone::{Phone, Reply},
    sample,
    story::Setting,
};

static CONTRACT: OnceLock<Contract> = OnceLock::new();

/// Headers that an answer may only have where the contract says so.
const TOLD: [&str; 6] =
    ["etag", "location", "retry-after", "allow", "www-authenticate", "idempotency-replayed"];

/// The OpenAPI document of the service under test.
pub struct Contract {
    document: Value,
    operations: Vec<Operation>,
    /// By the schema: most answers share theirs with others.
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

/// One operation of the document.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    /// As in the document, with its parameters in braces.
    pub path: String,
    /// References resolved one level deep.
    parameters: Vec<Value>,
    value: Value,
}

impl Operation {
    /// The parameter of this name, wherever it stands.
    pub fn parameter(&self, name: &str) -> Option<&Value> {
        self.parameters
            .iter()
            .find(|one| one["name"].as_str().is_some_and(|have| have.eq_ignore_ascii_case(name)))
    }

    pub fn parameters(&self) -> impl Iterator<Item = &Value> {
        self.parameters.iter()
    }

    /// Whether a write is kept under an Idempotency-Key.
    pub fn takes_key(&self) -> bool {
        self.parameter("Idempotency-Key").is_some()
    }

    /// Whether it asks for the version that was read.
    pub fn takes_version(&self) -> bool {
        self.parameter("If-Match").is_some()
    }

    pub fn needs_sign_in(&self) -> bool {
        self.value["security"]
            .as_array()
            .is_some_and(|ways| ways.iter().all(|way| way.get("bearer").is_some()))
    }

    /// Whether part of the path is somebody's id.
    pub fn names_a_thing(&self) -> bool {
        self.path.contains('{')
    }

    /// The schema of a JSON body.
    pub fn json_body(&self) -> Option<&Value> {
        self.value["requestBody"]["content"]["application/json"].get("schema")
    }

    /// Whether a body of another kind is sent, such as a photo.
    pub fn takes_a_file(&self) -> bool {
        self.value["requestBody"]["content"].get("multipart/form-data").is_some()
    }

    pub fn statuses(&self) -> impl Iterator<Item = u16> {
        self.value["responses"]
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(status, _)| status.parse().ok())
    }

    pub fn documents(&self, status: u16) -> bool {
        self.value["responses"].get(status.to_string()).is_some()
    }

    /// A path of this operation that leads to nothing: every id is one that nobody has.
    pub fn nowhere(&self) -> String {
        self.with_ids("00000000-0000-4000-8000-00000000dead")
    }

    /// As [`Self::nowhere`], but in a place that is there.
    pub fn nowhere_in(&self, place: &str) -> String {
        let path = self.path.replace("{place_id}", place);
        Self { path, ..self.clone() }.nowhere()
    }

    /// The path with `id` for every id in it; what is chosen from a list is chosen, and a number is the least there is.
    pub fn with_ids(&self, id: &str) -> String {
        let document = Contract::get().document();
        let part =
            |segment: &str| match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
                None => segment.to_owned(),
                Some(name) => {
                    let schema = self.parameter(name).map(|one| resolved(&one["schema"], document));
                    let choice = schema.and_then(|schema| schema["enum"][0].as_str());
                    let least = schema.and_then(|schema| schema["minimum"].as_i64());
                    least.map_or_else(|| choice.unwrap_or(id).to_owned(), |least| least.to_string())
                }
            };
        self.path.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    /// A body that fits, for operations that take one.
    pub fn sample(&self) -> Option<Value> {
        self.json_body().map(|schema| sample::of(schema, &Contract::get().document))
    }

    fn fits(&self, path: &str) -> bool {
        let (mut want, mut have) = (self.path.split('/'), path.split('/'));
        loop {
            match (want.next(), have.next()) {
                (None, None) => return true,
                (Some(want), Some(have)) if want.starts_with('{') || want == have => {}
                _ => return false,
            }
        }
    }
}

impl Contract {
    /// Reads the document once from a running service.
    pub async fn learn(url: &str) -> Result<(), String> {
        if CONTRACT.get().is_none() {
            let answer = Phone::client().get(format!("{url}/openapi.json")).send().await;
            let document = answer.map_err(|error| error.to_string())?.json().await;
            CONTRACT.get_or_init(|| Self::new(document.expect("the contract is JSON")));
        }
        Ok(())
    }

    pub fn get() -> &'static Self {
        Self::known().expect("a world learns the contract first")
    }

    /// None when no world could be had.
    pub fn known() -> Option<&'static Self> {
        CONTRACT.get()
    }

    fn new(document: Value) -> Self {
        let mut operations = Vec::new();
        for (path, item) in document["paths"].as_object().expect("the document has paths") {
            for (method, value) in item.as_object().expect("a path has methods") {
                let Ok(method) = method.to_uppercase().parse::<Method>() else { continue };
                let listed = value["parameters"].as_array().into_iter().flatten();
                operations.push(Operation {
                    id: value["operationId"].as_str().expect("an operation has an id").to_owned(),
                    method,
                    path: path.clone(),
                    parameters: listed.map(|one| resolved(one, &document).clone()).collect(),
                    value: value.clone(),
                });
            }
        }
        Self { document, operations, validators: Mutex::default() }
    }

    pub fn document(&self) -> &Value {
        &self.document
    }

    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operation that a request is for. A path without parameters is nearer than one with.
    pub fn operation(&self, method: &Method, path: &str) -> Option<&Operation> {
        let path = path.split('?').next().unwrap_or(path);
        let fitting = self.operations.iter().filter(|one| one.method == *method && one.fits(path));
        fitting.min_by_key(|one| one.path.matches('{').count())
    }

    fn methods(&self, path: &str) -> Vec<String> {
        let path = path.split('?').next().unwrap_or(path);
        let fitting = self.operations.iter().filter(|one| one.fits(path));
        let mut methods: Vec<_> = fitting.map(|one| one.method.to_string()).collect();
        if methods.iter().any(|method| method == "GET") {
            methods.push("HEAD".into());
        }
        methods.sort_unstable();
        methods.dedup();
        methods
    }

    /// That an answer is one that the contract allows; fails the story if not.
    #[track_caller]
    pub fn hold(&self, method: &Method, path: &str, reply: &Reply, setting: Setting) {
        let said = format!("{method} {path} answered {}", reply.status);
        let asked = if *method == Method::HEAD { &Method::GET } else { method };
        self.hold_common(&said, reply);
        match self.operation(asked, path) {
            Some(operation) => {
                self.hold_operation(&said, operation, method, reply);
                if method == asked {
                    coverage::saw(&operation.id, reply.status, setting);
                }
            }
            None => self.hold_outside(&said, method, path, reply),
        }
    }

    fn hold_common(&self, said: &str, reply: &Reply) {
        assert!(reply.header("x-request-id").is_some(), "{said} without a request id");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{said}");
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "{said}");
        if reply.status >= 400 && !reply.bytes.is_empty() {
            let kind = reply.header("content-type");
            assert_eq!(kind, Some("application/problem+json; charset=utf-8"), "{said}: {}", reply.text());
            self.valid(said, &json!({ "$ref": format!("{SCHEMAS}Problem") }), &reply.json());
            assert_eq!(reply.json()["status"], reply.status, "{said}, and its body says another status");
        }
    }

    fn hold_operation(&self, said: &str, operation: &Operation, method: &Method, reply: &Reply) {
        let responses = &operation.value["responses"];
        let documented = responses.get(reply.status.to_string());
        let response = documented.unwrap_or_else(|| {
            panic!("{said}, which {} does not document: {}", operation.id, reply.text());
        });
        let response = resolved(response, &self.document);
        self.hold_headers(said, response, reply);
        if *method == Method::HEAD {
            assert!(reply.bytes.is_empty(), "{said} with a body");
            return;
        }
        let Some(content) = response["content"].as_object().filter(|content| !content.is_empty()) else {
            assert!(reply.bytes.is_empty(), "{said} with a body that is not documented: {}", reply.text());
            return;
        };
        let kind = reply.header("content-type").unwrap_or_default();
        let media = kind.split(';').next().unwrap_or_default().trim();
        let described = content.get(media).unwrap_or_else(|| {
            panic!("{said} as {kind:?}; documented are {:?}", content.keys().collect::<Vec<_>>());
        });
        if media.ends_with("json") {
            assert!(kind.ends_with("; charset=utf-8"), "{said} as {kind:?}, without its charset");
            let body = serde_json::from_slice(&reply.bytes);
            let body = body.unwrap_or_else(|error| panic!("{said}, and its body is not JSON: {error}"));
            self.valid(said, &described["schema"], &body);
        } else {
            assert!(!reply.bytes.is_empty(), "{said} with nothing in it");
        }
    }

    fn hold_headers(&self, said: &str, response: &Value, reply: &Reply) {
        let headers = response["headers"].as_object();
        let known =
            |name: &str| headers.is_some_and(|all| all.keys().any(|key| key.eq_ignore_ascii_case(name)));
        for told in TOLD {
            assert!(
                reply.header(told).is_none() || known(told),
                "{said} with {told}, which is not documented"
            );
        }
        for (name, header) in headers.into_iter().flatten() {
            let header = resolved(header, &self.document);
            let Some(value) = reply.header(name) else {
                assert!(header["required"] != true, "{said} without {name}");
                continue;
            };
            let typed = match header["schema"]["type"].as_str() {
                Some("integer") => value.parse::<u64>().map_or_else(|_| json!(value), |number| json!(number)),
                _ => json!(value),
            };
            self.valid(said, &header["schema"], &typed);
        }
    }

    /// Where no operation stands: 405 with the methods that do, else 404.
    fn hold_outside(&self, said: &str, method: &Method, path: &str, reply: &Reply) {
        let methods = self.methods(path);
        if *method == Method::OPTIONS && !methods.is_empty() {
            assert_eq!(reply.status, 204, "{said}");
        } else {
            // A query, a token and a limit are looked at wherever the request goes.
            let expected = [if methods.is_empty() { 404 } else { 405 }, 400, 401, 429];
            assert!(expected.contains(&reply.status), "{said}; it should be one of {expected:?}");
        }
        if reply.status == 405 || reply.status == 204 {
            assert_eq!(reply.header("allow"), Some(methods.join(", ").as_str()), "{said}");
        }
    }

    /// That a value fits a schema of the document; members that the schema does not name are refused too.
    fn valid(&self, said: &str, schema: &Value, body: &Value) {
        let validator = {
            let mut validators = self.validators.lock().unwrap_or_else(PoisonError::into_inner);
            let made = validators.entry(schema.to_string());
            let made = made.or_insert_with(|| Arc::new(self.validator(schema)));
            Arc::clone(made)
        };
        let problems: Vec<_> = validator
            .iter_errors(body)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{said}, which does not fit the contract: {}", problems.join("; "));
    }

    fn validator(&self, schema: &Value) -> Validator {
        let mut root = schema.clone();
        root["components"] = json!({ "schemas": self.reached_from(schema) });
        close(&mut root);
        let built =
            jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true).build(&root);
        built.unwrap_or_else(|error| panic!("a schema of the contract is not one: {error}"))
    }

    /// The document's schemas that one refers to, and those that they do: a small part of all.
    fn reached_from(&self, schema: &Value) -> Map<String, Value> {
        let mut reached = Map::new();
        let mut open = references(schema);
        while let Some(name) = open.pop() {
            if !reached.contains_key(name) {
                let named = &self.document["components"]["schemas"][name];
                open.extend(references(named));
                reached.insert(name.to_owned(), named.clone());
            }
        }
        reached
    }
}

/// Where the document keeps its schemas.
const SCHEMAS: &str = "#/components/schemas/";

/// The names of the schemas that one refers to itself.
fn references(schema: &Value) -> Vec<&str> {
    match schema {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str);
            let own = own.and_then(|target| target.strip_prefix(SCHEMAS));
            members.values().flat_map(references).chain(own).collect()
        }
        Value::Array(all) => all.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// Refuses members that an object's schema does not name: clients must bear with them, but the service must not have
/// any that it does not tell.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some(parts) = members.get_mut("allOf").and_then(Value::as_array_mut) {
                // The parts complete each other: only the whole can be closed.
                for part in parts {
                    for inner in part.as_object_mut().into_iter().flat_map(|part| part.values_mut()) {
                        close(inner);
                    }
                }
                members.entry("unevaluatedProperties").or_insert(json!(false));
                return;
            }
            if members.get("properties").is_some_and(Value::is_object) && members.contains_key("type") {
                members.entry("additionalProperties").or_insert(json!(false));
            }
            for inner in members.values_mut() {
                close(inner);
            }
        }
        Value::Array(all) => all.iter_mut().for_each(close),
        _ => {}
    }
}

/// What a reference stands for.
fn resolved<'a>(value: &'a Value, document: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(target) => {
            document.pointer(target.trim_start_matches('#')).expect("the document has what it refers to")
        }
        None => value,
    }
}
