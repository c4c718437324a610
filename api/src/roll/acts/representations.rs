//! Who acts for an owner: proposed, confirmed, ended; and kept in step with the roll.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rules::{
    identity::masked_name,
    roll::representation::{Actor, Ground, OwnerKind, Proposal, Refusal, State, Way},
};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    super::{
        NAME, REPRESENTATION_CONFIRMED_ALREADY, REPRESENTATION_NOT_YOURS, REPRESENTATION_OVER,
        REPRESENTATION_STALE, REPRESENTATION_THERE, REPRESENTATION_UNFIT, REPRESENTATION_UNPROVEN,
        ROLL_OWN_HOME, ROLL_PLACE_MISFIT, ROLL_SECOND_PERSON,
        model::representations::{ProposeRepresentation, Representation},
        store::{self, representations as kept},
    },
    listed,
    objections::{CORRECTORS, concerns, corrects_as},
    owners_of,
};
use crate::{
    access::{Level, Lineage, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        paging::{Cursors, List, Page},
        problem::{NOT_ALLOWED, NOT_FOUND, Problem, Result},
    },
    identity::{self, acts::Standing},
    moderation, places,
    record::{self, Audience, Event},
    uploads::{self, Attachment},
};

type Row = ::entity::representation::Model;
type CoOwner = ::entity::representation_owner::Model;

const PERSON: &str = "representation.name";
const DOCUMENT: &str = "representation.document";
const WORDS: &str = "representation.words";

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = match refusal {
            Refusal::Unfit(_) => &REPRESENTATION_UNFIT,
            Refusal::Unproven => &REPRESENTATION_UNPROVEN,
            Refusal::There => &REPRESENTATION_THERE,
            Refusal::OwnHome => &ROLL_OWN_HOME,
            Refusal::SamePerson => &ROLL_SECOND_PERSON,
            Refusal::Not(_) => &REPRESENTATION_OVER,
            Refusal::ConfirmedAlready => &REPRESENTATION_CONFIRMED_ALREADY,
            Refusal::Stale => &REPRESENTATION_STALE,
        };
        problem.because(refusal.to_string())
    }
}

/// A home whose complex's roll is held, and who owns it.
struct Scene {
    home: Lineage,
    complex: Lineage,
    owners: BTreeSet<Uuid>,
    /// For whom of them the viewer acts.
    mine: BTreeSet<Uuid>,
}

impl Scene {
    async fn hold(viewer: &Viewer, tx: &Tx, home: Uuid) -> Result<Self> {
        let home = places::lineage(tx.conn(), home).await?;
        viewer.require(Permission::ReadRollEntry, &home, None)?;
        let complex = home.at(Level::Complex).filter(|_| home.level == Level::Home);
        let complex = places::lineage(tx.conn(), complex.ok_or_else(|| ROLL_PLACE_MISFIT.plain())?).await?;
        tx.lock(&format!("roll {}", complex.id)).await?;
        let shares = kept::shares_of(tx.conn(), complex.id, [home.id]).await?;
        let owners: BTreeSet<Uuid> = shares.into_iter().map(|share| share.owner_id).collect();
        let mine = identity::acts_for(tx.conn(), viewer, complex.id, tx.now).await?;
        let mine = owners.intersection(&mine).copied().collect();
        Ok(Self { home, complex, owners, mine })
    }

    fn corrects(&self, viewer: &Viewer) -> bool {
        viewer.may(Permission::CorrectRoll, &self.home, None)
    }

    fn names(&self, viewer: &Viewer) -> bool {
        viewer.may(Permission::NameCoOwner, &self.home, None)
    }

    /// As what the viewer acts: a co-owner for themselves, everybody else for an office.
    fn role(&self, viewer: &Viewer, way: Way) -> Result<String> {
        match way {
            Way::CoOwners { .. } => Ok(Role::Owner.as_str().into()),
            Way::Office => corrects_as(viewer, &self.home),
        }
    }
}

/// What is proposed by somebody who may: goes on only if WeChat finds nothing against the words, where it can be asked.
pub async fn check_proposal(
    app: &App,
    viewer: &Viewer,
    home: Uuid,
    new: &ProposeRepresentation,
) -> Result<()> {
    let home = places::lineage(app.db.read(), home).await?;
    viewer.require(Permission::ReadRollEntry, &home, None)?;
    match &new.document {
        Some(document) => moderation::must_pass(app, viewer.person, document).await,
        None => Ok(()),
    }
}

