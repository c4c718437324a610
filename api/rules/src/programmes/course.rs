//! A programme that runs: where each module stands, and how the clock and the world move them.
//!
//! ```text
//! WAITING ── its gates hold ──▶ RUNNING ── done, and long enough, or its time is up ──▶ OVER
//!    └────── they never can any more, or the programme is over ──▶ LEFT_OUT
//! ```

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    module::{Ending, Kind, Role},
    start::Delivery,
    template::{End, Gate, Module, Said, Template, Wants},
};
use crate::{
    calendar::{Calendar, CalendarFault, RestDay, day_of, end_of_day},
    incidents::coded,
    pause::{PAUSE_DAYS, PAUSES_DAYS, Pause},
    quantity::Weight,
    ratio::Ratio,
};

/// Where a module stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Step {
    /// Its gates do not hold yet.
    Waiting,
    Running {
        since: DateTime<Utc>,
        /// Its time was up at some time, and that was told.
        late: bool,
    },
    Over {
        since: DateTime<Utc>,
        at: DateTime<Utc>,
        ending: Ending,
    },
    /// It never begins.
    LeftOut {
        at: DateTime<Utc>,
    },
}

coded! {
    /// Why something moved.
    pub enum Because {
        /// The programme began, or what it waited for is over.
        GatesHold = "GATES_HOLD",
        /// It was there for as long as it has to be.
        LongEnough = "LONG_ENOUGH",
        /// What it is about came to that.
        Done = "DONE",
        /// Its time was up.
        TimeUp = "TIME_UP",
        /// What it waited for ended otherwise.
        NeverHolds = "NEVER_HOLDS",
        /// A module ended so that the programme is over.
        ProgrammeOver = "PROGRAMME_OVER",
        /// Nothing runs, and nothing can begin any more.
        NothingLeft = "NOTHING_LEFT",
    }
}

coded! {
    /// What moved.
    pub enum Moved {
        Begun = "BEGUN",
        Ended = "ENDED",
        Late = "LATE",
        LeftOut = "LEFT_OUT",
    }
}

/// One thing that moved by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    pub module: String,
    pub what: Moved,
    /// How it ended, if it did.
    pub ending: Option<Ending>,
    pub because: Because,
    /// The rule that its days come from, if they do.
    pub rule: Option<String>,
}

/// What the world says of a module that runs: how it ends as soon as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub ending: Ending,
    /// From when its days count, if not from when it began: what hangs out does so from its publication.
    pub from: Option<DateTime<Utc>>,
}

impl Seen {
    /// From when the module began.
    pub const fn at_once(ending: Ending) -> Self {
        Self { ending, from: None }
    }
}

/// The fact that names who is asked to act.
pub const NOTIFY: &str = "notify";

/// What is said of a programme when it begins, as the record tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Stated {
    /// The member whom it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_id: Option<String>,
    /// How far the complex was delivered, where it waits for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// Which of the cases that it is for is so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// The parts of its complex between which it runs, where it is not about all of its place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub among: Vec<String>,
}

/// What the record tells of a programme that begins: by what it goes, and what was stated.
pub fn begun(template: &Template, rules: &BTreeMap<String, Value>, stated: &Stated) -> Value {
    // Plain data is always JSON.
    let mut facts = serde_json::to_value(stated).unwrap_or_default();
    let terms = serde_json::json!({ "template": template.name, "version": template.version, "rules": rules });
    if let (Some(facts), Value::Object(terms)) = (facts.as_object_mut(), terms) {
        facts.extend(terms);
    }
    facts
}

/// A running programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Course {
    pub steps: BTreeMap<String, Step>,
    pub pauses: Vec<Pause>,
    pub ended: Option<(End, DateTime<Utc>)>,
}

/// What a course goes by: its template and the rules it names, frozen when it began, and the calendar.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    pub template: &'a Template,
    pub rules: &'a BTreeMap<String, Value>,
    pub calendar: &'a Calendar,
}

/// How far a signature drive has come, in persons, and in heads and area of the roll.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    pub persons: u64,
    pub weight: Weight,
    pub roll: Weight,
}

/// Why a programme is not paused, resumed or called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the programme is over since {0}")]
    Over(DateTime<Utc>),
    #[error("it stands still until {0} already")]
    Paused(DateTime<Utc>),
    #[error("it does not stand still")]
    NotPaused,
    #[error(
        "a pause ends later than it begins, and {PAUSE_DAYS} days later at most; all together last {PAUSES_DAYS} days at most"
    )]
    PauseOutOfReach,
}

