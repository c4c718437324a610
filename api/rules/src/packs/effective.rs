//! What holds for a vote, who said each value, and why something said is refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    pack::{Pack, Said},
    parameter::{self, May, Parameter, Voice},
};
use crate::{
    polls::parameters::{PollRules, Unlawful},
    quantity::Area,
    ratio::Ratio,
};

/// What by-laws or a convenor say: values by parameter.
pub type Says = BTreeMap<String, Value>;

/// How large a complex is; some cities let a small one have a small committee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub homes: u64,
    /// 0.01 m².
    pub area: Area,
}

/// One rule as it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    pub name: String,
    pub zh: String,
    pub value: Value,
    /// The lowest voice that may say it.
    pub who: Voice,
    /// Who said this value.
    pub said_by: Voice,
    /// Where the value comes from; of what by-laws or a convenor said, within which limits.
    pub source: String,
    /// Whether this service goes by it by itself.
    pub applied: bool,
}

/// What holds for a vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// Every rule, in the order of the parameters.
    pub rules: Vec<InForce>,
    /// Those by which a poll counts.
    pub poll: PollRules,
}

/// Every rule as it stands while one voice after the other is heard.
struct Heard(Vec<InForce>);

/// Why something said does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("{name} is no rule of a vote")]
    Unknown { voice: Voice, name: String },
    #[error("{fault}")]
    OutOfBounds { voice: Voice, name: String, fault: parameter::OutOfBounds },
    #[error("{name} is for {} to say, not for {}: {source_of_it}", who.words(), voice.words())]
    NotTheirs { voice: Voice, name: String, who: Voice, source_of_it: String },
    #[error("{name} may be {} {above} of {}, and is {given}: {source_of_it}", direction(*may), by.words())]
    Beyond {
        voice: Voice,
        name: String,
        may: May,
        above: Value,
        given: Value,
        by: Voice,
        source_of_it: String,
    },
    #[error("{given} alternates a seat are more than the {cap} that the city allows: {source_of_it}")]
    TooManyAlternates { voice: Voice, given: Ratio, cap: Ratio, source_of_it: String },
    #[error("a term of {given} years is shorter than the {least} of the city: {source_of_it}")]
    TermTooShort { voice: Voice, given: u64, least: u64, source_of_it: String },
    #[error(
        "silence counts only by a clause that the owners passed and filed, and no by-laws on record have one"
    )]
    SilenceUnfiled { voice: Voice },
    #[error(transparent)]
    Unlawful(#[from] Unlawful),
    #[error("the rules cannot be read: {0}")]
    Damaged(String),
}

const fn direction(may: May) -> &'static str {
    match may {
        May::Choose => "other than the",
        May::Raise => "no less than the",
        May::Lower => "no more than the",
        May::Narrow => "within the",
    }
}

impl InForce {
    /// As law, platform or nation have it.
    fn nations(parameter: &Parameter) -> Self {
        let said_by = match parameter.who {
            fixed @ (Voice::Law | Voice::Platform) => fixed,
            _ => Voice::Nation,
        };
        Self {
            name: parameter.name.clone(),
            zh: parameter.zh.clone(),
            value: parameter.value.clone(),
            who: parameter.who,
            said_by,
            source: parameter.source.clone(),
            applied: parameter.applied,
        }
    }

    /// As the pack of opinion polls has it: the law says nothing of those.
    fn packs(parameter: &Parameter, said: &Said) -> Self {
        Self {
            value: said.value.clone(),
            who: if parameter.is_for(Voice::Bylaws) { parameter.who } else { Voice::Pack },
            said_by: Voice::Pack,
            source: said.source.clone(),
            ..Self::nations(parameter)
        }
    }

    /// By-laws or a convenor say it.
    fn say(&mut self, voice: Voice, value: Value, parameter: &Parameter) {
        self.source = format!("{}, within: {}", voice.words(), parameter.source);
        (self.value, self.said_by) = (value, voice);
    }
}

impl Refused {
    /// Whose words are refused, and which; the law's own faults are of all voices together.
    pub fn of(&self) -> Option<(Voice, &str)> {
        match self {
            Self::Unknown { voice, name }
            | Self::OutOfBounds { voice, name, .. }
            | Self::NotTheirs { voice, name, .. }
            | Self::Beyond { voice, name, .. } => Some((*voice, name)),
            Self::TooManyAlternates { voice, .. } => Some((*voice, "alternates_ratio")),
            Self::TermTooShort { voice, .. } => Some((*voice, "term_years")),
            Self::SilenceUnfiled { voice } => Some((*voice, "nonresponse")),
            Self::Unlawful(_) | Self::Damaged(_) => None,
        }
    }

    /// Whether it fails by its form, whoever said it.
    pub const fn is_form(&self) -> bool {
        matches!(self, Self::Unknown { .. } | Self::OutOfBounds { .. })
    }
}

