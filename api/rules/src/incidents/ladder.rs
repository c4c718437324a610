//! The ladder: home 户 › unit 单元 › building 楼栋 › complex 小区 › community 社区 › street 街道 › district 区.
//!
//! Small matters stay in the complex, big matters in the community, people's affairs are settled at the street.
//! A *staffed* set names the levels where somebody is responsible for the incident's place: the place itself and
//! those that contain it. An incident in a yard has no unit, so UNIT is not in its set and is passed over, just as
//! a unit without a leader is.
//!
//! On each rung the policy says how long a holder has to acknowledge, and from the acknowledgement on to handle. Its
//! `absorbs_at` level does not shorten or lengthen either: it says where the matter should be settled at the latest, so
//! climbing *past* it is a leak and climbing *up to* it is the ladder doing its work. A level that the policy leaves out
//! is passed over as one where nobody stands.
//!
//! The nation leaves out the home. Where a policy lets matters begin there, a report about a neighbour's home is first put
//! to that household, neighbour to neighbour, before anybody with an office hears of it; a household never holds its own
//! report.

use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Unbounded};

use super::budget::Budget;
use super::codes::coded;
use super::policy::Policy;

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
        /// Of the home: for its household.
        Owner = "OWNER",
        UnitLeader = "UNIT_LEADER",
        BuildingLeader = "BUILDING_LEADER",
        PropertyManager = "PROPERTY_MANAGER",
        CommunityOfficer = "COMMUNITY_OFFICER",
        StreetOfficer = "STREET_OFFICER",
        Admin = "ADMIN",
    }
}

impl Level {
    /// Who answers here.
    pub const fn holder(self) -> Holder {
        match self {
            Self::Home => Holder::Owner,
            Self::Unit => Holder::UnitLeader,
            Self::Building => Holder::BuildingLeader,
            Self::Complex => Holder::PropertyManager,
            Self::Community => Holder::CommunityOfficer,
            Self::Street => Holder::StreetOfficer,
            Self::District => Holder::Admin,
        }
    }
}

impl Holder {
    /// Where this role holds incidents.
    pub const fn level(self) -> Level {
        match self {
            Self::Owner => Level::Home,
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

/// The nearest level above one at which anybody is: who says what those there cannot say of themselves.
pub fn nearest_above(level: Level, staffed: &BTreeSet<Level>) -> Option<Level> {
    staffed.range((Excluded(level), Unbounded)).next().copied()
}

/// The lowest level above that has somebody responsible.
///
/// With nobody above it stays where it is, unless the present holder has gone too: then it begins anew where a report
/// would, so that no incident stands with nobody as long as there is anybody.
pub fn next_level(current: Level, staffed: &BTreeSet<Level>, policy: &Policy) -> Next {
    let stays = Next::StaysAtTop { remind_every: policy.at(current).first_contact };
    let mut above = staffed.range((Excluded(current), Unbounded)).copied();
    match above.find(|level| policy.has(*level)) {
        Some(level) => Next::To(level),
        None if staffed.contains(&current) => stays,
        None => match first_level(staffed, policy) {
            level if level == current => stays,
            level => Next::To(level),
        },
    }
}

/// The level that a climb reaches: the lowest staffed one from `skip_to` on, or the next one up where nobody stands so high.
pub fn climbs_to(
    current: Level,
    skip_to: Option<Level>,
    staffed: &BTreeSet<Level>,
    policy: &Policy,
) -> Option<Level> {
    let far = skip_to.filter(|to| *to > current).map(|to| staffed.range(to..).copied());
    let far = far.and_then(|mut far| far.find(|level| policy.has(*level)));
    far.or_else(|| match next_level(current, staffed, policy) {
        Next::To(level) if level > current => Some(level),
        Next::To(_) | Next::StaysAtTop { .. } => None,
    })
}

/// Where a new report begins: at the policy's entry level or the lowest staffed one above it; if there is none,
/// with whoever stands closest below; if nobody answers anywhere, with the district's administrator.
///
/// What enters at an office, the community or above, never falls to the complex or below: it may be about those who
/// work or live there. Nothing falls to a household.
pub fn first_level(staffed: &BTreeSet<Level>, policy: &Policy) -> Level {
    let held = |level: &Level| policy.has(*level);
    let enters_at = policy.common.enters_at;
    let bottom = if enters_at >= Level::Community { Level::Community } else { Level::Unit.min(enters_at) };
    let at_or_above = staffed.range(enters_at..).copied().find(held);
    let below = staffed.range(bottom..enters_at).copied().rfind(held);
    at_or_above.or(below).unwrap_or(Level::District)
}

/// Whether somebody who answers at `reader` may read an incident whose lowest holder so far was at `lowest`: whoever
/// holds it or has held it, and whoever stands above and may come to hold it. Nobody below: what enters above
/// somebody's head may be about them.
pub fn may_read(reader: Level, lowest: Level) -> bool {
    reader >= lowest
}
