//! What people do in a programme.

use rules::{
    programmes::{self as law, Deed, Ending, Kind, deed},
    roll::{Head, HeadKey},
};
use serde_json::json;
use uuid::Uuid;

use super::{
    super::{
        DEEDS_TOO_MANY, SIGNED_ALREADY,
        model::{self, DoDeed, ModulePath},
        store,
    },
    Scene, moves, roles,
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    clock::local,
    database::Tx,
    http::{
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Problem, Result},
    },
    pii::sha256,
    polls::acts as polls,
    roll::acts as roll,
};

const WORDS: &str = "programme_deed.words";

/// What one person does in a module at most.
const EACH: u64 = 50;

type Row = ::entity::programme_deed::Model;

/// Somebody does something in a module.
pub(in super::super) async fn act(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    path: &ModulePath,
    request: &DoDeed,
) -> Result<model::Deed> {
    let (module, deed) = (path.module.as_str(), request.deed);
    if deed == Deed::Sign {
        register(viewer, tx, path).await?;
    }
    let mut scene = Scene::hold_for(tx, viewer, path.programme_id).await?;
    let done = moves::done(tx.conn(), &scene, module).await?;
    let roles = roles(viewer, Permission::ActInProgramme, &scene.place);
    let of = (&scene.course, &scene.kept.template);
    let role = deed::take(of, (module, deed), &roles, (&done, request.ending), tx.now)?;
    must_say(request)?;
    must_answer_something(tx, &scene, module, request.answers).await?;
    if store::deeds_by(tx.conn(), &scene.row, module, viewer.person).await? >= EACH {
        return Err(DEEDS_TOO_MANY.plain());
    }
    if deed == Deed::Sign {
        sign(viewer, tx, &scene, module).await?;
    }
    let seal = |words: &String| app.vault.seal(WORDS, words.as_bytes()).map_err(Problem::internal);
    let row = Row {
        complex_id: scene.row.complex_id,
        id: tx.id(),
        programme_id: scene.row.id,
        module: module.to_owned(),
        deed: deed.code().into(),
        role: role.code().into(),
        person_id: viewer.person,
        words_cipher: request.words.as_ref().map(seal).transpose()?,
        ending: request.ending.filter(|_| deed == Deed::Close).map(|ending| ending.code().into()),
        answers: request.answers,
        at: tx.now,
    };
    store::insert_deed(tx.conn(), row.clone()).await?;
    let words = request
        .words
        .as_deref()
        .map(|words| hex::encode(app.vault.mac(&[b"programme deed", row.id.as_bytes(), words.as_bytes()])));
    let facts =
        json!({ "module": module, "deed": deed, "role": role, "ending": row.ending, "deed_id": row.id });
    scene.tell_with(tx, "PROGRAMME_DEED", role.code(), facts, words).await?;
    moves::advance(tx, &mut scene).await?;
    scene.save(tx).await?;
    show(app, viewer, &row)
}

/// All that is done but to sign, to accept or to decline is done in words; whoever closes something gives the reasons.
fn must_say(request: &DoDeed) -> Result<()> {
    let silent = matches!(request.deed, Deed::Sign | Deed::Accept | Deed::Decline);
    if request.words.is_none() && !silent {
        return Err(Problem::member("/words", "MISSING", "say what was done, or why"));
    }
    Ok(())
}

/// What is answered was said in the same module.
async fn must_answer_something(tx: &Tx, scene: &Scene, module: &str, answers: Option<Uuid>) -> Result<()> {
    let Some(answers) = answers else { return Ok(()) };
    let said = store::deed(tx.conn(), &scene.row, answers).await?;
    if said.is_some_and(|said| said.module == module && said.deed == Deed::Say.code()) {
        return Ok(());
    }
    Err(Problem::member("/answers", "UNKNOWN", "nothing like that was said here"))
}

/// An owner signs for every head that they are an owner of; a head counts once, whoever of its owners signs.
async fn sign(viewer: &Viewer, tx: &Tx, scene: &Scene, module: &str) -> Result<()> {
    if store::deeds_by(tx.conn(), &scene.row, module, viewer.person).await? > 0 {
        return Err(SIGNED_ALREADY.plain());
    }
    let complex = scene.row.complex_id;
    let heads = roll::heads_of(tx.conn(), &scene.place, &viewer.owners_in(complex)).await?;
    let row = |head: &Head| ::entity::programme_signature::Model {
        complex_id: complex,
        programme_id: scene.row.id,
        module: module.to_owned(),
        head: head_of(&head.key),
        area: i64::try_from(head.area.0).unwrap_or(i64::MAX),
    };
    Ok(store::sign(tx.conn(), heads.iter().map(row).collect()).await?)
}

/// Who signs that they register has registered for the programme's poll of opinion, as long as it takes that. A poll is held
/// before its programme, here as everywhere.
async fn register(viewer: &Viewer, tx: &Tx, path: &ModulePath) -> Result<()> {
    let seen = Scene::load(tx.conn(), viewer, path.programme_id).await?;
    let module = seen.kept.template.modules.get(&path.module);
    if module.is_none_or(|module| module.kind != Kind::RegistrationGate) {
        return Ok(());
    }
    for bound in store::polls(tx.conn(), &seen.row).await? {
        polls::register_all(viewer, tx, bound.poll_id).await?;
    }
    Ok(())
}

fn head_of(key: &HeadKey) -> String {
    let owners: Vec<&str> = match key {
        HeadKey::Owners(owners) => owners.iter().map(String::as_str).collect(),
        HeadKey::Developer(of) => of.iter().map(String::as_str).collect(),
        HeadKey::Home(home) => vec![home.as_str()],
    };
    sha256(owners.join(",").as_bytes())
}

/// What was done in a module, in order. Who signed is counted, and told to nobody.
pub(in super::super) async fn deeds(
    app: &App,
    viewer: &Viewer,
    path: &ModulePath,
    page: &Page,
) -> Result<List<model::Deed>> {
    let db = app.db.read();
    let scene = Scene::load(db, viewer, path.programme_id).await?;
    let module = scene.kept.template.modules.get(&path.module);
    let module = module.ok_or_else(|| NOT_FOUND.because("no such module"))?;
    if module.kind.is_signed() {
        return Ok(List { items: Vec::new(), next_cursor: None });
    }
    let list = format!("deeds {} {}", scene.row.id, path.module);
    let cursors = Cursors::new(&app.vault, list, viewer.person);
    let after = cursors.position(page)?;
    let rows = store::deeds(db, &scene.row, &path.module, after, page.limit() + 1).await?;
    let List { items, next_cursor } =
        cursors.page(rows, page, |row| row.id.to_string(), |row| show(app, viewer, &row));
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

fn show(app: &App, viewer: &Viewer, row: &Row) -> Result<model::Deed> {
    let damaged = || Problem::internal("a programme's deed is not what the law knows");
    let words = |cipher: &Vec<u8>| app.vault.text(WORDS, cipher).map_err(Problem::internal);
    Ok(model::Deed {
        id: row.id,
        deed: Deed::from_code(&row.deed).ok_or_else(damaged)?,
        role: law::Role::from_code(&row.role).ok_or_else(damaged)?,
        is_yours: row.person_id == viewer.person,
        words: row.words_cipher.as_ref().map(words).transpose()?,
        ending: row.ending.as_deref().and_then(Ending::from_code),
        answers: row.answers,
        at: local(row.at),
    })
}
