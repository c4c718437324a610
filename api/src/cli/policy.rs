//! Looking at policies before anybody is held to them, without any database.

use std::path::Path;

use rules::incidents::policy::{Scoped, check::check, nation};
use serde_json::{Value, json};

use super::{Outcome, Print};

/// Says what is wrong with a list of layers that a place would say over the nation's, or with the nation's own; each
/// finding with where it stands in the file.
pub fn check_file(file: Option<&Path>, print: Print) -> Outcome {
    let findings = match file {
        None => check(&[], nation()),
        Some(file) => check(&[nation()], &read(file)?),
    };
    let written = |finding: &rules::incidents::policy::Finding| json!({ "pointer": finding.pointer, "fault": finding.fault, "words": finding.words });
    let found: Vec<Value> = findings.iter().map(written).collect();
    print.say(&found, |_| {
        let line = |finding: &rules::incidents::policy::Finding| {
            format!("{} at {}: {}\n", finding.fault, finding.pointer, finding.words)
        };
        findings.iter().map(line).collect()
    })?;
    match findings.len() {
        0 => Ok(()),
        wrong => Err(format!("{wrong} findings")),
    }
}

/// A misspelt file says line and column.
fn read(file: &Path) -> Result<Vec<Scoped>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(name: &str, text: &str) -> Outcome {
        let file = std::env::temp_dir().join(format!("linli-policy-{}-{name}", std::process::id()));
        std::fs::write(&file, text).unwrap();
        let outcome = check_file(Some(&file), Print::Json);
        std::fs::remove_file(&file).unwrap();
        outcome
    }

    #[test]
    fn the_nations_policies_are_as_they_should_be_and_a_wrong_file_is_not() {
        assert_eq!(check_file(None, Print::Words), Ok(()));
        assert_eq!(checked("good", r#"[{"scope": "*", "says": {"every": {"warn_at": [60, 90]}}}]"#), Ok(()));
        let wrong = r#"[{"scope": "*", "says": {"every": {"warn_at": [90, 60]}}}]"#;
        assert_eq!(checked("wrong", wrong), Err("1 findings".into()));
        let misspelt = checked("misspelt", "[{\"scope\": \"*\",\n \"say\": {}}]").unwrap_err();
        assert!(misspelt.contains("line 2"), "{misspelt}");
    }
}
