//! Changes of one home on the roll: proposed with a document, confirmed by a second person where anything is voted on,
//! carried out, and kept.

use std::collections::{HashMap, HashSet};

use rules::{
    identity::{IdNumber, Phone, plain_name},
    roll::{
        HomeStatus,
        corrections::{self as law, Actor, Kind, State},
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        ROLL_CHANGE_WAITS, ROLL_OWNER_UNFIT, ROLL_PLACE_MISFIT,
        model::corrections::{Change, NewOwner, OWNERS, ProposeChange, RefuseChange, Told, Wanted},
        plan::{Corrections, Existing, ExistingHome, HomeWrite, ID_NUMBER, NAME, OwnerWrite, PHONE, Sum},
        store::{self, corrections as kept},
    },
    entries::{masked_owner, setting_of, source_of},
    objections::{self, CORRECTORS, concerns, corrects_as},
    owners_of, recount, sealed, write_homes,
};
use crate::{
    access::{Level, Lineage, Permission, Role, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        answer::Answer,
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Problem, Result},
    },
    identity, moderation,
    pii::Vault,
    places,
    record::{self, Audience, Event},
    uploads::{self, Attachment},
};

type Row = ::entity::roll_change::Model;

const BEFORE: &str = "roll_change.before";
const AFTER: &str = "roll_change.after";
const DOCUMENT: &str = "roll_change.document";
const WORDS: &str = "roll_change.words";
const OVERRIDES: &str = "roll_change.overrides";
const DECISION: &str = "roll_change.decision";

/// Persons of one home who are told that its entry changed.
const PERSONS: u64 = 100;

/// A home as it was, or shall be; private.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fact {
    /// In 0.01 m².
    pub area: u64,
    pub source: Option<law::Source>,
    pub status: HomeStatus,
    /// In the order of the roll.
    pub owners: Vec<FactOwner>,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FactOwner {
    /// Who of the roll that is; nobody yet, where the number was not on it.
    pub id: Option<Uuid>,
    pub name: String,
    pub id_number: Option<String>,
    /// Given with the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl Fact {
    /// Who owns it, as the roll knows them.
    fn ids(&self) -> HashSet<Uuid> {
        self.owners.iter().filter_map(|owner| owner.id).collect()
    }
}

/// What a roll says because it was corrected: the last word of a correction on each home, as long as the roll still says
/// so. Linear in the corrections.
pub(super) async fn standing(
    db: &impl Conn,
    vault: &Vault,
    complex: Uuid,
    existing: &Existing,
    owners: &[store::OwnerRow],
) -> Result<Corrections> {
    let mut standing = Corrections::default();
    let applied = kept::applied(db, complex).await?;
    if applied.is_empty() {
        return Ok(standing);
    }
    let homes: HashMap<Uuid, &ExistingHome> = existing.homes.values().map(|home| (home.id, home)).collect();
    let names: HashMap<Uuid, &str> = owners.iter().map(|owner| (owner.0, owner.2.as_str())).collect();
    let mut said = HashSet::new();
    for row in applied {
        let Some(home) = homes.get(&row.place_id) else { continue };
        let (before, after) = facts(vault, &row)?;
        match kind(&row)? {
            Kind::Area if said.insert((Kind::Area, home.id)) && home.area == after.area => {
                standing.areas.insert(home.id);
            }
            Kind::Owners | Kind::Status | Kind::Sale if said.insert((Kind::Owners, home.id)) => {
                let owned: HashSet<Uuid> = home.owners.iter().copied().collect();
                if home.status == after.status && owned == after.ids() {
                    standing.owners.insert(home.id);
                }
            }
            Kind::Name => {
                let called =
                    after.owners.iter().zip(&before.owners).filter(|(now, then)| now.name != then.name);
                for (id, name) in called.filter_map(|(now, _)| Some((now.id?, &now.name))) {
                    let index = vault.index(NAME, &plain_name(name));
                    if said.insert((Kind::Name, id)) && names.get(&id) == Some(&index.as_str()) {
                        standing.names.insert(id);
                    }
                }
            }
            Kind::Area | Kind::Owners | Kind::Status | Kind::Sale => {}
        }
    }
    Ok(standing)
}

/// A home with its complex, and what goes on there; the roll is held.
struct Scene {
    home: Lineage,
    complex: Lineage,
    row: ::entity::home::Model,
    now: Fact,
    setting: law::Setting,
}

