//! Checking, importing and reading the roll; entries, objections to them and changes of them are in rooms of their own.

mod changes;
mod entries;
mod objections;
pub mod representations;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use chrono::{DateTime, NaiveDate, Utc};
use rules::{
    identity::plain_name,
    packs::Size,
    programmes::start::Delivery,
    quantity::{Area, Weight},
    roll::{Head, HomeKind, HomeStatus, Roll, RollHome, RollPolicy, corrections::Persons},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Semaphore;
use uuid::Uuid;

pub(super) use changes::{
    check_proposal, check_refusal, confirm, list as changes, propose, read as change, refuse,
};
pub(crate) use changes::{shows_changed, shows_objected};
pub(super) use entries::{entry, own_entries};
pub use objections::tick;
pub(super) use objections::{
    answer_objection, check_answer, check_objection, object, objections, own_objections,
};

use super::{
    NOT_A_COMPLEX, ROLL_CORRECTED, ROLL_EMPTY, ROLL_FILE_UNREADABLE, ROLL_MISSING, ROLL_ROWS_REFUSED,
    file::{self, Buildings, Checked, Developer, FileError, IdNumber, RollRow, place_key},
    model::{
        Coverage, Imported, KindSum, NamedHome, NewBuildings, Quorum, REFUSALS, RollCheck, RollSummary,
        RowRefusal, Rows, StatusSum,
    },
    plan::{
        self, BETWEEN_PHONES, DEVELOPER, Existing, ExistingDeveloper, ExistingHome, ExistingOwner, HomeWrite,
        ID_NUMBER, NAME, OwnerWrite, PHONE, Plan, Planner, Sum, joined, quorum, status, status_text, sum,
    },
    store::{self, CHUNK, Within},
};
use crate::{
    access::{Level, Lineage, Permission, Viewer},
    app::App,
    clock::{Ids, local},
    database::{Conn, Db, Tx},
    http::{
        answer::Answer,
        problem::{InputError, KEY_RUNNING, NOT_FOUND, Problem, Result},
    },
    identity, operations,
    operations::{
        Held,
        model::{Kind, Operation},
    },
    pii::Vault,
    places,
    record::{self, Audience, Event},
};

/// Files gone through at once: each takes memory.
static READING: Semaphore = Semaphore::const_new(2);

/// Told how far it is: phase, done, total.
pub type Tell<'a> = &'a (dyn Fn(&'static str, u64, u64) + Send + Sync);

/// Rows after which other work gets its turn.
const TURN: usize = 250;

/// How often an import is planned anew when another one was faster.
const PLANS: u32 = 3;

/// What a complex's roll comes to.
pub async fn read(app: &App, viewer: &Viewer, place: Uuid) -> Result<(RollSummary, i64)> {
    let complex = places::lineage(app.db.read(), place).await?;
    viewer.require(Permission::ReadRoll, &complex, None)?;
    require_complex(&complex)?;
    let row = store::summary(app.db.read(), complex.id).await?.ok_or_else(|| ROLL_MISSING.plain())?;
    let (heads, area) = quorum(kept(row.heads), kept(row.area));
    let by_status = [
        (HomeStatus::Delivered, row.delivered_homes, row.delivered_area),
        (HomeStatus::Unsold, row.unsold_homes, row.unsold_area),
        (HomeStatus::SoldUndelivered, row.undelivered_homes, row.undelivered_area),
    ];
    let own = row.delivered_area + row.unsold_area + row.undelivered_area;
    let by_kind = [
        (HomeKind::Home, row.homes, own),
        (HomeKind::Parking, row.parking_homes, row.parking_area),
        (HomeKind::Public, row.public_homes, row.public_area),
    ];
    let summary = RollSummary {
        place_id: complex.id,
        homes: row.homes,
        heads: row.heads,
        area: row.area,
        quorum: Quorum { heads, area },
        by_status: by_status.map(|(status, homes, area)| StatusSum { status, homes, area }).into(),
        by_kind: by_kind.map(|(kind, homes, area)| KindSum { kind, homes, area }).into(),
        roll_hash: row.roll_hash,
        imported_at: local(row.imported_at),
        shown_since: local(row.shown_since),
    };
    Ok((summary, row.version))
}

fn require_complex(place: &Lineage) -> Result<()> {
    if place.level == Level::Complex { Ok(()) } else { Err(NOT_A_COMPLEX.plain()) }
}

/// The place of which somebody lists what becomes of the roll, and the home, if it is one: those who correct the roll of a
/// complex, of a home also its owners.
async fn listed(db: &impl Conn, viewer: &Viewer, place: Uuid) -> Result<(Lineage, Option<Uuid>)> {
    let place = places::lineage(db, place).await?;
    let home = (place.level == Level::Home).then_some(place.id);
    let needs = if home.is_some() { Permission::ReadRollEntry } else { Permission::CorrectRoll };
    viewer.require(needs, &place, None)?;
    if home.is_none() {
        require_complex(&place)?;
    }
    Ok((place, home))
}

/// The complex, if this viewer may import its roll.
async fn importable(app: &App, viewer: &Viewer, place: Uuid) -> Result<Lineage> {
    let complex = places::lineage(app.db.read(), place).await?;
    viewer.require(Permission::ImportRoll, &complex, None)?;
    require_complex(&complex)?;
    Ok(complex)
}

/// A dry run: counts, the difference against what is there, and every problem. Writes nothing.
pub async fn check(
    app: &App,
    viewer: &Viewer,
    place: Uuid,
    wish: Wish,
    file: Arc<Vec<u8>>,
) -> Result<RollCheck> {
    let complex = importable(app, viewer, place).await?;
    let existing = existing(app.db.read(), &app.vault, complex.id).await?;
    let checked = go_through(file, &existing, wish).await?;
    let plan =
        plan((&app.vault, &app.ids), &complex, existing, (&checked.good, wish.coverage), &|_, _, _| {})
            .await?;
    let homes = told_homes(app.db.read(), &complex, &plan).await?;
    Ok(RollCheck::new(&checked, &plan, homes, REFUSALS))
}

/// The same for whoever runs the service: of a complex that may not exist yet, then without a difference.
pub async fn dry_run(
    keys: (&Vault, &Ids),
    complex: Option<(&Db, &Lineage)>,
    file: Arc<Vec<u8>>,
    wish: Wish,
) -> Result<RollCheck> {
    let existing = match complex {
        Some((db, complex)) => existing(db.read(), keys.0, complex.id).await?,
        None => Existing::default(),
    };
    let checked = go_through(file, &existing, wish).await?;
    let nowhere = Lineage { id: Uuid::nil(), level: Level::Complex, chain: [None; 7] };
    let place = complex.map_or(&nowhere, |(_, place)| place);
    let plan = plan(keys, place, existing, (&checked.good, wish.coverage), &|_, _, _| {}).await?;
    let Some((db, complex)) = complex else {
        return Ok(RollCheck {
            difference: None,
            ..RollCheck::new(&checked, &plan, [Vec::new(), Vec::new()], usize::MAX)
        });
    };
    let homes = told_homes(db.read(), complex, &plan).await?;
    Ok(RollCheck::new(&checked, &plan, homes, usize::MAX))
}

/// The homes that leave the roll, and those whose corrections the file contradicts, as people call them; of each the
/// first ones, as people count.
async fn told_homes(db: &impl Conn, complex: &Lineage, plan: &Plan) -> Result<[Vec<NamedHome>; 2]> {
    if plan.removed.is_empty() && plan.contradicted.is_empty() {
        return Ok([Vec::new(), Vec::new()]);
    }
    let rows = store::places(db, complex.id).await?.into_iter();
    let places: HashMap<Uuid, (Option<Uuid>, String)> =
        rows.map(|(id, _, parent, name)| (id, (parent, name))).collect();
    let name = |home: Uuid| {
        let mut steps = Vec::new();
        let mut at = Some(home).filter(|id| *id != complex.id);
        while let Some((parent, name)) = at.and_then(|id| places.get(&id)) {
            steps.push(name.as_str());
            at = parent.filter(|id| *id != complex.id);
        }
        steps.reverse();
        steps.join(" ")
    };
    Ok([&plan.removed, &plan.contradicted].map(|homes| {
        let named = homes.iter().map(|home| NamedHome { home_id: *home, name: name(*home) });
        let mut homes: Vec<NamedHome> = named.collect();
        homes.sort_by_cached_key(|home| places::sort_key(&home.name));
        homes.truncate(REFUSALS);
        homes
    }))
}

/// Reads and checks a file beside the async workers.
pub async fn go_through(file: Arc<Vec<u8>>, existing: &Existing, wish: Wish) -> Result<Checked> {
    let closed = wish.new_buildings == NewBuildings::Refuse && !existing.buildings.is_empty();
    let known: Vec<String> = existing.buildings.values().map(|(_, name)| name.clone()).collect();
    let organisations = existing.organisations(wish.coverage);
    let _turn = READING.acquire().await.map_err(Problem::internal)?;
    let checked = tokio::task::spawn_blocking(move || {
        let buildings = if closed { Buildings::Known(&known) } else { Buildings::Founded };
        file::check(file::read(&file, "")?, buildings, &organisations)
    });
    checked.await.map_err(Problem::internal)?.map_err(|error| unreadable(&error))
}

fn unreadable(error: &FileError) -> Problem {
    ROLL_FILE_UNREADABLE.because(format!("{}: {} / {error}", error.code(), error.zh()))
}

/// Refuses a file with refused rows, unless the good ones alone are wanted.
fn require_good(checked: &Checked, rows: Rows) -> Result<()> {
    if rows == Rows::All && !checked.refused.is_empty() {
        return Err(rows_refused(checked));
    }
    if checked.good.is_empty() { Err(ROLL_EMPTY.plain()) } else { Ok(()) }
}

fn rows_refused(checked: &Checked) -> Problem {
    let errors = checked.refused.iter().take(100).map(|refusal| {
        let refusal = RowRefusal::from(refusal);
        InputError {
            pointer: format!("/rows/{}/{}", refusal.row, refusal.column).chars().take(500).collect(),
            code: refusal.problem,
            detail: format!("{} {} / {}", refusal.value, refusal.cure.zh, refusal.cure.en)
                .chars()
                .take(500)
                .collect(),
        }
    });
    let mut problem = Problem::input(errors.collect());
    problem.code = &ROLL_ROWS_REFUSED;
    problem
}

/// How a file is to be taken.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Wish {
    pub rows: Rows,
    pub new_buildings: NewBuildings,
    pub coverage: Coverage,
    /// Whether the file is taken where it says otherwise than a correction.
    #[serde(default)]
    pub overrule_corrections: bool,
}

impl Wish {
    /// A home whose row is refused would leave a whole roll because of a slip.
    fn require_possible(self) -> Result<()> {
        match (self.rows, self.coverage) {
            (Rows::Good, Coverage::Whole) => Err(Problem::member(
                "/coverage",
                "BOUND",
                "a whole roll is imported with all its rows or not at all",
            )),
            _ => Ok(()),
        }
    }
}

/// A file that was gone through, and what is to become of it.
pub struct Ready {
    complex: Lineage,
    file: Arc<Vec<u8>>,
    wish: Wish,
    verdict: Result<()>,
}

/// Goes through a file before its import is asked for, without holding the database.
pub async fn prepare(
    app: &App,
    viewer: &Viewer,
    place: Uuid,
    wish: Wish,
    file: Arc<Vec<u8>>,
) -> Result<Ready> {
    let complex = importable(app, viewer, place).await?;
    wish.require_possible()?;
    let existing = existing(app.db.read(), &app.vault, complex.id).await?;
    let checked = go_through(Arc::clone(&file), &existing, wish).await?;
    let verdict = require_good(&checked, wish.rows);
    Ok(Ready { complex, file, wish, verdict })
}

/// What the operation of an import works on. No personal data: the file itself is sealed in the store of files.
#[derive(Debug, Serialize, Deserialize)]
struct Work {
    file: Uuid,
    wish: Wish,
    role: String,
}

const FILE: &str = "operation.input";

fn key(file: Uuid) -> String {
    format!("rolls/{file}")
}

/// Keeps the file and asks for its import.
pub async fn ask_import(app: &App, viewer: &Viewer, tx: &Tx, ready: Ready) -> Result<Answer<Operation>> {
    ready.verdict?;
    let role = viewer.acting_as(Permission::ImportRoll, &ready.complex).ok_or_else(|| NOT_FOUND.plain())?;
    let work = Work { file: tx.ids.random(), wish: ready.wish, role: role.as_str().into() };
    let sealed = app.vault.seal(FILE, &ready.file).map_err(Problem::internal)?;
    app.files.put(&key(work.file), sealed).await?;
    let input = serde_json::to_string(&work).map_err(Problem::internal)?;
    let operation = operations::ask(tx, Kind::RollImport, &ready.complex, viewer.person, input).await?;
    app.wake.work.notify_one();
    let location = format!("/v1/operations/{}", operation.id);
    Ok(Answer::accepted(operation, location))
}

/// Does what an operation asks for.
pub async fn run_import(
    app: &App,
    held: &Held,
    operation: &::entity::operation::Model,
    tell: Tell<'_>,
) -> Result<()> {
    let work: Work = serde_json::from_str(&operation.input).map_err(Problem::internal)?;
    let complex = operation.complex_id.ok_or_else(|| Problem::internal("an import without a complex"))?;
    let complex = places::lineage(app.db.read(), complex).await?;
    let sealed = app.files.get(&key(work.file)).await?;
    let file = Arc::new(app.vault.open(FILE, &sealed).map_err(Problem::internal)?);
    let Work { wish, role, .. } = work;
    import(app, &complex, Import { file, wish, role, operation: Some(held) }, tell).await?;
    Ok(())
}

/// Deletes the file of an operation that has ended.
pub async fn forget_file(app: &App, input: &str) {
    if let Ok(work) = serde_json::from_str::<Work>(input)
        && let Err(problem) = app.files.delete(&key(work.file)).await
    {
        tracing::warn!(%problem, "an imported file was not deleted");
    }
}

/// What to import, and how.
#[derive(Debug)]
pub struct Import<'a> {
    pub file: Arc<Vec<u8>>,
    pub wish: Wish,
    /// Who does it, for the record.
    pub role: String,
    /// The operation that ends with it.
    pub operation: Option<&'a Held>,
}

/// Imports a roll file into a complex, all or nothing, in one transaction. The file is gone through and the changes are
/// worked out before it begins; if another import was faster, they are worked out anew.
pub async fn import(app: &App, complex: &Lineage, import: Import<'_>, tell: Tell<'_>) -> Result<Imported> {
    require_complex(complex)?;
    import.wish.require_possible()?;
    for _ in 0..PLANS {
        tell("READING", 0, 0);
        let existing = existing(app.db.read(), &app.vault, complex.id).await?;
        let checked = go_through(Arc::clone(&import.file), &existing, import.wish).await?;
        require_good(&checked, import.wish.rows)?;
        let rows = (checked.good.as_slice(), import.wish.coverage);
        let plan = plan((&app.vault, &app.ids), complex, existing, rows, tell).await?;
        let overruled = plan.contradicted.len();
        let imported = Imported {
            homes: plan.sum.homes,
            parking: plan.sum.parking.0,
            public: plan.sum.public.0,
            heads: plan.sum.heads,
            area: plan.sum.area,
            roll_hash: plan.sum.hash.clone(),
            good_rows: whole(checked.good.len()),
            refused_total: whole(checked.refused.len()),
            footer_rows: checked.footers,
            difference: plan.difference.clone(),
        };
        drop(checked);
        let tx = app.db.begin().await?;
        tx.lock(&format!("roll {}", complex.id)).await?;
        let now = store::summary_held(tx.conn(), complex.id).await?.map_or(0, |row| row.version);
        if now != plan.version {
            continue;
        }
        may_overrule(&tx, complex, import.wish, overruled).await?;
        write(app, &tx, complex, plan, tell).await?;
        record_import(&tx, complex, now + 1, (import.role.clone(), overruled), &imported).await?;
        if let Some(held) = import.operation {
            operations::finish(&tx, held, &imported).await?;
        }
        app.commit(tx).await?;
        return Ok(imported);
    }
    Err(KEY_RUNNING.because("other imports of this roll were faster").retry_after(2))
}

/// Refuses a file that says otherwise than corrections of so many homes, unless that is asked for; while a programme
/// runs or a poll is not published in any case, for what two persons confirmed one does not undo.
async fn may_overrule(tx: &Tx, complex: &Lineage, wish: Wish, homes: usize) -> Result<()> {
    if homes == 0 {
        return Ok(());
    }
    let said = format!("homes of which it says otherwise than a correction: {homes}");
    if !wish.overrule_corrections {
        return Err(ROLL_CORRECTED.because(said));
    }
    match entries::setting_of(tx.conn(), complex).await?.persons() {
        Persons::One => Ok(()),
        Persons::Two => Err(ROLL_CORRECTED.because(format!("{said}; now only a change by two persons can"))),
    }
}

async fn record_import(
    tx: &Tx,
    complex: &Lineage,
    version: i64,
    (role, overruled): (String, usize),
    imported: &Imported,
) -> Result<()> {
    let difference = &imported.difference;
    let event = Event {
        kind: "ROLL_IMPORTED",
        complex: complex.id,
        place: complex.id,
        subject_type: "ROLL",
        subject: complex.id,
        version,
        role,
        audience: Audience::Members,
        person: None,
        facts: json!({
            "homes": imported.homes,
            "parking": imported.parking,
            "public": imported.public,
            "heads": imported.heads,
            "area": imported.area,
            "new_homes": difference.new_homes,
            "changed_homes": difference.changed_homes,
            "removed_homes": difference.removed_homes,
            "overruled_corrections": overruled,
            "roll_hash": imported.roll_hash,
            "shown": difference.changes_anything(),
        }),
        commitment: None,
    };
    record::write(tx, event).await
}

/// The roll of a complex as it is, in seven queries however large it is.
pub async fn existing(db: &impl Conn, vault: &Vault, complex: Uuid) -> Result<Existing> {
    let version = store::summary(db, complex).await?.map_or(0, |row| row.version);
    let mut existing = Existing { version, ..Existing::default() };
    let mut homes = store::homes(db, complex).await?;
    let mut ownerships = store::ownerships(db, complex).await?;
    for (id, level, parent, name) in store::places(db, complex).await? {
        let key = place_key(&name);
        match (Level::parse(&level), parent) {
            (Some(Level::Building), _) => {
                existing.buildings.insert(key, (id, name));
            }
            (Some(Level::Unit), Some(parent)) => {
                existing.units.insert((parent, key), id);
            }
            (Some(Level::Home), Some(parent)) => {
                let key = (parent, key);
                if let Some(home) = homes.remove(&id) {
                    existing.homes.insert(key, known_home(&home, ownerships.remove(&id))?);
                } else {
                    existing.off_roll.insert(key, id);
                }
            }
            _ => {}
        }
    }
    let undelivered = existing.homes.values().filter(|home| home.status != HomeStatus::Delivered);
    let holders: HashSet<Uuid> = undelivered.flat_map(|home| home.owners.iter().copied()).collect();
    let owners = store::owners(db, complex).await?;
    existing.corrections = changes::standing(db, vault, complex, &existing, &owners).await?;
    for (id, kind, name_index, id_number_index, phone_cipher) in owners {
        let is_developer = kind == "DEVELOPER";
        if let Some(index) = id_number_index {
            existing.owners.insert(index, ExistingOwner { id, is_developer, name_index, phone_cipher });
        }
    }
    for row in store::organisations(db, complex).await? {
        let developer = known_organisation(vault, &row)?;
        if holders.contains(&row.id) {
            let owner = ExistingOwner {
                id: row.id,
                is_developer: row.kind == "DEVELOPER",
                name_index: row.name_index,
                phone_cipher: row.phone_cipher,
            };
            existing.developers.push(ExistingDeveloper { owner, developer });
        } else if developer.id_number.is_some() {
            existing.organisations.push(developer);
        }
    }
    Ok(existing)
}

fn known_organisation(vault: &Vault, row: &::entity::owner::Model) -> Result<Developer> {
    let text = |column, cipher: &[u8]| vault.text(column, cipher).map_err(Problem::internal);
    let name = text(NAME, &row.name_cipher)?;
    let Some(number) = &row.id_number_cipher else {
        let name = Some(name).filter(|name| name != DEVELOPER);
        return Ok(Developer { name, ..Developer::default() });
    };
    let number = IdNumber::read(&text(ID_NUMBER, number)?)
        .map_err(|_| Problem::internal("an ID number that is none"))?;
    let phones = row.phone_cipher.as_deref().map(|cipher| text(PHONE, cipher)).transpose()?;
    let phones = phones.iter().flat_map(|phones| phones.split(BETWEEN_PHONES)).map(str::to_owned).collect();
    Ok(Developer { name: Some(name), id_number: Some(number), phones })
}

fn known_home(home: &::entity::home::Model, owners: Option<Vec<Uuid>>) -> Result<ExistingHome> {
    Ok(ExistingHome {
        id: home.place_id,
        kind: kind_of(home)?,
        status: status(&home.status).ok_or_else(|| Problem::internal("a home of an unknown status"))?,
        area: u64::try_from(home.area).map_err(Problem::internal)?,
        version: home.version,
        owners: owners.unwrap_or_default(),
    })
}

/// Works out what an import writes, giving way to other work now and then.
async fn plan(
    (vault, ids): (&Vault, &Ids),
    complex: &Lineage,
    existing: Existing,
    (rows, coverage): (&[RollRow], Coverage),
    tell: Tell<'_>,
) -> Result<Plan> {
    let total = whole(rows.len());
    let mut planner = Planner::new(complex, vault, ids, existing, rows)?;
    for (done, some) in rows.chunks(TURN).enumerate() {
        tell("COMPARING", whole(done * TURN), total);
        for row in some {
            planner.add(row)?;
        }
        tokio::task::yield_now().await;
    }
    tell("COUNTING", total, total);
    planner.finish(coverage)
}

fn whole(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Carries out a plan in the transaction.
async fn write(app: &App, tx: &Tx, complex: &Lineage, plan: Plan, tell: Tell<'_>) -> Result<()> {
    let Plan { version, places, owners, homes, removed, sum, difference, .. } = plan;
    let total = whole(places.len()) + whole(owners.len()) + whole(homes.len()) + whole(removed.len());
    let mut done = 0;
    for some in places.chunks(CHUNK) {
        tell("WRITING_PLACES", done, total);
        places::make_parts(tx, complex, some).await?;
        done += whole(some.len());
    }
    for some in owners.chunks(CHUNK) {
        tell("WRITING_OWNERS", done, total);
        let rows: Result<Vec<_>> = some.iter().map(|owner| sealed(&app.vault, complex.id, owner)).collect();
        store::keep_owners(tx.conn(), rows?).await?;
        done += whole(some.len());
    }
    for some in homes.chunks(CHUNK) {
        tell("WRITING_HOMES", done, total);
        write_homes(app, tx, complex, some).await?;
        done += whole(some.len());
    }
    for some in removed.chunks(CHUNK) {
        tell("REMOVING_HOMES", done, total);
        take_off(app, tx, complex, some).await?;
        done += whole(some.len());
    }
    tell("ENDING", total, total);
    // What the roll said already was shown already.
    let known = store::summary(tx.conn(), complex.id).await?.filter(|_| !difference.changes_anything());
    let shown_since = known.map_or(tx.now, |known| known.shown_since);
    let summary = summary(complex.id, sum, [tx.now, shown_since], version + 1)?;
    Ok(store::keep_summary(tx.conn(), summary).await?)
}

/// What a roll comes to, as the database keeps it.
fn summary(
    complex_id: Uuid,
    sum: Sum,
    [imported_at, shown_since]: [DateTime<Utc>; 2],
    version: i64,
) -> Result<::entity::roll_summary::Model> {
    let [delivered, unsold, undelivered] = sum.by_status;
    let long = |number: u64| i64::try_from(number).map_err(Problem::internal);
    Ok(::entity::roll_summary::Model {
        complex_id,
        homes: long(sum.homes)?,
        heads: long(sum.heads)?,
        area: long(sum.area)?,
        delivered_homes: long(delivered.0)?,
        delivered_area: long(delivered.1)?,
        unsold_homes: long(unsold.0)?,
        unsold_area: long(unsold.1)?,
        undelivered_homes: long(undelivered.0)?,
        undelivered_area: long(undelivered.1)?,
        parking_homes: long(sum.parking.0)?,
        parking_area: long(sum.parking.1)?,
        public_homes: long(sum.public.0)?,
        public_area: long(sum.public.1)?,
        roll_hash: sum.hash,
        imported_at,
        shown_since,
        version,
    })
}

/// Counts a roll anew after one of its homes changed: its hash before, and what it comes to now. The roll is held.
async fn recount(tx: &Tx, complex: Uuid) -> Result<(String, Sum)> {
    let before = store::summary_held(tx.conn(), complex).await?.ok_or_else(|| ROLL_MISSING.plain())?;
    let mut owners = store::ownerships(tx.conn(), complex).await?;
    let homes = store::homes(tx.conn(), complex).await?;
    let known = homes.values().map(|home| known_home(home, owners.remove(&home.place_id)));
    let sum = sum(&mut known.collect::<Result<Vec<_>>>()?).map_err(Problem::internal)?;
    let times = [before.imported_at, before.shown_since];
    let after = summary(complex, sum.clone(), times, before.version + 1)?;
    store::keep_summary(tx.conn(), after).await?;
    Ok((before.roll_hash, sum))
}

/// Takes homes off the roll: who owns them loses the role there. What polls locked stays as it was, and the place of a
/// home of which anything is told stays too; the others were never there.
async fn take_off(app: &App, tx: &Tx, complex: &Lineage, homes: &[Uuid]) -> Result<()> {
    let ended: Vec<(Uuid, &[Uuid])> = homes.iter().map(|home| (*home, [].as_slice())).collect();
    representations::follow(app, tx, complex, &ended).await?;
    store::clear_ownerships(tx.conn(), complex.id, homes.to_vec()).await?;
    store::delete_homes(tx.conn(), complex.id, homes).await?;
    identity::acts::end_ownerships(tx, complex, &ended).await?;
    let told = store::told_of(tx.conn(), complex.id, homes).await?;
    places::remove_parts(tx, homes.iter().copied().filter(|home| !told.contains(home)).collect()).await
}

async fn write_homes(app: &App, tx: &Tx, complex: &Lineage, homes: &[HomeWrite]) -> Result<()> {
    let owned: Vec<(Uuid, &[Uuid])> = homes.iter().map(|home| (home.id, home.owners.as_slice())).collect();
    representations::follow(app, tx, complex, &owned).await?;
    let rows = homes.iter().map(|home| {
        Ok(::entity::home::Model {
            complex_id: complex.id,
            place_id: home.id,
            kind: plan::kind_text(home.kind).into(),
            status: status_text(home.status).into(),
            area: i64::try_from(home.area).map_err(Problem::internal)?,
            version: home.version,
        })
    });
    store::keep_homes(tx.conn(), rows.collect::<Result<_>>()?).await?;
    let changed: Vec<(Uuid, &[Uuid])> =
        homes.iter().filter(|home| home.version > 1).map(|home| (home.id, home.owners.as_slice())).collect();
    if !changed.is_empty() {
        store::clear_ownerships(tx.conn(), complex.id, changed.iter().map(|(home, _)| *home).collect())
            .await?;
        identity::acts::end_ownerships(tx, complex, &changed).await?;
    }
    let shares: Vec<_> = homes.iter().flat_map(|home| shares(complex.id, home)).collect();
    for some in shares.chunks(CHUNK) {
        store::insert_ownerships(tx.conn(), some.to_vec()).await?;
    }
    Ok(())
}

fn shares(complex_id: Uuid, home: &HomeWrite) -> impl Iterator<Item = ::entity::ownership::Model> {
    let home_id = home.id;
    let owners = home.owners.iter().zip(0..);
    owners.map(move |(owner, ordinal)| ::entity::ownership::Model {
        complex_id,
        home_id,
        owner_id: *owner,
        ordinal,
    })
}

/// An owner as the database keeps one.
fn sealed(vault: &Vault, complex: Uuid, owner: &OwnerWrite) -> Result<::entity::owner::Model> {
    let seal = |column, text: &str| vault.seal(column, text.as_bytes()).map_err(Problem::internal);
    let number = owner.id_number.as_ref();
    let phones = Some(joined(&owner.phones)).filter(|phones| !phones.is_empty());
    Ok(::entity::owner::Model {
        complex_id: complex,
        id: owner.id,
        kind: owner.kind.into(),
        name_cipher: seal(NAME, &owner.name)?,
        name_index: vault.index(NAME, &plain_name(&owner.name)),
        id_number_cipher: number.map(|number| seal(ID_NUMBER, number.as_str())).transpose()?,
        id_number_index: number.map(|number| vault.index(ID_NUMBER, number.as_str())),
        phone_cipher: phones.as_deref().map(|phones| seal(PHONE, phones)).transpose()?,
        phone_index: owner.phones.first().map(|phone| vault.index(PHONE, phone)),
    })
}

/// An owner of a home, in the clear: for a verifier's masked view and for comparing, never for an answer as it is.
pub struct KnownOwner {
    pub id: Uuid,
    /// Place in the roll's list of co-owners, from 0.
    pub ordinal: i32,
    pub kind: String,
    pub name: String,
    pub name_index: String,
    pub id_number: Option<String>,
    pub id_number_index: Option<String>,
    pub phones: Vec<String>,
}

/// Whether a home is on the roll: one that left it may still be a place.
pub async fn is_on_roll(db: &impl Conn, complex: Uuid, home: Uuid) -> Result<bool> {
    Ok(store::home(db, complex, home).await?.is_some())
}

/// A number that the database keeps, which is never negative.
fn kept(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// How large a complex is, by its last import; nothing without one.
pub async fn size(db: &impl Conn, complex: Uuid) -> Result<Option<Size>> {
    let counted = store::summary(db, complex).await?;
    Ok(counted.map(|roll| Size { homes: kept(roll.homes), area: Area(kept(roll.area)) }))
}

/// How far a complex is delivered, by its last import; `first_on` is for whoever asks to know.
pub async fn delivery(db: &impl Conn, complex: Uuid, first_on: Option<NaiveDate>) -> Result<Delivery> {
    let counted = store::summary(db, complex).await?;
    let (delivered, all) = counted.map(|roll| (roll.delivered_area, roll.area)).unwrap_or_default();
    Ok(Delivery { delivered: Area(kept(delivered)), whole: Area(kept(all)), first_on })
}

/// What the lock of a roll waits for: since when it is shown, and by when the objections to entries within a place are to be
/// answered, those that nobody has; nothing without a roll. That a home is missing anybody may say, so it holds up nobody.
pub async fn shown(db: &impl Conn, place: &Lineage) -> Result<Option<(DateTime<Utc>, Vec<DateTime<Utc>>)>> {
    let complex = place.at(Level::Complex).unwrap_or_default();
    let Some(summary) = store::summary(db, complex).await? else { return Ok(None) };
    let open = store::corrections::unanswered_in(db, complex).await?;
    let objected: HashSet<Uuid> = open.iter().map(|(place, _)| *place).collect();
    let places = places::lineages(db, objected).await?;
    let is_within = |(entry, _): &(Uuid, _)| {
        *entry != complex && places.get(entry).is_some_and(|entry| entry.chain.contains(&Some(place.id)))
    };
    let due = open.into_iter().filter(is_within).map(|(_, due)| due).collect();
    Ok(Some((summary.shown_since, due)))
}

/// Heads and area of the roll within a place, of what counts: of all homes of a complex by its last import, nothing at all
/// without one; of a part, of some parts alone, or of parking too, counted anew.
pub async fn weight(
    db: &impl Conn,
    (place, among): (&Lineage, &[Uuid]),
    counts: RollPolicy,
) -> Result<Weight> {
    let complex = place.at(Level::Complex).unwrap_or_default();
    if place.id == complex && among.is_empty() && counts == RollPolicy::default() {
        let counted = store::summary(db, complex).await?;
        return Ok(counted.map_or(Weight::ZERO, |roll| Weight::new(kept(roll.heads), kept(roll.area))));
    }
    let developers = developers(db, complex).await?;
    let mut homes = Vec::new();
    for (home, owners) in store::homes_within(db, within((place, among)), complex).await? {
        homes.push(as_the_rules_read(&home, &owners, holder(&owners, &developers))?);
    }
    let counted = Roll::count(&homes, counts).map_err(Problem::internal)?;
    Ok(counted.total)
}

fn within<'a>((place, among): (&Lineage, &'a [Uuid])) -> Within<'a> {
    Within { level: place.level, place: place.id, among }
}