impl Course {
    /// A programme that has not moved yet.
    pub fn new(template: &Template) -> Self {
        let steps = template.modules.keys().map(|name| (name.clone(), Step::Waiting)).collect();
        Self { steps, pauses: Vec::new(), ended: None }
    }

    /// Moves everything that has to move by now, one after the other, until nothing does.
    ///
    /// The same course, facts and time give the same moves. A programme that stands still or is over does not move.
    pub fn advance(
        &mut self,
        terms: Terms<'_>,
        seen: &BTreeMap<String, Seen>,
        now: DateTime<Utc>,
    ) -> Result<Vec<Move>, CalendarFault> {
        let mut moves = Vec::new();
        while self.ended.is_none() && self.paused_at(now).is_none() {
            let before = moves.len();
            self.end_what_is_done(terms, seen, now, &mut moves)?;
            self.begin_what_may(terms, now, &mut moves);
            self.end_if_nothing_is_left(now, &mut moves);
            if moves.len() == before {
                break;
            }
        }
        Ok(moves)
    }

    fn end_what_is_done(
        &mut self,
        terms: Terms<'_>,
        seen: &BTreeMap<String, Seen>,
        now: DateTime<Utc>,
        moves: &mut Vec<Move>,
    ) -> Result<(), CalendarFault> {
        for (name, module) in &terms.template.modules {
            let Some(&Step::Running { since, late }) = self.steps.get(name) else { continue };
            let seen = seen.get(name).copied().or_else(|| module.is_given_by_time());
            let from = seen.and_then(|seen| seen.from).unwrap_or(since);
            let due = self.long_enough(module, from, terms)?;
            let time_up = self.time_up((module, since), seen, terms)?.filter(|time| *time <= now);
            let (ending, because, rule) = match (seen, time_up) {
                (Some(seen), _) if due <= now => {
                    let is_given = module.kind == Kind::PublicNotice;
                    let because = if is_given { Because::LongEnough } else { Because::Done };
                    (seen.ending, because, module.least.rule())
                }
                (_, Some(_)) => match module.kind.ending_when_time_is_up() {
                    Some(ending) => (ending, Because::TimeUp, module.most.as_ref().and_then(Said::rule)),
                    None if !late => {
                        self.steps.insert(name.clone(), Step::Running { since, late: true });
                        let rule = module.most.as_ref().and_then(Said::rule);
                        moves.push(Move::new(name, Moved::Late, Because::TimeUp).by(rule));
                        continue;
                    }
                    None => continue,
                },
                (_, None) => continue,
            };
            self.steps.insert(name.clone(), Step::Over { since, at: now, ending });
            moves.push(Move { ending: Some(ending), ..Move::new(name, Moved::Ended, because).by(rule) });
            if let Some(end) = module.ends.get(&ending) {
                self.end(*end, Because::ProgrammeOver, now, moves);
                return Ok(());
            }
        }
        Ok(())
    }

    fn begin_what_may(&mut self, terms: Terms<'_>, now: DateTime<Utc>, moves: &mut Vec<Move>) {
        if self.ended.is_some() {
            return;
        }
        for (name, module) in &terms.template.modules {
            if self.steps.get(name) != Some(&Step::Waiting) {
                continue;
            }
            if self.may_begin(module) {
                self.steps.insert(name.clone(), Step::Running { since: now, late: false });
                moves.push(Move::new(name, Moved::Begun, Because::GatesHold));
            } else if !self.can_ever_begin(module) {
                self.steps.insert(name.clone(), Step::LeftOut { at: now });
                moves.push(Move::new(name, Moved::LeftOut, Because::NeverHolds));
            }
        }
    }

    fn end_if_nothing_is_left(&mut self, now: DateTime<Utc>, moves: &mut Vec<Move>) {
        let goes_on = |step: &Step| matches!(step, Step::Waiting | Step::Running { .. });
        if self.ended.is_none() && !self.steps.values().any(goes_on) {
            self.end(End::Stopped, Because::NothingLeft, now, moves);
        }
    }

    /// The programme is over: whatever has not ended is left out.
    fn end(&mut self, end: End, because: Because, now: DateTime<Utc>, moves: &mut Vec<Move>) {
        self.ended = Some((end, now));
        for (name, step) in &mut self.steps {
            if matches!(step, Step::Waiting | Step::Running { .. }) {
                *step = Step::LeftOut { at: now };
                moves.push(Move::new(name, Moved::LeftOut, because));
            }
        }
    }

