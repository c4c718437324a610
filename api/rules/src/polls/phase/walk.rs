//! Every life of a small poll: two heads, whose register goes on changing; both may vote online, one on paper too, whose
//! paper two or three clerks read, and whose ballot may be disputed. Every act is tried in every state that can be reached,
//! at every moment that matters; what must never happen is asked of each step from what is there before and after it. Once
//! it may stand still in an emergency, over the moment at which it was to close.

use std::collections::{BTreeMap, HashMap};

use super::*;
use crate::polls::{
    ballot::{Answer, Answers, BallotForm},
    dispute::{Asked, Facts, MOST, may_answer, may_dispute},
    duplicates::{Channel, Keeping, Slip},
    paper::{Found, Papers, State, Stated},
    parameters::DuplicatePolicy,
    tally::Count,
};

const WEEK: i64 = 7 * 24;
const LONGER: i64 = WEEK + 24;
/// Hours from the opening on: with the notice that is due and without, from the opening on, just before the end, at it, and
/// at the end that is one day later.
const MOMENTS: [i64; 6] = [-17 * 24, -24, 0, WEEK - 1, WEEK, LONGER];

/// A ballot that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Came {
    at: i64,
    channel: Channel,
    is_set_aside: bool,
}

/// What a count found, in heads and area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Tallied {
    at: i64,
    roll: (u64, u64),
    returned: (u64, u64),
    yes: (u64, u64),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    hour: i64,
    phase: Phase,
    closes_at: i64,
    extensions: u32,
    pause: Option<Pause>,
    /// What each head owns, as the register has it today.
    register: [u64; 2],
    /// And as it had it when the poll locked.
    roll: Option<[u64; 2]>,
    /// What came from each head.
    came: [Vec<Came>; 2],
    /// The paper of the first head, and when it came back.
    paper: Option<(State, Option<i64>)>,
    is_box_stated: bool,
    /// Of the first head's ballots; one is enough to see what comes of it.
    is_disputed: bool,
    /// Somebody has seen what was chosen.
    is_seen: bool,
    counted: Option<Tallied>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Wait,
    /// A home changes hands.
    Sell,
    Lock,
    Open,
    Cast(usize),
    GivePaper,
    /// One clerk more reads it, as the one before or otherwise.
    Read {
        alike: bool,
    },
    /// A third decides.
    Decide,
    /// Two state what is in the box: what was entered, or more than went out.
    StateBox {
        more: bool,
    },
    /// The first head's ballot is disputed, and that holds.
    Dispute,
    /// Somebody looks at what was chosen before it is over.
    Look,
    /// It stands still, until after it was to close.
    Pause,
    Resume,
    End,
    Publish,
}

const ACTS: [Act; 18] = [
    Act::Wait,
    Act::Sell,
    Act::Lock,
    Act::Open,
    Act::Cast(0),
    Act::Cast(1),
    Act::GivePaper,
    Act::Read { alike: true },
    Act::Read { alike: false },
    Act::Decide,
    Act::StateBox { more: false },
    Act::StateBox { more: true },
    Act::Dispute,
    Act::Look,
    Act::Pause,
    Act::Resume,
    Act::End,
    Act::Publish,
];

fn at(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + hour * 3600, 0).unwrap()
}

fn says(answer: Answer) -> Answers {
    Answers { answers: BTreeMap::from([("t".to_owned(), answer)]), ..Answers::default() }
}

fn total(roll: [u64; 2]) -> Weight {
    roll.into_iter().map(|area| Weight::new(1, area)).sum()
}

fn pair(weight: Weight) -> (u64, u64) {
    (weight.heads.0, weight.area.0)
}

/// What the poll is held by.
struct Held {
    rules: PollRules,
    form: BallotForm,
}

impl Held {
    fn by(duplicate_policy: DuplicatePolicy) -> Self {
        let rules = PollRules {
            duplicate_policy,
            extensions: Some(1),
            extension_days: Some(1),
            ..PollRules::national()
        };
        let form = BallotForm { candidates: Vec::new(), max_selections: 0, texts: vec!["t".to_owned()] };
        Self { rules, form }
    }