/// An office records who acts for an owner, for another person of it to confirm; or a co-owner asks the others to name one
/// of them, and has confirmed it with that.
pub async fn propose(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    home: Uuid,
    new: &ProposeRepresentation,
) -> Result<Answer<Representation>> {
    let scene = Scene::hold(viewer, tx, home).await?;
    let is_theirs = new.ground == Ground::NamedCoOwner && !scene.mine.is_empty();
    let way = if is_theirs {
        Way::CoOwners { missing: scene.owners.difference(&scene.mine).count() }
    } else {
        if !scene.corrects(viewer) {
            return Err(NOT_ALLOWED.plain());
        }
        Way::Office
    };
    let owners = owners_of(app, tx.conn(), scene.complex.id, home).await?;
    let owner = owners.iter().find(|owner| owner.ordinal == new.ordinal);
    let owner = owner.ok_or_else(|| REPRESENTATION_UNFIT.because("no owner has this ordinal"))?;
    let mut row = proposed(app, viewer, tx, &scene, (new, owner.id, way))?;
    let actor =
        Actor { is_proposer: true, is_concerned: concerns(viewer, &scene.home, None), is_party: is_theirs };
    let proposal = Proposal {
        ground: new.ground,
        owner: OwnerKind::from_code(&owner.kind).ok_or_else(|| Problem::internal("an owner of no kind"))?,
        owners: owners.len(),
        names_somebody: new.person.is_some(),
        is_proven: new.document.is_some() && !new.evidence.is_empty(),
        is_there: is_there(tx, &row).await?,
    };
    let state = proposal.propose(way, actor)?;
    if let Some(person) = row.person_id {
        identity::must_exist(tx.conn(), person).await?;
    }
    let to = Attachment::Representation { complex: row.complex_id, id: row.id };
    uploads::attach(tx, viewer.person, &new.evidence, to).await?;
    let co_owner = |owner: &Uuid| {
        let by = (is_theirs && scene.mine.contains(owner)).then_some(viewer.person);
        CoOwner {
            complex_id: row.complex_id,
            representation_id: row.id,
            owner_id: *owner,
            confirmed_by: by,
            confirmed_at: by.map(|_| tx.now),
        }
    };
    let of: Vec<CoOwner> = match new.ground {
        Ground::NamedCoOwner => scene.owners.iter().map(co_owner).collect(),
        _ => Vec::new(),
    };
    kept::insert(tx.conn(), row.clone(), of).await?;
    if state == State::Stands {
        stand(app, tx, &scene, &mut row).await?;
    } else {
        let notify: &[Role] = if is_theirs { &[] } else { &CORRECTORS };
        let notify: Vec<&str> = notify.iter().copied().map(Role::as_str).collect();
        tell(app, tx, (&row, "REPRESENTATION_PROPOSED"), &row.proposed_as, &notify).await?;
        tell_owners(tx, &scene, &row, viewer.person).await?;
    }
    shown(app, viewer, tx, row).await
}

fn proposed(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    scene: &Scene,
    (new, owner, way): (&ProposeRepresentation, Uuid, Way),
) -> Result<Row> {
    let seal = |column, text: &str| app.vault.seal(column, text.as_bytes()).map_err(Problem::internal);
    let person = new.person.as_ref();
    let ends_at = person.and_then(|person| person.ends_at).map(|end| end.to_utc());
    if ends_at.is_some_and(|end| end <= tx.now) {
        return Err(Problem::member("/person/ends_at", "BOUND", "must be later than now"));
    }
    Ok(Row {
        complex_id: scene.complex.id,
        id: tx.id(),
        place_id: scene.home.id,
        ground: new.ground.code().into(),
        state: State::Proposed.code().into(),
        owner_id: owner,
        owners_key: (new.ground == Ground::NamedCoOwner).then(|| key_of(&scene.owners)),
        person_id: person.map(|person| person.person_id),
        name_cipher: person.map(|person| seal(PERSON, person.name.trim())).transpose()?,
        ends_at,
        document_cipher: new.document.as_deref().map(|document| seal(DOCUMENT, document)).transpose()?,
        evidence: serde_json::to_string(&new.evidence).map_err(Problem::internal)?,
        proposed_by: viewer.person,
        proposed_as: scene.role(viewer, way)?,
        proposed_at: tx.now,
        confirmed_by: None,
        confirmed_as: None,
        stands_since: None,
        closed_by: None,
        closed_as: None,
        closed_at: None,
        words_cipher: None,
        version: 1,
    })
}

