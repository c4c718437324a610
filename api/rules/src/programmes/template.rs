//! What composes modules into a programme: data in TOML or JSON, in a version that never changes.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use toml::de::{DeTable, DeValue};

use super::{
    module::{Ending, Kind, Role},
    start::StartCondition,
};
use crate::{
    incidents::coded, incidents::ladder::Level, polls::matter::MatterClass, ratio::Ratio, words::Words,
};

/// A programme as it is composed, before anybody runs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    pub name: String,
    pub version: u32,
    pub zh: String,
    pub en: String,
    /// At places of which levels it may run.
    pub levels: BTreeSet<Level>,
    /// Who may begin it, and convenes it from then on: closes what is held open, and calls it off.
    pub convened_by: BTreeSet<Role>,
    /// Whether so much of the complex has to be delivered before as its city says ([`start`](super::start)).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub when_delivered: bool,
    /// It has come to its end after so many days at the latest; nothing if it may take its time.
    pub within_days: Option<u32>,
    /// Whom it is about; nothing where it is about nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// What has to be so for it to begin, where it is for such cases alone; whoever begins it states which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// What its cost is bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Words>,
    /// By their names here.
    pub modules: BTreeMap<String, Module>,
}

/// A case for which a programme is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    pub code: String,
    pub zh: String,
    pub en: String,
}

/// One step of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Module {
    pub kind: Kind,
    pub zh: String,
    pub en: String,
    /// It begins once all of one of these lists hold; with the programme if there is none.
    #[serde(default)]
    pub after: Vec<Vec<Gate>>,
    /// How long it lasts at least.
    #[serde(default)]
    pub least: Days,
    /// After how long its time is up, and of a notice until when it is put up; nothing where it takes as long as it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most: Option<Days>,
    /// What comes of the programme where it ends so.
    #[serde(default)]
    pub ends: BTreeMap<Ending, End>,
    /// Who does it: signs, comes, shows, says, files, hands over, puts up.
    #[serde(default)]
    pub asks: BTreeSet<Role>,
    /// Who accepts what was done.
    #[serde(default)]
    pub accepted_by: BTreeSet<Role>,
    /// How much of the owners have to sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wants: Option<Wants>,
    /// The vote that it is about, where that is another module; of a vote the one whose run-off it is; of a notice the one
    /// whose poll hangs out, by itself from when it is locked on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// What a vote may be put to, in the classes of Civil Code 278; an election is one of class 3, what is none of them 0.
    #[serde(default)]
    pub classes: BTreeSet<MatterClass>,
    /// What a task is, and when it is well done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Words>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criteria: Option<Words>,
    /// What has to be there before a task is accepted.
    #[serde(default)]
    pub requires: Vec<String>,
    /// Within how many days somebody replies who was asked to where people talk: 3 where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_days: Option<Days>,
    /// Whether a task is that alternates step up: it is accepted once that is noted of the committee.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub succession: bool,
    /// The template that it runs, where it is a programme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runs: Option<String>,
}

/// How much of the owners have to sign: one of these is enough, or each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wants {
    /// Owners, each a person; 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persons: Option<Said<u32>>,
    /// A share of all heads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heads: Option<Said<Ratio>>,
    /// A share of all area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub area: Option<Said<Ratio>>,
    /// Whether each of them is wanted, and not just one.
    #[serde(default)]
    pub each: bool,
}

/// A module that is over, however it ended or in one of some ways: `count`, `count:FORMED`, `count:FORMED|NOT_FORMED`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Gate {
    pub module: String,
    /// Empty for any.
    pub endings: Vec<Ending>,
}

/// A value, or the rule that has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Said<T> {
    Here(T),
    Rule(String),
}

/// Natural days.
pub type Days = Said<u32>;

impl Default for Days {
    fn default() -> Self {
        Self::Here(0)
    }
}

impl<T> Said<T> {
    /// The rule that has the value, if one has.
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::Here(_) => None,
            Self::Rule(name) => Some(name),
        }
    }
}

coded! {
    /// Whom a programme is about: named when it begins.
    pub enum About {
        /// A sitting member of the committee, who is heard wherever people talk in it, and whom its vote removes.
        Member = "MEMBER",
    }
}

coded! {
    /// What comes of a programme.
    pub enum End {
        Done = "DONE",
        Stopped = "STOPPED",
    }
}

/// Words that are no gate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no gate: write `module`, or `module:ENDING|ENDING`")]
pub struct NoGate(String);

impl TryFrom<String> for Gate {
    type Error = NoGate;

    fn try_from(text: String) -> Result<Self, NoGate> {
        let (module, endings) =
            text.split_once(':').map_or((text.as_str(), None), |(one, two)| (one, Some(two)));
        let endings: Option<Vec<Ending>> =
            endings.map_or(Some(Vec::new()), |all| all.split('|').map(Ending::from_code).collect());
        match endings {
            Some(endings) if !module.is_empty() => Ok(Self { module: module.to_owned(), endings }),
            _ => Err(NoGate(text)),
        }
    }
}

