//! Random lives of incidents under a simulated clock: whatever people and sweepers do, in whatever order, the
//! promises hold after every step.

use proptest::prelude::*;

use super::*;
use crate::calendar::WorkTime;

#[derive(Debug, Clone)]
pub(super) enum Step {
    Wait(i64),
    /// Wait to the very deadline, or this many seconds beside it.
    WaitForDeadline(i64),
    Staff(Vec<Level>),
    Accept,
    AskInfo,
    Reply,
    Assign,
    Acknowledge,
    Divert,
    Reject,
    Appeal,
    Object(Option<Level>),
    Delegate(Level),
    Consent,
    Decline,
    Pause(PauseReason, i64),
    Resume,
    VoidPause,
    /// To budgets so many times as long.
    Retarget(u16),
    Handle(usize, Inspection),
    PassInspection,
    FailInspection,
    ForceClose,
    Confirm,
    SendBack,
    Withdraw,
    Reopen,
    Urge,
    ClimbByHand(HandReason),
    Sweep,
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let levels = proptest::sample::subsequence(Level::ALL.to_vec(), 0..=Level::ALL.len());
    prop_oneof![
        2 => (0..3 * DAY).prop_map(Step::Wait),
        4 => (-1_i64..=1).prop_map(Step::WaitForDeadline),
        1 => levels.prop_map(Step::Staff),
        2 => proptest::sample::select(vec![Step::Accept, Step::AskInfo, Step::Reply, Step::Assign]),
        3 => Just(Step::Acknowledge),
        1 => proptest::sample::select(vec![Step::Divert, Step::Reject, Step::ForceClose]),
        1 => Just(Step::Appeal),
        1 => proptest::option::of(proptest::sample::select(Level::ALL)).prop_map(Step::Object),
        1 => proptest::sample::select(Level::ALL).prop_map(Step::Delegate),
        2 => proptest::sample::select(vec![Step::Consent, Step::Decline]),
        2 => (proptest::sample::select(PauseReason::ALL), -1..20 * DAY).prop_map(|(reason, long)| Step::Pause(reason, long)),
        1 => Just(Step::Resume),
        1 => Just(Step::VoidPause),
        1 => (1_u16..4).prop_map(Step::Retarget),
        3 => (0_usize..3, proptest::sample::select(vec![Inspection::Needed, Inspection::Spared]))
            .prop_map(|(photos, inspection)| Step::Handle(photos, inspection)),
        2 => proptest::sample::select(vec![Step::PassInspection, Step::FailInspection]),
        1 => Just(Step::Confirm),
        2 => Just(Step::SendBack),
        1 => Just(Step::Withdraw),
        1 => Just(Step::Reopen),
        1 => Just(Step::Urge),
        1 => proptest::sample::select(HandReason::ALL).prop_map(Step::ClimbByHand),
        6 => Just(Step::Sweep),
    ]
}

pub(super) fn category() -> impl Strategy<Value = &'static Policy> {
    let national = category::all().iter().filter_map(|category| policy::national(category).ok());
    let policies: Vec<_> = national.chain([homes::neighbourly()]).collect();
    proptest::sample::select(policies)
}

/// What a store would keep: the incident and every tenure it has left.
pub(super) struct Life {
    policy: &'static Policy,
    staffed: BTreeSet<Level>,
    pub now: DateTime<Utc>,
    pub incident: Incident,
    left: Vec<Tenure>,
    /// What happened to its clocks.
    pub turns: Vec<Turn>,
}

impl Life {
    pub fn begin(policy: &'static Policy, staffed: BTreeSet<Level>, now: DateTime<Utc>) -> Self {
        let incident = Incident::report(policy, &staffed, now);
        let turns = turned(None, &incident, policy, now);
        Self { policy, staffed, now, incident, left: Vec::new(), turns }
    }

    pub fn clock(&self, which: Running) -> Clock {
        let entries = self.turns.iter().filter(|turn| turn.clock == which).map(|turn| turn.entry);
        Clock::told(&entries.collect::<Vec<_>>()).unwrap()
    }

    /// The clock by which its holder is measured.
    fn main(&self) -> Option<Clock> {
        Running::main(&self.incident).map(|running| self.clock(running))
    }

