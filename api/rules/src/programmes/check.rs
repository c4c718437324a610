//! What is wrong with a template before anybody runs it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    days_of,
    module::{Ending, Kind, Role},
    template::{self, Days, End, Gate, Lines, Module, Said, Template, Wants},
};
use crate::{incidents::coded, packs::InForce};

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
        /// Somebody who guides and assists could stop what the owners decide.
        Approver = "APPROVER",
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
    let mut looked = Look { template, lines, rules, findings: Vec::new() };
    looked.at_names();
    if looked.findings.is_empty() && !looked.at_cycles() {
        looked.at_guards();
        looked.at_dead_ends();
        looked.at_law();
        looked.at_approvers();
        looked.at_days();
    }
    looked.findings.sort();
    looked.findings.dedup();
    looked.findings
}

/// How modules that are over have to have ended, each in one of these ways.
type Course = BTreeMap<String, BTreeSet<Ending>>;

struct Look<'a> {
    template: &'a Template,
    lines: &'a Lines,
    rules: &'a [InForce],
    findings: Vec<Finding>,
}

impl Look<'_> {
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
            for (member, days) in [("least", Some(&module.least)), ("most", module.most.as_ref())] {
                if let Some(Said::Rule(rule)) = days
                    && self.days(&Said::Rule(rule.clone())).is_none()
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
        if kind.is_about_a_vote() && kind != Kind::Vote && !module.of.as_ref().is_some_and(vote) {
            let words = format!("{name}: a {kind} is about a VOTE; name it in `of`");
            self.find((name, "of"), Fault::Unknown, words);
        }
        let another_vote = |of: &String| of != name && self.kind(of) == Some(Kind::Vote);
        if kind == Kind::Vote && module.of.as_ref().is_some_and(|of| !another_vote(of)) {
            let words = format!("{name}: a {kind} with `of` is the run-off of another; name that one");
            self.find((name, "of"), Fault::Unknown, words);
        }
        let known = |runs: &String| *runs != self.template.name && template::find(runs).is_some();
        if kind == Kind::Programme && !module.runs.as_ref().is_some_and(known) {
            let words = format!("{name}: a {kind} runs another template; name it in `runs`");
            self.find((name, "runs"), Fault::Unknown, words);
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
        let Some(module) = self.template.modules.get(name) else { return Vec::new() };
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
            courses =
                courses.iter().flat_map(|one| through.iter().filter_map(|two| both(one, two))).collect();
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

    fn kind(&self, name: &str) -> Option<Kind> {
        self.template.modules.get(name).map(|module| module.kind)
    }

    /// That each module has the time it takes, and the programme can be done within its own.
    fn at_days(&mut self) {
        for (name, module) in &self.template.modules {
            let (least, most) =
                (self.days(&module.least), module.most.as_ref().and_then(|most| self.days(most)));
            if let (Some(least), Some(most)) = (least, most)
                && most < least
            {
                let words = format!("{name} takes {least} days at least, and has {most}");
                self.find((name, "most"), Fault::TooLong, words);
            }
        }
        let done = |module: &&Module| module.ends.values().any(|end| *end == End::Done);
        let ends = self.template.modules.iter().filter(|(_, module)| done(module));
        let soonest = ends.filter_map(|(name, _)| self.soonest_end(name)).min();
        if let (Some(soonest), Some(within)) = (soonest, self.template.within_days)
            && within < soonest
        {
            let words = format!("it is done after {soonest} days at the soonest, and has {within}");
            self.find(("", "within_days"), Fault::TooLong, words);
        }
    }

    /// After how many days a module can be over at the soonest.
    fn soonest_end(&self, name: &str) -> Option<u32> {
        let module = self.template.modules.get(name)?;
        let through = |gates: &Vec<Gate>| {
            gates
                .iter()
                .map(|gate| self.soonest_end(&gate.module))
                .try_fold(0, |latest, end| Some(latest.max(end?)))
        };
        let begins =
            if module.after.is_empty() { Some(0) } else { module.after.iter().filter_map(through).min() };
        Some(begins?.saturating_add(self.days(&module.least)?))
    }

    fn days(&self, days: &Days) -> Option<u32> {
        match days {
            Said::Here(days) => Some(*days),
            Said::Rule(name) => days_of(&self.rules.iter().find(|rule| rule.name == *name)?.value),
        }
    }
}

impl Module {
    /// Whether only those who guide and assist say yes or no here.
    fn is_up_to_guides(&self) -> bool {
        let by = match self.kind {
            Kind::Invitation => &self.asks,
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
