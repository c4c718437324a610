//! What is to be done once voting has ended, and by when. Each deadline is a clock of its own: those who have to act are told
//! while some of its time is left, and once when it has passed. A deadline that passed does not undo what was decided.

use chrono::{DateTime, Utc};

use super::aftermath::days_after;
use super::parameters::PollRules;
use crate::{
    calendar::{Calendar, CalendarFault, RestDay, day_of, end_of_day},
    incidents::coded,
    words::{Words, local},
};

coded! {
    /// What is to be done.
    pub enum Deadline {
        /// The result is published.
        Publish = "PUBLISH",
        /// The elected committee meets.
        FirstMeeting = "FIRST_MEETING",
        /// Committee and rules are filed.
        File = "FILE",
        /// Until then a court may be asked to revoke what was decided: nobody has to do anything, but the evidence is
        /// kept.
        Revoke = "REVOKE",
        /// The re-election is begun, so long before the committee's term ends.
        Renew = "RENEW",
    }
}

impl Deadline {
    /// In plain words, Chinese and English.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Publish => ("公布结果", "the result is published"),
            Self::FirstMeeting => ("业主委员会首次会议", "the committee meets"),
            Self::Renew => ("开始换届", "the re-election is begun"),
            Self::File => ("备案", "committee and rules are filed"),
            Self::Revoke => ("业主申请撤销", "owners may ask a court to revoke it"),
        }
    }
}

coded! {
    /// What those who have to act were told of it.
    pub enum Said {
        Nothing = "NOTHING",
        /// Its last quarter has begun.
        Near = "NEAR",
        Passed = "PASSED",
    }
}

/// A committee meets within so many days of its election (guidance rules, art. 32). No city is known to say otherwise: the
/// rule `first_meeting_days` is about the first meeting of all owners, before it.
const FIRST_MEETING_DAYS: u32 = 7;

/// Owners may ask a court to revoke within a year of when they know or should (SPC interpretation on 区分所有权, art. 12).
const REVOCATION_MONTHS: u32 = 12;

const MONTHS_OF_A_YEAR: u32 = 12;

/// The moments by which things are to be done, as the frozen rules have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// The result is out (Beijing 37).
    pub publish_by: DateTime<Utc>,
    /// Owners may ask a court to revoke what was decided: counted from the publication, before which nobody could know.
    pub revocable_until: Option<DateTime<Utc>>,
    /// The elected committee meets; counted from when the result was final.
    pub first_meeting_by: Option<DateTime<Utc>>,
    /// It is filed (Property Management Regulation 16); counted from when the result was final.
    pub file_by: Option<DateTime<Utc>>,
    /// The re-election is begun (guidance rules 47; Beijing 49: six months before the term ends); the term is counted from
    /// when the result was final.
    pub renew_by: Option<DateTime<Utc>>,
}

/// When a poll came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Milestones {
    pub closed_at: DateTime<Utc>,
    pub published_at: Option<DateTime<Utc>>,
    pub final_at: Option<DateTime<Utc>>,
    /// Whether it formed a committee.
    pub is_formed: bool,
    /// Whether the committee's term began with it: it completed none that sat before.
    pub begins_a_term: bool,
}

impl Deadlines {
    pub fn of(milestones: Milestones, rules: &PollRules, calendar: &Calendar) -> Result<Self, CalendarFault> {
        let Milestones { closed_at, published_at, final_at, is_formed, begins_a_term } = milestones;
        let elected_at = final_at.filter(|_| is_formed && !rules.is_of_opinion());
        let after =
            |from: Option<DateTime<Utc>>, days| from.map(|from| days_after(from, days, calendar)).transpose();
        let revocable_from = published_at.filter(|_| !rules.is_of_opinion());
        Ok(Self {
            publish_by: days_after(closed_at, rules.result_publish_days, calendar)?,
            // There is nothing to revoke where nothing was decided.
            revocable_until: revocable_from
                .map(|from| months_after(from, REVOCATION_MONTHS, RestDay::MovesOn, calendar))
                .transpose()?,
            first_meeting_by: after(elected_at, FIRST_MEETING_DAYS)?,
            file_by: after(elected_at, rules.filing_days)?,
            renew_by: elected_at
                .filter(|_| begins_a_term)
                .zip(rules.renewal_lead)
                .map(|(from, lead)| {
                    let term = rules.term_years.saturating_mul(MONTHS_OF_A_YEAR);
                    months_after(from, term.saturating_sub(lead), RestDay::Counts, calendar)
                })
                .transpose()?,
        })
    }
}

