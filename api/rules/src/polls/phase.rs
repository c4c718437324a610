//! The life of a poll: draft → locked → open → closed → published. One function a transition; each asks what it must
//! know as facts, and refuses by name. Nothing goes back, nothing is skipped.
//!
//! Where too few took part by the time that voting was to end, it goes on instead (延期), as often and as long as the
//! frozen rules say. Nobody decides that, and nothing of what is chosen is asked: only how many took part. Where too few
//! registered for a poll of opinion it ends when it was to begin ([`Window::given`]): nobody votes in vain.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::parameters::{PollRules, Range, Unlawful};
use super::standstill;
use super::tally::{Electorate, Seats};
use crate::calendar::{CalendarFault, RestDay, WorkingDays, day_of, end_of_day};
use crate::pause::{PAUSE_DAYS, PAUSES_DAYS, Pause};
use crate::quantity::Weight;
use crate::words::{Words, local};

/// Where a poll stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Phase {
    /// Being prepared; everything may change.
    Draft,
    /// Roll, rules, candidates and texts are frozen and shown; voting has not begun.
    Locked,
    /// Ballots are taken.
    Open,
    /// No ballot is taken any more; counting.
    Closed,
    /// The result is out.
    Published,
}

/// What a poll may be asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Move {
    Lock,
    Open,
    Close,
    Publish,
    /// Taking a ballot: moves nothing, but only an open poll does it.
    Cast,
    /// Registering for a poll of opinion: moves nothing either, and is over when voting begins.
    Register,
}

/// When ballots are taken: from `opens_at` on, until just before `closes_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub opens_at: DateTime<Utc>,
    pub closes_at: DateTime<Utc>,
}

/// What must be known to lock a poll.
#[derive(Debug, Clone, Copy)]
pub struct LockFacts<'a> {
    pub rules: &'a PollRules,
    /// The total of the roll to be frozen.
    pub roll: Weight,
    /// How many candidates stand; none for a poll on texts alone.
    pub candidates: usize,
    /// Seats of the committee, where candidates stand.
    pub seats: Seats,
    /// How many texts are put to the vote.
    pub texts: usize,
    pub window: Window,
}

/// What must be known where voting was to end: who took part, and never for what.
#[derive(Debug, Clone, Copy)]
pub struct EndFacts<'a> {
    pub rules: &'a PollRules,
    pub electorate: Electorate,
    /// Whose ballots are in.
    pub took_part: Weight,
    /// With the extensions made so far.
    pub window: Window,
    /// How many those are.
    pub extensions: u32,
    /// When it stood still.
    pub pauses: &'a [Pause],
    /// Whether anybody counted what was chosen.
    pub is_counted: bool,
    /// Whether paper that came back in time is not settled, or its box is not stated: who took part is not known yet.
    pub paper_waits: bool,
}

/// How voting ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// For good; the phase that follows.
    Closed(Phase),
    /// Not yet: it goes on until this window closes.
    Extended(Window),
    /// No ballot is taken any more, and which of the two it is follows from paper that is still to be settled.
    Waits,
}

/// What must be known to publish a poll.
#[derive(Debug, Clone, Copy)]
pub struct PublishFacts {
    pub window: Window,
    /// When the ballots were counted, if they were.
    pub counted_at: Option<DateTime<Utc>>,
}

