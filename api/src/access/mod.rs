//! Who may do what where: one table, read by every handler.
//!
//! A permission is granted to a role up to a *relation*: the lowest level that the role's place and the thing's place
//! have in common. What a viewer may not see does not exist: the answer is 404, never a hint.

mod table;

use std::{collections::BTreeSet, fmt};

use chrono::{DateTime, Utc};
use rules::roll::representation::Ground;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub use table::{OPERATIONS, Permission, TABLE};

use crate::http::problem::{NOT_FOUND, Result};

/// A level of the tree of places, from the widest to the narrowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Level {
    District,
    Street,
    Community,
    Complex,
    Building,
    Unit,
    Home,
}

impl Level {
    pub const ALL: [Self; 7] = [
        Self::District,
        Self::Street,
        Self::Community,
        Self::Complex,
        Self::Building,
        Self::Unit,
        Self::Home,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::District => "DISTRICT",
            Self::Street => "STREET",
            Self::Community => "COMMUNITY",
            Self::Complex => "COMPLEX",
            Self::Building => "BUILDING",
            Self::Unit => "UNIT",
            Self::Home => "HOME",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// What a person may be at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    Owner,
    Family,
    Tenant,
    UnitLeader,
    BuildingLeader,
    PropertyManager,
    CommitteeMember,
    Preparer,
    CommunityOfficer,
    StreetOfficer,
    Developer,
    Supervisor,
    Admin,
}

impl Role {
    pub const ALL: [Self; 13] = [
        Self::Owner,
        Self::Family,
        Self::Tenant,
        Self::UnitLeader,
        Self::BuildingLeader,
        Self::PropertyManager,
        Self::CommitteeMember,
        Self::Preparer,
        Self::CommunityOfficer,
        Self::StreetOfficer,
        Self::Developer,
        Self::Supervisor,
        Self::Admin,
    ];

    /// Those that come from a claim to a home.
    pub const OF_A_HOME: [Self; 3] = [Self::Owner, Self::Family, Self::Tenant];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "OWNER",
            Self::Family => "FAMILY",
            Self::Tenant => "TENANT",
            Self::UnitLeader => "UNIT_LEADER",
            Self::BuildingLeader => "BUILDING_LEADER",
            Self::PropertyManager => "PROPERTY_MANAGER",
            Self::CommitteeMember => "COMMITTEE_MEMBER",
            Self::Preparer => "PREPARER",
            Self::CommunityOfficer => "COMMUNITY_OFFICER",
            Self::StreetOfficer => "STREET_OFFICER",
            Self::Developer => "DEVELOPER",
            Self::Supervisor => "SUPERVISOR",
            Self::Admin => "ADMIN",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// How a role's place stands to another: the lowest level that both are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Relation {
    OwnHome,
    SameUnit,
    SameBuilding,
    SameComplex,
    SameCommunity,
    SameStreet,
    SameDistrict,
    /// Nothing in common.
    None,
}

impl Relation {
    pub const ALL: [Self; 8] = [
        Self::OwnHome,
        Self::SameUnit,
        Self::SameBuilding,
        Self::SameComplex,
        Self::SameCommunity,
        Self::SameStreet,
        Self::SameDistrict,
        Self::None,
    ];

    fn at(level: Level) -> Self {
        match level {
            Level::Home => Self::OwnHome,
            Level::Unit => Self::SameUnit,
            Level::Building => Self::SameBuilding,
            Level::Complex => Self::SameComplex,
            Level::Community => Self::SameCommunity,
            Level::Street => Self::SameStreet,
            Level::District => Self::SameDistrict,
        }
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OwnHome => "own home",
            Self::SameUnit => "same unit",
            Self::SameBuilding => "same building",
            Self::SameComplex => "same complex",
            Self::SameCommunity => "same community",
            Self::SameStreet => "same street",
            Self::SameDistrict => "same district",
            Self::None => "anywhere",
        })
    }
}

/// A place with the places that it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    pub id: Uuid,
    pub level: Level,
    /// From the district down to the place itself; levels that are left out, or below it, have none.
    pub chain: [Option<Uuid>; 7],
}

impl Lineage {
    /// The place at `level` that this one is in, or is.
    pub fn at(&self, level: Level) -> Option<Uuid> {
        let position = Level::ALL.iter().position(|one| *one == level)?;
        self.chain.get(position).copied().flatten()
    }

    /// How this place stands to `other`.
    pub fn relation(&self, other: &Self) -> Relation {
        Level::ALL
            .into_iter()
            .rev()
            .find(|level| self.at(*level).is_some_and(|id| other.at(*level) == Some(id)))
            .map_or(Relation::None, Relation::at)
    }
}

/// A role that a person has at a place, for a time.
#[derive(Clone, Debug)]
pub struct Grant {
    pub id: Uuid,
    pub role: Role,
    pub place: Lineage,
    /// For owners: who of the roll this person is.
    pub owner_id: Option<Uuid>,
    /// By what they act for that owner; nothing who is the owner.
    pub ground: Option<Ground>,
    pub starts_at: DateTime<Utc>,
    pub ends_at: Option<DateTime<Utc>>,
}

