//! What can be said of how owners vote: every parameter with its type, its bounds, and whose it is.

use std::{collections::BTreeSet, sync::LazyLock};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ratio::Ratio;

/// Who speaks, the highest first. A lower voice never overrules a higher one; it chooses within what that leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Voice {
    /// Civil Code and its interpretation: fixed.
    Law,
    /// How this service works: fixed too.
    Platform,
    /// The nation's rules and what is usual, where they leave a choice.
    Nation,
    /// The pack that a poll of opinion follows: of what is no matter of Civil Code 278 neither law nor city says anything.
    Pack,
    /// The city's rule pack.
    City,
    /// The community's own rules, passed by an assembly vote.
    Bylaws,
    /// Whoever convenes the meeting.
    Convenor,
}

impl Voice {
    /// In prose.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Law => "the law",
            Self::Platform => "the platform",
            Self::Nation => "the nation",
            Self::Pack => "the pack of opinion polls",
            Self::City => "the city's pack",
            Self::Bylaws => "the community's by-laws",
            Self::Convenor => "the convenor",
        }
    }
}

/// Which way a voice below the city may depart from what was said above it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum May {
    /// To anything within the parameter's bounds.
    #[default]
    Choose,
    /// To what is not smaller; of a set, to one that holds it.
    Raise,
    /// To what is not greater; of a set, to a part of it.
    Lower,
    /// To a range within it.
    Narrow,
}

/// What a value looks like, and between which bounds it lies; both ends are allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE", deny_unknown_fields)]
pub enum Kind {
    /// Yes or no.
    Flag,
    /// A whole number.
    Whole { least: u64, most: u64 },
    /// A share, as `[numerator, denominator]`.
    Share { least: Ratio, most: Ratio },
    /// The least and the most that are allowed, as `{"min", "max"}`.
    Range { least: u32, most: u32 },
    /// One of these words.
    Choice(Vec<String>),
    /// Any of these, each once.
    Set(Vec<Value>),
    /// All of these words, in an order.
    Order(Vec<String>),
    /// At most so many characters, or nothing.
    Text(usize),
}

/// The least and the most of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    min: u32,
    max: u32,
}

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    pub name: String,
    pub zh: String,
    pub kind: Kind,
    /// What holds where nobody says otherwise.
    pub value: Value,
    /// The lowest voice that may say it; those between the city and this one may too.
    pub who: Voice,
    #[serde(default)]
    pub may: May,
    /// Whether this service goes by it by itself; what is not is for those to observe whom it binds.
    #[serde(default)]
    pub applied: bool,
    /// Whether it is one of opinion polls alone.
    #[serde(default)]
    pub opinion: bool,
    /// Where value and bounds come from.
    pub source: String,
}

/// A value that a parameter cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is {bounds}")]
pub struct OutOfBounds {
    pub name: String,
    pub bounds: String,
}

static ALL: LazyLock<Vec<Parameter>> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the parameters are part of the program; a test reads them")]
    serde_json::from_str(include_str!("../../data/parameters.json"))
        .expect("data/parameters.json is well formed")
});

/// Every parameter, in the order in which they are shown.
pub fn all() -> &'static [Parameter] {
    &ALL
}

/// The parameter of a name.
pub fn find(name: &str) -> Option<&'static Parameter> {
    ALL.iter().find(|parameter| parameter.name == name)
}

impl Parameter {
    /// Whether a voice may say it at all.
    pub fn is_for(&self, voice: Voice) -> bool {
        Voice::City <= voice && voice <= self.who && !self.opinion
    }

    /// Whether it can have a value.
    pub fn takes(&self, value: &Value) -> Result<(), OutOfBounds> {
        if self.kind.holds(value) {
            Ok(())
        } else {
            Err(OutOfBounds { name: self.name.clone(), bounds: self.kind.words() })
        }
    }

    /// Whether a voice below the city may depart so from what was said above it.
    pub fn may_depart(&self, from: &Value, to: &Value) -> bool {
        match self.may {
            May::Choose => true,
            May::Raise => self.kind.is_at_most(from, to),
            May::Lower => self.kind.is_at_most(to, from),
            May::Narrow => within(to, from).unwrap_or(false),
        }
    }
}