/// Why a poll does not move. [`Refusal::words`] says it to the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("a poll that is {from:?} cannot {asked:?}")]
    WrongPhase { asked: Move, from: Phase },
    #[error("there is nothing to vote on: no candidate and no text")]
    NothingToVoteOn,
    #[error("the roll is empty")]
    RollEmpty,
    #[error("{seats} seats: a committee here has an odd number of members from {} to {}", allowed.min, allowed.max)]
    SeatsNotAllowed { seats: u32, allowed: Range },
    #[error("the rules are not lawful: {}", list(faults))]
    RulesUnlawful { faults: Vec<Unlawful> },
    #[error(
        "voting from {} to {} is not {} to {} days long",
        local(window.opens_at), local(window.closes_at), allowed.min, allowed.max
    )]
    WindowLength { window: Window, allowed: Range },
    #[error("voting would open at {}, which is past: it is {}", local(*opens_at), local(*now))]
    OpensInThePast { opens_at: DateTime<Utc>, now: DateTime<Utc> },
    #[error(
        "voting would open at {}; with {days} clear days of notice from {} on it opens at {} at the earliest",
        local(*opens_at), local(*now), local(*earliest)
    )]
    NoticeTooShort { opens_at: DateTime<Utc>, now: DateTime<Utc>, days: u32, earliest: DateTime<Utc> },
    #[error("{0}")]
    Calendar(#[from] CalendarFault),
    #[error("voting opens at {}; it is {}", local(*opens_at), local(*now))]
    BeforeOpening { opens_at: DateTime<Utc>, now: DateTime<Utc> },
    #[error("voting closes at {}; it is {}", local(*closes_at), local(*now))]
    BeforeClosing { closes_at: DateTime<Utc>, now: DateTime<Utc> },
    #[error("owners could register until voting opened at {}; it is {}", local(*opens_at), local(*now))]
    RegistrationOver { opens_at: DateTime<Utc>, now: DateTime<Utc> },
    #[error("voting closed at {}; it is {}", local(*closes_at), local(*now))]
    AfterClosing { closes_at: DateTime<Utc>, now: DateTime<Utc> },
    #[error("voting stands still until {}; it is {}", local(*until), local(*now))]
    Paused { until: DateTime<Utc>, now: DateTime<Utc> },
    #[error("voting does not stand still")]
    NotPaused,
    #[error(
        "a pause ends later than it begins, and {PAUSE_DAYS} days later at most; all together last {PAUSES_DAYS} days at most"
    )]
    PauseOutOfReach,
    #[error("it stood still {} times already", standstill::MOST)]
    PausedTooOften,
    #[error("the ballots are not counted yet")]
    NotCounted,
    #[error("the count of {} was made before voting closed at {}", local(*counted_at), local(*closes_at))]
    CountedTooEarly { counted_at: DateTime<Utc>, closes_at: DateTime<Utc> },
}

