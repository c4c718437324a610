//! The ladder: unit 单元 › building 楼栋 › complex 小区 › community 社区 › street 街道 › district 区.
//!
//! Small matters stay in the complex, big matters in the community, people's affairs are settled at the street.
//! A *staffed* set names the levels where somebody is responsible for the incident's place: the place itself and
//! those that contain it. An incident in a yard has no unit, so UNIT is not in its set and is passed over, just as
//! a unit without a leader is.
//!
//! On every rung alike a holder has the first-contact budget to acknowledge, and from the acknowledgement on the
//! handling budget to handle. The category's `absorbs_at` level does not shorten or lengthen either: it says where
//! the matter should be settled at the latest, so climbing *past* it is a leak and climbing *up to* it is the
//! ladder doing its work.

use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Unbounded};

use super::budget::Budget;
use super::category::Terms;
use super::codes::coded;

coded! {
    /// A level of the tree of places; a higher one contains the lower.
    pub enum Level {
        Home = "HOME",
        Unit = "UNIT",
        Building = "BUILDING",
        Complex = "COMPLEX",
        Community = "COMMUNITY",
        Street = "STREET",
        District = "DISTRICT",
    }
}

coded! {
    /// The role that answers for incidents at a level.
    pub enum Holder {
        UnitLeader = "UNIT_LEADER",
        BuildingLeader = "BUILDING_LEADER",
        PropertyManager = "PROPERTY_MANAGER",
        CommunityOfficer = "COMMUNITY_OFFICER",
        StreetOfficer = "STREET_OFFICER",
        Admin = "ADMIN",
    }
}

impl Level {
    /// Who answers here. Nobody does for a home: it reports, it never holds.
    pub const fn holder(self) -> Option<Holder> {
        match self {
            Self::Home => None,
            Self::Unit => Some(Holder::UnitLeader),
            Self::Building => Some(Holder::BuildingLeader),
            Self::Complex => Some(Holder::PropertyManager),
            Self::Community => Some(Holder::CommunityOfficer),
            Self::Street => Some(Holder::StreetOfficer),
            Self::District => Some(Holder::Admin),
        }
    }
}

impl Holder {
    /// Where this role holds incidents.
    pub const fn level(self) -> Level {
        match self {
            Self::UnitLeader => Level::Unit,
            Self::BuildingLeader => Level::Building,
            Self::PropertyManager => Level::Complex,
            Self::CommunityOfficer => Level::Community,
            Self::StreetOfficer => Level::Street,
            Self::Admin => Level::District,
        }
    }
}

/// Where an incident goes from the level that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    To(Level),
    /// Nobody stands above. The holder keeps it and is reminded this often until it is acknowledged or handled.
    StaysAtTop {
        remind_every: Budget,
    },
}

/// The lowest level above that has somebody responsible.
///
/// With nobody above it stays where it is, unless the present holder has gone too: then it begins anew where a report
/// would, so that no incident stands with nobody as long as there is anybody.
pub fn next_level(current: Level, staffed: &BTreeSet<Level>, terms: &Terms) -> Next {
    let stays = Next::StaysAtTop { remind_every: terms.first_contact };
    match staffed.range((Excluded(current), Unbounded)).next() {
        Some(&level) => Next::To(level),
        None if staffed.contains(&current) => stays,
        None => match first_level(staffed, terms) {
            level if level == current => stays,
            level => Next::To(level),
        },
    }
}

/// Where a new report begins: at the category's entry level or the lowest staffed one above it; if there is none,
/// with whoever stands closest below; if nobody answers anywhere, with the district's administrator.
///
/// What enters at an office, the community or above, never falls to the complex or below: it may be about those who
/// work or live there.
pub fn first_level(staffed: &BTreeSet<Level>, terms: &Terms) -> Level {
    let held = |level: &Level| level.holder().is_some();
    let bottom = if terms.enters_at >= Level::Community { Level::Community } else { Level::Home };
    let at_or_above = staffed.range(terms.enters_at..).copied().find(held);
    let below = staffed.range(bottom..terms.enters_at).copied().rfind(held);
    at_or_above.or(below).unwrap_or(Level::District)
}

/// Whether somebody who answers at `reader` may read an incident whose lowest holder so far was at `lowest`: whoever
/// holds it or has held it, and whoever stands above and may come to hold it. Nobody below: what enters above
/// somebody's head may be about them.
pub fn may_read(reader: Level, lowest: Level) -> bool {
    reader.holder().is_some() && reader >= lowest
}
