//! Small foundings of a committee, from the first signature to the end, with an extension, told line by line as the service
//! tells it, and archived.

use std::{collections::BTreeMap, sync::LazyLock};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::{
    archive::{
        Archive, Ballots, VERSION,
        aftermath::{FINAL, OBJECTED, OBJECTION_ANSWERED},
        aside::{DISPUTE_ANSWERED, DISPUTED, SET_ASIDE},
        committee,
        format::{
            Ballot, Candidate, Count, Counted, Extension, External, ExternalResult, Line, Lists, Locked,
            Poll, Programme, Record, SetAside, Text, TookPart,
        },
        poll as polls, record,
        runoff::Votes,
    },
    calendar::Calendar,
    packs::{Says, pack, resolve},
    pause::Pause,
    polls::{
        aftermath::{Answered, objections_end},
        ballot::{Answer, Answers},
        committee::{Change, Committee},
        dispute,
        duplicates::Channel,
        external::{self, Closing, System},
        flip::Flips,
        leaks::{Leaks, Publicity},
        matter::{Matter, MatterClass},
        phase::{Phase, Window},
        seals::{self, Head, Home, Owner},
        standstill::{self, Lifted, Standstill},
        tally, told,
        verdict::explain,
    },
    programmes::{
        Capacity, Course, Deed, End, Ending, Group, Kind, Role, Step, Template,
        course::{self, Moved, Seen, Signed, Stated, Terms},
        deed::{Did, Done},
        polled::{self, Polled},
        start::Delivery,
        template,
    },
    quantity::{Area, Weight},
    roll::HomeKind,
};

pub const HEADS: u64 = 12;

/// What becomes of a founding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tale {
    /// Somebody objects in vain; the committee takes over.
    Formed,
    /// An objection to the result holds.
    Objected,
    /// Two are equal for the last seat, and people vote again.
    RunOff,
    /// The same people, where they are only asked for their opinion; eleven of them register.
    Opinion,
    /// As it was formed, where the city has owners vote in its own system.
    Elsewhere,
    /// No founding: a member is removed, and a programme in this one fills the seat.
    Removed,
}

pub fn id(kind: u8, number: u64) -> String {
    format!("{kind:08x}-0000-4000-8000-{number:012x}")
}

const COMPLEX: u8 = 1;
const PROGRAMME: u8 = 2;
const POLL: u8 = 3;
const HEAD: u8 = 4;
const HOME: u8 = 5;
const OWNER: u8 = 6;
const CANDIDATE: u8 = 7;
const TEXT: u8 = 8;
const BALLOT: u8 = 9;
const LINE: u8 = 10;
const OBJECTION: u8 = 11;
const DISPUTE: u8 = 12;

fn at(day: i64, hour: i64) -> DateTime<Utc> {
    let first = DateTime::parse_from_rfc3339("2027-03-01T00:00:00+08:00").unwrap().to_utc();
    first + TimeDelta::days(day) + TimeDelta::hours(hour)
}

/// What the last line of the log was, and all lines so far.
struct Log {
    lines: Vec<Line>,
}

impl Log {
    fn tell(&mut self, of: (&str, String, i64), kind: &str, role: &str, facts: &Value, at: DateTime<Utc>) {
        self.tell_with(of, kind, role, facts, at, None);
    }

    fn tell_with(
        &mut self,
        (subject_type, subject, subject_version): (&str, String, i64),
        kind: &str,
        role: &str,
        facts: &Value,
        at: DateTime<Utc>,
        commitment: Option<String>,
    ) {
        let seq = i64::try_from(self.lines.len()).unwrap() + 1;
        let mut line = Line {
            seq,
            before: self.lines.last().map(|line| line.hash.clone()).unwrap_or_default(),
            hash: String::new(),
            id: id(LINE, seq.unsigned_abs()),
            kind: kind.into(),
            place: id(COMPLEX, 1),
            subject_type: subject_type.into(),
            subject,
            subject_version,
            actor_role: role.into(),
            audience: "MEMBERS".into(),
            facts: facts.to_string(),
            commitment,
            at,
        };
        line.hash = line.hash_in(&id(COMPLEX, 1));
        self.lines.push(line);
    }
}

struct Maker {
    log: Log,
    version: i64,
    template: &'static Template,
    course: Course,
    rules: BTreeMap<String, Value>,
    /// How the programme that runs in it has ended.
    child: Option<Ending>,
    done: BTreeMap<String, Done>,
    signed: BTreeMap<String, Signed>,
    /// By vote.
    polled: BTreeMap<String, Polled>,
    /// By poll.
    versions: BTreeMap<String, i64>,
}

impl Maker {
    fn new(tale: Tale) -> Self {
        let template = template_of(tale);
        let named = template.rules_named();
        let effective = resolve(pack::find("national").unwrap(), None, None, &Says::new()).unwrap();
        let rules = effective.rules.into_iter().filter(|rule| named.contains(rule.name.as_str()));
        Self {
            log: Log { lines: Vec::new() },
            version: 1,
            template,
            course: Course::new(template),
            child: None,
            rules: rules.map(|rule| (rule.name, rule.value)).collect(),
            done: BTreeMap::new(),
            signed: BTreeMap::new(),
            polled: BTreeMap::new(),
            versions: BTreeMap::new(),
        }
    }

