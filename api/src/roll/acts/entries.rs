//! What the roll says of one home, for its owners and for those who correct it.

use rules::{
    identity::masked_name,
    roll::{
        HomeStatus, RollPolicy,
        corrections::{Setting, Source},
    },
};
use uuid::Uuid;

use super::{
    super::{
        model::corrections::{EntryHead, EntryOwner, RollEntry},
        store::{self, Within, corrections as kept},
    },
    KnownOwner, as_the_rules_read, owners_of,
};
use crate::{
    access::{Level, Lineage, Permission, Role, Viewer},
    app::App,
    database::Conn,
    http::{
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Problem, Result},
    },
    places,
};

/// Homes of a head that an entry names.
const HOMES: usize = 100;

/// The caller's own homes, as the rolls have them.
pub async fn own_entries(app: &App, viewer: &Viewer, page: &Page) -> Result<List<RollEntry>> {
    let cursors = Cursors::new(&app.vault, "roll entries", viewer.person);
    let after: Option<Uuid> = cursors.position(page)?;
    let owned = viewer.grants.iter().filter(|grant| grant.role == Role::Owner);
    let mut homes: Vec<&Lineage> = owned.map(|grant| &grant.place).collect();
    homes.sort_by_key(|home| home.id);
    homes.dedup_by_key(|home| home.id);
    homes.retain(|home| after.is_none_or(|after| home.id > after));
    let mut shown = Vec::new();
    for home in homes {
        if shown.len() > usize::try_from(page.limit()).unwrap_or_default() {
            break;
        }
        shown.extend(show(app, viewer, home).await?.map(|(entry, _)| entry));
    }
    Ok(cursors.page(shown, page, |entry| entry.place_id.to_string(), |entry| entry))
}

/// One home with the version of the roll.
pub async fn entry(app: &App, viewer: &Viewer, home: Uuid) -> Result<(RollEntry, i64)> {
    let home = places::lineage(app.db.read(), home).await?;
    viewer.require(Permission::ReadRollEntry, &home, None)?;
    show(app, viewer, &home).await?.ok_or_else(|| NOT_FOUND.because("no such home on the roll"))
}

async fn show(app: &App, viewer: &Viewer, home: &Lineage) -> Result<Option<(RollEntry, i64)>> {
    let db = app.db.read();
    let Some(complex) = home.at(Level::Complex) else { return Ok(None) };
    let Some(row) = store::home(db, complex, home.id).await? else { return Ok(None) };
    let status =
        super::status(&row.status).ok_or_else(|| Problem::internal("a home of an unknown status"))?;
    let owners = owners_of(app, db, complex, home.id).await?;
    let head = match status {
        HomeStatus::Delivered => head_of(db, complex, home.id, &owners).await?,
        HomeStatus::Unsold | HomeStatus::SoldUndelivered => None,
    };
    let version = store::summary(db, complex).await?.map_or(0, |roll| roll.version);
    let entry = RollEntry {
        place_id: home.id,
        home: places::address(db, home).await?,
        kind: super::kind_of(&row)?,
        area: row.area,
        area_source: source_of(db, &row).await?,
        status,
        owners: masked(viewer, complex, &owners),
        head,
        is_locked: setting_of(db, home).await?.is_locked,
    };
    Ok(Some((entry, version)))
}

/// Owners as this viewer may see them: their own name, and of the others what a mask leaves.
fn masked(viewer: &Viewer, complex: Uuid, owners: &[KnownOwner]) -> Vec<EntryOwner> {
    let mine = viewer.owners_in(complex);
    let shown = owners.iter().enumerate().map(|(ordinal, owner)| {
        masked_owner(ordinal, &owner.name, owner.id_number.as_deref(), mine.contains(&owner.id))
    });
    shown.collect()
}

/// One of them.
pub(super) fn masked_owner(ordinal: usize, name: &str, id_number: Option<&str>, is_you: bool) -> EntryOwner {
    EntryOwner {
        ordinal,
        name: if is_you { name.to_owned() } else { masked_name(name) },
        id_number: id_number.map(masked_number),
        is_you,
    }
}

/// Only the last four characters; of a short number none.
fn masked_number(number: &str) -> String {
    let length = number.chars().count();
    let hidden = if length >= 8 { length - 4 } else { length };
    number.chars().enumerate().map(|(at, c)| if at < hidden { '*' } else { c }).collect()
}

/// The head to which a delivered home belongs (SPC interpretation on 区分所有权, art. 9).
async fn head_of(
    db: &impl Conn,
    complex: Uuid,
    home: Uuid,
    owners: &[KnownOwner],
) -> Result<Option<EntryHead>> {
    let ids: Vec<Uuid> = owners.iter().map(|owner| owner.id).collect();
    let mut homes = Vec::new();
    for (home, owners) in
        store::homes_of(db, Within { level: Level::Complex, place: complex, among: &[] }, complex, &ids)
            .await?
    {
        homes.push(as_the_rules_read(&home, &owners, None)?);
    }
    homes.retain(|home| home.status == HomeStatus::Delivered);
    let roll = rules::roll::Roll::count(&homes, RollPolicy::default()).map_err(Problem::internal)?;
    let home = home.to_string();
    let head = roll.heads.into_iter().find(|head| head.homes.contains(&home));
    Ok(head.map(|head| EntryHead {
        homes: head.homes.len(),
        home_ids: head.homes.iter().filter_map(|home| home.parse().ok()).take(HOMES).collect(),
        area: head.area.0,
    }))
}

/// What the area of a home rests on: the source of its last correction, as long as no import said otherwise since.
pub(super) async fn source_of(db: &impl Conn, home: &::entity::home::Model) -> Result<Option<Source>> {
    let measured = kept::measured(db, home.complex_id, home.place_id).await?;
    let measured = measured.filter(|change| change.area == Some(home.area));
    Ok(measured.and_then(|change| change.source).as_deref().and_then(Source::from_code))
}

/// What goes on around a home. A roll is locked with a poll: that of a programme's vote while the programme locks it.
pub(super) async fn setting_of(db: &impl Conn, home: &Lineage) -> Result<Setting> {
    let complex = home.at(Level::Complex).unwrap_or_default();
    let polls = kept::polls_waiting(db, complex).await?;
    let locks = |(place, state): &(Uuid, String)| state != "DRAFT" && home.chain.contains(&Some(*place));
    Ok(Setting {
        programme_runs: kept::programme_runs(db, complex).await?,
        poll_waits: !polls.is_empty(),
        is_locked: polls.iter().any(locks),
    })
}