fn list(faults: &[Unlawful]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Phase {
    pub const ALL: [Self; 5] = [Self::Draft, Self::Locked, Self::Open, Self::Closed, Self::Published];

    /// Draft → locked: freezes what is voted on, by whom, and by which rules.
    ///
    /// Only what was published beforehand may be voted on (Beijing 35, Hangzhou 19); the window is as long as the rules
    /// allow (Hangzhou 20), after the notice that is due; seats are odd (guidance rules 31), those of a run-off with those
    /// that are filled.
    pub fn lock(self, facts: &LockFacts<'_>, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.must_be(Self::Draft, Move::Lock)?;
        let LockFacts { rules, roll, candidates, seats, texts, window } = *facts;
        let faults = rules.faults();
        if !faults.is_empty() {
            return Err(Refusal::RulesUnlawful { faults });
        }
        if candidates == 0 && texts == 0 {
            return Err(Refusal::NothingToVoteOn);
        }
        if candidates > 0 && !rules.allows_seats(seats.whole()) {
            return Err(Refusal::SeatsNotAllowed { seats: seats.whole(), allowed: rules.committee_size });
        }
        if roll.heads.0 == 0 || roll.area.0 == 0 {
            return Err(Refusal::RollEmpty);
        }
        if !window.lasts(rules.window_days) {
            return Err(Refusal::WindowLength { window, allowed: rules.window_days });
        }
        if window.opens_at < now {
            return Err(Refusal::OpensInThePast { opens_at: window.opens_at, now });
        }
        window.leaves_notice(rules.told_before(candidates > 0), now)?;
        Ok(Self::Locked)
    }

    /// Locked → open, once the time has come. Late is allowed: it takes nothing from the voters that was not lost.
    pub fn open(self, window: Window, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.must_be(Self::Locked, Move::Open)?;
        if now < window.opens_at {
            return Err(Refusal::BeforeOpening { opens_at: window.opens_at, now });
        }
        Ok(Self::Open)
    }

    /// Open → closed, never before the announced time: not even when all have voted, or somebody likes the turnout.
    /// Where too few took part for any matter or election, and an extension is left, it stays open for that long. While
    /// paper waits it does neither: it takes no ballot, and nobody counts.
    pub fn end(self, facts: &EndFacts<'_>, now: DateTime<Utc>) -> Result<Ending, Refusal> {
        self.must_be(Self::Open, Move::Close)?;
        let closes_at = facts.window.closes_at;
        if now < closes_at {
            return Err(Refusal::BeforeClosing { closes_at, now });
        }
        if facts.paper_waits {
            return Ok(Ending::Waits);
        }
        Ok(facts.extended().map_or(Ending::Closed(Self::Closed), Ending::Extended))
    }

    /// Closed → published, after a count of everything that came in (Beijing 37: within 3 days).
    pub fn publish(self, facts: PublishFacts, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.must_be(Self::Closed, Move::Publish)?;
        let PublishFacts { window: Window { closes_at, .. }, counted_at } = facts;
        if now < closes_at {
            return Err(Refusal::BeforeClosing { closes_at, now });
        }
        match counted_at {
            None => Err(Refusal::NotCounted),
            Some(counted_at) if counted_at < closes_at => {
                Err(Refusal::CountedTooEarly { counted_at, closes_at })
            }
            Some(_) => Ok(Self::Published),
        }
    }

    /// The step that the clock alone calls for, if any: opening and closing wait for nobody. Whether voting then closes
    /// or goes on says [`Phase::end`].
    pub fn due(self, window: Window, now: DateTime<Utc>) -> Option<Move> {
        match self {
            Self::Locked if now >= window.opens_at => Some(Move::Open),
            Self::Open if now >= window.closes_at => Some(Move::Close),
            _ => None,
        }
    }

    /// Whether the result of a vote that is cast in a city's system may be taken now: once voting is over there.
    pub fn take_result(self, window: Window, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.must_be(Self::Open, Move::Close)?;
        let closes_at = window.closes_at;
        if now < closes_at { Err(Refusal::BeforeClosing { closes_at, now }) } else { Ok(()) }
    }

    /// Whether a ballot may be taken now. The closing instant itself is too late; and while it stands still none is, on any
    /// channel.
    pub fn take_ballot(self, window: Window, pauses: &[Pause], now: DateTime<Utc>) -> Result<(), Refusal> {
        let Window { opens_at, closes_at } = window;
        match self {
            Self::Locked | Self::Open if now < opens_at => Err(Refusal::BeforeOpening { opens_at, now }),
            Self::Open | Self::Closed | Self::Published if now >= closes_at => {
                Err(Refusal::AfterClosing { closes_at, now })
            }
            Self::Open => match standstill::running(pauses, now) {
                Some(pause) => Err(Refusal::Paused { until: pause.over_at(), now }),
                None => Ok(()),
            },
            from => Err(Refusal::WrongPhase { asked: Move::Cast, from }),
        }
    }

    /// Whether somebody may register for a poll of opinion now: once its roll is locked, and until voting begins, so that
    /// of whom the turnout is does not change any more.
    pub fn take_registration(self, window: Window, now: DateTime<Utc>) -> Result<(), Refusal> {
        let opens_at = window.opens_at;
        match self {
            Self::Draft => Err(Refusal::WrongPhase { asked: Move::Register, from: self }),
            Self::Locked if now < opens_at => Ok(()),
            _ => Err(Refusal::RegistrationOver { opens_at, now }),
        }
    }

    /// Whether papers may be given out now: once the roll is locked, and while one may still come back.
    pub fn give_paper(self, window: Window, now: DateTime<Utc>) -> Result<(), Refusal> {
        let closes_at = window.closes_at;
        match self {
            Self::Draft => Err(Refusal::WrongPhase { asked: Move::Cast, from: self }),
            Self::Locked | Self::Open if now < closes_at => Ok(()),
            _ => Err(Refusal::AfterClosing { closes_at, now }),
        }
    }

    const fn zh(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::Locked => "已锁定",
            Self::Open => "投票中",
            Self::Closed => "已截止",
            Self::Published => "已公布",
        }
    }

    fn must_be(self, wanted: Self, asked: Move) -> Result<(), Refusal> {
        if self == wanted { Ok(()) } else { Err(Refusal::WrongPhase { asked, from: self }) }
    }
}

impl Move {
    const fn zh(self) -> &'static str {
        match self {
            Self::Lock => "锁定",
            Self::Open => "开始投票",
            Self::Close => "截止",
            Self::Publish => "公布结果",
            Self::Cast => "投票",
            Self::Register => "报名",
        }
    }
}

impl EndFacts<'_> {
    /// The window as it goes on, if it does. Every matter and election of a poll asks for the same quorum (Civil Code
    /// 278), so that one test is enough; and once anybody has seen what was chosen, nothing is extended any more. Where
    /// too few registered, more time would not help.
    fn extended(&self) -> Option<Window> {
        let quorate = self.electorate.is_quorate(self.took_part, self.rules);
        let is_left = self.extensions < self.rules.extensions.unwrap_or_default();
        let may_help = self.electorate.is_enough(self.rules);
        if quorate || self.is_counted || !is_left || !may_help {
            None
        } else {
            self.window.extended(self.rules, self.pauses)
        }
    }
}

