//! The leak check: how many heads can stand behind each pair of heads and area that is told of a vote, and how far a pair
//! is coarsened where those are too few.
//!
//! Areas are almost unique to a home, and everybody in a complex knows them: one head of 89.13 m² against a matter is a
//! name. So a pair is looked at as whoever knows the areas, and who took part, can look at it. A *possible group* is any
//! set of those heads with as many heads and as much area as is told, and as what is told beside it leaves for it. A head
//! *may* be in the group if one possible group has it and another has not; it *surely* is if all have it. Those who may
//! are the anonymity set of the pair. A pair is safe with at least [`LEAST`] of them and nobody surely in it.
//!
//! **Promises:** never says that more may be in a group than can, nor that fewer surely are: exact where that takes few
//! steps ([`STEPS`]), and otherwise by groups that are found, of which there may be more.
//!
//! While voting goes on every look is told apart from the one before by who came between: so where that was chosen no area
//! is told then ([`Publicity::live`], [`Finding::live`]), and of so few that even their number would be a name, nothing.
//!
//! **Never** looks at several matters together, nor at what somebody knows from elsewhere, such as a neighbour's vote: what
//! those give away, no pair by itself does. That a pair is coarsened tells that it would have been unsafe otherwise. And
//! what the outcome itself tells stays: where everybody was in favour, a matter passes.
//!
//! Source: PIPL 25 (nothing personal is disclosed without separate consent). No law asks for an open ballot, and supervisors
//! never see choices: so there is no policy that names who voted how. Outcome, thresholds met or missed, and who is elected
//! are told exactly under every policy (Civil Code 278 asks for both measures), and the numbers to those who watch the vote.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::tally::{Totals, Votes};
use crate::{
    incidents::codes::coded,
    quantity::{Area, Heads, Weight},
};

/// The least heads of whom each may be in a group: a choice of this program's, since no law names one.
pub const LEAST: u64 = 5;

/// How many words of 64 sums are gone through for one pair at most: some milliseconds.
const STEPS: u64 = 1 << 22;

coded! {
    /// How far what came out is told to everybody who may read a result; the later, the more private.
    pub enum Publicity {
        /// Heads and areas, whatever they give away; while voting goes on, to those who watch and have no interest in how
        /// it ends.
        Totals = "TOTALS",
        /// Coarsened where too few can stand behind a pair; while voting goes on, heads alone.
        Coarse = "COARSE",
        /// Coarsened likewise; while voting goes on, nothing.
        Sealed = "SEALED",
    }
}

/// What was chosen is only ever made more private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the publicity {from} was chosen, and {to} would tell more")]
pub struct OneWay {
    pub from: Publicity,
    pub to: Publicity,
}

impl Publicity {
    /// The next choice.
    ///
    /// # Errors
    /// [`OneWay`], where it would tell more than the one before.
    pub fn then(self, to: Self) -> Result<Self, OneWay> {
        if to < self { Err(OneWay { from: self, to }) } else { Ok(to) }
    }

    /// Of a text of a poll: its own, and never less private than its poll's.
    #[must_use]
    pub fn of_text(self, own: Option<Self>) -> Self {
        own.map_or(self, |own| own.max(self))
    }

    pub const fn is_coarse(self) -> bool {
        !matches!(self, Self::Totals)
    }

    /// How turnout of so many who may vote is told while voting goes on; nothing where it is kept for the close. Two looks
    /// tell by their difference who came between them, however many came before: so no area is, and among less than
    /// [`LEAST`] not even how many.
    pub const fn live(self, voters: Heads) -> Option<Grain> {
        match self {
            Self::Totals => Some(Grain::EXACT),
            Self::Coarse if voters.0 >= LEAST => Some(Grain::of(Some(1), None)),
            Self::Coarse | Self::Sealed => None,
        }
    }
}

/// In which steps a pair is told: each measure is rounded down to a multiple of its step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grain {
    /// Heads; nothing where not even those are told.
    pub heads: Option<u64>,
    /// 0.01 m²; nothing where the area is not told.
    pub area: Option<u64>,
}

