//! Recomputing what was published.

use std::path::Path;

use rules::polls::rows::{Of, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Outcome, Print, serve::connected};
use crate::{
    archive::{self, Checked},
    clock::Ids,
    config::Config,
    database::Conn,
    figures::{self, Verified},
    http::problem::Result,
    polls::acts::{Recount, recount},
    record,
    start::vault,
};

/// Counts a poll again from its ballots, and fails if anything differs from what was said.
pub fn poll(config: &Config, id: Uuid, print: Print) -> Outcome {
    let vault = vault(config, Ids);
    let found = connected(config, async |db| {
        let recount = async { recount(&vault, &db.snapshot().await?, id).await };
        recount.await.map_err(|problem| problem.to_string())
    })?;
    print.say(&found, words)?;
    match found.differences.len() {
        0 => Ok(()),
        differing => Err(format!("poll {id}: {differing} differences")),
    }
}

/// A complex's record, line by line.
#[derive(Debug, Serialize)]
struct Log {
    complex_id: Uuid,
    /// How many lines it has; nothing if one of them is not what was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<String>,
}

#[derive(Debug, Serialize)]
struct Logs {
    records: Vec<Log>,
}

/// Checks the record of one complex, or of all, line by line; fails if any is not what was written.
pub fn record(config: &Config, complex: Option<Uuid>, print: Print) -> Outcome {
    let found = connected(config, async |db| {
        let verify = async { logs(&db.snapshot().await?, complex).await };
        verify.await.map_err(|problem| problem.to_string())
    })?;
    print.say(&found, |found| found.records.iter().map(line).collect())?;
    match found.records.iter().filter(|log| log.difference.is_some()).count() {
        0 => Ok(()),
        broken => Err(format!("{broken} of {} records differ", found.records.len())),
    }
}

async fn logs(db: &impl Conn, complex: Option<Uuid>) -> Result<Logs> {
    let complexes = match complex {
        Some(one) => vec![one],
        None => record::complexes(db).await?,
    };
    let mut records = Vec::new();
    for complex_id in complexes {
        let found = record::verify(db, complex_id).await?;
        let (lines, difference) = (found.as_ref().ok().copied(), found.err());
        records.push(Log { complex_id, lines, difference });
    }
    Ok(Logs { records })
}

fn line(log: &Log) -> String {
    match &log.difference {
        None => {
            format!("{}  {} lines, all as they were written\n", log.complex_id, log.lines.unwrap_or_default())
        }
        Some(difference) => format!("{}  DIFFERS  {difference}\n", log.complex_id),
    }
}

/// Computes a closed month again, and fails if anything differs: a file needs no database, an id is compared also with
/// what is kept.
pub fn figures(
    config: impl Fn() -> std::result::Result<Config, String>,
    closing: &str,
    print: Print,
) -> Outcome {
    let found = if let Ok(id) = Uuid::parse_str(closing) {
        connected(&config()?, async |db| {
            let verify = async { figures::verify(&db.snapshot().await?, id).await };
            verify.await.map_err(|problem| problem.to_string())
        })?
    } else {
        let text = std::fs::read_to_string(closing).map_err(|error| format!("{closing}: {error}"))?;
        figures::verify_file(&text)?
    };
    print.say(&found, closing_words)?;
    match found.differences.len() {
        0 => Ok(()),
        differing => Err(format!("closing {closing}: {differing} differences")),
    }
}

fn closing_words(found: &Verified) -> String {
    let mut lines = vec![
        format!("{} in {}, version {}, by {}", found.place, found.period, found.version, found.formula),
        format!("rows    {}, {} of them struck on appeal", found.rows, found.strikes),
        format!("hash    {}", found.hash),
    ];
    if found.differences.is_empty() {
        lines.push("all as it was said".into());
    } else {
        lines.extend(found.differences.iter().map(|difference| format!("DIFFERS  {difference}")));
    }
    lines.join("\n") + "\n"
}