impl Scene {
    /// Whoever changes the roll or locks it waits for this, so that what is decided here holds when it is written.
    async fn hold(app: &App, tx: &Tx, viewer: &Viewer, home: Uuid) -> Result<Self> {
        let home = places::lineage(tx.conn(), home).await?;
        viewer.require(Permission::CorrectRoll, &home, None)?;
        if home.level != Level::Home {
            return Err(ROLL_PLACE_MISFIT.plain());
        }
        let complex = home.at(Level::Complex).unwrap_or_default();
        tx.lock(&format!("roll {complex}")).await?;
        let row = store::home(tx.conn(), complex, home.id).await?;
        let row = row.ok_or_else(|| NOT_FOUND.because("no such home on the roll"))?;
        let now = present(app, tx.conn(), &row).await?;
        let setting = setting_of(tx.conn(), &home).await?;
        Ok(Self { complex: places::lineage(tx.conn(), complex).await?, home, row, now, setting })
    }
}

/// What the roll says of a home now.
async fn present(app: &App, db: &impl Conn, row: &::entity::home::Model) -> Result<Fact> {
    let owners = owners_of(app, db, row.complex_id, row.place_id).await?;
    let owner = |owner: super::KnownOwner| FactOwner {
        id: Some(owner.id),
        name: owner.name,
        id_number: owner.id_number,
        phone: None,
    };
    Ok(Fact {
        area: u64::try_from(row.area).map_err(Problem::internal)?,
        source: source_of(db, row).await?,
        status: super::status(&row.status).ok_or_else(|| Problem::internal("a home of an unknown status"))?,
        owners: owners.into_iter().map(owner).collect(),
    })
}

/// What is proposed by somebody who may: goes on only if WeChat finds nothing against the words, where it can be asked.
pub async fn check_proposal(app: &App, viewer: &Viewer, home: Uuid, new: &ProposeChange) -> Result<()> {
    let home = places::lineage(app.db.read(), home).await?;
    viewer.require(Permission::CorrectRoll, &home, None)?;
    let overrides = new.change.overrides().unwrap_or_default();
    moderation::must_pass(app, viewer.person, &format!("{}\n{}\n{overrides}", new.document, new.words)).await
}

/// Somebody who corrects the roll says how a home should stand on it. That is so at once where one person is enough;
/// linear in the homes of the complex then, as locking its roll is.
pub async fn propose(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    home: Uuid,
    new: &ProposeChange,
) -> Result<Answer<Change>> {
    let scene = Scene::hold(app, tx, viewer, home).await?;
    let kind = new.change.kind();
    let actor = Actor { is_concerned: concerns(viewer, &scene.home, None), is_proposer: true };
    let state = law::propose(kind, scene.setting, actor)?;
    if kept::change_waits(tx.conn(), scene.complex.id, home).await? {
        return Err(ROLL_CHANGE_WAITS.plain());
    }
    if let Some(objection) = new.objection_id {
        objections::to_accept(tx.conn(), viewer, &scene.home, objection).await?;
    }
    let after = wanted(app, tx, &scene, &new.change).await?;
    let mut row = proposed(app, viewer, tx, &scene, (new, &after))?;
    let to = Attachment::RollChange { complex: row.complex_id, id: row.id };
    uploads::attach(tx, viewer.person, &new.evidence, to).await?;
    if state == State::Applied {
        carry_out(app, viewer, tx, &scene, (&mut row, &after)).await?;
        kept::insert_change(tx.conn(), row.clone()).await?;
    } else {
        kept::insert_change(tx.conn(), row.clone()).await?;
        let notify = CORRECTORS.map(Role::as_str);
        let facts =
            json!({ "kind": row.kind, "persons": row.persons, "source": row.source, "notify": notify });
        tell(app, tx, "ROLL_CHANGE_PROPOSED", &row, row.proposed_as.clone(), facts).await?;
    }
    shown(app, viewer, tx, row).await
}