    /// Whether all gates of one of its ways hold; without any it begins with the programme.
    fn may_begin(&self, module: &Module) -> bool {
        module.after.is_empty() || module.after.iter().any(|gates| gates.iter().all(|gate| self.holds(gate)))
    }

    fn holds(&self, gate: &Gate) -> bool {
        matches!(self.steps.get(&gate.module), Some(Step::Over { ending, .. }) if gate.takes(*ending))
    }

    /// The gates through which a module began at some moment: the first list of which all were over by then.
    pub fn opened<'a>(&self, module: &'a Module, at: DateTime<Utc>) -> &'a [Gate] {
        let was_over = |gate: &Gate| {
            let step = self.steps.get(&gate.module);
            matches!(step, Some(Step::Over { at: over, ending, .. }) if *over <= at && gate.takes(*ending))
        };
        module.after.iter().find(|gates| gates.iter().all(was_over)).map_or(&[], Vec::as_slice)
    }

    /// How a module ended, if it did.
    pub fn ending_of(&self, module: &str) -> Option<Ending> {
        match self.steps.get(module) {
            Some(Step::Over { ending, .. }) => Some(*ending),
            _ => None,
        }
    }

    fn can_ever_begin(&self, module: &Module) -> bool {
        module.after.iter().any(|gates| gates.iter().all(|gate| self.can_ever_hold(gate)))
    }

    fn can_ever_hold(&self, gate: &Gate) -> bool {
        match self.steps.get(&gate.module) {
            Some(Step::Waiting | Step::Running { .. }) => true,
            Some(Step::Over { ending, .. }) => gate.takes(*ending),
            Some(Step::LeftOut { .. }) | None => false,
        }
    }

    /// What a module still waits for.
    pub fn waits_for<'a>(&self, module: &'a Module) -> Vec<&'a Gate> {
        let open = |gates: &'a Vec<Gate>| gates.iter().filter(|gate| !self.holds(gate)).collect::<Vec<_>>();
        let ways = module.after.iter().filter(|gates| gates.iter().all(|gate| self.can_ever_hold(gate)));
        ways.map(open).min_by_key(Vec::len).unwrap_or_default()
    }

    /// Before when a module that runs cannot be over.
    pub fn earliest_end(
        &self,
        name: &str,
        seen: Option<Seen>,
        terms: Terms<'_>,
    ) -> Result<Option<DateTime<Utc>>, CalendarFault> {
        let Some((module, since)) = self.running(name, terms.template) else { return Ok(None) };
        let from = seen.and_then(|seen| seen.from).unwrap_or(since);
        self.long_enough(module, from, terms).map(Some)
    }

    /// When the time of a module that runs is up.
    pub fn latest_end(
        &self,
        name: &str,
        seen: Option<Seen>,
        terms: Terms<'_>,
    ) -> Result<Option<DateTime<Utc>>, CalendarFault> {
        let Some(running) = self.running(name, terms.template) else { return Ok(None) };
        self.time_up(running, seen, terms)
    }

    /// Until when a reply is awaited that was asked for where people talk.
    pub fn reply_until(
        &self,
        module: &Module,
        asked_at: DateTime<Utc>,
        terms: Terms<'_>,
    ) -> Result<DateTime<Utc>, CalendarFault> {
        self.end_of(module.reply_days(), RestDay::MovesOn, asked_at, terms)
    }

    fn running<'a>(&self, name: &str, template: &'a Template) -> Option<(&'a Module, DateTime<Utc>)> {
        match self.steps.get(name) {
            Some(Step::Running { since, .. }) => Some((template.modules.get(name)?, *since)),
            _ => None,
        }
    }

    fn long_enough(
        &self,
        module: &Module,
        from: DateTime<Utc>,
        terms: Terms<'_>,
    ) -> Result<DateTime<Utc>, CalendarFault> {
        if module.kind.keeps_its_own_days() {
            return Ok(from);
        }
        self.end_of(&module.least, RestDay::Counts, from, terms)
    }

    /// A notice has its time to be put up: none is up once it hangs out.
    fn time_up(
        &self,
        (module, since): (&Module, DateTime<Utc>),
        seen: Option<Seen>,
        terms: Terms<'_>,
    ) -> Result<Option<DateTime<Utc>>, CalendarFault> {
        if module.kind == Kind::PublicNotice && seen.is_some() {
            return Ok(None);
        }
        let end = |most| self.end_of(most, RestDay::MovesOn, since, terms);
        module.most.as_ref().map(end).transpose()
    }

    /// The end of a period of natural days. Civil Code 201, 203: the day on which it begins is not counted; a deadline
    /// on a rest day moves on, what has to hang out for so long does not get shorter or longer by one. What the
    /// programme stood still is added.
    fn end_of(
        &self,
        days: &Said<u32>,
        rest: RestDay,
        from: DateTime<Utc>,
        terms: Terms<'_>,
    ) -> Result<DateTime<Utc>, CalendarFault> {
        let days = terms.days(days);
        if days == 0 {
            return Ok(from);
        }
        let calendar = terms.calendar.known_at(from).days();
        let end = end_of_day(calendar.after_days(day_of(from)?, days, rest)?)?;
        Ok(end + self.stood_still(from))
    }

    /// For how long it stood still after a time.
    pub fn stood_still(&self, from: DateTime<Utc>) -> TimeDelta {
        let over = self.pauses.iter().filter_map(|pause| Some((pause.since.max(from), pause.lifted_at?)));
        over.filter(|(since, lifted)| lifted > since).map(|(since, lifted)| lifted - since).sum()
    }

    /// The pause in which it stands at a time.
    pub fn paused_at(&self, now: DateTime<Utc>) -> Option<&Pause> {
        self.pauses.last().filter(|pause| pause.lifted_at.is_none() && now < pause.until)
    }

    /// Lifts a pause whose time is up; whether there was one.
    pub fn lift_what_is_due(&mut self, now: DateTime<Utc>) -> bool {
        let due = self.pauses.last_mut().filter(|pause| pause.lifted_at.is_none() && pause.until <= now);
        due.map(|pause| pause.lifted_at = Some(pause.until)).is_some()
    }

    /// Lets all clocks stand still.
    pub fn pause(&mut self, until: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.must_go_on()?;
        if let Some(pause) = self.paused_at(now) {
            return Err(Refusal::Paused(pause.until));
        }
        self.lift_what_is_due(now);
        let pause = Pause::from_now(until, now, &self.pauses).ok_or(Refusal::PauseOutOfReach)?;
        self.pauses.push(pause);
        Ok(())
    }

    /// Lets them go on.
    pub fn resume(&mut self, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.must_go_on()?;
        if self.paused_at(now).is_none() {
            return Err(Refusal::NotPaused);
        }
        if let Some(pause) = self.pauses.last_mut() {
            pause.lifted_at = Some(now);
        }
        Ok(())
    }

    /// Whoever convenes it calls it off.
    pub fn call_off(&mut self, now: DateTime<Utc>) -> Result<(), Refusal> {
        self.must_go_on()?;
        self.end(End::Stopped, Because::ProgrammeOver, now, &mut Vec::new());
        Ok(())
    }

    fn must_go_on(&self) -> Result<(), Refusal> {
        match self.ended {
            Some((_, at)) => Err(Refusal::Over(at)),
            None => Ok(()),
        }
    }

    /// When the clock alone may move something next; nothing if only the world can.
    pub fn next_look(
        &self,
        terms: Terms<'_>,
        seen: &BTreeMap<String, Seen>,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, CalendarFault> {
        if self.ended.is_some() {
            return Ok(None);
        }
        if let Some(pause) = self.paused_at(now) {
            return Ok(Some(pause.until));
        }
        let mut soonest: Option<DateTime<Utc>> = None;
        for (name, module) in &terms.template.modules {
            let seen = seen.get(name).copied().or_else(|| module.is_given_by_time());
            let ends = if seen.is_some() { self.earliest_end(name, seen, terms)? } else { None };
            let latest = self.latest_end(name, seen, terms)?;
            for time in [ends, latest].into_iter().flatten().filter(|time| *time > now) {
                soonest = Some(soonest.map_or(time, |soonest| soonest.min(time)));
            }
        }
        Ok(soonest)
    }
}