/// Makes out an archive anew from its file alone, and fails if anything differs.
pub fn archive(file: &Path, key: Option<&Path>, print: Print) -> Outcome {
    let read =
        |file: &Path| std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()));
    let key = key.map(read).transpose()?;
    let found = archive::verify(&read(file)?, key.as_deref());
    let found = found.map_err(|error| format!("{}: {error}", file.display()))?;
    print.say(&found, archive_words)?;
    match found.differences.as_slice() {
        [] => Ok(()),
        [first, ..] => Err(format!(
            "{}: {} differences, the first: {}",
            file.display(),
            found.differences.len(),
            first.words
        )),
    }
}

fn archive_words(found: &Checked) -> String {
    let end = found.end.map_or("not over", rules::programmes::End::code);
    let known =
        if found.is_known { "" } else { "; compare it with what the installation publishes, or give --key" };
    let mut lines = vec![
        format!("{} ({}), {end}", found.title, found.programme),
        format!("root    {}", found.root),
        format!("key     {}{known}", found.key),
    ];
    lines.extend(found.checked.iter().map(|what| format!("checked      {what}")));
    lines.extend(found.unchecked.iter().map(|what| format!("NOT CHECKED  {what}")));
    if found.differences.is_empty() {
        lines.push("all as it was said".into());
    } else {
        let line = |one: &archive::Difference| format!("DIFFERS  {}: {}", one.fault, one.words);
        lines.extend(found.differences.iter().map(line));
    }
    lines.join("\n") + "\n"
}

/// A list as the API answers it; what is left out is not covered by its root.
#[derive(Debug, Deserialize)]
struct List {
    #[serde(flatten)]
    of: Of,
    sealed: Option<Rows>,
}

/// What a list came to.
#[derive(Debug, Serialize)]
struct Listed {
    poll_id: String,
    list: String,
    root: String,
    rows: usize,
    /// Of those, the rows whose cells are there in full.
    open: usize,
    differences: Vec<String>,
}

/// Makes out the rows of a list anew from its file alone, and fails if anything differs.
pub fn list(file: &Path, root: Option<&str>, print: Print) -> Outcome {
    let named = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| named(&error))?;
    let List { of, sealed } = serde_json::from_str(&text).map_err(|error| named(&error))?;
    let rows = sealed.ok_or_else(|| named(&"it was read without a variant, and has no commitments"))?;
    let mut differences: Vec<String> = rows.check(&of).iter().map(ToString::to_string).collect();
    if let Some(root) = root.filter(|root| !root.eq_ignore_ascii_case(&rows.root)) {
        differences.push(format!("its root is {}, and should be {root}", rows.root));
    }
    let open = rows.open();
    let found =
        Listed { poll_id: of.poll, list: of.list, root: rows.root, rows: rows.rows.len(), open, differences };
    print.say(&found, list_words)?;
    match found.differences.len() {
        0 => Ok(()),
        differing => Err(named(&format!("{differing} differences"))),
    }
}

fn list_words(found: &Listed) -> String {
    let mut lines = vec![
        format!("{} of poll {}", found.list, found.poll_id),
        format!("rows    {}, {} of them open and as their commitments say", found.rows, found.open),
        format!("root    {}", found.root),
    ];
    if found.differences.is_empty() {
        lines.push("all as it was said".into());
    } else {
        lines.extend(found.differences.iter().map(|difference| format!("DIFFERS  {difference}")));
    }
    lines.join("\n") + "\n"
}

fn words(found: &Recount) -> String {
    let hash = |hash: &Option<String>| hash.clone().unwrap_or_else(|| "not yet".into());
    let mut lines = vec![
        format!("{} ({}), {}", found.title, found.poll_id, found.state),
        format!("roll      {} heads, {} m²", found.heads, rules::quantity::Area(found.area)),
        format!("ballots   {}, every commitment checked", found.ballots),
        format!("roll_hash    {}", hash(&found.roll_hash)),
        format!("frozen_hash  {}", hash(&found.frozen_hash)),
        format!("ballots_hash {}", hash(&found.ballots_hash)),
        format!("record    {} lines, each checked against the one before", found.record_lines),
    ];
    if found.differences.is_empty() {
        lines.push("all as it was said".into());
    } else {
        lines.extend(found.differences.iter().map(|difference| format!("DIFFERS  {difference}")));
    }
    lines.join("\n") + "\n"
}
