//! A poll, made out anew: what its lock froze, its ballots, its count, its lists, and what the record tells of each step.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::Value;

use super::{
    Findings, aftermath,
    aside::{self, REINSTATED, SET_ASIDE},
    committee, external,
    fault::{Fault, Step, first_difference},
    format::{Archive, Ballot, Ballots, Count, Counted, External, ExternalResult, Line, Lists, Locked, Poll},
    paper,
    record::{CAST, REGISTERED},
    runoff::{self, Votes},
    service,
};
use crate::{
    canonical::FrozenPoll,
    pause::Pause,
    polls::{
        aftermath::Objections,
        ballot::{BallotForm, Texts},
        duplicates::Channel,
        external::can_weigh,
        flip::Flips,
        leaks::{Leaks, Policy},
        lists::{self, Names},
        matter::{Matter, MatterClass},
        phase::{Phase, closings},
        seals::{self, Content, Filled, Head},
        standstill,
        tally::{self, Electorate, Seats, Totals},
        told,
        tree::{self, Hash, Tree},
        verdict::{Verdict, explain},
    },
    quantity::{Area, Weight},
    words,
};

/// Checks a poll; by its id how it was decided, where it was.
pub(super) fn check(archive: &Archive, poll: &Poll, found: &mut Findings) -> Option<(String, Verdict)> {
    let mut one = Checking { archive, poll, found };
    one.state();
    let before = one.found.faults.len();
    one.rules();
    if let Some(locked) = &poll.locked {
        one.locked(locked);
        if one.found.faults.len() == before {
            one.say(&format!(
                "roll of {} heads, {} homes, {} m²; rules and what was put to the vote: by their hashes",
                locked.heads.len(),
                locked.homes.len(),
                roll_of(locked).area
            ));
        }
        runoff::check(archive, poll, one.found);
        paper::check(poll, one.found);
        one.registered(locked);
        if let Some(counted) = &poll.counted {
            service::check(poll, (locked, counted), one.found);
            one.counted(locked, counted);
        }
    }
    one.steps(aftermath::Told::by(archive.told(&poll.id)).counted());
    aside::check(archive, poll, found);
    aftermath::check(poll, archive.told(&poll.id), &archive.known(), found);
    committee::check(&archive.polls, poll, archive.told(&poll.id), found);
    let counted = poll.counted.as_ref()?;
    Some((poll.id.clone(), counted.result.verdict.clone()))
}

struct Checking<'a, 'f> {
    archive: &'a Archive,
    poll: &'a Poll,
    found: &'f mut Findings,
}

/// The locked roll in heads and area.
pub fn roll_of(locked: &Locked) -> Weight {
    locked.heads.iter().map(|head| Weight::new(1, head.area)).sum()
}

impl Poll {
    /// What was put to each head.
    pub fn form(&self) -> BallotForm {
        BallotForm {
            candidates: self.candidates.iter().map(|candidate| candidate.id.clone()).collect(),
            max_selections: self.rules.max_selections(self.seats),
            texts: self.matters.iter().map(|matter| matter.id.clone()).collect(),
        }
    }

    /// All seats that it is about; with those that were filled before it.
    pub fn all_seats(&self) -> Seats {
        Seats { open: self.seats, filled: self.seats_filled.unwrap_or_default() }
    }

    /// Of whom it asked, by its locked roll.
    pub fn electorate(&self, locked: &Locked) -> Electorate {
        let registered =
            self.registered.as_ref().map(|_| self.voters(locked).map(|head| Weight::new(1, head.area)).sum());
        Electorate { roll: roll_of(locked), registered }
    }

    /// Whether too few registered for it, so that nobody voted.
    pub fn is_short(&self) -> bool {
        self.locked.as_ref().is_some_and(|locked| !self.electorate(locked).is_enough(&self.rules))
    }

    /// The heads of it that may vote.
    pub fn voters<'a>(&'a self, locked: &'a Locked) -> impl Iterator<Item = &'a Head> {
        let registered: Option<HashSet<&String>> =
            self.registered.as_ref().map(|heads| heads.iter().collect());
        let may = move |head: &&Head| registered.as_ref().is_none_or(|heads| heads.contains(&head.head));
        locked.heads.iter().filter(may)
    }

    /// How many had registered when voting began, and the hash over who.
    pub fn registered(&self, locked: &Locked) -> Option<(Weight, String)> {
        let heads = self.registered.as_ref()?;
        Some((self.electorate(locked).registered?, seals::registered(heads).ok()?))
    }

    /// What it is put to: its texts, and by its kind a committee that it elects, or what is no matter of Civil Code 278.
    fn asks(&self) -> impl Iterator<Item = MatterClass> {
        let elects = (self.kind == "COMMITTEE_ELECTION").then_some(MatterClass::Committee);
        let is_asked = (self.kind == "OPINION").then_some(MatterClass::Opinion);
        self.matters.iter().map(|text| text.class).chain(elects).chain(is_asked)
    }

    /// Its texts with what each of them takes.
    pub fn classes(&self) -> Vec<Matter> {
        let matter = |text: &super::format::Text| Matter { id: text.id.clone(), class: text.class };
        self.matters.iter().map(matter).collect()
    }

    /// What everybody may see of it; nothing where that was not chosen.
    pub fn policy(&self) -> Option<Policy> {
        let own = |text: &super::format::Text| Some((text.id.clone(), text.publicity?));
        let texts = || self.matters.iter().filter_map(own).collect();
        self.publicity.map(|poll| Policy { poll, texts: texts() })
    }

