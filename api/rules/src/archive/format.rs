//! What is in an archive: plain values, as JSON. Members that are not listed here make it unreadable.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    calendar::{Calendar, Edition},
    packs::InForce,
    polls::{
        ballot::{Answers, Texts},
        dispute,
        duplicates::Channel,
        external::{Evidence, System},
        flip::Flips,
        leaks::{Leaks, Publicity},
        matter::MatterClass,
        paper::{Issue, Papers as Numbers, Stated},
        parameters::PollRules,
        phase::{Phase, Window},
        seals::{Head, Home, Owner},
        service::Served,
        standstill::{self, Standstill},
        tally::{Runoff, Totals},
        verdict::Verdict,
    },
    programmes::{Course, Template},
    words::Words,
};

/// How much a ballot tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Ballots {
    /// What was answered, and neither what it weighs nor when it was cast.
    Secret,
    /// Both as well: whoever knows a head's area, or when it voted, may know how. Only where a court orders it.
    Weighed,
}

/// A programme that is over, with everything that it came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    pub version: u32,
    pub ballots: Ballots,
    pub programme: Programme,
    /// In the order of their ids.
    pub polls: Vec<Poll>,
    /// The years that were taken in before it was over, in that order: by them, and by the one that ships with the program,
    /// its periods went.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calendar: Vec<Edition>,
    pub record: Record,
}

/// The programme itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    pub id: String,
    pub complex: String,
    pub place: String,
    pub purpose: String,
    /// The cases for which it was begun, by their codes, where it is for such alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// The parts of its complex between which it ran, where it was not about all of its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub among: Vec<String>,
    /// The role of whoever began it.
    pub begun_as: String,
    pub begun_at: DateTime<Utc>,
    /// The programme of which it was a module.
    pub parent: Option<String>,
    /// The member of the committee whom it is about, as the committee has them; nothing where it is about none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// As it was frozen.
    pub template: Template,
    /// The rules that the template names, as they were frozen.
    pub rules: BTreeMap<String, Value>,
    /// Where each module stood in the end.
    pub course: Course,
    /// The polls of its votes, by module.
    pub polls: BTreeMap<String, String>,
    /// The programmes that ran as its modules, by module; each has an archive of its own.
    pub children: BTreeMap<String, String>,
}

/// One poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    pub id: String,
    pub place: String,
    /// `COMMITTEE_ELECTION`, `MOTION` or `OPINION`.
    pub kind: String,
    pub title: String,
    /// How far turnout and the votes for candidates are told; nothing in polls from before that was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publicity: Option<Publicity>,
    /// The city's system in which its votes were cast; nothing where they were cast here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<External>,
    pub seed: String,
    /// To be filled by it.
    pub seats: u32,
    /// The poll whose last seats it fills, of a run-off.
    pub runoff_of: Option<String>,
    /// Filled before it, of a run-off or a by-election.
    pub seats_filled: Option<u32>,
    /// The poll that elected the committee which it completes, of a by-election.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committee_of: Option<String>,
    /// The parts of its complex to whose owners alone it was put.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub among: Vec<String>,
    pub state: Phase,
    pub rules: PollRules,
    /// Every rule as it holds, and who said it; nothing in polls from before that was kept.
    pub in_force: Option<Vec<InForce>>,
    /// As it was announced.
    pub window: Window,
    pub extensions: Vec<Extension>,
    /// Each time that voting stood still.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Standstill>,
    pub matters: Vec<Text>,
    pub candidates: Vec<Candidate>,
    /// What every voter was told of silence, from the lock on; nothing where it means nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<Words>,
    /// From the lock on.
    pub locked: Option<Locked>,
    /// The heads that had registered when voting began, in the order of their ids; nothing before that, and in polls on
    /// matters of Civil Code 278.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered: Option<Vec<String>>,
    /// What went out and came back on paper; nothing where no paper was given out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub papers: Option<Papers>,
    /// From the count on.
    pub counted: Option<Counted>,
    pub published_at: Option<DateTime<Utc>>,
    /// Until when its result may be objected to; nothing in polls that were published before that was kept.
    pub provisional_until: Option<DateTime<Utc>>,
    /// Since when its result is final.
    pub final_at: Option<DateTime<Utc>>,
}

/// Where the votes of a poll were cast, and what is known of them from there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct External {
    pub system: System,
    /// From the import on.
    pub result: Option<ExternalResult>,
}

/// What the system signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalResult {
    /// The compact JWS as it came.
    pub signed: String,
    /// What it says.
    pub evidence: Evidence,
    /// SHA-256 over the JWS.
    pub evidence_hash: String,
    /// The public key that was trusted, as a JSON Web Key, and its fingerprint (RFC 7638).
    pub key: Value,
    pub key_id: String,
    /// The role of whoever imported it.
    pub imported_as: String,
    pub imported_at: DateTime<Utc>,
}

/// The papers of a poll.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Papers {
    /// Each time that some were given out.
    pub issued: Vec<Issue>,
    /// How many came back in time.
    pub entered: u64,
    /// Each time that two stated alike what the box held.
    pub boxes: Vec<Box>,
    /// Since when they are void: more came back than went out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub void_at: Option<DateTime<Utc>>,
}

/// What two stated of the box, beside what was known then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Box {
    pub at: DateTime<Utc>,
    pub found: Stated,
    pub papers: Numbers,
}

/// One time that voting went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub made_at: DateTime<Utc>,
}

/// A text that was voted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    pub id: String,
    pub class: MatterClass,
    pub title: String,
    pub body: String,
    /// How far its votes are told, if more was asked for than of its poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publicity: Option<Publicity>,
}

/// Somebody who stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    pub id: String,
    /// Masked, whatever the candidate agreed to while the poll ran.
    pub name: String,
    /// SHA-256 over the full name, the owner and the campaign page, as the lock froze them.
    pub hash: String,
}

