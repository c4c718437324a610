//! What a forger does who knows the format: after changing something, everything else is computed to fit.

use super::made::{self, Tale};
use crate::{
    archive::{
        Archive, Ballots,
        aftermath::{FINAL, Told},
        format::{Line, Poll},
        poll as polls, service,
    },
    packs::kept,
    polls::{flip::Flips, leaks::Leaks, matter::Matter, seals, standstill, tally, told, verdict::explain},
    quantity::Weight,
};

/// Writes each line's hash anew, from the first changed one on. What is left out stays what it was.
pub fn rechain(archive: &mut Archive) {
    let complex = archive.programme.complex.clone();
    let mut before: Option<(i64, String)> = None;
    for line in &mut archive.record.lines {
        if let Some((seq, hash)) = before.filter(|(seq, _)| seq + 1 == line.seq) {
            assert_eq!(seq + 1, line.seq);
            line.before = hash;
        }
        line.hash = line.hash_in(&complex);
        before = Some((line.seq, line.hash.clone()));
    }
}

/// Says again which lines are left out.
pub fn close_gaps(archive: &mut Archive) {
    let seqs: Vec<i64> = archive.record.lines.iter().map(|line| line.seq).collect();
    archive.record.left_out = crate::archive::record::left_out(&seqs);
}

pub fn poll(archive: &mut Archive) -> &mut Poll {
    &mut archive.polls[0]
}

/// The run-off, where there is one.
pub fn run_off(archive: &mut Archive) -> &mut Poll {
    &mut archive.polls[1]
}

/// The first line of a kind.
pub fn line<'a>(archive: &'a mut Archive, kind: &str) -> &'a mut Line {
    archive.record.lines.iter_mut().find(|line| line.kind == kind).unwrap()
}

pub fn place(archive: &Archive, kind: &str) -> usize {
    archive.record.lines.iter().position(|line| line.kind == kind).unwrap()
}

/// Writes the hashes of what was frozen anew.
pub fn refreeze(archive: &mut Archive) {
    archive.polls.iter_mut().for_each(refreeze_one);
}

fn refreeze_one(poll: &mut Poll) {
    let rules = poll.in_force.as_ref().map(|rules| seals::rules(rules).unwrap());
    let mut locked = poll.locked.take().unwrap();
    locked.rules_hash = rules;
    locked.roll_hash = polls::roll_hash(&locked).unwrap();
    locked.frozen_hash = polls::frozen_hash(poll, &locked).unwrap();
    poll.locked = Some(locked);
}

/// Counts anew, and writes ballots, result and lists to fit. Where the ballots do not tell what they weigh, the forger
/// keeps the areas that were told, and moves them with the heads by the mean of all.
pub fn recount(archive: &mut Archive) {
    let is_weighed = archive.ballots == Ballots::Weighed;
    let poll = poll(archive);
    let mut counted = poll.counted.take().unwrap();
    for ballot in &mut counted.ballots {
        ballot.texts = polls::texts(poll);
        ballot.commitment = polls::commitment(poll, ballot).unwrap();
    }
    counted.ballots.sort_by(|one, other| one.id.cmp(&other.id));
    counted.ballots_hash = polls::ballots_hash(&counted.ballots).unwrap();
    let form = poll.form();
    let locked = poll.locked.as_ref().unwrap();
    let areas: Vec<u64> = counted
        .took_part
        .iter()
        .map(|one| locked.heads.iter().find(|head| head.head == one.head).map_or(0, |head| head.area))
        .collect();
    // A forger who does not know which ballot is whose gives the weights out in any order.
    let mut count = tally::Count::new(&form, &poll.rules).unwrap();
    for (ballot, area) in counted.ballots.iter().zip(&areas) {
        let area = if is_weighed { ballot.area.unwrap() } else { *area };
        count.add(Weight::new(1, area), &ballot.answers);
    }
    let unserved = service::unserved(poll, locked, &counted);
    let totals = count.close(poll.electorate(locked)).unwrap().without(unserved).unwrap();
    let matters: Vec<Matter> =
        poll.matters.iter().map(|text| Matter { id: text.id.clone(), class: text.class }).collect();
    let verdict = explain(&totals, &matters, poll.all_seats(), &poll.rules).unwrap();
    let flips = Flips::of(&count, &totals, &verdict, &matters, &poll.rules);
    counted.result.ballots = counted.ballots.len().try_into().unwrap();
    counted.result.flips = Some(flips);
    counted.result.leaks = leaks(poll, &areas, &totals);
    (counted.result.totals, counted.result.verdict) = (totals, verdict);
    poll.counted = Some(counted);
    relist(archive);
}