impl From<Gate> for String {
    fn from(gate: Gate) -> Self {
        let endings: Vec<_> = gate.endings.iter().map(|ending| ending.code()).collect();
        if endings.is_empty() { gate.module } else { format!("{}:{}", gate.module, endings.join("|")) }
    }
}

/// A file that is no template, and where it stops being one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {words}")]
pub struct Unreadable {
    pub line: usize,
    pub words: String,
}

impl Template {
    /// Reads TOML, or JSON where the text is an object, with the lines on which its modules and their members stand.
    pub fn read(text: &str) -> Result<(Self, Lines), Unreadable> {
        if text.trim_start().starts_with('{') { Self::read_json(text) } else { Self::read_toml(text) }
    }

    fn read_toml(text: &str) -> Result<(Self, Lines), Unreadable> {
        let unreadable = |error: &toml::de::Error| Unreadable {
            line: error.span().map_or(1, |span| line_of(text, span.start)),
            words: error.message().to_owned(),
        };
        let template = toml::from_str(text).map_err(|error| unreadable(&error))?;
        let table = DeTable::parse(text).map_err(|error| unreadable(&error))?;
        Ok((template, Lines::of(text, table.get_ref())))
    }

    fn read_json(text: &str) -> Result<(Self, Lines), Unreadable> {
        let unreadable = |error: &serde_json::Error| {
            let words = error.to_string();
            let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
            Unreadable { line: error.line().max(1), words: words.to_owned() }
        };
        let template = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
        Ok((template, Lines::of_json(text).map_err(|error| unreadable(&error))?))
    }

    /// The vote whose poll a module is about.
    pub fn vote_of<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        let module = self.modules.get(name)?;
        match module.kind {
            Kind::Vote => Some(name),
            kind if kind.is_about_a_vote() || kind == Kind::PublicNotice => module.of.as_deref(),
            _ => None,
        }
    }

    /// The vote of which another is the run-off, if it is one.
    pub fn first_vote_of(&self, name: &str) -> Option<&str> {
        let module = self.modules.get(name).filter(|module| module.kind == Kind::Vote)?;
        module.of.as_deref()
    }

    /// The run-off of a vote, if the programme has one.
    pub fn runoff_of(&self, vote: &str) -> Option<&str> {
        self.modules.keys().map(String::as_str).find(|name| self.first_vote_of(name) == Some(vote))
    }

    /// The votes whose results hang out in a module: one and its run-off, where the programme has one.
    pub fn votes_hung_out<'a>(&'a self, module: &'a str) -> Vec<&'a str> {
        let vote = self.vote_of(module);
        [vote, vote.and_then(|vote| self.runoff_of(vote))].into_iter().flatten().collect()
    }

    /// Whether whoever it is about is heard in a module: wherever people talk.
    pub fn hears(&self, name: &str) -> bool {
        let talks = |module: &Module| module.kind == Kind::Deliberation;
        self.about == Some(About::Member) && self.modules.get(name).is_some_and(talks)
    }

    /// Whether what people agree in a module is advice: no vote of the owners comes after it, whichever way.
    pub fn is_advice(&self, name: &str) -> bool {
        let is_one = |name: &str, kind| self.modules.get(name).is_some_and(|module| module.kind == kind);
        is_one(name, Kind::Deliberation) && !self.after(name).iter().any(|later| is_one(later, Kind::Vote))
    }

    /// The modules that may come after one, whichever way.
    fn after<'a>(&'a self, name: &'a str) -> BTreeSet<&'a str> {
        let (mut after, mut open) = (BTreeSet::new(), vec![name]);
        while let Some(before) = open.pop() {
            let waits = |module: &Module| module.after.iter().flatten().any(|gate| gate.module == before);
            let next = self.modules.iter().filter(|(_, module)| waits(module));
            open.extend(next.map(|(name, _)| name.as_str()).filter(|name| after.insert(*name)));
        }
        after
    }

    /// Its modules in the order of the course: each behind all those that may come before it.
    pub fn in_order(&self) -> Vec<(&String, &Module)> {
        let mut modules: Vec<_> = self.modules.iter().collect();
        modules.sort_by_key(|(name, _)| Reverse(self.after(name).len()));
        modules
    }

    /// Whether nothing in it is a matter of Civil Code 278, so that it may be between some parts of a complex alone.
    pub fn is_of_opinion(&self) -> bool {
        let opinion = BTreeSet::from([MatterClass::Opinion]);
        let is_free = |module: &Module| {
            module.runs.is_none() && (module.kind != Kind::Vote || module.classes == opinion)
        };
        self.about.is_none() && self.conditions.is_empty() && self.modules.values().all(is_free)
    }

    /// The rules that it goes by.
    pub fn rules_named(&self) -> BTreeSet<&str> {
        let to_start = if self.when_delivered { StartCondition::RULES.as_slice() } else { &[] };
        self.modules.values().flat_map(Module::rules_named).chain(to_start.iter().copied()).collect()
    }
}

