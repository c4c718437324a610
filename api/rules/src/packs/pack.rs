//! What a city says of how owners vote, with the text that each value comes from; and what holds where owners are only
//! asked for their opinion.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;
use serde_json::Value;

use super::parameter::{self, Voice};

/// A city's rules, or those of opinion polls, in one version that never changes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    pub name: String,
    /// The text that it reads, by its year.
    pub version: String,
    pub zh: String,
    pub en: String,
    /// Whether it is for what is no matter of Civil Code 278. Then nothing holds but what it says.
    #[serde(default)]
    pub opinion: bool,
    /// Where it departs from the nation's; of opinion polls all that holds.
    pub says: BTreeMap<String, Said>,
}

/// One value, and where the city's text has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    pub value: Value,
    pub source: String,
}

/// Why a pack cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPack {
    #[error("{0} is no parameter")]
    Unknown(String),
    #[error("{name} is not for a city to say: {source_of_it}")]
    NotTheirs { name: String, source_of_it: String },
    #[error(transparent)]
    OutOfBounds(#[from] parameter::OutOfBounds),
    #[error("{name} names no source")]
    NoSource { name: String },
}

static ALL: LazyLock<Vec<Pack>> = LazyLock::new(|| {
    let texts = [
        include_str!("../../data/packs/national.json"),
        include_str!("../../data/packs/beijing.json"),
        include_str!("../../data/packs/shanghai.json"),
        include_str!("../../data/packs/hangzhou.json"),
        include_str!("../../data/packs/worked_example.json"),
    ];
    #[expect(clippy::expect_used, reason = "the packs are part of the program; a test reads them")]
    texts.map(|text| serde_json::from_str(text).expect("data/packs is well formed")).to_vec()
});

/// Every pack that comes with the service, the nation's first, those of opinion polls last.
pub fn all() -> &'static [Pack] {
    &ALL
}

/// The newest pack of a name.
pub fn find(name: &str) -> Option<&'static Pack> {
    ALL.iter().rfind(|pack| pack.name == name)
}

/// The newest of opinion polls.
pub fn of_opinion() -> Option<&'static Pack> {
    ALL.iter().rfind(|pack| pack.opinion)
}

/// A pack by name and version. One that somebody may follow stays here when another version comes.
pub fn by_id(id: &str) -> Option<&'static Pack> {
    ALL.iter().find(|pack| pack.id() == id)
}

impl Pack {
    /// Name and version, as a poll keeps it.
    pub fn id(&self) -> String {
        format!("{}-{}", self.name, self.version)
    }

    /// All that is wrong with it.
    pub fn faults(&self) -> Vec<BadPack> {
        let fault = |(name, said): (&String, &Said)| {
            let Some(parameter) = parameter::find(name) else { return Some(BadPack::Unknown(name.clone())) };
            if !self.opinion && !parameter.is_for(Voice::City) {
                let source_of_it = parameter.source.clone();
                return Some(BadPack::NotTheirs { name: name.clone(), source_of_it });
            }
            if said.source.is_empty() {
                return Some(BadPack::NoSource { name: name.clone() });
            }
            parameter.takes(&said.value).err().map(BadPack::from)
        };
        self.says.iter().filter_map(fault).collect()
    }
}
