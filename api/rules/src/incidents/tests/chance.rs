//! Random lives of incidents under a simulated clock: whatever people and sweepers do, in whatever order, the
//! promises hold after every step.

use proptest::prelude::*;

use super::*;
use crate::calendar::WorkTime;

#[derive(Debug, Clone)]
enum Step {
    Wait(i64),
    /// Wait to the very deadline, or this many seconds beside it.
    WaitForDeadline(i64),
    Staff(Vec<Level>),
    Acknowledge,
    Pause(PauseReason, i64),
    Resume,
    VoidPause,
    Handle(usize),
    Confirm(u8),
    SendBack,
    Withdraw,
    Reopen,
    Urge,
    ClimbByHand(HandReason),
    Sweep,
}

fn step() -> impl Strategy<Value = Step> {
    let levels = proptest::sample::subsequence(Level::ALL.to_vec(), 0..=Level::ALL.len());
    prop_oneof![
        2 => (0..3 * DAY).prop_map(Step::Wait),
        4 => (-1_i64..=1).prop_map(Step::WaitForDeadline),
        1 => levels.prop_map(Step::Staff),
        3 => Just(Step::Acknowledge),
        2 => (proptest::sample::select(PauseReason::ALL), -1..20 * DAY).prop_map(|(reason, long)| Step::Pause(reason, long)),
        1 => Just(Step::Resume),
        1 => Just(Step::VoidPause),
        3 => (0_usize..3).prop_map(Step::Handle),
        1 => (1_u8..=5).prop_map(Step::Confirm),
        2 => Just(Step::SendBack),
        1 => Just(Step::Withdraw),
        1 => Just(Step::Reopen),
        1 => Just(Step::Urge),
        1 => proptest::sample::select(HandReason::ALL).prop_map(Step::ClimbByHand),
        6 => Just(Step::Sweep),
    ]
}

fn category() -> impl Strategy<Value = &'static Policy> {
    let policy: Vec<_> =
        category::all().iter().filter_map(|category| policy::national(category).ok()).collect();
    proptest::sample::select(policy)
}

/// What a store would keep: the incident and every tenure it has left.
struct Life {
    policy: &'static Policy,
    staffed: BTreeSet<Level>,
    now: DateTime<Utc>,
    incident: Incident,
    left: Vec<Tenure>,
    /// What happened to its clocks.
    turns: Vec<Turn>,
}

impl Life {
    fn begin(policy: &'static Policy, staffed: BTreeSet<Level>, now: DateTime<Utc>) -> Self {
        let incident = Incident::report(policy, &staffed, now);
        let turns = turned(None, &incident, policy, now);
        Self { policy, staffed, now, incident, left: Vec::new(), turns }
    }

    fn clock(&self, which: Running) -> Clock {
        let entries = self.turns.iter().filter(|turn| turn.clock == which).map(|turn| turn.entry);
        Clock::told(&entries.collect::<Vec<_>>()).unwrap()
    }

    /// The clock of the handling, where it is being handled.
    fn handling(&self) -> Option<Clock> {
        let running = Running::of(&self.incident).filter(|running| running.kind == ClockKind::Handling);
        running.map(|running| self.clock(running))
    }

    fn pause(&mut self, reason: PauseReason, long: i64) -> Result<Incident, Refusal> {
        let (before, policy, now) = (self.incident, self.policy, self.now);
        let clock = self.handling();
        let (paused, pause) = before.pause(reason, "why", later(now, long), clock.as_ref(), policy, now)?;
        assert!(policy.pauses(reason).is_some() && before.status == Status::InProgress);
        assert!(pause.span.from == now && pause.span.to <= later(now, long));
        assert_eq!(paused.tenure.due(), Some(Due { kind: DueKind::Resume, at: pause.span.to }));
        self.note(Some(pause.into()));
        Ok(paused)
    }

    fn resume(&mut self) -> Result<Incident, Refusal> {
        let (resumed, entry) = self.incident.resume(self.handling().as_ref(), self.policy, self.now)?;
        // Its time may be over before anybody has swept.
        assert_eq!(entry.is_none(), self.incident.tenure.due().unwrap().has_passed(self.now));
        self.note(entry);
        Ok(resumed)
    }

