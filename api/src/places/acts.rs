//! Finding and making places.

use std::collections::{BTreeSet, HashMap};

use rules::places::Position;
use serde_json::json;
use uuid::Uuid;

use super::{
    model::{Place, Point, Step},
    store,
};
use crate::{
    access::{Level, Lineage, Permission, Viewer},
    app::App,
    database::{Conn, Tx},
    http::{
        paging::{Cursors, List, Page},
        problem::{CURSOR_INVALID, NOT_FOUND, Problem, Result, VERSION_STALE},
    },
    record,
};

/// A place to make, unless its parent has one of that level and name.
#[derive(Clone, Copy, Debug)]
pub struct NewPlace<'a> {
    pub level: Level,
    pub name: &'a str,
}

/// A part of a complex to make, with the id that it will have. Its names are known to be new.
#[derive(Clone, Debug)]
pub struct NewPart {
    pub id: Uuid,
    pub level: Level,
    pub name: String,
    pub parent: Uuid,
    /// The building that it is in, or is.
    pub building: Option<Uuid>,
    /// The unit that it is in, or is.
    pub unit: Option<Uuid>,
}

/// Makes many parts of a complex with one statement; at most 500.
pub async fn make_parts(tx: &Tx, complex: &Lineage, parts: &[NewPart]) -> Result<()> {
    let row = |part: &NewPart| ::entity::place::Model {
        id: part.id,
        level: part.level.as_str().into(),
        parent_id: Some(part.parent),
        name: part.name.clone(),
        sort_key: sort_key(&part.name),
        district_id: complex.at(Level::District),
        street_id: complex.at(Level::Street),
        community_id: complex.at(Level::Community),
        complex_id: complex.at(Level::Complex),
        building_id: part.building,
        unit_id: part.unit,
        latitude: None,
        longitude: None,
        version: 1,
        created_at: tx.now,
    };
    store::insert_many(tx.conn(), parts.iter().map(row)).await?;
    Ok(())
}

/// Takes away homes of which nothing is told anywhere; at most 500.
pub async fn remove_parts(tx: &Tx, homes: Vec<Uuid>) -> Result<()> {
    store::delete(tx.conn(), homes).await?;
    Ok(())
}

/// A place with the places that it is in.
pub async fn lineage(db: &impl Conn, id: Uuid) -> Result<Lineage> {
    let row = store::find(db, id).await?.ok_or_else(|| NOT_FOUND.because("no such place"))?;
    lineage_of(&row)
}

/// Many places with the places that they are in; unknown ids are left out.
pub async fn lineages(db: &impl Conn, ids: impl IntoIterator<Item = Uuid>) -> Result<HashMap<Uuid, Lineage>> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut found = HashMap::new();
    for some in ids.chunks(500) {
        for row in store::find_all(db, some.iter().copied()).await? {
            found.insert(row.id, lineage_of(&row)?);
        }
    }
    Ok(found)
}

fn lineage_of(row: &::entity::place::Model) -> Result<Lineage> {
    let level = Level::parse(&row.level).ok_or_else(|| Problem::internal("a place has no level"))?;
    let home = (level == Level::Home).then_some(row.id);
    let chain = [
        row.district_id,
        row.street_id,
        row.community_id,
        row.complex_id,
        row.building_id,
        row.unit_id,
        home,
    ];
    Ok(Lineage { id: row.id, level, chain })
}

/// The parts of a complex, buildings or units, between which something is: each once, in the order in which they are kept.
/// None where none is named. A matter of Civil Code 278 is never between parts alone.
pub async fn among(
    db: &impl Conn,
    place: &Lineage,
    named: &[Uuid],
    is_of_opinion: bool,
) -> Result<Vec<Uuid>> {
    let refused = |code, words| Err(Problem::member("/among", code, words));
    let parts: BTreeSet<Uuid> = named.iter().copied().collect();
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    if place.level != Level::Complex || parts.len() < 2 {
        return refused("SCOPE", "name two parts of a complex or more, and the complex as the place");
    }
    let found = lineages(db, parts.iter().copied()).await?;
    let is_part = |part: &Lineage| {
        matches!(part.level, Level::Building | Level::Unit) && part.at(Level::Complex) == Some(place.id)
    };
    if found.len() < parts.len() || !found.values().all(is_part) {
        return refused("UNKNOWN", "each is a building or a unit of the complex");
    }
    if !is_of_opinion {
        let words = "a matter of Civil Code 278 (民法典第二百七十八条) is for all within a place";
        return refused("KIND", words);
    }
    Ok(parts.into_iter().collect())
}

/// Places as they are kept in one column, as JSON; nothing where there is none.
pub fn kept(places: &[Uuid]) -> Result<Option<String>> {
    let kept = (!places.is_empty()).then(|| serde_json::to_string(places));
    kept.transpose().map_err(Problem::internal)
}