impl Grant {
    pub fn holds_at(&self, now: DateTime<Utc>) -> bool {
        self.starts_at <= now && self.ends_at.is_none_or(|end| now < end)
    }
}

/// To whom a permission is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A role, up to a relation.
    Role(Role, Relation),
    /// The person whom the thing concerns: the reporter, the claimant, the candidate.
    Concerned,
    /// Anybody signed in.
    SignedIn,
    /// Anybody at all.
    Public,
}

/// Who is asking, and what they may be where.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub person: Uuid,
    pub grants: Vec<Grant>,
}

impl Viewer {
    /// As which owners of the roll they are confirmed now, or for which they act, each once.
    pub fn owners(&self) -> Vec<Uuid> {
        owners(self.grants.iter())
    }

    /// The same in one complex.
    pub fn owners_in(&self, complex: Uuid) -> Vec<Uuid> {
        owners(self.grants.iter().filter(|grant| grant.place.at(Level::Complex) == Some(complex)))
    }

    /// Whether the table lets this viewer do it at `place`, to something that concerns `concerned`.
    pub fn may(&self, permission: Permission, place: &Lineage, concerned: Option<Uuid>) -> bool {
        self.may_as(permission, place, concerned, |_| true)
    }

    /// The same where a rule beside the table says which of the roles count.
    pub fn may_as(
        &self,
        permission: Permission,
        place: &Lineage,
        concerned: Option<Uuid>,
        counts: impl Fn(Role) -> bool,
    ) -> bool {
        let has = |role, reach| {
            self.grants.iter().any(|grant| grant.role == role && grant.place.relation(place) <= reach)
        };
        rows(permission).any(|who| match who {
            Who::Role(role, reach) => counts(role) && has(role, reach),
            Who::Concerned => concerned == Some(self.person),
            Who::SignedIn | Who::Public => true,
        })
    }

    /// Goes on only if the table lets this viewer; otherwise the thing does not exist for them.
    pub fn require(&self, permission: Permission, place: &Lineage, concerned: Option<Uuid>) -> Result<()> {
        if self.may(permission, place, concerned) { Ok(()) } else { Err(NOT_FOUND.plain()) }
    }

    /// The role by which the viewer acts at `place`, for the record: the nearest one that has the permission.
    pub fn acting_as(&self, permission: Permission, place: &Lineage) -> Option<Role> {
        self.acting_by(permission, place).map(|grant| grant.role)
    }

    /// The same with where it is held.
    pub fn acting_by(&self, permission: Permission, place: &Lineage) -> Option<&Grant> {
        rows(permission)
            .filter_map(|who| match who {
                Who::Role(role, reach) => self
                    .grants
                    .iter()
                    .filter(|grant| grant.role == role)
                    .map(|grant| (grant.place.relation(place), grant))
                    .filter(|(relation, _)| *relation <= reach)
                    .min_by_key(|(relation, _)| *relation),
                _ => None,
            })
            .min_by_key(|(relation, grant)| (*relation, grant.role))
            .map(|(_, grant)| grant)
    }
}

fn owners<'a>(grants: impl Iterator<Item = &'a Grant>) -> Vec<Uuid> {
    let owners = grants.filter(|grant| grant.role == Role::Owner).filter_map(|grant| grant.owner_id);
    owners.collect::<BTreeSet<_>>().into_iter().collect()
}

/// All to whom a permission is granted.
pub fn rows(permission: Permission) -> impl Iterator<Item = Who> {
    TABLE.iter().filter(move |(granted, _)| *granted == permission).flat_map(|(_, to)| to.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(chain: &[u128]) -> Lineage {
        let mut ids = [None; 7];
        for (slot, id) in ids.iter_mut().zip(chain) {
            *slot = Some(Uuid::from_u128(*id));
        }
        Lineage {
            id: Uuid::from_u128(*chain.last().unwrap()),
            level: Level::ALL[chain.len() - 1],
            chain: ids,
        }
    }

    #[test]
    fn the_relation_is_the_lowest_level_in_common() {
        let home = place(&[1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(home.relation(&home), Relation::OwnHome);
        assert_eq!(home.relation(&place(&[1, 2, 3, 4, 5, 6, 8])), Relation::SameUnit);
        assert_eq!(home.relation(&place(&[1, 2, 3, 4, 5])), Relation::SameBuilding);
        assert_eq!(home.relation(&place(&[1, 2, 3, 9])), Relation::SameCommunity);
        assert_eq!(place(&[1, 2]).relation(&home), Relation::SameStreet);
        assert_eq!(place(&[1, 9]).relation(&home), Relation::SameDistrict);
        assert_eq!(place(&[8]).relation(&home), Relation::None);
    }
}
