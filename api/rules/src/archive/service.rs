//! Whom a poll reached: whether that adds up, what silence comes to by it, and what the record has to tell of it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::{
    Findings,
    fault::Fault,
    format::{Counted, Locked, Poll},
};
use crate::{
    polls::service::{self, Served},
    quantity::Weight,
};

/// What the record has to tell of it, and when: at the count, where anybody was served.
pub(super) fn told(poll: &Poll) -> Vec<(Value, Option<DateTime<Utc>>)> {
    let counted = poll.counted.iter().filter(|counted| !counted.served.is_empty());
    let line = |counted: &Counted| (service::told(&counted.served).unwrap_or_default(), Some(counted.at));
    counted.map(line).collect()
}

/// What they weigh whose silence does not count because service on them is not proven.
pub fn unserved(poll: &Poll, locked: &Locked, counted: &Counted) -> Weight {
    let roll = locked.heads.iter().map(|head| (&head.head, Weight::new(1, head.area)));
    let took_part: BTreeSet<&String> = counted.took_part.iter().map(|one| &one.head).collect();
    let served: BTreeMap<_, _> = counted.served.iter().map(|one| (&one.head, &one.methods)).collect();
    service::unserved(&poll.rules, roll, &took_part, &served)
}

/// Whether each served head is on the roll, once and in its place, in ways that the rules know; and whether voters were
/// warned where silence counts.
pub(super) fn check(poll: &Poll, (locked, counted): (&Locked, &Counted), found: &mut Findings) {
    let before = found.faults.len();
    let heads: BTreeSet<&str> = locked.heads.iter().map(|head| head.head.as_str()).collect();
    let in_order = counted.served.is_sorted_by(|one, next| one.head < next.head);
    let is_known = |one: &Served| {
        heads.contains(one.head.as_str()) && one.methods.iter().all(|method| poll.rules.serves_by(*method))
    };
    for (holds, what) in [
        (in_order, "a head is there twice, or not in its place"),
        (counted.served.iter().all(is_known), "a head is not on the roll, or a way not in the rules"),
        (counted.served.iter().all(|one| !one.methods.is_empty()), "a head was served in no way"),
    ] {
        found.must(holds, || Fault::ServiceUnfit { poll: poll.id.clone(), what: what.to_owned() });
    }
    let silence = poll.rules.silence_in(poll.matters.iter().map(|text| text.class));
    found.must(silence.is_some() == poll.warning.is_some(), || Fault::NotWarned { poll: poll.id.clone() });
    if found.faults.len() == before && (silence.is_some() || !counted.served.is_empty()) {
        found.checked(format!("{}: {} heads served in time, and how", poll.title, counted.served.len()));
    }
}