impl Deadlines {
    /// The clocks that began at one of the milestones.
    pub fn clocks(&self, milestones: Milestones) -> Vec<(Deadline, Clock)> {
        let Milestones { closed_at, published_at, final_at, .. } = milestones;
        let runs = |deadline, from: Option<DateTime<Utc>>, until: Option<DateTime<Utc>>| {
            from.zip(until).map(|(from, until)| (deadline, Clock::new(from, until)))
        };
        let published = runs(Deadline::Publish, Some(closed_at), Some(self.publish_by))
            .map(|(deadline, clock)| (deadline, Clock { met_at: published_at, ..clock }));
        let all = [
            published,
            runs(Deadline::Revoke, published_at, self.revocable_until),
            runs(Deadline::FirstMeeting, final_at, self.first_meeting_by),
            runs(Deadline::File, final_at, self.file_by),
            runs(Deadline::Renew, final_at, self.renew_by),
        ];
        all.into_iter().flatten().collect()
    }
}

fn months_after(
    from: DateTime<Utc>,
    months: u32,
    rest: RestDay,
    calendar: &Calendar,
) -> Result<DateTime<Utc>, CalendarFault> {
    let days = calendar.known_at(from).days();
    end_of_day(days.after_months(day_of(from)?, months, rest)?)
}

/// The time of one deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    pub begun_at: DateTime<Utc>,
    pub due_at: DateTime<Utc>,
    /// When it was done, however late.
    pub met_at: Option<DateTime<Utc>>,
    pub said: Said,
}

/// Why nobody notes that it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("{deadline} is met by what happens here, not by a note")]
    BySomethingElse { deadline: Deadline },
    #[error("it was done at {} already", local(*met_at))]
    MetAlready { met_at: DateTime<Utc> },
    #[error("it cannot have been done at {}: its time began at {} and it is {}", local(*at), local(*begun_at), local(*now))]
    NotThen { at: DateTime<Utc>, begun_at: DateTime<Utc>, now: DateTime<Utc> },
}

impl Refusal {
    /// The refusal in plain words.
    pub fn words(self) -> Words {
        let zh = match self {
            Self::BySomethingElse { .. } => "这一期限由系统自动记录。".to_owned(),
            Self::MetAlready { met_at } => format!("已于 {} 完成。", local(met_at)),
            Self::NotThen { begun_at, now, .. } => {
                format!("完成时间须在 {} 与 {} 之间。", local(begun_at), local(now))
            }
        };
        Words::new(zh, format!("{self}."))
    }
}

impl Clock {
    /// One that nobody was told of.
    pub const fn new(begun_at: DateTime<Utc>, due_at: DateTime<Utc>) -> Self {
        Self { begun_at, due_at, met_at: None, said: Said::Nothing }
    }

    /// When its last quarter begins.
    fn near_at(self) -> DateTime<Utc> {
        self.due_at - (self.due_at - self.begun_at) / 4
    }

    /// When there is something to be told next; nothing once it is done, or nothing is left to tell.
    pub fn prompts_at(self) -> Option<DateTime<Utc>> {
        match (self.met_at, self.said) {
            (Some(_), _) | (None, Said::Passed) => None,
            (None, Said::Near) => Some(self.due_at),
            (None, Said::Nothing) => Some(self.near_at()),
        }
    }

    /// What is to be told now. Whoever comes late to both tells of the second alone.
    pub fn prompt(self, now: DateTime<Utc>) -> Option<Said> {
        self.prompts_at().filter(|at| *at <= now)?;
        Some(if self.due_at <= now { Said::Passed } else { Said::Near })
    }