/// What can stand behind each number of a poll, of which those took part.
fn leaks(poll: &Poll, took_part: &[u64], totals: &tally::Totals) -> Option<Leaks> {
    let voters: Vec<u64> =
        poll.locked.iter().flat_map(|locked| poll.voters(locked)).map(|head| head.area).collect();
    poll.policy().map(|policy| Leaks::of(&policy, &voters, took_part, totals))
}

/// Looks anew at what can stand behind each number, as it is told now.
pub fn releak(archive: &mut Archive) {
    let poll = poll(archive);
    let mut counted = poll.counted.take().unwrap();
    let locked = poll.locked.as_ref().unwrap();
    let took_part = |head: &&seals::Head| counted.took_part.iter().any(|one| one.head == head.head);
    let areas: Vec<u64> = locked.heads.iter().filter(took_part).map(|head| head.area).collect();
    counted.result.leaks = leaks(poll, &areas, &counted.result.totals);
    poll.counted = Some(counted);
}

pub fn relist(archive: &mut Archive) {
    polls::put_up(&mut archive.polls).unwrap();
}

/// Tells in the record what is there now.
pub fn retell(archive: &mut Archive) {
    for poll in archive.polls.clone() {
        retell_one(archive, &poll);
    }
    rechain(archive);
}

fn retell_one(archive: &mut Archive, poll: &Poll) {
    let (locked, counted) = (poll.locked.as_ref().unwrap(), poll.counted.as_ref().unwrap());
    let hashes = told::Frozen {
        roll: Some(&locked.roll_hash),
        frozen: Some(&locked.frozen_hash),
        rules: locked.rules_hash.as_deref(),
    };
    let in_force = poll.in_force.clone().unwrap_or_else(|| kept(&poll.rules));
    let made = poll.extensions.iter().map(|made| (made.from, made.to));
    let ballots = counted.result.ballots;
    let registered = poll.registered(locked);
    let registered = registered.as_ref().map(|(weight, hash)| (*weight, hash.as_str()));
    let mut facts = vec![
        ("POLL_LOCKED", told::locked(hashes, polls::roll_of(locked), locked.homes.len())),
        ("POLL_OPENED", told::opened(hashes.frozen, registered)),
        ("POLL_CLOSED", told::closed(ballots)),
        (
            "POLL_COUNTED",
            told::counted(
                &counted.ballots_hash,
                ballots,
                &counted.result.totals,
                counted.result.leaks.as_ref(),
            ),
        ),
        ("POLL_PUBLISHED", told::published(hashes, Some(&counted.ballots_hash), &counted.result.verdict)),
    ];
    facts.extend(told::extended(&in_force, made).into_iter().map(|facts| ("POLL_EXTENDED", facts)));
    let extended = poll.extended();
    let paused = standstill::paused_told(poll.window, &extended, &poll.pauses);
    let resumed = standstill::resumed_told(poll.window, &extended, &poll.pauses);
    for (kind, told) in [("POLL_PAUSED", paused), ("POLL_RESUMED", resumed)] {
        let of = |line: &&mut Line| line.kind == kind && line.subject == poll.id;
        for (line, facts) in archive.record.lines.iter_mut().filter(of).zip(told) {
            line.facts = facts.to_string();
        }
    }
    let objections = Told::by(archive.told(&poll.id)).counted();
    let moments = (poll.published_at, poll.provisional_until);
    facts.push((FINAL, told::finished(moments, objections, Some(&counted.ballots_hash))));
    for (kind, facts) in facts {
        let of = |line: &&mut Line| line.kind == kind && line.subject == poll.id;
        if let Some(line) = archive.record.lines.iter_mut().find(of) {
            line.facts = facts.to_string();
        }
    }
}

/// All of it.
pub fn settle(archive: &mut Archive) {
    refreeze(archive);
    recount(archive);
    retell(archive);
}

/// An archive that somebody changed.
pub fn changed(tale: Tale, policy: Ballots, change: impl Fn(&mut Archive)) -> Archive {
    let mut archive = made::archive(tale, policy);
    change(&mut archive);
    archive
}