    fn ask(&mut self) -> Result<Incident, Refusal> {
        let (asked, pause) = self.incident.ask_info("where?", self.main().as_ref(), self.policy, self.now)?;
        assert!(pause.span.to <= later(self.now, 3 * DAY));
        assert_eq!(asked.tenure.due(), Some(Due { kind: DueKind::Reply, at: pause.span.to }));
        self.note(Some(pause.into()));
        Ok(asked)
    }

    fn reply(&mut self) -> Result<Incident, Refusal> {
        let (replied, entry) = self.incident.reply("there", self.main().as_ref(), self.policy, self.now)?;
        assert_eq!(entry.is_none(), self.incident.tenure.due().unwrap().has_passed(self.now));
        self.note(entry);
        Ok(replied)
    }

    fn pause(&mut self, reason: PauseReason, long: i64) -> Result<Incident, Refusal> {
        let (before, policy, now) = (self.incident, self.policy, self.now);
        let clock = self.main();
        let (paused, pause) = before.pause(reason, "why", later(now, long), clock.as_ref(), policy, now)?;
        assert!(policy.pauses(reason).is_some() && before.status == Status::InProgress);
        assert!(pause.span.from == now && pause.span.to <= later(now, long));
        assert_eq!(paused.tenure.due(), Some(Due { kind: DueKind::Resume, at: pause.span.to }));
        self.note(Some(pause.into()));
        Ok(paused)
    }

    fn resume(&mut self) -> Result<Incident, Refusal> {
        let (resumed, entry) = self.incident.resume(self.main().as_ref(), self.policy, self.now)?;
        // Its time may be over before anybody has swept.
        assert_eq!(entry.is_none(), self.incident.tenure.due().unwrap().has_passed(self.now));
        self.note(entry);
        Ok(resumed)
    }

    fn void_pause(&mut self) -> Result<Incident, Refusal> {
        let (resumed, entry) =
            self.incident.void_pause("why", self.main().as_ref(), self.policy, self.now)?;
        self.note(Some(entry));
        Ok(resumed)
    }

    /// What is spent and what was paused stays; what it stands still for is not over sooner.
    fn retarget(&mut self, times: u16) -> Result<Incident, Refusal> {
        let (before, now) = (self.incident, self.now);
        let mut longer = self.policy.clone();
        let tier = longer.tiers.at_mut(before.tenure.level);
        for budget in [&mut tier.triage, &mut tier.first_contact, &mut tier.handling] {
            *budget = budget.times(times).unwrap_or(*budget);
        }
        let clock = self.main();
        let (held, turns) = before.retarget("why", clock.as_ref(), &longer, now)?;
        let work = WorkTime::china();
        let after = Running::main(&held).unwrap().turned(clock.clone(), &turns).unwrap();
        let clock = clock.unwrap();
        assert_eq!((after.started(), after.pauses()), (clock.started(), clock.pauses()));
        if after.budget().unit() == clock.budget().unit() {
            assert_eq!(after.spent(now, work), clock.spent(now, work));
        }
        assert!(turns.iter().all(|turn| turn.clock.tenure == before.tenure.seq));
        self.turns.extend(turns);
        self.policy = Box::leak(Box::new(longer));
        Ok(held)
    }

    fn note(&mut self, entry: Option<Entry>) {
        self.turns.extend(Running::noted(&self.incident, entry));
    }