/// Who names one of them: the same people, in whatever home.
fn key_of(owners: &BTreeSet<Uuid>) -> String {
    let hash = owners.iter().fold(Sha256::new(), |hash, owner| hash.chain_update(owner.as_bytes()));
    hex::encode(hash.finalize())
}

/// Whether the same stands or waits already; of co-owners whatever waits, and whoever stands.
async fn is_there(tx: &Tx, new: &Row) -> Result<bool> {
    let same = |row: &Row| {
        let is_over = row.ends_at.is_some_and(|end| end <= tx.now);
        let waits = row.state == State::Proposed.code();
        let same = (row.owner_id, row.person_id) == (new.owner_id, new.person_id);
        row.ground == new.ground
            && row.owners_key == new.owners_key
            && !is_over
            && (same || waits && new.owners_key.is_some())
    };
    Ok(kept::open(tx.conn(), new.complex_id).await?.iter().any(same))
}

/// One that is held, with its home and what the viewer is to it.
async fn to_decide(viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<(Row, Scene, Vec<CoOwner>, Actor)> {
    let scene = Scene::hold(viewer, tx, find(tx.conn(), id).await?.place_id).await?;
    // It may have been decided while the roll was waited for.
    let row = find(tx.conn(), id).await?;
    let of = kept::owners(tx.conn(), row.complex_id, [row.id]).await?;
    // A ward has no say in who guards them.
    let is_own = ground(&row)? != Ground::Guardian && scene.mine.contains(&row.owner_id);
    let actor = Actor {
        is_proposer: row.proposed_by == viewer.person,
        is_concerned: concerns(viewer, &scene.home, None),
        is_party: is_own
            || row.person_id == Some(viewer.person)
            || of.iter().any(|one| scene.mine.contains(&one.owner_id)),
    };
    Ok((row, scene, of, actor))
}

fn is_of_an_office(row: &Row) -> bool {
    row.proposed_as != Role::Owner.as_str()
}

/// Why somebody who sees it has no say in it: co-owners have another naming of theirs to decide, everybody else none.
fn not_theirs(viewer: &Viewer, scene: &Scene, row: &Row) -> Problem {
    if !is_of_an_office(row) && scene.names(viewer) {
        REPRESENTATION_NOT_YOURS.plain()
    } else {
        NOT_ALLOWED.plain()
    }
}

/// Another person of the office agrees, or one of the co-owners.
pub async fn confirm(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Answer<Representation>> {
    let (mut row, scene, mut of, actor) = to_decide(viewer, tx, id).await?;
    let by_office = is_of_an_office(&row);
    if !(if by_office { scene.corrects(viewer) } else { actor.is_party && scene.names(viewer) }) {
        return Err(not_theirs(viewer, &scene, &row));
    }
    let mut fresh = Vec::new();
    for one in of.iter_mut().filter(|one| !by_office && scene.mine.contains(&one.owner_id)) {
        if one.confirmed_by.is_none() {
            (one.confirmed_by, one.confirmed_at) = (Some(viewer.person), Some(tx.now));
            fresh.push(one.clone());
        }
    }
    let missing = of.iter().filter(|one| one.confirmed_by.is_none()).count();
    let way = if by_office { Way::Office } else { Way::CoOwners { missing } };
    let is_stale = !still_owned(&row, &scene, &of);
    let state = state(&row)?.confirm(way, actor, is_stale)?;
    if !by_office && fresh.is_empty() {
        return Err(Refusal::ConfirmedAlready.into());
    }
    for one in &fresh {
        kept::save_owner(tx.conn(), one).await?;
    }
    row.version += 1;
    if by_office {
        (row.confirmed_by, row.confirmed_as) = (Some(viewer.person), Some(scene.role(viewer, way)?));
    }
    if state == State::Stands {
        stand(app, tx, &scene, &mut row).await?;
    } else {
        kept::save(tx.conn(), &row).await?;
    }
    shown(app, viewer, tx, row).await
}

/// Whether the home is still owned as it was when this was proposed.
fn still_owned(row: &Row, scene: &Scene, of: &[CoOwner]) -> bool {
    let named: BTreeSet<Uuid> = of.iter().map(|one| one.owner_id).collect();
    if named.is_empty() { scene.owners.contains(&row.owner_id) } else { named == scene.owners }
}

/// From now on they act for the owner; whom the same co-owners had named before does not any more.
async fn stand(app: &App, tx: &Tx, scene: &Scene, row: &mut Row) -> Result<()> {
    row.state = State::Stands.code().into();
    row.stands_since = Some(tx.now);
    kept::save(tx.conn(), row).await?;
    let role = row.confirmed_as.clone().unwrap_or_else(|| row.proposed_as.clone());
    for before in kept::open(tx.conn(), row.complex_id).await? {
        if row.owners_key.is_some() && before.owners_key == row.owners_key && before.id != row.id {
            close(app, tx, scene, before, (None, &role, None)).await?;
        }
    }
    if let Some(standing) = standing(row)? {
        let homes = kept::homes_owned(tx.conn(), row.complex_id, row.owner_id).await?;
        for home in places::lineages(tx.conn(), homes).await?.values() {
            identity::acts::let_stand(tx, home, &standing).await?;
        }
    }
    tell(app, tx, (row, "REPRESENTATION_STANDS"), &role, &[]).await?;
    tell_owners(tx, scene, row, Uuid::nil()).await
}

/// As what whom acts; nothing of a co-owner, who acts as who they are.
fn standing(row: &Row) -> Result<Option<Standing>> {
    let ground = ground(row)?;
    Ok(row.person_id.map(|person| Standing { person, owner: row.owner_id, ground, ends_at: row.ends_at }))
}

/// What is said against it by somebody who may end it: as [`check_proposal`].
pub async fn check_ending(app: &App, viewer: &Viewer, id: Uuid, words: &str) -> Result<()> {
    seen(app.db.read(), viewer, id).await?;
    moderation::must_pass(app, viewer.person, words).await
}

/// Somebody does not confirm it, takes it back, or ends it.
pub async fn end(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    words: &str,
) -> Result<Answer<Representation>> {
    let (row, scene, _, actor) = to_decide(viewer, tx, id).await?;
    if !actor.is_party && !scene.corrects(viewer) {
        return Err(not_theirs(viewer, &scene, &row));
    }
    let ended = state(&row)?.end(actor)?;
    let role = if actor.is_party { Role::Owner.as_str().into() } else { corrects_as(viewer, &scene.home)? };
    let words = app.vault.seal(WORDS, words.as_bytes()).map_err(Problem::internal)?;
    let row = Row { state: ended.code().into(), ..row };
    let row = close(app, tx, &scene, row, (Some(viewer.person), &role, Some(words))).await?;
    shown(app, viewer, tx, row).await
}

/// Nothing comes of it any more; whoever acted does not from now on.
async fn close(
    app: &App,
    tx: &Tx,
    scene: &Scene,
    mut row: Row,
    (by, role, words): (Option<Uuid>, &str, Option<Vec<u8>>),
) -> Result<Row> {
    if state(&row)?.is_open() {
        row.state = State::Ended.code().into();
    }
    row.closed_by = by;
    row.closed_as = Some(role.to_owned());
    row.closed_at = Some(tx.now);
    row.words_cipher = words;
    row.version += 1;
    kept::save(tx.conn(), &row).await?;
    if let Some(standing) = standing(&row)? {
        identity::acts::let_go(tx, &scene.complex, &standing).await?;
    }
    tell(app, tx, (&row, "REPRESENTATION_ENDED"), role, &[]).await?;
    tell_owners(tx, scene, &row, by.unwrap_or_default()).await?;
    Ok(row)
}

/// Before these homes get other owners: whom a co-owner named who loses a share is not named any more, and whoever acts
/// for an owner who gets one acts there too. `homes` are those homes with their owners from then on. What was somebody's
/// role at a home ends with the share, as everybody's does.
pub(super) async fn follow(app: &App, tx: &Tx, complex: &Lineage, homes: &[(Uuid, &[Uuid])]) -> Result<()> {
    let open = kept::open(tx.conn(), complex.id).await?;
    if open.is_empty() {
        return Ok(());
    }
    let mut had: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
    for share in kept::shares_of(tx.conn(), complex.id, homes.iter().map(|(home, _)| *home)).await? {
        had.entry(share.home_id).or_default().insert(share.owner_id);
    }
    let (mut lose, mut get) = (BTreeSet::new(), Vec::new());
    for (home, owners) in homes {
        let had = had.remove(home).unwrap_or_default();
        lose.extend(had.iter().filter(|owner| !owners.contains(owner)).copied());
        get.extend(owners.iter().filter(|owner| !had.contains(owner)).map(|owner| (*owner, *home)));
    }
    let of = kept::owners(tx.conn(), complex.id, open.iter().map(|row| row.id)).await?;
    for row in open {
        let is_of = |one: &&CoOwner| one.representation_id == row.id;
        if of.iter().filter(is_of).any(|one| lose.contains(&one.owner_id)) {
            let home = places::lineage(tx.conn(), row.place_id).await?;
            let scene =
                Scene { home, complex: complex.clone(), owners: BTreeSet::new(), mine: BTreeSet::new() };
            close(app, tx, &scene, row, (None, "ROLL", None)).await?;
        } else if let Some(standing) = standing(&row)?.filter(|_| row.state == State::Stands.code()) {
            let there = get.iter().filter(|(owner, _)| *owner == row.owner_id).map(|(_, home)| *home);
            for home in places::lineages(tx.conn(), there).await?.values() {
                identity::acts::let_stand(tx, home, &standing).await?;
            }
        }
    }
    Ok(())
}

/// Whom the owners of a head had named at a time, of them all; nothing where they had named nobody.
pub async fn named(
    db: &impl Conn,
    complex: Uuid,
    owners: &BTreeSet<Uuid>,
    at: DateTime<Utc>,
) -> Result<Option<Uuid>> {
    let all = kept::named_by(db, complex, &key_of(owners)).await?;
    let stood = |row: &Row| {
        row.stands_since.is_some_and(|since| since <= at) && row.closed_at.is_none_or(|end| at < end)
    };
    Ok(all.into_iter().find(stood).map(|row| row.owner_id))
}

fn ground(row: &Row) -> Result<Ground> {
    Ground::from_code(&row.ground).ok_or_else(|| Problem::internal("a representation on no known ground"))
}

fn state(row: &Row) -> Result<State> {
    State::from_code(&row.state).ok_or_else(|| Problem::internal("a representation in no known state"))
}

/// Tells the complex that somebody acts for an owner, and not for whom.
async fn tell(
    app: &App,
    tx: &Tx,
    (row, kind): (&Row, &'static str),
    role: &str,
    notify: &[&str],
) -> Result<()> {
    let text = |column, cipher: &Option<Vec<u8>>| {
        cipher.as_deref().map(|cipher| app.vault.text(column, cipher)).transpose().map_err(Problem::internal)
    };
    let texts = [text(PERSON, &row.name_cipher)?, text(DOCUMENT, &row.document_cipher)?];
    let texts = texts.map(Option::unwrap_or_default);
    let ids = [Some(row.id), Some(row.place_id), Some(row.owner_id), row.person_id];
    let ids = ids.map(|id| id.unwrap_or_default().into_bytes()).concat();
    let [name, document] = &texts;
    let parts = [b"representation".as_slice(), &ids, name.as_bytes(), document.as_bytes()];
    let event = Event {
        kind,
        complex: row.complex_id,
        place: row.complex_id,
        subject_type: "REPRESENTATION",
        subject: row.id,
        version: row.version,
        role: role.to_owned(),
        audience: Audience::Members,
        person: None,
        facts: json!({ "ground": row.ground, "state": row.state, "notify": notify }),
        commitment: Some(hex::encode(app.vault.mac(&parts))),
    };
    record::write(tx, event).await
}

/// Tells those whom it concerns, but for who did it: the owners, and who acts.
async fn tell_owners(tx: &Tx, scene: &Scene, row: &Row, but: Uuid) -> Result<()> {
    let of = kept::owners(tx.conn(), row.complex_id, [row.id]).await?;
    let owners = of.iter().map(|one| one.owner_id).chain([row.owner_id]);
    let persons = identity::persons_of_owners(tx.conn(), row.complex_id, owners, tx.now).await?;
    let persons = persons.into_iter().map(|(person, _)| person).chain(row.person_id);
    let mut persons: BTreeSet<Uuid> = persons.collect();
    persons.remove(&but);
    for person in persons {
        let event = Event {
            kind: "OWNER_REPRESENTED",
            complex: row.complex_id,
            place: scene.home.id,
            subject_type: "REPRESENTATION",
            subject: row.id,
            version: row.version,
            role: row.proposed_as.clone(),
            audience: Audience::Person,
            person: Some(person),
            facts: json!({ "ground": row.ground, "state": row.state }),
            commitment: None,
        };
        record::write(tx, event).await?;
    }
    Ok(())
}

/// One, for those who correct the roll and for the owners of the home.
pub async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<(Representation, i64)> {
    let db = app.db.read();
    let row = seen(db, viewer, id).await?;
    let version = row.version;
    Ok((show(app, viewer, db, row).await?, version))
}

async fn find(db: &impl Conn, id: Uuid) -> Result<Row> {
    kept::find(db, id).await?.ok_or_else(|| NOT_FOUND.because("no such representation"))
}

/// One, if the viewer may see the home's entry.
async fn seen(db: &impl Conn, viewer: &Viewer, id: Uuid) -> Result<Row> {
    let row = find(db, id).await?;
    let home = places::lineage(db, row.place_id).await?;
    viewer.require(Permission::ReadRollEntry, &home, None)?;
    Ok(row)
}

/// Those of a complex, for those who correct its roll, or of a home also for its owners; the newest first.
pub async fn list(app: &App, viewer: &Viewer, place: Uuid, page: &Page) -> Result<List<Representation>> {
    let db = app.db.read();
    let (place, home) = listed(db, viewer, place).await?;
    let cursors = Cursors::new(&app.vault, format!("representations {}", place.id), viewer.person);
    let before = cursors.position(page)?;
    let complex = place.at(Level::Complex).unwrap_or_default();
    let mut shown = Vec::new();
    for row in kept::list(db, complex, home, before, page.limit() + 1).await? {
        shown.push(show(app, viewer, db, row).await?);
    }
    Ok(cursors.page(shown, page, |one| one.id.to_string(), |one| one))
}

/// Whether a photo is shown that proves one: to those who see it.
pub async fn shows_proof(app: &App, viewer: &Viewer, id: Uuid) -> Result<bool> {
    let Some(row) = kept::find(app.db.read(), id).await? else { return Ok(false) };
    let home = places::lineage(app.db.read(), row.place_id).await?;
    Ok(viewer.may(Permission::ReadRollEntry, &home, None))
}

async fn shown(app: &App, viewer: &Viewer, tx: &Tx, row: Row) -> Result<Answer<Representation>> {
    let (location, version) = (format!("/v1/representations/{}", row.id), row.version);
    Ok(Answer::created(show(app, viewer, tx.conn(), row).await?, location).version(version))
}

async fn show(app: &App, viewer: &Viewer, db: &impl Conn, row: Row) -> Result<Representation> {
    let text = |column, cipher: &[u8]| app.vault.text(column, cipher).map_err(Problem::internal);
    let optional =
        |column, cipher: &Option<Vec<u8>>| cipher.as_deref().map(|one| text(column, one)).transpose();
    let home = places::lineage(db, row.place_id).await?;
    let at_home = |grant: &crate::access::Grant| grant.role == Role::Owner && grant.place.id == home.id;
    let is_own = viewer.grants.iter().any(at_home);
    let masked = |name: String| if is_own { name } else { masked_name(&name) };
    let owner = store::corrections::owner(db, row.complex_id, row.owner_id).await?;
    let owner = owner.ok_or_else(|| Problem::internal("an owner who is on no roll"))?;
    let of = kept::owners(db, row.complex_id, [row.id]).await?;
    let is_you = match row.person_id {
        Some(person) => person == viewer.person,
        None => viewer.owners_in(row.complex_id).contains(&row.owner_id),
    };
    Ok(Representation {
        id: row.id,
        place_id: row.place_id,
        home: places::address(db, &home).await?,
        ground: ground(&row)?,
        state: state(&row)?,
        owner: masked(text(NAME, &owner.name_cipher)?),
        name: optional(PERSON, &row.name_cipher)?.map(masked),
        is_you,
        unconfirmed: of.iter().filter(|one| one.confirmed_by.is_none()).count(),
        ends_at: row.ends_at.map(local),
        document: optional(DOCUMENT, &row.document_cipher)?,
        evidence: serde_json::from_str(&row.evidence).map_err(Problem::internal)?,
        proposed_as: row.proposed_as,
        proposed_at: local(row.proposed_at),
        confirmed_as: row.confirmed_as,
        stands_since: row.stands_since.map(local),
        closed_as: row.closed_as,
        closed_at: row.closed_at.map(local),
        words: optional(WORDS, &row.words_cipher)?,
        version: row.version,
    })
}