impl Module {
    /// What time alone brings about: a notice of which nothing says what hangs out and who puts it up, as of old.
    fn is_given_by_time(&self) -> Option<Seen> {
        let of_old = self.kind == Kind::PublicNotice && self.of.is_none() && self.asks.is_empty();
        of_old.then_some(Seen::at_once(Ending::Given))
    }
}

impl Gate {
    /// Whether it lets somebody through where its module ended so.
    pub fn takes(&self, ending: Ending) -> bool {
        self.endings.is_empty() || self.endings.contains(&ending)
    }
}

impl Move {
    fn new(module: &str, what: Moved, because: Because) -> Self {
        Self { module: module.to_owned(), what, ending: None, because, rule: None }
    }

    fn by(self, rule: Option<&str>) -> Self {
        Self { rule: rule.map(str::to_owned), ..self }
    }

    /// What the record calls it.
    pub const fn event(&self) -> &'static str {
        match self.what {
            Moved::Begun => "PROGRAMME_MODULE_BEGUN",
            Moved::Ended => "PROGRAMME_MODULE_ENDED",
            Moved::Late => "PROGRAMME_MODULE_LATE",
            Moved::LeftOut => "PROGRAMME_MODULE_LEFT_OUT",
        }
    }

    /// Whether somebody has to act from then on, or at last.
    pub const fn asks(&self) -> bool {
        matches!(self.what, Moved::Begun | Moved::Late)
    }

    /// What the record tells of it; also who is asked, where it asks; and of one to which owners put their names how far
    /// it had come when it ended.
    pub fn facts(&self, signed: Option<Signed>, asked: Option<&[Role]>) -> Value {
        let mut facts = serde_json::json!({
            "module": self.module, "ending": self.ending, "because": self.because, "rule": self.rule,
        });
        let beside = [
            signed.map(|signed| ("signed", serde_json::json!(signed))),
            asked.map(|asked| (NOTIFY, serde_json::json!(asked))),
        ];
        if let Some(facts) = facts.as_object_mut() {
            facts.extend(beside.into_iter().flatten().map(|(name, fact)| (name.to_owned(), fact)));
        }
        facts
    }
}

