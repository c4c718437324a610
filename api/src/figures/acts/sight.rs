//! What a viewer may see of a place's figures.

use rules::incidents::{Holder, Level as Rung};
use uuid::Uuid;

use super::super::store::Under;
use crate::{
    access::{Level, Lineage, Permission, Role, Viewer},
    database::Conn,
    http::problem::{NOT_FOUND, Result},
    places,
};

/// How far somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// How this level and those below it did.
    UpTo(Rung),
    /// The rates of a whole complex, and only those that enough made.
    Public,
}

impl Sight {
    /// The levels whose rows count for the viewer.
    pub(super) fn levels(self) -> Vec<&'static str> {
        let sees = |rung: &Rung| match self {
            Self::UpTo(highest) => *rung <= highest,
            Self::Public => true,
        };
        Rung::ALL.iter().copied().filter(sees).map(Rung::code).collect()
    }
}

/// A place that the viewer may look at, and how far they see there.
pub(super) async fn look(db: &impl Conn, viewer: &Viewer, place: Uuid) -> Result<(Lineage, Sight)> {
    let place = places::lineage(db, place).await?;
    let sight = officer(viewer, Permission::ReadFigures, &place).map(Sight::UpTo);
    let whole = place.level == Level::Complex && viewer.may(Permission::ReadRates, &place, None);
    let sight = sight.or(whole.then_some(Sight::Public)).filter(|_| place.level != Level::Home);
    Ok((place, sight.ok_or_else(|| NOT_FOUND.plain())?))
}

/// The highest level at which the table gives a viewer this permission at a place.
pub(super) fn officer(viewer: &Viewer, permission: Permission, place: &Lineage) -> Option<Rung> {
    let may_as = |role: Role| viewer.may_as(permission, place, None, |one| one == role);
    let held = Role::ALL.into_iter().filter(|role| may_as(*role));
    held.filter_map(|role| Holder::from_code(role.as_str())).map(Holder::level).max()
}

/// Where rows of a place are found.
pub(super) fn under(place: &Lineage) -> Under {
    let complex = place.at(Level::Complex).unwrap_or(places::ABOVE);
    Under { level: place.level, place: place.id, complex }
}
