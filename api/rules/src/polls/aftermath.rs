//! What comes after a result is published: it is provisional while owners may object, and final once that time is over
//! and no objection holds. Nothing of a result is ever edited: a recount is a computation of its own, and a vote that
//! was wrong is held again.
//!
//! The days follow Civil Code 201 and 203: the first is not counted, and a last one that is a rest day moves on.

use chrono::{DateTime, Utc};

use super::parameters::PollRules;
use crate::{
    calendar::{Calendar, CalendarFault, RestDay, day_of, end_of_day},
    incidents::coded,
    words::{Words, local},
};

coded! {
    /// What somebody objects to.
    pub enum Ground {
        /// Who was on the roll, or with which area.
        Roll = "ROLL",
        /// How ballots were given out, cast or kept.
        Ballot = "BALLOT",
        Count = "COUNT",
        /// Notice, window, or how it was convened.
        Procedure = "PROCEDURE",
        /// Whether somebody may be elected.
        Candidate = "CANDIDATE",
        Other = "OTHER",
    }
}

coded! {
    /// What became of an objection.
    pub enum Answered {
        /// It holds: the result stays provisional, and is recounted or voted on anew.
        Upheld = "UPHELD",
        Dismissed = "DISMISSED",
    }
}

/// The objections to one result, by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Objections {
    /// Not answered yet.
    pub open: u64,
    pub upheld: u64,
    pub dismissed: u64,
}

impl Objections {
    pub const fn made(self) -> u64 {
        self.open.saturating_add(self.upheld).saturating_add(self.dismissed)
    }

    /// Whether nothing stands against the result.
    pub const fn none_stands(self) -> bool {
        self.open == 0 && self.upheld == 0
    }
}

/// Why nobody may object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the result is not published yet")]
    NotPublished,
    #[error("objections were taken until {}; it is {}", local(*until), local(*now))]
    TooLate { until: DateTime<Utc>, now: DateTime<Utc> },
}

impl Refusal {
    /// The refusal in plain words.
    pub fn words(self) -> Words {
        let zh = match self {
            Self::NotPublished => "结果尚未公布。".to_owned(),
            Self::TooLate { until, .. } => format!("异议期已于 {} 结束。", local(until)),
        };
        Words::new(zh, format!("{self}."))
    }
}

/// Until when a result may be objected to. That instant itself is too late.
pub fn objections_end(
    published_at: DateTime<Utc>,
    rules: &PollRules,
    calendar: &Calendar,
) -> Result<DateTime<Utc>, CalendarFault> {
    days_after(published_at, rules.objection_days, calendar)
}

/// Whether somebody may still object; `until` is known from the publication on.
pub fn may_object(until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), Refusal> {
    match until {
        None => Err(Refusal::NotPublished),
        Some(until) if now >= until => Err(Refusal::TooLate { until, now }),
        Some(_) => Ok(()),
    }
}

/// When a result becomes final by itself; nothing as long as an objection stands against it.
pub fn final_from(until: DateTime<Utc>, objections: Objections) -> Option<DateTime<Utc>> {
    objections.none_stands().then_some(until)
}

/// The end of the last of so many days.
pub(super) fn days_after(
    from: DateTime<Utc>,
    days: u32,
    calendar: &Calendar,
) -> Result<DateTime<Utc>, CalendarFault> {
    end_of_day(calendar.known_at(from).days().after_days(day_of(from)?, days, RestDay::MovesOn)?)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn the_day_of_publication_is_not_counted_and_a_rest_day_moves_on() {
        let rules = PollRules::national();
        let end = |text: &str| objections_end(at(text), &rules, &Calendar::default()).unwrap();
        // From Wednesday on, the seventh day is a Wednesday.
        assert_eq!(end("2026-03-04T00:00:00+08:00"), at("2026-03-12T00:00:00+08:00"));
        assert_eq!(end("2026-03-04T23:59:59+08:00"), at("2026-03-12T00:00:00+08:00"));
        // From Saturday on, it is a Saturday: Monday counts.
        assert_eq!(end("2026-03-07T09:00:00+08:00"), at("2026-03-17T00:00:00+08:00"));
        // The seventh day is in the week of the National Day.
        assert!(end("2026-09-25T09:00:00+08:00") > at("2026-10-07T00:00:00+08:00"));
        let longer = PollRules { objection_days: 15, ..rules };
        let end = objections_end(at("2026-03-04T09:00:00+08:00"), &longer, &Calendar::default()).unwrap();
        assert_eq!(end, at("2026-03-20T00:00:00+08:00"));
    }

    #[test]
    fn objections_are_taken_until_just_before_the_end() {
        let until = at("2026-03-12T00:00:00+08:00");
        assert_eq!(may_object(None, until), Err(Refusal::NotPublished));
        assert_eq!(may_object(Some(until), until - TimeDelta::microseconds(1)), Ok(()));
        assert_eq!(may_object(Some(until), until), Err(Refusal::TooLate { until, now: until }));
        for refusal in [Refusal::NotPublished, Refusal::TooLate { until, now: until }] {
            let words = refusal.words();
            assert!(words.zh.ends_with('。') && words.en.ends_with('.'));
        }
    }

    proptest! {
        #[test]
        fn a_result_is_final_only_where_nothing_stands_against_it(open in 0u64..3, upheld in 0u64..3, dismissed in 0u64..3) {
            let until = at("2026-03-12T00:00:00+08:00");
            let objections = Objections { open, upheld, dismissed };
            prop_assert_eq!(final_from(until, objections), (open + upheld == 0).then_some(until));
            prop_assert_eq!(objections.made(), open + upheld + dismissed);
        }

        #[test]
        fn nobody_has_fewer_days_than_the_rules_say(seconds in 0i64..400 * 86_400, days in 1u32..=60) {
            let rules = PollRules { objection_days: days, ..PollRules::national() };
            let published = at("2026-01-01T00:00:00+08:00") + TimeDelta::seconds(seconds);
            let whole = objections_end(published, &rules, &Calendar::default()).unwrap() - published;
            prop_assert!(whole >= TimeDelta::days(days.into()));
            // The longest row of rest days is nine or ten.
            prop_assert!(whole <= TimeDelta::days(i64::from(days) + 12));
        }
    }
}
