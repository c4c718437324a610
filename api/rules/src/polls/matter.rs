//! What owners decide together, and how large a majority each takes (Civil Code 278); and what they are only asked.

use serde::{Deserialize, Serialize};

use crate::ratio::Bound;

/// The nine items of Civil Code 278, first paragraph, and what is none of them; in JSON their number, and 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum MatterClass {
    /// (1) making or changing the rules of procedure (议事规则).
    Procedure,
    /// (2) making or changing the covenant (管理规约).
    Covenant,
    /// (3) electing or replacing the committee.
    Committee,
    /// (4) hiring or dismissing the property manager.
    Manager,
    /// (5) using the repair fund.
    FundUse,
    /// (6) raising the repair fund.
    FundRaising,
    /// (7) altering or rebuilding buildings and facilities.
    Rebuilding,
    /// (8) changing the use of common parts, or business on them.
    CommonParts,
    /// (9) other major matters.
    OtherMajor,
    /// None of them: owners are asked for their opinion, and what they say is advice.
    Opinion,
}

/// One text put to the vote: the covenant, the rules of procedure, a motion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matter {
    pub id: String,
    pub class: MatterClass,
}

/// How large a majority of those taking part a matter takes (Civil Code 278, second paragraph).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Approval {
    /// More than half (过半数): exactly half fails.
    Ordinary,
    /// Three quarters or more (四分之三以上).
    Special,
}

impl Approval {
    /// Civil Code 1259: 以上 includes the number, 过半数 does not.
    pub const fn bound(self) -> Bound {
        match self {
            Self::Ordinary => Bound::Exceeds,
            Self::Special => Bound::Reaches,
        }
    }
}

/// Whose decision a matter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// All owners of the complex.
    WholeComplex,
    /// The owners of the part concerned may decide alone, such as those of one building on its lift.
    PartConcerned,
}

/// A number that is not one of the nine items, nor 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Civil Code 278 has items 1 to 9, and 0 is none of them: not {0}")]
pub struct NoSuchItem(pub u8);

impl MatterClass {
    /// Those of Civil Code 278.
    pub const ALL: [Self; 9] = [
        Self::Procedure,
        Self::Covenant,
        Self::Committee,
        Self::Manager,
        Self::FundUse,
        Self::FundRaising,
        Self::Rebuilding,
        Self::CommonParts,
        Self::OtherMajor,
    ];

    /// Items 6, 7 and 8 take three quarters; every other more than half. Raising the fund is special, using it is not.
    pub const fn approval(self) -> Approval {
        match self {
            Self::FundRaising | Self::Rebuilding | Self::CommonParts => Approval::Special,
            Self::Procedure
            | Self::Covenant
            | Self::Committee
            | Self::Manager
            | Self::FundUse
            | Self::OtherMajor
            | Self::Opinion => Approval::Ordinary,
        }
    }

    /// Rules of procedure, covenant, committee and property manager are one for the whole property zone (Civil Code 277,
    /// 278 (1)–(4)). Fund, rebuilding, common parts and what else there is may concern a part alone, and are decided by
    /// its owners by the same majorities (Shanghai 69). For their opinion anybody may be asked.
    pub const fn scope(self) -> Scope {
        match self {
            Self::Procedure | Self::Covenant | Self::Committee | Self::Manager => Scope::WholeComplex,
            Self::FundUse
            | Self::FundRaising
            | Self::Rebuilding
            | Self::CommonParts
            | Self::OtherMajor
            | Self::Opinion => Scope::PartConcerned,
        }
    }

    /// As people read it on a list.
    pub fn on_a_list(self) -> String {
        if self == Self::Opinion { "意见征询".to_owned() } else { self.item().to_string() }
    }

    /// The item's number in Civil Code 278; 0 for what is none of its items.
    pub const fn item(self) -> u8 {
        match self {
            Self::Procedure => 1,
            Self::Covenant => 2,
            Self::Committee => 3,
            Self::Manager => 4,
            Self::FundUse => 5,
            Self::FundRaising => 6,
            Self::Rebuilding => 7,
            Self::CommonParts => 8,
            Self::OtherMajor => 9,
            Self::Opinion => 0,
        }
    }
}

impl TryFrom<u8> for MatterClass {
    type Error = NoSuchItem;

    fn try_from(item: u8) -> Result<Self, NoSuchItem> {
        let mut all = Self::ALL.into_iter().chain([Self::Opinion]);
        all.find(|class| class.item() == item).ok_or(NoSuchItem(item))
    }
}

impl From<MatterClass> for u8 {
    fn from(class: MatterClass) -> Self {
        class.item()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raising_the_fund_is_special_and_using_it_is_not() {
        let special: Vec<u8> = MatterClass::ALL
            .into_iter()
            .filter(|class| class.approval() == Approval::Special)
            .map(MatterClass::item)
            .collect();
        assert_eq!(special, [6, 7, 8]);
    }

    #[test]
    fn what_is_one_for_the_whole_complex_is_not_decided_by_a_part() {
        let whole = MatterClass::ALL.into_iter().filter(|class| class.scope() == Scope::WholeComplex);
        assert_eq!(whole.map(MatterClass::item).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }

    #[test]
    fn the_items_are_one_to_nine() {
        assert_eq!(MatterClass::ALL.map(MatterClass::item), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(serde_json::from_str::<MatterClass>("5").unwrap(), MatterClass::FundUse);
        assert_eq!(serde_json::from_str::<MatterClass>("0").unwrap(), MatterClass::Opinion);
        assert_eq!(MatterClass::try_from(10), Err(NoSuchItem(10)));
    }
}