/// The same places.
pub fn named_in(kept: Option<&str>) -> Result<Vec<Uuid>> {
    Ok(kept.map(serde_json::from_str).transpose().map_err(Problem::internal)?.unwrap_or_default())
}

/// What a place is called among those who live in its complex: from the building down; a complex, or what is above one,
/// by its own name.
pub async fn address(db: &impl Conn, place: &Lineage) -> Result<String> {
    let within = Level::ALL.into_iter().filter(|level| *level > Level::Complex);
    let mut steps: Vec<Uuid> = within.filter_map(|level| place.at(level)).collect();
    if steps.is_empty() {
        steps.push(place.id);
    }
    let found = store::find_all(db, steps.iter().copied()).await?;
    let names: HashMap<Uuid, &str> = found.iter().map(|row| (row.id, row.name.as_str())).collect();
    Ok(steps.iter().filter_map(|step| names.get(step).copied()).collect())
}

/// What places are called, by id.
pub async fn names(db: &impl Conn, ids: impl IntoIterator<Item = Uuid>) -> Result<HashMap<Uuid, String>> {
    Ok(store::find_all(db, ids).await?.into_iter().map(|place| (place.id, place.name)).collect())
}

/// The place of that name in `parent`, a unit before a home; a district has no parent.
pub async fn named(db: &impl Conn, parent: Option<&Lineage>, name: &str) -> Result<Option<Lineage>> {
    store::named(db, parent.map(|place| place.id), name).await?.as_ref().map(lineage_of).transpose()
}

/// The complex of that name, if there is exactly one anywhere.
pub async fn only_complex(db: &impl Conn, name: &str) -> Result<Option<Lineage>> {
    match store::complexes_named(db, name).await?.as_slice() {
        [one] => Ok(Some(lineage_of(one)?)),
        _ => Ok(None),
    }
}

/// The complexes in places above them: level by level, each step by an index.
pub async fn complexes_in(db: &impl Conn, above: impl IntoIterator<Item = Uuid>) -> Result<Vec<Uuid>> {
    let (mut complexes, mut above) = (Vec::new(), above.into_iter().collect::<Vec<_>>());
    while !above.is_empty() {
        let mut next = Vec::new();
        for some in above.chunks(500) {
            for (id, level) in store::down_to_complexes(db, some).await? {
                if level == Level::Complex.as_str() { complexes.push(id) } else { next.push(id) }
            }
        }
        above = next;
    }
    Ok(complexes)
}

/// The parts of a place that are larger than a home, with their levels, and within a complex their parts too; `limit` of
/// each at most.
pub async fn larger_parts(db: &impl Conn, place: &Lineage, limit: u64) -> Result<Vec<(Uuid, Level)>> {
    let mut found = store::larger_parts(db, &[place.id], limit).await?;
    if place.level == Level::Complex {
        let parents: Vec<Uuid> = found.iter().map(|(id, _)| *id).collect();
        found.extend(store::larger_parts(db, &parents, limit).await?);
    }
    let known = |(id, level): (Uuid, String)| Some((id, Level::parse(&level)?));
    Ok(found.into_iter().filter_map(known).collect())
}

/// The place of that level and name in `parent`, made if it is not there yet.
pub async fn ensure(tx: &Tx, parent: Option<&Lineage>, new: NewPlace<'_>) -> Result<Lineage> {
    if let Some(row) =
        store::at(tx.conn(), parent.map(|place| place.id), new.level.as_str(), new.name).await?
    {
        return lineage_of(&row);
    }
    let id = tx.id();
    let at =
        |level: Level| if level == new.level { Some(id) } else { parent.and_then(|place| place.at(level)) };
    let row = ::entity::place::Model {
        id,
        level: new.level.as_str().into(),
        parent_id: parent.map(|place| place.id),
        name: new.name.into(),
        sort_key: sort_key(new.name),
        district_id: at(Level::District),
        street_id: at(Level::Street),
        community_id: at(Level::Community),
        complex_id: at(Level::Complex),
        building_id: at(Level::Building),
        unit_id: at(Level::Unit),
        latitude: None,
        longitude: None,
        version: 1,
        created_at: tx.now,
    };
    let lineage = lineage_of(&row)?;
    store::insert(tx.conn(), row).await?;
    Ok(lineage)
}

/// Orders names as people count: every number in it is padded, so that `2单元` comes before `10单元`.
pub fn sort_key(name: &str) -> String {
    let mut key = String::new();
    let mut digits = String::new();
    for letter in name.chars().chain(['\0']) {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        if !digits.is_empty() {
            key.extend(std::iter::repeat_n('0', 8_usize.saturating_sub(digits.len())));
            key.push_str(&digits);
            digits.clear();
        }
        if letter != '\0' {
            key.push(letter);
        }
    }
    key.chars().take(120).collect()
}

