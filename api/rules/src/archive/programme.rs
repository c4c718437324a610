//! The programme's course, played again from its beginning: what people did, what its polls came to, and the clock.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    Findings,
    aftermath::{FINAL, Told},
    fault::{Fault, first_difference},
    format::{Archive, Line, Poll},
    record::CONSENTED,
};
use crate::{
    calendar::{Calendar, day_of},
    polls::verdict::Verdict,
    programmes::{
        Course, Deed, End, Ending, Kind, Role, Step,
        course::{self, Moved, NOTIFY, Seen, Signed, Stated, Terms},
        deed::{self, Coming, Did, Done},
        group::Group,
        polled::{self, Polled},
        start::{Delivery, StartCondition},
        template,
    },
};

/// What each poll was decided to, as it was computed anew.
pub type Verdicts = BTreeMap<String, Verdict>;

pub(super) fn check(archive: &Archive, verdicts: &Verdicts, found: &mut Findings) {
    let before = found.faults.len();
    template_is_known(archive, found);
    bound_polls(archive, found);
    match Replay::of(archive, verdicts, &archive.known()).play() {
        Err(fault) => found.fault(fault),
        Ok(Replay { course, unsigned, .. }) => {
            for module in unsigned {
                found.unchecked(format!(
                    "how far the signatures of {module} had come: the record did not tell it then"
                ));
            }
            ended_as_told(archive, &course, found);
        }
    }
    if found.faults.len() == before {
        let template = &archive.programme.template;
        found.checked(format!(
            "the course of {} (version {}), move by move, from what people did, what its polls came to, and the clock",
            template.name, template.version
        ));
    }
}

/// A template of the service in a version never changes.
fn template_is_known(archive: &Archive, found: &mut Findings) {
    let own = &archive.programme.template;
    match template::find(&own.name).filter(|known| known.version == own.version) {
        Some(known) => found
            .must(known == own, || Fault::TemplateChanged { name: own.name.clone(), version: own.version }),
        None => found.unchecked(format!(
            "whether {} in version {} is a template of the service: this program knows none such",
            own.name, own.version
        )),
    }
}

fn bound_polls(archive: &Archive, found: &mut Findings) {
    let told: BTreeMap<String, String> = archive
        .told(&archive.programme.id)
        .filter(|line| line.kind == "PROGRAMME_POLL_BOUND")
        .filter_map(|line| {
            let facts = line.facts();
            let text = |name: &str| facts.get(name)?.as_str().map(str::to_owned);
            Some((text("module")?, text("poll_id")?))
        })
        .collect();
    found.must(told == archive.programme.polls, || Fault::BoundPollsDiffer);
    for poll in archive.programme.polls.values() {
        found.must(archive.poll(poll).is_some(), || Fault::PollMissing { poll: poll.clone() });
    }
    for (module, id) in &archive.programme.polls {
        let first = archive.programme.template.first_vote_of(module);
        let decides = first.and_then(|first| archive.programme.polls.get(first));
        let fits = archive.poll(id).is_none_or(|poll| poll.runoff_of.as_ref() == decides);
        found.must(fits && first.is_some() == decides.is_some(), || Fault::BoundPollsDiffer);
    }
    let strange = archive.polls.iter().any(|poll| !archive.programme.polls.values().any(|id| *id == poll.id));
    found.must(!strange, || Fault::BoundPollsDiffer);
}

fn ended_as_told(archive: &Archive, course: &Course, found: &mut Findings) {
    if course.ended.is_none() {
        found.fault(Fault::NotOver);
        return;
    }
    let kept = &archive.programme.course;
    let other = |(name, step): (&String, &Step)| (kept.steps.get(name) != Some(step)).then(|| name.clone());
    let differs = course.steps.iter().find_map(other);
    let rest =
        (kept.ended != course.ended, kept.pauses != course.pauses, kept.steps.len() != course.steps.len());
    let differs = differs.or_else(|| match rest {
        (true, ..) => Some("its end".to_owned()),
        (_, true, _) => Some("its pauses".to_owned()),
        (.., true) => Some("a module that there is none".to_owned()),
        _ => None,
    });
    if let Some(module) = differs {
        found.fault(Fault::CourseDiffers { module });
    }
}