    pub fn take(&mut self, step: &Step) {
        let (before, policy, now) = (self.incident, self.policy, self.now);
        let changed = match step {
            Step::Wait(seconds) => {
                self.now = later(now, *seconds);
                return;
            }
            Step::WaitForDeadline(beside) => {
                let at = before.tenure.due().map_or(now, |due| later(due.at, *beside));
                self.now = at.max(now);
                return;
            }
            Step::Staff(levels) => {
                self.staffed = levels.iter().copied().collect();
                return;
            }
            Step::Accept => before.accept(),
            Step::AskInfo => self.ask(),
            Step::Reply => self.reply(),
            Step::Assign => before.assign(),
            Step::Divert => before.divert(Elsewhere::Court, "a contract", now),
            Step::Reject => before.reject(NotTaken::Private, "why", now),
            Step::Appeal => {
                before.appeal("why", policy, &self.staffed, now).map(|passed| self.appeal(passed))
            }
            Step::Object(to) => before.object(*to, "why", policy, &self.staffed, now),
            Step::Delegate(to) => before.delegate(*to, "why", &self.staffed, now),
            Step::Consent => before.consent(policy, now).map(|passed| self.agree(passed)),
            Step::Decline => before.decline("why", now),
            Step::PassInspection => before.pass_inspection(now),
            Step::FailInspection => {
                before.fail_inspection("why", policy, &self.staffed, now).map(|back| self.again(back))
            }
            Step::ForceClose => before.force_close("why", now),
            Step::Acknowledge => before.acknowledge(policy, now),
            Step::Pause(reason, long) => self.pause(*reason, *long),
            Step::Resume => self.resume(),
            Step::VoidPause => self.void_pause(),
            Step::Retarget(times) => self.retarget(*times),
            Step::Handle(photos, inspection) => before.handle("done", *photos, *inspection, policy, now),
            Step::Confirm => before.confirm(content(), now),
            Step::SendBack => {
                before.send_back("why", wanting(), policy, &self.staffed, now).map(|back| self.again(back))
            }
            Step::Withdraw => before.withdraw(now),
            Step::Urge => before.urge(None, now),
            Step::Reopen => {
                before.reopen("why", wanting(), policy, &self.staffed, now).map(|passed| self.reopen(passed))
            }
            Step::ClimbByHand(reason) => before
                .climb_by_hand(*reason, 0, "why", policy, &self.staffed, now)
                .map(|climbed| self.climb(climbed, (*reason).into(), ExitKind::ClimbedByHand)),
            Step::Sweep => return self.sweep(),
        };
        match changed {
            Ok(after) => {
                assert!(
                    !before.status.is_over() || matches!(step, Step::Reopen | Step::Appeal),
                    "{step:?} woke {before:?}"
                );
                // Giving it to somebody else leaves no trace in the law, which knows no persons.
                assert!(after != before || matches!(step, Step::Assign | Step::Retarget(_)));
                self.incident = after;
                self.turns.extend(turned(Some(&before), &after, self.policy, now));
            }
            Err(refusal) => assert!(
                !before.status.is_over()
                    || matches!(
                        refusal,
                        Refusal::WrongStatus { .. }
                            | Refusal::ClosedForGood { .. }
                            | Refusal::NobodyAbove { .. }
                    ),
                "{step:?} on {before:?}: {refusal}"
            ),
        }
    }

    fn sweep(&mut self) {
        let before = self.incident;
        let due = before.tenure.due();
        let passed = due.is_some_and(|due| self.now >= due.at);
        let confirming = matches!(before.status, Status::AwaitConfirm | Status::Verifying);
        let clock = self.main();
        match sweep::sweep(before, self.policy, &self.staffed, clock.as_ref(), self.now).unwrap() {
            Sweep::Over => assert!(before.status.is_over()),
            Sweep::NotDue(named) => assert!(!passed && due == Some(named)),
            Sweep::LeftEmptyPost(passed) => {
                assert!(!confirming);
                assert_eq!(
                    (passed.incident.status, passed.incident.rework),
                    (moved(before.status), before.rework)
                );
                self.incident = self.leave(passed);
            }
            Sweep::Climbed(climbed) => {
                assert!(passed && !confirming);
                self.incident = self.climb(climbed, EnteredBy::Overdue, ExitKind::ClimbedOverdue);
            }
            Sweep::Shouted { incident, .. } => {
                assert!(passed && !confirming);
                assert!(
                    self.staffed.iter().all(|&level| level <= before.tenure.level),
                    "there was somebody above"
                );
                assert_eq!(incident.tenure.shouts, before.tenure.shouts + 1);
                assert_eq!((incident.tenure.seq, incident.status), (before.tenure.seq, before.status));
                self.incident = incident;
            }
            Sweep::Lapsed(incident) => {
                assert!(before.lapses_at().is_some_and(|at| self.now >= at));
                assert_eq!(incident.tenure.proposal, None);
                self.incident = incident;
                // What is due beside it is due all the same.
                return self.sweep();
            }
            Sweep::Resumed(incident) => {
                assert!(passed && matches!(before.status, Status::Waiting | Status::NeedInfo));
                assert_eq!(incident.status, moved(before.status));
                self.turns.extend(turned(Some(&before), &incident, self.policy, self.now));
                self.incident = incident;
                // Whoever sweeps late finds the next thing due at once.
                return self.sweep();
            }
            Sweep::PassedUnseen(incident) => {
                assert!(passed && before.status == Status::Verifying);
                assert_eq!(incident.status, Status::AwaitConfirm);
                self.incident = incident;
            }
            Sweep::Settled(incident) => {
                assert!(passed && confirming);
                assert_eq!((incident.status, incident.answer), (Status::Closed, None));
                self.incident = incident;
            }
        }
        self.turns.extend(turned(Some(&before), &self.incident, self.policy, self.now));
        let clock = self.main();
        let again =
            sweep::sweep(self.incident, self.policy, &self.staffed, clock.as_ref(), self.now).unwrap();
        assert!(
            matches!(again, Sweep::NotDue(_) | Sweep::Over),
            "the second sweep of an instant did {again:?}"
        );
        if let Some(due) = self.incident.tenure.due() {
            let acts_at = due::acts_at(due, self.policy, &self.incident.tenure);
            let found = audit::find(&self.incident, Some(acts_at), self.policy, self.now);
            assert_eq!(found, None, "what the law makes is never found wrong");
        }
        let (status, level) = (self.incident.status, self.incident.tenure.level);
        assert!(
            status.is_over()
                || matches!(status, Status::AwaitConfirm | Status::Verifying)
                || self.staffed.contains(&level)
                || self.nobody_else(),
            "it stands with nobody at {level}"
        );
    }