/// A place as a viewer sees it.
pub async fn show(db: &impl Conn, viewer: &Viewer, id: Uuid) -> Result<(Place, i64)> {
    let row = store::find(db, id).await?.ok_or_else(|| NOT_FOUND.plain())?;
    let lineage = lineage_of(&row)?;
    viewer.require(Permission::ReadPlace, &lineage, None)?;
    let names: HashMap<Uuid, String> = store::find_all(db, lineage.chain.iter().copied().flatten())
        .await?
        .into_iter()
        .map(|place| (place.id, place.name))
        .collect();
    let step = |level: Level| {
        let id = lineage.at(level)?;
        Some(Step { id, level, name: names.get(&id)?.clone() })
    };
    let place = Place {
        id: row.id,
        level: lineage.level,
        name: row.name,
        parent_id: row.parent_id,
        lineage: Level::ALL.into_iter().filter_map(step).collect(),
        position: row.latitude.zip(row.longitude).map(|(latitude, longitude)| Point { latitude, longitude }),
    };
    Ok((place, row.version))
}

/// Where a complex and its buildings are, as far as that is known; the complex first.
pub async fn positions(db: &impl Conn, complex: Uuid) -> Result<Vec<(Uuid, Position)>> {
    let known = store::located(db, complex).await?;
    Ok(known.iter().filter_map(|row| Some((row.id, position(row)?))).collect())
}

fn position(row: &::entity::place::Model) -> Option<Position> {
    Position::new(row.latitude?, row.longitude?)
}

/// Puts a complex or a building on the map, or takes it off.
///
/// # Errors
/// [`NOT_FOUND`] of any other place; [`VERSION_STALE`].
pub async fn locate(
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    version: i64,
    at: Option<Point>,
) -> Result<(Place, i64)> {
    let place = lineage(tx.conn(), id).await?;
    viewer.require(Permission::LocatePlace, &place, None)?;
    let complex = place.at(Level::Complex).filter(|_| place.level <= Level::Building);
    let complex = complex.ok_or_else(|| NOT_FOUND.because("complexes and buildings are on the map"))?;
    let role = viewer.acting_as(Permission::LocatePlace, &place).ok_or_else(|| NOT_FOUND.plain())?;
    if !store::locate(tx.conn(), (id, version), at.map(|at| (at.latitude, at.longitude))).await? {
        return Err(VERSION_STALE.plain().with_current(show(tx.conn(), viewer, id).await?.0));
    }
    record::write(
        tx,
        record::Event {
            kind: "PLACE_LOCATED",
            complex,
            place: id,
            subject_type: "PLACE",
            subject: id,
            version: version + 1,
            role: role.as_str().into(),
            audience: record::Audience::Members,
            person: None,
            facts: json!({ "position": at }),
            commitment: None,
        },
    )
    .await?;
    show(tx.conn(), viewer, id).await
}

/// The parts of a place, as people count them, without homes that left the roll. Rooms are named to whoever is signed in, and nothing else of them: a
/// claimant has to find theirs before having any role.
pub async fn children(app: &App, viewer: &Viewer, id: Uuid, page: &Page) -> Result<List<Step>> {
    let parent = lineage(app.db.read(), id).await?;
    viewer.require(Permission::ReadPlace, &parent, None)?;
    parts(app, viewer, Some(id), page).await
}

/// The districts, where everybody starts who looks for their home.
pub async fn districts(app: &App, viewer: &Viewer, page: &Page) -> Result<List<Step>> {
    parts(app, viewer, None, page).await
}

async fn parts(app: &App, viewer: &Viewer, parent: Option<Uuid>, page: &Page) -> Result<List<Step>> {
    let cursors = Cursors::new(&app.vault, format!("parts {parent:?}"), viewer.person);
    let after = match cursors.after(page)? {
        Some(position) => Some(split(&position).ok_or_else(|| CURSOR_INVALID.plain())?),
        None => None,
    };
    let rows = store::children(app.db.read(), parent, after, page.limit() + 1).await?;
    Ok(cursors.page(
        rows,
        page,
        |row| format!("{} {}", row.id, row.sort_key),
        |row| Step { id: row.id, level: Level::parse(&row.level).unwrap_or(Level::Home), name: row.name },
    ))
}

fn split(position: &str) -> Option<(String, Uuid)> {
    let (id, key) = position.split_once(' ')?;
    Some((key.to_owned(), id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::sort_key;

    #[test]
    fn names_sort_as_people_count() {
        assert!(sort_key("2单元") < sort_key("10单元"));
        assert!(sort_key("101") < sort_key("1001"));
        assert!(sort_key("A座2号") < sort_key("A座11号"));
    }
}