/// A programme on its way from line to line.
#[derive(Clone)]
struct Replay<'a> {
    archive: &'a Archive,
    verdicts: &'a Verdicts,
    calendar: &'a Calendar,
    course: Course,
    done: BTreeMap<String, Done>,
    signers: BTreeMap<String, u64>,
    /// Votes that have their poll.
    bound: BTreeSet<String>,
    /// Modules of which the record does not tell how many had put their names to them.
    unsigned: Vec<String>,
}

/// Lines that were written together.
struct Together<'a> {
    lines: Vec<&'a Line>,
    at: DateTime<Utc>,
    /// The place of the first.
    seq: i64,
}

impl<'a> Replay<'a> {
    fn of(archive: &'a Archive, verdicts: &'a Verdicts, calendar: &'a Calendar) -> Self {
        Self {
            archive,
            verdicts,
            calendar,
            course: Course::new(&archive.programme.template),
            done: BTreeMap::new(),
            signers: BTreeMap::new(),
            bound: BTreeSet::new(),
            unsigned: Vec::new(),
        }
    }

    fn terms(&self) -> Terms<'a> {
        let programme = &self.archive.programme;
        Terms { template: &programme.template, rules: &programme.rules, calendar: self.calendar }
    }

    /// Plays all of it.
    ///
    /// What a poll or a child came to counts from its line on. A programme that looked just before that was written may
    /// have gone on without it: then it counts from the next look.
    fn play(mut self) -> Result<Self, Fault> {
        let mut after = 0;
        for together in self.groups() {
            let elsewhere = self.archive.record.lines.iter().map(|line| line.seq);
            let mut known: Vec<i64> = elsewhere.filter(|seq| after < *seq && *seq < together.seq).collect();
            known.insert(0, after);
            let mut latest = None;
            let mut played = None;
            for known in known.into_iter().rev() {
                let mut trial = self.clone();
                match trial.play_together(&together, known) {
                    Ok(()) => {
                        played = Some(trial);
                        break;
                    }
                    Err(fault) => latest = latest.or(Some(fault)),
                }
            }
            match (played, latest) {
                (Some(played), _) => self = played,
                (None, Some(fault)) => return Err(fault),
                (None, None) => {}
            }
            after = together.lines.last().map_or(together.seq, |last| last.seq);
        }
        Ok(self)
    }

    /// The programme's lines as they were written: those of one write are of one version.
    fn groups(&self) -> Vec<Together<'a>> {
        let mut groups: Vec<Together<'a>> = Vec::new();
        for line in self.archive.told(&self.archive.programme.id) {
            match groups.last_mut() {
                Some(last)
                    if last.lines.last().is_some_and(|one| one.subject_version == line.subject_version) =>
                {
                    last.lines.push(line);
                }
                _ => groups.push(Together { lines: vec![line], at: line.at, seq: line.seq }),
            }
        }
        groups
    }

    fn play_together(&mut self, together: &Together<'_>, known: i64) -> Result<(), Fault> {
        let mut told = together.lines.iter().copied().peekable();
        let mut goes_on = true;
        let caused = told.peek().copied().filter(|line| is_a_cause(line));
        if let Some(line) = caused {
            goes_on = self.cause(line)?;
            told.next();
        }
        let told: Vec<&Line> = told.collect();
        let computed = if goes_on { self.moves(&told, together.at, known)? } else { Vec::new() };
        compare(&told, &computed, together)
    }

    /// What somebody did; whether the programme looks for what follows.
    fn cause(&mut self, line: &Line) -> Result<bool, Fault> {
        let facts = line.facts();
        let unlawful = |why: String| Fault::DeedUnlawful { seq: line.seq, why };
        let refused = |refusal: crate::programmes::course::Refusal| unlawful(refusal.to_string());
        match line.kind.as_str() {
            "PROGRAMME_BEGUN" => self.begun(line, &facts).map(|()| true),
            "PROGRAMME_DEED" => self.deed(line, &facts).map(|()| true),
            "PROGRAMME_POLL_BOUND" => self.bound(line, &facts).map(|()| true),
            "PROGRAMME_PAUSED" => {
                let until = facts.get("until").and_then(Value::as_str);
                let until = until.and_then(|until| DateTime::parse_from_rfc3339(until).ok());
                let until = until.ok_or_else(|| unlawful("a pause without an end".to_owned()))?;
                self.course.pause(until.to_utc(), line.at).map_err(refused).map(|()| true)
            }
            "PROGRAMME_CALLED_OFF" => self.course.call_off(line.at).map_err(refused).map(|()| false),
            _ => self.course.resume(line.at).map_err(refused).map(|()| true),
        }
    }

    fn begun(&self, line: &Line, facts: &Value) -> Result<(), Fault> {
        let programme = &self.archive.programme;
        let template = &programme.template;
        let differs = |what: String| Fault::BeginningDiffers { what };
        if self.archive.told(&programme.id).next().is_none_or(|first| first.seq != line.seq) {
            return Err(differs(format!("line {} is not its first", line.seq)));
        }
        let delivery = Delivery::of(facts);
        let (member_id, conditions) = (programme.member.clone(), programme.conditions.clone());
        let stated = |code: &String| template.conditions.iter().any(|case| case.code == *code);
        if conditions.is_empty() != template.conditions.is_empty() || !conditions.iter().all(stated) {
            return Err(differs("for none of the cases that it is for".to_owned()));
        }
        let among = programme.among.clone();
        if self.archive.polls.iter().any(|poll| poll.among != among) {
            return Err(differs("to whom its polls are put".to_owned()));
        }
        let stated = Stated { member_id, delivery, conditions, among };
        let terms = course::begun(template, &programme.rules, &stated);
        if let Some((what, told, computed)) = first_difference("terms", facts, &terms) {
            return Err(differs(format!("{what} is {computed}, the record tells {told}")));
        }
        if (line.at, &line.actor_role) != (programme.begun_at, &programme.begun_as) {
            return Err(differs("when, or by whom".to_owned()));
        }
        if line.place != programme.place {
            return Err(differs("where".to_owned()));
        }
        if template.about.is_some() != programme.member.is_some() {
            return Err(differs("whom it is about".to_owned()));
        }
        if !template.when_delivered {
            return if delivery.is_none() { Ok(()) } else { Err(differs("what was delivered".to_owned())) };
        }
        let condition = StartCondition::of(&programme.rules);
        let (Some(condition), Some(delivery)) = (condition, delivery) else {
            return Err(differs("how much was delivered".to_owned()));
        };
        let today = day_of(line.at).map_err(|fault| differs(fault.to_string()))?;
        condition.allows(delivery, today).map_err(|early| differs(early.to_string()))
    }

    fn deed(&mut self, line: &Line, facts: &Value) -> Result<(), Fault> {
        let unlawful = |why: String| Fault::DeedUnlawful { seq: line.seq, why };
        let refused = |refusal: deed::Refusal| unlawful(refusal.to_string());
        let text = |name: &str| facts.get(name).and_then(Value::as_str);
        let module = text("module").unwrap_or_default();
        let Some(did) = Did::told(facts, line.at) else {
            return Err(unlawful("nothing like that is done in a programme".to_owned()));
        };
        let (deed, role) = (did.deed, did.role);
        if line.actor_role != role.code() {
            return Err(unlawful(format!("{} did it as {role}", line.actor_role)));
        }
        let done = self.done.remove(module).unwrap_or_default();
        let roles = BTreeSet::from([role]);
        let of = (&self.course, self.terms());
        deed::take(of, (module, deed), &roles, (&done, did.ending), line.at).map_err(refused)?;
        if deed == Deed::Assign {
            let comes = text("comes").and_then(Coming::from_code);
            let (Some(comes), Some(to)) = (comes, did.asks_of) else {
                return Err(unlawful("nobody has the task".to_owned()));
            };
            comes.fits((self.terms().template, module), &done, (role, to)).map_err(refused)?;
        }
        if deed == Deed::Form {
            let group = Group::told(facts).ok_or_else(|| unlawful("nobody is in the group".to_owned()))?;
            group.is_lawful(self.terms().rules).map_err(|why| unlawful(why.to_string()))?;
        }
        if did.replies_to.as_ref().is_some_and(|to| !done.is_reply(to, role, true)) {
            return Err(unlawful("no such reply was asked for".to_owned()));
        }
        self.done.insert(module.to_owned(), done.and(did));
        if deed == Deed::Sign {
            *self.signers.entry(module.to_owned()).or_default() += 1;
        }
        Ok(())
    }

    fn bound(&mut self, line: &Line, facts: &Value) -> Result<(), Fault> {
        let module = facts.get("module").and_then(Value::as_str).unwrap_or_default();
        let template = &self.archive.programme.template;
        let is_a_vote = template.modules.get(module).is_some_and(|module| module.kind == Kind::Vote);
        if is_a_vote && self.course.steps.get(module) == Some(&Step::Waiting) {
            self.bound.insert(module.to_owned());
            return Ok(());
        }
        Err(Fault::DeedUnlawful { seq: line.seq, why: format!("no poll can be that of {module} now") })
    }

    /// What moves by itself at a moment, as the record has to tell it.
    fn moves(
        &mut self,
        told: &[&Line],
        now: DateTime<Utc>,
        known: i64,
    ) -> Result<Vec<(&'static str, Value)>, Fault> {
        let mut computed = Vec::new();
        if self.course.lift_what_is_due(now) {
            computed.push(("PROGRAMME_RESUMED", json!({})));
        }
        let was_over = self.course.ended.is_some();
        loop {
            let seen = self.seen(told, known)?;
            // The calendar holds for centuries; beyond it nothing moved.
            let moves = self.course.advance(self.terms(), &seen, now).unwrap_or_default();
            for one in &moves {
                let signed = self.told_signed(told, &one.module).filter(|_| one.what == Moved::Ended);
                let asked = one.asks().then(|| self.asked(&one.module, known));
                computed.push((one.event(), one.facts(signed, asked.as_deref())));
            }
            if moves.is_empty() {
                break;
            }
        }
        if let Some((end, _)) = self.course.ended.filter(|_| !was_over) {
            computed.push(("PROGRAMME_ENDED", json!({ "end": end })));
        }
        Ok(computed)
    }

    /// What the world says of the modules that run, as far as the record had told by a place in it.
    fn seen(&mut self, told: &[&Line], known: i64) -> Result<BTreeMap<String, Seen>, Fault> {
        let template = &self.archive.programme.template;
        let mut seen = BTreeMap::new();
        for (name, module) in &template.modules {
            let Some(Step::Running { since, .. }) = self.course.steps.get(name).copied() else { continue };
            let found = match module.kind {
                kind if kind.is_signed() => self.signed(told, name)?,
                Kind::Programme => self.child(name, known).map(Seen::at_once),
                Kind::PublicNotice => {
                    let poll = self.poll_of(name).map(|poll| self.polled(poll, known));
                    let put_up_at = self.done.get(name).and_then(|done| done.put_up_at);
                    polled::of_notice(module, since, (poll.as_ref(), put_up_at))
                }
                Kind::ResultNotice => polled::of_results(&self.hung_out(name, known)),
                kind if kind.is_about_a_vote() => {
                    self.poll_of(name).and_then(|poll| self.polled(poll, known).seen(kind, self.terms()))
                }
                _ => self.done.get(name).and_then(|done| done.ending(template, name)).map(Seen::at_once),
            };
            seen.extend(found.map(|found| (name.clone(), found)));
        }
        Ok(seen)
    }

    /// What owners put their names to is reached where the record says so and enough had signed. How much area is whose no
    /// line tells: how far it had come is told by the line of its end.
    fn signed(&mut self, told: &[&Line], name: &str) -> Result<Option<Seen>, Fault> {
        let ended = told.iter().find(|line| ends(line, name));
        let Some(line) = ended else { return Ok(None) };
        let reached = line.facts().get("ending") == Some(&json!(Ending::Reached));
        let Some(signed) = self.told_signed(told, name) else {
            self.unsigned.push(name.to_owned());
            return Ok(reached.then_some(Seen::at_once(Ending::Reached)));
        };
        let module = self.archive.programme.template.modules.get(name);
        let enough = module.is_some_and(|module| self.terms().has_enough(module, signed));
        let signers = self.signers.get(name).copied().unwrap_or_default();
        if enough != reached || signed.persons != signers || !signed.weight.is_within(signed.roll) {
            return Err(Fault::SignaturesDiffer { seq: line.seq, module: name.to_owned() });
        }
        Ok(reached.then_some(Seen::at_once(Ending::Reached)))
    }

    /// How many had put their names to a module, as the line of its end tells.
    fn told_signed(&self, told: &[&Line], name: &str) -> Option<Signed> {
        let module = self.archive.programme.template.modules.get(name)?;
        let line = told.iter().find(|line| module.kind.is_signed() && ends(line, name))?;
        serde_json::from_value(line.facts().get("signed")?.clone()).ok()
    }

    /// How the programme that a module runs has ended by a place in the log.
    fn child(&self, module: &str, known: i64) -> Option<Ending> {
        let child = self.archive.programme.children.get(module)?;
        let line = self.archive.told(child).find(|line| line.seq <= known)?;
        match line.facts().get("end").and_then(Value::as_str).and_then(End::from_code) {
            Some(End::Done) => Some(Ending::Done),
            Some(End::Stopped) | None => Some(Ending::Stopped),
        }
    }

    /// Who is asked to act in a module by a place in the log.
    fn asked(&self, module: &str, known: i64) -> Vec<Role> {
        polled::must_act(&self.archive.programme.template, module, &self.hung_out(module, known))
    }

    /// What the polls had come to by a place in the log whose results hang out in a module.
    fn hung_out(&self, module: &str, known: i64) -> Vec<Polled> {
        let votes = self.archive.programme.template.votes_hung_out(module);
        let polls = votes.into_iter().filter_map(|vote| self.poll_of(vote));
        polls.map(|poll| self.polled(poll, known)).collect()
    }

    fn poll_of(&self, module: &str) -> Option<&'a Poll> {
        let vote =
            self.archive.programme.template.vote_of(module).filter(|vote| self.bound.contains(*vote))?;
        self.archive.poll(self.archive.programme.polls.get(vote)?)
    }

    /// What a poll had come to by a place in the log.
    fn polled(&self, poll: &Poll, known: i64) -> Polled {
        let lines = || self.archive.told(&poll.id).filter(|line| line.seq <= known);
        let when = |kind: &str| lines().find(|line| line.kind == kind).map(|line| line.at);
        let has = |kind: &str| when(kind).is_some();
        let published_at = when("POLL_PUBLISHED");
        let agreed: BTreeSet<String> = lines()
            .filter(|line| line.kind == CONSENTED)
            .filter_map(|line| line.facts().get("candidate_id").map(ToString::to_string))
            .collect();
        let verdict = self.verdicts.get(&poll.id).filter(|_| has("POLL_COUNTED"));
        Polled {
            locked_at: when("POLL_LOCKED"),
            closed: has("POLL_CLOSED"),
            // Who stands in a run-off agreed to stand for both.
            candidates: if poll.runoff_of.is_some() { poll.candidates.len() } else { agreed.len() }
                .try_into()
                .unwrap_or(u64::MAX),
            seats: poll.seats,
            texts: verdict.and_then(polled::texts),
            election: verdict.and_then(polled::election),
            published_at,
            provisional_until: poll.provisional_until.filter(|_| published_at.is_some()),
            final_at: when(FINAL),
            objections: Told::by(lines()).counted(),
        }
    }
}