    /// Whether there is nobody who may hold it but at its own level.
    fn nobody_else(&self) -> bool {
        let first = ladder::first_level(&self.staffed, self.policy);
        let level = self.incident.tenure.level;
        !self.staffed.iter().any(|&above| above > level) && !self.staffed.contains(&first)
    }

    /// It is back where it was settled, or where somebody is, as work that was not done.
    fn reopen(&mut self, passed: Passed) -> Incident {
        let (before, after) = (self.incident, passed.incident);
        let (from, to) = (before.tenure.level, after.tenure.level);
        let closed_at = before.tenure.exit().unwrap().at;
        assert!(before.status == Status::Closed && self.now < later(closed_at, 7 * DAY));
        assert_eq!(passed.left, before.tenure);
        assert_eq!((after.status, after.rework), (Status::InProgress, before.rework + 1));
        assert_eq!(after.answer, Some(said(Resolved::No, wanting())));
        assert!(to == from || !self.staffed.contains(&from));
        assert!(self.staffed.contains(&to) || self.nobody_else());
        assert_eq!(after.climbs, before.climbs);
        assert_eq!((after.tenure.seq, after.tenure.entered_by), (before.tenure.seq + 1, EnteredBy::Reopened));
        self.left.push(passed.left);
        after
    }

    /// What was not done goes on where somebody is.
    fn again(&mut self, back: SentBack) -> Incident {
        match back {
            SentBack::ToHolder(incident) => {
                assert!(self.staffed.contains(&incident.tenure.level) || self.nobody_else());
                incident
            }
            SentBack::ToAnother(passed) => {
                assert_eq!(passed.incident.rework, self.incident.rework + 1);
                self.leave(passed)
            }
        }
    }

    /// The level above has it as if it were new.
    fn appeal(&mut self, passed: Passed) -> Incident {
        let (before, after) = (self.incident, passed.incident);
        assert_eq!(passed.left, before.tenure);
        assert!(
            after.tenure.level > before.tenure.level && self.staffed.contains(&after.tenure.level)
                || self.nobody_else()
        );
        assert_eq!((after.status, after.not_taken), (Status::Submitted, None));
        assert_eq!((after.tenure.seq, after.tenure.entered_by), (before.tenure.seq + 1, EnteredBy::Appeal));
        self.left.push(passed.left);
        after
    }

    /// It goes where it was said to, and only because somebody was asked.
    fn agree(&mut self, passed: Passed) -> Incident {
        let (before, after) = (self.incident, passed.incident);
        let proposal = before.tenure.proposal.unwrap();
        assert!(self.now < proposal.until);
        assert_eq!(after.tenure.level, proposal.to);
        assert_eq!(after.status, moved(before.status));
        let objected = proposal.kind == ProposalKind::Objection;
        assert_eq!(after.misrouted - before.misrouted, u32::from(objected));
        assert!(objected || after.lowest == before.lowest, "a delegation shows it to nobody new");
        self.left.push(passed.left);
        after
    }

