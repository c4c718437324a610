//! Writing the report of a recount, and checking one.

use rules::archive::{
    Archive,
    recount::{Report, root},
};
use serde::Serialize;

use super::{
    acts::verify,
    file::{Difference, File, read},
    seal::{SignedRecount, Signer, fingerprint},
};
use crate::http::problem::{Problem, Result};

/// The report of a recount, as the text of a file.
pub fn recounted(signer: &Signer, report: &Report) -> Result<String> {
    let content = serde_json::to_value(report).map_err(Problem::internal)?;
    let root = root(&content).map_err(Problem::internal)?;
    File::sealed(signer, content, &SignedRecount { poll: report.poll.clone(), root: root.clone() }, root)
}

/// What checking a report came to.
#[derive(Debug, Serialize)]
pub struct CheckedRecount {
    pub report: Report,
    pub root: String,
    /// The fingerprint of the key that stands in the file (RFC 7638).
    pub key: String,
    /// Whether that key was given from elsewhere too.
    pub is_known: bool,
    /// Whether an archive was there to hold it against.
    pub is_compared: bool,
    /// The first is what was found first.
    pub differences: Vec<Difference>,
}

/// Checks a report by itself; by the archive of its programme, which is checked too, and by a public key from elsewhere, if
/// there are any.
///
/// # Errors
/// Words, where one of the files is not what it should be, or there is no key.
pub fn verify_recount(
    text: &str,
    archive: Option<&str>,
    known: Option<&str>,
) -> std::result::Result<CheckedRecount, String> {
    let (file, report) = read::<Report>(text, "report of a recount")?;
    let root = root(&file.content).map_err(|error| error.to_string())?;
    let signed = SignedRecount { poll: report.poll.clone(), root: root.clone() };
    let mut faults = Vec::from_iter(report.check());
    let mut in_archive = Vec::new();
    if let Some(text) = archive {
        faults.extend(report.compare(&read::<Archive>(text, "archive")?.1));
        in_archive = verify(text, known)?.differences;
    }
    let mut differences: Vec<Difference> =
        faults.iter().map(|fault| Difference::of(fault.kind(), fault.to_string())).collect();
    differences.extend(file.unlike(text, known, (&root, &signed))?);
    differences.extend(in_archive);
    let key = fingerprint(&file.key)?;
    let (is_known, is_compared) = (known.is_some(), archive.is_some());
    Ok(CheckedRecount { report, root, key, is_known, is_compared, differences })
}