    /// Somebody else's business, in the same log.
    fn elsewhere(&mut self, day: i64) {
        let of = ("INCIDENT", id(99, 1), 1);
        self.log.tell(of, "INCIDENT_REPORTED", "OWNER", &json!({"category": "ELEVATOR_FAULT"}), at(day, 8));
    }

    fn tell(&mut self, kind: &str, role: &str, facts: &Value, at: DateTime<Utc>) {
        self.log.tell(("PROGRAMME", id(PROGRAMME, 1), self.version), kind, role, facts, at);
    }

    fn tell_poll(&mut self, poll: &str, kind: &str, role: &str, facts: &Value, at: DateTime<Utc>) {
        *self.versions.entry(poll.into()).or_insert(1) += 1;
        self.tell_beside(poll, kind, role, facts, at);
    }

    /// In the same write as what was told last of the poll.
    fn tell_beside(&mut self, poll: &str, kind: &str, role: &str, facts: &Value, at: DateTime<Utc>) {
        self.log.tell(("POLL", poll.into(), self.versions[poll]), kind, role, facts, at);
    }

    fn polled(&mut self, vote: &str) -> &mut Polled {
        self.polled.get_mut(vote).unwrap()
    }

    fn begin(&mut self, now: DateTime<Utc>) {
        let (member_id, delivery) = (member_of(self.template), delivery_of(self.template));
        let stated = Stated { member_id, delivery, ..Stated::default() };
        let facts = course::begun(self.template, &self.rules, &stated);
        self.tell("PROGRAMME_BEGUN", "OWNER", &facts, now);
        self.look(now);
    }

    fn does(&mut self, module: &str, deed: Deed, role: Role, now: DateTime<Utc>) {
        self.does_to(module, deed, role, None, now);
    }

    fn does_to(&mut self, module: &str, deed: Deed, role: Role, ending: Option<Ending>, now: DateTime<Utc>) {
        let done = self.done.remove(module).unwrap_or_default();
        let mut facts =
            json!({"module": module, "deed": deed, "role": role, "ending": ending, "deed_id": id(20, 1)});
        if deed == Deed::Form {
            let members = [(Capacity::Owner, 3), (Capacity::Street, 1), (Capacity::Community, 1)].into();
            facts["group"] = json!(Group { members, chaired_by: Capacity::Street });
        }
        let requires = &self.template.modules[module].requires;
        if deed == Deed::Show && !requires.is_empty() {
            facts["meets"] = json!((0..requires.len()).collect::<Vec<_>>());
        }
        self.done.insert(module.into(), done.and(Did::told(&facts, now).unwrap()));
        self.tell("PROGRAMME_DEED", role.code(), &facts, now);
        self.look(now);
    }

    /// Moves what has to move, and saves it one version further.
    fn look(&mut self, now: DateTime<Utc>) {
        let template = self.template;
        let rules = self.rules.clone();
        let terms = Terms { template, rules: &rules, calendar: Calendar::shipped() };
        if self.course.lift_what_is_due(now) {
            self.tell("PROGRAMME_RESUMED", "CLOCK", &json!({}), now);
        }
        loop {
            let seen = self.seen(terms);
            let moves = self.course.advance(terms, &seen, now).unwrap();
            for one in &moves {
                let signs = template.modules[&one.module].kind.is_signed();
                let signed = (signs && one.what == Moved::Ended).then(|| self.signed(&one.module));
                let hung_out = self.hung_out(&one.module);
                let asked = one.asks().then(|| polled::must_act(template, &one.module, &hung_out));
                self.tell(one.event(), "CLOCK", &one.facts(signed, asked.as_deref()), now);
            }
            if moves.is_empty() {
                break;
            }
        }
        if let Some((end, when)) = self.course.ended.filter(|(_, when)| *when == now) {
            assert_eq!(when, now);
            self.tell("PROGRAMME_ENDED", "CLOCK", &json!({"end": end}), now);
        }
        self.version += 1;
    }

    /// Of the owners of so many of the first heads.
    fn sign(&mut self, module: &str, heads: u64) {
        let weight = (1..=heads).map(|number| Weight::new(1, area(number))).sum();
        let signed = Signed { persons: heads, weight, ..self.signed(module) };
        self.signed.insert(module.into(), signed);
    }

    fn signed(&self, module: &str) -> Signed {
        let roll = Weight::new(HEADS, (1..=HEADS).map(area).sum());
        self.signed.get(module).copied().unwrap_or(Signed { roll, ..Signed::default() })
    }

    fn hung_out(&self, module: &str) -> Vec<Polled> {
        self.template
            .votes_hung_out(module)
            .into_iter()
            .filter_map(|vote| self.polled.get(vote))
            .copied()
            .collect()
    }

    fn since(&self, module: &str) -> DateTime<Utc> {
        match self.course.steps[module] {
            Step::Running { since, .. } => since,
            other => panic!("{module} does not run: {other:?}"),
        }
    }

    fn seen(&self, terms: Terms<'_>) -> BTreeMap<String, Seen> {
        let running = |name: &String| matches!(self.course.steps[name], Step::Running { .. });
        let template = terms.template;
        let seen = |(name, module): (&String, &crate::programmes::Module)| {
            let found = match module.kind {
                kind if kind.is_signed() => {
                    terms.has_enough(module, self.signed(name)).then_some(Seen::at_once(Ending::Reached))
                }
                Kind::Programme => self.child.map(Seen::at_once),
                Kind::PublicNotice => {
                    let poll = module.of.as_ref().and_then(|of| self.polled.get(of));
                    let put_up_at = self.done.get(name).and_then(|done| done.put_up_at);
                    polled::of_notice(module, self.since(name), (poll, put_up_at))
                }
                Kind::ResultNotice => polled::of_results(&self.hung_out(name)),
                kind if kind.is_about_a_vote() => self.polled.get(template.vote_of(name)?)?.seen(kind, terms),
                _ => self.done.get(name)?.ending(template, name).map(Seen::at_once),
            };
            Some((name.clone(), found?))
        };
        template.modules.iter().filter(|(name, _)| running(name)).filter_map(seen).collect()
    }
}