impl Default for Grain {
    fn default() -> Self {
        Self::EXACT
    }
}

impl Grain {
    /// As it was counted.
    pub const EXACT: Self = Self::of(Some(1), Some(1));

    /// The finest first. Heads stay as long as they can, since they are what people count.
    pub const LADDER: [Self; 8] = [
        Self::EXACT,
        Self::of(Some(1), Some(100)),
        Self::of(Some(1), Some(1_000)),
        Self::of(Some(1), Some(10_000)),
        Self::of(Some(1), Some(100_000)),
        Self::of(Some(1), Some(1_000_000)),
        Self::of(Some(1), None),
        Self::NOTHING,
    ];

    /// Neither measure: where all did the same, their number alone tells what each did.
    pub const NOTHING: Self = Self::of(None, None);

    const fn of(heads: Option<u64>, area: Option<u64>) -> Self {
        Self { heads, area }
    }

    pub fn is_exact(self) -> bool {
        self == Self::EXACT
    }

    /// The same of heads, and no area.
    #[must_use]
    pub const fn without_area(self) -> Self {
        Self { area: None, ..self }
    }

    /// The coarser of both, in each measure.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let coarser =
            |one: Option<u64>, other: Option<u64>| one.zip(other).map(|(one, other)| one.max(other));
        Self { heads: coarser(self.heads, other.heads), area: coarser(self.area, other.area) }
    }

    /// A pair as it is told; what is not told is zero.
    pub fn show(self, pair: Weight) -> Weight {
        let least = |step: Option<u64>, measure| step.map_or(0, |step| span(measure, step).0);
        Weight::new(least(self.heads, pair.heads.0), least(self.area, pair.area.0))
    }

    /// The same in words: a number, from where to where, or that it is not told.
    pub fn words(self, pair: Weight) -> [String; 2] {
        let heads = self.heads.map(|step| in_words(span(pair.heads.0, step), Heads));
        let area = self.area.map(|step| in_words(span(pair.area.0, step), Area));
        [heads, area].map(|words| words.unwrap_or_else(|| "—".to_owned()))
    }
}

/// A measure: from the least to the most that it can be.
type Span = (u64, u64);

/// What is told of a number in steps.
fn span(number: u64, step: u64) -> Span {
    let least = number - number % step.max(1);
    (least, least.saturating_add(step.saturating_sub(1)))
}

fn in_words<T: ToString>((least, most): Span, of: fn(u64) -> T) -> String {
    let (least, most) = (of(least).to_string(), of(most).to_string());
    if least == most { least } else { format!("{least}–{most}") }
}

/// How many heads stand behind a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Behind {
    /// May be in the group, and may not: the anonymity set.
    pub may: u64,
    /// Are in it, as far as is known here.
    pub surely: u64,
}

impl Behind {
    pub const fn is_safe(self) -> bool {
        self.may >= LEAST && self.surely == 0
    }
}

/// What was found of pairs that are told together: the smallest set behind one of them, and most heads surely in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// If they were told as they were counted.
    pub exact: Behind,
    /// In which steps they are told instead.
    pub grain: Grain,
    /// As they are told.
    pub shown: Behind,
}

impl Finding {
    /// What is found of turnout while voting goes on and is told in these steps, for whoever looks after every ballot, and
    /// so reads by each difference what one of them weighs. The areas are those of heads in 0.01 m², in any order: of those
    /// who may vote, and of those who did. `surely` are those who took part whatever else is so; `may` those of whom one
    /// cast the ballot behind which the fewest stand. What it takes grows with the heads, never with who looks how often.
    pub fn live(grain: Grain, voters: &[u64], took_part: &[u64]) -> Self {
        let exact = by_each_difference(voters, took_part);
        if grain.is_exact() {
            return Self { exact, grain, shown: exact };
        }
        let (all, came) = (Crowd::of(voters), Crowd::of(took_part).whole());
        let silent = all.whole().checked_sub(came).unwrap_or_default();
        Self { exact, grain, shown: all.smallest(&[came], silent, grain) }
    }
}