    /// The ballots of a head that were not set aside, in the order in which they came.
    fn slips(came: &[Came]) -> Vec<Slip> {
        let mut came: Vec<&Came> = came.iter().filter(|one| !one.is_set_aside).collect();
        came.sort_by_key(|one| one.at);
        let slip = |one: &Came| {
            let answer = if one.channel == Channel::Paper { Answer::No } else { Answer::Yes };
            Slip { channel: one.channel, answers: says(answer) }
        };
        came.into_iter().map(slip).collect()
    }

    fn keeping(&self) -> Keeping {
        Keeping { duplicate_policy: self.rules.duplicate_policy, allow_revote: false }
    }

    /// The world after an act; nothing where it is refused.
    fn after(&self, before: &World, act: Act) -> Option<World> {
        let mut world = before.clone();
        let hour = world.hour;
        let (now, window) = (at(hour), world.window());
        match act {
            Act::Wait => {
                let moments = MOMENTS.into_iter().chain([world.closes_at]);
                world.hour = moments.filter(|moment| *moment > hour).min()?;
            }
            Act::Sell => {
                (world.register == [50, 50]).then_some(())?;
                world.register = [70, 30];
            }
            Act::Lock => {
                let roll = total(world.register);
                let (rules, seats) = (&self.rules, Seats::all(0));
                let facts = LockFacts { rules, roll, candidates: 0, seats, texts: 1, window };
                world.phase = world.phase.lock(&facts, now).ok()?;
                world.roll = Some(world.register);
            }
            Act::Open => world.phase = world.phase.open(window, now).ok()?,
            Act::Cast(head) => self.cast(&mut world, head, hour)?,
            Act::GivePaper => {
                world.phase.give_paper(window, now).ok()?;
                world.paper.is_none().then_some(())?;
                world.paper = Some((State::Issued, None));
            }
            Act::Read { alike } => world.read(alike, hour)?,
            Act::Decide => {
                world.goes_on(now)?;
                let (state, back) = world.paper?;
                world.settled(state.adjudicate(&[1, 2], &3).ok()?, back);
            }
            Act::StateBox { more } => world.state_box(more, now)?,
            Act::Dispute => self.dispute(&mut world, now)?,
            Act::Look => {
                (world.phase == Phase::Open && !world.is_seen).then_some(())?;
                world.is_seen = true;
            }
            Act::Pause => {
                // Which of two ballots stands has nothing to do with it: one of the three policies is enough.
                let policy = self.rules.duplicate_policy;
                (policy == DuplicatePolicy::FirstValid && world.pause.is_none()).then_some(())?;
                (hour == WEEK - 1).then_some(())?;
                world.pause = Some(world.phase.pause(window, &[], at(LONGER), now).ok()?);
                world.lost(hour, LONGER);
            }
            Act::Resume => {
                let lifted = standstill::lift(world.pauses(), now).ok()?;
                world.pause = Some(lifted);
                world.lost(LONGER, hour);
            }
            Act::End => self.end(&mut world, hour)?,
            Act::Publish => {
                let counted_at = world.counted.map(|found| at(found.at));
                world.phase = world.phase.publish(PublishFacts { window, counted_at }, now).ok()?;
            }
        }
        Some(world)
    }

    fn cast(&self, world: &mut World, head: usize, hour: i64) -> Option<()> {
        world.takes_ballots(at(hour))?;
        let came = &mut world.came[head];
        if came.iter().any(|one| !one.is_set_aside && one.channel == Channel::Online) {
            return None;
        }
        came.push(Came { at: hour, channel: Channel::Online, is_set_aside: false });
        // Who comes too late beside paper that stands is told so, and nothing is kept.
        let slips = Self::slips(came);
        let stands = self.keeping().stands(&slips, &self.form)?;
        (slips[stands].channel == Channel::Online).then_some(())
    }