/// Every moment at which voting was to end, the announced one first, and the last at which it did, each with what it lost
/// by standing still: whoever has the ballots' times and weights can tell it again.
pub fn closings(
    announced: Window,
    rules: &PollRules,
    electorate: impl Into<Electorate>,
    cast: &[(DateTime<Utc>, Weight)],
    pauses: &[Pause],
) -> Vec<DateTime<Utc>> {
    let electorate = electorate.into();
    let mut window = announced.made_up(pauses, announced.opens_at);
    let mut closings = vec![window.closes_at];
    for extensions in 0..rules.extensions.unwrap_or_default() {
        let in_time = cast.iter().filter(|(at, _)| *at < window.closes_at);
        let took_part = in_time.map(|(_, weight)| *weight).sum();
        let (is_counted, paper_waits) = (false, false);
        let facts =
            EndFacts { rules, electorate, took_part, window, extensions, pauses, is_counted, paper_waits };
        let Some(extended) = facts.extended() else { break };
        window = extended.made_up(pauses, window.closes_at);
        closings.push(window.closes_at);
    }
    closings
}

impl Window {
    /// When there is voting: where too few registered for it, not a moment of it.
    #[must_use]
    pub fn given(self, electorate: Electorate, rules: &PollRules) -> Self {
        if electorate.is_enough(rules) { self } else { Self { closes_at: self.opens_at, ..self } }
    }

    /// Whether it lasts from the least to the most days of 24 hours.
    pub fn lasts(self, days: Range) -> bool {
        let length = self.closes_at.signed_duration_since(self.opens_at);
        days_long(days.min) <= length && length <= days_long(days.max)
    }

    /// Longer by the days of one extension, and never longer than voting may last at all, beside what it stood still;
    /// nothing if it does already.
    fn extended(self, rules: &PollRules, pauses: &[Pause]) -> Option<Self> {
        let longer =
            self.closes_at.checked_add_signed(days_long(rules.extension_days.unwrap_or_default()))?;
        let longest = days_long(rules.window_days.max) + self.lost(pauses);
        let longest = self.opens_at.checked_add_signed(longest)?;
        let closes_at = longer.min(longest);
        (closes_at > self.closes_at).then_some(Self { closes_at, ..self })
    }
}

fn days_long(days: u32) -> TimeDelta {
    TimeDelta::days(days.into())
}

impl Window {
    /// Property Management Regulation 14: owners are told 15 days before. Clear days (Civil Code 201, 203): neither the
    /// day of the notice nor that of the opening is counted.
    fn leaves_notice(self, days: u32, now: DateTime<Utc>) -> Result<(), Refusal> {
        let Self { opens_at, .. } = self;
        let last = WorkingDays::default().after_days(day_of(now)?, days, RestDay::Counts)?;
        let earliest = end_of_day(last)?;
        if opens_at < earliest {
            return Err(Refusal::NoticeTooShort { opens_at, now, days, earliest });
        }
        Ok(())
    }
}

impl Refusal {
    /// The refusal in plain words.
    pub fn words(&self) -> Words {
        let zh = match self {
            Self::WrongPhase { asked, from } => format!("本次表决{}，不能{}。", from.zh(), asked.zh()),
            Self::NothingToVoteOn => "没有候选人，也没有表决事项。".to_owned(),
            Self::RollEmpty => "业主名册为空。".to_owned(),
            Self::SeatsNotAllowed { seats, allowed } => {
                format!("委员人数应为 {} 至 {} 之间的单数，不能是 {seats}。", allowed.min, allowed.max)
            }
            Self::RulesUnlawful { faults } => format!("表决规则有 {} 处不合法，不能锁定。", faults.len()),
            Self::WindowLength { window, allowed } => format!(
                "投票期应为 {} 至 {} 天；现为 {} 至 {}。",
                allowed.min,
                allowed.max,
                local(window.opens_at),
                local(window.closes_at)
            ),
            Self::OpensInThePast { opens_at, now } => {
                format!("投票开始时间 {} 已过；现在是 {}。", local(*opens_at), local(*now))
            }
            Self::NoticeTooShort { opens_at, days, earliest, .. } => format!(
                "投票开始时间为 {}；须提前 {days} 天公告，最早于 {} 开始。",
                local(*opens_at),
                local(*earliest)
            ),
            Self::Calendar(_) => "日期超出日历范围。".to_owned(),
            Self::BeforeOpening { opens_at, now } => {
                format!("投票于 {} 开始；现在是 {}。", local(*opens_at), local(*now))
            }
            Self::BeforeClosing { closes_at, now } => {
                format!("投票于 {} 截止；现在是 {}。", local(*closes_at), local(*now))
            }
            Self::RegistrationOver { opens_at, now } => {
                format!("报名已于 {} 投票开始时截止；现在是 {}。", local(*opens_at), local(*now))
            }
            Self::AfterClosing { closes_at, now } => {
                format!("投票已于 {} 截止；现在是 {}。", local(*closes_at), local(*now))
            }
            Self::Paused { until, now } => {
                format!("投票暂停至 {}；现在是 {}。", local(*until), local(*now))
            }
            Self::NotPaused => "投票没有暂停。".to_owned(),
            Self::PauseOutOfReach => {
                format!("暂停须晚于现在结束，最长 {PAUSE_DAYS} 天，累计不超过 {PAUSES_DAYS} 天。")
            }
            Self::PausedTooOften => format!("投票已暂停 {} 次，不能再暂停。", standstill::MOST),
            Self::NotCounted => "选票尚未清点。".to_owned(),
            Self::CountedTooEarly { counted_at, closes_at } => {
                format!("清点时间 {} 早于截止时间 {}。", local(*counted_at), local(*closes_at))
            }
        };
        Words::new(zh, format!("{self}."))
    }
}

