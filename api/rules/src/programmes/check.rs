//! What is wrong with a template before anybody runs it.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    days_of,
    module::{Ending, Kind, Role},
    template::{self, Condition, Days, End, Gate, Lines, Module, Said, Template, Wants},
};
use crate::{
    incidents::{coded, ladder::Level},
    packs::InForce,
    polls::matter::MatterClass,
    words::Words,
};

coded! {
    /// What kind of thing is wrong.
    pub enum Fault {
        /// It names a module, an ending or a rule that there is not.
        Unknown = "UNKNOWN",
        /// Modules wait for one another.
        Cycle = "CYCLE",
        /// A guard can never hold.
        NeverHolds = "NEVER_HOLDS",
        /// A module can never begin.
        Unreachable = "UNREACHABLE",
        /// A module ends so, and nobody says what then.
        DeadEnd = "DEAD_END",
        /// The days that it takes do not fit into those that it has.
        TooLong = "TOO_LONG",
        /// A step that has to come before can be left out.
        Skipped = "SKIPPED",
        /// Nobody is asked to do what has to be done, or nothing says how much of it is enough.
        Nobody = "NOBODY",
        /// Nobody hears whom it is about, or nothing decides about them.
        Unheard = "UNHEARD",
        /// Somebody who guides and assists could stop what the owners decide.
        Approver = "APPROVER",
        /// It is longer, or larger, than a template may be.
        OutOfBounds = "OUT_OF_BOUNDS",
        /// So many ways lead through it that nobody could look at each.
        Tangled = "TANGLED",
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// In the file, from 1.
    pub line: usize,
    pub fault: Fault,
    pub words: String,
}

/// Everything that is wrong with a template where these rules hold, from the first line on.
pub fn check(template: &Template, lines: &Lines, rules: &[InForce]) -> Vec<Finding> {
    let mut looked = Look::new(template, lines, rules);
    looked.at_bounds();
    looked.at_names();
    if looked.findings.is_empty() && !looked.at_cycles() {
        looked.at_guards();
        looked.at_dead_ends();
        looked.at_law();
        looked.at_approvers();
        looked.at_whom_it_is_about();
        looked.at_days();
    }
    if looked.patience.get() == 0 {
        looked.findings.clear();
        looked.find(
            ("", "modules"),
            Fault::Tangled,
            "more ways lead through the modules than can be looked at".into(),
        );
    }
    looked.findings.sort();
    looked.findings.dedup();
    looked.findings
}

/// How modules that are over have to have ended, each in one of these ways.
type Course = BTreeMap<String, BTreeSet<Ending>>;

/// Natural days that a period has at most.
const DAYS: u32 = 1_000;
/// Modules of a template.
const MODULES: usize = 60;
/// Ways in which a module may begin, and things that a task requires.
const WAYS: usize = 20;
/// Characters of a name.
const NAME: usize = 64;
/// Characters of what is read instead of it.
const TITLE: usize = 100;
/// Characters of what a task requires.
const REQUIREMENT: usize = 200;
/// Characters of what a task is, and of what a programme's cost is bound to.
const TEXT: usize = 500;
const VERSIONS: u32 = 1_000_000;

/// Small letters, digits, and what joins them.
fn is_code(name: &str) -> bool {
    name.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || matches!(char, '-' | '_'))
}

/// Steps that a look takes at most: many times those through any template that people can follow, and a second's work.
const PATIENCE: u32 = 100_000;

struct Look<'a> {
    template: &'a Template,
    lines: &'a Lines,
    rules: &'a [InForce],
    findings: Vec<Finding>,
    /// How many more steps it takes.
    patience: Cell<u32>,
}

impl<'a> Look<'a> {
    const fn new(template: &'a Template, lines: &'a Lines, rules: &'a [InForce]) -> Self {
        Self { template, lines, rules, findings: Vec::new(), patience: Cell::new(PATIENCE) }
    }

    /// Takes one more step, if there is any left to take.
    fn goes_on(&self) -> bool {
        let left = self.patience.get().saturating_sub(1);
        self.patience.set(left);
        left > 0
    }