    /// What the lists call candidates and texts.
    fn names(&self) -> Names {
        let candidates = self.candidates.iter().map(|one| (one.id.clone(), one.name.clone()));
        candidates.chain(self.matters.iter().map(|one| (one.id.clone(), one.title.clone()))).collect()
    }

    fn hashes(&self) -> told::Frozen<'_> {
        told::Frozen {
            roll: self.locked.as_ref().map(|locked| locked.roll_hash.as_str()),
            frozen: self.locked.as_ref().map(|locked| locked.frozen_hash.as_str()),
            rules: self.locked.as_ref().and_then(|locked| locked.rules_hash.as_deref()),
        }
    }
}

/// The hash over a locked roll.
pub fn roll_hash(locked: &Locked) -> Result<String, crate::canonical::NotCanonical> {
    let mut homes: Vec<_> = locked.homes.iter().collect();
    homes.sort_by_key(|home| (&home.head, &home.home));
    seals::roll(&locked.heads, homes, &locked.owners)
}

/// The hash over everything that a lock froze.
pub fn frozen_hash(poll: &Poll, locked: &Locked) -> Result<String, crate::canonical::NotCanonical> {
    let mut content = Content::default();
    let filled = poll.seats_filled.map(|seats| Filled {
        runoff_of: poll.runoff_of.as_deref(),
        committee_of: poll.committee_of.as_deref(),
        seats,
    });
    let put_to = (poll.place.as_str(), poll.among.as_slice());
    content.poll(&poll.id, (&poll.kind, &poll.title), put_to, &poll.seed, poll.publicity, filled)?;
    content.warning(poll.warning.as_ref())?;
    content.external(poll.external.as_ref().map(|external| &external.system))?;
    for text in &poll.matters {
        let publicity = poll.publicity.map(|poll| poll.of_text(text.publicity));
        content.matter(&text.id, text.class, &text.title, &text.body, publicity)?;
    }
    let candidates = poll.candidates.iter().map(|one| (one.id.clone(), one.hash.clone()));
    content.0.extend(candidates);
    seals::frozen(&FrozenPoll {
        poll: &poll.id,
        rules: &poll.rules,
        form: &poll.form(),
        window: poll.window,
        seats: poll.seats,
        roll: roll_of(locked),
        roll_hash: &locked.roll_hash,
        content: &content.0,
    })
}

/// What a ballot's commitment has to be; nothing where its salt is none.
pub fn commitment(poll: &Poll, ballot: &Ballot) -> Option<String> {
    let salt = hex::decode(&ballot.salt).ok().filter(|salt| salt.len() == 32)?;
    seals::commitment(&salt, &poll.id, &ballot.answers, &ballot.texts).ok().map(hex::encode)
}

/// The hash of each text that a poll put to the vote.
pub fn texts(poll: &Poll) -> Texts {
    poll.matters.iter().map(|text| (text.id.clone(), seals::text(&text.title, &text.body))).collect()
}

/// The root of the tree over ballots; nothing where an id or a commitment is none.
pub fn ballots_hash(ballots: &[Ballot]) -> Option<String> {
    let leaf = |ballot: &Ballot| -> Option<Hash> {
        let mut id = [0; 16];
        let mut commitment = [0; 32];
        hex::decode_to_slice(ballot.id.replace('-', ""), &mut id).ok()?;
        hex::decode_to_slice(&ballot.commitment, &mut commitment).ok()?;
        Some(tree::leaf(id, &commitment))
    };
    let leaves: Option<Vec<Hash>> = ballots.iter().map(leaf).collect();
    Some(hex::encode(Tree::of(leaves?).root()))
}

/// Writes what is put up of each poll that is counted: its lists, and of a run-off what it comes to with the votes that it
/// decides.
///
/// # Errors
/// Why a run-off does not belong to its votes.
pub fn put_up(polls: &mut [Poll]) -> Result<(), String> {
    let put_up = |poll: &Poll| {
        let Some((locked, counted)) = poll.locked.as_ref().zip(poll.counted.as_ref()) else {
            return Ok(None);
        };
        let votes = Votes::of(polls, poll)?;
        let lists = lists_of(poll, locked, counted, votes.as_ref());
        Ok::<_, String>(Some((lists, votes.map(|votes| votes.composition()))))
    };
    let made: Vec<_> = polls.iter().map(put_up).collect::<Result<_, _>>()?;
    for (poll, made) in polls.iter_mut().zip(made) {
        if let Some((counted, (lists, composition))) = poll.counted.as_mut().zip(made) {
            (counted.lists, counted.composition) = (lists, composition);
        }
    }
    Ok(())
}

/// The four lists that a decision gives; the members' of a run-off with the votes that it decides.
pub fn lists_of(poll: &Poll, locked: &Locked, counted: &Counted, votes: Option<&Votes>) -> Lists {
    let verdict = &counted.result.verdict;
    let channels: BTreeMap<&str, _> =
        counted.took_part.iter().map(|one| (one.head.as_str(), one.channel)).collect();
    let home = |home: &seals::Home| lists::Home {
        label: home.label.clone(),
        area: Area(home.area),
        head: home.head.clone(),
    };
    let names = poll.names();
    // Who took part in another system nobody knows here.
    let homes = locked.homes.iter().filter(|_| poll.external.is_none());
    Lists {
        members: votes.map_or_else(|| lists::members(verdict, &names).rows(), Votes::members),
        candidates: lists::candidates(verdict, &names).rows(),
        texts: lists::texts(verdict, &names).rows(),
        participation: lists::participation(homes.map(home), |head| channels.get(head.as_str()).copied())
            .rows(),
    }
}

