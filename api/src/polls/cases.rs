//! What a worked case looks like, for the contract: one schema for each kind that the rules answer.

use rules::{
    cases::{
        MAX_CANDIDATES, MAX_DAYS_LISTED, MAX_EXTENSIONS, MAX_HOMES, MAX_NAME, MAX_OWNERS, MAX_PERIOD_DAYS,
        MAX_SECONDS, MAX_SMALL,
        poll::{MAX_BALLOTS, MAX_HEADS, MAX_RUN_OFFS, MAX_STANDING, MAX_TEXTS},
    },
    quantity::MAX_EXACT,
};
use serde_json::{Value, json};

/// The schema of [`super::model::RulesCase`]. utoipa's types have no member of any type, such as the labels are.
pub fn schema() -> Value {
    json!({
        "description": "A worked case for the rules: an object with `case` and the members of that kind.",
        "example": { "id": "a", "case": "threshold", "total": 528, "ratio": [2, 3] },
        "oneOf": kinds(),
    })
}

/// The kinds of case, as `rules::cases` reads them.
fn kinds() -> [Value; 10] {
    let policy = |members| object(&[], members);
    [
        kind(
            "decision",
            &["approval", "total", "votes"],
            json!({
                "approval": one_of(&["ORDINARY", "SPECIAL"]),
                "total": weight(),
                "votes": object(&[], json!({
                    "yes": weight(), "no": weight(), "abstain": weight(), "silent": weight(), "invalid": weight(),
                })),
                "policy": policy(json!({
                    "nonresponse": one_of(&["NOT_PARTICIPATED", "ABSTAIN", "FOLLOW_MAJORITY"]),
                    "invalid_as": one_of(&["EXCLUDED", "ABSTAIN"]),
                })),
            }),
        ),
        election(),
        poll(),
        kind(
            "roll",
            &["homes"],
            json!({
                "homes": list(MAX_HOMES, object(&["id", "area", "owners"], json!({
                    "id": name(),
                    "area": exact(),
                    "owners": list(MAX_OWNERS, name()),
                    "kind": one_of(&["HOME", "PARKING", "PUBLIC"]),
                    "status": one_of(&["DELIVERED", "UNSOLD", "SOLD_UNDELIVERED"]),
                    "developer": name(),
                }))),
                "policy": policy(json!({
                    "head_key": one_of(&["OWNER_SET", "HOME"]),
                    "count_special_spaces": { "type": "boolean" },
                })),
            }),
        ),
        kind(
            "ballot",
            &["selections", "candidates", "max_selections"],
            json!({
                "selections": list(MAX_CANDIDATES, name()),
                "candidates": list(MAX_CANDIDATES, name()),
                "max_selections": small(0),
            }),
        ),
        kind(
            "alternates",
            &["seats"],
            json!({ "seats": small(0), "ratio": ratio(), "rounding": one_of(&["FLOOR", "CEIL", "HALF_UP"]) }),
        ),
        kind(
            "apportion",
            &["amount_fen", "weights"],
            json!({ "amount_fen": { "type": "integer" }, "weights": list(MAX_HOMES, exact()) }),
        ),
        kind(
            "deadline",
            &["from", "days"],
            json!({
                "from": date(),
                "days": whole(0, MAX_PERIOD_DAYS),
                "move_to_working_day": { "type": "boolean" },
                "holidays": list(MAX_DAYS_LISTED, date()),
                "working_weekends": list(MAX_DAYS_LISTED, date()),
            }),
        ),
        kind(
            "threshold",
            &["total", "ratio"],
            json!({ "total": exact(), "ratio": ratio(), "strict": { "type": "boolean" } }),
        ),
        kind(
            "closing",
            &["closes", "total", "ballots"],
            json!({
                "closes": whole(0, MAX_SECONDS),
                "total": weight(),
                "ballots": list(MAX_HOMES, object(&["at", "area"], json!({
                    "at": whole(0, MAX_SECONDS), "area": exact(),
                }))),
                "extensions": whole(0, MAX_EXTENSIONS),
                "extension_days": whole(0, MAX_PERIOD_DAYS),
                "longest_days": whole(0, MAX_PERIOD_DAYS),
            }),
        ),
    ]
}

/// An election: who stood, and by which rules somebody is elected.
fn election() -> Value {
    kind(
        "election",
        &["participating", "candidates", "seats", "alternates"],
        json!({
            "participating": weight(),
            "candidates": list(MAX_CANDIDATES, object(&["id", "heads", "area"], json!({
                "id": name(), "heads": exact(), "area": exact(),
            }))),
            "seats": small(1),
            "filled": small(0),
            "alternates": small(0),
            "min_committee": small(1),
            "rank_rule": one_of(&["HEADS_AREA", "AREA_HEADS", "RATIO_SUM"]),
        }),
    )
}