    /// That it is of a size that people, and everything that shows it, can take.
    fn at_bounds(&mut self) {
        let template = self.template;
        let is_named = |name: &str, most| (1..=most).contains(&name.chars().count()) && name.trim() == name;
        let is_read = |words: &Words| is_named(&words.zh, TEXT) && is_named(&words.en, TEXT);
        let is_a_case = |case: &Condition| {
            is_named(&case.code, NAME)
                && case.code.chars().all(|char| char.is_ascii_uppercase() || char == '_')
                && is_named(&case.zh, TITLE)
                && is_named(&case.en, TITLE)
        };
        let cases: BTreeSet<&str> = template.conditions.iter().map(|case| case.code.as_str()).collect();
        let mut told = vec![
            ("", "name", is_named(&template.name, NAME) && is_code(&template.name)),
            ("", "version", (1..=VERSIONS).contains(&template.version)),
            ("", "zh", is_named(&template.zh, TITLE)),
            ("", "en", is_named(&template.en, TITLE)),
            ("", "levels", !template.levels.is_empty()),
            ("", "convened_by", !template.convened_by.is_empty()),
            ("", "within_days", template.within_days.is_none_or(|days| (1..=DAYS).contains(&days))),
            ("", "conditions", cases.len() == template.conditions.len() && cases.len() <= WAYS),
            ("", "conditions", template.conditions.iter().all(is_a_case)),
            ("", "cost", template.cost.as_ref().is_none_or(is_read)),
            ("", "modules", (1..=MODULES).contains(&template.modules.len())),
        ];
        for (name, module) in template.modules.iter().map(|(name, module)| (name.as_str(), module)) {
            let mut days = module.periods();
            let mut read = [&module.description, &module.criteria].into_iter().flatten();
            let ways = &module.after;
            told.extend([
                (name, "", is_named(name, NAME) && is_code(name)),
                (name, "zh", is_named(&module.zh, TITLE)),
                (name, "en", is_named(&module.en, TITLE)),
                (name, "least", days.all(|(_, days)| !matches!(days, Said::Here(days) if *days > DAYS))),
                (name, "description", read.all(is_read)),
                (name, "after", ways.len() <= WAYS && ways.iter().all(|gates| gates.len() <= MODULES)),
                (name, "requires", module.requires.len() <= WAYS),
                (name, "requires", module.requires.iter().all(|words| is_named(words, REQUIREMENT))),
            ]);
        }
        let over: Vec<_> = told.into_iter().filter(|(.., fits)| !fits).collect();
        for (module, member, _) in over {
            let named = [module, member].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
            let words = format!("{}: too long, too many, or nothing at all", named.join("."));
            self.find((module, member), Fault::OutOfBounds, words);
        }
    }

    fn find(&mut self, (module, member): (&str, &str), fault: Fault, words: String) {
        self.findings.push(Finding { line: self.lines.at(module, member), fault, words });
    }

    /// That every module, ending and rule that is named is one.
    fn at_names(&mut self) {
        for (name, module) in &self.template.modules {
            self.at_needs(name, module);
            for gate in module.after.iter().flatten() {
                self.at_gate(name, gate);
            }
            for ending in module.ends.keys().filter(|ending| !module.kind.endings().contains(ending)) {
                let words = format!("{name}: a {} never ends {ending}", module.kind);
                self.find((name, "ends"), Fault::Unknown, words);
            }
            for (member, days) in module.periods() {
                if let Said::Rule(rule) = days
                    && self.days(days).is_none()
                {
                    self.find((name, member), Fault::Unknown, format!("{name}: {rule} is no rule in days"));
                }
            }
        }
    }

