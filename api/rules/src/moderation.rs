//! What others may read of what somebody wrote.
//!
//! **Promises:** what was masked stays masked, and nothing else changes: a redaction takes away and never puts in. Who
//! handles an incident reads what was written and sees what was sent, whatever becomes of it here. A photo is shown to
//! neighbours once it was passed and not before; what a person decided of it, no later word of WeChat's changes.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    clusters::Policy,
    incidents::{Level, codes::coded},
};

coded! {
    /// What was found of a text or a photo.
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
    /// For whom a text or a photo is meant.
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

/// For whom a photo of an incident at a place of this level is meant: neighbours are shown troubles of shared places, and
/// nobody looks into a home.
pub fn photo_audience(category: &str, level: Level) -> Audience {
    if level > Level::Home && Policy::current().stacks(category) {
        Audience::Public
    } else {
        Audience::Concerned
    }
}

/// What somebody who wants to see a photo is to its incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beholder {
    /// Who sent the photo.
    Author,
    /// Who answers for the incident, or did.
    Ladder,
    /// Who reported the incident.
    Reporter,
    /// Who is told of it because it may be one trouble with theirs.
    Neighbour,
}

/// Whether a photo is shown: what nobody has looked at, to those concerned; what is doubtful or unfit, only to those who
/// have to do with it.
pub fn shows(state: State, to: Beholder) -> bool {
    match to {
        Beholder::Author | Beholder::Ladder => true,
        Beholder::Reporter => matches!(state, State::Passed | State::NotChecked),
        Beholder::Neighbour => state == State::Passed,
    }
}

/// How often WeChat is asked of one photo.
const TRIES: u32 = 6;
/// The wait before the second time; each further one is twice as long.
const FIRST_WAIT: TimeDelta = TimeDelta::seconds(30);
/// Longer than asking takes: whoever asked and has told nothing by then is dead.
const ASKING: TimeDelta = TimeDelta::minutes(1);
/// How long WeChat looks at what was sent by somebody who was in the mini-program.
const PRESENCE: TimeDelta = TimeDelta::hours(2);
/// WeChat tells what it found within half an hour. What has not come long after is lost.
pub const ANSWERED_WITHIN: TimeDelta = TimeDelta::minutes(40);

/// What WeChat says of a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Fit to be seen.
    Pass,
    /// A person must look.
    Doubt,
    /// Not fit to be seen.
    Harm,
    /// It could not look.
    Nothing,
}

/// A photo on its way through its check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhotoCheck {
    pub audience: Audience,
    pub state: State,
    pub attached_at: DateTime<Utc>,
    /// While it is with WeChat: when it is asked next, or until when its word is waited for.
    pub waits_until: Option<DateTime<Utc>>,
    /// How often WeChat was asked.
    pub attempts: u32,
    /// When it was settled who sees it; none while it waits for WeChat or a person.
    pub decided_at: Option<DateTime<Utc>>,
}

impl PhotoCheck {
    /// A photo that WeChat is to look at.
    pub fn by_wechat(audience: Audience, now: DateTime<Utc>) -> Self {
        let (attached_at, waits_until) = (now, Some(now));
        Self { audience, state: State::NotChecked, attached_at, waits_until, attempts: 0, decided_at: None }
    }

    /// A photo that WeChat cannot look at. Nobody needs to, where only those concerned see it.
    pub fn by_a_person(audience: Audience, now: DateTime<Utc>) -> Option<Self> {
        let left = Self { waits_until: None, ..Self::by_wechat(audience, now) };
        (audience == Audience::Public).then_some(left)
    }

    /// Somebody is about to ask WeChat.
    #[must_use]
    pub fn taken_up(self, now: DateTime<Utc>) -> Self {
        Self { attempts: self.attempts.saturating_add(1), waits_until: Some(now + ASKING), ..self }
    }

    /// WeChat will look, and tell.
    #[must_use]
    pub fn asked(self, now: DateTime<Utc>) -> Self {
        Self { waits_until: Some(now + ANSWERED_WITHIN), ..self }
    }

    /// WeChat could not be asked; `not_before` is when it can be again, where that is known. It is asked again as long as
    /// that makes sense, and then a person looks.
    #[must_use]
    pub fn put_off(self, not_before: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let doublings = self.attempts.saturating_sub(1).min(TRIES);
        let next = (now + FIRST_WAIT * 2_i32.pow(doublings)).max(not_before.unwrap_or(now));
        if self.attempts >= TRIES || next >= self.attached_at + PRESENCE {
            self.left_to_a_person(now)
        } else {
            Self { waits_until: Some(next), ..self }
        }
    }

    /// WeChat says nothing, or nothing any more. Nobody needs to look at what only those concerned see.
    #[must_use]
    pub fn left_to_a_person(self, now: DateTime<Utc>) -> Self {
        let decided_at = (self.audience == Audience::Concerned).then_some(now);
        Self { waits_until: None, decided_at, ..self }
    }