    fn void_pause(&mut self) -> Result<Incident, Refusal> {
        let (resumed, entry) = self.incident.void_pause("why", self.handling().as_ref(), self.now)?;
        self.note(Some(entry));
        Ok(resumed)
    }

    fn note(&mut self, entry: Option<Entry>) {
        let clock = Running::of(&self.incident).unwrap();
        self.turns.extend(entry.map(|entry| Turn { clock, entry }));
    }

    fn take(&mut self, step: &Step) {
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
            Step::Acknowledge => before.acknowledge(policy, now),
            Step::Pause(reason, long) => self.pause(*reason, *long),
            Step::Resume => self.resume(),
            Step::VoidPause => self.void_pause(),
            Step::Handle(photos) => before.handle("done", *photos, policy, now),
            Step::Confirm(rating) => before.confirm(Rating::new(*rating).unwrap(), now),
            Step::SendBack => before.send_back("why", policy, &self.staffed, now).map(|back| match back {
                SentBack::ToHolder(incident) => {
                    assert!(self.staffed.contains(&incident.tenure.level) || self.nobody_else());
                    incident
                }
                SentBack::ToAnother(passed) => {
                    assert_eq!(passed.incident.rework, before.rework + 1);
                    self.leave(passed)
                }
            }),
            Step::Withdraw => before.withdraw(now),
            Step::Urge => before.urge(now),
            Step::Reopen => {
                before.reopen("why", policy, &self.staffed, now).map(|passed| self.reopen(passed))
            }
            Step::ClimbByHand(reason) => before
                .climb_by_hand(*reason, 0, "why", policy, &self.staffed, now)
                .map(|climbed| self.climb(climbed, (*reason).into(), ExitKind::ClimbedByHand)),
            Step::Sweep => return self.sweep(),
        };
        match changed {
            Ok(after) => {
                assert!(!before.status.is_over() || matches!(step, Step::Reopen), "{step:?} woke {before:?}");
                assert_ne!(after, before);
                self.incident = after;
                self.turns.extend(turned(Some(&before), &after, policy, now));
            }
            Err(refusal) => assert!(
                !before.status.is_over()
                    || matches!(refusal, Refusal::WrongStatus { .. } | Refusal::ClosedForGood { .. }),
                "{step:?} on {before:?}: {refusal}"
            ),
        }
    }

    fn sweep(&mut self) {
        let before = self.incident;
        let due = before.tenure.due();
        let passed = due.is_some_and(|due| self.now >= due.at);
        let confirming = before.status == Status::AwaitConfirm;
        let handling = self.handling();
        match sweep::sweep(before, self.policy, &self.staffed, handling.as_ref(), self.now).unwrap() {
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
            Sweep::Resumed(incident) => {
                assert!(passed && before.status == Status::Waiting);
                assert_eq!(incident.status, Status::InProgress);
                self.incident = incident;
                // Whoever sweeps late finds the next thing due at once.
                return self.sweep();
            }
            Sweep::Settled(incident) => {
                assert!(passed && confirming);
                assert_eq!((incident.status, incident.rating), (Status::Closed, None));
                self.incident = incident;
            }
        }
        self.turns.extend(turned(Some(&before), &self.incident, self.policy, self.now));
        let handling = self.handling();
        let again =
            sweep::sweep(self.incident, self.policy, &self.staffed, handling.as_ref(), self.now).unwrap();
        assert!(
            matches!(again, Sweep::NotDue(_) | Sweep::Over),
            "the second sweep of an instant did {again:?}"
        );
        let (status, level) = (self.incident.status, self.incident.tenure.level);
        assert!(
            status.is_over()
                || status == Status::AwaitConfirm
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
        assert_eq!((after.status, after.rework, after.rating), (Status::InProgress, before.rework + 1, None));
        assert!(to == from || !self.staffed.contains(&from));
        assert!(self.staffed.contains(&to) || self.nobody_else());
        assert_eq!(after.climbs, before.climbs);
        assert_eq!((after.tenure.seq, after.tenure.entered_by), (before.tenure.seq + 1, EnteredBy::Reopened));
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
        assert_eq!(passed.left, Tenure { standing: left, ..before.tenure });
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
            Tenure { standing: Standing::Left(Exit { at: self.now, how }), ..before.tenure }
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
        level != Level::Home && self.staffed.contains(&level)
    }

    fn check(&self) {
        let (incident, tenure) = (&self.incident, &self.incident.tenure);
        assert!(self.left.iter().all(|left| left.due().is_none()));
        assert_eq!(tenure.due().is_some(), !incident.status.is_over(), "one open tenure until it is over");
        assert!(tenure.level.holder().is_some());

        assert_eq!(Some(incident.lowest), self.left.iter().chain([tenure]).map(|tenure| tenure.level).min());

        let seqs: Vec<_> = self.left.iter().chain([tenure]).map(|tenure| tenure.seq).collect();
        let levels: Vec<_> = self.left.iter().chain([tenure]).map(|tenure| tenure.level).collect();
        assert!(seqs.iter().copied().eq(1..=u32::try_from(levels.len()).unwrap()), "{seqs:?}");
        let all: Vec<_> = self.left.iter().chain([tenure]).collect();
        let mut up = 0;
        for pair in all.windows(2) {
            let (left, entered) = (pair[0].exit().unwrap(), pair[1]);
            let reopened = entered.entered_by == EnteredBy::Reopened;
            assert_eq!(left.how.is_resolved(), reopened);
            assert!(left.at == entered.entered_at || reopened, "tenures follow one another without a gap");
            up += u32::from(pair[0].level < entered.level && !reopened);
        }
        assert_eq!(up, incident.climbs);

        let kind = tenure.due().map(|due| due.kind);
        let acknowledged = tenure.acknowledged_at.is_some();
        match incident.status {
            Status::Submitted => {
                assert!(matches!(kind, Some(DueKind::Contact | DueKind::Shout)) && !acknowledged);
            }
            Status::InProgress if acknowledged => {
                assert!(matches!(kind, Some(DueKind::Handle | DueKind::Shout)));
            }
            Status::InProgress => assert!(matches!(kind, Some(DueKind::Contact | DueKind::Shout))),
            Status::Waiting => assert!(kind == Some(DueKind::Resume) && acknowledged),
            Status::AwaitConfirm => assert!(kind == Some(DueKind::Confirm) && tenure.handled_at.is_some()),
            Status::Closed | Status::Withdrawn | Status::Merged => assert_eq!(kind, None),
        }
        self.check_clock();
        assert!(!self.is_shouting() || tenure.shouts > 0);
        assert!(incident.rating.is_none() || incident.status == Status::Closed);
    }

    /// What is stored as due is what the clock's history says.
    fn check_clock(&self) {
        let Some(running) = Running::of(&self.incident) else {
            let ended = |turn: &Turn| self.clock(turn.clock).end().is_some();
            assert!(self.turns.iter().all(ended), "no clock outlives its incident");
            return;
        };
        let (clock, due) = (self.clock(running), self.incident.tenure.due().unwrap());
        assert_eq!(clock.end(), None);
        match due.kind {
            DueKind::Shout => assert!(clock.due(WorkTime::china()).unwrap() <= self.now, "it was overdue"),
            DueKind::Resume => assert_eq!(clock.pauses().last().map(|pause| pause.span.to), Some(due.at)),
            _ => assert_eq!(clock.due(WorkTime::china()), Ok(due.at)),
        }
    }

    fn is_shouting(&self) -> bool {
        self.incident.tenure.due().is_some_and(|due| due.kind == DueKind::Shout)
    }
}

/// The status after a change of holder.
fn moved(status: Status) -> Status {
    if status == Status::Waiting { Status::InProgress } else { status }
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
        let bottom = if policy.common.enters_at >= Level::Community { Level::Community } else { Level::Unit };
        let top = levels.iter().copied().filter(|&level| level >= bottom).max().unwrap_or(Level::District);
        prop_assert_eq!(life.incident.tenure.level, top);
        prop_assert!(life.is_shouting());
    }
}