/// Every moment at which voting was to end, by who took part until then. Within which of them somebody did is told, and
/// not when.
pub fn closings_of(poll: &Poll, locked: &Locked, counted: &Counted) -> Vec<DateTime<Utc>> {
    let areas: BTreeMap<&str, u64> =
        locked.heads.iter().map(|head| (head.head.as_str(), head.area)).collect();
    let begins: Vec<_> = std::iter::once(poll.window.opens_at).chain(poll.closings()).collect();
    let cast = |one: &super::format::TookPart| {
        let within = usize::try_from(one.extension).unwrap_or(usize::MAX);
        let at = begins.get(within).copied().unwrap_or(DateTime::<Utc>::MAX_UTC);
        Some((at, Weight::new(1, *areas.get(one.head.as_str())?)))
    };
    let cast: Vec<_> = counted.took_part.iter().filter_map(cast).collect();
    closings(poll.window, &poll.rules, poll.electorate(locked), &cast, &standstill::pauses(&poll.pauses))
}

impl Checking<'_, '_> {
    fn id(&self) -> String {
        self.poll.id.clone()
    }

    fn say(&mut self, what: &str) {
        let poll = &self.poll.title;
        self.found.checked(format!("{poll}: {what}"));
    }

    fn state(&mut self) {
        let poll = self.poll;
        let has = (poll.locked.is_some(), poll.counted.is_some(), poll.published_at.is_some());
        let is_out = poll.published_at.is_some() || (poll.provisional_until, poll.final_at) == (None, None);
        let due = match poll.state {
            Phase::Draft => (false, false, false),
            Phase::Locked | Phase::Open => (true, false, false),
            Phase::Closed => (true, true, false),
            Phase::Published => (true, true, true),
        };
        let state = format!("{:?}", poll.state);
        self.found.must(has == due && is_out, || Fault::StateDiffers { poll: poll.id.clone(), state });
    }

    /// The rules are lawful, and those that are shown are those by which it is counted.
    fn rules(&mut self) {
        let (poll, rules) = (self.id(), &self.poll.rules);
        for fault in rules.faults() {
            self.found.fault(Fault::RulesUnlawful { poll: poll.clone(), why: fault.to_string() });
        }
        for fault in self.poll.asks().filter_map(|class| rules.govern(class).err()) {
            self.found.fault(Fault::RulesUnlawful { poll: poll.clone(), why: fault.to_string() });
        }
        let counted_by = serde_json::to_value(rules).unwrap_or_default();
        for shown in self.poll.in_force.iter().flatten().filter(|shown| rules.has(&shown.name)) {
            let same = counted_by.get(&shown.name) == Some(&shown.value);
            self.found.must(same, || Fault::RuleDiffers { poll: poll.clone(), rule: shown.name.clone() });
        }
    }

    fn locked(&mut self, locked: &Locked) {
        self.roll_fits(locked);
        let poll = self.id();
        if let Some(computed) = self.canonical(roll_hash(locked)) {
            let told = locked.roll_hash.clone();
            self.found.must(told == computed, || Fault::RollHash { poll: poll.clone(), told, computed });
        }
        let rules = self.poll.in_force.as_ref().map(|rules| seals::rules(rules)).transpose();
        if let Some(computed) = self.canonical(rules) {
            let say = |hash: &Option<String>| hash.clone().unwrap_or_else(|| "nothing".to_owned());
            let (told, computed) = (say(&locked.rules_hash), say(&computed));
            self.found.must(told == computed, || Fault::RulesHash { poll: poll.clone(), told, computed });
        }
        if let Some(computed) = self.canonical(frozen_hash(self.poll, locked)) {
            let told = locked.frozen_hash.clone();
            self.found.must(told == computed, || Fault::FrozenHash { poll, told, computed });
        }
    }

    /// Each head has the area and the number of its homes; each home and owner has a head; none is there twice.
    fn roll_fits(&mut self, locked: &Locked) {
        let mut of: BTreeMap<&str, (u64, u32)> = BTreeMap::new();
        for home in &locked.homes {
            let (area, homes) = of.entry(&home.head).or_default();
            (*area, *homes) = (area.saturating_add(home.area), *homes + 1);
        }
        let heads: BTreeSet<&str> = locked.heads.iter().map(|head| head.head.as_str()).collect();
        let homes: BTreeSet<&str> = locked.homes.iter().map(|home| home.home.as_str()).collect();
        let counts = |home: &seals::Home| self.poll.rules.roll_policy().counts(home.kind);
        let whats = [
            (
                !locked.homes.iter().all(counts),
                "what its rules do not count: a parking bay, stall or facility".to_owned(),
            ),
            (heads.len() != locked.heads.len(), "a head twice".to_owned()),
            (homes.len() != locked.homes.len(), "a home twice".to_owned()),
            (of.keys().any(|head| !heads.contains(head)), "a home of no head".to_owned()),
            (
                locked.owners.iter().any(|owner| !heads.contains(owner.head.as_str())),
                "an owner of no head".to_owned(),
            ),
        ];
        let wrong = locked.heads.iter().filter(|head| {
            of.get(head.head.as_str()).copied().unwrap_or_default() != (head.area, head.homes)
        });
        let wrong = wrong.map(|head| format!("head {} of another area than its homes'", head.head));
        let twice = whats.into_iter().filter(|(is, _)| *is).map(|(_, what)| what);
        if let Some(what) = twice.chain(wrong).next() {
            self.found.fault(Fault::RollIncoherent { poll: self.poll.id.clone(), what });
        }
    }