    /// It leaves a post that nobody fills for one that somebody does, if there is any.
    fn leave(&mut self, passed: Passed) -> Incident {
        let (before, after) = (self.incident, passed.incident);
        let (from, to) = (before.tenure.level, after.tenure.level);
        assert!(!self.staffed.contains(&from) && to != from);
        assert!(self.staffed.contains(&to) || (to == Level::District && self.nobody_else()));
        let above = Level::ALL.iter().copied().find(|&level| level > from && self.holds(level));
        assert!(above.is_none() || above == Some(to), "up, while there is anybody above");
        let left = Standing::Left(Exit { at: self.now, how: ExitKind::EmptyPost });
        assert_eq!(passed.left, Tenure { standing: left, proposal: None, ..before.tenure });
        assert_eq!(after.climbs - before.climbs, u32::from(to > from));
        assert_eq!(after.tenure.seq, before.tenure.seq + 1);
        assert_eq!((after.tenure.entered_at, after.tenure.entered_by), (self.now, EnteredBy::EmptyPost));
        assert_eq!((after.tenure.acknowledged_at, after.tenure.shouts), (None, 0));
        self.left.push(passed.left);
        after
    }

    /// A climb goes to the lowest staffed level above, or to the district when the holder has gone as well.
    fn climb(&mut self, climbed: Passed, entered_by: EnteredBy, how: ExitKind) -> Incident {
        let (before, after) = (self.incident, climbed.incident);
        let (from, to) = (before.tenure.level, after.tenure.level);
        let above = Level::ALL.iter().copied().find(|&level| level > from && self.holds(level));
        assert_eq!(to, above.unwrap_or(Level::District));
        assert!(to > from && (above.is_some() || !self.staffed.contains(&from)));
        assert_eq!(
            climbed.left,
            Tenure { standing: Standing::Left(Exit { at: self.now, how }), proposal: None, ..before.tenure }
        );
        assert_eq!((after.tenure.seq, after.climbs), (before.tenure.seq + 1, before.climbs + 1));
        assert_eq!((after.status, after.rework), (moved(before.status), before.rework));
        assert_eq!((after.tenure.entered_at, after.tenure.entered_by), (self.now, entered_by));
        assert_eq!(
            (after.tenure.acknowledged_at, after.tenure.handled_at, after.tenure.shouts),
            (None, None, 0)
        );
        self.left.push(climbed.left);
        after
    }

    fn holds(&self, level: Level) -> bool {
        self.policy.has(level) && self.staffed.contains(&level)
    }