/// The owners on a complex's roll who are developers.
pub async fn developers(db: &impl Conn, complex: Uuid) -> Result<Vec<Uuid>> {
    Ok(store::developers(db, complex).await?)
}

/// The developer who holds a home: one who is on it; where none is, the complex's only one.
pub fn holder(owners: &[Uuid], developers: &[Uuid]) -> Option<Uuid> {
    let only = match developers {
        [only] => Some(only),
        _ => None,
    };
    owners.iter().find(|owner| developers.contains(owner)).or(only).copied()
}

/// The heads that these owners of the roll make with what counts and is delivered to them within a place, or some parts of it
/// alone, each with its area.
pub async fn heads_of(
    db: &impl Conn,
    (place, among): (&Lineage, &[Uuid]),
    owners: &[Uuid],
    counts: RollPolicy,
) -> Result<Vec<Head>> {
    let complex = place.at(Level::Complex).unwrap_or_default();
    let mut homes = Vec::new();
    for (home, owners) in store::homes_of(db, within((place, among)), complex, owners).await? {
        homes.push(as_the_rules_read(&home, &owners, None)?);
    }
    homes.retain(|home| counts.counts(home.kind) && home.status == HomeStatus::Delivered);
    Ok(Roll::count(&homes, counts).map_err(Problem::internal)?.heads)
}