/// What holds where a city's pack, a community's by-laws and a convenor say these things, each lower voice within what
/// the ones above it leave; or everything that cannot hold. Where a community has no by-laws yet, the convenor may say
/// what is theirs to say, but for what silence means: somehow the meeting that is to pass them has to vote.
pub fn resolve(
    pack: &Pack,
    size: Option<Size>,
    bylaws: Option<&Says>,
    convenor: &Says,
) -> Result<Effective, Vec<Refused>> {
    let mut heard = Heard::of(pack);
    if let Some(size) = size {
        heard.fit(size);
    }
    let mut refused = Vec::new();
    if let Some(bylaws) = bylaws {
        // What they say of other votes is nothing to a poll of opinion.
        let is_heard = |name: &String| !pack.opinion || heard.rule(name).is_some();
        let bylaws = bylaws.iter().filter(|(name, _)| is_heard(name));
        let bylaws = bylaws.map(|(name, value)| (name.clone(), value.clone())).collect();
        refused.extend(heard.hear(Voice::Bylaws, Voice::Bylaws, &bylaws));
    }
    let right = if bylaws.is_some() { Voice::Convenor } else { Voice::Bylaws };
    refused.extend(heard.hear(Voice::Convenor, right, convenor));
    heard.convoke();
    refused.extend(heard.against_the_city());
    refused.extend(heard.silence_unfiled());
    if !refused.is_empty() {
        return Err(refused);
    }
    let poll = heard.poll_rules(pack).map_err(|error| vec![Refused::Damaged(error.to_string())])?;
    let faults: Vec<_> = poll.faults().into_iter().map(Refused::from).collect();
    if faults.is_empty() { Ok(Effective { rules: heard.0, poll }) } else { Err(faults) }
}

/// What of a community's by-laws still holds: what was lawful when they passed and is not any more, because the city
/// changed its rules or the complex grew, yields to the city.
pub fn still_holding(pack: &Pack, size: Option<Size>, mut bylaws: Says) -> Says {
    // Every round takes something away, or ends.
    while let Err(refused) = resolve(pack, size, Some(&bylaws), &Says::new()) {
        let before = bylaws.len();
        let named: Vec<&str> = refused.iter().filter_map(|why| Some(why.of()?.1)).collect();
        bylaws.retain(|name, _| !named.contains(&name.as_str()));
        if bylaws.len() == before {
            return Says::new();
        }
    }
    bylaws
}

impl Heard {
    /// What nation and city say; of opinion polls what their pack does.
    fn of(pack: &Pack) -> Self {
        if pack.opinion {
            let said =
                |parameter: &Parameter| Some(InForce::packs(parameter, pack.says.get(&parameter.name)?));
            return Self(parameter::all().iter().filter_map(said).collect());
        }
        let rule = |parameter: &Parameter| {
            let mut rule = InForce::nations(parameter);
            if let Some(said) = pack.says.get(&parameter.name) {
                (rule.value, rule.said_by, rule.source) =
                    (said.value.clone(), Voice::City, said.source.clone());
            }
            rule
        };
        Self(parameter::all().iter().filter(|parameter| !parameter.opinion).map(rule).collect())
    }

    /// A small complex may have a small committee, where its city says up to which size.
    fn fit(&mut self, size: Size) {
        let by =
            [("small_homes", size.homes), ("small_area", size.area.0)].into_iter().find_map(|(name, own)| {
                let rule = self.rule(name)?;
                (own <= rule.value.as_u64()? && rule.value != json!(0))
                    .then(|| (rule.said_by, rule.source.clone()))
            });
        let Some((voice, source)) = by else { return };
        let Some(least) = self.value("small_committee").cloned() else { return };
        for name in ["committee_size", "min_committee"] {
            let Some(rule) = self.rule_mut(name) else { continue };
            match &mut rule.value {
                Value::Object(range) => drop(range.insert("min".into(), least.clone())),
                number => *number = least.clone(),
            }
            (rule.said_by, rule.source) = (voice, source.clone());
        }
    }

    /// Takes what a voice says as far as `right` lets it; what is not its to say is returned.
    fn hear(&mut self, voice: Voice, right: Voice, says: &Says) -> Vec<Refused> {
        let mut refused = Vec::new();
        for (name, value) in says {
            if let Err(why) = self.hear_one(voice, right, name, value) {
                refused.push(why);
            }
        }
        refused
    }

    fn hear_one(&mut self, voice: Voice, right: Voice, name: &str, value: &Value) -> Result<(), Refused> {
        let unknown = || Refused::Unknown { voice, name: name.to_owned() };
        let parameter = parameter::find(name).ok_or_else(unknown)?;
        let rule = self.rule_mut(name).ok_or_else(unknown)?;
        if !parameter.is_for(right) {
            let source_of_it = rule.source.clone();
            return Err(Refused::NotTheirs { voice, name: name.to_owned(), who: rule.who, source_of_it });
        }
        let out = |fault| Refused::OutOfBounds { voice, name: name.to_owned(), fault };
        parameter.takes(value).map_err(out)?;
        if !parameter.may_depart(&rule.value, value) {
            return Err(Refused::Beyond {
                voice,
                name: name.to_owned(),
                may: parameter.may,
                above: rule.value.clone(),
                given: value.clone(),
                by: rule.said_by,
                source_of_it: rule.source.clone(),
            });
        }
        let value = parameter.kind.ordered(value);
        if !parameter.kind.is_same(&rule.value, &value) {
            rule.say(voice, value, parameter);
        }
        Ok(())
    }