    fn dispute(&self, world: &mut World, now: DateTime<Utc>) -> Option<()> {
        let slips = Self::slips(&world.came[0]);
        let stands = self.keeping().stands(&slips, &self.form);
        let is_in = stands.is_some();
        let made = if world.is_disputed { MOST } else { 0 };
        may_dispute(Facts { is_in, is_own: false, waits: false, made }).ok()?;
        may_answer(Asked { is_answered: false, stands: is_in, is_party: false }).ok()?;
        world.takes_ballots(now)?;
        let channel = slips[stands?].channel;
        let own = world.came[0].iter_mut().find(|one| !one.is_set_aside && one.channel == channel)?;
        own.is_set_aside = true;
        world.is_disputed = true;
        Some(())
    }

    fn end(&self, world: &mut World, hour: i64) -> Option<()> {
        let roll = world.roll?;
        let facts = EndFacts {
            rules: &self.rules,
            electorate: total(roll).into(),
            took_part: world.took_part().map(|head| Weight::new(1, roll[head])).sum(),
            window: world.window(),
            extensions: world.extensions,
            pauses: world.pauses(),
            is_counted: world.is_seen,
            paper_waits: world.paper_waits(),
        };
        match world.phase.end(&facts, at(hour)).ok()? {
            Ending::Waits => return None,
            Ending::Extended(window) => {
                world.extensions += 1;
                world.closes_at = (window.closes_at - window.opens_at).num_hours();
            }
            Ending::Closed(phase) => {
                world.phase = phase;
                world.counted = Some(self.count(world, roll, hour));
            }
        }
        Some(())
    }

    fn count(&self, world: &World, roll: [u64; 2], hour: i64) -> Tallied {
        let mut count = Count::new(&self.form, &self.rules).unwrap();
        for (area, came) in roll.into_iter().zip(&world.came) {
            count.add_head(Weight::new(1, area), &Self::slips(came), self.keeping());
        }
        let totals = count.close(total(roll)).unwrap();
        let yes = pair(totals.texts["t"].yes);
        Tallied { at: hour, roll: pair(totals.roll), returned: pair(totals.returned), yes }
    }
}

impl World {
    fn window(&self) -> Window {
        Window { opens_at: at(0), closes_at: at(self.closes_at) }
    }

    fn takes_ballots(&self, now: DateTime<Utc>) -> Option<()> {
        self.phase.take_ballot(self.window(), self.pauses(), now).ok()
    }

    fn pauses(&self) -> &[Pause] {
        self.pause.as_slice()
    }

    /// No paper is looked at while it stands still.
    fn goes_on(&self, now: DateTime<Utc>) -> Option<()> {
        standstill::running(self.pauses(), now).is_none().then_some(())
    }

    /// What was to end at an hour is to end at another.
    fn lost(&mut self, from: i64, to: i64) {
        self.closes_at += to - from;
    }

    /// One clerk more reads the paper.
    fn read(&mut self, alike: bool, hour: i64) -> Option<()> {
        self.goes_on(at(hour))?;
        let (state, mut back) = self.paper?;
        let (first, other) = (says(Answer::No), says(Answer::Abstain));
        let before = (state == State::Returned).then_some((&1, &first));
        let clerk = if before.is_some() { 2 } else { 1 };
        let state = state.enter(before, &clerk, if alike { &first } else { &other }).ok()?;
        if state == State::Returned {
            self.takes_ballots(at(hour))?;
            back = Some(hour);
        }
        self.settled(state, back);
        Some(())
    }

    /// Where it is settled it is a ballot that came when it came back.
    fn settled(&mut self, state: State, back: Option<i64>) {
        self.paper = Some((state, back));
        let own = back.filter(|_| state == State::Settled);
        let ballot = own.map(|at| Came { at, channel: Channel::Paper, is_set_aside: false });
        self.came[0].extend(ballot);
    }

    fn state_box(&mut self, more: bool, now: DateTime<Utc>) -> Option<()> {
        let (state, _) = self.paper.filter(|(state, _)| !state.waits() && !self.is_box_stated)?;
        (self.phase == Phase::Open && now >= self.window().closes_at).then_some(())?;
        let entered = u64::from(state.is_back());
        let returned = if more { 2 } else { entered };
        let papers = Papers { issued: 1, cancelled: 0, entered };
        self.is_box_stated = true;
        if papers.find(Stated { returned, late: 0 }).ok()? == Found::Void {
            for one in self.came.iter_mut().flatten() {
                one.is_set_aside |= one.channel == Channel::Paper;
            }
        }
        Some(())
    }