fn template_of(tale: Tale) -> &'static Template {
    template::find(if tale == Tale::Removed { "removal" } else { "found-committee" }).unwrap()
}

fn member_of(template: &Template) -> Option<String> {
    template.about.map(|_| id(CANDIDATE, 1))
}

/// What was delivered when it began.
fn delivery_of(template: &Template) -> Option<Delivery> {
    let delivery = Delivery { delivered: Area(4_400_000), whole: Area(5_000_000), first_on: None };
    template.when_delivered.then_some(delivery)
}

/// What head `number` of 1 to 12 owns; the first three are alike, and the last has two homes.
fn area(number: u64) -> u64 {
    8_950 + number.saturating_sub(3) * 110
}

fn roll() -> (Vec<Head>, Vec<Home>, Vec<Owner>) {
    let (mut heads, mut homes, mut owners) = (Vec::new(), Vec::new(), Vec::new());
    for number in 1..=HEADS {
        let head = id(HEAD, number);
        let split = if number == HEADS { vec![4_000, area(number) - 4_000] } else { vec![area(number)] };
        heads.push(Head { head: head.clone(), area: area(number), homes: split.len().try_into().unwrap() });
        for (place, own) in split.into_iter().enumerate() {
            let home = id(HOME, number * 10 + u64::try_from(place).unwrap());
            let label = format!("1号楼-1单元-{number:02}0{}", place + 1);
            homes.push(Home { head: head.clone(), home, area: own, label, kind: HomeKind::Home });
        }
        owners.push(Owner { head, owner: id(OWNER, number) });
    }
    // As people count them: the top floor first.
    homes.reverse();
    (heads, homes, owners)
}

/// What is voted on: the first vote, the second, a first one of which the sixth has as many votes as the fifth, and the
/// removal of a member.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Vote {
    Plain,
    Equal,
    Again,
    Remove,
}

impl Vote {
    fn of(poll: &Poll) -> Self {
        match (poll.runoff_of.is_some(), poll.candidates.len()) {
            (true, _) => Self::Again,
            (_, 6) => Self::Equal,
            (_, 0) => Self::Remove,
            _ => Self::Plain,
        }
    }
}

fn answers(vote: Vote, number: u64) -> Answers {
    let choices = |chosen: &[u64]| chosen.iter().map(|candidate| id(CANDIDATE, *candidate)).collect();
    if vote == Vote::Remove {
        let answer = if number == 5 { Answer::No } else { Answer::Yes };
        return Answers { answers: [(id(TEXT, 1), answer)].into(), ..Answers::default() };
    }
    if vote == Vote::Again {
        let choices = choices(if number == 8 { &[16] } else { &[15] });
        return Answers { choices, ..Answers::default() };
    }
    let answer = match number {
        5 => Answer::No,
        8 => Answer::Abstain,
        _ => Answer::Yes,
    };
    if vote == Vote::Equal {
        // The first heads are alike in area.
        let chosen: Vec<u64> =
            (1..=6).filter(|candidate| !matches!((number, candidate), (1, 5) | (2, 6))).collect();
        return Answers {
            choices: choices(&chosen),
            answers: [1, 2].map(|text| (id(TEXT, text), answer)).into(),
            unsigned: false,
        };
    }
    // Nobody chooses the last two often enough.
    let chosen = (1..=7).filter(|candidate| {
        !(number + candidate).is_multiple_of(9) && (*candidate < 6 || number.is_multiple_of(3))
    });
    Answers {
        choices: chosen.take(5).map(|candidate| id(CANDIDATE, candidate)).collect(),
        answers: [1, 2].map(|text| (id(TEXT, text), answer)).into(),
        unsigned: false,
    }
}

/// A ballot of head `number`; its id is by chance, and not in the order of the heads.
fn ballot(number: u64, poll: &Poll) -> Ballot {
    let mut ballot = Ballot {
        id: id(BALLOT, number * 7 % 13),
        salt: hex::encode([u8::try_from(number).unwrap(); 32]),
        answers: answers(Vote::of(poll), number),
        texts: polls::texts(poll),
        commitment: String::new(),
        area: Some(area(number)),
    };
    ballot.commitment = polls::commitment(poll, &ballot).unwrap();
    ballot
}

