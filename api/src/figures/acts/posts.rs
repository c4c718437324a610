//! Figures told apart by who handled it: the posts, never the persons in them. How the tallies of places have those of
//! posts already, the law says: [`law::posts`].

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rules::{figures as law, incidents::Level as Rung};
use uuid::Uuid;

use super::{
    super::{clockwork::cells_of, store},
    sight::{Sight, under},
    tell::{Key, Tallied, cells},
};
use crate::{
    access::{Level, Lineage},
    database::Conn,
    http::problem::{Problem, Result},
    places,
};

/// Parts of a place, and parts of those, whose posts are told apart.
const PARTS: u64 = 500;

/// The figures of each post; what is done at further posts is told by its level.
pub(super) async fn groups(
    db: &impl Conn,
    place: &Lineage,
    month: i32,
    sight: Sight,
) -> Result<BTreeMap<Key, Tallied>> {
    let cells = cells(db, under(place), month, sight).await?;
    let seen = sight.levels();
    let parts = of_parts(db, place, month).await?.into_iter();
    let parts = parts.filter(|(_, cell)| seen.contains(&cell.level.code()));
    let posts = law::by_post(cells, rung(place.level)?, |level| post(place, level), parts);
    let group = |((level, post), cells): ((Rung, Option<Uuid>), Vec<law::Cell>)| {
        (Key { category: None, level: Some(level), post }, cells.iter().collect())
    };
    Ok(posts.into_iter().map(group).collect())
}

/// The place of the post over this one at a level; where the tree has no such level, the highest there is stands in.
fn post(place: &Lineage, level: Rung) -> Uuid {
    let there = Level::parse(level.code()).and_then(|level| place.at(level));
    let top = || Level::ALL.into_iter().find_map(|level| place.at(level)).unwrap_or(place.id);
    there.unwrap_or_else(top)
}

fn rung(level: Level) -> Result<Rung> {
    Rung::from_code(level.as_str()).ok_or_else(|| Problem::internal("a place has no level"))
}

/// What the own posts of a place's parts did.
async fn of_parts(db: &impl Conn, place: &Lineage, month: i32) -> Result<Vec<(Uuid, law::Cell)>> {
    let mut parts: HashMap<Uuid, Rung> = HashMap::new();
    let mut complexes = BTreeSet::new();
    for (id, level) in places::larger_parts(db, place, PARTS).await? {
        parts.insert(id, rung(level)?);
        complexes.insert(match place.at(Level::Complex) {
            Some(complex) => complex,
            None if level == Level::Complex => id,
            None => places::ABOVE,
        });
    }
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let levels = parts.values().map(|level| level.code()).collect();
    let tallies = store::tallies_of_posts(db, complexes, parts.keys().copied(), (month, levels)).await?;
    let counted =
        tallies.into_iter().map(|one| (one.place_id, one.category, one.level, one.outcome, one.times));
    let pending = store::pending_under(db, under(place), month).await?;
    let pending = pending.iter().flat_map(|fact| {
        let cell = |(category, level, outcome, times)| (fact.post_id, category, level, outcome, times);
        cells_of(fact).into_iter().map(cell)
    });
    let own = |(post, category, level, outcome, times): (Uuid, String, String, String, i64)| {
        let level = Rung::from_code(&level).filter(|level| parts.get(&post) == Some(level))?;
        Some((post, law::Cell { category, level, outcome, times }))
    };
    Ok(counted.chain(pending).filter_map(own).collect())
}