fn proposed(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    scene: &Scene,
    (new, after): (&ProposeChange, &Fact),
) -> Result<Row> {
    let seal = |column, text: &str| app.vault.seal(column, text.as_bytes()).map_err(Problem::internal);
    let kind = new.change.kind();
    let area = (kind == Kind::Area).then(|| i64::try_from(after.area)).transpose();
    Ok(Row {
        complex_id: scene.complex.id,
        id: tx.id(),
        place_id: scene.home.id,
        kind: kind.code().into(),
        state: State::Proposed.code().into(),
        objection_id: new.objection_id,
        persons: scene.setting.persons().number().into(),
        area: area.map_err(Problem::internal)?,
        source: after.source.filter(|_| kind == Kind::Area).map(|source| source.code().into()),
        before_cipher: fact_of(&app.vault, BEFORE, &scene.now)?,
        after_cipher: fact_of(&app.vault, AFTER, after)?,
        document_cipher: seal(DOCUMENT, &new.document)?,
        words_cipher: seal(WORDS, &new.words)?,
        overrides_cipher: new.change.overrides().map(|words| seal(OVERRIDES, words)).transpose()?,
        evidence: serde_json::to_string(&new.evidence).map_err(Problem::internal)?,
        proposed_by: viewer.person,
        proposed_as: corrects_as(viewer, &scene.home)?,
        proposed_at: tx.now,
        decided_by: None,
        decided_as: None,
        decided_at: None,
        decision_cipher: None,
        roll_hash: None,
        version: 1,
    })
}

fn fact_of(vault: &Vault, column: &'static str, fact: &Fact) -> Result<Vec<u8>> {
    let text = serde_json::to_string(fact).map_err(Problem::internal)?;
    vault.seal(column, text.as_bytes()).map_err(Problem::internal)
}

/// The home as it shall be.
async fn wanted(app: &App, tx: &Tx, scene: &Scene, change: &Wanted) -> Result<Fact> {
    let now = &scene.now;
    let after = match change {
        Wanted::Area { area, source, overrides } => {
            law::may_rest_on(now.source, *source, overrides.is_some())?;
            Fact { area: *area, source: Some(*source), ..now.clone() }
        }
        Wanted::Owners { keep, add } => {
            if now.status != HomeStatus::Delivered {
                return Err(unfit("the home is its developer's: it was not handed over"));
            }
            Fact { owners: owners(app, tx, scene, (keep, add)).await?, ..now.clone() }
        }
        Wanted::Name { ordinal, name } => {
            let mut after = now.clone();
            let owner = usize::try_from(*ordinal).ok().and_then(|at| after.owners.get_mut(at));
            let owner = owner.ok_or_else(|| unfit("no owner has this ordinal"))?;
            name.trim().clone_into(&mut owner.name);
            after
        }
        Wanted::Status { status: HomeStatus::Delivered, keep, add } | Wanted::Sale { keep, add } => {
            let owners = owners(app, tx, scene, (keep, add)).await?;
            Fact { status: HomeStatus::Delivered, owners, ..now.clone() }
        }
        Wanted::Status { status, keep, add } => {
            if !keep.is_empty() || !add.is_empty() {
                return Err(unfit("a home that was not handed over is its developer's alone"));
            }
            Fact { status: *status, owners: vec![developer(app, tx, scene).await?], ..now.clone() }
        }
    };
    if after == *now { Err(law::Refusal::NothingChanges.into()) } else { Ok(after) }
}

fn unfit(words: &'static str) -> Problem {
    ROLL_OWNER_UNFIT.because(words)
}

/// Those who stay, in their order, and then those who come.
async fn owners(
    app: &App,
    tx: &Tx,
    scene: &Scene,
    (keep, add): (&[i32], &[NewOwner]),
) -> Result<Vec<FactOwner>> {
    let mut all = Vec::new();
    for ordinal in keep {
        let owner = usize::try_from(*ordinal).ok().and_then(|at| scene.now.owners.get(at));
        all.push(owner.cloned().ok_or_else(|| unfit("no owner has this ordinal"))?);
    }
    for (place, new) in add.iter().enumerate() {
        all.push(known(app, tx, scene, (place, new)).await?);
    }
    if all.is_empty() || all.len() > OWNERS {
        return Err(unfit("a home that was handed over has 1 to 50 owners"));
    }
    let repeats = |at: usize, owner: &FactOwner| {
        let same = |one: &FactOwner| one.id_number.is_some() && one.id_number == owner.id_number;
        all.iter().take(at).any(|one| same(one) || one.id.is_some() && one.id == owner.id)
    };
    if all.iter().enumerate().any(|(at, owner)| repeats(at, owner)) {
        return Err(unfit("somebody is named twice"));
    }
    Ok(all)
}