    fn canonical<T>(&mut self, made: Result<T, crate::canonical::NotCanonical>) -> Option<T> {
        made.map_err(|why| {
            self.found.fault(Fault::NotCanonical { poll: self.poll.id.clone(), why: why.to_string() });
        })
        .ok()
    }

    fn counted(&mut self, locked: &Locked, counted: &Counted) {
        if let Some(external) = &self.poll.external {
            external::check(self.poll, external, (locked, counted), self.found);
            return self.put_up(locked, counted);
        }
        let before = self.found.faults.len();
        let areas = self.took_part(locked, counted);
        self.ballots(counted);
        self.told_ballots(counted);
        let are_sound = self.found.faults.len() == before;
        if are_sound {
            self.say(&format!(
                "{} ballots, each by its commitment, and the tree over them",
                counted.ballots.len()
            ));
        }
        self.closings(locked, counted);
        self.pauses();
        let form = self.poll.form();
        match self.count(&form, locked, counted, &areas) {
            Ok(()) => {}
            Err(why) => self.found.fault(Fault::Uncountable { poll: self.poll.id.clone(), why }),
        }
        self.put_up(locked, counted);
    }

    /// Who registered for a poll of opinion: heads of its roll, from the opening on, each as the record tells it; and only
    /// those took part.
    fn registered(&mut self, locked: &Locked) {
        let poll = self.poll;
        let told = self.archive.told(&poll.id).filter(|line| line.kind == REGISTERED).count();
        let Some(heads) = &poll.registered else {
            let due = poll.rules.is_of_opinion() && poll.state >= Phase::Open;
            self.found.must(!due, || Fault::RegisteredUnfit { poll: poll.id.clone() });
            let is_told = told > 0 && !poll.rules.is_of_opinion();
            let differ = || Fault::RegistrationsDiffer { poll: poll.id.clone(), told, registered: 0 };
            return self.found.must(!is_told, differ);
        };
        let on_roll: BTreeSet<&String> = locked.heads.iter().map(|head| &head.head).collect();
        let in_order = heads.is_sorted_by(|one, next| one < next);
        let fits = poll.rules.is_of_opinion() && in_order && heads.iter().all(|head| on_roll.contains(head));
        self.found.must(fits, || Fault::RegisteredUnfit { poll: poll.id.clone() });
        let registered = heads.len();
        let differ = || Fault::RegistrationsDiffer { poll: poll.id.clone(), told, registered };
        self.found.must(told == registered, differ);
        let took_part = poll.counted.iter().flat_map(|counted| &counted.took_part);
        let mut strangers = took_part.filter(|one| !heads.contains(&one.head));
        let stranger = strangers.next();
        self.found.must(stranger.is_none(), || Fault::NotRegistered {
            poll: poll.id.clone(),
            head: stranger.map(|one| one.head.clone()).unwrap_or_default(),
        });
        if stranger.is_none() && fits && told == registered {
            self.say(&format!("{registered} heads that registered; nobody else took part"));
        }
    }

    /// What each head weighs that took part.
    fn took_part(&mut self, locked: &Locked, counted: &Counted) -> Vec<u64> {
        let areas: BTreeMap<&str, u64> =
            locked.heads.iter().map(|head| (head.head.as_str(), head.area)).collect();
        let mut seen = BTreeSet::new();
        let mut took_part = Vec::new();
        for one in &counted.took_part {
            let (poll, head) = (self.id(), one.head.clone());
            match areas.get(one.head.as_str()) {
                None => self.found.fault(Fault::StrangerTookPart { poll, head }),
                Some(_) if !seen.insert(&one.head) => self.found.fault(Fault::TookPartTwice { poll, head }),
                Some(area) => took_part.push(*area),
            }
        }
        took_part.sort_unstable();
        took_part
    }

    fn ballots(&mut self, counted: &Counted) {
        let (form, poll) = (self.poll.form(), self.id());
        let (ballots, heads) = (counted.ballots.len(), counted.took_part.len());
        self.found.must(ballots == heads, || Fault::BallotsOfHeads { poll: poll.clone(), ballots, heads });
        for pair in counted.ballots.windows(2) {
            if let [one, next] = pair {
                let fault = || Fault::BallotOutOfOrder { poll: poll.clone(), ballot: next.id.clone() };
                self.found.must(one.id < next.id, fault);
            }
        }
        // On paper there may be too many names, or an answer missing: as many ballots as came on paper, at most. A proxy
        // for some matters leaves others open, and chooses nobody.
        let came = |channel| counted.took_part.iter().filter(|one| one.channel == channel).count();
        let (on_paper, by_proxy) = (came(Channel::Paper), came(Channel::Proxy));
        let (mut as_on_paper, mut left_open) = (0, 0);
        let texts = texts(self.poll);
        for ballot in &counted.ballots {
            let id = || ballot.id.clone();
            let is_what_was_cast = commitment(self.poll, ballot).as_ref() == Some(&ballot.commitment);
            self.found.must(is_what_was_cast, || Fault::BallotChanged { poll: poll.clone(), ballot: id() });
            let read_these = ballot.texts.is_empty() || ballot.texts == texts;
            self.found.must(read_these, || Fault::TextSwapped { poll: poll.clone(), ballot: id() });
            let fits_online = !ballot.answers.unsigned && form.take_online(&ballot.answers).is_ok();
            let may_leave_open = !ballot.answers.unsigned && ballot.answers.choices.is_empty();
            if !fits_online && may_leave_open && left_open < by_proxy {
                left_open += 1;
            } else {
                as_on_paper += usize::from(!fits_online);
            }
            let taken = if as_on_paper <= on_paper {
                form.take_paper(&ballot.answers)
            } else {
                form.take_online(&ballot.answers)
            };
            if let Err(refusal) = taken {
                let why = refusal.to_string();
                self.found.fault(Fault::BallotUnfit { poll: poll.clone(), ballot: id(), why });
            }
            let tells = ballot.area.is_some() == (self.archive.ballots == Ballots::Weighed);
            self.found.must(tells, || Fault::BallotWeighed { poll: poll.clone(), ballot: id() });
        }
        let computed = ballots_hash(&counted.ballots).unwrap_or_default();
        let told = counted.ballots_hash.clone();
        self.found.must(told == computed, || Fault::BallotsHash { poll, told, computed });
    }

