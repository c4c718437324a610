//! Looking at policies before anybody is held to them: what is wrong with them, without any database, and what would have
//! come of them.

use std::path::Path;

use rules::{
    figures::{Period, Share},
    incidents::policy::{Scoped, check::check, nation},
};
use serde_json::json;
use uuid::Uuid;

use super::{Outcome, Print, serve::connected};
use crate::{
    config::Config,
    figures::{Supposition, what_if as supposing},
};

/// Says what is wrong with a list of layers that a place would say over the nation's, or with the nation's own; each
/// finding with where it stands in the file.
pub fn check_file(file: Option<&Path>, print: Print) -> Outcome {
    let findings = match file {
        None => check(&[], nation()),
        Some(file) => check(&[nation()], &read(file)?),
    };
    print.find(
        &findings,
        |one| json!({ "pointer": one.pointer, "fault": one.fault, "words": one.words }),
        |one| format!("{} at {}: {}\n", one.fault, one.pointer, one.words),
    )
}

/// Says what the rates of a complex's month came to, and what they would have come to under the layers of a file; refuses
/// layers that [`check_file`] finds something wrong with.
pub fn what_if(config: &Config, file: &Path, (place, month): (Uuid, &str), print: Print) -> Outcome {
    let period = Period::parse(month).ok_or_else(|| format!("{month} is no month such as 2026-10"))?;
    let layers = read(file)?;
    if let Some(wrong) = check(&[nation()], &layers).first() {
        return Err(format!("{}: {} at {}: {}", file.display(), wrong.fault, wrong.pointer, wrong.words));
    }
    let found = connected(config, async |db| {
        let what_if = async { supposing(&db.snapshot().await?, place, period, &layers).await };
        what_if.await.map_err(|problem| problem.to_string())
    })?;
    print.say(&found, side_by_side)
}

/// A line for each figure, with what it was and what it would have been.
fn side_by_side(found: &Supposition) -> String {
    let state = if found.closed { "closed" } else { "open" };
    let mut lines = vec![
        format!("{} in {} ({state}), by {}", found.place, found.period, found.formula),
        format!("{} of {} that a budget decided come out otherwise", found.otherwise, found.decided),
        format!("{:<24} {:<10} {:<12} {:>12} {:>12}", "category", "level", "figure", "was", "would be"),
    ];
    lines.extend(found.lines.iter().map(|line| {
        let (category, level) = (line.category.as_deref().unwrap_or("all"), line.level.unwrap_or("all"));
        let share = |share: Share| format!("{}/{}", share.above, share.below);
        format!(
            "{category:<24} {level:<10} {:<12} {:>12} {:>12}",
            line.figure,
            share(line.before),
            share(line.after)
        )
    }));
    lines.join("\n") + "\n"
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