/// Who of the roll somebody is, by ID number: as an import has it, the same number is the same owner.
async fn known(app: &App, tx: &Tx, scene: &Scene, (place, new): (usize, &NewOwner)) -> Result<FactOwner> {
    let at = |member: &str| format!("/change/add/{place}/{member}");
    let number = IdNumber::read(&new.id_number)
        .map_err(|fault| Problem::member(&at("id_number"), "ID_NUMBER", fault.to_string()))?;
    let phone = new.phone.as_deref().map(Phone::read).transpose();
    let phone = phone.map_err(|fault| Problem::member(&at("phone"), "PHONE", fault.to_string()))?;
    let mut owner = FactOwner {
        id: None,
        name: new.name.trim().to_owned(),
        id_number: Some(number.as_str().to_owned()),
        phone: phone.map(|phone| phone.expose().to_owned()),
    };
    owner.id = numbered(app, tx, scene.complex.id, &owner).await?;
    Ok(owner)
}

/// The owner of the roll with this number, if there is one; they have to be called the same.
async fn numbered(app: &App, tx: &Tx, complex: Uuid, owner: &FactOwner) -> Result<Option<Uuid>> {
    let Some(number) = &owner.id_number else { return Ok(None) };
    let index = app.vault.index(ID_NUMBER, number);
    let Some(known) = kept::numbered(tx.conn(), complex, &index).await? else { return Ok(None) };
    if known.name_index == app.vault.index(NAME, &plain_name(&owner.name)) {
        Ok(Some(known.id))
    } else {
        Err(unfit("the roll has this ID number under another name: correct the name first, if that is wrong"))
    }
}

/// Whose a home is that was not handed over: the developer's who holds it, or the only one that the roll knows.
async fn developer(app: &App, tx: &Tx, scene: &Scene) -> Result<FactOwner> {
    let mut developers = store::organisations(tx.conn(), scene.complex.id).await?;
    developers.retain(|owner| owner.kind == "DEVELOPER");
    let holds = |owner: &::entity::owner::Model| scene.now.owners.iter().any(|one| one.id == Some(owner.id));
    if scene.now.status != HomeStatus::Delivered {
        developers.retain(holds);
    }
    let [developer] = developers.as_slice() else {
        return Err(unfit("the roll does not say which developer's it is: import the home with 建设单位"));
    };
    let text = |column, cipher: &[u8]| app.vault.text(column, cipher).map_err(Problem::internal);
    Ok(FactOwner {
        id: Some(developer.id),
        name: text(NAME, &developer.name_cipher)?,
        id_number: developer.id_number_cipher.as_deref().map(|cipher| text(ID_NUMBER, cipher)).transpose()?,
        phone: None,
    })
}

