//! Writing an archive, and checking one.

use chrono::NaiveDate;
use jsonwebtoken::jwk::Jwk;
use rules::{
    archive::{
        self as law, Archive, Ballots, VERSION,
        format::{ExternalResult, Record},
        poll::put_up,
        record as lines,
    },
    calendar::day_of,
    canonical,
    polls::external::Evidence,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::seal::{self, Signed, Signer};
use crate::{
    calendar::acts as calendar,
    database::Conn,
    http::problem::{Problem, Result, UNAVAILABLE},
    pii::Vault,
    polls::acts as polls,
    programmes::acts as programmes,
    record,
};

/// An archive as it lies in a file. Written in the order of the members' names, so that the signature stands last.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    content: Value,
    /// The public key, as a JSON Web Key.
    key: Jwk,
    /// The hash of the content.
    root: String,
    /// A compact JWS over the programme's id and the root.
    signature: String,
}

impl File {
    /// The only way in which its bytes are written.
    fn written(&self) -> Result<String> {
        let bytes = canonical::bytes(LABEL, self).map_err(Problem::internal)?;
        let text = String::from_utf8(bytes).map_err(Problem::internal)?;
        Ok(format!("{}\n", text.trim_start_matches(LABEL).trim_start()))
    }
}

/// Of the canonical form of a file, and not in it.
const LABEL: &str = "linli/archive-file/1";

/// The archive of a programme that is over, as the text of a file.
///
/// `db` is one snapshot.
pub async fn export(
    vault: &Vault,
    signer: &Signer,
    db: &impl Conn,
    programme: Uuid,
    ballots: Ballots,
) -> Result<String> {
    let archive = archived(vault, db, programme, ballots).await?;
    let content = serde_json::to_value(&archive).map_err(Problem::internal)?;
    let root = law::root(&content).map_err(Problem::internal)?;
    let signature = signer.sign(&Signed { programme: archive.programme.id, root: root.clone() })?;
    File { content, key: signer.public().clone(), root, signature }.written()
}

async fn archived(vault: &Vault, db: &impl Conn, id: Uuid, ballots: Ballots) -> Result<Archive> {
    let programme = programmes::archived(db, id).await?;
    let uuid = |text: &String| text.parse::<Uuid>().map_err(Problem::internal);
    let complex = uuid(&programme.complex)?;
    let mut bound: Vec<Uuid> = programme.polls.values().map(uuid).collect::<Result<_>>()?;
    bound.sort_unstable();
    let children: Vec<Uuid> = programme.children.values().map(uuid).collect::<Result<_>>()?;
    let mut archived = Vec::new();
    for poll in &bound {
        archived.push(polls::archived(vault, db, *poll, ballots).await?);
    }
    put_up(&mut archived).map_err(Problem::internal)?;
    let subjects: Vec<Uuid> = bound.into_iter().chain([id]).collect();
    let kinds = lines::kinds(ballots);
    let of: [(&[Uuid], &[&str]); 2] = [(&subjects, &kinds), (&children, lines::kinds_of_children())];
    let told = record::archived(db, complex, &of).await?;
    let told =
        told.ok_or_else(|| UNAVAILABLE.because("the record is being written: try again in a moment"))?;
    let places: Vec<i64> = told.iter().map(|line| line.seq).collect();
    let over = told.last().map_or(Ok(NaiveDate::MIN), |last| day_of(last.at)).map_err(Problem::internal)?;
    let mut years = calendar::editions(db).await?;
    years.retain(|edition| edition.known_from <= over);
    let record = Record { left_out: lines::left_out(&places), lines: told };
    Ok(Archive { version: VERSION, ballots, programme, polls: archived, calendar: years, record })
}

/// What checking a file came to.
#[derive(Debug, Serialize)]
pub struct Checked {
    pub programme: String,
    pub title: String,
    pub end: Option<rules::programmes::End>,
    pub ballots: Ballots,
    pub root: String,
    /// The fingerprint of the key that stands in the file (RFC 7638).
    pub key: String,
    /// Whether that key was given from elsewhere too.
    pub is_known: bool,
    pub checked: Vec<String>,
    pub unchecked: Vec<String>,
    /// The first is what was found first.
    pub differences: Vec<Difference>,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The name of its kind.
    pub fault: String,
    pub words: String,
}