    /// That each module says what its kind needs: who does it, how much is enough, which vote it is about.
    fn at_needs(&mut self, name: &str, module: &Module) {
        let kind = module.kind;
        if kind.asks_somebody() && module.asks.is_empty() {
            self.find(
                (name, "asks"),
                Fault::Nobody,
                format!("{name}: nobody is asked; a {kind} says whom in `asks`"),
            );
        }
        if kind.is_accepted() && module.accepted_by.is_empty() {
            let words = format!("{name}: nobody accepts what was done; a {kind} says who in `accepted_by`");
            self.find((name, "accepted_by"), Fault::Nobody, words);
        }
        if kind == Kind::SignatureDrive && module.wants.as_ref().is_none_or(Wants::wants_nothing) {
            let words = format!("{name}: nothing says how many have to sign; say so in `wants`");
            self.find((name, "wants"), Fault::Nobody, words);
        }
        if kind == Kind::Vote && module.classes.is_empty() {
            let words = format!("{name}: nothing says what a {kind} may be put to; say so in `classes`");
            self.find((name, "classes"), Fault::Nobody, words);
        }
        let vote = |name: &String| self.kind(name) == Some(Kind::Vote);
        let is_about_one = match kind {
            Kind::Vote => false,
            Kind::PublicNotice => module.of.is_some(),
            _ => kind.is_about_a_vote(),
        };
        if is_about_one && !module.of.as_ref().is_some_and(vote) {
            let words = format!("{name}: a {kind} is about a VOTE; name it in `of`");
            self.find((name, "of"), Fault::Unknown, words);
        }
        let another_vote = |of: &String| of != name && self.kind(of) == Some(Kind::Vote);
        if kind == Kind::Vote && module.of.as_ref().is_some_and(|of| !another_vote(of)) {
            let words = format!("{name}: a {kind} with `of` is the run-off of another; name that one");
            self.find((name, "of"), Fault::Unknown, words);
        }
        // What begins on a condition would be begun by the clock, and refused with nobody there.
        let may_run = |runs: &Template| !runs.when_delivered && runs.conditions.is_empty();
        let known = |runs: &String| *runs != self.template.name && template::find(runs).is_some_and(may_run);
        if kind == Kind::Programme && !module.runs.as_ref().is_some_and(known) {
            let words = format!(
                "{name}: a {kind} runs another template, which begins unconditionally; name it in `runs`"
            );
            self.find((name, "runs"), Fault::Unknown, words);
        }
        let runs = module.runs.as_deref().and_then(template::find);
        if self.template.about.is_none() && runs.is_some_and(|runs| runs.about.is_some()) {
            let words =
                format!("{name} runs what is about somebody, and nobody says whom; say so in `about`");
            self.find((name, "runs"), Fault::Unheard, words);
        }
        for rule in module
            .wants
            .iter()
            .flat_map(Wants::rules)
            .filter(|rule| !self.rules.iter().any(|one| one.name == *rule))
        {
            self.findings.push(Finding {
                line: self.lines.at(name, "wants"),
                fault: Fault::Unknown,
                words: format!("{name}: there is no rule {rule}"),
            });
        }
    }

    fn at_gate(&mut self, name: &str, gate: &Gate) {
        let Some(waited_for) = self.template.modules.get(&gate.module) else {
            return self.find(
                (name, "after"),
                Fault::Unknown,
                format!("{name}: there is no {}", gate.module),
            );
        };
        for ending in gate.endings.iter().filter(|ending| !waited_for.kind.endings().contains(ending)) {
            let words = format!("{name}: {} is a {} and never ends {ending}", gate.module, waited_for.kind);
            self.find((name, "after"), Fault::NeverHolds, words);
        }
    }

    /// Whether modules wait for one another.
    fn at_cycles(&mut self) -> bool {
        let mut over = BTreeSet::new();
        let waits = |module: &Module, over: &BTreeSet<&String>| {
            !module.after.is_empty() && module.after.iter().flatten().any(|gate| !over.contains(&gate.module))
        };
        // A module is put in order once everything that it names is.
        while let Some((name, _)) =
            self.template.modules.iter().find(|(name, module)| !over.contains(name) && !waits(module, &over))
        {
            over.insert(name);
        }
        let left: Vec<_> =
            self.template.modules.keys().filter(|name| !over.contains(name)).cloned().collect();
        for name in &left {
            let words = format!("{name} is one of those that wait for one another: {}", left.join(", "));
            self.find((name, "after"), Fault::Cycle, words);
        }
        !left.is_empty()
    }

    /// The courses by which a module can begin; none if it never can.
    fn courses(&self, name: &str) -> Vec<Course> {
        let module = self.template.modules.get(name).filter(|_| self.goes_on());
        let Some(module) = module else { return Vec::new() };
        if module.after.is_empty() {
            return vec![Course::new()];
        }
        module.after.iter().flat_map(|gates| self.courses_through(gates)).collect()
    }

    /// The courses in which all these gates hold.
    fn courses_through(&self, gates: &[Gate]) -> Vec<Course> {
        let mut courses = vec![Course::new()];
        for gate in gates {
            let through = self.courses_to_the_end(gate);
            let pairs = courses.iter().flat_map(|one| through.iter().map(move |two| (one, two)));
            courses = pairs.take_while(|_| self.goes_on()).filter_map(|(one, two)| both(one, two)).collect();
        }
        courses
    }

    /// The courses in which a module ends as a gate wants.
    fn courses_to_the_end(&self, gate: &Gate) -> Vec<Course> {
        let endings = self.endings(gate);
        let ends = Course::from([(gate.module.clone(), endings)]);
        self.courses(&gate.module).iter().filter_map(|course| both(course, &ends)).collect()
    }

    fn endings(&self, gate: &Gate) -> BTreeSet<Ending> {
        let all = self.template.modules.get(&gate.module).map_or(&[][..], |module| module.kind.endings());
        if gate.endings.is_empty() {
            all.iter().copied().collect()
        } else {
            gate.endings.iter().copied().collect()
        }
    }

