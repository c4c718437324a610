//! Bytes that say a thing in exactly one way, so that whoever hashes them gets the same hash. Nothing is hashed here.
//!
//! The form, for anybody who wants to recompute it in another language:
//!
//! 1. the label of what follows and its version, then a line feed: `linli/ballot/1\n`;
//! 2. JSON in UTF-8 without white space, members of objects sorted by the bytes of their names, whole numbers only, in
//!    strings only `"`, `\` and the control characters below U+0020 escaped (`\b \t \n \f \r`, else `\u00xx` in small letters).
//!
//! The second part is what Python writes with `json.dumps(x, sort_keys=True, separators=(",", ":"), ensure_ascii=False)`.

use serde::Serialize;
use serde_json::Value;

use crate::polls::ballot::{Answers, BallotForm, Texts};
use crate::polls::parameters::PollRules;
use crate::polls::phase::Window;
use crate::quantity::Weight;
use crate::roll::Roll;

/// Why a value has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCanonical {
    #[error("a number is not whole")]
    Fraction,
    #[error("the value is no JSON: {0}")]
    NotJson(String),
}

/// What a poll froze when it locked. Whatever is not in here cannot change the result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FrozenPoll<'a> {
    pub poll: &'a str,
    pub rules: &'a PollRules,
    pub form: &'a BallotForm,
    pub window: Window,
    pub seats: u32,
    pub roll: Weight,
    /// Hash of the locked roll, as the caller writes hashes.
    pub roll_hash: &'a str,
    /// Hash of each candidate's page and each text, by id.
    pub content: &'a std::collections::BTreeMap<String, String>,
}

/// A ballot's answers, for its receipt: `linli/ballot/2`, with the hash of each text as it read when it was answered. The
/// order in which names were chosen does not show. Where no text is known, as in ballots from before they were kept in
/// there, it is `linli/ballot/1`.
pub fn ballot(poll: &str, answers: &Answers, texts: &Texts) -> Result<Vec<u8>, NotCanonical> {
    let mut choices = answers.choices.clone();
    choices.sort();
    choices.dedup();
    let mut ballot = serde_json::json!({"poll": poll, "choices": choices, "answers": answers.answers});
    // A ballot that is signed, as all online are, is hashed as it was before there was paper.
    if let Some(ballot) = ballot.as_object_mut().filter(|_| answers.unsigned) {
        ballot.insert("unsigned".to_owned(), Value::Bool(true));
    }
    match ballot.as_object_mut().filter(|_| !texts.is_empty()) {
        Some(with_texts) => {
            with_texts.insert("texts".to_owned(), serde_json::json!(texts));
            bytes("linli/ballot/2", &ballot)
        }
        None => bytes("linli/ballot/1", &ballot),
    }
}

/// What a poll froze: `linli/poll/1`.
pub fn poll(frozen: &FrozenPoll<'_>) -> Result<Vec<u8>, NotCanonical> {
    bytes("linli/poll/1", frozen)
}

/// A locked roll: `linli/roll/1`. Keys are as private as the ids that the caller put in.
pub fn roll(roll: &Roll) -> Result<Vec<u8>, NotCanonical> {
    bytes("linli/roll/1", roll)
}

/// Any plain value under a label of the caller's.
pub fn bytes<T: Serialize + ?Sized>(label: &str, value: &T) -> Result<Vec<u8>, NotCanonical> {
    let value = serde_json::to_value(value).map_err(|error| NotCanonical::NotJson(error.to_string()))?;
    let mut text = format!("{label}\n");
    write(&value, &mut text)?;
    Ok(text.into_bytes())
}

// As deep as the value; ours are a few levels, and serde_json reads none deeper than 128.
fn write(value: &Value, out: &mut String) -> Result<(), NotCanonical> {
    match value {
        Value::Number(number) if !number.is_i64() && !number.is_u64() => return Err(NotCanonical::Fraction),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            out.push_str(&value.to_string());
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write(item, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => {
            // Sorted here: whether serde_json keeps the order of members depends on the features of the whole build.
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            out.push('{');
            for (at, (name, member)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write(member, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::polls::ballot::Answer;

    #[test]
    fn a_ballot_is_written_in_exactly_one_way() {
        let answers = Answers {
            choices: vec!["c2".to_owned(), "c1".to_owned()],
            answers: [("规约".to_owned(), Answer::Yes), ("a\"b".to_owned(), Answer::Abstain)].into(),
            unsigned: false,
        };
        let expected = "linli/ballot/1\n{\"answers\":{\"a\\\"b\":\"ABSTAIN\",\"规约\":\"YES\"},\"choices\":[\"c1\",\"c2\"],\"poll\":\"p\"}";
        assert_eq!(String::from_utf8(ballot("p", &answers, &Texts::new()).unwrap()).unwrap(), expected);

        let again = Answers { choices: vec!["c1".to_owned(), "c2".to_owned(), "c1".to_owned()], ..answers };
        assert_eq!(ballot("p", &again, &Texts::new()).unwrap(), expected.as_bytes());

        let texts = Texts::from([("规约".to_owned(), "ab".to_owned())]);
        let with_texts = String::from_utf8(ballot("p", &again, &texts).unwrap()).unwrap();
        let texts =
            expected.replace("ballot/1", "ballot/2").replace("\"p\"}", "\"p\",\"texts\":{\"规约\":\"ab\"}}");
        assert_eq!(with_texts, texts);

        let unsigned = ballot("p", &Answers { unsigned: true, ..again }, &Texts::new()).unwrap();
        let expected = expected.replace("\"p\"}", "\"p\",\"unsigned\":true}");
        assert_eq!(String::from_utf8(unsigned).unwrap(), expected);
    }

    #[test]
    fn control_characters_are_escaped_as_documented() {
        let written = bytes("x", "\u{8}\t\n\u{c}\r\u{1}\u{1f}\u{7f}/\\").unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), "x\n\"\\b\\t\\n\\f\\r\\u0001\\u001f\u{7f}/\\\\\"");
    }

    #[test]
    fn a_fraction_has_no_canonical_form() {
        assert_eq!(bytes("x", &json!({"share": 0.67})), Err(NotCanonical::Fraction));
    }

    #[test]
    fn a_change_of_any_rule_changes_the_bytes() {
        let form = BallotForm { candidates: vec!["c".to_owned()], max_selections: 1, texts: Vec::new() };
        let window = Window {
            opens_at: chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            closes_at: chrono::DateTime::from_timestamp(1_801_000_000, 0).unwrap(),
        };
        let content = std::collections::BTreeMap::new();
        let written = |rules: &PollRules| {
            poll(&FrozenPoll {
                poll: "p",
                rules,
                form: &form,
                window,
                seats: 5,
                roll: Weight::new(3, 300),
                roll_hash: "00",
                content: &content,
            })
            .unwrap()
        };
        let national = PollRules::national();
        let shorter = PollRules { notice_days: 7, ..PollRules::national() };
        assert_ne!(written(&national), written(&shorter));
        assert_eq!(written(&national), written(&PollRules::national()));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(
            text in any::<String>(),
            number in any::<i64>(),
            names in prop::collection::btree_set(any::<String>(), 0..5),
        ) {
            let object: Value = names.iter().rev().map(|name| (name.clone(), json!([text, number]))).collect();
            let written = String::from_utf8(bytes("l", &object).unwrap()).unwrap();
            let json = written.strip_prefix("l\n").unwrap();
            prop_assert_eq!(serde_json::from_str::<Value>(json).unwrap(), object);
        }
    }
}