    /// Heads of which a ballot is in.
    fn took_part(&self) -> impl Iterator<Item = usize> {
        (0..2).filter(|head| self.came[*head].iter().any(|one| !one.is_set_aside))
    }

    fn paper_waits(&self) -> bool {
        self.paper.is_some_and(|(state, _)| state.waits()) || (self.paper.is_some() && !self.is_box_stated)
    }
}

/// What must never happen, of one step.
fn must_hold(before: &World, act: Act, after: &World, policy: DuplicatePolicy) {
    let say = || format!("{act:?}: {before:?} → {after:?}");
    let now = before.hour;
    let place = |phase: Phase| Phase::ALL.iter().position(|one| *one == phase).unwrap();
    let (from, to) = (place(before.phase), place(after.phase));
    assert!(to == from || to == from + 1, "no stage is skipped, and none comes again: {}", say());

    if (from, to) == (1, 2) {
        assert!(now >= 0, "opened before its time: {}", say());
    }

    // No vote outside its window: not before it opens, nor from the moment on at which it was to end.
    for head in 0..2 {
        for one in after.came[head].iter().skip(before.came[head].len()) {
            assert!(before.phase == Phase::Open && 0 <= one.at && one.at < before.closes_at, "{}", say());
            // Online it comes now; a paper that is settled now came back then.
            assert!(one.at == now || one.channel == Channel::Paper, "{}", say());
        }
        assert!(after.came[head].len() >= before.came[head].len(), "nothing that came is lost: {}", say());
    }

    // While it stands still no ballot is taken, nothing is counted, and it neither closes nor goes on.
    if before.pause.is_some_and(|pause| pause.has(at(now))) {
        let stands = |world: &World| (world.phase, world.came.clone(), world.counted, world.extensions);
        assert_eq!(stands(before), stands(after), "{}", say());
        assert!(before.closes_at > now, "{}", say());
    }
    // It closes when it was announced to, a day later for each extension, and later by just what it lost.
    let lost = after.pause.map_or(0, |pause| pause.lost().num_hours());
    assert_eq!(after.closes_at, WEEK + 24 * i64::from(after.extensions) + lost, "{}", say());

    // No roll change after lock.
    if from > 0 {
        assert_eq!(before.roll, after.roll, "{}", say());
    }
    assert_eq!(after.roll.is_some(), to > 0, "{}", say());

    // Not counted before the close, nor with papers pending, and once.
    if before.counted != after.counted {
        assert!(before.counted.is_none() && before.phase == Phase::Open && to == from + 1, "{}", say());
        assert!(now >= before.closes_at && !before.paper_waits(), "{}", say());
        let (found, roll) = (after.counted.unwrap(), before.roll.unwrap());
        assert_eq!(found.roll, (2, roll[0] + roll[1]), "of the locked roll: {}", say());
        // One counted ballot a head, whatever came.
        let (mut returned, mut yes) = ((0, 0), (0, 0));
        for (area, came) in roll.into_iter().zip(&before.came) {
            let came = || came.iter().filter(|one| !one.is_set_aside);
            let first = came().min_by_key(|one| one.at).map(|one| one.channel);
            let has = |channel: Channel| came().any(|one| one.channel == channel);
            let by_online = match policy {
                DuplicatePolicy::FirstValid => first == Some(Channel::Online),
                DuplicatePolicy::Online => has(Channel::Online),
                DuplicatePolicy::Paper => has(Channel::Online) && !has(Channel::Paper),
            };
            let add = |sum: (u64, u64), is: bool| if is { (sum.0 + 1, sum.1 + area) } else { sum };
            (returned, yes) = (add(returned, first.is_some()), add(yes, by_online));
        }
        assert_eq!((found.returned, found.yes), (returned, yes), "{}", say());
    }
    assert_eq!(after.counted.is_some(), to >= 3, "closed and counted are one: {}", say());

    // An extension never after choices were seen; and but for a pause the window changes in no other way.
    if before.closes_at != after.closes_at && before.pause == after.pause {
        assert!(act == Act::End && !before.is_seen && before.counted.is_none(), "{}", say());
        assert!(before.phase == Phase::Open && after.phase == Phase::Open, "{}", say());
        assert!(now >= before.closes_at && !before.paper_waits(), "{}", say());
        let longer = after.closes_at - before.closes_at;
        assert_eq!((before.extensions, after.extensions, longer), (0, 1, LONGER - WEEK), "{}", say());
        assert!(before.took_part().count() < 2, "enough took part: {}", say());
    }
    if from >= 3 {
        assert_eq!(before.came, after.came, "what was counted is never edited: {}", say());
    }
}