/// What the lock froze.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Locked {
    pub at: DateTime<Utc>,
    pub heads: Vec<Head>,
    /// As people count them.
    pub homes: Vec<Home>,
    pub owners: Vec<Owner>,
    pub roll_hash: String,
    pub rules_hash: Option<String>,
    pub frozen_hash: String,
}

/// What the ballots came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    pub at: DateTime<Utc>,
    /// In the order of the heads' ids.
    pub took_part: Vec<TookPart>,
    /// In the order of their ids, which are random.
    pub ballots: Vec<Ballot>,
    /// In the order of their ids: those that were in and are none of [`Counted::ballots`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<SetAside>,
    /// In the order of the heads' ids: those that were served before voting ended, and how. Not when: that comes near to
    /// when somebody voted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub served: Vec<Served>,
    pub ballots_hash: String,
    pub result: Count,
    /// What a run-off comes to with the votes that it decides.
    pub composition: Option<Composition>,
    /// The members' of a run-off with those of the votes that it decides.
    pub lists: Lists,
}

/// A committee that more than one vote elected; candidates go by their ids on the first ballot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Composition {
    /// The first of the votes.
    pub first: String,
    /// Of the whole committee.
    pub seats: u32,
    pub elected: Vec<String>,
    /// The run-off that is due next.
    pub runoff: Option<Runoff>,
    /// Nothing while that is not known.
    pub alternates: Option<Vec<String>>,
    pub equal_alternates: Vec<String>,
    pub vacant: u32,
    pub formed: bool,
}

/// A head whose ballot is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TookPart {
    pub head: String,
    pub channel: Channel,
    /// 0 within the time announced, 1 within the first extension, and so on.
    pub extension: u32,
}

/// A ballot, without the head whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ballot {
    pub id: String,
    /// 32 bytes as hexadecimal letters.
    pub salt: String,
    pub answers: Answers,
    /// The hash of each text as it read when it was answered; ballots from before they were kept have none.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    pub texts: Texts,
    /// SHA-256 over salt, answers and texts, as the record and the voter's receipt have it.
    pub commitment: String,
    /// 0.01 m²; only where ballots are weighed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<u64>,
}

/// A ballot that was in and does not count, without the head whose it was and without what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAside {
    pub id: String,
    /// As the record and the voter's receipt have it.
    pub commitment: String,
    pub channel: Channel,
    pub why: dispute::SetAside,
    pub at: DateTime<Utc>,
}

/// The count as it was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    pub ballots: u64,
    pub totals: Totals,
    pub verdict: Verdict,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flips: Option<Flips>,
    /// What stands behind each pair that is told; nothing in polls from before that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaks: Option<Leaks>,
}

/// The four lists as people read them, a cell for each heading.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lists {
    pub members: Vec<Vec<String>>,
    pub candidates: Vec<Vec<String>>,
    pub texts: Vec<Vec<String>>,
    pub participation: Vec<Vec<String>>,
}

/// What the complex's log tells of the programme and of its polls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// In the order of the log.
    pub lines: Vec<Line>,
    /// Places in the log, from the first line to the last, that tell of something else: each from one to another.
    pub left_out: Vec<(i64, i64)>,
}

/// A line of the log; its hash covers all but itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub seq: i64,
    /// The hash of the line before it in the log, whether that is here or not.
    pub before: String,
    pub hash: String,
    pub id: String,
    pub kind: String,
    pub place: String,
    pub subject_type: String,
    pub subject: String,
    pub subject_version: i64,
    pub actor_role: String,
    pub audience: String,
    /// JSON in a string, as it was hashed.
    pub facts: String,
    pub commitment: Option<String>,
    pub at: DateTime<Utc>,
}

impl Archive {
    /// The poll with an id.
    pub fn poll(&self, id: &str) -> Option<&Poll> {
        self.polls.iter().find(|poll| poll.id == id)
    }

    /// The calendar as it became known, by what is in here alone.
    pub fn known(&self) -> Calendar {
        Calendar::of(&self.calendar)
    }

    /// What the record tells of a subject, in order.
    pub fn told<'a>(&'a self, subject: &'a str) -> impl Iterator<Item = &'a Line> {
        self.record.lines.iter().filter(move |line| line.subject == subject)
    }
}

impl Poll {
    /// When voting was to end, each time: as announced, then as extended, with what it lost by standing still.
    pub fn closings(&self) -> Vec<DateTime<Utc>> {
        standstill::made_up(self.window, self.extended(), &standstill::pauses(&self.pauses))
    }

    /// Until when each extension was made.
    pub fn extended(&self) -> Vec<DateTime<Utc>> {
        self.extensions.iter().map(|made| made.to).collect()
    }

    /// With the extensions made, and what it stood still.
    pub fn whole_window(&self) -> Window {
        let closes_at = self.closings().last().copied().unwrap_or(self.window.closes_at);
        Window { closes_at, ..self.window }
    }
}

impl Line {
    /// What it tells; nothing where that cannot be read.
    pub fn facts(&self) -> Value {
        serde_json::from_str(&self.facts).unwrap_or_default()
    }

    /// What its hash has to be in a complex's log.
    pub fn hash_in(&self, complex: &str) -> String {
        crate::record::Line {
            before: &self.before,
            complex,
            seq: self.seq,
            id: &self.id,
            kind: &self.kind,
            place: &self.place,
            subject_type: &self.subject_type,
            subject: &self.subject,
            subject_version: self.subject_version,
            actor_role: &self.actor_role,
            audience: &self.audience,
            facts: &self.facts,
            commitment: self.commitment.as_deref(),
            at: self.at,
        }
        .hash()
    }
}