/// Heads of one area are alike to whoever knows the area of each ballot: one of them cast it, and all did once there are as
/// many ballots.
fn by_each_difference(voters: &[u64], took_part: &[u64]) -> Behind {
    let mut alike: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for area in voters {
        alike.entry(*area).or_default().0 += 1;
    }
    for area in took_part {
        alike.entry(*area).or_default().1 += 1;
    }
    let came = || alike.values().filter(|(_, came)| *came > 0);
    let all_came = came().filter(|(heads, came)| heads <= came);
    Behind {
        may: came().map(|(heads, _)| if *heads > 1 { *heads } else { 0 }).min().unwrap_or_default(),
        surely: all_came.map(|(heads, _)| heads).sum(),
    }
}

/// What a poll lets everybody see: of itself, and of each of its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Of turnout and of candidates.
    pub poll: Publicity,
    pub texts: BTreeMap<String, Publicity>,
}

/// What the leak check found of a count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaks {
    /// Who took part, whose ballot cannot be counted, and who did neither.
    pub turnout: Finding,
    /// By candidate: who chose them, and who of those who took part did not.
    pub candidates: BTreeMap<String, Finding>,
    /// By text: in favour, against, abstaining, and the rest of those who took part.
    pub texts: BTreeMap<String, Finding>,
}

impl Leaks {
    /// Checks a count; `voters` and `took_part` are the areas of heads in 0.01 m², in any order: of those who may vote, which in
    /// a poll of opinion are those who registered, and of those who did. Nothing is told in finer steps than turnout, which
    /// all that is told of it adds up to.
    pub fn of(policy: &Policy, voters: &[u64], took_part: &[u64], totals: &Totals) -> Self {
        let (all, cast) = (Crowd::of(voters), Crowd::of(took_part));
        // How many ballots came is told anyhow, and that a head took part is no secret as long as it is not known of
        // whom it did not.
        let by_heads = Grain::LADDER.split_last().map(|(_, steps)| steps).unwrap_or_default();
        let turnout = all.find(policy.poll, by_heads, &[totals.invalid, totals.silent], totals.returned);
        let steps: Vec<Grain> =
            Grain::LADDER.into_iter().filter(|step| step.or(turnout.grain) == *step).collect();
        let among_cast = |publicity, named: &[Weight]| {
            let rest = cast.whole().checked_sub(named.iter().copied().sum()).unwrap_or_default();
            let columns: Vec<Weight> = named.iter().copied().chain([rest]).collect();
            cast.find(publicity, &steps, &columns, Weight::ZERO)
        };
        let candidates = totals.candidates.iter();
        let text = |(id, votes): (&String, &Votes)| {
            let publicity = policy.poll.of_text(policy.texts.get(id).copied());
            (id.clone(), among_cast(publicity, &[votes.yes, votes.no, votes.abstain]))
        };
        Self {
            turnout,
            candidates: candidates
                .map(|one| (one.id.clone(), among_cast(policy.poll, &[one.votes])))
                .collect(),
            texts: totals.texts.iter().map(text).collect(),
        }
    }

    /// Whether everybody is told all of it as it was counted.
    pub fn is_exact(&self) -> bool {
        let pairs = self.candidates.values().chain(self.texts.values());
        pairs.chain([&self.turnout]).all(|found| found.grain.is_exact())
    }

    /// In which steps a candidate's votes are told; those of another vote not at all, if any here are coarse.
    pub fn candidate(&self, id: &str) -> Grain {
        let elsewhere = || if self.turnout.grain.is_exact() { Grain::EXACT } else { Grain::NOTHING };
        self.candidates.get(id).map_or_else(elsewhere, |found| found.grain)
    }

    pub fn text(&self, id: &str) -> Grain {
        self.texts.get(id).map_or(self.turnout.grain, |found| found.grain)
    }
}

/// The heads among whom a group is sought: the area of each in 0.01 m², the smallest first.
#[derive(Debug)]
struct Crowd(Vec<u64>);

/// What is known of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Group {
    heads: Span,
    area: Span,
}

