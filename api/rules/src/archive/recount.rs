//! The report of a recount: what a poll comes to when it is made out anew from its ballots, and where that is not what was
//! said before. A recount changes nothing: the result in force stays as it is, and the report stands beside it under a
//! signature of its own (rules of local assemblies ask for a recomputation, never an edit).
//!
//! **Holds** the hashes of the roll, of the rules, of all that was frozen and of the tree over all ballots, the figures with
//! the verdict on each matter, by what they were decided, and each difference that was found, the first first.
//!
//! **Promises:** [`Report::check`] makes the verdict out anew from the figures, and [`Report::compare`] holds the report
//! against the archive of its programme, in which everything else can be made out.
//!
//! **Never** holds a ballot, a name, or whose a ballot is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Archive,
    fault::first_difference,
    format::{Count, Poll},
};
use crate::{
    canonical::NotCanonical,
    polls::{
        matter::Matter,
        parameters::PollRules,
        phase::Phase,
        seals::hash_of,
        tally::Seats,
        verdict::{Verdict, explain},
    },
};

/// The version of the report that is written, and the only one that is read.
pub const VERSION: u32 = 1;

/// What a poll comes to when everything is made out anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub version: u32,
    pub poll: String,
    pub title: String,
    pub state: Phase,
    /// When it was made out.
    pub at: DateTime<Utc>,
    /// The version of the program that did.
    pub by: String,
    pub roll_hash: Option<String>,
    /// Nothing in polls that locked before each rule said whose it is.
    pub rules_hash: Option<String>,
    pub frozen_hash: Option<String>,
    /// The root of the tree over all ballots.
    pub ballots_hash: String,
    pub rules: PollRules,
    pub matters: Vec<Matter>,
    /// To be filled by it.
    pub seats: u32,
    /// Filled before it, of a run-off or a by-election.
    pub seats_filled: u32,
    pub result: Count,
    /// Lines of the complex's record, each checked against the one before; zero where one of them is not what was written.
    pub record_lines: i64,
    /// Where the result in force, or what the record tells of it, is another, the first first; nothing where both agree.
    pub differences: Vec<String>,
}

/// What is wrong with a report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("it is of version {0}, and {VERSION} is known here")]
    UnknownVersion(u32),
    #[error("its figures come to no verdict: {0}")]
    NoVerdict(String),
    #[error("{what} is {told}, and its figures come to {computed}")]
    VerdictDiffers { what: String, told: Value, computed: Value },
    #[error("the archive has no count of this poll")]
    NotInArchive,
    #[error("{what} is {told}, and the archive has {archived}")]
    ArchiveDiffers { what: String, told: Value, archived: Value },
}

impl Fault {
    /// Its kind by name.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::UnknownVersion(_) => "UNKNOWN_VERSION",
            Self::NoVerdict(_) => "NO_VERDICT",
            Self::VerdictDiffers { .. } => "VERDICT_DIFFERS",
            Self::NotInArchive => "NOT_IN_ARCHIVE",
            Self::ArchiveDiffers { .. } => "ARCHIVE_DIFFERS",
        }
    }
}

/// SHA-256 over a report as it was read (`linli/recount/1`): what the installation signs.
pub fn root(content: &Value) -> Result<String, NotCanonical> {
    hash_of("linli/recount/1", content)
}

impl Report {
    /// What is wrong with it by itself: whether its verdict follows from its figures, by its rules.
    pub fn check(&self) -> Option<Fault> {
        if self.version != VERSION {
            return Some(Fault::UnknownVersion(self.version));
        }
        let seats = Seats { open: self.seats, filled: self.seats_filled };
        match explain(&self.result.totals, &self.matters, seats, &self.rules) {
            Err(fault) => Some(Fault::NoVerdict(fault.to_string())),
            Ok(verdict) => self.unlike(&verdict),
        }
    }

    fn unlike(&self, verdict: &Verdict) -> Option<Fault> {
        let (what, told, computed) =
            first_difference("verdict", &json(&self.result.verdict), &json(verdict))?;
        Some(Fault::VerdictDiffers { what, told, computed })
    }

    /// Where it and the archive of its programme differ first.
    pub fn compare(&self, archive: &Archive) -> Option<Fault> {
        let archived = archive.poll(&self.poll).and_then(|poll| self.archived(poll));
        let Some(archived) = archived else { return Some(Fault::NotInArchive) };
        let (what, told, archived) = first_difference("report", &json(self), &json(&archived))?;
        Some(Fault::ArchiveDiffers { what, told, archived })
    }

    /// This report as it would be of what is archived; nothing where the poll was not counted.
    fn archived(&self, poll: &Poll) -> Option<Self> {
        let (locked, counted) = (poll.locked.clone()?, poll.counted.clone()?);
        Some(Self {
            roll_hash: Some(locked.roll_hash),
            rules_hash: locked.rules_hash,
            frozen_hash: Some(locked.frozen_hash),
            ballots_hash: counted.ballots_hash,
            title: poll.title.clone(),
            rules: poll.rules.clone(),
            matters: poll.classes(),
            seats: poll.seats,
            seats_filled: poll.all_seats().filled,
            result: counted.result,
            ..self.clone()
        })
    }
}

fn json<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
