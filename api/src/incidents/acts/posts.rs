//! Which posts of the ladder somebody fills.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rules::incidents as law;
use uuid::Uuid;

use super::super::{
    ladder::{self, Post},
    store,
};
use crate::{
    access::{Grant, Lineage, Viewer},
    database::Conn,
    http::problem::Result,
};

/// The place at which this role answers for another place, if it does at all.
pub(crate) fn place_of(role: law::Holder, place: &Lineage) -> Option<Uuid> {
    ladder::posts(place).find(|post| post.role == role).map(|post| post.place)
}

/// The posts on the ladder over a place that the viewer fills, the lowest first; a household's is none.
pub(crate) fn posts_of(viewer: &Viewer, place: &Lineage) -> impl Iterator<Item = Post> {
    let fills = |post: &Post| {
        let holds = |grant: &Grant| post.is_held_by(grant);
        post.level > law::Level::Home && viewer.grants.iter().any(holds)
    };
    ladder::posts(place).filter(fills)
}

/// The levels at which somebody answers for this place now, to a household that reports about it.
pub(crate) async fn staffed(
    db: &impl Conn,
    place: &Lineage,
    household: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<BTreeSet<law::Level>> {
    Ok(Filled::of(db, [place], now).await?.levels(place, household))
}

/// The posts over some places that somebody fills now.
pub(in crate::incidents) struct Filled(BTreeSet<(Uuid, String)>);

impl Filled {
    pub(in crate::incidents) async fn of(
        db: &impl Conn,
        places: impl IntoIterator<Item = &Lineage>,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        let wanted: BTreeSet<_> = places
            .into_iter()
            .flat_map(ladder::posts)
            .map(|post| (post.place, post.role.code().to_owned()))
            .collect();
        let wanted: Vec<_> = wanted.into_iter().collect();
        Ok(Self(store::staffed(db, &wanted, now).await?))
    }

    /// The levels at which somebody answers for this place, to a household that reports about it: nobody answers to
    /// themselves.
    pub(in crate::incidents) fn levels(
        &self,
        place: &Lineage,
        household: Option<Uuid>,
    ) -> BTreeSet<law::Level> {
        let answers = |post: &ladder::Post| {
            household != Some(post.place) && self.0.contains(&(post.place, post.role.code().to_owned()))
        };
        ladder::posts(place).filter(answers).map(|post| post.level).collect()
    }
}

/// Which of some posts somebody fills now, by `(place, role)`; also those of no ladder.
pub(crate) async fn filled(
    db: &impl Conn,
    posts: &[(Uuid, String)],
    now: DateTime<Utc>,
) -> Result<BTreeSet<(Uuid, String)>> {
    Ok(store::staffed(db, posts, now).await?)
}