#[cfg(test)]
mod walk;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + hour * 3600, 0).unwrap()
    }

    const WEEK: i64 = 7 * 24;

    fn window() -> Window {
        Window { opens_at: at(0), closes_at: at(WEEK) }
    }

    #[test]
    fn where_too_few_registered_it_ends_when_it_was_to_begin() {
        let rules = PollRules::worked_example();
        let roll = Weight::new(6, 600);
        for heads in 0..=6 {
            let electorate = Electorate { roll, registered: Some(Weight::new(heads, heads * 100)) };
            let given = window().given(electorate, &rules);
            let is_enough = 3 * heads >= 2 * 6;
            assert_eq!(given, if is_enough { window() } else { Window { closes_at: at(0), ..window() } });
            let facts = EndFacts {
                rules: &rules,
                electorate,
                took_part: Weight::ZERO,
                window: given,
                extensions: 0,
                pauses: &[],
                is_counted: false,
                paper_waits: false,
            };
            let ends = Phase::Open.end(&facts, at(0));
            assert_eq!(ends == Ok(Ending::Closed(Phase::Closed)), !is_enough, "{heads}");
            let counted = PublishFacts { window: given, counted_at: Some(at(0)) };
            assert_eq!(Phase::Closed.publish(counted, at(1)).is_ok(), !is_enough, "{heads}");
        }
    }

    /// Where everybody took part.
    fn ended(phase: Phase, now: DateTime<Utc>) -> Result<Phase, Refusal> {
        let rules = PollRules::national();
        let roll = Weight::new(3, 300);
        let facts = EndFacts {
            rules: &rules,
            electorate: roll.into(),
            took_part: roll,
            window: window(),
            extensions: 0,
            pauses: &[],
            is_counted: false,
            paper_waits: false,
        };
        phase.end(&facts, now).map(|ending| match ending {
            Ending::Closed(phase) => phase,
            Ending::Extended(_) | Ending::Waits => panic!("voting is not over: {ending:?}"),
        })
    }

    // Every fact a move may be asked with, lawful and not.
    fn asked_with_every_fact(phase: Phase, asked: Move, now: DateTime<Utc>) -> Vec<Result<Phase, Refusal>> {
        let lawful = PollRules::national();
        let unlawful = PollRules { quorum: crate::ratio::Ratio::HALF, ..PollRules::national() };
        match asked {
            Move::Lock => {
                let mut answers = Vec::new();
                for rules in [&lawful, &unlawful] {
                    for roll in [Weight::new(3, 300), Weight::ZERO] {
                        for (candidates, seats, texts) in [(0, 0, 0), (9, 7, 0), (9, 6, 1), (0, 0, 1)] {
                            for hours in [WEEK, 3, 400 * 24] {
                                let window = Window { opens_at: at(0), closes_at: at(hours) };
                                let seats = Seats::all(seats);
                                let facts = LockFacts { rules, roll, candidates, seats, texts, window };
                                answers.push(phase.lock(&facts, now));
                            }
                        }
                    }
                }
                answers
            }
            Move::Open => vec![phase.open(window(), now)],
            Move::Close => vec![ended(phase, now)],
            Move::Publish => [None, Some(at(1)), Some(at(WEEK))]
                .into_iter()
                .map(|counted_at| phase.publish(PublishFacts { window: window(), counted_at }, now))
                .collect(),
            Move::Cast => vec![phase.take_ballot(window(), &[], now).map(|()| phase)],
            Move::Register => vec![phase.take_registration(window(), now).map(|()| phase)],
        }
    }

    #[test]
    fn in_the_whole_small_world_only_the_lawful_steps_succeed() {
        let moments = [at(-17 * 24), at(-1), at(0), at(1), at(WEEK - 1), at(WEEK), at(WEEK + 1)];
        for from in Phase::ALL {
            for asked in [Move::Lock, Move::Open, Move::Close, Move::Publish, Move::Cast] {
                let lawful_step = match (from, asked) {
                    (Phase::Draft, Move::Lock) => Some((Phase::Locked, at(-9999)..at(-16 * 24))),
                    (Phase::Locked, Move::Open) => Some((Phase::Open, at(0)..at(9999))),
                    (Phase::Open, Move::Close) => Some((Phase::Closed, at(WEEK)..at(9999))),
                    (Phase::Closed, Move::Publish) => Some((Phase::Published, at(WEEK)..at(9999))),
                    (Phase::Open, Move::Cast) => Some((Phase::Open, at(0)..at(WEEK))),
                    _ => None,
                };
                for now in moments {
                    let answers = asked_with_every_fact(from, asked, now);
                    let succeeded: Vec<Phase> =
                        answers.iter().filter_map(|answer| answer.clone().ok()).collect();
                    let Some((to, _)) = lawful_step.as_ref().filter(|(_, when)| when.contains(&now)) else {
                        assert!(succeeded.is_empty(), "{from:?} did {asked:?} at {now}");
                        continue;
                    };
                    assert!(succeeded.iter().all(|phase| phase == to), "{from:?} {asked:?} led elsewhere");
                    // Of the 48 sets of facts for a lock two are lawful; of the three for publishing, one.
                    let lawful_facts = if asked == Move::Lock { 2 } else { 1 };
                    assert_eq!(succeeded.len(), lawful_facts, "{from:?} {asked:?} at {now}");
                }
            }
        }
    }

    #[test]
    fn every_refusal_of_a_lock_has_its_name() {
        let rules = PollRules::national();
        let facts = LockFacts {
            rules: &rules,
            roll: Weight::new(500, 5_000_000),
            candidates: 9,
            seats: Seats::all(7),
            texts: 2,
            window: window(),
        };
        let lock = |facts: LockFacts<'_>| Phase::Draft.lock(&facts, at(-17 * 24));
        assert_eq!(lock(facts), Ok(Phase::Locked));
        assert_eq!(lock(LockFacts { candidates: 0, texts: 0, ..facts }), Err(Refusal::NothingToVoteOn));
        assert_eq!(lock(LockFacts { roll: Weight::ZERO, ..facts }), Err(Refusal::RollEmpty));
        assert_eq!(lock(LockFacts { roll: Weight::new(500, 0), ..facts }), Err(Refusal::RollEmpty));
        assert_eq!(
            lock(LockFacts { seats: Seats::all(8), ..facts }),
            Err(Refusal::SeatsNotAllowed { seats: 8, allowed: Range { min: 5, max: 11 } })
        );
        assert_eq!(lock(LockFacts { candidates: 0, seats: Seats::all(0), ..facts }), Ok(Phase::Locked));
        // A run-off fills two of seven, and not two of eight.
        let run_off = |filled| lock(LockFacts { seats: Seats { open: 2, filled }, ..facts });
        assert_eq!(run_off(5), Ok(Phase::Locked));
        assert!(matches!(run_off(6), Err(Refusal::SeatsNotAllowed { seats: 8, .. })));
        let backwards = Window { opens_at: at(WEEK), closes_at: at(0) };
        assert!(matches!(lock(LockFacts { window: backwards, ..facts }), Err(Refusal::WindowLength { .. })));
        assert_eq!(
            Phase::Draft.lock(&facts, at(1)),
            Err(Refusal::OpensInThePast { opens_at: at(0), now: at(1) })
        );
        let unlawful = PollRules { quorum: crate::ratio::Ratio::HALF, ..PollRules::national() };
        assert!(matches!(lock(LockFacts { rules: &unlawful, ..facts }), Err(Refusal::RulesUnlawful { .. })));
    }

    #[test]
    fn owners_are_told_fifteen_clear_days_before() {
        let rules = PollRules::national();
        let time = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        let lock = |opens: &str, now: &str| {
            let opens_at = time(opens);
            let window = Window { opens_at, closes_at: opens_at + TimeDelta::days(7) };
            let roll = Weight::new(3, 300);
            let facts =
                LockFacts { rules: &rules, roll, candidates: 0, seats: Seats::all(0), texts: 1, window };
            Phase::Draft.lock(&facts, time(now))
        };
        let (early, late) = ("2027-03-01T00:00:00+08:00", "2027-03-01T23:59:59+08:00");
        for now in [early, late] {
            assert_eq!(lock("2027-03-17T00:00:00+08:00", now), Ok(Phase::Locked));
            let refusal = lock("2027-03-16T23:59:59+08:00", now).unwrap_err();
            let earliest = time("2027-03-17T00:00:00+08:00");
            assert!(
                matches!(refusal, Refusal::NoticeTooShort { earliest: told, days: 15, .. } if told == earliest)
            );
            let words = refusal.words();
            for time in [time("2027-03-16T23:59:59+08:00"), earliest].map(local) {
                assert!(
                    words.zh.contains(&time) && words.en.contains(&time),
                    "it names both times: {words:?}"
                );
            }
        }
        assert!(lock("2027-03-01T12:01:00+08:00", "2027-03-01T12:00:00+08:00").is_err());
    }

    #[test]
    fn the_window_is_as_long_as_the_rules_allow_to_the_second() {
        let days = Range { min: 5, max: 7 };
        let lasting = |seconds: i64| {
            Window { opens_at: at(0), closes_at: at(0) + TimeDelta::seconds(seconds) }.lasts(days)
        };
        let day = 86_400;
        assert_eq!([5 * day - 1, 5 * day, 7 * day, 7 * day + 1].map(lasting), [false, true, true, false]);
    }

    #[test]
    fn papers_are_given_out_from_the_lock_to_the_close() {
        for phase in Phase::ALL {
            for now in [at(-1), at(0), at(WEEK - 1), at(WEEK), at(WEEK + 1)] {
                let may = matches!(phase, Phase::Locked | Phase::Open) && now < at(WEEK);
                assert_eq!(phase.give_paper(window(), now).is_ok(), may, "{phase:?} {now}");
            }
        }
    }

    #[test]
    fn a_ballot_after_the_deadline_is_refused_with_both_times() {
        let closing = window().closes_at;
        for phase in [Phase::Open, Phase::Closed, Phase::Published] {
            let refusal = phase.take_ballot(window(), &[], closing).unwrap_err();
            assert_eq!(refusal, Refusal::AfterClosing { closes_at: closing, now: closing });
        }
        assert_eq!(Phase::Open.take_ballot(window(), &[], closing - TimeDelta::seconds(1)), Ok(()));
        let words = Phase::Open.take_ballot(window(), &[], closing).unwrap_err().words();
        assert_eq!(words.zh.matches(&local(closing)).count(), 2);
        assert_eq!(words.en.matches(&local(closing)).count(), 2);
    }

    #[test]
    fn the_clock_calls_for_opening_and_closing_exactly_when_they_are_allowed() {
        for phase in Phase::ALL {
            for now in [at(-1), at(0), at(1), at(WEEK - 1), at(WEEK), at(WEEK + 1)] {
                let allowed = match (phase.open(window(), now), ended(phase, now)) {
                    (Ok(_), _) => Some(Move::Open),
                    (_, Ok(_)) => Some(Move::Close),
                    _ => None,
                };
                assert_eq!(phase.due(window(), now), allowed);
            }
        }
    }

    fn extending(extensions: u32, days: u32, longest: u32) -> PollRules {
        let window_days = Range { min: 1, max: longest };
        PollRules {
            extensions: Some(extensions),
            extension_days: Some(days),
            window_days,
            ..PollRules::national()
        }
    }

    #[test]
    fn who_registers_does_so_between_lock_and_opening() {
        for phase in Phase::ALL {
            for now in [at(-1), at(0), at(1)] {
                let taken = phase.take_registration(window(), now).is_ok();
                assert_eq!(taken, phase == Phase::Locked && now < at(0), "{phase:?} {now}");
            }
        }
    }

    #[test]
    fn an_opinion_is_waited_for_only_where_enough_registered() {
        let rules = PollRules::worked_example();
        let goes_on = |registered: u64, took_part: u64| {
            let electorate = Electorate {
                roll: Weight::new(9, 900),
                registered: Some(Weight::new(registered, registered * 100)),
            };
            let facts = EndFacts {
                rules: &rules,
                electorate,
                took_part: Weight::new(took_part, took_part * 100),
                window: window(),
                extensions: 0,
                pauses: &[],
                is_counted: false,
                paper_waits: false,
            };
            matches!(Phase::Open.end(&facts, at(WEEK)), Ok(Ending::Extended(_)))
        };
        assert!(!goes_on(5, 5) && !goes_on(5, 0), "too few registered: more time does not help");
        assert!(goes_on(6, 2) && !goes_on(6, 3), "half of those who registered");
    }

    #[test]
    fn in_the_whole_small_world_voting_goes_on_only_where_the_rules_let_it() {
        let roll = Weight::new(9, 900);
        let mut extended = 0;
        for phase in Phase::ALL {
            for now in [at(-1), at(WEEK - 1), at(WEEK), at(WEEK + 1), at(99 * 24)] {
                for (allowed, made) in (0..4).flat_map(|allowed| (0..5).map(move |made| (allowed, made))) {
                    for (days, longest) in [(15, 60), (15, 22), (15, 21), (15, 8), (15, 7), (15, 6), (0, 60)]
                    {
                        for (heads, area) in [(6, 600), (5, 600), (6, 599), (5, 599), (9, 900), (0, 0)] {
                            for (is_counted, paper_waits) in
                                [(false, false), (true, false), (false, true), (true, true)]
                            {
                                let facts = EndFacts {
                                    rules: &extending(allowed, days, longest),
                                    electorate: roll.into(),
                                    took_part: Weight::new(heads, area),
                                    window: window(),
                                    extensions: made,
                                    pauses: &[],
                                    is_counted,
                                    paper_waits,
                                };
                                let ending = phase.end(&facts, now);
                                if phase != Phase::Open {
                                    let asked = Move::Close;
                                    assert_eq!(ending, Err(Refusal::WrongPhase { asked, from: phase }));
                                    continue;
                                }
                                if now < at(WEEK) {
                                    let closes_at = at(WEEK);
                                    assert_eq!(ending, Err(Refusal::BeforeClosing { closes_at, now }));
                                    continue;
                                }
                                if paper_waits {
                                    assert_eq!(ending, Ok(Ending::Waits), "{facts:?} {now}");
                                    continue;
                                }
                                let is_missed = heads * 3 < 9 * 2 || area * 3 < 900 * 2;
                                let goes_on =
                                    made < allowed && is_missed && !is_counted && days > 0 && longest > 7;
                                let closes_at = at(24 * i64::from((7 + days).min(longest)));
                                let longer = Window { closes_at, ..window() };
                                let expected = if goes_on {
                                    Ending::Extended(longer)
                                } else {
                                    Ending::Closed(Phase::Closed)
                                };
                                assert_eq!(ending, Ok(expected), "{facts:?} {now}");
                                extended += usize::from(goes_on);
                            }
                        }
                    }
                }
            }
        }
        assert_eq!(extended, 3 * 6 * 4 * 4, "moments, extensions left, lengths, missed quorums");
    }

    #[test]
    fn voting_went_on_as_whoever_took_part_by_then_says() {
        let closing = |days: i64| at(24 * days);
        let told = |rules: &PollRules, cast: &[(i64, u64)]| {
            let cast: Vec<_> =
                cast.iter().map(|(hour, heads)| (at(*hour), Weight::new(*heads, heads * 100))).collect();
            closings(window(), rules, Weight::new(9, 900), &cast, &[])
        };
        let once = extending(1, 15, 60);
        assert_eq!(told(&once, &[]), [closing(7), closing(22)], "missed twice");
        assert_eq!(told(&once, &[(0, 6)]), [closing(7)], "reached");
        assert_eq!(told(&once, &[(0, 3), (WEEK - 1, 3)]), [closing(7)]);
        assert_eq!(told(&once, &[(0, 3), (WEEK, 3)]), [closing(7), closing(22)], "too late for the first");
        let thrice = extending(3, 15, 40);
        assert_eq!(told(&thrice, &[]), [closing(7), closing(22), closing(37), closing(40)]);
        assert_eq!(told(&thrice, &[(22 * 24 - 1, 6)]), [closing(7), closing(22)]);
        let before = PollRules { extensions: None, extension_days: None, ..PollRules::national() };
        assert_eq!(told(&before, &[]), [closing(7)], "a poll from before");
    }

    #[test]
    fn a_count_made_before_closing_is_not_published() {
        let facts = PublishFacts { window: window(), counted_at: Some(at(WEEK - 1)) };
        assert_eq!(
            Phase::Closed.publish(facts, at(WEEK)),
            Err(Refusal::CountedTooEarly { counted_at: at(WEEK - 1), closes_at: at(WEEK) })
        );
    }
}