/// A whole poll: heads with all that came back from each, in the order in which it came.
fn poll() -> Value {
    let class = || whole(1, 9);
    let flag = || json!({ "type": "boolean" });
    let ballot = object(
        &["channel"],
        json!({
            "channel": one_of(&["ONLINE", "PAPER", "PROXY"]),
            "signed": flag(),
            "disputed": flag(),
            "choices": list(MAX_CANDIDATES, name()),
            "answers": {
                "type": "object",
                "additionalProperties": one_of(&["YES", "NO", "ABSTAIN"]),
                "maxProperties": MAX_TEXTS,
            },
        }),
    );
    let head = object(
        &["area"],
        json!({
            "area": exact(),
            "registered": flag(),
            "served": flag(),
            "ballots": list(MAX_BALLOTS, ballot),
        }),
    );
    let heads = || list(MAX_HEADS, head.clone());
    let run_off = object(&["heads"], json!({ "heads": heads(), "paper_void": flag() }));
    kind(
        "poll",
        &["heads"],
        json!({
            "heads": heads(),
            "paper_void": flag(),
            "run_offs": list(MAX_RUN_OFFS, run_off),
            "candidates": list(MAX_STANDING, name()),
            "seats": small(1),
            "texts": list(MAX_TEXTS, object(&["id", "class"], json!({ "id": name(), "class": whole(0, 9) }))),
            "policy": object(&[], json!({
                "pack": one_of(&["national", "worked-example"]),
                "nonresponse": one_of(&["NOT_PARTICIPATED", "ABSTAIN", "FOLLOW_MAJORITY"]),
                "nonresponse_excluded": list(9, class()),
                "invalid_as": one_of(&["EXCLUDED", "ABSTAIN"]),
                "blank_item": one_of(&["ABSTAIN", "NOT_PARTICIPATED"]),
                "duplicate_policy": one_of(&["FIRST_VALID", "ONLINE", "PAPER"]),
                "allow_revote": flag(),
                "rank_rule": one_of(&["HEADS_AREA", "AREA_HEADS", "RATIO_SUM"]),
                "max_selections": one_of(&["SEATS", "SEATS_AND_ALTERNATES"]),
                "alternates_ratio": ratio(),
                "alternates_rounding": one_of(&["FLOOR", "CEIL", "HALF_UP"]),
                "min_committee": small(1),
            })),
        }),
    )
}

fn kind(case: &str, required: &[&str], mut members: Value) -> Value {
    if let Some(members) = members.as_object_mut() {
        members.insert("case".into(), one_of(&[case]));
        let id =
            json!({ "type": "string", "maxLength": MAX_NAME, "description": "Comes back with the answer." });
        members.insert("id".into(), id);
        for label in ["note", "expect"] {
            members.insert(label.into(), json!({ "description": "Not read." }));
        }
    }
    object(&[required, &["case"]].concat(), members)
}

/// Closed: what is misspelt is refused.
fn object(required: &[&str], members: Value) -> Value {
    Value::from_iter([
        ("type", json!("object")),
        ("required", json!(required)),
        ("properties", members),
        ("additionalProperties", json!(false)),
    ])
}

fn list(most: usize, items: Value) -> Value {
    Value::from_iter([("type", json!("array")), ("items", items), ("maxItems", json!(most))])
}

fn one_of(names: &[&str]) -> Value {
    json!({ "type": "string", "enum": names })
}

fn name() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": MAX_NAME })
}

fn date() -> Value {
    let date = "^(19|2[0-9])[0-9]{2}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)\
                |02-(0[1-9]|[12][0-9]))$";
    json!({ "type": "string", "pattern": date, "maxLength": 10, "examples": ["2026-11-23"] })
}

fn whole(least: u64, most: u64) -> Value {
    json!({ "type": "integer", "minimum": least, "maximum": most })
}

fn exact() -> Value {
    whole(0, MAX_EXACT)
}

fn small(least: u64) -> Value {
    json!({ "type": "integer", "format": "int32", "minimum": least, "maximum": MAX_SMALL })
}

/// Heads and area.
fn weight() -> Value {
    object(&["heads", "area"], json!({ "heads": exact(), "area": exact() }))
}

/// Numerator and denominator.
fn ratio() -> Value {
    json!({ "type": "array", "prefixItems": [small(0), small(1)], "items": small(0), "minItems": 2, "maxItems": 2 })
}