    /// Where the record's lines of the ballots are there: each ballot has its own, within the time at which a head took part.
    fn told_ballots(&mut self, counted: &Counted) {
        if self.archive.ballots == Ballots::Secret {
            return;
        }
        let told = ToldBallots::by(self.archive.told(&self.poll.id));
        for seq in told.never_cast {
            self.found.fault(Fault::ToldBallotMissing { poll: self.poll.id.clone(), seq });
        }
        for (seq, at) in told.set_aside.into_values() {
            let in_time = self.poll.window.opens_at <= at;
            let poll = self.id();
            self.found.must(in_time, || Fault::CastAtAnotherTime { poll, seq });
            self.goes_on(seq, at);
        }
        let mut untold: BTreeMap<&str, &Ballot> =
            counted.ballots.iter().map(|ballot| (ballot.commitment.as_str(), ballot)).collect();
        let mut within: BTreeMap<u32, i64> = BTreeMap::new();
        for one in &counted.took_part {
            *within.entry(one.extension).or_default() += 1;
        }
        let closings = self.poll.closings();
        for (seq, commitment, at) in told.cast {
            let poll = self.id();
            if commitment.as_deref().and_then(|one| untold.remove(one)).is_none() {
                self.found.fault(Fault::ToldBallotMissing { poll, seq });
                continue;
            }
            let extension = closings.iter().take_while(|closing| **closing <= at).count();
            let left = within.entry(u32::try_from(extension).unwrap_or(u32::MAX)).or_default();
            *left -= 1;
            let in_time = *left >= 0 && self.poll.window.opens_at <= at;
            self.found.must(in_time, || Fault::CastAtAnotherTime { poll, seq });
            self.goes_on(seq, at);
        }
        for ballot in untold.into_values() {
            let fault = Fault::BallotNotTold { poll: self.poll.id.clone(), ballot: ballot.id.clone() };
            self.found.fault(fault);
        }
    }

    fn closings(&mut self, locked: &Locked, counted: &Counted) {
        let (told, computed) = (self.poll.closings(), closings_of(self.poll, locked, counted));
        let from: Vec<_> = self.poll.extensions.iter().map(|made| made.from).collect();
        let chain = told.iter().zip(&from).all(|(closing, from)| closing == from);
        let say = |moments: &[DateTime<Utc>]| {
            moments.iter().map(|moment| words::local(*moment)).collect::<Vec<_>>().join(", ")
        };
        let poll = self.id();
        let (said, computed_words) = (say(&told), say(&computed));
        self.found.must(told == computed && chain, || Fault::ClosingsDiffer {
            poll,
            told: said,
            computed: computed_words,
        });
        let extensions = told.len() - 1;
        self.say(&format!("{extensions} extensions, by who took part until then"));
        let given = self.poll.whole_window().given(self.poll.electorate(locked), &self.poll.rules);
        let (poll, closes_at) = (self.id(), given.closes_at);
        self.found.must(closes_at <= counted.at, || Fault::CountedTooEarly {
            poll,
            at: words::local(counted.at),
            closes_at: words::local(closes_at),
        });
    }

    /// No ballot came while voting stood still.
    fn goes_on(&mut self, seq: i64, at: DateTime<Utc>) {
        let paused = self.poll.pauses.iter().any(|one| one.pause.has(at));
        let poll = self.id();
        self.found.must(!paused, || Fault::CastWhilePaused { poll, seq });
    }

    /// Each time that it stood still is one that could have been, and over.
    fn pauses(&mut self) {
        let poll = self.poll;
        let made = standstill::pauses(&poll.pauses);
        let runs = made.iter().any(|pause| pause.lifted_at.is_none());
        let fault = runs.then(|| "one is not over".to_owned());
        let fault = fault.or_else(|| standstill::fault(poll.window, &poll.extended(), &made));
        let held_up = poll.pauses.iter().filter(|one| one.by == standstill::BY_THE_CLOCK);
        let held_up: TimeDelta = held_up.map(|one| one.pause.lost()).sum();
        let stood_still: TimeDelta = self.archive.programme.course.pauses.iter().map(Pause::lost).sum();
        let fault = fault.or_else(|| {
            (held_up > stood_still).then(|| "its programme did not hold it up for so long".to_owned())
        });
        match fault {
            Some(why) => self.found.fault(Fault::PauseUnlawful { poll: poll.id.clone(), why }),
            None if made.is_empty() => {}
            None => self.say(&format!("it stood still {} times, and ended later by just that", made.len())),
        }
    }

