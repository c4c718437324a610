//! Computing a closing again: from its file alone, or from the rows of the database and what the record says.

use rules::figures as law;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use super::{super::store, close};
use crate::{
    database::Conn,
    http::problem::{NOT_FOUND, Result},
    record,
};

/// What was found.
#[derive(Debug, Serialize)]
pub struct Verified {
    pub place: String,
    pub period: String,
    pub version: u32,
    pub formula: String,
    pub rows: usize,
    pub strikes: usize,
    pub hash: String,
    pub differences: Vec<String>,
}

/// Computes a closing again from what `GET …/closings/{period}` answered.
pub fn verify_file(text: &str) -> std::result::Result<Verified, String> {
    let file: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let closing = file.get("closing").cloned().ok_or("the file has no `closing`")?;
    let closing: law::Closing = serde_json::from_value(closing).map_err(|error| error.to_string())?;
    let said = file.get("hash").and_then(Value::as_str).ok_or("the file has no `hash`")?;
    again(&closing, said).map_err(|problem| problem.to_string())
}

fn again(closing: &law::Closing, said: &str) -> Result<Verified> {
    let hash = close::hash(closing)?;
    let mut differences = Vec::new();
    if hash != said {
        differences.push(format!("the hash is {hash}, not {said}"));
    }
    differences.extend(closing.verify().err().map(|differs| differs.to_string()));
    Ok(Verified {
        place: closing.place.clone(),
        period: closing.period.clone(),
        version: closing.version,
        formula: closing.formula.version.clone(),
        rows: closing.rows.len(),
        strikes: closing.strikes.len(),
        hash,
        differences,
    })
}

/// Computes a closing again, and compares it with the rows that are kept, with the version before it and with the record.
pub async fn verify(db: &impl Conn, id: Uuid) -> Result<Verified> {
    let kept = store::closing_by_id(db, id).await?.ok_or_else(|| NOT_FOUND.because("no such closing"))?;
    let closing = close::read(&kept)?;
    let mut found = again(&closing, &kept.hash)?;
    if close::rows(db, kept.complex_id, kept.month).await? != closing.rows {
        found.differences.push("its rows are not those that are kept of the month".into());
    }
    let before = match kept.version - 1 {
        0 => None,
        version => store::closing(db, kept.complex_id, kept.month, Some(version)).await?,
    };
    if before.map(|before| before.hash) != closing.previous {
        found.differences.push("it does not name the hash of the version before".into());
    }
    let told = record::told(db, kept.complex_id, kept.id).await?;
    let in_record = |told: &record::Told| told.facts.get("hash").and_then(Value::as_str) == Some(&*kept.hash);
    if !told.iter().any(in_record) {
        found.differences.push("the record does not tell its hash".into());
    }
    Ok(found)
}
