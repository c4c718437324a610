//! Asking the rules, without any database.

use std::path::Path;

use rules::cases;
use serde_json::{Value, json};

use super::Outcome;

/// Answers every case of a file, in its order; a case that cannot be answered says why, and the command fails.
pub fn eval(file: &Path) -> Outcome {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let cases: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let cases = match cases {
        Value::Array(cases) => cases,
        one => vec![one],
    };
    let answers: Vec<Value> = cases.iter().map(answer).collect();
    println!("{}", serde_json::to_string_pretty(&answers).map_err(|error| error.to_string())?);
    match answers.iter().filter(|answer| answer.get("error").is_some()).count() {
        0 => Ok(()),
        refused => Err(format!("{refused} of {} cases cannot be answered", answers.len())),
    }
}

fn answer(case: &Value) -> Value {
    let id = case.get("id").cloned().unwrap_or(Value::Null);
    match cases::evaluate(case) {
        Ok(answer) => json!({"id": id, "answer": answer}),
        Err(error) => {
            json!({"id": id, "error": {"pointer": error.pointer(), "code": error.code(), "detail": error.to_string()}})
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_answered_under_its_id_and_a_misspelt_one_says_where() {
        let case = json!({"id": "quorum", "case": "threshold", "total": 500, "ratio": [2, 3]});
        assert_eq!(answer(&case), json!({"id": "quorum", "answer": 334}));
        let wrong = answer(&json!({"id": "x", "case": "threshold", "total": 500, "ration": [2, 3]}));
        assert_eq!(wrong["error"]["pointer"], "/ration");
    }
}
