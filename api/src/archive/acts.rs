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
    polls::external::Evidence,
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    file::{Difference, File, read},
    seal::{self, Signed, Signer},
};
use crate::{
    calendar::acts as calendar,
    database::Conn,
    http::problem::{Problem, Result, UNAVAILABLE},
    pii::Vault,
    polls::acts as polls,
    programmes::acts as programmes,
    record,
};

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
    File::sealed(signer, content, &Signed { programme: archive.programme.id, root: root.clone() }, root)
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

/// Checks a file by itself, and by a public key from elsewhere if there is one.
///
/// # Errors
/// Words, where it is no archive that could be checked, or no key.
pub fn verify(text: &str, known: Option<&str>) -> std::result::Result<Checked, String> {
    let (file, archive) = read::<Archive>(text, "archive")?;
    let found = law::verify(&archive);
    let mut differences: Vec<Difference> =
        found.faults.iter().map(|fault| Difference::of(&fault.kind(), fault.to_string())).collect();
    let root = law::root(&file.content).map_err(|error| error.to_string())?;
    let signed = Signed { programme: archive.programme.id.clone(), root: root.clone() };
    differences.extend(file.unlike(text, known, (&root, &signed))?);
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
    Ok(Checked {
        programme: found.programme,
        title: found.title,
        end: found.end,
        ballots: archive.ballots,
        root,
        key: seal::fingerprint(&file.key)?,
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
