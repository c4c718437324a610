//! Layers, and how they are laid over one another.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{CommonPart, PerLevel, Policy, Quiet, TierPart};
use crate::calendar::Calendar;
use crate::incidents::category::{Category, Severity};
use crate::incidents::ladder::Level;

/// What a place, or the nation, says of the matters in a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scoped {
    pub scope: Scope,
    pub says: Layer,
}

/// The matters that a layer speaks of, written `*`, as a severity or as a category's code; the narrower sorts last.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Scope {
    Everything,
    Severity(Severity),
    Category(String),
}

/// Some values of a policy. What stands `at` a level is said after what is said of `every` level.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Layer {
    #[serde(skip_serializing_if = "CommonPart::is_silent")]
    pub common: CommonPart,
    #[serde(skip_serializing_if = "TierPart::is_silent")]
    pub every: TierPart,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub at: BTreeMap<Level, TierPart>,
}

/// A policy, and who said each of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Laid {
    pub policy: Policy,
    /// By the value's JSON pointer in the policy: `/tiers/UNIT/handling`.
    pub said: BTreeMap<String, Said>,
}

/// Who said a value: the place by its number among those that spoke, its layer's number, and where it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub place: usize,
    pub layer: usize,
    /// JSON pointer in the layer: `/every/handling`.
    pub pointer: String,
}

/// Why there is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unlaid {
    #[error("it is never a ticket")]
    Diverted,
    /// By JSON pointer in the policy.
    #[error("nobody says {}", .0.join(", "))]
    Gaps(Vec<String>),
}

impl From<String> for Scope {
    fn from(written: String) -> Self {
        match Severity::from_code(&written) {
            Some(severity) => Self::Severity(severity),
            None if written == "*" => Self::Everything,
            None => Self::Category(written),
        }
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Everything => "*".to_owned(),
            Scope::Severity(severity) => severity.code().to_owned(),
            Scope::Category(code) => code,
        }
    }
}

impl Scope {
    /// Whether it speaks of this category.
    pub fn covers(&self, category: &Category) -> bool {
        match self {
            Self::Everything => true,
            Self::Severity(severity) => *severity == category.severity,
            Self::Category(code) => *code == category.code,
        }
    }

    /// Every scope that speaks of this category, the widest first.
    pub fn all_of(category: &Category) -> [Self; 3] {
        [Self::Everything, Self::Severity(category.severity), Self::Category(category.code.clone())]
    }
}

impl Layer {
    /// Whether somebody at this level may say it: nobody says what they themselves are held to. What holds on every level
    /// is the district's to say, above which there is nobody.
    ///
    /// # Errors
    /// A JSON pointer to what is not theirs to say.
    pub fn may_be_said_at(&self, level: Level) -> Result<(), String> {
        if level == Level::District {
            return Ok(());
        }
        if !self.common.is_silent() {
            return Err("/common".to_owned());
        }
        if !self.every.is_silent() {
            return Err("/every".to_owned());
        }
        match self.at.keys().find(|said_of| **said_of >= level) {
            Some(said_of) => Err(format!("/at/{said_of}")),
            None => Ok(()),
        }
    }
}

/// Lays what each place says over what those before it say; of one place the wider scope comes first, and of one scope
/// the later layer is heard.
///
/// # Errors
/// [`Unlaid`].
pub fn lay<'a>(category: &Category, places: impl IntoIterator<Item = &'a [Scoped]>) -> Result<Laid, Unlaid> {
    if !category.is_ticket() {
        return Err(Unlaid::Diverted);
    }
    let mut heard = Heard::default();
    for (place, layers) in places.into_iter().enumerate() {
        let mut layers: Vec<_> =
            layers.iter().enumerate().filter(|(_, one)| one.scope.covers(category)).collect();
        layers.sort_by_key(|(_, one)| &one.scope);
        for (layer, one) in layers {
            heard.hear(&one.says, (place, layer));
        }
    }
    let mut policy = heard.whole().map_err(Unlaid::Gaps)?;
    if category.severity == Severity::S1 {
        policy.common.quiet = Quiet::NEVER;
        policy.common.pause_for = BTreeSet::new();
    }
    Ok(Laid { policy, said: heard.said })
}

/// What was heard so far.
#[derive(Default)]
struct Heard {
    common: CommonPart,
    tiers: PerLevel<TierPart>,
    said: BTreeMap<String, Said>,
}

impl Heard {
    fn hear(&mut self, says: &Layer, (place, layer): (usize, usize)) {
        let said = &mut self.said;
        let mut note = |of: String, pointer: String| {
            said.insert(of, Said { place, layer, pointer });
        };
        self.common.hear(&says.common, |name| note(format!("/common/{name}"), format!("/common/{name}")));
        for &level in Level::ALL {
            let tier = self.tiers.at_mut(level);
            tier.hear(&says.every, |name| note(format!("/tiers/{level}/{name}"), format!("/every/{name}")));
            if let Some(here) = says.at.get(&level) {
                tier.hear(here, |name| note(format!("/tiers/{level}/{name}"), format!("/at/{level}/{name}")));
            }
        }
    }

    /// # Errors
    /// Pointers to what nobody said.
    fn whole(&self) -> Result<Policy, Vec<String>> {
        let mut gaps = Vec::new();
        let mut gap = |under: String, names: Vec<&str>| {
            gaps.extend(names.into_iter().map(|name| format!("{under}/{name}")));
        };
        let common = self.common.whole().map_err(|names| gap("/common".to_owned(), names));
        let mut tier =
            |level| self.tiers.at(level).whole().map_err(|names| gap(format!("/tiers/{level}"), names));
        let tiers = PerLevel {
            home: tier(Level::Home),
            unit: tier(Level::Unit),
            building: tier(Level::Building),
            complex: tier(Level::Complex),
            community: tier(Level::Community),
            street: tier(Level::Street),
            district: tier(Level::District),
        };
        match (common, tiers) {
            (
                Ok(common),
                PerLevel {
                    home: Ok(home),
                    unit: Ok(unit),
                    building: Ok(building),
                    complex: Ok(complex),
                    community: Ok(community),
                    street: Ok(street),
                    district: Ok(district),
                },
            ) => {
                let tiers = PerLevel { home, unit, building, complex, community, street, district };
                Ok(Policy { common, tiers, calendar: Calendar::default() })
            }
            _ => Err(gaps),
        }
    }
}
