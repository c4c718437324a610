//! The archive of a programme that is over: one document from which everything can be derived again, by whoever has it,
//! without the service and without any of its keys.
//!
//! **For:** a court, an archive office, or an owner who doubts: what was decided, by which rules, on which roll, with
//! which ballots, and that the record tells the same.
//!
//! **Holds** the template and the rules that were frozen, the lines of the record that tell of the programme and of its
//! polls, and of each poll the locked roll, who took part, every ballot's salt and answers, the count with its reasons,
//! the four lists, and how many papers went out and came back; the years of the calendar that were taken in before it was
//! over; of a run-off also what it comes to with the votes that it
//! decides. Of objections to a result only that they were made, on which ground, and how they were answered; of a ballot
//! that was set aside its id, its commitment, its channel and why, and never what it said.
//!
//! **Promises:** [`verify`] takes nothing of that on trust that can be computed: it makes out the hashes, the course of
//! the programme, the closings, the count, the decisions and the lists anew, and names what differs, the first thing
//! first. The same programme gives the same bytes, as long as nothing more is told of its polls.
//!
//! **Never** holds a name (candidates stand masked), a phone, an ID number or an openid, or says whose a ballot is. A
//! ballot stands there without its head, under its random id. That alone would not hide it: a head that no other equals in
//! area is known by what its ballot weighs, and who was seen voting at an hour is known by that hour. So by default
//! ([`Ballots::Secret`]) a ballot tells neither what it weighs nor when it was cast; the lines of the record that tell when
//! are left out, as those of other matters are. What follows from that: the count by heads is made out anew exactly; of the
//! count by area only that it fits — each column weighs what so many of those who took part can weigh, and the columns
//! together what took part. Where a court orders the ballots to be laid open ([`Ballots::Weighed`]) they tell both, and
//! everything is made out exactly.
//!
//! Even so it is for a court or an archive office, and not for the notice board. It lays open what each commitment says.
//! Members read in the change feed, from the close on, when each commitment was cast; whoever has both, and knows when a
//! head voted, knows how. And whoever was shown a receipt finds its ballot.
//!
//! # What it proves, and what it does not
//!
//! A line of the record covers the line before it, so that lines that are there cannot be changed, moved or doubled
//! without all later ones; of lines that are left out the archive has nothing but their number and the hash before the
//! next. A line that is missing shows where what it tells can be made out otherwise: a step of a poll, a move of the
//! programme, a ballot. An invitation that was declined and changed nothing can be left out by whoever writes all later
//! hashes anew; then only the signature shows it.
//!
//! The signature over [`root`] is the installation's. Whoever has its key can write another archive, with other ballots,
//! that is sound in itself: nothing inside a file can show that. Against that stand what is outside: each voter's receipt,
//! which names a commitment that must be in it; the hashes that members read in the change feed while it ran; a second
//! archive. Whoever checks without the public key from elsewhere (`--key`) learns that the file is whole, and not whose it
//! is: a stranger can sign with a key of their own.
//!
//! | | |
//! |---|---|
//! | [`format`] | what is in it |
//! | [`fault`] | what can be wrong with it |
//! | `calendar` | the years that were taken in, by which its periods went |
//! | [`record`] | the lines of the log |
//! | [`programme`] | its course, made out anew |
//! | [`poll`] | a poll, made out anew |
//! | [`paper`] | what went out and came back on paper |
//! | [`service`] | whom it reached, and what silence comes to by that |
//! | [`external`] | a vote that was cast in a city's system, by what that signed |
//! | [`recount`] | the report of a recount, held against an archive |
//! | [`runoff`] | a run-off beside the votes that it decides |
//! | [`aside`] | ballots that were in and do not count, and the disputes of ballots |
//! | [`aftermath`] | objections to a result, and when it was final |
//! | [`committee`] | who left the committee later, and who stepped up |

pub mod aftermath;
pub mod aside;
mod calendar;
pub mod committee;
pub mod external;
pub mod fault;
pub mod format;
pub mod paper;
pub mod poll;
pub mod programme;
pub mod record;
pub mod recount;
pub mod runoff;
pub mod service;

#[cfg(test)]
mod tests;

use serde::Serialize;
use serde_json::Value;

pub use fault::{Fault, Step};
pub use format::{Archive, Ballots};

use crate::{canonical::NotCanonical, polls::seals::hash_of};

/// The version of the format that is written, and the only one that is read.
pub const VERSION: u32 = 1;

/// What checking an archive came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    pub programme: String,
    /// What it is called.
    pub title: String,
    /// How it ended, if it did.
    pub end: Option<super::programmes::End>,
    /// What was made out anew.
    pub checked: Vec<String>,
    /// What could not be, and why.
    pub unchecked: Vec<String>,
    /// What differs, in the order in which it was looked at.
    pub faults: Vec<Fault>,
}

/// SHA-256 over an archive as it was read (`linli/archive/1`): what the installation signs. Members that nobody knows are
/// covered too.
pub fn root(content: &Value) -> Result<String, NotCanonical> {
    hash_of("linli/archive/1", content)
}

/// Makes out everything in an archive anew, and says what differs.
pub fn verify(archive: &Archive) -> Verified {
    let mut found = Findings::default();
    if archive.version == VERSION {
        calendar::check(archive, &mut found);
        record::check(archive, &mut found);
        let polls = archive.polls.iter().filter_map(|poll| poll::check(archive, poll, &mut found)).collect();
        programme::check(archive, &polls, &mut found);
    } else {
        found.fault(Fault::UnknownVersion { version: archive.version });
    }
    let Findings { checked, unchecked, faults } = found;
    let programme = &archive.programme;
    Verified {
        programme: programme.id.clone(),
        title: programme.template.en.clone(),
        end: programme.course.ended.map(|(end, _)| end),
        checked,
        unchecked,
        faults,
    }
}

/// What is found on the way.
#[derive(Debug, Default)]
pub struct Findings {
    checked: Vec<String>,
    unchecked: Vec<String>,
    faults: Vec<Fault>,
}

impl Findings {
    fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    fn checked(&mut self, what: String) {
        self.checked.push(what);
    }

    fn unchecked(&mut self, what: String) {
        self.unchecked.push(what);
    }

    fn must(&mut self, holds: bool, fault: impl FnOnce() -> Fault) {
        if !holds {
            self.fault(fault());
        }
    }
}