/// Of each head, whether a possible group is known that has it, and one that has not.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    inside: Vec<bool>,
    outside: Vec<bool>,
}

impl Known {
    fn all(heads: usize, inside: bool, outside: bool) -> Self {
        Self { inside: vec![inside; heads], outside: vec![outside; heads] }
    }

    fn behind(&self) -> Behind {
        let count = |heads: usize| u64::try_from(heads).unwrap_or(u64::MAX);
        let may = self.inside.iter().zip(&self.outside).filter(|(inside, outside)| **inside && **outside);
        let surely = self.outside.iter().filter(|outside| !**outside);
        Behind { may: count(may.count()), surely: count(surely.count()) }
    }
}

impl Crowd {
    fn of(areas: &[u64]) -> Self {
        let mut areas = areas.to_vec();
        areas.sort_unstable();
        Self(areas)
    }

    fn whole(&self) -> Weight {
        self.0.iter().map(|area| Weight::new(1, *area)).sum()
    }

    /// What stands behind pairs that with the rest are all of the crowd, and the finest of these steps in which they are safe;
    /// the last where they are in none. Pairs of nobody hide nobody.
    fn find(&self, publicity: Publicity, steps: &[Grain], columns: &[Weight], rest: Weight) -> Finding {
        let at = |grain: Grain| self.smallest(columns, rest, grain);
        let exact = at(Grain::EXACT);
        let mut found = Finding { exact, grain: Grain::EXACT, shown: exact };
        let is_coarsened = publicity.is_coarse() && !columns.iter().all(|pair| pair.is_zero());
        for grain in steps.iter().filter(|_| is_coarsened) {
            (found.grain, found.shown) = (*grain, at(*grain));
            if found.shown.is_safe() {
                break;
            }
        }
        found
    }

    /// The smallest set behind one of these pairs, but those of nobody, and most heads surely in one.
    fn smallest(&self, columns: &[Weight], rest: Weight, grain: Grain) -> Behind {
        let all: Vec<Weight> = columns.iter().copied().chain([rest]).collect();
        let of_somebody =
            groups(&all, grain).into_iter().take(columns.len()).filter(|group| group.heads.1 > 0);
        let found: Vec<Behind> = of_somebody.map(|group| self.known(group).behind()).collect();
        Behind {
            may: found.iter().map(|one| one.may).min().unwrap_or_default(),
            surely: found.iter().map(|one| one.surely).max().unwrap_or_default(),
        }
    }

    fn known(&self, group: Group) -> Known {
        let (heads, whole) = (self.0.len(), self.whole());
        if group.area.0 == 0 && group.area.1 >= whole.area.0 {
            // As many as is told, whichever.
            return Known::all(heads, group.heads.1 > 0, group.heads.0 < whole.heads.0);
        }
        let size = usize::try_from(group.heads.0)
            .ok()
            .filter(|_| group.heads.0 == group.heads.1 && group.area.0 <= whole.area.0);
        let Some(size) = size.filter(|size| *size <= heads) else { return Known::all(heads, false, false) };
        // The smaller of both, the group or those who are not in it, is the quicker to find.
        if size * 2 <= heads {
            return self.of_size(size, group.area);
        }
        let left = |area: u64| whole.area.0.saturating_sub(area);
        let Known { inside, outside } = self.of_size(heads - size, (left(group.area.1), left(group.area.0)));
        Known { inside: outside, outside: inside }
    }

    fn of_size(&self, size: usize, area: Span) -> Known {
        self.exactly(size, area).unwrap_or_else(|| self.found(size, area))
    }