    /// That every list of gates can hold, and so every module can begin.
    fn at_guards(&mut self) {
        for (name, module) in &self.template.modules {
            let held = module.after.iter().map(|gates| !self.courses_through(gates).is_empty());
            let held: Vec<bool> = held.collect();
            if !held.is_empty() && !held.contains(&true) {
                self.find((name, "after"), Fault::Unreachable, format!("{name} can never begin"));
            } else if held.contains(&false) {
                let words = format!("{name}: one of its ways to begin can never come about");
                self.find((name, "after"), Fault::NeverHolds, words);
            }
        }
    }

    /// That something follows however a module ends, or the programme is over.
    fn at_dead_ends(&mut self) {
        for (name, module) in &self.template.modules {
            let follows = |ending: &Ending| {
                let gates = self.template.modules.values().flat_map(|module| module.after.iter().flatten());
                gates.filter(|gate| gate.module == *name).any(|gate| self.endings(gate).contains(ending))
            };
            let open = module.kind.endings().iter().filter(|ending| !module.ends.contains_key(ending));
            let open: Vec<_> = open.filter(|ending| !follows(ending)).map(|ending| ending.code()).collect();
            if !open.is_empty() && module.kind.has_to_lead_on() {
                let words = format!("{name} may end {}, and nothing follows", open.join(" or "));
                self.find((name, "kind"), Fault::DeadEnd, words);
            }
        }
    }

    /// That what the law wants before a step comes before it, whichever way it is reached.
    fn at_law(&mut self) {
        for (name, module) in &self.template.modules {
            for (wanted, source) in module.kind.wants_before() {
                let is_wanted = |name: &String| self.kind(name).is_some_and(|kind| wanted.contains(&kind));
                if !self.courses(name).iter().all(|course| course.keys().any(is_wanted)) {
                    let wanted: Vec<_> = wanted.iter().map(|kind| kind.code()).collect();
                    let words = format!("{name} can begin without a {}: {source}", wanted.join(" or "));
                    self.find((name, "after"), Fault::Skipped, words);
                }
            }
        }
    }

    /// Civil Code 277: whoever guides and assists approves nothing. So nothing that the owners decide waits for one of
    /// those to say yes, and nobody of them ends the programme by saying no.
    fn at_approvers(&mut self) {
        for (name, module) in &self.template.modules {
            if module.kind == Kind::Invitation && module.ends.contains_key(&Ending::Declined) {
                let words = format!(
                    "{name}: who is invited does not end the programme by staying away (Civil Code 277)"
                );
                self.find((name, "ends"), Fault::Approver, words);
            }
            if !module.kind.is_for_the_owners() {
                continue;
            }
            let courses = self.courses(name);
            for (guide, _) in self.template.modules.iter().filter(|(_, asked)| asked.is_up_to_guides()) {
                let wants_yes = |course: &Course| {
                    course.get(guide).is_some_and(|endings| !endings.contains(&Ending::Declined))
                };
                if courses.iter().all(wants_yes) {
                    let words = format!("{name} waits until {guide} is accepted (Civil Code 277)");
                    self.find((name, "after"), Fault::Approver, words);
                }
            }
        }
    }

    /// Hangzhou and others: whoever may lose the seat is heard before owners vote, and only a vote that passed, and whose
    /// result may be objected to, takes it.
    fn at_whom_it_is_about(&mut self) {
        if self.template.about.is_none() {
            return;
        }
        if self.template.levels != BTreeSet::from([Level::Complex]) {
            let words = "it is about a member of the committee, which is a COMPLEX's alone";
            self.find(("", "levels"), Fault::Unheard, words.into());
        }
        for (name, module) in &self.template.modules {
            if self.template.hears(name) && module.most.is_none() {
                let words = format!("{name} waits for whom it is about; say in `most` for how long");
                self.find((name, "kind"), Fault::Unheard, words);
            }
            let hears = |course: &Course| course.keys().any(|name| self.template.hears(name));
            if module.kind == Kind::Vote && !self.courses(name).iter().all(hears) {
                let words = format!("{name} can begin before whom it is about was heard in a DELIBERATION");
                self.find((name, "after"), Fault::Unheard, words);
            }
        }
        let removes = |name: &String| {
            let passed = |course: &Course| course.iter().any(|(name, endings)| self.is_passed(name, endings));
            let vote = self.template.vote_of(name).and_then(|vote| self.template.modules.get(vote));
            self.kind(name) == Some(Kind::ResultNotice)
                && vote.is_some_and(|vote| vote.classes == BTreeSet::from([MatterClass::Committee]))
                && self.courses(name).iter().all(passed)
        };
        if !self.template.modules.keys().any(removes) {
            let words =
                "no RESULT_NOTICE after a COUNT that PASSED, of a vote of class 3 alone, removes the member";
            self.find(("", "about"), Fault::Unheard, words.into());
        }
    }