/// Natural days that somebody has to reply where a template does not say.
static REPLY_DAYS: Days = Said::Here(3);

impl Module {
    /// Within how many days whoever was asked to reply does.
    pub fn reply_days(&self) -> &Days {
        self.reply_days.as_ref().unwrap_or(&REPLY_DAYS)
    }

    /// Its periods, by their names.
    pub fn periods(&self) -> impl Iterator<Item = (&'static str, &Days)> {
        let all = [
            ("least", Some(&self.least)),
            ("most", self.most.as_ref()),
            ("reply_days", self.reply_days.as_ref()),
        ];
        all.into_iter().filter_map(|(name, days)| Some((name, days?)))
    }

    fn rules_named(&self) -> impl Iterator<Item = &str> {
        let days = self.periods().filter_map(|(_, days)| days.rule());
        days.chain(self.wants.iter().flat_map(Wants::rules)).chain(self.kind.rules().iter().copied())
    }
}

impl Wants {
    /// The rules that it names.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        let shares = [self.heads.as_ref(), self.area.as_ref()].into_iter().flatten();
        shares.filter_map(Said::rule).chain(self.persons.iter().filter_map(Said::rule))
    }

    /// Whether it says nothing at all.
    pub const fn wants_nothing(&self) -> bool {
        self.persons.is_none() && self.heads.is_none() && self.area.is_none()
    }
}

/// On which line of its file something stands, from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines(BTreeMap<(String, String), usize>);

impl Lines {
    fn of(text: &str, table: &DeTable<'_>) -> Self {
        let mut lines = BTreeMap::new();
        let members = |table: &DeTable<'_>, of: &str, lines: &mut BTreeMap<_, _>| {
            for key in table.keys() {
                let at = line_of(text, key.span().start);
                lines.insert((of.to_owned(), key.get_ref().to_string()), at);
            }
        };
        members(table, "", &mut lines);
        if let Some(DeValue::Table(modules)) = table.get("modules").map(toml::Spanned::get_ref) {
            for (name, module) in modules {
                let at = line_of(text, name.span().start);
                lines.insert((name.get_ref().to_string(), String::new()), at);
                if let DeValue::Table(module) = module.get_ref() {
                    members(module, name.get_ref(), &mut lines);
                }
            }
        }
        Self(lines)
    }

    fn of_json(text: &str) -> Result<Self, serde_json::Error> {
        type Members<'a> = BTreeMap<String, &'a RawValue>;
        let mut lines = BTreeMap::new();
        let mut note = |of: &str, member: &str, value: &RawValue| {
            // A value is a part of the text, and says so by where it lies.
            let at = value.get().as_ptr().addr() - text.as_ptr().addr();
            lines.insert((of.to_owned(), member.to_owned()), line_of(text, at));
        };
        let members: Members<'_> = serde_json::from_str(text)?;
        for (member, value) in &members {
            note("", member, value);
        }
        let modules = members.get("modules").map_or("{}", |modules| modules.get());
        for (name, module) in serde_json::from_str::<Members<'_>>(modules)? {
            note(&name, "", module);
            for (member, value) in serde_json::from_str::<Members<'_>>(module.get())? {
                note(&name, &member, value);
            }
        }
        Ok(Self(lines))
    }

    /// Of a member of a module; of the module itself, or of the template's own member, where there is none such.
    pub fn at(&self, module: &str, member: &str) -> usize {
        let keys = [(module, member), (module, ""), ("", member)];
        let find = |(module, member): (&str, &str)| self.0.get(&(module.to_owned(), member.to_owned()));
        keys.into_iter().find_map(find).copied().unwrap_or(1)
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

static BUILT_IN: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let texts = [
        include_str!("../../data/programmes/found_committee.toml"),
        include_str!("../../data/programmes/re_election.toml"),
        include_str!("../../data/programmes/by_election.toml"),
        include_str!("../../data/programmes/removal.toml"),
        include_str!("../../data/programmes/ordinary_matter.toml"),
        include_str!("../../data/programmes/special_matter.toml"),
        include_str!("../../data/programmes/part_matter.toml"),
        include_str!("../../data/programmes/emergency_repair.toml"),
        include_str!("../../data/programmes/opinion_poll.toml"),
    ];
    #[expect(clippy::expect_used, reason = "the templates are part of the program; a test reads them")]
    texts.map(|text| Template::read(text).expect("data/programmes is well formed").0).to_vec()
});

/// The templates that come with the service.
pub fn built_in() -> &'static [Template] {
    &BUILT_IN
}

/// The one of these with a name.
pub fn find(name: &str) -> Option<&'static Template> {
    BUILT_IN.iter().find(|template| template.name == name)
}
