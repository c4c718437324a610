//! A vote that was cast in a city's system, made out again from what that signed: its totals, when voting ended, and what
//! was decided. Whether the signature is the system's is for whoever has its public key.

use super::{
    Findings,
    fault::{Fault, first_difference},
    format::{Count, Counted, External, ExternalResult, Locked, Poll},
    poll::ballots_hash,
};
use crate::polls::{
    external::{self, Asked, Imported},
    seals::sha256,
};

/// Checks what was imported; nothing of such a poll was counted here.
pub(super) fn check(
    poll: &Poll,
    external: &External,
    (locked, counted): (&Locked, &Counted),
    found: &mut Findings,
) {
    let id = || poll.id.clone();
    let no_ballots = ballots_hash(&[]).unwrap_or_default();
    let is_empty = counted.ballots.is_empty()
        && counted.took_part.is_empty()
        && counted.set_aside.is_empty()
        && counted.ballots_hash == no_ballots;
    found.must(is_empty, || Fault::BallotsElsewhere { poll: id() });
    let Some(result) = &external.result else {
        return found.fault(Fault::EvidenceMissing { poll: id() });
    };
    let (told, computed) = (result.evidence_hash.clone(), sha256(result.signed.as_bytes()));
    found.must(told == computed, || Fault::EvidenceHash { poll: id(), told, computed });
    match made_out(poll, locked, result) {
        Err(why) => found.fault(Fault::EvidenceUnfit { poll: id(), why: why.to_string() }),
        Ok(imported) => compare(poll, &counted.result, imported, found),
    }
}

/// What its evidence comes to by the rules.
fn made_out(poll: &Poll, locked: &Locked, result: &ExternalResult) -> Result<Imported, external::Fault> {
    let areas: Vec<u64> = locked.heads.iter().map(|head| head.area).collect();
    let asked = Asked {
        poll: &poll.id,
        window: poll.window,
        areas: &areas,
        rules: &poll.rules,
        form: &poll.form(),
        matters: &poll.classes(),
        seats: poll.all_seats(),
    };
    external::check(&result.evidence, asked)
}

fn compare(poll: &Poll, told: &Count, imported: Imported, found: &mut Findings) {
    let Imported { totals, verdict, closings, .. } = imported;
    let id = || poll.id.clone();
    let ends = poll.closings();
    found.must(ends == closings, || {
        let [told, computed] = [&ends, &closings].map(|moments| external::moments(moments));
        Fault::ClosingsDiffer { poll: id(), told, computed }
    });
    let json = |value: &Count| serde_json::to_value(value).unwrap_or_default();
    let ballots = totals.returned.plus(totals.invalid).heads.0;
    let computed = Count { ballots, totals, verdict, flips: None, leaks: None };
    let before = found.faults.len();
    if let Some((what, told, computed)) = first_difference("count", &json(told), &json(&computed)) {
        found.fault(if what.starts_with("count.verdict") {
            Fault::VerdictDiffers { poll: id(), what, told, computed }
        } else {
            Fault::CountDiffers { poll: id(), what, told, computed }
        });
    }
    if found.faults.len() == before {
        found.checked(format!("{}: totals that came from elsewhere, and what was decided", poll.title));
    }
    found.unchecked(format!(
        "{}: who took part and how firm that is: the votes were cast in another system, of which only totals came in",
        poll.title
    ));
}