impl Kind {
    /// The same value in the one way in which it is kept: a set in its own order.
    pub(super) fn ordered(&self, value: &Value) -> Value {
        match (self, value) {
            (Self::Set(members), Value::Array(own)) => {
                members.iter().filter(|member| own.contains(member)).cloned().collect()
            }
            _ => value.clone(),
        }
    }

    /// Whether two values say the same: half is two quarters.
    pub(super) fn is_same(&self, one: &Value, other: &Value) -> bool {
        match self {
            Self::Share { .. } => read::<Ratio>(one) == read(other),
            _ => one == other,
        }
    }

    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Flag => value.is_boolean(),
            Self::Whole { least, most } => {
                value.as_u64().is_some_and(|value| (*least..=*most).contains(&value))
            }
            Self::Share { least, most } => {
                read(value).is_some_and(|share: Ratio| (*least..=*most).contains(&share))
            }
            Self::Range { least, most } => read(value).is_some_and(|range: Range| {
                *least <= range.min && range.min <= range.max && range.max <= *most
            }),
            Self::Choice(words) => value.as_str().is_some_and(|value| words.iter().any(|word| word == value)),
            Self::Set(members) => members_of(value).is_some_and(|(own, distinct)| {
                distinct == own.len() && own.iter().all(|one| members.contains(one))
            }),
            Self::Order(words) => members_of(value).is_some_and(|(own, distinct)| {
                distinct == words.len()
                    && own.len() == words.len()
                    && own.iter().all(|one| words.iter().any(|word| one == word))
            }),
            Self::Text(most) => {
                value.is_null() || value.as_str().is_some_and(|text| text.chars().count() <= *most)
            }
        }
    }

    /// Whether one value is another or less; of sets, whether it is a part of it. What has no order is never less.
    fn is_at_most(&self, one: &Value, other: &Value) -> bool {
        let is = match self {
            Self::Flag => one.as_bool().zip(other.as_bool()).map(|(one, other)| one <= other),
            Self::Whole { .. } => one.as_u64().zip(other.as_u64()).map(|(one, other)| one <= other),
            Self::Share { .. } => read::<Ratio>(one).zip(read(other)).map(|(one, other)| one <= other),
            Self::Set(_) => one
                .as_array()
                .zip(other.as_array())
                .map(|(one, other)| one.iter().all(|member| other.contains(member))),
            Self::Range { .. } | Self::Choice(_) | Self::Order(_) | Self::Text(_) => None,
        };
        is.unwrap_or(false)
    }

    /// Its bounds in prose, after "is".
    pub fn words(&self) -> String {
        match self {
            Self::Flag => "true or false".into(),
            Self::Whole { least, most } if least == most => format!("{least}, always"),
            Self::Whole { least, most } => format!("a whole number from {least} to {most}"),
            Self::Share { least, most } => {
                format!("a share from {least} to {most}, as [numerator, denominator]")
            }
            Self::Range { least, most } => format!("a range {{min, max}} within {least} to {most}"),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Set(members) => format!("a list, each once, of {}", listed(members)),
            Self::Order(words) => format!("an order of {}", words.join(", ")),
            Self::Text(most) => format!("a text of up to {most} characters, or null"),
        }
    }
}

fn listed(members: &[Value]) -> String {
    let words =
        members.iter().map(|member| member.as_str().map_or_else(|| member.to_string(), str::to_owned));
    words.collect::<Vec<_>>().join(", ")
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
    T::deserialize(value).ok()
}

/// The members of a list, and how many of them are different.
fn members_of(value: &Value) -> Option<(&Vec<Value>, usize)> {
    let members = value.as_array()?;
    Some((members, members.iter().map(Value::to_string).collect::<BTreeSet<_>>().len()))
}

fn within(inner: &Value, outer: &Value) -> Option<bool> {
    let (inner, outer): (Range, Range) = (read(inner)?, read(outer)?);
    Some(outer.min <= inner.min && inner.max <= outer.max)
}