fn drafted(tale: Tale) -> Poll {
    // Where owners vote elsewhere, nothing stands still here, and no close moves.
    let is_elsewhere = tale == Tale::Elsewhere;
    let noon = if is_elsewhere { 0 } else { 12 };
    let is_of_opinion = tale == Tale::Opinion;
    let days = if is_of_opinion { 7 } else { 10 };
    let mut asked = Says::from([("extensions".into(), json!(1)), ("extension_days".into(), json!(days))]);
    asked.extend(is_of_opinion.then(|| ("objection_days".into(), json!(7))));
    let pack = if is_of_opinion { "worked-example" } else { "national" };
    let effective = resolve(pack::find(pack).unwrap(), None, None, &asked).unwrap();
    let class = |class| if is_of_opinion { MatterClass::Opinion } else { class };
    let text = |number, class, title: &str| Text {
        id: id(TEXT, number),
        class,
        title: title.into(),
        body: "每年三月开会。".into(),
        publicity: (number == 2).then_some(Publicity::Coarse),
    };
    let candidate = |number: u64| Candidate {
        id: id(CANDIDATE, number),
        name: "苏**".into(),
        hash: seals::hash_of("linli/candidate/1", &json!({"owner": id(OWNER, number), "name": "甲"}))
            .unwrap(),
    };
    Poll {
        id: id(POLL, 1),
        place: id(COMPLEX, 1),
        kind: if is_of_opinion { "OPINION" } else { "COMMITTEE_ELECTION" }.into(),
        title: "首届业主委员会选举".into(),
        publicity: Some(Publicity::Totals),
        external: (tale == Tale::Elsewhere).then(|| External {
            system: System {
                key: "city".into(),
                name: "北京业主".into(),
                address: "https://vote.example".into(),
            },
            result: None,
        }),
        seed: "seed".into(),
        seats: 5,
        runoff_of: None,
        seats_filled: None,
        committee_of: None,
        among: Vec::new(),
        state: Phase::Published,
        rules: effective.poll,
        in_force: Some(effective.rules),
        window: Window { opens_at: at(18, 0), closes_at: at(25, 0) },
        extensions: vec![Extension {
            from: at(25, noon),
            to: at(25 + days, noon),
            made_at: at(25, noon + 1),
        }],
        pauses: if is_elsewhere { Vec::new() } else { pauses() },
        matters: vec![
            text(1, class(MatterClass::Procedure), "议事规则"),
            text(2, class(MatterClass::Covenant), "管理规约"),
        ],
        candidates: (1..=if tale == Tale::RunOff { 6 } else { 7 }).map(candidate).collect(),
        warning: None,
        locked: None,
        registered: is_of_opinion.then(|| (1..HEADS).map(|number| id(HEAD, number)).collect()),
        papers: None,
        counted: None,
        published_at: Some(at(36, 10)),
        provisional_until: Some(at(44, 0)),
        final_at: (tale != Tale::Objected).then(|| at(44, 1)),
    }
}

/// Voting stood still for half a day that was to be longer; and in its extension for half a day that nobody ended.
fn pauses() -> Vec<Standstill> {
    let stood = |since, until, lifted_at| Pause { since, until, lifted_at: Some(lifted_at) };
    let of =
        |pause, lifted| Standstill { pause, by: "STREET_OFFICER".into(), words: "停电".into(), lifted };
    let lifted = Lifted { by: "COMMUNITY_OFFICER".into(), words: "来电".into() };
    vec![
        of(stood(at(20, 12), at(22, 12), at(21, 0)), Some(lifted)),
        of(stood(at(30, 0), at(30, 12), at(30, 12)), None),
    ]
}

/// The vote on a member.
fn about_a_member() -> Poll {
    let poll = drafted(Tale::Formed);
    let text =
        Text { class: MatterClass::Committee, title: "罢免委员".into(), ..poll.matters[0].clone() };
    Poll {
        kind: "MOTION".into(),
        title: "罢免业主委员会委员".into(),
        seats: 0,
        extensions: Vec::new(),
        pauses: Vec::new(),
        matters: vec![text],
        candidates: Vec::new(),
        ..poll
    }
}

/// The record's lines of one of them.
fn paused(maker: &mut Maker, poll: &Poll, turn: usize) {
    let Some(one) = poll.pauses.get(turn) else { return };
    let extended = poll.extended();
    let told = standstill::paused_told(poll.window, &extended, &poll.pauses);
    maker.tell_poll(&poll.id, "POLL_PAUSED", &one.by, &told[turn], one.pause.since);
    let told = standstill::resumed_told(poll.window, &extended, &poll.pauses);
    let by = one.lifted.as_ref().map_or("CLOCK", |lifted| lifted.by.as_str());
    maker.tell_poll(&poll.id, "POLL_RESUMED", by, &told[turn], one.pause.over_at());
}

/// The run-off of a poll.
fn again(first: &Poll) -> Poll {
    let published_at = at(61, 10);
    let until = objections_end(published_at, &first.rules, Calendar::shipped()).unwrap();
    let equal = |number: u64, one: &Candidate| Candidate { id: id(CANDIDATE, number + 15), ..one.clone() };
    Poll {
        id: id(POLL, 2),
        title: "首届业主委员会选举（再次投票）".into(),
        seed: "another".into(),
        seats: 1,
        runoff_of: Some(first.id.clone()),
        seats_filled: Some(4),
        window: Window { opens_at: at(53, 0), closes_at: at(60, 0) },
        extensions: Vec::new(),
        pauses: Vec::new(),
        matters: Vec::new(),
        candidates: (0..).zip(&first.candidates[4..]).map(|(number, one)| equal(number, one)).collect(),
        published_at: Some(published_at),
        provisional_until: Some(until),
        final_at: Some(until + TimeDelta::hours(1)),
        ..first.clone()
    }
}

