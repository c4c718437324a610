//! Of whom a deed asks something: who has a task from then on, and who is asked to reply where people talk.

use std::collections::BTreeSet;

use rules::programmes::{self as law, Coming, Deed, deed::Done};
use uuid::Uuid;

use super::{
    super::{DEED_NOT_YOURS, model::DoDeed, store},
    Row as Programme, Scene, roles,
};
use crate::{
    access::{Permission, Viewer},
    app::App,
    database::{Conn, Tx},
    http::problem::{Problem, Result},
    identity,
};

type Row = ::entity::programme_deed::Model;

/// A task on its way to somebody.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comes {
    pub how: Coming,
    /// The role of whoever takes, hands on or gives it.
    pub from: law::Role,
    pub to: law::Role,
    pub person: Uuid,
}

/// How a task comes to whoever the request names, or to the caller.
pub(super) async fn comes(
    app: &App,
    viewer: &Viewer,
    tx: &Tx,
    (scene, module): (&Scene, &str),
    (request, done): (&DoDeed, &Done),
) -> Result<Option<Comes>> {
    if request.deed != Deed::Assign {
        return Ok(None);
    }
    let template = &scene.kept.template;
    let mine = roles(viewer, Permission::ActInProgramme, &scene.place);
    let person = request.asks_person.unwrap_or(viewer.person);
    let Some(to) = asked_here(app, scene, module, person).await?.first().copied() else {
        return Err(Problem::member("/asks_person", "UNKNOWN", "nobody of that id is asked to do it"));
    };
    let has_it = store::assignee(tx.conn(), &scene.row, module).await? == Some(viewer.person);
    let (how, from) = match (done.assignee, mine.intersection(&template.convened_by).next()) {
        (Some(role), _) if has_it && mine.contains(&role) => (Coming::HandedOn, role),
        (_, Some(convenes)) => (Coming::Given, *convenes),
        _ if person != viewer.person => {
            return Err(
                DEED_NOT_YOURS.because("whoever has it or convenes the programme gives it to another")
            );
        }
        _ => (Coming::Taken, to),
    };
    how.fits((template, module), done, (from, to))?;
    Ok(Some(Comes { how, from, to, person }))
}

/// In which roles a person is one of those whom a module asks.
async fn asked_here(app: &App, scene: &Scene, module: &str, person: Uuid) -> Result<BTreeSet<law::Role>> {
    let viewer = Viewer { person, grants: identity::grants_of(app, person).await? };
    let all = roles(&viewer, Permission::ActInProgramme, &scene.place);
    let module = scene.kept.template.modules.get(module);
    Ok(module.map(|module| all.intersection(&module.asks).copied().collect()).unwrap_or_default())
}

/// Whoever has a task shows what came of it, and nobody else does.
pub(super) async fn must_have_it(
    db: &impl Conn,
    of: &Programme,
    (module, deed): (&str, Deed),
    person: Uuid,
) -> Result<()> {
    if deed == Deed::Show && store::assignee(db, of, module).await?.is_some_and(|has| has != person) {
        return Err(DEED_NOT_YOURS.because("somebody else has the task"));
    }
    Ok(())
}

/// Only a note asks for something; beside it a statement asks whomever it is about to reply, and a task is given to somebody.
pub(super) async fn must_ask_well(app: &App, scene: &Scene, module: &str, request: &DoDeed) -> Result<()> {
    let unfit = |member: &str, words: &str| Err(Problem::member(member, "UNFIT", words));
    match (request.deed, &request.asks) {
        (Deed::Note, None) if request.asks_of.is_some() => {
            return Err(Problem::member("/asks", "MISSING", "say what is asked for"));
        }
        (Deed::Note, _) | (_, None) => {}
        (_, Some(_)) => return unfit("/asks", "only a supervisor's note asks for something"),
    }
    match (request.deed, request.asks_of, request.asks_person) {
        (Deed::Say, Some(role), None) => {
            let talks = scene.kept.template.modules.get(module).is_some_and(|one| one.asks.contains(&role));
            if talks && !role.is_of_a_home() {
                Ok(())
            } else {
                unfit(
                    "/asks_of",
                    "it is about an office that talks here; of those who live here name one person",
                )
            }
        }
        (Deed::Say, None, Some(person)) if asked_here(app, scene, module, person).await?.is_empty() => {
            Err(Problem::member("/asks_person", "UNKNOWN", "nobody of that id talks here"))
        }
        (_, None, None) | (Deed::Note, _, None) | (Deed::Assign | Deed::Say, None, _) => Ok(()),
        _ => unfit("/asks_of", "only a statement is about somebody: a role or a person"),
    }
}

/// Whether what is said is the reply that somebody was asked for.
pub(super) fn is_reply(
    (viewer, role): (&Viewer, law::Role),
    request: &DoDeed,
    (said, done): (Option<&Row>, &Done),
) -> bool {
    let to = said.filter(|_| request.deed == Deed::Say);
    to.is_some_and(|to| done.is_reply(&to.id.to_string(), role, to.asks_person == Some(viewer.person)))
}
