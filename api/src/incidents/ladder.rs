//! The ladder over a place: which posts it has, where on it somebody stands, and who may read what is on it.

use rules::incidents as law;
use uuid::Uuid;

use crate::access::{Grant, Level, Lineage, Permission, Role, Viewer};

/// Who answers for incidents at a level of the ladder: whoever has this role at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Post {
    pub level: law::Level,
    pub place: Uuid,
    pub role: law::Holder,
}

impl Post {
    pub(super) fn is_held_by(&self, grant: &Grant) -> bool {
        grant.place.id == self.place && grant.role.as_str() == self.role.code()
    }
}

/// The post at a level over this place. Where the tree of places has no such level, the highest place there is stands
/// in.
pub fn post(place: &Lineage, level: law::Level) -> Post {
    let there = access_level(level).and_then(|level| place.at(level));
    let top = || Level::ALL.into_iter().find_map(|level| place.at(level)).unwrap_or(place.id);
    Post { level, place: there.unwrap_or_else(top), role: level.holder() }
}

/// Every post over this place, from the lowest up. The district's is always there: its administrator answers for what
/// nobody else does.
pub fn posts(place: &Lineage) -> impl Iterator<Item = Post> {
    let is_there = |level: &law::Level| {
        *level == law::Level::District || access_level(*level).is_some_and(|level| place.at(level).is_some())
    };
    law::Level::ALL.iter().copied().filter(is_there).map(|level| post(place, level))
}

/// Where the viewer stands on the ladder over this place, from the lowest level up, and as what.
pub fn stands(viewer: &Viewer, place: &Lineage) -> impl Iterator<Item = (law::Level, Role)> {
    posts(place).filter_map(|post| {
        let grant = viewer.grants.iter().find(|grant| post.is_held_by(grant))?;
        Some((post.level, grant.role))
    })
}

/// The lowest level that has held an incident, and the one that holds it or held it last.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub lowest: law::Level,
    pub last: law::Level,
}

/// Whether the viewer may read an incident: its reporter, of those whom the table lets look at all whoever answers at a
/// level where the law shows it, and a household for as long as it is theirs to answer. What others say of it afterwards
/// is not for them.
pub fn may_read(viewer: &Viewer, place: &Lineage, reporter: Uuid, Held { lowest, last }: Held) -> bool {
    if last == law::Level::Home && viewer.may(Permission::AnswerForHome, place, None) {
        return true;
    }
    viewer.may_as(Permission::ReadIncident, place, Some(reporter), |role| {
        let holder = law::Holder::from_code(role.as_str());
        holder.is_some_and(|holder| law::ladder::may_read(holder.level(), lowest))
    })
}

/// Whether the viewer reads also what those who handle an incident say among themselves: whoever of them may read it, but
/// its reporter, not even one who stands on its ladder.
pub fn reads_inside(viewer: &Viewer, place: &Lineage, reporter: Uuid, lowest: law::Level) -> bool {
    reporter != viewer.person
        && stands(viewer, place).any(|(level, _)| level >= lowest && level > law::Level::Home)
}

/// The same level as the law names it.
pub fn law_level(level: Level) -> Option<law::Level> {
    law::Level::from_code(level.as_str())
}

/// The same level as the tree of places names it.
pub fn access_level(level: law::Level) -> Option<Level> {
    Level::parse(level.code())
}