/// Every state that can be reached, and which follow from which.
fn walk(policy: DuplicatePolicy) -> (Vec<World>, Vec<Vec<usize>>) {
    let held = Held::by(policy);
    let first = World {
        hour: MOMENTS[0],
        phase: Phase::Draft,
        closes_at: WEEK,
        extensions: 0,
        pause: None,
        register: [50, 50],
        roll: None,
        came: [Vec::new(), Vec::new()],
        paper: None,
        is_box_stated: false,
        is_disputed: false,
        is_seen: false,
        counted: None,
    };
    let mut numbers = HashMap::from([(first.clone(), 0)]);
    let (mut worlds, mut next) = (vec![first], Vec::new());
    while let Some(before) = worlds.get(next.len()).cloned() {
        let mut follow = Vec::new();
        for act in ACTS {
            let Some(after) = held.after(&before, act) else { continue };
            must_hold(&before, act, &after, policy);
            let number = *numbers.entry(after.clone()).or_insert(worlds.len());
            if number == worlds.len() {
                worlds.push(after);
            }
            follow.push(number);
        }
        next.push(follow);
    }
    (worlds, next)
}

#[test]
fn in_every_life_of_a_small_poll_nothing_happens_that_must_not_and_none_is_stuck() {
    for policy in [DuplicatePolicy::FirstValid, DuplicatePolicy::Online, DuplicatePolicy::Paper] {
        let (worlds, next) = walk(policy);
        assert!(worlds.len() > 20_000, "all that can be, and not a corner of it: {}", worlds.len());
        // From every poll that locked its result can still come out: asked backwards from those that are published.
        let mut before: Vec<Vec<usize>> = vec![Vec::new(); worlds.len()];
        for (from, follow) in next.iter().enumerate() {
            for to in follow {
                before[*to].push(from);
            }
        }
        let is_out = |at: &usize| worlds[*at].phase == Phase::Published;
        let mut reaches: Vec<bool> = (0..worlds.len()).map(|at| is_out(&at)).collect();
        let mut ask: Vec<usize> = (0..worlds.len()).filter(is_out).collect();
        while let Some(at) = ask.pop() {
            for from in before[at].iter().copied() {
                if !std::mem::replace(&mut reaches[from], true) {
                    ask.push(from);
                }
            }
        }
        let stuck = worlds.iter().zip(&reaches).find(|(world, reaches)| !**reaches && world.roll.is_some());
        assert_eq!(stuck, None, "its result never comes out");
        let ends =
            |is: fn(&World) -> bool| worlds.iter().any(|world| world.phase == Phase::Published && is(world));
        assert!(ends(|world| world.extensions > 0 && world.came[1].iter().any(|one| one.at >= WEEK)));
        if policy == DuplicatePolicy::FirstValid {
            assert!(ends(|world| world.pause.is_some_and(|pause| pause.lifted_at.is_none())
                && world.extensions > 0
                && world.came[1].iter().any(|one| one.at > LONGER)));
            assert!(ends(|world| world.pause.is_some_and(|pause| pause.lost() == TimeDelta::hours(1))));
        }
        assert!(ends(|world| world.is_disputed && world.came[0].len() > 2), "and votes again");
        assert!(ends(|world| world.is_seen && world.roll != Some(world.register)));
    }
}
