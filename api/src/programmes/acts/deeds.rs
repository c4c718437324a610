//! What people do in a programme.

use std::collections::{BTreeMap, BTreeSet};

use rules::{
    programmes::{
        self as law, Deed, Ending, Kind,
        course::NOTIFY,
        deed::{self, Done},
    },
    roll::{Head, HeadKey, RollPolicy},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        DEED_NOT_YOURS, DEEDS_TOO_MANY, NOTE_ANSWERED, SIGNED_ALREADY,
        model::{self, DoDeed, Meeting, ModulePath},
        store,
    },
    Scene,
    asked::{self, Comes},
    group, moves, roles,
    shown::{self, Details, sees},
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    clock::local,
    database::{Conn, Tx},
    http::{
        paging::{Cursors, List, Page},
        problem::{NOT_FOUND, Problem, Result},
    },
    identity,
    pii::sha256,
    polls::acts as polls,
    record::{self, Event},
    roll::acts as roll,
    uploads::{self, Attachment},
};

const WORDS: &str = "programme_deed.words";
const ASKS: &str = "programme_deed.asks";

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
    let waits = unanswered(tx.conn(), &scene).await?.get(module).copied().unwrap_or_default();
    let done = Done { unanswered: waits, ..moves::done(tx.conn(), &scene, module).await? };
    let roles = roles(viewer, Permission::ActInProgramme, &scene.place);
    let of = (&scene.course, scene.terms());
    let role = deed::take(of, (module, deed), &roles, (&done, request.ending), tx.now)?;
    if deed == Deed::Defend && !scene.member(tx.conn(), tx.now).await?.is_some_and(|member| member.is(viewer))
    {
        return Err(DEED_NOT_YOURS.because("only whom the programme is about answers it"));
    }
    let comes = asked::comes(app, viewer, tx, (&scene, module), (request, &done)).await?;
    let role = comes.map_or(role, |comes| comes.from);
    let step = scene.kept.template.modules.get(module);
    let kind = step.map(|step| step.kind);
    let group = group::formed(app, tx, &scene, request).await?;
    must_say(kind, request)?;
    shown::must_fit(tx, step, request)?;
    asked::must_have_it(tx.conn(), &scene.row, (module, deed), viewer.person).await?;
    must_be_another(tx, &scene, (module, deed), viewer.person).await?;
    if deed == Deed::Accept && step.is_some_and(|step| step.succession) {
        let since = scene.begun_with(tx.conn()).await?;
        polls::must_have_stepped_up(&app.vault, tx.conn(), scene.row.complex_id, since).await?;
    }
    asked::must_ask_well(app, &scene, module, request).await?;
    let answered = answered(viewer, tx, &scene, module, request).await?;
    if store::deeds_by(tx.conn(), &scene.row, (module, None), viewer.person).await? >= EACH {
        return Err(DEEDS_TOO_MANY.plain());
    }
    if deed == Deed::Sign {
        sign(viewer, tx, &scene, module).await?;
    }
    let seal = |column, words: &String| app.vault.seal(column, words.as_bytes()).map_err(Problem::internal);
    let replies = asked::is_reply((viewer, role), request, (answered.as_ref(), &done));
    let details = Details::of(request).json()?;
    let marks = kind == Some(Kind::Task) && deed == Deed::Show;
    let evidence = (marks || !request.evidence.is_empty()).then(|| json!(request.evidence).to_string());
    let row = Row {
        complex_id: scene.row.complex_id,
        id: tx.id(),
        programme_id: scene.row.id,
        module: module.to_owned(),
        deed: deed.code().into(),
        role: role.code().into(),
        person_id: viewer.person,
        words_cipher: request.words.as_ref().map(|words| seal(WORDS, words)).transpose()?,
        ending: request.ending.filter(|_| deed == Deed::Close).map(|ending| ending.code().into()),
        asks_cipher: request.asks.as_ref().map(|asks| seal(ASKS, asks)).transpose()?,
        asks_of: comes.map(|comes| comes.to).or(request.asks_of).map(|role| role.code().into()),
        asks_person: comes.map(|comes| comes.person).or(request.asks_person),
        evidence,
        details_cipher: details.as_deref().map(|details| Details::seal(&app.vault, details)).transpose()?,
        answers: request.answers,
        replies_to: request.answers.filter(|_| replies),
        at: tx.now,
    };
    store::insert_deed(tx.conn(), row.clone()).await?;
    let photos: Vec<Uuid> = request.evidence.iter().map(|photo| photo.photo_id).collect();
    let to = Attachment::Programme { complex: row.complex_id, id: row.id };
    uploads::attach(tx, viewer.person, &photos, to).await?;
    let said =
        [request.words.as_deref(), request.asks.as_deref(), details.as_deref(), row.evidence.as_deref()];
    let said: Vec<&[u8]> = said.into_iter().flatten().map(str::as_bytes).collect();
    let mac =
        || hex::encode(app.vault.mac(&[&[b"programme deed", row.id.as_bytes().as_slice()], &*said].concat()));
    let event = Event {
        commitment: (!said.is_empty()).then(mac),
        person: whom_it_concerns(tx, &scene, &row, answered.as_ref())
            .await?
            .filter(|one| *one != viewer.person),
        ..scene.event("PROGRAMME_DEED", role.code(), facts(&scene, &row, (comes, group, request))?)
    };
    record::write(tx, event).await?;
    moves::advance(tx, &mut scene).await?;
    scene.save(tx).await?;
    show(app, viewer, &scene, &roles, &row)
}