    /// The count and what it was decided to.
    fn count(
        &mut self,
        form: &BallotForm,
        locked: &Locked,
        counted: &Counted,
        areas: &[u64],
    ) -> Result<(), String> {
        let (poll, result) = (self.poll, &counted.result);
        let of = poll.electorate(locked);
        let mut count = tally::Count::new(form, &poll.rules).map_err(|fault| fault.to_string())?;
        for ballot in &counted.ballots {
            count.add(Weight::new(1, ballot.area.unwrap_or_default()), &ballot.answers);
        }
        let cast = counted.ballots.len().try_into().unwrap_or(u64::MAX);
        self.differs("ballots", &result.ballots, &cast, Compared::Count);
        let unserved = service::unserved(poll, locked, counted);
        let computed = count.close(of).and_then(|totals| totals.without(unserved));
        let computed = computed.map_err(|fault| fault.to_string())?;
        if self.archive.ballots == Ballots::Weighed {
            let mut weighed: Vec<u64> = counted.ballots.iter().filter_map(|ballot| ballot.area).collect();
            weighed.sort_unstable();
            let fault = || Fault::WeightsDiffer { poll: poll.id.clone() };
            self.found.must(weighed == areas, fault);
            self.differs("totals", &result.totals, &computed, Compared::Count);
        } else {
            let by_heads = Fit { areas, result, computed: &computed, of }.totals();
            self.differs("totals", &result.totals, &by_heads, Compared::Count);
            self.fits(&result.totals, areas);
        }
        let verdict = explain(&result.totals, &poll.classes(), poll.all_seats(), &poll.rules)
            .map_err(|fault| fault.to_string())?;
        self.differs("verdict", &result.verdict, &verdict, Compared::Verdict);
        self.flips(&count, result, &verdict);
        self.leaks(locked, areas, result);
        Ok(())
    }

    /// What stands behind each pair that is told, from the areas of those who may vote and of those who took part.
    fn leaks(&mut self, locked: &Locked, areas: &[u64], result: &Count) {
        let voters: Vec<u64> = self.poll.voters(locked).map(|head| head.area).collect();
        let leaks = self.poll.policy().map(|policy| Leaks::of(&policy, &voters, areas, &result.totals));
        self.differs("leaks", &result.leaks, &leaks, Compared::Leaks);
        if leaks.is_some() {
            self.say("how many can stand behind each of its numbers");
        }
    }

    fn flips(&mut self, count: &tally::Count<'_>, result: &Count, verdict: &Verdict) {
        let poll = self.poll;
        if self.archive.ballots == Ballots::Secret {
            self.say("the count by heads, exactly; by area, that it fits who took part; what was decided");
            self.found.unchecked(format!(
                "{}: how much area is on which side, to the last square metre, and how firm that is: the ballots do not tell what they weigh",
                poll.title
            ));
            return;
        }
        let flips = Flips::of(count, &result.totals, verdict, &poll.classes(), &poll.rules);
        match &result.flips {
            Some(told) => self.differs("flips", told, &flips, Compared::Flips),
            None => self.found.unchecked(format!("{}: how firm it is was not told then", poll.title)),
        }
        self.say("the count by heads and by area, exactly; what was decided, and how firm that is");
    }

    /// Where what was said and what is computed differ first.
    fn differs<T: Serialize>(&mut self, what: &str, told: &T, computed: &T, compared: Compared) {
        let json = |value: &T| serde_json::to_value(value).unwrap_or_default();
        if let Some((what, told, computed)) = first_difference(what, &json(told), &json(computed)) {
            let poll = self.id();
            self.found.fault(match compared {
                Compared::Count => Fault::CountDiffers { poll, what, told, computed },
                Compared::Verdict => Fault::VerdictDiffers { poll, what, told, computed },
                Compared::Composition => Fault::CompositionDiffers { poll, what, told, computed },
                Compared::Flips => Fault::FlipsDiffer { poll, what, told, computed },
                Compared::Leaks => Fault::LeaksDiffer { poll, what, told, computed },
            });
        }
    }

    /// Whether the areas of a count can be those of so many of the heads that took part.
    fn fits(&mut self, totals: &Totals, areas: &[u64]) {
        let mut columns = vec![("invalid".to_owned(), totals.invalid)];
        columns.extend(totals.candidates.iter().map(|one| (format!("candidate {}", one.id), one.votes)));
        for (text, tally::Votes { yes, no, abstain, .. }) in &totals.texts {
            let column = |name: &str, weight: &Weight| (format!("{name} of {text}"), *weight);
            columns.extend([column("yes", yes), column("no", no), column("abstain", abstain)]);
        }
        for (what, weight) in columns {
            if !can_weigh(areas, weight) {
                let (poll, area) = (self.id(), weight.area.0);
                self.found.fault(Fault::AreaImpossible { poll, what, area });
            }
        }
        for (text, tally::Votes { yes, no, abstain, invalid, .. }) in &totals.texts {
            let answered = yes.plus(*no).plus(*abstain);
            // Whoever left a text blank may be in none of the columns; whoever did not is in one.
            let whole =
                if answered.heads == totals.returned.heads { totals.returned.area } else { answered.area };
            if answered.area != whole || *invalid != totals.invalid {
                let (poll, area) = (self.id(), answered.area.0);
                self.found.fault(Fault::AreaImpossible {
                    poll,
                    what: format!("all columns of {text}"),
                    area,
                });
            }
        }
    }