    /// WeChat's word, which counts once, however late, unless a person was faster. None where it changes nothing.
    #[must_use]
    pub fn found(self, finding: Finding, now: DateTime<Utc>) -> Option<Self> {
        if self.state != State::NotChecked {
            return None;
        }
        let over = Self { waits_until: None, ..self };
        match finding {
            Finding::Pass => Some(Self { state: State::Passed, decided_at: Some(now), ..over }),
            Finding::Doubt => Some(Self { state: State::Held, decided_at: None, ..over }),
            Finding::Harm => Some(Self { state: State::Hidden, decided_at: Some(now), ..over }),
            Finding::Nothing => self.waits_until.map(|_| self.left_to_a_person(now)),
        }
    }

    /// A person's word, which stands.
    #[must_use]
    pub fn decided(self, state: State, now: DateTime<Utc>) -> Self {
        Self { state, waits_until: None, decided_at: Some(now), ..self }
    }

    /// Whether a person has to look at it.
    pub fn waits_for_a_person(&self) -> bool {
        self.waits_until.is_none() && self.decided_at.is_none()
    }
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

/// A text of which nobody may read anything yet.
pub fn withheld(text: &str) -> String {
    text.chars().map(|_| MASK).collect()
}

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

    #[test]
    fn nobody_looks_into_a_home_nor_at_what_is_nobody_elses_business() {
        assert_eq!(photo_audience("ELEVATOR_FAULT", Level::Unit), Audience::Public);
        assert_eq!(photo_audience("ELEVATOR_FAULT", Level::Home), Audience::Concerned);
        assert_eq!(photo_audience("NEIGHBOUR_NOISE", Level::Unit), Audience::Concerned);
    }

    #[test]
    fn a_photo_is_for_neighbours_once_passed_and_for_the_ladder_always() {
        use Beholder::{Author, Ladder, Neighbour, Reporter};
        use State::{Held, Hidden, NotChecked, Passed};
        for state in [Passed, Held, NotChecked, Hidden] {
            assert!(shows(state, Author) && shows(state, Ladder), "{state}");
            assert_eq!(shows(state, Neighbour), state == Passed, "{state}");
            assert_eq!(shows(state, Reporter), matches!(state, Passed | NotChecked), "{state}");
        }
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn what_wechat_cannot_look_at_is_a_persons_only_where_others_may_see_it() {
        assert!(PhotoCheck::by_a_person(Audience::Public, now()).unwrap().waits_for_a_person());
        assert_eq!(PhotoCheck::by_a_person(Audience::Concerned, now()), None);
        let concerned = PhotoCheck::by_wechat(Audience::Concerned, now());
        assert!(!concerned.waits_for_a_person(), "it is with WeChat");
        assert!(!concerned.left_to_a_person(now()).waits_for_a_person());
        assert!(concerned.found(Finding::Doubt, now()).unwrap().waits_for_a_person(), "a doubt is kept");
    }

    #[test]
    fn wechat_is_asked_six_times_within_the_presence_of_the_author() {
        let mut check = PhotoCheck::by_wechat(Audience::Public, now());
        let mut waits = Vec::new();
        while let Some(at) = check.waits_until {
            check = check.taken_up(at).put_off(None, at);
            waits.extend(check.waits_until.map(|next| (next - at).num_seconds()));
        }
        assert_eq!((waits, check.attempts), (vec![30, 60, 120, 240, 480], 6));
        assert!(check.waits_for_a_person());
        let fresh = PhotoCheck::by_wechat(Audience::Public, now()).taken_up(now());
        let later = now() + TimeDelta::minutes(10);
        assert_eq!(fresh.put_off(Some(later), now()).waits_until, Some(later), "a quota opens then");
        let tomorrow = Some(now() + PRESENCE);
        assert!(fresh.put_off(tomorrow, now()).waits_for_a_person(), "the author will be gone");
    }

    #[test]
    fn the_first_word_counts_and_a_persons_stands() {
        let asked = PhotoCheck::by_wechat(Audience::Public, now()).taken_up(now()).asked(now());
        assert_eq!(asked.waits_until, Some(now() + ANSWERED_WITHIN));
        let passed = asked.found(Finding::Pass, now()).unwrap();
        assert_eq!((passed.state, passed.decided_at), (State::Passed, Some(now())));
        for finding in [Finding::Pass, Finding::Doubt, Finding::Harm, Finding::Nothing] {
            assert_eq!(passed.found(finding, now()), None, "told twice");
            assert_eq!(
                asked.decided(State::Passed, now()).found(finding, now()),
                None,
                "a person was faster"
            );
        }
        let lost = asked.left_to_a_person(now());
        assert!(lost.waits_for_a_person());
        assert_eq!(lost.found(Finding::Harm, now()).unwrap().state, State::Hidden, "better late than never");
        assert_eq!(lost.found(Finding::Nothing, now()), None);
        assert!(asked.found(Finding::Nothing, now()).unwrap().waits_for_a_person());
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