/// Locks the poll, as the service does.
fn locked(poll: &Poll, when: DateTime<Utc>) -> Locked {
    let (heads, homes, owners) = roll();
    let mut locked = Locked {
        at: when,
        heads,
        homes,
        owners,
        roll_hash: String::new(),
        rules_hash: Some(seals::rules(poll.in_force.as_ref().unwrap()).unwrap()),
        frozen_hash: String::new(),
    };
    locked.roll_hash = polls::roll_hash(&locked).unwrap();
    locked.frozen_hash = polls::frozen_hash(poll, &locked).unwrap();
    locked
}

/// The count of a poll as it lies there, with every ballot's weight.
pub fn count(poll: &Poll, ballots: &[Ballot]) -> Count {
    let form = poll.form();
    let mut count = tally::Count::new(&form, &poll.rules).unwrap();
    for ballot in ballots {
        count.add(Weight::new(1, ballot.area.unwrap()), &ballot.answers);
    }
    let totals = count.close(poll.electorate(poll.locked.as_ref().unwrap())).unwrap();
    let matters: Vec<Matter> =
        poll.matters.iter().map(|text| Matter { id: text.id.clone(), class: text.class }).collect();
    let verdict = explain(&totals, &matters, poll.all_seats(), &poll.rules).unwrap();
    let flips = Some(Flips::of(&count, &totals, &verdict, &matters, &poll.rules));
    let voters: Vec<u64> = poll.voters(poll.locked.as_ref().unwrap()).map(|head| head.area).collect();
    let cast: Vec<u64> = ballots.iter().filter_map(|ballot| ballot.area).collect();
    let leaks = poll.policy().map(|policy| Leaks::of(&policy, &voters, &cast, &totals));
    Count { ballots: ballots.len().try_into().unwrap(), totals, verdict, flips, leaks }
}

fn counted(poll: &Poll) -> Counted {
    let voters = || (1..=10).filter(|number| *number != 4);
    let mut ballots: Vec<Ballot> = voters().map(|number| ballot(number, poll)).collect();
    ballots.sort_by(|one, other| one.id.cmp(&other.id));
    let result = count(poll, &ballots);
    Counted {
        at: poll.whole_window().closes_at,
        took_part: voters()
            .map(|number| TookPart {
                head: id(HEAD, number),
                channel: Channel::Online,
                extension: u32::from(number > 6 && !poll.extensions.is_empty()),
            })
            .collect(),
        ballots_hash: polls::ballots_hash(&ballots).unwrap(),
        ballots,
        set_aside: Vec::new(),
        served: Vec::new(),
        result,
        composition: None,
        lists: Lists::default(),
    }
}

/// The same votes, as another system tells what they come to.
fn import(poll: &mut Poll) {
    let mut counted = poll.counted.take().unwrap();
    let areas: BTreeMap<String, u64> = (1..=HEADS).map(|number| (id(HEAD, number), area(number))).collect();
    let until = |extension: u32| {
        let by_then = counted.took_part.iter().filter(|one| one.extension <= extension);
        by_then.map(|one| Weight::new(1, areas[&one.head])).sum()
    };
    let closings = (0..).zip(poll.closings());
    let closings = closings.map(|(extension, at)| Closing { at, came_in: until(extension) }).collect();
    let Count { totals, verdict, .. } = &counted.result;
    let evidence = external::tests::told(&poll.id, totals, verdict, closings);
    let signed = "signed.by.city".to_owned();
    let result = ExternalResult {
        evidence,
        evidence_hash: seals::sha256(signed.as_bytes()),
        signed,
        key: json!({}),
        key_id: "fingerprint".into(),
        imported_as: "PREPARER".into(),
        imported_at: counted.at,
    };
    (counted.result.flips, counted.result.leaks) = (None, None);
    counted.took_part.clear();
    counted.ballots.clear();
    counted.set_aside.clear();
    counted.ballots_hash = polls::ballots_hash(&[]).unwrap();
    poll.counted = Some(counted);
    poll.external.as_mut().unwrap().result = Some(result);
}

/// The ballot of a head that disputed it, and did not vote again.
fn set_aside(poll: &Poll) -> SetAside {
    let Ballot { id, commitment, .. } = ballot(11, poll);
    SetAside { id, commitment, channel: Channel::Proxy, why: dispute::SetAside::Disputed, at: at(23, 9) }
}

/// Two dispute their ballots: of one that holds.
fn disputed(maker: &mut Maker, poll: &Poll) {
    let of = || ("POLL", poll.id.clone(), maker.versions[&poll.id]);
    let commitment = Some(ballot(11, poll).commitment);
    let facts = json!({"channel": "PROXY"});
    maker.log.tell_with(of(), "BALLOT_CAST", "PROXY", &facts, at(21, 9), commitment.clone());
    for number in [1, 2] {
        let facts = json!({"dispute_id": id(DISPUTE, number)});
        maker.log.tell(of(), DISPUTED, "OWNER", &facts, at(22, 9));
    }
    for (number, outcome) in [(1, Answered::Upheld), (2, Answered::Dismissed)] {
        let facts = json!({"dispute_id": id(DISPUTE, number), "outcome": outcome});
        maker.log.tell(of(), DISPUTE_ANSWERED, "COMMUNITY_OFFICER", &facts, at(23, 9));
    }
    let facts = json!({"channel": "PROXY", "why": "DISPUTED"});
    maker.log.tell_with(of(), SET_ASIDE, "COMMUNITY_OFFICER", &facts, at(23, 9), commitment);
}

