//! Recomputing what was published.

use std::path::Path;

use rules::polls::rows::{Of, Rows};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Outcome, Print, serve::connected};
use crate::{
    archive::{self, Checked, CheckedRecount},
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
    let key = key.map(read).transpose()?;
    let found = archive::verify(&read(file)?, key.as_deref());
    let found = found.map_err(|error| format!("{}: {error}", file.display()))?;
    print.say(&found, archive_words)?;
    failing(file, &found.differences)
}

fn archive_words(found: &Checked) -> String {
    let end = found.end.map_or("not over", rules::programmes::End::code);
    let mut lines = vec![
        format!("{} ({}), {end}", found.title, found.programme),
        format!("root    {}", found.root),
        key_line(&found.key, found.is_known),
    ];
    lines.extend(found.checked.iter().map(|what| format!("checked      {what}")));
    lines.extend(found.unchecked.iter().map(|what| format!("NOT CHECKED  {what}")));
    lines.extend(differing(&found.differences));
    lines.join("\n") + "\n"
}

/// Checks the report of a recount from its file alone, and against the archive of its programme, and fails if anything
/// differs.
pub fn recount_report(file: &Path, archive: Option<&Path>, key: Option<&Path>, print: Print) -> Outcome {
    let [archive, key] = [archive, key].map(|file| file.map(read).transpose());
    let found = archive::verify_recount(&read(file)?, archive?.as_deref(), key?.as_deref());
    let found = found.map_err(|error| format!("{}: {error}", file.display()))?;
    print.say(&found, recount_words)?;
    failing(file, &found.differences)
}

fn read(file: &Path) -> std::result::Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

/// Fails with what was found first.
fn failing(file: &Path, differences: &[archive::Difference]) -> Outcome {
    match differences {
        [] => Ok(()),
        [first, ..] => {
            let (file, all) = (file.display(), differences.len());
            Err(format!("{file}: {all} differences, the first: {}", first.words))
        }
    }
}

fn recount_words(found: &CheckedRecount) -> String {
    let CheckedRecount { report, root, is_compared, .. } = found;
    let said = match report.differences.as_slice() {
        [] => "the recount agrees with the result in force".into(),
        [first, ..] => format!("the recount found another result than is in force: {first}"),
    };
    let mut lines = vec![
        format!("{} ({}), {} ballots", report.title, report.poll, report.result.ballots),
        format!("recounted    {}, by version {}", rules::words::local(report.at), report.by),
        format!("root    {root}"),
        key_line(&found.key, found.is_known),
        said,
    ];
    lines.extend((!is_compared).then(|| "NOT CHECKED  its hashes and figures: give --archive".into()));
    lines.extend(differing(&found.differences));
    lines.join("\n") + "\n"
}

fn key_line(key: &str, is_known: bool) -> String {
    let known =
        if is_known { "" } else { "; compare it with what the installation publishes, or give --key" };
    format!("key     {key}{known}")
}

/// That nothing differs, or what does.
fn differing(differences: &[archive::Difference]) -> Vec<String> {
    if differences.is_empty() {
        return vec!["all as it was said".into()];
    }
    differences.iter().map(|one| format!("DIFFERS  {}: {}", one.fault, one.words)).collect()
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