    /// By every possible group of this size, in the sums that can be had without each head; nothing where they are too
    /// many.
    fn exactly(&self, size: usize, (least, most): Span) -> Option<Known> {
        let heads = self.0.len();
        let (smallest, largest) = (self.0.first()?, self.0.last()?);
        // Only by how much each is larger than the smallest, which all are counted with.
        let base = smallest.checked_mul(u64::try_from(size).ok()?)?;
        let Some(most) = most.checked_sub(base) else { return Some(Known::all(heads, false, false)) };
        let more: Vec<u64> = self.0.iter().map(|area| area - smallest).collect();
        let most = most.min((largest - smallest).checked_mul(u64::try_from(size).ok()?)?);
        let least = least.saturating_sub(base);
        let halvings = u64::from(usize::BITS - heads.leading_zeros());
        let words = u64::try_from(heads * (size + 1)).ok()?.checked_mul(most / 64 + 1)?;
        if words.checked_mul(halvings)? > STEPS {
            return None;
        }
        let mut known = Known::all(heads, false, false);
        let each = known.inside.iter_mut().zip(&mut known.outside);
        let mut each = each.zip(&more);
        Sums::none(size, most).without_each(&more, &mut |others| {
            if let Some(((inside, outside), more)) = each.next() {
                *outside = others.reach(size, (least, most));
                let below = size.checked_sub(1).zip(most.checked_sub(*more));
                *inside =
                    below.is_some_and(|(size, most)| others.reach(size, (least.saturating_sub(*more), most)));
            }
        });
        Some(known)
    }

    /// By some possible groups of others, with each head and without it.
    fn found(&self, size: usize, (least, most): Span) -> Known {
        let sums = self.0.iter().scan(0, |sum: &mut u64, area| {
            *sum = sum.saturating_add(*area);
            Some(*sum)
        });
        let sums: Vec<u64> = std::iter::once(0).chain(sums).collect();
        let others = |without| Others { areas: &self.0, sums: &sums, without };
        let with = |(head, area): (usize, &u64)| {
            let fewer = size.checked_sub(1).zip(most.checked_sub(*area));
            fewer.is_some_and(|(size, most)| others(head).have(size, (least.saturating_sub(*area), most)))
        };
        Known {
            inside: self.0.iter().enumerate().map(with).collect(),
            outside: (0..self.0.len()).map(|head| others(head).have(size, (least, most))).collect(),
        }
    }
}

/// A crowd without one head.
struct Others<'a> {
    areas: &'a [u64],
    /// Of the first heads of the crowd, from none to all.
    sums: &'a [u64],
    without: usize,
}

impl Others<'_> {
    fn area(&self, at: usize) -> u64 {
        self.areas.get(at + usize::from(at >= self.without)).copied().unwrap_or(u64::MAX)
    }

    /// Of a run of neighbours in area.
    fn whole(&self, from: usize, size: usize) -> u64 {
        let sum = |heads: usize| {
            let left_out = self.areas.get(self.without).filter(|_| heads > self.without);
            let sum = self.sums.get(heads + usize::from(left_out.is_some()));
            sum.copied().unwrap_or_default().saturating_sub(left_out.copied().unwrap_or_default())
        };
        sum(from + size).saturating_sub(sum(from))
    }

    /// Whether a group of so many, with so much area, is found among them: of neighbours, or of one more neighbour but for one
    /// of them. Such groups grow from the smallest that there is to the largest in steps of what neighbours differ by.
    fn have(&self, size: usize, (least, most): Span) -> bool {
        let heads = self.areas.len().saturating_sub(1);
        let Some(end) = heads.checked_sub(size) else { return false };
        let first = first_of(end + 1, |at| self.whole(at, size) >= least);
        if first <= end && self.whole(first, size) <= most {
            return true;
        }
        // Between a run that is too small and the next, which is too large.
        let Some(before) = first.checked_sub(1).filter(|_| first <= end) else { return false };
        let whole = self.whole(before, size + 1);
        let Some(fewest) = whole.checked_sub(most) else { return false };
        let left_out = before + first_of(size + 1, |at| self.area(before + at) >= fewest);
        left_out <= before + size && self.area(left_out) <= whole.saturating_sub(least)
    }
}

/// The first of so many places at which something holds that holds at all later ones.
fn first_of(places: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut from, mut to) = (0, places);
    while from < to {
        let middle = usize::midpoint(from, to);
        if holds(middle) {
            to = middle;
        } else {
            from = middle + 1;
        }
    }
    from
}