    /// Done, as somebody notes at `now`. That it is late is no reason not to say when it was.
    pub fn meet(self, deadline: Deadline, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<Self, Refusal> {
        if matches!(deadline, Deadline::Publish | Deadline::Revoke) {
            return Err(Refusal::BySomethingElse { deadline });
        }
        if let Some(met_at) = self.met_at {
            return Err(Refusal::MetAlready { met_at });
        }
        if !(self.begun_at..=now).contains(&at) {
            return Err(Refusal::NotThen { at, begun_at: self.begun_at, now });
        }
        Ok(Self { met_at: Some(at), ..self })
    }

    /// Whether its time is over, or was before it was done. Its last instant is the one before `due_at`.
    pub fn is_late(self, now: DateTime<Utc>) -> bool {
        self.met_at.unwrap_or(now) >= self.due_at
    }
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
    fn deadlines_follow_from_the_frozen_rules() {
        let rules = PollRules::national();
        let closed_at = at("2026-03-02T09:00:00+08:00");
        let closed = Milestones {
            closed_at,
            published_at: None,
            final_at: None,
            is_formed: true,
            begins_a_term: true,
        };
        let of = |milestones| Deadlines::of(milestones, &rules, &Calendar::default()).unwrap();
        let early = of(closed);
        assert_eq!(early.publish_by, at("2026-03-06T00:00:00+08:00"));
        assert_eq!((early.revocable_until, early.first_meeting_by, early.file_by), (None, None, None));
        let published = Milestones { published_at: Some(at("2026-03-04T09:00:00+08:00")), ..closed };
        // A year on it is a Thursday.
        assert_eq!(of(published).revocable_until, Some(at("2027-03-05T00:00:00+08:00")));
        assert_eq!(of(published).file_by, None);
        let done = Milestones { final_at: Some(at("2026-03-12T00:00:01+08:00")), ..published };
        assert_eq!(of(done).first_meeting_by, Some(at("2026-03-20T00:00:00+08:00")));
        // Thirty days on it is a Saturday.
        assert_eq!(of(done).file_by, Some(at("2026-04-14T00:00:00+08:00")));
        // Five years, less six months.
        assert_eq!(of(done).renew_by, Some(at("2030-09-13T00:00:00+08:00")));
        let completed = Milestones { begins_a_term: false, ..done };
        assert_eq!(of(completed), Deadlines { renew_by: None, ..of(done) });
        let nobody = Milestones { is_formed: false, ..done };
        assert_eq!(
            (of(nobody).first_meeting_by, of(nobody).file_by, of(nobody).renew_by),
            (None, None, None)
        );
    }

    #[test]
    fn each_milestone_begins_its_own_clocks() {
        let rules = PollRules::national();
        let closed_at = at("2026-03-02T09:00:00+08:00");
        let mut milestones = Milestones {
            closed_at,
            published_at: None,
            final_at: None,
            is_formed: true,
            begins_a_term: true,
        };
        let run = |milestones| {
            let clocks = Deadlines::of(milestones, &rules, &Calendar::default()).unwrap().clocks(milestones);
            clocks.into_iter().map(|(deadline, clock)| (deadline, clock.met_at.is_some())).collect::<Vec<_>>()
        };
        assert_eq!(run(milestones), [(Deadline::Publish, false)]);
        milestones.published_at = Some(closed_at + TimeDelta::days(1));
        assert_eq!(run(milestones), [(Deadline::Publish, true), (Deadline::Revoke, false)]);
        milestones.final_at = Some(closed_at + TimeDelta::days(9));
        let all = [
            (Deadline::Publish, true),
            (Deadline::Revoke, false),
            (Deadline::FirstMeeting, false),
            (Deadline::File, false),
            (Deadline::Renew, false),
        ];
        assert_eq!(run(milestones), all);
        assert_eq!(run(Milestones { is_formed: false, ..milestones }), all[..2]);
    }

    #[test]
    fn only_what_is_done_elsewhere_is_noted_and_only_once() {
        let clock = Clock::new(at("2026-03-02T00:00:00Z"), at("2026-03-10T00:00:00Z"));
        let (then, now) = (at("2026-03-11T00:00:00Z"), at("2026-03-12T00:00:00Z"));
        for &deadline in Deadline::ALL {
            let met = clock.meet(deadline, then, now);
            if matches!(deadline, Deadline::Publish | Deadline::Revoke) {
                assert_eq!(met, Err(Refusal::BySomethingElse { deadline }));
                continue;
            }
            let met = met.unwrap();
            assert!(met.is_late(now), "it was done after its time");
            assert_eq!(met.meet(deadline, then, now), Err(Refusal::MetAlready { met_at: then }));
            for wrong in [clock.begun_at - TimeDelta::seconds(1), now + TimeDelta::seconds(1)] {
                let refusal = clock.meet(deadline, wrong, now).unwrap_err();
                assert!(matches!(refusal, Refusal::NotThen { .. }));
                assert!(refusal.words().zh.ends_with('。') && refusal.words().en.ends_with('.'));
            }
        }
    }

    proptest! {
        /// Somebody looks at the clock at any moments: each thing is told once at most, in order, never before its time,
        /// and nothing once it is done.
        #[test]
        fn each_thing_is_told_once(
            seconds in 4i64..400 * 86_400,
            looks in proptest::collection::vec(0i64..600 * 86_400, 1..12),
            met in proptest::option::of(0i64..600 * 86_400),
        ) {
            let begun = at("2026-03-02T00:00:00Z");
            let mut clock = Clock::new(begun, begun + TimeDelta::seconds(seconds));
            let mut looks = looks;
            looks.sort_unstable();
            let mut told = Vec::new();
            for look in looks {
                let now = begun + TimeDelta::seconds(look);
                if let Some(met) = met.filter(|met| *met <= look && clock.met_at.is_none()) {
                    clock = clock.meet(Deadline::File, begun + TimeDelta::seconds(met), now).unwrap();
                }
                let due_by_hand = match () {
                    () if clock.met_at.is_some() => None,
                    () if look >= seconds => Some(Said::Passed),
                    () if 4 * look >= 3 * seconds => Some(Said::Near),
                    () => None,
                };
                let said = clock.prompt(now);
                prop_assert_eq!(said, due_by_hand.filter(|due| !told.contains(due)));
                if let Some(said) = said {
                    clock.said = said;
                    told.push(said);
                }
            }
            prop_assert!(told.is_sorted());
        }
    }
}