/// What the record tells of it; of a note also who convenes, and of a statement about an office which, so that they are told;
/// of whom it asks something; of a group for whom how many speak; and of what was shown, put up or minuted as much as everybody
/// may know.
fn facts(
    scene: &Scene,
    row: &Row,
    (comes, group, request): (Option<Comes>, Option<law::Group>, &DoDeed),
) -> Result<Value> {
    let mut facts = json!({
        "module": row.module, "deed": row.deed, "role": row.role, "ending": row.ending, "deed_id": row.id,
    });
    let count = |name, all: usize| (all > 0).then(|| (name, json!(all)));
    let meeting = request.meeting.as_ref();
    let asks_reply =
        request.deed == Deed::Say && (request.asks_of.is_some() || request.asks_person.is_some());
    let meets = moves::did(row)?.meets.filter(|_| request.deed == Deed::Show);
    let beside = [
        (request.deed == Deed::Note).then(|| (NOTIFY, json!(scene.kept.template.convened_by))),
        row.asks_of.as_ref().filter(|_| asks_reply).map(|role| (NOTIFY, json!([role]))),
        row.asks_of.as_ref().map(|role| ("asks_of", json!(role))),
        asks_reply.then_some(("asks_reply", Value::Bool(true))),
        row.replies_to.map(|to| ("replies_to", json!(to))),
        comes.map(|comes| ("comes", json!(comes.how))),
        meets.map(|meets| ("meets", json!(meets))),
        group.map(|group| ("group", json!(group))),
        count("photos", request.evidence.len()),
        count("boards", request.boards.len()),
        meeting.map(|meeting| ("held_at", json!(meeting.held_at))),
        meeting.map(|meeting| ("present", json!(meeting.present))),
    ];
    if let Some(facts) = facts.as_object_mut() {
        facts.extend(beside.into_iter().flatten().map(|(name, fact)| (name.to_owned(), fact)));
    }
    Ok(facts)
}

/// Of a note whoever began the programme is told, of an answer who noted what it answers, of a task who has it, of a statement
/// whom it is about, and where something is not accepted who has shown it.
async fn whom_it_concerns(tx: &Tx, scene: &Scene, row: &Row, answered: Option<&Row>) -> Result<Option<Uuid>> {
    Ok(match Deed::from_code(&row.deed) {
        Some(Deed::Note) => Some(scene.row.begun_by),
        Some(Deed::Reply) => answered.map(|note| note.person_id),
        Some(Deed::Assign | Deed::Say) => row.asks_person,
        Some(Deed::Decline) => last_shown(tx, scene, &row.module).await?.map(|shown| shown.person_id),
        _ => None,
    })
}

/// What was shown last in a module.
async fn last_shown(tx: &Tx, scene: &Scene, module: &str) -> Result<Option<Row>> {
    let shown = store::last_deeds(tx.conn(), &scene.row, module, &[Deed::Show.code()], 1).await?;
    Ok(shown.into_iter().next())
}

/// How many notes in each module nobody has answered.
pub(super) async fn unanswered(db: &impl Conn, scene: &Scene) -> Result<BTreeMap<String, u64>> {
    let mut done: BTreeMap<String, u64> = BTreeMap::new();
    let mut notes = store::notes(db, &scene.row).await?;
    notes.sort();
    for (module, deed, deeds) in notes {
        let deeds = u64::try_from(deeds).unwrap_or_default();
        let waits = done.entry(module).or_default();
        *waits = if deed == Deed::Note.code() { deeds } else { waits.saturating_sub(deeds) };
    }
    Ok(done)
}

/// All that is done but to sign, to accept, to name a group, to give a task to somebody or to stay away is done in words; whoever closes
/// something, or does not accept it, gives the reasons.
fn must_say(kind: Option<Kind>, request: &DoDeed) -> Result<()> {
    let silent = match request.deed {
        Deed::Sign | Deed::Accept | Deed::Form | Deed::Assign => true,
        Deed::Decline => kind == Some(Kind::Invitation),
        _ => false,
    };
    if request.words.is_none() && !silent {
        return Err(Problem::member("/words", "MISSING", "say what was done, or why"));
    }
    Ok(())
}

