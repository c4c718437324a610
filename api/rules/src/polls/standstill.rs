//! Voting that stands still in an emergency 紧急暂停: no ballot is taken on any channel, nothing is opened or counted, and
//! the window is longer by exactly the time that was lost, as every clock of a programme is (outage policy: pause clock,
//! published). It is no extension: it is not counted as one, asks nobody who took part, and lengthens how long voting may
//! last at all by as much.
//!
//! The close is moved at once by all of a pause, and moved back by what is left of it when it is lifted; so it is always
//! after the pause, and a pause that everybody forgets ends rightly by itself.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    phase::{Phase, Refusal, Window},
    told::moment,
};
use crate::pause::{PAUSE_DAYS, Pause};

/// Who says that it was held up: its programme stood still before it opened.
pub const BY_THE_CLOCK: &str = "CLOCK";

/// How often one poll stands still at most: an emergency, and not a way to hold up what owners decide.
pub const MOST: usize = 20;

/// One pause of a poll, with what is published of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standstill {
    pub pause: Pause,
    /// The role of whoever stopped it.
    pub by: String,
    /// Why.
    pub words: String,
    /// Who let it go on before its time, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Lifted>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lifted {
    pub by: String,
    pub words: String,
}

/// The pauses alone.
pub fn pauses(of: &[Standstill]) -> Vec<Pause> {
    of.iter().map(|one| one.pause).collect()
}

impl Phase {
    /// Lets an open poll stand still from now on.
    pub fn pause(
        self,
        window: Window,
        made: &[Pause],
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Pause, Refusal> {
        self.take_ballot(window, made, now)?;
        if made.len() >= MOST {
            return Err(Refusal::PausedTooOften);
        }
        Pause::from_now(until, now, made).ok_or(Refusal::PauseOutOfReach)
    }
}

/// What voting loses where it opens later than announced because its programme had stood still for so long: as much as it is
/// late, and no more than that. Made up like any other, in pauses as long as one may be.
pub fn held_up(window: Window, stood_still: TimeDelta, opened_at: DateTime<Utc>) -> Vec<Pause> {
    let over = opened_at.min(window.opens_at + stood_still);
    let mut since = window.opens_at;
    let next = || {
        let until = over.min(since + TimeDelta::days(PAUSE_DAYS));
        let pause = Pause { since, until, lifted_at: Some(until) };
        since = until;
        (pause.since < until).then_some(pause)
    };
    std::iter::from_fn(next).collect()
}

/// Lets it go on before the pause that runs is over; that pause as it was then.
pub fn lift(made: &[Pause], now: DateTime<Utc>) -> Result<Pause, Refusal> {
    let pause = running(made, now).ok_or(Refusal::NotPaused)?;
    // A clock that is behind the one that stopped it does not make time run backwards.
    Ok(Pause { lifted_at: Some(now.max(pause.since)), ..pause })
}

/// The pause that is not over yet.
pub fn running(made: &[Pause], now: DateTime<Utc>) -> Option<Pause> {
    made.last().copied().filter(|pause| now < pause.over_at())
}

impl Window {
    /// With what it lost by the pauses that began from a moment on, each before it would have closed.
    #[must_use]
    pub fn made_up(self, pauses: &[Pause], from: DateTime<Utc>) -> Self {
        let began = pauses.iter().filter(|pause| pause.since >= from);
        began.fold(self, |window, pause| {
            let lost = if pause.since < window.closes_at { pause.lost() } else { TimeDelta::zero() };
            Self { closes_at: window.closes_at + lost, ..window }
        })
    }

    /// As it would be without them.
    #[must_use]
    pub fn without(self, pauses: &[Pause]) -> Self {
        Self { closes_at: self.closes_at - self.lost(pauses), ..self }
    }

    /// What it lost by the pauses that began before it closed.
    pub fn lost(self, pauses: &[Pause]) -> TimeDelta {
        pauses.iter().filter(|pause| pause.since < self.closes_at).map(Pause::lost).sum()
    }
}

/// Every moment at which voting was to end: as announced, and as extended until a moment each time, with what was lost.
pub fn made_up(
    announced: Window,
    extended: impl IntoIterator<Item = DateTime<Utc>>,
    pauses: &[Pause],
) -> Vec<DateTime<Utc>> {
    let mut window = announced.made_up(pauses, announced.opens_at);
    let mut closings = vec![window.closes_at];
    for closes_at in extended {
        window = Window { closes_at, ..window }.made_up(pauses, window.closes_at);
        closings.push(window.closes_at);
    }
    closings
}

/// What the record tells of each pause: that voting stands still, until when, why, and when it ends then.
pub fn paused_told(window: Window, extended: &[DateTime<Utc>], made: &[Standstill]) -> Vec<Value> {
    let told = |turn: usize| {
        let mut so_far = pauses(made.get(..=turn).unwrap_or_default());
        let one = made.get(turn)?;
        so_far.last_mut()?.lifted_at = None;
        let closes_at = closing_at(window, extended, &so_far);
        Some(json!({ "until": moment(one.pause.until), "words": one.words, "closes_at": moment(closes_at) }))
    };
    (0..made.len()).filter_map(told).collect()
}

/// What it tells once each is over: when voting ends in the end; and why, where somebody lifted it.
pub fn resumed_told(window: Window, extended: &[DateTime<Utc>], made: &[Standstill]) -> Vec<Value> {
    let told = |turn: usize| {
        let one = made.get(turn).filter(|one| one.pause.lifted_at.is_some())?;
        let closes_at = closing_at(window, extended, &pauses(made.get(..=turn).unwrap_or_default()));
        let mut facts = Map::from_iter([("closes_at".to_owned(), json!(moment(closes_at)))]);
        facts.extend(one.lifted.as_ref().map(|lifted| ("words".to_owned(), json!(lifted.words))));
        Some(Value::Object(facts))
    };
    (0..made.len()).filter_map(told).collect()
}

/// When voting was to end after the last of these pauses: an extension that was made later did not count yet.
fn closing_at(window: Window, extended: &[DateTime<Utc>], so_far: &[Pause]) -> DateTime<Utc> {
    let closings = made_up(window, extended.iter().copied(), so_far);
    let began = so_far.last().map_or(window.opens_at, |last| last.since);
    closings.iter().find(|closing| began < **closing).or(closings.last()).copied().unwrap_or(window.closes_at)
}

/// What is wrong with pauses of a poll that are over: each begins while ballots are taken and none before it still runs,
/// and lasts as long as it may.
pub fn fault(window: Window, extended: &[DateTime<Utc>], made: &[Pause]) -> Option<String> {
    made.iter().enumerate().find_map(|(turn, pause)| {
        let before = made.get(..turn).unwrap_or_default();
        let closes_at = made_up(window, extended.iter().copied(), before).last().copied();
        let window = Window { closes_at: closes_at.unwrap_or(window.closes_at), ..window };
        if let Err(refusal) = Phase::Open.pause(window, before, pause.until, pause.since) {
            Some(refusal.to_string())
        } else {
            let over = pause.lifted_at.is_none_or(|at| pause.since <= at && at <= pause.until);
            (!over).then(|| "it was lifted before it began, or after it was over".to_owned())
        }
    })
}

#[cfg(test)]
mod tests;