    /// The lists, and of a run-off what it comes to with the votes that it decides.
    fn put_up(&mut self, locked: &Locked, counted: &Counted) {
        let before = self.found.faults.len();
        match Votes::of(&self.archive.polls, self.poll) {
            Err(why) => self.found.fault(Fault::VotesUnfit { poll: self.poll.id.clone(), why }),
            Ok(votes) => {
                let composition = votes.as_ref().map(Votes::composition);
                self.differs("composition", &counted.composition, &composition, Compared::Composition);
                if composition.is_some() && self.found.faults.len() == before {
                    self.say("what it comes to with the votes that it decides");
                }
                self.lists(locked, counted, votes.as_ref());
            }
        }
    }

    fn lists(&mut self, locked: &Locked, counted: &Counted, votes: Option<&Votes>) {
        let computed = lists_of(self.poll, locked, counted, votes);
        let told = &counted.lists;
        let before = self.found.faults.len();
        for (list, told, computed) in [
            ("members", &told.members, &computed.members),
            ("candidates", &told.candidates, &computed.candidates),
            ("texts", &told.texts, &computed.texts),
            ("participation", &told.participation, &computed.participation),
        ] {
            let same = told.iter().zip(computed).take_while(|(told, computed)| told == computed).count();
            let all = told.len() == same && computed.len() == same;
            let poll = self.id();
            self.found.must(all, || Fault::ListDiffers { poll, list, line: same + 1 });
        }
        if self.found.faults.len() == before {
            self.say("the four lists, line by line");
        }
    }

    /// Each step once, as it was and when it was.
    fn steps(&mut self, objections: Objections) {
        let poll = self.poll;
        let hashes = poll.hashes();
        let since = self.found.faults.len();
        let locked = poll
            .locked
            .iter()
            .map(|locked| (told::locked(hashes, roll_of(locked), locked.homes.len()), Some(locked.at)));
        self.step(Step::Locked, locked.collect());
        let opened = self.archive.told(&poll.id).any(|line| line.kind == Step::Opened.code());
        let has_begun = opened || poll.state > Phase::Locked;
        let begins = |as_it: bool| (has_begun && as_it).then(|| (opening(poll), None)).into_iter().collect();
        self.step(Step::Opened, begins(!poll.is_short()));
        self.step(Step::Short, begins(poll.is_short()));
        let kept = || crate::packs::kept(&poll.rules);
        let in_force = poll.in_force.clone().unwrap_or_else(kept);
        let made = poll.extensions.iter().map(|made| (made.from, made.to));
        let moments = poll.extensions.iter().map(|made| Some(made.made_at));
        self.step(Step::Imported, imported(poll));
        self.step(Step::Extended, told::extended(&in_force, made).into_iter().zip(moments).collect());
        let extended = poll.extended();
        let paused = standstill::paused_told(poll.window, &extended, &poll.pauses).into_iter();
        // What it was held up by its programme is told as it opens.
        let began =
            poll.pauses.iter().map(|one| (one.by != standstill::BY_THE_CLOCK).then_some(one.pause.since));
        self.step(Step::Paused, paused.zip(began).collect());
        let resumed = standstill::resumed_told(poll.window, &extended, &poll.pauses).into_iter();
        // What ends by itself is told of by the clock, in a moment.
        let over = poll.pauses.iter().filter(|one| one.pause.lifted_at.is_some());
        let over = over.map(|one| one.pause.lifted_at.filter(|_| one.lifted.is_some()));
        self.step(Step::Resumed, resumed.zip(over).collect());
        self.step(Step::PapersIssued, paper::issued(poll));
        self.step(Step::BoxAgreed, paper::boxes(poll));
        self.step(Step::PaperVoid, paper::void(poll));
        let counted = poll.counted.as_ref();
        let ballots = |counted: &Counted| match &poll.external {
            Some(_) => counted.result.ballots,
            None => counted.ballots.len().try_into().unwrap_or(u64::MAX),
        };
        let closed = counted.map(|counted| (told::closed(ballots(counted)), Some(counted.at)));
        self.step(Step::Served, service::told(poll));
        self.step(Step::Closed, closed.into_iter().collect());
        let of_count = counted.map(|counted| {
            let Counted { ballots_hash, result, .. } = counted;
            (
                told::counted(ballots_hash, ballots(counted), &result.totals, result.leaks.as_ref()),
                Some(counted.at),
            )
        });
        self.step(Step::Counted, of_count.into_iter().collect());
        let published = counted.zip(poll.published_at).map(|(counted, at)| {
            (told::published(hashes, Some(&counted.ballots_hash), &counted.result.verdict), Some(at))
        });
        self.step(Step::Published, published.into_iter().collect());
        let of_result = poll.final_at.map(|at| {
            let moments = (poll.published_at, poll.provisional_until);
            let ballots_hash = counted.map(|counted| counted.ballots_hash.as_str());
            (told::finished(moments, objections, ballots_hash), Some(at))
        });
        self.step(Step::Final, of_result.into_iter().collect());
        if self.found.faults.len() == since {
            self.say("each step as the record tells it, once, and when");
        }
    }

