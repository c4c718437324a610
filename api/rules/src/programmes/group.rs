//! The preparatory group 筹备组, which prepares the owners' first assembly: for whom its members speak, and who chairs it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{incidents::coded, ratio::Ratio, words::Words};

coded! {
    /// For whom a member of the group speaks.
    pub enum Capacity {
        Owner = "OWNER",
        Street = "STREET",
        /// The residents' committee.
        Community = "COMMUNITY",
        Developer = "DEVELOPER",
        /// Somebody else whom the city's rules name.
        Other = "OTHER",
    }
}

/// How many speak for whom, and for whom its chair does; as the record tells it, for who they are is in no record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub members: BTreeMap<Capacity, u32>,
    pub chaired_by: Capacity,
}

/// Why a group is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unlawful {
    #[error("{members} members; it takes an odd number from {least} to {most}")]
    Size { members: u64, least: u64, most: u64 },
    #[error("{owners} of {members} members are owners; it takes {share}")]
    Owners { owners: u64, members: u64, share: Ratio },
    #[error("it is chaired by whom the street or the residents' committee sends")]
    Chair,
    #[error("no rule says how large it is")]
    NoRule,
}

/// The sizes that a city allows.
#[derive(Deserialize)]
struct Sizes {
    min: u64,
    max: u64,
}

impl Group {
    /// The rules that say what it is composed of.
    pub const RULES: &[&str] = &["prep_size", "prep_owner_share"];

    /// Read again from what the record tells of its forming.
    pub fn told(facts: &Value) -> Option<Self> {
        Self::deserialize(facts.get("group")?).ok()
    }

    /// Guidance rules, art. 10: an odd number, owners half or more of it, chaired by the street; how many, each city says,
    /// and some let the residents' committee chair it (Beijing).
    pub fn is_lawful(&self, rules: &BTreeMap<String, Value>) -> Result<(), Unlawful> {
        let [size, share] = ["prep_size", "prep_owner_share"].map(|name| rules.get(name));
        let size = size.and_then(|size| Sizes::deserialize(size).ok()).ok_or(Unlawful::NoRule)?;
        let share = share.and_then(|share| Ratio::deserialize(share).ok()).ok_or(Unlawful::NoRule)?;
        let of = |capacity| u64::from(self.members.get(&capacity).copied().unwrap_or_default());
        let members: u64 = Capacity::ALL.iter().copied().map(of).sum();
        if members.is_multiple_of(2) || !(size.min..=size.max).contains(&members) {
            return Err(Unlawful::Size { members, least: size.min, most: size.max });
        }
        let owners = of(Capacity::Owner);
        if !share.reached_by(owners, members) {
            return Err(Unlawful::Owners { owners, members, share });
        }
        let chairs = matches!(self.chaired_by, Capacity::Street | Capacity::Community);
        if chairs && of(self.chaired_by) > 0 { Ok(()) } else { Err(Unlawful::Chair) }
    }

    /// In plain words.
    pub fn words(&self) -> Words {
        let all = self.members.iter().filter(|(_, members)| **members > 0);
        let (zh, en): (Vec<_>, Vec<_>) = all
            .map(|(capacity, members)| {
                let (zh, en) = capacity.words();
                (format!("{zh} {members} 人"), format!("{en}: {members}"))
            })
            .unzip();
        let (chair_zh, chair_en) = self.chaired_by.words();
        Words::new(
            format!("{}，{chair_zh}任组长", zh.join("、")),
            format!("{}; chaired by: {chair_en}", en.join(", ")),
        )
    }
}

impl Capacity {
    /// In plain words.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Owner => ("业主代表", "owners"),
            Self::Street => ("街道", "the street"),
            Self::Community => ("社区居委会", "the residents' committee"),
            Self::Developer => ("建设单位", "the developer"),
            Self::Other => ("其他", "others"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::packs::{Says, pack, resolve};

    fn rules(city: &str) -> BTreeMap<String, Value> {
        let rules = resolve(pack::find(city).unwrap(), None, None, &Says::new()).unwrap().rules;
        rules.into_iter().map(|rule| (rule.name, rule.value)).collect()
    }

    fn group(owners: u32, others: u32) -> Group {
        use Capacity::{Community, Owner, Street};
        let members = BTreeMap::from([(Owner, owners), (Street, 1), (Community, others.saturating_sub(1))]);
        Group { members, chaired_by: Street }
    }

    /// Every group of up to thirteen, in a city whose rules say nothing of it and in one whose do.
    #[test]
    fn a_group_is_odd_as_large_as_its_city_says_and_half_of_it_are_owners() {
        for (city, least, most) in [("national", 5, 11), ("hangzhou", 7, 11)] {
            let rules = rules(city);
            for (owners, others) in (0..13).flat_map(|owners| (1..13).map(move |others| (owners, others))) {
                let members = owners + others;
                let expected = if members % 2 == 0 || members < least || members > most {
                    Err("members; it takes an odd number")
                } else if owners < others {
                    Err("members are owners; it takes 1/2")
                } else {
                    Ok(())
                };
                let found = group(owners, others).is_lawful(&rules).map_err(|why| why.to_string());
                match (found, expected) {
                    (Ok(()), Ok(())) => {}
                    (Err(found), Err(expected)) if found.contains(expected) => {}
                    other => panic!("{city}: {owners} owners, {others} others: {other:?}"),
                }
            }
        }
        let mut rules = rules("national");
        rules.insert("prep_owner_share".into(), json!([2, 3]));
        assert!(group(5, 2).is_lawful(&rules).is_ok() && group(4, 3).is_lawful(&rules).is_err());
        rules.remove("prep_size");
        assert_eq!(group(5, 2).is_lawful(&rules), Err(Unlawful::NoRule));
    }

    #[test]
    fn only_who_guides_chairs_it_and_only_if_they_are_in_it() {
        let rules = rules("national");
        for chaired_by in Capacity::ALL.iter().copied() {
            let group = Group { chaired_by, ..group(3, 2) };
            let may = matches!(chaired_by, Capacity::Street | Capacity::Community);
            assert_eq!(group.is_lawful(&rules).is_ok(), may, "{chaired_by}");
        }
        let absent = Group { chaired_by: Capacity::Community, ..group(4, 1) };
        assert_eq!(absent.is_lawful(&rules), Err(Unlawful::Chair));
    }

    #[test]
    fn what_the_record_tells_is_read_again_and_told_in_words() {
        let group = group(3, 2);
        assert_eq!(Group::told(&json!({ "group": group })), Some(group.clone()));
        assert_eq!(Group::told(&json!({ "group": { "members": {} } })), None);
        let words = group.words();
        assert_eq!(words.zh, "业主代表 3 人、街道 1 人、社区居委会 1 人，街道任组长");
        assert_eq!(words.en, "owners: 3, the street: 1, the residents' committee: 1; chaired by: the street");
    }
}