    /// Of an extraordinary meeting owners are told as long before as the city says for one (Hangzhou 19: 7 days). Each
    /// is called by whoever convenes it: no by-laws make every meeting one.
    fn convoke(&mut self) {
        let is_called = |rule: &InForce| rule.said_by == Voice::Convenor && rule.value == "EXTRAORDINARY";
        if !self.rule("meeting").is_some_and(is_called) {
            return;
        }
        let Some(own) = self.rule("extraordinary_notice_days").cloned() else { return };
        if let Some(rule) = self.rule_mut("notice_days") {
            (rule.value, rule.said_by, rule.source) = (own.value, own.said_by, own.source);
        }
    }

    /// What one parameter says of another: the city's cap of alternates and its least term.
    fn against_the_city(&self) -> Vec<Refused> {
        let mut refused = Vec::new();
        if let (Some(own), Some(cap)) = (self.rule("alternates_ratio"), self.rule("alternates_cap"))
            && let (Some(given), Some(most)) = (share(&own.value), share(&cap.value))
            && most < given
        {
            let source_of_it = cap.source.clone();
            refused.push(Refused::TooManyAlternates { voice: own.said_by, given, cap: most, source_of_it });
        }
        if let (Some(own), Some(least)) = (self.rule("term_years"), self.rule("term_least_years"))
            && let (Some(given), Some(fewest)) = (own.value.as_u64(), least.value.as_u64())
            && given < fewest
        {
            let source_of_it = least.source.clone();
            refused.push(Refused::TermTooShort { voice: own.said_by, given, least: fewest, source_of_it });
        }
        refused
    }

    /// (2022)沪02民初16号: what silence means is agreed by all owners. Before they have by-laws nobody says it for them.
    fn silence_unfiled(&self) -> Option<Refused> {
        let said = self.rule("nonresponse").filter(|said| said.said_by == Voice::Convenor)?;
        (said.value != json!("NOT_PARTICIPATED"))
            .then_some(Refused::SilenceUnfiled { voice: Voice::Convenor })
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.rule(name).map(|rule| &rule.value)
    }

    /// Those by which a poll counts. What holds for no poll of opinion, such as a committee's term, stands in one as the
    /// nation has it, and does nothing.
    fn poll_rules(&self, pack: &Pack) -> Result<PollRules, serde_json::Error> {
        let value = |name: &'static str| {
            let unsaid = || parameter::find(name).filter(|parameter| !parameter.opinion);
            let value = self.value(name).or_else(|| unsaid().map(|parameter| &parameter.value))?;
            Some((name.to_owned(), value.clone()))
        };
        let values = PollRules::RULES.into_iter().filter_map(value);
        let pack = ("pack".to_owned(), Value::from(pack.id()));
        PollRules::deserialize(Value::Object(values.chain([pack]).collect::<Map<_, _>>()))
    }

    fn rule(&self, name: &str) -> Option<&InForce> {
        self.0.iter().find(|rule| rule.name == name)
    }

    fn rule_mut(&mut self, name: &str) -> Option<&mut InForce> {
        self.0.iter_mut().find(|rule| rule.name == name)
    }
}

/// The rules of a poll from before each kept who said it: what is not the nation's its convenor asked for.
pub fn kept(poll: &PollRules) -> Vec<InForce> {
    let rule = |(name, value, nation): (&str, Value, Value)| {
        let parameter = parameter::find(name)?;
        let mut rule = InForce::nations(parameter);
        if value != nation {
            rule.say(Voice::Convenor, value, parameter);
        }
        Some(rule)
    };
    valued(poll).filter_map(rule).collect()
}

/// A rule as the nation has it, where no voice was kept.
pub fn nations(name: &str) -> Option<InForce> {
    parameter::find(name).map(InForce::nations)
}

/// What such a poll asked for.
pub fn asked(poll: &PollRules) -> Says {
    let own = valued(poll).filter(|(_, value, nation)| value != nation);
    own.map(|(name, value, _)| (name.to_owned(), value)).collect()
}

/// Each rule of a poll, with the nation's value.
fn valued(poll: &PollRules) -> impl Iterator<Item = (&'static str, Value, Value)> {
    let (own, nations) = (values(poll), values(&PollRules::national()));
    let of = |values: &Value, name: &str| values.get(name).cloned().unwrap_or_default();
    let names = PollRules::RULES.into_iter().filter(|name| poll.has(name));
    names.map(move |name| (name, of(&own, name), of(&nations, name)))
}

fn values(rules: &PollRules) -> Value {
    // Plain data is always JSON.
    serde_json::to_value(rules).unwrap_or_default()
}

fn share(value: &Value) -> Option<Ratio> {
    Ratio::deserialize(value).ok()
}