/// A home, as the rules read a roll.
pub fn as_the_rules_read(
    home: &::entity::home::Model,
    owners: &[Uuid],
    developer: Option<Uuid>,
) -> Result<RollHome> {
    let status = status(&home.status).ok_or_else(|| Problem::internal("a home of an unknown status"))?;
    Ok(RollHome {
        id: home.place_id.to_string(),
        area: Area(u64::try_from(home.area).unwrap_or_default()),
        owners: owners.iter().map(Uuid::to_string).collect(),
        kind: kind_of(home)?,
        status,
        developer: developer.map(|developer| developer.to_string()),
    })
}

fn kind_of(home: &::entity::home::Model) -> Result<HomeKind> {
    plan::kind(&home.kind).ok_or_else(|| Problem::internal("a home of an unknown kind"))
}

/// How many names are looked up at once.
const MOST_NAMES: usize = 100;

/// The names of some owners of a complex, in an order that tells nothing.
pub async fn names_of(
    app: &App,
    db: &impl Conn,
    complex: Uuid,
    owners: &BTreeSet<Uuid>,
) -> Result<Vec<String>> {
    let name = |cipher: Vec<u8>| app.vault.text(NAME, &cipher).map_err(Problem::internal);
    let owners: Vec<Uuid> = owners.iter().take(MOST_NAMES).copied().collect();
    store::names_of(db, complex, &owners).await?.into_iter().map(name).collect()
}

/// The owners of a home as the roll has them.
pub async fn owners_of(app: &App, db: &impl Conn, complex: Uuid, home: Uuid) -> Result<Vec<KnownOwner>> {
    let text = |column, cipher: &[u8]| app.vault.text(column, cipher).map_err(Problem::internal);
    let known = |(ordinal, owner): (i32, ::entity::owner::Model)| {
        let phones = owner.phone_cipher.as_deref().map(|cipher| text(PHONE, cipher)).transpose()?;
        Ok(KnownOwner {
            id: owner.id,
            ordinal,
            name: text(NAME, &owner.name_cipher)?,
            name_index: owner.name_index,
            id_number: owner.id_number_cipher.as_deref().map(|cipher| text(ID_NUMBER, cipher)).transpose()?,
            id_number_index: owner.id_number_index,
            phones: phones
                .iter()
                .flat_map(|phones| phones.split(BETWEEN_PHONES))
                .map(str::to_owned)
                .collect(),
            kind: owner.kind,
        })
    };
    store::owners_of(db, complex, home).await?.into_iter().map(known).collect()
}