/// What is known of each of some groups that together are a crowd, if they are told in these steps.
fn groups(columns: &[Weight], grain: Grain) -> Vec<Group> {
    let whole: Weight = columns.iter().copied().sum();
    let told = |pair: &Weight| {
        let told = |measure, step: Option<u64>, whole| step.map_or((0, whole), |step| span(measure, step));
        let heads = told(pair.heads.0, grain.heads, whole.heads.0);
        let area = if heads.1 == 0 { (0, 0) } else { told(pair.area.0, grain.area, whole.area.0) };
        Group { heads, area }
    };
    let told: Vec<Group> = columns.iter().map(told).collect();
    let heads: Vec<Span> = told.iter().map(|group| group.heads).collect();
    let area: Vec<Span> = told.iter().map(|group| group.area).collect();
    let left = |group: &Group| Group {
        heads: left_for(group.heads, &heads, whole.heads.0),
        area: left_for(group.area, &area, whole.area.0),
    };
    told.iter().map(left).collect()
}

/// What of a span remains, where all together are exactly so much.
fn left_for(own: Span, all: &[Span], whole: u64) -> Span {
    let sum = |end: fn(&Span) -> u64| all.iter().map(end).fold(0, u64::saturating_add);
    let others = (sum(|span| span.0).saturating_sub(own.0), sum(|span| span.1).saturating_sub(own.1));
    (own.0.max(whole.saturating_sub(others.1)), own.1.min(whole.saturating_sub(others.0)))
}

/// The sums that so many heads can come to, a bit a sum: for no head, for one, and so on.
#[derive(Debug, Clone)]
struct Sums(Vec<Vec<u64>>);

impl Sums {
    /// Of no head yet, for up to `size` of them and up to a sum of `most`.
    fn none(size: usize, most: u64) -> Self {
        let words = usize::try_from(most / 64 + 1).unwrap_or(usize::MAX);
        let mut sums = vec![vec![0; words]; size + 1];
        if let Some(zero) = sums.first_mut().and_then(|row| row.first_mut()) {
            *zero = 1;
        }
        Self(sums)
    }

    /// With these heads too.
    fn with(&self, heads: &[u64]) -> Self {
        let mut sums = self.clone();
        for head in heads {
            for size in (1..sums.0.len()).rev() {
                let (fewer, from) = sums.0.split_at_mut(size);
                if let (Some(fewer), Some(sums)) = (fewer.last(), from.first_mut()) {
                    add(sums, fewer, *head);
                }
            }
        }
        sums
    }

    /// Calls with the sums of all heads but one, for each in order.
    fn without_each(&self, heads: &[u64], call: &mut impl FnMut(&Self)) {
        if heads.len() <= 1 {
            return call(self);
        }
        let (left, right) = heads.split_at(heads.len() / 2);
        self.with(right).without_each(left, call);
        self.with(left).without_each(right, call);
    }

    /// Whether so many can come to a sum from the least to the most.
    fn reach(&self, size: usize, (least, most): Span) -> bool {
        let Some(row) = self.0.get(size).filter(|_| least <= most) else { return false };
        let place = |sum: u64| usize::try_from(sum / 64).unwrap_or(usize::MAX);
        let (from_word, to_word) = (place(least), place(most));
        row.iter().enumerate().take(to_word.saturating_add(1)).skip(from_word).any(|(at, word)| {
            let from = if at == from_word { u64::MAX << (least % 64) } else { u64::MAX };
            let to = if at == to_word { u64::MAX >> (63 - most % 64) } else { u64::MAX };
            word & from & to != 0
        })
    }
}

/// Adds to some sums each of others with one head more.
fn add(sums: &mut [u64], others: &[u64], head: u64) {
    let (words, bits) = (usize::try_from(head / 64).unwrap_or(usize::MAX), head % 64);
    for (sum, other) in sums.iter_mut().skip(words).zip(others) {
        *sum |= other << bits;
    }
    if bits > 0 {
        for (sum, other) in sums.iter_mut().skip(words.saturating_add(1)).zip(others) {
            *sum |= other >> (64 - bits);
        }
    }
}

#[cfg(test)]
mod tests;
