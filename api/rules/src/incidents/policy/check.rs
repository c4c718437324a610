//! What is wrong with a policy before anybody is held to it.
//!
//! Layers are looked at as they are heard: laid over what was said before them, for each category that they speak of. A
//! *contradiction* in any of them is one; what is *unreachable* must be so wherever its value is heard.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta};

use super::{
    Called, Climbs, CommonPart, Laid, Layer, Policy, Quiet, Scope, Scoped, Step, Tier, TierPart, Unlaid, lay,
    steps,
};
use crate::incidents::budget::{Budget, Unit};
use crate::incidents::category::{self, Category, Severity};
use crate::incidents::codes::coded;
use crate::incidents::ladder::Level;
use crate::incidents::verdict::Satisfaction;

coded! {
    /// What kind of thing is wrong.
    pub enum Fault {
        /// Something that must be said is not, or a scope names no category.
        Gap = "GAP",
        /// Two things that were said cannot both be meant.
        Contradiction = "CONTRADICTION",
        /// What was said can never happen.
        Unreachable = "UNREACHABLE",
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Where, as a JSON pointer into the list of layers: `/3/says/at/UNIT/climbs/households`.
    pub pointer: String,
    pub fault: Fault,
    pub words: String,
}

/// A fault of a policy: the values it lies in, each with the member in question.
struct Flaw {
    fault: Fault,
    at: Vec<(String, &'static str)>,
    words: String,
}

/// What is wrong with `layers`, said by one place over what those `before` it say.
pub fn check(before: &[&[Scoped]], layers: &[Scoped]) -> Vec<Finding> {
    let mut looked = Looked { place: before.len(), ..Looked::default() };
    for category in category::all().iter().filter(|category| category.is_ticket()) {
        if before.is_empty() || layers.iter().any(|layer| layer.scope.covers(category)) {
            match lay(category, before.iter().copied().chain([layers])) {
                Ok(laid) => looked.at_policy(category, &laid, layers),
                Err(Unlaid::Gaps(gaps)) => looked.at_gaps(category, &gaps, layers),
                Err(Unlaid::Diverted) => {}
            }
        }
    }
    looked.at_scopes(layers);
    looked.found(layers)
}

/// What is wrong once a place says also `new`, and was not while it said only `others`; pointers begin in the new layer,
/// or are `""` where the fault lies in another that does not fit it.
pub fn check_one(before: &[&[Scoped]], others: &[Scoped], new: &Scoped) -> Vec<Finding> {
    let known: BTreeSet<Finding> = check(before, others).into_iter().collect();
    let layers: Vec<Scoped> = others.iter().chain([new]).cloned().collect();
    let own = format!("/{}", others.len());
    let inward = |finding: Finding| Finding {
        pointer: finding.pointer.strip_prefix(&own).unwrap_or_default().to_owned(),
        ..finding
    };
    check(before, &layers).into_iter().filter(|finding| !known.contains(finding)).map(inward).collect()
}

/// What was seen so far.
#[derive(Default)]
struct Looked {
    /// The number of the place whose layers they are.
    place: usize,
    /// How often a value was heard, by its pointer in the list of layers.
    heard: BTreeMap<String, usize>,
    /// How often it was heard where it can never happen, by where it stands and why.
    idle: BTreeMap<(String, String), (String, usize)>,
    findings: BTreeSet<Finding>,
}

impl Looked {
    fn at_policy(&mut self, category: &Category, laid: &Laid, layers: &[Scoped]) {
        let place = self.place;
        let own = |pointer: &str| {
            let said = laid.said.get(pointer).filter(|said| said.place == place)?;
            Some(format!("/{}/says{}", said.layer, said.pointer))
        };
        for pointer in laid.said.keys().filter_map(|pointer| own(pointer)) {
            *self.heard.entry(pointer).or_default() += 1;
        }
        for Flaw { fault, at, words } in flaws(category, &laid.policy, layers) {
            let Some((value, member)) = at.iter().find_map(|(of, member)| Some((own(of)?, *member))) else {
                continue;
            };
            let pointer = format!("{value}{member}");
            if fault == Fault::Unreachable {
                self.idle.entry((pointer, words)).or_insert((value, 0)).1 += 1;
            } else {
                self.findings.insert(Finding { pointer, fault, words });
            }
        }
    }

    /// Tells each gap of a category where a layer speaks of that category alone, or of the list as a whole.
    fn at_gaps(&mut self, category: &Category, gaps: &[String], layers: &[Scoped]) {
        let own = layers.iter().position(|layer| layer.scope == Scope::Category(category.code.clone()));
        let pointer = own.map(|layer| format!("/{layer}")).unwrap_or_default();
        for gap in gaps {
            let words = format!("nobody says {gap} of {}", category.code);
            self.findings.insert(Finding { pointer: pointer.clone(), fault: Fault::Gap, words });
        }
    }

    fn at_scopes(&mut self, layers: &[Scoped]) {
        for (number, layer) in layers.iter().enumerate() {
            let tickets = category::all().iter().filter(|category| category.is_ticket());
            if !tickets.into_iter().any(|category| layer.scope.covers(category)) {
                let scope = String::from(layer.scope.clone());
                let words = format!("no ticket is of {scope}");
                self.findings.insert(Finding {
                    pointer: format!("/{number}/scope"),
                    fault: Fault::Gap,
                    words,
                });
            }
        }
    }

    fn found(mut self, layers: &[Scoped]) -> Vec<Finding> {
        let fault = Fault::Unreachable;
        for ((pointer, words), (value, times)) in &self.idle {
            if self.heard.get(value) == Some(times) {
                self.findings.insert(Finding { pointer: pointer.clone(), fault, words: words.clone() });
            }
        }
        let is_missing = self.findings.iter().any(|finding| finding.fault == Fault::Gap);
        for (number, layer) in layers.iter().enumerate().filter(|_| !is_missing) {
            for pointer in said(&layer.says).map(|pointer| format!("/{number}/says{pointer}")) {
                if !self.heard.contains_key(&pointer) {
                    let words = "something narrower says otherwise wherever this would be heard".to_owned();
                    self.findings.insert(Finding { pointer, fault, words });
                }
            }
        }
        self.findings.into_iter().collect()
    }
}

/// Pointers to all that a layer says.
fn said(layer: &Layer) -> impl Iterator<Item = String> {
    let mut pointers = Vec::new();
    CommonPart::default().hear(&layer.common, |name| pointers.push(format!("/common/{name}")));
    TierPart::default().hear(&layer.every, |name| pointers.push(format!("/every/{name}")));
    for (level, tier) in &layer.at {
        TierPart::default().hear(tier, |name| pointers.push(format!("/at/{level}/{name}")));
    }
    pointers.into_iter()
}

fn flaws(category: &Category, policy: &Policy, layers: &[Scoped]) -> Vec<Flaw> {
    let mut flaws = of_common(policy);
    flaws.extend(of_danger(category, layers));
    for &level in Level::ALL {
        if policy.reaches(level) {
            flaws.extend(of_tier(policy, level));
            flaws.extend(of_steps(policy, level));
            flaws.extend(of_climbs(policy, level));
        }
        flaws.extend(never_reached(policy, level));
    }
    flaws
}

fn common(fault: Fault, names: &[&'static str], words: impl Into<String>) -> Flaw {
    let at = names.iter().map(|name| (format!("/common/{name}"), "")).collect();
    Flaw { fault, at, words: words.into() }
}

fn of_common(policy: &Policy) -> Vec<Flaw> {
    use Fault::Contradiction;
    let of = &policy.common;
    let (enters, absorbs) = (of.enters_at, of.absorbs_at);
    let mut flaws = Vec::new();
    if enters > absorbs {
        let words = format!("it enters at {enters}, above {absorbs} where it is settled");
        flaws.push(common(Contradiction, &["enters_at", "absorbs_at"], words));
    }
    for (name, level) in [("enters_at", enters), ("absorbs_at", absorbs)] {
        if !policy.has(level) {
            let words = format!("{level} never holds it");
            flaws.push(common(Contradiction, &[name, "leaves_out"], words));
        }
    }
    if of.pause_limits.each_days > of.pause_limits.total_days {
        flaws.push(common(Contradiction, &["pause_limits"], "one pause is longer than all pauses together"));
    }
    if of.pause_for.iter().any(|reason| !reason.is_a_holders()) {
        flaws.push(common(Contradiction, &["pause_for"], "no holder says that it is off on purpose"));
    }
    if of.quiet.from_hour > 23 || of.quiet.to_hour > 23 {
        flaws.push(common(Contradiction, &["quiet"], "an hour is 0 to 23"));
    }
    flaws
}

/// What is said of danger to life and never heard.
fn of_danger(category: &Category, layers: &[Scoped]) -> Vec<Flaw> {
    if category.severity != Severity::S1 {
        return Vec::new();
    }
    let says = |fits: fn(&CommonPart) -> bool| {
        layers.iter().any(|layer| layer.scope.covers(category) && fits(&layer.says.common))
    };
    let pauses = says(|common| common.pause_for.as_ref().is_some_and(|reasons| !reasons.is_empty()));
    let rests = says(|common| common.quiet.is_some_and(|quiet| quiet != Quiet::NEVER));
    let pauses = pauses.then(|| {
        common(Fault::Unreachable, &["pause_for"], "danger to life starts a clock that never stands still")
    });
    let rests = rests.then(|| common(Fault::Unreachable, &["quiet"], "danger to life is told at any hour"));
    pauses.into_iter().chain(rests).collect()
}

fn of_tier(policy: &Policy, level: Level) -> Vec<Flaw> {
    use Fault::{Contradiction, Unreachable};
    let Tier { first_contact, handling, warn_at, tells, reminders, .. } = policy.at(level);
    let at =
        |names: &[&'static str]| names.iter().map(|name| (format!("/tiers/{level}/{name}"), "")).collect();
    let mut flaws = Vec::new();
    let mut flaw = |fault, names, words: &str| {
        flaws.push(Flaw { fault, at: at(names), words: words.to_owned() });
    };
    if first_contact.length() > handling.length() {
        flaw(
            Contradiction,
            &["first_contact", "handling"],
            "it takes longer to be acknowledged than to be handled",
        );
    }
    if !warn_at.is_sorted_by(|before, then| before < then) {
        flaw(Contradiction, &["warn_at"], "each warning comes after the one before");
    }
    if warn_at.iter().any(|percent| *percent == 0 || *percent > 100) {
        flaw(
            Contradiction,
            &["warn_at"],
            "a warning comes after the start and not after it is due: 1 to 100",
        );
    }
    if tells.iter().any(|told| !policy.has(*told)) {
        flaw(Contradiction, &["tells"], "nobody is there to be told");
    }
    let longest = first_contact.length().max(handling.length());
    if reminders.at_most > 0 && reminders.every.length() >= longest {
        flaw(Unreachable, &["reminders"], "every budget is over before the first reminder");
    }
    flaws
}

/// Steps of one level at most, times that one is repeated, and minutes of which one counts households: a month.
const MOST_STEPS: usize = 30;
const MOST_TIMES: u16 = 100;
const MOST_MINUTES: u32 = 30 * 24 * 60;

fn of_steps(policy: &Policy, level: Level) -> Vec<Flaw> {
    use Fault::{Contradiction, Unreachable};
    let steps = policy.at(level).steps.as_slice();
    let flaw = |fault, words: String| Flaw { fault, at: vec![(format!("/tiers/{level}/steps"), "")], words };
    if steps.len() > MOST_STEPS {
        return vec![flaw(Contradiction, format!("a level has {MOST_STEPS} steps at most"))];
    }
    let wrong = steps.iter().enumerate().filter_map(|(number, step)| {
        let words = match step {
            Step::Repeat { from, .. } if *from >= number => "does not repeat from an earlier one",
            Step::Repeat { from, .. } if !waits(steps.get(*from..number).unwrap_or_default()) => {
                "repeats at once, without a wait in between"
            }
            Step::Repeat { at_most: Some(MOST_TIMES..), .. } => "repeats too often: 99 times at most",
            Step::OnlyIf { households: 0 | 1, .. } => "waits for one household, which there always is",
            Step::OnlyIf { within_minutes, .. } if !(1..=MOST_MINUTES).contains(within_minutes) => {
                "counts households of no time, or of more than 30 days"
            }
            Step::Notify { whom: Called::Level(other), .. }
                if *other == level || *other == Level::Home || !policy.has(*other) =>
            {
                "calls nobody: no other level with an office is there"
            }
            _ => return None,
        };
        Some(flaw(Contradiction, format!("step {number} {words}")))
    });
    let wrong: Vec<Flaw> = wrong.collect();
    if !wrong.is_empty() {
        return wrong;
    }
    let in_time = in_time(policy, level);
    let comes_to = comes_to(policy, steps);
    let unreached = steps.iter().enumerate().filter_map(|(number, step)| {
        let words = match step {
            _ if !comes_to.contains(&number) => "nothing leads to it",
            Step::OnlyWithin(_) if !opens(policy, step) => "its hours never come, or are quiet",
            Step::Repeat { at_most: Some(0), .. } => "what may happen 0 times never does",
            Step::Repeat { .. } | Step::Final => return None,
            _ if !in_time.contains(&number) => "the budget is over before it",
            _ => return None,
        };
        Some(flaw(Unreachable, format!("step {number}: {words}")))
    });
    unreached.collect()
}

fn waits(steps: &[Step]) -> bool {
    steps.iter().any(|step| matches!(step, Step::Wait(_)))
}

/// Whether the hours of a step come at all, beside those that are quiet.
fn opens(policy: &Policy, step: &Step) -> bool {
    match step {
        Step::OnlyWithin(hours) => policy.common.quiet.within(hours, DateTime::UNIX_EPOCH).is_some(),
        _ => true,
    }
}

/// The steps to which those before them lead, however often they are repeated.
fn comes_to(policy: &Policy, steps: &[Step]) -> BTreeSet<usize> {
    let (mut come_to, mut open) = (BTreeSet::new(), vec![0]);
    while let Some(number) = open.pop() {
        let Some(step) = steps.get(number).filter(|_| come_to.insert(number)) else { continue };
        let next = number.saturating_add(1);
        match step {
            Step::Final => {}
            Step::Repeat { from, at_most } => {
                open.push(*from);
                open.extend(at_most.map(|_| next));
            }
            step if !opens(policy, step) => {}
            _ => open.push(next),
        }
    }
    come_to
}

/// The steps that come before something happens by itself. A wait takes at least as long as it is; where the budget does
/// not count day and night, nobody can tell how much longer that is.
fn in_time(policy: &Policy, level: Level) -> BTreeSet<usize> {
    let Tier { first_contact, climbs, steps, .. } = policy.at(level);
    let budgets = [Some(*first_contact), climbs.overdue.and_then(|overdue| overdue.grace)];
    let budgets = budgets.into_iter().flatten();
    if budgets.clone().any(|budget| budget.unit() != Unit::UrgentMinutes) {
        return (0..steps.len()).collect();
    }
    let left: TimeDelta = budgets.map(Budget::length).sum();
    let mut spent = TimeDelta::zero();
    let comes_in_time = |(number, step): (usize, &Step)| {
        if let Step::Wait(wait) = step {
            spent += wait.length();
        }
        (spent < left).then_some(number)
    };
    // Whatever is repeated without end has been seen by then.
    let all = MOST_STEPS * MOST_STEPS * usize::from(MOST_TIMES);
    steps::in_order(steps).take(all).map_while(comes_in_time).collect()
}

fn of_climbs(policy: &Policy, level: Level) -> Vec<Flaw> {
    use Fault::{Contradiction, Unreachable};
    let Climbs { overdue, households, rework, rating, by_hand } = &policy.at(level).climbs;
    let value = format!("/tiers/{level}/climbs");
    let mut flaws = Vec::new();
    let mut flaw = |fault, member, words: String| {
        flaws.push(Flaw { fault, at: vec![(value.clone(), member)], words });
    };
    let skips = [
        ("/overdue/skip_to", overdue.and_then(|when| when.skip_to)),
        ("/households/skip_to", households.and_then(|when| when.skip_to)),
        ("/rework/skip_to", rework.and_then(|when| when.skip_to)),
        ("/rating/skip_to", rating.and_then(|when| when.skip_to)),
    ];
    let asked = by_hand.iter().map(|when| ("/by_hand", when.skip_to));
    for (member, to) in skips.into_iter().chain(asked).filter_map(|(member, to)| Some((member, to?))) {
        if to <= level {
            flaw(Contradiction, member, format!("a climb from {level} does not lead to {to}"));
        } else if !policy.has(to) {
            flaw(Contradiction, member, format!("{to} never holds it"));
        }
    }
    if households.is_some_and(|when| when.at_least < 2 || when.within_days == 0) {
        flaw(Contradiction, "/households", "every report is of one household, at once".to_owned());
    }
    if rework.is_some_and(|when| when.at_least == 0) {
        flaw(Contradiction, "/rework/at_least", "nothing was sent back 0 times only".to_owned());
    }
    if rating.is_some_and(|when| when.at_most == Satisfaction::VerySatisfied) {
        flaw(Contradiction, "/rating/at_most", "nobody is more satisfied than that".to_owned());
    }
    let reasons: BTreeSet<_> = by_hand.iter().map(|when| when.reason).collect();
    if reasons.len() < by_hand.len() {
        flaw(Contradiction, "/by_hand", "each reason is named once".to_owned());
    }
    if by_hand.iter().any(|when| when.at_most == Some(0)) {
        flaw(Unreachable, "/by_hand", "what may happen 0 times never does".to_owned());
    }
    flaws
}

/// What is said of a level that no incident comes to, and of climbing where nobody stands above.
fn never_reached(policy: &Policy, level: Level) -> Vec<Flaw> {
    let tier = |names: &[&'static str], words: String| {
        let flaw = |name: &&'static str| Flaw {
            fault: Fault::Unreachable,
            at: vec![(format!("/tiers/{level}/{name}"), "")],
            words: words.clone(),
        };
        names.iter().map(flaw).collect()
    };
    if !policy.reaches(level) {
        return tier(TierPart::NAMES, format!("{level} never holds it"));
    }
    let below =
        Level::ALL.iter().copied().filter(|below| *below >= policy.common.enters_at && *below < level);
    let last = below.filter(|below| policy.reaches(*below)).find(|below| policy.at(*below).climbs.is_last());
    if let Some(last) = last {
        return tier(TierPart::NAMES, format!("nothing climbs from {last} to {level}"));
    }
    let is_top = !Level::ALL.iter().any(|above| *above > level && policy.reaches(*above));
    if is_top && !policy.at(level).climbs.is_last() {
        return tier(&["climbs"], format!("nobody stands above {level}"));
    }
    Vec::new()
}
