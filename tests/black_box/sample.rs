//! Values that a schema allows, for sweeps over operations that nobody wrote a story about yet.

use serde_json::{Map, Value, json};

/// The smallest value that `schema` allows: its example if it has one.
pub fn of(schema: &Value, document: &Value) -> Value {
    if let Some(target) = schema["$ref"].as_str() {
        let pointer = target.trim_start_matches('#');
        return of(document.pointer(pointer).expect("the document has what it refers to"), document);
    }
    for given in ["const", "example", "default"] {
        if let Some(value) = schema.get(given) {
            return value.clone();
        }
    }
    let first = |key: &str| schema[key].as_array().and_then(|all| all.first().cloned());
    if let Some(value) = first("examples").or_else(|| first("enum")) {
        return value;
    }
    for choice in ["oneOf", "anyOf"] {
        let some = schema[choice].as_array().into_iter().flatten().find(|one| one["type"] != "null");
        if let Some(one) = some {
            return of(one, document);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut all = Map::new();
        for part in parts {
            all.extend(of(part, document).as_object().cloned().unwrap_or_default());
        }
        return Value::Object(all);
    }
    by_type(schema, document)
}

fn by_type(schema: &Value, document: &Value) -> Value {
    let kind = match &schema["type"] {
        Value::Array(kinds) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
        }
        kind => kind.as_str().unwrap_or("object"),
    };
    let least = |key: &str| usize::try_from(schema[key].as_u64().unwrap_or(0)).unwrap_or(0);
    match kind {
        "string" => match schema["format"].as_str() {
            Some("uuid") => json!("00000000-0000-4000-8000-000000000001"),
            Some("date-time") => json!("2026-03-01T09:00:00+08:00"),
            Some("date") => json!("2026-03-01"),
            _ => json!("字".repeat(least("minLength").max(1))),
        },
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "boolean" => json!(false),
        "array" => list(schema, least("minItems"), document),
        "null" => Value::Null,
        _ => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let member = |name: &str| (name.to_owned(), of(&schema["properties"][name], document));
            Value::Object(required.map(member).collect())
        }
    }
}

const NO_CHOICE: &str = "with none of its choices";

/// A list of that many items.
fn list(schema: &Value, length: usize, document: &Value) -> Value {
    let first = schema["prefixItems"].as_array().map(Vec::as_slice).unwrap_or_default();
    let items = first.iter().chain(std::iter::repeat(first.last().unwrap_or(&schema["items"])));
    items.take(length).map(|item| of(item, document)).collect()
}

/// A body with one value in it at, or one step beyond, a bound that its schema states.
pub struct Bounded {
    /// Where in the body, as a JSON pointer.
    pub pointer: String,
    pub what: &'static str,
    pub body: Value,
    pub beyond: bool,
}

impl Bounded {
    /// Whether a problem told at `pointer` is of this value: of a pair it may be told as a whole, and which of several
    /// kinds a body is, is read before the member that does not belong there.
    pub fn is_told_at(&self, pointer: &str) -> bool {
        let parent = self.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        let in_a_list = self.pointer.ends_with(|last: char| last.is_ascii_digit());
        let as_a_whole = self.beyond && (in_a_list || self.what == NO_CHOICE);
        pointer == self.pointer || (as_a_whole && pointer == parent)
    }

    /// The same, as the part of a larger body that stands under `name`.
    fn inside(self, name: &str, whole: impl FnOnce(Value) -> Value) -> Self {
        Self { pointer: format!("/{name}{}", self.pointer), body: whole(self.body), ..self }
    }
}

/// The sample with each value that has bounds, however deep, at these bounds and just beyond them.
pub fn at_the_bounds(schema: &Value, sample: &Value, document: &Value) -> Vec<Bounded> {
    let choices = choices(schema, document);
    let all = choices.iter().flat_map(|choice| {
        let is_of_it = !sample.is_null() && (choices.len() == 1 || fits(sample, choice, document));
        let sample = if is_of_it { sample.clone() } else { of(choice, document) };
        let own = bounds_of(choice, document).into_iter();
        let own = own.map(|(what, body, beyond)| Bounded { pointer: String::new(), what, body, beyond });
        own.chain(inside_an_object(choice, &sample, document)).chain(inside_a_list(choice, document))
    });
    all.collect()
}

fn inside_an_object(schema: &Value, sample: &Value, document: &Value) -> Vec<Bounded> {
    let members = schema["properties"].as_object().into_iter().flatten();
    let bounded = members.flat_map(|(name, described)| {
        let had = sample.get(name).filter(|value| !value.is_null()).cloned();
        let sample_of_member = had.unwrap_or_else(|| of(described, document));
        let inner = at_the_bounds(described, &sample_of_member, document).into_iter();
        inner.map(move |bounded| {
            bounded.inside(name, |value| {
                let mut body = sample.clone();
                body[name] = value;
                body
            })
        })
    });
    bounded.collect()
}