/// A whole founding; made once.
pub fn archive(tale: Tale, policy: Ballots) -> Archive {
    type Made = LazyLock<Archive>;
    static FORMED: Made = LazyLock::new(|| make(Tale::Formed, Ballots::Secret));
    static WEIGHED: Made = LazyLock::new(|| make(Tale::Formed, Ballots::Weighed));
    static OBJECTED: Made = LazyLock::new(|| make(Tale::Objected, Ballots::Secret));
    static RUN_OFF: Made = LazyLock::new(|| make(Tale::RunOff, Ballots::Secret));
    static RUN_OFF_WEIGHED: Made = LazyLock::new(|| make(Tale::RunOff, Ballots::Weighed));
    match (tale, policy) {
        (Tale::Formed, Ballots::Secret) => FORMED.clone(),
        (Tale::Formed, Ballots::Weighed) => WEIGHED.clone(),
        (Tale::Objected, Ballots::Secret) => OBJECTED.clone(),
        (Tale::Objected, Ballots::Weighed) | (Tale::Opinion | Tale::Elsewhere | Tale::Removed, _) => {
            make(tale, policy)
        }
        (Tale::RunOff, Ballots::Secret) => RUN_OFF.clone(),
        (Tale::RunOff, Ballots::Weighed) => RUN_OFF_WEIGHED.clone(),
    }
}

fn make(tale: Tale, policy: Ballots) -> Archive {
    let mut poll = if tale == Tale::Removed { about_a_member() } else { drafted(tale) };
    poll.locked = Some(locked(&poll, at(if tale == Tale::Removed { 2 } else { 1 }, 20)));
    let set_aside = if tale == Tale::Removed { Vec::new() } else { vec![set_aside(&poll)] };
    poll.counted = Some(Counted { set_aside, ..counted(&poll) });
    if tale == Tale::Elsewhere {
        import(&mut poll);
    }
    let mut made = vec![poll];
    if tale == Tale::RunOff {
        let mut again = again(&made[0]);
        again.locked = Some(locked(&again, at(36, 14)));
        again.counted = Some(counted(&again));
        made.push(again);
    }
    polls::put_up(&mut made).unwrap();
    let mut maker = Maker::new(tale);
    maker.elsewhere(-1);
    if tale != Tale::Removed {
        up_to_the_count(&mut maker, &made[0]);
    }
    match tale {
        Tale::Removed => removed(&mut maker, &made[0]),
        Tale::Formed | Tale::Opinion | Tale::Elsewhere => formed(&mut maker, &made[0]),
        Tale::Objected => objected(&mut maker, &made[0]),
        Tale::RunOff => voted_again(&mut maker, &made[0], &made[1]),
    }
    maker.elsewhere(90);
    if policy == Ballots::Secret {
        for ballot in
            made.iter_mut().filter_map(|poll| poll.counted.as_mut()).flat_map(|one| &mut one.ballots)
        {
            ballot.area = None;
        }
    }
    let of_votes = ["vote", "runoff"].map(str::to_owned).into_iter();
    let kinds = record::kinds(policy);
    let lines: Vec<Line> =
        maker.log.lines.into_iter().filter(|line| kinds.contains(&line.kind.as_str())).collect();
    let seqs: Vec<i64> = lines.iter().map(|line| line.seq).collect();
    Archive {
        version: VERSION,
        ballots: policy,
        programme: Programme {
            id: id(PROGRAMME, 1),
            complex: id(COMPLEX, 1),
            place: id(COMPLEX, 1),
            purpose: "成立首届业主委员会".into(),
            conditions: Vec::new(),
            among: Vec::new(),
            begun_as: "OWNER".into(),
            begun_at: at(0, 9),
            parent: None,
            member: member_of(maker.template),
            template: maker.template.clone(),
            rules: maker.rules,
            course: maker.course,
            polls: of_votes.zip(&made).map(|(vote, poll)| (vote, poll.id.clone())).collect(),
            children: maker.child.map(|_| ("seat".into(), id(PROGRAMME, 2))).into_iter().collect(),
        },
        polls: made,
        calendar: Vec::new(),
        record: Record { left_out: record::left_out(&seqs), lines },
    }
}

/// Three propose it, the member answers, owners vote, and the seat is filled by a programme in this one.
fn removed(maker: &mut Maker, poll: &Poll) {
    maker.begin(at(0, 9));
    for signers in 1..=3 {
        maker.sign("proposal", signers);
        maker.does("proposal", Deed::Sign, Role::Owner, at(0, 10));
    }
    maker.does("defence", Deed::Defend, Role::Owner, at(0, 11));
    maker.does_to("defence", Deed::Close, Role::Owner, Some(Ending::NotAgreed), at(0, 12));
    bound(maker, "vote", poll, at(0, 13));
    maker.look(at(2, 0));
    lock(maker, "vote", poll);
    maker.look(at(2, 21));
    maker.look(at(18, 0));
    opened(maker, poll);
    cast(maker, poll, 0, 20);
    closed(maker, "vote", poll);
    maker.look(at(25, 1));
    published(maker, "vote", poll);
    maker.look(at(36, 11));
    is_final(maker, "vote", poll);
    maker.look(at(44, 1));
    let of = ("PROGRAMME", id(PROGRAMME, 2), 9);
    maker.log.tell(of, "PROGRAMME_ENDED", "CLOCK", &json!({"end": End::Done}), at(60, 0));
    maker.child = Some(Ending::Done);
    maker.look(at(60, 1));
    assert_eq!(maker.course.ended, Some((End::Done, at(60, 1))), "{:?}", maker.course.steps);
}

