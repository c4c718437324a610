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
        "array" => Value::Array(vec![of(&schema["items"], document); least("minItems")]),
        "null" => Value::Null,
        _ => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let member = |name: &str| (name.to_owned(), of(&schema["properties"][name], document));
            Value::Object(required.map(member).collect())
        }
    }
}

/// A body with one member at, or one step beyond, a bound that its schema states.
pub struct Bounded {
    pub member: String,
    pub what: String,
    pub body: Value,
    pub beyond: bool,
}

/// The sample with each bounded member at its bounds, and just beyond them. Text is of letters that take several bytes,
/// because a bound counts letters; where only digits are taken, it is of digits.
pub fn at_the_bounds(schema: &Value, sample: &Value, document: &Value) -> Vec<Bounded> {
    let mut found = Vec::new();
    let schema = chosen(schema, document);
    for (member, described) in schema["properties"].as_object().into_iter().flatten() {
        let described = chosen(described, document);
        let mut add = |what: &str, value: Value, beyond: bool| {
            let mut body = sample.clone();
            body[member] = value;
            found.push(Bounded { member: member.clone(), what: what.to_owned(), body, beyond });
        };
        let size = |key: &str| described[key].as_u64().and_then(|size| usize::try_from(size).ok());
        let plain = described.get("format").is_none()
            && described.get("enum").is_none()
            && described.get("const").is_none();
        let digits = described["pattern"].as_str().is_some_and(|pattern| pattern.starts_with("^[0-9]"));
        let letter = if digits { "1" } else { "长" };
        if let Some(most) = size("maxLength").filter(|_| plain) {
            if most < 60_000 {
                add("at maxLength", json!(letter.repeat(most)), false);
                add("beyond maxLength", json!(letter.repeat(most + 1)), true);
            }
            if let Some(least) = size("minLength").filter(|least| *least > 0) {
                add("below minLength", json!(letter.repeat(least - 1)), true);
            }
        }
        if let Some(most) = described["maximum"].as_i64() {
            add("at maximum", json!(most), false);
            add("beyond maximum", json!(most + 1), true);
        }
        if let Some(least) = described["minimum"].as_i64() {
            add("at minimum", json!(least), false);
            add("below minimum", json!(least - 1), true);
        }
        if let Some(most) = size("maxItems").filter(|most| *most < 2000) {
            add("beyond maxItems", Value::Array(vec![of(&described["items"], document); most + 1]), true);
        }
        if let Some(least) = size("minItems").filter(|least| *least > 0) {
            add("below minItems", Value::Array(vec![of(&described["items"], document); least - 1]), true);
        }
    }
    found
}

/// The schema behind references and choices; of several the first, as [`of`] chooses.
fn chosen<'a>(schema: &'a Value, document: &'a Value) -> &'a Value {
    if let Some(target) = schema["$ref"].as_str() {
        return chosen(document.pointer(target.trim_start_matches('#')).expect("it is there"), document);
    }
    let choices = ["oneOf", "anyOf"].iter().find_map(|choice| schema[*choice].as_array());
    let some = choices.into_iter().flatten().find(|one| one["type"] != "null");
    some.map_or(schema, |one| chosen(one, document))
}