/// Nobody accepts or declines what they have shown themselves, in whichever role.
async fn must_be_another(tx: &Tx, scene: &Scene, (module, deed): (&str, Deed), person: Uuid) -> Result<()> {
    if !matches!(deed, Deed::Accept | Deed::Decline) {
        return Ok(());
    }
    if last_shown(tx, scene, module).await?.is_some_and(|shown| shown.person_id == person) {
        return Err(DEED_NOT_YOURS.because("somebody else looks at what you have shown"));
    }
    Ok(())
}

/// What is answered was said in the same module; a note is answered once, and not by who wrote it.
async fn answered(
    viewer: &Viewer,
    tx: &Tx,
    scene: &Scene,
    module: &str,
    request: &DoDeed,
) -> Result<Option<Row>> {
    let (wanted, replies) = match request.deed {
        Deed::Reply => (Deed::Note, true),
        _ => (Deed::Say, false),
    };
    let Some(answers) = request.answers else {
        let missing = || Problem::member("/answers", "MISSING", "say which note is answered");
        return if replies { Err(missing()) } else { Ok(None) };
    };
    let said = store::deed(tx.conn(), &scene.row, answers).await?;
    let said = said.filter(|said| said.module == module && said.deed == wanted.code());
    let said =
        said.ok_or_else(|| Problem::member("/answers", "UNKNOWN", "nothing like that was said here"))?;
    if replies && said.person_id == viewer.person {
        return Err(DEED_NOT_YOURS.because("somebody else answers a note than who wrote it"));
    }
    if replies && store::is_answered(tx.conn(), &scene.row, &said).await? {
        return Err(NOTE_ANSWERED.plain());
    }
    Ok(Some(said))
}

/// An owner, or who acts for one, signs for every head that they are an owner of, as the roll counts heads: whoever has a
/// parking bay alone is none, unless the by-laws say so. A head counts once, whoever of its owners signs.
async fn sign(viewer: &Viewer, tx: &Tx, scene: &Scene, module: &str) -> Result<()> {
    if store::deeds_by(tx.conn(), &scene.row, (module, Some(Deed::Sign.code())), viewer.person).await? > 0 {
        return Err(SIGNED_ALREADY.plain());
    }
    let complex = scene.row.complex_id;
    let acts = identity::acts_for(tx.conn(), viewer, complex, tx.now).await?;
    let acts: Vec<Uuid> = acts.into_iter().collect();
    let counts = RollPolicy::of_signers(&scene.kept.rules);
    let heads = roll::heads_of(tx.conn(), (&scene.place, &scene.among()?), &acts, counts).await?;
    if heads.is_empty() {
        return Err(
            DEED_NOT_YOURS.because("only who owns something that the roll counts puts their name to this")
        );
    }
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
    if !scene.kept.template.modules.contains_key(&path.module) {
        return Err(NOT_FOUND.because("no such module"));
    }
    let list = format!("deeds {} {}", scene.row.id, path.module);
    let cursors = Cursors::new(&app.vault, list, viewer.person);
    let after = cursors.position(page)?;
    let rows = store::deeds(db, &scene.row, &path.module, after, page.limit() + 1).await?;
    let roles = roles(viewer, Permission::ActInProgramme, &scene.place);
    let line = |row: Row| show(app, viewer, &scene, &roles, &row);
    let List { items, next_cursor } = cursors.page(rows, page, |row| row.id.to_string(), line);
    Ok(List { items: items.into_iter().collect::<Result<_>>()?, next_cursor })
}

fn show(
    app: &App,
    viewer: &Viewer,
    scene: &Scene,
    roles: &BTreeSet<law::Role>,
    row: &Row,
) -> Result<model::Deed> {
    let damaged = || Problem::internal("a programme's deed is not what the law knows");
    let text = |column, cipher: &Vec<u8>| app.vault.text(column, cipher).map_err(Problem::internal);
    let sees = sees(scene, roles, row) || row.person_id == viewer.person;
    let photos = moves::evidence(row)?.unwrap_or_default();
    let Details { boards, meeting, members } = Details::read(&app.vault, row)?;
    Ok(model::Deed {
        id: row.id,
        deed: Deed::from_code(&row.deed).ok_or_else(damaged)?,
        role: law::Role::from_code(&row.role).ok_or_else(damaged)?,
        is_yours: row.person_id == viewer.person,
        words: row.words_cipher.as_ref().map(|cipher| text(WORDS, cipher)).transpose()?,
        ending: row.ending.as_deref().and_then(Ending::from_code),
        asks: row.asks_cipher.as_ref().map(|cipher| text(ASKS, cipher)).transpose()?,
        asks_of: row.asks_of.as_deref().and_then(law::Role::from_code),
        asks_you: row.asks_person.map(|person| person == viewer.person),
        answers: row.answers,
        is_reply: row.replies_to.is_some(),
        photos: photos.len(),
        evidence: if sees { photos } else { Vec::new() },
        boards,
        meeting: meeting.map(|meeting| if sees { meeting } else { Meeting { names: Vec::new(), ..meeting } }),
        members: group::shown(members, (scene, row), roles),
        at: local(row.at),
    })
}
