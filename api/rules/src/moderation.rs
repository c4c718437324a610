//! What others may read of what somebody wrote.
//!
//! **Promises:** what was masked stays masked, and nothing else changes: a redaction takes away and never puts in. Who
//! handles an incident reads what was written, whatever becomes of it here.

use chrono::{DateTime, TimeDelta, Utc};

use crate::incidents::codes::coded;

coded! {
    /// What was found of a text.
    pub enum State {
        /// Others may read it.
        Passed = "PASSED",
        /// It may not be fit to read: it waits for a person.
        Held = "HELD",
        /// Nobody has looked at it. It is read by those concerned, and made public by a person alone.
        NotChecked = "NOT_CHECKED",
        /// A person found that others may not read it.
        Hidden = "HIDDEN",
    }
}

coded! {
    /// For whom a text is meant.
    pub enum Audience {
        /// Whoever lives or works in the complex.
        Public = "PUBLIC",
        /// The reporter and the ladder.
        Concerned = "CONCERNED",
    }
}

/// Troubles of what all share, which say nothing of who lives where.
const PUBLIC: [&str; 16] = [
    "ELEVATOR_ENTRAPMENT",
    "ELEVATOR_FAULT",
    "FIRE_LANE_BLOCKED",
    "EBIKE_CHARGING",
    "BURST_PIPE",
    "ROOF_OR_FACADE",
    "DRAIN_BLOCKED",
    "COMPLEX_LIGHT_OUT",
    "STREET_LAMP_OUT",
    "MANHOLE_COVER",
    "CLEANING",
    "WASTE_SORTING",
    "CONSTRUCTION_NOISE",
    "THROWN_OBJECTS",
    "GREENERY",
    "ACCESS_CONTROL",
];

/// For whom the report of a category is meant.
pub fn audience(category: &str) -> Audience {
    if PUBLIC.contains(&category) { Audience::Public } else { Audience::Concerned }
}

/// Redactions that an author has.
pub const REDACTIONS: u32 = 3;
/// How long after writing.
pub const REDACTABLE: TimeDelta = TimeDelta::hours(24);

/// Letters of a text, counted from 0; `to` is the first that does not belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: usize,
    pub to: usize,
}

/// Why a redaction is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it was written more than {} hours ago", REDACTABLE.num_hours())]
    TooLate,
    #[error("it was redacted {REDACTIONS} times")]
    TooOften,
    #[error("a part to mask is empty or not in the text")]
    NoSuchPart,
}

/// Whether an author may still redact what they wrote.
///
/// # Errors
/// [`Refusal::TooLate`], [`Refusal::TooOften`].
pub fn may_redact(written: DateTime<Utc>, redactions: u32, now: DateTime<Utc>) -> Result<(), Refusal> {
    if now - written >= REDACTABLE {
        Err(Refusal::TooLate)
    } else if redactions >= REDACTIONS {
        Err(Refusal::TooOften)
    } else {
        Ok(())
    }
}

/// What stands for a letter that was taken away.
pub const MASK: char = '█';

/// The text with parts of it masked, letter by letter.
///
/// # Errors
/// [`Refusal::NoSuchPart`].
pub fn redact(text: &str, parts: &[Span]) -> Result<String, Refusal> {
    let length = text.chars().count();
    if parts.iter().any(|part| part.from >= part.to || part.to > length) {
        return Err(Refusal::NoSuchPart);
    }
    let is_masked = |at: usize| parts.iter().any(|part| (part.from..part.to).contains(&at));
    Ok(text.chars().enumerate().map(|(at, letter)| if is_masked(at) { MASK } else { letter }).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::incidents::category;

    #[test]
    fn what_is_public_is_a_ticket_that_there_is() {
        for code in PUBLIC {
            assert!(category::find(code).is_some_and(category::Category::is_ticket), "{code}");
        }
        for code in ["VULNERABLE_PERSON", "NEIGHBOUR_NOISE", "ILLEGAL_BUILDING", "PROPERTY_SERVICE"] {
            assert_eq!(audience(code), Audience::Concerned, "{code}");
        }
    }

    #[test]
    fn an_author_has_a_day_and_three_tries() {
        let written = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let after = |seconds| written + TimeDelta::seconds(seconds);
        assert_eq!(may_redact(written, 2, after(86_399)), Ok(()));
        assert_eq!(may_redact(written, 3, after(1)), Err(Refusal::TooOften));
        assert_eq!(may_redact(written, 0, after(86_400)), Err(Refusal::TooLate));
    }

    #[test]
    fn parts_are_masked_letter_by_letter() {
        let mask = |from, to| redact("王先生在101", &[Span { from, to }]);
        assert_eq!(mask(0, 3).unwrap(), "███在101");
        assert_eq!(mask(4, 7).unwrap(), "王先生在███");
        for (from, to) in [(0, 0), (2, 1), (6, 8), (7, 8)] {
            assert_eq!(mask(from, to), Err(Refusal::NoSuchPart));
        }
    }

    proptest! {
        #[test]
        fn a_redaction_only_takes_away(text in ".{0,30}", parts in prop::collection::vec((0_usize..30, 0_usize..31), 0..4)) {
            let parts: Vec<_> = parts.into_iter().map(|(from, to)| Span { from, to }).collect();
            if let Ok(redacted) = redact(&text, &parts) {
                prop_assert_eq!(redacted.chars().count(), text.chars().count());
                for (before, after) in text.chars().zip(redacted.chars()) {
                    prop_assert!(after == before || after == MASK);
                }
                prop_assert_eq!(redact(&redacted, &parts).unwrap(), redacted);
            }
        }
    }
}