    /// Whether texts that were counted passed, where a module ended in one of these ways.
    fn is_passed(&self, name: &str, endings: &BTreeSet<Ending>) -> bool {
        self.kind(name) == Some(Kind::Count) && *endings == BTreeSet::from([Ending::Passed])
    }

    fn kind(&self, name: &str) -> Option<Kind> {
        self.template.modules.get(name).map(|module| module.kind)
    }

    /// That each module has the time it takes, and the programme can be done within its own. Until when a notice is put up
    /// is no time that it has.
    fn at_days(&mut self) {
        let own = |(_, module): &(&String, &Module)| module.kind != Kind::PublicNotice;
        for (name, module) in self.template.modules.iter().filter(own) {
            let (least, most) =
                (self.days(&module.least), module.most.as_ref().and_then(|most| self.days(most)));
            if let (Some(least), Some(most)) = (least, most)
                && most < least
            {
                let words = format!("{name} takes {least} days at least, and has {most}");
                self.find((name, "most"), Fault::TooLong, words);
            }
        }
        if let (Some(soonest), Some(within)) = (self.soonest(End::Done), self.template.within_days)
            && within < soonest
        {
            let words = format!("it is done after {soonest} days at the soonest, and has {within}");
            self.find(("", "within_days"), Fault::TooLong, words);
        }
    }

    /// After how many days this can come of the programme at the soonest.
    fn soonest(&self, end: End) -> Option<u32> {
        let by = |(name, module): (&String, &Module)| {
            let ends = module.ends.iter().filter(|(_, comes)| **comes == end);
            let ends: BTreeSet<Ending> = ends.map(|(ending, _)| *ending).collect();
            if ends.is_empty() { None } else { self.soonest_end(name, &ends) }
        };
        self.template.modules.iter().filter_map(by).min()
    }

    /// After how many days a module can have ended in one of these ways at the soonest.
    fn soonest_end(&self, name: &str, endings: &BTreeSet<Ending>) -> Option<u32> {
        let module = self.template.modules.get(name).filter(|_| self.goes_on())?;
        let through = |gates: &Vec<Gate>| {
            gates
                .iter()
                .map(|gate| self.soonest_end(&gate.module, &self.endings(gate)))
                .try_fold(0, |latest, end| Some(latest.max(end?)))
        };
        let begins =
            if module.after.is_empty() { Some(0) } else { module.after.iter().filter_map(through).min() };
        let takes = self.days(&module.least)?.max(self.what_runs_takes(module, endings));
        Some(begins?.saturating_add(takes))
    }

    /// How many days the programme that a module runs takes at the least to end so; 0 where it runs none.
    fn what_runs_takes(&self, module: &Module, endings: &BTreeSet<Ending>) -> u32 {
        let Some(template) = module.runs.as_deref().and_then(template::find) else { return 0 };
        let run = Look::new(template, self.lines, self.rules);
        let ends = [(Ending::Done, End::Done), (Ending::Stopped, End::Stopped)];
        let wanted = ends.iter().filter(|(ending, _)| endings.contains(ending));
        wanted.filter_map(|(_, end)| run.soonest(*end)).min().unwrap_or_default()
    }

    fn days(&self, days: &Days) -> Option<u32> {
        match days {
            Said::Here(days) => Some(*days),
            Said::Rule(name) => days_of(&self.rules.iter().find(|rule| rule.name == *name)?.value),
        }
    }
}

impl Module {
    /// Whether only those who guide and assist say yes or no here, or whether it comes about at all.
    fn is_up_to_guides(&self) -> bool {
        let by = match self.kind {
            Kind::Invitation | Kind::Formation => &self.asks,
            Kind::Task => &self.accepted_by,
            _ => return false,
        };
        by.iter().all(|role: &Role| role.only_guides())
    }
}

/// What is so in both; nothing if they exclude each other.
fn both(one: &Course, other: &Course) -> Option<Course> {
    let mut both = one.clone();
    for (module, endings) in other {
        let narrowed: BTreeSet<Ending> = match both.get(module) {
            Some(own) => own.intersection(endings).copied().collect(),
            None => endings.clone(),
        };
        if narrowed.is_empty() {
            return None;
        }
        both.insert(module.clone(), narrowed);
    }
    Some(both)
}