/// Whether a line tells what somebody did, and not what follows from it.
fn is_a_cause(line: &Line) -> bool {
    match line.kind.as_str() {
        "PROGRAMME_BEGUN"
        | "PROGRAMME_DEED"
        | "PROGRAMME_POLL_BOUND"
        | "PROGRAMME_PAUSED"
        | "PROGRAMME_CALLED_OFF" => true,
        "PROGRAMME_RESUMED" => line.actor_role != "CLOCK",
        _ => false,
    }
}

/// Whether a line tells that a module ended.
fn ends(line: &Line, module: &str) -> bool {
    line.kind == "PROGRAMME_MODULE_ENDED"
        && line.facts().get("module").and_then(Value::as_str) == Some(module)
}

/// Whether these are the facts. Who is asked was not told of old.
fn are_told(told: &Value, computed: &Value) -> bool {
    let mut computed = computed.clone();
    if let (None, Some(facts)) = (told.get(NOTIFY), computed.as_object_mut()) {
        facts.remove(NOTIFY);
    }
    *told == computed
}

/// What is told, against what has to be: the same moves in the same order, by the clock, at one moment.
fn compare(told: &[&Line], computed: &[(&'static str, Value)], together: &Together<'_>) -> Result<(), Fault> {
    let words = |kind: &str, facts: &Value| format!("{kind} {facts}");
    for (place, line) in told.iter().enumerate() {
        let told = words(&line.kind, &line.facts());
        match computed.get(place) {
            None => return Err(Fault::MoveUnfounded { seq: line.seq, told }),
            Some((kind, facts)) => {
                let same = line.kind == *kind && are_told(&line.facts(), facts) && line.actor_role == "CLOCK";
                if !same || line.at != together.at {
                    let computed = words(kind, facts);
                    return Err(Fault::MoveDiffers { seq: line.seq, told, computed });
                }
            }
        }
    }
    match computed.get(told.len()) {
        Some((kind, facts)) => {
            let seq = together.lines.last().map_or(together.seq, |last| last.seq);
            Err(Fault::MoveMissing { seq, computed: words(kind, facts) })
        }
        None => Ok(()),
    }
}