    pub fn check(&self) {
        let (incident, tenure) = (&self.incident, &self.incident.tenure);
        assert!(self.left.iter().all(|left| left.due().is_none()));
        assert_eq!(tenure.due().is_some(), !incident.status.is_over(), "one open tenure until it is over");
        assert!(self.policy.has(tenure.level) || tenure.level == Level::District);

        assert_eq!(Some(incident.lowest), self.left.iter().chain([tenure]).map(|tenure| tenure.level).min());

        let seqs: Vec<_> = self.left.iter().chain([tenure]).map(|tenure| tenure.seq).collect();
        let levels: Vec<_> = self.left.iter().chain([tenure]).map(|tenure| tenure.level).collect();
        assert!(seqs.iter().copied().eq(1..=u32::try_from(levels.len()).unwrap()), "{seqs:?}");
        let all: Vec<_> = self.left.iter().chain([tenure]).collect();
        let mut up = 0;
        for pair in all.windows(2) {
            let (left, entered) = (pair[0].exit().unwrap(), pair[1]);
            let reopened = entered.entered_by == EnteredBy::Reopened;
            let appealed = entered.entered_by == EnteredBy::Appeal;
            assert_eq!(left.how.is_resolved() || left.how == ExitKind::Forced, reopened);
            assert_eq!(left.how == ExitKind::Rejected, appealed);
            assert!(
                left.at == entered.entered_at || reopened || appealed,
                "tenures follow one another without a gap"
            );
            up += u32::from(pair[0].level < entered.level && !reopened);
        }
        assert_eq!(up, incident.climbs);

        let kind = tenure.due().map(|due| due.kind);
        let acknowledged = tenure.acknowledged_at.is_some();
        match incident.status {
            Status::Submitted | Status::Accepted | Status::Assigned => {
                assert!(matches!(kind, Some(DueKind::Contact | DueKind::Shout)) && !acknowledged);
            }
            Status::NeedInfo => assert!(kind == Some(DueKind::Reply) && !acknowledged),
            Status::InProgress if acknowledged => {
                assert!(matches!(kind, Some(DueKind::Handle | DueKind::Shout)));
            }
            Status::InProgress => assert!(matches!(kind, Some(DueKind::Contact | DueKind::Shout))),
            Status::Waiting => assert!(kind == Some(DueKind::Resume) && acknowledged),
            Status::Verifying => assert!(kind == Some(DueKind::Verify) && tenure.handled_at.is_some()),
            Status::AwaitConfirm => assert!(kind == Some(DueKind::Confirm) && tenure.handled_at.is_some()),
            _ => assert_eq!(kind, None),
        }
        assert_eq!(incident.elsewhere.is_some(), incident.status == Status::Diverted);
        assert_eq!(incident.not_taken.is_some(), incident.status == Status::Rejected);
        assert!(incident.misrouted <= incident.objections && incident.objections <= handover::OBJECTIONS);
        self.check_clock();
        assert!(!self.is_shouting() || tenure.shouts > 0);
        let confirmed = incident.answer.is_some_and(|answer| answer.resolved == Resolved::Yes);
        assert!(!confirmed || incident.status == Status::Closed);
    }

    /// What is stored as due is what the clock's history says.
    fn check_clock(&self) {
        let running: Vec<_> = Running::all(&self.incident).collect();
        for clock in self.turns.iter().map(|turn| turn.clock) {
            assert_eq!(self.clock(clock).end().is_none(), running.contains(&clock), "{clock:?}");
        }
        let Some(due) = self.incident.tenure.due() else { return };
        let of =
            |kind| running.iter().find(|running| running.kind == kind).map(|running| self.clock(*running));
        let clock = self.main().or(of(ClockKind::Verifying)).or(of(ClockKind::Confirming)).unwrap();
        match due.kind {
            DueKind::Shout => assert!(clock.due(WorkTime::china()).unwrap() <= self.now, "it was overdue"),
            DueKind::Resume | DueKind::Reply => {
                assert_eq!(clock.pauses().last().map(|pause| pause.span.to), Some(due.at));
            }
            _ => assert_eq!(clock.due(WorkTime::china()), Ok(due.at)),
        }
    }

    fn is_shouting(&self) -> bool {
        self.incident.tenure.due().is_some_and(|due| due.kind == DueKind::Shout)
    }
}

/// The status after a change of holder.
fn moved(status: Status) -> Status {
    match status {
        Status::Waiting => Status::InProgress,
        Status::NeedInfo => Status::Submitted,
        Status::Assigned => Status::Accepted,
        status => status,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_promises_hold_through_any_life(
        policy in category(),
        levels in proptest::sample::subsequence(Level::ALL.to_vec(), 0..=Level::ALL.len()),
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        let (staffed, now) = (staffed(&levels), morning());
        let mut life = Life::begin(policy, staffed, now);
        life.check();
        for step in &steps {
            life.take(step);
            life.check();
        }
    }

    #[test]
    fn an_unattended_incident_reaches_the_highest_staffed_level(
        policy in category(),
        levels in proptest::sample::subsequence(Level::ALL.to_vec(), 0..=Level::ALL.len()),
    ) {
        let (staffed, now) = (staffed(&levels), morning());
        let mut life = Life::begin(policy, staffed, now);
        for _ in 0..Level::ALL.len() {
            life.take(&Step::WaitForDeadline(0));
            life.take(&Step::Sweep);
            life.check();
        }
        // An office's matter does not fall to those below.
        let enters_at = policy.common.enters_at;
        let bottom =
            if enters_at >= Level::Community { Level::Community } else { enters_at.min(Level::Unit) };
        let top = levels.iter().copied().filter(|&level| level >= bottom).max().unwrap_or(Level::District);
        prop_assert_eq!(life.incident.tenure.level, top);
        prop_assert!(life.is_shouting());
    }
}