fn hashes(poll: &Poll) -> told::Frozen<'_> {
    let locked = poll.locked.as_ref().unwrap();
    told::Frozen {
        roll: Some(&locked.roll_hash),
        frozen: Some(&locked.frozen_hash),
        rules: locked.rules_hash.as_deref(),
    }
}

fn up_to_the_count(maker: &mut Maker, poll: &Poll) {
    maker.begin(at(0, 9));
    maker.sign("application", 1);
    maker.does("application", Deed::Sign, Role::Owner, at(0, 10));
    maker.sign("registration", 2);
    maker.does("registration", Deed::Sign, Role::Owner, at(0, 10));
    maker.does("registration", Deed::Sign, Role::Owner, at(0, 10));
    maker.elsewhere(0);
    maker.does("guides", Deed::Accept, Role::StreetOfficer, at(0, 11));
    maker.does("guides", Deed::Accept, Role::CommunityOfficer, at(0, 12));
    maker.does("guides", Deed::Accept, Role::PropertyManager, at(0, 13));
    // Who stands agreed before the poll was that of the vote.
    for one in &poll.candidates {
        let facts = json!({"candidate_id": one.id});
        maker.tell_poll(&poll.id, "CANDIDATE_CONSENTED", "CANDIDATE", &facts, at(0, 15));
    }
    maker.does("guides", Deed::Decline, Role::Developer, at(0, 16));
    maker.does("group", Deed::Form, Role::StreetOfficer, at(0, 16));
    maker.does("group_list", Deed::PutUp, Role::CommunityOfficer, at(0, 16));
    bound(maker, "vote", poll, at(0, 17));
    lock(maker, "vote", poll);
    maker.look(at(1, 21));
    maker.look(at(9, 0));
    maker.look(at(17, 0));
    for _ in poll.registered.iter().flatten() {
        maker.tell_poll(&poll.id, record::REGISTERED, "OWNER", &json!({}), at(17, 9));
    }
    maker.look(at(18, 0));
    opened(maker, poll);
    cast(maker, poll, 0, 20);
    paused(maker, poll, 0);
    if poll.external.is_none() {
        disputed(maker, poll);
    }
    let made = poll.extensions.iter().map(|made| (made.from, made.to));
    let extended = told::extended(poll.in_force.as_ref().unwrap(), made);
    maker.tell_poll(&poll.id, "POLL_EXTENDED", "CLOCK", &extended[0], poll.extensions[0].made_at);
    cast(maker, poll, 1, 27);
    paused(maker, poll, 1);
    maker.look(at(31, 0));
    closed(maker, "vote", poll);
    maker.look(at(36, 1));
}

fn bound(maker: &mut Maker, vote: &str, poll: &Poll, now: DateTime<Utc>) {
    maker.tell("PROGRAMME_POLL_BOUND", "OWNER", &json!({"module": vote, "poll_id": poll.id}), now);
    let candidates = poll.candidates.len().try_into().unwrap();
    maker.polled.insert(vote.into(), Polled { seats: poll.seats, candidates, ..Polled::default() });
    maker.look(now);
}

fn lock(maker: &mut Maker, vote: &str, poll: &Poll) {
    let locked = poll.locked.as_ref().unwrap();
    let facts = told::locked(hashes(poll), polls::roll_of(locked), locked.homes.len());
    maker.tell_poll(&poll.id, "POLL_LOCKED", "COMMUNITY_OFFICER", &facts, locked.at);
    maker.polled(vote).locked_at = Some(locked.at);
}

fn opened(maker: &mut Maker, poll: &Poll) {
    let registered = poll.registered(poll.locked.as_ref().unwrap());
    let registered = registered.as_ref().map(|(weight, hash)| (*weight, hash.as_str()));
    let facts = told::opened(hashes(poll).frozen, registered);
    maker.tell_poll(&poll.id, "POLL_OPENED", "CLOCK", &facts, poll.window.opens_at);
}

fn closed(maker: &mut Maker, vote: &str, poll: &Poll) {
    let counted = poll.counted.as_ref().unwrap();
    let ballots = counted.result.ballots;
    if let Some(External { system, result: Some(result) }) = &poll.external {
        let facts = told::imported(system, &result.evidence_hash, &result.key_id);
        maker.tell_poll(&poll.id, "EXTERNAL_RESULT_IMPORTED", "PREPARER", &facts, result.imported_at);
    }
    maker.tell_poll(&poll.id, "POLL_CLOSED", "CLOCK", &told::closed(ballots), counted.at);
    let facts =
        told::counted(&counted.ballots_hash, ballots, &counted.result.totals, counted.result.leaks.as_ref());
    maker.tell_beside(&poll.id, "POLL_COUNTED", "CLOCK", &facts, counted.at);
    let polled = maker.polled(vote);
    polled.closed = true;
    polled.texts = polled::texts(&counted.result.verdict);
    polled.election = polled::election(&counted.result.verdict);
}

fn published(maker: &mut Maker, vote: &str, poll: &Poll) {
    let counted = poll.counted.as_ref().unwrap();
    let facts = told::published(hashes(poll), Some(&counted.ballots_hash), &counted.result.verdict);
    maker.tell_poll(&poll.id, "POLL_PUBLISHED", "COMMUNITY_OFFICER", &facts, poll.published_at.unwrap());
    let polled = maker.polled(vote);
    (polled.published_at, polled.provisional_until) = (poll.published_at, poll.provisional_until);
}