impl Difference {
    fn of(fault: &str, words: impl Into<String>) -> Self {
        Self { fault: fault.to_owned(), words: words.into() }
    }
}

/// Checks a file by itself, and by a public key from elsewhere if there is one.
///
/// # Errors
/// Words, where it is no archive that could be checked, or no key.
pub fn verify(text: &str, known: Option<&str>) -> std::result::Result<Checked, String> {
    let file: File = serde_json::from_str(text).map_err(|error| format!("it is no archive: {error}"))?;
    let archive = serde_path_to_error::deserialize::<_, Archive>(&file.content)
        .map_err(|error| format!("it is no archive: content.{}: {}", error.path(), error.inner()))?;
    let found = law::verify(&archive);
    let mut differences: Vec<Difference> =
        found.faults.iter().map(|fault| Difference::of(&fault.kind(), fault.to_string())).collect();
    let root = law::root(&file.content).map_err(|error| error.to_string())?;
    if root != file.root {
        differences.push(Difference::of(
            "ROOT",
            format!("the hash over everything is {root}, the file tells {}", file.root),
        ));
    }
    let signed = Signed { programme: archive.programme.id.clone(), root: root.clone() };
    match seal::opened::<Signed>(&file.signature, &file.key) {
        None => differences.push(Difference::of(
            "SIGNATURE",
            "the signature is not made with the key that stands in the file",
        )),
        Some(other) if other != signed => differences.push(Difference::of(
            "SIGNED_ANOTHER",
            format!("the signature is that of another archive, with the hash {}", other.root),
        )),
        Some(_) => {}
    }
    let mut checked = found.checked;
    let mut unchecked = found.unchecked;
    for poll in &archive.polls {
        let Some((external, result)) =
            poll.external.as_ref().and_then(|one| Some((one, one.result.as_ref()?)))
        else {
            continue;
        };
        match unsigned(result) {
            Some(difference) => differences.push(difference),
            None => checked.push(format!("{}: its evidence, by the key {}", poll.title, result.key_id)),
        }
        let name = &external.system.name;
        unchecked.push(format!("{}: that this key is that of {name}: the city makes it known", poll.title));
    }
    let key = seal::fingerprint(&file.key)?;
    if let Some(known) = known {
        let known = seal::fingerprint(&seal::read_public(known)?)?;
        if known != key {
            differences.push(Difference::of(
                "OTHER_KEY",
                format!("it is signed with the key {key}, and not with {known}"),
            ));
        }
    }
    if file.written().map_err(|problem| problem.to_string())? != text {
        differences.push(Difference::of(
            "BYTES",
            "the bytes are not those in which the same content is written: something is there twice, or besides",
        ));
    }
    Ok(Checked {
        programme: found.programme,
        title: found.title,
        end: found.end,
        ballots: archive.ballots,
        root,
        key,
        is_known: known.is_some(),
        checked,
        unchecked,
        differences,
    })
}

/// What differs between what a city's system signed and what is told of it.
fn unsigned(result: &ExternalResult) -> Option<Difference> {
    let key: Option<Jwk> = serde_json::from_value(result.key.clone()).ok();
    let Some(key) = key.filter(|key| seal::fingerprint(key).as_ref() == Ok(&result.key_id)) else {
        return Some(Difference::of("EVIDENCE_KEY", "the key of the evidence is another than is told"));
    };
    match seal::opened::<Evidence>(&result.signed, &key) {
        None => Some(Difference::of(
            "EVIDENCE_SIGNATURE",
            format!("the key {} did not sign the evidence", result.key_id),
        )),
        Some(signed) if signed != result.evidence => {
            Some(Difference::of("EVIDENCE_ALTERED", "the evidence is another than what was signed"))
        }
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests;
