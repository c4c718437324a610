//! What of a poll is hashed, and how: the locked roll, the rules, what was put to the vote, each ballot.
//!
//! Every hash is SHA-256 over canonical bytes (`rules::canonical`) under a label of its own, in small hexadecimal letters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{
    ballot::{Answers, Texts},
    external::System,
    leaks::Publicity,
    matter::MatterClass,
    tree::Hash,
};
use crate::{
    canonical::{self, FrozenPoll, NotCanonical},
    packs::InForce,
    roll::HomeKind,
    words::Words,
};

/// SHA-256 in small hexadecimal letters.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// SHA-256 over any plain value under a label.
pub fn hash_of<T: Serialize + ?Sized>(label: &str, value: &T) -> Result<String, NotCanonical> {
    Ok(sha256(&canonical::bytes(label, value)?))
}

/// One head of a locked roll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub head: String,
    /// Of all its homes, in 0.01 m².
    pub area: u64,
    pub homes: u32,
}

/// One home of a locked roll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Home {
    pub head: String,
    pub home: String,
    /// 0.01 m².
    pub area: u64,
    /// Building, unit and room as in public lists.
    pub label: String,
    /// Nothing is said of dwellings and shops.
    #[serde(default, skip_serializing_if = "HomeKind::is_home")]
    pub kind: HomeKind,
}

/// One owner of a head: an id of the roll's, and no name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    pub head: String,
    pub owner: String,
}

/// SHA-256 over a locked roll: after `linli/locked-roll/1` and a line feed, each head, then each home, then each owner,
/// as canonical JSON lines. Whoever calls has each in the order of the ids: of the head, then of what it has.
pub fn roll<'a>(
    heads: impl IntoIterator<Item = &'a Head>,
    homes: impl IntoIterator<Item = &'a Home>,
    owners: impl IntoIterator<Item = &'a Owner>,
) -> Result<String, NotCanonical> {
    let mut hash = Sha256::new();
    hash.update("linli/locked-roll/1\n");
    for head in heads {
        line(&mut hash, head)?;
    }
    for home in homes {
        line(&mut hash, home)?;
    }
    for owner in owners {
        line(&mut hash, owner)?;
    }
    Ok(hex::encode(hash.finalize()))
}

fn line<T: Serialize>(hash: &mut Sha256, value: &T) -> Result<(), NotCanonical> {
    hash.update(canonical::bytes("line", value)?);
    hash.update("\n");
    Ok(())
}

/// SHA-256 over the heads that registered for a poll of opinion (`linli/registered/1`), in the order of their ids.
pub fn registered(heads: &[String]) -> Result<String, NotCanonical> {
    hash_of("linli/registered/1", heads)
}

/// SHA-256 over every rule as it holds (`linli/rules/1`).
pub fn rules(rules: &[InForce]) -> Result<String, NotCanonical> {
    hash_of("linli/rules/1", rules)
}

/// SHA-256 over everything that the lock froze (`linli/poll/1`).
pub fn frozen(frozen: &FrozenPoll<'_>) -> Result<String, NotCanonical> {
    Ok(sha256(&canonical::poll(frozen)?))
}

/// Seats of a committee that were filled before a vote, and by which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filled<'a> {
    /// The vote of which it is the run-off.
    pub runoff_of: Option<&'a str>,
    /// The election whose committee it completes.
    pub committee_of: Option<&'a str>,
    pub seats: u32,
}

/// What is put to the vote, hash by id: the poll itself, each text, each candidate; and what voters are told of silence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content(pub BTreeMap<String, String>);

impl Content {
    /// The poll itself (`linli/poll-head/1`). From `seed` each viewer's order of candidates follows. A run-off or
    /// by-election says which seats were filled before it, a poll of which that was chosen how far its votes are told, and
    /// one that is put to some parts of its place alone to which; others are hashed as they were before there was any of
    /// this.
    pub fn poll(
        &mut self,
        id: &str,
        (kind, title): (&str, &str),
        (place, among): (&str, &[String]),
        seed: &str,
        publicity: Option<Publicity>,
        filled: Option<Filled<'_>>,
    ) -> Result<(), NotCanonical> {
        let mut head = json!({"kind": kind, "title": title, "place": place, "seed": seed});
        tell(&mut head, publicity);
        if let Some(head) = head.as_object_mut().filter(|_| !among.is_empty()) {
            head.insert("among".to_owned(), json!(among));
        }
        if let (Some(filled), Some(head)) = (filled, head.as_object_mut()) {
            let of = [("runoff_of", filled.runoff_of), ("committee_of", filled.committee_of)];
            head.extend(of.into_iter().filter_map(|(name, of)| Some((name.to_owned(), json!(of?)))));
            head.insert("seats_filled".to_owned(), json!(filled.seats));
        }
        self.0.insert(id.to_owned(), hash_of("linli/poll-head/1", &head)?);
        Ok(())
    }

    /// What every voter is told of silence (`linli/warning/1`); most polls tell nothing.
    pub fn warning(&mut self, warning: Option<&Words>) -> Result<(), NotCanonical> {
        if let Some(warning) = warning {
            self.0.insert("warning".to_owned(), hash_of("linli/warning/1", warning)?);
        }
        Ok(())
    }

    /// The city's system in which the votes are cast (`linli/external-system/1`); of most polls they are cast here.
    pub fn external(&mut self, system: Option<&System>) -> Result<(), NotCanonical> {
        if let Some(system) = system {
            self.0.insert("external".to_owned(), hash_of("linli/external-system/1", system)?);
        }
        Ok(())
    }

    /// A text (`linli/matter/1`), and how far its votes are told, where that was chosen for its poll.
    pub fn matter(
        &mut self,
        id: &str,
        class: MatterClass,
        title: &str,
        body: &str,
        publicity: Option<Publicity>,
    ) -> Result<(), NotCanonical> {
        let mut text = json!({"class": class, "title": title, "body": body});
        tell(&mut text, publicity);
        self.0.insert(id.to_owned(), hash_of("linli/matter/1", &text)?);
        Ok(())
    }

    /// A candidate (`linli/candidate/1`): which owner stands, the full name, and the campaign page as it was frozen.
    pub fn candidate(&mut self, id: &str, stands: &Value) -> Result<(), NotCanonical> {
        self.0.insert(id.to_owned(), hash_of("linli/candidate/1", stands)?);
        Ok(())
    }
}

fn tell(content: &mut Value, publicity: Option<Publicity>) {
    if let (Some(publicity), Some(content)) = (publicity, content.as_object_mut()) {
        content.insert("publicity".to_owned(), json!(publicity));
    }
}

/// SHA-256 over a text as it is read: its title, a line feed, and its body.
pub fn text(title: &str, body: &str) -> String {
    sha256(format!("{title}\n{body}").as_bytes())
}

/// SHA-256 over a receipt's salt and the canonical ballot, with the hash of each text that it answers.
pub fn commitment(salt: &[u8], poll: &str, answers: &Answers, texts: &Texts) -> Result<Hash, NotCanonical> {
    let content = canonical::ballot(poll, answers, texts)?;
    Ok(Sha256::new().chain_update(salt).chain_update(content).finalize().into())
}