/// Somebody objects to the first result, and is answered a day later.
fn objects(maker: &mut Maker, poll: &Poll, answer: Answered) {
    let objection = json!(id(OBJECTION, 1));
    let facts = json!({"objection_id": objection, "ground": "COUNT"});
    maker.tell_poll(&poll.id, OBJECTED, "OWNER", &facts, at(37, 9));
    let facts = json!({"objection_id": objection, "outcome": answer});
    maker.tell_poll(&poll.id, OBJECTION_ANSWERED, "COMMUNITY_OFFICER", &facts, at(38, 9));
    let objections = &mut maker.polled("vote").objections;
    match answer {
        Answered::Upheld => objections.upheld += 1,
        Answered::Dismissed => objections.dismissed += 1,
    }
}

fn is_final(maker: &mut Maker, vote: &str, poll: &Poll) {
    let moments = (poll.published_at, poll.provisional_until);
    let ballots_hash = Some(poll.counted.as_ref().unwrap().ballots_hash.as_str());
    let facts = told::finished(moments, maker.polled(vote).objections, ballots_hash);
    maker.tell_poll(&poll.id, FINAL, "CLOCK", &facts, poll.final_at.unwrap());
    maker.polled(vote).final_at = poll.final_at;
}

fn formed(maker: &mut Maker, poll: &Poll) {
    published(maker, "vote", poll);
    maker.look(at(36, 11));
    objects(maker, poll, Answered::Dismissed);
    is_final(maker, "vote", poll);
    maker.look(at(44, 1));
    taken_over(maker, at(44, 10));
}

fn objected(maker: &mut Maker, poll: &Poll) {
    published(maker, "vote", poll);
    maker.look(at(36, 11));
    objects(maker, poll, Answered::Upheld);
    maker.look(at(38, 10));
    maker.look(at(44, 1));
    assert_eq!(maker.course.ended.map(|(end, _)| end), Some(End::Stopped), "{:?}", maker.course.steps);
}

fn voted_again(maker: &mut Maker, first: &Poll, again: &Poll) {
    published(maker, "vote", first);
    bound(maker, "runoff", again, at(36, 12));
    lock(maker, "runoff", again);
    maker.look(at(36, 15));
    is_final(maker, "vote", first);
    maker.look(at(52, 0));
    maker.look(at(53, 0));
    opened(maker, again);
    cast(maker, again, 0, 54);
    closed(maker, "runoff", again);
    maker.look(at(60, 1));
    published(maker, "runoff", again);
    maker.look(at(61, 11));
    is_final(maker, "runoff", again);
    let now = again.final_at.unwrap();
    maker.look(now);
    taken_over(maker, now + TimeDelta::hours(1));
    members_leave(maker, first, again, now + TimeDelta::days(30));
}

/// The first two members leave: one alternate steps up, and a seat stays open.
fn members_leave(maker: &mut Maker, first: &Poll, again: &Poll, from: DateTime<Utc>) {
    let votes = Votes::of(&[first.clone(), again.clone()], again).unwrap().unwrap();
    let mut sits = Committee::elected(votes.together()).unwrap();
    for (member, days) in votes.composition().elected.into_iter().take(2).zip(0..) {
        let (after, stepped_up) = sits.after(&Change::Left(member.clone())).unwrap();
        sits = after;
        let now = from + TimeDelta::days(days);
        let facts = json!({"candidate_id": member, "reason": "RESIGNED", "vacant": sits.vacant()});
        maker.tell_poll(&again.id, committee::VACANCY, "COMMUNITY_OFFICER", &facts, now);
        for one in stepped_up {
            let facts = json!({"candidate_id": one, "rank": sits.rank_of(&one)});
            maker.tell_beside(&again.id, committee::STEPPED_UP, "COMMUNITY_OFFICER", &facts, now);
        }
    }
    assert_eq!(sits.vacant(), 1);
}

fn taken_over(maker: &mut Maker, from: DateTime<Utc>) {
    let hour = |hours| from + TimeDelta::hours(hours);
    maker.does("first_meeting", Deed::Show, Role::CommitteeMember, hour(0));
    maker.does("first_meeting", Deed::Accept, Role::CommunityOfficer, hour(1));
    maker.does("filing", Deed::Show, Role::CommitteeMember, hour(2));
    maker.does("hand_over", Deed::Show, Role::CommunityOfficer, hour(3));
    maker.does("hand_over", Deed::Accept, Role::CommitteeMember, hour(4));
    assert_eq!(maker.course.ended, Some((End::Done, hour(4))), "{:?}", maker.course.steps);
}

/// The lines of the ballots that came in within an extension, in the order of the heads.
fn cast(maker: &mut Maker, poll: &Poll, extension: u32, day: i64) {
    let took_part = &poll.counted.as_ref().unwrap().took_part;
    for (hour, one) in (0..).zip(took_part.iter().filter(|one| one.extension == extension)) {
        let number = (1..=HEADS).find(|number| id(HEAD, *number) == one.head).unwrap();
        let of = ("POLL", poll.id.clone(), maker.versions[&poll.id]);
        let commitment = Some(ballot(number, poll).commitment);
        let facts = json!({"channel": "ONLINE"});
        maker.log.tell_with(of, "BALLOT_CAST", "OWNER", &facts, at(day, hour), commitment);
    }
}