impl Terms<'_> {
    /// How many days; of a range the least.
    pub fn days(self, days: &Said<u32>) -> u32 {
        match days {
            Said::Here(days) => *days,
            Said::Rule(name) => self.rules.get(name).and_then(super::days_of).unwrap_or_default(),
        }
    }

    fn share(self, share: &Said<Ratio>) -> Option<Ratio> {
        match share {
            Said::Here(ratio) => Some(*ratio),
            Said::Rule(name) => serde_json::from_value(self.rules.get(name)?.clone()).ok(),
        }
    }

    /// Whether enough have put their names to a module.
    pub fn has_enough(self, module: &Module, signed: Signed) -> bool {
        match module.kind {
            Kind::RegistrationGate => self.registered(signed),
            _ => module.wants.as_ref().is_some_and(|wants| self.enough(wants, signed)),
        }
    }

    /// Whether so many owners have registered that a vote is worth calling: a share of all heads. No quorum; only those
    /// who vote make one.
    fn registered(self, signed: Signed) -> bool {
        let share = self.share(&Said::Rule("registration_gate".into())).unwrap_or(Ratio::WHOLE);
        let (heads, all) = (signed.weight.heads.0, signed.roll.heads.0);
        all > 0 && share.reached_by(heads, all)
    }

    /// Whether enough have signed. A number of persons that is 0 is none that anybody could reach.
    fn enough(self, wants: &Wants, signed: Signed) -> bool {
        let persons = wants.persons.as_ref().map(|persons| self.days(persons)).filter(|persons| *persons > 0);
        let heads = wants.heads.as_ref().and_then(|share| self.share(share));
        let area = wants.area.as_ref().and_then(|share| self.share(share));
        let Signed { weight, roll, .. } = signed;
        let met = [
            persons.map(|persons| signed.persons >= u64::from(persons)),
            heads.map(|share| roll.heads.0 > 0 && share.reached_by(weight.heads.0, roll.heads.0)),
            area.map(|share| roll.area.0 > 0 && share.reached_by(weight.area.0, roll.area.0)),
        ];
        let met: Vec<bool> = met.into_iter().flatten().collect();
        if wants.each { !met.is_empty() && !met.contains(&false) } else { met.contains(&true) }
    }

    /// How many candidates are enough for so many seats (差额): the share of the seats that the rules want, rounded up.
    pub fn candidates_wanted(self, seats: u32) -> u64 {
        let ratio = self.share(&Said::Rule("candidates_min_ratio".into())).unwrap_or(Ratio::WHOLE);
        ratio.least(seats.into(), crate::ratio::Bound::Reaches)
    }
}
