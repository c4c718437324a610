//! Several sweepers on one store under a simulated clock, in any order, each dying anywhere: what the store has to
//! promise them is only that a move is saved whole, and only over what was read.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::{chance::category, *};

#[derive(Debug, Clone)]
enum Step {
    Wait(i64),
    /// A sweeper asks what is due.
    Look(usize),
    /// It reads the next of these and works out what happens to it.
    Read(usize),
    /// It saves that.
    Save(usize),
    /// It dies, and another one starts in its place.
    Die(usize),
    /// A holder takes it over meanwhile.
    Acknowledge(usize),
    /// Its reporter takes it back.
    Withdraw(usize),
    Staff(Vec<Level>),
}

const SWEEPERS: usize = 4;
const INCIDENTS: usize = 5;

fn step() -> impl Strategy<Value = Step> {
    let levels = proptest::sample::subsequence(Level::ALL.to_vec(), 0..=Level::ALL.len());
    prop_oneof![
        4 => (0..2 * DAY).prop_map(Step::Wait),
        8 => (0..SWEEPERS).prop_map(Step::Look),
        20 => (0..SWEEPERS).prop_map(Step::Read),
        20 => (0..SWEEPERS).prop_map(Step::Save),
        2 => (0..SWEEPERS).prop_map(Step::Die),
        2 => (0..INCIDENTS).prop_map(Step::Acknowledge),
        1 => (0..INCIDENTS).prop_map(Step::Withdraw),
        1 => levels.prop_map(Step::Staff),
    ]
}

/// A row, the tenures beside it, and what the record tells of its moves: from which tenure on to which level.
struct Stored {
    incident: Incident,
    version: u32,
    left: Vec<Tenure>,
    told: Vec<(u32, Level)>,
}

/// What a sweeper would save, over what it read.
struct Hand {
    id: usize,
    version: u32,
    incident: Incident,
    left: Option<Tenure>,
}

#[derive(Default)]
struct Sweeper {
    due: VecDeque<usize>,
    hand: Option<Hand>,
}

struct Town {
    policy: &'static Policy,
    staffed: BTreeSet<Level>,
    now: DateTime<Utc>,
    stored: Vec<Stored>,
    sweepers: Vec<Sweeper>,
}

impl Town {
    fn begin(policy: &'static Policy, staffed: BTreeSet<Level>) -> Self {
        let now = morning();
        let report = |_| Stored {
            incident: Incident::report(policy, &staffed, now),
            version: 1,
            left: Vec::new(),
            told: Vec::new(),
        };
        let stored = (0..INCIDENTS).map(report).collect();
        let sweepers = (0..SWEEPERS).map(|_| Sweeper::default()).collect();
        Self { policy, staffed, now, stored, sweepers }
    }

    fn is_due(&self, incident: &Incident) -> bool {
        let acts_at = |due| due::acts_at(due, self.policy, &incident.tenure);
        incident.tenure.due().is_some_and(|due| self.now >= acts_at(due))
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Wait(seconds) => self.now = later(self.now, *seconds),
            Step::Look(who) => {
                let due = (0..INCIDENTS).filter(|id| self.is_due(&self.stored[*id].incident)).collect();
                self.sweepers[*who].due = due;
            }
            Step::Read(who) => {
                let next = self.sweepers[*who].due.pop_front();
                self.sweepers[*who].hand = next.and_then(|id| self.read(id));
            }
            Step::Save(who) => {
                if let Some(hand) = self.sweepers[*who].hand.take() {
                    self.save(&hand);
                }
            }
            Step::Die(who) => self.sweepers[*who] = Sweeper::default(),
            Step::Acknowledge(id) => {
                self.act(*id, |incident, town| incident.acknowledge(town.policy, town.now));
            }
            Step::Withdraw(id) => self.act(*id, |incident, town| incident.withdraw(town.now)),
            Step::Staff(levels) => self.staffed = levels.iter().copied().collect(),
        }
    }

    fn read(&self, id: usize) -> Option<Hand> {
        let Stored { incident, version, .. } = &self.stored[id];
        let hand = |incident, left| Some(Hand { id, version: *version, incident, left });
        match sweep::sweep(*incident, self.policy, &self.staffed, None, self.now).unwrap() {
            Sweep::Over | Sweep::NotDue(_) => None,
            Sweep::LeftEmptyPost(passed) | Sweep::Climbed(passed) => hand(passed.incident, Some(passed.left)),
            Sweep::Shouted { incident, .. }
            | Sweep::Resumed(incident)
            | Sweep::PassedUnseen(incident)
            | Sweep::Lapsed(incident)
            | Sweep::Settled(incident) => hand(incident, None),
        }
    }

    /// What the store promises: all of it or nothing, and nothing over what somebody else has saved meanwhile.
    fn save(&mut self, hand: &Hand) {
        let stored = &mut self.stored[hand.id];
        if stored.version != hand.version {
            return;
        }
        if let Some(left) = hand.left {
            stored.told.push((left.seq, hand.incident.tenure.level));
            stored.left.push(left);
        }
        stored.incident = hand.incident;
        stored.version += 1;
    }

    fn act(&mut self, id: usize, act: impl Fn(&Incident, &Self) -> Result<Incident, Refusal>) {
        if let Ok(incident) = act(&self.stored[id].incident, self) {
            self.stored[id].incident = incident;
            self.stored[id].version += 1;
        }
    }

    /// One sweeper that lives goes on until nothing is due.
    fn settle(&mut self) {
        for round in 0.. {
            self.take(&Step::Die(0));
            self.take(&Step::Look(0));
            if self.sweepers[0].due.is_empty() {
                return;
            }
            assert!(round < Level::ALL.len(), "what is due stays due");
            while !self.sweepers[0].due.is_empty() {
                self.take(&Step::Read(0));
                self.take(&Step::Save(0));
            }
        }
    }

    fn check(&self) {
        for Stored { incident, left, told, .. } in &self.stored {
            let tenures: Vec<_> = left.iter().chain([&incident.tenure]).collect();
            let seqs = tenures.iter().map(|tenure| tenure.seq);
            assert!(seqs.eq(1..=u32::try_from(tenures.len()).unwrap()), "each tenure once, none left out");
            let from = told.iter().map(|(seq, _)| *seq);
            assert!(from.eq(1..=u32::try_from(told.len()).unwrap()), "each move told once: {told:?}");
            assert!(tenures.iter().skip(1).map(|tenure| tenure.level).eq(told.iter().map(|(_, to)| *to)));
            for pair in tenures.windows(2) {
                let exit = pair[0].exit().unwrap();
                assert_eq!(exit.at, pair[1].entered_at, "nobody held it for no time");
                let is_up = pair[0].level < pair[1].level;
                assert!(is_up || exit.how == ExitKind::EmptyPost, "down only where nobody was left above");
            }
            assert_eq!(incident.tenure.due().is_some(), !incident.status.is_over());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_sweeps_and_dies_nothing_climbs_twice_and_nothing_is_forgotten(
        policy in category(),
        levels in proptest::sample::subsequence(Level::ALL.to_vec(), 0..=Level::ALL.len()),
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        let mut town = Town::begin(policy, staffed(&levels));
        for step in &steps {
            town.take(step);
            town.check();
        }
        town.settle();
        town.check();
        for stored in &town.stored {
            prop_assert!(!town.is_due(&stored.incident));
        }
    }
}