    fn step(&mut self, step: Step, due: Vec<(Value, Option<DateTime<Utc>>)>) {
        let told: Vec<_> = self.archive.told(&self.poll.id).filter(|line| line.kind == step.code()).collect();
        if told.len() != due.len() {
            let (times, due) = (told.len(), due.len());
            self.found.fault(Fault::StepTimes { poll: self.poll.id.clone(), step, times, due });
            return;
        }
        for (line, (facts, at)) in told.into_iter().zip(due) {
            let (poll, seq) = (self.id(), line.seq);
            if let Some((what, told, computed)) = first_difference(step.code(), &line.facts(), &facts) {
                self.found.fault(Fault::StepDiffers { poll, seq, what, told, computed });
            } else if at.is_some_and(|at| at != line.at) {
                self.found.fault(Fault::StepAtAnotherTime { poll, seq, step });
            }
        }
    }
}

/// What the record has to tell of the opening.
fn opening(poll: &Poll) -> Value {
    let registered = poll.locked.as_ref().and_then(|locked| poll.registered(locked));
    let registered = registered.as_ref().map(|(weight, hash)| (*weight, hash.as_str()));
    told::opened(poll.hashes().frozen, registered)
}

/// What the record has to tell of the import.
fn imported(poll: &Poll) -> Vec<(Value, Option<DateTime<Utc>>)> {
    let told = |external: &External| {
        let ExternalResult { evidence_hash, key_id, imported_at, .. } = external.result.as_ref()?;
        Some((told::imported(&external.system, evidence_hash, key_id), Some(*imported_at)))
    };
    poll.external.as_ref().and_then(told).into_iter().collect()
}

/// The ballots that the record tells of.
#[derive(Debug, Default)]
struct ToldBallots {
    /// Those that count: in which line, with which commitment, and when they came.
    cast: Vec<(i64, Option<String>, DateTime<Utc>)>,
    /// Those that do not, by commitment: in which line they were cast, and when they came.
    set_aside: BTreeMap<String, (i64, DateTime<Utc>)>,
    /// Lines of ballots that were set aside, or count again, and are not told of before.
    never_cast: Vec<i64>,
}

impl ToldBallots {
    fn by<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Self {
        let mut told = Self::default();
        for line in lines {
            let facts = line.facts();
            let text = |name: &str| facts.get(name).and_then(Value::as_str);
            let commitment = line.commitment.clone();
            match line.kind.as_str() {
                CAST => {
                    // Paper came when it was handed in, and is told of once it is settled.
                    let returned = text("returned_at").and_then(|at| DateTime::parse_from_rfc3339(at).ok());
                    let at = returned.map_or(line.at, |at| at.to_utc().min(line.at));
                    told.cast.push((line.seq, commitment, at));
                }
                SET_ASIDE => {
                    let place = told.cast.iter().position(|(_, one, _)| *one == commitment);
                    let cast = place.map(|place| told.cast.remove(place));
                    told.never_cast.extend(cast.is_none().then_some(line.seq));
                    let (seq, at) = cast.map_or((line.seq, line.at), |(seq, _, at)| (seq, at));
                    told.set_aside.insert(commitment.unwrap_or_default(), (seq, at));
                }
                REINSTATED => {
                    let back = commitment.as_ref().and_then(|one| told.set_aside.remove(one));
                    told.never_cast.extend(back.is_none().then_some(line.seq));
                    let (seq, at) = back.unwrap_or((line.seq, line.at));
                    told.cast.push((seq, commitment, at));
                }
                _ => {}
            }
        }
        told
    }
}

/// What two values are.
#[derive(Clone, Copy)]
enum Compared {
    Count,
    Verdict,
    Composition,
    Flips,
    Leaks,
}

/// A count by heads with the areas that were told.
struct Fit<'a> {
    areas: &'a [u64],
    result: &'a Count,
    computed: &'a Totals,
    of: Electorate,
}

impl Fit<'_> {
    /// What has to be told: heads as they are counted; areas as they were told, but for those that follow from the roll
    /// and from who took part.
    fn totals(&self) -> Totals {
        let told = &self.result.totals;
        let as_told = |computed: Weight, told: Weight| Weight { area: told.area, ..computed };
        let cast = self.areas.iter().fold(0_u64, |sum, area| sum.saturating_add(*area));
        let invalid = as_told(self.computed.invalid, told.invalid);
        let returned = Weight { area: Area(cast.saturating_sub(invalid.area.0)), ..self.computed.returned };
        let silent =
            Weight { area: Area(self.of.voters().area.0.saturating_sub(cast)), ..self.computed.silent };
        let candidates = self.computed.candidates.iter().map(|one| {
            let votes = told.candidates.iter().find(|other| other.id == one.id);
            let votes = votes.map_or(one.votes, |other| as_told(one.votes, other.votes));
            tally::CandidateVotes { id: one.id.clone(), votes }
        });
        let unserved = self.computed.unserved;
        let served = silent.checked_sub(unserved).unwrap_or_default();
        let texts = self.computed.texts.iter().map(|(id, votes)| {
            let other = told.texts.get(id).copied().unwrap_or_default();
            let votes = tally::Votes {
                yes: as_told(votes.yes, other.yes),
                no: as_told(votes.no, other.no),
                abstain: as_told(votes.abstain, other.abstain),
                silent: served,
                invalid,
            };
            (id.clone(), votes)
        });
        Totals {
            roll: self.of.roll,
            registered: self.of.registered,
            returned,
            invalid,
            silent,
            unserved,
            candidates: candidates.collect(),
            texts: texts.collect(),
        }
    }
}