/// One item of a list, with nothing beside it but what the list has to have.
fn inside_a_list(schema: &Value, document: &Value) -> Vec<Bounded> {
    let first = schema["prefixItems"].as_array().map(Vec::as_slice).unwrap_or_default();
    let items = if first.is_empty() {
        schema.get("items").map(std::slice::from_ref).unwrap_or_default()
    } else {
        first
    };
    let least = size(schema, "minItems").unwrap_or(0).max(1);
    let whole = list(schema, least, document);
    let bounded = items.iter().enumerate().flat_map(|(at, item)| {
        let inner = at_the_bounds(item, &whole[at], document).into_iter();
        inner
            .map(|bounded| {
                bounded.inside(&at.to_string(), |value| {
                    let mut body = whole.clone();
                    body[at] = value;
                    body
                })
            })
            .collect::<Vec<_>>()
    });
    bounded.collect()
}

/// What a schema itself bounds: what it is, the value, and whether that is beyond. Text is of letters that take several
/// bytes, because a bound counts letters; where only digits are taken, it is of digits.
fn bounds_of(schema: &Value, document: &Value) -> Vec<(&'static str, Value, bool)> {
    let mut found = Vec::new();
    let is_text = is(schema, "string");
    let digits = schema["pattern"].as_str().is_some_and(|pattern| pattern.starts_with("^[0-9]"));
    let text = |letters: usize| json!(if digits { "1" } else { "长" }.repeat(letters));
    let chosen_from = schema.get("enum").is_some() || schema.get("const").is_some();
    if chosen_from && is_text {
        found.push((NO_CHOICE, json!("NONE_OF_THEM"), true));
    } else if schema.get("format").is_some() && is_text {
        found.push(("in another format", json!("x"), true));
    } else {
        if let Some(most) = size(schema, "maxLength") {
            let at = text(most);
            if matches_the_pattern(schema, &at) {
                found.push(("at maxLength", at, false));
            }
            found.push(("beyond maxLength", text(most + 1), true));
        }
        if let Some(least) = size(schema, "minLength").filter(|least| *least > 0) {
            found.push(("below minLength", text(least - 1), true));
        }
        found.extend(unlike_the_pattern(schema).map(|value| ("unlike its pattern", value, true)));
    }
    if let Some(most) = schema["maximum"].as_i64() {
        found.push(("at maximum", json!(most), false));
        found.push(("beyond maximum", json!(most + 1), true));
    }
    if let Some(least) = schema["minimum"].as_i64() {
        found.push(("at minimum", json!(least), false));
        found.push(("below minimum", json!(least - 1), true));
    }
    if let Some(most) = size(schema, "maxItems") {
        found.push(("beyond maxItems", list(schema, most + 1, document), true));
    }
    if let Some(least) = size(schema, "minItems").filter(|least| *least > 0) {
        found.push(("below minItems", list(schema, least - 1, document), true));
    }
    found
}

fn fits(value: &Value, schema: &Value, document: &Value) -> bool {
    let mut schema = schema.clone();
    schema["components"] = document["components"].clone();
    jsonschema::validator_for(&schema).expect("a schema").is_valid(value)
}

fn size(schema: &Value, key: &str) -> Option<usize> {
    schema[key].as_u64().and_then(|size| usize::try_from(size).ok())
}

/// A text that is as long as it may be, and does not match. NUL is left out: it is refused wherever it stands, and has a
/// sweep of its own.
fn unlike_the_pattern(schema: &Value) -> Option<Value> {
    let letters = size(schema, "minLength").unwrap_or(0).max(1);
    let tried = [" ", "\u{3000}", "长", "~"].map(|letter| json!(letter.repeat(letters)));
    tried.into_iter().find(|text| !matches_the_pattern(schema, text))
}

fn matches_the_pattern(schema: &Value, text: &Value) -> bool {
    let Some(pattern) = schema.get("pattern") else { return true };
    jsonschema::validator_for(&json!({ "pattern": pattern })).expect("a pattern").is_valid(text)
}

/// Whether a schema allows this type.
fn is(schema: &Value, kind: &str) -> bool {
    schema["type"] == kind
        || schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind))
}

/// The schemas behind references and choices.
fn choices<'a>(schema: &'a Value, document: &'a Value) -> Vec<&'a Value> {
    if let Some(target) = schema["$ref"].as_str() {
        return choices(document.pointer(target.trim_start_matches('#')).expect("it is there"), document);
    }
    let some = ["oneOf", "anyOf"].iter().find_map(|choice| schema[*choice].as_array());
    match some {
        Some(some) => {
            some.iter().filter(|one| one["type"] != "null").flat_map(|one| choices(one, document)).collect()
        }
        None => vec![schema],
    }
}