/// A change that is held, with its home and the roll; only for who may see it.
async fn to_decide(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<(Row, Scene, Actor)> {
    let row = kept::change_held(tx.conn(), id).await?;
    let row = row.ok_or_else(|| NOT_FOUND.because("no such change"))?;
    let scene = Scene::hold(app, tx, viewer, row.place_id).await?;
    let objection = match row.objection_id {
        Some(objection) => kept::objection(tx.conn(), objection).await?,
        None => None,
    };
    let actor = Actor {
        is_concerned: concerns(viewer, &scene.home, objection.as_ref()),
        is_proposer: row.proposed_by == viewer.person,
    };
    Ok((row, scene, actor))
}

/// A second person agrees: the roll says so from now on.
pub async fn confirm(app: &App, viewer: &Viewer, tx: &Tx, id: Uuid) -> Result<Answer<Change>> {
    let (mut row, scene, actor) = to_decide(app, viewer, tx, id).await?;
    let (before, after) = facts(&app.vault, &row)?;
    let is_stale = before != scene.now;
    law::confirm(state(&row)?, kind(&row)?, scene.setting, actor, is_stale)?;
    row.decided_by = Some(viewer.person);
    row.decided_as = Some(corrects_as(viewer, &scene.home)?);
    row.decided_at = Some(tx.now);
    row.version += 1;
    carry_out(app, viewer, tx, &scene, (&mut row, &after)).await?;
    kept::save_change(tx.conn(), &row).await?;
    shown(app, viewer, tx, row).await
}

/// What is said against a change by somebody who may decide it: as [`check_proposal`].
pub async fn check_refusal(app: &App, viewer: &Viewer, id: Uuid, words: &str) -> Result<()> {
    let row = kept::change(app.db.read(), id).await?;
    let row = row.ok_or_else(|| NOT_FOUND.because("no such change"))?;
    let home = places::lineage(app.db.read(), row.place_id).await?;
    viewer.require(Permission::CorrectRoll, &home, None)?;
    moderation::must_pass(app, viewer.person, words).await
}

/// A second person does not agree, or who proposed it takes it back: the roll stays as it is.
pub async fn refuse(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    id: Uuid,
    new: &RefuseChange,
) -> Result<Answer<Change>> {
    let (mut row, scene, actor) = to_decide(app, viewer, tx, id).await?;
    let refused = law::refuse(state(&row)?, actor)?;
    let role = corrects_as(viewer, &scene.home)?;
    row.state = refused.code().into();
    row.decided_by = Some(viewer.person);
    row.decided_as = Some(role.clone());
    row.decided_at = Some(tx.now);
    row.decision_cipher = Some(app.vault.seal(DECISION, new.words.as_bytes()).map_err(Problem::internal)?);
    row.version += 1;
    kept::save_change(tx.conn(), &row).await?;
    tell(app, tx, "ROLL_CHANGE_REFUSED", &row, role, json!({ "kind": row.kind, "state": row.state })).await?;
    shown(app, viewer, tx, row).await
}

/// Writes what a change says, and nothing else: the home, its owners, who has lost the role with the share, and what the
/// roll comes to with it.
async fn carry_out(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    scene: &Scene,
    (row, after): (&mut Row, &Fact),
) -> Result<()> {
    let holders =
        async || identity::holders(tx.conn(), scene.home.id, Role::Owner.as_str(), tx.now, PERSONS).await;
    let mut told = holders().await?;
    let owners = settle_owners(app, tx, scene, after).await?;
    row.after_cipher = fact_of(&app.vault, AFTER, &settled(after, &owners))?;
    let write = HomeWrite {
        id: scene.home.id,
        kind: super::kind_of(&scene.row)?,
        status: after.status,
        area: after.area,
        owners,
        version: scene.row.version + 1,
    };
    write_homes(app, tx, &scene.complex, &[write]).await?;
    let (hash_before, sum) = recount(tx, scene.complex.id).await?;
    row.state = State::Applied.code().into();
    row.roll_hash = Some(sum.hash.clone());
    let role = row.decided_as.clone().unwrap_or_else(|| row.proposed_as.clone());
    tell(app, tx, "ROLL_CHANGED", row, role.clone(), changed(row, (&hash_before, &sum))).await?;
    told.extend(holders().await?);
    told.sort_unstable();
    told.dedup();
    for person in told {
        tell_owner(tx, row, role.clone(), person).await?;
    }
    match row.objection_id {
        Some(objection) => {
            let words = app.vault.text(WORDS, &row.words_cipher).map_err(Problem::internal)?;
            objections::accept(app, viewer, tx, (objection, row.id), &words).await
        }
        None => Ok(()),
    }
}

/// What everybody in the complex may know: what the whole roll came to before and after, and not of which home.
fn changed(row: &Row, (hash_before, sum): (&str, &Sum)) -> Value {
    json!({
        "kind": row.kind,
        "persons": row.persons,
        "proposed_as": row.proposed_as,
        "source": row.source,
        "homes": sum.homes,
        "heads": sum.heads,
        "area": sum.area,
        "roll_hash_before": hash_before,
        "roll_hash": sum.hash,
    })
}

/// The same with everybody known to the roll.
fn settled(after: &Fact, owners: &[Uuid]) -> Fact {
    let mut settled = after.clone();
    for (owner, id) in settled.owners.iter_mut().zip(owners) {
        owner.id = Some(*id);
    }
    settled
}

/// Who owns the home from now on, by their ids: whom the roll did not know is new on it.
async fn settle_owners(app: &App, tx: &Tx, scene: &Scene, after: &Fact) -> Result<Vec<Uuid>> {
    let mut ids = Vec::new();
    for owner in &after.owners {
        let id = match owner.id {
            Some(id) => Some(id),
            // Somebody may have brought the number in since it was proposed.
            None => numbered(app, tx, scene.complex.id, owner).await?,
        };
        ids.push(match id {
            Some(id) => {
                rename(app, tx, scene, (id, owner)).await?;
                id
            }
            None => enrol(app, tx, scene, owner).await?,
        });
    }
    Ok(ids)
}

/// Writes the name and phone of an owner who is there, where they are others now.
async fn rename(app: &App, tx: &Tx, scene: &Scene, (id, owner): (Uuid, &FactOwner)) -> Result<()> {
    let known = kept::owner(tx.conn(), scene.complex.id, id).await?;
    let mut known = known.ok_or_else(|| Problem::internal("an owner of a home who is on no roll"))?;
    let is_called = app.vault.text(NAME, &known.name_cipher).map_err(Problem::internal)?;
    if is_called == owner.name && owner.phone.is_none() {
        return Ok(());
    }
    known.name_cipher = app.vault.seal(NAME, owner.name.as_bytes()).map_err(Problem::internal)?;
    known.name_index = app.vault.index(NAME, &plain_name(&owner.name));
    if let Some(phone) = &owner.phone {
        known.phone_cipher = Some(app.vault.seal(PHONE, phone.as_bytes()).map_err(Problem::internal)?);
        known.phone_index = Some(app.vault.index(PHONE, phone));
    }
    Ok(store::keep_owners(tx.conn(), vec![known]).await?)
}

/// Puts somebody on the roll whom it did not know.
async fn enrol(app: &App, tx: &Tx, scene: &Scene, owner: &FactOwner) -> Result<Uuid> {
    let number = owner.id_number.as_deref().and_then(|number| IdNumber::read(number).ok());
    let number = number.ok_or_else(|| Problem::internal("a new owner without a number"))?;
    let new = OwnerWrite {
        id: tx.id(),
        kind: if number.is_organisation() { "ORGANISATION" } else { "PERSON" },
        name: owner.name.clone(),
        id_number: Some(number),
        phones: owner.phone.iter().cloned().collect(),
    };
    let row = sealed(&app.vault, scene.complex.id, &new)?;
    store::keep_owners(tx.conn(), vec![row]).await?;
    Ok(new.id)
}

fn kind(row: &Row) -> Result<Kind> {
    Kind::from_code(&row.kind).ok_or_else(|| Problem::internal("a change of no known kind"))
}

fn state(row: &Row) -> Result<State> {
    State::from_code(&row.state).ok_or_else(|| Problem::internal("a change in no known state"))
}

/// The home before and after.
fn facts(vault: &Vault, row: &Row) -> Result<(Fact, Fact)> {
    let open = |column, cipher: &[u8]| {
        let text = vault.text(column, cipher).map_err(Problem::internal)?;
        serde_json::from_str(&text).map_err(Problem::internal)
    };
    Ok((open(BEFORE, &row.before_cipher)?, open(AFTER, &row.after_cipher)?))
}

/// Lets whoever keeps a change prove what it was, by which document and of which home.
fn commitment(app: &App, row: &Row) -> Result<String> {
    let open = |column, cipher: &[u8]| app.vault.text(column, cipher).map_err(Problem::internal);
    let (before, after) = (open(BEFORE, &row.before_cipher)?, open(AFTER, &row.after_cipher)?);
    let (document, words) = (open(DOCUMENT, &row.document_cipher)?, open(WORDS, &row.words_cipher)?);
    let decision = row.decision_cipher.as_deref().map(|cipher| open(DECISION, cipher)).transpose()?;
    let decision = decision.unwrap_or_default();
    let texts = [&before, &after, &document, &words, &row.evidence, &decision];
    let mut parts = vec![b"roll_change".as_slice(), row.id.as_bytes(), row.place_id.as_bytes()];
    parts.extend(texts.iter().map(|text| text.as_bytes()));
    Ok(hex::encode(app.vault.mac(&parts)))
}

async fn tell(app: &App, tx: &Tx, kind: &'static str, row: &Row, role: String, facts: Value) -> Result<()> {
    let event = Event {
        kind,
        complex: row.complex_id,
        place: row.complex_id,
        subject_type: "ROLL_CHANGE",
        subject: row.id,
        version: row.version,
        role,
        audience: Audience::Members,
        person: None,
        facts,
        commitment: Some(commitment(app, row)?),
    };
    record::write(tx, event).await
}

/// Tells somebody who owned the home, or owns it now, that its entry changed.
async fn tell_owner(tx: &Tx, row: &Row, role: String, person: Uuid) -> Result<()> {
    let event = Event {
        kind: "ROLL_ENTRY_CHANGED",
        complex: row.complex_id,
        place: row.place_id,
        subject_type: "ROLL_CHANGE",
        subject: row.id,
        version: row.version,
        role,
        audience: Audience::Person,
        person: Some(person),
        facts: json!({ "kind": row.kind }),
        commitment: None,
    };
    record::write(tx, event).await
}

/// A change, for those who correct the roll and for the owners of the home.
pub async fn read(app: &App, viewer: &Viewer, id: Uuid) -> Result<(Change, i64)> {
    let db = app.db.read();
    let row = kept::change(db, id).await?.ok_or_else(|| NOT_FOUND.because("no such change"))?;
    let home = places::lineage(db, row.place_id).await?;
    viewer.require(Permission::ReadRollEntry, &home, None)?;
    let version = row.version;
    Ok((show(app, viewer, db, row).await?, version))
}

/// Changes of the roll of a complex for those who correct it, or of a home also for its owners; the newest first.
pub async fn list(app: &App, viewer: &Viewer, place: Uuid, page: &Page) -> Result<List<Change>> {
    let db = app.db.read();
    let (place, home) = super::listed(db, viewer, place).await?;
    let cursors = Cursors::new(&app.vault, format!("roll changes {}", place.id), viewer.person);
    let before = cursors.position(page)?;
    let complex = place.at(Level::Complex).unwrap_or_default();
    let mut shown = Vec::new();
    for row in kept::changes(db, complex, home, before, page.limit() + 1).await? {
        shown.push(show(app, viewer, db, row).await?);
    }
    Ok(cursors.page(shown, page, |change| change.id.to_string(), |change| change))
}

async fn shown(app: &App, viewer: &Viewer, tx: &Tx, row: Row) -> Result<Answer<Change>> {
    let (location, version) = (format!("/v1/roll-changes/{}", row.id), row.version);
    Ok(Answer::created(show(app, viewer, tx.conn(), row).await?, location).version(version))
}

async fn show(app: &App, viewer: &Viewer, db: &impl Conn, row: Row) -> Result<Change> {
    let text = |column, cipher: &[u8]| app.vault.text(column, cipher).map_err(Problem::internal);
    let (before, after) = facts(&app.vault, &row)?;
    let mine = viewer.owners_in(row.complex_id);
    let told = |fact: Fact| Told {
        area: fact.area,
        area_source: fact.source,
        status: fact.status,
        owners: (0..)
            .zip(&fact.owners)
            .map(|(ordinal, owner)| {
                let is_you = owner.id.is_some_and(|id| mine.contains(&id));
                masked_owner(ordinal, &owner.name, owner.id_number.as_deref(), is_you)
            })
            .collect(),
    };
    let home = places::lineage(db, row.place_id).await?;
    Ok(Change {
        id: row.id,
        place_id: row.place_id,
        home: places::address(db, &home).await?,
        kind: kind(&row)?,
        state: state(&row)?,
        objection_id: row.objection_id,
        persons: row.persons,
        before: told(before),
        after: told(after),
        document: text(DOCUMENT, &row.document_cipher)?,
        words: text(WORDS, &row.words_cipher)?,
        overrides: row.overrides_cipher.as_deref().map(|cipher| text(OVERRIDES, cipher)).transpose()?,
        evidence: serde_json::from_str(&row.evidence).map_err(Problem::internal)?,
        is_yours: row.proposed_by == viewer.person,
        proposed_as: row.proposed_as,
        proposed_at: local(row.proposed_at),
        decided_as: row.decided_as,
        decided_at: row.decided_at.map(local),
        decision: row.decision_cipher.as_deref().map(|cipher| text(DECISION, cipher)).transpose()?,
        roll_hash: row.roll_hash,
        version: row.version,
    })
}

/// Whether a photo is shown that was sent with an objection: to those who answer it.
pub async fn shows_objected(app: &App, viewer: &Viewer, objection: Uuid) -> Result<bool> {
    let Some(row) = kept::objection(app.db.read(), objection).await? else { return Ok(false) };
    let place = places::lineage(app.db.read(), row.place_id).await?;
    Ok(viewer.may(Permission::CorrectRoll, &place, None))
}

/// Whether a photo is shown that was sent with a change: to those who see the change.
pub async fn shows_changed(app: &App, viewer: &Viewer, change: Uuid) -> Result<bool> {
    let Some(row) = kept::change(app.db.read(), change).await? else { return Ok(false) };
    let home = places::lineage(app.db.read(), row.place_id).await?;
    Ok(viewer.may(Permission::ReadRollEntry, &home, None))
}
